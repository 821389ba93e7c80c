#include "base/units.h"
#include "exercise/doc.h"

#include <string.h>

/* For those who hold the exercise: the plan, and the controllers' handbook. */

static bool is_theirs(const struct nd_doc *doc, const struct nd_inject *inject)
{
    return doc->who == NULL ||
           (inject->controller != NULL && strcmp(inject->controller, doc->who) == 0) ||
           (inject->from != NULL && strcmp(inject->from, doc->who) == 0);
}

/* ---- the plan ---- */

static void plan_row(struct nd_doc *doc, const char *when, const char *what, const char *who,
                     const char *changes)
{
    const char *const cells[] = {when, what, who, changes};
    nd_paper_row(&doc->paper, cells);
}

static const char *step_when(struct nd_doc *doc, const struct nd_phase *phase,
                             const struct nd_step *step)
{
    if (step->at_given && (step->at_is_moment || phase->at_given))
        return nd_doc_moment(doc, true, step->at_is_moment ? step->at : phase->at + step->at);
    if (step->after != NULL)
        return nd_arena_printf(&doc->arena, nd_say(&doc->paper, "「%s」之後", "after '%s'"),
                               step->after);
    return nd_say(&doc->paper, "隨階段", "with its phase");
}

static void plan_phase(struct nd_doc *doc, const struct nd_phase *phase)
{
    struct nd_paper *paper = &doc->paper;
    plan_row(doc,
             phase->at_given ? nd_doc_moment(doc, true, phase->at)
                             : nd_say(paper, "接續前一階段", "when the one before has ended"),
             nd_arena_printf(&doc->arena, "== %s", nd_paper_words(paper, &phase->title)), "", "");
    for (size_t i = 0; i < phase->steps_count; i++) {
        const struct nd_step *step = &phase->steps[i];
        plan_row(doc, step_when(doc, phase, step), nd_paper_words(paper, &step->title),
                 nd_doc_person(doc, step->owner), nd_doc_changes(doc, step->id));
    }
    for (size_t i = 0; i < phase->injects_count; i++) {
        const struct nd_inject *inject = &phase->injects[i];
        plan_row(doc, nd_doc_when(doc, phase, inject),
                 nd_arena_printf(&doc->arena, "@ %s (%s)", nd_paper_words(paper, &inject->title),
                                 inject->id),
                 nd_doc_people(doc, inject->to), nd_doc_changes(doc, inject->id));
    }
}

static void plan_timetable(struct nd_doc *doc)
{
    struct nd_paper *paper = &doc->paper;
    const char *const heads[] = {nd_say(paper, "時間", "When"), nd_say(paper, "事項", "What"),
                                 nd_say(paper, "負責人/對象", "Owner, or who gets it"),
                                 nd_say(paper, "網路變更", "Changes of the network"), NULL};
    nd_paper_heading(paper, 2, nd_say(paper, "時程", "Timetable"));
    nd_paper_table(paper,
                   nd_say(paper, "依一次一切順利之預演；@ 為狀況",
                          "As one rehearsal went in which all "
                          "was well; @ is an inject"),
                   heads);
    for (size_t p = 0; p < doc->drill->phases_count; p++)
        plan_phase(doc, &doc->drill->phases[p]);
    plan_row(doc, nd_doc_moment(doc, true, doc->drill->lasts),
             nd_say(paper, "最遲演練結束(ENDEX),一切復原", "ENDEX at the latest; all is put back"),
             "", "");
}

static void plan_safety(struct nd_doc *doc)
{
    struct nd_paper *paper = &doc->paper;
    nd_paper_heading(paper, 2, nd_say(paper, "開始與中止條件", "What has to hold"));
    for (size_t i = 0; i < doc->drill->baselines_count; i++)
        nd_paper_item(paper,
                      nd_arena_printf(&doc->arena,
                                      nd_say(paper, "開始前及復原後：%s",
                                             "Before the start, and after the "
                                             "end again: %s"),
                                      nd_paper_words(paper, &doc->drill->baselines[i].title)));
    for (size_t i = 0; i < doc->drill->guards_count; i++)
        nd_paper_item(paper,
                      nd_arena_printf(&doc->arena,
                                      doc->drill->guards[i].abort
                                          ? nd_say(paper, "否則中止：%s", "Else it is aborted: %s")
                                          : nd_say(paper, "否則記錄：%s", "Else it is noted: %s"),
                                      nd_paper_words(paper, &doc->drill->guards[i].title)));
    nd_paper_item(paper,
                  nd_say(paper, "演練程式中斷時，另一程式復原網路；亦可執行 netdrill restore。",
                         "If the program that plays the drill dies, another one puts the "
                         "network back; so does netdrill restore."));
    for (size_t i = 0; i < doc->drill->profiles_count; i++)
        nd_paper_item(
            paper, nd_arena_printf(&doc->arena, nd_say(paper, "適用規定：%s", "Rules applied: %s"),
                                   nd_paper_words(paper, &doc->drill->profiles[i]->title)));
}

void nd_doc_plan(struct nd_doc *doc)
{
    static const struct nd_text2 kind = {"演練計畫", "Exercise plan"};
    static const struct nd_text2 handling = {
        "限演練工作人員；含狀況與時程，不得交予參演人員。",
        "For the exercise staff; it tells what will happen and is not for players."};
    nd_doc_begin(doc, &kind, &handling);
    nd_doc_overview(doc);
    nd_doc_participants(doc, false);
    plan_timetable(doc);
    plan_safety(doc);
    nd_doc_rules(doc);
    nd_paper_end(&doc->paper);
}

/* ---- the controllers' handbook ---- */

static void row2(struct nd_doc *doc, const char *head, const char *text)
{
    const char *const cells[] = {head, text};
    if (text != NULL && *text != '\0')
        nd_paper_row(&doc->paper, cells);
}

/* In both languages: a controller reads it out in either. */
static const char *both(struct nd_doc *doc, const struct nd_text2 *text)
{
    if (text->zh != NULL && text->en != NULL && strcmp(text->zh, text->en) != 0)
        return nd_arena_printf(&doc->arena, "%s\n%s", text->zh, text->en);
    return nd_paper_words(&doc->paper, text);
}

static const char *joined(struct nd_doc *doc, const char *const *list)
{
    const char *text = "";
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        text = nd_arena_printf(&doc->arena, "%s%s%s", text, i != 0 ? " / " : "", list[i]);
    return text;
}

static const char *kind_words(const struct nd_paper *paper, enum nd_inject_kind kind)
{
    static const char *const zh[] = {"標準", "應急", "資訊", "決策", "故障"};
    return nd_say(paper, zh[kind], nd_inject_kind_name(kind));
}

static const char *way(struct nd_doc *doc, const struct nd_inject *inject)
{
    const struct nd_call_spec *via = inject->via;
    if (via == NULL)
        return nd_arena_printf(&doc->arena,
                               nd_say(&doc->paper, "由管制員交付，並執行：netdrill fire %s",
                                      "handed over by the controller, who says so: netdrill fire "
                                      "%s"),
                               inject->id);
    return nd_arena_printf(&doc->arena, "%s.%s %s", via->plugin, via->verb->name,
                           via->target != NULL ? via->target->target.name : "");
}

static void inject_card(struct nd_doc *doc, const struct nd_phase *phase,
                        const struct nd_inject *inject)
{
    struct nd_paper *paper = &doc->paper;
    char unit[ND_UNIT_TEXT];
    const char *title = nd_paper_words(paper, &inject->title);
    const char *const heads[] = {nd_say(paper, "項目", "Item"), nd_say(paper, "內容", "What"),
                                 NULL};
    nd_paper_heading(paper, 3, nd_arena_printf(&doc->arena, "%s  %s", inject->id, title));
    nd_paper_table(paper, inject->id, heads);
    row2(doc, nd_say(paper, "類型", "Type"), kind_words(paper, inject->kind));
    row2(doc, nd_say(paper, "時間", "When"), nd_doc_when(doc, phase, inject));
    row2(doc, nd_say(paper, "想定時間", "Time in the story"), inject->scenario_time);
    row2(doc, nd_say(paper, "發送者", "From"), nd_doc_person(doc, inject->from));
    row2(doc, nd_say(paper, "收件者", "To"), nd_doc_people(doc, inject->to));
    row2(doc, nd_say(paper, "傳遞方式", "Delivery"), way(doc, inject));
    row2(doc, nd_say(paper, "標題", "Title"), both(doc, &inject->title));
    row2(doc, nd_say(paper, "內容", "Text"), both(doc, &inject->body));
    row2(doc, nd_say(paper, "選項", "Options"), joined(doc, inject->options));
    row2(doc, nd_say(paper, "預期行動", "Expected action"), both(doc, &inject->expect));
    if (inject->react_within > 0)
        row2(doc, nd_say(paper, "反應時限", "React within"),
             nd_length_format(inject->react_within, unit));
    row2(doc, nd_say(paper, "網路變更", "Changes of the network"), nd_doc_changes(doc, inject->id));
    row2(doc, nd_say(paper, "管制員", "Controller"), nd_doc_person(doc, inject->controller));
    row2(doc, nd_say(paper, "評核員", "Evaluator"), nd_doc_person(doc, inject->evaluator));
    row2(doc, nd_say(paper, "管制備註（不得告知參演人員）", "Notes (not for players)"),
         inject->notes);
    const char *const filled[] = {
        nd_say(paper, "實際時間與情形（填寫）", "When and how it went (fill in)"), NULL};
    nd_paper_row(paper, filled);
}

static void commands(struct nd_doc *doc)
{
    struct nd_paper *paper = &doc->paper;
    static const struct {
        const char *command, *zh, *en;
    } rows[] = {
        {"netdrill watch --as NAME", "即時畫面與按鍵（? 說明）", "the live display, with keys (?)"},
        {"netdrill status", "目前狀態與下一項", "where it stands, and what is next"},
        {"netdrill fire ID", "立即下達狀況，或表示已親自交付 (f)",
         "give an inject now, or say that it was handed over (f)"},
        {"netdrill skip ID --reason TEXT", "略過，須說明原因 (s)",
         "leave it out, with a reason (s)"},
        {"netdrill defer ID --till 10m", "延後 (d)", "put it off (d)"},
        {"netdrill inject TEXT --to NAME", "加發臨時狀況 (i)", "one that nobody had planned (i)"},
        {"netdrill ack ID", "代為登錄已收到 (a)", "write down that it was received (a)"},
        {"netdrill answer ID TEXT", "登錄回覆 (a)", "write down the answer (a)"},
        {"netdrill confirm last N", "回覆確認事項 (a)", "answer a confirmation (a)"},
        {"netdrill observe TEXT", "登錄觀察 (o)", "write down an observation (o)"},
        {"netdrill note TEXT", "寫一筆記事 (n)", "a line in the journal (n)"},
        {"netdrill met DUTY", "完成通報，時限停止計時 (m)", "a duty is done: its clock stops (m)"},
        {"netdrill occurs EVENT", "事件發生，通報時限開始計時", "an event: clocks begin"},
        {"netdrill pause, netdrill resume", "暫停、繼續 (p, r)", "hold it, let it go on (p, r)"},
        {"netdrill abort", "中止並復原 (A)", "end it and put all back (A)"}};
    const char *const heads[] = {nd_say(paper, "指令", "Command"),
                                 nd_say(paper, "用途", "What for"), NULL};
    nd_paper_heading(paper, 2, nd_say(paper, "管制指令", "Commands"));
    nd_paper_table(paper,
                   nd_say(paper, "各指令加 --help 說明用法；括號內為即時畫面之按鍵",
                          "each tells more with --help; in brackets the key of the live display"),
                   heads);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const cells[] = {rows[i].command, nd_say(paper, rows[i].zh, rows[i].en)};
        nd_paper_row(paper, cells);
    }
}

void nd_doc_controller(struct nd_doc *doc)
{
    static const struct nd_text2 kind = {"管制員手冊", "Controller handbook"};
    static const struct nd_text2 handling = {
        "限管制員；含全部狀況與備註，不得交予參演人員。",
        "For controllers alone; it holds every inject and their notes, and is not for players."};
    struct nd_paper *paper = &doc->paper;
    size_t count = 0;
    nd_doc_begin(doc, &kind, &handling);
    nd_doc_overview(doc);
    nd_doc_participants(doc, false);
    nd_doc_rules(doc);
    commands(doc);
    nd_paper_heading(paper, 2, nd_say(paper, "狀況", "Injects"));
    if (doc->who != NULL)
        nd_paper_para(paper, nd_arena_printf(&doc->arena,
                                             nd_say(paper, "僅含由 %s 管制或發送者。",
                                                    "Those alone that %s controls or speaks for."),
                                             nd_doc_person(doc, doc->who)));
    for (size_t p = 0; p < doc->drill->phases_count; p++) {
        const struct nd_phase *phase = &doc->drill->phases[p];
        for (size_t i = 0; i < phase->injects_count; i++) {
            if (!is_theirs(doc, &phase->injects[i]))
                continue;
            inject_card(doc, phase, &phase->injects[i]);
            count++;
        }
    }
    if (count == 0)
        nd_paper_para(paper, nd_say(paper, "無。", "None."));
    nd_paper_end(paper);
}
