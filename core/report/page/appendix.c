#include "report/page/html.h"
#include "report/words/packed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a reader looks up: what kind of drill it was, definitions, who took part, environment and
 * records, words, and the events that are evidence. */

/* ---- rows of a name and what it is ---- */

static void facts_begin(const struct nd_page *page, enum nd_message caption)
{
    static const enum nd_message columns[] = {ND_MSG_CHECK, ND_MSG_FACT};
    nd_html_table(page, caption, columns, 2);
}

static void fact_begin(const struct nd_page *page, enum nd_message name)
{
    nd_html_raw(page, "<tr><th scope=\"row\">");
    nd_html_msg(page, name);
    nd_html_raw(page, "</th><td>");
}

static void fact_end(const struct nd_page *page)
{
    nd_html_raw(page, "</td></tr>\n");
}

/* Nothing when there is nothing to tell. */
static void fact(const struct nd_page *page, enum nd_message name, const char *text)
{
    if (*text == '\0')
        return;
    fact_begin(page, name);
    nd_html_words(page, text);
    fact_end(page);
}

static void fact_count(const struct nd_page *page, enum nd_message name, const char *list)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", json_array_size(json_object_get(page->model, list)));
    fact(page, name, text);
}

/* ---- overview ---- */

static void put_kind(const struct nd_page *page, const json_t *run)
{
    bool rehearsed = strcmp(nd_str_of(run, "mode"), "rehearsal") == 0;
    bool simulated = json_is_true(json_object_get(run, "simulated"));
    fact_begin(page, ND_MSG_KIND_OF_DRILL);
    nd_html_msg(page, rehearsed   ? ND_MSG_KIND_REHEARSAL
                      : simulated ? ND_MSG_KIND_LAB
                                  : ND_MSG_KIND_LIVE);
    fact_end(page);
}

static void put_phases(const struct nd_page *page)
{
    size_t i = 0;
    json_t *phase = NULL;
    if (json_array_size(json_object_get(page->model, "phases")) == 0)
        return;
    fact_begin(page, ND_MSG_COURSE);
    json_array_foreach(json_object_get(page->model, "phases"), i, phase)
    {
        nd_html_raw(page, i != 0 ? " \u2192 " : "");
        nd_html_words(page, nd_text_of(page, json_object_get(phase, "title")));
    }
    fact_end(page);
}

/* How often the clocks of the law ran as fast, when they did. */
static double pace_of(const json_t *model)
{
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(json_object_get(model, "obligations"), i, duty)
    {
        double law = (double)nd_int_of(duty, "law_limit_ns");
        double played = (double)nd_int_of(duty, "limit_ns");
        if (law > 0 && played > 0 && law > played)
            return law / played;
    }
    return 1;
}

/* What was not as it would be: what was simulated, and how fast clocks ran. */
static void put_artificialities(const struct nd_page *page, const json_t *run)
{
    bool said = false;
    double pace = pace_of(page->model);
    fact_begin(page, ND_MSG_ARTIFICIALITIES);
    nd_html_raw(page, "<ul>");
    for (size_t i = 0; i < ND_MARKS; i++) {
        enum nd_message mark = nd_mark_of(run, i);
        if (mark != ND_MSG_REHEARSAL && mark != ND_MSG_SIMULATED)
            continue;
        nd_html_raw(page, "<li>");
        nd_html_msg(page, mark);
        nd_html_raw(page, nd_mark_gap(page, run, mark));
        nd_html_words(page, nd_mark_detail(page, run, mark));
        nd_html_raw(page, "</li>");
        said = true;
    }
    if (pace > 1) {
        nd_html_raw(page, "<li>");
        nd_html_msg(page, ND_MSG_PACE);
        nd_buf_addf(page->out, "%s%.4g</li>", nd_colon(page), pace);
        said = true;
    }
    if (!said) {
        nd_html_raw(page, "<li>");
        nd_html_msg(page, ND_MSG_NONE_RECORDED);
        nd_html_raw(page, "</li>");
    }
    nd_html_raw(page, "</ul>");
    fact_end(page);
}

static void put_participants(const struct nd_page *page)
{
    size_t i = 0;
    json_t *one = NULL;
    if (json_array_size(json_object_get(page->model, "participants")) == 0)
        return;
    fact_begin(page, ND_MSG_PARTICIPANTS);
    json_array_foreach(json_object_get(page->model, "participants"), i, one)
    {
        nd_html_raw(page, i == 0 ? "" : page->lang == ND_LANG_ZH ? "、" : ", ");
        nd_html_words(page, nd_person_text(page, nd_str_of(one, "name")));
    }
    fact_end(page);
}

void nd_html_overview(const struct nd_page *page)
{
    const json_t *run = json_object_get(page->model, "run");
    const json_t *drill = json_object_get(page->model, "drill");
    char length[ND_UNIT_TEXT];
    json_t *lasted = json_object_get(run, "lasted_ns");
    nd_html_heading(page, "overview", ND_MSG_OVERVIEW);
    facts_begin(page, ND_MSG_OVERVIEW);
    fact(page, ND_MSG_DRILL, nd_text_of(page, json_object_get(drill, "title")));
    fact(page, ND_MSG_SPONSOR,
         nd_text_of(page, json_object_get(json_object_get(page->model, "template"), "agency")));
    put_kind(page, run);
    fact(page, ND_MSG_SITE, nd_str_of(run, "site"));
    if (nd_start_ms(page->model) >= 0) {
        fact_begin(page, ND_MSG_START);
        nd_html_start(page);
        fact_end(page);
    }
    if (nd_int_of(drill, "lasts_ns") > 0)
        fact(page, ND_MSG_PLANNED_LENGTH, nd_length_text(nd_int_of(drill, "lasts_ns"), length));
    if (json_is_integer(lasted))
        fact(page, ND_MSG_LASTED, nd_length_text(json_integer_value(lasted), length));
    put_phases(page);
    fact_count(page, ND_MSG_OBJECTIVES_ALL, "objectives");
    fact_count(page, ND_MSG_STEPS, "steps");
    fact_count(page, ND_MSG_INJECTS_ALL, "injects");
    fact_count(page, ND_MSG_MEASUREMENTS, "series");
    put_participants(page);
    put_artificialities(page, run);
    nd_html_table_end(page);
    nd_html_raw(page, "</section>\n");
}

void nd_html_lessons(const struct nd_page *page)
{
    nd_html_heading(page, "lessons", ND_MSG_LESSONS);
    nd_html_data(page, "lessons");
    if (json_array_size(json_object_get(page->model, "lessons")) == 0) {
        nd_html_raw(page, "<p>");
        nd_html_msg(page, ND_MSG_NO_LESSONS);
        nd_html_raw(page, "</p>\n");
    }
    nd_html_raw(page, "</section>\n");
}

/* ---- appendix ---- */

static void put_title(const struct nd_page *page, enum nd_message title)
{
    nd_html_raw(page, "<h3>");
    nd_html_msg(page, title);
    nd_html_raw(page, "</h3>\n");
}

static void put_definitions(const struct nd_page *page)
{
    static const enum nd_message definitions[] = {ND_MSG_DEF_INTERRUPTION, ND_MSG_DEF_INJECTED,
                                                  ND_MSG_DEF_AVAILABILITY, ND_MSG_DEF_LATENCY};
    put_title(page, ND_MSG_DEFINITIONS);
    nd_html_raw(page, "<ul>");
    for (size_t i = 0; i < sizeof definitions / sizeof definitions[0]; i++) {
        nd_html_raw(page, "<li>");
        nd_html_msg(page, definitions[i]);
        nd_html_raw(page, "</li>\n");
    }
    nd_html_raw(page, "</ul>\n");
}

/* Each plugin that measured or changed something, once. */
static void put_plugins(const struct nd_page *page)
{
    static const char *const lists[] = {"series", "changes"};
    json_t *seen = json_object();
    const char *name = NULL;
    json_t *value = NULL;
    const char *before = "";
    size_t i = 0;
    json_t *entry = NULL;
    for (size_t l = 0; l < 2; l++) {
        json_array_foreach(json_object_get(page->model, lists[l]), i, entry)
        {
            json_t *plugin = nd_part(entry, "plugin");
            json_object_set_new(seen, json_is_string(plugin) ? json_string_value(plugin) : "",
                                json_true());
            json_decref(plugin);
        }
    }
    if (json_object_size(seen) != 0)
        fact_begin(page, ND_MSG_PLUGINS);
    json_object_foreach(seen, name, value)
    {
        nd_html_raw(page, before);
        nd_html_text(page, name);
        before = ", ";
    }
    if (json_object_size(seen) != 0)
        fact_end(page);
    json_decref(seen);
}

static void put_parameters(const struct nd_page *page, const json_t *run)
{
    const char *name = NULL;
    json_t *value = NULL;
    const char *before = "";
    if (json_object_size(json_object_get(run, "parameters")) == 0)
        return;
    fact_begin(page, ND_MSG_PARAMETERS);
    json_object_foreach(json_object_get(run, "parameters"), name, value)
    {
        nd_html_raw(page, before);
        nd_html_text(page, name);
        nd_html_raw(page, " = ");
        nd_html_words(page, json_string_value(value));
        before = ", ";
    }
    fact_end(page);
}

static void put_records(const struct nd_page *page)
{
    static const struct {
        enum nd_message message;
        const char *key;
    } facts[] = {{ND_MSG_RUN, "id"},
                 {ND_MSG_VERSION, "version"},
                 {ND_MSG_NODE, "node"},
                 {ND_MSG_KERNEL, "kernel"},
                 {ND_MSG_SCENARIO_HASH, "scenario_sha256"},
                 {ND_MSG_SITE_HASH, "site_sha256"},
                 {ND_MSG_PLAN_HASH, "plan_sha256"}};
    const json_t *run = json_object_get(page->model, "run");
    const json_t *journal = json_object_get(page->model, "journal");
    char text[32];
    put_title(page, ND_MSG_RECORDS);
    facts_begin(page, ND_MSG_RECORDS);
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        fact(page, facts[i].message, nd_str_of(run, facts[i].key));
    put_plugins(page);
    put_parameters(page, run);
    snprintf(text, sizeof text, "%lld", (long long)nd_int_of(run, "seed"));
    fact(page, ND_MSG_SEED, text);
    snprintf(text, sizeof text, "%lld", (long long)nd_int_of(journal, "events"));
    fact(page, ND_MSG_JOURNAL_EVENTS, text);
    fact(page, ND_MSG_JOURNAL_HASH, nd_str_of(journal, "last_hash"));
    snprintf(text, sizeof text, "%lld",
             (long long)nd_int_of(json_object_get(page->model, "evaluation"), "events"));
    fact(page, ND_MSG_EVALUATION_EVENTS, text);
    fact(page, ND_MSG_RENDERED_BY, "netdrill " ND_VERSION);
    fact(page, ND_MSG_SIGNER, nd_str_of(json_object_get(page->model, "evaluation"), "signer"));
    nd_html_table_end(page);
    nd_html_raw(page, "<p><small>");
    nd_html_msg(page, ND_MSG_DEF_SEAL);
    nd_html_raw(page, "</small></p>\n<p><small>");
    nd_html_msg(page, ND_MSG_DEF_CHECK);
    nd_html_raw(page, " <b>netdrill verify ");
    nd_html_text(page, nd_str_of(run, "id"));
    nd_html_raw(page, " --report ");
    nd_html_msg(page, ND_MSG_THIS_FILE);
    nd_html_raw(page, "</b></small></p>\n");
}

/* With which build of each plugin a figure was measured; old runs do not tell. */
static void put_software(const struct nd_page *page)
{
    put_title(page, ND_MSG_SOFTWARE);
    if (json_array_size(json_object_get(page->model, "software")) != 0) {
        nd_html_data(page, "software");
        return;
    }
    nd_html_raw(page, "<p>");
    nd_html_msg(page, ND_MSG_SOFTWARE_NONE);
    nd_html_raw(page, "</p>\n");
}

static void put_glossary(const struct nd_page *page)
{
    static const enum nd_message columns[] = {ND_MSG_GLOSSARY_ZH, ND_MSG_GLOSSARY_EN};
    static const char *const terms[][2] = {
        {"演練", "drill"},
        {"劇本、情境", "scenario"},
        {"狀況", "inject"},
        {"應急狀況", "contingency inject"},
        {"管制官", "controller"},
        {"評核員", "evaluator"},
        {"參演單位", "participants"},
        {"演練目標、評核指標", "objective, evaluation criterion"},
        {"門檻、基準", "threshold, baseline"},
        {"演練開始、演練結束", "STARTEX, ENDEX"},
        {"服務中斷、障礙", "service interruption, fault"},
        {"通報、應變、復原", "notification, response, restoration"},
        {"復原、讀回確認", "restore, read back"},
        {"策進作為", "improvement item, corrective action"},
        {"災難漫遊", "disaster roaming"},
        {"公共安全與救難應變", "public protection and disaster relief (PPDR)"},
        {"多核心網路共用", "multi-operator core network (MOCN)"},
        {"後傳鏈路", "backhaul"},
        {"可用率", "availability"},
        {"延遲、遺失率", "latency, loss"}};
    put_title(page, ND_MSG_GLOSSARY);
    nd_html_table(page, ND_MSG_GLOSSARY, columns, 2);
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        nd_html_raw(page, "<tr><td lang=\"zh-Hant-TW\">");
        nd_html_text(page, terms[i][0]);
        nd_html_raw(page, "</td><td lang=\"en\">");
        nd_html_text(page, terms[i][1]);
        nd_html_raw(page, "</td></tr>\n");
    }
    nd_html_table_end(page);
}

void nd_html_appendix(const struct nd_page *page)
{
    static const struct {
        const char *list, *table;
        enum nd_message title;
    } tables[] = {{"participants", "participants", ND_MSG_PARTICIPANTS},
                  {"injects", "msel", ND_MSG_MSEL}};
    nd_html_heading(page, "appendix", ND_MSG_APPENDIX);
    put_definitions(page);
    for (size_t i = 0; i < 2; i++) {
        if (json_array_size(json_object_get(page->model, tables[i].list)) == 0)
            continue;
        put_title(page, tables[i].title);
        nd_html_data(page, tables[i].table);
    }
    put_records(page);
    put_software(page);
    put_glossary(page);
    put_title(page, ND_MSG_CITED);
    nd_html_data(page, "evidence");
    nd_html_raw(page, "</section>\n");
}
