/* The socket a created container waits on, and the other end of it: `start`. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/message.h"
#include "kern/process.h"
#include "run/attend.h"
#include "run/baton.h"
#include "run/container.h"
#include "run/notify.h"
#include "run/oom.h"
#include "run/stage.h"

/* sun_path holds 108 bytes and a state root may be longer: the directory is named by its descriptor. */
static struct sockaddr_un address_in(int dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	format(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" STATE_START_SOCKET, dir);
	return address;
}

int host_listener(struct stage *stage, struct error *error)
{
	struct sockaddr_un address = address_in(stage->state.dir);
	_cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0)
		return fail(error, errno, "cannot make the socket for start");
	stage->plan->listener = take_fd(&fd);
	return 0;
}

static int refuse_state(enum status status, struct error *error)
{
	if (status == STATUS_RUNNING)
		return fail(error, 0, "cannot start an already running container");
	if (status == STATUS_STOPPED)
		return fail(error, 0, "cannot start a container that has stopped");
	return fail(error, 0, "cannot start a container in the %s state", status_text(status));
}

/* A created container waits for nothing but us: if it does not answer within this time, somebody has stopped it. */
#define ANSWER_MS 10000
#define END_MS 1000

/* The talk with init from "go" to exec. */
struct talk {
	const struct record *record;
	struct arena *arena;
	int socket, pidfd;
	int agent;       /* connected to the seccomp agent before anything is done; -1: no listener to hand over */
	int signals;     /* a signalfd: a signal that ends a foreground run ends the talk; -1: none */
	struct oom_tally oom;
	bool taken;      /* init has taken the start: from here on it is this start or none */
	bool executing;  /* init has nothing left to do but to execute */
};

static int wait_for_word(const struct talk *talk, struct error *error)
{
	struct pollfd wait_for[2] = { { .fd = talk->socket, .events = POLLIN }, { .fd = talk->signals, .events = POLLIN } };

	for (;;) {
		int ready = poll(wait_for, 2, talk->taken ? -1 : ANSWER_MS);
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
	if (container_oom_seen(talk->record, &talk->oom) > 0)
		return fail(error, 0, OOM_SENTENCE);
	return fail(error, 0,
		    talk->taken ? "container init has ended before it executed the program" : "container init did not take the start");
}

static int heard(struct talk *talk, struct baton *baton, ssize_t length, int listener, struct error *error)
{
	if (listener >= 0 && talk->agent >= 0) {
		const char *state = hook_state_json(talk->arena, talk->record, STATUS_CREATING, talk->record->pid);
		return notify_send(talk->agent, talk->record->notify_metadata, state, talk->record->pid, listener, error);
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

static int talk_until_exec(struct talk *talk, struct error *error)
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

static int tell_go(struct talk *talk, const struct state_dir *state, struct error *error)
{
	struct sockaddr_un address = address_in(state->dir);
	struct baton go = { .kind = BATON_PASS };

	/* Nobody listens any more: init has died since we looked. */
	if (connect(talk->socket, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == ECONNREFUSED ? refuse_state(STATUS_STOPPED, error)
					     : fail(error, errno, "cannot reach init of '%s'", talk->record->id);
	int r = baton_send(talk->socket, &go, -1);
	return r < 0 ? fail(error, -r, "cannot tell init to start") : 0;
}

/* Whoever asks next must not find it running. */
static void see_it_end(const struct talk *talk)
{
	if (!talk->taken || pidfd_wait(talk->pidfd, END_MS) == 1)
		return;
	pidfd_signal(talk->pidfd, SIGKILL);
	pidfd_wait(talk->pidfd, END_MS);
}

int container_start(const struct state_dir *state, const struct record *record, struct arena *arena, int signals, struct error *error)
{
	enum status status = container_status(state, record);

	if (status != STATUS_CREATED)
		return refuse_state(status, error);
	if (!record->has_process)
		return fail(error, 0, "process property must not be empty: config.json has no process to start");
	_cleanup_fd int pidfd = record_pidfd(record);
	if (pidfd < 0)
		return refuse_state(STATUS_STOPPED, error);
	_cleanup_fd int agent = record->notify_path ? notify_connect(record->notify_path, error) : -1;
	if (record->notify_path && agent < 0)
		return -1;
	_cleanup_fd int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connection < 0)
		return fail(error, errno, "cannot make a socket");
	struct talk talk = { record, arena, connection, pidfd, agent, signals, OOM_TALLY_NONE, false, false };
	container_oom_follow(record, &talk.oom);
	int r = tell_go(&talk, state, error) < 0 ? -1 : talk_until_exec(&talk, error);
	oom_tally_close(&talk.oom);
	if (r < 0) {
		see_it_end(&talk);
		return -1;
	}
	unlinkat(state->dir, STATE_START_SOCKET, 0);
	return 0;
}

bool container_start_hook_failed(const struct error *error)
{
	return strcmp(error->step, hook_kind_name(HOOK_START_CONTAINER)) == 0;
}
