#include "fuzz/fuzz.h"
#include "record/journal.h"
#include "record/undo.h"

/* The journal and the undo file, as a dead run leaves them. */

static bool look(void *ctx, const json_t *event)
{
    (void)ctx;
    return json_is_object(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct nd_undo_list list;
    struct nd_journal_check check;
    const char *path = fuzz_file(bytes, len);
    nd_journal_read(path, look, NULL, &check, NULL);
    if (nd_undo_read(path, &list, NULL) == ND_OK)
        nd_undo_list_deinit(&list);
    return 0;
}
