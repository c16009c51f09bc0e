# exec: one more process in a container that runs (contract 6.6, rules B.1, B.4, B.6, B.11).
load lib.bash

inside() { call rt exec "$id" /bin/probe "$@"; }
process() { jq '.process' "$bundle/config.json" | jq "$1" >"$T/process.json"; }
by_file() { call rt exec --process "$T/process.json" "$id"; }
no_probe_but() { # N: so many processes are in the container's cgroup
	[[ $(wc -l <"$(cgroup_dir pids)/cgroup.procs") == "$1" ]]
}

# ---- the program ----

@test "its output, its input and its exit code are the program's" {
	start_probe wait
	inside echo one "two  three"
	ok
	is "$out" "one two  three"
	call rt exec "$id" /bin/sh -c 'read a; echo "got $a" >&2; exit 42'
	exits 42
	out=$(echo word | rt exec "$id" /bin/sh -c 'read a; echo "got $a"')
	is "$out" "got word"
	is "$(state_of)" running
}

@test "a program that a signal ends: 128 and its number" {
	start_probe wait
	local signal
	for signal in 9 11 15; do
		inside raise $signal
		exits $((128 + signal))
	done
}

@test "options end at the program: its own are its own" {
	start_probe wait
	call rt exec "$id" /bin/sh -c 'echo "$@"' sh --cwd -e --tty
	ok
	is "$out" "--cwd -e --tty"
}

@test "in a created container, too" {
	args wait
	create
	ok
	inside echo there
	ok
	is "$out" there
	call rt start "$id"
	ok
}

@test "what is not there, or cannot be executed, is told in the words callers look for, with 255" {
	skip_on runc "1.1 tries a shell for a text, and has other words"
	start_probe wait
	mkdir "$rootfs/dir"
	mkfifo "$rootfs/fifo"
	echo text >"$rootfs/text"
	chmod 0755 "$rootfs/text"
	echo data >"$rootfs/data"
	ln -s loop "$rootfs/loop"
	printf '#!/nowhere\n' >"$rootfs/script"
	printf '#!/self\n' >"$rootfs/self"
	chmod 0755 "$rootfs/script" "$rootfs/self"
	local case
	for case in "nonesuch:executable file not found in" "/nonesuch:no such file or directory" "/dir:permission denied" \
		"/data:permission denied" "/fifo:permission denied" "/text:exec format error" "/script:no such file or directory"; do
		call rt exec "$id" "${case%%:*}"
		[[ $(runtime_name) == runc ]] || exits 255
		fails "${case#*:}"
		call rt exec --detach "$id" "${case%%:*}"
		fails "${case#*:}"
	done
	for case in /loop /self; do
		call rt exec "$id" "$case"
		fails
	done
	wait_for 3 no_probe_but 1
	is "$(state_of)" running
}

@test "no program: refused" {
	skip_on runc "other words"
	start_probe wait
	call rt exec "$id"
	fails "exec args cannot be empty"
	call rt exec "$id" ""
	fails
}

# ---- where it is ----

# Whether all that is in the container's cgroup is the program.
executed() {
	local pid
	for pid in $(<"$(cgroup_dir pids)/cgroup.procs"); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) == probe ]] || return 1
	done
}

@test "in all of the container's namespaces, and in its cgroup" {
	needs_containers kill
	edit '.linux.namespaces += [{"type": "cgroup"}]'
	args namespaces cgroup + wait
	create
	ok
	call rt start "$id"
	ok
	wait_for 5 grep -q '^ns uts' "$T/box.out"
	sleep 0.1
	inside namespaces + cgroup
	ok
	local line
	while IFS= read -r line; do
		[[ $line != ns* && $line != cgroup* ]] || says "$line"
	done <"$T/box.out"
	local pid
	rt exec "$id" /bin/probe wait >/dev/null 2>&1 </dev/null 3>&- &
	wait_for 5 no_probe_but 2
	wait_for 5 executed # before, it has a process that is about to end
	for pid in $(<"$(cgroup_dir pids)/cgroup.procs"); do
		grep -q . "/proc/$pid/cgroup"
		diff "/proc/$pid/cgroup" "/proc/$(pid_of)/cgroup"
	done
	rt kill "$id" KILL
	wait_for 5 is_state stopped
}

@test "limits hold for it: it is counted with the container" {
	skip_on runc "its own threads are counted, too: there may be no room for it"
	edit '.linux.resources.pids = {"limit": 4}'
	start_probe wait
	inside forks 10
	contains "$out" EAGAIN
}

@test "device rules hold for it" {
	edit '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	start_probe wait
	inside mknod /kmsg c 1 11 + open r /kmsg + open rw /dev/null
	ok
	says "open r /kmsg EPERM" "open rw /dev/null ok"
}

@test "with a user namespace" {
	skip_on runc "cannot clone this root for a user namespace"
	edit '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]
		| .linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]'
	chown 100000:100000 "$rootfs"
	start_probe wait
	inside namespaces + ids + caps
	ok
	says "uid 0 0 0 0" "gid 0 0 0 0" "ns user $(readlink "/proc/$(pid_of)/ns/user")" "ns mnt $(readlink "/proc/$(pid_of)/ns/mnt")"
	call rt exec --user 7:8 "$id" /bin/probe ids
	ok
	says "uid 7 7 7 7" "gid 8 8 8 8"
	call rt exec --user 1000 "$id" /bin/probe ids
	fails "unmapped"
}

@test "without namespaces of its own but the mount one; and with a chroot instead of a pivot" {
	skip_on runc "1.1 wants a /proc"
	edit '.linux.namespaces = [{"type": "mount"}] | del(.hostname) | .mounts = []'
	start_probe wait
	inside list / + list /bin
	ok
	contains "$out" probe
	lacks "$out" "$(basename "$T")"
	call rt delete --force "$id"
	args wait
	create --no-pivot
	ok
	call rt start "$id"
	ok
	inside list / + list /bin + cwd
	ok
	contains "$out" probe
	says "cwd /"
	lacks "$out" vmlinuz
}

@test "namespaces that the container has joined by path" {
	local file=$T/uts
	unshare --uts sleep 100 3>&- &
	local holder=$!
	wait_for 5 test "$(readlink /proc/$holder/ns/uts)" != "$(readlink /proc/self/ns/uts)" || true
	sleep 0.2
	edit '(.linux.namespaces[] | select(.type == "uts")).path = $p | del(.hostname)' --arg p "/proc/$holder/ns/uts"
	start_probe wait
	inside namespaces
	ok
	says "ns uts $(readlink "/proc/$holder/ns/uts")"
	kill $holder
}

@test "C83: its init has moved to a cgroup below" {
	skip_on runc "1.1 does not use the v2 tree of a hybrid host"
	[[ -d /sys/fs/cgroup/unified ]] || unified || skip "no v2 tree"
	start_probe wait
	local dir
	dir=$(cgroup_dir hugetlb)
	mkdir "$dir/below"
	pid_of >"$dir/below/cgroup.procs"
	inside cgroup
	ok
	contains "$out" "/below"
	call rt exec --cgroup / "$id" /bin/probe cgroup
	[[ $(runtime_name) == runc ]] || lacks "$out" "/below"
}

@test "C83: /proc is something else, /dev is gone, another mount lies over the root" {
	skip_on runc "1.1 wants a /proc"
	edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	mkdir "$rootfs/over"
	cp "$HELPERS/probe" "$rootfs/over/probe"
	start_probe mount tmpfs /proc + umount /dev/shm + umount /dev/pts + umount /dev + wait
	wait_for 5 box_says "umount /dev ok"
	inside cat /proc/self/status + caps + confinement
	ok
	says "cat /proc/self/status ENOENT" "nnp 1"
	call rt exec "$id" /bin/sh -c 'echo fine'
	ok
	is "$out" fine
}

# ---- who it is ----

@test "the container's: environment, user, groups, capabilities, limits, umask, filter, OOM score" {
	skip_on runc "1.1 has no umask for exec"
	edit '.process.env += ["WORD=of the container"] | .process.user = {"uid": 5, "gid": 6, "additionalGids": [7, 8], "umask": 63}
		| .process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}] | .process.oomScoreAdj = 321
		| .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77}]}'
	start_probe wait
	inside env + ids + caps + limits + confinement + syscall sethostname + keyring
	ok
	says "env WORD=of the container" "uid 5 5 5 5" "gid 6 6 6 6" "groups 7 8" "umask 0077" "seccomp 2" "nnp 1" "oom_score_adj 321" \
		"dumpable 1" "pdeathsig 0"
	says "rlimit NOFILE 100 200" "syscall sethostname errno-77" "bounding 0000000020000420" "permitted 0000000000000000"
}

@test "without no_new_privileges the filter holds as well, and is loaded before the user changes" {
	edit '.process.noNewPrivileges = false | .process.user.uid = 9
		| .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77}]}'
	start_probe wait
	inside ids + confinement + syscall sethostname
	ok
	says "uid 9 9 9 9" "seccomp 2" "nnp 0"
	says "syscall sethostname errno-77"
}

@test "--env, --cwd, --user, --additional-gids, --cap, --no-new-privs" {
	edit '.process.env += ["A=1", "B=1"] | .process.noNewPrivileges = false | .process.user = {"uid": 1, "gid": 2, "additionalGids": [3]}'
	mkdir "$rootfs/work"
	start_probe wait
	call rt exec -e B=2 -e C=3,4 --cwd /work -u 10:11 -g 12 -g 13 --cap CAP_CHOWN --no-new-privs "$id" /bin/probe env + cwd + ids + caps + confinement
	ok
	says "env A=1" "env B=2" "env C=3,4" "cwd /work" "uid 10 10 10 10" "gid 11 11 11 11" "groups 3 12 13" "nnp 1"
	says_not "env B=1"
	call rt exec --env D=5 --user 10 "$id" /bin/probe ids + env
	ok
	says "env D=5" "uid 10 10 10 10" "gid 2 2 2 2"
}

@test "--no-new-privs=false: it may gain privileges though the container may not" {
	start_probe wait
	inside confinement
	says "nnp 1"
	call rt exec --no-new-privs=false "$id" /bin/probe confinement
	ok
	says "nnp 0"
	call rt exec --no-new-privs=perhaps "$id" /bin/probe confinement
	fails "no-new-privs"
}

@test "too much for execve is told: by which variable, or that it is the arguments" {
	skip_on runc "other words"
	start_probe wait
	printf -v long '%*s' 131072 ''
	printf '{"args": ["/bin/probe", "ids"], "cwd": "/", "env": ["A=%s"]}' "$long" >"$T/process.json"
	by_file
	exits 255
	fails "process.json:1:52: env: an environment variable, 'A=    " "longer than execve takes"
	printf '{"args": ["/bin/probe", "ids", "%s"], "cwd": "/"}' "$long" >"$T/process.json"
	by_file
	fails "process.json:1:10: args: an argument" "longer than execve takes"
}

@test "--cap adds to the bounding, permitted and effective set of root" {
	start_probe wait
	inside caps
	local before=$out
	call rt exec --cap CAP_SYS_PTRACE "$id" /bin/probe caps
	ok
	differs "$out" "$before"
	call rt exec --cap CAP_NONE_SUCH "$id" /bin/probe caps
	ok
	is "$out" "$before"
}

@test "C61: users that are no numbers are refused, exactly" {
	start_probe wait
	local user
	for user in 1: :1 : -1 4294967296 4294967295 1:4294967295 1:2:3 root " 1" "1 " 0x1 1.5 "" +1; do
		call rt exec --user "$user" "$id" /bin/probe ids
		[[ $code != 0 ]] || [[ $(runtime_name) == runc ]] || { complain "accepted '$user'"; false; }
	done
	call rt exec -u 1 "$id" /bin/probe ids
	says "uid 1 1 1 1"
}

@test "--process: all of it comes from the document, and the rest from the container" {
	skip_on runc "1.1 leaves limits out"
	edit '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}] | .process.env += ["X=container"]'
	start_probe wait
	process '{"args": ["/bin/probe", "ids", "+", "env", "+", "cwd", "+", "limits", "+", "confinement", "+", "caps"], "cwd": "/bin",
		"user": {"uid": 3, "gid": 4}, "env": ["Y=document"], "unknown": {"of": "tomorrow"}}'
	by_file
	ok
	says "uid 3 3 3 3" "gid 4 4 4 4" "env Y=document" "cwd /bin" "nnp 0"
	contains "$out" "NOFILE 100 200"
	lacks "$out" "X=container"
	call rt exec --process "$T/process.json" --user 9 --cwd / --env Z=1 "$id"
	ok
	says "uid 3 3 3 3" "cwd /bin"
	lacks "$out" "Z=1"
}

@test "--process: what is no process object is refused, with the place" {
	skip_on runc "1.1 reads what has no end"
	start_probe wait
	local text
	for text in '' '{' '[]' '{}' 'null' '{"args": []}' '{"args": ["x"], "cwd": "relative"}' '{"args": ["x"], "cwd": "/", "user": null}' \
		'{"args": ["x"], "cwd": "/", "user": {"uid": "0", "gid": 0}}' '{"args": ["x"], "cwd": ""}' '{"args": [1], "cwd": "/"}' \
		'{"args": ["x"], "cwd": "/", "env": ["NOVALUE"]}' '{"args":["x"],"args":["y"],"cwd":"/"}'; do
		printf '%s' "$text" >"$T/process.json"
		by_file
		fails || { complain "accepted: $text"; return 1; }
	done
	for text in "$T/nowhere.json" "$T" /dev/zero; do
		call rt exec --process "$text" "$id"
		fails
	done
	mkfifo "$T/fifo"
	LIMIT=5 call rt exec --process "$T/fifo" "$id"
	fails
	truncate -s 5M "$T/large"
	call rt exec --process "$T/large" "$id"
	fails "at most"
	lacks "$err" "--config-limit"
	wait_for 3 no_probe_but 1
}

@test "--process by a pipe, and by standard input" {
	skip_on runc "1.1 has no -"
	start_probe wait
	local document='{"args": ["/bin/probe", "ids"], "cwd": "/", "user": {"uid": 7, "gid": 7}}'
	call rt exec --process <(sleep 0.2; echo "$document") "$id"
	ok
	says "uid 7 7 7 7"
	code=0
	out=$(echo "$document" | rt exec --process - "$id" 2>"$T/err") || code=$?
	ok
	says "uid 7 7 7 7"
}

@test "an error that nobody takes from a full pipe: one signal ends it" {
	mkfifo "$T/full"
	exec 7<>"$T/full"
	head -c 65536 /dev/zero >&7
	"$RUNTIME" --root "$state" exec nonesuch /bin/probe ids >/dev/null 2>&7 3>&- 7>&- &
	local waiting=$! how=0
	sleep 0.5
	kill "$waiting"
	wait "$waiting" || how=$?
	exec 7>&-
	is "$how" 143
}

@test "execCPUAffinity: where it begins and where it is then" {
	skip_on runc "1.1 does not know it"
	(($(nproc) > 1)) || skip "one CPU"
	edit '.process.execCPUAffinity = {"initial": "0", "final": "1"}'
	start_probe wait
	call rt exec "$id" /bin/sh -c 'while read a b; do [ "$a" != Cpus_allowed_list: ] || echo "cpus $b"; done </proc/self/status'
	ok
	is "$out" "cpus 1"
	call rt delete --force "$id"
	edit '.process.execCPUAffinity = {"final": "4000"}'
	start_probe wait
	inside ids
	fails "execCPUAffinity"
}

@test "C21: a working directory outside of the container is refused" {
	start_probe wait
	ln -s /proc/self/fd/7 "$rootfs/link"
	local dir
	for dir in /link /proc/self/fd/{3,4,5,6,7,8,9,10,11,12} /proc/1/cwd /proc/self/root/../.. /nonesuch; do
		call rt exec --cwd "$dir" "$id" /bin/probe cwd + list / + list /bin
		[[ $code == 0 ]] || continue
		contains "$out" "cwd /"
		contains "$out" probe
		lacks "$out" vmlinuz
	done
	call rt exec --cwd /link "$id" /bin/probe cwd
	fails
}

# ---- descriptors ----

@test "it gets 0, 1, 2 and what is preserved, nothing else" {
	skip_on runc "1.1 passes one of its own on"
	start_probe wait
	inside fds
	ok
	is "$(grep -c '^fd ' <<<"$out")" 3
	call "$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /bin/probe fds
	is "$(grep -c '^fd ' <<<"$out")" 3
	call "$HELPERS/caller" -- "$RUNTIME" --root "$state" exec --preserve-fds 1 "$id" /bin/probe fds
	fails "preserved-fd"
	exec 6<"$T"
	out=$(exec 3<"$bundle/config.json" 4<"$bundle/config.json" && timeout 10 "$RUNTIME" --root "$state" exec --preserve-fds 2 "$id" /bin/probe fds 6<&-)
	is "$(grep -c '^fd ' <<<"$out")" 5
	exec 6<&-
}

# seen_inside CAPABILITY...: what a process inside finds behind the links of all others while processes are made, in $T/seen
seen_inside() {
	local i
	edit '.process.capabilities |= map_values(. + $ARGS.positional)' --args "$@"
	edit '.process.args = ["/bin/sh", "-c", "while :; do for p in /proc/[0-9]*; do for f in exe root cwd fd/3 fd/4 fd/5 fd/6 fd/7 fd/8 fd/9; do readlink $p/$f; done; done; done"]'
	create
	ok
	call rt start "$id"
	ok
	for i in {1..40}; do
		inside ids
		ok
	done
	call rt delete --force "$id"
	ok
	sort -u "$T/box.out" | grep -vxE '/|/bin/busybox|/bin/probe|pipe:.*|/dev/null|/proc/[0-9]*|/proc/[0-9]+/fd' >"$T/seen" || true
}

@test "nobody inside can look into it while it is made; who may trace finds nothing but our sealed init" {
	skip_on runc "it is seen, and protects itself in other ways"
	seen_inside CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH
	is "$(<"$T/seen")" "" "seen from inside"
	seen_inside CAP_SYS_PTRACE
	is "$(grep -vx '/memfd:caisson-init (deleted)' "$T/seen" || true)" "" "seen from inside with CAP_SYS_PTRACE"
}

@test "who may trace finds nothing of the configuration in our init but what its process has" {
	skip_on runc "1.1 is not looked into, and protects itself in other ways"
	local found
	with_secrets
	edit '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"]) | .hostname = "peek:hostname." | .linux.cgroupsPath += "-peek:cgroup."'
	start_probe peek
	wait_for 10 box_says ready
	for _ in {1..100}; do
		inside echo peek:control.
		ok
		found=$(<"$T/box.out")
		(($(grep -cx looked <<<"$found") < 5)) || break
	done
	looked_into "$found" control
	edit '.process.args = ["/bin/probe", "echo", "peek:document."]'
	process '.["x-peek:unknown-property."] = "peek:unknown-value."'
	: >"$T/box.out"
	for _ in {1..100}; do
		by_file
		ok
		found=$(<"$T/box.out")
		(($(grep -cx looked <<<"$found") < 5)) || break
	done
	call rt delete --force "$id"
	ok
	looked_into "$found" document
}

@test "where somebody may trace it, it has its filter before it can be seen" {
	skip_on runc "1.1 loads it last"
	edit '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])
		| .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO"}]}
		| .process.args = ["/bin/sh", "-c", "while :; do for p in /proc/[0-9]*; do while read a b; do [ \"$a\" != Seccomp: ] || echo $p $b; done <$p/status; done 2>/dev/null; done"]'
	create
	ok
	call rt start "$id"
	ok
	local i
	for i in {1..60}; do
		inside syscall sethostname
		says "syscall sethostname EPERM"
	done
	call rt delete --force "$id"
	ok
	(($(sort -u "$T/box.out" | grep -vc '^/proc/1 ') > 5)) || { complain "hardly any was seen"; false; }
	is "$(sort -u "$T/box.out" | grep ' 0$' || true)" "" "seen without a filter"
}

@test "stopped by the container while it is made: an error, in time" {
	skip_on runc "hangs"
	edit '.process.args = ["/bin/sh", "-c", "while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = 1 ] || kill -STOP $p; done; done 2>/dev/null"]'
	create
	ok
	call rt start "$id"
	ok
	local begin=$SECONDS
	# Detached: a program that is stopped after its exec is waited for, and rightly so.
	LIMIT=60 call rt exec --detach "$id" /bin/probe ids
	((SECONDS - begin < 50 * SLOW)) || { complain "it took $((SECONDS - begin)) s, code $code: $err"; false; }
	[[ $code == 0 ]] || fails "does not answer"
}

# ---- the container's state ----

@test "deleted while exec reads about it: it does not exist" {
	needs caisson "what it keeps"
	command -v strace >/dev/null || skip "no strace"
	start_probe wait
	timeout -s KILL $((20 * SLOW)) strace -qq -o "$T/calls" -P config.json -e signal=none -e inject=all:delay_enter=$((2 * SLOW))s:when=1 \
		"$RUNTIME" --root "$state" exec "$id" /bin/probe ids >"$T/said" 2>&1 </dev/null 3>&- &
	local process=$! how=0
	wait_for 5 grep -q config.json "$T/calls"
	call rt delete --force "$id"
	ok
	wait "$process" || how=$?
	grep -q 'config.json.*ENOENT' "$T/calls" || skip "it was not deleted in time"
	differs "$how" 0 "$(<"$T/said")"
	contains "$(<"$T/said")" "container does not exist"
}

@test "stopped, unknown, paused: refused in the words callers look for" {
	call rt exec nobody /bin/true
	fails "does not exist"
	start_probe wait
	call rt pause "$id"
	ok
	inside ids
	fails "cannot exec in a paused container"
	call rt resume "$id"
	ok
	inside echo on
	ok
	kill_init
	wait_for 5 is_state stopped
	inside ids
	fails "cannot exec in a stopped container"
	[[ $(runtime_name) == runc ]] || contains "$err" "container not running"
}

@test "--ignore-paused: it begins when the container goes on" {
	skip_on runc "1.1 refuses, or waits"
	start_probe wait
	call rt pause "$id"
	ok
	rt exec --ignore-paused "$id" /bin/probe echo late >"$T/late" 2>&1 </dev/null 3>&- &
	local waiting=$!
	sleep 0.5
	[[ ! -s $T/late ]]
	call rt resume "$id"
	ok
	wait $waiting
	is "$(<"$T/late")" late
}

@test "told to end while the container is paused: it ends" {
	skip_on runc "1.1 waits"
	start_probe wait
	call rt pause "$id"
	ok
	rt exec --ignore-paused --detach "$id" /bin/probe sleep 60000 >/dev/null 2>"$T/exec.err" </dev/null 3>&- &
	local waiting=$!
	wait_for 5 pgrep -P $waiting -f "exec --ignore-paused"
	sleep 0.5
	pkill -TERM -P $waiting -f "exec --ignore-paused"
	wait_for 8 eval "! kill -0 $waiting"
	call rt resume "$id"
	ok
	wait_for 5 no_probe_but 1
}

@test "an error of an option does not name a line of config.json" {
	start_probe wait
	local options
	for options in "--cwd relative" "--cwd /nowhere" "-e NOVALUE" "--cap CAP_NONE_SUCH --cwd /nowhere"; do
		# shellcheck disable=SC2086
		call rt exec $options "$id" /bin/probe ids
		fails
		lacks "$err" "config.json:"
	done
}

@test "a container that dies meanwhile: an error or its program's end, never a hang" {
	skip_on runc "other words"
	local i how
	for i in {1..12}; do
		start_probe wait
		rt exec "$id" /bin/probe sleep 20000 >"$T/exec.out" 2>"$T/exec.err" </dev/null 3>&- &
		how=$!
		sleep "0.00$((i % 10))"
		call rt delete --force "$id"
		ok
		code=0
		wait $how || code=$?
		err=$(<"$T/exec.err")
		case $code in
		137) ;;
		255) grep -qE '(stopped|paused) container|does not exist|not running|being created|has ended before|was killed during setup by signal 9|cannot make a process in the' "$T/exec.err" || { complain "round $i"; false; } ;;
		*) complain "round $i: code $code"; false ;;
		esac
		nothing_left
	done
}

@test "killing the runtime while it makes the process leaves none" {
	start_probe wait
	local i
	for i in {1..10}; do
		{ timeout -s KILL "0.00$i" "$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /bin/probe ids >/dev/null 2>&1 </dev/null 3>&- || true; } 2>/dev/null
	done
	wait_for 5 no_probe_but 1
}

@test "many at a time" {
	start_probe wait
	local i jobs=()
	for i in {1..12}; do
		rt exec "$id" /bin/sh -c "echo $i; exit $i" >"$T/out.$i" 2>&1 </dev/null 3>&- &
		jobs+=($!)
	done
	for i in {1..12}; do
		code=0
		wait "${jobs[i - 1]}" || code=$?
		is "$code $(<"$T/out.$i")" "$i $i"
	done
}

@test "the right code each time, though the program ends at once" {
	start_probe wait
	local i
	for ((i = 0; i < ${EXEC_ROUNDS:-100}; i++)); do
		code=0
		"$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /bin/probe exit $((i % 200)) </dev/null >/dev/null 2>&1 3>&- || code=$?
		is "$code" $((i % 200)) "round $i"
	done
}

# ---- attended or not ----

@test "signals to the runtime go to the program" {
	start_probe wait
	rt exec "$id" /bin/sh -c 'trap "echo TERM; exit 5" TERM; echo ready; while :; do sleep 1; done' >"$T/exec.out" 2>&1 </dev/null 3>&- &
	local wrapper=$!
	wait_for 5 grep -q ready "$T/exec.out"
	pkill -TERM -P "$wrapper" -f exec || kill -TERM "$wrapper"
	code=0
	wait $wrapper || code=$?
	is "$(<"$T/exec.out")" $'ready\nTERM'
	is "$(state_of)" running
}

@test "--detach returns at once, --pid-file has the pid, as the host sees it" {
	start_probe wait
	call_create rt exec --detach --pid-file "$T/pid" "$id" /bin/probe sleep 60000
	ok
	local pid
	pid=$(<"$T/pid")
	is "$(tail -c 1 "$T/pid")" "${pid: -1}"
	grep -qx "$pid" "$(cgroup_dir pids)/cgroup.procs"
	is "$(readlink "/proc/$pid/exe" | sed 's,.*/bin/,/bin/,')" /bin/probe
	kill -9 "$pid"
	wait_for 3 no_probe_but 1
}

@test "C64: a pid file that cannot be written: an error, and nothing runs" {
	start_probe wait
	local file
	mkdir "$T/directory"
	for file in "$T/nowhere/pid" "$T/directory"; do
		call rt exec --detach --pid-file "$file" "$id" /bin/probe sleep 60000
		fails
		wait_for 3 no_probe_but 1
	done
}

@test "--pidfd-socket: the pidfd of the process, and the word setns" {
	skip_on runc "1.1 does not know it"
	start_probe wait
	"$HELPERS/receiver" stream "$T/socket" >"$T/received" 3>&- &
	wait_for 5 grep -q listening "$T/received"
	call_create rt exec --detach --pidfd-socket "$T/socket" --pid-file "$T/pid" "$id" /bin/probe sleep 60000
	ok
	wait_for 5 grep -q closed "$T/received"
	grep -qx "message 1 setns" "$T/received"
	grep -qx "pidfd $(<"$T/pid")" "$T/received"
	call rt exec --pidfd-socket "$T/nobody" "$id" /bin/probe ids
	fails "$T/nobody"
}

@test "seccomp: the listener of its filter goes to the agent, early and late" {
	skip_on runc "another order"
	local privileges
	for privileges in true false; do
		rm -f "$T/agent.sock" "$T/agent.state"
		edit '.process.noNewPrivileges = $n | del(.linux.seccomp)' --argjson n $privileges
		start_probe wait
		call rt delete --force "$id"
		edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": $p, "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_NOTIFY"}]}' \
			--arg p "$T/agent.sock"
		"$HELPERS/agent" "$T/agent.sock" "$T/agent.state" 122 3>&- 2>/dev/null &
		agents+=($!)
		wait_for 5 test -S "$T/agent.sock"
		start_probe wait
		rm -f "$T/agent.sock" "$T/agent.state"
		"$HELPERS/agent" "$T/agent.sock" "$T/agent.state" 122 3>&- 2>/dev/null &
		agents+=($!)
		wait_for 5 test -S "$T/agent.sock"
		inside syscall sethostname
		ok
		says "syscall sethostname EDQUOT"
		differs "$(sed -n 1p "$T/agent.state" | jq -r .pid)" "$(pid_of)"
		call rt delete --force "$id"
	done
}

# ---- --cgroup ----

@test "--cgroup: below the container's, and only there" {
	[[ -d /sys/fs/cgroup/unified ]] || unified || skip "no v2 tree"
	start_probe wait
	local dir made file wish sibling
	dir=$(cgroup_dir hugetlb)
	# One below, and one beside, whose path begins with the container's own.
	sibling=${dir##*/}-evil
	for dir in "$dir" /sys/fs/cgroup/*/"$id"; do
		[[ -d $dir ]] || continue
		for made in "$dir/sub" "${dir%/*}/$sibling"; do
			mkdir -p "$made"
			for file in cpus mems; do
				[[ ! -e $made/cpuset.$file ]] || unified || cat "$dir/cpuset.$file" >"$made/cpuset.$file"
			done
		done
	done
	call rt exec --cgroup sub "$id" /bin/probe cgroup
	ok
	contains "$out" "/sub"
	# runc 1.1 compares how the paths begin.
	for wish in .. "../$sibling" "/../$sibling" "sub/../../$sibling" /sub/../.. nowhere; do
		[[ $wish != *"$sibling" || $(runtime_name) == caisson ]] || continue
		call rt exec --cgroup "$wish" "$id" /bin/probe cgroup
		fails
		[[ $wish == nowhere || $(runtime_name) != caisson ]] || contains "$err" "not a path below"
	done
	wait_for 3 no_probe_but 1
	for dir in "$(cgroup_dir hugetlb)" /sys/fs/cgroup/*/"$id"; do
		[[ ! -d ${dir%/*}/$sibling ]] || rmdir "${dir%/*}/$sibling"
	done
}

# ---- terminals ----

# terminal STEP... -- COMMAND...: on a terminal of its own; what was on the screen is in $T/screen.
terminal() { call "$HELPERS/terminal" run -s 30x90 -o "$T/screen" "$@"; }

@test "--tty: a terminal of the caller's size, from the first moment; its size follows; the code is the program's" {
	skip_on runc "sets the size a moment later"
	start_probe wait
	terminal expect "30 90" send 'echo one; exit 7\n' expect one -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec --tty "$id" /bin/sh -c '/bin/busybox stty size; exec sh'
	ok
	says "exit 7" "mode same"
	terminal size 41x101 expect "41 101" -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec -t "$id" /bin/sh -c 'while size=$(/bin/busybox stty size); [ "$size" != "41 101" ]; do :; done; echo $size'
	ok
	says "exit 0" "mode same"
}

@test "--tty: what is not a terminal gets what was written, from the first line on" {
	skip_on runc "sets the mode a moment later"
	start_probe wait
	local i
	for i in {1..25}; do
		call "$HELPERS/terminal" run -1 "$T/plain" -o "$T/screen" -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec --tty "$id" /bin/sh -c 'echo hi'
		ok
		is "$(od -An -c "$T/plain" | tr -d ' ')" 'hi\n' "round $i"
		rm "$T/plain"
	done
}

@test "--tty: it is the controlling terminal: Ctrl-C goes to the program, not to us" {
	start_probe wait
	terminal expect ready raw send '\003' expect got -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec -t "$id" /bin/sh -c 'trap "echo got; exit 3" INT; echo ready; while :; do sleep 0.1; done'
	ok
	says "exit 3" "mode same"
}

@test "--tty: nothing of what was written last is lost" {
	start_probe wait
	local i
	for i in {1..10}; do
		terminal expect the-last-word -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec -t "$id" /bin/sh -c 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; echo the-last-word'
		ok
		says "exit 0"
		is "$(grep -c '^line' "$T/screen")" 3000
	done
}

@test "--tty: output that a reader holds and never reads: one signal to end is enough" {
	skip_on runc "waits for ever"
	start_probe wait
	mkfifo "$T/fifo"
	sleep 60 <"$T/fifo" 3>&- &
	local reader=$!
	terminal -1 "$T/fifo" raw pause 500 kill TERM -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec -t "$id" /bin/sh -c 'while echo more; do :; done'
	kill "$reader"
	says "exit 143" "mode same"
}

@test "--tty without a terminal; --detach without a console socket; a console socket without a terminal: refused" {
	start_probe wait
	call "$HELPERS/terminal" run -n -0 /dev/null -1 "$T/o" -2 "$T/e" -o "$T/screen" -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec -t "$id" /bin/probe ids
	lacks "$out" "exit 0"
	call rt exec --detach --tty "$id" /bin/probe ids
	fails "cannot allocate tty if runc will detach without setting console socket"
	call rt exec --console-socket "$T/nowhere" "$id" /bin/probe ids
	fails "cannot use console socket if runc will not detach or allocate tty"
	wait_for 3 no_probe_but 1
}

@test "--console-socket: the master goes there, and nothing is left if nobody takes it" {
	start_probe wait
	local path
	"$HELPERS/terminal" receive "$T/console.sock" -o "$T/screen" expect "word one" close >"$T/received" 2>&1 </dev/null 3>&- &
	local receiver=$!
	wait_for 5 test -S "$T/console.sock"
	process '.terminal = true | .args = ["/bin/sh", "-c", "echo word one; sleep 100"] | .consoleSize = {"height": 20, "width": 60}'
	call_create rt exec --detach --console-socket "$T/console.sock" --process "$T/process.json" "$id"
	ok
	wait $receiver || { complain "$(<"$T/received")"; false; }
	grep -q "fds 1" "$T/received"
	# Its terminal hangs up, and ends it.
	wait_for 5 no_probe_but 1
	touch "$T/file"
	for path in "$T/file" "$T/nobody"; do
		call rt exec --detach --console-socket "$path" --process "$T/process.json" "$id"
		fails
	done
	wait_for 3 no_probe_but 1
}

# ---- frozen behind the runtime's back ----

# Who may write to the part of the v2 tree that its init has put itself into freezes who is born there, before its first instruction.
start_in_part() {
	[[ -d /sys/fs/cgroup/unified ]] || unified || skip "no v2 tree"
	start_probe wait
	part=$(cgroup_dir v2)/part
	mkdir "$part"
	state_member pid >"$part/cgroup.procs"
}
in_part() { [[ $(wc -l <"$part/cgroup.procs") == "$1" ]]; }
frozen_part() { grep -q "^frozen 1" "$part/cgroup.events"; }
freeze_part() {
	echo 1 >"$part/cgroup.freeze"
	wait_for 5 frozen_part
}
ended() { ! kill -0 "$1"; }
# frozen_during CALL: the runtime is held up at this call of its own, once, and the part is frozen meanwhile.
frozen_during() {
	local begin=$SECONDS exec
	: >"$T/said"
	timeout -k 1 $((60 * SLOW)) strace -qq -o "$T/calls" -e trace="$1" -e signal=none -e inject="$1:delay_enter=2s:when=1" \
		"$RUNTIME" --root "$state" "${owner_option[@]}" exec --detach "$id" /bin/probe sleep 100000 >"$T/said" 2>&1 </dev/null 3>&- &
	exec=$!
	wait_for 5 grep -q "^$1(" "$T/calls"
	freeze_part
	code=0
	wait $exec || code=$?
	out= err=$(<"$T/said")
	grep -q "^$1(" "$T/calls" || complain "it never came to $1"
	((SECONDS - begin < 30 * SLOW)) || { complain "it took $((SECONDS - begin)) s, code $code: $err"; false; }
}

@test "--ignore-paused, frozen by the v2 freezer: told to end it ends, and leaves nothing; thawed it runs" {
	skip_on runc "1.1 waits"
	start_in_part
	freeze_part
	local exec signal
	for signal in TERM INT; do
		rt exec --ignore-paused --detach "$id" /bin/probe sleep 60000 >/dev/null 2>"$T/exec.err" </dev/null 3>&- &
		exec=$!
		wait_for 5 in_part 2
		pkill -$signal -P $exec -f "exec --ignore-paused"
		wait_for 8 ended $exec
		contains "$(<"$T/exec.err")" "interrupted by signal"
		in_part 1
	done
	rt exec --ignore-paused "$id" /bin/probe echo late >"$T/late" 2>&1 </dev/null 3>&- &
	exec=$!
	wait_for 5 in_part 2
	sleep 0.3
	[[ ! -s $T/late ]]
	echo 0 >"$part/cgroup.freeze"
	wait $exec
	is "$(<"$T/late")" late
	wait_for 5 in_part 1
}

@test "frozen before it is born, or while it is made: an error, in time, and nothing is left" {
	skip_on runc "hangs"
	command -v strace >/dev/null || skip "no strace"
	local call
	start_in_part
	# Its birth; and the first time that it is given the turn.
	for call in clone3 sendmsg; do
		frozen_during $call
		[[ $code != 0 ]]
		contains "$err" "the process does not answer"
		in_part 1
		echo 0 >"$part/cgroup.freeze"
	done
	inside echo on
	ok
	is "$out" on
}
