#include "lua/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Lua's own errors know lines; people want columns. These are the tokens of the text, and where in
 * it tables are given to names. It reads any bytes: what is not Lua gives tokens of no use. */

struct lexer {
    struct nd_source *source;
    const char *at, *end, *begin;
    int line, column;
};

static void advance(struct lexer *lexer, size_t bytes)
{
    for (const char *till = lexer->at + bytes; lexer->at < till; lexer->at++) {
        if (*lexer->at == '\n') {
            lexer->line++;
            lexer->column = 1;
        } else if (((unsigned char)*lexer->at & 0xc0) != 0x80) {
            lexer->column++;
        }
    }
}

static size_t left(const struct lexer *lexer)
{
    return (size_t)(lexer->end - lexer->at);
}

/* Length of "[[", "[=[", ... at the place, 0 when there is none; *level: its equals signs. */
static size_t long_bracket(const struct lexer *lexer, size_t skip, size_t *level)
{
    const char *at = lexer->at + skip;
    if (at >= lexer->end || *at != '[')
        return 0;
    const char *s = at + 1;
    while (s < lexer->end && *s == '=')
        s++;
    *level = (size_t)(s - at - 1);
    return s < lexer->end && *s == '[' ? (size_t)(s - at + 1) : 0;
}

/* Bytes up to and with the closing long bracket. */
static size_t long_end(const struct lexer *lexer, size_t from, size_t level)
{
    for (const char *at = lexer->at + from; at < lexer->end; at++) {
        if (*at != ']')
            continue;
        const char *s = at + 1;
        while (s < lexer->end && *s == '=')
            s++;
        if ((size_t)(s - at - 1) == level && s < lexer->end && *s == ']')
            return (size_t)(s + 1 - lexer->at);
    }
    return left(lexer);
}

static bool skip_comment(struct lexer *lexer)
{
    size_t level = 0;
    if (left(lexer) < 2 || lexer->at[0] != '-' || lexer->at[1] != '-')
        return false;
    size_t bracket = long_bracket(lexer, 2, &level);
    if (bracket != 0) {
        advance(lexer, long_end(lexer, 2 + bracket, level));
    } else {
        const char *newline = memchr(lexer->at, '\n', left(lexer));
        advance(lexer, newline != NULL ? (size_t)(newline - lexer->at) : left(lexer));
    }
    return true;
}

static void push(struct lexer *lexer, enum nd_token_kind kind, const char *text, size_t len,
                 size_t bytes)
{
    struct nd_token token = {.kind = kind,
                             .line = lexer->line,
                             .column = lexer->column,
                             .from = (size_t)(lexer->at - lexer->begin),
                             .till = (size_t)(lexer->at - lexer->begin) + bytes,
                             .text = nd_arena_strndup(&lexer->source->arena, text, len)};
    char *whole = strndup(lexer->at, bytes);
    token.width = (int)nd_text_width(whole);
    free(whole);
    token.open = kind == ND_TOK_STRING && len + 1 == bytes;
    nd_vec_push(&lexer->source->tokens, token);
    advance(lexer, bytes);
}

static void read_string(struct lexer *lexer)
{
    char quote = *lexer->at;
    const char *at = lexer->at + 1;
    while (at < lexer->end && *at != quote && *at != '\n')
        at += *at == '\\' && at + 1 < lexer->end ? 2 : 1;
    size_t len = (size_t)(at - lexer->at - 1);
    push(lexer, ND_TOK_STRING, lexer->at + 1, len, len + 1 + (at < lexer->end && *at == quote));
}

static void read_token(struct lexer *lexer)
{
    const char *at = lexer->at;
    size_t level = 0;
    size_t len = 1;
    if (isalpha((unsigned char)*at) || *at == '_') {
        while (at + len < lexer->end && (isalnum((unsigned char)at[len]) || at[len] == '_'))
            len++;
        push(lexer, ND_TOK_NAME, at, len, len);
    } else if (isdigit((unsigned char)*at)) {
        while (at + len < lexer->end && (isalnum((unsigned char)at[len]) || at[len] == '.'))
            len++;
        push(lexer, ND_TOK_NUMBER, at, len, len);
    } else if (*at == '"' || *at == '\'') {
        read_string(lexer);
    } else if (long_bracket(lexer, 0, &level) != 0) {
        len = long_end(lexer, level + 2, level);
        size_t marks = level + 2;
        push(lexer, ND_TOK_STRING, at + marks, len > 2 * marks ? len - 2 * marks : 0, len);
    } else {
        /* "==" and its kind are one sign, so that "=" means an assignment; so is a character. */
        bool two = at + 1 < lexer->end && at[1] == '=' && strchr("=~<>", *at) != NULL;
        size_t character = nd_utf8_len(at, left(lexer));
        len = two ? 2 : character != 0 ? character : 1;
        push(lexer, ND_TOK_SIGN, at, len, len);
    }
}

/* ---- calls ---- */

static bool sign(const struct nd_source *source, size_t at, const char *text)
{
    return at < source->tokens.count && source->tokens.at[at].kind == ND_TOK_SIGN &&
           strcmp(source->tokens.at[at].text, text) == 0;
}

static bool name_at(const struct nd_source *source, size_t at)
{
    return at < source->tokens.count && source->tokens.at[at].kind == ND_TOK_NAME;
}

/* function ... end counts, so that commas in bodies separate no entries. */
int nd_token_depth(const struct nd_token *token)
{
    static const char *const in[] = {"function", "if", "do", "repeat", NULL};
    if (token->kind == ND_TOK_SIGN)
        return strchr("{([", *token->text) != NULL && token->text[1] == '\0'   ? 1
               : strchr("})]", *token->text) != NULL && token->text[1] == '\0' ? -1
                                                                               : 0;
    if (token->kind != ND_TOK_NAME)
        return 0;
    if (strcmp(token->text, "end") == 0 || strcmp(token->text, "until") == 0)
        return -1;
    for (size_t i = 0; in[i] != NULL; i++) {
        if (strcmp(in[i], token->text) == 0)
            return 1;
    }
    return 0;
}

/* Reads the entries of the table constructor whose '{' is at brace. */
static void read_entries(struct nd_source *source, struct nd_source_call *call)
{
    struct ND_VEC(struct nd_call_entry) entries = {0};
    size_t at = call->brace + 1;
    int positional = 0;
    while (at < source->tokens.count && !sign(source, at, "}")) {
        struct nd_call_entry entry = {.at = at, .value = at};
        if (name_at(source, at) && sign(source, at + 1, "=")) {
            entry.key = source->tokens.at[at].text;
            entry.value = at + 2;
        } else {
            entry.key = nd_arena_printf(&source->arena, "%d", ++positional);
        }
        int depth = 0;
        for (at = entry.value; at < source->tokens.count; at++) {
            if (depth == 0 &&
                (sign(source, at, ",") || sign(source, at, ";") || sign(source, at, "}")))
                break;
            depth += nd_token_depth(&source->tokens.at[at]);
        }
        entry.end = at;
        nd_vec_push(&entries, entry);
        if (!sign(source, at, "}"))
            at++;
    }
    call->count = entries.count;
    call->entries = nd_arena_alloc(&source->arena, (entries.count + 1) * sizeof *call->entries);
    if (entries.count != 0)
        memcpy(call->entries, entries.at, entries.count * sizeof *call->entries);
    nd_vec_free(&entries);
}

#define CALLS_MAX 20000 /* entries are read per call: a hostile nest must not cost its square */

static void find_calls(struct nd_source *source)
{
    size_t read = 0;
    for (size_t i = 0; i + 1 < source->tokens.count && read < source->tokens.count * 32 + 1000;
         i++) {
        if (!name_at(source, i) || (i > 0 && sign(source, i - 1, ".")))
            continue;
        struct nd_source_call call = {.at = i};
        if (sign(source, i + 1, "{")) {
            call.name = source->tokens.at[i].text;
            call.brace = i + 1;
        } else if (sign(source, i + 1, ".") && name_at(source, i + 2) && sign(source, i + 3, "{")) {
            call.name = nd_arena_printf(&source->arena, "%s.%s", source->tokens.at[i].text,
                                        source->tokens.at[i + 2].text);
            call.brace = i + 3;
        } else {
            continue;
        }
        if (source->calls.count >= CALLS_MAX)
            return;
        read_entries(source, &call);
        if (call.count != 0)
            read += call.entries[call.count - 1].end - call.brace;
        nd_vec_push(&source->calls, call);
    }
}

void nd_source_read(struct nd_source *source, const char *path, const char *text, size_t len_bytes)
{
    *source = (struct nd_source){0};
    source->path = nd_arena_strdup(&source->arena, path);
    struct lexer lexer = {source, text, text + len_bytes, text, 1, 1};
    while (lexer.at < lexer.end) {
        if (isspace((unsigned char)*lexer.at))
            advance(&lexer, 1);
        else if (!skip_comment(&lexer))
            read_token(&lexer);
    }
    find_calls(source);
}

size_t nd_source_mark(const char *text, size_t len_bytes)
{
    return len_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

void nd_source_deinit(struct nd_source *source)
{
    nd_vec_free(&source->tokens);
    nd_vec_free(&source->calls);
    nd_arena_deinit(&source->arena);
}

const struct nd_source_call *nd_source_call_find(const struct nd_source *source, const char *name,
                                                 int line)
{
    for (size_t i = 0; i < source->calls.count; i++) {
        const struct nd_source_call *call = &source->calls.at[i];
        if (source->tokens.at[call->brace].line == line && strcmp(call->name, name) == 0)
            return call;
    }
    return NULL;
}

const struct nd_token *nd_source_key(const struct nd_source *source,
                                     const struct nd_source_call *call, const char *key)
{
    if (call == NULL)
        return NULL;
    for (size_t i = 0; i < call->count && key != NULL; i++) {
        if (strcmp(call->entries[i].key, key) == 0)
            return &source->tokens.at[call->entries[i].at];
    }
    return &source->tokens.at[call->at];
}

/* The token of that text in the line, as Lua quotes it: texts with their quotation marks. */
static size_t find_quoted(const struct nd_source *source, const char *text, int line)
{
    for (size_t i = 0; i < source->tokens.count; i++) {
        const struct nd_token *token = &source->tokens.at[i];
        const char *at = text + (token->kind == ND_TOK_STRING && (*text == '"' || *text == '\''));
        size_t len = strlen(token->text);
        if (token->line == line && len != 0 && strncmp(at, token->text, len) == 0 &&
            (at[len] == '\'' || at[len] == '"'))
            return i;
    }
    return source->tokens.count;
}

size_t nd_source_named(const struct nd_source *source, const char *message, int line)
{
    const char *near = strstr(message, " near '");
    size_t found = near != NULL ? find_quoted(source, near + 7, line) : source->tokens.count;
    for (const char *quote = strchr(message, '\''); quote != NULL && found == source->tokens.count;
         quote = strchr(quote + 1, '\''))
        found = find_quoted(source, quote + 1, line);
    return found;
}

void nd_source_cut(struct nd_source *source, int line)
{
    size_t kept = 0;
    while (source->tokens.count != 0 && source->tokens.at[source->tokens.count - 1].line >= line)
        source->tokens.count--;
    for (size_t i = 0; i < source->calls.count; i++) {
        const struct nd_source_call *call = &source->calls.at[i];
        size_t end = call->count != 0 ? call->entries[call->count - 1].end : call->brace;
        if (end < source->tokens.count)
            source->calls.at[kept++] = *call;
    }
    source->calls.count = kept;
}
