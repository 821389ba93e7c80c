#include "test_modems.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What handsets are used for: data, messages, calls; and all of it rehearsed. */

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
    assert_int_equal(modems_run(op), ND_OK);
    assert_true(nd_fake_value(op, "rsrp") == -61 && isnan(nd_fake_value(op, "rssi")));
    op = nd_fake_op(f->fake, "data", "target", "phone", NULL);
    assert_int_equal(modems_run(op), ND_OK);
    f->modems[0].replies = NULL;
    op = nd_fake_op(f->fake, "signal", "target", "phone", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
    f->modems[0].replies =
        (const struct reply[]){{"AT+CGATT?", "\r\n+CGATT: 0\r\n\r\nOK\r\n"}, {0}};
    op = nd_fake_op(f->fake, "data", "target", "phone", NULL);
    assert_int_equal(modems_run(op), ND_EANSWER);
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
    assert_int_equal(modems_run(op), ND_OK);
    assert_true(nd_fake_value(op, "took") > 0);
    f->modems[0].replies = (const struct reply[]){
        {"AT+CMGS=\"+886912345678\"", "\r\n> "}, {"EXERCISE: x", "\r\n+CMS ERROR: 500\r\n"}, {0}};
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", "x", NULL);
    assert_int_equal(modems_run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "500"));
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", "a\x1a", NULL);
    assert_int_equal(modems_run(op), ND_EARG);
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
    assert_int_equal(modems_run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "error 38"));
    assert_non_null(strstr(f->modems[0].log, "AT+CSCS=\"UCS2\"\nAT+CSMP=17,167,0,8\nAT+CMGS"));
    assert_non_null(
        strstr(f->modems[0].log, "AT+CSMP=17,167,0,0\nAT+CSCS=\"IRA\"\nAT+CSCS=\"0049"));
    /* one that does not tell what it was is left as it is */
    f->modems[0].replies = NULL;
    f->modems[0].log[0] = '\0';
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", "通了", NULL);
    assert_int_equal(modems_run(op), ND_EUNABLE);
    assert_null(strstr(f->modems[0].log, "UCS2"));
    /* one that never asks for the text is let go, before its alphabet is put back */
    static const struct reply no_prompt[] = {
        {"AT+CSCS?", "\r\n+CSCS: \"IRA\"\r\n\r\nOK\r\n"},
        {"AT+CSMP?", "\r\n+CSMP: 17,167,0,0\r\n\r\nOK\r\n"},
        {"AT+CMGS=\"002B003800380036003900310032003300340035003600370038\"", ""},
        {NULL, NULL}};
    f->modems[0].replies = no_prompt;
    f->modems[0].log[0] = '\0';
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", "通了",
                    "answer_within", "300ms", NULL);
    assert_int_equal(modems_run(op), ND_ETIME);
    assert_non_null(strstr(f->modems[0].log, "\x1b\nAT+CSMP=17,167,0,0\nAT+CSCS=\"IRA\"\n"));
    /* also when nobody waits any more */
    f->modems[0].log[0] = '\0';
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", "通了", NULL);
    nd_fake_start(op);
    while (strstr(f->modems[0].log, "CMGS") == NULL)
        nd_fake_turn(f->fake);
    nd_fake_cancel(op);
    assert_int_equal(nd_fake_run(op), ND_ECANCEL);
    modem_serve(&f->modems[0]);
    assert_non_null(strstr(f->modems[0].log, "\x1b\n\nAT+CSMP=17,167,0,0\nAT+CSCS=\"IRA\"\n"));
    char long_text[256];
    memset(long_text, 'x', 200);
    long_text[200] = '\0';
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "friend", "text", long_text, NULL);
    assert_int_equal(modems_run(op), ND_EARG);
    op = nd_fake_op(f->fake, "sms", "target", "phone", "to", "centre", "text", "x", NULL);
    assert_int_equal(modems_run(op), ND_EARG);
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
    assert_int_equal(modems_run(op), ND_OK);
    assert_true(nd_fake_value(op, "setup") > 0);
    assert_non_null(strstr(f->modems[0].log, "ATD+886912345678;\n"));
    assert_non_null(strstr(f->modems[0].log, "AT+CHUP\n"));
    f->modems[0].replies = busy;
    op = nd_fake_op(f->fake, "call", "target", "phone", "to", "friend", NULL);
    assert_int_equal(modems_run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "BUSY"));
    /* dialled, and then it ends by itself */
    f->modems[0].replies =
        (const struct reply[]){{"ATD+886912345678;", "\r\nOK\r\n\r\nBUSY\r\n"}, {0}};
    op = nd_fake_op(f->fake, "call", "target", "phone", "to", "friend", NULL);
    assert_int_equal(modems_run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "the call ended before it was set up: BUSY"));
    /* cancelled in the middle, it is hung up all the same */
    f->modems[0].replies = active;
    f->modems[0].log[0] = '\0';
    op = nd_fake_op(f->fake, "call", "target", "phone", "to", "friend", "held", "100s", NULL);
    nd_fake_start(op);
    while (strstr(f->modems[0].log, "CLCC") == NULL)
        nd_fake_turn(f->fake);
    nd_fake_cancel(op);
    assert_int_equal(nd_fake_run(op), ND_ECANCEL);
    modem_serve(&f->modems[0]);
    assert_non_null(strstr(f->modems[0].log, "AT+CHUP\n"));
}

static void test_no_emergency_call(void **state)
{
    struct fixture *f = *state;
    numbers(f);
    static const char *const never[] = {"centre", "odd"};
    for (size_t i = 0; i < 2; i++) {
        struct nd_op *op = nd_fake_op(f->fake, "call", "target", "phone", "to", never[i], NULL);
        assert_int_equal(modems_run(op), ND_EARG);
    }
    assert_string_equal(f->modems[0].log, "");
    struct nd_op *op = nd_fake_op(f->fake, "call", "target", "phone", "to", "centre", NULL);
    assert_int_equal(modems_run(op), ND_EARG);
    assert_non_null(strstr(op->why, "'emergency_calls_agreed: true'"));
    f->modems[0].replies =
        (const struct reply[]){{"AT+CLCC", "\r\n+CLCC: 1,0,0,0,0,\"112\",129\r\n\r\nOK\r\n"}, {0}};
    op = nd_fake_op(f->fake, "call", "target", "phone", "to", "agreed", "held", "100ms", NULL);
    assert_int_equal(modems_run(op), ND_OK);
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
#define T(fn) cmocka_unit_test_setup_teardown(fn, modems_set_up, modems_tear_down)
    const struct CMUnitTest tests[] = {
        T(test_signal_and_data),   T(test_sms),       T(test_call),
        T(test_no_emergency_call), T(test_rehearsal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
