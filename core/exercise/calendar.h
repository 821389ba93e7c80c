/* The exercise in people's calendars: iCalendar (RFC 5545). A player's holds the exercise and
 * nothing of what will happen in it. Times are in UTC. */
#ifndef ND_EXERCISE_CALENDAR_H
#define ND_EXERCISE_CALENDAR_H
#include "plan/model.h"

enum nd_calendar_role { ND_CALENDAR_PLAYER, ND_CALENDAR_CONTROLLER, ND_CALENDAR_EVALUATOR };

struct nd_calendar {
    enum nd_calendar_role role;
    const char *who; /* a controller or evaluator: theirs alone; NULL: all */
    int64_t start;   /* STARTEX, seconds since 1970 */
    int64_t now;     /* when it is made, likewise */
    bool zh;
};

/* Appends to out, lines ended by CRLF and folded at 75 octets. */
void nd_calendar_write(const struct nd_drill *drill, const struct nd_calendar *calendar,
                       struct nd_buf *out);

#endif
