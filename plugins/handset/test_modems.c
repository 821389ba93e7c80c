#include "test_modems.h"

#include "base/mem.h"
#include "handset.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void modem_say(const struct double_modem *modem, const char *text)
{
    assert_int_equal(write(modem->master, text, strlen(text)), (ssize_t)strlen(text));
}

static void answer(struct double_modem *modem, const char *command)
{
    size_t len = strlen(modem->log);
    snprintf(modem->log + len, sizeof modem->log - len, "%s\n", command);
    for (const struct reply *r = modem->replies; r != NULL && r->command != NULL; r++) {
        if (strcmp(r->command, command) == 0) {
            modem_say(modem, r->answer);
            return;
        }
    }
    modem_say(modem,
              strcmp(command, "AT+CMEE?") == 0 ? "\r\n+CMEE: 0\r\n\r\nOK\r\n" : "\r\nOK\r\n");
}

void modem_serve(void *ctx)
{
    struct double_modem *modem = ctx;
    char octet = 0;
    while (read(modem->master, &octet, 1) == 1) {
        if (octet == '\x1b') { /* nothing was under way */
            strcat(modem->log, "\x1b\n");
            continue;
        }
        if (octet != '\r' && octet != '\x1a') {
            modem->heard[modem->heard_len++] = octet;
            continue;
        }
        modem->heard[modem->heard_len] = '\0';
        modem->heard_len = 0;
        answer(modem, modem->heard);
    }
}

int modems_set_up(void **state)
{
    struct fixture *f = nd_alloc(sizeof *f);
    f->fake = nd_fake_new(nd_plugin_entry(), ND_FAKE_LIVE);
    for (int i = 0; i < MODEMS; i++) {
        struct double_modem *modem = &f->modems[i];
        modem->f = f;
        modem->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        assert_int_equal(grantpt(modem->master), 0);
        assert_int_equal(unlockpt(modem->master), 0);
        assert_int_equal(ptsname_r(modem->master, modem->tty, sizeof modem->tty), 0);
        /* Held open, so that the master never sees a hang-up. */
        modem->slave = open(modem->tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
        nd_fake_serve(f->fake, modem->master, modem_serve, modem);
        strcat(f->ttys, modem->tty);
        strcat(f->ttys, " ");
    }
    static const char *facts[] = {"tty", NULL, NULL};
    static const char *fleet[] = {"ttys", NULL, NULL};
    facts[1] = f->modems[0].tty;
    fleet[1] = f->ttys;
    nd_fake_target(f->fake, "phone", NULL, facts);
    nd_fake_target(f->fake, "fleet", NULL, fleet);
    *state = f;
    return 0;
}

int modems_tear_down(void **state)
{
    struct fixture *f = *state;
    const char *fault = nd_fake_fault(f->fake);
    if (fault != NULL)
        print_error("contract broken: %s\n", fault);
    nd_fake_free(f->fake);
    for (int i = 0; i < MODEMS; i++) {
        close(f->modems[i].master);
        if (f->modems[i].slave >= 0)
            close(f->modems[i].slave);
    }
    free(f);
    return fault != NULL ? -1 : 0;
}

nd_err modems_run(struct nd_op *op)
{
    nd_fake_start(op);
    return nd_fake_run(op);
}
