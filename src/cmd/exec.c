/* exec: one more process in a container that runs (contract 6.6). */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "cmd/container.h"
#include "cmd/process.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "kern/terminal.h"
#include "plan/exec.h"
#include "run/attend.h"
#include "run/console.h"
#include "run/enter.h"
#include "run/handover.h"
#include "run/host.h"
#include "run/readiness.h"
#include "run/relay.h"
#include "run/score.h"

#define EXIT_RUNTIME 255 /* tells us from the program (contract 1.16) */

struct exec_options {
	const char *process, *cwd, *user, *apparmor, *label, *pid_file, *pidfd_socket, *console_socket, *trace;
	struct option_list env, groups, capabilities, cgroups;
	const bool *no_new_privileges;
	bool tty, detach, ignore_paused;
	unsigned preserve_fds;
};
#define O(member) offsetof(struct exec_options, member)

static const struct option options[] = {
	{ "process", 'p', OPTION_STRING, O(process), "FILE", "a process object in JSON, for what follows up to --process-label" },
	{ "cwd", 0, OPTION_STRING, O(cwd), "DIR", "working directory" },
	{ "env", 'e', OPTION_LIST, O(env), "NAME=VALUE", "one more variable; repeats" },
	{ "tty", 't', OPTION_FLAG, O(tty), NULL, "give it a terminal" },
	{ "user", 'u', OPTION_STRING, O(user), "UID[:GID]", "as this user; numbers" },
	{ "additional-gids", 'g', OPTION_LIST, O(groups), "GID", "one more group; repeats" },
	{ "cap", 'c', OPTION_LIST, O(capabilities), "CAP_NAME", "one more capability; repeats" },
	{ "no-new-privs", 0, OPTION_ANSWER, O(no_new_privileges), NULL, "it can gain no privileges by what it executes" },
	{ "apparmor", 0, OPTION_STRING, O(apparmor), "PROFILE", "another AppArmor profile" },
	{ "process-label", 0, OPTION_STRING, O(label), "LABEL", "another SELinux label" },
	{ "detach", 'd', OPTION_FLAG, O(detach), NULL, "return once it is executed" },
	{ "pid-file", 0, OPTION_STRING, O(pid_file), "FILE", "write its pid there" },
	{ "console-socket", 0, OPTION_STRING, O(console_socket), "PATH", "send its terminal there" },
	{ "pidfd-socket", 0, OPTION_STRING, O(pidfd_socket), "PATH", "send a pidfd of it there" },
	{ "preserve-fds", 0, OPTION_COUNT, O(preserve_fds), "N", "pass descriptors 3 to 3+N-1 on" },
	{ "cgroup", 0, OPTION_LIST, O(cgroups), "[CTRL,...:]PATH", "a cgroup below the container's; repeats" },
	{ "trace", 0, OPTION_STRING, O(trace), "FILE", TRACE_HELP },
	{ "ignore-paused", 0, OPTION_FLAG, O(ignore_paused), NULL, "in a paused container, too: it begins when that is resumed" },
};

/* ---- what is asked ---- */

static struct exec_list list_of(const struct option_list *list)
{
	return (struct exec_list){ list->items, list->count };
}

static int check(const struct invocation *invocation, struct error *error)
{
	const struct exec_options *o = invocation->options;

	if (!o->process && invocation->count < 2)
		return fail(error, 0, "exec args cannot be empty");
	return state_check_id(invocation->args[0], error);
}

static int read_process(const char *path, const struct json_homes *homes, struct spec_process *process, struct error *error)
{
	struct json_note *notes = NULL;
	struct document d;

	try(document_read(path, homes->own, &d, error));
	int r = spec_process_read(d.name, d.text, d.length, homes, process, &notes, error);
	tell_notes(d.name, notes);
	return r;
}

/* Without a limit or a filter of the host's own kind: what the container has. */
static int make_plan(const struct invocation *invocation, struct stage *stage, struct error *error)
{
	const struct exec_options *o = invocation->options;
	struct spec_process *document = o->process ? arena_new(stage->arena, struct spec_process) : NULL;
	struct spec *spec = arena_new(stage->arena, struct spec);
	/* Of the container's configuration init is to see what this process takes from it, and no more. */
	const struct json_homes homes = { .arena = stage->plan_arena, .own = stage->arena, .apart = FIELD_HOST | FIELD_MAKING };
	struct host host;
	const struct exec_request request = {
		.id = invocation->args[0], .document = document, .args = invocation->args + 1, .cwd = o->cwd, .user = o->user,
		.apparmor = o->apparmor, .label = o->label, .env = list_of(&o->env), .groups = list_of(&o->groups),
		.capabilities = list_of(&o->capabilities), .no_new_privileges = o->no_new_privileges, .terminal = o->tty,
		.detached = o->detach, .console_socket = o->console_socket, .preserve_fds = process_preserved(o->preserve_fds),
	};

	if (document)
		try(read_process(o->process, &homes, document, error));
	try(traced("read the container's configuration", container_config_into(&stage->state, &homes, spec, error)));
	struct trace_span *span = trace_step("probe the host");
	host_probe_rights(&host); /* the container's cgroup is where its record says */
	trace_end(span, 0);
	struct planning planning = { .spec = spec, .host = &host, .arena = stage->plan_arena, .own = stage->arena, .plan = stage->plan };
	int r = traced("plan", plan_exec(&planning, &request, error));
	tell_warnings(planning.warnings);
	return r;
}

static int check_status(const struct exec_options *o, const struct state_dir *state, enum status status, struct error *error)
{
	switch (status) {
	case STATUS_CREATED:
	case STATUS_RUNNING:
		return 0;
	case STATUS_PAUSED:
		return o->ignore_paused ? 0 : fail(error, 0, "cannot exec in a paused container (use --ignore-paused to override)");
	case STATUS_CREATING:
		return fail(error, 0, "cannot exec in container '%s': it is still being created", state->id);
	case STATUS_STOPPED:
		break;
	}
	return fail(error, 0, "cannot exec in a stopped container: container not running");
}

/* ---- doing it ---- */

static int prepare(const struct invocation *invocation, struct stage *stage, struct error *error)
{
	const struct exec_options *o = invocation->options;
	int found = traced("find the container", container_open(invocation, invocation->args[0], 0, &stage->state, &stage->record, error));

	if (found < 0)
		return -1;
	if (found == 0)
		return fail(error, 0, "cannot exec in container '%s': it is still being created, or its create was abandoned",
			    invocation->args[0]);
	stage->status = container_status(&stage->state, &stage->record);
	try(check_status(o, &stage->state, stage->status, error));
	try(make_plan(invocation, stage, error));
	stage->procfs = procfs_host();
	if (stage->procfs < 0)
		return fail(error, -stage->procfs, "cannot use /proc");
	if (o->pidfd_socket && (stage->pidfd_receiver = handover_connect(o->pidfd_socket, error)) < 0)
		return -1;
	return o->console_socket && (stage->console = console_open(o->console_socket, error)) < 0 ? -1 : 0;
}

static int attend_process(struct stage *stage, struct relay *relay, struct error *error)
{
	struct readiness nobody = READINESS_NONE;

	_cleanup_fd int signals = signals_all(error);
	if (signals < 0)
		return -1;
	struct attended attended = { .init = stage->pid, .pidfd = stage->pidfd, .signals = signals, .oom = &stage->oom, .relay = relay,
				     .readiness = &nobody };
	return attend(&attended);
}

/* The program does not wait for a start: what it asks for first may be its terminal's size. */
static int open_relay(struct relay *relay, struct plan_process *process, struct error *error)
{
	try(relay_open(relay, error));
	if (!process->rows && terminal_size(relay->terminal, &process->rows, &process->columns) < 0)
		process->rows = process->columns = 0;
	return 0;
}

static int exec_attended(struct stage *stage, const struct cgroup_wishes *wishes, struct error *error)
{
	const bool terminal = stage->plan->process.terminal;
	struct relay relay = RELAY_NONE;

	if (terminal)
		try(open_relay(&relay, &stage->plan->process, error));
	int r = container_exec(stage, wishes, error);
	if (r == 0 && terminal && (r = relay_start(&relay, take_fd(&stage->master), error)) < 0)
		pidfd_signal(stage->pidfd, SIGKILL);
	if (r == 0)
		r = attend_process(stage, terminal ? &relay : NULL, error);
	relay_close(&relay);
	return r;
}

static int play(const struct invocation *invocation, struct stage *stage, struct error *error)
{
	const struct exec_options *o = invocation->options;
	const struct cgroup_wishes wishes = { o->cgroups.items, o->cgroups.count, o->ignore_paused };

	try(prepare(invocation, stage, error));
	umask(0);
	signals_block();
	_cleanup_fd int signals = signals_ending(error);
	if (signals < 0)
		return -1;
	stage->signals = signals;
	return o->detach ? container_exec(stage, &wishes, error) : exec_attended(stage, &wishes, error);
}

static int exec_in(const struct invocation *invocation, struct error *error)
{
	const struct exec_options *o = invocation->options;
	struct arena arena;

	try(check(invocation, error));
	try(trace_open(o->trace, invocation->command->name, error));
	try(process_pass_on(process_preserved(o->preserve_fds), error));
	int r = arena_open_shared(&arena, ARENA_ADDRESS);
	if (r < 0)
		return fail(error, -r, "cannot make the shared memory for the plan");
	struct stage stage = {
		STAGE_BEGIN, .score = &exec_score, .trace = trace_lane(),
		.plan = arena_new(&arena, struct plan), .arena = invocation->arena, .plan_arena = &arena, .pid_file = o->pid_file,
	};
	r = play(invocation, &stage, error);
	container_close(&stage);
	return r;
}

const struct command command_exec = {
	.name = "exec",
	.arguments = "ID PROGRAM [ARG...]",
	.summary = "execute one more program in a container",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct exec_options),
	.flags = COMMAND_STOP_AT_FIRST,
	.least = 1,
	.most = SIZE_MAX,
	.failure = EXIT_RUNTIME,
	.run = exec_in,
};
