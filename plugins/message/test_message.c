#include "letter.h"
#include "support/fake_host.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SEC ((nd_ns)1000000000)

static struct nd_fake *fake;
static char directory[64];

static int set_up(void **state)
{
    (void)state;
    setenv("TZ", "Asia/Taipei", 1);
    tzset();
    snprintf(directory, sizeof directory, "/tmp/test_message-XXXXXX");
    fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_VIRTUAL);
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    DIR *dir = opendir(directory);
    for (struct dirent *entry = dir != NULL ? readdir(dir) : NULL; entry != NULL;
         entry = readdir(dir))
        unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    rmdir(directory);
    const char *fault = nd_fake_fault(fake);
    if (fault != NULL)
        print_error("%s\n", fault);
    nd_fake_free(fake);
    return fault != NULL;
}

/* A channel of the test's own, with one fact more. */
static void channel(const char *name, const char *kind, const char *key, const char *value)
{
    const char *const facts[] = {
        "kind",      kind,      "recipients", "{\"jia\":\"noc@jia.test\",\"yi\":\"noc@yi.test\"}",
        "directory", directory, "sender",     "exercise@drill.test",
        key,         value,     NULL};
    nd_fake_target(fake, name, "127.0.0.1", facts);
}

static size_t files(void)
{
    size_t count = 0;
    DIR *dir = opendir(directory);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static nd_err call(struct nd_op *op)
{
    nd_fake_start(op);
    return nd_fake_run(op);
}

static struct nd_op *file(const char *reference)
{
    return nd_fake_op(fake, "file", "channel", "box", "to", "jia|yi", "title_zh", "海纜中斷",
                      "reference", reference, NULL);
}

/* ---- texts ---- */

static void test_lines(void **state)
{
    (void)state;
    static const char right_to_left[] = {'\xe2', '\x80', '\xae', 0};
    assert_true(text_is_line("海纜中斷 – Cable cut"));
    static const char *const wrong[] = {
        "a\r\nBcc: x@y.test", "a\nb", "tab\t",    "\x7f",         "\xc2\x85", "\xe2\x80\xa8",
        right_to_left,        "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe6\x9c", "\xf5\x80\x80\x80"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(text_is_line(wrong[i]));
    assert_true(text_is_body("a\r\n\tb"));
    assert_false(text_is_body("a\x1b[31m"));
    assert_true(text_is_mailbox("noc+drill@jia.test"));
    static const char *const no_mailbox[] = {"noc",
                                             "@jia.test",
                                             "noc@",
                                             "a b@jia.test",
                                             "a@b>c",
                                             "a@jia.test>\r\nRCPT TO:<b@x",
                                             "a@jia.test,b@x",
                                             "\"a\"@jia.test",
                                             "a@-jia"};
    for (size_t i = 0; i < sizeof no_mailbox / sizeof no_mailbox[0]; i++)
        assert_false(text_is_mailbox(no_mailbox[i]));
}

static void test_moments(void **state)
{
    (void)state;
    char iso[ISO_BYTES];
    text_iso(1795483800 * SEC, iso);
    assert_string_equal(iso, "2026-11-24T09:30:00+08:00");
    setenv("TZ", "UTC", 1);
    tzset();
    text_iso(1795483800 * SEC, iso);
    assert_string_equal(iso, "2026-11-24T01:30:00-00:00");
}

static void test_slugs(void **state)
{
    (void)state;
    char one[SLUG_BYTES];
    char two[SLUG_BYTES];
    text_slug("INJ-014.b", one);
    assert_string_equal(one, "INJ-014.b");
    text_slug("../../etc/passwd", one);
    assert_null(strchr(one, '/'));
    assert_int_not_equal(one[0], '.');
    text_slug("狀況一", one);
    text_slug("狀況二", two);
    assert_string_not_equal(one, two);
}

/* ---- calls ---- */

static void test_marked_and_written_once(void **state)
{
    (void)state;
    channel("box", "file", NULL, NULL);
    assert_int_equal(call(file("INJ1")), ND_OK);
    assert_int_equal(files(), 1);
    struct nd_op *again = file("INJ1");
    assert_int_equal(call(again), ND_OK);
    assert_int_equal(files(), 1);
    assert_true(nd_fake_value(again, "repeats") == 1 && nd_fake_value(again, "sent") == 0);
    assert_int_equal(call(file("INJ2")), ND_OK);
    assert_int_equal(files(), 2);
}

/* Without a reference nothing is known of what was sent before. */
static void test_same_second(void **state)
{
    (void)state;
    channel("box", "file", NULL, NULL);
    for (int i = 0; i < 3; i++) {
        struct nd_op *op =
            nd_fake_op(fake, "file", "channel", "box", "to", "jia", "title_en", "x", NULL);
        assert_int_equal(call(op), ND_OK);
    }
    assert_int_equal(files(), 3);
}

static void test_rate(void **state)
{
    (void)state;
    channel("box", "file", "messages_per_minute", "2");
    assert_int_equal(call(file("a")), ND_OK);
    assert_int_equal(call(file("b")), ND_OK);
    nd_ns before = nd_fake_now(fake);
    assert_int_equal(call(file("c")), ND_OK);
    assert_true(nd_fake_now(fake) - before >= 59 * SEC && nd_fake_now(fake) - before < 61 * SEC);
    struct nd_op *late = file("d");
    assert_int_equal(call(late), ND_OK);
    late = file("e");
    nd_fake_start(late);
    nd_fake_deadline(late, 10 * SEC);
    assert_int_equal(nd_fake_run(late), ND_ETIME);
    assert_non_null(strstr(late->why, "2 messages a minute"));
}

static void test_two_at_once(void **state)
{
    (void)state;
    channel("box", "file", NULL, NULL);
    struct nd_op *one = file("a");
    struct nd_op *two = file("a");
    nd_fake_start(one);
    nd_fake_start(two);
    assert_int_equal(nd_fake_run(two), ND_ESTATE);
    assert_int_equal(nd_fake_run(one), ND_OK);
    assert_int_equal(files(), 1);
}

static void test_no_directory(void **state)
{
    (void)state;
    channel("box", "file", NULL, NULL);
    assert_int_equal(rmdir(directory), 0);
    struct nd_op *op = file("a");
    assert_int_equal(call(op), ND_EGONE);
    assert_non_null(strstr(op->why, "cannot write into"));
    mkdir(directory, 0700);
    assert_int_equal(call(file("a")), ND_OK); /* what failed was not sent */
}

static void refused(const char *words, struct nd_op *op)
{
    char why[256] = "";
    assert_int_equal(op->verb->check(&op->args, why, sizeof why), ND_EARG);
    if (strstr(why, words) == NULL)
        fail_msg("'%s' does not say '%s'", why, words);
    assert_int_equal(call(op), ND_EARG);
    assert_int_equal(files(), 0);
}

static void test_refusals(void **state)
{
    (void)state;
    channel("box", "file", NULL, NULL);
    channel("cap", "cap", NULL, NULL);
    channel("fast", "file", "messages_per_minute", "1000000");
    channel("mail", "smtp", "password", "env:X");
    channel("hook", "webhook", "token", "env:X");
    channel("log", "syslog", NULL, NULL);
#define CALL(verb, on, to, title, ...)                                                             \
    nd_fake_op(fake, verb, "channel", on, "to", to, "title_en", title, __VA_ARGS__)
    refused("'mallory' is no recipient", CALL("file", "box", "jia|mallory", "x", NULL));
    refused("one line", CALL("file", "box", "jia", "x\r\nBcc: a@b.test", NULL));
    refused("one line", CALL("file", "box", "jia", "x", "reference", "a\nb", NULL));
    refused("needs a title", CALL("file", "box", "jia", "", NULL));
    refused("control and direction", CALL("file", "box", "jia", "x", "body_en", "\x1b[2J", NULL));
    refused("'box' is a 'file'", CALL("card", "box", "jia", "x", NULL));
    refused("1 to 600", CALL("file", "fast", "jia", "x", NULL));
    refused("got 'Actual'", CALL("cap", "cap", "jia", "x", "status", "Actual", NULL));
    refused("got 'exercise'", CALL("cap", "cap", "jia", "x", "status", "exercise", NULL));
    refused("in clear", CALL("mail", "mail", "jia", "x", NULL));
    refused("in clear", CALL("webhook", "hook", "jia", "x", NULL));
    char *body = calloc(1, 3000);
    memset(body, 'a', 2999);
    refused("over UDP carries", CALL("syslog", "log", "jia", "x", "body_en", body, NULL));
    free(body);
}

static void test_rehearsal(void **state)
{
    (void)state;
    channel("box", "file", NULL, NULL);
    struct nd_op *op = file("a");
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_OK);
    assert_int_equal(files(), 0);
    assert_true(nd_fake_value(op, "sent") == 1);
    op = nd_fake_op(fake, "file", "channel", "box", "to", "mallory", "title_zh", "x", NULL);
    nd_fake_rehearse(op);
    assert_int_equal(nd_fake_run(op), ND_EARG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_lines),       TEST(test_moments),
        TEST(test_slugs),       TEST(test_marked_and_written_once),
        TEST(test_same_second), TEST(test_rate),
        TEST(test_two_at_once), TEST(test_no_directory),
        TEST(test_refusals),    TEST(test_rehearsal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
