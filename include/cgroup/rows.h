/* Shared by the files of src/cgroup alone: what happens inside one directory of the container's cgroup, while nobody is in it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "plan/plan.h"

/* v2: lets the children of `dir` have controllers. `wanted` may fail to be had, `needed` may not. */
int rows_enable(int dir, const char *path, uint32_t wanted, uint32_t needed, struct error *error);

/* v2: controllers whose files are among the rows. */
uint32_t rows_needed(const struct plan_cgroup_directory *directory);

/* Writes the rows. What the kernel calls invalid is tried again at the end: a value may contradict an old one of its neighbour. */
int rows_write(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, int dir, struct error *error);

/* v1: a new cpuset is empty and takes no process until it has CPUs and memory nodes: it gets its parent's. -errno. */
int rows_inherit_cpuset(int parent, int dir);

/* v2: hands the directory, and the files in it that are meant for that, to a user (config-linux.md#cgroup-ownership). */
int rows_delegate(int dir, uid_t owner, struct error *error);
