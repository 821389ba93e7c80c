/* Why something failed or was refused, in the language of whoever reads it.
 *
 * The core and its plugins give reasons as sentences in English, into the journal too. They are
 * put into Chinese where they are read: each message, with what stood at its conversions, is found
 * in a catalogue (reasons.def; plugins/NAME/reasons.def) by the very text it was formatted from.
 *
 *     X("cannot set interface '%s' %s: %s", "無法將介面「%1」設為%2：%3")
 *
 * A reason may be of several: "context: reason", "reason; reason", "NAME reason". What the
 * catalogue has not, such as what a program or another side said, is quoted: 原文「no space」. */
#ifndef ND_REPORT_WORDS_REASON_H
#define ND_REPORT_WORDS_REASON_H
#include "base/text.h"
#include "report/words/lang.h"

#include <stdbool.h>

/* Appends the reason to out. What has Chinese in it is somebody's own words, and stays. */
void nd_reason(enum nd_lang lang, const char *reason, struct nd_buf *out);
/* The same; caller frees. */
char *nd_reason_text(enum nd_lang lang, const char *reason);
/* Whether the catalogue has it, or each part of it. */
bool nd_reason_known(const char *reason);

#endif
