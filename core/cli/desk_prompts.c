#include "cli/desk_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the desk can be asked to act on, and the questions it puts. */

/* ---- what there is to choose from ---- */

struct words {
    const char *prefix;
    char *out;
    size_t bytes, used, count;
};

static void add(struct words *words, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(word, words->prefix, strlen(words->prefix)) != 0 ||
        words->used + len + 2 > words->bytes)
        return;
    words->used += (size_t)snprintf(words->out + words->used, words->bytes - words->used, "%s%s",
                                    words->count++ != 0 ? " " : "", word);
}

static bool is_state(const json_t *entry, const char *state)
{
    return strcmp(nd_view_string(entry, "state"), state) == 0;
}

static bool is_overdue(const json_t *inject)
{
    return *nd_view_string(inject, "overdue") != '\0';
}

/* Whether the act can be done to an inject as it stands. */
static bool can(const char *act, const json_t *inject)
{
    bool ahead = is_state(inject, "pending") || is_state(inject, "waiting");
    bool open = is_state(inject, "open");
    if (strcmp(act, "answer") == 0)
        return open || strcmp(nd_view_string(inject, "overdue"), "unanswered") == 0;
    if (strcmp(act, "fire") == 0)
        return ahead || (open && is_overdue(inject));
    if (strcmp(act, "skip") == 0)
        return ahead || open;
    if (strcmp(act, "defer") == 0)
        return is_state(inject, "pending");
    if (strcmp(act, "observe") == 0)
        return !ahead;
    return strcmp(act, "inject") == 0 && !json_is_true(json_object_get(inject, "by_hand"));
}

static bool is_owed(const json_t *duty)
{
    return is_state(duty, "open") || is_state(duty, "missed");
}

static bool is_same(const json_t *a, const json_t *b)
{
    return strcmp(nd_view_string(a, "duty"), nd_view_string(b, "duty")) == 0 &&
           strcmp(nd_view_string(a, "case"), nd_view_string(b, "case")) == 0;
}

/* "first-report", or "first-report@matsu"; where two clocks would be called so, the whole id. */
static void duty_word(const struct nd_desk *desk, const json_t *duty, char *out, size_t bytes)
{
    const char *case_name = nd_view_string(duty, "case");
    size_t i = 0;
    size_t same = 0;
    json_t *other = NULL;
    json_array_foreach(json_object_get(desk->status, "obligations"), i, other) same +=
        is_owed(other) && is_same(duty, other);
    if (same > 1)
        snprintf(out, bytes, "%s", nd_view_string(duty, "id"));
    else
        snprintf(out, bytes, "%s%s%s", nd_view_string(duty, "duty"), *case_name != '\0' ? "@" : "",
                 case_name);
}

const json_t *nd_desk_duty(const struct nd_desk *desk, const char *word)
{
    char own[TYPED_MAX];
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(json_object_get(desk->status, "obligations"), i, duty)
    {
        duty_word(desk, duty, own, sizeof own);
        if (is_owed(duty) &&
            (strcmp(own, word) == 0 || strcmp(nd_view_string(duty, "id"), word) == 0))
            return duty;
    }
    return NULL;
}

static void add_duties(const struct nd_desk *desk, struct words *words)
{
    char word[TYPED_MAX];
    size_t i = 0;
    json_t *duty = NULL;
    json_array_foreach(json_object_get(desk->status, "obligations"), i, duty)
    {
        duty_word(desk, duty, word, sizeof word);
        if (is_owed(duty))
            add(words, word);
    }
}

static void add_recipients(const struct nd_desk *desk, struct words *words)
{
    const json_t *inject = nd_desk_find(desk, "injects", "id", desk->which);
    size_t i = 0;
    json_t *to = NULL;
    json_array_foreach(json_object_get(inject, "recipients"), i, to)
    {
        if (!is_state(to, "answered"))
            add(words, nd_view_string(to, "name"));
    }
}

/* Those who play stand first. */
static void add_people(const struct nd_desk *desk, struct words *words)
{
    size_t i = 0;
    json_t *person = NULL;
    for (int players = 1; players >= 0; players--) {
        json_array_foreach(json_object_get(desk->status, "people"), i, person)
        {
            if ((strcmp(nd_view_string(person, "role"), "player") == 0) == (players != 0))
                add(words, nd_view_string(person, "name"));
        }
    }
}

static void add_options(const struct nd_desk *desk, struct words *words)
{
    const json_t *inject = nd_desk_find(desk, "injects", "id", desk->which);
    size_t i = 0;
    json_t *option = NULL;
    json_array_foreach(json_object_get(inject, "options"), i, option)
        add(words, json_string_value(option));
}

static void add_which(const struct nd_desk *desk, struct words *words)
{
    size_t i = 0;
    json_t *entry = NULL;
    char number[24];
    json_array_foreach(json_object_get(desk->status, "confirmations"), i, entry)
    {
        snprintf(number, sizeof number, "%lld",
                 (long long)json_integer_value(json_object_get(entry, "number")));
        if (strcmp(desk->act, "answer") == 0)
            add(words, number);
    }
    json_array_foreach(json_object_get(desk->status, "injects"), i, entry)
    {
        if (can(desk->act, entry))
            add(words, nd_view_string(entry, "id"));
    }
}

size_t nd_desk_choices(const struct nd_desk *desk, const char *prefix, char *out, size_t bytes)
{
    struct words words = {prefix, out, bytes, 0, 0};
    bool answers = strcmp(desk->act, "answer") == 0;
    *out = '\0';
    if (desk->prompt == ND_PROMPT_WHICH && strcmp(desk->act, "met") == 0)
        add_duties(desk, &words);
    else if (desk->prompt == ND_PROMPT_WHICH || desk->prompt == ND_PROMPT_ABOUT ||
             desk->prompt == ND_PROMPT_LIKE)
        add_which(desk, &words);
    else if (desk->prompt == ND_PROMPT_WHO)
        add_recipients(desk, &words);
    else if (desk->prompt == ND_PROMPT_TO || desk->prompt == ND_PROMPT_BY)
        add_people(desk, &words);
    else if (desk->prompt == ND_PROMPT_TEXT && answers)
        add_options(desk, &words);
    return words.count;
}

const json_t *nd_desk_find(const struct nd_desk *desk, const char *list, const char *key,
                           const char *wanted)
{
    size_t i = 0;
    json_t *entry = NULL;
    char number[24];
    json_array_foreach(json_object_get(desk->status, list), i, entry)
    {
        const json_t *value = json_object_get(entry, key);
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        if (strcmp(json_is_integer(value) ? number : nd_view_string(entry, key), wanted) == 0)
            return entry;
    }
    return NULL;
}

/* ---- questions ---- */

/* As much of the text as fits. Caller frees. */
static char *fitted(const char *text, size_t columns)
{
    if (nd_text_width(text) <= columns)
        return nd_strdup(text);
    return nd_printf("%.*s\u2026", (int)nd_text_fit(text, columns - 1), text);
}

static char *text_question(const struct nd_desk *desk)
{
    bool zh = desk->view.zh;
    if (strcmp(desk->act, "note") == 0)
        return nd_strdup(zh ? "記事: " : "note: ");
    if (strcmp(desk->act, "observe") == 0)
        return nd_strdup(zh ? "觀察: " : "observed: ");
    if (strcmp(desk->act, "inject") == 0)
        return nd_strdup(zh ? "臨時狀況: " : "ad-hoc inject: ");
    return nd_printf(zh ? "%s 之回覆 (空白: 僅表示已讀): " : "answer to %s (empty: read only): ",
                     desk->which);
}

static const char *act_words(const struct nd_desk *desk)
{
    static const char *const words[][2] = {{"fire", "發出"},
                                           {"skip", "略過"},
                                           {"defer", "延後"},
                                           {"met", "完成通報"},
                                           {"answer", "回覆"}};
    for (size_t i = 0; desk->view.zh && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], desk->act) == 0)
            return words[i][1];
    }
    return desk->act;
}

static char *yes_no_question(const struct nd_desk *desk, size_t columns)
{
    char *sentence = fitted(desk->sentence, columns > 30 ? columns - 18 : 12);
    char *text = nd_printf("#%s %s  [y/n] ", desk->which, sentence);
    free(sentence);
    return text;
}

char *nd_desk_question(const struct nd_desk *desk, size_t columns)
{
    /* With %s: the act's word, or what it is done to. */
    static const char *const texts[ND_PROMPT_COUNT][2] = {
        [ND_PROMPT_ORDER] = {"order: ", "命令: "},
        [ND_PROMPT_WHICH] = {"%s which: ", "%s 哪一項: "},
        [ND_PROMPT_WHO] = {"%s: for whom: ", "%s: 由誰回覆: "},
        [ND_PROMPT_REASON] = {"skip %s because: ", "略過 %s 之理由: "},
        [ND_PROMPT_TILL] = {"%s till (10m or T+00:45, then why): ",
                            "%s 延至 (10m 或 T+00:45，其後可寫理由): "},
        [ND_PROMPT_SORT] = {"s strength  i to be improved  Enter neither ",
                            "s 優點  i 待改善  Enter 皆非 "},
        [ND_PROMPT_ABOUT] = {"about which inject (Enter: none): ", "關於哪一狀況 (Enter: 無): "},
        [ND_PROMPT_TO] = {"for whom (several: blanks between): ", "收件者 (可多人，以空白分隔): "},
        [ND_PROMPT_WITHIN] = {"they may take (10m; Enter: nothing is waited for): ",
                              "反應時限 (如 10m；Enter: 不限): "},
        [ND_PROMPT_LIKE] = {"through the channel of which inject (Enter: by hand): ",
                            "經由哪一狀況之管道 (Enter: 人工交付): "},
        [ND_PROMPT_BY] = {"%s was done by: ", "%s 由誰完成: "}};
    bool zh = desk->view.zh;
    const char *text = texts[desk->prompt][zh ? 1 : 0];
    const char *about = desk->prompt == ND_PROMPT_WHICH ? act_words(desk) : desk->which;
    if (desk->prompt == ND_PROMPT_YES_NO)
        return yes_no_question(desk, columns);
    if (desk->prompt == ND_PROMPT_TEXT)
        return text_question(desk);
    if (desk->prompt == ND_PROMPT_ID)
        return nd_printf(zh ? "要中止演練並復原網路，請輸入 %s: "
                            : "to abort the drill and restore the network, type %s: ",
                         nd_view_string(json_object_get(desk->status, "drill"), "id"));
    const char *gap = text != NULL ? strstr(text, "%s") : NULL;
    if (gap == NULL)
        return nd_strdup(text != NULL ? text : desk->message);
    return nd_printf("%.*s%s%s", (int)(gap - text), text, about, gap + 2);
}
