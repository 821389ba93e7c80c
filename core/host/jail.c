#include "host/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- from the rights ---- */

static const struct {
    const char *name;
    unsigned number;
} capabilities[] = {{"CAP_CHOWN", CAP_CHOWN},
                    {"CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE},
                    {"CAP_KILL", CAP_KILL},
                    {"CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE},
                    {"CAP_NET_ADMIN", CAP_NET_ADMIN},
                    {"CAP_NET_RAW", CAP_NET_RAW},
                    {"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
                    {"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
                    {"CAP_SYS_NICE", CAP_SYS_NICE}};
#define CAPABILITIES (sizeof capabilities / sizeof capabilities[0])

struct nd_jail nd_jail_of(const struct nd_plugin *plugin, int enters)
{
    struct nd_jail jail = {.flags = ND_JAIL_NO_WRITES | ND_JAIL_NO_PROGRAMS};
    for (const struct nd_verb *const *verb = plugin->verbs; *verb != NULL; verb++) {
        const char *rights = (*verb)->rights != NULL ? (*verb)->rights : "";
        for (size_t i = 0; i < CAPABILITIES; i++) {
            if (strstr(rights, capabilities[i].name) != NULL)
                jail.caps |= 1ull << capabilities[i].number;
        }
        if (strstr(rights, "write access to the directories") != NULL)
            jail.flags |= ND_JAIL_DIRECTORIES;
        else if (strstr(rights, "write access") != NULL)
            jail.flags &= ~ND_JAIL_NO_WRITES;
        if (strstr(rights, "starts its program") != NULL)
            jail.flags &= ~ND_JAIL_NO_PROGRAMS;
        if (((*verb)->flags & ND_VERB_ARBITRARY) != 0)
            jail.flags |= ND_JAIL_NONE;
    }
    /* Whoever may mount and make namespaces builds labs: of files, and with programs. */
    if ((jail.caps >> CAP_SYS_ADMIN & 1) != 0)
        jail.flags &= ~(ND_JAIL_NO_WRITES | ND_JAIL_NO_PROGRAMS);
    if (enters)
        jail.caps |= 1ull << CAP_SYS_ADMIN;
    return jail;
}

void nd_jail_words(const struct nd_jail *jail, char *text, size_t bytes)
{
    size_t used = 0;
    if ((jail->flags & ND_JAIL_NONE) != 0) {
        snprintf(text, bytes, "as free as whoever runs it: it starts programs of his");
        return;
    }
    used += (size_t)snprintf(text, bytes, "keeps %s", jail->caps == 0 ? "no capability" : "");
    const char *between = "";
    for (size_t i = 0; i < CAPABILITIES && used < bytes; i++) {
        if ((jail->caps >> capabilities[i].number & 1) == 0)
            continue;
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", between, capabilities[i].name);
        between = ", ";
    }
    if (used < bytes)
        snprintf(text + used, bytes - used, "; %s, %s",
                 (jail->flags & ND_JAIL_NO_WRITES) == 0 ? "may write files"
                 : (jail->flags & ND_JAIL_DIRECTORIES) != 0
                     ? "writes into its targets' directories alone"
                     : "writes no file",
                 (jail->flags & ND_JAIL_NO_PROGRAMS) != 0 ? "starts no program"
                                                          : "may start programs");
}

/* ---- capabilities ---- */

static bool set_caps(uint64_t permitted, uint64_t effective)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(permitted >> (32 * i));
        data[i].effective = data[i].permitted & (uint32_t)(effective >> (32 * i));
        data[i].inheritable = 0;
    }
    return syscall(SYS_capset, &header, data) == 0;
}

void nd_jail_drop_all(void)
{
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    /* Where no program can gain any, those it is to have must stay within reach. */
    bool gains = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
    set_caps(gains ? 0 : ~0ull, 0);
}

static nd_err keep_caps(uint64_t keep, struct nd_fail *why)
{
    /* What the bounding set lacks cannot be had again; without CAP_SETPCAP there is nothing to lose
     * there, as no_new_privs follows. */
    for (unsigned n = 0; n < 64; n++) {
        if ((keep >> n & 1) == 0 && prctl(PR_CAPBSET_READ, n, 0, 0, 0) == 1)
            prctl(PR_CAPBSET_DROP, n, 0, 0, 0);
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!set_caps(keep, keep) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return nd_fail_errno(why, errno, "cannot give up capabilities");
    return ND_OK;
}

/* ---- landlock ---- */

#define WRITES                                                                                     \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static void allow(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = access,
        .parent_fd = open(path, O_PATH | O_CLOEXEC),
    };
    if (beneath.parent_fd < 0)
        return;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
}

/* Files that are made, filled and renamed within the directories that targets name. */
static void allow_directories(int rules, const struct nd_site *site)
{
    for (size_t i = 0; site != NULL && i < site->targets.count; i++) {
        const struct nd_note *fact = site->targets.at[i].target.facts;
        for (; fact->key != NULL; fact++) {
            if (strcmp(fact->key, "directory") == 0)
                allow(rules, fact->value,
                      LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_REMOVE_FILE);
        }
    }
}

/* False: the kernel has no landlock. */
static bool write_nothing(const struct nd_site *but)
{
    const struct landlock_ruleset_attr attr = {.handled_access_fs = WRITES};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (rules < 0)
        return false;
    allow(rules, "/dev", LANDLOCK_ACCESS_FS_WRITE_FILE);  /* a modem's line */
    allow(rules, "/proc", LANDLOCK_ACCESS_FS_WRITE_FILE); /* sysctls */
    allow_directories(rules, but);
    bool done = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return done;
}

/* ---- seccomp ---- */

static const int never[] = {
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(quotactl),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
};
/* Of labs and of programs. */
static const int seldom[] = {
    SCMP_SYS(mount),     SCMP_SYS(umount2), SCMP_SYS(move_mount),
    SCMP_SYS(open_tree), SCMP_SYS(fsopen),  SCMP_SYS(fsmount),
    SCMP_SYS(unshare),   SCMP_SYS(execve),  SCMP_SYS(execveat),
};

static bool deny(scmp_filter_ctx filter, const int *calls, size_t count)
{
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0) == 0 && good;
    return good;
}

static bool filter_calls(bool programs)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL)
        return false;
    bool good = deny(filter, never, sizeof never / sizeof never[0]) &&
                (programs || deny(filter, seldom, sizeof seldom / sizeof seldom[0])) &&
                seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good;
}

nd_err nd_jail_enter(const struct nd_jail *jail, const struct nd_site *site, struct nd_fail *why)
{
    if ((jail->flags & ND_JAIL_NONE) != 0)
        return ND_OK;
    if (keep_caps(jail->caps, why) != ND_OK)
        return why != NULL ? why->code : ND_EIO;
    /* Older kernels lack landlock, odd ones seccomp: what is left is still less than without. */
    if ((jail->flags & ND_JAIL_NO_WRITES) != 0 &&
        !write_nothing((jail->flags & ND_JAIL_DIRECTORIES) != 0 ? site : NULL))
        fprintf(stderr, "plugin-host: this kernel has no landlock; files are not protected\n");
    if (!filter_calls((jail->flags & ND_JAIL_NO_PROGRAMS) == 0))
        fprintf(stderr, "plugin-host: this kernel has no seccomp filters\n");
    return ND_OK;
}
