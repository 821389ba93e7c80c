#include "base/units.h"
#include "reach.h"
#include "support/fake_host.h"

#include <arpa/inet.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Each probe against a far end of the test's own on loopback: one that answers, one that answers
 * something else, one that is not there. */

struct fixture {
    struct nd_fake *fake;
    int fd, conn; /* the far end */
    char port[8];
    struct nd_note facts[2];
    const char *reply; /* what the far end says; NULL: an echo */
    size_t reply_len;
};

static int set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    f->fd = f->conn = -1;
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
    if (f->fd >= 0)
        close(f->fd);
    if (f->conn >= 0)
        close(f->conn);
    free(f);
    return fault != NULL ? -1 : 0;
}

/* A socket of the far end on a free port of 127.0.0.1, and the target that names it. */
static void far_end(struct fixture *f, int type, void (*serve)(void *))
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    f->fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(f->fd, (struct sockaddr *)&at, &len), 0);
    if (type == SOCK_STREAM && serve != NULL)
        assert_int_equal(listen(f->fd, 8), 0);
    snprintf(f->port, sizeof f->port, "%d", ntohs(at.sin_port));
    const char *facts[] = {"port", f->port, NULL};
    nd_fake_target(f->fake, "far", "127.0.0.1", facts);
    if (serve != NULL)
        nd_fake_serve(f->fake, f->fd, serve, f);
}

static nd_err run(struct nd_op *op)
{
    nd_fake_deadline(op, ND_MS(300));
    nd_fake_start(op);
    return nd_fake_run(op);
}

static void answer_datagram(void *ctx)
{
    struct fixture *f = ctx;
    uint8_t bytes[2048];
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    ssize_t got = recvfrom(f->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &len);
    if (got < 0)
        return;
    if (f->reply == NULL)
        sendto(f->fd, bytes, (size_t)got, 0, (struct sockaddr *)&from, len);
    else
        sendto(f->fd, f->reply, f->reply_len, 0, (struct sockaddr *)&from, len);
}

static void test_udp(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_DGRAM, answer_datagram);
    struct nd_op *op = nd_fake_op(f->fake, "udp", "target", "far", "size", "200", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "rtt") > 0 && nd_fake_value(op, "rtt") < 3e8);
    /* Other octets are no echo of ours. */
    f->reply = "netdrill 00000000";
    f->reply_len = 17;
    op = nd_fake_op(f->fake, "udp", "target", "far", NULL);
    assert_int_equal(run(op), ND_ETIME);
    assert_int_equal(op->samples.count, 0);
}

static void test_udp_closed(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_DGRAM, answer_datagram);
    nd_fake_serve(f->fake, f->fd, NULL, NULL);
    close(f->fd);
    f->fd = -1;
    struct nd_op *op = nd_fake_op(f->fake, "udp", "target", "far", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "127.0.0.1"));
}

static void test_no_port(void **state)
{
    struct fixture *f = *state;
    const char *facts[] = {NULL};
    nd_fake_target(f->fake, "bare", "127.0.0.1", facts);
    struct nd_op *op = nd_fake_op(f->fake, "udp", "target", "bare", NULL);
    assert_int_equal(run(op), ND_EARG);
    assert_non_null(strstr(op->why, "'port: N'"));
    nd_fake_target(f->fake, "nowhere", NULL, facts);
    op = nd_fake_op(f->fake, "icmp", "target", "nowhere", NULL);
    assert_int_equal(run(op), ND_EARG);
    assert_non_null(strstr(op->why, "address"));
}

/* ---- TCP and HTTP ---- */

static void say(void *ctx)
{
    struct fixture *f = ctx;
    char heard[4096];
    if (recv(f->conn, heard, sizeof heard, MSG_DONTWAIT) <= 0) {
        nd_fake_serve(f->fake, f->conn, NULL, NULL);
        return;
    }
    send(f->conn, f->reply, f->reply_len, MSG_NOSIGNAL);
    shutdown(f->conn, SHUT_WR);
    nd_fake_serve(f->fake, f->conn, NULL, NULL);
}

static void take_connection(void *ctx)
{
    struct fixture *f = ctx;
    if (f->conn >= 0)
        close(f->conn);
    f->conn = accept4(f->fd, NULL, NULL, SOCK_CLOEXEC);
    if (f->conn >= 0 && f->reply != NULL)
        nd_fake_serve(f->fake, f->conn, say, f);
}

static void replies(struct fixture *f, const char *text)
{
    f->reply = text;
    f->reply_len = strlen(text);
}

static void test_tcp(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_STREAM, take_connection);
    struct nd_op *op = nd_fake_op(f->fake, "tcp", "target", "far", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "rtt") > 0);
    replies(f, "110 ready\r\n");
    op = nd_fake_op(f->fake, "tcp", "target", "far", "send", "help", "expect", "ready", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "answer") >= nd_fake_value(op, "rtt"));
    op = nd_fake_op(f->fake, "tcp", "target", "far", "send", "help", "expect", "gone", NULL);
    assert_int_equal(run(op), ND_EANSWER);
}

static void test_tcp_refused(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_STREAM, NULL); /* bound, and nobody listens */
    struct nd_op *op = nd_fake_op(f->fake, "tcp", "target", "far", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_int_equal(op->samples.count, 0);
}

static void test_tcp_silent(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_STREAM, take_connection); /* accepts, says nothing */
    struct nd_op *op =
        nd_fake_op(f->fake, "tcp", "target", "far", "send", "help", "expect", "ready", NULL);
    assert_int_equal(run(op), ND_ETIME);
}

static void test_http(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_STREAM, take_connection);
    replies(f, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome");
    struct nd_op *op = nd_fake_op(f->fake, "http", "target", "far", "expect", "come", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_float_equal(nd_fake_value(op, "status"), 200, 0);
    assert_float_equal(nd_fake_value(op, "octets"), 7, 0);
    assert_true(nd_fake_value(op, "connect") <= nd_fake_value(op, "rtt"));
    op = nd_fake_op(f->fake, "http", "target", "far", "expect", "closed", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "lacks the text"));
    replies(f, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    op = nd_fake_op(f->fake, "http", "target", "far", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "expected status 200, got 503"));
}

static void test_http_hostile(void **state)
{
    struct fixture *f = *state;
    static const char *const hostile[] = {
        "\x00\x01\x02garbage\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut short",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/9.9 abc\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    };
    far_end(f, SOCK_STREAM, take_connection);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        replies(f, hostile[i]);
        struct nd_op *op = nd_fake_op(f->fake, "http", "target", "far", NULL);
        assert_int_not_equal(run(op), ND_OK);
        assert_true(op->why[0] != '\0' || op->timed_out);
    }
    replies(f, "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"
               "012345678901234567890123456789012345678901234567890123456789");
    struct nd_op *op = nd_fake_op(f->fake, "http", "target", "far", "max", "20", NULL);
    assert_int_equal(run(op), ND_EANSWER);
}

static void test_inbox(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_STREAM, take_connection);
    replies(f, "HTTP/1.1 200 OK\r\nContent-Length: 41\r\n\r\n"
               "inbox\npath /first\nreports 3\nago_ns 70000\n");
    struct nd_op *op = nd_fake_op(f->fake, "inbox", "target", "far", "path", "/first", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_float_equal(nd_fake_value(op, "reports"), 3, 0);
    assert_float_equal(nd_fake_value(op, "ago"), 70000, 0);
    replies(f, "HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\ninbox\npath /first\nreports 0\n\n");
    op = nd_fake_op(f->fake, "inbox", "target", "far", "path", "/first", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_int_equal(op->samples.count, 1); /* no report, so none is so long ago */
    static const char *const others[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nwelcome",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        replies(f, others[i]);
        op = nd_fake_op(f->fake, "inbox", "target", "far", NULL);
        assert_int_equal(run(op), ND_EANSWER);
        assert_non_null(strstr(op->why, "expected an inbox"));
    }
}

static void test_http_cancel(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_STREAM, take_connection);
    struct nd_op *op = nd_fake_op(f->fake, "http", "target", "far", NULL);
    nd_fake_start(op);
    for (int i = 0; i < 5 && !op->finished; i++)
        nd_fake_turn(f->fake);
    nd_fake_cancel(op);
    assert_int_equal(nd_fake_run(op), ND_ECANCEL);
}

/* ---- DNS ---- */

/* Answers with `reply` behind the query's own identifier. */
static void answer_query(void *ctx)
{
    struct fixture *f = ctx;
    uint8_t bytes[2048];
    uint8_t out[2048];
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    if (recvfrom(f->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &len) < 2)
        return;
    memcpy(out, bytes, 2);
    memcpy(out + 2, f->reply, f->reply_len);
    sendto(f->fd, out, 2 + f->reply_len, 0, (struct sockaddr *)&from, len);
}

#define QUESTION "\4info\7example\0\0\1\0\1"
static const char good[] =
    "\x81\x80\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\x09\x00\x50";
static const char refused[] = "\x81\x85\0\1\0\0\0\0\0\0" QUESTION;
static const char nxdomain[] = "\x81\x83\0\1\0\0\0\0\0\0" QUESTION;

static nd_err ask(struct fixture *f, const char *reply, size_t len, struct nd_op **op)
{
    f->reply = reply;
    f->reply_len = len;
    *op = nd_fake_op(f->fake, "dns", "target", "far", "name", "info.example", "expect", "10.9.0.80",
                     NULL);
    return run(*op);
}

static void test_dns(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = NULL;
    far_end(f, SOCK_DGRAM, answer_query);
    assert_int_equal(ask(f, good, sizeof good - 1, &op), ND_OK);
    assert_float_equal(nd_fake_value(op, "answers"), 1, 0);
    assert_int_equal(ask(f, refused, sizeof refused - 1, &op), ND_EREFUSED);
    assert_int_equal(ask(f, nxdomain, sizeof nxdomain - 1, &op), ND_EANSWER);
    assert_float_equal(nd_fake_value(op, "rcode"), 3, 0);
    op = nd_fake_op(f->fake, "dns", "target", "far", "name", "a..b", NULL);
    assert_int_equal(run(op), ND_EARG);
}

/* Mutated and cut answers end in an answer, a refusal or the deadline. */
static void test_dns_mutated(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 5;
    far_end(f, SOCK_DGRAM, answer_query);
    for (int i = 0; i < 300; i++) {
        char bytes[sizeof good];
        memcpy(bytes, good, sizeof good);
        for (int k = rand_r(&seed) % 5; k >= 0; k--)
            bytes[(size_t)rand_r(&seed) % (sizeof good - 1)] = (char)rand_r(&seed);
        f->reply = bytes;
        f->reply_len =
            (size_t)rand_r(&seed) % 4 == 0 ? (size_t)rand_r(&seed) % sizeof good : sizeof good - 1;
        struct nd_op *op =
            nd_fake_op(f->fake, "dns", "target", "far", "name", "info.example", NULL);
        nd_fake_deadline(op, ND_MS(2));
        nd_fake_start(op);
        nd_err err = nd_fake_run(op);
        assert_true(err == ND_OK || err == ND_EANSWER || err == ND_EREFUSED || err == ND_ETIME);
    }
}

/* ---- streams ---- */

static void test_stream_udp(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_DGRAM, answer_datagram);
    struct nd_op *op = nd_fake_op(f->fake, "udp", "target", "far", "size", "40", NULL);
    nd_fake_stream(op);
    nd_fake_slots(op, 0, 50); /* more than a batch */
    assert_true(nd_fake_answers(op, 50));
    bool seen[50] = {false};
    for (size_t i = 0; i < op->told.count; i++) {
        const struct nd_fake_told *told = &op->told.at[i];
        assert_int_equal(told->err, ND_OK);
        assert_true(told->slot >= 0 && told->slot < 50);
        seen[told->slot] = seen[told->slot] || !told->sent;
    }
    for (size_t i = 0; i < 50; i++)
        assert_true(seen[i]);
    /* Another stream's octets are nobody's answer. */
    f->reply = "netdrill\0\0\0\0\0\0\0\0\0\0\0\1 more to make it forty octets";
    f->reply_len = 40;
    nd_fake_slots(op, 50, 1);
    assert_false(nd_fake_answers(op, 51));
    nd_fake_cancel(op);
}

/* With transmit stamps each slot's sending is told again, as the kernel had it, before its answer.
 */
static void test_stream_stamps(void **state)
{
    struct fixture *f = *state;
    nd_ns first[40] = {0};
    nd_ns left[40] = {0};
    far_end(f, SOCK_DGRAM, answer_datagram);
    struct nd_op *op = nd_fake_op(f->fake, "udp", "target", "far", "stamps", "both", NULL);
    nd_fake_stream(op);
    nd_fake_slots(op, 0, 40);
    assert_true(nd_fake_answers(op, 40));
    for (size_t i = 0; i < op->told.count; i++) {
        const struct nd_fake_told *told = &op->told.at[i];
        if (!told->sent) {
            assert_true(left[told->slot] != 0 && told->at >= left[told->slot]);
        } else if (first[told->slot] == 0) {
            first[told->slot] = told->at;
        } else {
            assert_int_equal(left[told->slot], 0);
            left[told->slot] = told->at;
            assert_true(llabs(left[told->slot] - first[told->slot]) < ND_SEC(1));
        }
    }
    op = nd_fake_op(f->fake, "udp", "target", "far", "stamps", "both", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "rtt") > 0);
}

static void test_stream_refused(void **state)
{
    struct fixture *f = *state;
    far_end(f, SOCK_DGRAM, answer_datagram);
    nd_fake_serve(f->fake, f->fd, NULL, NULL);
    close(f->fd);
    f->fd = -1;
    struct nd_op *op = nd_fake_op(f->fake, "udp", "target", "far", NULL);
    nd_fake_stream(op);
    /* Each error finds its own slot, one after the other and several at once. */
    for (int64_t slot = 0; slot < 6; slot += slot < 3 ? 1 : 3) {
        nd_fake_slots(op, slot, slot < 3 ? 1 : 3);
        nd_fake_answers(op, (size_t)slot + (slot < 3 ? 1 : 3));
    }
    size_t errors = 0;
    for (size_t i = 0; i < op->told.count; i++)
        errors += !op->told.at[i].sent && op->told.at[i].err == ND_EREFUSED;
    assert_int_equal(errors, 6);
    nd_fake_cancel(op);
}

/* A test by one function, on an address. */
#define ON(test, function, address)                                                                \
    static void test(void **state)                                                                 \
    {                                                                                              \
        function(*state, address);                                                                 \
    }

static void stream_loopback(struct fixture *f, const char *address)
{
    const char *facts[] = {NULL};
    nd_fake_target(f->fake, address, address, facts);
    struct nd_op *op = nd_fake_op(f->fake, "icmp", "target", address, NULL);
    struct nd_op *other = nd_fake_op(f->fake, "icmp", "target", address, NULL);
    nd_fake_stream(op);
    if (op->finished && (op->err == ND_ERIGHTS || op->err == ND_EREACH))
        skip(); /* no rights to ping, or no such family here */
    nd_fake_stream(other);
    nd_fake_slots(op, 7, 40);
    nd_fake_slots(other, 1000, 1);
    if (nd_fake_answers(op, 1) && !op->told.at[op->told.count - 1].sent &&
        op->told.at[op->told.count - 1].err != ND_OK)
        skip(); /* no such address on this machine */
    assert_true(nd_fake_answers(op, 40));
    assert_true(nd_fake_answers(other, 1));
    for (size_t i = 0; i < op->told.count; i++)
        assert_true(op->told.at[i].slot >= 7 && op->told.at[i].slot < 47);
    nd_fake_cancel(op);
    nd_fake_cancel(other);
}

ON(test_stream_icmp_v4, stream_loopback, "127.0.0.1")
ON(test_stream_icmp_v6, stream_loopback, "::1")

/* ---- ICMP ---- */

static void loopback_echo(struct fixture *f, const char *address)
{
    const char *facts[] = {NULL};
    nd_fake_target(f->fake, address, address, facts);
    struct nd_op *op = nd_fake_op(f->fake, "icmp", "target", address, NULL);
    nd_err err = run(op);
    if (err == ND_ERIGHTS || err == ND_EREACH)
        skip(); /* no rights to ping, or no such family here */
    assert_int_equal(err, ND_OK);
    assert_true(nd_fake_value(op, "rtt") > 0);
}

ON(test_icmp_v4, loopback_echo, "127.0.0.1")
ON(test_icmp_v6, loopback_echo, "::1")

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_udp),
        WITH(test_udp_closed),
        WITH(test_no_port),
        WITH(test_tcp),
        WITH(test_tcp_refused),
        WITH(test_tcp_silent),
        WITH(test_http),
        WITH(test_http_hostile),
        WITH(test_http_cancel),
        WITH(test_inbox),
        WITH(test_dns),
        WITH(test_dns_mutated),
        WITH(test_stream_udp),
        WITH(test_stream_stamps),
        WITH(test_stream_refused),
        WITH(test_stream_icmp_v4),
        WITH(test_stream_icmp_v6),
        WITH(test_icmp_v4),
        WITH(test_icmp_v6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
