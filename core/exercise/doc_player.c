#include "exercise/doc.h"

/* What players get before the exercise: nothing in it tells what will happen. */

void nd_doc_player(struct nd_doc *doc)
{
    static const struct nd_text2 kind = {"參演人員手冊", "Player handbook"};
    static const struct nd_text2 handling = {"發給參演人員；不含任何狀況內容。",
                                             "For players; it tells nothing of what will happen."};
    struct nd_paper *paper = &doc->paper;
    nd_doc_begin(doc, &kind, &handling);
    nd_doc_overview(doc);
    nd_doc_participants(doc, true);
    nd_paper_heading(paper, 2, nd_say(paper, "時程", "Schedule"));
    nd_paper_item(paper, nd_say(paper, "T+00:00:00 演練開始(STARTEX)", "T+00:00:00 STARTEX"));
    nd_paper_item(paper, nd_arena_printf(&doc->arena,
                                         nd_say(paper, "最遲 %s 演練結束(ENDEX),一切復原",
                                                "%s ENDEX at the latest; all is put back"),
                                         nd_doc_moment(doc, true, doc->drill->lasts)));
    nd_paper_item(paper, nd_say(paper, "結束後立即檢討(hot wash)", "Right after it: hot wash"));
    nd_paper_heading(paper, 2, nd_say(paper, "您的工作", "What you do"));
    nd_paper_item(paper, nd_say(paper, "依貴單位之計畫與程序處置，如同真實事件。",
                                "Act by your own plans and procedures, as if it were real."));
    nd_paper_item(paper, nd_say(paper, "收到訊息即回覆已收到，並於時限內說明您的處置。",
                                "Acknowledge what you receive, and tell in time what you do about "
                                "it."));
    nd_paper_item(paper, nd_say(paper, "不清楚時詢問管制員；評核員與觀察員不參與處置。",
                                "Ask a controller when something is not clear; evaluators and "
                                "observers take no part."));
    nd_doc_rules(doc);
    nd_paper_end(paper);
}
