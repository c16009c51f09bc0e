/* THE table: the life of a container from birth to exec, read from top to bottom. Compiled into both executables, each with the
 * steps of its own side. Adding a step is adding a row; moving it is moving a line. */
#include "run/rows.h"

/* ---- which rows a plan wants ---- */

static bool joins(const struct plan *plan)
{
	for (int i = 0; i < PLAN_NS_TYPES; i++)
		if (plan->namespaces.of[i].mode == NS_JOIN)
			return true;
	return false;
}

static bool joins_before_root(const struct plan *plan)
{
	if (plan->namespaces.after_user)
		return true;
	for (int i = 0; i < PLAN_NS_TYPES; i++)
		if (plan->namespaces.of[i].mode == NS_JOIN && i != PLAN_NS_PID)
			return true;
	return false;
}

static bool network_beside(const struct plan *plan) { return plan->namespaces.network_beside; }
static bool ahead(const struct plan *plan) { return plan->namespaces.ahead; }
static bool maps_ids(const struct plan *plan) { return plan->namespaces.of[PLAN_NS_USER].mode == NS_NEW && !ahead(plan); }
static bool new_user(const struct plan *plan) { return plan->namespaces.of[PLAN_NS_USER].mode == NS_NEW; }
static bool user_late(const struct plan *plan) { return plan->namespaces.user_late; }
static bool new_cgroup(const struct plan *plan) { return plan->namespaces.unshare_cgroup; }
static bool new_time(const struct plan *plan) { return plan->namespaces.unshare_time; }
static bool offsets_by_host(const struct plan *plan) { return plan->namespaces.offsets_by_host; }
static bool names(const struct plan *plan) { return plan->namespaces.hostname || plan->namespaces.domainname; }
static bool loopback(const struct plan *plan) { return plan->namespaces.loopback; }
static bool net_devices(const struct plan *plan) { return plan->net_device_count > 0; }
static bool net_devices_stay(const struct plan *plan) { return plan->net_device_count > 0 && !plan->net_devices_return; }
static bool scope(const struct plan *plan) { return plan->cgroup.scope; }
static bool bound(const struct plan *plan) { return plan->root.bound; }
static bool cargo(const struct plan *plan) { return plan->mounts.cargo > 0; }
static bool mounts(const struct plan *plan) { return plan->mounts.count > 0; }
static bool devices(const struct plan *plan) { return plan->mounts.device_count || plan->mounts.link_count; }
static bool masked(const struct plan *plan) { return plan->mounts.masked_count > 0; }
static bool sysctls(const struct plan *plan) { return plan->sysctl_count > 0; }
static bool readonly(const struct plan *plan)
{
	bool late = false;
	for (size_t i = 0; i < plan->mounts.count; i++)
		late = late || plan->mounts.items[i].readonly_late;
	return late || plan->root.readonly || plan->mounts.readonly_count;
}

static bool prestart(const struct plan *plan) { return plan->hooks.count[HOOK_PRESTART] > 0; }
static bool create_runtime(const struct plan *plan) { return plan->hooks.count[HOOK_CREATE_RUNTIME] > 0; }
static bool create_container(const struct plan *plan) { return plan->hooks.count[HOOK_CREATE_CONTAINER] > 0; }
static bool create_hooks(const struct plan *plan) { return prestart(plan) || create_runtime(plan) || create_container(plan); }
static bool start_container(const struct plan *plan) { return plan->hooks.count[HOOK_START_CONTAINER] > 0; }
static bool poststart(const struct plan *plan) { return plan->hooks.count[HOOK_POSTSTART] > 0; }

#ifndef CAISSON_INIT
static void show_prestart(const struct plan *plan, struct text *out) { show_hooks(plan, HOOK_PRESTART, out); }
static void show_create_runtime(const struct plan *plan, struct text *out) { show_hooks(plan, HOOK_CREATE_RUNTIME, out); }
static void show_create_container(const struct plan *plan, struct text *out) { show_hooks(plan, HOOK_CREATE_CONTAINER, out); }
static void show_start_container(const struct plan *plan, struct text *out) { show_hooks(plan, HOOK_START_CONTAINER, out); }
static void show_poststart(const struct plan *plan, struct text *out) { show_hooks(plan, HOOK_POSTSTART, out); }
#endif

static const struct row rows[] = {
	/* Nothing of the container exists yet; each name is written down before the thing is made (rule B.14.4). */
	H("claim", "claim the id: state directory, lock, first record", host_claim, NULL, NULL),
	H("network", "begin the network namespace, on another core", host_network, network_beside, NULL),
	H("namespaces", "open and verify the namespaces to be joined", host_namespaces, joins, NULL),
	H("deputy", "a process of ours goes ahead into the user namespace, which has rights there that we have not", host_deputy, ahead,
	  show_id_maps),
	H("cgroup", "make the cgroup; limits and device rules, while it is empty", host_cgroup, cgroup, show_cgroup),
	H("root", "open the root file system as a detached tree", host_root, NULL, show_root),
	H("listener", "make the socket that start will connect to", host_listener, NULL, NULL),
	H("birth", "init is born, in its cgroup and its new namespaces, with its OOM score", host_birth, NULL, show_namespaces),
	H("placeholder", "the process that held the place in systemd's scope ends", host_placeholder, scope, NULL),
	/* Before it cannot be dumped: its files in /proc would be root's then (rule B.6.2). */
	H("oom-score", "set the OOM score, while the host may", host_oom_score, oom_score_after, NULL),

	/* From here two processes take turns; what is ASIDE runs on the second core. Where the next row is init's it begins by itself. */
	I("ties", "init dies with its creator and cannot be traced", init_ties, NULL, NULL),
	I("late-user", "join namespaces in which a new user namespace has no rights, then make that", init_late_user, user_late, NULL),
	H("id-maps", "write the id maps of the new user namespace", host_id_maps, maps_ids, show_id_maps),
	H("legacy-cgroups", "put init into the legacy cgroup hierarchies", host_join_cgroups, legacy_cgroups, NULL),
	A("sources", "open what will be bound, on the host's side, and send it as detached trees", host_cargo, cargo, NULL),
	I("become-root", "become root of the new user namespace", init_become_root, new_user, NULL),
	I("join", "join the namespaces given by path; make what they must own", init_namespaces, joins_before_root, NULL),
	I("cgroup-namespace", "a cgroup namespace, rooted at the cgroup init is in", init_cgroup_namespace, new_cgroup, NULL),
	I("time-namespace", "a time namespace with its offsets", init_time_namespace, new_time, NULL),
	H("time-offsets", "set its offsets: init may not where it has another user namespace", host_time_offsets, offsets_by_host, NULL),
	I("enter-time", "enter the time namespace", init_enter_time, offsets_by_host, NULL),
	I("session", "a session and a session keyring of its own", init_session, NULL, NULL),
	I("names", "set hostname and domainname", init_names, names, NULL),
	I("loopback", "set the loopback device up", init_loopback, loopback, NULL),
	/* Before sysctl, which may be about them, and before hooks. */
	H("net-devices", "move network devices into the container", host_net_devices, net_devices, show_net_devices),
	A("filter", "compile the seccomp filter", host_seccomp, filter, show_seccomp),
	I("propagation", "cut the copied mount tree off from the host's", init_propagation, bound, NULL),
	I("attach-root", "attach the root, for this mount namespace alone", init_attach_root, NULL, NULL),
	I("mounts", "mount what the configuration lists, in order", init_mounts, mounts, show_mounts),
	I("devices", "make device nodes and links", init_devices, devices, show_devices),
	H("hooks", "write down that hooks begin: poststop is owed from here on", host_hooks_begin, create_hooks, NULL),
	H("prestart", "hooks, in the runtime's namespaces", host_prestart, prestart, show_prestart),
	H("createRuntime", "hooks, in the runtime's namespaces", host_create_runtime, create_runtime, show_create_runtime),
	I("createContainer", "hooks, in the container's namespaces, the old root still there", init_create_container, create_container,
	  show_create_container),
	/* Hooks may have made the network devices that they are about; and the host's /proc may be needed. */
	I("sysctl", "set kernel parameters of the new namespaces", init_sysctl, sysctls, show_sysctl),
	I("pivot", "change the root and let go of the old one", init_pivot, NULL, NULL),
	I("cwd", "make the working directory if it is missing", init_cwd, process, NULL),
	I("masked", "cover masked paths", init_masked, masked, show_masked),
	/* After the masks, so that no link leads behind them (CVE-2025-52565); before what is read-only, since it makes a file. */
	I("console", "make the terminal; it is /dev/console, stdin, stdout and stderr", init_console, terminal, show_console),
	I("readonly", "make read-only paths, mounts and root read-only", init_readonly, readonly, show_readonly),
	I("root-propagation", "set the propagation of the root", init_root_propagation, bound, NULL),
	/* Resource limits come late so that they do not hit init itself, and before the uid changes so that it may still be written to. */
	H("rlimits", "set resource limits, with the runtime's rights", host_rlimits, rlimits, show_limits),
	H("filter-ready", "hand the compiled filter over", host_filter_ready, early_filter, NULL),
	I("limits", "scheduler, io priority, personality, memory policy, affinity", init_limits, process, NULL),
	I("enter", "enter the working directory, before a filter may bar the way", init_enter_early, early_filter, NULL),
	/* While we still may, and before a filter that may refuse it. */
	I("pid-namespace", "enter the joined pid namespace, for the next child", init_pid_namespace, joins_pid, NULL),
	I("seccomp-early", "load the filter: without no_new_privs it needs CAP_SYS_ADMIN", init_seccomp_early, early_filter, NULL),
	A("notify", "hand the filter's listener to its agent", host_notify, early_notify, NULL),
	/* Bounding set first: after the uid change we no longer hold CAP_SETPCAP. */
	I("user", "drop capabilities, become the user, enter the working directory", init_user, process, show_user),
	I("labels", "set the security labels for the next exec", init_labels, labels, show_labels),
	/* Only now may strangers see init: the host's file system and all privileges are gone from it (rule B.11, CVE-2016-9962). */
	I("reborn", "go on as a process of the joined pid namespace", init_reborn, joins_pid, NULL),
	H("scheduler", "set the scheduler, which the rebirth would have lost", host_scheduler, scheduler_by_host, NULL),
	I("program", "find the program; no_new_privs, umask, default signals", init_program, process, show_program),
	H("newlines", "let the caller's terminal make line ends, not the container's", host_newlines, attended, NULL),
	H("console-socket", "hand the terminal's master to who waits for it", host_console, handed_over, NULL),
	/* init may outlive its creator only once its pid is on record (rule B.14.5). */
	H("commit", "write the record with the pid, then the pid file", host_commit, NULL, NULL),

	I("untie", "let go of the creator", init_untie, NULL, NULL),
	/* Not before init says so: a creator that is gone while the tie holds would take init with it. */
	H("created", "create is done", host_created, NULL, NULL),
	H("net-devices-stay", "nothing brings the network devices back from here on", host_net_devices_stay, net_devices_stay, NULL),

	/* The rest happens in `start`. */
	I("wait", "wait for start", init_wait, NULL, NULL),
	I("startContainer", "hooks, in the container", init_start_container, start_container, show_start_container),
	I("close", "close every descriptor the program does not get", init_close, process, NULL),
	I("seccomp-late", "load the filter, the last thing before exec", init_seccomp_late, late_filter, NULL),
	I("exec", "execute the program", init_exec, NULL, NULL),
	S("poststart", "hooks, in the runtime's namespaces", poststart, show_poststart),
};
const struct score create_score = { rows, sizeof(rows) / sizeof(rows[0]) };
