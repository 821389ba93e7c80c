#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Messages as files of a directory: mail messages, CAP documents, cards. Each is written under
 * another name, synced, and then given its own, which no file there may have. */

#define NAMES_MAX 99 /* of the same second and reference */

struct writing {
    struct sending *sending;
    const char *directory, *suffix;
    char base[ISO_BYTES + SLUG_BYTES], name[ISO_BYTES + SLUG_BYTES + 16];
    char *text;
    int error;
};
_Static_assert(sizeof(struct writing) <= TRY_BYTES, "an attempt needs more room");

/* ---- on the worker thread ---- */

static int put_all(int fd, const char *text, size_t len)
{
    while (len != 0) {
        ssize_t put = write(fd, text, len);
        if (put < 0 && errno != EINTR)
            return -1;
        text += put > 0 ? put : 0;
        len -= put > 0 ? (size_t)put : 0;
    }
    return fsync(fd);
}

/* Gives the part its name, or the next one that is free. */
static int give_name(struct writing *writing, int directory, const char *part)
{
    for (int n = 1; n <= NAMES_MAX; n++) {
        char again[16] = "";
        if (n > 1)
            snprintf(again, sizeof again, "-%d", n);
        snprintf(writing->name, sizeof writing->name, "%.100s%s.%s", writing->base, again,
                 writing->suffix);
        if (renameat2(directory, part, directory, writing->name, RENAME_NOREPLACE) == 0)
            return fsync(directory);
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

static void work(void *ctx)
{
    struct writing *writing = ctx;
    char part[ISO_BYTES + SLUG_BYTES + 48];
    int directory = open(writing->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Several may be written at once, each by a thread of its own. */
    snprintf(part, sizeof part, ".%.100s-%d-%p.part", writing->base, (int)getpid(),
             (void *)writing);
    int fd = directory >= 0 ? openat(directory, part,
                                     O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640)
                            : -1;
    if (fd < 0 || put_all(fd, writing->text, strlen(writing->text)) != 0 ||
        give_name(writing, directory, part) != 0) {
        writing->error = errno;
        if (fd >= 0)
            unlinkat(directory, part, 0);
    }
    if (fd >= 0)
        close(fd);
    if (directory >= 0)
        close(directory);
}

/* ---- on the loop ---- */

static void done(void *ctx)
{
    struct writing *writing = ctx;
    struct sending *sending = writing->sending;
    char why[WHY_BYTES];
    char words[80];
    int error = writing->error;
    free(writing->text);
    if (error == 0) {
        snprintf(why, sizeof why, "%.300s/%s", writing->directory, writing->name);
        sending_over(sending, SENT, ND_OK, 0, why);
        return;
    }
    int passes = error == ENOSPC || error == EDQUOT || error == EIO || error == EMFILE;
    snprintf(why, sizeof why, "cannot write into '%.300s': %s", writing->directory,
             strerror_r(error, words, sizeof words));
    sending_over(sending, passes ? AGAIN : NEVER,
                 error == EACCES || error == EPERM || error == EROFS ? ND_ERIGHTS
                 : error == ENOENT || error == ENOTDIR               ? ND_EGONE
                                                                     : ND_EIO,
                 0, why);
}

/* text: taken over. */
static void write_file(struct sending *sending, char *text, const char *suffix)
{
    struct writing *writing = (struct writing *)sending->attempt_state;
    const struct letter *letter = &sending->letter;
    char iso[ISO_BYTES];
    char slug[SLUG_BYTES];
    char moment[32];
    size_t used = 0;
    text_iso(letter->wall_ns, iso);
    for (const char *c = iso; *c != '\0' && used < 15; c++) {
        if (*c != '-' && *c != ':') /* 20261124T093000 */
            moment[used++] = *c;
    }
    moment[used] = '\0';
    text_slug(letter->inject != NULL ? letter->inject : letter->reference, slug);
    *writing = (struct writing){.sending = sending,
                                .directory = channel_text(letter->channel, "directory", "."),
                                .suffix = suffix};
    writing->text = text;
    snprintf(writing->base, sizeof writing->base, "%s-%s", moment, slug);
    sending->self->host->offload(sending->op, work, done, writing);
}

static nd_err judge(const struct nd_args *args, const char *kind, char *why, size_t bytes)
{
    struct letter letter;
    char words[WHY_BYTES] = "";
    nd_err err = letter_read(args, kind, &letter, words);
    if (err == ND_OK && channel_text(letter.channel, "directory", NULL) == NULL) {
        snprintf(words, sizeof words,
                 "the channel has no directory; say where files go: 'directory: outbox'");
        err = ND_EARG;
    }
    letter_deinit(&letter);
    snprintf(why, bytes, "%s", words);
    return err;
}

/* ---- file ---- */

static const struct nd_option file_options[] = {LETTER_ROWS, END_ROW};

static nd_err file_check(const struct nd_args *args, char *why, size_t bytes)
{
    nd_err err = judge(args, "file", why, bytes);
    const char *from = target_fact(args->at[OPT_CHANNEL].u.target, "sender");
    if (err != ND_OK || from == NULL || text_is_mailbox(from))
        return err;
    snprintf(why, bytes, "the channel's 'sender' has to be a mailbox, got '%.80s'", from);
    return ND_EARG;
}

static void file_begin(struct sending *sending)
{
    const char *from = channel_text(sending->letter.channel, "sender", "exercise@drill.invalid");
    write_file(sending, letter_mime(&sending->letter, from, 1), "eml");
}

static const struct route file_route = {
    .verb = "file", .kind = "file", .check = file_check, .begin = file_begin};

/* ---- cap ---- */

enum { OPT_STATUS = OPT_OWN, OPT_CATEGORY, OPT_RESPONSE, OPT_URGENCY, OPT_SEVERITY, OPT_CERTAINTY };

static const char *const categories[] = {"Geo",   "Met",    "Safety", "Security",  "Rescue",
                                         "Fire",  "Health", "Env",    "Transport", "Infra",
                                         "CBRNE", "Other",  NULL};
static const char *const responses[] = {"Shelter", "Evacuate", "Prepare",  "Execute", "Avoid",
                                        "Monitor", "Assess",   "AllClear", "None",    NULL};
static const char *const urgencies[] = {"Immediate", "Expected", "Future", "Past", "Unknown", NULL};
static const char *const severities[] = {"Extreme", "Severe", "Moderate", "Minor", "Unknown", NULL};
static const char *const certainties[] = {"Observed", "Likely",  "Possible",
                                          "Unlikely", "Unknown", NULL};

static const struct nd_option cap_options[] = {
    LETTER_ROWS,
    {"status", "Exercise: no other is written", "", ND_TEXT, 0, 0, 0, "Exercise", NULL},
    {"category", "", "", ND_CHOICE, 0, 0, 0, "Infra", categories},
    {"response", "what the addressee is to do", "", ND_CHOICE, 0, 0, 0, "Execute", responses},
    {"urgency", "", "", ND_CHOICE, 0, 0, 0, "Immediate", urgencies},
    {"severity", "", "", ND_CHOICE, 0, 0, 0, "Severe", severities},
    {"certainty", "", "", ND_CHOICE, 0, 0, 0, "Observed", certainties},
    END_ROW};

/* An identifier of CAP has no blank, comma, '<' or '&' (§3.2.1). */
static int is_cap_sender(const char *text)
{
    return text != NULL && *text != '\0' && strpbrk(text, " ,<&") == NULL;
}

static nd_err cap_check(const struct nd_args *args, char *why, size_t bytes)
{
    nd_err err = judge(args, "cap", why, bytes);
    const char *status = args->at[OPT_STATUS].u.text;
    const char *sender = channel_text(args->at[OPT_CHANNEL].u.target, "sender", NULL);
    if (err == ND_OK && (status == NULL || strcmp(status, "Exercise") != 0)) {
        snprintf(why, bytes,
                 "a drill writes CAP of status 'Exercise' alone, got '%.40s': a receiver may take "
                 "another one for a real warning",
                 status != NULL ? status : "");
        err = ND_EARG;
    } else if (err == ND_OK && !is_cap_sender(sender)) {
        snprintf(why, bytes,
                 "the channel needs a 'sender' such as exercise@drill.test, with no blank, comma, "
                 "'<' or '&'");
        err = ND_EARG;
    }
    return err;
}

static void cap_begin(struct sending *sending)
{
    const struct nd_value *at = sending->args->at;
    const struct letter *letter = &sending->letter;
    int64_t expires = cap_moment(letter->react_by);
    if (expires >= 0 && expires <= letter->wall_ns) {
        sending_over(sending, NEVER, ND_EARG, 0,
                     "it would expire before it is sent: 'react_by' is past");
        return;
    }
    const struct cap_words words = {.category = categories[at[OPT_CATEGORY].u.i],
                                    .response = responses[at[OPT_RESPONSE].u.i],
                                    .urgency = urgencies[at[OPT_URGENCY].u.i],
                                    .severity = severities[at[OPT_SEVERITY].u.i],
                                    .certainty = certainties[at[OPT_CERTAINTY].u.i]};
    write_file(sending, letter_cap(letter, &words), "xml");
}

static const struct route cap_route = {
    .verb = "cap", .kind = "cap", .check = cap_check, .begin = cap_begin};

/* ---- card ---- */

enum { OPT_FORMAT = OPT_OWN };

static const char *const formats[] = {"html", "text", NULL};
static const struct nd_option card_options[] = {
    LETTER_ROWS, {"format", "of the file", "", ND_CHOICE, 0, 0, 0, "html", formats}, END_ROW};

static nd_err card_check(const struct nd_args *args, char *why, size_t bytes)
{
    return judge(args, "card", why, bytes);
}

static void card_begin(struct sending *sending)
{
    int html = sending->args->at[OPT_FORMAT].u.i == 0;
    write_file(sending, letter_card(&sending->letter, html), html ? "html" : "txt");
}

static const struct route card_route = {
    .verb = "card", .kind = "card", .check = card_check, .begin = card_begin};

/* ---- verbs ---- */

#define RIGHTS "write access to the directories of the site file's targets"
#define VERB(name_, help_)                                                                         \
    static nd_err name_##_start(void *self, const struct nd_args *args, struct nd_op *op)          \
    {                                                                                              \
        return sending_start(self, args, op, &name_##_route);                                      \
    }                                                                                              \
    static nd_err name_##_rehearse(void *self, const struct nd_args *args, struct nd_op *op)       \
    {                                                                                              \
        return sending_rehearse(self, args, op, &name_##_route);                                   \
    }                                                                                              \
    const struct nd_verb message_##name_ = {.struct_size = sizeof message_##name_,                 \
                                            .name = #name_,                                        \
                                            .help = help_,                                         \
                                            .rights = RIGHTS,                                      \
                                            .options = name_##_options,                            \
                                            .readings = message_readings,                          \
                                            .start = name_##_start,                                \
                                            .cancel = sending_cancel,                              \
                                            .rehearse = name_##_rehearse,                          \
                                            .check = name_##_check}

VERB(file, "A mail message as a file of the channel's directory.");
VERB(cap, "A CAP 1.2 document of status Exercise, as a file.");
VERB(card, "A card to be printed and handed over, as a file.");
