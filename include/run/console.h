/* The terminal of a container, on the host's side: from init, which makes it, to whoever is to have its master (contract 7.1). */
#pragma once

#include "base/error.h"

struct stage;

/* A connection to --console-socket. Before anything is made: what is no socket is an error with nothing to undo (case C65). The caller's,
 * or -1 with the error filled. */
int console_open(const char *path, struct error *error);

/* Hands the master to it, in one message. `socket` and `master` stay the caller's; the connection is to be closed then. */
int console_send(int socket, int master, struct error *error);
