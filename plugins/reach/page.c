#include "page.h"

static nd_err opened(void *ctx, int fd)
{
    struct page *page = ctx;
    return marks_set(page->self->host, &page->marks, fd, &page->web.peer);
}

nd_err page_start(struct reach *self, struct nd_op *op, struct page *page,
                  const struct nd_args *args, const struct page_ask *ask)
{
    page->self = self;
    page->op = op;
    page->web = (struct web){.host = self->host,
                             .op = op,
                             .name = ask->name,
                             .port = web_port(ask->target, ask->port, ask->tls),
                             .tls = ask->tls,
                             .ca = ask->ca,
                             .ctx = page,
                             .opened = opened,
                             .done = ask->done};
    nd_err err = target_peer(self->host, ask->target, page->web.port, 0, &page->web.peer);
    if (err != ND_OK)
        return err;
    page->marks = marks_of(ask->options, args);
    web_begin(&page->web);
    web_ask(&page->web, &page->page, ask->path, ask->max);
    curl_easy_setopt(page->page.easy, CURLOPT_FORBID_REUSE, 1L);
    return ND_OK;
}

void page_finish(struct page *page, nd_err err, const char *why)
{
    web_end(&page->web);
    page->self->host->finish(page->op, err, why);
}

void page_cancel(void *self, struct nd_op *op)
{
    struct reach *reach = self;
    page_finish(reach->host->state(op, sizeof(struct page)), ND_ECANCEL, NULL);
}
