/* Paths resolved part by part, for where openat2(2) is forbidden (rule B.2.7). */
#include "kern/path.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/mount.h"
#include "kern/sys.h"

#define WALK_DEPTH 256 /* directories kept open for "..": deeper is -ENAMETOOLONG, here and not with openat2 */
#define WALK_LINKS 40  /* the kernel's own budget */
#define PROC_ROOT_INODE 1

struct walk {
	int root;
	int flags, how;
	uint64_t mount;         /* PATH_NO_XDEV: the root's mount id */
	int stack[WALK_DEPTH];  /* the directories from below the root down to where we are, ours */
	int depth;
	int links;
	char text[2 * 4096];    /* what is still to be resolved, at its end */
	char *rest;
	char name[256];
};

static int here(const struct walk *w)
{
	return w->depth ? w->stack[w->depth - 1] : w->root;
}

static void climb(struct walk *w, int depth)
{
	while (w->depth > depth)
		close(w->stack[--w->depth]);
}

/* Takes the next part into w->name. 1, 0: there is none, or -errno. */
static int next_part(struct walk *w)
{
	w->rest += strspn(w->rest, "/");
	size_t length = strcspn(w->rest, "/");
	if (!length)
		return 0;
	if (length >= sizeof(w->name))
		return -ENAMETOOLONG;
	memcpy(w->name, w->rest, length);
	w->name[length] = '\0';
	w->rest += length;
	return 1;
}

/* Only the links that lie directly in the root of a procfs are plain text ("self", "mounts", "net"); all others may be magic. */
static bool is_magic(const struct walk *w, int link)
{
	struct statfs fs;
	struct stat directory;

	if (again_fstatfs(link, &fs) < 0)
		return true;
	if (fs.f_type != ABI_PROC_SUPER_MAGIC)
		return false;
	return fstat(here(w), &directory) < 0 || directory.st_ino != PROC_ROOT_INODE;
}

/* Puts the link's text in front of what is left. */
static int follow(struct walk *w, int link)
{
	size_t room = (size_t)(w->rest - w->text);

	if ((w->how & PATH_NO_SYMLINKS) || is_magic(w, link) || ++w->links > WALK_LINKS)
		return -ELOOP;
	ssize_t length = readlinkat(link, "", w->text, room);
	if (length < 0)
		return -errno;
	if (length == 0)
		return -ENOENT;
	if ((size_t)length == room)
		return -ENAMETOOLONG;
	w->rest -= length;
	memmove(w->rest, w->text, (size_t)length);
	if (*w->rest == '/')
		climb(w, 0);
	return 0;
}

static int check_mount(const struct walk *w, int fd)
{
	uint64_t id;
	int r = w->how & PATH_NO_XDEV ? mount_id(fd, &id) : 0;
	if (r < 0)
		return r;
	return (w->how & PATH_NO_XDEV) && id != w->mount ? -EXDEV : 0;
}

/* The end of the path is no directory. */
static int finish(const struct walk *w, int *child)
{
	if (w->flags & O_DIRECTORY)
		return -ENOTDIR;
	if (w->flags & O_PATH)
		return take_fd(child);
	int fd = again_openat(here(w), w->name, w->flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

enum step { STEP_ON = -10000 }; /* no errno */

/* Goes one part on. STEP_ON, or the result. */
static int step(struct walk *w)
{
	struct stat file;

	if (!strcmp(w->name, "."))
		return STEP_ON;
	if (!strcmp(w->name, "..")) {
		climb(w, w->depth ? w->depth - 1 : 0);
		return STEP_ON;
	}
	bool last = !w->rest[0]; /* a '/' after it makes a link be followed and wants a directory */
	_cleanup_fd int child = again_openat(here(w), w->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (child < 0 || fstat(child, &file) < 0)
		return -errno;
	int r = check_mount(w, child);
	if (r < 0)
		return r;
	if (S_ISLNK(file.st_mode)) {
		if (last && (w->flags & O_NOFOLLOW))
			return w->flags & O_PATH ? finish(w, &child) : -ELOOP;
		r = follow(w, child);
		return r < 0 ? r : STEP_ON;
	}
	if (!S_ISDIR(file.st_mode))
		return last ? finish(w, &child) : -ENOTDIR;
	if (w->depth == WALK_DEPTH)
		return -ENAMETOOLONG;
	w->stack[w->depth++] = take_fd(&child);
	return STEP_ON;
}

static int walk(struct walk *w)
{
	for (;;) {
		int r = next_part(w);
		if (r < 0)
			return r;
		if (r == 0)
			break;
		r = step(w);
		if (r != STEP_ON)
			return r;
	}
	int fd = again_openat(here(w), ".", (w->flags & ~O_NOFOLLOW) | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int path_walk(int root, const char *path, int flags, int how)
{
	struct walk w;
	size_t length = strlen(path);

	if (!length)
		return -ENOENT;
	if (length >= 4096)
		return -ENAMETOOLONG;
	w.root = root;
	w.flags = flags;
	w.how = how;
	w.depth = w.links = 0;
	w.rest = w.text + sizeof(w.text) - length - 1;
	memcpy(w.rest, path, length + 1);
	int r = how & PATH_NO_XDEV ? mount_id(root, &w.mount) : 0;
	if (r == 0)
		r = walk(&w);
	climb(&w, 0);
	return r;
}
