/* What a run was played with, kept in its directory: a report may be asked for years later. */
#ifndef ND_CLI_KEEP_H
#define ND_CLI_KEEP_H
#include "cli/common.h"

/* scenario.lua, site.yaml with the files of the lab's daemons, profiles/ and plan.json. */
nd_err nd_keep_sources(const struct nd_rundir *dir, const struct nd_work *work, const json_t *plan,
                       struct nd_fail *why);

#endif
