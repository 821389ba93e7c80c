#include "cli/verify_report.h"

#include "plan/site.h"
#include "record/evaluation.h"
#include "report/report.h"
#include "report/words/tables.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A report is proved by making it once more from the records, which are sealed, while the files in
 * report/ are not. Ratings and improvement items go on after a run, so it may also be as of an
 * earlier event of the evaluation. */

#define REPORT_MAX   (1u << 30) /* octets */
#define EARLIER_MOST 100        /* states of the evaluation that are tried */

struct given {
    const struct nd_rundir *dir;
    const char *template_path;
    const char *bytes;
    size_t len;
};

static const char *const langs[] = {"zh-TW", "en", "zh-TW + en"};

static bool is_of(const struct given *given, const json_t *model, const struct nd_rendering *how)
{
    struct nd_buf out = {0};
    bool same = nd_report_render(model, how, &out, NULL) == ND_OK && out.len_bytes == given->len &&
                memcmp(nd_buf_str(&out), given->bytes, given->len) == 0;
    nd_buf_deinit(&out);
    return same;
}

static bool try_tables(const struct given *given, const json_t *model, struct nd_rendering *how)
{
    for (size_t i = 0; i < nd_report_tables_count; i++) {
        how->table = nd_report_tables[i].name;
        if (is_of(given, model, how))
            return true;
    }
    return false;
}

static bool try_markings(const struct given *given, const json_t *model, struct nd_rendering *how)
{
    static const char *const tlps[] = {"clear", "green", "amber", "red"};
    for (size_t i = 0; i < 4; i++) {
        how->tlp = tlps[i];
        if (is_of(given, model, how))
            return true;
    }
    return false;
}

/* Every format that begins as the file does, in each language. how: the one that it is. */
static bool try_formats(const struct given *given, const json_t *model, struct nd_rendering *how)
{
    static const struct {
        const char *format, *begins;
        int languages;
    } list[] = {{"html", "<!DOCTYPE html", 3},
                {"md", "# ", 3},
                {"json", "{", 1},
                {"stix", "{", 2},
                {"grafana", "[", 2},
                {"junit", "<?xml", 1},
                {"ods", "PK", 2},
                {"openmetrics", "# TYPE", 1},
                {"csv", "\xef\xbb\xbf", 2}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        size_t len = strlen(list[i].begins);
        if (given->len < len || memcmp(given->bytes, list[i].begins, len) != 0)
            continue;
        for (int l = 0; l < list[i].languages; l++) {
            *how = (struct nd_rendering){
                .format = list[i].format, .lang = (enum nd_lang)l, .dir = given->dir};
            bool found = strcmp(how->format, "csv") == 0    ? try_tables(given, model, how)
                         : strcmp(how->format, "stix") == 0 ? try_markings(given, model, how)
                                                            : is_of(given, model, how);
            if (found)
                return true;
        }
    }
    return false;
}

/* events: of the evaluation, -1: all. True: told what it is. */
static bool try_one(const struct given *given, const char *audience, int64_t events, int64_t all)
{
    struct nd_fail why = {0};
    struct nd_rendering how;
    const struct nd_reader reader = {audience, given->template_path, events >= 0 ? &events : NULL};
    json_t *model = nd_report_open(given->dir, &reader, &why);
    bool found = model != NULL && try_formats(given, model, &how);
    json_decref(model);
    if (!found)
        return false;
    printf("report    ok: %s%s%s%s%s, %s, for %s: octet for octet what these records give\n",
           how.format, how.table != NULL ? " " : "", how.table != NULL ? how.table : "",
           how.tlp != NULL ? ", TLP " : "", how.tlp != NULL ? how.tlp : "", langs[how.lang],
           audience != NULL ? audience : "the owner");
    if (events >= 0)
        printf(
            "report    an EARLIER version: as of event %lld of the evaluation; it has %lld now\n",
            (long long)events, (long long)all);
    else if (all > 0)
        printf("report    the newest version: with all %lld events of the evaluation\n",
               (long long)all);
    return true;
}

static bool try_operators(const struct given *given, int64_t all)
{
    struct nd_diags diags = {0};
    char *path = nd_rundir_file(given->dir, "site.yaml");
    struct nd_site *site = nd_site_load(path, &diags);
    bool found = site != NULL && try_one(given, "public", -1, all);
    for (size_t i = 0; site != NULL && i < site->operators.count && !found; i++) {
        char *audience = nd_printf("operator:%s", site->operators.at[i].name);
        found = try_one(given, audience, -1, all);
        free(audience);
    }
    nd_site_free(site);
    nd_diags_deinit(&diags);
    free(path);
    return found;
}

static bool holds(const struct given *given, const char *text)
{
    return memmem(given->bytes, given->len, text, strlen(text)) != NULL;
}

/* What a reader can do about one that is none of these. */
static void tell_why(const struct given *given)
{
    static const char maker[] = "<meta name=\"generator\" content=\"netdrill ";
    const char *at = memmem(given->bytes, given->len, maker, sizeof maker - 1);
    char version[32] = "";
    if (at != NULL)
        snprintf(version, sizeof version, "%.*s", (int)strcspn(at + sizeof maker - 1, "\"<"),
                 at + sizeof maker - 1);
    nd_text_tame(version, false);
    printf("report    NOT what these records give, in any format, language, audience or version\n");
    if (given->len >= 5 && memcmp(given->bytes, "%PDF-", 5) == 0)
        printf(
            "report    a PDF cannot be made again octet for octet; check the page it was printed "
            "from\n");
    else if (*version != '\0' && strcmp(version, ND_VERSION) != 0)
        printf("report    it says it was made by netdrill %s, and this is %s, whose words may be "
               "others; check it with that version\n",
               version, ND_VERSION);
    else if (holds(given, "初步 INTERIM"))
        printf("report    it is an interim report, which is not made again once the run has gone "
               "on\n");
    else if (holds(given, "<!DOCTYPE html") && !holds(given, given->dir->run_id))
        printf("report    it does not name this run, %s\n", given->dir->run_id);
    else
        printf(
            "report    it was altered, or made with another template ('--template') or version\n");
}

bool nd_verify_report(const struct nd_rundir *dir, const char *path, const char *template_path,
                      struct nd_fail *why)
{
    struct given given = {.dir = dir, .template_path = template_path};
    char hash[ND_HASH_TEXT];
    char *bytes = NULL;
    if (nd_file_read(path, REPORT_MAX, &bytes, &given.len, why) != ND_OK)
        return false;
    given.bytes = bytes;
    nd_hash(bytes, given.len, hash);
    printf("report    %s\n", hash);
    json_t *state = nd_evaluation_state(dir, why);
    int64_t all = json_integer_value(json_object_get(state, "events"));
    json_decref(state);
    bool found = try_one(&given, NULL, -1, all) || try_operators(&given, all);
    int64_t last = all > EARLIER_MOST ? all - EARLIER_MOST : 0;
    for (int64_t events = all - 1; events >= last && !found; events--)
        found = try_one(&given, NULL, events, all);
    if (!found)
        tell_why(&given);
    free(bytes);
    return found;
}

char *nd_verify_run_of(const char *path, const char *runs)
{
    char *bytes = NULL;
    char *name = NULL;
    size_t len = 0;
    size_t first = SIZE_MAX;
    DIR *dir = opendir(runs);
    if (dir != NULL && nd_file_read(path, REPORT_MAX, &bytes, &len, NULL) == ND_OK) {
        for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
            size_t id_len = strlen(entry->d_name);
            const char *at = id_len > 17 ? memmem(bytes, len, entry->d_name, id_len) : NULL;
            if (at == NULL || (size_t)(at - bytes) >= first)
                continue;
            first = (size_t)(at - bytes);
            free(name);
            name = nd_strdup(entry->d_name);
        }
    }
    if (dir != NULL)
        closedir(dir);
    free(bytes);
    return name;
}
