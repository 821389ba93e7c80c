#include "cli/clean.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>

void nd_cli_clean(json_t *value)
{
    const char *key = NULL;
    json_t *member = NULL;
    size_t i = 0;
    if (json_is_string(value)) {
        char *text = nd_strdup(json_string_value(value));
        if (nd_text_tame(text, true))
            json_string_set(value, text);
        free(text);
    }
    json_object_foreach(value, key, member) nd_cli_clean(member);
    json_array_foreach(value, i, member) nd_cli_clean(member);
}
