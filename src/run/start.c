/* The socket a created container waits on, and the other end of it: `start`. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/again.h"
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
#include "run/talk.h"
#include "run/trace.h"

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

#define DEATH_MS 200 /* from the end of its sockets to its own */

/* Nobody listens any more: init has died since we looked, or is in the hooks of a start that was cut short. */
static int refuse_unheard(const struct talk *talk, struct error *error)
{
	if (pidfd_wait(talk->pidfd, DEATH_MS) == 1)
		return refuse_state(STATUS_STOPPED, error);
	return fail(error, 0, "cannot start container '%s': another start of it was interrupted, it will end without executing anything",
		    talk->record->id);
}

#define END_MS 1000

static int tell_go(struct talk *talk, const struct state_dir *state, struct error *error)
{
	struct sockaddr_un address = address_in(state->dir);
	struct baton go = { .kind = BATON_PASS };
	const struct timeval limit = { .tv_sec = TALK_ANSWER_MS / 1000 };

	/* The limit is connect's as well (unix(7)): those who gave up on an init that is stopped are still waiting to be accepted. */
	if (setsockopt(talk->socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return fail(error, errno, "cannot limit how long init may take");
	if (again_connect(talk->socket, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == ECONNREFUSED ? refuse_unheard(talk, error)
		       : errno == EAGAIN     ? talk_unanswered(error)
					     : fail(error, errno, "cannot reach init of '%s'", talk->record->id);
	if (fchmodat(state->dir, STATE_START_SOCKET, STATE_START_BEGUN, 0) < 0)
		return fail(error, errno, "cannot note that '%s' is being started", talk->record->id);
	_cleanup_fd int trace = trace_share();
	int r = baton_send(talk->socket, &go, trace);
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
		return pidfd == -ESRCH ? refuse_state(STATUS_STOPPED, error)
				       : container_out_of_reach(record, pidfd, error);
	_cleanup_fd int agent = record->notify_path ? notify_connect(record->notify_path, error) : -1;
	if (record->notify_path && agent < 0)
		return -1;
	_cleanup_fd int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connection < 0)
		return fail(error, errno, "cannot make a socket");
	struct oom_tally oom = OOM_TALLY_NONE;
	struct talk talk = { record, arena, connection, pidfd, agent, signals, &oom, record->pid, record->notify_metadata,
			     STATUS_CREATING, -1, false, false };
	container_oom_follow(record, &oom);
	struct trace_span *span = trace_step("start: init executes the program");
	int r = trace_end(span, tell_go(&talk, state, error) < 0 ? -1 : talk_until_exec(&talk, error));
	oom_tally_close(&oom);
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
