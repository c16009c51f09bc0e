# An ordinary user's containers: no privileges on the host, a user namespace of one's own (contract 11.5, 14.6; rules B.3.2, B.6.3, B.10).
load lib.bash
load as_user.bash

setup() {
	user_setup
	owner_option=()
	skip_on crun "wants a cgroup v2 host"
}

# The container's command: a shell's.
shell() {
	edit '.process.args = ["/bin/sh", "-c", $script]' --arg script "$1"
	call rt run --bundle "$bundle" "$id"
}

# ranges [FIRST [COUNT]]: ids of /etc/subuid and /etc/subgid, for this test's mount namespace; the container has 1 to 1000 from there.
ranges() {
	[[ -x /usr/bin/newuidmap ]] || skip "no newuidmap"
	printf '%s:%s:%s\n' $user 100000 65536 >"$T/subid"
	local file
	# The tools want to know his name.
	if ! getent passwd $user >/dev/null; then
		{ cat /etc/passwd; echo "box:x:$user:$user::/:/bin/sh"; } >"$T/passwd"
		host_mount --bind "$T/passwd" /etc/passwd
	fi
	for file in /etc/subuid /etc/subgid; do
		[[ -e $file ]] || { : >"$file"; made_files+=("$file"); }
		host_mount --bind "$T/subid" "$file"
	done
	edit '.linux.uidMappings += [{"containerID": 1, "hostID": $first, "size": $count}] | .linux.gidMappings = .linux.uidMappings' \
		--argjson first "${1:-100000}" --argjson count "${2:-1000}"
}
made_files=()

teardown() {
	local failed=0 file
	lib_teardown || failed=1
	for file in "${made_files[@]}"; do rm -f "$file"; done
	return $failed
}

# ---- the way of a new user ----

@test "spec --rootless and run, with nothing but the binary and a root file system" {
	skip_on runc "its own words"
	mkdir "$T/demo"
	cp -a "$rootfs" "$T/demo/rootfs"
	chown -R $user:$user "$T/demo"
	cd "$T/demo"
	call as_user "$T/runtime" spec --rootless
	ok
	jq '.process.terminal = false | .process.args = ["/bin/probe", "ids", "+", "caps", "+", "namespaces"]' <config.json >"$T/new.json"
	cat "$T/new.json" >config.json
	call as_user "$T/runtime" run "$id"
	ok
	says "uid 0 0 0 0" "gid 0 0 0 0"
	is "$(stat -c '%u %a' "$T/xdg/caisson")" "$user 1700"
	[[ ! -e $T/xdg/caisson/$id ]]
}

@test "create, state, start, exec, kill, delete; list, and the state root below XDG_RUNTIME_DIR" {
	skip_on runc "another directory"
	args wait
	call_create as_user "$T/runtime" create --bundle "$bundle" "$id"
	ok
	[[ -e $T/xdg/caisson/$id ]]
	state=$T/xdg/caisson
	is "$(state_of)" created
	call rt start "$id"
	ok
	is "$(state_of)" running
	call rt exec "$id" /bin/probe ids
	ok
	says "uid 0 0 0 0"
	call rt list -q
	is "$out" "$id"
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	[[ ! -e $T/xdg/caisson/$id ]]
}

@test "without a directory for state an error that says which one" {
	skip_on runc "its own words"
	host_mount -t tmpfs -o mode=755 none /run
	call setpriv --reuid $user --regid $user --clear-groups env -i "PATH=$PATH" "$T/runtime" run --bundle "$bundle" "$id"
	fails "/run/caisson" "XDG_RUNTIME_DIR"
}

@test "without a user namespace: refused, and nothing is made" {
	edit '.linux.namespaces -= [{"type": "user"}] | del(.linux.uidMappings, .linux.gidMappings)'
	probe ids
	fails "rootless container requires user namespaces"
}

# ---- ids ----

@test "one id: setgroups is denied, all others are nobody's, files made belong to the user" {
	mkdir "$rootfs/own"
	chown $user:$user "$rootfs/own"
	probe ids + write /own/file text
	ok
	says "uid 0 0 0 0"
	shell 'cat /proc/self/setgroups /proc/self/uid_map'
	is "$(tr -s ' ' <<<"$out")" $'deny\n 0 1000 1'
	is "$(stat -c %u:%g "$rootfs/own/file")" $user:$user
}

@test "ranges by newuidmap and newgidmap: other users inside, setgroups allowed" {
	skip_on runc "refuses additional groups whatever the map"
	ranges
	edit '.process.user = {"uid": 7, "gid": 8, "additionalGids": [9, 10]}'
	mkdir -m 0777 "$rootfs/own"
	probe ids + write /own/file text
	ok
	says "uid 7 7 7 7" "gid 8 8 8 8" "groups 9 10"
	shell 'cat /proc/self/setgroups'
	is "$out" allow
	is "$(stat -c %u:%g "$rootfs/own/file")" 100006:100007
}

@test "ranges: exec becomes users of the container; kill and delete reach them" {
	skip_on runc "refuses additional groups whatever the map"
	ranges
	edit '.process.user = {"uid": 7, "gid": 8}'
	start_probe wait
	call rt exec --user 11:12 -g 13 "$id" /bin/probe ids
	ok
	says "uid 11 11 11 11" "gid 12 12 12 12" "groups 13"
	# A scheduler that no fork keeps, of a process that is not the runtime's user's.
	jq '.process | .args = ["/bin/probe", "scheduling"] | .user = {uid: 11, gid: 12}
		| .scheduler = {policy: "SCHED_BATCH", nice: 6, flags: ["SCHED_FLAG_RESET_ON_FORK"]}' <"$bundle/config.json" >"$T/process.json"
	chmod a+r "$T/process.json"
	call rt exec --process "$T/process.json" "$id"
	ok
	contains "$(value sched)" "policy=3 flags=1 nice=6"
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
}

@test "the user's own id need not be mapped, nor be root's" {
	skip_on runc "otherwise"
	ranges
	edit '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 500}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$rootfs"
	start_probe ids + wait
	wait_for 5 box_says "uid 0 0 0 0"
	call rt exec "$id" /bin/probe ids
	ok
	call rt delete --force "$id"
	ok
	edit '.mounts += [{"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue"}]'
	id+=q
	shell 'ls -lnd /dev/mqueue'
	ok
	is "$(awk '{ print $3, $4 }' <<<"$out")" "0 0" "the owner of its message queues"
	call rt delete --force "$id"
	edit '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 500}, {"containerID": 1000, "hostID": 1000, "size": 1}]
		| .linux.gidMappings = .linux.uidMappings | .process.user = {"uid": 1000, "gid": 1000}'
	id+=x
	probe ids
	ok
	says "uid 1000 1000 1000 1000"
}

@test "ids beyond the user's ranges: the error names the line and what newuidmap says, nothing is left" {
	skip_on runc "its own words"
	ranges 300000
	probe ids
	fails "config.json:" "linux.uidMappings[1]" "newuidmap: uid range [1-1001) -> [300000-301000) not allowed"
	is "$(grep -c . <<<"$err")" 1 "lines of the error"
	jq -r '.linux.gidMappings[1].hostID = 400000 | .linux.uidMappings[1].hostID = 100000' <"$bundle/config.json" >"$T/new.json"
	cat "$T/new.json" >"$bundle/config.json"
	probe ids
	fails "linux.gidMappings[1]" "newgidmap: gid range"
	edit '.linux.gidMappings[1].hostID = 100000 | .linux.uidMappings[1].size = 65537'
	probe ids
	fails "newuidmap: uid range"
}

@test "newuidmap is missing, no program, or dies: an error that says so, nothing is left" {
	skip_on runc "its own words"
	ranges
	mkdir "$T/bin"
	cp -a /usr/bin/newgidmap "$T/bin/"
	host_mount -t tmpfs none "$T/bin"
	printf '#!/bin/sh\nkill -9 $$\n' >"$T/bin/dies"
	printf '#!/bin/sh\necho "the second half of the night" >&2\nexit 3\n' >"$T/bin/fails"
	printf '#!/bin/sh\nexit 0\n' >"$T/bin/idle"
	chmod 0755 "$T/bin"/*
	: >"$T/bin/none"
	local kind words
	for kind in "dies:was interrupted" "fails:the second half of the night" "idle:is not the one that was asked for" "none:cannot execute"; do
		words=${kind#*:}
		mount --bind "$T/bin/${kind%%:*}" /usr/bin/newuidmap
		probe ids
		umount /usr/bin/newuidmap
		fails "$words" "linux.uidMappings[0]"
	done
}

@test "without newuidmap: the error says what is missing" {
	skip_on runc "its own words"
	ranges
	mkdir "$T/usr-bin"
	local file
	for file in /usr/bin/*; do
		[[ ${file##*/} == new?idmap ]] || ln -s "/old-$id${file#/usr}" "$T/usr-bin/${file##*/}"
	done
	mkdir "/old-$id"
	call unshare -m sh -c 'mount --bind /usr "$1" && mount --bind "$2" /usr/bin && shift 2 && exec "$@"' sh "/old-$id" "$T/usr-bin" \
		"/old-$id/bin/setpriv" --reuid $user --regid $user --clear-groups "/old-$id/bin/env" -i "XDG_RUNTIME_DIR=$T/xdg" \
		"$T/runtime" --root "$state" run --bundle "$bundle" "$id"
	rmdir "/old-$id"
	fails "/usr/bin/newuidmap" "package uidmap" "missing"
}

@test "additional groups, where setgroups is denied: refused before anything is made" {
	edit '.process.user.additionalGids = [0]'
	probe ids
	fails "cannot set any additional groups in a rootless container"
}

@test "a directory for state that is another's, or everybody's: refused, and nothing is made in it" {
	skip_on runc "does not look"
	local dir=$T/odd
	mkdir -m 0777 "$dir"
	call setpriv --reuid $user --regid $user --clear-groups env -i "XDG_RUNTIME_DIR=$dir" "$T/runtime" run --bundle "$bundle" "$id"
	fails "may be written by others"
	[[ -z $(ls "$dir") ]]
	chown 1234 "$dir"
	call setpriv --reuid $user --regid $user --clear-groups env -i "XDG_RUNTIME_DIR=$dir" "$T/runtime" run --bundle "$bundle" "$id"
	fails "belongs to uid 1234"
	[[ -z $(ls "$dir") ]]
}

@test "root of a user namespace whose mounts are another's: as an ordinary user, with one more user namespace" {
	skip_on runc "cannot"
	edit '.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0'
	args ids
	call as_user unshare -Ur "$T/runtime" --root "$state" run --bundle "$bundle" "$id"
	ok
	says "uid 0 0 0 0"
	edit '.linux.namespaces -= [{"type": "user"}] | del(.linux.uidMappings, .linux.gidMappings)'
	call as_user unshare -Ur "$T/runtime" --root "$state" run --bundle "$bundle" "$id"
	fails "rootless container requires user namespaces"
}

@test "newuidmap is looked for in one place, whatever PATH says" {
	skip_on runc "looks in PATH"
	ranges
	mkdir "$T/bin"
	printf '#!/bin/sh\ntouch %s\nexec /usr/bin/newuidmap "$@"\n' "$T/found" >"$T/bin/newuidmap"
	chmod 0755 "$T/bin" "$T/bin/newuidmap"
	PATH=$T/bin:$PATH probe ids
	ok
	[[ ! -e $T/found ]]
}

# ---- what an ordinary user cannot have ----

# The command is in one of the user's own cgroups, too: so an init may be born in another of them.
@test "a cgroup by name that was there before, below the user's own: whole, and its end is heard" {
	skip_on runc "its own order"
	unified || host_mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || skip "no v2 tree"
	local own=/sys/fs/cgroup/$id
	mkdir -p "$own"/{box,caller}
	chown -R $user:$user "$own"
	edit '.linux.cgroupsPath = $p' --arg p "/$id/box"
	args cgroup + exit 3
	become_user
	call timeout 30 bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$own/caller" "${as_user[@]}" "$T/runtime" --root "$state" run --bundle "$bundle" "$id"
	exits 3
	contains "$out" "$id/box"
	[[ ! -e $state/$id ]]
	wait_for 5 rmdir "$own/box" "$own/caller" "$own"
}

@test "limits, and a cgroup by name, are refused where no cgroup may be made; without them it runs" {
	skip_on runc "its own order"
	shell 'ls /sys/fs/cgroup | wc -l'
	ok
	edit '.linux.resources = {"pids": {"limit": 10}}'
	probe ids
	fails "rootless needs no limits + no cgrouppath when no permission is granted for cgroups" "linux.resources.pids"
	edit 'del(.linux.resources) | .linux.cgroupsPath = $p' --arg p "/$id"
	probe ids
	fails "rootless needs no limits + no cgrouppath when no permission is granted for cgroups" EACCES
	edit 'del(.linux.cgroupsPath)'
	call rt --rootless=false run --bundle "$bundle" "$id"
	fails EACCES
	call rt --rootless=true run --bundle "$bundle" "$id"
	ok
}

@test "device rules are no limits: nobody in a user namespace can make a device" {
	skip_on runc "needs a cgroup for them"
	edit '.linux.resources = {"devices": [{"allow": false, "access": "rwm"}]} | .process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	probe mknod /tmp/kmsg c 1 11 + open rw /dev/null + open r /dev/zero
	ok
	says "mknod /tmp/kmsg EPERM" "open rw /dev/null ok" "open r /dev/zero ok"
}

@test "a limit above the user's own, and a lower OOM score, are refused; others hold" {
	skip_on runc "its own words"
	edit '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 88}] | .process.oomScoreAdj = 500'
	probe limits
	ok
	contains "$out" "NOFILE 77 88"
	shell 'cat /proc/self/oom_score_adj'
	is "$out" 500
	edit '.process.oomScoreAdj = -500'
	probe ids
	fails "oom_score_adj"
	edit 'del(.process.oomScoreAdj) | .process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 999999999}]'
	probe ids
	fails "RLIMIT_NOFILE"
}

@test "exec gets the container's OOM score, and its limits" {
	skip_on runc "otherwise"
	edit '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 88}] | .process.oomScoreAdj = 300'
	start_probe wait
	call rt exec "$id" /bin/probe limits
	ok
	contains "$out" "NOFILE 77 88"
	call rt exec "$id" /bin/cat /proc/self/oom_score_adj
	is "$out" 300
}

# ---- file systems ----

@test "B.3.2: all that is mounted below the host's /sys is read-only, too" {
	skip_on runc "leaves what is mounted below writable"
	host_mount -t tmpfs none /sys/kernel/debug 2>/dev/null || skip "no place for a mount in /sys"
	probe mounts + write /sys/kernel/debug/file x
	ok
	contains "$out" "write /sys/kernel/debug/file EROFS"
	local line
	while read -r line; do
		[[ ,$(cut -d' ' -f4 <<<"$line"), == *,ro,* ]] || { complain "not read-only: $line"; return 1; }
	done < <(grep -E '^mount /sys(/| )' <<<"$out")
	grep -qE '^mount /sys/kernel/debug ' <<<"$out"
}

@test "B.3.9: what the host has mounted read-only, nosuid, nodev or noexec stays so" {
	mkdir "$T/host"
	host_mount -t tmpfs -o nosuid,nodev,noexec none "$T/host"
	mkdir "$T/host/dir"
	chmod 0777 "$T/host" "$T/host/dir"
	host_mount -o remount,ro,bind "$T/host"
	unset 'host_mounts[-1]'
	edit '.mounts += [{"destination": "/host", "type": "bind", "source": $s, "options": ["rbind"]}]' --arg s "$T/host"
	probe mounts + write /host/dir/file x
	ok
	has_option /host ro
	has_option /host nosuid
	has_option /host nodev
	has_option /host noexec
	says "write /host/dir/file EROFS"
	edit '.mounts[-1].options = ["rbind", "rw", "suid", "dev", "exec"]'
	probe mounts + write /host/dir/file x
	if [[ $code == 0 ]]; then
		says "write /host/dir/file EROFS"
	else
		fails "locked"
	fi
}

@test "an overlay as the root: written above, the layer below stays; directories are replaced" {
	skip_on runc "has none"
	mkdir "$rootfs/dir"
	echo low >"$rootfs/dir/file"
	chown -R $user:$user "$rootfs"
	args replace
	edit '.process.args = ["/bin/sh", "-c", "rm -r /dir && mkdir /dir && echo new >/dir/other && ls /dir && echo x >/etc/x && cat /etc/x"]'
	ln -s busybox "$rootfs/bin/rm"
	ln -s busybox "$rootfs/bin/mkdir"
	call rt run --ephemeral --bundle "$bundle" "$id"
	if kernel_since 6 6; then
		ok
		is "$out" $'other\nx'
	else
		contains "$err" "cannot be removed in an ephemeral root"
	fi
	[[ -e $rootfs/dir/file && ! -e $rootfs/etc/x ]]
	edit '.linux.namespaces |= map(if .type == "user" then .path = "/proc/self/ns/user" else . end) | del(.linux.uidMappings, .linux.gidMappings)'
	call rt run --ephemeral --bundle "$bundle" "$id"
	fails "not in one that is joined"
	edit '.linux.namespaces |= map(del(.path)) | .linux.uidMappings = [{"containerID": 0, "hostID": $u, "size": 1}] | .linux.gidMappings = .linux.uidMappings' --argjson u $user
	mkdir "$T/upper" "$T/work"
	chown $user:$user "$T/upper" "$T/work"
	call rt run --upper "$T/upper" --work "$T/work" --bundle "$bundle" "$id"
	ok
	is "$out" $'other\nx'
	[[ -e $rootfs/dir/file && -e $T/upper/etc/x && -e $T/upper/dir/other ]]
	edit '.process.args = ["/bin/ls", "/dir"]'
	call rt run --upper "$T/upper" --work "$T/work" --bundle "$bundle" "$id"
	ok
	is "$out" other
}

@test "what only the host's root may mount is refused with a sentence" {
	skip_on runc "its own words"
	edit '.mounts += [{"destination": "/mnt", "type": "ext4", "source": "/dev/vda"}]'
	probe ids
	fails "/mnt"
	edit '.mounts[-1] = {"destination": "/mnt", "type": "bind", "source": $s, "options": ["bind"],
		"uidMappings": [{"containerID": 0, "hostID": 0, "size": 10}], "gidMappings": [{"containerID": 0, "hostID": 0, "size": 10}]}' --arg s "$rootfs"
	probe ids
	fails "not supported for rootless containers"
}

@test "mounts add and remove, in a container that runs" {
	needs caisson "a command of its own"
	start_probe wait
	mkdir "$T/given"
	echo given >"$T/given/file"
	chown -R $user "$T/given"
	echo '[{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}, {"destination": "/dev/given", "type": "bind", "source": "'"$T/given"'", "options": ["rbind", "ro"]}]' >"$T/mounts.json"
	call rt mounts add "$id" "$T/mounts.json"
	ok
	call rt exec "$id" /bin/probe mounts + write /dev/given/file x + write /tmp/x x
	says "write /dev/given/file EROFS"
	contains "$(mount_at /tmp)" tmpfs
	call rt exec "$id" /bin/cat /dev/given/file
	is "$out" given
	echo '[{"destination": "/tmp"}]' >"$T/fewer.json"
	call rt mounts remove "$id" "$T/fewer.json"
	ok
	call rt exec "$id" /bin/probe mounts
	is "$(mount_at /tmp)" ""
}

@test "a terminal, attended and handed over" {
	needs_containers
	skip_on runc "another order"
	edit '.process.terminal = true | .process.args = ["/bin/sh", "-c", "[ -t 0 ] && echo on-a-terminal; exit 7"]'
	call as_user "$T/terminal" run -s 30x90 -o "$T/screen" expect on-a-terminal -- "$T/runtime" --root "$state" run --bundle "$bundle" "$id"
	says "exit 7" "mode same"
}

# ---- hooks ----

@test "hooks of the runtime's namespaces run as the user he is, outside; the container's inside" {
	skip_on runc "its own order"
	printf '#!/bin/sh\ncat >/dev/null\n{ echo "$1 $(id -u) $(readlink /proc/self/ns/user) $(readlink /proc/self/ns/mnt)"; } >>%s/hooks\n' "$T" >"$T/hook"
	cp "$T/hook" "$rootfs/hook"
	printf '#!/bin/sh\necho "$1 inside" >>/hooks\n' >"$rootfs/hook"
	chmod 0755 "$T/hook" "$rootfs/hook"
	: >"$T/hooks"
	chown $user:$user "$T/hooks"
	edit '.hooks = ({"prestart": [$h], "createRuntime": [$h], "poststart": [$h], "poststop": [$h]} | with_entries(.key as $k | .value |= map({"path": ., "args": ["hook", $k], "env": ["PATH=/bin:/usr/bin"]})))
		| .hooks.startContainer = [{"path": "/hook", "args": ["hook", "startContainer"]}]' --arg h "$T/hook"
	shell 'cat /hooks'
	ok
	contains "$out" "startContainer inside"
	local kind ours
	ours="$user $(readlink /proc/self/ns/user) $(readlink /proc/self/ns/mnt)"
	for kind in prestart createRuntime poststart poststop; do
		has_line "$(<"$T/hooks")" "$kind $ours" || { complain "$kind: $(<"$T/hooks")"; return 1; }
	done
}

# ---- joining ----

@test "the namespaces of another of the user's containers are joined by path" {
	skip_on runc "1.1 wants mappings beside the path"
	start_probe wait
	local pid first=$id
	pid=$(pid_of)
	id=$first-b
	edit 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(.path = "/proc/\($p)/ns/\({"mount": "mnt"}[.type] // .type)" | if .type == "mount" then del(.path) else . end) | del(.hostname)' --argjson p "$pid"
	probe ids + namespaces + cwd
	ok
	says "uid 0 0 0 0"
	local type
	for type in user ipc uts pid; do
		says "ns $type $(readlink "/proc/$pid/ns/$type")"
	done
	[[ $(value "ns mnt") != "$(readlink "/proc/$pid/ns/mnt")" ]]
	call rt delete --force "$id"
	id=$first
}

@test "B.6.3: a container of the user that sees all processes gets at nothing of one that joins its user namespace" {
	needs caisson "not the others' promise"
	echo secret >"$T/secret"
	chown $user "$T/secret"
	chmod 0600 "$T/secret"
	edit '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(if .destination == "/proc" then {destination, "type": "none", "source": "/proc", "options": ["rbind"]} else . end)
		| .process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"])'
	edit '.process.args = ["/bin/sh", "-c", $script]' --arg script "echo up; while :; do for p in /proc/[0-9]*; do [ ! -e \$p/root$T/secret ] || cat \$p/root$T/secret; done 2>/dev/null; done"
	create
	ok
	call rt start "$id"
	ok
	wait_for 5 box_says up
	local pid first=$id i
	pid=$(pid_of)
	edit 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(if .type == "user" then .path = "/proc/\($p)/ns/user" else . end) | .process.args = ["/bin/true"]' --argjson p "$pid"
	for i in {1..20}; do
		call as_user "$T/runtime" --root "$state" run --bundle "$bundle" "$first-$i"
		ok
	done
	lacks "$(<"$T/box.out")" secret
}

@test "another user's namespaces are not" {
	start_probe wait
	local pid
	pid=$(pid_of)
	user=1001
	chown -R $user:$user "$bundle"
	edit 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(if .type == "user" then .path = "/proc/\($p)/ns/user" else . end)' --argjson p "$pid"
	mkdir -p "$T/xdg2/state"
	chown -R $user:$user "$T/xdg2"
	call setpriv --reuid $user --regid $user --clear-groups env -i "PATH=$PATH" "$T/runtime" --root "$T/xdg2/state" run --bundle "$bundle" "$id-x"
	fails
	user=1000
}

# ---- nothing is left ----

@test "more mounts than an ordinary user may have descriptors on their way, several containers at a time" {
	skip_on runc "sends none"
	local i makers=()
	mkdir "$T/source"
	chmod 0755 "$T/source"
	edit '.mounts += [range(900) | {destination: "/many/\(.)", type: "none", source: $s, options: ["bind"]}] | .process.args = ["/bin/probe", "ids"]' --arg s "$T/source"
	mkdir "$rootfs/many"
	chown $user:$user "$rootfs/many"
	for i in 1 2 3; do
		cp -a "$bundle" "$T/bundle$i"
		{ ulimit -Sn 256; LIMIT=60 rt run --bundle "$T/bundle$i" "$id-$i" >"$T/out$i" 2>&1 </dev/null 3>&-; } &
		makers+=("$!")
	done
	for i in "${makers[@]}"; do wait "$i" || { complain "$(cat "$T"/out?)"; return 1; }; done
	is "$(cat "$T"/out? | grep -c '^uid 0 ')" 3
}

# Processes with an id of his, or of what `ranges` has given the container.
his_processes() {
	local pid uid
	while read -r pid uid; do
		[[ -n ${processes_before[/proc/$pid]-} ]] || ((uid != user && (uid < 100000 || uid >= 101000))) || echo "$pid"
	done < <(ps -eo pid=,uid=)
}
no_process_of_his() { [[ -z $(his_processes) ]]; }

@test "killed at any time while it creates: delete --force leaves nothing" {
	skip_on runc "leaves something"
	ranges
	args wait
	local i
	for i in {1..25}; do
		as_user "$T/runtime" --root "$state" create --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null 3>&- &
		sleep "0.0$(printf %02d $((i % 30)))"
		pkill -KILL -u $user -f "$T/runtime --root $state create" || true
		wait $! || true
		call rt delete --force "$id"
		ok
		wait_for 3 no_processes
	done
	wait_for 3 no_process_of_his
}

@test "a container's init is not traced or looked into by other containers of the user that share its pid namespace" {
	skip_on runc "not its promise"
	start_probe wait
	local pid
	pid=$(pid_of)
	# Another user namespace of the same user, the same pid namespace.
	id+=-b
	edit '.linux.namespaces |= map(if .type == "pid" then .path = "/proc/\($p)/ns/pid" else . end) | .mounts |= map(select(.type != "proc"))' --argjson p "$pid"
	probe ids
	[[ $code == 0 ]] || fails
	call rt delete --force "$id"
	id=${id%-b}
}
