/* Descriptors by the range. */
#include "kern/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "base/number.h"

#define PROC_MAGIC 0x9fa0

/* In a child that shares our memory: system calls alone. Not the host's procfs, but one of an image, would list what it likes. */
static int open_list(void)
{
	_cleanup_fd int list = again_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (list < 0)
		return -errno;
	return again_fstatfs(list, &fs) < 0 || fs.f_type != PROC_MAGIC ? -ENOSYS : take_fd(&list);
}

static int treat(unsigned fd, unsigned how)
{
	if (how == DESCRIPTORS_CLOEXEC)
		return fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
	close((int)fd);
	return 0;
}

/* The list is by number and goes on from there, whatever is closed meanwhile. */
static int one_by_one(int list, unsigned from, unsigned to, unsigned how)
{
	_Alignas(8) char entries[2048];
	long length;
	uint32_t fd;
	int r = 0;

	while ((length = again_getdents64(list, entries, sizeof(entries))) > 0)
		for (long at = 0; at < length; at += ((const struct abi_dirent64 *)(const void *)(entries + at))->length) {
			const struct abi_dirent64 *entry = (const void *)(entries + at);
			if (number_u32(entry->name, INT32_MAX, &fd) < 0 || (int)fd == list || fd < from || fd > to)
				continue;
			int treated = treat(fd, how);
			r = r < 0 ? r : treated;
		}
	return length < 0 ? -errno : r;
}

int descriptors_range(unsigned from, unsigned to, unsigned how)
{
	if (syscall(ABI_SYS_close_range, from, to, how) == 0)
		return 0;
	int code = errno;
	if (code != ENOSYS && code != EPERM)
		return -code;
	_cleanup_fd int list = open_list();
	return list < 0 ? -ENOSYS : one_by_one(list, from, to, how);
}
