#include "mobile.h"

#include <stdio.h>
#include <string.h>

/* Handsets, and what makes them go from state to state. */

#define MS  1000000LL
#define SEC 1000000000LL

/* Drawn uniformly; chosen, not measured (README.md). */
static const struct range notice = {1 * SEC, 3 * SEC};         /* a cell is gone */
static const struct range search = {500 * MS, 5 * SEC};        /* until one is chosen */
static const struct range registering = {200 * MS, 1000 * MS}; /* until it is answered */

const char *const ue_state_names[UE_STATES] = {"off",      "searching", "limited",     "waiting",
                                               "barred",   "backoff",   "registering", "home",
                                               "national", "disaster",  "returning"};

/* SplitMix64: one word of state, so that a course is its seed's. */
static uint64_t random_next(struct mobile *m)
{
    uint64_t z = m->random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* 0 to 1, 1 not among them. */
static double draw(struct mobile *m)
{
    return (double)(random_next(m) >> 11) / 9007199254740992.0;
}

static int64_t draw_in(struct mobile *m, struct range range)
{
    return range.low + (int64_t)(draw(m) * (double)(range.high - range.low));
}

void mobile_init(struct mobile *m, uint64_t seed)
{
    memset(m, 0, sizeof *m);
    m->random = seed;
    m->counts.second = -1;
}

static int good_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    return len >= 1 && len < MOBILE_NAME && name[len] == '\0' && *name != '.';
}

int mobile_network(struct mobile *m, const char *name, int make)
{
    for (int i = 0; i < m->network_count; i++) {
        if (strcmp(m->networks[i].name, name) == 0)
            return i;
    }
    if (!make || m->network_count == MOBILE_NETWORKS || !good_name(name))
        return -1;
    struct network *n = &m->networks[m->network_count];
    *n = (struct network){.core = 1,
                          .emergency = 1,
                          .cause = 15,
                          .wait = {0, 60 * SEC},
                          .back = {0, 60 * SEC},
                          .backoff = {900 * SEC, 1800 * SEC},
                          .search = 360 * SEC,
                          .recheck = 43200 * SEC,
                          .second = -1};
    snprintf(n->name, sizeof n->name, "%s", name);
    return m->network_count++;
}

int mobile_cell(struct mobile *m, const char *name, int make)
{
    for (int i = 0; i < m->cell_count; i++) {
        if (strcmp(m->cells[i].name, name) == 0)
            return i;
    }
    if (!make || m->cell_count == MOBILE_CELLS || !good_name(name))
        return -1;
    struct cell *c = &m->cells[m->cell_count];
    *c = (struct cell){.up = 1, .roaming = 1, .ai3 = 100, .ai3_time = 4 * SEC, .network = -1};
    snprintf(c->name, sizeof c->name, "%s", name);
    return m->cell_count++;
}

int mobile_handset(struct mobile *m, const char *name, int home, int mint, int data_roaming)
{
    if (m->handset_count == MOBILE_HANDSETS || !good_name(name) || home < 0 ||
        home >= m->network_count)
        return -1;
    struct ue *ue = &m->handsets[m->handset_count];
    *ue = (struct ue){.home = home,
                      .mint = mint,
                      .data_roaming = data_roaming,
                      .state = UE_SEARCHING,
                      .cell = -1,
                      .due = draw_in(m, search)};
    snprintf(ue->name, sizeof ue->name, "%s", name);
    return m->handset_count++;
}

/* ---- what is on air ---- */

static const char *own_plmn(const struct mobile *m, const struct cell *cell)
{
    return m->networks[cell->network].plmn;
}

static int broadcasts(const struct mobile *m, const struct cell *cell, const char *plmn)
{
    return cell->up && (strcmp(own_plmn(m, cell), plmn) == 0 || plmn_listed(&cell->plmns, plmn));
}

/* Whether the cell tells subscribers of `plmn` that it takes them in a disaster (SIB15). */
static int offers(const struct cell *cell, const char *plmn)
{
    if (!cell->up)
        return 0;
    switch (cell->applicable) {
    case APPLY_RELATED:
        return 1;
    case APPLY_COMMON:
        return plmn_listed(&cell->sib15, plmn);
    case APPLY_DEDICATED:
        return plmn_listed(&cell->dedicated, plmn);
    default:
        return 0;
    }
}

static const char *home_plmn(const struct mobile *m, const struct ue *ue)
{
    return m->networks[ue->home].plmn;
}

static int wanted(const struct ue *ue, const char *plmn)
{
    return ue->manual[0] == '\0' || strcmp(ue->manual, plmn) == 0;
}

/* A tracking area's identity has the PLMN in it: another PLMN of the same cell is another area. */
static int area_of(const struct mobile *m, int cell, const char *plmn)
{
    return strcmp(own_plmn(m, &m->cells[cell]), plmn) != 0;
}

/* A cell that gives `plmn` and is not forbidden to the handset; -1: none. */
static int cell_for(const struct mobile *m, const struct ue *ue, const char *plmn, int64_t now)
{
    for (int i = 0; i < m->cell_count; i++) {
        if (broadcasts(m, &m->cells[i], plmn) && ue->forbidden_till[i][area_of(m, i, plmn)] <= now)
            return i;
    }
    return -1;
}

/* Another network's cell to try as a guest. */
static int guest_cell(const struct mobile *m, const struct ue *ue, int64_t now)
{
    for (int i = 0; i < m->cell_count; i++) {
        const struct cell *cell = &m->cells[i];
        if (cell->up && cell->network != ue->home && ue->forbidden_till[i][0] <= now &&
            (ue->banned & 1ULL << cell->network) == 0 && wanted(ue, own_plmn(m, cell)))
            return i;
    }
    return -1;
}

static int disaster_cell(const struct mobile *m, const struct ue *ue)
{
    for (int i = 0; i < m->cell_count && ue->mint && ue->manual[0] == '\0'; i++) {
        const struct cell *cell = &m->cells[i];
        if (cell->network != ue->home && offers(cell, home_plmn(m, ue)) &&
            (ue->denied & 1ULL << cell->network) == 0)
            return i;
    }
    return -1;
}

static int any_cell(const struct mobile *m)
{
    int best = -1;
    for (int i = 0; i < m->cell_count; i++) {
        if (!m->cells[i].up)
            continue;
        if (m->networks[m->cells[i].network].emergency)
            return i;
        best = best < 0 ? i : best;
    }
    return best;
}

/* ---- going from state to state ---- */

static void go(struct mobile *m, struct ue *ue, enum ue_state state, int64_t due)
{
    int handset = (int)(ue - m->handsets);
    int before = mobile_stat(m, handset);
    ue->state = state;
    ue->due = due;
    if (m->told != NULL && mobile_stat(m, handset) != before)
        m->told(m->ctx, handset);
}

static void ask(struct mobile *m, struct ue *ue, int cell, const char *plmn, int type, int64_t now)
{
    ue->cell = cell;
    ue->type = type;
    memmove(ue->plmn, plmn, strlen(plmn) + 1);
    m->counts.attempts++;
    if (m->counts.second != now / SEC) {
        m->counts.second = now / SEC;
        m->counts.in_second = 0;
    }
    if (++m->counts.in_second > m->counts.peak)
        m->counts.peak = m->counts.in_second;
    go(m, ue, UE_REGISTERING, now + draw_in(m, registering));
}

/* The forbidden tracking area whose time is over first, so that it is tried again. */
static int64_t forbidden_over(const struct mobile *m, const struct ue *ue, int64_t now)
{
    int64_t first = MOBILE_NEVER;
    for (int i = 0; i < m->cell_count; i++) {
        for (int k = 0; k < 2; k++) {
            int64_t till = ue->forbidden_till[i][k];
            if (m->cells[i].up && till > now && till < first)
                first = till;
        }
    }
    return first;
}

/* Network selection (TS 23.122): home, then as a guest, then as a disaster roamer, for which there
 * has to be no allowable network (TS 23.501 §5.40.1), then whatever there is for emergencies. */
static void choose(struct mobile *m, struct ue *ue, int64_t now)
{
    const char *home = home_plmn(m, ue);
    int cell = wanted(ue, home) ? cell_for(m, ue, home, now) : -1;
    int plain = ue->was_registered ? REG_MOBILITY : REG_INITIAL;
    if (cell >= 0) {
        ask(m, ue, cell, home, plain, now);
        return;
    }
    cell = guest_cell(m, ue, now);
    if (cell >= 0) {
        ask(m, ue, cell, own_plmn(m, &m->cells[cell]), plain, now);
        return;
    }
    cell = disaster_cell(m, ue);
    if (cell >= 0) {
        ue->cell = cell;
        go(m, ue, UE_WAITING, now + draw_in(m, m->networks[ue->home].wait));
        return;
    }
    ue->cell = any_cell(m);
    go(m, ue, ue->cell >= 0 ? UE_LIMITED : UE_SEARCHING, forbidden_over(m, ue, now));
}

/* Access Identity 3 (TS 38.331 §5.3.14.5): let through by chance, else barred for 0.7 to 1.3 of the
 * barring time. */
static void access_attempt(struct mobile *m, struct ue *ue, int64_t now)
{
    const struct cell *cell = &m->cells[ue->cell];
    if (draw(m) * 100 < cell->ai3) {
        ask(m, ue, ue->cell, own_plmn(m, cell),
            ue->was_registered ? REG_DISASTER_MOBILITY : REG_DISASTER_INITIAL, now);
        return;
    }
    m->counts.barred++;
    go(m, ue, UE_BARRED, now + (int64_t)((0.7 + 0.6 * draw(m)) * (double)cell->ai3_time));
}

/* ---- the network's answer ---- */

static int over_capacity(struct network *n, int64_t now)
{
    if (n->second != now / SEC) {
        n->second = now / SEC;
        n->accepted_in_second = 0;
    }
    return n->capacity > 0 && n->accepted_in_second >= n->capacity;
}

/* The cause, 0: accepted as `state`. Whoever cannot be authenticated gets cause 15. */
static int judge(struct mobile *m, const struct ue *ue, int64_t now, enum ue_state *state)
{
    const struct cell *cell = &m->cells[ue->cell];
    struct network *n = &m->networks[cell->network];
    const char *home = home_plmn(m, ue);
    int guest = strcmp(ue->plmn, home) != 0;
    if (over_capacity(n, now))
        return 22;
    *state = UE_HOME;
    if (ue->type >= REG_DISASTER_MOBILITY) {
        if (!plmn_listed(&n->disaster, home))
            return 80;
        *state = UE_DISASTER;
    } else if (guest) {
        if (!plmn_listed(&n->guests, home))
            return n->cause;
        *state = UE_NATIONAL;
    }
    if (guest && !cell->roaming)
        return 13;
    if (!m->networks[ue->home].core || !n->core)
        return 15;
    n->accepted_in_second++;
    return 0;
}

static void rejected(struct mobile *m, struct ue *ue, int cause, int64_t now)
{
    const struct network *n = &m->networks[m->cells[ue->cell].network];
    m->counts.rejected++;
    m->counts.causes[cause]++;
    ue->cause = cause;
    /* As a guest its tracking area is forbidden, as a disaster roamer the network is left alone
     * until its broadcast changes: being refused as the one does not forbid to ask as the other. */
    if (cause == 11)
        ue->banned |= 1ULL << m->cells[ue->cell].network;
    else if (ue->type >= REG_DISASTER_MOBILITY && cause != 22)
        ue->denied |= 1ULL << m->cells[ue->cell].network;
    else if (cause == 13 || cause == 15)
        ue->forbidden_till[ue->cell][area_of(m, ue->cell, ue->plmn)] = now + n->recheck;
    if (cause == 22)
        go(m, ue, UE_BACKOFF, now + draw_in(m, n->backoff));
    else
        go(m, ue, UE_SEARCHING, now + draw_in(m, search));
}

static void answered(struct mobile *m, struct ue *ue, int64_t now)
{
    enum ue_state state = UE_HOME;
    int cause = judge(m, ue, now, &state);
    if (cause != 0) {
        rejected(m, ue, cause, now);
        return;
    }
    m->counts.accepted++;
    ue->cause = 0;
    ue->was_registered = 1;
    go(m, ue, state, state == UE_HOME ? MOBILE_NEVER : now + m->networks[ue->home].search);
}

/* Roaming, its own network is looked for again and again. A disaster roamer is told instead. */
static void look_for_home(struct mobile *m, struct ue *ue, int64_t now)
{
    int found = wanted(ue, home_plmn(m, ue)) && cell_for(m, ue, home_plmn(m, ue), now) >= 0;
    if (ue->state == UE_NATIONAL && found)
        choose(m, ue, now);
    else
        ue->due = now + m->networks[ue->home].search;
}

static void happen(struct mobile *m, struct ue *ue, int64_t now)
{
    ue->due = MOBILE_NEVER;
    switch (ue->state) {
    case UE_SEARCHING:
    case UE_LIMITED:
    case UE_BACKOFF:
    case UE_RETURNING:
        choose(m, ue, now);
        break;
    case UE_WAITING:
    case UE_BARRED:
        access_attempt(m, ue, now);
        break;
    case UE_REGISTERING:
        answered(m, ue, now);
        break;
    case UE_NATIONAL:
    case UE_DISASTER:
        look_for_home(m, ue, now);
        break;
    default:
        break;
    }
}

int64_t mobile_next(const struct mobile *m)
{
    int64_t first = MOBILE_NEVER;
    for (int i = 0; i < m->handset_count; i++)
        first = m->handsets[i].due < first ? m->handsets[i].due : first;
    return first;
}

void mobile_advance(struct mobile *m, int64_t now)
{
    for (;;) {
        struct ue *next = NULL;
        for (int i = 0; i < m->handset_count; i++) {
            struct ue *ue = &m->handsets[i];
            if (ue->due <= now && (next == NULL || ue->due < next->due))
                next = ue;
        }
        if (next == NULL)
            return;
        happen(m, next, next->due);
    }
}

/* ---- what others change ---- */

/* Whether what serves the handset is still there for it. */
static int still_served(const struct mobile *m, const struct ue *ue)
{
    const struct cell *cell = &m->cells[ue->cell];
    const struct network *n = &m->networks[cell->network];
    if (!broadcasts(m, cell, ue->plmn) || !n->core)
        return 0;
    if (ue->state == UE_HOME)
        return m->networks[ue->home].core;
    return ue->state != UE_NATIONAL || plmn_listed(&n->guests, home_plmn(m, ue));
}

static void look(struct mobile *m, struct ue *ue, int64_t now)
{
    switch (ue->state) {
    case UE_HOME:
    case UE_NATIONAL:
    case UE_DISASTER:
    case UE_RETURNING:
        if (!still_served(m, ue))
            go(m, ue, UE_SEARCHING, now + draw_in(m, notice));
        else if (ue->state == UE_DISASTER && !offers(&m->cells[ue->cell], home_plmn(m, ue)))
            go(m, ue, UE_RETURNING, now + draw_in(m, m->networks[m->cells[ue->cell].network].back));
        break;
    case UE_SEARCHING:
    case UE_LIMITED:
        /* Another broadcast may be one for it; what was denied is asked for anew. */
        ue->denied = 0;
        go(m, ue, UE_SEARCHING, now + draw_in(m, search));
        break;
    case UE_WAITING:
    case UE_BARRED:
        if (!offers(&m->cells[ue->cell], home_plmn(m, ue)) ||
            cell_for(m, ue, home_plmn(m, ue), now) >= 0)
            go(m, ue, UE_SEARCHING, now + draw_in(m, search));
        break;
    case UE_BACKOFF:
        /* It was another network that was congested, and home is back. */
        if (m->cells[ue->cell].network != ue->home && cell_for(m, ue, home_plmn(m, ue), now) >= 0)
            go(m, ue, UE_SEARCHING, now + draw_in(m, search));
        break;
    default:
        break;
    }
}

void mobile_changed(struct mobile *m, int64_t now)
{
    mobile_advance(m, now);
    for (int i = 0; i < m->handset_count; i++)
        look(m, &m->handsets[i], now);
}

void mobile_switch(struct mobile *m, int handset, int on, int64_t now)
{
    struct ue *ue = &m->handsets[handset];
    if (on == (ue->state != UE_OFF))
        return;
    /* Switched off, it forgets what was forbidden to it but for cause 11, which is on the SIM. */
    memset(ue->forbidden_till, 0, sizeof ue->forbidden_till);
    ue->denied = 0;
    ue->cause = 0;
    ue->was_registered = 0;
    ue->cell = -1;
    go(m, ue, on ? UE_SEARCHING : UE_OFF, on ? now + draw_in(m, search) : MOBILE_NEVER);
}

void mobile_select(struct mobile *m, int handset, const char *plmn, int64_t now)
{
    struct ue *ue = &m->handsets[handset];
    snprintf(ue->manual, sizeof ue->manual, "%s", plmn);
    if (ue->state == UE_OFF)
        return;
    memset(ue->forbidden_till, 0, sizeof ue->forbidden_till);
    ue->banned = ue->denied = 0;
    go(m, ue, UE_SEARCHING, now + draw_in(m, search));
}
