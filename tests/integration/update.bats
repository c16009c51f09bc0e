# update: new limits felt by the program that runs, and a failure leaves every limit as it was (contract: update).
load lib.bash

resources() { edit '.linux.resources += $r' --argjson r "$1"; }

# The container's shell waits for a file, then becomes the probe with these arguments.
start_waiting() {
	edit '.process.args = ["/bin/sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.02; done; exec /bin/probe \"$@\"", "sh"] + $ARGS.positional' \
		--args "$@"
	create
	ok
	call rt start "$id"
	ok
}
go() { touch "$rootfs/tmp/go"; }

update() { call rt update "$@"; }
# A document on standard input.
update_by() {
	code=0
	rt update --resources - "$id" <<<"$1" >"$T/out" 2>"$T/err" 3>&- 4>&- || code=$?
	out=$(<"$T/out")
	err=$(<"$T/err")
	sane
}

# All limits of the container, in every hierarchy.
settings() (
	shopt -s nullglob
	dirs=("$(cgroup_dir memory)")
	unified || dirs=(/sys/fs/cgroup/*/"$id")
	for dir in "${dirs[@]}"; do
		files+=("$dir"/*.{max,max.burst,low,high,min,weight,shares,idle,limit_in_bytes,cpus,mems,swappiness,oom.group,oom_control} \
			"$dir"/*{_us,_device} "$dir"/devices.lis[t])
	done
	((${#files[@]})) || { echo none; return; }
	# A controller that a failure has left enabled limits nothing.
	grep -H '' "${files[@]}" | grep -v '/hugetlb[^:]*:max$'
)

v2_only() { unified || host_mount -t cgroup2 cgroup2 /sys/fs/cgroup; }
v2_dir() { if unified; then cgroup_dir "$1"; else printf '/sys/fs/cgroup/unified/%s' "$id"; fi; }
quiet() { is "$out" "" "standard output"; }

memory_limit() { cgroup_value memory memory.max memory.limit_in_bytes; }
pids_limit() { cgroup_value pids pids.max pids.max; }
# "QUOTA PERIOD", -1 is none on any host.
bandwidth() {
	if unified; then
		cgroup_value cpu cpu.max - | sed 's/^max/-1/'
	else
		printf '%s %s\n' "$(cgroup_value cpu - cpu.cfs_quota_us)" "$(cgroup_value cpu - cpu.cfs_period_us)"
	fi
}
# As shares of the table below.
weight() { cgroup_value cpu cpu.weight cpu.shares; }
weight_is() { is "$(weight)" "$(unified && echo "$2" || echo "$1")" weight; }

# ---- felt ----

@test "memory: less of it kills the program that wants more" {
	resources '{"memory": {"limit": 314572800}}'
	start_waiting allocate 100000000 + echo survived
	is "$(memory_limit)" 314572800
	local no_swap=() # where it could flee to
	[[ -z $(tail -n +2 /proc/swaps) ]] || no_swap=(--memory-swap 32m)
	update --memory 32m "${no_swap[@]}" "$id"
	ok
	quiet
	is "$(memory_limit)" 33554432
	go
	wait_for 10 is_state stopped
	refute box_says survived
}

@test "memory: more of it lets the program live" {
	resources '{"memory": {"limit": 16777216}}'
	start_waiting allocate 100000000 + echo survived
	update "$id" --memory=300M
	ok
	is "$(memory_limit)" 314572800
	go
	wait_for 10 box_says survived
}

@test "memory: -1 is unlimited" {
	resources '{"memory": {"limit": 67108864}}'
	start_probe wait
	update --memory -1 "$id"
	ok
	if unified; then is "$(memory_limit)" max; else (( $(memory_limit) > 1 << 60 )); fi
}

@test "memory and swap: both grow, both shrink, and either alone keeps the other" {
	local file both
	if unified; then file=memory.swap.max; else file=memory.memsw.limit_in_bytes; fi
	resources '{"memory": {"limit": 67108864}}'
	start_probe wait
	[[ -e $(cgroup_dir memory)/$file ]] || skip "this kernel does not account swap"
	# memory, both together as asked; v2 counts swap alone
	swap_is() { is "$(memory_limit) $(<"$(cgroup_dir memory)/$file")" "$1 $(unified && echo "$(($2 - $1))" || echo "$2")"; }
	update --memory 128m --memory-swap 256m "$id"
	ok
	swap_is 134217728 268435456
	update --memory 32m --memory-swap 48m "$id"
	ok
	swap_is 33554432 50331648
	update --memory 40m "$id"
	ok
	swap_is 41943040 50331648
	update --memory-swap 64m "$id"
	ok
	swap_is 41943040 67108864
	both=$(settings)
	if [[ $(runtime_name) == caisson ]]; then
		update --memory 65m "$id"
		if unified; then
			ok
			swap_is 68157440 93323264
		else
			fails "--memory" "memory+swap limit should be >= memory limit"
			is "$(settings)" "$both"
		fi
	fi
	update --memory 128m --memory-swap -1 "$id"
	ok
	is "$(memory_limit)" 134217728
	update --memory -1 "$id"
	ok
}

@test "pids: fork is refused from then on" {
	resources '{"pids": {"limit": 500}}'
	start_waiting forks 100
	update --pids-limit 20 "$id"
	ok
	quiet
	is "$(pids_limit)" 20
	go
	wait_for 10 grep -q '^forks ' "$T/box.out"
	out=$(box_output)
	is "$(value forks | awk '{print $2}')" EAGAIN
	(( $(value forks | awk '{print $1}') <= 19 ))
}

@test "pids: -1 lifts the limit" {
	resources '{"pids": {"limit": 5}}'
	start_waiting forks 50
	update --pids-limit=-1 "$id"
	ok
	is "$(pids_limit)" max
	go
	wait_for 10 box_says "forks 50 ok"
}

throttled() { (( $(cgroup_value cpu cpu.stat cpu.stat | awk '$1 == "nr_throttled" {print $2}') > $1 )); }

@test "cpu: a quota throttles the program that runs, and lets it go again" {
	edit '.process.args = ["/bin/sh", "-c", "while :; do :; done"]'
	create
	call rt start "$id"
	ok
	is "$(cgroup_value cpu cpu.stat cpu.stat | awk '$1 == "nr_throttled" {print $2}')" 0
	update --cpu-quota 5000 --cpu-period 50000 "$id"
	ok
	wait_for 5 throttled 3
	update --cpu-quota -1 "$id"
	ok
	is "$(bandwidth)" "-1 50000"
}

@test "cpu: quota or period alone keeps the other, also that of an earlier update" {
	resources '{"cpu": {"quota": 50000}}'
	start_probe wait
	is "$(bandwidth)" "50000 100000"
	update --cpu-period 200000 "$id"
	ok
	is "$(bandwidth)" "50000 200000"
	update --cpu-quota 30000 "$id"
	ok
	is "$(bandwidth)" "30000 200000"
	update_by '{"cpu": {"period": 10000, "quota": 0}}'
	ok
	is "$(bandwidth)" "30000 10000"
}

@test "cpu: quota and burst in the order the kernel takes" {
	skip_on runc "1.1 does not know burst"
	local file
	if unified; then file=cpu.max.burst; else file=cpu.cfs_burst_us; fi
	start_probe wait
	[[ -e $(cgroup_dir cpu)/$file ]] || skip "this kernel has no burst"
	update --cpu-quota 50000 --cpu-burst 40000 "$id"
	ok
	update --cpu-quota 5000 --cpu-burst 4000 "$id"
	ok
	is "$(bandwidth)" "5000 100000"
	is "$(<"$(cgroup_dir cpu)/$file")" 4000
}

@test "cpu: shares; none while it is idle, and again after that" {
	skip_on runc "1.1 does not know idle"
	skip_on crun "does not remember shares"
	resources '{"cpu": {"shares": 2048}}'
	start_probe wait
	[[ -e $(cgroup_dir cpu)/cpu.idle ]] || skip "this kernel has no cpu.idle"
	update --cpu-share 1024 "$id"
	ok
	weight_is 1024 100
	update --cpu-idle 1 "$id"
	ok
	is "$(cgroup_value cpu cpu.idle cpu.idle)" 1
	update --cpu-share 262144 "$id"
	ok
	is "$(cgroup_value cpu cpu.idle cpu.idle)" 1
	update --cpu-idle 0 "$id"
	ok
	is "$(cgroup_value cpu cpu.idle cpu.idle)" 0
	weight_is 262144 10000
}

@test "cpuset: the program that runs is moved" {
	(($(nproc) > 1)) || skip "one CPU"
	start_probe wait
	local allowed=/proc/$(pid_of)/status
	update --cpuset-cpus 1 --cpuset-mems 0 "$id"
	ok
	grep -qP 'Cpus_allowed_list:\t1$' "$allowed"
	update_by '{"cpu": {"cpus": "", "mems": ""}}'
	ok
	grep -qP 'Cpus_allowed_list:\t1$' "$allowed"
	update --cpuset-cpus 0-1 "$id"
	ok
	grep -qP 'Cpus_allowed_list:\t0-1$' "$allowed"
}

# MAJOR:MINOR of a disk, if there is one.
a_disk() { lsblk -dno MAJ:MIN,TYPE,SIZE | awk '$2 == "disk" && $3 != "0B" {print $1; exit}'; }

@test "blockIO: devices are added to those that are there" {
	skip_on runc "1.1 takes the weight alone"
	local device
	device=$(a_disk)
	[[ -n $device ]] || skip "no disk"
	limit() {
		if unified; then
			cgroup_value io io.max - | sed -n "s/^$device .*$2=\([0-9]*\).*/\1/p"
		else
			cgroup_value blkio - "blkio.throttle.$1_device" | sed -n "s/^$device //p"
		fi
	}
	resources "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": 1000000}]}}"
	start_probe wait
	is "$(limit read_bps rbps)" 1000000
	update_by "{\"blockIO\": {\"weight\": 0, \"throttleWriteIOPSDevice\": [{\"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": 500}]}}"
	ok
	is "$(limit read_bps rbps) $(limit write_iops wiops)" "1000000 500"
	update_by "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": 0}]}}"
	ok
	is "$(limit read_bps rbps) $(limit write_iops wiops)" " 500"
}

@test "hugetlb: a limit for a container that was made without one" {
	skip_on runc "ignores it"
	skip_on crun "looks for it elsewhere"
	grep -qw hugetlb "$(unified && echo /sys/fs/cgroup/cgroup.controllers || echo /sys/fs/cgroup/unified/cgroup.controllers)" ||
		skip "no v2 controller for it"
	start_probe wait
	update_by '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	ok
	is "$(<"$(v2_dir hugetlb)/hugetlb.2MB.max")" 4194304
	update_by '{"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}'
	ok
	is "$(<"$(v2_dir hugetlb)/hugetlb.2MB.max")" 0
}

# It makes /dev/kmsg, which everybody may, and opens it, which nobody may, and a device that is allowed to all, time and again.
device_program() {
	edit '.process.args = ["/bin/sh", "-c", $script] | .process.capabilities |= map_values(. + ["CAP_MKNOD", "CAP_SYSLOG"])' \
		--arg script '/bin/busybox mknod /dev/kmsg c 1 11; while :; do /bin/probe open r /dev/kmsg /dev/null; sleep 0.02; done'
	create
	ok
	call rt start "$id"
	ok
	last_is EPERM
}
last_says() { [[ $(grep '^open r /dev/kmsg' "$T/box.out" | tail -n1) == "open r /dev/kmsg $1" ]]; }
last_is() { wait_for 5 last_says "$1"; }
always_null() { [[ -z $(grep '^open r /dev/null' "$T/box.out" | grep -v ' ok$') ]]; }

change_devices() {
	update --pids-limit 50 "$id"
	ok
	sleep 0.2
	last_is EPERM
	update_by '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "r"}]}'
	ok
	last_is ok
	# A failing one brings the rules back that were there, not those of the configuration.
	update_by '{"devices": [{"allow": false, "access": "rwm"}], "hugepageLimits": [{"pageSize": "7MB", "limit": 1}]}'
	fails hugepageLimits
	sleep 0.2
	last_is ok
	update_by '{"devices": []}'
	ok
	last_is EPERM
	always_null || { complain "/dev/null was refused meanwhile"; return 1; }
}

@test "devices: rules change for the program that runs, if a list of them is given" {
	skip_on runc "leaves them as they are"
	skip_on crun "differs"
	device_program
	change_devices
}

@test "devices: the same by a program, which is replaced" {
	needs caisson
	unified && skip "the test before this one did so"
	v2_only
	device_program
	update --cpuset-cpus "" "$id"
	ok
	update_by '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "r"}]}'
	ok
	last_is ok
	update_by '{"devices": [{"allow": false, "access": "rwm"}], "unified": {"cgroup.max.depth": "many"}}'
	fails cgroup.max.depth
	sleep 0.2
	last_is ok
	update_by '{"devices": []}'
	ok
	last_is EPERM
	always_null
}

@test "devices: cgroups that the container has made below its own are no obstacle" {
	needs caisson
	unified && skip "only a legacy hierarchy minds"
	device_program
	mkdir "$(cgroup_dir devices)/nested"
	update_by '{"devices": [{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "r"}]}'
	ok
	last_is ok
	# Nor after one that was refused.
	update_by '{"devices": [{"allow": false, "access": "rwm"}], "hugepageLimits": [{"pageSize": "7MB", "limit": 1}]}'
	fails hugepageLimits
	no_note
	update --pids-limit 50 "$id"
	ok
	update_by '{"devices": [{"allow": true, "access": "rwm"}]}'
	fails devices
	lacks "$err" "put back"
	no_note
	last_is ok
	always_null
}

@test "devices: what may be used stays so through an update that is killed, and the next one" {
	needs caisson "its way to do it"
	command -v strace >/dev/null || skip "no strace"
	device_program
	# Out of the first rules: in a legacy hierarchy nothing else may be written but what differs.
	unified || mkdir "$(cgroup_dir devices)/nested"
	local n
	echo '{"devices": [{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "r"},
		{"allow": true, "type": "c", "major": 10, "minor": 232, "access": "r"}], "pids": {"limit": 60}}' >"$T/new.json"
	for n in {2..9}; do
		killed_at write "$n" -r "$T/new.json"
		[[ -e $state/$id/resources.unsure ]] || break # it had come to its end
		update "$id"
		ok
		no_note
		always_null
		: >"$T/box.out"
		last_is EPERM
	done
	((n > 3 && n < 9))
	last_is ok
	always_null
}

# ---- how it is asked for ----

@test "a document by file, by standard input, by a pipe; nothing on standard output" {
	start_probe wait
	echo '{"pids": {"limit": 31}}' >"$T/r.json"
	update --resources="$T/r.json" "$id"
	ok
	quiet
	is "$(pids_limit)" 31
	update_by '{"pids": {"limit": 32}}'
	ok
	quiet
	is "$(pids_limit)" 32
	update -r <(sleep 0.2; echo '{"pids": {"limit": 33}}') "$id"
	ok
	is "$(pids_limit)" 33
	# Options beside it count for nothing.
	update "$id" -r "$T/r.json" --pids-limit 99 --memory nonsense
	ok
	is "$(pids_limit)" 31
}

@test "options stand before or after the ID; without any nothing happens" {
	resources '{"pids": {"limit": 40}}'
	start_probe wait
	local before
	before=$(settings)
	update "$id"
	ok
	quiet
	is "$(settings)" "$before"
	update --pids-limit=41 "$id" --cpu-share 512
	ok
	is "$(pids_limit)" 41
	weight_is 512 59
	[[ $(runtime_name) != caisson ]] || { update "$id" --cpu-share ""; ok; weight_is 512 59; }
}

@test "what engines send for 'not set' changes nothing" {
	skip_on runc "1.1 writes some of it"
	skip_on crun "writes some of it"
	resources '{"memory": {"limit": 67108864}, "cpu": {"shares": 700, "quota": 40000, "period": 80000, "cpus": "0"}, "pids": {"limit": 44}}'
	start_probe wait
	local before
	before=$(settings)
	update_by '{"memory": {"limit": 0, "reservation": 0, "swap": 0, "kernel": 0, "kernelTCP": 0},
		"cpu": {"shares": 0, "quota": 0, "period": 0, "realtimeRuntime": 0, "realtimePeriod": 0, "cpus": "", "mems": ""},
		"blockIO": {"weight": 0, "leafWeight": 0, "weightDevice": null, "throttleReadBpsDevice": []},
		"hugepageLimits": [], "network": {}, "rdma": {}, "unified": {}, "pids": {}}'
	ok
	is "$err" ""
	is "$(settings)" "$before"
	# The whole of the configuration again, as containerd sends it.
	update_by "$(jq .linux.resources "$bundle/config.json")"
	ok
	is "$(settings)" "$before"
}

@test "limits of kernel memory are ignored with a warning" {
	skip_on runc "1.1 sets them"
	skip_on crun "sets them"
	start_probe wait
	local before
	before=$(settings)
	update --kernel-memory 50m --kernel-memory-tcp 10m "$id"
	ok
	contains "$err" warning
	contains "$err" "kernel memory"
	is "$(settings)" "$before"
	update_by '{"memory": {"kernel": 5000000}}'
	ok
	contains "$err" "kernel memory"
}

@test "a created and a paused container can be updated, one that has ended cannot" {
	resources '{"pids": {"limit": 40}}'
	args wait
	create
	ok
	update --pids-limit 41 "$id"
	ok
	is "$(pids_limit)" 41
	call rt start "$id"
	ok
	call rt pause "$id"
	ok
	update --pids-limit 42 "$id"
	ok
	is "$(state_of)" paused
	is "$(pids_limit)" 42
	call rt resume "$id"
	ok
	kill_init
	wait_for 5 is_state stopped
	update --pids-limit 43 "$id"
	fails "container not running"
	call rt delete "$id"
	ok
	update --pids-limit 43 "$id"
	fails "does not exist"
}

# ---- refused ----

# refused FIELD JSON: by these words, and no limit has changed.
refused() {
	local before
	before=$(settings)
	update_by "$2"
	fails "$1" "standard input:"
	is "$(settings)" "$before" "settings after $2"
	no_note
}
# Nothing is left to be undone.
no_note() { [[ ! -e $state/$id/resources.unsure ]] || { complain "the note of an update is left"; return 1; }; }

@test "what cannot be right is refused by its name, and nothing changes" {
	skip_on runc "1.1 leaves much of it to the kernel, or ignores it"
	skip_on crun "leaves much of it to the kernel, or ignores it"
	resources '{"memory": {"limit": 67108864}, "cpu": {"shares": 700, "quota": 40000, "period": 80000, "cpus": "0"}, "pids": {"limit": 44}}'
	start_probe wait
	local field json
	while read -r field json; do
		refused "$field" "$(jq -c '{"pids": {"limit": 45}, "cpu": {"shares": 99}} * .' <<<"$json")"
	done <<-'TABLE'
		memory.limit {"memory": {"limit": -2}}
		memory.limit {"memory": {"limit": "64M"}}
		memory.reservation {"memory": {"reservation": -5}}
		memory.swap {"memory": {"limit": 67108864, "swap": 33554432}}
		cpu.shares {"cpu": {"shares": -1}}
		cpu.quota {"cpu": {"quota": 999}}
		cpu.quota {"cpu": {"quota": -2}}
		cpu.period {"cpu": {"period": 999}}
		cpu.period {"cpu": {"period": 1000001}}
		cpu.burst {"cpu": {"quota": 10000, "burst": 10001}}
		cpu.idle {"cpu": {"idle": 2}}
		cpu.cpus {"cpu": {"cpus": "0-"}}
		cpu.cpus {"cpu": {"cpus": "0-99999999999"}}
		pids.limit {"pids": {"limit": -2}}
		blockIO.weight {"blockIO": {"weight": 9}}
		blockIO.leafWeight {"blockIO": {"leafWeight": 100}}
		blockIO.throttleReadBpsDevice[0] {"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": -1}]}}
		hugepageLimits[0] {"hugepageLimits": [{"pageSize": "2MB/../../x", "limit": 1}]}
		unified {"unified": {"memory/high": "1"}}
		unified {"unified": {"../memory.high": "1"}}
		unified {"unified": {"cgroup.procs": "1"}}
		unified {"unified": {"cgroup.freeze": "1"}}
		unified {"unified": {"hugetlb.2MB.max": ""}}
		unified {"unified": {"pids.max": "0"}}
		devices[0] {"devices": [{"allow": true, "type": "x"}]}
	TABLE
	if unified; then
		refused memory.swappiness '{"memory": {"swappiness": 10}, "pids": {"limit": 45}}'
		refused network.classID '{"network": {"classID": 10}, "pids": {"limit": 45}}'
	fi
}

@test "what the kernel refuses leaves everything as it was, also what was written before it" {
	skip_on runc "1.1 leaves the half of it"
	skip_on crun "leaves the half of it"
	resources '{"memory": {"limit": 67108864}, "cpu": {"shares": 700, "quota": 40000, "period": 80000, "cpus": "0"}, "pids": {"limit": 44}}'
	start_probe wait
	refused cpu.cpus '{"memory": {"limit": 50000000, "reservation": 1000000}, "pids": {"limit": 45},
		"cpu": {"shares": 99, "quota": 20000, "period": 100000, "cpus": "4000"}}'
	refused 'blockIO.throttleReadBpsDevice[0]' '{"memory": {"limit": 50000000, "reservation": 1000000}, "pids": {"limit": 45},
		"cpu": {"idle": 1, "quota": -1, "cpus": "0-1"},
		"devices": [{"allow": true, "type": "c", "major": 10, "minor": 232, "access": "rw"}],
		"blockIO": {"throttleReadBpsDevice": [{"major": 4095, "minor": 7, "rate": 5}]}}'
	refused 'hugepageLimits[0]' '{"cpu": {"shares": 99}, "pids": {"limit": 45}, "hugepageLimits": [{"pageSize": "7MB", "limit": 1}]}'
	refused 'hugepageLimits[0]' '{"cpu": {"cpus": "1"}, "hugepageLimits": [{"pageSize": "7MB", "limit": 1}]}'
	# Nor is it remembered.
	update --cpu-quota 41000 "$id"
	ok
	is "$(bandwidth)" "41000 80000"
	weight_is 700 75
}

@test "a cpuset that had nothing of its own has nothing new after a failure" {
	skip_on runc "1.1 leaves the half of it"
	skip_on crun "leaves the half of it"
	(($(nproc) > 1)) || skip "one CPU"
	start_probe wait
	local allowed=/proc/$(pid_of)/status before
	before=$(grep '^[CM].*_allowed_list' "$allowed")
	update_by '{"cpu": {"cpus": "1", "mems": "900"}}'
	fails cpu.mems
	lacks "$err" "put back"
	is "$(grep '^[CM].*_allowed_list' "$allowed")" "$before"
	# Before it is written the rest has been, where the empty list cannot be put back.
	update_by '{"cpu": {"cpus": "1"}, "blockIO": {"throttleReadBpsDevice": [{"major": 4095, "minor": 7, "rate": 5}]}}'
	fails throttleReadBpsDevice
	lacks "$err" "put back"
	is "$(grep '^[CM].*_allowed_list' "$allowed")" "$before"
}

@test "options are refused by their names" {
	needs caisson "its words"
	start_probe wait
	local before words option
	before=$(settings)
	while IFS='|' read -r words option; do
		update "$id" --pids-limit 45 "$option"
		fails "$words"
		is "$(settings)" "$before"
	done <<-'TABLE'
		invalid value for memory: invalid size: 'abc'|--memory=abc
		invalid value for memory: invalid size: '-2'|--memory=-2
		invalid value for memory-swap: '9000000t' is out of range|--memory-swap=9000000t
		invalid value for cpu-share: expected a number, found '1k'|--cpu-share=1k
		invalid value for cpu-period: expected a number, found '-1'|--cpu-period=-1
		invalid value for blkio-weight: '70000' is out of range|--blkio-weight=70000
		invalid value for cpu-idle: '2' is out of range|--cpu-idle=2
		invalid value for pids-limit: '-2' is out of range|--pids-limit=-2
		--blkio-weight: a weight is from 10 to 1000|--blkio-weight=9
		--cpu-quota: the kernel takes no quota below 1000|--cpu-quota=999
		--cpu-quota: a quota is a number|--cpu-quota=-2
		--cpu-period: the kernel takes periods|--cpu-period=1
		--memory-swap: unable to set swap limit without memory limit|--memory-swap=5m
		--cpuset-cpus: expected a list|--cpuset-cpus=0-
		(--cpuset-cpus)|--cpuset-cpus=4000
		Intel RDT is not supported|--l3-cache-schema=L3:0=f
		Intel RDT is not supported|--mem-bw-schema=MB:0=70
		flag provided but not defined|--nonsense
	TABLE
}

@test "a document by a FIFO to which somebody writes a little later" {
	skip_on runc "waits for ever" # if nobody comes
	start_probe wait
	mkfifo "$T/fifo"
	(sleep 0.7; echo '{"pids": {"limit": 34}}' >"$T/fifo") 3>&- &
	update -r "$T/fifo" "$id"
	ok
	is "$(pids_limit)" 34
	update -r <(sleep 3; echo '{"pids": {'; sleep 0.2; echo '"limit": 35}}') "$id"
	ok
	is "$(pids_limit)" 35
}

@test "documents without any limit in them are told from those that ask for nothing" {
	needs caisson "its words"
	start_probe wait
	local before json
	before=$(settings)
	for json in "$(<"$bundle/config.json")" '{"linux": {"resources": {"pids": {"limit": 5}}}}' '{"pid": {"limit": 5}}'; do
		update_by "$json"
		fails "expected the members of linux.resources" "standard input:"
	done
	update_by '{}'
	ok
	update_by '{"memory": null, "future": 1}'
	ok
	is "$(settings)" "$before"
	update_by '{"future": {"a": 1}, "pids": {"limit": 36}}'
	ok
	is "$(pids_limit)" 36
}

@test "documents that are none are refused, and do not hang it" {
	needs caisson "its words"
	start_probe wait
	local before
	before=$(settings)
	update_by '{"pids": {"limit": 5}'
	fails "standard input:"
	update_by ''
	fails "standard input:"
	update_by '[]'
	fails "standard input:1:1"
	update_by '{"pids": {"limit": 5}, "pids": {"limit": 6}}'
	fails "standard input:1:"
	update -r "$T/none.json" "$id"
	fails "none.json not found"
	mkfifo "$T/fifo"
	LIMIT=5 update -r "$T/fifo" "$id"
	fails fifo "nobody has opened it for writing"
	sleep 0.3 >"$T/fifo" 3>&- &
	LIMIT=5 update -r "$T/fifo" "$id"
	fails fifo empty
	update -r "$T" "$id"
	fails "not a regular file"
	update -r /dev/zero "$id"
	fails "not a regular file"
	head -c 5000000 /dev/zero | tr '\0' ' ' >"$T/large.json"
	update -r "$T/large.json" "$id"
	fails "at most 4194304 are read"
	call rt update
	fails "requires exactly 1 argument"
	is "$(settings)" "$before"
}

@test "memory.checkBeforeUpdate: a limit below what is used is rejected before anything is written" {
	skip_on runc "1.1 does not know it"
	skip_on crun "does not know it"
	resources '{"memory": {"limit": 314572800}}'
	start_probe allocate 60000000 + echo there + wait
	wait_for 5 box_says there
	refused memory.limit '{"memory": {"limit": 33554432, "checkBeforeUpdate": true}, "cpu": {"shares": 99}}'
	contains "$err" "rejecting memory limit 33554432 <= usage "
	if ! unified; then
		refused memory.limit '{"memory": {"limit": 33554432}, "cpu": {"shares": 99}}'
		contains "$err" "unable to set memory limit to 33554432 (current usage: "
		contains "$err" ", peak usage: "
	fi
	update_by '{"memory": {"limit": 134217728, "checkBeforeUpdate": true}}'
	ok
	is "$(memory_limit)" 134217728
	is "$(state_of)" running
}

@test "memory.checkBeforeUpdate: what is swapped out counts too" {
	skip_on runc "1.1 does not know it"
	skip_on crun "does not know it"
	[[ -n $(tail -n +2 /proc/swaps) ]] || skip "no swap"
	resources '{"memory": {"limit": 33554432, "swap": 134217728, "checkBeforeUpdate": true}}'
	start_probe allocate 60000000 + echo there + wait
	wait_for 20 box_says there
	refused memory.swap '{"memory": {"swap": 41943040}, "cpu": {"shares": 99}}'
	contains "$err" "rejecting memory+swap limit 41943040 <= usage "
	update_by '{"memory": {"swap": 125829120}}'
	ok
	is "$(state_of)" running
}

# ---- the note of it ----

@test "limits that cannot be written down are taken back" {
	needs caisson "the place of its state"
	resources '{"memory": {"limit": 67108864}, "pids": {"limit": 44}}'
	start_probe wait
	local before
	before=$(settings)
	host_mount --bind "$state/$id" "$state/$id"
	mount -o remount,bind,ro "$state/$id"
	update --memory 32m --pids-limit 45 --cpu-quota 5000 --cpu-idle 1 "$id"
	fails_any "cannot write down" "cannot note"
	lacks "$err" "put back"
	is "$(settings)" "$before"
	umount "$state/$id"
	host_mounts=()
	update --cpu-quota 5000 "$id"
	ok
}

@test "a damaged note of earlier limits is an error" {
	needs caisson "the place of its state"
	start_probe wait
	update --pids-limit 44 "$id"
	ok
	local before
	before=$(settings)
	echo '{"pids": {"limit": "many"}}' >"$state/$id/resources.json"
	update --cpu-quota 5000 "$id"
	fails resources.json
	is "$(settings)" "$before"
	ln -sf /etc/passwd "$state/$id/resources.json"
	update --cpu-quota 5000 "$id"
	fails resources.json
	is "$(settings)" "$before"
}

@test "a cgroup that is gone is an error" {
	needs caisson "its words"
	owned_by cgroupfs "a scope goes with its last process"
	start_probe wait
	# Out of it into one beside it: the container lives, and its own is gone.
	local dir=$(cgroup_dir pids) aside
	aside=$dir-aside
	mkdir "$aside"
	pid_of >"$aside/cgroup.procs"
	rmdir "$dir"
	update --pids-limit 44 "$id"
	fails "any more"
	pid_of >"${dir%/*}/cgroup.procs"
	wait_for 3 rmdir "$aside"
}

@test "ended at any moment, the limits are all old or all new" {
	needs caisson
	owned_by cgroupfs "systemd would have to be told of each of the many"
	local i ms device old new now
	device=$(a_disk)
	[[ -n $device ]] || skip "no disk"
	resources '{"cpu": {"shares": 700}, "pids": {"limit": 44}}'
	start_probe wait
	# Between the first limit and the last there are so many that it takes a while.
	jq -n --argjson major "${device%:*}" --argjson minor "${device#*:}" '{"cpu": {"shares": 99}, "pids": {"limit": 55}, "blockIO":
		{"throttleReadBpsDevice": [range(20000) | {"major": $major, "minor": $minor, "rate": 5000000}]}}' >"$T/new.json"
	jq '.cpu.shares = 700 | .pids.limit = 44 | .blockIO.throttleReadBpsDevice |= [.[0] | .rate = 0]' <"$T/new.json" >"$T/old.json"
	old=$(settings)
	update -r "$T/new.json" "$id"
	ok
	new=$(settings)
	for i in {1..20}; do
		update -r "$T/old.json" "$id"
		ok
		is "$(settings)" "$old"
		"$RUNTIME" --root "$state" update -r "$T/new.json" "$id" 3>&- &
		ms=$((i * 15 * SLOW))
		sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
		kill -TERM $! 2>/dev/null || true
		wait $! || true
		now=$(settings)
		[[ $now == "$old" || $now == "$new" ]] || { complain "neither: $now"; return 1; }
	done
}

# ---- systemd as the owner ----

properties() {
	SYSTEMCTL_FORCE_BUS=1 systemctl show "it-$id.scope" -p MemoryMax -p MemoryLow -p TasksMax -p CPUQuotaPerSecUSec -p CPUQuotaPeriodUSec \
		-p CPUWeight -p AllowedCPUs -p AllowedMemoryNodes -p IOReadBandwidthMax -p DevicePolicy
}

@test "systemd is told of new limits, and keeps them over a daemon-reload" {
	owned_by systemd
	resources '{"memory": {"limit": 67108864}, "cpu": {"quota": 50000}}'
	start_probe wait
	update --memory 32m --pids-limit 33 --cpu-period 50000 --cpuset-cpus 0 --cpu-share 2 "$id"
	ok
	local before told
	before=$(settings) told=$(properties)
	contains "$told" MemoryMax=33554432
	contains "$told" TasksMax=33
	contains "$told" CPUQuotaPerSecUSec=1s
	contains "$told" CPUQuotaPeriodUSec=50ms
	contains "$told" AllowedCPUs=0
	contains "$told" CPUWeight=1
	systemctl daemon-reload
	sleep 1
	is "$(settings)" "$before"
	is "$(properties)" "$told"
}

@test "systemd is told what was before, should the kernel refuse" {
	owned_by systemd
	needs caisson
	resources '{"memory": {"limit": 67108864}, "cpu": {"quota": 50000}}'
	start_probe wait
	local before told
	before=$(settings) told=$(properties)
	update_by '{"memory": {"limit": 50000000, "reservation": 1000000}, "cpu": {"shares": 99, "quota": 20000, "period": 50000, "cpus": "0"},
		"pids": {"limit": 77}, "devices": [{"allow": true, "access": "rwm"}],
		"blockIO": {"throttleReadBpsDevice": [{"major": 4095, "minor": 7, "rate": 5}]}}'
	fails 'blockIO.throttleReadBpsDevice[0]'
	lacks "$err" "put back"
	# But for the list of CPUs: that cannot be empty again.
	is "$(settings | grep -v cpuset.cpus)" "$(grep -v cpuset.cpus <<<"$before")"
	is "$(<"$(cgroup_dir cpuset)/cpuset.cpus.effective")" "$(</sys/fs/cgroup/cpuset.cpus.effective)"
	systemctl daemon-reload
	sleep 1
	is "$(settings | grep -v cpuset.cpus)" "$(grep -v cpuset.cpus <<<"$before")"
	is "$(<"$(cgroup_dir cpuset)/cpuset.cpus.effective")" "$(</sys/fs/cgroup/cpuset.cpus.effective)"
	is "$(properties | grep -v IOReadBandwidthMax)" "$(grep -v IOReadBandwidthMax <<<"$told")"
}

@test "a value that is not a round one for systemd is in force as it was asked" {
	owned_by systemd
	start_probe wait
	local i
	for i in {1..10}; do
		update --cpu-quota "$((41000 + i))" --cpu-period 80000 "$id"
		ok
		sleep 0.1
		is "$(bandwidth)" "$((41000 + i)) 80000"
	done
}

@test "systemd: what annotations have set is there again after a failure" {
	owned_by systemd
	needs caisson
	edit '.annotations = {"org.systemd.property.MemoryMax": "uint64 104857600", "org.systemd.property.TasksMax": "uint64 60"}'
	start_probe wait
	local before told
	before=$(settings) told=$(properties)
	contains "$told" MemoryMax=104857600
	update_by '{"memory": {"limit": 50000000}, "pids": {"limit": 77},
		"blockIO": {"throttleReadBpsDevice": [{"major": 4095, "minor": 7, "rate": 5}]}}'
	fails 'blockIO.throttleReadBpsDevice[0]'
	lacks "$err" "put back"
	is "$(properties | grep -v IOReadBandwidthMax)" "$(grep -v IOReadBandwidthMax <<<"$told")"
	systemctl daemon-reload
	sleep 1
	is "$(settings)" "$before"
}

# ---- killed ----

# killed_at SYSCALL N ARGUMENT...: an update that is killed before its N-th call of that name.
killed_at() {
	local what=$1 n=$2
	shift 2
	call strace -f -qq -o /dev/null -e "inject=$what:signal=SIGKILL:when=$n" "$RUNTIME" --root "$state" "${owner_option[@]}" update "$@" "$id"
}

@test "an update that is killed between any two writes is undone by the next one" {
	needs caisson "its way to do it"
	command -v strace >/dev/null || skip "no strace"
	resources '{"memory": {"limit": 67108864}, "cpu": {"shares": 700}}'
	start_probe wait
	local before n half=0 told
	before=$(settings)
	[[ $OWNER != systemd ]] || told=$(properties)
	# Limits that there were, and limits that there were not.
	echo '{"memory": {"limit": 50000000}, "cpu": {"shares": 99, "quota": 20000}, "pids": {"limit": 45},
		"devices": [{"allow": true, "type": "c", "major": 10, "minor": 232, "access": "rw"}]}' >"$T/new.json"
	for n in {1..20}; do
		killed_at write "$n" -r "$T/new.json"
		if [[ $(settings) != "$before" ]]; then
			[[ -e $state/$id/resources.unsure ]] || break # it had come to its end
			half=$((half + 1))
		fi
		# Even one that is refused itself.
		update_by '{"pids": {"limit": -7}}'
		fails pids.limit
		update "$id" --cpu-share 700
		ok
		is "$err" ""
		is "$(settings)" "$before" "settings after a kill at write $n"
		[[ $OWNER != systemd ]] || is "$(properties)" "$told"
		no_note
	done
	((n > 5 && n < 20 && half > 2)) || { complain "$n writes, $half times half of it was there"; return 1; }
	is "$(pids_limit)" 45
	is "$(bandwidth)" "20000 100000"
	no_note
}

@test "an update that is killed when all is in force and kept stays so" {
	needs caisson "its way to do it"
	command -v strace >/dev/null || skip "no strace"
	start_probe wait
	killed_at unlinkat 1 --pids-limit 45
	[[ $code != 0 && -e $state/$id/resources.unsure && -e $state/$id/resources.json ]]
	update "$id" --cpu-share 99
	ok
	is "$(pids_limit)" 45
	no_note
}

@test "what a killed update has left and cannot be taken back is told, and keeps nobody from setting it anew" {
	needs caisson "its way to do it"
	unified && skip "v2 takes any limit"
	command -v strace >/dev/null || skip "no strace"
	resources '{"memory": {"limit": 16777216}}'
	start_waiting allocate 60000000 + echo there + wait
	killed_at unlinkat 1 --memory 300m
	# As if that had not been kept either: the limit that was there is below what is in use by now.
	rm "$state/$id/resources.json"
	go
	wait_for 5 box_says there
	update "$id" --cpu-share 99
	ok
	contains "$err" "an earlier update of container '$id' was cut short; memory.limit_in_bytes could not be put back"
	is "$(memory_limit)" 314572800
	update "$id" --memory 200m
	ok
	is "$err" ""
	is "$(memory_limit)" 209715200
}

@test "a damaged note of an update is an error" {
	needs caisson "the place of its state"
	start_probe wait
	local before
	before=$(settings)
	echo '{"rows": 5}' >"$state/$id/resources.unsure"
	update --cpu-quota 5000 "$id"
	fails resources.unsure
	ln -sf /etc/passwd "$state/$id/resources.unsure"
	update --cpu-quota 5000 "$id"
	fails resources.unsure
	is "$(settings)" "$before"
}

# ---- fields, and files by their names ----

@test "unified: of a field and the file it is written to the later one holds" {
	needs caisson "its rule"
	grep -qw hugetlb "$(unified && echo /sys/fs/cgroup/cgroup.controllers || echo /sys/fs/cgroup/unified/cgroup.controllers)" ||
		skip "no v2 controller for it"
	resources '{"unified": {"hugetlb.2MB.max": "2097152"}}'
	start_probe wait
	pages_are() { is "$(<"$(v2_dir hugetlb)/hugetlb.2MB.max")" "$1"; }
	pages_are 2097152
	update_by '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	ok
	pages_are 4194304
	is "$(jq -c .unified "$state/$id/resources.json")" null
	update_by '{"unified": {"hugetlb.2MB.max": "6291456"}}'
	ok
	pages_are 6291456
	update_by '{"pids": {"limit": 50}, "hugepageLimits": [{"pageSize": "7MB", "limit": 1}]}'
	fails hugepageLimits
	pages_are 6291456
	update_by '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	ok
	pages_are 4194304
}

@test "unified: what was set by the name of its file stays, through a failure and a daemon-reload, too" {
	unified || skip "the controllers are legacy ones"
	needs caisson "its rule"
	resources '{"cpu": {"quota": 50000}, "unified": {"memory.max": "67108864"}}'
	start_probe wait
	is "$(memory_limit)" 67108864
	update "$id" --memory 128m
	ok
	is "$(memory_limit)" 134217728
	update_by '{"unified": {"cpu.max": "20000 100000"}}'
	ok
	update "$id" --cpu-period 50000
	fails --cpu-period "was set by unified 'cpu.max'"
	is "$(bandwidth)" "20000 100000"
	update_by '{"memory": {"limit": 50000000}, "blockIO": {"throttleReadBpsDevice": [{"major": 4095, "minor": 7, "rate": 5}]}}'
	fails throttleReadBpsDevice
	is "$(memory_limit)" 134217728
	if [[ $OWNER == systemd ]]; then
		systemctl daemon-reload
		sleep 1
		contains "$(properties)" MemoryMax=134217728
	fi
	is "$(memory_limit) $(bandwidth)" "134217728 20000 100000"
	update "$id" --cpu-period 50000 --cpu-quota 30000
	ok
	update "$id" --cpu-quota 40000
	ok
	is "$(bandwidth)" "40000 50000"
}
