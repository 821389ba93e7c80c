#include "cli/desk_state.h"

#include <stdio.h>
#include <string.h>

/* Keys of the desk. */

#define ESCAPE 27

static void erase_last(char *text)
{
    size_t len = strlen(text);
    while (len != 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        len--;
    text[len != 0 ? len - 1 : 0] = '\0';
}

static void type(struct nd_desk *desk, int key)
{
    unsigned point = (unsigned)key;
    char bytes[5] = "";
    size_t len = strlen(desk->typed);
    if (point < 0x80) {
        bytes[0] = (char)point;
    } else if (point < 0x800) {
        bytes[0] = (char)(0xc0 | point >> 6);
        bytes[1] = (char)(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        bytes[0] = (char)(0xe0 | point >> 12);
        bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (point & 0x3f));
    } else {
        bytes[0] = (char)(0xf0 | point >> 18);
        bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (point & 0x3f));
    }
    if (nd_utf8_valid(bytes, strlen(bytes)) && len + strlen(bytes) <= TYPED_MAX)
        memcpy(desk->typed + len, bytes, strlen(bytes) + 1);
}

/* Tab: the last word becomes the only choice there is that begins so, or as much as those have in
 * common. */
static void complete(struct nd_desk *desk)
{
    char choices[TYPED_MAX];
    char *blank = strrchr(desk->typed, ' ');
    char *word = blank != NULL ? blank + 1 : desk->typed;
    size_t room = sizeof desk->typed - (size_t)(word - desk->typed);
    if (nd_desk_choices(desk, word, choices, sizeof choices) == 0)
        return;
    size_t common = strcspn(choices, " ");
    for (const char *next = choices + common; *next == ' '; next += strcspn(next, " ")) {
        size_t same = 0;
        next++;
        while (same < common && next[same] == choices[same])
            same++;
        common = same;
    }
    while (common != 0 && ((unsigned char)choices[common] & 0xc0) == 0x80)
        common--;
    if (common >= strlen(word))
        snprintf(word, room, "%.*s", (int)common, choices);
}

static void prompt_key(struct nd_desk *desk, int key)
{
    desk->message[0] = '\0'; /* it has been read */
    desk->bad = false;
    if (key == ESCAPE) {
        nd_desk_ask(desk, ND_PROMPT_NONE, "");
    } else if (desk->prompt == ND_PROMPT_YES_NO || desk->prompt == ND_PROMPT_SORT) {
        nd_desk_answered(desk, key);
    } else if (key == '\n' || key == '\r') {
        nd_desk_entered(desk);
    } else if (key == '\t') {
        complete(desk);
    } else if (key == ND_KEY_ERASE) {
        erase_last(desk->typed);
    } else if (key >= ' ') {
        type(desk, key);
    }
}

static void scroll(struct nd_desk *desk, int key)
{
    size_t by = key == ND_KEY_UP || key == ND_KEY_DOWN ? 1 : 10;
    if (key == ND_KEY_UP || key == ND_KEY_PAGE_UP)
        desk->view.scroll += by;
    else
        desk->view.scroll -= by < desk->view.scroll ? by : desk->view.scroll;
}

/* Keys that only change what is seen; false: it is none. */
static bool view_key(struct nd_desk *desk, int key)
{
    if (key == 'l')
        desk->view.zh = !desk->view.zh;
    else if (key == '?')
        desk->help = !desk->help;
    else if (key == '\t')
        desk->view.open = desk->view.open + 1 < ND_SECTIONS ? desk->view.open + 1 : -1;
    else if (key == ND_KEY_UP || key == ND_KEY_DOWN || key == ND_KEY_PAGE_UP ||
             key == ND_KEY_PAGE_DOWN)
        scroll(desk, key);
    else if (key == ESCAPE) {
        desk->help = false;
        desk->view.open = -1;
        desk->view.scroll = 0;
    } else
        return false;
    return true;
}

static void act_key(struct nd_desk *desk, int key)
{
    static const struct {
        int key;
        const char *act;
    } acts[] = {{'a', "answer"}, {'o', "observe"}, {'n', "note"}, {'f', "fire"}, {'s', "skip"},
                {'d', "defer"},  {'i', "inject"},  {'m', "met"},  {'A', "abort"}};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (acts[i].key == key) {
            nd_desk_act(desk, acts[i].act);
            return;
        }
    }
    if (key == 'p' || key == 'r')
        nd_desk_pause(desk, key == 'p');
    else if (key == 'q' && desk->run.leaves)
        desk->leave = true;
    else if (key == 'q')
        nd_desk_tell(desk, true,
                     nd_desk_words(desk,
                                   "this is the run itself: A aborts it; others use netdrill watch",
                                   "此為演練本身：A 中止；旁觀請用 netdrill watch"));
    else if (key > ' ') {
        nd_desk_ask(desk, ND_PROMPT_ORDER, "order");
        type(desk, key);
    }
}

void nd_desk_key(struct nd_desk *desk, int key)
{
    if (desk->prompt != ND_PROMPT_NONE) {
        prompt_key(desk, key);
        return;
    }
    desk->message[0] = '\0';
    if (desk->help && key != '?' && key != 'l')
        desk->help = false;
    if (!view_key(desk, key))
        act_key(desk, key);
}
