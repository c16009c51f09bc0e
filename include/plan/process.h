/* The parts of plan_process: each fills its members of plan->process from spec->process. 0, or -1 with the error filled. */
#pragma once

struct error;
struct planning;

int plan_environment(struct planning *p, struct error *error);  /* env, wants_home, path */
int plan_capabilities(struct planning *p, struct error *error); /* caps; what cannot be granted is a warning */
int plan_rlimits(struct planning *p, struct error *error);
int plan_scheduling(struct planning *p, struct error *error);   /* scheduler, io priority, memory policy, personality, affinity */
