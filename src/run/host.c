/* What the host offers, asked once per command. */
#include "run/host.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/number.h"
#include "cgroup/cgroup.h"
#include "kern/credentials.h"
#include "kern/few_mounts.h"

unsigned host_kernel_version(void)
{
	struct utsname name;
	unsigned part[2] = { 0, 0 };

	if (uname(&name) < 0)
		return 0;
	const char *at = name.release;
	for (int i = 0; i < 2; i++) {
		while (*at >= '0' && *at <= '9')
			part[i] = part[i] * 10 + (unsigned)(*at++ - '0');
		if (*at != '.')
			break;
		at++;
	}
	return KERNEL_VERSION_OF(part[0], part[1] < 256 ? part[1] : 255);
}

/* The initial user namespace maps everything onto itself. */
bool host_in_user_namespace(void)
{
	char map[128];
	uint64_t word[3] = { 0, 0, 0 };
	int at = -1;

	if (file_read(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0)
		return false;
	for (const char *c = map; *c && *c != '\n'; c++) {
		if (*c < '0' || *c > '9')
			continue;
		if (c == map || c[-1] == ' ')
			at++;
		if (at >= 0 && at < 3)
			word[at] = word[at] * 10 + (uint64_t)(*c - '0');
	}
	return !(word[0] == 0 && word[1] == 0 && word[2] == UINT32_MAX);
}

/* The kernel names no owner beyond our own user namespace (ioctl_ns(2)). */
static bool owns(const char *path)
{
	_cleanup_fd int namespace = again_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	_cleanup_fd int owner = namespace < 0 ? -1 : again_ioctl(namespace, ABI_NS_GET_USERNS, NULL);
	return owner >= 0;
}

/* On the host side, before anything is set up: a profile that is asked for where there is no LSM is an error (rule B.4.4). securityfs is
 * not asked: podman calls us without /sys/kernel where it maps ids, and the profile is set through /proc. */
static bool has_apparmor(void)
{
	char enabled[8];
	return file_read(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", enabled, sizeof(enabled)) > 0 && enabled[0] == 'Y';
}

static bool has_selinux(void)
{
	struct statfs fs;
	return again_statfs("/sys/fs/selinux", &fs) == 0 && (uint32_t)fs.f_type == ABI_SELINUX_MAGIC;
}

/* The system's manager takes orders from whoever it runs as: root, but not root of a user namespace inside (rootless engines). */
static void probe_systemd(struct host *host)
{
	struct stat info;

	host->systemd = lstat("/run/systemd/system", &info) == 0 && S_ISDIR(info.st_mode);
	host->systemd_user = host->systemd && info.st_uid != host->euid;
}

static void probe_rights(struct host *host)
{
	const uint64_t ids = 1ull << CAP_SETUID | 1ull << CAP_SETGID;
	struct cred_caps caps = { 0 };

	if (cred_caps_get(&caps) < 0)
		return;
	/* Root of a user namespace may mount nothing where the mounts are others' (unshare -Ur). */
	host->unprivileged = !(caps.effective >> CAP_SYS_ADMIN & 1) || (host->in_user_namespace && !owns("/proc/self/ns/mnt"));
	host->sets_ids = (caps.effective & ids) == ids;
}

static void probe_capabilities(struct host *host)
{
	for (unsigned i = 0; i < 64; i++) {
		int held = prctl(PR_CAPBSET_READ, i, 0, 0, 0);
		if (held < 0)
			break;
		host->last_capability = i;
		if (held)
			host->capabilities |= 1ull << i;
	}
}

static unsigned usable_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 ? 0 : (unsigned)CPU_COUNT(&set);
}

void host_probe_rights(struct host *host)
{
	memset(host, 0, sizeof(*host));
	host->kernel = host_kernel_version();
	host->euid = geteuid();
	host->egid = getegid();
	host->cpus = usable_cpus();
	host->in_user_namespace = host_in_user_namespace();
	host->owns_network = host->in_user_namespace && owns("/proc/self/ns/net");
	host->apparmor = has_apparmor();
	host->selinux = has_selinux();
	host->kcore = access("/proc/kcore", F_OK) == 0;
	probe_capabilities(host);
	probe_rights(host);
	probe_systemd(host);
}

int host_probe(struct host *host, struct arena *arena, struct error *error)
{
	host_probe_rights(host);
	int r = cgroup_probe(&host->cgroup, arena);
	if (r < 0)
		return fail(error, -r, "cannot find out which cgroup hierarchies the host has");
	if (host->unprivileged || host->in_user_namespace)
		cgroup_probe_beside(&host->cgroup, arena);
	else
		host->mounts = (unsigned)mounts_counted(SIZE_MAX);
	return 0;
}
