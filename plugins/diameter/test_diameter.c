#include "../common/probe.h"
#include "base/units.h"
#include "message.h"
#include "support/far_end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A Diameter peer of the test's own on loopback. tests/net/diameter.py has real ones. */

struct fixture {
    struct nd_fake *fake;
    int fd, conn;
    uint8_t heard[8192];
    size_t heard_len;
    uint32_t capabilities, result; /* result codes; capabilities 0: nonsense */
    int experimental, silent, watchdogs;
    int leaves; /* disconnect requests heard */
    int asks;   /* a watchdog of the peer's own after the capabilities */
};

static void say(const struct fixture *f, struct diameter_out *out)
{
    diameter_end(out);
    /* In two pieces: a message is whole when it is whole. */
    assert_int_equal(send(f->conn, out->bytes, 7, MSG_NOSIGNAL), 7);
    assert_int_equal(send(f->conn, out->bytes + 7, out->len - 7, MSG_NOSIGNAL), out->len - 7);
}

static void origin(struct diameter_out *out)
{
    diameter_text(out, 264, "peer.far.test");
    diameter_text(out, 296, "far.test");
}

static void answer(struct fixture *f, const struct diameter_in *in)
{
    struct diameter_out out;
    uint32_t result = in->command == DIAMETER_CAPABILITIES ? f->capabilities : f->result;
    diameter_begin(&out, 0, in->command, in->application, in->hop, in->end);
    if (f->experimental && in->command == DIAMETER_UPDATE_LOCATION) {
        struct diameter_out group = {.len = 20};
        diameter_u32(&group, 266, 0, DIAMETER_3GPP);
        diameter_u32(&group, 298, 0, result);
        diameter_octets(&out, 297, 0, 1, group.bytes + 20, group.len - 20);
    } else {
        diameter_u32(&out, 268, 0, result);
    }
    origin(&out);
    diameter_application(&out, DIAMETER_S6A);
    say(f, &out);
    if (in->command == DIAMETER_CAPABILITIES && f->asks) {
        diameter_begin(&out, DIAMETER_REQUEST, DIAMETER_WATCHDOG, 0, 77, 78);
        origin(&out);
        say(f, &out);
    }
}

static void take(struct fixture *f, size_t size)
{
    struct diameter_in in;
    assert_int_equal(diameter_read(f->heard, size, &in), 1);
    assert_string_equal(in.host, "probe.netdrill.test");
    assert_string_equal(in.realm, "netdrill.test");
    if ((in.flags & DIAMETER_REQUEST) == 0) {
        assert_true(in.hop == 77 && in.end == 78 && in.result == 2001);
        f->watchdogs++;
    } else if (in.command == DIAMETER_DISCONNECT) {
        uint32_t result = f->result;
        f->leaves++;
        f->result = 2001;
        if (!f->silent)
            answer(f, &in);
        f->result = result;
    } else if (in.command == DIAMETER_CAPABILITIES && f->capabilities == 0) {
        assert_int_equal(send(f->conn, "HTTP/1.1 400 Bad Request\r\n", 26, MSG_NOSIGNAL), 26);
    } else if (!f->silent || in.command == DIAMETER_CAPABILITIES) {
        answer(f, &in);
    }
}

static void serve(void *ctx)
{
    struct fixture *f = ctx;
    ssize_t got =
        recv(f->conn, f->heard + f->heard_len, sizeof f->heard - f->heard_len, MSG_DONTWAIT);
    size_t size = 0;
    if (got > 0)
        f->heard_len += (size_t)got;
    while ((size = diameter_frame(f->heard, f->heard_len)) != 0 && size <= f->heard_len) {
        take(f, size);
        f->heard_len -= size;
        memmove(f->heard, f->heard + size, f->heard_len);
    }
    if (got > 0 || (got < 0 && errno == EAGAIN))
        return;
    nd_fake_serve(f->fake, f->conn, NULL, NULL);
    close(f->conn);
    f->conn = -1;
}

static void arrive(void *ctx)
{
    struct fixture *f = ctx;
    if (f->conn >= 0) {
        nd_fake_serve(f->fake, f->conn, NULL, NULL);
        close(f->conn);
    }
    f->conn = accept4(f->fd, NULL, NULL, SOCK_CLOEXEC);
    f->heard_len = 0;
    nd_fake_serve(f->fake, f->conn, serve, f);
}

static int set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    f->conn = -1;
    f->capabilities = f->result = 2001;
    f->fd = nd_far_end(f->fake, "peer", SOCK_STREAM);
    static const char *testers[] = {
        "imsi", "466970000000001", "count", "3", "test_subscribers", "true", NULL};
    static const char *people[] = {"imsi", "466970000000001", NULL};
    nd_fake_target(f->fake, "testers", NULL, testers);
    nd_fake_target(f->fake, "people", NULL, people);
    nd_fake_serve(f->fake, f->fd, arrive, f);
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
    if (f->conn >= 0)
        close(f->conn);
    free(f);
    return fault != NULL ? -1 : 0;
}

static nd_err run(struct nd_op *op)
{
    nd_fake_deadline(op, ND_MS(800));
    nd_fake_start(op);
    return nd_fake_run(op);
}

static void test_capabilities(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "capabilities", "target", "peer", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "result") == 2001 && nd_fake_value(op, "applications") == 1);
    f->capabilities = 3010;
    op = nd_fake_op(f->fake, "capabilities", "target", "peer", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "(peer.far.test) answered 3010 DIAMETER_UNKNOWN_PEER"));
    op = nd_fake_op(f->fake, "watchdog", "target", "peer", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    f->capabilities = 0;
    op = nd_fake_op(f->fake, "capabilities", "target", "peer", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "no message of this protocol"));
    op = nd_fake_op(f->fake, "capabilities", "target", "peer", "as", "nodots", NULL);
    assert_int_equal(run(op), ND_EARG);
}

static void test_update(void **state)
{
    struct fixture *f = *state;
    f->asks = 1;
    struct nd_op *op = nd_fake_op(f->fake, "update", "target", "peer", "subscribers", "testers",
                                  "visited", "46692", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_int_equal(f->watchdogs, 1);
    assert_int_equal(f->leaves, 1);
    f->result = 5004;
    f->experimental = 1;
    op = nd_fake_op(f->fake, "update", "target", "peer", "subscribers", "testers", "visited",
                    "46692", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_true(nd_fake_value(op, "result") == 5004);
    f->silent = 1;
    op = nd_fake_op(f->fake, "update", "target", "peer", "subscribers", "testers", "visited",
                    "46692", NULL);
    assert_int_equal(run(op), ND_ETIME);
    op = nd_fake_op(f->fake, "update", "target", "peer", "subscribers", "testers", "visited", "Yi",
                    NULL);
    assert_int_equal(run(op), ND_EARG);
}

static void test_stream(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "watchdog", "target", "peer", NULL);
    nd_fake_stream(op);
    nd_fake_slots(op, 0, 20);
    assert_true(nd_fake_answers(op, 20));
    nd_fake_slots(op, 20, 1);
    assert_true(nd_fake_answers(op, 21));
    int64_t seen = 0;
    for (size_t i = 0; i < op->told.count; i++)
        seen += op->told.at[i].sent ? 0 : op->told.at[i].slot;
    assert_int_equal(seen, 20 * 21 / 2);
    f->silent = 1; /* nobody is there any more to be answered */
    nd_fake_cancel(op);
    serve(f);
    assert_int_equal(f->leaves, 1);
}

static void test_rehearsal(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *subscribers;
        nd_err err;
    } list[] = {{"testers", ND_OK}, {"people", ND_EARG}};
    for (size_t i = 0; i < 2; i++) {
        struct nd_op *op = nd_fake_op(f->fake, "update", "target", "peer", "visited", "46692",
                                      "subscribers", list[i].subscribers, NULL);
        nd_fake_rehearse(op);
        assert_int_equal(nd_fake_run(op), list[i].err);
    }
}

static void test_messages(void **state)
{
    (void)state;
    struct diameter_out out;
    struct diameter_in in;
    /* RFC 6733 §3 and §4.1: header, and an AVP whose data are padded */
    static const uint8_t expected[] = {1,    0, 0, 0x24, 0x80, 0,   1,   0x18, 0,   0, 0, 0,
                                       0,    0, 0, 9,    0,    0,   0,   9,    0,   0, 1, 8,
                                       0x40, 0, 0, 0x0d, 'a',  '.', 'b', '.',  'c', 0, 0, 0};
    diameter_begin(&out, DIAMETER_REQUEST, DIAMETER_WATCHDOG, 0, 9, 9);
    diameter_text(&out, 264, "a.b.c");
    diameter_end(&out);
    assert_int_equal(out.len, sizeof expected);
    assert_memory_equal(out.bytes, expected, sizeof expected);
    assert_int_equal(diameter_read(out.bytes, out.len, &in), 1);
    assert_string_equal(in.host, "a.b.c");
    for (size_t len = 0; len < out.len; len++)
        assert_int_equal(diameter_read(out.bytes, len, &in), 0);
    /* What does not fit is no message. */
    static const char long_text[DIAMETER_BYTES] = {0};
    diameter_begin(&out, 0, 1, 0, 0, 0);
    diameter_octets(&out, 1, 0, 0, long_text, sizeof long_text);
    assert_int_equal(out.len, 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {T(test_capabilities), T(test_update), T(test_stream),
                                       T(test_messages), T(test_rehearsal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
