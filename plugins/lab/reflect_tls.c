#include "reflect.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* TLS 1.2 and 1.3 for services that come over it (GnuTLS), and the same calls for those in clear.
 * One certificate for a process. */

#define PATH_ROOM 512

struct reflect_tls {
    gnutls_session_t session;
    int done; /* hands have been shaken */
};

static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priority;
static int ready;
static long long shaken, failed;
static char last_failure[160];

/* ---- the certificate ---- */

static int refused(const char *what, const char *path, const char *why)
{
    fprintf(stderr, "netdrill-reflect: %s '%s': %s\n", what, path, why);
    return -2;
}

/* A key that others can read is none. */
static int check_key(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return refused("key file", path, strerror(errno));
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return refused("key file", path, "others may read it; chmod 600 it");
    return 0;
}

int reflect_tls_certificate(const char *text)
{
    char certificate[PATH_ROOM];
    const char *comma = strchr(text, ',');
    size_t len = comma != NULL ? (size_t)(comma - text) : strlen(text);
    if (len == 0 || len >= sizeof certificate)
        return refused("certificate", text, "expected tls:CERTIFICATE.pem,KEY.pem");
    memcpy(certificate, text, len);
    certificate[len] = '\0';
    const char *key = comma != NULL ? comma + 1 : certificate;
    if (check_key(key) != 0)
        return -2;
    int code = ready ? 0 : gnutls_certificate_allocate_credentials(&credentials);
    if (code == 0 && !ready)
        code = gnutls_priority_init(&priority, "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3", NULL);
    if (code == 0)
        code = gnutls_certificate_set_x509_key_file(credentials, certificate, key,
                                                    GNUTLS_X509_FMT_PEM);
    if (code < 0)
        return refused("certificate", text, gnutls_strerror(code));
    ready = 1;
    return 0;
}

int reflect_tls_ready(void)
{
    return ready;
}

/* ---- a connection ---- */

struct reflect_tls *reflect_tls_begin(int fd)
{
    struct reflect_tls *tls = calloc(1, sizeof *tls);
    const unsigned flags = GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL;
    if (tls == NULL || gnutls_init(&tls->session, flags) != 0) {
        free(tls);
        return NULL;
    }
    gnutls_priority_set(tls->session, priority);
    gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(tls->session, fd);
    return tls;
}

void reflect_tls_end(struct reflect_tls *tls)
{
    if (tls == NULL)
        return;
    gnutls_deinit(tls->session);
    free(tls);
}

/* Fatal, or to be tried again when there is more. */
static ssize_t not_now(int code)
{
    errno = gnutls_error_is_fatal(code) != 0 ? EPROTO : EAGAIN;
    return -1;
}

static int shake_hands(struct reflect_tls *tls)
{
    int code = gnutls_handshake(tls->session);
    tls->done = code == 0;
    shaken += code == 0;
    if (code != 0 && gnutls_error_is_fatal(code) != 0) {
        const char *words = code == GNUTLS_E_FATAL_ALERT_RECEIVED
                                ? gnutls_alert_get_name(gnutls_alert_get(tls->session))
                                : gnutls_strerror(code);
        failed++;
        snprintf(last_failure, sizeof last_failure, "%s", words != NULL ? words : "");
        gnutls_alert_send_appropriate(tls->session, code);
    }
    return code;
}

ssize_t reflect_recv(struct reflect_tls *tls, int fd, void *into, size_t room)
{
    if (tls == NULL)
        return recv(fd, into, room, 0);
    int code = tls->done ? 0 : shake_hands(tls);
    if (code != 0)
        return not_now(code);
    ssize_t got = gnutls_record_recv(tls->session, into, room);
    if (got == GNUTLS_E_PREMATURE_TERMINATION)
        return 0;
    return got >= 0 ? got : not_now((int)got);
}

int reflect_waits(const struct reflect_tls *tls)
{
    return tls != NULL && tls->done && gnutls_record_check_pending(tls->session) != 0;
}

short reflect_events(const struct reflect_tls *tls)
{
    return tls != NULL && !tls->done && gnutls_record_get_direction(tls->session) == 1 ? POLLOUT
                                                                                       : POLLIN;
}

void reflect_send(struct reflect_tls *tls, int fd, const void *from, size_t len)
{
    if (tls == NULL)
        send(fd, from, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    else
        gnutls_record_send(tls->session, from, len);
}

void reflect_say_no_more(struct reflect_tls *tls, int fd)
{
    if (tls != NULL)
        gnutls_bye(tls->session, GNUTLS_SHUT_WR);
    shutdown(fd, SHUT_WR);
}

void reflect_tls_report(void)
{
    if (!ready)
        return;
    printf("tls: %lld connections, %lld failed%s%s\n", shaken, failed,
           failed != 0 ? ", the last one: " : "", last_failure);
}
