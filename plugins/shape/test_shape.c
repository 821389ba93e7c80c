#include "base/units.h"
#include "classes.h"
#include "support/fake_host.h"

#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int add(struct classes *classes, const char *text, char why[256])
{
    why[0] = '\0';
    return classes_add(classes, text, why, 256);
}

static void test_a_class_is_read(void **state)
{
    struct classes classes = {.rate = 2000000};
    char why[256];
    (void)state;
    assert_int_equal(add(&classes,
                         "rescuers: rate 1.2mbit/s, ceiling 2mbit/s,dscp ef,dscp af41, dscp cs5, "
                         "from 10.61.0.0/24, to fd61::/16",
                         why),
                     0);
    assert_int_equal(add(&classes, "public: rate 200kbit/s", why), 0);
    assert_int_equal(classes_check(&classes, why, sizeof why), 0);
    const struct class *first = &classes.at[0];
    assert_string_equal(first->name, "rescuers");
    assert_int_equal(first->rate, 1200000);
    assert_int_equal(first->ceiling, 2000000);
    assert_int_equal(first->marks_count, 5);
    assert_int_equal(first->marks[0].dscp, 46);
    assert_int_equal(first->marks[1].dscp, 34);
    assert_int_equal(first->marks[2].dscp, 40);
    assert_int_equal(first->marks[3].prefix, 24);
    assert_int_equal(first->marks[4].kind, MARK_TO);
    assert_int_equal(classes.at[1].ceiling, 2000000); /* not given: the rate of all */
    assert_int_equal(classes.at[1].marks_count, 0);
}

static void test_nonsense_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        ":",
        "a",
        "a:",
        ": rate 1mbit/s",
        "A: rate 1mbit/s",
        "a b: rate 1mbit/s",
        "a: rate",
        "a: rate 1mbit/s ceiling 2mbit/s",
        "a: rate 1mbit/s,",
        "a: rate 7kbit/s",
        "a: rate 1",
        "a: rate -1mbit/s",
        "a: rate nanmbit/s",
        "a: rate 1mbit/s, rate 2mbit/s",
        "a: rate 1mbit/s, dscp 64",
        "a: rate 1mbit/s, dscp -1",
        "a: rate 1mbit/s, dscp af44",
        "a: rate 1mbit/s, dscp cs8",
        "a: rate 1mbit/s, dscp cs11",
        "a: rate 1mbit/s, dscp efx",
        "a: rate 1mbit/s, from 10.1.2.3/24",
        "a: rate 1mbit/s, from 10.1.2.0/33",
        "a: rate 1mbit/s, to fd00::/129",
        "a: rate 1mbit/s, to somewhere",
        "a: rate 1mbit/s, from 10.0.0.0/",
        "a: rate 1mbit/s, mark 5",
        "a: dscp 1, dscp 2, dscp 3, dscp 4, dscp 5, dscp 6, dscp 7, dscp 8, dscp 9",
        "a-name-that-is-longer-than-it-may-be: rate 1mbit/s"};
    char why[256];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct classes classes = {.rate = 2000000};
        if (add(&classes, texts[i], why) == 0)
            fail_msg("'%s' was taken", texts[i]);
        assert_string_not_equal(why, "");
        assert_int_equal(classes.count, 0);
    }
}

static void test_they_have_to_go_together(void **state)
{
    static const char *const sets[][3] = {
        {"a: rate 1mbit/s, dscp 1", NULL},                               /* nobody takes the rest */
        {"a: rate 1mbit/s", "b: rate 1mbit/s", NULL},                    /* two do */
        {"a: rate 1mbit/s, dscp 1", "b: rate 1001kbit/s", NULL},         /* more than there is */
        {"a: rate 1mbit/s, dscp 1", "b: dscp 2, ceiling 1mbit/s", NULL}, /* nothing guaranteed */
        {"a: rate 1mbit/s, ceiling 3mbit/s", NULL},
        {"a: rate 1mbit/s, ceiling 900kbit/s", NULL},
        {"a: rate 8kbit/s", "a: rate 8kbit/s, dscp 1", NULL},
        {NULL}};
    char why[256];
    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        struct classes classes = {.rate = 2000000};
        for (const char *const *text = sets[i]; *text != NULL; text++)
            assert_int_equal(add(&classes, *text, why), 0);
        why[0] = '\0';
        assert_int_equal(classes_check(&classes, why, sizeof why), -1);
        assert_string_not_equal(why, "");
    }
    struct classes many = {.rate = 2000000};
    for (int i = 0; i < CLASSES_MAX; i++) {
        char text[64];
        snprintf(text, sizeof text, "c%d: rate 8kbit/s, dscp %d", i, i);
        assert_int_equal(add(&many, text, why), 0);
    }
    assert_int_equal(add(&many, "more: rate 8kbit/s", why), -1);
}

static void assert_key(const struct filter *filter, int key, uint32_t value, uint32_t mask,
                       int offset)
{
    assert_int_equal(filter->keys[key].value, value);
    assert_int_equal(filter->keys[key].mask, mask);
    assert_int_equal(filter->keys[key].offset, offset);
}

static void test_filters_look_at_the_right_bits(void **state)
{
    struct classes classes = {.rate = 2000000};
    struct filter filters[FILTERS_MAX];
    char why[256];
    (void)state;
    assert_int_equal(add(&classes, "a: rate 8kbit/s, dscp ef, from 10.61.0.0/20", why), 0);
    assert_int_equal(add(&classes, "b: rate 8kbit/s, to fd61:0:0:8000::/49, from ::/0", why), 0);
    assert_int_equal(classes_filters(&classes, filters), 3 + 2 + 1 + 2);
    uint32_t a = class_minor("a");
    uint32_t b = class_minor("b");
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(filters[i].minor, i < 6 ? a : b);
    assert_int_equal(filters[0].protocol, ETH_P_ARP);
    /* A neighbour solicitation (135) and an advertisement (136). */
    assert_int_equal((135u << 24) & filters[1].keys[1].mask, filters[1].keys[1].value);
    assert_int_equal((136u << 24) & filters[2].keys[1].mask, filters[2].keys[1].value);
    assert_int_not_equal((128u << 24) & filters[1].keys[1].mask, filters[1].keys[1].value);
    /* ef, 46: TOS 0xb8 in the second octet; traffic class from the fifth bit on. */
    assert_int_equal(filters[3].protocol, ETH_P_IP);
    assert_key(&filters[3], 0, 0x00b80000, 0x00fc0000, 0);
    assert_int_equal(filters[4].protocol, ETH_P_IPV6);
    assert_key(&filters[4], 0, 0x0b800000, 0x0fc00000, 0);
    assert_key(&filters[5], 0, 0x0a3d0000, 0xfffff000, 12);
    assert_int_equal(filters[6].keys_count, 2);
    assert_key(&filters[6], 0, 0xfd610000, 0xffffffff, 24);
    assert_key(&filters[6], 1, 0x00008000, 0xffff8000, 28);
    assert_int_equal(filters[7].keys_count, 1);
    assert_key(&filters[7], 0, 0, 0, 8);
}

static void test_the_number_comes_from_the_name(void **state)
{
    (void)state;
    assert_int_equal(class_minor("rescuers"), class_minor("rescuers"));
    assert_int_not_equal(class_minor("rescuers"), class_minor("public"));
    for (int i = 0; i < 5000; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%d", i);
        assert_in_range(class_minor(name), 2, 0xfffe);
    }
}

/* What is wrong is already told in a rehearsal, which asks no kernel. */
static void test_a_rehearsal_reads_the_classes(void **state)
{
    static const char *const cell[] = {"interface", "cell0", NULL};
    static const char *const nothing[] = {NULL};
    struct nd_fake *fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_VIRTUAL);
    (void)state;
    nd_fake_target(fake, "cell", NULL, cell);
    nd_fake_target(fake, "odd", NULL, nothing);
    struct nd_op *good = nd_fake_op(fake, "classes", "target", "cell", "rate", "2Mbit/s", "classes",
                                    "a: rate 1mbit/s, dscp ef|b: rate 1mbit/s", NULL);
    nd_fake_rehearse(good);
    assert_int_equal(nd_fake_run(good), ND_OK);
    struct nd_op *bad = nd_fake_op(fake, "classes", "target", "cell", "rate", "2Mbit/s", "classes",
                                   "a: rate 2mbit/s, dscp ef|b: rate 1mbit/s", NULL);
    nd_fake_rehearse(bad);
    assert_int_equal(nd_fake_run(bad), ND_EARG);
    assert_non_null(strstr(bad->why, "3000000 bit/s are guaranteed"));
    struct nd_op *none = nd_fake_op(fake, "classes", "target", "odd", "rate", "2Mbit/s", "classes",
                                    "b: rate 1mbit/s", NULL);
    assert_int_equal(nd_fake_plan(none), ND_EARG);
    assert_non_null(strstr(none->why, "names no interface"));
    assert_null(nd_fake_fault(fake));
    nd_fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_class_is_read),
        cmocka_unit_test(test_nonsense_is_refused),
        cmocka_unit_test(test_they_have_to_go_together),
        cmocka_unit_test(test_filters_look_at_the_right_bits),
        cmocka_unit_test(test_the_number_comes_from_the_name),
        cmocka_unit_test(test_a_rehearsal_reads_the_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
