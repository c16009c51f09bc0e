/* A mount namespace with hardly a mount in it, to be copied where the host has many: to copy those and to take them apart again costs
 * some 0.8 us for each. -errno everywhere. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* How many mounts our own namespace has; `most` of them or more are told as `most`, which is 4096 at most. 0: the kernel does not say
 * (listmount(2), Linux 6.8). */
size_t mounts_counted(size_t most);

/* The one that kdevtmpfs has, a thread of the kernel, since it makes devtmpfs its root there. It is never left, nobody else is in it, and
 * no mount of the host's comes into it. `last` is the last process id to look at; -ENOENT: it is not among those, or not to be seen. */
int few_mounts_open(int procfs, pid_t last);

/* Our mount namespace becomes a copy of that one; of our own, if that may not be entered. In a process of one thread, whose working
 * directory and root then are the copy's. */
int few_mounts_copy(int fd);
