#include "report/model/audience.h"
#include "report/model/model.h"
#include "report/page/template.h"
#include "report/words/packed.h"
#include "report/words/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The formats by name, and the files that a run leaves. */

#define AS_FILE (JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12))

static int add_to_text(const char *bytes, size_t len_bytes, void *out)
{
    nd_buf_add(out, bytes, len_bytes);
    return 0;
}

/* Where a tree goes, each line after its first so many blanks further in. */
struct writing {
    json_dump_callback_t add;
    void *ctx;
    int depth;
};

static int add_deeper(const char *bytes, size_t len_bytes, void *ctx)
{
    const struct writing *to = ctx;
    const char *end = bytes + len_bytes;
    for (const char *line = memchr(bytes, '\n', len_bytes); line != NULL;
         line =
             memchr(bytes, '\n', (size_t)(end - bytes))) { /* none within a text: it is escaped */
        to->add(bytes, (size_t)(line + 1 - bytes), to->ctx);
        to->add("  ", (size_t)to->depth, to->ctx);
        bytes = line + 1;
    }
    return to->add(bytes, (size_t)(end - bytes), to->ctx);
}

static void write_list(const json_t *list, const struct writing *at)
{
    struct writing to = {at->add, at->ctx, 2};
    size_t i = 0;
    json_t *entry = NULL;
    json_array_foreach(list, i, entry)
    {
        json_t *whole = nd_unpacked(entry);
        to.add(i != 0 ? ",\n  " : "[\n  ", 4, to.ctx);
        json_dump_callback(whole, add_deeper, &to, AS_FILE);
        json_decref(whole);
    }
    to.add(i != 0 ? "\n ]" : "[]", i != 0 ? 3 : 2, to.ctx);
}

/* As jansson would, had it all of the series at once. */
static void write_tree(const json_t *model, json_dump_callback_t add, void *ctx)
{
    struct writing to = {add, ctx, 1};
    const char *before = "{\n ";
    const char *key = NULL;
    json_t *value = NULL;
    if (!json_is_object(model)) {
        json_dump_callback(model, add, ctx, AS_FILE);
        add("\n", 1, ctx);
        return;
    }
    json_object_foreach((json_t *)model, key, value)
    {
        struct nd_buf name = {0};
        nd_buf_addf(&name, "%s\"%s\": ", before, key);
        add(name.text, name.len_bytes, ctx);
        nd_buf_deinit(&name);
        before = ",\n ";
        if (strcmp(key, "series") == 0)
            write_list(value, &to);
        else
            json_dump_callback(value, add_deeper, &to, AS_FILE | JSON_ENCODE_ANY);
    }
    add("\n}\n", 3, ctx);
}

void nd_report_json(const json_t *model, struct nd_buf *out)
{
    write_tree(model, add_to_text, out);
}

nd_err nd_report_render(const json_t *model, const struct nd_rendering *how, struct nd_buf *out,
                        struct nd_fail *why)
{
    const char *format = how->format;
    static const struct {
        const char *name;
        void (*render)(const json_t *model, struct nd_buf *out);
        void (*render_lang)(const json_t *model, enum nd_lang lang, struct nd_buf *out);
    } list[] = {{"html", NULL, nd_report_html},
                {"md", NULL, nd_report_markdown},
                {"json", nd_report_json, NULL},
                {"junit", nd_report_junit, NULL},
                {"openmetrics", nd_report_openmetrics, NULL}};
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
    if (strcmp(format, "grafana") == 0)
        return nd_report_grafana(model, how, out, why);
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

static int add_to_file(const char *bytes, size_t len_bytes, void *file)
{
    nd_file_add(file, bytes, len_bytes);
    return 0;
}

/* The model is written as it is told, without ever being in memory as text. */
static nd_err render_into(const json_t *model, const struct nd_rendering *how,
                          struct nd_file_pieces *file, struct nd_fail *why)
{
    struct nd_buf out = {0};
    nd_err err = ND_OK;
    if (strcmp(how->format, "json") == 0) {
        write_tree(model, add_to_file, file);
    } else {
        err = nd_report_render(model, how, &out, why);
        nd_file_add(file, nd_buf_str(&out), out.len_bytes);
    }
    nd_buf_deinit(&out);
    return err;
}

static const struct {
    const char *ending;
    struct nd_rendering how; /* format NULL: every interruption, if the model holds but some */
} files[] = {{".json", {.format = "json", .lang = ND_LANG_EN}},
             {".zh-TW.html", {.format = "html", .lang = ND_LANG_ZH}},
             {".en.html", {.format = "html", .lang = ND_LANG_EN}},
             {".zh-TW.md", {.format = "md", .lang = ND_LANG_ZH}},
             {".en.md", {.format = "md", .lang = ND_LANG_EN}},
             {".zh-TW.ods", {.format = "ods", .lang = ND_LANG_ZH}},
             {".en.ods", {.format = "ods", .lang = ND_LANG_EN}},
             {".junit.xml", {.format = "junit", .lang = ND_LANG_EN}},
             {".interruptions.csv", {.format = NULL}}};
#define FILES (sizeof files / sizeof files[0])

/* junit.xml by its usual name, which build servers look for. Caller frees. */
static char *path_of(const char *stem, size_t number, bool interim)
{
    const char *format = files[number].how.format;
    bool usual = format != NULL && strcmp(format, "junit") == 0 && !interim;
    int before = usual ? (int)(strrchr(stem, '/') + 1 - stem) : (int)strlen(stem);
    return nd_printf("%.*s%s", before, stem, files[number].ending + usual);
}

/* All of them, or none: a report whose parts are of two minds would be worse than none. */
static nd_err write_files(const json_t *model, const struct nd_rundir *dir, const char *stem,
                          bool interim, struct nd_fail *why)
{
    struct nd_file_pieces pieces[FILES];
    size_t count = FILES - (nd_model_leaves_out(model) ? 0 : 1);
    size_t begun = 0;
    nd_err err = ND_OK;
    while (begun < count && err == ND_OK) {
        const struct nd_rendering *how = &files[begun].how;
        char *path = path_of(stem, begun, interim);
        err = nd_file_begin(&pieces[begun], path, why);
        free(path);
        if (err != ND_OK)
            break;
        struct nd_file_pieces *file = &pieces[begun++];
        err = how->format != NULL ? render_into(model, how, file, why)
                                  : nd_model_list(model, dir, file, why);
        if (err == ND_OK)
            err = nd_file_settle(file, why);
    }
    bool keep = err == ND_OK;
    for (size_t i = 0; i < begun; i++) {
        nd_err put = nd_file_end(&pieces[i], keep, why);
        err = err != ND_OK ? err : put;
    }
    if (keep && count < FILES) { /* one from before, when there were more, is none of it */
        char *path = path_of(stem, count, interim);
        unlink(path);
        free(path);
    }
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
    json_t *model = nd_report_model_as_of(
        dir, reader != NULL && reader->as_of != NULL ? *reader->as_of : INT64_MAX, why);
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
        err = write_files(model, dir, path, interim, why);
        if (stem != NULL && err == ND_OK)
            *stem = path;
        else
            free(path);
    }
    free(folder);
    json_decref(model);
    return err;
}
