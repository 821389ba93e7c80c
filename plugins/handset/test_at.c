#include "at.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What real modems answer, as their makers' public documents and their users' logs show it:
 * Telit:    GM862-QUAD/PY Software User Guide 1vv0300747 r3, §2.5.3.2 (+COPS=?)
 * Nordic:   nRF91x1 AT Commands, +CEREG and +CESQ (docs.nordicsemi.com, infocenter.nordicsemi.com)
 * u-blox:   SARA-R4/N4 AT Commands Manual UBX-17003787 R09, §7.3 (+CESQ)
 * Quectel:  a 5G standalone module's log, github.com/4IceG/luci-app-3ginfo-lite issue 48 (+C5GREG)
 *           and the BG96 guide's +CSQ
 * Huawei:   EM770W AT Command Interface Specification, §12.2 (+CGREG with <lac> of four digits)
 * SIMCom:   users' logs on github.com: SIM7000E, botletics/SIM7000-LTE-Shield issue 50 (NB-IoT);
 *           SIM7080G, Xinyuan-LilyGO/LilyGo-T-SIM7080G issue 41 (+COPS=?); A7670,
 *           Xinyuan-LilyGO/LilyGo-Modem-Series issue 79 and T-Internet-COM issue 24 (no card, and
 *           what it says unasked); SIM7670G, LilyGo-Modem-Series issues 346 and 388 (+CREG: 0,6)
 * Intel:    XMM7360, github.com/xmm7360/xmm7360-pci issue 225 (+CME ERROR: 30 to +COPS=0)
 * Of Sierra Wireless no such log was at hand: its users speak QMI to it.
 * Lines that no document shows (causes 11 to 80) are of our making, by TS 27.007's syntax. */

static struct at_registration reg_of(const char *line)
{
    struct at_registration reg = {.stat = -7};
    assert_int_equal(at_registration(line, &reg), 1);
    return reg;
}

static void test_registration(void **state)
{
    (void)state;
    /* Nordic: unsolicited of level 1 and 2 */
    struct at_registration reg = reg_of("+CEREG: 2");
    assert_int_equal(reg.solicited, 0);
    assert_int_equal(reg.stat, 2);
    reg = reg_of("+CEREG: 1,\"002F\",\"0012BEEF\",7");
    assert_int_equal(reg.solicited, 0);
    assert_int_equal(reg.stat, 1);
    assert_int_equal(reg.act, 7);
    /* Quectel 5G, as read */
    reg = reg_of("+C5GREG: 2,1,\"60AA00\",\"939204254\",11,1,\"01\"");
    assert_int_equal(reg.domain, AT_C5GREG);
    assert_int_equal(reg.solicited, 1);
    assert_int_equal(reg.stat, 1);
    assert_int_equal(reg.act, 11);
    assert_int_equal(reg.cause, AT_NONE);
    /* Particle Tachyon's log: read, level 2, not registered */
    reg = reg_of("+CEREG: 2,0");
    assert_int_equal(reg.solicited, 1);
    assert_int_equal(reg.stat, 0);
    /* Huawei: an area without quotes, unsolicited */
    reg = reg_of("+CGREG: 1,00C3,DE1C");
    assert_int_equal(reg.solicited, 0);
    assert_int_equal(reg.stat, 1);
    /* SIMCom on NB-IoT: circuits know nothing of it, packets do; and home, for messages alone */
    reg = reg_of("+CREG: 0,0");
    assert_int_equal(reg.domain, AT_CREG);
    assert_int_equal(at_service(reg.stat), AT_OUT);
    reg = reg_of("+CEREG: 0,1");
    assert_int_equal(at_service(reg.stat), AT_HOME);
    assert_int_equal(at_service(reg_of("+CREG: 0,6").stat), AT_HOME);
    /* what it says unasked is no registration */
    static const char *const unasked[] = {"*ATREADY: 1", "SMS DONE", "PB DONE", "+CPIN: READY",
                                          "QCRDY"};
    for (size_t i = 0; i < sizeof unasked / sizeof unasked[0]; i++) {
        struct at_registration none;
        int code = 0;
        assert_int_equal(at_registration(unasked[i], &none), 0);
        assert_int_equal(at_final(unasked[i], &code), AT_MORE);
    }
    /* of our making: denied, with area and without, answered and not */
    reg = reg_of("+CEREG: 3,3,\"1F4A\",\"0012BEEF\",7,0,13");
    assert_int_equal(reg.stat, 3);
    assert_int_equal(reg.cause, 13);
    reg = reg_of("+CEREG: 3,3,,,,0,15");
    assert_int_equal(reg.cause, 15);
    reg = reg_of("+CEREG: 3,,,,0,11");
    assert_int_equal(reg.stat, 3);
    assert_int_equal(reg.cause, 11);
    reg = reg_of("+C5GREG: 3,3,,,,,,0,80");
    assert_int_equal(reg.cause, 80);
    /* a cause of the maker's own kind is not 3GPP's */
    assert_int_equal(reg_of("+CEREG: 3,3,,,,1,80").cause, AT_NONE);
    assert_int_equal(at_registration("+CEREG: ", &reg), 0);
    assert_int_equal(at_registration("+CEREG: x,y", &reg), 0);
    assert_int_equal(at_registration("+CREG", &reg), 0);
}

static void test_services(void **state)
{
    (void)state;
    static const struct {
        int stat;
        enum at_service service;
    } list[] = {{0, AT_OUT},       {1, AT_HOME},    {2, AT_OUT},      {3, AT_DENIED},
                {4, AT_OUT},       {5, AT_ROAMING}, {6, AT_HOME},     {7, AT_ROAMING},
                {8, AT_EMERGENCY}, {9, AT_HOME},    {10, AT_ROAMING}, {11, AT_EMERGENCY},
                {90, AT_OUT}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        assert_int_equal(at_service(list[i].stat), list[i].service);
}

static void test_networks(void **state)
{
    (void)state;
    struct at_network list[8];
    /* Telit's guide, its line break within a number taken out, and as printed */
    int count = at_networks("+COPS: (2,\"I WIND\",,\"22288\"),(1,\"SI MOBITEL GSM\",,\"29341\"),(1,"
                            "\"vodafone IT\",,\"22210\"),(1,\"SI.MOBIL\",,\"29340\"),(3,\"I "
                            "TIM\",,\"22201\"),,(0-4),(0,2)",
                            list, 8);
    assert_int_equal(count, 5);
    assert_string_equal(list[0].name, "I WIND");
    assert_string_equal(list[0].plmn, "22288");
    assert_int_equal(list[0].stat, 2);
    assert_string_equal(list[4].plmn, "22201");
    assert_int_equal(list[4].stat, 3);
    assert_int_equal(at_networks("+COPS: (1,\"vodafone IT\",,\"22\n210\")", list, 8), 0);
    /* SIMCom's, with the technology of each */
    count = at_networks("+COPS: (1,\"F SFR\",\"SFR\",\"20810\",9),(2,\"F-Bouygues "
                        "Telecom\",\"BYTEL\",\"20820\",7),,(0,1,2,3,4),(0,1,2)",
                        list, 8);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].plmn, "20810");
    assert_string_equal(list[1].name, "F-Bouygues Telecom");
    assert_int_equal(list[1].stat, 2);
    /* a name with what parts the list */
    count = at_networks("+COPS: (1,\"A (B), C\",\"A\",\"46692\",7),,(0-4),(0-2)", list, 8);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].name, "A (B), C");
    assert_int_equal(at_networks("+COPS: 0,2,\"46692\",7", list, 8), -1);
    assert_int_equal(at_networks("+COPS: (1,\"never ends", list, 8), 0);
    assert_int_equal(at_networks("+COPS: (1,,,\"1\"),(1,,,\"46697\"),(1,,,\"46689\")", list, 1), 1);
}

static void test_operator(void **state)
{
    (void)state;
    int mode = -1;
    char plmn[8];
    assert_int_equal(at_operator("+COPS: 0,2,\"46692\",7", &mode, plmn), 1);
    assert_int_equal(mode, 0);
    assert_string_equal(plmn, "46692");
    assert_int_equal(at_operator("+COPS: 1,0,\"Chunghwa\"", &mode, plmn), 1);
    assert_int_equal(mode, 1);
    assert_string_equal(plmn, "");
    assert_int_equal(at_operator("+COPS: 0,0,\"242 01 Telenor\",9", &mode, plmn), 1); /* SIMCom */
    assert_string_equal(plmn, "");
    assert_int_equal(at_operator("+COPS: 2", &mode, plmn), 1); /* SIMCom: deregistered */
    assert_int_equal(mode, 2);
    assert_int_equal(at_operator("+COPS: 0", &mode, plmn), 1);
    assert_string_equal(plmn, "");
    assert_int_equal(at_operator("+COPS: (2,\"I WIND\",,\"22288\")", &mode, plmn), 0);
}

static void test_signal(void **state)
{
    (void)state;
    const double none = (double)NAN;
    struct at_signal s = {none, none, none, none, none, none, none};
    /* Quectel's example, Nordic's: RSRQ 31, RSRP 62, and u-blox's */
    assert_int_equal(at_signal("+CSQ: 3,99", &s), 1);
    assert_true(s.rssi == -107);
    assert_int_equal(at_signal("+CESQ: 99,99,255,255,31,62", &s), 1);
    assert_true(s.rsrq == -4.5 && s.rsrp == -79);
    assert_true(s.rssi == -107 && isnan(s.rscp) && isnan(s.ss_rsrp));
    assert_int_equal(at_signal("+CESQ: 99,99,255,255,20,80", &s), 1);
    assert_true(s.rsrq == -10 && s.rsrp == -61);
    /* NR, of our making by TS 27.007 §8.69 */
    assert_int_equal(at_signal("+CESQ: 99,99,255,255,255,255,65,60,80", &s), 1);
    assert_true(isnan(s.rsrp) && s.ss_rsrq == -11 && s.ss_rsrp == -97 && s.ss_sinr == 16.5);
    assert_int_equal(at_signal("+CSQ: 21,0", &s), 1); /* SIMCom */
    assert_true(s.rssi == -71);
    assert_int_equal(at_signal("+CSQ: 99,99", &s), 1);
    assert_true(isnan(s.rssi));
    assert_int_equal(at_signal("+CESQ: 99", &s), 0);
}

static void test_finals(void **state)
{
    (void)state;
    int code = 0;
    assert_int_equal(at_final("OK", &code), AT_OK);
    assert_int_equal(at_final("ERROR", &code), AT_ERROR);
    assert_int_equal(code, AT_NONE);
    assert_int_equal(at_final("+CME ERROR: 32", &code), AT_ERROR);
    assert_int_equal(code, 32);
    assert_int_equal(at_final("+CMS ERROR: 500", &code), AT_ERROR);
    assert_int_equal(code, 500);
    assert_int_equal(at_final("+CME ERROR: SIM not inserted", &code), AT_ERROR);
    assert_int_equal(code, AT_NONE);
    assert_int_equal(at_final("+CME ERROR: no network service", &code), AT_ERROR); /* SIMCom */
    assert_int_equal(code, AT_NONE);
    assert_int_equal(at_final("+CME ERROR: 30", &code), AT_ERROR); /* Intel */
    assert_int_equal(code, 30);
    assert_int_equal(at_final("NO CARRIER", &code), AT_NO_CARRIER);
    assert_int_equal(at_final("BUSY", &code), AT_BUSY);
    assert_int_equal(at_final("OKAY", &code), AT_MORE);
    assert_int_equal(at_final("+COPS: 0", &code), AT_MORE);
}

static void test_lines(void **state)
{
    (void)state;
    static struct at_lines lines;
    static const char text[] = "\r\n+CSQ: 3,99\r\n\r\nOK\r\n\r\n> ";
    static const char *const expected[] = {"+CSQ: 3,99", "OK", ">"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        const char *line = at_octet(&lines, (uint8_t)text[i]);
        if (line == NULL)
            continue;
        assert_true(count < 3);
        assert_string_equal(line, expected[count++]);
    }
    assert_int_equal(count, 3);
    assert_int_equal(lines.odd, 0);
    for (int i = 0; i < 2 * AT_LINE_MAX; i++)
        assert_null(at_octet(&lines, 'x'));
    assert_int_equal(strlen(at_octet(&lines, '\n')), AT_LINE_MAX - 1);
    assert_true(lines.odd > 0);
}

static void test_data(void **state)
{
    (void)state;
    assert_int_equal(at_address("+CGPADDR: 1,\"10.45.0.2\""), 1);
    assert_int_equal(at_address("+CGPADDR: 1,10.45.0.2"), 1);
    assert_int_equal(at_address("+CGPADDR: 1,\"0.0.0.0\""), 0);
    assert_int_equal(at_address("+CGPADDR: 1"), 0);
    assert_int_equal(at_address("+CGATT: 1"), -1);
    assert_int_equal(at_call("+CLCC: 1,0,3,0,0,\"0912345678\",129"), 3);
    assert_int_equal(at_call("+CLCC: 1,1,4,0,0,\"0912345678\",129"), AT_NONE);
    assert_int_equal(at_call("OK"), AT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registration), cmocka_unit_test(test_services),
        cmocka_unit_test(test_networks),     cmocka_unit_test(test_operator),
        cmocka_unit_test(test_signal),       cmocka_unit_test(test_finals),
        cmocka_unit_test(test_lines),        cmocka_unit_test(test_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
