/* First and last on the host's side: the id is claimed and names are written down; the record is committed with the pid. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "kern/process.h"
#include "run/container.h"
#include "run/handover.h"
#include "run/oom.h"
#include "run/read_back.h"

#define PIDFD_OF_INIT "standard" /* contract 7.2; for a process of exec it is "setns" */

static const char *time_now(struct arena *arena)
{
	char text[CLOCK_TEXT];

	clock_text(clock_now(), 9, text);
	return arena_string(arena, text);
}

static bool cgroup_exists(struct arena *arena, const struct plan_cgroup *plan, const char *path)
{
	for (size_t i = 0; i < plan->directory_count; i++)
		if (access(arena_printf(arena, "%s%s", plan->directories[i].mount, path), F_OK) == 0)
			return true;
	return false;
}

/* The deepest part of the path that is there already: what is below it will be ours, and goes with the container (runtime.md#delete). */
static const char *cgroup_above(struct arena *arena, const struct plan_cgroup *plan)
{
	char *path = arena_string(arena, plan->path);

	for (char *end; (end = strrchr(path, '/')) && end > path;) {
		*end = '\0';
		if (cgroup_exists(arena, plan, path))
			return path;
	}
	return "";
}

void record_name_cgroup(struct record *record, const struct plan_cgroup *plan, struct arena *arena)
{
	struct record_cgroup *list = arena_array(arena, struct record_cgroup, plan->directory_count);

	for (size_t i = 0; i < plan->directory_count; i++)
		list[i] = (struct record_cgroup){ .mount = plan->directories[i].mount, .v2 = plan->directories[i].v2 };
	record->cgroup_path = plan->path;
	record->cgroups = (struct json_objects){ .items = list, .count = (uint32_t)plan->directory_count, .given = true };
}

struct cgroup_at record_cgroup_at(const struct record *record)
{
	return (struct cgroup_at){ record->cgroup_path, record->cgroups.items, record->cgroups.count };
}

/* The unit is what there is to be stopped, wherever systemd puts it; the directories above it are systemd's. */
void record_name_unit(struct record *record, const struct plan_cgroup *plan, struct arena *arena)
{
	const char *slash = strrchr(plan->path, '/');

	record->unit = plan->unit->name;
	record->user_unit = plan->unit->user;
	record->cgroup_above = arena_copy(arena, plan->path, (size_t)(slash - plan->path));
}

static void record_cgroups(struct stage *stage)
{
	const struct plan_cgroup *plan = &stage->plan->cgroup;
	struct record *record = &stage->record;

	if (!plan->path)
		return;
	record_name_cgroup(record, plan, stage->arena);
	if (plan->unit)
		record_name_unit(record, plan, stage->arena);
	/* A cgroup that was there before us is used, not removed. */
	record->cgroup_made = !cgroup_exists(stage->arena, plan, plan->path);
	if (!record->cgroup_made)
		record_oom_before(record);
	if (!plan->unit)
		record->cgroup_above = cgroup_above(stage->arena, plan);
	if (record->user_unit) /* it begins where the user's manager is, which is known once the unit is started */
		record->cgroup_path = NULL;
}

static void record_hooks(struct stage *stage)
{
	const struct plan_hooks *hooks = &stage->plan->hooks;
	const char **list = arena_array(stage->arena, const char *, 3);
	uint32_t count = 0;

	if (hooks->count[HOOK_POSTSTART])
		list[count++] = "poststart";
	if (hooks->count[HOOK_POSTSTOP])
		list[count++] = "poststop";
	stage->record.hooks = (struct json_strings){ .items = list, .count = count, .given = count > 0 };
}

static void fill_record(struct stage *stage)
{
	const struct plan *plan = stage->plan;
	const struct plan_seccomp *seccomp = plan->seccomp;
	struct record *record = &stage->record;

	record->id = plan->id;
	record->boot_id = state_boot_id();
	record->bundle = plan->bundle;
	record->rootfs = plan->root.path;
	record->created = time_now(stage->arena);
	record->private_pid_namespace = plan->namespaces.of[PLAN_NS_PID].mode == NS_NEW;
	record->chrooted = !plan->root.pivot;
	record->has_process = plan->has_process;
	record->start_marked = true;
	record->net_devices = plan->net_device_count > 0;
	record_cgroups(stage);
	record_hooks(stage);
	if (seccomp && seccomp->notify && !seccomp->early) {
		record->notify_path = seccomp->listener_path;
		record->notify_metadata = seccomp->listener_metadata;
	}
}

int host_claim(struct stage *stage, struct error *error)
{
	try(state_claim(&stage->state, stage->plan->id, error));
	stage->claimed = true;
	fill_record(stage);
	try(record_save(&stage->state, &stage->record, stage->arena, error));
	if (stage->plan->readiness && again_mkdirat(stage->state.dir, PLAN_READINESS_DIR, 0755) < 0)
		return fail(error, errno, "cannot make the directory for NOTIFY_SOCKET");
	/* Later commands read this copy, never the bundle again (rule B.14.10). */
	int r = file_replace(stage->state.dir, STATE_CONFIG, stage->config_text, stage->config_length, 0600);
	return r < 0 ? fail(error, -r, "cannot keep a copy of config.json") : 0;
}

/* Decimal digits and no newline: callers parse it strictly (contract 1.1). A new file put into place whole, no link
 * followed. */
int stage_write_pid_file(struct stage *stage, struct error *error)
{
	char pid[24];

	if (!stage->pid_file)
		return 0;
	size_t length = number_text(pid, stage->pid);
	int r = file_place(stage->pid_dir, stage->pid_file, pid, length, 0644);
	return r < 0 ? fail(error, -r, "cannot write the pid file '%s'", stage->pid_file) : 0;
}

int host_commit(struct stage *stage, struct error *error)
{
	try(read_back_commit(stage, error));
	deputy_end(&stage->deputy);
	cgroup_close(&stage->cgroup); /* init is in it: from here on it keeps other creates out by itself */
	stage->record.pid = stage->pid;
	stage->record.pid_start = stage->pid_start;
	stage->record.pid_inode = pidfd_inode(stage->pidfd);
	stage->record.committed = true;
	try(record_save(&stage->state, &stage->record, stage->arena, error));
	if (stage->pidfd_receiver >= 0)
		try(handover_send(stage->pidfd_receiver, PIDFD_OF_INIT, stage->pidfd, error));
	return stage_write_pid_file(stage, error);
}

int host_created(struct stage *stage, struct error *error)
{
	(void)stage;
	(void)error;
	return 0;
}
