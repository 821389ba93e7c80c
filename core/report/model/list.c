#include "report/model/cuts.h"
#include "report/model/model.h"
#include "report/words/packed.h"

#include <stdlib.h>

/* Every interruption, read from the samples once more, so that none has to be held in memory. */

struct list {
    struct nd_forces forces;
    struct nd_file_pieces *file;
    struct nd_buf line;
};

struct listed {
    int64_t id; /* of the series; first, for find() */
    nd_ns opened, every, deadline;
    int64_t next; /* slot */
    struct nd_tally tally;
    struct list *list;
};

struct reading {
    struct ND_VEC(struct listed) all; /* by id */
};

/* A moment from T+0 and a comma; nothing before it when there is none. */
static void put_moment(struct list *list, nd_ns moment)
{
    if (moment >= 0)
        nd_buf_addf(&list->line, "%lld", (long long)(moment - list->forces.t0));
    nd_buf_adds(&list->line, ",");
}

static void put(void *ctx, const struct nd_interruption *one)
{
    struct listed *listed = ctx;
    struct list *list = listed->list;
    struct nd_cut cut = nd_cut_of(one, &list->forces, listed->every, listed->deadline);
    nd_buf_reset(&list->line);
    nd_buf_addf(&list->line, "%lld,", (long long)listed->id);
    put_moment(list, one->from);
    put_moment(list, one->till);
    put_moment(list, one->last_good);
    put_moment(list, one->last_lost);
    nd_buf_addf(&list->line, "%lld,%lld,%lld,%s\n", (long long)cut.length, (long long)cut.width,
                (long long)one->lost, cut.injected ? "injected" : "unexpected");
    nd_file_add(list->file, list->line.text, list->line.len_bytes);
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

static void begin_all(struct reading *reading, struct list *list, const json_t *model)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(model, "series"), i, entry)
    {
        json_t *series = nd_unpacked(entry);
        const struct listed one = {
            .id = nd_int_of(series, "id"),
            .opened = nd_int_of(series, "opened_rel_ns") + list->forces.t0,
            .every = nd_int_of(series, "every_ns"),
            .deadline = nd_int_of(series, "deadline_ns"),
            .list = list,
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

nd_err nd_model_list(const json_t *model, const struct nd_rundir *dir, struct nd_file_pieces *file,
                     struct nd_fail *why)
{
    static const char head[] = "series,from_rel_ns,till_rel_ns,last_good_rel_ns,last_lost_rel_ns,"
                               "length_ns,uncertainty_ns,lost,class\n";
    const json_t *read = json_object_get(json_object_get(model, "quality"), "samples");
    nd_ns t0 = nd_int_of(json_object_get(model, "run"), "t0_ns");
    struct list list = {.file = file};
    struct reading reading = {.all = {0}};
    nd_file_add(file, head, sizeof head - 1);
    nd_forces_read(&list.forces, model, t0, t0 + nd_int_of(read, "till_rel_ns"));
    begin_all(&reading, &list, model);
    char *store = nd_rundir_file(dir, "samples.sqlite");
    struct nd_samples_scan scan = {.most = nd_int_of(read, "rows")};
    nd_err err = nd_samples_scan(store, &scan, take_sample, &reading, why);
    for (size_t i = 0; i < reading.all.count; i++) {
        struct listed *one = &reading.all.at[i];
        nd_tally_end(&one->tally, one->opened + one->next * one->every);
    }
    nd_buf_deinit(&list.line);
    nd_forces_deinit(&list.forces);
    nd_vec_free(&reading.all);
    free(store);
    return err;
}
