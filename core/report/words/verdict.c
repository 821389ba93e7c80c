#include "report/words/words.h"

#include "run/series.h"

#include <math.h>
#include <string.h>

/* What a verdict asked of a series, and what came. */

bool nd_value_is_share(const char *statistic)
{
    static const char *const shares[] = {"share",         "loss",         "loss_forward",
                                         "loss_backward", "availability", "availability_minutes",
                                         "voice_loss"};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        if (strcmp(shares[i], statistic) == 0)
            return true;
    }
    return false;
}

const char *nd_statistic_of(const json_t *verdict, const char *unit)
{
    bool own = !json_is_string(json_object_get(verdict, "statistic"));
    return own && strcmp(unit, "1") == 0 ? "share" : nd_str_of(verdict, "statistic");
}

const char *nd_statistic_words(const struct nd_page *page, const char *statistic)
{
    static const struct {
        const char *name;
        enum nd_message words;
    } list[] = {
#define WORDS(upper, lower) {#lower, ND_MSG_STAT_##lower},
        ND_STAT_MAP(WORDS)
#undef WORDS
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (strcmp(list[i].name, statistic) == 0)
            return nd_msg(page, list[i].words);
    }
    return statistic;
}

bool nd_has_kpi(const json_t *model)
{
    bool has = false;
    size_t i = 0;
    json_t *verdict = NULL;
    json_array_foreach(json_object_get(model, "verdicts"), i, verdict) has =
        has || json_is_true(json_object_get(verdict, "kpi"));
    return has;
}

double nd_verdict_value(const json_t *verdict)
{
    const json_t *measured = json_object_get(verdict, "measured");
    const char *grade = nd_str_of(verdict, "grade");
    const char *operator= nd_str_of(verdict, "operator");
    bool less_is_good = strcmp(operator, "at_most") == 0 || strcmp(operator, "below") == 0;
    if (json_is_number(measured))
        return json_number_value(measured);
    if (strcmp(grade, "unknown") == 0 || strcmp(operator, "equals") == 0)
        return (double)NAN;
    return less_is_good == (strcmp(grade, "met") == 0) ? -(double)INFINITY : (double)INFINITY;
}
