#include "sheet/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Texts that a spreadsheet, an XML reader or a CSV reader could take for something else. */
static const char *const hostile[] = {"plain",
                                      "",
                                      "=SUM(A1)",
                                      "'=SUM(A1)",
                                      "''=x",
                                      "+886912345678",
                                      "-5",
                                      "@cmd",
                                      "\tTAB first",
                                      "\rCR",
                                      "\nLF first",
                                      "＝SUM(A1)",
                                      "=1,\"2\"",
                                      "'quoted",
                                      "a,b",
                                      "say \"x\"",
                                      "two\nlines",
                                      "<script>&amp;",
                                      " spaces  in   between ",
                                      "演練 EXERCISE",
                                      "\xe2\x80\xaeto left\xe2\x80\xac",
                                      "]]>"};
#define HOSTILE (sizeof hostile / sizeof hostile[0])

static void fill(struct nd_sheet *sheet)
{
    sheet->name = nd_strdup("Observations [1]/\"x\"");
    nd_sheet_row(sheet);
    nd_sheet_text(sheet, "text");
    nd_sheet_text(sheet, "number");
    for (size_t i = 0; i < HOSTILE; i++) {
        nd_sheet_row(sheet);
        nd_sheet_text(sheet, hostile[i]);
        nd_sheet_number(sheet, -1.5 * (double)i - 0.25);
    }
}

static void test_csv_round_trip(void **state)
{
    (void)state;
    struct nd_sheet sheet = {0};
    struct nd_sheet back = {0};
    struct nd_buf out = {0};
    struct nd_buf again = {0};
    fill(&sheet);
    nd_sheet_csv(&sheet, &out);
    assert_memory_equal(out.text, "\xef\xbb\xbftext,number\r\n", 16);
    assert_non_null(strstr(out.text, "\r\n'=SUM(A1),"));
    assert_non_null(strstr(out.text, "\r\n''=SUM(A1),"));
    assert_non_null(strstr(out.text, "\r\n'＝SUM(A1),"));
    assert_non_null(strstr(out.text, "\r\n\"'\nLF first\","));
    assert_non_null(strstr(out.text, "\r\n\"'=1,\"\"2\"\"\","));
    assert_non_null(strstr(out.text, ",-1.75\r\n")); /* a number is no formula */
    assert_int_equal(nd_sheet_read_csv(&back, out.text, out.len_bytes, NULL), ND_OK);
    for (size_t i = 0; i < HOSTILE; i++)
        assert_string_equal(nd_sheet_at(&back, i + 1, 0), hostile[i]);
    assert_string_equal(nd_sheet_at(&back, 1, 1), "-0.25");
    assert_string_equal(nd_sheet_at(&back, HOSTILE + 1, 0), "");
    nd_buf_deinit(&again);
    nd_buf_deinit(&out);
    nd_sheet_deinit(&back);
    nd_sheet_deinit(&sheet);
}

static void test_csv_faults(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {{"a,b\nc,\"d", "row 2, column 2: the quote that opens it is not closed"},
                {"a,b\"c\n", "row 1, column 2: a quote inside of a cell"},
                {"\"a\"b\n", "row 1, column 1: expected ',' or the line's end"},
                {"a\nb,\xff\n", "row 2, column 2: expected text in UTF-8"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct nd_sheet sheet = {0};
        struct nd_fail why = {0};
        assert_int_equal(nd_sheet_read_csv(&sheet, rows[i].text, strlen(rows[i].text), &why),
                         ND_EARG);
        assert_non_null(strstr(why.text, rows[i].words));
        nd_sheet_deinit(&sheet);
    }
}

static void test_csv_line_ends(void **state)
{
    (void)state;
    static const char *const texts[] = {"a,b\nc,d\n", "a,b\r\nc,d", "a,b\rc,d\r",
                                        "\xef\xbb\xbf"
                                        "a,\"b\"\nc,d"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct nd_sheet sheet = {0};
        assert_int_equal(nd_sheet_read_csv(&sheet, texts[i], strlen(texts[i]), NULL), ND_OK);
        assert_int_equal(sheet.rows.count, 2);
        assert_string_equal(nd_sheet_at(&sheet, 0, 1), "b");
        assert_string_equal(nd_sheet_at(&sheet, 1, 1), "d");
        nd_sheet_deinit(&sheet);
    }
}

static void test_ods_round_trip(void **state)
{
    (void)state;
    struct nd_sheet sheets[2] = {{0}, {0}};
    struct nd_sheet back = {0};
    struct nd_buf out = {0};
    struct nd_buf same = {0};
    struct nd_fail why = {0};
    fill(&sheets[0]);
    nd_sheet_row(&sheets[1]);
    nd_sheet_text(&sheets[1], "of another table");
    assert_int_equal(nd_sheets_ods(sheets, 2, &out, &why), ND_OK);
    assert_int_equal(nd_sheets_ods(sheets, 2, &same, &why), ND_OK);
    assert_int_equal(out.len_bytes, same.len_bytes);
    assert_memory_equal(out.text, same.text, out.len_bytes);
    /* The media type is the first entry and stored: `file` and mail gateways look there. */
    assert_memory_equal(out.text + 30, "mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
                        54);
    assert_int_equal(nd_sheet_read_ods(&back, out.text, out.len_bytes, &why), ND_OK);
    assert_int_equal(back.rows.count, HOSTILE + 1);
    for (size_t i = 0; i < HOSTILE; i++) {
        const char *expected = strcmp(hostile[i], "\rCR") == 0 ? "CR" : hostile[i];
        assert_string_equal(nd_sheet_at(&back, i + 1, 0), expected);
    }
    assert_string_equal(nd_sheet_at(&back, 2, 1), "-1.75");
    nd_buf_deinit(&same);
    nd_buf_deinit(&out);
    nd_sheet_deinit(&back);
    nd_sheet_deinit(&sheets[1]);
    nd_sheet_deinit(&sheets[0]);
}

static void test_ods_faults(void **state)
{
    (void)state;
    struct nd_sheet sheet = {0};
    struct nd_buf out = {0};
    struct nd_fail why = {0};
    nd_sheet_row(&sheet);
    nd_sheet_text(&sheet, "a");
    assert_int_equal(nd_sheets_ods(&sheet, 1, &out, &why), ND_OK);
    struct nd_sheet back = {0};
    assert_int_equal(nd_sheet_read_ods(&back, "a,b\n", 4, &why), ND_EARG);
    assert_non_null(strstr(why.text, "expected an OpenDocument spreadsheet"));
    for (size_t cut = 0; cut < out.len_bytes; cut += 7) {
        nd_sheet_deinit(&back);
        assert_int_equal(nd_sheet_read_ods(&back, out.text, cut, &why), ND_EARG);
    }
    nd_sheet_deinit(&back);
    nd_sheet_deinit(&sheet);
    nd_buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_round_trip), cmocka_unit_test(test_csv_faults),
        cmocka_unit_test(test_csv_line_ends),  cmocka_unit_test(test_ods_round_trip),
        cmocka_unit_test(test_ods_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
