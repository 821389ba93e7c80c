#include "cli/client.h"

#include "report/words/reason.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *nd_client_user(void)
{
    const struct passwd *user = getpwuid(getuid());
    return user != NULL ? user->pw_name : "unknown";
}

char *nd_client_sentence(const struct nd_cli_args *args, size_t first)
{
    struct nd_buf text = {0};
    for (size_t i = first; i < args->words.count; i++)
        nd_buf_addf(&text, "%s%s", i != first ? " " : "", args->words.at[i]);
    return args->words.count > first ? nd_buf_take(&text) : NULL;
}

/* In the language of the terminal. Caller frees. */
static char *words_of(const char *fmt, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    char *words =
        nd_reason_text(nd_cli_zh(NULL) ? ND_LANG_ZH : ND_LANG_EN, text != NULL ? text : "");
    free(text);
    return words;
}

void nd_client_refuse(const char *command, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *words = words_of(fmt, args);
    va_end(args);
    fprintf(stderr, "netdrill %s: %s\n", command, words);
    free(words);
}

void nd_client_tell(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *words = words_of(fmt, args);
    va_end(args);
    printf("%s\n", words);
    free(words);
}

/* What it was asked that makes no sense is the asker's mistake; the rest the run refused. */
static int code_of(const json_t *answer)
{
    const char *code = json_string_value(json_object_get(answer, "code"));
    if (json_is_true(json_object_get(answer, "ok")))
        return ND_EXIT_OK;
    bool mistake = code != NULL && (strcmp(code, "EARG") == 0 || strcmp(code, "EPARSE") == 0);
    return mistake ? ND_EXIT_USAGE : ND_EXIT_REFUSED;
}

json_t *nd_client_say(const struct nd_command *command, const struct nd_rundir *dir, json_t *what,
                      int *code)
{
    struct nd_fail why = {0};
    json_t *answer = NULL;
    if (what == NULL) {
        *code = ND_EXIT_USAGE;
        return NULL;
    }
    if (nd_control_ask(dir, what, &answer, &why) != ND_OK) {
        nd_client_refuse(command->name, "%s", why.text);
        *code = why.code == ND_EREACH ? ND_EXIT_REFUSED : ND_EXIT_USAGE;
        return NULL;
    }
    *code = code_of(answer);
    if (*code != ND_EXIT_OK)
        nd_client_refuse(command->name, "%s", json_string_value(json_object_get(answer, "why")));
    return answer;
}

static bool find(const struct nd_command *command, const struct nd_cli_args *args, const char *name,
                 struct nd_rundir *dir)
{
    struct nd_fail why = {0};
    if (nd_rundir_find(dir, nd_cli_runs(args), name, &why) == ND_OK)
        return true;
    nd_client_refuse(command->name, "%s", why.text);
    return false;
}

json_t *nd_client_ask(const struct nd_command *command, int argc, char **argv, size_t words_min,
                      size_t words_max, struct nd_cli_args *args,
                      json_t *(*request)(struct nd_cli_args *), int *code)
{
    struct nd_rundir dir = {0};
    json_t *answer = NULL;
    bool help = false;
    *code = ND_EXIT_USAGE;
    if (!nd_cli_parse(command, argc, argv, words_min, words_max, args, &help)) {
        *code = help ? ND_EXIT_OK : ND_EXIT_USAGE;
        return NULL;
    }
    if (find(command, args, args->words.count > 0 ? args->words.at[0] : "last", &dir))
        answer = nd_client_say(command, &dir, request(args), code);
    nd_rundir_deinit(&dir);
    return answer;
}

json_t *nd_client_ask_of(const struct nd_command *command, int argc, char **argv, size_t words_min,
                         size_t words_max, struct nd_cli_args *args,
                         json_t *(*request)(struct nd_cli_args *, const struct nd_rundir *dir),
                         int *code)
{
    struct nd_rundir dir = {0};
    json_t *answer = NULL;
    bool help = false;
    *code = ND_EXIT_USAGE;
    if (!nd_cli_parse(command, argc, argv, words_min, words_max, args, &help)) {
        *code = help ? ND_EXIT_OK : ND_EXIT_USAGE;
        return NULL;
    }
    const char *run = nd_cli_get(args, "run");
    if (find(command, args, run != NULL ? run : "last", &dir))
        answer = nd_client_say(command, &dir, request(args, &dir), code);
    nd_rundir_deinit(&dir);
    return answer;
}
