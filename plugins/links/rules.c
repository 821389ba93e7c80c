#include "../common/nft.h"
#include "links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cuts and losses are tables of our own: to undo is to delete them, to verify is to see that they
 * are gone. Admission is an element of a set that the network's core has. */

#define ADMISSION "inet netdrill_admission"

static int run(struct act *act, const char *commands, char **out)
{
    if (nft_run(commands, out, act->why, sizeof act->why) == 0)
        return 0;
    act->err = strstr(act->why, "not permitted") != NULL ? ND_ERIGHTS : ND_EIO;
    return -1;
}

/* Whether a listing succeeds; the reason of a failure is of no interest. */
static int there(const char *listing)
{
    char why[WHY_BYTES];
    char *out = NULL;
    int is = nft_run(listing, &out, why, sizeof why) == 0;
    free(out);
    return is;
}

static int table_there(const struct act *act)
{
    char listing[128];
    snprintf(listing, sizeof listing, "list table %s", act->table);
    return there(listing);
}

void rules_look(struct act *act)
{
    if (table_there(act))
        act_fail(act, ND_ESTATE,
                 "table '%s' is there already: another drill, or what one left behind; see "
                 "'netdrill restore'",
                 act->table);
}

void rules_set(struct act *act)
{
    char commands[1024];
    snprintf(commands, sizeof commands,
             "add table %s\n"
             "add chain %s in { type filter hook prerouting priority -300; policy accept; }\n"
             "add chain %s out { type filter hook postrouting priority 300; policy accept; }\n"
             "%s",
             act->table, act->table, act->table, act->rule);
    run(act, commands, NULL);
}

void rules_undo(struct act *act)
{
    char commands[128];
    if (!table_there(act))
        return;
    snprintf(commands, sizeof commands, "delete table %s", act->table);
    run(act, commands, NULL);
}

void rules_verify(struct act *act)
{
    if (table_there(act))
        act_fail(act, ND_ESTATE, "table '%s' is still there", act->table);
}

/* ---- admission ---- */

static int admitted(const struct act *act)
{
    char listing[160];
    snprintf(listing, sizeof listing, "get element %s admitted { %s }", ADMISSION, act->guests);
    return there(listing);
}

void admit_look(struct act *act)
{
    if (!there("list set " ADMISSION " admitted"))
        act_fail(act, ND_EUNABLE,
                 "this host has no set 'admitted' in table '%s'; the lab makes one, in the field "
                 "see plugins/links/README.md",
                 ADMISSION);
    else
        act->was_up = admitted(act);
}

static void add_element(struct act *act)
{
    char commands[256];
    if (act->lease_s > 0)
        snprintf(commands, sizeof commands, "add element %s admitted { %s timeout %llds }",
                 ADMISSION, act->guests, (long long)act->lease_s);
    else
        snprintf(commands, sizeof commands, "add element %s admitted { %s }", ADMISSION,
                 act->guests);
    run(act, commands, NULL);
}

void admit_set(struct act *act)
{
    if (!admitted(act))
        add_element(act);
}

void admit_renew(struct act *act)
{
    char commands[256];
    /* An element's timeout is set when it is added: out and in again, in one transaction. */
    snprintf(commands, sizeof commands,
             "delete element %s admitted { %s }\nadd element %s admitted { %s timeout %llds }",
             ADMISSION, act->guests, ADMISSION, act->guests, (long long)act->lease_s);
    run(act, commands, NULL);
}

void admit_undo(struct act *act)
{
    const char *before = noted(act->noted, "was_admitted");
    char commands[160];
    if ((before != NULL && *before == '1') || !admitted(act))
        return;
    snprintf(commands, sizeof commands, "delete element %s admitted { %s }", ADMISSION,
             act->guests);
    run(act, commands, NULL);
}

void admit_verify(struct act *act)
{
    const char *before = noted(act->noted, "was_admitted");
    int was = before != NULL && *before == '1';
    if (!there("list set " ADMISSION " admitted"))
        return; /* the whole table is gone: nobody is admitted by us */
    if (admitted(act) != was)
        act_fail(act, ND_ESTATE, "guests %s are %s, before they were %s", act->guests,
                 was ? "not admitted" : "still admitted", was ? "admitted" : "not");
}
