/* Mounts of a container that runs (contract 6.15): `mounts add` and `mounts remove`.
 *
 * Sources are opened on the host's side as detached trees with their attributes (rules B.3.1, B.3.2). All that looks at the container's
 * files is done by a child that joins its mount namespace by init's pidfd, and never a pid namespace (rule B.5): nothing in the container
 * can name it. Targets are found by a descriptor of the container's root (rule B.2.2). A file system in there that does not answer
 * (FUSE) costs some seconds and is an error; the child is given up. A new file system (tmpfs) is made by one that has joined the user
 * namespace too, so that it belongs to that. */
#pragma once

#include "base/error.h"

struct stage;

/* Attaches all of stage->plan->mounts, or none; one that was given up may still come to be. Needs stage->record, stage->procfs and the
 * lock. */
int container_mounts_add(struct stage *stage, struct error *error);

/* Takes away the topmost mount at each target of stage->plan->mounts; nothing if one of them is no mount, or
 * one that confines the container: /proc, /sys, /dev and what lies below them, masks and what has masks in it, views of the kernel's own.
 * What it would not take away is not added either, but for a free name in /dev. */
int container_mounts_remove(struct stage *stage, struct error *error);
