/* Mounts of a container that runs (contract 6.15): `mounts add` and `mounts remove`.
 *
 * Sources are opened on the host's side as detached trees with their attributes (rules B.3.1, B.3.2), targets by a descriptor of the
 * container's root (rule B.2.2). Only the attaching happens in the container's mount namespace, by a child for a moment that joins it by
 * init's pidfd, and never a pid namespace (rule B.5): nothing in the container can name it. A new file system (tmpfs) is made by one that
 * has joined the user namespace too, so that it belongs to that. */
#pragma once

#include "base/error.h"

struct stage;

/* Attaches all of stage->plan->mounts, or none. Needs stage->record and stage->procfs, and the lock. */
int container_mounts_add(struct stage *stage, struct error *error);

/* Takes away the topmost mount at each target of stage->plan->mounts; nothing if one of them is no mount. */
int container_mounts_remove(struct stage *stage, struct error *error);
