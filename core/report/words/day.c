#include "report/words/words.h"

#include <time.h>

/* When a drill was. */

json_int_t nd_start_ms(const json_t *model)
{
    int64_t wall = nd_wall_parse(nd_str_of(json_object_get(model, "run"), "wall"));
    return wall < 0 ? -1 : wall / 1000000;
}

json_int_t nd_run_ms(const json_t *model)
{
    struct tm tm = {0};
    json_int_t start = nd_start_ms(model);
    const char *id = nd_str_of(json_object_get(model, "run"), "id");
    if (start < 0 && strptime(id, "%Y%m%dT%H%M%SZ", &tm) != NULL)
        start = (json_int_t)timegm(&tm) * 1000;
    return start > 0 ? start : 0;
}

const char *nd_run_date(const json_t *model, char *out)
{
    json_int_t ahead = nd_int_of(json_object_get(model, "run"), "utc_offset_min");
    time_t seconds = (time_t)(nd_run_ms(model) / 1000 + ahead * 60);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(out, ND_DATE_TEXT, "%Y-%m-%d", &tm);
    return out;
}
