/* init: the only executable of ours that is ever inside a container. It maps the plan, plays its rows of the score, and becomes the
 * program. Started by anyone else (a payload that executes /proc/self/exe) it finds no plan and ends (rule B.5). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/number.h"
#include "init/stage.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "run/baton.h"

#define NO_PLAN 127

/* The arena, at its own address, so that its pointers hold; private and read-only. */
static const struct plan *map_plan(const char *number, const char *size)
{
	uint32_t fd;
	uint64_t length;
	if (number_u32(number, INT32_MAX, &fd) < 0 || number_u64(size, &length) < 0)
		return NULL;
	void *at = mmap((void *)ARENA_ADDRESS, length, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_NORESERVE, (int)fd, 0);
	close((int)fd);
	return at == (void *)ARENA_ADDRESS ? at : NULL;
}

/* Dies with its creator, until the release; nothing in a namespace it joins may trace it (rule B.6.1, CVE-2016-9962). */
int init_ties(struct stage *stage, struct error *error)
{
	struct pollfd creator = { .fd = stage->socket };
	bool unmapped = stage->plan->namespaces.at_birth & ABI_CLONE_NEWUSER;
	int r = process_die_with_parent(SIGKILL);

	/* Until it has ids, what is not dumpable belongs to the host's root alone, /proc/PID/uid_map too: a runtime that is itself in a
	 * user namespace could not write it. Nobody else is in this one yet; see init_become_root. */
	if (r == 0 && !unmapped)
		r = process_undumpable();
	if (r < 0)
		return fail(error, -r, "cannot tie init to its creator");
	/* The creator may have died before the tie was there. */
	if (poll(&creator, 1, 0) > 0 && (creator.revents & (POLLHUP | POLLERR)))
		process_end(NO_PLAN);
	return 0;
}

int score_wait(struct stage *stage, struct error *error)
{
	(void)stage;
	(void)error;
	return 0;
}

int score_other_side_gone(struct stage *stage, struct error *error)
{
	(void)stage;
	(void)error;
	process_end(NO_PLAN);
}

void score_prefer_other(struct stage *stage, struct error *error)
{
	(void)stage;
	(void)error;
}

int score_reborn(struct stage *stage, int pidfd, struct error *error)
{
	(void)stage;
	(void)pidfd;
	return fail(error, EPROTO, "only init is born again");
}

int score_terminal(struct stage *stage, int master, struct error *error)
{
	(void)stage;
	(void)master;
	return fail(error, EPROTO, "only init makes a terminal");
}

int main(int argc, char **argv)
{
	struct baton last = { .kind = BATON_FAILED };
	const struct plan *plan = argc == 3 ? map_plan(argv[1], argv[2]) : NULL;
	if (!plan)
		return NO_PLAN;

	struct stage stage = {
		.score = plan->kind == PLAN_EXEC ? &exec_score : &create_score,
		.plan = plan,
		.baton = plan->first_row != 0,
		.trace = init_trace(plan->trace),
		.socket = plan->socket,
		.cargo = plan->cargo_socket,
		.listener = plan->listener,
		.procfs = plan->procfs,
		.root = -1,
		.dev = -1,
		.program = -1,
	};
	if (score_play(INIT, &stage, &last.error) < 0)
		baton_send(stage.socket, &last, -1);
	process_end(1);
}
