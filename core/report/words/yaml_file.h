/* Small YAML files that people write for reports: goals of a year, an agency's template. */
#ifndef ND_REPORT_WORDS_YAML_FILE_H
#define ND_REPORT_WORDS_YAML_FILE_H
#include "plan/yaml.h"

struct nd_yaml_file {
    const char *path;
    struct nd_fail *why; /* not NULL; the first fault, with path, line and column */
    char *text;
    struct nd_arena arena;
    const struct nd_yaml *root;
};

/* Reads a map. ND_EARG: it cannot be read, or is none. Deinit in either case. */
nd_err nd_yaml_file_read(struct nd_yaml_file *file, const char *path, struct nd_fail *why);
void nd_yaml_file_deinit(struct nd_yaml_file *file);

/* Tells what is wrong at a node; false. */
bool nd_yaml_file_refuse(const struct nd_yaml_file *file, const struct nd_yaml *at, const char *fmt,
                         ...) __attribute__((format(printf, 3, 4)));
/* A text for both languages, or {zh: ..., en: ...}, as {zh, en} under a key. False: refused. */
bool nd_yaml_file_text(const struct nd_yaml_file *file, const struct nd_yaml *node, const char *key,
                       json_t *into);

#endif
