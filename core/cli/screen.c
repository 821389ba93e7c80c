#include "cli/screen.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/outlet.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#define CLOSE_WAIT_MS 2000

struct nd_screen {
    SCREEN *curses;
    FILE *pages, *keys; /* what ncurses writes to and reads from */
    struct nd_outlet *outlet;
    int in_fd, out_fd, pages_fd;
    bool colour, entered;
    struct termios before;
};

/* ---- putting the terminal back when the process crashes ---- */

static struct {
    struct termios before;
    char leave[128]; /* the terminal's own sequences */
    size_t len;
    int fd;
    volatile sig_atomic_t on;
} rescue;

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT};
#define CRASHES (sizeof crashes / sizeof crashes[0])

static void rescue_now(void)
{
    if (!rescue.on)
        return;
    rescue.on = 0;
    tcsetattr(rescue.fd, TCSANOW, &rescue.before);
    tcflow(rescue.fd, TCOON); /* a terminal stopped by ^S would hold us up */
    if (write(rescue.fd, rescue.leave, rescue.len) < 0)
        return;
}

/* Only what may be called from a signal. The handler is taken once, so the signal then kills. */
static void on_crash(int number)
{
    rescue_now();
    raise(number);
}

static void rescue_begin(const struct nd_screen *screen)
{
    static const char *const names[] = {"rmcup", "cnorm", "sgr0"};
    rescue.before = screen->before;
    rescue.fd = screen->out_fd;
    rescue.len = 0;
    for (size_t i = 0; i < (screen->colour ? 3 : 2); i++) {
        const char *text = tigetstr(names[i]);
        if (text == NULL || (intptr_t)text == -1 ||
            rescue.len + strlen(text) >= sizeof rescue.leave)
            continue;
        memcpy(rescue.leave + rescue.len, text, strlen(text));
        rescue.len += strlen(text);
    }
    rescue.on = 1;
    for (size_t i = 0; i < CRASHES; i++) {
        struct sigaction action = {.sa_handler = on_crash,
                                   .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
        sigaction(crashes[i], &action, NULL);
    }
}

static void rescue_end(void)
{
    rescue.on = 0;
    for (size_t i = 0; i < CRASHES; i++)
        signal(crashes[i], SIG_DFL);
}

/* ---- what ncurses writes ---- */

/* Without the sequences that set colour and the like (CSI ... m). */
static void put_bare(struct nd_buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t end = i + 2;
        if (bytes[i] == '\033' && i + 1 < len && bytes[i + 1] == '[') {
            while (end < len && strchr("0123456789;:", bytes[end]) != NULL)
                end++;
            if (end < len && bytes[end] == 'm') {
                i = end;
                continue;
            }
        }
        nd_buf_add(out, bytes + i, 1);
    }
}

/* ncurses writes into a file in memory, which never makes it wait; from there to the outlet. */
static void hand_on(struct nd_screen *screen)
{
    off_t len = lseek(screen->pages_fd, 0, SEEK_END);
    if (len <= 0)
        return;
    char *bytes = nd_alloc((size_t)len);
    struct nd_buf bare = {.text = NULL};
    ssize_t got = pread(screen->pages_fd, bytes, (size_t)len, 0);
    if (got > 0 && screen->colour)
        nd_outlet_put(screen->outlet, bytes, (size_t)got);
    if (got > 0 && !screen->colour) {
        put_bare(&bare, bytes, (size_t)got);
        nd_outlet_put(screen->outlet, nd_buf_str(&bare), bare.len_bytes);
    }
    nd_buf_deinit(&bare);
    free(bytes);
    lseek(screen->pages_fd, 0, SEEK_SET);
    ND_CHECK(ftruncate(screen->pages_fd, 0) == 0);
}

/* ---- opening, closing ---- */

bool nd_screen_can(int out_fd)
{
    const char *term = getenv("TERM");
    return isatty(out_fd) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0 &&
           tcgetpgrp(out_fd) == getpgrp();
}

/* Keys come one by one and are not shown; ^C, ^Z, ^S and ^Q mean what they always do. */
static void set_tty(const struct nd_screen *screen)
{
    struct termios now = screen->before;
    now.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    now.c_cc[VMIN] = 0; /* reading never waits */
    now.c_cc[VTIME] = 0;
    tcsetattr(screen->out_fd, TCSANOW, &now);
}

static void begin_looks(bool colour)
{
    static const short colours[ND_LOOKS] = {[ND_LOOK_GOOD] = COLOR_GREEN,
                                            [ND_LOOK_WARN] = COLOR_YELLOW,
                                            [ND_LOOK_BAD] = COLOR_RED,
                                            [ND_LOOK_ASK] = COLOR_CYAN};
    if (!colour || start_color() == ERR)
        return;
    use_default_colors();
    for (int i = 0; i < ND_LOOKS; i++)
        init_pair((short)(i + 1), (short)(colours[i] != 0 ? colours[i] : -1), -1);
    init_pair(ND_LOOK_BAR + 1, COLOR_WHITE, COLOR_BLUE);
    init_pair(ND_LOOK_ALARM + 1, COLOR_WHITE, COLOR_RED);
}

static bool begin_curses(struct nd_screen *screen)
{
    screen->pages_fd = memfd_create("netdrill-screen", MFD_CLOEXEC);
    int keys_fd = screen->in_fd >= 0 ? fcntl(screen->in_fd, F_DUPFD_CLOEXEC, 3)
                                     : open("/dev/null", O_RDONLY | O_CLOEXEC);
    screen->pages = screen->pages_fd >= 0 ? fdopen(screen->pages_fd, "w") : NULL;
    screen->keys = keys_fd >= 0 ? fdopen(keys_fd, "r") : NULL;
    if (screen->pages == NULL || screen->keys == NULL)
        return false;
    use_env(FALSE); /* the size is the terminal's, asked by us */
    screen->curses = newterm(NULL, screen->pages, screen->keys);
    if (screen->curses == NULL)
        return false;
    set_term(screen->curses);
    set_escdelay(0); /* nobody waits for what may follow an escape */
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    begin_looks(screen->colour);
    return true;
}

struct nd_screen *nd_screen_open(int in_fd, int out_fd, bool colour)
{
    struct nd_screen *screen = nd_alloc(sizeof *screen);
    *screen =
        (struct nd_screen){.in_fd = in_fd, .out_fd = out_fd, .colour = colour, .pages_fd = -1};
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8"); /* what we write is UTF-8, whatever the locale says */
    if (tcgetattr(out_fd, &screen->before) != 0 || !begin_curses(screen)) {
        nd_screen_close(screen);
        return NULL;
    }
    screen->outlet = nd_outlet_open(out_fd);
    screen->entered = true;
    set_tty(screen);
    rescue_begin(screen);
    nd_screen_resize(screen);
    return screen;
}

void nd_screen_leave(struct nd_screen *screen)
{
    if (!screen->entered)
        return;
    screen->entered = false;
    set_term(screen->curses);
    endwin();
    hand_on(screen);
    rescue_end();
    tcsetattr(screen->out_fd, TCSANOW, &screen->before);
}

void nd_screen_enter(struct nd_screen *screen)
{
    screen->entered = true;
    tcgetattr(screen->out_fd, &screen->before);
    set_tty(screen);
    rescue_begin(screen);
    nd_screen_resize(screen);
    clearok(stdscr, TRUE);
}

void nd_screen_close(struct nd_screen *screen)
{
    if (screen == NULL)
        return;
    if (screen->curses != NULL)
        nd_screen_leave(screen);
    if (screen->outlet != NULL && !nd_outlet_idle(screen->outlet))
        tcflow(screen->out_fd, TCOON); /* stopped by ^S: at the end it has to be seen */
    nd_outlet_close(screen->outlet, CLOSE_WAIT_MS);
    if (screen->curses != NULL)
        delscreen(screen->curses);
    if (screen->pages != NULL)
        fclose(screen->pages);
    if (screen->keys != NULL)
        fclose(screen->keys);
    free(screen);
}

/* ---- drawing ---- */

void nd_screen_size(struct nd_screen *screen, size_t *columns, size_t *rows)
{
    set_term(screen->curses);
    *columns = (size_t)getmaxx(stdscr);
    *rows = (size_t)getmaxy(stdscr);
}

void nd_screen_resize(struct nd_screen *screen)
{
    struct winsize size = {.ws_col = 0};
    set_term(screen->curses);
    if (ioctl(screen->out_fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0 &&
        is_term_resized(size.ws_row, size.ws_col))
        resizeterm(size.ws_row, size.ws_col);
}

bool nd_screen_begin(struct nd_screen *screen)
{
    if (!screen->entered || !nd_outlet_idle(screen->outlet))
        return false;
    nd_screen_resize(screen); /* a signal may come late, or when the size is not yet known */
    erase();
    return true;
}

static attr_t attributes_of(enum nd_look look)
{
    static const attr_t attributes[ND_LOOKS] = {
        [ND_LOOK_STRONG] = A_BOLD, [ND_LOOK_FAINT] = A_DIM, [ND_LOOK_BAD] = A_BOLD,
        [ND_LOOK_ASK] = A_BOLD,    [ND_LOOK_BAR] = A_BOLD,  [ND_LOOK_ALARM] = A_BOLD};
    return attributes[look];
}

void nd_screen_put(struct nd_screen *screen, size_t row, size_t column, enum nd_look look,
                   const char *text)
{
    size_t width = (size_t)getmaxx(stdscr);
    if (column >= width || row >= (size_t)getmaxy(stdscr))
        return;
    if (screen->colour)
        attr_set(attributes_of(look), (short)(look + 1), NULL);
    mvaddnstr((int)row, (int)column, text, (int)nd_text_fit(text, width - column));
    attr_set(A_NORMAL, 0, NULL);
}

void nd_screen_end(struct nd_screen *screen, size_t row, size_t column, bool shown)
{
    curs_set(shown ? 1 : 0);
    move((int)row, (int)column);
    refresh();
    hand_on(screen);
}

/* ---- keys ---- */

int nd_screen_key(struct nd_screen *screen)
{
    static const struct {
        int code, key;
    } keys[] = {{KEY_UP, ND_KEY_UP},
                {KEY_DOWN, ND_KEY_DOWN},
                {KEY_PPAGE, ND_KEY_PAGE_UP},
                {KEY_NPAGE, ND_KEY_PAGE_DOWN},
                {KEY_BACKSPACE, ND_KEY_ERASE}};
    wint_t code = 0;
    set_term(screen->curses);
    int kind = get_wch(&code);
    if (kind == ERR)
        return ND_KEY_NONE;
    if (kind == OK)
        return code == 0x7f || code == '\b' ? ND_KEY_ERASE : (int)code;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if ((int)code == keys[i].code)
            return keys[i].key;
    }
    return ND_KEY_OTHER;
}
