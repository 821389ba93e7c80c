#include "report/internal.h"

#include <stdio.h>
#include <string.h>

/* One page, no network, no script: everything it needs stands in it. */

static const char style[] =
#include "report/style.inc"
    ;

static void raw(const struct nd_page *page, const char *text)
{
    nd_buf_adds(page->out, text);
}

static void text(const struct nd_page *page, const char *words)
{
    nd_xml(page->out, words);
}

static void msg(const struct nd_page *page, enum nd_message message)
{
    nd_xml(page->out, nd_msg(page, message));
}

static void heading(const struct nd_page *page, const char *id, enum nd_message message)
{
    nd_buf_addf(page->out, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">", id, id);
    msg(page, message);
    raw(page, "</h2>\n");
}

static void begin_table(const struct nd_page *page, enum nd_message caption,
                        const enum nd_message *columns, size_t count)
{
    raw(page, "<div class=\"wide\"><table><caption>");
    msg(page, caption);
    raw(page, "</caption><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        raw(page, "<th scope=\"col\">");
        msg(page, columns[i]);
        raw(page, "</th>");
    }
    raw(page, "</tr></thead><tbody>\n");
}

static void end_table(const struct nd_page *page)
{
    raw(page, "</tbody></table></div>\n");
}

static void td(const struct nd_page *page, const char *words)
{
    raw(page, "<td>");
    text(page, words);
    raw(page, "</td>");
}

static void td_int(const struct nd_page *page, json_int_t number)
{
    nd_buf_addf(page->out, "<td class=\"n\">%lld</td>", (long long)number);
}

/* ---- first page ---- */

static enum nd_message outcome_message(const char *outcome)
{
    static const struct {
        const char *name;
        enum nd_message message;
    } list[] = {{"ok", ND_MSG_OUTCOME_ok},
                {"missed", ND_MSG_OUTCOME_missed},
                {"incomplete", ND_MSG_OUTCOME_incomplete},
                {"aborted", ND_MSG_OUTCOME_aborted},
                {"unrestored", ND_MSG_OUTCOME_unrestored}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (strcmp(list[i].name, outcome) == 0)
            return list[i].message;
    }
    return ND_MSG_OUTCOME_died;
}

static void put_unrestored(const struct nd_page *page)
{
    size_t i = 0;
    json_t *c = NULL;
    json_array_foreach(json_object_get(page->model, "changes"), i, c)
    {
        if (strcmp(nd_str_of(c, "state"), "verified") == 0)
            continue;
        raw(page, "<p class=\"alarm\" role=\"alert\"><b>");
        msg(page, ND_MSG_OUTCOME_unrestored);
        nd_buf_addf(page->out, "</b> %s.%s ", nd_str_of(c, "plugin"), nd_str_of(c, "verb"));
        text(page, nd_str_of(c, "target"));
        raw(page, " ");
        text(page, nd_str_of(c, "why"));
        raw(page, "</p>\n");
    }
}

static void put_marks(const struct nd_page *page, const json_t *run)
{
    static const enum nd_message messages[] = {ND_MSG_REHEARSAL, ND_MSG_SIMULATED,
                                               ND_MSG_INCOMPLETE};
    const bool holds[] = {strcmp(nd_str_of(run, "mode"), "rehearsal") == 0,
                          json_is_true(json_object_get(run, "simulated")),
                          !json_is_true(json_object_get(run, "complete"))};
    for (size_t i = 0; i < 3; i++) {
        if (!holds[i])
            continue;
        raw(page, "<p class=\"mark\">");
        msg(page, messages[i]);
        raw(page, "</p>\n");
    }
}

static void tile(const struct nd_page *page, enum nd_message title, const char *value,
                 const char *detail)
{
    raw(page, "<div class=\"tile\"><span>");
    msg(page, title);
    raw(page, "</span><b>");
    text(page, value);
    raw(page, "</b><small>");
    text(page, detail);
    raw(page, "</small></div>\n");
}

static void put_worst(const struct nd_page *page)
{
    const json_t *worst = NULL;
    const json_t *worst_series = NULL;
    size_t i = 0;
    json_t *series = NULL;
    json_array_foreach(json_object_get(page->model, "series"), i, series)
    {
        size_t k = 0;
        json_t *one = NULL;
        json_array_foreach(json_object_get(series, "interruptions"), k, one)
        {
            if (worst == NULL || nd_int_of(one, "length_ns") > nd_int_of(worst, "length_ns")) {
                worst = one;
                worst_series = series;
            }
        }
    }
    char length[ND_UNIT_TEXT];
    char width[ND_UNIT_TEXT];
    char detail[256];
    if (worst == NULL) {
        tile(page, ND_MSG_WORST, nd_msg(page, ND_MSG_NONE), "");
        return;
    }
    snprintf(detail, sizeof detail, "\u00b1 %s \u00b7 %s \u00b7 %.120s",
             nd_length_text(nd_int_of(worst, "uncertainty_ns"), width),
             nd_msg(page, strcmp(nd_str_of(worst, "class"), "injected") == 0 ? ND_MSG_INJECTED
                                                                             : ND_MSG_UNEXPECTED),
             nd_series_title(worst_series));
    tile(page, ND_MSG_WORST, nd_length_text(nd_int_of(worst, "length_ns"), length), detail);
}

static void put_tiles(const struct nd_page *page)
{
    const json_t *s = json_object_get(page->model, "summary");
    const json_t *safety = json_object_get(page->model, "safety");
    json_int_t all = nd_int_of(s, "met") + nd_int_of(s, "missed") + nd_int_of(s, "unknown");
    char value[64];
    char detail[128];
    char share[ND_UNIT_TEXT];
    raw(page, "<div class=\"tiles\">\n");
    put_worst(page);
    snprintf(value, sizeof value, "%lld / %lld", (long long)nd_int_of(s, "met"), (long long)all);
    snprintf(detail, sizeof detail, "%s %lld \u00b7 %s %lld", nd_msg(page, ND_MSG_MISSED),
             (long long)nd_int_of(s, "missed"), nd_msg(page, ND_MSG_UNKNOWN),
             (long long)nd_int_of(s, "unknown"));
    tile(page, ND_MSG_VERDICTS, value, detail);
    snprintf(value, sizeof value, "%lld / %lld", (long long)nd_int_of(s, "verified"),
             (long long)nd_int_of(s, "changes"));
    snprintf(detail, sizeof detail, "%s %s", nd_msg(page, ND_MSG_RESTORE_TOOK),
             nd_length_text(nd_int_of(safety, "restore_took_ns"), share));
    tile(page, ND_MSG_RESTORED, value, detail);
    const json_t *completeness = json_object_get(s, "completeness");
    snprintf(detail, sizeof detail, "%s %lld \u00b7 %s %lld", nd_msg(page, ND_MSG_SENT),
             (long long)nd_int_of(s, "sent"), nd_msg(page, ND_MSG_NOT_SENT),
             (long long)nd_int_of(s, "not_sent"));
    tile(page, ND_MSG_COMPLETENESS,
         json_is_number(completeness) ? nd_share_format(json_number_value(completeness), share)
                                      : "\u2013",
         detail);
    raw(page, "</div>\n");
}

static void put_objectives(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_OBJECTIVE, ND_MSG_RESULT, ND_MSG_EVIDENCE};
    const json_t *list = json_object_get(page->model, "objectives");
    size_t i = 0;
    json_t *o = NULL;
    if (json_array_size(list) == 0)
        return;
    begin_table(page, ND_MSG_OBJECTIVES, columns, 3);
    json_array_foreach(list, i, o)
    {
        const char *grade = nd_str_of(o, "grade");
        size_t k = 0;
        json_t *seq = NULL;
        raw(page, "<tr>");
        td(page, nd_text_of(page, json_object_get(o, "text")));
        nd_buf_addf(page->out, "<td class=\"%s\">", grade);
        msg(page, strcmp(grade, "met") == 0       ? ND_MSG_MET
                  : strcmp(grade, "missed") == 0  ? ND_MSG_MISSED
                  : strcmp(grade, "unknown") == 0 ? ND_MSG_UNKNOWN
                                                  : ND_MSG_NOT_RATED);
        raw(page, "</td><td>");
        json_array_foreach(json_object_get(o, "evidence"), k, seq) nd_buf_addf(
            page->out, "%s%lld", k != 0 ? ", " : "", (long long)json_integer_value(seq));
        raw(page, "</td></tr>\n");
    }
    end_table(page);
}

/* ---- sections ---- */

static void put_verdicts(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_SENTENCE, ND_MSG_MEASURED, ND_MSG_UNCERTAINTY,
                                              ND_MSG_LIMIT,    ND_MSG_GRADE,    ND_MSG_EVIDENCE};
    size_t i = 0;
    json_t *v = NULL;
    heading(page, "verdicts", ND_MSG_VERDICTS);
    begin_table(page, ND_MSG_VERDICTS, columns, 6);
    json_array_foreach(json_object_get(page->model, "verdicts"), i, v)
    {
        char words[80];
        char value[64];
        const char *unit = nd_str_of(v, "unit");
        const char *statistic = nd_str_of(v, "statistic");
        const char *grade = nd_str_of(v, "grade");
        bool uncertain = json_number_value(json_object_get(v, "uncertainty")) > 0;
        raw(page, "<tr>");
        td(page, nd_text_of(page, json_object_get(v, "sentence")));
        td(page, nd_value_text(json_object_get(v, "measured"), unit, statistic, value));
        snprintf(words, sizeof words, "\u00b1 %s",
                 nd_value_text(json_object_get(v, "uncertainty"), unit, statistic, value));
        td(page, uncertain ? words : "");
        snprintf(words, sizeof words, "%s %s", nd_operator_sign(nd_str_of(v, "operator")),
                 nd_value_text(json_object_get(v, "limit"), unit, statistic, value));
        td(page, words);
        nd_buf_addf(page->out, "<td class=\"%s\">", grade);
        msg(page, strcmp(grade, "met") == 0      ? ND_MSG_MET
                  : strcmp(grade, "missed") == 0 ? ND_MSG_MISSED
                                                 : ND_MSG_UNKNOWN);
        raw(page, "</td>");
        td_int(page, nd_int_of(v, "seq"));
        raw(page, "</tr>\n");
    }
    end_table(page);
    raw(page, "</section>\n");
}

static void put_timeline(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_STEP,   ND_MSG_OWNER, ND_MSG_PLANNED,
                                              ND_MSG_ACTUAL, ND_MSG_LATE,  ND_MSG_STATE};
    size_t i = 0;
    json_t *s = NULL;
    heading(page, "timeline-h", ND_MSG_TIMELINE);
    raw(page, "<figure>");
    nd_svg_timeline(page);
    raw(page, "<figcaption class=\"legend\"><span class=\"k planned\">\u25c7</span> ");
    msg(page, ND_MSG_PLANNED);
    raw(page, " <span class=\"k done\">\u25a0</span> ");
    msg(page, ND_MSG_ACTUAL);
    raw(page, " <span class=\"k injected\">\u25a8</span> ");
    msg(page, ND_MSG_CHANGE);
    raw(page, "</figcaption></figure>\n");
    begin_table(page, ND_MSG_TIMELINE, columns, 6);
    json_array_foreach(json_object_get(page->model, "steps"), i, s)
    {
        char time[ND_UNIT_TEXT];
        raw(page, "<tr>");
        td(page, nd_text_of(page, json_object_get(s, "title")));
        td(page, nd_str_of(s, "owner"));
        td(page, nd_rel_text(json_object_get(s, "planned_rel_ns"), time));
        td(page, nd_rel_text(json_object_get(s, "started_rel_ns"), time));
        td(page, json_is_integer(json_object_get(s, "planned_rel_ns"))
                     ? nd_length_text(nd_int_of(s, "late_ns"), time)
                     : "");
        raw(page, "<td>");
        text(page, nd_str_of(s, "state"));
        if (*nd_str_of(s, "why") != '\0') {
            raw(page, ": ");
            text(page, nd_str_of(s, "why"));
        }
        raw(page, "</td></tr>\n");
    }
    end_table(page);
    raw(page, "</section>\n");
}

static void put_interruptions(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_SERVICE, ND_MSG_FROM,        ND_MSG_TILL,
                                              ND_MSG_LENGTH,  ND_MSG_UNCERTAINTY, ND_MSG_CLASS};
    size_t i = 0;
    json_t *series = NULL;
    begin_table(page, ND_MSG_INTERRUPTIONS, columns, 6);
    json_array_foreach(json_object_get(page->model, "series"), i, series)
    {
        size_t k = 0;
        json_t *one = NULL;
        json_array_foreach(json_object_get(series, "interruptions"), k, one)
        {
            char time[ND_UNIT_TEXT];
            char words[80];
            bool open = json_is_null(json_object_get(one, "till_rel_ns"));
            bool injected = strcmp(nd_str_of(one, "class"), "injected") == 0;
            raw(page, "<tr>");
            td(page, nd_series_title(series));
            td(page, nd_rel_text(json_object_get(one, "from_rel_ns"), time));
            td(page, open ? nd_msg(page, ND_MSG_OPEN)
                          : nd_rel_text(json_object_get(one, "till_rel_ns"), time));
            td(page, nd_length_text(nd_int_of(one, "length_ns"), time));
            snprintf(words, sizeof words, "\u00b1 %s",
                     nd_length_text(nd_int_of(one, "uncertainty_ns"), time));
            td(page, words);
            td(page, nd_msg(page, injected ? ND_MSG_INJECTED : ND_MSG_UNEXPECTED));
            raw(page, "</tr>\n");
        }
    }
    end_table(page);
}

static void put_performance(const struct nd_page *page)
{
    static const enum nd_message columns[] = {
        ND_MSG_SERVICE, ND_MSG_SENT,         ND_MSG_ANSWERED,       ND_MSG_NOT_SENT,
        ND_MSG_LOSS,    ND_MSG_AVAILABILITY, ND_MSG_AVAILABILITY_EX};
    static const char *const quantiles[] = {"p50", "p95", "p99"};
    const json_t *list = json_object_get(page->model, "series");
    size_t i = 0;
    json_t *s = NULL;
    heading(page, "performance", ND_MSG_PERFORMANCE);
    raw(page, "<figure>");
    json_array_foreach(list, i, s) nd_svg_series(page, s, i);
    raw(page, "<figcaption class=\"legend\"><span class=\"k injected\">\u25a8</span> ");
    msg(page, ND_MSG_INJECTED);
    raw(page, " <span class=\"k unexpected\">\u25a9</span> ");
    msg(page, ND_MSG_UNEXPECTED);
    raw(page, " <span class=\"k notsent\">\u25a5</span> ");
    msg(page, ND_MSG_NOT_SENT);
    raw(page, "</figcaption></figure>\n");
    begin_table(page, ND_MSG_PERFORMANCE, columns, 7);
    /* The quantiles are the same in every language. */
    json_array_foreach(list, i, s)
    {
        char words[64];
        raw(page, "<tr><th scope=\"row\">");
        text(page, nd_series_title(s));
        raw(page, "<br><small>");
        for (size_t q = 0; q < 3; q++)
            nd_buf_addf(
                page->out, "%s %s%s", quantiles[q],
                nd_value_text(json_object_get(s, quantiles[q]), nd_str_of(s, "unit"), "", words),
                q < 2 ? " \u00b7 " : "");
        raw(page, "</small></th>");
        td_int(page, nd_int_of(s, "count"));
        td_int(page, nd_int_of(s, "answered"));
        td_int(page, nd_int_of(s, "missed"));
        td(page, nd_value_text(json_object_get(s, "loss"), "1", "loss", words));
        td(page, nd_value_text(json_object_get(s, "availability"), "1", "share", words));
        td(page,
           nd_value_text(json_object_get(s, "availability_without_injected"), "1", "share", words));
        raw(page, "</tr>\n");
    }
    end_table(page);
    put_interruptions(page);
    raw(page, "</section>\n");
}

static void put_safety(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_CHANGE, ND_MSG_TARGET, ND_MSG_BEGAN,
                                              ND_MSG_BACK, ND_MSG_STATE};
    const char *aborted = nd_str_of(json_object_get(page->model, "safety"), "aborted");
    size_t i = 0;
    json_t *c = NULL;
    heading(page, "safety", ND_MSG_CHANGES);
    if (*aborted != '\0') {
        raw(page, "<p><b>");
        msg(page, ND_MSG_ABORTED_BY);
        raw(page, ":</b> ");
        text(page, aborted);
        raw(page, "</p>\n");
    }
    begin_table(page, ND_MSG_CHANGES, columns, 5);
    json_array_foreach(json_object_get(page->model, "changes"), i, c)
    {
        char time[ND_UNIT_TEXT];
        bool verified = strcmp(nd_str_of(c, "state"), "verified") == 0;
        nd_buf_addf(page->out, "<tr><td>%s.%s</td>", nd_str_of(c, "plugin"), nd_str_of(c, "verb"));
        td(page, nd_str_of(c, "target"));
        td(page, nd_rel_text(json_object_get(c, "began_rel_ns"), time));
        td(page, nd_rel_text(json_object_get(c, "verified_rel_ns"), time));
        nd_buf_addf(page->out, "<td class=\"%s\">", verified ? "met" : "missed");
        text(page, nd_str_of(c, "state"));
        raw(page, " ");
        text(page, nd_str_of(c, "why"));
        raw(page, "</td></tr>\n");
    }
    end_table(page);
    raw(page, "</section>\n");
}

static void put_confirmations(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_QUESTION, ND_MSG_BY, ND_MSG_ANSWER,
                                              ND_MSG_AFTER};
    const json_t *list = json_object_get(page->model, "confirmations");
    size_t i = 0;
    json_t *c = NULL;
    if (json_array_size(list) == 0)
        return;
    heading(page, "confirmations", ND_MSG_CONFIRMATIONS);
    begin_table(page, ND_MSG_CONFIRMATIONS, columns, 4);
    json_array_foreach(list, i, c)
    {
        char time[ND_UNIT_TEXT];
        const char *answer = nd_str_of(c, "answer");
        raw(page, "<tr>");
        td(page, nd_text_of(page, json_object_get(c, "sentence")));
        td(page,
           *nd_str_of(c, "answered_by") != '\0' ? nd_str_of(c, "answered_by") : nd_str_of(c, "by"));
        raw(page, "<td>");
        text(page, *answer != '\0' ? answer : nd_msg(page, ND_MSG_NOBODY));
        if (json_is_true(json_object_get(c, "scripted"))) {
            raw(page, " (");
            msg(page, ND_MSG_SCRIPTED);
            raw(page, ")");
        }
        raw(page, "</td>");
        td(page, *answer != '\0' ? nd_length_text(nd_int_of(c, "after_ns"), time) : "");
        raw(page, "</tr>\n");
    }
    end_table(page);
    raw(page, "</section>\n");
}

static void quality_row(const struct nd_page *page, enum nd_message message, json_int_t number)
{
    raw(page, "<tr><th scope=\"row\">");
    msg(page, message);
    raw(page, "</th>");
    td_int(page, number);
    raw(page, "</tr>\n");
}

static void put_quality(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_QUALITY, ND_MSG_MEASURED};
    const json_t *quality = json_object_get(page->model, "quality");
    const json_t *journal = json_object_get(page->model, "journal");
    json_int_t rows = 0;
    size_t i = 0;
    json_t *gap = NULL;
    json_array_foreach(json_object_get(quality, "gaps"), i, gap) rows += nd_int_of(gap, "rows");
    heading(page, "quality", ND_MSG_QUALITY);
    begin_table(page, ND_MSG_QUALITY, columns, 2);
    quality_row(page, nd_int_of(journal, "bad_seq") != 0 ? ND_MSG_JOURNAL_BAD : ND_MSG_JOURNAL_OK,
                nd_int_of(journal, "bad_seq") != 0 ? nd_int_of(journal, "bad_seq")
                                                   : nd_int_of(journal, "events"));
    if (json_is_true(json_object_get(journal, "torn")))
        quality_row(page, ND_MSG_JOURNAL_TORN, 1);
    quality_row(page, ND_MSG_SLOTS_NOT_SENT,
                nd_int_of(json_object_get(page->model, "summary"), "not_sent"));
    quality_row(page, ND_MSG_ROWS_LOST, rows);
    quality_row(page, ND_MSG_STALLS,
                (json_int_t)json_array_size(json_object_get(quality, "stalls")));
    quality_row(page, ND_MSG_CLOCK_STEPS,
                (json_int_t)json_array_size(json_object_get(quality, "clock_steps")));
    end_table(page);
    raw(page, "</section>\n");
}

static void put_appendix(const struct nd_page *page, const json_t *run)
{
    static const enum nd_message definitions[] = {ND_MSG_DEF_INTERRUPTION, ND_MSG_DEF_INJECTED,
                                                  ND_MSG_DEF_AVAILABILITY, ND_MSG_DEF_LATENCY};
    static const struct {
        enum nd_message message;
        const char *key;
    } facts[] = {{ND_MSG_RUN, "id"},
                 {ND_MSG_SCENARIO_HASH, "scenario_sha256"},
                 {ND_MSG_SITE_HASH, "site_sha256"},
                 {ND_MSG_VERSION, "version"}};
    heading(page, "appendix", ND_MSG_APPENDIX);
    raw(page, "<h3>");
    msg(page, ND_MSG_DEFINITIONS);
    raw(page, "</h3><ul>");
    for (size_t i = 0; i < 4; i++) {
        raw(page, "<li>");
        msg(page, definitions[i]);
        raw(page, "</li>\n");
    }
    raw(page, "</ul><dl>");
    for (size_t i = 0; i < 4; i++) {
        raw(page, "<dt>");
        msg(page, facts[i].message);
        raw(page, "</dt><dd>");
        text(page, nd_str_of(run, facts[i].key));
        raw(page, "</dd>\n");
    }
    raw(page, "</dl></section>\n");
}

static void put_cover(const struct nd_page *page, const json_t *run)
{
    const json_t *drill = json_object_get(page->model, "drill");
    char length[ND_UNIT_TEXT];
    raw(page, "<header><p class=\"exercise\">演練 EXERCISE</p><h1>");
    text(page, nd_text_of(page, json_object_get(drill, "title")));
    raw(page, "</h1><p class=\"sub\">");
    msg(page, ND_MSG_TITLE);
    nd_buf_addf(page->out, " \u00b7 ");
    text(page, nd_str_of(drill, "id"));
    nd_buf_addf(page->out, ", %s %lld \u00b7 %s ", nd_msg(page, ND_MSG_REVISION),
                (long long)nd_int_of(drill, "revision"), nd_msg(page, ND_MSG_START));
    text(page, nd_str_of(run, "wall"));
    nd_buf_addf(page->out, " \u00b7 %s %s</p></header>\n", nd_msg(page, ND_MSG_LASTED),
                nd_length_text(nd_int_of(run, "lasted_ns"), length));
}

static void put_body(const json_t *model, enum nd_lang lang, struct nd_buf *out)
{
    const struct nd_page page = {model, lang, out};
    const json_t *run = json_object_get(model, "run");
    const char *outcome = nd_str_of(run, "outcome");
    bool good = strcmp(outcome, "ok") == 0;
    nd_buf_addf(out, "<div lang=\"%s\">", lang == ND_LANG_ZH ? "zh-Hant-TW" : "en");
    put_cover(&page, run);
    raw(&page, "<main id=\"content\"><section aria-labelledby=\"summary\"><h2 id=\"summary\">");
    msg(&page, ND_MSG_SUMMARY);
    raw(&page, "</h2>\n");
    put_unrestored(&page);
    nd_buf_addf(out, "<p class=\"outcome %s\">", good ? "met" : "missed");
    msg(&page, outcome_message(outcome));
    raw(&page, "</p>\n");
    put_marks(&page, run);
    put_tiles(&page);
    put_objectives(&page);
    raw(&page, "</section>\n");
    put_verdicts(&page);
    put_timeline(&page);
    put_performance(&page);
    put_safety(&page);
    put_confirmations(&page);
    put_quality(&page);
    put_appendix(&page, run);
    raw(&page, "</main></div>\n");
}

void nd_report_html(const json_t *model, enum nd_lang lang, struct nd_buf *out)
{
    const struct nd_page page = {model, lang == ND_LANG_EN ? ND_LANG_EN : ND_LANG_ZH, out};
    nd_buf_addf(out,
                "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                "style-src 'unsafe-inline'; img-src data:\">"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>",
                page.lang == ND_LANG_ZH ? "zh-Hant-TW" : "en");
    text(&page, nd_text_of(&page, json_object_get(json_object_get(model, "drill"), "title")));
    nd_buf_addf(out, " \u00b7 ");
    msg(&page, ND_MSG_TITLE);
    nd_buf_addf(out,
                "</title><link rel=\"icon\" href=\"data:,\"><style>%s</style></head><body>"
                "<a class=\"skip\" href=\"#content\">",
                style);
    msg(&page, ND_MSG_SKIP);
    raw(&page, "</a>\n<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
               "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
               "patternTransform=\"rotate(45)\"><rect width=\"7\" height=\"7\" class=\"p1a\"/>"
               "<rect width=\"2.5\" height=\"7\" class=\"p1b\"/></pattern>"
               "<pattern id=\"cross\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
               "<rect width=\"8\" height=\"8\" class=\"p2a\"/><path d=\"M0 0L8 8M8 0L0 8\" "
               "class=\"p2b\"/></pattern><pattern id=\"bars\" width=\"5\" height=\"5\" "
               "patternUnits=\"userSpaceOnUse\"><rect width=\"5\" height=\"2\" class=\"p3b\"/>"
               "</pattern></defs></svg>\n");
    if (lang != ND_LANG_EN)
        put_body(model, ND_LANG_ZH, out);
    if (lang != ND_LANG_ZH)
        put_body(model, ND_LANG_EN, out);
    raw(&page, "</body></html>\n");
}
