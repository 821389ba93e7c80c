#include "run/internal.h"

#include <math.h>

/* The run as it stands: docs/records.md, "Status". */

static json_t *step_json(const struct nd_run *run, const struct nd_step_run *step)
{
    return json_pack("{s:s, s:o, s:s, s:o, s:o}", "id", step->step->id, "title",
                     nd_text2_json(&step->step->title), "state", nd_step_state_name(step->state),
                     "planned_rel_ns", nd_moment_json(run, step->planned), "started_rel_ns",
                     nd_moment_json(run, step->started));
}

static json_t *phases_json(const struct nd_run *run)
{
    json_t *phases = json_array();
    for (size_t i = 0; i < run->config.drill->phases_count; i++) {
        const struct nd_phase_run *phase = &run->phases[i];
        json_t *steps = json_array();
        for (size_t s = 0; s < phase->phase->steps_count; s++)
            json_array_append_new(steps, step_json(run, &run->steps[phase->phase->steps[s].index]));
        nd_ns planned =
            phase->phase->at_given && run->t0 >= 0 ? nd_run_clock(run, phase->phase->at) : -1;
        json_array_append_new(phases, json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "id",
                                                phase->phase->id, "title",
                                                nd_text2_json(&phase->phase->title), "state",
                                                nd_step_state_name(phase->state), "planned_rel_ns",
                                                nd_moment_json(run, planned), "started_rel_ns",
                                                nd_moment_json(run, phase->started), "ended_rel_ns",
                                                nd_moment_json(run, phase->ended), "steps", steps));
    }
    return phases;
}

static json_t *changes_json(const struct nd_run *run)
{
    json_t *changes = json_array();
    for (size_t i = 0; i < run->changes.count; i++) {
        const struct nd_change *change = run->changes.at[i];
        const struct nd_undo_rec *rec = &change->rec;
        if (rec->id == 0)
            continue;
        json_array_append_new(
            changes,
            json_pack("{s:I, s:s, s:s, s:s?, s:s, s:o}", "undo", (json_int_t)rec->id, "plugin",
                      rec->plugin, "verb", rec->verb, "target", rec->target, "state",
                      nd_undo_state_name(rec->state), "restore_by_rel_ns",
                      rec->restore_by > 0 ? nd_moment_json(run, rec->restore_by) : json_null()));
    }
    return changes;
}

static json_t *confirmations_json(const struct nd_run *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->confirmations.count; i++) {
        const struct nd_confirmation *c = run->confirmations.at[i];
        if (!c->open)
            continue;
        json_array_append_new(list,
                              json_pack("{s:I, s:o, s:s?, s:I}", "number", (json_int_t)c->number,
                                        "sentence", nd_text2_json(c->text), "by", c->by, "left_ns",
                                        (json_int_t)(c->asked + c->within - nd_run_now(run))));
    }
    return list;
}

#define RECENT ND_SEC(10) /* what the display's quantiles look at */

static json_t *series_json(const struct nd_run *run)
{
    json_t *list = json_array();
    nd_ns now = nd_run_now(run);
    for (size_t i = 0; i < run->streams.count; i++) {
        const struct nd_stream *stream = run->streams.at[i];
        if (stream->baseline && !run->baselines.on)
            continue;
        const struct nd_series_info *info = nd_series_info(stream->series);
        struct nd_series_totals all = nd_series_totals(stream->series);
        double loss = all.count != 0 ? 1 - (double)all.answered / (double)all.count : (double)NAN;
        struct nd_answer p50 = nd_series_ask(stream->series, ND_STAT_P50, now - RECENT, now);
        json_t *entry = json_pack(
            "{s:I, s:s, s:s?, s:s?, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "id",
            (json_int_t)info->id, "name", info->name, "label", info->label, "label_zh",
            info->label_zh, "unit", info->unit, "count", (json_int_t)all.count, "answered",
            (json_int_t)all.answered, "missed", (json_int_t)all.missed, "loss",
            nd_number_json(loss), "last", nd_number_json(all.count != 0 ? stream->last.value : NAN),
            "p50", nd_number_json(p50.known ? p50.value : NAN), "p99", nd_number_json(all.p99),
            "down_since_rel_ns", nd_moment_json(run, stream->down_since));
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *people_json(const struct nd_site *site)
{
    json_t *list = json_array();
    for (size_t i = 0; site != NULL && i < site->people.count; i++) {
        const struct nd_person *person = &site->people.at[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", person->name, "role",
                                              nd_role_name(person->role), "title",
                                              nd_text2_json(&person->title)));
    }
    return list;
}

json_t *nd_run_status(const struct nd_run *run)
{
    static const char *const states[] = {"building", "building", "running", "restoring", "ended"};
    const struct nd_outcome *o = &run->outcome;
    bool paused = run->state == ND_RUN_RUNNING && nd_run_is_paused(run);
    const char *state = run->arming.open    ? "arming"
                        : run->baselines.on ? "baseline"
                        : paused            ? "paused"
                                            : states[run->state];
    const char *id = run->config.dir != NULL ? run->config.dir->run_id : "rehearsal";
    json_t *status = json_pack(
        "{s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I, s:I}, s:o, "
        "s:{s:I, s:O}, s:o}",
        "run", id, "state", state, "mode", nd_run_is_live(run) ? "live" : "rehearsal", "now_rel_ns",
        nd_moment_json(run, nd_run_now(run)), "lasts_ns", (json_int_t)run->config.drill->lasts,
        "arming", nd_arming_json(run), "phases", phases_json(run), "changes", changes_json(run),
        "confirmations", confirmations_json(run), "series", series_json(run), "pauses",
        nd_pauses_json(run), "verdicts", "met", (json_int_t)o->met, "missed", (json_int_t)o->missed,
        "unknown", (json_int_t)o->unknown, "injects", nd_injects_json(run), "observations", "count",
        (json_int_t)run->observations, "last", run->observed, "obligations", nd_duties_json(run));
    json_object_set_new(status, "people", people_json(run->config.site));
    json_object_update_new(status, nd_recent_json(run));
    return status;
}
