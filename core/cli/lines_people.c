#include "base/units.h"
#include "cli/lines.h"

#include <string.h>

/* Injects and observations as lines for people. */

static nd_ns integer_of(const struct nd_line *line, const char *key)
{
    return json_integer_value(json_object_get(line->data, key));
}

static void put_names(const struct nd_line *line, const char *key)
{
    size_t i = 0;
    json_t *name = NULL;
    json_array_foreach(json_object_get(line->data, key), i, name)
        nd_buf_addf(line->out, "%s%s", i != 0 ? ", " : "", json_string_value(name));
}

static void put_fired(const struct nd_line *line, const char *subject)
{
    char length[ND_UNIT_TEXT];
    nd_ns late = integer_of(line, "late_ns");
    bool by_hand = !json_is_string(json_object_get(line->data, "via")) &&
                   !json_is_true(json_object_get(line->data, "scripted")) &&
                   *nd_line_string(line, "by") == '\0';
    nd_line_sgr(line, "1;35");
    nd_buf_addf(line->out, "@ %s", nd_line_text2(line, "title"));
    nd_line_sgr(line, "0");
    nd_buf_addf(line->out, "  (%s)  [%s%s-> ", subject, nd_line_string(line, "from"),
                *nd_line_string(line, "from") != '\0' ? " " : "");
    put_names(line, "to");
    nd_buf_adds(line->out, "]");
    if (integer_of(line, "react_within_ns") > 0)
        nd_buf_addf(line->out, "  %s %s", line->zh ? "限時" : "within",
                    nd_length_format(integer_of(line, "react_within_ns"), length));
    if (late >= ND_MS(100) || late <= -ND_MS(100))
        nd_buf_addf(line->out, "  (%s %s)",
                    late > 0   ? line->zh ? "遲" : "late by"
                    : line->zh ? "早"
                               : "early by",
                    nd_length_format(late > 0 ? late : -late, length));
    if (by_hand && json_array_size(json_object_get(line->data, "to")) != 0)
        nd_buf_addf(line->out, "  %s netdrill fire %s",
                    line->zh ? "請交付，然後：" : "hand it over, then:", subject);
}

static void put_said(const struct nd_line *line, const char *subject, const char *words)
{
    char length[ND_UNIT_TEXT];
    const char *choice = nd_line_string(line, "choice");
    nd_buf_addf(line->out, "  @%s %s %s", subject, nd_line_string(line, "by"), words);
    if (*choice != '\0' || *nd_line_string(line, "text") != '\0')
        nd_buf_addf(line->out, ": %s", *choice != '\0' ? choice : nd_line_string(line, "text"));
    nd_buf_addf(line->out, "  (%s%s)", nd_length_format(integer_of(line, "after_ns"), length),
                json_is_true(json_object_get(line->data, "in_time")) ? ""
                : line->zh                                           ? "，逾時"
                                                                     : ", too late");
    if (json_is_true(json_object_get(line->data, "scripted")))
        nd_buf_adds(line->out, line->zh ? "(腳本)" : " (scripted)");
}

static void put_alarm(const struct nd_line *line, const char *subject, const char *words,
                      const char *detail)
{
    nd_line_sgr(line, "1;31");
    nd_buf_addf(line->out, "  @%s %s", subject, words);
    nd_line_sgr(line, "0");
    nd_buf_addf(line->out, "%s%s", *detail != '\0' ? ": " : "", detail);
}

static void put_controlled(const struct nd_line *line, const char *type, const char *subject)
{
    struct nd_buf *out = line->out;
    char moment[ND_UNIT_TEXT];
    const char *by = nd_line_string(line, "by");
    if (strcmp(type, "inject.skipped") == 0)
        nd_buf_addf(out, "  @%s %s %s: %s", subject, line->zh ? "略過，" : "skipped by", by,
                    nd_line_string(line, "reason"));
    else if (strcmp(type, "inject.deferred") == 0)
        nd_buf_addf(out, "  @%s %s %s, %s", subject, line->zh ? "延至" : "put off till",
                    nd_moment_format(integer_of(line, "till_rel_ns"), moment), by);
    else if (strcmp(type, "inject.retried") == 0)
        nd_buf_addf(out, "  @%s %s %s", subject, line->zh ? "再次送出，" : "sent again by", by);
    else if (strcmp(type, "inject.added") == 0)
        nd_buf_addf(out, "  @%s %s %s", subject, line->zh ? "臨時狀況，" : "added ad hoc by", by);
    else if (strcmp(type, "inject.not_needed") == 0)
        nd_buf_addf(out, "  @%s %s (%s: %s)", subject, line->zh ? "無須發布" : "is not needed",
                    nd_line_string(line, "of"), nd_line_string(line, "because"));
}

void nd_line_people(const struct nd_line *line, const char *type, const char *subject)
{
    struct nd_buf *out = line->out;
    const char *to = nd_line_string(line, "to");
    if (strcmp(type, "observation") == 0)
        nd_buf_addf(out, "  %s#%s %s: %s", line->zh ? "觀察" : "observation ", subject,
                    nd_line_string(line, "by"), nd_line_string(line, "text"));
    else if (strcmp(type, "inject.fired") == 0)
        put_fired(line, subject);
    else if (strcmp(type, "inject.delivered") == 0)
        nd_buf_addf(out, "  @%s -> %s%s", subject, to,
                    json_is_true(json_object_get(line->data, "by_hand"))
                        ? line->zh ? "（面交）" : " by hand"
                        : "");
    else if (strcmp(type, "inject.failed") == 0) {
        put_alarm(line, subject, line->zh ? "未送達" : "NOT DELIVERED to", to);
        nd_line_why(line, ": ");
    } else if (strcmp(type, "inject.acknowledged") == 0)
        put_said(line, subject, line->zh ? "已收" : "acknowledges");
    else if (strcmp(type, "inject.answered") == 0)
        put_said(line, subject, line->zh ? "回覆" : "answers");
    else if (strcmp(type, "inject.expired") == 0) {
        put_alarm(line, subject, line->zh ? "逾時未回應：" : "no reaction in time from ", "");
        put_names(line, "missing");
    } else if (strcmp(type, "inject.cancelled") == 0) {
        nd_buf_addf(out, "  @%s", subject);
        nd_line_why(line, ": ");
    } else
        put_controlled(line, type, subject);
}
