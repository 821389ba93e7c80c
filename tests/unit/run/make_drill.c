#include "make_drill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The stage a task is at lives in its user pointer's allocation. */
static enum nd_body_state resume(void *ctx, struct nd_task *task, nd_body_ref body,
                                 struct nd_fail *why, double *value)
{
    struct drill_kit *kit = ctx;
    int *stage = nd_task_user(task);
    if (stage == NULL) {
        stage = nd_alloc(sizeof *stage);
        nd_task_set_user(task, stage);
    }
    return kit->bodies[body](task, (*stage)++, why, value);
}

static void drop(void *ctx, struct nd_task *task)
{
    struct drill_kit *kit = ctx;
    kit->dropped++;
    free(nd_task_user(task));
}

static void on_event(void *ctx, const char *line, const json_t *event)
{
    struct drill_kit *kit = ctx;
    (void)line;
    const char *type = json_string_value(json_object_get(event, "type"));
    const char *subject = json_string_value(json_object_get(event, "subject"));
    nd_buf_addf(&kit->events, "%s%s%s\n", type + strlen("netdrill."), subject != NULL ? " " : "",
                subject != NULL ? subject : "");
    json_array_append(kit->all, (json_t *)event);
}

static void on_ended(void *ctx)
{
    struct drill_kit *kit = ctx;
    nd_sched_stop(kit->sched);
}

void drill_kit_init(struct drill_kit *kit)
{
    *kit = (struct drill_kit){.sched = nd_sched_new_virtual(ND_SEC(1700000000))};
    kit->plugins = nd_plugins_new(kit->sched, NULL);
    struct nd_fail why = {0};
    if (nd_plugins_load(kit->plugins, "pretend", &why) == NULL)
        fail_msg("%s", why.text);
    kit->all = json_array();
    kit->drill = (struct nd_drill){.path = "test",
                                   .id = "test",
                                   .hash = "sha256:0",
                                   .title = {NULL, "A test"},
                                   .lasts = ND_SEC(60),
                                   .phases = kit->phases,
                                   .guards = kit->guards};
    kit->config = (struct nd_run_config){.drill = &kit->drill,
                                         .sched = kit->sched,
                                         .plugins = kit->plugins,
                                         .bodies = {kit, resume, drop},
                                         .seed = 7,
                                         .event = on_event,
                                         .ended = on_ended,
                                         .ctx = kit};
}

static struct nd_phase *phase_of(struct drill_kit *kit, size_t p)
{
    static const char *const ids[] = {"p1", "p2", "p3", "p4"};
    struct nd_phase *phase = &kit->phases[p];
    if (p == kit->drill.phases_count) {
        *phase = (struct nd_phase){.id = ids[p],
                                   .title = {NULL, ids[p]},
                                   .steps = &kit->steps[kit->drill.steps_count],
                                   .injects = &kit->injects[kit->drill.injects_count],
                                   .index = p};
        kit->drill.phases_count++;
    }
    return phase;
}

struct nd_inject *drill_kit_inject(struct drill_kit *kit, size_t p, const char *id)
{
    static const char *const to[] = {"lin", "wang", NULL};
    static const char *const none[] = {NULL};
    size_t i = kit->drill.injects_count;
    phase_of(kit, p)->injects_count++;
    kit->drill.injects_count++;
    kit->injects[i] = (struct nd_inject){.id = id,
                                         .title = {NULL, id},
                                         .to = to,
                                         .to_count = 2,
                                         .options = none,
                                         .act = {.id = id, .title = {NULL, id}, .phase = p},
                                         .index = i,
                                         .phase = p};
    return &kit->injects[i];
}

/* Steps of a phase lie side by side in kit->steps, so phases are filled in order. */
struct nd_step *drill_kit_step(struct drill_kit *kit, size_t p, const char *id, body_fn body)
{
    struct nd_phase *phase = phase_of(kit, p);
    size_t i = kit->drill.steps_count++;
    phase->steps_count++;
    kit->steps[i] = (struct nd_step){.id = id, .title = {NULL, id}, .index = i, .phase = p};
    if (body != NULL) {
        nd_body_ref ref = 1;
        while (kit->bodies[ref] != NULL)
            ref++;
        kit->bodies[ref] = body;
        kit->steps[i].body = ref;
    }
    return &kit->steps[i];
}

void drill_kit_run(struct drill_kit *kit)
{
    struct nd_fail why = {0};
    kit->run = nd_run_new(&kit->config, &why);
    if (kit->run == NULL)
        fail_msg("%s", why.text);
    nd_run_begin(kit->run);
    nd_sched_run(kit->sched);
    assert_true(nd_run_outcome(kit->run)->ended);
}

void drill_kit_deinit(struct drill_kit *kit)
{
    nd_run_free(kit->run);
    nd_plugins_free(kit->plugins);
    nd_sched_free(kit->sched);
    nd_buf_deinit(&kit->events);
    json_decref(kit->all);
}

struct nd_call_spec *drill_kit_call(struct nd_task *task, struct nd_plugins *plugins,
                                    const char *verb, ...)
{
    struct nd_given given[8];
    size_t count = 0;
    va_list args;
    va_start(args, verb);
    for (const char *key = va_arg(args, const char *); key != NULL && count < 8;
         key = va_arg(args, const char *))
        given[count++] =
            (struct nd_given){.key = key, .kind = ND_GIVEN_TEXT, .u.text = va_arg(args, char *)};
    va_end(args);
    struct nd_arena *arena = nd_run_arena(nd_task_run(task));
    struct nd_call_spec *spec = nd_arena_alloc(arena, sizeof *spec);
    const struct nd_plugin *pretend = nd_plugins_load(plugins, "pretend", NULL);
    struct nd_diags diags = {0};
    bool good = nd_schema_check("pretend", nd_plugin_verb(pretend, verb), NULL, given, count,
                                "test", arena, spec, &diags);
    if (!good)
        fail_msg("%s", diags.list.at[0].text);
    nd_diags_deinit(&diags);
    return spec;
}

enum nd_body_state drill_kit_forever(struct nd_task *task, int stage, struct nd_fail *why,
                                     double *value)
{
    (void)stage;
    (void)why;
    (void)value;
    nd_task_sleep(task, ND_SEC(100000));
    return ND_BODY_WAITS;
}

size_t drill_kit_count(const struct drill_kit *kit, const char *type)
{
    size_t count = 0;
    while (drill_kit_event(kit, type, count) != NULL)
        count++;
    return count;
}

const json_t *drill_kit_event(const struct drill_kit *kit, const char *type, size_t n)
{
    size_t i = 0;
    json_t *event = NULL;
    json_array_foreach(kit->all, i, event)
    {
        const char *full = json_string_value(json_object_get(event, "type"));
        if (strcmp(full + strlen("netdrill."), type) == 0 && n-- == 0)
            return event;
    }
    return NULL;
}

nd_ns drill_kit_moment(const struct drill_kit *kit, const char *type, size_t n)
{
    const json_t *event = drill_kit_event(kit, type, n);
    assert_non_null(event);
    return json_integer_value(json_object_get(event, "monons"));
}

const json_t *drill_kit_data(const struct drill_kit *kit, const char *type, size_t n)
{
    const json_t *data = json_object_get(drill_kit_event(kit, type, n), "data");
    assert_non_null(data);
    return data;
}

const char *drill_kit_subject(const struct drill_kit *kit, const char *type, size_t n)
{
    const json_t *event = drill_kit_event(kit, type, n);
    assert_non_null(event);
    return json_string_value(json_object_get(event, "subject"));
}
