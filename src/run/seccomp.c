/* The seccomp filter on the host's side: compiled while init mounts, its listener handed to the agent. */
#include "run/seccomp.h"

#include <errno.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "kern/message.h"
#include "kern/seccomp.h"
#include "run/baton.h"
#include "run/notify.h"
#include "run/stage.h"

int host_seccomp(struct stage *stage, struct error *error)
{
	/* A HOST member of a plan that is const to everyone else: init reads it only once filter-ready has passed. */
	struct plan_seccomp *plan = (struct plan_seccomp *)stage->plan->seccomp;
	try(seccomp_compile(plan, stage->arena, &plan->program, &plan->length, error));
	if ((const char *)(plan->program + plan->length) > stage->arena->base + stage->shared)
		return fail(error, 0, "the seccomp filter does not fit into the memory that init sees");
	return 0;
}

/* The baton has to come back here, and host_seccomp is before this row: nothing else is to be done. */
int host_filter_ready(struct stage *stage, struct error *error)
{
	return stage->plan->seccomp->program ? 0 : fail(error, 0, "the seccomp filter was not compiled");
}

static int send_to_agent(const struct stage *stage, int listener, struct error *error)
{
	const struct plan_seccomp *plan = stage->plan->seccomp;
	struct oci_state state;
	struct text json = text_in(stage->arena);

	bool exec = stage->plan->kind == PLAN_EXEC; /* the state is the container's, the process another one */
	oci_state_fill(&state, &stage->record, exec ? stage->status : STATUS_CREATING);
	state.pid = exec ? stage->record.pid : stage->pid;
	state.rootfs = state.created = state.owner = NULL; /* runtime.md#state and no more */
	json_encode(&oci_state_table, &state, JSON_COMPACT, &json);
	_cleanup_fd int agent = notify_connect(plan->listener_path, error);
	if (agent < 0)
		return -1;
	return notify_send(agent, plan->listener_metadata, json.data, stage->pid, listener, error);
}

/* An ASIDE row: init is under its filter now, and whatever it calls next may wait for the agent, the passing of the baton included.
 * So the listener comes as a message of its own, from init's unfiltered helper, while it is init's turn; or its error does. */
int host_notify(struct stage *stage, struct error *error)
{
	union { struct baton baton; char byte; } message;
	_cleanup_fd int listener = -1;
	size_t count = 1;

	try(score_wait(stage, error));
	ssize_t length = message_receive(stage->socket, &message, sizeof(message), &listener, &count);
	if (length == 0 || length == -ECONNRESET)
		return score_other_side_gone(stage, error);
	if (length < 0)
		return fail(error, (int)-length, "cannot receive the listener of the seccomp filter");
	if (length == sizeof(message.baton) && message.baton.kind == BATON_FAILED) {
		baton_terminate(&message.baton);
		*error = message.baton.error;
		return -1;
	}
	if (length != 1 || message.byte != SECCOMP_LISTENER_BYTE || count != 1)
		return fail(error, EPROTO, "the listener of the seccomp filter did not come");
	return send_to_agent(stage, listener, error);
}
