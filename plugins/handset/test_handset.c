#include "base/units.h"
#include "test_modems.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* Where handsets stand, and what becomes of modems that hang, echo, or answer garbage. */

static const struct reply home[] = {
    {"AT+C5GREG=3", "\r\nERROR\r\n"},
    {"AT+C5GREG?", "\r\nERROR\r\n"},
    {"AT+CREG?", "\r\n+CREG: 3,1,\"1F4A\",\"0012\",7\r\n\r\nOK\r\n"},
    {"AT+CEREG?", "\r\n+CEREG: 3,1,\"1F4A\",\"0012\",7\r\n\r\nOK\r\n"},
    {"AT+COPS?", "\r\n+COPS: 0,2,\"46692\",7\r\n\r\nOK\r\n"},
    {NULL, NULL}};
static const struct reply roaming[] = {
    {"AT+C5GREG?", "\r\n+C5GREG: 3,5,\"1F\",\"12\",11\r\n\r\nOK\r\n"},
    {"AT+COPS?", "\r\n+COPS: 0,2,\"46697\",11\r\n\r\nOK\r\n"},
    {NULL, NULL}};
static const struct reply denied[] = {{"AT+C5GREG?", "\r\n+C5GREG: 3,3,,,,,,0,80\r\n\r\nOK\r\n"},
                                      {"AT+CEREG?", "\r\n+CEREG: 3,0\r\n\r\nOK\r\n"},
                                      {"AT+COPS?", "\r\n+COPS: 0\r\n\r\nOK\r\n"},
                                      {NULL, NULL}};

static void test_registration(void **state)
{
    struct fixture *f = *state;
    f->modems[0].replies = home;
    struct nd_op *op = nd_fake_op(f->fake, "registration", "target", "phone", "expect", "home",
                                  "on", "46692", NULL);
    assert_int_equal(modems_run(op), ND_OK);
    assert_true(nd_fake_value(op, "share") == 1);
    assert_true(nd_fake_value(op, "home") == 1);
    /* on another network than the one that counts */
    op = nd_fake_op(f->fake, "registration", "target", "phone", "on", "46697", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "0 of 1 handsets are registered on 46697"));
}

static void test_fleet(void **state)
{
    struct fixture *f = *state;
    f->modems[0].replies = home;
    f->modems[1].replies = roaming;
    f->modems[2].replies = denied;
    struct nd_op *op = nd_fake_op(f->fake, "registration", "target", "fleet", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "2 of 3 handsets are registered, expected 100%: 1 home, 1 "
                                    "roaming, 1 denied (cause 80: disaster roaming not allowed)"));
    assert_true(nd_fake_value(op, "roaming") == 1);
    assert_true(nd_fake_value(op, "denied") == 1);
    assert_true(nd_fake_value(op, "cause") == 80);
    op = nd_fake_op(f->fake, "registration", "target", "fleet", "share", "60%", NULL);
    assert_int_equal(modems_run(op), ND_OK);
    op = nd_fake_op(f->fake, "registration", "target", "fleet", "expect", "roaming", "on", "46697",
                    "share", "30%", NULL);
    assert_int_equal(modems_run(op), ND_OK);
}

static void test_hangs(void **state)
{
    struct fixture *f = *state;
    static const struct reply hung[] = {{"ATE0", ""}, {"AT+CMEE?", ""}, {NULL, NULL}};
    f->modems[0].replies = home;
    f->modems[1].replies = home;
    f->modems[2].replies = hung;
    struct nd_op *op =
        nd_fake_op(f->fake, "registration", "target", "fleet", "answer_within", "400ms", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
    assert_true(nd_fake_value(op, "silent") == 1 && nd_fake_value(op, "home") == 2);
    assert_non_null(strstr(op->why, "2 home, 1 silent"));
    assert_non_null(strstr(op->why, "no answer to 'ATE0' within 0.4s"));
}

static void test_garbage(void **state)
{
    struct fixture *f = *state;
    static const struct reply noise[] = {
        {"ATE0", "\x01\x02\x7f\x03zz\x04\x05\x06\x07\x0e\x0f\x10\x11 9\r\n"}, {NULL, NULL}};
    f->modems[0].replies = noise;
    struct nd_op *op =
        nd_fake_op(f->fake, "registration", "target", "phone", "answer_within", "50ms", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "octets of no sense"));
    /* as a wrong speed shows: hardly a control character among them */
    f->modems[0].replies =
        (const struct reply[]){{"ATE0", "\xf8\x80\xfe\xc0\xe0\x98\xf0\xfc\x86\xe6"}, {0}};
    op = nd_fake_op(f->fake, "registration", "target", "phone", "answer_within", "50ms", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "octets of no sense"));
    /* answers, but nothing of what was asked */
    f->modems[0].replies = NULL;
    op = nd_fake_op(f->fake, "registration", "target", "phone", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
    assert_true(nd_fake_value(op, "silent") == 1);
}

/* An earlier call did not wait for its scan: the answer to that comes before ours. */
static void test_late(void **state)
{
    struct fixture *f = *state;
    static const struct reply late[] = {
        {"ATE0", "\r\n+COPS: (2,\"Jia\",,\"46601\",7),,(0-4),(0,2)\r\n\r\nOK\r\n\r\nOK\r\n"},
        {"AT+CREG?", "\r\n+CREG: 3,1,\"1F4A\",\"0012\",7\r\n\r\nOK\r\n"},
        {"AT+COPS?", "\r\n+COPS: 0,2,\"46692\",7\r\n\r\nOK\r\n"},
        {NULL, NULL}};
    static const struct reply refused[] = {
        {"ATE0", "\r\n+CME ERROR: 30\r\n\r\nOK\r\n"},
        {"AT+CREG?", "\r\n+CREG: 3,1,\"1F4A\",\"0012\",7\r\n\r\nOK\r\n"},
        {"AT+COPS?", "\r\n+COPS: 0,2,\"46692\",7\r\n\r\nOK\r\n"},
        {NULL, NULL}};
    const struct reply *const owed[] = {late, refused};
    for (size_t i = 0; i < 2; i++) {
        f->modems[0].replies = owed[i];
        struct nd_op *op = nd_fake_op(f->fake, "registration", "target", "phone", "expect", "home",
                                      "on", "46692", NULL);
        assert_int_equal(modems_run(op), ND_OK);
    }
}

/* A modem that does not know the question that tells answers apart is asked all the same. */
static void test_plain_modem(void **state)
{
    struct fixture *f = *state;
    static const struct reply plain[] = {
        {"AT+CMEE?", "\r\nERROR\r\n"}, {"AT+CREG?", "\r\n+CREG: 0,1\r\n\r\nOK\r\n"}, {NULL, NULL}};
    f->modems[0].replies = plain;
    struct nd_op *op =
        nd_fake_op(f->fake, "registration", "target", "phone", "answer_within", "200ms", NULL);
    assert_int_equal(modems_run(op), ND_OK);
}

/* What is amiss with a modem is told in words, to who connects it. */
static void test_refusals(void **state)
{
    struct fixture *f = *state;
    static const struct reply locked[] = {
        {"AT+C5GREG?", "\r\nERROR\r\n"},         {"AT+CEREG?", "\r\n+CME ERROR: 11\r\n"},
        {"AT+CREG?", "\r\n+CME ERROR: 11\r\n"},  {"AT+COPS?", "\r\n+CME ERROR: 11\r\n"},
        {"AT+CGATT?", "\r\n+CME ERROR: 11\r\n"}, {NULL, NULL}};
    f->modems[0].replies = locked;
    struct nd_op *op = nd_fake_op(f->fake, "registration", "target", "phone", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "tells no registration: 'AT+COPS?' was refused with error 11 "
                                    "(SIM PIN required)"));
    op = nd_fake_op(f->fake, "data", "target", "phone", NULL);
    assert_int_equal(modems_run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "refused with error 11 (SIM PIN required)"));
    /* cut off by its deadline, a call tells what it waited for */
    f->modems[0].replies = (const struct reply[]){{"AT+COPS=?", ""}, {0}};
    op = nd_fake_op(f->fake, "networks", "target", "phone", NULL);
    nd_fake_deadline(op, ND_MS(300));
    assert_int_equal(modems_run(op), ND_ETIME);
    assert_non_null(strstr(op->why, "no answer to 'AT+COPS=?' yet"));
}

static void test_echoes(void **state)
{
    struct fixture *f = *state;
    static const struct reply echo[] = {{"ATE0", "ATE0\r\r\n+CEREG: 2\r\n\r\nOK\r\n"},
                                        {"AT+CEREG?", "AT+CEREG?\r\r\n+CEREG: 3,1\r\n\r\nOK\r\n"},
                                        {NULL, NULL}};
    f->modems[0].replies = echo;
    struct nd_op *op = nd_fake_op(f->fake, "registration", "target", "phone", NULL);
    assert_int_equal(modems_run(op), ND_OK);
}

static void test_gone(void **state)
{
    struct fixture *f = *state;
    const char *facts[] = {"tty", "/dev/there-is-no-such-modem", NULL};
    nd_fake_target(f->fake, "nowhere", NULL, facts);
    struct nd_op *op = nd_fake_op(f->fake, "registration", "target", "nowhere", NULL);
    assert_int_equal(modems_run(op), ND_EGONE);
    assert_non_null(strstr(op->why, "cannot be opened"));
    const char *none[] = {NULL};
    nd_fake_target(f->fake, "bare", NULL, none);
    op = nd_fake_op(f->fake, "registration", "target", "bare", NULL);
    assert_int_equal(modems_run(op), ND_EARG);
    assert_non_null(strstr(op->why, "'tty: /dev/ttyUSB2'"));
    char path[] = "/tmp/netdrill-no-tty-XXXXXX";
    int file = mkstemp(path);
    const char *slip[] = {"tty", path, NULL};
    nd_fake_target(f->fake, "file", NULL, slip);
    op = nd_fake_op(f->fake, "registration", "target", "file", NULL);
    assert_int_equal(modems_run(op), ND_EARG);
    assert_non_null(strstr(op->why, "is no tty"));
    assert_int_equal(lseek(file, 0, SEEK_END), 0);
    close(file);
    unlink(path);
    /* pulled while it is asked */
    f->modems[0].replies = (const struct reply[]){{"ATE0", ""}, {"AT+CMEE?", ""}, {NULL, NULL}};
    op = nd_fake_op(f->fake, "registration", "target", "phone", NULL);
    nd_fake_start(op);
    for (int i = 0; i < 4; i++)
        nd_fake_turn(f->fake);
    nd_fake_serve(f->fake, f->modems[0].master, NULL, NULL);
    close(f->modems[0].master);
    close(f->modems[0].slave);
    f->modems[0].slave = -1;
    f->modems[0].master = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(nd_fake_run(op), ND_EGONE);
    assert_non_null(strstr(op->why, "the tty is gone"));
}

/* Two calls on one tty: the second waits for the first. */
static void test_one_at_a_time(void **state)
{
    struct fixture *f = *state;
    f->modems[0].replies = home;
    struct nd_op *one = nd_fake_op(f->fake, "registration", "target", "phone", NULL);
    struct nd_op *two = nd_fake_op(f->fake, "registration", "target", "phone", NULL);
    nd_fake_start(one);
    nd_fake_start(two);
    assert_int_equal(nd_fake_run(two), ND_OK);
    assert_int_equal(nd_fake_run(one), ND_OK);
}

static void say_registered(struct double_modem *modem)
{
    modem->replies = roaming;
    modem_say(modem, "\r\n+C5GREG: 5,\"1F\",\"12\",11\r\n");
}

static void test_await(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < MODEMS; i++)
        f->modems[i].replies = denied;
    struct nd_op *op = nd_fake_op(f->fake, "await", "target", "fleet", "expect", "roaming", "on",
                                  "46697", "every", "600s", "share", "60%", NULL);
    nd_fake_start(op);
    while (strstr(f->modems[0].log, "COPS?") == NULL || strstr(f->modems[1].log, "COPS?") == NULL ||
           strstr(f->modems[2].log, "COPS?") == NULL)
        nd_fake_turn(f->fake);
    assert_false(op->finished);
    say_registered(&f->modems[1]);
    say_registered(&f->modems[2]);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_true(nd_fake_value(op, "roaming") == 2 && nd_fake_value(op, "denied") == 1);
    assert_true(nd_fake_value(op, "took") > 0);
    /* nobody comes: the deadline tells how far it got */
    op = nd_fake_op(f->fake, "await", "target", "fleet", "expect", "home", NULL);
    nd_fake_deadline(op, ND_MS(600));
    assert_int_equal(modems_run(op), ND_ETIME);
    assert_non_null(strstr(op->why, "0 of 3 handsets are home"));
    assert_non_null(strstr(op->why, "2 roaming, 1 denied"));
}

static void test_networks(void **state)
{
    struct fixture *f = *state;
    static const struct reply scan[] = {
        {"AT+COPS=?", "\r\n+COPS: (2,\"Jia\",,\"46692\",7),(3,\"Yi\",,\"46697\",7),,(0-4),(0,2)\r\n"
                      "\r\nOK\r\n"},
        {NULL, NULL}};
    f->modems[0].replies = scan;
    struct nd_op *op = nd_fake_op(f->fake, "networks", "target", "phone", "shows", "46697", NULL);
    assert_int_equal(modems_run(op), ND_OK);
    assert_true(nd_fake_value(op, "seen") == 2 && nd_fake_value(op, "forbidden") == 1);
    op = nd_fake_op(f->fake, "networks", "target", "phone", "shows", "46601", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
    f->modems[0].replies = (const struct reply[]){{"AT+COPS=?", "\r\n+CME ERROR: 3\r\n"}, {0}};
    op = nd_fake_op(f->fake, "networks", "target", "phone", NULL);
    assert_int_equal(modems_run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "refused with error 3"));
}

static void test_select(void **state)
{
    struct fixture *f = *state;
    static const struct reply automatic[] = {
        {"AT+COPS?", "\r\n+COPS: 0,2,\"46692\",7\r\n\r\nOK\r\n"}, {NULL, NULL}};
    static const struct reply manual[] = {{"AT+COPS?", "\r\n+COPS: 1,2,\"46697\",7\r\n\r\nOK\r\n"},
                                          {NULL, NULL}};
    static const struct reply another[] = {{"AT+COPS?", "\r\n+COPS: 1,2,\"46601\",7\r\n\r\nOK\r\n"},
                                           {NULL, NULL}};
    const char *why = NULL;
    f->modems[0].replies = automatic;
    struct nd_op *op = nd_fake_op(f->fake, "select", "target", "phone", "network", "46697", NULL);
    assert_int_equal(nd_fake_plan(op), ND_OK);
    assert_int_equal(modems_run(op), ND_OK);
    assert_non_null(strstr(f->modems[0].log, "AT+COPS=1,2,\"46697\"\n"));
    assert_int_equal(nd_fake_prove(op, &why), ND_ESTATE);
    assert_non_null(strstr(why, "has '0' selected, expected '1 46697'"));
    f->modems[0].replies = manual;
    assert_int_equal(nd_fake_prove(op, &why), ND_OK);
    assert_int_equal(nd_fake_verify(op, &why), ND_ESTATE);
    assert_non_null(strstr(why, "has '1 46697' selected, before it was '0'"));
    assert_int_equal(nd_fake_undo(op, &why), ND_OK);
    assert_non_null(strstr(f->modems[0].log, "AT+COPS=0\n"));
    f->modems[0].replies = automatic;
    assert_int_equal(nd_fake_verify(op, &why), ND_OK);
    /* nothing to do, and somebody else's doing */
    f->modems[0].log[0] = '\0';
    assert_int_equal(nd_fake_undo(op, &why), ND_OK);
    assert_null(strstr(f->modems[0].log, "AT+COPS=0\n"));
    f->modems[0].replies = another;
    assert_int_equal(nd_fake_undo(op, &why), ND_ESTATE);
    op = nd_fake_op(f->fake, "select", "target", "phone", "network", "Yi", NULL);
    assert_int_equal(nd_fake_plan(op), ND_EARG);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, modems_set_up, modems_tear_down)
    const struct CMUnitTest tests[] = {
        T(test_registration), T(test_fleet),  T(test_hangs),         T(test_garbage),
        T(test_echoes),       T(test_gone),   T(test_one_at_a_time), T(test_await),
        T(test_networks),     T(test_select), T(test_late),          T(test_plain_modem),
        T(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
