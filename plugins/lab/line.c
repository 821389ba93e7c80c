#include "line.h"

#include <stdio.h>
#include <string.h>

#include "../common/quantity.h"

#define MS INT64_C(1000000)

/* Round trips and losses as plugins/lab/README.md tells with their sources; half of each, each way.
 */
static const struct {
    const char *name;
    struct line line;
} profiles[] = {
    {"fibre", {.delay = 5 * MS / 2, .jitter = 3 * MS / 20, .burst = 1}},
    {"microwave", {.delay = 5 * MS / 2, .jitter = MS, .loss = 0.001, .burst = 1}},
    {"leo",
     {.delay = 35 * MS,
      .jitter = 5 * MS,
      .loss = 0.005,
      .burst = 1,
      .rate = {20000000, 100000000}}},
    {"meo",
     {.delay = 110 * MS,
      .jitter = 5 * MS,
      .loss = 0.001,
      .burst = 1,
      .rate = {50000000, 100000000}}},
    {"geo",
     {.delay = 300 * MS,
      .jitter = 10 * MS,
      .loss = 0.005,
      .burst = 1,
      .rate = {2000000, 10000000}}},
};

void line_init(struct line *line)
{
    *line = (struct line){.burst = 1, .limit = 200 * MS, .seed = 1};
}

/* "every 15s lasts 1s add 60ms", "at 30s lasts 3s gap" */
static int read_event(const char *text, struct line_event *event)
{
    char copy[128];
    char *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        int64_t *into = strcmp(word, "every") == 0   ? &event->every
                        : strcmp(word, "at") == 0    ? &event->at
                        : strcmp(word, "lasts") == 0 ? &event->lasts
                        : strcmp(word, "add") == 0   ? &event->add
                                                     : NULL;
        if (strcmp(word, "gap") == 0) {
            event->gap = 1;
            continue;
        }
        const char *value = into != NULL ? strsep(&rest, " ") : NULL;
        if (value == NULL || quantity_length(value, into) != 0)
            return -1;
    }
    return event->lasts > 0 && (event->gap || event->add > 0) &&
                   (event->every == 0 || event->every > event->lasts)
               ? 0
               : -1;
}

static int set_profile(struct line *line, const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (strcmp(profiles[i].name, name) == 0) {
            uint64_t seed = line->seed;
            int64_t limit = line->limit;
            *line = profiles[i].line;
            line->seed = seed;
            line->limit = limit;
            return 0;
        }
    }
    return -1;
}

static int set_event(struct line *line, const char *text)
{
    struct line_event event = {0};
    if (line->events_count == LINE_EVENTS_MAX || read_event(text, &event) != 0)
        return -1;
    line->events[line->events_count++] = event;
    return 0;
}

static int set_number(double *into, const char *text, double min, double max)
{
    static const struct quantity_unit none[] = {{"", 1}, {NULL, 0}};
    return quantity_read(text, none, max, into) == 0 && *into >= min ? 0 : -1;
}

int line_set(struct line *line, const char *key, const char *value, char why[LINE_WHY_BYTES])
{
    const char *want = "a length of time such as 20ms";
    double number = 0;
    int failed = 0;
    if (strcmp(key, "delay") == 0) {
        failed = quantity_length(value, &line->delay);
    } else if (strcmp(key, "jitter") == 0) {
        failed = quantity_length(value, &line->jitter);
    } else if (strcmp(key, "limit") == 0) {
        failed = quantity_length(value, &line->limit);
    } else if (strcmp(key, "loss") == 0 || strcmp(key, "reorder") == 0 ||
               strcmp(key, "duplicate") == 0) {
        want = "a share such as 1%";
        failed = quantity_share(value, *key == 'l'   ? &line->loss
                                       : *key == 'r' ? &line->reorder
                                                     : &line->duplicate);
    } else if (strcmp(key, "burst") == 0) {
        want = "a mean number of frames, 1 to 1000";
        failed = set_number(&line->burst, value, 1, 1000);
    } else if (strcmp(key, "seed") == 0) {
        want = "a whole number";
        failed = set_number(&number, value, 0, 4e9);
        line->seed = (uint64_t)number;
    } else if (strcmp(key, "rate") == 0) {
        want = "a rate such as 10mbit/s";
        failed = quantity_rate(value, &line->rate[0]);
        line->rate[1] = line->rate[0];
    } else if (strcmp(key, "rate_back") == 0) {
        want = "a rate such as 10mbit/s";
        failed = quantity_rate(value, &line->rate[1]);
    } else if (strcmp(key, "event") == 0) {
        want = "'every 15s lasts 1s add 60ms' or 'at 30s lasts 3s gap'";
        failed = set_event(line, value);
    } else if (strcmp(key, "profile") == 0) {
        want = "fibre, microwave, leo, meo or geo";
        failed = set_profile(line, value);
    } else {
        want = "profile, delay, jitter, loss, burst, reorder, duplicate, rate, rate_back, limit, "
               "event or seed";
        snprintf(why, LINE_WHY_BYTES, "a line has no '%.32s'; it takes %s", key, want);
        return -1;
    }
    if (failed)
        snprintf(why, LINE_WHY_BYTES, "'%.16s' of a line: expected %s, got '%.40s'", key, want,
                 value);
    return failed;
}
