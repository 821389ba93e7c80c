/* What the kernel throws away when an interface goes down, kept as the kernel itself tells it: IPv6
 * addresses, permanent and proxy neighbours, and routes that somebody set. Each is the body of its
 * rtnetlink message (rtnetlink(7)) without what only counts or passes, as a line
 *
 *     addr|neigh|route HEX          a thing to be put back
 *     link IFINDEX 0|1              a VLAN on the interface, which goes down and up with it
 *
 * so that every attribute comes back: source, metrics, next hops, lifetimes of addresses. Left to
 * those who made them: what the kernel makes itself, router advertisements, routing daemons. */
#ifndef ND_PLUGINS_KEPT_H
#define ND_PLUGINS_KEPT_H

struct nl_sock;

/* The lines of an interface as it is now; the caller frees. NULL: the kernel would not tell. */
char *kept_read(struct nl_sock *sock, int ifindex);
/* Puts back those lines that are missing; adds only, so what somebody else has put in their place
 * stays. Twice does no harm. */
void kept_put(struct nl_sock *sock, const char *lines);
/* The first line of `lines` that `others` lacks, in words for a person (into out), or 0. */
int kept_lacks(const char *others, const char *lines, char *out, int out_bytes);

#endif
