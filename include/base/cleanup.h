/* Resources that give themselves back: declare, acquire, use; hand over with `take`. */
#pragma once

#include <unistd.h>

static inline void cleanup_fd_(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define _cleanup_fd __attribute__((cleanup(cleanup_fd_)))

/* The descriptor leaves its variable: the new owner closes it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#define array_length(array) (sizeof(array) / sizeof((array)[0]))
