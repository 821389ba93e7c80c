#include "../common/nft.h"
#include "links.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cuts and losses are tables of our own:
 *
 *     table inet netdrill_cut_cell0 {
 *         set on { type ifname; flags timeout; elements = { "cell0" comment "netdrill" } }
 *         chain in  { ... iifname @on drop comment "netdrill" }
 *         chain out { ... oifname @on drop comment "netdrill" }
 *     }
 *
 * The interface stands in a set, so that a lease is the element's timeout: the kernel takes it out
 * by itself, and the rules match nothing any more. What carries our comment is ours; to undo is to
 * delete the table, unless somebody else has put something into it. */

#define MARK "netdrill"

/* What a listing of the table says. */
struct holding {
    int ours, rules, on; /* of ours: things at all, rules, the interface in the set */
    char foreign[96];    /* the first thing of somebody else's, "" when there is none */
    char deletes[1024];  /* commands that take out our rules and element alone */
};

static int run(struct act *act, const char *commands)
{
    if (nft_run(commands, NULL, act->why, sizeof act->why) == 0)
        return 0;
    act->err = strstr(act->why, "not permitted") != NULL ? ND_ERIGHTS : ND_EIO;
    return -1;
}

/* The objects of a listing; NULL when it failed: there is no such thing. */
static json_t *list(const char *command)
{
    char why[WHY_BYTES];
    char *text = NULL;
    if (nft_list(command, &text, why, sizeof why) != 0)
        return NULL;
    json_t *root = json_loads(text != NULL ? text : "", 0, NULL);
    json_t *objects = json_incref(json_object_get(root, "nftables"));
    json_decref(root);
    free(text);
    return objects;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void see_foreign(struct holding *holding, const char *kind, const char *name)
{
    if (holding->foreign[0] == '\0')
        snprintf(holding->foreign, sizeof holding->foreign, "a %s%s%.60s", kind,
                 *name != '\0' ? " " : "", name);
}

static void see_rule(const struct act *act, struct holding *holding, const json_t *rule)
{
    size_t len = strlen(holding->deletes);
    if (strcmp(text_of(rule, "comment"), MARK) != 0) {
        see_foreign(holding, "rule in chain", text_of(rule, "chain"));
        return;
    }
    holding->rules++;
    snprintf(holding->deletes + len, sizeof holding->deletes - len,
             "delete rule %s %s handle %lld\n", act->table, text_of(rule, "chain"),
             (long long)json_integer_value(json_object_get(rule, "handle")));
}

/* The interface's element of set "on", with its comment, stands as {"elem": {"val": ...}}. */
static void see_set(const struct act *act, struct holding *holding, const json_t *set)
{
    size_t i = 0;
    json_t *item = NULL;
    if (strcmp(text_of(set, "name"), "on") != 0) {
        see_foreign(holding, "set", text_of(set, "name"));
        return;
    }
    holding->ours++;
    json_array_foreach(json_object_get(set, "elem"), i, item)
    {
        const json_t *elem = json_object_get(item, "elem");
        size_t len = strlen(holding->deletes);
        if (strcmp(text_of(elem, "comment"), MARK) != 0) {
            see_foreign(holding, "element of set on", text_of(elem, "val"));
            continue;
        }
        holding->on = 1;
        snprintf(holding->deletes + len, sizeof holding->deletes - len,
                 "delete element %s on { \"%s\" }\n", act->table, text_of(elem, "val"));
    }
}

static void see_chain(struct holding *holding, const json_t *chain)
{
    const char *name = text_of(chain, "name");
    if ((strcmp(name, "in") != 0 && strcmp(name, "out") != 0) ||
        strcmp(text_of(chain, "policy"), "accept") != 0)
        see_foreign(holding, "chain", name);
    else
        holding->ours++;
}

/* -1: there is no such table. */
static int look_into(const struct act *act, struct holding *holding)
{
    char command[96];
    const char *kind = NULL;
    json_t *body = NULL;
    json_t *object = NULL;
    size_t i = 0;
    *holding = (struct holding){0};
    snprintf(command, sizeof command, "list table %s", act->table);
    json_t *objects = list(command);
    if (objects == NULL)
        return -1;
    json_array_foreach(objects, i, object)
    {
        json_object_foreach(object, kind, body)
        {
            if (strcmp(kind, "rule") == 0)
                see_rule(act, holding, body);
            else if (strcmp(kind, "set") == 0)
                see_set(act, holding, body);
            else if (strcmp(kind, "chain") == 0)
                see_chain(holding, body);
            else if (strcmp(kind, "table") != 0 && strcmp(kind, "metainfo") != 0)
                see_foreign(holding, kind, text_of(body, "name"));
        }
    }
    json_decref(objects);
    if (holding->ours + holding->rules == 0)
        see_foreign(holding, "table of that name", "");
    return 0;
}

void rules_look(struct act *act)
{
    struct holding holding;
    if (look_into(act, &holding) == 0)
        act_fail(act, ND_ESTATE,
                 "table '%s' is there already: another drill, or what one left behind; see "
                 "'netdrill restore'",
                 act->table);
}

void rules_set(struct act *act)
{
    char commands[1536];
    snprintf(commands, sizeof commands,
             "create table %s\n"
             "add set %s on { type ifname; flags timeout; }\n"
             "add element %s on { \"%s\" comment \"" MARK "\" }\n"
             "add chain %s in { type filter hook prerouting priority -300; policy accept; }\n"
             "add chain %s out { type filter hook postrouting priority 300; policy accept; }\n"
             "%s",
             act->table, act->table, act->table, act->interface, act->table, act->table, act->rule);
    run(act, commands);
}

void rules_renew(struct act *act)
{
    char commands[384];
    /* An element's timeout is set when it is added: out and in again, in one transaction. It fails
     * when the element is not there: what has healed stays so. */
    snprintf(commands, sizeof commands,
             "delete element %s on { \"%s\" }\n"
             "add element %s on { \"%s\" timeout %llds comment \"" MARK "\" }\n",
             act->table, act->interface, act->table, act->interface, (long long)act->lease_s);
    run(act, commands);
}

static void tell_foreign(struct act *act, const struct holding *holding)
{
    act_fail(act, ND_ESTATE, "table '%s' has %s that somebody else put there; it was left alone",
             act->table, holding->foreign);
}

void rules_undo(struct act *act)
{
    char commands[128];
    struct holding holding;
    if (look_into(act, &holding) != 0)
        return;
    snprintf(commands, sizeof commands, "delete table %s", act->table);
    if (holding.foreign[0] == '\0') {
        run(act, commands);
        return;
    }
    if (holding.deletes[0] == '\0' || run(act, holding.deletes) == 0)
        tell_foreign(act, &holding);
}

void rules_verify(struct act *act)
{
    struct holding holding;
    if (look_into(act, &holding) != 0)
        return;
    if (holding.rules == 0 && holding.foreign[0] != '\0')
        tell_foreign(act, &holding);
    else
        act_fail(act, ND_ESTATE, "table '%s' is still there", act->table);
}

void rules_prove(struct act *act)
{
    struct holding holding;
    if (look_into(act, &holding) != 0)
        act_fail(act, ND_ESTATE, "table '%s' is not there", act->table);
    else if (holding.rules == 0 || !holding.on)
        act_fail(act, ND_ESTATE, "table '%s' does not hold '%s' any more", act->table,
                 act->interface);
}
