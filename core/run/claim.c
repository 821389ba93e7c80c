#include "run/claim.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct claim {
    char *key, *what; /* what: for people */
    int fd;
};

struct nd_claims {
    struct ND_VEC(struct claim) list;
    char *run_id;
};

struct nd_claims *nd_claims_new(void)
{
    return nd_alloc(sizeof(struct nd_claims));
}

void nd_claims_free(struct nd_claims *claims)
{
    if (claims == NULL)
        return;
    for (size_t i = 0; i < claims->list.count; i++) {
        close(claims->list.at[i].fd);
        free(claims->list.at[i].key);
        free(claims->list.at[i].what);
    }
    nd_vec_free(&claims->list);
    free(claims->run_id);
    free(claims);
}

size_t nd_claims_count(const struct nd_claims *claims)
{
    return claims->list.count;
}

int nd_claims_fd(const struct nd_claims *claims, size_t number)
{
    return claims->list.at[number].fd;
}

/* ---- where and what ---- */

char *nd_claims_directory(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (geteuid() == 0)
        return nd_strdup("/run/netdrill");
    return runtime != NULL && runtime[0] == '/'
               ? nd_printf("%s/netdrill", runtime)
               : nd_printf("/tmp/netdrill-%u", (unsigned)geteuid());
}

/* Made when missing; nobody else may write there, or he could hold up every drill. */
static char *directory(struct nd_fail *why)
{
    char *path = nd_claims_directory();
    struct stat st;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        nd_fail_errno(why, errno, "cannot make '%s' for the locks of targets", path);
    else if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
             (st.st_mode & 022) != 0)
        nd_fail_set(why, ND_ERIGHTS,
                    "'%s' has to be a directory that this user alone may write to; it holds the "
                    "locks of targets",
                    path);
    else
        return path;
    free(path);
    return NULL;
}

/* The namespace as such: two names of one are one. A lab's may not be there yet: by its path. */
static char *netns_key(const char *path)
{
    struct stat st;
    static const char lab[] = "/run/netns/nd-";
    bool of_lab = path != NULL && strncmp(path, lab, sizeof lab - 1) == 0;
    if (!of_lab && stat(path != NULL ? path : "/proc/self/ns/net", &st) == 0)
        return nd_printf("ns:%llu", (unsigned long long)st.st_ino);
    return nd_strdup(path);
}

static const char *fact(const struct nd_target *target, const char *key)
{
    for (const struct nd_note *note = target->facts; note->key != NULL; note++) {
        if (strcmp(note->key, key) == 0)
            return note->value;
    }
    return NULL;
}

/* What the core does not know by sight, a modem or a directory, is what its facts say; a target
 * without any is its name in its site. */
static char *by_facts(const char *netns, const struct nd_site *site, const struct nd_target *target)
{
    struct nd_buf key = {0};
    nd_buf_addf(&key, "%s %s", netns, target->kind);
    for (const struct nd_note *note = target->facts; note->key != NULL; note++)
        nd_buf_addf(&key, " %s=%s", note->key, note->value);
    if (target->facts[0].key == NULL)
        nd_buf_addf(&key, " %s of %s", target->name, site->name);
    char *text = nd_strdup(nd_buf_str(&key));
    nd_buf_deinit(&key);
    return text;
}

static char *target_key(const struct nd_site *site, const struct nd_site_target *target)
{
    const struct nd_vantage *vantage =
        target->vantage != NULL ? nd_site_vantage_find(site, target->vantage) : NULL;
    char *netns = netns_key(vantage != NULL ? vantage->netns : NULL);
    const char *interface = fact(&target->target, "interface");
    const char *guests = fact(&target->target, "guests");
    char *key = interface != NULL ? nd_printf("%s interface %s", netns, interface)
                : guests != NULL  ? nd_printf("%s guests %s", netns, guests)
                : target->target.address != NULL
                    ? nd_printf("%s address %s", netns, target->target.address)
                    : by_facts(netns, site, &target->target);
    free(netns);
    return key;
}

/* ---- taking ---- */

static void write_owner(const struct nd_claims *claims, const struct claim *claim)
{
    json_t *owner = json_pack("{s:I, s:s?, s:s, s:s}", "pid", (json_int_t)getpid(), "run",
                              claims->run_id, "target", claim->what, "is", claim->key);
    char *text = json_dumps(owner, JSON_COMPACT);
    size_t len = strlen(text);
    /* The file tells people; the lock itself is what counts, also on a full disk. */
    ssize_t put = ftruncate(claim->fd, 0) == 0 ? pwrite(claim->fd, text, len, 0) : -1;
    (void)put;
    free(text);
    json_decref(owner);
}

static nd_err refuse(int fd, const char *what, struct nd_fail *why)
{
    char text[512] = "";
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    json_t *owner = len > 0 ? json_loadb(text, (size_t)len, 0, NULL) : NULL;
    const char *run = json_string_value(json_object_get(owner, "run"));
    nd_fail_set(why, ND_ESTATE,
                "%s is in use by another run: '%s', pid %lld; see it with 'netdrill status', or "
                "end it with 'netdrill abort'",
                what, run != NULL ? run : "not yet named",
                (long long)json_integer_value(json_object_get(owner, "pid")));
    json_decref(owner);
    return ND_ESTATE;
}

/* key, what: taken over. */
static nd_err take(struct nd_claims *claims, char *key, char *what, struct nd_fail *why)
{
    char hash[ND_HASH_TEXT];
    struct claim claim = {key, what, -1};
    nd_err err = ND_OK;
    for (size_t i = 0; i < claims->list.count; i++) {
        if (strcmp(claims->list.at[i].key, key) == 0)
            goto out;
    }
    char *dir = directory(why);
    if (dir == NULL) {
        err = why != NULL ? why->code : ND_EIO;
        goto out;
    }
    nd_hash(key, strlen(key), hash);
    char *path = nd_printf("%s/%.24s.lock", dir, hash + 7);
    claim.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (claim.fd < 0)
        err = nd_fail_errno(why, errno, "cannot open '%s'", path);
    else if (flock(claim.fd, LOCK_EX | LOCK_NB) != 0)
        err = refuse(claim.fd, what, why);
    free(path);
    free(dir);
    if (err == ND_OK) {
        write_owner(claims, &claim);
        nd_vec_push(&claims->list, claim);
        return ND_OK;
    }
    if (claim.fd >= 0)
        close(claim.fd);
out:
    free(key);
    free(what);
    return err;
}

nd_err nd_claims_take(struct nd_claims *claims, const struct nd_site *site,
                      const struct nd_site_target *target, struct nd_fail *why)
{
    return take(claims, target_key(site, target), nd_printf("target '%s'", target->target.name),
                why);
}

nd_err nd_claims_take_lab(struct nd_claims *claims, const struct nd_site *site, struct nd_fail *why)
{
    return take(claims, nd_printf("lab %s", site->name),
                nd_printf("the lab of site '%s'", site->name), why);
}

void nd_claims_name(struct nd_claims *claims, const char *run_id)
{
    free(claims->run_id);
    claims->run_id = nd_strdup(run_id);
    for (size_t i = 0; i < claims->list.count; i++)
        write_owner(claims, &claims->list.at[i]);
}
