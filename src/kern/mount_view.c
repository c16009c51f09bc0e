/* The host's mounts with their flags locked, made and used by children that live for a moment. */
#include "kern/mount_view.h"

#include <errno.h>
#include <fcntl.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/momentary.h"
#include "kern/mount.h"
#include "kern/namespaces.h"

static int make(void *data)
{
	struct mount_view *view = data;
	int r = namespace_unshare(ABI_CLONE_NEWUSER | ABI_CLONE_NEWNS);

	if (r < 0)
		return r;
	view->root = again_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	view->users = again_openat(view->root, "proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	view->mounts = view->users < 0 ? -1 : again_openat(view->root, "proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return view->mounts < 0 ? -errno : 0;
}

int mount_view_open(struct mount_view *view)
{
	*view = (struct mount_view){ -1, -1, -1 };
	int r = momentary(make, view);
	if (r < 0)
		mount_view_close(view);
	return r;
}

void mount_view_close(struct mount_view *view)
{
	close_fd(&view->root);
	close_fd(&view->users);
	close_fd(&view->mounts);
}

struct wanted {
	const struct mount_view *view;
	int fd, how;
};

/* Cloning is for those inside (check_mnt in the kernel), and the detached clone outlives them. */
static int clone_inside(void *data)
{
	const struct wanted *wanted = data;
	int r = namespace_join(wanted->view->users, ABI_CLONE_NEWUSER);
	if (r == 0)
		r = namespace_join(wanted->view->mounts, ABI_CLONE_NEWNS);
	return r < 0 ? r : mount_clone(wanted->fd, "", wanted->how);
}

int mount_view_clone(const struct mount_view *view, int fd, int how)
{
	return momentary(clone_inside, &(struct wanted){ .view = view, .fd = fd, .how = how });
}
