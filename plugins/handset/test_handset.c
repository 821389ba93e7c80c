#include "base/units.h"
#include "handset.h"
#include "support/fake_host.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* Modems of the test's own on ptys: each a table of what is answered to what. "" is no answer. */

#define MODEMS 3

struct reply {
    const char *command, *answer;
};

struct double_modem {
    struct fixture *f;
    int master, slave;
    char tty[64], heard[512];
    size_t heard_len;
    const struct reply *replies;
    char log[2048]; /* commands heard, a line each */
};

struct fixture {
    struct nd_fake *fake;
    struct double_modem modems[MODEMS];
    char ttys[256];
};

static void say(const struct double_modem *modem, const char *text)
{
    assert_int_equal(write(modem->master, text, strlen(text)), (ssize_t)strlen(text));
}

static void answer(struct double_modem *modem, const char *command)
{
    size_t len = strlen(modem->log);
    snprintf(modem->log + len, sizeof modem->log - len, "%s\n", command);
    for (const struct reply *r = modem->replies; r != NULL && r->command != NULL; r++) {
        if (strcmp(r->command, command) == 0) {
            say(modem, r->answer);
            return;
        }
    }
    say(modem, "\r\nOK\r\n");
}

static void serve(void *ctx)
{
    struct double_modem *modem = ctx;
    char octet = 0;
    while (read(modem->master, &octet, 1) == 1) {
        if (octet != '\r' && octet != '\x1a') {
            modem->heard[modem->heard_len++] = octet;
            continue;
        }
        modem->heard[modem->heard_len] = '\0';
        modem->heard_len = 0;
        answer(modem, modem->heard);
    }
}

static int set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    for (int i = 0; i < MODEMS; i++) {
        struct double_modem *modem = &f->modems[i];
        modem->f = f;
        modem->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        assert_int_equal(grantpt(modem->master), 0);
        assert_int_equal(unlockpt(modem->master), 0);
        assert_int_equal(ptsname_r(modem->master, modem->tty, sizeof modem->tty), 0);
        /* Held open, so that the master never sees a hang-up. */
        modem->slave = open(modem->tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
        nd_fake_serve(f->fake, modem->master, serve, modem);
        strcat(f->ttys, modem->tty);
        strcat(f->ttys, " ");
    }
    static const char *facts[] = {"tty", NULL, NULL};
    static const char *fleet[] = {"ttys", NULL, NULL};
    facts[1] = f->modems[0].tty;
    fleet[1] = f->ttys;
    nd_fake_target(f->fake, "phone", NULL, facts);
    nd_fake_target(f->fake, "fleet", NULL, fleet);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    const char *fault = nd_fake_fault(f->fake);
    if (fault != NULL)
        print_error("contract broken: %s\n", fault);
    nd_fake_free(f->fake);
    for (int i = 0; i < MODEMS; i++) {
        close(f->modems[i].master);
        if (f->modems[i].slave >= 0)
            close(f->modems[i].slave);
    }
    free(f);
    return fault != NULL ? -1 : 0;
}

static nd_err run(struct nd_op *op)
{
    nd_fake_start(op);
    return nd_fake_run(op);
}

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
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "share") == 1);
    assert_true(nd_fake_value(op, "home") == 1);
    /* on another network than the one that counts */
    op = nd_fake_op(f->fake, "registration", "target", "phone", "on", "46697", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "0 of 1 handsets are registered on 46697"));
}

static void test_fleet(void **state)
{
    struct fixture *f = *state;
    f->modems[0].replies = home;
    f->modems[1].replies = roaming;
    f->modems[2].replies = denied;
    struct nd_op *op = nd_fake_op(f->fake, "registration", "target", "fleet", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "2 of 3 handsets are registered, expected 100%: 1 home, 1 "
                                    "roaming, 1 denied (cause 80: disaster roaming not allowed)"));
    assert_true(nd_fake_value(op, "roaming") == 1);
    assert_true(nd_fake_value(op, "denied") == 1);
    assert_true(nd_fake_value(op, "cause") == 80);
    op = nd_fake_op(f->fake, "registration", "target", "fleet", "share", "60%", NULL);
    assert_int_equal(run(op), ND_OK);
    op = nd_fake_op(f->fake, "registration", "target", "fleet", "expect", "roaming", "on", "46697",
                    "share", "30%", NULL);
    assert_int_equal(run(op), ND_OK);
}

static void test_hangs(void **state)
{
    struct fixture *f = *state;
    static const struct reply hung[] = {{"ATE0", ""}, {NULL, NULL}};
    f->modems[0].replies = home;
    f->modems[1].replies = home;
    f->modems[2].replies = hung;
    struct nd_op *op =
        nd_fake_op(f->fake, "registration", "target", "fleet", "answer_within", "400ms", NULL);
    assert_int_equal(run(op), ND_EANSWER);
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
    assert_int_equal(run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "octets of no sense"));
    /* answers, but nothing of what was asked */
    f->modems[0].replies = NULL;
    op = nd_fake_op(f->fake, "registration", "target", "phone", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    assert_true(nd_fake_value(op, "silent") == 1);
}

static void test_echoes(void **state)
{
    struct fixture *f = *state;
    static const struct reply echo[] = {{"ATE0", "ATE0\r\r\n+CEREG: 2\r\n\r\nOK\r\n"},
                                        {"AT+CEREG?", "AT+CEREG?\r\r\n+CEREG: 3,1\r\n\r\nOK\r\n"},
                                        {NULL, NULL}};
    f->modems[0].replies = echo;
    struct nd_op *op = nd_fake_op(f->fake, "registration", "target", "phone", NULL);
    assert_int_equal(run(op), ND_OK);
}

static void test_gone(void **state)
{
    struct fixture *f = *state;
    const char *facts[] = {"tty", "/dev/there-is-no-such-modem", NULL};
    nd_fake_target(f->fake, "nowhere", NULL, facts);
    struct nd_op *op = nd_fake_op(f->fake, "registration", "target", "nowhere", NULL);
    assert_int_equal(run(op), ND_EGONE);
    assert_non_null(strstr(op->why, "cannot be opened"));
    const char *none[] = {NULL};
    nd_fake_target(f->fake, "bare", NULL, none);
    op = nd_fake_op(f->fake, "registration", "target", "bare", NULL);
    assert_int_equal(run(op), ND_EARG);
    assert_non_null(strstr(op->why, "'tty: /dev/ttyUSB2'"));
    char path[] = "/tmp/netdrill-no-tty-XXXXXX";
    int file = mkstemp(path);
    const char *slip[] = {"tty", path, NULL};
    nd_fake_target(f->fake, "file", NULL, slip);
    op = nd_fake_op(f->fake, "registration", "target", "file", NULL);
    assert_int_equal(run(op), ND_EARG);
    assert_non_null(strstr(op->why, "is no tty"));
    assert_int_equal(lseek(file, 0, SEEK_END), 0);
    close(file);
    unlink(path);
    /* pulled while it is asked */
    f->modems[0].replies = (const struct reply[]){{"ATE0", ""}, {NULL, NULL}};
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
    say(modem, "\r\n+C5GREG: 5,\"1F\",\"12\",11\r\n");
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
    assert_int_equal(run(op), ND_ETIME);
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
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "seen") == 2 && nd_fake_value(op, "forbidden") == 1);
    op = nd_fake_op(f->fake, "networks", "target", "phone", "shows", "46601", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    f->modems[0].replies = (const struct reply[]){{"AT+COPS=?", "\r\n+CME ERROR: 3\r\n"}, {0}};
    op = nd_fake_op(f->fake, "networks", "target", "phone", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
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
    assert_int_equal(run(op), ND_OK);
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

static void test_signal_and_data(void **state)
{
    struct fixture *f = *state;
    static const struct reply good[] = {
        {"AT+CESQ", "\r\n+CESQ: 99,99,255,255,20,80\r\n\r\nOK\r\n"},
        {"AT+CSQ", "\r\n+CSQ: 99,99\r\n\r\nOK\r\n"},
        {"AT+CGATT?", "\r\n+CGATT: 1\r\n\r\nOK\r\n"},
        {"AT+CGPADDR", "\r\n+CGPADDR: 1,\"10.45.0.2\"\r\n+CGPADDR: 2\r\n\r\nOK\r\n"},
        {NULL, NULL}};
    f->modems[0].replies = good;
    struct nd_op *op = nd_fake_op(f->fake, "signal", "target", "phone", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "rsrp") == -61 && isnan(nd_fake_value(op, "rssi")));
    op = nd_fake_op(f->fake, "data", "target", "phone", NULL);
    assert_int_equal(run(op), ND_OK);
    f->modems[0].replies = NULL;
    op = nd_fake_op(f->fake, "signal", "target", "phone", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    f->modems[0].replies =
        (const struct reply[]){{"AT+CGATT?", "\r\n+CGATT: 0\r\n\r\nOK\r\n"}, {0}};
    op = nd_fake_op(f->fake, "data", "target", "phone", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "is not attached"));
}

static void numbers(struct fixture *f)
{
    static const char *const friend_facts[] = {"number", "+886912345678", NULL};
    static const char *const centre[] = {"number", "112", NULL};
    static const char *const agreed[] = {"number", "112", "emergency_calls_agreed", "true", NULL};
    static const char *const odd[] = {"number", "*31#112", "emergency_calls_agreed", "true", NULL};
    nd_fake_target(f->fake, "friend", NULL, friend_facts);
    nd_fake_target(f->fake, "centre", NULL, centre);
    nd_fake_target(f->fake, "agreed", NULL, agreed);
    nd_fake_target(f->fake, "odd", NULL, odd);
}

static void test_sms(void **state)
{
    struct fixture *f = *state;
    static const struct reply good[] = {
        {"AT+CMGS=\"+886912345678\"", "\r\n> "},
        {"EXERCISE: the net is back", "\r\n+CMGS: 17\r\n\r\nOK\r\n"},
        {NULL, NULL}};
    numbers(f);
    f->modems[0].replies = good;
    struct nd_op *op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text",
                                  "the net is back", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "took") > 0);
    f->modems[0].replies = (const struct reply[]){
        {"AT+CMGS=\"+886912345678\"", "\r\n> "}, {"EXERCISE: x", "\r\n+CMS ERROR: 500\r\n"}, {0}};
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", "x", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "500"));
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", "a\x1a", NULL);
    assert_int_equal(run(op), ND_EARG);
    /* in Chinese: UCS2, and the modem's own alphabet again afterwards, also when it was refused */
    static const struct reply ucs2[] = {
        {"AT+CSCS?", "\r\n+CSCS: \"IRA\"\r\n\r\nOK\r\n"},
        {"AT+CSMP?", "\r\n+CSMP: 17,167,0,0\r\n\r\nOK\r\n"},
        {"AT+CMGS=\"002B003800380036003900310032003300340035003600370038\"", "\r\n> "},
        {"6F147DF4002000450058004500520043004900530045003A0020901A4E86", "\r\n+CMS ERROR: 38\r\n"},
        {"AT+CSCS=\"004900520041\"", "\r\nERROR\r\n"},
        {NULL, NULL}};
    f->modems[0].replies = ucs2;
    f->modems[0].log[0] = '\0';
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", "通了", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "error 38"));
    assert_non_null(strstr(f->modems[0].log, "AT+CSCS=\"UCS2\"\nAT+CSMP=17,167,0,8\nAT+CMGS"));
    assert_non_null(
        strstr(f->modems[0].log, "AT+CSMP=17,167,0,0\nAT+CSCS=\"IRA\"\nAT+CSCS=\"0049"));
    /* one that does not tell what it was is left as it is */
    f->modems[0].replies = NULL;
    f->modems[0].log[0] = '\0';
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", "通了", NULL);
    assert_int_equal(run(op), ND_EUNABLE);
    assert_null(strstr(f->modems[0].log, "UCS2"));
    char long_text[256];
    memset(long_text, 'x', 200);
    long_text[200] = '\0';
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", long_text, NULL);
    assert_int_equal(run(op), ND_EARG);
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "centre", "text", "x", NULL);
    assert_int_equal(run(op), ND_EARG);
}

static void test_call(void **state)
{
    struct fixture *f = *state;
    static const struct reply active[] = {
        {"AT+CLCC", "\r\n+CLCC: 1,0,0,0,0,\"0912345678\",129\r\n\r\nOK\r\n"}, {NULL, NULL}};
    static const struct reply busy[] = {{"ATD+886912345678;", "\r\nBUSY\r\n"}, {NULL, NULL}};
    numbers(f);
    f->modems[0].replies = active;
    struct nd_op *op =
        nd_fake_op(f->fake, "call", "target", "phone", "to", "friend", "held", "100ms", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "setup") > 0);
    assert_non_null(strstr(f->modems[0].log, "ATD+886912345678;\n"));
    assert_non_null(strstr(f->modems[0].log, "AT+CHUP\n"));
    f->modems[0].replies = busy;
    op = nd_fake_op(f->fake, "call", "target", "phone", "to", "friend", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "BUSY"));
    /* cancelled in the middle, it is hung up all the same */
    f->modems[0].replies = active;
    f->modems[0].log[0] = '\0';
    op = nd_fake_op(f->fake, "call", "target", "phone", "to", "friend", "held", "100s", NULL);
    nd_fake_start(op);
    while (strstr(f->modems[0].log, "CLCC") == NULL)
        nd_fake_turn(f->fake);
    nd_fake_cancel(op);
    assert_int_equal(nd_fake_run(op), ND_ECANCEL);
    serve(&f->modems[0]);
    assert_non_null(strstr(f->modems[0].log, "AT+CHUP\n"));
}

static void test_no_emergency_call(void **state)
{
    struct fixture *f = *state;
    numbers(f);
    static const char *const never[] = {"centre", "odd"};
    for (size_t i = 0; i < 2; i++) {
        struct nd_op *op = nd_fake_op(f->fake, "call", "target", "phone", "to", never[i], NULL);
        assert_int_equal(run(op), ND_EARG);
    }
    assert_string_equal(f->modems[0].log, "");
    struct nd_op *op = nd_fake_op(f->fake, "call", "target", "phone", "to", "centre", NULL);
    assert_int_equal(run(op), ND_EARG);
    assert_non_null(strstr(op->why, "'emergency_calls_agreed: true'"));
    f->modems[0].replies =
        (const struct reply[]){{"AT+CLCC", "\r\n+CLCC: 1,0,0,0,0,\"112\",129\r\n\r\nOK\r\n"}, {0}};
    op = nd_fake_op(f->fake, "call", "target", "phone", "to", "agreed", "held", "100ms", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_non_null(strstr(f->modems[0].log, "ATD112;\n"));
}

static void test_rehearsal(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *expect;
        int up;
        nd_err err;
    } list[] = {{"roaming", 1, ND_OK}, {"roaming", 0, ND_EANSWER}, {"emergency", 0, ND_OK},
                {"home", 1, ND_OK},    {"denied", 1, ND_EANSWER},  {"any", 0, ND_OK}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct nd_op *op =
            nd_fake_op(f->fake, "registration", "target", "fleet", "expect", list[i].expect, NULL);
        op->model_up = list[i].up;
        nd_fake_rehearse(op);
        assert_int_equal(nd_fake_run(op), list[i].err);
    }
    /* What is waited for comes in a rehearsal as well. */
    struct nd_op *op = nd_fake_op(f->fake, "await", "target", "fleet", "every", "100ms", NULL);
    op->model_up = 0;
    nd_fake_rehearse(op);
    for (int i = 0; i < 4; i++)
        nd_fake_turn(f->fake);
    assert_false(op->finished);
    op->model_up = 1;
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_true(nd_fake_value(op, "took") > 0);
    /* Numbers are looked at, and an emergency call needs no service. */
    numbers(f);
    static const struct {
        const char *to;
        nd_err err;
    } calls[] = {{"centre", ND_EARG}, {"agreed", ND_OK}, {"friend", ND_EANSWER}};
    for (size_t i = 0; i < 3; i++) {
        op = nd_fake_op(f->fake, "call", "target", "phone", "to", calls[i].to, NULL);
        op->model_up = 0;
        nd_fake_rehearse(op);
        assert_int_equal(nd_fake_run(op), calls[i].err);
    }
    assert_string_equal(f->modems[0].log, "");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_registration),
        T(test_fleet),
        T(test_hangs),
        T(test_garbage),
        T(test_echoes),
        T(test_gone),
        T(test_one_at_a_time),
        T(test_await),
        T(test_networks),
        T(test_select),
        T(test_signal_and_data),
        T(test_sms),
        T(test_call),
        T(test_no_emergency_call),

        T(test_rehearsal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
