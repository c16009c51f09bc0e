/* The terminal's master, from init to the console socket. */
#include "run/console.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/mount.h"
#include "run/baton.h"
#include "run/handover.h"
#include "run/stage.h"

#define MASTER_NAME "/dev/pts/ptmx" /* what those who look at the payload know it by */

int console_open(const char *path, struct error *error)
{
	int fd = handover_open(path, SOCK_STREAM);

	if (fd == -EAGAIN)
		return fail(error, 0, "nobody accepts connections at the console socket '%s'", path);
	if (fd == -ENOTSOCK || fd == -ECONNREFUSED || fd == -EPROTOTYPE)
		return fail(error, -fd, "'%s' is not a console socket somebody listens at", path);
	return fd < 0 ? fail(error, -fd, "cannot connect to the console socket '%s'", path) : fd;
}

int console_send(int socket, int master, struct error *error)
{
	return handover_send(socket, MASTER_NAME, master, error);
}

/* What comes from init is not trusted once user code may share its namespaces. Without waiting for anybody's file system, and what has
 * the number of /dev/ptmx answers as a terminal does. */
static bool is_master(int fd)
{
	struct abi_statx file;
	unsigned number;

	return mount_statx(fd, ABI_AT_STATX_DONT_SYNC, ABI_STATX_TYPE, &file) == 0 && S_ISCHR(file.mode) && file.rdev_major == 5 &&
	       file.rdev_minor == 2 && again_ioctl(fd, TIOCGPTN, &number) == 0;
}

int score_terminal(struct stage *stage, int master, struct error *error)
{
	_cleanup_fd int received = master;

	/* Once, and where the plan has it. */
	if (received < 0 || !stage->plan->process.terminal || stage->master >= 0 || !is_master(received))
		return fail(error, EPROTO, "init sent something that is not the terminal's master");
	stage->master = take_fd(&received);
	return 0;
}

/* The caller's terminal makes CR LF of LF itself, and what is not a terminal is to get what the program wrote. Before the program runs:
 * then the mode is its own. */
int host_newlines(struct stage *stage, struct error *error)
{
	struct termios mode;

	if (stage->master < 0)
		return fail(error, EPROTO, "init has not sent the terminal's master");
	if (again_tcgetattr(stage->master, &mode) < 0)
		return fail(error, errno, "cannot read the mode of the terminal");
	mode.c_oflag &= ~(tcflag_t)ONLCR;
	return again_tcsetattr(stage->master, TCSANOW, &mode) < 0 ? fail(error, errno, "cannot set the mode of the terminal") : 0;
}

int host_console(struct stage *stage, struct error *error)
{
	if (stage->master < 0)
		return fail(error, EPROTO, "init has not sent the terminal's master");
	try(console_send(stage->console, stage->master, error));
	close_fd(&stage->console);
	close_fd(&stage->master);
	return 0;
}
