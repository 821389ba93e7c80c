/* The report's tables as data: which list of the model, which columns, how a cell is told. The
 * page, Markdown, CSV and OpenDocument are written from them. */
#ifndef ND_REPORT_WORDS_TABLES_H
#define ND_REPORT_WORDS_TABLES_H
#include "report/words/words.h"
#include "sheet/sheet.h"

/* A key that ends in "_ns" holds ns: a length on a page, seconds in a sheet, whose heading then
 * says so. */
enum nd_cell_kind {
    ND_CELL_WORDS,    /* {zh, en} */
    ND_CELL_TEXT,     /* as it is */
    ND_CELL_STATE,    /* a state, a grade or a class, in the page's language */
    ND_CELL_REASONED, /* a state with the entry's "why" */
    ND_CELL_WHY,      /* a reason (reason.h), or a list of them */
    ND_CELL_NOTE,     /* {zh, en}; in one language alone as reasons are: the core's own */
    ND_CELL_MOMENT,   /* ns since T+0, as "T+00:00:10.003" */
    ND_CELL_TILL,     /* the same; null: it was not over at the end */
    ND_CELL_LENGTH,   /* ns */
    ND_CELL_LATE,     /* ns; nothing when the entry had no planned moment */
    ND_CELL_ALLOWED,  /* ns; nothing when 0, which is no limit */
    ND_CELL_NUMBER,
    ND_CELL_SEQ,      /* number of an event in the journal, or a list of them */
    ND_CELL_EVENT,    /* of the event that the row tells: where those lead to */
    ND_CELL_LIST,     /* of numbers or texts, "3, 5" */
    ND_CELL_PEOPLE,   /* a person or a list of them, by the site file's title */
    ND_CELL_STATES,   /* of states, in the page's language */
    ND_CELL_TITLE,    /* of a series: its label, else its name */
    ND_CELL_VALUE,    /* a number in the entry's "unit", of its "statistic" */
    ND_CELL_SHARE,    /* 0 to 1 */
    ND_CELL_WIDTH,    /* ± a value or a length; nothing when 0 */
    ND_CELL_LIMIT,    /* a value with the sign of the entry's "operator" */
    ND_CELL_MEASURED, /* {measured, grade}, in the entry's unit */
    ND_CELL_KEPT,     /* a row of the baseline: as before, not as before, not measured again */
    ND_CELL_CHANGE,   /* a change: "plugin.verb" */
    ND_CELL_PROVED,   /* yes, not proved, "–" (a rehearsal) */
    ND_CELL_REPLY,    /* a confirmation: the answer, and whose */
    ND_CELL_INJECT,   /* an inject: its title, else its id */
    ND_CELL_FAULT,    /* a fault: what it is called */
    ND_CELL_REACHED,  /* a fault: how long it took, or why that is not known */
    ND_CELL_TOLD,     /* a moment of a fault: what told it */
    ND_CELL_SPREAD,   /* a share with the entry's "uncertainty", in as many digits as that has */
    ND_CELL_WITHIN,   /* a state; whether the entry is "within_uncertainty" or "near" */
    ND_CELL_DEFINED,  /* a verdict: the statistic, of which service, in which window */
    ND_CELL_MARGIN,   /* a difference in the entry's unit, of shares in percentage points */
    ND_CELL_WARN,     /* a value in the entry's unit; nothing when there is none */
    ND_CELL_BULLET,   /* a verdict as a chart; ND_DRAWN alone */
    ND_CELL_OF,       /* {good, counted} */
    ND_CELL_HISTORY,  /* an observation: added afterwards, corrected or withdrawn, and when */
    ND_CELL_DATE,     /* a day as it was written; of a spreadsheet a date if it is one */
    ND_CELL_ANSWERS   /* an inject: who answered what; what was not delivered; why it was skipped */
};

/* Where a table is written; with a column's kind, where alone that column stands. ND_BELOW, with a
 * column's kind: in the HTML page it stands below the one before, so that a wide table fits a sheet
 * of paper. */
enum nd_place {
    ND_SHEETS = 0x40,
    ND_PAGES = 0x80,
    ND_BELOW = 0x100,
    ND_DRAWN = 0x200, /* in the HTML page alone */
    ND_GROUP = 0x400, /* there it is no column: it stands above the rows that have it in common */
};

struct nd_column {
    const char
        *key; /* of the entry; ".key": of what holds the entry; "before.measured": within it */
    enum nd_message heading;
    unsigned kind; /* enum nd_cell_kind, with enum nd_place when it is for that place alone */
};

#define ND_COLUMNS_MAX 16

struct nd_table {
    const char *name;        /* of the CSV file and of --table */
    const char *list;        /* key of the model; "baseline.rows": within it */
    const char *inner;       /* key of a list in each entry, whose entries are the rows; or NULL */
    enum nd_message caption; /* the sheet's name */
    struct nd_column columns[ND_COLUMNS_MAX + 1]; /* ended by a NULL key */
};

struct nd_table_row {
    const json_t *entry; /* NULL: stands for those of outer that are left out */
    const json_t *outer; /* what holds it; the entry itself when the table has no inner list; NULL:
                            series are left out as a whole */
    size_t left;         /* how many are left out */
};

extern const struct nd_table nd_report_tables[];
extern const size_t nd_report_tables_count;
/* The table of that name, which there has to be (ND_CHECK). */
const struct nd_table *nd_table_find(const char *name);
/* What stands down a path of keys with dots between; NULL: nothing. Borrowed. */
const json_t *nd_table_value(const json_t *object, const char *path);
bool nd_column_stands(const struct nd_column *column, enum nd_place place);
/* Its headings on a page, ND_COLUMNS_MAX at most; returns how many. */
size_t nd_table_headings(const struct nd_table *table, enum nd_message *headings);
/* Its rows on a page, which point into the model; some of the longest interruptions alone, and of
 * faults the moments that are known. Of more than ND_SERIES_SHOWN series those that lost most, the
 * worst first, and a row for the rest. Returns how many; caller frees. */
size_t nd_table_rows(const json_t *model, const struct nd_table *table, struct nd_table_row **rows);
/* The command that prints the samples of the first row of the interruptions, for the owner of the
 * run; NULL: there is none, or the report is for somebody else. Caller frees. */
char *nd_samples_command(const struct nd_page *page);
/* Tells each of its rows in a sheet, where all are. row: borrowed during the call. */
void nd_table_each(const json_t *model, const struct nd_table *table,
                   void (*tell)(void *ctx, const struct nd_table_row *row), void *ctx);
/* What a row says that stands for those left out: how many, and where they are. */
void nd_row_left_words(const struct nd_page *page, const struct nd_table_row *row,
                       struct nd_buf *out);

/* A cell as a page tells it, appended to out. */
void nd_cell_words(const struct nd_page *page, const struct nd_column *column,
                   const struct nd_table_row *row, struct nd_buf *out);
/* What a cell tells and how, for who writes it in another way. */
enum nd_cell_kind nd_cell_kind(const struct nd_column *column);
const json_t *nd_cell_value(const struct nd_column *column, const struct nd_table_row *row);
/* Its class on a page: "met", "missed", "unknown", "n" (a number), "u" (a length), "whole" (not to
 * be broken), or "". */
const char *nd_cell_class(const struct nd_column *column, const struct nd_table_row *row);

/* The table as a sheet, its headings first. Caller deinits. */
void nd_table_sheet(const struct nd_page *page, const struct nd_table *table,
                    struct nd_sheet *sheet);

#endif
