#include "report/words/packed.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What was packed comes back as it was: every type, the edges of numbers, keys that nobody knows
 * of, in their order. */

static json_t *sample(void)
{
    json_t *bins = json_array();
    json_t *out = json_object();
    for (int shift = 0; shift < 63; shift++) {
        json_array_append_new(bins, json_integer((json_int_t)1 << shift));
        json_array_append_new(bins, json_integer(-((json_int_t)1 << shift)));
    }
    json_array_append_new(bins, json_integer(INT64_MAX));
    json_array_append_new(bins, json_integer(INT64_MIN));
    json_object_set_new(out, "operator", json_null()); /* not in the order of the list of keys */
    json_object_set_new(out, "id", json_integer(0));
    json_object_set_new(out, "name", json_string("\u670d\u52d9 \"1\"\n"));
    json_object_set_new(out, "a key that nobody knows of", json_true());
    json_object_set_new(out, "", json_false());
    json_object_set_new(out, "loss", json_real(0.1));
    json_object_set_new(out, "min", json_real(-0.0));
    json_object_set_new(out, "max", json_real(1.7976931348623157e308));
    json_object_set_new(out, "bins", bins);
    json_object_set_new(out, "label", json_string(""));
    json_object_set_new(out, "vantage", json_stringn("a\0b", 3));
    json_object_set_new(out, "interruptions",
                        json_pack("[{s:I, s:n}, {}, []]", "from_rel_ns", (json_int_t)-5, "unseen"));
    return out;
}

static void assert_same(const json_t *got, const json_t *wanted)
{
    char *a = json_dumps(got, JSON_ALLOW_NUL);
    char *b = json_dumps(wanted, JSON_ALLOW_NUL);
    assert_non_null(a);
    assert_string_equal(a, b); /* the order of keys as well */
    assert_true(json_equal(got, wanted));
    free(a);
    free(b);
}

static void test_round(void **state)
{
    (void)state;
    json_t *tree = sample();
    json_t *packed = nd_packed(sample());
    json_t *back = nd_unpacked(packed);
    assert_true(json_is_string(packed));
    assert_same(back, tree);
    assert_true(signbit(json_real_value(json_object_get(back, "min"))));
    json_decref(back);
    json_decref(packed);
    json_decref(tree);
}

/* By its key alone, of an entry that is packed and of one that is not. */
static void test_parts(void **state)
{
    (void)state;
    json_t *tree = sample();
    json_t *packed = nd_packed(sample());
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(tree, key, value)
    {
        json_t *part = nd_part(packed, key);
        json_t *plain = nd_part(tree, key);
        assert_non_null(part);
        assert_true(json_equal(part, value));
        assert_ptr_equal(plain, value);
        json_decref(part);
        json_decref(plain);
    }
    assert_null(nd_part(packed, "from_rel_ns")); /* of an inner one */
    assert_null(nd_part(packed, "nowhere"));
    assert_null(nd_part(tree, "nowhere"));
    assert_int_equal(nd_part_int(packed, "nowhere"), 0);
    json_t *set = json_object();
    json_object_set_new(set, "count", json_integer(INT64_MIN));
    set = nd_packed(set);
    assert_true(nd_part_int(set, "count") == INT64_MIN);
    json_decref(set);
    json_decref(packed);
    json_decref(tree);
}

/* A packed entry stays one, and a plain one plain. */
static void test_changed(void **state)
{
    (void)state;
    json_t *list = json_array();
    json_array_append_new(list, sample());
    json_array_append_new(list, nd_packed(sample()));
    for (size_t i = 0; i < 2; i++) {
        json_t *whole = nd_unpacked(json_array_get(list, i));
        json_object_set_new(whole, "operator", json_string("jia"));
        nd_repack(list, i, whole);
        assert_int_equal(json_is_string(json_array_get(list, i)), i == 1);
        json_t *whose = nd_part(json_array_get(list, i), "operator");
        assert_string_equal(json_string_value(whose), "jia");
        json_decref(whose);
    }
    json_t *packed = nd_unpacked(json_array_get(list, 1));
    assert_same(packed, json_array_get(list, 0));
    json_decref(packed);
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
