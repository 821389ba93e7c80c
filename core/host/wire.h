/* What core and plugin hosts say to each other: numbers in the machine's own order (both are the
 * same program on the same machine), texts with their length. A reader that runs past the end, or
 * meets a text without its end, reads zeros and NULLs from there on and is `broken`: the core does
 * not trust a process in which a plugin has run. */
#ifndef ND_HOST_WIRE_H
#define ND_HOST_WIRE_H
#include "plan/schema.h"
#include "record/undo.h"

#define ND_WIRE_MAX (16u << 20) /* octets of a message at the most */

struct nd_wire {
    uint8_t *at; /* owned; free() */
    size_t count, cap;
};

void nd_wire_bytes(struct nd_wire *wire, const void *bytes, size_t len);
void nd_wire_i64(struct nd_wire *wire, int64_t value);
void nd_wire_f64(struct nd_wire *wire, double value);
void nd_wire_text(struct nd_wire *wire, const char *text); /* NULL is kept apart from "" */
void nd_wire_notes(struct nd_wire *wire, const struct nd_note *notes); /* ended by a NULL key */
/* What a call acts with: verb, arguments, target, vantage, deadline, lease. Secrets go as the
 * references they are. */
void nd_wire_spec(struct nd_wire *wire, const struct nd_call_spec *spec);
void nd_wire_rec(struct nd_wire *wire, const struct nd_undo_rec *rec);

struct nd_unwire {
    const uint8_t *at;
    size_t left;
    bool broken;
};

int64_t nd_unwire_i64(struct nd_unwire *in);
double nd_unwire_f64(struct nd_unwire *in);
char *nd_unwire_text(struct nd_unwire *in, struct nd_arena *arena);
struct nd_note *nd_unwire_notes(struct nd_unwire *in, struct nd_arena *arena);
/* Against the plugin's own tables and the site. False: it does not fit them. */
bool nd_unwire_spec(struct nd_unwire *in, const struct nd_plugin *plugin,
                    const struct nd_site *site, struct nd_arena *arena, struct nd_call_spec *spec);
/* Texts live in the arena; nd_undo_rec_deinit is not for it. */
void nd_unwire_rec(struct nd_unwire *in, struct nd_arena *arena, struct nd_undo_rec *rec);

#endif
