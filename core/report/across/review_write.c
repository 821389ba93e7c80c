#include "report/across/chart.h"
#include "report/across/review_parts.h"

#include <stdlib.h>

/* The review as a document: its tables, and above the second one what was planned and achieved. */

static void put_chart(void *ctx, const struct nd_page *page, size_t sheet)
{
    if (sheet != 1)
        return;
    json_t *bars = nd_review_bars(ctx, page->lang);
    nd_chart_goals(page, bars);
    json_decref(bars);
}

nd_err nd_review_render(const struct nd_review *review, const char *format, enum nd_lang lang,
                        struct nd_buf *out, struct nd_fail *why)
{
    const struct nd_page page = {NULL, lang == ND_LANG_ZH ? ND_LANG_ZH : ND_LANG_EN, out};
    struct nd_document document = {.title = nd_review_title(review, page.lang),
                                   .note = nd_strdup(nd_msg(&page, ND_MSG_RV_DEF)),
                                   .simulated = nd_review_simulated(review),
                                   .above = put_chart,
                                   .ctx = (struct nd_review *)review};
    nd_review_tables(review, page.lang, &document);
    nd_err err = nd_document_render(&document, format, lang, out, why);
    nd_document_deinit(&document);
    return err;
}
