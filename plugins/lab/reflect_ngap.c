#include "../ngap/amf.h"
#include "../ngap/chunk.h"
#include "../reach/parse.h"
#include "reflect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <usrsctp.h>

/* A double of an AMF: it takes associations and answers NG Setup, with what it serves to a gNB that
 * broadcasts one of its networks, with a failure to another. SCTP is libusrsctp's, over a raw
 * socket, as in the ngap plugin. To libusrsctp each gNB's host has the address of a place in
 * `hosts`, and one socket listens for all services. */

#define HOSTS_MAX   64
#define GNBS_MAX    64
#define TICK        10000000 /* ns */
#define MESSAGE_MAX 4096
#define AMF_NAME    "netdrill SIMULATED AMF"

struct gnb_host {
    struct sockaddr_storage at;
    socklen_t len;
    int fd;
};

static struct gnb_host hosts[HOSTS_MAX];
static size_t hosts_count;
static struct socket *gnbs[GNBS_MAX];
static uint8_t plmns[NGAP_PLMNS_MAX][PLMN_OCTETS];
static size_t plmns_count;
static struct socket *listener;
static int listens_at; /* port */
static int64_t ticked;
static unsigned accepted, refused;

int reflect_ngap_plmn(const char *text)
{
    errno = plmns_count == NGAP_PLMNS_MAX ? E2BIG : EINVAL;
    if (plmns_count == NGAP_PLMNS_MAX || !plmn_pack(text, plmns[plmns_count]))
        return -1;
    plmns_count++;
    return 0;
}

static int packet_out(void *host, void *bytes, size_t len, uint8_t tos, uint8_t set_df)
{
    const struct gnb_host *to = host;
    (void)tos;
    (void)set_df;
    sendto(to->fd, bytes, len, MSG_NOSIGNAL, (const struct sockaddr *)&to->at, to->len);
    return 0;
}

static int64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int reflect_ngap_open(int port)
{
    struct sockaddr_conn any = {.sconn_family = AF_CONN, .sconn_port = htons((uint16_t)port)};
    errno = EINVAL;
    if (listener != NULL)
        return port == listens_at ? 0 : -1; /* all AMFs are at one port */
    if (plmns_count == 0)
        return -1;
    usrsctp_init_nothreads(0, packet_out, NULL);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    ticked = monotonic();
    listens_at = port;
    listener = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    return listener != NULL && usrsctp_set_non_blocking(listener, 1) == 0 &&
                   usrsctp_bind(listener, (struct sockaddr *)&any, sizeof any) == 0 &&
                   usrsctp_listen(listener, GNBS_MAX) == 0
               ? 0
               : -1;
}

static void answer(struct socket *gnb, const uint8_t *bytes, size_t len)
{
    uint8_t asked[NGAP_PLMNS_MAX][PLMN_OCTETS];
    uint8_t out[NGAP_ANSWER_MAX];
    struct sctp_sndinfo info = {.snd_ppid = htonl(NGAP_PPID)};
    size_t count = ngap_asked(bytes, len, asked);
    int serves = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < plmns_count; k++)
            serves |= memcmp(asked[i], plmns[k], PLMN_OCTETS) == 0;
    }
    if (count == 0)
        return; /* nothing that this double knows */
    size_t size = serves ? ngap_accept(AMF_NAME, plmns, plmns_count, out) : ngap_refuse(out);
    accepted += serves != 0;
    refused += serves == 0;
    usrsctp_sendv(gnb, out, size, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0);
}

/* 0: the association is over. */
static int hear(struct socket *gnb)
{
    for (;;) {
        uint8_t bytes[MESSAGE_MAX];
        struct sctp_rcvinfo info = {0};
        socklen_t info_len = sizeof info;
        socklen_t from_len = 0;
        unsigned type = 0;
        int flags = 0;
        ssize_t got = usrsctp_recvv(gnb, bytes, sizeof bytes, NULL, &from_len, &info, &info_len,
                                    &type, &flags);
        if (got < 0 && (errno == EWOULDBLOCK || errno == EINTR))
            return 1;
        if (got <= 0)
            return 0;
        if ((flags & MSG_EOR) != 0)
            answer(gnb, bytes, (size_t)got);
    }
}

static void look(void)
{
    for (int i = 0; i < GNBS_MAX; i++) {
        if (gnbs[i] == NULL && (gnbs[i] = usrsctp_accept(listener, NULL, NULL)) == NULL)
            break;
    }
    for (int i = 0; i < GNBS_MAX; i++) {
        if (gnbs[i] == NULL || hear(gnbs[i]))
            continue;
        usrsctp_close(gnbs[i]);
        gnbs[i] = NULL;
    }
}

/* The place of a host; NULL: there are too many. */
static struct gnb_host *host_of(int fd, const struct sockaddr_storage *at, socklen_t len)
{
    for (size_t i = 0; i < hosts_count; i++) {
        if (hosts[i].fd == fd && hosts[i].len == len && memcmp(&hosts[i].at, at, len) == 0)
            return &hosts[i];
    }
    if (hosts_count == HOSTS_MAX)
        return NULL;
    struct gnb_host *host = &hosts[hosts_count++];
    *host = (struct gnb_host){*at, len, fd};
    usrsctp_register_address(host);
    return host;
}

void reflect_ngap(int fd)
{
    uint8_t bytes[4096];
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    ssize_t got = recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
    size_t skip = from.ss_family == AF_INET && got > 0 ? ipv4_header(bytes, (size_t)got) : 0;
    struct gnb_host *host = got > 0 ? host_of(fd, &from, len) : NULL;
    if (host == NULL || (size_t)got < skip + SCTP_HEADER ||
        (bytes[skip + 2] << 8 | bytes[skip + 3]) != listens_at)
        return;
    usrsctp_conninput(host, bytes + skip, (size_t)got - skip, 0);
    look();
}

int64_t reflect_ngap_again(void)
{
    if (listener == NULL)
        return -1;
    int64_t elapsed_ms = (monotonic() - ticked) / 1000000;
    if (elapsed_ms >= TICK / 1000000) {
        ticked += elapsed_ms * 1000000;
        usrsctp_handle_timers((uint32_t)elapsed_ms);
        look();
    }
    return TICK;
}

void reflect_ngap_report(void)
{
    if (listener != NULL)
        printf("ngap: %u NG SETUP REQUESTs accepted, %u refused (a simulated AMF)\n", accepted,
               refused);
}
