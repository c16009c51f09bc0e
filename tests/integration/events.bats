# events: the statistics as engines decode them, the stream of them, running out of memory, and what reading them costs.
load lib.bash

data() { jq -r ".data.$1" <<<"$out"; }

stats_once() {
	call rt events --stats "$id"
	ok
	is "$err" ""
	is "$(wc -l <"$T/out")" 1 "lines"
	is "$(jq -r .type <<<"$out")" stats
	is "$(jq -r .id <<<"$out")" "$id"
}

# The stream in the background: lines go to $T/events, words to $T/events.err, the exit code to $T/events.code.
follow() {
	{
		local code=0
		rt events "$@" "$id" >"$T/events" 2>"$T/events.err" || code=$?
		echo "$code" >"$T/events.code"
	} 3>&- 4>&- </dev/null &
	agents+=($!)
}
lines_of() { grep -c "\"type\":\"$1\"" "$T/events" || true; }
at_least() { (($(lines_of "$1") >= $2)); }
ended() { [[ -s $T/events.code ]]; }
# Whether the stream has begun to watch: it holds something of the cgroup open.
watches() {
	local pid
	for pid in $(pgrep -f -- "events .*$id"); do
		! find "/proc/$pid/fd" -lname '/sys/fs/cgroup*' 2>/dev/null | grep -q . || return 0
	done
	return 1
}

memory_limit() { edit '.linux.resources.memory = {"limit": $l}' --argjson l "$1"; }

# What events says of each key of the contract's section 8.4, as PATH TYPE; lists and names that differ are '*'.
shape() {
	jq -r '
		def kind: if type == "object" then (if length == 0 then "object" else empty end) elif type == "array" then empty else type end;
		[paths as $p | (getpath($p) | kind) as $k
			| ($p | map(if type == "number" then "*" else . end) | if .[:3] == ["data", "memory", "raw"] then .[3] = "*" else . end
				| if .[:2] == ["data", "hugetlb"] and length > 2 then .[2] = "*" else . end | join(".")) + " " + $k] | unique[]' <<<"$out"
}

contract() {
	local entry name
	printf '%s\n' "type string" "id string" "data.network_interfaces null" "data.cpu.usage.percpu.* number" "data.cpu.usage.percpu_kernel.* number" \
		"data.cpu.usage.percpu_user.* number" "data.cpuset.cpus.* number" "data.cpuset.mems.* number" "data.memory.cache number" \
		"data.memory.raw.* number" "data.pids.current number" "data.pids.limit number" "data.blkio object" "data.hugetlb object" \
		"data.intel_rdt object" "data.cpu.throttling object" "data.memory.swap object"
	for name in total kernel user; do echo "data.cpu.usage.$name number"; done
	for name in periods throttledPeriods throttledTime; do echo "data.cpu.throttling.$name number"; done
	for name in cpu_exclusive mem_hardwall mem_exclusive memory_migrate memory_spread_page memory_spread_slab memory_pressure \
		sched_load_balance sched_relax_domain_level; do echo "data.cpuset.$name number"; done
	for entry in usage swap kernel kernelTCP; do
		for name in limit usage max failcnt; do echo "data.memory.$entry.$name number"; done
	done
	for entry in ioServiceBytes ioServiced ioQueue ioServiceTime ioWaitTime ioMerged ioTime sectors; do
		for name in major minor value; do echo "data.blkio.${entry}Recursive.*.$name number"; done
		echo "data.blkio.${entry}Recursive.*.op string"
	done
	for name in usage max failcnt; do echo "data.hugetlb.*.$name number"; done
	for entry in cpu memory blkio; do
		for name in avg10 avg60 avg300 total; do
			printf '%s\n' "data.$entry.psi.some.$name number" "data.$entry.psi.full.$name number"
		done
	done
}

# ---- once ----

@test "every key and type is the contract's" {
	edit '.linux.resources += {"memory": {"limit": 67108864}, "pids": {"limit": 50}, "cpu": {"quota": 50000, "period": 100000}}'
	start_probe wait
	stats_once
	is "$(comm -23 <(shape | LC_ALL=C sort) <(contract | LC_ALL=C sort))" "" "what the contract does not have"
	# And what every host with these controllers has is there.
	local key
	for key in cpu.usage.total cpu.usage.kernel cpu.usage.user memory.usage.limit memory.usage.usage memory.usage.failcnt pids.current pids.limit; do
		is "$(data "$key | type")" number "$key"
	done
	is "$(data 'memory.raw | type')" object
	is "$(data network_interfaces)" null
}

@test "the numbers are those of the cgroup" {
	edit '.linux.resources += {"memory": {"limit": 67108864}, "pids": {"limit": 50}, "cpu": {"cpus": "0", "mems": "0"}}'
	start_probe allocate 9000000 + wait
	wait_for 5 box_says "allocate 9000000 ok"
	stats_once
	is "$(data memory.usage.limit)" 67108864
	is "$(data pids.limit)" 50
	is "$(data pids.current)" "$(cgroup_value pids pids.current pids.current)"
	(($(data memory.usage.usage) > 9000000 && $(data memory.usage.usage) < 67108864))
	local now
	now=$(cgroup_value memory memory.current memory.usage_in_bytes)
	(($(data memory.usage.usage) - now < 8388608 && now - $(data memory.usage.usage) < 8388608))
	is "$(data 'memory.raw | keys[]' | LC_ALL=C sort)" "$(cgroup_value memory memory.stat memory.stat | cut -d' ' -f1 | LC_ALL=C sort)" "keys of memory.stat"
	is "$(data 'memory.raw[]' | grep -cv '^[0-9]*$')" 0
	[[ $(data cpuset) == null ]] || is "$(data 'cpuset.cpus | tojson') $(data 'cpuset.mems | tojson')" "[0] [0]"
}

@test "time is in nanoseconds, and throttling is told" {
	edit '.linux.resources.cpu = {"quota": 20000, "period": 100000} | .process.args = ["/bin/sh", "-c", "while :; do :; done"]'
	create
	ok
	call rt start "$id"
	ok
	throttled() { call rt events --stats "$id" && (($(data cpu.throttling.throttledPeriods) > 2)); }
	wait_for 10 throttled
	stats_once
	# A fifth of one CPU for as long as it ran, give or take; in microseconds it would be a thousandth of that.
	(($(data cpu.usage.total) > 50000000 && $(data cpu.usage.total) < 5000000000))
	(($(data cpu.throttling.throttledPeriods) > 2 && $(data cpu.throttling.periods) >= $(data cpu.throttling.throttledPeriods)))
	(($(data cpu.throttling.throttledTime) > 10000000))
}

@test "without limits: no limit is the kernel's largest number, no limit of pids is 0" {
	start_probe wait
	stats_once
	is "$(data 'pids.limit // 0')" 0
	# jq would round it.
	if unified; then contains "$out" '"limit":18446744073709551615'; else contains "$out" '"limit":9223372036854771712'; fi
}

@test "input and output are counted for each device" {
	local file
	start_probe wait
	if unified; then file=$(cgroup_dir io)/io.stat; else file=$(cgroup_dir blkio)/blkio.throttle.io_serviced_recursive; fi
	[[ -e $file ]] || skip "no io controller"
	# Something that goes to a disk at once, by a process in there.
	local dir
	for dir in "$T" /var/tmp; do [[ $(stat -fc %T "$dir") == tmpfs ]] || break; done
	[[ $(stat -fc %T "$dir") != tmpfs ]] || skip "no disk"
	file=${file%/*}/cgroup.procs dir=$(mktemp -d "$dir/it.XXXXXX")
	(echo "$BASHPID" >"$file" && exec dd if=/dev/zero of="$dir/file" bs=1M count=4 oflag=direct status=none) 3>&- || file=
	rm -rf "$dir"
	[[ -n $file ]] || skip "no direct input and output in $dir"
	stats_once
	(($(jq '[.data.blkio.ioServiceBytesRecursive[] | select(.op == "Write") | .value] | add' <<<"$out") >= 4194304))
	(($(jq '[.data.blkio.ioServicedRecursive[] | select(.op == "Write") | .value] | add' <<<"$out") >= 1))
}

@test "a created and a paused container have statistics" {
	args wait
	create
	ok
	stats_once
	is "$(data pids.current)" "$(cgroup_value pids pids.current pids.current)"
	call rt start "$id"
	ok
	call rt pause "$id"
	ok
	stats_once
	is "$(data pids.current)" 1
}

@test "every file of the kernel is opened once, and there are not many" {
	needs caisson "a measure of ours"
	command -v strace >/dev/null || skip "no strace"
	edit '.linux.resources += {"memory": {"limit": 67108864}, "pids": {"limit": 50}}'
	start_probe wait
	local opened
	strace -f -y -qq -e trace=open,openat,openat2 -o "$T/trace" "$RUNTIME" --root "$state" events --stats "$id" >"$T/line"
	jq -e .data.memory.usage.limit "$T/line"
	opened=$(sed -nE 's/.* = [0-9]+<(\/sys\/fs\/cgroup\/[^>]*)>$/\1/p' "$T/trace" | while read -r path; do [[ -d $path ]] || echo "$path"; done)
	is "$(LC_ALL=C sort <<<"$opened" | uniq -d)" "" "opened twice"
	# 43 to 53 on a legacy host, some 25 on v2; another size of huge pages is two more.
	(($(wc -l <<<"$opened") <= $(unified && echo 36 || echo 64)))
	# None in vain: what is not there is not asked for.
	refute grep -E 'cgroup.* = -1 ENOENT' "$T/trace"
	# And a line is one write.
	strace -f -qq -e trace=write,writev -o "$T/trace" "$RUNTIME" --root "$state" events --stats "$id" >"$T/line"
	is "$(grep -c 'write' "$T/trace")" 1 "writes"
}

# ---- the stream ----

@test "a line each interval, until the container ends" {
	skip_on runc "1.1 does not end on a legacy host"
	start_probe wait
	follow --interval 100ms
	wait_for 5 at_least stats 4
	is "$(jq -r .type <"$T/events" | uniq)" stats
	is "$(lines_of oom)" 0
	ended && { complain "it ended too early"; false; }
	kill_init
	wait_for 5 ended
	is "$(<"$T/events.code")" 0
	is "$(<"$T/events.err")" ""
	jq -e .id <"$T/events" >/dev/null
}

@test "the interval is kept" {
	start_probe wait
	follow --interval 1h
	# Where it has no file of the cgroup open, half a second must do.
	[[ $(runtime_name) == runc ]] || wait_for 5 watches
	sleep 0.5
	is "$(lines_of stats)" 0
	rm "$T/events"
	local begin=${EPOCHREALTIME/./} lines took
	follow --interval 0.5s
	wait_for 5 at_least stats 3
	lines=$(lines_of stats) took=$((${EPOCHREALTIME/./} - begin))
	((took >= 500000 * lines - 100000)) || { complain "$lines lines after $took us"; false; }
}

@test "the stream of a created container goes on when it is started" {
	args wait
	create
	ok
	follow --interval 100ms
	wait_for 5 at_least stats 2
	call rt start "$id"
	ok
	local before
	before=$(lines_of stats)
	wait_for 5 at_least stats $((before + 3))
	refute ended
}

@test "the stream ends with the last process, not with the first" {
	skip_on runc "1.1 does not end on a legacy host"
	edit '.linux.namespaces -= [{"type":"pid"}] | .process.args = ["/bin/sh", "-c", "(while [ ! -e /tmp/end ]; do sleep 0.05; done) & sleep 0.5"]'
	create
	ok
	follow --interval 100ms
	wait_for 5 at_least stats 1
	call rt start "$id"
	ok
	wait_for 5 is_state stopped
	local before
	before=$(lines_of stats)
	wait_for 5 at_least stats $((before + 3))
	refute ended
	touch "$rootfs/tmp/end"
	wait_for 5 ended
	is "$(<"$T/events.code")" 0
}

@test "the stream ends when the container is deleted" {
	skip_on runc "1.1 does not end on a legacy host"
	start_probe wait
	follow --interval 1h
	wait_for 5 watches
	call rt delete --force "$id"
	ok
	wait_for 5 ended
	is "$(<"$T/events.code") $(<"$T/events.err")" "0 "
}

@test "on a host with legacy hierarchies alone it ends, too" {
	needs_containers
	skip_on runc "1.1 does not end on a legacy host"
	! unified || skip "no legacy hierarchies"
	[[ ! -d /sys/fs/cgroup/unified ]] || host_mount -t tmpfs none /sys/fs/cgroup/unified
	mounts_before=$(mount_table)
	edit '.linux.namespaces -= [{"type":"pid"}] | .process.args = ["/bin/sh", "-c", "(while [ ! -e /tmp/end ]; do sleep 0.05; done) & sleep 0.5"]'
	create
	ok
	follow --interval 100ms
	wait_for 5 at_least stats 1
	call rt start "$id"
	ok
	wait_for 5 is_state stopped
	wait_for 5 at_least stats 3
	refute ended
	touch "$rootfs/tmp/end"
	wait_for 5 ended
	is "$(<"$T/events.code") $(<"$T/events.err")" "0 "
	call rt delete --force "$id"
	umount -l /sys/fs/cgroup/unified 2>/dev/null || true
	host_mounts=()
	mounts_before=$(mount_table)
}

@test "a reader that has enough ends it" {
	start_probe wait
	local begin=$SECONDS
	is "$(rt events --interval 100ms "$id" 3>&- | head -n 1 | jq -r .type)" stats
	((SECONDS - begin < 10 * SLOW))
}

@test "a reader that goes away is seen before the next line" {
	skip_on runc "sees it at the next line"
	start_probe wait
	mkfifo "$T/pipe"
	local code=0
	(exec 9>"$T/pipe"; LIMIT=30 rt events --interval 1h "$id" >&9 2>"$T/events.err" 9>&-; echo $? >"$T/events.code") 3>&- 4>&- &
	agents+=($!)
	exec 8<"$T/pipe"
	wait_for 5 watches
	exec 8<&-
	wait_for 3 ended
	is "$(<"$T/events.code") $(<"$T/events.err")" "0 "
}

@test "SIGTERM and SIGINT end it without words" {
	start_probe wait
	local signal
	for signal in TERM INT; do
		: >"$T/events" # not when the other process comes to it: what is there would be the round's before
		# bash lets what it starts in the background ignore SIGINT; env gives it back.
		env --default-signal=INT "$RUNTIME" --root "$state" events --interval 100ms "$id" >"$T/events" 2>"$T/events.err" 3>&- &
		agents+=($!)
		wait_for 5 at_least stats 2
		kill -s "$signal" $!
		wait_for 5 eval "! kill -0 $!"
		is "$(<"$T/events.err")" ""
		# What there is are whole lines.
		is "$(tail -c 1 "$T/events" | od -An -c | tr -d ' ')" '\n'
	done
}

@test "many at once tell the same" {
	start_probe wait
	local i
	for i in 1 2 3; do
		"$RUNTIME" --root "$state" events --interval 50ms "$id" >"$T/events.$i" 2>&1 3>&- &
		agents+=($!)
	done
	for i in 1 2 3; do
		wait_for 5 eval "((\$(wc -l <'$T/events.$i') >= 3))"
		head -n 3 "$T/events.$i" | jq -e .data.pids.current >/dev/null
	done
}

# ---- running out of memory ----

@test "a process that is killed for the memory limit is an event" {
	memory_limit 33554432
	edit '.process.args = ["/bin/sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.05; done; probe allocate 200000000; sleep 0.5; probe allocate 200000000; sleep 100"]'
	create
	ok
	follow --interval 1h
	call rt start "$id"
	ok
	wait_for 5 watches
	sleep 0.2
	is "$(lines_of oom)" 0
	touch "$rootfs/tmp/go"
	wait_for 5 at_least oom 2
	is "$(jq -r 'select(.type == "oom") | .id' <"$T/events" | uniq)" "$id"
	is "$(jq -c 'select(.type == "oom") | keys' <"$T/events" | uniq)" '["id","type"]'
	sleep 0.3
	is "$(lines_of oom)" 2
	refute ended
}

@test "the last process that is killed is an event before the end" {
	skip_on runc "1.1 does not end on a legacy host"
	memory_limit 33554432
	args sleep 1 + allocate 200000000
	create
	ok
	follow --interval 1h
	wait_for 5 watches
	call rt start "$id"
	ok
	wait_for 10 ended
	is "$(<"$T/events.code")" 0
	is "$(lines_of oom)" 1
}

@test "an end of another kind is no running out of memory" {
	skip_on runc "1.1 does not end on a legacy host"
	memory_limit 33554432
	start_probe wait
	follow --interval 1h
	wait_for 5 watches
	kill_init
	wait_for 5 ended
	is "$(lines_of oom)" 0
}

@test "with the OOM killer off, running out of memory is an event all the same" {
	! unified || skip "v2 has no such switch"
	edit '.linux.resources.memory = {"limit": 33554432, "disableOOMKiller": true}'
	args allocate 200000000
	create
	[[ $code == 0 ]] || skip "this kernel does not let it be switched off: $err"
	follow --interval 1h
	wait_for 5 watches
	call rt start "$id"
	ok
	wait_for 5 at_least oom 1
	is_state running
}

# ---- refusals ----

@test "a container that has stopped is refused" {
	start_probe exit 0
	wait_for 5 is_state stopped
	call rt events --stats "$id"
	fails "container with id $id is not running"
	call rt events "$id"
	fails "container with id $id is not running"
}

@test "a container that does not exist is refused" {
	call rt events --stats "$id"
	fails "does not exist"
	call rt events "$id"
	fails "does not exist"
}

@test "an interval that is none is refused" {
	start_probe wait
	local bad
	call rt events --interval=0 --stats "$id"
	fails "duration interval must be greater than 0"
	call rt events --interval=-0.5ms "$id"
	fails "duration interval must be greater than 0"
	for bad in 5 abc ''; do
		call rt events --interval="$bad" "$id"
		[[ $code != 0 && $code != 124 ]] || { complain "'$bad' is taken"; false; }
		contains "$err" "invalid value"
		contains "$err" "for flag -interval"
	done
}
