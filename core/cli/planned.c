#include "cli/planned.h"

bool nd_planned_try(struct nd_planned *planned, const struct nd_cli_args *args, const char *path)
{
    struct nd_work *work = &planned->work;
    *planned = (struct nd_planned){.work = {.sched = NULL}};
    if (!nd_cli_settings(args, &planned->settings))
        return false;
    return nd_work_load(work, nd_work_virtual(), path, nd_cli_get(args, "site"), 1,
                        &planned->settings) &&
           work->diags.errors == 0 && nd_preview(work, 1, &planned->rehearsal) &&
           work->diags.errors == 0;
}

bool nd_planned_load(struct nd_planned *planned, const struct nd_cli_args *args, const char *path)
{
    bool good = nd_planned_try(planned, args, path);
    if (!good)
        nd_work_print_diags(&planned->work, false);
    return good;
}

void nd_planned_deinit(struct nd_planned *planned)
{
    json_decref(planned->rehearsal.plan);
    nd_work_deinit(&planned->work);
    nd_settings_deinit(&planned->settings);
}

bool nd_planned_person(const struct nd_planned *planned, const struct nd_cli_args *args)
{
    const char *name = nd_cli_get(args, "for");
    const struct nd_site *site = planned->work.site;
    if (name == NULL || (site != NULL && nd_site_person_find(site, name) != NULL))
        return true;
    const char *near = site != NULL ? nd_site_person_nearest(site, name) : NULL;
    fprintf(stderr, "netdrill: '--for': the site file has no person '%s'%s%s%s\n", name,
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'" : "");
    return false;
}

int nd_planned_out(const struct nd_cli_args *args, const struct nd_buf *out)
{
    const char *path = nd_cli_get(args, "out");
    struct nd_fail why = {0};
    if (path == NULL) {
        fwrite(nd_buf_str(out), 1, out->len_bytes, stdout);
        return ND_EXIT_OK;
    }
    if (nd_file_write(path, nd_buf_str(out), out->len_bytes, &why) == ND_OK)
        return ND_EXIT_OK;
    fprintf(stderr, "netdrill: %s\n", why.text);
    return ND_EXIT_REFUSED;
}
