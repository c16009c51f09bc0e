/* What the container's cgroup has counted: one struct, filled from v2 files and from those of legacy hierarchies (contract 8.4).
 *
 * Bytes are bytes and times nanoseconds, whatever the kernel's file has. A file that is not there leaves its values 0 and its bit in
 * `has` unset: that is no error. Lists and texts live in the arena. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "cgroup/cgroup.h"

struct arena;

/* What "max" in a file means: no limit. */
#define STATS_NO_LIMIT UINT64_MAX

enum stats_part {
	STATS_CPU = 1 << 0,
	STATS_THROTTLING = 1 << 1,
	STATS_CPUSET = 1 << 2,
	STATS_CPUSET_FLAGS = 1 << 3,    /* those that only a legacy hierarchy has */
	STATS_MEMORY = 1 << 4,
	STATS_SWAP_ALONE = 1 << 5,      /* while reading: swap without memory, as v2 has it */
	STATS_PIDS = 1 << 6,
	STATS_IO = 1 << 7,
};

struct stats_list { uint64_t *items; size_t count; };

struct stats_named { const char *name; uint64_t value; };
struct stats_names { struct stats_named *items; size_t count; };

/* Pressure stall information. The averages are percentages as the kernel wrote them, "0.25"; NULL: not there. `total` in µs. */
struct stats_pressure { const char *avg10, *avg60, *avg300; uint64_t total; };
struct stats_psi { struct stats_pressure some, full; };

struct stats_cpu {
	uint64_t total, kernel, user;
	struct stats_list percpu, percpu_kernel, percpu_user; /* legacy */
	uint64_t periods, throttled_periods, throttled_time;
	struct stats_psi psi;
};

struct stats_cpuset {
	struct stats_list cpus, mems;
	uint64_t cpu_exclusive, mem_hardwall, mem_exclusive, memory_migrate, memory_spread_page, memory_spread_slab, memory_pressure,
		sched_load_balance;
	int64_t sched_relax_domain_level;
};

struct stats_memory_entry { uint64_t limit, usage, max, failcnt; };

struct stats_memory {
	uint64_t cache;
	struct stats_memory_entry usage, swap, kernel, kernel_tcp; /* swap: memory and swap together, on v2 too */
	struct stats_names raw;         /* memory.stat */
	struct stats_psi psi;
};

struct stats_pids { uint64_t current, limit; }; /* limit 0: none */

struct stats_device { uint64_t major, minor; const char *operation; uint64_t value; };
struct stats_devices { struct stats_device *items; size_t count; };

struct stats_io {
	struct stats_devices service_bytes, serviced, queued, service_time, wait_time, merged, time, sectors;
	struct stats_psi psi;
};

struct stats_huge { const char *size; uint64_t usage, max, failcnt; }; /* size: "2MB" */
struct stats_huges { struct stats_huge *items; size_t count; };

struct stats {
	uint32_t has;                   /* bits of enum stats_part */
	struct stats_cpu cpu;
	struct stats_cpuset cpuset;
	struct stats_memory memory;
	struct stats_pids pids;
	struct stats_io io;
	struct stats_huges huge;
};

/* The files that are there, found once: to read them is one open for each, and none for those that are missing. */
#define STATS_FILES_MOST 96
struct stats_reader {
	int dir[CGROUP_DIRECTORIES_MOST];
	size_t dir_count;
	struct stats_found { uint8_t dir, row; char size[14]; } file[STATS_FILES_MOST];
	size_t file_count;
};

/* How many of the container's directories there are: 0 is nothing to read. */
size_t stats_open(const struct cgroup_at *at, struct stats_reader *reader);
/* One more directory, the v2 one first; the descriptor becomes the reader's. */
void stats_add(struct stats_reader *reader, int dir);
void stats_close(struct stats_reader *reader);

/* Reads it all. Never fails: what cannot be read is as what is not there. */
void stats_read(const struct stats_reader *reader, struct arena *arena, struct stats *stats);
