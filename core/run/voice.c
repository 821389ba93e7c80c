#include "run/voice.h"

#include "base/units.h"

#include <jansson.h>
#include <string.h>

struct nd_voice nd_voice_of(const char *options)
{
    struct nd_voice voice = {.known = false};
    json_t *all = options != NULL ? json_loads(options, 0, NULL) : NULL;
    const char *codec = json_string_value(json_object_get(all, "codec"));
    const char *buffer = json_string_value(json_object_get(all, "buffer"));
    for (const struct nd_codec *known = nd_codecs; codec != NULL && known->name != NULL; known++) {
        if (strcmp(known->name, codec) == 0)
            voice = (struct nd_voice){true, known->ie, known->bpl, 0, known->lookahead};
    }
    if (buffer != NULL)
        nd_length_parse(buffer, &voice.buffer, NULL);
    if (json_is_number(json_object_get(all, "ie")))
        voice.ie = json_number_value(json_object_get(all, "ie"));
    if (json_is_number(json_object_get(all, "bpl")))
        voice.bpl = json_number_value(json_object_get(all, "bpl"));
    json_decref(all);
    return voice;
}
