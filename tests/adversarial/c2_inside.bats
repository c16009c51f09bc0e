# What is visible inside a container (security cases C34 to C46): what tests/integration does not try.
load lib.bash

# Descriptors that the probe's `fds` shows.
numbers() { awk '$1 == "fd" { print $2 }' <<<"$1" | sort -n | xargs; }

@test "C34: exec, and exec and run with a terminal, have 0, 1, 2 and nothing else of 40 leaked descriptors" {
	start_probe wait
	call "$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /bin/probe fds
	ok
	is "$(numbers "$out")" "0 1 2"
	call "$HELPERS/terminal" run -s 30x90 -o "$T/screen" -- \
		"$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec --tty "$id" /bin/probe fds
	ok
	is "$(numbers "$(tr -d '\r' <"$T/screen")")" "0 1 2"
	lacks "$(<"$T/screen")" passwd
	call rt delete --force "$id"
	edit '.process.terminal = true'
	args fds
	call "$HELPERS/terminal" run -s 30x90 -o "$T/screen" -- \
		"$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	ok
	is "$(numbers "$(tr -d '\r' <"$T/screen")")" "0 1 2"
}

@test "C34: hooks of every kind have 0, 1, 2 and nothing else of 40 leaked descriptors" {
	local kind
	mkdir "$rootfs/seen"
	cp "$BUSYBOX" "$T/busybox"
	# It is looked at from a child of the shell, which keeps its own standard output as 10 meanwhile.
	for kind in prestart createRuntime poststart poststop; do
		edit '.hooks[$k] = [{"path": $b, "args": ["sh", "-c", "\($b) ls -1 /proc/$$/fd >\($t)/seen/\($k); :"]}]' \
			--arg k $kind --arg b "$T/busybox" --arg t "$rootfs"
	done
	edit '.hooks.createContainer = [{"path": $b, "args": ["sh", "-c", "\($b) ls -1 /proc/self/fd/. >\($t)/seen/createContainer"]}]' \
		--arg b "$T/busybox" --arg t "$rootfs"
	edit '.hooks.startContainer = [{"path": "/bin/sh", "args": ["sh", "-c", "/bin/busybox ls -1 /proc/$$/fd >/seen/startContainer; :"]}]'
	args exit 0
	call "$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	ok
	# In the createContainer hook /proc is the container's, which has no number for the shell: it is ls itself, with its directory.
	is "$(sort -n "$rootfs/seen/createContainer" | xargs)" "0 1 2 3" "descriptors of the createContainer hook's child"
	for kind in prestart createRuntime startContainer poststart poststop; do
		[[ -s $rootfs/seen/$kind ]] || { complain "no $kind hook has run"; return 1; }
		is "$(sort -n "$rootfs/seen/$kind" | grep -vx 10 | xargs)" "0 1 2" "descriptors of the $kind hook"
	done
}

@test "C35: a waiting init gives nothing of itself to a container in its pid namespace, whatever rights that has but one to trace" {
	local pid other=$T/other name
	# The other one has all of init's: but for its not being dumpable it could look.
	grant CAP_DAC_OVERRIDE CAP_KILL
	args wait
	create
	ok
	pid=$(pid_of)
	mkdir "$other"
	jq '.root.path = $r | .linux.cgroupsPath = "/\($i)-2" | (.linux.namespaces[] | select(.type == "pid")).path = $p
		| .process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_KILL", "CAP_CHOWN", "CAP_FOWNER"])
		| .process.args = ["/bin/probe", "cat", "/proc/1/environ", "/proc/1/maps", "/proc/1/auxv", "/proc/1/stack", "+", "cat", "/proc/1/cmdline",
			"+", "link", "/proc/1/exe", "/proc/1/cwd", "/proc/1/root", "+", "list", "/proc/1/fd", "/proc/1/root", "/proc/1/cwd",
			"+", "open", "rw", "/proc/1/mem"]' --arg r "$rootfs" --arg i "$id" --arg p "/proc/$pid/ns/pid" \
		<"$bundle/config.json" >"$other/config.json"
	call rt run --bundle "$other" "$id-2"
	ok
	for name in environ maps auxv; do
		[[ $(value "cat /proc/1/$name") == @(EACCES|EPERM) ]] || { complain "/proc/1/$name is readable"; return 1; }
	done
	says "link /proc/1/exe EACCES" "link /proc/1/cwd EACCES" "link /proc/1/root EACCES"
	says "list /proc/1/root EACCES" "list /proc/1/cwd EACCES" "open rw /proc/1/mem EACCES"
	is "$(grep '^link /proc/1/fd' <<<"$out" | grep -vE ' (EACCES|ENOENT)$')" "" "descriptors that can be followed"
	# Nothing of the caller's: neither names of the host nor of the bundle.
	lacks "$out" "$T"
	lacks "$out" "$RUNTIME"
}

@test "C38: update of other limits keeps the device rules of a program that runs" {
	skip_on crun "wants a cgroup v2 host"
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	edit '.linux.resources.devices += [{"allow": true, "type": "c", "major": 1, "minor": 99, "access": "r"}]'
	start_probe wait
	local inside=(/bin/probe open r /tmp/yes /tmp/no + open w /tmp/yes)
	mknod "$rootfs/tmp/yes" c 1 99
	mknod "$rootfs/tmp/no" c 1 98
	local round
	for round in before after; do
		call rt exec "$id" "${inside[@]}"
		ok
		says "open r /tmp/yes ENXIO" "open r /tmp/no EPERM" "open w /tmp/yes EPERM"
		[[ $round == after ]] || call rt update --pids-limit 55 --memory 200000000 "$id"
		ok
	done
}

@test "C40: a key of the caller's session is not found inside; exec has a keyring of its own, not the caller's" {
	cat >"$T/keys.py" <<-'PYTHON'
		import ctypes, os, sys
		call = ctypes.CDLL(None, use_errno=True).syscall
		# keyctl(KEYCTL_JOIN_SESSION_KEYRING); add_key("user", ..., KEY_SPEC_SESSION_KEYRING)
		if call(250, 1, None) < 0 or call(248, b"user", b"adversary", b"secret", 6, -3) < 0:
		    sys.exit(9)
		os.execv(sys.argv[1], sys.argv[1:])
	PYTHON
	args keyring + keysearch adversary + wait
	call_create python3 "$T/keys.py" "$RUNTIME" --root "$state" "${owner_option[@]}" run --detach --bundle "$bundle" "$id"
	[[ $code != 9 ]] || skip "no keyrings"
	ok
	wait_for 5 grep -q '^key' "$T/box.out"
	grep -qxE 'key adversary (ENOKEY|EPERM|ENOSYS)' "$T/box.out"
	local inner outer
	inner=$(awk '$1 == "keyring" { print $2 }' "$T/box.out")
	call python3 "$T/keys.py" "$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /bin/probe keyring + keysearch adversary
	ok
	says_not "key adversary ok"
	outer=$(value keyring | cut -d' ' -f1)
	# The control: outside it is found.
	call python3 "$T/keys.py" "$HELPERS/probe" keysearch adversary
	says "key adversary ok"
	call "$HELPERS/probe" keyring
	differs "$outer" "$(value keyring | cut -d' ' -f1)" "the keyring of exec"
	differs "$inner" "$(value keyring | cut -d' ' -f1)" "the keyring of the container"
	differs "$outer" "$inner" "the keyring of exec, which is its own"
}

@test "C41: the mount table inside has what was asked for, each with its flags, and nothing else; no mount point is a host's path" {
	mkdir "$T/data"
	edit '.mounts += [
		{"destination": "/all", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "noexec", "nodev", "ro", "noatime"]},
		{"destination": "/strict", "type": "tmpfs", "source": "tmpfs", "options": ["strictatime", "nosymfollow"]},
		{"destination": "/bound", "source": $d, "options": ["rbind", "rro", "rnosuid", "rnoexec", "rnodev"]},
		{"destination": "/shown", "source": $d, "options": ["bind", "nodiratime", "relatime", "slave"]}]' --arg d "$T/data"
	probe mounts
	ok
	skip_on runc "1.1 does not know all of them"
	local target word
	is "$(awk '$1 == "mount" { print $2 }' <<<"$out" | grep -vE '^/dev/(null|zero|full|random|urandom|tty)$' | sort | xargs)" \
		"/ /all /bound /dev /dev/pts /dev/shm /proc /shown /strict /sys"
	while read -r target word; do has_option "$target" "$word"; done <<-'TABLE'
		/all nosuid
		/all noexec
		/all nodev
		/all ro
		/all noatime
		/strict nosymfollow
		/bound ro
		/bound nosuid
		/bound noexec
		/bound nodev
		/shown nodiratime
		/sys ro
		/sys nosuid
		/dev/pts noexec
		/dev/shm nodev
	TABLE
	has_no_option /strict relatime
	has_no_option /shown ro
	lacks "$(awk '$1 == "mount" { print $2 }' <<<"$out")" "$T"
	lacks "$(awk '$1 == "mount" { print $4 }' <<<"$out")" shared
}

@test "C42: parameters that are the machine's, keys with odd bytes, values of a mebibyte: refused, and the host has its own" {
	local key
	cp "$bundle/config.json" "$T/plain.json"
	edit '.linux.namespaces -= [{"type": "uts"}] | del(.hostname)'
	cp "$bundle/config.json" "$T/no-uts.json"
	for key in kernel.hostname kernel.domainname; do
		cp "$T/no-uts.json" "$bundle/config.json"
		edit '.linux.sysctl = {($k): "evil"}' --arg k "$key"
		probe ids
		refused
	done
	for key in vm.swappiness vm.drop_caches kernel.core_pattern kernel.modprobe kernel.hotplug fs.suid_dumpable dev.cdrom.info kernel.ns_last_pid \
		net/../kernel/core_pattern net.ipv4..x kernel/shm_rmid_forced/../core_pattern kernel.core_pattern/ ./kernel.core_pattern user.max_user_namespaces; do
		cp "$T/plain.json" "$bundle/config.json"
		edit '.linux.sysctl = {($k): "|/tmp/evil"}' --arg k "$key"
		probe ids
		refused
	done
	cp "$T/plain.json" "$bundle/config.json"
	edit '.linux.sysctl = {"kernel.shm_rmid_forced\u0000x": "1"}'
	probe ids
	refused
	cp "$T/plain.json" "$bundle/config.json"
	edit '.linux.sysctl = {"kernel.msgmax": ("1" * 1048576)}'
	probe ids
	refused
}

@test "C44: with a cgroup namespace .. above one's own cgroup is not to be had, and a writable mount only where it was asked for" {
	edit '.linux.namespaces += [{"type": "cgroup"}] | .mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["ro"]}]'
	grant CAP_DAC_OVERRIDE
	local tree=/sys/fs/cgroup/pids
	! unified || tree=/sys/fs/cgroup
	probe cgroup + list $tree/.. + mkdir $tree/new + write $tree/cgroup.procs 1 + write $tree/release_agent /evil + write $tree/../cgroup.procs 1 + mounts
	ok
	[[ -z $(grep '^cgroup ' <<<"$out" | grep -vE ':/$') ]] || { complain "a host's cgroup is told"; return 1; }
	says "mkdir $tree/new EROFS"
	says_not "write $tree/cgroup.procs ok" "write $tree/release_agent ok" "write $tree/../cgroup.procs ok"
	lacks "$out" "$id"
	has_option $tree ro
	edit '.mounts[-1].options = ["rw"]'
	probe mkdir $tree/new + list $tree
	ok
	skip_on runc "its own way"
	lacks "$(value "list $tree")" "$id"
}
