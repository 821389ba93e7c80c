/* The files of the STIX format share this: a bundle under way, and how an object is added to it. */
#ifndef ND_REPORT_FORMATS_STIX_H
#define ND_REPORT_FORMATS_STIX_H
#include "report/words/words.h"

#define ND_STIX_ID 96
/* A run's id: <when it began, 20261125T013000Z>-<drill id>-<4 hex>. */
#define ND_RUN_STAMP 17 /* with the sign behind it */
#define ND_RUN_SALT  4

struct nd_tlp {
    const char *name, *id, *title, *colour;
};

struct nd_stix {
    const struct nd_page *page;
    const struct nd_tlp *tlp;
    json_t *objects, *refs; /* refs: of what the report is about */
    char created[ND_UNIT_TEXT], ended[ND_UNIT_TEXT], modified[ND_UNIT_TEXT];
    char identity[ND_STIX_ID]; /* who made the objects of this run */
    char *version;             /* audience, marking, language: what each object is told in */
    char *key;                 /* the run and that: what makes the objects of this bundle its own */
};

/* "type--UUID" of one of our own objects, the same for the same name. out: ND_STIX_ID. */
const char *nd_stix_id(const char *type, const char *name, char *out);
/* The language of its texts, as RFC 5646 has it. */
const char *nd_stix_lang(const struct nd_stix *bundle);
/* "EXERCISE ...", or with what is not real of it. Caller frees. */
char *nd_stix_named(const struct nd_stix *bundle, const char *words);
/* Takes text. */
void nd_stix_set(json_t *object, const char *key, char *text);
/* A domain object of this run, added to the bundle. name: what tells it from others of its type.
 * Borrowed. */
json_t *nd_stix_add(struct nd_stix *bundle, const char *type, const char *name);
/* A note of this run on the object about (its id). Takes content. Borrowed. */
json_t *nd_stix_note(struct nd_stix *bundle, const char *name, const char *title, char *content,
                     const char *about);
/* The identity of a drill's netdrill, added to the bundle when it is not there. run_id: of any run
 * of the drill. out: ND_STIX_ID, its id. */
void nd_stix_identity(struct nd_stix *bundle, const char *run_id, char *out);
/* An observation's note is called so. Caller frees. */
char *nd_stix_observation(const char *number);

/* The run's improvement items, and those that it carries on. After the observations. */
void nd_stix_items(struct nd_stix *bundle);

#endif
