#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        nd_ns length;
        const char *back;
    } rows[] = {
        {"250ms", ND_MS(250), "250ms"},
        {"1.5s", ND_MS(1500), "1.5s"},
        {"90us", ND_US(90), "90us"},
        {"1h30m", ND_SEC(5400), "1h30m"},
        {"10m", ND_SEC(600), "10m"},
        {"1d", ND_SEC(86400), "24h"},
        {"1h0.25s", ND_SEC(3600) + ND_MS(250), "1h0.25s"},
        {"0s", 0, "0s"},
        {"7ns", 7, "0.007us"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nd_ns length = -1;
        char out[ND_UNIT_TEXT];
        assert_int_equal(nd_length_parse(rows[i].text, &length, NULL), ND_OK);
        assert_int_equal(length, rows[i].length);
        assert_string_equal(nd_length_format(length, out), rows[i].back);
    }
    static const char *const bad[] = {"",     "10",    "s",   "10 s", "-1s",
                                      "1e3s", "10sec", ".5s", "1.s",  "999999999999999999999d"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        nd_ns length = 0;
        struct nd_fail why = {0};
        assert_int_equal(nd_length_parse(bad[i], &length, &why), ND_EPARSE);
        assert_int_not_equal(why.text[0], '\0');
    }
}

static void test_moments(void **state)
{
    (void)state;
    nd_ns moment = 0;
    char out[ND_UNIT_TEXT];
    assert_int_equal(nd_moment_parse("T+06:30", &moment, NULL), ND_OK);
    assert_int_equal(moment, ND_SEC(6 * 3600 + 30 * 60));
    assert_int_equal(nd_moment_parse("T+00:00:20.250", &moment, NULL), ND_OK);
    assert_int_equal(moment, ND_SEC(20) + ND_MS(250));
    assert_string_equal(nd_moment_format(moment, out), "T+00:00:20.250");
    assert_string_equal(nd_moment_format(-ND_SEC(1), out), "T-00:00:01");
    static const char *const bad[] = {"T+1:00",     "06:30",    "T+00:60",
                                      "T+00:00:61", "T+00:00x", "T-00:01"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(nd_moment_parse(bad[i], &moment, NULL), ND_EPARSE);
}

static void test_rates_and_shares(void **state)
{
    (void)state;
    int64_t rate = 0;
    double share = 0;
    char out[ND_UNIT_TEXT];
    assert_int_equal(nd_rate_parse("100kbit/s", &rate, NULL), ND_OK);
    assert_int_equal(rate, 100000);
    assert_string_equal(nd_rate_format(1500000, out), "1.5Mbit/s");
    assert_string_equal(nd_rate_format(64, out), "64bit/s");
    assert_int_equal(nd_rate_parse("100kB/s", &rate, NULL), ND_EPARSE);
    assert_int_equal(nd_share_parse("0.5%", &share, NULL), ND_OK);
    assert_true(share > 0.00499 && share < 0.00501);
    assert_string_equal(nd_share_format(0.125, out), "12.5%");
    assert_int_equal(nd_share_parse("101%", &share, NULL), ND_EPARSE);
    assert_string_equal(nd_real_format(0.1, out), "0.1");
    assert_string_equal(nd_real_format(40, out), "40");
    assert_string_equal(nd_real_format(-3000000, out), "-3000000");
    assert_string_equal(nd_real_format(1e15, out), "1e+15");
    assert_string_equal(nd_real_format(0.00012, out), "0.00012");
    assert_string_equal(nd_real_words(10, out), "10");
    assert_string_equal(nd_real_words(-403, out), "-403");
    assert_string_equal(nd_real_words(4.369073288361431, out), "4.369");
    assert_string_equal(nd_real_words(0.05, out), "0.05");
    assert_string_equal(nd_real_words(12345.67, out), "12345.7");
    assert_string_equal(nd_real_words(1e20, out), "1e+20");
    assert_string_equal(nd_wall_format(1795510200004000000, 480, out),
                        "2026-11-24T16:50:00.004+08:00");
    assert_string_equal(nd_wall_format(0, 0, out), "1970-01-01T00:00:00.000Z");
    assert_int_equal(nd_wall_parse("1970-01-01T00:00:01.002Z"), 1002000000);
    assert_int_equal(nd_wall_parse(nd_wall_format(1795510200004000000, 0, out)),
                     1795510200004000000);
    assert_int_equal(nd_wall_parse("yesterday"), -1);
}

static void test_text(void **state)
{
    (void)state;
    assert_int_equal(nd_text_width("災害漫遊 ok"), 11);
    assert_int_equal(nd_text_fit("災害漫遊", 5), 6);
    assert_true(nd_utf8_valid("災", 3));
    assert_false(nd_utf8_valid("\xc0\x80", 2));
    assert_false(nd_utf8_valid("\xed\xa0\x80", 3));
    assert_false(nd_utf8_valid("\xe7\x81", 2));
    static const char *const names[] = {"every", "lasts", "label"};
    assert_string_equal(nd_text_nearest("evry", names, 3), "every");
    assert_string_equal(nd_text_nearest("lable", names, 3), "label");
    assert_null(nd_text_nearest("xyz", names, 3));
    struct nd_buf buf = {0};
    for (int i = 0; i < 1000; i++)
        nd_buf_addf(&buf, "%d,", i);
    assert_int_equal(buf.len_bytes, 3890);
    nd_buf_deinit(&buf);
}

/* What would move a cursor or turn the direction of writing becomes blanks; nothing else does. */
static void test_tame(void **state)
{
    static const char *const wild[] = {"\033[2J",
                                       "\n",
                                       "\x7f",
                                       "\xc2\x9b"
                                       "31m",
                                       "\xe2\x80\xa8",
                                       "\xe2\x80\xae",
                                       "\xe2\x81\xa6",
                                       "a\x01"};
    static const char *const fine[] = {
        "",  "海纜 100 %", "\xe2\x80\xa6", "\xc2\xa0", "\xe2\x80\xa7", "\xe2\x81\xa5",
        "é", "👩",          "\xc2",         "\xe2\x80"};
    (void)state;
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
        char *text = nd_strdup(wild[i]);
        assert_false(nd_text_is_tame(text, false));
        assert_true(nd_text_tame(text, false));
        assert_int_equal(strlen(text), strlen(wild[i]));
        assert_true(nd_text_is_tame(text, false));
        assert_true(nd_utf8_valid(text, strlen(text)));
        free(text);
    }
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        char *text = nd_strdup(fine[i]);
        assert_false(nd_text_tame(text, false));
        assert_string_equal(text, fine[i]);
        free(text);
    }
    assert_true(nd_text_is_tame("a\n\tb", true));
    assert_false(nd_text_is_tame("a\r", true));
}

static void test_failures(void **state)
{
    (void)state;
    struct nd_fail why = {0};
    assert_int_equal(nd_fail_errno(&why, ENOENT, "cannot open '%s'", "x"), ND_EGONE);
    assert_int_equal(nd_fail_wrap(&why, "loading %d", 7), ND_EGONE);
    assert_string_equal(why.text, "loading 7: cannot open 'x': No such file or directory");
    /* A text that is too long ends at a whole character. */
    struct nd_buf buf = {0};
    nd_buf_adds(&buf, "ab");
    for (int i = 0; i < 200; i++)
        nd_buf_adds(&buf, "災");
    nd_fail_set(&why, ND_EARG, "%s", nd_buf_str(&buf));
    assert_true(nd_utf8_valid(why.text, strlen(why.text)));
    assert_int_equal(strlen(why.text), ND_FAIL_TEXT - 3);
    nd_buf_deinit(&buf);
    assert_string_equal(nd_err_name(ND_ETIME), "ETIME");
    assert_string_equal(nd_err_name(-99), "EUNKNOWN");
}

static void test_arena(void **state)
{
    (void)state;
    struct nd_arena arena = {0};
    for (size_t i = 1; i < 3000; i++) {
        unsigned char *piece = nd_arena_alloc(&arena, i * 17 % 40000);
        assert_int_equal((uintptr_t)piece % 16, 0);
    }
    assert_string_equal(nd_arena_printf(&arena, "%s-%d", "a", 1), "a-1");
    nd_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_rates_and_shares),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_tame),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
