#include "plan/plan.h"

#include "base/units.h"
#include "record/rundir.h"

#include <stdlib.h>
#include <string.h>

static json_t *text2_json(const struct nd_text2 *text)
{
    return json_pack("{s:s*, s:s*}", "zh", text->zh, "en", text->en);
}

static json_t *real_or_null(bool given, double value)
{
    return given ? json_real(value) : json_null();
}

/* What a scenario says of faults; where it says nothing, nothing stands there. */
static void put_fault(json_t *entry, const struct nd_step *step)
{
    if (step->users_given)
        json_object_set_new(entry, "users", json_integer((json_int_t)step->users));
    if (step->about != NULL)
        json_object_set_new(entry, "about", json_string(step->about));
}

static json_t *step_json(const struct nd_phase *phase, const struct nd_step *step)
{
    json_t *at = json_null();
    if (step->at_given && (step->at_is_moment || phase->at_given))
        at = json_integer(step->at_is_moment ? step->at : phase->at + step->at);
    json_t *entry =
        json_pack("{s:s, s:o, s:s?, s:s?, s:o, s:s?, s:i}", "id", step->id, "title",
                  text2_json(&step->title), "owner", step->owner, "objective", step->objective,
                  "at_ns", at, "after", step->after, "line", step->line);
    put_fault(entry, step);
    return entry;
}

static json_t *moment_json(const struct nd_phase *phase, bool given, bool is_moment, nd_ns at)
{
    if (!given || (!is_moment && !phase->at_given))
        return json_null();
    return json_integer(is_moment ? at : phase->at + at);
}

static json_t *texts_json(const char *const *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

/* Its window, never the moment that is drawn from it: the plan is what may be handed round. */
static json_t *inject_json(const struct nd_phase *phase, const struct nd_inject *inject)
{
    const struct nd_call_spec *via = inject->via;
    bool moment = inject->window_is_moment;
    json_t *window =
        inject->window_given
            ? json_pack("[o, o]", moment_json(phase, true, moment, inject->window_from),
                        moment_json(phase, true, moment, inject->window_till))
            : json_null();
    json_t *tasks = json_array();
    for (size_t i = 0; i < inject->tasks_count; i++)
        json_array_append_new(tasks, text2_json(&inject->tasks[i]));
    char *verb = via != NULL ? nd_printf("%s.%s", via->plugin, via->verb->name) : NULL;
    json_t *entry = json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:s?, s:I, s:s?, s:s?, s:s?, s:s?, s:o, s:s?, s:s?, s:I, s:s}",
        "id", inject->id, "title", text2_json(&inject->title), "kind",
        nd_inject_kind_name(inject->kind), "at_ns",
        moment_json(phase, inject->at_given, inject->at_is_moment, inject->at), "window_ns", window,
        "after", inject->after, "delay_ns", (json_int_t)inject->delay, "unless", inject->unless,
        "only_if", inject->only_if, "only_choice", inject->only_choice, "from", inject->from, "to",
        texts_json(inject->to), "via", verb, "channel",
        via != NULL && via->target != NULL ? via->target->target.name : NULL, "react_within_ns",
        (json_int_t)inject->react_within, "answered_by", inject->any ? "any" : "all");
    free(verb);
    ND_CHECK(entry != NULL);
    json_object_set_new(entry, "body", text2_json(&inject->body));
    json_object_set_new(entry, "expect", text2_json(&inject->expect));
    json_object_set_new(entry, "tasks", tasks);
    json_object_set_new(entry, "options", texts_json(inject->options));
    json_object_update_new(
        entry, json_pack("{s:b, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:i}", "on_call",
                         inject->on_call, "occurs", inject->occurs, "meets", inject->meets,
                         "objective", inject->objective, "controller", inject->controller,
                         "evaluator", inject->evaluator, "notes", inject->notes, "scenario_time",
                         inject->scenario_time, "line", inject->place.line));
    put_fault(entry, &inject->act);
    return entry;
}

static json_t *injects_json(const struct nd_phase *phase)
{
    json_t *list = json_array();
    for (size_t i = 0; i < phase->injects_count; i++)
        json_array_append_new(list, inject_json(phase, &phase->injects[i]));
    return list;
}

static json_t *phases_json(const struct nd_drill *drill)
{
    json_t *phases = json_array();
    for (size_t p = 0; p < drill->phases_count; p++) {
        const struct nd_phase *phase = &drill->phases[p];
        json_t *steps = json_array();
        for (size_t s = 0; s < phase->steps_count; s++)
            json_array_append_new(steps, step_json(phase, &phase->steps[s]));
        json_array_append_new(phases,
                              json_pack("{s:s, s:o, s:o, s:o, s:o}", "id", phase->id, "title",
                                        text2_json(&phase->title), "at_ns",
                                        phase->at_given ? json_integer(phase->at) : json_null(),
                                        "steps", steps, "injects", injects_json(phase)));
    }
    return phases;
}

static json_t *guards_json(const struct nd_drill *drill)
{
    json_t *guards = json_array();
    for (size_t i = 0; i < drill->guards_count; i++) {
        const struct nd_guard *guard = &drill->guards[i];
        json_array_append_new(
            guards, json_pack("{s:s, s:o, s:I, s:o, s:o, s:s}", "id", guard->id, "title",
                              text2_json(&guard->title), "every_ns", (json_int_t)guard->every,
                              "at_most", real_or_null(guard->has_at_most, guard->at_most),
                              "at_least", real_or_null(guard->has_at_least, guard->at_least),
                              "otherwise", guard->abort ? "abort" : "note"));
    }
    return guards;
}

static json_t *baselines_json(const struct nd_drill *drill)
{
    json_t *list = json_array();
    for (size_t i = 0; i < drill->baselines_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:o, s:I}", "id", drill->baselines[i].id,
                                              "title", text2_json(&drill->baselines[i].title),
                                              "within_ns", (json_int_t)drill->baselines[i].within));
    return list;
}

static json_t *objectives_json(const struct nd_drill *drill)
{
    json_t *list = json_array();
    for (size_t i = 0; i < drill->objectives_count; i++) {
        const struct nd_objective *one = &drill->objectives[i];
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:s, s:s?, s:o}", "id", one->id, "text",
                            text2_json(&one->text), "kind", nd_objective_kind_name(one->kind),
                            "parent", one->parent, "capability", text2_json(&one->capability)));
    }
    return list;
}

static json_t *availability_json(const struct nd_drill *drill)
{
    json_t *out = json_object();
    for (size_t i = 0; i < drill->availability_count; i++)
        json_object_set_new(out, drill->availability[i].operator_name,
                            json_real(drill->availability[i].share));
    return out;
}

/* One text for both languages, or one for each. */
static json_t *words_json(const struct nd_text2 *text)
{
    return text->zh == text->en ? json_pack("s?", text->en) : text2_json(text);
}

json_t *nd_plan_json(const struct nd_drill *drill, const struct nd_site *site, uint64_t seed)
{
    json_t *objectives = objectives_json(drill);
    json_t *site_json = site != NULL
                            ? json_pack("{s:s, s:s, s:s, s:b, s:o}", "name", site->name, "path",
                                        site->path, "hash", site->hash, "simulated",
                                        site->simulated, "files", nd_site_files_json(site, true))
                            : json_null();
    json_t *plan =
        json_pack("{s:s, s:{s:s, s:o, s:I, s:I, s:s, s:s}, s:o, s:I, s:o, s:o, s:o, s:o}", "schema",
                  "netdrill.plan/1", "drill", "id", drill->id, "title", text2_json(&drill->title),
                  "revision", (json_int_t)drill->revision, "lasts_ns", (json_int_t)drill->lasts,
                  "scenario", drill->path, "hash", drill->hash, "site", site_json, "seed",
                  (json_int_t)seed, "simulated", words_json(&drill->simulated), "phases",
                  phases_json(drill), "objectives", objectives, "guards", guards_json(drill));
    ND_CHECK(plan != NULL);
    if (drill->steady > 0)
        json_object_set_new(plan, "steady_ns", json_integer((json_int_t)drill->steady));
    char *policy = site != NULL && site->policy.given ? nd_site_json(site, "policy") : NULL;
    json_object_set_new(plan, "policy", policy != NULL ? json_loads(policy, 0, NULL) : json_null());
    json_object_set_new(plan, "baselines", baselines_json(drill));
    if (drill->availability_count != 0)
        json_object_set_new(plan, "availability", availability_json(drill));
    json_object_set_new(plan, "parameters", nd_drill_parameters(drill));
    json_object_set_new(plan, "profiles", nd_plan_profiles(drill));
    json_object_set_new(plan, "obligations", nd_plan_obligations(drill));
    free(policy);
    static const char *const lists[] = {"changes",       "measures", "confirmations",
                                        "not_previewed", "plugins",  "verbs"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        json_object_set_new(plan, lists[i], json_array());
    return plan;
}

void nd_plan_hash(const json_t *plan, char *out)
{
    char *text = json_dumps(plan, JSON_COMPACT | JSON_SORT_KEYS);
    nd_hash(text, strlen(text), out);
    free(text);
}

nd_err nd_plan_load(const char *path, json_t **plan, struct nd_fail *why)
{
    char *text = NULL;
    size_t len = 0;
    nd_err err = nd_file_read(path, 16u << 20, &text, &len, why);
    if (err != ND_OK)
        return err;
    json_t *read = json_loadb(text, len, 0, NULL);
    free(text);
    const char *schema = json_string_value(json_object_get(read, "schema"));
    if (schema == NULL || strcmp(schema, "netdrill.plan/1") != 0 ||
        !json_is_object(json_object_get(read, "drill"))) {
        json_decref(read);
        return nd_fail_set(why, ND_EPARSE, "'%s' is no saved plan; make one with 'netdrill plan'",
                           path);
    }
    *plan = read;
    return ND_OK;
}

/* The files of the lab's daemons; a plan of a site without any may lack the entry. */
static nd_err check_files(const json_t *plan, const struct nd_site *site, struct nd_fail *why)
{
    const json_t *then = json_object_get(json_object_get(plan, "site"), "files");
    json_t *now = nd_site_files_json(site, true);
    bool same = then == NULL ? site->files.count == 0 : json_equal(then, now) != 0;
    json_decref(now);
    return same ? ND_OK
                : nd_fail_set(why, ND_ESTATE,
                              "stale plan: a file of the lab's daemons has changed since it was "
                              "made; plan anew with 'netdrill plan'");
}

nd_err nd_plan_check_fresh(const json_t *plan, const struct nd_drill *drill,
                           const struct nd_site *site, struct nd_fail *why)
{
    const char *drill_hash =
        json_string_value(json_object_get(json_object_get(plan, "drill"), "hash"));
    const char *site_hash =
        json_string_value(json_object_get(json_object_get(plan, "site"), "hash"));
    if (drill_hash == NULL || strcmp(drill_hash, drill->hash) != 0)
        return nd_fail_set(why, ND_ESTATE,
                           "stale plan: scenario '%s' has changed since it was made; plan anew "
                           "with 'netdrill plan'",
                           drill->path);
    if (site != NULL && (site_hash == NULL || strcmp(site_hash, site->hash) != 0))
        return nd_fail_set(why, ND_ESTATE,
                           "stale plan: site file '%s' has changed since it was made; plan anew "
                           "with 'netdrill plan'",
                           site->path);
    nd_err err = site != NULL ? check_files(plan, site, why) : ND_OK;
    return err == ND_OK ? nd_plan_check_profiles(plan, drill, why) : err;
}
