/* Calls of caisson-libs: the call is laid into shared memory, the executable run to its end, the answer read. */
#include "cgroup/libs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "cgroup/mount_table.h"
#include "kern/executable.h"
#include "kern/process.h"

extern const char libs_image[], libs_image_end[];

/* ---- what is asked ---- */

static const char *copy_text(struct arena *to, const char *text)
{
	return text ? arena_string(to, text) : NULL;
}

static struct plan_property copy_property(struct arena *to, const struct plan_property *from)
{
	struct plan_property copy = *from;

	copy.name = copy_text(to, from->name);
	copy.signature = copy_text(to, from->signature);
	copy.at = (struct place){ .path = NULL };
	if (from->strings) {
		const char **strings = arena_array(to, const char *, from->count);
		for (size_t i = 0; i < from->count; i++)
			strings[i] = copy_text(to, from->strings[i]);
		copy.strings = strings;
	}
	if (from->numbers)
		copy.numbers = memcpy(arena_array(to, uint64_t, from->count), from->numbers, from->count * sizeof(*from->numbers));
	if (from->bytes)
		copy.bytes = memcpy(arena_alloc(to, from->byte_count), from->bytes, from->byte_count);
	return copy;
}

static const struct plan_unit *copy_unit(struct arena *to, const struct plan_unit *from)
{
	struct plan_unit *copy = arena_new(to, struct plan_unit);
	struct plan_property *properties = arena_array(to, struct plan_property, from->property_count);

	for (size_t i = 0; i < from->property_count; i++)
		properties[i] = copy_property(to, &from->properties[i]);
	*copy = *from;
	copy->name = copy_text(to, from->name);
	copy->slice = copy_text(to, from->slice);
	copy->description = copy_text(to, from->description);
	copy->properties = properties;
	return copy;
}

static void lay_down(struct arena *to, const struct libs_call *call)
{
	struct libs_call *copy = arena_new(to, struct libs_call); /* the first object there */

	*copy = *call;
	copy->name = copy_text(to, call->name);
	if (call->unit)
		copy->unit = copy_unit(to, call->unit);
}

/* ---- the process ---- */

/* For hosts where memfds may not be executed: a place that is not noexec, as the state directory is not, which is there. */
static int scratch(void)
{
	const char *runtime_dir = geteuid() == 0 ? NULL : getenv("XDG_RUNTIME_DIR");

	return again_open(runtime_dir ? runtime_dir : "/run", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int begin(const struct arena *memory, int socket, int answer, int *pidfd)
{
	char memory_fd[12], memory_size[24], answer_fd[12];
	char *argv[] = { (char[]){ "caisson-libs" }, memory_fd, memory_size, answer_fd, NULL };
	const int inherit[] = { memory->fd, answer, socket };

	_cleanup_fd int dir = scratch();
	const size_t size = (size_t)((uintptr_t)libs_image_end - (uintptr_t)libs_image);
	_cleanup_fd int image = executable_open("caisson-libs", libs_image, size, dir);
	if (image < 0)
		return image;
	format(memory_fd, sizeof(memory_fd), "%d", memory->fd);
	format(memory_size, sizeof(memory_size), "%zu", memory->used);
	format(answer_fd, sizeof(answer_fd), "%d", answer);
	const struct birth birth = {
		.cgroup = -1,
		.mounts = -1,
		.network = -1,
		.executable = image,
		.argv = argv,
		.inherit = inherit,
		.inherit_count = array_length(inherit) - (socket < 0),
		.pidfd = pidfd,
	};
	return process_birth(&birth);
}

/* It dies with us; its answer is whole, or it has none. */
static int ask(const struct arena *memory, int socket, struct libs_answer *answer)
{
	int ends[2], pidfd;
	siginfo_t how;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_fd int from = ends[0], to = ends[1];
	int r = begin(memory, socket, to, &pidfd);
	if (r < 0)
		return r;
	close_fd(&to);
	ssize_t length = read_all(from, (char *)answer, sizeof(*answer) + 1);
	again_waitid(P_PIDFD, (id_t)pidfd, &how, WEXITED);
	close(pidfd);
	return length == sizeof(*answer) ? 0 : length < 0 ? (int)length : -EPROTO;
}

int libs_do(const struct libs_call *call, struct arena *arena, const char **path, struct error *error)
{
	union { struct libs_answer answer; char room[sizeof(struct libs_answer) + 2]; } to;
	struct arena memory;

	to.answer.result = -1;
	int r = arena_open_shared(&memory, LIBS_ADDRESS);
	if (r < 0)
		return fail(error, -r, "cannot make memory for caisson-libs");
	lay_down(&memory, call);
	r = ask(&memory, call->socket, &to.answer);
	arena_close(&memory);
	if (r == -ENOENT)
		return fail(error, 0, "systemd cannot be spoken to: this host has no dynamic linker for libsystemd.so.0"), -ENOENT;
	if (r < 0)
		return fail(error, -r, "cannot ask the host's libraries about '%s'", call->unit ? call->unit->name : call->name);
	if (to.answer.result < 0) {
		if (!error->text[0])
			*error = to.answer.error;
		return -1;
	}
	if (path)
		*path = arena_string(arena, to.answer.path);
	return 0;
}

int mount_table_find_v1(const char *controller, struct arena *arena, const char **path)
{
	const struct libs_call call = { .what = LIBS_FIND_V1, .name = controller, .socket = -1 };
	struct error error = { 0 };
	const char *found = "";

	*path = NULL;
	int r = libs_do(&call, arena, &found, &error);
	if (r < 0 && r != -ENOENT)
		return error.code ? -error.code : -EIO;
	if (r == 0 && *found)
		*path = found;
	return 0;
}
