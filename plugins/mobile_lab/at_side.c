#include "mobile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a simulated handset shows, and answers on its tty: the commands the handset plugin uses, as
 * a modem of 3GPP TS 27.007 that knows 5GS and EPS. */

#define MS  1000000LL
#define SEC 1000000000LL

/* ---- what it shows ---- */

int mobile_served(const struct ue *ue)
{
    return ue->state >= UE_HOME && ue->state < UE_STATES;
}

int mobile_emergency(const struct mobile *m, int handset)
{
    const struct ue *ue = &m->handsets[handset];
    if (mobile_served(ue))
        return 1;
    /* On its way from cell to cell it has none. */
    return ue->state != UE_OFF && ue->state != UE_SEARCHING && ue->cell >= 0 &&
           m->cells[ue->cell].up && m->networks[m->cells[ue->cell].network].emergency;
}

int mobile_stat(const struct mobile *m, int handset)
{
    const struct ue *ue = &m->handsets[handset];
    if (ue->state == UE_OFF)
        return 0;
    if (mobile_served(ue))
        return ue->state == UE_HOME ? 1 : 5;
    if (ue->state == UE_LIMITED || ue->state == UE_WAITING || ue->state == UE_BARRED ||
        ue->state == UE_BACKOFF) {
        if (mobile_emergency(m, handset))
            return 8;
        return ue->cause != 0 ? 3 : 2;
    }
    return ue->cause != 0 && ue->state == UE_SEARCHING ? 3 : 2;
}

/* ---- its tty ---- */

static const char ok[] = "\r\nOK\r\n";
static const char error[] = "\r\nERROR\r\n";

static const struct ue *ue_of(const struct at_side *side)
{
    return &side->mobile->handsets[side->handset];
}

/* "3,8,,,,0,15" without <n>: stat, area, cell, technology, and the cause at level 3. */
static void registration_text(const struct at_side *side, int is_5gs, int level, char *out,
                              size_t bytes)
{
    const struct ue *ue = ue_of(side);
    int stat = is_5gs ? mobile_stat(side->mobile, side->handset) : 0;
    int camped = is_5gs && level >= 2 && mobile_served(ue);
    size_t len = (size_t)snprintf(out, bytes, "%d", stat);
    if (camped)
        len += (size_t)snprintf(out + len, bytes - len, ",\"%06X\",\"%09X\",11", 0x100 + ue->cell,
                                0x1000 + ue->cell);
    if (is_5gs && level >= 3 && ue->cause != 0 && !camped)
        snprintf(out + len, bytes - len, ",,,,,,0,%d", ue->cause);
}

static void networks_text(const struct at_side *side, char *out, size_t bytes)
{
    const struct mobile *m = side->mobile;
    const struct ue *ue = ue_of(side);
    size_t len = (size_t)snprintf(out, bytes, "\r\n+COPS: ");
    for (int i = 0; i < m->network_count && len < bytes; i++) {
        int seen = 0;
        for (int k = 0; k < m->cell_count; k++) {
            const struct cell *c = &m->cells[k];
            seen |= c->up && (c->network == i || plmn_listed(&c->plmns, m->networks[i].plmn));
        }
        int current = mobile_served(ue) && strcmp(ue->plmn, m->networks[i].plmn) == 0;
        int stat = (ue->banned & 1ULL << i) != 0 ? 3 : 1;
        if (seen)
            len += (size_t)snprintf(out + len, bytes - len, "(%d,\"%s\",,\"%s\",11),",
                                    current ? 2 : stat, m->networks[i].name, m->networks[i].plmn);
    }
    if (len < bytes)
        snprintf(out + len, bytes - len, ",(0-4),(0-2)\r\n%s", ok);
}

static int64_t select_network(const struct at_side *side, const char *text, int64_t now, char *late,
                              size_t bytes)
{
    char plmn[8] = "";
    if (*text == '1') {
        if (sscanf(text, "1,2,\"%6[0-9]\"", plmn) != 1) {
            snprintf(late, bytes, "%s", error);
            return 1;
        }
    }
    mobile_select(side->mobile, side->handset, plmn, now);
    snprintf(late, bytes, "%s", ok);
    return 500 * MS;
}

static int64_t cops(const struct at_side *side, const char *text, int64_t now, char *out,
                    char *late, size_t bytes)
{
    const struct ue *ue = ue_of(side);
    int manual = ue->manual[0] != '\0';
    if (strcmp(text, "=?") == 0) {
        networks_text(side, late, bytes);
        return 2 * SEC;
    }
    if (strcmp(text, "?") == 0) {
        if (mobile_served(ue))
            snprintf(out, bytes, "\r\n+COPS: %d,2,\"%s\",11\r\n%s", manual, ue->plmn, ok);
        else
            snprintf(out, bytes, "\r\n+COPS: %d\r\n%s", manual, ok);
        return 0;
    }
    if (strncmp(text, "=0", 2) == 0 || strncmp(text, "=1", 2) == 0)
        return select_network(side, text + 1, now, late, bytes);
    snprintf(out, bytes, "%s", strncmp(text, "=3,2", 4) == 0 ? ok : error);
    return 0;
}

/* Seen by the handset, and a guess of ours: there is no radio. */
static const char *cesq(const struct at_side *side)
{
    return ue_of(side)->cell >= 0 ? "99,99,255,255,255,255,65,60,80"
                                  : "99,99,255,255,255,255,255,255,255";
}

static int has_data(const struct at_side *side)
{
    const struct ue *ue = ue_of(side);
    return mobile_served(ue) && (ue->state != UE_NATIONAL || ue->data_roaming);
}

/* Reading commands; 0: none of these. */
static int read_command(const struct at_side *side, const char *command, char *out, size_t bytes)
{
    char text[96];
    if (strcmp(command, "+C5GREG?") == 0 || strcmp(command, "+CEREG?") == 0) {
        int is_5gs = command[2] == '5';
        int level = side->level[!is_5gs];
        registration_text(side, is_5gs, level, text, sizeof text);
        snprintf(out, bytes, "\r\n%.*s: %d,%s\r\n%s", (int)strlen(command) - 1, command, level,
                 text, ok);
    } else if (strcmp(command, "+CESQ") == 0) {
        snprintf(out, bytes, "\r\n+CESQ: %s\r\n%s", cesq(side), ok);
    } else if (strcmp(command, "+CSQ") == 0) {
        snprintf(out, bytes, "\r\n+CSQ: 99,99\r\n%s", ok);
    } else if (strcmp(command, "+CGATT?") == 0) {
        snprintf(out, bytes, "\r\n+CGATT: %d\r\n%s", has_data(side), ok);
    } else if (strcmp(command, "+CGPADDR") == 0) {
        if (has_data(side))
            snprintf(out, bytes, "\r\n+CGPADDR: 1,\"192.0.2.%d\"\r\n%s", 1 + side->handset % 254,
                     ok);
        else
            snprintf(out, bytes, "\r\n+CGPADDR: 1\r\n%s", ok);
    } else if (strcmp(command, "+CFUN?") == 0) {
        snprintf(out, bytes, "\r\n+CFUN: %d\r\n%s", ue_of(side)->state != UE_OFF, ok);
    } else if (strcmp(command, "+CMEE?") == 0) {
        snprintf(out, bytes, "\r\n+CMEE: 1\r\n%s", ok);
    } else if (strcmp(command, "+CSCS?") == 0) {
        snprintf(out, bytes, "\r\n+CSCS: \"IRA\"\r\n%s", ok);
    } else if (strcmp(command, "+CSMP?") == 0) {
        snprintf(out, bytes, "\r\n+CSMP: 17,167,0,0\r\n%s", ok);
    } else if (strcmp(command, "+CLCC") == 0) {
        if (side->call >= 0)
            snprintf(out, bytes, "\r\n+CLCC: 1,0,%d,0,0\r\n%s", side->call, ok);
        else
            snprintf(out, bytes, "%s", ok);
    } else {
        return 0;
    }
    return 1;
}

/* A voice call; emergency centres are reached from limited service too, if the network lets them.
 * Nobody is there: the double answers after a second by itself. */
static void dial(struct at_side *side, const char *number, char *out, size_t bytes)
{
    size_t digits = strspn(number, "0123456789+");
    int emergency = digits <= 3;
    int served = mobile_served(ue_of(side));
    if (number[digits] != ';' ||
        !(served || (emergency && mobile_emergency(side->mobile, side->handset)))) {
        snprintf(out, bytes, "\r\nNO CARRIER\r\n");
        return;
    }
    side->call = 0;
    snprintf(out, bytes, "%s", ok);
}

static int64_t message_text(struct at_side *side, char *late, size_t bytes)
{
    side->message = 0;
    if (mobile_served(ue_of(side)))
        snprintf(late, bytes, "\r\n+CMGS: 1\r\n%s", ok);
    else
        snprintf(late, bytes, "\r\n+CMS ERROR: 331\r\n"); /* no network service */
    return 1 * SEC;
}

static void set_level(struct at_side *side, const char *command, char *out, size_t bytes)
{
    int is_5gs = command[2] == '5';
    const char *value = strchr(command, '=');
    int level = value != NULL && isdigit((unsigned char)value[1]) ? value[1] - '0' : 9;
    if (level <= 3)
        side->level[!is_5gs] = level;
    snprintf(out, bytes, "%s", level <= 3 ? ok : error);
}

int64_t at_side_command(struct at_side *side, const char *command, int64_t now, char *out,
                        char *late, size_t bytes)
{
    out[0] = late[0] = '\0';
    if (side->message)
        return message_text(side, late, bytes);
    if (strncmp(command, "AT", 2) != 0) {
        snprintf(out, bytes, "%s", *command != '\0' ? error : "");
        return 0;
    }
    command += 2;
    if (read_command(side, command, out, bytes))
        return 0;
    if (strncmp(command, "+COPS", 5) == 0)
        return cops(side, command + 5, now, out, late, bytes);
    if (strncmp(command, "+C5GREG=", 8) == 0 || strncmp(command, "+CEREG=", 7) == 0) {
        set_level(side, command, out, bytes);
    } else if (strcmp(command, "E0") == 0 || strcmp(command, "E1") == 0) {
        side->echo = command[1] == '1';
        snprintf(out, bytes, "%s", ok);
    } else if (strcmp(command, "+CFUN=0") == 0 || strcmp(command, "+CFUN=1") == 0) {
        mobile_switch(side->mobile, side->handset, command[6] == '1', now);
        snprintf(out, bytes, "%s", ok);
    } else if (*command == 'D') {
        dial(side, command + 1, late, bytes);
        return 1 * SEC;
    } else if (strcmp(command, "+CHUP") == 0 || strcmp(command, "H") == 0) {
        side->call = -1;
        snprintf(out, bytes, "%s", ok);
    } else if (strncmp(command, "+CMGS=", 6) == 0) {
        side->message = 1;
        snprintf(out, bytes, "\r\n> ");
    } else {
        int known = *command == '\0' || strncmp(command, "+CMEE=", 6) == 0 ||
                    strncmp(command, "+CMGF=", 6) == 0 || strncmp(command, "+CSCS=", 6) == 0 ||
                    strncmp(command, "+CSMP=", 6) == 0;
        snprintf(out, bytes, "%s", known ? ok : error);
    }
    return 0;
}

void at_side_event(const struct at_side *side, char *out, size_t bytes)
{
    char text[96];
    out[0] = '\0';
    if (side->level[0] == 0)
        return;
    registration_text(side, 1, side->level[0], text, sizeof text);
    snprintf(out, bytes, "\r\n+C5GREG: %s\r\n", text);
}
