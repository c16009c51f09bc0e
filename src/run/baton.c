/* The baton on the wire. Compiled into both executables. */
#include "run/baton.h"

#include <errno.h>
#include <unistd.h>
#include "kern/message.h"

int baton_send(int socket, const struct baton *baton, int fd)
{
	return message_send(socket, baton, sizeof(*baton), &fd, fd >= 0);
}

void baton_terminate(struct baton *baton)
{
	struct error *error = &baton->error;
	error->file[sizeof(error->file) - 1] = '\0';
	error->path[sizeof(error->path) - 1] = '\0';
	error->step[sizeof(error->step) - 1] = '\0';
	error->text[sizeof(error->text) - 1] = '\0';
}

int baton_receive(int socket, struct baton *baton, int *fd)
{
	size_t count = 1;
	*fd = -1;
	ssize_t length = message_receive(socket, baton, sizeof(*baton), fd, &count);

	/* A side that ended with messages unread resets the connection (unix(7)); what it had said before that is still in the queue. */
	if (length == -ECONNRESET) {
		count = 1;
		length = message_receive(socket, baton, sizeof(*baton), fd, &count);
	}
	if (length == -ECONNRESET)
		return 0;
	if (length <= 0)
		return (int)length;
	if (length != sizeof(*baton)) {
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return -EPROTO;
	}
	baton_terminate(baton);
	return 1;
}
