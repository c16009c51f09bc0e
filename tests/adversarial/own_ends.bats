# Cases of our own about ends: who is killed, who is waited for and how long, what is left when somebody is in the way. README.md names the
# rule that each shows.
load lib.bash

setup() {
	adversarial_setup
	needs caisson "what the case is about"
}

# What was frozen here could not be killed.
teardown() {
	if [[ -n ${frozen-} && -d $frozen ]]; then
		echo THAWED >"$frozen/freezer.state"
		kill -9 $(<"$frozen/cgroup.procs") 2>/dev/null || true
		wait_for 5 rmdir "$frozen"
	fi
	adversarial_teardown
}

# within SECONDS COMMAND...: it comes to its own end in that time, and is not killed for being late.
within() {
	local begin=$SECONDS
	LIMIT=40 call "${@:2}"
	((SECONDS - begin <= $1 * SLOW)) || { complain "it took $((SECONDS - begin)) s"; return 1; }
	[[ $code != 124 && $code != 137 ]] || { complain "it had to be killed"; return 1; }
}

@test "X36: a number that was a process of the container's and is another's by the time it is killed: the other lives (B.14.9)" {
	[[ -w /sys/fs/cgroup/freezer/cgroup.procs ]] || skip "no legacy freezer"
	command -v strace >/dev/null || skip "no strace"
	local which
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	# A process that has left the freezer, and the hierarchy that kills as a whole, is found in the others; strace holds us up between
	# the list and its descriptor.
	cat >"$T/reuse" <<-'END'
		shift 0
		"$RUNTIME" --root "$1" run --detach --bundle "$2" "$3" </dev/null >/dev/null 2>&1 || exit 2
		"$RUNTIME" --root "$1" exec --detach --pid-file "$4/pid" "$3" /bin/probe wait </dev/null >/dev/null 2>&1 || exit 2
		victim=$(<"$4/pid")
		echo "$victim" >/sys/fs/cgroup/freezer/cgroup.procs
		[ ! -e /sys/fs/cgroup/unified/cgroup.procs ] || echo "$victim" >/sys/fs/cgroup/unified/cgroup.procs
		timeout -s KILL 20 strace -qq -o "$4/calls" -e trace=pidfd_open -e inject=pidfd_open:delay_enter=5000ms:when="$5" \
			"$RUNTIME" --root "$1" delete --force "$3" </dev/null >/dev/null 2>&1 &
		deleting=$!
		sleep 2.5
		kill -9 "$victim"
		for try in 1 2 3 4 5 6 7 8 9; do
			echo $((victim - 1)) >/proc/sys/kernel/ns_last_pid
			sleep 60 &
			other=$!
			[ "$other" != "$victim" ] || break
			kill "$other"
		done
		wait "$deleting" || echo "delete: $?"
		[ "$other" = "$victim" ] || { echo "the number was not to be had"; exit 0; }
		grep -q "pidfd_open($victim," "$4/calls" && echo met
		kill -0 "$other" 2>/dev/null && sleep 0.1 && [ "$(ps -o stat= -p "$other" | cut -c 1)" != Z ] && echo lives
		kill "$other"
	END
	args wait
	: >"$T/all"
	for which in 2 3; do
		RUNTIME=$RUNTIME timeout -s KILL 40 unshare -pf --mount-proc bash "$T/reuse" "$state" "$bundle" "$id" "$T" $which >"$T/said" 2>"$T/err" || true
		cat "$T/said" >>"$T/all"
		call rt delete --force "$id"
		ok
		nothing_left
		if grep -qx met "$T/said" && ! grep -qx lives "$T/said"; then
			complain "another process was killed: $(cat "$T/said" "$T/err")"
			return 1
		fi
	done
	grep -qx met "$T/all" || { complain "the number was never asked for: $(cat "$T/all" "$T/err")"; return 1; }
}

@test "X37: run finds its container's lock taken when the program has ended: it waits, and what it cannot delete it says" {
	args exit 0
	cp "$BUSYBOX" "$rootfs/bin/busybox"
	edit '.process.args = ["/bin/busybox", "sh", "-c", "while [ ! -e /over ]; do /bin/busybox usleep 10000; done; exit 7"]'
	local seconds
	for seconds in 6 $(long "" 60); do
		rm -f "$rootfs/over"
		LIMIT=90 rt run --bundle "$bundle" "$id" >"$T/run.out" 2>&1 </dev/null 3>&- &
		agents+=("$!")
		wait_for 5 is_state running
		flock -x "$state/$id" bash -c ': >"$1"; exec sleep "$2"' _ "$rootfs/over" "$seconds" 3>&- &
		agents+=("$!")
		code=0
		wait "${agents[-2]}" || code=$?
		if ((seconds < 10)); then
			is "$code" 7
			is "$(<"$T/run.out")" ""
			[[ ! -e $state/$id ]]
		else
			is "$code" 7
			contains "$(<"$T/run.out")" "is busy"
			wait "${agents[-1]}"
			call rt delete "$id"
			ok
		fi
	done
}

@test "X38: a hook that freezes the container while it is made: create ends in time, says why, and leaves nothing" {
	edit '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $s]}]' \
		--arg s 'for d in /sys/fs/cgroup/freezer'"/$id"' /sys/fs/cgroup'"/$id"' /sys/fs/cgroup/unified'"/$id"'; do
			[ ! -e $d/freezer.state ] || echo FROZEN >$d/freezer.state; [ ! -e $d/cgroup.freeze ] || echo 1 >$d/cgroup.freeze; done'
	within 25 rt create --bundle "$bundle" "$id"
	fails "frozen"
	nothing_left
}

@test "X39: a container that traces what exec makes in it, and closes its connection: exec ends in time (B.6.3)" {
	[[ $(uname -m) == x86_64 ]] || skip "the helper is for x86-64"
	command -v strace >/dev/null || skip "no strace"
	edit '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
	cp "$HELPERS/seize" "$rootfs/bin/seize"
	start_probe wait
	# Whether it is met is chance: once is enough.
	local try met=
	for try in {1..10}; do
		rt exec "$id" /bin/seize >"$T/seize" 2>&1 </dev/null 3>&- &
		agents+=("$!")
		wait_for 5 grep -q waits "$T/seize"
		# Its last own step before init's is slow, so that there is time for it.
		begin=$SECONDS
		code=0
		timeout -s KILL 40 strace -qq -o /dev/null -e trace=renameat2 -e inject=renameat2:delay_enter=2s:when=1 "$RUNTIME" --root "$state" \
			exec --pid-file "$T/exec.pid" "$id" /bin/probe ids >"$T/exec.out" 2>&1 </dev/null 3>&- || code=$?
		((SECONDS - begin < 25 * SLOW)) || { complain "exec took $((SECONDS - begin)) s"; return 1; }
		! grep -q seized "$T/seize" || { met=1; break; }
		# Anew: the one that has missed it would trace the next one.
		call rt delete --force "$id"
		ok
		wait "${agents[-1]}" 2>/dev/null || true
		start_probe wait
	done
	[[ -n $met ]] || { complain "it was not met in $try tries: $(<"$T/seize")"; return 1; }
	is "$code" 255
	[[ $(wc -l <"$T/exec.out") == 1 ]] || { complain "$(<"$T/exec.out")"; return 1; }
	call rt delete --force "$id"
	ok
}

@test "X40: an init that somebody has stopped, and starts that have given up on it: one more ends in time, too (B.14.8)" {
	local i
	args wait
	call_create rt create --bundle "$bundle" --pid-file "$T/pid" "$id"
	ok
	kill -STOP "$(<"$T/pid")"
	for i in {1..8}; do timeout -s KILL 0.2 "$RUNTIME" --root "$state" start "$id" >/dev/null 2>&1 </dev/null 3>&- || true; done
	within 15 rt start "$id"
	fails "does not answer"
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "X41: what decides is no word of an error: a state root named as one is refused like any other (B.14.1)" {
	mkdir -p "$T/x does not exist is busy"
	chmod 0777 "$T/x does not exist is busy"
	call "$RUNTIME" --root "$T/x does not exist is busy" delete --force "$id"
	fails "may be written by others"
}

@test "X42: the bundle is gone when the container is deleted: its poststop hooks run in /, not where delete was called (B.12)" {
	echo '#!/bin/sh
pwd >"$1"' >"$T/hook"
	chmod 0755 "$T/hook"
	edit '.hooks.poststop = [{path: $h, args: ["hook", $f]}]' --arg h "$T/hook" --arg f "$T/where"
	args exit 0
	call_create rt create --bundle "$bundle" "$id"
	ok
	mv "$bundle" "$T/elsewhere"
	cd /var
	call rt delete --force "$id"
	ok
	contains "$err" "hooks run in '/'"
	mv "$T/elsewhere" "$bundle"
	is "$(<"$T/where")" /
}

@test "X43: a state root that cannot rename without replacing, and a new directory that others lock first: the id is ours all the same" {
	command -v strace >/dev/null || skip "no strace"
	args wait
	timeout -s KILL 20 strace -qq -o "$T/calls" -e trace=renameat2,flock -e inject=renameat2:error=EINVAL:when=1 -e inject=flock:error=EAGAIN:when=2 \
		"$RUNTIME" --root "$state" create --bundle "$bundle" "$id" >"$T/said" 2>&1 </dev/null 3>&- || { complain "$(<"$T/said")"; return 1; }
	grep -q 'flock.*EAGAIN' "$T/calls"
	is_state created
	call rt delete --force "$id"
	ok
	nothing_left
	# What cannot be locked is not left behind.
	timeout -s KILL 20 strace -qq -o "$T/calls" -P "$id" -e trace=renameat2,openat -e inject=renameat2:error=EINVAL:when=1 \
		-e inject=openat:error=ENFILE:when=1 "$RUNTIME" --root "$state" create --bundle "$bundle" "$id" >"$T/said" 2>&1 </dev/null 3>&- && return 1
	contains "$(<"$T/said")" ENFILE
	[[ ! -e $state/$id ]]
}

@test "X44: a process of exec has ended, and who had it made does not reap it: the container is stopped, and is deleted (C76)" {
	command -v python3 >/dev/null || skip "no python3"
	cp "$HELPERS/threads" "$rootfs/bin/threads"
	# A subreaper that waits for what it calls alone.
	cat >"$T/reaper" <<-'END'
		import ctypes, os, sys
		ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
		runtime, root, bundle, id, init = sys.argv[1:]
		def call(*args):
		    pid = os.posix_spawn(runtime, [runtime, "--root", root, *args], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)])
		    os.waitpid(pid, 0)
		call("run", "--detach", "--bundle", bundle, "--pid-file", init, id)
		call("exec", "--detach", id, "/bin/probe", "exit", "0")
		call("kill", id, "KILL")
		print("called", flush=True)
		sys.stdin.read()
	END
	mkfifo "$T/hold"
	local round program
	for round in 1 2 3 4 5; do
		# Which of its threads is the last one is the kernel's choice.
		program=/bin/threads
		((round > 1)) || program=/bin/busybox
		edit '.process.args = [$p, "sleep", "1000"]' --arg p "$program"
		cp "$BUSYBOX" "$rootfs/bin/busybox"
		timeout -s KILL 60 python3 -S "$T/reaper" "$RUNTIME" "$state" "$bundle" "$id" "$T/pid" <"$T/hold" >"$T/called" 2>&1 3>&- &
		agents+=("$!")
		exec 7>"$T/hold"
		wait_for 10 grep -q called "$T/called"
		[[ -e /proc/$(<"$T/pid")/stat ]] || { complain "its init has ended: nothing is shown: $(<"$T/called")"; return 1; }
		wait_for 5 is_state stopped
		within 3 rt delete "$id"
		ok
		[[ ! -e $state/$id ]]
		exec 7>&-
		wait "${agents[-1]}"
	done
}

@test "X57: an init that has ended but for a process of its own that cannot die: the container is not stopped, nor deleted, before that does (B.15)" {
	[[ -w /sys/fs/cgroup/freezer/cgroup.procs ]] || skip "no legacy freezer"
	frozen=/sys/fs/cgroup/freezer/$id-frozen
	edit 'del(.linux.cgroupsPath, .linux.resources)'
	args wait
	call rt --cgroup-manager disabled run --detach --bundle "$bundle" --pid-file "$T/pid" "$id"
	ok
	call rt --cgroup-manager disabled exec --detach --pid-file "$T/other" "$id" /bin/probe wait
	ok
	mkdir "$frozen"
	cat "$T/other" >"$frozen/cgroup.procs"
	echo FROZEN >"$frozen/freezer.state"
	kill -9 "$(<"$T/pid")"
	sleep 0.3
	call rt state "$id"
	contains "$out" '"running"'
	call rt delete "$id"
	fails "not stopped"
	echo THAWED >"$frozen/freezer.state"
	wait_for 5 is_state stopped
	wait_for 5 rmdir "$frozen"
	call rt delete "$id"
	ok
}

@test "X58: a program whose name is a number, and that ends at once: it was executed" {
	local i
	cp "$HELPERS/probe" "$rootfs/7"
	edit '.process.args = ["/7", "exit", "0"]'
	for i in {1..15}; do
		call rt run --bundle "$bundle" "$id"
		ok
	done
}

@test "X45: a filter that lets init neither execute the program nor say so: start and run say that it was not executed" {
	command -v python3 >/dev/null || skip "no python3"
	local action
	for action in SCMP_ACT_ERRNO SCMP_ACT_KILL_PROCESS; do
		edit '.process.noNewPrivileges = true | .linux.seccomp = {"defaultAction": $a}' --arg a "$action"
		args exit 0
		# Where nobody reaps it before `start` has looked: a subreaper that does not wait.
		call timeout -s KILL 30 python3 -S -c '
import ctypes, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
runtime, root, bundle, id = sys.argv[1:]
def call(*args): return subprocess.run([runtime, "--root", root, *args], stdin=subprocess.DEVNULL).returncode
call("create", "--bundle", bundle, id) and sys.exit(9)
sys.exit(call("start", id))' "$RUNTIME" "$state" "$bundle" "$id"
		fails "before it executed the program"
		is "$code" 1
		call rt delete --force "$id"
		ok
		call rt run --bundle "$bundle" "$id"
		fails "before it executed the program"
		nothing_left
	done
}

@test "X46: a start that is interrupted in a startContainer hook: the next one says so, and not that the container has stopped" {
	mkfifo "$rootfs/go"
	cp "$BUSYBOX" "$rootfs/bin/busybox"
	edit '.hooks.startContainer = [{path: "/bin/busybox", args: ["sh", "-c", "echo >/begun; read x </go"]}]'
	args wait
	call_create rt create --bundle "$bundle" "$id"
	ok
	timeout -s KILL 20 "$RUNTIME" --root "$state" start "$id" >/dev/null 2>&1 </dev/null 3>&- &
	local starter=$!
	wait_for 5 test -e "$rootfs/begun"
	pkill -KILL -P "$starter" || true
	wait "$starter" || true
	call rt start "$id"
	fails "interrupted"
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "X47: a pid file that is a device, a fifo, a socket or a directory: an error, and it stays what it is (B.14.11)" {
	local kind
	mknod "$T/device" c 1 3
	mkfifo "$T/fifo"
	mkdir "$T/directory"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/socket"
	args wait
	for kind in device fifo directory socket; do
		stat -c '%i %F %t' "$T/$kind" >"$T/before"
		call rt create --bundle "$bundle" --pid-file "$T/$kind" "$id"
		fails "pid file"
		nothing_left
		is "$(stat -c '%i %F %t' "$T/$kind")" "$(<"$T/before")"
	done
}

@test "X48: a sysctl that is empty empties a text, and is no number" {
	# The container's begins as its caller's is.
	way=(unshare --uts -- /bin/bash -c 'echo before >/proc/sys/kernel/domainname && exec "$@"' bash)
	probe cat /proc/sys/kernel/domainname
	ok
	is "$out" "cat /proc/sys/kernel/domainname before"
	edit '.linux.sysctl = {"kernel.domainname": ""}'
	call rt run --bundle "$bundle" "$id"
	ok
	is "$out" "cat /proc/sys/kernel/domainname "
	way=()
	edit '.linux.sysctl = {"net.ipv4.ip_forward": ""}'
	call rt run --bundle "$bundle" "$id"
	fails "net/ipv4/ip_forward"
	nothing_left
}

@test "X59: two creates at once in one cgroup: one has it, with its own limits, the other is refused and leaves nothing (B.13)" {
	local i dir creator first second winner limit stray=
	local -A seen=()
	owned_by cgroupfs "systemd's units have names of their own"
	args wait
	edit '.linux.cgroupsPath = $p | .linux.resources.pids.limit = 100' --arg p "/$id"
	mkdir "$T/other"
	jq --arg r "$rootfs" '.root.path = $r | .linux.resources.pids.limit = 200' "$bundle/config.json" >"$T/other/config.json"
	dir=$(cgroup_dir pids)
	for ((i = 0; i < $(long 25 500) || (${#seen[@]} < 2 && i < 500); i++)); do
		timeout -s KILL 20 "$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id-100" >"$T/said" 2>&1 </dev/null 3>&- &
		creator=$! first=0
		call_create rt create --bundle "$T/other" "$id-200"
		second=$code
		wait $creator || first=$?
		case "$first $second" in
		"0 1") winner=$id-100 limit=100; contains "$err" "container's cgroup is not empty" ;;
		"1 0") winner=$id-200 limit=200; contains "$(<"$T/said")" "container's cgroup is not empty" ;;
		*) complain "round $i: $first, $second: $(<"$T/said") $err"; return 1 ;;
		esac
		seen[$limit]=1
		is "$(ls "$state")" "$winner"
		call rt state "$winner"
		ok
		is "$(<"$dir/pids.max") $(<"$dir/cgroup.procs")" "$limit $(jq .pid <<<"$out")"
		call rt ps --format json "$winner"
		is "$out" "[$(<"$dir/cgroup.procs")]"
		call rt delete --force "$winner"
		ok
		# A maker that is kept from the processor between a directory and its mark, longer than the other waits for it (await_maker),
		# leaves it there: on a busy machine that may be, once.
		if [[ -z $stray ]] && ! wait_for 3 no_cgroups >/dev/null; then
			stray=$(left_cgroups)
			rmdir "$stray"
		fi
		nothing_left
	done
	is "${#seen[@]}" 2 "how many have come first in one round or another"
}

@test "X60: a cgroup's directory that a stranger keeps locked is a container's all the same" {
	local dir
	owned_by cgroupfs "systemd makes a new one each time"
	args wait
	edit '.linux.cgroupsPath = $p' --arg p "/$id"
	if unified; then dir=/sys/fs/cgroup/$id; else dir=/sys/fs/cgroup/unified/$id; fi
	mkdir "$dir" || skip "no cgroup v2"
	[[ -e $dir/cgroup.kill ]] || { rmdir "$dir"; skip "no cgroup.kill before Linux 5.14"; }
	setpriv --reuid 65534 --clear-groups flock -x "$dir" sh -c 'echo locked && exec sleep 100' >"$T/locked" 3>&- &
	agents+=($!)
	wait_for 5 test -s "$T/locked"
	call_create rt create --bundle "$bundle" "$id"
	ok
	call rt delete --force "$id"
	ok
	wait_for 3 rmdir "$dir"
	nothing_left
}

@test "X61: kill KILL without a pid namespace, with few descriptors: all processes are killed, or it says that they are not (B.15)" {
	local n failed=0 killed=0
	edit 'del(.linux.namespaces[] | select(.type == "pid"))'
	for ((n = 4; n < 40; n++)); do
		start_probe forks 3 stay + wait
		wait_for 5 box_says "forks 3 ok"
		call prlimit "--nofile=$n:$n" "$RUNTIME" --root "$state" "${owner_option[@]}" kill "$id" KILL
		if ((code == 0)); then
			killed=$((killed + 1))
			wait_for 3 no_processes || { complain "$n descriptors: left processes: $(left_processes)"; return 1; }
		else
			failed=$((failed + 1))
		fi
		call rt delete --force "$id"
		ok
		nothing_left
	done
	((failed > 0 && killed > 0)) || { complain "it failed $failed times"; return 1; }
}

some_cgroups() { ! no_cgroups; }

@test "X62: a create that comes late to the lock of the cgroup that it has made is refused, and takes nothing from who was first (B.13)" {
	command -v strace >/dev/null || skip "no strace"
	owned_by cgroupfs "systemd's units have names of their own"
	local creator late=0 unified=/sys/fs/cgroup
	unified || unified=/sys/fs/cgroup/unified
	[[ -e $unified/cgroup.procs ]] || skip "no cgroup v2"
	args wait
	edit '.linux.cgroupsPath = $p' --arg p "/$id"
	mkdir "$T/late"
	jq --arg r "$rootfs" '.root.path = $r | .linux.resources.unified = {"cgroup.max.depth": "7"}' "$bundle/config.json" >"$T/late/config.json"
	# The first lock is that of the state directory.
	timeout -s KILL 30 strace -qq -o "$T/calls" -e trace=flock -e inject=flock:delay_enter=6000000:when=2 \
		"$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$T/late" "$id-late" >"$T/said" 2>&1 </dev/null 3>&- &
	creator=$!
	wait_for 5 some_cgroups
	call_create rt create --bundle "$bundle" "$id"
	ok
	wait $creator || late=$?
	is "$late" 1
	contains "$(<"$T/said")" "container's cgroup is not empty"
	is "$(ls "$state")" "$id"
	is "$(<"$unified/$id/cgroup.max.depth")" max
	call rt start "$id"
	ok
	call rt ps --format json "$id"
	is "$out" "[$(pid_of)]"
	call rt delete --force "$id"
	ok
	nothing_left
}
