#include "base/units.h"
#include "exercise/doc.h"

#include <stdlib.h>
#include <string.h>

/* What several documents hold. */

void nd_doc_begin(struct nd_doc *doc, const struct nd_text2 *kind, const struct nd_text2 *handling)
{
    struct nd_paper *paper = &doc->paper;
    const char *title =
        nd_arena_printf(&doc->arena, "%s – %s", nd_paper_words(paper, &doc->drill->title),
                        nd_paper_words(paper, kind));
    nd_paper_begin(paper, title, nd_paper_words(paper, handling));
}

const char *nd_doc_person(struct nd_doc *doc, const char *name)
{
    const struct nd_person *person =
        doc->site != NULL && name != NULL ? nd_site_person_find(doc->site, name) : NULL;
    if (person == NULL)
        return name;
    const char *title = nd_paper_words(&doc->paper, &person->title);
    return strcmp(title, name) == 0 ? name : nd_arena_printf(&doc->arena, "%s (%s)", title, name);
}

/* Takes the text over into the document's arena. */
static const char *keep(struct nd_doc *doc, struct nd_buf *text)
{
    const char *kept = nd_arena_strdup(&doc->arena, nd_buf_str(text));
    nd_buf_deinit(text);
    return kept;
}

const char *nd_doc_people(struct nd_doc *doc, const char *const *names)
{
    struct nd_buf out = {0};
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        nd_buf_addf(&out, "%s%s", i != 0 ? nd_say(&doc->paper, "、", ", ") : "",
                    nd_doc_person(doc, names[i]));
    return keep(doc, &out);
}

const char *nd_doc_moment(struct nd_doc *doc, bool given, nd_ns at)
{
    char text[ND_UNIT_TEXT];
    return given ? nd_arena_strdup(&doc->arena, nd_moment_format(at, text)) : "";
}

/* A moment of the drill, or how long after the phase's start. */
static const char *offset(struct nd_doc *doc, const struct nd_phase *phase, bool is_moment,
                          nd_ns at)
{
    char text[ND_UNIT_TEXT];
    if (is_moment || phase->at_given)
        return nd_doc_moment(doc, true, is_moment ? at : phase->at + at);
    return nd_arena_printf(&doc->arena, nd_say(&doc->paper, "階段開始後 %s", "phase start + %s"),
                           nd_length_format(at, text));
}

const char *nd_doc_when(struct nd_doc *doc, const struct nd_phase *phase,
                        const struct nd_inject *inject)
{
    const struct nd_paper *paper = &doc->paper;
    struct nd_buf out = {0};
    char unit[ND_UNIT_TEXT];
    if (inject->window_given)
        nd_buf_addf(&out, nd_say(paper, "%s 至 %s 之間", "between %s and %s"),
                    offset(doc, phase, inject->window_is_moment, inject->window_from),
                    offset(doc, phase, inject->window_is_moment, inject->window_till));
    else if (inject->at_given)
        nd_buf_adds(&out, offset(doc, phase, inject->at_is_moment, inject->at));
    else if (inject->on_call)
        nd_buf_adds(&out,
                    nd_say(paper, "待命，由管制員下達", "on call, when the controller gives it"));
    else if (inject->unless != NULL)
        nd_buf_addf(&out, nd_say(paper, "「%s」逾時未回應時", "when '%s' is not answered in time"),
                    inject->unless);
    else if (inject->after != NULL)
        nd_buf_addf(&out, nd_say(paper, "「%s」結束後 %s", "after '%s' is over, %s later"),
                    inject->after, nd_length_format(inject->delay, unit));
    else
        nd_buf_adds(&out, nd_say(paper, "階段開始時", "with its phase"));
    if (inject->only_if != NULL)
        nd_buf_addf(&out,
                    nd_say(paper, "；僅當「%s」決定為「%s」", "; only if '%s' was decided as '%s'"),
                    inject->only_if, inject->only_choice);
    return keep(doc, &out);
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

const char *nd_doc_changes(struct nd_doc *doc, const char *id)
{
    struct nd_buf out = {0};
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(doc->plan, "changes"), i, change)
    {
        json_int_t by = json_integer_value(json_object_get(change, "restore_by_ns"));
        if (strcmp(string_of(change, "step"), id) != 0)
            continue;
        nd_buf_addf(&out, "%s%s.%s %s", out.text != NULL ? "\n" : "", string_of(change, "plugin"),
                    string_of(change, "verb"), string_of(change, "target"));
        nd_buf_addf(&out, nd_say(&doc->paper, "，%s復原", ", put back %s"),
                    by >= 0 ? nd_arena_printf(&doc->arena, nd_say(&doc->paper, "最遲 %s ", "by %s"),
                                              nd_doc_moment(doc, true, by))
                            : nd_say(&doc->paper, "最遲演練結束時", "at the end at the latest"));
    }
    return keep(doc, &out);
}

/* ---- sections ---- */

static void row2(struct nd_doc *doc, const char *head, const char *text)
{
    const char *const cells[] = {head, text};
    nd_paper_row(&doc->paper, cells);
}

static const char *organisations(struct nd_doc *doc)
{
    struct nd_buf out = {0};
    for (size_t i = 0; doc->site != NULL && i < doc->site->operators.count; i++)
        nd_buf_addf(&out, "%s%s", i != 0 ? nd_say(&doc->paper, "、", ", ") : "",
                    nd_paper_words(&doc->paper, &doc->site->operators.at[i].title));
    return keep(doc, &out);
}

static const char *scope(struct nd_doc *doc)
{
    char unit[ND_UNIT_TEXT];
    const char *what = nd_paper_words(&doc->paper, &doc->drill->simulated);
    bool simulated = *what != '\0' || (doc->site != NULL && doc->site->simulated);
    return nd_arena_printf(&doc->arena, nd_say(&doc->paper, "最長 %s%s%s%s", "%s at most%s%s%s"),
                           nd_length_format(doc->drill->lasts, unit),
                           simulated ? nd_say(&doc->paper, "；模擬", "; simulated") : "",
                           *what != '\0' ? nd_say(&doc->paper, "：", ": ") : "", what);
}

void nd_doc_overview(struct nd_doc *doc)
{
    struct nd_paper *paper = &doc->paper;
    const char *const heads[] = {nd_say(paper, "項目", "Item"), nd_say(paper, "內容", "What"),
                                 NULL};
    struct nd_buf goals = {0};
    nd_paper_heading(paper, 2, nd_say(paper, "演練概述", "Exercise overview"));
    nd_paper_table(paper, nd_say(paper, "演練概述", "Exercise overview"), heads);
    row2(doc, nd_say(paper, "演練名稱", "Exercise name"),
         nd_paper_words(paper, &doc->drill->title));
    row2(doc, nd_say(paper, "代號與版次", "Id and revision"),
         nd_arena_printf(&doc->arena, "%s, %lld", doc->drill->id, (long long)doc->drill->revision));
    row2(doc, nd_say(paper, "日期與地點（填寫）", "Date and place (fill in)"), NULL);
    row2(doc, nd_say(paper, "範圍與時間", "Scope and length"), scope(doc));
    for (size_t i = 0; i < doc->drill->objectives_count; i++) {
        if (doc->drill->objectives[i].kind == ND_OBJECTIVE)
            nd_buf_addf(&goals, "%s%s", goals.text != NULL ? "\n" : "",
                        nd_paper_words(paper, &doc->drill->objectives[i].text));
    }
    row2(doc, nd_say(paper, "演練目標", "Objectives"), keep(doc, &goals));
    row2(doc, nd_say(paper, "參演機關", "Organisations"), organisations(doc));
    row2(doc, nd_say(paper, "主辦機關與聯絡人（填寫）", "Sponsor and point of contact (fill in)"),
         NULL);
}

static const char *role_words(const struct nd_paper *paper, enum nd_role role)
{
    static const char *const zh[] = {"",       "參演人員", "管制員", "評核員",
                                     "觀察員", "安全官",   "模擬組", "統裁官"};
    static const char *const en[] = {"",          "Player",           "Controller",
                                     "Evaluator", "Observer",         "Safety officer",
                                     "Simulator", "Exercise director"};
    return nd_say(paper, zh[role], en[role]);
}

void nd_doc_participants(struct nd_doc *doc, bool for_players)
{
    struct nd_paper *paper = &doc->paper;
    const char *const heads[] = {nd_say(paper, "名稱", "Name"), nd_say(paper, "職稱", "Title"),
                                 nd_say(paper, "角色", "Role"),
                                 nd_say(paper, "所屬機關", "Organisation"), NULL};
    if (doc->site == NULL || doc->site->people.count == 0)
        return;
    nd_paper_heading(paper, 2, nd_say(paper, "參與人員", "Participants"));
    nd_paper_table(paper, nd_say(paper, "參與人員", "Participants"), heads);
    for (size_t i = 0; i < doc->site->people.count; i++) {
        const struct nd_person *person = &doc->site->people.at[i];
        const struct nd_operator *of = NULL;
        /* Who is played tells what will be. */
        if (for_players && person->role == ND_ROLE_SIMULATOR)
            continue;
        for (size_t k = 0; person->operator_name != NULL && k < doc->site->operators.count; k++) {
            if (strcmp(doc->site->operators.at[k].name, person->operator_name) == 0)
                of = &doc->site->operators.at[k];
        }
        const char *const cells[] = {person->name, nd_paper_words(paper, &person->title),
                                     role_words(paper, person->role),
                                     of != NULL ? nd_paper_words(paper, &of->title) : ""};
        nd_paper_row(paper, cells);
    }
}

void nd_doc_rules(struct nd_doc *doc)
{
    struct nd_paper *paper = &doc->paper;
    nd_paper_heading(paper, 2, nd_say(paper, "通訊與安全規定", "Communications and safety"));
    nd_paper_item(paper, nd_say(paper, "所有演練訊息及通話，開頭與結尾均須說明「演練」。",
                                "Every message and call of the exercise begins and ends with "
                                "\"EXERCISE\"."));
    nd_paper_item(paper,
                  nd_say(paper, "發生真實緊急事件時，立即說「真實狀況」：演練停止，網路復原。",
                         "In a real emergency say \"REAL-WORLD EMERGENCY\": the exercise stops and "
                         "the network is put back."));
    nd_paper_item(paper, nd_say(paper, "任何人認為有危險時，說「停止演練」。",
                                "Whoever sees a danger says \"stop the exercise\" (停止演練)."));
    nd_paper_item(
        paper, nd_say(paper, "演練訊息不得轉發至名單以外之人員或系統。",
                      "No message of the exercise is passed on to anybody outside of the list of "
                      "participants, nor to a warning system."));
}
