#include "exercise/calendar.h"

#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_OCTETS 75

struct writer {
    const struct nd_drill *drill;
    const struct nd_calendar *calendar;
    struct nd_buf *out;
};

static const char *words(const struct writer *writer, const struct nd_text2 *text)
{
    const char *first = writer->calendar->zh ? text->zh : text->en;
    const char *second = writer->calendar->zh ? text->en : text->zh;
    return first != NULL ? first : second != NULL ? second : "";
}

/* A content line, folded so that no character is split (§3.1). */
static void put_line(const struct writer *writer, const char *line)
{
    size_t room = LINE_OCTETS;
    while (strlen(line) > room) {
        size_t len = room;
        while (len > 1 && ((unsigned char)line[len] & 0xc0) == 0x80)
            len--;
        nd_buf_add(writer->out, line, len);
        nd_buf_adds(writer->out, "\r\n ");
        line += len;
        room = LINE_OCTETS - 1; /* the blank it begins with counts */
    }
    nd_buf_adds(writer->out, line);
    nd_buf_adds(writer->out, "\r\n");
}

/* A property with a text (§3.3.11). */
static void put_text(const struct writer *writer, const char *name, const char *text)
{
    struct nd_buf line = {0};
    nd_buf_addf(&line, "%s:", name);
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr("\\;,", *c) != NULL)
            nd_buf_addf(&line, "\\%c", *c);
        else if (*c == '\n')
            nd_buf_adds(&line, "\\n");
        else if ((unsigned char)*c >= ' ' && *c != 0x7f)
            nd_buf_add(&line, c, 1);
    }
    put_line(writer, nd_buf_str(&line));
    nd_buf_deinit(&line);
}

static void put_time(const struct writer *writer, const char *name, int64_t seconds)
{
    char line[64];
    char moment[32];
    time_t at = (time_t)seconds;
    struct tm tm;
    gmtime_r(&at, &tm);
    strftime(moment, sizeof moment, "%Y%m%dT%H%M%SZ", &tm);
    snprintf(line, sizeof line, "%s:%s", name, moment);
    put_line(writer, line);
}

/* from, till: moments of the drill. Leaves the event open. */
static void begin_event(const struct writer *writer, const char *id, nd_ns from, nd_ns till,
                        bool sure)
{
    char *uid = nd_printf("%s.%s@netdrill.invalid", writer->drill->id, id);
    char sequence[40];
    snprintf(sequence, sizeof sequence, "SEQUENCE:%lld", (long long)writer->drill->revision);
    put_line(writer, "BEGIN:VEVENT");
    put_text(writer, "UID", uid);
    put_time(writer, "DTSTAMP", writer->calendar->now);
    put_time(writer, "DTSTART", writer->calendar->start + from / ND_SEC(1));
    if (till > from)
        put_time(writer, "DTEND", writer->calendar->start + (till + ND_SEC(1) - 1) / ND_SEC(1));
    put_line(writer, sequence);
    put_line(writer, sure ? "STATUS:CONFIRMED" : "STATUS:TENTATIVE");
    put_line(writer, "CATEGORIES:EXERCISE");
    put_line(writer, "CLASS:PRIVATE");
    free(uid);
}

static void put_summary(const struct writer *writer, const char *id, const char *title)
{
    char *summary = nd_printf("【演練 EXERCISE】%s%s%s", id, *id != '\0' ? " " : "", title);
    put_text(writer, "SUMMARY", summary);
    free(summary);
}

static bool is_theirs(const struct nd_calendar *calendar, const struct nd_inject *inject)
{
    bool evaluates = calendar->role == ND_CALENDAR_EVALUATOR;
    const char *of = evaluates ? inject->evaluator : inject->controller;
    return calendar->role != ND_CALENDAR_PLAYER &&
           (calendar->who == NULL || (of != NULL && strcmp(of, calendar->who) == 0) ||
            (!evaluates && inject->from != NULL && strcmp(inject->from, calendar->who) == 0));
}

/* When it begins at the earliest and, with a window, at the latest; false: nobody knows before. */
static bool times_of(const struct nd_phase *phase, const struct nd_inject *inject, nd_ns *from,
                     nd_ns *till)
{
    bool known = phase->at_given || phase->index == 0;
    nd_ns zero = phase->at_given ? phase->at : 0;
    if (inject->after != NULL || inject->unless != NULL || inject->on_call)
        return false;
    if (inject->window_given) {
        bool moment = inject->window_is_moment;
        *from = inject->window_from + (moment ? 0 : zero);
        *till = inject->window_till + (moment ? 0 : zero);
        return moment || known;
    }
    *from = *till = inject->at_given && inject->at_is_moment ? inject->at : zero + inject->at;
    return (inject->at_given && inject->at_is_moment) || known;
}

static void describe(const struct writer *writer, const struct nd_inject *inject)
{
    bool zh = writer->calendar->zh;
    struct nd_buf text = {0};
    char unit[ND_UNIT_TEXT];
    const char *expect = words(writer, &inject->expect);
    for (size_t i = 0; i < inject->to_count; i++)
        nd_buf_addf(&text, "%s%s", i != 0 ? ", " : zh ? "收件者：" : "To: ", inject->to[i]);
    if (*expect != '\0')
        nd_buf_addf(&text, "\n%s%s", zh ? "預期行動：" : "Expected: ", expect);
    if (inject->react_within > 0)
        nd_buf_addf(&text, "\n%s%s", zh ? "反應時限：" : "React within: ",
                    nd_length_format(inject->react_within, unit));
    if (writer->calendar->role == ND_CALENDAR_CONTROLLER && inject->notes != NULL)
        nd_buf_addf(&text, "\n%s%s", zh ? "管制備註：" : "Notes: ", inject->notes);
    put_text(writer, "DESCRIPTION", nd_buf_str(&text));
    nd_buf_deinit(&text);
}

static void put_injects(const struct writer *writer, struct nd_buf *unknown)
{
    for (size_t p = 0; p < writer->drill->phases_count; p++) {
        const struct nd_phase *phase = &writer->drill->phases[p];
        for (size_t i = 0; i < phase->injects_count; i++) {
            const struct nd_inject *inject = &phase->injects[i];
            nd_ns from = 0;
            nd_ns till = 0;
            if (!is_theirs(writer->calendar, inject))
                continue;
            if (!times_of(phase, inject, &from, &till)) {
                nd_buf_addf(unknown, "\n%s %s", inject->id, words(writer, &inject->title));
                continue;
            }
            begin_event(writer, inject->id, from,
                        inject->window_given ? till : till + inject->react_within,
                        !inject->window_given && inject->only_if == NULL);
            put_summary(writer, inject->id, words(writer, &inject->title));
            describe(writer, inject);
            put_line(writer, "END:VEVENT");
        }
    }
}

void nd_calendar_write(const struct nd_drill *drill, const struct nd_calendar *calendar,
                       struct nd_buf *out)
{
    const struct writer writer = {drill, calendar, out};
    struct nd_buf unknown = {0};
    struct nd_buf text = {0};
    put_line(&writer, "BEGIN:VCALENDAR");
    put_line(&writer, "VERSION:2.0");
    put_line(&writer, "PRODID:-//netdrill//exercise " ND_VERSION "//EN");
    put_line(&writer, "METHOD:PUBLISH");
    put_injects(&writer, &unknown);
    begin_event(&writer, "exercise", 0, drill->lasts, true);
    put_summary(&writer, "", words(&writer, &drill->title));
    nd_buf_adds(&text, calendar->zh ? "演練最遲於此時結束；結束後檢討。"
                                    : "It ends by then at the latest; hot wash right after it.");
    if (unknown.text != NULL)
        nd_buf_addf(
            &text, "\n%s%s",
            calendar->zh ? "時間依進行而定：" : "When depends on the course:", unknown.text);
    put_text(&writer, "DESCRIPTION", nd_buf_str(&text));
    put_line(&writer, "END:VEVENT");
    put_line(&writer, "END:VCALENDAR");
    nd_buf_deinit(&unknown);
    nd_buf_deinit(&text);
}
