#include "report/model/cuts.h"

#include "report/model/model.h"

#include <stdlib.h>

/* ---- changes in force ---- */

static int by_start(const void *a, const void *b)
{
    nd_ns x = ((const struct nd_force *)a)->start;
    nd_ns y = ((const struct nd_force *)b)->start;
    return (x > y) - (x < y);
}

static void add(struct nd_forces *forces, const struct nd_force *rel, bool people)
{
    const struct nd_force force = {rel->start + forces->t0,
                                   rel->end < INT64_MAX ? rel->end + forces->t0 : INT64_MAX};
    if (people)
        nd_vec_push(&forces->people, force);
    else
        nd_vec_push(&forces->changes, force);
}

void nd_forces_read(struct nd_forces *forces, const json_t *model, nd_ns t0, nd_ns run_end)
{
    size_t i = 0;
    json_t *entry = NULL;
    struct nd_force rel;
    forces->t0 = t0;
    forces->run_end = run_end;
    json_array_foreach(json_object_get(model, "changes"), i, entry)
    {
        if (nd_force_of_change(entry, &rel))
            add(forces, &rel, false);
    }
    json_array_foreach(json_object_get(model, "confirmations"), i, entry)
    {
        if (nd_force_of_people(entry, &rel))
            add(forces, &rel, true);
    }
    if (forces->changes.count != 0)
        qsort(forces->changes.at, forces->changes.count, sizeof *forces->changes.at, by_start);
    for (i = 1; i < forces->changes.count; i++) {
        struct nd_force *force = &forces->changes.at[i];
        force->end = force->end > force[-1].end ? force->end : force[-1].end;
    }
}

void nd_forces_deinit(struct nd_forces *forces)
{
    nd_vec_free(&forces->changes);
    nd_vec_free(&forces->people);
}

/* Of changes the last that began by then lasted longest, with those before it. */
static bool changed(const struct nd_forces *forces, const struct nd_edge *edge)
{
    size_t low = 0;
    size_t high = forces->changes.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (forces->changes.at[middle].start <= edge->till)
            low = middle + 1;
        else
            high = middle;
    }
    return low != 0 && nd_edge_meets(edge, &forces->changes.at[low - 1]);
}

static bool people_made(const struct nd_forces *forces, const struct nd_edge *edge)
{
    for (size_t i = 0; i < forces->people.count; i++) {
        if (nd_edge_meets(edge, &forces->people.at[i]))
            return true;
    }
    return false;
}

void nd_cuts_lost(struct nd_cuts *cuts, nd_ns sent)
{
    const struct nd_edge edge = nd_edge_of(sent, sent, -1, cuts->every, cuts->deadline);
    cuts->forced_now += changed(cuts->forces, &edge);
}

/* ---- one ---- */

struct nd_cut nd_cut_of(const struct nd_interruption *one, const struct nd_forces *forces,
                        nd_ns every, nd_ns deadline)
{
    nd_ns after_last = one->last_lost + every;
    nd_ns end = one->till >= 0                 ? one->till
                : after_last < forces->run_end ? after_last
                                               : forces->run_end;
    nd_ns before = one->last_good >= 0 ? one->last_good : one->from - every;
    const struct nd_edge edge = nd_edge_of(before, one->from, one->till, every, deadline);
    bool people = people_made(forces, &edge);
    return (struct nd_cut){.is = *one,
                           .length = end - one->from,
                           .width = nd_interruption_width(one),
                           .next = -1,
                           .injected = people || changed(forces, &edge),
                           .people = people};
}

static json_t *moment_or_null(nd_ns moment, nd_ns t0)
{
    return moment >= 0 ? json_integer(moment - t0) : json_null();
}

/* As a row of the model's "interruptions". */
static json_t *cut_json(const struct nd_cut *cut, nd_ns t0)
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

/* An injected one is left out as long as a change was in force; what it lost after that is not. Of
 * what people made nobody knows how long it was in force: all of it is left out. */
static void take_rest(struct nd_cuts *cuts, const struct nd_cut *cut)
{
    const struct nd_interruption *one = &cut->is;
    nd_ns end = one->till >= 0 ? one->till - one->last_lost : 0;
    int64_t forced = cut->people ? one->lost : cut->injected ? cuts->forced_now : 0;
    cuts->forced += forced;
    cuts->rest_width += !cut->injected ? cut->width : forced < one->lost ? end : 0;
    cuts->forced_now = 0;
}

void nd_cuts_take(void *ctx, const struct nd_interruption *one)
{
    struct nd_cuts *cuts = ctx;
    struct nd_cut cut = nd_cut_of(one, cuts->forces, cuts->every, cuts->deadline);
    if (cuts->count++ != 0) {
        cuts->last.next = one->from;
        keep(cuts, &cuts->last);
    }
    cuts->last = cut;
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
        json_array_append_new(list, cut_json(&cuts->kept.at[i], cuts->forces->t0));
    if (cuts->count != 0)
        json_object_set_new(series, "lengths", nd_lengths_json(&cuts->lengths));
    json_object_set_new(series, "interruptions", list);
    json_object_set_new(series, "interruptions_left",
                        json_integer(cuts->count - (json_int_t)cuts->kept.count));
}
