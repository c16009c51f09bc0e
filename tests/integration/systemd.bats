# systemd as the owner of the cgroup (--systemd-cgroup): the unit, what systemd is told, what it does to us, and what is left.
OWNER=systemd
load lib.bash

# Else it talks to the manager's own socket, which it does not trust where it cannot see the manager: each file has its own pid namespace.
export SYSTEMCTL_FORCE_BUS=1

setup() {
	lib_setup
	unit=it-$id.scope
	path=system.slice:it:$id
}

booted() { [[ -d /run/systemd/system ]] && unified; }
here() { booted || skip "systemd is not the init system here, or not on cgroup v2 alone"; }
# needs_controllers NAME...: a host may be without (a container with systemd in it).
needs_controllers() {
	local name
	for name; do grep -qw "$name" /sys/fs/cgroup/cgroup.controllers || skip "there is no cgroup controller $name here"; done
}
resources() { edit '.linux.resources += $r' --argjson r "$1"; }
path() {
	slurp "$bundle/config.json"
	printf '%s\n' "${REPLY/\"$path\"/\"$1\"}" >"$bundle/config.json"
	path=$1
}
property() { systemctl show --property "$1" --value "$unit"; }
is_property() { [[ $(property "$1") == "$2" ]]; }
gone() { [[ $(property LoadState) == not-found && ! -e /sys/fs/cgroup/system.slice/$unit ]]; }
own_cgroup() { sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup"; }
file() { cat "/sys/fs/cgroup/system.slice/$unit/$1"; }

# systemd and its bus, out of reach.
hide() {
	local socket
	touch "$T/nothing"
	for socket; do host_mount --bind "$T/nothing" "$socket"; done
}
show() {
	umount "${host_mounts[@]}"
	host_mounts=()
}

@test "the container is in the scope it asked for, and the scope goes with it" {
	here
	path "itest-a.slice:it:$id"
	start_probe wait
	is "$(own_cgroup)" "/itest.slice/itest-a.slice/$unit"
	is "$(property Slice)" itest-a.slice
	is "$(property ActiveState)" active
	is "$(property Delegate)" yes
	is "$(property DefaultDependencies)" no
	is "$(property ControlGroup)" "/itest.slice/itest-a.slice/$unit"
	call rt delete --force "$id"
	ok
	is "$out$err" ""
	is "$(property LoadState)" not-found
	[[ ! -e /sys/fs/cgroup/itest.slice/itest-a.slice/$unit ]]
	systemctl stop itest.slice
}

@test "without cgroupsPath: a scope of its id in system.slice" {
	needs caisson "others have their own prefix"
	here
	edit 'del(.linux.cgroupsPath)'
	start_probe wait
	is "$(own_cgroup)" "/system.slice/caisson-$id.scope"
}

@test "without cgroupsPath an id that ends in .slice makes no slice" {
	needs caisson "others have their own prefix"
	here
	edit 'del(.linux.cgroupsPath)'
	id=user-$id.slice
	unit=caisson-$id.scope
	start_probe wait
	is "$(own_cgroup)" "/system.slice/$unit"
	is "$(property ActiveState)" active
	call rt delete --force "$id"
	ok
	gone
}

@test "the program and its descendants are all there is in the scope" {
	here
	args forks 3 stay + wait
	create
	ok
	is "$(file cgroup.procs)" "$(pid_of)"
	call rt start "$id"
	ok
	wait_for 5 box_says "forks 3 ok"
	is "$(file cgroup.procs | wc -l)" 4
}

@test "a slice can be the container's unit" {
	here
	path "::${id//-/_}.slice"
	unit=${id//-/_}.slice
	start_probe wait
	is "$(own_cgroup)" "/$unit"
	call rt delete --force "$id"
	ok
	is "$(property ActiveState)" inactive
	[[ ! -e /sys/fs/cgroup/$unit ]]
}

@test "limits are in force exactly as asked, systemd knows them, and keeps them over a daemon-reload" {
	here
	needs_controllers memory pids cpu cpuset
	resources '{"memory": {"limit": 67108864, "reservation": 33554432, "swap": 67108864}, "pids": {"limit": 50},
		"cpu": {"shares": 512, "quota": 50001, "period": 70000, "cpus": "0", "mems": "0"}}'
	start_probe wait
	is "$(property MemoryMax)" 67108864
	is "$(property MemoryLow)" 33554432
	is "$(property MemorySwapMax)" 0
	is "$(property TasksMax)" 50
	is "$(property CPUWeight)" "$(file cpu.weight)"
	is "$(property CPUQuotaPeriodUSec)" 70ms
	is "$(property CPUQuotaPerSecUSec)" 720ms
	is "$(property AllowedCPUs)" 0
	limits() {
		local name
		for name in memory.max memory.low memory.swap.max pids.max cpu.weight cpuset.cpus cpuset.mems; do printf '%s %s\n' "$name" "$(file $name)"; done
	}
	is "$(file cpu.max)" "50001 70000"
	local before
	before=$(limits)
	contains "$before" 67108864
	systemctl daemon-reload
	is "$(limits)" "$before"
	# systemd deals in steps of 10 ms a second; newer ones leave alone what has not changed for them.
	[[ $(file cpu.max) == @("50400 70000"|"50001 70000") ]] || { complain "cpu.max is $(file cpu.max)"; false; }
}

@test "no limit asked: none there is, whatever the host's default for units" {
	here
	needs_controllers memory pids
	start_probe wait
	is "$(file pids.max)" max
	is "$(file memory.max)" max
	is "$(property TasksMax)" infinity
}

@test "unified: what systemd has a word for it is told" {
	here
	needs_controllers memory cpu
	resources '{"unified": {"memory.high": "32M", "cpu.weight": "33"}}'
	start_probe wait
	is "$(property MemoryHigh)" 33554432
	is "$(property CPUWeight)" 33
}

@test "a limit of one process: the program is born, and cannot fork" {
	here
	needs_controllers pids
	resources '{"pids": {"limit": 1}}'
	probe forks 1
	ok
	says "forks 0 EAGAIN"
	gone
}

@test "very little memory is enough to be born in" {
	here
	needs_controllers memory
	resources '{"memory": {"limit": 2097152}}'
	probe echo alive
	ok
	says alive
}

@test "the memory limit kills, and the unit that failed is forgotten" {
	here
	needs_controllers memory
	resources '{"memory": {"limit": 33554432}}'
	probe allocate 200000000
	exits 137
	wait_for 3 gone
}

@test "huge pages: a controller that systemd does not know is there all the same" {
	here
	needs_controllers hugetlb
	resources '{"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}'
	start_probe wait
	is "$(file hugetlb.2MB.max)" 0
}

@test "device rules that systemd cannot express are in force, also after a daemon-reload" {
	here
	mknod -m 666 "$rootfs/full" c 1 7
	mknod -m 666 "$rootfs/urandom" c 1 9
	mknod -m 666 "$rootfs/mem" c 1 1
	mknod -m 666 "$rootfs/loop" b 7 0
	# All of major 1 but number 1; systemd knows no "but".
	resources '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "access": "rwm"},
		{"allow": false, "type": "c", "major": 1, "minor": 1, "access": "rwm"}]}'
	args open r /full /urandom /mem /loop + sleep 2 + open w /full + open r /mem /loop
	create
	ok
	call rt start "$id"
	ok
	wait_for 5 box_says "open r /loop EPERM"
	systemctl daemon-reload
	wait_for 10 is_state stopped
	local line
	for line in "open r /full ok" "open r /urandom ok" "open r /mem EPERM" "open w /full ok"; do
		box_says "$line" || { complain "the probe did not say '$line': $(box_output)"; false; }
	done
	is "$(grep -c 'EPERM$' <<<"$(box_output)")" 4
}

@test "annotations become properties of the unit" {
	here
	edit '.annotations = $a' --argjson a '{"org.systemd.property.TimeoutStopSec": "uint64 7", "org.systemd.property.SendSIGHUP": "true",
		"org.systemd.property.CollectMode": "'"'inactive-or-failed'"'", "org.systemd.property.After": "['"'a.service', 'b.service'"']"}'
	start_probe wait
	is "$(property TimeoutStopUSec)" 7s
	is "$(property SendSIGHUP)" yes
	is "$(property CollectMode)" inactive-or-failed
	contains "$(property After)" a.service
	contains "$(property After)" b.service
}

@test "annotations that are wrong are refused, and nothing is left" {
	here
	local bad
	for bad in '{"org.systemd.property.TimeoutStopSec": "soon"}' '{"org.systemd.property.ab": "true"}' \
		'{"org.systemd.property.Memory-Max": "true"}' '{"org.systemd.property.TimeoutStopUSec": "'"'a'"'"}' \
		'{"org.systemd.property.NoSuchProperty": "true"}'; do
		edit '.annotations = $a' --argjson a "$bad"
		create
		fails
		nothing_left
	done
}

@test "without systemd as the owner those annotations mean nothing" {
	edit '.annotations = {"org.systemd.property.ab": "soon"} | .linux.cgroupsPath = $p' --arg p "/$id"
	args exit 0
	call timeout 20 "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
}

@test "names that cannot be are refused before anything is made" {
	here
	local bad
	for bad in /a/b x a.slice:x a.slice:b:c:d "a.slice:b:" "a/b.slice:c:$id" "-a.slice:c:$id" "a--b.slice:c:$id" "a:b:$id" ":b/c:$id" ":b:$id é"; do
		path "$bad"
		create
		fails
		nothing_left
	done
}

@test "a host without systemd says so" {
	! booted || skip "systemd is here"
	needs caisson "its own words"
	create
	fails systemd
	nothing_left
}

# Another container of that unit, of another state root: other CREATE|START...
other() { timeout 20 "$RUNTIME" --root "$T/other" "$@"; }

@test "a unit of that name that is active is refused, and not harmed" {
	here
	args wait
	call_create other --systemd-cgroup create --bundle "$bundle" other
	ok
	create
	fails
	[[ ! -e $state/$id ]]
	call rt delete --force "$id"
	ok
	is "$(property ActiveState)" active
	is "$(other state other | jq -r .status)" created
	call other delete --force other
	ok
	gone
}

@test "a unit of that name that has failed is not in the way" {
	here
	args wait
	# It runs from the scope's start: create must have ended by then.
	edit '.annotations = {"org.systemd.property.RuntimeMaxSec": "uint64 \($slow)", "org.systemd.property.TimeoutStopSec": "uint64 1"}' --argjson slow "$SLOW"
	call_create other --systemd-cgroup create --bundle "$bundle" other
	ok
	wait_for 10 is_property ActiveState failed
	edit 'del(.annotations)'
	start_probe wait
	is "$(property ActiveState)" active
}

@test "systemctl stop ends the container, and delete still works" {
	here
	edit '.annotations = {"org.systemd.property.TimeoutStopSec": "uint64 1"}'
	start_probe wait
	systemctl stop "$unit"
	wait_for 3 is_state stopped
	call rt delete "$id"
	ok
}

@test "cgroups that the program has made go with it" {
	here
	edit '.mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["rw"]}]
		| .linux.namespaces += [{"type": "cgroup"}]'
	probe mkdir /sys/fs/cgroup/inner + mkdir /sys/fs/cgroup/inner/leaf + write /sys/fs/cgroup/inner/leaf/cgroup.procs 0 + cat /proc/self/cgroup
	ok
	contains "$out" /inner/leaf
	wait_for 3 gone
}

@test "create and run leave no unit when they fail" {
	here
	args wait
	edit '.hooks = {"createRuntime": [{"path": "/bin/false"}]}'
	create
	fails
	gone
	nothing_left
	edit 'del(.hooks) | .process.args = ["/bin/missing"]'
	call rt run --bundle "$bundle" "$id"
	fails
	gone
}

@test "create that is killed at any moment leaves nothing that delete --force does not remove" {
	here
	needs caisson "peers leave units"
	args wait
	local ms pid
	for ms in 0 10 20 40 80 160; do
		"$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null 3>&- &
		pid=$!
		sleep "$(printf '%d.%03d' "$((ms * SLOW / 1000))" "$((ms * SLOW % 1000))")"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		call rt delete --force "$id"
		ok
		wait_for 3 gone
		nothing_left
	done
}

@test "delete where systemd cannot be reached: a warning, and nothing is left" {
	here
	needs caisson "its own warning"
	start_probe wait
	hide /run/systemd/private /run/dbus/system_bus_socket
	call rt delete --force "$id"
	ok
	contains "$err" bus
	show
	wait_for 3 gone
}

@test "create where systemd cannot be reached is an error, and nothing is left" {
	here
	hide /run/systemd/private /run/dbus/system_bus_socket
	args wait
	create
	fails bus
	show
	nothing_left
}

@test "without a bus the manager itself is asked" {
	here
	needs caisson "others insist on the bus, or on its absence"
	hide /run/dbus/system_bus_socket
	start_probe wait
	is "$(own_cgroup)" "/system.slice/$unit"
	call rt delete --force "$id"
	ok
	show
	gone
}

# ---- word of readiness ----

# service OPTION...: run, as a service of Type=notify; returns once systemd takes it for started.
service() {
	call systemd-run --quiet --unit "it-$id.service" --service-type=notify -p NotifyAccess=main -p TimeoutStartSec=$((20 * SLOW)) \
		"$RUNTIME" --systemd-cgroup --root "$state" run "$@" --bundle "$bundle" "$id"
	ok
}
service_property() { systemctl show --property "$1" --value "it-$id.service"; }

@test "NOTIFY_SOCKET: a service of Type=notify is started once the program says so; the runtime is its main process" {
	here
	owned_by systemd "systemctl has to be seen where systemd is: no pid namespace around the tests"
	args sleep 0.5 + notify "STATUS=almost|READY=1|MAINPID=1" + trap 15 + wait
	service
	is "$(service_property ActiveState)" active
	is "$(service_property StatusText)" "" # nothing else of what the container says gets out
	is "$(state_of)" running
	is "$(readlink -f "/proc/$(service_property MainPID)/exe")" "$(readlink -f "$RUNTIME")"
	call systemctl stop "it-$id.service" # the signal is passed on
	ok
	is "$(service_property Result)" exit-code
	is "$(service_property ExecMainStatus)" 115
	systemctl reset-failed "it-$id.service"
	nothing_left
}

@test "NOTIFY_SOCKET: with --detach the container's init is the service's main process" {
	here
	owned_by systemd "systemctl has to be seen where systemd is: no pid namespace around the tests"
	args sleep 0.5 + notify READY=1 + trap 15 + wait
	service --detach
	is "$(service_property ActiveState)" active
	is "$(service_property MainPID)" "$(pid_of)"
	call systemctl stop "it-$id.service"
	ok
	wait_for 5 is_state stopped
	systemctl reset-failed "it-$id.service" 2>/dev/null || true
}
