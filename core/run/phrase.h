/* The words with which anybody ends a drill because something real has happened. */
#ifndef ND_RUN_PHRASE_H
#define ND_RUN_PHRASE_H
#include <stdbool.h>

/* Whether a line holds one of them: 停止演練, 真實狀況, REAL-WORLD EMERGENCY (in any case, the
 * hyphen may be a blank). */
bool nd_is_abort_phrase(const char *line);

#endif
