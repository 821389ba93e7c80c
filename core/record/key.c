#include "record/key.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES (1u << 24)
#define SMALL_BYTES    4096

/* As they stand in the files, before base64: all are octets, so there is no padding. */
struct secret {
    unsigned char algorithm[2], id[8], key[crypto_sign_SECRETKEYBYTES];
};

struct public
{
    unsigned char algorithm[2], id[8], key[crypto_sign_PUBLICKEYBYTES];
};

struct signature {
    unsigned char algorithm[2], id[8], sig[crypto_sign_BYTES];
};

static const char comment_begin[] = "trusted comment: ";

static void id_words(const unsigned char id[8], char *out)
{
    unsigned long long number = 0;
    for (int i = 7; i >= 0; i--)
        number = number << 8 | id[i];
    snprintf(out, ND_KEY_ID, "%016llX", number);
}

static void base64_line(struct nd_buf *out, const void *bytes, size_t len_bytes)
{
    char text[256];
    sodium_bin2base64(text, sizeof text, bytes, len_bytes, sodium_base64_VARIANT_ORIGINAL);
    nd_buf_addf(out, "%s\n", text);
    sodium_memzero(text, sizeof text);
}

/* Line number n (from 1) of a text without its line feed; NULL when there is none. */
static const char *line_of(const char *text, int n, size_t *len_bytes)
{
    for (; n > 1 && text != NULL; n--) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    if (text == NULL || *text == '\0')
        return NULL;
    *len_bytes = strcspn(text, "\n");
    return text;
}

/* Exactly so many octets. */
static bool base64_read(const char *text, int line, void *bytes, size_t len_bytes)
{
    size_t len = 0;
    size_t got = 0;
    const char *at = line_of(text, line, &len);
    return at != NULL &&
           sodium_base642bin(bytes, len_bytes, at, len, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == len_bytes;
}

/* ---- making ---- */

/* A new file that nobody else can read from its first moment on. */
static nd_err write_new(const char *path, mode_t mode, const struct nd_buf *text,
                        struct nd_fail *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return nd_fail_errno(why, errno, "cannot make '%s'", path);
    bool good = write(fd, text->text, text->len_bytes) == (ssize_t)text->len_bytes;
    good = fsync(fd) == 0 && good;
    int error = errno;
    close(fd);
    return good ? ND_OK : nd_fail_errno(why, error, "cannot write '%s'", path);
}

nd_err nd_key_new(const char *path, char *id, struct nd_fail *why)
{
    struct secret secret = {.algorithm = {'E', 'd'}};
    struct public public = {.algorithm = {'E', 'd'}};
    struct nd_buf text = {0};
    if (sodium_init() < 0)
        return nd_fail_set(why, ND_EUNABLE, "libsodium found no source of randomness");
    crypto_sign_keypair(public.key, secret.key);
    randombytes_buf(secret.id, sizeof secret.id);
    memcpy(public.id, secret.id, sizeof public.id);
    id_words(secret.id, id);
    nd_buf_addf(&text, "untrusted comment: netdrill secret key %s\n", id);
    base64_line(&text, &secret, sizeof secret);
    nd_err err = write_new(path, 0600, &text, why);
    sodium_memzero(text.text, text.cap);
    sodium_memzero(&secret, sizeof secret);
    nd_buf_reset(&text);
    nd_buf_addf(&text, "untrusted comment: minisign public key %s\n", id);
    base64_line(&text, &public, sizeof public);
    char *pub_path = nd_printf("%s.pub", path);
    if (err == ND_OK)
        err = write_new(pub_path, 0644, &text, why);
    free(pub_path);
    nd_buf_deinit(&text);
    return err;
}

static nd_err read_secret(const char *path, struct secret *secret, struct nd_fail *why)
{
    struct stat st;
    char text[SMALL_BYTES + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return nd_fail_errno(why, errno, "cannot open the key '%s'", path);
    ssize_t len = read(fd, text, SMALL_BYTES);
    bool others = fstat(fd, &st) != 0 || (st.st_mode & 077) != 0;
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    bool good =
        base64_read(text, 2, secret, sizeof *secret) && memcmp(secret->algorithm, "Ed", 2) == 0;
    sodium_memzero(text, sizeof text);
    if (others)
        return nd_fail_set(why, ND_ERIGHTS,
                           "others may read the key '%s' (mode %03o); make it: chmod 600", path,
                           (unsigned)st.st_mode & 0777);
    if (!good)
        return nd_fail_set(why, ND_EPARSE, "'%s' is no secret key; make one: netdrill key new FILE",
                           path);
    return ND_OK;
}

nd_err nd_key_check(const char *path, char *id, struct nd_fail *why)
{
    struct secret secret = {{0}, {0}, {0}};
    nd_err err = read_secret(path, &secret, why);
    if (err == ND_OK && id != NULL)
        id_words(secret.id, id);
    sodium_memzero(&secret, sizeof secret);
    return err;
}

/* ---- signing ---- */

/* BLAKE2b of the file: what minisign signs. */
static nd_err digest(const char *path, unsigned char sum[64], struct nd_fail *why)
{
    char *text = NULL;
    size_t len = 0;
    nd_err err = nd_file_read(path, FILE_MAX_BYTES, &text, &len, why);
    if (err == ND_OK)
        crypto_generichash(sum, 64, (const unsigned char *)text, len, NULL, 0);
    free(text);
    return err;
}

/* What the second signature is over: the first, and the comment. */
static unsigned char *joined(const struct signature *signature, const char *comment, size_t len)
{
    unsigned char *bytes = nd_alloc(sizeof signature->sig + len);
    memcpy(bytes, signature->sig, sizeof signature->sig);
    memcpy(bytes + sizeof signature->sig, comment, len);
    return bytes;
}

nd_err nd_key_sign(const char *key_path, const char *path, const char *comment, struct nd_fail *why)
{
    struct secret secret = {{0}, {0}, {0}};
    struct signature signature = {.algorithm = {'E', 'D'}};
    unsigned char sum[64];
    unsigned char global[crypto_sign_BYTES];
    nd_err err = digest(path, sum, why);
    if (err == ND_OK)
        err = read_secret(key_path, &secret, why);
    if (err != ND_OK)
        return err;
    char id[ND_KEY_ID];
    size_t len = strlen(comment);
    memcpy(signature.id, secret.id, sizeof signature.id);
    id_words(secret.id, id);
    crypto_sign_detached(signature.sig, NULL, sum, sizeof sum, secret.key);
    unsigned char *both = joined(&signature, comment, len);
    crypto_sign_detached(global, NULL, both, sizeof signature.sig + len, secret.key);
    sodium_memzero(&secret, sizeof secret);
    free(both);
    struct nd_buf text = {0};
    nd_buf_addf(&text, "untrusted comment: signature by netdrill, key %s\n", id);
    base64_line(&text, &signature, sizeof signature);
    nd_buf_addf(&text, "%s%s\n", comment_begin, comment);
    base64_line(&text, global, sizeof global);
    char *sig_path = nd_printf("%s.minisig", path);
    err = nd_file_write(sig_path, text.text, text.len_bytes, why);
    free(sig_path);
    nd_buf_deinit(&text);
    return err;
}

/* ---- checking ---- */

static nd_err read_signature(const char *path, struct signature *signature, char **text,
                             struct nd_fail *why)
{
    size_t len = 0;
    char *sig_path = nd_printf("%s.minisig", path);
    nd_err err = ND_OK;
    if (access(sig_path, F_OK) != 0)
        err = nd_fail_set(why, ND_EGONE, "it is not signed");
    else
        err = nd_file_read(sig_path, SMALL_BYTES, text, &len, why);
    if (err == ND_OK && (!base64_read(*text, 2, signature, sizeof *signature) ||
                         memcmp(signature->algorithm, "ED", 2) != 0))
        err = nd_fail_set(why, ND_EPARSE, "'%s' is no signature", sig_path);
    free(sig_path);
    return err;
}

nd_err nd_key_signer(const char *path, char *id, struct nd_fail *why)
{
    struct signature signature = {{0}, {0}, {0}};
    char *text = NULL;
    nd_err err = read_signature(path, &signature, &text, why);
    if (err == ND_OK)
        id_words(signature.id, id);
    free(text);
    return err;
}

static nd_err read_public(const char *path, struct public *public, struct nd_fail *why)
{
    char *text = NULL;
    size_t len = 0;
    nd_err err = nd_file_read(path, SMALL_BYTES, &text, &len, why);
    if (err == ND_OK &&
        (!base64_read(text, 2, public, sizeof *public) || memcmp(public->algorithm, "Ed", 2) != 0))
        err = nd_fail_set(why, ND_EPARSE, "'%s' is no public key", path);
    free(text);
    return err;
}

nd_err nd_key_check_public(const char *path, struct nd_fail *why)
{
    struct public public = {{0}, {0}, {0}};
    return read_public(path, &public, why);
}

/* Both signatures: over the file, and over the first with the comment. */
static bool holds(const struct public *public, const struct signature *signature,
                  const unsigned char sum[64], const char *text)
{
    unsigned char global[crypto_sign_BYTES];
    size_t len = 0;
    const char *line = line_of(text, 3, &len);
    size_t begin = sizeof comment_begin - 1;
    if (line == NULL || len < begin || strncmp(line, comment_begin, begin) != 0 ||
        !base64_read(text, 4, global, sizeof global))
        return false;
    unsigned char *both = joined(signature, line + begin, len - begin);
    bool good = crypto_sign_verify_detached(signature->sig, sum, 64, public->key) == 0 &&
                crypto_sign_verify_detached(global, both, sizeof signature->sig + len - begin,
                                            public->key) == 0;
    free(both);
    return good;
}

nd_err nd_key_verify(const char *pub_path, const char *path, char *id, struct nd_fail *why)
{
    struct public public = {{0}, {0}, {0}};
    struct signature signature = {{0}, {0}, {0}};
    unsigned char sum[64];
    char *text = NULL;
    char own[ND_KEY_ID] = "";
    char asked[ND_KEY_ID] = "";
    if (id != NULL)
        *id = '\0';
    nd_err err = read_public(pub_path, &public, why);
    if (err == ND_OK)
        err = read_signature(path, &signature, &text, why);
    if (err == ND_OK)
        err = digest(path, sum, why);
    if (err == ND_OK) {
        id_words(signature.id, own);
        id_words(public.id, asked);
        if (id != NULL)
            memcpy(id, own, sizeof own);
        if (memcmp(signature.id, public.id, sizeof public.id) != 0)
            err =
                nd_fail_set(why, ND_EANSWER, "it was signed with key %s, not with %s", own, asked);
        else if (!holds(&public, &signature, sum, text))
            err = nd_fail_set(why, ND_EANSWER, "it is not what key %s signed", own);
    }
    free(text);
    return err;
}
