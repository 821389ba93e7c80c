#include "shape.h"

#include <netlink/route/qdisc/netem.h>
#include <netlink/route/qdisc/tbf.h>

/* The verbs about a whole interface: a rate by tbf; delay, jitter and loss by netem where the
 * kernel has it. */

#define LATENCY_US 50000 /* how long tbf keeps a packet that has to wait */

static void set_rate(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct rtnl_qdisc *qdisc = ours(ifindex, "tbf");
    int failed = -NLE_OPNOTSUPP;
    if (qdisc != NULL) {
        int octets_s = (int)(act->rate_bit_s / 8);
        rtnl_qdisc_tbf_set_rate(qdisc, octets_s, (int)act->burst, 0);
        rtnl_qdisc_tbf_set_limit(qdisc,
                                 (int)(act->burst + (int64_t)octets_s * LATENCY_US / 1000000));
        failed = rtnl_qdisc_add(sock, qdisc, NLM_F_CREATE | NLM_F_EXCL);
        rtnl_qdisc_put(qdisc);
    }
    if (failed != 0)
        act_fail_nl(act, failed, "cannot set a rate (tbf)");
}

static void set_impairment(struct act *act, struct nl_sock *sock, int ifindex)
{
    struct rtnl_qdisc *qdisc = ours(ifindex, "netem");
    int failed = -NLE_OPNOTSUPP;
    if (qdisc != NULL) {
        rtnl_netem_set_delay(qdisc, (int)act->delay_us);
        rtnl_netem_set_jitter(qdisc, (int)act->jitter_us);
        rtnl_netem_set_loss(
            qdisc,
            (int)(act->loss * 4294967295.0 > 2147483647.0 ? 2147483647 : act->loss * 4294967295.0));
        failed = rtnl_qdisc_add(sock, qdisc, NLM_F_CREATE | NLM_F_EXCL);
        rtnl_qdisc_put(qdisc);
    }
    if (failed == -NLE_OBJ_NOTFOUND || failed == -NLE_OPNOTSUPP)
        act_fail(act, ND_EUNABLE,
                 "this kernel has no netem (module sch_netem), so delay, jitter and loss cannot be "
                 "made on '%s'; 'links.lose' makes loss without it",
                 act->interface);
    else if (failed != 0)
        act_fail_nl(act, failed, "cannot set an impairment (netem)");
}

static nd_err rate_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op, args->at[0].u.target);
    if (act == NULL)
        return ND_EARG;
    act->rate_bit_s = args->at[1].u.i;
    return act_plan(act, "tbf");
}

static nd_err impair_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op, args->at[0].u.target);
    return act == NULL ? ND_EARG : act_plan(act, "netem");
}

static nd_err rate_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op, args->at[0].u.target);
    if (act == NULL)
        return ND_EARG;
    act->rate_bit_s = args->at[1].u.i;
    act->burst = args->at[2].u.i;
    act->work = set_rate;
    return act_begin(act);
}

static nd_err impair_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct act *act = act_of(self, op, args->at[0].u.target);
    if (act == NULL)
        return ND_EARG;
    act->delay_us = args->at[1].u.i / 1000;
    act->jitter_us = args->at[2].u.i / 1000;
    act->loss = args->at[3].u.r;
    act->work = set_impairment;
    return act_begin(act);
}

static const struct nd_option rate_options[] = {
    INTERFACE_ROW,
    {"rate", "what goes out at most", "bit/s", ND_RATE, ND_OPT_REQUIRED, 8000, 1e10, NULL, NULL},
    {"burst", "octets that may go out at once", "octets", ND_INT, 0, 1600, 1e8, "4000", NULL},
    END_ROW};
static const struct nd_option impair_options[] = {
    INTERFACE_ROW,
    {"delay", "added to what goes out", "ns", ND_LENGTH, 0, 0, 6e10, "0ms", NULL},
    {"jitter", "of the delay, each way", "ns", ND_LENGTH, 0, 0, 6e10, "0ms", NULL},
    {"loss", "share of packets lost at random", "1", ND_SHARE, 0, 0, 1, "0%", NULL},
    END_ROW};
static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};

const struct nd_verb shape_rate = {
    .struct_size = sizeof shape_rate,
    .flags = ND_VERB_CHANGES,
    .name = "rate",
    .help = "Limits what goes out of an interface (tbf).",
    .rights = "CAP_NET_ADMIN at the vantage of the target",
    .options = rate_options,
    .readings = no_readings,
    .plan_undo = rate_plan,
    .start = rate_start,
};
const struct nd_verb shape_impair = {
    .struct_size = sizeof shape_impair,
    .flags = ND_VERB_CHANGES,
    .name = "impair",
    .help = "Delay, jitter and loss of what goes out (netem, where the kernel has it).",
    .rights = "CAP_NET_ADMIN at the vantage of the target",
    .options = impair_options,
    .readings = no_readings,
    .plan_undo = impair_plan,
    .start = impair_start,
};
