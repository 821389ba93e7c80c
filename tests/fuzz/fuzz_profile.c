#include "fuzz/fuzz.h"
#include "plan/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A profile that somebody sends. One that is taken leads nowhere else: its names are its own, its
 * duties end at an event, its rules can be asked. */

static char dir[] = "/tmp/fuzz-profile-XXXXXX";

static void remove_dir(void)
{
    rmdir(dir);
}

/* A profile lies in a file of its own name. */
static void path_of(const uint8_t *bytes, size_t len, char *path, size_t path_bytes)
{
    static const char key[] = "profile: ";
    char name[49] = "";
    const uint8_t *at = memmem(bytes, len, key, sizeof key - 1);
    size_t from = at != NULL ? (size_t)(at - bytes) + sizeof key - 1 : len;
    for (size_t i = 0; from + i < len && i < 48; i++) {
        char c = (char)bytes[from + i];
        if (c == '\0' || strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", c) == NULL)
            break;
        name[i] = c;
    }
    snprintf(path, path_bytes, "%s/%s.yaml", dir, name);
}

static void check_duties(const struct nd_profile *profile)
{
    for (size_t i = 0; i < profile->duties.count; i++) {
        const struct nd_duty *duty = &profile->duties.at[i];
        const char *after = duty->after;
        const struct nd_duty *before = NULL;
        for (size_t hops = 0; (before = nd_profile_duty(profile, after)) != NULL; hops++) {
            ND_CHECK(hops < profile->duties.count);
            after = before->after;
        }
        ND_CHECK(nd_profile_occasion(profile, after) != NULL && duty->within >= 0);
        ND_CHECK(!duty->recurs || (duty->within > 0 && duty->until != NULL));
        ND_CHECK(duty->until == NULL || nd_profile_occasion(profile, duty->until) != NULL);
    }
}

static void check_rules(const struct nd_profile *profile)
{
    static const double values[] = {0, 1, 0.5, 1e18};
    for (size_t i = 0; i < profile->rules.count; i++) {
        const struct nd_rule *rule = &profile->rules.at[i];
        ND_CHECK(rule->conditions_count != 0);
        for (size_t k = 0; k < rule->conditions_count * 4; k++) {
            const struct nd_condition *condition = &rule->conditions[k / 4];
            double measured = -1;
            ND_CHECK(nd_profile_figure(profile, condition->figure->id) != NULL);
            nd_condition_holds(condition, values[k % 4], values[3 - k % 4], &measured);
            ND_CHECK(!(measured < 0));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static int made;
    struct nd_diags diags = {0};
    char path[128];
    if (!made++) {
        ND_CHECK(mkdtemp(dir) != NULL);
        atexit(remove_dir);
    }
    path_of(bytes, len, path, sizeof path);
    ND_CHECK(symlink(fuzz_file(bytes, len), path) == 0);
    struct nd_profile *profile = nd_profile_load(path, &diags);
    unlink(path);
    ND_CHECK((profile == NULL) == (diags.errors != 0));
    if (profile != NULL) {
        check_duties(profile);
        check_rules(profile);
    }
    nd_profile_free(profile);
    nd_diags_deinit(&diags);
    return 0;
}
