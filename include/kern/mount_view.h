/* A second view of the host's mounts, in which their flags are locked: what is cloned from it can be handed to a user namespace.
 *
 * A mount namespace that is copied for another user namespace has the flags of all its mounts locked (mount_namespaces(7)): nobody
 * takes ro, nosuid, nodev or noexec away again, and mounts below others stay there. A tree cloned from the host's own namespace
 * has no such locks, and root of a user namespace with CAP_SYS_ADMIN could undo what the host's administrator has set (rule B.3.9).
 * -errno everywhere. */
#pragma once

struct mount_view {
	int root;    /* "/" in the view, O_PATH: paths are opened below it with our own rights */
	int users, mounts;
};

int mount_view_open(struct mount_view *view);
void mount_view_close(struct mount_view *view);

/* A detached clone of what `fd`, opened below view->root, stands for. -EINVAL also if it is not recursive and something is mounted
 * below: the kernel does not uncover what a mount hides. The caller's fd. */
int mount_view_clone(const struct mount_view *view, int fd, int how);
