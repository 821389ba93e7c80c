#include "../common/probe.h"
#include "amf.h"
#include "aper.h"
#include "chunk.h"
#include "message.h"
#include "support/fake_host.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The octets were made by pycrate (commit 82772f7), an ASN.1 compiler of somebody else's, from the
 * modules of TS 38.413; tshark 4.0 reads them without a remark. The association itself is tested in
 * tests/net/ngap.py. */

#define OCTETS_MAX 256

static size_t hex(const char *text, uint8_t bytes[OCTETS_MAX])
{
    size_t len = strlen(text) / 2;
    assert_true(len <= OCTETS_MAX);
    for (size_t i = 0; i < len; i++) {
        const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtol(pair, NULL, 16);
    }
    return len;
}

static enum ngap_kind read_hex(const char *text, struct ngap_answer *answer)
{
    uint8_t bytes[OCTETS_MAX];
    size_t len = hex(text, bytes);
    return ngap_read(bytes, len, answer);
}

static void assert_request(const struct ngap_setup *setup, const char *text)
{
    uint8_t bytes[NGAP_REQUEST_MAX];
    uint8_t wanted[OCTETS_MAX];
    size_t len = hex(text, wanted);
    assert_int_equal(ngap_request(setup, bytes), len);
    assert_memory_equal(bytes, wanted, len);
    struct ngap_answer answer;
    assert_int_equal(ngap_read(bytes, len, &answer), NGAP_OTHER);
}

static void test_request(void **state)
{
    (void)state;
    const struct ngap_slice one[] = {{1, -1}};
    const struct ngap_slice two[] = {{1, 0x010203}, {2, -1}};
    struct ngap_setup setup = {.gnb = 0x3fffff,
                               .bits = 22,
                               .name = "netdrill EXERCISE",
                               .tac = 1,
                               .slices = one,
                               .slices_count = 1};
    assert_int_equal(plmn_pack("46692", setup.owner), 1);
    memcpy(setup.plmn, setup.owner, sizeof setup.plmn);
    assert_request(&setup,
                   "0015003c000004001b00080064f62900fffffc0052401308006e65746472696c6c204558"
                   "4552434953450066000d00000000010064f629000000080015400140");
    setup = (struct ngap_setup){.gnb = 0x12345678,
                                .bits = 32,
                                .name = "n",
                                .tac = 0xabcdef,
                                .slices = two,
                                .slices_count = 2};
    assert_int_equal(plmn_pack("310410", setup.owner), 1);
    memcpy(setup.plmn, setup.owner, sizeof setup.plmn);
    assert_request(&setup,
                   "00150032000004001b00090013001450123456780052400300006e006600120000abcdef"
                   "001300140001100801020300100015400140");
    /* The largest: 64 slices of five octets each. */
    struct ngap_slice many[NGAP_SLICES_MAX];
    char name[NGAP_NAME_BYTES];
    uint8_t bytes[NGAP_REQUEST_MAX];
    for (int i = 0; i < NGAP_SLICES_MAX; i++)
        many[i] = (struct ngap_slice){(uint8_t)i, i};
    memset(name, 'n', 150);
    name[150] = '\0';
    setup.name = name;
    setup.slices = many;
    setup.slices_count = NGAP_SLICES_MAX;
    assert_true(ngap_request(&setup, bytes) > 400);
}

static void test_response(void **state)
{
    (void)state;
    struct ngap_answer answer;
    assert_int_equal(
        read_hex("201500320000040001000e0580616d662e6a69612e7465737400600008000064f6290"
                 "2004000564001ff005000080064f62900000008",
                 &answer),
        NGAP_RESPONSE);
    assert_string_equal(answer.amf, "amf.jia.test");
    assert_int_equal(answer.guamis, 1);
    assert_int_equal(answer.capacity, 255);
    assert_int_equal(answer.networks_count, 1);
    assert_memory_equal(answer.networks[0].plmn, "\x64\xf6\x29", 3);
    assert_int_equal(answer.networks[0].slices_count, 1);
    assert_int_equal(answer.networks[0].slices[0].sst, 1);
    assert_int_equal(answer.networks[0].slices[0].sd, -1);
}

/* Two networks and two GUAMIs, one with a backup and an extension; further slices in an extension;
 * elements that we do not know. */
static const char mocn[] =
    "2015006f000006000100060180616d66310060001c016064f6290200400180616d6632000000b04001400064f679fe"
    "ffff0056400111005000281064f62900011008010203001264f6790001000880c0ffffff0000010e00090001002081"
    "4"
    "00000090093400100011240082006e6a0b8e5bf83";

static void test_response_of_a_shared_network(void **state)
{
    (void)state;
    struct ngap_answer answer;
    assert_int_equal(read_hex(mocn, &answer), NGAP_RESPONSE);
    assert_string_equal(answer.amf, "amf1");
    assert_int_equal(answer.guamis, 2);
    assert_int_equal(answer.capacity, 17);
    assert_int_equal(answer.networks_count, 2);
    const struct ngap_network *jia = &answer.networks[0];
    const struct ngap_network *yi = &answer.networks[1];
    assert_int_equal(jia->slices_count, 2);
    assert_int_equal(jia->slices[0].sd, 0x010203);
    assert_int_equal(jia->slices[1].sst, 2);
    char text[PLMN_TEXT_BYTES];
    plmn_text(yi->plmn, text);
    assert_string_equal(text, "46697");
    assert_int_equal(yi->slices_count, 4);
    assert_int_equal(yi->slices[1].sst, 3);
    assert_int_equal(yi->slices[1].sd, 0xffffff);
    assert_int_equal(yi->slices[2].sst, 4);
    assert_int_equal(yi->slices[3].sst, 5);
    assert_int_equal(yi->slices[3].sd, 9);
    /* cut short anywhere, it is nothing */
    uint8_t bytes[OCTETS_MAX];
    size_t len = hex(mocn, bytes);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(ngap_read(bytes, cut, &answer), NGAP_NONSENSE);
}

static void test_failure(void **state)
{
    (void)state;
    static const struct {
        const char *octets, *group, *cause;
    } rows[] = {
        {"40150009000001000f40020b00", "radio-network", "release-due-to-cn-detected-mobility"},
        {"40150009000001000f40021080", "radio-network", "npn-access-denied"},
        {"40150008000001000f400128", "transport", "unspecified"},
        {"40150008000001000f400148", "nas", "deregister"},
        {"40150009000001000f40025040", "nas", "iAB-not-authorized"},
        {"40150008000001000f400168", "protocol", "semantic-error"},
        {"40150008000001000f400180", "misc", "control-processing-overload"},
        {"40150014000002000f400162001340087815000000006640", "protocol",
         "abstract-syntax-error-reject"},
    };
    struct ngap_answer answer;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read_hex(rows[i].octets, &answer), NGAP_FAILURE);
        assert_string_equal(ngap_group_name(answer.cause_group), rows[i].group);
        assert_string_equal(ngap_cause_name(answer.cause_group, answer.cause), rows[i].cause);
        assert_int_equal(answer.wait_s, -1);
    }
    assert_int_equal(read_hex("4015000d000002000f400188006b400130", &answer), NGAP_FAILURE);
    assert_string_equal(ngap_cause_name(answer.cause_group, answer.cause), "unknown-PLMN-or-SNPN");
    assert_int_equal(answer.wait_s, 10);
    assert_int_equal(read_hex("00094008000001000f400160", &answer), NGAP_ERROR);
    assert_string_equal(ngap_cause_name(answer.cause_group, answer.cause), "transfer-syntax-error");
    assert_string_equal(ngap_cause_name(4, 6), "unknown");
    assert_string_equal(ngap_group_name(-1), "unknown");
}

/* What the lab's AMF says, in the octets of another's encoder; what it hears is ours. */
static void test_lab_amf(void **state)
{
    (void)state;
    static const struct ngap_slice slices[] = {{1, 0x010203}, {2, -1}};
    uint8_t plmns[NGAP_PLMNS_MAX][PLMN_OCTETS];
    uint8_t bytes[NGAP_ANSWER_MAX];
    uint8_t request[NGAP_REQUEST_MAX];
    uint8_t wanted[OCTETS_MAX];
    assert_int_equal(plmn_pack("46692", plmns[0]), 1);
    size_t len =
        hex("201500320000040001000e0580616d662e6a69612e7465737400600008000064f62902004000564"
            "001ff005000080064f62900000008",
            wanted);
    assert_int_equal(ngap_accept("amf.jia.test", plmns, 1, bytes), len);
    assert_memory_equal(bytes, wanted, len);
    len = hex("4015000d000002000f400188006b400130", wanted);
    assert_int_equal(ngap_refuse(bytes), len);
    assert_memory_equal(bytes, wanted, len);
    for (size_t i = 0; i < NGAP_PLMNS_MAX; i++)
        memcpy(plmns[i], plmns[0], PLMN_OCTETS);
    struct ngap_answer answer;
    len = ngap_accept("amf", plmns, NGAP_PLMNS_MAX, bytes);
    assert_int_equal(ngap_read(bytes, len, &answer), NGAP_RESPONSE);
    assert_int_equal(answer.networks_count, NGAP_PLMNS_MAX);
    assert_int_equal(answer.guamis, NGAP_PLMNS_MAX);
    assert_int_equal(ngap_asked(bytes, len, plmns), 0);
    struct ngap_setup setup = {.bits = 22, .name = "n", .slices = slices, .slices_count = 2};
    assert_int_equal(plmn_pack("310410", setup.plmn), 1);
    len = ngap_request(&setup, request);
    assert_int_equal(ngap_asked(request, len, plmns), 1);
    assert_memory_equal(plmns[0], setup.plmn, PLMN_OCTETS);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(ngap_asked(request, cut, plmns), 0);
}

static void test_nonsense(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "8015000400000000",           /* a message kind of a later version */
        "2015000400000000",           /* a response of no elements */
        "4015000400000000",           /* a failure without cause */
        "2015c00000000000",           /* in pieces */
        "20150009000001000f40020b00", /* a response that is a failure inside */
        "40150008000001000f400170",   /* cause 8 of 7 */
    };
    struct ngap_answer answer;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(read_hex(rows[i], &answer), NGAP_NONSENSE);
    assert_int_equal(read_hex("0018400400000000", &answer), NGAP_OTHER); /* a paging */
}

static void test_slices(void **state)
{
    (void)state;
    struct ngap_slice slice;
    char text[12];
    assert_int_equal(ngap_slice_read("255:00000a", &slice), 1);
    assert_int_equal(slice.sst, 255);
    assert_int_equal(slice.sd, 10);
    ngap_slice_text(&slice, text);
    assert_string_equal(text, "255:00000a");
    assert_int_equal(ngap_slice_read("1", &slice), 1);
    ngap_slice_text(&slice, text);
    assert_string_equal(text, "1");
    static const char *const bad[] = {"",          "256",      "1:", "1:12345",
                                      "1:1234567", "1:12345g", "-1", "x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ngap_slice_read(bad[i], &slice), 0);
}

static void test_plmn(void **state)
{
    (void)state;
    uint8_t plmn[PLMN_OCTETS];
    char text[PLMN_TEXT_BYTES];
    assert_int_equal(plmn_pack("46697", plmn), 1);
    assert_memory_equal(plmn, "\x64\xf6\x79", 3);
    plmn_text(plmn, text);
    assert_string_equal(text, "46697");
    assert_int_equal(plmn_pack("310410", plmn), 1);
    assert_memory_equal(plmn, "\x13\x00\x14", 3);
    plmn_text(plmn, text);
    assert_string_equal(text, "310410");
    assert_int_equal(plmn_pack("466", plmn), 0);
    assert_int_equal(plmn_pack("46697a", plmn), 0);
    plmn_text((const uint8_t *)"\xff\xff\xff", text);
    assert_string_equal(text, "?????");
}

static void test_chunks(void **state)
{
    (void)state;
    /* ABORT (user-initiated, three octets of reason and a pad) and a HEARTBEAT behind it */
    static const uint8_t packet[] = {0x96, 0x0c, 0xc0, 0,  0, 0, 0,   1,   0,   0, 0, 0, 6, 0,
                                     0,    11,   0,    12, 0, 7, 'b', 'y', 'e', 0, 4, 0, 0, 4};
    struct chunk chunk;
    size_t at = SCTP_HEADER;
    assert_int_equal(chunk_ports(packet, sizeof packet, 38412, 49152), 1);
    assert_int_equal(chunk_ports(packet, sizeof packet, 38412, 49153), 0);
    assert_int_equal(chunk_ports(packet, 11, 38412, 49152), 0);
    assert_int_equal(chunk_next(packet, sizeof packet, &at, &chunk), 1);
    assert_int_equal(chunk.type, CHUNK_ABORT);
    assert_string_equal(chunk_cause_name(chunk_abort_cause(&chunk)), "user-initiated abort");
    assert_int_equal(chunk_next(packet, sizeof packet, &at, &chunk), 1);
    assert_int_equal(chunk.type, CHUNK_HEARTBEAT);
    assert_int_equal(chunk.len, 0);
    assert_int_equal(chunk_abort_cause(&chunk), 0);
    assert_int_equal(chunk_next(packet, sizeof packet, &at, &chunk), 0);
    at = SCTP_HEADER;
    assert_int_equal(chunk_next(packet, SCTP_HEADER + 10, &at, &chunk), 0);
    assert_string_equal(chunk_cause_name(99), "");
}

/* ---- the verbs, as far as they go without a network ---- */

static nd_err refused(struct nd_fake *fake, const char *gnb, const char *plmn, const char *slices,
                      const char *words)
{
    struct nd_op *op = nd_fake_op(fake, "setup", "target", "amf", "gnb", gnb, "plmn", plmn, "tac",
                                  "1", "slices", slices, NULL);
    nd_fake_rehearse(op);
    nd_err err = nd_fake_run(op);
    if (words != NULL && strstr(op->why, words) == NULL)
        fail_msg("'%s' does not say '%s'", op->why, words);
    return err;
}

static void test_arguments(void **state)
{
    (void)state;
    struct nd_fake *fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_VIRTUAL);
    static const char *const none[] = {NULL};
    static const char *const good[] = {"gnb_id", "0x3fffff", "gnb_bits", "22", "test_gnb",
                                       "true",   "plmn",     "46692",    NULL};
    static const char *const real[] = {"gnb_id", "7", NULL};
    static const char *const wide[] = {"gnb_id",   "0x400000", "gnb_bits", "22",
                                       "test_gnb", "true",     NULL};
    static const char *const long_bits[] = {"gnb_id",   "1",    "gnb_bits", "33",
                                            "test_gnb", "true", NULL};
    static const char *const minus[] = {"gnb_id", "-1", "test_gnb", "true", NULL};
    static const char *const nowhere[] = {"gnb_id", "1", "test_gnb", "true", "plmn", "x", NULL};
    nd_fake_target(fake, "amf", "127.0.0.1", none);
    nd_fake_target(fake, "good", NULL, good);
    nd_fake_target(fake, "real", NULL, real);
    nd_fake_target(fake, "wide", NULL, wide);
    nd_fake_target(fake, "long", NULL, long_bits);
    nd_fake_target(fake, "minus", NULL, minus);
    nd_fake_target(fake, "nowhere", NULL, nowhere);
    assert_int_equal(refused(fake, "good", "46697", "1|1:010203", NULL), ND_OK);
    assert_int_equal(refused(fake, "real", "46697", "1", "subscribers down"), ND_EARG);
    assert_int_equal(refused(fake, "wide", "46697", "1", "fits into"), ND_EARG);
    assert_int_equal(refused(fake, "long", "46697", "1", "22 to 32"), ND_EARG);
    assert_int_equal(refused(fake, "minus", "46697", "1", "fits into"), ND_EARG);
    assert_int_equal(refused(fake, "nowhere", "46697", "1", "'plmn'"), ND_EARG);
    assert_int_equal(refused(fake, "good", "4669", "1", "5 or 6 digits"), ND_EARG);
    assert_int_equal(refused(fake, "good", "46697", "1:1", "1:010203"), ND_EARG);
    assert_null(nd_fake_fault(fake));
    nd_fake_free(fake);
}

static void test_rehearsal(void **state)
{
    (void)state;
    struct nd_fake *fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_VIRTUAL);
    static const char *const none[] = {NULL};
    static const char *const good[] = {"gnb_id", "1", "test_gnb", "true", NULL};
    nd_fake_target(fake, "amf", "127.0.0.1", none);
    nd_fake_target(fake, "gnb", NULL, good);
    struct nd_op *op = nd_fake_op(fake, "setup", "target", "amf", "gnb", "gnb", "plmn", "46692",
                                  "tac", "1", "slices", "1|2", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_true(nd_fake_value(op, "supported") == 1);
    assert_true(nd_fake_value(op, "slices") == 2);
    op =
        nd_fake_op(fake, "setup", "target", "amf", "gnb", "gnb", "plmn", "46692", "tac", "1", NULL);
    op->model_up = 0;
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_ETIME);
    op = nd_fake_op(fake, "heartbeat", "target", "amf", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_null(nd_fake_fault(fake));
    nd_fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_response),
        cmocka_unit_test(test_response_of_a_shared_network),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_lab_amf),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_plmn),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_rehearsal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
