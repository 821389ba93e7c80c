#include "base/units.h"
#include "support/far_end.h"
#include "voice.h"

#include <arpa/inet.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A far end of the test's own on loopback: it answers each request from a table, by its method.
 * tests/net/sip.py has a real proxy. */

struct reply {
    const char *method;
    int skip; /* requests of the method that are not answered first */
    const char *status;
    const char *more; /* header lines */
    const char *sdp;
};

struct fixture {
    struct nd_fake *fake;
    int fd;
    const struct reply *replies;
    int seen[8];
    int hangs_up;  /* after the call's ACK */
    int echo;      /* of RTP; loses packets 3 and 4 */
    int forks;     /* a second branch answers too */
    int crosses;   /* it picks up when it is told of the CANCEL */
    char log[512]; /* methods heard, and status lines */
    char last[4096];
};

/* The value of a header line of a request, with its name. */
static void header(const char *text, const char *name, char *line, size_t bytes)
{
    const char *at = strstr(text, name);
    size_t len = at != NULL ? strcspn(at, "\r\n") : 0;
    snprintf(line, bytes, "%.*s", (int)len, at != NULL ? at : "");
}

static void far_end(void *ctx)
{
    struct fixture *f = ctx;
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    char out[4096];
    char via[256];
    char to[256];
    char rest[3][256];
    ssize_t got =
        recvfrom(f->fd, f->last, sizeof f->last - 1, 0, (struct sockaddr *)&from, &from_len);
    if (got <= 0)
        return;
    f->last[got] = '\0';
    size_t len = strlen(f->log);
    snprintf(f->log + len, sizeof f->log - len, "%.*s ", (int)strcspn(f->last, " "), f->last);
    header(f->last, "Via: ", via, sizeof via);
    header(f->last, "To: ", to, sizeof to);
    header(f->last, "From: ", rest[0], sizeof rest[0]);
    header(f->last, "Call-ID: ", rest[1], sizeof rest[1]);
    header(f->last, "CSeq: ", rest[2], sizeof rest[2]);
    if (f->crosses && strncmp(f->last, "CANCEL", 6) == 0) {
        int size = snprintf(out, sizeof out,
                            "SIP/2.0 200 OK\r\n%s\r\n%s;tag=far\r\n%s\r\n%s\r\nCSeq: 1 INVITE\r\n"
                            "Content-Length: 0\r\n\r\n",
                            via, to, rest[0], rest[1]);
        sendto(f->fd, out, (size_t)size, 0, (struct sockaddr *)&from, from_len);
    }
    if (f->hangs_up && strncmp(f->last, "ACK", 3) == 0) {
        int size = snprintf(
            out, sizeof out,
            "BYE sip:alice@here SIP/2.0\r\nv: SIP/2.0/UDP far;branch=z9hG4bKfar\r\nFrom: %s\r\n"
            "To: %s\r\n%s\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
            to + 4, rest[0] + 6, rest[1]);
        sendto(f->fd, out, (size_t)size, 0, (struct sockaddr *)&from, from_len);
    }
    for (int i = 0; f->replies != NULL && f->replies[i].method != NULL; i++) {
        const struct reply *r = &f->replies[i];
        if (strncmp(f->last, r->method, strlen(r->method)) != 0 || f->seen[i]++ < r->skip)
            continue;
        const char *sdp = r->sdp != NULL ? r->sdp : "";
        for (int k = 0; k <= (f->forks && r->status[0] == '2' && r->sdp != NULL); k++) {
            int size = snprintf(
                out, sizeof out,
                "SIP/2.0 %s\r\n%s\r\n%s%s%s\r\n%s\r\n%s\r\n%s\r\n%s%s"
                "Content-Length: %zu\r\n\r\n%s",
                r->status, via, to, strstr(to, "tag=") != NULL ? "" : ";tag=far", k != 0 ? "2" : "",
                rest[0], rest[1], rest[2], r->more != NULL ? r->more : "",
                r->sdp != NULL ? "Content-Type: application/sdp\r\n" : "", strlen(sdp), sdp);
            sendto(f->fd, out, (size_t)size, 0, (struct sockaddr *)&from, from_len);
        }
        if (strncmp(r->status, "1", 1) != 0)
            break;
    }
}

static int set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    f->fd = nd_far_end(f->fake, "proxy", SOCK_DGRAM);
    static const char *alice[] = {
        "aor", "sip:alice@jia.test", "user", "alice", "password", "secret", NULL};
    static const char *bob[] = {"uri", "sip:bob@yi.test", NULL};
    static const char *centre[] = {"uri", "tel:1-1-2", NULL};
    static const char *broken[] = {"uri", "sip:x@y\r\nEvil: 1", NULL};
    nd_fake_target(f->fake, "alice", NULL, alice);
    nd_fake_target(f->fake, "bob", NULL, bob);
    nd_fake_target(f->fake, "centre", NULL, centre);
    nd_fake_target(f->fake, "broken", NULL, broken);
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
    nd_fake_deadline(op, ND_MS(1500));
    nd_fake_start(op);
    return nd_fake_run(op);
}

static void test_options(void **state)
{
    struct fixture *f = *state;
    /* the first is lost: it is sent again after half a second */
    f->replies = (const struct reply[]){{"OPTIONS", 1, "200 OK", NULL, NULL}, {0}};
    struct nd_op *op = nd_fake_op(f->fake, "options", "target", "proxy", "priority", "ets.0", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_string_equal(f->log, "OPTIONS OPTIONS ");
    assert_non_null(
        strstr(f->last, "\r\nResource-Priority: ets.0\r\nRequire: resource-priority\r\n"));
    assert_true(nd_fake_value(op, "rtt") >= 5e8);
    f->replies = (const struct reply[]){{"OPTIONS", 0, "503 Busy", NULL, NULL}, {0}};
    op = nd_fake_op(f->fake, "options", "target", "proxy", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "answered 503 Busy"));
    op = nd_fake_op(f->fake, "options", "target", "proxy", "priority", "a b", NULL);
    assert_int_equal(run(op), ND_EARG);
}

static void test_stream(void **state)
{
    struct fixture *f = *state;
    f->replies = (const struct reply[]){{"OPTIONS", 2, "200 OK", NULL, NULL}, {0}};
    struct nd_op *op = nd_fake_op(f->fake, "options", "target", "proxy", NULL);
    nd_fake_stream(op);
    nd_fake_slots(op, 0, 10);
    assert_true(nd_fake_answers(op, 8));
    int64_t sum = 0;
    for (size_t i = 0; i < op->told.count; i++)
        sum += op->told.at[i].sent ? 0 : op->told.at[i].slot;
    assert_int_equal(sum, 44); /* all but 0 and 1 */
    nd_fake_cancel(op);
}

static const char challenge[] =
    "WWW-Authenticate: Digest realm=\"jia.test\", nonce=\"abc\", qop=\"auth\"\r\n";

static void test_register(void **state)
{
    struct fixture *f = *state;
    f->replies = (const struct reply[]){{"REGISTER", 1, "200 OK", NULL, NULL},
                                        {"REGISTER", 0, "401 Unauthorized", challenge, NULL},
                                        {0}};
    struct nd_op *op = nd_fake_op(f->fake, "register", "target", "proxy", "account", "alice", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "challenged") == 1);
    assert_non_null(strstr(f->last, "REGISTER sip:jia.test SIP/2.0"));
    assert_non_null(
        strstr(f->last, "Authorization: Digest username=\"alice\", realm=\"jia.test\""));
    assert_non_null(strstr(f->last, "CSeq: 2 REGISTER"));
    /* a newer digest is asked for first, one that can be met behind it */
    static const char both[] =
        "WWW-Authenticate: Digest realm=\"jia.test\", nonce=\"a\", algorithm=SHA-256, "
        "qop=\"auth\"\r\n"
        "WWW-Authenticate: Digest realm=\"jia.test\", nonce=\"b\", algorithm=MD5, qop=\"auth\"\r\n";
    f->replies = (const struct reply[]){{"REGISTER", 1, "200 OK", NULL, NULL},
                                        {"REGISTER", 0, "401 Unauthorized", both, NULL},
                                        {0}};
    memset(f->seen, 0, sizeof f->seen);
    op = nd_fake_op(f->fake, "register", "target", "proxy", "account", "alice", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_non_null(strstr(f->last, "nonce=\"b\""));
    /* challenged again: refused, not asked for ever */
    f->replies = (const struct reply[]){{"REGISTER", 0, "401 Unauthorized", challenge, NULL}, {0}};
    f->log[0] = '\0';
    op = nd_fake_op(f->fake, "register", "target", "proxy", "account", "alice", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    assert_string_equal(f->log, "REGISTER REGISTER ");
}

static void test_call(void **state)
{
    struct fixture *f = *state;
    static const char contact[] = "Contact: <sip:bob@127.0.0.9>\r\nRecord-Route: <sip:one;lr>\r\n"
                                  "Record-Route: <sip:two;lr>\r\n";
    f->replies = (const struct reply[]){{"INVITE", 0, "180 Ringing", NULL, NULL},
                                        {"INVITE", 0, "200 OK", contact, NULL},
                                        {"BYE", 0, "200 OK", NULL, NULL},
                                        {0}};
    struct nd_op *op = nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to",
                                  "bob", "held", "50ms", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_string_equal(f->log, "INVITE ACK BYE ");
    assert_true(nd_fake_value(op, "ringing") <= nd_fake_value(op, "setup"));
    assert_non_null(strstr(f->last, "BYE sip:bob@127.0.0.9 SIP/2.0"));
    assert_non_null(strstr(f->last, "Route: <sip:two;lr>\r\nRoute: <sip:one;lr>\r\n"));
    f->replies = (const struct reply[]){{"INVITE", 0, "403 Roaming not allowed", NULL, NULL}, {0}};
    f->log[0] = '\0';
    op = nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to", "bob", NULL);
    assert_int_equal(run(op), ND_EREFUSED);
    far_end(f);
    assert_string_equal(f->log, "INVITE ACK ");
    assert_true(nd_fake_value(op, "status") == 403);
}

static void echo(void *ctx)
{
    struct fixture *f = ctx;
    uint8_t packet[2048];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    ssize_t got = recvfrom(f->echo, packet, sizeof packet, 0, (struct sockaddr *)&from, &from_len);
    if (got == RTP_MAX && packet[3] != 3 && packet[3] != 4)
        sendto(f->echo, packet, (size_t)got, 0, (struct sockaddr *)&from, from_len);
}

/* A port that echoes, and the SDP that says so. */
static void open_echo(struct fixture *f, char *sdp, size_t bytes)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    f->echo = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(f->echo, (struct sockaddr *)&at, len), 0);
    getsockname(f->echo, (struct sockaddr *)&at, &len);
    nd_fake_serve(f->fake, f->echo, echo, f);
    snprintf(sdp, bytes,
             "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
             "m=audio %d RTP/AVP 0 101\r\na=rtpmap:0 pcmu/8000/1\r\n",
             ntohs(at.sin_port));
}

static struct nd_op *voice_call(struct fixture *f, const char *lasts, const char *codec)
{
    f->log[0] = '\0';
    return nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to", "bob", "held",
                      lasts, "voice", codec, NULL);
}

static void test_voice(void **state)
{
    struct fixture *f = *state;
    char sdp[400];
    open_echo(f, sdp, sizeof sdp);
    f->replies = (const struct reply[]){
        {"INVITE", 0, "200 OK", NULL, sdp}, {"BYE", 0, "200 OK", NULL, NULL}, {0}};
    f->forks = 1;
    struct nd_op *op = voice_call(f, "190ms", "g711");
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_string_equal(f->log, "INVITE ACK ACK BYE BYE ");
    assert_true(nd_fake_value(op, "branches") == 2);
    /* held up, a test sends less; what it sent and lost it knows */
    double packets = nd_fake_value(op, "voice_packets");
    assert_true(packets >= 1 && packets <= 10);
    assert_true(nd_fake_value(op, "voice_loss") <= 2 / packets + 1e-9);
    assert_true(nd_fake_value(op, "mos") > 1 && nd_fake_value(op, "r_factor") > 0);
    assert_true(nd_fake_value(op, "mouth_to_ear") >= 8e7);
    assert_true(nd_fake_value(op, "heard") >= nd_fake_value(op, "setup"));
    close(f->echo);
    nd_fake_serve(f->fake, f->echo, NULL, NULL);
}

static void test_voice_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *sdp, *words;
    } cases[] = {
        {NULL, "without audio"},
        {"v=0\r\nm=audio 0 RTP/AVP 0\r\n", "without audio"},
        {"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
         "m=audio 4000 RTP/AVP 8\r\n",
         "no voice of that codec"},
        {"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
         "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n",
         "no voice both ways"},
        {"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 239.1.1.1\r\nt=0 0\r\n"
         "m=audio 4000 RTP/AVP 0\r\n",
         "where none may go"},
        {"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
         "m=audio 53 RTP/AVP 0\r\n",
         "where none may go"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f->replies = (const struct reply[]){{"INVITE", 0, "200 OK", NULL, cases[i].sdp}, {0}};
        struct nd_op *op = voice_call(f, "100ms", "g711");
        assert_int_equal(run(op), ND_EANSWER);
        assert_non_null(strstr(op->why, cases[i].words));
        far_end(f);
        far_end(f);
        assert_string_equal(f->log, "INVITE ACK BYE ");
    }
}

static void test_message(void **state)
{
    struct fixture *f = *state;
    f->replies = (const struct reply[]){{"MESSAGE", 1, "202 Accepted", NULL, NULL},
                                        {"MESSAGE", 0, "401 Unauthorized", challenge, NULL},
                                        {0}};
    struct nd_op *op = nd_fake_op(f->fake, "message", "target", "proxy", "account", "alice", "to",
                                  "bob", "text", "集合 now", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "status") == 202 && nd_fake_value(op, "delivered") == 0);
    assert_non_null(strstr(f->last, "\r\n\r\n演練 EXERCISE: 集合 now"));
    assert_non_null(strstr(f->last, "Content-Type: text/plain;charset=UTF-8\r\n"));
    static const char *const bad[] = {"centre", "hello", "bob", "tab\there"};
    for (size_t i = 0; i < 4; i += 2) {
        op = nd_fake_op(f->fake, "message", "target", "proxy", "account", "alice", "to", bad[i],
                        "text", bad[i + 1], NULL);
        assert_int_equal(run(op), ND_EARG);
        op = nd_fake_op(f->fake, "message", "target", "proxy", "account", "alice", "to", bad[i],
                        "text", bad[i + 1], NULL);
        nd_fake_rehearse(op);
        assert_int_equal(nd_fake_run(op), ND_EARG);
    }
}

static void test_priority(void **state)
{
    struct fixture *f = *state;
    f->replies = (const struct reply[]){{"OPTIONS", 0, "200 OK", NULL, NULL}, {0}};
    struct nd_op *op = nd_fake_op(f->fake, "options", "target", "proxy", "priority", "ets.1", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "rank") == 2);
    op = nd_fake_op(f->fake, "options", "target", "proxy", "priority", "mcpttp.16", NULL);
    assert_int_equal(run(op), ND_EARG);
    assert_non_null(strstr(op->why, "the lowest is 0, the highest 15"));
    op = nd_fake_op(f->fake, "options", "target", "proxy", "priority", "mcpttp.0", NULL);
    assert_int_equal(run(op), ND_OK);
    assert_true(nd_fake_value(op, "rank") == 16);
    op = nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to", "bob", "priority",
                    "ets.0", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_true(nd_fake_value(op, "rank") == 1);
}

static void test_call_rehearsed(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op = voice_call(f, "10ms", "evs");
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_true(nd_fake_value(op, "mos") > 4);
    op = voice_call(f, "10ms", "none");
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_true(isnan(nd_fake_value(op, "mos")));
}

static void test_call_cancelled(void **state)
{
    struct fixture *f = *state;
    f->replies = (const struct reply[]){{"INVITE", 0, "180 Ringing", NULL, NULL}, {0}};
    struct nd_op *op =
        nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to", "bob", NULL);
    nd_fake_deadline(op, ND_MS(200));
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_ETIME);
    assert_string_equal(f->log, "INVITE CANCEL ");
}

/* The other end picks up while the call is being cancelled. */
static void test_cancel_crosses(void **state)
{
    struct fixture *f = *state;
    f->replies = (const struct reply[]){{"INVITE", 0, "180 Ringing", NULL, NULL}, {0}};
    struct nd_op *op =
        nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to", "bob", NULL);
    nd_fake_start(op);
    while (isnan(nd_fake_value(op, "ringing")))
        nd_fake_turn(f->fake);
    /* what comes of the CANCEL is late, and tells of the INVITE */
    f->crosses = 1;
    nd_fake_cancel(op);
    assert_int_equal(nd_fake_run(op), ND_ECANCEL);
    far_end(f);
    far_end(f);
    assert_string_equal(f->log, "INVITE CANCEL ACK BYE ");
}

/* Hung up when it is cancelled, again when that is lost. */
static void test_cancelled_talking(void **state)
{
    struct fixture *f = *state;
    f->replies = (const struct reply[]){
        {"INVITE", 0, "200 OK", NULL, NULL}, {"BYE", 1, "200 OK", NULL, NULL}, {0}};
    struct nd_op *op = nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to",
                                  "bob", "held", "60s", NULL);
    nd_fake_start(op);
    while (strstr(f->log, "ACK") == NULL)
        nd_fake_turn(f->fake);
    nd_fake_cancel(op);
    assert_int_equal(nd_fake_run(op), ND_ECANCEL);
    assert_string_equal(f->log, "INVITE ACK BYE BYE ");
}

/* What is to be kept secret is not sent to be found out about. */
static void test_sips(void **state)
{
    struct fixture *f = *state;
    static const char *secret[] = {"uri", "sips:bob@yi.test", NULL};
    nd_fake_target(f->fake, "secret", NULL, secret);
    struct nd_op *op =
        nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to", "secret", NULL);
    assert_int_equal(run(op), ND_EARG);
    op = nd_fake_op(f->fake, "message", "target", "proxy", "account", "alice", "to", "secret",
                    "text", "x", NULL);
    assert_int_equal(run(op), ND_EARG);
    for (int i = 0; i < 5; i++)
        nd_fake_turn(f->fake);
    assert_string_equal(f->log, "");
}

static void test_hung_up(void **state)
{
    struct fixture *f = *state;
    f->replies = (const struct reply[]){{"INVITE", 0, "200 OK", NULL, NULL}, {0}};
    f->hangs_up = 1;
    struct nd_op *op = nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to",
                                  "bob", "held", "60s", NULL);
    assert_int_equal(run(op), ND_EANSWER);
    assert_non_null(strstr(op->why, "the other end hung up"));
    far_end(f);
    assert_string_equal(f->log, "INVITE ACK SIP/2.0 ");
    assert_non_null(strstr(f->last, "SIP/2.0 200 OK\r\nv: SIP/2.0/UDP far;branch=z9hG4bKfar\r\n"));
    assert_non_null(strstr(f->last, "CSeq: 1 BYE\r\n"));
}

static void test_guards(void **state)
{
    struct fixture *f = *state;
    struct nd_op *op =
        nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to", "centre", NULL);
    assert_int_equal(run(op), ND_EARG);
    assert_non_null(strstr(op->why, "'emergency_calls_agreed: true'"));
    op = nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to", "broken", NULL);
    assert_int_equal(run(op), ND_EARG);
    op = nd_fake_op(f->fake, "call", "target", "proxy", "account", "alice", "to", "centre", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_EARG);
    assert_string_equal(f->log, "");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {T(test_options),
                                       T(test_stream),
                                       T(test_register),
                                       T(test_call),
                                       T(test_call_cancelled),
                                       T(test_cancel_crosses),
                                       T(test_cancelled_talking),
                                       T(test_sips),
                                       T(test_hung_up),
                                       T(test_guards),
                                       T(test_voice),
                                       T(test_voice_refused),
                                       T(test_call_rehearsed),
                                       T(test_message),
                                       T(test_priority)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
