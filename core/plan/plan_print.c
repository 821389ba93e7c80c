#include "base/units.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

/* The timetable for people. */

static const char *text_of(const json_t *object, const char *key, bool zh)
{
    const json_t *text = json_object_get(object, key);
    const char *first = json_string_value(json_object_get(text, zh ? "zh" : "en"));
    const char *second = json_string_value(json_object_get(text, zh ? "en" : "zh"));
    return first != NULL ? first : second != NULL ? second : "";
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* "T+00:00:20", or blanks when it follows something. */
static const char *moment_of(const json_t *object, const char *key, char *out)
{
    const json_t *at = json_object_get(object, key);
    if (!json_is_integer(at))
        return "     then";
    return nd_moment_format(json_integer_value(at), out);
}

static void print_args(const json_t *args, struct nd_buf *out)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)args, key, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        nd_buf_addf(out, "  %s=%s", key, text);
        free(text);
    }
}

static void print_acts(const json_t *plan, const char *list, const char *mark, const char *step,
                       struct nd_buf *out)
{
    size_t i = 0;
    json_t *act = NULL;
    json_array_foreach(json_object_get(plan, list), i, act)
    {
        if (strcmp(string_of(act, "step"), step) != 0)
            continue;
        nd_buf_addf(out, "               %s %s.%s %s", mark, string_of(act, "plugin"),
                    string_of(act, "verb"), string_of(act, "target"));
        char unit[ND_UNIT_TEXT];
        json_int_t every = json_integer_value(json_object_get(act, "every_ns"));
        if (every > 0)
            nd_buf_addf(out, "  every %s", nd_length_format(every, unit));
        const json_t *by = json_object_get(act, "restore_by_ns");
        if (strcmp(list, "changes") == 0)
            nd_buf_addf(out, "  restored %s",
                        json_is_integer(by) && json_integer_value(by) >= 0
                            ? nd_moment_format(json_integer_value(by), unit)
                            : "at the end at the latest");
        print_args(json_object_get(act, "args"), out);
        nd_buf_adds(out, "\n");
    }
}

static void print_confirmations(const json_t *plan, const char *step, bool zh, struct nd_buf *out)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(plan, "confirmations"), i, entry)
    {
        char unit[ND_UNIT_TEXT];
        if (strcmp(string_of(entry, "step"), step) == 0)
            nd_buf_addf(
                out, "               ? %s  by %s within %s\n", text_of(entry, "text", zh),
                string_of(entry, "by"),
                nd_length_format(json_integer_value(json_object_get(entry, "within_ns")), unit));
    }
}

static void print_names(const json_t *list, struct nd_buf *out)
{
    size_t i = 0;
    json_t *name = NULL;
    json_array_foreach(list, i, name)
        nd_buf_addf(out, "%s%s", i != 0 ? ", " : "", json_string_value(name));
}

/* "T+00:05:00..T+00:10:00" of a window, else like a step. */
static void print_when(const json_t *inject, struct nd_buf *out)
{
    char from[ND_UNIT_TEXT];
    char till[ND_UNIT_TEXT];
    const json_t *window = json_object_get(inject, "window_ns");
    if (json_is_integer(json_array_get(window, 0)))
        nd_buf_addf(out, "  %s..%s",
                    nd_moment_format(json_integer_value(json_array_get(window, 0)), from),
                    nd_moment_format(json_integer_value(json_array_get(window, 1)), till));
    else
        nd_buf_addf(out, "  %-10s", moment_of(inject, "at_ns", from));
}

static void print_inject(const json_t *plan, const json_t *inject, bool zh, struct nd_buf *out)
{
    char unit[ND_UNIT_TEXT];
    nd_ns within = json_integer_value(json_object_get(inject, "react_within_ns"));
    print_when(inject, out);
    nd_buf_addf(out, "   @ %s  (%s)", text_of(inject, "title", zh), string_of(inject, "id"));
    if (json_array_size(json_object_get(inject, "to")) != 0) {
        nd_buf_addf(out, "  [%s%s> ", string_of(inject, "from"),
                    *string_of(inject, "from") != '\0' ? " -" : "");
        print_names(json_object_get(inject, "to"), out);
        nd_buf_adds(out, "]");
    }
    nd_buf_addf(out, "  %s",
                *string_of(inject, "via") != '\0' ? string_of(inject, "via") : "by hand");
    if (within > 0)
        nd_buf_addf(out, "  react within %s", nd_length_format(within, unit));
    if (*string_of(inject, "after") != '\0')
        nd_buf_addf(out, "  after '%s'", string_of(inject, "after"));
    if (json_is_true(json_object_get(inject, "on_call")))
        nd_buf_adds(out, "  when a controller fires it");
    if (*string_of(inject, "unless") != '\0')
        nd_buf_addf(out, "  unless '%s' is answered in time", string_of(inject, "unless"));
    if (*string_of(inject, "only_if") != '\0')
        nd_buf_addf(out, "  only if '%s' is '%s'", string_of(inject, "only_if"),
                    string_of(inject, "only_choice"));
    nd_buf_adds(out, "\n");
    print_acts(plan, "changes", "!", string_of(inject, "id"), out);
    print_acts(plan, "measures", "~", string_of(inject, "id"), out);
}

static void print_step(const json_t *plan, const json_t *step, bool zh, struct nd_buf *out)
{
    char unit[ND_UNIT_TEXT];
    const char *after = string_of(step, "after");
    nd_buf_addf(out, "  %-10s   - %s", moment_of(step, "at_ns", unit), text_of(step, "title", zh));
    if (*string_of(step, "owner") != '\0')
        nd_buf_addf(out, "  [%s]", string_of(step, "owner"));
    if (*after != '\0')
        nd_buf_addf(out, "  after '%s'", after);
    nd_buf_adds(out, "\n");
    print_acts(plan, "changes", "!", string_of(step, "id"), out);
    print_acts(plan, "measures", "~", string_of(step, "id"), out);
    print_confirmations(plan, string_of(step, "id"), zh, out);
}

static json_int_t line_of(const json_t *entry)
{
    return json_integer_value(json_object_get(entry, "line"));
}

/* Steps and injects in the order they are written. */
static void print_phase(const json_t *plan, const json_t *phase, bool zh, struct nd_buf *out)
{
    char unit[ND_UNIT_TEXT];
    nd_buf_addf(out, "  %-10s  == %s\n", moment_of(phase, "at_ns", unit),
                text_of(phase, "title", zh));
    const json_t *steps = json_object_get(phase, "steps");
    const json_t *injects = json_object_get(phase, "injects");
    size_t s = 0;
    size_t i = 0;
    while (s < json_array_size(steps) || i < json_array_size(injects)) {
        const json_t *step = json_array_get(steps, s);
        const json_t *inject = json_array_get(injects, i);
        if (inject == NULL || (step != NULL && line_of(step) <= line_of(inject))) {
            print_step(plan, step, zh, out);
            s++;
        } else {
            print_inject(plan, inject, zh, out);
            i++;
        }
    }
}

static void print_parameters(const json_t *plan, struct nd_buf *out)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(plan, "parameters"), name, value)
        nd_buf_addf(out, "Parameter %s = %s\n", name, json_string_value(value));
}

/* What leaves for people, by which verb. */
static void print_sends(const json_t *plan, struct nd_buf *out)
{
    size_t p = 0;
    json_t *phase = NULL;
    json_int_t by_hand = 0;
    json_t *verbs = json_object();
    json_array_foreach(json_object_get(plan, "phases"), p, phase)
    {
        size_t i = 0;
        json_t *inject = NULL;
        json_array_foreach(json_object_get(phase, "injects"), i, inject)
        {
            const char *via = string_of(inject, "via");
            json_int_t count = (json_int_t)json_array_size(json_object_get(inject, "to"));
            if (*via == '\0')
                by_hand += count;
            else
                json_object_set_new(
                    verbs, via,
                    json_integer(json_integer_value(json_object_get(verbs, via)) + count));
        }
    }
    const char *name = NULL;
    json_t *count = NULL;
    const char *before = "Will send: ";
    json_object_foreach(verbs, name, count)
    {
        nd_buf_addf(out, "%s%lld by %s at the most", before, (long long)json_integer_value(count),
                    name);
        before = ", ";
    }
    if (by_hand != 0)
        nd_buf_addf(out, "%s%lld handed over by hand", before, (long long)by_hand);
    if (by_hand != 0 || json_object_size(verbs) != 0)
        nd_buf_adds(out, "\n");
    json_decref(verbs);
}

/* Each target once, however often it is changed. */
static void print_targets(const json_t *plan, struct nd_buf *out)
{
    json_t *seen = json_object();
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(plan, "changes"), i, change)
        json_object_set_new(seen, string_of(change, "target"), json_true());
    nd_buf_addf(out, "Will change: %zu target%s", json_object_size(seen),
                json_object_size(seen) == 1 ? "" : "s");
    const char *sign = ": ";
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(seen, name, value)
    {
        nd_buf_addf(out, "%s%s", sign, *name != '\0' ? name : "(none named)");
        sign = ", ";
    }
    nd_buf_adds(out, "\n");
    json_decref(seen);
}

static void print_not_previewed(const json_t *plan, struct nd_buf *out)
{
    const json_t *list = json_object_get(plan, "not_previewed");
    nd_buf_addf(out, "Cannot preview: %zu step%s\n", json_array_size(list),
                json_array_size(list) == 1 ? "" : "s");
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(list, i, entry)
        nd_buf_addf(out, "  %s: %s\n", string_of(entry, "step"), string_of(entry, "why"));
}

/* What the site's owner allows, as he wrote it. */
static void print_policy(const json_t *policy, struct nd_buf *out)
{
    const char *key = NULL;
    json_t *value = NULL;
    const char *before = "  policy   ";
    if (!json_is_object(policy))
        nd_buf_adds(out, "  policy   none: only may_be_disturbed limits this drill\n");
    json_object_foreach((json_t *)policy, key, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        nd_buf_addf(out, "%s%s %s\n", before, key, text);
        before = "           ";
        free(text);
    }
}

static void print_profiles(const json_t *plan, bool zh, struct nd_buf *out)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(plan, "profiles"), i, one)
        nd_buf_addf(out, "  profile  %s  %.23s  %s\n", string_of(one, "path"),
                    string_of(one, "hash"), text_of(one, "law", zh));
}

/* "  duty       first-report  15m after outage  Notify the regulator's system" */
static void print_duties(const json_t *set, bool zh, struct nd_buf *out)
{
    size_t i = 0;
    json_t *duty = NULL;
    json_int_t pace = json_integer_value(json_object_get(set, "pace"));
    json_array_foreach(json_object_get(set, "duties"), i, duty)
    {
        char within[ND_UNIT_TEXT];
        const json_t *limit = json_object_get(duty, "within_ns");
        bool recurs = json_is_true(json_object_get(duty, "recurs"));
        nd_buf_addf(out, "  duty       %s: %s%s", string_of(duty, "id"), recurs ? "every " : "",
                    json_is_integer(limit)
                        ? nd_length_format(json_integer_value(limit) / pace, within)
                        : "without delay");
        nd_buf_addf(out, " after '%s'", string_of(duty, "after"));
        if (*string_of(duty, "until") != '\0')
            nd_buf_addf(out, " until '%s'", string_of(duty, "until"));
        nd_buf_addf(out, "  %s%s\n", text_of(duty, "title", zh),
                    json_is_true(json_object_get(duty, "checked")) ? "  (found by a check)" : "");
    }
}

static void print_obligations(const json_t *plan, bool zh, struct nd_buf *out)
{
    size_t i = 0;
    json_t *set = NULL;
    json_array_foreach(json_object_get(plan, "obligations"), i, set)
    {
        json_int_t pace = json_integer_value(json_object_get(set, "pace"));
        const char *event = NULL;
        json_t *at = NULL;
        char moment[ND_UNIT_TEXT];
        nd_buf_addf(out, "  clocks     %s%s%s", string_of(set, "profile"),
                    *string_of(set, "owner") != '\0' ? ", owed by " : "", string_of(set, "owner"));
        if (pace > 1)
            nd_buf_addf(out, ", %lld times as fast as the law's", (long long)pace);
        json_object_foreach(json_object_get(set, "occurs"), event, at) nd_buf_addf(
            out, "; '%s' at %s", event, nd_moment_format(json_integer_value(at), moment));
        nd_buf_adds(out, "\n");
        print_duties(set, zh, out);
    }
}

static void print_baselines(const json_t *plan, bool zh, struct nd_buf *out)
{
    char unit[ND_UNIT_TEXT];
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(plan, "baselines"), i, one) nd_buf_addf(
        out, "  before         = %s  (else refused; measured again at the end; within %s)\n",
        text_of(one, "title", zh),
        nd_length_format(json_integer_value(json_object_get(one, "within_ns")), unit));
}

void nd_plan_print(const json_t *plan, bool zh, struct nd_buf *out)
{
    const json_t *drill = json_object_get(plan, "drill");
    const json_t *site = json_object_get(plan, "site");
    char unit[ND_UNIT_TEXT];
    nd_buf_addf(out, "Plan for %s (%s, revision %lld, seed %lld)\n", text_of(drill, "title", zh),
                string_of(drill, "id"),
                (long long)json_integer_value(json_object_get(drill, "revision")),
                (long long)json_integer_value(json_object_get(plan, "seed")));
    nd_buf_addf(out, "  scenario %s  %.23s\n", string_of(drill, "scenario"),
                string_of(drill, "hash"));
    if (json_is_object(site))
        nd_buf_addf(out, "  site     %s  %.23s%s\n", string_of(site, "path"),
                    string_of(site, "hash"),
                    json_is_true(json_object_get(site, "simulated")) ? "  SIMULATED" : "");
    print_profiles(plan, zh, out);
    print_policy(json_object_get(plan, "policy"), out);
    nd_buf_adds(out, "\n");
    print_obligations(plan, zh, out);
    print_baselines(plan, zh, out);
    nd_buf_adds(out, "  T+00:00:00  STARTEX\n");
    size_t i = 0;
    json_t *phase = NULL;
    json_array_foreach(json_object_get(plan, "phases"), i, phase) print_phase(plan, phase, zh, out);
    nd_buf_addf(out, "  %-10s  ENDEX at the latest; everything is restored\n\n",
                nd_moment_format(json_integer_value(json_object_get(drill, "lasts_ns")), unit));
    nd_buf_adds(out,
                "  ! changes the network   ~ measures   ? asks a person   @ is given to players\n"
                "  As one rehearsal went in which all was well; branches not taken are not "
                "shown.\n\n");
    print_targets(plan, out);
    print_parameters(plan, out);
    print_sends(plan, out);
    print_not_previewed(plan, out);
}
