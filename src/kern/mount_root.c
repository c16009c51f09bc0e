/* Changing the root of a mount namespace. */
#include "kern/mount.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/number.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "kern/sys.h"

int mount_namespace_root(void)
{
	_cleanup_fd int self = pidfd_open(getpid());

	/* setns(2): whoever enters a mount namespace gets its root, also if it is the one that he is in already. */
	return self < 0 ? self : namespace_join(self, ABI_CLONE_NEWNS);
}

int mount_pivot(int root)
{
	_cleanup_fd int old = again_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0)
		return -errno;
	/* pivot_root(2): with "." twice the old root lies on top of the new one, and no directory is needed for it. */
	if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || fchdir(old) < 0)
		return -errno;
	/* What goes here must not go on the host. */
	int r = mount_propagation(old, ABI_MS_SLAVE, MOUNT_RECURSIVE);
	if (r < 0)
		return r;
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

int mount_move_root(int root)
{
	/* An attached mount is moved, as by MS_MOVE. ELOOP: it lies on "/" already. */
	int r = mount_attach_at(root, AT_FDCWD, "/");
	if (r < 0 && r != -ELOOP)
		return r;
	if (fchdir(root) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

/* ---- rule B.3.7: a visible full procfs or sysfs of the host lets a container mount fresh ones ---- */

#define LINE_MOST 4096 /* longer lines are passed over: they tell of overlays with many layers */

struct lines {
	int fd;
	size_t start, end;
	bool over;      /* the end of a line that was too long is skipped */
	char data[LINE_MOST];
};

/* The next line without its '\n', or NULL at the end. */
static char *next_line(struct lines *l)
{
	for (;;) {
		char *at = l->data + l->start;
		char *newline = memchr(at, '\n', l->end - l->start);
		if (newline) {
			bool skip = l->over;
			*newline = '\0';
			l->start = (size_t)(newline + 1 - l->data);
			l->over = false;
			if (!skip)
				return at;
			continue;
		}
		if (l->start == 0 && l->end == sizeof(l->data)) {
			l->over = true;
			l->end = 0;
		}
		memmove(l->data, at, l->end - l->start);
		l->end -= l->start;
		l->start = 0;
		ssize_t more = again_read(l->fd, l->data + l->end, sizeof(l->data) - l->end);
		if (more <= 0)
			return NULL;
		l->end += (size_t)more;
	}
}

/* mountinfo writes blank, tab, newline and backslash as \ooo. */
static bool is_octal(char c) { return c >= '0' && c <= '7'; }

static void unescape(char *text)
{
	char *to = text;
	for (const char *at = text; *at; at++) {
		if (at[0] == '\\' && is_octal(at[1]) && is_octal(at[2]) && is_octal(at[3])) {
			*to++ = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 3;
		} else {
			*to++ = *at;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 / /mnt rw,noatime shared:1 - ext3 /dev/root rw": the mount point of a whole procfs or sysfs, or NULL. */
static char *kernel_view(char *line, uint64_t *id)
{
	char *field[5] = { NULL }, *rest = line;

	for (int i = 0; i < 5; i++) {
		field[i] = rest;
		rest = strchr(rest, ' ');
		if (!rest)
			return NULL;
		*rest++ = '\0';
	}
	const char *type = rest;
	while (type && strncmp(type, " - ", 3) != 0)
		type = *type ? strchr(type + 1, ' ') : NULL;
	if (!type || (strncmp(type + 3, "proc ", 5) != 0 && strncmp(type + 3, "sysfs ", 6) != 0))
		return NULL;
	if (strcmp(field[3], "/") != 0 || number_u64(field[0], id) < 0)
		return NULL;
	unescape(field[4]);
	return field[4];
}

static bool below(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return strncmp(path, directory, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* Whether `path` leads to the mount `id` now: not for what lies under something else, nor for what only bears the same name. */
static bool leads_to(const char *path, uint64_t id)
{
	uint64_t found;
	_cleanup_fd int fd = again_open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && mount_id(fd, &found) == 0 && found == id;
}

static int cover(const char *path)
{
	_cleanup_fd int context = mount_context("tmpfs");
	if (context < 0)
		return context;
	int r = mount_parameter(context, "mode", "0000");
	_cleanup_fd int tree = r < 0 ? r : mount_make(context, ABI_MOUNT_ATTR_RDONLY);
	return tree < 0 ? tree : mount_attach_at(tree, AT_FDCWD, path);
}

/* One pass over the table. The number of views taken away, or -errno. */
static int drop_pass(int table, const char *keep)
{
	struct lines lines = { .fd = table };
	int dropped = 0;
	uint64_t id;

	if (lseek(table, 0, SEEK_SET) < 0)
		return -errno;
	for (char *line; (line = next_line(&lines));) {
		const char *path = kernel_view(line, &id);
		if (!path || (keep && below(path, keep)) || !leads_to(path, id))
			continue;
		if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0) {
			int r = cover(path);
			if (r < 0)
				return r;
		}
		dropped++;
	}
	return dropped;
}

int mount_drop_host_kernel_views(int root, const char *keep)
{
	uint64_t id;
	_cleanup_fd int table = again_open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (table < 0)
		return errno == ENOENT ? 0 : -errno;
	int r = mount_id(root, &id);

	if (r < 0)
		return r;
	if (!leads_to(keep, id))
		keep = NULL;
	/* What lay under the ones taken away comes to light. The table stays readable when /proc is gone. */
	for (int pass = 0; pass < 16; pass++) {
		r = drop_pass(table, keep);
		if (r <= 0)
			return r;
	}
	return 0;
}
