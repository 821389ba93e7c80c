#include "report/words/yaml_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nd_err nd_yaml_file_read(struct nd_yaml_file *file, const char *path, struct nd_fail *why)
{
    struct nd_diags diags = {0};
    size_t len = 0;
    *file = (struct nd_yaml_file){.path = path, .why = why};
    if (nd_file_read(path, ND_YAML_MAX_BYTES, &file->text, &len, why) != ND_OK)
        return why->code = ND_EARG;
    file->root = nd_yaml_read(path, file->text, len, &file->arena, &diags);
    nd_err err = ND_OK;
    if (file->root == NULL)
        err = nd_fail_set(why, ND_EARG, "%s:%d:%d: %s", path, diags.list.at[0].line,
                          diags.list.at[0].column, diags.list.at[0].text);
    else if (file->root->kind != ND_YAML_MAP)
        err = nd_fail_set(why, ND_EARG, "%s: expected keys with their values", path);
    nd_diags_deinit(&diags);
    return err;
}

void nd_yaml_file_deinit(struct nd_yaml_file *file)
{
    nd_arena_deinit(&file->arena);
    free(file->text);
    file->text = NULL;
}

bool nd_yaml_file_refuse(const struct nd_yaml_file *file, const struct nd_yaml *at, const char *fmt,
                         ...)
{
    char text[200];
    va_list list;
    va_start(list, fmt);
    vsnprintf(text, sizeof text, fmt, list);
    va_end(list);
    nd_fail_set(file->why, ND_EARG, "%s:%d:%d: %s", file->path, at->line, at->column, text);
    return false;
}

bool nd_yaml_file_text(const struct nd_yaml_file *file, const struct nd_yaml *node, const char *key,
                       json_t *into)
{
    json_t *text = json_object();
    bool good = node->kind == ND_YAML_SCALAR || (node->kind == ND_YAML_MAP && node->count != 0);
    if (node->kind == ND_YAML_SCALAR) {
        json_object_set_new(text, "zh", json_string(node->text));
        json_object_set_new(text, "en", json_string(node->text));
    }
    for (size_t i = 0; good && node->kind == ND_YAML_MAP && i < node->count; i++) {
        const char *lang = node->keys[i]->text;
        good = node->items[i]->kind == ND_YAML_SCALAR &&
               (strcmp(lang, "zh") == 0 || strcmp(lang, "en") == 0);
        if (good)
            json_object_set_new(text, lang, json_string(node->items[i]->text));
    }
    json_object_set_new(into, key, text);
    return good || nd_yaml_file_refuse(file, node, "expected a text, or {zh: a text, en: a text}");
}
