/* Errors: a code, and where a person may have to read it, a sentence.
 *
 *     struct nd_fail why = {0};
 *     if (nd_site_load(&site, path, &why) != ND_OK)
 *         return nd_fail_wrap(&why_out, &why, "reading site '%s'", path);
 *
 * Messages: lower case, names in single quotes, what was expected, what came, the remedy after a
 * semicolon; no full stop, no "error:". */
#ifndef ND_BASE_ERR_H
#define ND_BASE_ERR_H
#include <netdrill/plugin.h>

#include <stdbool.h>

#define ND_FAIL_TEXT 512

struct nd_fail {
    nd_err code;
    char text[ND_FAIL_TEXT]; /* cut at a UTF-8 boundary when too long */
};

/* The name of a code without "ND_", such as "ETIME"; "EUNKNOWN" for others; "OK" for 0. */
const char *nd_err_name(nd_err code);

/* The sentence of a code. */
const char *nd_err_text(nd_err code);

/* The code of an errno value: EPERM and EACCES give ND_ERIGHTS, ENOSPC ND_EIO, ... */
nd_err nd_err_from_errno(int error);

/* Sets why (may be NULL) and returns code. */
nd_err nd_fail_set(struct nd_fail *why, nd_err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Like nd_fail_set from errno, appending ": " and the system's words for it. */
nd_err nd_fail_errno(struct nd_fail *why, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<fmt>: " before the text that why (may be NULL) holds; returns its code. */
nd_err nd_fail_wrap(struct nd_fail *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A fault of ours: logs the place and aborts. The keeper restores the network. */
#define ND_CHECK(cond) ((cond) ? (void)0 : nd_check_failed(#cond, __FILE__, __LINE__))
_Noreturn void nd_check_failed(const char *cond, const char *file, int line);

#endif
