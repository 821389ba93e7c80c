#include "support/far_end.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

int nd_far_end(struct nd_fake *fake, const char *name, int type)
{
    static char port[8];
    static const char *const facts[] = {"port", port, NULL};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 4), 0);
    snprintf(port, sizeof port, "%d", ntohs(at.sin_port));
    nd_fake_target(fake, name, "127.0.0.1", facts);
    return fd;
}
