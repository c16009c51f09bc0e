/* Paths of the host, opened and cloned for the container. */
#pragma once

#include <stdbool.h>
#include "kern/mount_view.h"
#include "plan/plan.h"

/* Opens a path of the host (O_PATH): magic links are refused (rule B.1.5). The caller's fd, or -errno. */
int source_open(const char *path, int flags);

/* From where clones are taken: the host's mounts, or for a container in a user namespace of its own a view of them with their flags
 * locked (rule B.3.9). */
struct sources {
	bool locked;
	bool viewed;             /* by a view of our own; a deputy's mount namespace is one already */
	struct mount_view view;  /* made when it is first needed */
};
struct stage;
void sources_begin(struct sources *sources, const struct stage *stage);
void sources_end(struct sources *sources);

/* The detached tree for a planned mount of kind MOUNT_TREE, its ids mapped, cut off from the host's peers; -1 with the error filled. */
int cargo_tree(struct stage *stage, const struct plan_mount *mount, struct error *error);

/* A detached clone of what is at `path` (`flags`: O_NOFOLLOW or 0; `how`: MOUNT_RECURSIVE or 0). The caller's fd, or -errno. */
int sources_clone(struct sources *sources, const char *path, int flags, int how);
