# The runtime killed with SIGKILL at system calls all over create, start, run, kill and delete (security case C89).
load lib.bash

# Names that stand for a moment worth dying at; strace counts the calls of each name.
points=(openat openat2 mkdirat clone clone3 write pwrite64 sendmsg sendto recvmsg renameat rename unlinkat close mmap socket bind connect fsopen
	open_tree mount_setattr move_mount pidfd_send_signal memfd_create execve execveat poll ppoll wait4 waitid flock fcntl prlimit64 exit_group)

# killed_at SYSCALL N COMMAND...: whether the command died at its N-th call of that name (false: it made fewer).
killed_at() {
	local name=$1 n=$2 c=0
	shift 2
	# strace dies as its child did, and the shell would say so.
	{ timeout -k 1 20 strace -qq -o /dev/null -e trace="$name" -e signal=none -e inject="$name:signal=KILL:when=$n" \
		"$@" >/dev/null 2>&1 </dev/null 3>&- || c=$?; } 2>/dev/null
	[[ $c != 124 ]] || { complain "hung at $name $n"; return 2; }
	[[ $c == 137 ]]
}

# What must hold wherever the runtime died.
recovers() {
	call rt list
	[[ $code == 0 ]] || { complain "list after death at $1"; return 1; }
	call rt list --format json
	[[ $code == 0 ]] && jq -e . <<<"$out" >/dev/null || { complain "list after death at $1"; return 1; }
	call rt state "$id"
	[[ $code == 0 || -n $err ]] || { complain "state after death at $1"; return 1; }
	call rt delete --force "$id"
	[[ $code == 0 ]] || { complain "delete --force after death at $1"; return 1; }
	nothing_left || { complain "left after death at $1"; return 1; }
}

# sweep STEP PREPARE COMMAND...: a sample of all points of a command.
sweep() {
	local stride=$1 prepare=$2 name n hits=0 r
	shift 2
	for name in "${points[@]}"; do
		strace -e trace="$name" true >/dev/null 2>&1 || continue
		for ((n = 1; n < 400; n += stride)); do
			$prepare
			r=0
			killed_at "$name" $n "$@" || r=$?
			(( r != 2 )) || return 1
			recovers "$name $n"
			(( r == 0 )) || break
			hits=$((hits + 1))
		done
	done
	echo "# $hits points" >&3
	(( hits > 10 ))
	# The id is free for another container.
	call rt run --bundle "$bundle" "$id"
	ok
}

nothing() { :; }
created() { create; ok; }
running() { create; ok; call rt start "$id"; ok; }

setup() {
	command -v strace >/dev/null || skip "no strace"
	lib_setup
	skip_on runc "1.1 leaves things behind"
	skip_on crun "leaves things behind"
	edit '.process.args = ["/bin/probe", "exit", "0"]'
	mkdir -m 0700 "$state"
}

@test "C89: create" {
	sweep "${CRASH_STRIDE:-4}" nothing "$RUNTIME" --root "$state" create --bundle "$bundle" --pid-file "$T/pid" "$id"
}

@test "C89: run --detach" {
	sweep "${CRASH_STRIDE:-9}" nothing "$RUNTIME" --root "$state" run --detach --bundle "$bundle" "$id"
}

@test "C89: start" {
	sweep "${CRASH_STRIDE:-3}" created "$RUNTIME" --root "$state" start "$id"
}

@test "C89: kill" {
	edit '.process.args = ["/bin/probe", "wait"]'
	sweep_kill() { sweep "${CRASH_STRIDE:-5}" running "$RUNTIME" --root "$state" kill "$id" KILL; }
	edit '.process.args = ["/bin/probe", "sleep", "2"]'
	sweep_kill
}

@test "C89: delete --force" {
	edit '.process.args = ["/bin/probe", "sleep", "2"]'
	sweep "${CRASH_STRIDE:-4}" running "$RUNTIME" --root "$state" delete --force "$id"
}

@test "C89: exec: the container is as it was, and alone" {
	edit '.process.args = ["/bin/probe", "wait"]'
	running
	alone() { [[ $(wc -l <"$(cgroup_dir pids)/cgroup.procs") == 1 ]]; }
	local name n hits=0 r
	for name in "${points[@]}"; do
		strace -e trace="$name" true >/dev/null 2>&1 || continue
		for ((n = 1; n < 400; n += ${CRASH_STRIDE:-4})); do
			r=0
			killed_at "$name" $n "$RUNTIME" --root "$state" exec --pid-file "$T/pid" "$id" /bin/probe exit 0 || r=$?
			((r != 2)) || return 1
			wait_for 3 alone || { complain "somebody is left after death at $name $n"; return 1; }
			is "$(state_of)" running "state after death at $name $n"
			((r == 0)) || break
			hits=$((hits + 1))
		done
	done
	((hits > 10))
	call rt exec "$id" /bin/probe echo well
	is "$out" well
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "C89: with an overlay root and hooks" {
	needs caisson "an overlay as the root"
	mkdir -p "$T/top" "$T/upper" "$T/work"
	edit '.hooks = {"createRuntime": [{"path": "/bin/true"}], "createContainer": [{"path": "/bin/true"}], "poststop": [{"path": "/bin/true"}]}'
	sweep "${CRASH_STRIDE:-11}" nothing "$RUNTIME" --root "$state" create --bundle "$bundle" --lower "$T/top" --upper "$T/upper" --work "$T/work" "$id"
}

@test "C91: a system call that fails once: a clean error or success" {
	local name error c n injected=0 before
	needs_containers
	# The program ends by itself, so that strace, which follows init too, does not wait.  mmap is not among them: the first ones are the dynamic loader's.
	for name in openat openat2 mkdirat write clone3 fsopen fsmount open_tree mount_setattr move_mount sendmsg recvmsg memfd_create socket renameat; do
		strace -e trace="$name" true >/dev/null 2>&1 || continue
		before=$injected
		for error in ENOMEM EINTR EIO; do
			for n in 1 2 5; do
				c=0
				{ timeout -k 1 20 strace -f -qq -o "$T/strace" -e trace="$name" -e signal=none -e inject="$name:error=$error:when=$n" \
					"$RUNTIME" --root "$state" run --bundle "$bundle" "$id" >/dev/null 2>"$T/err" </dev/null 3>&- || c=$?; } 2>/dev/null
				! grep -q INJECTED "$T/strace" || injected=$((injected + 1))
				(( c != 124 )) || { complain "hung: $name $error $n"; false; }
				(( c < 128 )) || { complain "died: $name $error $n: $c $(<"$T/err")"; false; }
				(( c == 0 )) || [[ -s $T/err ]] || { complain "no words: $name $error $n: $c"; false; }
				# What could not be removed because removing failed is removed the next time.
				call rt delete --force "$id"
				ok
				nothing_left || { complain "left: $name $error $n"; false; }
			done
		done
		((injected > before)) || { complain "no $name has failed"; false; }
	done
	echo "# $injected have failed" >&3
	((injected >= 90)) || { complain "only $injected have failed"; false; }
}

# ---- what cannot be read just now is not damaged ----

# owes: a running container that owes a poststop hook.
owes() {
	rm -f "$T/poststop"
	edit '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", "touch \($t)/poststop"]}]' --arg t "$T"
	args wait
	call rt run --detach --bundle "$bundle" "$id"
	ok
	init=$(pid_of)
}

# all_or_nothing WHAT: delete did all of its work, or said why not and has left the record, so that the next one can.
all_or_nothing() {
	if [[ $code != 0 ]]; then
		[[ -n $err && -s $state/$id/state.json ]] || { complain "$1: failed without words, or without a record"; return 1; }
		call rt delete --force "$id"
		ok
	fi
	# Dead it may still be waiting to be reaped.
	wait_for 3 eval '[[ ! -d /proc/$init ]]' || { complain "$1: deleted, and its process lives"; return 1; }
	[[ -e $T/poststop ]] || { complain "$1: deleted, and its poststop hook has not run"; return 1; }
	nothing_left
}

@test "C92: delete --force with few descriptors deletes all of it, or nothing" {
	needs caisson "a record that cannot be read"
	local n init failed=0
	for ((n = 3; n < 24; n++)); do
		owes
		call prlimit "--nofile=$n:$n" "$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
		((code == 0)) || failed=$((failed + 1))
		all_or_nothing "$n descriptors"
	done
	((failed > 0)) || { complain "it never failed"; return 1; }
}

@test "C91: a record, its copy or config.json that cannot be read once, or ever: delete deletes all of it, or nothing" {
	needs caisson "a record that cannot be read"
	local file error when init injected=0
	for file in state.json cgroup.json config.json; do
		for error in EMFILE EIO ENOMEM EACCES; do
			for when in 1 1+; do
				owes
				call timeout -s KILL 60 strace -f -qq -o "$T/strace" -e trace=openat2 -P "$file" -P "$state/$id/$file" \
					-e "inject=openat2:error=$error:when=$when" "$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
				! grep -q INJECTED "$T/strace" || injected=$((injected + 1))
				all_or_nothing "$file $error $when"
			done
		done
	done
	((injected >= 16)) || { complain "only $injected have failed"; return 1; }
}

@test "C63: delete of a container whose config.json of ours is damaged fails; with --force it says that hooks are not run" {
	needs caisson "our copy"
	local init
	owes
	truncate -s 100 "$state/$id/config.json"
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	call rt delete "$id"
	fails config.json
	[[ -s $state/$id/state.json ]]
	call rt delete --force "$id"
	ok
	contains "$err" "poststop hooks"
	contains "$err" config.json
	nothing_left
}

@test "C63: delete --force of a container whose record and its copy are damaged says that it cannot know what is left" {
	needs caisson "our copy"
	local init
	owes
	echo '{' >"$state/$id/state.json"
	echo '{' >"$state/$id/cgroup.json"
	call rt delete --force "$id"
	ok
	contains "$err" "damaged"
	contains "$err" "$id"
	[[ ! -e $state/$id ]]
	kill -KILL "$init"
	wait_for 5 eval '[[ ! -d /proc/$init ]]'
	find /sys/fs/cgroup -depth -type d -name "$id" -exec rmdir {} + 2>/dev/null || true
}

@test "annotations that make a record too large to be read again are refused" {
	needs caisson "--config-limit"
	python3 -c 'import json, sys
c = json.load(open(sys.argv[1]))
c["annotations"] = {"a": chr(0x7f) * (11 << 20)}
json.dump(c, open(sys.argv[1], "w"), ensure_ascii=False)' "$bundle/config.json"
	create --config-limit 64
	fails annotations
	nothing_left
}
