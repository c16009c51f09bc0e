/* News of a container's cgroup: a process was killed for lack of memory, nobody is left in it. */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include "cgroup/cgroup.h"
#include "cgroup/oom.h"

struct cgroup_watch {
	int every_ms;      /* what the kernel does not tell by itself has to be asked for that often; -1: nothing */
	struct oom_tally oom;
	int oom_signals;   /* legacy: an eventfd, for there `oom` tells nothing by itself; -1 */
	int populated;     /* cgroup.events of v2; -1 */
	int directory;     /* legacy alone: where to count; -1 */
};

/* What is told from now on. Where there is no memory controller no deaths are told. */
void cgroup_watch_open(const struct cgroup_at *at, struct cgroup_watch *watch);
void cgroup_watch_close(struct cgroup_watch *watch);

/* What to wait for with poll(2): at most CGROUP_WATCH_POLLS. Then ask both questions, oom first. */
#define CGROUP_WATCH_POLLS 2
size_t cgroup_watch_polls(const struct cgroup_watch *watch, struct pollfd *to);

/* Whether there was at least one since the last question. With a legacy hierarchy whose OOM killer is switched off: whether memory has
 * run out, and processes wait. */
bool cgroup_watch_oom(struct cgroup_watch *watch);

/* Whether nobody is left in it and below, or it is gone. */
bool cgroup_watch_empty(const struct cgroup_watch *watch);
