#include "cli/init.h"

#include "base/mem.h"
#include "base/text.h"
#include "cli/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* init: a drill to start from, laid down in a directory of its own. Nothing is overwritten. */

extern const struct nd_command nd_command_init;

static const struct file {
    const char *path; /* "template/file" */
    const char *text;
} files[] = {
#include "cli/templates.inc"
};
#define FILES_COUNT (sizeof files / sizeof files[0])

#define README "/README.md" /* its first line, "# title", is the template's */

bool nd_template_get(size_t i, struct nd_template *out)
{
    for (size_t f = 0; f < FILES_COUNT; f++) {
        const char *slash = strchr(files[f].path, '/');
        if (strcmp(slash, README) != 0 || i-- != 0)
            continue;
        const char *title = files[f].text + strlen("# ");
        snprintf(out->name, sizeof out->name, "%.*s", (int)(slash - files[f].path), files[f].path);
        snprintf(out->title, sizeof out->title, "%.*s", (int)strcspn(title, "\n"), title);
        return true;
    }
    return false;
}

static int list(void)
{
    struct nd_template template;
    for (size_t i = 0; nd_template_get(i, &template); i++)
        printf("%-18s %s\n", template.name, template.title);
    return ND_EXIT_OK;
}

static int unknown(const char *name)
{
    struct nd_template templates[FILES_COUNT];
    const char *names[FILES_COUNT];
    size_t count = 0;
    for (; nd_template_get(count, &templates[count]); count++)
        names[count] = templates[count].name;
    const char *near = nd_text_nearest(name, names, count);
    fprintf(stderr,
            "netdrill init: there is no template '%s'%s%s%s; 'netdrill init' lists those there "
            "are\n",
            name, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'" : "");
    return ND_EXIT_USAGE;
}

/* The part of a path behind the template's name; NULL: a file of another template. */
static const char *part_of(const struct file *file, const char *name)
{
    size_t len = strlen(name);
    return strncmp(file->path, name, len) == 0 && file->path[len] == '/' ? file->path + len + 1
                                                                         : NULL;
}

/* False: something of the name is there already, a dangling link too. */
static bool is_free(const char *path)
{
    struct stat there;
    if (lstat(path, &there) != 0)
        return true;
    fprintf(stderr, "netdrill init: '%s' is there already, and is not overwritten\n", path);
    return false;
}

static bool lay(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    size_t len = strlen(text);
    bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    if (!good)
        fprintf(stderr, "netdrill init: cannot write '%s': %s\n", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return good;
}

/* Whether each file of the template can be written there; write: writes them. */
static bool for_each(const char *name, const char *dir, bool write)
{
    bool good = true;
    for (size_t f = 0; good && f < FILES_COUNT; f++) {
        const char *part = part_of(&files[f], name);
        if (part == NULL)
            continue;
        char *path = nd_printf("%s/%s", dir, part);
        good = write ? lay(path, files[f].text) : is_free(path);
        if (good && write)
            printf("%s\n", path);
        free(path);
    }
    return good;
}

static int lay_down(const char *name, const char *dir)
{
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "netdrill init: cannot make '%s': %s\n", dir, strerror(errno));
        return ND_EXIT_REFUSED;
    }
    if (!for_each(name, dir, false) || !for_each(name, dir, true))
        return ND_EXIT_REFUSED;
    printf("\nNext:\n"
           "  netdrill lint %s/drill.lua\n"
           "  netdrill rehearse %s/drill.lua --answers %s/answers.yaml\n",
           dir, dir, dir);
    return ND_EXIT_OK;
}

static int init(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (nd_cli_parse(&nd_command_init, argc, argv, 0, 2, &args, &help)) {
        const char *name = args.words.count != 0 ? args.words.at[0] : NULL;
        bool known = false;
        for (size_t f = 0; name != NULL && f < FILES_COUNT; f++)
            known = known || part_of(&files[f], name) != NULL;
        if (name == NULL)
            code = list();
        else if (!known)
            code = unknown(name);
        else if (args.words.count != 2)
            fprintf(stderr, "netdrill init: say where the drill is to be: netdrill init %s DIR\n",
                    name);
        else
            code = lay_down(name, args.words.at[1]);
    }
    nd_cli_args_deinit(&args);
    return help ? ND_EXIT_OK : code;
}

const struct nd_command nd_command_init = {
    "init",
    "init [TEMPLATE DIR]",
    "Lays down a drill to start from: scenario, site file, answers, README.\n\n"
    "  netdrill init                           the templates there are\n"
    "  netdrill init cable-cut drills/matsu\n\n"
    "It lints clean and plays as it is, in a lab of its own. Files that are there already are\n"
    "never overwritten.",
    init,
    0,
    NULL};
