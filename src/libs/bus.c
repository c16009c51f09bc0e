/* Calls of systemd's manager over D-Bus, by sd-bus; libsystemd is loaded when somebody asks. */
#include "libs/bus.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/format.h"

#define LIBRARY "libsystemd.so.0"
#define SYSTEMD "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER SYSTEMD ".Manager"

typedef struct sd_bus sd_bus;
typedef struct sd_bus_message sd_bus_message;
typedef struct sd_bus_slot sd_bus_slot;

/* As sd-bus.h has it; its layout is part of the library's ABI. */
typedef struct {
	const char *name, *message;
	int need_free;
} sd_bus_error;

typedef int handler(sd_bus_message *message, void *data, sd_bus_error *error);

/* The functions we use, as sd-bus.h has them. */
static struct libsystemd {
	int (*sd_bus_new)(sd_bus **to);
	int (*sd_bus_set_fd)(sd_bus *bus, int input, int output);
	int (*sd_bus_set_bus_client)(sd_bus *bus, int yes);
	int (*sd_bus_start)(sd_bus *bus);
	sd_bus *(*sd_bus_flush_close_unref)(sd_bus *bus);
	int (*sd_bus_match_signal)(sd_bus *bus, sd_bus_slot **slot, const char *sender, const char *path, const char *interface,
				   const char *member, handler *call, void *data);
	int (*sd_bus_is_ready)(sd_bus *bus);
	int (*sd_bus_process)(sd_bus *bus, sd_bus_message **message);
	int (*sd_bus_wait)(sd_bus *bus, uint64_t microseconds);
	int (*sd_bus_call)(sd_bus *bus, sd_bus_message *message, uint64_t microseconds, sd_bus_error *error, sd_bus_message **reply);
	int (*sd_bus_get_property_string)(sd_bus *bus, const char *destination, const char *path, const char *interface,
					  const char *member, sd_bus_error *error, char **to);
	int (*sd_bus_path_encode)(const char *prefix, const char *id, char **path);
	void (*sd_bus_error_free)(sd_bus_error *error);
	int (*sd_bus_message_new_method_call)(sd_bus *bus, sd_bus_message **message, const char *destination, const char *path,
					      const char *interface, const char *member);
	int (*sd_bus_message_appendv)(sd_bus_message *message, const char *types, va_list args);
	int (*sd_bus_message_append_array)(sd_bus_message *message, char type, const void *items, size_t size);
	int (*sd_bus_message_open_container)(sd_bus_message *message, char type, const char *contents);
	int (*sd_bus_message_close_container)(sd_bus_message *message);
	int (*sd_bus_message_read)(sd_bus_message *message, const char *types, ...);
	sd_bus_message *(*sd_bus_message_unref)(sd_bus_message *message);
} l;

static bool bind_all(void *library)
{
#define SYMBOL(name) { #name, &l.name }
	const struct { const char *name; void *function; } symbols[] = {
		SYMBOL(sd_bus_new),
		SYMBOL(sd_bus_set_fd),
		SYMBOL(sd_bus_set_bus_client),
		SYMBOL(sd_bus_start),
		SYMBOL(sd_bus_flush_close_unref),
		SYMBOL(sd_bus_match_signal),
		SYMBOL(sd_bus_is_ready),
		SYMBOL(sd_bus_process),
		SYMBOL(sd_bus_wait),
		SYMBOL(sd_bus_call),
		SYMBOL(sd_bus_get_property_string),
		SYMBOL(sd_bus_path_encode),
		SYMBOL(sd_bus_error_free),
		SYMBOL(sd_bus_message_new_method_call),
		SYMBOL(sd_bus_message_appendv),
		SYMBOL(sd_bus_message_append_array),
		SYMBOL(sd_bus_message_open_container),
		SYMBOL(sd_bus_message_close_container),
		SYMBOL(sd_bus_message_read),
		SYMBOL(sd_bus_message_unref),
	};

	for (size_t i = 0; i < array_length(symbols); i++) {
		void *symbol = dlsym(library, symbols[i].name);
		if (!symbol)
			return false;
		memcpy(symbols[i].function, &symbol, sizeof(symbol)); /* dlsym(3): C has no cast from an object to a function */
	}
	return true;
}

/* Once; there is one call a process. */
static int load(struct error *error)
{
	static enum { UNKNOWN, LOADED, ABSENT, OLD } state;

	if (state == UNKNOWN) {
		void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
		state = !library ? ABSENT : bind_all(library) ? LOADED : OLD;
	}
	if (state == LOADED)
		return 0;
	return fail(error, 0, state == ABSENT ? LIBRARY " is not installed: systemd cannot be spoken to without it"
					      : LIBRARY " of this host is too old: systemd 240 or newer is needed");
}

/* ---- connections ---- */

/* "JobRemoved": number, path, unit, how it ended. */
static int job_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct bus *bus = data;
	const char *path, *result;

	(void)error;
	if (l.sd_bus_message_read(message, "uoss", NULL, &path, NULL, &result) >= 0 && strcmp(path, bus->job) == 0)
		format(bus->result, sizeof(bus->result), "%s", result);
	return 0;
}

static uint64_t time_left(const struct bus *bus)
{
	int64_t left = bus->deadline - clock_ms();

	return left > 0 ? (uint64_t)left * 1000 : 1;
}

/* What there is to do is done, or waited for. */
static int take_turn(struct bus *bus)
{
	int r = l.sd_bus_process(bus->connection, NULL);

	if (r == 0 && clock_ms() >= bus->deadline)
		return -ETIMEDOUT;
	if (r == 0)
		r = l.sd_bus_wait(bus->connection, time_left(bus));
	return r == -EINTR || r > 0 ? 0 : r;
}

/* Authentication has times of its own in the library, longer than ours: whoever listens and says nothing would keep us for 90 s. */
static int get_ready(struct bus *bus)
{
	int r;

	while ((r = l.sd_bus_is_ready(bus->connection)) == 0)
		try(take_turn(bus));
	return r < 0 ? r : 0;
}

/* Without a bus there is nobody who would give senders names. */
static int start(struct bus *bus, int socket)
{
	int r = l.sd_bus_new(&bus->connection);

	if (r >= 0)
		r = l.sd_bus_set_fd(bus->connection, socket, socket);
	if (r >= 0)
		r = l.sd_bus_set_bus_client(bus->connection, !bus->direct);
	if (r >= 0)
		r = l.sd_bus_start(bus->connection);
	if (r >= 0)
		r = get_ready(bus);
	if (r >= 0) /* before there is any job: none is missed */
		r = l.sd_bus_match_signal(bus->connection, NULL, bus->direct ? NULL : SYSTEMD, MANAGER_PATH, MANAGER, "JobRemoved",
					  job_removed, bus);
	return r;
}

int bus_open(struct bus *bus, bool user, int socket, bool direct, int64_t deadline, struct error *error)
{
	_cleanup_fd int fd = socket;

	*bus = (struct bus){ .direct = direct, .deadline = deadline };
	try(load(error));
	int r = start(bus, fd);
	if (bus->connection) /* it closes the socket, from sd_bus_set_fd on, which cannot fail */
		take_fd(&fd);
	if (r < 0) {
		/* Not closed: that would flush, and wait for whoever does not answer, by the library's own times. We are about to end. */
		bus->connection = NULL;
		return fail(error, -r, "cannot speak to systemd over the %s bus", user ? "user's" : "system");
	}
	return 0;
}

void bus_close(struct bus *bus)
{
	if (bus->connection)
		l.sd_bus_flush_close_unref(bus->connection);
	bus->connection = NULL;
}

/* ---- calls ---- */

struct sd_bus_message *bus_begin(struct bus *bus, const char *method)
{
	sd_bus_message *message = NULL;

	return l.sd_bus_message_new_method_call(bus->connection, &message, SYSTEMD, MANAGER_PATH, MANAGER, method) < 0 ? NULL : message;
}

int bus_append(struct sd_bus_message *message, const char *types, ...)
{
	va_list args;

	va_start(args, types);
	int r = message ? l.sd_bus_message_appendv(message, types, args) : -ENOMEM;
	va_end(args);
	return r;
}

int bus_properties_open(struct sd_bus_message *message)
{
	return message ? l.sd_bus_message_open_container(message, 'a', "(sv)") : -ENOMEM;
}

int bus_properties_close(struct sd_bus_message *message)
{
	return l.sd_bus_message_close_container(message);
}

static int append_list(sd_bus_message *message, const struct plan_property *property)
{
	const char *element = property->signature + 1;
	int r = l.sd_bus_message_open_container(message, 'a', element);

	for (size_t i = 0; r >= 0 && i < property->count; i++) {
		if (strcmp(element, "(st)") == 0)
			r = bus_append(message, element, property->strings[i], property->numbers[i]);
		else if (strcmp(element, "(ss)") == 0 && i + 1 < property->count)
			r = bus_append(message, element, property->strings[i], property->strings[i + 1]), i++;
		else
			r = bus_append(message, "s", property->strings[i]);
	}
	return r < 0 ? r : l.sd_bus_message_close_container(message);
}

static int append_value(sd_bus_message *message, const struct plan_property *property)
{
	const char *signature = property->signature;

	switch (signature[0]) {
	case 'a':
		if (signature[1] == 'y')
			return l.sd_bus_message_append_array(message, 'y', property->bytes, property->byte_count);
		return append_list(message, property);
	case 's':
		return bus_append(message, signature, property->strings[0]);
	case 'x':
	case 't':
		return bus_append(message, signature, property->number);
	default: /* b, y, n, q, i, u: an int, as variable arguments have it */
		return bus_append(message, signature, (int)property->number);
	}
}

int bus_properties_add(struct sd_bus_message *message, const struct plan_property *property)
{
	int r = l.sd_bus_message_open_container(message, 'r', "sv");

	if (r >= 0)
		r = bus_append(message, "s", property->name);
	if (r >= 0)
		r = l.sd_bus_message_open_container(message, 'v', property->signature);
	if (r >= 0)
		r = append_value(message, property);
	if (r >= 0)
		r = l.sd_bus_message_close_container(message);
	return r < 0 ? r : l.sd_bus_message_close_container(message);
}

/* systemd's sentences end with a full stop; ours go on. The library's own are libc's words for an errno, which engines would take for
 * the program's (contract section 9): the code says it. */
static void keep_words(struct bus_answer *answer, const sd_bus_error *error)
{
	format(answer->name, sizeof(answer->name), "%s", error->name ? error->name : "");
	if (strncmp(answer->name, "System.Error.", 13) == 0)
		return;
	size_t length = format(answer->text, sizeof(answer->text), "%s", error->message ? error->message : "");
	if (length > 0 && length < sizeof(answer->text) && answer->text[length - 1] == '.')
		answer->text[length - 1] = '\0';
}

int bus_call(struct bus *bus, struct sd_bus_message *message, int built, struct bus_answer *answer)
{
	sd_bus_error error = { NULL, NULL, 0 };
	sd_bus_message *reply = NULL;
	const char *path;

	memset(answer, 0, sizeof(*answer));
	int r = !message ? -ENOMEM : built;
	if (r >= 0)
		r = l.sd_bus_call(bus->connection, message, time_left(bus), &error, &reply);
	answer->code = r < 0 ? -r : 0;
	if (r < 0)
		keep_words(answer, &error);
	else if (l.sd_bus_message_read(reply, "o", &path) > 0)
		format(answer->path, sizeof(answer->path), "%s", path);
	l.sd_bus_error_free(&error);
	if (reply)
		l.sd_bus_message_unref(reply);
	if (message)
		l.sd_bus_message_unref(message);
	return -answer->code;
}

int bus_wait_for_job(struct bus *bus, const char *job)
{
	format(bus->job, sizeof(bus->job), "%s", job);
	bus->result[0] = '\0';
	while (!bus->result[0])
		try(take_turn(bus));
	return 0;
}

int bus_text(struct bus *bus, const char *unit, const char *interface, const char *property, char *to, size_t size)
{
	char *path = NULL, *text = NULL, full[64];
	int r = unit ? l.sd_bus_path_encode(MANAGER_PATH "/unit", unit, &path) : 0;

	format(full, sizeof(full), SYSTEMD ".%s", interface);
	if (r >= 0)
		r = l.sd_bus_get_property_string(bus->connection, SYSTEMD, path ? path : MANAGER_PATH, full, property, NULL, &text);
	if (r >= 0 && format(to, size, "%s", text) >= size)
		r = -ENAMETOOLONG;
	free(path);
	free(text);
	return r < 0 ? r : 0;
}
