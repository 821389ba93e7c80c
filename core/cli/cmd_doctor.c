#include "cli/common.h"

#include "cli/doctor.h"
#include "cli/preflight.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* doctor: would a drill work here, and what did earlier ones leave? */

extern const struct nd_command nd_command_doctor;

static const struct nd_cli_option doctor_options[] = {
    {"site", "FILE", "use this site file, not the one the scenario names", 0},
    {"set", "NAME=VALUE", "a parameter of the scenario", ND_CLI_REPEAT},
    {"runs", "DIR", "where runs are kept (default: runs)", 0},
    {"json", NULL, "the findings as JSON on stdout", 0},
    {NULL, NULL, NULL, 0}};

static const char *const states[] = {"ok", "warning", "failure"};

void nd_doctor_add(struct nd_doctor *doctor, const char *area, const char *name,
                   enum nd_finding state, const char *remedy, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    doctor->warnings += state == ND_FINDING_WARN;
    doctor->failures += state == ND_FINDING_FAIL;
    json_array_append_new(doctor->findings,
                          json_pack("{s:s, s:s, s:s, s:s, s:s?}", "area", area, "name", name,
                                    "state", states[state], "text", text, "remedy", remedy));
}

/* ---- rights ---- */

static const struct {
    const char *name;
    unsigned number;
} capabilities[] = {{"CAP_NET_ADMIN", ND_CAP_NET_ADMIN},
                    {"CAP_SYS_ADMIN", ND_CAP_SYS_ADMIN},
                    {"CAP_NET_RAW", ND_CAP_NET_RAW},
                    {"CAP_NET_BIND_SERVICE", ND_CAP_NET_BIND_SERVICE}};
#define CAPABILITIES_COUNT (sizeof capabilities / sizeof capabilities[0])

/* The first that a text names and we lack; NULL: none. */
static const char *lacking(const char *rights)
{
    for (size_t i = 0; i < CAPABILITIES_COUNT; i++) {
        if (strstr(rights, capabilities[i].name) != NULL &&
            !nd_has_capability(capabilities[i].number))
            return capabilities[i].name;
    }
    return NULL;
}

static void check_verbs(struct nd_doctor *doctor, const json_t *plan, bool lab)
{
    size_t i = 0;
    json_t *verb = NULL;
    json_array_foreach(json_object_get(plan, "verbs"), i, verb)
    {
        const char *rights = json_string_value(json_object_get(verb, "rights"));
        const char *name = json_string_value(json_object_get(verb, "verb"));
        const char *missing = lacking(rights);
        if (missing == NULL)
            nd_doctor_add(doctor, "rights", name, ND_FINDING_OK, NULL, "needs: %s", rights);
        else
            nd_doctor_add(doctor, "rights", name,
                          lab || strstr(rights, " or ") != NULL ? ND_FINDING_WARN : ND_FINDING_FAIL,
                          lab ? "run it with --lab, or as root" : "run it as root",
                          "needs: %s; %s is not held", rights, missing);
    }
}

static void check_user(struct nd_doctor *doctor)
{
    for (size_t i = 0; i < 3; i++) {
        bool held = nd_has_capability(capabilities[i].number);
        nd_doctor_add(doctor, "rights", capabilities[i].name,
                      held ? ND_FINDING_OK : ND_FINDING_WARN,
                      held ? NULL : "run as root outside of labs", "%s",
                      held ? "held" : "not held: labs of one's own (--lab) and probes alone");
    }
}

/* ---- the scenario ---- */

static void check_hours(struct nd_doctor *doctor, const struct nd_work *work)
{
    struct nd_fail why = {0};
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    int64_t now = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
    nd_ns lasts = nd_scenario_drill(work->scenario)->lasts;
    if (work->site == NULL || !work->site->policy.given)
        nd_doctor_add(doctor, "policy", "site", ND_FINDING_WARN,
                      "write a policy into the site file: docs/site.md",
                      "the site has no policy: only may_be_disturbed limits a drill");
    else if (nd_policy_time(&work->site->policy, now, now + lasts, &why) != NULL)
        nd_doctor_add(doctor, "policy", "hours", ND_FINDING_FAIL, "wait for the policy's hours",
                      "%s", why.text);
    else
        nd_doctor_add(doctor, "policy", "site", ND_FINDING_OK, NULL, "it allows this drill, now");
}

static void check_programs(struct nd_doctor *doctor, const struct nd_site *site)
{
    size_t from = 0;
    size_t before = doctor->failures;
    for (const struct nd_site_program *missing = nd_site_missing_program(site, &from);
         missing != NULL; missing = nd_site_missing_program(site, &from)) {
        char *remedy = nd_printf("apt-get install %s", missing->package);
        nd_doctor_add(doctor, "lab", missing->program, ND_FINDING_FAIL, remedy,
                      "not installed; daemon '%s' of host '%s' needs it", missing->daemon,
                      missing->host);
        free(remedy);
    }
    if (site->programs.count != 0 && doctor->failures == before)
        nd_doctor_add(doctor, "lab", "daemons", ND_FINDING_OK, NULL, "their programs are there");
}

/* Fills in what the rest wants to know: whether there is a lab, and the site's name. */
static void check_scenario(struct nd_doctor *doctor, const struct nd_cli_args *args, bool *lab,
                           char **site_name)
{
    const char *path = args->words.at[0];
    struct nd_work work = {.sched = NULL};
    struct nd_rehearsal rehearsal = {.plan = NULL};
    struct nd_fail why = {0};
    json_t *saved = NULL;
    size_t len = strlen(path);
    if (len > 5 && strcmp(path + len - 5, ".plan") == 0) {
        if (nd_plan_load(path, &saved, &why) != ND_OK) {
            nd_doctor_add(doctor, "scenario", path, ND_FINDING_FAIL, "netdrill plan", "%s",
                          why.text);
            return;
        }
        const char *named =
            json_string_value(json_object_get(json_object_get(saved, "drill"), "scenario"));
        path = named != NULL ? named : "";
    }
    struct nd_settings settings = {.list = {NULL, 0, 0}};
    nd_plan_settings(saved, &settings);
    bool good =
        (saved != NULL || nd_cli_settings(args, &settings)) &&
        nd_work_load(&work, nd_work_virtual(), path, nd_cli_get(args, "site"), 1, &settings) &&
        nd_preview(&work, 1, &rehearsal);
    if (work.site != NULL) {
        *lab = work.site->has_lab;
        *site_name = nd_strdup(work.site->name);
        check_programs(doctor, work.site);
        nd_doctor_field(doctor, work.site);
    }
    if (!good || work.diags.errors != 0)
        nd_doctor_add(doctor, "scenario", path, ND_FINDING_FAIL, "netdrill lint",
                      "%zu errors, %zu warnings; the first: %s", work.diags.errors,
                      work.diags.warnings,
                      work.diags.list.count != 0 ? work.diags.list.at[0].text : "");
    else if (saved != NULL &&
             nd_plan_check_fresh(saved, nd_scenario_drill(work.scenario), work.site, &why) != ND_OK)
        nd_doctor_add(doctor, "scenario", args->words.at[0], ND_FINDING_FAIL, "netdrill plan", "%s",
                      why.text);
    else
        nd_doctor_add(doctor, "scenario", path, ND_FINDING_OK, NULL, "it can be played");
    if (good) {
        check_verbs(doctor, rehearsal.plan, *lab);
        check_hours(doctor, &work);
    }
    nd_settings_deinit(&settings);
    json_decref(rehearsal.plan);
    json_decref(saved);
    nd_work_deinit(&work);
}

/* ---- showing ---- */

static void print_table(const struct nd_doctor *doctor)
{
    static const char *const marks[] = {"\u2713", "!", "\u2717"};
    static const char *const colours[] = {"32", "33", "1;31"};
    bool colour = nd_cli_colour(1);
    size_t i = 0;
    json_t *f = NULL;
    json_array_foreach(doctor->findings, i, f)
    {
        size_t state = 0;
        while (state < ND_FINDING_FAIL &&
               strcmp(states[state], json_string_value(json_object_get(f, "state"))) != 0)
            state++;
        const char *remedy = json_string_value(json_object_get(f, "remedy"));
        printf("%s%s%s%s%s %-9s %-18s %s\n", colour ? "\033[" : "", colour ? colours[state] : "",
               colour ? "m" : "", marks[state], colour ? "\033[0m" : "",
               json_string_value(json_object_get(f, "area")),
               json_string_value(json_object_get(f, "name")),
               json_string_value(json_object_get(f, "text")));
        if (remedy != NULL)
            printf("                               -> %s\n", remedy);
    }
    printf("\n%zu failures, %zu warnings\n", doctor->failures, doctor->warnings);
}

static void print_json(const struct nd_doctor *doctor)
{
    json_t *all = json_pack("{s:s, s:b, s:O}", "schema", "netdrill.doctor/1", "ok",
                            doctor->failures == 0, "findings", doctor->findings);
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    printf("%s\n", text);
    free(text);
    json_decref(all);
}

static int doctor(int argc, char **argv)
{
    struct nd_cli_args args;
    struct nd_doctor doctor_ = {.findings = json_array()};
    bool help = false;
    bool lab = false;
    char *site_name = NULL;
    int code = ND_EXIT_USAGE;
    if (nd_cli_parse(&nd_command_doctor, argc, argv, 0, 1, &args, &help)) {
        const char *runs = nd_cli_runs(&args);
        if (args.words.count != 0)
            check_scenario(&doctor_, &args, &lab, &site_name);
        else
            check_user(&doctor_);
        nd_doctor_kernel(&doctor_, lab);
        nd_doctor_clock(&doctor_);
        nd_doctor_disk(&doctor_, runs);
        nd_doctor_fonts(&doctor_);
        nd_doctor_locks(&doctor_);
        nd_doctor_leftovers(&doctor_, runs, site_name);
        if (nd_cli_get(&args, "json") != NULL)
            print_json(&doctor_);
        else
            print_table(&doctor_);
        code = doctor_.failures == 0 ? ND_EXIT_OK : ND_EXIT_REFUSED;
    }
    free(site_name);
    json_decref(doctor_.findings);
    nd_cli_args_deinit(&args);
    return help ? ND_EXIT_OK : code;
}

const struct nd_command nd_command_doctor = {
    "doctor",
    "doctor [SCENARIO|PLAN] [--runs DIR] [--json]",
    "Tells whether a drill would work here, and what earlier ones left.\n\n"
    "  netdrill doctor\n"
    "  netdrill doctor drills/disaster-roaming.lua",
    doctor,
    0,
    doctor_options};
