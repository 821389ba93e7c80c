#include "report/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void nd_report_json(const json_t *model, struct nd_buf *out)
{
    char *text = json_dumps(model, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
    nd_buf_addf(out, "%s\n", text);
    free(text);
}

static void render_html_zh(const json_t *model, struct nd_buf *out)
{
    nd_report_html(model, ND_LANG_ZH, out);
}

static void render_html_en(const json_t *model, struct nd_buf *out)
{
    nd_report_html(model, ND_LANG_EN, out);
}

static void render_md_zh(const json_t *model, struct nd_buf *out)
{
    nd_report_markdown(model, ND_LANG_ZH, out);
}

static void render_md_en(const json_t *model, struct nd_buf *out)
{
    nd_report_markdown(model, ND_LANG_EN, out);
}

nd_err nd_report_write(const struct nd_rundir *dir, struct nd_fail *why)
{
    static const struct {
        const char *name;
        void (*render)(const json_t *model, struct nd_buf *out);
    } files[] = {
        {"report/report.json", nd_report_json},    {"report/report.zh-TW.html", render_html_zh},
        {"report/report.en.html", render_html_en}, {"report/report.zh-TW.md", render_md_zh},
        {"report/report.en.md", render_md_en},     {"report/junit.xml", nd_report_junit}};
    json_t *model = nd_report_model(dir, why);
    nd_err err = model != NULL ? ND_OK : why != NULL ? why->code : ND_EIO;
    char *folder = nd_rundir_file(dir, "report");
    if (err == ND_OK && mkdir(folder, 0700) != 0 && errno != EEXIST)
        err = nd_fail_errno(why, errno, "cannot make '%s'", folder);
    free(folder);
    for (size_t i = 0; i < sizeof files / sizeof files[0] && err == ND_OK; i++) {
        struct nd_buf out = {0};
        char *path = nd_rundir_file(dir, files[i].name);
        files[i].render(model, &out);
        err = nd_file_write(path, nd_buf_str(&out), out.len_bytes, why);
        free(path);
        nd_buf_deinit(&out);
    }
    json_decref(model);
    return err;
}
