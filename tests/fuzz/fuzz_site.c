#include "fuzz/fuzz.h"
#include "plan/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct nd_diags diags = {0};
    struct nd_site *site = nd_site_load(fuzz_file(bytes, len), &diags);
    ND_CHECK((site == NULL) == (diags.errors != 0));
    nd_site_free(site);
    nd_diags_deinit(&diags);
    return 0;
}
