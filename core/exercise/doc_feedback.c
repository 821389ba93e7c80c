#include "exercise/doc.h"

/* The form that everybody who took part fills in right after ENDEX, and that the hot wash goes
 * through: by objective what went well and what is to be improved. Nothing in it tells of the
 * drill's injects, so it may be handed out before. */

static void blank_rows(struct nd_doc *doc, size_t count)
{
    static const char *const blank[] = {NULL, NULL, NULL, NULL};
    for (size_t i = 0; i < count; i++)
        nd_paper_row(&doc->paper, blank);
}

static void by_objective(struct nd_doc *doc)
{
    struct nd_paper *paper = &doc->paper;
    const char *const heads[] = {
        nd_say(paper, "演練目標", "Objective"), nd_say(paper, "做得好的", "What went well"),
        nd_say(paper, "待改善的", "What is to be improved"),
        nd_say(paper, "建議作法與負責單位", "What to do about it, and who"), NULL};
    nd_paper_heading(paper, 2, nd_say(paper, "依目標", "By objective"));
    nd_paper_table(
        paper,
        nd_say(paper, "每項至少寫一優點、一待改善",
               "one thing of each sort at least: what went well, what is to be improved"),
        heads);
    for (size_t i = 0; i < doc->drill->objectives_count; i++) {
        const struct nd_objective *objective = &doc->drill->objectives[i];
        const char *const cells[] = {nd_arena_printf(&doc->arena, "%s\n%s", objective->id,
                                                     nd_paper_words(paper, &objective->text)),
                                     NULL, NULL, NULL};
        if (objective->kind == ND_OBJECTIVE)
            nd_paper_row(paper, cells);
    }
    blank_rows(doc, 2);
}

static void about_the_drill(struct nd_doc *doc)
{
    static const struct nd_text2 rows[] = {
        {"想定合理可信", "The scenario was plausible"},
        {"時間與步調合宜", "Time and pace were right"},
        {"我知道自己的任務與聯絡對象", "I knew what to do, and whom to call"},
        {"訊息清楚，且皆標示為演練", "Messages were clear, and marked as an exercise"},
        {"本單位之計畫與程序適用", "Our own plans and procedures fitted"},
        {"我們會因此演練改變作法", "We shall do something differently because of it"}};
    struct nd_paper *paper = &doc->paper;
    const char *const heads[] = {nd_say(paper, "敘述", "Statement"),
                                 nd_say(paper, "同意程度（5 最同意）", "Agreed (5: fully)"),
                                 nd_say(paper, "說明", "Remarks"), NULL};
    nd_paper_heading(paper, 2, nd_say(paper, "對演練本身", "About the exercise"));
    nd_paper_table(paper, nd_say(paper, "圈選一項", "mark one"), heads);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const cells[] = {nd_paper_words(paper, &rows[i]), "1  2  3  4  5", NULL};
        nd_paper_row(paper, cells);
    }
}

void nd_doc_feedback(struct nd_doc *doc)
{
    static const struct nd_text2 kind = {"回饋表與檢討會(hot wash)", "Feedback form and hot wash"};
    static const struct nd_text2 handling = {"發給所有參與人員；不含任何狀況內容。",
                                             "For everybody who takes part; it tells no inject."};
    struct nd_paper *paper = &doc->paper;
    nd_doc_begin(doc, &kind, &handling);
    nd_doc_overview(doc);
    nd_paper_para(
        paper,
        nd_say(paper,
               "單位：________________　角色：________________　姓名（可不填）：________________",
               "Organization: ________________  Part: ________________  Name (if you "
               "like): ________________"));
    by_objective(doc);
    about_the_drill(doc);
    nd_paper_heading(paper, 2, nd_say(paper, "檢討會", "Hot wash"));
    nd_paper_item(paper,
                  nd_say(paper, "演練結束後立即召開，約三十分鐘；參演人員、管制員及評核員參加。",
                         "Right after ENDEX, some thirty minutes, with players, controllers and "
                         "evaluators."));
    nd_paper_item(paper,
                  nd_say(paper, "每單位先說一項優點，再說一項待改善；只談事實，不究責。",
                         "Each says one thing that went well, then one to be improved: facts, and "
                         "nobody is blamed."));
    nd_paper_item(
        paper,
        nd_say(paper,
               "由一人記錄，會後亦可登錄：所見以 netdrill observe --objective 目標代號 --sort "
               "strength（優點）或 improvement（待改善）--as 姓名；作法以 netdrill improve "
               "add，評等以 "
               "netdrill rate。",
               "One person writes it down; it is typed in then or later: what was seen by netdrill "
               "observe --objective ID --sort strength or improvement --as NAME, what to do about "
               "it by netdrill improve add, ratings by netdrill rate."));
    nd_doc_rules(doc);
    nd_paper_end(paper);
}
