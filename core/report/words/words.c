#include "report/words/words.h"

#include "report/words/packed.h"
#include "run/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *key, *zh, *en;
} messages[] = {
#define X(key, zh, en) {#key, zh, en},
#include "report/words/messages.def"
#undef X
};

const char *nd_msg(const struct nd_page *page, enum nd_message message)
{
    const char *lang = page->lang == ND_LANG_ZH ? "zh" : "en";
    const json_t *words = json_object_get(json_object_get(page->model, "template"), "words");
    const char *own =
        json_string_value(json_object_get(json_object_get(words, messages[message].key), lang));
    return own != NULL                ? own
           : page->lang == ND_LANG_ZH ? messages[message].zh
                                      : messages[message].en;
}

const char *nd_colon(const struct nd_page *page)
{
    return page->lang == ND_LANG_ZH ? "：" : ": ";
}

const char *nd_comma(const struct nd_page *page)
{
    return page->lang == ND_LANG_ZH ? "，" : ", ";
}

const char *nd_text_of(const struct nd_page *page, const json_t *text)
{
    bool zh = page->lang == ND_LANG_ZH;
    const char *plain = json_string_value(text);
    const char *first = json_string_value(json_object_get(text, zh ? "zh" : "en"));
    const char *second = json_string_value(json_object_get(text, zh ? "en" : "zh"));
    return plain != NULL ? plain : first != NULL ? first : second != NULL ? second : "";
}

const char *nd_str_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

json_int_t nd_int_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

json_t *nd_entry_of(const json_t *list, const char *key, const char *value)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(list, i, entry)
    {
        if (strcmp(nd_str_of(entry, key), value) == 0)
            return entry;
    }
    return NULL;
}

const char *nd_rel_text(const json_t *moment, char *out)
{
    if (!json_is_integer(moment)) {
        snprintf(out, ND_UNIT_TEXT, "\u2013");
        return out;
    }
    return nd_moment_format(json_integer_value(moment), out);
}

const char *nd_person_text(const struct nd_page *page, const char *name)
{
    const json_t *person = nd_entry_of(json_object_get(page->model, "people"), "name", name);
    const char *title = nd_text_of(page, json_object_get(person, "title"));
    return *title != '\0' ? title : name;
}

json_t *nd_series_of(const json_t *model, const json_t *number)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(model, "series"), i, entry)
    {
        if (json_is_integer(number) && nd_part_int(entry, "id") == json_integer_value(number))
            return nd_unpacked(entry);
    }
    return NULL;
}

const char *nd_series_title(const struct nd_page *page, const json_t *series)
{
    const char *label = nd_str_of(series, page->lang == ND_LANG_ZH ? "label_zh" : "label");
    if (*label == '\0')
        label = nd_str_of(series, "label");
    return *label != '\0' ? label : nd_str_of(series, "name");
}

const char *nd_operator_sign(const char *name)
{
    static const char *const signs[][2] = {{"at_most", "\u2264"}, {"at_least", "\u2265"},
                                           {"equals", "="},       {"above", ">"},
                                           {"below", "<"},        {"is_true", "="}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (strcmp(signs[i][0], name) == 0)
            return signs[i][1];
    }
    return name;
}

const char *nd_outcome_text(const struct nd_page *page, const char *outcome)
{
    static const struct {
        const char *name;
        enum nd_message message;
    } list[] = {{"ok", ND_MSG_OUTCOME_ok},
                {"missed", ND_MSG_OUTCOME_missed},
                {"incomplete", ND_MSG_OUTCOME_incomplete},
                {"aborted", ND_MSG_OUTCOME_aborted},
                {"refused", ND_MSG_OUTCOME_refused},
                {"running", ND_MSG_OUTCOME_running},
                {"unsteady", ND_MSG_OUTCOME_unsteady},
                {"unrestored", ND_MSG_OUTCOME_unrestored}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (strcmp(list[i].name, outcome) == 0)
            return nd_msg(page, list[i].message);
    }
    return nd_msg(page, ND_MSG_OUTCOME_died);
}

enum nd_message nd_mark_of(const json_t *run, size_t number)
{
    bool interim = json_is_true(json_object_get(run, "interim"));
    const enum nd_message marks[ND_MARKS] = {ND_MSG_REHEARSAL, ND_MSG_SIMULATED,
                                             interim ? ND_MSG_INTERIM : ND_MSG_INCOMPLETE,
                                             ND_MSG_AUDIENCE, ND_MSG_TEMPLATE_FAULT};
    const bool holds[ND_MARKS] = {strcmp(nd_str_of(run, "mode"), "rehearsal") == 0,
                                  json_is_true(json_object_get(run, "simulated")),
                                  !json_is_true(json_object_get(run, "complete")),
                                  json_object_get(run, "audience") != NULL,
                                  json_object_get(run, "template_fault") != NULL};
    return holds[number] ? marks[number] : ND_MSG_COUNT;
}

const char *nd_mark_detail(const struct nd_page *page, const json_t *run, enum nd_message mark)
{
    const json_t *what = json_object_get(run, "simulated_what");
    return mark == ND_MSG_SIMULATED        ? nd_text_of(page, what)
           : mark == ND_MSG_TEMPLATE_FAULT ? nd_str_of(run, "template_fault")
                                           : "";
}

const char *nd_mark_gap(const struct nd_page *page, const json_t *run, enum nd_message mark)
{
    if (*nd_mark_detail(page, run, mark) == '\0')
        return "";
    if (mark == ND_MSG_SIMULATED)
        return page->lang == ND_LANG_ZH ? "；" : "; ";
    return page->lang == ND_LANG_ZH ? "" : " ";
}

static int longest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

json_t *nd_interruptions_shown(const json_t *series, size_t most, size_t *left)
{
    const json_t *all = json_object_get(series, "interruptions");
    size_t count = json_array_size(all);
    size_t shown = count < most ? count : most;
    json_t *list = json_array();
    *left = count - shown + (size_t)nd_int_of(series, "interruptions_left");
    if (shown == 0)
        return list;
    int64_t *lengths = nd_alloc(count * sizeof *lengths);
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(all, i, one) lengths[i] = nd_int_of(one, "length_ns");
    qsort(lengths, count, sizeof *lengths, longest_first);
    int64_t least = lengths[shown - 1];
    size_t of_least = 0; /* those as long as the shortest that is shown: the first of them */
    for (i = 0; i < shown; i++)
        of_least += lengths[i] == least;
    free(lengths);
    json_array_foreach(all, i, one)
    {
        int64_t length = nd_int_of(one, "length_ns");
        if (length < least || (length == least && of_least == 0))
            continue;
        of_least -= length == least;
        json_array_append(list, one);
    }
    return list;
}

char *nd_text_cut(const char *text, size_t columns)
{
    size_t fit = nd_text_fit(text, columns);
    return nd_printf("%.*s%s", (int)fit, text, text[fit] != '\0' ? "\u2026" : "");
}

void nd_left_words(const struct nd_page *page, size_t left, struct nd_buf *out)
{
    const char *beside = nd_str_of(page->model, "interruptions_file");
    if (*beside == '\0')
        nd_buf_addf(out, "%zu %s", left, nd_msg(page, ND_MSG_SHORTER_ONES));
    else
        nd_buf_addf(out, "%zu %s %s", left, nd_msg(page, ND_MSG_SHORTER_BESIDE), beside);
}

char *nd_armed_words(const json_t *armed)
{
    const json_t *login = json_object_get(armed, "login_uid");
    if (json_is_integer(login))
        return nd_printf("%s (uid %lld, login %lld)", nd_str_of(armed, "by"),
                         (long long)nd_int_of(armed, "uid"), (long long)json_integer_value(login));
    return nd_printf("%s (uid %lld)", nd_str_of(armed, "by"), (long long)nd_int_of(armed, "uid"));
}
