# ps: all processes of the container and no others, as JSON and as the host's ps prints them.
load lib.bash

# fake_ps SCRIPT: what `ps` in PATH is for the runtime.
fake_ps() {
	mkdir -p "$T/bin"
	printf '#!/bin/sh\n%s\n' "$1" >"$T/bin/ps"
	chmod +x "$T/bin/ps"
}
ps_of() { # ARGS...: the runtime's ps, with the fake one if there is one
	call env PATH="$T/bin:$PATH" timeout --foreground -k 1 "$((${LIMIT:-20} * SLOW))" "$RUNTIME" --root "$state" ps "$@"
}

json() { rt ps --format json "$id"; }
is_length() { [[ $(json | jq length) == "$1" ]]; }
# Pids of the table that is in $out; the column's place is the first argument.
table_pids() { awk -v c="$1" 'NR > 1 { print $c }' <<<"$out" | sort -n | tr '\n' ' '; }
json_pids() { json | jq -r '.[]' | tr '\n' ' '; }

@test "json: the one process, in brackets, and a newline" {
	start_probe wait
	call rt ps --format json "$id"
	ok
	is "$out" "[$(pid_of)]"
	is "$(wc -l <"$T/out")" 1
	is "$err" ""
	call rt ps -f=json "$id"
	ok
	is "$out" "[$(pid_of)]"
}

@test "json: children and threads' processes, each once, ascending" {
	start_probe count /tmp/cells 30 3 + wait
	wait_for 3 is_length 31
	call rt ps --format json "$id"
	ok
	jq -e '. == (. | unique)' <<<"$out"
	jq -e --argjson init "$(pid_of)" 'index($init)' <<<"$out"
	# They are those whose pid namespace is the container's.
	local namespace theirs
	namespace=$(readlink "/proc/$(pid_of)/ns/pid")
	theirs=$(for p in /proc/[0-9]*; do [[ $(readlink "$p/ns/pid" 2>/dev/null) != "$namespace" ]] || echo "${p#/proc/}"; done | sort -n | tr '\n' ' ')
	is "$(json_pids)" "$theirs"
}

@test "json: those in cgroups the payload has made" {
	local below=/sys/fs/cgroup
	unified || below+=/freezer
	edit '.mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "rw"]}]
		| .linux.namespaces += [{"type": "cgroup"}]
		| .process.args = ["/bin/sh", "-c", $script]' --arg script "
			/bin/busybox mkdir -p $below/own/deeper || exit 1
			sleep 1000 & echo \$! >$below/own/cgroup.procs || exit 1
			sleep 1000 & echo \$! >$below/own/deeper/cgroup.procs || exit 1
			echo nested; while :; do sleep 1000; done"
	create
	ok
	call rt start "$id"
	ok
	wait_for 3 box_says nested
	wait_for 3 is_length 4
	[[ $(cat "$(cgroup_dir freezer)/own/deeper/cgroup.procs") ]]
	# Each of them is the shell at first.
	wait_for 3 eval '[[ $(rt ps "$id" -o pid,args | grep -c "sleep 1000$") == 3 ]]'
	call rt ps "$id" -o pid,args
	ok
	is "$(table_pids 1)" "$(json_pids)"
	is "$(grep -c 'sleep 1000$' <<<"$out")" 3
}

@test "a created container has one process, a stopped one has none" {
	args wait
	create
	ok
	is "$(json)" "[$(pid_of)]"
	kill_init
	wait_for 3 is_state stopped
	if [[ $(runtime_name) != runc ]]; then # there it says null
		call rt ps --format json "$id"
		ok
		is "$out" "[]"
	fi
	call rt ps "$id"
	ok
	is "$(wc -l <<<"$out")" 1
	contains "$out" "PID"
}

@test "what a container without a pid namespace has left when it ended is listed" {
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	start_probe traps 12 2 + wait
	wait_for 3 is_length 3
	kill_init
	wait_for 3 is_state stopped
	wait_for 3 is_length 2
	call rt ps "$id" -o pid
	ok
	is "$(table_pids 1)" "$(json_pids)"
}

@test "a paused container is listed" {
	start_probe count /tmp/cells 3 1 + wait
	wait_for 3 is_length 4
	call rt pause "$id"
	ok
	is_length 4
	call rt ps "$id"
	ok
	is "$(table_pids 2)" "$(json_pids)"
	call rt resume "$id"
	ok
}

@test "table: the header of ps -ef and the container's rows alone" {
	start_probe count /tmp/cells 5 1 + wait
	wait_for 3 is_length 6
	call rt ps "$id"
	ok
	contains "$(head -n 1 <<<"$out")" "UID"
	is "$(table_pids 2)" "$(json_pids)"
	is "$(grep -c '/bin/probe' <<<"$out")" 6
	call rt ps --format table "$id"
	ok
	is "$(table_pids 2)" "$(json_pids)"
}

@test "options after the id are those of ps: in one word, or in several" {
	start_probe wait
	local pid
	pid=$(pid_of)
	call rt ps "$id" "-opid,comm"
	ok
	is "$(awk '{ print $1, $2 }' <<<"$out")" "PID COMMAND
$pid probe"
	call rt ps "$id" -e -o ppid,stat,pid
	ok
	is "$(table_pids 3)" "$pid "
	call rt ps "$id" aux
	ok
	is "$(table_pids 2)" "$pid "
	# Not ours any more.
	call rt ps "$id" --format json
	[[ $code != 0 || $out != "[$pid]" ]]
	call rt ps --format json "$id" -ef
	ok
	is "$out" "[$pid]"
}

threads_are() { [[ $(rt ps "$id" -emo pid,lwp | awk '$1 == "-"' | wc -l) == "$1" ]]; }

@test "threads follow their process" {
	skip_on runc "1.1 wants a number in each row"
	start_probe count /tmp/cells 2 3 + wait
	wait_for 3 is_length 3
	wait_for 3 threads_are 7
	call rt ps "$id" -emo pid,lwp
	ok
	is "$(awk 'NR > 1 && $1 != "-" { print $1 }' <<<"$out" | sort -n | tr '\n' ' ')" "$(json_pids)"
	is "$(awk '$1 == "-"' <<<"$out" | wc -l)" 7
}

@test "what is wrong in the command line is told" {
	start_probe wait
	call rt ps
	[[ $code != 0 && $err == *"requires a minimum of 1 argument"* ]]
	call rt ps --format xml "$id"
	fails "invalid format option"
	call rt ps "no-$id"
	fails "does not exist"
	call rt ps --format json "no-$id"
	fails "does not exist"
	call rt ps "$id" --no-such-option
	fails_any "ps failed with exit code 1" "exit status 1"
}

@test "output without a column PID is refused" {
	start_probe wait
	call rt ps "$id" -eo ppid,comm
	fails "couldn't find PID field in ps output"
	is "$out" ""
	call rt ps "$id" -eo pid=
	fails "couldn't find PID field in ps output"
	fake_ps 'exit 0'
	ps_of "$id"
	fails "couldn't find PID field in ps output"
	fake_ps 'echo SPID PIDS pid; echo 1 2 3'
	ps_of "$id"
	fails "couldn't find PID field in ps output"
}

@test "a ps of another kind: the column may be anywhere" {
	start_probe wait
	local pid
	pid=$(pid_of)
	fake_ps "printf 'NAME\tPID  X\n  init  1 a\nthis\t$pid  b\nother $((pid + 1)) c\n'"
	ps_of "$id"
	ok
	is "$out" "$(printf 'NAME\tPID  X\nthis\t%s  b' "$pid")"
	fake_ps "printf 'A B C PID\n$pid $pid $pid 1\n1 1 1 $pid'"
	ps_of "$id"
	ok
	is "$out" "A B C PID
1 1 1 $pid"
}

@test "rows of a ps of another kind that make no sense are passed over" {
	skip_on runc "1.1 wants a number in each row"
	start_probe wait
	local pid
	pid=$(pid_of)
	fake_ps "printf 'X PID\n\nx\n\nx -$pid\nx +$pid\nx ${pid}x\nx 0x1\nx 99999999999999999999999999\nx -\nx $pid here\nx - thread\nx \000$pid\n\001 $pid\nx'"
	ps_of "$id"
	ok
	is "$(wc -l <"$T/out")" 4
	is "$(awk 'NR > 1 { print $2, $3 }' <<<"$out")" "$pid here
- thread
$pid "
}

@test "a ps that fails is told by its last line and its code, and nothing is printed" {
	start_probe wait
	fake_ps 'echo PID; echo first >&2; echo "the reason" >&2; exit 7'
	ps_of "$id"
	fails "the reason"
	fails_any "exit code 7" "exit status 7"
	is "$out" ""
	fake_ps 'kill -9 $$'
	ps_of "$id"
	fails_any "signal 9" "signal: killed"
	is "$out" ""
}

@test "a ps that warns: its words go to standard error" {
	skip_on runc "1.1 mixes both"
	start_probe wait
	fake_ps "echo 'a warning' >&2; echo PID; echo $(pid_of)"
	ps_of "$id"
	ok
	is "$out" "PID
$(pid_of)"
	is "$err" "a warning"
}

@test "a ps that is missing, or cannot be executed" {
	start_probe wait
	mkdir "$T/empty"
	call env PATH="$T/empty" "$RUNTIME" --root "$state" ps "$id"
	fails "ps"
	is "$out" ""
	call env -u PATH "$RUNTIME" --root "$state" ps --format json "$id"
	ok
	fake_ps ''
	echo '#!/nowhere' >"$T/bin/ps"
	ps_of "$id"
	fails "ps"
	# A directory, and a file without the right, are passed over.
	mkdir -p "$T/one/ps" "$T/two"
	echo >"$T/two/ps"
	PATH=$T/one:$T/two:$PATH call rt ps "$id"
	ok
}

@test "no ps of the working directory is run" {
	start_probe wait
	printf '#!/bin/sh\ntouch %s/run-from-here\n' "$T" >ps
	chmod +x ps
	local path
	for path in . "" ":$PATH" ".:$PATH" "bin:$PATH"; do
		call env PATH="$path" "$RUNTIME" --root "$state" ps "$id"
		[[ ! -e $T/run-from-here ]]
	done
	ok
	rm ps
}

@test "a ps that reads, forks or sleeps does not hold us up" {
	start_probe wait
	fake_ps "cat >/dev/null; echo PID; echo $(pid_of)"
	LIMIT=5 ps_of "$id"
	ok
	skip_on runc "1.1 waits for whoever has the output open"
	fake_ps "sleep 30 & echo \$! >$T/sleeper; echo PID; echo $(pid_of)"
	LIMIT=5 ps_of "$id"
	ok
	is "$out" "PID
$(pid_of)"
	kill "$(<"$T/sleeper")"
}

@test "megabytes of output are read, and those of a container found in them" {
	start_probe wait
	fake_ps "awk 'BEGIN { print \"NAME PID\"; for (i = 0; i < 200000; i++) print \"something-of-the-host-that-takes-its-room\", 5000000 + i; print \"last\", $(pid_of) }'"
	ps_of "$id"
	ok
	is "$out" "NAME PID
last $(pid_of)"
	fake_ps "printf 'PID '; head -c 20000000 /dev/zero | tr '\\0' x; printf '\\n$(pid_of) row\\n'"
	ps_of "$id"
	ok
	is "$(tail -n 1 "$T/out")" "$(pid_of) row"
	is "$(wc -c <"$T/out")" "$((20000000 + 5 + 5 + $(pid_of | tr -d '\n' | wc -c)))"
}

@test "output without end is refused" {
	skip_on runc "1.1 takes all the memory there is"
	start_probe wait
	fake_ps 'exec yes PID'
	ps_of "$id"
	fails "more than 64 MiB"
	is "$out" ""
	refute pgrep -x yes
}

@test "a ps gets no descriptors and no signal settings of ours" {
	skip_on runc "Go's own"
	start_probe wait
	fake_ps "ls -l /proc/self/fd >$T/fds; grep -E '^Sig(Blk|Ign)' /proc/self/status >$T/signals; echo PID"
	ps_of "$id"
	ok
	# ls has one for the directory.
	is "$(awk 'NF > 8 { print $9 }' "$T/fds" | tr '\n' ' ')" "0 1 2 3 "
	is "$(awk '{ print $2 }' "$T/signals" | sort -u)" 0000000000000000
}

@test "a caller in another pid namespace sees those it has numbers for" {
	skip_on runc "1.1 says null"
	start_probe wait
	call unshare --pid --fork --mount-proc "$RUNTIME" --root "$state" ps --format json "$id"
	ok
	is "$out" "[]"
}
