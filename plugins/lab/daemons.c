#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Real daemons in the lab's hosts: each in a directory of its own below /run/netdrill, with copies
 * of its files, kept by netdrill-daemon (daemon.c). */

#define WORDS_MAX      96
#define WITHIN_DEFAULT 10000 /* ms */

void lab_directory(const struct job *job, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "/run/netdrill/lab-%.40s", job->site);
}

void lab_place(const struct job *job, const char *host, const char *daemon, const char *suffix,
               char path[DAEMON_PATH_BYTES])
{
    char directory[PATH_BYTES];
    lab_directory(job, directory);
    snprintf(path, DAEMON_PATH_BYTES, "%s/%.30s.%.30s%s", directory, host, daemon, suffix);
}

static nd_err make_directory(struct job *job, const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return ND_OK;
    return lab_fail(job, errno == EACCES || errno == EROFS ? ND_ERIGHTS : ND_EIO,
                    "cannot make '%s': %s", path, strerror(errno));
}

static nd_err put_file(struct job *job, const char *directory, const char *name)
{
    const char *text = json_string_value(json_object_get(job->files, name));
    const char *slash = strrchr(name, '/');
    char path[DAEMON_PATH_BYTES + 128];
    if (text == NULL)
        return lab_fail(job, ND_EARG, "the site has no file '%s'", name);
    snprintf(path, sizeof path, "%s/%s", directory, slash != NULL ? slash + 1 : name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    ssize_t put = fd >= 0 ? write(fd, text, len) : -1;
    int error = errno;
    if (fd >= 0)
        close(fd);
    return put == (ssize_t)len
               ? ND_OK
               : lab_fail(job, ND_EIO, "cannot write '%s': %s", path, strerror(error));
}

/* ---- the words of netdrill-daemon ---- */

struct words {
    char *at[WORDS_MAX + 1];
    size_t count;
    int too_many;
};

static void add(struct words *words, const char *word)
{
    words->too_many |= words->count == WORDS_MAX;
    if (words->count < WORDS_MAX)
        words->at[words->count++] = (char *)word;
}

static void add_list(struct words *words, const json_t *list)
{
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item))
            add(words, json_string_value(item));
    }
}

/* "tcp:4222,udp:5060" */
static void join_ports(const json_t *ready, char *out, size_t bytes)
{
    size_t at = 0;
    size_t i = 0;
    json_t *item = NULL;
    out[0] = '\0';
    json_array_foreach(ready, i, item)
    {
        if (json_is_string(item) && at < bytes)
            at += (size_t)snprintf(out + at, bytes - at, "%s%.10s", at != 0 ? "," : "",
                                   json_string_value(item));
    }
}

/* "10s", "500ms", "1m": checked by the core. */
static long within_ms(const json_t *daemon)
{
    char *unit = NULL;
    double number = strtod(lab_text(daemon, "within"), &unit);
    if (number <= 0)
        return WITHIN_DEFAULT;
    return (long)(number * (strcmp(unit, "ms") == 0 ? 1 : strcmp(unit, "m") == 0 ? 60000 : 1000));
}

static nd_err await_daemon(struct job *job, int fd, long within, const char *host, const char *name)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char said[400] = "";
    int got = poll(&ready, 1, (int)within + 2000);
    ssize_t len = got > 0 ? read(fd, said, sizeof said - 1) : 0;
    close(fd);
    said[len > 0 ? len : 0] = '\0';
    said[strcspn(said, "\n")] = '\0';
    if (strcmp(said, "+") == 0)
        return ND_OK;
    return lab_fail(job, ND_EIO, "daemon '%s' of host '%s': %s", name, host,
                    *said != '\0' ? said : "netdrill-daemon does not get it ready");
}

static nd_err start_daemon(struct job *job, const char *host, const json_t *daemon)
{
    char directory[DAEMON_PATH_BYTES];
    char state[DAEMON_PATH_BYTES];
    char log[DAEMON_PATH_BYTES + 128];
    char ports[128];
    char within[24];
    const char *name = lab_text(daemon, "name");
    struct words words = {.count = 0};
    size_t i = 0;
    json_t *item = NULL;
    lab_place(job, host, name, "", directory);
    lab_place(job, host, name, ".state", state);
    if (job->logs != NULL)
        snprintf(log, sizeof log, "%s/%.30s.%.30s.log", job->logs, host, name);
    else
        lab_place(job, host, name, ".log", log);
    join_ports(json_object_get(daemon, "ready"), ports, sizeof ports);
    snprintf(within, sizeof within, "%ld", within_ms(daemon));
    nd_err err = make_directory(job, directory);
    json_array_foreach(json_object_get(daemon, "files"), i, item)
    {
        if (err == ND_OK && json_is_string(item))
            err = put_file(job, directory, json_string_value(item));
    }
    const char *const first[] = {job->self->daemon, directory, state, log, within, ports};
    for (i = 0; i < sizeof first / sizeof first[0]; i++)
        add(&words, first[i]);
    json_array_foreach(json_object_get(daemon, "prepare"), i, item)
    {
        add(&words, "--");
        add_list(&words, item);
    }
    add(&words, "--");
    add(&words, lab_text(daemon, "program"));
    add_list(&words, json_object_get(daemon, "arguments"));
    if (err == ND_OK && words.too_many)
        err = lab_fail(job, ND_EARG, "daemon '%s' of host '%s' has too many words", name, host);
    int fd = -1;
    if (err == ND_OK)
        err = lab_start(job, words.at, &fd);
    return err == ND_OK ? await_daemon(job, fd, within_ms(daemon), host, name) : err;
}

nd_err lab_daemons_in(struct job *job, const json_t *named)
{
    size_t i = 0;
    json_t *daemon = NULL;
    const char *host = lab_text(named, "host");
    char directory[PATH_BYTES];
    lab_directory(job, directory);
    nd_err err = make_directory(job, "/run/netdrill");
    if (err == ND_OK)
        err = make_directory(job, directory);
    if (err == ND_OK && job->logs != NULL)
        err = make_directory(job, job->logs);
    json_array_foreach(json_object_get(named, "daemons"), i, daemon)
    {
        if (err == ND_OK)
            err = start_daemon(job, host, daemon);
    }
    return err;
}

/* ---- afterwards ---- */

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    remove(path);
    return 0;
}

nd_err lab_remove_directory(struct job *job)
{
    char directory[PATH_BYTES];
    lab_directory(job, directory);
    if (access(directory, F_OK) != 0)
        return ND_OK;
    nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    return access(directory, F_OK) != 0 ? ND_OK
                                        : lab_fail(job, ND_EIO, "cannot remove '%s'", directory);
}
