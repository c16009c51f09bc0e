# Malicious and broken input (security cases C47 to C68): what tests/integration does not try.
load lib.bash

# Not more than the machine can explain: `explain` only reads and plans, so thousands of documents take seconds.
broken() {
	needs caisson "explain"
	! sanitized || local -x ROOMY=1
	call timeout 900 python3 "$HERE/../adversarial/broken_documents.py" "$RUNTIME" "$bundle" "$@"
	echo "# $1: $out" >&3
	ok
	host_unharmed
}

a_large_config() {
	edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW",
			"args": [{"index": 0, "value": 4503599627370496, "op": "SCMP_CMP_EQ"}]}]}
		| .hooks = {"poststop": [{"path": "/bin/true", "timeout": 5}]} | .annotations = {"a": "ä\u001b\"\\"}
		| .linux.uidMappings = [{"containerID": 0, "hostID": 1000, "size": 10}] | .linux.gidMappings = .linux.uidMappings
		| .linux.namespaces += [{"type": "user"}] | .linux.sysctl = {"net.ipv4.ip_forward": "1"} | .process.rlimits = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
		| .linux.maskedPaths = ["/proc/kcore"]'
}

@test "C47: a config.json cut at every byte is refused in one line, whatever its size" {
	a_large_config
	broken cut "$(long 23 1)"
}

@test "C47: single bits of a config.json flipped: accepted or refused in one line, never a crash" {
	a_large_config
	broken flip "$(long 200 5000)"
}

@test "C48: nesting of 65, 1,000 and 1,000,000 is refused in 50 ms and 64 MiB, closed and unclosed, arrays and objects" {
	broken depth
}

@test "C49: 256 MiB of blanks, a terminal, /dev/full, a socket as config.json: refused in time" {
	broken blanks "$(long 16 256)"
	rm "$bundle/config.json"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$bundle/config.json"
	LIMIT=3 create
	refused config.json
	local number
	for number in "5 0" "1 7" "1 9" "5 2"; do
		rm "$bundle/config.json"
		mknod "$bundle/config.json" c $number
		LIMIT=3 create
		refused config.json
	done
	rm "$bundle/config.json"
	ln -s /dev/zero "$bundle/config.json"
	LIMIT=3 create
	refused config.json
	rm "$bundle/config.json"
	ln -s config.json "$bundle/config.json"
	create
	refused config.json
}

@test "C50: numbers of limits, devices, consoles, id maps and hooks: out of range, fractions, signs, 100,000 digits" {
	skip_on runc "takes some of them"
	skip_on crun "takes some of them"
	local filter number digits
	digits=$(printf '9%.0s' {1..100000})
	jq -c '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 10, "hard": 10}] | .linux.devices = [{"path": "/dev/x", "type": "c", "major": 1, "minor": 3, "fileMode": 420, "uid": 0, "gid": 0}]
		| .process.consoleSize = {"height": 1, "width": 1} | .hooks = {"poststop": [{"path": "/bin/true", "timeout": 1}]}
		| .linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 10}] | .linux.gidMappings = .linux.uidMappings
		| .linux.resources.memory = {"swappiness": 1} | .linux.resources.cpu = {"quota": 1000} | .linux.resources.blockIO = {"weight": 100}' \
		<"$bundle/config.json" >"$T/whole"
	while read -r filter number; do
		[[ $number != DIGITS ]] || number=$digits
		jq -c "$filter = \"@@\"" <"$T/whole" >"$T/marked"
		{ sed 's|"@@".*||' "$T/marked"; printf '%s' "$number"; sed 's|.*"@@"||' "$T/marked"; } | tr -d '\n' >"$bundle/config.json"
		call rt explain "$bundle"
		[[ $code == 1 ]] || { complain "accepted, or died: $filter ${number:0:40}"; return 1; }
		is "$(wc -l <"$T/err")" 1 "lines for $filter ${number:0:40}"
	done <<-'TABLE'
		.process.user.uid DIGITS
		.process.user.uid -0.5
		.process.user.uid 01
		.process.user.uid +1
		.process.user.uid 0x10
		.process.user.uid 1e-400
		.process.oomScoreAdj DIGITS
		.process.oomScoreAdj -9223372036854775809
		.process.rlimits[0].soft -1
		.process.rlimits[0].soft 18446744073709551616
		.process.rlimits[0].hard 1.5
		.process.rlimits[0].soft DIGITS
		.linux.devices[0].major 9223372036854775808
		.linux.devices[0].major 4096
		.linux.devices[0].minor 1048576
		.linux.devices[0].minor -2
		.linux.devices[0].fileMode 4294967296
		.linux.devices[0].fileMode -1
		.linux.devices[0].uid 4294967295
		.process.consoleSize.width -1
		.linux.uidMappings[0].size 0
		.linux.uidMappings[0].size 4294967296
		.linux.uidMappings[0].hostID 4294967295
		.linux.uidMappings[0].containerID -1
		.linux.gidMappings[0].size 1e3
		.hooks.poststop[0].timeout 0
		.hooks.poststop[0].timeout -1
		.hooks.poststop[0].timeout 9223372036854775808
		.linux.resources.memory.swappiness 101
		.linux.resources.memory.swappiness -1
		.linux.resources.cpu.quota 9223372036854775808
		.linux.resources.blockIO.weight 65536
		.linux.resources.blockIO.weight 1001
	TABLE
	cp "$T/whole" "$bundle/config.json"
	call rt explain "$bundle"
	ok
}

@test "C50: -0 is 0 or refused, never something else; the edges of 32 and 64 bits are not cut off" {
	local number
	jq -c . <"$bundle/config.json" >"$T/whole"
	for number in -0 4294967296 18446744073709551616 8589934592; do
		jq -c '.process.user.uid = "@@"' <"$T/whole" | sed "s|\"@@\"|$number|" >"$bundle/config.json"
		probe ids
		if [[ $number == -0 && $code == 0 ]]; then says "uid 0 0 0 0"; else refused uid; fi
		cp "$T/whole" "$bundle/config.json"
	done
}

@test "C51: keys given twice in seccomp, in a mount, in a hook, in a map; keys of another case in seccomp weaken nothing" {
	skip_on runc "the last one wins"
	skip_on crun "takes them"
	local from to
	a_large_config
	jq -c . <"$bundle/config.json" >"$T/whole"
	while IFS='|' read -r from to; do
		sed "s|$from|$to|" "$T/whole" >"$bundle/config.json"
		if cmp -s "$T/whole" "$bundle/config.json"; then complain "no change: $from"; false; fi
		create
		refused
	done <<-'TABLE'
		"defaultAction":|"defaultAction":"SCMP_ACT_ALLOW","defaultAction":
		"names":\["read"|"names":["mount"],"names":["read"
		"destination":"/proc"|"destination":"/proc","destination":"/x"
		"timeout":5|"timeout":5,"timeout":6
		"net.ipv4.ip_forward":"1"|"net.ipv4.ip_forward":"1","net.ipv4.ip_forward":"0"
		"hostID":1000|"hostID":1000,"hostID":0
	TABLE
	rm "$bundle/config.json"
	jq '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "DefaultAction": "SCMP_ACT_KILL", "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "Action": "SCMP_ACT_ALLOW"}]}
		| .Process = {"noNewPrivileges": false} | .process.User = {"uid": 7} | .linux.MaskedPaths = []
		| del(.hooks, .linux.uidMappings, .linux.gidMappings, .linux.sysctl) | .linux.namespaces -= [{"type": "user"}]' <"$T/whole" >"$bundle/config.json"
	probe confinement + ids + syscall sethostname
	ok
	says "nnp 1" "seccomp 2" "uid 0 0 0 0" "syscall sethostname EPERM"
}

@test "C52: NUL, lone surrogates and bad UTF-8 in args, cwd, mounts, annotations, hooks, maps: refused before anything is made" {
	skip_on runc "replaces some of them"
	skip_on crun "cuts at NUL"
	local bad filter value
	mkdir -p "$T/aXb" "$T/low/one" "$T/low/two" "$bundle/aXb"
	ln -s /bin/true "$T/aXb/hook"
	edit '.mounts += [{destination: "/mnt", type: "overlay", source: "overlay", options: ["lowerdir=\($l)/one:\($l)/two"]}] | .linux.maskedPaths = ["/x"]
		| .hooks.createRuntime = [{path: "/bin/true"}] | .process.env += ["X=y"]' --arg l "$T/low"
	args wait
	cp "$bundle/config.json" "$T/plain.json"
	while read -r filter value; do
		value=${value//@T/$T}
		jq -c "$filter = \$v" --arg v "${value/@c/$(cgroups_path "$id")}" <"$T/plain.json" >"$T/marked"
		for bad in X '\\u0000' '\\udc00' $'\xff' $'\xc0\xaf'; do
			LC_ALL=C sed "s|@@|$bad|" "$T/marked" >"$bundle/config.json"
			create
			if [[ $bad == X ]]; then
				[[ $code == 0 ]] || { complain "$filter is wrong without it, too"; return 1; }
				call rt delete --force "$id"
				ok
			else
				case $bad in
				*0000) refused 'must not contain \u0000' ;;
				*udc00) refused "surrogate" ;;
				*) refused "UTF-8" ;;
				esac
				lacks "$err" $'\xff'
			fi
		done
	done <<-'TABLE'
		.process.args[1] a@@b
		.process.env[-1] A=a@@b
		.process.cwd /a@@b
		.hostname a@@b
		.mounts[-1].destination /a@@b
		.mounts[-1].source a@@b
		.mounts[-1].options[0] lowerdir=@T/a@@b:@T/low/one
		.annotations.key a@@b
		.hooks.createRuntime[0].path @T/a@@b/hook
		.linux.cgroupsPath @ca@@b
		.linux.maskedPaths[0] /a@@b
		.root.path a@@b/../rootfs
		.process.user.username a@@b
	TABLE
	sed 's|"hostname"|"annotations": {"a\\u0000b": "x"}, "hostname"|' "$T/plain.json" >"$bundle/config.json"
	create
	refused
}

@test "C55: the same destination many times is a stack, also with few descriptors; more mounts than may be are refused" {
	needs caisson "limits of the runtime's own"
	local number
	number=$(long 1000 5000)
	cp "$bundle/config.json" "$T/plain.json"
	edit '.mounts += [range($n) | {"destination": "/stack", "type": "tmpfs", "source": "t\(.)", "options": ["size=4k"]}]' --argjson n "$number"
	args mounts
	LIMIT=60 call "$HELPERS/caller" nofile=1024 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	ok
	is "$(grep -c '^mount /stack ' <<<"$out")" "$number"
	contains "$(mount_at /stack)" "t$((number - 1))"
	cp "$T/plain.json" "$bundle/config.json"
	edit '.mounts += [range(32769) | {"destination": "/m", "type": "tmpfs"}]'
	create
	refused mounts
}

@test "C55: ten thousand mounts" {
	[[ -n $LONG ]] || skip "with LONG=1"
	edit '.mounts += [range(10000) | {"destination": "/mnt/\(.)", "type": "tmpfs", "source": "tmpfs", "options": ["size=4k"]}]'
	args exit 6
	LIMIT=120 call "$HELPERS/caller" nofile=1024 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	exits 6
}

@test "C56: types and options that have helpers in /sbin start no program; remount, context and doubled commas are refused" {
	needs caisson "libmount is in others"
	command -v strace >/dev/null || skip "no strace"
	local type option
	cp "$bundle/config.json" "$T/plain.json"
	# A file system over /sbin of this test's mount namespace, with helpers that leave a trace.
	mkdir "$T/sbin"
	printf '#!/bin/sh\necho "$0 $*" >>%s\n' "$T/helped" >"$T/helper"
	chmod 755 "$T/helper"
	for type in fuse fuse.evil nfs ntfs cifs tmpfs overlay; do cp "$T/helper" "$T/sbin/mount.$type"; done
	host_mount --bind "$T/sbin" "$(readlink -f /sbin)"
	mounts_before=$(mount_table)
	for type in fuse fuse.evil nfs ntfs cifs ../evil "evil fs" mount.fuse; do
		cp "$T/plain.json" "$bundle/config.json"
		edit '.mounts += [{"destination": "/mnt", "type": $t, "source": "//host/share"}]' --arg t "$type"
		create
		refused
	done
	while read -r option; do
		cp "$T/plain.json" "$bundle/config.json"
		edit '.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": [$o]}]' --arg o "$option"
		create
		refused
	done <<-'TABLE'
		context="system_u:object_r:x:s0"
		remount,size=1m
		X-mount.mkdir=0777
		x-systemd.automount
		size=1m,,mode=0
		uid=-1
		fd=3
		source=/etc
		lowerdir=/:/etc
		subdir=/etc
	TABLE
	cp "$T/plain.json" "$bundle/config.json"
	edit '.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k"]}]'
	args ids
	ASAN_OPTIONS=detect_leaks=0 timeout 20 strace -f -qq -e trace=execve,execveat -o "$T/trace" "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id" >/dev/null </dev/null 3>&-
	is "$(grep -c 'execve.* = 0' "$T/trace")" 3 "programs executed: the runtime, its init, the container's"
	[[ ! -e $T/helped ]]
	umount "$(readlink -f /sbin)"
	host_mounts=()
	mounts_before=$mounts_at_setup
}

@test "C56: idmap on a file system that has none is refused" {
	skip_on runc "1.1 does not know it"
	edit '.mounts += [{"destination": "/mnt", "source": "/proc", "options": ["bind", "idmap"], "uidMappings": [{"containerID": 0, "hostID": 5, "size": 1}],
		"gidMappings": [{"containerID": 0, "hostID": 5, "size": 1}]}]'
	create
	refused
}

@test "C57: the cgroup path /, those that lead above it, and the kernel's own names are refused" {
	skip_on runc "1.1 cleans them"
	skip_on crun "cleans them"
	local path
	args exit 0
	for path in / // /. . ./ /x/.. /.. .. /x/../.. /cgroup.procs/x /x/cgroup.freeze /memory.max /x/pids.max /tasks /x/release_agent $'/x\e[0m' $'/x\x7f' \
		/notify_on_release "/$(printf 'a%.0s' {1..256})"; do
		edit '.linux.cgroupsPath = $p' --arg p "$path"
		create
		if [[ $code == 0 ]]; then complain "accepted: '$path'"; rt delete --force "$id"; return 1; fi
		refused
	done
}

@test "C58: a bad id is refused by every command, and by every way to write it" {
	local bad command
	args wait
	mkdir -m 0700 -p "$state"
	for bad in . .. a/b ../x $'a\nb' $'\e[31m' ä %n%s .hidden "$(printf 'a%.0s' {1..255})" "$(printf 'a%.0s' {1..256})" a\\b 'a*' '~' ' a'; do
		for command in create run state start kill delete "delete --force" pause resume ps "ps --format json" "update --pids-limit 5" events "events --stats" \
			"mounts add"; do
			[[ $(runtime_name) == caisson || $command != mounts* ]] || continue
			case $command in
			mounts*) LIMIT=3 call rt $command -- "$bad" "$bundle/config.json" ;;
			*) LIMIT=3 call rt $command -- "$bad" ;;
			esac
			[[ $code != 0 && $code != 124 ]] || { complain "$command took '$bad'"; return 1; }
			lacks "$err" $'\e'
		done
		LIMIT=3 call rt exec -- "$bad" /bin/true
		[[ $code != 0 && $code != 124 ]]
	done
	is "$(ls -A "$state")" ""
	# A dash in front is legal after the end of the options, and an option before it.
	call rt create --bundle "$bundle" -rf
	fails
	call_create rt create --bundle "$bundle" -- -rf
	ok
	call rt delete -f -rf
	fails
	call rt delete --force -- -rf
	ok
	is "$(ls -A "$state")" ""
	host_unharmed
}

@test "C60: hooks that kill the runtime, that hang and are interrupted: recovered from" {
	needs caisson "others leave things behind"
	local kind
	# Those in the container's namespaces see no parent.
	for kind in prestart createRuntime; do
		edit '.hooks = {($k): [{"path": "/bin/sh", "args": ["sh", "-c", "kill -9 $PPID; sleep 30"]}]}' --arg k $kind
		args wait
		LIMIT=10 create
		[[ $code != 124 ]] || { complain "hangs"; return 1; }
		call rt list
		ok
		wait_for 5 eval '[[ ! -e $state/$id || $(state_of) == stopped ]]'
		call rt delete --force "$id"
		ok
		nothing_left
	done
	edit '.hooks = {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "trap : TERM INT HUP; while :; do sleep 1; done"]}]}'
	local signal
	for signal in TERM INT; do
		code=0
		timeout -s $signal -k 10 0.3 "$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id" >/dev/null 2>"$T/err" </dev/null 3>&- || code=$?
		is $code 124 "the end by SIG$signal"
		wait_for 3 no_processes
		call rt delete --force "$id"
		ok
		nothing_left
	done
}

@test "C60: a hook that prints without end is not held in memory" {
	edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "head -c \($n) /dev/zero; head -c \($n) /dev/zero >&2; exit 5"], "env": ["PATH=/usr/bin:/bin"]}]' \
		--argjson n "$(long 50000000 1073741824)"
	args wait
	cat >"$T/measure.py" <<-'PYTHON'
		import os, subprocess, sys
		with open(sys.argv[1], "wb") as words:
		    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=words, stderr=words)
		    _, status, usage = os.wait4(child.pid, 0)
		    print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
	PYTHON
	call timeout 60 python3 "$T/measure.py" "$T/words" "$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id"
	is "${out% *}" 1 "exit code"
	sanitized || ((${out#* } < 40000)) || { complain "took ${out#* } KiB"; return 1; }
	# What it printed goes where the runtime's own words go; none of it is in the error, but for a line.
	local last
	last=$(tail -c 10000 "$T/words" | tr -d '\0' | tail -n 1)
	contains "$last" createRuntime
	((${#last} < 6000))
	nothing_left
}

@test "C61: what stands for a user is a number or two, exactly; each is the one that the program has" {
	skip_on runc "1.1 takes some of them"
	start_probe wait
	local user want
	while read -r user want; do
		call rt exec --user "$user" "$id" /bin/probe ids
		ok
		is "$(value uid | cut -d' ' -f1):$(value gid | cut -d' ' -f1)" "$want" "user $user"
	done <<-'TABLE'
		1 1:0
		0 0:0
		1:2 1:2
		4294967294 4294967294:0
		2147483648:2147483649 2147483648:2147483649
		0:5 0:5
	TABLE
	for user in 1:2: :: 01x ٣ 1,2 "1 2" 1:-1 -0 99999999999999999999 4294967296:0 $'1\n' $'1\t'; do
		call rt exec --user "$user" "$id" /bin/probe ids
		[[ $code != 0 ]] || { complain "accepted '$user'"; return 1; }
	done
	for user in '"1"' '{}' '{"uid": null, "gid": 0}' '[]' '{"uid": 1e0, "gid": 0}' '{"uid": 4294967295, "gid": 0}'; do
		printf '{"args": ["/bin/probe", "ids"], "cwd": "/", "user": %s}' "$user" >"$T/process.json"
		call rt exec --process "$T/process.json" "$id"
		if [[ $code == 0 ]]; then complain "accepted the user $user: $out"; false; fi
	done
	printf '{"args": ["/bin/probe", "ids"], "cwd": "/", "terminal": true, "user": {"uid": 0, "gid": 0}}' >"$T/process.json"
	LIMIT=5 call rt exec --detach --process "$T/process.json" "$id"
	fails
}

# tampered SED-SCRIPT: the record of a container that lives, changed.
tampered() {
	sed -E "$1" "$T/record" >"$state/$id/state.json"
	refute cmp -s "$T/record" "$state/$id/state.json"
}

@test "C63: records with other numbers for the process: nobody is signalled who is not the container's" {
	needs caisson "the record's form"
	local victim start pid change command tried=0
	start_probe wait
	pid=$(pid_of)
	cp "$state/$id/state.json" "$T/record"
	setpriv --reuid 1234 --clear-groups sleep 300 </dev/null >/dev/null 2>&1 3>&- &
	victim=$!
	agents+=("$victim")
	start=$(sed 's/.*) //' "/proc/$victim/stat" | cut -d' ' -f20)
	for change in 's/"pid":[0-9]+/"pid":1/' "s/\"pid\":[0-9]+/\"pid\":$victim/" 's/"pid":[0-9]+/"pid":-1/' 's/"pid":[0-9]+/"pid":0/' 's/"pid":[0-9]+/"pid":2147483648/' \
		"s/\"pid\":[0-9]+/\"pid\":$victim/; s/\"pidStart\":[0-9]+/\"pidStart\":0/" 's/"pidStart":[0-9]+/"pidStart":1/' 's/"bootId":"[^"]*"/"bootId":"00000000-0000-0000-0000-000000000000"/' \
		's/"id":"[^"]*"/"id":"other"/' 's/"pid":[0-9]+/"pid":"1"/' 's/,"pid":/,"pid":1,"pid":/' 's/"pid":[0-9]+/"pid":1e0/'; do
		# A kill --all may have met the container itself, rightly: each change has one that lives.
		if [[ ! -d /proc/$pid ]]; then
			cp "$T/record" "$state/$id/state.json"
			call rt delete --force "$id"
			ok
			start_probe wait
			pid=$(pid_of)
			cp "$state/$id/state.json" "$T/record"
		fi
		tried=$((tried + 1))
		tampered "$change" || { complain "not in the record: $change: $(<"$T/record")"; return 1; }
		for command in "kill $id KILL" "kill --all $id KILL" "state $id" "list" "ps $id" "pause $id" "exec $id /bin/true"; do
			LIMIT=5 call rt $command
			[[ $code != 124 && $code -lt 128 || $code == 255 ]] || { complain "hung or died: $command with $change"; return 1; }
			[[ $command != list ]] || ok
			kill -0 "$victim" || { complain "the victim is dead: $command with $change"; return 1; }
		done
	done
	is "$tried" 12 "changes tried"
	# The worst: all but the inode of its pidfd is right for somebody else.
	cp "$T/record" "$state/$id/state.json"
	if tampered "s/\"pid\":[0-9]+/\"pid\":$victim/; s/\"pidStart\":[0-9]+/\"pidStart\":$start/" && grep -q pidInode "$T/record"; then
		LIMIT=5 call rt kill "$id" KILL
		kill -0 "$victim"
	fi
	cp "$T/record" "$state/$id/state.json"
	call rt delete --force "$id"
	ok
	kill -0 "$victim"
	kill -9 "$pid" 2>/dev/null || true
	kill "$victim"
}

@test "C63: records that are cut, random, empty, 2 GiB, a directory, a link, a fifo: list goes on, nothing hangs, delete --force removes it" {
	needs caisson "the record's form"
	local at size kind
	start_probe wait
	cp "$state/$id/state.json" "$T/record"
	size=$(stat -c %s "$T/record")
	look_at_it() { # WHAT
		local command
		for command in list "list --format json" "state $id" "kill $id 0" "start $id"; do
			LIMIT=5 call rt $command
			[[ $code != 124 && $code -lt 128 ]] || { complain "hung or died: $command: $1"; return 1; }
			[[ $command != list* ]] || ok
		done
	}
	for ((at = 0; at < size - 1; at += $(long 199 7))); do
		head -c $at "$T/record" >"$state/$id/state.json"
		look_at_it "cut at $at"
	done
	head -c 4000 /dev/urandom >"$state/$id/state.json"
	look_at_it random
	truncate -s 2G "$state/$id/state.json"
	look_at_it "2 GiB"
	for kind in "mkdir" "mkfifo" "ln -s $canary/file" "ln -s /dev/zero" "mknod -m 600"; do
		rm -rf "$state/$id/state.json"
		case $kind in mknod*) mknod "$state/$id/state.json" c 1 5 ;; *) $kind "$state/$id/state.json" ;; esac
		look_at_it "$kind"
	done
	rm -rf "$state/$id/state.json"
	cp "$T/record" "$state/$id/state.json"
	is "$(state_of)" running
	mkfifo "$state/$id/config.fifo"
	rm "$state/$id/config.json"
	mkfifo "$state/$id/config.json"
	LIMIT=10 call rt exec "$id" /bin/true
	fails
	LIMIT=10 call rt delete --force "$id"
	ok
	nothing_left
}

@test "C66: LISTEN_FDS of a thousand, of no number, for somebody else; XDG_RUNTIME_DIR of no use" {
	local value
	args fds + env
	for value in 1000 -1 x "" 4294967296 18446744073709551616 " 1" 1x; do
		call bash -c 'export LISTEN_FDS=$0 LISTEN_PID=$$; exec "$@"' "$value" "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
		if [[ $code == 0 ]]; then
			is "$(awk '$1 == "fd" { print $2 }' <<<"$out" | sort -n | xargs)" "0 1 2"
		else
			[[ $code == 1 ]]
			nothing_left
		fi
	done
	for value in 1 $$ x "" 99999999; do
		call env LISTEN_FDS=3 LISTEN_PID=$value XDG_RUNTIME_DIR=relative NOTIFY_SOCKET=not-absolute "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
		[[ $code == 0 || $code == 1 ]]
		[[ $code == 1 ]] || is "$(awk '$1 == "fd" { print $2 }' <<<"$out" | sort -n | xargs)" "0 1 2"
		lacks "$out" "env LISTEN_FDS"
	done
}

@test "C67: a directory among the preserved descriptors arrives, and leads no working directory out" {
	args fds + cwd
	call bash -c 'exec 3<"$0"; exec "$@"' "$canary" "$RUNTIME" --root "$state" "${owner_option[@]}" run --preserve-fds 1 --bundle "$bundle" "$id"
	ok
	says "cwd /"
	is "$(awk '$1 == "fd" { print $2 }' <<<"$out" | sort -n | xargs)" "0 1 2 3"
	local cwd
	for cwd in /proc/self/fd/3 /proc/self/fd/3/dir /proc/self/fd/3/../..; do
		edit '.process.cwd = $c' --arg c $cwd
		call bash -c 'exec 3<"$0"; exec "$@"' "$canary" "$RUNTIME" --root "$state" "${owner_option[@]}" run --preserve-fds 1 --bundle "$bundle" "$id"
		fails
		rm -rf "$rootfs/proc/self"
		host_unharmed
		nothing_left
	done
}

@test "C68: annotations, hostnames, mounts and cgroup paths cannot forge a record of either log, nor reach the terminal" {
	local accepted= evil=$'x"}\n{"level":"info","msg":"forged"}\e]0;t\a%s%n%1000000d' filter
	cp "$bundle/config.json" "$T/plain.json"
	while read -r filter; do
		cp "$T/plain.json" "$bundle/config.json"
		edit "$filter" --arg e "$evil"
		for format in json text; do
			rm -f "$T/log"
			call rt --log "$T/log" --log-format $format create --bundle "$bundle" "$id"
			if [[ $code == 0 ]]; then
				accepted+=" ${filter%% *}"
				rt list --format json | jq -e . >/dev/null
				[[ $filter != .annotations* ]] || rt state "$id" | jq -e --arg e "$evil" '.annotations.a == $e' >/dev/null
				rt delete --force "$id"
				continue
			fi
			is "$(wc -l <"$T/log")" 1 "lines of the $format log for $filter"
			lacks "$(<"$T/log")" $'\e'
			is "$(grep -vc '^warning: ' "$T/err")" 1 "lines on stderr for $filter"
			lacks "$err" $'\e'
			[[ $format != json ]] || jq -e '.level == "error"' "$T/log" >/dev/null
		done
	done <<-'TABLE'
		.annotations = {"a": $e}
		.hostname = $e
		.mounts += [{"destination": $e, "type": $e}]
		.mounts += [{"destination": "/x", "source": $e, "options": ["bind"]}]
		.linux.cgroupsPath = $e
		.process.cwd = $e
		.process.args = [$e]
		.root.path = $e
		.linux.namespaces += [{"type": $e}]
		.linux.sysctl = {($e): "1"}
		.hooks = {"createRuntime": [{"path": ("/" + $e)}]}
		.linux.resources.unified = {($e): "1"}
	TABLE
	[[ " $accepted " == *" .annotations "* ]]
	nothing_left
}
