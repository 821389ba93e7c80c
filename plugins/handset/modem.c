#include "handset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

/* One modem: its tty, the command under way, the lines that come. A tty holds one conversation at
 * a time: who comes second waits until the first is over, or until its own deadline. */

#define BUSY_RETRY   50000000   /* ns */
#define SIGN_OF_LIFE 5000000000 /* ns: the first commands are answered at once or never */
#define SETTLE       500000000  /* ns: what is late of an earlier call has come by then */
#define NO_SENSE     8          /* octets, beyond what noise of the line explains */

/* The first two commands of every script. The modem may still owe an answer to a command that an
 * earlier call did not wait for; taken for ours, it would shift all that follow by one. Ours tells
 * what it answers. */
#define ECHO_OFF "ATE0"
#define WHOSE    "AT+CMEE?"

void modem_fail(struct modem *modem, nd_err err, const char *fmt, ...)
{
    va_list args;
    if (modem->err != ND_OK)
        return;
    va_start(args, fmt);
    vsnprintf(modem->why, sizeof modem->why, fmt, args);
    va_end(args);
    modem->err = err;
}

void modem_close(struct modem *modem)
{
    if (modem->fd < 0)
        return;
    modem->fleet->self->host->watch(modem->fleet->op, modem->fd, 0, NULL, NULL);
    close(modem->fd);
    modem->fd = -1;
}

void modem_end(struct modem *modem)
{
    struct fleet *fleet = modem->fleet;
    modem->done = 1;
    modem_close(modem);
    for (size_t i = 0; i < fleet->count; i++) {
        if (!fleet->at[i].done)
            return;
    }
    if (!fleet->concluded) {
        fleet->concluded = 1;
        fleet->conclude(fleet, ND_OK);
    }
}

/* The script has ended, well or not. */
static void script_over(struct modem *modem)
{
    modem->script = NULL;
    if (modem->fleet->over != NULL)
        modem->fleet->over(modem);
    else
        modem_end(modem);
}

static const char *command_of(const struct modem *modem)
{
    return *modem->script + (**modem->script == '?');
}

const char *modem_command(const struct modem *modem)
{
    return !modem->done && modem->script != NULL && *modem->script != NULL ? command_of(modem)
                                                                           : NULL;
}

static int is_command(const struct modem *modem, const char *text)
{
    return strcmp(command_of(modem), text) == 0;
}

void modem_let_go(const struct modem *modem)
{
    if (modem->fd >= 0)
        dprintf(modem->fd, "\x1b");
}

/* No answer came in time. The timer of a script that has ended means nothing. */
static void silence(void *ctx)
{
    struct modem *modem = ctx;
    double seconds = (double)modem->allowed / 1e9;
    if (modem->script == NULL || modem->done)
        return;
    if (modem->lines.odd > NO_SENSE)
        modem_fail(modem, ND_EANSWER,
                   "no answer to '%.40s' within %gs, but %u octets of no sense; is it an AT port, "
                   "at that speed",
                   command_of(modem), seconds, modem->lines.odd);
    else
        modem_fail(modem, ND_ETIME, "no answer to '%.40s' within %gs", command_of(modem), seconds);
    modem_let_go(modem);
    script_over(modem);
}

/* A part of a command is as good as none: a tty that takes no more has a modem that reads nothing.
 */
static int put(struct modem *modem, const char *text, size_t len)
{
    ssize_t gone = write(modem->fd, text, len);
    if (gone == (ssize_t)len)
        return 1;
    if (gone >= 0 || errno == EAGAIN)
        modem_fail(modem, ND_ETIME, "takes no more: it has not read what was sent before");
    else
        modem_fail(modem, ND_EIO, "does not take what is sent: %s", strerror(errno));
    return 0;
}

static void send_next(struct modem *modem)
{
    const struct nd_host *host = modem->fleet->self->host;
    if (*modem->script == NULL) {
        script_over(modem);
        return;
    }
    char text[256];
    modem->lines.odd = 0;
    int len = snprintf(text, sizeof text, "%s\r", command_of(modem));
    int first = is_command(modem, ECHO_OFF) || is_command(modem, WHOSE);
    modem->allowed = first && modem->patience > SIGN_OF_LIFE ? SIGN_OF_LIFE : modem->patience;
    if (put(modem, text, (size_t)len))
        host->after(modem->fleet->op, modem->allowed, silence, modem);
    else
        script_over(modem);
}

void modem_run(struct modem *modem, const char *const *script)
{
    modem->script = script;
    send_next(modem);
}

/* Everything that is worth knowing, whether it was asked for or came by itself. */
static void take_line(struct modem *modem, const char *line)
{
    struct at_registration reg;
    struct at_field fields[2];
    if (at_registration(line, &reg)) {
        modem->reg[reg.domain] = reg;
        modem->heard |= 1U << reg.domain;
        if (modem->fleet->changed != NULL)
            modem->fleet->changed(modem);
        return;
    }
    int networks = at_networks(line, modem->networks, 32);
    if (networks >= 0)
        modem->network_count = networks;
    else if (at_operator(line, &modem->mode, modem->plmn))
        modem->mode_known = 1;
    at_signal(line, &modem->signal);
    if (at_fields(line, "+CGATT:", fields, 2) > 0)
        modem->attached = at_number(&fields[0], 10);
    if (at_fields(line, "+CSCS:", fields, 1) > 0)
        snprintf(modem->charset, sizeof modem->charset, "%.*s", (int)fields[0].len, fields[0].at);
    if (strncmp(line, "+CSMP: ", 7) == 0)
        snprintf(modem->params, sizeof modem->params, "%.*s", (int)strspn(line + 7, "0123456789,"),
                 line + 7);
    int addressed = at_address(line);
    if (addressed >= 0 && modem->addressed != 1)
        modem->addressed = addressed;
    int call = at_call(line);
    if (call != AT_NONE)
        modem->call = call;
    modem->told_whose |= at_fields(line, "+CMEE:", fields, 1) > 0;
    int code = AT_NONE;
    if (at_final(line, &code) > AT_ERROR)
        snprintf(modem->call_end, sizeof modem->call_end, "%s", line);
}

static void next(struct modem *modem)
{
    modem->script++;
    send_next(modem);
}

/* Nothing more has come: the modem does not know the question, and its answer was ours. */
static void settled(void *ctx)
{
    struct modem *modem = ctx;
    if (!modem->done && modem->script != NULL && *modem->script != NULL && is_command(modem, WHOSE))
        next(modem);
}

/* "'AT+CREG?' was refused with error 11 (SIM PIN required)" */
static void refusal_words(const struct modem *modem, const char *line, char *out, size_t bytes)
{
    int code = AT_NONE;
    at_final(line, &code);
    const char *words = at_error_words(line);
    if (code == AT_NONE)
        snprintf(out, bytes, "'%.40s' was answered '%.40s'", command_of(modem), line);
    else if (*words == '\0')
        snprintf(out, bytes, "'%.40s' was refused with error %d", command_of(modem), code);
    else
        snprintf(out, bytes, "'%.40s' was refused with error %d (%s)", command_of(modem), code,
                 words);
}

static void take_final(struct modem *modem, enum at_final final, const char *line)
{
    if (is_command(modem, WHOSE) && !modem->told_whose) {
        nd_ns wait = modem->allowed / 2 < SETTLE ? modem->allowed / 2 : SETTLE;
        modem->fleet->self->host->after(modem->fleet->op, wait, settled, modem);
        return;
    }
    if (final != AT_OK)
        refusal_words(modem, line, modem->refusal, sizeof modem->refusal);
    if (final == AT_OK || **modem->script == '?') {
        next(modem);
        return;
    }
    modem_fail(modem, ND_EREFUSED, "%s", modem->refusal);
    script_over(modem);
}

/* "NO CARRIER" and the like may come at any time of a call; what they end is the call. */
static int ends_command(const struct modem *modem, enum at_final final)
{
    const char *command = command_of(modem);
    if (final <= AT_ERROR)
        return final != AT_MORE;
    return strncmp(command, "ATD", 3) == 0 || strncmp(command, "ATH", 3) == 0 ||
           is_command(modem, "AT+CHUP");
}

static void heard(struct modem *modem, const char *line)
{
    if (modem->script == NULL) {
        take_line(modem, line);
        return;
    }
    if (strcmp(line, command_of(modem)) == 0)
        return; /* an echo */
    if (strcmp(line, ">") == 0 && modem->message != NULL) {
        char text[sizeof modem->fleet->message + 1];
        int len = snprintf(text, sizeof text, "%s\x1a", modem->message);
        modem->message = NULL;
        if (!put(modem, text, (size_t)len))
            script_over(modem);
        return;
    }
    int code = AT_NONE;
    enum at_final final = at_final(line, &code);
    if (ends_command(modem, final))
        take_final(modem, final, line);
    else
        take_line(modem, line);
}

static void readable(void *ctx, int events)
{
    struct modem *modem = ctx;
    uint8_t bytes[512];
    (void)events;
    ssize_t got = read(modem->fd, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) { /* a pty whose other side is gone says EIO, a pulled USB modem ends */
        modem_fail(modem, ND_EGONE, "the tty is gone");
        script_over(modem);
        return;
    }
    for (ssize_t i = 0; i < got && !modem->done; i++) {
        const char *line = at_octet(&modem->lines, bytes[i]);
        if (line != NULL)
            heard(modem, line);
    }
}

static void set_line(int fd)
{
    struct termios line;
    if (tcgetattr(fd, &line) != 0)
        return;
    cfmakeraw(&line);
    line.c_cflag |= CLOCAL | CREAD;
    line.c_cflag &= ~(tcflag_t)(HUPCL | CRTSCTS); /* closing must not hang up */
    cfsetspeed(&line, B115200);
    tcsetattr(fd, TCSANOW, &line);
    tcflush(fd, TCIFLUSH);
}

static void try_open(void *ctx)
{
    struct modem *modem = ctx;
    const struct nd_host *host = modem->fleet->self->host;
    modem->fd = open(modem->tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (modem->fd < 0) {
        modem_fail(modem, errno == EACCES ? ND_ERIGHTS : ND_EGONE, "cannot be opened: %s",
                   strerror(errno));
        modem_end(modem);
        return;
    }
    /* A slip in the site file is not to write commands into somebody's file. */
    if (isatty(modem->fd) == 0) {
        close(modem->fd);
        modem->fd = -1;
        modem_fail(modem, ND_EARG, "is no tty");
        modem_end(modem);
        return;
    }
    if (flock(modem->fd, LOCK_EX | LOCK_NB) != 0) {
        close(modem->fd);
        modem->fd = -1;
        modem_fail(modem, ND_ESTATE, "is in use by another call or program");
        host->after(modem->fleet->op, BUSY_RETRY, try_open, modem);
        return;
    }
    modem->err = ND_OK;
    modem->why[0] = '\0';
    set_line(modem->fd);
    host->watch(modem->fleet->op, modem->fd, ND_READABLE, readable, modem);
    modem_run(modem, modem->fleet->script);
}

void modem_open(struct modem *modem)
{
    try_open(modem);
}

enum at_service modem_service(const struct modem *modem, const struct at_registration **reg)
{
    enum at_service best = AT_OUT;
    const struct at_registration *found = NULL;
    for (int i = 0; i < AT_DOMAIN_COUNT; i++) {
        if ((modem->heard & 1U << i) == 0)
            continue;
        enum at_service service = at_service(modem->reg[i].stat);
        if (found == NULL || service > best ||
            (service == best && found->cause == AT_NONE && modem->reg[i].cause != AT_NONE)) {
            best = service;
            found = &modem->reg[i];
        }
    }
    if (reg != NULL)
        *reg = found;
    return best;
}
