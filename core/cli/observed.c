#include "cli/observed.h"

#include "base/units.h"
#include "record/journal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000LL
#define MINUTE (60 * SECOND)
#define DAY    (86400 * SECOND)

static const char *str_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static bool read_event(void *ctx, const json_t *event)
{
    struct nd_played *played = ctx;
    static const char inject[] = "netdrill.inject.";
    const char *type = str_of(event, "type");
    const json_t *data = json_object_get(event, "data");
    nd_ns at = json_integer_value(json_object_get(event, "monons"));
    if (played->t0 >= 0)
        played->last = at - played->t0;
    if (strcmp(type, "netdrill.journal.opened") == 0) {
        played->offset_min = (int)json_integer_value(json_object_get(data, "utc_offset_min"));
    } else if (strcmp(type, "netdrill.run.started") == 0) {
        played->t0 = json_integer_value(json_object_get(data, "t0_ns"));
        played->wall_ns = nd_wall_parse(str_of(data, "wall"));
    } else if (strncmp(type, inject, sizeof inject - 1) == 0) {
        json_object_set_new(played->injects, str_of(event, "subject"), json_null());
    } else if (strcmp(type, "netdrill.observation") == 0) {
        json_object_set(played->authors, str_of(event, "subject"), json_object_get(data, "by"));
    }
    return true;
}

nd_err nd_played_read(struct nd_played *played, const struct nd_rundir *dir, struct nd_fail *why)
{
    struct nd_journal_check check;
    *played = (struct nd_played){
        .t0 = -1, .wall_ns = -1, .injects = json_object(), .authors = json_object()};
    char *path = nd_rundir_file(dir, "journal.jsonl");
    nd_err err = nd_journal_read(path, read_event, played, &check, why);
    free(path);
    return err;
}

void nd_played_deinit(struct nd_played *played)
{
    json_decref(played->injects);
    json_decref(played->authors);
}

/* ---- moments ---- */

/* By the clock of the place, from STARTEX; false: it is no time. A time to the minute that STARTEX
 * falls into is STARTEX. */
static bool read_clock(const struct nd_played *played, const char *text, nd_ns *moment)
{
    static const struct {
        const char *format;
        bool dated;
        nd_ns step;
    } formats[] = {{"%Y-%m-%dT%H:%M:%S", true, SECOND}, {"%Y-%m-%dT%H:%M", true, MINUTE},
                   {"%Y-%m-%d %H:%M:%S", true, SECOND}, {"%Y-%m-%d %H:%M", true, MINUTE},
                   {"%H:%M:%S", false, SECOND},         {"%H:%M", false, MINUTE}};
    int64_t start = played->wall_ns + played->offset_min * MINUTE;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct tm tm = {.tm_year = 70, .tm_mday = 1};
        const char *end = strptime(text, formats[i].format, &tm);
        if (end == NULL || *end != '\0')
            continue;
        *moment = (nd_ns)timegm(&tm) * SECOND - start;
        if (!formats[i].dated) { /* of a day that is long over */
            nd_ns days = (-*moment + DAY - 1) / DAY;
            bool in_step = *moment + days * DAY > DAY - formats[i].step;
            *moment += (days - in_step) * DAY;
        }
        if (*moment < 0 && *moment > -formats[i].step)
            *moment = 0;
        return true;
    }
    return false;
}

nd_err nd_played_moment(const struct nd_played *played, const char *text, bool lives, nd_ns *moment,
                        struct nd_fail *why)
{
    char last[ND_UNIT_TEXT];
    struct timespec now;
    nd_ns till = played->last;
    if (played->t0 < 0 || played->wall_ns < 0)
        return nd_fail_set(why, ND_EARG, "'--at': the drill has not begun");
    clock_gettime(CLOCK_REALTIME, &now);
    if (lives)
        till = (nd_ns)now.tv_sec * SECOND + now.tv_nsec - played->wall_ns;
    if (nd_moment_parse(text, moment, NULL) != ND_OK && !read_clock(played, text, moment))
        return nd_fail_set(why, ND_EARG,
                           "'--at' takes a moment such as T+00:20 (hours:minutes) or T+00:20:05, "
                           "or the time of day, 14:05, got '%s'",
                           text);
    if (*moment < 0 || *moment > till)
        return nd_fail_set(why, ND_EARG, "'--at %s': the drill %s T+00:00:00 to %s", text,
                           lives ? "has gone from" : "went from", nd_moment_format(till, last));
    return ND_OK;
}
