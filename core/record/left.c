#include "record/left.h"

#include "record/journal.h"
#include "record/undo.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool look_for_end(void *ctx, const json_t *event)
{
    bool *closed = ctx;
    const char *type = json_string_value(json_object_get(event, "type"));
    *closed = *closed || strcmp(type, "netdrill.run.closed") == 0;
    return true;
}

static size_t open_records(const struct nd_rundir *dir)
{
    struct nd_undo_list list = {0};
    size_t count = 0;
    char *path = nd_rundir_file(dir, "undo.jsonl");
    if (nd_undo_read(path, &list, NULL) == ND_OK) {
        for (size_t i = 0; i < list.count; i++)
            count += list.at[i].state != ND_UNDO_VERIFIED;
        nd_undo_list_deinit(&list);
    }
    free(path);
    return count;
}

struct nd_left nd_rundir_left(const struct nd_rundir *dir)
{
    struct nd_left left = {.open = open_records(dir)};
    struct nd_journal_check check = {0};
    char *journal = nd_rundir_file(dir, "journal.jsonl");
    left.check = nd_journal_read(journal, look_for_end, &left.closed, &check, NULL);
    if (left.check == ND_OK && check.bad_seq != 0)
        left.check = ND_EPARSE;
    free(journal);
    return left;
}

void nd_rundir_left_words(const struct nd_left *left, const char *run_id, char words[ND_LEFT_WORDS])
{
    if (left->open != 0)
        snprintf(words, ND_LEFT_WORDS,
                 "it %s, and %zu changes are not known to be as before: netdrill restore %s",
                 left->closed ? "has ended" : "died", left->open, run_id);
    else if (left->closed)
        snprintf(words, ND_LEFT_WORDS, "it has ended; see: netdrill report %s", run_id);
    else
        snprintf(words, ND_LEFT_WORDS,
                 "it died, and the network is as before; go on with it: netdrill run --resume %s",
                 run_id);
}
