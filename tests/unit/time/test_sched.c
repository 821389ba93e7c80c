#include "base/mem.h"
#include "base/units.h"
#include "time/sched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <uv.h>

#include <cmocka.h>

struct trace {
    struct nd_sched *sched;
    struct ND_VEC(int) fired;
    struct ND_VEC(nd_ns) at;
};

struct mark {
    struct trace *trace;
    int number;
};

static void fire(void *ctx)
{
    const struct mark *mark = ctx;
    nd_vec_push(&mark->trace->fired, mark->number);
    nd_vec_push(&mark->trace->at, nd_sched_now(mark->trace->sched));
    assert_true(nd_sched_now(mark->trace->sched) >= nd_sched_due(mark->trace->sched));
}

static void test_order(void **state)
{
    (void)state;
    struct trace trace = {.sched = nd_sched_new_virtual(ND_SEC(1000))};
    struct mark marks[6];
    for (int i = 0; i < 6; i++)
        marks[i] = (struct mark){&trace, i};
    nd_sched_at(trace.sched, ND_SEC(20), fire, &marks[0]);
    nd_sched_at(trace.sched, ND_SEC(10), fire, &marks[1]);
    nd_timer gone = nd_sched_at(trace.sched, ND_SEC(15), fire, &marks[2]);
    nd_sched_at(trace.sched, ND_SEC(10), fire, &marks[3]);
    nd_sched_at(trace.sched, -5, fire, &marks[4]);
    assert_true(nd_sched_cancel(trace.sched, gone));
    assert_false(nd_sched_cancel(trace.sched, gone));
    nd_sched_at(trace.sched, ND_SEC(15), fire, &marks[5]);
    assert_false(nd_sched_cancel(trace.sched, gone)); /* a spent id never names another timer */
    nd_sched_run(trace.sched);
    static const int want[] = {4, 1, 3, 5, 0};
    assert_int_equal(trace.fired.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(trace.fired.at[i], want[i]);
    assert_int_equal(trace.at.at[4], ND_SEC(20));
    assert_int_equal(nd_sched_to_wall(trace.sched, ND_SEC(20)), ND_SEC(1020));
    assert_int_equal(nd_sched_from_wall(trace.sched, ND_SEC(1020)), ND_SEC(20));
    nd_vec_free(&trace.fired);
    nd_vec_free(&trace.at);
    nd_sched_free(trace.sched);
}

/* Against a plain reference: a thousand timers, a third taken back, fire in sorted order. */
static void test_many(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct trace trace = {.sched = nd_sched_new_virtual(0)};
    static struct mark marks[COUNT];
    static nd_ns due[COUNT];
    static nd_timer ids[COUNT];
    struct nd_random random;
    nd_random_init(&random, 7);
    for (int i = 0; i < COUNT; i++) {
        marks[i] = (struct mark){&trace, i};
        due[i] = (nd_ns)(nd_random_next(&random) % 200);
        ids[i] = nd_sched_at(trace.sched, due[i], fire, &marks[i]);
    }
    for (int i = 0; i < COUNT; i += 3)
        assert_true(nd_sched_cancel(trace.sched, ids[i]));
    nd_sched_run(trace.sched);
    size_t next = 0;
    for (nd_ns t = 0; t < 200; t++) {
        for (int i = 0; i < COUNT; i++) {
            if (due[i] == t && i % 3 != 0)
                assert_int_equal(trace.fired.at[next++], i);
        }
    }
    assert_int_equal(next, trace.fired.count);
    nd_vec_free(&trace.fired);
    nd_vec_free(&trace.at);
    nd_sched_free(trace.sched);
}

struct chain {
    struct nd_sched *sched;
    int left;
};

static void again(void *ctx)
{
    struct chain *chain = ctx;
    if (--chain->left == 0)
        nd_sched_stop(chain->sched);
    else
        nd_sched_at(chain->sched, nd_sched_due(chain->sched) + ND_MS(1), again, chain);
}

/* Live: never early, and the grid does not drift (the last due moment is exact by construction, so
 * only earliness and the end are looked at; lateness belongs to the benchmarks). */
static void test_live(void **state)
{
    (void)state;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct nd_sched *sched = nd_sched_new_live(&loop, NULL);
    assert_non_null(sched);
    assert_ptr_equal(nd_sched_loop(sched), &loop);
    struct trace trace = {.sched = sched};
    struct mark marks[20];
    for (int i = 0; i < 20; i++) {
        marks[i] = (struct mark){&trace, i};
        nd_sched_at(sched, nd_sched_now(sched) + ND_MS(20 - i), fire, &marks[i]);
    }
    struct chain chain = {sched, 25};
    nd_sched_at(sched, nd_sched_now(sched) + ND_MS(1), again, &chain);
    nd_sched_run(sched);
    assert_int_equal(chain.left, 0);
    assert_int_equal(trace.fired.count, 20);
    nd_vec_free(&trace.fired);
    nd_vec_free(&trace.at);
    nd_sched_free(sched);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_random(void **state)
{
    (void)state;
    struct nd_random a;
    struct nd_random b;
    nd_random_init(&a, 42);
    nd_random_init(&b, 42);
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        double x = nd_random_unit(&a);
        assert_true(x >= 0 && x < 1);
        assert_true(x == nd_random_unit(&b));
        sum += x;
    }
    assert_true(sum > 4900 && sum < 5100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
