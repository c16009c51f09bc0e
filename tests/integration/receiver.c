/* Whoever listens where the runtime sends something: an engine that is handed a descriptor, or a service manager.
 *
 * Usage: receiver stream SOCKET [late]    takes one connection and all that comes over it, until it is closed
 *        receiver datagram SOCKET [hold|keep]  takes messages until one begins with BARRIER=1, whose descriptor it closes
 *        receiver datagram SOCKET full    takes none, and there is no room for one more
 * SOCKET beginning with '@' is an abstract name. Each message is a line "message FDS TEXT", newlines as '|'; of a pidfd "pidfd PID" and of
 * anything else "file TARGET" follows. "closed" is the end of the connection. late: accepts only after a second; hold: keeps the barrier
 * up for a second and says "released" before it lets go; keep: never lets go. */
#define _GNU_SOURCE
#include <err.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path that is longer than sun_path holds is taken by the last part of it, from within its directory. */
static int listen_at(char *path, int type)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char *slash = strrchr(path, '/');
	if (strlen(path) >= sizeof(at.sun_path) && slash) {
		*slash = 0;
		if (chdir(path))
			err(1, "%s", path);
		path = slash + 1;
	}
	memcpy(at.sun_path, path, strlen(path));
	if (*path == '@')
		at.sun_path[0] = 0;
	int fd = socket(AF_UNIX, type, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, offsetof(struct sockaddr_un, sun_path) + strlen(path)))
		err(1, "%s", path);
	if (type == SOCK_STREAM && listen(fd, 1))
		err(1, "%s", path);
	printf("listening\n");
	fflush(stdout);
	return fd;
}

static void tell_fd(int fd)
{
	char path[64], line[256], target[256];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	FILE *info = fopen(path, "r");
	while (info && fgets(line, sizeof(line), info))
		if (!strncmp(line, "Pid:", 4)) {
			printf("pidfd %d\n", atoi(line + 4));
			fclose(info);
			return;
		}
	if (info)
		fclose(info);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = 0;
	printf("file %s\n", target);
}

/* The message's text; its descriptors in fds, which has room for 8. */
static ssize_t receive(int from, char *text, size_t size, int *fds, int *count)
{
	union { char bytes[CMSG_SPACE(8 * sizeof(int))]; struct cmsghdr align; } control;
	struct iovec part = { text, size - 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	*count = 0;
	if (n < 0)
		err(1, "receive");
	text[n] = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		for (size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <= c->cmsg_len; i++)
			memcpy(&fds[(*count)++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	return n;
}

/* A queue that stays full: until a new sender cannot send anything. The old ones stay open, their messages would go with them. */
static void fill(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	memcpy(at.sun_path, path, strlen(path));
	if (*path == '@')
		at.sun_path[0] = 0;
	for (int sent = 1; sent;) {
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		if (connect(fd, (struct sockaddr *)&at, offsetof(struct sockaddr_un, sun_path) + strlen(path)))
			err(1, "%s", path);
		for (sent = 0; send(fd, "", 1, MSG_DONTWAIT) > 0;)
			sent = 1;
	}
	printf("full\n");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int fds[8], count;
	char text[8192];
	if (argc < 3)
		errx(1, "usage: receiver stream|datagram SOCKET [late|hold]");
	int is_stream = !strcmp(argv[1], "stream"), slow = argc > 3;
	int fd = listen_at(argv[2], is_stream ? SOCK_STREAM : SOCK_DGRAM);
	if (is_stream && slow)
		sleep(1);
	if (is_stream && (fd = accept(fd, NULL, NULL)) < 0)
		err(1, "accept");
	if (slow && !strcmp(argv[3], "full"))
		fill(argv[2]);
	for (;;) {
		ssize_t n = receive(fd, text, sizeof(text), fds, &count);
		if (is_stream && !n)
			break;
		if (n && text[n - 1] == '\n') /* some end a message like a line */
			text[n - 1] = 0;
		for (char *c = text; *c; c++)
			if (*c == '\n')
				*c = '|';
		printf("message %d %s\n", count, text);
		for (int i = 0; i < count; i++)
			tell_fd(fds[i]);
		fflush(stdout);
		if (!is_stream && !strncmp(text, "BARRIER=1", 9)) {
			while (slow && !strcmp(argv[3], "keep"))
				pause();
			if (slow)
				sleep(1), printf("released\n");
			return fflush(stdout) ? 1 : 0;
		}
		for (int i = 0; i < count; i++)
			close(fds[i]);
	}
	printf("closed\n");
	return fflush(stdout) ? 1 : 0;
}
