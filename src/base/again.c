/* What may be interrupted, asked again. */
#include "base/again.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_TRIES 64

/* Where a call that was interrupted has been carried out after all, by a file server, its second answer would be about the first. */
static void say_interrupted(int tries, int second)
{
	if (tries < MOST_TRIES && errno == second)
		errno = EINTR;
}

/* Returns what the call does. */
#define return_again(call)                                        \
	do {                                                      \
		__typeof__(call) result;                          \
		int tries = MOST_TRIES;                           \
		do                                                \
			result = (call);                          \
		while (result < 0 && errno == EINTR && --tries > 0); \
		return result;                                    \
	} while (0)

int again_create_at(int dir, const char *path, int flags, mode_t mode)
{
	int fd, tries = MOST_TRIES;

	do
		fd = openat(dir, path, flags, mode);
	while (fd < 0 && errno == EINTR && --tries > 0);
	if (fd < 0)
		say_interrupted(tries, EEXIST);
	return fd;
}

int again_openat(int dir, const char *path, int flags) { return again_create_at(dir, path, flags, 0); }
int again_open(const char *path, int flags) { return again_create_at(AT_FDCWD, path, flags, 0); }

int again_openat2(int dir, const char *path, const struct abi_open_how *how)
{
	int fd, tries = MOST_TRIES;

	do
		fd = (int)syscall(ABI_SYS_openat2, dir, path, how, sizeof(*how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN) && --tries > 0);
	return fd;
}

int again_mkdirat(int dir, const char *path, mode_t mode)
{
	int r, tries = MOST_TRIES;

	do
		r = mkdirat(dir, path, mode);
	while (r < 0 && errno == EINTR && --tries > 0);
	if (r < 0)
		say_interrupted(tries, EEXIST);
	return r;
}

int again_ftruncate(int fd, off_t size) { return_again(ftruncate(fd, size)); }
int again_statfs(const char *path, struct statfs *to) { return_again(statfs(path, to)); }
int again_fstatfs(int fd, struct statfs *to) { return_again(fstatfs(fd, to)); }

#ifndef CAISSON_INIT
int again_mkdir(const char *path, mode_t mode) { return again_mkdirat(AT_FDCWD, path, mode); }
int again_fstatvfs(int fd, struct statvfs *to) { return_again(fstatvfs(fd, to)); }
int again_tcdrain(int fd) { return_again(tcdrain(fd)); }
pid_t again_tcgetpgrp(int fd) { return_again(tcgetpgrp(fd)); }

/* At the end it leaves errno alone. */
struct dirent *again_readdir(DIR *dir)
{
	const int before = errno;
	struct dirent *entry;
	int tries = MOST_TRIES;

	do {
		errno = 0;
		entry = readdir(dir);
	} while (!entry && errno == EINTR && --tries > 0);
	if (errno == 0)
		errno = before;
	return entry;
}
#endif

long again_getdents64(int dir, void *to, size_t size) { return_again(syscall(SYS_getdents64, dir, to, size)); }

int again_fsconfig(int context, unsigned command, const char *key, const void *value, int aux)
{
	int r, tries = MOST_TRIES;

	do
		r = (int)syscall(ABI_SYS_fsconfig, context, command, key, value, aux);
	while (r < 0 && errno == EINTR && --tries > 0);
	if (r < 0)
		say_interrupted(tries, EBUSY);
	return r;
}

ssize_t again_read(int fd, void *to, size_t size) { return_again(read(fd, to, size)); }
ssize_t again_pread(int fd, void *to, size_t size, off_t at) { return_again(pread(fd, to, size, at)); }
ssize_t again_write(int fd, const void *from, size_t length) { return_again(write(fd, from, length)); }
ssize_t again_sendfile(int to, int from, off_t *at, size_t length) { return_again(sendfile(to, from, at, length)); }

int again_dup2(int fd, int as) { return_again(dup2(fd, as)); }
int again_dup3(int fd, int as, int flags) { return_again(dup3(fd, as, flags)); }
int again_flock(int fd, int operation) { return_again(flock(fd, operation)); }

int again_ioctl(int fd, unsigned long request, void *argument) { return_again(ioctl(fd, request, argument)); }
int again_tcgetattr(int fd, struct termios *to) { return_again(tcgetattr(fd, to)); }
int again_tcsetattr(int fd, int when, const struct termios *from) { return_again(tcsetattr(fd, when, from)); }

bool again_isatty(int fd)
{
	struct termios mode;

	return again_tcgetattr(fd, &mode) == 0;
}

int again_connect(int socket, const struct sockaddr *to, socklen_t length) { return_again(connect(socket, to, length)); }

ssize_t again_send(int socket, const void *from, size_t length, int flags) { return_again(send(socket, from, length, flags)); }
ssize_t again_sendmsg(int socket, const struct msghdr *from, int flags) { return_again(sendmsg(socket, from, flags)); }
ssize_t again_recv(int socket, void *to, size_t size, int flags) { return_again(recv(socket, to, size, flags)); }
ssize_t again_recvmsg(int socket, struct msghdr *to, int flags) { return_again(recvmsg(socket, to, flags)); }

int again_accept4(int socket, struct sockaddr *from, socklen_t *length, int flags)
{
	return_again(accept4(socket, from, length, flags));
}

int again_waitid(idtype_t type, id_t id, siginfo_t *how, int options)
{
	int r;

	do
		r = waitid(type, id, how, options);
	while (r < 0 && errno == EINTR);
	return r;
}

pid_t again_waitpid(pid_t pid, int *status, int options)
{
	pid_t waited;

	do
		waited = waitpid(pid, status, options);
	while (waited < 0 && errno == EINTR);
	return waited;
}
