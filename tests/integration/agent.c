/* A seccomp agent: takes one container process state and its notify descriptor from a UNIX socket, then answers every call.
 *
 * Usage: agent SOCKET STATE-FILE ERRNO
 * Writes the JSON it was sent to STATE-FILE as one line, then "fds N", and "eof 1" once the sender has closed; lets each
 * notified call fail with ERRNO; ends when the last filtered process has ended. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "listen.h"

/* Whether a text is a whole JSON object; braces within strings do not count. */
static int is_whole(const char *text, size_t length)
{
	int depth = 0, quoted = 0;
	for (size_t i = 0; i < length; i++) {
		if (quoted)
			i += text[i] == '\\', quoted = text[i] != '"';
		else if (text[i] == '"')
			quoted = 1;
		else
			depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
	}
	return length && !depth && !quoted;
}

/* Receives the state; descriptors may only come with the first message (config-linux.md, containerprocessstate). */
static int receive(int from, FILE *to)
{
	static char data[65536];
	size_t length = 0;
	int notify = -1, fds = 0;
	while (!is_whole(data, length)) {
		union { char bytes[CMSG_SPACE(8 * sizeof(int))]; struct cmsghdr align; } control;
		struct iovec part = { data + length, sizeof(data) - length };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
		struct pollfd wait = { from, POLLIN, 0 };
		if (poll(&wait, 1, 10000) <= 0)
			errx(1, "the sender sent no whole state");
		ssize_t n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
		if (n <= 0)
			err(1, "recvmsg");
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		if (c && c->cmsg_type == SCM_RIGHTS) {
			fds += (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(&notify, CMSG_DATA(c), sizeof(int));
		}
		length += n;
	}
	fwrite(data, 1, length, to);
	fprintf(to, "\nfds %d\n", fds);
	fflush(to);
	return notify;
}

static int answer_one(int notify, int error)
{
	struct seccomp_notif request;
	memset(&request, 0, sizeof(request));
	if (ioctl(notify, SECCOMP_IOCTL_NOTIF_RECV, &request))
		return errno == EINTR || errno == ENOENT ? 0 : -1;
	struct seccomp_notif_resp response = { .id = request.id, .error = -error };
	ioctl(notify, SECCOMP_IOCTL_NOTIF_SEND, &response);
	return 0;
}

/* Until the last filtered process has ended and the sender has closed its connection, which may be the later of the two; it should send
 * nothing more. */
static void answer(int notify, int peer, int error, FILE *to)
{
	while (notify >= 0 || peer >= 0) {
		struct pollfd wait[] = { { notify, POLLIN, 0 }, { peer, POLLIN, 0 } };
		char more;
		if (poll(wait, 2, 20000) <= 0)
			return;
		if (wait[1].revents) {
			fprintf(to, recv(peer, &more, 1, 0) == 0 ? "eof 1\n" : "more 1\n");
			fflush(to);
			close(peer);
			peer = -1;
		}
		if (wait[0].revents & POLLHUP || (wait[0].revents & POLLIN && answer_one(notify, error)))
			notify = -1;
	}
}

int main(int argc, char **argv)
{
	if (argc != 4)
		errx(1, "usage: agent SOCKET STATE-FILE ERRNO");
	int server = listen_at(argv[1]);
	char part[4096];
	snprintf(part, sizeof(part), "%s.part", argv[2]);
	FILE *to = fopen(part, "we");
	if (!to)
		err(1, "%s", part);
	int peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	int notify = receive(peer, to);
	rename(part, argv[2]);
	if (notify < 0)
		errx(1, "no descriptor came");
	answer(notify, peer, atoi(argv[3]), to);
	return 0;
}
