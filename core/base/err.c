#include "base/err.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *nd_err_name(nd_err code)
{
    switch (code) {
    case ND_OK:
        return "OK";
#define NAME_CASE(number, name, sentence)                                                          \
    case (number):                                                                                 \
        return #name;
        ND_ERR_MAP(NAME_CASE)
#undef NAME_CASE
    default:
        return "EUNKNOWN";
    }
}

const char *nd_err_text(nd_err code)
{
    switch (code) {
    case ND_OK:
        return "done";
#define TEXT_CASE(number, name, sentence)                                                          \
    case (number):                                                                                 \
        return sentence;
        ND_ERR_MAP(TEXT_CASE)
#undef TEXT_CASE
    default:
        return "an unknown error";
    }
}

nd_err nd_err_from_errno(int error)
{
    switch (error) {
    case 0:
        return ND_OK;
    case EPERM:
    case EACCES:
        return ND_ERIGHTS;
    case ETIMEDOUT:
        return ND_ETIME;
    case ECONNREFUSED:
    case ECONNRESET:
        return ND_EREFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
        return ND_EREACH;
    case EINVAL:
    case EDOM:
    case ERANGE:
        return ND_EARG;
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ESRCH:
        return ND_EGONE;
    case EOPNOTSUPP:
    case ENOSYS:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return ND_EUNABLE;
    case EEXIST:
    case EBUSY:
        return ND_ESTATE;
    default:
        return ND_EIO;
    }
}

/* Ends the text where its last whole character ends, when it was cut. */
static void trim_cut(char *text, size_t len_bytes)
{
    size_t at = 0;
    while (at < len_bytes) {
        size_t step = nd_utf8_len(text + at, len_bytes - at);
        if (step == 0)
            break;
        at += step;
    }
    if (at + 4 > len_bytes)
        text[at] = '\0';
}

static void fill(struct nd_fail *why, nd_err code, const char *fmt, va_list args)
{
    why->code = code;
    int len = vsnprintf(why->text, sizeof why->text, fmt, args);
    if (len >= (int)sizeof why->text)
        trim_cut(why->text, sizeof why->text - 1);
}

nd_err nd_fail_set(struct nd_fail *why, nd_err code, const char *fmt, ...)
{
    if (why == NULL)
        return code;
    va_list args;
    va_start(args, fmt);
    fill(why, code, fmt, args);
    va_end(args);
    return code;
}

nd_err nd_fail_errno(struct nd_fail *why, int error, const char *fmt, ...)
{
    nd_err code = nd_err_from_errno(error);
    if (why == NULL)
        return code;
    char context[ND_FAIL_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(context, sizeof context, fmt, args);
    va_end(args);
    char words[128];
    return nd_fail_set(why, code, "%s: %s", context, strerror_r(error, words, sizeof words));
}

nd_err nd_fail_wrap(struct nd_fail *why, const char *fmt, ...)
{
    if (why == NULL)
        return ND_EINTERNAL;
    char context[ND_FAIL_TEXT];
    char old[ND_FAIL_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(context, sizeof context, fmt, args);
    va_end(args);
    memcpy(old, why->text, sizeof old);
    return nd_fail_set(why, why->code, "%s: %s", context, old);
}

void nd_check_failed(const char *cond, const char *file, int line)
{
    fprintf(stderr, "netdrill: a fault of its own at %s:%d: '%s' does not hold\n", file, line,
            cond);
    abort();
}
