/* The container process state, sent to a seccomp agent with the listener. */
#include "run/notify.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/text.h"
#include "run/handover.h"

#define PROCESS_STATE_VERSION "1.3.0" /* of the specification that has this structure */

static void state_text(struct text *text, const char *metadata, const char *state_json, pid_t pid)
{
	text_printf(text, "{\"ociVersion\":\"" PROCESS_STATE_VERSION "\",\"fds\":[\"seccompFd\"],\"pid\":%d", (int)pid);
	if (metadata) {
		text_add(text, ",\"metadata\":");
		text_add_json(text, metadata);
	}
	text_add(text, ",\"state\":");
	text_add(text, state_json);
	text_add_char(text, '}');
}

/* All in one message where it fits: agents are known to read once. What a stream did not take follows without the descriptor. */
static int send_with_fd(int socket, const char *data, size_t length, int fd)
{
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control = { 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = length };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };

	control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	while (iov.iov_len > 0) {
		ssize_t sent = again_sendmsg(socket, &message, MSG_NOSIGNAL);
		if (sent < 0)
			return -errno;
		iov.iov_base = (char *)iov.iov_base + sent;
		iov.iov_len -= (size_t)sent;
		message.msg_control = NULL;
		message.msg_controllen = 0;
	}
	return 0;
}

int notify_connect(const char *listener_path, struct error *error)
{
	int agent = handover_open(listener_path, SOCK_STREAM);
	return agent < 0 ? fail(error, -agent, "cannot connect to the seccomp agent at '%s'", listener_path) : agent;
}

int notify_send(int agent, const char *metadata, const char *state_json, pid_t pid, int listener_fd, struct error *error)
{
	struct arena arena;
	int r = arena_open(&arena);
	if (r < 0)
		return fail(error, -r, "cannot make room for the container process state");
	struct text text = text_in(&arena);
	state_text(&text, metadata, state_json, pid);
	r = send_with_fd(agent, text.data, text.length, listener_fd);
	arena_close(&arena);
	return r < 0 ? fail(error, -r, "cannot send the container process state to the seccomp agent") : 0;
}
