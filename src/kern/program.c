/* A program run to its end, with a time limit, its output passed on or taken: hooks, on either side, and ps. */
#include "kern/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "kern/descriptors.h"

#define PIPE_HOLDS 65536 /* pipe(7) */
#define CHUNK 4096

struct call {
	const struct program *program;
	int input, output, errors;
	int error;
};

/* On the parent's memory until the exec (CLONE_VM|CLONE_VFORK); its descriptors and signal actions are its own. */
static int child(void *data)
{
	struct call *call = data;
	const struct program *program = call->program;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signals_default();
	if (again_dup2(call->input, 0) < 0 || again_dup2(call->output, 1) < 0 || again_dup2(call->errors, 2) < 0 ||
	    (program->cwd >= 0 && fchdir(program->cwd) < 0))
		call->error = errno;
	else
		call->error = -descriptors_range(3, ~0u, DESCRIPTORS_CLOSE);
	if (!call->error) {
		execve(program->path, program->argv, program->envp);
		call->error = errno;
	}
	return 127;
}

/* Standard input as a file that is whole: no pipe to fill, no EPIPE from a program that does not read. */
static int input_file(const struct program *program)
{
	_cleanup_fd int fd = memfd_create("state", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	int r = write_all(fd, program->input, program->input_length);
	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Keeps the newest line that is not empty. */
static void keep_last_line(struct program_end *end, const char *data, size_t length, size_t *at, bool *finished)
{
	for (size_t i = 0; i < length; i++) {
		if (data[i] == '\n') {
			*finished = true;
			continue;
		}
		if (*finished) {
			*at = 0;
			*finished = false;
		}
		if (*at < sizeof(end->last_line) - 1) {
			end->last_line[(*at)++] = data[i];
			end->last_line[*at] = '\0';
		}
	}
}

/* One pipe from the program. */
struct relay {
	const struct program *program;
	struct program_end *end;
	int from;                 /* -1: none, or at its end */
	bool taken;
	size_t at;
	bool finished;
};

static bool hand_on(struct relay *relay, const char *data, size_t length)
{
	if (relay->taken) {
		relay->end->refused = !relay->program->take(relay->program->to, data, length);
		return !relay->end->refused;
	}
	if (!relay->program->quiet)
		write_all(STDERR_FILENO, data, length);
	keep_last_line(relay->end, data, length, &relay->at, &relay->finished);
	return true;
}

/* Passes on what is there: false if there was nothing. */
static bool pass_on(struct relay *relay)
{
	char data[CHUNK];
	ssize_t length = again_read(relay->from, data, sizeof(data));
	if (length < 0 && errno == EAGAIN)
		return false;
	if (length <= 0 || !hand_on(relay, data, (size_t)length))
		relay->from = -1;
	return relay->from >= 0;
}

/* At most as much as a pipe holds: a program that never ends must not keep us from looking at the time, and what it left behind not
 * from coming to an end. */
static void drain(struct relay *relay)
{
	for (size_t i = 0; i < PIPE_HOLDS / CHUNK && relay->from >= 0 && pass_on(relay); i++)
		;
}

struct watch {
	pid_t pid;
	int pidfd, interrupt, watched;
	int64_t deadline;
	struct relay output, errors;
	struct program_end *end;
};

static void kill_group(const struct watch *watch, bool *why)
{
	*why = true;
	kill(-watch->pid, SIGKILL);
	kill(watch->pid, SIGKILL); /* it may have left its group; the number is its own until we wait for it */
}

/* For poll(2); when the time is over, it is for good. */
static int time_left(struct watch *watch)
{
	int64_t left = watch->deadline == INT64_MAX ? -1 : watch->deadline - clock_ms();

	if (watch->deadline == INT64_MAX || left > 0)
		return (int)left;
	kill_group(watch, &watch->end->timed_out);
	watch->deadline = INT64_MAX;
	return -1;
}

/* True once the program itself has ended: a daemon it left behind may keep the output open for ever (case C60). */
static bool attend_once(struct watch *watch)
{
	struct pollfd wait_for[5] = {
		{ .fd = watch->pidfd, .events = POLLIN },       { .fd = watch->interrupt, .events = POLLIN },
		{ .fd = watch->watched, .events = POLLIN },     { .fd = watch->output.from, .events = POLLIN },
		{ .fd = watch->errors.from, .events = POLLIN },
	};

	if (poll(wait_for, 5, time_left(watch)) < 0)
		return errno != EINTR;
	if (wait_for[3].revents)
		drain(&watch->output);
	if (wait_for[4].revents)
		drain(&watch->errors);
	if (wait_for[3].revents && watch->end->refused)
		kill_group(watch, &watch->end->refused);
	if (wait_for[1].revents || wait_for[2].revents) {
		kill_group(watch, &watch->end->interrupted);
		watch->interrupt = watch->watched = -1;
	}
	return wait_for[0].revents != 0;
}

/* What we keep of the pipes; `output` is -1 without take(). */
struct pipes { int output, errors; };

static void attend(const struct program *program, pid_t pid, int pidfd, struct pipes pipes, struct program_end *end)
{
	struct watch watch = {
		.pid = pid,
		.pidfd = pidfd,
		.interrupt = program->interrupt,
		.watched = program->watched,
		.deadline = program->timeout_ms ? clock_ms() + program->timeout_ms : INT64_MAX,
		.output = { .program = program, .end = end, .from = pipes.output, .taken = true },
		.errors = { .program = program, .end = end, .from = pipes.errors },
		.end = end,
	};

	while (!attend_once(&watch))
		;
	drain(&watch.output);
	drain(&watch.errors);
}

/* A pipe that is read without waiting. */
static int open_pipe(int *ours, int *theirs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ours = ends[0];
	*theirs = ends[1];
	return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static void how_it_ended(int pidfd, struct program_end *end)
{
	siginfo_t how = { 0 };

	again_waitid(P_PIDFD, (id_t)pidfd, &how, WEXITED | __WALL);
	if (how.si_code == CLD_EXITED)
		end->code = how.si_status;
	else
		end->signal = how.si_status;
}

int program_run(const struct program *program, struct program_end *end)
{
	_cleanup_fd int output = -1, errors = -1, their_output = -1, their_errors = -1;
	int pidfd = -1;
	memset(end, 0, sizeof(*end));
	_cleanup_fd int input = input_file(program);
	if (input < 0)
		return input;
	int r = open_pipe(&errors, &their_errors);
	if (r == 0 && program->take)
		r = open_pipe(&output, &their_output);
	if (r < 0)
		return r;

	struct call call = { program, input, program->take ? their_output : their_errors, their_errors, 0 };
	struct abi_clone_args args = { .flags = ABI_CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD };
	long pid = clone_vfork(&args, child, &call);
	if (pid < 0)
		return (int)pid;
	_cleanup_fd int held = pidfd;
	close_fd(&their_output);
	close_fd(&their_errors);
	if (!call.error)
		attend(program, (pid_t)pid, held, (struct pipes){ output, errors }, end);
	how_it_ended(held, end);
	return -call.error;
}
