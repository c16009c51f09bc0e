/* One descriptor handed to whoever listens on a unix socket. */
#include "run/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/message.h"

/* A path too long for sun_path goes through a descriptor of its directory. */
static int address_of(const char *path, int *directory, struct sockaddr_un *address)
{
	const char *name = strrchr(path, '/');
	char parent[4096];

	if (!*path)
		return -ENOENT; /* and not the kernel's "autobind" of an empty name */
	address->sun_family = AF_UNIX;
	if (format(address->sun_path, sizeof(address->sun_path), "%s", path) < sizeof(address->sun_path))
		return 0;
	if (format(parent, sizeof(parent), "%.*s/", name ? (int)(name - path) : 1, name ? path : ".") >= sizeof(parent))
		return -ENAMETOOLONG;
	*directory = again_open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*directory < 0)
		return -errno;
	size_t length = format(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s", *directory, name ? name + 1 : path);
	return length < sizeof(address->sun_path) ? 0 : -ENAMETOOLONG;
}

int handover_open(const char *path, int type)
{
	struct sockaddr_un address = { 0 };
	_cleanup_fd int directory = -1;
	const struct timeval limit = { .tv_sec = HANDOVER_SECONDS };

	int r = address_of(path, &directory, &address);
	if (r < 0)
		return r;
	_cleanup_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	/* Whoever never accepts or reads must not hold us up for ever; the limit is connect's as well (unix(7)). */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    again_connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return take_fd(&fd);
}

int handover_connect(const char *path, struct error *error)
{
	int fd = handover_open(path, SOCK_STREAM);
	return fd < 0 ? fail(error, -fd, "cannot connect to the socket '%s'", path) : fd;
}

int handover_send(int socket, const char *payload, int fd, struct error *error)
{
	int r = message_send(socket, payload, strlen(payload), &fd, 1);
	return r < 0 ? fail(error, -r, "cannot hand a descriptor over") : 0;
}
