/* Who is in a container's cgroup. */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include "cgroup/cgroup.h"

struct arena;

struct pid_list {
	const pid_t *items; /* ascending, each once, in the arena */
	size_t count;
};

/* Processes in the cgroup and below it, in any of its hierarchies, by the numbers they have in our pid namespace: those that have none
 * are left out. 0, also if the cgroup is gone, or -errno. */
int cgroup_processes(const struct cgroup_at *at, struct arena *arena, struct pid_list *to);

/* Whether it is among them; without any memory. 1, 0, or -errno: it may be where we could not look. */
int cgroup_has_process(const struct cgroup_at *at, pid_t pid);

bool pid_list_has(const struct pid_list *list, pid_t pid);

/* Sends a signal to each of them but `except` (0: none). Who is born meanwhile may miss it. 0, or -errno. */
int cgroup_signal(const struct cgroup_at *at, int signal, pid_t except, struct arena *arena);

/* The process a thread belongs to: what a threaded cgroup lists are threads. -ESRCH, -errno. */
pid_t process_of_thread(pid_t thread);
