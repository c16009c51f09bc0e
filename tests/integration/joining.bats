# Namespaces of another container, joined by path in any combination: which ones, whose, and what is refused.
load lib.bash

declare -gA file_of=([network]=net [ipc]=ipc [uts]=uts [pid]=pid [user]=user [mount]=mnt [cgroup]=cgroup [time]=time)
kinds=(user pid network ipc uts cgroup time mount)

inode() { readlink "/proc/${2-self}/ns/$1"; }

# holder [TYPE...]: a container that only waits, in the base's namespaces and these; sets $holder, its pid.
holder() {
	local type first=$id
	for type; do edit '.linux.namespaces += [{type: $t}]' --arg t "$type"; done
	if [[ " $* " == *" user "* ]]; then
		edit '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}] | .linux.gidMappings = .linux.uidMappings'
		chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
		chown -R 100000:100000 "$rootfs"
	fi
	id=$first-h
	edit '.linux.cgroupsPath = $p' --arg p "$(cgroups_path "$id")"
	cp "$bundle/config.json" "$T/holder.json"
	start_probe "${holder_does-wait}"
	holder=$(pid_of) holder_id=$id
	id=$first
	edit '.linux.cgroupsPath = $p' --arg p "$(cgroups_path "$id")"
	cp "$bundle/config.json" "$T/own.json"
}

teardown() {
	[[ -z ${holder_id-} ]] || rt delete --force "$holder_id" || true
	lib_teardown
}

# Runs the container with these types joined from the holder, and all else its own; mappings are the joined namespace's.
run_joined() {
	jq --arg joined " $* " --arg pid "$holder" '
		{network: "net", ipc: "ipc", uts: "uts", pid: "pid", user: "user", mount: "mnt", cgroup: "cgroup", time: "time"} as $files
		| .linux.namespaces |= map(. as $n | if $joined | contains(" \($n.type) ") then .path = "/proc/\($pid)/ns/\($files[.type])" else . end)
		| if $joined | contains(" user ") then del(.linux.uidMappings, .linux.gidMappings) else . end
		| if $joined | contains(" uts ") then del(.hostname) else . end' <"$T/own.json" >"$bundle/config.json"
	probe namespaces + ids
}

# Of these types the container must have the holder's, of all others neither the holder's nor the host's.
has_joined() {
	local type file
	for type in "${kinds[@]}"; do
		file=${file_of[$type]}
		grep -q "\"type\": \"$type\"" "$bundle/config.json" || continue
		if [[ " $* " == *" $type "* ]]; then
			is "$(value "ns $file")" "${inode_of[$type]}" "with [$*] joined, its $type namespace" || return 1
		else
			differs "$(value "ns $file")" "${inode_of[$type]}" "with [$*] joined, its $type namespace" || return 1
			differs "$(value "ns $file")" "${own_of[$type]}" "with [$*] joined, its $type namespace" || return 1
		fi
	done
}

declare -gA inode_of own_of
note_inodes() {
	local type
	for type in "${kinds[@]}"; do
		inode_of[$type]=$(inode "${file_of[$type]}" "$holder")
		own_of[$type]=$(inode "${file_of[$type]}")
	done
}

# Every single one, every pair, all but one, all.
subsets() {
	local i j list=("$@")
	echo "$*"
	for ((i = 0; i < $#; i++)); do
		echo "${list[i]}"
		echo "${list[*]:0:i} ${list[*]:i+1}"
		for ((j = i + 1; j < $#; j++)); do echo "${list[i]} ${list[j]}"; done
	done
}

@test "any combination of another container's namespaces is joined" {
	skip_on runc "1.1 has no time namespaces"
	skip_on crun "1.8 wants time namespaces otherwise"
	local set
	holder cgroup time
	note_inodes
	while read -r set; do
		run_joined $set
		ok
		has_joined $set
	done < <(subsets pid network ipc uts cgroup time)
	is "$(rt state "$holder_id" | jq -r .status)" running
}

@test "a user namespace is joined with any combination of those it owns" {
	skip_on runc "1.1 has no time namespaces"
	skip_on crun "1.8 wants time namespaces otherwise"
	local set
	holder cgroup time user
	note_inodes
	while read -r set; do
		run_joined user $set
		ok
		has_joined user $set
		says "uid 0 0 0 0" "gid 0 0 0 0"
	done < <(echo; subsets pid network ipc uts cgroup time)
}

# Two containers with the same mappings and a user namespace each: what they share belongs to one of them.
@test "a new user namespace beside namespaces that belong to another one" {
	skip_on runc "1.1 has no time namespaces"
	skip_on crun "1.8 wants time namespaces otherwise"
	local set
	holder cgroup time user
	jq '.mounts |= map(select(.type != "sysfs"))' <"$T/own.json" >"$T/new.json"
	mv "$T/new.json" "$T/own.json"
	note_inodes
	while read -r set; do
		run_joined $set
		ok
		has_joined $set
		says "uid 0 0 0 0" "gid 0 0 0 0"
	done < <(subsets network ipc uts cgroup time)
}

@test "a new user namespace has no rights over another one's processes, queues and devices, and is told so" {
	needs caisson "words"
	holder user
	run_joined pid
	fails "linux.namespaces[" "pid namespace" "another user namespace"
	no_container
	jq '.mounts += [{"destination": "/dev/mqueue", "type": "mqueue"}]' <"$T/own.json" >"$T/new.json"
	mv "$T/new.json" "$T/own.json"
	run_joined ipc
	fails "mounts[5]" "ipc namespace" "another user namespace"
	no_container
}

# What is left of the container itself, while the holder lives.
no_container() { [[ ! -e $state/$id ]] && ! rt state "$id" 2>/dev/null; }

@test "who may trace in the pid namespace that is joined finds nothing of the configuration in our init but what its process has" {
	skip_on runc "1.1 is not looked into, and protects itself in other ways"
	local found= holder_does=peek
	edit '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
	holder
	with_secrets
	edit '.linux.namespaces |= map(if .type == "pid" then .path = "/proc/\($pid)/ns/pid" else . end)' --arg pid "$holder"
	args echo peek:control.
	for _ in {1..5}; do
		create
		ok
		wait_for 10 box_says looked
		found+=$(<"$T/box.out")$'\n'
		call rt delete --force "$id"
		ok
	done
	looked_into "$found" control
}

@test "what is joined is the other's: its hostname, its processes, its network devices" {
	holder
	nsenter -t "$holder" -u hostname of-holder
	run_joined uts network pid
	args uts + list /proc + network
	call rt run --bundle "$bundle" "$id"
	ok
	says "hostname of-holder"
	[[ " $(value "list /proc") " == *" $(nsenter -t "$holder" -p -m /bin/probe ids | sed -n "s,^pid ,,p") "* || " $(value "list /proc") " == *" 1 "* ]]
}

@test "a namespace path that is no namespace of that type is refused, with its place, whatever it is" {
	skip_on runc "1.1 has no time namespaces"
	skip_on crun "1.8 wants time namespaces otherwise"
	local type file path other
	holder cgroup time user
	mkfifo "$T/fifo"
	sleep 0 3>&- & # dead by the time it is waited for
	wait $!
	for type in "${kinds[@]}"; do
		file=${file_of[$type]}
		other=net
		[[ $type != network ]] || other=uts
		for path in "/proc/$holder/ns/$other" "/proc/$!/ns/$file" /etc/passwd /tmp "$T/fifo" /dev/null "/proc/$holder/ns" /proc/self/status; do
			jq --arg t "$type" --arg p "$path" '(.linux.namespaces[] | select(.type == $t)).path = $p
				| if $t == "user" then del(.linux.uidMappings, .linux.gidMappings) else . end
				| if $t == "mount" then .linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings) else . end' \
				<"$T/own.json" >"$bundle/config.json"
			LIMIT=5 probe ids
			fails
			if [[ $(runtime_name) == caisson ]]; then
				fails "'$path'" "$type namespace" "linux.namespaces[" "config.json:"
			fi
			no_container
		done
	done
}

@test "a stale namespace path names the process that is gone" {
	needs caisson "words"
	holder
	rt kill "$holder_id" KILL
	wait_for 5 eval '! kill -0 "$holder" 2>/dev/null'
	run_joined network
	fails "/proc/$holder/ns/net" ENOENT
	no_container
}

@test "the user namespace of a process that has ended is not joined, though nobody has waited for it yet" {
	needs caisson "words"
	local ended
	edit '.linux.namespaces += [{type: "user"}]'
	# Not before the shell is sleep: bash would wait for it.
	bash -c '(until [[ $(<"/proc/$$/comm") == sleep ]]; do sleep 0.02; done; exec unshare -Ur true) & echo $! >"$0"; exec sleep 30' "$T/ended" 3>&- &
	agents+=("$!")
	wait_for 5 test -s "$T/ended"
	ended=$(<"$T/ended")
	wait_for 5 grep -q '^State:.Z' "/proc/$ended/status"
	edit '(.linux.namespaces[] | select(.type == "user")).path = $p' --arg p "/proc/$ended/ns/user"
	probe ids
	fails "'/proc/$ended/ns/user'" "a process that has ended" "linux.namespaces["
	nothing_left
}

@test "a namespace outlives its process where its path is a mount" {
	mkdir "$T/ns"
	touch "$T/ns/net" "$T/ns/uts"
	host_mount -t tmpfs private "$T/ns"
	mount --make-private "$T/ns"
	touch "$T/ns/net" "$T/ns/uts"
	unshare --net="$T/ns/net" --uts="$T/ns/uts" true
	host_mounts+=("$T/ns/net" "$T/ns/uts")
	edit 'del(.hostname) | .linux.namespaces |= map(if .type == "network" then .path = $n elif .type == "uts" then .path = $u else . end)' \
		--arg n "$T/ns/net" --arg u "$T/ns/uts"
	probe namespaces
	ok
	is "$(value "ns net")" "net:[$(stat -c %i "$T/ns/net")]"
	is "$(value "ns uts")" "uts:[$(stat -c %i "$T/ns/uts")]"
	umount "$T/ns/net" "$T/ns/uts"
	umount "$T/ns"
	host_mounts=()
}

@test "a mount namespace that was prepared from the host's is joined" {
	unshare --mount --fork --kill-child sleep 100 3>&- &
	agents+=($!)
	wait_for 5 pgrep -P $! -x sleep
	local other
	other=$(pgrep -P $! -x sleep)
	edit '(.linux.namespaces[] | select(.type == "mount")).path = $p' --arg p "/proc/$other/ns/mnt"
	probe namespaces + stat /bin/probe
	ok
	is "$(value "ns mnt")" "$(inode mnt "$other")"
}

@test "another container's mount namespace is not taken from it" {
	needs caisson "a peer pivots there, and the other container loses its root"
	holder
	run_joined mount
	fails "linux.namespaces[" "config.json:" "mount namespace"
	no_container
	call rt exec "$holder_id" /bin/probe mounts
	ok
	contains "$out" "mount /proc proc"
}

@test "a new user namespace in a joined mount namespace is refused" {
	needs caisson "a peer fails later, with less words"
	holder user
	run_joined mount
	fails "linux.namespaces[" "config.json:" "user namespace"
	no_container
}

@test "the runtime's own user or mount namespace is not joined: the entry is left out instead" {
	needs caisson "words"
	edit '.linux.namespaces += [{"type": "user", "path": "/proc/self/ns/user"}]'
	probe ids
	fails "linux.namespaces[" "leave the entry out"
	nothing_left
	edit 'del(.linux.namespaces[-1]) | (.linux.namespaces[] | select(.type == "mount")).path = "/proc/self/ns/mnt"'
	probe ids
	fails "linux.namespaces[" "leave the entry out"
	nothing_left
}

@test "exec and delete with namespaces that are another container's" {
	skip_on runc "1.1 needs mappings beside the path"
	holder cgroup user
	run_joined user network ipc uts
	ok
	start_probe wait
	call rt exec "$id" /bin/probe namespaces
	ok
	is "$(value "ns user")" "$(inode user "$holder")"
	is "$(value "ns net")" "$(inode net "$holder")"
	rt delete --force "$id"
	is "$(rt state "$holder_id" | jq -r .status)" running
}

# ---- a joined user namespace and mappings ----

@test "mappings beside the path of a user namespace must be its own" {
	skip_on runc "1.1 needs them"
	skip_on crun "ignores them"
	local filter
	holder user
	run_joined user
	ok
	cp "$bundle/config.json" "$T/joined.json"
	while read -r filter; do
		jq "$filter" <"$T/joined.json" >"$bundle/config.json"
		probe ids
		fails Mappings "linux.namespaces[" "config.json:"
		no_container
	done <<-'TABLE'
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 999}] | .linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}] | .linux.gidMappings = [{"containerID": 0, "hostID": 100001, "size": 1000}]
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 500}, {"containerID": 500, "hostID": 100500, "size": 500}] | .linux.gidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]
	TABLE
	jq '.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}] | .linux.gidMappings = .linux.uidMappings' \
		<"$T/joined.json" >"$bundle/config.json"
	probe ids
	ok
}

@test "a user or group that a joined user namespace does not map is refused before init is born" {
	skip_on runc "1.1 needs mappings beside the path"
	local user
	holder user
	run_joined user
	ok
	cp "$bundle/config.json" "$T/joined.json"
	for user in '{"uid": 1000, "gid": 0}' '{"uid": 0, "gid": 1000}' '{"uid": 0, "gid": 0, "additionalGids": [5, 70000]}'; do
		jq ".process.user = $user" <"$T/joined.json" >"$bundle/config.json"
		probe ids
		fails
		[[ $(runtime_name) != caisson ]] || fails "process.user" "config.json:" "mapped" "in step 'namespaces'"
		no_container
	done
}

@test "a user namespace whose maps nobody has written yet is refused" {
	needs caisson "words"
	unshare --user --fork --kill-child sleep 100 3>&- &
	agents+=($!)
	wait_for 5 pgrep -P $! -x sleep
	edit '.linux.namespaces += [{"type": "user", "path": $p}]' --arg p "/proc/$(pgrep -P $! -x sleep)/ns/user"
	probe ids
	fails "has no id maps" "linux.namespaces["
	nothing_left
}

@test "a user namespace and the mount namespace it owns" {
	skip_on runc "1.1 needs mappings beside the path"
	unshare --user --mount --fork --kill-child sleep 100 3>&- &
	agents+=($!)
	wait_for 5 pgrep -P $! -x sleep
	local other
	other=$(pgrep -P $! -x sleep)
	echo '0 100000 1000' >"/proc/$other/uid_map"
	echo '0 100000 1000' >"/proc/$other/gid_map"
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	chown -R 100000:100000 "$rootfs"
	edit '.linux.namespaces += [{"type": "user", "path": $u}] | (.linux.namespaces[] | select(.type == "mount")).path = $m' \
		--arg u "/proc/$other/ns/user" --arg m "/proc/$other/ns/mnt"
	probe namespaces + ids
	ok
	is "$(value "ns mnt")" "$(inode mnt "$other")"
	is "$(value "ns user")" "$(inode user "$other")"
	says "uid 0 0 0 0"
}

@test "clocks of its own, with offsets, where the user namespace is another's, or made after what it has no rights in" {
	skip_on runc "1.1 has no time namespaces"
	skip_on crun "1.8 wants time namespaces otherwise"
	local set mono
	holder user
	edit '.mounts |= map(select(.type != "sysfs")) | .linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 100000}}'
	cp "$bundle/config.json" "$T/own.json"
	for set in user network "user pid network ipc uts" "network ipc"; do
		run_joined $set
		ok
		call "$HELPERS/probe" clocks
		mono=$(value monotonic)
		jq '.process.args = ["/bin/probe", "clocks"]' <"$bundle/config.json" >"$T/clocks.json"
		cp "$T/clocks.json" "$bundle/config.json"
		call rt run --bundle "$bundle" "$id"
		ok
		(($(value monotonic) - mono >= 100000 && $(value monotonic) - mono < 100020)) || { complain "with [$set] joined: $out"; return 1; }
	done
	# Of no clock.
	edit '.linux.timeOffsets = {}'
	call rt run --bundle "$bundle" "$id"
	ok
}

@test "exec and a terminal where a new user namespace is beside joined ones" {
	skip_on runc "1.1 makes the user namespace first"
	holder user cgroup
	edit '.mounts |= map(select(.type != "sysfs"))'
	cp "$bundle/config.json" "$T/own.json"
	run_joined network ipc uts cgroup
	ok
	start_probe wait
	call rt exec "$id" /bin/probe namespaces + ids + stat /dev/shm
	ok
	is "$(value "ns net")" "$(inode net "$holder")"
	differs "$(value "ns user")" "$(inode user "$holder")"
	says "uid 0 0 0 0" "stat /dev/shm dir 1777 0:0"
	rt delete --force "$id"
	edit '.process.terminal = true'
	args ids
	call timeout 10 script -qec "$RUNTIME --root $state ${owner_option[*]} run --bundle $bundle $id" /dev/null
	ok
	contains "$out" "uid 0 0 0 0"
}

# user_namespaces(7): what an ordinary user's namespace denies for good.
@test "additional groups in a joined user namespace that denies setgroups are refused" {
	setpriv --reuid 2000 --regid 2000 --clear-groups unshare --user --map-root-user sleep 100 3>&- &
	local holder=$!
	agents+=("$holder")
	wait_for 5 grep -q deny "/proc/$holder/setgroups"
	# The last that is written.
	wait_for 5 grep -q . "/proc/$holder/gid_map"
	chown -R 2000:2000 "$rootfs"
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	edit '.linux.namespaces += [{"type": "user", "path": $p}] | .mounts = [.mounts[] | select(.destination == "/proc")]
		| .process.user.additionalGids = [0]' --arg p "/proc/$holder/ns/user"
	probe ids
	fails
	[[ $(runtime_name) != caisson ]] || fails "additional groups" "process.user"
	edit 'del(.process.user.additionalGids)'
	skip_on runc "needs mappings beside the path"
	probe ids + namespaces
	ok
	says "groups" "setgroups deny" "uid 0 0 0 0"
}
