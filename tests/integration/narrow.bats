# Where the runtime itself has too little: limits on the size of files, on descriptors, on namespaces. It goes on, or says what is missing.
load lib.bash

# under LIMIT VALUE COMMAND...: with that resource limit of bash's.
under() {
	(
		ulimit "$1" "$2"
		shift 2
		"$@"
	)
}

# What root of a user namespace may have who has the mounts and cgroups of somebody else.
ordinary() {
	edit '.linux.namespaces += [{type: "user"}, {type: "cgroup"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}]
		| .linux.gidMappings = .linux.uidMappings | del(.linux.resources, .linux.cgroupsPath)
		| .mounts |= map(if .options then .options -= ["gid=5"] else . end)'
}

# piped COMMAND...: its errors go through a pipe, which has no limit on its size.
piped() {
	{
		"$@" 3>&1 1>&4 2>&3 | cat >&2
		return "${PIPESTATUS[0]}"
	} 4>&1
}

# ---- files ----

@test "a limit on the size of files below the address space that a plan reserves is none for the runtime" {
	args exit 7
	call under -f 100000 rt run --bundle "$bundle" "$id"
	exits 7
	call under -f 4096 rt run --bundle "$bundle" "$id"
	exits 7
	edit '.process.args = ["/bin/sleep", "60"]'
	call_create under -f 4096 "$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id"
	ok
	call under -f 4096 rt start "$id"
	ok
	call under -f 4096 rt exec "$id" /bin/sh -c 'exit 7'
	exits 7
}

@test "too low a limit on the size of files is told, and leaves nothing" {
	needs caisson "words"
	local blocks
	args exit 7
	for blocks in 0 1 16 64 1000; do
		call piped under -f $blocks rt run --bundle "$bundle" "$id"
		fails EFBIG RLIMIT_FSIZE || { complain "with a limit of $blocks"; return 1; }
		[[ ! -e $state/$id ]] || call rt delete --force "$id"
		nothing_left
	done
}

@test "SIGXFSZ, which the runtime ignores, kills the program that is over its limit" {
	skip_on runc "leaves the signals as the caller has them"
	edit '.process.args = ["/bin/sh", "-c", "grep -E ^SigIgn /proc/self/status; ulimit -f 1; cat /bin/busybox >/tmp/file; echo $?"] | .root.readonly = false'
	ln -sf busybox "$rootfs/bin/grep"
	call rt run --bundle "$bundle" "$id"
	ok
	says "$(printf 'SigIgn:\t0000000000000000')" 153
}

# ---- descriptors ----

@test "too few descriptors: too many open files is what is told, whatever it meets; nothing is left" {
	needs caisson "words"
	local number met=0
	ordinary
	args exit 7
	for ((number = 4; number < 40; number++)); do
		call under -n $number unshare -Ur "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
		[[ $code != 7 ]] || break
		fails "too many open files" || { complain "with $number descriptors"; return 1; }
		lacks "$err" "the host has no device"
		lacks "$err" "network devices"
		met=$((met + 1))
		call rt delete --force "$id"
		ok
		is "$(ls -A "$state" 2>/dev/null || true)" "" "what is left in the state root, with $number descriptors"
		nothing_left
	done
	((met > 10 && number < 40))
}

@test "delete --force empties what an earlier removal has left, whether or not the container exists" {
	needs caisson "the state directory"
	mkdir -p -m 0700 "$state" "$state/.del.gone.0123/deep/er"
	touch "$state/.del.gone.0123/deep/file"
	call rt delete --force "$id"
	ok
	is "$(ls -A "$state")" ""
}

# ---- namespaces ----

# spent KIND NUMBER COMMAND...: in a user namespace in which there may be as many namespaces of that kind. Nothing has to be put back.
spent() {
	unshare -Ur "${unshare_too[@]}" bash -c 'echo "$1" >"/proc/sys/user/max_$0_namespaces" && shift && exec "$@"' "$@"
}

@test "as many namespaces as may be are told as that, not as a full disk" {
	needs caisson "words"
	local kind unshare_too
	ordinary
	args exit 7
	for unshare_too in "" --mount; do
		[[ -n $unshare_too ]] || unshare_too=()
		for kind in user mnt pid uts ipc net cgroup; do
			call spent $kind 0 "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
			fails "user.max_*_namespaces" || { complain "$kind ${unshare_too[*]}"; return 1; }
			lacks "$err" "space left"
			nothing_left
		done
	done
}

@test "as many namespaces as may be: the time namespace, which is made late" {
	needs caisson "words"
	local unshare_too=(--mount)
	ordinary
	edit '.linux.namespaces += [{type: "time"}]'
	args exit 7
	call spent time 0 "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	fails "time namespace" "user.max_*_namespaces"
	nothing_left
}

# ---- executables in memory ----

# where_memfds_may_not_run COMMAND...: vm.memfd_noexec=2 is a pid namespace's own.
where_memfds_may_not_run() {
	unshare --mount --pid --fork --kill-child --mount-proc sh -c 'echo 2 >/proc/sys/vm/memfd_noexec && exec "$@"' sh "$@"
}

@test "where memfds may not be executed, init is a file without a name that nobody can write to" {
	needs caisson "runs itself from a memfd"
	[[ -e /proc/sys/vm/memfd_noexec ]] || skip "the kernel has no vm.memfd_noexec"
	# It executes the same file in every phase: looked at from a hook, where it waits.
	cat >"$T/hook" <<-'HOOK'
		#!/bin/bash
		exe=/proc/$(jq .pid)/exe
		readlink "$exe"
		stat -L -c '%h links, mode %a' "$exe"
		(echo x >>"$exe") 2>/dev/null && echo written
		exit 0
	HOOK
	chmod 0755 "$T/hook"
	edit '.hooks.createRuntime = [{ path: "/bin/bash", args: ["bash", "-c", $c] }]' --arg c "$T/hook >$T/seen"
	args exit 7
	call where_memfds_may_not_run "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	exits 7
	lacks "$(<"$T/seen")" memfd:
	contains "$(<"$T/seen")" "0 links, mode 555"
	lacks "$(<"$T/seen")" written
	nothing_left
	# In a namespace where they may, it is one.
	call rt run --bundle "$bundle" "$id"
	exits 7
	contains "$(<"$T/seen")" memfd:
}
