/* What may stand for the last word of a command line, from the command tables, the usage lines
 * (usage.h) and what lives right now. The shells' scripts ask by 'netdrill __complete'. */
#ifndef ND_CLI_COMPLETE_H
#define ND_CLI_COMPLETE_H
#include "cli/options.h"

#include <stdio.h>

/* words: of the command line, without "netdrill"; the last is the one that is completed and may be
 * "". Prints a line for each, "word\tdescription", and for the shell to complete files itself
 * ":dirs" or ":files", with the endings wanted, such as ":files lua plan". */
void nd_complete(int count, const char *const *words, FILE *out);
/* Whether completion knows this kind of word (upper case, as in usage lines and option tables). */
bool nd_complete_knows(const char *kind);

#endif
