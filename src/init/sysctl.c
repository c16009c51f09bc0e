/* Kernel parameters of the container's namespaces. */
#include <errno.h>
#include "base/cleanup.h"
#include "base/format.h"
#include "init/stage.h"
#include "kern/mount.h"
#include "kern/procfs.h"

/* A whole procfs that is mounted nowhere: nothing can lie over its files (CVE-2025-52881). Where a user namespace does not own its
 * pid namespace the kernel refuses one; then it is the host's, verified, and the open refuses what is mounted inside. */
static int open_procfs(void)
{
	_cleanup_fd int context = mount_context("proc");
	int fd = context < 0 ? context : mount_make(context, ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV | ABI_MOUNT_ATTR_NOEXEC);
	return fd == -EPERM ? procfs_host() : fd;
}

int init_sysctl(struct stage *stage, struct error *error)
{
	const struct plan *plan = stage->plan;
	char path[300];
	/* Closed at once: a descriptor of a whole procfs is dangerous to leak (rule B.4.1). */
	_cleanup_fd int procfs = open_procfs();

	if (procfs < 0)
		return fail(error, -procfs, "cannot open a procfs to set sysctls");
	for (size_t i = 0; i < plan->sysctl_count; i++) {
		const struct plan_sysctl *sysctl = &plan->sysctls[i];
		format(path, sizeof(path), "sys/%s", sysctl->path);
		/* A write of no bytes at all sets nothing: an empty line is what empties a text, and is no number. */
		int r = procfs_write(procfs, path, *sysctl->value ? sysctl->value : "\n");
		if (r < 0)
			return fail_at(error, &sysctl->at, -r, "cannot set the sysctl '%s' to '%.80s'", sysctl->path,
				       sysctl->value);
	}
	return 0;
}
