#include "record/rundir.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define STAMP_LEN 16            /* 20260109T030405Z */
#define FREE_MIN  (16ull << 20) /* octets that have to be free for a run to begin */

void nd_hash(const void *bytes, size_t len_bytes, char *out)
{
    unsigned char sum[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(sum, bytes, len_bytes);
    memcpy(out, "sha256:", 7);
    sodium_bin2hex(out + 7, ND_HASH_TEXT - 7, sum, sizeof sum);
}

nd_err nd_hash_file(const char *path, char *out, struct nd_fail *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return nd_fail_errno(why, errno, "cannot open '%s'", path);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    unsigned char piece[65536];
    ssize_t got = 0;
    while ((got = read(fd, piece, sizeof piece)) > 0)
        crypto_hash_sha256_update(&state, piece, (unsigned long long)got);
    int error = errno;
    close(fd);
    if (got < 0)
        return nd_fail_errno(why, error, "cannot read '%s'", path);
    unsigned char sum[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, sum);
    memcpy(out, "sha256:", 7);
    sodium_bin2hex(out + 7, ND_HASH_TEXT - 7, sum, sizeof sum);
    return ND_OK;
}

static nd_err make_dirs(const char *path, struct nd_fail *why)
{
    char *copy = nd_strdup(path);
    nd_err err = ND_OK;
    for (char *at = copy + 1; err == ND_OK; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        bool last = *at == '\0';
        *at = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            err = nd_fail_errno(why, errno, "cannot make the directory '%s'", copy);
        *at = last ? '\0' : '/';
        if (last)
            break;
    }
    free(copy);
    return err;
}

static nd_err check_space(const char *path, struct nd_fail *why)
{
    struct statvfs fs;
    if (statvfs(path, &fs) != 0)
        return nd_fail_errno(why, errno, "cannot tell how full '%s' is", path);
    unsigned long long left = (unsigned long long)fs.f_bavail * fs.f_frsize;
    if (left < FREE_MIN)
        return nd_fail_set(why, ND_EIO,
                           "only %llu KiB are free at '%s', a run needs %llu KiB; make room or "
                           "choose another place with --runs",
                           left >> 10, path, FREE_MIN >> 10);
    return ND_OK;
}

nd_err nd_rundir_create(struct nd_rundir *dir, const char *runs, const char *drill_id,
                        int64_t wall_ns, struct nd_fail *why)
{
    *dir = (struct nd_rundir){0};
    nd_err err = make_dirs(runs, why);
    if (err == ND_OK)
        err = check_space(runs, why);
    if (err != ND_OK)
        return err;
    time_t when = (time_t)(wall_ns / 1000000000);
    struct tm tm;
    gmtime_r(&when, &tm);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    unsigned short salt = 0;
    if (getrandom(&salt, sizeof salt, 0) != sizeof salt)
        salt = (unsigned short)getpid();
    int made = 0;
    do { /* another of the same second may have drawn the same number */
        nd_rundir_deinit(dir);
        dir->run_id = nd_printf("%s-%s-%04x", stamp, drill_id, salt++);
        dir->path = nd_printf("%s/%s", runs, dir->run_id);
        made = mkdir(dir->path, 0700);
    } while (made != 0 && errno == EEXIST);
    static const char *const parts[] = {"evidence", "report"};
    if (made != 0)
        err = nd_fail_errno(why, errno, "cannot make the directory '%s'", dir->path);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && err == ND_OK; i++) {
        char *path = nd_rundir_file(dir, parts[i]);
        if (mkdir(path, 0700) != 0)
            err = nd_fail_errno(why, errno, "cannot make the directory '%s'", path);
        free(path);
    }
    if (err != ND_OK)
        nd_rundir_deinit(dir);
    return err;
}

static bool is_rundir(const char *path)
{
    char *journal = nd_printf("%s/journal.jsonl", path);
    bool is = access(journal, F_OK) == 0;
    free(journal);
    return is;
}

/* The time of its first event, as text that sorts by it; empty when there is none. */
static void first_time(const char *runs, const char *name, char *out, size_t size)
{
    static const char key[] = "\"time\":\"";
    char *path = nd_printf("%s/%s/journal.jsonl", runs, name);
    FILE *file = fopen(path, "re");
    char head[1024] = "";
    if (file != NULL && fgets(head, sizeof head, file) == NULL)
        head[0] = '\0';
    if (file != NULL)
        fclose(file);
    free(path);
    const char *at = strstr(head, key);
    snprintf(out, size, "%.24s", at != NULL ? at + sizeof key - 1 : "");
}

/* Run ids begin with their second; of two that began in the same one their journals tell more. */
static bool is_later(const char *runs, const char *name, const char *than)
{
    if (strncmp(name, than, STAMP_LEN) != 0)
        return strcmp(name, than) > 0;
    char times[2][32];
    first_time(runs, name, times[0], sizeof times[0]);
    first_time(runs, than, times[1], sizeof times[1]);
    int order = strcmp(times[0], times[1]);
    return order != 0 ? order > 0 : strcmp(name, than) > 0;
}

static char *latest(const char *runs)
{
    DIR *d = opendir(runs);
    char *best = NULL;
    for (const struct dirent *entry = d != NULL ? readdir(d) : NULL; entry != NULL;
         entry = readdir(d)) {
        if (entry->d_name[0] == '.' || (best != NULL && !is_later(runs, entry->d_name, best)))
            continue;
        char *path = nd_printf("%s/%s", runs, entry->d_name);
        if (is_rundir(path)) {
            free(best);
            best = nd_strdup(entry->d_name);
        }
        free(path);
    }
    if (d != NULL)
        closedir(d);
    return best;
}

nd_err nd_rundir_find(struct nd_rundir *dir, const char *runs, const char *name,
                      struct nd_fail *why)
{
    *dir = (struct nd_rundir){0};
    if (strcmp(name, "last") == 0) {
        char *id = latest(runs);
        if (id == NULL)
            return nd_fail_set(why, ND_EARG, "there is no run in '%s'", runs);
        dir->path = nd_printf("%s/%s", runs, id);
        free(id);
    } else {
        dir->path = nd_strdup(name);
        if (!is_rundir(dir->path) && strchr(name, '/') == NULL) {
            free(dir->path);
            dir->path = nd_printf("%s/%s", runs, name);
        }
    }
    size_t len = strlen(dir->path);
    while (len > 1 && dir->path[len - 1] == '/')
        dir->path[--len] = '\0';
    if (!is_rundir(dir->path)) {
        nd_fail_set(why, ND_EARG,
                    "'%s' is no run's directory (it has no journal.jsonl); give a path, a run id "
                    "in '%s', or 'last'",
                    name, runs);
        nd_rundir_deinit(dir);
        return ND_EARG;
    }
    const char *slash = strrchr(dir->path, '/');
    dir->run_id = nd_strdup(slash != NULL ? slash + 1 : dir->path);
    return ND_OK;
}

void nd_rundir_deinit(struct nd_rundir *dir)
{
    free(dir->path);
    free(dir->run_id);
    *dir = (struct nd_rundir){0};
}

char *nd_rundir_file(const struct nd_rundir *dir, const char *name)
{
    return nd_printf("%s/%s", dir->path, name);
}

static nd_err write_all(int fd, const char *bytes, size_t len_bytes)
{
    while (len_bytes > 0) {
        ssize_t put = write(fd, bytes, len_bytes);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return nd_err_from_errno(errno);
        bytes += put;
        len_bytes -= (size_t)put;
    }
    return ND_OK;
}

/* A device or a pipe cannot be synced. */
static nd_err write_down(int fd)
{
    return fsync(fd) == 0 || errno == EINVAL ? ND_OK : nd_err_from_errno(errno);
}

/* A device, a pipe: written to as it is, never replaced by a file. */
static nd_err write_through(const char *path, const char *bytes, size_t len_bytes,
                            struct nd_fail *why)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    nd_err err = fd >= 0 ? write_all(fd, bytes, len_bytes) : nd_err_from_errno(errno);
    if (err == ND_OK)
        err = write_down(fd);
    int error = errno;
    if (fd >= 0)
        close(fd);
    return err == ND_OK ? ND_OK : nd_fail_errno(why, error, "cannot write '%s'", path);
}

#define PIECE_BYTES ((size_t)64 << 10)

nd_err nd_file_begin(struct nd_file_pieces *file, const char *path, struct nd_fail *why)
{
    *file = (struct nd_file_pieces){.path = nd_strdup(path), .part = nd_printf("%s.part", path)};
    file->fd = open(file->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file->fd >= 0)
        return ND_OK;
    nd_err err = nd_fail_errno(why, errno, "cannot write '%s'", file->part);
    free(file->path);
    free(file->part);
    return err;
}

static void write_waiting(struct nd_file_pieces *file)
{
    if (file->error == 0 &&
        write_all(file->fd, nd_buf_str(&file->waiting), file->waiting.len_bytes) != ND_OK)
        file->error = errno;
    nd_buf_reset(&file->waiting);
}

void nd_file_add(struct nd_file_pieces *file, const char *bytes, size_t len_bytes)
{
    if (len_bytes >= PIECE_BYTES) { /* no need to be copied */
        write_waiting(file);
        if (file->error == 0 && write_all(file->fd, bytes, len_bytes) != ND_OK)
            file->error = errno;
        return;
    }
    nd_buf_add(&file->waiting, bytes, len_bytes);
    if (file->waiting.len_bytes >= PIECE_BYTES)
        write_waiting(file);
}

nd_err nd_file_settle(struct nd_file_pieces *file, struct nd_fail *why)
{
    write_waiting(file);
    if (file->error == 0 && write_down(file->fd) != ND_OK)
        file->error = errno;
    return file->error == 0 ? ND_OK
                            : nd_fail_errno(why, file->error, "cannot write '%s'", file->part);
}

nd_err nd_file_end(struct nd_file_pieces *file, bool keep, struct nd_fail *why)
{
    nd_err err = ND_OK;
    close(file->fd);
    if (keep && rename(file->part, file->path) != 0)
        err = nd_fail_errno(why, errno, "cannot rename '%s'", file->part);
    if (!keep || err != ND_OK)
        unlink(file->part);
    nd_buf_deinit(&file->waiting);
    free(file->path);
    free(file->part);
    return err;
}

nd_err nd_file_write(const char *path, const char *bytes, size_t len_bytes, struct nd_fail *why)
{
    struct stat there;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode))
        return write_through(path, bytes, len_bytes, why);
    struct nd_file_pieces file;
    nd_err err = nd_file_begin(&file, path, why);
    if (err != ND_OK)
        return err;
    nd_file_add(&file, bytes, len_bytes);
    err = nd_file_settle(&file, why);
    nd_err end = nd_file_end(&file, err == ND_OK, why);
    return err != ND_OK ? err : end;
}
