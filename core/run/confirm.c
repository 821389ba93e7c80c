#include "run/internal.h"

#include <stdlib.h>
#include <string.h>

/* Questions to people: answered over the control socket or the display, by the script of an
 * unattended run, or not at all. */

static void settle(struct nd_confirmation *confirmation)
{
    struct nd_sched *sched = confirmation->run->config.sched;
    nd_sched_cancel(sched, confirmation->expiry);
    nd_sched_cancel(sched, confirmation->script);
    confirmation->expiry = confirmation->script = 0;
    confirmation->open = false;
    if (confirmation->task != NULL)
        confirmation->task->confirmation = NULL;
}

static void answer(struct nd_confirmation *confirmation, bool yes, const char *actor, bool scripted)
{
    struct nd_run *run = confirmation->run;
    struct nd_task *task = confirmation->task;
    settle(confirmation);
    nd_run_event(
        run, ND_JOURNAL_SYNC, "confirm.answered", nd_id_text(run, confirmation->number), actor,
        json_pack("{s:s, s:s, s:I, s:b}", "answer", yes ? "yes" : "no", "by", actor, "after_ns",
                  (json_int_t)(nd_run_now(run) - confirmation->asked), "scripted", scripted));
    if (task == NULL)
        return;
    task->result.answer = yes ? ND_ANSWER_YES : ND_ANSWER_NO;
    task->actor = nd_strdup(actor);
    task->result.actor = task->actor;
    nd_task_finish_wait(task, ND_OK, NULL);
}

static void expired(void *ctx)
{
    struct nd_confirmation *confirmation = ctx;
    struct nd_run *run = confirmation->run;
    struct nd_task *task = confirmation->task;
    confirmation->expiry = 0;
    settle(confirmation);
    nd_run_event(run, 0, "confirm.expired", nd_id_text(run, confirmation->number), NULL, NULL);
    nd_task_finish_wait(task, ND_ETIME, "nobody answered in time");
}

static void script_due(void *ctx)
{
    struct nd_confirmation *confirmation = ctx;
    const struct nd_script_answer *scripted = confirmation->scripted;
    confirmation->script = 0;
    if (scripted != NULL)
        answer(confirmation, scripted->answer == ND_ANSWER_YES,
               scripted->by != NULL ? scripted->by : "script", true);
    else
        answer(confirmation, true, "rehearsal (assumed)", true);
}

static void arm(struct nd_confirmation *confirmation)
{
    struct nd_sched *sched = confirmation->run->config.sched;
    confirmation->expiry = nd_sched_at(sched, confirmation->expires, expired, confirmation);
    if (confirmation->answers >= 0)
        confirmation->script = nd_sched_at(sched, confirmation->answers, script_due, confirmation);
}

static const struct nd_script_answer *find_script(const struct nd_run *run,
                                                  const struct nd_text2 *text)
{
    for (size_t i = 0; i < run->config.answers_count; i++) {
        const struct nd_script_answer *scripted = &run->config.answers[i];
        if (scripted->match == NULL)
            continue;
        if (strcmp(scripted->match, "*") == 0 ||
            (text->zh != NULL && strstr(text->zh, scripted->match) != NULL) ||
            (text->en != NULL && strstr(text->en, scripted->match) != NULL))
            return scripted;
    }
    return NULL;
}

void nd_confirm_ask(struct nd_task *task, const struct nd_text2 *text, const char *by, nd_ns within)
{
    struct nd_run *run = task->run;
    struct nd_confirmation *confirmation = nd_alloc(sizeof *confirmation);
    *confirmation = (struct nd_confirmation){.run = run,
                                             .number = run->confirm_base +
                                                       (int64_t)run->confirmations.count + 1,
                                             .text = text,
                                             .by = by,
                                             .task = task,
                                             .asked = nd_run_now(run),
                                             .within = within,
                                             .scripted = find_script(run, text),
                                             .open = true};
    nd_vec_push(&run->confirmations, confirmation);
    task->confirmation = confirmation;
    nd_run_event(run, 0, "confirm.asked", nd_id_text(run, confirmation->number), NULL,
                 json_pack("{s:o, s:s?, s:I, s:s?}", "sentence", nd_text2_json(text), "by", by,
                           "within_ns", (json_int_t)within, "step",
                           task->step != NULL ? task->step->step->id : NULL));
    if (!confirmation->open)
        return; /* the journal failed and the run is being aborted */
    nd_ns after = within / 2 < ND_SEC(10) ? within / 2 : ND_SEC(10);
    bool answers = confirmation->scripted != NULL ? confirmation->scripted->answer != ND_ANSWER_NONE
                                                  : !nd_run_is_live(run);
    if (confirmation->scripted != NULL)
        after = confirmation->scripted->after;
    confirmation->expires = confirmation->asked + within;
    confirmation->answers = answers ? confirmation->asked + after : -1;
    arm(confirmation);
}

void nd_confirm_shift(struct nd_confirmation *confirmation, nd_ns length)
{
    if (!confirmation->open)
        return;
    confirmation->expires += length;
    confirmation->answers += confirmation->answers >= 0 ? length : 0;
    arm(confirmation);
}

void nd_confirm_withdraw(struct nd_confirmation *confirmation)
{
    settle(confirmation);
    confirmation->task = NULL;
}

nd_err nd_run_answer(struct nd_run *run, int64_t number, bool yes, const char *actor,
                     struct nd_fail *why)
{
    for (size_t i = 0; i < run->confirmations.count; i++) {
        struct nd_confirmation *confirmation = run->confirmations.at[i];
        if (confirmation->number != number)
            continue;
        if (!confirmation->open)
            return nd_fail_set(why, ND_ESTATE, "confirmation %lld is not open any more",
                               (long long)number);
        answer(confirmation, yes, actor, false);
        return ND_OK;
    }
    return nd_fail_set(why, ND_EARG, "there is no confirmation %lld", (long long)number);
}

void nd_confirms_free(struct nd_run *run)
{
    for (size_t i = 0; i < run->confirmations.count; i++)
        free(run->confirmations.at[i]);
    nd_vec_free(&run->confirmations);
}
