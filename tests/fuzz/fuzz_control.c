#include "cli/control.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>

/* Lines of the control socket, to a run that waits to be armed by nobody and has no question open:
 * each is answered with one object that says whether it was understood. */

static void ended(void *ctx)
{
    (void)ctx;
}

static struct nd_run *run_of(struct nd_sched *sched, struct nd_plugins *plugins)
{
    static struct nd_drill drill = {
        .path = "fuzz", .id = "fuzz", .hash = "sha256:0", .title = {"演練", "A drill"}, .lasts = 1};
    const struct nd_run_config config = {
        .drill = &drill, .sched = sched, .plugins = plugins, .seed = 7, .ended = ended};
    return nd_run_new(&config, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct nd_witness peer = {1000, 1, -1};
    struct nd_sched *sched = nd_sched_new_virtual(0);
    struct nd_plugins *plugins = nd_plugins_new(sched, NULL);
    struct nd_run *run = run_of(sched, plugins);
    json_t *answer = nd_control_handle(run, (const char *)bytes, len, &peer);
    const json_t *ok = json_object_get(answer, "ok");
    if (!json_is_boolean(ok) ||
        (json_is_false(ok) && !json_is_string(json_object_get(answer, "why"))))
        abort();
    char *text = json_dumps(answer, JSON_COMPACT);
    if (text == NULL)
        abort();
    free(text);
    json_decref(answer);
    nd_run_free(run);
    nd_plugins_free(plugins);
    nd_sched_free(sched);
    return 0;
}
