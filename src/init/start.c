/* The wait between create and start. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "init/stage.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "run/baton.h"

/* Shared with the runtime, which is told how long each step took. */
struct trace_lane *init_trace(int fd)
{
	static struct trace_lane lane;

	void *spans = fd < 0 ? MAP_FAILED : mmap(NULL, TRACE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	lane = (struct trace_lane){ .spans = spans == MAP_FAILED ? NULL : spans };
	return lane.spans ? &lane : NULL;
}

/* A caller that connects and goes away without a word leaves the container as it was. One that is heard gets an answer: after that,
 * and only after that, the end of the connection means that the program is executed. */
static int accept_start(const struct stage *stage, int *trace)
{
	const struct baton taken = { .kind = BATON_TAKEN };

	for (;;) {
		struct baton baton;
		int fd = -1;
		_cleanup_fd int caller = again_accept4(stage->listener, NULL, NULL, SOCK_CLOEXEC);
		if (caller < 0 && errno != ECONNABORTED)
			return -errno;
		if (caller < 0 || baton_receive(caller, &baton, &fd) != 1)
			continue;
		if (baton.kind == BATON_PASS && baton_send(caller, &taken, -1) == 0) {
			*trace = fd;
			return take_fd(&caller);
		}
		close_fd(&fd);
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
	int trace = -1;

	(void)error;
	close_fd(&stage->cargo);
	close_fd(&stage->procfs);
	close_fd(&stage->root);
	close_fd(&stage->dev);
	close_fd(&stage->socket);

	stage->socket = accept_start(stage, &trace);
	if (stage->socket < 0)
		process_end(1);
	/* A filter that is there already need not allow mmap, and some of them kill. */
	if (stage->plan->seccomp && stage->plan->seccomp->early)
		close_fd(&trace);
	else if (trace >= 0)
		stage->trace = init_trace(trace);
	close_fd(&stage->listener);
	stage->baton = true;
	return 0;
}
