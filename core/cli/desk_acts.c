#include "base/units.h"
#include "cli/desk_state.h"

#include "report/words/reason.h"
#include "run/phrase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the keys of the desk are for: one question after the other, and at the end one request to
 * the run. What the run refuses stays typed, to be mended. */

#define REASON_MAX 512 /* bytes of a refusal: Chinese takes three for two columns */

const char *nd_desk_words(const struct nd_desk *desk, const char *en, const char *zh)
{
    return desk->view.zh ? zh : en;
}

void nd_desk_ask(struct nd_desk *desk, enum nd_prompt prompt, const char *act)
{
    desk->prompt = prompt;
    desk->act = act;
    desk->typed[0] = '\0';
    desk->message[0] = '\0';
    desk->bad = false;
}

/* The question again, with what was typed, and what is wrong with it. */
static void again(struct nd_desk *desk, enum nd_prompt prompt, const char *typed, const char *why)
{
    nd_desk_ask(desk, prompt, desk->act);
    snprintf(desk->typed, sizeof desk->typed, "%s", typed);
    nd_desk_tell(desk, true, why);
}

/* A refusal in the language of the desk. */
static void tell_why(const struct nd_desk *desk, const char *text, char *why, size_t bytes)
{
    char *words = nd_reason_text(desk->view.zh ? ND_LANG_ZH : ND_LANG_EN, text);
    snprintf(why, bytes, "%s", words);
    free(words);
}

/* request: taken over. The answer, or NULL: refused, and *why says so. Caller decrefs. */
static json_t *request(struct nd_desk *desk, json_t *what, char *why, size_t bytes)
{
    json_t *answer = desk->run.ask(desk->run.ctx, what);
    const char *text = json_string_value(json_object_get(answer, "why"));
    if (json_is_true(json_object_get(answer, "ok")))
        return answer;
    tell_why(desk, text != NULL ? text : "the run does not answer", why, bytes);
    json_decref(answer);
    return NULL;
}

/* Asks the run and tells; on a refusal the question `prompt` is put again (NONE: it is told alone).
 */
static void order_run(struct nd_desk *desk, json_t *what, const char *done, enum nd_prompt prompt)
{
    char typed[TYPED_MAX + 1];
    char why[REASON_MAX] = "";
    const char *act = desk->act;
    memcpy(typed, desk->typed, sizeof typed);
    json_t *answer = request(desk, what, why, sizeof why);
    nd_desk_ask(desk, ND_PROMPT_NONE, act);
    if (answer != NULL)
        nd_desk_tell(desk, false, done);
    else if (prompt == ND_PROMPT_NONE)
        nd_desk_tell(desk, true, why);
    else
        again(desk, prompt, typed, why);
    json_decref(answer);
}

/* ---- the run itself ---- */

static void abort_run(struct nd_desk *desk, const char *reason)
{
    order_run(desk,
              json_pack("{s:s, s:s, s:s}", "do", "abort", "actor", desk->actor, "reason", reason),
              nd_desk_words(desk, "aborted: the network is being restored", "已中止，網路復原中"),
              ND_PROMPT_NONE);
}

void nd_desk_pause(struct nd_desk *desk, bool pause)
{
    order_run(desk, json_pack("{s:s, s:s}", "do", pause ? "pause" : "resume", "actor", desk->actor),
              pause ? nd_desk_words(desk, "paused; r lets it go on", "已暫停；按 r 續行")
                    : nd_desk_words(desk, "it goes on", "演練續行"),
              ND_PROMPT_NONE);
}

static void confirm(struct nd_desk *desk, bool yes)
{
    order_run(desk,
              json_pack("{s:s, s:I, s:b, s:s}", "do", "confirm", "number",
                        (json_int_t)strtoll(desk->which, NULL, 10), "yes", yes, "actor",
                        desk->actor),
              yes ? nd_desk_words(desk, "answered: yes", "已回覆：是")
                  : nd_desk_words(desk, "answered: no", "已回覆：否"),
              ND_PROMPT_NONE);
}

/* An order: a phrase that ends the drill, or a word. */
static void order(struct nd_desk *desk, const char *text)
{
    nd_desk_ask(desk, ND_PROMPT_NONE, desk->act);
    if (strcmp(text, "abort") == 0)
        abort_run(desk, "aborted by hand");
    else if (strcmp(text, "pause") == 0 || strcmp(text, "resume") == 0)
        nd_desk_pause(desk, *text == 'p');
    else if (*text != '\0')
        nd_desk_tell(desk, true,
                     nd_desk_words(desk,
                                   "that is no order: pause, resume, abort, or a phrase (see ?)",
                                   "不是命令：pause、resume、abort，或停止演練等用語 (見 ?)"));
}

static void typed_id(struct nd_desk *desk, const char *text)
{
    const char *id = nd_view_string(json_object_get(desk->status, "drill"), "id");
    nd_desk_ask(desk, ND_PROMPT_NONE, desk->act);
    if (*id != '\0' && strcmp(text, id) == 0)
        abort_run(desk, "aborted by hand");
    else
        nd_desk_tell(
            desk, true,
            nd_desk_words(desk, "not aborted: that is not the drill's id", "未中止：代號不符"));
}

/* ---- injects ---- */

static void answer_inject(struct nd_desk *desk, const char *text)
{
    const char *person = desk->who[0] != '\0' ? desk->who : NULL;
    if (*text == '\0')
        order_run(
            desk,
            json_pack("{s:s, s:s, s:s*}", "do", "ack", "inject", desk->which, "person", person),
            nd_desk_words(desk, "acknowledged", "已表示已讀"), ND_PROMPT_TEXT);
    else
        order_run(desk,
                  json_pack("{s:s, s:s, s:s, s:s*}", "do", "answer", "inject", desk->which, "text",
                            text, "person", person),
                  nd_desk_words(desk, "answered", "已回覆"), ND_PROMPT_TEXT);
}

static void fire(struct nd_desk *desk)
{
    order_run(
        desk,
        json_pack("{s:s, s:s, s:s}", "do", "fire", "inject", desk->which, "person", desk->actor),
        nd_desk_words(desk, "fired", "已發出"), ND_PROMPT_NONE);
}

static void skip(struct nd_desk *desk, const char *reason)
{
    order_run(desk,
              json_pack("{s:s, s:s, s:s, s:s}", "do", "skip", "inject", desk->which, "reason",
                        reason, "person", desk->actor),
              nd_desk_words(desk, "skipped", "已略過"), ND_PROMPT_REASON);
}

/* "10m", "T+00:45", and behind it the reason. */
static void defer(struct nd_desk *desk, const char *text)
{
    char till[64];
    char done[256];
    size_t len = strcspn(text, " ");
    const char *reason = text + len + strspn(text + len, " ");
    if (*text == '\0')
        return;
    snprintf(till, sizeof till, "%.*s", (int)(len < sizeof till ? len : sizeof till - 1), text);
    snprintf(done, sizeof done, nd_desk_words(desk, "%s put off: %s", "%s 已延後：%s"), desk->which,
             till);
    order_run(desk,
              json_pack("{s:s, s:s, s:s, s:s, s:s*}", "do", "defer", "inject", desk->which, "till",
                        till, "person", desk->actor, "reason", *reason != '\0' ? reason : NULL),
              done, ND_PROMPT_TILL);
}

/* ---- notes and observations ---- */

static void give_note(struct nd_desk *desk, const char *text)
{
    if (*text == '\0')
        nd_desk_ask(desk, ND_PROMPT_NONE, desk->act);
    else
        order_run(desk,
                  json_pack("{s:s, s:s, s:s}", "do", "note", "text", text, "person", desk->actor),
                  nd_desk_words(desk, "noted", "已記錄"), ND_PROMPT_TEXT);
}

static void observe(struct nd_desk *desk, const char *about)
{
    order_run(
        desk,
        json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "do", "observe", "text", desk->text, "person",
                  desk->actor, "sort", desk->sort, "inject", *about != '\0' ? about : NULL),
        nd_desk_words(desk, "the observation is written down", "觀察已記錄"), ND_PROMPT_ABOUT);
}

/* ---- ad hoc ---- */

static json_t *names_of(const char *text)
{
    json_t *list = json_array();
    while (*text != '\0') {
        size_t len = strcspn(text, " ,;");
        if (len != 0)
            json_array_append_new(list, json_stringn(text, len));
        text += len + (text[len] != '\0');
    }
    return list;
}

/* All of them are people of the site file; else the question is put again. */
static bool take_names(struct nd_desk *desk, const char *text)
{
    json_t *names = names_of(text);
    bool good = json_array_size(names) != 0;
    bool known = json_array_size(json_object_get(desk->status, "people")) == 0;
    size_t i = 0;
    json_t *name = NULL;
    char why[192];
    snprintf(why, sizeof why, "%s", nd_desk_words(desk, "it has to be for somebody", "須有收件者"));
    json_array_foreach(names, i, name)
    {
        const char *word = json_string_value(name);
        if (!good || known || strncmp(word, "role:", 5) == 0 ||
            nd_desk_find(desk, "people", "name", word) != NULL)
            continue;
        snprintf(why, sizeof why, nd_desk_words(desk, "there is no person '%.80s'", "查無 %.80s"),
                 word);
        good = false;
    }
    json_decref(names);
    if (!good)
        again(desk, ND_PROMPT_TO, text, why);
    return good;
}

static void take_within(struct nd_desk *desk, const char *text)
{
    struct nd_fail why = {0};
    nd_ns length = 0;
    char choices[TYPED_MAX];
    char words[REASON_MAX];
    if (*text != '\0' && nd_length_parse(text, &length, &why) != ND_OK) {
        tell_why(desk, why.text, words, sizeof words);
        again(desk, ND_PROMPT_WITHIN, text, words);
        return;
    }
    snprintf(desk->within, sizeof desk->within, "%.60s", text);
    nd_desk_ask(desk, ND_PROMPT_LIKE, desk->act);
    if (nd_desk_choices(desk, "", choices, sizeof choices) == 0)
        nd_desk_entered(desk); /* no inject goes through a channel */
}

static void inject(struct nd_desk *desk, const char *like)
{
    order_run(desk,
              json_pack("{s:s, s:s, s:o, s:s, s:s*, s:s*}", "do", "inject", "title", desk->text,
                        "to", names_of(desk->to), "person", desk->actor, "react_within",
                        desk->within[0] != '\0' ? desk->within : NULL, "like",
                        *like != '\0' ? like : NULL),
              *like != '\0'
                  ? nd_desk_words(desk, "fired", "已發出")
                  : nd_desk_words(desk, "fired; hand it over, then f", "已發出；請交付後按 f"),
              *like != '\0' ? ND_PROMPT_LIKE : ND_PROMPT_TO);
    if (desk->prompt == ND_PROMPT_TO)
        snprintf(desk->typed, sizeof desk->typed, "%s", desk->to);
}

/* ---- duties ---- */

static void met(struct nd_desk *desk, const char *person)
{
    char why[REASON_MAX];
    char length[ND_UNIT_TEXT];
    char done[256];
    json_t *answer = request(
        desk, json_pack("{s:s, s:s, s:s}", "do", "met", "duty", desk->which, "person", person), why,
        sizeof why);
    nd_ns margin = json_integer_value(json_object_get(answer, "margin_ns"));
    if (answer == NULL) {
        char typed[TYPED_MAX + 1];
        memcpy(typed, desk->typed, sizeof typed);
        again(desk, ND_PROMPT_BY, typed, why);
        return;
    }
    nd_length_format((margin < 0 ? -margin : margin) / ND_SEC(1) * ND_SEC(1), length);
    bool limited = json_is_integer(json_object_get(answer, "margin_ns"));
    snprintf(done, sizeof done, "%s%s%s",
             !limited     ? nd_desk_words(desk, "done", "已完成")
             : margin < 0 ? nd_desk_words(desk, "done, late by ", "已完成，逾時 ")
                          : nd_desk_words(desk, "done in time, to spare: ", "如期完成，尚餘 "),
             limited ? length : "", "");
    nd_desk_ask(desk, ND_PROMPT_NONE, desk->act);
    nd_desk_tell(desk, false, done);
    json_decref(answer);
}

/* ---- one question after the other ---- */

static void nothing_there(struct nd_desk *desk)
{
    nd_desk_ask(desk, ND_PROMPT_NONE, desk->act);
    nd_desk_tell(desk, true,
                 strcmp(desk->act, "answer") == 0
                     ? nd_desk_words(desk, "nobody is asked anything now", "目前無待回覆事項")
                 : strcmp(desk->act, "met") == 0
                     ? nd_desk_words(desk, "no clock runs now", "目前無通報時限")
                     : nd_desk_words(desk, "there is no inject for that now", "目前無此類狀況"));
}

static void chosen_inject(struct nd_desk *desk)
{
    char choices[TYPED_MAX];
    if (strcmp(desk->act, "skip") == 0) {
        nd_desk_ask(desk, ND_PROMPT_REASON, desk->act);
    } else if (strcmp(desk->act, "defer") == 0) {
        nd_desk_ask(desk, ND_PROMPT_TILL, desk->act);
    } else if (strcmp(desk->act, "fire") == 0) {
        fire(desk);
    } else {
        nd_desk_ask(desk, ND_PROMPT_WHO, desk->act);
        if (nd_desk_choices(desk, "", choices, sizeof choices) <= 1)
            nd_desk_ask(desk, ND_PROMPT_TEXT, desk->act);
    }
}

/* The act's next question, once it is known what it is for. */
static void chosen(struct nd_desk *desk, const char *text)
{
    snprintf(desk->which, sizeof desk->which, "%.150s", *text == '#' ? text + 1 : text);
    const json_t *confirmation = nd_desk_find(desk, "confirmations", "number", desk->which);
    const json_t *duty = nd_desk_duty(desk, desk->which);
    desk->who[0] = '\0';
    if (strcmp(desk->act, "answer") == 0 && confirmation != NULL) {
        snprintf(desk->sentence, sizeof desk->sentence, "%s",
                 nd_view_text(json_object_get(confirmation, "sentence"), desk->view.zh));
        nd_desk_ask(desk, ND_PROMPT_YES_NO, desk->act);
    } else if (strcmp(desk->act, "met") == 0 && duty != NULL) {
        nd_desk_ask(desk, ND_PROMPT_BY, desk->act);
        snprintf(desk->which, sizeof desk->which, "%s", nd_view_string(duty, "id"));
        snprintf(desk->typed, sizeof desk->typed, "%s", nd_view_string(duty, "owner"));
    } else if (strcmp(desk->act, "met") != 0 &&
               nd_desk_find(desk, "injects", "id", desk->which) != NULL) {
        chosen_inject(desk);
    } else {
        again(desk, ND_PROMPT_WHICH, text,
              nd_desk_words(desk, "there is no such thing open", "沒有這一項"));
    }
}

static void choose(struct nd_desk *desk, const char *act)
{
    char choices[TYPED_MAX];
    nd_desk_ask(desk, ND_PROMPT_WHICH, act);
    size_t count = nd_desk_choices(desk, "", choices, sizeof choices);
    if (count == 0)
        nothing_there(desk);
    else if (count == 1 && strcmp(act, "answer") == 0)
        chosen(desk, choices);
    else if (count == 1) /* Enter is still asked for: a slip of the finger fires nothing. */
        snprintf(desk->typed, sizeof desk->typed, "%s", choices);
}

void nd_desk_act(struct nd_desk *desk, const char *act)
{
    static const char *const with_text[] = {"note", "observe", "inject"};
    for (size_t i = 0; i < sizeof with_text / sizeof with_text[0]; i++) {
        if (strcmp(act, with_text[i]) == 0) {
            nd_desk_ask(desk, ND_PROMPT_TEXT, act);
            return;
        }
    }
    if (strcmp(act, "abort") == 0)
        nd_desk_ask(desk, ND_PROMPT_ID, act);
    else
        choose(desk, act);
}

static void text_entered(struct nd_desk *desk, const char *text)
{
    bool observes = strcmp(desk->act, "observe") == 0;
    if (strcmp(desk->act, "note") == 0) {
        give_note(desk, text);
    } else if (nd_is_abort_phrase(text)) { /* nothing more is asked before it is heard */
        abort_run(desk, text);
    } else if (strcmp(desk->act, "answer") == 0) {
        answer_inject(desk, text);
    } else if (*text == '\0') {
        nd_desk_ask(desk, ND_PROMPT_NONE, desk->act);
    } else {
        snprintf(desk->text, sizeof desk->text, "%s", text);
        nd_desk_ask(desk, observes ? ND_PROMPT_SORT : ND_PROMPT_TO, desk->act);
    }
}

void nd_desk_entered(struct nd_desk *desk)
{
    char text[TYPED_MAX + 1];
    size_t from = strspn(desk->typed, " ");
    snprintf(text, sizeof text, "%s", desk->typed + from);
    for (size_t len = strlen(text); len != 0 && text[len - 1] == ' '; len--)
        text[len - 1] = '\0';
    if (desk->prompt != ND_PROMPT_TEXT && nd_is_abort_phrase(text)) { /* whatever was asked */
        abort_run(desk, text);
        return;
    }
    switch (desk->prompt) {
    case ND_PROMPT_ORDER:
        order(desk, text);
        break;
    case ND_PROMPT_WHICH:
        chosen(desk, text);
        break;
    case ND_PROMPT_WHO:
        snprintf(desk->who, sizeof desk->who, "%.95s", text);
        nd_desk_ask(desk, ND_PROMPT_TEXT, desk->act);
        break;
    case ND_PROMPT_TEXT:
        text_entered(desk, text);
        break;
    case ND_PROMPT_REASON:
        skip(desk, text);
        break;
    case ND_PROMPT_TILL:
        defer(desk, text);
        break;
    case ND_PROMPT_ABOUT:
        observe(desk, text);
        break;
    case ND_PROMPT_TO:
        if (take_names(desk, text)) {
            snprintf(desk->to, sizeof desk->to, "%.250s", text);
            nd_desk_ask(desk, ND_PROMPT_WITHIN, desk->act);
        }
        break;
    case ND_PROMPT_WITHIN:
        take_within(desk, text);
        break;
    case ND_PROMPT_LIKE:
        inject(desk, text);
        break;
    case ND_PROMPT_BY:
        met(desk, text);
        break;
    case ND_PROMPT_ID:
        typed_id(desk, text);
        break;
    default:
        break;
    }
}

void nd_desk_answered(struct nd_desk *desk, int key)
{
    char choices[TYPED_MAX];
    bool enter = key == '\n' || key == '\r';
    if (desk->prompt == ND_PROMPT_YES_NO) {
        if (key == 'y' || key == 'n')
            confirm(desk, key == 'y');
    } else if (key == 's' || key == 'i' || enter) {
        desk->sort = key == 's' ? "strength" : key == 'i' ? "improvement" : NULL;
        nd_desk_ask(desk, ND_PROMPT_ABOUT, desk->act);
        if (nd_desk_choices(desk, "", choices, sizeof choices) == 0)
            observe(desk, "");
    }
}
