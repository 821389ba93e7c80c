#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "record/journal.h"
#include "record/rundir.h"
#include "record/samples.h"
#include "record/undo.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/netdrill-records-XXXXXX";
static char path[128];

static const char *file(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
    return path;
}

static nd_ns now_of(void *ctx)
{
    return *(nd_ns *)ctx;
}

static int64_t wall_of(void *ctx, nd_ns moment)
{
    (void)ctx;
    return ND_SEC(1700000000) + moment;
}

static nd_ns now;
static const struct nd_journal_clock journal_clock = {now_of, wall_of, &now};

static void write_some(struct nd_journal *journal, int count)
{
    for (int i = 0; i < count; i++)
        assert_true(nd_journal_append(journal, 0, "netdrill.note", "s", "core", ND_SEC(i),
                                      json_pack("{s:i}", "n", i), NULL) > 0);
}

static void test_chain(void **state)
{
    (void)state;
    struct nd_journal_check check;
    struct nd_journal *journal = nd_journal_create(file("a"), "run-1", journal_clock, NULL);
    write_some(journal, 20);
    char last[ND_HASH_TEXT];
    memcpy(last, nd_journal_last_hash(journal), sizeof last);
    nd_journal_close(journal);
    assert_int_equal(nd_journal_read(path, NULL, NULL, &check, NULL), ND_OK);
    assert_int_equal(check.events, 20);
    assert_int_equal(check.bad_seq, 0);
    assert_string_equal(check.last_hash, last);
    assert_null(nd_journal_create(path, "run-1", journal_clock, NULL)); /* never over another */
}

/* Every single octet that is turned over is noticed, at its event. */
static void test_falsified(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    struct nd_journal_check check;
    struct nd_journal *journal = nd_journal_create(file("b"), "run-1", journal_clock, NULL);
    write_some(journal, 4);
    nd_journal_close(journal);
    assert_int_equal(nd_file_read(path, 1 << 20, &text, &len, NULL), ND_OK);
    const char *last_line = text + len - 1;
    while (last_line > text && last_line[-1] != '\n')
        last_line--;
    for (size_t i = 0; i < (size_t)(last_line - text); i += 7) {
        char old = text[i];
        text[i] = (char)(old ^ 1);
        nd_file_write(path, text, len, NULL);
        nd_journal_read(path, NULL, NULL, &check, NULL);
        assert_true(check.bad_seq != 0 && check.bad_seq <= 4);
        text[i] = old;
    }
    free(text);
}

/* Cut at every length: what is whole is read, and the journal goes on. */
static void test_torn(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    struct nd_journal *journal = nd_journal_create(file("c"), "run-1", journal_clock, NULL);
    write_some(journal, 3);
    nd_journal_close(journal);
    assert_int_equal(nd_file_read(path, 1 << 20, &text, &len, NULL), ND_OK);
    for (size_t cut = 0; cut <= len; cut += 11) {
        struct nd_journal_check check;
        int64_t whole = 0;
        for (size_t i = 0; i < cut; i++)
            whole += text[i] == '\n';
        nd_file_write(path, text, cut, NULL);
        nd_journal_read(path, NULL, NULL, &check, NULL);
        assert_int_equal(check.events, whole);
        assert_int_equal(check.bad_seq, 0);
        journal = nd_journal_reopen(path, journal_clock, NULL);
        assert_non_null(journal);
        write_some(journal, 1);
        nd_journal_close(journal);
        nd_journal_read(path, NULL, NULL, &check, NULL);
        assert_int_equal(check.bad_seq, 0);
        assert_true(check.events >= whole + 1);
    }
    free(text);
}

static void with_file_limit(rlim_t octets)
{
    struct rlimit limit = {octets, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* A full disk (here: a limit on file sizes) loses nothing that was acknowledged. */
static void test_full_disk(void **state)
{
    (void)state;
    struct nd_journal_check check;
    struct nd_fail why = {0};
    int64_t good = 0;
    signal(SIGXFSZ, SIG_IGN);
    struct nd_journal *journal = nd_journal_create(file("d"), "run-1", journal_clock, NULL);
    with_file_limit(2000);
    for (int i = 0; i < 20; i++)
        good += nd_journal_append(journal, ND_JOURNAL_SYNC, "netdrill.note", NULL, "core", i, NULL,
                                  &why) > 0;
    with_file_limit(RLIM_INFINITY);
    assert_true(good > 2 && good < 20);
    assert_int_equal(why.code, ND_EIO);
    assert_true(nd_journal_append(journal, 0, "netdrill.note", NULL, "core", 0, NULL, NULL) > 0);
    nd_journal_close(journal);
    nd_journal_read(path, NULL, NULL, &check, NULL);
    assert_int_equal(check.events, good + 1);
    assert_int_equal(check.bad_seq, 0);
}

static void test_undo(void **state)
{
    (void)state;
    struct nd_undo_list list;
    struct nd_note notes[] = {{"interface", "cell0"}, {"was", "up\n\"x\""}, {NULL, NULL}};
    struct nd_undo_rec rec = {.plugin = (char *)"links",
                              .verb = (char *)"down",
                              .target = (char *)"甲",
                              .restore_by = 7,
                              .notes = notes};
    struct nd_undo *undo = nd_undo_open(file("e"), NULL);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(nd_undo_append(undo, &rec, NULL), ND_OK);
        assert_int_equal(rec.id, i);
    }
    assert_int_equal(nd_undo_mark(undo, 2, ND_UNDO_UNVERIFIED, "still down", NULL), ND_OK);
    nd_undo_close(undo);
    /* Somebody died in the middle of a line; the next line still counts. */
    FILE *torn = fopen(path, "ae");
    fputs("{\"undo\":4,\"plu", torn);
    fclose(torn);
    undo = nd_undo_open(path, NULL);
    assert_int_equal(nd_undo_append(undo, &rec, NULL), ND_OK);
    assert_int_equal(rec.id, 4);
    nd_undo_close(undo);
    assert_int_equal(nd_undo_read(path, &list, NULL), ND_OK);
    assert_int_equal(list.count, 4);
    assert_int_equal(list.skipped, 1);
    assert_int_equal(list.at[1].state, ND_UNDO_UNVERIFIED);
    assert_string_equal(list.at[1].why, "still down");
    assert_string_equal(list.at[3].target, "甲");
    assert_string_equal(list.at[3].notes[1].value, "up\n\"x\"");
    nd_undo_list_deinit(&list);
}

static void test_undo_refused_on_full_disk(void **state)
{
    (void)state;
    struct nd_undo_list list;
    struct nd_note notes[] = {{NULL, NULL}};
    struct nd_undo_rec rec = {.plugin = (char *)"p", .verb = (char *)"v", .notes = notes};
    struct nd_undo *undo = nd_undo_open(file("f"), NULL);
    size_t good = 0;
    with_file_limit(500);
    while (good < 20 && nd_undo_append(undo, &rec, NULL) == ND_OK)
        good++;
    with_file_limit(RLIM_INFINITY);
    nd_undo_close(undo);
    assert_true(good > 0 && good < 20);
    nd_undo_read(path, &list, NULL);
    assert_int_equal(list.count, good);
    nd_undo_list_deinit(&list);
}

/* Thousands of mutated files: each ends in a list, never in a crash. */
static void test_mutated(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    struct nd_note notes[] = {{"a", "b"}, {NULL, NULL}};
    struct nd_undo_rec rec = {.plugin = (char *)"p", .verb = (char *)"v", .notes = notes};
    struct nd_undo *undo = nd_undo_open(file("g"), NULL);
    nd_undo_append(undo, &rec, NULL);
    nd_undo_append(undo, &rec, NULL);
    nd_undo_close(undo);
    nd_file_read(path, 1 << 20, &text, &len, NULL);
    unsigned seed = 7;
    for (int i = 0; i < 500; i++) {
        struct nd_undo_list list;
        struct nd_journal_check check;
        size_t at = (size_t)rand_r(&seed) % len;
        char old = text[at];
        text[at] = (char)rand_r(&seed);
        FILE *out = fopen(path, "we");
        fwrite(text, 1, (size_t)rand_r(&seed) % (len + 1), out);
        fclose(out);
        assert_int_equal(nd_undo_read(path, &list, NULL), ND_OK);
        assert_true(list.count <= 2);
        nd_undo_list_deinit(&list);
        nd_journal_read(path, NULL, NULL, &check, NULL);
        text[at] = old;
    }
    free(text);
}

static void count_sample(void *ctx, const struct nd_sample *sample)
{
    int64_t *next = ctx;
    assert_int_equal(sample->slot, *next);
    ++*next;
}

static void count_series(void *ctx, const struct nd_series_info *info)
{
    assert_string_equal(info->name, "probe 甲");
    assert_null(info->label);
    ++*(int *)ctx;
}

static void test_samples(void **state)
{
    (void)state;
    int64_t lost = -1;
    int64_t next = 0;
    int series = 0;
    const struct nd_series_info info = {.id = 1,
                                        .name = "probe 甲",
                                        .plugin = "p",
                                        .verb = "v",
                                        .reading = "rtt",
                                        .unit = "ns",
                                        .every = 10};
    struct nd_samples *samples = nd_samples_create(file("h"), NULL);
    nd_samples_add_series(samples, &info);
    for (int64_t i = 0; i < 20000; i++)
        nd_samples_add(samples,
                       &(struct nd_sample){
                           .series = 1, .slot = i, .due = i * 10, .sent = i * 10 + 1, .value = 1});
    nd_samples_close(samples, &lost);
    assert_int_equal(lost, 0);
    assert_int_equal(nd_samples_read_series(path, count_series, &series, NULL), ND_OK);
    assert_int_equal(series, 1);
    assert_int_equal(nd_samples_read(path, 1, count_sample, &next, NULL), ND_OK);
    assert_int_equal(next, 20000);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    static const char names[] = "abcdefgh";
    for (const char *name = names; *name != '\0'; name++)
        file((const char[]){*name, '\0'});
    return rmdir(dir);
}

/* A pipe, or /dev/null as root, stays what it is. */
static void test_no_file_is_replaced(void **state)
{
    (void)state;
    const char *pipe_path = file("pipe");
    char got[8] = "";
    struct stat there;
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    int fd = open(pipe_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(nd_file_write(pipe_path, "abc", 3, NULL), ND_OK);
    assert_int_equal(read(fd, got, sizeof got), 3);
    assert_string_equal(got, "abc");
    assert_int_equal(stat(pipe_path, &there), 0);
    assert_true(S_ISFIFO(there.st_mode));
    close(fd);
    unlink(pipe_path);
}

static void begun(const char *runs, const char *name, const char *first_line)
{
    char *at = nd_printf("%s/%s", runs, name);
    char *journal = nd_printf("%s/journal.jsonl", at);
    assert_int_equal(mkdir(at, 0700), 0);
    assert_int_equal(nd_file_write(journal, first_line, strlen(first_line), NULL), ND_OK);
    free(journal);
    free(at);
}

/* The latest run is the one that began last, also among those of one second, whose names say
 * nothing more. */
static void test_last(void **state)
{
    static const struct {
        const char *name, *first_line, *last; /* which is the last once it is there */
    } rows[] = {
        {"20260109T030405Z-b-8000", "{\"time\":\"2026-01-09T03:04:05.500Z\",\"seq\":1}\n",
         "b-8000"},
        {"20260109T030405Z-a-0001", "{\"time\":\"2026-01-09T03:04:05.501Z\",\"seq\":1}\n",
         "a-0001"},
        {"20260109T030405Z-b-ffff", "{\"time\":\"2026-01-09T03:04:05.499Z\",\"seq\":1}\n",
         "a-0001"},
        {"20260109T030405Z-c-ffff", "", "a-0001"},
        {"20260109T030404Z-d-ffff", "{\"time\":\"2026-01-09T03:04:04.999Z\",\"seq\":1}\n",
         "a-0001"},
        {"20260109T030406Z-a-0000", "{\"time\":\"2026-01-09T03:04:06.000Z\",\"seq\":1}\n",
         "a-0000"},
    };
    char *runs = nd_printf("%s/last", dir);
    (void)state;
    assert_int_equal(mkdir(runs, 0700), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct nd_rundir found;
        begun(runs, rows[i].name, rows[i].first_line);
        assert_int_equal(nd_rundir_find(&found, runs, "last", NULL), ND_OK);
        assert_string_equal(found.run_id + strlen("20260109T030405Z-"), rows[i].last);
        nd_rundir_deinit(&found);
    }
    char *command = nd_printf("rm -r '%s'", runs);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a test's own directory */
    free(command);
    free(runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_falsified),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_undo),
        cmocka_unit_test(test_undo_refused_on_full_disk),
        cmocka_unit_test(test_mutated),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_no_file_is_replaced),
        cmocka_unit_test(test_last),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
