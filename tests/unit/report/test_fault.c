#include "record/journal.h"
#include "record/samples.h"
#include "report/report.h"
#include "report/words/words.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Faults as a life cycle, of a run whose every moment is known: it is written here, line by line
 * and sample by sample, on a clock of its own. */

#define T0 ND_SEC(1)

static nd_ns moment;

static nd_ns now(void *ctx)
{
    (void)ctx;
    return moment;
}

static int64_t to_wall(void *ctx, nd_ns at)
{
    (void)ctx;
    return at;
}

struct written {
    struct nd_rundir dir;
    struct nd_journal *journal;
    struct nd_samples *samples;
    char *runs;
};

/* at: of the drill. data: JSON, NULL: none. */
static void event(struct written *run, nd_ns at, const char *type, const char *subject,
                  const char *data)
{
    char *full = nd_printf("netdrill.%s", type);
    json_t *json = data != NULL ? json_loads(data, 0, NULL) : NULL;
    assert_true(data == NULL || json != NULL);
    moment = T0 + at;
    assert_true(nd_journal_append(run->journal, 0, full, subject, "core", moment, json, NULL) > 0);
    free(full);
}

static void begin(struct written *run, const char *plan)
{
    struct nd_journal_clock clock = {now, to_wall, NULL};
    run->runs = nd_strdup("/tmp/netdrill-fault-XXXXXX");
    assert_non_null(mkdtemp(run->runs));
    assert_int_equal(nd_rundir_create(&run->dir, run->runs, "known", 0, NULL), ND_OK);
    char *path = nd_rundir_file(&run->dir, "journal.jsonl");
    run->journal = nd_journal_create(path, run->dir.run_id, clock, NULL);
    free(path);
    path = nd_rundir_file(&run->dir, "samples.sqlite");
    run->samples = nd_samples_create(path, NULL);
    free(path);
    path = nd_rundir_file(&run->dir, "plan.json");
    assert_int_equal(nd_file_write(path, plan, strlen(plan), NULL), ND_OK);
    free(path);
    event(run, -T0, "journal.opened", NULL, "{\"drill\": {\"id\": \"known\"}}");
    event(run, 0, "run.started", NULL, "{\"t0_ns\": 1000000000}");
}

struct lost {
    nd_ns from, till; /* due in [from, till) */
};

static void series(struct written *run, int64_t id, nd_ns every, nd_ns lasts,
                   const struct lost *lost)
{
    struct nd_series_info info = {.id = id,
                                  .name = "probe web",
                                  .label = "page",
                                  .plugin = "pretend",
                                  .verb = "probe",
                                  .reading = "rtt",
                                  .unit = "ns",
                                  .every = every,
                                  .deadline = ND_MS(50),
                                  .opened = T0,
                                  .options = "{}"};
    nd_samples_add_series(run->samples, &info);
    for (nd_ns due = 0; due <= lasts; due += every) {
        const struct lost *in = lost;
        while (in->till != 0 && !(due >= in->from && due < in->till))
            in++;
        bool answered = in->till == 0;
        struct nd_sample sample = {.series = id,
                                   .slot = due / every,
                                   .due = T0 + due,
                                   .sent = T0 + due,
                                   .outcome = answered ? ND_OUTCOME_ANSWERED : ND_ETIME,
                                   .value = answered ? 1e6 : NAN};
        nd_samples_add(run->samples, &sample);
    }
}

static void change(struct written *run, const char *id, const char *step, nd_ns began, nd_ns ended)
{
    char *recorded =
        nd_printf("{\"plugin\": \"links\", \"verb\": \"down\", \"step\": \"%s\"}", step);
    char *applied = nd_printf("{\"began_ns\": %lld, \"ended_ns\": %lld}", (long long)(T0 + began),
                              (long long)(T0 + ended));
    event(run, began, "change.recorded", id, recorded);
    event(run, ended, "change.applied", id, applied);
    event(run, ended, "change.proved", id, NULL);
    free(recorded);
    free(applied);
}

static json_t *end(struct written *run, nd_ns lasts)
{
    struct nd_fail why = {0};
    event(run, lasts, "run.ended", NULL, "{\"reason\": \"endex\"}");
    event(run, lasts, "run.closed", NULL, "{\"outcome\": \"ok\"}");
    nd_journal_close(run->journal);
    nd_samples_close(run->samples, NULL);
    json_t *model = nd_report_model(&run->dir, &why);
    if (model == NULL)
        fail_msg("%s", why.text);
    char *remove = nd_printf("rm -rf '%s'", run->runs);
    int status = system(remove); /* NOLINT(cert-env33-c): a test's own directory */
    assert_int_equal(status, 0);
    free(remove);
    free(run->runs);
    nd_rundir_deinit(&run->dir);
    return model;
}

/* ---- what is asserted ---- */

static const json_t *fault_at(const json_t *model, size_t index)
{
    return json_array_get(json_object_get(model, "faults"), index);
}

static const json_t *moment_of(const json_t *fault, const char *name)
{
    const json_t *found = nd_entry_of(json_object_get(fault, "moments"), "moment", name);
    assert_non_null(found);
    return found;
}

static void assert_ms(const json_t *object, const char *key, int64_t ms)
{
    const json_t *value = json_object_get(object, key);
    if (ms < 0)
        assert_true(json_is_null(value));
    else
        assert_int_equal(json_integer_value(value), ms * 1000000);
}

/* The five lengths of a fault in ms, -1: not known. */
static void assert_cycle(const json_t *fault, const char *kind, int64_t onset,
                         const int64_t (*lengths)[5])
{
    static const char *const keys[] = {"ttd_ns", "tta_ns", "ttm_ns", "ttr_ns", "reverted_ns"};
    assert_string_equal(nd_str_of(fault, "class"), kind);
    assert_ms(fault, "onset_rel_ns", onset);
    for (size_t i = 0; i < 5; i++)
        assert_ms(fault, keys[i], (*lengths)[i]);
}

static void assert_moment(const json_t *fault, const char *name, const char *how, const char *by,
                          int64_t off_ms)
{
    const json_t *one = moment_of(fault, name);
    assert_string_equal(nd_str_of(one, "how"), how);
    assert_string_equal(nd_str_of(one, "by"), by);
    if (strcmp(name, "onset") != 0)
        assert_ms(one, "uncertainty_ns", off_ms);
}

static void assert_why(const json_t *fault, const char *name, const char *why)
{
    const json_t *one = moment_of(fault, name);
    assert_string_equal(nd_str_of(one, "why"), why);
    assert_true(json_is_null(json_object_get(one, "at_rel_ns")));
}

static const char plan_text[] =
    "{\"steady_ns\": 5000000000, \"phases\": [{\"steps\": ["
    "{\"id\": \"cut\", \"users\": 12000}, {\"id\": \"handle\", \"about\": \"cut\"}],"
    "\"injects\": [{\"id\": \"news\", \"about\": \"cut\"}]}]}";

#define STARTED "{\"title\": {\"en\": \"S\"}}"

/* Cut at 10 s, answered again at 13 s over another way, once more cut off 15 to 15.2 s, put back at
 * 30 s; another service fails at 20 s meanwhile, and one by itself at 40 s. */
static json_t *known_run(void)
{
    struct written run;
    begin(&run, plan_text);
    event(&run, ND_SEC(9), "step.started", "cut", STARTED);
    change(&run, "1", "cut", ND_SEC(10), ND_MS(10020));
    event(&run, ND_MS(10120), "guard.breached", "g1", "{\"title\": {\"en\": \"Loss\"}}");
    event(&run, ND_SEC(11), "step.started", "handle", STARTED);
    event(&run, ND_MS(11500), "inject.acknowledged", "other", "{\"by\": \"lin\"}");
    event(&run, ND_SEC(12), "confirm.asked", "1", "{\"step\": \"handle\", \"by\": \"noc\"}");
    event(&run, ND_SEC(14), "inject.acknowledged", "news", "{\"by\": \"noc\"}");
    event(&run, ND_SEC(16), "confirm.answered", "1",
          "{\"answer\": \"yes\", \"by\": \"noc\", \"after_ns\": 4000000000, \"scripted\": false}");
    event(&run, ND_SEC(30), "change.undone", "1", NULL);
    event(&run, ND_MS(30050), "change.verified", "1", NULL);
    series(&run, 1, ND_MS(100), ND_SEC(60),
           (const struct lost[]){{ND_MS(10100), ND_SEC(13)},
                                 {ND_SEC(15), ND_MS(15200)},
                                 {ND_SEC(40), ND_MS(40500)},
                                 {0, 0}});
    series(&run, 2, ND_SEC(1), ND_SEC(60), (const struct lost[]){{ND_SEC(20), ND_SEC(22)}, {0, 0}});
    return end(&run, ND_SEC(60));
}

static void test_life_cycle(void **state)
{
    (void)state;
    json_t *model = known_run();
    assert_int_equal(json_array_size(json_object_get(model, "faults")), 3);
    assert_null(json_object_get(model, "signals"));
    const json_t *cut = fault_at(model, 0);
    assert_cycle(cut, "injected", 10000, &(const int64_t[5]){120, 4000, 3000, 5200, 20050});
    assert_string_equal(nd_str_of(cut, "step"), "cut");
    assert_int_equal(nd_int_of(cut, "users"), 12000);
    assert_moment(cut, "onset", "proved", "tool", 0);
    assert_int_equal(nd_int_of(moment_of(cut, "onset"), "later_ns"), ND_MS(20));
    assert_moment(cut, "detected", "guard", "tool", 20);
    assert_moment(cut, "acknowledged", "acknowledged", "person",
                  20); /* not lin's: another inject */
    assert_string_equal(nd_str_of(moment_of(cut, "acknowledged"), "who"), "noc");
    assert_moment(cut, "mitigated", "probe", "tool", 120);
    assert_moment(cut, "restored", "probe", "tool", 120);
    assert_true(json_is_true(json_object_get(moment_of(cut, "restored"), "steady")));
    assert_int_equal(nd_int_of(moment_of(cut, "restored"), "watched_ns"), ND_MS(24800));
    assert_moment(cut, "reverted", "read_back", "tool", 70);
    /* Line 6 has the change read back, line 14 as before. */
    assert_int_equal(
        json_integer_value(json_array_get(json_object_get(moment_of(cut, "onset"), "evidence"), 1)),
        6);
    assert_int_equal(json_integer_value(json_array_get(
                         json_object_get(moment_of(cut, "reverted"), "evidence"), 0)),
                     14);
    assert_int_equal(json_array_size(json_object_get(cut, "told_by")), 3); /* guard, news, yes */
    const json_t *service = json_array_get(json_object_get(cut, "services"), 0);
    assert_int_equal(nd_int_of(service, "interruptions"), 2);
    assert_int_equal(nd_int_of(service, "longest_ns"), ND_MS(2900));

    const json_t *later = fault_at(model, 1);
    assert_cycle(later, "consequence", 20000, &(const int64_t[5]){50, -1, 2000, 2000, 10050});
    assert_string_equal(nd_str_of(later, "step"), "cut");
    assert_int_equal(nd_int_of(moment_of(later, "onset"), "earlier_ns"), ND_SEC(1));
    assert_moment(later, "detected", "probe", "tool", 1000);
    assert_moment(later, "restored", "probe", "tool", 1000);

    const json_t *own = fault_at(model, 2);
    assert_cycle(own, "unexpected", 40000, &(const int64_t[5]){50, -1, -1, 500, -1});
    assert_why(own, "acknowledged", "nothing_asked");
    assert_why(own, "mitigated", "no_change");
    assert_why(own, "reverted", "no_change");
    json_decref(model);
}

static void test_lengths(void **state)
{
    (void)state;
    json_t *model = known_run();
    const json_t *series_json = json_array_get(json_object_get(model, "series"), 0);
    const json_t *lengths = json_object_get(series_json, "lengths");
    const json_t *all = json_object_get(lengths, "all");
    const json_t *injected = json_object_get(lengths, "injected");
    assert_int_equal(nd_int_of(all, "count"), 3);
    assert_ms(all, "p50_ns", 500);
    assert_ms(all, "p95_ns", 2900);
    assert_ms(all, "longest_ns", 2900);
    assert_ms(all, "sum_ns", 3600);
    assert_int_equal(nd_int_of(injected, "count"), 2);
    assert_ms(injected, "p50_ns", 200);
    const json_t *bins = json_object_get(lengths, "bins");
    assert_int_equal(json_array_size(bins), 3);
    const json_t *middle = json_array_get(bins, 1); /* 500 ms: nobody's doing */
    json_int_t low = json_integer_value(json_array_get(middle, 0));
    assert_true(low <= 500000000 && (double)low * pow(10, 0.05) > 5e8);
    assert_int_equal(json_integer_value(json_array_get(middle, 1)), 0);
    assert_int_equal(json_integer_value(json_array_get(middle, 2)), 1);
    json_decref(model);
}

/* A change that takes effect on a service that had been failing is no fault of it; one whose
 * service is still off at the end is neither mitigated nor restored; one that nobody could measure
 * is told as well, when the scenario calls it a fault; and nothing that is not known is told. */
static void test_not_known(void **state)
{
    (void)state;
    struct written run;
    begin(&run, "{\"phases\": [{\"steps\": [{\"id\": \"quiet\", \"users\": 5}, {\"id\": \"h\", "
                "\"about\": \"quiet\"}, {\"id\": \"idle\", \"users\": 7}], \"injects\": []}]}");
    event(&run, 0, "step.started", "tune", STARTED);
    change(&run, "1", "tune", ND_MS(6950), ND_MS(6980));
    event(&run, ND_SEC(30), "step.started", "quiet", STARTED);
    change(&run, "2", "quiet", ND_SEC(30), ND_SEC(30));
    event(&run, ND_SEC(31), "confirm.asked", "1", "{\"step\": \"h\", \"by\": \"noc\"}");
    event(&run, ND_SEC(35), "step.started", "idle", STARTED);
    event(&run, ND_SEC(40), "step.started", "off", STARTED);
    change(&run, "3", "off", ND_MS(40050), ND_MS(40060));
    series(&run, 1, ND_MS(100), ND_SEC(20),
           (const struct lost[]){{ND_SEC(5), ND_MS(5100)},
                                 {ND_MS(5500), ND_MS(5600)},
                                 {ND_SEC(6), ND_MS(6100)},
                                 {ND_SEC(7), ND_MS(7100)},
                                 {0, 0}});
    series(&run, 2, ND_MS(100), ND_SEC(50),
           (const struct lost[]){{ND_MS(40100), ND_SEC(60)}, {0, 0}});
    json_t *model = end(&run, ND_SEC(50));
    assert_int_equal(json_array_size(json_object_get(model, "faults")), 4);

    assert_cycle(fault_at(model, 0), "unexpected", 5000, &(const int64_t[5]){50, -1, -1, 2100, -1});
    const json_t *quiet = fault_at(model, 1);
    assert_cycle(quiet, "injected", 30000, &(const int64_t[5]){-1, -1, -1, -1, -1});
    assert_why(quiet, "detected", "nothing_told");
    assert_why(quiet, "acknowledged", "nobody");
    assert_why(quiet, "mitigated", "not_measured");
    assert_why(quiet, "restored", "not_measured");
    assert_why(quiet, "reverted", "not_read_back");
    const json_t *idle = fault_at(model, 2);
    assert_int_equal(nd_int_of(idle, "users"), 7);
    assert_cycle(idle, "injected", -1, &(const int64_t[5]){-1, -1, -1, -1, -1});
    assert_why(idle, "onset", "nothing_made");
    assert_why(idle, "reverted", "nothing_made");
    const json_t *off = fault_at(model, 3);
    assert_cycle(off, "injected", 40050, &(const int64_t[5]){100, -1, -1, -1, -1});
    assert_why(off, "acknowledged", "nothing_asked");
    assert_why(off, "mitigated", "not_answered");
    assert_why(off, "restored", "not_answered");
    assert_int_equal(nd_int_of(moment_of(off, "restored"), "series"), 2);
    json_decref(model);
}

/* A probe that was under way as the change began; a lossy service that is cut off for good; and a
 * fault that people make. */
static void test_edges(void **state)
{
    (void)state;
    struct written run;
    begin(&run, "{\"steady_ns\": 5000000000, \"phases\": [{\"steps\": [{\"id\": \"theirs\", "
                "\"users\": 9}], \"injects\": []}]}");
    event(&run, 0, "step.started", "cut", STARTED);
    change(&run, "1", "cut", ND_MS(10000) + 500000, ND_MS(10000) + 600000);
    event(&run, ND_SEC(19), "step.started", "lossy", STARTED);
    change(&run, "2", "lossy", ND_MS(19950), ND_MS(19980));
    event(&run, ND_SEC(39), "step.started", "theirs", STARTED);
    event(&run, ND_SEC(39), "confirm.asked", "1", "{\"step\": \"theirs\", \"by\": \"noc\"}");
    event(&run, ND_MS(40500), "confirm.answered", "1",
          "{\"answer\": \"yes\", \"by\": \"noc\", \"after_ns\": 1500000000, \"scripted\": false}");
    event(&run, ND_SEC(35), "change.undone", "1", NULL);
    event(&run, ND_SEC(35), "change.verified", "1", NULL);
    event(&run, ND_SEC(35), "change.undone", "2", NULL);
    event(&run, ND_SEC(35), "change.verified", "2", NULL);
    series(&run, 1, ND_MS(100), ND_SEC(60),
           (const struct lost[]){{ND_SEC(10), ND_MS(10500)}, {0, 0}});
    series(&run, 2, ND_MS(100), ND_SEC(60),
           (const struct lost[]){{ND_SEC(16), ND_MS(16100)},
                                 {ND_SEC(17), ND_MS(17100)},
                                 {ND_SEC(18), ND_MS(18100)},
                                 {ND_SEC(20), ND_SEC(30)},
                                 {0, 0}});
    series(&run, 3, ND_MS(100), ND_SEC(60),
           (const struct lost[]){{ND_SEC(40), ND_SEC(42)}, {0, 0}});
    series(&run, 4, ND_SEC(1), ND_SEC(60), (const struct lost[]){{0, ND_SEC(3)}, {0, 0}});
    json_t *model = end(&run, ND_SEC(60));
    const json_t *list = json_object_get(model, "faults");
    assert_int_equal(json_array_size(list), 5);
    assert_cycle(fault_at(model, 0), "unexpected", 0, &(const int64_t[5]){50, -1, -1, 3000, -1});
    assert_true(
        json_is_null(json_object_get(moment_of(fault_at(model, 0), "onset"), "earlier_ns")));
    const json_t *cut = nd_entry_of(list, "step", "cut"); /* cut off until 10.5 s */
    assert_string_equal(nd_str_of(cut, "class"), "injected");
    assert_int_equal(nd_int_of(cut, "ttr_ns"), ND_MS(500) - 500000);
    assert_string_equal(nd_str_of(fault_at(model, 2), "class"), "consequence"); /* 16 to 18.1 s */
    const json_t *lossy = nd_entry_of(list, "step", "lossy");
    assert_cycle(lossy, "injected", 19950, &(const int64_t[5]){100, -1, 10050, 10050, 15050});
    const json_t *theirs = nd_entry_of(list, "step", "theirs");
    assert_cycle(theirs, "injected", 39000, &(const int64_t[5]){1050, -1, -1, 3000, -1});
    assert_moment(theirs, "onset", "confirmed", "person", 0);
    assert_int_equal(nd_int_of(moment_of(theirs, "onset"), "later_ns"), ND_MS(1500));
    assert_why(theirs, "reverted", "no_change");
    json_decref(model);
}

/* Back only when the change was put back: restored, not mitigated; a person's duty acknowledges;
 * and of thousands by themselves the longest are kept. */
static void test_many(void **state)
{
    (void)state;
    struct written run;
    static struct lost lost[203];
    begin(&run, "{\"steady_ns\": 1000000000, \"phases\": []}");
    event(&run, 0, "step.started", "cut", STARTED);
    change(&run, "1", "cut", ND_MS(950), ND_MS(960));
    event(&run, ND_SEC(1), "event.occurred", "law.outage", "{\"step\": \"cut\", \"case\": \"\"}");
    event(&run, ND_SEC(1), "obligation.opened", "law.report",
          "{\"duty\": \"report\", \"after\": \"outage\", \"case\": \"\"}");
    event(&run, ND_SEC(2), "obligation.met", "law.report",
          "{\"by\": \"noc\", \"how\": \"person\", \"took_ns\": 1000000000}");
    event(&run, ND_SEC(3), "change.undone", "1", NULL);
    event(&run, ND_SEC(3), "change.verified", "1", NULL);
    lost[0] = (struct lost){ND_SEC(1), ND_MS(3100)};
    for (int i = 1; i < 202; i++)
        lost[i] = (struct lost){ND_SEC(10 * i), ND_SEC(10 * i) + ND_MS(100 * i)};
    series(&run, 1, ND_MS(100), ND_SEC(2100), lost);
    json_t *model = end(&run, ND_SEC(2100));
    const json_t *cut = fault_at(model, 0);
    assert_cycle(cut, "injected", 950, &(const int64_t[5]){100, 1050, -1, 2150, 2050});
    assert_moment(cut, "acknowledged", "reported", "person", 10);
    assert_why(cut, "mitigated", "not_in_force");
    /* From 9 s length on there is less than the steady time between them: they run together. */
    size_t kept = json_array_size(json_object_get(model, "faults"));
    size_t left = (size_t)nd_int_of(json_object_get(model, "fault_rule"), "left");
    assert_int_equal(kept, 1 + 50);
    assert_int_equal(kept + left, 1 + 91);
    const json_t *shortest = fault_at(model, 1);
    assert_ms(shortest, "ttr_ns", 4200);
    json_decref(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_life_cycle),
                                       cmocka_unit_test(test_lengths),
                                       cmocka_unit_test(test_not_known),
                                       cmocka_unit_test(test_edges), cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
