/* The languages that reports are written in. */
#ifndef ND_REPORT_WORDS_LANG_H
#define ND_REPORT_WORDS_LANG_H

enum nd_lang { ND_LANG_ZH, ND_LANG_EN, ND_LANG_BOTH };

#endif
