/* Namespaces, and what little is set inside them. */
#include "kern/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"

int namespace_open(const char *path, uint64_t flag)
{
	struct statfs fs;
	_cleanup_fd int fd = again_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (again_fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != ABI_NSFS_MAGIC)
		return -ENOTTY;
	int type = again_ioctl(fd, ABI_NS_GET_NSTYPE, NULL);
	if (type < 0)
		return -errno;
	if ((uint64_t)(unsigned)type != flag)
		return -EINVAL;
	return take_fd(&fd);
}

int namespace_join(int fd, uint64_t flag)
{
	return syscall(SYS_setns, fd, (int)flag) < 0 ? -errno : 0;
}

int namespace_unshare(uint64_t flags)
{
	if (syscall(SYS_unshare, (unsigned long)flags) == 0)
		return 0;
	return errno == ENOSPC ? -EUSERS : -errno;
}

int hostname_set(const char *name)
{
	return sethostname(name, strlen(name)) < 0 ? -errno : 0;
}

int domainname_set(const char *name)
{
	return setdomainname(name, strlen(name)) < 0 ? -errno : 0;
}

int loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	_cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (again_ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -errno;
	request.ifr_flags |= IFF_UP | IFF_RUNNING;
	return again_ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

int process_undumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int process_die_with_parent(int signal)
{
	return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) < 0 ? -errno : 0;
}
