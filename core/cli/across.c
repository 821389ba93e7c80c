#include "cli/across.h"

#include "report/across/catalogue.h"
#include "report/page/pdf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *nd_across_str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

const char *nd_across_words(const json_t *text, bool zh)
{
    const char *first = nd_across_str(text, zh ? "zh" : "en");
    return *first != '\0' ? first : nd_across_str(text, zh ? "en" : "zh");
}

void nd_across_cell(const char *text, size_t columns)
{
    size_t width = nd_text_width(text);
    printf("%s%*s", text, width < columns ? (int)(columns - width) : 0, "");
}

void nd_across_measured(const json_t *of, const char *unit, const char *statistic, char *out)
{
    char value[48];
    char width[48];
    const json_t *measured = json_object_get(of, "measured");
    double uncertainty = json_number_value(json_object_get(of, "uncertainty"));
    if (!json_is_number(measured)) {
        snprintf(out, ND_ACROSS_MEASURED, "-");
        return;
    }
    nd_value_words(json_number_value(measured), unit, statistic, value);
    nd_value_words(uncertainty, unit, statistic, width);
    snprintf(out, ND_ACROSS_MEASURED, "%s%s%s", value, uncertainty > 0 ? " ± " : "",
             uncertainty > 0 ? width : "");
}

nd_err nd_across_catalogue(const char *command, const struct nd_cli_args *args,
                           struct nd_catalogue **catalogue)
{
    struct nd_fail why = {0};
    char *name = nd_strdup(command);
    nd_err err = nd_catalogue_open(nd_cli_runs(args), nd_cli_get(args, "rebuild") != NULL,
                                   nd_cli_unread, name, catalogue, &why);
    free(name);
    if (err != ND_OK)
        fprintf(stderr, "netdrill %s: %s\n", command, why.text);
    return err;
}

void nd_across_json(json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    printf("%s\n", text);
    free(text);
    json_decref(value);
}

int nd_across_one(const char *command, const char *format, bool zh, nd_across_render *render,
                  void *ctx)
{
    struct nd_fail why = {0};
    struct nd_buf out = {0};
    nd_err err = render(ctx, format, zh ? ND_LANG_ZH : ND_LANG_EN, &out, &why);
    if (err == ND_OK && (fwrite(nd_buf_str(&out), 1, out.len_bytes, stdout) != out.len_bytes ||
                         fflush(stdout) != 0))
        err = nd_fail_errno(&why, errno, "cannot write");
    if (err != ND_OK)
        fprintf(stderr, "netdrill %s: %s\n", command, why.text);
    nd_buf_deinit(&out);
    return err == ND_OK ? ND_EXIT_OK : err == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_INTERNAL;
}

/* The page at path as PDF, beside it. */
static int print_pdf(const char *command, const char *path)
{
    struct nd_fail why = {0};
    char *pdf = nd_printf("%.*spdf", (int)(strlen(path) - strlen("html")), path);
    nd_err err = nd_pdf_print(path, pdf, &why);
    if (err == ND_OK)
        printf("%s\n", pdf);
    else
        fprintf(stderr, "netdrill %s: %s\n", command, why.text);
    free(pdf);
    return err == ND_OK ? ND_EXIT_OK : ND_EXIT_INCOMPLETE;
}

int nd_across_files(const char *command, const char *folder, const char *stem, const char *formats,
                    bool pdf, nd_across_render *render, void *ctx)
{
    struct nd_fail why = {0};
    int code = ND_EXIT_OK;
    nd_err err = ND_OK;
    while (*formats != '\0' && err == ND_OK) {
        size_t len = strcspn(formats, "|");
        char *format = nd_printf("%.*s", (int)len, formats);
        for (int i = 0; i < 2 && err == ND_OK; i++) {
            struct nd_buf out = {0};
            char *path = nd_printf("%s/%s.%s.%s", folder, stem, i == 0 ? "zh-TW" : "en", format);
            err = render(ctx, format, i == 0 ? ND_LANG_ZH : ND_LANG_EN, &out, &why);
            if (err == ND_OK)
                err = nd_file_write(path, nd_buf_str(&out), out.len_bytes, &why);
            if (err == ND_OK)
                printf("%s\n", path);
            fflush(stdout);
            if (err == ND_OK && pdf && strcmp(format, "html") == 0 && code == ND_EXIT_OK)
                code = print_pdf(command, path);
            free(path);
            nd_buf_deinit(&out);
        }
        free(format);
        formats += len + (formats[len] == '|');
    }
    if (err != ND_OK)
        fprintf(stderr, "netdrill %s: %s\n", command, why.text);
    return err == ND_OK ? code : err == ND_EARG ? ND_EXIT_USAGE : ND_EXIT_INTERNAL;
}
