#include "fuzz/fuzz.h"
#include "sheet/sheet.h"

#include <stdlib.h>
#include <string.h>

/* A table that somebody sends: as CSV, and as OpenDocument. What was read as CSV is written and
 * read again as the same. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct nd_sheet sheet = {0};
    struct nd_sheet again = {0};
    struct nd_buf out = {0};
    if (nd_sheet_read_csv(&sheet, (const char *)bytes, len, NULL) == ND_OK) {
        nd_sheet_csv(&sheet, &out);
        if (nd_sheet_read_csv(&again, nd_buf_str(&out), out.len_bytes, NULL) != ND_OK ||
            again.rows.count != sheet.rows.count)
            abort();
        for (size_t r = 0; r < sheet.rows.count; r++) {
            for (size_t c = 0; c < sheet.rows.at[r].count; c++) {
                if (strcmp(nd_sheet_at(&sheet, r, c), nd_sheet_at(&again, r, c)) != 0)
                    abort();
            }
        }
    }
    nd_buf_deinit(&out);
    nd_sheet_deinit(&again);
    nd_sheet_deinit(&sheet);
    nd_sheet_read_ods(&sheet, (const char *)bytes, len, NULL);
    nd_sheet_deinit(&sheet);
    return 0;
}
