/* What the readers of the site file and of profiles share; internal to core/plan. Every reader
 * notes what is wrong and goes on. */
#ifndef ND_PLAN_SITE_READ_H
#define ND_PLAN_SITE_READ_H
#include "plan/site.h"
#include "plan/yaml.h"

struct nd_site_load {
    struct nd_site *site; /* NULL: a profile is read */
    const char *file;
    struct nd_diags *diags;
};

void nd_site_complain(struct nd_site_load *load, const char *code, const struct nd_yaml *at,
                      const char *help, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Keys beyond `known` are errors; names with a '?' are optional, others required. False: no
 * mapping. */
bool nd_site_check_map(struct nd_site_load *load, const struct nd_yaml *map, const char *what,
                       const char *const *known);
/* NULL when absent, or no text (then it is told). */
const char *nd_site_get_text(struct nd_site_load *load, const struct nd_yaml *map, const char *key);
/* "title: text" or {zh, en}; fallback when absent. */
struct nd_text2 nd_site_get_title(struct nd_site_load *load, const struct nd_yaml *map,
                                  const char *fallback);
/* 1 to max of a-z, 0-9 and '-', not beginning with that. */
bool nd_site_good_name(const char *name, size_t max);
/* site_lab.c. lab: may be NULL. */
void nd_site_read_lab(struct nd_site_load *load, const struct nd_yaml *lab);
/* A text, or {zh: .., en: ..}; fallback when it is absent or wrong (then it is told). */
struct nd_text2 nd_site_get_text2(struct nd_site_load *load, const struct nd_yaml *map,
                                  const char *key, const char *fallback);
/* policy_read.c; after people and targets. map: may be NULL. */
void nd_site_read_policy(struct nd_site_load *load, const struct nd_yaml *map);

#endif
