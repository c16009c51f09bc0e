/* Where a program of the tests takes what a runtime sends: a stream socket of its own at a path. */
#pragma once

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(at.sun_path))
		errx(1, "path too long");
	/* Whoever sees the name may connect at once: it gets it only when somebody listens. */
	strcpy(at.sun_path, path);
	char *last = &at.sun_path[strlen(path) - 1];
	*last = *last == '~' ? '-' : '~';
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 4) || rename(at.sun_path, path))
		err(1, "%s", path);
	return fd;
}
