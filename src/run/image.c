/* init's executable as a file nobody can change: closes the /proc/self/exe class (CVE-2019-5736) by construction, since what is
 * executed inside a container is never a file of the host. */
#include "run/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"

extern const char init_image[], init_image_end[];

#ifndef MFD_EXEC
#define MFD_EXEC 0x10u
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

static int image_memfd(void)
{
	int fd = memfd_create("caisson-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("caisson-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
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
static int image_tmpfile(int dir)
{
	char self[40];
	_cleanup_fd int writable = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0500);
	if (writable < 0)
		return -errno;
	int r = write_all(writable, init_image, (size_t)(init_image_end - init_image));
	if (r < 0)
		return r;
	if (fchmod(writable, 0555) < 0)
		return -errno;
	format(self, sizeof(self), "/proc/self/fd/%d", writable);
	int fd = open(self, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int image_open(int scratch_dir, struct error *error)
{
	_cleanup_fd int fd = image_memfd();
	if (fd == -EACCES) {
		fd = image_tmpfile(scratch_dir);
		return fd < 0 ? fail(error, -fd, "cannot make init's executable") : take_fd(&fd);
	}
	if (fd < 0)
		return fail(error, -fd, "cannot make init's executable");
	int r = write_all(fd, init_image, (size_t)(init_image_end - init_image));
	if (r < 0)
		return fail(error, -r, "cannot write init's executable");
	if (!sealed(fd))
		return fail(error, 0, "cannot seal init's executable");
	return take_fd(&fd);
}
