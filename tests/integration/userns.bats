# User namespaces made by a runtime that is root: maps, whose the made things are, what may be mounted, what is refused.
load lib.bash

# userns [UID-MAPS [GID-MAPS]]: a user namespace with these maps, and a root file system that belongs to its ids 0.
userns() {
	edit '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = $u | .linux.gidMappings = $g' \
		--argjson u "${1:-[{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536\}]}" \
		--argjson g "${2:-${1:-[{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536\}]}}"
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	chown -R "${3:-100000:100000}" "$rootfs"
}

add_mount() {
	edit '.mounts += [{destination: $d, type: $t, source: $t, options: $o}]' --arg d "$1" --arg t "$2" --argjson o "${3:-[]}"
}

cap() { edit '.process.capabilities |= map_values($ARGS.positional)' --args "$@"; }

# ---- maps ----

@test "ranges that lie apart on both sides" {
	skip_on runc "takes ids up to 2147483647 alone"
	local user
	userns '[{"containerID": 0, "hostID": 100000, "size": 10}, {"containerID": 1000, "hostID": 7000, "size": 1}, {"containerID": 4294967294, "hostID": 300, "size": 1}]' \
		'[{"containerID": 0, "hostID": 200000, "size": 10}, {"containerID": 500, "hostID": 90, "size": 2}]' 100000:200000
	chmod 0777 "$rootfs/tmp"
	edit '(.mounts[].options | arrays) |= map(select(. != "gid=5"))'
	for user in 9:501 1000:0 4294967294:9; do
		edit '.process.user = {uid: $u, gid: $g}' --argjson u "${user%:*}" --argjson g "${user#*:}"
		probe ids + write "/tmp/${user%:*}" x
		ok
		says "uid ${user%:*} ${user%:*} ${user%:*} ${user%:*}" "gid ${user#*:} ${user#*:} ${user#*:} ${user#*:}"
	done
	is "$(stat -c %u:%g "$rootfs"/tmp/* | xargs)" "7000:200000 300:200009 100009:91"
}

@test "maps of 340 lines, and not one more" {
	local lines
	lines=$(jq -nc '[range(340) | {containerID: (. * 2), hostID: (1000 + . * 2), size: 1}]')
	userns "$lines" "$lines" 1000:1000
	edit '(.mounts[].options | arrays) |= map(select(. != "gid=5")) | .process.user = {uid: 678, gid: 676}'
	probe namespaces + ids
	ok
	says "uid 678 678 678 678" "gid 676 676 676 676"
	is "$(grep -c '^uid_map' <<<"$out")" 340
	is "$(grep -c '^gid_map' <<<"$out")" 340
	edit '.linux.gidMappings += [{containerID: 5000, hostID: 5000, size: 1}]'
	skip_on runc "leaves it to the kernel"
	skip_on crun "leaves it to the kernel"
	probe ids
	fails gidMappings
	[[ $(runtime_name) != caisson ]] || fails 341 340
	nothing_left
	edit '.process.user = {uid: 0, gid: 0} | .linux.gidMappings = [range(260) | {containerID: (. * 10000), hostID: (4000000000 + . * 10000), size: 1}]'
	probe ids
	fails gidMappings
	nothing_left
}

@test "wrong maps are refused with their place" {
	needs caisson "words"
	local which line words
	userns
	cp "$bundle/config.json" "$T/good.json"
	while IFS='|' read -r which line words; do
		jq ".linux.$which = $line" <"$T/good.json" >"$bundle/config.json"
		probe ids
		fails "config.json:" "$words"
		lacks "$err" "in step" # nothing was begun
		nothing_left
	done <<-'TABLE'
		uidMappings|[]|both uidMappings and gidMappings
		gidMappings|[]|both uidMappings and gidMappings
		uidMappings|[{"containerID": 0, "hostID": 1, "size": 0}]|linux.uidMappings[0]: the size of an id mapping is 0
		gidMappings|[{"containerID": 0, "hostID": 1, "size": 9}, {"containerID": 8, "hostID": 50, "size": 1}]|linux.gidMappings[1]: an id mapping overlaps
		uidMappings|[{"containerID": 0, "hostID": 10, "size": 9}, {"containerID": 50, "hostID": 2, "size": 9}]|linux.uidMappings[1]: an id mapping overlaps
		uidMappings|[{"containerID": 5, "hostID": 4294967295, "size": 1}]|linux.uidMappings[0]
		uidMappings|[{"containerID": 4294967295, "hostID": 5, "size": 1}]|linux.uidMappings[0]
		uidMappings|[{"containerID": 4294967000, "hostID": 0, "size": 296}]|linux.uidMappings[0]
		uidMappings|[{"containerID": 0, "hostID": 1, "size": 4294967295}]|linux.uidMappings[0]: an id mapping reaches beyond
		gidMappings|[{"containerID": 0, "hostID": 1}]|size
		gidMappings|[{"containerID": -1, "hostID": 1, "size": 1}]|containerID
		gidMappings|[{"containerID": 0, "hostID": 4294967296, "size": 1}]|hostID
		gidMappings|[{"containerID": 0, "hostID": "1000", "size": 1}]|hostID
		uidMappings|{"containerID": 0, "hostID": 1, "size": 1}|uidMappings
	TABLE
}

@test "all of the host's ids are mapped" {
	userns '[{"containerID": 0, "hostID": 0, "size": 4294967295}]' '[{"containerID": 0, "hostID": 0, "size": 4294967295}]' 0:0
	probe ids + namespaces
	ok
	says "uid 0 0 0 0"
	differs "$(value "ns user")" "$(readlink /proc/self/ns/user)"
}

@test "a user or group of the process that is not mapped is refused with its place, and nothing is begun" {
	needs caisson "words"
	local user
	userns '[{"containerID": 0, "hostID": 100000, "size": 100}]'
	while read -r user; do
		edit ".process.user = $user"
		probe ids
		fails "config.json:" "process.user" mapped
		lacks "$err" "in step"
		nothing_left
	done <<-'TABLE'
		{"uid": 100, "gid": 0}
		{"uid": 0, "gid": 100}
		{"uid": 4294967294, "gid": 0}
		{"uid": 0, "gid": 0, "additionalGids": [5, 100]}
	TABLE
}

@test "additional groups of a user namespace, and setgroups allowed in it" {
	userns
	edit '.process.user = {"uid": 5, "gid": 6, "additionalGids": [6, 7, 65535]}'
	probe ids + namespaces
	ok
	says "groups 6 7 65535" "setgroups allow"
	edit 'del(.process.user.additionalGids)'
	args ids
	call setpriv --groups 0,5,42 "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	ok
	says "groups"
}

# ---- no id 0 ----

@test "a user namespace that does not map id 0" {
	skip_on runc "needs an id 0"
	skip_on crun "needs an id 0"
	userns '[{"containerID": 1000, "hostID": 100000, "size": 10}]' '[{"containerID": 100, "hostID": 200000, "size": 5}]' 100000:200000
	edit '(.mounts[].options | arrays) |= map(select(. != "gid=5")) | .process.user = {uid: 1001, gid: 101}
		| .mounts += [{destination: "/dev/mqueue", type: "mqueue", source: "mqueue"}, {destination: "/tmp/deep/er", type: "tmpfs", source: "tmpfs", options: ["mode=1777"]}]
		| .linux.maskedPaths = ["/proc/kcore", "/sys/firmware"] | .linux.readonlyPaths = ["/proc/sys"]'
	probe ids + stat /dev /dev/pts /dev/shm /tmp/deep /dev/null /tmp/deep/er + write /dev/shm/x y + stat /dev/shm/x + open rw /dev/null /dev/full
	ok
	says "uid 1001 1001 1001 1001" "gid 101 101 101 101" "groups" "write /dev/shm/x ok" "stat /dev/shm/x file 0644 1001:101" \
		"stat /dev dir 0755 1000:100" "stat /tmp/deep dir 0755 1000:100" "open rw /dev/null ok"
	is "$(stat -c %u:%g "$rootfs/tmp/deep")" 100000:200000
}

@test "exec and a terminal without id 0" {
	needs caisson "peers need an id 0"
	userns '[{"containerID": 1000, "hostID": 100000, "size": 10}]' '[{"containerID": 1000, "hostID": 100000, "size": 10}]' 100000:100000
	edit '(.mounts[].options | arrays) |= map(select(. != "gid=5")) | .process.user = {uid: 1000, gid: 1000}'
	start_probe wait
	call rt exec "$id" /bin/probe ids
	ok
	says "uid 1000 1000 1000 1000"
	call rt exec --user 1005:1006 "$id" /bin/probe ids + write /dev/shm/e x + stat /dev/shm/e
	ok
	says "uid 1005 1005 1005 1005" "gid 1006 1006 1006 1006" "stat /dev/shm/e file 0644 1005:1006"
	call rt exec --user 0 "$id" /bin/probe ids
	fails
}

@test "mounts add without id 0" {
	needs caisson "mounts add"
	userns '[{"containerID": 1000, "hostID": 100000, "size": 10}]' '[{"containerID": 1000, "hostID": 100000, "size": 10}]' 100000:100000
	edit '(.mounts[].options | arrays) |= map(select(. != "gid=5")) | .process.user = {uid: 1000, gid: 1000}'
	start_probe wait
	echo '[{"destination": "/added", "type": "tmpfs", "source": "tmpfs", "options": ["mode=0755"]}]' >"$T/more.json"
	call rt mounts add "$id" "$T/more.json"
	ok
	call rt exec "$id" /bin/probe stat /added + write /added/x y
	ok
	says "stat /added dir 0755 1000:1000" "write /added/x ok"
	is "$(stat -c %u "$rootfs/added")" 100000
}

# ---- whose the made things are ----

@test "what is made belongs to the container's root" {
	skip_on runc "binds fifos"
	userns
	add_mount /dev/mqueue mqueue
	add_mount /run tmpfs '["mode=755"]'
	add_mount /srv/deep/er tmpfs
	add_mount /var tmpfs '["uid=7", "gid=8", "mode=0750"]'
	edit '.linux.devices = [{"path": "/dev/pipe", "type": "p"}, {"path": "/dev/own", "type": "p", "uid": 3, "gid": 4, "fileMode": 384}]'
	probe stat /dev /dev/pts /dev/shm /dev/mqueue /dev/fd /dev/ptmx /dev/pipe /dev/own /run /var /srv /srv/deep /proc/self /sys + mounts
	ok
	says "stat /dev dir 0755 0:0" "stat /dev/shm dir 1777 0:0" "stat /dev/mqueue dir 1777 0:0" "stat /dev/fd link 0777 0:0" \
		"stat /dev/ptmx link 0777 0:0" "stat /run dir 0755 0:0" "stat /var dir 0750 7:8" "stat /srv dir 0755 0:0" "stat /srv/deep dir 0755 0:0"
	contains "$(value "stat /dev/pts")" "0:0"
	contains "$(value "stat /dev/pipe")" "0666 0:0"
	contains "$(value "stat /dev/own")" "0600 3:4"
	is "$(stat -c %u:%g "$rootfs/srv/deep")" 100000:100000
}

@test "devices are the host's, bound" {
	skip_on runc "with other flags"
	userns
	edit '.linux.devices = [{"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11}] | .linux.resources.devices += [{"allow": true, "access": "rwm"}]'
	cap CAP_MKNOD CAP_SYS_ADMIN
	[[ $(runtime_name) != caisson ]] || edit '.linux.devices += [{"path": "/dev/with/other", "type": "c", "major": 1, "minor": 5}]'
	probe stat /dev/null /dev/kmsg /dev/with/other + open rw /dev/null + mknod /tmp/x c 1 3 + mounts
	ok
	says "open rw /dev/null ok" "mknod /tmp/x EPERM"
	contains "$(value "stat /dev/null")" "char 1:3 0666"
	contains "$(value "stat /dev/kmsg")" "char 1:11"
	[[ $(runtime_name) != caisson ]] || contains "$(value "stat /dev/with/other")" "char 1:5"
	has_option /dev/null nosuid
	has_option /dev/kmsg nosuid
	has_option /dev/null noexec
	edit '.linux.devices = [{"path": "/dev/none", "type": "c", "major": 511, "minor": 77}]'
	skip_on runc "mentions the file alone"
	probe ids
	fails "/dev/none" "511:77" "linux.devices[0]"
	nothing_left
}

@test "the socket of start, and the state directory, are the runtime's alone" {
	needs caisson "its files"
	userns
	args echo inside
	create
	ok
	is "$(stat -c %u:%g:%a "$state/$id" | cut -d: -f1,2)" 0:0
	chmod 0700 "$T"
	call rt start "$id"
	ok
	wait_for 5 box_says inside
	chmod 0755 "$T"
}

@test "a delegated cgroup: the directory and what the kernel lists, and only with a cgroup namespace and a writable mount" {
	owned_by cgroupfs
	skip_on runc "with systemd alone"
	unified || host_mount -t cgroup2 cgroup2 /sys/fs/cgroup
	userns
	edit '.linux.namespaces += [{"type": "cgroup"}] | .process.user.uid = 7
		| .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"]}] | del(.linux.resources)'
	cp "$bundle/config.json" "$T/delegated.json"
	start_probe wait
	local dir=/sys/fs/cgroup/$id
	is "$(stat -c %u "$dir")" 100007
	is "$(cd "$dir" && find . -maxdepth 1 -type f -uid 100007 -printf '%f\n' | sort)" "$(cd "$dir" && ls $(cat /sys/kernel/cgroup/delegate) 2>/dev/null | sort)"
	call rt exec --user 7 "$id" /bin/probe mkdir /sys/fs/cgroup/own + write /sys/fs/cgroup/own/cgroup.procs 1
	ok
	says "mkdir /sys/fs/cgroup/own ok" "write /sys/fs/cgroup/own/cgroup.procs ok"
	call rt delete --force "$id"
	ok
	local filter
	while read -r filter; do
		jq "$filter" <"$T/delegated.json" >"$bundle/config.json"
		start_probe wait
		is "$(stat -c %u "$dir")" 0 "with $filter"
		is "$(find "$dir" -maxdepth 1 -type f ! -uid 0)" "" "with $filter"
		call rt delete --force "$id"
		ok
	done <<-'TABLE'
		.mounts[-1].options = ["ro"]
		.linux.namespaces |= map(select(.type != "cgroup"))
		del(.mounts[-1])
		.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)
	TABLE
}

# ---- what may be mounted ----

@test "file systems in a user namespace: mounted, or a sentence says why not" {
	needs caisson "words"
	local type words
	userns
	edit '.mounts |= map(select(.destination == "/proc"))'
	cp "$bundle/config.json" "$T/few.json"
	while read -r type words; do
		jq --arg t "$type" '.mounts += [{destination: (if $t == "sysfs" then "/sys" else "/mnt" end), type: $t, source: $t}]' <"$T/few.json" >"$bundle/config.json"
		probe mounts
		if [[ $words == ok ]]; then
			ok
			contains "$out" " $type "
		else
			fails "mounts[1]" "config.json:" "'$type'" "$words"
			nothing_left
		fi
	done <<-'TABLE'
		tmpfs ok
		ramfs ok
		sysfs ok
		mqueue ok
		devpts ok
		debugfs only root of the host
		securityfs only root of the host
		tracefs only root of the host
		devtmpfs only root of the host
		ext4 only root of the host
		nosuchfs nosuchfs
	TABLE
}

@test "proc, mqueue and sysfs of the host's namespaces are not mounted anew in a user namespace" {
	needs caisson "words"
	local pair
	userns
	edit '.mounts |= map(select(.destination == "/proc")) | .mounts += [{destination: "/dev/mqueue", type: "mqueue"}]'
	cp "$bundle/config.json" "$T/few.json"
	for pair in pid:0 ipc:1; do
		jq --arg t "${pair%:*}" '.linux.namespaces |= map(select(.type != $t))' <"$T/few.json" >"$bundle/config.json"
		probe ids
		fails "mounts[${pair#*:}]" "the ${pair%:*} namespace belongs to another user namespace"
		nothing_left
	done
}

# CVE-2023-25809
@test "with the host's network /sys is the host's, read-only with all that is mounted in it" {
	skip_on runc "refuses it"
	userns
	cap CAP_SYS_ADMIN CAP_DAC_OVERRIDE
	edit '.linux.namespaces |= map(select(.type != "network")) | .mounts |= map(if .type == "sysfs" then .options = ["nosuid"] else . end)'
	probe mounts + write /sys/kernel/mm/ksm/run 0 + list /sys/class/net
	ok
	contains "$(value "list /sys/class/net")" lo
	[[ $(runtime_name) != caisson ]] || contains "$err" "read-only: the network namespace is not the container's own"
	covered
	edit '(.mounts[] | select(.type == "sysfs") | .options) += ["ro"]'
	probe mounts
	ok
	is "$err" ""
	covered
}

# Every mount on and below /sys, and there are some.
covered() {
	local target options
	while read -r _ target _ options _; do
		[[ $target == /sys || $target == /sys/* ]] || continue
		[[ ,$options, == *,ro,* && ,$options, == *,nosuid,* && ,$options, == *,nodev,* && ,$options, == *,noexec,* ]] ||
			{ complain "$target is $options"; return 1; }
	done < <(grep '^mount' <<<"$out")
	contains "$out" "mount /sys/fs/cgroup"
}

@test "a read-only rbind of /sys in a user namespace is read-only below, too" {
	needs caisson "peers leave submounts as they are"
	userns
	edit '.linux.namespaces |= map(select(.type != "network"))
		| .mounts |= map(if .type == "sysfs" then {destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]} else . end)'
	probe mounts
	ok
	local line
	while read -r line; do contains "$line" " ro,"; done < <(grep '^mount /sys' <<<"$out")
	contains "$out" "mount /sys/fs/cgroup"
}

@test "a cgroup mount in a user namespace shows the container's own cgroup, and its limits are not the container's to write" {
	userns
	cap CAP_DAC_OVERRIDE CAP_SYS_ADMIN
	edit '.linux.namespaces += [{"type": "cgroup"}] | .linux.resources.pids = {"limit": 50}
		| .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"]}]'
	local file=/sys/fs/cgroup/pids/pids.max
	! unified || file=/sys/fs/cgroup/pids.max
	probe cat $file + write $file max
	ok
	says "cat $file 50"
	says_not "write $file ok"
}

@test "an overlay as a mount in a user namespace" {
	userns
	mkdir -p "$T/lower" "$T/upper" "$T/work"
	echo below >"$T/lower/file"
	chown -R 100000:100000 "$T/lower" "$T/upper" "$T/work"
	edit '.mounts += [{destination: "/mnt", type: "overlay", source: "overlay", options: ["lowerdir=\($t)/lower", "upperdir=\($t)/upper", "workdir=\($t)/work"]}]' --arg t "$T"
	probe cat /mnt/file + write /mnt/file above + write /mnt/new x
	ok
	says "cat /mnt/file below" "write /mnt/file ok"
	is "$(stat -c %u "$T/upper/new")" 100000
}

@test "host directories in a user namespace keep the flags that they have on the host" {
	userns
	mkdir -p "$T/data"
	host_mount -t tmpfs -o nosuid,noexec,nodev,ro data "$T/data"
	cap CAP_SYS_ADMIN
	edit '.mounts += [{destination: "/mnt", source: $s, options: ["rbind"]}]' --arg s "$T/data"
	probe mounts + remount /mnt
	ok
	for word in nosuid nodev noexec ro; do has_option /mnt $word; done
	says "remount /mnt EPERM"
	edit '.mounts[-1].options += ["rw", "exec"]'
	if [[ $(runtime_name) == caisson ]]; then
		probe mounts
		fails "mounts[5]" locked
	fi
	umount "$T/data"
	host_mounts=()
}

# ---- init of a user namespace dies with its creator ----

@test "a create that is killed in a createContainer hook leaves no init in the user namespace" {
	needs_containers
	needs caisson "a hook that runs inside"
	userns
	edit '.hooks.createContainer = [{"path": "/bin/sleep", "args": ["sleep", "1000.25"]}]'
	args echo never
	"$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id" >/dev/null 2>&1 3>&- 4>&- &
	local creator=$!
	wait_for 5 pgrep -f 'sleep 1000[.]25'
	local hook init
	hook=$(pgrep -f -x 'sleep 1000[.]25')
	init=$(ps -o ppid= -p "$hook" | xargs)
	is "$(stat -c %u "/proc/$hook")" 100000
	kill -9 "$creator"
	wait_for 3 eval "! kill -0 $init 2>/dev/null"
	kill -9 "$hook" 2>/dev/null || true
}
