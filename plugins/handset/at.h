/* What modems say, line by line (3GPP TS 27.007, 27.005; V.250 for the result codes). Pure: no
 * descriptor, no clock, any octets end in a value or in "not that". Clauses: registration 7.2 and
 * 10.1.20 to 10.1.47, +COPS 7.3, +CSQ 8.5, +CESQ 8.69, +CLCC 7.18, +CGATT, +CGPADDR 10.1. */
#ifndef ND_PLUGINS_HANDSET_AT_H
#define ND_PLUGINS_HANDSET_AT_H
#include <stddef.h>
#include <stdint.h>

#define AT_LINE_MAX   4096 /* the longest: a scan's list of networks */
#define AT_FIELDS_MAX 24
#define AT_NONE       (-1) /* a number that was left out */

struct at_lines {
    char text[AT_LINE_MAX];
    size_t len;
    unsigned odd; /* octets that no answer has: beyond ASCII, controls, and lines cut for length */
};

/* Takes one octet. Returns a whole line, without its end and never empty, or NULL. The prompt for a
 * message's text comes as ">". Borrowed until the next octet. */
const char *at_octet(struct at_lines *lines, uint8_t octet);

enum at_final { AT_MORE, AT_OK, AT_ERROR, AT_NO_CARRIER, AT_BUSY, AT_NO_ANSWER, AT_NO_DIALTONE };

/* Whether a line ends an answer, and how. code: of +CME and +CMS ERROR (27.007 §9.2, 27.005
 * §3.2.5), else AT_NONE. */
enum at_final at_final(const char *line, int *code);

/* What a +CME ERROR means to who connects a modem (27.007 §9.2.1); "": another line, or a code that
 * is not in our list. */
const char *at_error_words(const char *line);

struct at_field {
    const char *at;
    size_t len;
    int quoted;
};

/* The comma-separated fields behind `prefix` ("+CEREG:"); 0 when the line begins otherwise. A comma
 * within quotes is none. Fields beyond max are left out. */
size_t at_fields(const char *line, const char *prefix, struct at_field *fields, size_t max);
/* A field's whole number, AT_NONE when it is empty, no number, negative or beyond a milliard. */
int at_number(const struct at_field *field, int base);

/* The registration domains, in the order of AT_DOMAINS. */
enum at_domain { AT_CREG, AT_CGREG, AT_CEREG, AT_C5GREG, AT_DOMAIN_COUNT };
/* "+CREG" ... "+C5GREG" */
extern const char *const at_domain_names[AT_DOMAIN_COUNT];

struct at_registration {
    enum at_domain domain;
    int solicited; /* with <n>: an answer; else an unsolicited code */
    int stat, act; /* act: AT_NONE when not told */
    int cause;     /* of a reject, of cause type 0 (MM, EMM, 5GMM); AT_NONE */
};

/* 1 when the line is a registration code of any domain. */
int at_registration(const char *line, struct at_registration *reg);

/* What a registration state means to its user. */
enum at_service {
    AT_OUT,       /* stat 0, 2, 4: none, searching, no coverage; 90: no usable SIM */
    AT_DENIED,    /* 3 */
    AT_EMERGENCY, /* 8; 11 (restricted local operator services) */
    AT_ROAMING,   /* 5, 7, 10 */
    AT_HOME,      /* 1, 6, 9 */
    AT_SERVICES
};
enum at_service at_service(int stat);
/* "out", "denied", ... */
extern const char *const at_service_names[AT_SERVICES];
/* What a reject cause means (TS 24.301 §9.9.3.9, 24.501 §9.11.3.2), "" when not in our list. */
const char *at_cause_words(int cause);

struct at_network {
    int stat; /* 0 unknown, 1 available, 2 current, 3 forbidden */
    char plmn[8], name[40];
};

/* +COPS?: selection mode, and the network's name in the format told; plmn "" when there is none or
 * when the name is not numeric. */
int at_operator(const char *line, int *mode, char plmn[8]);
/* +COPS=?: returns how many were read, at most max; -1: not such a line. */
int at_networks(const char *line, struct at_network *list, int max);

/* In dBm and dB, the lower bound of the code's range; NAN: not known. */
struct at_signal {
    double rssi, rscp, rsrp, rsrq, ss_rsrp, ss_rsrq, ss_sinr;
};

/* +CSQ sets rssi, +CESQ the others (and rssi in GERAN); 0: neither. */
int at_signal(const char *line, struct at_signal *signal);

/* +CGPADDR: 1 when the line gives an address other than all zeros, 0 when it gives none, -1: not
 * such a line. */
int at_address(const char *line);
/* +CLCC: the state of an own call (0 active, 2 dialling, 3 alerting), AT_NONE: not such a line, or
 * another's call. */
int at_call(const char *line);

#endif
