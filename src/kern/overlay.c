/* Overlays, layer by layer, by the new mount API. */
#include "kern/overlay.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/mount.h"
#include "kern/overlay_parts.h"
#include "kern/path.h"
#include "kern/sys.h"

/* Host paths, resolved as from "/", wherever that is; a magic link is refused like everywhere (rule B.1.5). */
int overlay_layer(const char *path)
{
	_cleanup_fd int slash = again_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return slash < 0 ? -errno : path_open(slash, path, O_PATH | O_DIRECTORY, 0);
}

int overlay_tmpfs(void)
{
	_cleanup_fd int context = mount_context("tmpfs");
	if (context < 0)
		return context;
	int r = mount_parameter(context, "mode", "0700");
	return r < 0 ? r : mount_make(context, ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV);
}

/* The root of an overlay looks like its topmost layer, so a fresh upper directory takes the looks of the one it covers. */
int overlay_fresh_upper(int tmpfs, int top)
{
	struct stat looks;

	if (again_mkdirat(tmpfs, "work", 0700) < 0 || again_mkdirat(tmpfs, "upper", 0700) < 0 || fstat(top, &looks) < 0)
		return -errno;
	if (fchownat(tmpfs, "upper", looks.st_uid, looks.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(tmpfs, "upper", looks.st_mode & 07777, 0) < 0)
		return -errno;
	return 0;
}

/* A layer is named by its descriptor: what was opened is what is used, and no host path shows in the container's mountinfo. */
static int add_directory(int context, const char *key, int fd)
{
	char name[32];
	format(name, sizeof(name), "/proc/self/fd/%d", fd);
	return mount_parameter(context, key, name);
}

static int add_path(int context, const char *key, const char *path)
{
	_cleanup_fd int fd = overlay_layer(path);
	return fd < 0 ? fd : add_directory(context, key, fd);
}

static int add_below(int context, const char *key, int dir, const char *name)
{
	_cleanup_fd int fd = again_openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : add_directory(context, key, fd);
}

/* `*tmpfs` must stay open until the overlay is made: closing it takes the mount out of its namespace of one, and then the kernel
 * does not take layers from it. */
static int add_ephemeral(int context, const char *topmost, int *tmpfs)
{
	_cleanup_fd int top = overlay_layer(topmost);
	if (top < 0)
		return top;
	*tmpfs = overlay_tmpfs();
	if (*tmpfs < 0)
		return *tmpfs;
	int r = overlay_fresh_upper(*tmpfs, top);
	if (r == 0)
		r = add_below(context, "upperdir", *tmpfs, "upper");
	return r < 0 ? r : add_below(context, "workdir", *tmpfs, "work");
}

static int add_all(int context, const struct overlay *o, int *tmpfs, struct overlay_fault *fault)
{
	int r = mount_parameter(context, "source", "overlay");

	for (size_t i = 0; i < o->lower_count && r == 0; i++) {
		fault->what = o->lower[i];
		r = add_path(context, "lowerdir+", o->lower[i]);
	}
	if (r == 0 && o->ephemeral) {
		fault->what = NULL;
		r = add_ephemeral(context, o->lower[0], tmpfs);
	} else if (r == 0 && o->upper) {
		fault->what = o->upper;
		r = add_path(context, "upperdir", o->upper);
		if (r == 0) {
			fault->what = o->work;
			r = add_path(context, "workdir", o->work);
		}
	}
	for (size_t i = 0; i < o->parameter_count && r == 0; i++) {
		fault->what = o->parameters[i].key;
		r = mount_parameter(context, o->parameters[i].key, o->parameters[i].value);
	}
	return r;
}

int overlay_open(const struct overlay *overlay, struct overlay_fault *fault)
{
	*fault = (struct overlay_fault){ 0 };
	_cleanup_fd int tmpfs = -1;
	_cleanup_fd int context = mount_context("overlay");
	if (context < 0)
		return context;
	int r = add_all(context, overlay, &tmpfs, fault);
	if (r == 0) {
		fault->what = NULL;
		r = mount_make(context, 0);
	}
	if (r < 0)
		mount_words(context, fault->words);
	return r;
}
