/* Paths inside a tree that may be hostile: resolved once, below a directory descriptor, to a descriptor (rules B.2.2 to B.2.7).
 *
 * `root` is the directory that "/", ".." and absolute links lead to; AT_FDCWD takes the working directory for it. Magic links (of
 * procfs) are never followed. All descriptors are close-on-exec and the caller's. -errno everywhere; -EAGAIN: the path was being
 * changed all the time. */
#pragma once

#include <sys/types.h>

enum path_how {
	PATH_NO_SYMLINKS = 1, /* no part of it may be a symbolic link: -ELOOP */
	PATH_NO_XDEV = 2,     /* nor lie on another mount than `root`: -EXDEV */
};

/* `flags` as for open(2), without O_CREAT and O_TMPFILE; mostly O_PATH. */
int path_open(int root, const char *path, int flags, int how);

/* The same without openat2(2), for where that is forbidden (old seccomp profiles answer ENOSYS or EPERM). Here for its test. */
int path_walk(int root, const char *path, int flags, int how);

/* Opens the directory (O_PATH), making what is missing of the path. A link to nowhere is -ELOOP: nothing is made behind it. */
int path_directory(int root, const char *path, mode_t mode);

/* Opens the directory the last part of `path` lies in (O_PATH), made if missing. `*name` points at that part, in `path`, which must
 * not end with '/'. -EISDIR if that part is empty, "." or "..". */
int path_parent(int root, const char *path, mode_t mode, const char **name);

/* Opens what is there (O_PATH), or makes an empty file. Existing files keep their content; a link to nowhere is -ELOOP. */
int path_file(int root, const char *path, mode_t mode);

/* Opens what an O_PATH descriptor stands for, with other flags, through a verified handle of procfs. For regular files and
 * directories only: -EINVAL for others, so that no FIFO blocks and no device is touched (rule B.2.5). */
int path_reopen(int procfs, int fd, int flags);
