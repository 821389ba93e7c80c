#include "report/words/reason.h"
#include "report/words/words.h"

#include <string.h>

/* Injects and observations in words. */

bool nd_is_withdrawn(const json_t *observation)
{
    return json_object_get(observation, "withdrawn_at") != NULL;
}

const char *nd_inject_title(const struct nd_page *page, const json_t *inject)
{
    const char *title = nd_text_of(page, json_object_get(inject, "title"));
    return *title != '\0' ? title : nd_str_of(inject, "id");
}

void nd_inject_answers(const struct nd_page *page, const json_t *inject, struct nd_buf *out)
{
    char length[ND_UNIT_TEXT];
    size_t i = 0;
    json_t *one = NULL;
    const char *before = "";
    json_array_foreach(json_object_get(inject, "answers"), i, one)
    {
        const char *choice = nd_str_of(one, "choice");
        nd_buf_addf(out, "%s%s%s%s (%s)", before, nd_person_text(page, nd_str_of(one, "by")),
                    nd_colon(page), *choice != '\0' ? choice : nd_str_of(one, "text"),
                    nd_length_text(nd_int_of(one, "after_ns"), length));
        before = page->lang == ND_LANG_ZH ? "；" : "; ";
    }
    json_array_foreach(json_object_get(inject, "failures"), i, one)
    {
        nd_buf_addf(out, "%s%s %s%s", before, nd_msg(page, ND_MSG_UNDELIVERED),
                    nd_person_text(page, nd_str_of(one, "to")), nd_colon(page));
        nd_reason(page->lang, nd_str_of(one, "why"), out);
        before = page->lang == ND_LANG_ZH ? "；" : "; ";
    }
    const char *reason = nd_str_of(inject, "reason");
    const char *because = nd_str_of(inject, "because");
    if (*reason != '\0') {
        nd_buf_adds(out, before);
        nd_reason(page->lang, reason, out);
    } else if (*because != '\0') {
        nd_buf_addf(out, "%s%s%s", before, nd_str_of(inject, "of"), nd_colon(page));
        nd_reason(page->lang, because, out);
    }
}

/* A moment after the run, in the time of its place: "2026-11-25 14:05 (+08:00)". */
static void put_wall(const struct nd_page *page, const char *at, struct nd_buf *out)
{
    char local[ND_UNIT_TEXT];
    int64_t wall = nd_wall_parse(at);
    int offset = (int)nd_int_of(json_object_get(page->model, "run"), "utc_offset_min");
    if (wall < 0) {
        nd_buf_adds(out, at);
        return;
    }
    nd_wall_format(wall, offset, local);
    nd_buf_addf(out, "%.10s %.5s (%s)", local, local + 11, offset == 0 ? "UTC" : local + 23);
}

void nd_observation_history(const struct nd_page *page, const json_t *observation,
                            struct nd_buf *out)
{
    static const struct {
        const char *key, *words;
        enum nd_message message, words_message;
    } parts[] = {{"added_at", NULL, ND_MSG_ADDED_LATER, ND_MSG_COUNT},
                 {"changed_at", "text_before", ND_MSG_CORRECTED, ND_MSG_TEXT_BEFORE},
                 {"withdrawn_at", "withdrawn_why", ND_MSG_WITHDRAWN, ND_MSG_WITHDRAWN_WHY}};
    const json_t *written = json_object_get(observation, "written_rel_ns");
    char moment[ND_UNIT_TEXT];
    size_t before = out->len_bytes;
    if (json_is_integer(written))
        nd_buf_addf(out, "%s %s", nd_msg(page, ND_MSG_WRITTEN_DOWN), nd_rel_text(written, moment));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *at = nd_str_of(observation, parts[i].key);
        const char *words = parts[i].words != NULL ? nd_str_of(observation, parts[i].words) : "";
        if (*at == '\0')
            continue;
        nd_buf_addf(out, "%s%s ",
                    out->len_bytes == before   ? ""
                    : page->lang == ND_LANG_ZH ? "；"
                                               : "; ",
                    nd_msg(page, parts[i].message));
        put_wall(page, at, out);
        if (*words != '\0')
            nd_buf_addf(out, "%s%s%s%s", nd_comma(page), nd_msg(page, parts[i].words_message),
                        nd_colon(page), words);
    }
}
