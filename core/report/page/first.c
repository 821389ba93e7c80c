#include "report/page/html.h"
#include "report/words/packed.h"
#include "report/words/reason.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first page: what a reader who reads no further has to know, on one sheet of A4. What does not
 * fit is cut and counted here; it stands in full in the sections. */

#define ALARMS     3
#define OBJECTIVES 10

/* ---- what has to be said before the figures ---- */

void nd_html_alarm(const struct nd_page *page)
{
    size_t i = 0;
    size_t count = 0;
    json_t *c = NULL;
    json_array_foreach(json_object_get(page->model, "changes"), i, c)
    {
        if (strcmp(nd_str_of(c, "state"), "verified") == 0 || count++ >= ALARMS)
            continue;
        if (count == 1) {
            nd_html_raw(page, "<div class=\"alarm\" role=\"alert\"><b>");
            nd_html_msg(page, ND_MSG_OUTCOME_unrestored);
            nd_html_raw(page, "</b><ul>\n");
        }
        struct nd_buf words = {0};
        nd_buf_addf(&words, "%s.%s %s%s", nd_str_of(c, "plugin"), nd_str_of(c, "verb"),
                    nd_str_of(c, "target"), *nd_str_of(c, "why") != '\0' ? nd_colon(page) : "");
        nd_reason(page->lang, nd_str_of(c, "why"), &words);
        nd_html_raw(page, "<li>");
        nd_html_cut(page, nd_buf_str(&words), 96);
        nd_html_raw(page, "</li>\n");
        nd_buf_deinit(&words);
    }
    nd_html_more(page, "li", count > ALARMS ? count - ALARMS : 0);
    nd_html_raw(page, count != 0 ? "</ul></div>\n" : "");
}

static void put_marks(const struct nd_page *page, const json_t *run)
{
    for (size_t i = 0; i < ND_MARKS; i++) {
        enum nd_message mark = nd_mark_of(run, i);
        if (mark == ND_MSG_COUNT)
            continue;
        nd_html_raw(page, "<p class=\"mark\">");
        nd_html_msg(page, mark);
        nd_html_raw(page, nd_mark_gap(page, run, mark));
        nd_html_cut(page, nd_mark_detail(page, run, mark), 200);
        nd_html_raw(page, "</p>\n");
    }
}

/* ---- tiles ---- */

/* Where a tile leads: its section, when the page has it. */
static const struct {
    enum nd_message title;
    const char *section, *id, *list; /* list: the section is left out when it is empty */
} leads[] = {{ND_MSG_OBJECTIVES_MET, "ratings", "ratings", "objectives"},
             {ND_MSG_VERDICTS, "expectations", "expectations", "verdicts"},
             {ND_MSG_DUTIES, "clocks", "obligations", "obligations"},
             {ND_MSG_WORST, "performance", "performance", "series"},
             {ND_MSG_WORST_OPERATOR, "operators", "operators", "operators"},
             {ND_MSG_FAULTS, "faults", "faults", "faults"},
             {ND_MSG_RESTORED, "safety", "safety", NULL}};

static const char *leads_to(const struct nd_page *page, enum nd_message title)
{
    const json_t *wanted = json_object_get(json_object_get(page->model, "template"), "sections");
    for (size_t k = 0; k < sizeof leads / sizeof leads[0]; k++) {
        bool there = leads[k].list == NULL ||
                     json_array_size(json_object_get(page->model, leads[k].list)) != 0;
        bool named = wanted == NULL;
        size_t i = 0;
        json_t *name = NULL;
        json_array_foreach(wanted, i, name) named =
            named || strcmp(json_string_value(name), leads[k].section) == 0;
        if (leads[k].title == title && there && named)
            return leads[k].id;
    }
    return NULL;
}

static void tile(const struct nd_page *page, enum nd_message title, const char *value,
                 const char *detail)
{
    const char *to = leads_to(page, title);
    nd_html_raw(page, "<div class=\"tile\"><span>");
    if (to != NULL)
        nd_buf_addf(page->out, "<a href=\"#%s-%s\">", to, page->lang == ND_LANG_ZH ? "zh" : "en");
    nd_html_msg(page, title);
    nd_html_raw(page, to != NULL ? "</a></span><b>" : "</span><b>");
    nd_html_text(page, value);
    nd_html_raw(page, "</b><small>");
    nd_html_text(page, detail);
    nd_html_raw(page, "</small></div>\n");
}

/* So many met out of all, with how many were missed, and how many are neither. */
static void tile_of(const struct nd_page *page, enum nd_message title, json_int_t met,
                    json_int_t missed, enum nd_message neither, json_int_t unknown)
{
    char value[64];
    char detail[128];
    snprintf(value, sizeof value, "%lld / %lld", (long long)met,
             (long long)(met + missed + unknown));
    snprintf(detail, sizeof detail, "%s %lld \u00b7 %s %lld", nd_msg(page, ND_MSG_MISSED),
             (long long)missed, nd_msg(page, neither), (long long)unknown);
    tile(page, title, value, detail);
}

static void tile_met(const struct nd_page *page, enum nd_message title, json_int_t met,
                     json_int_t missed, json_int_t unknown)
{
    tile_of(page, title, met, missed, ND_MSG_UNKNOWN, unknown);
}

/* Regulatory clocks; one that ended before it was due is no clock to be met. */
static void tile_duties(const struct nd_page *page)
{
    const json_t *s = json_object_get(page->model, "summary");
    json_int_t open = 0;
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(json_object_get(page->model, "obligations"), i, duty) open +=
        strcmp(nd_str_of(duty, "verdict"), "open") == 0;
    tile_of(page, ND_MSG_DUTIES, nd_int_of(s, "duties_met"), nd_int_of(s, "duties_missed"),
            ND_MSG_DUTY_OPEN, open);
}

static void tile_worst(const struct nd_page *page)
{
    const json_t *all = json_object_get(page->model, "series");
    json_t *worst = NULL;
    json_t *worst_series = NULL;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(all, i, entry)
    {
        size_t k = 0;
        json_t *one = NULL;
        json_t *list = nd_part(entry, "interruptions");
        json_array_foreach(list, k, one)
        {
            if (worst == NULL || nd_int_of(one, "length_ns") > nd_int_of(worst, "length_ns")) {
                json_decref(worst);
                worst = json_incref(one);
                worst_series = entry;
            }
        }
        json_decref(list);
    }
    char length[ND_UNIT_TEXT];
    char width[ND_UNIT_TEXT];
    char detail[256];
    if (worst == NULL) {
        tile(page, ND_MSG_WORST,
             nd_msg(page, json_array_size(all) != 0 ? ND_MSG_NONE : ND_MSG_NOT_MEASURED), "");
        return;
    }
    worst_series = nd_unpacked(worst_series);
    const char *title = nd_series_title(page, worst_series);
    snprintf(detail, sizeof detail, "\u00b1 %s \u00b7 %s \u00b7 %.*s",
             nd_length_text(
                 (json_int_t)nd_width_rounded((double)nd_int_of(worst, "uncertainty_ns")), width),
             nd_state_text(page, nd_str_of(worst, "class")), (int)nd_text_fit(title, 40), title);
    tile(page, ND_MSG_WORST, nd_length_text(nd_int_of(worst, "length_ns"), length), detail);
    json_decref(worst_series);
    json_decref(worst);
}

/* The operator whose services were there the least of all time; NULL: none was measured. */
static const json_t *least_available(const json_t *model)
{
    const json_t *least = NULL;
    double least_share = INFINITY;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(model, "operators"), i, one)
    {
        const json_t *all = json_array_get(json_object_get(one, "shares"), 0);
        const json_t *share = json_object_get(all, "availability");
        if (!json_is_string(json_object_get(one, "name")) || !json_is_number(share) ||
            json_number_value(share) >= least_share)
            continue;
        least = one;
        least_share = json_number_value(share);
    }
    return least;
}

static void tile_share(const struct nd_page *page, const json_t *operator)
{
    const json_t *shares = json_object_get(operator, "shares");
    const char *title = nd_text_of(page, json_object_get(operator, "title"));
    char value[ND_SPREAD_TEXT];
    char rest[ND_SPREAD_TEXT];
    char detail[256];
    nd_share_spread(json_array_get(shares, 0), value);
    size_t figure = strcspn(value, " "); /* before its uncertainty */
    snprintf(detail, sizeof detail, "%s%s%.*s \u00b7 %s%s%s",
             value + figure + (value[figure] != '\0'), value[figure] != '\0' ? " \u00b7 " : "",
             (int)nd_text_fit(title, 24), title, nd_msg(page, ND_MSG_WITHOUT_INJECTED),
             nd_colon(page), nd_share_spread(json_array_get(shares, 1), rest));
    value[figure] = '\0';
    tile(page, ND_MSG_WORST_OPERATOR, value, detail);
}

static void tile_restored(const struct nd_page *page)
{
    const json_t *s = json_object_get(page->model, "summary");
    const json_t *safety = json_object_get(page->model, "safety");
    char value[64];
    char detail[128];
    char took[ND_UNIT_TEXT];
    if (nd_int_of(s, "changes") == 0) {
        tile(page, ND_MSG_RESTORED, "\u2013", nd_msg(page, ND_MSG_NO_CHANGES));
        return;
    }
    snprintf(value, sizeof value, "%lld / %lld", (long long)nd_int_of(s, "verified"),
             (long long)nd_int_of(s, "changes"));
    const char *key = json_object_get(safety, "restored_after_ns") != NULL ? "restored_after_ns"
                                                                           : "restore_took_ns";
    snprintf(detail, sizeof detail, "%s %s", nd_msg(page, ND_MSG_RESTORE_TOOK),
             nd_length_text(nd_int_of(safety, key), took));
    tile(page, ND_MSG_RESTORED, value,
         nd_int_of(s, "verified") == nd_int_of(s, "changes") ? detail : "");
}

static void put_tiles(const struct nd_page *page)
{
    const json_t *s = json_object_get(page->model, "summary");
    json_int_t met = 0;
    json_int_t missed = 0;
    json_int_t all = 0;
    size_t i = 0;
    json_t *o = NULL;
    json_array_foreach(json_object_get(page->model, "objectives"), i, o)
    {
        bool counts = strcmp(nd_str_of(o, "kind"), "objective") == 0;
        all += counts;
        met += counts && strcmp(nd_str_of(o, "grade"), "met") == 0;
        missed += counts && strcmp(nd_str_of(o, "grade"), "missed") == 0;
    }
    const json_t *least = least_available(page->model);
    nd_html_raw(page, "<div class=\"tiles\">\n");
    if (all != 0)
        tile_met(page, ND_MSG_OBJECTIVES_MET, met, missed, all - met - missed);
    if (all == 0 || least == NULL) /* five of them; what is expected bears on objectives */
        tile_met(page, ND_MSG_VERDICTS, nd_int_of(s, "met"), nd_int_of(s, "missed"),
                 nd_int_of(s, "unknown"));
    if (json_array_size(json_object_get(page->model, "obligations")) != 0)
        tile_duties(page);
    tile_worst(page);
    if (least != NULL)
        tile_share(page, least);
    tile_restored(page);
    nd_html_raw(page, "</div>\n");
}

/* How many faults there were, and the one that was served again last: "Faults: 2 · injected 2 ·
 * Longest until restored 20 s (Take Jia's cells down)". */
static void put_faults(const struct nd_page *page)
{
    static const char *const classes[] = {"injected", "consequence", "unexpected"};
    const json_t *faults = json_object_get(page->model, "faults");
    const json_t *worst = NULL;
    size_t of_class[3] = {0};
    size_t open = 0;
    size_t i = 0;
    json_t *fault = NULL;
    json_array_foreach(faults, i, fault)
    {
        for (size_t k = 0; k < 3; k++)
            of_class[k] += strcmp(nd_str_of(fault, "class"), classes[k]) == 0;
        const json_t *served = nd_entry_of(json_object_get(fault, "moments"), "moment", "restored");
        open += strcmp(nd_str_of(served, "why"), "not_answered") == 0;
        if (json_is_integer(json_object_get(fault, "ttr_ns")) &&
            (worst == NULL || nd_int_of(fault, "ttr_ns") > nd_int_of(worst, "ttr_ns")))
            worst = fault;
    }
    if (i == 0)
        return;
    const char *to = leads_to(page, ND_MSG_FAULTS);
    nd_html_raw(page, "<p class=\"legend\">");
    if (to != NULL)
        nd_buf_addf(page->out, "<a href=\"#%s-%s\">", to, page->lang == ND_LANG_ZH ? "zh" : "en");
    nd_html_msg(page, ND_MSG_FAULT);
    nd_buf_addf(page->out, " %zu%s", i, to != NULL ? "</a>" : "");
    for (size_t k = 0; k < 3; k++) {
        if (of_class[k] == 0)
            continue;
        nd_html_raw(page, " \u00b7 ");
        nd_html_text(page, nd_state_text(page, classes[k]));
        nd_buf_addf(page->out, " %zu", of_class[k]);
    }
    if (worst != NULL) {
        char length[ND_UNIT_TEXT];
        struct nd_buf title = {0};
        nd_fault_title(page, worst, false, &title);
        nd_html_raw(page, " \u00b7 ");
        nd_html_msg(page, ND_MSG_SLOWEST_RESTORED);
        nd_buf_addf(page->out, " %s (", nd_length_text(nd_int_of(worst, "ttr_ns"), length));
        nd_html_cut(page, nd_buf_str(&title), 40);
        nd_html_raw(page, ")");
        nd_buf_deinit(&title);
    }
    if (open != 0) {
        nd_html_raw(page, " \u00b7 ");
        nd_html_msg(page, ND_MSG_OPEN);
        nd_buf_addf(page->out, " %zu", open);
    }
    nd_html_raw(page, "</p>\n");
}

/* ---- objectives, each a row with a dot under its rating ---- */

static const struct {
    const char *letter;
    enum nd_message words;
} ratings[] = {
    {"P", ND_MSG_RATING_P}, {"S", ND_MSG_RATING_S}, {"M", ND_MSG_RATING_M}, {"U", ND_MSG_RATING_U}};

static void put_dots(const struct nd_page *page, const json_t *objective)
{
    const char *given = nd_str_of(objective, "rating");
    bool confirmed = strlen(given) == 1;
    const char *rating = confirmed ? given : nd_str_of(objective, "suggested");
    if (strlen(rating) != 1) {
        nd_html_raw(page, "<td colspan=\"4\" class=\"r unknown\">");
        nd_html_text(page, nd_state_text(page, rating));
        nd_html_raw(page, "</td>");
        return;
    }
    for (size_t r = 0; r < 4; r++) {
        nd_html_raw(page, "<td class=\"r\">");
        if (strcmp(ratings[r].letter, rating) == 0) {
            nd_html_raw(page, "<span role=\"img\" aria-label=\"");
            nd_html_msg(page, ratings[r].words);
            nd_html_raw(page, "; ");
            nd_html_msg(page, confirmed ? ND_MSG_RATING : ND_MSG_SUGGESTED);
            nd_html_raw(page, confirmed ? "\">\u25cf</span>" : "\">\u25cb</span>");
        }
        nd_html_raw(page, "</td>");
    }
}

static void put_objective(const struct nd_page *page, const json_t *objective)
{
    const char *grade = nd_str_of(objective, "grade");
    nd_html_raw(page, "<tr><th scope=\"row\">");
    nd_html_cut(page, nd_text_of(page, json_object_get(objective, "text")), 72);
    nd_buf_addf(page->out, "</th><td class=\"%s\">", nd_state_class(grade));
    nd_html_text(page, nd_state_text(page, grade));
    nd_html_raw(page, "</td>");
    put_dots(page, objective);
    nd_html_raw(page, "</tr>\n");
}

static void put_objectives_head(const struct nd_page *page)
{
    nd_html_raw(page, "<div class=\"wide\"><table class=\"objectives\"><caption>");
    nd_html_msg(page, ND_MSG_OBJECTIVES);
    nd_html_raw(page, "</caption><thead><tr><th scope=\"col\">");
    nd_html_msg(page, ND_MSG_OBJECTIVE);
    nd_html_raw(page, "</th><th scope=\"col\">");
    nd_html_msg(page, ND_MSG_RESULT);
    nd_html_raw(page, "</th>");
    for (size_t r = 0; r < 4; r++) {
        nd_html_raw(page, "<th scope=\"col\" class=\"r\"><abbr title=\"");
        nd_html_msg(page, ratings[r].words);
        nd_buf_addf(page->out, "\">%s</abbr></th>", ratings[r].letter);
    }
    nd_html_raw(page, "</tr></thead><tbody>\n");
}

/* Those that were not met come first. */
static void put_objectives(const struct nd_page *page)
{
    const json_t *list = json_object_get(page->model, "objectives");
    size_t count = 0;
    if (json_array_size(list) == 0)
        return;
    put_objectives_head(page);
    for (int met = 0; met < 2; met++) {
        size_t i = 0;
        json_t *o = NULL;
        json_array_foreach(list, i, o)
        {
            if (strcmp(nd_str_of(o, "kind"), "objective") != 0 ||
                (strcmp(nd_str_of(o, "grade"), "met") == 0) != met || count++ >= OBJECTIVES)
                continue;
            put_objective(page, o);
        }
    }
    nd_html_table_end(page);
    nd_html_more(page, "p", count > OBJECTIVES ? count - OBJECTIVES : 0);
    nd_html_raw(page, "<p class=\"legend\">\u25cf ");
    nd_html_msg(page, ND_MSG_RATING);
    nd_html_raw(page, " \u00b7 \u25cb ");
    nd_html_msg(page, ND_MSG_SUGGESTED);
    for (size_t r = 0; r < 4; r++) {
        nd_html_raw(page, " \u00b7 ");
        nd_html_msg(page, ratings[r].words);
    }
    nd_html_raw(page, "</p>\n");
}

/* ---- what came of it ---- */

static json_int_t missed_of(const struct nd_page *page, const char *list, const char *key)
{
    json_int_t count = 0;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(page->model, list), i, one)
    {
        const char *grade = nd_str_of(one, key);
        const char *kind = nd_str_of(one, "kind");
        bool counts = *kind == '\0' || strcmp(kind, "objective") == 0;
        count += counts && (strcmp(grade, "missed") == 0 || strcmp(grade, "late") == 0);
    }
    return count;
}

/* What was expected may have been met while an objective was not, for an answer that came too late
 * or a clock that was missed: it is said beside, and nothing is green then. */
static void put_outcome(const struct nd_page *page, const char *outcome)
{
    const char *stop = page->lang == ND_LANG_ZH ? "。" : ".";
    const char *gap = page->lang == ND_LANG_ZH ? "" : " ";
    json_int_t objectives = missed_of(page, "objectives", "grade");
    json_int_t duties = missed_of(page, "obligations", "verdict");
    bool good = strcmp(outcome, "ok") == 0 && objectives + duties == 0;
    nd_buf_addf(page->out, "<p class=\"outcome %s\">", good ? "met" : "missed");
    nd_html_text(page, nd_outcome_text(page, outcome));
    if (objectives != 0) {
        nd_html_raw(page, gap);
        nd_html_msg(page, ND_MSG_OBJECTIVES_MISSED);
        nd_buf_addf(page->out, "%s%lld%s", nd_colon(page), (long long)objectives, stop);
    }
    if (duties != 0) {
        nd_html_raw(page, gap);
        nd_html_msg(page, ND_MSG_DUTIES_MISSED);
        nd_buf_addf(page->out, "%s%lld%s", nd_colon(page), (long long)duties, stop);
    }
    nd_html_raw(page, "</p>\n");
}

void nd_html_first(const struct nd_page *page)
{
    const json_t *run = json_object_get(page->model, "run");
    const char *outcome = nd_str_of(run, "outcome");
    nd_html_heading(page, "summary", ND_MSG_SUMMARY);
    put_outcome(page, outcome);
    put_marks(page, run);
    put_tiles(page);
    put_faults(page);
    put_objectives(page);
    nd_html_asks(page);
    nd_html_raw(page, "</section>\n");
}
