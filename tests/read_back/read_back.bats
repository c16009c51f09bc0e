# The comparison of a debug build can fail: for each kind of thing one value is set otherwise after the fact, by the build itself
# (CAISSON_READ_BACK_BREAK in the container's environment), and the container must not start.
#
# RUNTIME is the debug build, RELEASE the ordinary one.

# shellcheck source=../integration/lib.bash
source "${BATS_TEST_FILENAME%/*}/../integration/lib.bash"
HERE=${BATS_TEST_FILENAME%/*}/../integration
: "${RELEASE:?the ordinary build}"

# What a container needs so that everything can be broken in it.
setup() {
	lib_setup
	mkdir -p "$T/tree/sub"
	host_mount -t tmpfs tree "$T/tree"
	mkdir "$T/tree/sub"
	host_mount -t tmpfs sub "$T/tree/sub"
	edit '
		.process.capabilities |= map_values(. + ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"]) |
		.process.capabilities.inheritable = .process.capabilities.bounding |
		.process.capabilities.ambient = .process.capabilities.bounding |
		.process.noNewPrivileges = false | .process.cwd = "/etc" | .process.oomScoreAdj = 100 |
		.process.rlimits = [{"type": "RLIMIT_CORE", "soft": 1000, "hard": 2000}] |
		.process.scheduler = {"policy": "SCHED_OTHER", "nice": 3} |
		.process.ioPriority = {"class": "IOPRIO_CLASS_BE", "priority": 6} |
		.process.user.additionalGids = [20, 30] | .process.user.umask = 18 |
		.domainname = "boxed" | .root.readonly = true |
		.linux.personality = {"domain": "LINUX"} |
		.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "0"} |
		.linux.sysctl = {"net.ipv4.ip_forward": "1"} |
		.linux.maskedPaths = ["/sys/kernel"] |
		.linux.readonlyPaths = ["/proc/sys"] |
		.linux.resources.pids = {"limit": 100} |
		.mounts += [{"destination": "/tree", "source": $tree, "options": ["rbind", "rro", "rprivate"]}]' --arg tree "$T/tree"
}

# broken WORD TEXT...: does not start, and says what was asked for and what was found.
broken() {
	local word=$1
	shift
	edit '.process.env += [$word]' --arg word "CAISSON_READ_BACK_BREAK=$word"
	probe ids
	fails "read back: " "$@"
}

# The same for a process in a container that runs, with what else exec gets.
broken_exec() {
	local word=$1 text=$2
	shift 2
	call rt exec --env "CAISSON_READ_BACK_BREAK=$word" "$@" "$id" /bin/probe ids
	fails "read back: " "$text"
}

@test "a container with all of it starts: what was asked for is what is found" {
	probe ids
	ok
	call rt delete --force "$id"
	start_probe wait
	call rt exec "$id" /bin/probe ids
	ok
}

@test "an ordinary build has nothing of it" {
	grep -qa CAISSON_READ_BACK_BREAK "$RUNTIME"
	refute grep -qa "CAISSON_READ_BACK_BREAK\|read back: " "$RELEASE"
}

@test "found: a mount's attribute" {
	broken mount-attribute "the mount at '/dev/shm' (nodev)"
}

@test "found: a mount's access times" {
	broken mount-access-time "the mount at '/dev' (noatime)"
}

@test "found: an attribute of what lies below a recursive bind" {
	broken mount-below "the mount at '/tree/sub' (ro)"
}

@test "found: a mount's propagation" {
	broken mount-propagation "propagation of the mount at '/tree': asked for 'private'"
}

@test "found: a mount that is not there" {
	broken mount-missing "'/dev/shm'"
}

@test "found: another mount on top" {
	broken mount-type "type of the mount at '/sys': asked for 'sysfs', found 'tmpfs'"
}

@test "found: a mount's data option" {
	broken mount-option "size= of the mount at '/dev/shm': asked for 2048"
}

@test "found: the root's propagation" {
	broken root-propagation "propagation of the mount at '/'"
}

@test "found: a read-only root" {
	broken root-readonly "the mount at '/' (ro)"
}

@test "found: a masked path" {
	broken masked-path "masked path '/sys/kernel'"
}

@test "found: a read-only path" {
	broken readonly-path "the mount at '/proc/sys' (ro)"
}

@test "found: a device's mode" {
	broken device-mode "mode of the device '/dev/null'"
}

@test "found: a device that is not there" {
	broken device "the device '/dev/zero'"
}

@test "found: the hostname" {
	broken hostname "hostname: asked for 'boxed', found 'another'"
}

@test "found: the domainname" {
	broken domainname "domainname: asked for 'boxed', found 'another'"
}

@test "found: a sysctl" {
	broken sysctl "net/ipv4/ip_forward: asked for '1'"
}

@test "found: the loopback device" {
	broken loopback "the loopback device: asked for 'up', found 'down'"
}

@test "found: the session keyring" {
	broken keyring "session keyring: asked for '_ses."
}

@test "found: the memory policy" {
	broken memory-policy "memory policy"
}

@test "found: a namespace" {
	broken namespace "cgroup namespace"
}

@test "found: the bounding set" {
	broken bounding "bounding capabilities"
}

@test "found: the effective set" {
	broken effective "effective capabilities"
}

@test "found: the permitted set" {
	broken permitted "permitted capabilities"
}

@test "found: the inheritable set" {
	broken inheritable "inheritable capabilities"
}

@test "found: the ambient set" {
	broken ambient "ambient capabilities"
}

@test "found: keep_caps" {
	broken keep-caps "keep_caps"
}

@test "found: no_new_privs" {
	broken no-new-privs "no_new_privs"
}

@test "found: the uid" {
	broken uid "real uid"
}

@test "found: the gid" {
	broken gid "saved gid"
}

@test "found: additional groups" {
	broken groups "additional groups: asked for 20, found without it"
	edit 'del(.process.user.additionalGids)'
	broken groups "additional groups, as the runtime sees them: "
}

@test "found: the umask" {
	broken umask "umask: asked for '0022', found '0023'"
}

@test "found: a blocked signal" {
	broken signals "signals (SigBlk)"
}

@test "found: a resource limit" {
	broken rlimit "RLIMIT_CORE, soft: asked for 1000 (0x3e8), found 999"
}

@test "found: the OOM score" {
	broken oom-score "oomScoreAdj: asked for '100', found '1000'"
}

@test "found: the scheduler" {
	broken scheduler "scheduler: nice: asked for 3"
}

@test "found: the io priority" {
	broken io-priority "ioPriority"
}

@test "found: the personality" {
	broken personality "personality: asked for '00000000'"
}

@test "found: the CPU affinity" {
	[[ $(nproc) -gt 1 ]] || skip "there is one CPU alone"
	broken affinity "CPU affinity"
}

@test "found: the working directory" {
	broken cwd "working directory: asked for '/etc', found"
}

@test "found: the cgroup" {
	broken cgroup "cgroup: "
}

@test "found: a value of the cgroup" {
	broken cgroup-value "pids.max: asked for '100', found '77'"
}

@test "found: the device rules" {
	! unified || skip "cgroup v2 has a program, and no list"
	broken cgroup-devices "devices.list: asked for 'no such line', found 'c 5:77 r'"
}

@test "found: an open descriptor" {
	broken descriptor "asked to be closed, found open"
}

@test "found: the id map of a mount" {
	edit '.mounts += [{"destination": "/mapped", "source": $source, "options": ["bind"],
		"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}], "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}]}]' \
		--arg source "$T/tree/sub"
	broken mount-idmap "id map of the mount at '/mapped': asked for 'idmapped'"
}

# Without what cannot be had there.
user_namespace() {
	edit '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] |
		.linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] |
		.mounts |= map(select(.destination != "/tree")) | del(.linux.sysctl, .process.scheduler)'
	chmod 0755 "$T" "$bundle"
}

@test "found: the maps of the user namespace" {
	user_namespace
	probe ids
	ok
	broken uid_map "uid_map: asked for '0 100000 65536"
	edit '.process.env |= map(select(startswith("CAISSON") | not))'
	broken gid_map "gid_map: asked for '0 100000 65536"
}

@test "found: the offsets of the time namespace" {
	edit '.linux.namespaces += [{"type": "time"}] | .linux.timeOffsets = {"monotonic": {"secs": 7}}'
	probe ids
	ok
	broken time-offsets "time offsets: asked for"
}

profile() {
	edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]}'
}

@test "found: the seccomp filter in force, with and without no_new_privs, of run, start and exec" {
	profile
	probe ids
	ok
	broken seccomp "is not the one asked for"
	edit '.process.noNewPrivileges = true'
	probe ids
	fails "read back: " "is not the one asked for"
	create
	ok
	call rt start "$id"
	fails "read back: " "is not the one asked for"
	call rt delete --force "$id"
	edit '.process.env |= map(select(startswith("CAISSON") | not))'
	start_probe wait
	broken_exec seccomp "is not the one asked for"
}

@test "found: values of a process of exec" {
	start_probe wait
	broken_exec effective "effective capabilities"
	broken_exec bounding "bounding capabilities"
	broken_exec uid "real uid"
	broken_exec groups "additional groups"
	broken_exec rlimit "RLIMIT_CORE, soft"
	broken_exec umask "umask"
	broken_exec cwd "working directory"
	broken_exec no-new-privs "no_new_privs"
	broken_exec keyring "session keyring"
	broken_exec cgroup "cgroup: "
	broken_exec descriptor "asked to be closed, found open"
}
