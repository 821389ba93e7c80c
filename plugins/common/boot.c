#include "boot.h"

#include <stdio.h>
#include <string.h>

void boot_read(char id[BOOT_BYTES])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    id[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(id, BOOT_BYTES, file) == NULL)
        id[0] = '\0';
    id[strcspn(id, "\n")] = '\0';
    fclose(file);
}

int boot_is_over(const char *noted_id)
{
    char now[BOOT_BYTES];
    boot_read(now);
    return noted_id != NULL && *noted_id != '\0' && *now != '\0' && strcmp(noted_id, now) != 0;
}
