/* The maps of a new user namespace, written into /proc/PID of a process in it that waits. */
#pragma once

#include <sys/types.h>
#include "base/error.h"

struct stage;

/* By ourselves where we may: with CAP_SETUID and CAP_SETGID, or an ordinary user's own single id, for which setgroups(2) is denied first
 * (user_namespaces(7)). Else by newuidmap(1) and newgidmap(1), which know /etc/subuid and /etc/subgid. What was written is read back
 * (rule B.10). `pid` must be a child of ours that was not waited for. */
int id_maps_write(struct stage *stage, pid_t pid, struct error *error);
