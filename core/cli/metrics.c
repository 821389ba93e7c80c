#include "cli/metrics.h"

#include "base/mem.h"
#include "base/openmetrics.h"
#include "base/units.h"

#include <errno.h>
#include <math.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define FILE_EVERY ND_SEC(5)
#define TURN       ND_SEC(1) /* for connections that time out */

struct nd_metrics {
    struct nd_run *run;
    struct nd_sched *sched;
    struct MHD_Daemon *daemon;
    uv_poll_t *poll;
    nd_timer turn, write;
    char *file;
};

/* ---- the text ---- */

static void put_number(struct nd_buf *out, double value)
{
    if (isnan(value))
        nd_buf_adds(out, " NaN\n");
    else
        nd_buf_addf(out, " %.17g\n", value);
}

/* One family about every series; key: of the status. Lengths of time become seconds. */
static void put_series(const json_t *status, const char *name, const char *type, const char *help,
                       const char *key, struct nd_buf *out)
{
    size_t i = 0;
    json_t *series = NULL;
    nd_openmetrics_head(out, name, type, help);
    json_array_foreach(json_object_get(status, "series"), i, series)
    {
        char id[24];
        const json_t *value = json_object_get(series, key);
        const char *unit = json_string_value(json_object_get(series, "unit"));
        bool length =
            unit != NULL && strcmp(unit, "ns") == 0 &&
            (strcmp(key, "last") == 0 || strcmp(key, "p50") == 0 || strcmp(key, "p99") == 0);
        snprintf(id, sizeof id, "%lld",
                 (long long)json_integer_value(json_object_get(series, "id")));
        nd_buf_addf(out, "%s%s", name, strcmp(type, "counter") == 0 ? "_total" : "");
        nd_openmetrics_label(out, "run", json_string_value(json_object_get(status, "run")), "{");
        nd_openmetrics_label(out, "series", id, ",");
        nd_openmetrics_label(out, "name", json_string_value(json_object_get(series, "name")), ",");
        nd_openmetrics_label(out, "label", json_string_value(json_object_get(series, "label")),
                             ",");
        nd_openmetrics_label(out, "unit", length ? "seconds" : unit, ",");
        nd_buf_adds(out, "}");
        double number = json_is_number(value) ? json_number_value(value) : (double)NAN;
        put_number(out, length ? number / 1e9 : number);
    }
}

static void put_one(const json_t *status, const char *name, const char *help, double value,
                    struct nd_buf *out)
{
    nd_openmetrics_head(out, name, "gauge", help);
    nd_buf_adds(out, name);
    nd_openmetrics_label(out, "run", json_string_value(json_object_get(status, "run")), "{");
    nd_buf_adds(out, "}");
    put_number(out, value);
}

static double in_force(const json_t *status)
{
    size_t i = 0;
    json_t *change = NULL;
    double count = 0;
    json_array_foreach(json_object_get(status, "changes"), i, change)
    {
        const char *state = json_string_value(json_object_get(change, "state"));
        count += state == NULL || strcmp(state, "verified") != 0;
    }
    return count;
}

/* status: as nd_run_status gives it. */
static void put_text(const json_t *status, struct nd_buf *out)
{
    const json_t *verdicts = json_object_get(status, "verdicts");
    const json_t *now = json_object_get(status, "now_rel_ns");
    put_series(status, "netdrill_probes_sent", "counter", "Probes sent.", "count", out);
    put_series(status, "netdrill_probes_answered", "counter", "Probes answered.", "answered", out);
    put_series(status, "netdrill_loss_ratio", "gauge", "Lost of all that were sent, 0 to 1.",
               "loss", out);
    put_series(status, "netdrill_last", "gauge", "The last answer's reading.", "last", out);
    put_series(status, "netdrill_median", "gauge", "Median of the last 10 s.", "p50", out);
    put_series(status, "netdrill_p99", "gauge", "99th percentile of all so far, within 0.5 %.",
               "p99", out);
    put_series(status, "netdrill_slots_missed", "counter", "Probes not sent in time, by us.",
               "missed", out);
    put_one(status, "netdrill_drill_seconds", "Moment of the drill, since STARTEX.",
            json_is_number(now) ? json_number_value(now) / 1e9 : (double)NAN, out);
    put_one(status, "netdrill_changes_in_force", "Changes that are not read back as restored.",
            in_force(status), out);
    put_one(status, "netdrill_expected_met", "What was expected and met so far.",
            json_number_value(json_object_get(verdicts, "met")), out);
    put_one(status, "netdrill_expected_missed", "What was expected and not met so far.",
            json_number_value(json_object_get(verdicts, "missed")), out);
    nd_buf_adds(out, "# EOF\n");
}

/* ---- the file ---- */

/* In place by a rename, so that a collector never reads half of it. Not synced: it is no record. */
static nd_err write_text(const struct nd_metrics *metrics, struct nd_fail *why)
{
    struct nd_buf out = {0};
    json_t *status = nd_run_status(metrics->run);
    put_text(status, &out);
    json_decref(status);
    char *part = nd_printf("%s.part", metrics->file);
    FILE *file = fopen(part, "we");
    bool good = file != NULL && fwrite(nd_buf_str(&out), 1, out.len_bytes, file) == out.len_bytes;
    good = file != NULL && fclose(file) == 0 && good && rename(part, metrics->file) == 0;
    nd_err err = good ? ND_OK : nd_fail_errno(why, errno, "cannot write '%s'", metrics->file);
    free(part);
    nd_buf_deinit(&out);
    return err;
}

static void write_due(void *ctx)
{
    struct nd_metrics *metrics = ctx;
    write_text(metrics, NULL); /* a disk that is full now may not be later */
    metrics->write =
        nd_sched_at(metrics->sched, nd_sched_now(metrics->sched) + FILE_EVERY, write_due, metrics);
}

/* ---- the port ---- */

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *body,
                              size_t *body_len, void **state)
{
    const struct nd_metrics *metrics = ctx;
    (void)version;
    (void)body;
    (void)state;
    *body_len = 0; /* what is sent to us is of no interest */
    bool known = strcmp(method, "GET") == 0 && strcmp(url, "/metrics") == 0;
    struct nd_buf out = {0};
    if (known) {
        json_t *status = nd_run_status(metrics->run);
        put_text(status, &out);
        json_decref(status);
    } else {
        nd_buf_adds(&out, "netdrill answers GET /metrics\n");
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(
        out.len_bytes, nd_strdup(nd_buf_str(&out)), MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            known ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                  : "text/plain");
    enum MHD_Result queued =
        MHD_queue_response(connection, known ? MHD_HTTP_OK : MHD_HTTP_NOT_FOUND, response);
    MHD_destroy_response(response);
    nd_buf_deinit(&out);
    return queued;
}

static void port_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    MHD_run(((struct nd_metrics *)poll->data)->daemon);
}

static void turn_due(void *ctx)
{
    struct nd_metrics *metrics = ctx;
    MHD_run(metrics->daemon);
    metrics->turn =
        nd_sched_at(metrics->sched, nd_sched_now(metrics->sched) + TURN, turn_due, metrics);
}

static nd_err open_port(struct nd_metrics *metrics, uv_loop_t *loop, uint16_t port,
                        struct nd_fail *why)
{
    /* The loopback address alone: a drill's figures are not for everybody. */
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    metrics->daemon =
        MHD_start_daemon(MHD_USE_EPOLL, port, NULL, NULL, answer, metrics, MHD_OPTION_SOCK_ADDR,
                         (const struct sockaddr *)&at, MHD_OPTION_CONNECTION_LIMIT, 16u,
                         MHD_OPTION_CONNECTION_TIMEOUT, 5u, MHD_OPTION_END);
    if (metrics->daemon == NULL)
        return nd_fail_set(why, ND_EIO, "cannot listen on 127.0.0.1:%u; is the port taken?",
                           (unsigned)port);
    int fd = MHD_get_daemon_info(metrics->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    metrics->poll = nd_alloc(sizeof *metrics->poll);
    ND_CHECK(uv_poll_init(loop, metrics->poll, fd) == 0);
    metrics->poll->data = metrics;
    uv_poll_start(metrics->poll, UV_READABLE, port_ready);
    turn_due(metrics);
    return ND_OK;
}

static void poll_closed(uv_handle_t *handle)
{
    free(handle);
}

struct nd_metrics *nd_metrics_open(uv_loop_t *loop, struct nd_sched *sched, struct nd_run *run,
                                   uint16_t port, const char *file, struct nd_fail *why)
{
    struct nd_metrics *metrics = nd_alloc(sizeof *metrics);
    *metrics = (struct nd_metrics){.run = run, .sched = sched, .file = nd_strdup(file)};
    nd_err err = file != NULL ? write_text(metrics, why) : ND_OK;
    if (err == ND_OK && file != NULL)
        write_due(metrics);
    if (err == ND_OK && port != 0)
        err = open_port(metrics, loop, port, why);
    if (err == ND_OK)
        return metrics;
    nd_metrics_close(metrics);
    return NULL;
}

void nd_metrics_close(struct nd_metrics *metrics)
{
    if (metrics == NULL)
        return;
    nd_sched_cancel(metrics->sched, metrics->turn);
    nd_sched_cancel(metrics->sched, metrics->write);
    if (metrics->file != NULL)
        write_text(metrics, NULL);
    if (metrics->poll != NULL) {
        uv_poll_stop(metrics->poll);
        uv_close((uv_handle_t *)metrics->poll, poll_closed);
    }
    if (metrics->daemon != NULL)
        MHD_stop_daemon(metrics->daemon);
    free(metrics->file);
    free(metrics);
}
