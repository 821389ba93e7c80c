/* What the files of netdrill-reflect share. */
#ifndef ND_PLUGINS_LAB_REFLECT_H
#define ND_PLUGINS_LAB_REFLECT_H

/* Prepares a socket for STAMP: receive stamps and the hop limit. */
void reflect_stamp_open(int fd);
/* Answers what waits in the socket. */
void reflect_stamp(int fd);

#endif
