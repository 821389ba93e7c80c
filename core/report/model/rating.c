#include "report/model/rating.h"
#include "report/model/model.h"

#include <stdlib.h>
#include <string.h>

/* Objectives, targets and tasks with what bears on them, the ratings it suggests, and those that an
 * evaluator has given; improvement items. */

const char *nd_rating_suggest(const struct nd_evidence *e)
{
    if (e->good + e->bad + e->strengths == 0)
        return NULL;
    if (e->bad == 0)
        return e->improvements == 0 ? "P" : "S";
    return e->good + e->strengths >= e->bad ? "M" : "U";
}

const char *nd_rating_worse(const char *a, const char *b)
{
    static const char order[] = "PSMU";
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    return strchr(order, *a) >= strchr(order, *b) ? a : b;
}

/* ---- what bears on one ---- */

struct weighing {
    const json_t *model, *nodes;
    struct nd_evidence evidence;
    json_t *seqs;      /* of the journal, NULL: not asked for */
    json_t *later;     /* numbers of observations added after the run, likewise */
    const char *grade; /* the worst of them: "met", "unknown", "missed"; "unrated" */
};

/* Whether what names `objective` bears on the node: on itself, or on something below it. */
static bool bears_on(const struct weighing *w, const char *objective, const char *id)
{
    while (*objective != '\0') {
        if (strcmp(objective, id) == 0)
            return true;
        objective = nd_str_of(nd_entry_of(w->nodes, "id", objective), "parent");
    }
    return false;
}

static void count(struct weighing *w, const json_t *entry, size_t *counter)
{
    ++*counter;
    if (w->seqs != NULL && json_is_integer(json_object_get(entry, "seq")))
        json_array_append(w->seqs, json_object_get(entry, "seq"));
    if (w->later != NULL && json_object_get(entry, "added_at") != NULL)
        json_array_append(w->later, json_object_get(entry, "number"));
}

/* One that was met, missed or could not be judged. */
static void weigh_grade(struct weighing *w, const json_t *entry, const char *grade)
{
    bool met = strcmp(grade, "met") == 0;
    bool missed = strcmp(grade, "missed") == 0;
    count(w, entry, met ? &w->evidence.good : missed ? &w->evidence.bad : &w->evidence.unknown);
    if (missed || strcmp(w->grade, "unrated") == 0 || (!met && strcmp(w->grade, "met") == 0))
        w->grade = met ? "met" : missed ? "missed" : "unknown";
}

static void weigh_verdict(struct weighing *w, const json_t *entry)
{
    weigh_grade(w, entry, nd_str_of(entry, "grade"));
}

static void weigh_duty(struct weighing *w, const json_t *entry)
{
    const char *verdict = nd_str_of(entry, "verdict");
    if (strcmp(verdict, "met") == 0)
        weigh_grade(w, entry, "met");
    else if (strcmp(verdict, "missed") == 0 || strcmp(verdict, "late") == 0)
        weigh_grade(w, entry, "missed");
}

static void weigh_inject(struct weighing *w, const json_t *entry)
{
    const char *outcome = nd_str_of(entry, "outcome");
    if (strcmp(outcome, "answered") == 0)
        weigh_grade(w, entry, "met");
    else if (strcmp(outcome, "answered_late") == 0 || strcmp(outcome, "expired") == 0)
        weigh_grade(w, entry, "missed");
}

static void weigh_observation(struct weighing *w, const json_t *entry)
{
    const char *sort = nd_str_of(entry, "sort");
    if (nd_is_withdrawn(entry))
        return;
    count(w, entry,
          strcmp(sort, "strength") == 0      ? &w->evidence.strengths
          : strcmp(sort, "improvement") == 0 ? &w->evidence.improvements
                                             : &w->evidence.unknown);
}

/* An observation about an inject is about that one's objective. */
static const char *objective_of(const struct weighing *w, const json_t *entry)
{
    const char *own = nd_str_of(entry, "objective");
    const char *inject = nd_str_of(entry, "inject");
    if (*own != '\0' || *inject == '\0')
        return own;
    return nd_str_of(nd_entry_of(json_object_get(w->model, "injects"), "id", inject), "objective");
}

/* All that bears on a node; below: also what stands below it. */
static struct weighing weigh(const json_t *model, const json_t *nodes, const char *id, bool below,
                             json_t *seqs, json_t *later)
{
    static const struct {
        const char *list;
        void (*weigh)(struct weighing *w, const json_t *entry);
    } lists[] = {{"verdicts", weigh_verdict},
                 {"obligations", weigh_duty},
                 {"injects", weigh_inject},
                 {"observations", weigh_observation}};
    struct weighing w = {model, nodes, {0}, seqs, later, "unrated"};
    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
        size_t i = 0;
        json_t *entry = NULL;
        json_array_foreach(json_object_get(model, lists[l].list), i, entry)
        {
            const char *objective = objective_of(&w, entry);
            if (below ? bears_on(&w, objective, id) : strcmp(objective, id) == 0)
                lists[l].weigh(&w, entry);
        }
    }
    return w;
}

/* An objective that has targets is as its worst one; where one has no evidence, nothing is
 * suggested. */
static const char *suggest(const json_t *model, const json_t *nodes, const json_t *node)
{
    const char *id = nd_str_of(node, "id");
    const char *worst = NULL;
    bool has_targets = false;
    size_t i = 0;
    json_t *other = NULL;
    if (strcmp(nd_str_of(node, "kind"), "task") == 0)
        return NULL;
    json_array_foreach(nodes, i, other)
    {
        if (strcmp(nd_str_of(other, "kind"), "target") != 0 ||
            strcmp(nd_str_of(other, "parent"), id) != 0)
            continue;
        const struct weighing w = weigh(model, nodes, nd_str_of(other, "id"), true, NULL, NULL);
        const char *one = nd_rating_suggest(&w.evidence);
        if (one == NULL)
            return NULL;
        has_targets = true;
        worst = nd_rating_worse(worst, one);
    }
    const struct weighing own = weigh(model, nodes, id, !has_targets, NULL, NULL);
    return nd_rating_worse(worst, nd_rating_suggest(&own.evidence));
}

static char *evidence_words(const struct nd_evidence *e, size_t later, enum nd_lang lang)
{
    const struct nd_page page = {NULL, lang, NULL};
    const struct {
        size_t count;
        enum nd_message words;
    } parts[] = {{e->good, ND_MSG_MET},
                 {e->bad, ND_MSG_MISSED},
                 {e->unknown, ND_MSG_UNKNOWN},
                 {e->strengths, e->strengths == 1 ? ND_MSG_STATE_strength : ND_MSG_STRENGTHS},
                 {e->improvements, ND_MSG_TO_IMPROVE}};
    struct nd_buf out = {0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].count != 0)
            nd_buf_addf(&out, lang == ND_LANG_ZH ? "%s%zu\u00a0項%s" : "%s%zu\u00a0%s",
                        out.len_bytes == 0   ? ""
                        : lang == ND_LANG_ZH ? "、"
                                             : ", ",
                        parts[i].count, nd_msg(&page, parts[i].words));
    }
    if (later != 0)
        nd_buf_addf(&out, lang == ND_LANG_ZH ? "（%s %zu 項）" : " (%s %zu)",
                    nd_msg(&page, ND_MSG_OF_THEM_LATER), later);
    return nd_buf_take(&out);
}

static void add_evidence(json_t *node, const struct nd_evidence *e)
{
    size_t later = json_array_size(json_object_get(node, "evidence_added"));
    char *zh = evidence_words(e, later, ND_LANG_ZH);
    char *en = evidence_words(e, later, ND_LANG_EN);
    json_object_set_new(node, "weighed", json_pack("{s:s, s:s}", "zh", zh, "en", en));
    json_object_set_new(node, "counts",
                        json_pack("{s:I, s:I, s:I, s:I, s:I}", "good", (json_int_t)e->good, "bad",
                                  (json_int_t)e->bad, "strengths", (json_int_t)e->strengths,
                                  "improvements", (json_int_t)e->improvements, "unknown",
                                  (json_int_t)e->unknown));
    free(zh);
    free(en);
}

/* Why nothing is suggested: there is no evidence, or none for a part of it. */
static const char *no_suggestion(const json_t *node)
{
    size_t count = json_array_size(json_object_get(node, "evidence")) +
                   json_array_size(json_object_get(node, "evidence_added"));
    return count == 0 ? "unrated" : "unsuggested";
}

/* What the evaluator saw himself stands beside what was recorded. */
static void add_rests_on(json_t *weighed, const char *rests_on)
{
    static const char *const keys[] = {"zh", "en"};
    for (size_t i = 0; i < 2 && *rests_on != '\0'; i++) {
        const struct nd_page page = {NULL, i == 0 ? ND_LANG_ZH : ND_LANG_EN, NULL};
        const char *before = nd_str_of(weighed, keys[i]);
        char *text = nd_printf(i == 0 ? "%s%s%s：%s" : "%s%s%s: %s", before,
                               *before == '\0' ? ""
                               : i == 0        ? "；"
                                               : "; ",
                               nd_msg(&page, ND_MSG_RESTS_ON), rests_on);
        json_object_set_new(weighed, keys[i], json_string(text));
        free(text);
    }
}

static void add_rating(json_t *node, const char *suggested, const json_t *given)
{
    bool task = strcmp(nd_str_of(node, "kind"), "task") == 0;
    const char *rating = nd_str_of(given, "rating");
    json_object_set_new(node, "suggested",
                        task                ? json_null()
                        : suggested != NULL ? json_string(suggested)
                                            : json_string(no_suggestion(node)));
    json_object_set_new(node, "rating",
                        task              ? json_null()
                        : *rating != '\0' ? json_string(rating)
                                          : json_string("unconfirmed"));
    static const struct {
        const char *from, *to;
    } keys[] = {{"why", "rated_why"}, {"by", "rated_by"}, {"at", "rated_at"}};
    for (size_t i = 0; *rating != '\0' && i < sizeof keys / sizeof keys[0]; i++) {
        if (json_object_get(given, keys[i].from) != NULL)
            json_object_set(node, keys[i].to, json_object_get(given, keys[i].from));
    }
    if (*rating != '\0')
        add_rests_on(json_object_get(node, "weighed"), nd_str_of(given, "rests_on"));
}

/* ---- improvements ---- */

/* The capability of an item is that of the objective it is for; else the objective's sentence. */
static void add_improvements(json_t *model, const json_t *nodes, const json_t *state)
{
    json_t *list = json_array();
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(json_object_get(state, "improvements"), i, item)
    {
        json_t *entry = json_copy(item);
        const json_t *node = nd_entry_of(nodes, "id", nd_str_of(item, "objective"));
        while (node != NULL && *nd_str_of(node, "parent") != '\0')
            node = nd_entry_of(nodes, "id", nd_str_of(node, "parent"));
        const json_t *capability = json_object_get(node, "capability");
        if (node != NULL)
            json_object_set(entry, "capability",
                            json_object_size(capability) != 0 ? (json_t *)capability
                                                              : json_object_get(node, "text"));
        json_array_append_new(list, entry);
    }
    json_object_set_new(model, "improvements", list);
}

/* Items of earlier runs that this one carries on; overdue as of its day. */
static void add_carried(json_t *model, const json_t *state)
{
    char day[ND_DATE_TEXT];
    json_t *list = json_array();
    size_t i = 0;
    json_t *item = NULL;
    nd_run_date(model, day);
    json_array_foreach(json_object_get(state, "carried"), i, item)
    {
        json_t *entry = json_copy(item);
        if (nd_item_is_overdue(entry, day))
            json_object_set(entry, "overdue_since", json_object_get(entry, "due"));
        json_array_append_new(list, entry);
    }
    json_object_set_new(model, "carried", list);
}

/* Areas for improvement that nobody has drawn an action from. */
static json_int_t count_without_action(const json_t *model)
{
    json_int_t left = 0;
    size_t i = 0;
    json_t *observation = NULL;
    json_array_foreach(json_object_get(model, "observations"), i, observation)
    {
        if (strcmp(nd_str_of(observation, "sort"), "improvement") == 0 &&
            !nd_is_withdrawn(observation) &&
            nd_entry_of(json_object_get(model, "improvements"), "observation",
                        nd_str_of(observation, "number")) == NULL)
            left++;
    }
    return left;
}

void nd_model_rating(json_t *model, const json_t *plan, const json_t *state)
{
    const json_t *planned = json_object_get(plan, "objectives");
    json_t *nodes = json_array();
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(planned, i, one)
    {
        json_t *node = json_copy(one);
        if (*nd_str_of(node, "kind") == '\0') /* of a plan made before there were targets */
            json_object_set_new(node, "kind", json_string("objective"));
        json_array_append_new(nodes, node);
    }
    json_array_foreach(nodes, i, one)
    {
        const char *id = nd_str_of(one, "id");
        json_t *seqs = json_array();
        json_t *later = json_array();
        const struct weighing w = weigh(model, nodes, id, true, seqs, later);
        json_object_set_new(one, "grade", json_string(w.grade));
        json_object_set_new(one, "evidence", seqs);
        json_object_set_new(one, "evidence_added", later);
        add_evidence(one, &w.evidence);
        add_rating(one, suggest(model, nodes, one),
                   json_object_get(json_object_get(state, "ratings"), id));
    }
    json_object_set_new(model, "objectives", nodes);
    add_improvements(model, nodes, state);
    add_carried(model, state);
    json_object_set_new(
        model, "evaluation",
        json_pack("{s:O?, s:O?, s:O?, s:I}", "events", json_object_get(state, "events"), "bad_seq",
                  json_object_get(state, "bad_seq"), "signer", json_object_get(state, "signer"),
                  "without_action", count_without_action(model)));
}
