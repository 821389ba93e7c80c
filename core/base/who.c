#include "base/who.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int64_t nd_login_uid(int64_t pid)
{
    char path[64];
    char text[24] = "";
    snprintf(path, sizeof path, "/proc/%lld/loginuid", (long long)(pid != 0 ? pid : getpid()));
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    bool read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    int64_t uid = read ? strtoll(text, NULL, 10) : -1;
    return uid == UINT32_MAX ? -1 : uid;
}
