#include "report/model/fault.h"

#include <string.h>

/* The moments of a fault: onset, detected, acknowledged, mitigated, restored, reverted. Each is
 * what the journal and the samples know, with how far it may be off and where that stands; what
 * they do not know stays empty, and says why. */

#define SIGNALS 8 /* that a fault lists, the earliest */

static json_t *known(const char *moment, const char *how, nd_ns at, nd_ns earlier, nd_ns later)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:s, s:n, s:[], s:n}", "moment", moment, "at_rel_ns",
                     (json_int_t)at, "earlier_ns", (json_int_t)(earlier > 0 ? earlier : 0),
                     "later_ns", (json_int_t)(later > 0 ? later : 0), "how", how, "by", "evidence",
                     "why");
}

static json_t *empty(const char *moment, const char *why)
{
    return json_pack("{s:s, s:n, s:n, s:n, s:[], s:s}", "moment", moment, "at_rel_ns", "how", "by",
                     "evidence", "why", why);
}

static void lead_to(json_t *moment, json_int_t seq)
{
    if (seq > 0)
        json_array_append_new(json_object_get(moment, "evidence"), json_integer(seq));
}

/* at: what was sent then stands in the samples. */
static void lead_to_sample(json_t *moment, const struct nd_fault_hit *hit, nd_ns at)
{
    json_object_set_new(moment, "by", json_string("tool"));
    json_object_set_new(moment, "series", json_integer(hit->series));
    json_object_set_new(moment, "sample_rel_ns", json_integer((json_int_t)at));
}

static nd_ns at_of(const json_t *moment)
{
    const json_t *at = json_object_get(moment, "at_rel_ns");
    return json_is_integer(at) ? (nd_ns)json_integer_value(at) : -1;
}

static bool is_own(const struct nd_fault *fault)
{
    return fault->kind == ND_FAULT_INJECTED;
}

/* ---- onset ---- */

static const struct nd_fault_hit *first_hit(const struct nd_fault *fault)
{
    const struct nd_fault_hit *first = NULL;
    for (size_t i = 0; i < fault->hits.count; i++) {
        if (first == NULL || fault->hits.at[i]->from < first->from)
            first = fault->hits.at[i];
    }
    return first;
}

static json_t *onset_of_change(const struct nd_fault_source *source)
{
    const json_t *change = source->change;
    const json_t *proved = json_object_get(change, "proved");
    json_t *moment = known("onset",
                           json_is_true(proved)    ? "proved"
                           : json_is_false(proved) ? "not_proved"
                                                   : "applied",
                           source->began, 0, source->applied - source->began);
    json_object_set_new(moment, "by", json_string("tool"));
    lead_to(moment, nd_int_of(change, "applied_seq"));
    lead_to(moment, nd_int_of(change, "proved_seq"));
    return moment;
}

/* A fault that people made: between the question and their yes. */
static json_t *onset_by_people(const struct nd_fault_source *source)
{
    const json_t *yes = source->people;
    json_t *moment = known("onset", "confirmed", source->began, 0, source->applied - source->began);
    json_object_set_new(moment, "by", json_string("person"));
    json_object_set(moment, "who", json_object_get(yes, "who"));
    json_object_set(moment, "title", json_object_get(yes, "title"));
    if (json_is_true(json_object_get(yes, "scripted")))
        json_object_set_new(moment, "scripted", json_true());
    lead_to(moment, nd_int_of(yes, "seq"));
    return moment;
}

static json_t *onset(const struct nd_fault *fault)
{
    const struct nd_fault_source *source = fault->source;
    if (is_own(fault) && source->change != NULL)
        return onset_of_change(source);
    if (is_own(fault) && source->inject) {
        json_t *moment = known("onset", "fired", source->began, 0, 0);
        json_object_set_new(moment, "by", json_string("tool"));
        lead_to(moment, nd_int_of(source->told, "seq"));
        return moment;
    }
    if (is_own(fault))
        return source->people != NULL ? onset_by_people(source) : empty("onset", "nothing_made");
    const struct nd_fault_hit *hit = first_hit(fault);
    json_t *moment = known("onset", "probe", hit->from, hit->from - hit->good, 0);
    if (hit->first)
        json_object_set_new(moment, "earlier_ns", json_null());
    lead_to_sample(moment, hit, hit->from);
    return moment;
}

/* ---- what told of it ---- */

/* A lost probe is known to be one when its time to be answered is up; one that was refused, before.
 */
static json_t *told_by_probe(const struct nd_fault *fault)
{
    const struct nd_fault_hit *first = NULL;
    nd_ns at = 0;
    for (size_t i = 0; i < fault->hits.count; i++) {
        const struct nd_fault_hit *hit = fault->hits.at[i];
        nd_ns told = hit->from + hit->deadline;
        if (first == NULL || told < at) {
            first = hit;
            at = told;
        }
    }
    if (first == NULL)
        return NULL;
    json_t *moment = known("detected", "probe", at, at - first->from, 0);
    lead_to_sample(moment, first, first->from);
    return moment;
}

static bool is_person(const char *how)
{
    return strcmp(how, "acknowledged") == 0 || strcmp(how, "answered") == 0 ||
           strcmp(how, "confirmed") == 0 || strcmp(how, "reported") == 0;
}

static bool touches(const struct nd_fault *fault, const json_t *signal)
{
    const json_t *series = json_object_get(signal, "series");
    for (size_t i = 0; i < fault->hits.count; i++) {
        if (json_is_integer(series) && json_integer_value(series) == fault->hits.at[i]->series)
            return true;
    }
    return false;
}

/* Whether it tells of this fault: by the scenario's word; or a guard, an event or a threshold on a
 * service of the fault's, while it was cut off. */
static bool tells(const struct nd_fault *fault, const json_t *signal, nd_ns from)
{
    const char *how = nd_str_of(signal, "how");
    const char *about = json_string_value(json_object_get(signal, "about"));
    nd_ns at = (nd_ns)nd_int_of(signal, "at_rel_ns");
    bool own = is_own(fault) && about != NULL && strcmp(about, fault->source->id) == 0;
    if (at < from)
        return false;
    if (own || about != NULL)
        return own;
    if (fault->hits.count == 0 || at > fault->end)
        return false;
    return strcmp(how, "guard") == 0 || strcmp(how, "event") == 0 ||
           (strcmp(how, "threshold") == 0 && touches(fault, signal));
}

static json_t *moment_of_signal(const char *name, const json_t *signal)
{
    json_t *moment =
        known(name, nd_str_of(signal, "how"), (nd_ns)nd_int_of(signal, "at_rel_ns"), 0, 0);
    const char *how = nd_str_of(signal, "how");
    bool person = is_person(how) || strcmp(how, "event") == 0;
    json_object_set_new(moment, "by", json_string(person ? "person" : "tool"));
    json_object_set(moment, "who", json_object_get(signal, "who"));
    json_object_set(moment, "title", json_object_get(signal, "title"));
    if (json_is_true(json_object_get(signal, "scripted")))
        json_object_set_new(moment, "scripted", json_true());
    lead_to(moment, nd_int_of(signal, "seq"));
    return moment;
}

/* ---- answered again ---- */

/* When each of its services had been answered again, and for good. */
struct back {
    const struct nd_fault_hit *first, *last; /* of the service that took longest to either */
    const struct nd_fault_hit *never;        /* a service that was not answered again, or NULL */
    bool mitigated;
    nd_ns watched; /* the shortest that any of them was seen to be steady */
};

static struct back back_of(const struct nd_fault *fault)
{
    struct back back = {.mitigated = fault->hits.count != 0, .watched = INT64_MAX};
    for (size_t i = 0; i < fault->hits.count; i++) {
        const struct nd_fault_hit *hit = fault->hits.at[i];
        bool first = i == 0 || fault->hits.at[i - 1]->number != hit->number;
        bool last = i + 1 == fault->hits.count || fault->hits.at[i + 1]->number != hit->number;
        back.mitigated = back.mitigated && !(first && hit->till < 0);
        back.never = last && hit->till < 0 && back.never == NULL ? hit : back.never;
        if (first && (back.first == NULL || hit->till > back.first->till))
            back.first = hit;
        if (last && (back.last == NULL || hit->till > back.last->till))
            back.last = hit;
        nd_ns watched = hit->next > hit->till ? hit->next - hit->till : 0;
        if (last && hit->till >= 0 && watched < back.watched)
            back.watched = watched;
    }
    return back;
}

static json_t *never(const char *name, const struct nd_fault_hit *hit)
{
    json_t *moment = empty(name, "not_answered");
    json_object_set_new(moment, "series", json_integer(hit->series));
    return moment;
}

static json_t *answered_at(const char *name, const struct nd_fault_hit *hit)
{
    json_t *moment = known(name, "probe", hit->till, hit->till - hit->last_lost, 0);
    lead_to_sample(moment, hit, hit->till);
    return moment;
}

/* Why there is no change to look at. */
static const char *unmade(const struct nd_fault_source *source)
{
    return source != NULL && source->people == NULL ? "nothing_made" : "no_change";
}

/* Only a change of the drill's own is known to be still in force. */
static json_t *mitigated(const struct nd_fault *fault, const struct back *back)
{
    const struct nd_fault_source *source = fault->source;
    if (fault->hits.count == 0)
        return empty("mitigated", "not_measured");
    if (source == NULL || source->change == NULL)
        return empty("mitigated", unmade(source));
    if (!back->mitigated)
        return never("mitigated", back->never);
    if (source->undone >= 0 && back->first->till >= source->undone)
        return empty("mitigated", "not_in_force");
    return answered_at("mitigated", back->first);
}

static json_t *restored(const struct nd_fault *fault, const struct back *back, nd_ns steady)
{
    if (fault->hits.count == 0)
        return empty("restored", "not_measured");
    if (back->never != NULL)
        return never("restored", back->never);
    json_t *moment = answered_at("restored", back->last);
    json_object_set_new(moment, "watched_ns", json_integer((json_int_t)back->watched));
    json_object_set_new(moment, "steady", json_boolean(back->watched >= steady));
    return moment;
}

static json_t *reverted(const struct nd_fault *fault)
{
    const struct nd_fault_source *source = fault->source;
    size_t i = 0;
    json_t *seq = NULL;
    if (source == NULL || source->changes == 0)
        return empty("reverted", unmade(source));
    if (!source->all_back)
        return empty("reverted", "not_read_back");
    nd_ns undone = source->undone >= 0 ? source->undone : source->reverted;
    json_t *moment = known("reverted", "read_back", source->reverted, source->reverted - undone, 0);
    json_object_set_new(moment, "by", json_string("tool"));
    json_array_foreach(source->revert_seqs, i, seq) lead_to(moment, json_integer_value(seq));
    return moment;
}

/* ---- all of them ---- */

/* How long after the onset, and by how much that may be off. */
static void measure(json_t *entry, json_t *moment, const json_t *start, const char *key)
{
    nd_ns at = at_of(moment);
    nd_ns from = at_of(start);
    json_object_set_new(entry, key, json_null());
    if (at < 0 || from < 0)
        return;
    json_int_t less = nd_int_of(moment, "earlier_ns") + nd_int_of(start, "later_ns");
    json_int_t more = nd_int_of(moment, "later_ns") + nd_int_of(start, "earlier_ns");
    json_object_set_new(entry, key, json_integer((json_int_t)(at - from)));
    json_object_set_new(moment, "after_ns", json_integer((json_int_t)(at - from)));
    json_object_set_new(moment, "uncertainty_ns", json_integer(less > more ? less : more));
}

/* The first that told of it, and the first person who reacted; and the list of all. */
static void add_told(json_t *entry, const struct nd_fault *fault, const json_t *signals, nd_ns from,
                     json_t **detected, json_t **acknowledged)
{
    json_t *list = json_array();
    bool asked = is_own(fault) && fault->source->asked;
    size_t i = 0;
    json_t *signal = NULL;
    *detected = told_by_probe(fault);
    *acknowledged = NULL;
    json_array_foreach(signals, i, signal)
    {
        bool person = is_person(nd_str_of(signal, "how"));
        if (!tells(fault, signal, from))
            continue;
        if (*acknowledged == NULL && person)
            *acknowledged = moment_of_signal("acknowledged", signal);
        json_t *moment = moment_of_signal("detected", signal);
        if (*detected == NULL || at_of(moment) < at_of(*detected)) {
            json_decref(*detected);
            *detected = json_incref(moment);
        }
        if (json_array_size(list) < SIGNALS)
            json_array_append(list, moment);
        json_decref(moment);
    }
    json_object_set_new(entry, "told_by", list);
    if (*detected == NULL)
        *detected = empty("detected", "nothing_told");
    if (*acknowledged == NULL)
        *acknowledged = empty("acknowledged", asked ? "nobody" : "nothing_asked");
}

void nd_fault_moments(json_t *entry, const struct nd_fault *fault, const json_t *signals,
                      nd_ns steady)
{
    static const char *const keys[] = {NULL, "ttd_ns", "tta_ns", "ttm_ns", "ttr_ns", "reverted_ns"};
    struct back back = back_of(fault);
    json_t *moments[6] = {onset(fault)};
    nd_ns from = at_of(moments[0]);
    json_t *list = json_array();
    add_told(entry, fault, signals, from >= 0 ? from : fault->from, &moments[1], &moments[2]);
    moments[3] = mitigated(fault, &back);
    moments[4] = restored(fault, &back, steady);
    moments[5] = reverted(fault);
    json_object_set(entry, "onset_rel_ns", json_object_get(moments[0], "at_rel_ns"));
    for (size_t i = 0; i < 6; i++) {
        if (i != 0)
            measure(entry, moments[i], moments[0], keys[i]);
        json_array_append_new(list, moments[i]);
    }
    json_object_set_new(entry, "moments", list);
}
