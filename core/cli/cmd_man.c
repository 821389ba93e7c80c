#include "cli/complete.h"
#include "cli/usage.h"

#include "base/err.h"
#include "base/text.h"
#include "record/rundir.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* man-pages (internal): netdrill(1) and one page a command, in mdoc, from the command tables. */

extern const struct nd_command nd_command_man;

#define WIDTH 78 /* of lines of text in the source; mandoc's lint wants them short */

/* ---- text ---- */

/* Other than ASCII by its number, and nothing that roff would take for its own. */
static void put_char(struct nd_buf *out, unsigned point, bool begins_line)
{
    if (begins_line && (point == '.' || point == '\''))
        nd_buf_adds(out, "\\&");
    if (point == '\\')
        nd_buf_adds(out, "\\e");
    else if (point < 0x80)
        nd_buf_addf(out, "%c", (char)point);
    else
        nd_buf_addf(out, "\\[u%04X]", point);
}

static void put_escaped(struct nd_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t step = 0;
        put_char(out, nd_utf8_point(text + i, len - i, &step), i == 0);
        i += step;
    }
}

/* A paragraph, filled anew: a line ends where a sentence does, and before it is too long. */
static void put_filled(struct nd_buf *out, const char *text, size_t len)
{
    size_t column = 0;
    for (size_t i = 0; i < len;) {
        size_t word = 0;
        while (i + word < len && text[i + word] != ' ' && text[i + word] != '\n')
            word++;
        if (word != 0 && column != 0 && column + 1 + word > WIDTH)
            column = 0;
        if (word != 0) {
            if (out->len_bytes != 0 && out->text[out->len_bytes - 1] != '\n')
                nd_buf_adds(out, column == 0 ? "\n" : " ");
            put_escaped(out, text + i, word);
            column = strchr(".!?", text[i + word - 1]) != NULL ? 0 : column + 1 + word;
        }
        i += word + 1;
    }
    nd_buf_adds(out, "\n");
}

/* Lines that are indented stand as they are. */
static void put_literal(struct nd_buf *out, const char *text, size_t len)
{
    nd_buf_adds(out, ".Bd -literal\n");
    while (len != 0) {
        const char *end = memchr(text, '\n', len);
        size_t line = end != NULL ? (size_t)(end - text) : len;
        put_escaped(out, text, line);
        nd_buf_adds(out, "\n");
        text += line + (end != NULL);
        len -= line + (end != NULL);
    }
    nd_buf_adds(out, ".Ed\n");
}

/* Help texts: paragraphs with an empty line between; those whose second line, or first, is indented
 * are tables or examples. */
static void put_help(struct nd_buf *out, const char *text)
{
    bool after_text = false;
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t len = end != NULL ? (size_t)(end - text) : strlen(text);
        const char *second = memchr(text, '\n', len);
        bool literal = *text == ' ' || (second != NULL && second[1] == ' ');
        if (literal) {
            put_literal(out, text, len);
        } else {
            if (after_text)
                nd_buf_adds(out, ".Pp\n");
            put_filled(out, text, len);
        }
        after_text = true;
        text += len + (end != NULL ? 2 : 0);
    }
}

/* ---- words ---- */

/* "SCENARIO|PLAN", "up": as arguments or as they stand. */
static void put_word(struct nd_buf *out, const char *text, size_t len)
{
    bool more = len > 3 && strncmp(text + len - 3, "...", 3) == 0;
    const char *kind = NULL;
    len -= more ? 3 : 0;
    while (len != 0) {
        const char *bar = memchr(text, '|', len);
        size_t part = bar != NULL ? (size_t)(bar - text) : len;
        const char *now = nd_usage_is_kind(text) ? "Ar" : "Cm";
        nd_buf_addf(out, "%s%s ", kind != NULL ? " | " : "", now);
        put_escaped(out, text, part);
        kind = now;
        text += bar != NULL ? part + 1 : part;
        len -= bar != NULL ? part + 1 : part;
    }
    nd_buf_adds(out, more ? " ..." : "");
}

/* A bracket within one opens and closes where it stands. */
static void put_token(struct nd_buf *out, const char *token, size_t len)
{
    size_t closes = 0;
    for (; len != 0 && *token == '['; token++, len--)
        nd_buf_adds(out, "Oo ");
    for (; len != 0 && token[len - 1] == ']'; len--)
        closes++;
    const char *bar = memchr(token, '|', len);
    if (bar != NULL && len > 2 && *token == '-') { /* "--csv|--ods" */
        put_token(out, token, (size_t)(bar - token));
        nd_buf_adds(out, " | ");
        put_token(out, bar + 1, len - (size_t)(bar + 1 - token));
    } else if (len > 2 && strncmp(token, "--", 2) == 0)
        nd_buf_addf(out, "Fl -%.*s", (int)len - 2, token + 2);
    else if (len == 1 && *token == '|')
        nd_buf_adds(out, "|");
    else
        put_word(out, token, len);
    for (; closes != 0; closes--)
        nd_buf_adds(out, " Oc");
}

/* Where a group ends: at the bracket that closes it, or with the word. */
static size_t group_end(const char *text, size_t len)
{
    size_t depth = 0;
    for (size_t i = 0; i < len && *text == '['; i++) {
        depth += text[i] == '[';
        if (text[i] == ']' && --depth == 0)
            return i;
    }
    size_t end = strcspn(text, " \n");
    return end < len ? end : len;
}

/* One bracket, or one token without: a macro line of its own. */
static size_t put_group(struct nd_buf *out, const char *text, size_t len)
{
    bool optional = *text == '[';
    size_t end = group_end(text, len);
    nd_buf_adds(out, optional ? ".Op " : ".");
    for (size_t used = optional ? 1 : 0; used < end;) {
        size_t part = 0;
        while (used + part < end && text[used + part] != ' ')
            part++;
        put_token(out, text + used, part);
        used += part + 1;
        if (used < end)
            nd_buf_adds(out, " ");
    }
    nd_buf_adds(out, "\n");
    return optional && text[end] == ']' ? end + 1 : end;
}

/* Each form of the usage line begins anew with the program's name. */
static void put_synopsis(struct nd_buf *out, const struct nd_command *command)
{
    const char *at = command->usage;
    nd_buf_adds(out, ".Sh SYNOPSIS\n.Nm netdrill\n");
    while (*at != '\0') {
        if (*at == '\n') {
            at += strcspn(at, "n"); /* "\n  netdrill " */
            at += strlen("netdrill");
            nd_buf_adds(out, ".Nm netdrill\n");
        } else if (strncmp(at, "| ", 2) == 0) {
            nd_buf_adds(out, ".Nm netdrill\n");
            at += 2;
            if (strncmp(at, command->name, strlen(command->name)) != 0)
                nd_buf_addf(out, ".Cm %s\n", command->name);
        } else if (*at == ' ') {
            at++;
        } else {
            at += put_group(out, at, strlen(at));
        }
    }
}

/* ---- pages ---- */

static void put_head(struct nd_buf *out, const char *name)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t now = epoch != NULL ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
    struct tm day;
    char date[48];
    gmtime_r(&now, &day);
    strftime(date, sizeof date, "%B ", &day);
    nd_buf_addf(out, ".\\\" Made from netdrill's command tables.\n.Dd %s%d, %d\n.Dt ", date,
                day.tm_mday, day.tm_year + 1900);
    for (; *name != '\0'; name++)
        nd_buf_addf(out, "%c", toupper((unsigned char)*name));
    nd_buf_adds(out, " 1\n.Os\n.Sh NAME\n");
}

/* The help's first line as a name's description: it begins small, and has no full stop. */
static void put_about(struct nd_buf *out, const struct nd_command *command)
{
    const char *help = command->help;
    size_t len = strcspn(help, "\n");
    len -= len != 0 && help[len - 1] == '.';
    nd_buf_addf(out, "%c", tolower((unsigned char)*help));
    put_escaped(out, help + 1, len - 1);
    nd_buf_adds(out, "\n");
}

static void put_options(struct nd_buf *out, const struct nd_command *command)
{
    const struct nd_cli_option *o = command->options;
    nd_buf_adds(out, ".Pp\nThe options are:\n.Bl -tag -width Ds\n");
    for (; o != NULL && o->name != NULL; o++) {
        nd_buf_addf(out, ".It Fl -%s", o->name);
        if (o->arg != NULL) {
            nd_buf_adds(out, " ");
            put_word(out, o->arg, strlen(o->arg));
        }
        nd_buf_adds(out, "\n");
        char *help = nd_cli_option_help(o);
        put_filled(out, help, strlen(help));
        free(help);
    }
    nd_buf_adds(out, ".It Fl -help\nThis, in short.\n.El\n");
}

static void page_of(struct nd_buf *out, const struct nd_command *command)
{
    char *name = nd_printf("netdrill-%s", command->name);
    put_head(out, name);
    nd_buf_addf(out, ".Nm %s\n.Nd ", name);
    put_about(out, command);
    put_synopsis(out, command);
    nd_buf_adds(out, ".Sh DESCRIPTION\n");
    put_help(out, command->help);
    put_options(out, command);
    nd_buf_adds(out, ".Sh EXIT STATUS\nSee\n.Xr netdrill 1 .\n"
                     ".Sh SEE ALSO\n.Xr netdrill 1 ,\n.Xr netdrill-scenario 5 ,\n"
                     ".Xr netdrill-site 5\n");
    free(name);
}

static void put_exit_codes(struct nd_buf *out)
{
    static const struct {
        int code;
        const char *text;
    } codes[] = {
#define ND_EXIT_ROW(code, name, text) {code, text},
        ND_EXIT_MAP(ND_EXIT_ROW)
#undef ND_EXIT_ROW
    };
    nd_buf_adds(out, ".Sh EXIT STATUS\n.Bl -tag -width 143\n");
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        nd_buf_addf(out, ".It %d\n", codes[i].code);
        put_filled(out, codes[i].text, strlen(codes[i].text));
    }
    nd_buf_adds(out, ".El\n");
}

static void main_page(struct nd_buf *out)
{
    put_head(out, "netdrill");
    nd_buf_adds(out, ".Nm netdrill\n.Nd network resilience drills that put the network back\n"
                     ".Sh SYNOPSIS\n.Nm netdrill\n.Ar COMMAND\n.Op Ar ...\n.Sh DESCRIPTION\n");
    put_help(out, ND_OVERVIEW);
    nd_buf_adds(out, ".Pp\nThe commands are:\n.Bl -tag -width Ds\n");
    for (const struct nd_command *const *c = nd_commands; *c != NULL; c++) {
        if (((*c)->flags & ND_COMMAND_HIDDEN) != 0)
            continue;
        nd_buf_addf(out, ".It Xr netdrill-%s 1\n", (*c)->name);
        put_filled(out, (*c)->help, strcspn((*c)->help, "\n"));
    }
    nd_buf_adds(out,
                ".El\n.Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
                ".It Ev NO_COLOR\nNot empty: no colour.\n"
                ".It Ev TERM\n\"dumb\": lines, no display and no colour.\n"
                ".It Ev LC_ALL , LC_MESSAGES , LANG\n"
                "Begins with \"zh\": titles in zh-TW, unless\n.Fl -lang\nsays otherwise.\n"
                ".It Ev NETDRILL_PLUGINS\nA directory in which plugins are looked for first.\n"
                ".El\n.Sh FILES\n.Bl -tag -width Ds\n"
                ".It Pa runs/\nA directory for each run: what was played, its journal, samples and "
                "report.\n.El\n");
    put_exit_codes(out);
    nd_buf_adds(out, ".Sh SEE ALSO\n.Xr netdrill-scenario 5 ,\n.Xr netdrill-site 5\n");
}

/* ---- the command ---- */

/* Whether completion knows every kind of word that usage lines and option tables name. */
static bool check_kinds(const struct nd_command *command)
{
    struct nd_buf names = {0};
    bool good = true;
    const char *at = command->usage;
    for (const struct nd_cli_option *o = command->options; o != NULL && o->name != NULL; o++)
        nd_buf_addf(&names, " %s", o->arg != NULL ? o->arg : "");
    char *all = nd_printf("%s%s", at, nd_buf_str(&names));
    char *rest = all;
    for (char *name = NULL; (name = strsep(&rest, " |[]\n")) != NULL;) {
        name[strcspn(name, ".")] = '\0';
        if (!nd_usage_is_kind(name) || nd_complete_knows(name))
            continue;
        fprintf(stderr, "netdrill man-pages: %s: '%s' is no kind of word that completion knows\n",
                command->name, name);
        good = false;
    }
    free(all);
    nd_buf_deinit(&names);
    return good;
}

static bool write_page(const char *dir, const char *name, struct nd_buf *out)
{
    struct nd_fail why = {0};
    char *path = nd_printf("%s/%s.1", dir, name);
    nd_err err = nd_file_write(path, nd_buf_str(out), out->len_bytes, &why);
    if (err != ND_OK)
        fprintf(stderr, "netdrill man-pages: %s\n", why.text);
    nd_buf_deinit(out);
    free(path);
    return err == ND_OK;
}

static int man(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    if (!nd_cli_parse(&nd_command_man, argc, argv, 1, 1, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    const char *dir = args.words.at[0];
    struct nd_buf out = {0};
    main_page(&out);
    bool good = write_page(dir, "netdrill", &out);
    for (const struct nd_command *const *c = nd_commands; *c != NULL && good; c++) {
        if (((*c)->flags & ND_COMMAND_HIDDEN) != 0)
            continue;
        char *name = nd_printf("netdrill-%s", (*c)->name);
        page_of(&out, *c);
        good = check_kinds(*c) && write_page(dir, name, &out);
        free(name);
    }
    nd_buf_deinit(&out);
    nd_cli_args_deinit(&args);
    return good ? ND_EXIT_OK : ND_EXIT_INTERNAL;
}

const struct nd_command nd_command_man = {
    "man-pages", "man-pages DIR",   "Internal: writes netdrill(1) and a page for each command.",
    man,         ND_COMMAND_HIDDEN, NULL};
