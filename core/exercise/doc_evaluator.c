#include "base/units.h"
#include "exercise/doc.h"

#include <string.h>

/* Evaluation guides: by objective, what to look at, and room for what was seen. */

static bool is_theirs(const struct nd_doc *doc, const struct nd_inject *inject)
{
    return doc->who == NULL ||
           (inject->evaluator != NULL && strcmp(inject->evaluator, doc->who) == 0);
}

/* Whether what names `objective` is evidence for `id` (NULL: for none): for itself and what it
 * belongs to. */
static bool serves(const struct nd_doc *doc, const char *objective, const char *id)
{
    if (id == NULL)
        return objective == NULL;
    while (objective != NULL && strcmp(objective, id) != 0) {
        const struct nd_objective *found = nd_drill_objective_find(doc->drill, objective);
        objective = found != NULL ? found->parent : NULL;
    }
    return objective != NULL;
}

static const char *tasks_of(struct nd_doc *doc, const struct nd_inject *inject)
{
    const char *text = "";
    for (size_t i = 0; i < inject->tasks_count; i++)
        text = nd_arena_printf(&doc->arena, "%s%s□ %s", text, i != 0 ? "\n" : "",
                               nd_paper_words(&doc->paper, &inject->tasks[i]));
    return text;
}

static const char *target_of(struct nd_doc *doc, const struct nd_inject *inject)
{
    char unit[ND_UNIT_TEXT];
    const char *expect = nd_paper_words(&doc->paper, &inject->expect);
    if (inject->react_within == 0)
        return expect;
    return nd_arena_printf(&doc->arena, nd_say(&doc->paper, "%s%s%s 內", "%s%swithin %s"), expect,
                           *expect != '\0' ? "\n" : "",
                           nd_length_format(inject->react_within, unit));
}

/* The targets of an objective and their critical tasks, with room for what was seen. */
static void targets(struct nd_doc *doc, const struct nd_objective *objective)
{
    struct nd_paper *paper = &doc->paper;
    const char *const heads[] = {
        nd_say(paper, "能力目標", "Target"), nd_say(paper, "關鍵任務", "Critical tasks"),
        nd_say(paper, "觀察與理由（填寫）", "Observations and reasons (fill in)"),
        nd_say(paper, "評等", "Rating"), NULL};
    bool begun = false;
    for (size_t i = 0; i < doc->drill->objectives_count; i++) {
        const struct nd_objective *target = &doc->drill->objectives[i];
        const char *tasks = "";
        if (target->kind != ND_OBJECTIVE_TARGET || strcmp(target->parent, objective->id) != 0)
            continue;
        for (size_t k = 0; k < doc->drill->objectives_count; k++) {
            const struct nd_objective *task = &doc->drill->objectives[k];
            if (task->kind == ND_OBJECTIVE_TASK && strcmp(task->parent, target->id) == 0)
                tasks = nd_arena_printf(&doc->arena, "%s%s□ %s", tasks, *tasks != '\0' ? "\n" : "",
                                        nd_paper_words(paper, &task->text));
        }
        if (!begun)
            nd_paper_table(paper, nd_paper_words(paper, &objective->text), heads);
        begun = true;
        const char *const cells[] = {nd_arena_printf(&doc->arena, "%s\n%s", target->id,
                                                     nd_paper_words(paper, &target->text)),
                                     tasks, NULL, "P  S  M  U"};
        nd_paper_row(paper, cells);
    }
}

/* Rows of the injects of an objective (id NULL: of none); how many. */
static size_t guide(struct nd_doc *doc, const char *id, const char *title)
{
    struct nd_paper *paper = &doc->paper;
    const char *const heads[] = {
        nd_say(paper, "狀況", "Inject"),
        nd_say(paper, "時間", "When"),
        nd_say(paper, "預期行動（目標）", "Expected action (target)"),
        nd_say(paper, "關鍵任務", "Critical tasks"),
        nd_say(paper, "觀察與理由（填寫）", "Observations and reasons (fill in)"),
        nd_say(paper, "評等", "Rating"),
        NULL};
    size_t count = 0;
    for (size_t p = 0; p < doc->drill->phases_count; p++) {
        const struct nd_phase *phase = &doc->drill->phases[p];
        for (size_t i = 0; i < phase->injects_count; i++) {
            const struct nd_inject *inject = &phase->injects[i];
            if (!serves(doc, inject->objective, id) || !is_theirs(doc, inject))
                continue;
            if (count == 0 && id == NULL)
                nd_paper_heading(paper, 3, title);
            if (count++ == 0)
                nd_paper_table(paper, title, heads);
            const char *const cells[] = {nd_arena_printf(&doc->arena, "%s\n%s", inject->id,
                                                         nd_paper_words(paper, &inject->title)),
                                         nd_doc_when(doc, phase, inject),
                                         target_of(doc, inject),
                                         tasks_of(doc, inject),
                                         NULL,
                                         "P  S  M  U"};
            nd_paper_row(paper, cells);
        }
    }
    return count;
}

/* Steps whose expectations the program itself judges. */
static void measured(struct nd_doc *doc, const char *id)
{
    struct nd_paper *paper = &doc->paper;
    for (size_t p = 0; p < doc->drill->phases_count; p++) {
        const struct nd_phase *phase = &doc->drill->phases[p];
        for (size_t i = 0; i < phase->steps_count; i++) {
            if (serves(doc, phase->steps[i].objective, id))
                nd_paper_item(paper,
                              nd_arena_printf(&doc->arena,
                                              nd_say(paper, "由程式量測：%s", "measured: %s"),
                                              nd_paper_words(paper, &phase->steps[i].title)));
        }
    }
}

static void rating_key(struct nd_doc *doc)
{
    struct nd_paper *paper = &doc->paper;
    static const struct {
        const char *letter, *zh, *en;
    } rows[] = {{"P", "順利達成", "Performed without challenges"},
                {"S", "達成但有部分困難", "Performed with some challenges"},
                {"M", "達成但有重大困難", "Performed with major challenges"},
                {"U", "未能達成", "Unable to be performed"}};
    const char *const heads[] = {nd_say(paper, "評等", "Rating"), nd_say(paper, "意義", "Meaning"),
                                 NULL};
    nd_paper_heading(paper, 2, nd_say(paper, "評等說明", "Ratings"));
    nd_paper_table(paper,
                   nd_say(paper, "無證據者不評等", "what there is no evidence for is not rated"),
                   heads);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const cells[] = {rows[i].letter, nd_say(paper, rows[i].zh, rows[i].en)};
        nd_paper_row(paper, cells);
    }
}

/* Blank lines for what is seen besides, to be typed in afterwards or meanwhile. */
static void observation_log(struct nd_doc *doc)
{
    static const char *const blank[] = {NULL, NULL, NULL, NULL};
    struct nd_paper *paper = &doc->paper;
    const char *const heads[] = {nd_say(paper, "時間（T+ 或時刻）", "Time (T+ or the clock)"),
                                 nd_say(paper, "狀況或目標代號", "Inject or objective"),
                                 nd_say(paper, "所見（事實）", "What was seen (facts)"),
                                 nd_say(paper, "優點 / 待改善", "Strength / to be improved"), NULL};
    nd_paper_heading(paper, 2, nd_say(paper, "觀察紀錄", "Observations"));
    nd_paper_table(
        paper,
        nd_say(paper, "以 netdrill observe 登錄；寫於此者，演練後亦可登錄（--at 時間）",
               "by netdrill observe; what is written here may be typed in after the drill "
               "(--at TIME)"),
        heads);
    for (size_t i = 0; i < 10; i++)
        nd_paper_row(paper, blank);
}

void nd_doc_evaluator(struct nd_doc *doc)
{
    static const struct nd_text2 kind = {"評核表", "Evaluation guide"};
    static const struct nd_text2 handling = {
        "限評核員；含狀況內容，不得交予參演人員。",
        "For evaluators; it tells what will happen and is not for players."};
    struct nd_paper *paper = &doc->paper;
    size_t count = 0;
    nd_doc_begin(doc, &kind, &handling);
    nd_doc_overview(doc);
    nd_paper_para(paper, nd_arena_printf(&doc->arena, nd_say(paper, "評核員：%s", "Evaluator: %s"),
                                         doc->who != NULL ? nd_doc_person(doc, doc->who)
                                                          : "________________"));
    rating_key(doc);
    nd_paper_heading(paper, 2, nd_say(paper, "依目標評核", "By objective"));
    for (size_t i = 0; i < doc->drill->objectives_count; i++) {
        const struct nd_objective *objective = &doc->drill->objectives[i];
        const char *title = nd_paper_words(paper, &objective->text);
        if (objective->kind != ND_OBJECTIVE)
            continue;
        nd_paper_heading(paper, 3, title);
        nd_paper_para(paper, nd_paper_words(paper, &objective->capability));
        targets(doc, objective);
        count += guide(doc, objective->id, title);
        measured(doc, objective->id);
    }
    count += guide(doc, NULL, nd_say(paper, "未列入目標之狀況", "Injects of no objective"));
    if (count == 0)
        nd_paper_para(paper, nd_say(paper, "無狀況須評核。", "There is no inject to evaluate."));
    observation_log(doc);
    nd_doc_rules(doc);
    nd_paper_end(paper);
}
