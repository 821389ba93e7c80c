/* Keys that seal runs: ed25519 by libsodium, in the files of minisign(1), so that anybody can check
 * a signature without netdrill: minisign -Vm MANIFEST -p PUB.
 *
 * A secret key is a file of its own, mode 0600, named by path wherever it is used; what it holds is
 * never printed and never leaves this file of code. */
#ifndef ND_RECORD_KEY_H
#define ND_RECORD_KEY_H
#include "base/err.h"

#define ND_KEY_ID 20 /* bytes that are enough for a key's id, "1F3A..." */

/* Makes path (must not exist, mode 0600) and path.pub. id: ND_KEY_ID bytes. */
nd_err nd_key_new(const char *path, char *id, struct nd_fail *why);
/* Whether a secret key can be used: it is there, well-formed, and nobody else may read it
 * (ND_ERIGHTS). id: as above, may be NULL. */
nd_err nd_key_check(const char *path, char *id, struct nd_fail *why);
/* Writes <path>.minisig over the file's bytes. comment: one line that is signed with it. */
nd_err nd_key_sign(const char *key_path, const char *path, const char *comment,
                   struct nd_fail *why);
/* Whether a file is a public key. ND_EPARSE, or why it cannot be read. */
nd_err nd_key_check_public(const char *path, struct nd_fail *why);
/* Checks <path>.minisig against the file and a public key. ND_EGONE: there is none; ND_EANSWER: of
 * another key, or the file or its comment is not what was signed. id: of the signature, "" when it
 * cannot be read; may be NULL. */
nd_err nd_key_verify(const char *pub_path, const char *path, char *id, struct nd_fail *why);
/* The id of the key that a signature names, without checking it. ND_EGONE, ND_EPARSE. */
nd_err nd_key_signer(const char *path, char *id, struct nd_fail *why);

#endif
