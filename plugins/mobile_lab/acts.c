#include "mobile_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Talking to the simulated network, on the worker thread. What is changed is noted key by key: an
 * undo puts back a key that still has our value, and leaves alone one that somebody else has set.
 */

#define ANSWER_WITHIN_MS 2000

nd_err act_fail(struct act *act, nd_err err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(act->why, sizeof act->why, fmt, args);
    va_end(args);
    act->err = err;
    return err;
}

static nd_err ask(struct act *act, const char *line)
{
    char heard[REPLY_BYTES];
    size_t len = 0;
    if (act->fd < 0)
        return act_fail(act, ND_EGONE,
                        "no simulated network runs in '%s'; 'mobile_lab.start' first", act->dir);
    if (send(act->fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
        return act_fail(act, ND_EGONE, "the simulated network in '%s' has ended", act->dir);
    do {
        struct pollfd ready = {.fd = act->fd, .events = POLLIN};
        ssize_t got = poll(&ready, 1, ANSWER_WITHIN_MS) == 1
                          ? recv(act->fd, heard + len, sizeof heard - 1 - len, 0)
                          : -1;
        if (got <= 0)
            return act_fail(act, ND_ETIME, "the simulated network in '%s' does not answer",
                            act->dir);
        len += (size_t)got;
        heard[len] = '\0';
    } while (strchr(heard, '\n') == NULL && len < sizeof heard - 1);
    heard[strcspn(heard, "\n")] = '\0';
    if (strncmp(heard, "ok", 2) != 0)
        return act_fail(act, ND_EARG, "%.200s", strncmp(heard, "no ", 3) == 0 ? heard + 3 : heard);
    snprintf(act->reply, sizeof act->reply, "%s", heard + 2 + (heard[2] == ' '));
    return ND_OK;
}

nd_err act_ask(struct act *act, const char *fmt, ...)
{
    char line[REPLY_BYTES];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof line)
        return act_fail(act, ND_EINTERNAL, "a line is too long");
    return ask(act, line);
}

int word_value(const char *words, const char *key, char *value, size_t bytes)
{
    size_t len = strlen(key);
    value[0] = '\0';
    for (const char *word = words; *word != '\0';) {
        size_t end = strcspn(word, " ");
        if (end > len && word[len] == '=' && strncmp(word, key, len) == 0) {
            snprintf(value, bytes, "%.*s", (int)(end - len - 1), word + len + 1);
            return 1;
        }
        word += end + (word[end] == ' ');
    }
    return 0;
}

/* ---- what a change will be ---- */

/* Adds to the plan that `name` gets `key` set to `value`. */
static void plan_key(struct act *act, const char *name, const char *key, const char *value)
{
    char before[128];
    if (act->err != ND_OK || act_ask(act, "get %s\n", name) != ND_OK)
        return;
    if (!word_value(act->reply, key, before, sizeof before)) {
        act_fail(act, ND_EINTERNAL, "'%s' has no '%s'", name, key);
        return;
    }
    int i = 0;
    while (i < act->count && strcmp(act->things[i].name, name) != 0)
        i++;
    if (i == THINGS_MAX)
        return;
    struct thing *thing = &act->things[i];
    if (i == act->count) {
        snprintf(thing->name, sizeof thing->name, "%s", name);
        act->count++;
    }
    size_t was = strlen(thing->before);
    size_t is = strlen(thing->after);
    int fits = snprintf(thing->before + was, DELTA_BYTES - was, "%s%s=%s", was != 0 ? " " : "", key,
                        before) < (int)(DELTA_BYTES - was) &&
               snprintf(thing->after + is, DELTA_BYTES - is, "%s%s=%s", is != 0 ? " " : "", key,
                        value) < (int)(DELTA_BYTES - is);
    if (!fits)
        act_fail(act, ND_EARG, "the settings of '%s' are too long to be put back", name);
}

/* The same, with a PLMN more in a list. */
static void plan_plmn(struct act *act, const char *name, const char *key)
{
    char list[128];
    char longer[144];
    if (act->err != ND_OK || act_ask(act, "get %s\n", name) != ND_OK)
        return;
    word_value(act->reply, key, list, sizeof list);
    if (strstr(list, act->plmn) != NULL)
        snprintf(longer, sizeof longer, "%s", list);
    else
        snprintf(longer, sizeof longer, "%s%s%s", list, *list != '\0' ? "," : "", act->plmn);
    plan_key(act, name, key, longer);
}

/* Does it for the target's cell, or for each cell of its network. */
static void each_cell(struct act *act, void (*plan)(struct act *act, const char *name))
{
    char names[REPLY_BYTES] = "";
    const char *cell = target_fact(act->target, "cell");
    const char *network = target_fact(act->target, "network");
    if (cell != NULL)
        snprintf(names, sizeof names, "%s", cell);
    else if (network == NULL)
        act_fail(act, ND_EARG, "target '%s' names neither 'cell:' nor 'network:'",
                 act->target->name);
    else if (act_ask(act, "cells %s\n", network) == ND_OK)
        snprintf(names, sizeof names, "%s", act->reply);
    char *rest = names;
    for (char *name = strsep(&rest, " "); name != NULL && act->err == ND_OK;
         name = strsep(&rest, " ")) {
        char full[80];
        snprintf(full, sizeof full, "cell %.60s", name);
        if (*name != '\0')
            plan(act, full);
    }
    if (act->err == ND_OK && act->count == 0)
        act_fail(act, ND_EARG, "target '%s' has no cell there", act->target->name);
}

static void cell_down(struct act *act, const char *name)
{
    plan_key(act, name, "up", "0");
}

void plan_fail(struct act *act)
{
    each_cell(act, cell_down);
}

static void cell_bar(struct act *act, const char *name)
{
    char number[24];
    snprintf(number, sizeof number, "%d", (int)act->percent);
    plan_key(act, name, "ai3", number);
    snprintf(number, sizeof number, "%d", (int)act->seconds);
    plan_key(act, name, "ai3_time", number);
}

void plan_bar(struct act *act)
{
    each_cell(act, cell_bar);
}

/* "network yi" of a target; 0: it names none. */
static int network_of(struct act *act, const struct nd_target *target, char name[80])
{
    const char *network = target_fact(target, "network");
    if (network != NULL)
        snprintf(name, 80, "network %.60s", network);
    else
        act_fail(act, ND_EARG, "target '%s' names no 'network:'", target->name);
    return network != NULL;
}

void plan_core(struct act *act)
{
    char name[80];
    if (network_of(act, act->target, name))
        plan_key(act, name, "core", "0");
}

static void cell_sib15(struct act *act, const char *name)
{
    plan_plmn(act, name, "sib15");
    plan_key(act, name, "applicable", "common");
}

static void cell_plmns(struct act *act, const char *name)
{
    plan_plmn(act, name, "plmns");
}

void plan_open(struct act *act)
{
    char name[80];
    char victim[80];
    if (!network_of(act, act->target, name) || !network_of(act, act->victim, victim) ||
        act_ask(act, "get %s\n", victim) != ND_OK)
        return;
    word_value(act->reply, "plmn", act->plmn, sizeof act->plmn);
    switch (act->method) {
    case OPEN_MINT:
        each_cell(act, cell_sib15);
        plan_plmn(act, name, "disaster");
        break;
    case OPEN_PLMN:
        each_cell(act, cell_plmns);
        break;
    case OPEN_NATIONAL:
        plan_plmn(act, name, "guests");
        break;
    default:
        plan_key(act, name, "emergency", "1");
        break;
    }
}

/* ---- doing, undoing, reading back ---- */

void act_apply(struct act *act)
{
    for (int i = 0; i < act->count && act->err == ND_OK; i++)
        act_ask(act, "set %s %s\n", act->things[i].name, act->things[i].after);
}

/* Compares a thing's keys with before and after. undo: puts back those that are ours. */
static void put_back(struct act *act, const struct thing *thing, int undo)
{
    char words[DELTA_BYTES];
    char settings[REPLY_BYTES];
    if (act_ask(act, "get %s\n", thing->name) != ND_OK)
        return;
    snprintf(settings, sizeof settings, "%s", act->reply);
    snprintf(words, sizeof words, "%s", thing->before);
    char *rest = words;
    for (char *word = strsep(&rest, " "); word != NULL && act->err == ND_OK;
         word = strsep(&rest, " ")) {
        char is[128];
        char ours[128];
        const char *key = word;
        char *value = strchr(word, '=');
        if (value == NULL)
            continue;
        *value++ = '\0';
        word_value(settings, key, is, sizeof is);
        word_value(thing->after, key, ours, sizeof ours);
        if (strcmp(is, value) == 0)
            continue;
        if (undo && strcmp(is, ours) == 0)
            act_ask(act, "set %s %s=%s\n", thing->name, key, value);
        else
            act_fail(act, ND_ESTATE, "%s of %s is '%s', before it was '%s'", key, thing->name, is,
                     value);
    }
}

/* With the simulated network all that was changed in it is gone. */
void act_undo(struct act *act)
{
    for (int i = 0; i < act->count && act->fd >= 0 && act->err == ND_OK; i++)
        put_back(act, &act->things[i], 1);
}

void act_verify(struct act *act)
{
    for (int i = 0; i < act->count && act->fd >= 0 && act->err == ND_OK; i++)
        put_back(act, &act->things[i], 0);
}

/* Whether each key has what the change set. */
static void in_force(struct act *act, const struct thing *thing)
{
    char words[DELTA_BYTES];
    if (act_ask(act, "get %s\n", thing->name) != ND_OK)
        return;
    snprintf(words, sizeof words, "%s", thing->after);
    char *rest = words;
    for (char *word = strsep(&rest, " "); word != NULL && act->err == ND_OK;
         word = strsep(&rest, " ")) {
        char is[128];
        char *value = strchr(word, '=');
        if (value == NULL)
            continue;
        *value++ = '\0';
        word_value(act->reply, word, is, sizeof is);
        if (strcmp(is, value) != 0)
            act_fail(act, ND_ESTATE, "%s of %s is '%s', expected '%s'", word, thing->name, is,
                     value);
    }
}

void act_prove(struct act *act)
{
    for (int i = 0; i < act->count && act->err == ND_OK; i++)
        in_force(act, &act->things[i]);
}

void act_census(struct act *act)
{
    act_ask(act, "census\n");
}

/* ---- the program ---- */

void act_spawn(struct act *act)
{
    pid_t pid = 0;
    int said[2];
    int status = 0;
    size_t len = 0;
    ssize_t got = 0;
    posix_spawn_file_actions_t actions;
    if (mkdir(act->dir, 0755) != 0 && errno != EEXIST) {
        act_fail(act, ND_EIO, "cannot make '%s': %s", act->dir, strerror(errno));
        return;
    }
    if (pipe2(said, O_CLOEXEC) != 0) {
        act_fail(act, ND_EIO, "cannot make a pipe: %s", strerror(errno));
        return;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, said[1], 2);
    int failed = posix_spawn(&pid, act->argv[0], &actions, NULL, (char *const *)act->argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(said[1]);
    /* It closes its end when it goes into the background, or dies. */
    while (failed == 0 && len < sizeof act->reply - 1 &&
           (got = read(said[0], act->reply + len, sizeof act->reply - 1 - len)) > 0)
        len += (size_t)got;
    close(said[0]);
    act->reply[len] = '\0';
    act->reply[strcspn(act->reply, "\n")] = '\0';
    if (failed != 0)
        act_fail(act, ND_EGONE, "cannot start '%s': %s", act->argv[0], strerror(failed));
    else if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        act_fail(act, ND_EARG, "%.240s",
                 len != 0 ? act->reply : "netdrill-mobile ended without a word");
}

void act_end(struct act *act)
{
    char rest[16];
    struct pollfd ready = {.fd = act->fd, .events = POLLIN};
    if (act->fd < 0 || act_ask(act, "end\n") != ND_OK)
        return;
    /* It has ended when its end of the socket is closed. */
    while (poll(&ready, 1, ANSWER_WITHIN_MS) == 1 && recv(act->fd, rest, sizeof rest, 0) > 0)
        ;
    rmdir(act->dir);
}
