/* A plugin's host process, for `netdrill plugin-host` (internal): one plugin, its ops and its
 * measurements, told what to do over the socket ND_SPAWN_FD and telling over it and the ring
 * ND_SPAWN_FD + 1. Ends when the core's side of the socket closes. Returns the exit code. */
#ifndef ND_HOST_GUEST_H
#define ND_HOST_GUEST_H

int nd_guest_main(void);

#endif
