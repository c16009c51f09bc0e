/* D-Bus to systemd's manager, by sd-bus. For the files of src/libs alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "plan/plan.h"

struct sd_bus;
struct sd_bus_message;

struct bus {
	struct sd_bus *connection;
	bool direct;            /* the manager's own socket, without a bus between */
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

/* Speaks over a connected socket, which is the bus's then. `user`: it leads to the user's manager, for messages. */
int bus_open(struct bus *bus, bool user, int socket, bool direct, int64_t deadline, struct error *error);
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
