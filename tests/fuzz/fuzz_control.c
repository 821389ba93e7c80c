#include "base/units.h"
#include "cli/control.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>

/* Lines of the control socket, to a drill under way with one inject that waits for a decision and
 * one whose moment is to come: each is answered with one object that says whether it was
 * understood, and the drill goes on to its end. */

static const char *const to[] = {"lin", "wang", NULL};
static const char *const options[] = {"open", "wait", NULL};
static const char *const none[] = {NULL};
static const struct nd_inject injects[] = {{.id = "a",
                                            .title = {"是否開放？", "Open?"},
                                            .kind = ND_INJECT_DECISION,
                                            .to = to,
                                            .to_count = 2,
                                            .react_within = ND_SEC(10),
                                            .options = options,
                                            .act = {.id = "a"}},
                                           {.id = "b",
                                            .title = {"消息", "News"},
                                            .to = to,
                                            .to_count = 2,
                                            .at_given = true,
                                            .at = ND_SEC(2),
                                            .options = none,
                                            .act = {.id = "b"},
                                            .index = 1}};
static const struct nd_phase phase = {
    .id = "p1", .title = {"一", "One"}, .injects = injects, .injects_count = 2};
static const struct nd_drill drill = {.path = "fuzz",
                                      .id = "fuzz",
                                      .hash = "sha256:0",
                                      .title = {"演練", "A drill"},
                                      .lasts = ND_SEC(3),
                                      .phases = &phase,
                                      .phases_count = 1,
                                      .injects_count = 2};

struct fuzzed {
    struct nd_sched *sched;
    struct nd_run *run;
    const char *line;
    size_t len;
};

static void ended(void *ctx)
{
    const struct fuzzed *fuzzed = ctx;
    nd_sched_stop(fuzzed->sched);
}

static void handle(void *ctx)
{
    static const struct nd_witness peer = {1000, 1, -1};
    const struct fuzzed *fuzzed = ctx;
    bool durable = false;
    json_t *answer = nd_control_handle(fuzzed->run, fuzzed->line, fuzzed->len, &peer, &durable);
    const json_t *ok = json_object_get(answer, "ok");
    if (!json_is_boolean(ok) || (durable && json_is_false(ok)) ||
        (json_is_false(ok) && !json_is_string(json_object_get(answer, "why"))))
        abort();
    char *text = json_dumps(answer, JSON_COMPACT);
    if (text == NULL)
        abort();
    free(text);
    json_decref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct nd_sched *sched = nd_sched_new_virtual(0);
    struct nd_plugins *plugins = nd_plugins_new(sched, NULL);
    struct fuzzed fuzzed = {.sched = sched, .line = (const char *)bytes, .len = len};
    const struct nd_run_config config = {
        .drill = &drill, .sched = sched, .plugins = plugins, .ended = ended, .ctx = &fuzzed};
    fuzzed.run = nd_run_new(&config, NULL);
    nd_sched_at(sched, ND_SEC(1), handle, &fuzzed);
    nd_run_begin(fuzzed.run);
    nd_sched_run(sched);
    if (!nd_run_outcome(fuzzed.run)->ended)
        abort();
    nd_run_free(fuzzed.run);
    nd_plugins_free(plugins);
    nd_sched_free(sched);
    return 0;
}
