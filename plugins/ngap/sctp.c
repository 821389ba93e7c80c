#include "sctp.h"

#include "../reach/parse.h"
#include "chunk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <usrsctp.h>

#define TICK       10000000 /* ns between looks at libusrsctp's timers */
#define PACKET_MAX 4096
#define PORT_FIRST 49152 /* of the dynamic ports (RFC 6335 §6) */
#define INITIAL_MS 1000  /* RTO.Initial (RFC 9260 §16) */

/* ---- packets ---- */

/* libusrsctp has a packet to send. Called with its locks held: nothing of it is called from here.
 */
static int packet_out(void *lane, void *bytes, size_t len, uint8_t tos, uint8_t set_df)
{
    struct sctp *sctp = *(struct sctp **)lane;
    struct chunk chunk;
    (void)tos;
    (void)set_df;
    if (sctp == NULL)
        return 0;
    nd_ns now = sctp->stack->host->now(sctp->stack->host);
    for (size_t at = SCTP_HEADER; chunk_next(bytes, len, &at, &chunk);) {
        if (chunk.type == CHUNK_INIT && sctp->init_at == 0)
            sctp->init_at = now;
        if (chunk.type != CHUNK_HEARTBEAT || sctp->beating < 0)
            continue;
        struct sctp_beat *beat = &sctp->beats[sctp->beating % SCTP_BEATS];
        beat->slot = sctp->beating;
        beat->len = chunk.len < sizeof beat->info ? chunk.len : sizeof beat->info;
        memcpy(beat->info, chunk.value, beat->len);
        sctp->beating = -1;
    }
    if (send(sctp->fd, bytes, len, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != ENOBUFS)
        sctp->error = errno;
    return 0;
}

static void beat_answered(struct sctp *sctp, const struct chunk *chunk)
{
    for (int i = 0; i < SCTP_BEATS; i++) {
        struct sctp_beat *beat = &sctp->beats[i];
        if (beat->len == 0 || beat->len > chunk->len ||
            memcmp(beat->info, chunk->value, beat->len) != 0)
            continue;
        beat->len = 0;
        sctp->beat(sctp->ctx, beat->slot, sctp->at);
        return;
    }
}

/* ---- what becomes of the association ---- */

static void over(struct sctp *sctp, nd_err err, const char *words)
{
    char why[200];
    snprintf(why, sizeof why, "%s %s", sctp->peer.text, words);
    sctp_close(sctp);
    sctp->down(sctp->ctx, err, err != ND_OK ? why : NULL);
}

static void lost(struct sctp *sctp)
{
    char words[120];
    if (sctp->aborted >= 0) {
        const char *name = chunk_cause_name((unsigned)sctp->aborted);
        snprintf(words, sizeof words, "%s (ABORT%s%s)",
                 sctp->state == SCTP_CONNECTING ? "refused the association"
                                                : "aborted the association",
                 *name != '\0' ? ", " : "", name);
        over(sctp, ND_EREFUSED, words);
    } else if (sctp->state == SCTP_CONNECTING) {
        over(sctp, ND_ETIME, "does not answer to SCTP");
    } else {
        over(sctp, ND_ETIME, "no longer answers");
    }
}

static void unsendable(struct sctp *sctp, int error)
{
    char words[80];
    if (error == ENOPROTOOPT || error == ECONNREFUSED)
        over(sctp, ND_EREFUSED, "has no SCTP (ICMP: protocol unreachable)");
    else
        over(sctp, probe_err(error), strerror_r(error, words, sizeof words));
}

static void changed(struct sctp *sctp, const struct sctp_assoc_change *change)
{
    switch (change->sac_state) {
    case SCTP_COMM_UP:
        sctp->state = SCTP_UP;
        sctp->up(sctp->ctx, sctp->at);
        break;
    case SCTP_SHUTDOWN_COMP:
        if (sctp->state == SCTP_LEAVING)
            over(sctp, ND_OK, "");
        else
            over(sctp, ND_EREFUSED, "ended the association (SHUTDOWN)");
        break;
    case SCTP_COMM_LOST:
    case SCTP_CANT_STR_ASSOC:
        lost(sctp);
        break;
    default:
        break;
    }
}

static void read_some(struct sctp *sctp, const struct sctp_rcvinfo *info, size_t got, int flags)
{
    union sctp_notification note;
    sctp->message_len += got;
    if ((flags & MSG_EOR) == 0) {
        if (sctp->message_len == SCTP_MESSAGE)
            over(sctp, ND_EANSWER, "sent a message of more than 16384 octets");
        return;
    }
    size_t len = sctp->message_len;
    sctp->message_len = 0;
    if ((flags & MSG_NOTIFICATION) == 0) {
        sctp->take(sctp->ctx, sctp->message, len, ntohl(info->rcv_ppid), sctp->at);
        return;
    }
    memset(&note, 0, sizeof note);
    memcpy(&note, sctp->message, len < sizeof note ? len : sizeof note);
    if (note.sn_header.sn_type == SCTP_ASSOC_CHANGE)
        changed(sctp, &note.sn_assoc_change);
}

/* Takes from libusrsctp all that it has to tell. */
static void pump(struct sctp *sctp)
{
    while (sctp->state != SCTP_DOWN) {
        struct sctp_rcvinfo info = {0};
        socklen_t info_len = sizeof info;
        socklen_t from_len = 0;
        unsigned type = 0;
        int flags = 0;
        ssize_t got = usrsctp_recvv(sctp->socket, sctp->message + sctp->message_len,
                                    SCTP_MESSAGE - sctp->message_len, NULL, &from_len, &info,
                                    &info_len, &type, &flags);
        if (got > 0)
            read_some(sctp, &info, (size_t)got, flags);
        else if (got == 0 || (errno != EWOULDBLOCK && errno != EINTR && errno != ENOTCONN))
            lost(sctp);
        else
            break;
    }
    if (sctp->state != SCTP_DOWN && sctp->error != 0)
        unsendable(sctp, sctp->error);
}

static void tick(void *ctx)
{
    struct sctp *sctp = ctx;
    struct sctp_stack *stack = sctp->stack;
    nd_ns now = stack->host->now(stack->host);
    /* One look is for all associations: it is the time since the last, whoever took that. */
    int64_t elapsed_ms = (now - stack->ticked) / 1000000;
    if (elapsed_ms > 0) {
        stack->ticked += elapsed_ms * 1000000;
        usrsctp_handle_timers((uint32_t)elapsed_ms);
    }
    sctp->at = now;
    pump(sctp);
    if (sctp->state != SCTP_DOWN)
        stack->host->after(sctp->op, TICK, tick, sctp);
}

/* A packet from the peer's address: of this association, or of another to the same peer. */
static void packet_in(struct sctp *sctp, const uint8_t *bytes, size_t len)
{
    struct chunk chunk;
    if (!chunk_ports(bytes, len, sctp->peer_port, sctp->own_port))
        return;
    for (size_t at = SCTP_HEADER; chunk_next(bytes, len, &at, &chunk);) {
        if (chunk.type == CHUNK_ABORT)
            sctp->aborted = (int)chunk_abort_cause(&chunk);
        else if (chunk.type == CHUNK_HEARTBEAT_ACK && sctp->beat != NULL)
            beat_answered(sctp, &chunk);
        if (sctp->state == SCTP_DOWN)
            return;
    }
    usrsctp_conninput(sctp->lane, bytes, len, 0);
    pump(sctp);
}

static void readable(void *ctx, int events)
{
    struct sctp *sctp = ctx;
    const struct nd_host *host = sctp->stack->host;
    (void)events;
    for (int i = 0; i < 64 && sctp->state != SCTP_DOWN; i++) {
        uint8_t bytes[PACKET_MAX];
        _Alignas(struct cmsghdr) char control[128];
        struct iovec iov = {bytes, sizeof bytes};
        struct msghdr message = {.msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        ssize_t got = recvmsg(sctp->fd, &message, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got < 0) {
            unsendable(sctp, errno);
            return;
        }
        /* A raw socket of IPv4 gives the IP header as well. */
        size_t skip = sctp->peer.at.ss_family == AF_INET ? ipv4_header(bytes, (size_t)got) : 0;
        sctp->at = receive_stamp(host, &message, host->now(host));
        if ((message.msg_flags & MSG_TRUNC) == 0)
            packet_in(sctp, bytes + skip, (size_t)got - skip);
    }
}

/* ---- making one ---- */

static void begin_stack(struct sctp_stack *stack)
{
    if (stack->begun)
        return;
    stack->begun = 1;
    usrsctp_init_nothreads(0, packet_out, NULL);
    /* Plain SCTP: nothing that an old peer, or one with a firewall before it, would stumble on. */
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_reconfig_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(0);
    stack->ticked = stack->host->now(stack->host);
    stack->port = (uint16_t)((uint64_t)stack->ticked / 1000 % (65536 - PORT_FIRST));
}

void sctp_stack_end(struct sctp_stack *stack)
{
    memset(stack->lanes, 0, sizeof stack->lanes);
    /* What it has closed it frees by its timers. */
    for (int i = 0; stack->begun && i < 100 && usrsctp_finish() != 0; i++)
        usrsctp_handle_timers(1000);
    stack->begun = 0;
}

static struct sctp **free_lane(struct sctp_stack *stack)
{
    for (int i = 0; i < SCTP_LANES; i++) {
        if (stack->lanes[i] == NULL)
            return &stack->lanes[i];
    }
    return NULL;
}

static struct sockaddr_conn conn_of(struct sctp *sctp, uint16_t port)
{
    struct sockaddr_conn conn = {
        .sconn_family = AF_CONN, .sconn_port = htons(port), .sconn_addr = sctp->lane};
    return conn;
}

static nd_err open_raw(struct sctp *sctp)
{
    const struct nd_host *host = sctp->stack->host;
    struct sockaddr_storage to = sctp->peer.at;
    in_port_t *port = to.ss_family == AF_INET ? &((struct sockaddr_in *)&to)->sin_port
                                              : &((struct sockaddr_in6 *)&to)->sin6_port;
    sctp->peer_port = ntohs(*port);
    *port = 0; /* raw sockets have none */
    sctp->fd = host->socket(sctp->op, to.ss_family, SOCK_RAW, IPPROTO_SCTP);
    if (sctp->fd < 0)
        return sctp->fd;
    receive_stamps(sctp->fd);
    if (connect(sctp->fd, (struct sockaddr *)&to, sctp->peer.len) != 0) {
        int error = errno;
        host->log(host, ND_INFO, "%s: %s", sctp->peer.text, strerror(error));
        host->release(sctp->op, sctp->fd);
        return probe_err(error);
    }
    return ND_OK;
}

static int set_up(struct sctp *sctp)
{
    struct sctp_event event = {
        .se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = SCTP_ASSOC_CHANGE, .se_on = 1};
    struct sctp_initmsg init = {.sinit_num_ostreams = 2, .sinit_max_instreams = 2};
    struct sctp_rtoinfo rto = {.srto_assoc_id = SCTP_FUTURE_ASSOC, .srto_initial = INITIAL_MS};
    struct linger abort = {.l_onoff = 1, .l_linger = 0};
    int one = 1;
    usrsctp_setsockopt(sctp->socket, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event);
    usrsctp_setsockopt(sctp->socket, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init);
    usrsctp_setsockopt(sctp->socket, IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof rto);
    usrsctp_setsockopt(sctp->socket, IPPROTO_SCTP, SCTP_NODELAY, &one, sizeof one);
    usrsctp_setsockopt(sctp->socket, IPPROTO_SCTP, SCTP_RECVRCVINFO, &one, sizeof one);
    usrsctp_setsockopt(sctp->socket, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    struct sockaddr_conn own = conn_of(sctp, sctp->own_port);
    struct sockaddr_conn peer = conn_of(sctp, sctp->peer_port);
    return usrsctp_set_non_blocking(sctp->socket, 1) == 0 &&
           usrsctp_bind(sctp->socket, (struct sockaddr *)&own, sizeof own) == 0 &&
           (usrsctp_connect(sctp->socket, (struct sockaddr *)&peer, sizeof peer) == 0 ||
            errno == EINPROGRESS);
}

nd_err sctp_open(struct sctp *sctp)
{
    struct sctp_stack *stack = sctp->stack;
    const struct nd_host *host = stack->host;
    struct sctp **lane = free_lane(stack);
    if (access("/proc/net/sctp", F_OK) == 0 || lane == NULL) {
        host->log(host, ND_INFO, "%s",
                  lane == NULL ? "more than 64 SCTP associations at once; ask for fewer"
                               : "this machine's kernel has SCTP loaded and would end our "
                                 "association; unload it ('modprobe -r sctp') or ask from another "
                                 "machine");
        return ND_EUNABLE;
    }
    nd_err err = open_raw(sctp);
    if (err != ND_OK)
        return err;
    begin_stack(stack);
    stack->port = (uint16_t)((stack->port + 1) % (65536 - PORT_FIRST));
    sctp->own_port = (uint16_t)(PORT_FIRST + stack->port);
    sctp->lane = lane;
    *lane = sctp;
    sctp->state = SCTP_CONNECTING;
    sctp->init_at = 0;
    sctp->error = 0;
    sctp->aborted = -1;
    sctp->beating = -1;
    sctp->message_len = 0;
    memset(sctp->beats, 0, sizeof sctp->beats);
    usrsctp_register_address(lane);
    sctp->socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    if (sctp->socket == NULL || !set_up(sctp)) {
        host->log(host, ND_INFO, "%s: no association can be begun: %s", sctp->peer.text,
                  strerror(errno));
        sctp_close(sctp);
        return ND_EIO;
    }
    host->after(sctp->op, TICK, tick, sctp);
    return host->watch(sctp->op, sctp->fd, ND_READABLE, readable, sctp);
}

int sctp_put(struct sctp *sctp, const uint8_t *bytes, size_t len)
{
    struct sctp_sndinfo info = {.snd_ppid = htonl(sctp->ppid)};
    return sctp->state == SCTP_UP &&
           usrsctp_sendv(sctp->socket, bytes, len, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO,
                         0) == (ssize_t)len;
}

int sctp_beat(struct sctp *sctp, int64_t slot)
{
    struct sctp_paddrparams params = {.spp_flags = SPP_HB_DEMAND};
    if (sctp->state != SCTP_UP)
        return 0;
    struct sockaddr_conn peer = conn_of(sctp, sctp->peer_port);
    memcpy(&params.spp_address, &peer, sizeof peer);
    sctp->beating = slot;
    usrsctp_setsockopt(sctp->socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &params, sizeof params);
    int gone = sctp->beating < 0;
    sctp->beating = -1;
    return gone;
}

void sctp_leave(struct sctp *sctp)
{
    if (sctp->state != SCTP_UP)
        return;
    sctp->state = SCTP_LEAVING;
    usrsctp_shutdown(sctp->socket, SHUT_WR);
}

void sctp_close(struct sctp *sctp)
{
    if (sctp->state == SCTP_DOWN)
        return;
    sctp->state = SCTP_DOWN;
    if (sctp->socket != NULL)
        usrsctp_close(sctp->socket);
    sctp->socket = NULL;
    usrsctp_deregister_address(sctp->lane);
    *sctp->lane = NULL;
    sctp->stack->host->after(sctp->op, -1, tick, sctp);
    sctp->stack->host->release(sctp->op, sctp->fd);
}
