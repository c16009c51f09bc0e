/* linux.resources, one row a chapter: is it sound, does it ask for anything, which controller does it, who writes it. */
#include <errno.h>
#include <string.h>
#include "base/number.h"
#include "plan/cgroup.h"

#define CPUS_MOST  8192 /* CONFIG_NR_CPUS of the largest kernels */
#define NODES_MOST 1024 /* MAX_NUMNODES */

/* What is asked for, if there has to be a controller for it: where, and by which field. "Unlimited" needs none. */
struct asked {
	const struct place *at; /* NULL: nothing */
	const char *field;
};

struct need {
	const char *field;
	bool needed;
};

#define FIRST_NEED(at, ...) first_need(at, (const struct need[]){ __VA_ARGS__, { NULL, true } })

static struct asked first_need(const struct place *at, const struct need *needs)
{
	while (!needs->needed)
		needs++;
	return (struct asked){ needs->field ? at : NULL, needs->field };
}

static bool above(const int64_t *value, int64_t bound)
{
	return value && *value > bound;
}

static bool set(const uint64_t *value)
{
	return value && *value;
}

static bool weighs(const uint16_t *value)
{
	return value && *value;
}

static bool has_text(const char *value)
{
	return value && *value;
}

static struct asked pids_asked(const struct spec_resources *r)
{
	return r->pids ? FIRST_NEED(&r->pids->at, { "limit", above(r->pids->limit, -1) }) : (struct asked){ 0 };
}

static struct asked memory_asked(const struct spec_resources *r)
{
	const struct spec_memory *m = r->memory;

	if (!m)
		return (struct asked){ 0 };
	return FIRST_NEED(&m->at, { "limit", above(m->limit, 0) }, { "reservation", above(m->reservation, 0) },
			  { "swap", above(m->swap, 0) }, { "kernel", above(m->kernel, 0) },
			  { "kernelTCP", above(m->kernel_tcp, 0) }, { "swappiness", m->swappiness },
			  { "disableOOMKiller", m->disable_oom_killer && *m->disable_oom_killer });
}

static struct asked cpu_asked(const struct spec_resources *r)
{
	const struct spec_cpu *cpu = r->cpu;

	if (!cpu)
		return (struct asked){ 0 };
	return FIRST_NEED(&cpu->at, { "shares", set(cpu->shares) }, { "quota", above(cpu->quota, 0) }, { "burst", set(cpu->burst) },
			  { "period", set(cpu->period) }, { "realtimeRuntime", cpu->realtime_runtime && *cpu->realtime_runtime },
			  { "realtimePeriod", set(cpu->realtime_period) }, { "idle", above(cpu->idle, 0) });
}

static struct asked cpuset_asked(const struct spec_resources *r)
{
	if (!r->cpu)
		return (struct asked){ 0 };
	return FIRST_NEED(&r->cpu->at, { "cpus", has_text(r->cpu->cpus) }, { "mems", has_text(r->cpu->mems) });
}

static struct asked io_asked(const struct spec_resources *r)
{
	const struct spec_block_io *io = r->block_io;

	if (!io)
		return (struct asked){ 0 };
	return FIRST_NEED(&io->at, { "weight", weighs(io->weight) }, { "leafWeight", weighs(io->leaf_weight) },
			  { "weightDevice", io->weight_device.count }, { "throttleReadBpsDevice", io->throttle_read_bps.count },
			  { "throttleWriteBpsDevice", io->throttle_write_bps.count },
			  { "throttleReadIOPSDevice", io->throttle_read_iops.count },
			  { "throttleWriteIOPSDevice", io->throttle_write_iops.count });
}

static struct asked hugetlb_asked(const struct spec_resources *r)
{
	const struct spec_hugepage_limit *first = r->hugepage_limits.items;

	return r->hugepage_limits.count ? (struct asked){ &first->at, "limit" } : (struct asked){ 0 };
}

static struct asked rdma_asked(const struct spec_resources *r)
{
	const struct spec_rdma *first = r->rdma.items;

	if (!r->rdma.count)
		return (struct asked){ 0 };
	return FIRST_NEED(&first->at, { "hcaHandles", first->hca_handles }, { "hcaObjects", first->hca_objects });
}

static struct asked net_cls_asked(const struct spec_resources *r)
{
	if (!r->network)
		return (struct asked){ 0 };
	return FIRST_NEED(&r->network->at, { "classID", r->network->class_id && *r->network->class_id });
}

static struct asked net_prio_asked(const struct spec_resources *r)
{
	return r->network ? FIRST_NEED(&r->network->at, { "priorities", r->network->priorities.count }) : (struct asked){ 0 };
}

static int check_memory(struct cgroup_planning *c, struct error *error)
{
	const struct spec_memory *m = c->resources->memory;
	struct place at;

	if (!m)
		return 0;
	if (m->use_hierarchy && !*m->use_hierarchy) {
		at = cgroup_field(c, &m->at, "useHierarchy");
		return fail_at(error, &at, 0, "memory is always accounted hierarchically since Linux 5.11");
	}
	at = cgroup_field(c, &m->at, "swap");
	if (above(m->swap, 0) && !above(m->limit, 0))
		return fail_at(error, &at, 0, "unable to set swap limit without memory limit");
	if (above(m->swap, 0) && *m->swap < *m->limit)
		return fail_at(error, &at, 0, "memory+swap limit should be >= memory limit");
	return 0;
}

/* The bounds are the kernel's (Documentation/scheduler/sched-bwc.rst): 1 ms is the shortest time it deals in. */
static int check_cpu(struct cgroup_planning *c, struct error *error)
{
	const struct spec_cpu *cpu = c->resources->cpu;
	struct place at;

	if (!cpu)
		return 0;
	at = cgroup_field(c, &cpu->at, "quota");
	if (cpu->quota && *cpu->quota < -1)
		return fail_at(error, &at, 0, "a quota is a number of microseconds, or -1 for none");
	if (above(cpu->quota, 0) && *cpu->quota < 1000)
		return fail_at(error, &at, 0, "the kernel takes no quota below 1000 microseconds");
	at = cgroup_field(c, &cpu->at, "period");
	if (set(cpu->period) && (*cpu->period < 1000 || *cpu->period > 1000000))
		return fail_at(error, &at, 0, "the kernel takes periods of 1000 to 1000000 microseconds");
	at = cgroup_field(c, &cpu->at, "burst");
	if (set(cpu->burst) && above(cpu->quota, 0) && *cpu->burst > (uint64_t)*cpu->quota)
		return fail_at(error, &at, 0, "the burst is larger than the quota");
	return 0;
}

static int check_list(const struct cgroup_planning *c, const char *list, const char *field, size_t bits, struct error *error)
{
	uint64_t members[CPUS_MOST / 64];
	int r = has_text(list) ? number_list(list, members, bits) : 0;
	struct place at = cgroup_field(c, &c->resources->cpu->at, field);

	if (r == -ERANGE)
		return fail_at(error, &at, 0, "no kernel counts that far: '%s'", list);
	return r < 0 ? fail_at(error, &at, 0, "expected a list such as '0-3,7', found '%s'", list) : 0;
}

static int check_cpuset(struct cgroup_planning *c, struct error *error)
{
	if (!c->resources->cpu)
		return 0;
	try(check_list(c, c->resources->cpu->cpus, "cpus", CPUS_MOST, error));
	return check_list(c, c->resources->cpu->mems, "mems", NODES_MOST, error);
}

static int check_weight(struct cgroup_planning *c, const struct place *object, const uint16_t *weight, const uint16_t *leaf,
			struct error *error)
{
	struct place at = cgroup_field(c, object, "weight");

	if (weight && *weight && (*weight < 10 || *weight > 1000))
		return fail_at(error, &at, 0, "a weight is from 10 to 1000");
	at = cgroup_field(c, object, "leafWeight");
	if (leaf && *leaf)
		return fail_at(error, &at, 0, "leaf weights need the CFQ scheduler, which left Linux with 5.0");
	return 0;
}

static int check_io(struct cgroup_planning *c, struct error *error)
{
	const struct spec_block_io *io = c->resources->block_io;

	if (!io)
		return 0;
	try(check_weight(c, &io->at, io->weight, io->leaf_weight, error));
	JSON_EACH(struct spec_weight_device, device, &io->weight_device)
		try(check_weight(c, &device->at, device->weight, device->leaf_weight, error));
	return 0;
}

/* Names that become the first word of a line in a file of the kernel. */
static bool one_word(const char *name)
{
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at <= 0x20 || *at == 0x7f)
			return false;
	return *name != '\0';
}

static int check_rdma(struct cgroup_planning *c, struct error *error)
{
	JSON_EACH(struct spec_rdma, device, &c->resources->rdma)
		if (!one_word(device->key))
			return fail_at(error, &device->at, 0, "the name of an RDMA device has a blank or control character in it");
	return 0;
}

static int check_network(struct cgroup_planning *c, struct error *error)
{
	if (!c->resources->network)
		return 0;
	JSON_EACH(struct spec_interface_priority, priority, &c->resources->network->priorities)
		if (!one_word(priority->name))
			return fail_at(error, &priority->at, 0, "the name of an interface has a blank or control character in it");
	return 0;
}

/* In the order of contract section 14.3. */
static const struct {
	enum cgroup_controller controller;
	int (*check)(struct cgroup_planning *c, struct error *error);
	struct asked (*asked)(const struct spec_resources *resources);
	cgroup_writer *v2, *v1;
} resource_table[] = {
	{ CG_PIDS, NULL, pids_asked, cgroup_write_pids, cgroup_write_pids },
	{ CG_MEMORY, check_memory, memory_asked, cgroup_v2_memory, cgroup_v1_memory },
	{ CG_IO, check_io, io_asked, cgroup_v2_io, cgroup_v1_io },
	{ CG_CPU, check_cpu, cpu_asked, cgroup_v2_cpu, cgroup_v1_cpu },
	{ CG_CPUSET, check_cpuset, cpuset_asked, cgroup_v2_cpuset, cgroup_v1_cpuset },
	{ CG_HUGETLB, NULL, hugetlb_asked, cgroup_v2_hugetlb, cgroup_v1_hugetlb },
	{ CG_RDMA, check_rdma, rdma_asked, cgroup_write_rdma, cgroup_write_rdma },
	{ CG_NET_CLS, NULL, net_cls_asked, NULL, cgroup_v1_net_cls },
	{ CG_NET_PRIO, check_network, net_prio_asked, NULL, cgroup_v1_net_prio },
};

int cgroup_plan_resources(struct cgroup_planning *c, struct error *error)
{
	for (size_t i = 0; i < sizeof(resource_table) / sizeof(resource_table[0]); i++) {
		struct asked asked = resource_table[i].asked(c->resources);
		bool v2;
		if (resource_table[i].check)
			try(resource_table[i].check(c, error));
		struct cgroup_rows *rows = cgroup_home(c, resource_table[i].controller, &v2);
		if (!rows && asked.at) {
			struct place at = cgroup_field(c, asked.at, asked.field);
			return fail_at(error, &at, 0, "%sthis needs the cgroup controller '%s'%s", c->denied ? CGROUP_ROOTLESS ": " : "",
				       cgroup_controller_names[resource_table[i].controller],
				       c->denied ? "" : ", which this host does not have");
		}
		size_t before = rows ? rows->count : 0;
		if (rows)
			try((v2 ? resource_table[i].v2 : resource_table[i].v1)(c, rows, error));
		if (rows && v2 && rows->count > before)
			c->v2_needed |= 1u << resource_table[i].controller;
	}
	return 0;
}
