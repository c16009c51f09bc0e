/* Handles on procfs that cannot be fooled by what is mounted over it (rule B.4). -errno everywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The host's /proc, verified: procfs, and its root. O_PATH. */
int procfs_host(void);

/* The same, opened once and kept to the end: not the caller's to close. */
int procfs_kept(void);

/* A procfs of our own that is mounted nowhere, with process directories alone (subset=pid). */
int procfs_private(void);

/* Opens `path` below a handle of procfs: no link followed out of it, nothing mounted over it. Close-on-exec. */
int procfs_open(int procfs, const char *path, int flags);

/* Opens, writes `value` in one write(2), closes. */
int procfs_write(int procfs, const char *path, const char *value);

/* A context (kern/mount.h) for a procfs that shows the pid namespace behind `pid_namespace`, which others are in. Up to Linux 6.17 a
 * process of ours is in there for a moment, and who may trace there can have the procfs be another one of his, but no more than that.
 * `pivots`: pivot_root(2) works here. The caller's fd. -ETIMEDOUT: somebody holds that process; -ECANCELED: it was killed; -EBADMSG: what
 * it gave is no procfs's; -EAGAIN, -EUSERS: no room for a process, or for its mount namespace. */
int procfs_context(int pid_namespace, bool pivots);
