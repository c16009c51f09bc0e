# Containers in containers: this runtime as the program of a container that it made itself, three deep.
load lib.bash

setup() {
	lib_setup
	needs caisson "what it says and does where it may do little"
}

# level N DIRECTORY FILTER: a bundle in DIRECTORY whose program is the runtime with the bundle that lies in its root, and for the last level
# the probe. Everything it needs lies in the root, or comes from the level above by binds.
level() {
	local inner=$1 directory=$2 filter=$3 command='["/bin/caisson", "--root", "/run/caisson", "run", "--bundle", "/bundle", "inner"]'
	rm -rf "$directory/rootfs"
	mkdir -p "$directory"
	make_rootfs "$directory/rootfs"
	mkdir -p "$directory"/rootfs/{lib,lib64,usr/lib,run,bundle}
	touch "$directory/rootfs/bin/caisson"
	[[ $inner != last ]] || command='["/bin/probe", "namespaces", "+", "ids", "+", "cgroup", "+", "open", "rw", "/dev/null", "+", "forks", "45", "stay"]'
	jq --argjson command "$command" --arg binary "${binary:-/bin/caisson}" '
		.process.args = $command | .process.env += ["LD_LIBRARY_PATH=/lib"]
		| .process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_KILL",
			"CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_SETFCAP", "CAP_NET_ADMIN", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_SYS_PTRACE"])
		| .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs"}]
		| .mounts += [("/lib", "/lib64", "/usr/lib") | {destination: ., source: ., options: ["rbind", "ro"]}]
		| .mounts += [{destination: "/bin/caisson", source: $binary, options: ["bind", "ro"]}]
		| del(.linux.resources, .linux.cgroupsPath) | '"$filter" <"$HERE/base.json" >"$directory/config.json"
}

# three FILTER FILTER FILTER: for each level, of the configuration.
three() {
	binary=$RUNTIME level 1 "$bundle" "$1"
	level 2 "$rootfs/bundle" "$2"
	level last "$rootfs/bundle/rootfs/bundle" "$3"
	edit '.linux.cgroupsPath = $p' --arg p "$(cgroups_path "$id")"
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	LIMIT=30
}

# A user namespace of so many ids, the first of which is the level above's this one.
own() {
	printf '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{containerID: 0, hostID: %d, size: %d}] | .linux.gidMappings = .linux.uidMappings' "$1" "$2"
}

chown_levels() {
	chown -R 100000:100000 "$rootfs"
	chown -R 101000:101000 "$rootfs/bundle/rootfs"
	chown -R 102000:102000 "$rootfs/bundle/rootfs/bundle/rootfs"
}

run_it() { call rt run --bundle "$bundle" "$id"; }

@test "three deep, each with a user namespace of its own" {
	three "$(own 100000 65536)" "$(own 1000 60000)" "$(own 1000 50000)"
	chown_levels
	run_it
	ok
	says "uid 0 0 0 0" "gid 0 0 0 0" "open rw /dev/null ok"
	is "$(value uid_map | xargs)" "0 1000 50000"
	differs "$(value "ns user")" "$(readlink /proc/self/ns/user)"
}

@test "three deep without user namespaces: the first is privileged" {
	three . . .
	run_it
	ok
	says "uid 0 0 0 0" "open rw /dev/null ok"
	is "$(value "ns user")" "$(readlink /proc/self/ns/user)"
	differs "$(value "ns pid")" "$(readlink /proc/self/ns/pid)"
}

# The v2 tree, or every legacy hierarchy, as a container has it.
with_cgroups() { printf '.linux.namespaces += [{"type": "cgroup"}] | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["%s"]}]' "$1"; }

# In a v2 cgroup that has processes no controller can be had for those below (cgroups(7)): what runs in there would have to move away first.
@test "privileged, with cgroups it may write: each level makes its own below, with its limit where that is possible" {
	owned_by cgroupfs "no systemd inside"
	local limits=(. .)
	unified || limits=('.linux.resources = {pids: {limit: 60}}' '.linux.resources = {pids: {limit: 30}}')
	three "$(with_cgroups rw)" "$(with_cgroups rw) | .linux.cgroupsPath = \"/two\" | ${limits[0]}" ".linux.cgroupsPath = \"/three\" | ${limits[1]}"
	run_it
	ok
	says "open rw /dev/null ok"
	contains "$out" /three
	if unified; then says "forks 45 ok"; else says "forks 29 EAGAIN"; fi
}

@test "without permission to make cgroups: without limits it runs in those it is in, with a limit it is refused" {
	owned_by cgroupfs "no systemd inside"
	local how
	for how in ro rw; do
		three "$(own 100000 65536) | $(with_cgroups $how)" "$(own 1000 60000)" "$(own 1000 50000)"
		chown_levels
		run_it
		ok
		says "uid 0 0 0 0"
		rm -rf "$rootfs"
		three "$(own 100000 65536) | $(with_cgroups $how)" "$(own 1000 60000) | .linux.resources = {pids: {limit: 60}}" .
		chown_levels
		run_it
		fails cgroup
		nothing_left
		rm -rf "$rootfs"
	done
}

@test "where a container's /proc has masks, one in it with a user namespace gets none of its own, and a sentence" {
	three "$(own 100000 65536) | .linux.maskedPaths = [\"/proc/version\"]" "$(own 1000 60000)" "$(own 1000 50000)"
	chown_levels
	run_it
	fails "'proc' at '/proc'" "something covers a part"
	nothing_left
}

@test "where a container's /sys has masks, one in it with a user namespace gets none of its own, and a sentence" {
	three "$(own 100000 65536) | .linux.maskedPaths = [\"/sys/firmware\", \"/sys/kernel/security\", \"/sys/fs\"]" "$(own 1000 60000)" "$(own 1000 50000)"
	chown_levels
	run_it
	fails "'sysfs' at '/sys'" "something covers a part"
	nothing_left
}

@test "a device, an id and an id-mapped mount that the container itself does not have are refused inside it" {
	three "$(own 100000 65536)" "$(own 1000 60000) | .linux.devices = [{path: \"/dev/kmsg\", type: \"c\", major: 1, minor: 11}]" .
	chown_levels
	run_it
	fails /dev/kmsg "1:11"
	nothing_left
	rm -rf "$rootfs"
	three "$(own 100000 65536)" "$(own 65000 1000)" .
	chown_levels
	run_it
	fails _map
	nothing_left
	rm -rf "$rootfs"
	three "$(own 100000 65536)" "$(own 1000 60000) | .mounts += [{destination: \"/mnt\", source: \"/etc\", options: [\"bind\", \"idmap\"]}]" .
	chown_levels
	run_it
	fails "'/etc'" "rootless"
	nothing_left
}

@test "a cgroup mount and device rules of a container that can have no cgroup of its own" {
	owned_by cgroupfs "no systemd inside"
	local how
	for how in ro rw; do
		three "$(own 100000 65536) | $(with_cgroups $how)" "$(own 1000 60000) | $(with_cgroups ro) | .linux.resources = {devices: [{allow: false, access: \"rwm\"}]}" "$(own 1000 50000) | $(with_cgroups ro)"
		chown_levels
		run_it
		ok
		says "uid 0 0 0 0"
		rm -rf "$rootfs"
	done
	three "$(own 100000 65536)" "$(own 1000 60000) | $(with_cgroups ro)" "$(own 1000 50000) | $(with_cgroups ro)"
	chown_levels
	run_it
	ok
}
