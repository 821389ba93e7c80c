#include "cli/msel_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "msel.csv: row 5, column G (react_within): ..." */
void nd_msel_tell(const struct nd_msel *msel, const char *table, size_t row, size_t column,
                  bool error, const char *text)
{
    char letter[8];
    fprintf(stderr, "%s: %s: ", table, error ? "error" : "note");
    if (row != SIZE_MAX)
        fprintf(stderr, "row %zu", row + 1);
    for (int c = 0; column != SIZE_MAX && c < ND_MSEL_COUNT; c++) {
        if (msel->at[c] == column)
            fprintf(stderr, ", column %s (%s)", nd_msel_letter(column, letter),
                    nd_msel_name((enum nd_msel_column)c));
    }
    fprintf(stderr, "%s%s\n", row != SIZE_MAX ? ": " : "", text);
}

void nd_msel_tell_notes(const struct nd_msel *msel, const char *table)
{
    for (size_t i = 0; i < msel->notes.count; i++) {
        const struct nd_msel_note *note = &msel->notes.at[i];
        nd_msel_tell(msel, table, note->row, note->column, note->error, note->text);
    }
}

void nd_msel_tell_diags(const struct nd_msel *msel, struct nd_diags *diags, const char *table)
{
    nd_diags_sort(diags);
    for (size_t i = 0; i < diags->list.count; i++) {
        const struct nd_diag *diag = &diags->list.at[i];
        struct nd_msel_line line = {SIZE_MAX, ND_MSEL_COUNT, 0};
        char *text =
            nd_printf("%s [%s]%s%s", diag->text, diag->code, diag->help != NULL ? "; " : "",
                      diag->help != NULL ? diag->help : "");
        if (diag->line > 0 && (size_t)diag->line <= msel->lines.count)
            line = msel->lines.at[diag->line - 1];
        nd_msel_tell(msel, table, line.row,
                     line.column != ND_MSEL_COUNT ? msel->at[line.column] : SIZE_MAX,
                     diag->severity == ND_DIAG_ERROR, text);
        free(text);
    }
}

nd_err nd_msel_table(const char *path, struct nd_sheet *sheet, struct nd_fail *why)
{
    char *bytes = NULL;
    size_t len = 0;
    if (nd_file_read(path, ND_SHEET_OCTETS, &bytes, &len, why) != ND_OK)
        return why->code;
    nd_err err = len >= 4 && memcmp(bytes, "PK\3\4", 4) == 0
                     ? nd_sheet_read_ods(sheet, bytes, len, why)
                     : nd_sheet_read_csv(sheet, bytes, len, why);
    free(bytes);
    return err;
}
