#include "mobile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Settings as words, in and out; and the census. Lengths of time are whole seconds. */

#define SEC 1000000000LL

int plmn_listed(const struct plmn_list *list, const char *plmn)
{
    for (int i = 0; i < list->count; i++) {
        if (strcmp(list->at[i], plmn) == 0)
            return 1;
    }
    return 0;
}

static int is_plmn(const char *text, size_t len)
{
    return (len == 5 || len == 6) && strspn(text, "0123456789") >= len;
}

/* "46692,46697"; "" is none. */
static int read_list(const char *text, struct plmn_list *list)
{
    *list = (struct plmn_list){.count = 0};
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        if (!is_plmn(text, len) || list->count == MOBILE_PLMNS)
            return 0;
        snprintf(list->at[list->count++], 8, "%.*s", (int)len, text);
        text += len + (text[len] == ',');
    }
    return 1;
}

static int read_int(const char *text, int low, int high, int *value)
{
    char *end = NULL;
    long got = strtol(text, &end, 10);
    if (end == text || *end != '\0' || got < low || got > high)
        return 0;
    *value = (int)got;
    return 1;
}

static int read_seconds(const char *text, int64_t *ns)
{
    int seconds = 0;
    if (!read_int(text, 0, 7 * 86400, &seconds))
        return 0;
    *ns = seconds * SEC;
    return 1;
}

/* "5-60" */
static int read_range(const char *text, struct range *range)
{
    char low[16];
    size_t len = strcspn(text, "-");
    if (text[len] == '\0' || len >= sizeof low)
        return 0;
    snprintf(low, sizeof low, "%.*s", (int)len, text);
    return read_seconds(low, &range->low) && read_seconds(text + len + 1, &range->high) &&
           range->low <= range->high;
}

static int read_applicable(const char *text, struct cell *c)
{
    static const char *const words[] = {"none", "related", "common"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            c->applicable = (enum applicable)i;
            return 1;
        }
    }
    c->applicable = APPLY_DEDICATED;
    return *text != '\0' && read_list(text, &c->dedicated);
}

static int set_network(struct network *n, const char *key, const char *value)
{
    if (strcmp(key, "plmn") == 0) {
        snprintf(n->plmn, sizeof n->plmn, "%.7s", value);
        return is_plmn(value, strlen(value));
    }
    if (strcmp(key, "core") == 0)
        return read_int(value, 0, 1, &n->core);
    if (strcmp(key, "emergency") == 0)
        return read_int(value, 0, 1, &n->emergency);
    if (strcmp(key, "guests") == 0)
        return read_list(value, &n->guests);
    if (strcmp(key, "disaster") == 0)
        return read_list(value, &n->disaster);
    if (strcmp(key, "cause") == 0)
        return read_int(value, 1, 127, &n->cause) &&
               (n->cause == 11 || n->cause == 13 || n->cause == 15 || n->cause == 22);
    if (strcmp(key, "capacity") == 0)
        return read_int(value, 0, 1000000, &n->capacity);
    if (strcmp(key, "wait") == 0)
        return read_range(value, &n->wait);
    if (strcmp(key, "return") == 0)
        return read_range(value, &n->back);
    if (strcmp(key, "backoff") == 0)
        return read_range(value, &n->backoff);
    if (strcmp(key, "search") == 0)
        return read_seconds(value, &n->search) && n->search > 0;
    return strcmp(key, "recheck") == 0 && read_seconds(value, &n->recheck);
}

static int set_cell(struct mobile *m, struct cell *c, const char *key, const char *value)
{
    int seconds = 0;
    if (strcmp(key, "network") == 0)
        return (c->network = mobile_network(m, value, 0)) >= 0;
    if (strcmp(key, "up") == 0)
        return read_int(value, 0, 1, &c->up);
    if (strcmp(key, "roaming") == 0)
        return read_int(value, 0, 1, &c->roaming);
    if (strcmp(key, "plmns") == 0)
        return read_list(value, &c->plmns);
    if (strcmp(key, "sib15") == 0)
        return read_list(value, &c->sib15);
    if (strcmp(key, "applicable") == 0)
        return read_applicable(value, c);
    if (strcmp(key, "ai3") == 0)
        return read_int(value, 0, 100, &c->ai3) && c->ai3 % 5 == 0;
    if (strcmp(key, "ai3_time") != 0 || !read_int(value, 4, 512, &seconds))
        return 0;
    c->ai3_time = seconds * SEC;
    return (seconds & (seconds - 1)) == 0;
}

/* Splits the next "key=value" off; 0: none is left, -1: no such word. */
static int next_word(const char **text, char key[MOBILE_NAME], char value[MOBILE_TEXT])
{
    while (isspace((unsigned char)**text))
        (*text)++;
    if (**text == '\0')
        return 0;
    size_t len = strcspn(*text, " ");
    size_t name = strcspn(*text, "=");
    if (name >= len || name >= MOBILE_NAME || len - name >= MOBILE_TEXT)
        return -1;
    snprintf(key, MOBILE_NAME, "%.*s", (int)name, *text);
    snprintf(value, MOBILE_TEXT, "%.*s", (int)(len - name - 1), *text + name + 1);
    *text += len;
    return 1;
}

int mobile_set_network(struct mobile *m, int network, const char *settings,
                       char why[MOBILE_WHY_BYTES])
{
    struct network n = m->networks[network];
    char key[MOBILE_NAME] = "";
    char value[MOBILE_TEXT] = "";
    int got = 0;
    while ((got = next_word(&settings, key, value)) > 0) {
        if (!set_network(&n, key, value)) {
            snprintf(why, MOBILE_WHY_BYTES,
                     "network '%s' takes no '%.31s=%.40s'; see plugins/mobile_lab/README.md",
                     n.name, key, value);
            return -1;
        }
    }
    if (got < 0 || n.plmn[0] == '\0') {
        snprintf(why, MOBILE_WHY_BYTES, "network '%s': settings are key=value, one of them plmn",
                 n.name);
        return -1;
    }
    m->networks[network] = n;
    return 0;
}

int mobile_set_cell(struct mobile *m, int cell, const char *settings, char why[MOBILE_WHY_BYTES])
{
    struct cell c = m->cells[cell];
    char key[MOBILE_NAME] = "";
    char value[MOBILE_TEXT] = "";
    int got = 0;
    while ((got = next_word(&settings, key, value)) > 0) {
        if (!set_cell(m, &c, key, value)) {
            snprintf(why, MOBILE_WHY_BYTES,
                     "cell '%s' takes no '%.31s=%.40s'; see plugins/mobile_lab/README.md", c.name,
                     key, value);
            return -1;
        }
    }
    if (got < 0 || c.network < 0) {
        snprintf(why, MOBILE_WHY_BYTES, "cell '%s': settings are key=value, one of them network",
                 c.name);
        return -1;
    }
    m->cells[cell] = c;
    return 0;
}

/* ---- out ---- */

#define LIST_BYTES ((size_t)MOBILE_PLMNS * 8)

static const char *list_text(const struct plmn_list *list, char text[LIST_BYTES])
{
    size_t len = 0;
    text[0] = '\0';
    for (int i = 0; i < list->count; i++)
        len +=
            (size_t)snprintf(text + len, LIST_BYTES - len, "%s%s", i != 0 ? "," : "", list->at[i]);
    return text;
}

static int whole(int64_t ns)
{
    return (int)(ns / SEC);
}

void mobile_get_network(const struct mobile *m, int network, char text[MOBILE_TEXT])
{
    const struct network *n = &m->networks[network];
    char guests[LIST_BYTES];
    char disaster[LIST_BYTES];
    snprintf(text, MOBILE_TEXT,
             "plmn=%s core=%d emergency=%d guests=%s disaster=%s cause=%d capacity=%d wait=%d-%d "
             "return=%d-%d backoff=%d-%d search=%d recheck=%d",
             n->plmn, n->core, n->emergency, list_text(&n->guests, guests),
             list_text(&n->disaster, disaster), n->cause, n->capacity, whole(n->wait.low),
             whole(n->wait.high), whole(n->back.low), whole(n->back.high), whole(n->backoff.low),
             whole(n->backoff.high), whole(n->search), whole(n->recheck));
}

void mobile_get_cell(const struct mobile *m, int cell, char text[MOBILE_TEXT])
{
    static const char *const words[] = {"none", "related", "common"};
    const struct cell *c = &m->cells[cell];
    char plmns[LIST_BYTES];
    char sib15[LIST_BYTES];
    char dedicated[LIST_BYTES];
    snprintf(text, MOBILE_TEXT,
             "network=%s up=%d roaming=%d plmns=%s sib15=%s applicable=%s ai3=%d ai3_time=%d",
             m->networks[c->network].name, c->up, c->roaming, list_text(&c->plmns, plmns),
             list_text(&c->sib15, sib15),
             c->applicable == APPLY_DEDICATED ? list_text(&c->dedicated, dedicated)
                                              : words[c->applicable],
             c->ai3, whole(c->ai3_time));
}

void mobile_census(const struct mobile *m, char text[MOBILE_TEXT])
{
    int counts[UE_STATES] = {0};
    size_t len = 0;
    for (int i = 0; i < m->handset_count; i++)
        counts[m->handsets[i].state]++;
    for (int i = 0; i < UE_STATES; i++)
        len +=
            (size_t)snprintf(text + len, MOBILE_TEXT - len, "%s=%d ", ue_state_names[i], counts[i]);
    snprintf(text + len, MOBILE_TEXT - len,
             "attempts=%lld accepted=%lld rejected=%lld refused_barred=%lld peak=%lld",
             (long long)m->counts.attempts, (long long)m->counts.accepted,
             (long long)m->counts.rejected, (long long)m->counts.barred, (long long)m->counts.peak);
}
