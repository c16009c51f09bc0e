# Namespaces: new, joined, inherited; id maps; time offsets; hostname; network (config-linux.md#namespaces).
load lib.bash

inode() { readlink "/proc/${2-self}/ns/$1"; }

# Another process's namespaces, to be joined: other KINDS... sets $other.
other() {
	local kind flags=()
	for kind; do flags+=("--$kind"); done
	unshare "${flags[@]}" --fork --kill-child sleep 100 3>&- &
	agents+=($!)
	wait_for 5 pgrep -P $! -x sleep
	other=$(pgrep -P $! -x sleep)
}

@test "empty names, and an empty propagation, are none" {
	skip_on runc "its own"
	edit '.hostname = "" | .domainname = "" | .linux.rootfsPropagation = "" | .linux.namespaces |= map(select(.type != "uts"))'
	probe ids
	ok
	edit '.linux.namespaces += [{type: "uts"}]'
	probe uts
	ok
	is "$(value hostname)" "$(</proc/sys/kernel/hostname)"
}

@test "new namespaces differ from the host's, those not listed are inherited" {
	local kind
	edit '.linux.namespaces = [{"type":"pid"},{"type":"network"},{"type":"ipc"},{"type":"uts"},{"type":"mount"}]'
	probe namespaces
	ok
	for kind in pid net ipc uts mnt; do differs "$(value "ns $kind")" "$(inode $kind)" "$kind namespace"; done
	for kind in user cgroup time; do is "$(value "ns $kind")" "$(inode $kind)" "$kind namespace"; done
}

@test "each namespace on its own" {
	local pair
	edit 'del(.hostname) | .linux.namespaces = [{"type":"mount"}]'
	for pair in pid:pid network:net ipc:ipc uts:uts cgroup:cgroup; do
		edit '.linux.namespaces = [{"type":"mount"}, {"type": $t}]' --arg t "${pair%:*}"
		probe namespaces
		ok
		local kind
		for kind in pid net ipc uts cgroup user; do
			if [[ $kind == "${pair#*:}" || $kind == mnt ]]; then
				differs "$(value "ns $kind")" "$(inode $kind)" "$kind namespace"
			else
				is "$(value "ns $kind")" "$(inode $kind)" "$kind namespace"
			fi
		done
	done
}

@test "namespaces are joined by path" {
	local pair
	other net ipc uts
	for pair in network:net ipc:ipc uts:uts; do
		edit 'del(.hostname) | .linux.namespaces |= map(if .type == $t then .path = $p else . end)' \
			--arg t "${pair%:*}" --arg p "/proc/$other/ns/${pair#*:}"
	done
	probe namespaces
	ok
	for pair in net ipc uts; do
		is "$(value "ns $pair")" "$(inode $pair "$other")" "$pair namespace"
		differs "$(value "ns $pair")" "$(inode $pair)" "$pair namespace"
	done
}

@test "a pid namespace is joined by path" {
	start_probe wait
	local first=$id pid
	pid=$(pid_of)
	id=$id-2
	edit '.linux.cgroupsPath = $c | .linux.namespaces |= map(if .type == "pid" then .path = $p else . end)' \
		--arg p "/proc/$pid/ns/pid" --arg c "/$id"
	probe namespaces + ids
	local c=$code
	is "$(value "ns pid")" "$(inode pid "$pid")"
	differs "$(value pid)" 1
	is "$c" 0
	id=$first
}

@test "a uts namespace that was joined gets the hostname" {
	other uts
	edit '.hostname = "joined" | .linux.namespaces |= map(if .type == "uts" then .path = $p else . end)' --arg p "/proc/$other/ns/uts"
	probe uts
	ok
	says "hostname joined"
	is "$(nsenter -t "$other" -u hostname)" joined
}

@test "a cgroup namespace shows the container's cgroup as the root" {
	edit '.linux.namespaces += [{"type":"cgroup"}]'
	probe cgroup
	ok
	[[ -n $out ]]
	local line
	while read -r line; do
		is "${line##*:}" / "the path in $line"
	done <<<"$out"
}

@test "a namespace type given twice is refused" {
	local kind
	for kind in pid mount uts; do
		edit '.linux.namespaces += [{"type": $t}]' --arg t $kind
		probe ids
		fails
		edit '.linux.namespaces |= unique'
		nothing_left
	done
}

@test "an unknown namespace type is refused" {
	edit '.linux.namespaces += [{"type": "nosuch"}]'
	probe ids
	fails nosuch
	nothing_left
}

@test "a namespace path of the wrong type is refused" {
	other net uts
	edit '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "/proc/$other/ns/uts"
	probe ids
	fails
	nothing_left
}

@test "a namespace path that is missing, a plain file, or relative is refused" {
	local path
	for path in /nothing/there /etc/passwd proc/self/ns/net; do
		edit '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$path"
		probe ids
		fails
		nothing_left
	done
}

@test "B.11: a fifo as namespace path does not hang" {
	mkfifo "$T/fifo"
	edit '.linux.namespaces |= map(if .type == "network" then .path = $p else . end)' --arg p "$T/fifo"
	skip_on runc "blocks in open"
	LIMIT=5 probe ids
	fails
	nothing_left
}

# ---- hostname and domainname ----

@test "hostname is set inside and not outside" {
	local before
	before=$(hostname)
	edit '.hostname = "inside.example.org"'
	probe uts
	ok
	says "hostname inside.example.org"
	is "$(hostname)" "$before"
}

@test "domainname" {
	skip_on runc "1.1 has no domainname"
	edit '.domainname = "nis.example.org"'
	probe uts
	ok
	says "domainname nis.example.org"
}

@test "hostname without a uts namespace is refused and changes nothing" {
	local before
	before=$(hostname)
	edit '.linux.namespaces -= [{"type":"uts"}]'
	probe uts
	fails_any "unable to set hostname without a private UTS namespace" "hostname requires the UTS namespace" "UTS"
	is "$(hostname)" "$before"
	nothing_left
}

@test "domainname without a uts namespace is refused" {
	skip_on runc "1.1 has no domainname"
	edit 'del(.hostname) | .domainname = "x" | .linux.namespaces -= [{"type":"uts"}]'
	probe uts
	fails UTS
	nothing_left
}

@test "a hostname the kernel would not take is refused" {
	edit '.hostname = ("x" * 65)'
	probe uts
	fails
	nothing_left
}

# ---- network ----

@test "a new network namespace has only lo, and lo is up" {
	probe network
	ok
	# Some hosts give each namespace tunnel devices; none of them is up.
	says "interface lo up"
	is "$(grep -c ' up$' <<<"$out")" 1
}

@test "without a network namespace the host's interfaces are seen" {
	edit '.linux.namespaces -= [{"type":"network"}]'
	probe network + namespaces
	ok
	is "$(value "ns net")" "$(inode net)"
}

# ---- user namespaces ----

userns() {
	edit '.linux.namespaces += [{"type":"user"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}, {"containerID": 5000, "hostID": 200000, "size": 10}]
		| .linux.gidMappings = [{"containerID": 0, "hostID": 300000, "size": 2000}]'
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	chown -R 100000:300000 "$rootfs"
}

@test "a user namespace with its maps" {
	userns
	probe namespaces + ids
	ok
	differs "$(value "ns user")" "$(inode user)"
	is "$(grep '^uid_map ' <<<"$out" | xargs -n4 | xargs -d'\n')" "uid_map 0 100000 1000 uid_map 5000 200000 10"
	is "$(value gid_map | xargs)" "0 300000 2000"
	says "uid 0 0 0 0" "gid 0 0 0 0" "setgroups allow"
}

@test "in a user namespace: files, devices, user and groups" {
	userns
	edit '.process.user = {"uid": 5003, "gid": 7, "additionalGids": [8, 9]}'
	chmod 0777 "$rootfs/tmp"
	probe ids + stat /bin/probe /dev/null /proc + write /tmp/new x + open rw /dev/null /dev/zero
	ok
	says "uid 5003 5003 5003 5003" "gid 7 7 7 7" "groups 8 9" "stat /bin/probe file 0755 0:0" "write /tmp/new ok" "open rw /dev/null ok"
	contains "$out" "stat /dev/null char 1:3"
	is "$(stat -c %u:%g "$rootfs/tmp/new")" "200003:300007"
}

@test "in a user namespace: full capabilities there, none outside" {
	userns
	edit '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_CHOWN", "CAP_MKNOD"])'
	probe caps + mknod /tmp/sda b 8 0 + chown /etc/passwd 5 5 + chown /etc/passwd 70000 5
	ok
	says "mknod /tmp/sda EPERM" "chown /etc/passwd ok" "chown /etc/passwd EINVAL"
}

@test "in a user namespace the host's root is not mapped: its files are nobody's" {
	userns
	echo host >"$rootfs/etc/host"
	chmod 0600 "$rootfs/etc/host"
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
	probe stat /etc/host + read /etc/host
	ok
	says "stat /etc/host file 0600 65534:65534" "read /etc/host EACCES"
}

@test "id maps without a user namespace are refused" {
	skip_on runc "ignores them"
	skip_on crun "ignores them"
	edit '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}] | .linux.gidMappings = .linux.uidMappings'
	probe ids
	fails uidMappings
	nothing_left
}

@test "a user namespace without maps, with an overlap, or with size 0 is refused" {
	skip_on runc "leaves some of it to the kernel"
	local maps
	userns
	while read -r maps; do
		edit ".linux.uidMappings = $maps"
		probe ids
		fails
		nothing_left
	done <<-'TABLE'
		[]
		[{"containerID": 0, "hostID": 100000, "size": 0}]
		[{"containerID": 0, "hostID": 100000, "size": 10}, {"containerID": 5, "hostID": 200000, "size": 10}]
		[{"containerID": 0, "hostID": 100000, "size": 10}, {"containerID": 50, "hostID": 100005, "size": 10}]
		[{"containerID": 4294967290, "hostID": 100000, "size": 100}]
	TABLE
}

@test "C39: a process user that is not mapped is refused" {
	userns
	edit '.process.user.uid = 1500'
	probe ids
	fails
	nothing_left
	edit '.process.user = {"uid": 0, "gid": 5000}'
	probe ids
	fails
	nothing_left
}

@test "a user namespace is joined by path" {
	skip_on runc "1.1 needs mappings beside the path"
	userns
	unshare --user --fork --kill-child sleep 100 3>&- &
	agents+=($!)
	wait_for 5 pgrep -P $! -x sleep
	other=$(pgrep -P $! -x sleep)
	echo '0 100000 1000' >"/proc/$other/uid_map"
	echo '0 300000 2000' >"/proc/$other/gid_map"
	edit 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(if .type == "user" then .path = $p else . end)' \
		--arg p "/proc/$other/ns/user"
	probe namespaces + ids
	ok
	is "$(value "ns user")" "$(inode user "$other")"
	says "uid 0 0 0 0"
}

@test "the start of a container with a user namespace needs no access to the state root" {
	userns
	chmod 0755 "$T"
	args echo inside
	create
	ok
	call rt start "$id"
	ok
	wait_for 5 is_state stopped
	is "$(box_output)" inside
}

# ---- time namespaces ----

@test "timeOffsets move the clocks" {
	skip_on runc "1.1 has no time namespaces"
	skip_on crun "1.8 wants them otherwise"
	edit '.linux.namespaces += [{"type":"time"}] | .linux.timeOffsets = {"monotonic": {"secs": 100000}, "boottime": {"secs": 2000000, "nanosecs": 5}}'
	call "$HELPERS/probe" clocks
	local mono boot
	mono=$(value monotonic) boot=$(value boottime)
	probe clocks + namespaces
	ok
	(( $(value monotonic) - mono >= 100000 && $(value monotonic) - mono < 100020 ))
	(( $(value boottime) - boot >= 2000000 && $(value boottime) - boot < 2000020 ))
	differs "$(value "ns time")" "$(inode time)"
}

@test "a time namespace without offsets" {
	skip_on runc "1.1 has no time namespaces"
	edit '.linux.namespaces += [{"type":"time"}]'
	probe namespaces
	ok
	differs "$(value "ns time")" "$(inode time)"
}

@test "negative time offsets within what the clock allows" {
	skip_on runc "1.1 has no time namespaces"
	skip_on crun "1.8 wants them otherwise"
	edit '.linux.namespaces += [{"type":"time"}] | .linux.timeOffsets = {"monotonic": {"secs": -10}}'
	call "$HELPERS/probe" clocks
	local mono
	mono=$(value monotonic)
	probe clocks
	ok
	# Less by how long it has taken since.
	(( mono - $(value monotonic) > 0 && mono - $(value monotonic) <= 10 ))
}

@test "timeOffsets without a time namespace are refused" {
	skip_on runc "ignores them"
	skip_on crun "ignores them"
	edit '.linux.timeOffsets = {"monotonic": {"secs": 5}}'
	probe clocks
	fails timeOffsets
	nothing_left
}

# ---- mount namespace ----

@test "mounts of the container are not seen outside, nor outside's mounts inside" {
	edit '.mounts += [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}]'
	start_probe wait
	is "$(mount_table)" "$mounts_before" "the host's mount table"
	mkdir "$T/later"
	host_mount -t tmpfs later "$T/later"
	lacks "$(cat "/proc/$(pid_of)/mountinfo")" "$T/later"
	lacks "$(cat "/proc/$(pid_of)/mountinfo")" "later"
}

@test "maskedPaths and readonlyPaths without a mount namespace are refused" {
	edit '.linux.namespaces -= [{"type":"mount"}] | .linux.maskedPaths = ["/proc/kcore"]'
	probe ids
	fails
	nothing_left
}

@test "C39: the caller's additional groups do not come along into a joined user namespace that denies setgroups" {
	skip_on runc "not tried"
	setpriv --reuid 2000 --regid 2000 --clear-groups unshare --user --map-root-user sleep 100 3>&- &
	local holder=$!
	wait_for 5 grep -q deny "/proc/$holder/setgroups"
	chown -R 2000:2000 "$rootfs"
	edit '.linux.namespaces += [{"type": "user", "path": $p}] | .linux.namespaces -= [{"type": "network"}] | .mounts = [.mounts[] | select(.destination == "/proc")]' \
		--arg p "/proc/$holder/ns/user"
	args ids
	chmod a+x "$T" "${T%/*}" "${T%/*/*}" "$bundle"
	call setpriv --groups 0,5,42 "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	kill $holder
	ok
	is "$(grep '^groups' <<<"$out")" "groups"
}
