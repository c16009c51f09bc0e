/* D-Bus to systemd's manager, by sd-bus, which is loaded when somebody asks. For the files of src/cgroup alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "base/error.h"
#include "plan/plan.h"

/* ---- where ---- */

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

/* ---- what ---- */

struct sd_bus;
struct sd_bus_message;

struct bus {
	struct sd_bus *connection;
	bool direct;
	int64_t deadline;       /* clock_ms(): all that is asked has to be answered by then */
	char job[128];          /* the job that is waited for, and once it is done how it ended */
	char result[32];
};

/* How a call ended: code 0, or an errno with the other side's words. */
struct bus_answer {
	int code;
	char name[96];          /* of the D-Bus error, "" if it is none */
	char text[320];
	char path[128];         /* an object path in the answer */
};

/* Speaks over a connected socket, which is the bus's then. */
int bus_open(struct bus *bus, bool user, int socket, const struct bus_place *place, int64_t deadline, struct error *error);
void bus_close(struct bus *bus);

/* A call of the manager: begun, given its arguments (`types` as in sd_bus_message_append(3)), sent. Errors of the first steps come back
 * with the answer. */
struct sd_bus_message *bus_begin(struct bus *bus, const char *method);
int bus_append(struct sd_bus_message *message, const char *types, ...);
/* An array of properties: opened, filled one by one, closed. */
int bus_properties_open(struct sd_bus_message *message);
int bus_properties_add(struct sd_bus_message *message, const struct plan_property *property);
int bus_properties_close(struct sd_bus_message *message);
/* Takes the message (NULL: none could be made); `built` is what the steps before it returned. The answer's code as -errno. */
int bus_call(struct bus *bus, struct sd_bus_message *message, int built, struct bus_answer *answer);

/* Waits until bus->job, an answer's path, is done: bus->result says how. -ETIMEDOUT, -errno. */
int bus_wait_for_job(struct bus *bus, const char *job);

/* A text property of the manager (unit NULL), or of a unit's interface "Scope", "Slice" ...; -errno. */
int bus_text(struct bus *bus, const char *unit, const char *interface, const char *property, char *to, size_t size);
