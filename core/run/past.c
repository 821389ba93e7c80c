#include "run/past.h"

#include "base/text.h"
#include "record/journal.h"
#include "record/undo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct change {
    char *id, *step, *words;
    bool in_force, undone_by_runner;
};

struct series {
    char *id, *step;
    bool open;
};

struct reading {
    struct nd_past *past;
    struct ND_VEC(struct change) changes;
    struct ND_VEC(struct series) series;
    bool started, closed, runner_gone;
    int64_t wall_at_zero; /* of the first line */
};

static const char *str_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_int_t int_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static struct nd_past_step *step_of(struct nd_past *past, const char *id)
{
    struct nd_past_step *found = (struct nd_past_step *)nd_past_step_find(past, id);
    if (found != NULL)
        return found;
    nd_vec_push(&past->steps, (struct nd_past_step){.id = nd_strdup(id)});
    return &past->steps.at[past->steps.count - 1];
}

/* "2026-01-31T12:00:00.123Z", to the second: only a reboot makes it matter. */
static int64_t wall_of(const char *text)
{
    struct tm tm = {0};
    return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) != NULL ? (int64_t)timegm(&tm) * 1000000000 : 0;
}

static void read_steps(struct nd_past *past, const char *type, const char *subject,
                       const json_t *data, nd_ns at, int64_t seq)
{
    if (strcmp(type, "step.started") == 0) {
        struct nd_past_step *step = step_of(past, subject);
        step->started = true;
        step->began = seq;
        step->ended = step->left = false;
    } else if (strcmp(type, "step.ended") == 0) {
        struct nd_past_step *step = step_of(past, subject);
        step->ended = true;
        step->over = seq;
        snprintf(step->state, sizeof step->state, "%s", str_of(data, "state"));
    } else if (strcmp(type, "phase.started") == 0) {
        nd_vec_push(&past->phases, (struct nd_past_phase){.id = nd_strdup(subject), .started = at});
    } else if (strcmp(type, "phase.ended") == 0) {
        for (size_t i = 0; i < past->phases.count; i++) {
            if (strcmp(past->phases.at[i].id, subject) == 0)
                past->phases.at[i].ended = true;
        }
    }
}

static void read_changes(struct reading *reading, const char *type, const char *subject,
                         const json_t *data)
{
    if (strcmp(type, "change.recorded") == 0) {
        const char *target = str_of(data, "target");
        const struct change change = {
            .id = nd_strdup(subject),
            .step = nd_strdup(str_of(data, "step")),
            .words = nd_printf("#%s %s.%s%s%s", subject, str_of(data, "plugin"),
                               str_of(data, "verb"), *target != '\0' ? " " : "", target),
            .undone_by_runner = nd_undo_is_lab(str_of(data, "plugin"), str_of(data, "verb"))};
        nd_vec_push(&reading->changes, change);
        return;
    }
    for (size_t i = 0; i < reading->changes.count; i++) {
        struct change *change = &reading->changes.at[i];
        if (strcmp(change->id, subject) != 0)
            continue;
        change->in_force |= strcmp(type, "change.applied") == 0;
        change->undone_by_runner |= !reading->runner_gone && (strcmp(type, "change.undone") == 0 ||
                                                              strcmp(type, "change.verified") == 0);
    }
}

static void read_series(struct reading *reading, const char *type, const char *subject,
                        const json_t *data)
{
    long long number = strtoll(subject, NULL, 10);
    if (strcmp(type, "series.opened") == 0) {
        const struct series series = {nd_strdup(subject), nd_strdup(str_of(data, "step")), true};
        nd_vec_push(&reading->series, series);
        if (number > reading->past->series)
            reading->past->series = number;
    } else if (strcmp(type, "series.closed") == 0) {
        for (size_t i = 0; i < reading->series.count; i++) {
            if (strcmp(reading->series.at[i].id, subject) == 0)
                reading->series.at[i].open = false;
        }
    }
}

/* An earlier crash that was gone on after. */
static void read_down(struct nd_past *past, const json_t *data)
{
    nd_ns died = int_of(data, "died_ns");
    struct nd_past_pause down = {died, died + int_of(data, "down_ns")};
    nd_vec_push(&past->downs, down);
    if (strcmp(str_of(data, "times"), "shifted") != 0)
        return;
    nd_vec_push(&past->pauses, down);
    past->down += int_of(data, "down_ns");
}

static void read_pauses(struct reading *reading, const char *type, const json_t *data, nd_ns at)
{
    struct nd_past *past = reading->past;
    if (strcmp(type, "run.continued") == 0) {
        reading->runner_gone = false;
        read_down(past, data);
    } else if (strcmp(type, "run.paused") == 0) {
        nd_vec_push(&past->pauses, (struct nd_past_pause){at, -1});
    } else if (strcmp(type, "run.resumed") == 0 && past->pauses.count != 0) {
        past->pauses.at[past->pauses.count - 1].till = at;
    }
}

/* Numbers given and verdicts reached so far. */
static void read_counts(struct nd_past *past, const char *type, const char *subject,
                        const json_t *data)
{
    if (strcmp(type, "op.started") == 0 && strtoll(subject, NULL, 10) > past->ops) {
        past->ops = strtoll(subject, NULL, 10);
    } else if (strcmp(type, "confirm.asked") == 0) {
        past->confirmations = strtoll(subject, NULL, 10);
    } else if (strcmp(type, "verdict") == 0) {
        const char *grade = str_of(data, "grade");
        past->met += strcmp(grade, "met") == 0;
        past->missed += strcmp(grade, "missed") == 0;
        past->unknown += strcmp(grade, "unknown") == 0;
    }
}

static void read_run(struct reading *reading, const char *type, const json_t *data)
{
    struct nd_past *past = reading->past;
    if (json_is_integer(json_object_get(data, "mono_origin_ns")))
        past->origin = int_of(data, "mono_origin_ns");
    if (strcmp(type, "journal.opened") == 0) {
        past->seed = (uint64_t)int_of(data, "seed");
    } else if (strcmp(type, "run.started") == 0) {
        reading->started = true;
        past->t0 = int_of(data, "t0_ns");
    } else if (strcmp(type, "run.closed") == 0) {
        reading->closed = true;
    } else if (strcmp(type, "lab.building") == 0) {
        past->lab = true;
    }
}

static bool read_event(void *ctx, const json_t *event)
{
    struct reading *reading = ctx;
    static const char prefix[] = "netdrill.";
    const char *type = str_of(event, "type");
    const char *actor = str_of(event, "actor");
    const char *subject = str_of(event, "subject");
    const json_t *data = json_object_get(event, "data");
    nd_ns at = int_of(event, "monons");
    if (strncmp(type, prefix, sizeof prefix - 1) != 0)
        return true;
    type += sizeof prefix - 1;
    if (int_of(event, "seq") == 1)
        reading->wall_at_zero = wall_of(str_of(event, "time")) - at;
    if (strcmp(actor, "keeper") == 0 || strcmp(actor, "by-hand") == 0 ||
        strcmp(type, "journal.recovered") == 0 || strcmp(type, "run.resuming") == 0)
        reading->runner_gone = true;
    if (strncmp(type, "inject.", 7) == 0)
        json_array_append(reading->past->injects, (json_t *)event);
    if (strcmp(type, "kept") == 0)
        json_object_set(reading->past->kept, subject, (json_t *)data);
    reading->past->observations += strcmp(type, "observation") == 0;
    read_run(reading, type, data);
    read_pauses(reading, type, data, at);
    read_counts(reading->past, type, subject, data);
    read_steps(reading->past, type, subject, data, at, int_of(event, "seq"));
    read_changes(reading, type, subject, data);
    read_series(reading, type, subject, data);
    nd_past_read_duty(reading->past, type, subject, data);
    if (!reading->runner_gone)
        reading->past->died = at;
    return true;
}

/* ---- conclusions ---- */

static nd_ns clock_ns(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (nd_ns)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* The run clock goes on; after a reboot the monotonic clock began anew, so the wall tells. */
static void conclude_clock(const struct reading *reading)
{
    struct nd_past *past = reading->past;
    past->now = clock_ns(CLOCK_MONOTONIC) - past->origin;
    if (past->now < past->died)
        past->now = clock_ns(CLOCK_REALTIME) - reading->wall_at_zero;
    if (past->now < past->died)
        past->now = past->died + 1;
    past->origin = clock_ns(CLOCK_MONOTONIC) - past->now;
}

static void conclude_left(struct reading *reading)
{
    struct nd_past *past = reading->past;
    for (size_t i = 0; i < reading->changes.count; i++) {
        struct change *change = &reading->changes.at[i];
        if (change->in_force && !change->undone_by_runner) {
            if (*change->step != '\0')
                step_of(past, change->step)->left = true;
            nd_vec_push(&past->lost,
                        (struct nd_past_change){nd_strdup(change->words), nd_strdup(change->step)});
        }
        free(change->id);
        free(change->step);
        free(change->words);
    }
    for (size_t i = 0; i < reading->series.count; i++) {
        struct series *series = &reading->series.at[i];
        if (series->open && *series->step != '\0')
            step_of(past, series->step)->left = true;
        free(series->id);
        free(series->step);
    }
    nd_vec_free(&reading->changes);
    nd_vec_free(&reading->series);
}

static nd_err check_restored(const struct nd_rundir *dir, struct nd_past *past, struct nd_fail *why)
{
    struct nd_undo_list list = {0};
    char *path = nd_rundir_file(dir, "undo.jsonl");
    nd_err err = nd_undo_read(path, &list, why);
    for (size_t i = 0; err == ND_OK && i < list.count; i++) {
        past->verified += list.at[i].state == ND_UNDO_VERIFIED;
        if (list.at[i].state != ND_UNDO_VERIFIED)
            err = nd_fail_set(why, ND_ESTATE,
                              "change #%lld of run '%s' is not read back as restored; restore it "
                              "first: netdrill restore %s",
                              (long long)list.at[i].id, dir->run_id, dir->path);
    }
    past->changes = past->verified;
    nd_undo_list_deinit(&list);
    free(path);
    return err;
}

nd_err nd_past_read(const struct nd_rundir *dir, struct nd_past *past, struct nd_fail *why)
{
    struct nd_journal_check check = {0};
    struct reading reading = {.past = past};
    *past = (struct nd_past){.injects = json_array(), .kept = json_object()};
    char *path = nd_rundir_file(dir, "journal.jsonl");
    nd_err err = nd_journal_read(path, read_event, &reading, &check, why);
    free(path);
    conclude_left(&reading);
    if (err == ND_OK && check.bad_seq != 0)
        err = nd_fail_set(why, ND_EPARSE,
                          "the journal of run '%s' is not what it was at event %lld; it cannot be "
                          "gone on with",
                          dir->run_id, (long long)check.bad_seq);
    if (err == ND_OK && reading.closed)
        err = nd_fail_set(why, ND_ESTATE, "run '%s' has ended; there is nothing to go on with",
                          dir->run_id);
    if (err == ND_OK && !reading.started)
        err = nd_fail_set(why, ND_ESTATE,
                          "run '%s' died before STARTEX; run the drill anew: netdrill run",
                          dir->run_id);
    if (err == ND_OK)
        err = check_restored(dir, past, why);
    conclude_clock(&reading);
    if (err != ND_OK)
        nd_past_deinit(past);
    return err;
}

void nd_past_deinit(struct nd_past *past)
{
    for (size_t i = 0; i < past->steps.count; i++)
        free(past->steps.at[i].id);
    for (size_t i = 0; i < past->phases.count; i++)
        free(past->phases.at[i].id);
    for (size_t i = 0; i < past->lost.count; i++) {
        free(past->lost.at[i].words);
        free(past->lost.at[i].step);
    }
    json_decref(past->injects);
    json_decref(past->kept);
    past->injects = past->kept = NULL;
    nd_past_free_duties(past);
    nd_vec_free(&past->steps);
    nd_vec_free(&past->phases);
    nd_vec_free(&past->pauses);
    nd_vec_free(&past->downs);
    nd_vec_free(&past->lost);
}

const struct nd_past_step *nd_past_step_find(const struct nd_past *past, const char *id)
{
    for (size_t i = 0; i < past->steps.count; i++) {
        if (strcmp(past->steps.at[i].id, id) == 0)
            return &past->steps.at[i];
    }
    return NULL;
}
