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

/* An HLR of the test's own on loopback: it asks who we are, and answers in pieces. */

struct fixture {
    struct nd_fake *fake;
    int fd, conn;
    uint8_t heard[8192];
    size_t heard_len;
    int requests, results, cause; /* cause: of refusals; 0: accepts */
    int close_after;              /* requests, then the connection is closed; 0: never */
    char name[64];
};

static void say(const struct fixture *f, const uint8_t *bytes, size_t len)
{
    /* Octet by octet: a message is whole when it is whole. */
    for (size_t i = 0; i < len; i++)
        assert_int_equal(send(f->conn, bytes + i, 1, MSG_NOSIGNAL), 1);
}

/* type, IMSI as it came, and more. */
static void say_gsup(const struct fixture *f, int type, const char *imsi, const uint8_t *more,
                     size_t more_len)
{
    uint8_t bytes[GSUP_MESSAGE + 64];
    size_t len = gsup_make(type, imsi, GSUP_PS, NULL, bytes);
    memcpy(bytes + len, more, more_len);
    len += more_len;
    bytes[0] = (uint8_t)((len - 3) >> 8);
    bytes[1] = (uint8_t)(len - 3);
    say(f, bytes, len);
}

static void answer(struct fixture *f, const struct gsup_message *m)
{
    static const uint8_t tuple[] = {0x03, 0x04, 0x20, 0x02, 1, 2, 0x03, 0x00};
    static const uint8_t data[] = {0x08, 3, 0x88, 0x96, 0x90, 0x60, 4, 'j', 'i', 'a', 0};
    const uint8_t cause[] = {0x02, 1, (uint8_t)f->cause};
    f->requests++;
    if (f->cause != 0)
        say_gsup(f, m->type | GSUP_ERROR, m->imsi, cause, sizeof cause);
    else if (m->type == GSUP_UPDATE_LOCATION)
        say_gsup(f, GSUP_INSERT_DATA, m->imsi, data, sizeof data);
    else
        say_gsup(f, m->type | GSUP_RESULT, m->imsi, tuple,
                 m->type == GSUP_SEND_AUTH_INFO ? sizeof tuple : 0);
}

static void take(struct fixture *f, const uint8_t *bytes, size_t len)
{
    const uint8_t *gsup = NULL;
    size_t gsup_len = 0;
    struct gsup_message m;
    if (ipa_read(bytes, len, &gsup, &gsup_len) != IPA_GSUP) {
        assert_int_equal(bytes[2], 0xfe);
        if (bytes[3] == 0x05)
            snprintf(f->name, sizeof f->name, "%.50s", (const char *)bytes + 7);
        return;
    }
    assert_int_equal(gsup_read(gsup, gsup_len, &m), 1);
    if ((m.type & 3) == 0) {
        answer(f, &m);
        return;
    }
    assert_int_equal(m.type, GSUP_INSERT_DATA | GSUP_RESULT);
    /* It is sent back to whom it came from. */
    assert_non_null(memmem(gsup, gsup_len, "\x61\x04jia\0", 6));
    f->results++;
    say_gsup(f, GSUP_UPDATE_LOCATION | GSUP_RESULT, m.imsi, (const uint8_t *)"", 0);
}

static void serve(void *ctx)
{
    struct fixture *f = ctx;
    ssize_t got =
        recv(f->conn, f->heard + f->heard_len, sizeof f->heard - f->heard_len, MSG_DONTWAIT);
    size_t size = 0;
    if (got > 0)
        f->heard_len += (size_t)got;
    while ((size = ipa_frame(f->heard, f->heard_len)) != 0 && size <= f->heard_len) {
        take(f, f->heard, size);
        f->heard_len -= size;
        memmove(f->heard, f->heard + size, f->heard_len);
        if (f->close_after != 0 && f->requests >= f->close_after)
            got = 0;
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
    static const uint8_t id_get[] = {0, 5, 0xfe, 0x04, 1, 8, 1, 0};
    static const uint8_t ping[] = {0, 1, 0xfe, 0};
    if (f->conn >= 0) {
        nd_fake_serve(f->fake, f->conn, NULL, NULL);
        close(f->conn);
    }
    f->conn = accept4(f->fd, NULL, NULL, SOCK_CLOEXEC);
    f->heard_len = 0;
    say(f, ping, sizeof ping);
    say(f, id_get, sizeof id_get);
    nd_fake_serve(f->fake, f->conn, serve, f);
}

static int set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    f->conn = -1;
    f->fd = nd_far_end(f->fake, "hlr", SOCK_STREAM);
    static const char *testers[] = {
        "imsi", "001010000000009", "count", "50", "test_subscribers", "true", NULL};
    static const char *people[] = {"imsi", "001010000000009", NULL};
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

static void test_single(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = nd_fake_op(f->fake, "auth", "target", "hlr", "subscribers", "testers", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "vectors") == 2 && nd_fake_value(op, "rtt") > 0);
    assert_int_equal(strncmp(f->name, "netdrill-", 9), 0);
    op = nd_fake_op(f->fake, "update", "target", "hlr", "subscribers", "testers", "number", "49",
                    NULL);
    assert_int_equal(run(op), ND_OK);
    assert_int_equal(f->results, 1);
    assert_true(nd_fake_value(op, "data") > 0 &&
                nd_fake_value(op, "data") <= nd_fake_value(op, "rtt"));
    f->cause = 2;
    op = nd_fake_op(f->fake, "update", "target", "hlr", "subscribers", "testers", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_true(nd_fake_value(op, "cause") == 2);
    assert_non_null(strstr(op->why, "001010000000009 with cause 2 (IMSI unknown"));
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op =
        nd_fake_op(f->fake, "update", "target", "hlr", "subscribers", "people", NULL);
    assert_int_equal(run(op), ND_EARG);
    assert_non_null(strstr(op->why, "'test_subscribers: true'"));
    op = nd_fake_op(f->fake, "update", "target", "hlr", "subscribers", "testers", "number", "50",
                    NULL);
    assert_int_equal(run(op), ND_EARG);
    assert_int_equal(f->requests, 0);
    nd_fake_serve(f->fake, f->fd, NULL, NULL);
    close(f->fd);
    op = nd_fake_op(f->fake, "auth", "target", "hlr", "subscribers", "testers", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static size_t answered(const struct nd_op *op, nd_err err)
{
    size_t count = 0;
    for (size_t i = 0; i < op->told.count; i++)
        count += !op->told.at[i].sent && op->told.at[i].err == err;
    return count;
}

static void test_storm(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op =
        nd_fake_op(f->fake, "update", "target", "hlr", "subscribers", "testers", NULL);
    nd_fake_stream(op);
    nd_fake_slots(op, 0, 50); /* before the connection is there */
    assert_true(nd_fake_answers(op, 50));
    assert_int_equal(answered(op, ND_OK), 50);
    nd_fake_slots(op, 50, 10); /* the first subscribers again */
    assert_true(nd_fake_answers(op, 60));
    assert_int_equal(f->results, 60);
    /* The HLR ends: what is under way is told, then it is tried again. */
    f->close_after = f->requests + 1;
    nd_fake_slots(op, 60, 5);
    assert_true(nd_fake_answers(op, 65));
    assert_true(answered(op, ND_EREFUSED) >= 4);
    f->close_after = 0;
    nd_ns till = nd_fake_now(f->fake) + ND_MS(250);
    while (nd_fake_now(f->fake) < till)
        nd_fake_answers(op, 1000000);
    nd_fake_slots(op, 65, 1);
    assert_true(nd_fake_answers(op, 66));
    assert_int_equal(op->told.at[op->told.count - 1].err, ND_OK);
    nd_fake_cancel(op);
}

static void test_rehearsal(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *subscribers;
        nd_err err;
    } list[] = {{"testers", ND_OK}, {"people", ND_EARG}};
    for (size_t i = 0; i < 2; i++) {
        struct nd_op *op = nd_fake_op(f->fake, "update", "target", "hlr", "subscribers",
                                      list[i].subscribers, NULL);
        nd_fake_rehearse(op);
        assert_int_equal(nd_fake_run(op), list[i].err);
    }
}

static void test_messages(void **state)
{
    (void)state;
    struct gsup_message m;
    uint8_t bytes[GSUP_MESSAGE];
    /* IMSI of 15 digits: half octets, low first, filled with 15 */
    static const uint8_t expected[] = {0,    15,   0xee, 0x05, 0x08, 0x01, 8,    0x00, 0x01,
                                       0x01, 0x00, 0x00, 0x00, 0x00, 0xf9, 0x28, 1,    1};
    size_t len = gsup_make(GSUP_SEND_AUTH_INFO, "001010000000009", GSUP_PS, NULL, bytes);
    assert_int_equal(len, sizeof expected);
    assert_memory_equal(bytes, expected, len);
    assert_int_equal(gsup_read(bytes + 4, len - 4, &m), 1);
    assert_string_equal(m.imsi, "001010000000009");
    assert_int_equal(m.domain, GSUP_PS);
    for (size_t cut = 0; cut + 4 < len; cut++)
        assert_true(gsup_read(bytes + 4, cut, &m) == 0 || cut == 11);
    static const uint8_t no_imsi[] = {0x0a, 0x28, 1, 1};
    assert_int_equal(gsup_read(no_imsi, sizeof no_imsi, &m), 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {T(test_single), T(test_refusals), T(test_storm),
                                       T(test_messages), T(test_rehearsal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
