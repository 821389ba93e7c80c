#include "mobile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The simulated network on a virtual clock: two operators, Jia whose cells fail and Yi. */

#define SEC 1000000000LL

struct world {
    struct mobile m;
    int64_t now;
    int jia, yi, jia_cell, yi_cell;
    int told;
};

static void told(void *ctx, int handset)
{
    (void)handset;
    ((struct world *)ctx)->told++;
}

static void network(struct world *w, int network, const char *settings)
{
    char why[MOBILE_WHY_BYTES] = "";
    if (mobile_set_network(&w->m, network, settings, why) != 0)
        fail_msg("%s", why);
    mobile_changed(&w->m, w->now);
}

static void cell(struct world *w, int cell, const char *settings)
{
    char why[MOBILE_WHY_BYTES] = "";
    if (mobile_set_cell(&w->m, cell, settings, why) != 0)
        fail_msg("%s", why);
    mobile_changed(&w->m, w->now);
}

static void pass(struct world *w, int64_t seconds)
{
    w->now += seconds * SEC;
    mobile_advance(&w->m, w->now);
}

static int count(const struct world *w, enum ue_state state)
{
    int found = 0;
    for (int i = 0; i < w->m.handset_count; i++)
        found += w->m.handsets[i].state == state;
    return found;
}

static struct world *make(uint64_t seed, int handsets)
{
    struct world *w = calloc(1, sizeof *w);
    mobile_init(&w->m, seed);
    w->m.told = told;
    w->m.ctx = w;
    w->jia = mobile_network(&w->m, "jia", 1);
    w->yi = mobile_network(&w->m, "yi", 1);
    network(w, w->jia, "plmn=46692 wait=10-60");
    network(w, w->yi, "plmn=46697 return=20-80");
    w->jia_cell = mobile_cell(&w->m, "jia-1", 1);
    w->yi_cell = mobile_cell(&w->m, "yi-1", 1);
    cell(w, w->jia_cell, "network=jia");
    cell(w, w->yi_cell, "network=yi");
    for (int i = 0; i < handsets; i++) {
        char name[16];
        snprintf(name, sizeof name, "jia-%d", i);
        assert_int_equal(mobile_handset(&w->m, name, w->jia, 1, 0), i);
    }
    pass(w, 10);
    return w;
}

static void test_home_and_limited(void **state)
{
    (void)state;
    struct world *w = make(1, 20);
    assert_int_equal(count(w, UE_HOME), 20);
    assert_int_equal(mobile_stat(&w->m, 0), 1);
    assert_int_equal(w->told, 20);
    cell(w, w->jia_cell, "up=0");
    pass(w, 20);
    /* Yi refuses them with cause 15, and lets them call emergency centres. */
    assert_int_equal(count(w, UE_LIMITED), 20);
    assert_int_equal(w->m.counts.causes[15], 20);
    assert_int_equal(mobile_stat(&w->m, 0), 8);
    assert_true(mobile_emergency(&w->m, 0));
    network(w, w->yi, "emergency=0");
    pass(w, 10);
    assert_int_equal(mobile_stat(&w->m, 0), 3);
    assert_false(mobile_emergency(&w->m, 0));
    cell(w, w->yi_cell, "up=0");
    pass(w, 10);
    assert_int_equal(count(w, UE_SEARCHING), 20);
    cell(w, w->jia_cell, "up=1");
    pass(w, 10);
    assert_int_equal(count(w, UE_HOME), 20);
    free(w);
}

static void test_disaster_roaming(void **state)
{
    (void)state;
    struct world *w = make(2, 50);
    cell(w, w->jia_cell, "up=0");
    pass(w, 20);
    network(w, w->yi, "disaster=46692");
    cell(w, w->yi_cell, "sib15=46692 applicable=common");
    /* Nobody asks before the wait range begins, all have by its end. */
    int64_t before = w->m.counts.attempts;
    pass(w, 10);
    assert_int_equal(w->m.counts.attempts, before);
    assert_true(count(w, UE_WAITING) > 0);
    assert_int_equal(mobile_stat(&w->m, 0), 8);
    pass(w, 60);
    assert_int_equal(count(w, UE_DISASTER), 50);
    assert_int_equal(mobile_stat(&w->m, 0), 5);
    assert_string_equal(w->m.handsets[0].plmn, "46697");
    assert_int_equal(w->m.handsets[0].type, REG_DISASTER_MOBILITY);
    /* The home network is back, the condition is withdrawn: return over the return range. */
    cell(w, w->jia_cell, "up=1");
    pass(w, 30);
    assert_int_equal(count(w, UE_DISASTER), 50);
    cell(w, w->yi_cell, "sib15= applicable=none");
    assert_int_equal(count(w, UE_RETURNING), 50);
    pass(w, 19);
    assert_int_equal(count(w, UE_RETURNING), 50);
    pass(w, 31);
    int half = count(w, UE_HOME);
    assert_true(half > 10 && half < 45);
    pass(w, 35);
    assert_int_equal(count(w, UE_HOME), 50);
    free(w);
}

/* A handset that was never registered asks with type 7, one without Release 17 not at all. */
static void test_types(void **state)
{
    (void)state;
    struct world *w = make(3, 1);
    cell(w, w->jia_cell, "up=0");
    network(w, w->yi, "disaster=46692");
    cell(w, w->yi_cell, "applicable=46692");
    int fresh = mobile_handset(&w->m, "fresh", w->jia, 1, 0);
    int old = mobile_handset(&w->m, "old", w->jia, 0, 0);
    w->m.handsets[fresh].due = w->m.handsets[old].due = w->now;
    pass(w, 100);
    assert_int_equal(w->m.handsets[fresh].state, UE_DISASTER);
    assert_int_equal(w->m.handsets[fresh].type, REG_DISASTER_INITIAL);
    assert_int_equal(w->m.handsets[old].state, UE_LIMITED);
    free(w);
}

static void test_causes(void **state)
{
    (void)state;
    static const struct {
        const char *network, *cell;
        int cause;
    } list[] = {{"cause=11", "", 11},
                {"cause=13", "", 13},
                {"cause=15", "", 15},
                {"cause=22", "", 22},
                /* broadcast, but the core does not take them */
                {"cause=15 disaster=", "applicable=related", 80},
                {"disaster=46692", "applicable=related roaming=0", 13}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct world *w = make(4 + i, 5);
        network(w, w->yi, list[i].network);
        cell(w, w->yi_cell, list[i].cell);
        cell(w, w->jia_cell, "up=0");
        pass(w, 120);
        assert_true(w->m.counts.causes[list[i].cause] >= 5);
        assert_int_equal(w->m.handsets[0].cause, list[i].cause);
        assert_int_equal(count(w, list[i].cause == 22 ? UE_BACKOFF : UE_LIMITED), 5);
        assert_int_equal(count(w, UE_DISASTER), 0);
        free(w);
    }
}

/* Cause 11 stays on the SIM, 13 and 15 until the list is dropped or the user selects by hand. */
static void test_memory(void **state)
{
    (void)state;
    struct world *w = make(11, 4);
    cell(w, w->jia_cell, "up=0");
    pass(w, 30);
    network(w, w->yi, "guests=46692");
    pass(w, 60);
    assert_int_equal(count(w, UE_NATIONAL), 0);
    mobile_select(&w->m, 0, "46697", w->now);
    mobile_switch(&w->m, 1, 0, w->now);
    pass(w, 1);
    assert_int_equal(mobile_stat(&w->m, 1), 0);
    mobile_switch(&w->m, 1, 1, w->now);
    pass(w, 10);
    assert_int_equal(w->m.handsets[0].state, UE_NATIONAL);
    assert_int_equal(w->m.handsets[1].state, UE_NATIONAL);
    assert_int_equal(count(w, UE_NATIONAL), 2);
    pass(w, 12 * 3600);
    assert_int_equal(count(w, UE_NATIONAL), 4);
    free(w);
    w = make(12, 2);
    network(w, w->yi, "cause=11");
    cell(w, w->jia_cell, "up=0");
    pass(w, 30);
    network(w, w->yi, "guests=46692");
    mobile_switch(&w->m, 0, 0, w->now);
    mobile_switch(&w->m, 0, 1, w->now);
    pass(w, 24 * 3600);
    assert_int_equal(count(w, UE_NATIONAL), 0);
    mobile_select(&w->m, 0, "46697", w->now);
    pass(w, 10);
    assert_int_equal(count(w, UE_NATIONAL), 1);
    free(w);
}

/* National roamers look for home every `search`, and go back by themselves. */
static void test_national(void **state)
{
    (void)state;
    struct world *w = make(13, 10);
    network(w, w->jia, "search=60");
    network(w, w->yi, "guests=46692");
    cell(w, w->jia_cell, "up=0");
    pass(w, 20);
    assert_int_equal(count(w, UE_NATIONAL), 10);
    cell(w, w->jia_cell, "up=1");
    pass(w, 70);
    assert_int_equal(count(w, UE_HOME), 10);
    free(w);
}

/* The Korean way: the other operator's cells broadcast the victim's PLMN. */
static void test_plmn_broadcast(void **state)
{
    (void)state;
    struct world *w = make(14, 10);
    cell(w, w->jia_cell, "up=0");
    pass(w, 20);
    cell(w, w->yi_cell, "plmns=46692");
    pass(w, 2);
    cell(w, w->yi_cell, "plmns=46692"); /* said again, it does no harm */
    pass(w, 10); /* though Yi's own PLMN is still forbidden to them after cause 15 */
    assert_int_equal(count(w, UE_HOME), 10);
    assert_int_equal(w->m.handsets[0].cell, w->yi_cell);
    free(w);
}

/* The home core is dead: roaming fails whatever the others open, emergency calls remain. */
static void test_dead_core(void **state)
{
    (void)state;
    struct world *w = make(15, 10);
    network(w, w->yi, "disaster=46692 guests=46692");
    cell(w, w->yi_cell, "applicable=related");
    network(w, w->jia, "core=0");
    pass(w, 300);
    assert_int_equal(count(w, UE_HOME) + count(w, UE_NATIONAL) + count(w, UE_DISASTER), 0);
    for (int i = 0; i < 10; i++)
        assert_true(mobile_emergency(&w->m, i));
    free(w);
}

static void test_barring(void **state)
{
    (void)state;
    struct world *open = make(16, 200);
    struct world *barred = make(16, 200);
    struct world *both[] = {open, barred};
    cell(barred, barred->yi_cell, "ai3=5 ai3_time=64");
    for (int i = 0; i < 2; i++) {
        network(both[i], both[i]->jia, "wait=0-1");
        network(both[i], both[i]->yi, "disaster=46692");
        cell(both[i], both[i]->yi_cell, "applicable=related");
        cell(both[i], both[i]->jia_cell, "up=0");
        pass(both[i], 60);
    }
    assert_int_equal(count(open, UE_DISASTER), 200);
    assert_true(count(barred, UE_DISASTER) < 40);
    assert_true(barred->m.counts.barred >= 160);
    pass(barred, 4000);
    assert_true(count(barred, UE_DISASTER) > 180);
    free(open);
    free(barred);
}

/* A storm: without a wait range the host's core is asked by all at once, and refuses with 22. */
static void test_storm(void **state)
{
    (void)state;
    struct world *w = make(17, 200);
    network(w, w->jia, "wait=0-0");
    network(w, w->yi, "disaster=46692 capacity=10 backoff=60-120");
    cell(w, w->yi_cell, "applicable=related");
    cell(w, w->jia_cell, "up=0");
    pass(w, 20);
    int64_t peak = w->m.counts.peak;
    assert_true(peak > 20);
    assert_true(w->m.counts.causes[22] > 50);
    assert_true(count(w, UE_BACKOFF) > 50);
    free(w);
    w = make(17, 200);
    network(w, w->jia, "wait=0-300");
    network(w, w->yi, "disaster=46692 capacity=10 backoff=60-120");
    cell(w, w->yi_cell, "applicable=related");
    /* what Yi refuses them as guests is no part of it */
    cell(w, w->jia_cell, "up=0");
    pass(w, 20);
    int64_t rejected = w->m.counts.causes[22];
    pass(w, 320);
    assert_true(w->m.counts.causes[22] - rejected < 10);
    assert_true(count(w, UE_DISASTER) > 100);
    free(w);
}

static void test_same_course(void **state)
{
    (void)state;
    struct world *one = make(18, 100);
    struct world *two = make(18, 100);
    struct world *other = make(19, 100);
    struct world *all[] = {one, two, other};
    for (int i = 0; i < 3; i++) {
        network(all[i], all[i]->yi, "disaster=46692");
        cell(all[i], all[i]->yi_cell, "applicable=related");
        cell(all[i], all[i]->jia_cell, "up=0");
        pass(all[i], 35);
    }
    assert_memory_equal(one->m.handsets, two->m.handsets, sizeof one->m.handsets);
    assert_memory_not_equal(one->m.handsets, other->m.handsets, sizeof one->m.handsets);
    for (int i = 0; i < 3; i++)
        free(all[i]);
}

static void test_settings(void **state)
{
    (void)state;
    struct world *w = make(20, 0);
    char why[MOBILE_WHY_BYTES] = "";
    char text[MOBILE_TEXT];
    char again[MOBILE_TEXT];
    static const char *const bad[] = {"core=2",     "plmn=466",       "wait=60-10", "capacity=-1",
                                      "nonsense=1", "guests=46692,x", "core",       "cause=80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(mobile_set_network(&w->m, w->yi, bad[i], why), -1);
        assert_non_null(strstr(why, "network 'yi'"));
    }
    static const char *const bad_cells[] = {"network=bing", "ai3=7",          "ai3_time=5",
                                            "applicable=",  "applicable=all", "up="};
    for (size_t i = 0; i < sizeof bad_cells / sizeof bad_cells[0]; i++)
        assert_int_equal(mobile_set_cell(&w->m, w->yi_cell, bad_cells[i], why), -1);
    network(w, w->yi, "guests=46692,46601 disaster=46692 capacity=50 backoff=60-90");
    cell(w, w->yi_cell, "plmns=46692 applicable=46692,46601 ai3=20 ai3_time=8 up=0");
    mobile_get_network(&w->m, w->yi, text);
    network(w, w->yi, "guests= core=0");
    network(w, w->yi, text);
    mobile_get_network(&w->m, w->yi, again);
    assert_string_equal(text, again);
    mobile_get_cell(&w->m, w->yi_cell, text);
    cell(w, w->yi_cell, "applicable=none up=1 plmns=");
    cell(w, w->yi_cell, text);
    mobile_get_cell(&w->m, w->yi_cell, again);
    assert_string_equal(text, again);
    assert_int_equal(mobile_network(&w->m, "no such thing", 1), -1);
    free(w);
}

/* What a tty says in each state. */
static void expect_said(struct at_side *side, const char *command, int64_t now, const char *said)
{
    char out[512];
    char late[512];
    at_side_command(side, command, now, out, late, sizeof out);
    if (strstr(out, said) == NULL && strstr(late, said) == NULL)
        fail_msg("'%s' was answered '%s' '%s', expected '%s'", command, out, late, said);
}

static void test_at(void **state)
{
    (void)state;
    struct world *w = make(21, 1);
    struct at_side side = {.mobile = &w->m, .call = -1};
    char out[256];
    expect_said(&side, "AT+C5GREG?", w->now, "+C5GREG: 0,1\r\n");
    at_side_event(&side, out, sizeof out);
    assert_string_equal(out, "");
    expect_said(&side, "AT+C5GREG=3", w->now, "OK");
    expect_said(&side, "AT+C5GREG?", w->now, "+C5GREG: 3,1,\"000100\",\"000001000\",11\r\n");
    expect_said(&side, "AT+COPS?", w->now, "+COPS: 0,2,\"46692\",11");
    expect_said(&side, "AT+COPS=?", w->now, "(2,\"jia\",,\"46692\",11),(1,\"yi\",,\"46697\",11)");
    expect_said(&side, "AT+CGATT?", w->now, "+CGATT: 1");
    expect_said(&side, "ATD0912345678;", w->now, "OK");
    expect_said(&side, "AT+CLCC", w->now, "+CLCC: 1,0,0");
    expect_said(&side, "ATH", w->now, "OK");
    cell(w, w->jia_cell, "up=0");
    pass(w, 20);
    expect_said(&side, "AT+C5GREG?", w->now, "+C5GREG: 3,8,,,,,,0,15\r\n");
    at_side_event(&side, out, sizeof out);
    assert_string_equal(out, "\r\n+C5GREG: 8,,,,,,0,15\r\n");
    expect_said(&side, "AT+COPS?", w->now, "+COPS: 0\r\n");
    expect_said(&side, "ATD0912345678;", w->now, "NO CARRIER");
    expect_said(&side, "ATD112;", w->now, "OK");
    expect_said(&side, "AT+CMGS=\"0912345678\"", w->now, "> ");
    expect_said(&side, "text", w->now, "+CMS ERROR: 331");
    expect_said(&side, "AT+CGPADDR", w->now, "+CGPADDR: 1\r\n");
    expect_said(&side, "nonsense", w->now, "ERROR");
    expect_said(&side, "AT+CFUN=0", w->now, "OK");
    expect_said(&side, "AT+C5GREG?", w->now, "+C5GREG: 3,0");
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_home_and_limited),
        cmocka_unit_test(test_disaster_roaming),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_causes),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_national),
        cmocka_unit_test(test_plmn_broadcast),
        cmocka_unit_test(test_dead_core),
        cmocka_unit_test(test_barring),
        cmocka_unit_test(test_storm),
        cmocka_unit_test(test_same_course),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
