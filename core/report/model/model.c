#include "report/model/model.h"
#include "report/model/force.h"
#include "report/words/packed.h"

#include "record/alive.h"
#include "record/evaluation.h"
#include "record/journal.h"

#include <stdlib.h>
#include <string.h>

/* The model: what the journal tells, folded once into a tree. Later events fill in what earlier
 * ones began; nothing here reads a clock. */

struct fold {
    json_t *model;
    size_t events; /* how many there are */
    json_t *run, *phases, *steps, *changes, *verdicts, *confirmations;
    nd_ns t0, last;
    nd_ns ending; /* the run began to be restored for good: aborted, ended, or taken over; -1 */
    bool started, lab_goes; /* lab_goes: what is restored is the lab alone */
};

/* The last of that name: a step may be run again after a crash. */
static json_t *find_last(const json_t *list, const char *id)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        json_t *entry = json_array_get(list, i);
        if (strcmp(nd_str_of(entry, "id"), id) == 0)
            return entry;
    }
    return NULL;
}

static json_t *add(json_t *list, const char *subject, const json_t *data, json_int_t seq)
{
    json_t *entry = json_object();
    json_object_set_new(entry, "id", json_string(subject));
    json_object_update(entry, (json_t *)data);
    json_object_set_new(entry, "seq", json_integer(seq));
    json_array_append_new(list, entry);
    return entry;
}

static void set_rel(const struct fold *fold, json_t *entry, const char *key, json_int_t moment)
{
    if (entry != NULL)
        json_object_set_new(entry, key,
                            fold->started ? json_integer(moment - fold->t0) : json_null());
}

/* What ran, as the run recorded it when it began, and when it was gone on with. */
static void fold_software(struct fold *fold, const char *type, const json_t *data, json_int_t seq)
{
    size_t i = 0;
    json_t *one = NULL;
    if (strcmp(type, "journal.opened") != 0 && strcmp(type, "run.resuming") != 0)
        return;
    json_object_del(fold->run, "software");
    json_array_foreach(json_object_get(data, "software"), i, one)
    {
        json_t *entry = json_copy(one);
        json_object_set_new(entry, "seq", json_integer(seq));
        json_array_append_new(json_object_get(fold->model, "software"), entry);
    }
}

/* Pauses, and crashes that the run was gone on after. */
static void fold_pauses(struct fold *fold, const char *type, const json_t *data, json_int_t at,
                        json_int_t seq)
{
    json_t *list = json_object_get(fold->model, "pauses");
    if (strcmp(type, "run.continued") == 0) {
        json_t *entry = add(list, "", data, seq);
        set_rel(fold, entry, "from_rel_ns", nd_int_of(data, "died_ns"));
        json_object_set(entry, "lasted_ns", json_object_get(data, "down_ns"));
        json_object_set_new(entry, "died", json_true());
        fold->ending = -1;
    } else if (strcmp(type, "run.paused") == 0) {
        set_rel(fold, add(list, "", data, seq), "from_rel_ns", at);
    } else if (strcmp(type, "run.resumed") == 0) {
        json_t *entry = json_array_get(list, json_array_size(list) - 1);
        json_object_set(entry, "lasted_ns", json_object_get(data, "lasted_ns"));
        json_object_set(entry, "resumed_by", json_object_get(data, "by"));
    }
}

static void fold_run(struct fold *fold, const char *type, const json_t *data, json_int_t at,
                     json_int_t seq)
{
    json_t *safety = json_object_get(fold->model, "safety");
    json_t *quality = json_object_get(fold->model, "quality");
    if (strcmp(type, "journal.opened") == 0) {
        json_object_update(fold->run, (json_t *)data);
        json_object_set(fold->model, "drill", json_object_get(data, "drill"));
        json_object_del(fold->run, "drill");
        json_object_del(fold->run, "mono_origin_ns");
    } else if (strcmp(type, "run.started") == 0) {
        fold->t0 = nd_int_of(data, "t0_ns");
        fold->started = true;
        json_object_set(fold->run, "wall", json_object_get(data, "wall"));
        json_object_set_new(fold->run, "t0_ns", json_integer(fold->t0));
    } else if (strcmp(type, "run.aborting") == 0) {
        fold->ending = at;
        json_object_set(safety, "aborted", json_object_get(data, "reason"));
        json_object_set(safety, "aborted_by", json_object_get(data, "by"));
        json_object_set_new(safety, "aborted_seq", json_integer(seq));
    } else if (strcmp(type, "run.ended") == 0) {
        fold->ending = fold->ending >= 0 ? fold->ending : at;
        set_rel(fold, fold->run, "lasted_ns", at);
        json_object_set(fold->run, "ended_because", json_object_get(data, "reason"));
    } else if (strcmp(type, "run.closed") == 0) {
        json_object_set(fold->run, "outcome", json_object_get(data, "outcome"));
        json_object_set_new(fold->run, "complete", json_true());
    } else if (strcmp(type, "run.refused") == 0) {
        json_object_set(safety, "refused", json_object_get(data, "reason"));
    } else if (strcmp(type, "arm.given") == 0) {
        json_array_append(json_object_get(safety, "armed"), (json_t *)data);
    } else if (strcmp(type, "restore.started") == 0) {
        fold->lab_goes = strcmp(nd_str_of(data, "why"), "lab") == 0;
    } else if (strcmp(type, "restore.ended") == 0 && !fold->lab_goes) {
        json_object_set(safety, "restore_took_ns", json_object_get(data, "took_ns"));
        if (fold->ending >= 0)
            json_object_set_new(safety, "restored_after_ns", json_integer(at - fold->ending));
    } else if (strcmp(type, "restore.overdue") == 0) {
        json_object_set(safety, "overdue", (json_t *)data);
    } else if (strcmp(type, "keeper.acting") == 0) {
        fold->ending = fold->ending >= 0 ? fold->ending : at;
        json_object_set(safety, "keeper", json_object_get(data, "why"));
        json_object_set_new(safety, "keeper_seq", json_integer(seq));
    } else if (strcmp(type, "stalled") == 0) {
        json_array_append(json_object_get(quality, "stalls"), (json_t *)data);
    } else if (strcmp(type, "series.broken") == 0) {
        json_array_append(json_object_get(quality, "broken"), (json_t *)data);
    } else if (strcmp(type, "series.closed") == 0) {
        static const char *const extra[] = {"late", "duplicates", "reordered"};
        for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++)
            json_object_set_new(
                quality, extra[i],
                json_integer(nd_int_of(quality, extra[i]) + nd_int_of(data, extra[i])));
    } else if (strcmp(type, "clock.stepped") == 0) {
        json_array_append(json_object_get(quality, "clock_steps"), (json_t *)data);
    } else if (strcmp(type, "note") == 0) {
        json_t *entry = add(json_object_get(fold->model, "notes"), "", data, seq);
        set_rel(fold, entry, "at_rel_ns", at);
    } else if (strcmp(type, "guard.breached") == 0) {
        json_t *entry = add(json_object_get(fold->model, "guards"), "", data, seq);
        set_rel(fold, entry, "at_rel_ns", at);
    }
}

static void fold_drill(struct fold *fold, const char *type, const char *subject, const json_t *data,
                       json_int_t at, json_int_t seq)
{
    if (strcmp(type, "phase.started") == 0)
        set_rel(fold, add(fold->phases, subject, data, seq), "started_rel_ns", at);
    else if (strcmp(type, "phase.ended") == 0)
        set_rel(fold, nd_entry_of(fold->phases, "id", subject), "ended_rel_ns", at);
    else if (strcmp(type, "step.started") == 0)
        set_rel(fold, add(fold->steps, subject, data, seq), "started_rel_ns", at);
    else if (strcmp(type, "step.ended") == 0) {
        json_t *step = find_last(fold->steps, subject);
        if (step == NULL) /* skipped: it never started */
            step = add(fold->steps, subject, data, seq);
        json_object_update(step, (json_t *)data);
        set_rel(fold, step, "ended_rel_ns", at);
    } else if (strcmp(type, "verdict") == 0)
        add(fold->verdicts, "", data, seq);
    else if (strcmp(type, "confirm.asked") == 0)
        set_rel(fold, add(fold->confirmations, subject, data, seq), "asked_rel_ns", at);
    else if (strcmp(type, "confirm.answered") == 0) {
        json_t *entry = nd_entry_of(fold->confirmations, "id", subject);
        if (entry != NULL) {
            json_object_set(entry, "answer", json_object_get(data, "answer"));
            json_object_set(entry, "answered_by", json_object_get(data, "by"));
            json_object_set(entry, "after_ns", json_object_get(data, "after_ns"));
            set_rel(fold, entry, "answered_rel_ns", at);
            json_object_set(entry, "scripted", json_object_get(data, "scripted"));
        }
    }
}

static void fold_change(struct fold *fold, const char *type, const char *subject,
                        const json_t *data, json_int_t at, json_int_t seq)
{
    if (strcmp(type, "change.recorded") == 0) {
        json_t *entry = add(fold->changes, subject, data, seq);
        json_object_set_new(entry, "state", json_string("recorded"));
        return;
    }
    json_t *entry = nd_entry_of(fold->changes, "id", subject);
    if (entry == NULL)
        return;
    if (strcmp(type, "change.applied") == 0) {
        set_rel(fold, entry, "began_rel_ns", nd_int_of(data, "began_ns"));
        set_rel(fold, entry, "applied_rel_ns", nd_int_of(data, "ended_ns"));
        json_object_set_new(entry, "state", json_string("applied"));
    } else if (strcmp(type, "change.not_made") == 0) {
        json_object_set_new(entry, "made", json_false());
        json_object_set(entry, "why", json_object_get(data, "why"));
    } else if (strcmp(type, "change.undone") == 0) {
        set_rel(fold, entry, "undone_rel_ns", at);
    } else if (strcmp(type, "change.verified") == 0) {
        set_rel(fold, entry, "verified_rel_ns", at);
        json_object_set_new(entry, "state", json_string("verified"));
    } else if (strcmp(type, "change.proved") == 0) {
        json_object_set_new(entry, "proved", json_true());
    } else if (strcmp(type, "change.not_proved") == 0) {
        json_object_set_new(entry, "proved", json_false());
        json_object_set(entry, "proved_why", json_object_get(data, "why"));
    } else if (strcmp(type, "change.unverified") == 0 || strcmp(type, "change.left_alone") == 0) {
        bool left = strcmp(type, "change.left_alone") == 0;
        json_object_set_new(entry, "state", json_string(left ? "left-alone" : "unverified"));
        json_object_set(entry, "why", json_object_get(data, "why"));
    }
}

static bool fold_event(void *ctx, const json_t *event)
{
    struct fold *fold = ctx;
    const char *type = nd_str_of(event, "type");
    const char *subject = nd_str_of(event, "subject");
    const json_t *data = json_object_get(event, "data");
    json_int_t at = nd_int_of(event, "monons");
    json_int_t seq = nd_int_of(event, "seq");
    static const char prefix[] = "netdrill.";
    fold->events++;
    if (strncmp(type, prefix, sizeof prefix - 1) != 0)
        return true;
    type += sizeof prefix - 1;
    fold->last = at;
    static const char urn[] = "urn:netdrill:run:";
    const char *source = nd_str_of(event, "source");
    if (seq == 1 && strncmp(source, urn, sizeof urn - 1) == 0) /* the directory may have moved */
        json_object_set_new(fold->run, "id", json_string(source + sizeof urn - 1));
    fold_run(fold, type, data, at, seq);
    fold_software(fold, type, data, seq);
    fold_pauses(fold, type, data, at, seq);
    fold_drill(fold, type, subject, data, at, seq);
    fold_change(fold, type, subject, data, at, seq);
    nd_model_baseline(fold->model, type, subject, data, seq);
    nd_model_duty(fold->model, type, subject, data, at - fold->t0, seq);
    nd_model_people(fold->model, type, subject, data, fold->started ? at - fold->t0 : 0, seq);
    nd_model_fault(fold->model, type, subject, data, fold->started ? at - fold->t0 : 0, seq);
    return true;
}

/* ---- conclusions ---- */

/* Without what was to be measured, which is as long as the list of series: they tell of it. */
static json_t *read_plan(const struct nd_rundir *dir)
{
    char *path = nd_rundir_file(dir, "plan.json");
    json_t *plan = json_load_file(path, 0, NULL);
    json_object_del(plan, "measures");
    free(path);
    return plan;
}

/* Steps that never began have their titles and owners from the plan. */
static void conclude_steps(json_t *model, const json_t *plan)
{
    static const char *const keys[] = {"title", "owner"};
    size_t i = 0;
    json_t *phase = NULL;
    json_array_foreach(json_object_get(plan, "phases"), i, phase)
    {
        size_t s = 0;
        json_t *planned = NULL;
        json_array_foreach(json_object_get(phase, "steps"), s, planned)
        {
            json_t *step =
                nd_entry_of(json_object_get(model, "steps"), "id", nd_str_of(planned, "id"));
            for (size_t k = 0; step != NULL && k < 2; k++) {
                if (json_object_get(step, keys[k]) == NULL)
                    json_object_set(step, keys[k], json_object_get(planned, keys[k]));
            }
        }
    }
}

static size_t count_of(const json_t *list, const char *key, const char *value)
{
    size_t count = 0;
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(list, i, entry) count += strcmp(nd_str_of(entry, key), value) == 0;
    return count;
}

static void conclude_summary(json_t *model)
{
    const json_t *verdicts = json_object_get(model, "verdicts");
    const json_t *changes = json_object_get(model, "changes");
    json_t *summary = json_pack("{s:I, s:I, s:I, s:I, s:I}", "met",
                                (json_int_t)count_of(verdicts, "grade", "met"), "missed",
                                (json_int_t)count_of(verdicts, "grade", "missed"), "unknown",
                                (json_int_t)count_of(verdicts, "grade", "unknown"), "changes",
                                (json_int_t)json_array_size(changes), "verified",
                                (json_int_t)count_of(changes, "state", "verified"));
    const json_t *duties = json_object_get(model, "obligations");
    json_object_set_new(summary, "duties_met",
                        json_integer((json_int_t)count_of(duties, "verdict", "met")));
    json_object_set_new(summary, "duties_missed",
                        json_integer((json_int_t)(count_of(duties, "verdict", "missed") +
                                                  count_of(duties, "verdict", "late"))));
    json_int_t sent = 0;
    json_int_t missed = 0;
    size_t i = 0;
    json_t *series = NULL;
    json_array_foreach(json_object_get(model, "series"), i, series)
    {
        sent += nd_part_int(series, "count");
        missed += nd_part_int(series, "missed");
    }
    json_object_set_new(summary, "sent", json_integer(sent));
    json_object_set_new(summary, "not_sent", json_integer(missed));
    json_object_set_new(summary, "completeness",
                        sent + missed > 0 ? json_real((double)sent / (double)(sent + missed))
                                          : json_null());
    json_object_set_new(model, "summary", summary);
}

static void conclude_journal(json_t *model, const struct nd_journal_check *check)
{
    json_object_set_new(model, "journal",
                        json_pack("{s:I, s:I, s:b, s:s}", "events", (json_int_t)check->events,
                                  "bad_seq", (json_int_t)check->bad_seq, "torn",
                                  check->tail == ND_TAIL_TORN, "last_hash", check->last_hash));
}

static json_t *empty_model(const struct nd_rundir *dir)
{
    json_t *model = json_pack("{s:s, s:{s:s, s:b, s:s}}", "schema", "netdrill.report/1", "run",
                              "id", dir->run_id, "complete", 0, "outcome", "died");
    static const char *const lists[] = {
        "objectives",    "phases",  "steps",        "changes",   "series",      "verdicts",
        "confirmations", "guards",  "notes",        "pauses",    "obligations", "events",
        "rules",         "injects", "observations", "operators", "signals",     "software"};
    json_object_set_new(model, "drill", json_object());
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        json_object_set_new(model, lists[i], json_array());
    json_object_set_new(model, "safety", json_pack("{s:[]}", "armed"));
    json_object_set_new(model, "baseline", json_pack("{s:[], s:{}}", "rows", "series"));
    json_object_set_new(model, "quality",
                        json_pack("{s:[], s:[], s:[], s:[], s:i, s:i, s:i}", "stalls",
                                  "clock_steps", "gaps", "broken", "late", 0, "duplicates", 0,
                                  "reordered", 0));
    return model;
}

json_t *nd_report_model(const struct nd_rundir *dir, struct nd_fail *why)
{
    return nd_report_model_as_of(dir, INT64_MAX, why);
}

json_t *nd_report_model_as_of(const struct nd_rundir *dir, int64_t events, struct nd_fail *why)
{
    json_t *model = empty_model(dir);
    struct fold fold = {
        .model = model,
        .ending = -1,
        .run = json_object_get(model, "run"),
        .phases = json_object_get(model, "phases"),
        .steps = json_object_get(model, "steps"),
        .changes = json_object_get(model, "changes"),
        .verdicts = json_object_get(model, "verdicts"),
        .confirmations = json_object_get(model, "confirmations"),
    };
    struct nd_journal_check check;
    char *path = nd_rundir_file(dir, "journal.jsonl");
    nd_err err = nd_journal_read(path, fold_event, &fold, &check, why);
    json_t *plan = read_plan(dir);
    nd_people_made(model, plan);
    if (err == ND_OK)
        err = nd_model_series(model, dir, fold.t0, fold.last, why);
    if (err != ND_OK) {
        json_decref(plan);
        free(path);
        json_decref(model);
        return NULL;
    }
    if (!json_is_true(json_object_get(fold.run, "complete")) && nd_rundir_is_alive(dir)) {
        json_object_set_new(fold.run, "interim", json_true());
        json_object_set_new(fold.run, "outcome", json_string("running"));
        set_rel(&fold, fold.run, "lasted_ns", fold.last);
    }
    if (nd_model_leaves_out(model)) {
        bool interim = json_is_true(json_object_get(fold.run, "interim"));
        json_object_set_new(
            model, "interruptions_file",
            json_string(interim ? "interim.interruptions.csv" : "report.interruptions.csv"));
    }
    conclude_journal(model, &check);
    conclude_steps(model, plan);
    json_object_set(model, "profiles", json_object_get(plan, "profiles"));
    nd_model_people_plan(model, plan);
    nd_model_site(model, dir, plan);
    nd_model_faults(model, plan);
    json_t *evaluation = nd_evaluation_as_of(dir, events, why);
    if (evaluation == NULL)
        json_object_set_new(json_object_get(model, "quality"), "evaluation", json_string("unread"));
    nd_model_observed(model, evaluation);
    nd_model_rating(model, plan, evaluation);
    nd_model_kpi(model);
    json_decref(evaluation);
    conclude_summary(model);
    nd_model_lessons(model);
    nd_model_participants(model);
    nd_model_quality(model);
    err = nd_model_cited(model, path, fold.events, why);
    free(path);
    json_decref(plan);
    if (err == ND_OK)
        return model;
    json_decref(model);
    return NULL;
}
