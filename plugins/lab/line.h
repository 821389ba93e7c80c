/* A line: what the lab's emulator does to frames between two interfaces, each way. Simulated, and
 * called so. */
#ifndef ND_PLUGINS_LAB_LINE_H
#define ND_PLUGINS_LAB_LINE_H
#include <stddef.h>
#include <stdint.h>

#define LINE_EVENTS_MAX 8
#define LINE_WHY_BYTES  160

/* Something that happens again and again, or once: longer delay, or nothing gets through. */
struct line_event {
    int64_t every, at, lasts, add; /* ns; every 0: once, `at` after the line's start */
    int gap;
};

struct line {
    int64_t delay, jitter; /* ns, one way; uniform in delay - jitter .. delay + jitter */
    double loss, burst;    /* share 0 to 1; mean length of a run of losses, 1: random */
    double reorder;        /* share of frames that overtake: they are not delayed */
    double duplicate;      /* share of frames that come twice */
    int64_t rate[2];       /* bit/s from the first end and from the second; 0: no limit */
    int64_t limit;         /* ns a frame may wait for the rate; what would wait longer is dropped */
    uint64_t seed;
    struct line_event events[LINE_EVENTS_MAX];
    size_t events_count;
};

void line_init(struct line *line);
/* One setting as the site file writes it: "delay" "300ms", "loss" "1%", "burst" "3", "rate"
 * "10mbit/s", "rate_back" "2mbit/s", "event" "every 15s lasts 1s add 60ms" or "at 30s lasts 3s
 * gap", "profile" "geo" (which sets all of them; write it first). 0, or -1 and why. */
int line_set(struct line *line, const char *key, const char *value, char why[LINE_WHY_BYTES]);

#endif
