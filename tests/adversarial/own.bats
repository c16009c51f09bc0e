# Cases of our own, beside the numbered ones: each names the rule that it shows.
load lib.bash

another() { # NAME FILTER...: a second configuration with the same root
	local name=$1
	shift
	mkdir -p "$T/$name"
	jq --arg r "$rootfs" --arg c "/$id-$name" '.root.path = $r | .linux.cgroupsPath = $c' <"$bundle/config.json" | jq "$@" >"$T/$name/config.json"
}
begin() { # NAME: creates and starts it
	call_create rt create --bundle "$T/$1" "$id-$1"
	ok
	call rt start "$id-$1"
	ok
}

# ---- mounts ----

@test "X1: a mount point that is missing below a read-only directory of the host is not made there (B.2.4)" {
	edit '.mounts += [{"destination": "/host", "source": $c, "options": ["bind", "ro"]}, {"destination": "/host/new/deep", "type": "tmpfs"}]' --arg c "$canary"
	probe ids
	refused /host
	edit '.mounts[-1] = {"destination": "/host/dir/file", "source": "/etc/hostname", "options": ["bind"]}'
	probe ids
	refused /host
}

@test "X2: mounts add while the container exchanges the destination for a link to the outside (B.2.2, B.3.4)" {
	needs caisson "mounts"
	local runs=0 race_began pid before
	mkdir -p "$rootfs/a" "$rootfs/b$canary" "$rootfs$canary/dir"
	ln -s "$canary/dir" "$rootfs/l"
	start_probe wait
	race 1 "$rootfs/a" "$rootfs/l"
	printf '[{"destination": "/a/new/mount", "type": "tmpfs", "source": "tmpfs", "options": ["size=4k"]}]' >"$T/list"
	pid=$(pid_of)
	while going_on "$(long 5 500)" 1000 "$(long 1 30)"; do
		before=$(grep -cF " $canary/dir/new/mount " "/proc/$pid/mountinfo" || true)
		LIMIT=10 call rt mounts add "$id" "$T/list"
		if [[ $code != 0 ]]; then
			fails
			saw refused
		elif (($(grep -cF " $canary/dir/new/mount " "/proc/$pid/mountinfo" || true) > before)); then
			saw link
		else
			saw directory
		fi
		runs=$((runs + 1))
	done
	race_over
	host_unharmed
	is "$(mount_table)" "$mounts_before" "the host's mount table"
}

@test "X3: with CAP_SYS_ADMIN and everything shared inside, no mount comes out, and the old root is not to be had (B.3.6, B.3.7)" {
	grant CAP_SYS_ADMIN CAP_SYS_CHROOT CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_PTRACE
	shell 'busybox mount --make-rshared / && busybox mkdir -p /tmp/m /tmp/o && busybox mount -t tmpfs evil /tmp/m && echo mounted
		busybox pivot_root /tmp/m /tmp/m 2>/dev/null; cd /; cd ../../../../..; ls; busybox umount -l / 2>/dev/null; ls /; ls /..
		busybox cat /proc/1/root'"$canary"'/file 2>/dev/null; busybox nsenter -t 1 -m -- busybox cat '"$canary"'/file; busybox chroot /proc/1/root busybox ls /; true'
	call rt run --bundle "$bundle" "$id"
	says mounted
	lacks "$out" secret
	lacks "$out" lost+found
	is "$(mount_table)" "$mounts_before" "the host's mount table"
}

@test "X4: a mount on the container's /, however it is written, is refused: it would be over all that confines (B.2.1, B.7)" {
	needs caisson "its words"
	local destination
	cp -a "$rootfs" "$T/other"
	echo secret >"$T/other/etc/shadow"
	edit '.linux.maskedPaths = ["/etc/shadow"] | .linux.readonlyPaths = ["/tmp"]'
	cp "$bundle/config.json" "$T/plain.json"
	for destination in / // /. /.. /etc/..; do
		cp "$T/plain.json" "$bundle/config.json"
		bind_mount "$destination" "$T/other"
		probe read /etc/shadow
		refused "on the top of rootfs"
	done
}

@test "X5: a masked path that cannot be looked at is an error, one that is not there none: circles, names too long, parents that are files (B.7)" {
	local path
	ln -s circle "$rootfs/circle"
	echo x >"$rootfs/plain"
	for path in /circle "/$(printf 'n%.0s' {1..256})" /circle/below; do
		edit '.linux.maskedPaths = [$p]' --arg p "$path"
		probe ids
		refused mask
	done
	for path in /none /none/at/all; do
		edit '.linux.maskedPaths = [$p] | .linux.readonlyPaths = [$p]' --arg p "$path"
		probe ids
		ok
	done
}

@test "X6: masking or making read-only the root, /proc or /dev does what it says, or is refused, and hurts nobody (B.7)" {
	local path
	for path in / /.. /proc /dev /sys /bin/..; do
		edit '.linux.maskedPaths = [$p] | del(.linux.readonlyPaths)' --arg p "$path"
		probe ids + stat "$canary"
		host_unharmed
		[[ $code != 0 ]] || says "stat $canary ENOENT"
		edit '.linux.readonlyPaths = [$p] | del(.linux.maskedPaths)' --arg p "$path"
		grant CAP_DAC_OVERRIDE
		probe write "$path/x" y + stat "$canary"
		host_unharmed
		[[ $code != 0 ]] || says_not "write $path/x ok"
		nothing_left
	done
}

@test "X7: a directory of the host as /dev is left as it is: no node, no link, no terminal is made in it (B.8)" {
	no_mount_on_dev
	edit '.mounts += [{"destination": "/dev", "source": $c, "options": ["bind"]}]' --arg c "$canary"
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	args ids
	call rt run --bundle "$bundle" "$id" </dev/null
	host_unharmed
	edit '.process.terminal = true'
	receive close
	LIMIT=5 create --console-socket "$T/socket"
	host_unharmed
	[[ $code == 0 ]] || refused
}

@test "X8: paths of devices that lead out, through links and magic links, make no node outside (B.8)" {
	local path
	mkdir -p "$rootfs$canary/dir"
	ln -s "$canary/dir" "$rootfs/nodes"
	ln -s /proc/self/root "$rootfs/magic"
	cp "$bundle/config.json" "$T/plain.json"
	for path in "/nodes/null" "/../../../../..$canary/dir/null" "/dev/../nodes/null" "/proc/self/root/nodes/null" "/magic/nodes/null" "/dev/pts/null" "/proc/1/cwd/null" "/dev/" "/"; do
		cp "$T/plain.json" "$bundle/config.json"
		edit '.linux.devices = [{"path": $p, "type": "c", "major": 1, "minor": 3}]' --arg p "$path"
		probe ids
		host_unharmed
		[[ $code == 0 ]] || refused
		rm -rf "$rootfs$canary/dir"/*
	done
}

# ---- the program ----

@test "X9: PATH with empty and relative parts, with .. and descriptors, finds nothing outside of the root (B.6, B.1.5)" {
	local value
	cp "$HELPERS/probe" "$T/outside"
	mkdir "$rootfs/work"
	for value in "" : "../../../../../../..$T" "$T" .:.. /proc/self/fd/3:/proc/self/cwd /proc/self/root/../.. "/bin/../..$T"; do
		edit '.process.env = ["PATH=\($v)"] | .process.args = ["outside", "ids"] | .process.cwd = "/work"' --arg v "$value"
		call "$HELPERS/caller" leak=8 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
		fails
		nothing_left
	done
}

@test "X10: a program's name with parentheses and numbers does not make it another process for us (B.14.9)" {
	local name
	for name in ") Z 0 0 0" "a) R 1 1 1 0 -1 4194304 0 0 0 0" "((" $'x\ny'; do
		cp "$rootfs/bin/busybox" "$rootfs/bin/$name"
		edit '.process.args = [$p, "sleep", "1000"]' --arg p "/bin/$name"
		# busybox goes by its own name: let it be called as the applet.
		ln -sf "$name" "$rootfs/bin/sleep"
		mv "$rootfs/bin/$name" "$rootfs/bin/sleep"
		cp "$rootfs/bin/probe" "$rootfs/bin/$name"
		edit '.process.args = [$p, "wait"]' --arg p "/bin/$name"
		create
		ok
		call rt start "$id"
		ok
		is "$(state_of)" running
		call rt exec "$id" /bin/probe echo well
		is "$out" well
		call rt kill "$id" KILL
		ok
		wait_for 5 is_state stopped
		call rt delete "$id"
		ok
	done
}

@test "X11: exec of a program that the container exchanges for one of its own tricks: what runs is confined (B.13)" {
	edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO"}]}'
	edit '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 50}]'
	start_probe wait
	printf '#!/bin/sh\nexec /bin/probe caps + confinement + ids + limits + fds + syscall sethostname + cgroup + namespaces\n' >"$rootfs/bin/tool"
	chmod 755 "$rootfs/bin/tool"
	call rt exec --user 33:44 "$id" /bin/tool
	ok
	says "nnp 1" "seccomp 2" "uid 33 33 33 33" "gid 44 44 44 44" "groups" "syscall sethostname EPERM" "effective 0000000000000000" "rlimit NOFILE 50 50"
	contains "$(grep ^cgroup <<<"$out")" "$id"
	is "$(value "ns mnt")" "$(readlink "/proc/$(pid_of)/ns/mnt")"
}

@test "X12: a program that floods its output, and nobody reads it: kill and delete are not held up (B.15)" {
	mkfifo "$T/pipe"
	exec 7<>"$T/pipe"
	edit '.process.args = ["/bin/sh", "-c", "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"]'
	code=0
	rt run --detach --bundle "$bundle" "$id" >&7 2>&7 </dev/null 3>&- || code=$?
	is "$code" 0
	LIMIT=5 call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	LIMIT=5 call rt delete "$id"
	ok
	exec 7>&-
}

@test "X13: a core dump of the program or of init leaves nothing on the host, and no limit of the caller's lets it (B.6)" {
	local before
	edit '.process.rlimits = [{"type": "RLIMIT_CORE", "soft": 1000000000, "hard": 1000000000}]'
	edit '.process.args = ["/bin/probe", "spawn", "/bin/probe", "raise", "11"]'
	# In the container's own working directory there may be one: that was asked for.
	cores() { find / "$T" "$bundle" "$rootfs/.." -maxdepth 1 -name '*core*'; }
	before=$(cores)
	call bash -c 'ulimit -c unlimited; exec "$@"' bash "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	contains "$out" 139
	is "$(cores)" "$before"
}

# ---- pid namespaces, exec joins ----

@test "X14: two containers in one pid namespace: killing and deleting the one leaves the other (B.13, B.15)" {
	local pid
	start_probe wait
	pid=$(pid_of)
	another two --arg p "/proc/$pid/ns/pid" '(.linux.namespaces[] | select(.type == "pid")).path = $p'
	begin two
	call rt kill "$id-two" KILL
	ok
	call rt delete --force "$id-two"
	ok
	kill -0 "$pid"
	is "$(state_of)" running
	begin two
	call rt exec "$id-two" /bin/true
	ok
	# The first one is the namespace's init: with it all goes, and the second one is stopped, not lost.
	call rt delete --force "$id"
	ok
	LIMIT=5 call rt state "$id-two"
	contains "$out" stopped
	call rt delete --force "$id-two"
	ok
}

@test "X15: a process of the container that waits for exec to trace, stop or kill it: exec ends in time (B.6.3)" {
	grant CAP_SYS_PTRACE CAP_KILL
	edit '.process.args = ["/bin/sh", "-c", "while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = 1 ] || kill -9 $p; done; done 2>/dev/null"]'
	create
	ok
	call rt start "$id"
	local i
	for i in {1..15}; do
		LIMIT=10 call rt exec "$id" /bin/true
		[[ $code != 124 ]] || { complain "hangs"; return 1; }
	done
	is "$(state_of)" running
}

# ---- cgroups ----

# Whether it runs; what has ended and is not waited for yet does not.
is_alive() { [[ $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) == [^ZX]* ]]; }

@test "X16: a container in the cgroup of another: deleting it leaves the other, deleting the other leaves nothing (B.13)" {
	local first
	start_probe wait
	first=$(pid_of)
	another two --arg c "/$id/below" '.linux.cgroupsPath = $c'
	call_create rt create --bundle "$T/two" "$id-two"
	if [[ $code == 0 ]]; then
		call rt start "$id-two"
		ok
		call rt kill --all "$id-two" KILL
		call rt delete --force "$id-two"
		ok
	fi
	kill -0 "$first"
	is "$(state_of)" running
	another three --arg c "/$id" '.linux.cgroupsPath = $c'
	call_create rt create --bundle "$T/three" "$id-three"
	[[ $(runtime_name) == runc ]] || fails
	call rt delete --force "$id-three"
	kill -0 "$first"
	is "$(state_of)" running
}

@test "X17: a process that a container's own cgroup was given from outside dies with it, one beside it does not (B.13)" {
	local given beside dir code_of_given=0
	start_probe wait
	sleep 300 </dev/null >/dev/null 2>&1 3>&- &
	beside=$!
	agents+=("$beside")
	sleep 300 </dev/null >/dev/null 2>&1 3>&- &
	given=$!
	agents+=("$given")
	mkdir "$(cgroup_dir pids)-beside"
	echo "$beside" >"$(cgroup_dir pids)-beside/cgroup.procs"
	for dir in "$(cgroup_dir pids)" /sys/fs/cgroup/*/"$id"; do
		[[ ! -d $dir ]] || echo "$given" >"$dir/cgroup.procs"
	done
	contains "$(<"/proc/$given/cgroup")" "$id"
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	# It is in no pid namespace that ends with init: deleting the container is what ends it.
	is_alive "$given"
	call rt delete "$id"
	ok
	wait_for 5 refute is_alive "$given"
	wait "$given" || code_of_given=$?
	is "$code_of_given" 137 "how the given one ended"
	is_alive "$beside"
	kill "$beside"
	wait "$beside" 2>/dev/null || true
	rmdir "$(cgroup_dir pids)-beside"
}

# ---- state root, log, pid file ----

@test "X18: what changes in the bundle after create has no effect: config, hooks, root (B.14.10)" {
	edit '.hooks = {"poststop": [{"path": "/bin/sh", "args": ["sh", "-c", "echo right >>\($t)/poststop"]}], "startContainer": [{"path": "/bin/true"}]} |
		.process.args = ["/bin/probe", "echo", "right", "+", "stat", $c]' --arg t "$T" --arg c "$canary"
	ln -s busybox "$rootfs/bin/true" 2>/dev/null || true
	create
	ok
	edit '.hooks = {"poststop": [{"path": "/bin/sh", "args": ["sh", "-c", "echo wrong >>\($t)/poststop"]}]} | .root.path = "/" | .process.args = ["/bin/probe", "echo", "wrong"]' --arg t "$T"
	mv "$rootfs" "$T/moved"
	ln -s / "$rootfs"
	call rt start "$id"
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	rm "$rootfs"
	mv "$T/moved" "$rootfs"
	is "$(<"$T/poststop")" right
	out=$(box_output)
	says right "stat $canary ENOENT"
}

@test "X19: a log that is a link, a fifo without a reader, a directory, a device: not followed, and nothing hangs (B.16)" {
	needs caisson "others follow"
	args ids
	ln -s "$canary/file" "$T/log-link"
	ln -s "$canary/new" "$T/log-new"
	mkfifo "$T/log-fifo"
	mkdir "$T/log-dir"
	local file
	for file in "$T/log-link" "$T/log-new" "$T/log-fifo" "$T/log-dir" /dev/full; do
		LIMIT=5 call rt --log "$file" state "$id"
		[[ $code != 124 && $code != 0 && -n $err ]]
		LIMIT=5 call rt --log "$file" run --bundle "$bundle" "$id"
		[[ $code != 124 ]]
		host_unharmed
	done
	nothing_left
}

# The racer leads its session; what is in the midst of a call when it is stopped comes to that call's end first.
stop_racer() {
	kill -STOP -- -"$racer"
	wait_for 5 racer_is_stopped
}
racer_is_stopped() {
	local states
	states=$(ps -o stat= -s "$racer")
	[[ -n $states && -z $(grep -v '^T' <<<"$states") ]]
}

@test "X20: a pid file in a directory that is exchanged for another: in one of them, whole (B.14.11)" {
	local runs=0 race_began pid one where
	mkdir "$T/one" "$T/two"
	one=$(stat -c %i "$T/one")
	args wait
	race 1 "$T/one" "$T/two"
	while going_on "$(long 3 200)" 1000 "$(long 1 20)"; do
		LIMIT=10 create --pid-file "$T/one/pid"
		if [[ $code == 0 ]]; then
			pid=$(pid_of)
			stop_racer
			is "$(cat "$T/one/pid" "$T/two/pid" 2>/dev/null)" "$pid" "the pid file"
			[[ -e $T/one/pid ]] && where=$T/one || where=$T/two
			if [[ $(stat -c %i "$where") == "$one" ]]; then saw "the one"; else saw "the other"; fi
		else
			fails
			saw refused
		fi
		call rt delete --force "$id"
		ok
		stop_racer
		rm -f "$T/one"/* "$T/two"/*
		kill -CONT -- -"$racer"
		runs=$((runs + 1))
	done
	race_over
}

# ---- hooks ----

@test "X21: a startContainer hook, whose path the image chooses, has no more than the program: ids, capabilities, filter (B.12)" {
	edit '.process.user = {"uid": 55, "gid": 66} | .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO"}]}
		| .hooks.startContainer = [{"path": "/bin/evil", "args": ["evil"]}]'
	mkdir -m 0777 "$rootfs/seen"
	printf '#!/bin/sh\n/bin/probe caps + confinement + ids + fds + stat %s + cgroup >/seen/evil 2>&1\n' "$canary" >"$rootfs/bin/evil"
	chmod 755 "$rootfs/bin/evil"
	args exit 0
	call rt run --bundle "$bundle" "$id"
	ok
	out=$(<"$rootfs/seen/evil")
	skip_on runc "1.1 runs it with the runtime's rights"
	says "stat $canary ENOENT"
	local set
	for set in bounding effective permitted; do
		(((0x$(value $set) & ~0x20000420) == 0)) || { complain "$set of the hook: $(value $set)"; return 1; }
	done
	lacks "$(value cgroup)" "0::/$"
}

@test "X22: what a hook sees of the state is one JSON document, whatever annotations, bundle and id say (B.12, B.16)" {
	local evil=$'"}\n{"pid":1}\e[0m'
	edit '.annotations = {($e): $e} | .hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "cat >\($t)/told"], "env": ["PATH=/bin:/usr/bin"]}]' --arg e "$evil" --arg t "$T"
	args exit 0
	call rt run --bundle "$bundle" "$id"
	ok
	is "$(jq -s length "$T/told")" 1
	is "$(jq -r --arg e "$evil" '.annotations[$e]' "$T/told")" "$evil"
	is "$(jq -r .id "$T/told")" "$id"
	[[ $(jq .pid "$T/told") != 1 ]]
}

@test "X23: hooks that move, cover and remove what the runtime needs next: an error or a container, and nothing left (B.12)" {
	local script
	for script in "rm -rf $rootfs/dev $rootfs/proc" "mv $rootfs $rootfs.gone; ln -s $canary $rootfs" "rm -rf $state/$id" "chmod 0 $bundle $state" "kill -STOP \$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/' | tr -dc 0-9) 2>/dev/null; sleep 0.1" \
		"rmdir /sys/fs/cgroup/*/$id" "mount -t tmpfs none $rootfs/etc"; do
		edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", $s], "env": ["PATH=/bin:/usr/bin"]}]' --arg s "$script"
		args exit 0
		LIMIT=30 call rt run --bundle "$bundle" "$id"
		[[ $code != 124 && $code -lt 128 || $code == 255 ]] || { complain "hung or died after: $script"; return 1; }
		host_unharmed
		chmod 755 "$bundle"
		chmod 700 "$state"
		umount -l "$rootfs/etc" 2>/dev/null || true
		[[ ! -L $rootfs ]] || { rm "$rootfs"; mv "$rootfs.gone" "$rootfs"; }
		mkdir -p "$rootfs/dev" "$rootfs/proc"
		# The record may be gone with its directory; processes and cgroups are not ours to leave all the same.
		call rt delete --force "$id"
		ok
		nothing_left || { complain "left after: $script"; return 1; }
	done
}

# ---- console sockets ----

@test "X24: a console socket whose peer talks back and sends descriptors of its own gets no answer (B.9)" {
	cat >"$T/peer.py" <<-'PYTHON'
		import array, os, socket, sys, time
		listener = socket.socket(socket.AF_UNIX)
		listener.bind(sys.argv[1])
		listener.listen(1)
		open(sys.argv[1] + ".ready", "w").close()
		peer = listener.accept()[0]
		fds = array.array("i", [os.open("/", os.O_RDONLY)] * 8)
		for _ in range(8):
		    try:
		        peer.sendmsg([b"x" * 100], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
		    except OSError:
		        break
		time.sleep(30)
	PYTHON
	edit '.process.terminal = true'
	args fds + wait
	python3 "$T/peer.py" "$T/console" 3>&- 4>&- &
	agents+=("$!")
	wait_for 5 test -e "$T/console.ready"
	LIMIT=20 create --console-socket "$T/console"
	[[ $code != 124 ]]
	if [[ $code == 0 ]]; then
		local fd
		for fd in "/proc/$(pid_of)/fd"/*; do [[ ! -d $fd ]] || { complain "a directory of the peer's: $(readlink "$fd")"; return 1; }; done
	fi
}

@test "X25: a console socket, a notify socket and a pidfd socket that are links to somebody's: none is removed or replaced (B.9, B.14.11)" {
	needs caisson "those options"
	edit '.process.terminal = true'
	args wait
	ln -s "$canary/file" "$T/console"
	ln -s "$canary/fifo" "$T/pidfd"
	LIMIT=5 create --console-socket "$T/console"
	refused
	edit '.process.terminal = false'
	LIMIT=5 create --pidfd-socket "$T/pidfd"
	refused
	[[ -L $T/console && -L $T/pidfd ]]
	NOTIFY_SOCKET="$canary/file" LIMIT=5 create
	host_unharmed
	[[ $code != 124 ]]
}
