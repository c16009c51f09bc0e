/* The cargo: every source opened on the host's side as a detached tree, before the first target is touched, and sent to init in
 * order (rule B.3.1, CVE-2021-30465). In batches, so that the number of mounts does not meet the limit on open files (case C55). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <time.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "kern/message.h"
#include "kern/mount.h"
#include "run/idmap.h"
#include "run/root.h"
#include "run/source.h"
#include "run/stage.h"
#include "run/talk.h"

#define PROC_ROOT_INODE 1

struct cargo {
	struct stage *stage;
	struct sources sources;
	int container_ids;      /* the container's user namespace for id-mapped mounts, -1: not needed yet */
	size_t most;            /* trees in one message */
	size_t count;
	int trees[MESSAGE_FDS_MOST];
};

/* Several of us may run side by side on few descriptors: a batch takes at most a quarter. */
static size_t batch_size(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 4 >= MESSAGE_FDS_MOST)
		return MESSAGE_FDS_MOST;
	return limit.rlim_cur < 4 ? 1 : limit.rlim_cur / 4;
}

static void drop(struct cargo *cargo)
{
	while (cargo->count)
		close(cargo->trees[--cargo->count]);
}

/* An ordinary user may have so many descriptors on their way, of all his processes together, as one may have open (unix(7)). init takes
 * what is sent while we go on; so do those that others of his wait for. No descriptor tells when there is room: hence the pauses. */
static int send_patiently(int socket, const uint32_t *count, const int *trees)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const int64_t deadline = clock_ms() + TALK_ANSWER_MS;
	int r;

	while ((r = message_send(socket, count, sizeof(*count), trees, *count)) == -ETOOMANYREFS && clock_ms() < deadline)
		nanosleep(&pause, NULL);
	return r;
}

static int send_batch(struct cargo *cargo, struct error *error)
{
	uint32_t count = (uint32_t)cargo->count;

	if (!count)
		return 0;
	int r = send_patiently(cargo->stage->cargo, &count, cargo->trees);
	drop(cargo);
	if (r == -EAGAIN)
		return talk_unanswered(error);
	return r < 0 ? fail(error, -r, "cannot send the trees to be mounted to init") : 0;
}

/* Takes the tree over. */
static int add_tree(struct cargo *cargo, int tree, struct error *error)
{
	cargo->trees[cargo->count++] = tree;
	return cargo->count < cargo->most ? 0 : send_batch(cargo, error);
}

/* ---- id maps ---- */

/* A joined one is asked of the container's init where that runs already. */
static int container_ids(struct cargo *cargo, const struct plan_id_map *map)
{
	const struct stage *stage = cargo->stage;
	char path[40];

	if (stage->plan->namespaces.of[PLAN_NS_USER].mode != NS_JOIN)
		return idmap_namespace(stage->procfs, map->uid_map, map->gid_map);
	format(path, sizeof(path), "%d/ns/user", (int)stage->record.pid);
	int fd = stage->joined_user >= 0 ? fcntl(stage->joined_user, F_DUPFD_CLOEXEC, 3)
					 : again_openat(stage->procfs, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int map_ids(struct cargo *cargo, const struct plan_mount *m, int tree, struct error *error)
{
	const struct plan_id_map *map = m->id_map;
	int how = map->recursive ? MOUNT_RECURSIVE : 0;
	_cleanup_fd int own = -1;

	if (m->id_map_container && cargo->container_ids < 0)
		cargo->container_ids = container_ids(cargo, map);
	if (!m->id_map_container)
		own = idmap_namespace(cargo->stage->procfs, map->uid_map, map->gid_map);
	int ids = m->id_map_container ? cargo->container_ids : own;
	if (ids < 0)
		return fail_at(error, &map->at, -ids, "cannot make the user namespace for the id map of '%s'", m->target);
	int r = mount_idmap(tree, ids, how);
	if (r == -EINVAL || r == -ENOSYS)
		return fail_at(error, &map->at, -r,
			       "cannot map the ids of '%s': its file system has no support for id-mapped mounts in this kernel",
			       m->source);
	if (r == -EPERM)
		return fail_at(error, &map->at, -r, "cannot map the ids of '%s': they are mapped already, or its file system is not the "
			       "runtime's own (id-mapped mounts are not supported for rootless containers)", m->source);
	return r < 0 ? fail_at(error, &map->at, -r, "cannot map the ids of '%s'", m->source) : 0;
}

/* ---- trees ---- */

/* What is bound belongs to the host's peer groups, as it was cloned from there. It stays so only where that was asked for. */
static int set_propagation(const struct stage *stage, const struct plan_mount *m, int tree, struct error *error)
{
	uint64_t flag = stage->plan->root.host_propagation;

	for (size_t i = 0; i < m->propagation_count; i++)
		if (m->propagation[i].flag == ABI_MS_SHARED)
			flag = ABI_MS_SHARED;
	int r = flag == ABI_MS_SHARED ? 0 : mount_propagation(tree, flag, MOUNT_RECURSIVE);
	return r < 0 ? fail_at(error, &m->at, -r, "cannot cut '%s' off from the host's mounts", m->source) : 0;
}

static int check_procfs(const struct plan_mount *m, int tree, struct error *error)
{
	struct statfs fs;
	struct stat root;

	if (again_fstatfs(tree, &fs) == 0 && fstat(tree, &root) == 0 && fs.f_type == ABI_PROC_SUPER_MAGIC &&
	    root.st_ino == PROC_ROOT_INODE)
		return 0;
	return fail_at(error, &m->at, 0, "\"%s\" cannot be mounted because it is not of type proc: '%s' is something else",
		       m->target, m->source);
}

static int open_bind(struct cargo *cargo, const struct plan_mount *m, struct error *error)
{
	_cleanup_fd int tree = sources_clone(&cargo->sources, m->source, 0, m->recursive ? MOUNT_RECURSIVE : 0);
	if (tree == -EINVAL && cargo->sources.locked && !m->recursive)
		return fail_at(error, &m->at, -tree,
			       "cannot bind '%s' alone into a user namespace, something is mounted below it: use rbind", m->source);
	if (tree < 0)
		return fail_at(error, &m->at, -tree, "failed to fulfil mount request: cannot open '%s'", m->source);
	if (m->procfs_only)
		try(check_procfs(m, tree, error));
	if (m->id_map)
		try(map_ids(cargo, m, tree, error));
	try(set_propagation(cargo->stage, m, tree, error));
	return take_fd(&tree);
}

/* Where `start` will make the socket on which the program tells that it is ready. */
static int open_readiness(struct cargo *cargo, const struct plan_mount *m, struct error *error)
{
	const struct stage *stage = cargo->stage;
	const char *path = arena_printf(stage->arena, "%s/%s/%s", stage->state.root_path, stage->plan->id, m->source);
	_cleanup_fd int tree = sources_clone(&cargo->sources, path, O_NOFOLLOW, 0);

	if (tree < 0)
		return fail(error, -tree, "cannot clone the directory for NOTIFY_SOCKET");
	/* Whatever the root's is: what the container mounts on it would be mounted in the state directory. */
	int r = mount_propagation(tree, ABI_MS_PRIVATE, 0);
	if (r < 0)
		return fail(error, -r, "cannot cut the directory for NOTIFY_SOCKET off from the host's");
	return take_fd(&tree);
}

/* Without a cgroup namespace of its own the container sees the host's names in /proc/self/cgroup: the v2 tree that fits them is
 * the whole one, as a fresh mount would show it. */
static int open_cgroup(const struct stage *stage, const struct plan_mount *m, bool whole, struct error *error)
{
	_cleanup_fd int tree = cgroup_tree(&stage->plan->cgroup, m->cgroup, whole, error);
	if (tree < 0)
		return -1;
	int r = mount_propagation(tree, ABI_MS_PRIVATE, MOUNT_RECURSIVE);
	if (r < 0)
		return fail_at(error, &m->at, -r, "cannot cut the cgroup tree for '%s' off from the host's", m->target);
	return take_fd(&tree);
}

static bool shares_cgroups(const struct plan *plan)
{
	const struct plan_namespace *cgroup = &plan->namespaces.of[PLAN_NS_CGROUP];
	return cgroup->mode == NS_INHERIT || cgroup->own;
}

static int open_tree_of(struct cargo *cargo, const struct plan_mount *m, struct error *error)
{
	const struct stage *stage = cargo->stage;
	int tree = -1;

	switch (m->tree) {
	case TREE_NONE:
		break;
	case TREE_BIND:
		tree = open_bind(cargo, m, error);
		break;
	case TREE_OVERLAY:
		tree = root_open_overlay(m->overlay, &m->at, stage->arena, error);
		break;
	case TREE_READINESS:
		tree = open_readiness(cargo, m, error);
		break;
	case TREE_CGROUP:
		tree = open_cgroup(stage, m, shares_cgroups(stage->plan), error);
		break;
	}
	return tree;
}

static int load_mount(struct cargo *cargo, const struct plan_mount *m, struct error *error)
{
	if (m->tree == TREE_NONE)
		return 0;
	int tree = open_tree_of(cargo, m, error);
	return tree < 0 ? -1 : add_tree(cargo, tree, error);
}

/* Of the legacy hierarchies, only the container's own directories. */
static int load_inside(struct cargo *cargo, const struct plan_mount *m, struct error *error)
{
	for (size_t i = 0; i < m->inside_count; i++) {
		int tree = open_cgroup(cargo->stage, &m->inside[i], false, error);
		if (tree < 0)
			return -1;
		try(add_tree(cargo, tree, error));
	}
	return 0;
}

/* ---- device nodes ---- */

static bool is_node(int fd, const struct plan_device *device)
{
	struct stat node;
	return fstat(fd, &node) == 0 && (node.st_mode & S_IFMT) == (device->mode & S_IFMT) &&
	       node.st_rdev == makedev(device->major, device->minor);
}

/* What keeps us from opening anything says nothing about the device. */
static int node_refusal(int code)
{
	static const int ours[] = { EMFILE, ENFILE, ENOMEM };

	for (size_t i = 0; i < array_length(ours); i++)
		if (code == ours[i])
			return -code;
	return -ENODEV;
}

static int open_if_node(const char *path, const struct plan_device *device)
{
	_cleanup_fd int fd = source_open(path, 0);
	if (fd < 0)
		return node_refusal(-fd);
	return is_node(fd, device) ? take_fd(&fd) : -ENODEV;
}

/* What devtmpfs calls it, as the kernel tells udev (sysfs(5)). */
static int open_by_kernels_name(const char *kind, const struct plan_device *device)
{
	char path[64], event[4096], name[300];

	format(path, sizeof(path), "/sys/dev/%s/%u:%u/uevent", kind, device->major, device->minor);
	ssize_t length = file_read(AT_FDCWD, path, event, sizeof(event));
	const char *at = length > 0 ? strstr(event, "DEVNAME=") : NULL;
	if (!at)
		return node_refusal((int)-length);
	at += strlen("DEVNAME=");
	format(name, sizeof(name), "/dev/%.*s", (int)strcspn(at, "\n"), at);
	return open_if_node(name, device);
}

/* The host's node of the same path; else the one its numbers lead to, by udev's links or without them. */
static int open_node(const struct plan_device *device)
{
	const char *kind = S_ISBLK(device->mode) ? "block" : "char";
	char by_number[64];

	format(by_number, sizeof(by_number), "/dev/%s/%u:%u", kind, device->major, device->minor);
	int fd = open_if_node(device->path, device);
	if (fd == -ENODEV)
		fd = open_if_node(by_number, device);
	return fd == -ENODEV ? open_by_kernels_name(kind, device) : fd;
}

static int load_device(struct cargo *cargo, const struct plan_device *device, struct error *error)
{
	_cleanup_fd int node = open_node(device);
	if (node < 0)
		return fail_at(error, &device->at, -node, node == -ENODEV ? "the host has no device %u:%u to bind at '%s'" :
			       "cannot open the host's device %u:%u, to bind it at '%s'", device->major, device->minor, device->path);
	int tree = mount_clone(node, "", 0);
	int r = tree < 0 ? tree : mount_propagation(tree, ABI_MS_PRIVATE, 0);
	if (r < 0) {
		close_fd(&tree);
		return fail_at(error, &device->at, -r, "cannot clone the mount of the device '%s'", device->path);
	}
	return add_tree(cargo, tree, error);
}

static int load_all(struct cargo *cargo, struct error *error)
{
	const struct plan_mounts *mounts = &cargo->stage->plan->mounts;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct plan_mount *m = &mounts->items[i];
		struct trace_span *span = m->kind == MOUNT_TREE ? trace_begin(cargo->stage->trace, TRACE_SOURCE, (unsigned)i) : NULL;
		if (m->kind == MOUNT_TREE)
			try(trace_end(span, load_mount(cargo, m, error)));
		if (m->kind == MOUNT_CGROUP_V1)
			try(load_inside(cargo, m, error));
	}
	for (size_t i = 0; i < mounts->device_count; i++)
		if (mounts->devices[i].bind)
			try(load_device(cargo, &mounts->devices[i], error));
	return send_batch(cargo, error);
}

static int load(struct stage *stage, struct error *error)
{
	struct cargo cargo = { .stage = stage, .container_ids = -1, .most = batch_size() };
	const struct timeval limit = { .tv_sec = TALK_ANSWER_MS / 1000 };

	/* What one message holds never has to wait for init, which somebody may have frozen. */
	if (stage->plan->mounts.cargo >= cargo.most && setsockopt(stage->cargo, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return fail(error, errno, "cannot limit how long init may take");
	sources_begin(&cargo.sources, stage);
	int r = load_all(&cargo, error);
	drop(&cargo);
	sources_end(&cargo.sources);
	close_fd(&cargo.container_ids);
	close_fd(&stage->cargo);
	return r;
}

int host_cargo(struct stage *stage, struct error *error)
{
	return deputy_play(stage, &stage->deputy, load, -1, error);
}

int cargo_tree(struct stage *stage, const struct plan_mount *m, struct error *error)
{
	struct cargo cargo = { .stage = stage, .container_ids = -1 };
	sources_begin(&cargo.sources, stage);
	int tree = open_tree_of(&cargo, m, error);
	sources_end(&cargo.sources);
	close_fd(&cargo.container_ids);
	return tree;
}
