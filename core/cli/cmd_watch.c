#include "cli/client.h"
#include "cli/desk.h"
#include "record/alive.h"
#include "record/left.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

/* watch: the desk of a living run, from any further terminal, over its control socket. */

extern const struct nd_command nd_command_watch;

#define ASK_EVERY_MS 250
#define KEEPER_MS    15000

static const struct nd_cli_option watch_options[] = {
    {"as", "NAME", "who sits in front of it, for what is asked with keys (default: the user)", 0},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"lang", "zh|en", "language of titles", 0},
    {NULL, NULL, NULL, 0}};

struct watch {
    uv_loop_t loop;
    uv_timer_t timer;
    uv_poll_t keys;
    uv_signal_t signals[5];
    const struct nd_rundir *dir;
    struct nd_screen *screen;
    struct nd_desk *desk;
    json_t *status;
    bool gone; /* the run is not alive any more */
};

static json_t *ask(void *ctx, json_t *request)
{
    const struct watch *watch = ctx;
    json_t *answer = NULL;
    nd_control_ask(watch->dir, request, &answer, NULL);
    return answer;
}

static void look(struct watch *watch)
{
    json_t *answer = ask(watch, json_pack("{s:s}", "do", "status"));
    json_t *status = json_object_get(answer, "status");
    if (status == NULL) {
        watch->gone = !nd_rundir_is_alive(watch->dir);
        if (watch->gone)
            uv_stop(&watch->loop);
    } else {
        json_decref(watch->status);
        watch->status = json_incref(status);
        nd_desk_draw(watch->desk, status);
    }
    json_decref(answer);
}

static void time_to_look(uv_timer_t *timer)
{
    look(timer->data);
}

static void keys_came(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    (void)events;
    if (status < 0 || !nd_desk_keys(watch->desk))
        uv_stop(&watch->loop);
    else
        look(watch);
}

/* ^Z: the terminal is the shell's until we go on. */
static void stop(struct watch *watch)
{
    nd_screen_leave(watch->screen);
    kill(getpid(), SIGSTOP);
    nd_screen_enter(watch->screen);
    look(watch);
}

static void signalled(uv_signal_t *handle, int number)
{
    struct watch *watch = handle->data;
    if (number == SIGTSTP) {
        stop(watch);
    } else if (number == SIGWINCH) {
        nd_screen_resize(watch->screen);
        look(watch);
    } else {
        uv_stop(&watch->loop);
    }
}

static void play(struct watch *watch)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};
    ND_CHECK(uv_loop_init(&watch->loop) == 0);
    for (size_t i = 0; i < 5; i++) {
        uv_signal_init(&watch->loop, &watch->signals[i]);
        watch->signals[i].data = watch;
        uv_signal_start(&watch->signals[i], signalled, numbers[i]);
    }
    uv_timer_init(&watch->loop, &watch->timer);
    watch->timer.data = watch;
    uv_timer_start(&watch->timer, time_to_look, 0, ASK_EVERY_MS);
    if (isatty(0) && uv_poll_init(&watch->loop, &watch->keys, 0) == 0) {
        watch->keys.data = watch;
        nd_cli_keep_blocking(0);
        uv_poll_start(&watch->keys, UV_READABLE, keys_came);
    }
    uv_run(&watch->loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < 5; i++)
        uv_close((uv_handle_t *)&watch->signals[i], NULL);
    uv_close((uv_handle_t *)&watch->timer, NULL);
    if (watch->keys.data != NULL)
        uv_close((uv_handle_t *)&watch->keys, NULL);
    uv_run(&watch->loop, UV_RUN_DEFAULT);
    uv_loop_close(&watch->loop);
}

/* How the run ended. When it died, the keeper is putting back what it changed: it is waited for. */
static int tell_end(const struct nd_rundir *dir)
{
    const struct timespec pause = {.tv_nsec = ASK_EVERY_MS * 1000000L};
    char words[ND_LEFT_WORDS];
    struct nd_left left = nd_rundir_left(dir);
    for (int i = 0; i < KEEPER_MS / ASK_EVERY_MS && left.open != 0 && !left.closed; i++) {
        nanosleep(&pause, NULL);
        left = nd_rundir_left(dir);
    }
    nd_rundir_left_words(&left, dir->run_id, words);
    nd_client_tell("run '%s': %s", dir->run_id, words);
    return left.open != 0 ? ND_EXIT_UNRESTORED : left.closed ? ND_EXIT_OK : ND_EXIT_INCOMPLETE;
}

/* actor: NULL: the user. */
static int watch_dir(const struct nd_rundir *dir, const char *actor, bool zh)
{
    char words[ND_LEFT_WORDS];
    struct watch watch = {.dir = dir};
    const struct nd_desk_run asked = {.ask = ask, .ctx = &watch, .leaves = true};
    if (!nd_rundir_is_alive(dir)) {
        const struct nd_left left = nd_rundir_left(dir);
        nd_rundir_left_words(&left, dir->run_id, words);
        nd_client_refuse("watch", "run '%s' does not answer: %s", dir->run_id, words);
        return ND_EXIT_REFUSED;
    }
    watch.screen = nd_screen_can(1) ? nd_screen_open(0, 1, nd_cli_colour(1)) : NULL;
    if (watch.screen == NULL) {
        fprintf(stderr,
                "netdrill watch: this is no terminal that can show it; take: netdrill "
                "status %s\n",
                dir->run_id);
        return ND_EXIT_REFUSED;
    }
    watch.desk = nd_desk_new(watch.screen, &asked, actor != NULL ? actor : nd_client_user(), zh);
    play(&watch);
    nd_desk_free(watch.desk);
    nd_screen_close(watch.screen);
    json_decref(watch.status);
    return watch.gone ? tell_end(dir) : ND_EXIT_OK;
}

static int watch(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_rundir dir;
    int code = 0;
    if (nd_cli_open_run(&nd_command_watch, argc, argv, &args, &dir, &code))
        code = watch_dir(&dir, nd_cli_get(&args, "as"), nd_cli_zh(&args));
    nd_rundir_deinit(&dir);
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_watch = {
    "watch",
    "watch [RUN] [--as NAME] [--runs DIR] [--lang zh|en]",
    "The live display of a run, with its keys, from a further terminal; as many as like.\n\n"
    "  netdrill watch last --as lin\n\n"
    "q leaves it, and the drill goes on. ? tells the keys. When the run ends it says how, and what "
    "is left to do: 0, 5 for one that died, 12 for "
    "changes that are not known to be as before.",
    watch,
    ND_COMMAND_LIVING,
    watch_options};
