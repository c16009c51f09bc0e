/* An executable as a file nobody can change: closes the /proc/self/exe class (CVE-2019-5736) by construction, since what is executed
 * inside a container is never a file of the host. */
#include "kern/executable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

static int image_memfd(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static bool sealed(int fd)
{
	const int need = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	if (fcntl(fd, F_ADD_SEALS, need | F_SEAL_EXEC) < 0)
		fcntl(fd, F_ADD_SEALS, need); /* F_SEAL_EXEC came with Linux 6.3 */
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && (seals & need) == need;
}

/* An unlinked file has no seals; read-only and without a name it can be changed by nobody who has not got our descriptor. */
static int image_tmpfile(int dir, const void *image, size_t size)
{
	char self[40];
	_cleanup_fd int writable = again_create_at(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0500);
	if (writable < 0)
		return -errno;
	int r = write_all(writable, image, size);
	if (r < 0)
		return r;
	if (fchmod(writable, 0555) < 0)
		return -errno;
	format(self, sizeof(self), "/proc/self/fd/%d", writable);
	int fd = again_open(self, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int executable_open(const char *name, const void *image, size_t size, int scratch_dir)
{
	_cleanup_fd int fd = image_memfd(name);
	if (fd == -EACCES)
		return image_tmpfile(scratch_dir, image, size);
	if (fd < 0)
		return fd;
	int r = write_all(fd, image, size);
	if (r < 0)
		return r;
	return sealed(fd) ? take_fd(&fd) : -EPERM;
}
