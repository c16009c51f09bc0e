# Where a filter of the caller's forbids a system call: a container that is all that was asked for, or one line that names the call and
# nothing left (rule B.2.7; docs/architecture.md, "Kernel features"). The whole suite under such filters is `run`'s.
load ../integration/lib.bash
HERE=${BATS_TEST_FILENAME%/*}/../integration

setup() {
	lib_setup
	needs caisson "its own ways, and words"
	way=()
}

rt() { timeout --foreground -k 1 "$((${LIMIT:-20} * SLOW))" "${way[@]}" "$RUNTIME" --root "$state" "${owner_option[@]}" "$@"; }
forbid() { way=("$HELPERS/forbid" "$1" --); }

# What a program sees of its confinement, its cgroups and its mounts, without what is a new one's anyway; `seccomp` is the test's filter.
look() { grep -vE '^(seccomp|pid|ppid) ' <<<"$out" | sed -E 's/ (net|mnt|pid|ipc|uts|cgroup|user|time):\[[0-9]+\]//g'; }
a_container() {
	edit '.mounts |= map(select(.destination != "/mnt")) | .process.user = {uid: 5, gid: 6, additionalGids: [7]} | .process.noNewPrivileges = true | .root.readonly = true | .linux.resources.pids.limit = 77
		| .linux.maskedPaths = ["/proc/kcore", "/etc"] | .linux.readonlyPaths = ["/proc/sys"]
		| .mounts += [{"destination": "/mnt", "source": $s, "options": ["rbind", "ro", "nosuid"]}]' --arg s "$T"
	args ids + caps + confinement + signals + fds + mounts + cgroup
}

# same_with CALL: whatever the filter answers, the container is the one without it; and all of a container's life goes its way.
same_with() {
	local error usual
	needs_containers
	a_container
	call rt run --bundle "$bundle" "$id"
	ok
	usual=$(look)
	contains "$usual" "nnp 1"
	for error in ENOSYS EPERM; do
		way=("$HELPERS/caller" leak=20 -- "$HELPERS/forbid" "$1=$error" --)
		a_container
		call rt run --bundle "$bundle" "$id"
		ok
		is "$(look)" "$usual" "the container with $1=$error"
		args wait
		create
		ok
		call rt start "$id"
		ok
		call rt exec "$id" /bin/probe fds
		ok
		is "$(grep -c '^fd ' <<<"$out")" 3 "descriptors of exec"
		is "$(cgroup_value pids pids.max pids.max)" 77
		call rt kill "$id" KILL
		ok
		wait_for 5 is_state stopped
		call rt delete "$id"
		ok
		nothing_left
		way=()
	done
}

# refused_with CALL: in words, whatever the filter answers, and nothing is left.
refused_with() {
	local error command
	args wait
	for error in ENOSYS EPERM; do
		for command in run create; do
			forbid "$1=$error"
			call rt $command --bundle "$bundle" "$id"
			fails "(a filter forbids system calls here: $1)"
			is "$(wc -l <<<"$err")" 1 "lines"
			nothing_left
		done
		way=()
	done
}

@test "openat2 is forbidden: paths are walked" { same_with openat2; }
@test "clone3 is forbidden: clone, and a container that is moved into its cgroup" { same_with clone3; }
@test "close_range is forbidden: descriptors are closed one by one, those of a caller that leaks, too" { same_with close_range; }
@test "pidfd_getfd is forbidden: nobody asks for it" { same_with pidfd_getfd; }
@test "mount_setattr is forbidden: refused by its name" { refused_with mount_setattr; }
@test "open_tree is forbidden: refused by its name" { refused_with open_tree; }
@test "pidfd_open is forbidden: refused by its name" { refused_with pidfd_open; }
@test "move_mount and fsopen are not there: refused by their names" {
	args wait
	local name
	for name in move_mount fsopen; do
		forbid "$name=ENOSYS"
		call rt run --bundle "$bundle" "$id"
		fails "(a filter forbids system calls here: $name)"
		nothing_left
	done
}

@test "close_range is forbidden and there is no procfs: refused by its name, nothing is made" {
	args wait
	way=("$HELPERS/bare" no-proc -- "$HELPERS/forbid" close_range=ENOSYS --)
	call rt run --bundle "$bundle" "$id"
	fails close_range ENOSYS
	[[ ! -e $state ]]
	way=()
}

@test "close_range is forbidden: a hook has 0, 1, 2 and nothing else of what the caller leaks" {
	local error
	edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "ls /proc/self/fd >\($t)/fds"], "env": ["PATH=/bin:/usr/bin"]}]' --arg t "$T"
	args exit 0
	for error in ENOSYS EPERM; do
		way=("$HELPERS/caller" leak=40 -- "$HELPERS/forbid" "close_range=$error" --)
		call rt run --bundle "$bundle" "$id"
		ok
		is "$(tr '\n' ' ' <"$T/fds")" "0 1 2 3 " "descriptors; 3 is that of ls"
	done
}

@test "pidfd_send_signal is forbidden: what is our own child gets its signals, and a stranger is never signalled by number" {
	local error pid
	for error in ENOSYS EPERM; do
		forbid "pidfd_send_signal=$error"
		args trap 15 + wait
		: >"$T/box.out"
		rt run --bundle "$bundle" "$id" >>"$T/box.out" 2>"$T/err" </dev/null 3>&- &
		pid=$!
		wait_for 5 box_says ready
		kill -TERM "$(pgrep -f -x -- "$RUNTIME --root $state run.*")"
		code=0
		wait "$pid" || code=$?
		exits 115
		way=()
		start_probe wait
		forbid "pidfd_send_signal=$error"
		call rt kill "$id" USR1
		fails "(a filter forbids system calls here: pidfd_send_signal)"
		is "$(state_of)" running
		way=()
		call rt delete --force "$id"
		ok
		nothing_left
	done
}

@test "pidfd_send_signal is forbidden: a create that fails, and a hook that fails, hang nowhere and leave nothing" {
	local error
	for error in ENOSYS EPERM; do
		forbid "pidfd_send_signal=$error"
		edit '.process.args = ["/nowhere"] | .hooks = {"poststop": []}'
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		fails
		nothing_left
		edit '.hooks.createRuntime = [{"path": "/bin/false"}]'
		LIMIT=10 call rt create --bundle "$bundle" "$id"
		fails
		nothing_left
		edit 'del(.hooks) | .process.args = ["/bin/probe", "exit", "0"] | .linux.namespaces += [{"type": "user"}]
			| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings'
		chmod o+x "$T" "$bundle"
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		[[ $code == 0 ]] || fails "pidfd_send_signal"
		nothing_left
		edit '.linux.namespaces -= [{"type": "user"}] | del(.linux.uidMappings, .linux.gidMappings)'
	done
}

@test "what the kernel refuses is not laid at a filter's door" {
	args exit 0
	call setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	fails
	lacks "$err" filter
	# Nor is what there is another way for.
	way=("$HELPERS/forbid" openat2=EPERM clone3=EPERM close_range=EPERM --)
	edit '.linux.resources.pids.limit = 5'
	call "${way[@]}" setpriv --bounding-set=-setpcap,-setgid --inh-caps=-setpcap,-setgid "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	fails EPERM
	lacks "$err" filter
}
