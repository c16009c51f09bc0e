/* The second table: one more process in a container that runs, of the same steps as far as they are wanted. What create does once for a
 * container (root, mounts, limits, names, hooks) it finds done; nobody has to say start. */
#include "run/rows.h"

static const struct row rows[] = {
	/* Limits and device rules hold from its first instruction on (rule B.13). */
	H("birth", "a process is born, in the container's cgroup, with its OOM score", host_birth, NULL, NULL),
	H("oom-score", "set the OOM score, while the host may", host_oom_score, oom_score_after, NULL),
	I("ties", "it dies with its creator and cannot be traced", init_ties, NULL, NULL),
	H("legacy-cgroups", "put it into the legacy cgroup hierarchies", host_join_cgroups, legacy_cgroups, NULL),
	A("filter", "compile the seccomp filter", host_seccomp, filter, show_seccomp),
	I("join", "enter the container's other namespaces, by its init's pidfd", init_enter_container, NULL, NULL),
	I("session", "a session and a session keyring of its own", init_session, NULL, NULL),
	I("console", "make a terminal in the container's devpts; it is stdin, stdout and stderr", init_console, terminal, show_console),
	H("rlimits", "set resource limits, with the runtime's rights", host_rlimits, rlimits, show_limits),
	H("filter-ready", "hand the compiled filter over", host_filter_ready, early_filter, NULL),
	I("limits", "scheduler, io priority, personality, memory policy, affinity", init_limits, NULL, NULL),
	I("enter", "enter the working directory, before a filter may bar the way", init_enter_early, early_filter, NULL),
	I("pid-namespace", "enter its pid namespace, for the next child", init_pid_namespace, joins_pid, NULL),
	I("seccomp-early", "load the filter: without no_new_privs it needs CAP_SYS_ADMIN", init_seccomp_early, early_filter, NULL),
	A("notify", "hand the filter's listener to its agent", host_notify, early_notify, NULL),
	I("user", "drop capabilities, become the user, enter the working directory", init_user, NULL, show_user),
	I("labels", "set the security labels for the next exec", init_labels, labels, show_labels),
	/* The container sees it from here on, and finds neither privileges nor anything of the host's (rule B.11, CVE-2016-9962). */
	I("reborn", "go on as a process of the container's pid namespace", init_reborn, joins_pid, NULL),
	H("scheduler", "set the scheduler, which the rebirth would have lost", host_scheduler, scheduler_by_host, NULL),
	I("program", "find the program; no_new_privs, umask, default signals", init_program, NULL, show_program),
	H("newlines", "let the caller's terminal make line ends, not the container's", host_newlines, attended, NULL),
	H("console-socket", "hand the terminal's master to who waits for it", host_console, handed_over, NULL),
	H("commit", "write the pid file", host_exec_commit, NULL, NULL),
	I("untie", "let go of the creator", init_untie, NULL, NULL),
	I("close", "close every descriptor the program does not get", init_close, NULL, NULL),
	I("seccomp-late", "load the filter, the last thing before exec", init_seccomp_late, late_filter, NULL),
	I("exec", "execute the program", init_exec, NULL, NULL),
};
const struct score exec_score = { rows, sizeof(rows) / sizeof(rows[0]) };
