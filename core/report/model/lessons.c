#include "report/model/model.h"
#include "report/words/packed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What those who lead have to know, gathered from what was missed, late, unanswered, unexpected or
 * not put back, and who took part. */

/* ---- lessons ---- */

static void add(json_t *list, const char *kind, const json_t *text, json_t *words, json_int_t seq)
{
    json_array_append_new(list,
                          json_pack("{s:s, s:O?, s:o?, s:o}", "kind", kind, "text", text, "words",
                                    words, "seq", seq > 0 ? json_integer(seq) : json_null()));
}

/* The same in both languages. */
static json_t *plain(const char *text)
{
    return json_pack("{s:s, s:s}", "zh", text, "en", text);
}

static json_t *counted(size_t count)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", count);
    return plain(text);
}

/* "12 s (≤ 10 s)", of a verdict or a guard. */
static json_t *against_limit(const json_t *verdict)
{
    json_t *out = json_object();
    for (int i = 0; i < 2; i++) {
        const struct nd_page page = {NULL, i == 0 ? ND_LANG_ZH : ND_LANG_EN, NULL};
        const char *unit = nd_str_of(verdict, "unit");
        const char *statistic = nd_statistic_of(verdict, unit);
        char measured[64];
        char limit[64];
        nd_value_text(&page, json_object_get(verdict, "measured"), unit, statistic, measured);
        nd_value_text(&page, json_object_get(verdict, "limit"), unit, statistic, limit);
        char *words = nd_printf("%s (%s\u00a0%s)", measured,
                                nd_operator_sign(nd_str_of(verdict, "operator")), limit);
        json_object_set_new(out, i == 0 ? "zh" : "en", json_string(words));
        free(words);
    }
    return out;
}

static json_t *length(json_int_t ns)
{
    char text[ND_UNIT_TEXT];
    return plain(nd_length_text(ns, text));
}

static void add_changes(json_t *list, const json_t *model)
{
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(model, "changes"), i, change)
    {
        if (strcmp(nd_str_of(change, "state"), "verified") == 0)
            continue;
        char *name = nd_printf("%s.%s %s", nd_str_of(change, "plugin"), nd_str_of(change, "verb"),
                               nd_str_of(change, "target"));
        json_t *text = plain(name);
        add(list, "not_restored", text, NULL, nd_int_of(change, "seq"));
        json_decref(text);
        free(name);
    }
}

static void add_verdicts(json_t *list, const json_t *model)
{
    size_t unknown = 0;
    size_t i = 0;
    json_t *verdict = NULL;
    json_array_foreach(json_object_get(model, "verdicts"), i, verdict)
    {
        unknown += strcmp(nd_str_of(verdict, "grade"), "unknown") == 0;
        if (strcmp(nd_str_of(verdict, "grade"), "missed") == 0)
            add(list, "expectation_missed", json_object_get(verdict, "sentence"),
                against_limit(verdict), nd_int_of(verdict, "seq"));
    }
    if (unknown != 0)
        add(list, "expectations_unknown", NULL, counted(unknown), 0);
}

static void add_duties(json_t *list, const json_t *model)
{
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(json_object_get(model, "obligations"), i, duty)
    {
        const char *verdict = nd_str_of(duty, "verdict");
        const json_t *margin = json_object_get(duty, "margin_ns");
        if (strcmp(verdict, "missed") != 0 && strcmp(verdict, "late") != 0)
            continue;
        const json_t *evidence = json_object_get(duty, "evidence");
        add(list, "duty_missed", json_object_get(duty, "title"),
            json_is_integer(margin) ? length(-json_integer_value(margin)) : NULL,
            json_integer_value(json_array_get(evidence, json_array_size(evidence) - 1)));
    }
}

static void add_injects(json_t *list, const json_t *model)
{
    size_t i = 0;
    json_t *inject = NULL;
    json_array_foreach(json_object_get(model, "injects"), i, inject)
    {
        const char *outcome = nd_str_of(inject, "outcome");
        const json_t *reaction = json_object_get(inject, "reaction_ns");
        if (strcmp(outcome, "expired") == 0 || strcmp(outcome, "answered_late") == 0)
            add(list, "inject_unanswered", json_object_get(inject, "title"),
                json_is_integer(reaction) ? length(json_integer_value(reaction)) : NULL,
                nd_int_of(inject, "seq"));
    }
}

/* Series of which each is told by itself: of more, those cut off the longest. */
#define CUT_OFF 20

struct cut_off {
    const json_t *entry; /* of the model's series */
    size_t place, count; /* count: of unexpected interruptions */
    json_int_t longest;
};

static struct cut_off cut_off_of(const json_t *entry, size_t place)
{
    struct cut_off out = {entry, place, 0, 0};
    json_t *list = nd_part(entry, "interruptions");
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(list, i, one)
    {
        json_int_t length = nd_int_of(one, "length_ns");
        if (strcmp(nd_str_of(one, "class"), "unexpected") != 0)
            continue;
        out.count++;
        out.longest = length > out.longest ? length : out.longest;
    }
    json_decref(list);
    return out;
}

static int longest_first(const void *a, const void *b)
{
    const struct cut_off *x = a;
    const struct cut_off *y = b;
    return x->longest != y->longest ? (x->longest < y->longest) - (x->longest > y->longest)
                                    : (x->place > y->place) - (x->place < y->place);
}

/* The longest unexpected one of a series, and how many there were. */
static void add_cut_off(json_t *list, const struct cut_off *one)
{
    char text[ND_UNIT_TEXT];
    char *words =
        nd_printf("%zu \u00d7, \u2264 %s", one->count, nd_length_text(one->longest, text));
    json_t *series = nd_unpacked(one->entry);
    const char *label = nd_str_of(series, "label");
    const char *zh = nd_str_of(series, "label_zh");
    label = *label != '\0' ? label : nd_str_of(series, "name");
    json_t *title = json_pack("{s:s, s:s}", "zh", *zh != '\0' ? zh : label, "en", label);
    add(list, "interruption_unexpected", title, plain(words), 0);
    json_decref(title);
    json_decref(series);
    free(words);
}

static void add_interruptions(json_t *list, const json_t *model)
{
    struct ND_VEC(struct cut_off) all = {0};
    size_t i = 0;
    json_t *series = NULL;
    json_array_foreach(json_object_get(model, "series"), i, series)
    {
        struct cut_off one = cut_off_of(series, i);
        if (one.count != 0)
            nd_vec_push(&all, one);
    }
    if (all.count > CUT_OFF)
        qsort(all.at, all.count, sizeof all.at[0], longest_first);
    for (i = 0; i < all.count && i < CUT_OFF; i++)
        add_cut_off(list, &all.at[i]);
    if (all.count > CUT_OFF)
        add(list, "interruptions_more", NULL, counted(all.count - CUT_OFF), 0);
    nd_vec_free(&all);
}

static void add_guards(json_t *list, const json_t *model)
{
    size_t i = 0;
    json_t *guard = NULL;
    json_array_foreach(json_object_get(model, "guards"), i, guard)
        add(list, "guard_breached", json_object_get(guard, "title"),
            json_is_number(json_object_get(guard, "measured")) ? against_limit(guard) : NULL,
            nd_int_of(guard, "seq"));
}

static void add_items(json_t *list, const json_t *model)
{
    json_int_t without = nd_int_of(json_object_get(model, "evaluation"), "without_action");
    size_t overdue = 0;
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(json_object_get(model, "carried"), i, item) overdue +=
        json_object_get(item, "overdue_since") != NULL;
    if (without > 0)
        add(list, "without_action", NULL, counted((size_t)without), 0);
    if (overdue > 0)
        add(list, "items_overdue", NULL, counted(overdue), 0);
}

void nd_model_lessons(json_t *model)
{
    json_t *list = json_array();
    add_changes(list, model);
    add_verdicts(list, model);
    add_duties(list, model);
    add_injects(list, model);
    add_interruptions(list, model);
    add_guards(list, model);
    add_items(list, model);
    json_object_set_new(model, "lessons", list);
}

/* ---- who took part: roles by names that nobody is called by, so that an audience reads them ----
 */

static void add_role(json_t *list, const char *name, const char *role)
{
    if (*name == '\0')
        return;
    json_t *entry = nd_entry_of(list, "name", name);
    if (entry == NULL) {
        entry = json_pack("{s:s, s:[]}", "name", name, "roles");
        json_array_append_new(list, entry);
    }
    json_t *roles = json_object_get(entry, "roles");
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(roles, i, one)
    {
        if (strcmp(json_string_value(one), role) == 0)
            return;
    }
    json_array_append_new(roles, json_string(role));
}

void nd_model_participants(json_t *model)
{
    static const struct {
        const char *list, *key, *role;
    } from[] = {
        {"injects", "controller", "as_controller"}, {"injects", "evaluator", "as_evaluator"},
        {"objectives", "rated_by", "as_evaluator"}, {"steps", "owner", "as_owner"},
        {"injects", "from", "as_sender"},           {"injects", "to", "as_recipient"},
        {"obligations", "owner", "as_reporter"},    {"confirmations", "by", "as_confirmer"},
        {"observations", "by", "as_observer"}};
    json_t *list = json_array();
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(json_object_get(model, "safety"), "armed"), i, entry)
        add_role(list, nd_str_of(entry, "by"), "as_armer");
    for (size_t k = 0; k < sizeof from / sizeof from[0]; k++) {
        json_array_foreach(json_object_get(model, from[k].list), i, entry)
        {
            size_t n = 0;
            json_t *name = NULL;
            add_role(list, nd_str_of(entry, from[k].key), from[k].role);
            json_array_foreach(json_object_get(entry, from[k].key), n, name)
                add_role(list, json_string_value(name), from[k].role);
        }
    }
    json_object_set_new(model, "participants", list);
}
