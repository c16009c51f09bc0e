/* The terminal: made in the container's devpts, bound on /dev/console, and from then on stdin, stdout and stderr (rule B.9). */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "init/filesystem.h"
#include "kern/mount.h"
#include "kern/path.h"
#include "kern/terminal.h"
#include "run/baton.h"

#define DEVPTS "/dev/pts"

static int make_terminal(const struct stage *stage, struct error *error)
{
	const struct place *at = &stage->plan->process.terminal_at;
	int master = terminal_make(stage_root(stage), DEVPTS);

	if (master == -ENOENT || master == -ENODEV || master == -ENOTDIR)
		return fail_at(error, at, 0, "a terminal needs a devpts: none is mounted at '" DEVPTS "' in the container");
	if (master == -ENOSPC)
		return fail_at(error, at, ENOSPC, "the devpts at '" DEVPTS "' has no terminal left (its option max, or kernel.pty.max)");
	return master < 0 ? fail_at(error, at, -master, "cannot make a terminal in the devpts at '" DEVPTS "'") : master;
}

/* What is bound over: an empty file of ours, or what the image has there, if that is a file or a device itself. Never through a link:
 * it might lead to what has just been masked (CVE-2025-52565), or make a file where the image wants one (CVE-2026-47766). */
static int open_console(const struct stage *stage)
{
	struct stat file;
	_cleanup_fd int dev = path_open(stage_root(stage), "/dev", O_PATH | O_DIRECTORY, PATH_NO_SYMLINKS);

	if (dev < 0)
		return dev;
	/* Where /dev is the host's, nothing is made in it. */
	if (stage->plan->mounts.link_count && mknodat(dev, "console", S_IFREG, 0) < 0 && errno != EEXIST)
		return -errno;
	_cleanup_fd int fd = again_openat(dev, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &file) < 0)
		return -errno;
	if (S_ISLNK(file.st_mode))
		return -ELOOP;
	return S_ISREG(file.st_mode) || S_ISCHR(file.st_mode) ? take_fd(&fd) : -EEXIST;
}

static int bind_console(const struct stage *stage, int terminal, struct error *error)
{
	const struct place *at = &stage->plan->process.terminal_at;
	_cleanup_fd int target = open_console(stage);

	if (target == -ENOENT && !stage->plan->mounts.link_count)
		return 0;
	if (target == -ELOOP || target == -EEXIST || target == -ENOTDIR)
		return fail_at(error, at, -target, "'/dev/console' must be a file in a real directory to bind the terminal on");
	if (target < 0)
		return fail_at(error, at, -target, "cannot make '/dev/console' to bind the terminal on");
	_cleanup_fd int tree = mount_clone(terminal, "", 0);
	int r = tree < 0 ? tree : mount_attributes(tree, ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NOEXEC, 0, 0);
	if (r >= 0)
		r = mount_attach(tree, target);
	return r < 0 ? fail_at(error, at, -r, "cannot bind the terminal on '/dev/console'") : 0;
}

static int become_stdio(const struct plan_process *process, int terminal, struct error *error)
{
	/* Its owner may open it again by name. Some cannot be given away: of a devpts that is another user namespace's. */
	if (fchown(terminal, process->uid, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL && errno != EROFS)
		return fail_at(error, &process->terminal_at, errno, "cannot give the terminal to uid %u", process->uid);
	for (int fd = 0; fd <= 2; fd++)
		if (again_dup3(terminal, fd, 0) < 0)
			return fail_at(error, &process->terminal_at, errno, "cannot make the terminal descriptor %d", fd);
	return 0;
}

int console_control(const struct stage *stage, struct error *error)
{
	/* The session's leader alone may; it is one already but for a process that was born again. EPERM: it is. */
	setsid();
	int r = terminal_control(STDIN_FILENO);
	return r < 0 ? fail_at(error, &stage->plan->process.terminal_at, -r, "cannot make the terminal the controlling one") : 0;
}

int init_console(struct stage *stage, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;
	const struct baton made = { .kind = BATON_TERMINAL };
	_cleanup_fd int master = make_terminal(stage, error);

	if (master < 0)
		return -1;
	_cleanup_fd int terminal = terminal_peer(master);
	if (terminal < 0)
		return fail_at(error, &process->terminal_at, -terminal, "cannot open the terminal");
	int r = process->rows && process->columns ? terminal_set_size(master, process->rows, process->columns) : 0;
	if (r < 0)
		return fail_at(error, &process->terminal_at, -r, "cannot set the size of the terminal");
	if (process->console_device)
		try(bind_console(stage, terminal, error));
	try(become_stdio(process, terminal, error));
	r = baton_send(stage->socket, &made, master);
	if (r < 0)
		return fail(error, -r, "cannot send the terminal's master");
	/* A session that ends takes its terminal along: whoever is born again is the leader of the one that lasts. */
	return rebirth_pending(stage->plan) ? 0 : console_control(stage, error);
}
