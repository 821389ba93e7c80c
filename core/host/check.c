#include "host/host.h"

#include <string.h>

/* The ABI's rules, checked before anything of a plugin is called. */

static bool word(const char *text)
{
    return text != NULL && *text >= 'a' && *text <= 'z' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static nd_err check_option(const struct nd_option *option, const struct nd_option *first,
                           struct nd_fail *why)
{
    const char *name = option->name;
    if (!word(name) || option->help == NULL || option->unit == NULL)
        return nd_fail_set(why, ND_EARG, "option '%s': a lower-case name, help and unit are needed",
                           name);
    for (const struct nd_option *o = first; o < option; o++) {
        if (strcmp(o->name, name) == 0)
            return nd_fail_set(why, ND_EARG, "option '%s' is declared twice", name);
    }
    for (size_t i = 0; i < ND_COMMON_OPTION_COUNT; i++) {
        if (strcmp(nd_common_options[i].name, name) == 0)
            return nd_fail_set(why, ND_EARG, "option '%s' is the core's own", name);
    }
    if (option->type < ND_BOOL || option->type > ND_TEXTS)
        return nd_fail_set(why, ND_EARG, "option '%s': type %u is not one of enum nd_type", name,
                           option->type);
    if ((option->type == ND_CHOICE) != (option->choices != NULL))
        return nd_fail_set(why, ND_EARG, "option '%s': choices belong to ND_CHOICE alone", name);
    if ((option->flags & ND_OPT_SUBJECT) != 0 && option != first)
        return nd_fail_set(why, ND_EARG, "option '%s': only the first row may be the subject",
                           name);
    return ND_OK;
}

static nd_err check_tables(const struct nd_verb *verb, struct nd_fail *why)
{
    if (verb->options == NULL || verb->readings == NULL)
        return nd_fail_set(why, ND_EARG, "an option and a reading table are needed, even if empty");
    for (const struct nd_option *o = verb->options; o->name != NULL; o++) {
        nd_err err = check_option(o, verb->options, why);
        if (err != ND_OK)
            return err;
    }
    for (const struct nd_reading *r = verb->readings; r->name != NULL; r++) {
        if (!word(r->name) || r->help == NULL || r->unit == NULL)
            return nd_fail_set(
                why, ND_EARG, "reading '%s': a lower-case name, help and unit are needed", r->name);
    }
    return ND_OK;
}

static nd_err check_verb(const struct nd_plugin *plugin, const struct nd_verb *verb,
                         struct nd_fail *why)
{
    if (verb->struct_size < ND_VERB_SIZE_1_0)
        return nd_fail_set(why, ND_EARG, "struct_size %u is less than this ABI's %zu",
                           verb->struct_size, ND_VERB_SIZE_1_0);
    if (verb->struct_size >= ND_VERB_SIZE_1_1 && (verb->stream == NULL) != (verb->slots == NULL))
        return nd_fail_set(why, ND_EARG, "stream and slots come together");
    if (!word(verb->name) || verb->help == NULL || verb->rights == NULL || verb->start == NULL)
        return nd_fail_set(why, ND_EARG, "a lower-case name, help, rights and start are needed");
    if (nd_plugin_verb(plugin, verb->name) != verb)
        return nd_fail_set(why, ND_EARG, "the name is used twice");
    bool changes = (verb->flags & ND_VERB_CHANGES) != 0;
    if (changes && (verb->plan_undo == NULL || plugin->undo == NULL || plugin->verify == NULL))
        return nd_fail_set(why, ND_EARG,
                           "a verb that changes the network needs plan_undo, and its plugin undo "
                           "and verify");
    if (!changes && (verb->plan_undo != NULL || verb->renew != NULL))
        return nd_fail_set(why, ND_EARG, "plan_undo and renew belong to ND_VERB_CHANGES alone");
    return check_tables(verb, why);
}

nd_err nd_plugin_check(const struct nd_plugin *plugin, struct nd_fail *why)
{
    if (plugin == NULL)
        return nd_fail_set(why, ND_EARG, "'nd_plugin_entry' returned nothing");
    if (plugin->abi_major != ND_ABI_MAJOR)
        return nd_fail_set(why, ND_EARG,
                           "it was built for ABI %u, this netdrill has ABI %u; rebuild it against "
                           "this version's <netdrill/plugin.h>",
                           plugin->abi_major, ND_ABI_MAJOR);
    if (plugin->struct_size < ND_PLUGIN_SIZE_1_0)
        return nd_fail_set(why, ND_EARG, "struct_size %u is less than this ABI's %zu",
                           plugin->struct_size, ND_PLUGIN_SIZE_1_0);
    if (!word(plugin->name) || plugin->version == NULL || plugin->help == NULL ||
        plugin->verbs == NULL)
        return nd_fail_set(why, ND_EARG, "a lower-case name, version, help and verbs are needed");
    for (const struct nd_verb *const *v = plugin->verbs; *v != NULL; v++) {
        nd_err err = check_verb(plugin, *v, why);
        if (err != ND_OK)
            return nd_fail_wrap(why, "verb '%s'", (*v)->name);
    }
    return ND_OK;
}
