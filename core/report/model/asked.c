#include "report/model/asked.h"

#include "report/model/model.h"
#include "run/series.h"

void nd_asked_begin(struct nd_asked *asked, const json_t *model, int64_t series, nd_ns t0)
{
    size_t i = 0;
    json_t *verdict = NULL;
    asked->from = INT64_MAX;
    asked->till = 0;
    json_array_foreach(json_object_get(model, "verdicts"), i, verdict)
    {
        const json_t *from = json_object_get(verdict, "from_rel_ns");
        const json_t *till = json_object_get(verdict, "till_rel_ns");
        if (!json_is_integer(json_object_get(verdict, "series")) ||
            nd_int_of(verdict, "series") != series)
            continue;
        struct nd_asked_window window = {
            .verdict = verdict,
            .from = json_is_integer(from) ? json_integer_value(from) + t0 : 0,
            .till = json_is_integer(till) ? json_integer_value(till) + t0 : INT64_MAX};
        nd_vec_push(&asked->windows, window);
        asked->from = window.from < asked->from ? window.from : asked->from;
        asked->till = window.till > asked->till ? window.till : asked->till;
    }
}

void nd_asked_add(struct nd_asked *asked, nd_ns due, int32_t outcome)
{
    if (due < asked->from || due >= asked->till || outcome > ND_OUTCOME_ANSWERED)
        return;
    for (size_t i = 0; i < asked->windows.count; i++) {
        struct nd_asked_window *window = &asked->windows.at[i];
        bool in = due >= window->from && due < window->till;
        window->sent += in;
        window->answered += in && outcome == ND_OUTCOME_ANSWERED;
    }
}

void nd_asked_tell(const struct nd_asked *asked, const struct nd_series_info *info)
{
    for (size_t i = 0; i < asked->windows.count; i++) {
        const struct nd_asked_window *window = &asked->windows.at[i];
        int stat = nd_stat_find(nd_str_of(window->verdict, "statistic"));
        bool of_values = stat >= 0 && nd_stat_of_values((enum nd_stat)stat);
        json_object_set_new(
            window->verdict, "samples",
            json_integer((json_int_t)(of_values ? window->answered : window->sent)));
        const char *label = info->label != NULL ? info->label : info->name;
        const char *zh = info->label_zh != NULL ? info->label_zh : label;
        json_object_set_new(window->verdict, "service",
                            json_pack("{s:s, s:s}", "zh", zh, "en", label));
    }
}

void nd_asked_deinit(struct nd_asked *asked)
{
    nd_vec_free(&asked->windows);
}
