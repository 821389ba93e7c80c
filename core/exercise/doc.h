/* The documents of an exercise, each for those who may have it, made from the drill: what is in
 * them is what will be played.
 *
 *   player      for players: what the exercise is, who takes part, how to behave. Nothing of what
 *               will happen: no phase, no inject, no step, no note, no change of the network
 *   plan        for the staff: timetable, objectives, what the network will see, safety
 *   controller  for controllers: each inject whole, with the notes
 *   evaluator   for evaluators: what to look at by objective, with room for notes and ratings; no
 *               notes of the controllers'
 *   feedback    for everybody, to be filled in after ENDEX; as a player's, nothing of what happens
 */
#ifndef ND_EXERCISE_DOC_H
#define ND_EXERCISE_DOC_H
#include "exercise/paper.h"
#include "plan/model.h"

#include <jansson.h>

struct nd_doc {
    const struct nd_drill *drill;
    const struct nd_site *site; /* may be NULL */
    const json_t *plan;         /* of a rehearsal in which all went well */
    const char *who;            /* a controller or evaluator: theirs alone; NULL: all */
    struct nd_paper paper;
    struct nd_arena arena;
};

void nd_doc_player(struct nd_doc *doc);
void nd_doc_plan(struct nd_doc *doc);
void nd_doc_controller(struct nd_doc *doc);
void nd_doc_evaluator(struct nd_doc *doc);
void nd_doc_feedback(struct nd_doc *doc);

/* ---- doc_common.c ---- */

void nd_doc_begin(struct nd_doc *doc, const struct nd_text2 *kind, const struct nd_text2 *handling);
void nd_doc_overview(struct nd_doc *doc);
void nd_doc_participants(struct nd_doc *doc, bool for_players);
void nd_doc_rules(struct nd_doc *doc);
/* A person's title and name; the name alone when the site does not know it. In doc's arena. */
const char *nd_doc_person(struct nd_doc *doc, const char *name);
const char *nd_doc_people(struct nd_doc *doc, const char *const *names);
/* When an inject is given, in words. */
const char *nd_doc_when(struct nd_doc *doc, const struct nd_phase *phase,
                        const struct nd_inject *inject);
/* The changes of a step or an inject, a line each; "" when there are none. */
const char *nd_doc_changes(struct nd_doc *doc, const char *id);
/* "T+00:15:00"; "" when it is not given. */
const char *nd_doc_moment(struct nd_doc *doc, bool given, nd_ns at);

#endif
