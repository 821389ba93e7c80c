#include "report/model/fault.h"

#include <string.h>

/* What the journal has that may tell of a fault: guards, verdicts, clocks, and what people said. */

static void add_signal(json_t *model, const char *how, const char *by, const json_t *title,
                       const json_t *data, json_int_t at_rel, json_int_t seq)
{
    static const char *const kept[] = {"step", "inject",   "series",  "after",
                                       "case", "scripted", "after_ns"};
    json_t *signal = json_pack("{s:s, s:s?, s:O?, s:I, s:I}", "how", how, "who", by, "title", title,
                               "at_rel_ns", at_rel, "seq", seq);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (json_object_get(data, kept[i]) != NULL)
            json_object_set(signal, kept[i], json_object_get(data, kept[i]));
    }
    json_array_append_new(json_object_get(model, "signals"), signal);
}

/* Who did it as a participant: a person, or the script that stood in for one. */
static void duty_done(json_t *model, const json_t *duty, const json_t *data, json_int_t at_rel,
                      json_int_t seq)
{
    const char *how = nd_str_of(data, "how");
    json_t *more = json_copy((json_t *)duty);
    bool script = strcmp(how, "script") == 0;
    json_object_set_new(more, "scripted", json_boolean(script));
    if (script || strcmp(how, "person") == 0 || strcmp(how, "answer") == 0)
        add_signal(model, "reported", json_string_value(json_object_get(data, "by")),
                   json_object_get(duty, "title"), more, at_rel, seq);
    json_decref(more);
}

static void confirmed(json_t *model, const char *subject, const json_t *data, json_int_t at_rel,
                      json_int_t seq)
{
    const json_t *asked = nd_entry_of(json_object_get(model, "confirmations"), "id", subject);
    if (asked == NULL || strcmp(nd_str_of(data, "answer"), "yes") != 0)
        return;
    json_t *more = json_copy((json_t *)asked);
    json_object_set(more, "scripted", json_object_get(data, "scripted"));
    add_signal(model, "confirmed", nd_str_of(data, "by"), json_object_get(asked, "sentence"), more,
               at_rel, seq);
    json_decref(more);
}

/* Seqs of what the journal says of a change, so that a moment leads to its line. */
static void note_change(json_t *model, const char *type, const char *subject, json_int_t seq)
{
    static const struct {
        const char *type, *key;
    } rows[] = {{"change.applied", "applied_seq"},
                {"change.proved", "proved_seq"},
                {"change.not_proved", "proved_seq"},
                {"change.verified", "verified_seq"}};
    json_t *change = nd_entry_of(json_object_get(model, "changes"), "id", subject);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (change != NULL && strcmp(type, rows[i].type) == 0)
            json_object_set_new(change, rows[i].key, json_integer(seq));
    }
}

void nd_model_fault(json_t *model, const char *type, const char *subject, const json_t *data,
                    json_int_t at_rel, json_int_t seq)
{
    const json_t *duty = nd_entry_of(json_object_get(model, "obligations"), "id", subject);
    if (strncmp(type, "change.", 7) == 0) {
        note_change(model, type, subject, seq);
    } else if (strcmp(type, "guard.breached") == 0) {
        add_signal(model, "guard", NULL, json_object_get(data, "title"), data, at_rel, seq);
    } else if (strcmp(type, "verdict") == 0) {
        if (strcmp(nd_str_of(data, "grade"), "missed") == 0)
            add_signal(model, "threshold", NULL, json_object_get(data, "sentence"), data, at_rel,
                       seq);
    } else if (strcmp(type, "confirm.answered") == 0) {
        confirmed(model, subject, data, at_rel, seq);
    } else if (strcmp(type, "inject.acknowledged") == 0 || strcmp(type, "inject.answered") == 0) {
        const json_t *inject = nd_entry_of(json_object_get(model, "injects"), "id", subject);
        json_t *more = json_copy((json_t *)data);
        json_object_set_new(more, "inject", json_string(subject));
        add_signal(model, type + strlen("inject."), nd_str_of(data, "by"),
                   json_object_get(inject, "title"), more, at_rel, seq);
        json_decref(more);
    } else if (strcmp(type, "obligation.missed") == 0 && duty != NULL) {
        add_signal(model, "clock", NULL, json_object_get(duty, "title"), duty, at_rel, seq);
    } else if ((strcmp(type, "obligation.met") == 0 || strcmp(type, "obligation.late") == 0) &&
               duty != NULL) {
        duty_done(model, duty, data, at_rel, seq);
    } else if (strcmp(type, "event.occurred") == 0) {
        const char *by = json_string_value(json_object_get(data, "by"));
        if (by != NULL)
            add_signal(model, "event", by, json_object_get(data, "title"), data, at_rel, seq);
    }
}

/* ---- which fault a signal is about, by the scenario's word ---- */

const json_t *nd_fault_planned(const json_t *plan, const char *id)
{
    static const char *const lists[] = {"steps", "injects"};
    size_t i = 0;
    json_t *phase = NULL;
    json_array_foreach(json_object_get(plan, "phases"), i, phase)
    {
        for (size_t k = 0; k < 2; k++) {
            const json_t *found = nd_entry_of(json_object_get(phase, lists[k]), "id", id);
            if (found != NULL)
                return found;
        }
    }
    return NULL;
}

/* The event that a clock began with, through the duties before it. */
static const json_t *event_behind(const json_t *model, const json_t *signal)
{
    const char *after = nd_str_of(signal, "after");
    size_t duties = json_array_size(json_object_get(model, "obligations"));
    for (size_t depth = 0; depth <= duties; depth++) {
        size_t i = 0;
        json_t *one = NULL;
        json_array_foreach(json_object_get(model, "events"), i, one)
        {
            const char *dot = strrchr(nd_str_of(one, "id"), '.');
            if (dot != NULL && strcmp(dot + 1, after) == 0 &&
                strcmp(nd_str_of(one, "case"), nd_str_of(signal, "case")) == 0)
                return one;
        }
        const json_t *duty = nd_entry_of(json_object_get(model, "obligations"), "duty", after);
        if (duty == NULL)
            return NULL;
        after = nd_str_of(duty, "after");
    }
    return NULL;
}

/* The step or inject whose fault it is about, NULL: the scenario does not say. */
static const char *about(const json_t *model, const json_t *plan, const json_t *signal)
{
    bool clock = *nd_str_of(signal, "after") != '\0';
    const json_t *from = clock ? event_behind(model, signal) : signal;
    const char *inject = nd_str_of(from, "inject");
    const char *step = nd_str_of(from, "step");
    const char *at = *inject != '\0' ? inject : step;
    const char *said = nd_str_of(nd_fault_planned(plan, at), "about");
    if (*said != '\0')
        return said;
    return *at != '\0' && (clock || *inject != '\0') ? at : NULL;
}

void nd_fault_tie(json_t *model, const json_t *plan)
{
    size_t i = 0;
    json_t *signal = NULL;
    json_array_foreach(json_object_get(model, "signals"), i, signal)
    {
        const char *of = about(model, plan, signal);
        json_object_set_new(signal, "about", of != NULL ? json_string(of) : json_null());
    }
}
