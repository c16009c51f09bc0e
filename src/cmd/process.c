/* What the runtime's own process must be before it does anything. */
#include "cmd/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/number.h"

#define LISTEN_FIRST 3
#define LISTEN_MOST 1024

/* A hole below 3 would be filled by the first thing we open, and the container would get that as its stdio (case C97). */
static int fill_standard_fds(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null < 0)
			return -errno;
		if (null == fd)
			fcntl(fd, F_SETFD, 0);
		else if (dup2(null, fd) < 0)
			return -errno;
	}
	return 0;
}

int process_sanitize(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, ignored = { .sa_handler = SIG_IGN };

	/* A caller that ignores SIGCHLD would have our children vanish before we could wait for them. */
	sigaction(SIGCHLD, &usual, NULL);
	sigaction(SIGPIPE, &ignored, NULL);
	return fill_standard_fds();
}

int process_close_on_exec(unsigned preserved, struct error *error)
{
	for (unsigned i = 0; i < preserved; i++)
		if (fcntl((int)(LISTEN_FIRST + i), F_GETFD) < 0)
			return fail(error, 0, "unable to stat preserved-fd %u (of %u): descriptor %u is not open", i, preserved,
				    LISTEN_FIRST + i);
	if (syscall(ABI_SYS_close_range, LISTEN_FIRST + preserved, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) < 0)
		return fail(error, errno, "cannot make descriptors close-on-exec");
	return 0;
}

unsigned process_listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint32_t who, number;

	if (!pid || !count || number_u32(pid, INT32_MAX, &who) < 0 || (pid_t)who != getpid() || number_u32(count, LISTEN_MOST, &number) < 0)
		return 0;
	return number;
}
