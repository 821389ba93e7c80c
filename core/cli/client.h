/* The side of the control socket that asks: what the commands about a living run share. */
#ifndef ND_CLI_CLIENT_H
#define ND_CLI_CLIENT_H
#include "cli/common.h"
#include "cli/control.h"

/* What most of them take as options. */
#define ND_CLIENT_RUN_OPTION                                                                       \
    {                                                                                              \
        "run", "RUN", "the run (default: last)", 0                                                 \
    }
#define ND_CLIENT_RUNS_OPTION                                                                      \
    {                                                                                              \
        "runs", "DIR", "where runs are kept (default: runs)", 0                                    \
    }
#define ND_CLIENT_JSON_OPTION                                                                      \
    {                                                                                              \
        "json", NULL, "the answer as JSON", 0                                                      \
    }
#define ND_CLIENT_AS_OPTION                                                                        \
    {                                                                                              \
        "as", "NAME", "who says so: a person of the site file (default: the user)", 0              \
    }

/* The user's name, for those who do not say who they are. */
const char *nd_client_user(void);
/* The words from number `first` on as one sentence; NULL when there are none. Caller frees. */
char *nd_client_sentence(const struct nd_cli_args *args, size_t first);
#define ND_CLIENT_WORDS_MAX 400
/* Tells on stderr why a command is refused, in the language of the terminal (LC_ALL, LC_MESSAGES,
 * LANG): "netdrill answer: ..." (report/words/reason.h). */
void nd_client_refuse(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Likewise what was done, on stdout. */
void nd_client_tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What somebody at a terminal in Big5 reads, who may have an emergency to tell. */
#define ND_CLIENT_NO_UTF8                                                                          \
    "netdrill %s: that is no UTF-8 text; set the terminal to UTF-8 (abort needs no words)\n"
/* Parses the arguments of a command, finds the run that its first word names ("last" without), and
 * asks it over its socket. NULL, and the reason told: that failed, or it was no; *code is the exit
 * code. request: makes what is asked, or NULL when the arguments are wrong (and tells why). Caller
 * frees args and the answer. */
json_t *nd_client_ask(const struct nd_command *command, int argc, char **argv, size_t words_min,
                      size_t words_max, struct nd_cli_args *args,
                      json_t *(*request)(struct nd_cli_args *), int *code);
/* The same of commands whose words are their own and which take the run by --run ("last" without).
 * dir: of the run, for requests that put a file into it. */
json_t *nd_client_ask_of(const struct nd_command *command, int argc, char **argv, size_t words_min,
                         size_t words_max, struct nd_cli_args *args,
                         json_t *(*request)(struct nd_cli_args *, const struct nd_rundir *dir),
                         int *code);

/* Asks a run that was found, and tells on stderr what was refused. what: taken over; NULL: nothing
 * is asked. NULL and ND_EXIT_REFUSED: nobody serves its socket. Caller frees the answer. */
json_t *nd_client_say(const struct nd_command *command, const struct nd_rundir *dir, json_t *what,
                      int *code);

#endif
