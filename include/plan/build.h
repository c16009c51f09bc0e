/* spec + host facts + request → plan. Each chapter is a file of its own and fills its part of the plan; plan_build calls them in order.
 * All are pure, take what they need by const pointer, and refuse before anything is done what can be known to be impossible.
 * The paths they get are text: plan never looks at the container's files. */
#pragma once

#include "plan/plan.h"
#include "spec/spec.h"

struct arena;

/* Something worth telling the person that is no error ("unknown capability"). The caller logs them. */
struct plan_warning {
	const char *text;
	struct place at;
	struct plan_warning *next;
};

/* What every chapter gets. */
struct planning {
	const struct spec *spec;
	const struct host *host;
	const struct request *request;
	const struct spec_process *container; /* exec: the process of the configuration, which spec->process is not; NULL: none */
	struct arena *arena; /* what init is to see, and nothing else: who may trace it sees that, too */
	struct arena *own;   /* the rest: for the host's side alone, and warnings. NULL: nobody shares `arena`, all goes there */
	struct plan *plan;
	struct plan_warning *warnings; /* the newest first */
};

static inline struct arena *plan_own(const struct planning *p)
{
	return p->own ? p->own : p->arena;
}

/* Where a value of those stands that the spec keeps apart (FIELD_HOST), for init. */
struct place plan_place(struct planning *p, const struct place *at);

/* All chapters: `p` has spec, host, request, arenas and an empty plan. 0, or -1 with the error filled; p->warnings is set either way. */
int plan_build(struct planning *p, struct error *error);

/* What every plan begins with, of a container or of one more process: the id, what is preserved, and no descriptor. */
void plan_begin(struct planning *p);

void plan_warn(struct planning *p, const struct place *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The chapters, in the order plan_build calls them; later ones may read what earlier ones decided. */
int plan_refuse_later(struct planning *p, struct error *error);  /* what belongs to later versions: "... is not supported yet" */
int plan_namespaces(struct planning *p, struct error *error);
void plan_entered(struct planning *p);                            /* exec: those of a container there is */
int plan_net_devices(struct planning *p, struct error *error);    /* needs namespaces */
int plan_root(struct planning *p, struct error *error);
int plan_cgroup(struct planning *p, struct error *error);
int plan_mounts(struct planning *p, struct error *error);        /* needs namespaces and cgroup */
int plan_more_mounts(struct planning *p, const struct json_objects *mounts, struct error *error);  /* `mounts add`: those alone */
int plan_fewer_mounts(struct planning *p, const struct json_objects *mounts, struct error *error); /* `mounts remove`: targets alone */
int plan_devices(struct planning *p, struct error *error);
int plan_paths(struct planning *p, struct error *error);         /* masked and read-only */
int plan_sysctl(struct planning *p, struct error *error);
int plan_process(struct planning *p, struct error *error);
int plan_console(struct planning *p, struct error *error);       /* the terminal; needs the process, root and mounts */
int plan_seccomp(struct planning *p, struct error *error);
int plan_hooks(struct planning *p, struct error *error);
int plan_few_mounts(struct planning *p, struct error *error); /* the last one: it looks at all of the plan */

/* From a list of spec_id_mapping to the kernel's text, checked as in rule B.10. NULL with the error filled. */
const char *plan_id_map_text(struct planning *p, const struct json_objects *mappings, const char *what, struct error *error);

/* Host id of a container id, or (uint32_t)-1 if it is not mapped. */
uint32_t plan_map_id(const struct json_objects *mappings, uint32_t container_id);
