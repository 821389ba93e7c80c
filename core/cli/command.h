/* One file and one const record a command. */
#ifndef ND_CLI_COMMAND_H
#define ND_CLI_COMMAND_H

/* Exit codes; README and docs/exit-codes.md hold the same table, a test compares. */
#define ND_EXIT_MAP(X)                                                                             \
    X(0, OK, "done; in a run: everything expected was met and everything restored")                \
    X(1, INTERNAL, "a fault in netdrill itself")                                                   \
    X(2, USAGE, "wrong command line, or errors in scenario or site file")                          \
    X(3, REFUSED, "refused before anything was changed: rights, disk, stale plan, safety")         \
    X(4, LOCKED, "another run holds the lock")                                                     \
    X(5, INCOMPLETE, "the drill ended, but steps failed or could not be carried out")              \
    X(10, MISSED, "the drill was carried out; something expected was not met")                     \
    X(11, ABORTED, "aborted by a person or a guard; everything restored and read back")            \
    X(12, UNRESTORED, "a change is not verified as restored: act by hand")                         \
    X(13, UNSTEADY, "all was restored, but the baseline no longer holds, or is not known to")      \
    X(20, INTEGRITY, "a journal, plan or manifest is not what it was")                             \
    X(130, INTERRUPTED, "ended at once by a second SIGINT; see 'netdrill restore'")                \
    X(143, TERMINATED, "ended at once by a second SIGTERM; see 'netdrill restore'")

enum {
#define ND_EXIT_ENUM(code, name, text) ND_EXIT_##name = (code),
    ND_EXIT_MAP(ND_EXIT_ENUM)
#undef ND_EXIT_ENUM
};

struct nd_cli_option {
    const char *name; /* without the dashes; NULL ends the table */
    const char *arg;  /* what it takes, "FILE", or the choices, "zh|en"; NULL: a flag */
    const char *help;
    unsigned flags; /* ND_CLI_REPEAT */
};
#define ND_CLI_REPEAT 1u /* may be given more than once */

/* Parsing, help, man pages and the shells' completion are all made from this record. */
struct nd_command {
    const char *name, *usage,
        *help; /* usage without the program's name; help leads with examples */
    int (*run)(int argc, char **argv);   /* argv[0]: the command's name; returns an exit code */
    unsigned flags;                      /* ND_COMMAND_HIDDEN */
    const struct nd_cli_option *options; /* NULL: it has none */
};
#define ND_COMMAND_HIDDEN 1u
#define ND_COMMAND_LIVING 2u /* speaks to a run that lives */

/* What netdrill is, for its help and its man page. */
#define ND_OVERVIEW                                                                                \
    "netdrill plays network resilience drills and puts the network back.\n\n"                      \
    "  netdrill lint drills/disaster-roaming.lua       what is wrong with a scenario\n"            \
    "  netdrill plan drills/disaster-roaming.lua       its timetable, and what it will change\n"   \
    "  netdrill rehearse drills/disaster-roaming.lua   play it on a virtual clock\n"               \
    "  netdrill run drills/disaster-roaming.lua --lab  play it in its lab\n"                       \
    "  netdrill report last                            what happened"

/* All of them, ended by NULL, in the order of the help. */
extern const struct nd_command *const nd_commands[];

#endif
