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
    *desk = (struct nd_desk){.screen = screen, .run = *run, .actor = nd_strdup(actor)};
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

static const char *act_words(const struct nd_desk *desk)
{
    if (!desk->view.zh)
        return desk->act;
    return strcmp(desk->act, "fire") == 0   ? "發出"
           : strcmp(desk->act, "skip") == 0 ? "略過"
                                            : "回覆";
}

/* What is asked; the typed text stands behind it. */
static char *prompt_text(const struct nd_desk *desk)
{
    bool zh = desk->view.zh;
    switch (desk->prompt) {
    case ND_PROMPT_ORDER:
        return nd_strdup(zh ? "命令: " : "order: ");
    case ND_PROMPT_WHICH:
        return nd_printf(zh ? "%s 哪一項 (%s): " : "%s which (%s): ", act_words(desk),
                         desk->sentence);
    case ND_PROMPT_WHO:
        return nd_printf(zh ? "%s: 由誰回覆 (%s): " : "%s: for whom (%s): ", desk->which,
                         desk->sentence);
    case ND_PROMPT_YES_NO:
        return nd_printf("#%s %s  [y/n] ", desk->which, desk->sentence);
    case ND_PROMPT_TEXT:
        if (strcmp(desk->act, "note") == 0)
            return nd_strdup(zh ? "記事: " : "note: ");
        return nd_printf(zh ? "%s 之回覆 (空白: 僅表示已讀): "
                            : "answer to %s (empty: read only): ",
                         desk->which);
    case ND_PROMPT_REASON:
        return nd_printf(zh ? "略過 %s 之理由: " : "skip %s because: ", desk->which);
    case ND_PROMPT_ID:
        return nd_printf(zh ? "要中止演練並復原網路，請輸入 %s: "
                            : "to abort the drill and restore the network, type %s: ",
                         nd_view_string(json_object_get(desk->status, "drill"), "id"));
    case ND_PROMPT_NONE:
    default:
        return nd_strdup(desk->message);
    }
}

static void draw_foot(const struct nd_desk *desk, size_t columns, size_t rows)
{
    static const char *const keys[] = {
        "a answer  n note  p/r pause  f fire  s skip  A ABORT  l 中文  ? help",
        "a 回覆  n 記事  p/r 暫停/續行  f 發出  s 略過  A 中止  l English  ? 說明"};
    char *text = prompt_text(desk);
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
    char *foot = nd_printf("%s%s", keys[desk->view.zh ? 1 : 0],
                           !desk->run.leaves ? ""
                           : desk->view.zh   ? "  q 離開"
                                             : "  q quit");
    nd_screen_put(desk->screen, rows - 1, 0, ND_LOOK_FAINT, foot);
    free(foot);
    nd_screen_end(desk->screen, rows - 2, at + nd_text_width(typed), asks);
    free(text);
}

static void draw_help(const struct nd_desk *desk)
{
    static const char *const lines[][2] = {
        {"a      answer what is asked: a confirmation (yes or no), an inject (words)",
         "a      回覆：確認事項 (是或否)、狀況 (文字)"},
        {"n      a note into the journal", "n      寫一筆記事"},
        {"p  r   pause the drill; let it go on", "p  r   暫停演練；續行"},
        {"f      fire an inject now", "f      立即發出狀況"},
        {"s      skip an inject, with a reason", "s      略過狀況，須填理由"},
        {"A      ABORT: ends the drill and restores the network; its id has to be typed",
         "A      中止：結束演練並復原網路，須輸入演練代號"},
        {"l      language: zh-TW or English", "l      語言：中文或英文"},
        {"\u2191 \u2193    events, one back or forward; page keys: ten",
         "\u2191 \u2193    事件往前或往後一行；翻頁鍵十行"},
        {"Tab    a section as far as it goes, the next one, and back", "Tab    逐一展開各區段"},
        {"Esc    leaves a question", "Esc    取消輸入"},
        {"", ""},
        {"停止演練, 真實狀況 or REAL-WORLD EMERGENCY, and Enter, ends the drill at once.",
         "輸入 停止演練、真實狀況 或 REAL-WORLD EMERGENCY 並按 Enter，立即結束演練。"},
    };
    bool zh = desk->view.zh;
    size_t count = sizeof lines / sizeof lines[0];
    nd_screen_put(desk->screen, 3, 4, ND_LOOK_STRONG, zh ? "按鍵" : "Keys");
    for (size_t i = 0; i < count; i++)
        nd_screen_put(desk->screen, 5 + i, 4, ND_LOOK_PLAIN, lines[i][zh ? 1 : 0]);
    nd_screen_put(desk->screen, 6 + count, 4, ND_LOOK_FAINT,
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
