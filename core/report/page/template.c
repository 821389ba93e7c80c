#include "report/page/template.h"

#include "report/page/html.h"
#include "report/report.h"
#include "report/words/words.h"
#include "report/words/yaml_file.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define LOGO_MAX (256u << 10)

static const struct {
    const char *key, *zh, *en;
} words[] = {
#define X(key, zh, en) {#key, zh, en},
#include "report/words/messages.def"
#undef X
};

/* Words that say what a report is, and is not. */
static bool is_fixed(const char *key)
{
    static const char *const fixed[] = {"EXERCISE", "REHEARSAL", "SIMULATED",
                                        "INTERIM",  "AUDIENCE",  "INCOMPLETE"};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (strcmp(key, fixed[i]) == 0)
            return true;
    }
    return strncmp(key, "OUTCOME_", 8) == 0;
}

void nd_report_words(struct nd_buf *out)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!is_fixed(words[i].key))
            nd_buf_addf(out, "%s\t%s\t%s\n", words[i].key, words[i].zh, words[i].en);
    }
}

static bool take_words(const struct nd_yaml_file *from, const struct nd_yaml *map, json_t *into)
{
    const char *names[sizeof words / sizeof words[0]];
    json_t *out = json_object();
    json_object_set_new(into, "words", out);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        names[i] = words[i].key;
    if (map->kind != ND_YAML_MAP)
        return nd_yaml_file_refuse(from, map, "'words' takes KEY: a text, or KEY: {zh:, en:}");
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->keys[i]->text;
        bool known = false;
        for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
            known = known || strcmp(key, words[k].key) == 0;
        if (!known) {
            const char *near = nd_text_nearest(key, names, sizeof words / sizeof words[0]);
            return nd_yaml_file_refuse(from, map->keys[i],
                                       "there are no words '%s'%s%s; 'netdrill report --words' "
                                       "lists them",
                                       key, near != NULL ? "; did you mean " : "",
                                       near != NULL ? near : "");
        }
        if (is_fixed(key))
            return nd_yaml_file_refuse(from, map->keys[i],
                                       "'%s' says what a report is, and stays as it is", key);
        if (!nd_yaml_file_text(from, map->items[i], key, out))
            return false;
    }
    return true;
}

static bool take_sections(const struct nd_yaml_file *from, const struct nd_yaml *list, json_t *into)
{
    json_t *out = json_array();
    bool safety = false;
    json_object_set_new(into, "sections", out);
    if (list->kind != ND_YAML_LIST)
        return nd_yaml_file_refuse(from, list, "'sections' takes a list of names");
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i]->kind == ND_YAML_SCALAR ? list->items[i]->text : "";
        if (!nd_html_section_known(name))
            return nd_yaml_file_refuse(from, list->items[i],
                                       "there is no section '%s'; expected one of: %s", name,
                                       nd_html_section_names());
        safety = safety || strcmp(name, "safety") == 0;
        json_array_append_new(out, json_string(name));
    }
    return safety || nd_yaml_file_refuse(from, list,
                                         "'safety' has to be among them: whether the network is as "
                                         "it was");
}

/* The picture beside the template, as a data: address. */
static bool take_logo(const struct nd_yaml_file *from, const struct nd_yaml *node, json_t *into)
{
    static const char *const kinds[][2] = {
        {".png", "image/png"}, {".jpg", "image/jpeg"}, {".svg", "image/svg+xml"}};
    const char *name = node->kind == ND_YAML_SCALAR ? node->text : "";
    const char *ending = strrchr(name, '.');
    const char *type = NULL;
    struct nd_fail fail = {0};
    char *octets = NULL;
    size_t len = 0;
    for (size_t i = 0; i < 3 && ending != NULL; i++)
        type = strcmp(ending, kinds[i][0]) == 0 ? kinds[i][1] : type;
    if (type == NULL)
        return nd_yaml_file_refuse(from, node, "'logo' takes a file: .png, .jpg or .svg");
    const char *slash = strrchr(from->path, '/');
    char *path = slash != NULL && name[0] != '/'
                     ? nd_printf("%.*s/%s", (int)(slash - from->path), from->path, name)
                     : nd_strdup(name);
    nd_err err = nd_file_read(path, LOGO_MAX, &octets, &len, &fail);
    free(path);
    if (err != ND_OK)
        return nd_yaml_file_refuse(from, node, "%s", fail.text);
    size_t room = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
    char *text = nd_alloc(room);
    sodium_bin2base64(text, room, (const unsigned char *)octets, len,
                      sodium_base64_VARIANT_ORIGINAL);
    char *address = nd_printf("data:%s;base64,%s", type, text);
    json_object_set_new(into, "logo", json_string(address));
    free(address);
    free(text);
    free(octets);
    return true;
}

static bool take_key(const struct nd_yaml_file *from, const struct nd_yaml *key,
                     const struct nd_yaml *value, json_t *into)
{
    if (strcmp(key->text, "words") == 0)
        return take_words(from, value, into);
    if (strcmp(key->text, "sections") == 0)
        return take_sections(from, value, into);
    if (strcmp(key->text, "logo") == 0)
        return take_logo(from, value, into);
    if (strcmp(key->text, "agency") == 0 || strcmp(key->text, "footer") == 0)
        return nd_yaml_file_text(from, value, key->text, into);
    return nd_yaml_file_refuse(from, key,
                               "unknown key; expected agency, logo, footer, words or sections");
}

nd_err nd_report_template(json_t *model, const char *path, struct nd_fail *why)
{
    struct nd_yaml_file from;
    json_t *into = json_object();
    nd_err err = nd_yaml_file_read(&from, path, why);
    for (size_t i = 0; err == ND_OK && i < from.root->count; i++) {
        if (!take_key(&from, from.root->keys[i], from.root->items[i], into))
            err = ND_EARG;
    }
    nd_yaml_file_deinit(&from);
    if (err == ND_OK)
        json_object_set(model, "template", into);
    json_decref(into);
    return err;
}
