#include "cli/common.h"

#include "base/units.h"
#include "plan/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a script says in people's place (--answers), and which calls are to fail (--fail). */

/* What is read, and of which drill it has to be. */
struct reading {
    struct nd_script *script;
    const char *path;
    const struct nd_drill *drill;
};

static bool script_complain(const char *path, const struct nd_yaml *at, const char *text)
{
    fprintf(stderr, "%s:%d:%d: %s\n", path, at->line, at->column, text);
    return false;
}

/* "there is no inject 'cabel-news' in the drill; did you mean 'cable-news'" */
static bool no_such(const struct reading *reading, const struct nd_yaml *item, const char *key,
                    const char *what, const char *name, const char *const *names, size_t count)
{
    const struct nd_yaml *node = nd_yaml_get(item, key);
    const char *near = nd_text_nearest(name, names, count);
    char *text =
        nd_printf("there is no %s '%s'%s%s%s", what, name, near != NULL ? "; did you mean '" : "",
                  near != NULL ? near : "", near != NULL ? "'" : "");
    script_complain(reading->path, node != NULL ? node : item, text);
    free(text);
    return false;
}

/* A length of time at a key, if it is there. */
static bool script_length(const char *path, const struct nd_yaml *item, const char *key,
                          nd_ns *length)
{
    const struct nd_yaml *node = nd_yaml_get(item, key);
    char text[80];
    if (node == NULL ||
        (node->kind == ND_YAML_SCALAR && nd_length_parse(node->text, length, NULL) == ND_OK))
        return true;
    snprintf(text, sizeof text, "'%s' takes a length of time such as 3s", key);
    return script_complain(path, node, text);
}

static const char *script_text(struct nd_script *script, const struct nd_yaml *item,
                               const char *key)
{
    const struct nd_yaml *node = nd_yaml_get(item, key);
    return node != NULL && node->kind == ND_YAML_SCALAR
               ? nd_arena_strdup(&script->arena, node->text)
               : NULL;
}

/* To a confirmation: yes, no or none. */
static bool read_confirmation(const char *path, const struct nd_yaml *item, const char *text,
                              struct nd_script_answer *row)
{
    static const char *const words[] = {"none", "yes", "no"};
    static const int answers[] = {ND_ANSWER_NONE, ND_ANSWER_YES, ND_ANSWER_NO};
    const struct nd_yaml *answer = nd_yaml_get(item, "answer");
    for (size_t i = 0; i < 3 && text != NULL; i++) {
        row->answer = answers[i];
        if (strcmp(words[i], text) == 0)
            return true;
    }
    return script_complain(path, answer != NULL ? answer : item,
                           "an answer needs 'answer': yes, no or none");
}

/* To an inject: words or a choice; none: silence. */
static bool read_reaction(const char *path, const struct nd_yaml *item, const char *text,
                          struct nd_script_answer *row)
{
    row->text = text != NULL && strcmp(text, "none") != 0 ? text : NULL;
    if (text != NULL || row->ack >= 0)
        return true;
    return script_complain(
        path, item, "an answer to an inject needs 'answer': words, a choice or none; or 'ack'");
}

/* To whichever of the three the row is for. */
static bool read_said(const char *path, const struct nd_yaml *item, const char *text,
                      struct nd_script_answer *row)
{
    if (row->duty != NULL)
        return true;
    return row->inject != NULL ? read_reaction(path, item, text, row)
                               : read_confirmation(path, item, text, row);
}

/* ---- of the drill ---- */

#define NAMES_MAX 256 /* to find a near one among */

static bool known_keys(const struct reading *reading, const struct nd_yaml *item)
{
    static const char *const keys[] = {"match", "inject", "duty", "by", "after", "ack", "answer"};
    size_t count = sizeof keys / sizeof keys[0];
    for (size_t i = 0; item->kind == ND_YAML_MAP && i < item->count; i++) {
        size_t k = 0;
        while (k < count && strcmp(keys[k], item->keys[i]->text) != 0)
            k++;
        const char *near = k < count ? NULL : nd_text_nearest(item->keys[i]->text, keys, count);
        if (k < count)
            continue;
        char *text = nd_printf(
            "an answer has no key '%s'%s%s%s", item->keys[i]->text,
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'" : "; it has match, inject or duty, by, after, ack, answer");
        script_complain(reading->path, item->keys[i], text);
        free(text);
        return false;
    }
    return true;
}

static const struct nd_inject *find_inject(const struct nd_drill *drill, const char *id,
                                           const char **names, size_t *count)
{
    for (size_t p = 0; p < drill->phases_count; p++) {
        for (size_t i = 0; i < drill->phases[p].injects_count; i++) {
            const struct nd_inject *inject = &drill->phases[p].injects[i];
            if (strcmp(inject->id, id) == 0)
                return inject;
            if (*count < NAMES_MAX)
                names[(*count)++] = inject->id;
        }
    }
    return NULL;
}

static size_t list_len(const char *const *list)
{
    size_t count = 0;
    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

static bool listed(const char *const *list, const char *name)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

/* An answer to an inject that there is not would be given to nobody, in silence. */
static bool is_of_inject(const struct reading *reading, const struct nd_yaml *item,
                         const struct nd_script_answer *row)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    const struct nd_inject *inject = find_inject(reading->drill, row->inject, names, &count);
    if (inject == NULL)
        return no_such(reading, item, "inject", "inject", row->inject, names, count);
    if (row->by != NULL && !listed(inject->to, row->by))
        return no_such(reading, item, "by", "recipient of the inject", row->by, inject->to,
                       inject->to_count);
    if (row->text != NULL && list_len(inject->options) != 0 && !listed(inject->options, row->text))
        return no_such(reading, item, "answer", "option of the decision", row->text,
                       inject->options, list_len(inject->options));
    return true;
}

/* "first-report", or a clock's "tw-telecom-outage.first-report", "...#2", "...@case". */
static bool is_of_duty(const struct reading *reading, const struct nd_yaml *item,
                       const struct nd_script_answer *row)
{
    const struct nd_drill *drill = reading->drill;
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < drill->obligations_count; i++) {
        const struct nd_profile *profile = drill->obligations[i].profile;
        for (size_t d = 0; d < profile->duties.count; d++) {
            const char *id = profile->duties.at[d].id;
            const char *at = strstr(row->duty, id);
            size_t len = strlen(id);
            if (at != NULL && (at == row->duty || at[-1] == '.') &&
                (at[len] == '\0' || at[len] == '#' || at[len] == '@'))
                return true;
            if (count < NAMES_MAX)
                names[count++] = id;
        }
    }
    return no_such(reading, item, "duty", "duty", row->duty, names, count);
}

static bool read_answer(const struct reading *reading, const struct nd_yaml *item)
{
    struct nd_script *script = reading->script;
    const char *path = reading->path;
    struct nd_script_answer row = {.ack = -1,
                                   .match = script_text(script, item, "match"),
                                   .inject = script_text(script, item, "inject"),
                                   .duty = script_text(script, item, "duty"),
                                   .by = script_text(script, item, "by")};
    const char *text = script_text(script, item, "answer");
    if (!known_keys(reading, item))
        return false;
    if ((row.match != NULL) + (row.inject != NULL) + (row.duty != NULL) != 1)
        return script_complain(path, item,
                               "an answer needs 'match': part of the sentence asked, 'inject': the "
                               "id of the inject answered, or 'duty': the id of the duty met");
    bool good = script_length(path, item, "after", &row.after) &&
                script_length(path, item, "ack", &row.ack) && read_said(path, item, text, &row) &&
                (row.inject == NULL || is_of_inject(reading, item, &row)) &&
                (row.duty == NULL || is_of_duty(reading, item, &row));
    if (good)
        nd_vec_push(&script->answers, row);
    return good;
}

static bool read_answers(struct nd_script *script, const char *path, const struct nd_drill *drill)
{
    const struct reading reading = {script, path, drill};
    struct nd_diags diags = {0};
    struct nd_fail why = {0};
    char *text = NULL;
    size_t len = 0;
    if (nd_file_read(path, ND_YAML_MAX_BYTES, &text, &len, &why) != ND_OK) {
        fprintf(stderr, "netdrill: %s\n", why.text);
        return false;
    }
    const struct nd_yaml *root = nd_yaml_read(path, text, len, &script->arena, &diags);
    bool good = root != NULL;
    if (!good) {
        struct nd_buf out = {0};
        nd_diags_print(&diags, nd_cli_colour(2), &out);
        fputs(nd_buf_str(&out), stderr);
        nd_buf_deinit(&out);
    } else if (root->kind != ND_YAML_LIST) {
        good = script_complain(path, root, "expected a list of answers");
    }
    for (size_t i = 0; good && i < root->count; i++)
        good = read_answer(&reading, root->items[i]);
    nd_diags_deinit(&diags);
    free(text);
    return good;
}

static bool add_fail(struct nd_script *script, const char *text)
{
    const char *hash = strchr(text, '#');
    const char *equals = strchr(text, '=');
    struct nd_script_fail fail = {.err = ND_ETIME};
    char *end = NULL;
    if (hash != NULL)
        fail.number = strtoll(hash + 1, &end, 10);
    bool good = hash != NULL && end != hash + 1 && (*end == '\0' || *end == '=') &&
                fail.number >= 0 && memchr(text, '.', (size_t)(hash - text)) != NULL;
    if (good && equals != NULL) {
        fail.err = ND_OK;
        for (nd_err code = -1; code >= -13; code--) {
            if (strcmp(nd_err_name(code), equals + 1) == 0)
                fail.err = code;
        }
        good = fail.err != ND_OK;
    }
    if (!good) {
        fprintf(stderr,
                "netdrill: '--fail' takes VERB#N or VERB#N=ERROR, such as links.down#1=ERIGHTS "
                "(N from 1, 0: every call), got '%s'\n",
                text);
        return false;
    }
    fail.verb = nd_arena_strndup(&script->arena, text, (size_t)(hash - text));
    nd_vec_push(&script->fails, fail);
    return true;
}

bool nd_script_take(struct nd_script *script, const struct nd_cli_args *args,
                    const struct nd_drill *drill)
{
    *script = (struct nd_script){0};
    const char *answers = nd_cli_get(args, "answers");
    if (answers != NULL && !read_answers(script, answers, drill))
        return false;
    for (size_t i = 0; i < args->names.count; i++) {
        if (strcmp(args->names.at[i], "fail") == 0 && !add_fail(script, args->values.at[i]))
            return false;
    }
    return true;
}

void nd_script_deinit(struct nd_script *script)
{
    nd_vec_free(&script->answers);
    nd_vec_free(&script->fails);
    nd_arena_deinit(&script->arena);
}
