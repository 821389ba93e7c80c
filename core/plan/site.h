/* The site file: operators, people, vantages, targets, policy, lab. YAML read with libyaml into a
 * tree that remembers lines, checked against the tables here; every fault is a diagnostic. Format:
 * docs/site.md. */
#ifndef ND_PLAN_SITE_H
#define ND_PLAN_SITE_H
#include "plan/diag.h"
#include "plan/policy.h"
#include "record/rundir.h"

#include <jansson.h>

/* A text in both languages; either may be NULL, not both. A plain text is both. */
struct nd_text2 {
    const char *zh, *en;
};

struct nd_operator {
    const char *name;
    struct nd_text2 title;
    const char *plmn; /* "466-92" or NULL */
};

/* Parts people take in a drill, as HSEEP names them. */
enum nd_role {
    ND_ROLE_UNSAID,
    ND_ROLE_PLAYER,
    ND_ROLE_CONTROLLER,
    ND_ROLE_EVALUATOR,
    ND_ROLE_OBSERVER,
    ND_ROLE_SAFETY,
    ND_ROLE_SIMULATOR,
    ND_ROLE_DIRECTOR,
    ND_ROLE_COUNT
};

struct nd_person {
    const char *name;
    struct nd_text2 title;
    const char *operator_name; /* or NULL */
    enum nd_role role;
};

/* Where a verb acts from: a lab host's namespace, a named namespace, an interface, or here. */
struct nd_vantage {
    const char *name;
    struct nd_text2 title;
    const char *operator_name; /* whose subscribers are there, or NULL */
    const char *host;          /* lab host, or NULL */
    const char *netns;         /* path of a namespace, or NULL; filled in for lab hosts */
    const char *interface;     /* SO_BINDTODEVICE, or NULL */
};

struct nd_site_target {
    struct nd_target target; /* what plugins see */
    struct nd_text2 title;
    const char *operator_name; /* or NULL */
    const char *vantage;       /* where changes of it act: vantage or lab host, or NULL: here */
    bool may_be_disturbed;
    int line;
};

/* A file of a lab's daemons, beside the site file. */
struct nd_site_file {
    const char *name; /* its path below the site file's directory: "jia/hlr.cfg" */
    const char *text;
    char hash[ND_HASH_TEXT];
};

/* A program that a lab's daemon needs. */
struct nd_site_program {
    const char *host, *daemon; /* daemon: NULL when it has no name, which is a fault told already */
    const char *program;       /* looked for on the usual path, or a path */
    const char *package;       /* what to install */
};

struct nd_site {
    const char *path, *name;
    struct nd_text2 title;
    const char *text; /* the file's bytes, as read */
    char hash[72];    /* of them */
    bool simulated;   /* a lab, or said by the file */
    struct ND_VEC(struct nd_operator) operators;
    struct ND_VEC(struct nd_person) people;
    struct ND_VEC(struct nd_vantage) vantages; /* lab hosts are vantages by their own name too */
    struct ND_VEC(struct nd_site_target) targets;
    struct nd_policy policy;
    bool has_lab;
    struct ND_VEC(struct nd_site_file) files;
    struct ND_VEC(struct nd_site_program) programs;
    char *json; /* the whole file as JSON, for nd_site_json */
    struct nd_arena arena;
};

/* Reads and checks. Returns NULL when there is any error in diags. */
struct nd_site *nd_site_load(const char *path, struct nd_diags *diags);
/* The same, of a text that was read from path before. */
struct nd_site *nd_site_read(const char *path, const char *text, size_t len,
                             struct nd_diags *diags);
void nd_site_free(struct nd_site *site); /* NULL is fine */

const struct nd_site_target *nd_site_target_find(const struct nd_site *site, const char *name);
const struct nd_vantage *nd_site_vantage_find(const struct nd_site *site, const char *name);
/* The vantage whose name is nearest, or NULL. */
const char *nd_site_vantage_nearest(const struct nd_site *site, const char *name);
const struct nd_person *nd_site_person_find(const struct nd_site *site, const char *name);
/* The nearest person's name to a wrong one, or NULL. */
const char *nd_site_person_nearest(const struct nd_site *site, const char *name);
const char *nd_role_name(enum nd_role role); /* "player", ...; "" when unsaid */
/* Whom a list of recipients means: a person by name, "role:player" everybody of that role who does
 * not stand before it, in the site file's order. site: NULL, or without people: all are names.
 * names: NULL-ended. The list: NULL-ended, in the arena; its names are borrowed from both. NULL and
 * why, ND_EARG: nobody has that role. */
const char *const *nd_site_recipients(const struct nd_site *site, const char *const *names,
                                      struct nd_arena *arena, size_t *count, struct nd_fail *why);
/* Whether he stands among the channel's `recipients`; one that has no such list reaches anybody. */
bool nd_channel_reaches(const struct nd_site_target *channel, const char *name);
/* Whether a change acts on a network that is not the site's lab. rights: the verb's; only those
 * that need CAP_NET_ADMIN touch a network. vantage: name, or NULL: here. */
bool nd_site_outside_lab(const struct nd_site *site, const char *rights, const char *vantage);
/* The nearest target name to a wrong one, or NULL. */
const char *nd_site_target_nearest(const struct nd_site *site, const char *name);
/* The subtree at a dotted path ("lab.hosts") as JSON text, NULL when absent; "files": {name: text}
 * of the files of the lab's daemons. Caller frees. */
char *nd_site_json(const struct nd_site *site, const char *path);
/* {name: text}, or {name: hash}. Caller drops. */
json_t *nd_site_files_json(const struct nd_site *site, bool hashes);
/* The next program, from number *from on, that this machine lacks; NULL: none. */
const struct nd_site_program *nd_site_missing_program(const struct nd_site *site, size_t *from);
/* Path of the namespace of a lab host: "/run/netns/nd-<site name>-<host>". Caller frees. */
char *nd_site_netns_path(const struct nd_site *site, const char *host);

#endif
