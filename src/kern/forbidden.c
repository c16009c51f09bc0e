/* System calls that a filter of our caller's forbids. */
#include "kern/forbidden.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/process.h"

/* With flags that do not exist: the kernel looks at those first, whoever asks, and says EINVAL; but where it first asks whether one may
 * mount, EPERM is no filter's. openat2, clone3 and close_range are not among them: there is another way. */
static const struct {
	const char *name;
	bool for_who_may_mount;
	long number, args[5];
} calls[] = {
	{ "mount_setattr", false, ABI_SYS_mount_setattr, { -1, 0, -1, 0, 32 } },
	{ "open_tree", false, ABI_SYS_open_tree, { -1, 0, -1 } },
	{ "move_mount", true, ABI_SYS_move_mount, { -1, 0, -1, 0, -1 } },
	{ "fsopen", true, ABI_SYS_fsopen, { 0, -1 } },
	{ "pidfd_open", false, ABI_SYS_pidfd_open, { -1, -1 } },
	{ "pidfd_send_signal", false, ABI_SYS_pidfd_send_signal, { -1, 0, 0, -1 } },
};

static bool is_forbidden(size_t i)
{
	const long *a = calls[i].args;

	if (syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4]) >= 0)
		return false;
	return errno == ENOSYS || (errno == EPERM && !calls[i].for_who_may_mount);
}

static int ask(void)
{
	int found = 0;

	for (size_t i = 0; i < array_length(calls); i++)
		found |= is_forbidden(i) ? 1 << i : 0;
	return found;
}

/* A child asks: the filter may be one that kills for what nobody would have called. */
const char *forbidden_calls(char to[FORBIDDEN_WORDS])
{
	siginfo_t how = { 0 };
	size_t length = 0;

	to[0] = '\0';
	pid_t child = process_fork(0, NULL);
	if (child == 0)
		process_end(ask());
	if (child < 0 || again_waitid(P_PID, (id_t)child, &how, WEXITED) < 0 || how.si_code != CLD_EXITED)
		return to;
	for (size_t i = 0; i < array_length(calls); i++)
		if (how.si_status & 1 << i && length < FORBIDDEN_WORDS)
			length += format(to + length, FORBIDDEN_WORDS - length, "%s%s", length ? ", " : "", calls[i].name);
	return to;
}
