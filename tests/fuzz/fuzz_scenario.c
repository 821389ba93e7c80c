#include "fuzz/fuzz.h"
#include "lua/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct nd_diags diags = {0};
    struct nd_sched *sched = nd_sched_new_virtual(0);
    struct nd_plugins *plugins = nd_plugins_new(sched, NULL);
    struct nd_scenario *scenario =
        nd_scenario_load(fuzz_file(bytes, len), NULL, plugins, 7, NULL, &diags);
    ND_CHECK((scenario == NULL) == (diags.errors != 0));
    nd_scenario_free(scenario);
    nd_plugins_free(plugins);
    nd_sched_free(sched);
    nd_diags_deinit(&diags);
    return 0;
}
