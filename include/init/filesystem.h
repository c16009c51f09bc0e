/* What the files about the container's file system share in init. */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include "init/stage.h"

/* ---- mounts.c ---- */

/* Makes every mount with readonly_late read-only, by the descriptors kept since it was attached, and closes them. */
int late_mounts_readonly(struct error *error);

/* ---- copy_up.c ---- */

/* Copies what is in the directory `from` (O_PATH) into the directory `to`: files, directories, links, with modes, owners, times.
 * 0, or -errno. */
int copy_up(int from, int to);
/* Gives a file's owner, mode and times to another; what may not be given stays. `fd` may be O_PATH for owner alone. */
void copy_looks(int fd, const struct stat *looks);

/* ---- root.c ---- */

/* The directory that is "/" for the container's paths: the root's mount, or after the pivot the working directory, which is "/"
 * until the process gets its own. */
static inline int stage_root(const struct stage *stage)
{
	return stage->root >= 0 ? stage->root : AT_FDCWD;
}
