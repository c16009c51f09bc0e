/* mounts: mounts are added to a running container, or taken away again (contract 6.15). */
#include <fcntl.h>
#include <string.h>
#include "base/cleanup.h"
#include "cmd/container.h"
#include "kern/procfs.h"
#include "plan/build.h"
#include "run/host.h"
#include "run/mounts.h"

static int read_list(const struct invocation *invocation, const char *path, struct json_objects *mounts, struct error *error)
{
	struct json_note *notes = NULL;
	struct document d;

	try(document_read(path, invocation->arena, &d, error));
	int r = spec_mounts_read(d.name, d.text, d.length, invocation->arena, mounts, &notes, error);
	tell_notes(d.name, notes);
	return r;
}

/* The list, planned by the rules that the container's own mounts were planned by. */
static int make_plan(const struct invocation *invocation, struct stage *stage, const struct json_objects *mounts, struct error *error)
{
	struct spec *spec = arena_new(stage->arena, struct spec);
	struct request request = { .id = stage->record.id, .bundle = stage->record.bundle, .no_pivot = stage->record.chrooted };
	struct planning planning = { .spec = spec, .request = &request, .arena = stage->arena, .plan = stage->plan };
	struct host host;

	try(container_config(&stage->state, stage->arena, spec, error));
	try(host_probe(&host, stage->arena, error));
	planning.host = &host;
	int r = strcmp(invocation->args[0], "add") == 0 ? plan_more_mounts(&planning, mounts, error)
						       : plan_fewer_mounts(&planning, mounts, error);
	tell_warnings(planning.warnings);
	return r;
}

static int check_status(const struct stage *stage, struct error *error)
{
	enum status status = container_status(&stage->state, &stage->record);

	if (status == STATUS_CREATED || status == STATUS_RUNNING || status == STATUS_PAUSED)
		return 0;
	return fail(error, 0, "container not running: mounts of container '%s' cannot be changed, it is %s", stage->record.id,
		    status_text(status));
}

static int change(const struct invocation *invocation, struct stage *stage, struct error *error)
{
	struct json_objects mounts;

	/* Before the lock: the file may be a pipe that nobody writes to. */
	try(read_list(invocation, invocation->args[2], &mounts, error));
	int found = container_open(invocation, invocation->args[1], STATE_LOCK, &stage->state, &stage->record, error);
	if (found < 0)
		return -1;
	if (found == 0)
		return fail(error, 0, "container not running: its create was abandoned");
	try(check_status(stage, error));
	stage->procfs = procfs_host();
	if (stage->procfs < 0)
		return fail(error, -stage->procfs, "cannot use /proc");
	try(make_plan(invocation, stage, &mounts, error));
	return strcmp(invocation->args[0], "add") == 0 ? container_mounts_add(stage, error) : container_mounts_remove(stage, error);
}

static int mounts(const struct invocation *invocation, struct error *error)
{
	struct stage stage = { STAGE_BEGIN, .arena = invocation->arena, .plan = arena_new(invocation->arena, struct plan) };
	const char *what = invocation->args[0];

	if (strcmp(what, "add") != 0 && strcmp(what, "remove") != 0)
		return fail(error, 0, "unknown command 'mounts %s': add and remove are known", what);
	int r = change(invocation, &stage, error);
	close_fd(&stage.procfs);
	state_close(&stage.state);
	return r;
}

const struct command command_mounts = {
	.name = "mounts",
	.arguments = "add|remove ID FILE",
	.summary = "add the mounts of a JSON list to a running container, or remove them",
	.least = 3,
	.most = 3,
	.run = mounts,
};
