/* Scheduler, io priority, memory policy, personality, affinity. */
#include "kern/schedule.h"

#include <errno.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#define IOPRIO_WHO_PGRP 2

struct attributes { /* struct sched_attr, version 1 (Linux 5.3) */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

int schedule_set(pid_t pid, const struct schedule *schedule)
{
	/* The specification has the utilization clamp flags and no values to clamp to: -1 takes any clamp back to the system's
	 * (Linux 5.11). 0 would hold the process down to the lowest frequency. */
	const struct attributes attributes = {
		.size = sizeof(attributes),
		.policy = schedule->policy, .flags = schedule->flags,
		.nice = schedule->nice, .priority = schedule->priority,
		.runtime = schedule->runtime, .deadline = schedule->deadline, .period = schedule->period,
		.util_min = UINT32_MAX, .util_max = UINT32_MAX,
	};
	return syscall(SYS_sched_setattr, pid, &attributes, 0) < 0 ? -errno : 0;
}

int io_priority_set(int value)
{
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PGRP, 0, value) < 0 ? -errno : 0;
}

int memory_policy_set(int mode, const uint64_t *nodes, size_t bits)
{
	/* The kernel takes one off the number of bits (set_mempolicy(2), BUGS in the old days, ABI by now). */
	return syscall(SYS_set_mempolicy, mode, bits ? nodes : NULL, bits ? bits + 1 : 0) < 0 ? -errno : 0;
}

int personality_set(unsigned long persona)
{
	return personality(persona) < 0 ? -errno : 0;
}

int affinity_reset(void)
{
	unsigned char every[1024]; /* 8192 CPUs, the most a kernel is built for; what is not there is cut off */
	memset(every, 0xff, sizeof(every));
	return syscall(SYS_sched_setaffinity, 0, sizeof(every), every) < 0 ? -errno : 0;
}

int affinity_set(const uint64_t *set, size_t bits)
{
	return syscall(SYS_sched_setaffinity, 0, bits / 8, set) < 0 ? -errno : 0;
}
