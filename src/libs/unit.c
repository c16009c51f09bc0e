/* Transient units of systemd: started, changed, stopped. */
#include "libs/libs.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/number.h"
#include "libs/bus.h"

#define CLEAN_UP_MS 5000

#define UNIT_EXISTS "org.freedesktop.systemd1.UnitExists"
#define NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"

/* "252.39-1", "v245.4": what comes first is the number. One that cannot be read counts as old. */
static unsigned manager_version(struct bus *bus)
{
	char text[64];
	uint32_t version;

	if (bus_text(bus, NULL, "Manager", "Version", text, sizeof(text)) < 0)
		return 0;
	char *digits = text + (text[0] == 'v');
	digits[strspn(digits, "0123456789")] = '\0';
	return number_u32(digits, INT_MAX, &version) < 0 ? 0 : version;
}

/* ---- properties ---- */

static struct plan_property yes_or_no(const char *name, bool value)
{
	return (struct plan_property){ .name = name, .signature = "b", .number = value };
}

static struct plan_property word(const char *name, const char *signature, const char *const *value)
{
	return (struct plan_property){ .name = name, .signature = signature, .strings = value, .count = 1 };
}

/* What makes a unit a container's. Without DefaultDependencies it would be stopped with those of the shutdown, before whoever manages the
 * container; with Delegate systemd keeps its hands off what is inside. A slice cannot have that, and has its place in its name. It is
 * not said that failed units shall be collected (CollectMode): how it ended, by the OOM killer say, can be asked for until it is
 * deleted, and that forgets it. */
static int add_fixed(struct sd_bus_message *message, const struct plan_unit *unit, pid_t companion)
{
	const struct plan_property fixed[] = {
		word("Description", "s", &unit->description),
		unit->is_slice ? word("Wants", "as", &unit->slice) : word("Slice", "s", &unit->slice),
		yes_or_no("DefaultDependencies", false),
		yes_or_no("MemoryAccounting", true),
		yes_or_no("CPUAccounting", true),
		yes_or_no("IOAccounting", true),
		yes_or_no("TasksAccounting", true),
		{ .name = "TasksMax", .signature = "t", .number = UINT64_MAX }, /* the host's default is meant for services */
		yes_or_no("Delegate", true),
	};
	size_t count = array_length(fixed) - unit->is_slice;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < count; i++)
		r = bus_properties_add(message, &fixed[i]);
	/* The process that made this connection, whatever its number is where systemd lives. */
	if (r >= 0 && !unit->is_slice)
		r = bus_append(message, "(sv)", "PIDs", "au", 1, 0);
	if (r >= 0 && companion)
		r = bus_append(message, "(sv)", "PIDs", "au", 1, (unsigned)companion);
	return r;
}

static int add_known(struct bus *bus, struct sd_bus_message *message, const struct plan_property *list, size_t count)
{
	unsigned version = 0;
	int r = 0;

	for (size_t i = 0; i < count && !version; i++)
		if (list[i].since)
			version = manager_version(bus);
	for (size_t i = 0; r >= 0 && i < count; i++) {
		if (list[i].since > version)
			continue;
		if (strcmp(list[i].name, "DeviceAllow") == 0) /* else it would add to what was allowed before */
			r = bus_append(message, "(sv)", "DeviceAllow", "a(ss)", 0);
		if (r >= 0)
			r = bus_properties_add(message, &list[i]);
	}
	return r;
}

/* ---- one call each ---- */

static int call_start(struct bus *bus, const struct plan_unit *unit, pid_t companion, struct bus_answer *answer)
{
	struct sd_bus_message *message = bus_begin(bus, "StartTransientUnit");
	int r = bus_append(message, "ss", unit->name, "replace");

	if (r >= 0)
		r = bus_properties_open(message);
	if (r >= 0)
		r = add_fixed(message, unit, companion);
	if (r >= 0)
		r = add_known(bus, message, unit->properties, unit->property_count);
	if (r >= 0)
		r = bus_properties_close(message);
	if (r >= 0)
		r = bus_append(message, "a(sa(sv))", 0);
	return bus_call(bus, message, r, answer);
}

static int call_with_name(struct bus *bus, const char *method, const char *name, struct bus_answer *answer)
{
	struct sd_bus_message *message = bus_begin(bus, method);

	return bus_call(bus, message, bus_append(message, "s", name), answer);
}

static int call_stop(struct bus *bus, const char *name, struct bus_answer *answer)
{
	struct sd_bus_message *message = bus_begin(bus, "StopUnit");

	return bus_call(bus, message, bus_append(message, "ss", name, "replace"), answer);
}

static int call_kill(struct bus *bus, const char *name, struct bus_answer *answer)
{
	struct sd_bus_message *message = bus_begin(bus, "KillUnit");

	return bus_call(bus, message, bus_append(message, "ssi", name, "all", SIGKILL), answer);
}

static int call_attach(struct bus *bus, const char *name, pid_t pid, struct bus_answer *answer)
{
	struct sd_bus_message *message = bus_begin(bus, "AttachProcessesToUnit");

	return bus_call(bus, message, bus_append(message, "ssau", name, "", 1, (unsigned)pid), answer);
}

/* systemd's own words if it has said any. */
static int refused(const char *what, const char *name, const struct bus_answer *answer, struct error *error)
{
	if (answer->text[0])
		return fail(error, 0, "cannot %s the unit '%s': %s", what, name, answer->text);
	if (answer->code == ETIMEDOUT)
		return fail(error, ETIMEDOUT, "cannot %s the unit '%s': systemd has not answered in %d s, and may yet do it", what, name,
			    LIBS_PATIENCE_MS / 1000);
	return fail(error, answer->code, "cannot %s the unit '%s'", what, name);
}

static int wait_for_job(struct bus *bus, const char *what, const char *name, const struct bus_answer *answer, struct error *error)
{
	int r = bus_wait_for_job(bus, answer->path);

	if (r == -ETIMEDOUT)
		return fail(error, ETIMEDOUT, "cannot %s the unit '%s': systemd has not done it in %d s", what, name,
			    LIBS_PATIENCE_MS / 1000);
	if (r < 0)
		return fail(error, -r, "cannot %s the unit '%s': the connection to systemd is lost", what, name);
	if (strcmp(bus->result, "done") != 0)
		return fail(error, 0, "cannot %s the unit '%s': systemd's job ended with '%s'", what, name, bus->result);
	return 0;
}

/* ---- start ---- */

/* Whatever has become of a start that failed: the error is known already. */
static void abandon(struct bus *bus, const char *name)
{
	struct bus_answer answer;

	bus->deadline = clock_ms() + CLEAN_UP_MS;
	call_kill(bus, name, &answer);
	if (call_stop(bus, name, &answer) == 0)
		bus_wait_for_job(bus, answer.path);
	call_with_name(bus, "ResetFailedUnit", name, &answer);
}

/* A unit that failed, and whose container was never deleted, is in the way until it is forgotten. */
static int start_or_again(struct bus *bus, const struct plan_unit *unit, pid_t companion, struct error *error)
{
	struct bus_answer answer, reset;

	if (call_start(bus, unit, companion, &answer) < 0 && strcmp(answer.name, UNIT_EXISTS) == 0) {
		call_with_name(bus, "ResetFailedUnit", unit->name, &reset);
		call_start(bus, unit, companion, &answer);
	}
	if (answer.code)
		return refused("start", unit->name, &answer, error);
	if (wait_for_job(bus, "start", unit->name, &answer, error) == 0)
		return 0;
	abandon(bus, unit->name);
	return -1;
}

static int find_cgroup(struct bus *bus, const struct plan_unit *unit, char *path, size_t size, struct error *error)
{
	int r = bus_text(bus, unit->name, unit->is_slice ? "Slice" : "Scope", "ControlGroup", path, size);

	if (r == 0 && path[0] == '/')
		return 0;
	fail(error, -r, "cannot find out the cgroup of the unit '%s'", unit->name);
	abandon(bus, unit->name);
	return -1;
}

/* ---- change, stop ---- */

static int call_set(struct bus *bus, const struct plan_unit *unit, struct bus_answer *answer)
{
	struct sd_bus_message *message = bus_begin(bus, "SetUnitProperties");
	int r = bus_append(message, "sb", unit->name, 1);

	if (r >= 0)
		r = bus_properties_open(message);
	if (r >= 0)
		r = add_known(bus, message, unit->properties, unit->property_count);
	if (r >= 0)
		r = bus_properties_close(message);
	return bus_call(bus, message, r, answer);
}

/* What is killed already makes a quick end; and a unit that is gone is what we want. */
static int stop(struct bus *bus, const char *name, struct error *error)
{
	struct bus_answer answer, ignored;
	int r = 0;

	call_kill(bus, name, &ignored);
	if (call_stop(bus, name, &answer) == 0)
		r = wait_for_job(bus, "stop", name, &answer, error);
	else if (strcmp(answer.name, NO_SUCH_UNIT) != 0)
		r = refused("stop", name, &answer, error);
	call_with_name(bus, "ResetFailedUnit", name, &ignored);
	return r;
}

static int do_call(struct bus *bus, const struct libs_call *call, struct libs_answer *to)
{
	struct bus_answer answer = { 0 };

	switch (call->what) {
	case LIBS_UNIT_START:
		try(start_or_again(bus, call->unit, call->companion, &to->error));
		return find_cgroup(bus, call->unit, to->path, sizeof(to->path), &to->error);
	case LIBS_UNIT_SET:
		return call_set(bus, call->unit, &answer) < 0 ? refused("change", call->unit->name, &answer, &to->error) : 0;
	case LIBS_UNIT_STOP:
		return stop(bus, call->name, &to->error);
	case LIBS_UNIT_ATTACH:
		if (call_attach(bus, call->name, call->pid, &answer) < 0)
			return refused("put a process into", call->name, &answer, &to->error);
		return 0;
	default:
		call_with_name(bus, "ResetFailedUnit", call->name, &answer);
		return 0;
	}
}

int libs_unit(const struct libs_call *call, struct libs_answer *answer)
{
	struct bus bus;

	try(bus_open(&bus, call->user, call->socket, call->direct, call->deadline, &answer->error));
	int r = do_call(&bus, call, answer);
	bus_close(&bus);
	return r;
}
