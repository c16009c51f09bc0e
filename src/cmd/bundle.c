/* A bundle is read, checked and planned: everything before the first side effect. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/container.h"
#include "cmd/process.h"
#include "plan/build.h"
#include "run/host.h"
#include "run/trace.h"

/* A regular file of limited size, read once: no FIFO to hang on, no device without end (rule B.17, case C49). */
static int read_config(int dir, const char *path, unsigned limit_mib, struct arena *arena, const char **to, size_t *to_length,
		       struct error *error)
{
	const size_t limit = limit_mib ? (size_t)limit_mib << 20 : JSON_SIZE;
	struct stat info;

	if (limit > JSON_SIZE_MOST)
		return fail(error, 0, "--config-limit is at most %u MiB", JSON_SIZE_MOST >> 20);

	_cleanup_fd int fd = again_openat(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return fail(error, 0, "JSON specification file %s not found", path);
	if (fd < 0 || fstat(fd, &info) < 0)
		return fail(error, errno, "cannot read '%s'", path);
	if (!S_ISREG(info.st_mode))
		return fail(error, 0, "cannot read '%s': not a regular file", path);
	if ((uint64_t)info.st_size > limit)
		return fail(error, 0, "'%s' has %lld bytes, at most %zu are read (--config-limit)", path, (long long)info.st_size, limit);
	char *text = arena_alloc(arena, (size_t)info.st_size + 2);
	ssize_t length = read_all(fd, text, (size_t)info.st_size + 2);
	if (length == -EFBIG)
		return fail(error, 0, "'%s' has more than the %lld bytes that it says it has", path, (long long)info.st_size);
	if (length < 0)
		return fail(error, (int)-length, "cannot read '%s'", path);
	*to = text;
	*to_length = (size_t)length;
	return 0;
}

void tell_notes(const char *name, const struct json_note *notes)
{
	for (const struct json_note *note = notes; note; note = note->next) {
		if (note->warning)
			log_warning("%s:%u:%u: %s: %s", name, note->at.line, note->at.column, note->at.path, note->text);
		else
			log_debug("%s:%u:%u: %s: %s", name, note->at.line, note->at.column, note->at.path, note->text);
	}
}

void tell_warnings(const struct plan_warning *warning)
{
	if (!warning)
		return;
	tell_warnings(warning->next); /* the newest is first */
	if (warning->at.line)
		log_warning("%s (%s at %s:%u:%u)", warning->text, warning->at.path ? warning->at.path : "",
			    warning->at.file ? warning->at.file : "config.json", warning->at.line, warning->at.column);
	else
		log_warning("%s", warning->text);
}

/* The record and the hooks' state are JSON, which has no other bytes: they would name another path, perhaps somebody else's. */
static int recordable(const char *what, const char *path, struct error *error)
{
	return utf8_valid(path, strlen(path)) ? 0 : fail(error, 0, "invalid %s '%s': its path is not valid UTF-8", what, path);
}

static const char *absolute(struct arena *arena, const char *path, struct error *error)
{
	char real[PATH_MAX];
	if (!realpath(path, real)) {
		fail(error, errno, "cannot enter the bundle '%s'", path);
		return NULL;
	}
	return recordable("bundle", real, error) < 0 ? NULL : arena_string(arena, real);
}

static enum rootless rootless(const struct global_options *globals)
{
	if (!globals->rootless || strcmp(globals->rootless, "auto") == 0)
		return ROOTLESS_AUTO;
	return strchr("t1", *globals->rootless) ? ROOTLESS_YES : ROOTLESS_NO;
}

static int make_request(const struct invocation *invocation, const char *id, const char *bundle, struct request *request,
			struct error *error)
{
	const struct create_options *options = invocation->options;
	const char *manager = invocation->globals->cgroup_manager;

	*request = (struct request){
		.id = id,
		.bundle = bundle,
		.no_pivot = options->no_pivot,
		.no_new_keyring = options->no_new_keyring,
		.detached = options->detach,
		.listen_fds = process_listen_fds(),
		.listen_names = process_listen_names(),
		.readiness = process_notify_socket() != NULL,
		.rootless = rootless(invocation->globals),
		.no_cgroup = manager && strcmp(manager, "disabled") == 0,
		.systemd_cgroup = invocation->globals->systemd_cgroup || (manager && strcmp(manager, "systemd") == 0),
		.console_socket = options->console_socket,
		.lower = options->lower.items,
		.lower_count = options->lower.count,
		.upper = options->upper,
		.work = options->work,
		.ephemeral = options->ephemeral,
	};
	request->preserve_fds = process_preserved(options->preserve_fds);
	return process_pass_on(request->preserve_fds, error);
}

static bool wants_user_namespace(const struct spec *spec)
{
	bool wanted = false;

	JSON_EACH(struct spec_namespace, namespace, &spec->linux_->namespaces)
		wanted = wanted || namespace->type == NS_USER;
	return wanted;
}

int container_prepare(const struct invocation *invocation, const char *id, struct prepared *prepared, struct error *error)
{
	const struct create_options *options = invocation->options;
	struct arena *own = invocation->arena;
	struct json_note *notes = NULL;
	struct request request;
	struct host host;

	memset(prepared, 0, sizeof(*prepared));
	prepared->own = own;
	struct trace_span *span = trace_step("read the configuration");
	int r = arena_open_shared(&prepared->arena, ARENA_ADDRESS);
	if (r < 0)
		return fail(error, -r, "cannot make the shared memory for the plan");
	prepared->plan = arena_new(&prepared->arena, struct plan); /* the first object: init finds it at ARENA_ADDRESS */
	const char *bundle = absolute(own, options->bundle ? options->bundle : ".", error);
	if (!bundle)
		return -1;
	try(make_request(invocation, id, bundle, &request, error));
	_cleanup_fd int dir = again_open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail(error, errno, "cannot enter the bundle '%s'", bundle);
	try(read_config(options->config ? AT_FDCWD : dir, options->config ? options->config : "config.json", options->config_limit,
			own, &prepared->config_text, &prepared->config_length, error));
	const char *name = options->config ? file_name(options->config) : "config.json";
	const struct json_homes homes = { .arena = &prepared->arena, .own = own, .apart = FIELD_HOST };
	r = spec_read_into(name, prepared->config_text, prepared->config_length, &homes, &prepared->spec, &notes, error);
	tell_notes(name, notes);
	if (r < 0)
		return -1;
	trace_end(span, 0);
	span = trace_step("probe the host");
	try(host_probe(&host, own, error));
	/* What is only explained is for root if an ordinary user could not have it at all. */
	host.unprivileged = host.unprivileged && !(options->explain && !wants_user_namespace(&prepared->spec));
	trace_end(span, 0);
	span = trace_step("plan");
	struct planning planning = { .spec = &prepared->spec, .host = &host, .request = &request, .arena = &prepared->arena, .own = own,
				     .plan = prepared->plan };
	r = plan_build(&planning, error);
	trace_end(span, r);
	tell_warnings(planning.warnings);
	/* An ordinary user's is beside that of the process, which has any name. */
	if (r == 0 && prepared->plan->cgroup.path)
		r = recordable("cgroup", prepared->plan->cgroup.path, error);
	return r;
}
