#include "cli/lines_duty.h"

#include "base/units.h"
#include "cli/common.h"

#include <string.h>

/* Rules asked, events, and regulatory clocks, as lines for people. */

struct duty_line {
    const json_t *data;
    bool zh, colour;
    struct nd_buf *out;
};

static const char *text_of(const struct duty_line *line, const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    const char *first = json_string_value(json_object_get(text, line->zh ? "zh" : "en"));
    const char *second = json_string_value(json_object_get(text, line->zh ? "en" : "zh"));
    return first != NULL ? first : second != NULL ? second : "";
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* One text for both languages, or one for each. */
static const char *words_of(const struct duty_line *line, const char *key)
{
    const char *one = string_of(line->data, key);
    return *one != '\0' ? one : text_of(line, line->data, key);
}

/* Each condition that does not hold, with what was compared; of a rule that holds, those that do.
 */
static void put_rule(const struct duty_line *line)
{
    bool holds = json_is_true(json_object_get(line->data, "holds"));
    const char *about = words_of(line, "about");
    const char *before = ": ";
    size_t i = 0;
    json_t *one = NULL;
    nd_buf_addf(line->out, "\u00a7 %s%s%s: %s", text_of(line, line->data, "title"),
                *about != '\0' ? ", " : "", about,
                line->zh ? (holds ? "成立" : "不成立") : (holds ? "holds" : "does not hold"));
    json_array_foreach(json_object_get(line->data, "conditions"), i, one)
    {
        char words[48];
        const json_t *measured = json_object_get(one, "measured");
        const char *unit = string_of(one, "unit");
        if (json_is_true(json_object_get(one, "holds")) != holds)
            continue;
        nd_buf_addf(line->out, "%s%s%s (%s)", before,
                    holds      ? ""
                    : line->zh ? "非"
                               : "not ",
                    text_of(line, one, "title"),
                    json_is_number(measured)
                        ? nd_value_words(json_number_value(measured), unit, unit, words)
                        : "\u2013");
        before = "; ";
    }
}

static void sgr(const struct duty_line *line, const char *code)
{
    if (line->colour)
        nd_buf_addf(line->out, "\033[%sm", code);
}

static json_int_t int_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void put_case(const struct duty_line *line)
{
    const char *name = string_of(line->data, "case");
    if (*name != '\0')
        nd_buf_addf(line->out, " @%s", name);
}

static void put_event(const struct duty_line *line)
{
    const char *note = words_of(line, "note");
    sgr(line, "1;35");
    nd_buf_addf(line->out, "\u2691 %s", text_of(line, line->data, "title"));
    sgr(line, "0");
    put_case(line);
    nd_buf_addf(line->out, "%s%s", *note != '\0' ? ": " : "", note);
}

/* "within 15m, by T+00:25:00". */
static void put_opened(const struct duty_line *line)
{
    const json_t *data = line->data;
    char words[ND_UNIT_TEXT];
    const char *owner = string_of(data, "owner");
    nd_buf_addf(line->out, "\u25f7 %s", text_of(line, data, "title"));
    put_case(line);
    if (json_is_null(json_object_get(data, "limit_ns"))) {
        nd_buf_adds(line->out, line->zh ? "：儘速，無時限" : ": without delay, no limit is given");
    } else {
        nd_buf_addf(line->out, line->zh ? "：限 %s" : ": within %s",
                    nd_length_format(int_of(data, "limit_ns"), words));
        if (int_of(data, "pace") > 1)
            nd_buf_addf(line->out,
                        line->zh ? "（法定 %s，%lld 倍速）" : " (%s, %lld times as fast)",
                        nd_length_format(int_of(data, "law_limit_ns"), words),
                        (long long)int_of(data, "pace"));
        nd_buf_addf(line->out, line->zh ? "，至 %s" : ", by %s",
                    nd_moment_format(int_of(data, "due_rel_ns"), words));
    }
    nd_buf_addf(line->out, "%s%s%s", *owner != '\0' ? "  [" : "", owner, *owner != '\0' ? "]" : "");
}

static void put_done(const struct duty_line *line, bool in_time)
{
    const json_t *data = line->data;
    char took[ND_UNIT_TEXT];
    char margin[ND_UNIT_TEXT];
    char arrived[ND_UNIT_TEXT];
    json_int_t left = int_of(data, "margin_ns");
    const char *by = string_of(data, "by");
    const char *how = string_of(data, "how");
    sgr(line, in_time ? "32" : "1;31");
    nd_buf_addf(line->out, "%s %s", in_time ? "\u2713" : "\u2717", text_of(line, data, "title"));
    sgr(line, "0");
    nd_buf_addf(line->out, line->zh ? "：經 %s" : ": after %s",
                nd_length_format(int_of(data, "took_ns"), took));
    if (!json_is_null(json_object_get(data, "margin_ns")))
        nd_buf_addf(line->out,
                    in_time    ? line->zh ? "，餘 %s" : ", %s to spare"
                    : line->zh ? "，逾 %s"
                               : ", %s too late",
                    nd_length_format(left >= 0 ? left : -left, margin));
    if (*by != '\0' || strcmp(how, "check") == 0)
        nd_buf_addf(line->out, "  (%s)",
                    *by != '\0' ? by
                    : line->zh  ? "系統查得"
                                : "found by a check");
    const json_t *down = json_object_get(data, "while_down");
    if (down != NULL)
        nd_buf_addf(line->out,
                    line->zh ? "  %s 送達，時值程式中斷（%s 至 %s）"
                             : "  arrived at %s, while the run was down (%s to %s)",
                    nd_moment_format(int_of(data, "arrived_rel_ns"), arrived),
                    nd_moment_format(int_of(down, "from_rel_ns"), took),
                    nd_moment_format(int_of(down, "till_rel_ns"), margin));
}

static void put_missed(const struct duty_line *line)
{
    char words[ND_UNIT_TEXT];
    const char *why = string_of(line->data, "why");
    sgr(line, "1;31");
    nd_buf_addf(line->out, "\u2717 %s", text_of(line, line->data, "title"));
    sgr(line, "0");
    nd_buf_addf(line->out, line->zh ? "：逾時，%s 內未完成" : ": MISSED, not within %s",
                nd_length_format(int_of(line->data, "limit_ns"), words));
    nd_buf_addf(line->out, "%s%s", *why != '\0' ? "; " : "", why);
}

static void put_closed(const struct duty_line *line)
{
    const char *why = string_of(line->data, "why");
    bool end = strcmp(why, "endex") == 0;
    nd_buf_addf(line->out, "  %s: %s%s", text_of(line, line->data, "title"),
                end ? line->zh ? "演練結束時未完成，亦未逾時" : "open at the end, not overdue"
                : line->zh ? "不再到期："
                           : "not due any more: ",
                end ? "" : why);
}

bool nd_line_duty(const json_t *event, const char *type, bool zh, bool colour, struct nd_buf *out)
{
    const struct duty_line line = {json_object_get(event, "data"), zh, colour, out};
    if (strcmp(type, "rule.asked") == 0)
        put_rule(&line);
    else if (strcmp(type, "event.occurred") == 0)
        put_event(&line);
    else if (strcmp(type, "obligation.opened") == 0)
        put_opened(&line);
    else if (strcmp(type, "obligation.met") == 0 || strcmp(type, "obligation.late") == 0)
        put_done(&line, strcmp(type, "obligation.met") == 0);
    else if (strcmp(type, "obligation.missed") == 0)
        put_missed(&line);
    else if (strcmp(type, "obligation.closed") == 0)
        put_closed(&line);
    else
        return false;
    return true;
}

void nd_print_duties(const struct nd_outcome *o, FILE *out)
{
    if (o->duties_met + o->duties_missed + o->duties_open != 0)
        fprintf(out, "regulatory clocks: %lld met, %lld missed, %lld open at the end\n",
                (long long)o->duties_met, (long long)o->duties_missed, (long long)o->duties_open);
    if (o->reactions_missed != 0)
        fprintf(out, "%lld inject%s not reacted to in time, which counts in this drill\n",
                (long long)o->reactions_missed, o->reactions_missed == 1 ? "" : "s");
}
