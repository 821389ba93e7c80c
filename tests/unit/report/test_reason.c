/* Reasons in Chinese: found again by the message they were formatted from, alone and put together;
 * what the catalogue has not is quoted. */
#include "base/err.h"
#include "report/words/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_zh(const char *reason, const char *zh)
{
    char *text = nd_reason_text(ND_LANG_ZH, reason);
    assert_string_equal(text, zh);
    free(text);
    text = nd_reason_text(ND_LANG_EN, reason);
    assert_string_equal(text, reason);
    free(text);
}

static void test_alone(void **state)
{
    (void)state;
    assert_zh("", "");
    assert_zh("nobody answered in time", "無人於時限內回覆");
    assert_zh("it was not armed in time: 1 of 2 people", "未於時限內授權：2 人中僅 1 人");
    assert_zh("the other end hung up 1.28339s after it had been called",
              "對方於撥打後 1.28339 秒掛斷");
    assert_zh("expected a share such as '30%', got '3x'", "須為比例，如 30%，所填為「3x」");
}

/* What stands in a message may be a reason itself; names stay, even if they look like one. */
static void test_within(void **state)
{
    (void)state;
    assert_zh("jia-hlr refused IMSI 466920000000001 with cause 11 (PLMN not allowed)",
              "jia-hlr 拒絕 IMSI 466920000000001，原因 11（不允許此網路）");
    assert_zh("cannot set interface 'yi-web' down: Operation not permitted",
              "無法將介面「yi-web」設為停用：作業不被允許");
    assert_zh("there is no inject 'open'; netdrill status lists them",
              "查無狀況「open」；netdrill status 列有各狀況");
    assert_zh("the site file has no person 'one of them'", "場域檔無人員「one of them」");
}

static void test_together(void **state)
{
    (void)state;
    struct nd_fail why = {0};
    nd_fail_set(&why, ND_EREACH, "no way to the other side");
    nd_fail_wrap(&why, "target '%s'", "yi-web");
    assert_zh(why.text, "標的「yi-web」：無法到達對方");
    assert_zh("table 'netdrill_a' is still there; undo had said: the namespace is gone",
              "表「netdrill_a」仍存在；復原時回報：命名空間已不存在");
    assert_zh("jia-amf (10.0.0.1:38412) does not answer to SCTP",
              "jia-amf (10.0.0.1:38412) 對 SCTP 無回應");
    assert_zh("a lease could not be renewed: interface 'x': No such device",
              "租期未能續延：介面「x」：無此裝置");
}

/* What others say is set apart; somebody's own Chinese, names and figures are no quotation. */
static void test_quoted(void **state)
{
    (void)state;
    assert_zh("the sensor is silent", "原文「the sensor is silent」");
    assert_zh("yi-sip answered 503 Server overloaded", "yi-sip 回應 503 原文「Server overloaded」");
    assert_zh("'probe.sh' exited with 3, expected 0: no more disks",
              "「probe.sh」以代碼 3 結束，應為 0：原文「no more disks」");
    assert_zh("停電，改日再辦 see you", "停電，改日再辦 see you");
    assert_zh("links.cut yi-web", "links.cut yi-web");
    assert_false(nd_reason_known("the sensor is silent"));
    assert_true(nd_reason_known("not chosen"));
}

/* However it was made up, it ends soon, and nothing of it is lost. */
static void test_hostile(void **state)
{
    (void)state;
    char text[4096];
    memset(text, ' ', sizeof text - 1);
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "a: ", 3);
    text[sizeof text - 1] = '\0';
    char *zh = nd_reason_text(ND_LANG_ZH, text);
    assert_true(strlen(zh) >= strlen(text));
    free(zh);
    zh = nd_reason_text(ND_LANG_ZH, "\xff\xfe '%s' %1 \xe5");
    assert_non_null(strstr(zh, "%1"));
    free(zh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),    cmocka_unit_test(test_within),
        cmocka_unit_test(test_together), cmocka_unit_test(test_quoted),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
