/* People in a living run: what they say of injects and what controllers do with them. Reached
 * through the control socket, by many at once; every function journals who spoke, as the kernel
 * knows him, and returns once that is in the journal; see nd_run_journal_dup for the disk. */
#ifndef ND_RUN_PEOPLE_H
#define ND_RUN_PEOPLE_H
#include "plan/model.h"

#include <jansson.h>

struct nd_run;

/* Who spoke through the control socket, as the kernel knows him; -1: not known. */
struct nd_witness {
    int64_t uid, pid;
    int64_t login_uid; /* whom the session belongs to, also behind sudo (/proc/PID/loginuid) */
};

/* For whom it is said, and by which process. person NULL: the one recipient there is. */
struct nd_speaker {
    const char *person;
    struct nd_witness witness;
};

/* Has read it. ND_EARG: no such inject, or the person is not among its recipients; ND_ESTATE: not
 * fired yet, or over otherwise, or acknowledged already. */
nd_err nd_run_ack(struct nd_run *run, const char *id, const struct nd_speaker *speaker,
                  struct nd_fail *why);
/* What was done or decided; of a decision one of its options. Also too late, which is then said.
 * text: not empty. Errors as for nd_run_ack; ND_EARG: no such option. */
nd_err nd_run_reply(struct nd_run *run, const char *id, const char *text,
                    const struct nd_speaker *speaker, struct nd_fail *why);

struct nd_observation {
    const char *text;
    const char *inject, *objective; /* ids, or NULL */
    const char *sort;               /* "strength", "improvement", or NULL */
    json_t *evidence;               /* {file, sha256, octets} of a file in the run's directory,
                                       taken over; or NULL */
    nd_ns seen_rel;                 /* when, from T+0, pauses counted; -1: as it is said */
};
/* number: of the observation, from 1. ND_EARG: no text, no such inject, objective or sort; not seen
 * yet. */
nd_err nd_run_observe(struct nd_run *run, const struct nd_observation *observation,
                      const struct nd_speaker *speaker, int64_t *number, struct nd_fail *why);
nd_err nd_run_remark(struct nd_run *run, const char *text, const struct nd_speaker *speaker,
                     struct nd_fail *why);

/* The four that follow: ND_EARG when the site file says that the speaker is a player. */

/* Now, whenever it was planned; hands over what is handed over by hand, and sends again what could
 * not be delivered. by_hand: it has been handed over already, whatever its channel. ND_ESTATE: it
 * is over or delivered, or the drill is paused. */
nd_err nd_run_fire(struct nd_run *run, const char *id, bool by_hand,
                   const struct nd_speaker *speaker, struct nd_fail *why);
/* reason: not empty (ND_EARG). ND_ESTATE: delivered already, or over. */
nd_err nd_run_skip(struct nd_run *run, const char *id, const char *reason,
                   const struct nd_speaker *speaker, struct nd_fail *why);
/* till: a moment of the drill. ND_ESTATE: fired already. ND_EARG: beyond the drill's end, or in
 * the past. reason may be NULL. */
nd_err nd_run_defer(struct nd_run *run, const char *id, nd_ns till, const char *reason,
                    const struct nd_speaker *speaker, struct nd_fail *why);

/* An inject nobody had planned. All copied. */
struct nd_adhoc {
    struct nd_text2 title, body, expect; /* body, expect: may be empty */
    const char *const *to;               /* NULL-ended, not empty; as of nd_site_recipients */
    const char *from, *objective;        /* or NULL */
    const char *like;                    /* inject whose channel takes it, or NULL: by hand */
    nd_ns react_within;                  /* 0: nothing is waited for */
};
/* Fires at once. id: of the inject, "adhoc-1", borrowed. */
nd_err nd_run_adhoc(struct nd_run *run, const struct nd_adhoc *adhoc,
                    const struct nd_speaker *speaker, const char **id, struct nd_fail *why);

/* What was answered, for bodies and conditions. */
struct nd_inject_answer {
    bool known;                     /* there is such an inject */
    const char *state;              /* "waiting", "pending", "open", "answered", ... */
    const char *choice, *text, *by; /* of the answer that counted, or NULL */
    nd_ns after;                    /* from delivery to it, pauses left out; -1 */
    bool in_time;                   /* and its time did not run out for anybody it waits for */
};
struct nd_inject_answer nd_run_answer_of(const struct nd_run *run, const char *id);

/* Whose request is under way; NULL: nobody's any more. What is journalled meanwhile with an actor
 * gets his uid and login_uid. */
void nd_run_hear(struct nd_run *run, const struct nd_witness *witness);
/* The moment of the drill it is. */
nd_ns nd_run_moment_now(const struct nd_run *run);
/* What people say is appended at once and synced by whoever speaks for them, for many at a time:
 * a descriptor of the journal for that, on another thread; caller closes. -1: a rehearsal. */
int nd_run_journal_dup(const struct nd_run *run);
/* That failed: without a journal the drill ends. why: copied. */
void nd_run_journal_failed(struct nd_run *run, const char *why);

/* ---- regulatory clocks ---- */

/* An event of the drill's obligations occurs. event: "outage", or "profile.outage" where several
 * profiles have one of that name. case_name: which case of it, or NULL; each case has clocks of its
 * own. note: or NULL. ND_ESTATE: the drill is not on; ND_EARG: no such event or person. */
nd_err nd_run_occurs(struct nd_run *run, const char *event, const char *case_name, const char *note,
                     const struct nd_speaker *speaker, struct nd_fail *why);

struct nd_met {
    const char *id; /* of the clock */
    bool in_time, has_limit;
    nd_ns took, margin; /* of the drill, as played; margin negative: so much too late */
};

/* A duty is met: "first-report", "profile.first-report", with "@case" or case_name where several
 * cases are open. met: may be NULL. ND_EARG: several duties, or nobody of that name; ND_ESTATE: its
 * clock does not run. */
nd_err nd_run_met(struct nd_run *run, const char *duty, const char *case_name, const char *note,
                  const struct nd_speaker *speaker, struct nd_met *met, struct nd_fail *why);

#endif
