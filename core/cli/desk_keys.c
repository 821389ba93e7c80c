#include "cli/desk_state.h"

#include "run/phrase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys of the desk: what is asked of its user, and what is asked of the run for him. */

#define ESCAPE 27

/* ---- asking the run ---- */

static void ask(struct nd_desk *desk, json_t *request, const char *done)
{
    json_t *answer = desk->run.ask(desk->run.ctx, request);
    if (json_is_true(json_object_get(answer, "ok"))) {
        nd_desk_tell(desk, false, done);
    } else {
        const char *why = json_string_value(json_object_get(answer, "why"));
        nd_desk_tell(desk, true, why != NULL ? why : "the run does not answer");
    }
    json_decref(answer);
}

static const char *done_words(const struct nd_desk *desk, const char *en, const char *zh)
{
    return desk->view.zh ? zh : en;
}

static void abort_run(struct nd_desk *desk, const char *reason)
{
    ask(desk, json_pack("{s:s, s:s, s:s}", "do", "abort", "actor", desk->actor, "reason", reason),
        done_words(desk, "aborted: the network is being restored", "已中止，網路復原中"));
}

static void pause_or_resume(struct nd_desk *desk, const char *what)
{
    ask(desk, json_pack("{s:s, s:s}", "do", what, "actor", desk->actor),
        *what == 'p' ? done_words(desk, "paused; r lets it go on", "已暫停；按 r 續行")
                     : done_words(desk, "it goes on", "演練續行"));
}

static void confirm(struct nd_desk *desk, bool yes)
{
    ask(desk,
        json_pack("{s:s, s:I, s:b, s:s}", "do", "confirm", "number",
                  (json_int_t)strtoll(desk->which, NULL, 10), "yes", yes, "actor", desk->actor),
        yes ? done_words(desk, "answered: yes", "已回覆：是")
            : done_words(desk, "answered: no", "已回覆：否"));
}

/* An order: a phrase that ends the drill, or a word. */
static void order(struct nd_desk *desk, const char *text)
{
    if (nd_is_abort_phrase(text))
        abort_run(desk, text);
    else if (strcmp(text, "abort") == 0)
        abort_run(desk, "aborted by hand");
    else if (strcmp(text, "pause") == 0 || strcmp(text, "resume") == 0)
        pause_or_resume(desk, text);
    else if (*text != '\0')
        nd_desk_tell(desk, true,
                     done_words(desk, "that is no order: pause, resume, abort, or a phrase (see ?)",
                                "不是命令：pause、resume、abort，或停止演練等用語 (見 ?)"));
}

/* ---- what there is to choose from ---- */

/* What the act can be done to, as words with blanks between; gives how many. */
static size_t choices(const struct nd_desk *desk, char *out, size_t bytes)
{
    bool answers = strcmp(desk->act, "answer") == 0;
    bool fires = strcmp(desk->act, "fire") == 0;
    size_t i = 0;
    size_t count = 0;
    size_t used = 0;
    json_t *entry = NULL;
    *out = '\0';
    json_array_foreach(json_object_get(desk->status, "confirmations"), i, entry)
    {
        long long number = (long long)json_integer_value(json_object_get(entry, "number"));
        if (answers && used + 24 < bytes)
            used += (size_t)snprintf(out + used, bytes - used, "%s%lld", count++ != 0 ? " " : "",
                                     number);
    }
    json_array_foreach(json_object_get(desk->status, "injects"), i, entry)
    {
        const char *state = nd_view_string(entry, "state");
        const char *id = nd_view_string(entry, "id");
        bool open = strcmp(state, "open") == 0;
        bool ahead = strcmp(state, "pending") == 0 || strcmp(state, "waiting") == 0;
        bool late = strcmp(nd_view_string(entry, "overdue"), "unanswered") == 0;
        bool by_hand = open && *nd_view_string(entry, "overdue") != '\0';
        if ((answers ? open || late
             : fires ? ahead || by_hand
                     : ahead || open) &&
            used + strlen(id) + 2 < bytes)
            used += (size_t)snprintf(out + used, bytes - used, "%s%s", count++ != 0 ? " " : "", id);
    }
    return count;
}

static const json_t *find(const struct nd_desk *desk, const char *list, const char *key,
                          const char *wanted)
{
    size_t i = 0;
    json_t *entry = NULL;
    char number[24];
    json_array_foreach(json_object_get(desk->status, list), i, entry)
    {
        const json_t *value = json_object_get(entry, key);
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        if (strcmp(json_is_integer(value) ? number : json_string_value(value), wanted) == 0)
            return entry;
    }
    return NULL;
}

/* Those who have not answered an inject yet. */
static size_t recipients(const json_t *inject, char *out, size_t bytes)
{
    size_t i = 0;
    size_t count = 0;
    size_t used = 0;
    json_t *to = NULL;
    *out = '\0';
    json_array_foreach(json_object_get(inject, "recipients"), i, to)
    {
        const char *name = nd_view_string(to, "name");
        if (strcmp(nd_view_string(to, "state"), "answered") != 0 && used + strlen(name) + 2 < bytes)
            used +=
                (size_t)snprintf(out + used, bytes - used, "%s%s", count++ != 0 ? " " : "", name);
    }
    return count;
}

/* ---- prompts ---- */

static void begin(struct nd_desk *desk, enum nd_prompt prompt, const char *act)
{
    desk->prompt = prompt;
    desk->act = act;
    desk->typed[0] = '\0';
    desk->message[0] = '\0';
    desk->bad = false;
}

/* The act's next question, once it is known what it is for. */
static void chosen(struct nd_desk *desk)
{
    const json_t *confirmation = find(desk, "confirmations", "number", desk->which);
    const json_t *inject = find(desk, "injects", "id", desk->which);
    desk->who[0] = '\0';
    if (strcmp(desk->act, "answer") == 0 && confirmation != NULL) {
        snprintf(desk->sentence, sizeof desk->sentence, "%s",
                 nd_view_text(json_object_get(confirmation, "sentence"), desk->view.zh));
        begin(desk, ND_PROMPT_YES_NO, desk->act);
    } else if (inject == NULL) {
        begin(desk, ND_PROMPT_NONE, NULL);
        nd_desk_tell(desk, true, done_words(desk, "there is no such thing open", "沒有這一項"));
    } else if (strcmp(desk->act, "answer") == 0) {
        bool several = recipients(inject, desk->sentence, sizeof desk->sentence) > 1;
        begin(desk, several ? ND_PROMPT_WHO : ND_PROMPT_TEXT, desk->act);
    } else if (strcmp(desk->act, "skip") == 0) {
        begin(desk, ND_PROMPT_REASON, desk->act);
    } else {
        begin(desk, ND_PROMPT_NONE, NULL);
        ask(desk,
            json_pack("{s:s, s:s, s:s}", "do", "fire", "inject", desk->which, "person",
                      desk->actor),
            done_words(desk, "fired", "已發出"));
    }
}

static void choose(struct nd_desk *desk, const char *act)
{
    begin(desk, ND_PROMPT_WHICH, act);
    size_t count = choices(desk, desk->sentence, sizeof desk->sentence);
    if (count == 0) {
        begin(desk, ND_PROMPT_NONE, NULL);
        nd_desk_tell(desk, true,
                     strcmp(act, "answer") == 0
                         ? done_words(desk, "nobody is asked anything now", "目前無待回覆事項")
                         : done_words(desk, "there is no inject for that now", "目前無此類狀況"));
    } else if (count == 1 && strcmp(act, "answer") == 0) {
        snprintf(desk->which, sizeof desk->which, "%.95s", desk->sentence);
        chosen(desk);
    } else if (count == 1) {
        /* Enter is still asked for: a slip of the finger fires nothing. */
        snprintf(desk->typed, sizeof desk->typed, "%s", desk->sentence);
    }
}

static void answer_inject(struct nd_desk *desk, const char *text)
{
    const char *person = desk->who[0] != '\0' ? desk->who : NULL;
    if (*text == '\0')
        ask(desk,
            json_pack("{s:s, s:s, s:s*}", "do", "ack", "inject", desk->which, "person", person),
            done_words(desk, "acknowledged", "已表示已讀"));
    else
        ask(desk,
            json_pack("{s:s, s:s, s:s, s:s*}", "do", "answer", "inject", desk->which, "text", text,
                      "person", person),
            done_words(desk, "answered", "已回覆"));
}

static void give_note(struct nd_desk *desk, const char *text)
{
    if (*text != '\0')
        ask(desk, json_pack("{s:s, s:s, s:s}", "do", "note", "text", text, "person", desk->actor),
            done_words(desk, "noted", "已記錄"));
}

static void skip(struct nd_desk *desk, const char *reason)
{
    ask(desk,
        json_pack("{s:s, s:s, s:s, s:s}", "do", "skip", "inject", desk->which, "reason", reason,
                  "person", desk->actor),
        done_words(desk, "skipped", "已略過"));
}

static void typed_id(struct nd_desk *desk, const char *text)
{
    const char *id = nd_view_string(json_object_get(desk->status, "drill"), "id");
    if (*id != '\0' && strcmp(text, id) == 0)
        abort_run(desk, "aborted by hand");
    else
        nd_desk_tell(
            desk, true,
            done_words(desk, "not aborted: that is not the drill's id", "未中止：代號不符"));
}

/* Enter. */
static void entered(struct nd_desk *desk)
{
    char text[TYPED_MAX + 1];
    enum nd_prompt prompt = desk->prompt;
    const char *act = desk->act;
    memcpy(text, desk->typed, sizeof text);
    if (prompt == ND_PROMPT_WHICH) {
        snprintf(desk->which, sizeof desk->which, "%.95s", *text == '#' ? text + 1 : text);
        chosen(desk);
        return;
    }
    if (prompt == ND_PROMPT_WHO) {
        begin(desk, ND_PROMPT_TEXT, act);
        snprintf(desk->who, sizeof desk->who, "%.95s", text);
        return;
    }
    begin(desk, ND_PROMPT_NONE, NULL);
    if (prompt == ND_PROMPT_ORDER)
        order(desk, text);
    else if (prompt == ND_PROMPT_ID)
        typed_id(desk, text);
    else if (prompt == ND_PROMPT_REASON)
        skip(desk, text);
    else if (strcmp(act, "note") == 0)
        give_note(desk, text);
    else
        answer_inject(desk, text);
}

/* ---- keys ---- */

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

static void prompt_key(struct nd_desk *desk, int key)
{
    if (key == ESCAPE) {
        begin(desk, ND_PROMPT_NONE, NULL);
    } else if (desk->prompt == ND_PROMPT_YES_NO) {
        begin(desk, key == 'y' || key == 'n' ? ND_PROMPT_NONE : ND_PROMPT_YES_NO, desk->act);
        if (key == 'y' || key == 'n')
            confirm(desk, key == 'y');
    } else if (key == '\n' || key == '\r') {
        entered(desk);
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
    if (key == 'p')
        pause_or_resume(desk, "pause");
    else if (key == 'r')
        pause_or_resume(desk, "resume");
    else if (key == 'a')
        choose(desk, "answer");
    else if (key == 'f')
        choose(desk, "fire");
    else if (key == 's')
        choose(desk, "skip");
    else if (key == 'n')
        begin(desk, ND_PROMPT_TEXT, "note");
    else if (key == 'A')
        begin(desk, ND_PROMPT_ID, "abort");
    else if (key == 'q' && desk->run.leaves)
        desk->leave = true;
    else if (key == 'q')
        nd_desk_tell(desk, true,
                     done_words(desk,
                                "this is the run itself: A aborts it; others use netdrill watch",
                                "此為演練本身：A 中止；旁觀請用 netdrill watch"));
    else if (key > ' ') {
        begin(desk, ND_PROMPT_ORDER, "order");
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
