/* One message with descriptors over a unix socket; received ones are close-on-exec from birth (rule B.1.1). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define MESSAGE_FDS_MOST 250 /* the kernel's SCM_MAX_FD is 253 */

/* 0, or -errno; never raises SIGPIPE. */
int message_send(int socket, const void *data, size_t length, const int *fds, size_t fd_count);

/* The length (0: the other end is closed), or -errno. `*fd_count` is the room in `fds` before and the number received after;
 * what does not fit is closed. */
ssize_t message_receive(int socket, void *data, size_t size, int *fds, size_t *fd_count);
