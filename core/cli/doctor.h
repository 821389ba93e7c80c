/* What `netdrill doctor` looks at. Looking changes nothing: kernel features are tried in a network
 * namespace of their own, which ends with the process that tries them.
 *
 *   cmd_doctor.c      the command, rights and policy of a scenario
 *   doctor_field.c    modems and interfaces that the site file names
 *   doctor_kernel.c   features of the kernel
 *   doctor_machine.c  clock, disk, fonts
 *   doctor_runs.c     locks, and what earlier runs left */
#ifndef ND_CLI_DOCTOR_H
#define ND_CLI_DOCTOR_H
#include "plan/site.h"

#include <jansson.h>

enum nd_finding { ND_FINDING_OK, ND_FINDING_WARN, ND_FINDING_FAIL };

struct nd_doctor {
    json_t *findings; /* [{area, name, state, text, remedy}] */
    size_t warnings, failures;
};

/* remedy: NULL when there is nothing to do. */
void nd_doctor_add(struct nd_doctor *doctor, const char *area, const char *name,
                   enum nd_finding state, const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* lab: a drill that is asked about has one, so that what it needs has to be there. */
void nd_doctor_kernel(struct nd_doctor *doctor, bool lab);
/* Equipment of this machine that the site names. */
void nd_doctor_field(struct nd_doctor *doctor, const struct nd_site *site);
void nd_doctor_clock(struct nd_doctor *doctor);
void nd_doctor_disk(struct nd_doctor *doctor, const char *runs);
void nd_doctor_fonts(struct nd_doctor *doctor);
void nd_doctor_locks(struct nd_doctor *doctor);
/* site_name: NULL: any. */
void nd_doctor_leftovers(struct nd_doctor *doctor, const char *runs, const char *site_name);

#endif
