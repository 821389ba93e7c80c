/* SIP requests as text, and what comes read by libosip2 (RFC 3261; digest: RFC 2617 §3.2.2, MD5;
 * Resource-Priority: RFC 4412; SDP: RFC 4566, RFC 3264). */
#ifndef ND_PLUGINS_SIP_MESSAGE_H
#define ND_PLUGINS_SIP_MESSAGE_H
#include <stddef.h>

#define SIP_PORT    5060
#define SIP_BYTES   4000 /* the longest request that we send */
#define SIP_URI     200
#define SIP_ROUTES  4
#define SIP_REALM   96
#define SIP_SDP     600
#define SIP_FORMATS 8

/* Once a process, before anything of it. */
void sip_init(void);

struct sip_request {
    const char *method, *uri;
    const char *from, *to;         /* URIs */
    const char *from_tag, *to_tag; /* to_tag: NULL outside of a dialog */
    const char *call_id, *branch;  /* branch: with its cookie "z9hG4bK" */
    const char *local;             /* "address:port" for Via and Contact */
    long cseq;
    const char *priority;          /* Resource-Priority, NULL: none */
    const char *authorization;     /* a whole header line, NULL: none */
    long expires;                  /* -1: none */
    const char *body;              /* SDP, NULL: none */
    const char (*routes)[SIP_URI]; /* Route headers, first first */
    int route_count;
};

/* Octets of the request, 0: it does not fit. */
size_t sip_make(const struct sip_request *r, char out[SIP_BYTES]);

struct sip_challenge {
    char realm[SIP_REALM], nonce[200], opaque[SIP_REALM];
    int proxy; /* Proxy-Authenticate, else WWW-Authenticate */
    int qop;   /* "auth" is offered */
    int other; /* another algorithm than MD5 */
};

/* The first stream of audio of a session. */
struct sip_format {
    int type;        /* RTP payload type */
    char rtpmap[24]; /* "PCMU/8000"; empty: none said */
};
struct sip_media {
    int given; /* there is one */
    char address[48];
    int port;
    int both_ways; /* neither inactive, sendonly nor recvonly (RFC 3264 §5.1) */
    struct sip_format format[SIP_FORMATS];
    int formats;
};

struct sip_answer {
    int status;                                           /* 100 to 699; 0: it is a request */
    char reason[80], branch[64], method[16], call_id[80]; /* branch: of the topmost Via */
    long cseq;
    char to_tag[64], from_tag[64], contact[SIP_URI];
    struct sip_media media;
    char routes[SIP_ROUTES][SIP_URI]; /* as they are to be sent in the dialog: the last first */
    int route_count, challenged;
    struct sip_challenge challenge;
};

/* Reads the audio of an SDP text. */
void sip_read_sdp(const char *text, struct sip_media *media);

/* The answer to a request that came: its own headers under another first line ("200 OK"). Octets,
 * 0: it does not fit or lacks one of them. */
size_t sip_reply(const char *text, size_t len, const char *status, char out[SIP_BYTES]);

/* 0: no SIP message. */
int sip_read(const char *text, size_t len, struct sip_answer *answer);

/* An Authorization (or Proxy-Authorization) header line without its end. Returns 0 when it does not
 * fit. */
int sip_authorize(const struct sip_challenge *challenge, const char *user, const char *password,
                  const char *method, const char *uri, const char *cnonce, char *line,
                  size_t bytes);

/* Whether a URI may reach an emergency centre: urn:service:sos and below (RFC 5031), and users of
 * at most three digits. */
int sip_emergency(const char *uri);
/* Whether a text can stand in a header as it is: printable, without blanks at all if `token`. */
int sip_plain(const char *text, int token);

#endif
