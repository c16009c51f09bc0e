/* What init says between its start and its exec. */
#include "run/talk.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "kern/message.h"
#include "run/attend.h"
#include "run/baton.h"
#include "run/hooks.h"
#include "run/notify.h"
#include "run/oom.h"

static int wait_for_word(const struct talk *talk, struct error *error)
{
	struct pollfd wait_for[2] = { { .fd = talk->socket, .events = POLLIN }, { .fd = talk->signals, .events = POLLIN } };

	for (;;) {
		int ready = poll(wait_for, 2, talk->taken ? talk->patience_ms : TALK_ANSWER_MS);
		if (ready < 0 && errno != EINTR)
			return fail(error, errno, "cannot wait for init");
		if (wait_for[0].revents)
			return 0;
		if (ready > 0 && wait_for[1].revents)
			return fail(error, 0, "interrupted by signal %d", signals_pending(talk->signals));
		if (ready == 0)
			return fail(error, 0, "container init does not answer: it may be stopped (SIGSTOP) or frozen");
	}
}

/* The connection is closed on exec: that is the end we wait for. Before init says that it comes to that, it is another end. */
static int talk_ended(struct talk *talk, struct error *error)
{
	if (talk->executing)
		return 0;
	if (container_oom_seen(talk->record, talk->oom) > 0)
		return fail(error, 0, OOM_SENTENCE);
	return fail(error, 0,
		    talk->taken ? "container init has ended before it executed the program" : "container init did not take the start");
}

static int heard(struct talk *talk, struct baton *baton, ssize_t length, int listener, struct error *error)
{
	if (listener >= 0 && talk->agent >= 0) {
		const char *state = hook_state_json(talk->arena, talk->record, talk->status, talk->record->pid);
		return notify_send(talk->agent, talk->metadata, state, talk->pid, listener, error);
	}
	if (length != sizeof(*baton))
		return fail(error, EPROTO, "init sent something unexpected");
	baton_terminate(baton);
	if (baton->kind == BATON_FAILED) {
		*error = baton->error;
		return -1;
	}
	if (baton->kind != (talk->taken ? BATON_EXECUTING : BATON_TAKEN))
		return fail(error, EPROTO, "init sent something unexpected");
	talk->executing = talk->taken;
	talk->taken = true;
	return 0;
}

int talk_until_exec(struct talk *talk, struct error *error)
{
	struct baton baton;

	for (;;) {
		int fd = -1;
		size_t count = 1;
		try(wait_for_word(talk, error));
		ssize_t length = message_receive(talk->socket, &baton, sizeof(baton), &fd, &count);
		_cleanup_fd int listener = length > 0 && count ? fd : -1;
		if (length == 0 || length == -ECONNRESET)
			return talk_ended(talk, error);
		if (length < 0)
			return fail(error, (int)-length, "cannot hear from init");
		try(heard(talk, &baton, length, listener, error));
	}
}
