#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every file of some folders, and a number of mutations of each: TARGET MUTATIONS FOLDER... */

static unsigned seed = 1;

static uint32_t pick(size_t below)
{
    return (uint32_t)rand_r(&seed) % (uint32_t)below;
}

/* An exact copy on the heap, so that a sanitizer sees one step beyond. */
static void feed(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len + (len == 0));
    memcpy(copy, bytes, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void mutate(uint8_t *bytes, size_t *len)
{
    for (uint32_t k = pick(6) + 1; k > 0 && *len > 1; k--) {
        size_t at = pick(*len);
        switch (pick(4)) {
        case 0:
            bytes[at] = (uint8_t)pick(256);
            break;
        case 1:
            bytes[at] = (uint8_t) "{}[]()\"'=,.:-\n\\#&*|>"[pick(20)];
            break;
        case 2: /* a stretch is cut out */
            memmove(bytes + at, bytes + at + (*len - at) / 2, *len - at - (*len - at) / 2);
            *len -= (*len - at) / 2;
            break;
        default: /* a stretch overwrites another */
            memmove(bytes + at, bytes, *len - at < 16 ? *len - at : 16);
        }
    }
    if (pick(8) == 0)
        *len = pick(*len + 1);
}

static void replay(const char *path, long mutations)
{
    static uint8_t bytes[1 << 17];
    static uint8_t changed[sizeof bytes];
    FILE *file = fopen(path, "rb");
    size_t len = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file != NULL)
        fclose(file);
    feed(bytes, len);
    for (long i = 0; i < mutations; i++) {
        size_t changed_len = len;
        memcpy(changed, bytes, len);
        mutate(changed, &changed_len);
        feed(changed, changed_len);
    }
}

/* How many files were fed. */
static int replay_folder(const char *folder, long mutations)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, NULL, alphasort);
    int fed = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (names[i]->d_type == DT_REG) {
            replay(path, mutations);
            fed++;
        }
        free(names[i]);
    }
    free(names);
    return fed;
}

int main(int argc, char **argv)
{
    int fed = 0;
    for (int i = 2; i < argc; i++)
        fed += replay_folder(argv[i], strtol(argv[1], NULL, 10));
    printf("%d files\n", fed);
    return fed > 0 ? 0 : 1;
}
