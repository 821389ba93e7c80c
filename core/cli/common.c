#include "cli/common.h"

#include "base/units.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool nd_cli_colour(int fd)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fd) && (no == NULL || *no == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

void nd_cli_keep_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

bool nd_cli_zh(const struct nd_cli_args *args)
{
    const char *lang = args != NULL ? nd_cli_get(args, "lang") : NULL;
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < 3 && (lang == NULL || *lang == '\0'); i++)
        lang = getenv(names[i]);
    return lang != NULL && strncmp(lang, "zh", 2) == 0;
}

const char *nd_cli_today(char *out)
{
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    strftime(out, 16, "%Y-%m-%d", &tm);
    return out;
}

void nd_cli_unread(void *command, const char *run_id, const char *why)
{
    fprintf(stderr, "netdrill %s: run '%s' is left out: %s\n", (const char *)command, run_id, why);
}

const char *nd_cli_runs(const struct nd_cli_args *args)
{
    const char *runs = nd_cli_get(args, "runs");
    return runs != NULL ? runs : "runs";
}

bool nd_cli_open_run(const struct nd_command *command, int argc, char **argv,
                     struct nd_cli_args *args, struct nd_rundir *dir, int *code)
{
    struct nd_fail why = {0};
    bool help = false;
    *dir = (struct nd_rundir){0};
    *code = ND_EXIT_USAGE;
    if (!nd_cli_parse(command, argc, argv, 0, 1, args, &help)) {
        *code = help ? ND_EXIT_OK : ND_EXIT_USAGE;
        return false;
    }
    const char *name = args->words.count > 0 ? args->words.at[0] : "last";
    if (nd_rundir_find(dir, nd_cli_runs(args), name, &why) == ND_OK)
        return true;
    fprintf(stderr, "netdrill %s: %s\n", command->name, why.text);
    return false;
}

/* ---- a scenario ---- */

struct nd_sched *nd_work_virtual(void)
{
    return nd_sched_new_virtual(ND_SEC(1767225600)); /* 2026-01-01T00:00:00Z */
}

/* A name that nothing has forbids nothing, and nobody would notice. */
static void check_forbidden(struct nd_work *work)
{
    const struct nd_policy *policy = &work->site->policy;
    const char *const *const lists[] = {policy->plugins, policy->verbs};
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; lists[l] != NULL && lists[l][i] != NULL; i++) {
            const char *name = lists[l][i];
            const char *dot = strchr(name, '.');
            char *plugin_name = strndup(name, dot != NULL ? (size_t)(dot - name) : strlen(name));
            /* Names alone: a path would load whatever lies there. */
            const struct nd_plugin *plugin = strchr(plugin_name, '/') == NULL
                                                 ? nd_plugins_load(work->plugins, plugin_name, NULL)
                                                 : NULL;
            if (plugin == NULL || (dot != NULL && nd_plugin_verb(plugin, dot + 1) == NULL))
                nd_diag_add(&work->diags, "W0604", work->site->path, policy->line, 0, 0, NULL,
                            "the policy forbids '%s', and there is no such %s here", name,
                            dot != NULL ? "verb" : "plugin");
            free(plugin_name);
        }
    }
}

bool nd_cli_settings(const struct nd_cli_args *args, struct nd_settings *settings)
{
    for (size_t i = 0; i < args->names.count; i++) {
        if (strcmp(args->names.at[i], "set") != 0)
            continue;
        const char *text = args->values.at[i];
        const char *equals = strchr(text, '=');
        if (equals == NULL || equals == text) {
            fprintf(stderr, "netdrill: '--set' takes NAME=VALUE, got '%s'\n", text);
            return false;
        }
        struct nd_setting setting = {
            nd_arena_strndup(&settings->arena, text, (size_t)(equals - text)), equals + 1};
        for (size_t k = 0; k < settings->list.count; k++) {
            if (strcmp(settings->list.at[k].name, setting.name) == 0) {
                fprintf(stderr, "netdrill: '--set %s' is given twice\n", setting.name);
                return false;
            }
        }
        nd_vec_push(&settings->list, setting);
    }
    return true;
}

void nd_plan_settings(const json_t *plan, struct nd_settings *settings)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(plan, "parameters"), name, value)
    {
        const struct nd_setting setting = {name, json_string_value(value)};
        if (setting.value != NULL)
            nd_vec_push(&settings->list, setting);
    }
}

void nd_settings_deinit(struct nd_settings *settings)
{
    nd_vec_free(&settings->list);
    nd_arena_deinit(&settings->arena);
}

bool nd_work_load(struct nd_work *work, struct nd_sched *sched, const char *path,
                  const char *site_path, uint64_t seed, const struct nd_settings *settings)
{
    *work = (struct nd_work){.sched = sched};
    char *named = site_path != NULL ? nd_strdup(site_path) : nd_scenario_site_path(path);
    if (named != NULL)
        work->site = nd_site_load(named, &work->diags);
    bool site_good = named == NULL || work->site != NULL;
    free(named);
    work->plugins = nd_plugins_new(sched, work->site);
    if (!nd_sched_is_virtual(sched))
        nd_plugins_isolate(work->plugins, -1);
    /* With a broken site every target would be unknown: its own faults are told alone. */
    if (site_good && work->site != NULL)
        check_forbidden(work);
    if (site_good)
        work->scenario =
            nd_scenario_load(path, work->site, work->plugins, seed, settings, &work->diags);
    return work->scenario != NULL;
}

void nd_work_deinit(struct nd_work *work)
{
    nd_scenario_free(work->scenario);
    nd_plugins_free(work->plugins);
    nd_site_free(work->site);
    nd_sched_free(work->sched);
    nd_diags_deinit(&work->diags);
}

void nd_work_print_diags(struct nd_work *work, bool json)
{
    struct nd_buf out = {0};
    nd_diags_sort(&work->diags);
    if (json)
        nd_diags_json(&work->diags, &out);
    else
        nd_diags_print(&work->diags, nd_cli_colour(2), &out);
    fputs(nd_buf_str(&out), json ? stdout : stderr);
    nd_buf_deinit(&out);
}

/* ---- a rehearsal ---- */

struct rehearsing {
    struct nd_work *work;
    json_t *plan;
    bool faults; /* what stops a body is a fault of the scenario */
    nd_ns t0;    /* STARTEX, on the scheduler's clock */
    void (*event)(void *ctx, const char *line, const json_t *event);
    void *ctx;
};

/* What stopped a body: where it stands, or, when it is about no line, in a note. */
static void tell_fault(struct rehearsing *r, const char *what, const json_t *of)
{
    const char *why = json_string_value(json_object_get(of, "why"));
    if (why != NULL && !nd_scenario_complain(r->work->scenario, why, &r->work->diags))
        fprintf(stderr,
                "note: %s in a rehearsal in which all goes well: %s; see 'netdrill rehearse'\n",
                what, why);
}

static void find_faults(struct rehearsing *r, const char *type, const json_t *event,
                        const json_t *data)
{
    const char *state = json_string_value(json_object_get(data, "state"));
    const char *when = json_string_value(json_object_get(data, "when"));
    const json_t *fail = NULL;
    size_t i = 0;
    if (strcmp(type, "netdrill.step.ended") == 0 && state != NULL && strcmp(state, "failed") == 0) {
        char *what =
            nd_printf("step '%s' fails", json_string_value(json_object_get(event, "subject")));
        tell_fault(r, what, data);
        free(what);
    }
    if (strcmp(type, "netdrill.baseline.ended") != 0)
        return;
    json_array_foreach(json_object_get(data, "fails"), i, fail)
    {
        tell_fault(r,
                   when != NULL && strcmp(when, "after") == 0
                       ? "the baseline does not hold after restoring"
                       : "the baseline does not hold",
                   fail);
    }
}

static void on_event(void *ctx, const char *line, const json_t *event)
{
    struct rehearsing *r = ctx;
    const char *type = json_string_value(json_object_get(event, "type"));
    const json_t *data = json_object_get(event, "data");
    if (strcmp(type, "netdrill.run.started") == 0)
        r->t0 = json_integer_value(json_object_get(event, "monons"));
    if (r->faults)
        find_faults(r, type, event, data);
    if (strcmp(type, "netdrill.confirm.asked") == 0) {
        json_t *entry =
            json_pack("{s:O, s:O, s:O, s:O}", "step", json_object_get(data, "step"), "text",
                      json_object_get(data, "sentence"), "by", json_object_get(data, "by"),
                      "within_ns", json_object_get(data, "within_ns"));
        json_array_append_new(json_object_get(r->plan, "confirmations"), entry);
    }
    if (r->event != NULL)
        r->event(r->ctx, line, event);
}

/* Each verb once, with what it needs of the system. */
static void note_verb(json_t *verbs, const struct nd_call_spec *spec)
{
    char name[160];
    size_t i = 0;
    json_t *entry = NULL;
    snprintf(name, sizeof name, "%s.%s", spec->plugin, spec->verb->name);
    json_array_foreach(verbs, i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "verb")), name) == 0)
            return;
    }
    json_array_append_new(verbs,
                          json_pack("{s:s, s:s}", "verb", name, "rights", spec->verb->rights));
}

static void complain_call(struct rehearsing *r, const struct nd_call_spec *spec, const char *code,
                          const char *help, const char *why)
{
    int column = 0;
    int width = 0;
    nd_scenario_place(r->work->scenario, spec->verb->name, spec->line, &column, &width);
    nd_diag_add(&r->work->diags, code, nd_scenario_drill(r->work->scenario)->path, spec->line,
                column, width, help, "%s", why);
}

/* A change that is put back as it is made, or is to be after the drill: "T+01:40" is no 100 s. */
static void check_restore_by(struct rehearsing *r, const struct nd_call_spec *spec)
{
    char by[ND_UNIT_TEXT];
    char other[ND_UNIT_TEXT];
    struct nd_fail why = {0};
    nd_ns lasts = nd_scenario_drill(r->work->scenario)->lasts;
    nd_ns now = nd_sched_now(r->work->sched) - r->t0;
    nd_ns at = spec->common.restore_by;
    if (at < 0 || (at > now && at <= lasts))
        return;
    nd_moment_format(at, by);
    nd_moment_format(at <= now ? now : lasts, other);
    if (at <= now)
        nd_fail_set(&why, ND_EARG,
                    "'restore_by' is %s, but it is %s already when the change is made", by, other);
    else
        nd_fail_set(&why, ND_EARG, "'restore_by' is %s, but the drill ends at %s", by, other);
    complain_call(r, spec, "E0308", "moments are hours:minutes, or hours:minutes:seconds",
                  why.text);
}

static void on_called(void *ctx, const struct nd_step *step, const struct nd_call_spec *spec,
                      nd_ns every)
{
    struct rehearsing *r = ctx;
    bool changes = (spec->verb->flags & ND_VERB_CHANGES) != 0;
    const char *step_id = step != NULL ? step->id : "";
    note_verb(json_object_get(r->plan, "verbs"), spec);
    if (r->faults)
        check_restore_by(r, spec);
    if (changes || every != 0) {
        char *text = nd_schema_args_json(spec->verb, &spec->args);
        json_t *entry =
            json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:o, s:I, s:I, s:b, s:I}", "step", step_id,
                      "plugin", spec->plugin, "verb", spec->verb->name, "target",
                      spec->target != NULL ? spec->target->target.name : NULL, "vantage",
                      spec->common.from != NULL ? spec->common.from
                      : spec->target != NULL    ? spec->target->vantage
                                                : NULL,
                      "args", json_loads(text, 0, NULL), "lease_ns", (json_int_t)spec->common.lease,
                      "restore_by_ns", (json_int_t)spec->common.restore_by, "arbitrary",
                      (spec->verb->flags & ND_VERB_ARBITRARY) != 0, "every_ns", (json_int_t)every);
        free(text);
        json_array_append_new(json_object_get(r->plan, changes ? "changes" : "measures"), entry);
    }
    if ((spec->verb->flags & ND_VERB_ARBITRARY) != 0)
        json_array_append_new(json_object_get(r->plan, "not_previewed"),
                              json_pack("{s:s, s:s+++}", "step", step_id, "why", spec->plugin, ".",
                                        spec->verb->name, " runs a program of yours"));
}

static void on_refused(void *ctx, const struct nd_call_spec *spec, const char *code,
                       const char *why)
{
    complain_call(ctx, spec, code, NULL, why);
}

static void on_ended(void *ctx)
{
    const struct rehearsing *r = ctx;
    nd_sched_stop(r->work->sched);
}

static bool rehearse(struct rehearsing *r, const struct nd_script *script, uint64_t seed,
                     const struct nd_rundir *dir, bool preview, struct nd_rehearsal *rehearsal)
{
    struct nd_fail why = {0};
    struct nd_work *work = r->work;
    const struct nd_drill *drill = nd_scenario_drill(work->scenario);
    r->plan = nd_plan_json(drill, work->site, seed);
    const struct nd_run_config config = {
        .drill = drill,
        .site = work->site,
        .sched = work->sched,
        .plugins = work->plugins,
        .bodies = nd_scenario_bodies(work->scenario),
        .dir = dir,
        .seed = seed,
        .answers = script->answers.at,
        .answers_count = script->answers.count,
        .fails = script->fails.at,
        .fails_count = script->fails.count,
        .event = on_event,
        .called = on_called,
        .refused = preview ? on_refused : NULL,
        .ended = on_ended,
        .ctx = r,
    };
    *rehearsal = (struct nd_rehearsal){.plan = r->plan};
    struct nd_run *run = nd_run_new(&config, &why);
    if (run == NULL) {
        fprintf(stderr, "netdrill: %s\n", why.text);
        return false;
    }
    nd_run_begin(run);
    nd_sched_run(work->sched);
    rehearsal->outcome = *nd_run_outcome(run);
    nd_run_free(run);
    return true;
}

bool nd_rehearse(struct nd_work *work, const struct nd_script *script, uint64_t seed,
                 const struct nd_rundir *dir,
                 void (*event)(void *ctx, const char *line, const json_t *event), void *ctx,
                 struct nd_rehearsal *rehearsal)
{
    struct rehearsing r = {.work = work, .event = event, .ctx = ctx};
    return rehearse(&r, script, seed, dir, false, rehearsal);
}

bool nd_preview(struct nd_work *work, uint64_t seed, struct nd_rehearsal *rehearsal)
{
    const struct nd_script none = {0};
    struct rehearsing r = {.work = work};
    return rehearse(&r, &none, seed, NULL, true, rehearsal);
}

bool nd_preview_faults(struct nd_work *work, struct nd_rehearsal *rehearsal)
{
    const struct nd_script none = {0};
    struct rehearsing r = {.work = work, .faults = true};
    return rehearse(&r, &none, 1, NULL, true, rehearsal);
}
