/* A page of one server, for verbs that ask for one: the connection marked as asked for, cancelled
 * as all are. */
#ifndef ND_PLUGINS_REACH_PAGE_H
#define ND_PLUGINS_REACH_PAGE_H
#include "../common/marks.h"
#include "../common/web.h"
#include "reach.h"

/* The first member of a verb's state. */
struct page {
    struct reach *self;
    struct nd_op *op;
    struct web web;
    struct web_page page;
    struct marks marks;
};

struct page_ask {
    const struct nd_target *target;
    int64_t port; /* 0: the target's, else the scheme's */
    int tls;
    const char *name, *ca, *path; /* name, ca: as of struct web */
    size_t max;                   /* octets at most */
    const struct nd_option *options;
    void (*done)(void *page, struct web_page *web_page, CURLcode code);
};

nd_err page_start(struct reach *self, struct nd_op *op, struct page *page,
                  const struct nd_args *args, const struct page_ask *ask);
/* Ends it and tells the host: what `done` has to say. why: NULL with ND_OK. */
void page_finish(struct page *page, nd_err err, const char *why);
void page_cancel(void *self, struct nd_op *op);

#endif
