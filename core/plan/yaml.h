/* YAML as a tree that remembers where each node stands: of the files that people write by hand. */
#ifndef ND_PLAN_YAML_H
#define ND_PLAN_YAML_H
#include "plan/diag.h"

#include <jansson.h>

enum nd_yaml_kind { ND_YAML_SCALAR, ND_YAML_LIST, ND_YAML_MAP };

struct nd_yaml {
    enum nd_yaml_kind kind;
    int line, column;       /* from 1 */
    const char *text;       /* of a scalar */
    bool plain;             /* a scalar without quotation marks */
    struct nd_yaml **items; /* list items, or map values */
    struct nd_yaml **keys;  /* of a map: scalars */
    size_t count;
};

#define ND_YAML_MAX_BYTES (1u << 20)
#define ND_YAML_MAX_DEPTH 20

/* Reads one document of bytes; everything lives in arena. NULL when there is any error in diags:
 * aliases, anchors, tags, doubled keys and keys that are no scalars are refused. */
struct nd_yaml *nd_yaml_read(const char *file, const char *bytes, size_t len_bytes,
                             struct nd_arena *arena, struct nd_diags *diags);
/* The value of a key; NULL when absent (or map is NULL or no map). */
const struct nd_yaml *nd_yaml_get(const struct nd_yaml *map, const char *key);
/* Plain true/false, whole numbers and decimals become JSON's, everything else a string. */
json_t *nd_yaml_json(const struct nd_yaml *node);

#endif
