/* render MODEL DIRECTORY: every format, in every language and marking, of a model that is given as
 * JSON, so that a test can put into a report what no run would. */
#include "report/report.h"
#include "report/words/tables.h"
#include "report/words/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void render(const json_t *model, const char *directory, const char *name,
                   const struct nd_rendering *how)
{
    struct nd_fail why = {0};
    struct nd_buf out = {0};
    char *path = nd_printf("%s/%s", directory, name);
    nd_err err = nd_report_render(model, how, &out, &why);
    if (err == ND_OK)
        err = nd_file_write(path, nd_buf_str(&out), out.len_bytes, &why);
    if (err != ND_OK) {
        fprintf(stderr, "render: %s: %s\n", name, why.text);
        failures++;
    }
    nd_buf_deinit(&out);
    free(path);
}

int main(int argc, char **argv)
{
    static const char *const formats[] = {"html", "md",      "json",       "junit",
                                          "ods",  "grafana", "openmetrics"};
    static const char *const languages[] = {"zh", "en", "both"};
    static const char *const tlps[] = {"clear", "green", "amber", "red"};
    json_error_t error;
    json_t *model = argc == 3 ? json_load_file(argv[1], 0, &error) : NULL;
    char name[96];
    if (model == NULL) {
        fprintf(stderr, "usage: render MODEL DIRECTORY%s%s\n", argc == 3 ? ": " : "",
                argc == 3 ? error.text : "");
        return 2;
    }
    for (int l = 0; l < 3; l++) {
        for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
            const struct nd_rendering how = {.format = formats[i], .lang = (enum nd_lang)l};
            snprintf(name, sizeof name, "%s.%s", languages[l], formats[i]);
            render(model, argv[2], name, &how);
        }
        for (size_t i = 0; i < nd_report_tables_count; i++) {
            const char *table = nd_report_tables[i].name;
            const struct nd_rendering how = {
                .format = "csv", .lang = (enum nd_lang)l, .table = table};
            snprintf(name, sizeof name, "%s.%s.csv", languages[l], table);
            render(model, argv[2], name, &how);
        }
        for (size_t i = 0; i < 4; i++) {
            const struct nd_rendering how = {
                .format = "stix", .lang = (enum nd_lang)l, .tlp = tlps[i]};
            snprintf(name, sizeof name, "%s.%s.stix", languages[l], tlps[i]);
            render(model, argv[2], name, &how);
        }
    }
    json_decref(model);
    return failures != 0;
}
