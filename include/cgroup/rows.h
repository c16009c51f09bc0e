/* Shared by the files of src/cgroup alone: what happens inside one directory of the container's cgroup, while nobody is in it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "plan/plan.h"
#include "state/undo.h"

struct arena;

/* v2: lets the children of `dir` have controllers. `wanted` may fail to be had, `needed` may not. */
int rows_enable(int dir, const char *path, uint32_t wanted, uint32_t needed, struct error *error);

/* v2: controllers the directory has, by cgroup.controllers. */
uint32_t rows_controllers(int dir);

/* v2: controllers whose files are among the rows. */
uint32_t rows_needed(const struct plan_cgroup_directory *directory);

/* Writes the rows. What the kernel calls invalid is tried again at the end: a value may contradict an old one of its neighbour. */
int rows_write(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, int dir, struct error *error);

/* v2: whether the kernel gives all of the CPUs and memory nodes that the rows have asked for; it takes a list that it cannot give. */
int rows_check_cpuset(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, int dir, struct error *error);

/* The words for a write into `dir` that was refused with errno `code`. -1. */
int rows_failed(const struct plan_cgroup *plan, const struct plan_write *write, int dir, int code, struct error *error);

/* What the files of some rows said before, as text that brings it back. */
struct saved_rows {
	struct arena *arena;
	struct undo_row *items;
	size_t count, room;
};

/* devices.list has a line of some 20 bytes for each exception. */
#define DEVICES_LIST_ROOM (1u << 20)

/* Reads the files of these rows, before they are written; `dir` must stay open for rows_restore. What rows_write would miss is missed
 * here already, and the error is the same. */
int rows_save(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, int dir, struct saved_rows *saved,
	      struct error *error);

/* Puts back what is not as it was, the last first. NULL, or the name of a file for which that failed. */
const char *rows_restore(const struct saved_rows *saved);

/* v1: a new cpuset is empty and takes no process until it has CPUs and memory nodes: it gets its parent's. -errno. */
int rows_inherit_cpuset(int parent, int dir);

/* v2: hands the directory, and the files in it that are meant for that, to a user (config-linux.md#cgroup-ownership). */
int rows_delegate(int dir, uid_t owner, struct error *error);
