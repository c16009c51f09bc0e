/* Detached trees from the runtime, which opened what will be bound before anything of the container was touched (rule B.3.1). */
#include <errno.h>
#include "base/cleanup.h"
#include "init/stage.h"
#include "kern/message.h"

static void drop(struct stage *stage)
{
	while (stage->cargo_next < stage->cargo_count)
		close_fd(&stage->cargo_fds[stage->cargo_next++]);
}

static int receive(struct stage *stage, struct error *error)
{
	uint32_t sent;
	size_t count = array_length(stage->cargo_fds);
	ssize_t length = message_receive(stage->cargo, &sent, sizeof(sent), stage->cargo_fds, &count);

	stage->cargo_next = 0;
	stage->cargo_count = length > 0 ? (int)count : 0;
	if (length < 0)
		return fail(error, (int)-length, "cannot receive the trees to be mounted");
	if (length != sizeof(sent))
		return fail(error, EPIPE, "cannot receive the trees to be mounted");
	/* The kernel keeps back what exceeds the limit on open files, without an error. */
	if (count != sent) {
		drop(stage);
		return fail(error, EMFILE, "cannot receive the %u trees to be mounted (RLIMIT_NOFILE)", sent);
	}
	return 0;
}

int init_next_tree(struct stage *stage, struct error *error)
{
	if (stage->cargo_next == stage->cargo_count)
		try(receive(stage, error));
	if (stage->cargo_next == stage->cargo_count)
		return fail(error, EPROTO, "the runtime sent no tree to be mounted");
	return take_fd(&stage->cargo_fds[stage->cargo_next++]);
}
