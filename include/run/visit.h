/* Errands into file systems that a container answers for: done by a child that can be given up.
 *
 * Whoever looks up a path, or makes a directory, in a FUSE file system waits for its server, uninterruptibly once that has taken the
 * request: such a server could hold us, and with us the container's lock, for ever. The child has copies of our memory and of a few
 * descriptors, so that whatever becomes of it holds neither the lock nor our caller's pipes. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

struct visit {
	/* In the child. 0, or -1 with the error filled; a descriptor in *fd is handed back. What it writes elsewhere is lost. */
	int (*run)(void *data, int *fd, struct error *error);
	void *data;
	const int *keep;     /* the descriptors it has, and no others, not even 0, 1 and 2; -1 is passed over */
	size_t keep_count;
	int64_t deadline;    /* of clock_ms() */
};

/* What `run` returned; *fd is the caller's (-1: none was handed back). -1 with ETIMEDOUT in error->code if there was no answer: the child
 * is killed, which may take until the file system answers or is gone, and what it had begun may be done or not. */
int visit_pay(const struct visit *visit, int *fd, struct error *error);
