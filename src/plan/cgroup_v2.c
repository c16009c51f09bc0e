/* Resources as the files of the v2 tree say them (contract section 14.3). */
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "plan/cgroup.h"
#include "plan/update_unified.h"

#define PIDS_MOST      4194304 /* PID_MAX_LIMIT: the kernel refuses more, and more there cannot be */
#define PERIOD_DEFAULT 100000

/* The kernel would take 0, and init could then not even be born. 1 says the same to the container: it cannot fork. */
int cgroup_write_pids(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	const struct spec_pids *pids = c->resources->pids;

	(void)error;
	if (!pids || !pids->limit)
		return 0;
	struct place at = cgroup_field(c, &pids->at, "limit");
	if (*pids->limit < 0 || *pids->limit > PIDS_MOST)
		cgroup_row(rows, &at, ROW_PLAIN, "pids.max", "max");
	else
		cgroup_row(rows, &at, ROW_PLAIN, "pids.max", "%" PRId64, *pids->limit ? *pids->limit : 1);
	return 0;
}

int cgroup_write_rdma(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	(void)error;
	JSON_EACH(struct spec_rdma, device, &c->resources->rdma) {
		if (device->hca_handles && device->hca_objects)
			cgroup_row(rows, &device->at, ROW_PLAIN, "rdma.max", "%s hca_handle=%u hca_object=%u", device->key,
				   *device->hca_handles, *device->hca_objects);
		else if (device->hca_handles)
			cgroup_row(rows, &device->at, ROW_PLAIN, "rdma.max", "%s hca_handle=%u", device->key, *device->hca_handles);
		else if (device->hca_objects)
			cgroup_row(rows, &device->at, ROW_PLAIN, "rdma.max", "%s hca_object=%u", device->key, *device->hca_objects);
	}
	return 0;
}

static int no_equivalent(const struct cgroup_planning *c, const struct place *object, const char *field, struct error *error)
{
	struct place at = cgroup_field(c, object, field);

	return fail_at(error, &at, 0, "cgroup v2 has nothing like this");
}

static int refuse_v1_memory(const struct cgroup_planning *c, const struct spec_memory *m, struct error *error)
{
	if (m->kernel && *m->kernel > 0)
		return no_equivalent(c, &m->at, "kernel", error);
	if (m->kernel_tcp && *m->kernel_tcp > 0)
		return no_equivalent(c, &m->at, "kernelTCP", error);
	if (m->swappiness)
		return no_equivalent(c, &m->at, "swappiness", error);
	if (m->disable_oom_killer && *m->disable_oom_killer)
		return no_equivalent(c, &m->at, "disableOOMKiller", error);
	return 0;
}

/* Bytes, or "max" for -1; 0 is unset. */
static void bytes(const struct cgroup_planning *c, struct cgroup_rows *rows, const char *field, const char *file,
		  const int64_t *value)
{
	struct place at = cgroup_field(c, &c->resources->memory->at, field);

	if (value && *value < 0)
		cgroup_row(rows, &at, ROW_PLAIN, file, "max");
	else if (value && *value)
		cgroup_row(rows, &at, ROW_PLAIN, file, "%" PRId64, *value);
}

/* The configuration counts memory and swap together, v2 counts swap alone. A kernel that does not account swap does without the
 * file, and then "max" is what it does; 0 is in force if there is no swap device to use. */
static void swap(const struct cgroup_planning *c, struct cgroup_rows *rows, const struct spec_memory *m)
{
	struct place at = cgroup_field(c, &m->at, "swap");
	int64_t limit = m->limit ? *m->limit : 0, both = m->swap ? *m->swap : 0;

	if (both < 0 || (both == 0 && limit < 0))
		cgroup_row(rows, &at, ROW_MAY_BE_MISSING, "memory.swap.max", "max");
	else if (both == limit && both)
		cgroup_row(rows, &at, ROW_MAY_BE_MISSING, "memory.swap.max", "0");
	else if (both)
		cgroup_row(rows, &at, ROW_PLAIN, "memory.swap.max", "%" PRId64, both - limit);
}

int cgroup_v2_memory(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	const struct spec_memory *m = c->resources->memory;

	if (!m)
		return 0;
	try(refuse_v1_memory(c, m, error));
	bytes(c, rows, "limit", "memory.max", m->limit);
	swap(c, rows, m);
	bytes(c, rows, "reservation", "memory.low", m->reservation);
	return 0;
}

/* BFQ takes the weight as it is; the other file belongs to the io.cost controller, 1 to 10000. A kernel has one or the other. */
static void io_weight(struct cgroup_rows *rows, const struct place *at, const char *device, unsigned weight)
{
	cgroup_row(rows, at, ROW_OR_NEXT, "io.bfq.weight", "%s%u", device, weight);
	cgroup_row(rows, at, ROW_PLAIN, "io.weight", "%s%u", device, 1 + (weight - 10) * 9999 / 990);
}

static void throttle(struct cgroup_rows *rows, const struct json_objects *devices, const char *key)
{
	JSON_EACH(struct spec_throttle_device, device, devices) {
		if (device->rate)
			cgroup_row(rows, &device->at, ROW_PLAIN, "io.max", "%" PRId64 ":%" PRId64 " %s=%" PRIu64, device->major,
				   device->minor, key, device->rate);
		else
			cgroup_row(rows, &device->at, ROW_PLAIN, "io.max", "%" PRId64 ":%" PRId64 " %s=max", device->major,
				   device->minor, key);
	}
}

int cgroup_v2_io(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	const struct spec_block_io *io = c->resources->block_io;

	(void)error;
	if (!io)
		return 0;
	if (io->weight && *io->weight)
		io_weight(rows, &io->at, "", *io->weight);
	JSON_EACH(struct spec_weight_device, device, &io->weight_device)
		if (device->weight && *device->weight)
			io_weight(rows, &device->at,
				  arena_printf(rows->arena, "%" PRId64 ":%" PRId64 " ", device->major, device->minor),
				  *device->weight);
	throttle(rows, &io->throttle_read_bps, "rbps");
	throttle(rows, &io->throttle_write_bps, "wbps");
	throttle(rows, &io->throttle_read_iops, "riops");
	throttle(rows, &io->throttle_write_iops, "wiops");
	return 0;
}

/* Logarithm and power without libm, for one formula: loading a library would cost each command more than all of plan does. */
static double log2_of(double x)
{
	double whole = 0, sum = 0;

	while (x >= 2) {
		x /= 2;
		whole++;
	}
	double t = (x - 1) / (x + 1), power = t;
	for (int n = 1; n < 60; n += 2) {
		sum += power / n;
		power *= t * t;
	}
	return whole + 2 * sum / 0.69314718055994530942;
}

static double power_of_10(double x)
{
	double whole = 1, sum = 1, term = 1;

	while (x >= 1) {
		x--;
		whole *= 10;
	}
	for (int n = 1; n < 40; n++) {
		term *= x * 2.30258509299404568402 / n;
		sum += term;
	}
	return whole * sum;
}

/* The exponent is the contract's (l * l + 125 * l) / 612 - 7 / 34 over one denominator, so that 1024 gives 2 exactly. */
unsigned cgroup_cpu_weight(uint64_t shares)
{
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	double l = log2_of((double)shares);
	double weight = power_of_10((l * l + 125 * l - 126) / 612);
	unsigned whole = (unsigned)weight;
	return whole + (weight > whole);
}

static bool is_idle(const struct spec_resources *resources)
{
	const struct json_pair *idle = unified_find(&resources->unified, "cpu.idle");

	return idle ? strcmp(idle->value, "1") == 0 : resources->cpu->idle && *resources->cpu->idle;
}

int cgroup_v2_cpu(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	const struct spec_cpu *cpu = c->resources->cpu;
	struct place at;

	if (!cpu)
		return 0;
	if (cpu->realtime_runtime && *cpu->realtime_runtime)
		return no_equivalent(c, &cpu->at, "realtimeRuntime", error);
	if (cpu->realtime_period && *cpu->realtime_period)
		return no_equivalent(c, &cpu->at, "realtimePeriod", error);
	if (cpu->idle) {
		at = cgroup_field(c, &cpu->at, "idle");
		cgroup_row(rows, &at, *cpu->idle ? ROW_PLAIN : ROW_MAY_BE_MISSING, "cpu.idle", "%" PRId64, *cpu->idle);
	}
	if (cpu->shares && *cpu->shares && !is_idle(c->resources)) { /* an idle cgroup refuses any weight */
		at = cgroup_field(c, &cpu->at, "shares");
		cgroup_row(rows, &at, ROW_PLAIN, "cpu.weight", "%u", cgroup_cpu_weight(*cpu->shares));
	}
	if ((cpu->quota && *cpu->quota) || (cpu->period && *cpu->period)) {
		uint64_t period = cpu->period && *cpu->period ? *cpu->period : PERIOD_DEFAULT;
		at = cgroup_field(c, &cpu->at, cpu->quota && *cpu->quota ? "quota" : "period");
		if (cpu->quota && *cpu->quota > 0)
			cgroup_row(rows, &at, ROW_PLAIN, "cpu.max", "%" PRId64 " %" PRIu64, *cpu->quota, period);
		else
			cgroup_row(rows, &at, ROW_PLAIN, "cpu.max", "max %" PRIu64, period);
	}
	if (cpu->burst) {
		at = cgroup_field(c, &cpu->at, "burst");
		cgroup_row(rows, &at, *cpu->burst ? ROW_PLAIN : ROW_MAY_BE_MISSING, "cpu.max.burst", "%" PRIu64, *cpu->burst);
	}
	return 0;
}

int cgroup_v2_cpuset(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	return cgroup_v1_cpuset(c, rows, error); /* the same names and lists */
}

/* Reservations too, where the kernel counts them: they fail at mmap(2), not with SIGBUS later (config-linux.md). */
int cgroup_v2_hugetlb(struct cgroup_planning *c, struct cgroup_rows *rows, struct error *error)
{
	(void)error;
	JSON_EACH(struct spec_hugepage_limit, limit, &c->resources->hugepage_limits) {
		cgroup_row(rows, &limit->at, ROW_PLAIN, arena_printf(rows->arena, "hugetlb.%s.max", limit->page_size), "%" PRIu64,
			   limit->limit);
		cgroup_row(rows, &limit->at, ROW_MAY_BE_MISSING, arena_printf(rows->arena, "hugetlb.%s.rsvd.max", limit->page_size),
			   "%" PRIu64, limit->limit);
	}
	return 0;
}
