#include "plan/model.h"

#include "base/units.h"

#include <stdlib.h>
#include <string.h>

void nd_drill_deinit(struct nd_drill *drill)
{
    struct nd_arena arena = drill->arena;
    for (size_t i = 0; i < drill->profiles_count; i++)
        nd_profile_free(drill->profiles[i]);
    *drill = (struct nd_drill){0};
    nd_arena_deinit(&arena);
}

static const struct nd_step *step_at(const struct nd_drill *drill, size_t index)
{
    for (size_t p = 0; p < drill->phases_count; p++) {
        const struct nd_phase *phase = &drill->phases[p];
        if (index < phase->steps_count)
            return &phase->steps[index];
        index -= phase->steps_count;
    }
    return NULL;
}

json_t *nd_drill_parameters(const struct nd_drill *drill)
{
    json_t *all = json_object();
    for (size_t i = 0; i < drill->parameters_count; i++)
        json_object_set_new(all, drill->parameters[i].name,
                            json_string(drill->parameters[i].value));
    return all;
}

const struct nd_step *nd_drill_step_find(const struct nd_drill *drill, const char *id)
{
    for (size_t i = 0; i < drill->steps_count; i++) {
        const struct nd_step *step = step_at(drill, i);
        if (strcmp(step->id, id) == 0)
            return step;
    }
    return NULL;
}

static void check_ids(const struct nd_drill *drill, struct nd_diags *diags)
{
    for (size_t i = 0; i < drill->steps_count; i++) {
        const struct nd_step *step = step_at(drill, i);
        const struct nd_step *first = nd_drill_step_find(drill, step->id);
        if (first != step)
            nd_diag_add(diags, "E0310", drill->path, step->line, 0, 0,
                        "give one of them another id", "step id '%s' is used in line %d already",
                        step->id, first->line);
    }
    for (size_t i = 0; i < drill->phases_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(drill->phases[i].id, drill->phases[j].id) == 0)
                nd_diag_add(diags, "E0310", drill->path, drill->phases[i].line, 0, 0,
                            "give one of them another id",
                            "phase id '%s' is used in line %d already", drill->phases[i].id,
                            drill->phases[j].line);
        }
    }
}

void nd_drill_check_moment(const struct nd_drill *drill, nd_ns at, const struct nd_place *place,
                           const char *what, struct nd_diags *diags)
{
    if (at <= drill->lasts)
        return;
    char moment[ND_UNIT_TEXT];
    char lasts[ND_UNIT_TEXT];
    nd_diag_add(diags, "E0308", drill->path, place->line, place->column, place->width,
                "move it, or let the drill last longer",
                "%s starts at %s, but the drill ends at %s", what, nd_moment_format(at, moment),
                nd_moment_format(drill->lasts, lasts));
}

static void check_times(const struct nd_drill *drill, struct nd_diags *diags)
{
    nd_ns before = -1;
    for (size_t p = 0; p < drill->phases_count; p++) {
        const struct nd_phase *phase = &drill->phases[p];
        if (phase->at_given) {
            const struct nd_place place = {phase->line, 0, 0};
            nd_drill_check_moment(drill, phase->at, &place, "the phase", diags);
            if (phase->at < before)
                nd_diag_add(diags, "E0308", drill->path, phase->line, 0, 0,
                            "write phases in the order of their times",
                            "the phase starts before the one above it");
            before = phase->at;
        }
        for (size_t s = 0; s < phase->steps_count; s++) {
            const struct nd_step *step = &phase->steps[s];
            nd_ns base = step->at_is_moment || !phase->at_given ? 0 : phase->at;
            const struct nd_place place = {step->line, 0, 0};
            if (step->at_given)
                nd_drill_check_moment(drill, base + step->at, &place, "the step", diags);
        }
    }
}

/* A step or an inject, and what it follows. */
struct node {
    const char *id, *follows;
    struct nd_place place;
};

static bool find_node(const struct nd_drill *drill, const char *id, struct node *node)
{
    const struct nd_step *step = nd_drill_step_find(drill, id);
    const struct nd_inject *inject = step == NULL ? nd_drill_inject_find(drill, id) : NULL;
    if (step != NULL)
        *node = (struct node){step->id, step->after, {step->line, 0, 0}};
    else if (inject != NULL)
        *node = (struct node){inject->id, inject->after != NULL ? inject->after : inject->unless,
                              inject->when};
    return step != NULL || inject != NULL;
}

static void check_after(const struct nd_drill *drill, const char *id, struct nd_diags *diags)
{
    struct node first = {0};
    find_node(drill, id, &first);
    struct node at = first;
    size_t hops = 0;
    size_t nodes = drill->steps_count + drill->injects_count;
    bool found = true;
    while (found && at.follows != NULL && hops <= nodes) {
        const char *name = at.follows;
        found = find_node(drill, name, &at);
        if (!found && hops == 0)
            nd_diag_add(diags, "E0309", drill->path, first.place.line, first.place.column,
                        first.place.width, "write the id of a step or an inject of this drill",
                        "no step has the id '%s', and no inject", name);
        hops++;
    }
    if (hops > nodes)
        nd_diag_add(diags, "E0309", drill->path, first.place.line, first.place.column,
                    first.place.width, "let one of them start by its time",
                    "'%s' waits, through others, for itself", first.id);
}

static void check_about(const struct nd_drill *drill, const struct nd_step *it,
                        const struct nd_place *place, struct nd_diags *diags)
{
    struct nd_fail text = {0};
    if (it->about == NULL)
        return;
    const struct nd_inject *inject = nd_drill_inject_find(drill, it->about);
    bool step = nd_drill_step_find(drill, it->about) != NULL;
    if (strcmp(it->about, it->id) == 0)
        nd_fail_set(&text, ND_EARG, "'%s' cannot be about itself", it->id);
    else if (!step && inject == NULL)
        nd_fail_set(&text, ND_EARG, "no step has the id '%s', and no inject", it->about);
    else if (!step && inject->kind != ND_INJECT_FAULT)
        nd_fail_set(&text, ND_EARG, "the inject '%s' is no fault", it->about);
    if (text.code != ND_OK)
        nd_diag_add(diags, "E0324", drill->path, place->line, place->column, place->width,
                    "write the id of the step or inject that makes the fault", "%s", text.text);
}

const char *nd_objective_kind_name(enum nd_objective_kind kind)
{
    static const char *const names[] = {"objective", "target", "task"};
    return names[kind];
}

const struct nd_objective *nd_drill_objective_find(const struct nd_drill *drill, const char *id)
{
    for (size_t i = 0; i < drill->objectives_count; i++) {
        if (strcmp(drill->objectives[i].id, id) == 0)
            return &drill->objectives[i];
    }
    return NULL;
}

void nd_drill_check_objective(const struct nd_drill *drill, const char *id, int line,
                              struct nd_diags *diags)
{
    if (id == NULL || nd_drill_objective_find(drill, id) != NULL)
        return;
    const char **names = nd_alloc((drill->objectives_count + 1) * sizeof *names);
    for (size_t i = 0; i < drill->objectives_count; i++)
        names[i] = drill->objectives[i].id;
    const char *near = nd_text_nearest(id, names, drill->objectives_count);
    nd_diag_add(diags, "E0311", drill->path, line, 0, 0, NULL,
                near != NULL ? "the drill has no objective, target or task '%s'; did you mean '%s'"
                             : "the drill has no objective, target or task '%s'",
                id, near);
    free(names);
}

void nd_drill_check_languages(const struct nd_drill *drill, const struct nd_text2 *text, int line,
                              struct nd_diags *diags)
{
    bool bilingual = drill->title.zh != NULL && drill->title.en != NULL;
    if (bilingual && (text->zh == NULL || text->en == NULL))
        nd_diag_add(diags, "W0602", drill->path, line, 0, 0, "write {zh = \"...\", en = \"...\"}",
                    "'%s' has no %s text", text->en != NULL ? text->en : text->zh,
                    text->zh == NULL ? "zh-TW" : "English");
}

static void check_objectives(const struct nd_drill *drill, struct nd_diags *diags)
{
    for (size_t i = 0; i < drill->objectives_count; i++) {
        const struct nd_objective *first = nd_drill_objective_find(drill, drill->objectives[i].id);
        if (first != &drill->objectives[i])
            nd_diag_add(diags, "E0310", drill->path, 0, 0, 0, "give one of them another id",
                        "id '%s' is used by an %s and a %s", first->id,
                        nd_objective_kind_name(first->kind),
                        nd_objective_kind_name(drill->objectives[i].kind));
    }
}

/* "event" or "profile.event", "duty" or "profile.duty", of one of the drill's obligations. */
static bool is_of_obligations(const struct nd_drill *drill, const char *name, bool event)
{
    for (size_t i = 0; i < drill->obligations_count; i++) {
        const struct nd_profile *profile = drill->obligations[i].profile;
        size_t len = strlen(profile->name);
        const char *own =
            strncmp(name, profile->name, len) == 0 && name[len] == '.' ? name + len + 1 : name;
        if (event ? nd_profile_occasion(profile, own) != NULL
                  : nd_profile_duty(profile, own) != NULL)
            return true;
    }
    return false;
}

static void check_inject_duties(const struct nd_drill *drill, struct nd_diags *diags)
{
    for (size_t i = 0; i < drill->injects_count; i++) {
        const struct nd_inject *inject = nd_drill_inject_at(drill, i);
        const char *const names[] = {inject->occurs, inject->meets};
        for (size_t k = 0; k < 2; k++) {
            if (names[k] != NULL && !is_of_obligations(drill, names[k], k == 0))
                nd_diag_add(diags, "E0803", drill->path, inject->when.line, inject->when.column,
                            inject->when.width, "write obligations { \"profile\" } above it",
                            "the drill's obligations have no %s '%s'", k == 0 ? "event" : "duty",
                            names[k]);
        }
    }
}

static void check_obligations(const struct nd_drill *drill, struct nd_diags *diags)
{
    for (size_t i = 0; i < drill->obligations_count; i++) {
        const struct nd_obligations *set = &drill->obligations[i];
        const struct nd_place place = {set->line, 0, 0};
        nd_drill_check_objective(drill, set->objective, set->line, diags);
        for (size_t k = 0; k < set->events_count; k++)
            nd_drill_check_moment(drill, set->events[k].at, &place, "the event", diags);
    }
}

void nd_drill_check(const struct nd_drill *drill, struct nd_diags *diags)
{
    check_ids(drill, diags);
    check_times(drill, diags);
    for (size_t i = 0; i < drill->steps_count; i++)
        check_after(drill, step_at(drill, i)->id, diags);
    for (size_t i = 0; i < drill->injects_count; i++)
        check_after(drill, nd_drill_inject_at(drill, i)->id, diags);
    for (size_t i = 0; i < drill->steps_count; i++) {
        const struct nd_place place = {step_at(drill, i)->line, 0, 0};
        check_about(drill, step_at(drill, i), &place, diags);
    }
    for (size_t i = 0; i < drill->injects_count; i++) {
        const struct nd_inject *inject = nd_drill_inject_at(drill, i);
        check_about(drill, &inject->act, &inject->place, diags);
    }
    nd_injects_check(drill, diags);
    check_objectives(drill, diags);
    check_obligations(drill, diags);
    check_inject_duties(drill, diags);
    for (size_t i = 0; i < drill->guards_count; i++) {
        nd_drill_check_objective(drill, drill->guards[i].objective, drill->guards[i].line, diags);
        nd_drill_check_languages(drill, &drill->guards[i].title, drill->guards[i].line, diags);
    }
    for (size_t i = 0; i < drill->phases_count; i++)
        nd_drill_check_languages(drill, &drill->phases[i].title, drill->phases[i].line, diags);
    for (size_t i = 0; i < drill->steps_count; i++) {
        const struct nd_step *step = step_at(drill, i);
        nd_drill_check_objective(drill, step->objective, step->line, diags);
        nd_drill_check_languages(drill, &step->title, step->line, diags);
        if (step->owner == NULL)
            nd_diag_add(diags, "W0603", drill->path, step->line, 0, 0,
                        "add owner = \"who answers for it\"", "step '%s' has no owner", step->id);
    }
}
