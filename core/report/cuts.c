#include "report/cuts.h"

#include "record/undo.h"
#include "report/internal.h"

#include <stdlib.h>

/* ---- changes in force ---- */

static int by_start(const void *a, const void *b)
{
    nd_ns x = ((const struct nd_force *)a)->start;
    nd_ns y = ((const struct nd_force *)b)->start;
    return (x > y) - (x < y);
}

void nd_forces_read(struct nd_forces *forces, const json_t *model, nd_ns t0, nd_ns run_end)
{
    size_t i = 0;
    json_t *change = NULL;
    forces->t0 = t0;
    forces->run_end = run_end;
    json_array_foreach(json_object_get(model, "changes"), i, change)
    {
        const json_t *began = json_object_get(change, "began_rel_ns");
        const json_t *back = json_object_get(change, "verified_rel_ns");
        if (!json_is_integer(began) ||
            nd_undo_is_lab(nd_str_of(change, "plugin"), nd_str_of(change, "verb")))
            continue;
        const struct nd_force force = {
            .start = json_integer_value(began) + t0,
            .end = json_is_integer(back) ? json_integer_value(back) + t0 : -1,
            .stays = !json_is_integer(back),
        };
        nd_vec_push(&forces->list, force);
    }
    if (forces->list.count != 0)
        qsort(forces->list.at, forces->list.count, sizeof *forces->list.at, by_start);
    for (i = 1; i < forces->list.count; i++) {
        struct nd_force *force = &forces->list.at[i];
        force->end = force->end > force[-1].end ? force->end : force[-1].end;
        force->stays = force->stays || force[-1].stays;
    }
}

void nd_forces_deinit(struct nd_forces *forces)
{
    nd_vec_free(&forces->list);
}

/* The last that began by then; NULL: none had. */
static const struct nd_force *begun(const struct nd_forces *forces, nd_ns moment)
{
    size_t low = 0;
    size_t high = forces->list.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (forces->list.at[middle].start <= moment)
            low = middle + 1;
        else
            high = middle;
    }
    return low != 0 ? &forces->list.at[low - 1] : NULL;
}

/* Whether a change was in force at some moment of (from, till]; one that was read back as restored
 * counts for `slack` longer. */
static bool in_force(const struct nd_forces *forces, nd_ns from, nd_ns till, nd_ns slack)
{
    const struct nd_force *last = begun(forces, till);
    return last != NULL && ((last->end >= 0 && last->end + slack >= from) ||
                            (last->stays && forces->run_end >= from));
}

void nd_cuts_lost(struct nd_cuts *cuts, nd_ns sent)
{
    const struct nd_force *last = begun(cuts->forces, sent);
    cuts->forced_now +=
        last != NULL && (last->stays || (last->end >= 0 && last->end + cuts->every >= sent));
}

/* ---- one ---- */

struct nd_cut nd_cut_of(const struct nd_interruption *one, const struct nd_forces *forces,
                        nd_ns every)
{
    nd_ns after_last = one->last_lost + every;
    nd_ns end = one->till >= 0                 ? one->till
                : after_last < forces->run_end ? after_last
                                               : forces->run_end;
    nd_ns before = one->last_good >= 0 ? one->last_good : one->from - every;
    return (struct nd_cut){.is = *one,
                           .length = end - one->from,
                           .width = nd_interruption_width(one),
                           .next = -1,
                           .injected = in_force(forces, before, one->from, every)};
}

static json_t *moment_or_null(nd_ns moment, nd_ns t0)
{
    return moment >= 0 ? json_integer(moment - t0) : json_null();
}

json_t *nd_cut_json(const struct nd_cut *cut, nd_ns t0)
{
    const struct nd_interruption *one = &cut->is;
    return json_pack("{s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:s}", "from_rel_ns",
                     (json_int_t)(one->from - t0), "till_rel_ns", moment_or_null(one->till, t0),
                     "last_good_rel_ns", moment_or_null(one->last_good, t0), "last_lost_rel_ns",
                     (json_int_t)(one->last_lost - t0), "length_ns", (json_int_t)cut->length,
                     "uncertainty_ns", (json_int_t)cut->width, "lost", (json_int_t)one->lost,
                     "next_rel_ns", moment_or_null(cut->next, t0), "class",
                     cut->injected ? "injected" : "unexpected");
}

/* ---- all ---- */

void nd_cuts_deinit(struct nd_cuts *cuts)
{
    nd_vec_free(&cuts->kept);
    nd_lengths_deinit(&cuts->lengths);
}

/* Whether a goes before b does: the shorter; of two alike the later. */
static bool goes_first(const struct nd_cut *a, const struct nd_cut *b)
{
    return a->length < b->length || (a->length == b->length && a->is.from > b->is.from);
}

static void swap(struct nd_cut *a, struct nd_cut *b)
{
    struct nd_cut was = *a;
    *a = *b;
    *b = was;
}

/* A heap: the first is the one to go when a longer one comes. */
static void sink_first(struct nd_cuts *cuts)
{
    struct nd_cut *at = cuts->kept.at;
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < cuts->kept.count; child++)
            least = goes_first(&at[child], &at[least]) ? child : least;
        if (least == i)
            return;
        swap(&at[i], &at[least]);
        i = least;
    }
}

static void keep(struct nd_cuts *cuts, const struct nd_cut *cut)
{
    if (cuts->kept.count < cuts->max) {
        nd_vec_push(&cuts->kept, *cut);
        for (size_t i = cuts->kept.count - 1; i > 0; i = (i - 1) / 2) {
            struct nd_cut *above = &cuts->kept.at[(i - 1) / 2];
            if (!goes_first(&cuts->kept.at[i], above))
                break;
            swap(&cuts->kept.at[i], above);
        }
    } else if (cuts->max > 0 && goes_first(&cuts->kept.at[0], cut)) {
        cuts->kept.at[0] = *cut;
        sink_first(cuts);
    }
}

/* An injected one is left out as long as a change was in force; what it lost after that is not. */
static void take_rest(struct nd_cuts *cuts, const struct nd_cut *cut)
{
    const struct nd_interruption *one = &cut->is;
    nd_ns end = one->till >= 0 ? one->till - one->last_lost : 0;
    cuts->forced += cut->injected ? cuts->forced_now : 0;
    cuts->rest_width += !cut->injected ? cut->width : cuts->forced_now < one->lost ? end : 0;
    cuts->forced_now = 0;
}

void nd_cuts_take(void *ctx, const struct nd_interruption *one)
{
    struct nd_cuts *cuts = ctx;
    struct nd_cut cut = nd_cut_of(one, cuts->forces, cuts->every);
    if (cuts->count++ != 0) {
        cuts->last.next = one->from;
        keep(cuts, &cuts->last);
    }
    cuts->last = cut;
    cuts->injected_lost += cut.injected ? one->lost : 0;
    cuts->sum_width += cut.width;
    nd_lengths_add(&cuts->lengths, cut.length, cut.injected);
    take_rest(cuts, &cut);
}

static int by_from(const void *a, const void *b)
{
    nd_ns x = ((const struct nd_cut *)a)->is.from;
    nd_ns y = ((const struct nd_cut *)b)->is.from;
    return (x > y) - (x < y);
}

void nd_cuts_tell(struct nd_cuts *cuts, json_t *series)
{
    json_t *list = json_array();
    if (cuts->count != 0)
        keep(cuts, &cuts->last);
    if (cuts->kept.count != 0)
        qsort(cuts->kept.at, cuts->kept.count, sizeof *cuts->kept.at, by_from);
    for (size_t i = 0; i < cuts->kept.count; i++)
        json_array_append_new(list, nd_cut_json(&cuts->kept.at[i], cuts->forces->t0));
    json_object_set_new(series, "lengths", nd_lengths_json(&cuts->lengths));
    json_object_set_new(series, "interruptions", list);
    json_object_set_new(series, "interruptions_left",
                        json_integer(cuts->count - (json_int_t)cuts->kept.count));
}
