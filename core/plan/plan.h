/* plan.json: the timetable of a drill on a site, saved so that exactly this is run.
 *
 *   {"schema":"netdrill.plan/1","drill":{id,title{zh,en},revision,lasts_ns,scenario,hash},
 *    "site":{name,path,hash,simulated},"seed":7,"mode_note":..,
 *    "phases":[{id,title,at_ns|null,steps:[{id,title,owner,objective,at_ns|null,after,line}],
 *      injects:[{id,title,kind,at_ns|null,window_ns:[from,till]|null,after,delay_ns,unless,on_call,only_if,
 *        only_choice,from,to:[..],via:"plugin.verb"|null,channel,react_within_ns,answered_by,body,
 *        expect,tasks:[..],options:[..],objective,controller,evaluator,notes,scenario_time,line}]}],
 *    "policy":{as the site file says}|null,"baselines":[{id,title,within_ns}],
 *    "objectives":[{id,text,kind,parent|null,capability}],"guards":[{id,title,every_ns,at_most,at_least,otherwise}],
 *    "availability":{operator:share},
 *    "profiles":[{name,title,law,since,seen,note,path,hash}],
 *    "obligations":[{profile,pace,owner,objective,occurs:{event:at_ns},
 *      duties:[{id,title,source,after,within_ns,recurs,until,checked}]}],
 *    "changes":[{step,plugin,verb,target,vantage,args,lease_ns,restore_by_ns,arbitrary}],
 *    "measures":[{step,plugin,verb,target,vantage,every_ns,args}],
 *    "confirmations":[{step,text,by,within_ns}],
 *    "not_previewed":[{step,why}],
 *    "plugins":[{name,version}],"verbs":[{verb,rights}]}
 *
 * changes, measures and confirmations are what one rehearsal with everything going well did. */
#ifndef ND_PLAN_PLAN_H
#define ND_PLAN_PLAN_H
#include "plan/model.h"

#include <jansson.h>

/* The declared part (drill, site, seed, phases, objectives, guards); the rest as empty arrays for
 * the caller to fill. Caller decrefs. */
json_t *nd_plan_json(const struct nd_drill *drill, const struct nd_site *site, uint64_t seed);
/* "sha256:..." over the plan's canonical bytes. out: 72 bytes. */
void nd_plan_hash(const json_t *plan, char *out);
/* Reads a saved plan; ND_EPARSE when it is none. */
nd_err nd_plan_load(const char *path, json_t **plan, struct nd_fail *why);
/* ND_ESTATE with the reason when scenario, site or profiles have changed since ("stale plan"). */
nd_err nd_plan_check_fresh(const json_t *plan, const struct nd_drill *drill,
                           const struct nd_site *site, struct nd_fail *why);
/* plan_profiles.c */
json_t *nd_plan_profiles(const struct nd_drill *drill);
json_t *nd_plan_obligations(const struct nd_drill *drill);
nd_err nd_plan_check_profiles(const json_t *plan, const struct nd_drill *drill,
                              struct nd_fail *why);
/* The timetable for people (the sample in exercise practice §4.2 is the model). zh: titles in
 * zh-TW, else English. */
void nd_plan_print(const json_t *plan, bool zh, struct nd_buf *out);

#endif
