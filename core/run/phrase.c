#include "run/phrase.h"

#include <stddef.h>
#include <string.h>

static int folded(char c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c == '-' ? ' ' : c;
}

static bool starts_with(const char *text, const char *words)
{
    while (*words != '\0' && folded(*text) == *words) {
        text++;
        words++;
    }
    return *words == '\0';
}

bool nd_is_abort_phrase(const char *line)
{
    static const char *const phrases[] = {"停止演練", "真實狀況", "REAL WORLD EMERGENCY"};
    for (; *line != '\0'; line++) {
        for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
            if (starts_with(line, phrases[i]))
                return true;
        }
    }
    return false;
}
