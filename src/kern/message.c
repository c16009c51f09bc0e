/* One message with descriptors over a unix socket. */
#include "kern/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/again.h"

int message_send(int socket, const void *data, size_t length, const int *fds, size_t fd_count)
{
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MOST)]; } control;
	struct iovec iov = { .iov_base = (void *)data, .iov_len = length };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd_count > MESSAGE_FDS_MOST)
		return -EINVAL;
	if (fd_count) {
		memset(&control, 0, sizeof(control.header));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		struct cmsghdr *header = &control.header;
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
	}
	const ssize_t sent = again_sendmsg(socket, &message, MSG_NOSIGNAL);
	if (sent < 0)
		return -errno;
	return (size_t)sent == length ? 0 : -EMSGSIZE;
}

static size_t take_fds(struct msghdr *message, int *fds, size_t room)
{
	size_t count = 0;
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < here; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
			if (count < room)
				fds[count++] = fd;
			else
				close(fd);
		}
	}
	return count;
}

ssize_t message_receive(int socket, void *data, size_t size, int *fds, size_t *fd_count)
{
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MOST)]; } control;
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	size_t room = fd_count ? *fd_count : 0;

	const ssize_t length = again_recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	if (length < 0)
		return -errno;
	size_t count = take_fds(&message, fds, room);
	if (fd_count)
		*fd_count = count;
	return length;
}
