#include "cli/desk.h"

#include "cli/desk_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The desk drawn: the view, and below it what is asked or told, and the keys. */

#define FOOT_ROWS 2

struct nd_desk *nd_desk_new(struct nd_screen *screen, const struct nd_desk_run *run,
                            const char *actor, bool zh)
{
    struct nd_desk *desk = nd_alloc(sizeof *desk);
    *desk = (struct nd_desk){.screen = screen, .run = *run, .actor = nd_strdup(actor), .act = ""};
    desk->view = (struct nd_view){.zh = zh, .open = -1};
    return desk;
}

void nd_desk_free(struct nd_desk *desk)
{
    if (desk == NULL)
        return;
    json_decref(desk->status);
    free(desk->actor);
    free(desk);
}

void nd_desk_tell(struct nd_desk *desk, bool bad, const char *text)
{
    snprintf(desk->message, sizeof desk->message, "%s", text);
    desk->bad = bad;
}

bool nd_desk_keys(struct nd_desk *desk)
{
    int key = ND_KEY_NONE;
    while (!desk->leave && (key = nd_screen_key(desk->screen)) != ND_KEY_NONE)
        nd_desk_key(desk, key);
    return !desk->leave;
}

/* ---- below the view ---- */

/* The lowest row: the keys, or while something is asked what there is to choose from, or what is
 * wrong with what was typed. Caller frees. */
static char *foot_text(const struct nd_desk *desk, size_t columns)
{
    static const char *const wide[] = {
        "a answer  o observe  n note  f fire  s skip  d defer  i inject  m met  p/r pause  A ABORT "
        " "
        "l 中文  ? help",
        "a 回覆  o 觀察  n 記事  f 發出  s 略過  d 延後  i 加發  m 通報  p/r 暫停/續行  A 中止  "
        "l English  ? 說明"};
    static const char *const narrow[] = {
        "a answer o observe n note f fire s skip d defer i inject m met A ABORT ?",
        "a 回覆 o 觀察 n 記事 f 發出 s 略過 d 延後 i 加發 m 通報 p/r 暫停 A 中止 ?"};
    bool zh = desk->view.zh;
    char choices[TYPED_MAX] = "";
    const char *word = strrchr(desk->typed, ' ');
    if (desk->prompt != ND_PROMPT_NONE && desk->message[0] != '\0')
        return nd_strdup(desk->message);
    if (desk->prompt != ND_PROMPT_NONE &&
        nd_desk_choices(desk, word != NULL ? word + 1 : desk->typed, choices, sizeof choices) != 0)
        return nd_printf(zh ? "%s  (Tab 補完)" : "%s  (Tab completes)", choices);
    if (desk->prompt != ND_PROMPT_NONE)
        return nd_strdup(zh ? "Enter 送出  Esc 取消" : "Enter sends it  Esc leaves it");
    if (columns < 110)
        return nd_printf("%s%s", narrow[zh ? 1 : 0],
                         !desk->run.leaves ? zh ? " 說明" : " help"
                         : zh              ? " q 離開"
                                           : " q quit");
    return nd_printf("%s%s", wide[zh ? 1 : 0],
                     !desk->run.leaves ? ""
                     : zh              ? "  q 離開"
                                       : "  q quit");
}

static void draw_foot(const struct nd_desk *desk, size_t columns, size_t rows)
{
    char *text = nd_desk_question(desk, columns);
    nd_text_tame(text, false);
    bool asks = desk->prompt != ND_PROMPT_NONE;
    nd_screen_put(desk->screen, rows - 2, 0,
                  asks        ? ND_LOOK_ASK
                  : desk->bad ? ND_LOOK_BAD
                              : ND_LOOK_STRONG,
                  text);
    size_t at = nd_text_width(text);
    /* The end of what is typed is what its writer looks at. */
    const char *typed = asks ? desk->typed : "";
    size_t room = columns > at + 1 ? columns - at - 1 : 0;
    while (nd_text_width(typed) > room)
        typed += nd_utf8_len(typed, strlen(typed));
    nd_screen_put(desk->screen, rows - 2, at, ND_LOOK_STRONG, typed);
    char *foot = foot_text(desk, columns);
    nd_text_tame(foot, false);
    nd_screen_put(desk->screen, rows - 1, 0, asks && desk->bad ? ND_LOOK_BAD : ND_LOOK_FAINT, foot);
    free(foot);
    nd_screen_end(desk->screen, rows - 2, at + nd_text_width(typed), asks);
    free(text);
}

static void draw_help(const struct nd_desk *desk)
{
    static const char *const lines[][2] = {
        {"a      answer what is asked: a confirmation (yes or no), an inject (words)",
         "a      回覆：確認事項 (是或否)、狀況 (文字)"},
        {"o      an observation: words, strength or to be improved, about which inject",
         "o      觀察：文字、優點或待改善、關於哪一狀況"},
        {"n      a note into the journal", "n      寫一筆記事"},
        {"f      fire an inject now, or say that it has been handed over",
         "f      立即發出狀況，或表示已交付"},
        {"s      skip an inject, with a reason", "s      略過狀況，須填理由"},
        {"d      defer an inject: for 10m, or till T+00:45", "d      延後狀況：10m 或至 T+00:45"},
        {"i      an ad-hoc inject: words, for whom, how long they may take",
         "i      加發臨時狀況：文字、收件者、反應時限"},
        {"m      a duty is met: its clock stops", "m      完成通報：時限停止計時"},
        {"p  r   pause the drill; let it go on", "p  r   暫停演練；續行"},
        {"A      ABORT: ends the drill and restores the network; its id has to be typed",
         "A      中止：結束演練並復原網路，須輸入演練代號"},
        {"l      language: zh-TW or English", "l      語言：中文或 English"},
        {"\u2191 \u2193    events, one back or forward; page keys: ten",
         "\u2191 \u2193    事件往前或往後一行；翻頁鍵十行"},
        {"Tab    a section as far as it goes, the next one, and back; completes what is typed",
         "Tab    逐一展開各區段；輸入時補完"},
        {"Esc    leaves a question", "Esc    取消輸入"},
        {"", ""},
        {"停止演練, 真實狀況 or REAL-WORLD EMERGENCY, and Enter, ends the drill at once.",
         "輸入 停止演練、真實狀況 或 REAL-WORLD EMERGENCY 並按 Enter，立即結束演練。"},
    };
    bool zh = desk->view.zh;
    size_t count = sizeof lines / sizeof lines[0];
    nd_screen_put(desk->screen, 2, 4, ND_LOOK_STRONG, zh ? "按鍵" : "Keys");
    for (size_t i = 0; i < count; i++)
        nd_screen_put(desk->screen, 3 + i, 4, ND_LOOK_PLAIN, lines[i][zh ? 1 : 0]);
    nd_screen_put(desk->screen, 4 + count, 4, ND_LOOK_FAINT,
                  desk->run.leaves
                      ? zh ? "q      離開；演練繼續進行" : "q      leave; the drill goes on"
                  : zh ? "離開此畫面即結束演練：請用 A，或自另一終端機 netdrill watch"
                       : "This is the run's own terminal; others look on with netdrill watch.");
}

void nd_desk_draw(struct nd_desk *desk, const json_t *status)
{
    struct nd_picture picture;
    size_t columns = 0;
    size_t rows = 0;
    json_decref(desk->status);
    desk->status = json_incref((json_t *)status);
    if (!nd_screen_begin(desk->screen))
        return;
    nd_screen_size(desk->screen, &columns, &rows);
    if (rows < 5 || columns < 20) {
        nd_screen_put(desk->screen, 0, 0, ND_LOOK_BAD, "80x24");
        nd_screen_end(desk->screen, 0, 0, false);
        return;
    }
    desk->view.columns = columns;
    desk->view.rows = rows - FOOT_ROWS;
    nd_view_draw(status, &desk->view, &picture);
    if (desk->help)
        while (picture.rows.count > 1) {
            struct nd_view_row *row = &picture.rows.at[--picture.rows.count];
            free(row->label);
            free(row->text);
            free(row->right);
        }
    nd_picture_paint(&picture, desk->screen, columns);
    nd_picture_deinit(&picture);
    if (desk->help)
        draw_help(desk);
    draw_foot(desk, columns, rows);
}
