/* Checking what a scenario gives a verb against the verb's option table. */
#ifndef ND_PLAN_SCHEMA_H
#define ND_PLAN_SCHEMA_H
#include "plan/site.h"

enum nd_given_kind {
    ND_GIVEN_BOOL,
    ND_GIVEN_NUMBER, /* a bare number, i if whole */
    ND_GIVEN_TEXT,
    ND_GIVEN_LENGTH, /* from seconds(10) */
    ND_GIVEN_RATE,
    ND_GIVEN_SHARE,
    ND_GIVEN_TARGET, /* from site "name" */
    ND_GIVEN_LIST,   /* of texts */
    ND_GIVEN_WORDS,  /* a text in each language */
    ND_GIVEN_OTHER   /* a function, table, ...: always refused; text says what */
};

struct nd_given {
    const char *key; /* "1" for the subject */
    enum nd_given_kind kind;
    union {
        bool flag;
        double number;
        int64_t i; /* ND_GIVEN_LENGTH ns, ND_GIVEN_RATE bit/s */
        const char *text;
        const char *const *list; /* NULL-ended */
        struct nd_text2 words;
    } u;
    int line, column; /* of the key, 0 when not known */
};

/* The core's own options of a call. */
struct nd_common {
    const char *from;      /* vantage name, or NULL */
    struct nd_text2 label; /* zh may be NULL alone; both: no label */
    nd_ns deadline;        /* 0: the verb's default (10 s for probes, 30 s for changes) */
    nd_ns restore_by;      /* a moment of the drill, -1: the end of the run */
    nd_ns lease;           /* 0: none */
    enum nd_while_paused { ND_PAUSED_HOLD, ND_PAUSED_REVERT } while_paused;
};

/* A checked call, all in the arena given. */
struct nd_call_spec {
    const char *plugin;
    const struct nd_verb *verb;
    struct nd_args args;
    struct nd_common common;
    const struct nd_site_target *target; /* of the first ND_TARGET option given, or NULL */
    int line;                            /* of the scenario; 0: not known */
};

/* Checks given[] and fills spec; every fault becomes a diagnostic (unknown key with the nearest,
 * missing key, wrong kind or unit, out of range, unknown target, unknown vantage, a change of a
 * target that may not be disturbed). site may be NULL (then ND_TARGETs are unknown).
 * Returns false when there was an error. */
bool nd_schema_check(const char *plugin, const struct nd_verb *verb, const struct nd_site *site,
                     const struct nd_given *given, size_t given_count, const char *file,
                     struct nd_arena *arena, struct nd_call_spec *spec, struct nd_diags *diags);

/* One option's value from its text (fallbacks, command line); texts live in arena. */
nd_err nd_schema_parse(const struct nd_option *option, const struct nd_site *site, const char *text,
                       struct nd_arena *arena, struct nd_value *value, struct nd_fail *why);

/* The arguments of a call as a person would write them, secrets as "(secret)". JSON object text;
 * caller frees. */
char *nd_schema_args_json(const struct nd_verb *verb, const struct nd_args *args);

/* The options of a verb that delivers messages, which the core fills in from the inject;
 * NULL-ended. docs/plugins.md, "Delivering messages". */
extern const char *const nd_message_options[];

/* "length of time such as seconds(10)", ... for messages and help. */
const char *nd_schema_type_words(uint32_t type);
#define ND_COMMON_OPTION_COUNT 6
extern const struct nd_option nd_common_options[ND_COMMON_OPTION_COUNT + 1];

#endif
