#include "report/model/model.h"

#include "plan/site.h"
#include "report/model/asked.h"
#include "report/model/cuts.h"
#include "report/model/strip.h"
#include "report/words/packed.h"
#include "run/fold.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Samples into statistics, columns for the strips, and interruptions with their class: all series
 * in one reading of the store, each in memory that does not grow with its samples. The values that
 * quantiles are exact for are the most of it: beyond VALUES_MAX the last series wait for a further
 * reading. */

#define VALUES_MAX ((size_t)40 * ND_EXACT)
#define COLUMNS    240
#define KEPT_ALL   10000 /* interruptions of all series together */
#define KEPT       1000
#define KEPT_LEAST 3

struct service {
    const struct nd_series_info *info;
    bool skipped; /* of the baseline: outside of the drill, told by its own table */
    size_t place; /* in the model's list */
    int64_t lost;
    int64_t next; /* slot */
    struct nd_tally tally;
    struct nd_values values;
    struct nd_strip strip;
    struct nd_cuts cuts;
    struct nd_asked asked;
};

struct load {
    json_t *model;
    nd_ns t0, run_end;
    struct nd_arena arena;
    struct ND_VEC(struct service) services; /* by number */
    size_t from, till;                      /* services of this reading */
    size_t held;                            /* values */
    int64_t rows;                           /* of the store: those that the first reading found */
    struct nd_forces forces;
    json_t *texts; /* each once, by itself */
    const char *path;
    nd_err err; /* of what was read */
    struct nd_fail *why;
};

static void take_series(void *ctx, const struct nd_series_info *info)
{
    struct load *load = ctx;
    struct nd_series_info *copy = nd_arena_alloc(&load->arena, sizeof *copy);
    char id[24];
    if (info->every <= 0)
        load->err = nd_fail_set(load->why, ND_EIO,
                                "the sample store '%s' is damaged: series %lld has no interval",
                                load->path, (long long)info->id);
    *copy = *info;
    copy->name = nd_arena_strdup(&load->arena, info->name);
    copy->label = nd_arena_strdup(&load->arena, info->label);
    copy->label_zh = nd_arena_strdup(&load->arena, info->label_zh);
    copy->plugin = nd_arena_strdup(&load->arena, info->plugin);
    copy->verb = nd_arena_strdup(&load->arena, info->verb);
    copy->reading = nd_arena_strdup(&load->arena, info->reading);
    copy->unit = nd_arena_strdup(&load->arena, info->unit);
    copy->target = nd_arena_strdup(&load->arena, info->target);
    copy->vantage = nd_arena_strdup(&load->arena, info->vantage);
    copy->options = NULL;
    snprintf(id, sizeof id, "%lld", (long long)info->id);
    const json_t *baseline = json_object_get(load->model, "baseline");
    const struct service service = {
        .info = copy, .skipped = json_object_get(json_object_get(baseline, "series"), id) != NULL};
    nd_vec_push(&load->services, service);
}

/* A text of the store, which takes any octets: what is no UTF-8 becomes U+FFFD. NULL: null. */
static json_t *text_json(const char *text)
{
    struct nd_buf clean = {0};
    size_t left = text != NULL ? strlen(text) : 0;
    while (left > 0) {
        size_t step = 0;
        bool good = nd_utf8_len(text, left) != 0;
        nd_utf8_point(text, left, &step);
        nd_buf_add(&clean, good ? text : "\xef\xbf\xbd", good ? step : 3);
        text += step;
        left -= step;
    }
    json_t *out = text != NULL ? json_string(nd_buf_str(&clean)) : json_null();
    nd_buf_deinit(&clean);
    return out;
}

static void take_gap(void *ctx, nd_ns from, nd_ns till, int64_t rows, const char *text)
{
    struct load *load = ctx;
    json_array_append_new(json_object_get(json_object_get(load->model, "quality"), "gaps"),
                          json_pack("{s:I, s:I, s:I, s:o}", "from_rel_ns",
                                    (json_int_t)(from - load->t0), "till_rel_ns",
                                    (json_int_t)(till - load->t0), "rows", (json_int_t)rows, "why",
                                    text_json(text)));
}

/* The same, shared by all series that say it: of ten thousand, most say the same. */
static json_t *shared_json(const struct load *load, const char *text)
{
    json_t *own = text_json(text);
    if (!json_is_string(own))
        return own;
    json_t *known = json_object_get(load->texts, json_string_value(own));
    if (known == NULL) {
        json_object_set(load->texts, json_string_value(own), own);
        return own;
    }
    json_decref(own);
    return json_incref(known);
}

/* ---- one series ---- */

static void service_free(struct service *service)
{
    nd_values_deinit(&service->values);
    nd_cuts_deinit(&service->cuts);
    nd_asked_deinit(&service->asked);
    nd_strip_end(&service->strip);
    json_decref(service->strip.list);
    *service = (struct service){.info = service->info,
                                .skipped = service->skipped,
                                .place = service->place,
                                .lost = service->lost};
}

/* An even share of what all may have together, within limits. */
static size_t share(size_t all, size_t services, size_t least, size_t most)
{
    size_t even = services != 0 ? all / services : most;
    return even < least ? least : even > most ? most : even;
}

static void strip_begin(const struct load *load, struct service *service)
{
    const struct nd_series_info *info = service->info;
    service->strip =
        (struct nd_strip){.opened = info->opened,
                          .every = info->every,
                          .t0 = load->t0,
                          .span = load->run_end > load->t0 ? load->run_end - load->t0 : 1,
                          .columns = COLUMNS};
    nd_strip_begin(&service->strip);
}

static void service_begin(struct load *load, struct service *service)
{
    const struct nd_series_info *info = service->info;
    size_t count = load->services.count;
    service->cuts = (struct nd_cuts){.forces = &load->forces,
                                     .every = info->every,
                                     .deadline = info->deadline,
                                     .max = share(KEPT_ALL, count, KEPT_LEAST, KEPT)};
    service->tally =
        (struct nd_tally){.every = info->every, .interrupted = nd_cuts_take, .ctx = &service->cuts};
    nd_tally_begin(&service->tally, info->opened, -1);
    if (count <= ND_SERIES_SHOWN)
        strip_begin(load, service);
    nd_asked_begin(&service->asked, load->model, info->id, load->t0);
}

static json_t *number_or_null(bool known, double value)
{
    return known && isfinite(value) ? json_real(value) : json_null();
}

static void tell_values(struct service *service, json_t *out)
{
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {{"min", 0}, {"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}, {"max", 1}};
    bool known = service->values.count != 0;
    double uncertainty = 0;
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
        json_object_set_new(
            out, quantiles[i].name,
            number_or_null(
                known,
                known ? nd_values_quantile(&service->values, quantiles[i].q, &uncertainty) : 0));
    json_object_set_new(out, "jitter", number_or_null(known, nd_values_jitter(&service->values)));
}

static void tell_availability(const struct service *service, json_t *out)
{
    int64_t count = service->tally.count;
    int64_t rest = count - service->cuts.forced;
    double answered = (double)service->tally.answered;
    json_object_set_new(out, "availability", number_or_null(count > 0, answered / (double)count));
    json_object_set_new(out, "availability_without_injected",
                        number_or_null(rest > 0, answered / (double)rest));
}

static json_t *service_json(const struct load *load, struct service *service)
{
    const struct nd_series_info *info = service->info;
    nd_strip_end(&service->strip);
    nd_tally_end(&service->tally, info->opened + service->next * info->every);
    struct nd_answer loss = nd_tally_answer(&service->tally, ND_STAT_LOSS);
    json_t *out = json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, "
        "s:I, s:I}",
        "id", (json_int_t)info->id, "name", text_json(info->name), "label",
        shared_json(load, info->label), "label_zh", shared_json(load, info->label_zh), "plugin",
        shared_json(load, info->plugin), "verb", shared_json(load, info->verb), "reading",
        shared_json(load, info->reading), "unit", shared_json(load, info->unit), "target",
        shared_json(load, info->target), "vantage", shared_json(load, info->vantage),
        "opened_rel_ns", (json_int_t)(info->opened - load->t0), "every_ns", (json_int_t)info->every,
        "deadline_ns", (json_int_t)info->deadline, "count", (json_int_t)loss.count, "answered",
        (json_int_t)loss.answered, "missed", (json_int_t)loss.missed);
    json_object_set_new(out, "loss", number_or_null(loss.known, loss.value));
    tell_values(service, out);
    int64_t planned = loss.count + loss.missed;
    json_object_set_new(out, "completeness",
                        number_or_null(planned > 0, (double)loss.count / (double)planned));
    json_object_set_new(
        out, "till_rel_ns",
        service->next != 0
            ? json_integer(info->opened + (service->next - 1) * info->every - load->t0)
            : json_null());
    nd_cuts_tell(&service->cuts, out);
    tell_availability(service, out);
    nd_model_share_series(out, &service->tally, &service->cuts, service->next);
    json_t *columns = service->strip.list;
    json_object_set_new(out, "columns", columns != NULL ? json_incref(columns) : json_null());
    nd_asked_tell(&service->asked, info);
    return out;
}

/* ---- reading ---- */

static struct service *service_find(const struct load *load, int64_t id)
{
    size_t low = 0;
    size_t high = load->services.count;
    /* Numbers without a hole, as a rule. */
    if (id >= 1 && id <= (int64_t)high && load->services.at[id - 1].info->id == id)
        return &load->services.at[id - 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (load->services.at[middle].info->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < load->services.count && load->services.at[low].info->id == id;
    return found ? &load->services.at[low] : NULL;
}

static size_t held_by(const struct service *service)
{
    return service->values.exact.count + nd_lengths_held(&service->cuts.lengths);
}

/* The last services of this reading wait for the next one until few values are held again. */
static void postpone(struct load *load)
{
    while (load->held > VALUES_MAX) {
        struct service *last = &load->services.at[--load->till];
        load->held -= held_by(last);
        service_free(last);
    }
}

static void take_known(struct load *load, struct service *service, const struct nd_sample *sample)
{
    const struct nd_series_info *info = service->info;
    size_t before = held_by(service);
    if (service->strip.list != NULL) {
        nd_strip_skip(&service->strip, service->next, sample->slot);
        nd_strip_add(&service->strip, sample);
    }
    nd_asked_add(&service->asked, info->opened + sample->slot * info->every, sample->outcome);
    if (sample->outcome < ND_OUTCOME_ANSWERED)
        nd_cuts_lost(&service->cuts, sample->sent);
    nd_tally_add(&service->tally, info->opened + sample->slot * info->every, sample->sent,
                 sample->outcome);
    if (sample->outcome == ND_OUTCOME_ANSWERED && isfinite(sample->value))
        nd_values_add(&service->values, sample->value);
    service->next = sample->slot + 1;
    load->held += held_by(service) - before; /* less, once they have become a sketch */
    if (load->held > VALUES_MAX)
        postpone(load);
}

static bool take_sample(void *ctx, const struct nd_sample *sample)
{
    struct load *load = ctx;
    struct service *service = service_find(load, sample->series);
    if (service == NULL || service < load->services.at + load->from ||
        service >= load->services.at + load->till || service->skipped)
        return true;
    const struct nd_series_info *info = service->info;
    if (sample->slot < service->next || sample->slot > INT64_MAX / 4 / info->every) {
        load->err = nd_fail_set(
            load->why, ND_EIO,
            "the sample store '%s' is damaged: of series %lld, slot %lld stands where slot "
            "%lld or a later one was expected",
            load->path, (long long)info->id, (long long)sample->slot, (long long)service->next);
        return false;
    }
    take_known(load, service, sample);
    return true;
}

static nd_err read_some(struct load *load, json_t *list)
{
    struct nd_samples_scan scan = {.most = load->rows, .values = true};
    bool pack = load->services.count > ND_SERIES_SHOWN;
    load->held = 0;
    load->till = load->services.count;
    for (size_t i = load->from; i < load->till; i++)
        service_begin(load, &load->services.at[i]);
    nd_err err = nd_samples_scan(load->path, &scan, take_sample, load, load->why);
    err = err == ND_OK ? load->err : err;
    load->rows = scan.read;
    for (size_t i = load->from; i < load->till; i++) {
        struct service *service = &load->services.at[i];
        if (err == ND_OK && !service->skipped) {
            json_t *series = service_json(load, service);
            service->place = json_array_size(list);
            service->lost = service->tally.count - service->tally.answered;
            json_array_append_new(list, pack ? nd_packed(series) : series);
        }
        service_free(service);
    }
    load->from = load->till;
    return err;
}

static int lost_most(const void *a, const void *b)
{
    const struct service *x = *(struct service *const *)a;
    const struct service *y = *(struct service *const *)b;
    return x->lost != y->lost ? (x->lost < y->lost) - (x->lost > y->lost)
                              : (x->place > y->place) - (x->place < y->place);
}

static bool take_strip(void *ctx, const struct nd_sample *sample)
{
    struct service *service = service_find(ctx, sample->series);
    if (service == NULL || service->strip.list == NULL)
        return true;
    nd_strip_skip(&service->strip, service->next, sample->slot);
    nd_strip_add(&service->strip, sample);
    service->next = sample->slot + 1;
    return true;
}

/* Strips of so many series would be of use to nobody: of those that lost most, in a reading of
 * their own, now that they are known. They alone stay as they are; the others are packed. */
static nd_err read_strips(struct load *load, json_t *list)
{
    struct ND_VEC(struct service *) chosen = {0};
    for (size_t i = 0; i < load->services.count; i++) {
        if (!load->services.at[i].skipped)
            nd_vec_push(&chosen, &load->services.at[i]);
    }
    json_object_set_new(load->model, "strips_left",
                        json_integer(chosen.count > ND_SERIES_SHOWN
                                         ? (json_int_t)(chosen.count - ND_SERIES_SHOWN)
                                         : 0));
    if (chosen.count != 0)
        qsort(chosen.at, chosen.count, sizeof chosen.at[0], lost_most);
    chosen.count = chosen.count < ND_SERIES_SHOWN ? chosen.count : ND_SERIES_SHOWN;
    for (size_t i = 0; i < chosen.count; i++)
        strip_begin(load, chosen.at[i]);
    struct nd_samples_scan scan = {.most = load->rows, .values = true};
    nd_err err = nd_samples_scan(load->path, &scan, take_strip, load, load->why);
    for (size_t i = 0; i < chosen.count; i++) {
        json_t *series = nd_unpacked(json_array_get(list, chosen.at[i]->place));
        nd_strip_end(&chosen.at[i]->strip);
        json_object_set(series, "columns", chosen.at[i]->strip.list);
        json_array_set_new(list, chosen.at[i]->place, series);
        service_free(chosen.at[i]);
    }
    nd_vec_free(&chosen);
    return err;
}

/* What the site file knows of the targets, so that nothing has to be read beside the model. */
static void add_addresses(json_t *list, const struct nd_rundir *dir)
{
    struct nd_diags diags = {0};
    char *path = nd_rundir_file(dir, "site.yaml");
    struct nd_site *site = access(path, R_OK) == 0 ? nd_site_load(path, &diags) : NULL;
    for (size_t i = 0; site != NULL && i < json_array_size(list); i++) {
        json_t *series = nd_unpacked(json_array_get(list, i));
        const char *name = nd_str_of(series, "target");
        const struct nd_site_target *target = nd_site_target_find(site, name);
        if (target != NULL && target->target.address != NULL)
            json_object_set_new(series, "address", json_string(target->target.address));
        nd_repack(list, i, series);
    }
    free(path);
    nd_diags_deinit(&diags);
    nd_site_free(site);
}

nd_err nd_model_series(json_t *model, const struct nd_rundir *dir, nd_ns t0, nd_ns run_end,
                       struct nd_fail *why)
{
    char *path = nd_rundir_file(dir, "samples.sqlite");
    struct load load = {.model = model,
                        .path = path,
                        .t0 = t0,
                        .run_end = run_end,
                        .rows = INT64_MAX,
                        .texts = json_object(),
                        .why = why};
    json_t *list = json_object_get(model, "series");
    nd_err err = ND_OK;
    nd_forces_read(&load.forces, model, t0, run_end);
    if (access(path, R_OK) == 0) {
        err = nd_samples_read_series(path, take_series, &load, why);
        err = err == ND_OK ? load.err : err;
        if (err == ND_OK)
            err = nd_samples_read_gaps(path, take_gap, &load, why);
    }
    json_object_set_new(model, "strip_columns", json_integer(COLUMNS));
    while (err == ND_OK && load.from < load.services.count)
        err = read_some(&load, list);
    if (err == ND_OK && load.services.count > ND_SERIES_SHOWN)
        err = read_strips(&load, list);
    int64_t rows = load.from != 0 ? load.rows : 0;
    json_object_set_new(json_object_get(model, "quality"), "samples",
                        json_pack("{s:I, s:I}", "rows", (json_int_t)rows, "till_rel_ns",
                                  (json_int_t)(run_end - t0)));
    add_addresses(list, dir);
    nd_forces_deinit(&load.forces);
    nd_vec_free(&load.services);
    nd_arena_deinit(&load.arena);
    json_decref(load.texts);
    free(path);
    return err;
}
