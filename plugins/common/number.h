/* Numbers that a drill may dial. Where they stand: in the site file, never in a scenario. */
#ifndef ND_PLUGINS_COMMON_NUMBER_H
#define ND_PLUGINS_COMMON_NUMBER_H
#include <netdrill/plugin.h>

/* A number that may be dialled: "+" or none, then 1 to 20 digits. */
int number_diallable(const char *number);
/* Whether calling it may reach an emergency centre: for safety every number of at most three
 * digits. That holds 110, 112, 118, 119, 911, 000, 08 and all that phones take for one (TS 22.101
 * §10.1.1). */
int number_emergency(const char *number);
/* Whether the target says 'emergency_calls_agreed: true': the centre has agreed, in writing. */
int number_agreed(const struct nd_target *target);

#endif
