#include "run/internal.h"

#include <math.h>

/* A rule of a profile, asked by a body: which of its conditions hold, with what was compared. */

static const char *unit_of(const struct nd_condition *condition)
{
    static const char *const units[] = {"", "share", "ns"};
    return units[condition->of != NULL ? ND_FIGURE_SHARE : condition->figure->unit];
}

static double value_of(const struct nd_profile *profile, const struct nd_figure *figure,
                       const double *values)
{
    return figure != NULL ? values[figure - profile->figures.at] : (double)NAN;
}

static json_t *figures_json(const struct nd_profile *profile, const double *values)
{
    json_t *figures = json_object();
    for (size_t i = 0; i < profile->figures.count; i++) {
        if (!isnan(values[i]))
            json_object_set_new(figures, profile->figures.at[i].id, nd_number_json(values[i]));
    }
    return figures;
}

bool nd_task_ask_rule(struct nd_task *task, const struct nd_profile *profile,
                      const struct nd_rule *rule, const struct nd_text2 *about,
                      const double *values, bool *holds)
{
    struct nd_run *run = task->run;
    json_t *list = json_array();
    size_t held = 0;
    for (size_t i = 0; i < rule->conditions_count; i++) {
        const struct nd_condition *condition = &rule->conditions[i];
        double measured = NAN;
        holds[i] = nd_condition_holds(condition, value_of(profile, condition->figure, values),
                                      value_of(profile, condition->of, values), &measured);
        held += holds[i];
        json_array_append_new(list, json_pack("{s:o, s:s, s:f, s:o, s:s, s:b}", "title",
                                              nd_text2_json(&condition->title), "operator",
                                              condition->operator_name, "limit", condition->limit,
                                              "measured", nd_number_json(measured), "unit",
                                              unit_of(condition), "holds", holds[i]));
    }
    bool all = rule->any ? held != 0 : held == rule->conditions_count;
    char *id = nd_arena_printf(&run->arena, "%s.%s", profile->name, rule->id);
    nd_run_event(run, 0, "rule.asked", id, NULL,
                 json_pack("{s:o, s:o, s:b, s:b, s:o, s:o, s:s?}", "title",
                           nd_text2_json(&rule->title), "about", nd_words_json(about), "holds", all,
                           "any", rule->any, "conditions", list, "figures",
                           figures_json(profile, values), "step",
                           task->step != NULL ? task->step->step->id : NULL));
    return all;
}
