/* Whether a measured series is a stream of voice, and how it is to be judged. */
#ifndef ND_RUN_VOICE_H
#define ND_RUN_VOICE_H
#include <netdrill/voice.h>

/* From the options of the verb as JSON (nd_series_info.options): `codec`, `buffer`, and `ie`, `bpl`
 * where they are not the codec's. */
struct nd_voice nd_voice_of(const char *options);

#endif
