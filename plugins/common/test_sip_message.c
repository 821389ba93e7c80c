#include "sip_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What is read and made without a connection: bodies, frames of a stream, digests. */

static void test_sdp(void **state)
{
    (void)state;
    struct sip_media media;
    sip_read_sdp("v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
                 "a=sendonly\r\nm=video 6000 RTP/AVP 31\r\nm=audio 5000 RTP/AVP 0 97\r\n"
                 "a=sendrecv\r\na=rtpmap:97 EVS/16000/1\r\n",
                 &media);
    assert_true(media.given && media.ways == SIP_BOTH && media.streams == 2 && media.port == 5000 &&
                media.formats == 2);
    assert_string_equal(media.address, "2001:db8::1");
    assert_string_equal(media.format[1].rtpmap, "EVS/16000");
    sip_read_sdp("m=audio 99999 RTP/AVP 0\r\n", &media);
    assert_false(media.given);
    sip_read_sdp("", &media);
    assert_false(media.given);
}

static void test_frame(void **state)
{
    (void)state;
    static const char whole[] = "MESSAGE sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\nhello";
    const uint8_t *bytes = (const uint8_t *)whole;
    size_t len = sizeof whole - 1;
    for (size_t i = 1; i < len - 5; i++)
        assert_int_equal(sip_frame(bytes, i), 0);
    for (size_t i = len - 5; i <= len; i++)
        assert_int_equal(sip_frame(bytes, i), len);
    assert_int_equal(sip_frame((const uint8_t *)"\r\n\r\nBYE", 7), 4);
    assert_int_equal(sip_frame((const uint8_t *)"BYE\nl: 99999\n\n", 15), SIP_NONSENSE);
    assert_int_equal(sip_frame((const uint8_t *)"BYE\nl: -1\n\n", 12), SIP_NONSENSE);
    uint8_t endless[SIP_STREAM];
    memset(endless, 'x', sizeof endless);
    assert_int_equal(sip_frame(endless, sizeof endless - 1), 0);
    assert_int_equal(sip_frame(endless, sizeof endless), SIP_NONSENSE);
}

static void test_digest(void **state)
{
    (void)state;
    /* RFC 2617 §3.5 */
    const struct sip_challenge c = {.realm = "testrealm@host.com",
                                    .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                                    .opaque = "5ccc069c403ebaf9f0171e9517f40e41",
                                    .qop = 1};
    char line[900];
    assert_int_equal(sip_authorize(&c, "Mufasa", "Circle Of Life", "GET", "/dir/index.html",
                                   "0a4f113b", line, sizeof line),
                     1);
    assert_non_null(strstr(line, "response=\"6629fae49393a05397450978507c4ef1\""));
    assert_int_equal(sip_authorize(&c, "Mufasa", "Circle Of Life", "GET", "/dir/index.html",
                                   "0a4f113b", line, 100),
                     0);
}

static void test_emergency(void **state)
{
    (void)state;
    static const char *const sos[] = {"urn:service:sos", "urn:service:sos.fire",
                                      "URN:SERVICE:SOS", "urn:service:test.sos.police",
                                      "tel:112",         "sip:119@yi.test",
                                      "sip:+112@x",      "tel:1-1-2",
                                      "sip:%31%31%32@x", "SIP:110;phone-context=x"};
    for (size_t i = 0; i < sizeof sos / sizeof sos[0]; i++)
        assert_true(sip_emergency(sos[i]));
    assert_false(sip_emergency("sip:bob@yi.test"));
    assert_false(sip_emergency("tel:+886912345678"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_emergency), cmocka_unit_test(test_sdp),
                                       cmocka_unit_test(test_frame), cmocka_unit_test(test_digest)};
    sip_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
