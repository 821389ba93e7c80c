#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "record/key.h"
#include "record/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Every kind of damage to a sealed run, and what it is called. */

#define LINES 6

static struct nd_rundir dir;
static char runs[] = "/tmp/netdrill-seal-XXXXXX";
static char *pristine[LINES];

static nd_ns now_of(void *ctx)
{
    (void)ctx;
    return ND_SEC(1);
}

static int64_t wall_of(void *ctx, nd_ns moment)
{
    (void)ctx;
    return ND_SEC(1700000000) + moment;
}

static char *path_of(const char *name)
{
    return nd_rundir_file(&dir, name);
}

static void put(const char *name, const char *text)
{
    char *path = path_of(name);
    assert_int_equal(nd_file_write(path, text, strlen(text), NULL), ND_OK);
    free(path);
}

static void drop(const char *name)
{
    char *path = path_of(name);
    unlink(path);
    free(path);
}

/* The journal from lines; NULL ones are left out. */
static void put_lines(char *const lines[], size_t count)
{
    struct nd_buf text = {0};
    for (size_t i = 0; i < count; i++) {
        if (lines[i] != NULL)
            nd_buf_addf(&text, "%s\n", lines[i]);
    }
    put("journal.jsonl", nd_buf_str(&text));
    nd_buf_deinit(&text);
}

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(runs));
    assert_int_equal(nd_rundir_create(&dir, runs, "test", ND_SEC(1700000000), NULL), ND_OK);
    char *path = path_of("journal.jsonl");
    const struct nd_journal_clock clock = {now_of, wall_of, NULL};
    struct nd_journal *journal = nd_journal_create(path, dir.run_id, clock, NULL);
    for (int i = 0; i < LINES; i++) {
        assert_true(nd_journal_append(journal, 0, "netdrill.note", NULL, "core", 0,
                                      json_pack("{s:i}", "number", i), NULL) > 0);
        pristine[i] = nd_strdup(nd_journal_last_line(journal));
    }
    nd_journal_close(journal);
    free(path);
    put("samples.sqlite", "samples");
    put("evidence/shot.png", "shot");
    assert_int_equal(nd_seal(&dir, ND_SEAL_COMPLETE, NULL, NULL), ND_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char *command = nd_printf("rm -r '%s'", runs);
    int status = system(command); /* NOLINT(cert-env33-c): a test's own directory */
    free(command);
    for (int i = 0; i < LINES; i++)
        free(pristine[i]);
    nd_rundir_deinit(&dir);
    return status;
}

static struct nd_seal_check checked(void)
{
    struct nd_seal_check check;
    assert_int_equal(nd_seal_check(&dir, &check, NULL, NULL, NULL), ND_OK);
    return check;
}

static void expect_damage(int64_t seq, enum nd_damage damage)
{
    struct nd_seal_check check = checked();
    assert_int_equal(check.journal.bad_seq, seq);
    assert_int_equal(check.journal.damage, damage);
    assert_int_equal(check.journal.events, seq - 1);
    assert_true(check.changed >= 1); /* the file itself, too */
    put_lines(pristine, LINES);
    check = checked();
    assert_int_equal(check.journal.bad_seq, 0);
    assert_int_equal(check.changed, 0);
}

/* Any octet of any line, the last one's too: the event that holds it is named. */
static void test_flipped(void **state)
{
    (void)state;
    for (int i = 0; i < LINES; i++) {
        for (size_t at = 0; at < strlen(pristine[i]); at += 3) {
            char *lines[LINES];
            memcpy(lines, pristine, sizeof lines);
            lines[i] = nd_strdup(pristine[i]);
            lines[i][at] ^= 1;
            put_lines(lines, LINES);
            free(lines[i]);
            struct nd_seal_check check = checked();
            if (check.journal.bad_seq != i + 1)
                fail_msg("line %d, octet %zu: event %lld is named", i + 1, at,
                         (long long)check.journal.bad_seq);
        }
    }
    put_lines(pristine, LINES);
}

static void test_missing(void **state)
{
    (void)state;
    for (int i = 0; i < LINES; i++) {
        char *lines[LINES];
        memcpy(lines, pristine, sizeof lines);
        lines[i] = NULL;
        put_lines(lines, LINES);
        expect_damage(i + 1, ND_DAMAGE_MISSING);
    }
    put_lines(pristine, 3); /* whole lines cut off: the seal knows how many there were */
    expect_damage(4, ND_DAMAGE_MISSING);
}

static void test_order(void **state)
{
    (void)state;
    for (int i = 0; i + 1 < LINES; i++) {
        char *lines[LINES];
        memcpy(lines, pristine, sizeof lines);
        lines[i] = pristine[i + 1];
        lines[i + 1] = pristine[i];
        put_lines(lines, LINES);
        expect_damage(i + 1, ND_DAMAGE_ORDER);
    }
}

static void test_inserted(void **state)
{
    (void)state;
    for (int i = 0; i < LINES; i++) {
        char *lines[LINES + 1];
        /* A line that fits its predecessor, as a careful forger would write it. */
        char *forged = nd_strdup(pristine[i]);
        char *number = strstr(forged, "\"number\":");
        number[strlen("\"number\":")] = '9';
        memcpy(lines, pristine, sizeof pristine);
        memmove(lines + i + 1, pristine + i, (size_t)(LINES - i) * sizeof *lines);
        lines[i] = forged;
        put_lines(lines, LINES + 1);
        expect_damage(i + 1, ND_DAMAGE_INSERTED);
        /* A line of the run, again. */
        lines[i] = pristine[0];
        put_lines(lines, LINES + 1);
        struct nd_seal_check check = checked();
        assert_in_range(check.journal.bad_seq, i < 2 ? 1 : i + 1, i + 2); /* which of two twins? */
        free(forged);
    }
    put_lines(pristine, LINES);
}

/* A torn tail is no falsification while nobody has sealed the run. */
static void test_torn(void **state)
{
    (void)state;
    char *path = path_of("journal.jsonl");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 5), 0);
    free(path);
    struct nd_seal_check check = checked();
    assert_int_equal(check.journal.tail, ND_TAIL_TORN);
    assert_int_equal(check.journal.bad_seq, LINES);
    char *manifest = path_of("MANIFEST");
    char *kept = path_of("kept");
    assert_int_equal(rename(manifest, kept), 0);
    check = checked();
    assert_false(check.sealed);
    assert_int_equal(check.journal.bad_seq, 0);
    assert_int_equal(check.journal.tail, ND_TAIL_TORN);
    assert_int_equal(rename(kept, manifest), 0);
    free(manifest);
    free(kept);
    put_lines(pristine, LINES);
}

static void count_lines(void *ctx, const char *line)
{
    (void)line;
    ++*(int *)ctx;
}

static void test_files(void **state)
{
    (void)state;
    struct nd_seal_check check;
    int told = 0;
    put("samples.sqlite", "other");
    put("evidence/more.txt", "added");
    drop("evidence/shot.png");
    assert_int_equal(nd_seal_check(&dir, &check, count_lines, &told, NULL), ND_OK);
    assert_int_equal(check.changed, 3);
    assert_int_equal(told, 3);
    assert_int_equal(check.files, 3);
    put("samples.sqlite", "samples");
    put("evidence/shot.png", "shot");
    drop("evidence/more.txt");
    put("report/report.json", "{}"); /* may be made again at any time */
    check = checked();
    assert_int_equal(check.changed, 0);
    assert_string_equal(check.state, "complete");
}

static void test_signed(void **state)
{
    (void)state;
    char id[ND_KEY_ID];
    char other_id[ND_KEY_ID];
    struct nd_fail why = {0};
    struct stat st;
    char *key = nd_printf("%s/../key", dir.path);
    char *other = nd_printf("%s/../other", dir.path);
    char *pub = nd_printf("%s.pub", key);
    char *other_pub = nd_printf("%s.pub", other);
    char *manifest = path_of("MANIFEST");
    assert_int_equal(nd_key_new(key, id, NULL), ND_OK);
    assert_int_equal(nd_key_new(other, other_id, NULL), ND_OK);
    assert_string_not_equal(id, other_id);
    assert_int_not_equal(nd_key_new(key, id, NULL), ND_OK); /* never over another */
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(nd_key_verify(pub, manifest, NULL, NULL), ND_EGONE);
    assert_int_equal(nd_seal(&dir, ND_SEAL_COMPLETE, key, NULL), ND_OK);
    assert_int_equal(checked().changed, 0); /* the seal before is kept, and covered */
    assert_int_equal(nd_key_verify(pub, manifest, id, NULL), ND_OK);
    assert_int_equal(nd_key_verify(other_pub, manifest, NULL, &why), ND_EANSWER);
    assert_non_null(strstr(why.text, "not with"));
    /* Any octet of what is signed, and of the signature with its comment. */
    static const char *const names[] = {"MANIFEST", "MANIFEST.minisig"};
    for (size_t f = 0; f < 2; f++) {
        char *path = path_of(names[f]);
        char *text = NULL;
        size_t len = 0;
        assert_int_equal(nd_file_read(path, 1 << 20, &text, &len, NULL), ND_OK);
        const char *first = f == 1 ? strchr(text, '\n') : text; /* line 1 is said to be untrusted */
        for (size_t at = (size_t)(first - text); at < len - 1; at += 5) {
            text[at] ^= 1;
            assert_int_equal(nd_file_write(path, text, len, NULL), ND_OK);
            if (nd_key_verify(pub, manifest, NULL, NULL) == ND_OK)
                fail_msg("%s: octet %zu may be changed", names[f], at);
            text[at] ^= 1;
        }
        assert_int_equal(nd_file_write(path, text, len, NULL), ND_OK);
        free(text);
        free(path);
    }
    assert_int_equal(nd_key_verify(pub, manifest, NULL, NULL), ND_OK);
    assert_int_equal(chmod(key, 0640), 0);
    assert_int_equal(nd_key_check(key, NULL, NULL), ND_ERIGHTS);
    assert_int_equal(nd_key_check(pub, NULL, NULL), ND_ERIGHTS);
    assert_int_equal(nd_key_check_public(key, NULL), ND_EPARSE); /* no mixing up */
    free(key);
    free(other);
    free(pub);
    free(other_pub);
    free(manifest);
}

/* What a dead run left is sealed as incomplete; the state is not the caller's to choose. */
static void test_left(void **state)
{
    (void)state;
    assert_int_equal(nd_seal_left(&dir, NULL), ND_OK);
    struct nd_seal_check check = checked();
    assert_string_equal(check.state, "incomplete");
    assert_false(check.is_signed);
    assert_int_equal(check.changed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flipped), cmocka_unit_test(test_missing),
        cmocka_unit_test(test_order),   cmocka_unit_test(test_inserted),
        cmocka_unit_test(test_torn),    cmocka_unit_test(test_files),
        cmocka_unit_test(test_signed),  cmocka_unit_test(test_left),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
