/* Secrets are given by reference alone, "env:NAME" or "file:PATH" (its first line, readable by its
 * owner only), and are looked up where they are used: in the plugin's own process. So none can
 * stand in a scenario, plan, journal, report or message. */
#ifndef ND_HOST_SECRET_H
#define ND_HOST_SECRET_H
#include "plan/schema.h"

/* Puts the secret itself in the place of each reference (options with ND_OPT_SECRET). Errors:
 * ND_EARG: not set, not readable, or readable by others; why names the reference. */
nd_err nd_secrets_resolve(struct nd_call_spec *spec, struct nd_arena *arena, struct nd_fail *why);

#endif
