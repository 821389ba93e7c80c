#include "lab.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A lab of network namespaces, as the site file's lab section says. To undo build is to take it all
 * away; stop is about one of its daemons. */

nd_err lab_fail(struct job *job, nd_err err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(job->why, sizeof job->why, fmt, args);
    va_end(args);
    job->err = err;
    return err;
}

void lab_netns(const struct job *job, const char *host, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "/run/netns/nd-%.40s-%.40s", job->site, host);
}

const char *lab_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void job_work(void *ctx)
{
    struct job *job = ctx;
    job->work(job);
}

static void job_done(void *ctx)
{
    struct job *job = ctx;
    const struct nd_host *host = job->self->host;
    if (job->said[0] != '\0')
        host->log(host, ND_WARN, "%s", job->said);
    free(job->site);
    free(job->hosts);
    free(job->logs);
    json_decref(job->lab);
    json_decref(job->files);
    job->site = job->hosts = job->logs = NULL;
    job->lab = job->files = NULL;
    host->finish(job->op, job->err, job->err != ND_OK ? job->why : NULL);
}

/* The site's name and lab section, checked. */
static nd_err read_lab(struct lab *self, struct nd_op *op, struct job *job)
{
    const struct nd_host *host = self->host;
    const char *site = host->site_json(op, "site");
    const char *lab = host->site_json(op, "lab");
    job->self = self;
    job->op = op;
    job->lab = lab != NULL ? json_loads(lab, 0, NULL) : NULL;
    const char *files = host->site_json(op, "files");
    job->files = files != NULL ? json_loads(files, 0, NULL) : NULL;
    json_t *name = site != NULL ? json_loads(site, JSON_DECODE_ANY, NULL) : NULL;
    job->site = json_is_string(name) ? strdup(json_string_value(name)) : NULL;
    json_decref(name);
    nd_err err = ND_OK;
    if (job->lab == NULL || job->site == NULL)
        err = lab_fail(job, ND_EARG, "the site file has no 'lab:' section");
    else
        err = lab_check(job);
    if (err != ND_OK)
        host->log(host, ND_INFO, "lab: %s", job->why);
    return err;
}

static void drop_lab(struct job *job)
{
    free(job->site);
    free(job->logs);
    json_decref(job->lab);
    json_decref(job->files);
    job->site = job->logs = NULL;
    job->lab = job->files = NULL;
}

static nd_err build_plan(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct lab *lab = self;
    struct job *job = lab->host->state(op, sizeof *job);
    char *hosts = NULL;
    size_t bytes = 0;
    size_t i = 0;
    const char *name = NULL;
    json_t *host = NULL;
    (void)args;
    nd_err err = read_lab(lab, op, job);
    if (err == ND_OK) {
        FILE *out = open_memstream(&hosts, &bytes);
        json_object_foreach(json_object_get(job->lab, "hosts"), name, host)
            fprintf(out, "%s ", name);
        json_array_foreach(json_object_get(job->lab, "links"), i, host)
        {
            if (json_object_get(host, "line") != NULL)
                fprintf(out, LAB_MIDDLE "%zu ", i);
        }
        fclose(out);
        lab->host->undo_note(op, "site", job->site);
        lab->host->undo_note(op, "hosts", hosts);
        free(hosts);
    }
    drop_lab(job);
    return err;
}

static nd_err build_start(void *self, const struct nd_args *args, struct nd_op *op)
{
    struct lab *lab = self;
    struct job *job = lab->host->state(op, sizeof *job);
    nd_err err = read_lab(lab, op, job);
    if (err != ND_OK) {
        drop_lab(job);
        return err;
    }
    job->logs = args->at[0].u.text != NULL ? strdup(args->at[0].u.text) : NULL;
    return lab_offload(job, lab_build);
}

nd_err lab_offload(struct job *job, void (*work)(struct job *))
{
    job->work = work;
    return job->self->host->offload(job->op, job_work, job_done, job);
}

static nd_err by_notes(struct lab *self, const struct nd_note *noted, struct nd_op *op,
                       void (*work)(struct job *))
{
    struct job *job = self->host->state(op, sizeof *job);
    job->self = self;
    job->op = op;
    for (; noted->key != NULL; noted++) {
        if (strcmp(noted->key, "site") == 0)
            job->site = strdup(noted->value);
        else if (strcmp(noted->key, "hosts") == 0)
            job->hosts = strdup(noted->value);
        else if (strcmp(noted->key, "host") == 0)
            snprintf(job->host, sizeof job->host, "%s", noted->value);
        else if (strcmp(noted->key, "daemon") == 0)
            snprintf(job->daemon, sizeof job->daemon, "%s", noted->value);
    }
    if (job->site == NULL || (job->hosts == NULL && job->daemon[0] == '\0'))
        return ND_EARG;
    return lab_offload(job, work);
}

static int is_stop(const char *verb)
{
    return strcmp(verb, lab_verb_stop.name) == 0;
}

static nd_err lab_undo(void *self, const char *verb, const struct nd_note *noted, struct nd_op *op)
{
    return by_notes(self, noted, op, is_stop(verb) ? lab_start_again : lab_remove);
}

static nd_err lab_verified(void *self, const char *verb, const struct nd_note *noted,
                           struct nd_op *op)
{
    return by_notes(self, noted, op, is_stop(verb) ? lab_runs : lab_verify);
}

static nd_err lab_proved(void *self, const char *verb, const struct nd_note *noted,
                         struct nd_op *op)
{
    return by_notes(self, noted, op, is_stop(verb) ? lab_is_stopped : lab_prove);
}

static const struct nd_option build_options[] = {
    {"logs",
     "directory for what the lab's daemons print; without, it lies with the lab and goes with it",
     "", ND_TEXT, 0, 1, 0, NULL, NULL},
    {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL}};
static const struct nd_reading no_readings[] = {{NULL, NULL, NULL, 0}};
static const struct nd_verb verb_build = {
    .struct_size = sizeof verb_build,
    .flags = ND_VERB_CHANGES,
    .name = "build",
    .help =
        "Makes the site's lab: network namespaces, links, addresses, routes, simulated services, "
        "real daemons.",
    .rights = "CAP_SYS_ADMIN, CAP_NET_ADMIN; CAP_NET_RAW, CAP_NET_BIND_SERVICE, CAP_KILL and "
              "CAP_SYS_PTRACE for what it starts; or a user namespace of its own",
    .options = build_options,
    .readings = no_readings,
    .plan_undo = build_plan,
    .start = build_start,
};
static const struct nd_verb *const verbs[] = {&verb_build, &lab_verb_stop, NULL};

static nd_err lab_open(const struct nd_host *host, void **self)
{
    struct lab *lab = calloc(1, sizeof *lab);
    Dl_info info;
    if (lab == NULL)
        return ND_EIO;
    lab->host = host;
    /* The lab's programs lie beside this object. */
    if (dladdr((const void *)verbs, &info) != 0 && info.dli_fname != NULL) {
        const char *slash = strrchr(info.dli_fname, '/');
        int len = slash != NULL ? (int)(slash - info.dli_fname) : 1;
        const char *dir = slash != NULL ? info.dli_fname : ".";
        snprintf(lab->reflect, sizeof lab->reflect, "%.*s/netdrill-reflect", len, dir);
        snprintf(lab->emulate, sizeof lab->emulate, "%.*s/netdrill-emulate", len, dir);
        snprintf(lab->daemon, sizeof lab->daemon, "%.*s/netdrill-daemon", len, dir);
    }
    *self = lab;
    return ND_OK;
}

static const struct nd_plugin plugin = {
    sizeof plugin, ND_ABI_MAJOR, ND_ABI_MINOR,
    "lab",         "1.0",        "a lab of network namespaces from the site file",
    verbs,         lab_open,     free,
    lab_undo,      lab_verified, lab_proved};

ND_EXPORT const struct nd_plugin *nd_plugin_entry(void)
{
    return &plugin;
}
