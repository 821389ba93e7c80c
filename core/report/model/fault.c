#include "report/model/fault.h"

#include "report/model/force.h"
#include "report/words/packed.h"

#include <stdlib.h>
#include <string.h>

/* Faults: which interruptions belong together, and to which step or inject. An interruption is told
 * to the change of the drill that began last before it; time alone tells so, and the class says how
 * close: as the change took effect (injected), later while it was in force (consequence), or with
 * none in force (unexpected). */

#define STEADY     ND_SEC(10) /* by itself: docs/scenario.md, drill { steady = } */
#define MOST_OTHER 50         /* consequences and unexpected ones, the longest */
#define SERVICES   20

/* A change of a source, or a fault that people made for it. */
struct made {
    int source;
    struct nd_force force;
    nd_ns applied;
    bool people;
};

struct work {
    json_t *model;
    const json_t *plan;
    nd_ns steady;
    struct ND_VEC(struct nd_fault_source) sources;
    struct ND_VEC(struct made) made;
    struct ND_VEC(struct nd_fault_hit) hits;
    struct ND_VEC(struct nd_fault) faults;
    size_t left;
};

static nd_ns moment_of(const json_t *entry, const char *key)
{
    const json_t *moment = json_object_get(entry, key);
    return json_is_integer(moment) ? (nd_ns)json_integer_value(moment) : -1;
}

/* ---- sources ---- */

/* Whether anybody was asked to react to it: by itself, by an inject or by a question about it. */
static bool is_asked(const struct work *work, const json_t *told, const char *id)
{
    static const char *const lists[] = {"injects", "confirmations"};
    static const char *const keys[] = {"id", "step"};
    bool asked = json_array_size(json_object_get(told, "to")) != 0;
    for (size_t k = 0; k < 2; k++) {
        size_t i = 0;
        json_t *one = NULL;
        json_array_foreach(json_object_get(work->model, lists[k]), i, one)
        {
            const json_t *planned = nd_fault_planned(work->plan, nd_str_of(one, keys[k]));
            asked = asked || strcmp(nd_str_of(planned, "about"), id) == 0;
        }
    }
    return asked;
}

static void add_source(struct work *work, const json_t *told, bool inject)
{
    const char *id = nd_str_of(told, "id");
    nd_ns began = moment_of(told, inject ? "fired_rel_ns" : "started_rel_ns");
    for (size_t i = 0; i < work->sources.count; i++) { /* a step may have been run again */
        if (work->sources.at[i].inject == inject && strcmp(work->sources.at[i].id, id) == 0)
            return;
    }
    struct nd_fault_source source = {.id = id,
                                     .told = told,
                                     .planned = nd_fault_planned(work->plan, id),
                                     .inject = inject,
                                     .began = -1,
                                     .applied = -1,
                                     .reverted = -1,
                                     .undone = -1,
                                     .all_back = true,
                                     .change_ids = json_array(),
                                     .revert_seqs = json_array()};
    source.asked = is_asked(work, told, id);
    bool fault = inject && strcmp(nd_str_of(told, "kind"), "fault") == 0;
    source.declared =
        began >= 0 && (fault || json_is_integer(json_object_get(source.planned, "users")));
    if (source.declared && inject)
        source.began = source.applied = began;
    nd_vec_push(&work->sources, source);
}

/* entry: of the changes or confirmations. */
static int source_of(const struct work *work, const json_t *entry)
{
    for (size_t i = 0; i < work->sources.count; i++) {
        if (strcmp(work->sources.at[i].id, nd_str_of(entry, "step")) == 0)
            return (int)i;
    }
    return -1;
}

static void take_change(struct nd_fault_source *source, const json_t *change)
{
    nd_ns began = moment_of(change, "began_rel_ns");
    nd_ns back = moment_of(change, "verified_rel_ns");
    nd_ns undone = moment_of(change, "undone_rel_ns");
    source->changes++;
    if (source->change == NULL || began < source->began) {
        source->change = change;
        source->began = began;
        source->applied = moment_of(change, "applied_rel_ns");
    }
    if (source->applied < source->began)
        source->applied = source->began;
    source->all_back = source->all_back && back >= 0;
    source->reverted = back > source->reverted ? back : source->reverted;
    source->undone = undone > source->undone ? undone : source->undone;
    json_array_append(source->change_ids, json_object_get(change, "id"));
    if (json_object_get(change, "verified_seq") != NULL)
        json_array_append(source->revert_seqs, json_object_get(change, "verified_seq"));
}

/* A fault without a change of ours begins when people say yes, in its step, that it is made. */
static void take_people(struct work *work, int number, const struct made *made)
{
    struct nd_fault_source *source = &work->sources.at[number];
    size_t i = 0;
    json_t *signal = NULL;
    json_array_foreach(json_object_get(work->model, "signals"), i, signal)
    {
        if (source->people == NULL && strcmp(nd_str_of(signal, "how"), "confirmed") == 0 &&
            strcmp(nd_str_of(signal, "step"), source->id) == 0 &&
            moment_of(signal, "at_rel_ns") == made->applied)
            source->people = signal;
    }
    source->began = made->force.start;
    source->applied = made->applied;
}

static void find_made(struct work *work)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(work->model, "changes"), i, entry)
    {
        struct made made = {.source = source_of(work, entry)};
        if (made.source < 0 || !nd_force_of_change(entry, &made.force))
            continue;
        take_change(&work->sources.at[made.source], entry);
        made.applied = moment_of(entry, "applied_rel_ns");
        made.applied = made.applied > made.force.start ? made.applied : made.force.start;
        nd_vec_push(&work->made, made);
    }
    json_array_foreach(json_object_get(work->model, "confirmations"), i, entry)
    {
        struct made made = {.source = source_of(work, entry), .people = true};
        if (made.source < 0 || !nd_force_of_people(entry, &made.force))
            continue;
        made.applied = made.force.end;
        take_people(work, made.source, &made);
        nd_vec_push(&work->made, made);
    }
}

static void find_sources(struct work *work)
{
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(work->model, "steps"), i, entry)
        add_source(work, entry, false);
    json_array_foreach(json_object_get(work->model, "injects"), i, entry)
        add_source(work, entry, true);
    find_made(work);
}

/* ---- interruptions ---- */

/* Told to what began last of all that was in force as it began. */
static void tell_hit(const struct work *work, struct nd_fault_hit *hit)
{
    const struct nd_edge edge =
        nd_edge_of(hit->good, hit->from, hit->till, hit->every, hit->deadline);
    nd_ns latest = INT64_MIN;
    for (size_t i = 0; i < work->made.count; i++) {
        const struct made *made = &work->made.at[i];
        if (made->force.start < latest || !nd_edge_meets(&edge, &made->force))
            continue;
        latest = made->force.start;
        hit->source = made->source;
        hit->at_once = made->people || made->applied >= hit->good;
    }
}

/* Whether the series had been failing already: so many interruptions within the time that makes a
 * service steady, and one of them as long as this. */
#define FAILING  3
#define LOOKBACK 200
static bool was_failing(const struct work *work, size_t first, const struct nd_fault_hit *hit)
{
    size_t count = 0;
    nd_ns longest = 0;
    for (size_t i = work->hits.count; i-- > first && count < LOOKBACK; count++) {
        const struct nd_fault_hit *before = &work->hits.at[i];
        if (hit->from - before->end >= work->steady)
            break;
        longest = before->end - before->from > longest ? before->end - before->from : longest;
    }
    return count >= FAILING && hit->end - hit->from <= longest;
}

/* One that follows before its service had been steady belongs to the one before, unless a change
 * took effect just then, on a service that had not been failing. */
static void follow(const struct work *work, size_t first, struct nd_fault_hit *hit)
{
    if (work->hits.count == first)
        return;
    const struct nd_fault_hit *before = &work->hits.at[work->hits.count - 1];
    if (hit->from - before->end >= work->steady || (hit->at_once && !was_failing(work, first, hit)))
        return;
    hit->source = before->source;
    hit->at_once = before->at_once;
}

static void add_hits(struct work *work, const json_t *series, size_t number)
{
    nd_ns every = nd_int_of(series, "every_ns");
    nd_ns deadline = nd_int_of(series, "deadline_ns");
    size_t first = work->hits.count;
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(series, "interruptions"), i, one)
    {
        struct nd_fault_hit hit = {.number = number,
                                   .series = nd_int_of(series, "id"),
                                   .every = every,
                                   .deadline = deadline,
                                   .from = nd_int_of(one, "from_rel_ns"),
                                   .last_lost = nd_int_of(one, "last_lost_rel_ns"),
                                   .till = moment_of(one, "till_rel_ns"),
                                   .next = moment_of(one, "next_rel_ns"),
                                   .source = -1};
        const json_t *good = json_object_get(one, "last_good_rel_ns");
        hit.good = json_is_integer(good) ? (nd_ns)json_integer_value(good) : hit.from - every;
        hit.first = !json_is_integer(good);
        hit.end = hit.from + nd_int_of(one, "length_ns");
        if (hit.next < 0)
            hit.next = moment_of(series, "till_rel_ns");
        tell_hit(work, &hit);
        follow(work, first, &hit);
        nd_vec_push(&work->hits, hit);
    }
}

static void take_hit(struct nd_fault *fault, struct nd_fault_hit *hit)
{
    if (fault->hits.count == 0 || hit->from < fault->from)
        fault->from = hit->from;
    if (fault->hits.count == 0 || hit->end > fault->end)
        fault->end = hit->end;
    hit->taken = true;
    nd_vec_push(&fault->hits, hit);
}

/* What began as a change of the source took effect, with what followed from it. */
static void add_injected(struct work *work, size_t number)
{
    const struct nd_fault_source *source = &work->sources.at[number];
    struct nd_fault fault = {.kind = ND_FAULT_INJECTED, .source = source};
    for (size_t i = 0; i < work->hits.count; i++) {
        if (work->hits.at[i].source == (int)number && work->hits.at[i].at_once)
            take_hit(&fault, &work->hits.at[i]);
    }
    if (fault.hits.count == 0 && !source->declared) {
        nd_vec_free(&fault.hits);
        return;
    }
    fault.from = source->began >= 0 ? source->began : moment_of(source->told, "started_rel_ns");
    nd_vec_push(&work->faults, fault);
}

static int by_source_and_time(const void *a, const void *b)
{
    const struct nd_fault_hit *x = *(struct nd_fault_hit *const *)a;
    const struct nd_fault_hit *y = *(struct nd_fault_hit *const *)b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The rest: those of whatever series that overlap, or follow before all had been steady. */
static void add_others(struct work *work)
{
    struct ND_VEC(struct nd_fault_hit *) rest = {0};
    for (size_t i = 0; i < work->hits.count; i++) {
        if (!work->hits.at[i].taken)
            nd_vec_push(&rest, &work->hits.at[i]);
    }
    if (rest.count != 0)
        qsort(rest.at, rest.count, sizeof rest.at[0], by_source_and_time);
    for (size_t i = 0; i < rest.count;) {
        int number = rest.at[i]->source;
        struct nd_fault fault = {.kind = number < 0 ? ND_FAULT_UNEXPECTED : ND_FAULT_CONSEQUENCE,
                                 .source = number < 0 ? NULL : &work->sources.at[number]};
        do {
            take_hit(&fault, rest.at[i++]);
        } while (i < rest.count && rest.at[i]->source == number &&
                 rest.at[i]->from - fault.end < work->steady);
        nd_vec_push(&work->faults, fault);
    }
    nd_vec_free(&rest);
}

/* ---- which of them the report has ---- */

static int longest_last(const void *a, const void *b)
{
    const struct nd_fault *x = a;
    const struct nd_fault *y = b;
    bool injected[2] = {x->kind == ND_FAULT_INJECTED, y->kind == ND_FAULT_INJECTED};
    if (injected[0] != injected[1])
        return injected[0] ? -1 : 1;
    if (!injected[0] && x->end - x->from != y->end - y->from)
        return x->end - x->from > y->end - y->from ? -1 : 1;
    return x->from < y->from ? -1 : x->from > y->from;
}

static int first_first(const void *a, const void *b)
{
    const struct nd_fault *x = a;
    const struct nd_fault *y = b;
    return x->from != y->from ? (x->from < y->from ? -1 : 1)
                              : (x->kind > y->kind) - (x->kind < y->kind);
}

static void choose(struct work *work)
{
    size_t injected = 0;
    if (work->faults.count == 0)
        return;
    qsort(work->faults.at, work->faults.count, sizeof work->faults.at[0], longest_last);
    for (size_t i = 0; i < work->faults.count; i++)
        injected += work->faults.at[i].kind == ND_FAULT_INJECTED;
    while (work->faults.count - injected > MOST_OTHER) {
        work->left++;
        work->faults.count--;
        nd_vec_free(&work->faults.at[work->faults.count].hits);
    }
    qsort(work->faults.at, work->faults.count, sizeof work->faults.at[0], first_first);
}

/* ---- as a tree ---- */

/* What of one series belongs to the fault: hits [first, end). */
static json_t *service_json(const json_t *model, const struct nd_fault *fault, size_t first,
                            size_t end)
{
    const struct nd_fault_hit *from = fault->hits.at[first];
    const struct nd_fault_hit *last = fault->hits.at[end - 1];
    nd_ns longest = 0;
    nd_ns sum = 0;
    for (size_t i = first; i < end; i++) {
        nd_ns length = fault->hits.at[i]->end - fault->hits.at[i]->from;
        longest = length > longest ? length : longest;
        sum += length;
    }
    json_t *series = nd_unpacked(json_array_get(json_object_get(model, "series"), from->number));
    json_t *out =
        json_pack("{s:I, s:s, s:O?, s:O?, s:I, s:I, s:o, s:o, s:I, s:I}", "series", from->series,
                  "name", nd_str_of(series, "name"), "label", json_object_get(series, "label"),
                  "label_zh", json_object_get(series, "label_zh"), "interruptions",
                  (json_int_t)(end - first), "from_rel_ns", (json_int_t)from->from, "till_rel_ns",
                  from->till >= 0 ? json_integer(from->till) : json_null(), "restored_rel_ns",
                  last->till >= 0 ? json_integer(last->till) : json_null(), "longest_ns",
                  (json_int_t)longest, "sum_ns", (json_int_t)sum);
    json_decref(series);
    return out;
}

static int by_series(const void *a, const void *b)
{
    const struct nd_fault_hit *x = *(struct nd_fault_hit *const *)a;
    const struct nd_fault_hit *y = *(struct nd_fault_hit *const *)b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->from < y->from ? -1 : x->from > y->from;
}

static void add_services(const json_t *model, json_t *entry, const struct nd_fault *fault)
{
    json_t *list = json_array();
    size_t left = 0;
    for (size_t i = 0; i < fault->hits.count;) {
        size_t end = i;
        while (end < fault->hits.count && fault->hits.at[end]->number == fault->hits.at[i]->number)
            end++;
        if (json_array_size(list) < SERVICES)
            json_array_append_new(list, service_json(model, fault, i, end));
        else
            left++;
        i = end;
    }
    json_object_set_new(entry, "services", list);
    json_object_set_new(entry, "services_left", json_integer((json_int_t)left));
}

static json_t *fault_json(const struct work *work, const struct nd_fault *fault, size_t number)
{
    static const char *const classes[] = {"injected", "consequence", "unexpected"};
    const struct nd_fault_source *source = fault->source;
    bool own = fault->kind == ND_FAULT_INJECTED;
    char id[24];
    snprintf(id, sizeof id, "F%zu", number);
    json_t *entry = json_pack("{s:s, s:s}", "id", id, "class", classes[fault->kind]);
    json_object_set_new(entry, "step",
                        source != NULL && !source->inject ? json_string(source->id) : json_null());
    json_object_set_new(entry, "inject",
                        source != NULL && source->inject ? json_string(source->id) : json_null());
    json_object_set(entry, "title",
                    source != NULL ? json_object_get(source->told, "title") : json_null());
    const json_t *users = source != NULL && own ? json_object_get(source->planned, "users") : NULL;
    json_object_set(entry, "users", users != NULL ? (json_t *)users : json_null());
    json_object_set_new(entry, "changes",
                        source != NULL ? json_incref(source->change_ids) : json_array());
    add_services(work->model, entry, fault);
    nd_fault_moments(entry, fault, json_object_get(work->model, "signals"), work->steady);
    return entry;
}

static void deinit(struct work *work)
{
    for (size_t i = 0; i < work->faults.count; i++)
        nd_vec_free(&work->faults.at[i].hits);
    for (size_t i = 0; i < work->sources.count; i++) {
        json_decref(work->sources.at[i].change_ids);
        json_decref(work->sources.at[i].revert_seqs);
    }
    nd_vec_free(&work->faults);
    nd_vec_free(&work->sources);
    nd_vec_free(&work->made);
    nd_vec_free(&work->hits);
}

void nd_model_faults(json_t *model, const json_t *plan)
{
    struct work work = {.model = model, .plan = plan, .steady = nd_int_of(plan, "steady_ns")};
    json_t *list = json_array();
    size_t i = 0;
    json_t *entry = NULL;
    work.steady = work.steady > 0 ? work.steady : STEADY;
    nd_fault_tie(model, plan);
    find_sources(&work);
    json_array_foreach(json_object_get(model, "series"), i, entry)
    {
        json_t *series = nd_unpacked(entry);
        add_hits(&work, series, i);
        json_decref(series);
    }
    for (size_t s = 0; s < work.sources.count; s++)
        add_injected(&work, s);
    add_others(&work);
    choose(&work);
    for (size_t f = 0; f < work.faults.count; f++) {
        struct nd_fault *fault = &work.faults.at[f];
        if (fault->hits.count != 0)
            qsort(fault->hits.at, fault->hits.count, sizeof fault->hits.at[0], by_series);
        json_array_append_new(list, fault_json(&work, fault, f + 1));
    }
    json_object_set_new(model, "faults", list);
    json_object_set_new(model, "fault_rule",
                        json_pack("{s:I, s:I}", "steady_ns", (json_int_t)work.steady, "left",
                                  (json_int_t)work.left));
    json_object_del(model, "signals");
    deinit(&work);
}
