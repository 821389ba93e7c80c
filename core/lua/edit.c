#include "lua/edit.h"

#include "lua/internal.h"

#include <stdlib.h>
#include <string.h>

struct splice {
    size_t from, till; /* octets of the old text */
    char *text;        /* owned */
    size_t tag;
    int line, lines; /* in the new text, once it is made */
};

struct nd_edit {
    const char *text;
    size_t len_bytes;
    struct nd_source source;
    struct ND_VEC(struct splice) splices;
};

struct nd_edit *nd_edit_new(const char *path, const char *text, size_t len_bytes)
{
    struct nd_edit *edit = nd_alloc(sizeof *edit);
    edit->text = text;
    edit->len_bytes = len_bytes;
    nd_source_read(&edit->source, path, text, len_bytes);
    return edit;
}

void nd_edit_free(struct nd_edit *edit)
{
    if (edit == NULL)
        return;
    for (size_t i = 0; i < edit->splices.count; i++)
        free(edit->splices.at[i].text);
    nd_vec_free(&edit->splices);
    nd_source_deinit(&edit->source);
    free(edit);
}

/* ---- finding ---- */

static const struct nd_token *token(const struct nd_edit *edit, size_t at)
{
    return &edit->source.tokens.at[at];
}

static bool is(const struct nd_edit *edit, size_t at, enum nd_token_kind kind, const char *text)
{
    return at < edit->source.tokens.count && token(edit, at)->kind == kind &&
           strcmp(token(edit, at)->text, text) == 0;
}

static const struct nd_call_entry *entry_of(const struct nd_source_call *call, const char *key)
{
    for (size_t i = 0; i < call->count; i++) {
        if (strcmp(call->entries[i].key, key) == 0)
            return &call->entries[i];
    }
    return NULL;
}

/* The call's id where it is written out, else NULL. */
static const char *id_of(const struct nd_edit *edit, const struct nd_source_call *call)
{
    const struct nd_call_entry *id = entry_of(call, "id");
    bool plain =
        id != NULL && id->end == id->value + 1 && token(edit, id->value)->kind == ND_TOK_STRING;
    return plain ? token(edit, id->value)->text : NULL;
}

/* The token of the '}' of a call; the count of tokens when it has none. */
static size_t close_of(const struct nd_edit *edit, const struct nd_source_call *call)
{
    return call->count != 0 ? call->entries[call->count - 1].end +
                                  !is(edit, call->entries[call->count - 1].end, ND_TOK_SIGN, "}")
                            : call->brace + 1;
}

/* Whether a token stands in no block and no brackets. */
static bool is_outermost(const struct nd_edit *edit, size_t at)
{
    int depth = 0;
    for (size_t i = 0; i < at; i++)
        depth += nd_token_depth(token(edit, i));
    return depth == 0;
}

static const struct nd_source_call *find(const struct nd_edit *edit, const char *id,
                                         struct nd_fail *why)
{
    const struct nd_source_call *found = NULL;
    for (size_t i = 0; i < edit->source.calls.count; i++) {
        const struct nd_source_call *call = &edit->source.calls.at[i];
        const char *own = strcmp(call->name, "inject") == 0 ? id_of(edit, call) : NULL;
        if (own == NULL || strcmp(own, id) != 0)
            continue;
        if (found != NULL) {
            nd_fail_set(why, ND_ESTATE, "'%s' stands in lines %d and %d of the scenario", id,
                        token(edit, found->at)->line, token(edit, call->at)->line);
            return NULL;
        }
        found = call;
    }
    if (found == NULL || !is(edit, close_of(edit, found), ND_TOK_SIGN, "}")) {
        nd_fail_set(why, ND_ESTATE,
                    "the scenario has no inject { ... } with id = \"%s\" written out: code makes "
                    "it; change it there by hand",
                    id);
        return NULL;
    }
    return found;
}

/* A comment stands between tokens of the range. */
static bool has_comment(const struct nd_edit *edit, size_t first, size_t end)
{
    for (size_t i = first; i + 1 < end; i++) {
        for (size_t at = token(edit, i)->till; at < token(edit, i + 1)->from; at++) {
            if (edit->text[at] == '-')
                return true;
        }
    }
    return false;
}

/* Whether a value is written out: texts, numbers, quantities such as minutes(10), tables of those;
 * also verbs and targets, message.mail and site "x". Not variables, sums, functions. */
static bool is_plain(const struct nd_edit *edit, const struct nd_call_entry *entry)
{
    for (size_t i = entry->value; i < entry->end; i++) {
        const struct nd_token *at = token(edit, i);
        static const char *const fine[] = {"true", "false", "nil", "site"};
        bool good = at->kind != ND_TOK_NAME || is(edit, i + 1, ND_TOK_SIGN, "=") ||
                    is(edit, i + 1, ND_TOK_SIGN, "(") || is(edit, i + 1, ND_TOK_SIGN, ".") ||
                    is(edit, i - 1, ND_TOK_SIGN, ".");
        for (size_t k = 0; k < sizeof fine / sizeof fine[0]; k++)
            good = good || strcmp(at->text, fine[k]) == 0;
        if (at->kind == ND_TOK_SIGN)
            good = strchr("{}()[]=,;.", *at->text) != NULL &&
                   !(*at->text == '.' && is(edit, i + 1, ND_TOK_SIGN, "."));
        if (!good)
            return false;
    }
    return true;
}

/* ---- splicing ---- */

/* text: taken over. */
static void splice(struct nd_edit *edit, size_t from, size_t till,
                   char *text, /* NOLINT(readability-non-const-parameter): freed with the edit */
                   size_t tag)
{
    nd_vec_push(&edit->splices, (struct splice){from, till, text, tag, 0, 0});
}

/* Takes octets out, with the whole line where nothing else stands in it. */
static void cut(struct nd_edit *edit, size_t from, size_t till, size_t tag)
{
    size_t begin = from;
    size_t end = till;
    while (begin > 0 && (edit->text[begin - 1] == ' ' || edit->text[begin - 1] == '\t'))
        begin--;
    while (end < edit->len_bytes && (edit->text[end] == ' ' || edit->text[end] == '\t'))
        end++;
    bool starts = begin == 0 || edit->text[begin - 1] == '\n';
    bool ends = end == edit->len_bytes || edit->text[end] == '\n';
    if (starts && ends)
        splice(edit, begin, end + (end < edit->len_bytes), nd_strdup(""), tag);
    else
        splice(edit, ends ? begin : from, ends ? till : end, nd_strdup(""), tag);
}

/* Behind an entry's comma, or where it would stand. */
static size_t behind(const struct nd_edit *edit, const struct nd_call_entry *entry)
{
    bool comma = is(edit, entry->end, ND_TOK_SIGN, ",") || is(edit, entry->end, ND_TOK_SIGN, ";");
    return token(edit, entry->end - !comma)->till;
}

static nd_err refuse(const struct nd_edit *edit, const struct nd_call_entry *entry,
                     const char *reason, struct nd_fail *why)
{
    return nd_fail_set(why, ND_ESTATE, "line %d of the scenario: '%s' %s; change it there by hand",
                       token(edit, entry->at)->line,
                       strcmp(entry->key, "1") == 0 ? "the title" : entry->key, reason);
}

nd_err nd_edit_set(struct nd_edit *edit, const char *id, const char *const *keys,
                   const char *entries, size_t tag, struct nd_fail *why)
{
    const struct nd_source_call *call = find(edit, id, why);
    bool put = *entries == '\0';
    if (call == NULL)
        return why->code;
    for (size_t k = 0; keys[k] != NULL; k++) {
        const struct nd_call_entry *entry = entry_of(call, keys[k]);
        if (entry != NULL && !is_plain(edit, entry))
            return refuse(edit, entry, "is made by code", why);
        if (entry != NULL && has_comment(edit, entry->at, entry->end))
            return refuse(edit, entry, "has a comment in it", why);
    }
    for (size_t k = 0; keys[k] != NULL; k++) {
        const struct nd_call_entry *entry = entry_of(call, keys[k]);
        if (entry == NULL)
            continue;
        if (put)
            cut(edit, token(edit, entry->at)->from, behind(edit, entry), tag);
        else
            splice(edit, token(edit, entry->at)->from, token(edit, entry->end - 1)->till,
                   nd_strdup(entries), tag);
        put = true;
    }
    if (put)
        return ND_OK;
    const struct nd_call_entry *own = entry_of(call, "id");
    size_t at = behind(edit, own);
    bool comma = edit->text[at - 1] == ',' || edit->text[at - 1] == ';';
    splice(edit, at, at, nd_printf(comma ? " %s," : ", %s", entries), tag);
    return ND_OK;
}

/* Where a phase ends: behind its last token. False: it is not written out. */
static bool end_of_phase(const struct nd_edit *edit, const char *phase, size_t *at)
{
    bool inside = false;
    char auto_id[24];
    size_t number = 0;
    size_t last = edit->source.tokens.count;
    for (size_t i = 0; i < edit->source.calls.count; i++) {
        const struct nd_source_call *call = &edit->source.calls.at[i];
        if (strcmp(call->name, "phase") != 0 || !is_outermost(edit, call->at))
            continue;
        if (inside) {
            last = call->at;
            break;
        }
        const char *id = id_of(edit, call);
        snprintf(auto_id, sizeof auto_id, "p%zu", ++number);
        inside = strcmp(id != NULL ? id : auto_id, phase) == 0;
    }
    *at = inside && last > 0 ? token(edit, last - 1)->till : 0;
    return inside;
}

nd_err nd_edit_add(struct nd_edit *edit, const char *phase, const char *before, const char *inject,
                   size_t tag, struct nd_fail *why)
{
    const struct nd_source_call *call = before != NULL ? find(edit, before, NULL) : NULL;
    size_t at = 0;
    if (call != NULL && is_outermost(edit, call->at))
        at = token(edit, close_of(edit, call))->till;
    else if (phase == NULL || !end_of_phase(edit, phase, &at))
        return nd_fail_set(why, ND_ESTATE,
                           "the scenario has no phase { ... } '%s' written out to put it into",
                           phase != NULL ? phase : "");
    splice(edit, at, at, nd_printf("\n\n%s", inject), tag);
    return ND_OK;
}

nd_err nd_edit_move(struct nd_edit *edit, const char *id, const char *phase, size_t tag,
                    struct nd_fail *why)
{
    const struct nd_source_call *call = find(edit, id, why);
    size_t to = 0;
    if (call == NULL)
        return why->code;
    if (!is_outermost(edit, call->at) || !end_of_phase(edit, phase, &to))
        return nd_fail_set(why, ND_ESTATE,
                           "line %d of the scenario: the inject or its new phase '%s' stands in "
                           "code; move it there by hand",
                           token(edit, call->at)->line, phase);
    size_t from = token(edit, call->at)->from;
    size_t till = token(edit, close_of(edit, call))->till;
    splice(edit, to, to, nd_printf("\n\n%.*s", (int)(till - from), edit->text + from), tag);
    cut(edit, from, till, tag);
    return ND_OK;
}

nd_err nd_edit_remove(struct nd_edit *edit, const char *id, const char *const *known, bool force,
                      struct nd_fail *why)
{
    const struct nd_source_call *call = find(edit, id, why);
    if (call == NULL)
        return why->code;
    for (size_t i = 0; i < call->count && !force; i++) {
        bool listed = false;
        for (size_t k = 0; known[k] != NULL; k++)
            listed = listed || strcmp(known[k], call->entries[i].key) == 0;
        if (!listed)
            return nd_fail_set(why, ND_ESTATE,
                               "line %d of the scenario: it has '%s', written by hand; take the "
                               "inject out there, or give --take table",
                               token(edit, call->entries[i].at)->line, call->entries[i].key);
    }
    if (!is_outermost(edit, call->at))
        return nd_fail_set(why, ND_ESTATE,
                           "line %d of the scenario: the inject stands in code; take it out there "
                           "by hand",
                           token(edit, call->at)->line);
    cut(edit, token(edit, call->at)->from, token(edit, close_of(edit, call))->till, SIZE_MAX);
    return ND_OK;
}

void nd_edit_use(struct nd_edit *edit, const char *plugin)
{
    for (size_t i = 0; i < edit->source.tokens.count; i++) {
        if (is(edit, i, ND_TOK_NAME, "use") && is(edit, i + 1, ND_TOK_STRING, plugin))
            return;
    }
    size_t at = edit->source.tokens.count != 0 ? token(edit, 0)->from : 0;
    for (size_t i = 0; i < edit->splices.count; i++) {
        const char *there = edit->splices.at[i].text;
        char *line = nd_printf("local %s = use", plugin);
        bool used = edit->splices.at[i].from == at && strncmp(there, line, strlen(line)) == 0;
        free(line);
        if (used)
            return;
    }
    splice(edit, at, at, nd_printf("local %s = use \"%s\"\n", plugin, plugin), SIZE_MAX);
}

/* ---- the new text ---- */

static int count_lines(const char *text, size_t len_bytes)
{
    int lines = 0;
    for (size_t i = 0; i < len_bytes; i++)
        lines += text[i] == '\n';
    return lines;
}

void nd_edit_finish(struct nd_edit *edit, struct nd_buf *out)
{
    size_t at = 0;
    int line = 1;
    for (size_t i = 1; i < edit->splices.count; i++) { /* stable, and nearly in order */
        struct splice moving = edit->splices.at[i];
        size_t to = i;
        for (; to > 0 && edit->splices.at[to - 1].from > moving.from; to--)
            edit->splices.at[to] = edit->splices.at[to - 1];
        edit->splices.at[to] = moving;
    }
    for (size_t i = 0; i < edit->splices.count; i++) {
        struct splice *one = &edit->splices.at[i];
        size_t from = one->from > at ? one->from : at;
        nd_buf_add(out, edit->text + at, from - at);
        line += count_lines(edit->text + at, from - at);
        one->line = line;
        one->lines = count_lines(one->text, strlen(one->text));
        nd_buf_adds(out, one->text);
        line += one->lines;
        at = one->till > from ? one->till : from;
    }
    nd_buf_add(out, edit->text + at, edit->len_bytes - at);
}

size_t nd_edit_tag(const struct nd_edit *edit, int line)
{
    for (size_t i = 0; i < edit->splices.count; i++) {
        const struct splice *one = &edit->splices.at[i];
        if (one->tag != SIZE_MAX && line >= one->line && line <= one->line + one->lines)
            return one->tag;
    }
    return SIZE_MAX;
}
