#include "stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The key of authenticated mode, and what is made with it. */

#define KEY_LEAST 8

void stamp_hmac(const struct stamp_key *key, const struct stamp_piece *pieces, size_t count,
                uint8_t *out)
{
    crypto_auth_hmacsha256_state state;
    uint8_t all[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init(&state, key->octets, key->len);
    for (size_t i = 0; i < count; i++)
        crypto_auth_hmacsha256_update(&state, pieces[i].bytes, pieces[i].len);
    crypto_auth_hmacsha256_final(&state, all);
    memcpy(out, all, STAMP_HMAC_BYTES);
}

static int take(int fd, const char *path, struct stamp_key *key, char *why, size_t why_bytes)
{
    struct stat about;
    uint8_t bytes[sizeof key->octets + 2]; /* a newline more, and one more to see too many by */
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || (about.st_mode & 077) != 0) {
        snprintf(why, why_bytes,
                 "key file '%s': expected a file that only its owner may read; chmod 600 it", path);
        return -1;
    }
    ssize_t got = read(fd, bytes, sizeof bytes);
    size_t len = got > 0 ? (size_t)got : 0;
    if (len > 0 && bytes[len - 1] == '\n')
        len--;
    if (len >= KEY_LEAST && len <= sizeof key->octets) {
        memcpy(key->octets, bytes, len);
        key->len = len;
    }
    sodium_memzero(bytes, sizeof bytes);
    if (key->len != 0)
        return 0;
    snprintf(why, why_bytes, "key file '%s': expected %d to %zu octets, got %s%zu", path, KEY_LEAST,
             sizeof key->octets, len > sizeof key->octets ? "more than " : "",
             len > sizeof key->octets ? sizeof key->octets : len);
    return -1;
}

int stamp_key_read(const char *path, struct stamp_key *key, char *why, size_t why_bytes)
{
    key->len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        char words[80];
        snprintf(why, why_bytes, "key file '%s': %s", path, strerror_r(errno, words, sizeof words));
        return -1;
    }
    int failed = take(fd, path, key, why, why_bytes);
    close(fd);
    return failed;
}
