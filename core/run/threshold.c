#include "run/threshold.h"

#include "base/text.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *sign, *name; /* longer signs first */
} operators[] = {
    {"<=", "at_most"}, {">=", "at_least"}, {"==", "equals"}, {"<", "below"}, {">", "above"},
};

static const struct {
    const char *percent;
    enum nd_stat stat;
} quantiles[] = {
    {"50", ND_STAT_P50}, {"90", ND_STAT_P90},    {"95", ND_STAT_P95},
    {"99", ND_STAT_P99}, {"99.9", ND_STAT_P999},
};

/* Copies without blanks; false when it does not fit. */
static bool squeeze(const char *text, char *out, size_t bytes)
{
    size_t at = 0;
    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == '\t')
            continue;
        if (at + 1 >= bytes)
            return false;
        out[at++] = *text;
    }
    out[at] = '\0';
    return true;
}

static nd_err parse_stat(const char *name, enum nd_stat *stat, struct nd_fail *why)
{
    size_t len = strlen(name);
    if (len > 3 && strncmp(name, "p(", 2) == 0 && name[len - 1] == ')') {
        for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
            if (strlen(quantiles[i].percent) == len - 3 &&
                strncmp(quantiles[i].percent, name + 2, len - 3) == 0) {
                *stat = quantiles[i].stat;
                return ND_OK;
            }
        }
        return nd_fail_set(why, ND_EPARSE,
                           "expected p(50), p(90), p(95), p(99) or p(99.9), got '%s'", name);
    }
    int found = nd_stat_find(name);
    if (found >= 0) {
        *stat = (enum nd_stat)found;
        return ND_OK;
    }
    const char *names[ND_STAT_KINDS];
    for (int i = 0; i < ND_STAT_KINDS; i++)
        names[i] = nd_stat_name((enum nd_stat)i);
    const char *near = nd_text_nearest(name, names, ND_STAT_KINDS);
    return nd_fail_set(why, ND_EPARSE,
                       "expected a statistic such as loss, interruption or p(95), got '%s'%s%s%s",
                       name, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                       near != NULL ? "'" : "");
}

static nd_err parse_length(const char *text, struct nd_threshold *threshold, struct nd_fail *why)
{
    nd_ns length = 0;
    nd_err err = nd_length_parse(text, &length, why);
    threshold->kind = ND_LIMIT_LENGTH;
    threshold->limit = (double)length;
    return err;
}

/* A reading's own unit is not known here: the limit's suffix tells. */
static nd_err parse_value(const char *text, struct nd_threshold *threshold, struct nd_fail *why)
{
    int64_t rate = 0;
    if (nd_real_parse(text, &threshold->limit, NULL) == ND_OK) {
        threshold->kind = ND_LIMIT_COUNT;
        return ND_OK;
    }
    if (nd_rate_parse(text, &rate, NULL) == ND_OK) {
        threshold->kind = ND_LIMIT_RATE;
        threshold->limit = (double)rate;
        return ND_OK;
    }
    return parse_length(text, threshold, why);
}

static nd_err parse_limit(const char *text, struct nd_threshold *threshold, struct nd_fail *why)
{
    if (nd_stat_is_share(threshold->stat)) {
        threshold->kind = ND_LIMIT_SHARE;
        return nd_share_parse(text, &threshold->limit, why);
    }
    switch (threshold->stat) {
    case ND_STAT_INTERRUPTION:
    case ND_STAT_INTERRUPTION_SUM:
    case ND_STAT_LONGEST_GAP:
    case ND_STAT_MOUTH_TO_EAR:
        return parse_length(text, threshold, why);
    case ND_STAT_INTERRUPTIONS:
    case ND_STAT_COUNT:
    case ND_STAT_ANSWERED:
    case ND_STAT_MISSED:
    case ND_STAT_BURST_RATIO:
    case ND_STAT_R_FACTOR:
    case ND_STAT_MOS:
        threshold->kind = ND_LIMIT_COUNT;
        return nd_real_parse(text, &threshold->limit, why);
    default:
        return parse_value(text, threshold, why);
    }
}

nd_err nd_threshold_parse(const char *text, struct nd_threshold *threshold, struct nd_fail *why)
{
    char words[128];
    *threshold = (struct nd_threshold){.operator_name = NULL};
    if (!squeeze(text, words, sizeof words))
        return nd_fail_set(why, ND_EPARSE, "a threshold has at most %zu characters",
                           sizeof words - 1);
    char *sign = words + strcspn(words, "<>=");
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t len = strlen(operators[i].sign);
        if (strncmp(sign, operators[i].sign, len) != 0)
            continue;
        threshold->operator_name = operators[i].name;
        *sign = '\0';
        nd_err err = parse_stat(words, &threshold->stat, why);
        char *hold = strstr(sign + len, "for");
        if (err == ND_OK && hold != NULL) {
            *hold = '\0';
            err = nd_length_parse(hold + 3, &threshold->hold, why);
        }
        if (err == ND_OK && parse_limit(sign + len, threshold, why) != ND_OK)
            err = ND_EPARSE;
        if (why != NULL && err != ND_OK)
            why->code = err;
        return err;
    }
    return nd_fail_set(why, ND_EPARSE,
                       "expected a statistic, then <, <=, >, >= or ==, then a limit, such as "
                       "loss<1%%; got '%s'",
                       text);
}
