#include "report/model/model.h"
#include "report/model/rating.h"
#include "report/words/words.h"

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

/* Observations added after the run weigh as the others; withdrawn ones do not. */
static void test_added_later(void **state)
{
    (void)state;
    json_t *plan = json_loads(plan_text, 0, NULL);
    json_t *model = model_of("", "{\"objective\": \"k\", \"sort\": \"strength\", \"number\": \"1\","
                                 " \"seq\": 7, \"by\": \"chen\", \"text\": \"as it was\"}");
    json_t *state_json = json_loads(
        "{\"observations\": ["
        "{\"does\": \"added\", \"number\": \"L1\", \"at\": \"2026-01-11T06:30:00.000Z\", \"seq\": "
        "2,"
        " \"inject\": \"i\", \"sort\": \"strength\", \"text\": \"t\", \"seen_rel_ns\": 5},"
        "{\"does\": \"added\", \"number\": \"L2\", \"at\": \"2026-01-11T06:31:00.000Z\", \"seq\": "
        "3,"
        " \"inject\": \"i\", \"sort\": \"improvement\", \"text\": \"u\", \"seen_rel_ns\": null},"
        "{\"does\": \"changed\", \"number\": \"1\", \"at\": \"x\", \"text\": \"as it is\"},"
        "{\"does\": \"changed\", \"number\": \"1\", \"at\": \"y\", \"sort\": \"improvement\"},"
        "{\"does\": \"withdrawn\", \"number\": \"L2\", \"at\": \"z\", \"why\": \"w\"},"
        "{\"does\": \"withdrawn\", \"number\": \"L9\", \"at\": \"z\", \"why\": \"w\"}]}",
        0, NULL);
    assert_non_null(state_json);
    nd_model_observed(model, state_json);
    nd_model_rating(model, plan, state_json);
    const json_t *list = json_object_get(model, "observations");
    assert_int_equal(json_array_size(list), 3);
    assert_string_equal(nd_str_of(json_array_get(list, 0), "text"), "as it is");
    assert_string_equal(nd_str_of(json_array_get(list, 0), "text_before"), "as it was");
    assert_string_equal(nd_str_of(json_array_get(list, 0), "sort"), "improvement");
    assert_int_equal(nd_int_of(json_array_get(list, 1), "at_rel_ns"), 5);
    assert_null(json_object_get(json_array_get(list, 1), "seq")); /* of another chain */
    assert_true(json_is_null(json_object_get(json_array_get(list, 2), "at_rel_ns")));
    assert_true(nd_is_withdrawn(json_array_get(list, 2)));
    const json_t *t2 = json_array_get(json_object_get(model, "objectives"), 3);
    assert_string_equal(nd_str_of(t2, "suggested"), "P");
    assert_int_equal(json_array_size(json_object_get(t2, "evidence")), 0);
    assert_int_equal(json_array_size(json_object_get(t2, "evidence_added")), 1);
    assert_string_equal(nd_str_of(json_object_get(t2, "weighed"), "en"),
                        "1\u00a0strength (added after the drill: 1)");
    json_decref(state_json);
    json_decref(model);
    json_decref(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_suggestions),
                                       cmocka_unit_test(test_tree),
                                       cmocka_unit_test(test_added_later)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
