#include "lua/internal.h"

#include <stdlib.h>
#include <string.h>

/* Slips of the pen. Where a text is no Lua, Lua says where it stopped reading; these find what
 * people who write no programs commonly did there: a sign of a Chinese keyboard outside of a text,
 * a quotation mark too few, an 'end' or a brace too few or too many, a comma forgotten, a colon in
 * the place of '='. */

#define WIDE_TOLD_MAX 20 /* of one file: whoever typed all in full width need not read it all */

static const struct nd_token *token_at(const struct nd_source *source, size_t at)
{
    return &source->tokens.at[at];
}

static void tell(struct nd_scenario *scenario, const struct nd_token *token, const char *code,
                 const char *help, const char *text)
{
    nd_diag_add(scenario->diags, code, scenario->source.path, token->line, token->column,
                token->width, help, "%s", text);
}

/* ---- full width ---- */

/* What is written in its place; NULL: it is no sign, but a letter of some script. out: 8 bytes. */
static const char *narrow(unsigned point, char *out)
{
    static const struct {
        unsigned point;
        const char *text;
    } list[] = {{0x00a0, " "},  {0x00ab, "\""}, {0x00bb, "\""}, {0x2013, "--"}, {0x2014, "--"},
                {0x2015, "--"}, {0x2018, "\""}, {0x2019, "\""}, {0x201c, "\""}, {0x201d, "\""},
                {0x201e, "\""}, {0x2026, ".."}, {0x200b, ""},   {0x2260, "~="}, {0x2264, "<="},
                {0x2265, ">="}, {0x3000, " "},  {0x3001, ","},  {0x3002, "."},  {0x300c, "\""},
                {0x300d, "\""}, {0x300e, "\""}, {0x300f, "\""}, {0x3010, "["},  {0x3011, "]"},
                {0xfeff, ""},   {0xff1a, "="},  {0xff02, "\""}, {0xff07, "\""}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (list[i].point == point)
            return list[i].text;
    }
    if (point < 0xff01 || point > 0xff5e)
        return NULL;
    out[0] = (char)(point - 0xfee0);
    out[1] = '\0';
    return out;
}

static bool is_wide(const struct nd_token *token)
{
    return token->kind == ND_TOK_SIGN && ((unsigned char)*token->text & 0x80) != 0;
}

static void tell_wide(struct nd_scenario *scenario, const struct nd_token *token)
{
    char one[8];
    char help[64];
    char text[128];
    size_t len = 0;
    unsigned point = nd_utf8_point(token->text, strlen(token->text), &len);
    const char *plain = narrow(point, one);
    if (plain == NULL) {
        snprintf(text, sizeof text, "'%s' stands outside of a text", token->text);
        tell(scenario, token, "E0109", "put what is for people in quotation marks: \"...\"", text);
        return;
    }
    if (*plain == '\0')
        snprintf(help, sizeof help, "take it out");
    else if (*plain == ' ')
        snprintf(help, sizeof help, "write a plain blank");
    else
        snprintf(help, sizeof help, "write %s", plain);
    snprintf(text, sizeof text,
             "outside of a text there are half-width signs alone, got '%s' (U+%04X)", token->text,
             point);
    tell(scenario, token, "E0109", help, text);
}

static bool find_wide(struct nd_scenario *scenario)
{
    const struct nd_source *source = &scenario->source;
    size_t told = 0;
    for (size_t i = 0; i < source->tokens.count && told < WIDE_TOLD_MAX; i++) {
        const struct nd_token *token = token_at(source, i);
        const struct nd_token *before = i > 0 ? token_at(source, i - 1) : NULL;
        if (!is_wide(token))
            continue;
        /* Of words in a row the first is enough. */
        if (before != NULL && is_wide(before) && before->line == token->line &&
            before->column + 1 == token->column)
            continue;
        tell_wide(scenario, token);
        told++;
    }
    return told != 0;
}

/* ---- a text that does not end ---- */

static bool find_open_text(struct nd_scenario *scenario)
{
    const struct nd_source *source = &scenario->source;
    for (size_t i = 0; i < source->tokens.count; i++) {
        const struct nd_token *token = token_at(source, i);
        if (!token->open)
            continue;
        tell(scenario, token, "E0102",
             "look through the line: each text has \" at both of its ends",
             "a quotation mark is missing in this line: its last text does not end");
        return true;
    }
    return false;
}

/* ---- what is open ---- */

static const char *closer_of(const struct nd_token *token)
{
    static const char *const pairs[][2] = {{"{", "}"},          {"(", ")"},    {"[", "]"},
                                           {"function", "end"}, {"if", "end"}, {"do", "end"},
                                           {"repeat", "until"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (token->kind != ND_TOK_STRING && strcmp(pairs[i][0], token->text) == 0)
            return pairs[i][1];
    }
    return NULL;
}

static bool is_closer(const struct nd_token *token)
{
    static const char *const list[] = {"}", ")", "]", "end", "until"};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (token->kind != ND_TOK_STRING && strcmp(list[i], token->text) == 0)
            return true;
    }
    return false;
}

/* The first closing word or brace that is not the one awaited; false: there is none, or it is not
 * in the line in which Lua stopped. */
static bool find_unpaired(struct nd_scenario *scenario, int line)
{
    const struct nd_source *source = &scenario->source;
    struct ND_VEC(size_t) open = {0};
    bool found = false;
    for (size_t i = 0; i < source->tokens.count && !found; i++) {
        const struct nd_token *token = token_at(source, i);
        if (closer_of(token) != NULL)
            nd_vec_push(&open, i);
        if (!is_closer(token))
            continue;
        const struct nd_token *top =
            open.count != 0 ? token_at(source, open.at[open.count - 1]) : NULL;
        if (top != NULL && strcmp(closer_of(top), token->text) == 0) {
            open.count--;
            continue;
        }
        if (token->line != line)
            break;
        char text[160];
        char help[96];
        found = true;
        if (top == NULL) {
            snprintf(text, sizeof text, "'%s' closes nothing: all before it is closed",
                     token->text);
            snprintf(help, sizeof help, "take it out, or one too many before it");
        } else {
            snprintf(text, sizeof text, "'%s' comes while '%s' of line %d still needs its '%s'",
                     token->text, top->text, top->line, closer_of(top));
            snprintf(help, sizeof help, "write '%s' before it, or take it out", closer_of(top));
        }
        tell(scenario, token, "E0102", help, text);
    }
    nd_vec_free(&open);
    return found;
}

/* ---- next to where Lua stopped ---- */

static bool is_text(const struct nd_source *source, size_t at, const char *text)
{
    return at < source->tokens.count && token_at(source, at)->kind == ND_TOK_SIGN &&
           strcmp(token_at(source, at)->text, text) == 0;
}

static bool ends_value(const struct nd_token *token)
{
    return token->kind != ND_TOK_SIGN || strchr("})]", *token->text) != NULL;
}

/* key: value */
static bool find_colon(struct nd_scenario *scenario, size_t near)
{
    const struct nd_source *source = &scenario->source;
    for (size_t at = near; at > 1 && near - at < 2; at--) {
        if (!is_text(source, at - 1, ":") || token_at(source, at - 2)->kind != ND_TOK_NAME)
            continue;
        char text[160];
        snprintf(text, sizeof text, "a key is followed by '=', got '%s:'",
                 token_at(source, at - 2)->text);
        tell(scenario, token_at(source, at - 1), "E0102", "write = in the place of :", text);
        return true;
    }
    return false;
}

static bool find_comma(struct nd_scenario *scenario, const char *message, size_t near)
{
    const struct nd_source *source = &scenario->source;
    if (strstr(message, "'}' expected") == NULL || near == 0 || near >= source->tokens.count ||
        !ends_value(token_at(source, near - 1)))
        return false;
    const struct nd_token *token = token_at(source, near);
    const char *brace = strstr(message, "(to close '{' at line ");
    bool entry = token->kind != ND_TOK_NAME || is_text(source, near + 1, "=");
    char text[160];
    if (!entry && brace != NULL) {
        snprintf(text, sizeof text, "'{' of line %d is not closed before '%.60s'",
                 atoi(brace + strlen("(to close '{' at line ")), token->text);
        tell(scenario, token, "E0102", "write '}' before it, or a comma if it belongs to the table",
             text);
        return true;
    }
    snprintf(text, sizeof text, "a comma is missing before '%.60s'", token->text);
    tell(scenario, token, "E0102", "put ',' between two entries of a table", text);
    return true;
}

bool nd_slips_tell(struct nd_scenario *scenario, const char *message, int line)
{
    const struct nd_source *source = &scenario->source;
    size_t near = nd_source_named(source, message, line);
    return find_open_text(scenario) || find_wide(scenario) || find_unpaired(scenario, line) ||
           (near < source->tokens.count &&
            (find_colon(scenario, near) || find_comma(scenario, message, near)));
}
