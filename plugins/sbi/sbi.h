/* What the verbs of sbi share: pages of one NRF, over HTTP/2 with prior knowledge, or over TLS
 * (TS 29.500 §5.2). */
#ifndef ND_PLUGINS_SBI_SBI_H
#define ND_PLUGINS_SBI_SBI_H
#include "../common/web.h"
#include "profile.h"

#define NEEDS_MAX 32
#define WHY_BYTES 300

struct sbi {
    const struct nd_host *host;
};

struct need {
    char type[SBI_TYPE_BYTES];
    unsigned least;
};

/* A verb's state; zeroed at first. */
struct ask {
    const struct nd_host *host;
    struct nd_op *op;
    struct web web;
    struct web_page first; /* the list, or the search */
    struct sbi_ids ids;
    struct web_page *pages; /* of ids.count profiles */
    size_t asked, answered, unread;
    char unread_why[WHY_BYTES]; /* of the first of them */
    struct sbi_inventory inventory;
    struct need needs[NEEDS_MAX];
    size_t needs_count;
    nd_ns began, listed;
    size_t most;
    const char *cert, *key;
    struct curl_slist *headers;
};

/* Rows that both verbs begin with, then their own. */
enum { SUBJECT, PORT, HTTPS, NAME, CA, CERT, KEY, VERB_OWN };
enum { R_RTT, R_STATUS, R_INSTANCES, R_REGISTERED, R_OWN };

/* Asks for the first page; ask->web.done is filled. Errors: logged. */
nd_err ask_begin(const struct nd_host *host, const struct nd_args *args, struct nd_op *op,
                 struct ask *ask, const char *path);
void ask_for(struct ask *ask, struct web_page *page, const char *path, size_t max);
/* Whether a page came as it should, and the reason if not. status: 0, none came. */
nd_err ask_err(const struct web_page *page, CURLcode code, long *status, char why[WHY_BYTES]);
/* Emits the readings that both verbs have, but for the status. */
void ask_counts(struct ask *ask, nd_ns now);
/* What there is less of than needed, in words; 0: nothing. */
int ask_lacks(const struct ask *ask, char why[WHY_BYTES]);
void ask_finish(struct ask *ask, nd_err err, const char *why);
void ask_cancel(void *self, struct nd_op *op);

extern const struct nd_verb sbi_inventory_verb, sbi_discover_verb;

#define NRF_ROWS                                                                                   \
    {"target", "an NRF", "", ND_TARGET, ND_OPT_REQUIRED | ND_OPT_SUBJECT, 1, 0, NULL, NULL},       \
        {"port", "port, else the target's 'port', else 80 or 443", "", ND_INT, 0, 1, 65535, NULL,  \
         NULL},                                                                                    \
        {"https", "over TLS, the certificate checked", "", ND_BOOL, 0, 1, 0, "false", NULL},       \
        {"name", "host name to ask for (authority, SNI); it is not resolved",                      \
         "",     ND_TEXT,                                                                          \
         0,      1,                                                                                \
         0,      NULL,                                                                             \
         NULL},                                                                                    \
        {"ca", "file of certificate authorities to trust, else the system's",                      \
         "",   ND_TEXT,                                                                            \
         0,    1,                                                                                  \
         0,    NULL,                                                                               \
         NULL},                                                                                    \
        {"cert", "file of our own certificate, if the NRF wants one", "", ND_TEXT, 0, 1, 0, NULL,  \
         NULL},                                                                                    \
    {                                                                                              \
        "key", "file of its key", "", ND_TEXT, 0, 1, 0, NULL, NULL                                 \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }
#define COMMON_READINGS                                                                            \
    {"rtt", "from the beginning to the last answer", "ns", 5e6},                                   \
        {"status", "HTTP status of the first answer", "1", 200},                                   \
        {"instances", "NF instances that the NRF shows", "1", 12},                                 \
    {                                                                                              \
        "registered", "of these registered", "1", 12                                               \
    }

#endif
