/* pretend.deliver, of the plugin `pretend`. */
#ifndef ND_PRETEND_DELIVER_H
#define ND_PRETEND_DELIVER_H
#include <netdrill/plugin.h>

/* The plugin's state, of which this verb needs the host alone. */
const struct nd_host *pretend_host(void *self);
extern const struct nd_verb pretend_deliver;

#endif
