#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "record/key.h"
#include "record/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A manifest and its signature as somebody may have made them. The directory has one file, so no
 * manifest but the right one may pass, and no octets are a good signature. */

static struct nd_rundir dir;
static char *pub;

static void remove_all(void)
{
    static const char *const names[] = {"journal.jsonl", "MANIFEST", "MANIFEST.minisig"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = nd_rundir_file(&dir, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(dir.path);
    unlink(pub);
    free(pub);
}

static void put(const char *name, const void *bytes, size_t len)
{
    char *path = nd_rundir_file(&dir, name);
    FILE *file = fopen(path, "we");
    if (file == NULL || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
        abort();
    free(path);
}

static void setup(void)
{
    static char path[] = "/tmp/netdrill-fuzz-XXXXXX";
    static const char key[] = "untrusted comment: x\n"
                              "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n";
    dir.path = mkdtemp(path);
    dir.run_id = dir.path;
    if (dir.path == NULL)
        abort();
    put("journal.jsonl", "", 0);
    pub = nd_printf("%s.pub", path);
    FILE *file = fopen(pub, "we");
    if (file == NULL || fputs(key, file) < 0 || fclose(file) != 0 ||
        nd_key_check_public(pub, NULL) != ND_OK)
        abort();
    atexit(remove_all);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct nd_seal_check check;
    if (dir.path == NULL)
        setup();
    put("MANIFEST", bytes, len);
    put("MANIFEST.minisig", bytes, len);
    char *manifest = nd_rundir_file(&dir, "MANIFEST");
    if (nd_seal_check(&dir, &check, NULL, NULL, NULL) != ND_OK || !check.sealed)
        abort();
    if (nd_key_verify(pub, manifest, NULL, NULL) == ND_OK)
        abort();
    nd_key_check(manifest, NULL, NULL);
    free(manifest);
    return 0;
}
