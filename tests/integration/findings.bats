# What reviews have found once: each stays a test, named after the behaviour.
load lib.bash

other_cgroup() { # PATH: a cgroup of somebody else, with a process in it; its pid in $other
	local dir
	dir=$(cgroup_dir pids 2>/dev/null || echo /sys/fs/cgroup/pids/x)
	other_dir=${dir%/*}$1
	mkdir -p "$other_dir"
	sleep 60 </dev/null >/dev/null 2>&1 3>&- &
	other=$!
	agents+=("$other")
	echo "$other" >"$other_dir/cgroup.procs"
}

gone_cgroup() {
	kill -9 "$other" 2>/dev/null || true
	wait "$other" 2>/dev/null || true
	wait_for 3 rmdir "$other_dir"
}

@test "delete --force of a directory without a record kills nobody in a cgroup of that name" {
	needs caisson "delete --force goes by what is written down"
	mkdir -p "$state/$id"
	chmod 700 "$state" "$state/$id"
	[[ -d /sys/fs/cgroup/pids ]] || skip "legacy hierarchy"
	other_cgroup "/$id"
	call rt delete --force "$id"
	ok
	kill -0 "$other"
	[[ -d $other_dir ]]
	gone_cgroup
}

@test "an abandoned create kills nobody in a cgroup it had only named" {
	needs caisson "the order of what is written down"
	[[ -d /sys/fs/cgroup/pids ]] || skip "legacy hierarchy"
	other_cgroup "/$id"
	edit '.linux.cgroupsPath = $p' --arg p "/$id"
	timeout 20 strace -qq -o /dev/null -e trace=renameat2 -e signal=none -e inject=renameat2:signal=KILL:when=3 \
		"$RUNTIME" --root "$state" create --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null 3>&- || true
	[[ -e $state/$id/state.json ]]
	call rt kill --all "$id" KILL
	kill -0 "$other"
	call rt delete --force "$id"
	ok
	kill -0 "$other"
	gone_cgroup
}

@test "a state directory that cannot rename without replacing: an id is one container's all the same" {
	needs_containers
	needs caisson "how an id is claimed"
	command -v strace >/dev/null || skip "no strace"
	local i creators=() made
	for ((i = 0; i < 6; i++)); do
		# The first rename is the one that does not replace.
		{ timeout 60 strace -qq -o /dev/null -e trace=renameat2 -e signal=none -e inject=renameat2:error=EINVAL:when=1 \
			"$RUNTIME" --root "$state" create --bundle "$bundle" "$id" >"$T/create$i" 2>&1 </dev/null 3>&- && echo made >>"$T/create$i"; } &
		creators+=($!)
	done
	for i in "${creators[@]}"; do wait "$i" || true; done
	made=$(cat "$T"/create? | grep -c '^made$') || true
	is "$made" 1 "creates that succeeded"
	is "$(cat "$T"/create? | grep -cv '^made$')" 5 "lines of the others"
	is "$(cat "$T"/create? | grep -cE 'already exists')" 5 "of them, that say why"
	is_state created
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "an abandoned create is stopped for every command" {
	needs_containers
	needs caisson "what an abandoned create is"
	edit '.hooks.prestart = [{"path": "/bin/sh", "args": ["sh", "-c", "touch \"$0\"; exec sleep 30", $h], "env": ["PATH=/usr/bin:/bin"]}]' --arg h "$T/hook"
	"$RUNTIME" --root "$state" create --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null 3>&- &
	local creator=$!
	agents+=("$creator")
	wait_for 5 test -e "$T/hook"
	kill -KILL "$creator"
	wait "$creator" 2>/dev/null || true
	wait_for 3 is_state stopped
	call rt start "$id"
	fails "stopped"
	call rt delete "$id"
	ok
	nothing_left
}

@test "delete --force ends a create that hangs in a hook" {
	needs caisson "hooks end with init"
	edit '.hooks.createRuntime = [{"path": "/bin/sleep", "args": ["sleep", "60"]}]'
	"$RUNTIME" --root "$state" create --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null 3>&- &
	local creator=$!
	agents+=("$creator")
	wait_for 3 is_state creating
	LIMIT=5 call rt delete --force "$id"
	ok
	wait "$creator" && false
	nothing_left
}

@test "delete --force of a frozen container, and SIGKILL to one" {
	skip_on runc "1.1 leaves it frozen"
	start_probe wait
	local freezer
	if unified; then freezer=$(cgroup_dir pids)/cgroup.freeze; else freezer=$(cgroup_dir freezer)/freezer.state; fi
	freeze() { if unified; then echo 1 >"$freezer"; else echo FROZEN >"$freezer"; fi; }
	freeze
	wait_for 3 is_state paused
	call rt kill "$id" KILL
	ok
	wait_for 3 is_state stopped
	call rt delete "$id"
	ok
	start_probe wait
	freeze
	wait_for 3 is_state paused
	LIMIT=5 call rt delete --force "$id"
	ok
	nothing_left
}

@test "a filter that refuses all calls ends the container, it does not hang" {
	needs caisson "1.1 hangs or is killed"
	local nnp
	for nnp in true false; do
		edit '.process.noNewPrivileges = $n | .linux.seccomp = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}' \
			--argjson n $nnp
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		[[ $code != 0 && $code != 124 ]]
		nothing_left
	done
}

@test "start says that the program is gone, and the container has ended by then" {
	skip_on runc "start does not wait for exec"
	skip_on crun "start does not wait for exec"
	args true
	create
	ok
	mv "$rootfs/bin/probe" "$T/probe"
	call rt start "$id"
	fails "no such file or directory"
	is "$(state_of)" stopped
	mv "$T/probe" "$rootfs/bin/probe"
	call rt delete "$id"
	ok
	nothing_left
}

@test "a stopped init: start does not wait for ever, delete --force works" {
	needs caisson "start has a bound"
	args true
	create
	ok
	kill -STOP "$(pid_of)"
	LIMIT=15 call rt start "$id"
	fails "does not answer"
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "masks and read-only paths follow procfs when its mount point is renamed" {
	needs caisson "handles instead of names"
	cat >"$bundle/move" <<-EOF2
		#!/bin/sh
		mv "$rootfs/proc" "$rootfs/moved" && mkdir "$rootfs/proc"
	EOF2
	chmod 755 "$bundle/move"
	edit '.hooks.createRuntime = [{"path": $h}] | .linux.maskedPaths = ["/proc/keys"] | .linux.readonlyPaths = ["/proc/sys"] |
		.process.args = ["/bin/sh", "-c", "wc -c </moved/keys; echo 1 >/moved/sys/kernel/msgmax && echo written; true"]' --arg h "$bundle/move"
	cp /bin/busybox "$rootfs/bin/wc" 2>/dev/null || cp /usr/bin/busybox "$rootfs/bin/wc"
	call rt run --bundle "$bundle" "$id"
	rmdir "$rootfs/proc" && mv "$rootfs/moved" "$rootfs/proc"
	ok
	is "$out" 0
}

@test "a directory as standard input is refused: it would be a way out of the root" {
	needs caisson "checks its stdio"
	args true
	code=0
	timeout 10 "$RUNTIME" --root "$state" run --bundle "$bundle" "$id" </ >/dev/null 2>"$T/err" 3>&- || code=$?
	err=$(<"$T/err")
	fails "stands for a directory"
	nothing_left
}

@test "a preserved descriptor that was not open is refused, though ours would have its number" {
	needs caisson "1.1 hands out its own"
	args true
	code=0
	timeout 10 "$RUNTIME" --log "$T/log" --root "$state" run --preserve-fds 2 --bundle "$bundle" "$id" </dev/null >/dev/null 2>"$T/err" 3>&- 4>&- || code=$?
	err=$(<"$T/err")
	fails "unable to stat preserved-fd"
	nothing_left
}

@test "a mighty container's nest in the directory for NOTIFY_SOCKET is removed, however deep" {
	needs caisson "where that directory is"
	"$HELPERS/receiver" datagram "$T/manager" >/dev/null 2>&1 </dev/null 3>&- 4>&- &
	agents+=("$!")
	wait_for 5 test -S "$T/manager"
	edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"] | unique)'
	edit '.process.args = ["/bin/sh", "-c", $script]' --arg script 'busybox mount -o remount,bind,rw /run/notify && cd /run/notify || exit 1
		i=0
		while [ $i -lt 600 ]; do busybox mkdir d e; : >f; cd -P d; i=$((i + 1)); done
		echo nested'
	NOTIFY_SOCKET=$T/manager call_create rt run -d --bundle "$bundle" "$id"
	ok
	wait_for 20 box_says nested
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	is "$err" ""
	is "$(ls -A "$state")" ""
}

@test "what cannot be removed of a container is told, left alone, and removed by a later delete --force" {
	needs caisson "the state directory"
	make_canary
	args wait
	create
	ok
	mkdir -p "$state/$id/extra/mount"
	host_mount --bind "$canary" "$state/$id/extra/mount"
	call rt delete --force "$id"
	ok
	contains "$err" "warning"
	contains "$err" "could be removed"
	[[ ! -e $state/$id ]]
	canary_unharmed
	umount "$state"/.del.*/extra/mount
	host_mounts=()
	create
	ok
	call rt delete --force "$id"
	ok
	is "$(ls -A "$state")" ""
	canary_unharmed
}
