# Cases of our own about what this runtime has and others do not: executables in memory, a helper with the host's libraries, kept filters,
# records, traces, devices that come back. README.md names the rule that each shows.
load lib.bash

setup() {
	adversarial_setup
	needs caisson "what the case is about"
}

# ---- executables and memory of our own ----

# Where a controller is mounted at no usual place the mount table is asked, by caisson-libs, which loads the host's libraries.
hide_a_controller() { # WHERE it is instead
	unified && skip "there are no legacy hierarchies"
	[[ -d /sys/fs/cgroup/pids && -d /sys/fs/cgroup/cpuset ]] || skip "pids has no hierarchy of its own here"
	mkdir -p "$1"
	way=(unshare --mount --propagation private sh -c 'umount -l /sys/fs/cgroup/pids && mount -t cgroup -o pids none "$0" && exec "$@"' "$1")
}

@test "X26: the caller's LD_PRELOAD, LD_LIBRARY_PATH, LD_AUDIT and LIBMOUNT_ variables lead caisson-libs to no library, and it finds what it shall (B.3.8, B.5)" {
	command -v cc >/dev/null || skip "no compiler"
	printf '#include <fcntl.h>\n#include <unistd.h>\n__attribute__((constructor)) static void evil(void) { close(open(MARK, O_CREAT | O_WRONLY, 0644)); }
		unsigned la_version(unsigned v) { evil(); return v; }\n' >"$T/evil.c"
	mkdir "$T/libs"
	cc -shared -fPIC -DMARK="\"$T/loaded\"" -o "$T/libs/libmount.so.1" "$T/evil.c"
	cp "$T/libs/libmount.so.1" "$T/libs/libsystemd.so.0"
	cp "$T/libs/libmount.so.1" "$T/libs/libc.so.6"
	LD_PRELOAD=$T/libs/libmount.so.1 /bin/true
	[[ -e $T/loaded ]] || skip "the library does nothing"
	rm "$T/loaded"
	hide_a_controller "$T/pids"
	edit '.linux.resources.pids = {"limit": 33}'
	# sh and unshare are dynamic, too: they get their environment before, the runtime gets it alone.
	way+=(env "LD_PRELOAD=$T/libs/libmount.so.1" "LD_LIBRARY_PATH=$T/libs" "LD_AUDIT=$T/libs/libmount.so.1" "LIBMOUNT_FSTAB=$canary/fifo"
		"LIBMOUNT_MTAB=$canary/file" LIBMOUNT_DEBUG=all "LIBMOUNT_UTAB=$canary/fifo")
	rt() { timeout --foreground -k 1 20 "${way[@]}" "$RUNTIME" --root "$state" "$@"; }
	start_probe wait
	is "$(<"/sys/fs/cgroup/pids/$id/pids.max")" 33
	[[ ! -e $T/loaded ]] || { complain "the caller's library was loaded"; return 1; }
	call rt update --pids-limit 44 "$id"
	ok
	is "$(<"/sys/fs/cgroup/pids/$id/pids.max")" 44
	call rt delete --force "$id"
	ok
	[[ ! -e $T/loaded ]]
	way=()
}

rt_within() { timeout 10 prlimit --as="$1" -- "$RUNTIME" --root "$state" "${@:2}"; }
@test "X27: memory at fixed addresses, whatever layout and however little of it the caller's limits and personality leave: works, or says so (B.15)" {
	local layout size
	args ids
	edit '.linux.resources.pids = {"limit": 33}'
	for layout in "setarch -R" "setarch -L" "setarch -RL" "setarch -Z" "setarch -X" "setarch --read-implies-exec" "prlimit --stack=unlimited --" "prlimit --stack=unlimited setarch -RL"; do
		call timeout 10 $layout "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
		[[ $code == 0 ]] || { complain "with $layout"; return 1; }
		says "uid 0 0 0 0"
	done
	for size in 1000000 4000000 20000000 70000000 150000000 400000000 5000000000; do
		call rt_within $size run --bundle "$bundle" "$id"
		if [[ $code == 0 ]]; then says "uid 0 0 0 0"; else
			# What has no room for its own image the kernel ends.
			[[ $code == 1 && -n $err || ($size -lt 2000000 && $code != 124) ]] || { complain "hung or silent with $size bytes"; return 1; }
		fi
		call rt delete --force "$id"
		ok
		nothing_left
	done
}

# ---- what is kept beside the record ----

@test "X28: a kept filter that is cut, foreign, a link, a fifo, a directory, 1 GiB, or gone: exec is filtered, or refused in time (B.13)" {
	local what file
	edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO"}]}'
	start_probe wait
	file=$state/$id/filter.bpf
	[[ -s $file ]]
	cp "$file" "$T/filter"
	for what in as-it-was gone empty "cut 8" "cut 16" "cut 7" "cut -8" random zeros huge directory fifo "link $T/filter" "link /dev/zero" "link /proc/self/mem" device; do
		rm -rf "$file"
		case $what in
		as-it-was) cp "$T/filter" "$file" ;;
		gone) ;;
		empty) : >"$file" ;;
		cut*) head -c "${what#* }" "$T/filter" >"$file" ;;
		random) head -c 4096 /dev/urandom >"$file" ;;
		zeros) head -c 4096 /dev/zero >"$file" ;;
		huge) truncate -s 1G "$file" ;;
		directory) mkdir "$file" ;;
		fifo) mkfifo "$file" ;;
		link*) ln -s "${what#* }" "$file" ;;
		device) mknod "$file" c 1 5 ;;
		esac
		LIMIT=5 call rt exec "$id" /bin/probe confinement + syscall sethostname
		if [[ $code == 0 ]]; then
			says "seccomp 2" "nnp 1" "syscall sethostname EPERM"
		else
			[[ $code != 124 && -n $err ]] || { complain "hangs, or is silent: $what"; return 1; }
			lacks "$out" "seccomp 0"
		fi
	done
	rm -rf "$file"
	call rt delete --force "$id"
	ok
}

# changed EXPRESSION: the record as it was is r. Not by jq: there are numbers of 64 bits in it.
changed() {
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
json.dump(eval(sys.argv[2]), open(sys.argv[3], "w"))' "$T/record" "$1" "$state/$id/state.json"
}
@test "X29: records of earlier and later versions: what is not known is passed over, what is missing harms nobody, all of it is deleted (B.14)" {
	local key keys command
	edit '.hooks.poststop = [{"path": "/bin/true"}]'
	start_probe wait
	cp "$state/$id/state.json" "$T/record"
	# A later one: more keys, of every kind, at the end, at the beginning, and within.
	changed '{"aFormat": 99, **r, "zLater": {"deep": [1, {"x": None}]}, "zText": "\u001b]0;x", "zNumber": 2**64 - 1, "ociVersion": "9.9.9",
		"cgroups": [{**c, "later": [True]} for c in r.get("cgroups", [])]}'
	is "$(state_of)" running
	call rt exec "$id" /bin/probe echo well
	is "$out" well
	call rt update --pids-limit 50 "$id"
	ok
	call rt pause "$id"
	ok
	call rt resume "$id"
	ok
	is "$(state_of)" running
	# An earlier one: each key that is not there, one after the other. Whoever is asked answers; the container may be taken for stopped.
	mapfile -t keys < <(jq -r 'keys[]' "$T/record")
	for key in "${keys[@]}"; do
		changed "{k: v for k, v in r.items() if k != '$key'}"
		for command in list "state $id" "kill $id 0" "ps $id" "update --pids-limit 51 $id"; do
			LIMIT=5 call rt $command
			[[ $code != 124 && $code -lt 126 ]] || { complain "$command hangs or dies without $key"; return 1; }
			[[ $code == 0 || -n $err ]]
		done
	done
	# Those that came later than the first release are no reason to lose anything.
	changed '{k: v for k, v in r.items() if k not in ("pidInode", "initDevice", "initInode", "oomBefore", "startMarked", "hooksBegun", "chrooted")}'
	is "$(state_of)" running
	call rt delete --force "$id"
	ok
	nothing_left
}

# ---- --trace ----

@test "X30: --trace into a directory of a user's: links are refused, others' files stay, a fifo, a full disk and a reader who reads nothing hold nobody up (B.14.11, B.16)" {
	local file
	mkdir -m 0777 "$T/theirs"
	chown 4321:4321 "$T/theirs"
	args exit 3
	ln -s "$canary/file" "$T/theirs/link"
	ln -s "$canary/new" "$T/theirs/new"
	ln -s /proc/sys/kernel/core_pattern "$T/theirs/setting"
	mkfifo "$T/theirs/fifo"
	mkdir "$T/theirs/directory"
	for file in link new setting fifo directory; do
		LIMIT=5 call rt run --bundle "$bundle" --trace "$T/theirs/$file" "$id"
		fails "cannot write the trace"
		host_unharmed
		nothing_left
	done
	# A disk that is full costs the trace, not the container.
	LIMIT=5 call rt run --bundle "$bundle" --trace /dev/full "$id"
	exits 3
	contains "$err" trace
	echo "theirs" >"$T/theirs/file"
	chown 4321:4321 "$T/theirs/file"
	LIMIT=5 call rt run --bundle "$bundle" --trace "$T/theirs/file" "$id"
	exits 3
	is "$(stat -c '%u:%g' "$T/theirs/file")" 4321:4321
	jq -e .traceEvents "$T/theirs/file" >/dev/null
	# More than a pipe holds, and nobody who takes it.
	edit '.mounts += [range(600) | {"destination": "/mnt/with/a/long/name/so/that/there/is/much/to/tell/\(.)", "type": "tmpfs", "source": "tmpfs", "options": ["size=4k"]}]'
	exec 7<>"$T/theirs/fifo"
	LIMIT=15 call rt run --bundle "$bundle" --trace "$T/theirs/fifo" "$id" 7>&-
	exec 7>&-
	[[ $code != 124 ]] || { complain "a reader who reads nothing holds it up"; return 1; }
	exits 3
	nothing_left
}

# ---- network devices that come back ----

@test "X31: a device that the container has passed on or deleted is lost alone, one that it has named lo comes back under its own name, nothing hangs (B.13)" {
	command -v ip >/dev/null || skip "no ip"
	local pid inner
	: >"$T/net"
	unshare --net="$T/net" ip link set lo up
	host_mounts+=("$T/net")
	mounts_before=$(mount_table)
	in_net() { nsenter --net="$T/net" "$@"; }
	rt() { in_net timeout --foreground -k 1 20 "$RUNTIME" --root "$state" "$@"; }
	local name
	for name in a b c; do in_net ip link add end-$name type veth peer name port-$name; done
	edit '.linux.netDevices = {"end-a": {"name": "in-a"}, "end-b": {"name": "in-b"}, "end-c": {"name": "in-c"}} | .annotations["io.caisson.netDevices.return"] = "true"'
	start_probe wait
	pid=$(pid_of)
	# One goes on to a namespace that lives, one is no more, and the third is called what the host's loopback is.
	nsenter --net="/proc/$pid/ns/net" unshare --net sleep 300 </dev/null >/dev/null 2>&1 3>&- 4>&- &
	inner=$!
	agents+=("$inner")
	wait_for 5 eval '[[ $(readlink /proc/'$inner'/ns/net) != "$(readlink /proc/'$pid'/ns/net)" && $(</proc/'$inner'/comm) == sleep ]]'
	nsenter --net="/proc/$pid/ns/net" ip link set dev in-a netns "$inner"
	nsenter --net="/proc/$pid/ns/net" ip link delete dev in-b
	nsenter --net="/proc/$pid/ns/net" ip link set lo down
	nsenter --net="/proc/$pid/ns/net" ip link set lo name was-lo 2>/dev/null || true
	nsenter --net="/proc/$pid/ns/net" ip link set dev in-c name lo 2>/dev/null || true
	LIMIT=10 call rt delete --force "$id"
	ok
	contains "$(in_net ip -j link | jq -r '[.[].ifname] | sort | join(" ")')" end-c
	lacks "$(in_net ip -j link | jq -r '[.[].ifname] | join(" ")')" end-b
	contains "$(in_net ip link show lo)" LOOPBACK
	kill "$inner"
	wait "$inner" 2>/dev/null || true
	in_net() { "$@"; }
	umount "$T/net"
	host_mounts=()
	mounts_before=$mounts_at_setup
}

# ---- others on the host ----

# Opens whatever of new processes of other users it can; says what it got, and how often it tried.
watcher() {
	cat <<-'PYTHON'
		import os, sys, time
		os.setgroups([]); os.setgid(4321); os.setuid(4321)
		tries = 0
		print("watching", flush=True)
		until = time.time() + float(sys.argv[1])
		known = set(os.listdir("/proc"))
		while time.time() < until:
		    for pid in os.listdir("/proc"):
		        if not pid.isdigit() or pid in known:
		            continue
		        for name in ("mem", "environ", "exe", "root/", "cwd/", "fd", "maps", "map_files", "stack", "syscall", "ns/net", "fd/3", "fdinfo/3"):
		            path = "/proc/%s/%s" % (pid, name)
		            try:
		                if os.stat("/proc/" + pid).st_uid == 4321:
		                    continue
		                tries += 1
		                if name.endswith("/") or name in ("fd", "map_files"):
		                    os.listdir(path)
		                elif name in ("exe", "ns/net"):
		                    os.readlink(path)
		                else:
		                    with open(path, "rb") as f:
		                        if not f.read(1):
		                            continue
		                print("got", path, flush=True)
		            except OSError:
		                pass
		    try:
		        print("got", os.listdir(sys.argv[2]), flush=True)
		    except OSError:
		        pass
		print("tried", tries, flush=True)
	PYTHON
}

@test "X32: a local user who opens memory, descriptors, roots and executables of all new processes while containers are made gets none (C100, B.6.3, B.14.1)" {
	local seconds watching until
	seconds=$(long 3 60)
	args exit 0
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	watcher >"$T/watcher.py"
	python3 "$T/watcher.py" "$seconds" "$state" >"$T/watched" 2>&1 </dev/null 3>&- 4>&- &
	watching=$!
	agents+=("$watching")
	wait_for 5 grep -q watching "$T/watched"
	until=$((SECONDS + seconds))
	while ((SECONDS < until)); do
		call rt run --bundle "$bundle" "$id"
		ok
	done
	create
	ok
	# A socket's mode is nobody's business who does not come through its directory.
	is "$(find "$state" -perm /077 ! -type l ! -type s)" "" "what others may open of the state"
	wait "$watching"
	is "$(grep '^got' "$T/watched" || true)" "" "what the user got"
	grep -q '^tried [1-9]' "$T/watched" || { complain "nobody was watched: $(<"$T/watched")"; return 1; }
	echo "# X32: $(tail -1 "$T/watched")" >&3
}

@test "X33: commands called in another time namespace, where all processes began at other times, find the same container (B.14.9)" {
	[[ -e /proc/self/ns/time ]] || skip "no time namespaces"
	local pid command
	start_probe wait
	pid=$(pid_of)
	# Not in -T's own process: only its children are in the new namespace.
	rt() { timeout --foreground -k 1 20 unshare --fork --time --boottime "$offset" --monotonic "$offset" "$RUNTIME" --root "$state" "${owner_option[@]}" "$@"; }
	local offset
	for offset in 1000000 -1; do
		call rt state "$id"
		contains "$out" running
		call rt exec "$id" /bin/probe echo well
		is "$out" well
		call rt delete "$id"
		fails "not stopped"
		call rt pause "$id"
		ok
		call rt resume "$id"
		ok
		kill -0 "$pid"
	done
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	nothing_left
	# And the other way round: made there, looked at from here.
	offset=5000000
	create
	ok
	unset -f rt
	rt() { timeout --foreground -k 1 20 "$RUNTIME" --root "$state" "${owner_option[@]}" "$@"; }
	is "$(state_of)" created
	call rt start "$id"
	ok
	is "$(state_of)" running
	call rt delete --force "$id"
	ok
	nothing_left
}

# ---- the other documents ----

@test "X34: process, resources and mount documents that are a fifo, a directory, a device, a link to one, 4 GiB, or deep: refused in time, the container as it was (B.17)" {
	local kind command
	start_probe wait
	head -c 100000 /dev/zero | tr '\0' '[' >"$T/deep"
	mkfifo "$T/fifo"
	mkdir "$T/directory"
	truncate -s 4G "$T/sparse"
	mknod "$T/zero" c 1 5
	mknod "$T/full" c 1 7
	ln -s /dev/zero "$T/link"
	: >"$T/empty"
	printf '{"args": ["/bin/true"], "cwd": "/"' >"$T/cut"
	for kind in deep fifo directory sparse zero full link empty cut missing; do
		for command in "exec --process $T/$kind $id" "update --resources $T/$kind $id" "mounts add $id $T/$kind" "mounts remove $id $T/$kind"; do
			LIMIT=10 call rt $command
			fails
			((${#err} < 1000)) || { complain "many words for $command"; return 1; }
		done
	done
	is "$(state_of)" running
	call rt exec "$id" /bin/probe echo well
	is "$out" well
}

# ---- one name, one container after the other ----

@test "X35: exec, kill and state while the id is deleted and made again: each meets one container, whole, never the ruins of two (B.13, B.14.9)" {
	local runs=0 race_began maker other
	args wait
	another_root() { # N
		cp -a "$rootfs" "$T/root$1"
		echo "this is $1" >"$T/root$1/etc/which"
		mkdir -p "$T/bundle$1"
		jq --arg r "$T/root$1" --arg n "box$1" '.root.path = $r | .hostname = $n' <"$bundle/config.json" >"$T/bundle$1/config.json"
	}
	another_root 1
	another_root 2
	(
		trap 'exit 0' TERM
		while :; do
			for other in 1 2; do
				timeout 10 "$RUNTIME" --root "$state" "${owner_option[@]}" run --detach --bundle "$T/bundle$other" "$id" >/dev/null 2>&1 </dev/null
				sleep 0.02
				timeout 10 "$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id" >/dev/null 2>&1 </dev/null
			done
		done
	) 3>&- 4>&- &
	maker=$!
	agents+=("$maker")
	no_sides
	while going_on "$(long 20 500)" "$(long 100 3000)" "$(long 2 60)"; do
		LIMIT=10 call rt exec "$id" /bin/probe cat /etc/which + uts
		[[ $code != 124 ]] || { complain "hangs"; return 1; }
		if [[ $code == 0 && $out == *"this is "* ]]; then
			[[ $out == *"this is 1"*box1* || $out == *"this is 2"*box2* ]] || { complain "of two containers"; return 1; }
			saw met
		elif [[ $code == 137 ]]; then
			saw "killed with it"
		else
			[[ -n $err ]]
			saw "nobody there"
		fi
		LIMIT=10 call rt state "$id"
		[[ $code != 124 ]]
		[[ $code != 0 ]] || jq -e '.status and .id' >/dev/null <<<"$out"
		runs=$((runs + 1))
	done
	kill "$maker"
	wait "$maker" || true
	echo "# X35: $runs rounds$(told_sides)" >&3
	enough_rounds
	call rt delete --force "$id"
	ok
}

# A container with somebody in it who may trace, and a configuration that joins its pid namespace. `pidns` is the way of a kernel before
# Linux 6.18: a process of ours in there opens procfs. It is the first to be seen, then init is, without privileges.
with_a_stranger() {
	[[ $(uname -m) == x86_64 ]] || skip "the helper is for x86-64"
	(($(nproc) > 1)) || skip "on one processor nobody meets a process of an instant"
	local first=$id path
	[[ -e $T/original.json ]] || cp "$bundle/config.json" "$T/original.json"
	cp "$T/original.json" "$bundle/config.json"
	edit '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_SYS_CHROOT"])'
	cp "$HELPERS/seize" "$rootfs/bin/seize"
	cp "$bundle/config.json" "$T/plain.json"
	id=$first-h racing=$first-h
	edit '.linux.cgroupsPath = $p' --arg p "$(cgroups_path "$id")"
	start_probe wait
	path=/proc/$(pid_of)/ns/pid
	id=$first
	cp "$T/plain.json" "$bundle/config.json"
	edit '(.linux.namespaces[] | select(.type == "pid")).path = $p' --arg p "$path"
	args exit 0
	pidns=("$HELPERS/forbid" pidns=EINVAL --)
	met=0
}
# meet SEIZE-ARGUMENT...: the container is run while the stranger waits for who comes.
meet() {
	local usual=("${way[@]}")
	way=()
	rt exec "$racing" /bin/seize "$@" >"$T/seize" 2>&1 </dev/null 3>&- 4>&- &
	wait_for 5 grep -q waits "$T/seize"
	way=("${usual[@]}")
	call rt run --bundle "$bundle" "$id"
	wait $! || true
}
# has_nothing_of_the_hosts WHEN: by $T/seize. The host shows by the canary, and by descriptors of files but what the caller gave.
has_nothing_of_the_hosts() {
	! grep -qx reached "$T/seize" || { complain "$1: the host's files: $(<"$T/seize")"; return 1; }
	is "$(grep -E '^fd ([3-9]|[0-9]{2,}) /' "$T/seize" | grep -vE ' (/dev/null|/memfd:.*|/ \(deleted\)|/proc/.*)$' || true)" "" "$1: descriptors"
}

@test "X63: who may trace in a pid namespace that is joined gets hold of no process of ours with something of the host's, on no kernel (B.11)" {
	local until word emptied=0
	with_a_stranger
	# It needs few calls, and has something in their place.
	for word in clone3=ENOSYS clone3=EPERM close_range=ENOSYS close_range=EPERM; do
		way=("$HELPERS/forbid" pidns=EINVAL "$word" --)
		call rt run --bundle "$bundle" "$id"
		ok
	done
	way=()
	for _ in {1..5}; do
		meet look $((3 * SLOW)) "$canary/file"
		ok
		has_nothing_of_the_hosts "as it is"
		! grep -q ^looked "$T/seize" || met=$((met + 1))
	done
	((met > 0)) || { complain "nobody was met: $(<"$T/seize")"; return 1; }
	until=$((SECONDS + 40 * SLOW))
	way=("${pidns[@]}")
	while ((SECONDS < until && emptied < 3)); do
		meet look $((3 * SLOW)) "$canary/file"
		ok
		has_nothing_of_the_hosts "before Linux 6.18"
		# It is the one with the empty root, and was not on its way out already.
		[[ $(grep '^root ' "$T/seize") == "root ends" && $(<"$T/seize") == *$'\nlooked '* ]] && ! grep -q '^call .*[0-9]\{9\}' "$T/seize" || continue
		is "$(grep -cE '^call .* -(1|38)$' "$T/seize")" 12 "calls that are refused: $(<"$T/seize")"
		is "$(grep '^fd' "$T/seize" | sed '/fscontext/d; s/socket:.*/socket/')" $'fd 2 socket\nfd ends' "its descriptors"
		is "$(grep '^cwd' "$T/seize")" "cwd ends" "its working directory"
		is "$(awk '/^Cap/ { print $2 }' "$T/seize" | sort | uniq -c | tr -s ' \n' ' ')" " 2 0000000000000000 2 0000000000200000 " "its capabilities"
		grep -qx entered "$T/seize" || { complain "its mount namespace was not entered: $(<"$T/seize")"; return 1; }
		emptied=$((emptied + 1))
	done
	((emptied > 0)) || { complain "the process that opens procfs was not met: $(<"$T/seize")"; return 1; }
}

@test "X64: who has hold of the process that opens procfs in a joined pid namespace, and sends something else in its place, gets no mount of it, and create ends (B.11)" {
	local what until forged
	with_a_stranger
	for what in pipe tmpfs; do
		way=("${pidns[@]}")
		until=$((SECONDS + 40 * SLOW)) forged=
		while ((SECONDS < until)) && [[ -z $forged ]]; do
			meet forge $((3 * SLOW)) "$what"
			! grep -q ^forged "$T/seize" || forged=1
		done
		[[ -n $forged ]] || { complain "the process that opens procfs was not met: $(<"$T/seize")"; return 1; }
		fails "cannot mount 'proc'" "something else in its place"
		[[ ! -e $state/$id ]] || { complain "something is left"; return 1; }
	done
	way=()
	[[ -n $LONG ]] || return 0
	# One that only holds it. Who has held init instead, or the program, is made anew.
	local begin try
	for try in {1..8}; do
		rt exec "$racing" /bin/seize hold 5 >"$T/seize" 2>&1 </dev/null 3>&- 4>&- &
		agents+=("$!")
		wait_for 5 grep -q waits "$T/seize"
		begin=$SECONDS
		way=("${pidns[@]}")
		LIMIT=40 call rt run --bundle "$bundle" "$id"
		way=()
		if [[ $err == *"holds the process"* ]]; then
			((SECONDS - begin < 25 * SLOW)) || { complain "it took $((SECONDS - begin)) s"; return 1; }
			[[ ! -e $state/$id ]] || { complain "something is left"; return 1; }
			return 0
		fi
		call rt delete --force "$id"
		call rt delete --force "$racing"
		ok
		with_a_stranger
	done
	complain "in $try tries the process that opens procfs was not met: $(<"$T/seize")"
	return 1
}
