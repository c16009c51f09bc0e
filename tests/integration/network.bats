# Networks: devices of the host that go into a container (linux.netDevices), and the examples. "The host" has a network namespace of its
# own here, in which the runtime is called.
load lib.bash

in_net() { nsenter --net="$T/net" "$@"; }
rt() { in_net timeout --foreground -k 1 "$((${LIMIT:-20} * SLOW))" "$RUNTIME" --root "$state" "${owner_option[@]}" "$@"; }

setup() {
	lib_setup
	command -v ip >/dev/null || skip "there is no ip (iproute2)"
	: >"$T/net"
	unshare --net="$T/net" ip link set lo up
	host_mounts+=("$T/net")
	mounts_with_net=$(mount_table)
	edit '.linux.namespaces |= map(select(.type != "network")) + [{type: "network"}]'
}

# cable NAME: a veth from port-NAME, a port of the bridge br0, to end-NAME, which has addresses.
cable() {
	in_net ip link show br0 >/dev/null 2>&1 || in_net ip link add br0 address 02:00:00:00:00:01 type bridge
	in_net ip link add "port-$1" type veth peer name "end-$1"
	in_net ip link set "port-$1" master br0 up
	in_net ip link set "end-$1" mtu 1400 up
	in_net ip address add 10.9.0.1/24 brd + dev "end-$1"
	in_net ip address add 10.9.0.2/24 dev "end-$1" noprefixroute
	in_net ip address add 2001:db8::1/64 dev "end-$1" nodad
	in_net ip address add 10.9.0.3/32 dev "end-$1" valid_lft 1000 preferred_lft 1000
	in_net ip address add 169.254.1.1/16 dev "end-$1" scope link
}

# What of all devices, or of one, is to be the same afterwards: look [in which namespace]
look() {
	"${@:-in_net}" ip -j address | jq -S 'sort_by(.ifindex) | map({ifindex, ifname, mtu, master, address, up: (.flags | any(. == "UP")),
		addresses: [.addr_info[] | select(.scope == "global" and .valid_life_time > 4000000000) | del(.label)]})'
}
look_at() { look "${@:2}" | jq -S --arg name "$1" '.[] | select(.ifname == $name)'; }
of_box() { nsenter --net="/proc/$(pid_of)/ns/net" "$@"; }
names_in() { "$@" ip -j link | jq -r '[.[].ifname] | sort | join(" ")'; }

devices() { edit ".linux.netDevices = $1"; }
come_back() { edit '.annotations["io.caisson.netDevices.return"] = "true"'; }
nothing_is_left() {
	local mounts_before=$mounts_with_net raw_mounts_before=
	nothing_left
}
unchanged() { is "$(look)" "$before" "the host's network devices"; }

@test "netDevices: a device goes into the container under its new name, with its permanent global addresses, and up" {
	needs caisson "netDevices"
	local was now
	cable a
	was=$(look_at end-a)
	devices '{"end-a": {"name": "eth0"}}'
	start_probe wait
	now=$(look_at eth0 of_box)
	is "$(jq -S 'del(.ifindex, .ifname)' <<<"$now")" "$(jq -S 'del(.ifindex, .ifname)' <<<"$was")" "the device"
	is "$(jq '.addresses | length' <<<"$now")" 3
	is "$(jq .up <<<"$now")" true
	lacks "$(of_box ip address)" 10.9.0.3
	lacks "$(of_box ip address)" 169.254.1.1
	is "$(names_in in_net)" "br0 lo port-a"
	# It carries packets.
	in_net ip link set br0 up
	in_net ip address add 10.9.0.254/24 dev br0
	in_net busybox ping -c 1 -w 5 10.9.0.1 >"$T/ping"
}

@test "netDevices: a device that is down comes up; without a name it keeps its own; with %d the kernel chooses" {
	needs caisson "netDevices"
	local name
	for name in a b c; do cable $name; done
	in_net ip link set end-a down
	devices '{"end-b": {"name": "net%d"}, "end-a": {}, "end-c": {"name": "net0"}}'
	start_probe wait
	is "$(names_in of_box)" "end-a lo net0 net1"
	is "$(look of_box | jq -c 'map(.up)')" "[true,true,true,true]"
}

@test "netDevices: sysctls may be about them, and createRuntime hooks find them" {
	needs caisson "netDevices"
	cable a
	devices '{"end-a": {"name": "eth0"}}'
	edit '.linux.sysctl = {"net.ipv4.conf.eth0.forwarding": "1"} | .hooks.createRuntime = [{path: "/bin/sh",
		args: ["sh", "-c", "nsenter --net=/proc/$(jq .pid)/ns/net ip link show eth0 >\($t)/hook"], env: [$path]}]' --arg t "$T" --arg path "PATH=$PATH"
	edit '.process.args = ["/bin/cat", "/proc/sys/net/ipv4/conf/eth0/forwarding"]'
	call rt run --bundle "$bundle" "$id"
	ok
	is "$out" 1
	contains "$(<"$T/hook")" eth0
}

@test "netDevices: with a user namespace" {
	needs caisson "netDevices"
	cable a
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	chown -R 100000:100000 "$rootfs"
	before=$(look)
	start_probe wait
	contains "$(look_at eth0 of_box)" 10.9.0.1
	call rt delete --force "$id"
	ok
	unchanged
}

@test "netDevices: in a namespace joined by path they stay, when the container is deleted" {
	needs caisson "netDevices"
	cable a
	: >"$T/pod"
	unshare --net="$T/pod" true
	host_mounts+=("$T/pod")
	devices '{"end-a": {"name": "eth0"}}'
	edit '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$T/pod"
	start_probe wait
	contains "$(look_at eth0 of_box)" 10.9.0.1
	call rt delete --force "$id"
	ok
	contains "$(look_at eth0 nsenter --net="$T/pod")" 10.9.0.1
}

@test "netDevices: in a namespace joined by path a name that is taken is refused; with %d it is not" {
	needs caisson "netDevices"
	local there
	cable a
	: >"$T/pod"
	unshare --net="$T/pod" ip link add eth0 type veth peer name eth1
	host_mounts+=("$T/pod")
	edit '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$T/pod"
	before=$(look) there=$(look nsenter --net="$T/pod")
	devices '{"end-a": {"name": "eth1"}}'
	create
	fails "there is a network device 'eth1' in the container's network namespace already" "linux.netDevices"
	unchanged
	is "$(look nsenter --net="$T/pod")" "$there" "the devices there"
	devices '{"end-a": {"name": "eth%d"}}'
	create
	ok
	is "$(names_in of_box)" "eth0 eth1 eth2 lo"
}

@test "netDevices: what cannot be done is refused by the line, and leaves every device as it was" {
	needs caisson "netDevices"
	local filter words good
	cable a
	cable b
	in_net ip link property add dev end-a altname other
	good=$(<"$bundle/config.json")
	before=$(look)
	while IFS='#' read -r filter words; do
		printf '%s\n' "$good" >"$bundle/config.json"
		edit "$filter"
		create
		fails "$words" "config.json:" "linux.netDevices" || { complain "$filter"; return 1; }
		unchanged || { complain "$filter"; return 1; }
		nothing_is_left
	done <<-'TABLE'
		.linux.netDevices = {"none": {}}#there is no network device 'none' here
		.linux.netDevices = {"end-a": {}, "none": {}}#there is no network device 'none' here
		.linux.netDevices = {"other": {}}#'other' is another name of network device 'end-a'
		.linux.netDevices = {"lo": {}}#loopback
		.linux.netDevices = {"a-name-too-long-to-be": {}}#is no name of a network device
		.linux.netDevices = {"../end-a": {}}#is no name of a network device
		.linux.netDevices = {"end-a": {"name": "sixteen-letters-"}}#no name for a network device
		.linux.netDevices = {"end-a": {"name": "a/b"}}#no name for a network device
		.linux.netDevices = {"end-a": {"name": "a:b"}}#no name for a network device
		.linux.netDevices = {"end-a": {"name": "a b"}}#no name for a network device
		.linux.netDevices = {"end-a": {"name": ".."}}#no name for a network device
		.linux.netDevices = {"end-a": {"name": "a%s"}}#no name for a network device
		.linux.netDevices = {"end-a": {"name": "a%dx"}}#no name for a network device
		.linux.netDevices = {"end-a": {"name": "%d%d"}}#no name for a network device
		.linux.netDevices = {"end-a": {"name": "lo"}}#'lo' in the container's network namespace already
		.linux.netDevices = {"end-a": {"name": "x"}, "end-b": {"name": "x"}}#cannot both be 'x'
		.linux.netDevices = {"end-a": {}, "end-b": {"name": "end-a"}}#cannot both be 'end-a'
		.linux.netDevices = {"br0": {}}#cannot move network device 'br0'
		.linux.netDevices = {"end-a": {"name": "eth0"}, "end-b": {"name": "eth1"}, "br0": {}}#cannot move network device 'br0'
		.linux.netDevices = {"end-a": {}} | .linux.namespaces |= map(select(.type != "network"))#need a network namespace
	TABLE
}

@test "netDevices: the runtime's own network namespace, joined by path, is none of the container's" {
	needs caisson "netDevices"
	cable a
	before=$(look)
	devices '{"end-a": {"name": "eth0"}}'
	edit '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$T/net"
	create
	fails "is the runtime's own" "linux.netDevices"
	unchanged
	nothing_is_left
}

@test "netDevices: a create that fails later leaves every device as it was" {
	needs caisson "netDevices"
	cable a
	cable b
	before=$(look)
	devices '{"end-a": {"name": "eth0"}, "end-b": {"name": "eth%d"}}'
	cp "$bundle/config.json" "$T/good"
	edit '.process.args = ["/no/such/program"]'
	create
	fails
	unchanged
	nothing_is_left
	edit '.hooks.createRuntime = [{path: "/bin/false"}]'
	call rt run --bundle "$bundle" "$id"
	fails createRuntime
	unchanged
	nothing_is_left
}

@test "netDevices: what a create that was killed had moved, delete --force brings back" {
	needs caisson "netDevices"
	cable a
	before=$(look)
	devices '{"end-a": {"name": "eth0"}}'
	edit '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "kill -9 $PPID"]}]'
	create
	exits 137
	is "$(names_in in_net)" "br0 lo port-a"
	call rt delete --force "$id"
	ok
	is "$err" ""
	unchanged
	nothing_is_left
}

@test "netDevices: killed at any step on the way, delete --force brings all of them back" {
	needs caisson "netDevices"
	command -v strace >/dev/null || skip "there is no strace"
	local call number
	cable a
	cable b
	before=$(look)
	devices '{"end-a": {"name": "eth0"}, "end-b": {"name": "eth%d"}}'
	for call in move_mount umount2 sendto; do
		for ((number = 1; number < 100; number++)); do
			call_create in_net strace -qq -o "$T/strace" -e "inject=$call:signal=KILL:when=$number" "$RUNTIME" --root "$state" create --bundle "$bundle" "$id"
			# With call number N not there any more it succeeds: then they are the container's.
			[[ $code != 0 ]] || break
			exits 137
			call rt delete --force "$id"
			ok
			is "$err" ""
			unchanged || { complain "killed at $call number $number"; return 1; }
			nothing_is_left
		done
		((number > 1)) || { complain "never killed: $call"; return 1; }
		call rt delete --force "$id"
		wait_for 5 eval '[[ $(names_in in_net) == "br0 lo" ]]'
		cable a
		cable b
		before=$(look)
	done
}

@test "netDevices: a virtual device ends with its network namespace; with the annotation delete brings it back" {
	needs caisson "netDevices"
	cable a
	before=$(look)
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	start_probe wait
	of_box ip link set eth0 down
	of_box ip link set eth0 name renamed
	of_box ip address add 192.0.2.1/24 dev renamed
	kill_init
	wait_for 3 is_state stopped
	is "$(names_in in_net)" "br0 lo port-a"
	call rt delete "$id"
	ok
	is "$err" ""
	unchanged
	nothing_is_left

	edit 'del(.annotations)'
	start_probe wait
	call rt delete --force "$id"
	ok
	wait_for 5 eval '[[ $(names_in in_net) == "br0 lo" ]]'
}

@test "netDevices: a port of a bridge comes back as one" {
	needs caisson "netDevices"
	cable a
	before=$(look)
	contains "$before" '"master": "br0"'
	devices '{"port-a": {"name": "eth0"}}'
	come_back
	start_probe wait
	is "$(names_in of_box)" "eth0 lo"
	call rt delete --force "$id"
	ok
	is "$err" ""
	unchanged
}

@test "netDevices: a device whose name is taken meanwhile comes back under another; one that the container has replaced does not" {
	needs caisson "netDevices"
	local address
	cable a
	cable b
	address=$(look_at end-a | jq -r .address)
	devices '{"end-a": {"name": "eth0"}, "end-b": {"name": "eth1"}}'
	come_back
	start_probe wait
	in_net ip link add end-a type bridge
	local index
	index=$(look_at eth1 of_box | jq .ifindex)
	of_box ip link delete eth1
	of_box ip link add eth1 index "$index" type bridge
	call rt delete --force "$id"
	ok
	contains "$err" "network device 'end-a' is back as 'dev0': the name is taken"
	contains "$err" "network device 'end-b' is lost"
	is "$(look_at dev0 | jq -r .address)" "$address"
	is "$(names_in in_net)" "br0 dev0 end-a lo port-a"
}

# Somebody who stays in the container's network namespace when that ends.
stay_in_box() {
	local box
	box=$(readlink "/proc/$(pid_of)/ns/net")
	nsenter --net="/proc/$(pid_of)/ns/net" sleep 60 </dev/null >/dev/null 2>&1 3>&- &
	agents+=("$!")
	wait_for 5 eval '[[ $(readlink "/proc/${agents[-1]}/ns/net") == "$box" ]]'
}

# put_in_place ADDRESS: another veth than the container's eth0, with its name, number and address, whose other end stays in there.
put_in_place() {
	local index
	index=$(look_at eth0 of_box | jq .ifindex)
	of_box ip link delete eth0
	of_box ip link add eth0 index "$index" address "$1" type veth peer name kept
	of_box ip link set eth0 up
}

# stranger_at NAME: it is down, a port of nothing, has no addresses and no other names.
stranger_at() {
	is "$(in_net ip -j address show dev "$1" | jq -c '.[0] | [(.flags | any(. == "UP")), .master, .altnames, (.addr_info | length)]')" \
		"[false,null,null,0]" "the stranger"
}

@test "netDevices: another veth in place of a port does not get to the host's bridge" {
	needs caisson "netDevices"
	local address
	cable a
	in_net ip address add 10.9.0.9/24 dev port-a
	address=$(look_at port-a | jq -r .address)
	devices '{"port-a": {"name": "eth0"}}'
	come_back
	start_probe wait
	stay_in_box
	put_in_place "$address"
	of_box ip link property add dev eth0 altname other
	call rt delete --force "$id"
	ok
	contains "$err" "network device 'port-a' is not the one that went into the container"
	is "$(names_in in_net)" "br0 dev0 lo"
	stranger_at dev0
}

@test "netDevices: a stranger has not the other's name either where that looks like one of the kernel's choice" {
	needs caisson "netDevices"
	local address
	cable a
	in_net ip link set port-a down
	in_net ip link set port-a name dev3 up
	address=$(look_at dev3 | jq -r .address)
	devices '{"dev3": {"name": "eth0"}}'
	come_back
	start_probe wait
	stay_in_box
	put_in_place "$address"
	call rt delete --force "$id"
	ok
	contains "$err" "network device 'dev3' is not the one that went into the container"
	is "$(names_in in_net)" "br0 dev0 lo"
	stranger_at dev0
}

@test "netDevices: a device whose address was changed comes back, but not into its place" {
	needs caisson "netDevices"
	cable a
	devices '{"port-a": {"name": "eth0"}}'
	come_back
	start_probe wait
	of_box ip link set eth0 address 02:00:00:00:00:99
	call rt delete --force "$id"
	ok
	contains "$err" "network device 'port-a' is not the one that went into the container, or its address"
	contains "$err" "back as 'dev0'"
	stranger_at dev0
}

@test "netDevices: other names that a device was given inside do not become the host's; its own stay" {
	needs caisson "netDevices"
	local long; long=longer-than-a-name-may-be-$(printf '%0100d' 7)
	cable a
	in_net ip link property add dev end-a altname of-the-host altname "$long"
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	before=$(look)
	start_probe wait
	of_box ip link property add dev eth0 altname of-the-box altname port-a
	call rt delete --force "$id"
	ok
	is "$err" ""
	unchanged
	is "$(in_net ip -j link show dev end-a | jq -c '.[0].altnames | sort')" "[\"$long\",\"of-the-host\"]"
}

@test "netDevices: a name that cannot be noted is refused, and nothing has moved" {
	needs caisson "netDevices"
	cable a
	in_net ip link property add dev end-a altname $'no-\xff-text'
	before=$(look)
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	create
	fails "another name of network device 'end-a' is not UTF-8" "linux.netDevices"
	unchanged
	nothing_is_left
}

@test "netDevices: a port of a bond comes back as it was" {
	needs caisson "netDevices"
	local addresses
	in_net ip link add bond0 type bond mode active-backup 2>/dev/null || skip "the kernel has no bonds"
	in_net ip link add port-a type veth peer name end-a
	in_net ip link add port-b type veth peer name end-b
	in_net ip link set port-a master bond0
	in_net ip link set port-b master bond0
	in_net ip link set bond0 up
	before=$(look)
	addresses=$(in_net ip -j link | jq -c 'map([.ifname, .address])')
	devices '{"port-b": {"name": "eth0"}}'
	come_back
	start_probe wait
	call rt delete --force "$id"
	ok
	is "$err" ""
	unchanged
	is "$(in_net ip -j link | jq -c 'map([.ifname, .address])')" "$addresses" "the addresses"
}

@test "netDevices: a device with hundreds of long other names comes back" {
	needs caisson "netDevices"
	cable a
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	before=$(look)
	start_probe wait
	local n
	for ((n = 0; n < 480; n++)); do printf 'link property add dev eth0 altname %0120d\n' "$n"; done | of_box ip -batch -
	call rt delete --force "$id"
	ok
	is "$err" ""
	unchanged
}

@test "netDevices: both ends of a cable come back" {
	needs caisson "netDevices"
	cable a
	before=$(look)
	devices '{"end-a": {"name": "eth0"}, "port-a": {}}'
	come_back
	start_probe wait
	is "$(names_in in_net)" "br0 lo"
	call rt delete --force "$id"
	ok
	is "$err" ""
	unchanged
}

@test "netDevices: a note of them that is damaged is said, and keeps nobody from deleting the container" {
	needs caisson "netDevices"
	cable a
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	start_probe wait
	[[ -s $state/$id/network.json ]]
	echo '{"devices": [' >"$state/$id/network.json"
	call rt delete --force "$id"
	ok
	contains "$err" "network devices do not come back"
	contains "$err" network.json
	[[ ! -e $state/$id ]]
	wait_for 5 eval '[[ $(names_in in_net) == "br0 lo" ]]'
	nothing_is_left
}

@test "netDevices: something else in place of the note of them is said, and keeps nobody from deleting the container" {
	needs caisson "netDevices"
	local put
	for put in "ln -s elsewhere" mkdir mkfifo; do
		cable a
		devices '{"end-a": {"name": "eth0"}}'
		come_back
		start_probe wait
		rm "$state/$id/network.json"
		$put "$state/$id/network.json"
		call rt delete --force "$id"
		ok
		contains "$err" "network devices do not come back"
		[[ ! -e $state/$id ]]
		wait_for 5 eval '[[ $(names_in in_net) == "br0 lo" ]]'
		nothing_is_left
	done
}

@test "netDevices: they come back to where they were taken from, wherever delete is called" {
	needs caisson "netDevices"
	cable a
	before=$(look)
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	start_probe wait
	call unshare --net "$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
	ok
	is "$err" ""
	unchanged
	nothing_is_left
}

@test "netDevices: a message to the kernel that fails once loses none" {
	needs caisson "netDevices"
	command -v strace >/dev/null || skip "there is no strace"
	local call error number tried=0
	cable a
	cable b
	before=$(look)
	devices '{"end-a": {"name": "eth0"}, "port-b": {"name": "eth%d"}}'
	come_back
	for call in sendto recvfrom; do
		for error in ENOMEM EINTR EPERM; do
			for ((number = 1; number < 200; number++)); do
				start_probe wait
				call timeout -s KILL 60 strace -qq -o "$T/strace" -e "trace=$call" -e "inject=$call:error=$error:when=$number" \
					"$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
				ok
				is "$err" ""
				unchanged || { complain "$error of $call number $number"; return 1; }
				# With call number N not there any more nothing has failed.
				grep -q INJECTED "$T/strace" || break
				tried=$((tried + 1))
			done
		done
	done
	nothing_is_left
	((tried >= 60)) || { complain "only $tried have failed"; return 1; }
}

@test "netDevices: those that are refused for good are told, each once, and do not keep the container" {
	needs caisson "netDevices"
	command -v strace >/dev/null || skip "there is no strace"
	cable a
	cable b
	devices '{"end-a": {"name": "eth0"}, "end-b": {"name": "eth%d"}}'
	come_back
	start_probe wait
	call timeout -s KILL 60 strace -qq -o "$T/strace" -e trace=sendto -e inject=sendto:error=ENOMEM:when=1+ \
		"$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
	ok
	is "$(grep -c . <<<"$err")" 2
	contains "$err" "network device 'end-a' does not come back: ENOMEM: "
	contains "$err" "network device 'end-b' does not come back: ENOMEM: "
	nothing_is_left
}

# delete_killed CALL NUMBER: at that call of its own; false if it did not come so far.
delete_killed() {
	call timeout -s KILL 60 strace -qq -o "$T/strace" -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" \
		"$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
	[[ $code != 0 ]] || return 1
	exits 137
}

@test "netDevices: killed at any step on the way back, the next delete --force brings all of them back as they were" {
	needs caisson "netDevices"
	command -v strace >/dev/null || skip "there is no strace"
	local call number tried=0
	cable a
	cable b
	in_net ip address add 10.9.0.9/24 dev port-b
	in_net ip address add 10.9.0.10/24 dev port-b
	before=$(look)
	devices '{"end-a": {"name": "eth0"}, "port-b": {"name": "eth%d"}}'
	come_back
	for call in sendto recvfrom; do
		for ((number = 1; number < 100; number++)); do
			start_probe wait
			delete_killed "$call" "$number" || break
			tried=$((tried + 1))
			call rt delete --force "$id"
			ok
			is "$err" ""
			unchanged || { complain "killed at $call number $number"; return 1; }
		done
		unchanged
	done
	nothing_is_left
	((tried >= 30)) || { complain "killed only $tried times"; return 1; }
}

@test "netDevices: killed at any step on the way back, nothing in place of a port gets to the host's bridge" {
	needs caisson "netDevices"
	command -v strace >/dev/null || skip "there is no strace"
	local address number
	for ((number = 1; number < 100; number++)); do
		in_net ip link delete dev0 || true
		cable a
		address=$(look_at port-a | jq -r .address)
		devices '{"port-a": {"name": "eth0"}}'
		come_back
		start_probe wait
		stay_in_box
		put_in_place "$address"
		delete_killed recvfrom "$number" || break
		call rt delete --force "$id"
		ok
		contains "$err" "network device 'port-a' is not the one that went into the container"
		is "$(names_in in_net)" "br0 dev0 lo" "killed at number $number"
		stranger_at dev0
	done
	((number >= 10)) || { complain "killed only $((number - 1)) times"; return 1; }
}

@test "netDevices: a namespace kept that the kernel does not unmount at once goes with the container" {
	needs caisson "netDevices"
	command -v strace >/dev/null || skip "there is no strace"
	local number
	for ((number = 1; number < 100; number++)); do
		# The kernel ends the container's network namespace, and the cable with it, when it likes.
		in_net ip link delete port-a 2>/dev/null || true
		cable a
		devices '{"end-a": {"name": "eth0"}}'
		args wait
		call_create in_net timeout -s KILL 60 strace -qq -o "$T/strace" -e trace=umount2 -e "inject=umount2:error=ENOMEM:when=$number" \
			"$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id"
		call rt delete --force "$id"
		ok
		is "$err" ""
		[[ -z $(find "$state" -mindepth 1) ]] || { complain "left after umount2 number $number failed: $(find "$state")"; return 1; }
		nothing_is_left
		grep -q INJECTED "$T/strace" || break
	done
	((number > 2)) || { complain "only $number"; return 1; }
}

@test "netDevices: a name that is taken in the moment of the way back: dev0" {
	needs caisson "netDevices"
	command -v strace >/dev/null || skip "there is no strace"
	local number
	cable a
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	start_probe wait
	call timeout -s KILL 60 strace -qq -o "$T/strace" -e trace=sendto "$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
	ok
	# The first RTM_NEWLINK, as strace knows it by its name or not.
	number=$(grep '^sendto' "$T/strace" | grep -nE -m 1 'nlmsg_type=(0x10 |RTM_NEWLINK)' | cut -d: -f1)
	start_probe wait
	(
		sleep "$SLOW"
		in_net ip link add end-a type bridge
	) 3>&- &
	call timeout -s KILL 60 strace -qq -o "$T/strace" -e trace=sendto -e "inject=sendto:delay_enter=$((6 * SLOW))s:when=$number" \
		"$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
	ok
	contains "$err" "network device 'end-a' is back as 'dev0': the name is taken"
	is "$(names_in in_net)" "br0 dev0 end-a lo port-a"
	is "$(look_at dev0 | jq '.addresses | length')" 3
}

@test "netDevices: another name that is taken meanwhile stays with whoever took it, and the device comes back" {
	needs caisson "netDevices"
	cable a
	in_net ip link property add dev end-a altname first-a altname second-a
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	before=$(look)
	start_probe wait
	in_net ip link property add dev br0 altname second-a
	call rt delete --force "$id"
	ok
	contains "$err" "network device 'end-a' comes back without its other name 'second-a': that is taken"
	unchanged
	is "$(in_net ip -j link show dev end-a | jq -c '.[0].altnames')" '["first-a"]'
}

@test "netDevices: what was a port is none of another bridge that got the number of its own" {
	needs caisson "netDevices"
	local index
	cable a
	index=$(look_at br0 | jq .ifindex)
	devices '{"port-a": {"name": "eth0"}}'
	come_back
	start_probe wait
	in_net ip link delete br0
	in_net ip link add other index "$index" type bridge
	call rt delete --force "$id"
	ok
	contains "$err" "network device 'port-a' is no port any more: its bridge or bond 'br0' is gone"
	is "$(look_at port-a | jq -c '[.master, .up]')" "[null,true]"
}

@test "netDevices: a delete in another mount namespace leaves them, and says where they are" {
	needs caisson "netDevices"
	local other
	cable a
	before=$(look)
	unshare --mount --propagation private sleep 60 </dev/null >/dev/null 2>&1 3>&- &
	other=$!
	agents+=("$other")
	wait_for 5 eval '[[ $(readlink /proc/$other/ns/mnt) != $(readlink /proc/self/ns/mnt) ]]'
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	start_probe wait
	# Nor does it give them up where it cannot see who is in that namespace.
	if command -v strace >/dev/null; then
		call timeout -s KILL 60 strace -qq -o "$T/strace" -e trace=getdents64 -P /proc -e inject=getdents64:error=ENOMEM \
			nsenter --mount="/proc/$other/ns/mnt" "$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
		fails "cannot look for the mount namespace that container '$id' was made in"
	fi
	call nsenter --mount="/proc/$other/ns/mnt" "$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
	fails "network devices" "from the mount namespace that it was made in" "nsenter --mount=/proc/"
	is "$(is_state stopped && names_in in_net)" "br0 lo port-a"
	call rt delete "$id"
	ok
	is "$err" ""
	unchanged
	nothing_is_left
}

@test "netDevices: with the mount namespace in which they were kept they are lost, and delete says so" {
	needs caisson "netDevices"
	cable a
	devices '{"end-a": {"name": "eth0"}}'
	come_back
	args wait
	call_create in_net unshare --mount --propagation private "$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id"
	ok
	call rt delete --force "$id"
	ok
	contains "$err" "network devices do not come back"
	nothing_is_left
}

@test "netDevices: with the annotation wrong, or without netDevices, nothing is kept" {
	needs caisson "netDevices"
	edit '.annotations["io.caisson.netDevices.return"] = "maybe"'
	create
	fails "io.caisson.netDevices.return is true or false"
	nothing_is_left
	edit '.annotations["io.caisson.netDevices.return"] = "true"'
	start_probe wait
	[[ ! -e $state/$id/network && ! -e $state/$id/network.home && ! -e $state/$id/network.json ]]
	lacks "$(</proc/self/mountinfo)" "$state"
}

# example NAME: runs it in this host's network, whose names for network namespaces are its own, too.
example() {
	mkdir -p /run/netns
	host_mount -t tmpfs netns /run/netns
	before=$(look)
	call in_net env CAISSON="$RUNTIME" LIMIT=60 PATH="$PATH:/usr/sbin" timeout 60 bash "$HERE/../../examples/network/$1"
	# A network namespace ends a moment after what was in it.
	wait_for 5 eval '[[ $(look) == "$before" ]]' || { complain "devices are left: $(look)"; return 1; }
	is "$(ls /run/netns)" "" "names of network namespaces that are left"
	umount /run/netns
	unset 'host_mounts[-1]'
}

each_reads_the_other() { says "one reads:  hello from two" "two reads:  hello from one" "host reads: hello from one" "host reads: hello from two"; }

@test "an example: two containers on a bridge, by hand, reach each other and the host" {
	needs caisson "its own examples"
	example by-hand.sh
	ok
	each_reads_the_other
}

@test "an example: two containers that a CNI plugin connects, called by hooks; it takes everything back" {
	needs caisson "its own examples"
	[[ -x /usr/lib/cni/bridge ]] || skip "there is no CNI plugin (containernetworking-plugins)"
	local rules
	rules=$(in_net iptables-save 2>/dev/null || true)
	example cni.sh
	ok
	each_reads_the_other
	says "leases: 0, devices on the bridge: 0"
	[[ ! -e /var/lib/cni/networks/caisson ]]
	is "$(in_net iptables-save 2>/dev/null || true)" "$rules" "iptables"
}

@test "an example: a CNI plugin that fails makes create fail, and nothing is left" {
	needs caisson "its own examples"
	mkdir "$T/plugins"
	printf '#!/bin/sh\necho "no addresses are left" >&2\nexit 1\n' >"$T/plugins/bridge"
	chmod +x "$T/plugins/bridge"
	CNI_PATH=$T/plugins example cni.sh
	fails "createRuntime hook" "no addresses are left"
}

@test "an example: two containers with devices of the host, one of which comes back" {
	needs caisson "its own examples"
	example devices.sh
	ok
	each_reads_the_other
	contains "${out##*deleted}" "end-two@port-two"
	lacks "${out##*deleted}" "end-one"
}
