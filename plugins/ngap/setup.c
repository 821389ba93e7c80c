#include "ngap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a gNB says to an AMF when it comes up: NG Setup (TS 38.413 §8.7.1). */

#define NODE_NAME "netdrill EXERCISE"

struct setup {
    struct talk talk;
    struct ngap_setup request;
    struct ngap_slice slices[NGAP_SLICES_MAX];
    nd_ns sent;
};

enum { GNB = VERB_OWN, PLMN, TAC, SLICES };

/* Appends words, as many as there is room for. */
static size_t add(char *text, size_t used, size_t room, const char *words)
{
    size_t len = strnlen(words, room - used - 1);
    memcpy(text + used, words, len);
    text[used + len] = '\0';
    return used + len;
}

static void describe(const struct ngap_answer *answer, char *why, size_t room)
{
    size_t used = 0;
    used = add(why, used, room, "AMF '");
    used = add(why, used, room, answer->amf);
    used = add(why, used, room, "' serves");
    for (size_t i = 0; i < answer->networks_count; i++) {
        const struct ngap_network *network = &answer->networks[i];
        char plmn[PLMN_TEXT_BYTES];
        plmn_text(network->plmn, plmn);
        used = add(why, used, room, i > 0 ? "; " : " ");
        used = add(why, used, room, plmn);
        for (size_t k = 0; k < network->slices_count; k++) {
            char slice[12];
            ngap_slice_text(&network->slices[k], slice);
            used = add(why, used, room, k > 0 ? ", " : " with slices ");
            used = add(why, used, room, slice);
        }
    }
}

/* Slices of ours that the AMF has for our network; -1: it does not name the network. */
static int supported(const struct setup *setup, const struct ngap_answer *answer)
{
    int count = -1;
    for (size_t i = 0; i < answer->networks_count; i++) {
        const struct ngap_network *network = &answer->networks[i];
        if (memcmp(network->plmn, setup->request.plmn, PLMN_OCTETS) != 0)
            continue;
        count = 0;
        for (size_t k = 0; k < setup->request.slices_count; k++) {
            int has = 0;
            for (size_t n = 0; n < network->slices_count && !has; n++)
                has = network->slices[n].sst == setup->slices[k].sst &&
                      network->slices[n].sd == setup->slices[k].sd;
            count += has;
        }
    }
    return count;
}

static void accepted(struct setup *setup, const struct ngap_answer *answer, nd_ns at)
{
    const struct nd_host *host = setup->talk.host;
    struct nd_op *op = setup->talk.op;
    char why[NGAP_WHY_BYTES];
    int slices = supported(setup, answer);
    host->emit(op, R_SUPPORTED, slices >= 0, at);
    host->emit(op, R_SLICES, slices > 0 ? slices : 0, at);
    host->emit(op, R_PLMNS, (double)answer->networks_count, at);
    host->emit(op, R_GUAMIS, answer->guamis, at);
    host->emit(op, R_CAPACITY, answer->capacity, at);
    describe(answer, why, sizeof why);
    ngap_talk_part(&setup->talk, ND_OK, why);
}

static void refused(struct setup *setup, enum ngap_kind kind, const struct ngap_answer *answer,
                    nd_ns at)
{
    const struct nd_host *host = setup->talk.host;
    struct nd_op *op = setup->talk.op;
    char why[NGAP_WHY_BYTES];
    char wait[40] = "";
    if (answer->cause_group >= 0) {
        host->emit(op, R_CAUSE_GROUP, answer->cause_group, at);
        host->emit(op, R_CAUSE, answer->cause, at);
    }
    if (answer->wait_s >= 0) {
        host->emit(op, R_WAIT, answer->wait_s * 1e9, at);
        snprintf(wait, sizeof wait, "; come again in %d s", answer->wait_s);
    }
    snprintf(why, sizeof why, "%s answered NG %s, cause %s/%s%s", setup->talk.sctp.peer.text,
             kind == NGAP_FAILURE ? "SETUP FAILURE" : "ERROR INDICATION",
             ngap_group_name(answer->cause_group),
             ngap_cause_name(answer->cause_group, answer->cause), wait);
    ngap_talk_part(&setup->talk, kind == NGAP_FAILURE ? ND_EREFUSED : ND_EANSWER, why);
}

static void setup_up(void *ctx, nd_ns at)
{
    struct setup *setup = ctx;
    struct talk *talk = &setup->talk;
    uint8_t bytes[NGAP_REQUEST_MAX];
    size_t len = ngap_request(&setup->request, bytes);
    talk->host->emit(talk->op, R_ASSOCIATION, (double)(at - talk->sctp.init_at), at);
    setup->sent = talk->host->now(talk->host);
    if (!sctp_put(&talk->sctp, bytes, len))
        ngap_talk_part(talk, ND_EIO, "the association takes no message");
}

static void setup_take(void *ctx, const uint8_t *bytes, size_t len, uint32_t ppid, nd_ns at)
{
    struct setup *setup = ctx;
    struct talk *talk = &setup->talk;
    struct ngap_answer answer;
    char why[NGAP_WHY_BYTES];
    if (talk->parting)
        return;
    if (ppid != NGAP_PPID) {
        snprintf(why, sizeof why, "%s sent payload protocol %u, expected 60 (NGAP)",
                 talk->sctp.peer.text, ppid);
        ngap_talk_part(talk, ND_EANSWER, why);
        return;
    }
    enum ngap_kind kind = ngap_read(bytes, len, &answer);
    if (kind == NGAP_OTHER)
        return; /* such as a paging: not about us, the deadline decides */
    if (kind == NGAP_NONSENSE) {
        snprintf(why, sizeof why, "%s sent %zu octets that are no answer in NGAP",
                 talk->sctp.peer.text, len);
        ngap_talk_part(talk, ND_EANSWER, why);
        return;
    }
    talk->host->emit(talk->op, R_RTT, (double)(at - setup->sent), at);
    if (kind == NGAP_RESPONSE)
        accepted(setup, &answer, at);
    else
        refused(setup, kind, &answer, at);
}

static void setup_down(void *ctx, nd_err err, const char *why)
{
    struct talk *talk = ctx;
    if (talk->parting)
        ngap_talk_parted(talk, err == ND_OK);
    else
        talk->host->finish(talk->op, err, why);
}

/* ---- its arguments ---- */

static nd_err refuse(const struct nd_host *host, const struct nd_target *target, const char *words)
{
    host->log(host, ND_INFO, "target '%s' %s", target->name, words);
    return ND_EARG;
}

/* The gNB that we say we are. A set-up with the number of a gNB in service resets what the AMF has
 * of that one (TS 38.413 §8.7.1.1): so the number has to be marked as one of tests. */
static nd_err gnb_of(const struct nd_host *host, const struct nd_target *target,
                     struct ngap_setup *request)
{
    const char *number = target_fact(target, "gnb_id");
    const char *bits = target_fact(target, "gnb_bits");
    const char *owner = target_fact(target, "plmn");
    const char *test = target_fact(target, "test_gnb");
    char *end = NULL;
    if (test == NULL || strcmp(test, "true") != 0)
        return refuse(host, target,
                      "is not marked 'test_gnb: true': a set-up with the number of a gNB in "
                      "service takes that one's subscribers down");
    request->bits = bits != NULL ? (unsigned)strtoul(bits, NULL, 10) : 32;
    if (request->bits < 22 || request->bits > 32)
        return refuse(host, target, "has 'gnb_bits' that are not 22 to 32");
    unsigned long long gnb = number != NULL ? strtoull(number, &end, 0) : 0;
    if (number == NULL || *number < '0' || *number > '9' || *end != '\0' ||
        gnb >> request->bits != 0)
        return refuse(host, target, "has no 'gnb_id' that fits into its 'gnb_bits'");
    request->gnb = (uint32_t)gnb;
    if (owner == NULL)
        memcpy(request->owner, request->plmn, PLMN_OCTETS);
    else if (!plmn_pack(owner, request->owner))
        return refuse(host, target, "has a 'plmn' that is not MCC and MNC of 5 or 6 digits");
    return ND_OK;
}

static nd_err request_of(const struct nd_host *host, const struct nd_args *args,
                         struct ngap_slice slices[NGAP_SLICES_MAX], struct ngap_setup *request)
{
    static const char *const usual[] = {"1", NULL};
    const char *const *texts = args->at[SLICES].u.texts != NULL ? args->at[SLICES].u.texts : usual;
    *request = (struct ngap_setup){
        .name = NODE_NAME, .tac = (uint32_t)args->at[TAC].u.i, .slices = slices};
    if (!plmn_pack(args->at[PLMN].u.text, request->plmn)) {
        host->log(host, ND_INFO, "'plmn' is MCC and MNC of 5 or 6 digits, got '%s'",
                  args->at[PLMN].u.text);
        return ND_EARG;
    }
    for (const char *const *text = texts; *text != NULL; text++) {
        if (request->slices_count == NGAP_SLICES_MAX ||
            !ngap_slice_read(*text, &slices[request->slices_count])) {
            host->log(host, ND_INFO,
                      "'slices' are at most 64 of \"1\" or \"1:010203\" (SST, SD), got '%s'",
                      *text);
            return ND_EARG;
        }
        request->slices_count++;
    }
    if (request->slices_count == 0) {
        host->log(host, ND_INFO, "'slices' has to have one at the least, such as \"1\"");
        return ND_EARG;
    }
    return gnb_of(host, args->at[GNB].u.target, request);
}

static nd_err setup_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct ngap *)self)->stack.host;
    struct setup *setup = host->state(op, sizeof *setup);
    setup->talk.tells_left = 1;
    setup->talk.sctp.up = setup_up;
    setup->talk.sctp.take = setup_take;
    setup->talk.sctp.down = setup_down;
    nd_err err = request_of(host, args, setup->slices, &setup->request);
    return err == ND_OK ? ngap_talk_open(self, args, op, &setup->talk) : err;
}

/* ---- rehearsal ---- */

struct model {
    const struct nd_host *host;
    struct nd_op *op;
    size_t slices;
};

static void model_accepts(void *ctx)
{
    const struct model *model = ctx;
    const struct nd_host *host = model->host;
    nd_ns now = host->now(host);
    host->emit(model->op, R_RTT, 9e6, now);
    host->emit(model->op, R_ASSOCIATION, 1e6, now);
    host->emit(model->op, R_SUPPORTED, 1, now);
    host->emit(model->op, R_SLICES, (double)model->slices, now);
    host->emit(model->op, R_PLMNS, 1, now);
    host->emit(model->op, R_GUAMIS, 1, now);
    host->emit(model->op, R_CAPACITY, 255, now);
    host->emit(model->op, R_LEFT, 1, now);
    host->finish(model->op, ND_OK, NULL);
}

/* What would be refused on the day is refused in the rehearsal. */
static nd_err setup_rehearse(void *self, const struct nd_args *args, struct nd_op *op)
{
    const struct nd_host *host = ((struct ngap *)self)->stack.host;
    struct ngap_slice slices[NGAP_SLICES_MAX];
    struct ngap_setup request;
    nd_err err = request_of(host, args, slices, &request);
    if (err != ND_OK)
        return err;
    if (!host->model_up(op)) {
        host->finish(op, ND_ETIME, "no way in the rehearsal's model");
        return ND_OK;
    }
    struct model *model = host->state(op, sizeof *model);
    *model = (struct model){host, op, request.slices_count};
    return host->after(op, 10000000, model_accepts, model);
}

/* ---- tables ---- */

static const struct nd_option options[] = {
    AMF_ROWS,
    {"gnb", "whom we say we are: a target with 'gnb_id', 'gnb_bits' and 'test_gnb: true'", "",
     ND_TARGET, ND_OPT_REQUIRED, 1, 0, NULL, NULL},
    {"plmn", "the network to broadcast, as MCC and MNC", "", ND_TEXT, ND_OPT_REQUIRED, 1, 0, NULL,
     NULL},
    {"tac", "tracking area code", "", ND_INT, ND_OPT_REQUIRED, 0, 16777215, NULL, NULL},
    {"slices", "of the network there, as SST or SST:SD (\"1\", \"1:010203\"), else \"1\"", "",
     ND_TEXTS, 0, 1, 0, NULL, NULL},
    END_ROW};
static const struct nd_reading readings[] = {
    {"rtt", "from the NG SETUP REQUEST to the answer's receive stamp", "ns", 9e6},
    {"association", "from the INIT to the COOKIE ACK", "ns", 1e6},
    {"supported", "1: the AMF names the network in its PLMN support list", "1", 1},
    {"slices", "of ours that the AMF has for that network", "1", 1},
    {"plmns", "networks in its PLMN support list", "1", 1},
    {"guamis", "GUAMIs that it serves", "1", 1},
    {"capacity", "its relative capacity, 0 to 255", "1", 255},
    {"cause_group", "of a failure: 0 radio network, 1 transport, 2 NAS, 3 protocol, 4 misc", "1",
     0},
    {"cause", "of a failure, within its group (TS 38.413 §9.3.1.2)", "1", 0},
    {"time_to_wait", "that a failure asks for", "ns", 0},
    {"left", "1: the association was shut down in order, 0: it had to be aborted", "1", 1},
    {NULL, NULL, NULL, 0}};
const struct nd_verb ngap_setup_verb = {
    .struct_size = sizeof ngap_setup_verb,
    .name = "setup",
    .help = "NG Setup: whether a 5G core takes a gNB with this network, area and slices.",
    .rights = "CAP_NET_RAW at the vantage",
    .options = options,
    .readings = readings,
    .start = setup_start,
    .cancel = ngap_talk_cancel,
    .rehearse = setup_rehearse,
};
