/* The sockets that lead to systemd's manager. For the files of src/cgroup alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "base/error.h"

#define BUS_PLACES_MOST 8

struct bus_place {
	struct sockaddr_un address;
	socklen_t length;
	bool direct;            /* the manager's own socket, without a bus between: for root where no bus runs */
};

/* In the order they are to be tried. */
struct bus_places {
	struct bus_place of[BUS_PLACES_MOST];
	size_t count;
};

/* From DBUS_SYSTEM_BUS_ADDRESS, or for the user's manager DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR. */
int bus_places(bool user, struct bus_places *places, struct error *error);

/* A socket for bus_connect, close-on-exec, or -errno. */
int bus_socket(void);

/* Connects it to the first place that answers: its index, or -errno. System calls alone, so that a child may do it: the process that
 * connects is the one the other side sees behind the socket. */
int bus_connect(int socket, const struct bus_places *places);
