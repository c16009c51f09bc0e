/* libFuzzer: paths through a small tree, as kern/path_walk.c resolves them, as openat2(2) does, and as a model in memory does that knows
 * names alone: the same object or the same refusal, and never anything outside. What is made then lies inside, too (rules B.2.2 to
 * B.2.8). */
#include <dirent.h>
#include <errno.h>
#include "fuzz.h"
#include "kern/path.h"

#define NODES_MOST 20
#define LINKS_MOST 40
#define PATH_SIZE 512

static const char *const names[] = {
	"a", "b", "a", "b", "c", "...", "..a", "outside", "secret", "\xff\xfe\n", ".b",
};
static const char *const parts[] = {
	"a", "b", "a", "b", "c", "...", "..a", "outside", "secret", "\xff\xfe\n", ".b", "..", "..", "..", ".", "/", "missing",
};

enum kind { DIRECTORY, FILE_, FIFO, LINK };

static struct node {
	enum kind kind;
	unsigned parent;
	const char *name;
	char target[PATH_SIZE];
	ino_t inode;
	int fd;               /* of a directory */
} nodes[NODES_MOST];
static unsigned count;
static int root = -1, outside = -1;
static ino_t secret;

/* ---- the tree, in memory and on disk ---- */

static ino_t inode_of(int dir, const char *name)
{
	struct stat info;

	must(fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) == 0);
	return info.st_ino;
}

static void set_up(void)
{
	if (root >= 0)
		return;
	must(mkdirat(own_directory(), "root", 0755) == 0 && mkdirat(own_directory(), "outside", 0755) == 0);
	root = openat(own_directory(), "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	outside = openat(own_directory(), "outside", O_PATH | O_DIRECTORY | O_CLOEXEC);
	put_file(outside, "secret", "secret", 6);
	secret = inode_of(outside, "secret");
}

static int child(unsigned parent, const char *name)
{
	for (unsigned i = 1; i < count; i++)
		if (nodes[i].parent == parent && strcmp(nodes[i].name, name) == 0)
			return (int)i;
	return -1;
}

static size_t add_part(char *to, size_t length, const char *part)
{
	if (length + strlen(part) + 3 > PATH_SIZE)
		return length;
	return length + (size_t)sprintf(to + length, "%s%s", length && to[length - 1] != '/' ? "/" : "", part);
}

static size_t add_node(char *to, size_t length, unsigned node)
{
	if (node)
		length = add_part(to, add_node(to, length, nodes[node].parent), nodes[node].name);
	return length;
}

/* Some parts, often behind the name of something there is. */
static void take_path(struct input *in, char to[PATH_SIZE])
{
	unsigned shape = take_byte(in), count_of_parts = shape >> 2 & 3;
	size_t length = (size_t)sprintf(to, "%s", shape & 1 ? "/" : "");

	if (shape & 0x30)
		length = add_node(to, length, take_below(in, count));
	else
		count_of_parts++;
	for (; count_of_parts; count_of_parts--)
		length = add_part(to, length, parts[take_below(in, array_length(parts))]);
	if (shape & 2)
		sprintf(to + length, "/");
}

static void make_node(struct input *in)
{
	struct node *node = &nodes[count];
	unsigned wanted = take_byte(in);
	int made = -1;

	*node = (struct node){ .kind = (enum kind)(wanted % 4), .parent = take_below(in, count), .fd = -1 };
	node->name = names[take_below(in, array_length(names))];
	if (wanted & 0x80)
		node->kind = LINK;
	if (nodes[node->parent].kind != DIRECTORY || child(node->parent, node->name) >= 0)
		return;
	int at = nodes[node->parent].fd;
	switch (node->kind) {
	case DIRECTORY:
		made = mkdirat(at, node->name, 0755);
		node->fd = openat(at, node->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		break;
	case FILE_:
		made = mknodat(at, node->name, S_IFREG | 0644, 0);
		break;
	case FIFO:
		made = mknodat(at, node->name, S_IFIFO | 0644, 0);
		break;
	case LINK:
		take_path(in, node->target);
		if (!node->target[0])
			return;
		made = symlinkat(node->target, at, node->name);
		break;
	}
	must(made == 0);
	node->inode = inode_of(at, node->name);
	count++;
}

static void clear(int dir)
{
	int list = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fdopendir(list);

	must(entries);
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(dir, entry->d_name, 0) == 0)
			continue;
		_cleanup_fd int below = openat(dir, entry->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		must(below >= 0);
		clear(below);
		must(unlinkat(dir, entry->d_name, AT_REMOVEDIR) == 0);
	}
	closedir(entries);
}

/* ---- the model: the node's number, or -errno ---- */

struct asked { int flags, how; unsigned links; };

static int resolve(struct asked *asked, unsigned from, const char *path, bool outermost)
{
	unsigned at = *path == '/' ? 0 : from;

	while (*(path += strspn(path, "/"))) {
		size_t length = strcspn(path, "/");
		char name[256];
		must(length < sizeof(name));
		memcpy(name, path, length);
		name[length] = '\0';
		path += length;
		if (nodes[at].kind != DIRECTORY)
			return -ENOTDIR;
		if (!strcmp(name, "."))
			continue;
		if (!strcmp(name, "..")) {
			at = nodes[at].parent; /* the root's is the root */
			continue;
		}
		int next = child(at, name);
		if (next < 0)
			return -ENOENT;
		bool last = !*path;
		if (nodes[next].kind == LINK && last && outermost && (asked->flags & O_NOFOLLOW))
			return asked->flags & O_PATH ? next : -ELOOP;
		if (nodes[next].kind == LINK) {
			if ((asked->how & PATH_NO_SYMLINKS) || ++asked->links > LINKS_MOST)
				return -ELOOP;
			next = resolve(asked, at, nodes[next].target, false);
			if (next < 0)
				return next;
		}
		at = (unsigned)next;
		if (*path && nodes[at].kind != DIRECTORY)
			return -ENOTDIR;
	}
	return (int)at;
}

static int by_model(const char *path, int flags, int how)
{
	struct asked asked = { flags, how, 0 };
	int r = *path ? resolve(&asked, 0, path, true) : -ENOENT;

	return r >= 0 && (flags & O_DIRECTORY) && nodes[r].kind != DIRECTORY ? -ENOTDIR : r;
}

/* ---- the comparison ---- */

static void compare(const char *path, int flags, int how)
{
	int wanted = by_model(path, flags, how);
	struct stat info;

	if (!(flags & O_PATH) && wanted >= 0 && nodes[wanted].kind == FIFO) /* would block */
		return;
	for (int which = 0; which < 2; which++) {
		_cleanup_fd int fd = which ? path_walk(root, path, flags, how) : path_open(root, path, flags, how);
		if (fd == -EAGAIN) /* openat2 meets renames elsewhere in the system, and gives up in the end (rule B.2.3) */
			continue;
		if (wanted < 0 ? fd != wanted : fd < 0)
			fprintf(stderr, "'%s' flags %#o how %d: %s says %d, the model %d\n", path, (unsigned)flags, how,
				which ? "the walker" : "openat2", fd, wanted);
		must(wanted < 0 ? fd == wanted : fd >= 0);
		if (fd < 0)
			continue;
		must(fstat(fd, &info) == 0 && info.st_ino != secret);
		must(info.st_ino == nodes[wanted].inode);
		must(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
}

/* Upwards from a directory: the root is met, and nothing else ends the way. */
static void must_be_inside(int dir)
{
	int at = fcntl(dir, F_DUPFD_CLOEXEC, 3);

	for (int i = 0; i < 64; i++) {
		struct stat info;
		must(at >= 0 && fstat(at, &info) == 0);
		if (info.st_ino == nodes[0].inode) {
			close(at);
			return;
		}
		int above = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = above;
	}
	must(!"below the root");
}

static void make(struct input *in)
{
	char path[PATH_SIZE];
	const char *name;
	struct stat before, after;

	must(fstat(outside, &before) == 0);
	take_path(in, path);
	_cleanup_fd int dir = path_directory(root, path, 0755);
	if (dir >= 0)
		must_be_inside(dir);
	take_path(in, path);
	_cleanup_fd int parent = path_parent(root, path, 0755, &name);
	if (parent >= 0)
		must_be_inside(parent);
	_cleanup_fd int file = path_file(root, path, 0644);
	if (file >= 0)
		must(fstat(file, &after) == 0 && after.st_ino != secret);
	must(fstat(outside, &after) == 0 && memcmp(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int flags[] = { O_PATH, O_PATH | O_DIRECTORY, O_PATH | O_NOFOLLOW, O_RDONLY, O_RDONLY | O_NOFOLLOW,
		O_PATH | O_NOFOLLOW | O_DIRECTORY };
	struct input in = { data, size };
	char path[PATH_SIZE];

	set_up();
	nodes[0] = (struct node){ .kind = DIRECTORY, .fd = root, .inode = inode_of(own_directory(), "root") };
	count = 1;
	for (unsigned i = 1 + take_below(&in, 32); i && count < NODES_MOST; i--)
		make_node(&in);
	while (in.size > 2) {
		unsigned how = take_byte(&in);
		take_path(&in, path);
		compare(path, flags[how % array_length(flags)], how & 0x80 ? PATH_NO_SYMLINKS : 0);
		compare(path, flags[how % array_length(flags)], how & 0x40 ? PATH_NO_XDEV : 0);
		if (how & 0x20)
			break;
	}
	make(&in);
	for (unsigned i = 1; i < count; i++)
		close_fd(&nodes[i].fd);
	clear(root);
	return 0;
}
