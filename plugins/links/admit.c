#include "../common/nft.h"
#include "links.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Admission is an element of a set that the network's core has. Ours carries a comment, so that an
 * admission by somebody else is known as such. */

#define ADMISSION "inet netdrill_admission"
#define MARK      "netdrill"

enum admission { NOT_ADMITTED, BY_US, BY_OTHERS };

static int run(struct act *act, const char *commands)
{
    if (nft_run(commands, NULL, act->why, sizeof act->why) == 0)
        return 0;
    act->err = strstr(act->why, "not permitted") != NULL ? ND_ERIGHTS : ND_EIO;
    return -1;
}

static int set_there(void)
{
    char why[WHY_BYTES];
    char *out = NULL;
    int is = nft_run("list set " ADMISSION " admitted", &out, why, sizeof why) == 0;
    free(out);
    return is;
}

/* The element that holds the guests, as the kernel writes it ("10.2.0.0/24"); 0: none does. get
 * element (nftables 1.0.6) tells nothing else of an interval, and not in JSON. */
static int find_element(const struct act *act, char name[64])
{
    char command[160];
    char why[WHY_BYTES];
    char *out = NULL;
    snprintf(command, sizeof command, "get element " ADMISSION " admitted { %s }", act->guests);
    if (nft_run(command, &out, why, sizeof why) != 0)
        return 0;
    const char *at = out != NULL ? strstr(out, "elements = { ") : NULL;
    snprintf(name, 64, "%.*s", at != NULL ? (int)strcspn(at + 13, " ,}") : 0,
             at != NULL ? at + 13 : "");
    free(out);
    return 1;
}

static int is_named(const json_t *value, const char *name)
{
    char text[64];
    const json_t *prefix = json_object_get(value, "prefix");
    const char *address = json_string_value(json_object_get(prefix, "addr"));
    if (json_is_string(value))
        return strcmp(json_string_value(value), name) == 0;
    snprintf(text, sizeof text, "%s/%lld", address != NULL ? address : "",
             (long long)json_integer_value(json_object_get(prefix, "len")));
    return strcmp(text, name) == 0;
}

/* Whether that element has our comment: then it stands as {"elem": {"val": ..., "comment": ...}}.
 */
static int is_ours(const char *name)
{
    char why[WHY_BYTES];
    char *out = NULL;
    size_t i = 0;
    size_t k = 0;
    json_t *object = NULL;
    json_t *item = NULL;
    int ours = 0;
    if (nft_list("list set " ADMISSION " admitted", &out, why, sizeof why) != 0)
        return 0;
    json_t *root = json_loads(out != NULL ? out : "", 0, NULL);
    json_array_foreach(json_object_get(root, "nftables"), i, object)
    {
        json_array_foreach(json_object_get(json_object_get(object, "set"), "elem"), k, item)
        {
            const json_t *elem = json_object_get(item, "elem");
            const char *comment = json_string_value(json_object_get(elem, "comment"));
            ours |= comment != NULL && strcmp(comment, MARK) == 0 &&
                    is_named(json_object_get(elem, "val"), name);
        }
    }
    json_decref(root);
    free(out);
    return ours;
}

static enum admission admitted(const struct act *act)
{
    char name[64];
    if (!find_element(act, name))
        return NOT_ADMITTED;
    return is_ours(name) ? BY_US : BY_OTHERS;
}

static int was_admitted(const struct act *act)
{
    const char *before = noted(act->noted, "was_admitted");
    return before != NULL && *before == '1';
}

void admit_look(struct act *act)
{
    enum admission by = admitted(act);
    if (!set_there())
        act_fail(act, ND_EUNABLE,
                 "this host has no set 'admitted' in table '%s'; the lab makes one, in the field "
                 "see plugins/links/README.md",
                 ADMISSION);
    else if (by == BY_US)
        act_fail(act, ND_ESTATE,
                 "guests %s are admitted by another drill, or by what one left behind; see "
                 "'netdrill restore'",
                 act->guests);
    else
        act->was_up = by == BY_OTHERS;
}

static const char *add_command(const struct act *act, char *command, size_t bytes)
{
    char timeout[40] = "";
    if (act->lease_s > 0)
        snprintf(timeout, sizeof timeout, " timeout %llds", (long long)act->lease_s);
    snprintf(command, bytes, "add element " ADMISSION " admitted { %s%s comment \"" MARK "\" }",
             act->guests, timeout);
    return command;
}

void admit_set(struct act *act)
{
    char command[256];
    if (admitted(act) == NOT_ADMITTED)
        run(act, add_command(act, command, sizeof command));
}

void admit_renew(struct act *act)
{
    char add[256];
    char commands[512];
    if (was_admitted(act))
        return; /* it is somebody else's, and stands without us */
    /* An element's timeout is set when it is added: out and in again, in one transaction. */
    snprintf(commands, sizeof commands, "delete element " ADMISSION " admitted { %s }\n%s",
             act->guests, add_command(act, add, sizeof add));
    if (admitted(act) == BY_US)
        run(act, commands);
    else
        act_fail(act, ND_EGONE, "guests %s are not admitted by this drill any more", act->guests);
}

static void tell_foreign(struct act *act)
{
    act_fail(act, ND_ESTATE,
             "guests %s are admitted by an entry that somebody else has put there; left alone",
             act->guests);
}

void admit_undo(struct act *act)
{
    char command[160];
    enum admission by = admitted(act);
    if (was_admitted(act) || by == NOT_ADMITTED)
        return;
    snprintf(command, sizeof command, "delete element " ADMISSION " admitted { %s }", act->guests);
    if (by == BY_US)
        run(act, command);
    else
        tell_foreign(act);
}

void admit_verify(struct act *act)
{
    enum admission by = admitted(act);
    if (!set_there())
        return; /* the whole table is gone: nobody is admitted by us */
    if (was_admitted(act) && by == NOT_ADMITTED)
        act_fail(act, ND_ESTATE, "guests %s are not admitted, before they were", act->guests);
    else if (!was_admitted(act) && by == BY_US)
        act_fail(act, ND_ESTATE, "guests %s are still admitted, before they were not", act->guests);
    else if (!was_admitted(act) && by == BY_OTHERS)
        tell_foreign(act);
}

void admit_prove(struct act *act)
{
    if (admitted(act) == NOT_ADMITTED)
        act_fail(act, ND_ESTATE, "guests %s are not admitted", act->guests);
}
