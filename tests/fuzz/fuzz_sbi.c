#include "../../plugins/sbi/profile.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* An NRF's answer, as each of the readers meets it. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes;
    struct sbi_inventory inventory = {0};
    struct sbi_ids ids;
    char problem[SBI_PROBLEM_BYTES];
    long long validity = 0;
    const char *wrong = sbi_read_list(text, len, 20, &ids);
    if ((wrong != NULL && ids.at != NULL) || ids.count > 20)
        abort();
    for (size_t i = 0; i < ids.count; i++) {
        if (strlen(ids.at[i]) == 0 || strlen(ids.at[i]) >= SBI_ID_BYTES ||
            strpbrk(ids.at[i], "/?#%& \r\n") != NULL)
            abort();
    }
    free(ids.at);
    sbi_read_profile(text, len, &inventory);
    sbi_read_search(text, len, &inventory, &validity);
    unsigned sum = 0;
    for (int i = 0; i < SBI_STATUSES; i++)
        sum += inventory.by_status[i];
    if (sum != inventory.instances || inventory.types_count > SBI_TYPES_MAX || validity < -1)
        abort();
    sbi_problem(text, len, problem);
    if (memchr(problem, '\0', sizeof problem) == NULL || strpbrk(problem, "\r\n") != NULL)
        abort();
    return 0;
}
