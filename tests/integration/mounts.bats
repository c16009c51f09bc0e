# Mounts: options, propagation, recursive attributes, id maps, order, the root, masked and read-only paths (config.md#mounts).
load lib.bash

# add_mount DESTINATION TYPE SOURCE [OPTION...]
add_mount() {
	local destination=$1 type=$2 source=$3
	shift 3
	edit '.mounts += [{destination: $d, type: $t, source: $s, options: $ARGS.positional}]' \
		--arg d "$destination" --arg t "$type" --arg s "$source" --args "$@"
}

add_bind() { # DESTINATION SOURCE [OPTION...]
	local destination=$1 source=$2
	shift 2
	add_mount "$destination" none "$source" bind "$@"
}

# ---- options ----

@test "the options that are one mount flag: each one, seen in mountinfo" {
	local word seen
	while read -r word seen; do
		edit '.mounts = .mounts[0:2]'
		add_mount /mnt tmpfs tmpfs "$word"
		probe mounts
		ok
		has_option /mnt "$seen"
	done <<-'TABLE'
		ro ro
		nosuid nosuid
		nodev nodev
		noexec noexec
		noatime noatime
		nodiratime nodiratime
		relatime relatime
		rw rw
	TABLE
	# The default is relatime, strictatime is the absence of a word.
	edit '.mounts = .mounts[0:2]'
	add_mount /mnt tmpfs tmpfs strictatime
	probe mounts
	ok
	has_no_option /mnt relatime
	has_no_option /mnt noatime
}

@test "'defaults' has no effect" {
	skip_on runc "1.1 hands it to the file system"
	add_mount /mnt tmpfs tmpfs defaults size=40k
	probe mounts
	ok
	has_option /mnt rw
	contains "$(mount_at /mnt)" size=40k
}

@test "the words that clear a flag undo the one before" {
	local set clear seen
	while read -r set clear seen; do
		edit '.mounts = .mounts[0:2]'
		add_mount /mnt tmpfs tmpfs "$set" "$clear"
		probe mounts
		ok
		has_no_option /mnt "$seen"
	done <<-'TABLE'
		nosuid suid nosuid
		nodev dev nodev
		noexec exec noexec
		ro rw ro
		noatime atime noatime
		nodiratime diratime nodiratime
	TABLE
	edit '.mounts = .mounts[0:2]'
	add_mount /mnt tmpfs tmpfs suid nosuid exec noexec dev nodev rw ro
	probe mounts
	ok
	local word
	for word in nosuid noexec nodev ro; do has_option /mnt $word; done
}

@test "the words that act on the file system: sync, dirsync, mand and others are accepted" {
	local word
	for word in sync async dirsync nomand silent loud iversion noiversion lazytime nolazytime norelatime nostrictatime; do
		case $(runtime_name):$word in
		runc:silent | runc:loud | runc:lazytime | runc:nolazytime) continue ;;
		crun:silent | crun:loud | crun:iversion | crun:noiversion | crun:lazytime | crun:nolazytime) continue ;;
		esac
		edit '.mounts = .mounts[0:2]'
		add_mount /mnt tmpfs tmpfs "$word"
		probe mounts
		[[ $code == 0 ]] || complain "option $word"
		ok
		contains "$(mount_at /mnt)" tmpfs
	done
	edit '.mounts = .mounts[0:2]'
	add_mount /mnt tmpfs tmpfs sync
	probe mounts
	contains "$(mount_at /mnt)" sync
	lacks "$(mount_at /mnt)" async
}

@test "nosymfollow" {
	skip_on runc "1.1 has no nosymfollow"
	skip_on crun "1.8 has no nosymfollow"
	add_mount /mnt tmpfs tmpfs nosymfollow
	probe mounts
	ok
	has_option /mnt nosymfollow
}

@test "data options reach the file system" {
	add_mount /mnt tmpfs tmpfs size=1234k mode=0710 uid=5 gid=6 nr_inodes=77
	probe mounts + stat /mnt
	ok
	contains "$(mount_at /mnt)" size=1236k
	contains "$(mount_at /mnt)" nr_inodes=77
	says "stat /mnt dir 0710 5:6"
}

@test "an unknown option of a file system is refused and names the mount" {
	add_mount /mnt tmpfs tmpfs no-such-option
	probe mounts
	fails /mnt
	nothing_left
}

@test "an unknown file system type is refused and named" {
	add_mount /mnt nosuchfs none
	probe mounts
	fails_any /mnt nosuchfs
	nothing_left
}

@test "options work: ro, noexec, nodev are in force" {
	edit '.process.capabilities |= map_values(["CAP_MKNOD", "CAP_DAC_OVERRIDE"])'
	mkdir "$T/data"
	cp "$HELPERS/probe" "$T/data/tool"
	add_bind /ro "$T/data" ro
	add_bind /nx "$T/data" noexec
	probe write /ro/file x + write /nx/file x + spawn /nx/tool echo hi + spawn /ro/tool echo hi
	ok
	says "write /ro/file EROFS" "write /nx/file ok" "spawned /nx/tool 126" "spawned /ro/tool 0"
}

@test "C20: a set-uid program in a bind with nosuid gains nothing" {
	mkdir "$T/data"
	cp "$HELPERS/probe" "$T/data/tool"
	chmod 4755 "$T/data/tool"
	edit '.process.user = {"uid": 1000, "gid": 1000} | .process.noNewPrivileges = false'
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	add_bind /with "$T/data" nosuid
	add_bind /without "$T/data"
	probe exec /with/tool ids
	ok
	says "uid 1000 1000 1000 1000"
	edit '.process.args[2] = "/without/tool"'
	call rt run --bundle "$bundle" "$id"
	ok
	says "uid 1000 0 0 0"
}

# ---- binds ----

@test "a directory is bound, writes go through" {
	mkdir "$T/data"
	echo before >"$T/data/file"
	add_bind /mnt/deep/data "$T/data"
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
	probe cat /mnt/deep/data/file + write /mnt/deep/data/new inside
	ok
	says "cat /mnt/deep/data/file before"
	is "$(<"$T/data/new")" inside
	is "$(stat -c %a "$rootfs/mnt/deep/data")" 755
}

@test "a file is bound onto a file that is made for it" {
	echo "127.0.0.1 me" >"$T/hosts"
	add_bind /etc/hosts "$T/hosts" ro
	probe cat /etc/hosts + write /etc/hosts x + stat /etc/hosts
	ok
	says "cat /etc/hosts 127.0.0.1 me" "write /etc/hosts EROFS"
	is "$(stat -c %F:%s "$rootfs/etc/hosts")" "regular empty file:0"
}

@test "a relative source belongs to the bundle" {
	mkdir "$bundle/data"
	echo here >"$bundle/data/file"
	add_bind /mnt data
	cd /
	probe cat /mnt/file
	ok
	says "cat /mnt/file here"
}

@test "a missing source is refused and named" {
	add_bind /mnt "$T/no-such-source"
	probe mounts
	fails no-such-source
	nothing_left
}

@test "C6: a directory onto a file and a file onto a directory are refused" {
	mkdir "$T/dir"
	echo x >"$T/file"
	echo y >"$rootfs/etc/is-file"
	add_bind /etc/is-file "$T/dir"
	probe mounts
	fails
	nothing_left
	edit 'del(.mounts[-1])'
	add_bind /etc "$T/file"
	probe mounts
	fails
	nothing_left
}

@test "bind without rbind leaves submounts out, rbind takes them" {
	needs_containers
	mkdir -p "$T/data/sub"
	host_mount -t tmpfs inner "$T/data/sub"
	echo deep >"$T/data/sub/file"
	mounts_before=$(mount_table)
	add_bind /plain "$T/data"
	edit '.mounts += [{"destination": "/recursive", "source": $s, "options": ["rbind"]}]' --arg s "$T/data"
	probe read /plain/sub/file /recursive/sub/file
	ok
	says "read /plain/sub/file ENOENT" "read /recursive/sub/file 5"
	umount -l "$T/data/sub"
	host_mounts=()
	mounts_before=$(mount_table)
}

@test "a bind with options keeps what the source has" {
	mkdir "$T/data"
	host_mount -t tmpfs -o nosuid,nodev,noexec inner "$T/data"
	add_bind /mnt "$T/data" ro
	probe mounts
	ok
	has_option /mnt ro
	skip_on runc "1.1 drops what is not named"
	local word
	for word in nosuid nodev noexec; do has_option /mnt $word; done
	mounts_before=$(mount_table)
	umount "$T/data"
	host_mounts=()
	mounts_before=$(mount_table)
}

@test "type bind is not needed with the option, and is ignored" {
	mkdir "$T/data"
	edit '.mounts += [{"destination": "/a", "type": "bind", "source": $s, "options": ["bind"]},
		{"destination": "/b", "type": "tmpfs", "source": $s, "options": ["rbind", "ro"]},
		{"destination": "/c", "source": $s, "options": ["bind"]}]' --arg s "$T/data"
	probe mounts
	ok
	local at
	for at in /a /b /c; do contains "$(mount_at $at)" "/${T##*/}/data "; done
	has_option /b ro
}

@test "file system options on a bind are refused, but for 'defaults'" {
	skip_on runc "1.1 ignores them"
	skip_on crun "ignores them"
	mkdir "$T/data"
	add_bind /mnt "$T/data" defaults
	probe mounts
	ok
	edit 'del(.mounts[-1])'
	add_bind /mnt "$T/data" size=5k
	probe mounts
	fails size=5k
	nothing_left
}

# ---- order and destinations ----

@test "mounts happen in the listed order" {
	mkdir -p "$T/one/inner" "$T/two"
	echo one >"$T/one/file"
	echo two >"$T/two/file"
	add_bind /mnt "$T/one"
	add_bind /mnt/inner "$T/two"
	probe cat /mnt/file /mnt/inner/file
	ok
	says "cat /mnt/file one" "cat /mnt/inner/file two"
	edit '.mounts[-2:] |= reverse'
	probe read /mnt/inner/file + cat /mnt/file
	ok
	says "read /mnt/inner/file ENOENT" "cat /mnt/file one"
}

@test "the same destination twice: the later one is on top" {
	mkdir -p "$T/one" "$T/two"
	echo one >"$T/one/file"
	echo two >"$T/two/file"
	add_bind /mnt "$T/one"
	add_bind /mnt "$T/two"
	probe cat /mnt/file + mounts
	ok
	says "cat /mnt/file two"
	is "$(grep -c '^mount /mnt ' <<<"$out")" 2
}

@test "a relative destination is taken below the root" {
	add_mount mnt/here tmpfs tmpfs
	probe mounts
	ok
	contains "$(mount_at /mnt/here)" tmpfs
}

@test "a missing destination is made with mode 0755, whatever the umask" {
	add_mount /made/by/runtime tmpfs tmpfs
	args mounts
	call "$HELPERS/caller" umask=0077 -- "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	skip_on runc "1.1 lets the umask through"
	is "$(stat -c %a "$rootfs/made/by/runtime")" 755
	is "$(stat -c %a "$rootfs/made")" 755
}

@test "a destination inside /proc is refused" {
	mkdir "$T/data"
	add_bind /proc/sys "$T/data"
	probe mounts
	fails /proc
	nothing_left
	edit 'del(.mounts[-1])'
	add_mount /proc/self tmpfs tmpfs
	probe mounts
	fails
	nothing_left
}

@test "the lxcfs files inside /proc are allowed" {
	echo "MemTotal: 42 kB" >"$T/meminfo"
	add_bind /proc/meminfo "$T/meminfo"
	probe cat /proc/meminfo
	ok
	says "cat /proc/meminfo MemTotal: 42 kB"
}

@test "something else on /proc is refused" {
	edit '.mounts[0] = {"destination": "/proc", "type": "tmpfs", "source": "tmpfs"}'
	probe ids
	fails /proc
	nothing_left
	mkdir -p "$T/fake/self"
	edit '.mounts[0] = {"destination": "/proc", "type": "none", "source": $s, "options": ["bind"]}' --arg s "$T/fake"
	probe ids
	fails /proc
	nothing_left
}

@test "C55: two thousand mounts" {
	skip_on runc "1.1 takes too long"
	edit '.mounts += [range(2000) | {"destination": "/mnt/\(.)", "type": "tmpfs", "source": "tmpfs", "options": ["size=4k"]}]'
	probe mounts
	ok
	is "$(grep -c '^mount /mnt/' <<<"$out")" 2000
}

# ---- tmpfs ----

@test "tmpcopyup takes the content along" {
	mkdir -p "$rootfs/data/sub"
	echo content >"$rootfs/data/file"
	chmod 0640 "$rootfs/data/file"
	chown 5:6 "$rootfs/data/file"
	echo deep >"$rootfs/data/sub/deep"
	ln -s file "$rootfs/data/link"
	chmod 0751 "$rootfs/data"
	add_mount /data tmpfs tmpfs tmpcopyup
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
	probe cat /data/file /data/sub/deep + link /data/link + stat /data/file /data + write /data/file changed + mounts
	ok
	says "cat /data/file content" "cat /data/sub/deep deep" "link /data/link file" "stat /data/file file 0640 5:6" "write /data/file ok"
	contains "$(mount_at /data)" tmpfs
	is "$(<"$rootfs/data/file")" content
	nothing_left
}

@test "tmpcopyup takes fifos, devices and attributes along" {
	needs caisson "runc takes fewer along"
	mkdir "$rootfs/data"
	mkfifo -m 0604 "$rootfs/data/fifo"
	mknod -m 0666 "$rootfs/data/null" c 1 3
	chown 5:6 "$rootfs/data/fifo" "$rootfs/data/null"
	echo content >"$rootfs/data/file"
	setfattr -n trusted.kept -v yes "$rootfs/data/file" 2>/dev/null ||
		python3 -c 'import os, sys; os.setxattr(sys.argv[1], "trusted.kept", b"yes")' "$rootfs/data/file" || skip "no extended attributes"
	add_mount /data tmpfs tmpfs tmpcopyup
	args wait
	create
	ok
	local top
	top=/proc/$(pid_of)/root
	is "$(stat -c '%A %u:%g' "$top/data/fifo")" "prw----r-- 5:6"
	is "$(stat -c '%A %u:%g %t:%T' "$top/data/null")" "crw-rw-rw- 5:6 1:3"
	is "$(python3 -c 'import os, sys; print(os.getxattr(sys.argv[1], "trusted.kept").decode())' "$top/data/file")" yes
	is "$(<"$top/data/file")" content
}

@test "a tmpfs takes the mode of the directory it covers, unless it names one" {
	mkdir "$rootfs/data" "$rootfs/other"
	chmod 0711 "$rootfs/data" "$rootfs/other"
	add_mount /data tmpfs tmpfs
	add_mount /other tmpfs tmpfs mode=1770
	probe stat /data /other
	ok
	says "stat /data dir 0711 0:0"
	skip_on runc "1.1 lets the directory win"
	says "stat /other dir 1770 0:0"
}

@test "a read-only tmpfs still carries later mounts" {
	mkdir "$T/data"
	echo there >"$T/data/file"
	add_mount /mnt tmpfs tmpfs ro
	add_bind /mnt/made "$T/data"
	probe cat /mnt/made/file + write /mnt/x y + mounts
	ok
	says "cat /mnt/made/file there" "write /mnt/x EROFS"
	has_option /mnt ro
}

# ---- proc, sys, mqueue, cgroup ----

@test "proc shows the container's processes alone" {
	probe list /proc
	ok
	is "$(value 'list /proc' | tr ' ' '\n' | grep -c '^[0-9]')" 1
}

@test "mqueue and devpts are the container's own" {
	add_mount /dev/mqueue mqueue mqueue nosuid noexec nodev
	probe mounts + stat /dev/pts/ptmx + list /dev/pts
	ok
	contains "$(mount_at /dev/mqueue)" mqueue
	has_option /dev/mqueue noexec
	contains "$out" "stat /dev/pts/ptmx char 5:2 0666"
	says "list /dev/pts ptmx"
}

@test "a cgroup mount shows the container's own cgroup, read-only" {
	add_mount /sys/fs/cgroup cgroup cgroup nosuid noexec nodev relatime ro
	edit '.linux.namespaces += [{"type":"cgroup"}]'
	if unified; then
		probe mounts + read /sys/fs/cgroup/cgroup.procs + write /sys/fs/cgroup/cgroup.procs 1 + cat /sys/fs/cgroup/cgroup.procs
		ok
		says "write /sys/fs/cgroup/cgroup.procs EROFS" "cat /sys/fs/cgroup/cgroup.procs 1"
		has_option /sys/fs/cgroup ro
	else
		probe mounts + cat /sys/fs/cgroup/pids/cgroup.procs + write /sys/fs/cgroup/pids/cgroup.procs 1 + mkdir /sys/fs/cgroup/memory/x
		ok
		says "cat /sys/fs/cgroup/pids/cgroup.procs 1" "write /sys/fs/cgroup/pids/cgroup.procs EROFS" "mkdir /sys/fs/cgroup/memory/x EROFS"
		has_option /sys/fs/cgroup/memory ro
	fi
}

@test "C44: a cgroup mount without a cgroup namespace does not show the host's tree" {
	add_mount /sys/fs/cgroup cgroup cgroup nosuid noexec nodev relatime ro
	if unified; then
		probe list /sys/fs/cgroup + read /sys/fs/cgroup/cgroup.procs
	else
		probe list /sys/fs/cgroup/pids + cat /sys/fs/cgroup/pids/cgroup.procs
		ok
		says "cat /sys/fs/cgroup/pids/cgroup.procs 1"
	fi
	ok
	lacks "$out" "$id"
}

# ---- propagation ----

@test "propagation words on a mount" {
	local word seen
	mkdir "$T/data"
	host_mount --bind "$T/data" "$T/data"
	mount --make-shared "$T/data"
	while read -r word seen; do
		edit '.mounts = .mounts[0:2]'
		add_bind /mnt "$T/data" "$word"
		probe mounts
		ok
		is "$(mount_at /mnt | cut -d' ' -f3)" "$seen" "with $word"
	done <<-'TABLE'
		private private
		rprivate private
		slave slave
		rslave slave
		unbindable unbindable
		runbindable unbindable
	TABLE
	# Still a slave of the host's, since the whole tree is one, unless rootfsPropagation says otherwise.
	for word in shared rshared; do
		edit '.mounts = .mounts[0:2]'
		add_bind /mnt "$T/data" "$word"
		probe mounts
		ok
		contains "$(mount_at /mnt | cut -d' ' -f3)" shared
	done
	umount "$T/data"
	host_mounts=()
}

@test "without a word a bind is private, or at most receives" {
	mkdir "$T/data"
	host_mount --bind "$T/data" "$T/data"
	mount --make-shared "$T/data"
	add_bind /mnt "$T/data"
	probe mounts
	ok
	[[ $(mount_at /mnt | cut -d' ' -f3) == @(private|slave) ]]
	umount "$T/data"
	host_mounts=()
}

@test "C41: mounts made inside do not come out; rslave lets the host's in" {
	mkdir -p "$T/data/inside" "$T/data/outside"
	host_mount --bind "$T/data" "$T/data"
	mount --make-shared "$T/data"
	edit '.process.capabilities |= map_values(["CAP_SYS_ADMIN"])'
	edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["rbind", "rslave"]}]' --arg s "$T/data"
	local before
	before=$(mount_table)
	start_probe mount tmpfs /mnt/inside + echo done + wait
	wait_for 5 box_says done
	contains "$(box_output)" "mounting /mnt/inside ok"
	is "$(mount_table)" "$before" "the host's mount table"
	mount -t tmpfs late "$T/data/outside"
	contains "$(cat "/proc/$(pid_of)/mountinfo")" "/mnt/outside"
	umount "$T/data/outside"
	call rt delete --force "$id"
	umount "$T/data"
	host_mounts=()
}

@test "rshared with rootfsPropagation rshared: mounts made inside come out, because that was asked for" {
	edit '.linux.rootfsPropagation = "rshared"'
	mkdir -p "$T/data/inside"
	host_mount --bind "$T/data" "$T/data"
	mount --make-shared "$T/data"
	edit '.process.capabilities |= map_values(["CAP_SYS_ADMIN"])'
	edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["rbind", "rshared"]}]' --arg s "$T/data"
	start_probe mount tmpfs /mnt/inside + echo done + wait
	wait_for 5 box_says done
	contains "$(mount_table)" "$T/data/inside"
	call rt delete --force "$id"
	umount "$T/data/inside"
	umount "$T/data"
	host_mounts=()
}

@test "rootfsPropagation" {
	local word seen
	while read -r word seen; do
		edit '.linux.rootfsPropagation = $w' --arg w "$word"
		probe mounts
		ok
		is "$(mount_at / | cut -d' ' -f3)" "$seen" "with $word"
		nothing_left
	done <<-'TABLE'
		private private
		rprivate private
		slave slave
		rslave slave
	TABLE
	skip_on runc "1.1 does not make the root shared or unbindable"
	edit '.linux.rootfsPropagation = "shared"'
	probe mounts
	ok
	contains "$(mount_at / | cut -d' ' -f3)" shared
	nothing_left
	edit '.linux.rootfsPropagation = "unbindable"'
	probe mounts
	ok
	contains "$(mount_at / | cut -d' ' -f3)" unbindable
}

@test "an unknown rootfsPropagation is refused" {
	edit '.linux.rootfsPropagation = "sometimes"'
	probe mounts
	fails rootfsPropagation
	nothing_left
}

# ---- recursive attributes ----

@test "recursive attributes reach the submounts" {
	needs_containers
	skip_on runc "1.1 has none but rro"
	mkdir -p "$T/data/sub"
	host_mount --bind "$T/data" "$T/data"
	host_mount -t tmpfs inner "$T/data/sub"
	mounts_before=$(mount_table)
	local word seen
	while read -r word seen; do
		edit '.mounts = .mounts[0:2]'
		edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["rbind", $w]}]' --arg s "$T/data" --arg w "$word"
		probe mounts
		ok
		has_option /mnt "$seen"
		has_option /mnt/sub "$seen"
	done <<-'TABLE'
		rro ro
		rnosuid nosuid
		rnodev nodev
		rnoexec noexec
		rnodiratime nodiratime
		rnoatime noatime
		rrelatime relatime
		rnosymfollow nosymfollow
	TABLE
	is "$(mount_table)" "$mounts_before"
	umount "$T/data/sub" "$T/data"
	host_mounts=()
	mounts_before=$(mount_table)
}

@test "recursive attributes that clear" {
	skip_on runc "1.1 has none but rro"
	mkdir -p "$T/data/sub"
	host_mount --bind "$T/data" "$T/data"
	host_mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime inner "$T/data/sub"
	local word seen
	while read -r word seen; do
		edit '.mounts = .mounts[0:2]'
		edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["rbind", $w]}]' --arg s "$T/data" --arg w "$word"
		probe mounts
		ok
		has_no_option /mnt/sub "$seen"
	done <<-'TABLE'
		rrw ro
		rsuid nosuid
		rdev nodev
		rexec noexec
		ratime noatime
		rstrictatime noatime
	TABLE
	umount "$T/data/sub" "$T/data"
	host_mounts=()
}

@test "rro is in force on a submount" {
	mkdir -p "$T/data/sub"
	host_mount -t tmpfs inner "$T/data/sub"
	edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["rbind", "rro"]},
		{"destination": "/half", "source": $s, "options": ["rbind", "ro"]}]' --arg s "$T/data"
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
	skip_on runc "1.1 has no rro"
	probe write /mnt/sub/x y + write /half/sub/x y + write /half/x y
	ok
	says "write /mnt/sub/x EROFS" "write /half/sub/x ok" "write /half/x EROFS"
	umount "$T/data/sub"
	host_mounts=()
}

# ---- id-mapped mounts ----

@test "idmap with its own maps" {
	skip_on runc "1.1 has no id-mapped mounts"
	skip_on crun "1.8 has another syntax"
	mkdir "$T/data"
	echo x >"$T/data/file"
	chown 1000:2000 "$T/data/file"
	edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["bind", "idmap"],
		"uidMappings": [{"containerID": 1000, "hostID": 5, "size": 1}], "gidMappings": [{"containerID": 2000, "hostID": 6, "size": 1}]}]' --arg s "$T/data"
	probe stat /mnt/file
	ok
	says "stat /mnt/file file 0644 5:6"
	is "$(stat -c %u:%g "$T/data/file")" 1000:2000
}

@test "mappings without the word mean idmap" {
	skip_on runc "1.1 has no id-mapped mounts"
	skip_on crun "1.8 has another syntax"
	mkdir "$T/data"
	echo x >"$T/data/file"
	edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["bind"],
		"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}], "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}]}]' --arg s "$T/data"
	probe stat /mnt/file
	ok
	says "stat /mnt/file file 0644 1000:1000"
}

@test "ridmap maps the submounts too, idmap does not" {
	skip_on runc "1.1 has no id-mapped mounts"
	skip_on crun "1.8 has another syntax"
	mkdir -p "$T/data/sub"
	host_mount -t tmpfs inner "$T/data/sub"
	echo x >"$T/data/sub/file"
	local maps='"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}], "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}]'
	edit ".mounts += [{destination: \"/all\", source: \$s, options: [\"rbind\", \"ridmap\"], $maps},
		{destination: \"/top\", source: \$s, options: [\"rbind\", \"idmap\"], $maps}]" --arg s "$T/data"
	probe stat /all/sub/file /top/sub/file
	ok
	says "stat /all/sub/file file 0644 1000:1000" "stat /top/sub/file file 0644 0:0"
	umount "$T/data/sub"
	host_mounts=()
}

@test "idmap without maps takes the container's user namespace" {
	skip_on runc "1.1 has no id-mapped mounts"
	skip_on crun "1.8 has another syntax"
	edit '.linux.namespaces += [{"type":"user"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}] | .linux.gidMappings = .linux.uidMappings'
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	chown -R 100000:100000 "$rootfs"
	mkdir "$T/data"
	echo x >"$T/data/file"
	chown 7:8 "$T/data/file"
	edit '.mounts += [{"destination": "/mnt", "source": $s, "options": ["bind", "idmap"]}]' --arg s "$T/data"
	probe stat /mnt/file
	ok
	says "stat /mnt/file file 0644 7:8"
}

@test "idmap on a mount that is no bind, with one map only, or without any map is refused" {
	skip_on runc "1.1 has no id-mapped mounts"
	skip_on crun "1.8 has another syntax"
	local filter
	mkdir "$T/data"
	while read -r filter; do
		edit '.mounts = .mounts[0:2]'
		edit ".mounts += [$filter]" --arg s "$T/data"
		probe mounts
		fails
		nothing_left
	done <<-'TABLE'
		{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["idmap"], "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}
		{"destination": "/mnt", "source": $s, "options": ["bind", "idmap"], "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}
		{"destination": "/mnt", "source": $s, "options": ["bind", "idmap"]}
	TABLE
}

# ---- the root ----

@test "a read-only root" {
	edit '.root.readonly = true | .process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"])'
	mkdir "$T/data"
	add_bind /tmp "$T/data"
	probe write /etc/new x + mkdir /new + write /tmp/new x + mounts
	ok
	says "write /etc/new EROFS" "mkdir /new EROFS" "write /tmp/new ok"
	has_option / ro
}

@test "the root is the root: .. leads nowhere, the old root is gone" {
	make_canary
	edit '.process.capabilities |= map_values(["CAP_SYS_CHROOT", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
	probe mkdir /jail + chroot /jail + chdir ../../../../../../../.. + cwd + list . + stat "$canary/file"
	ok
	says "stat $canary/file ENOENT"
	is "$(value 'list .')" "bin dev etc jail proc sys tmp"
	rmdir "$rootfs/jail"
}

# Whoever calls us may be in a chroot: on a mount point, or on a plain directory. A pivot of the chroot's root alone would leave what
# is above it to a container that may chroot.
walks_out_of() {
	local jail=$1 dir
	for dir in usr proc sys dev; do
		mkdir -p "$jail/$dir"
		host_mount --rbind "/$dir" "$jail/$dir"
		mount --make-rslave "$jail/$dir" # what is unmounted here in the end stays where it comes from
	done
	for dir in lib lib64 bin sbin; do ln -s "usr/$dir" "$jail/$dir"; done
	mkdir -p "$jail/etc" "$jail/$T"
	cp "$RUNTIME" "$jail/runtime"
	host_mount --bind "$T" "$jail/$T"
	mount --make-slave "$jail/$T"
	edit '.process.capabilities |= map_values(["CAP_SYS_CHROOT", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
	args mkdir /jail + chroot /jail + chdir ../../../../../../../.. + cwd + list . + stat "$canary/file"
	call timeout 20 chroot "$jail" /runtime --root "$state" run --bundle "$bundle" "$id"
	ok
	says "stat $canary/file ENOENT"
	is "$(value 'list .')" "bin dev etc jail proc sys tmp"
	rmdir "$rootfs/jail"
	# A root that is moved over the chroot's would leave that way open.
	call timeout 20 chroot "$jail" /runtime --root "$state" run --no-pivot --bundle "$bundle" "$id"
	fails "--no-pivot" chroot
}

@test "called without CAP_SYS_CHROOT" {
	call setpriv --bounding-set=-sys_chroot "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
}

@test "called from a chroot that is a mount point: the root is the root all the same" {
	skip_on runc "does not look"
	skip_on crun "does not look"
	make_canary
	mkdir "$T/jail"
	host_mount -t tmpfs none "$T/jail"
	walks_out_of "$T/jail"
}

@test "called from a chroot that is a plain directory: the same" {
	skip_on runc "cannot"
	skip_on crun "does not look"
	make_canary
	mkdir "$T/jail"
	walks_out_of "$T/jail"
}

@test "no host mount is seen inside" {
	mkdir "$T/data"
	host_mount -t tmpfs hidden-from-container "$T/data"
	probe mounts
	ok
	lacks "$out" hidden-from-container
	is "$(awk '$1 == "mount" {print $2}' <<<"$out" | grep -vcE '^/($|proc|dev|sys)')" 0
	umount "$T/data"
	host_mounts=()
}

@test "--no-pivot" {
	args mounts + list /
	call rt run --no-pivot --bundle "$bundle" "$id"
	ok
	says "list / bin dev etc proc sys tmp"
	contains "$(mount_at /)" "/bundle/rootfs"
}

# The host's mounts are locked there: what cannot be unmounted is covered (rule B.3.7).
@test "--no-pivot in a user namespace: only the container's own procfs and sysfs are to be seen" {
	skip_on runc "1.1 opens the root by its path in there"
	chown -R 100000:100000 "$rootfs"
	edit '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	args mounts + list / + cat /proc/1/comm
	call rt run --no-pivot --bundle "$bundle" "$id"
	ok
	says "list / bin dev etc proc sys tmp" "cat /proc/1/comm probe"
	is "$(awk '$1 == "mount" && $3 == "proc"' <<<"$out" | wc -l)" 1
	is "$(awk '$1 == "mount" && $3 == "sysfs"' <<<"$out" | wc -l)" 1
	nothing_left
}

@test "the root given by an absolute path, and below 0711 directories" {
	mkdir -p "$T/closed/box"
	mv "$rootfs" "$T/closed/box/rootfs"
	chmod 0711 "$T/closed"
	edit '.root.path = $p' --arg p "$T/closed/box/rootfs"
	probe ids
	ok
	says "pid 1"
}

@test "a root that is missing, a file, or not given is refused" {
	edit '.root.path = "no-such-root"'
	probe ids
	fails
	edit '.root.path = "config.json"'
	probe ids
	fails
	edit 'del(.root)'
	probe ids
	fails root
	edit '.root = {"path": ""}'
	probe ids
	fails
	nothing_left
}

@test "C28: a root that is / is refused" {
	skip_on runc "1.1 takes it"
	edit '.root.path = "/"'
	probe ids
	fails
	nothing_left
}

# ---- masked and read-only paths ----

@test "masked paths: files read as empty, directories are empty and read-only" {
	mkdir -p "$rootfs/opt/secret"
	echo secret >"$rootfs/opt/secret/file"
	echo secret >"$rootfs/etc/shadow"
	edit '.linux.maskedPaths = ["/opt/secret", "/etc/shadow", "/proc/kcore", "/proc/keys", "/sys/firmware", "/no/such/path"]
		| .process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"])'
	probe read /etc/shadow /proc/kcore /proc/keys + list /opt/secret /sys/firmware + write /opt/secret/x y + write /etc/shadow y + stat /etc/shadow
	ok
	says "read /etc/shadow 0" "read /proc/keys 0" "list /opt/secret" "list /sys/firmware" "write /opt/secret/x EROFS"
	is "$(<"$rootfs/etc/shadow")" secret
	nothing_left
}

@test "masked and read-only paths below a /sys that is bound over another one" {
	skip_on runc "refuses, or not"
	mkdir "$rootfs/sys" 2>/dev/null || true
	edit '.mounts |= map(select(.destination != "/sys" and .destination != "/sys/fs/cgroup"))
		+ [{destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev"]},
			{destination: "/sys", type: "none", source: "/sys", options: ["rbind"]}]
		| .linux.maskedPaths = ["/sys/kernel"] | .linux.readonlyPaths = ["/sys/module"]'
	probe list /sys/kernel + write /sys/module/none x
	ok
	says "list /sys/kernel" "write /sys/module/none EROFS"
	nothing_left
}

@test "C16: a masked path that nobody may read is masked all the same" {
	mkdir -m 0000 "$rootfs/locked"
	echo secret >"$rootfs/locked/file"
	edit '.linux.maskedPaths = ["/locked"] | .process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
	probe list /locked
	ok
	says "list /locked"
}

@test "masks come after the mounts" {
	mkdir "$T/data"
	echo secret >"$T/data/file"
	edit '.linux.maskedPaths = ["/mnt/file"]'
	add_bind /mnt "$T/data"
	probe read /mnt/file
	ok
	says "read /mnt/file 0"
	is "$(<"$T/data/file")" secret
}

@test "read-only paths, recursively, keep the flags that were there" {
	mkdir -p "$T/data" "$rootfs/srv"
	edit '.linux.readonlyPaths = ["/proc/sys", "/srv", "/no/such/path"] | .process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"])
		| .mounts[0].options = ["nosuid", "noexec", "nodev"]'
	add_bind /srv/inner "$T/data"
	probe write /srv/x y + write /proc/sys/kernel/hostname other + write /srv/inner/x y + mounts
	ok
	says "write /srv/x EROFS" "write /proc/sys/kernel/hostname EROFS"
	local word
	for word in ro nosuid noexec nodev; do has_option /proc/sys $word; done
	skip_on runc "1.1 leaves submounts writable"
	says "write /srv/inner/x EROFS"
}

@test "C18: without CAP_SYS_ADMIN masks and read-only paths cannot be undone" {
	mkdir -p "$rootfs/srv"
	echo secret >"$rootfs/etc/shadow"
	edit '.linux.readonlyPaths = ["/srv"] | .linux.maskedPaths = ["/etc/shadow"] | .process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_SYS_CHROOT"])'
	probe umount /etc/shadow + remount /srv + umount /srv + read /etc/shadow + write /srv/x y
	ok
	says "umount /etc/shadow EPERM" "remount /srv EPERM" "umount /srv EPERM" "read /etc/shadow 0" "write /srv/x EROFS"
}

@test "relative masked and read-only paths are refused" {
	skip_on runc "takes them"
	edit '.linux.maskedPaths = ["etc/shadow"]'
	probe ids
	fails maskedPaths
	edit 'del(.linux.maskedPaths) | .linux.readonlyPaths = ["srv"]'
	probe ids
	fails readonlyPaths
	nothing_left
}
