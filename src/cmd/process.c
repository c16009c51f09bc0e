/* What the runtime's own process must be before it does anything. */
#include "cmd/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/log.h"
#include "base/number.h"
#include "kern/descriptors.h"
#include "run/readiness.h"

#define LISTEN_FIRST 3
#define PASSED_ON_MOST (1u << 20) /* more descriptors than anybody has: sums of them do not overflow */

/* How many descriptors our caller has left open from 3 on, without a gap. */
static unsigned found;

/* A hole below 3 would be filled by the first thing we open, and the container would get that as its stdio (case C97). */
static int fill_standard_fds(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		int null = again_open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null < 0)
			return -errno;
		if (null == fd)
			fcntl(fd, F_SETFD, 0);
		else if (again_dup2(null, fd) < 0)
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
	sigaction(SIGXFSZ, &ignored, NULL); /* EFBIG says the same, and we live to tell it */
	int r = fill_standard_fds();
	if (r < 0)
		return r;
	while (fcntl((int)(LISTEN_FIRST + found), F_GETFD) >= 0)
		found++;
	return descriptors_range(LISTEN_FIRST, ~0u, DESCRIPTORS_CLOEXEC);
}

/* Counted as --preserve-fds has them, which begin after those of LISTEN_FDS. */
static int not_open(unsigned i, unsigned preserved, struct error *error)
{
	unsigned listen = process_listen_fds();

	if (i < listen)
		return fail(error, 0, "LISTEN_FDS is %u, but descriptor %u was not open", listen, LISTEN_FIRST + i);
	return fail(error, 0, "unable to stat preserved-fd %u (of %u): descriptor %u was not open", i - listen, preserved - listen,
		    LISTEN_FIRST + i);
}

int process_pass_on(unsigned preserved, struct error *error)
{
	struct stat info;

	for (int fd = 0; fd < LISTEN_FIRST; fd++)
		if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode))
			return fail(error, 0, "descriptor %d stands for a directory: the container could leave its root by it", fd);
	for (unsigned i = 0; i < preserved; i++)
		if (i >= found || fcntl((int)(LISTEN_FIRST + i), F_SETFD, 0) < 0)
			return not_open(i, preserved, error);
	return 0;
}

unsigned process_preserved(unsigned preserve_fds)
{
	return process_listen_fds() + (preserve_fds < PASSED_ON_MOST ? preserve_fds : PASSED_ON_MOST);
}

unsigned process_listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint32_t who, number;

	if (!pid || !count || number_u32(pid, INT32_MAX, &who) < 0 || (pid_t)who != getpid() ||
	    number_u32(count, PASSED_ON_MOST, &number) < 0)
		return 0;
	return number;
}

const char *process_listen_names(void)
{
	return getenv("LISTEN_FDNAMES");
}

const char *process_notify_socket(void)
{
	const char *address = getenv("NOTIFY_SOCKET");

	if (!address || !*address)
		return NULL;
	if (readiness_address_valid(address))
		return address;
	log_warning("NOTIFY_SOCKET '%s' is neither an absolute path nor an abstract name: nobody is told of readiness", address);
	return NULL;
}
