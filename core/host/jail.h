/* What the process of a plugin may do: the capabilities(7) that the rights of its verbs name, and
 * nothing else that root may; no way to gain more; by seccomp(2) none of the system calls that no
 * plugin needs (tracing, modules, clocks, mounts, ...), and no program unless it is a plugin that
 * starts some; by landlock(7), where the kernel has it, no file written but devices, sysctls and,
 * for a plugin that leaves files there, those in directories that targets of the site file name. */
#ifndef ND_HOST_JAIL_H
#define ND_HOST_JAIL_H
#include <netdrill/plugin.h>

#include "plan/site.h"

struct nd_jail {
    uint64_t caps; /* bit n: capability number n */
    uint32_t flags;
};
#define ND_JAIL_NO_WRITES   1u /* of files */
#define ND_JAIL_NO_PROGRAMS 2u
#define ND_JAIL_NONE        4u /* a verb runs programs of the operator's, with his own rights */
#define ND_JAIL_DIRECTORIES 8u /* beside ND_JAIL_NO_WRITES: but into its targets' directories */

/* From the rights its verbs declare: names of capabilities, "write access" to files ("write
 * access to the directories ...": of targets, fact 'directory'), and that it "starts its program".
 * enters: it acts in namespaces other than its own (setns(2) needs CAP_SYS_ADMIN). */
struct nd_jail nd_jail_of(const struct nd_plugin *plugin, int enters);
/* For the calling process, before it has any thread but one; there is no way back. A kernel without
 * landlock or seccomp is told to the log, not refused. site: may be NULL. Errors: ND_EIO. */
nd_err nd_jail_enter(const struct nd_jail *jail, const struct nd_site *site, struct nd_fail *why);
/* "keeps CAP_NET_RAW; writes no file, starts no program". */
void nd_jail_words(const struct nd_jail *jail, char *text, size_t bytes);
/* Gives up every capability of the calling thread, and of threads it starts. A program started by
 * root has them again: that is how plugin hosts and the keeper are started. (Under no_new_privs,
 * set by whoever started us, they stay permitted for that, and are not effective.) */
void nd_jail_drop_all(void);

#endif
