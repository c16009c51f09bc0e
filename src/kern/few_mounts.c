/* The kernel's own small mount namespace, found and copied. */
#include "kern/few_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "kern/procfs.h"

#define COUNTED_MOST 4096

size_t mounts_counted(size_t most)
{
	static uint64_t ids[COUNTED_MOST];
	const struct abi_mnt_id_req request = { .size = sizeof(request), .mnt_id = ABI_LSMT_ROOT };

	long count = syscall(ABI_SYS_listmount, &request, ids, most < COUNTED_MOST ? most : COUNTED_MOST, 0);
	return count < 0 ? 0 : (size_t)count;
}

/* Whether `pid` has that name; anybody may call himself so. */
static bool is_named(int procfs, pid_t pid, const char *name)
{
	char path[32], text[32];

	format(path, sizeof(path), "%d/comm", pid);
	_cleanup_fd int fd = procfs_open(procfs, path, O_RDONLY);
	ssize_t length = fd < 0 ? fd : again_read(fd, text, sizeof(text) - 1);
	text[length < 0 ? 0 : length] = '\0';
	size_t least = strlen(name);
	return length > (ssize_t)least && strncmp(text, name, least) == 0 && text[least] == '\n';
}

/* A thread of the kernel: PF_KTHREAD in the flags (field 9), which no other process has. */
#define FLAGS 9
#define KERNEL_THREAD 0x00200000
static bool is_kernel_thread(int procfs, pid_t pid)
{
	uint64_t flags;
	char state;

	return process_stat_field(procfs, pid, FLAGS, &flags, &state) == 0 && flags & KERNEL_THREAD;
}

int few_mounts_open(int procfs, pid_t last)
{
	char path[32];

	/* Else this pid namespace is not the host's, which is where the kernel's threads are. */
	if (!is_named(procfs, 2, "kthreadd"))
		return -ENOENT;
	for (pid_t pid = 3; pid <= last; pid++)
		if (is_named(procfs, pid, "kdevtmpfs") && is_kernel_thread(procfs, pid)) {
			format(path, sizeof(path), "%d/ns", pid);
			_cleanup_fd int dir = procfs_open(procfs, path, O_PATH | O_DIRECTORY);
			_cleanup_fd int fd = again_openat(dir, "mnt", O_RDONLY | O_CLOEXEC); /* a magic link by nature */
			if (fd < 0)
				return -errno;
			return again_ioctl(fd, ABI_NS_GET_NSTYPE, NULL) == (int)ABI_CLONE_NEWNS ? take_fd(&fd) : -EINVAL;
		}
	return -ENOENT;
}

int few_mounts_copy(int fd)
{
	namespace_join(fd, ABI_CLONE_NEWNS);
	return namespace_unshare(ABI_CLONE_NEWNS);
}
