/* How a process is scheduled, and where its memory comes from. -errno everywhere. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct schedule {
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; /* nanoseconds */
};
/* Of process `pid`, 0: the calling one. */
int schedule_set(pid_t pid, const struct schedule *schedule);

/* For the whole process group; class and level as ioprio_set(2) wants them. */
int io_priority_set(int value);

/* `mode` with its flags; no nodes: `bits` is 0. */
int memory_policy_set(int mode, const uint64_t *nodes, size_t bits);

int personality_set(unsigned long persona);

/* Every CPU the cpuset allows. */
int affinity_reset(void);
/* Those of a set of `bits` bits, a multiple of 64, that there are and the cpuset allows; -EINVAL: none of them. */
int affinity_set(const uint64_t *set, size_t bits);
