#include "profile.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *read_object(const char *bytes, size_t len)
{
    json_error_t error;
    json_t *json = bytes != NULL ? json_loadb(bytes, len, 0, &error) : NULL;
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

int sbi_type_good(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return len >= 1 && len < SBI_TYPE_BYTES && text[len] == '\0';
}

/* ---- the list ---- */

/* The last part of a URI's path, if it can be an instance's id (a UUID, TS 29.571 §5.3.2). */
static int id_of(const char *href, char id[SBI_ID_BYTES])
{
    const char *slash = strrchr(href, '/');
    const char *begin = slash != NULL ? slash + 1 : href;
    size_t len = strspn(begin, "0123456789abcdefABCDEFghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-_.");
    if (len == 0 || len >= SBI_ID_BYTES || begin[len] != '\0' || begin[0] == '.')
        return 0;
    memcpy(id, begin, len + 1);
    return 1;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void once(struct sbi_ids *ids)
{
    size_t kept = 0;
    qsort(ids->at, ids->count, SBI_ID_BYTES, by_text);
    for (size_t i = 0; i < ids->count; i++) {
        if (kept != 0 && strcmp(ids->at[kept - 1], ids->at[i]) == 0)
            continue;
        if (kept != i)
            memcpy(ids->at[kept], ids->at[i], SBI_ID_BYTES);
        kept++;
    }
    ids->count = kept;
}

const char *sbi_read_list(const char *bytes, size_t len, size_t most, struct sbi_ids *ids)
{
    const char *wrong = NULL;
    json_t *json = read_object(bytes, len);
    json_t *links = json_object_get(json, "_links");
    /* "items" is how some cores write it. */
    json_t *items = json_object_get(links, "item");
    items = items != NULL ? items : json_object_get(links, "items");
    *ids = (struct sbi_ids){NULL, 0};
    if (json == NULL)
        wrong = "is no JSON object";
    else if (!json_is_object(links) || (items != NULL && !json_is_array(items)))
        wrong = "is no list of NF instances (\"_links\" with \"item\")";
    else if (json_array_size(items) > most)
        wrong = "lists more NF instances than 'most' allows";
    size_t count = wrong == NULL ? json_array_size(items) : 0;
    if (count != 0 && (ids->at = calloc(count, SBI_ID_BYTES)) == NULL)
        wrong = "does not fit into memory";
    for (size_t i = 0; i < count && wrong == NULL; i++) {
        const char *href = json_string_value(json_object_get(json_array_get(items, i), "href"));
        if (href == NULL || !id_of(href, ids->at[ids->count]))
            wrong = "lists an NF instance that has no URI with an id";
        else
            ids->count++;
    }
    if (wrong == NULL && ids->count != 0)
        once(ids);
    if (wrong != NULL) {
        free(ids->at);
        *ids = (struct sbi_ids){NULL, 0};
    }
    json_decref(json);
    return wrong;
}

/* ---- profiles ---- */

static enum sbi_status status_of(const char *text)
{
    static const char *const names[] = {"REGISTERED", "SUSPENDED", "UNDISCOVERABLE"};
    for (int i = 0; i < SBI_OTHER; i++) {
        if (strcmp(text, names[i]) == 0)
            return (enum sbi_status)i;
    }
    return SBI_OTHER;
}

static void count_type(struct sbi_inventory *inventory, const char *type)
{
    size_t i = 0;
    while (i < inventory->types_count && strcmp(inventory->types[i].type, type) != 0)
        i++;
    if (i == SBI_TYPES_MAX)
        return;
    if (i == inventory->types_count) {
        snprintf(inventory->types[i].type, SBI_TYPE_BYTES, "%s", type);
        inventory->types[i].registered = 0;
        inventory->types_count++;
    }
    inventory->types[i].registered++;
}

static const char *add(const json_t *profile, struct sbi_inventory *inventory)
{
    const char *type = json_string_value(json_object_get(profile, "nfType"));
    const char *status = json_string_value(json_object_get(profile, "nfStatus"));
    if (type == NULL || status == NULL || !sbi_type_good(type))
        return "is no NF profile (\"nfType\" and \"nfStatus\")";
    enum sbi_status which = status_of(status);
    inventory->instances++;
    inventory->by_status[which]++;
    if (which == SBI_REGISTERED)
        count_type(inventory, type);
    return NULL;
}

const char *sbi_read_profile(const char *bytes, size_t len, struct sbi_inventory *inventory)
{
    json_t *json = read_object(bytes, len);
    const char *wrong = json == NULL ? "is no JSON object" : add(json, inventory);
    json_decref(json);
    return wrong;
}

const char *sbi_read_search(const char *bytes, size_t len, struct sbi_inventory *inventory,
                            long long *validity_s)
{
    json_t *json = read_object(bytes, len);
    const json_t *found = json_object_get(json, "nfInstances");
    const json_t *validity = json_object_get(json, "validityPeriod");
    const char *wrong = json == NULL            ? "is no JSON object"
                        : !json_is_array(found) ? "is no search result (\"nfInstances\")"
                                                : NULL;
    *validity_s = json_is_integer(validity) && json_integer_value(validity) >= 0
                      ? json_integer_value(validity)
                      : -1;
    for (size_t i = 0; i < json_array_size(found) && wrong == NULL; i++)
        wrong = add(json_array_get(found, i), inventory);
    json_decref(json);
    return wrong;
}

unsigned sbi_registered(const struct sbi_inventory *inventory, const char *type)
{
    for (size_t i = 0; i < inventory->types_count; i++) {
        if (strcmp(inventory->types[i].type, type) == 0)
            return inventory->types[i].registered;
    }
    return 0;
}

/* ---- problems ---- */

/* Words of the other side, as one line of at most `room` octets that ends with whole characters. */
static void append(char *text, size_t room, const char *words)
{
    size_t used = strlen(text);
    if (words == NULL || *words == '\0')
        return;
    if (used != 0 && used + 2 < room) {
        memcpy(text + used, ": ", 3);
        used += 2;
    }
    size_t len = strnlen(words, room - used - 1);
    while (len > 0 && ((unsigned char)words[len] & 0xc0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++)
        text[used + i] = (char)(iscntrl((unsigned char)words[i]) ? ' ' : words[i]);
    text[used + len] = '\0';
}

void sbi_problem(const char *bytes, size_t len, char text[SBI_PROBLEM_BYTES])
{
    json_t *json = read_object(bytes, len);
    text[0] = '\0';
    append(text, SBI_PROBLEM_BYTES, json_string_value(json_object_get(json, "title")));
    append(text, SBI_PROBLEM_BYTES, json_string_value(json_object_get(json, "detail")));
    append(text, SBI_PROBLEM_BYTES, json_string_value(json_object_get(json, "cause")));
    json_decref(json);
}
