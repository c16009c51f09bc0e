/* System calls that may be interrupted (EINTR, by signal(7) and their manual pages): they are asked again. None of our signal handlers lets
 * anything go on, so that nobody waits for an EINTR; but a seccomp filter around the runtime, a file server or a debugger that stops us may
 * answer with it. What always does is asked 64 times, and EINTR is the answer then; but waitid and waitpid are asked until they have
 * something else to say: a child may have our memory.
 *
 * Arguments, results and errno are those of the functions without "again_", for the few that libc has none of those of the system calls.
 * An interrupted call has done nothing, but for file servers, and what the kernel makes of a file system whose server was interrupted:
 * where the second answer would be about the first (EEXIST, EBUSY), EINTR is the answer.
 *
 * Not here: close, which has closed what it was asked to; poll, whose callers have a time to keep; nanosleep, which has slept; getrandom of
 * a few bytes, which nothing interrupts. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include "base/abi.h"

int again_open(const char *path, int flags);
int again_openat(int dir, const char *path, int flags);
int again_create_at(int dir, const char *path, int flags, mode_t mode); /* openat with O_CREAT or O_TMPFILE */
int again_openat2(int dir, const char *path, const struct abi_open_how *how); /* also where it is disturbed by renames: EAGAIN */
int again_mkdir(const char *path, mode_t mode);
int again_mkdirat(int dir, const char *path, mode_t mode);
int again_ftruncate(int fd, off_t size);
int again_statfs(const char *path, struct statfs *to);
int again_fstatfs(int fd, struct statfs *to);
int again_fstatvfs(int fd, struct statvfs *to);
struct dirent *again_readdir(DIR *dir);
long again_getdents64(int dir, void *to, size_t size);
int again_fsconfig(int context, unsigned command, const char *key, const void *value, int aux);

ssize_t again_read(int fd, void *to, size_t size);
ssize_t again_pread(int fd, void *to, size_t size, off_t at);
ssize_t again_write(int fd, const void *from, size_t length);
ssize_t again_sendfile(int to, int from, off_t *at, size_t length);

int again_dup2(int fd, int as);
int again_dup3(int fd, int as, int flags);
int again_flock(int fd, int operation);
int again_ioctl(int fd, unsigned long request, void *argument);
bool again_isatty(int fd);
int again_tcgetattr(int fd, struct termios *to);
int again_tcdrain(int fd);
pid_t again_tcgetpgrp(int fd);
int again_tcsetattr(int fd, int when, const struct termios *from);
int again_connect(int socket, const struct sockaddr *to, socklen_t length);
ssize_t again_send(int socket, const void *from, size_t length, int flags);
ssize_t again_sendmsg(int socket, const struct msghdr *from, int flags);
ssize_t again_recv(int socket, void *to, size_t size, int flags);
ssize_t again_recvmsg(int socket, struct msghdr *to, int flags);
int again_accept4(int socket, struct sockaddr *from, socklen_t *length, int flags);

int again_waitid(idtype_t type, id_t id, siginfo_t *how, int options);
pid_t again_waitpid(pid_t pid, int *status, int options);
