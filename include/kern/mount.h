/* Mounts by descriptor: made or cloned detached, given their attributes, attached last (rules B.3.2 to B.3.4). -errno everywhere.
 *
 * A mount that was attached stays where it is when its descriptor is closed; a detached one vanishes with it. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "base/abi.h"

enum mount_how { MOUNT_RECURSIVE = 1 };

/* ---- trees ---- */

/* A detached clone of what lies at `path` below `dir`; "" is `dir` itself. The caller's fd, O_PATH. */
int mount_clone(int dir, const char *path, int how);

/* Attaches a detached mount on what the descriptor `target` stands for, or on a name below `dir` (links are not followed). */
int mount_attach(int tree, int target);
int mount_attach_at(int tree, int dir, const char *path);

/* MOUNT_ATTR_*. -EPERM: the flag is locked by a less privileged mount namespace's owner (rule B.3.9). */
int mount_attributes(int mount, uint64_t set, uint64_t clear, int how);

/* One of MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE. */
int mount_propagation(int mount, uint64_t flag, int how);

/* Maps the owners of a detached clone by a user namespace. -EINVAL: the file system cannot. */
int mount_idmap(int mount, int user_namespace, int how);

/* The mount a descriptor lies on. */
int mount_id(int fd, uint64_t *id);

/* Whether two descriptors stand for the same file of the same mount: 1, 0, or -errno. AT_FDCWD is the working directory. */
int mount_same_place(int one, int other);

/* statx(2) of the descriptor itself. */
int mount_statx(int fd, int flags, unsigned mask, struct abi_statx *to);

/* ---- new file systems ---- */

/* A context to set parameters in; the caller's fd. -ENODEV: no such type. */
int mount_context(const char *type);

/* A context to change what is mounted at `mount`. */
int mount_pick(int mount);

/* value NULL: a flag. At most 255 bytes. */
int mount_parameter(int context, const char *key, const char *value);

/* Makes the file system, detached. The caller's fd. */
int mount_make(int context, uint64_t attributes);

/* Puts the parameters set since mount_pick or mount_make into force. */
int mount_reconfigure(int context);

/* What the kernel has to say about the last failure: ": tmpfs: Bad value for 'size'", or an empty text. For error messages. */
#define MOUNT_WORDS 160
const char *mount_words(int context, char to[MOUNT_WORDS]);

/* ---- the root ---- */

/* Leaves a chroot: the root of the mount namespace becomes our root and working directory. */
int mount_namespace_root(void);

/* Makes `root`, a mount, the root of the mount namespace and of this process, lets the old one go, and enters "/". */
int mount_pivot(int root);

/* Moves `root`, a mount, over "/" and makes it the root by chroot(2), for a root that cannot be pivoted (an initramfs). */
int mount_move_root(int root);

/* Unmounts every procfs and sysfs of the host that a path leads to, or covers those that are locked (rule B.3.7). What lies on or
 * below `keep` (a path where the mount `root` may be attached) stays. */
int mount_drop_host_kernel_views(int root, const char *keep);
