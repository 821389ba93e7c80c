#include "report/model/model.h"

#include <string.h>

/* The baseline, before and after: one row for each thing it expects. */

static json_t *row_of(json_t *rows, const char *id, json_int_t number)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(rows, i, row)
    {
        if (strcmp(nd_str_of(row, "id"), id) == 0 && nd_int_of(row, "number") == number)
            return row;
    }
    row = json_pack("{s:s, s:I}", "id", id, "number", number);
    json_array_append_new(rows, row);
    return row;
}

void nd_model_baseline(json_t *model, const char *type, const char *subject, const json_t *data,
                       json_int_t seq)
{
    json_t *baseline = json_object_get(model, "baseline");
    const char *when = nd_str_of(data, "when");
    if (strcmp(type, "series.opened") == 0) {
        if (json_is_true(json_object_get(data, "baseline")))
            json_object_set_new(json_object_get(baseline, "series"), subject, json_true());
    } else if (strcmp(type, "baseline.checked") == 0) {
        static const char *const same[] = {"sentence", "operator", "limit", "unit", "statistic"};
        json_t *row = row_of(json_object_get(baseline, "rows"), subject, nd_int_of(data, "number"));
        for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
            json_object_set(row, same[i], json_object_get(data, same[i]));
        json_object_set_new(row, when,
                            json_pack("{s:O, s:O, s:O, s:I}", "measured",
                                      json_object_get(data, "measured"), "uncertainty",
                                      json_object_get(data, "uncertainty"), "grade",
                                      json_object_get(data, "grade"), "seq", seq));
    } else if (strcmp(type, "baseline.ended") == 0) {
        json_object_set_new(baseline, when,
                            json_pack("{s:O, s:O, s:O, s:I}", "holds",
                                      json_object_get(data, "holds"), "cut",
                                      json_object_get(data, "cut"), "fails",
                                      json_object_get(data, "fails"), "seq", seq));
    }
}
