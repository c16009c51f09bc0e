/* The container's side of the floor: mounts, masked paths, capabilities, filter, program. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "floor.h"
#include "floor_filter.h"

/* ---- mounts ---- */

/* Options are pairs of key and value, "" for a flag; NULL ends them. */
static int fs_make(const char *type, const char *const *options, unsigned attributes)
{
	int fs = (int)must(NR_fsopen, type, 1);

	for (; options && *options; options += 2)
		must(NR_fsconfig, fs, *options[1] ? CONFIG_STRING : CONFIG_FLAG, options[0], *options[1] ? options[1] : NULL, 0);
	must(NR_fsconfig, fs, CONFIG_CREATE, 0, 0, 0);
	int mount = (int)must(NR_fsmount, fs, 1, attributes);
	call(SYS_close, fs);
	return mount;
}

static void attach(int mount, const char *target)
{
	must(NR_move_mount, mount, "", AT_FDCWD, target, MOVE_EMPTY_FROM);
	call(SYS_close, mount);
}

static void fs_mount(const char *type, const char *target, const char *const *options, unsigned attributes)
{
	attach(fs_make(type, options, attributes), target);
}

static void devices(void)
{
	static const struct {
		const char *name;
		unsigned major, minor;
	} nodes[] = { { "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 } };
	static const char *const links[][2] = {
		{ "/proc/self/fd", "fd" }, { "/proc/self/fd/0", "stdin" }, { "/proc/self/fd/1", "stdout" }, { "/proc/self/fd/2", "stderr" },
		{ "/proc/kcore", "core" }, { "pts/ptmx", "ptmx" },
	};
	int dev = (int)must(SYS_openat, AT_FDCWD, "/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);

	must(SYS_mkdirat, dev, "pts", 0755);
	must(SYS_mkdirat, dev, "shm", 0755);
	must(SYS_mkdirat, dev, "mqueue", 0755);
	for (unsigned i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		must(SYS_mknodat, dev, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor));
	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		must(SYS_symlinkat, links[i][0], dev, links[i][1]);
	call(SYS_close, dev);
}

static void mounts(void)
{
	static const char *const dev[] = { "mode", "755", "size", "65536k", NULL };
	static const char *const pts[] = { "newinstance", "", "ptmxmode", "0666", "mode", "0620", "gid", "5", NULL };
	static const char *const shm[] = { "mode", "1777", "size", "65536k", NULL };
	const unsigned harmless = ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC;

	fs_mount("proc", "/proc", NULL, 0);
	fs_mount("tmpfs", "/dev", dev, ATTR_NOSUID | ATTR_STRICTATIME);
	devices();
	fs_mount("devpts", "/dev/pts", pts, ATTR_NOSUID | ATTR_NOEXEC);
	fs_mount("tmpfs", "/dev/shm", shm, harmless);
	fs_mount("mqueue", "/dev/mqueue", NULL, harmless);
	fs_mount("sysfs", "/sys", NULL, harmless | ATTR_RDONLY);
}

/* ---- masked and read-only paths ---- */

static void mask_directories(const char *const *paths)
{
	static const char *const options[] = { "size", "0k", NULL };
	/* Attached first, cloned then: a mount that was never attached costs an RCU grace period when it is closed. */
	int first = -1;

	for (; *paths; paths++) {
		int at = (int)call(SYS_openat, AT_FDCWD, *paths, O_PATH | O_DIRECTORY | O_CLOEXEC);
		int mask;
		if (at < 0)
			continue;
		if (first < 0)
			mask = first = fs_make("tmpfs", options, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC);
		else
			mask = (int)must(NR_open_tree, first, "", TREE_CLONE | O_CLOEXEC | EMPTY_PATH);
		must(NR_move_mount, mask, "", at, "", MOVE_EMPTY_FROM | MOVE_EMPTY_TO);
		if (mask != first)
			call(SYS_close, mask);
		call(SYS_close, at);
	}
	if (first >= 0)
		call(SYS_close, first);
}

static void read_only(const char *path)
{
	const struct mount_attributes attributes = { .set = ATTR_RDONLY };
	int tree = (int)call(NR_open_tree, AT_FDCWD, path, TREE_CLONE | O_CLOEXEC);

	if (tree < 0)
		return;
	must(NR_mount_setattr, tree, "", EMPTY_PATH, &attributes, sizeof(attributes));
	attach(tree, path);
}

static void masks(void)
{
	static const char *const files[] = {
		"/proc/keys", "/proc/timer_list", "/proc/kcore", "/proc/latency_stats", "/proc/timer_stats", "/proc/sched_debug",
	};
	static const char *const plain[] = { "/proc/acpi", "/sys/firmware", "/proc/asound", "/proc/scsi", NULL };
	static const char *const engine[] = {
		"/proc/acpi", "/sys/firmware", "/proc/asound", "/proc/scsi", "/sys/devices/virtual/powercap", NULL,
	};
	static const char *const kept[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		call(SYS_mount, "/dev/null", files[i], 0, MS_BIND, 0);
	if (box.engine)
		call(SYS_mount, "/dev/null", "/proc/interrupts", 0, MS_BIND, 0);
	mask_directories(box.engine ? engine : plain);
	for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		read_only(kept[i]);
}

/* ---- the root ---- */

#define BINDS 3
static const char *const bind_names[BINDS] = { "resolv.conf", "hostname", "hosts" };
static const char *const bind_targets[BINDS] = { "/etc/resolv.conf", "/etc/hostname", "/etc/hosts" };

static void binds_open(int binds[BINDS])
{
	int from = (int)must(SYS_openat, AT_FDCWD, box.binds, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < BINDS; i++)
		binds[i] = (int)must(NR_open_tree, from, bind_names[i], TREE_CLONE | O_CLOEXEC | TREE_RECURSIVE);
	call(SYS_close, from);
}

static void enter_root(void)
{
	int root = (int)must(NR_open_tree, AT_FDCWD, box.root, TREE_CLONE | O_CLOEXEC | TREE_RECURSIVE);

	must(NR_move_mount, root, "", AT_FDCWD, box.root, MOVE_EMPTY_FROM);
	must(SYS_fchdir, root);
	must(SYS_pivot_root, ".", ".");
	must(SYS_umount2, ".", MNT_DETACH);
	must(SYS_chdir, "/");
	call(SYS_close, root);
}

/* In the host's cgroup namespace a clone of its mount: a fresh one waits for an RCU grace period there. */
static void plain_container(void)
{
	const struct mount_attributes harmless = { .set = ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC };
	const struct mount_attributes read_only_root = { .set = ATTR_RDONLY };
	int cgroups = (int)must(NR_open_tree, AT_FDCWD, box.cgroups, TREE_CLONE | O_CLOEXEC);

	enter_root();
	mounts();
	must(NR_mount_setattr, cgroups, "", EMPTY_PATH, &harmless, sizeof(harmless));
	attach(cgroups, "/sys/fs/cgroup");
	masks();
	must(NR_mount_setattr, AT_FDCWD, "/", 0, &read_only_root, sizeof(read_only_root));
}

static void sysctl(const char *path, const char *value)
{
	int fd = (int)must(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);

	must(SYS_write, fd, value, strlen(value));
	call(SYS_close, fd);
}

static void engine_container(void)
{
	int binds[BINDS];

	binds_open(binds);
	enter_root();
	mounts();
	fs_mount("cgroup2", "/sys/fs/cgroup", NULL, ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC | ATTR_RDONLY);
	for (int i = 0; i < BINDS; i++)
		attach(binds[i], bind_targets[i]);
	sysctl("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
	sysctl("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
	masks();
}

/* ---- the program ---- */

int floor_program(void *unused)
{
	static char *const environment[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", (char *)"TERM=xterm", NULL,
	};
	const struct {
		unsigned short count;
		const struct instruction *program;
	} filter = { sizeof(floor_filter) / sizeof(floor_filter[0]), floor_filter };
	const uint32_t keep = box.engine ? 0xa80425fb : 0x20000420; /* the 14 of engines, or kill, net_bind_service, audit_write */
	struct {
		uint32_t version;
		int pid;
	} head = { 0x20080522, 0 };
	const struct {
		uint32_t effective, permitted, inheritable;
	} sets[2] = { { keep, keep, 0 }, { 0, 0, 0 } };

	(void)unused;
	for (uint32_t capability = 0; capability <= 40; capability++)
		if (!((uint64_t)keep >> capability & 1))
			must(SYS_prctl, PR_CAPBSET_DROP, capability);
	if (!box.engine)
		call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (box.engine)
		must(SYS_seccomp, 1, 0, &filter);
	must(SYS_capset, &head, sets);
	call(SYS_umask, 022);
	return (int)must(SYS_execve, box.program[0], box.program, environment);
}

int floor_inside(void *unused)
{
	const struct rlimit files = { 1024, 1024 };
	char byte;

	call(SYS_setsid);
	if (box.engine)
		must(SYS_unshare, NEW_CGROUP);
	must(SYS_mount, 0, "/", 0, MS_REC | MS_PRIVATE, 0);
	if (box.engine)
		engine_container();
	else
		plain_container();
	must(SYS_sethostname, "floor", 5);
	call(SYS_prlimit64, 0, RLIMIT_NOFILE, &files, 0);
	if (box.gate >= 0) {
		__atomic_store_n(&box.gated, 1, __ATOMIC_RELEASE);
		call(SYS_futex, &box.gated, 1, 1);
		must(SYS_read, box.gate, &byte, 1);
		call(SYS_close, box.gate);
	}
	return floor_program(unused);
}
