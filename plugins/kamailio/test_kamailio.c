#include "base/units.h"
#include "support/far_end.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A far end on loopback that answers as kamailio 5.6 does, with a table of one entry. */

struct fixture {
    struct nd_fake *fake;
    int fd, silent;
    json_t *value;      /* NULL: absent */
    const char *reply;  /* instead of an answer */
    char methods[2048]; /* asked for */
    char port[16];
    const char *facts[7]; /* of the entry */
};

static json_t *answer(struct fixture *f, const char *method, const json_t *params)
{
    if (strcmp(json_string_value(json_array_get(params, 0)), "drm") != 0)
        return json_pack("{s:{s:i, s:s}}", "error", "code", 500, "message", "No such htable");
    if (strcmp(method, "htable.dump") == 0)
        return json_pack("{s:[{s:i, s:[{s:s}, {s:s}]}, {s:i, s:[{s:s}]}]}", "result", "entry", 1,
                         "slot", "name", "a", "name", "b", "entry", 2, "slot", "name", "c");
    if (strcmp(method, "htable.get") == 0)
        return f->value != NULL ? json_pack("{s:{s:{s:O}}}", "result", "item", "value", f->value)
                                : json_pack("{s:{s:i, s:s}}", "error", "code", 500, "message",
                                            "Key name doesn't exist in htable.");
    json_decref(f->value);
    f->value = json_incref(json_array_get(params, 2)); /* NULL: deleted */
    return json_pack("{s:s}", "result", "Ok.");
}

static void far_end(void *ctx)
{
    struct fixture *f = ctx;
    char in[1024];
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    ssize_t got = recvfrom(f->fd, in, sizeof in, 0, (struct sockaddr *)&from, &len);
    json_t *request = got > 0 ? json_loadb(in, (size_t)got, 0, NULL) : NULL;
    if (request == NULL || f->silent-- > 0) {
        json_decref(request);
        return;
    }
    const char *method = json_string_value(json_object_get(request, "method"));
    size_t said = strlen(f->methods);
    snprintf(f->methods + said, sizeof f->methods - said, "%s ", method);
    json_t *reply = answer(f, method, json_object_get(request, "params"));
    json_object_set(reply, "id", json_object_get(request, "id"));
    char *text = f->reply != NULL ? strdup(f->reply) : json_dumps(reply, 0);
    sendto(f->fd, text, strlen(text), 0, (struct sockaddr *)&from, len);
    free(text);
    json_decref(reply);
    json_decref(request);
}

static int set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    f->fd = nd_far_end(f->fake, "far", SOCK_DGRAM);
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
    json_decref(f->value);
    close(f->fd);
    free(f);
    return fault != NULL ? -1 : 0;
}

/* The far end's address, with a table and a key. */
static void make_entry(struct fixture *f, const char *name, const char *table, const char *key)
{
    struct sockaddr_in at = {.sin_port = 0};
    socklen_t len = sizeof at;
    getsockname(f->fd, (struct sockaddr *)&at, &len);
    snprintf(f->port, sizeof f->port, "%d", ntohs(at.sin_port));
    const char *facts[] = {"port", f->port, "table", table, "key", key, NULL};
    memcpy(f->facts, facts, sizeof facts);
    nd_fake_target(f->fake, name, "127.0.0.1", f->facts);
}

static struct nd_op *made(struct fixture *f)
{
    make_entry(f, "entry", "drm", "jia.test");
    struct nd_op *op = nd_fake_op(f->fake, "set", "entry", "entry", NULL);
    assert_int_equal(nd_fake_plan(op), ND_OK);
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_int_equal(json_integer_value(f->value), 1);
    return op;
}

static void test_set(void **state)
{
    struct fixture *f = *state;
    const char *why = NULL;
    struct nd_op *op = made(f);
    assert_int_equal(nd_fake_prove(op, &why), ND_OK);
    assert_int_equal(nd_fake_verify(op, &why), ND_ESTATE);
    assert_non_null(strstr(why, "'jia.test' of 'drm' is 'i 1', before it was 'absent'"));
    for (int i = 0; i < 2; i++) { /* the second time there is nothing to do */
        assert_int_equal(nd_fake_undo(op, &why), ND_OK);
        assert_null(f->value);
        assert_int_equal(nd_fake_verify(op, &why), ND_OK);
    }
    assert_int_equal(nd_fake_prove(op, &why), ND_ESTATE);
    assert_string_equal(f->methods,
                        "htable.get htable.seti htable.get htable.get htable.get htable.delete "
                        "htable.get htable.get htable.get htable.get ");
}

/* What was there before comes back, number or text; what somebody else has set meanwhile stays. */
static void test_before(void **state)
{
    struct fixture *f = *state;
    const char *why = NULL;
    f->value = json_integer(0);
    struct nd_op *op = made(f);
    assert_int_equal(nd_fake_undo(op, &why), ND_OK);
    assert_int_equal(json_integer_value(f->value), 0);
    json_decref(f->value);
    f->value = json_string("closed");
    op = made(f);
    assert_int_equal(nd_fake_undo(op, &why), ND_OK);
    assert_string_equal(json_string_value(f->value), "closed");
    op = made(f);
    json_decref(f->value);
    f->value = json_integer(7);
    assert_int_equal(nd_fake_undo(op, &why), ND_ESTATE);
    assert_non_null(strstr(why, "neither ours nor what was before"));
    assert_int_equal(json_integer_value(f->value), 7);
}

static void test_refused(void **state)
{
    struct fixture *f = *state;
    const char *why = NULL;
    make_entry(f, "elsewhere", "none", "jia.test");
    struct nd_op *op = nd_fake_op(f->fake, "set", "entry", "elsewhere", NULL);
    assert_int_equal(nd_fake_plan(op), ND_EREFUSED);
    assert_non_null(strstr(op->why, "No such htable"));
    op = nd_fake_op(f->fake, "set", "entry", "far", NULL); /* no table */
    assert_int_equal(nd_fake_plan(op), ND_EARG);
    f->value = json_real(0.5);
    make_entry(f, "entry", "drm", "jia.test");
    op = nd_fake_op(f->fake, "set", "entry", "entry", NULL);
    assert_int_equal(nd_fake_plan(op), ND_EANSWER);
    json_decref(f->value);
    f->value = NULL;
    op = made(f);
    nd_fake_serve(f->fake, f->fd, NULL, NULL);
    close(f->fd);
    assert_int_equal(nd_fake_verify(op, &why), ND_EREFUSED); /* nobody there: not as before */
    f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* Asked again when nothing comes; what is no answer to it is not taken for one. */
static void test_count(void **state)
{
    struct fixture *f = *state;
    make_entry(f, "table", "drm", "");
    f->silent = 1;
    struct nd_op *op = nd_fake_op(f->fake, "count", "table", "table", NULL);
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_true(nd_fake_value(op, "count") == 3);
    static const char *const odd[] = {"", "{", "[]", "7", "{\"id\": 99999, \"result\": []}"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        f->reply = odd[i];
        op = nd_fake_op(f->fake, "count", "table", "table", NULL);
        nd_fake_deadline(op, ND_MS(50));
        nd_fake_start(op);
        assert_int_equal(nd_fake_run(op), ND_ETIME);
    }
}

/* What it holds, number or text, and what was expected of it. */
static void test_get(void **state)
{
    struct fixture *f = *state;
    make_entry(f, "entry", "drm", "jia.test");
    struct nd_op *op = nd_fake_op(f->fake, "get", "entry", "entry", NULL);
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_EREFUSED);
    assert_string_equal(op->why, "'jia.test' is not in 'drm'");
    static const struct {
        const char *expect;
        nd_err err;
    } asked[] = {
        {NULL, ND_OK}, {"23.1 120.1", ND_OK}, {"23.1 120.2", ND_EREFUSED}, {"", ND_EREFUSED}};
    f->value = json_string("23.1 120.1");
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        op = asked[i].expect == NULL
                 ? nd_fake_op(f->fake, "get", "entry", "entry", NULL)
                 : nd_fake_op(f->fake, "get", "entry", "entry", "expect", asked[i].expect, NULL);
        nd_fake_start(op);
        assert_int_equal(nd_fake_run(op), asked[i].err);
    }
    assert_string_equal(op->why, "'jia.test' of 'drm' holds '23.1 120.1', expected ''");
    json_decref(f->value);
    f->value = json_integer(7);
    op = nd_fake_op(f->fake, "get", "entry", "entry", "expect", "7", NULL);
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_get, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
