#include "base/units.h"
#include "plan/profile.h"
#include "record/rundir.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Profiles: those there are, and badly written ones. */

static char dir[] = "/tmp/netdrill-profile-XXXXXX";
static char path[64];
static struct nd_diags diags;

#define HEAD                                                                                       \
    "profile: x\ntitle: T\nseen: read\nevents: {start: Begins, end: Ends}\n"                       \
    "figures: {n: {unit: count, title: N}, s: {unit: share, title: S}}\n"

static struct nd_profile *load(const char *text)
{
    nd_diags_deinit(&diags);
    nd_file_write(path, text, strlen(text), NULL);
    return nd_profile_load(path, &diags);
}

static void refused(const char *more, const char *code, const char *words)
{
    struct nd_buf text = {0};
    nd_buf_addf(&text, "%s%s", HEAD, more);
    struct nd_profile *profile = load(nd_buf_str(&text));
    nd_buf_deinit(&text);
    bool found = false;
    assert_null(profile);
    for (size_t i = 0; i < diags.list.count; i++)
        found =
            found || (strcmp(diags.list.at[i].code, code) == 0 &&
                      strstr(diags.list.at[i].text, words) != NULL && diags.list.at[i].line > 0);
    if (!found)
        fail_msg("expected %s '%s', got %s", code, words,
                 diags.list.count != 0 ? diags.list.at[0].text : "nothing");
}

static void test_faults(void **state)
{
    (void)state;
    struct nd_profile *good = load(HEAD "duties: {a: {title: A, after: start, within: 15m}}\n");
    assert_non_null(good);
    assert_int_equal(good->duties.at[0].within, ND_SEC(900));
    nd_profile_free(good);
    refused("duties: {a: {title: A, after: begin, within: 15m}}\n", "E0405", "'begin'");
    refused("duties: {a: {title: A, after: start, within: 15}}\n", "E0403", "'within'");
    refused("duties: {a: {title: A, after: start, within: 0s}}\n", "E0403", "longer than 0");
    refused("duties: {a: {title: A, after: start, every: 3h}}\n", "E0402", "'until'");
    refused("duties: {a: {title: A, after: start, every: 3h, within: 1h, until: end}}\n", "E0403",
            "either");
    refused("duties: {a: {title: A, after: start, until: never}}\n", "E0405", "'never'");
    refused("duties: {a: {title: A, after: b}, b: {title: B, after: a}}\n", "E0405",
            "waits, through others");
    refused("duties: {start: {title: A, after: end}}\n", "E0407", "'start'");
    refused("duties: {a: {title: A, after: start, withn: 1h}}\n", "E0401", "did you mean 'within'");
    refused("rules: {r: {title: R, all: [{figure: m, above: 5}]}}\n", "E0405", "'m'");
    refused("rules: {r: {title: R, all: [{figure: n, above: 5%}]}}\n", "E0403", "'above'");
    refused("rules: {r: {title: R, all: [{figure: s, above: 5}]}}\n", "E0403", "'above'");
    refused("rules: {r: {title: R, all: [{figure: n, above: 5, below: 9}]}}\n", "E0403",
            "one limit");
    refused("rules: {r: {title: R, all: [{figure: n}]}}\n", "E0402", "at_least");
    refused("rules: {r: {title: R}}\n", "E0402", "'all' or 'any'");
    refused("rules: {R!: {title: R, all: [{figure: n, above: 5}]}}\n", "E0404", "R!");
    assert_null(load("profile: y\ntitle: T\nseen: read\n")); /* not its file's name */
    assert_null(load("- a list\n"));
}

/* Those that are shipped can be read, say how they were seen, and name their duties in both
 * languages. */
static void test_shipped(void **state)
{
    (void)state;
    static const char *const names[] = {"tw-telecom-outage", "tw-cyber", "tw-disaster-roaming",
                                        "jp-serious-accident"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct nd_fail why = {0};
        char *found = nd_profile_find(names[i], path, &why);
        if (found == NULL)
            fail_msg("%s", why.text);
        nd_diags_deinit(&diags);
        struct nd_profile *profile = nd_profile_load(found, &diags);
        if (profile == NULL)
            fail_msg("%s", diags.list.at[0].text);
        assert_string_equal(profile->name, names[i]);
        assert_true(strlen(profile->seen.zh) > 20);
        assert_true(strlen(profile->seen.en) > 20);
        assert_string_not_equal(profile->seen.zh, profile->seen.en);
        assert_non_null(profile->law.zh);
        assert_non_null(profile->law.en);
        for (size_t k = 0; k < profile->duties.count; k++) {
            assert_non_null(profile->duties.at[k].title.zh);
            assert_string_not_equal(profile->duties.at[k].title.en, profile->duties.at[k].title.zh);
        }
        nd_profile_free(profile);
        free(found);
    }
}

/* Beside the scenario comes before the installation; a run's directory stands in for a path. */
static void test_found(void **state)
{
    (void)state;
    struct nd_fail why = {0};
    char *beside = nd_printf("%s/tw-cyber.yaml", dir);
    nd_file_write(beside, "x", 1, NULL);
    char *found = nd_profile_find("tw-cyber", path, &why);
    assert_string_equal(found, beside);
    free(found);
    assert_null(nd_profile_find("no-such", path, &why));
    assert_non_null(strstr(why.text, "no-such"));
    assert_null(nd_profile_find("../etc/passwd", path, &why));
    found = nd_profile_find("./x.yaml", path, &why);
    assert_non_null(found);
    free(found);
    unlink(beside);
    free(beside);
}

static bool asks(const struct nd_rule *rule, double stations, double damaged, double repairable)
{
    double measured = 0;
    bool all = nd_condition_holds(&rule->conditions[0], damaged, stations, &measured);
    all = nd_condition_holds(&rule->conditions[1], damaged, 0, &measured) && all;
    return nd_condition_holds(&rule->conditions[2], repairable, 0, &measured) && all;
}

/* At least 20 % AND more than 5 AND not repairable to 90 %: each at its edge. */
static void test_roaming(void **state)
{
    (void)state;
    char *found = nd_profile_find("tw-disaster-roaming", path, NULL);
    nd_diags_deinit(&diags);
    struct nd_profile *profile = nd_profile_load(found, &diags);
    const struct nd_rule *rule = nd_profile_rule(profile, "activation");
    assert_false(rule->any);
    assert_true(asks(rule, 30, 6, 0.89));
    assert_false(asks(rule, 31, 6, 0.89)); /* 19.4 % */
    assert_false(asks(rule, 10, 5, 0.89)); /* 50 %, but not more than 5 */
    assert_false(asks(rule, 30, 6, 0.9));
    double measured = 0;
    assert_false(nd_condition_holds(&rule->conditions[0], 6, 0, &measured)); /* of none */
    assert_true(isnan(measured));
    const struct nd_rule *ending = nd_profile_rule(profile, "ending");
    assert_true(ending->any);
    assert_true(nd_condition_holds(&ending->conditions[0], 0.9, 0, &measured));
    assert_true(
        nd_condition_holds(&ending->conditions[1], (double)ND_SEC(30 * 86400), 0, &measured));
    assert_false(
        nd_condition_holds(&ending->conditions[1], (double)ND_SEC(30 * 86400 - 1), 0, &measured));
    nd_profile_free(profile);
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_faults),
                                       cmocka_unit_test(test_shipped), cmocka_unit_test(test_found),
                                       cmocka_unit_test(test_roaming)};
    if (mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/x.yaml", dir);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nd_diags_deinit(&diags);
    unlink(path);
    rmdir(dir);
    return failed;
}
