/* Statistics as JSON: the keys that go-runc decodes, and those of runc that it passes over (contract 8.4). */
#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/stats.h"
#include "cmd/events.h"

static void member(struct text *out, const char *name)
{
	char before = out->data[out->length - 1];

	if (before != '{' && before != '[')
		text_add_char(out, ',');
	text_add_json(out, name);
	text_add_char(out, ':');
}

static void open_object(struct text *out, const char *name)
{
	member(out, name);
	text_add_char(out, '{');
}

static void close_object(struct text *out)
{
	text_add_char(out, '}');
}

static void number(struct text *out, const char *name, uint64_t value)
{
	member(out, name);
	text_printf(out, "%ju", (uintmax_t)value);
}

static void number_if(struct text *out, const char *name, uint64_t value)
{
	if (value)
		number(out, name, value);
}

static void numbers_if(struct text *out, const char *name, const struct stats_list *list)
{
	if (!list->count)
		return;
	member(out, name);
	for (size_t i = 0; i < list->count; i++)
		text_printf(out, "%s%ju", i ? "," : "[", (uintmax_t)list->items[i]);
	text_add_char(out, ']');
}

/* ---- pressure: of a kernel that does not account it nothing is there ---- */

static bool has_pressure(const struct stats_pressure *pressure)
{
	return pressure->avg10 && pressure->avg60 && pressure->avg300;
}

static void pressure_if(struct text *out, const char *name, const struct stats_pressure *pressure)
{
	if (!has_pressure(pressure))
		return;
	open_object(out, name);
	text_printf(out, "\"avg10\":%s,\"avg60\":%s,\"avg300\":%s", pressure->avg10, pressure->avg60, pressure->avg300);
	number(out, "total", pressure->total);
	close_object(out);
}

static bool has_psi(const struct stats_psi *psi)
{
	return has_pressure(&psi->some) || has_pressure(&psi->full);
}

static void psi_if(struct text *out, const struct stats_psi *psi)
{
	if (!has_psi(psi))
		return;
	open_object(out, "psi");
	pressure_if(out, "some", &psi->some);
	pressure_if(out, "full", &psi->full);
	close_object(out);
}

/* ---- the parts ---- */

static void cpu(struct text *out, const struct stats *stats)
{
	const struct stats_cpu *c = &stats->cpu;

	open_object(out, "cpu");
	open_object(out, "usage");
	number_if(out, "total", c->total);
	numbers_if(out, "percpu", &c->percpu);
	numbers_if(out, "percpu_kernel", &c->percpu_kernel);
	numbers_if(out, "percpu_user", &c->percpu_user);
	number(out, "kernel", c->kernel);
	number(out, "user", c->user);
	close_object(out);
	if (stats->has & STATS_THROTTLING) {
		open_object(out, "throttling");
		number_if(out, "periods", c->periods);
		number_if(out, "throttledPeriods", c->throttled_periods);
		number_if(out, "throttledTime", c->throttled_time);
		close_object(out);
	}
	psi_if(out, &c->psi);
	close_object(out);
}

static void cpuset(struct text *out, const struct stats *stats)
{
	const struct stats_cpuset *c = &stats->cpuset;
	const bool flags = stats->has & STATS_CPUSET_FLAGS;

	open_object(out, "cpuset");
	numbers_if(out, "cpus", &c->cpus);
	if (flags)
		number(out, "cpu_exclusive", c->cpu_exclusive);
	numbers_if(out, "mems", &c->mems);
	if (flags) {
		number(out, "mem_hardwall", c->mem_hardwall);
		number(out, "mem_exclusive", c->mem_exclusive);
		number(out, "memory_migrate", c->memory_migrate);
		number(out, "memory_spread_page", c->memory_spread_page);
		number(out, "memory_spread_slab", c->memory_spread_slab);
		number(out, "memory_pressure", c->memory_pressure);
		number(out, "sched_load_balance", c->sched_load_balance);
		member(out, "sched_relax_domain_level");
		text_printf(out, "%jd", (intmax_t)c->sched_relax_domain_level);
	}
	close_object(out);
}

static void memory_entry_if(struct text *out, const char *name, const struct stats_memory_entry *entry)
{
	if (!entry->limit && !entry->usage && !entry->max && !entry->failcnt)
		return;
	open_object(out, name);
	number(out, "limit", entry->limit);
	number_if(out, "usage", entry->usage);
	number_if(out, "max", entry->max);
	number(out, "failcnt", entry->failcnt);
	close_object(out);
}

static void memory(struct text *out, const struct stats *stats)
{
	const struct stats_memory *m = &stats->memory;

	open_object(out, "memory");
	number_if(out, "cache", m->cache);
	memory_entry_if(out, "usage", &m->usage);
	memory_entry_if(out, "swap", &m->swap);
	memory_entry_if(out, "kernel", &m->kernel);
	memory_entry_if(out, "kernelTCP", &m->kernel_tcp);
	if (m->raw.count) {
		open_object(out, "raw");
		for (size_t i = 0; i < m->raw.count; i++)
			number(out, m->raw.items[i].name, m->raw.items[i].value);
		close_object(out);
	}
	psi_if(out, &m->psi);
	close_object(out);
}

static void pids(struct text *out, const struct stats *stats)
{
	open_object(out, "pids");
	number_if(out, "current", stats->pids.current);
	number_if(out, "limit", stats->pids.limit);
	close_object(out);
}

static void devices_if(struct text *out, const char *name, const struct stats_devices *list)
{
	if (!list->count)
		return;
	member(out, name);
	for (size_t i = 0; i < list->count; i++) {
		const struct stats_device *device = &list->items[i];
		text_add(out, i ? ",{" : "[{");
		number(out, "major", device->major);
		number(out, "minor", device->minor);
		if (device->operation) {
			member(out, "op");
			text_add_json(out, device->operation);
		}
		number(out, "value", device->value);
		close_object(out);
	}
	text_add_char(out, ']');
}

static void blkio(struct text *out, const struct stats *stats)
{
	const struct stats_io *io = &stats->io;

	open_object(out, "blkio");
	devices_if(out, "ioServiceBytesRecursive", &io->service_bytes);
	devices_if(out, "ioServicedRecursive", &io->serviced);
	devices_if(out, "ioQueueRecursive", &io->queued);
	devices_if(out, "ioServiceTimeRecursive", &io->service_time);
	devices_if(out, "ioWaitTimeRecursive", &io->wait_time);
	devices_if(out, "ioMergedRecursive", &io->merged);
	devices_if(out, "ioTimeRecursive", &io->time);
	devices_if(out, "sectorsRecursive", &io->sectors);
	psi_if(out, &io->psi);
	close_object(out);
}

static void hugetlb(struct text *out, const struct stats *stats)
{
	open_object(out, "hugetlb");
	for (size_t i = 0; i < stats->huge.count; i++) {
		const struct stats_huge *huge = &stats->huge.items[i];
		open_object(out, huge->size);
		number_if(out, "usage", huge->usage);
		number_if(out, "max", huge->max);
		number(out, "failcnt", huge->failcnt);
		close_object(out);
	}
	close_object(out);
}

void events_stats_line(const char *id, const struct stats *stats, struct text *out)
{
	text_add(out, "{\"type\":\"stats\",\"id\":");
	text_add_json(out, id);
	open_object(out, "data");
	if (stats->has & STATS_CPU || has_psi(&stats->cpu.psi))
		cpu(out, stats);
	if (stats->has & (STATS_CPUSET | STATS_CPUSET_FLAGS))
		cpuset(out, stats);
	if (stats->has & STATS_MEMORY || has_psi(&stats->memory.psi))
		memory(out, stats);
	if (stats->has & STATS_PIDS)
		pids(out, stats);
	if (stats->has & STATS_IO || has_psi(&stats->io.psi))
		blkio(out, stats);
	if (stats->huge.count)
		hugetlb(out, stats);
	/* runc has in it what its own configuration makes, and ours makes none: interfaces are the business of whoever calls us. */
	member(out, "network_interfaces");
	text_add(out, "null");
	close_object(out);
	text_add(out, "}\n");
}

void events_oom_line(const char *id, struct text *out)
{
	text_add(out, "{\"type\":\"oom\",\"id\":");
	text_add_json(out, id);
	text_add(out, "}\n");
}
