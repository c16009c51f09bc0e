/* What the files about the container's file system share in init. */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include "init/stage.h"

/* ---- root.c ---- */

/* Whether what a path led to is "/" itself: 1, 0, or -errno. `looks` of the descriptor say what is not without asking the kernel. */
int is_stage_root(const struct stage *stage, int fd, const struct stat *looks);

/* ---- mounts.c ---- */

/* Makes every mount with readonly_late read-only, by the descriptors kept since it was attached, and closes them. */
int late_mounts_readonly(struct error *error);

/* Opens a path for masking or making read-only. What lies below a procfs or sysfs that we have mounted is looked up from that mount:
 * its mount point may have been renamed away since (rule B.3.4). The caller owns the fd (O_PATH); -ENOENT: nothing is there. */
int open_below_mount(const struct stage *stage, const char *path);

/* Whether it is looked up from such a mount: then it does not lead out of that. */
bool lies_in_view(const char *path);

/* Gives the handles of those mounts back: nobody else is to find them in us. */
void close_mount_handles(void);

/* ---- copy_up.c ---- */

/* Copies what is in the directory `from` (O_PATH) into the directory `to`: files, directories, links, with modes, owners, times.
 * 0, or -errno. */
int copy_up(int from, int to);
/* Gives a file's owner, mode and times to another; what may not be given stays. `fd` may be O_PATH for owner alone. */
void copy_looks(int fd, const struct stat *looks);

/* The directory that is "/" for the container's paths: the root's mount, or after the pivot the working directory, which is "/"
 * until the process gets its own. */
static inline int stage_root(const struct stage *stage)
{
	return stage->root >= 0 ? stage->root : AT_FDCWD;
}
