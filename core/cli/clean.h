/* Texts of people and plugins on their way to a terminal. */
#ifndef ND_CLI_CLEAN_H
#define ND_CLI_CLEAN_H
#include <jansson.h>

/* Tames every text of a tree (nd_text_tame), line feeds and tabs apart. */
void nd_cli_clean(json_t *value);

#endif
