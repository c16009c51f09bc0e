/* The socket a created container waits on, and the other end of it: `start`. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/message.h"
#include "run/baton.h"
#include "run/container.h"
#include "run/notify.h"
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

static int hand_over_listener(const struct record *record, struct arena *arena, int listener, struct error *error)
{
	const char *state = hook_state_json(arena, record, STATUS_CREATING, record->pid);
	return notify_send(record->notify_path, record->notify_metadata, state, record->pid, listener, error);
}

/* Until the socket closes at exec. init first says that it has taken the start; it may then say what went wrong, or send the
 * listener of its filter. */
static int await_exec(int socket, const struct record *record, struct arena *arena, struct error *error)
{
	struct baton baton;
	bool taken = false;

	for (;;) {
		int fd = -1;
		size_t count = 1;
		ssize_t length = message_receive(socket, &baton, sizeof(baton), &fd, &count);
		_cleanup_fd int received = length > 0 && count ? fd : -1;
		if (length == 0 || length == -ECONNRESET)
			return taken ? 0 : fail(error, 0, "container init did not take the start");
		if (length < 0)
			return fail(error, (int)-length, "cannot hear from init");
		if (length == sizeof(baton) && baton.kind == BATON_PASS && !taken) {
			taken = true;
			continue;
		}
		if (received >= 0 && record->notify_path) {
			try(hand_over_listener(record, arena, received, error));
			continue;
		}
		if (length != sizeof(baton) || baton.kind != BATON_FAILED)
			return fail(error, EPROTO, "init sent something unexpected");
		baton_terminate(&baton);
		*error = baton.error;
		return -1;
	}
}

int container_start(const struct state_dir *state, const struct record *record, struct arena *arena, struct error *error)
{
	enum status status = container_status(state, record);
	struct sockaddr_un address = address_in(state->dir);
	struct baton go = { .kind = BATON_PASS };

	if (status != STATUS_CREATED)
		return refuse_state(status, error);
	if (!record->has_process)
		return fail(error, 0, "process property must not be empty: config.json has no process to start");
	_cleanup_fd int socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (socket_fd < 0)
		return fail(error, errno, "cannot make a socket");
	/* Nobody listens any more: init has died since we looked. */
	if (connect(socket_fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == ECONNREFUSED ? refuse_state(STATUS_STOPPED, error)
					     : fail(error, errno, "cannot reach init of '%s'", record->id);
	int r = baton_send(socket_fd, &go, -1);
	if (r < 0)
		return fail(error, -r, "cannot tell init to start");
	try(await_exec(socket_fd, record, arena, error));
	unlinkat(state->dir, STATE_START_SOCKET, 0);
	return 0;
}

bool container_start_hook_failed(const struct error *error)
{
	return strcmp(error->step, hook_kind_name(HOOK_START_CONTAINER)) == 0;
}
