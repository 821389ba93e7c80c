/* TLS under a wire, by libcurl as for HTTPS: the same authorities, the same checks, and its memory
 * is given back by wire_close. */
#ifndef ND_PLUGINS_COMMON_WIRE_TLS_H
#define ND_PLUGINS_COMMON_WIRE_TLS_H
#include "web.h"
#include "wire.h"

/* In the op's state, beside its wire. */
struct wire_tls {
    struct web web;
    struct web_page page;
    const char *name; /* that the certificate has to hold, and the server is asked for (SNI) */
    const char *ca;   /* file of authorities, NULL: the system's */
    int port;
    int taken; /* libcurl has the socket */
};

/* Before wire_open; name, ca and port are filled. */
void wire_over_tls(struct wire *wire, struct wire_tls *tls);

#endif
