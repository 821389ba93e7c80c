/* Profiles: what a law or a directive asks for, as data. A profile holds duties (regulatory clocks:
 * what has to be done how soon after which event) and rules (conditions over figures that somebody
 * else counts). YAML, one file a profile; format: docs/profiles.md.
 *
 * A profile says where each of its statements comes from and how that was seen; what the source
 * does not tell is not in it. */
#ifndef ND_PLAN_PROFILE_H
#define ND_PLAN_PROFILE_H
#include "plan/site.h"

enum nd_figure_unit { ND_FIGURE_COUNT, ND_FIGURE_SHARE, ND_FIGURE_LENGTH };

/* Something that a rule is asked with. */
struct nd_figure {
    const char *id;
    struct nd_text2 title;
    enum nd_figure_unit unit; /* a number; 0 to 1; ns */
};

struct nd_condition {
    const struct nd_figure *figure;
    const struct nd_figure *of; /* the share of that is judged; or NULL */
    struct nd_text2 title;
    const char *operator_name; /* "at_least", "at_most", "above", "below" */
    double limit;              /* of the figure's unit; 0 to 1 with `of` */
};

struct nd_rule {
    const char *id;
    struct nd_text2 title, source;
    bool any; /* one condition is enough; else all have to hold */
    const struct nd_condition *conditions;
    size_t conditions_count;
};

/* Something that may occur in a drill and opens or ends duties. */
struct nd_occasion {
    const char *id;
    struct nd_text2 title;
};

struct nd_duty {
    const char *id;
    struct nd_text2 title, source;
    const char *after; /* an occasion, or another duty: from when it was met or due */
    nd_ns within;      /* 0: the source gives no limit ("without delay") */
    bool recurs;       /* within is the longest time from one to the next */
    const char *until; /* the occasion that ends it, or NULL */
    int line;
};

struct nd_profile {
    const char *path, *name;
    char hash[72]; /* of its bytes */
    struct nd_text2 title, law, note;
    struct nd_text2 seen; /* how its statements were seen, for the reader to judge */
    const char *since;    /* "2020-07-03", or NULL */
    struct ND_VEC(struct nd_figure) figures;
    struct ND_VEC(struct nd_rule) rules;
    struct ND_VEC(struct nd_occasion) occasions;
    struct ND_VEC(struct nd_duty) duties;
    struct nd_arena arena;
};

/* Where the profile of that name lies: a path (with '/' or ending in .yaml; relative to `beside`),
 * or a name: in `beside`, in its profiles/, then in the installation. beside: the scenario's path.
 * NULL and why: nowhere. Caller frees. */
char *nd_profile_find(const char *name, const char *beside, struct nd_fail *why);
/* Reads and checks. Returns NULL when there is any error in diags. */
struct nd_profile *nd_profile_load(const char *path, struct nd_diags *diags);
void nd_profile_free(struct nd_profile *profile); /* NULL is fine */

const struct nd_figure *nd_profile_figure(const struct nd_profile *profile, const char *id);
const struct nd_rule *nd_profile_rule(const struct nd_profile *profile, const char *id);
const struct nd_occasion *nd_profile_occasion(const struct nd_profile *profile, const char *id);
const struct nd_duty *nd_profile_duty(const struct nd_profile *profile, const char *id);

/* Judges one condition. value, of: of its figures (of: unused without one). measured: what was
 * compared, NAN when it is a share of nothing; then it does not hold. */
bool nd_condition_holds(const struct nd_condition *condition, double value, double of,
                        double *measured);

#endif
