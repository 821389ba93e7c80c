#include "lab.h"
#include "line.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Links with a `line:`: a host of its own in the middle, in which netdrill-emulate carries frames
 * from one interface to the other. */

#define WORDS_MAX 24

/* A setting's value as the text the emulator takes. */
static const char *value_text(const json_t *value, char *text, size_t bytes)
{
    if (json_is_number(value))
        snprintf(text, bytes, "%g", json_number_value(value));
    else
        snprintf(text, bytes, "%s", json_is_string(value) ? json_string_value(value) : "");
    return text;
}

static int add_word(char words[WORDS_MAX][96], size_t *count, const char *key, const json_t *value)
{
    char text[72];
    if (*count == WORDS_MAX)
        return -1;
    snprintf(words[(*count)++], 96, "%.16s=%s", key, value_text(value, text, sizeof text));
    return 0;
}

/* "key=value" for each setting, the profile first; -1: too many. */
static int words_of(const json_t *line, char words[WORDS_MAX][96], size_t *count)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_t *event = NULL;
    size_t i = 0;
    int failed = 0;
    *count = 0;
    value = json_object_get(line, "profile");
    if (value != NULL)
        add_word(words, count, "profile", value);
    json_object_foreach((json_t *)line, key, value)
    {
        if (strcmp(key, "profile") == 0)
            continue;
        if (strcmp(key, "events") != 0)
            failed |= add_word(words, count, key, value);
        else
            json_array_foreach(value, i, event) failed |= add_word(words, count, "event", event);
    }
    return failed;
}

nd_err lab_line_check(struct job *job, const json_t *settings)
{
    char words[WORDS_MAX][96];
    char why[LINE_WHY_BYTES];
    size_t count = 0;
    struct line line;
    if (!json_is_object(settings))
        return lab_fail(job, ND_EARG,
                        "a link's 'line' has to be a mapping, such as {profile: geo}");
    if (words_of(settings, words, &count) != 0)
        return lab_fail(job, ND_EARG, "a line has at most %d settings", WORDS_MAX);
    line_init(&line);
    for (size_t i = 0; i < count; i++) {
        char *equals = strchr(words[i], '=');
        *equals = '\0';
        if (line_set(&line, words[i], equals + 1, why) != 0)
            return lab_fail(job, ND_EARG, "%s", why);
    }
    return ND_OK;
}

/* Frames have to be whole when the emulator takes them: no checksum left to a card, none larger
 * than the link's. */
static nd_err plain_frames(struct job *job, const json_t *end)
{
    static const uint32_t offloads[] = {ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};
    const char *interface = lab_text(end, "interface");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int failed = fd < 0;
    for (size_t i = 0; i < sizeof offloads / sizeof offloads[0] && !failed; i++) {
        struct ethtool_value off = {.cmd = offloads[i], .data = 0};
        struct ifreq request = {.ifr_data = (char *)&off};
        snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
        failed = ioctl(fd, SIOCETHTOOL, &request) != 0 && i == 0;
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    return failed ? lab_fail(job, ND_EIO, "cannot turn the checksum offload of '%s' off: %s",
                             interface, strerror(error))
                  : ND_OK;
}

static nd_err emulate_in(struct job *job, const json_t *settings)
{
    char words[WORDS_MAX][96];
    char *argv[WORDS_MAX + 4] = {job->self->emulate, (char[]){"west"}, (char[]){"east"}};
    size_t count = 0;
    words_of(settings, words, &count);
    for (size_t i = 0; i < count; i++)
        argv[3 + i] = words[i];
    return lab_spawn(job, argv);
}

/* Half of the link: from an end to the middle. */
static nd_err half(struct job *job, const json_t *end, const char *middle, const char *interface)
{
    json_t *far = json_pack("{s:s, s:s}", "host", middle, "interface", interface);
    json_t *link = json_pack("{s:[O, O]}", "ends", end, far);
    nd_err err = lab_make_link(job, link);
    if (err == ND_OK)
        err = netns_in(job, lab_text(end, "host"), plain_frames, end);
    if (err == ND_OK)
        err = netns_in(job, middle, plain_frames, far);
    json_decref(link);
    json_decref(far);
    return err;
}

nd_err lab_make_line(struct job *job, const json_t *link, size_t number)
{
    const json_t *ends = json_object_get(link, "ends");
    char middle[32];
    snprintf(middle, sizeof middle, LAB_MIDDLE "%zu", number);
    nd_err err = netns_make(job, middle);
    if (err == ND_OK)
        err = netns_in(job, middle, lab_silent, NULL);
    if (err == ND_OK)
        err = half(job, json_array_get(ends, 0), middle, "west");
    if (err == ND_OK)
        err = half(job, json_array_get(ends, 1), middle, "east");
    return err == ND_OK ? netns_in(job, middle, emulate_in, json_object_get(link, "line")) : err;
}
