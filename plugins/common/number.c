#include "number.h"

#include "probe.h"

#include <string.h>

int number_diallable(const char *number)
{
    size_t digits = strspn(number + (*number == '+'), "0123456789");
    return digits >= 1 && digits <= 20 && number[(*number == '+') + digits] == '\0';
}

int number_emergency(const char *number)
{
    return strlen(number + (*number == '+')) <= 3;
}

int number_agreed(const struct nd_target *target)
{
    const char *agreed = target_fact(target, "emergency_calls_agreed");
    return agreed != NULL && strcmp(agreed, "true") == 0;
}
