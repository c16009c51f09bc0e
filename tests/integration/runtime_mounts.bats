# mounts add and mounts remove: mounts of a container that runs (contract 6.15, rules B.3 and B.5).
load lib.bash

setup() {
	lib_setup
	needs caisson "mounts"
	mkdir -p "$T/source/dir"
	echo from-host >"$T/source/file"
	edit '.process.args = ["/bin/sh", "-c", "while :; do sleep 1; done"]'
}

# add JSON..., remove JSON...: each argument one element of the list.
list_file() { printf '[%s]\n' "$(IFS=,; echo "$*")" >"$T/list.json"; }
add() { list_file "$@"; call rt mounts add "$id" "$T/list.json"; }
remove() { list_file "$@"; call rt mounts remove "$id" "$T/list.json"; }
bind() { printf '{"destination":"%s","source":"%s","options":["bind"%s]}' "$2" "$1" "${3:+,$3}"; }
tmpfs() { printf '{"destination":"%s","type":"tmpfs","source":"tmpfs","options":["size=64k"%s]}' "$1" "${2:+,$2}"; }
run_box() { call_create rt run -d --bundle "$bundle" "$id"; ok; }
# The container's own view, through its init.
table() { awk -v at="$1" '$5 == at { print $6, $0 }' "/proc/$(pid_of)/mountinfo"; }
overwrite() { echo x >"$1"; }
inside() { printf '%s' "/proc/$(pid_of)/root$1"; }
host_unchanged() { is "$(mount_table)" "$mounts_before" "the host's mounts"; }

@test "mounts add: a directory, a file, a tmpfs; the container sees them, the host does not" {
	run_box
	add "$(bind "$T/source" /mnt/new)" "$(bind "$T/source/file" /etc/added '"ro"')" "$(tmpfs /scratch '"nosuid","mode=700"')"
	ok
	is "$out" ""
	is "$(cat "$(inside /mnt/new/file)")" from-host
	is "$(cat "$(inside /etc/added)")" from-host
	contains "$(table /etc/added)" ro,
	contains "$(table /scratch)" nosuid
	is "$(stat -f -c %T "$(inside /scratch)")" tmpfs
	is "$(stat -c %a "$(inside /scratch)")" 700
	refute overwrite "$(inside /etc/added)"
	[[ ! -e $rootfs/scratch/x ]]
	host_unchanged
}

@test "mounts remove: the topmost mount goes, and only it" {
	run_box
	add "$(tmpfs /stack)" "$(bind "$T/source" /stack)"
	ok
	[[ -e $(inside /stack/file) ]]
	remove '{"destination":"/stack"}'
	ok
	[[ ! -e $(inside /stack/file) ]]
	is "$(stat -f -c %T "$(inside /stack)")" tmpfs
	remove '{"destination":"/stack"}'
	ok
	is "$(table /stack)" ""
	remove '{"destination":"/stack"}'
	fails "nothing is mounted at '/stack'"
	contains "$err" "mounts[0]"
}

@test "mounts add: all or none" {
	run_box
	local before
	before=$(wc -l <"/proc/$(pid_of)/mountinfo")
	add "$(tmpfs /a)" "$(bind "$T/source" /b)" "$(bind "$T/missing" /c)"
	fails "'$T/missing'" "list.json:1:"
	[[ ! -e $(inside /a) ]]
	echo x >"$rootfs/plain"
	add "$(tmpfs /a)" "$(bind "$T/source/file" /b)" "$(bind "$T/source" /plain)"
	fails "/plain"
	is "$(wc -l <"/proc/$(pid_of)/mountinfo")" "$before" "mounts in the container"
	remove '{"destination":"/a"}' '{"destination":"/nothing"}'
	fails
}

@test "mounts add: a created and a paused container; refused for a stopped one and for one that is not there" {
	create
	ok
	add "$(tmpfs /early)"
	ok
	call rt start "$id"
	ok
	is "$(stat -f -c %T "$(inside /early)")" tmpfs
	call rt pause "$id"
	ok
	add "$(tmpfs /later)"
	ok
	is "$(stat -f -c %T "$(inside /later)")" tmpfs
	call rt resume "$id"
	ok
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	add "$(tmpfs /late)"
	fails "container not running"
	id=nobody-$id add "$(tmpfs /late)"
	fails "does not exist"
}

@test "mounts: the list must be one, of mounts" {
	run_box
	local text
	for text in '' '{}' '{"destination":"/x"}' 'null' '[1]' '[{}]' '[{"destination":""}]' '[{"destination":"/x","options":"bind"}]' '[{"destination":7}]' '[]x'; do
		printf '%s' "$text" >"$T/list.json"
		call rt mounts add "$id" "$T/list.json"
		fails
		call rt mounts remove "$id" "$T/list.json"
		fails
	done
	printf '[]' >"$T/list.json"
	call rt mounts add "$id" "$T/list.json"
	ok
	call rt mounts change "$id" "$T/list.json"
	fails "mounts change"
	call rt mounts add "$id" "$T/nothing.json"
	fails "not found"
	call rt mounts add "$id"
	[[ $code == 1 ]]
	contains "$err" 'requires exactly 3 argument(s)'
}

@test "mounts add: what is refused when a container is made is refused here, too" {
	run_box
	local one
	for one in "$(tmpfs /)" "$(tmpfs /proc/sys)" "$(bind "$T/source" /proc)" "$(bind "$T/source/file" /proc/1/status)" \
		'{"destination":"/p","type":"proc","source":"proc"}' '{"destination":"/s","type":"sysfs","source":"sysfs"}' \
		'{"destination":"/c","type":"cgroup","source":"cgroup"}' '{"destination":"/x","type":"bind","source":"/tmp"}' \
		'{"destination":"/disk","type":"ext4","source":"/dev/node"}' '{"destination":"/dev","options":["remount","ro"]}' "$(tmpfs /x '"tmpcopyup"')" "$(tmpfs /x '"nosuch=1"')" "$(tmpfs /../..)"; do
		add "$one"
		fails
	done
	host_unchanged
}

@test "mounts add: links in the container lead nowhere but into it" {
	make_canary
	ln -s "$canary/dir" "$rootfs/out"
	ln -s ../../../../../../../../../.. "$rootfs/up"
	ln -s /proc/self/root "$rootfs/magic"
	ln -s /proc "$rootfs/kernel"
	run_box
	add "$(tmpfs "/up$canary/dir")"
	ok
	[[ -d $rootfs$canary/dir ]]
	rm -rf "${rootfs:?}/${canary:1}" 2>/dev/null || true
	add "$(bind "$T/source" /magic/x)"
	fails
	add "$(tmpfs /kernel/sys)"
	fails
	add "$(bind "$T/source/file" /kernel/uptime)"
	fails "inside /proc"
	canary_unharmed
	host_unchanged
}

@test "mounts remove: what confines the container stays, under whatever name" {
	edit '.linux.maskedPaths = ["/proc/keys", "/etc/secret"] | .linux.readonlyPaths = ["/proc/sys", "/etc/fixed"]'
	echo secret >"$rootfs/etc/secret"
	mkdir "$rootfs/etc/fixed"
	ln -s /etc "$rootfs/alias"
	ln -s /proc "$rootfs/kernel"
	ln -s /proc/keys "$rootfs/keys"
	run_box
	local before path
	before=$(wc -l <"/proc/$(pid_of)/mountinfo")
	for path in / /.. /proc /proc/keys /proc/sys /sys /dev /dev/pts /etc/secret /etc/../etc/secret /alias/secret /etc/fixed /kernel/keys /kernel/sys /keys; do
		remove "{\"destination\":\"$path\"}"
		fails
	done
	is "$(wc -l <"/proc/$(pid_of)/mountinfo")" "$before"
	is "$(cat "$(inside /etc/secret)")" ""
}

@test "mounts add: in a user namespace a tmpfs is its own, a bind keeps the host's locks, mount points belong to its root" {
	edit '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$T" "$bundle"
	chown -R 100000:100000 "$rootfs"
	host_mount -t tmpfs -o nosuid,nodev,noexec none "$T/source/dir"
	touch "$T/source/dir/in-it"
	local table_before
	table_before=$(mount_table)
	run_box
	add "$(tmpfs /scratch)" "$(bind "$T/source/dir" /new/point)"
	ok
	is "$(stat -c '%u:%g' "$(inside /scratch)")" 100000:100000
	is "$(stat -c '%u:%g' "$rootfs/new/point")" 100000:100000
	contains "$(table /new/point)" noexec
	[[ -e $(inside /new/point/in-it) ]]
	add "$(bind "$T/source/dir" /other '"exec"')"
	fails
	remove '{"destination":"/scratch"}' '{"destination":"/new/point"}'
	ok
	is "$(mount_table)" "$table_before" "the host's mounts"
}

@test "mounts add: id-mapped, and an overlay" {
	run_box
	chown 0:0 "$T/source/file"
	add '{"destination":"/mapped","source":"'"$T"'/source","options":["bind"],
		"uidMappings":[{"containerID":0,"hostID":5000,"size":10}],"gidMappings":[{"containerID":0,"hostID":6000,"size":10}]}'
	ok
	is "$(stat -c '%u:%g' "$(inside /mapped/file)")" 5000:6000
	mkdir "$T/lower" "$T/upper" "$T/work"
	echo low >"$T/lower/low"
	add '{"destination":"/over","type":"overlay","source":"overlay","options":["lowerdir='"$T"'/lower","upperdir='"$T"'/upper","workdir='"$T"'/work"]}'
	ok
	is "$(cat "$(inside /over/low)")" low
	echo new >"$(inside /over/up)"
	is "$(cat "$T/upper/up")" new
}

@test "mounts add: read-only roots need an existing mount point" {
	edit '.root.readonly = true'
	mkdir "$rootfs/point"
	run_box
	add "$(tmpfs /point)"
	ok
	add "$(tmpfs /absent)"
	fails "read-only"
}

@test "mounts: without a mount namespace of its own they are the host's: refused" {
	edit '.linux.namespaces -= [{"type":"mount"}] | del(.mounts, .linux.maskedPaths, .linux.readonlyPaths) | .root.readonly = false'
	call_create rt run -d --bundle "$bundle" "$id"
	[[ $code == 0 ]] || skip "no container without a mount namespace: $err"
	add "$(tmpfs /x)"
	fails "mount namespace"
	remove '{"destination":"/tmp"}'
	fails "mount namespace"
	host_unchanged
}

@test "mounts add: with --no-pivot the root is the container's, too" {
	call_create rt run -d --no-pivot --bundle "$bundle" "$id"
	ok
	add "$(bind "$T/source" /mnt/new)"
	ok
	is "$(cat "$(inside /mnt/new/file)")" from-host
	remove '{"destination":"/mnt/new"}'
	ok
	host_unchanged
}

@test "mounts add: nothing of the runtime can be traced or seen from the container" {
	edit '.process.args = ["/bin/sh", "-c", "while :; do for p in /proc/[0-9]*; do echo $p; done; done"]'
	: >"$T/box.out"
	run_box
	local i
	for i in 1 2 3 4 5; do
		add "$(tmpfs "/t$i")"
		ok
	done
	call rt kill "$id" KILL
	is "$(sort -u "$T/box.out" | grep -vc '^/proc/1$' || true)" 0 "processes the container has seen beside its own"
}

# in_mounts COMMAND...: busybox in the container's mount namespace, as one with CAP_SYS_ADMIN in there could.
in_mounts() { nsenter -t "$(pid_of)" -m /bin/busybox "$@"; }

@test "mounts remove: /proc, /sys, /dev and what lies below them stay, by whatever links they are reached" {
	ln -s / "$rootfs/data"
	ln -s data/dev "$rootfs/d2"
	mkdir "$rootfs"/{deep,groups}
	run_box
	in_mounts mount -t proc proc /deep
	in_mounts mount -t cgroup2 none /groups
	in_mounts mkdir -p /dev/shm/in/it
	in_mounts mount -t tmpfs none /dev/shm/in/it
	in_mounts mkdir /dev/shm/in/it/more
	in_mounts mount -t tmpfs none /dev/shm/in/it/more
	local before path
	before=$(cat "/proc/$(pid_of)/mountinfo")
	for path in /data/proc /data/sys /data/dev /data/data/proc /d2/shm /d2/pts /data/dev/shm /d2/shm/in/it /d2/shm/in/it/more /deep /data/deep /groups; do
		remove "{\"destination\":\"$path\"}"
		fails "'$path' confines the container"
	done
	is "$(cat "/proc/$(pid_of)/mountinfo")" "$before" "mounts in the container"
	add "$(tmpfs /plain)" "$(tmpfs /plain/in/it)" "$(bind "$T/source/file" /etc/added)"
	ok
	remove '{"destination":"/data/plain/in/it"}' '{"destination":"/data/plain"}' '{"destination":"/data/etc/added"}'
	ok
	is "$(cat "/proc/$(pid_of)/mountinfo")" "$before" "mounts in the container"
}

# traced OPTION... -- ARGUMENT...: the runtime under strace, whose notes go to $T/trace.
traced() {
	local options=()
	type -P strace >/dev/null || skip "no strace"
	while [[ $1 != -- ]]; do options+=("$1"); shift; done
	shift
	call timeout -k 1 "$((20 * SLOW))" strace -f -o "$T/trace" "${options[@]}" "$RUNTIME" --root "$state" "${owner_option[@]}" "$@"
}

@test "mounts add: one that is attached and then fails is taken away, too" {
	run_box
	local before
	before=$(cat "/proc/$(pid_of)/mountinfo")
	list_file "$(tmpfs /first)" "$(tmpfs /second '"rslave"')" "$(tmpfs /third)"
	traced -e trace=mount_setattr -e inject=mount_setattr:error=ENOSPC -- mounts add "$id" "$T/list.json"
	fails "cannot mount at '/second'"
	contains "$(<"$T/trace")" INJECTED
	is "$(cat "/proc/$(pid_of)/mountinfo")" "$before" "mounts in the container"
	call rt mounts add "$id" "$T/list.json"
	ok
	is "$(stat -f -c %T "$(inside /second)")" tmpfs
}

@test "mounts add: who has taken other ids cannot be traced for it" {
	edit '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$T" "$bundle"
	chown -R 100000:100000 "$rootfs"
	run_box
	list_file "$(tmpfs /scratch/new)"
	traced -e trace=setresuid,setfsuid,prctl,fsopen,move_mount -- mounts add "$id" "$T/list.json"
	ok
	# Each process, between a change of its ids and the next thing it does.
	awk '/ set(fsuid|resuid)\(/ { changed[$1] = 1; seen[/fsuid/ ? "fsuid" : "resuid"] = 1 }
		/ prctl\(PR_SET_DUMPABLE, SUID_DUMP_DISABLE\) += 0/ { changed[$1] = 0 }
		/ (fsopen|move_mount)\(/ { seen[/fsopen/ ? "fsopen" : "move"] = 1; if (changed[$1]) { print; bad = 1 } }
		END { exit bad || length(seen) != 4 }' "$T/trace" || { cat "$T/trace"; false; }
}

# A FUSE file system in the container, at /stuck: says that it is ready, takes one request, and never answers. Lasts LIMIT seconds.
mute_filesystem() {
	local unique
	[[ -c /dev/fuse ]] || skip "no FUSE"
	exec 5<>/dev/fuse
	nsenter -t "$(pid_of)" -m /bin/busybox mount -t fuse -o fd=5,rootmode=40000,user_id=0,group_id=0,allow_other mute /stuck ||
		skip "FUSE cannot be mounted"
	dd bs=65536 count=1 of="$T/init" <&5 2>/dev/null
	# struct fuse_out_header (length, no error, the number of the request) and struct fuse_init_out, version 7.31.
	unique=$(od -An -v -tx1 -j8 -N8 "$T/init" | sed 's/ /\\x/g')
	{
		printf '\x50\0\0\0\0\0\0\0'"$unique"'\x07\0\0\0\x1f\0\0\0\0\0\x02\0\0\0\0\0\x0c\0\x0b\0\0\0\x02\0\x01\0\0\0'
		head -c 36 /dev/zero
	} >"$T/ready"
	dd bs=4096 count=1 <"$T/ready" >&5 2>/dev/null
	timeout "$1" sh -c 'dd bs=1M count=1; exec sleep 1000' <&5 >"$T/requests" 2>/dev/null 3>&- 4>&- 5>&- &
	mute=$!
	exec 5>&-
}

@test "mounts: a file system in the container that never answers holds nobody up for long, and no lock" {
	mkdir "$rootfs/stuck"
	run_box
	mute_filesystem 60
	local before=$SECONDS
	add "$(tmpfs /fine)" "$(tmpfs /stuck/x)"
	fails "a file system of the container does not answer"
	[[ -s $T/requests ]]
	is "$(table /fine)" "" "the first mount"
	((SECONDS - before < 15 * SLOW)) || { complain "took $((SECONDS - before)) seconds"; return 1; }
	before=$SECONDS
	call rt pause "$id"
	ok
	call rt resume "$id"
	ok
	add "$(tmpfs /other)"
	ok
	((SECONDS - before < 5 * SLOW)) || { complain "the lock was held"; return 1; }
	remove '{"destination":"/stuck/x"}'
	fails "a file system of the container does not answer"
	call rt delete --force "$id"
	ok
	kill "$mute"
	wait "$mute" || true
}
