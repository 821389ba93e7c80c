#include "base/units.h"
#include "plan/site.h"
#include "record/rundir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct nd_diags diags;

/* A site with this policy; NULL: not read, see diags. */
static struct nd_site *site_with(const char *policy)
{
    char path[] = "/tmp/netdrill-policy-XXXXXX";
    struct nd_buf text = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    nd_buf_addf(&text,
                "site: test\npeople: {lin: {}, wu: {}, chen: {}}\ntargets:\n"
                "  cell: {kind: interface, may_be_disturbed: true}\n"
                "  core: {kind: router, may_be_disturbed: true}\n"
                "  web: {kind: service, may_be_disturbed: true}\n"
                "  bank: {kind: service}\n%s",
                policy);
    assert_int_equal(nd_file_write(path, nd_buf_str(&text), text.len_bytes, NULL), ND_OK);
    nd_diags_deinit(&diags);
    diags = (struct nd_diags){0};
    struct nd_site *site = nd_site_load(path, &diags);
    nd_buf_deinit(&text);
    unlink(path);
    return site;
}

static const char *call(const struct nd_site *site, const char *plugin, const char *verb,
                        const char *target, bool changes)
{
    struct nd_fail why = {0};
    const char *code =
        nd_policy_call(&site->policy, plugin, verb,
                       target != NULL ? nd_site_target_find(site, target) : NULL, changes, &why);
    assert_true((code != NULL) == (why.code == ND_ERIGHTS));
    return code != NULL ? code : "";
}

static void test_calls(void **state)
{
    (void)state;
    struct nd_site *site = site_with("policy:\n  targets: [cell, core]\n"
                                     "  forbidden: {verbs: [links.cut], plugins: [exec], "
                                     "kinds: [router]}\n");
    assert_non_null(site);
    assert_true(site->policy.given);
    assert_string_equal(call(site, "links", "down", "cell", true), "");
    assert_string_equal(call(site, "links", "cut", "cell", true), "E0503");
    assert_string_equal(call(site, "exec", "probe", NULL, false), "E0503");
    assert_string_equal(call(site, "links", "down", "core", true), "E0503"); /* a router */
    assert_string_equal(call(site, "links", "down", "web", true), "E0502");
    assert_string_equal(call(site, "links", "down", NULL, true), "E0502");
    assert_string_equal(call(site, "reach", "tcp", "web", false), ""); /* measuring is free */
    nd_site_free(site);
    site = site_with("");
    assert_false(site->policy.given);
    assert_string_equal(call(site, "exec", "change", "web", true), "");
    nd_site_free(site);
}

static void test_changes(void **state)
{
    (void)state;
    struct nd_site *site =
        site_with("policy: {changes_at_most: 2, change_lasts: 90s, drill_lasts: 1h}\n");
    const struct nd_policy *policy = &site->policy;
    assert_null(nd_policy_change(policy, 1, ND_SEC(90), NULL));
    assert_string_equal(nd_policy_change(policy, 2, ND_SEC(1), NULL), "E0504");
    assert_string_equal(nd_policy_change(policy, 0, ND_SEC(90) + 1, NULL), "E0505");
    assert_null(nd_policy_drill(policy, ND_SEC(3600), NULL));
    assert_string_equal(nd_policy_drill(policy, ND_SEC(3600) + 1, NULL), "E0506");
    nd_site_free(site);
}

/* 2026-11-25 was a Wednesday; hour and minute of UTC, days from it. */
static int64_t wed(int days, int hour, int minute)
{
    return ND_SEC(1795564800 + (int64_t)days * 86400 + hour * 3600 + minute * 60);
}

static const char *time_of(const struct nd_site *site, int64_t from, int64_t till)
{
    const char *code = nd_policy_time(&site->policy, from, till, NULL);
    return code != NULL ? code : "";
}

static void test_hours(void **state)
{
    (void)state;
    struct nd_site *site = site_with("policy: {hours: [\"mon-fri 09:00-17:00 +08:00\"]}\n");
    assert_string_equal(time_of(site, wed(0, 1, 0), wed(0, 9, 0)), "");       /* 09:00 to 17:00 */
    assert_string_equal(time_of(site, wed(0, 0, 59), wed(0, 8, 0)), "E0507"); /* begins early */
    assert_string_equal(time_of(site, wed(0, 8, 0), wed(0, 9, 1)), "E0507");  /* reaches beyond */
    assert_string_equal(time_of(site, wed(3, 2, 0), wed(3, 3, 0)), "E0507");  /* Saturday */
    assert_string_equal(time_of(site, wed(5, 2, 0), wed(5, 3, 0)), "");       /* Monday */
    assert_string_equal(time_of(site, wed(0, 9, 0), wed(0, 9, 0)), "E0507");  /* not at its end */
    assert_null(nd_policy_drill(&site->policy, ND_SEC(8 * 3600), NULL));
    assert_string_equal(nd_policy_drill(&site->policy, ND_SEC(8 * 3600 + 1), NULL), "E0507");
    nd_site_free(site);
    /* Over midnight, and on over two stretches that adjoin; a zone west of UTC. */
    site =
        site_with("policy:\n  hours: [\"fri 22:00-06:00 -01:30\", \"Sat 06:00-07:00 -01:30\"]\n");
    assert_string_equal(time_of(site, wed(2, 23, 30), wed(3, 8, 30)), "");
    assert_string_equal(time_of(site, wed(2, 23, 29), wed(3, 8, 30)), "E0507");
    assert_string_equal(time_of(site, wed(3, 3, 0), wed(3, 8, 31)), "E0507");
    assert_null(nd_policy_drill(&site->policy, ND_SEC(9 * 3600), NULL));
    nd_site_free(site);
    site = site_with("policy: {hours: [\"daily 00:00-24:00 +08:00\"]}\n");
    assert_string_equal(time_of(site, wed(0, 0, 0), wed(40, 0, 0)), "");
    assert_null(nd_policy_drill(&site->policy, ND_SEC(86400 * 300), NULL));
    nd_site_free(site);
    site = site_with("policy: {hours: [\"sun-tue,thu 00:00-24:00 +00:00\"]}\n");
    assert_int_equal(site->policy.hours.at[0].days, 1 << 6 | 1 | 1 << 1 | 1 << 3);
    nd_site_free(site);
}

static void refused(const char *policy, const char *code)
{
    struct nd_site *site = site_with(policy);
    if (site != NULL)
        fail_msg("read, but should not be: %s", policy);
    for (size_t i = 0; i < diags.list.count; i++) {
        const struct nd_diag *diag = &diags.list.at[i];
        if (strcmp(diag->code, code) == 0 && diag->line > 0 && diag->column > 0)
            return;
    }
    fail_msg("no %s for: %s", code, policy);
}

/* A policy that is not understood as meant is an error, never a policy that allows more. */
static void test_faults(void **state)
{
    (void)state;
    refused("policy: {target: [cell]}\n", "E0401");
    refused("policy: [cell]\n", "E0403");
    refused("policy: {targets: cell}\n", "E0403");
    refused("policy: {targets: [cel]}\n", "E0405");
    refused("policy: {targets: [bank]}\n", "E0409");
    refused("policy: {forbidden: {verbs: [cut]}}\n", "E0403");
    refused("policy: {forbidden: {verb: [links.cut]}}\n", "E0401");
    refused("policy: {changes_at_most: 0}\n", "E0403");
    refused("policy: {changes_at_most: two}\n", "E0403");
    refused("policy: {change_lasts: 90}\n", "E0403");
    refused("policy: {drill_lasts: 0s}\n", "E0403");
    static const char *const hours[] = {"mon 09:00-17:00",
                                        "mon 9:00-17:00 +08:00",
                                        "mon 09:00-17:00 +08:00 x",
                                        "mon 09:00-24:01 +08:00",
                                        "mon 09:60-17:00 +08:00",
                                        "mon 09:00 +08:00",
                                        "moon 09:00-17:00 +08:00",
                                        "mon-xxx 09:00-17:00 +08:00",
                                        "mon 09:00-17:00 08:00",
                                        "mon 09:00-17:00 +15:00",
                                        ""};
    for (size_t i = 0; i < sizeof hours / sizeof hours[0]; i++) {
        char text[80];
        snprintf(text, sizeof text, "policy: {hours: [\"%s\"]}\n", hours[i]);
        refused(text, "E0403");
    }
    refused("policy: {hours: \"mon 09:00-17:00 +08:00\"}\n", "E0403");
    refused("policy: {arming: {of: [lin]}}\n", "E0402");
    refused("policy: {arming: {people: 4}}\n", "E0409");
    refused("policy: {arming: {people: 2, of: [lin, lin]}}\n", "E0409");
    refused("policy: {arming: {people: 2, of: [lin, nobody]}}\n", "E0405");
    nd_diags_deinit(&diags);
}

static void test_arming(void **state)
{
    (void)state;
    struct nd_site *site = site_with("policy: {arming: {people: 2, of: [lin, wu], within: 5m}}\n");
    assert_int_equal(site->policy.arming_people, 2);
    assert_int_equal(site->policy.arming_within, ND_SEC(300));
    assert_true(nd_policy_may_arm(&site->policy, "wu"));
    assert_false(nd_policy_may_arm(&site->policy, "chen"));
    nd_site_free(site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),  cmocka_unit_test(test_changes), cmocka_unit_test(test_hours),
        cmocka_unit_test(test_faults), cmocka_unit_test(test_arming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
