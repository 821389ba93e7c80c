#include "exercise/msel_cells.h"

#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ---- */

char nd_msel_lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c;
}

const char *nd_msel_trim(const char *text, struct nd_arena *arena)
{
    static const char wide[] = "　";
    size_t len = 0;
    for (;;) {
        size_t skip = strspn(text, " \t\r\n");
        skip += strncmp(text + skip, wide, 3) == 0 ? 3 : 0;
        if (skip == 0)
            break;
        text += skip;
    }
    len = strlen(text);
    while (len != 0) {
        if (strchr(" \t\r\n", text[len - 1]) != NULL)
            len--;
        else if (len >= 3 && strncmp(text + len - 3, wide, 3) == 0)
            len -= 3;
        else
            break;
    }
    return nd_arena_strndup(arena, text, len);
}

struct nd_text2 nd_msel_text2(const char *text, const char *between, struct nd_arena *arena)
{
    char mark[16];
    snprintf(mark, sizeof mark, "%s[en] ", between);
    if (*text == '\0')
        return (struct nd_text2){NULL, NULL};
    if (strncmp(text, "[en] ", 5) == 0)
        return (struct nd_text2){NULL, nd_arena_strdup(arena, text + 5)};
    if (strncmp(text, "[zh] ", 5) != 0) {
        const char *both = nd_arena_strdup(arena, text);
        return (struct nd_text2){both, both};
    }
    const char *en = strstr(text, mark);
    if (en == NULL)
        return (struct nd_text2){nd_arena_strdup(arena, text + 5), NULL};
    return (struct nd_text2){nd_arena_strndup(arena, text + 5, (size_t)(en - text) - 5),
                             nd_arena_strdup(arena, en + strlen(mark))};
}

const char *nd_msel_part(const char **at, const char *const *separators, struct nd_arena *arena)
{
    const char *text = *at;
    size_t len = 0;
    size_t skip = 0;
    if (*text == '\0')
        return NULL;
    for (; text[len] != '\0' && skip == 0; len++) {
        for (size_t i = 0; separators[i] != NULL && skip == 0; i++) {
            size_t width = strlen(separators[i]);
            skip = strncmp(text + len, separators[i], width) == 0 ? width : 0;
        }
        if (skip != 0)
            break;
    }
    *at = text + len + skip;
    return nd_msel_trim(nd_arena_strndup(arena, text, len), arena);
}

void nd_msel_quote(struct nd_buf *out, const char *text)
{
    nd_buf_adds(out, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            nd_buf_addf(out, "\\%c", *c);
        else if (*c == '\n')
            nd_buf_adds(out, "\\n");
        else if ((unsigned char)*c < ' ' || *c == 0x7f)
            nd_buf_addf(out, "\\%03u", (unsigned)(unsigned char)*c);
        else
            nd_buf_add(out, c, 1);
    }
    nd_buf_adds(out, "\"");
}

/* ---- types ---- */

const char *nd_msel_type(const char *text, const char **rest)
{
    static const struct {
        const char *name, *words;
    } types[] = {{"standard", "|standard|contextual|inject|標準|一般|主要|"},
                 {"contingency", "|contingency|應急|備用|應變|"},
                 {"information", "|information|info|facilitation|資訊|訊息|說明|"},
                 {"decision", "|decision|決策|"},
                 {"fault", "|fault|故障|障礙|"},
                 {"exercise", "|exercise|drill|演練|演習|"},
                 {"objective", "|objective|目標|"},
                 {"target", "|target|能力目標|指標|"},
                 {"task", "|task|criticaltask|任務|關鍵任務|"},
                 {"phase", "|phase|階段|"}};
    const char *colon = strpbrk(text, ":");
    const char *wide = strstr(text, "：");
    const char *end = colon != NULL ? colon : wide != NULL ? wide : text + strlen(text);
    char word[64];
    size_t used = 0;
    *rest = colon != NULL ? colon + 1 : wide != NULL ? wide + strlen("：") : "";
    word[used++] = '|';
    for (const char *c = text; c < end && used < sizeof word - 2; c++) {
        if (*c != ' ')
            word[used++] = nd_msel_lower(*c);
    }
    word[used++] = '|';
    word[used] = '\0';
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (used > 2 && strstr(types[i].words, word) != NULL)
            return types[i].name;
    }
    return used == 2 ? "standard" : NULL;
}

bool nd_msel_is_on_call(const char *text)
{
    return strcmp(text, "on call") == 0 || strcmp(text, "on_call") == 0 ||
           strcmp(text, "待命") == 0;
}

/* ---- calls ---- */

/* One word of a call, or a quoted value; *at moves on. False: a quote is not closed. */
static bool next_word(const char **at, struct nd_buf *word, bool *quoted)
{
    const char *c = *at + strspn(*at, " \t");
    nd_buf_reset(word);
    *quoted = false;
    for (; *c != '\0' && *c != ' ' && *c != '\t'; c++) {
        if (*c != '"') {
            nd_buf_add(word, c, 1);
            continue;
        }
        *quoted = true;
        for (c++; *c != '"'; c++) {
            if (*c == '\\' && c[1] != '\0')
                c++;
            if (*c == '\0')
                return false;
            nd_buf_add(word, c, 1);
        }
    }
    *at = c;
    return true;
}

/* A name that may stand in a scenario as it is. */
static bool is_name(const char *text, size_t len)
{
    static const char words[] =
        " and break do else elseif end false for function goto if in local nil "
        "not or repeat return then true until while ";
    char word[64];
    size_t good = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (len == 0 || good < len || *text < 'a' || *text > 'z' || len > sizeof word - 3)
        return false;
    snprintf(word, sizeof word, " %.*s ", (int)len, text);
    return strstr(words, word) == NULL; /* of Lua's own */
}

static bool put_option(struct nd_buf *lua, const char *word, bool quoted, struct nd_fail *why)
{
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : 0;
    if (equals == NULL || !is_name(word, len)) {
        nd_fail_set(why, ND_EARG, "expected key=value, got '%.60s'", word);
        return false;
    }
    const char *value = equals + 1;
    double number = 0;
    bool bare = !quoted && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ||
                            nd_real_parse(value, &number, NULL) == ND_OK);
    nd_buf_addf(lua, ", %.*s = ", (int)len, word);
    if (bare)
        nd_buf_adds(lua, value);
    else
        nd_msel_quote(lua, value);
    return true;
}

bool nd_msel_call(const char *text, bool list, struct nd_buf *lua, const char **plugin,
                  struct nd_arena *arena, struct nd_fail *why)
{
    struct nd_buf word = {0};
    bool quoted = false;
    bool good = next_word(&text, &word, &quoted);
    const char *verb = nd_arena_strdup(arena, nd_buf_str(&word));
    const char *dot = strchr(verb, '.');
    if (dot == NULL || !is_name(verb, (size_t)(dot - verb)) || !is_name(dot + 1, strlen(dot + 1))) {
        nd_fail_set(why, ND_EARG,
                    "expected a verb and its target, such as 'links.down jia-cell', got "
                    "'%.60s'",
                    verb);
        nd_buf_deinit(&word);
        return false;
    }
    *plugin = nd_arena_strndup(arena, verb, (size_t)(dot - verb));
    good = good && next_word(&text, &word, &quoted);
    nd_buf_addf(lua, list ? "{ %s, site " : "%s { site ", verb);
    nd_msel_quote(lua, nd_buf_str(&word));
    while (good && text[strspn(text, " \t")] != '\0') {
        good = next_word(&text, &word, &quoted);
        if (good && !put_option(lua, nd_buf_str(&word), quoted, why))
            break;
    }
    if (!good)
        nd_fail_set(why, ND_EARG, "a quotation mark is not closed");
    nd_buf_deinit(&word);
    return why->code == ND_OK;
}
