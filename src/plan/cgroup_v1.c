/* Resources as the files of the legacy hierarchies say them (contract section 14.3, last paragraph). */
#include <inttypes.h>
#include "base/arena.h"
#include "plan/cgroup.h"

static void number(const struct cgroup_planning *c, struct cgroup_rows *rows, const struct place *object, const char *field,
		   const char *file, int64_t value)
{
	struct place at = cgroup_field(c, object, field);

	cgroup_row(rows, &at, ROW_PLAIN, file, "%" PRId64, value);
}

/* The kernel gave up limits of kernel memory with 5.16; what it used then counts as memory. */
static void warn_kernel_memory(struct cgroup_planning *c, const struct spec_memory *m)
{
	struct place at = cgroup_field(c, &m->at, "kernel");

	if (m->kernel && *m->kernel > 0)
		plan_warn(c->p, &at, "a limit of kernel memory has no effect: it is counted as memory");
}

/* memory.limit <= memsw.limit holds at every moment, so a new cgroup gets the smaller one first; one that was there before may
 * need the other order, and whoever writes the rows tries again what was refused with EINVAL. */
static int memory_limits(struct cgroup_planning *c, struct cgroup_rows *rows, const struct spec_memory *m, struct error *error)
{
	int64_t limit = m->limit ? *m->limit : 0, both = m->swap ? *m->swap : 0;

	if (limit)
		number(c, rows, &m->at, "limit", "memory.limit_in_bytes", limit);
	if (both == 0 && limit < 0)
		both = -1;
	if (both > 0 && !c->host->memory_v1_swap) {
		struct place at = cgroup_field(c, &m->at, "swap");
		return fail_at(error, &at, 0, "this kernel does not account swap (boot it with swapaccount=1)");
	}
	if (both && c->host->memory_v1_swap)
		number(c, rows, &m->at, "swap", "memory.memsw.limit_in_bytes", both);
	return 0;
}

int cgroup_v1_memory(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	const struct spec_memory *m = c->resources->memory;

	if (!m)
		return 0;
	try(memory_limits(c, rows, m, error));
	if (m->reservation && *m->reservation)
		number(c, rows, &m->at, "reservation", "memory.soft_limit_in_bytes", *m->reservation);
	warn_kernel_memory(c, m);
	if (m->kernel_tcp && *m->kernel_tcp)
		number(c, rows, &m->at, "kernelTCP", "memory.kmem.tcp.limit_in_bytes", *m->kernel_tcp);
	if (m->disable_oom_killer && *m->disable_oom_killer)
		number(c, rows, &m->at, "disableOOMKiller", "memory.oom_control", 1);
	if (m->swappiness)
		number(c, rows, &m->at, "swappiness", "memory.swappiness", (int64_t)*m->swappiness);
	return 0;
}

static void io_weight(struct cgroup_rows *rows, const struct place *at, const char *bfq, const char *plain, const char *value)
{
	cgroup_row(rows, at, ROW_OR_NEXT, bfq, "%s", value);
	cgroup_row(rows, at, ROW_PLAIN, plain, "%s", value);
}

static void throttle(struct cgroup_rows *rows, const struct json_objects *devices, const char *file)
{
	JSON_EACH(struct spec_throttle_device, device, devices)
		cgroup_row(rows, &device->at, ROW_PLAIN, file, "%" PRId64 ":%" PRId64 " %" PRIu64, device->major, device->minor,
			   device->rate);
}

int cgroup_v1_io(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	const struct spec_block_io *io = c->resources->block_io;

	(void)error;
	if (!io)
		return 0;
	if (io->weight && *io->weight)
		io_weight(rows, &io->at, "blkio.bfq.weight", "blkio.weight", arena_printf(rows->arena, "%u", *io->weight));
	JSON_EACH(struct spec_weight_device, device, &io->weight_device)
		if (device->weight && *device->weight)
			io_weight(rows, &device->at, "blkio.bfq.weight_device", "blkio.weight_device",
				  arena_printf(rows->arena, "%" PRId64 ":%" PRId64 " %u", device->major, device->minor,
					       *device->weight));
	throttle(rows, &io->throttle_read_bps, "blkio.throttle.read_bps_device");
	throttle(rows, &io->throttle_write_bps, "blkio.throttle.write_bps_device");
	throttle(rows, &io->throttle_read_iops, "blkio.throttle.read_iops_device");
	throttle(rows, &io->throttle_write_iops, "blkio.throttle.write_iops_device");
	return 0;
}

/* The period before the quota: a quota is refused if it does not fit the period that is there. */
static void bandwidth(struct cgroup_planning *c, struct cgroup_rows *rows, const struct spec_cpu *cpu)
{
	if (cpu->period && *cpu->period)
		number(c, rows, &cpu->at, "period", "cpu.cfs_period_us", (int64_t)*cpu->period);
	if (cpu->quota && *cpu->quota)
		number(c, rows, &cpu->at, "quota", "cpu.cfs_quota_us", *cpu->quota);
	if (cpu->burst) {
		struct place at = cgroup_field(c, &cpu->at, "burst");
		cgroup_row(rows, &at, *cpu->burst ? ROW_PLAIN : ROW_MAY_BE_MISSING, "cpu.cfs_burst_us", "%" PRIu64, *cpu->burst);
	}
	if (cpu->realtime_period && *cpu->realtime_period)
		number(c, rows, &cpu->at, "realtimePeriod", "cpu.rt_period_us", (int64_t)*cpu->realtime_period);
	if (cpu->realtime_runtime && *cpu->realtime_runtime)
		number(c, rows, &cpu->at, "realtimeRuntime", "cpu.rt_runtime_us", *cpu->realtime_runtime);
}

int cgroup_v1_cpu(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	const struct spec_cpu *cpu = c->resources->cpu;

	(void)error;
	if (!cpu)
		return 0;
	if (cpu->idle) {
		struct place at = cgroup_field(c, &cpu->at, "idle");
		cgroup_row(rows, &at, *cpu->idle ? ROW_PLAIN : ROW_MAY_BE_MISSING, "cpu.idle", "%" PRId64, *cpu->idle);
	}
	if (cpu->shares && *cpu->shares && !(cpu->idle && *cpu->idle)) { /* an idle cgroup refuses any weight */
		struct place at = cgroup_field(c, &cpu->at, "shares");
		cgroup_row(rows, &at, ROW_PLAIN, "cpu.shares", "%" PRIu64, *cpu->shares);
	}
	bandwidth(c, rows, cpu);
	return 0;
}

int cgroup_v1_cpuset(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	const struct spec_cpu *cpu = c->resources->cpu;

	(void)error;
	if (cpu && cpu->cpus && *cpu->cpus) {
		struct place at = cgroup_field(c, &cpu->at, "cpus");
		cgroup_row(rows, &at, ROW_PLAIN, "cpuset.cpus", "%s", cpu->cpus);
	}
	if (cpu && cpu->mems && *cpu->mems) {
		struct place at = cgroup_field(c, &cpu->at, "mems");
		cgroup_row(rows, &at, ROW_PLAIN, "cpuset.mems", "%s", cpu->mems);
	}
	return 0;
}

int cgroup_v1_hugetlb(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	(void)error;
	JSON_EACH(struct spec_hugepage_limit, limit, &c->resources->hugepage_limits) {
		cgroup_row(rows, &limit->at, ROW_PLAIN, arena_printf(rows->arena, "hugetlb.%s.limit_in_bytes", limit->page_size),
			   "%" PRIu64, limit->limit);
		cgroup_row(rows, &limit->at, ROW_MAY_BE_MISSING,
			   arena_printf(rows->arena, "hugetlb.%s.rsvd.limit_in_bytes", limit->page_size), "%" PRIu64, limit->limit);
	}
	return 0;
}

int cgroup_v1_net_cls(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	const struct spec_network *network = c->resources->network;

	(void)error;
	if (network && network->class_id)
		number(c, rows, &network->at, "classID", "net_cls.classid", *network->class_id);
	return 0;
}

int cgroup_v1_net_prio(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	(void)error;
	if (!c->resources->network)
		return 0;
	JSON_EACH(struct spec_interface_priority, priority, &c->resources->network->priorities)
		cgroup_row(rows, &priority->at, ROW_PLAIN, "net_prio.ifpriomap", "%s %u", priority->name, priority->priority);
	return 0;
}
