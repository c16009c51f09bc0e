/* System calls that libc has no function for, with -errno as their result. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"

static inline int sys_result(long result)
{
	return result < 0 ? -errno : (int)result;
}

static inline int sys_openat2(int dir, const char *path, const struct abi_open_how *how)
{
	return sys_result(again_openat2(dir, path, how));
}

static inline int sys_open_tree(int dir, const char *path, unsigned flags)
{
	return sys_result(syscall(ABI_SYS_open_tree, dir, path, flags));
}

static inline int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return sys_result(syscall(ABI_SYS_move_mount, from, from_path, to, to_path, flags));
}

static inline int sys_mount_setattr(int dir, const char *path, unsigned flags, const struct abi_mount_attr *attr)
{
	return sys_result(syscall(ABI_SYS_mount_setattr, dir, path, flags, attr, sizeof(*attr)));
}

static inline int sys_fsopen(const char *type)
{
	return sys_result(syscall(ABI_SYS_fsopen, type, ABI_FSOPEN_CLOEXEC));
}

static inline int sys_fsconfig(int context, unsigned command, const char *key, const void *value, int aux)
{
	return sys_result(again_fsconfig(context, command, key, value, aux));
}

static inline int sys_fsmount(int context, uint64_t attributes)
{
	return sys_result(syscall(ABI_SYS_fsmount, context, ABI_FSMOUNT_CLOEXEC, (unsigned)attributes));
}

static inline int sys_fspick(int dir, const char *path, unsigned flags)
{
	return sys_result(syscall(ABI_SYS_fspick, dir, path, flags | ABI_FSPICK_CLOEXEC));
}
