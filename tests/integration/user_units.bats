# An ordinary user's containers in units of his own systemd (contract 14.5, 14.6), from inside of what that owns and from outside.
load lib.bash
load as_user.bash

setup() {
	user_setup
	owned_by systemd "it is about systemd"
	[[ -d /run/systemd/system ]] || skip "no systemd"
	systemctl start user@$user || skip "no user manager"
	user_runtime_dir=/run/user/$user
	wait_for 10 test -S "$user_runtime_dir/bus"
	edit '.linux.cgroupsPath = ":it:\($id)" | .linux.namespaces += [{"type": "cgroup"}]' --arg id "$id"
	unit=it-$id.scope
}

manager=/sys/fs/cgroup/user.slice/user-$user.slice/user@$user.service
cgroup_dir() { printf '%s/user.slice/%s' "$manager" "$unit"; }
left_units() { as_user systemctl --user list-units --all --plain --no-legend "*$id*"; }
no_units() { [[ -z $(left_units) ]]; }

teardown() {
	local failed=0
	lib_teardown || failed=1
	[[ -d $manager ]] || return $failed
	wait_for 5 no_units || { complain "units are left: $(left_units)"; failed=1; }
	[[ -z $(find "$manager" -name "*$id*" -type d) ]] || failed=1
	return $failed
}

# A process outside of the user's manager, as of a login session, and one inside.
inside_manager() { as_user systemd-run --user --scope --quiet -p Delegate=yes timeout --foreground -k 1 "$((20 * SLOW))" "$T/runtime" --root "$state" "${owner_option[@]}" "$@"; }

limits='.linux.resources = {"memory": {"limit": 30003200}, "pids": {"limit": 20}, "cpu": {"shares": 512}}'

@test "from outside: the container is in a scope of the user's, with its limits" {
	edit "$limits"
	start_probe wait
	is "$(<"$(cgroup_dir)/pids.max")" 20
	is "$(<"$(cgroup_dir)/memory.max")" 30003200
	is "$(cat "$(cgroup_dir)/cgroup.procs")" "$(pid_of)"
	call rt exec "$id" /bin/cat /proc/self/cgroup
	ok
	is "$out" "0::/"
	call inside_manager exec "$id" /bin/cat /proc/self/cgroup
	ok
	is "$out" "0::/"
	call rt exec -d "$id" /bin/sleep 1000
	ok
	is "$(wc -l <"$(cgroup_dir)/cgroup.procs")" 2
}

@test "limits hold, and are told: processes, and memory" {
	edit "$limits"
	probe forks 30
	contains "$out" EAGAIN
	edit '.linux.resources.memory.swap = 30003200'
	probe allocate 100000000
	differs "$code" 0
	contains "$err" "memory"
}

@test "from inside, too; create, start, kill, delete, and run" {
	edit "$limits"
	args wait
	call_create inside_manager create --bundle "$bundle" "$id"
	ok
	call inside_manager start "$id"
	ok
	is "$(<"$(cgroup_dir)/pids.max")" 20
	call rt kill "$id" KILL
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	args ids
	call inside_manager run --bundle "$bundle" "$id"
	ok
	says "uid 0 0 0 0"
}

@test "update, pause, resume, ps, events: as for root" {
	edit "$limits"
	start_probe wait
	call rt update --pids-limit 33 --memory 40001536 "$id"
	ok
	is "$(<"$(cgroup_dir)/pids.max")" 33
	is "$(<"$(cgroup_dir)/memory.max")" 40001536
	is "$(as_user systemctl --user show -p TasksMax --value "$unit")" 33
	call rt pause "$id"
	ok
	is "$(state_of)" paused
	call rt resume "$id"
	ok
	call rt ps -f json "$id"
	ok
	is "$(jq 'length' <<<"$out")" 1
	call rt events --stats "$id"
	ok
	is "$(jq .data.pids.limit <<<"$out")" 33
}

@test "without systemd's option: beside the caller's own cgroup where that is delegated" {
	owner_option=()
	edit 'del(.linux.cgroupsPath)'
	edit '.linux.resources = {"pids": {"limit": 20}}'
	args wait
	call_create inside_manager run --detach --bundle "$bundle" "$id"
	ok
	is "$(cat "$manager"/*/"$id/pids.max")" 20
	call inside_manager exec "$id" /bin/cat /proc/self/cgroup
	ok
	call rt exec "$id" /bin/cat /proc/self/cgroup
	fails "systemd-run --user --scope"
	call inside_manager delete --force "$id"
	ok
	[[ ! -e $(echo "$manager"/*/"$id") ]]
	call rt run --bundle "$bundle" "$id"
	fails "rootless needs no limits + no cgrouppath when no permission is granted for cgroups"
}

@test "without the user's bus: an error that says so, and nothing is left" {
	user_runtime_dir=$T/xdg
	probe ids
	fails "cannot reach the user's bus"
}

@test "killed while it creates: delete --force leaves no unit" {
	edit "$limits"
	args wait
	local i
	for i in 1 2 3 4 5 6; do
		rt create --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null 3>&- &
		sleep "0.$((i * 7 % 10))"
		pkill -KILL -u $user -f "$T/runtime --root $state" || true
		wait $! || true
		call rt delete --force "$id"
		ok
	done
}
