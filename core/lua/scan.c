#include "lua/internal.h"

#include "run/threshold.h"

#include <stdlib.h>
#include <string.h>

/* Checks of the text itself, so that lint finds what stands in a branch that no rehearsal takes:
 * verbs, their keys, bare numbers, targets. It judges only what it can be sure of. */

const char *const *nd_verb_keys(const char *name)
{
    static const char *const drill[] = {"id",   "revision",  "lasts",  "objectives", "availability",
                                        "site", "simulated", "steady", "reactions",  NULL};
    static const char *const guard[] = {"objective", "read",  "every",     "at_most",
                                        "at_least",  "grace", "otherwise", NULL};
    static const char *const baseline[] = {"run", "within", NULL};
    static const char *const phase[] = {"id", "at", NULL};
    static const char *const step[] = {"id",  "owner",      "objective", "at",    "after",
                                       "run", "repeatable", "users",     "about", NULL};
    static const char *const inject[] = {
        "id",         "kind",      "at",           "window",      "after",     "delay",
        "unless",     "on_call",   "only_if",      "from",        "to",        "via",
        "body",       "expect",    "react_within", "answered_by", "objective", "tasks",
        "controller", "evaluator", "notes",        "options",     "run",       "scenario_time",
        "occurs",     "meets",     "users",        "about",       NULL};
    static const char *const expect[] = {
        "at_most", "at_least", "equals",    "above",         "below",   "within", "every",
        "from",    "till",     "objective", "abort_on_fail", "reading", "warn",   NULL};
    static const char *const confirm[] = {"by", "within", "required", NULL};
    static const char *const obligations[] = {"pace",   "owner",  "objective", "every",
                                              "checks", "occurs", NULL};
    static const char *const occurs[] = {"case", "note", NULL};
    static const char *const met[] = {"case", "by", "note", NULL};
    static const char *const parameter[] = {"choices", "otherwise", NULL};
    static const char *const none[] = {NULL};
    static const struct {
        const char *name;
        const char *const *keys;
    } list[] = {{"drill", drill},       {"guard", guard},         {"phase", phase},
                {"baseline", baseline}, {"inject", inject},       {"step", step},
                {"expect", expect},     {"confirm", confirm},     {"wait", none},
                {"restore", none},      {"together", none},       {"obligations", obligations},
                {"occurs", occurs},     {"parameter", parameter}, {"met", met}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (strcmp(list[i].name, name) == 0)
            return list[i].keys;
    }
    return NULL;
}

struct alias {
    const char *name;
    const struct nd_plugin *plugin;      /* of use "...", else NULL */
    const struct nd_site_target *target; /* of site "...", else NULL */
};

struct scan {
    struct nd_scenario *scenario;
    const struct nd_source *source;
    struct ND_VEC(struct alias) aliases;
};

static bool is_sign(const struct nd_source *source, size_t at, const char *text)
{
    return at < source->tokens.count && source->tokens.at[at].kind == ND_TOK_SIGN &&
           strcmp(source->tokens.at[at].text, text) == 0;
}

static bool is_name(const struct nd_source *source, size_t at, const char *text)
{
    return at < source->tokens.count && source->tokens.at[at].kind == ND_TOK_NAME &&
           (text == NULL || strcmp(source->tokens.at[at].text, text) == 0);
}

/* local a, b = use "x", site "y" */
static void read_local(struct scan *scan, size_t at)
{
    const struct nd_source *source = scan->source;
    size_t first = at + 1;
    size_t names = 0;
    while (is_name(source, first + names * 2, NULL)) {
        names++;
        if (!is_sign(source, first + names * 2 - 1, ","))
            break;
    }
    size_t value = first + names * 2;
    if (names == 0 || !is_sign(source, value - 1, "="))
        return;
    for (size_t i = 0; i < names; i++, value += 3) {
        bool use = is_name(source, value, "use");
        if ((!use && !is_name(source, value, "site")) || value + 1 >= source->tokens.count ||
            source->tokens.at[value + 1].kind != ND_TOK_STRING)
            return;
        const char *name = source->tokens.at[value + 1].text;
        struct alias alias = {source->tokens.at[first + i * 2].text, NULL, NULL};
        if (use && strchr(name, '/') == NULL)
            alias.plugin = nd_plugins_load(scan->scenario->plugins, name, NULL);
        else if (!use && scan->scenario->site != NULL)
            alias.target = nd_site_target_find(scan->scenario->site, name);
        if (alias.plugin != NULL || alias.target != NULL)
            nd_vec_push(&scan->aliases, alias);
        if (!is_sign(source, value + 2, ","))
            return;
    }
}

static void complain(struct scan *scan, const struct nd_token *token, const char *code,
                     const char *help, const char *text)
{
    nd_diag_add(scan->scenario->diags, code, scan->source->path, token->line, token->column,
                token->width, help, "%s", text);
}

/* alias.verb at a token: the verb; complains when the plugin has none such. */
static const struct nd_verb *verb_at(struct scan *scan, size_t at, const struct nd_plugin **plugin)
{
    const struct nd_source *source = scan->source;
    if (!is_name(source, at, NULL) || !is_sign(source, at + 1, ".") ||
        !is_name(source, at + 2, NULL) || (at > 0 && is_sign(source, at - 1, ".")))
        return NULL;
    for (size_t i = 0; i < scan->aliases.count; i++) {
        const struct alias *alias = &scan->aliases.at[i];
        const struct nd_token *token = &source->tokens.at[at + 2];
        if (alias->plugin == NULL || strcmp(alias->name, source->tokens.at[at].text) != 0)
            continue;
        *plugin = alias->plugin;
        const struct nd_verb *verb = nd_plugin_verb(alias->plugin, token->text);
        if (verb != NULL)
            return verb;
        const char *names[64];
        size_t count = 0;
        for (const struct nd_verb *const *v = alias->plugin->verbs; *v != NULL && count < 64; v++)
            names[count++] = (*v)->name;
        const char *near = nd_text_nearest(token->text, names, count);
        struct nd_fail text;
        nd_fail_set(&text, ND_EARG, "plugin '%s' has no verb '%s'%s%s%s", alias->plugin->name,
                    token->text, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'" : "");
        complain(scan, token, "E0202", NULL, text.text);
        return NULL;
    }
    return NULL;
}

/* ---- keys and values of one call ---- */

static const struct nd_option *find_option(const struct nd_verb *verb, const char *key)
{
    for (const struct nd_option *o = verb->options; o->name != NULL; o++) {
        if (strcmp(o->name, key) == 0 ||
            (strcmp(key, "1") == 0 && (o->flags & ND_OPT_SUBJECT) != 0))
            return o;
    }
    for (size_t i = 0; i < ND_COMMON_OPTION_COUNT; i++) {
        if (strcmp(nd_common_options[i].name, key) == 0)
            return &nd_common_options[i];
    }
    return NULL;
}

static void check_bare_number(struct scan *scan, const struct nd_call_entry *entry, const char *key,
                              uint32_t type)
{
    const struct nd_token *token = &scan->source->tokens.at[entry->value];
    const struct nd_token *at = &scan->source->tokens.at[entry->at];
    bool quantity = type == ND_LENGTH || type == ND_RATE || type == ND_SHARE;
    if (!quantity || token->kind != ND_TOK_NUMBER || entry->end != entry->value + 1)
        return;
    struct nd_fail text;
    nd_fail_set(&text, ND_EARG, "'%s' takes %s, got the bare number %s", key,
                nd_schema_type_words(type), token->text);
    complain(scan, at, "E0302", "say the unit", text.text);
}

static void complain_key(struct scan *scan, const char *call, const struct nd_call_entry *entry,
                         const char *const *names, size_t count)
{
    const char *near = nd_text_nearest(entry->key, names, count);
    struct nd_fail text;
    nd_fail_set(&text, ND_EARG, "'%s' has no key '%s'%s%s%s", call, entry->key,
                near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'" : "");
    complain(scan, &scan->source->tokens.at[entry->at], "E0207", NULL, text.text);
}

static bool positional(const char *key)
{
    return *key >= '0' && *key <= '9';
}

/* Entries from number `skip` on against a verb; extra: further keys that are fine. */
static void check_verb_call(struct scan *scan, const struct nd_source_call *call,
                            const struct nd_plugin *plugin, const struct nd_verb *verb, int skip,
                            const char *const *extra)
{
    const char *names[96];
    size_t count = 0;
    for (const struct nd_option *o = verb->options; o->name != NULL && count < 64; o++)
        names[count++] = o->name;
    for (size_t i = 0; i < ND_COMMON_OPTION_COUNT; i++)
        names[count++] = nd_common_options[i].name;
    for (size_t i = 0; extra[i] != NULL; i++)
        names[count++] = extra[i];
    char title[128];
    snprintf(title, sizeof title, "%s.%s", plugin->name, verb->name);
    for (size_t i = 0; i < call->count; i++) {
        const struct nd_call_entry *entry = &call->entries[i];
        char key[32];
        snprintf(key, sizeof key, "%s", entry->key);
        if (positional(key)) {
            int number = atoi(key) - skip;
            if (number <= 0)
                continue;
            snprintf(key, sizeof key, "%d", number);
        }
        bool is_extra = false;
        for (size_t e = 0; extra[e] != NULL; e++)
            is_extra = is_extra || strcmp(extra[e], key) == 0;
        const struct nd_option *option = is_extra ? NULL : find_option(verb, key);
        if (option != NULL)
            check_bare_number(scan, entry, option->name, option->type);
        else if (!is_extra && !positional(key))
            complain_key(scan, title, entry, names, count);
    }
    for (const struct nd_option *o = verb->options; o->name != NULL; o++) {
        bool there = (o->flags & ND_OPT_REQUIRED) == 0 || o->fallback != NULL;
        for (size_t i = 0; i < call->count && !there; i++) {
            const char *key = call->entries[i].key;
            there = strcmp(key, o->name) == 0 ||
                    ((o->flags & ND_OPT_SUBJECT) != 0 && positional(key) && atoi(key) == skip + 1);
        }
        struct nd_fail text;
        nd_fail_set(&text, ND_EARG, "'%s': '%s' is missing: %s", title, o->name, o->help);
        if (!there)
            complain(scan, &scan->source->tokens.at[call->at], "E0208", NULL, text.text);
    }
}

/* ---- what the site allows ---- */

/* The target that an entry names, as site "x" or by a local of it; NULL when that is not sure. */
static const struct nd_site_target *target_at(const struct scan *scan,
                                              const struct nd_call_entry *entry)
{
    const struct nd_source *source = scan->source;
    if (scan->scenario->site == NULL)
        return NULL;
    if (is_name(source, entry->value, "site") && entry->end == entry->value + 2)
        return nd_site_target_find(scan->scenario->site, source->tokens.at[entry->value + 1].text);
    for (size_t i = scan->aliases.count; i-- > 0 && entry->end == entry->value + 1;) {
        if (is_name(source, entry->value, scan->aliases.at[i].name))
            return scan->aliases.at[i].target;
    }
    return NULL;
}

static void check_allowed(struct scan *scan, const struct nd_source_call *call,
                          const struct nd_plugin *plugin, const struct nd_verb *verb, int skip)
{
    const struct nd_site *site = scan->scenario->site;
    bool changes = (verb->flags & ND_VERB_CHANGES) != 0;
    const struct nd_site_target *target = NULL;
    const struct nd_token *token = &scan->source->tokens.at[call->at];
    for (size_t i = 0; i < call->count && target == NULL; i++) {
        const struct nd_call_entry *entry = &call->entries[i];
        char key[32];
        snprintf(key, sizeof key, "%s", entry->key);
        if (positional(key))
            snprintf(key, sizeof key, "%d", atoi(entry->key) - skip);
        const struct nd_option *option = find_option(verb, key);
        if (option == NULL || option->type != ND_TARGET)
            continue;
        target = target_at(scan, entry);
        if (target != NULL)
            token = &scan->source->tokens.at[entry->value];
    }
    struct nd_fail why = {0};
    if (changes && target != NULL && !target->may_be_disturbed) {
        nd_fail_set(&why, ND_ERIGHTS, "target '%s' may not be disturbed", target->target.name);
        complain(scan, token, "E0501",
                 "only whoever owns the site file can allow it, by may_be_disturbed: true",
                 why.text);
        return;
    }
    /* A target that is not known here may still be a listed one. */
    const char *code = site == NULL ? NULL
                                    : nd_policy_call(&site->policy, plugin->name, verb->name,
                                                     target, changes && target != NULL, &why);
    if (code != NULL)
        complain(scan, strcmp(code, "E0502") == 0 ? token : &scan->source->tokens.at[call->at],
                 code, NULL, why.text);
}

/* "loss<1%" after a series. */
static void check_threshold(struct scan *scan, const struct nd_call_entry *entry)
{
    const struct nd_token *token = &scan->source->tokens.at[entry->value];
    struct nd_threshold threshold;
    struct nd_fail why = {0};
    if (token->kind == ND_TOK_STRING && nd_threshold_parse(token->text, &threshold, &why) != ND_OK)
        complain(scan, token, "E0313", NULL, why.text);
}

static void check_plain_call(struct scan *scan, const struct nd_source_call *call)
{
    static const char *const lengths[] = {"within", "every",        "tick",  "grace", "lasts",
                                          "lease",  "react_within", "delay", NULL};
    const char *const *keys = nd_verb_keys(call->name);
    size_t count = 0;
    if (keys == NULL)
        return;
    while (keys[count] != NULL)
        count++;
    for (size_t i = 0; i < call->count; i++) {
        const struct nd_call_entry *entry = &call->entries[i];
        bool known = positional(entry->key);
        for (size_t k = 0; k < count; k++)
            known = known || strcmp(keys[k], entry->key) == 0;
        if (!known)
            complain_key(scan, call->name, entry, keys, count);
        if (strcmp(call->name, "expect") == 0 && strcmp(entry->key, "3") == 0)
            check_threshold(scan, entry);
        for (size_t k = 0; lengths[k] != NULL; k++) {
            if (strcmp(lengths[k], entry->key) == 0)
                check_bare_number(scan, entry, entry->key, ND_LENGTH);
        }
    }
}

static void check_call(struct scan *scan, const struct nd_source_call *call)
{
    static const char *const verb_extra[] = {"may_fail", NULL};
    static const char *const measure_extra[] = {"every", "tick", "till", "lasts", NULL};
    const struct nd_plugin *plugin = NULL;
    const struct nd_verb *verb = NULL;
    if (strcmp(call->name, "measure") == 0) {
        if (call->count != 0 && strcmp(call->entries[0].key, "1") == 0)
            verb = verb_at(scan, call->entries[0].value, &plugin);
        if (verb != NULL) {
            check_verb_call(scan, call, plugin, verb, 1, measure_extra);
            check_allowed(scan, call, plugin, verb, 1);
        }
        for (size_t i = 0; i < call->count; i++) {
            if (strcmp(call->entries[i].key, "every") == 0 ||
                strcmp(call->entries[i].key, "lasts") == 0)
                check_bare_number(scan, &call->entries[i], call->entries[i].key, ND_LENGTH);
        }
        return;
    }
    verb = verb_at(scan, call->at, &plugin);
    if (verb == NULL) {
        check_plain_call(scan, call);
        return;
    }
    check_verb_call(scan, call, plugin, verb, 0, verb_extra);
    check_allowed(scan, call, plugin, verb, 0);
}

/* site "name" anywhere, also where no rehearsal comes by. */
static void check_site(struct scan *scan, size_t at)
{
    const struct nd_source *source = scan->source;
    const struct nd_site *site = scan->scenario->site;
    if (site == NULL || !is_name(source, at, "site") || at + 1 >= source->tokens.count ||
        source->tokens.at[at + 1].kind != ND_TOK_STRING || is_sign(source, at + 1, "="))
        return;
    const struct nd_token *token = &source->tokens.at[at + 1];
    if (nd_site_target_find(site, token->text) != NULL)
        return;
    const char *near = nd_site_target_nearest(site, token->text);
    struct nd_fail text;
    nd_fail_set(&text, ND_EARG, "the site file has no target '%s'%s%s%s", token->text,
                near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'" : "");
    complain(scan, token, "E0306", NULL, text.text);
}

void nd_scan(struct nd_scenario *scenario)
{
    struct scan scan = {scenario, &scenario->source, {NULL, 0, 0}};
    for (size_t i = 0; i < scan.source->tokens.count; i++) {
        if (is_name(scan.source, i, "local"))
            read_local(&scan, i);
        check_site(&scan, i);
        const struct nd_plugin *plugin = NULL;
        verb_at(&scan, i, &plugin); /* says so when there is no such verb */
    }
    for (size_t i = 0; i < scan.source->calls.count; i++)
        check_call(&scan, &scan.source->calls.at[i]);
    nd_vec_free(&scan.aliases);
}
