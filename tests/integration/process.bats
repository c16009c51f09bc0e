# The process: arguments, environment, cwd, user, limits, capabilities, scheduling, descriptors, signals (config.md#process).
load lib.bash

# capbits NAME...: the set as the kernel's 16 hexadecimal digits.
cap_names=(CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST
	NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE
	SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND
	AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE)
capbits() {
	local bits=0 i name
	for name; do
		for i in "${!cap_names[@]}"; do
			[[ ${cap_names[i]} != "${name#CAP_}" ]] || bits=$((bits | 1 << i))
		done
	done
	printf '%016x' "$bits"
}

set_caps() { # bounding effective permitted inheritable ambient, each a list of names, "-" for an empty one
	edit '.process.capabilities = ($ARGS.positional | map(if . == "-" then [] else split(",") | map("CAP_" + .) end)
		| {bounding: .[0], effective: .[1], permitted: .[2], inheritable: .[3], ambient: .[4]})' --args "$@"
}

# The host may have dropped some capabilities (containers, hardened machines): tests use those that are there.
host_has() {
	local bits=$((16#$(sed -n 's/^CapBnd:\t//p' /proc/self/status))) i
	for i in "${!cap_names[@]}"; do
		[[ ${cap_names[i]} != "$1" ]] || return $(((bits >> i & 1) == 0))
	done
	return 1
}

# ---- args, env, cwd ----

@test "args arrive as they are" {
	edit '.process.args = ["/bin/probe", "args", "+", "echo", "", "two words", "tab\tand\nline", "ünï", "$HOME", "*"]'
	call rt run --bundle "$bundle" "$id"
	ok
	says "arg 4 " "arg 5 two words" "arg 7 ünï" 'arg 8 $HOME' "arg 9 *"
	contains "$out" $'arg 6 tab\tand\nline'
}

@test "argv[0] is args[0], not the path that was found" {
	edit '.process.args = ["probe", "args"]'
	call rt run --bundle "$bundle" "$id"
	ok
	says "arg 0 probe"
}

@test "env is the configuration's, nothing of the caller's" {
	edit '.process.env = ["PATH=/bin", "A=1", "EMPTY=", "B=with = signs", "HOME=/h"]'
	args env
	LEAKED=1 NOTIFY= call rt run --bundle "$bundle" "$id"
	ok
	is "$out" $'env PATH=/bin\nenv A=1\nenv EMPTY=\nenv B=with = signs\nenv HOME=/h'
}

@test "HOME is added from the container's passwd when it is unset" {
	echo 'someone:x:1234:0::/home/someone:/bin/sh' >>"$rootfs/etc/passwd"
	edit '.process.user.uid = 1234'
	probe env
	ok
	says "env HOME=/home/someone"
	edit '.process.user.uid = 4321'
	probe env
	ok
	says "env HOME=/"
}

@test "a duplicate in env: the last one wins" {
	edit '.process.env += ["X=1", "X=2"]'
	probe env
	ok
	says "env X=2"
	skip_on runc "1.1 passes both"
	says_not "env X=1"
}

@test "cwd" {
	mkdir -p "$rootfs/srv/data"
	edit '.process.cwd = "/srv/data"'
	probe cwd
	ok
	says "cwd /srv/data"
}

@test "a missing cwd is created" {
	edit '.process.cwd = "/made/for/it"'
	probe cwd + stat /made/for/it
	ok
	says "cwd /made/for/it" "stat /made/for/it dir 0755 0:0"
}

@test "a cwd that only the user may enter" {
	mkdir -p "$rootfs/home/u"
	chmod 0700 "$rootfs/home/u"
	chown 1000:1000 "$rootfs/home/u"
	edit '.process.cwd = "/home/u" | .process.user = {"uid": 1000, "gid": 1000}'
	probe cwd
	ok
	says "cwd /home/u"
}

@test "a cwd that is a file, relative, or empty is refused" {
	echo x >"$rootfs/etc/file"
	edit '.process.cwd = "/etc/file"'
	probe cwd
	fails
	edit '.process.cwd = "etc"'
	probe cwd
	fails_any cwd Cwd
	edit '.process.cwd = ""'
	probe cwd
	fails_any cwd Cwd
}

# ---- user ----

@test "uid, gid: all four of each" {
	edit '.process.user = {"uid": 1001, "gid": 1002}'
	probe ids
	ok
	says "uid 1001 1001 1001 1001" "gid 1002 1002 1002 1002"
}

@test "C39: additional groups are exactly the configuration's; none is none" {
	edit '.process.user = {"uid": 1, "gid": 2, "additionalGids": [5, 7, 2147483647]}'
	probe ids
	ok
	says "groups 5 7 2147483647"
	edit 'del(.process.user.additionalGids)'
	args ids
	call setpriv --groups 10,11 "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	says "groups"
}

@test "the largest uid works, 4294967295 is refused" {
	skip_on runc "1.1 knows ids up to 2147483647"
	edit '.process.user = {"uid": 4294967294, "gid": 4294967294}'
	probe ids
	ok
	says "uid 4294967294 4294967294 4294967294 4294967294" "gid 4294967294 4294967294 4294967294 4294967294"
	edit '.process.user = {"uid": 4294967295, "gid": 0}'
	probe ids
	fails
	edit '.process.user = {"uid": 0, "gid": 4294967295}'
	probe ids
	fails
}

@test "umask" {
	edit '.process.user.umask = 63'
	probe ids
	ok
	says "umask 0077"
	edit '.process.user.umask = 0'
	probe ids
	ok
	says "umask 0000"
}

@test "umask is 0022 when not set, whatever the caller's" {
	args ids
	call "$HELPERS/caller" umask=0077 -- "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	skip_on runc "1.1 keeps its own"
	says "umask 0022"
}

# ---- capabilities (C36) ----

@test "C36: five sets in many combinations, exactly" {
	local line bounding effective permitted inheritable ambient
	# bounding | effective | permitted | inheritable | ambient
	while read -r bounding effective permitted inheritable ambient; do
		set_caps "$bounding" "$effective" "$permitted" "$inheritable" "$ambient"
		probe caps
		ok
		line="of $bounding $effective $permitted $inheritable $ambient"
		is "$(value bounding)" "$(capbits ${bounding//,/ })" "bounding $line"
		is "$(value permitted)" "$(capbits ${permitted//,/ })" "permitted $line"
		is "$(value effective)" "$(capbits ${effective//,/ })" "effective $line"
		is "$(value inheritable)" "$(capbits ${inheritable//,/ })" "inheritable $line"
		is "$(value ambient)" "$(capbits ${ambient//,/ })" "ambient $line"
	done <<-'TABLE'
		- - - - -
		KILL KILL KILL - -
		CHOWN CHOWN CHOWN - -
		CHOWN,KILL,MKNOD CHOWN,KILL,MKNOD CHOWN,KILL,MKNOD - -
		CHOWN,KILL CHOWN,KILL CHOWN,KILL CHOWN -
		NET_RAW NET_RAW NET_RAW NET_RAW NET_RAW
		NET_ADMIN,SYS_ADMIN NET_ADMIN,SYS_ADMIN NET_ADMIN,SYS_ADMIN NET_ADMIN,SYS_ADMIN SYS_ADMIN
		SETPCAP SETPCAP SETPCAP - -
		SETUID,SETGID SETUID,SETGID SETUID,SETGID - -
		SYS_CHROOT,SYS_PTRACE,SYS_TIME SYS_CHROOT,SYS_PTRACE,SYS_TIME SYS_CHROOT,SYS_PTRACE,SYS_TIME - -
		AUDIT_READ,BPF,CHECKPOINT_RESTORE,PERFMON AUDIT_READ,BPF,CHECKPOINT_RESTORE,PERFMON AUDIT_READ,BPF,CHECKPOINT_RESTORE,PERFMON - -
		BPF BPF BPF BPF BPF
	TABLE
}

@test "C36: as a user without root, the sets are what ambient carries" {
	local bounding inheritable ambient
	edit '.process.user = {"uid": 1000, "gid": 1000}'
	# The program has no file capabilities: after execve a uid above 0 has permitted = effective = ambient (capabilities(7)).
	while read -r bounding inheritable ambient; do
		set_caps "$bounding" "$bounding" "$bounding" "$inheritable" "$ambient"
		probe caps
		ok
		is "$(value bounding)" "$(capbits ${bounding//,/ })" "bounding"
		is "$(value inheritable)" "$(capbits ${inheritable//,/ })" "inheritable"
		is "$(value ambient)" "$(capbits ${ambient//,/ })" "ambient"
		is "$(value permitted)" "$(capbits ${ambient//,/ })" "permitted"
		is "$(value effective)" "$(capbits ${ambient//,/ })" "effective"
	done <<-'TABLE'
		- - -
		KILL - -
		KILL KILL -
		KILL KILL KILL
		CHOWN,KILL CHOWN,KILL KILL
		CHOWN,KILL,NET_RAW CHOWN,NET_RAW CHOWN,NET_RAW
		SYS_ADMIN SYS_ADMIN SYS_ADMIN
		SETPCAP,SETUID SETPCAP,SETUID SETPCAP,SETUID
	TABLE
}

@test "C36: no_new_privs does not change the sets" {
	local nnp
	for nnp in true false; do
		edit '.process.noNewPrivileges = $nnp' --argjson nnp $nnp
		set_caps CHOWN,KILL CHOWN,KILL CHOWN,KILL - -
		probe caps + confinement
		ok
		is "$(value effective)" "$(capbits CHOWN KILL)"
		says "nnp $([[ $nnp == true ]] && echo 1 || echo 0)"
	done
}

@test "C36: each capability alone" {
	local name
	edit '.linux.namespaces = [{"type": "pid"}, {"type": "mount"}] | del(.hostname)'
	for name in "${cap_names[@]}"; do
		host_has "$name" || continue
		set_caps "$name" "$name" "$name" - -
		probe caps
		ok
		is "$(value bounding) $(value effective) $(value permitted) $(value inheritable)" \
			"$(capbits "$name") $(capbits "$name") $(capbits "$name") $(capbits)" "$name"
	done
}

@test "no capabilities object: none at all" {
	skip_on runc "1.1 leaves root with all of them"
	edit 'del(.process.capabilities)'
	probe caps
	ok
	is "$(value bounding) $(value effective) $(value permitted)" "$(capbits) $(capbits) $(capbits)"
}

@test "an unknown capability is a warning, the others hold" {
	edit '.process.capabilities |= map_values(. + ["CAP_NO_SUCH"])'
	probe caps
	skip_on crun "refuses it"
	ok
	is "$(value effective)" "$(capbits AUDIT_WRITE KILL NET_BIND_SERVICE)"
	contains "$err" CAP_NO_SUCH
}

@test "capabilities hold: without CAP_CHOWN no chown, with it chown" {
	set_caps KILL KILL KILL - -
	probe chown /etc/passwd 5 5
	ok
	says "chown /etc/passwd EPERM"
	set_caps CHOWN CHOWN CHOWN - -
	probe chown /etc/passwd 5 5
	ok
	says "chown /etc/passwd ok"
}

@test "securebits and keepcaps are left clean" {
	edit '.process.user = {"uid": 1000, "gid": 1000}'
	probe caps
	ok
	says "securebits 0" "keepcaps 0"
}

# called_with BITS COMMAND...: by somebody with these securebits (capabilities(7)), as a unit's SecureBits= makes them.
called_with() { call timeout --foreground -k 1 "$((20 * SLOW))" "$HELPERS/caller" "securebits=$1" -- "${@:2}"; }
secure() { called_with "$1" "$RUNTIME" --root "$state" "${owner_option[@]}" "${@:2}"; }

@test "securebits of the caller's do not get inside, by run or exec" {
	local bits user permitted
	skip_on runc "they do"
	skip_on crun "they do"
	# noroot, no_setuid_fixup, keep_caps (which no exec passes on), no_cap_ambient_raise.
	for bits in 0x1 0x4 0x10 0x40 0x55; do
		for user in 0 1000; do
			set_caps KILL,SETUID KILL,SETUID KILL,SETUID KILL KILL
			edit '.process.user = {"uid": $u, "gid": $u}' --argjson u $user
			[[ $user == 0 ]] && permitted=$(capbits KILL SETUID) || permitted=$(capbits KILL)
			args caps
			secure $bits run --bundle "$bundle" "$id"
			ok
			says "securebits 0" "keepcaps 0"
			is "$user $bits $(value permitted) $(value ambient)" "$user $bits $permitted $(capbits KILL)"
			args wait
			create
			ok
			call rt start "$id"
			ok
			secure $bits exec "$id" /bin/probe caps
			ok
			says "securebits 0" "keepcaps 0"
			is "$user $bits $(value permitted) $(value ambient)" "$user $bits $permitted $(capbits KILL)"
			call rt delete --force "$id"
			ok
		done
	done
}

@test "root that goes keeps nothing, whatever the caller's securebits are" {
	skip_on runc "it does"
	skip_on crun "it does"
	set_caps SETUID SETUID SETUID - -
	args become 1000 + caps + become 0
	secure 0x4 run --bundle "$bundle" "$id"
	ok
	says "become 1000 ok" "become 0 EPERM"
	is "$(value effective) $(value permitted)" "$(capbits) $(capbits)"
}

@test "securebits of the caller's that are locked are refused, and nothing runs" {
	local bits
	skip_on runc "it takes them along"
	skip_on crun "it takes them along"
	args caps
	# Locks alone are the caller's as well.
	for bits in 0x3 0x2 0xc 0x8 0x20 0xc0 0x80; do
		secure $bits run --bundle "$bundle" "$id"
		fails "cannot clear the caller's securebits"
		is "$out" "" "what a program said with $bits"
		nothing_left
	done
	args wait
	create
	ok
	call rt start "$id"
	ok
	secure 0xc exec "$id" /bin/probe caps
	fails "cannot clear the caller's securebits"
	is "$out" ""
}

@test "securebits of the caller's, locked ones too, end at a user namespace" {
	edit '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	args caps
	secure 0xcf run --bundle "$bundle" "$id"
	ok
	says "securebits 0" "keepcaps 0"
}

@test "securebits of an ordinary user's end at his user namespace" {
	skip_on crun "wants a cgroup v2 host"
	cd "$T"
	rm -r "$bundle"
	load as_user.bash
	user_setup
	owner_option=()
	become_user
	args caps
	# Not no_setuid_fixup: he would keep root's capabilities. Nor keep_caps' lock, which setpriv has no way around.
	called_with 0xc2 "${as_user[@]}" "$T/runtime" --root "$T/xdg/state" run --bundle "$bundle" "$id"
	ok
	says "securebits 0" "keepcaps 0"
}

@test "securebits are cleared before a filter that would see it" {
	edit '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["prctl"],
		action: "SCMP_ACT_KILL_PROCESS", args: [{index: 0, value: 28, op: "SCMP_CMP_EQ"}]}]}'
	probe caps
	ok
	says "securebits 0" "keepcaps 0"
	skip_on runc "it does not clear them"
	skip_on crun "it does not clear them"
	secure 0x4 run --bundle "$bundle" "$id"
	ok
	says "securebits 0" "keepcaps 0"
}

@test "without CAP_SETPCAP there is nothing to clear, or a refusal" {
	local bits all=()
	host_has SETPCAP || skip "no CAP_SETPCAP"
	for bits in "${cap_names[@]}"; do
		[[ $bits == SETPCAP ]] || ! host_has "$bits" || all+=("$bits")
	done
	bits=$(IFS=,; echo "${all[*]}")
	set_caps "$bits" KILL KILL - -
	args caps
	local weak=(setpriv --bounding-set=-setpcap --inh-caps=-setpcap "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id")
	call "${weak[@]}"
	ok
	says "securebits 0" "keepcaps 0"
	skip_on runc "it takes them along"
	skip_on crun "it takes them along"
	called_with 0x4 "${weak[@]}"
	fails "cannot clear the caller's securebits"
}

# ---- confinement ----

@test "C37: no_new_privs as configured, default false" {
	probe confinement
	says "nnp 1"
	edit '.process.noNewPrivileges = false'
	probe confinement
	says "nnp 0"
	edit 'del(.process.noNewPrivileges)'
	probe confinement
	says "nnp 0"
}

@test "C37: the program is dumpable again and has no death signal left from its making" {
	edit '.process.user = {"uid": 1000, "gid": 1000}'
	args confinement
	create
	ok
	call rt start "$id"
	ok
	wait_for 5 is_state stopped
	out=$(box_output)
	says "dumpable 1" "pdeathsig 0"
}

@test "oomScoreAdj as configured" {
	edit '.process.oomScoreAdj = 321'
	probe confinement
	ok
	says "oom_score_adj 321"
	edit '.process.oomScoreAdj = 1000'
	probe confinement
	ok
	says "oom_score_adj 1000"
}

@test "oomScoreAdj not set: the caller's value stays" {
	args confinement
	call bash -c 'echo 77 >/proc/self/oom_score_adj && exec "$@"' x "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	says "oom_score_adj 77"
}

@test "oomScoreAdj out of range is refused" {
	local bad
	for bad in -1001 1001; do
		edit '.process.oomScoreAdj = $v' --argjson v "$bad"
		probe confinement
		fails
		nothing_left
	done
}

@test "apparmorProfile is refused where the host has no AppArmor" {
	[[ ! -e /sys/module/apparmor/parameters/enabled ]] || skip "the host has AppArmor"
	edit '.process.apparmorProfile = "some-profile"'
	probe ids
	fails_any apparmor AppArmor
	nothing_left
}

@test "selinuxLabel and mountLabel are refused where the host has no SELinux" {
	[[ ! -e /sys/fs/selinux/enforce ]] || skip "the host has SELinux"
	edit '.process.selinuxLabel = "system_u:system_r:svirt_lxc_net_t:s0:c124,c675"'
	probe ids
	fails_any selinux SELinux
	nothing_left
	edit 'del(.process.selinuxLabel) | .linux.mountLabel = "system_u:object_r:svirt_sandbox_file_t:s0:c715,c811"'
	probe ids
	fails
	nothing_left
}

# ---- limits ----

@test "rlimits: all types, soft and hard" {
	local hard
	hard=$(ulimit -Hn)
	edit '.process.rlimits = [
		{"type": "RLIMIT_CPU", "soft": 100, "hard": 200}, {"type": "RLIMIT_FSIZE", "soft": 1000000, "hard": 2000000},
		{"type": "RLIMIT_DATA", "soft": 1073741824, "hard": 1073741825}, {"type": "RLIMIT_STACK", "soft": 4194304, "hard": 8388608},
		{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}, {"type": "RLIMIT_RSS", "soft": 3, "hard": 4},
		{"type": "RLIMIT_NPROC", "soft": 500, "hard": 600}, {"type": "RLIMIT_NOFILE", "soft": 300, "hard": 400},
		{"type": "RLIMIT_MEMLOCK", "soft": 1000, "hard": 2000}, {"type": "RLIMIT_AS", "soft": 2147483648, "hard": 4294967296},
		{"type": "RLIMIT_LOCKS", "soft": 5, "hard": 6}, {"type": "RLIMIT_SIGPENDING", "soft": 7, "hard": 8},
		{"type": "RLIMIT_MSGQUEUE", "soft": 9, "hard": 10}, {"type": "RLIMIT_NICE", "soft": 0, "hard": 0},
		{"type": "RLIMIT_RTPRIO", "soft": 0, "hard": 0}, {"type": "RLIMIT_RTTIME", "soft": 11, "hard": 12}]'
	probe limits
	ok
	says "rlimit CPU 100 200" "rlimit FSIZE 1000000 2000000" "rlimit DATA 1073741824 1073741825" "rlimit STACK 4194304 8388608" \
		"rlimit CORE 0 0" "rlimit RSS 3 4" "rlimit NPROC 500 600" "rlimit NOFILE 300 400" "rlimit MEMLOCK 1000 2000" \
		"rlimit AS 2147483648 4294967296" "rlimit LOCKS 5 6" "rlimit SIGPENDING 7 8" "rlimit MSGQUEUE 9 10" "rlimit NICE 0 0" \
		"rlimit RTPRIO 0 0" "rlimit RTTIME 11 12"
}

@test "rlimits: those not named are the caller's" {
	args limits
	call "$HELPERS/caller" nofile=123 -- "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	says "rlimit NOFILE 123 123"
}

@test "rlimits: unlimited is 18446744073709551615" {
	edit '.process.rlimits = [{"type": "RLIMIT_FSIZE", "soft": 18446744073709551615, "hard": 18446744073709551615}]'
	sed -i 's/18446744073709552000/18446744073709551615/g' "$bundle/config.json"
	probe limits
	sed -i 's/18446744073709552000/18446744073709551615/g' "$bundle/config.json"
	call rt run --bundle "$bundle" "$id"
	ok
	says "rlimit FSIZE 18446744073709551615 18446744073709551615"
}

@test "rlimits: an unknown type and soft above hard are refused" {
	edit '.process.rlimits = [{"type": "RLIMIT_NOSUCH", "soft": 1, "hard": 1}]'
	probe limits
	fails RLIMIT_NOSUCH
	edit '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 20, "hard": 10}]'
	probe limits
	fails
	nothing_left
}

@test "rlimits: a type given twice is refused" {
	skip_on runc "takes it"
	skip_on crun "takes it"
	edit '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 10, "hard": 10}, {"type": "RLIMIT_NOFILE", "soft": 11, "hard": 11}]'
	probe limits
	fails RLIMIT_NOFILE
	nothing_left
}

# ---- scheduling ----

@test "scheduler: policies and their parameters" {
	skip_on runc "1.1 has no scheduler"
	skip_on crun "1.8 has no scheduler"
	local filter line
	# With group scheduling of real-time tasks (a legacy controller) a cgroup must have some of that time first.
	if ls /sys/fs/cgroup/cpu*/cpu.rt_runtime_us >/dev/null 2>&1; then
		edit '.linux.resources.cpu = {"realtimeRuntime": 10000, "realtimePeriod": 1000000}'
	fi
	while IFS='|' read -r filter line; do
		edit ".process.scheduler = $filter"
		probe scheduling
		[[ $code == 0 ]] || complain "with $filter"
		ok
		contains "$(value sched)" "$line"
	done <<-'TABLE'
		{"policy": "SCHED_OTHER", "nice": 5}|policy=0 flags=0 nice=5 priority=0
		{"policy": "SCHED_BATCH", "nice": 7}|policy=3 flags=0 nice=7 priority=0
		{"policy": "SCHED_IDLE"}|policy=5 flags=0
		{"policy": "SCHED_FIFO", "priority": 10}|policy=1 flags=0 nice=0 priority=10
		{"policy": "SCHED_RR", "priority": 20, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}|policy=2 flags=1 nice=0 priority=20
	TABLE
}

@test "scheduler: what no fork keeps is kept by who enters a pid namespace: exec, and a container that joins one" {
	skip_on runc "1.1 has no scheduler"
	skip_on crun "1.8 has no scheduler"
	if ls /sys/fs/cgroup/cpu*/cpu.rt_runtime_us >/dev/null 2>&1; then
		edit '.linux.resources.cpu = {"realtimeRuntime": 10000, "realtimePeriod": 1000000}'
	fi
	local first=$id scheduler line user
	while IFS='|' read -r scheduler user line; do
		[[ $scheduler != *DEADLINE* ]] || chrt -d -T 1000000 -D 10000000 -P 10000000 0 true 2>/dev/null || continue
		id=$first
		edit '.process.scheduler = $s | .process.user = {uid: $u, gid: $u} | .linux.cgroupsPath = $p | .linux.namespaces |= map(if .type == "pid" then del(.path) else . end)' \
			--argjson s "$scheduler" --argjson u "$user" --arg p "$(cgroups_path "$id")"
		start_probe wait
		call rt exec "$id" /bin/probe scheduling
		ok
		contains "$(value sched)" "$line"
		edit '(.linux.namespaces[] | select(.type == "pid")).path = "/proc/\($pid)/ns/pid" | .linux.cgroupsPath = $p' \
			--arg pid "$(pid_of)" --arg p "$(cgroups_path "$id-joins")"
		id=$first-joins
		probe scheduling
		ok
		contains "$(value sched)" "$line"
		id=$first
		call rt delete --force "$id"
		ok
	done <<-'TABLE'
		{"policy": "SCHED_OTHER", "nice": 5}|0|policy=0 flags=0 nice=5
		{"policy": "SCHED_BATCH", "nice": 6, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}|1000|policy=3 flags=1 nice=6
		{"policy": "SCHED_BATCH", "nice": -2, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}|1000|policy=3 flags=1 nice=-2
		{"policy": "SCHED_RR", "priority": 20, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}|1000|policy=2 flags=1 nice=0 priority=20
		{"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 10000000, "period": 10000000}|0|policy=6
	TABLE
}

@test "scheduler: wrong values are refused" {
	skip_on runc "1.1 has no scheduler"
	skip_on crun "1.8 has no scheduler"
	local filter
	while read -r filter; do
		edit ".process.scheduler = $filter"
		probe scheduling
		fails scheduler
	done <<-'TABLE'
		{"policy": "SCHED_NOSUCH"}
		{"nice": 5}
		{"policy": "SCHED_OTHER", "nice": 20}
		{"policy": "SCHED_OTHER", "nice": -21}
		{"policy": "SCHED_OTHER", "priority": 5}
		{"policy": "SCHED_FIFO", "priority": 10, "flags": ["SCHED_FLAG_NOSUCH"]}
		{"policy": "SCHED_FIFO", "runtime": 10}
	TABLE
	nothing_left
}

@test "ioPriority: classes and priorities" {
	skip_on runc "1.1 has no ioPriority"
	skip_on crun "1.8 has no ioPriority"
	local class number
	for class in RT:1 BE:2 IDLE:3; do
		number=${class#*:}
		edit '.process.ioPriority = {"class": $c, "priority": 4}' --arg c "IOPRIO_CLASS_${class%:*}"
		probe scheduling
		ok
		says "ioprio $number 4"
	done
	edit '.process.ioPriority = {"class": "IOPRIO_CLASS_BE", "priority": 8}'
	probe scheduling
	fails ioPriority
	edit '.process.ioPriority = {"class": "IOPRIO_CLASS_NO", "priority": 1}'
	probe scheduling
	fails ioPriority
}

@test "personality" {
	edit '.linux.personality = {"domain": "LINUX32"}'
	probe scheduling + uts
	skip_on runc "1.1 has no personality"
	ok
	says "personality 8" "machine i686"
	edit '.linux.personality = {"domain": "LINUX"}'
	probe scheduling
	ok
	says "personality 0"
	edit '.linux.personality = {"domain": "HURD"}'
	probe scheduling
	fails
}

@test "memoryPolicy: modes, nodes, flags" {
	skip_on runc "1.1 has no memoryPolicy"
	skip_on crun "1.8 has no memoryPolicy"
	local filter line
	while IFS='|' read -r filter line; do
		edit ".linux.memoryPolicy = $filter"
		probe scheduling
		ok
		says "mempolicy $line"
	done <<-'TABLE'
		{"mode": "MPOL_DEFAULT"}|0 0
		{"mode": "MPOL_BIND", "nodes": "0"}|0x2 1
		{"mode": "MPOL_INTERLEAVE", "nodes": "0"}|0x3 1
		{"mode": "MPOL_PREFERRED", "nodes": "0"}|0x1 1
		{"mode": "MPOL_LOCAL"}|0x4 0
		{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}|0x8002 1
	TABLE
}

@test "memoryPolicy: wrong values are refused" {
	skip_on runc "1.1 has no memoryPolicy"
	skip_on crun "1.8 has no memoryPolicy"
	local filter
	while read -r filter; do
		edit ".linux.memoryPolicy = $filter"
		probe scheduling
		fails memoryPolicy
	done <<-'TABLE'
		{"mode": "MPOL_NOSUCH", "nodes": "0"}
		{"nodes": "0"}
		{"mode": "MPOL_BIND"}
		{"mode": "MPOL_BIND", "nodes": "zero"}
		{"mode": "MPOL_DEFAULT", "nodes": "0"}
		{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_NOSUCH"]}
	TABLE
	nothing_left
}

@test "the caller's cpu affinity is not inherited" {
	args scheduling
	call "$HELPERS/caller" cpu=0 -- "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	skip_on runc "1.1 inherits it"
	skip_on crun "1.8 inherits it"
	is "$(value affinity)" "$(printf '%x' $(((1 << $(nproc --all)) - 1)))"
}

# ---- descriptors and signals ----

@test "C34: only 0, 1, 2 are open, whatever the caller leaks" {
	args fds
	call "$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	is "$(grep -c '^fd ' <<<"$out")" 3
	is "$(awk '{print $2}' <<<"$out" | sort | xargs)" "0 1 2"
}

@test "C34: the same for create and start" {
	args fds
	call_create "$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" create --bundle "$bundle" "$id"
	ok
	call "$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" start "$id"
	ok
	wait_for 5 is_state stopped
	is "$(box_output | awk '{print $2}' | sort | xargs)" "0 1 2"
}

@test "C34: in the created phase init holds no host directory but its own root" {
	args wait
	call_create "$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" create --bundle "$bundle" "$id"
	ok
	local fd target
	for fd in "/proc/$(pid_of)/fd"/*; do
		target=$(readlink "$fd") || continue # what making it needed is closed in this moment
		lacks "$target" passwd
		if [[ -d $fd ]]; then complain "init holds the directory $target"; false; fi
	done
}

@test "--preserve-fds passes on exactly that many" {
	args fds + drain 3
	call "$HELPERS/caller" pipe=kept leak=8 -- "$RUNTIME" --root "$state" run --preserve-fds 1 --bundle "$bundle" "$id"
	ok
	says "drain 3 kept"
	is "$(awk '$1 == "fd" {print $2}' <<<"$out" | sort | xargs)" "0 1 2 3"
}

@test "C67: --preserve-fds beyond what is open is refused" {
	args fds
	call rt run --preserve-fds 40 --bundle "$bundle" "$id"
	fails
	nothing_left
}

@test "C97: closed stdin, stdout, stderr do not let other files slip into their places" {
	needs_containers
	local closed
	args fds
	for closed in "close=0" "close=0 close=1" "close=0 close=1 close=2" "close=1 close=2" "close=2"; do
		code=0
		"$HELPERS/caller" $closed -- "$RUNTIME" --root "$state" create --bundle "$bundle" "$id" 3>&- </dev/null >/dev/null 2>/dev/null || code=$?
		skip_on runc "Go fills the holes, 1.1 then hands them over"
		[[ $code == 0 ]] || { complain "create with $closed"; false; }
		local fd
		for fd in 0 1 2; do
			is "$(readlink "/proc/$(pid_of)/fd/$fd")" /dev/null "descriptor $fd with $closed"
		done
		call rt delete --force "$id"
		ok
	done
}

@test "C37: no signal is blocked or ignored, whatever the caller blocks and ignores" {
	args signals
	call "$HELPERS/caller" block ignore=13 ignore=17 ignore=2 ignore=1 -- "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	skip_on runc "1.1 hands a blocked mask and ignored signals on"
	says "sigblk 0000000000000000" "sigcgt 0000000000000000" "sigign 0000000000000000"
}

@test "C37: the same for create and start" {
	args signals
	call_create "$HELPERS/caller" ignore=13 ignore=15 -- "$RUNTIME" --root "$state" create --bundle "$bundle" "$id"
	ok
	call rt start "$id"
	wait_for 5 is_state stopped
	out=$(box_output)
	says "sigblk 0000000000000000"
	skip_on runc "leaves them ignored"
	says "sigign 0000000000000000"
}

@test "C37: the program leads a session and a process group of its own" {
	probe ids
	ok
	says "pid 1" "sid 1" "pgid 1"
	edit '.linux.namespaces -= [{"type":"pid"}]'
	probe ids
	ok
	is "$(value sid)" "$(value pid)"
	is "$(value pgid)" "$(value pid)"
}

# ---- keyring ----

@test "C40: a fresh session keyring; the caller's keys are not in it" {
	probe keyring
	ok
	local inside
	inside=$(value keyring)
	differs "${inside%% *}" ""
	call "$HELPERS/probe" keyring
	differs "${inside%% *}" "$(value keyring | cut -d' ' -f1)" "the session keyring's id"
}

@test "--no-new-keyring keeps the caller's session keyring" {
	call "$HELPERS/probe" keyring
	local outside
	outside=$(value keyring | cut -d' ' -f1)
	args keyring
	call rt run --no-new-keyring --bundle "$bundle" "$id"
	ok
	is "$(value keyring | cut -d' ' -f1)" "$outside"
}

# ---- what belongs to later issues, and refusals ----

@test "process missing, args empty or not an array, cwd missing: refused" {
	local filter
	for filter in 'del(.process.args)' '.process.args = []' '.process.args = {}' 'del(.process.cwd)' '.process.cwd = 5'; do
		jq --arg p "/$id" '.linux.cgroupsPath = $p' <"$HERE/base.json" | jq "$filter" >"$bundle/config.json"
		create
		fails
		nothing_left
	done
}

@test "an environment entry without '=' is refused" {
	skip_on crun "passes it on"
	skip_on runc "1.1 passes over it"
	edit '.process.env += ["NOEQUALS"]'
	probe env
	fails env
}

@test "consoleSize is ignored without a terminal" {
	edit '.process.terminal = false | .process.consoleSize = {"height": 10, "width": 20}'
	probe ids
	ok
}

@test "terminal without a console socket is refused before any process exists" {
	edit '.process.terminal = true'
	create
	fails
	nothing_left
}
