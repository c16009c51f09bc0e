/* Transient units of systemd: the connection is ours, what is said over it is caisson-libs' business. */
#include "cgroup/unit.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "cgroup/bus.h"
#include "cgroup/libs.h"
#include "cgroup/placeholder.h"

/* With a placeholder it is the one who connects. */
static int connect_manager(bool user, struct placeholder *placeholder, struct libs_call *call, struct error *error)
{
	struct bus_places places;

	call->user = user;
	call->deadline = clock_ms() + LIBS_PATIENCE_MS;
	try(bus_places(user, &places, error));
	_cleanup_fd int socket = bus_socket();
	if (socket < 0)
		return fail(error, -socket, "cannot make a socket");
	int place = placeholder ? placeholder_begin(placeholder, socket, &places) : bus_connect(socket, &places);
	if (place < 0)
		return fail(error, -place, "cannot reach the %s bus", user ? "user's" : "system");
	call->direct = places.of[place].direct;
	call->socket = take_fd(&socket);
	return 0;
}

int unit_start(const struct plan_unit *unit, struct placeholder *placeholder, struct arena *arena, const char **path,
	       struct error *error)
{
	struct libs_call call = { .what = LIBS_UNIT_START, .unit = unit, .companion = placeholder->companion, .socket = -1 };
	int r = connect_manager(unit->user, unit->is_slice ? NULL : placeholder, &call, error);

	if (r == 0)
		r = libs_do(&call, arena, path, error);
	close_fd(&call.socket);
	if (r < 0)
		placeholder_end(placeholder);
	return r;
}

static int connect_and_do(bool user, struct libs_call *call, struct error *error)
{
	call->socket = -1;
	try(connect_manager(user, NULL, call, error));
	int r = libs_do(call, NULL, NULL, error);
	close_fd(&call->socket);
	return r;
}

int unit_set(const char *name, bool user, const struct plan_property *properties, size_t count, struct error *error)
{
	const struct plan_unit unit = { .name = name, .properties = properties, .property_count = count };

	return count ? connect_and_do(user, &(struct libs_call){ .what = LIBS_UNIT_SET, .unit = &unit }, error) : 0;
}

int unit_stop(const char *name, bool user, struct error *error)
{
	return connect_and_do(user, &(struct libs_call){ .what = LIBS_UNIT_STOP, .name = name }, error);
}

int unit_attach(const char *name, bool user, pid_t pid, struct error *error)
{
	return connect_and_do(user, &(struct libs_call){ .what = LIBS_UNIT_ATTACH, .name = name, .pid = pid }, error);
}

int unit_forget(const char *name, bool user, struct error *error)
{
	return connect_and_do(user, &(struct libs_call){ .what = LIBS_UNIT_FORGET, .name = name }, error);
}
