/* A child for a moment, sharing memory and descriptors. */
#include "kern/momentary.h"

#include <errno.h>
#include <sys/wait.h>
#include "base/abi.h"
#include "base/again.h"
#include "kern/process.h"

struct call {
	int (*run)(void *data);
	void *data;
	int result;
};

static int run_call(void *data)
{
	struct call *call = data;
	call->result = call->run(call->data);
	return 0;
}

int momentary(int (*run)(void *data), void *data)
{
	struct call call = { .run = run, .data = data, .result = -EIO };
	/* No exit signal: a caller that ignores SIGCHLD must not have the child reaped behind our back. */
	struct abi_clone_args args = { .flags = ABI_CLONE_FILES };

	long pid = clone_vfork(&args, run_call, &call);
	if (pid < 0)
		return (int)pid;
	again_waitpid((pid_t)pid, NULL, __WALL);
	return call.result;
}
