# A cgroup, or a part of its path, that was there before the container, and may be another's afterwards.
load lib.bash

setup() {
	lib_setup
	owned_by cgroupfs "systemd makes a new one each time"
	needs caisson "whose a cgroup is"
}

teardown() {
	lib_teardown
	find /sys/fs/cgroup -depth -maxdepth 4 -type d -path "*$id*" -exec rmdir {} \; 2>/dev/null || true
}

v2_dir() { if unified; then printf '/sys/fs/cgroup/%s' "$id"; else printf '/sys/fs/cgroup/unified/%s' "$id"; fi; }
needs_v2() { [[ -e $(dirname "$(v2_dir)")/cgroup.procs ]] || skip "the host has no v2 tree"; }
# In all hierarchies, as an operator would make it.
make_everywhere() {
	local root
	if unified; then
		mkdir "$(v2_dir)"
		return
	fi
	for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
		[[ ! -e $root/cgroup.procs || -L $root ]] || mkdir "$root/$id"
	done
}
needs_strace() { command -v strace >/dev/null || skip "there is no strace"; }

# They do not die with init.
run_many() {
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	edit '.process.args = ["/bin/sh", "-c", "i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i + 1)); done; wait"]'
	call rt run --detach --bundle "$bundle" "$id"
	ok
	wait_for 20 eval '(($(wc -l <"$(v2_dir)/cgroup.procs") > 20))'
}

# held_at CALL delay_enter|delay_exit NUMBER FILE WORD...: the runtime in the background, held up for three seconds at this call (of this
# file, if one is given). `held` is the pid.
held_at() {
	local of=()
	[[ -z $4 ]] || of=(-P "$4")
	: >"$T/said"
	: >"$T/calls"
	timeout -k 1 $((60 * SLOW)) strace -qq -o "$T/calls" -e trace="$1" "${of[@]}" -e signal=none -e "inject=$1:$2=$((3 * SLOW))s:when=$3" \
		"$RUNTIME" --root "$state" "${owner_option[@]}" "${@:5}" >"$T/said" 2>&1 </dev/null 3>&- &
	held=$!
}
held_ends() {
	code=0
	wait "$held" || code=$?
	out= err=$(<"$T/said")
}

@test "delete does not kill who takes the cgroup after its container" {
	needs_strace
	needs_v2
	mkdir "$(v2_dir)"
	run_many
	# When it has written cgroup.kill, before it looks again.
	held_at write delay_exit 1 "$(v2_dir)/cgroup.kill" delete --force "$id"
	wait_for 5 grep -q '^write(' "$T/calls"
	wait_for 2 eval '[[ -z $(cat "$(cgroup_dir pids)/cgroup.procs" "$(v2_dir)/cgroup.procs") ]]'
	state=$T/other start_probe wait
	held_ends
	ok
	is "$(state=$T/other state_of)" running
	state=$T/other call rt delete --force "$id"
	ok
}

@test "delete --force of a container whose record is damaged, in a cgroup that was there before: says what it leaves" {
	local pid
	make_everywhere
	edit '.hooks.poststop = [{path: "/bin/true"}]'
	start_probe wait
	pid=$(pid_of)
	echo '{' >"$state/$id/state.json"
	call rt delete --force "$id"
	ok
	contains "$err" "the state of container '$id' is damaged: its processes, if there are any, are left as they are, and its poststop hooks are not run"
	kill -0 "$pid"
	kill -KILL "$pid"
	wait_for 5 eval '[[ ! -d /proc/'"$pid"' ]]'
}

@test "delete --force of a container whose record is damaged: says that its poststop hooks are not run" {
	edit '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", "touch \($t)/poststop"]}]' --arg t "$T"
	start_probe wait
	echo '{' >"$state/$id/state.json"
	call rt delete --force "$id"
	ok
	contains "$err" "the state of container '$id' is damaged: its poststop hooks are not run"
	[[ ! -e $T/poststop ]]
	nothing_left
	edit 'del(.hooks)'
	start_probe wait
	echo '{' >"$state/$id/state.json"
	call rt delete --force "$id"
	ok
	is "$err" ""
	nothing_left
}

@test "a create that cannot make all of the path takes away what it has made" {
	needs_v2
	[[ -e $(dirname "$(v2_dir)")/$id ]] || mkdir "$(v2_dir)"
	[[ -e $(v2_dir)/cgroup.max.descendants ]] || skip "there is no limit of descendants"
	edit '.linux.cgroupsPath = $p' --arg p "/$id/a/b/c"
	local most before
	for most in 0 1 2; do
		echo "$most" >"$(v2_dir)/cgroup.max.descendants"
		create
		fails "cannot make the cgroup"
		before=$(find /sys/fs/cgroup -type d -path "*/$id/*")
		is "$before" "" "left with room for $most"
	done
	echo 3 >"$(v2_dir)/cgroup.max.descendants"
	create
	ok
	call rt delete --force "$id"
	ok
}

# --force tries twice.
@test "delete: a cgroup that goes between the look at it and the kill is gone" {
	needs_strace
	needs_v2
	run_many
	call timeout -s KILL $((30 * SLOW)) strace -qq -o "$T/calls" -e trace=openat -P cgroup.kill -e inject=openat:error=ENOENT:when=1..2 \
		"$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
	ok
	is "$err" ""
	grep -q INJECTED "$T/calls"
	nothing_left
}

@test "create into a cgroup that somebody freezes before the birth: told to end it ends, and leaves nothing" {
	needs_strace
	needs_v2
	mkdir "$(v2_dir)"
	[[ -e $(v2_dir)/cgroup.freeze ]] || skip "there is no freezer"
	args wait
	# The first makes the network namespace, where there is another processor for that.
	local nth=$(($(nproc) > 1 ? 2 : 1))
	held_at clone3 delay_enter "$nth" '' create --bundle "$bundle" "$id"
	wait_for 5 eval '(($(grep -c "^clone3(" "$T/calls") >= nth))'
	echo 1 >"$(v2_dir)/cgroup.freeze"
	local begin=$SECONDS
	wait_for $((10 * SLOW)) eval '[[ -n $(cat "$(v2_dir)/cgroup.procs") ]]'
	pkill -TERM -P "$(pgrep -P "$held")"
	held_ends
	fails
	((SECONDS - begin < 40 * SLOW)) || { complain "it took $((SECONDS - begin)) s"; false; }
	echo 0 >"$(v2_dir)/cgroup.freeze"
	wait_for 5 eval '[[ -z $(cat "$(v2_dir)/cgroup.procs") ]]'
	[[ ! -e $state/$id ]]
}

# Beside a namespace that is joined it is made later.
@test "a container with a user namespace in a cgroup that was there before: whole, and its end is heard" {
	local where
	make_everywhere
	: >"$T/net"
	unshare --net="$T/net" true
	host_mounts+=("$T/net")
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$rootfs"
	for where in null '"\($t)/net"'; do
		edit '.linux.namespaces |= map(if .type == "network" then .path = '"$where"' else . end | del(..|nulls))
			| if '"$where"' then .mounts |= map(select(.type != "sysfs")) else . end' --arg t "$T"
		args ids + exit 3
		LIMIT=20 call rt run --bundle "$bundle" "$id"
		exits 3
		[[ ! -e $state/$id ]]
		args wait
		create
		ok
		call rt start "$id"
		ok
		call rt delete --force "$id"
		ok
		wait_for 5 no_processes
	done
}
