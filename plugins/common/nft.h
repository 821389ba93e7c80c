/* nftables in process, for plugins: call from a worker thread, which is in the right namespace. */
#ifndef ND_PLUGINS_NFT_H
#define ND_PLUGINS_NFT_H
#include <stddef.h>

/* Runs commands as nft(8) reads them, all or none. Returns 0, or -1 with the reason in why.
 * out (may be NULL): what a list command printed; the caller frees it. */
int nft_run(const char *commands, char **out, char *why, size_t why_bytes);

/* The same for one list or get command, as nft -j prints it; the caller frees *json. */
int nft_list(const char *command, char **json, char *why, size_t why_bytes);

#endif
