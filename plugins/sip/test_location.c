#include "location.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *position;
        long radius;
    } good[] = {{"23.1417,120.1019", "23.14170 120.10190", 0},
                {"23.1417, 120.1019, 50", "23.14170 120.10190", 50},
                {"-90,-180,0", "-90.00000 -180.00000", 0},
                {"90,180,100000", "90.00000 180.00000", 100000}};
    static const char *const bad[] = {"",
                                      "23",
                                      "23,",
                                      "23 120",
                                      "23,120,",
                                      "23,120,-1",
                                      "91,120",
                                      "23,181",
                                      "nan,120",
                                      "inf,inf",
                                      "0x10,20",
                                      "23,120,50,1",
                                      "23,120,1000000",
                                      "23,120 x",
                                      "23,1e99",
                                      "23.1417N,120",
                                      ",120",
                                      "23;120",
                                      "23,120\r\nX:",
                                      "23,120<gml:pos/>",
                                      "--1,2"};
    char why[300];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct location location;
        assert_true(location_read(good[i].text, &location, why, sizeof why));
        assert_string_equal(location.position, good[i].position);
        assert_int_equal(location.radius, good[i].radius);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct location location;
        why[0] = '\0';
        if (location_read(bad[i], &location, why, sizeof why))
            fail_msg("'%s' is taken", bad[i]);
        assert_non_null(strstr(why, "degrees north and east"));
    }
}

static void test_put(void **state)
{
    (void)state;
    struct location location;
    struct location_body body;
    struct sip_answer read;
    char why[300];
    char out[SIP_BYTES];
    struct sip_request request = {
        .method = "INVITE",
        .uri = "urn:service:sos",
        .from = "sip:citizen@yi.test",
        .to = "urn:service:sos",
        .from_tag = "t1",
        .call_id = "c1",
        .branch = "z9hG4bKb1",
        .local = "192.0.2.1:5060",
        .cseq = 1,
        .expires = -1,
        .transport = "tcp",
        .body = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
                "t=0 0\r\nm=audio 6000 RTP/AVP 0\r\n"};
    sip_init();
    assert_true(location_read("23.1417,120.1019,50", &location, why, sizeof why));
    assert_true(location_put(&location, request.from, "nd1", &request, &body));
    size_t len = sip_make(&request, out);
    assert_true(len > 0);
    assert_non_null(strstr(out, "\r\nGeolocation: <cid:nd1@netdrill.invalid>\r\n"));
    assert_non_null(strstr(out, "\r\nContent-ID: <nd1@netdrill.invalid>\r\n"));
    assert_non_null(strstr(out, "entity=\"pres:citizen@yi.test\""));
    assert_non_null(strstr(out, "<gml:pos>23.14170 120.10190</gml:pos><gs:radius"));
    assert_non_null(strstr(out, "EXERCISE"));
    /* And whoever reads it finds the session beside it. */
    assert_true(sip_read(out, len, &read));
    assert_true(read.media.given);
    assert_int_equal(read.media.port, 6000);
    /* One that does not fit is told. */
    char session[LOCATION_BODY];
    memset(session, 'a', sizeof session);
    session[sizeof session - 1] = '\0';
    request.body = session;
    assert_false(location_put(&location, request.from, "nd1", &request, &body));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read), cmocka_unit_test(test_put)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
