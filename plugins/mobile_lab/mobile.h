/* A SIMULATED mobile network: networks, cells that broadcast them, handsets that choose, register,
 * are rejected, wait and return. No radio, no core, no real device is in it; what is modelled is
 * how the handset's procedures of disaster roaming follow one another (3GPP TS 23.501 §5.40, TS
 * 24.501, TS 23.122), so that drills have something to watch. Pure: the caller's clock (ns), the
 * caller's seed, no descriptor.
 *
 * Durations that no document fixes (noticing a lost cell, searching, registering) are drawn from
 * ranges chosen here, stated in README.md, and measured nowhere. */
#ifndef ND_PLUGINS_MOBILE_LAB_MOBILE_H
#define ND_PLUGINS_MOBILE_LAB_MOBILE_H
#include <stddef.h>
#include <stdint.h>

#define MOBILE_NETWORKS  16
#define MOBILE_CELLS     64
#define MOBILE_HANDSETS  256
#define MOBILE_PLMNS     8
#define MOBILE_NAME      32
#define MOBILE_WHY_BYTES 160
#define MOBILE_TEXT      512
#define MOBILE_NEVER     INT64_MAX

struct plmn_list {
    char at[MOBILE_PLMNS][8];
    int count;
};

struct range {
    int64_t low, high; /* ns */
};

struct network {
    char name[MOBILE_NAME], plmn[8];
    int core;                  /* 0: dead; its subscribers cannot be authenticated anywhere */
    int emergency;             /* limited service may call emergency centres */
    struct plmn_list guests;   /* whose subscribers may roam nationally */
    struct plmn_list disaster; /* whose subscribers may roam in a disaster */
    int cause;                 /* reject for those who may not: 11, 13, 15 or 22 */
    int capacity;              /* registrations accepted in a second; 0: no limit */
    /* Of its own subscribers: disaster roaming wait range (TS 24.501 §9.11.3.84). Of its guests:
     * disaster return wait range. After cause 22. */
    struct range wait, back, backoff;
    int64_t search;  /* of its subscribers while roaming: how often home is looked for */
    int64_t recheck; /* how long a tracking area stays forbidden after causes 13 and 15 */
    int64_t second;  /* the one being counted in */
    int accepted_in_second;
};

/* What a cell says of its own network in applicableDisasterInfoList (SIB15, TS 38.331 §6.3.1). */
enum applicable { APPLY_NONE, APPLY_RELATED, APPLY_COMMON, APPLY_DEDICATED };

struct cell {
    char name[MOBILE_NAME];
    int network, up;
    int roaming;            /* 0: guests may not be in its tracking area (cause 13) */
    struct plmn_list plmns; /* broadcast beside its own (the Korean way) */
    struct plmn_list sib15; /* commonPLMNsWithDisasterCondition */
    enum applicable applicable;
    struct plmn_list dedicated;
    int ai3;          /* access identity 3: percent let through (uac-BarringFactorForAI3) */
    int64_t ai3_time; /* ns, uac-BarringTime */
};

enum ue_state {
    UE_OFF,         /* switched off by its user */
    UE_SEARCHING,   /* between cells, or without any */
    UE_LIMITED,     /* camped, emergency calls at most */
    UE_WAITING,     /* in the disaster roaming wait range */
    UE_BARRED,      /* its access attempt was barred */
    UE_BACKOFF,     /* after cause 22 */
    UE_REGISTERING, /* asked, not yet answered */
    UE_HOME,
    UE_NATIONAL,  /* as a guest by agreement */
    UE_DISASTER,  /* as a disaster roamer */
    UE_RETURNING, /* still served, in the disaster return wait range */
    UE_STATES
};
extern const char *const ue_state_names[UE_STATES];

/* 5GS registration types (TS 24.501 §9.11.3.7) */
enum { REG_INITIAL = 1, REG_MOBILITY = 2, REG_DISASTER_MOBILITY = 6, REG_DISASTER_INITIAL = 7 };

struct ue {
    char name[MOBILE_NAME];
    int home; /* network */
    int mint; /* knows disaster roaming (Release 17) */
    int data_roaming;
    enum ue_state state;
    int64_t due;  /* its next event */
    int cell;     /* camped or served; -1 */
    char plmn[8]; /* served or asked */
    int type;     /* of the registration asked for */
    int was_registered;
    int cause;       /* of the last reject since it was registered; 0: none */
    char manual[8];  /* selected by hand; "" automatic */
    uint64_t banned; /* networks after cause 11, a bit each */
    uint64_t denied; /* networks that refused it as a disaster roamer (80, 13, 15) */
    /* Tracking areas after causes 13 and 15: of the cell's own PLMN, of one it broadcasts beside.
     */
    int64_t forbidden_till[MOBILE_CELLS][2];
};

struct mobile_counts {
    int64_t attempts, accepted, rejected, barred;
    int64_t second, in_second, peak; /* registrations asked for in the busiest second */
    int64_t causes[128];
};

struct mobile {
    uint64_t random;
    struct network networks[MOBILE_NETWORKS];
    struct cell cells[MOBILE_CELLS];
    struct ue handsets[MOBILE_HANDSETS];
    int network_count, cell_count, handset_count;
    struct mobile_counts counts;
    /* When what a handset's user sees has changed; may be NULL. */
    void (*told)(void *ctx, int handset);
    void *ctx;
};

/* seed: the same seed, settings and moments give the same course. */
void mobile_init(struct mobile *m, uint64_t seed);

/* Things by name, made when `make`. Indices, -1: not there, or no room or a bad name. */
int mobile_network(struct mobile *m, const char *name, int make);
int mobile_cell(struct mobile *m, const char *name, int make);
/* A handset of a network; -1: no room. */
int mobile_handset(struct mobile *m, const char *name, int home, int mint, int data_roaming);

/* settings.c: "key=value key=value". 0, or -1 and why; then nothing was changed. Handsets learn of
 * it by mobile_changed. */
int mobile_set_network(struct mobile *m, int network, const char *settings,
                       char why[MOBILE_WHY_BYTES]);
int mobile_set_cell(struct mobile *m, int cell, const char *settings, char why[MOBILE_WHY_BYTES]);
/* The same settings as text, complete: setting them again makes the state they were taken of. */
void mobile_get_network(const struct mobile *m, int network, char text[MOBILE_TEXT]);
void mobile_get_cell(const struct mobile *m, int cell, char text[MOBILE_TEXT]);
int plmn_listed(const struct plmn_list *list, const char *plmn);
/* "key=value ..." of what a census counts. */
void mobile_census(const struct mobile *m, char text[MOBILE_TEXT]);

/* Cells or networks were set anew: each handset looks round. */
void mobile_changed(struct mobile *m, int64_t now);
/* The moment of the next event, MOBILE_NEVER: none until something is changed. */
int64_t mobile_next(const struct mobile *m);
/* Lets all happen that is due by now, in order. */
void mobile_advance(struct mobile *m, int64_t now);

/* The user's doings: switched off and on, a network by hand ("" automatic). */
void mobile_switch(struct mobile *m, int handset, int on, int64_t now);
void mobile_select(struct mobile *m, int handset, const char *plmn, int64_t now);

/* at_side.c: what the handset shows: stat of +C5GREG, and whether it may call and send. */
int mobile_stat(const struct mobile *m, int handset);
int mobile_served(const struct ue *ue);
int mobile_emergency(const struct mobile *m, int handset);

/* at_side.c: one command of a handset's tty. What it answers at once goes to `out`; returns how
 * long the final answer takes (ns; 0: it is in `out`), which `late` then holds. */
struct at_side {
    struct mobile *mobile;
    int handset, echo, level[2]; /* level: of +C5GREG, +CEREG */
    int call;                    /* +CLCC's stat of the own call, -1: none */
    int message;                 /* the next line is a message's text */
};
int64_t at_side_command(struct at_side *side, const char *command, int64_t now, char *out,
                        char *late, size_t bytes);
/* The unsolicited code for what has changed, "" when it asked for none. */
void at_side_event(const struct at_side *side, char *out, size_t bytes);

#endif
