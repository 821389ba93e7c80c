#include "../common/probe.h"
#include "profile.h"
#include "support/far_end.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What an NRF answers, and the verbs as far as they go without HTTP/2, which is tested in
 * tests/net/sbi.py against servers of others. */

static const char *list(const char *text, size_t most, struct sbi_ids *ids)
{
    return sbi_read_list(text, strlen(text), most, ids);
}

static void test_list(void **state)
{
    (void)state;
    struct sbi_ids ids;
    assert_null(list("{\"_links\":{\"item\":["
                     "{\"href\":\"http://nrf.test:7777/nnrf-nfm/v1/nf-instances/b-2\"},"
                     "{\"href\":\"a-1\"},{\"href\":\"/nf-instances/b-2\"}],"
                     "\"self\":{\"href\":\"x\"}},\"totalItemCount\":2}",
                     3, &ids));
    assert_int_equal(ids.count, 2);
    assert_string_equal(ids.at[0], "a-1");
    assert_string_equal(ids.at[1], "b-2");
    free(ids.at);
    assert_null(list("{\"_links\":{\"items\":[{\"href\":\"/x/a\"}]}}", 1, &ids));
    assert_int_equal(ids.count, 1);
    free(ids.at);
    assert_null(list("{\"_links\":{\"self\":{\"href\":\"x\"}}}", 1, &ids));
    assert_int_equal(ids.count, 0);
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "no JSON object"},
        {"[]", "no JSON object"},
        {"{}", "no list"},
        {"{\"_links\":{\"item\":7}}", "no list"},
        {"{\"_links\":{\"item\":[{\"href\":\"/a\"},{\"href\":\"/b\"},{\"href\":\"/c\"}]}}",
         "more NF"},
        {"{\"_links\":{\"item\":[{\"href\":\"/a?b=c\"}]}}", "no URI"},
        {"{\"_links\":{\"item\":[{\"href\":\"/nf-instances/\"}]}}", "no URI"},
        {"{\"_links\":{\"item\":[{\"href\":\"/nf-instances/..\"}]}}", "no URI"},
        {"{\"_links\":{\"item\":[{}]}}", "no URI"},
        {"{\"_links\":{\"item\":[{\"href\":\"/a\"}", "no JSON object"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *wrong = list(bad[i].text, 2, &ids);
        assert_non_null(wrong);
        assert_non_null(strstr(wrong, bad[i].words));
        assert_null(ids.at);
    }
    assert_non_null(sbi_read_list(NULL, 0, 1, &ids));
}

static const char *profile(const char *text, struct sbi_inventory *inventory)
{
    return sbi_read_profile(text, strlen(text), inventory);
}

static void test_profiles(void **state)
{
    (void)state;
    struct sbi_inventory inventory = {0};
    assert_null(profile("{\"nfInstanceId\":\"a\",\"nfType\":\"AMF\",\"nfStatus\":\"REGISTERED\"}",
                        &inventory));
    assert_null(profile("{\"nfType\":\"AMF\",\"nfStatus\":\"SUSPENDED\"}", &inventory));
    assert_null(profile("{\"nfType\":\"5G_EIR\",\"nfStatus\":\"REGISTERED\"}", &inventory));
    assert_null(profile("{\"nfType\":\"UPF\",\"nfStatus\":\"CANARY_RELEASE\"}", &inventory));
    assert_non_null(profile("{\"nfType\":\"AMF\"}", &inventory));
    assert_non_null(profile("{\"nfType\":\"amf\\n\",\"nfStatus\":\"REGISTERED\"}", &inventory));
    assert_non_null(profile("x", &inventory));
    assert_int_equal(inventory.instances, 4);
    assert_int_equal(inventory.by_status[SBI_REGISTERED], 2);
    assert_int_equal(inventory.by_status[SBI_SUSPENDED], 1);
    assert_int_equal(inventory.by_status[SBI_OTHER], 1);
    assert_int_equal(sbi_registered(&inventory, "AMF"), 1);
    assert_int_equal(sbi_registered(&inventory, "5G_EIR"), 1);
    assert_int_equal(sbi_registered(&inventory, "UPF"), 0);
    /* more types than there is room for */
    for (int i = 0; i < 2 * SBI_TYPES_MAX; i++) {
        char text[80];
        snprintf(text, sizeof text, "{\"nfType\":\"T%d\",\"nfStatus\":\"REGISTERED\"}", i);
        assert_null(profile(text, &inventory));
    }
    assert_int_equal(inventory.instances, 4 + 2 * SBI_TYPES_MAX);
    assert_int_equal(inventory.types_count, SBI_TYPES_MAX);
}

static void test_search(void **state)
{
    (void)state;
    struct sbi_inventory inventory = {0};
    long long validity = 0;
    static const char found[] = "{\"validityPeriod\":3600,\"nfInstances\":["
                                "{\"nfType\":\"UDM\",\"nfStatus\":\"REGISTERED\"},"
                                "{\"nfType\":\"UDM\",\"nfStatus\":\"REGISTERED\"}]}";
    assert_null(sbi_read_search(found, strlen(found), &inventory, &validity));
    assert_int_equal(sbi_registered(&inventory, "UDM"), 2);
    assert_int_equal(validity, 3600);
    static const char *const bad[] = {"{}", "{\"nfInstances\":{}}", "{\"nfInstances\":[{}]}", "[]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_non_null(sbi_read_search(bad[i], strlen(bad[i]), &inventory, &validity));
        assert_int_equal(validity, -1);
    }
}

static void test_problem(void **state)
{
    (void)state;
    char text[SBI_PROBLEM_BYTES];
    static const char whole[] =
        "{\"title\":\"Not found\",\"status\":404,\"detail\":\"no such\\nNF\","
        "\"cause\":\"RESOURCE_URI_STRUCTURE_NOT_FOUND\"}";
    sbi_problem(whole, strlen(whole), text);
    assert_string_equal(text, "Not found: no such NF: RESOURCE_URI_STRUCTURE_NOT_FOUND");
    sbi_problem("<html>", 6, text);
    assert_string_equal(text, "");
    sbi_problem(NULL, 0, text);
    assert_string_equal(text, "");
    /* cut between characters, never in one */
    char wide[700];
    size_t used = (size_t)snprintf(wide, sizeof wide, "{\"detail\":\"");
    for (int i = 0; i < 150; i++)
        used += (size_t)snprintf(wide + used, sizeof wide - used, "網");
    snprintf(wide + used, sizeof wide - used, "\"}");
    sbi_problem(wide, strlen(wide), text);
    assert_int_equal(strlen(text) % 3, 0);
    assert_true(strlen(text) > SBI_PROBLEM_BYTES - 5);
}

/* ---- the verbs ---- */

static void test_rehearsal(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    struct nd_fake *fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_VIRTUAL);
    nd_fake_target(fake, "nrf", "127.0.0.1", none);
    struct nd_op *op = nd_fake_op(fake, "inventory", "target", "nrf", "needs", "AMF=3|LMF", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_true(nd_fake_value(op, "amf") == 3);
    assert_true(nd_fake_value(op, "smf") == 1);
    op = nd_fake_op(fake, "discover", "target", "nrf", "type", "UDM", "plmn", "46692", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    op->model_up = 0;
    static const char *const bad_needs[] = {"amf", "AMF=", "AMF=x", "AMF=-1", "=1", "AMF=99999"};
    for (size_t i = 0; i < sizeof bad_needs / sizeof bad_needs[0]; i++) {
        op = nd_fake_op(fake, "inventory", "target", "nrf", "needs", bad_needs[i], NULL);
        nd_fake_rehearse(op);
        assert_int_equal(nd_fake_run(op), ND_EARG);
    }
    op = nd_fake_op(fake, "discover", "target", "nrf", "type", "U&x=y", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_EARG);
    op = nd_fake_op(fake, "discover", "target", "nrf", "type", "UDM", "plmn", "4669", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_EARG);
    op = nd_fake_op(fake, "inventory", "target", "nrf", NULL);
    op->model_up = 0;
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_ETIME);
    assert_null(nd_fake_fault(fake));
    nd_fake_free(fake);
}

/* A server that knows HTTP/1 alone: it answers at once, and hears the rest. */
struct old {
    struct nd_fake *fake;
    int listener, fd;
};

static void old_hears(void *ctx)
{
    struct old *old = ctx;
    char request[1000];
    if (read(old->fd, request, sizeof request) <= 0)
        nd_fake_serve(old->fake, old->fd, NULL, NULL);
}

static void old_server(void *ctx)
{
    struct old *old = ctx;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    old->fd = accept(old->listener, NULL, NULL);
    assert_int_equal(write(old->fd, answer, sizeof answer - 1), sizeof answer - 1);
    nd_fake_serve(old->fake, old->fd, old_hears, old);
}

static void test_no_http2(void **state)
{
    (void)state;
    struct nd_fake *fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    int fd = nd_far_end(fake, "far", SOCK_STREAM);
    struct old old = {fake, fd, -1};
    nd_fake_serve(fake, fd, old_server, &old);
    struct nd_op *op = nd_fake_op(fake, "inventory", "target", "far", NULL);
    nd_fake_start(op);
    nd_fake_run(op);
    if (op->err != ND_EANSWER)
        fail_msg("%d: %s", op->err, op->why);
    nd_fake_serve(fake, fd, NULL, NULL);
    nd_fake_serve(fake, old.fd, NULL, NULL);
    close(old.fd);
    op = nd_fake_op(fake, "discover", "target", "far", "type", "AMF", NULL);
    nd_fake_deadline(op, 200000000);
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_ETIME);
    close(fd);
    op = nd_fake_op(fake, "inventory", "target", "far", NULL);
    nd_fake_start(op);
    assert_int_equal(nd_fake_run(op), ND_EREFUSED);
    assert_null(nd_fake_fault(fake));
    nd_fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),      cmocka_unit_test(test_profiles),
        cmocka_unit_test(test_search),    cmocka_unit_test(test_problem),
        cmocka_unit_test(test_rehearsal), cmocka_unit_test(test_no_http2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
