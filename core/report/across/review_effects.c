#include "report/across/compare.h"
#include "report/across/review_parts.h"

#include <stdlib.h>
#include <string.h>

/* What a year's drills achieved for a goal, as whoever leads reads it: what was rated, and what was
 * not met or is in doubt, each in a line; of all others how many there were. */

struct effects {
    struct nd_page page; /* out: the lines */
    json_t *told;        /* objectives by their sentence, expectations by their key */
    size_t others[2];    /* met: of networks that are not simulated, and of simulated ones */
    size_t objectives;   /* met, and not rated */
    bool named;          /* an expectation has a line */
};

static bool told_before(struct effects *e, const char *key)
{
    bool before = json_object_get(e->told, key) != NULL;
    json_object_set_new(e->told, key, json_true());
    return before;
}

static void begin_line(const struct effects *e, const char *text)
{
    nd_buf_addf(e->page.out, "%s\u30fb%s%s", e->page.out->len_bytes != 0 ? "\n" : "", text,
                nd_colon(&e->page));
}

static void put_simulated(const struct effects *e, bool simulated)
{
    if (simulated)
        nd_buf_addf(e->page.out, " [%s]", nd_msg(&e->page, ND_MSG_RV_SIMULATED));
}

static void put_objective(struct effects *e, const json_t *objective)
{
    const char *text = nd_text_of(&e->page, json_object_get(objective, "text"));
    const char *rating = nd_str_of(objective, "rating");
    const char *grade = nd_str_of(objective, "grade");
    bool rated = *rating != '\0' && strcmp(rating, "unconfirmed") != 0;
    if (strcmp(nd_str_of(objective, "kind"), "objective") != 0 || told_before(e, text))
        return;
    if (!rated && strcmp(grade, "met") == 0) {
        e->objectives++;
        return;
    }
    begin_line(e, text);
    nd_buf_addf(e->page.out, "%s%s%s", nd_state_text(&e->page, grade),
                e->page.lang == ND_LANG_ZH ? "；" : "; ",
                nd_state_text(&e->page, rated ? rating : "unconfirmed"));
}

/* Met, and its uncertainty leaves no doubt. */
static bool is_plain(const json_t *verdict)
{
    return strcmp(nd_str_of(verdict, "grade"), "met") == 0 &&
           !json_is_true(json_object_get(verdict, "within_uncertainty"));
}

static void put_verdict(struct effects *e, const char *key, const json_t *v, bool simulated)
{
    char measured[64];
    char width[64];
    char limit[64];
    const char *unit = nd_str_of(v, "unit");
    const char *statistic = nd_statistic_of(v, unit);
    bool exact = json_number_value(json_object_get(v, "uncertainty")) <= 0;
    if (told_before(e, key))
        return;
    if (is_plain(v)) {
        e->others[simulated]++;
        return;
    }
    e->named = true;
    nd_value_text(&e->page, json_object_get(v, "measured"), unit, statistic, measured);
    nd_value_text(&e->page, json_object_get(v, "uncertainty"), unit, statistic, width);
    nd_value_text(&e->page, json_object_get(v, "limit"), unit, statistic, limit);
    begin_line(e, nd_text_of(&e->page, json_object_get(v, "sentence")));
    nd_buf_addf(e->page.out, "%s%s%s (%s %s)%s%s", measured, exact ? "" : " ± ", exact ? "" : width,
                nd_operator_sign(nd_str_of(v, "operator")), limit, nd_colon(&e->page),
                nd_state_text(&e->page, nd_str_of(v, "grade")));
    put_simulated(e, simulated);
}

static void put_others(const struct effects *e)
{
    enum nd_message words = e->named ? ND_MSG_RV_OTHERS_MET : ND_MSG_RV_ALL_MET;
    if (e->objectives != 0) {
        begin_line(e, nd_msg(&e->page, ND_MSG_RV_GOALS_MET));
        nd_buf_addf(e->page.out, "%zu", e->objectives);
    }
    for (size_t simulated = 0; simulated < 2; simulated++) {
        if (e->others[simulated] == 0)
            continue;
        begin_line(e, nd_msg(&e->page, words));
        nd_buf_addf(e->page.out, "%zu", e->others[simulated]);
        put_simulated(e, simulated != 0);
    }
}

char *nd_review_effects(const struct nd_review *review, const json_t *goal, enum nd_lang lang)
{
    struct nd_buf out = {0};
    struct effects e = {.page = {NULL, lang, &out}, .told = json_object()};
    for (size_t i = json_array_size(review->runs); i-- > 0;) {
        const json_t *model = json_array_get(review->runs, i);
        bool simulated = json_is_true(json_object_get(json_object_get(model, "run"), "simulated"));
        size_t k = 0;
        json_t *objective = NULL;
        const char *key = NULL;
        json_t *verdict = NULL;
        if (!nd_review_serves(goal, model) || !nd_review_carried_out(model))
            continue;
        json_array_foreach(json_object_get(model, "objectives"), k, objective)
            put_objective(&e, objective);
        json_t *verdicts = nd_verdicts_by_key(model);
        json_object_foreach(verdicts, key, verdict) put_verdict(&e, key, verdict, simulated);
        json_decref(verdicts);
    }
    put_others(&e);
    json_decref(e.told);
    return nd_buf_take(&out);
}
