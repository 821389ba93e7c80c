/* A terminal as a full screen, by ncursesw. What ncurses writes goes to an outlet, so that a slow
 * or stopped terminal holds nobody up: while it has not taken the last picture, none is drawn.
 * Put back on closing, on stopping (nd_screen_leave), and when the process crashes. */
#ifndef ND_CLI_SCREEN_H
#define ND_CLI_SCREEN_H
#include <stdbool.h>
#include <stddef.h>

struct nd_screen;

enum nd_look {
    ND_LOOK_PLAIN,
    ND_LOOK_STRONG,
    ND_LOOK_FAINT,
    ND_LOOK_GOOD,
    ND_LOOK_WARN,
    ND_LOOK_BAD,
    ND_LOOK_ASK,
    ND_LOOK_BAR,   /* the bar at the top */
    ND_LOOK_ALARM, /* the bar, when something is wrong */
    ND_LOOKS
};

/* Keys other than characters. */
enum {
    ND_KEY_NONE = -1,
    ND_KEY_UP = -2,
    ND_KEY_DOWN = -3,
    ND_KEY_PAGE_UP = -4,
    ND_KEY_PAGE_DOWN = -5,
    ND_KEY_ERASE = -6,
    ND_KEY_OTHER = -7
};

/* Whether out_fd can be one: a terminal that knows how, and we are in its foreground. */
bool nd_screen_can(int out_fd);
/* in_fd: keys; -1: none. NULL when the terminal cannot. colour: false: no SGR sequence at all. */
struct nd_screen *nd_screen_open(int in_fd, int out_fd, bool colour);
void nd_screen_close(struct nd_screen *screen); /* NULL is fine */
/* For being stopped, and going on after. */
void nd_screen_leave(struct nd_screen *screen);
void nd_screen_enter(struct nd_screen *screen);

void nd_screen_size(struct nd_screen *screen, size_t *columns, size_t *rows);
/* The terminal's size has changed. */
void nd_screen_resize(struct nd_screen *screen);

/* A picture: begin (false: the last one is not yet written, draw none), rows, end. */
bool nd_screen_begin(struct nd_screen *screen);
/* A row from its first column on; what does not fit is cut, never in the middle of a character. */
void nd_screen_put(struct nd_screen *screen, size_t row, size_t column, enum nd_look look,
                   const char *text);
/* The cursor's place; shown: false hides it. */
void nd_screen_end(struct nd_screen *screen, size_t row, size_t column, bool shown);

/* The next key, a character (Unicode) or one of the above; ND_KEY_NONE when there is none. */
int nd_screen_key(struct nd_screen *screen);

#endif
