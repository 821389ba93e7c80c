/* What core and plugin hosts say to each other: there and back, cut short, and full. */
#include "host/ring.h"
#include "host/wire.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const choices[] = {"one", "two", NULL};
static const struct nd_option options[] = {{"text", "", "", ND_TEXT, 0, 1, 0, NULL, NULL},
                                           {"share", "", "", ND_SHARE, 0, 0, 1, NULL, NULL},
                                           {"pick", "", "", ND_CHOICE, 0, 1, 0, NULL, choices},
                                           {"argv", "", "", ND_TEXTS, 0, 1, 0, NULL, NULL},
                                           {"rate", "", "", ND_RATE, 0, 1, 0, NULL, NULL},
                                           {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL}};
static const struct nd_verb verb = {.struct_size = sizeof verb, .name = "do", .options = options};
static const struct nd_verb *const verbs[] = {&verb, NULL};
static const struct nd_plugin plugin = {.name = "some", .verbs = verbs};
static const char *const argv[] = {"a", "", "ä b", NULL};

static const struct nd_value values[] = {
    {.type = ND_TEXT, .given = 1, .u.text = ""},
    {.type = ND_SHARE, .given = 1, .u.r = 0.3},
    {.type = ND_CHOICE, .given = 0, .u.i = 1},
    {.type = ND_TEXTS, .given = 1, .u.texts = argv},
    {.type = ND_RATE, .given = 1, .u.i = INT64_MAX},
};

static void put_call(struct nd_wire *wire)
{
    const struct nd_call_spec spec = {.plugin = "some",
                                      .verb = &verb,
                                      .args = {values, 5},
                                      .common = {.from = "here", .deadline = 5, .restore_by = -1}};
    nd_wire_spec(wire, &spec);
}

static void test_call(void **state)
{
    (void)state;
    struct nd_wire wire = {0};
    struct nd_arena arena = {0};
    struct nd_call_spec got;
    put_call(&wire);
    struct nd_unwire in = {wire.at, wire.count, false};
    assert_true(nd_unwire_spec(&in, &plugin, NULL, &arena, &got));
    assert_int_equal(in.left, 0);
    assert_ptr_equal(got.verb, &verb);
    assert_string_equal(got.args.at[0].u.text, "");
    assert_true(got.args.at[1].u.r == 0.3);
    assert_int_equal(got.args.at[2].given, 0);
    assert_string_equal(got.args.at[3].u.texts[2], "ä b");
    assert_null(got.args.at[3].u.texts[3]);
    assert_true(got.args.at[4].u.i == INT64_MAX);
    assert_string_equal(got.common.from, "here");
    assert_null(got.common.label.zh);
    assert_null(got.common.label.en);
    assert_int_equal(got.common.restore_by, -1);
    nd_arena_deinit(&arena);
    free(wire.at);
}

/* Every beginning of it is refused, and nothing is read behind its end (ASan looks on). */
static void test_cut_short(void **state)
{
    (void)state;
    struct nd_wire wire = {0};
    put_call(&wire);
    for (size_t len = 0; len < wire.count; len++) {
        struct nd_arena arena = {0};
        struct nd_call_spec got;
        uint8_t *copy = nd_alloc(len);
        memcpy(copy, wire.at, len);
        struct nd_unwire in = {copy, len, false};
        assert_false(nd_unwire_spec(&in, &plugin, NULL, &arena, &got));
        nd_arena_deinit(&arena);
        free(copy);
    }
    free(wire.at);
}

static void test_record(void **state)
{
    (void)state;
    char *const key = "k";
    struct nd_note notes[] = {{key, "v"}, {"empty", ""}, {NULL, NULL}};
    char plugin_name[] = "some";
    struct nd_undo_rec rec = {.id = 7, .plugin = plugin_name, .lease = 9, .notes = notes};
    struct nd_undo_rec got;
    struct nd_wire wire = {0};
    struct nd_arena arena = {0};
    nd_wire_rec(&wire, &rec);
    struct nd_unwire in = {wire.at, wire.count, false};
    nd_unwire_rec(&in, &arena, &got);
    assert_false(in.broken);
    assert_int_equal(got.id, 7);
    assert_null(got.verb);
    assert_string_equal(got.notes[1].value, "");
    assert_null(got.notes[2].key);
    nd_arena_deinit(&arena);
    free(wire.at);
}

static void test_ring(void **state)
{
    (void)state;
    int fd = -1;
    struct nd_ring *reader = nd_ring_new(&fd, NULL);
    struct nd_ring *writer = nd_ring_map(fd, NULL);
    close(fd);
    struct nd_ring_rec rec = {.id = 3, .kind = ND_RING_SLOT};
    struct nd_ring_rec got;
    assert_false(nd_ring_take(reader, &got));
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < ND_RING_COUNT; i++) {
            rec.slot = i;
            assert_true(nd_ring_put(writer, &rec));
        }
        assert_false(nd_ring_put(writer, &rec)); /* full: kept as it is, and counted */
        assert_true(nd_ring_lost(reader) == (uint64_t)round + 1);
        for (uint32_t i = 0; i < ND_RING_COUNT; i++) {
            assert_true(nd_ring_take(reader, &got));
            assert_int_equal(got.slot, i);
        }
        assert_false(nd_ring_take(reader, &got));
    }
    nd_ring_free(reader);
    nd_ring_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_call),
                                       cmocka_unit_test(test_cut_short),
                                       cmocka_unit_test(test_record), cmocka_unit_test(test_ring)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
