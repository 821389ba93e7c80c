/* A page as PDF, by a Chromium where there is one: tagged, with an outline. */
#ifndef ND_REPORT_PAGE_PDF_H
#define ND_REPORT_PAGE_PDF_H
#include "base/err.h"

/* html: an existing file. Takes seconds, 60 at most. ND_EUNABLE: there is no Chromium; ND_EIO: it
 * did not print. */
nd_err nd_pdf_print(const char *html, const char *pdf, struct nd_fail *why);

#endif
