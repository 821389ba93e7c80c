#include "cli/control.h"

#include <string.h>

/* Duties and events, over the control socket. */

static json_t *refused(nd_err err, const char *why)
{
    return json_pack("{s:b, s:s, s:s}", "ok", 0, "code", nd_err_name(err), "why", why);
}

static json_t *met(struct nd_run *run, const json_t *request, const struct nd_witness *peer)
{
    const char *duty = json_string_value(json_object_get(request, "duty"));
    const char *case_name = json_string_value(json_object_get(request, "case"));
    const char *person = json_string_value(json_object_get(request, "person"));
    const char *note = json_string_value(json_object_get(request, "text"));
    struct nd_met done = {0};
    struct nd_fail why = {0};
    if (duty == NULL || person == NULL)
        return refused(ND_EARG, "expected {\"do\": \"met\", \"duty\": ..., \"person\": ...}");
    const struct nd_speaker speaker = {person, *peer};
    if (nd_run_met(run, duty, case_name, note, &speaker, &done, &why) != ND_OK)
        return refused(why.code, why.text);
    return json_pack("{s:b, s:s, s:b, s:I, s:o}", "ok", 1, "id", done.id, "in_time", done.in_time,
                     "took_ns", (json_int_t)done.took, "margin_ns",
                     done.has_limit ? json_integer(done.margin) : json_null());
}

static json_t *occurs(struct nd_run *run, const json_t *request, const struct nd_witness *peer)
{
    const char *event = json_string_value(json_object_get(request, "event"));
    const char *case_name = json_string_value(json_object_get(request, "case"));
    const char *person = json_string_value(json_object_get(request, "person"));
    const char *note = json_string_value(json_object_get(request, "text"));
    struct nd_fail why = {0};
    if (event == NULL || person == NULL)
        return refused(ND_EARG, "expected {\"do\": \"occurs\", \"event\": ..., \"person\": ...}");
    const struct nd_speaker speaker = {person, *peer};
    if (nd_run_occurs(run, event, case_name, note, &speaker, &why) != ND_OK)
        return refused(why.code, why.text);
    return json_pack("{s:b}", "ok", 1);
}

json_t *nd_control_duty(struct nd_run *run, const char *what, const json_t *request,
                        const struct nd_witness *peer)
{
    if (strcmp(what, "met") == 0)
        return met(run, request, peer);
    return strcmp(what, "occurs") == 0 ? occurs(run, request, peer) : NULL;
}
