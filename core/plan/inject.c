#include "base/units.h"
#include "plan/model.h"

#include <string.h>

static const char *const kinds[] = {"standard", "contingency", "information", "decision", "fault"};
#define KINDS (sizeof kinds / sizeof kinds[0])

const char *nd_inject_kind_name(enum nd_inject_kind kind)
{
    return kinds[kind];
}

int nd_inject_kind_find(const char *name)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i], name) == 0)
            return (int)i;
    }
    return -1;
}

const struct nd_inject *nd_drill_inject_at(const struct nd_drill *drill, size_t index)
{
    for (size_t p = 0; p < drill->phases_count; p++) {
        const struct nd_phase *phase = &drill->phases[p];
        if (index < phase->injects_count)
            return &phase->injects[index];
        index -= phase->injects_count;
    }
    return NULL;
}

const struct nd_inject *nd_drill_inject_find(const struct nd_drill *drill, const char *id)
{
    for (size_t i = 0; i < drill->injects_count; i++) {
        const struct nd_inject *inject = nd_drill_inject_at(drill, i);
        if (strcmp(inject->id, id) == 0)
            return inject;
    }
    return NULL;
}

bool nd_inject_waits(const struct nd_inject *inject)
{
    return inject->react_within > 0 && inject->to_count != 0;
}

bool nd_inject_wants_answer(const struct nd_inject *inject)
{
    return inject->expect.zh != NULL || inject->expect.en != NULL ||
           (inject->options != NULL && *inject->options != NULL);
}

/* ---- checks ---- */

static void complain(const struct nd_drill *drill, const struct nd_place *place, const char *code,
                     const char *help, const char *text, struct nd_diags *diags)
{
    nd_diag_add(diags, code, drill->path, place->line, place->column, place->width, help, "%s",
                text);
}

static void check_id(const struct nd_drill *drill, const struct nd_inject *inject,
                     struct nd_diags *diags)
{
    const struct nd_step *step = nd_drill_step_find(drill, inject->id);
    const struct nd_inject *first = nd_drill_inject_find(drill, inject->id);
    int line = step != NULL ? step->line : first != inject ? first->place.line : 0;
    struct nd_fail text;
    if (line == 0)
        return;
    nd_fail_set(&text, ND_EARG, "id '%s' is used in line %d already", inject->id, line);
    complain(drill, &inject->place, "E0310", "give one of them another id", text.text, diags);
}

static void check_times(const struct nd_drill *drill, const struct nd_inject *inject,
                        struct nd_diags *diags)
{
    const struct nd_phase *phase = &drill->phases[inject->phase];
    bool moment = inject->at_given ? inject->at_is_moment : inject->window_is_moment;
    nd_ns base = moment || !phase->at_given ? 0 : phase->at;
    nd_ns first = inject->at_given ? inject->at : inject->window_from;
    if (inject->at_given)
        nd_drill_check_moment(drill, base + inject->at, &inject->when, "the inject", diags);
    if (inject->window_given) {
        nd_drill_check_moment(drill, base + inject->window_till, &inject->when,
                              "the inject's window", diags);
        if (inject->window_till <= inject->window_from)
            complain(drill, &inject->when, "E0308", "write the earlier moment first",
                     "the inject's window ends before it begins", diags);
    }
    if ((inject->at_given || inject->window_given) && moment && phase->at_given &&
        first < phase->at) {
        char begins[ND_UNIT_TEXT];
        struct nd_fail text;
        nd_fail_set(&text, ND_EARG, "the inject may come before its phase, which starts at %s",
                    nd_moment_format(phase->at, begins));
        complain(drill, &inject->when, "E0308", "move it, or put it into the phase before",
                 text.text, diags);
    }
}

/* A contingency stands in for an answer that can fail to come. */
static void check_unless(const struct nd_drill *drill, const struct nd_inject *inject,
                         struct nd_diags *diags)
{
    struct nd_fail text = {0};
    if (inject->unless == NULL)
        return;
    const struct nd_inject *other = nd_drill_inject_find(drill, inject->unless);
    if (other == NULL && nd_drill_step_find(drill, inject->unless) != NULL)
        nd_fail_set(&text, ND_EARG, "'%s' is a step, and nobody answers a step", inject->unless);
    else if (other != NULL && !nd_inject_waits(other))
        nd_fail_set(&text, ND_EARG, "nothing is waited for at '%s', so its answer cannot fail",
                    inject->unless);
    if (text.code != ND_OK)
        complain(drill, &inject->when, "E0321",
                 "name an inject with to = { ... } and react_within = minutes(10)", text.text,
                 diags);
}

static void check_only_if(const struct nd_drill *drill, const struct nd_inject *inject,
                          struct nd_diags *diags)
{
    struct nd_fail text = {0};
    if (inject->only_if == NULL)
        return;
    const struct nd_inject *other = nd_drill_inject_find(drill, inject->only_if);
    bool found = false;
    for (size_t i = 0; other != NULL && other->options != NULL && other->options[i] != NULL; i++)
        found = found || strcmp(other->options[i], inject->only_choice) == 0;
    if (other == NULL)
        nd_fail_set(&text, ND_EARG, "no inject has the id '%s'", inject->only_if);
    else if (!found)
        nd_fail_set(&text, ND_EARG, "the inject '%s' has no option '%s'", other->id,
                    inject->only_choice);
    if (text.code != ND_OK)
        complain(drill, &inject->place, "E0322", NULL, text.text, diags);
}

void nd_injects_check(const struct nd_drill *drill, struct nd_diags *diags)
{
    for (size_t i = 0; i < drill->injects_count; i++) {
        const struct nd_inject *inject = nd_drill_inject_at(drill, i);
        const struct nd_text2 *texts[] = {&inject->title, &inject->body, &inject->expect};
        check_id(drill, inject, diags);
        check_times(drill, inject, diags);
        check_unless(drill, inject, diags);
        check_only_if(drill, inject, diags);
        nd_drill_check_objective(drill, inject->objective, inject->place.line, diags);
        for (size_t t = 0; t < 3; t++) {
            if (texts[t]->zh != NULL || texts[t]->en != NULL)
                nd_drill_check_languages(drill, texts[t], inject->place.line, diags);
        }
    }
}
