/* Quantities as the site file and scenarios write them within a text. */
#ifndef ND_PLUGINS_COMMON_QUANTITY_H
#define ND_PLUGINS_COMMON_QUANTITY_H
#include <stdint.h>

struct quantity_unit {
    const char *name;
    double factor;
};

/* A number and one of the units right behind it (a NULL name ends them), 0 to max. Returns 0 or -1.
 */
int quantity_read(const char *text, const struct quantity_unit *units, double max, double *number);
/* "20ms", "1.5s", "2min": ns, a day at most. Returns 0 or -1. */
int quantity_length(const char *text, int64_t *ns);
/* "0.5%": 0 to 1. Returns 0 or -1. */
int quantity_share(const char *text, double *share);
/* "512kbit/s", "2.5mbit/s": bit/s, 100 Gbit/s at most. Returns 0 or -1. */
int quantity_rate(const char *text, int64_t *bit_s);

#endif
