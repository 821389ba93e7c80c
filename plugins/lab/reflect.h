/* What the files of netdrill-reflect share. */
#ifndef ND_PLUGINS_LAB_REFLECT_H
#define ND_PLUGINS_LAB_REFLECT_H
#include "../common/stamp.h"

#include <stddef.h>
#include <stdint.h>

/* Prepares a socket for STAMP: receive stamps, hop limit and traffic class. words: what it serves,
 * as the user wrote it; borrowed for good. key: of authenticated mode, borrowed for good; or NULL.
 * Returns -1 when there are too many. */
int reflect_stamp_open(int fd, const char *words, const struct stamp_key *key);
/* Answers what waits in the socket. */
void reflect_stamp(int fd);
/* Says what each STAMP socket did. */
void reflect_stamp_report(void);

/* Takes "NAME=ADDRESS"; -1 with errno set. */
int reflect_dns_name(const char *text);
/* Makes a query its answer, in place, in `room` octets; the length of it, 0: none. */
size_t reflect_dns(uint8_t *query, size_t len, size_t room);

/* What a sink took; the first piece starts the time and is not in the octets. */
struct sink {
    int64_t octets, packets, first, last;
};
/* Takes what is there; 0: the sender is done, and was told what came. */
int reflect_sink_stream(int fd, struct sink *sink);
void reflect_sink_datagram(int fd);

#endif
