/* SIP messages as text, and what comes read by libosip2 (RFC 3261; digest: RFC 2617 §3.2.2, MD5;
 * Resource-Priority: RFC 4412; SDP: RFC 4566, RFC 3264). */
#ifndef ND_PLUGINS_COMMON_SIP_MESSAGE_H
#define ND_PLUGINS_COMMON_SIP_MESSAGE_H
#include <stddef.h>
#include <stdint.h>

#define SIP_PORT    5060
#define SIPS_PORT   5061 /* over TLS */
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
    const char *location;          /* Content-ID of the body's part that says where (RFC 6442) */
    const char *authorization;     /* a whole header line, NULL: none */
    long expires;                  /* -1: none */
    const char *body, *type;       /* NULL: none; type NULL: SDP */
    const char *transport;         /* "udp", "tcp" or "tls" */
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

/* Who may speak, as the one says who wrote the SDP (RFC 3264 §5.1). */
enum sip_ways { SIP_BOTH, SIP_SENDS, SIP_RECEIVES, SIP_NEITHER };
extern const char *const sip_ways_names[];

/* The first stream of audio of a session. */
struct sip_format {
    int type;        /* RTP payload type */
    char rtpmap[24]; /* "PCMU/8000"; empty: none said */
};
struct sip_media {
    int given; /* there is one */
    char address[48];
    int port;
    enum sip_ways ways;
    int streams; /* of the session, of any kind */
    struct sip_format format[SIP_FORMATS];
    int formats;
};

struct sip_answer {
    int status;                                           /* 100 to 699; 0: it is a request */
    char reason[80], branch[64], method[16], call_id[80]; /* branch: of the topmost Via */
    long cseq;
    char to_tag[64], from_tag[64], contact[SIP_URI], priority[64];
    long expires; /* of a request; -1: not said */
    int requires; /* an extension other than resource-priority is required */
    struct sip_media media;
    char routes[SIP_ROUTES][SIP_URI]; /* as they are to be sent in the dialog: the last first */
    int route_count, challenged;
    struct sip_challenge challenge;
};

/* Reads the audio of an SDP text. */
void sip_read_sdp(const char *text, struct sip_media *media);

struct sip_reply {
    const char *status; /* "200 OK" */
    const char *to_tag; /* put to a To that has none; NULL: none */
    const char
        *contact;     /* a URI: this sets up a dialog, and the recorded route goes back too; NULL */
    const char *more; /* whole header lines; NULL: none */
    const char *body; /* SDP, NULL: none */
};
/* The answer to a request that came: its own headers under another first line. Octets, 0: it does
 * not fit or lacks one of them. */
size_t sip_reply(const char *text, size_t len, const struct sip_reply *reply, char out[SIP_BYTES]);

/* Octets of the message that begins at `bytes`, by its Content-Length (RFC 3261 §18.3): 0, not
 * known yet; SIP_NONSENSE: none has an end within SIP_STREAM octets. Line ends before a message
 * count as one of their own. */
#define SIP_STREAM   8192
#define SIP_NONSENSE ((size_t)-1)
size_t sip_frame(const uint8_t *bytes, size_t len);

/* 0: no SIP message. */
int sip_read(const char *text, size_t len, struct sip_answer *answer);

/* An Authorization (or Proxy-Authorization) header line without its end. Returns 0 when it does not
 * fit. */
int sip_authorize(const struct sip_challenge *challenge, const char *user, const char *password,
                  const char *method, const char *uri, const char *cnonce, char *line,
                  size_t bytes);

/* Where a Resource-Priority stands in its namespace. */
struct sip_rank {
    int rank, count;              /* 1: the highest of `count`; 0: no value of the namespace */
    char lowest[24], highest[24]; /* values */
};
/* text: "namespace.value", in whatever case (RFC 4412 §3.1). 0: a namespace that is not known here.
 */
int sip_rank(const char *text, struct sip_rank *rank);

/* Whether a URI may reach an emergency centre: urn:service:sos and below (RFC 5031), the test calls
 * that centres answer by machine (urn:service:test.sos, RFC 6881 §17), and users of at most three
 * digits. */
int sip_emergency(const char *uri);
/* Whether a text can stand in a header as it is: printable, without blanks at all if `token`. */
int sip_plain(const char *text, int token);

#endif
