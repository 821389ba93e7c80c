#include "cli/common.h"
#include "host/jail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* plugin, explain: what netdrill knows, shown. */

extern const struct nd_command nd_command_plugin, nd_command_explain;

static void show_option(const struct nd_option *option)
{
    printf("      %-14s %s", option->name, option->help);
    if ((option->flags & ND_OPT_SUBJECT) != 0)
        printf("; may be written first, without its name");
    if (option->choices != NULL) {
        printf(" (");
        for (size_t i = 0; option->choices[i] != NULL; i++)
            printf("%s%s", i != 0 ? ", " : "", option->choices[i]);
        printf(")");
    }
    printf("\n      %-14s %s", "", nd_schema_type_words(option->type));
    if ((option->flags & ND_OPT_REQUIRED) != 0)
        printf(", required");
    else if (option->fallback != NULL)
        printf(", else %s", option->fallback);
    printf("\n");
}

static void show_verb(const char *plugin, const struct nd_verb *verb)
{
    printf("\n  %s.%s%s%s\n    %s\n    needs: %s\n", plugin, verb->name,
           (verb->flags & ND_VERB_CHANGES) != 0 ? "  [CHANGES THE NETWORK]" : "",
           (verb->flags & ND_VERB_ARBITRARY) != 0 ? "  [cannot be previewed]" : "", verb->help,
           verb->rights);
    if (verb->options[0].name != NULL)
        printf("    options:\n");
    for (const struct nd_option *o = verb->options; o->name != NULL; o++)
        show_option(o);
    if (verb->readings[0].name != NULL)
        printf("    readings:\n");
    for (const struct nd_reading *r = verb->readings; r->name != NULL; r++)
        printf("      %-14s %s (%s)\n", r->name, r->help, r->unit);
}

static void show(const struct nd_plugin *plugin)
{
    char words[160];
    const struct nd_jail jail = nd_jail_of(plugin, 0);
    nd_jail_words(&jail, words, sizeof words);
    printf("%s %s: %s\n", plugin->name, plugin->version, plugin->help);
    printf("  its process %s\n", words);
    for (const struct nd_verb *const *v = plugin->verbs; *v != NULL; v++)
        show_verb(plugin->name, *v);
    printf("\n  Every verb also takes:\n");
    for (size_t i = 0; i < ND_COMMON_OPTION_COUNT; i++)
        show_option(&nd_common_options[i]);
}

static int list(struct nd_plugins *plugins)
{
    char **names = NULL;
    size_t count = nd_plugins_available(&names);
    for (size_t i = 0; i < count; i++) {
        struct nd_fail why = {0};
        const struct nd_plugin *plugin = nd_plugins_load(plugins, names[i], &why);
        if (plugin != NULL)
            printf("%-10s %-8s %s\n", plugin->name, plugin->version, plugin->help);
        else
            printf("%-10s cannot be loaded: %s\n", names[i], why.text);
        free(names[i]);
    }
    free(names);
    return ND_EXIT_OK;
}

static int plugin_command(const struct nd_cli_args *args, struct nd_plugins *plugins)
{
    const char *what = args->words.at[0];
    bool is_show = strcmp(what, "show") == 0;
    if (strcmp(what, "list") == 0)
        return list(plugins);
    if ((!is_show && strcmp(what, "check") != 0) || args->words.count != 2) {
        fprintf(stderr, "netdrill plugin: it is used like this:\n  netdrill %s\n",
                nd_command_plugin.usage);
        return ND_EXIT_USAGE;
    }
    struct nd_fail why = {0};
    const struct nd_plugin *plugin = nd_plugins_load(plugins, args->words.at[1], &why);
    if (plugin == NULL) {
        fprintf(stderr, "netdrill plugin: %s\n", why.text);
        return ND_EXIT_USAGE;
    }
    if (is_show)
        show(plugin);
    else
        printf("%s %s: keeps the rules of ABI %u.%u\n", plugin->name, plugin->version, ND_ABI_MAJOR,
               ND_ABI_MINOR);
    return ND_EXIT_OK;
}

static int plugin_run(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (nd_cli_parse(&nd_command_plugin, argc, argv, 1, 2, &args, &help)) {
        struct nd_sched *sched = nd_work_virtual();
        struct nd_plugins *plugins = nd_plugins_new(sched, NULL);
        code = plugin_command(&args, plugins);
        nd_plugins_free(plugins);
        nd_sched_free(sched);
    }
    nd_cli_args_deinit(&args);
    return help ? ND_EXIT_OK : code;
}

const struct nd_command nd_command_plugin = {
    "plugin",
    "plugin list | plugin show PLUGIN | plugin check PLUGIN|PATH",
    "The plugins there are, their verbs, options and readings.\n\n"
    "  netdrill plugin list\n"
    "  netdrill plugin show reach",
    plugin_run,
    0,
    NULL};

/* ---- explain ---- */

static int explain(int argc, char **argv)
{
    struct nd_cli_args args;
    bool help = false;
    int code = ND_EXIT_USAGE;
    if (!nd_cli_parse(&nd_command_explain, argc, argv, 0, 1, &args, &help)) {
        nd_cli_args_deinit(&args);
        return help ? ND_EXIT_OK : code;
    }
    const char *typed = args.words.count != 0 ? args.words.at[0] : "";
    char code_name[8];
    snprintf(code_name, sizeof code_name, "%s%s",
             *typed == 'e'   ? "E"
             : *typed == 'w' ? "W"
                             : "",
             *typed == 'e' || *typed == 'w' ? typed + 1 : typed);
    if (args.words.count == 0) {
        for (size_t i = 0; nd_diag_code(i) != NULL; i++)
            printf("%s  %s\n", nd_diag_code(i), nd_diag_title(nd_diag_code(i)));
        code = ND_EXIT_OK;
    } else if (nd_diag_title(code_name) != NULL) {
        printf("%s: %s\n\n%s\n", code_name, nd_diag_title(code_name),
               nd_diag_explanation(code_name));
        code = ND_EXIT_OK;
    } else {
        fprintf(stderr,
                "netdrill explain: there is no code '%s'; 'netdrill explain' lists them; a "
                "plugin's verbs: "
                "'netdrill plugin show NAME'; a scenario's words: netdrill-scenario(5)\n",
                typed);
    }
    nd_cli_args_deinit(&args);
    return code;
}

const struct nd_command nd_command_explain = {"explain",
                                              "explain [CODE]",
                                              "What a diagnostic means, with an example.\n\n"
                                              "  netdrill explain E0207",
                                              explain,
                                              0,
                                              NULL};
