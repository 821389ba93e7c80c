/* What an NRF answers (TS 29.510): a list of NF instances, one's profile, a search's result, and
 * the reason of a refusal (RFC 7807). Pure. */
#ifndef ND_PLUGINS_SBI_PROFILE_H
#define ND_PLUGINS_SBI_PROFILE_H
#include <stddef.h>

#define SBI_ID_BYTES      64
#define SBI_TYPE_BYTES    24
#define SBI_TYPES_MAX     64
#define SBI_PROBLEM_BYTES 160

struct sbi_ids {
    char (*at)[SBI_ID_BYTES]; /* malloc'ed, the caller frees it */
    size_t count;
};

/* NFStatus */
enum sbi_status { SBI_REGISTERED, SBI_SUSPENDED, SBI_UNDISCOVERABLE, SBI_OTHER, SBI_STATUSES };

struct sbi_inventory {
    unsigned instances, by_status[SBI_STATUSES];
    struct {
        char type[SBI_TYPE_BYTES];
        unsigned registered;
    } types[SBI_TYPES_MAX];
    size_t types_count; /* further types are counted as instances alone */
};

/* A word as NFType has them: A-Z, 0-9 and '_', at most 23. */
int sbi_type_good(const char *text);

/* Each reads one JSON document. NULL: it was read, else what is wrong with it, in words. */

/* UriList of at most `most` instances; those named twice count once. An instance is known by the
 * last part of its URI: whatever host the URI names, none is asked but the NRF. */
const char *sbi_read_list(const char *bytes, size_t len, size_t most, struct sbi_ids *ids);
/* NFProfile: adds it. */
const char *sbi_read_profile(const char *bytes, size_t len, struct sbi_inventory *inventory);
/* SearchResult: adds its instances; validity_s: -1, not told. */
const char *sbi_read_search(const char *bytes, size_t len, struct sbi_inventory *inventory,
                            long long *validity_s);

/* Title, detail and cause of a ProblemDetails; "" when it is none. */
void sbi_problem(const char *bytes, size_t len, char text[SBI_PROBLEM_BYTES]);
/* Instances of a type that are registered. */
unsigned sbi_registered(const struct sbi_inventory *inventory, const char *type);

#endif
