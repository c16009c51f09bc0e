# Kernel parameters: those of the container's own namespaces are set, all others refused (config-linux.md#sysctl, rule B.4.5).
load lib.bash

sysctl_() { edit '.linux.sysctl = {($k): $v}' --arg k "$1" --arg v "$2"; }

@test "parameters of the ipc and network namespaces are set inside" {
	local before
	before=$(</proc/sys/kernel/msgmax)
	edit '.linux.sysctl = {"kernel.msgmax": "12345", "net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1", "kernel.sem": "32000 1024000000 500 32000"}'
	probe cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced
	ok
	says "cat /proc/sys/kernel/msgmax 12345" "cat /proc/sys/net/ipv4/ip_forward 1" "cat /proc/sys/kernel/shm_rmid_forced 1"
	is "$(</proc/sys/kernel/msgmax)" "$before" "the host's value"
}

@test "fs.mqueue" {
	sysctl_ fs.mqueue.msg_max 21
	probe cat /proc/sys/fs/mqueue/msg_max
	ok
	says "cat /proc/sys/fs/mqueue/msg_max 21"
}

@test "a key with slashes: dots inside are literal" {
	sysctl_ net/ipv4/conf/lo/forwarding 1
	probe cat /proc/sys/net/ipv4/conf/lo/forwarding
	ok
	says "cat /proc/sys/net/ipv4/conf/lo/forwarding 1"
}

@test "they are set even when /proc/sys is made read-only" {
	sysctl_ net.ipv4.ip_forward 1
	edit '.linux.readonlyPaths = ["/proc/sys"]'
	probe cat /proc/sys/net/ipv4/ip_forward + write /proc/sys/net/ipv4/ip_forward 0
	ok
	says "cat /proc/sys/net/ipv4/ip_forward 1" "write /proc/sys/net/ipv4/ip_forward EROFS"
}

@test "C42: parameters of the whole machine are refused, the host's value stays" {
	local key path before
	for key in kernel.core_pattern vm.overcommit_memory kernel.panic fs.file-max kernel.sysrq; do
		path=/proc/sys/${key//.//}
		[[ -e $path ]] || continue
		before=$(<"$path")
		sysctl_ "$key" "7"
		probe ids
		fails "$key"
		is "$(<"$path")" "$before" "$key on the host"
		nothing_left
	done
}

@test "C42: network parameters without a network namespace, ipc without an ipc namespace" {
	local before
	before=$(</proc/sys/net/ipv4/ip_forward)
	edit '.linux.namespaces -= [{"type":"network"}]'
	sysctl_ net.ipv4.ip_forward $((1 - before))
	probe ids
	fails net.ipv4.ip_forward
	is "$(</proc/sys/net/ipv4/ip_forward)" "$before"
	edit '.linux.namespaces += [{"type":"network"}] | .linux.namespaces -= [{"type":"ipc"}]'
	before=$(</proc/sys/kernel/msgmax)
	sysctl_ kernel.msgmax 4321
	probe ids
	fails kernel.msgmax
	is "$(</proc/sys/kernel/msgmax)" "$before"
	nothing_left
}

@test "C42: joining the host's own network namespace does not count as one" {
	edit '.linux.namespaces |= map(if .type == "network" then .path = "/proc/1/ns/net" else . end)'
	sysctl_ net.ipv4.ip_forward 1
	local before
	before=$(</proc/sys/net/ipv4/ip_forward)
	probe ids
	fails net.ipv4.ip_forward
	is "$(</proc/sys/net/ipv4/ip_forward)" "$before"
	nothing_left
}

@test "C42: kernel.hostname has its own field" {
	sysctl_ kernel.hostname other
	probe uts
	fails kernel.hostname
	nothing_left
}

@test "C42: keys that try to leave" {
	local key before
	before=$(</proc/sys/kernel/core_pattern)
	sysctl_ net/../kernel/core_pattern 1
	probe ids
	fails
	skip_on runc "1.1 takes some of the others"
	for key in "net.ipv4/../../kernel/core_pattern" "net.ipv4..ip_forward" "net." "/net/ipv4/ip_forward" "net/./ipv4" $'net.ipv4.ip_forward\n' "net.IPV4.x y"; do
		sysctl_ "$key" 1
		probe ids
		fails
		nothing_left
	done
	is "$(</proc/sys/kernel/core_pattern)" "$before"
}

@test "a parameter that does not exist, and a value the kernel refuses" {
	sysctl_ net.ipv4.no_such_parameter 1
	probe ids
	fails no_such_parameter
	sysctl_ net.ipv4.ip_forward not-a-number
	probe ids
	fails ip_forward
	nothing_left
}

@test "user.* with a user namespace" {
	skip_on runc "1.1 refuses them"
	skip_on crun "refuses them"
	edit '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	chown -R 100000:100000 "$rootfs"
	sysctl_ user.max_uts_namespaces 5
	probe cat /proc/sys/user/max_uts_namespaces
	ok
	says "cat /proc/sys/user/max_uts_namespaces 5"
}

@test "kernel.domainname with a uts namespace" {
	sysctl_ kernel.domainname dom.example
	probe uts
	ok
	says "domainname dom.example"
	is "$(</proc/sys/kernel/domainname)" "(none)"
}

@test "a parameter of a network device that a hook makes: parameters are set after createRuntime and prestart hooks" {
	local kind
	for kind in prestart createRuntime; do
		edit '.hooks = {($kind): [{path: "/bin/sh", args: ["sh", "-c", $s], env: [$path]}]}' --arg kind "$kind" --arg path "PATH=$PATH" \
			--arg s 'nsenter --net=/proc/$(jq .pid)/ns/net ip link add made type veth peer name other'
		sysctl_ net/ipv4/conf/made/forwarding 1
		probe cat /proc/sys/net/ipv4/conf/made/forwarding
		ok
		says "cat /proc/sys/net/ipv4/conf/made/forwarding 1"
	done
}
