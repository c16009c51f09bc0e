# Resources: each limit felt by the program, or refused by the name of its field with nothing made (config-linux.md#control-groups).
load lib.bash

resources() { edit '.linux.resources += $r' --argjson r "$1"; }

# Whether the host can limit this: has CONTROLLER
has() {
	if unified; then grep -qw "$1" /sys/fs/cgroup/cgroup.controllers; else [[ -d /sys/fs/cgroup/$1 ]] || grep -qw "$1" /sys/fs/cgroup/unified/cgroup.controllers; fi
}

# The directory with the files of v2, of which even a hybrid host has some.
v2_dir() { if unified; then cgroup_dir "$1"; else printf '/sys/fs/cgroup/unified/%s' "$id"; fi; }

# A host that has nothing but the v2 tree, if this one is not such a one anyway.
v2_only() { unified || host_mount -t cgroup2 cgroup2 /sys/fs/cgroup; }

@test "what cannot be right is refused by its name, and nothing is made" {
	skip_on runc "1.1 leaves much of it to the kernel, or ignores it"
	skip_on crun "leaves much of it to the kernel, or ignores it"
	local field json
	args exit 0
	while read -r field json; do
		edit '.linux.resources = ({"devices": [{"allow": false, "access": "rwm"}]} + $r)' --argjson r "$json"
		create
		fails "linux.resources.$field" "config.json:"
		[[ ! -e $state/$id ]] || { complain "a state directory for $json"; false; }
		no_cgroups || { complain "a cgroup for $json"; false; }
	done <<-'TABLE'
		memory.limit {"memory": {"limit": -2}}
		memory.limit {"memory": {"limit": 1.5}}
		memory.limit {"memory": {"limit": "64M"}}
		memory.limit {"memory": {"limit": 18446744073709551615}}
		memory.reservation {"memory": {"reservation": -5}}
		memory.swap {"memory": {"swap": 67108864}}
		memory.swap {"memory": {"limit": 67108864, "swap": 33554432}}
		memory.swappiness {"memory": {"swappiness": 101}}
		cpu.shares {"cpu": {"shares": -1}}
		cpu.quota {"cpu": {"quota": 999}}
		cpu.quota {"cpu": {"quota": -2}}
		cpu.period {"cpu": {"period": 999}}
		cpu.period {"cpu": {"period": 1000001}}
		cpu.burst {"cpu": {"quota": 10000, "burst": 10001}}
		cpu.idle {"cpu": {"idle": 2}}
		cpu.cpus {"cpu": {"cpus": "0-"}}
		cpu.cpus {"cpu": {"cpus": "1-0"}}
		cpu.cpus {"cpu": {"cpus": "0;1"}}
		cpu.cpus {"cpu": {"cpus": "0-99999999999"}}
		cpu.cpus {"cpu": {"cpus": "0,4001"}}
		cpu.mems {"cpu": {"mems": "0,900"}}
		pids.limit {"pids": {"limit": -2}}
		blockIO.weight {"blockIO": {"weight": 9}}
		blockIO.weight {"blockIO": {"weight": 1001}}
		blockIO.weight {"blockIO": {"weight": 70000}}
		blockIO.leafWeight {"blockIO": {"leafWeight": 100}}
		blockIO.throttleReadBpsDevice[0] {"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": -1}]}}
		hugepageLimits[0] {"hugepageLimits": [{"pageSize": "2MB/../../x", "limit": 1}]}
		hugepageLimits[0] {"hugepageLimits": [{"pageSize": "7MB", "limit": 1}]}
		hugepageLimits[0].limit {"hugepageLimits": [{"pageSize": "2MB", "limit": -1}]}
		rdma {"rdma": {"mlx5 1": {"hcaHandles": 3}}}
		unified {"unified": {"memory/high": "1"}}
		unified {"unified": {"../memory.high": "1"}}
		unified {"unified": {"cgroup.procs": "1"}}
		unified {"unified": {"nocontroller.max": "1"}}
		unified {"unified": {"hugetlb.2MB.max": ""}}
		unified {"unified": {"pids.max": "0"}}
		devices[0] {"devices": [{"allow": true, "type": "x", "access": "rwm"}]}
		devices[0] {"devices": [{"allow": true, "access": "rwx"}]}
	TABLE
	nothing_left
}

@test "cpu: a burst above the quota is refused" {
	skip_on runc "1.1 has no burst"
	skip_on crun "1.8 lets the kernel tell"
	edit '.linux.resources.cpu = {"quota": 50000, "period": 100000, "burst": 60000}'
	probe ids
	fails burst
	nothing_left
}

@test "unified: a controller that this host has not got is refused and named" {
	skip_on runc "1.1 has other words"
	skip_on crun "1.8 has other words"
	edit '.linux.resources.unified = {"nosuchcontroller.max": "1"}'
	probe ids
	fails nosuchcontroller
	nothing_left
}

@test "cpus that the machine has only in part are refused" {
	resources '{"cpu": {"cpus": "0,900"}}'
	probe ids
	fails
	nothing_left
}

@test "memory: where there is swap, the limit without any kills, and with some does not" {
	[[ $(wc -l </proc/swaps) -gt 1 ]] || skip "the host has no swap"
	[[ -e $(unified && echo /sys/fs/cgroup/system.slice/memory.swap.max || echo /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes) ]] ||
		skip "swap is not accounted here"
	resources '{"memory": {"limit": 33554432, "swap": 33554432}}'
	probe allocate 60000000 + echo survived
	exits 137
	edit '.linux.resources.memory.swap = 134217728'
	probe allocate 60000000 + echo survived
	ok
	says survived
}

@test "cpu: an idle container, and a burst, as far as the kernel has them" {
	[[ -e $(unified && echo /sys/fs/cgroup/system.slice || echo /sys/fs/cgroup/cpu)/cpu.idle ]] || skip "this kernel has no cpu.idle here"
	skip_on runc "1.1 does not know them"
	resources '{"cpu": {"idle": 1, "shares": 500}}'
	start_probe wait
	is "$(cgroup_value cpu cpu.idle cpu.idle)" 1
	call rt delete --force "$id"
	edit '.linux.resources.cpu = {"quota": 20000, "burst": 15000}'
	start_probe wait
	is "$(cgroup_value cpu cpu.max.burst cpu.cfs_burst_us)" 15000
}

@test "cpus that the cgroup above has only in part are refused" {
	needs_containers
	skip_on runc "takes what there is"
	skip_on crun "takes what there is"
	[[ ${OWNER-cgroupfs} == cgroupfs ]] || skip "the cgroup above is systemd's"
	has cpuset || skip "the host has no such controller"
	[[ $(</sys/devices/system/cpu/online) == 0-* ]] || skip "the host has one CPU"
	local above
	above=$(cgroup_dir cpuset)
	! unified || echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control
	mkdir "$above"
	echo 0 >"$above/cpuset.cpus"
	unified || echo 0 >"$above/cpuset.mems"
	edit '.linux.cgroupsPath += "/leaf"'
	resources '{"cpu": {"cpus": "0-1"}}'
	args exit 0
	create
	fails linux.resources.cpu.cpus "0-1"
	[[ ! -e $above/leaf ]] || { complain "the cgroup is there"; false; }
	edit '.linux.resources.cpu.cpus = "0"'
	probe echo fine
	ok
	rmdir "$above"
	# In the other hierarchies the directory above was made on the way, and stays where one of that name was there before.
	unified || find /sys/fs/cgroup -mindepth 2 -maxdepth 2 -type d -name "$id" -exec rmdir {} + 2>/dev/null || true
}

# The disk of the root directory, or the first there is: "254:0"
a_disk() {
	local disk
	for disk in /sys/block/*; do
		[[ $disk == */@(zram|loop|ram|fd|sr)* || $(<"$disk/size") -lt 16384 ]] || { cat "$disk/dev"; return; }
	done
}

@test "blockIO: a throttled read takes its time" {
	has "$(unified && echo io || echo blkio)" || skip "the host has no such controller"
	local disk
	disk=$(a_disk)
	[[ $disk ]] || skip "there is no disk here"
	mknod "$T/disk" b "${disk%:*}" "${disk#*:}"
	busybox dd if="$T/disk" of=/dev/null bs=65536 count=1 2>/dev/null || skip "the disk may not be read here"
	edit '.linux.devices = [{"path": "/dev/disk", "type": "b", "major": $a, "minor": $i, "fileMode": 432}]
		| .linux.resources.devices += [{"allow": true, "type": "b", "major": $a, "minor": $i, "access": "r"}]
		| .linux.resources.blockIO.throttleReadBpsDevice = [{"major": $a, "minor": $i, "rate": 1048576}]' \
		--argjson a "${disk%:*}" --argjson i "${disk#*:}"
	edit '.process.args = ["/bin/sh", "-c", "busybox dd if=/dev/disk of=/dev/null bs=65536 count=40 iflag=direct && echo read"]'
	local begin=${EPOCHREALTIME/./}
	call rt run --bundle "$bundle" "$id"
	ok
	says read
	# 2.5 MiB at 1 MiB a second.
	(( ${EPOCHREALTIME/./} - begin > 1400000 )) || { complain "not throttled"; false; }
}

@test "blockIO: a weight of 0 is none; another is in force, or refused where no scheduler knows weights" {
	has "$(unified && echo io || echo blkio)" || skip "the host has no such controller"
	local dir file
	resources '{"blockIO": {"weight": 0}}'
	probe echo fine
	ok
	edit '.linux.resources.blockIO.weight = 300'
	args wait
	create
	if [[ $code != 0 ]]; then
		skip_on runc "words of its own"
		fails linux.resources.blockIO weight
		nothing_left
		return 0
	fi
	dir=$(cgroup_dir "$(unified && echo io || echo blkio)")
	for file in io.bfq.weight blkio.bfq.weight blkio.weight io.weight; do
		[[ ! -e $dir/$file ]] || break
	done
	contains "$(<"$dir/$file")" "$(if [[ $file == io.weight ]]; then echo 2930; else echo 300; fi)"
}

@test "hugetlb: limits are in force, for reservations too" {
	has hugetlb || skip "the host has no such controller"
	skip_on runc "1.1 does not use the v2 tree of a hybrid host, nor reservations"
	resources '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	start_probe wait
	is "$(<"$(v2_dir hugetlb)/hugetlb.2MB.max")" 4194304
	is "$(<"$(v2_dir hugetlb)/hugetlb.2MB.rsvd.max")" 4194304
}

@test "hugetlb: more pages than the limit are refused to the program" {
	has hugetlb || skip "the host has no such controller"
	[[ $(</sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages) -ge 4 ]] || skip "the host has no free huge pages"
	skip_on runc "1.1 does not use the v2 tree of a hybrid host, nor reservations"
	resources '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	probe hugepages 3
	ok
	says "hugepages 2 ENOMEM"
}

@test "unified: its controllers are enabled, its values are written last, line by line" {
	has hugetlb || skip "the host has no such controller"
	skip_on runc "1.1 has no unified on a hybrid host"
	resources '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}], "unified": {"hugetlb.2MB.max": "2097152"}}'
	start_probe wait
	grep -qw hugetlb "$(v2_dir hugetlb)/cgroup.controllers"
	is "$(<"$(v2_dir hugetlb)/hugetlb.2MB.max")" 2097152
	is "$(<"$(v2_dir hugetlb)/hugetlb.2MB.rsvd.max")" 4194304
}

@test "unified: a file this runtime does not know is written all the same" {
	has hugetlb || skip "the host has no such controller"
	skip_on runc "1.1 has no unified on a hybrid host"
	resources '{"unified": {"hugetlb.2MB.nosuchlimit": "1"}}'
	probe ids
	# That is the kernel's own answer: it was tried.
	fails hugetlb.2MB.nosuchlimit
	nothing_left
}

@test "unified: memory.high and pids.max, as v2 calls them, are felt" {
	unified || skip "the host has no v2 memory controller"
	resources '{"pids": {"limit": 100}, "unified": {"pids.max": "7", "memory.high": "50331648"}}'
	probe forks 20
	is "$(value forks | awk '{print $2}')" EAGAIN
	(( $(value forks | awk '{print $1}') <= 6 ))
	call rt delete --force "$id"
	start_probe wait
	is "$(<"$(cgroup_dir memory)/memory.high")" 50331648
}

@test "v2: what it has no word for is refused by its name" {
	skip_on runc "1.1 ignores it"
	skip_on crun "words of its own"
	v2_only
	local field json
	args exit 0
	while read -r field json; do
		edit '.linux.resources = $r' --argjson r "$json"
		create
		fails "linux.resources.$field"
		[[ ! -e $state/$id ]]
		no_cgroups
	done <<-'TABLE'
		memory.swappiness {"memory": {"swappiness": 60}}
		memory.kernel {"memory": {"kernel": 67108864}}
		memory.kernelTCP {"memory": {"kernelTCP": 67108864}}
		memory.disableOOMKiller {"memory": {"disableOOMKiller": true}}
		cpu.realtimeRuntime {"cpu": {"realtimeRuntime": 950000}}
		cpu.realtimePeriod {"cpu": {"realtimePeriod": 1000000}}
		network.classID {"network": {"classID": 1048577}}
		network.priorities {"network": {"priorities": [{"name": "lo", "priority": 3}]}}
	TABLE
}

# The container's root owns its cgroup: needs a user and a cgroup namespace, and a cgroup mount to write to.
delegated() {
	edit '.linux.namespaces += [{"type": "user"}, {"type": "cgroup"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings
		| .mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "rw"]}]
		| .mounts |= map(select(.destination != "/sys" or .type != "sysfs"))'
	mkdir -p "$rootfs/sys/fs/cgroup"
}

owners() { stat -c '%u' "$(v2_dir pids)" "$(v2_dir pids)"/{cgroup.procs,cgroup.subtree_control,cgroup.threads,cgroup.freeze} | xargs; }

@test "ownership: the container's root gets what the kernel's list names, as far as it is there" {
	skip_on runc "1.1 does it with systemd alone"
	v2_only
	host_mount -t tmpfs none /sys/kernel/cgroup
	printf 'cgroup.procs\ncgroup.nosuchfile\ncgroup.threads\n' >/sys/kernel/cgroup/delegate
	delegated
	start_probe mkdir /sys/fs/cgroup/mine + wait
	is "$(owners)" "100000 100000 0 100000 0"
	wait_for 5 box_says "mkdir /sys/fs/cgroup/mine ok"
	call rt delete --force "$id"
	ok
}

@test "ownership: without a list the three files that always are for that" {
	skip_on runc "1.1 does it with systemd alone"
	v2_only
	host_mount -t tmpfs none /sys/kernel/cgroup
	delegated
	start_probe wait
	is "$(owners)" "100000 100000 100000 100000 0"
}

@test "ownership: a read-only cgroup mount gives nothing away" {
	skip_on runc "1.1 does it with systemd alone"
	v2_only
	delegated
	edit '(.mounts[] | select(.type == "cgroup") | .options) |= map(if . == "rw" then "ro" else . end)'
	start_probe wait
	is "$(owners)" "0 0 0 0 0"
}
