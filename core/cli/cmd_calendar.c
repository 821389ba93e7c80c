#include "cli/planned.h"

#include "exercise/calendar.h"

#include <string.h>
#include <time.h>

/* calendar: the exercise for people's calendars. */

extern const struct nd_command nd_command_calendar;

static const struct nd_cli_option options[] = {
    {"role", "player|controller|evaluator", "for whom; a player's holds the exercise alone", 0},
    {"start", "TIME", "STARTEX: 2026-11-24T09:00+08:00; without an offset in this machine's zone",
     0},
    {"for", "NAME", "controller, evaluator: what concerns this person alone", 0},
    {"lang", "zh|en", "language", 0},
    {"out", "FILE", "write there, not to the terminal", 0},
    ND_PLANNED_OPTIONS,
    {NULL, NULL, NULL, 0}};

static bool read_start(const char *text, int64_t *start)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z",
                                        "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"};
    for (size_t i = 0; text != NULL && i < sizeof forms / sizeof forms[0]; i++) {
        struct tm tm = {.tm_isdst = -1};
        const char *end = strptime(text, forms[i], &tm);
        long east = tm.tm_gmtoff;
        if (end == NULL || *end != '\0')
            continue;
        *start = i < 2 ? (int64_t)timegm(&tm) - east : (int64_t)mktime(&tm);
        return true;
    }
    fprintf(stderr,
            "netdrill calendar: say when STARTEX is: --start 2026-11-24T09:00+08:00, got '%s'\n",
            text != NULL ? text : "");
    return false;
}

static bool read_role(const struct nd_cli_args *args, enum nd_calendar_role *role)
{
    static const char *const names[] = {"player", "controller", "evaluator"};
    const char *name = nd_cli_get(args, "role");
    for (size_t i = 0; name != NULL && i < 3; i++) {
        if (strcmp(names[i], name) == 0) {
            *role = (enum nd_calendar_role)i;
            return true;
        }
    }
    fprintf(stderr, "netdrill calendar: say for whom: --role player, controller or evaluator\n");
    return false;
}

static int calendar(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_planned planned;
    struct nd_buf out = {0};
    bool help = false;
    int code = ND_EXIT_USAGE;
    struct nd_calendar calendar = {.now = (int64_t)time(NULL)};
    if (!nd_cli_parse(&nd_command_calendar, argc, argv, 1, 1, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : ND_EXIT_USAGE;
    }
    calendar.zh = nd_cli_zh(&args);
    calendar.who = nd_cli_get(&args, "for");
    if (read_role(&args, &calendar.role) &&
        read_start(nd_cli_get(&args, "start"), &calendar.start)) {
        if (nd_planned_load(&planned, &args, args.words.at[0]) &&
            nd_planned_person(&planned, &args)) {
            nd_calendar_write(nd_scenario_drill(planned.work.scenario), &calendar, &out);
            code = nd_planned_out(&args, &out);
        }
        nd_planned_deinit(&planned);
    }
    nd_buf_deinit(&out);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_calendar = {
    "calendar",
    "calendar SCENARIO --role player|controller|evaluator --start TIME [--for NAME] [--out FILE]",
    "The exercise for people's calendars (iCalendar).\n\n"
    "  netdrill calendar drills/tabletop-outage.lua --role player --start 2026-11-24T09:00+08:00",
    calendar,
    0,
    options};
