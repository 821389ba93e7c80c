/* Tables of events as the command line reads them, and tells of them by row and column. */
#ifndef ND_CLI_MSEL_TABLE_H
#define ND_CLI_MSEL_TABLE_H
#include "cli/options.h"
#include "exercise/msel.h"
#include "plan/diag.h"

/* CSV or OpenDocument, by its first octets. */
nd_err nd_msel_table(const char *path, struct nd_sheet *sheet, struct nd_fail *why);
/* "msel.csv: error: row 5, column G (react_within): ..."; row and column from 0, SIZE_MAX: none. */
void nd_msel_tell(const struct nd_msel *msel, const char *table, size_t row, size_t column,
                  bool error, const char *text);
void nd_msel_tell_notes(const struct nd_msel *msel, const char *table);
/* What loading the scenario complains of, by the cell that the line came from. */
void nd_msel_tell_diags(const struct nd_msel *msel, struct nd_diags *diags, const char *table);

/* msel_update.c: takes a table into the scenario `out`; with --dry-run only says what would change.
 * An exit code. */
int nd_msel_update(const struct nd_cli_args *args, const char *table, const struct nd_sheet *sheet,
                   const char *out);
/* Keeps the table beside the scenario, for the next update: what it says now is what is changed
 * from then on. False: it cannot be written, which is said. */
bool nd_msel_keep_base(const struct nd_cli_args *args, const struct nd_sheet *sheet,
                       const char *out);

#endif
