#include "report/model/model.h"

/* How good the data are, as a list of counts. */

static json_int_t size_of(const json_t *quality, const char *key)
{
    return (json_int_t)json_array_size(json_object_get(quality, key));
}

void nd_model_quality(json_t *model)
{
    const json_t *journal = json_object_get(model, "journal");
    json_t *quality = json_object_get(model, "quality");
    json_int_t bad = nd_int_of(journal, "bad_seq");
    json_int_t rows = 0;
    size_t i = 0;
    json_t *gap = NULL;
    json_array_foreach(json_object_get(quality, "gaps"), i, gap) rows += nd_int_of(gap, "rows");
    const struct {
        const char *what;
        json_int_t number;
        bool told;
    } checks[] = {
        {"journal_whole", nd_int_of(journal, "events"), bad == 0},
        {"journal_bad_from", bad, bad != 0},
        {"journal_torn", 1, json_is_true(json_object_get(journal, "torn"))},
        {"probes_not_sent", nd_int_of(json_object_get(model, "summary"), "not_sent"), true},
        {"samples_not_stored", rows, true},
        {"answers_late", nd_int_of(quality, "late"), true},
        {"answers_twice", nd_int_of(quality, "duplicates"), true},
        {"answers_reordered", nd_int_of(quality, "reordered"), true},
        {"series_broken", size_of(quality, "broken"), true},
        {"stalls", size_of(quality, "stalls"), true},
        {"clock_steps", size_of(quality, "clock_steps"), true},
    };
    json_t *list = json_array();
    for (i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (checks[i].told)
            json_array_append_new(
                list, json_pack("{s:s, s:I}", "what", checks[i].what, "number", checks[i].number));
    }
    json_object_set_new(quality, "checks", list);
}
