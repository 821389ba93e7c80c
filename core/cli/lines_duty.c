#include "cli/lines_duty.h"

#include "cli/common.h"

#include <string.h>

/* Rules asked, as lines for people. */

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

/* Each condition that does not hold, with what was compared; of a rule that holds, those that do.
 */
static void put_rule(const struct duty_line *line)
{
    bool holds = json_is_true(json_object_get(line->data, "holds"));
    const char *about = string_of(line->data, "about");
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

bool nd_line_duty(const json_t *event, const char *type, bool zh, bool colour, struct nd_buf *out)
{
    const struct duty_line line = {json_object_get(event, "data"), zh, colour, out};
    if (strcmp(type, "rule.asked") != 0)
        return false;
    put_rule(&line);
    return true;
}
