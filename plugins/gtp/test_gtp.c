#include "../common/probe.h"
#include "base/units.h"
#include "packet.h"
#include "support/far_end.h"

#include <arpa/inet.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A far end of the test's own on loopback, which answers echo requests by the letter of TS 29.274,
 * 29.060 and 29.281, or as it is told. */

struct fixture {
    struct nd_fake *fake;
    int fd;
    uint8_t restart;
    int silent_from, silent_till; /* requests that are not answered, by their number */
    int seen;
    const uint8_t *reply; /* instead of an echo */
    size_t reply_len;
};

static void far_end(void *ctx)
{
    struct fixture *f = ctx;
    uint8_t in[64];
    uint8_t out[64] = {0};
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    ssize_t got = recvfrom(f->fd, in, sizeof in, 0, (struct sockaddr *)&from, &len);
    int number = f->seen++;
    if (got < 8 || (number >= f->silent_from && number < f->silent_till))
        return;
    size_t out_len = 14;
    if (f->reply != NULL) {
        memcpy(out, f->reply, f->reply_len);
        out_len = f->reply_len;
    } else if (in[0] >> 5 == 2) {
        assert_int_equal(got, 13);
        memcpy(out, in, 13);
        out[1] = 2;
        out[12] = f->restart;
        out_len = 13;
    } else {
        assert_int_equal(got, 12);
        memcpy(out, in, 12);
        out[1] = 2;
        out[3] = 6;
        out[12] = 14;
        out[13] = f->restart;
    }
    sendto(f->fd, out, out_len, 0, (struct sockaddr *)&from, len);
}

static int set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    f->fd = nd_far_end(f->fake, "far", SOCK_DGRAM);
    f->silent_from = f->silent_till = -1;
    f->restart = 5;
    nd_fake_serve(f->fake, f->fd, far_end, f);
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
    close(f->fd);
    free(f);
    return fault != NULL ? -1 : 0;
}

static nd_err run(struct nd_op *op)
{
    nd_fake_deadline(op, ND_MS(400));
    nd_fake_start(op);
    return nd_fake_run(op);
}

static void test_echo(void **state)
{
    struct fixture *f = *state;
    static const char *const planes[] = {"control", "control-v1", "user"};
    for (size_t i = 0; i < 3; i++) {
        struct nd_op *op = nd_fake_op(f->fake, "echo", "target", "far", "plane", planes[i], NULL);
        assert_int_equal(run(op), ND_OK);
        assert_true(nd_fake_value(op, "rtt") > 0);
        assert_true(i == 2 ? isnan(nd_fake_value(op, "recovery"))
                           : nd_fake_value(op, "recovery") == 5);
    }
}

static void test_bad_answers(void **state)
{
    struct fixture *f = *state;
    static const uint8_t other_sequence[] = {0x32, 2, 0, 6, 0, 0, 0, 0, 0x7f, 0x7f, 0, 0, 14, 1};
    static const uint8_t not_supported[] = {0x40, 3, 0, 4, 0, 0, 1, 0};
    f->reply = other_sequence;
    f->reply_len = sizeof other_sequence;
    struct nd_op *op = nd_fake_op(f->fake, "echo", "target", "far", "plane", "user", NULL);
    /* of no request of ours, or of one 32767 ago at the least */
    assert_int_equal(run(op), ND_ETIME);
    f->reply = not_supported;
    f->reply_len = sizeof not_supported;
    op = nd_fake_op(f->fake, "echo", "target", "far", "plane", "control-v1", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "does not support"));
    f->silent_from = 0;
    f->silent_till = 99;
    op = nd_fake_op(f->fake, "echo", "target", "far", NULL);
    assert_int_equal(run(op), ND_ETIME);
}

static void test_closed(void **state)
{
    struct fixture *f = *state;
    nd_fake_serve(f->fake, f->fd, NULL, NULL);
    close(f->fd);
    struct nd_op *op = nd_fake_op(f->fake, "echo", "target", "far", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "127.0.0.1"));
    f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const char *none[] = {NULL};
    nd_fake_target(f->fake, "bare", NULL, none);
    op = nd_fake_op(f->fake, "echo", "target", "bare", NULL);
    assert_int_equal(run(op), ND_EARG);
}

static size_t answered(const struct nd_op *op, nd_err err)
{
    size_t count = 0;
    for (size_t i = 0; i < op->told.count; i++)
        count += !op->told.at[i].sent && op->told.at[i].err == err;
    return count;
}

static void test_stream(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "echo", "target", "far", "plane", "control-v1", NULL);
    f->silent_from = 5;
    f->silent_till = 7;
    nd_fake_stream(op);
    nd_fake_slots(op, 0, 10);
    assert_true(nd_fake_answers(op, 8));
    assert_int_equal(answered(op, ND_OK), 8);
    for (size_t i = 0; i < op->told.count; i++)
        assert_false(!op->told.at[i].sent &&
                     (op->told.at[i].slot == 5 || op->told.at[i].slot == 6));
    f->restart = 6;
    nd_fake_slots(op, 70000, 1); /* sequence numbers have gone round */
    assert_true(nd_fake_answers(op, 9));
    assert_int_equal(op->told.at[op->told.count - 1].slot, 70000);
    size_t restarts = 0;
    for (size_t i = 0; i < op->samples.count; i++)
        restarts += op->samples.at[i].reading == 2 && op->samples.at[i].value == 1;
    assert_int_equal(restarts, 1);
    nd_fake_cancel(op);
}

static void test_packets(void **state)
{
    (void)state;
    struct gtp_answer answer;
    uint8_t bytes[GTP_ECHO_MAX];
    /* TS 29.274 figure 5.2-1: an echo request with sequence 0x010203 and recovery 7 */
    static const uint8_t v2[] = {0x40, 1, 0, 9, 1, 2, 3, 0, 3, 0, 1, 0, 7};
    assert_int_equal(gtp_echo(GTP_V2C, 0x010203, 7, bytes), 13);
    assert_memory_equal(bytes, v2, 13);
    static const uint8_t v1[] = {0x32, 1, 0, 4, 0, 0, 0, 0, 0x02, 0x03, 0, 0};
    assert_int_equal(gtp_echo(GTP_V1C, 0x0203, 7, bytes), 12);
    assert_memory_equal(bytes, v1, 12);
    assert_int_equal(gtp_read(GTP_U, v1, 12, &answer), GTP_OTHER);
    assert_int_equal(answer.sequence, 0x0203);
    assert_int_equal(gtp_read(GTP_V2C, v1, 12, &answer), GTP_NONSENSE);
    /* an element before the recovery, and one cut short */
    static const uint8_t more[] = {0x40, 2, 0, 15, 0, 0, 9, 0, 152, 0, 2, 0, 1, 1, 3, 0, 1, 0, 8};
    assert_int_equal(gtp_read(GTP_V2C, more, sizeof more, &answer), GTP_ECHOED);
    assert_int_equal(answer.recovery, 8);
    assert_int_equal(answer.sequence, 9);
    for (size_t len = 0; len < sizeof more; len++)
        assert_int_equal(gtp_read(GTP_V2C, more, len, &answer), GTP_NONSENSE);
}

static void test_rehearsal(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "echo", "target", "far", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    op = nd_fake_op(f->fake, "echo", "target", "far", NULL);
    op->model_up = 0;
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_ETIME);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {T(test_echo),   T(test_bad_answers), T(test_closed),
                                       T(test_stream), T(test_packets),     T(test_rehearsal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
