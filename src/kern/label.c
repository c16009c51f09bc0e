/* AppArmor and SELinux: what the next exec runs as. */
#include "kern/label.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "kern/procfs.h"

#define APPARMOR_ATTRIBUTE "self/attr/apparmor/exec" /* of its own since Linux 5.1, for stacked security modules */
#define SHARED_ATTRIBUTE "self/attr/exec"

/* Whether the attribute now begins with `label`, followed by nothing or by AppArmor's " (enforce)". A file that is not what it
 * seems (/proc/self/sched, say, bound over it) takes any write and says something else. */
static int read_back(int procfs, const char *path, const char *label)
{
	char now[4096 + 2]; /* what comes behind a label of full length is looked at, too */
	size_t length = strlen(label);
	_cleanup_fd int fd = procfs_open(procfs, path, O_RDONLY);
	if (fd < 0)
		return fd;
	ssize_t got = read_all(fd, now, sizeof(now));
	if (got < 0)
		return (int)got;
	while (got > 0 && (now[got - 1] == '\n' || now[got - 1] == '\0'))
		got--;
	if ((size_t)got < length || memcmp(now, label, length) != 0)
		return -EUCLEAN;
	return (size_t)got == length || (now[length] == ' ' && now[length + 1] == '(') ? 0 : -EUCLEAN;
}

static int write_and_check(int procfs, const char *path, const char *request, const char *label)
{
	int r = procfs_write(procfs, path, request);
	return r < 0 ? r : read_back(procfs, path, label);
}

int label_apparmor_exec(int procfs, const char *request)
{
	const char *profile = request + strlen("exec ");
	int r = write_and_check(procfs, APPARMOR_ATTRIBUTE, request, profile);
	return r == -ENOENT ? write_and_check(procfs, SHARED_ATTRIBUTE, request, profile) : r;
}

int label_selinux(int procfs, const char *attribute, const char *label)
{
	char path[64];
	format(path, sizeof(path), "self/attr/%s", attribute);
	return write_and_check(procfs, path, label, label);
}
