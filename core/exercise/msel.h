/* The list of events (MSEL, 主要場景事件清單) of a drill as a table, and a scenario made from such
 * a table: with spreadsheets a drill's staff plans, and agencies exchange them as CSV or
 * OpenDocument.
 *
 * A written table has every column below, in this order, and a row each for the exercise, its
 * objectives, its phases and its injects, told apart by `type`. A table that is read may have any
 * columns in any order, headings in English or Chinese, and rows above its heading. What a written
 * table holds comes back: written again from the scenario made of it, it is the same octets. The
 * coded bodies of steps stand in no table; of a fault, the changes that it makes in a rehearsal. */
#ifndef ND_EXERCISE_MSEL_H
#define ND_EXERCISE_MSEL_H
#include "plan/model.h"
#include "sheet/sheet.h"

#include <jansson.h>

/* X(key, name, synonyms): name as written; synonyms with '|' between, compared without regard to
 * case, blanks and signs. The `both` rows are read alone: a text in one language for both. */
#define ND_MSEL_COLUMNS(X)                                                                                \
    X(ID, "inject_id", "id|inject no|inject number|no|編號|狀況編號|狀況代碼|注入編號")                   \
    X(SEQ, "seq", "sequence|seq no|#|序號|項次")                                                          \
    X(PHASE, "phase", "move|階段|回合")                                                                   \
    X(TYPE, "type", "kind|inject type|event type|類型|種類|狀況類型")                                     \
    X(TITLE_ZH, "title_zh", "中文標題|標題中文|標題(中文)")                                               \
    X(TITLE_EN, "title_en", "english title|title english|英文標題|標題(英文)")                            \
    X(OFFSET, "sched_offset",                                                                             \
      "offset|time|scheduled time|scheduled date/time|date/time delivered|start|時間|預定時間|"     \
      "發布時間|下達時間")                                                                                \
    X(WINDOW, "window_end", "until|latest|end|最遲|最遲時間|時間窗結束|結束時間")                         \
    X(STORY, "scenario_time", "story time|scenario day/time|想定時間|情境時間")                           \
    X(TRIGGER, "trigger", "depends on|觸發|觸發條件")                                                     \
    X(CONDITION, "condition", "only if|條件")                                                             \
    X(FROM, "from", "sender|originator|originator (from)|發送者|發送單位|發起單位|來源")                  \
    X(TO, "to",                                                                                           \
      "recipient|recipients|recipient (to)|player|intended player|對象|收件者|受測單位|"         \
      "接收單位")                                                                                         \
    X(METHOD, "method", "via|delivery|delivery method|channel|方式|傳遞方式|管道")                        \
    X(BODY_ZH, "body_zh", "中文內容|內容中文|內容(中文)")                                                 \
    X(BODY_EN, "body_en", "english text|body english|英文內容|內容(英文)")                                \
    X(EXPECTED, "expected_action",                                                                        \
      "expected actions|expected response|expected responses|expected outcome|預期行動|預期作為|" \
      "應處作為|預期處置")                                                                                \
    X(REACT, "react_within", "response time|time limit|反應時限|處置時限|時限")                           \
    X(OBJECTIVES, "objectives", "objective|目標|演練目標")                                                \
    X(TASKS, "tasks", "critical tasks|task|任務|關鍵任務")                                                \
    X(CONTROLLER, "controller", "responsible controller|管制員|管制官|負責管制員")                        \
    X(EVALUATOR, "evaluator", "評核員|評估員|評核官")                                                     \
    X(NOTES, "controller_notes", "notes|note|remarks|備註|管制備註|管制員備註")                           \
    X(FAULT, "fault_ref", "fault|change|故障|障礙")                                                       \
    X(REVERT, "revert_by", "restore by|復原|復原時限")                                                    \
    X(STATUS, "status", "狀態")                                                                           \
    X(ACTUAL, "actual_time", "fired at|實際時間")                                                         \
    X(LATE, "late_s", "late|延遲秒數")                                                                    \
    X(FIRED_BY, "fired_by", "fired by|下達者")                                                            \
    X(SKIPPED, "skip_reason", "略過原因")                                                                 \
    X(ACKED, "ack_time", "acknowledged|確認時間")                                                         \
    X(REACTION, "reaction_s", "reaction|反應秒數")                                                        \
    X(OUTCOME, "outcome", "result|結果")                                                                  \
    X(REV, "rev", "revision|版次")
#define ND_MSEL_READ_ALONE(X)                                                                      \
    X(TITLE, "title", "event|subject|event synopsis|標題|狀況|狀況名稱|主題|事件")                 \
    X(BODY, "body", "text|message|description|inject|inject description|內容|狀況內容|說明")

enum nd_msel_column {
#define X(key, name, synonyms) ND_MSEL_##key,
    ND_MSEL_COLUMNS(X) ND_MSEL_WRITTEN,
    ND_MSEL_BEFORE_ALONE = ND_MSEL_WRITTEN - 1,
    ND_MSEL_READ_ALONE(X)
#undef X
        ND_MSEL_COUNT
};
const char *nd_msel_name(enum nd_msel_column column);

/* Fills a sheet that is empty. plan: of a rehearsal (nd_plan_json and its changes), for what faults
 * do. report: of a run of the drill (nd_report_model), for what became of each, with rows for
 * injects that were added on the day; or NULL. */
void nd_msel_write(const struct nd_drill *drill, const json_t *plan, const json_t *report,
                   struct nd_sheet *sheet);

/* What is wrong, or worth knowing, about a cell. */
struct nd_msel_note {
    size_t row, column; /* from 0; column SIZE_MAX: the whole row */
    bool error;
    char *text; /* owned */
};

/* Where a line of the scenario made came from. */
struct nd_msel_line {
    size_t row;
    enum nd_msel_column column; /* ND_MSEL_COUNT: the whole row */
    size_t from;                /* octet of the scenario */
};

/* An inject of the scenario made: its lines are those from `first` to `last`, from 0. */
struct nd_msel_made {
    char *id, *phase; /* owned; phase: its id */
    char *said;       /* owned; the phase as the cell names it */
    size_t row, first, last;
    bool named; /* the table says its id; else it is made of its place among the rows */
};

struct nd_msel_wish {
    const char *file;  /* the table's name, for a comment */
    const char *id;    /* of the drill, when the table does not say */
    const char *site;  /* as the scenario is to name it, or NULL */
    const char *start; /* "09:00" or "2026-11-24T09:00": STARTEX, for times of day; or NULL */
};

struct nd_msel {
    struct nd_buf lua;                        /* the scenario */
    struct ND_VEC(struct nd_msel_line) lines; /* of each line of it, from line 1 */
    struct ND_VEC(struct nd_msel_made) made;
    struct ND_VEC(struct nd_msel_note) notes;
    size_t at[ND_MSEL_COUNT]; /* the table's column of each, SIZE_MAX: none */
    size_t errors, injects;
};

/* Makes a scenario of a table. Errors stand in msel's notes; then its text is of no use. msel:
 * zeroed before, and freed by nd_msel_deinit in either case. */
void nd_msel_read(const struct nd_sheet *sheet, const struct nd_msel_wish *wish,
                  struct nd_msel *msel);
void nd_msel_deinit(struct nd_msel *msel);
void nd_msel_note(struct nd_msel *msel, size_t row, size_t column, bool error, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* "G" of column 6. out: 8 bytes. */
const char *nd_msel_letter(size_t column, char *out);

#endif
