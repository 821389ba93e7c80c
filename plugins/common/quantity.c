#include "quantity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int quantity_read(const char *text, const struct quantity_unit *units, double max, double *number)
{
    char *end = NULL;
    *number = strtod(text, &end);
    if (end == text || !isfinite(*number) || *number < 0)
        return -1;
    for (; units->name != NULL; units++) {
        if (strcmp(units->name, end) == 0) {
            *number *= units->factor;
            return *number <= max ? 0 : -1;
        }
    }
    return -1;
}

int quantity_length(const char *text, int64_t *ns)
{
    static const struct quantity_unit units[] = {
        {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 6e10}, {NULL, 0}};
    double number = 0;
    if (quantity_read(text, units, 864e11, &number) != 0)
        return -1;
    *ns = (int64_t)number;
    return 0;
}

int quantity_share(const char *text, double *share)
{
    static const struct quantity_unit units[] = {{"%", 0.01}, {NULL, 0}};
    return quantity_read(text, units, 1, share);
}

int quantity_rate(const char *text, int64_t *bit_s)
{
    static const struct quantity_unit units[] = {{"bit/s", 1},    {"kbit/s", 1e3}, {"mbit/s", 1e6},
                                                 {"Mbit/s", 1e6}, {"gbit/s", 1e9}, {"Gbit/s", 1e9},
                                                 {NULL, 0}};
    double number = 0;
    if (quantity_read(text, units, 1e11, &number) != 0)
        return -1;
    *bit_s = (int64_t)number;
    return 0;
}
