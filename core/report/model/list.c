#include "report/model/cuts.h"
#include "report/model/model.h"
#include "report/words/packed.h"

#include <stdlib.h>

/* Every interruption, read from the samples once more, so that none has to be held in memory. */

struct listed {
    int64_t id;          /* of the series; first, for find() */
    const json_t *entry; /* of the model, which may be packed */
    nd_ns opened, every, deadline;
    int64_t next; /* slot */
    struct nd_tally tally;
    struct reading *reading;
};

struct reading {
    struct ND_VEC(struct listed) all; /* by id */
    struct nd_forces forces;
    nd_cut_taker *take;
    void *ctx;
};

static void put(void *ctx, const struct nd_interruption *one)
{
    const struct listed *listed = ctx;
    struct reading *reading = listed->reading;
    struct nd_cut cut = nd_cut_of(one, &reading->forces, listed->every, listed->deadline);
    reading->take(reading->ctx, listed->entry, listed->id, &cut, reading->forces.t0);
}

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool take_sample(void *ctx, const struct nd_sample *sample)
{
    struct reading *reading = ctx;
    struct listed *one = bsearch(&sample->series, reading->all.at, reading->all.count,
                                 sizeof *reading->all.at, by_id);
    if (one == NULL) /* of the baseline */
        return true;
    nd_tally_add(&one->tally, one->opened + sample->slot * one->every, sample->sent,
                 sample->outcome);
    one->next = sample->slot + 1;
    return true;
}

static void begin_all(struct reading *reading, const json_t *model)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(model, "series"), i, entry)
    {
        json_t *series = nd_unpacked(entry);
        const struct listed one = {
            .id = nd_int_of(series, "id"),
            .entry = entry,
            .opened = nd_int_of(series, "opened_rel_ns") + reading->forces.t0,
            .every = nd_int_of(series, "every_ns"),
            .deadline = nd_int_of(series, "deadline_ns"),
            .reading = reading,
        };
        nd_vec_push(&reading->all, one);
        json_decref(series);
    }
    for (i = 0; i < reading->all.count; i++) {
        struct listed *one = &reading->all.at[i];
        one->tally = (struct nd_tally){.every = one->every, .interrupted = put, .ctx = one};
        nd_tally_begin(&one->tally, one->opened, -1);
    }
}

bool nd_model_leaves_out(const json_t *model)
{
    size_t i = 0;
    json_t *series = NULL;
    json_array_foreach(json_object_get(model, "series"), i, series)
    {
        if (nd_part_int(series, "interruptions_left") != 0)
            return true;
    }
    return false;
}

nd_err nd_model_each_cut(const json_t *model, const struct nd_rundir *dir, nd_cut_taker *take,
                         void *ctx, struct nd_fail *why)
{
    const json_t *read = json_object_get(json_object_get(model, "quality"), "samples");
    nd_ns t0 = nd_int_of(json_object_get(model, "run"), "t0_ns");
    struct reading reading = {.take = take, .ctx = ctx};
    nd_forces_read(&reading.forces, model, t0, t0 + nd_int_of(read, "till_rel_ns"));
    begin_all(&reading, model);
    char *store = nd_rundir_file(dir, "samples.sqlite");
    struct nd_samples_scan scan = {.most = nd_int_of(read, "rows")};
    nd_err err = nd_samples_scan(store, &scan, take_sample, &reading, why);
    for (size_t i = 0; i < reading.all.count; i++) {
        struct listed *one = &reading.all.at[i];
        nd_tally_end(&one->tally, one->opened + one->next * one->every);
    }
    nd_forces_deinit(&reading.forces);
    nd_vec_free(&reading.all);
    free(store);
    return err;
}

/* ---- as CSV ---- */

struct lines {
    struct nd_file_pieces *file;
    struct nd_buf line;
};

/* A moment from T+0 and a comma; nothing before it when there is none. */
static void put_moment(struct nd_buf *line, nd_ns moment, nd_ns t0)
{
    if (moment >= 0)
        nd_buf_addf(line, "%lld", (long long)(moment - t0));
    nd_buf_adds(line, ",");
}

static void put_line(void *ctx, const json_t *entry, int64_t id, const struct nd_cut *cut, nd_ns t0)
{
    (void)entry;
    struct lines *lines = ctx;
    const struct nd_interruption *one = &cut->is;
    nd_buf_reset(&lines->line);
    nd_buf_addf(&lines->line, "%lld,", (long long)id);
    put_moment(&lines->line, one->from, t0);
    put_moment(&lines->line, one->till, t0);
    put_moment(&lines->line, one->last_good, t0);
    put_moment(&lines->line, one->last_lost, t0);
    nd_buf_addf(&lines->line, "%lld,%lld,%lld,%s\n", (long long)cut->length, (long long)cut->width,
                (long long)one->lost, cut->injected ? "injected" : "unexpected");
    nd_file_add(lines->file, lines->line.text, lines->line.len_bytes);
}

nd_err nd_model_list(const json_t *model, const struct nd_rundir *dir, struct nd_file_pieces *file,
                     struct nd_fail *why)
{
    static const char head[] = "series,from_rel_ns,till_rel_ns,last_good_rel_ns,last_lost_rel_ns,"
                               "length_ns,uncertainty_ns,lost,class\n";
    struct lines lines = {.file = file};
    nd_file_add(file, head, sizeof head - 1);
    nd_err err = nd_model_each_cut(model, dir, put_line, &lines, why);
    nd_buf_deinit(&lines.line);
    return err;
}
