/* One descriptor handed to whoever listens on a unix socket: a terminal's master (--console-socket), a pidfd (--pidfd-socket), the
 * listener of a seccomp filter. Contract 7.1, 7.2. */
#pragma once

#include <sys/socket.h> /* SOCK_STREAM, SOCK_DGRAM */
#include "base/error.h"

/* How long a listener may let us wait, for the connection and for each message: after that it is a failure. */
#define HANDOVER_SECONDS 10

/* A connection to the socket at `path`, which may be longer than sun_path holds; `type` is SOCK_STREAM or SOCK_DGRAM. The caller's,
 * or -errno. */
int handover_open(const char *path, int type);

/* A stream, with words: "cannot connect to the socket '%s'". -1 with the error filled. */
int handover_connect(const char *path, struct error *error);

/* Sends `payload`, without its NUL and not empty, with exactly this one descriptor, in one message. `socket` and `fd` stay the caller's:
 * closing the connection afterwards is part of the protocol. 0, or -1 with the error filled. */
int handover_send(int socket, const char *payload, int fd, struct error *error);
