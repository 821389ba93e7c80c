#include "report/model/model.h"

#include <stdlib.h>
#include <string.h>

/* Events, regulatory clocks, and rules asked. */

static json_t *add(json_t *list, const char *id, const json_t *data, json_int_t seq)
{
    json_t *entry = json_object();
    json_object_set_new(entry, "id", json_string(id));
    json_object_update(entry, (json_t *)data);
    json_object_set_new(entry, "seq", json_integer(seq));
    json_array_append_new(list, entry);
    return entry;
}

/* "more than 5 damaged: 4 (> 5), no; ..." */
static char *conditions_words(const json_t *conditions, enum nd_lang lang)
{
    const struct nd_page page = {NULL, lang, NULL};
    struct nd_buf out = {0};
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(conditions, i, one)
    {
        char measured[64];
        char limit[64];
        bool share = strcmp(nd_str_of(one, "unit"), "share") == 0;
        const char *unit = share ? "1" : nd_str_of(one, "unit");
        const char *statistic = share ? "share" : "";
        nd_buf_addf(
            &out, "%s%s%s%s (%s %s) %s",
            i == 0               ? ""
            : lang == ND_LANG_ZH ? "；"
                                 : "; ",
            nd_text_of(&page, json_object_get(one, "title")), nd_colon(&page),
            nd_value_text(&page, json_object_get(one, "measured"), unit, statistic, measured),
            nd_operator_sign(nd_str_of(one, "operator")),
            nd_value_text(&page, json_object_get(one, "limit"), unit, statistic, limit),
            nd_msg(&page, json_is_true(json_object_get(one, "holds")) ? ND_MSG_YES : ND_MSG_NO));
    }
    return nd_buf_take(&out);
}

static void add_rule(json_t *list, const char *subject, const json_t *data, json_int_t rel,
                     json_int_t seq)
{
    json_t *entry = add(list, subject, data, seq);
    char *zh = conditions_words(json_object_get(data, "conditions"), ND_LANG_ZH);
    char *en = conditions_words(json_object_get(data, "conditions"), ND_LANG_EN);
    json_object_set_new(entry, "told", json_pack("{s:s, s:s}", "zh", zh, "en", en));
    json_object_set_new(entry, "at_rel_ns", json_integer(rel));
    free(zh);
    free(en);
}

/* Nobody was there to see it come; a check found it afterwards, and says when. */
static json_t *arrival_words(const json_t *down)
{
    char from[ND_UNIT_TEXT];
    char till[ND_UNIT_TEXT];
    nd_moment_format(nd_int_of(down, "from_rel_ns"), from);
    nd_moment_format(nd_int_of(down, "till_rel_ns"), till);
    char *zh = nd_printf("程式中斷期間（%s 至 %s）送達，時刻為事後查得", from, till);
    char *en = nd_printf("arrived while the run was down (%s to %s), as the check found afterwards",
                         from, till);
    json_t *words = json_pack("{s:s, s:s}", "zh", zh, "en", en);
    free(zh);
    free(en);
    return words;
}

/* In records T+ goes on in pauses; what a duty took is of the drill's clock. */
static void done(json_t *entry, const char *verdict, const json_t *data, json_int_t rel,
                 json_int_t seq)
{
    json_int_t took = nd_int_of(data, "took_ns");
    static const char *const keys[] = {"how",       "by",        "note",           "took_ns",
                                       "margin_ns", "within_ns", "arrived_rel_ns", "while_down"};
    const json_t *arrived = json_object_get(data, "arrived_rel_ns");
    rel = json_is_integer(arrived) ? json_integer_value(arrived) : rel;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (json_object_get(data, keys[i]) != NULL)
            json_object_set(entry, keys[i], json_object_get(data, keys[i]));
    }
    if (json_object_get(data, "while_down") != NULL)
        json_object_set_new(entry, "arrival", arrival_words(json_object_get(data, "while_down")));
    json_object_set_new(entry, "verdict", json_string(verdict));
    json_object_set_new(entry, "done_rel_ns", json_integer(rel));
    json_object_set_new(entry, "paused_ns",
                        json_integer(rel - nd_int_of(entry, "opened_rel_ns") - took));
    json_array_append_new(json_object_get(entry, "evidence"), json_integer(seq));
}

void nd_model_duty(json_t *model, const char *type, const char *subject, const json_t *data,
                   json_int_t rel, json_int_t seq)
{
    json_t *list = json_object_get(model, "obligations");
    if (strcmp(type, "rule.asked") == 0) {
        add_rule(json_object_get(model, "rules"), subject, data, rel, seq);
        return;
    }
    if (strcmp(type, "event.occurred") == 0) {
        json_object_set_new(add(json_object_get(model, "events"), subject, data, seq), "at_rel_ns",
                            json_integer(rel));
        return;
    }
    if (strncmp(type, "obligation.", 11) != 0)
        return;
    type += 11;
    if (strcmp(type, "opened") == 0) {
        json_t *entry = add(list, subject, data, seq);
        json_object_set_new(entry, "opened_rel_ns", json_integer(rel));
        json_object_set_new(entry, "verdict", json_string("open"));
        json_object_set_new(entry, "evidence", json_pack("[I]", seq));
        return;
    }
    json_t *entry = nd_entry_of(list, "id", subject);
    if (entry == NULL)
        return;
    if (strcmp(type, "met") == 0 || strcmp(type, "late") == 0) {
        done(entry, type, data, rel, seq);
    } else if (strcmp(type, "missed") == 0) {
        json_object_set_new(entry, "verdict", json_string("missed"));
        json_object_set(entry, "why", json_object_get(data, "why"));
        json_object_set_new(entry, "due_rel_ns", json_integer(rel));
        json_array_append_new(json_object_get(entry, "evidence"), json_integer(seq));
    } else if (strcmp(type, "closed") == 0) {
        bool end = strcmp(nd_str_of(data, "why"), "endex") == 0;
        json_object_set_new(entry, "verdict", json_string(end ? "not_due" : "ended"));
        json_object_set(entry, "ended_by", json_object_get(data, "why"));
        json_array_append_new(json_object_get(entry, "evidence"), json_integer(seq));
    }
}
