/* The report's tables as data: which list of the model, which columns, how a cell is told. CSV and
 * OpenDocument are written from them. */
#ifndef ND_REPORT_TABLES_H
#define ND_REPORT_TABLES_H
#include "report/internal.h"
#include "sheet/sheet.h"

enum nd_cell_kind {
    ND_CELL_WORDS,   /* {zh, en} */
    ND_CELL_TEXT,    /* as it is */
    ND_CELL_STATE,   /* a state, a grade or a class, in the page's language */
    ND_CELL_MOMENT,  /* ns since T+0, as "T+00:00:10.003" */
    ND_CELL_SECONDS, /* ns, as a number of seconds */
    ND_CELL_LENGTH,  /* ns: "15m"; in sheets as seconds, which its heading then says */
    ND_CELL_NUMBER,
    ND_CELL_LIST, /* of numbers or texts, "3, 5" */
    ND_CELL_TITLE /* of a series: its label, else its name */
};

struct nd_column {
    const char
        *key; /* of the entry; ".key": of what holds the entry; "before.measured": within it */
    enum nd_message heading;
    enum nd_cell_kind kind;
};

#define ND_COLUMNS_MAX 13

struct nd_table {
    const char *name;        /* of the CSV file and of --table */
    const char *list;        /* key of the model; "baseline.rows": within it */
    const char *inner;       /* key of a list in each entry, whose entries are the rows; or NULL */
    enum nd_message caption; /* the sheet's name */
    struct nd_column columns[ND_COLUMNS_MAX + 1]; /* ended by a NULL key */
};

extern const struct nd_table nd_report_tables[];
extern const size_t nd_report_tables_count;
/* The table of that name, which there has to be (ND_CHECK). */
const struct nd_table *nd_table_find(const char *name);
/* Its headings, ND_COLUMNS_MAX at most; returns how many. */
size_t nd_table_headings(const struct nd_table *table, enum nd_message *headings);

/* A cell of an entry, appended to out; outer: what holds the entry, or NULL. */
void nd_cell_words(const struct nd_page *page, const struct nd_column *column, const json_t *entry,
                   const json_t *outer, struct nd_buf *out);

/* The table as a sheet, its headings first. Caller deinits. */
void nd_table_sheet(const struct nd_page *page, const struct nd_table *table,
                    struct nd_sheet *sheet);

#endif
