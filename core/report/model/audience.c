#include "report/model/audience.h"

#include "plan/site.h"
#include "report/model/model.h"
#include "report/words/packed.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A word and what stands for it. A word that is kept stands for itself, so that a shorter one
 * within it ("Jia" in "Jia's cell") does not touch it. */
struct swap {
    char *from, *to;
    size_t len;
};

struct redaction {
    const struct nd_site *site;
    const char *own; /* operator whose report it is; NULL: the public's */
    struct ND_VEC(struct swap) swaps;
};

static void swap_add(struct redaction *to, const char *from, const char *word)
{
    if (from == NULL || *from == '\0')
        return;
    for (size_t i = 0; i < to->swaps.count; i++) {
        if (strcmp(to->swaps.at[i].from, from) == 0)
            return;
    }
    nd_vec_push(&to->swaps, (struct swap){nd_strdup(from), nd_strdup(word), strlen(from)});
}

static void keep_title(struct redaction *to, const struct nd_text2 *title)
{
    swap_add(to, title->zh, title->zh);
    swap_add(to, title->en, title->en);
}

/* Of a name and its title. zh, en: what stands for the title. */
static void hide(struct redaction *to, const char *name, const struct nd_text2 *title,
                 const char *word, const char *zh, const char *en)
{
    swap_add(to, name, word);
    bool one = title->zh == title->en;
    swap_add(to, title->zh, one ? word : zh);
    swap_add(to, title->en, en);
}

static bool is_others(const struct redaction *of, const char *operator_name)
{
    return of->own != NULL && operator_name != NULL && strcmp(operator_name, of->own) != 0;
}

/* 'a' for the first of the other operators, and so on. */
static int letter_of(const struct redaction *of, const char *operator_name)
{
    int letter = 'a';
    for (size_t i = 0; i < of->site->operators.count; i++) {
        if (strcmp(of->site->operators.at[i].name, operator_name) == 0)
            break;
        letter += is_others(of, of->site->operators.at[i].name);
    }
    return letter <= 'z' ? letter : 'z';
}

static void hide_operators(struct redaction *to)
{
    for (size_t i = 0; i < to->site->operators.count; i++) {
        const struct nd_operator *one = &to->site->operators.at[i];
        char word[32];
        char zh[32];
        char en[32];
        int letter = letter_of(to, one->name);
        snprintf(word, sizeof word, "operator-%c", letter);
        snprintf(zh, sizeof zh, "業者%c", letter - 'a' + 'A');
        snprintf(en, sizeof en, "operator %c", letter - 'a' + 'A');
        if (is_others(to, one->name)) {
            hide(to, one->name, &one->title, word, zh, en);
            swap_add(to, one->plmn, word);
        } else {
            keep_title(to, &one->title);
        }
    }
}

#define WORD_BYTES 48

/* What one of a kind is called instead; whether it is another operator's. word: WORD_BYTES. */
static bool renamed(const struct redaction *to, const char *operator_name, const char *kind,
                    size_t number, char *word)
{
    bool others = is_others(to, operator_name);
    if (others)
        snprintf(word, WORD_BYTES, "operator-%c-%s-%zu", letter_of(to, operator_name), kind,
                 number);
    else
        snprintf(word, WORD_BYTES, "%s-%zu", kind, number);
    return others;
}

static void hide_targets(struct redaction *to)
{
    for (size_t i = 0; i < to->site->targets.count; i++) {
        const struct nd_site_target *one = &to->site->targets.at[i];
        char word[WORD_BYTES];
        bool others = renamed(to, one->operator_name, "target", i + 1, word);
        if (others || to->own == NULL)
            swap_add(to, one->target.address, word);
        if (!others) {
            keep_title(to, &one->title);
            continue;
        }
        hide(to, one->target.name, &one->title, word, word, word);
        swap_add(to, one->vantage, word); /* their host */
    }
}

/* Where another operator's subscribers stand. */
static void hide_vantages(struct redaction *to)
{
    for (size_t i = 0; i < to->site->vantages.count; i++) {
        const struct nd_vantage *one = &to->site->vantages.at[i];
        char word[WORD_BYTES];
        if (renamed(to, one->operator_name, "vantage", i + 1, word))
            hide(to, one->name, &one->title, word, word, word);
    }
}

static void hide_people(struct redaction *to)
{
    for (size_t i = 0; i < to->site->people.count; i++) {
        const struct nd_person *one = &to->site->people.at[i];
        char word[WORD_BYTES];
        bool others = renamed(to, one->operator_name, "person", i + 1, word);
        if (others || to->own == NULL)
            hide(to, one->name, &one->title, word, word, word);
        else
            keep_title(to, &one->title);
    }
}

static int longest_first(const void *a, const void *b)
{
    const struct swap *x = a;
    const struct swap *y = b;
    if (x->len != y->len)
        return x->len < y->len ? 1 : -1;
    return strcmp(x->from, y->from);
}

/* ---- within texts ---- */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether a swap's word stands at text[at], as a word of its own, in whatever case; Chinese has no
 * spaces. */
static bool stands_at(const struct swap *swap, const char *text, size_t at)
{
    const char *end = text + at + swap->len;
    return strncasecmp(text + at, swap->from, swap->len) == 0 &&
           !(is_word(swap->from[0]) && at > 0 && is_word(text[at - 1])) &&
           !(is_word(swap->from[swap->len - 1]) && is_word(*end));
}

static char *swapped(const struct redaction *with, const char *text)
{
    struct nd_buf out = {0};
    for (size_t at = 0; text[at] != '\0';) {
        const struct swap *hit = NULL;
        for (size_t i = 0; i < with->swaps.count && hit == NULL; i++) {
            if (stands_at(&with->swaps.at[i], text, at))
                hit = &with->swaps.at[i];
        }
        nd_buf_add(&out, hit != NULL ? hit->to : text + at, hit != NULL ? strlen(hit->to) : 1);
        at += hit != NULL ? hit->len : 1;
    }
    return nd_buf_take(&out);
}

/* Every text of the tree; keys are ours. */
static json_t *swap_all(const struct redaction *with, const json_t *value)
{
    const char *key = NULL;
    size_t i = 0;
    json_t *one = NULL;
    if (json_is_string(value)) {
        char *text = swapped(with, json_string_value(value));
        json_t *out = json_string(text);
        free(text);
        return out;
    }
    json_t *out = json_is_object(value)  ? json_object()
                  : json_is_array(value) ? json_array()
                                         : json_incref((json_t *)value);
    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, key, one)
            json_object_set_new(out, key, swap_all(with, one));
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, one) json_array_append_new(out, swap_all(with, one));
    }
    return out;
}

/* Series one by one, which may be packed. */
static void swap_model(const struct redaction *with, json_t *model)
{
    json_t *series = json_incref(json_object_get(model, "series"));
    for (size_t i = 0; i < json_array_size(series); i++) {
        json_t *whole = nd_unpacked(json_array_get(series, i));
        nd_repack(series, i, swap_all(with, whole));
        json_decref(whole);
    }
    json_object_set_new(model, "series", json_array()); /* it keeps its place */
    json_t *clean = swap_all(with, model);
    json_object_set_new(clean, "series", series);
    json_object_clear(model);
    json_object_update(model, clean);
    json_decref(clean);
}

/* ---- evidence ---- */

static bool target_is_others(const struct redaction *of, const char *name)
{
    const struct nd_site_target *target = nd_site_target_find(of->site, name);
    return target != NULL && is_others(of, target->operator_name);
}

static bool person_is_others(const struct redaction *of, const char *name)
{
    const struct nd_person *person = nd_site_person_find(of->site, name);
    return person != NULL && is_others(of, person->operator_name);
}

static void drop(json_t *entry, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        if (json_object_get(entry, *keys) != NULL)
            json_object_set_new(entry, *keys, json_null());
    }
}

/* Samples, reasons and arguments of what belongs to others, and what their people remarked. */
static void drop_evidence(const struct redaction *of, json_t *model)
{
    static const char *const of_targets[] = {"columns", "args", "why", "proved_why", NULL};
    static const char *const of_people[] = {"evidence", "text_before", "withdrawn_why", NULL};
    static const char *const lists[] = {"series", "changes"};
    size_t i = 0;
    json_t *entry = NULL;
    for (size_t k = 0; k < 2; k++) {
        json_t *list = json_object_get(model, lists[k]);
        for (i = 0; i < json_array_size(list); i++) {
            entry = nd_unpacked(json_array_get(list, i));
            if (target_is_others(of, nd_str_of(entry, "target")) ||
                is_others(of, json_string_value(json_object_get(entry, "operator"))))
                drop(entry, of_targets);
            nd_repack(list, i, entry);
        }
    }
    json_array_foreach(json_object_get(model, "observations"), i, entry)
    {
        if (!person_is_others(of, nd_str_of(entry, "by")))
            continue;
        drop(entry, of_people);
        json_object_set_new(entry, "text", json_string("（已移除 withheld）"));
    }
}

/* Accounts, machine and user: of nobody's concern but the owner of the run. */
static void drop_accounts(json_t *model)
{
    static const char *const of_run[] = {"user", "node", "kernel", NULL};
    static const char *const accounts[] = {"uid", "login_uid", "pid", NULL};
    static const char *const lists[] = {"observations", "notes", "confirmations", "improvements",
                                        "carried"};
    const json_t *armed = json_object_get(json_object_get(model, "safety"), "armed");
    size_t i = 0;
    json_t *entry = NULL;
    drop(json_object_get(model, "run"), of_run);
    for (i = json_array_size(json_object_get(model, "software")); i-- > 0;) {
        json_t *list = json_object_get(model, "software");
        if (strcmp(nd_str_of(json_array_get(list, i), "kind"), "clock") == 0)
            json_array_remove(list, i);
    }
    json_array_foreach(armed, i, entry) drop(entry, accounts);
    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++) {
        json_array_foreach(json_object_get(model, lists[k]), i, entry) drop(entry, accounts);
    }
}

/* ---- the whole ---- */

static bool known_operator(const struct nd_site *site, const char *name, struct nd_fail *why)
{
    struct nd_buf names = {0};
    bool known = false;
    for (size_t i = 0; i < site->operators.count; i++) {
        known = known || strcmp(site->operators.at[i].name, name) == 0;
        nd_buf_addf(&names, "%s%s", i != 0 ? ", " : "", site->operators.at[i].name);
    }
    if (!known)
        nd_fail_set(why, ND_EARG, "the site file has no operator '%s'; it has: %s", name,
                    nd_buf_str(&names));
    nd_buf_deinit(&names);
    return known;
}

static void redact(json_t *model, const struct nd_site *site, const char *audience, const char *own)
{
    struct redaction redaction = {.site = site, .own = own};
    hide_operators(&redaction);
    hide_targets(&redaction);
    hide_vantages(&redaction);
    hide_people(&redaction);
    if (redaction.swaps.count != 0)
        qsort(redaction.swaps.at, redaction.swaps.count, sizeof redaction.swaps.at[0],
              longest_first);
    drop_evidence(&redaction, model);
    drop_accounts(model);
    swap_model(&redaction, model);
    json_object_set_new(json_object_get(model, "run"), "audience", json_string(audience));
    for (size_t i = 0; i < redaction.swaps.count; i++) {
        free(redaction.swaps.at[i].from);
        free(redaction.swaps.at[i].to);
    }
    nd_vec_free(&redaction.swaps);
}

nd_err nd_report_for(json_t *model, const struct nd_rundir *dir, const char *audience,
                     struct nd_fail *why)
{
    static const char prefix[] = "operator:";
    struct nd_diags diags = {0};
    bool public = strcmp(audience, "public") == 0;
    const char *own =
        strncmp(audience, prefix, sizeof prefix - 1) == 0 ? audience + sizeof prefix - 1 : NULL;
    if (!public && own == NULL)
        return nd_fail_set(why, ND_EARG, "'--audience' takes operator:NAME or public, got '%s'",
                           audience);
    char *path = nd_rundir_file(dir, "site.yaml");
    struct nd_site *site = nd_site_load(path, &diags);
    free(path);
    nd_err err = ND_OK;
    if (site == NULL)
        err = nd_fail_set(why, ND_EIO,
                          "the run's site.yaml cannot be read, so it is not known what is whose");
    else if (own != NULL && !known_operator(site, own, why))
        err = ND_EARG;
    else
        redact(model, site, audience, own);
    nd_diags_deinit(&diags);
    nd_site_free(site);
    return err;
}
