#include "fuzz/fuzz.h"
#include "record/undo.h"

#include <stdlib.h>
#include <string.h>

/* The undo file, and going on with it: what is read has what a restorer asks for, and a record
 * added behind whatever stands there is found again. */

static void look_at(const struct nd_undo_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct nd_undo_rec *rec = &list->at[i];
        if (rec->plugin == NULL || rec->verb == NULL || rec->notes == NULL ||
            nd_undo_state_name(rec->state) == NULL)
            abort();
        for (const struct nd_note *note = rec->notes; note->key != NULL; note++) {
            if (note->value == NULL)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct nd_undo_list list;
    const char *path = fuzz_file(bytes, len);
    if (nd_undo_read(path, &list, NULL) != ND_OK)
        return 0;
    look_at(&list);
    nd_undo_list_deinit(&list);
    struct nd_undo *undo = nd_undo_open(path, NULL);
    if (undo == NULL)
        return 0;
    static struct nd_note notes[] = {{"key", "value"}, {NULL, NULL}};
    static char plugin[] = "pretend";
    static char verb[] = "change";
    struct nd_undo_rec rec = {.plugin = plugin, .verb = verb, .notes = notes};
    bool added = nd_undo_append(undo, &rec, NULL) == ND_OK;
    nd_undo_close(undo);
    bool found = false;
    if (nd_undo_read(path, &list, NULL) == ND_OK) {
        look_at(&list);
        for (size_t i = 0; i < list.count; i++)
            found = found || (list.at[i].id == rec.id && strcmp(list.at[i].plugin, plugin) == 0);
        nd_undo_list_deinit(&list);
    }
    if (added && !found)
        abort();
    return 0;
}
