/* The injects of a scenario changed in its text. Comments, order, and whatever else people wrote
 * stay as they are, octet for octet.
 *
 * Only what certainly says what it seems to say is touched: an inject { ... } with its id written
 * out, a value that is written out. What code makes (a loop, a variable, a function) is refused,
 * with its line. All changes are of the text as it was given; an inject may be changed in several
 * keys, but not changed and moved at once. */
#ifndef ND_LUA_EDIT_H
#define ND_LUA_EDIT_H
#include "base/err.h"
#include "base/text.h"

struct nd_edit;

/* text: borrowed until nd_edit_free. path: for messages. */
struct nd_edit *nd_edit_new(const char *path, const char *text, size_t len_bytes);
void nd_edit_free(struct nd_edit *edit); /* NULL is fine */

/* The keys of an inject (NULL-ended; "1": its title) become `entries`, such as `to = { "a" },
 * answered_by = "any"`; "": they go. tag: of the place, for nd_edit_tag.
 * Errors: ND_ESTATE, it cannot be done by text, and why says where. */
nd_err nd_edit_set(struct nd_edit *edit, const char *id, const char *const *keys,
                   const char *entries, size_t tag, struct nd_fail *why);
/* A new inject { ... }: behind the inject `before`, or, where that is NULL or cannot be found, at
 * the end of the phase. */
nd_err nd_edit_add(struct nd_edit *edit, const char *phase, const char *before, const char *inject,
                   size_t tag, struct nd_fail *why);
/* An inject as it is goes to the end of another phase. */
nd_err nd_edit_move(struct nd_edit *edit, const char *id, const char *phase, size_t tag,
                    struct nd_fail *why);
/* An inject goes. Refused where it has other keys than those known (NULL-ended), but for force. */
nd_err nd_edit_remove(struct nd_edit *edit, const char *id, const char *const *known, bool force,
                      struct nd_fail *why);
/* A plugin is named at the top, when the scenario does not use it yet. */
void nd_edit_use(struct nd_edit *edit, const char *plugin);

/* The text with all changes; appends to out. */
void nd_edit_finish(struct nd_edit *edit, struct nd_buf *out);
/* After it: the tag of the change that a line of the new text came from, SIZE_MAX: of none. */
size_t nd_edit_tag(const struct nd_edit *edit, int line);

#endif
