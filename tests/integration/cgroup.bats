# The cgroup: where the container is, limits read back and felt, what is left (config-linux.md#control-groups).
load lib.bash

resources() { edit '.linux.resources += $r' --argjson r "$1"; }

@test "cgroupsPath: the process is there, and the directory goes with it" {
	owned_by cgroupfs "systemd has units, not paths"
	edit '.linux.cgroupsPath = $p' --arg p "/$id/inner/leaf"
	start_probe wait
	local pid line controllers
	pid=$(pid_of)
	while IFS=: read -r _ controllers line; do
		# A hierarchy may be entered from a directory of the machine's own; it ends in what was asked for. Those that limit nothing
		# (name=systemd, net_cls ...) need not be entered.
		[[ -z $controllers || ,$controllers, == *,@(cpu|memory|pids|devices|freezer),* ]] || continue
		[[ $line == */$id/inner/leaf ]] || { complain "process in $controllers:$line"; false; }
	done <"/proc/$pid/cgroup"
	call rt delete --force "$id"
	ok
	wait_for 3 is "$(find /sys/fs/cgroup -maxdepth 6 -type d -path "*$id/inner/leaf*" 2>/dev/null)" ""
	# Parents that were made on the way may stay (they may be others' by now): not ours to remove.
	find /sys/fs/cgroup -depth -type d -path "*/$id*" -exec rmdir {} \; 2>/dev/null || true
}

@test "without cgroupsPath: /ID" {
	edit 'del(.linux.cgroupsPath)'
	start_probe wait
	contains "$(cat "/proc/$(pid_of)/cgroup")" "/$([[ $OWNER == cgroupfs ]] || echo system.slice/caisson-)$id"
}

@test "the container is in a cgroup of every controller that limits it" {
	start_probe wait
	local controller
	for controller in memory pids cpu; do
		grep -qx "$(pid_of)" "$(cgroup_dir $controller)/cgroup.procs"
	done
}

@test "memory: limit, reservation, swap are in force" {
	resources '{"memory": {"limit": 67108864, "reservation": 33554432}}'
	start_probe wait
	is "$(cgroup_value memory memory.max memory.limit_in_bytes)" 67108864
	is "$(cgroup_value memory memory.low memory.soft_limit_in_bytes)" 33554432
}

@test "memory: limit and swap together" {
	local file
	if unified; then file=memory.swap.max; else file=memory.memsw.limit_in_bytes; fi
	args exit 0
	resources '{"memory": {"limit": 67108864, "swap": 100663296}}'
	create
	if [[ $code != 0 ]]; then
		# A kernel without swap accounting cannot hold it: then it must not be dropped silently.
		fails
		nothing_left
		return 0
	fi
	[[ -e $(cgroup_dir memory)/$file ]]
	is "$(<"$(cgroup_dir memory)/$file")" "$(unified && echo 33554432 || echo 100663296)"
}

@test "memory: -1 is unlimited" {
	resources '{"memory": {"limit": -1}}'
	start_probe wait
	if unified; then
		is "$(cgroup_value memory memory.max -)" max
	else
		(( $(cgroup_value memory - memory.limit_in_bytes) > 1 << 60 ))
	fi
}

@test "memory: a program that takes more is killed: exit code 137" {
	resources '{"memory": {"limit": 33554432}}'
	probe allocate 8000000 + echo small-is-fine + allocate 200000000 + echo survived
	exits 137
	nothing_left
}

@test "memory: swap below the limit, or without a limit, is refused" {
	skip_on runc "1.1 leaves some of it to the kernel"
	resources '{"memory": {"limit": 67108864, "swap": 33554432}}'
	probe ids
	fails swap
	nothing_left
	edit '.linux.resources.memory = {"swap": 33554432}'
	probe ids
	fails
	nothing_left
}

@test "memory: a limit so small that nothing can start is an error, not a hang" {
	resources '{"memory": {"limit": 4096}}'
	LIMIT=10 probe ids
	if [[ $code == 0 ]]; then skip "this kernel starts it all the same"; fi
	[[ $code != 124 ]]
	nothing_left
}

@test "a created container waits in a small memory limit" {
	skip_on runc "needs more"
	resources '{"memory": {"limit": 1048576}}'
	start_probe wait
	is "$(state_of)" running
}

@test "cpu: shares, quota, period" {
	resources '{"cpu": {"shares": 2048, "quota": 50000, "period": 100000}}'
	start_probe wait
	if unified; then
		is "$(cgroup_value cpu cpu.max -)" "50000 100000"
		(( $(cgroup_value cpu cpu.weight -) > 100 && $(cgroup_value cpu cpu.weight -) < 300 ))
	else
		is "$(cgroup_value cpu - cpu.shares)" 2048
		is "$(cgroup_value cpu - cpu.cfs_quota_us) $(cgroup_value cpu - cpu.cfs_period_us)" "50000 100000"
	fi
}

@test "cpu: a quota without a period, and a period without a quota" {
	resources '{"cpu": {"quota": 20000}}'
	start_probe wait
	if unified; then is "$(cgroup_value cpu cpu.max -)" "20000 100000"; else is "$(cgroup_value cpu - cpu.cfs_quota_us)" 20000; fi
	call rt delete --force "$id"
	edit '.linux.resources.cpu = {"period": 50000}'
	start_probe wait
	if unified; then is "$(cgroup_value cpu cpu.max -)" "max 50000"; else is "$(cgroup_value cpu - cpu.cfs_period_us)" 50000; fi
}

@test "cpu: shares convert to a weight with 1024 as 100" {
	unified || skip "legacy hierarchy"
	skip_on runc "1.1 has the older formula"
	local shares weight
	while read -r shares weight; do
		edit '.linux.resources.cpu = {"shares": $s}' --argjson s "$shares"
		start_probe wait
		is "$(cgroup_value cpu cpu.weight -)" "$weight" "weight for $shares shares"
		call rt delete --force "$id"
	done <<-'TABLE'
		2 1
		1024 100
		262144 10000
	TABLE
}

@test "cpu: the quota is felt" {
	resources '{"cpu": {"quota": 10000, "period": 100000}}'
	edit '.process.args = ["/bin/sh", "-c", "while :; do :; done"]'
	create
	call rt start "$id"
	ok
	throttled() { (( $(cgroup_value cpu cpu.stat cpu.stat | awk '$1 == "nr_throttled" {print $2}') > 2 )); }
	wait_for 10 throttled
}

@test "cpuset: cpus and mems" {
	resources '{"cpu": {"cpus": "0", "mems": "0"}}'
	start_probe scheduling + wait
	wait_for 5 box_says "affinity 1"
	is "$(cgroup_value cpuset cpuset.cpus cpuset.cpus)" 0
	is "$(cgroup_value cpuset cpuset.mems cpuset.mems)" 0
}

@test "cpuset: cpus that are not there are refused" {
	resources '{"cpu": {"cpus": "4000-4001"}}'
	probe ids
	fails
	nothing_left
}

@test "pids: the limit stops a fork bomb" {
	resources '{"pids": {"limit": 20}}'
	probe forks 100
	# The bomb ends itself by a signal to its group.
	is "$(value forks | awk '{print $2}')" EAGAIN
	local made
	made=$(value forks | awk '{print $1}')
	(( made >= 15 && made <= 19 ))
}

@test "pids: read back, -1 is unlimited" {
	resources '{"pids": {"limit": 123}}'
	start_probe wait
	is "$(cgroup_value pids pids.max pids.max)" 123
	call rt delete --force "$id"
	edit '.linux.resources.pids.limit = -1'
	start_probe wait
	is "$(cgroup_value pids pids.max pids.max)" max
}

@test "C79: delete --force of a fork bomb" {
	resources '{"pids": {"limit": 2000}}'
	start_probe forks 1900 stay + wait
	wait_for 10 box_says "forks 1900 ok"
	local begin=$SECONDS
	call rt delete --force "$id"
	ok
	(( SECONDS - begin <= 5 * SLOW ))
	nothing_left
}

@test "C79: the same without a pid namespace of its own" {
	edit '.linux.namespaces -= [{"type":"pid"}]'
	start_probe forks 300 stay + exit 0
	wait_for 10 box_says "forks 300 ok"
	wait_for 5 is_state stopped
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "C81: cgroups that the program made below its own are removed" {
	start_probe wait
	local dir
	dir=$(cgroup_dir pids)
	mkdir -p "$dir/a/b/c/d" "$dir/..x" "$dir/e"
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "a cgroup that has processes already is refused" {
	skip_on runc "1.1 only warns"
	local dir
	dir=$(cgroup_dir pids)
	mkdir "$dir"
	sleep 50 3>&- &
	agents+=($!)
	echo $! >"$dir/cgroup.procs"
	args exit 0
	create
	fails
	kill -0 $!
	kill -9 $!
	wait $! 2>/dev/null || true
	rmdir "$dir"
}

@test "a frozen cgroup is refused" {
	skip_on runc "1.1 hangs"
	skip_on crun "1.8 hangs"
	owned_by cgroupfs "systemd makes a new one each time"
	local dir
	dir=$(cgroup_dir freezer)
	mkdir -p "$dir"
	if unified; then echo 1 >"$dir/cgroup.freeze"; else echo FROZEN >"$dir/freezer.state"; fi
	create
	if unified; then echo 0 >"$dir/cgroup.freeze"; else echo THAWED >"$dir/freezer.state"; fi
	fails frozen
	rmdir "$dir"
	nothing_left
}

@test "C57: cgroup paths that try to leave or mean the kernel's own names are refused" {
	skip_on runc "1.1 cleans them"
	skip_on crun "cleans them"
	local path
	args exit 0
	for path in ../../x a/../../b /a/../b cgroup.procs /x/memory.max $'/a\nb' "/$(printf 'a%.0s' {1..4200})"; do
		edit '.linux.cgroupsPath = $p' --arg p "$path"
		create
		fails cgroupsPath
		nothing_left
	done
}

@test "the same cgroupsPath gives the same place" {
	start_probe wait
	local first
	first=$(cut -d: -f2- "/proc/$(pid_of)/cgroup")
	call rt delete --force "$id"
	start_probe wait
	is "$(cut -d: -f2- "/proc/$(pid_of)/cgroup")" "$first"
}

@test "a limit whose controller is missing is refused, never dropped" {
	skip_on runc "1.1 ignores it"
	skip_on crun "ignores it"
	if unified && grep -qw rdma /sys/fs/cgroup/cgroup.controllers || [[ -d /sys/fs/cgroup/rdma ]]; then skip "the host has the controller"; fi
	resources '{"rdma": {"mlx5_1": {"hcaHandles": 3}}}'
	probe ids
	fails rdma
	nothing_left
}

@test "limits are in force before the program runs" {
	resources '{"pids": {"limit": 5}}'
	create
	ok
	is "$(cgroup_value pids pids.max pids.max)" 5
}

@test "a cgroup that vanished does not make state or list fail" {
	start_probe wait
	kill_init
	wait_for 5 no_processes
	find /sys/fs/cgroup -depth -maxdepth 4 -type d -name "$id" -exec rmdir {} \; 2>/dev/null || true
	call rt state "$id"
	ok
	is "$(jq -r .status <<<"$out")" stopped
	call rt list
	ok
	call rt delete "$id"
	ok
}

@test "a later container in the same cgroup is not killed with the one that was there before" {
	skip_on runc "goes by the name"
	skip_on crun "goes by the name"
	owned_by cgroupfs "a unit's name is taken as long as the unit is"
	args exit 0
	create
	ok
	call rt start "$id"
	ok
	wait_for 5 is_state stopped
	# The same path, below another state root, once nobody is in it.
	local dir pid
	args wait
	state=$T/other start_probe wait
	pid=$(state=$T/other pid_of)
	[[ $(rt ps -f json "$id") == "[]" ]]
	call rt delete "$id"
	ok
	kill -0 "$pid"
	dir=$(cgroup_dir pids)
	grep -qx "$pid" "$dir/cgroup.procs"
	state=$T/other call rt delete --force "$id"
	ok
	nothing_left
}

# Linux 6.14 and newer kill at birth whoever is born from one such cgroup into another.
@test "in a cgroup to which cgroup.kill was written before" {
	needs_containers
	owned_by cgroupfs "systemd makes a new one each time"
	skip_on runc "1.1 removes it, and does not enter it where the host is hybrid"
	local dir
	if unified; then dir=/sys/fs/cgroup/$id; else dir=/sys/fs/cgroup/unified/$id; fi
	[[ -e ${dir%/*}/cgroup.controllers ]] || skip "the host has no v2 tree"
	mkdir "$dir"
	echo 1 >"$dir/cgroup.kill"
	probe cgroup
	ok
	contains "$(value cgroup)$out" "$id"
	[[ -d $dir ]]
	rmdir "$dir"
}

@test "--cgroup-manager disabled: the caller's cgroup, nothing made, limits refused" {
	needs caisson "crun's option"
	edit 'del(.linux.cgroupsPath, .linux.resources) | .mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup"}]'
	args cgroup + list /sys/fs/cgroup + wait
	call_create rt --cgroup-manager disabled create --bundle "$bundle" "$id"
	ok
	no_cgroups
	call rt start "$id"
	ok
	wait_for 5 box_says "list /sys/fs/cgroup"
	diff "/proc/$(pid_of)/cgroup" /proc/self/cgroup
	call rt exec "$id" /bin/probe echo there
	is "$out" there
	call rt pause "$id"
	fails
	call rt kill "$id" KILL
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	edit '.linux.resources = {"pids": {"limit": 5}}'
	call rt --cgroup-manager disabled create --bundle "$bundle" "$id"
	fails linux.resources.pids
	edit '.linux.resources = {"devices": [{"allow": false, "access": "rwm"}]}'
	call rt --cgroup-manager disabled create --bundle "$bundle" "$id"
	fails "device rules need cgroups"
	nothing_left
}

@test "a cgroupsPath of systemd's form without --systemd-cgroup is a name, as BuildKit in Docker wants it" {
	owned_by cgroupfs
	edit '.linux.cgroupsPath = $p | .linux.resources.pids = {"limit": 20}' --arg p "system.slice:docker:$id"
	start_probe wait
	contains "$(cat "/proc/$(pid_of)/cgroup")" "/system.slice:docker:$id"
	call rt exec "$id" /bin/probe echo there
	is "$out" there
	call rt update --pids-limit 30 "$id"
	ok
	call rt ps "$id"
	ok
	call rt delete --force "$id"
	ok
	nothing_left
}
