#include "cli/lines.h"

#include "base/units.h"
#include "cli/common.h"
#include "cli/lines_duty.h"
#include "report/words/reason.h"

#include <stdio.h>
#include <string.h>

/* Events as lines for people. */

static struct nd_buf line_buf; /* of the one thread that prints; freed by nobody, reused by all */

const char *nd_line_text2(const struct nd_line *line, const char *key)
{
    const json_t *text = json_object_get(line->data, key);
    const char *first = json_string_value(json_object_get(text, line->zh ? "zh" : "en"));
    const char *second = json_string_value(json_object_get(text, line->zh ? "en" : "zh"));
    return first != NULL ? first : second != NULL ? second : "";
}

const char *nd_line_string(const struct nd_line *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line->data, key));
    return text != NULL ? text : "";
}

void nd_line_why(const struct nd_line *line, const char *before)
{
    const char *why = nd_line_string(line, "why");
    if (*why == '\0')
        return;
    nd_buf_adds(line->out, before);
    nd_reason(line->zh ? ND_LANG_ZH : ND_LANG_EN, why, line->out);
}

const char *nd_value_words(double value, const char *unit, const char *statistic, char *out)
{
    bool own = statistic != NULL && *statistic == '\0';
    bool share =
        (own && strcmp(unit, "1") == 0) ||
        (statistic != NULL && (strcmp(statistic, "share") == 0 || strcmp(statistic, "loss") == 0));
    char number[ND_UNIT_TEXT];
    if (strcmp(unit, "ns") == 0)
        snprintf(out, 48, "%s", nd_length_format((nd_ns)value, number));
    else if (strcmp(unit, "bool") == 0)
        snprintf(out, 48, "%s", value != 0 ? "yes" : "no");
    else if (share)
        snprintf(out, 48, "%s", nd_share_format(value, number));
    else if (strcmp(unit, "bit/s") == 0)
        snprintf(out, 48, "%s", nd_rate_format((int64_t)value, number));
    else
        snprintf(out, 48, "%s%s%s", nd_real_words(value, number),
                 *unit != '\0' && strcmp(unit, "1") != 0 ? " " : "",
                 strcmp(unit, "1") != 0 ? unit : "");
    return out;
}

/* Where our own colours begin in the line: they alone may hold an escape. */
static struct ND_VEC(size_t) sgr_at;

void nd_line_sgr(const struct nd_line *line, const char *code)
{
    if (!line->colour)
        return;
    nd_vec_push(&sgr_at, line->out->len_bytes);
    nd_buf_addf(line->out, "\033[%sm", code);
}

/* What events tell comes from scenarios, programs and the network: it stays one line, and moves no
 * cursor. */
static void tame(char *text)
{
    for (size_t i = 0; i < sgr_at.count; i++)
        text[sgr_at.at[i]] = '?';
    nd_text_tame(text, false);
    for (size_t i = 0; i < sgr_at.count; i++)
        text[sgr_at.at[i]] = '\033';
}

static void put_verdict(const struct nd_line *line)
{
    static const struct {
        const char *name, *sign;
    } signs[] = {{"at_most", "<="}, {"at_least", ">="}, {"equals", "="},
                 {"above", ">"},    {"below", "<"},     {"is_true", "="}};
    const char *grade = nd_line_string(line, "grade");
    bool met = strcmp(grade, "met") == 0;
    bool unknown = strcmp(grade, "unknown") == 0;
    const json_t *measured = json_object_get(line->data, "measured");
    double uncertainty = json_number_value(json_object_get(line->data, "uncertainty"));
    char words[48];
    nd_line_sgr(line, met ? "32" : unknown ? "33" : "1;31");
    nd_buf_addf(line->out, "%s %s",
                met       ? "\u2713"
                : unknown ? "?"
                          : "\u2717",
                nd_line_text2(line, "sentence"));
    nd_line_sgr(line, "0");
    if (json_is_number(measured))
        nd_buf_addf(line->out, ": %s",
                    nd_value_words(json_number_value(measured), nd_line_string(line, "unit"),
                                   nd_line_string(line, "statistic"), words));
    else
        nd_line_why(line, ": ");
    if (uncertainty > 0)
        nd_buf_addf(line->out, " \u00b1 %s",
                    nd_value_words(uncertainty, nd_line_string(line, "unit"),
                                   nd_line_string(line, "statistic"), words));
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (strcmp(signs[i].name, nd_line_string(line, "operator")) == 0)
            nd_buf_addf(line->out, " (%s %s %s)", line->zh ? "門檻" : "limit", signs[i].sign,
                        nd_value_words(json_number_value(json_object_get(line->data, "limit")),
                                       nd_line_string(line, "unit"),
                                       nd_line_string(line, "statistic"), words));
    }
    if (json_is_number(measured))
        nd_line_why(line, "; ");
}

static void put_opened(const struct nd_line *line)
{
    const json_t *drill = json_object_get(line->data, "drill");
    const struct nd_line inner = {line->event, drill, line->zh, line->colour, line->out};
    bool rehearsal = strcmp(nd_line_string(line, "mode"), "rehearsal") == 0;
    nd_buf_addf(line->out, "演練 EXERCISE  %s", nd_line_text2(&inner, "title"));
    if (rehearsal)
        nd_buf_adds(line->out, "  [預演 REHEARSAL: nothing is sent, readings come from models]");
    else if (json_is_true(json_object_get(line->data, "simulated")))
        nd_buf_adds(line->out, "  [模擬 SIMULATED network]");
}

static void put_confirm(const struct nd_line *line)
{
    char length[ND_UNIT_TEXT];
    json_int_t within = json_integer_value(json_object_get(line->data, "within_ns"));
    nd_line_sgr(line, "1;36");
    nd_buf_addf(line->out, "? %s", nd_line_text2(line, "sentence"));
    nd_line_sgr(line, "0");
    nd_buf_addf(line->out, "  [%s, %s %s]  netdrill confirm last %s", nd_line_string(line, "by"),
                line->zh ? "限時" : "within", nd_length_format(within, length),
                json_string_value(json_object_get(line->event, "subject")));
}

static void put_step_end(const struct nd_line *line, const char *subject)
{
    const char *state = nd_line_string(line, "state");
    if (strcmp(state, "done") == 0)
        return;
    nd_line_sgr(line, "1;31");
    nd_buf_addf(line->out, "- %s: %s", subject, state);
    nd_line_sgr(line, "0");
    nd_line_why(line, ": ");
}

static void put_change(const struct nd_line *line, const char *subject, const char *what)
{
    nd_buf_addf(line->out, "! #%s %s", subject, what);
    nd_line_why(line, " ");
}

static void put_restore_end(const struct nd_line *line)
{
    char length[ND_UNIT_TEXT];
    nd_buf_addf(
        line->out, "%s: %lld %s, %lld %s (%s)", line->zh ? "復歸" : "restored",
        (long long)json_integer_value(json_object_get(line->data, "verified")),
        line->zh ? "項讀回確認" : "read back as before",
        (long long)json_integer_value(json_object_get(line->data, "unverified")),
        line->zh ? "項未確認" : "not verified",
        nd_length_format(json_integer_value(json_object_get(line->data, "took_ns")), length));
}

static void put_names(const struct nd_line *line, const char *key, const char *words)
{
    size_t i = 0;
    json_t *name = NULL;
    json_array_foreach(json_object_get(line->data, key), i, name)
        nd_buf_addf(line->out, "%s%s", i == 0 ? words : ", ", json_string_value(name));
}

static void put_continued(const struct nd_line *line)
{
    char length[ND_UNIT_TEXT];
    json_int_t down = json_integer_value(json_object_get(line->data, "down_ns"));
    nd_buf_addf(line->out,
                line->zh ? "執行中斷 %s 後接續，時刻%s"
                         : "GOES ON after being down for %s, times %s",
                nd_length_format(down, length), nd_line_string(line, "times"));
    put_names(line, "cut_off", line->zh ? "；中斷之步驟：" : "; cut off: ");
    put_names(line, "again", line->zh ? "；重做：" : "; run again: ");
    put_names(line, "not_made_again",
              line->zh ? "；已復原且未再施行：" : "; was on, is not made again by itself: ");
}

static void put_baseline(const struct nd_line *line, const char *type)
{
    /* [after][holds], and in [2] that it begins; English, zh-TW */
    static const char *const words[2][3][2] = {
        {{"the baseline does not hold", "基準不成立"},
         {"the baseline holds", "基準成立"},
         {"-- Baseline, before STARTEX", "-- 基準：演練前"}},
        {{"THE BASELINE NO LONGER HOLDS", "基準已不成立"},
         {"the baseline is as before", "基準與演練前相同"},
         {"-- Baseline, after restoring", "-- 基準：復原後"}}};
    bool after = strcmp(nd_line_string(line, "when"), "after") == 0;
    bool holds = json_is_true(json_object_get(line->data, "holds"));
    bool begins = strcmp(type, "baseline.started") == 0;
    if (!begins)
        nd_line_sgr(line, holds ? "32" : "1;31");
    if (json_is_true(json_object_get(line->data, "cut")))
        nd_buf_adds(line->out,
                    line->zh ? "基準是否仍成立不得而知" : "THE BASELINE IS NOT KNOWN TO HOLD");
    else
        nd_buf_adds(line->out, words[after][begins ? 2 : holds][line->zh]);
    if (!begins)
        nd_line_sgr(line, "0");
    size_t i = 0;
    json_t *fails = NULL;
    json_array_foreach(json_object_get(line->data, "fails"), i, fails)
    {
        const struct nd_line inner = {line->event, fails, line->zh, line->colour, line->out};
        const char *sentence = nd_line_text2(&inner, "sentence");
        const char *before = i == 0 ? ": " : "; ";
        if (*sentence != '\0')
            nd_buf_addf(line->out, "%s%s", before, sentence);
        else
            nd_line_why(&inner, before);
    }
}

static void put_arming(const struct nd_line *line, const char *type)
{
    char length[ND_UNIT_TEXT];
    long long people = (long long)json_integer_value(json_object_get(line->data, "people"));
    if (strcmp(type, "arm.asked") == 0)
        nd_buf_addf(
            line->out, "? %s %lld%s  netdrill arm last --as NAME  [%s %s]",
            line->zh ? "須由" : "to be armed by", people,
            line->zh ? " 位不同人員授權" : " different people", line->zh ? "限時" : "within",
            nd_length_format(json_integer_value(json_object_get(line->data, "within_ns")), length));
    else
        nd_buf_addf(line->out, "  %s %s (%lld/%lld)", line->zh ? "已授權：" : "armed by",
                    nd_line_string(line, "by"),
                    (long long)json_integer_value(json_object_get(line->data, "number")), people);
}

/* Events that end, hold or take over the drill. */
static bool put_run(const struct nd_line *line, const char *type)
{
    struct nd_buf *out = line->out;
    char length[ND_UNIT_TEXT];
    if (strcmp(type, "run.started") == 0)
        nd_buf_addf(out, "STARTEX  %s", nd_line_string(line, "wall"));
    else if (strcmp(type, "run.ended") == 0)
        nd_buf_addf(out, "ENDEX: %s", nd_line_string(line, "reason"));
    else if (strcmp(type, "run.refused") == 0)
        nd_buf_addf(out, "REFUSED: %s", nd_line_string(line, "reason"));
    else if (strcmp(type, "run.aborting") == 0)
        nd_buf_addf(out, "ABORT by %s: %s", nd_line_string(line, "by"),
                    nd_line_string(line, "reason"));
    else if (strcmp(type, "run.continued") == 0)
        put_continued(line);
    else if (strcmp(type, "run.paused") == 0)
        nd_buf_addf(out, "PAUSEX by %s", nd_line_string(line, "by"));
    else if (strcmp(type, "run.resumed") == 0)
        nd_buf_addf(
            out,
            line->zh ? "續行，%s；其後時刻順延 %s" : "resumed by %s; later moments shift by %s",
            nd_line_string(line, "by"),
            nd_length_format(json_integer_value(json_object_get(line->data, "shift_ns")), length));
    else if (strcmp(type, "restore.overdue") == 0)
        nd_buf_addf(out, line->zh ? "復歸逾時，仍有 %lld 項" : "RESTORING IS OVERDUE, %lld left",
                    (long long)json_integer_value(json_object_get(line->data, "left")));
    else
        return false;
    return true;
}

/* What a guard read and may read. */
static void put_guard(const struct nd_line *line)
{
    static const char *const allowed[2][2] = {{"allowed is at least", "至少應有"},
                                              {"allowed is at most", "至多可有"}};
    const char *unit = nd_line_string(line, "unit");
    const char *statistic = strcmp(unit, "1") == 0 ? "share" : "";
    bool most = strcmp(nd_line_string(line, "operator"), "at_most") == 0;
    char measured[48];
    char limit[48];
    nd_buf_addf(line->out, "GUARD %s: ", nd_line_text2(line, "title"));
    if (*nd_line_string(line, "why") != '\0')
        nd_line_why(line, "");
    else
        nd_buf_addf(line->out, "%s, %s %s",
                    nd_value_words(json_number_value(json_object_get(line->data, "measured")), unit,
                                   statistic, measured),
                    allowed[most][line->zh],
                    nd_value_words(json_number_value(json_object_get(line->data, "limit")), unit,
                                   statistic, limit));
}

static void put_plain(const struct nd_line *line, const char *type, const char *subject)
{
    struct nd_buf *out = line->out;
    if (put_run(line, type))
        return;
    if (strcmp(type, "lab.building") == 0)
        nd_buf_adds(out, line->zh ? "建置演練場" : "building the lab");
    else if (strcmp(type, "lab.failed") == 0)
        nd_line_why(line, line->zh ? "演練場未能建置：" : "the lab could not be built: ");
    else if (strcmp(type, "confirm.answered") == 0)
        nd_buf_addf(out, "  #%s %s: %s%s", subject, nd_line_string(line, "by"),
                    nd_line_string(line, "answer"),
                    json_is_true(json_object_get(line->data, "scripted"))
                        ? line->zh ? "(腳本)" : " (scripted)"
                        : "");
    else if (strcmp(type, "confirm.expired") == 0)
        nd_buf_addf(out, "  #%s: %s", subject,
                    line->zh ? "逾時無人回覆" : "nobody answered in time");
    else if (strcmp(type, "note") == 0)
        nd_buf_addf(out, "  %s", nd_line_text2(line, "text"));
    else if (strcmp(type, "guard.breached") == 0)
        put_guard(line);
    else if (strcmp(type, "stalled") == 0 || strcmp(type, "clock.stepped") == 0)
        nd_buf_addf(out, "  (%s)", type);
    else if (strcmp(type, "keeper.acting") == 0)
        nd_line_why(line, "KEEPER: ");
}

static void put_changes(const struct nd_line *line, const char *type, const char *subject)
{
    static const struct {
        const char *type, *en, *zh;
        bool alarms;
    } words[] = {
        {"change.not_made", "was not made:", "未成立：", false},
        {"change.verified", "restored and read back", "已復原並讀回確認", false},
        {"change.not_proved", "not proved to be in force:", "未能證實生效：", false},
        {"change.unverified", "NOT VERIFIED AS RESTORED:", "未確認復原：", true},
        {"change.left_alone", "LEFT ALONE, somebody else changed it:", "遭他人變更，未予更動：",
         true},
    };
    if (strcmp(type, "change.recorded") == 0)
        nd_buf_addf(line->out, "! #%s %s.%s %s", subject, nd_line_string(line, "plugin"),
                    nd_line_string(line, "verb"), nd_line_string(line, "target"));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(type, words[i].type) != 0)
            continue;
        if (words[i].alarms)
            nd_line_sgr(line, "1;31");
        put_change(line, subject, line->zh ? words[i].zh : words[i].en);
        if (words[i].alarms)
            nd_line_sgr(line, "0");
    }
}

static void put_body(const struct nd_line *line, const char *type, const char *subject)
{
    if (strcmp(type, "journal.opened") == 0)
        put_opened(line);
    else if (strcmp(type, "phase.started") == 0) {
        nd_line_sgr(line, "1");
        nd_buf_addf(line->out, "== %s", nd_line_text2(line, "title"));
        nd_line_sgr(line, "0");
    } else if (strcmp(type, "step.started") == 0)
        nd_buf_addf(line->out, "- %s%s%s%s", nd_line_text2(line, "title"),
                    *nd_line_string(line, "owner") != '\0' ? "  [" : "",
                    nd_line_string(line, "owner"),
                    *nd_line_string(line, "owner") != '\0' ? "]" : "");
    else if (strcmp(type, "step.ended") == 0)
        put_step_end(line, subject);
    else if (strcmp(type, "verdict") == 0 || strcmp(type, "baseline.checked") == 0)
        put_verdict(line);
    else if (strncmp(type, "baseline.", 9) == 0)
        put_baseline(line, type);
    else if (strncmp(type, "arm.", 4) == 0)
        put_arming(line, type);
    else if (strcmp(type, "confirm.asked") == 0)
        put_confirm(line);
    else if (strncmp(type, "inject.", 7) == 0 || strcmp(type, "observation") == 0)
        nd_line_people(line, type, subject);
    else if (strncmp(type, "change.", 7) == 0)
        put_changes(line, type, subject);
    else if (strcmp(type, "restore.ended") == 0)
        put_restore_end(line);
    else if (!nd_line_duty(line->event, type, line->zh, line->colour, line->out))
        put_plain(line, type, subject);
}

const char *nd_line_of(const json_t *event, bool zh, bool colour)
{
    const char *type = json_string_value(json_object_get(event, "type"));
    const char *subject = json_string_value(json_object_get(event, "subject"));
    const char *rel = json_string_value(json_object_get(event, "rel"));
    const struct nd_line line = {event, json_object_get(event, "data"), zh, colour, &line_buf};
    nd_buf_reset(&line_buf);
    sgr_at.count = 0;
    nd_buf_addf(&line_buf, "%-15s ", rel != NULL ? rel : "");
    size_t before = line_buf.len_bytes;
    put_body(&line, type + strlen("netdrill."), subject != NULL ? subject : "");
    if (line_buf.len_bytes == before)
        return "";
    tame(line_buf.text);
    return line_buf.text;
}

void nd_print_left(json_t *status, FILE *out)
{
    size_t i = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(status, "changes"), i, change)
    {
        const struct nd_line line = {.data = change};
        const char *state = nd_line_string(&line, "state");
        if (strcmp(state, "verified") != 0)
            fprintf(out, "  #%lld %s.%s %s (%s)\n",
                    (long long)json_integer_value(json_object_get(change, "undo")),
                    nd_line_string(&line, "plugin"), nd_line_string(&line, "verb"),
                    nd_line_string(&line, "target"), state);
    }
    json_decref(status);
}
