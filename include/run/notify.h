/* Handing the listener of a notifying filter to its agent (config-linux.md#containerprocessstate). */
#pragma once

#include <sys/types.h>
#include "base/error.h"

/* A connection to the agent, the caller's; -1 with the error filled. */
int notify_connect(const char *listener_path, struct error *error);

/* Sends exactly one container process state with the descriptor; the caller closes the connection then. `metadata` may be NULL;
 * `state_json` is the container's state as a JSON object; `pid` is the process under the filter. The listener stays the caller's.
 * Waits for a slow agent, but not for ever. 0, or -1 with the error filled. */
int notify_send(int agent, const char *metadata, const char *state_json, pid_t pid, int listener_fd, struct error *error);
