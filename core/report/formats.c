#include "report/audience.h"
#include "report/internal.h"
#include "report/template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The formats by name, and the files that a run leaves. */

void nd_report_json(const json_t *model, struct nd_buf *out)
{
    char *text = json_dumps(model, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
    nd_buf_addf(out, "%s\n", text);
    free(text);
}

nd_err nd_report_render(const json_t *model, const struct nd_rendering *how, struct nd_buf *out,
                        struct nd_fail *why)
{
    const char *format = how->format;
    static const struct {
        const char *name;
        void (*render)(const json_t *model, struct nd_buf *out);
        void (*render_lang)(const json_t *model, enum nd_lang lang, struct nd_buf *out);
    } list[] = {{"html", NULL, nd_report_html},       {"md", NULL, nd_report_markdown},
                {"json", nd_report_json, NULL},       {"junit", nd_report_junit, NULL},
                {"grafana", NULL, nd_report_grafana}, {"openmetrics", nd_report_openmetrics, NULL}};
    bool is_csv = strcmp(format, "csv") == 0;
    bool is_stix = strcmp(format, "stix") == 0;
    if (is_csv && how->table == NULL)
        return nd_fail_set(why, ND_EARG, "csv is one table: say which with --table");
    if (!is_csv && how->table != NULL)
        return nd_fail_set(why, ND_EARG, "'--table' goes with '--format csv' alone");
    if (!is_stix && how->tlp != NULL)
        return nd_fail_set(why, ND_EARG, "'--tlp' goes with '--format stix' alone");
    if (is_csv)
        return nd_report_csv(model, how->lang, how->table, out, why);
    if (strcmp(format, "ods") == 0)
        return nd_report_ods(model, how->lang, out, why);
    if (is_stix)
        return nd_report_stix(model, how->lang, how->tlp, out, why);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (strcmp(list[i].name, format) != 0)
            continue;
        if (list[i].render != NULL)
            list[i].render(model, out);
        else
            list[i].render_lang(model, how->lang, out);
        return ND_OK;
    }
    return nd_fail_set(why, ND_EARG, "'--format' takes " ND_REPORT_FORMATS ", got '%s'", format);
}

/* The directory of the files, made. Caller frees; NULL: why tells. */
static char *make_folder(const struct nd_rundir *dir, const char *audience, struct nd_fail *why)
{
    char *folder = nd_rundir_file(dir, "report");
    for (int level = 0; level < 2; level++) {
        if (level == 1 && audience == NULL)
            break;
        if (level == 1) {
            char *below = nd_printf("%s/for-%s", folder, audience);
            for (char *c = strrchr(below, '/') + 1; *c != '\0'; c++) {
                if (*c == ':')
                    *c = '-';
            }
            free(folder);
            folder = below;
        }
        if (mkdir(folder, 0700) == 0 || errno == EEXIST)
            continue;
        nd_fail_errno(why, errno, "cannot make '%s'", folder);
        free(folder);
        return NULL;
    }
    return folder;
}

static nd_err write_files(const json_t *model, const char *stem, bool interim, struct nd_fail *why)
{
    static const struct {
        const char *ending;
        struct nd_rendering how;
    } files[] = {{".json", {.format = "json", .lang = ND_LANG_EN}},
                 {".zh-TW.html", {.format = "html", .lang = ND_LANG_ZH}},
                 {".en.html", {.format = "html", .lang = ND_LANG_EN}},
                 {".zh-TW.md", {.format = "md", .lang = ND_LANG_ZH}},
                 {".en.md", {.format = "md", .lang = ND_LANG_EN}},
                 {".zh-TW.ods", {.format = "ods", .lang = ND_LANG_ZH}},
                 {".en.ods", {.format = "ods", .lang = ND_LANG_EN}},
                 {".junit.xml", {.format = "junit", .lang = ND_LANG_EN}}};
    nd_err err = ND_OK;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && err == ND_OK; i++) {
        struct nd_buf out = {0};
        /* junit.xml by its usual name, which build servers look for. */
        bool usual = strcmp(files[i].how.format, "junit") == 0 && !interim;
        int before = usual ? (int)(strrchr(stem, '/') + 1 - stem) : (int)strlen(stem);
        char *path = nd_printf("%.*s%s", before, stem, files[i].ending + usual);
        err = nd_report_render(model, &files[i].how, &out, why);
        if (err == ND_OK)
            err = nd_file_write(path, nd_buf_str(&out), out.len_bytes, why);
        free(path);
        nd_buf_deinit(&out);
    }
    return err;
}

/* Every interruption, where the model holds the longest alone; else none is left from before. */
static nd_err write_list(const json_t *model, const struct nd_rundir *dir, const char *stem,
                         struct nd_fail *why)
{
    char *path = nd_printf("%s.interruptions.csv", stem);
    nd_err err = ND_OK;
    if (nd_model_leaves_out(model))
        err = nd_model_list(model, dir, path, why);
    else
        unlink(path);
    free(path);
    return err;
}

/* What holds for all runs of the directory; a fault of it is told on the pages. */
static void take_common_template(json_t *model, const struct nd_rundir *dir)
{
    struct nd_fail why = {0};
    char *path = nd_printf("%s/../" ND_TEMPLATE_FILE, dir->path);
    if (access(path, F_OK) == 0 && nd_report_template(model, path, &why) != ND_OK)
        json_object_set_new(json_object_get(model, "run"), "template_fault",
                            json_string(strstr(why.text, ND_TEMPLATE_FILE) != NULL
                                            ? strstr(why.text, ND_TEMPLATE_FILE)
                                            : why.text));
    free(path);
}

json_t *nd_report_open(const struct nd_rundir *dir, const struct nd_reader *reader,
                       struct nd_fail *why)
{
    json_t *model = nd_report_model(dir, why);
    nd_err err = model != NULL ? ND_OK : why->code;
    if (err == ND_OK && reader != NULL && reader->audience != NULL)
        err = nd_report_for(model, dir, reader->audience, why);
    if (err == ND_OK && reader != NULL && reader->template_path != NULL)
        err = nd_report_template(model, reader->template_path, why);
    else if (err == ND_OK)
        take_common_template(model, dir);
    if (err == ND_OK)
        return model;
    json_decref(model);
    return NULL;
}

nd_err nd_report_write(const struct nd_rundir *dir, const struct nd_reader *reader, char **stem,
                       struct nd_fail *why)
{
    struct nd_fail own = {0};
    why = why != NULL ? why : &own;
    json_t *model = nd_report_open(dir, reader, why);
    char *folder =
        model != NULL ? make_folder(dir, reader != NULL ? reader->audience : NULL, why) : NULL;
    nd_err err = folder != NULL ? ND_OK : why->code;
    if (folder != NULL) {
        bool interim = json_is_true(json_object_get(json_object_get(model, "run"), "interim"));
        char *path = nd_printf("%s/%s", folder, interim ? "interim" : "report");
        err = write_files(model, path, interim, why);
        if (err == ND_OK)
            err = write_list(model, dir, path, why);
        if (stem != NULL)
            *stem = path;
        else
            free(path);
    }
    free(folder);
    json_decref(model);
    return err;
}
