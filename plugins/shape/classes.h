/* Classes of traffic as a scenario writes them: what each is guaranteed, what it may have at most,
 * and by which marks its packets are known.
 *
 *     "rescuers: rate 600kbit/s, dscp ef, from 10.61.0.0/24"
 *     "public: rate 200kbit/s, ceiling 900kbit/s"
 *
 * Spare capacity is offered to them in the order in which they are listed. A packet belongs to the
 * first class one of whose marks it bears, and else to the one class that has none. */
#ifndef ND_PLUGINS_SHAPE_CLASSES_H
#define ND_PLUGINS_SHAPE_CLASSES_H
#include <stddef.h>
#include <stdint.h>

#define CLASSES_MAX      8 /* as many priorities as htb has */
#define CLASS_MARKS_MAX  8
#define CLASS_NAME_BYTES 24
#define CLASS_TEXT_BYTES 256

enum mark_kind { MARK_DSCP, MARK_FROM, MARK_TO };

struct mark {
    enum mark_kind kind;
    int family;          /* AF_INET or AF_INET6, of an address */
    uint8_t dscp;        /* 0 to 63 (RFC 2474) */
    uint8_t address[16]; /* network order; its bits beyond the prefix are 0 */
    uint8_t prefix;
};

struct class
{
    char name[CLASS_NAME_BYTES];
    char text[CLASS_TEXT_BYTES]; /* as it was written */
    int64_t rate, ceiling;       /* bit/s */
    struct mark marks[CLASS_MARKS_MAX];
    size_t marks_count;
};

struct classes {
    struct class at[CLASSES_MAX];
    size_t count;
    int64_t rate;  /* of all together, bit/s */
    int64_t limit; /* ns a packet may wait at its class's ceiling */
};

/* One class more. Returns 0, or -1 and why. */
int classes_add(struct classes *classes, const char *text, char *why, size_t why_bytes);
/* Whether they go together, once all are there; a ceiling that was not given becomes the rate of
 * all. Returns 0, or -1 and why. */
int classes_check(struct classes *classes, char *why, size_t why_bytes);
/* The class's number in the kernel, made from its name, so that whoever knows the name finds it;
 * 2 to 0xfffe. */
uint32_t class_minor(const char *name);

/* A filter of u32: words of the packet from its network header on, and where it belongs. */
#define FILTER_KEYS_MAX 4
#define FILTERS_MAX     (CLASSES_MAX * CLASS_MARKS_MAX * 2 + 3)
struct filter {
    uint16_t protocol; /* ETH_P_IP, ETH_P_IPV6, ETH_P_ARP */
    uint32_t minor;    /* of the class */
    struct {
        uint32_t value, mask; /* host order */
        int offset;
    } keys[FILTER_KEYS_MAX];
    int keys_count;
};

/* The filters of the classes in the order in which they are asked; into: FILTERS_MAX. Address
 * resolution goes with the first class, or nobody would be reached under load. */
size_t classes_filters(const struct classes *classes, struct filter *into);

#endif
