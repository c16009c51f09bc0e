/* For the files of src/cgroup alone: the process that holds a scope's place, and the connection it makes. */
#pragma once

#include "cgroup/bus.h"
#include "cgroup/unit.h"

/* A child that connects `socket` (bus_connect) and then waits for its end: to systemd it is the one who speaks over the socket, and needs
 * no number to be named by, which may mean another process where systemd is (pid namespaces). The index of the place, or -errno. */
int placeholder_begin(struct placeholder *placeholder, int socket, const struct bus_places *places);
