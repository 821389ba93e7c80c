#include "plan/schema.h"

#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const paused_names[] = {"hold", "revert", NULL};

const struct nd_option nd_common_options[ND_COMMON_OPTION_COUNT + 1] = {
    {"from", "the vantage it acts from; a change acts at its target's vantage", "", ND_TEXT, 0, 1,
     0, NULL, NULL},
    {"deadline", "how long the call may take", "ns", ND_LENGTH, 0, 1e6, 3.6e12, NULL, NULL},
    {"label", "words for displays and the report: a text, or {zh = ..., en = ...}", "", ND_TEXT, 0,
     1, 0, NULL, NULL},
    {"restore_by", "the moment by which a change is put back, such as \"T+00:40\"", "ns", ND_TEXT,
     0, 1, 0, NULL, NULL},
    {"lease", "a change heals by itself unless renewed within this time", "ns", ND_LENGTH, 0, 1e9,
     8.64e13, NULL, NULL},
    {"while_paused",
     "what becomes of a change while the drill is paused: it stays, or it is put back and made "
     "again "
     "at resume",
     "", ND_CHOICE, 0, 1, 0, "hold", paused_names},
    {NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL}};

const char *const nd_message_options[] = {"to",      "sender", "title_zh",  "title_en", "body_zh",
                                          "body_en", "inject", "reference", "react_by", NULL};

const char *nd_schema_type_words(uint32_t type)
{
    static const char *const words[] = {"?",
                                        "true or false",
                                        "a whole number",
                                        "a number",
                                        "a text",
                                        "a length of time such as seconds(10)",
                                        "a target of the site file",
                                        "one of a few words",
                                        "a rate such as kbit_per_s(100)",
                                        "a share such as percent(30)",
                                        "a list of texts"};
    return type <= ND_TEXTS ? words[type] : words[0];
}

static const char *given_words(const struct nd_given *given)
{
    static const char *const words[] = {
        "true or false", "a number", "a text", "a length of time",        "a rate",
        "a share",       "a target", "a list", "a text in each language", "something else"};
    return given->kind == ND_GIVEN_OTHER && given->u.text != NULL ? given->u.text
                                                                  : words[given->kind];
}

/* What a check works on. */
struct check {
    const struct nd_verb *verb;
    const struct nd_site *site;
    const char *plugin, *file;
    struct nd_arena *arena;
    struct nd_diags *diags;
    bool good;
};

static void complain(struct check *check, const char *code, const struct nd_given *given,
                     const char *help, const char *text)
{
    int width = given != NULL ? (int)strlen(given->key) : 0;
    nd_diag_add(check->diags, code, check->file, given != NULL ? given->line : 0,
                given != NULL ? given->column : 0, width, help, "'%s.%s': %s", check->plugin,
                check->verb->name, text);
    check->good = false;
}

static const struct nd_site_target *find_target(struct check *check, const struct nd_given *given,
                                                const char *name)
{
    const struct nd_site_target *target =
        check->site != NULL ? nd_site_target_find(check->site, name) : NULL;
    if (target == NULL) {
        const char *near = check->site != NULL ? nd_site_target_nearest(check->site, name) : NULL;
        struct nd_fail text;
        nd_fail_set(&text, ND_EARG, "the site file has no target '%s'%s%s%s", name,
                    near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'" : "");
        complain(check, "E0306", given, NULL, text.text);
    }
    return target;
}

static void check_range(struct check *check, const struct nd_option *option,
                        const struct nd_given *given, double number)
{
    if (option->min > option->max || (number >= option->min && number <= option->max))
        return;
    struct nd_fail text;
    char low[ND_UNIT_TEXT];
    char high[ND_UNIT_TEXT];
    if (option->type == ND_LENGTH)
        nd_fail_set(&text, ND_EARG, "'%s' takes %s to %s", option->name,
                    nd_length_format((nd_ns)option->min, low),
                    nd_length_format((nd_ns)option->max, high));
    else if (option->type == ND_RATE)
        nd_fail_set(&text, ND_EARG, "'%s' takes %s to %s", option->name,
                    nd_rate_format((int64_t)option->min, low),
                    nd_rate_format((int64_t)option->max, high));
    else
        nd_fail_set(&text, ND_EARG, "'%s' takes %s to %s", option->name,
                    nd_real_format(option->min, low), nd_real_format(option->max, high));
    complain(check, "E0303", given, NULL, text.text);
}

static bool wrong_kind(struct check *check, const struct nd_option *option,
                       const struct nd_given *given)
{
    struct nd_fail text;
    char number[ND_UNIT_TEXT];
    bool quantity =
        option->type == ND_LENGTH || option->type == ND_RATE || option->type == ND_SHARE;
    if (quantity && given->kind == ND_GIVEN_NUMBER) {
        nd_fail_set(&text, ND_EARG, "'%s' takes %s, got the bare number %s", option->name,
                    nd_schema_type_words(option->type), nd_real_format(given->u.number, number));
        complain(check, "E0302", given, "say the unit", text.text);
    } else {
        nd_fail_set(&text, ND_EARG, "'%s' takes %s, got %s", option->name,
                    nd_schema_type_words(option->type), given_words(given));
        complain(check, "E0301", given, NULL, text.text);
    }
    return false;
}

/* ---- one value ---- */

static bool take_choice(struct check *check, const struct nd_option *option,
                        const struct nd_given *given, struct nd_value *value)
{
    size_t count = 0;
    for (; option->choices[count] != NULL; count++) {
        if (strcmp(option->choices[count], given->u.text) == 0) {
            value->u.i = (int64_t)count;
            return true;
        }
    }
    struct nd_buf words = {0};
    for (size_t i = 0; i < count; i++)
        nd_buf_addf(&words, "%s'%s'",
                    i == 0           ? ""
                    : i + 1 == count ? " or "
                                     : ", ",
                    option->choices[i]);
    struct nd_fail text;
    nd_fail_set(&text, ND_EARG, "'%s' takes %s, got '%s'", option->name, nd_buf_str(&words),
                given->u.text);
    nd_buf_deinit(&words);
    complain(check, "E0305", given, NULL, text.text);
    return false;
}

static bool take_text(struct check *check, const struct nd_option *option,
                      const struct nd_given *given, struct nd_value *value)
{
    struct nd_fail why = {0};
    nd_err err = ND_OK;
    switch (option->type) {
    case ND_TEXT:
        if ((option->flags & ND_OPT_SECRET) != 0 && strncmp(given->u.text, "env:", 4) != 0 &&
            strncmp(given->u.text, "file:", 5) != 0) {
            complain(check, "E0315", given, "such as \"env:NAME\" or \"file:/etc/netdrill/key\"",
                     "a secret is given by reference, never itself");
            return false;
        }
        value->u.text = nd_arena_strdup(check->arena, given->u.text);
        return true;
    case ND_CHOICE:
        return take_choice(check, option, given, value);
    case ND_TARGET: {
        const struct nd_site_target *target = find_target(check, given, given->u.text);
        value->u.target = target != NULL ? &target->target : NULL;
        return target != NULL;
    }
    case ND_LENGTH:
        err = nd_length_parse(given->u.text, &value->u.i, &why);
        break;
    case ND_RATE:
        err = nd_rate_parse(given->u.text, &value->u.i, &why);
        break;
    case ND_SHARE:
        err = nd_share_parse(given->u.text, &value->u.r, &why);
        break;
    default:
        return wrong_kind(check, option, given);
    }
    if (err != ND_OK) {
        struct nd_fail text;
        nd_fail_set(&text, err, "'%s': %s", option->name, why.text);
        complain(check, "E0304", given, NULL, text.text);
    }
    return err == ND_OK;
}

static bool take_number(struct check *check, const struct nd_option *option,
                        const struct nd_given *given, struct nd_value *value)
{
    if (option->type == ND_REAL) {
        value->u.r = given->u.number;
        return true;
    }
    bool whole = given->u.number == floor(given->u.number) && fabs(given->u.number) < 9e15;
    if (option->type != ND_INT || !whole)
        return wrong_kind(check, option, given);
    value->u.i = (int64_t)given->u.number;
    return true;
}

static bool take_value(struct check *check, const struct nd_option *option,
                       const struct nd_given *given, struct nd_value *value)
{
    static const uint32_t direct[] = {
        [ND_GIVEN_BOOL] = ND_BOOL,   [ND_GIVEN_LENGTH] = ND_LENGTH, [ND_GIVEN_RATE] = ND_RATE,
        [ND_GIVEN_SHARE] = ND_SHARE, [ND_GIVEN_LIST] = ND_TEXTS,    [ND_GIVEN_TARGET] = ND_TARGET,
        [ND_GIVEN_WORDS] = 0,        [ND_GIVEN_OTHER] = 0};
    value->type = option->type;
    value->given = 1;
    if (given->kind == ND_GIVEN_TEXT ||
        (given->kind == ND_GIVEN_TARGET && option->type == ND_TARGET))
        return take_text(check, option, given, value);
    if (given->kind == ND_GIVEN_NUMBER)
        return take_number(check, option, given, value);
    if (direct[given->kind] != option->type)
        return wrong_kind(check, option, given);
    switch (given->kind) {
    case ND_GIVEN_BOOL:
        value->u.i = given->u.flag;
        break;
    case ND_GIVEN_SHARE:
        value->u.r = given->u.number;
        break;
    case ND_GIVEN_LIST: {
        size_t count = 0;
        while (given->u.list[count] != NULL)
            count++;
        const char **copy = nd_arena_alloc(check->arena, (count + 1) * sizeof *copy);
        for (size_t i = 0; i < count; i++)
            copy[i] = nd_arena_strdup(check->arena, given->u.list[i]);
        value->u.texts = copy;
        break;
    }
    default:
        value->u.i = given->u.i;
        break;
    }
    return true;
}

static double as_number(const struct nd_value *value)
{
    return value->type == ND_REAL || value->type == ND_SHARE ? value->u.r : (double)value->u.i;
}

static bool is_number(uint32_t type)
{
    return type == ND_INT || type == ND_REAL || type == ND_LENGTH || type == ND_RATE ||
           type == ND_SHARE;
}

/* ---- the whole call ---- */

static const struct nd_given *find_given(const struct nd_option *option,
                                         const struct nd_given *given, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(given[i].key, option->name) == 0 ||
            ((option->flags & ND_OPT_SUBJECT) != 0 && strcmp(given[i].key, "1") == 0))
            return &given[i];
    }
    return NULL;
}

static void check_options(struct check *check, const struct nd_given *given, size_t count,
                          struct nd_call_spec *spec)
{
    uint32_t rows = 0;
    while (check->verb->options[rows].name != NULL)
        rows++;
    struct nd_value *values = nd_arena_alloc(check->arena, (rows + 1) * sizeof *values);
    spec->args = (struct nd_args){values, rows};
    for (uint32_t i = 0; i < rows; i++) {
        const struct nd_option *option = &check->verb->options[i];
        const struct nd_given *one = find_given(option, given, count);
        values[i].type = option->type;
        if (one != NULL) {
            if (take_value(check, option, one, &values[i]) && is_number(option->type))
                check_range(check, option, one, as_number(&values[i]));
        } else if (option->fallback != NULL) {
            struct nd_fail why = {0};
            if (nd_schema_parse(option, check->site, option->fallback, check->arena, &values[i],
                                &why) != ND_OK)
                complain(check, "E0304", NULL, "this is a fault of the plugin", why.text);
            values[i].given = 0;
        } else if ((option->flags & ND_OPT_REQUIRED) != 0) {
            struct nd_fail text;
            nd_fail_set(&text, ND_EARG, "'%s' is missing: %s", option->name, option->help);
            complain(check, "E0208", count != 0 ? &given[0] : NULL, NULL, text.text);
        }
    }
}

static void check_unknown(struct check *check, const struct nd_given *given, size_t count)
{
    const char *names[64];
    size_t names_count = 0;
    bool subject = (check->verb->options[0].flags & ND_OPT_SUBJECT) != 0 &&
                   check->verb->options[0].name != NULL;
    for (const struct nd_option *o = check->verb->options; o->name != NULL && names_count < 56; o++)
        names[names_count++] = o->name;
    for (size_t i = 0; i < ND_COMMON_OPTION_COUNT; i++)
        names[names_count++] = nd_common_options[i].name;
    for (size_t i = 0; i < count; i++) {
        bool known = strcmp(given[i].key, "1") == 0 && subject;
        for (size_t n = 0; n < names_count && !known; n++)
            known = strcmp(names[n], given[i].key) == 0;
        if (known)
            continue;
        const char *near = nd_text_nearest(given[i].key, names, names_count);
        struct nd_fail text;
        nd_fail_set(&text, ND_EARG, "it has no key '%s'%s%s%s", given[i].key,
                    near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'" : "");
        complain(check, "E0207", &given[i], NULL, text.text);
    }
}

/* One text for both languages, or one for each. */
static void take_label(struct check *check, const struct nd_option *option,
                       const struct nd_given *given, struct nd_text2 *label)
{
    struct nd_given one = *given;
    struct nd_value value = {0};
    if (given->kind != ND_GIVEN_WORDS) {
        if (take_value(check, option, given, &value))
            label->en = value.u.text;
        return;
    }
    one.kind = ND_GIVEN_TEXT;
    one.u.text = given->u.words.zh;
    if (one.u.text != NULL && take_value(check, option, &one, &value))
        label->zh = value.u.text;
    one.u.text = given->u.words.en != NULL ? given->u.words.en : given->u.words.zh;
    if (one.u.text != NULL && take_value(check, option, &one, &value))
        label->en = value.u.text;
}

static void check_from(struct check *check, const struct nd_given *from, const char *vantage)
{
    const struct nd_site *site = check->site;
    if (vantage == NULL || (site != NULL && nd_site_vantage_find(site, vantage) != NULL))
        return;
    struct nd_fail text;
    const char *near = site != NULL ? nd_site_vantage_nearest(site, vantage) : NULL;
    nd_fail_set(&text, ND_EARG, "the site file has no vantage '%s'%s%s%s", vantage,
                near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'" : "");
    complain(check, "E0307", from, NULL, text.text);
}

static void check_common(struct check *check, const struct nd_given *given, size_t count,
                         struct nd_common *common)
{
    struct nd_value values[ND_COMMON_OPTION_COUNT] = {{0}};
    const struct nd_given *from = NULL;
    *common = (struct nd_common){.restore_by = -1};
    for (size_t i = 0; i < ND_COMMON_OPTION_COUNT; i++) {
        const struct nd_option *option = &nd_common_options[i];
        const struct nd_given *one = find_given(option, given, count);
        if (i == 0)
            from = one;
        if (one != NULL && strcmp(option->name, "label") == 0) {
            take_label(check, option, one, &common->label);
            continue;
        }
        if (one == NULL || !take_value(check, option, one, &values[i]))
            continue;
        if (is_number(option->type))
            check_range(check, option, one, as_number(&values[i]));
        struct nd_fail why = {0};
        if (strcmp(option->name, "restore_by") == 0 &&
            nd_moment_parse(values[i].u.text, &common->restore_by, &why) != ND_OK)
            complain(check, "E0304", one, NULL, why.text);
    }
    common->from = values[0].u.text;
    common->deadline = values[1].u.i;
    common->lease = values[4].u.i;
    common->while_paused = values[5].u.i == 1 ? ND_PAUSED_REVERT : ND_PAUSED_HOLD;
    check_from(check, from, common->from);
    bool changes = (check->verb->flags & ND_VERB_CHANGES) != 0;
    if (!changes && (common->lease != 0 || common->restore_by >= 0 || values[5].given))
        complain(check, "E0207", NULL, NULL,
                 "it changes nothing, so it takes no 'lease', no 'restore_by' and no "
                 "'while_paused'");
    if (changes && common->lease != 0 && check->verb->renew == NULL)
        complain(check, "E0207", NULL, NULL, "it cannot be leased; leave out 'lease'");
}

static void check_target(struct check *check, const struct nd_given *given, size_t count,
                         struct nd_call_spec *spec)
{
    for (uint32_t i = 0; i < spec->args.count && spec->target == NULL; i++) {
        const struct nd_value *value = &spec->args.at[i];
        if (value->type == ND_TARGET && value->u.target != NULL)
            spec->target = nd_site_target_find(check->site, value->u.target->name);
    }
    if (spec->target == NULL || (check->verb->flags & ND_VERB_CHANGES) == 0 ||
        spec->target->may_be_disturbed)
        return;
    struct nd_fail text;
    nd_fail_set(&text, ND_ERIGHTS, "target '%s' may not be disturbed", spec->target->target.name);
    complain(check, "E0501", count != 0 ? &given[0] : NULL,
             "only whoever owns the site file can allow it, by may_be_disturbed: true", text.text);
}

bool nd_schema_check(const char *plugin, const struct nd_verb *verb, const struct nd_site *site,
                     const struct nd_given *given, size_t given_count, const char *file,
                     struct nd_arena *arena, struct nd_call_spec *spec, struct nd_diags *diags)
{
    struct check check = {verb, site, plugin, file, arena, diags, true};
    *spec = (struct nd_call_spec){.plugin = nd_arena_strdup(arena, plugin), .verb = verb};
    check_unknown(&check, given, given_count);
    check_options(&check, given, given_count, spec);
    check_common(&check, given, given_count, &spec->common);
    check_target(&check, given, given_count, spec);
    return check.good;
}

nd_err nd_schema_parse(const struct nd_option *option, const struct nd_site *site, const char *text,
                       struct nd_arena *arena, struct nd_value *value, struct nd_fail *why)
{
    struct nd_diags diags = {0};
    const struct nd_verb verb = {.name = option->name};
    struct check check = {&verb, site, "option", NULL, arena, &diags, true};
    struct nd_given given = {.key = option->name, .kind = ND_GIVEN_TEXT, .u.text = text};
    if (option->type == ND_BOOL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        given.kind = ND_GIVEN_BOOL;
        given.u.flag = *text == 't';
    } else if ((option->type == ND_INT || option->type == ND_REAL) &&
               nd_real_parse(text, &given.u.number, NULL) == ND_OK) {
        given.kind = ND_GIVEN_NUMBER;
    }
    bool good = take_value(&check, option, &given, value);
    if (!good)
        nd_fail_set(why, ND_EPARSE, "%s", diags.list.at[0].text);
    nd_diags_deinit(&diags);
    return good ? ND_OK : ND_EPARSE;
}
