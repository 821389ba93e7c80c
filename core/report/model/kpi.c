#include "report/model/model.h"

#include <math.h>
#include <string.h>

/* What a limit in numbers says of a verdict beyond met and missed: by how much, whether that is
 * more than what the measurement may be off by, and how many samples it rests on. */

/* A yes or no, a text and a number without a unit that has to be just so (an answer's code) are no
 * quantities that could be better or worse. */
static bool is_kpi(const json_t *verdict)
{
    const char *operator= nd_str_of(verdict, "operator");
    const char *unit = nd_str_of(verdict, "unit");
    return strcmp(operator, "is_true") != 0 && strcmp(unit, "bool") != 0 &&
           json_is_number(json_object_get(verdict, "limit")) &&
           (strcmp(operator, "equals") != 0 || *unit != '\0');
}

/* Above 0: so much on the good side. */
static double margin_of(const char *operator, double measured, double limit)
{
    if (strcmp(operator, "equals") == 0)
        return -fabs(measured - limit);
    return strcmp(operator, "at_most") == 0 || strcmp(operator, "below") == 0 ? limit - measured
                                                                              : measured - limit;
}

static void add_margin(json_t *verdict)
{
    const json_t *measured = json_object_get(verdict, "measured");
    double limit = json_number_value(json_object_get(verdict, "limit"));
    double width = json_number_value(json_object_get(verdict, "uncertainty"));
    double margin = margin_of(nd_str_of(verdict, "operator"), json_number_value(measured), limit);
    bool known = json_is_number(measured);
    json_object_set_new(verdict, "margin", known ? json_real(margin) : json_null());
    json_object_set_new(verdict, "within_uncertainty",
                        json_boolean(known && width > 0 && fabs(margin) <= width));
    const json_t *warn = json_object_get(verdict, "warn");
    if (known && json_is_number(warn))
        json_object_set_new(
            verdict, "near",
            json_boolean(strcmp(nd_str_of(verdict, "grade"), "met") == 0 &&
                         margin_of(nd_str_of(verdict, "operator"), json_number_value(measured),
                                   json_number_value(warn)) < 0));
}

void nd_model_kpi(json_t *model)
{
    size_t i = 0;
    json_t *verdict = NULL;
    json_array_foreach(json_object_get(model, "verdicts"), i, verdict)
    {
        const json_t *objective = nd_entry_of(json_object_get(model, "objectives"), "id",
                                              nd_str_of(verdict, "objective"));
        const json_t *step =
            nd_entry_of(json_object_get(model, "steps"), "id", nd_str_of(verdict, "step"));
        bool kpi = is_kpi(verdict);
        json_object_set_new(verdict, "kpi", json_boolean(kpi));
        if (kpi)
            add_margin(verdict);
        if (json_object_get(step, "title") != NULL)
            json_object_set(verdict, "step_title", json_object_get(step, "title"));
        if (objective != NULL)
            json_object_set(verdict, "objective_text", json_object_get(objective, "text"));
        if (strcmp(nd_str_of(objective, "kind"), "task") == 0)
            objective = nd_entry_of(json_object_get(model, "objectives"), "id",
                                    nd_str_of(objective, "parent"));
        if (strcmp(nd_str_of(objective, "kind"), "target") == 0)
            json_object_set(verdict, "target_text", json_object_get(objective, "text"));
    }
}
