/* Making a container, and finding one again. */
#include "cmd/container.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "plan/build.h"
#include "run/attend.h"
#include "run/console.h"
#include "run/handover.h"
#include "run/host.h"
#include "run/root.h"
#include "run/score.h"

#define DEFAULT_ROOT "/run/caisson"

/* XDG_RUNTIME_DIR is another user's business for the host's root, but not for an ordinary user, nor for root of a user namespace, who may
 * be one by another name (contract section 3). */
static bool is_users_own(void)
{
	const char *user = getenv("USER");
	return geteuid() != 0 || (!(user && strcmp(user, "root") == 0) && host_in_user_namespace());
}

static const char *users_root(struct arena *arena)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
	return runtime_dir && runtime_dir[0] == '/' && is_users_own() ? arena_printf(arena, "%s/caisson", runtime_dir) : NULL;
}

const char *state_root_path(const struct invocation *invocation)
{
	const char *root = invocation->globals->root;

	if (!root) {
		const char *own = users_root(invocation->arena);
		return own ? own : DEFAULT_ROOT;
	}
	if (root[0] == '/')
		return root;
	char *cwd = getcwd(NULL, 0);
	const char *path = arena_printf(invocation->arena, "%s/%s", cwd ? cwd : "", root);
	free(cwd);
	return path;
}

/* Who may make the state root: the one that is the user's own by default is sticky. */
static int root_flags(const struct invocation *invocation)
{
	return STATE_ROOT_MAKE | (!invocation->globals->root && users_root(invocation->arena) ? STATE_ROOT_STICKY : 0);
}

/* A child of ours that has been killed. */
static void reap(int pidfd, int timeout_ms)
{
	if (pidfd_wait(pidfd, timeout_ms) == 1)
		again_waitid(P_PIDFD, (id_t)pidfd, &(siginfo_t){ 0 }, WEXITED | WNOHANG);
}

#define DEATH_MS 200

void container_tell_left(const struct error *error)
{
	char sentence[1024];

	error_sentence(error, sentence, sizeof(sentence));
	log_warning("cannot undo all of it, delete --force will: %s", sentence);
}

/* What a failed create made is undone by the same function that deletes (architecture: rollback is not written anywhere). */
static void undo(struct prepared *prepared, struct stage *stage)
{
	struct error left = { 0 };

	/* One that is frozen dies when the cgroup goes. */
	if (stage->pidfd >= 0 && pidfd_signal(stage->pidfd, SIGKILL) == 0)
		reap(stage->pidfd, DEATH_MS);
	if (stage->claimed && container_destroy(&stage->state, &stage->record, &prepared->plan->hooks, prepared->own, &left) < 0)
		container_tell_left(&left);
	if (stage->pidfd >= 0)
		reap(stage->pidfd, 0);
	container_close(stage);
}

/* Before there is anything to undo. */
static int connect_receivers(struct stage *stage, const struct create_options *options, struct error *error)
{
	if (options->console_socket && (stage->console = console_open(options->console_socket, error)) < 0)
		return -1;
	if (options->pidfd_socket)
		stage->pidfd_receiver = handover_connect(options->pidfd_socket, error);
	return options->pidfd_socket && stage->pidfd_receiver < 0 ? -1 : 0;
}

int container_create(const struct invocation *invocation, struct prepared *prepared, int signal_fd, struct stage *stage,
		     struct error *error)
{
	const struct create_options *options = invocation->options;
	const char *state_root = state_root_path(invocation);

	*stage = (struct stage){
		STAGE_BEGIN,
		.score = &create_score,
		.trace = trace_lane(),
		.plan = prepared->plan,
		.arena = prepared->own,
		.plan_arena = &prepared->arena,
		.config_text = prepared->config_text,
		.config_length = prepared->config_length,
		.pid_file = options->pid_file,
		.record = { .oci_version = OCI_VERSION, .annotations = prepared->spec.annotations },
	};
	stage->signals = signal_fd;
	stage->procfs = procfs_host();
	if (stage->procfs < 0)
		return fail(error, -stage->procfs, "cannot use /proc");
	umask(0); /* modes of what is made are said where it is made */
	if (connect_receivers(stage, options, error) < 0 ||
	    root_check(prepared->plan, state_root, error) < 0 ||
	    state_open_root(state_root, root_flags(invocation), &stage->state, error) < 0 ||
	    score_play(HOST, stage, error) < 0) {
		undo(prepared, stage);
		return -1;
	}
	return 0;
}

void container_close(struct stage *stage)
{
	cgroup_close(&stage->cgroup);
	placeholder_end(&stage->placeholder);
	oom_tally_close(&stage->oom);
	state_close(&stage->state);
	close_fd(&stage->socket);
	close_fd(&stage->cargo);
	close_fd(&stage->procfs);
	close_fd(&stage->pidfd);
	deputy_end(&stage->deputy);
	network_drop(&stage->network);
	close_fd(&stage->pidfd_receiver);
	close_fd(&stage->console);
	close_fd(&stage->master);
	close_fd(&stage->container);
}

int container_open(const struct invocation *invocation, const char *id, int flags, struct state_dir *state, struct record *record,
		   struct error *error)
{
	const char *root = state_root_path(invocation);
	struct stat info;

	*state = (struct state_dir){ .root = -1, .dir = -1 };
	memset(record, 0, sizeof(*record));
	try(state_check_id(id, error));
	if (stat(root, &info) < 0 && errno == ENOENT)
		return state_absent(id, error);
	try(state_open_root(root, 0, state, error));
	try(state_open(state, id, flags, error));
	return record_load(state, invocation->arena, record, error);
}

int container_config_into(const struct state_dir *state, const struct json_homes *homes, struct spec *spec, struct error *error)
{
	const char *text;
	size_t length;
	int found = state_document(state, STATE_CONFIG, homes->own, &text, &length, error);

	if (found == 0 && state_gone(state))
		return state_absent(state->id, error);
	if (found < 0)
		return found;
	if (found == 0)
		fail(error, 0, "our copy of config.json of container '%s' is missing", state->id);
	return found && spec_read_into(STATE_CONFIG, text, length, homes, spec, NULL, error) == 0 ? 0 : STATE_DAMAGED;
}

int container_config(const struct state_dir *state, struct arena *arena, struct spec *spec, struct error *error)
{
	const struct json_homes one = { .arena = arena, .own = arena };

	return container_config_into(state, &one, spec, error);
}

static int read_hooks(const struct state_dir *state, struct arena *arena, const struct record *record, struct plan_hooks **hooks,
		      struct error *error)
{
	struct request request = { .id = record->id, .bundle = record->bundle };
	struct spec *spec = arena_new(arena, struct spec);
	struct planning planning = { .request = &request, .spec = spec, .arena = arena, .plan = arena_new(arena, struct plan) };

	try(container_config(state, arena, spec, error));
	if (plan_hooks(&planning, error) < 0)
		return STATE_DAMAGED;
	*hooks = &planning.plan->hooks;
	return 0;
}

int container_hooks(const struct invocation *invocation, const struct state_dir *state, const struct record *record,
		    struct plan_hooks **hooks, struct error *error)
{
	*hooks = arena_new(invocation->arena, struct plan_hooks);
	return record->hooks.count ? read_hooks(state, invocation->arena, record, hooks, error) : 0;
}
