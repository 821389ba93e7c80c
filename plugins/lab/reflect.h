/* What the files of netdrill-reflect share. */
#ifndef ND_PLUGINS_LAB_REFLECT_H
#define ND_PLUGINS_LAB_REFLECT_H
#include "../common/stamp.h"

#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One that came, and what the kernel tells of it. */
struct datagram {
    uint8_t bytes[2048];
    size_t len;
    int cut;                  /* there was more of it */
    struct sockaddr_in6 from; /* or a sockaddr_in in its place, the rest zero */
    struct in_pktinfo asked4; /* the address that was asked, by family */
    struct in6_pktinfo asked6;
    int64_t received_ns; /* by the wall clock */
    uint8_t ttl, class;  /* 255 when the hop limit is unknown */
};

/* Asks for all of that. */
void reflect_udp_open(int fd);
/* Takes the next; 0: none waits. */
int reflect_receive(int fd, struct datagram *in);
/* Sends the first len octets of it back, from the address that was asked. class: traffic class; -1:
 * the system's. */
void reflect_answer(int fd, struct datagram *in, size_t len, int class);
int64_t reflect_wall(void);

/* Takes up a socket for STAMP. words: what it serves,
 * as the user wrote it; borrowed for good. key: of authenticated mode, borrowed for good; or NULL.
 * Returns -1 when there are too many. */
int reflect_stamp_open(int fd, const char *words, const struct stamp_key *key);
/* Answers what waits in the socket. */
void reflect_stamp(int fd);
/* Says what each STAMP socket did. */
void reflect_stamp_report(void);

/* Takes "NAME=ADDRESS"; -1 with errno set. */
int reflect_dns_name(const char *text);
/* Makes a query its answer, in place, in `room` octets; the length of it, 0: none. */
size_t reflect_dns(uint8_t *query, size_t len, size_t room);

/* What a sink took; the first piece starts the time and is not in the octets. */
struct sink {
    int64_t octets, packets, first, last;
};
/* Takes what is there; 0: the sender is done, and was told what came. */
int reflect_sink_stream(int fd, struct sink *sink);
/* The same of a datagram; the octets of the answer put in its place, 0: none is due. */
size_t reflect_sink_datagram(struct datagram *in);

/* Before the first service of SIP; -1 when there is no randomness. */
int reflect_sip_open(void);
/* Answers a SIP message; port: ours, as it was asked, media: where voice is echoed. */
void reflect_sip(int fd, struct datagram *in, int port, int media);
/* Echoes a voice packet, of those who have a call. */
void reflect_sip_voice(int fd);
/* Says again what has not been acknowledged and is due; ns until the next, -1: nothing waits. */
int64_t reflect_sip_again(void);
/* Answers what has come over a connection, with what of it is held from before; 0: it is over. */
int reflect_sip_stream(int fd, uint8_t *held, size_t *len, size_t room, int media);
void reflect_sip_report(void);

/* Takes a network that the simulated AMF serves: MCC and MNC; -1 with errno set. */
int reflect_ngap_plmn(const char *text);
/* Takes up SCTP at a port, one for all AMFs, when the networks are known; -1 with errno set. */
int reflect_ngap_open(int port);
/* Answers a packet that waits in a raw socket. */
void reflect_ngap(int fd);
/* Minds SCTP's clock; ns until it is to be minded again, -1: there is no AMF. */
int64_t reflect_ngap_again(void);
void reflect_ngap_report(void);

/* Takes "CERTIFICATE.pem,KEY.pem" for the services over TLS of this process, or one file that holds
 * both; others may not read the key. -2: the reason was told. */
int reflect_tls_certificate(const char *text);
int reflect_tls_ready(void); /* there is one */
struct reflect_tls;
/* A connection that was accepted; NULL: no memory. */
struct reflect_tls *reflect_tls_begin(int fd);
void reflect_tls_end(struct reflect_tls *tls); /* NULL is fine; the socket is the caller's */
/* As recv(2) and send(2) of a socket that does not wait; tls NULL: in clear. -1 with EAGAIN:
 * nothing yet, also while hands are shaken. What cannot be sent at once is dropped. */
ssize_t reflect_recv(struct reflect_tls *tls, int fd, void *into, size_t room);
void reflect_send(struct reflect_tls *tls, int fd, const void *from, size_t len);
/* Whether more is to be had without waiting for the socket. */
int reflect_waits(const struct reflect_tls *tls);
/* What the socket is waited for: POLLIN or POLLOUT. */
short reflect_events(const struct reflect_tls *tls);
/* We have said all. */
void reflect_say_no_more(struct reflect_tls *tls, int fd);
void reflect_tls_report(void);

#define INBOX_PATH_MAX     128
#define INBOX_TALK_SECONDS 30 /* a connection may last */
/* What a request's head asks for. */
struct inbox_request {
    int gives, bare, waits; /* POST or PUT; HEAD; Expect: 100-continue */
    int64_t length;         /* of the report, -1: not told */
    char path[INBOX_PATH_MAX + 1];
};
/* Reads a head of len octets, without the empty line that ends it. Returns 0, or the status it is
 * refused with. */
int inbox_read(const char *head, size_t len, struct inbox_request *request);
/* A connection to an inbox; zeroed at first. */
struct inbox_talk {
    int64_t till;         /* monotonic ns: then it is closed */
    int64_t left, octets; /* of a report under way */
    int taking, answered;
    struct reflect_tls *tls; /* or NULL: in clear */
    char path[INBOX_PATH_MAX + 1];
};
void reflect_inbox_begin(struct inbox_talk *talk);
/* ns until the connection is to be closed. */
int64_t reflect_inbox_left(const struct inbox_talk *talk);
/* Answers what has come over a connection, with what of it is held from before; 0: it is over.
 * inbox: tells the inboxes of one process apart. */
int reflect_inbox_stream(int fd, struct inbox_talk *talk, uint8_t *held, size_t *len, size_t room,
                         int inbox);
void reflect_inbox_report(void);

#endif
