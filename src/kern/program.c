/* A program run to its end, with a time limit, its output passed on: hooks, on either side. */
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
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"

struct call {
	const struct program *program;
	int input, output;
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
	if (dup2(call->input, 0) < 0 || dup2(call->output, 1) < 0 || dup2(call->output, 2) < 0 ||
	    (program->cwd >= 0 && fchdir(program->cwd) < 0) || syscall(ABI_SYS_close_range, 3, ~0U, 0) < 0)
		call->error = errno;
	else {
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

struct relay {
	int from;
	size_t at;
	bool finished;
};

/* Passes on what is there. False at the end of it. */
static bool pass_on(struct relay *relay, struct program_end *end)
{
	char data[1024];
	ssize_t length = read(relay->from, data, sizeof(data));
	if (length < 0)
		return errno == EINTR || errno == EAGAIN;
	if (length == 0)
		return false;
	write_all(STDERR_FILENO, data, (size_t)length);
	keep_last_line(end, data, (size_t)length, &relay->at, &relay->finished);
	return true;
}

struct watch {
	const struct program *program;
	pid_t pid;
	int pidfd, output;
};

static void kill_group(const struct watch *watch, bool *why)
{
	*why = true;
	kill(-watch->pid, SIGKILL);
}

/* Until the program itself has ended: a daemon it left behind may keep the output open for ever (case C60). */
static void attend(const struct watch *watch, struct program_end *end)
{
	struct relay relay = { .from = watch->output };
	struct pollfd wait_for[4] = {
		{ .fd = watch->pidfd, .events = POLLIN },
		{ .fd = watch->output, .events = POLLIN },
		{ .fd = watch->program->interrupt, .events = POLLIN },
		{ .fd = watch->program->watched, .events = POLLIN },
	};
	int64_t deadline = watch->program->timeout_ms ? clock_ms() + watch->program->timeout_ms : INT64_MAX;

	while (!wait_for[0].revents) {
		int64_t left = deadline == INT64_MAX ? -1 : deadline - clock_ms();
		if (deadline != INT64_MAX && left <= 0) {
			kill_group(watch, &end->timed_out);
			deadline = INT64_MAX;
			left = -1;
		}
		if (poll(wait_for, 4, (int)left) < 0 && errno != EINTR)
			return;
		if (wait_for[1].revents && !pass_on(&relay, end))
			wait_for[1].fd = -1;
		if (wait_for[2].revents || wait_for[3].revents) {
			kill_group(watch, &end->interrupted);
			wait_for[2].fd = wait_for[3].fd = -1;
		}
	}
	/* What it wrote before it ended is in the pipe; 64 KiB is all a pipe holds. */
	for (int i = 0; i < 64 && wait_for[1].fd >= 0 && poll(&wait_for[1], 1, 0) > 0; i++)
		if (!pass_on(&relay, end))
			break;
}

int program_run(const struct program *program, struct program_end *end)
{
	int pipe_ends[2], pidfd = -1;
	memset(end, 0, sizeof(*end));
	_cleanup_fd int input = input_file(program);
	if (input < 0)
		return input;
	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_fd int output_read = pipe_ends[0];
	_cleanup_fd int output_write = pipe_ends[1];
	fcntl(output_read, F_SETFL, O_NONBLOCK);

	struct call call = { .program = program, .input = input, .output = output_write };
	struct abi_clone_args args = { .flags = ABI_CLONE_PIDFD,
				       .pidfd = (uintptr_t)&pidfd,
				       .exit_signal = SIGCHLD };
	long pid = clone_vfork(&args, child, &call);
	if (pid < 0)
		return (int)pid;
	_cleanup_fd int held = pidfd;
	close_fd(&output_write);
	if (!call.error)
		attend(&(struct watch){ program, (pid_t)pid, held, output_read }, end);

	siginfo_t how = { 0 };
	while (waitid(P_PIDFD, (id_t)held, &how, WEXITED | __WALL) < 0 && errno == EINTR)
		;
	if (how.si_code == CLD_EXITED)
		end->code = how.si_status;
	else
		end->signal = how.si_status;
	return -call.error;
}
