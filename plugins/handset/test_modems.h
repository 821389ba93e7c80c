/* For tests: modems on ptys, each a table of what is answered to what. "" is no answer. */
#ifndef HANDSET_TEST_MODEMS_H
#define HANDSET_TEST_MODEMS_H
#include "support/fake_host.h"

#define MODEMS 3

struct reply {
    const char *command, *answer;
};

struct double_modem {
    struct fixture *f;
    int master, slave;
    char tty[64], heard[512];
    size_t heard_len;
    const struct reply *replies;
    char log[2048]; /* commands heard, a line each */
};

struct fixture {
    struct nd_fake *fake;
    struct double_modem modems[MODEMS];
    char ttys[256];
};

/* For cmocka: the targets "phone", the first of them, and "fleet", all. Fails when the plugin broke
 * its contract. */
int modems_set_up(void **state);
int modems_tear_down(void **state);
/* Hears what has come in; ctx: the modem. The loop does it too. */
void modem_serve(void *ctx);
void modem_say(const struct double_modem *modem, const char *text);
/* Starts the call, and turns the loop until it is over. */
nd_err modems_run(struct nd_op *op);

#endif
