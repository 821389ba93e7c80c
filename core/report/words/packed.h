/* A tree in a fraction of the memory that jansson needs for it. Of ten thousand series a model has
 * whole those that pages show, and the others packed, each by itself: whoever goes through them
 * all has one of them whole at a time.
 *
 *     json_array_foreach(json_object_get(model, "series"), i, entry)
 *     {
 *         json_t *series = nd_unpacked(entry);
 *         ...
 *         json_decref(series);
 *     }
 *
 * Never for what leaves the process: it is an octet string, and the writer of report.json unpacks
 * it. */
#ifndef ND_REPORT_WORDS_PACKED_H
#define ND_REPORT_WORDS_PACKED_H
#include <jansson.h>

/* tree: an object, dropped. Caller drops what it gets, a string of jansson's that is no UTF-8. */
json_t *nd_packed(json_t *tree);
/* The whole of what was packed; of any other entry itself. Caller drops. */
json_t *nd_unpacked(const json_t *entry);
/* What an entry, packed or not, has by that key; NULL: nothing. Caller drops. */
json_t *nd_part(const json_t *entry, const char *key);
json_int_t nd_part_int(const json_t *entry, const char *key); /* 0: there is none */
/* Puts a tree, which it takes over, in the place of the entry that it was unpacked from, packed if
 * that was. */
void nd_repack(json_t *list, size_t place, json_t *tree);

#endif
