#include "report/internal.h"
#include "report/rating.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the evidence suggests, and how it bears on objectives through their targets and tasks. */

static void test_suggestions(void **state)
{
    (void)state;
    const struct {
        struct nd_evidence evidence;
        const char *rating;
    } rows[] = {{{0, 0, 0, 0, 0}, NULL}, {{0, 0, 0, 0, 5}, NULL}, {{0, 0, 0, 3, 0}, NULL},
                {{1, 0, 0, 0, 0}, "P"},  {{0, 0, 1, 0, 0}, "P"},  {{4, 0, 2, 0, 3}, "P"},
                {{4, 0, 0, 1, 0}, "S"},  {{1, 0, 0, 9, 0}, "S"},  {{1, 1, 0, 0, 0}, "M"},
                {{2, 3, 1, 0, 0}, "M"},  {{2, 3, 0, 0, 0}, "U"},  {{0, 1, 0, 0, 0}, "U"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *rating = nd_rating_suggest(&rows[i].evidence);
        if (rows[i].rating == NULL)
            assert_null(rating);
        else
            assert_string_equal(rating, rows[i].rating);
    }
    assert_string_equal(nd_rating_worse("P", "S"), "S");
    assert_string_equal(nd_rating_worse("U", "M"), "U");
    assert_string_equal(nd_rating_worse(NULL, "P"), "P");
    assert_null(nd_rating_worse(NULL, NULL));
}

static const char plan_text[] =
    "{\"objectives\": ["
    "{\"id\": \"o\", \"text\": {\"en\": \"O\"}, \"kind\": \"objective\", \"parent\": null},"
    "{\"id\": \"t1\", \"text\": {\"en\": \"T1\"}, \"kind\": \"target\", \"parent\": \"o\"},"
    "{\"id\": \"k\", \"text\": {\"en\": \"K\"}, \"kind\": \"task\", \"parent\": \"t1\"},"
    "{\"id\": \"t2\", \"text\": {\"en\": \"T2\"}, \"kind\": \"target\", \"parent\": \"o\"},"
    "{\"id\": \"old\", \"text\": {\"en\": \"of an older plan\"}}]}";

/* Evidence of a task, of an inject through an observation, and of a clock. */
static json_t *model_of(const char *verdicts, const char *observations)
{
    char *text =
        nd_printf("{\"verdicts\": [%s], \"observations\": [%s], \"injects\": [{\"id\": \"i\","
                  " \"objective\": \"t2\", \"outcome\": \"delivered\"}], \"obligations\": []}",
                  verdicts, observations);
    json_t *model = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(model);
    return model;
}

static const char *member(const json_t *model, size_t node, const char *key)
{
    const json_t *list = json_object_get(model, "objectives");
    return nd_str_of(json_array_get(list, node), key);
}

static void test_tree(void **state)
{
    (void)state;
    json_t *plan = json_loads(plan_text, 0, NULL);
    json_t *model = model_of("{\"objective\": \"k\", \"grade\": \"met\", \"seq\": 7}", "");
    nd_model_rating(model, plan, NULL);
    assert_string_equal(member(model, 0, "suggested"), "unsuggested"); /* t2 has no evidence */
    assert_string_equal(member(model, 0, "grade"), "met");
    assert_string_equal(member(model, 1, "suggested"), "P");
    assert_string_equal(member(model, 3, "suggested"), "unrated");
    assert_string_equal(member(model, 4, "suggested"), "unrated");
    assert_string_equal(member(model, 4, "kind"), "objective");
    assert_string_equal(member(model, 1, "rating"), "unconfirmed"); /* a suggestion is no rating */
    json_decref(model);

    /* The objective is as its worst target; the observation speaks of t2 by its inject. */
    model =
        model_of("{\"objective\": \"k\", \"grade\": \"met\", \"seq\": 7},"
                 "{\"objective\": \"t2\", \"grade\": \"met\", \"seq\": 9}",
                 "{\"inject\": \"i\", \"sort\": \"improvement\", \"number\": \"1\", \"seq\": 8}");
    json_t *state_json = json_loads(
        "{\"ratings\": {\"o\": {\"rating\": \"M\", \"by\": \"chen\", \"why\": \"w\"},"
        " \"t1\": {\"rating\": null, \"by\": \"chen\"}},"
        " \"improvements\": [{\"id\": \"I1\", \"objective\": \"k\", \"observation\": \"2\"}],"
        " \"events\": 3, \"bad_seq\": 0, \"signer\": null}",
        0, NULL);
    nd_model_rating(model, plan, state_json);
    assert_string_equal(member(model, 0, "suggested"), "S");
    assert_string_equal(member(model, 0, "rating"), "M");
    assert_string_equal(member(model, 0, "rated_by"), "chen");
    assert_string_equal(member(model, 1, "rating"), "unconfirmed"); /* taken back */
    const json_t *item = json_array_get(json_object_get(model, "improvements"), 0);
    assert_string_equal(nd_str_of(json_object_get(item, "capability"), "en"), "O");
    assert_int_equal(nd_int_of(json_object_get(model, "evaluation"), "without_action"), 1);
    json_decref(state_json);
    json_decref(model);
    json_decref(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_suggestions),
                                       cmocka_unit_test(test_tree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
