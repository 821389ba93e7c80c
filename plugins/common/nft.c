#include "nft.h"

#include <nftables/libnftables.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Contexts of libnftables 1.0.6 share tables that making one fills and ending one frees: a renewed
 * lease may come beside another change, each on a thread of its own. One at a time. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static int run_alone(const char *commands, unsigned flags, char **out, char *why, size_t why_bytes)
{
    struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
    if (ctx == NULL) {
        snprintf(why, why_bytes, "libnftables could not be set up");
        return -1;
    }
    nft_ctx_output_set_flags(ctx, flags);
    nft_ctx_buffer_output(ctx);
    nft_ctx_buffer_error(ctx);
    int failed = nft_run_cmd_from_buffer(ctx, commands);
    if (failed != 0) {
        const char *text = nft_ctx_get_error_buffer(ctx);
        snprintf(why, why_bytes, "nftables: %.*s", (int)strcspn(text, "\n"), text);
    } else if (out != NULL) {
        *out = strdup(nft_ctx_get_output_buffer(ctx));
    }
    nft_ctx_free(ctx);
    return failed != 0 ? -1 : 0;
}

static int run(const char *commands, unsigned flags, char **out, char *why, size_t why_bytes)
{
    pthread_mutex_lock(&one_at_a_time);
    int failed = run_alone(commands, flags, out, why, why_bytes);
    pthread_mutex_unlock(&one_at_a_time);
    return failed;
}

int nft_run(const char *commands, char **out, char *why, size_t why_bytes)
{
    return run(commands, 0, out, why, why_bytes);
}

int nft_list(const char *command, char **json, char *why, size_t why_bytes)
{
    return run(command, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE, json, why, why_bytes);
}
