/* What the files of the desk share: desk.c draws, desk_keys.c takes keys, desk_prompts.c says what
 * there is to choose from, desk_acts.c asks one thing after the other and then the run. */
#ifndef ND_CLI_DESK_STATE_H
#define ND_CLI_DESK_STATE_H
#include "cli/desk.h"

#define TYPED_MAX 1200 /* characters of one answer, in bytes */

/* What is being asked of the user, in the line below. */
enum nd_prompt {
    ND_PROMPT_NONE,
    ND_PROMPT_ORDER,  /* a phrase, or pause, resume, abort */
    ND_PROMPT_WHICH,  /* the number of a confirmation, the id of an inject or of a clock */
    ND_PROMPT_WHO,    /* of those an inject went to */
    ND_PROMPT_YES_NO, /* of a confirmation */
    ND_PROMPT_TEXT,   /* the answer to an inject, a note, an observation, an ad-hoc inject */
    ND_PROMPT_REASON, /* of a skip */
    ND_PROMPT_TILL,   /* of a defer, and its reason */
    ND_PROMPT_SORT,   /* of an observation: one key */
    ND_PROMPT_ABOUT,  /* the inject an observation is about */
    ND_PROMPT_TO,     /* who an ad-hoc inject is for */
    ND_PROMPT_WITHIN, /* how long they may take */
    ND_PROMPT_LIKE,   /* the inject whose channel takes it */
    ND_PROMPT_BY,     /* who has done a duty */
    ND_PROMPT_ID,     /* the drill's, before it is aborted */
    ND_PROMPT_COUNT
};

struct nd_desk {
    struct nd_screen *screen;
    struct nd_desk_run run;
    struct nd_view view;
    char *actor;
    json_t *status; /* as drawn last; NULL before */
    enum nd_prompt prompt;
    const char *act;          /* what the prompt is for: "answer", "note", "fire", "skip", "defer",
                                 "observe", "inject", "met", "abort", "order", "" */
    char which[160];          /* that it is for: a number, or an id */
    char who[96];             /* for whom it is answered, or "": the one it went to */
    char sentence[256];       /* of a confirmation */
    char text[TYPED_MAX + 1]; /* of an observation or an ad-hoc inject, while more is asked */
    char to[256], within[64]; /* of an ad-hoc inject */
    const char *sort;         /* of an observation, or NULL */
    char typed[TYPED_MAX + 1];
    char message[512];
    bool bad, help, leave;
};

/* One key. */
void nd_desk_key(struct nd_desk *desk, int key);

/* Begins what a key is for, at its first question. */
void nd_desk_act(struct nd_desk *desk, const char *act);
/* What was typed is sent, or the next question is put. */
void nd_desk_entered(struct nd_desk *desk);
/* The key of a question that takes one: yes or no, or the sort of an observation. */
void nd_desk_answered(struct nd_desk *desk, int key);
/* Puts a question, with nothing typed yet. */
void nd_desk_ask(struct nd_desk *desk, enum nd_prompt prompt, const char *act);
void nd_desk_pause(struct nd_desk *desk, bool pause);
const char *nd_desk_words(const struct nd_desk *desk, const char *en, const char *zh);

/* What there is to choose from for the question put, as words with blanks between; gives how many.
 * prefix: those alone that begin so. */
size_t nd_desk_choices(const struct nd_desk *desk, const char *prefix, char *out, size_t bytes);
/* The entry of a list of the status whose key is that; NULL: none. */
const json_t *nd_desk_find(const struct nd_desk *desk, const char *list, const char *key,
                           const char *wanted);
/* The clock that is called so and still has to be met; NULL: none. */
const json_t *nd_desk_duty(const struct nd_desk *desk, const char *word);
/* The question, to be fitted into that many columns. Caller frees. */
char *nd_desk_question(const struct nd_desk *desk, size_t columns);

#endif
