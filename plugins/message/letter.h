/* What is to be told to whom: read from the arguments of a call, judged, and rendered for each
 * channel. Every rendering begins and ends with the mark, whatever the texts say. */
#ifndef ND_PLUGINS_MESSAGE_LETTER_H
#define ND_PLUGINS_MESSAGE_LETTER_H
#include <netdrill/plugin.h>

#include <jansson.h>
#include <stddef.h>

#define MARK      "【演練 EXERCISE】"
#define MARK_LINE MARK " 演練訊息，非真實事件。 Exercise message, not a real event. " MARK

#define RECIPIENTS_MAX 64
#define TITLE_MAX      400   /* octets */
#define BODY_MAX       65536 /* octets */
#define ISO_BYTES      40
#define WHY_BYTES      512

/* Rows that every verb of the plugin begins with, in this order. */
enum option_row {
    OPT_CHANNEL,
    OPT_TO,
    OPT_SENDER,
    OPT_TITLE_ZH,
    OPT_TITLE_EN,
    OPT_BODY_ZH,
    OPT_BODY_EN,
    OPT_INJECT,
    OPT_REFERENCE,
    OPT_REACT_BY,
    OPT_OWN /* the verb's own follow */
};
#define LETTER_ROWS                                                                                \
    {"channel",                                                                                    \
     "the channel of the site file",                                                               \
     "",                                                                                           \
     ND_TARGET,                                                                                    \
     ND_OPT_REQUIRED | ND_OPT_SUBJECT,                                                             \
     0,                                                                                            \
     0,                                                                                            \
     NULL,                                                                                         \
     NULL},                                                                                        \
        {"to",                                                                                     \
         "names of the channel's recipients: nobody else can be reached",                          \
         "",                                                                                       \
         ND_TEXTS,                                                                                 \
         ND_OPT_REQUIRED,                                                                          \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         NULL},                                                                                    \
        {"sender", "who speaks, in words", "", ND_TEXT, 0, 0, 0, NULL, NULL},                      \
        {"title_zh", "one line, zh-TW", "", ND_TEXT, 0, 0, 0, NULL, NULL},                         \
        {"title_en", "one line, English; one of the two is needed", "", ND_TEXT, 0, 0, 0, NULL,    \
         NULL},                                                                                    \
        {"body_zh", "the text, zh-TW", "", ND_TEXT, 0, 0, 0, NULL, NULL},                          \
        {"body_en", "the text, English", "", ND_TEXT, 0, 0, 0, NULL, NULL},                        \
        {"inject", "id of the inject", "", ND_TEXT, 0, 0, 0, NULL, NULL},                          \
        {"reference", "what is sent once in a run: a second message with it is not sent",          \
         "",          ND_TEXT,                                                                     \
         0,           0,                                                                           \
         0,           NULL,                                                                        \
         NULL},                                                                                    \
    {                                                                                              \
        "react_by", "when an answer is expected, in words or as 2026-11-24T10:30:00+08:00", "",    \
            ND_TEXT, 0, 0, 0, NULL, NULL                                                           \
    }
#define END_ROW                                                                                    \
    {                                                                                              \
        NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL                                                   \
    }

enum language { ZH, EN, LANGUAGES };

struct recipient {
    const char *name, *address;
};

struct letter {
    const struct nd_target *channel;
    struct recipient to[RECIPIENTS_MAX];
    size_t to_count;
    const char *sender, *inject, *reference, *react_by; /* NULL: none */
    const char *title[LANGUAGES], *body[LANGUAGES];     /* NULL: none */
    int64_t wall_ns;   /* when it is sent, since 1970; 0 in a check */
    json_t *addresses; /* the channel's, by name; what `to` borrows from */
};

/* Reads and judges; kind: that the channel has to be of. The arguments are borrowed for the
 * letter's life. Errors: ND_EARG, with the reason and the remedy in why; nothing is to be freed
 * then. */
nd_err letter_read(const struct nd_args *args, const char *kind, struct letter *letter,
                   char why[WHY_BYTES]);
void letter_deinit(struct letter *letter);
/* The present by the wall clock, ns since 1970, as the host tells it. */
int64_t letter_now(const struct nd_host *host);

/* ---- facts of a channel ---- */

/* "true" as YAML writes it; absent: false. */
int channel_flag(const struct nd_target *channel, const char *key);
/* A fact of one line, or `otherwise` (may be NULL) when there is none or it is empty. */
const char *channel_text(const struct nd_target *channel, const char *key, const char *otherwise);
/* Whether its 'name', if it has one, is a host name. Errors: ND_EARG, with the words in why. */
nd_err channel_judge_name(const struct nd_target *channel, char why[WHY_BYTES]);
/* Messages a minute that the channel takes: its 'messages_per_minute', 1 to RATE_MAX; 0: it makes
 * no sense. */
#define RATE_MAX     600
#define RATE_DEFAULT 20
int channel_rate(const struct nd_target *channel);

/* ---- texts ---- */

/* One line of UTF-8 with no control, line or direction character. */
int text_is_line(const char *text);
/* The same, but lines and tabs are fine. */
int text_is_body(const char *text);
/* local@domain, in ASCII, with nothing that means something in a header or a command. */
int text_is_mailbox(const char *text);
/* A host name: letters, digits, '.', '-'. */
int text_is_host(const char *text);
/* Moment as 2026-11-24T09:30:00+08:00, in the machine's zone (CAP: UTC is -00:00). */
void text_iso(int64_t wall_ns, char iso[ISO_BYTES]);
/* Letters, digits, '.', '_' and '-' alone, at most 48, and a hash of the whole of it where that
 * loses something. text: inject or reference; NULL: "message". */
#define SLUG_BYTES 64
void text_slug(const char *text, char slug[SLUG_BYTES]);
/* The message's id for machines: unique to reference (or moment and titles) and channel. */
#define ID_BYTES 128
void letter_id(const struct letter *letter, char id[ID_BYTES]);

/* ---- renderings; caller frees ---- */

/* "【演練 EXERCISE】 title_zh / title_en 【演練 EXERCISE】", or in one language. */
char *letter_title(const struct letter *letter);
char *letter_title_in(const struct letter *letter, enum language language);
/* The text in one language, marked, lines ended by "\n". */
char *letter_text(const struct letter *letter, enum language language);
/* RFC 5322 message with CRLF: quoted-printable, or 8bit where all lines are short enough for it.
 * from: mailbox. */
char *letter_mime(const struct letter *letter, const char *from, int eight_bit);
char *letter_json(const struct letter *letter);
/* RFC 5424, one line. host: its HOSTNAME. */
char *letter_syslog(const struct letter *letter, const char *host);

struct cap_words {
    const char *category, *response, *urgency, *severity, *certainty;
};
char *letter_cap(const struct letter *letter, const struct cap_words *words);
/* A moment as CAP writes it (§3.3.2: no 'Z', an offset always), ns since 1970; -1: it is none. */
int64_t cap_moment(const char *text);
char *letter_card(const struct letter *letter, int html);

#endif
