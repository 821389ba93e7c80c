/* A run as a picture for people, from its status (docs/records.md, "Status") and nothing else. The
 * live display, `netdrill watch` and `netdrill status` all draw this one.
 *
 *     演練 EXERCISE  Disaster roaming        RUNNING  T+00:00:12   10:01:12   ends by T+00:01:15
 *     ✓ Jia's cells fail   ▶ Decision 1/3   · Roaming is opened   · Repair        ✓ 6 ✗ 0 ? 0
 *     ASKED    #1 Jia asks for disaster roaming  [jia-noc]                             7s left
 *     NOW      Designate the area                                                          4s
 *     ... */
#ifndef ND_CLI_VIEW_H
#define ND_CLI_VIEW_H
#include "base/mem.h"
#include "base/text.h"
#include "cli/screen.h"

#include <jansson.h>

/* What the person in front of it has chosen to see. */
struct nd_view {
    bool zh;
    size_t columns, rows; /* of the screen; rows 0: as many as there are */
    size_t scroll;        /* events: so many back from the latest; cut to what there is */
    int open;             /* a section shown as far as it goes, one of enum nd_section; -1: none */
};

enum nd_section {
    ND_SECTION_ASKED,   /* who has to answer, and until when */
    ND_SECTION_OVERDUE, /* what should have been */
    ND_SECTION_CHANGES, /* what is changed, and when it is put back */
    ND_SECTION_CLOCKS,  /* obligations */
    ND_SECTION_NOW,
    ND_SECTION_NEXT,
    ND_SECTION_SERIES,
    ND_SECTIONS
};

struct nd_view_row {
    enum nd_look look, right_look;
    char *label; /* at the left edge, or NULL */
    char *text;
    char *right; /* at the right edge, or NULL */
};

struct nd_picture {
    struct ND_VEC(struct nd_view_row) rows; /* the first is the bar at the top */
};

/* The picture; the caller frees it with nd_picture_deinit. Scroll is cut to what there is. */
void nd_view_draw(const json_t *status, struct nd_view *view, struct nd_picture *picture);
void nd_picture_deinit(struct nd_picture *picture);
/* On a screen, from its first row on; the picture's rows are at most as many as view->rows. */
void nd_picture_paint(const struct nd_picture *picture, struct nd_screen *screen, size_t columns);
/* As lines of text of at most that many columns. colour: SGR sequences. */
void nd_picture_print(const struct nd_picture *picture, size_t columns, bool colour,
                      struct nd_buf *out);

/* ---- for the files of the view ---- */

/* Of a text {zh, en}, the language wanted, else the other; "" without. Borrowed. */
const char *nd_view_text(const json_t *text, bool zh);
const char *nd_view_string(const json_t *object, const char *key); /* "" without; borrowed */
/* The rows of a section, whole; none when there is nothing to tell. */
void nd_view_section(enum nd_section section, const json_t *status, bool zh,
                     struct nd_picture *rows);
const char *nd_view_title(enum nd_section section, bool zh);

#endif
