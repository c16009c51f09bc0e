/* The container's cgroup: who owns its directories (us, so far) times what its files look like (v2, legacy v1). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "plan/host.h"

struct plan_cgroup;
struct record_cgroup;

#define CGROUP_DIRECTORIES_MOST 16

/* Where the cgroup of a container that exists is: the same path below each hierarchy, as its record has it. */
struct cgroup_at {
	const char *path;
	const struct record_cgroup *hierarchies;
	size_t count;
};

/* Open directories of one container's cgroup, as plan->cgroup.directories lists them. */
struct cgroup {
	int fd[CGROUP_DIRECTORIES_MOST];
	/* What tells them from others of their names, and our use of them from later ones (tree_mark). */
	uint64_t inode[CGROUP_DIRECTORIES_MOST], mark[CGROUP_DIRECTORIES_MOST];
	size_t count;
	int lock;       /* with a count alone: what keeps other creates out, besides fd[0]; -1: that one, or none */
	int v2;         /* the one for CLONE_INTO_CGROUP, a copy of the number in fd[], -1: none */
	bool made;      /* false: the last part of the path existed (and was empty) */
	bool v2_made;   /* ... of the v2 tree alone */
};

/* Finds out what the host has; text lives in the arena. No cgroups is a layout too. 0, or -errno: what is there cannot be told. */
struct arena;
int cgroup_probe(struct host_cgroup *host, struct arena *arena);

/* For who may not make cgroups everywhere: host->beside. */
void cgroup_probe_beside(struct host_cgroup *host, struct arena *arena);

/* Makes (or opens, if empty and not frozen) the directories, enables controllers down the tree, writes limits and device rules.
 * On failure what was made is removed again. With plan->unit the directory is systemd's: opened, and filled. Until it is closed no other
 * create gets the same cgroup: that is to be once init is in all of it, and no sooner. */
int cgroup_make(const struct plan_cgroup *plan, struct cgroup *cgroup, struct error *error);

/* Once init is born and its placeholder gone: a limit of one process, which had to wait for that, comes into force. */
int cgroup_born(const struct plan_cgroup *plan, const struct cgroup *cgroup, struct error *error);

/* Whether the process is in the plan's cgroup: where cgroups are seen from another root than systemd's (cgroup namespaces), another one
 * may have the name. */
int cgroup_check_place(const struct plan_cgroup *plan, pid_t pid, struct error *error);

/* Whether nobody is in the directories, as far as they exist, and they are not frozen: before systemd is asked to use them. */
int cgroup_check_unused(const struct plan_cgroup *plan, struct error *error);

/* Puts a process into every legacy hierarchy, back to back: one grace period in all. */
int cgroup_join_legacy(const struct plan_cgroup *plan, const struct cgroup *cgroup, pid_t pid, struct error *error);

void cgroup_close(struct cgroup *cgroup);

/* A detached clone of directory `index` for mounting inside the container; -1 with the error filled. */
int cgroup_tree(const struct plan_cgroup *plan, unsigned index, bool whole_hierarchy, struct error *error);

/* For delete: kills every process below (cgroup.kill, or SIGKILL to each while frozen) and waits until it is empty, at most timeout_ms.
 * 0, also where another container is in it by now; -ETIMEDOUT or -errno. Missing directories are fine; one that cannot be opened is an
 * error. */
int cgroup_kill(const struct cgroup_at *at, int timeout_ms);

/* Whose the directory of the first hierarchy is. Without a known inode it counts as ours as long as nobody is in it. */
enum cgroup_whose { CGROUP_OURS, CGROUP_GONE, CGROUP_OTHERS };
enum cgroup_whose cgroup_whose(const struct cgroup_at *at);

/* Removes the directories, nested ones made by the payload first; retries EBUSY with back-off up to about a second; then the
 * directories between `above` ("/a" of "/a/b/c"; NULL: keep them) and the last part, as far as nobody else has come to use them. */
int cgroup_remove(const struct cgroup_at *at, const char *above);

/* Waits, at most timeout_ms, for somebody else to remove them: systemd does so with a unit it finds empty, but does not notice if it was
 * faster that way. */
void cgroup_wait_removed(const struct cgroup_at *at, int timeout_ms);

/* 1: frozen, 0: not, also if the cgroup is gone. */
int cgroup_frozen(const struct cgroup_at *at);
