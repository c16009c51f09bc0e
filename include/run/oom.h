/* Containers that ran out of memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "cgroup/oom.h"
#include "state/state.h"

/* What is said of an init that died of it while it was set up or started (contract section 4). */
#define OOM_WORDS " was OOM-killed (memory limit too low?)"
#define OOM_SENTENCE "container init" OOM_WORDS

/* How many processes of the container the kernel has killed for lack of memory. Asked from its cgroup: -ENODEV if that is gone, or does
 * not count them. */
int64_t container_oom_kills(const struct record *record);

/* The same for whoever sees the container through, from before its init may die on. A scope of systemd's, and with it the count, is gone
 * with its last process, so it gets a tally; where the directory is ours it can be read when it is asked, which is cheaper: the file that
 * becomes ready tells much more. */
void container_oom_follow(const struct record *record, struct oom_tally *tally);
int64_t container_oom_seen(const struct record *record, struct oom_tally *tally);

/* Whether a failed birth of init comes from its new cgroup. There is nobody to kill then: the kernel spares who is still in its parent's
 * memory, and clone3 or execveat fails, with ENOMEM or E2BIG. */
bool container_oom_at_birth(const struct record *record);

/* A cgroup that was there before us may have counted others: they are not the container's. */
void record_oom_before(struct record *record);
