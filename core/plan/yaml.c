#include "plan/yaml.h"

#include "base/units.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    const char *file;
    const char *bytes;
    size_t len_bytes;
    struct nd_arena *arena;
    struct nd_diags *diags;
};

static void complain(struct reader *reader, const char *code, const yaml_mark_t *mark,
                     const char *text)
{
    nd_diag_add(reader->diags, code, reader->file, (int)mark->line + 1, (int)mark->column + 1, 0,
                NULL, "%s", text);
}

static bool has(const char *at, const char *end, const char *what)
{
    return memmem(at, (size_t)(end - at), what, strlen(what)) != NULL;
}

/* What people who write no YAML commonly did where reading stopped: a tab before the key, or, in
 * that line or the one before, a colon of a Chinese keyboard in the place of ": ". NULL: neither.
 */
static const char *remedy(const struct reader *reader, size_t line)
{
    const char *end = reader->bytes + reader->len_bytes;
    const char *at = reader->bytes;
    for (size_t i = 0; at < end && i <= line; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *till = newline != NULL ? newline : end;
        if (i == line && has(at, at + strspn(at, " \t"), "\t"))
            return "indent with blanks: YAML takes no tabs there";
        if (i + 1 >= line && has(at, till, "：") && !has(at, till, ":"))
            return nd_arena_printf(reader->arena, "line %zu has '：' (full width): write ': '",
                                   i + 1);
        at = newline != NULL ? newline + 1 : end;
    }
    return NULL;
}

static bool next_event(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event) != 0)
        return true;
    const char *problem = reader->parser.problem;
    const yaml_mark_t *mark = &reader->parser.problem_mark;
    nd_diag_add(reader->diags, "E0102", reader->file, (int)mark->line + 1, (int)mark->column + 1, 0,
                remedy(reader, mark->line), "%s",
                problem != NULL ? problem : "the text is not YAML");
    return false;
}

static struct nd_yaml *read_node(struct reader *reader, yaml_event_t *event, int depth);

static struct nd_yaml *node_new(struct reader *reader, const yaml_event_t *event,
                                enum nd_yaml_kind kind)
{
    struct nd_yaml *node = nd_arena_alloc(reader->arena, sizeof *node);
    node->kind = kind;
    node->line = (int)event->start_mark.line + 1;
    node->column = (int)event->start_mark.column + 1;
    return node;
}

static struct nd_yaml *read_scalar(struct reader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    if (memchr(text, '\0', event->data.scalar.length) != NULL) {
        complain(reader, "E0102", &event->start_mark, "a text holds a NUL octet");
        return NULL;
    }
    struct nd_yaml *node = node_new(reader, event, ND_YAML_SCALAR);
    node->text = nd_arena_strndup(reader->arena, text, event->data.scalar.length);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return node;
}

static bool doubled(const struct nd_yaml *const *keys, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i]->text, key) == 0)
            return true;
    }
    return false;
}

struct children {
    struct ND_VEC(struct nd_yaml *) keys, items;
};

/* A key of a map; false when it can be none. */
static bool take_key(struct reader *reader, struct nd_yaml *node, struct children *out)
{
    const yaml_mark_t mark = {0, (size_t)node->line - 1, (size_t)node->column - 1};
    if (node->kind != ND_YAML_SCALAR) {
        complain(reader, "E0403", &mark, "a key has to be a plain word");
        return false;
    }
    if (doubled((const struct nd_yaml *const *)out->keys.at, out->keys.count, node->text))
        nd_diag_add(reader->diags, "E0407", reader->file, node->line, node->column,
                    (int)nd_text_width(node->text), "keep one of them", "'%s' is given twice",
                    node->text);
    nd_vec_push(&out->keys, node);
    return true;
}

/* Reads children until the end event; true when all were good. */
static bool read_children(struct reader *reader, bool map, int depth, struct children *out)
{
    yaml_event_type_t end = map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    for (;;) {
        yaml_event_t event;
        if (!next_event(reader, &event))
            return false;
        bool over = event.type == end;
        struct nd_yaml *node = over ? NULL : read_node(reader, &event, depth);
        yaml_event_delete(&event);
        if (over || node == NULL)
            return over;
        if (!map || out->keys.count > out->items.count)
            nd_vec_push(&out->items, node);
        else if (!take_key(reader, node, out))
            return false;
    }
}

static struct nd_yaml *read_collection(struct reader *reader, const yaml_event_t *event, bool map,
                                       int depth)
{
    if (depth >= ND_YAML_MAX_DEPTH) {
        complain(reader, "E0408", &event->start_mark, "the nesting is too deep");
        return NULL;
    }
    struct nd_yaml *node = node_new(reader, event, map ? ND_YAML_MAP : ND_YAML_LIST);
    struct children children = {0};
    bool good = read_children(reader, map, depth + 1, &children);
    if (good) {
        node->count = children.items.count;
        size_t bytes = (node->count + 1) * sizeof(struct nd_yaml *);
        node->items = nd_arena_alloc(reader->arena, bytes);
        node->keys = nd_arena_alloc(reader->arena, bytes);
        if (node->count != 0)
            memcpy(node->items, children.items.at, node->count * sizeof(struct nd_yaml *));
        if (node->count != 0 && map)
            memcpy(node->keys, children.keys.at, node->count * sizeof(struct nd_yaml *));
    }
    nd_vec_free(&children.items);
    nd_vec_free(&children.keys);
    return good ? node : NULL;
}

static bool bare(struct reader *reader, const yaml_event_t *event, const yaml_char_t *anchor,
                 const yaml_char_t *tag)
{
    if (anchor == NULL && tag == NULL)
        return true;
    complain(reader, "E0408", &event->start_mark, "anchors and tags are not read here");
    return false;
}

static struct nd_yaml *read_node(struct reader *reader, yaml_event_t *event, int depth)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return bare(reader, event, event->data.scalar.anchor, event->data.scalar.tag)
                   ? read_scalar(reader, event)
                   : NULL;
    case YAML_SEQUENCE_START_EVENT:
        return bare(reader, event, event->data.sequence_start.anchor,
                    event->data.sequence_start.tag)
                   ? read_collection(reader, event, false, depth)
                   : NULL;
    case YAML_MAPPING_START_EVENT:
        return bare(reader, event, event->data.mapping_start.anchor, event->data.mapping_start.tag)
                   ? read_collection(reader, event, true, depth)
                   : NULL;
    case YAML_ALIAS_EVENT:
        complain(reader, "E0408", &event->start_mark, "aliases are not read here; write it out");
        return NULL;
    default:
        complain(reader, "E0102", &event->start_mark, "a value was expected here");
        return NULL;
    }
}

/* Reads up to the first event that is neither the stream's nor the document's start. */
static struct nd_yaml *read_document(struct reader *reader)
{
    struct nd_yaml *root = NULL;
    bool more = true;
    while (more) {
        yaml_event_t event;
        if (!next_event(reader, &event))
            return NULL;
        bool start =
            event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && root != NULL) {
            complain(reader, "E0408", &event.start_mark, "a second document begins here");
            root = NULL;
            more = false;
        } else if (event.type == YAML_STREAM_END_EVENT) {
            if (root == NULL)
                complain(reader, "E0102", &event.start_mark, "the file is empty");
            more = false;
        } else if (!start && event.type != YAML_DOCUMENT_END_EVENT) {
            root = read_node(reader, &event, 0);
            more = root != NULL;
        }
        yaml_event_delete(&event);
    }
    return root;
}

struct nd_yaml *nd_yaml_read(const char *file, const char *bytes, size_t len_bytes,
                             struct nd_arena *arena, struct nd_diags *diags)
{
    struct reader reader = {
        .file = file, .bytes = bytes, .len_bytes = len_bytes, .arena = arena, .diags = diags};
    size_t errors = diags->errors;
    ND_CHECK(yaml_parser_initialize(&reader.parser) != 0);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, len_bytes);
    struct nd_yaml *root = read_document(&reader);
    yaml_parser_delete(&reader.parser);
    return diags->errors == errors ? root : NULL;
}

const struct nd_yaml *nd_yaml_get(const struct nd_yaml *map, const char *key)
{
    for (size_t i = 0; map != NULL && map->kind == ND_YAML_MAP && i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->items[i];
    }
    return NULL;
}

static json_t *scalar_json(const struct nd_yaml *node)
{
    double number = 0;
    if (node->plain && strcmp(node->text, "true") == 0)
        return json_true();
    if (node->plain && strcmp(node->text, "false") == 0)
        return json_false();
    if (!node->plain || strlen(node->text) > 18 ||
        nd_real_parse(node->text, &number, NULL) != ND_OK)
        return json_string(node->text);
    char *end = NULL;
    long long whole = strtoll(node->text, &end, 10);
    return *end == '\0' ? json_integer(whole) : json_real(number);
}

json_t *nd_yaml_json(const struct nd_yaml *node)
{
    json_t *out = NULL;
    switch (node->kind) {
    case ND_YAML_LIST:
        out = json_array();
        for (size_t i = 0; i < node->count; i++)
            json_array_append_new(out, nd_yaml_json(node->items[i]));
        return out;
    case ND_YAML_MAP:
        out = json_object();
        for (size_t i = 0; i < node->count; i++)
            json_object_set_new(out, node->keys[i]->text, nd_yaml_json(node->items[i]));
        return out;
    default:
        return scalar_json(node);
    }
}
