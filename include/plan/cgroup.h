/* Shared by the files of plan's cgroup chapter alone: rows that grow, and who fills them. */
#pragma once

#include "plan/build.h"

/* The v2 tree and, at most, one legacy hierarchy for each controller. */
#define PLAN_CGROUP_DIRECTORIES_MOST (1 + CG_CONTROLLERS)

enum row_flags { ROW_PLAIN = 0, ROW_MAY_BE_MISSING = 1, ROW_OR_NEXT = 2 };

struct cgroup_rows {
	struct arena *arena;
	struct plan_write *items;
	size_t count, room;
};

struct cgroup_planning {
	struct planning *p;
	const struct host_cgroup *host;
	const struct spec_resources *resources; /* never NULL: an empty one if the configuration has none */
	struct plan_cgroup_directory directories[PLAN_CGROUP_DIRECTORIES_MOST];
	struct cgroup_rows rows[PLAN_CGROUP_DIRECTORIES_MOST];
	size_t count;
	uint32_t v2_needed;                     /* controllers of the v2 tree that some row needs */
	bool denied;                            /* there are cgroups, but not for us */
	struct plan_unit *unit;                 /* systemd owns the directories; NULL: we do */
};

/* Appends a row; the value is formatted into the arena. */
void cgroup_row(struct cgroup_rows *rows, const struct place *at, int flags, const char *file, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Where a field of `object` stands: the object's line with the field's path. */
struct place cgroup_field(const struct cgroup_planning *c, const struct place *object, const char *field);

/* The rows of the directory that carries `controller`, NULL if this host has none. `*v2` says how its files look. */
struct cgroup_rows *cgroup_home(struct cgroup_planning *c, enum cgroup_controller controller, bool *v2);

/* First and last: the directories a container has on this host, and their rows given to c->p->plan->cgroup. */
void cgroup_list_directories(struct cgroup_planning *c);
void cgroup_hand_over(struct cgroup_planning *c);

/* The parts of the chapter, in this order. The path, or with systemd as the owner the unit, is first. */
int cgroup_plan_path(struct cgroup_planning *c, struct error *error);
int cgroup_plan_unit(struct cgroup_planning *c, struct error *error);
int cgroup_plan_devices(struct cgroup_planning *c, struct error *error);
int cgroup_plan_resources(struct cgroup_planning *c, struct error *error);
int cgroup_plan_unified(struct cgroup_planning *c, struct error *error);

/* Last, for systemd: what the rows of the v2 directory and the device rules of the plan (if it has any) say, as properties of the unit,
 * which take the place of those of the same name. For new limits of a unit that runs, too. */
int cgroup_plan_unit_properties(struct cgroup_planning *c, struct plan_unit *unit, struct error *error);

/* Whether the kernel has, or may come to have, a file of that name in each cgroup. */
bool cgroup_name_reserved(const char *component);

/* Which devices may be used: deny all, the user's rules, the defaults, linux.devices. */
struct plan_device_rules {
	struct plan_device_rule *items;
	size_t count;
};
struct plan_device_rules device_rules_list(const struct planning *p);

/* The same as writes to devices.deny and devices.allow of a legacy hierarchy; -1 if those cannot say it. */
int device_rules_v1(const struct plan_device_rules *rules, const struct place *at, struct cgroup_rows *rows, struct error *error);

/* From one list in force to another: only what differs is written, so that nothing that both allow is refused meanwhile. */
int device_rules_v1_change(const struct plan_device_rules *from, const struct plan_device_rules *to, const struct place *at,
			   struct cgroup_rows *rows, struct error *error);

/* "c 1:3 rwm", as devices.allow has it; for messages and for `explain` too. `to` holds 40 bytes. */
#define DEVICE_RULE_TEXT 40
void device_rule_text(const struct plan_device_rule *rule, char *to);

/* One resource, written in one of the two ways. Values were checked before. */
typedef int cgroup_writer(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error);
cgroup_writer cgroup_write_pids, cgroup_write_rdma; /* the same files on v1 and v2 */
cgroup_writer cgroup_v2_memory, cgroup_v2_io, cgroup_v2_cpu, cgroup_v2_cpuset, cgroup_v2_hugetlb;
cgroup_writer cgroup_v1_memory, cgroup_v1_io, cgroup_v1_cpu, cgroup_v1_cpuset, cgroup_v1_hugetlb, cgroup_v1_net_cls,
	cgroup_v1_net_prio;

/* cpu.shares as cpu.weight: 2 → 1, 1024 → 100, 262144 → 10000. */
unsigned cgroup_cpu_weight(uint64_t shares);
