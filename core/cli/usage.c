#include "cli/usage.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool nd_usage_is_kind(const char *name)
{
    return isupper((unsigned char)*name) != 0;
}

const struct nd_cli_option *nd_usage_option(const struct nd_command *command, const char *name,
                                            size_t len_bytes)
{
    for (const struct nd_cli_option *o = command->options; o != NULL && o->name != NULL; o++) {
        if (strlen(o->name) == len_bytes && strncmp(o->name, name, len_bytes) == 0)
            return o;
    }
    return NULL;
}

void nd_usage_choices_deinit(struct nd_usage_choices *choices)
{
    for (size_t i = 0; i < choices->names.count; i++)
        free(choices->names.at[i]);
    nd_vec_free(&choices->names);
}

static size_t strip(const char **token, size_t len)
{
    while (len != 0 && **token == '[') {
        ++*token;
        len--;
    }
    while (len != 0 && (*token)[len - 1] == ']')
        len--;
    return len;
}

/* "SCENARIO|PLAN": each of them. */
static void add_choices(struct nd_usage_choices *choices, const char *token, size_t len)
{
    while (len != 0) {
        const char *bar = memchr(token, '|', len);
        size_t part = bar != NULL ? (size_t)(bar - token) : len;
        if (part != 0)
            nd_vec_push(&choices->names, strndup(token, part));
        token += bar != NULL ? part + 1 : part;
        len -= bar != NULL ? part + 1 : part;
    }
}

static bool fits(const char *token, size_t len, const char *word)
{
    struct nd_usage_choices choices = {.names = {NULL, 0, 0}};
    bool good = false;
    add_choices(&choices, token, len);
    for (size_t i = 0; i < choices.names.count; i++)
        good =
            good || nd_usage_is_kind(choices.names.at[i]) || strcmp(choices.names.at[i], word) == 0;
    nd_usage_choices_deinit(&choices);
    return good;
}

/* The words of one form, in order; their texts are the command's. */
struct form {
    struct {
        const char *text;
        size_t len;
    } words[8];
    size_t count;
    bool more; /* the last may stand again */
};

static void take_token(struct form *form, const char *token, size_t len)
{
    if (len > 3 && strncmp(token + len - 3, "...", 3) == 0) {
        form->more = true;
        len -= 3;
    }
    if (len == 0 || form->count == sizeof form->words / sizeof form->words[0])
        return;
    form->words[form->count].text = token;
    form->words[form->count++].len = len;
}

/* text: behind the command's name. */
static void read_form(const struct nd_command *command, const char *text, size_t len,
                      struct form *form)
{
    bool value = false; /* the next token is what an option takes */
    *form = (struct form){.more = false};
    for (size_t i = 0; i < len;) {
        const char *token = text + i;
        size_t part = 0;
        while (i + part < len && token[part] != ' ')
            part++;
        i += part + 1;
        size_t bare = strip(&token, part);
        if (bare > 2 && strncmp(token, "--", 2) == 0) {
            const struct nd_cli_option *option = nd_usage_option(command, token + 2, bare - 2);
            value = option != NULL && option->arg != NULL;
        } else if (value) {
            value = false;
        } else if (bare != 1 || *token != '|') { /* "[RUN | --all]" */
            take_token(form, token, bare);
        }
    }
}

static void follow(const struct form *form, const char *const *words, size_t count,
                   struct nd_usage_choices *choices)
{
    for (size_t i = 0; i <= count; i++) {
        if (form->count == 0 || (i >= form->count && !form->more))
            return;
        size_t at = i < form->count ? i : form->count - 1;
        if (i == count)
            add_choices(choices, form->words[at].text, form->words[at].len);
        else if (!fits(form->words[at].text, form->words[at].len, words[i]))
            return;
    }
}

/* Forms begin at the line's begin, behind " | " outside of brackets, and behind "\n  netdrill ";
 * with the command's name, or without. */
void nd_usage_next(const struct nd_command *command, const char *const *words, size_t count,
                   struct nd_usage_choices *choices)
{
    const char *from = command->usage;
    while (from != NULL) {
        const char *end = from;
        const char *next = NULL;
        int depth = 0;
        for (; *end != '\0' && *end != '\n'; end++) {
            depth += *end == '[';
            depth -= *end == ']';
            if (depth == 0 && strncmp(end, " | ", 3) == 0) {
                next = end + 3;
                break;
            }
        }
        if (*end == '\n')
            next = strstr(end, "netdrill ") != NULL ? strstr(end, "netdrill ") + 9 : NULL;
        struct form form;
        size_t name = strlen(command->name);
        size_t len = (size_t)(end - from);
        bool named = len >= name && strncmp(from, command->name, name) == 0 &&
                     (len == name || from[name] == ' ');
        read_form(command, from + (named ? name : 0), len - (named ? name : 0), &form);
        follow(&form, words, count, choices);
        from = next;
    }
}
