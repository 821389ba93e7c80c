#include "base/mem.h"
#include "parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_icmp_parse(void **state)
{
    (void)state;
    int64_t slot = 0;
    uint8_t reply[12] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
    assert_int_equal(icmp_parse(reply, 12, 0, 0x01020304, &slot), ICMP_ECHOED);
    assert_int_equal(icmp_parse(reply, 12, 0, 0x01020305, &slot), ICMP_NOT_OURS);
    assert_int_equal(icmp_parse(reply, 11, 0, 0x01020304, &slot), ICMP_NOT_OURS);
    assert_int_equal(icmp_parse(reply, 12, 1, 0x01020304, &slot), ICMP_NOT_OURS);
    reply[0] = 129;
    assert_int_equal(icmp_parse(reply, 12, 1, 0x01020304, &slot), ICMP_ECHOED);
    /* A router's word on our request, quoted with its IP header. */
    uint8_t error[8 + 20 + 12] = {3, 1};
    error[8] = 0x45;
    error[28] = 8;
    memcpy(error + 36, reply + 8, 4);
    assert_int_equal(icmp_parse(error, sizeof error, 0, 0x01020304, &slot), ICMP_UNREACHABLE);
    error[1] = 13;
    assert_int_equal(icmp_parse(error, sizeof error, 0, 0x01020304, &slot), ICMP_PROHIBITED);
    assert_int_equal(icmp_parse(error, sizeof error - 1, 0, 0x01020304, &slot), ICMP_NOT_OURS);
    error[8] = 0x4f; /* claims 60 octets of header */
    assert_int_equal(icmp_parse(error, sizeof error, 0, 0x01020304, &slot), ICMP_NOT_OURS);
    assert_int_equal(ipv4_header((const uint8_t *)"\x45", 1), 0);
}

static void test_icmp_mutated(void **state)
{
    (void)state;
    int64_t slot = 0;
    unsigned seed = 9;
    for (int i = 0; i < 200000; i++) {
        size_t len = (size_t)rand_r(&seed) % 64;
        uint8_t *bytes = nd_alloc(len + 1); /* exact, so that a sanitizer sees a step beyond */
        for (size_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)rand_r(&seed);
        if (len > 9 && i % 2 == 0) {
            bytes[0] = i % 4 == 0 ? 3 : 1;
            bytes[8] = (uint8_t)(0x40 | bytes[8] % 16);
        }
        icmp_parse(bytes, len, i % 3 == 0, 7, &slot);
        ipv4_header(bytes, len);
        free(bytes);
    }
}

static void test_marks(void **state)
{
    (void)state;
    uint8_t echo[8 + MARK_BYTES] = ECHO_MAGIC;
    uint8_t rtp[RTP_MARK + MARK_BYTES] = {0x80};
    int64_t slot = 0;
    mark_put(echo + 8, 7, 1LL << 40 | 5);
    assert_true(echo_slot(echo, sizeof echo, 7, &slot) && slot == (1LL << 40 | 5));
    assert_false(echo_slot(echo, sizeof echo, 8, &slot));
    assert_false(echo_slot(echo, sizeof echo - 1, 7, &slot));
    echo[12] = 0x80; /* no slot is negative */
    assert_false(echo_slot(echo, sizeof echo, 7, &slot));
    put32(rtp + 8, 7);
    mark_put(rtp + RTP_MARK, 7, 3);
    assert_true(rtp_slot(rtp, sizeof rtp, 7, &slot) && slot == 3);
    rtp[0] = 0x40; /* version 1 */
    assert_false(rtp_slot(rtp, sizeof rtp, 7, &slot));
}

static void test_path_number(void **state)
{
    (void)state;
    uint8_t reply[20 + 10] = {0x45};
    unsigned number = 0;
    memcpy(reply + 20, (const uint8_t[]){0, 0, 0, 0, 0x12, 0x34, 1, 2, 0xfe, 0xfd}, 10);
    assert_true(path_number(reply, sizeof reply, 0, 0x1234, &number) && number == 0x102);
    assert_false(path_number(reply, sizeof reply, 0, 0x1235, &number));
    assert_true(path_number(reply + 20, 10, 0, -1, &number) && number == 0x102);
    assert_false(path_number(reply + 20, 9, 0, -1, &number));
    reply[29] ^= 1; /* somebody else's echo */
    assert_false(path_number(reply + 20, 10, 0, -1, &number));
}

static void test_sink_word(void **state)
{
    (void)state;
    struct sink_word word;
    assert_true(sink_parse("100 3 5000\n", &word) && word.octets == 100 && word.took == 5000);
    static const char *const bad[] = {"", "100 3", "-1 3 5", "1 -3 5", "1 3 -5", "HTTP/1.1 200 OK"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sink_parse(bad[i], &word));
}

static void test_inbox_word(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int good;
        int64_t reports, ago;
    } rows[] = {{"x\npath /a\nreports 2\nago_ns 5000\nreport 2 at", 1, 2, 5000},
                {"x\npath /a\nreports 0\n", 1, 0, 0},
                {"x\npath /a\nreports 2\n", 0, 2, 0},
                {"x\npath /a\nreports -2\nago_ns 1\n", 0, 0, 0},
                {"x\npath /a\nreports 2", 0, 2, 0},
                {"x\nreports 2\nago_ns 1\n", 0, 0, 0},
                {"x\npath /a\nreports 9999999999999999999\nago_ns 1\n", 0, 0, 0},
                {"", 0, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct inbox_word word;
        assert_int_equal(inbox_parse(rows[i].text, strlen(rows[i].text), &word), rows[i].good);
        assert_true(!rows[i].good || (word.reports == rows[i].reports && word.ago == rows[i].ago));
    }
    struct inbox_word word;
    assert_false(inbox_parse(NULL, 0, &word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_icmp_parse), cmocka_unit_test(test_icmp_mutated),
        cmocka_unit_test(test_marks),      cmocka_unit_test(test_path_number),
        cmocka_unit_test(test_sink_word),  cmocka_unit_test(test_inbox_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
