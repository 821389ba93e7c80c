/* What the files of netdrill-reflect share. */
#ifndef ND_PLUGINS_LAB_REFLECT_H
#define ND_PLUGINS_LAB_REFLECT_H
#include <stdint.h>

/* Prepares a socket for STAMP: receive stamps and the hop limit. */
void reflect_stamp_open(int fd);
/* Answers what waits in the socket. */
void reflect_stamp(int fd);

/* What a sink took; the first piece starts the time and is not in the octets. */
struct sink {
    int64_t octets, packets, first, last;
};
/* Takes what is there; 0: the sender is done, and was told what came. */
int reflect_sink_stream(int fd, struct sink *sink);
void reflect_sink_datagram(int fd);

#endif
