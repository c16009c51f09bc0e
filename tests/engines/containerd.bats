#!/usr/bin/env bats
# containerd with its shim io.containerd.runc.v2, as `ctr` and a client of the tasks service drive it.

load lib
load containerd

engine_start() { containerd_start default; }
engine_stop() { containerd_stop; }
engine_clean() {
	local name
	for name in $(ctr tasks ls -q); do within 20 ctr tasks rm -f "$name"; done
	for name in $(ctr containers ls -q); do within 20 ctr containers rm "$name"; done
}

# ctr_run NAME OPTION... -- COMMAND...
ctr_run() {
	local name=$1 options=() owner=(--cgroup "/box-$1")
	shift
	while [[ $1 != -- ]]; do options+=("$1") && shift; done
	shift
	[[ $MANAGER != systemd ]] || owner=(--runc-systemd-cgroup --cgroup "system.slice:box:$name")
	within 60 ctr run --runc-binary "$RUNTIME_PATH" "${owner[@]}" "${options[@]}" "$box" "$name" "$@"
}
task() { within 60 ctr tasks "$@"; }
background() { call ctr_run "$1" -d "${@:2}"; ok; }
pid_of_task() { task ls | awk -v name="$1" '$1 == name { print $2 }'; }
inside() { printf '/proc/%s/root%s' "$(pid_of_task "$1")" "$2"; }
task_is() { [[ $(task ls | awk -v name="$1" '$1 == name { print $3 }') == "$2" ]]; }

@test "run: what the program says on both, and its exit code" {
	call ctr_run one --rm -- sh -c 'echo to-out; echo to-err >&2; exit 7'
	exits 7
	is "$out" to-out
	is "$err" to-err
}

@test "run: input reaches the program" {
	code=0
	out=$(printf 'first\nsecond\n' | ctr_run one --rm -- head -n 2) || code=$?
	ok
	is "$out" $'first\nsecond'
}

@test "run: a program that is not there is an error of create, and leaves nothing" {
	call ctr_run one --rm -- /bin/nothing
	exits 1
	contains "$err" "create failed"
	fails_any "no such file or directory" "executable file not found"
}

@test "run: environment, directory, mounts are the caller's" {
	mkdir "$T/given"
	echo hello >"$T/given/file"
	call ctr_run one --rm --env WORD=said --cwd /tmp --mount "type=bind,src=$T/given,dst=/given,options=rbind:ro" -- \
		sh -c 'echo $WORD; pwd; cat /given/file; touch /given/other || echo refused'
	ok
	is "$out" $'said\n/tmp\nhello\nrefused'
}

@test "run: a read-only root, no capability, the default filter" {
	call ctr_run one --rm --read-only --seccomp --cap-drop CAP_CHOWN -- \
		sh -c 'touch /file || echo read-only; chown 1 /tmp/. || echo kept
			grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status; mount -t tmpfs x /tmp || echo denied'
	ok
	is "$out" $'read-only\nkept\nNoNewPrivs:\t1\nSeccomp:\t2\ndenied'
}

@test "run: a user namespace of its own" {
	call ctr_run one --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 -- sh -c 'id -u; cat /proc/self/uid_map; stat -c %u /bin/busybox'
	ok
	is "$(awk '{ $1 = $1; print }' <<<"$out")" $'0\n0 100000 65536\n0'
}

@test "run -t: a terminal with the right size, Ctrl-C, and the last byte" {
	export -f ctr_run within
	export box RUNTIME_PATH MANAGER
	call terminal size=33x101 'wait=/ # ' 'type=stty size; tty\n' 'wait=33 101' 'wait=/dev/' 'type=sleep 100\n' sleep=1 'type=\x03' 'wait=# ' \
		'type=printf end; exit 4\n' -- bash -c 'ctr_run one --rm -t -- sh'
	exits 4
	contains "$out" "/dev/pts/0"
	[[ $out == *end*end* ]]
}

@test "exec: output, exit code, user, directory, input" {
	background one -- sleep 1000
	call task exec --exec-id e1 --cwd /tmp --user 1000 one sh -c 'id -u; pwd; echo to-err >&2; exit 9'
	exits 9
	is "$out" $'1000\n/tmp'
	is "$err" to-err
	out=$(echo given | task exec --exec-id e2 one cat)
	is "$out" given
}

@test "exec -t: a terminal" {
	background one -- sleep 1000
	call terminal 'wait=# ' 'type=stty size; tty\n' 'wait=24 80' 'wait=/dev/pts/0' 'type=exit 6\n' -- ctr tasks exec --exec-id e1 -t one sh
	exits 6
}

@test "exec: a program that is not there; one that a signal ends; a killed one" {
	background one -- sleep 1000
	call task exec --exec-id e1 one /bin/nothing
	differs "$code" 0
	fails_any "no such file or directory" "executable file not found"
	call task exec --exec-id e2 one sh -c 'kill -9 $$'
	exits 137
	call task exec --exec-id e3 -d one sleep 1000
	ok
	call task kill --exec-id e3 -s SIGTERM one
	ok
	call task ps one
	lacks "$out" e3
}

@test "pause and resume: nothing goes on meanwhile" {
	background one -- sh -c 'while :; do echo >>/tmp/count; done'
	local file before
	file=$(inside one /tmp/count)
	wait_for 5 test -s "$file"
	call task pause one
	ok
	task_is one PAUSED
	before=$(stat -c %s "$file")
	sleep 1
	is "$(stat -c %s "$file")" "$before" "the size of a file that grows"
	call task exec --exec-id e1 one true
	differs "$code" 0
	call task resume one
	ok
	task_is one RUNNING
	sleep 1
	differs "$(stat -c %s "$file")" "$before" "the size of a file that grows"
}

metric() { awk -v name="$1" '$1 == name { print $2 }' <<<"$out"; }
@test "metrics and ps: numbers of this container" {
	background one --memory-limit 50000000 -- sh -c 'sleep 1001 & sleep 1000; :'
	call task metrics one
	ok
	is "$(metric pids.current)" 3
	is "$(metric memory.usage_limit)" 49999872
	[[ $(metric memory.usage) -gt 10000 ]] || { complain "no memory in use"; return 1; }
	call task ps one
	ok
	is "$(wc -l <<<"$out")" 4 "lines of ps"
	contains "$out" "$(pid_of_task one)"
}

@test "kill: the signal arrives, the code is the program's, a second kill finds no one" {
	background one -- sh -c 'trap "exit 5" TERM; echo >/tmp/ready; while :; do sleep 0.1; done'
	wait_for 5 test -e "$(inside one /tmp/ready)"
	call task kill one
	ok
	wait_for 5 task_is one STOPPED
	call task kill one
	fails "not found"
	call task rm one
	contains "$err" "exit code 5"
}

@test "kill --all: what init has started ends as well; the code is 128 and the signal" {
	background one -- sh -c 'sleep 1234 & sleep 1000; :'
	call task kill -a -s SIGKILL one
	ok
	wait_for 5 task_is one STOPPED
	wait_for 5 gone "sleep 1234"
	call task rm one
	contains "$err" "exit code 137"
}

@test "delete: not of a running task without force, of one with it" {
	background one -- sleep 1000
	call task rm one
	fails "must be stopped"
	task_is one RUNNING
	call task rm -f one
	contains "$err" "exit code 137"
	call task rm one
	fails "not found"
}

@test "update: by resources on standard input, with what engines send that means nothing" {
	background one --memory-limit 50000000 -- sleep 1000
	local pid resources
	pid=$(pid_of_task one)
	is "$(limit_of "$pid" memory.max)" 49999872
	resources='{"memory":{"limit":67108864,"swap":67108864,"kernel":67108864},
		"cpu":{"shares":512,"quota":50000,"period":100000},"pids":{"limit":33},"blockIO":{"weight":0}}'
	ask Update "$(jq -cn --arg value "$resources" \
		'{container_id: "one", resources: {type_url: "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources", value: $value}}')"
	is "$(limit_of "$pid" memory.max)" 67108864
	is "$(limit_of "$pid" cpu.max)" "50000 100000"
	is "$(limit_of "$pid" pids.max)" 33
	differs "$(limit_of "$pid" cpu.weight)" 100
}

@test "a limit of memory is felt: the kernel kills, the code says so" {
	call ctr_run one --rm --memory-limit 16777216 -- sh -c 'tail /dev/zero; echo code $?'
	contains "$out" "code 137"
}

@test "namespaces of another task are joined" {
	background one -- sleep 1000
	local pid
	pid=$(pid_of_task one)
	call ctr_run two --rm --with-ns "pid:/proc/$pid/ns/pid" --with-ns "network:/proc/$pid/ns/net" --with-ns "ipc:/proc/$pid/ns/ipc" -- \
		sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/ipc; ps -o args'
	ok
	contains "$out" "$(readlink "/proc/$pid/ns/net")"
	contains "$out" "$(readlink "/proc/$pid/ns/ipc")"
	contains "$out" "sleep 1000"
}

@test "a shim that is gone: containerd takes the container down" {
	background one -- sleep 1000
	local pid
	pid=$(pid_of_task one)
	pkill -9 -f "containerd-shim-runc-v2 .* -id one "
	wait_for 10 test ! -e "/proc/$pid"
}
