/* The wait between create and start. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "init/stage.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "run/baton.h"

/* A caller that connects and goes away without a word leaves the container as it was. One that is heard gets an answer: after that,
 * and only after that, the end of the connection means that the program is executed. */
static int accept_start(int listener)
{
	const struct baton taken = { .kind = BATON_TAKEN };

	for (;;) {
		struct baton baton;
		int stray = -1;
		_cleanup_fd int caller = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (caller < 0 && errno != EINTR && errno != ECONNABORTED)
			return -errno;
		if (caller < 0 || baton_receive(caller, &baton, &stray) != 1)
			continue;
		close_fd(&stray);
		if (baton.kind == BATON_PASS && baton_send(caller, &taken, -1) == 0)
			return take_fd(&caller);
	}
}

/* The record with our pid is written: from here on the container lives without its creator (rule B.14.5). */
int init_untie(struct stage *stage, struct error *error)
{
	(void)stage;
	int r = process_die_with_parent(0);
	return r < 0 ? fail(error, -r, "cannot let go of the creator") : 0;
}

int init_wait(struct stage *stage, struct error *error)
{
	(void)error;
	close_fd(&stage->cargo);
	close_fd(&stage->procfs);
	close_fd(&stage->root);
	close_fd(&stage->dev);
	close_fd(&stage->socket);

	stage->socket = accept_start(stage->listener);
	if (stage->socket < 0)
		process_end(1);
	close_fd(&stage->listener);
	stage->baton = true;
	return 0;
}
