/* The seccomp filter on the host's side: compiled while init mounts, its listener handed to the agent. */
#include "run/seccomp.h"

#include <errno.h>
#include <string.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "kern/message.h"
#include "kern/seccomp.h"
#include "run/baton.h"
#include "run/notify.h"
#include "run/stage.h"

/* What create has compiled holds for all that is executed in the container. 1: there is none, or none that could be one. */
static int read_kept(const struct stage *stage, struct plan_seccomp *plan)
{
	struct error ignored = { 0 };
	const char *data;
	size_t size;

	if (stage->plan->kind != PLAN_EXEC || state_document(&stage->state, STATE_FILTER, stage->arena, &data, &size, &ignored) <= 0)
		return 1;
	if (!size || size % sizeof(*plan->program) || size / sizeof(*plan->program) > SECCOMP_PROGRAM_MOST)
		return 1;
	plan->program = (const struct abi_bpf_insn *)(const void *)data;
	plan->length = size / sizeof(*plan->program);
	return 0;
}

static int compile(const struct stage *stage, struct plan_seccomp *plan, struct error *error)
{
	try(seccomp_compile(plan, stage->arena, &plan->program, &plan->length, error));
	if (stage->plan->kind != PLAN_EXEC) /* where it cannot be kept exec takes a little longer */
		file_replace(stage->state.dir, STATE_FILTER, plan->program, plan->length * sizeof(*plan->program), 0600);
	return 0;
}

/* init is to see the filter, but not what it was made of. */
static int hand_over(const struct stage *stage, struct plan_seccomp *plan, struct error *error)
{
	struct abi_bpf_insn *program = arena_array(stage->plan_arena, struct abi_bpf_insn, plan->length);

	if ((const char *)(program + plan->length) > stage->plan_arena->base + stage->shared)
		return fail(error, 0, "the seccomp filter does not fit into the memory that init sees");
	plan->program = memcpy(program, plan->program, plan->length * sizeof(*program));
	return 0;
}

int host_seccomp(struct stage *stage, struct error *error)
{
	/* A HOST member of a plan that is const to everyone else: init reads it only once filter-ready has passed. */
	struct plan_seccomp *plan = (struct plan_seccomp *)stage->plan->seccomp;
	if (read_kept(stage, plan))
		try(compile(stage, plan, error));
	return hand_over(stage, plan, error);
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
