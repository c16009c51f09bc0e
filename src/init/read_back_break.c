/* For the test of read_back itself: one value is set otherwise after the fact (debug builds; tests/read_back). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <net/if.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/read_back.h"
#include "init/filesystem.h"
#include "init/read_back.h"
#include "init/read_back_parts.h"
#include "kern/credentials.h"
#include "kern/keyring.h"
#include "kern/mount.h"
#include "kern/namespaces.h"
#include "kern/path.h"
#include "kern/procfs.h"
#include "kern/schedule.h"

struct breaker {
	const char *word;
	int (*play)(struct stage *stage); /* 0 or -errno */
};

/* A word that breaks nothing would be a test that cannot fail. */
static int play(struct stage *stage, const struct breaker *breakers, size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++)
		if (read_back_breaks(stage->plan->process.env, breakers[i].word)) {
			int r = breakers[i].play(stage);
			return r < 0 ? fail(error, -r, "cannot break '%s' to try the comparison", breakers[i].word) : 0;
		}
	return 0;
}

/* ---- mounts ---- */

static int at(struct stage *stage, const char *path)
{
	return path_open(stage_root(stage), path, O_PATH, 0);
}

static int attribute(struct stage *stage)
{
	_cleanup_fd int fd = at(stage, "/dev/shm");
	return fd < 0 ? fd : mount_attributes(fd, 0, ABI_MOUNT_ATTR_NODEV, 0);
}

static int access_time(struct stage *stage)
{
	_cleanup_fd int fd = at(stage, "/dev");
	return fd < 0 ? fd : mount_attributes(fd, ABI_MOUNT_ATTR_NOATIME, ABI_MOUNT_ATTR__ATIME, 0);
}

static int below(struct stage *stage)
{
	_cleanup_fd int fd = at(stage, "/tree/sub");
	return fd < 0 ? fd : mount_attributes(fd, 0, ABI_MOUNT_ATTR_RDONLY, 0);
}

static int propagation(struct stage *stage)
{
	_cleanup_fd int fd = at(stage, "/tree");
	return fd < 0 ? fd : mount_propagation(fd, ABI_MS_SHARED, 0);
}

static int root_propagation(struct stage *stage)
{
	_cleanup_fd int fd = at(stage, "/");
	return fd < 0 ? fd : mount_propagation(fd, ABI_MS_SHARED, 0);
}

/* By its root as the working directory, as no name is resolved then. */
static int unmount(struct stage *stage, const char *path)
{
	_cleanup_fd int fd = at(stage, path);
	return fd < 0 || fchdir(fd) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0 ? -errno : 0;
}

static int missing(struct stage *stage)
{
	return unmount(stage, "/dev/shm");
}

static int another_on_top(struct stage *stage)
{
	_cleanup_fd int fd = at(stage, "/sys"), context = mount_context("tmpfs");
	_cleanup_fd int tree = context < 0 ? context : mount_make(context, ABI_MOUNT_ATTR_RDONLY);
	return tree < 0 ? tree : mount_attach(tree, fd);
}

static int option(struct stage *stage)
{
	_cleanup_fd int fd = at(stage, "/dev/shm");
	_cleanup_fd int context = fd < 0 ? fd : mount_pick(fd);
	int r = context < 0 ? context : mount_parameter(context, "size", "4m");
	return r < 0 ? r : mount_reconfigure(context);
}

static int unmask(struct stage *stage)
{
	return unmount(stage, stage->plan->mounts.masked[0]);
}

static int unlock(struct stage *stage)
{
	return unmount(stage, stage->plan->mounts.readonly[0]);
}

static int root_writable(struct stage *stage)
{
	_cleanup_fd int fd = at(stage, "/");
	return fd < 0 ? fd : mount_attributes(fd, 0, ABI_MOUNT_ATTR_RDONLY, 0);
}

static int device_mode(struct stage *stage)
{
	_cleanup_fd int fd = path_open(stage_root(stage), "/dev/null", O_RDONLY, 0);
	return fd < 0 || fchmod(fd, 0600) < 0 ? -errno : 0;
}

static int device_gone(struct stage *stage)
{
	_cleanup_fd int fd = at(stage, "/dev");
	return fd < 0 || unlinkat(fd, "zero", 0) < 0 ? -errno : 0;
}

int read_back_break_mounts(struct stage *stage, struct error *error)
{
	static const struct breaker breakers[] = {
		{ "mount-attribute", attribute }, { "mount-access-time", access_time }, { "mount-below", below },
		{ "mount-propagation", propagation }, { "root-propagation", root_propagation }, { "mount-missing", missing },
		{ "mount-type", another_on_top }, { "mount-option", option }, { "masked-path", unmask }, { "readonly-path", unlock },
		{ "root-readonly", root_writable }, { "device-mode", device_mode }, { "device", device_gone },
	};
	return play(stage, breakers, array_length(breakers), error);
}

/* ---- settings ---- */

static int host_name(struct stage *stage) { (void)stage; return hostname_set("another"); }
static int domain_name(struct stage *stage) { (void)stage; return domainname_set("another"); }
static int keyring(struct stage *stage) { (void)stage; return keyring_join_fresh("another"); }
static int memory_policy(struct stage *stage) { (void)stage; return memory_policy_set(0, NULL, 0); }
static int cgroup_namespace(struct stage *stage) { (void)stage; return namespace_unshare(ABI_CLONE_NEWCGROUP); }
static int sysctl(struct stage *stage)
{
	char path[300];
	_cleanup_fd int context = mount_context("proc");
	_cleanup_fd int procfs = context < 0 ? context : mount_make(context, 0);

	format(path, sizeof(path), "sys/%s", stage->plan->sysctls[0].path);
	return procfs < 0 ? procfs : procfs_write(procfs, path, "0");
}

static int loopback(struct stage *stage)
{
	struct ifreq request = { .ifr_name = "lo" };
	_cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)stage;
	return fd < 0 || again_ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

int read_back_break_settings(struct stage *stage, struct error *error)
{
	static const struct breaker breakers[] = {
		{ "hostname", host_name }, { "domainname", domain_name }, { "sysctl", sysctl }, { "loopback", loopback },
		{ "keyring", keyring }, { "memory-policy", memory_policy }, { "namespace", cgroup_namespace },
	};
	return play(stage, breakers, array_length(breakers), error);
}

/* ---- the process ---- */

static int file_mask(struct stage *stage) { umask(stage->plan->process.umask ^ 01); return 0; }
static int priority(struct stage *stage) { (void)stage; return setpriority(PRIO_PROCESS, 0, 19) < 0 ? -errno : 0; }
static int io_class(struct stage *stage) { (void)stage; return io_priority_set(3 << 13); }
static int persona(struct stage *stage) { (void)stage; return personality_set(0x0040000); }
static int one_cpu(struct stage *stage) { (void)stage; return affinity_set((const uint64_t[]){ 1 }, 64); }
static int keep_caps(struct stage *stage) { (void)stage; return cred_keep_caps(KEEP_CAPS_ON); }
static int no_new_privs(struct stage *stage) { (void)stage; return cred_no_new_privileges(); }
static int ambient(struct stage *stage) { (void)stage; return cred_ambient_set(0); }
static int groups(struct stage *stage) { (void)stage; return cred_set_groups((const gid_t[]){ 7 }, 1); }
static int user(struct stage *stage) { (void)stage; return syscall(SYS_setresuid, 7, -1, -1) < 0 ? -errno : 0; }
static int group(struct stage *stage) { (void)stage; return syscall(SYS_setresgid, -1, -1, 7) < 0 ? -errno : 0; }
static int elsewhere(struct stage *stage) { (void)stage; return chdir("/dev") < 0 ? -errno : 0; }
static int oom_score(struct stage *stage) { return procfs_write(stage->procfs, "self/oom_score_adj", "1000"); }

static int limit(struct stage *stage)
{
	const struct plan_rlimit *first = &stage->plan->process.rlimits[0];
	const uint64_t lower[2] = { first->soft - 1, first->hard };
	return syscall(SYS_prlimit64, 0, first->resource, lower, NULL) < 0 ? -errno : 0;
}

/* Needs CAP_SETPCAP. */
static int bounding(struct stage *stage)
{
	uint64_t caps = stage->plan->process.caps.bounding;
	return cred_bound(caps & (caps - 1));
}

/* What is in none of these goes: a set is empty then, without those that must be larger. */
static int take_away(struct cred_caps take)
{
	struct cred_caps caps;
	int r = cred_caps_get(&caps);

	caps.effective &= take.effective;
	caps.permitted &= take.permitted;
	caps.inheritable &= take.inheritable;
	return r < 0 ? r : cred_caps_set(&caps);
}
static int effective(struct stage *stage) { (void)stage; return take_away((struct cred_caps){ 0, ~0ull, ~0ull }); }
static int permitted(struct stage *stage) { (void)stage; return take_away((struct cred_caps){ 0, 0, ~0ull }); }
static int inheritable(struct stage *stage) { (void)stage; return take_away((struct cred_caps){ ~0ull, ~0ull, 0 }); }

static int blocked(struct stage *stage)
{
	const uint64_t one = 1ull << (SIGUSR1 - 1);
	(void)stage;
	return syscall(SYS_rt_sigprocmask, SIG_BLOCK, &one, NULL, sizeof(one)) < 0 ? -errno : 0;
}

int read_back_break(struct stage *stage, struct error *error)
{
	static const struct breaker breakers[] = {
		{ "umask", file_mask }, { "scheduler", priority }, { "io-priority", io_class }, { "personality", persona },
		{ "affinity", one_cpu }, { "keep-caps", keep_caps }, { "no-new-privs", no_new_privs }, { "ambient", ambient },
		{ "groups", groups }, { "uid", user }, { "gid", group }, { "cwd", elsewhere }, { "oom-score", oom_score },
		{ "rlimit", limit }, { "effective", effective }, { "permitted", permitted }, { "inheritable", inheritable },
		{ "signals", blocked }, { "bounding", bounding },
	};
	return play(stage, breakers, array_length(breakers), error);
}
