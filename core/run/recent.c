#include "run/internal.h"

#include <string.h>

/* The latest events and what the drill is, for displays: docs/records.md, "Status". */

#define RECENT_KEPT 60

/* What a display has no line for would only push out what it has. */
static bool is_for_people(const char *type)
{
    static const char *const silent[] = {"netdrill.op.started",      "netdrill.op.ended",
                                         "netdrill.change.recorded", "netdrill.series.opened",
                                         "netdrill.series.closed",   "netdrill.change.proved"};
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        if (strcmp(type, silent[i]) == 0)
            return false;
    }
    return true;
}

void nd_recent_keep(struct nd_run *run, json_t *event)
{
    if (!nd_run_is_live(run) || !is_for_people(json_string_value(json_object_get(event, "type"))))
        return;
    if (run->recent == NULL)
        run->recent = json_array();
    json_array_append(run->recent, event);
    if (json_array_size(run->recent) > RECENT_KEPT)
        json_array_remove(run->recent, 0);
}

/* As they are now: an array of its own, whose events are shared and not changed any more. */
static json_t *events_json(const struct nd_run *run)
{
    return run->recent != NULL ? json_copy(run->recent) : json_array();
}

json_t *nd_recent_json(const struct nd_run *run)
{
    const struct nd_drill *drill = run->config.drill;
    const struct nd_site *site = run->config.site;
    char wall[ND_UNIT_TEXT];
    bool simulated = drill->simulated.zh != NULL || drill->simulated.en != NULL ||
                     (site != NULL && site->simulated);
    return json_pack("{s:{s:s, s:o, s:b}, s:s, s:o}", "drill", "id", drill->id, "title",
                     nd_text2_json(&drill->title), "simulated", simulated, "wall",
                     nd_wall_here(run, nd_run_now(run), wall), "events", events_json(run));
}
