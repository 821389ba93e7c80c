/* What the files of the desk share: desk.c draws, desk_keys.c asks and orders. */
#ifndef ND_CLI_DESK_STATE_H
#define ND_CLI_DESK_STATE_H
#include "cli/desk.h"

#define TYPED_MAX 400 /* characters of one answer, in bytes */

/* What is being asked of the user, in the line below. */
enum nd_prompt {
    ND_PROMPT_NONE,
    ND_PROMPT_ORDER,  /* a phrase, or pause, resume, abort */
    ND_PROMPT_WHICH,  /* the number of a confirmation, the id of an inject */
    ND_PROMPT_WHO,    /* of those an inject went to */
    ND_PROMPT_YES_NO, /* of a confirmation */
    ND_PROMPT_TEXT,   /* the answer to an inject, a note */
    ND_PROMPT_REASON, /* of a skip */
    ND_PROMPT_ID,     /* the drill's, before it is aborted */
};

struct nd_desk {
    struct nd_screen *screen;
    struct nd_desk_run run;
    struct nd_view view;
    char *actor;
    json_t *status; /* as drawn last; NULL before */
    enum nd_prompt prompt;
    const char *act; /* "answer", "note", "fire", "skip", "abort": what the prompt is for */
    char which[96];  /* that it is for: a number, or an inject's id */
    char who[96];    /* for whom it is answered, or "": the one it went to */
    char sentence[256];
    char typed[TYPED_MAX + 1];
    char message[256];
    bool bad, help, leave;
};

/* One key. */
void nd_desk_key(struct nd_desk *desk, int key);

#endif
