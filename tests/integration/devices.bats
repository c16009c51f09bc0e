# Device nodes and links, and the device rules of the cgroup as felt from inside (config-linux.md#devices, rule B.8).
load lib.bash

devices() { edit '.linux.devices = $ARGS.positional[0]' --jsonargs "$1"; }
rules() { edit '.linux.resources.devices = $ARGS.positional[0]' --jsonargs "$1"; }
grant() { edit '.process.capabilities |= map_values($ARGS.positional)' --args "$@"; }

@test "the default devices: type, numbers, mode, owner" {
	probe stat /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty
	ok
	says "stat /dev/null char 1:3 0666 0:0" "stat /dev/zero char 1:5 0666 0:0" "stat /dev/full char 1:7 0666 0:0" \
		"stat /dev/random char 1:8 0666 0:0" "stat /dev/urandom char 1:9 0666 0:0" "stat /dev/tty char 5:0 0666 0:0"
}

@test "the default devices, whatever the caller's umask" {
	args stat /dev/null /dev/zero
	call "$HELPERS/caller" umask=0077 -- "$RUNTIME" "${owner_option[@]}" --root "$state" run --bundle "$bundle" "$id"
	ok
	says "stat /dev/null char 1:3 0666 0:0" "stat /dev/zero char 1:5 0666 0:0"
}

@test "the default devices work" {
	probe open rw /dev/null /dev/zero /dev/full /dev/urandom + write /dev/full x + read /dev/zero /dev/null
	ok
	says "open rw /dev/null ok" "open rw /dev/zero ok" "open rw /dev/full ok" "open rw /dev/urandom ok" "write /dev/full ENOSPC" \
		"read /dev/zero 4096" "read /dev/null 0"
}

@test "the links in /dev" {
	probe link /dev/fd /dev/stdin /dev/stdout /dev/stderr /dev/ptmx /dev/core
	ok
	says "link /dev/fd /proc/self/fd" "link /dev/stdin /proc/self/fd/0" "link /dev/stdout /proc/self/fd/1" "link /dev/stderr /proc/self/fd/2" \
		"link /dev/ptmx pts/ptmx"
	if [[ -e /proc/kcore ]]; then says "link /dev/core /proc/kcore"; else says "link /dev/core ENOENT"; fi
}

@test "nothing else is in /dev" {
	probe list /dev
	ok
	local expected="fd full null ptmx pts random shm stderr stdin stdout tty urandom zero"
	is "$(value 'list /dev' | tr ' ' '\n' | grep -v '^core$' | xargs)" "$expected"
}

@test "a configured device: type, numbers, mode, owner, also outside /dev" {
	devices '[{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 384, "uid": 5, "gid": 6},
		{"path": "/srv/deep/disk", "type": "b", "major": 7, "minor": 0, "fileMode": 432, "uid": 0, "gid": 7},
		{"path": "/dev/unbuffered", "type": "u", "major": 1, "minor": 9, "fileMode": 420},
		{"path": "/dev/pipe", "type": "p", "fileMode": 438}]'
	probe stat /dev/fuse /srv/deep/disk /dev/unbuffered /dev/pipe
	ok
	says "stat /dev/fuse char 10:229 0600 5:6" "stat /srv/deep/disk block 7:0 0660 0:7" "stat /dev/unbuffered char 1:9 0644 0:0" \
		"stat /dev/pipe fifo 0666 0:0"
	rm "$rootfs/srv/deep/disk"
}

@test "/dev/ptmx among the configured devices: still the link, as engines give a privileged container all that the host has" {
	devices '[{ "path": "/dev/ptmx", "type": "c", "major": 5, "minor": 2, "fileMode": 438, "uid": 0, "gid": 0 }]'
	probe link /dev/ptmx
	ok
	says "link /dev/ptmx pts/ptmx"
}

@test "a configured device is not there outside" {
	devices '[{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 384}]'
	start_probe wait
	is "$(ls -A "$rootfs/dev")" ""
}

@test "a configured device without fileMode: 0666" {
	devices '[{"path": "/dev/here", "type": "c", "major": 1, "minor": 5}]'
	probe stat /dev/here
	ok
	says "stat /dev/here char 1:5 0666 0:0"
}

@test "a device that is there already and is the same is taken" {
	skip_on runc "1.1 then drops its own rule for it"
	devices '[{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 438}]'
	probe stat /dev/null
	ok
	says "stat /dev/null char 1:3 0666 0:0"
}

@test "a file in the place of a configured device is an error" {
	skip_on runc "1.1 takes what is there"
	skip_on crun "takes what is there"
	echo content >"$rootfs/etc/device"
	devices '[{"path": "/etc/device", "type": "c", "major": 1, "minor": 5, "fileMode": 438}]'
	probe stat /etc/device
	fails /etc/device
	is "$(<"$rootfs/etc/device")" content
	nothing_left
}

@test "another device in its place is an error" {
	skip_on runc "1.1 takes what is there"
	skip_on crun "takes what is there"
	mknod "$rootfs/etc/device" c 1 7
	devices '[{"path": "/etc/device", "type": "c", "major": 1, "minor": 5, "fileMode": 438}]'
	probe stat /etc/device
	fails /etc/device
	nothing_left
}

@test "wrong device entries are refused" {
	skip_on runc "1.1 takes most of them"
	local entry
	while read -r entry; do
		devices "[$entry]"
		probe ids
		fails
		nothing_left
	done <<-'TABLE'
		{"path": "/dev/x", "type": "q", "major": 1, "minor": 5}
		{"type": "c", "major": 1, "minor": 5}
		{"path": "/dev/x", "type": "c", "minor": 5}
		{"path": "/dev/x", "type": "c", "major": 1}
		{"path": "/dev/x", "type": "c", "major": -1, "minor": 5}
		{"path": "/dev/x", "type": "c", "major": 4096, "minor": 5}
		{"path": "/dev/x", "type": "c", "major": 1, "minor": 1048576}
		{"path": "/dev/x", "major": 1, "minor": 5}
	TABLE
}

@test "/dev bound from the host is left as it is" {
	mkdir "$T/dev"
	mknod -m 0666 "$T/dev/null" c 1 3
	edit '.mounts |= map(if .destination == "/dev" then {"destination": "/dev", "source": $d, "options": ["rbind"]} else . end)
		| .mounts |= map(select(.destination != "/dev/pts" and .destination != "/dev/shm"))' --arg d "$T/dev"
	probe list /dev
	ok
	says "list /dev null"
	is "$(ls -A "$T/dev")" "null"
}

@test "without a /dev mount the nodes are made in the root" {
	edit '.mounts |= map(select(.destination | startswith("/dev") | not))'
	probe stat /dev/null + link /dev/fd
	ok
	says "stat /dev/null char 1:3 0666 0:0" "link /dev/fd /proc/self/fd"
}

@test "a read-only /dev" {
	edit '.mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)'
	probe stat /dev/null + write /dev/file x + open rw /dev/null + mounts
	ok
	says "stat /dev/null char 1:3 0666 0:0" "write /dev/file EROFS" "open rw /dev/null ok"
	has_option /dev ro
}

# ---- rules: opening 1:99 gives ENXIO (there is no such device) where it is allowed, EPERM where the cgroup says no ----

@test "C38: devices that are not listed cannot be opened, even with CAP_MKNOD" {
	grant CAP_MKNOD CAP_SYS_ADMIN CAP_DAC_OVERRIDE
	probe mknod /tmp/c c 1 99 + mknod /tmp/b b 8 0 + open r /tmp/c /tmp/b + open w /tmp/c + open rw /dev/null /dev/zero
	ok
	says "open r /tmp/c EPERM" "open r /tmp/b EPERM" "open w /tmp/c EPERM" "open rw /dev/null ok" "open rw /dev/zero ok"
}

@test "C38: no rules at all still mean deny" {
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	edit 'del(.linux.resources)'
	probe mknod /tmp/c c 1 99 + open r /tmp/c + open rw /dev/null
	ok
	says "open r /tmp/c EPERM" "open rw /dev/null ok"
}

@test "C38: without CAP_MKNOD nothing is made" {
	probe mknod /tmp/c c 1 3
	ok
	says "mknod /tmp/c EPERM"
}

@test "C19: device nodes in the image do not open" {
	mkdir "$rootfs/nodes"
	mknod -m 0666 "$rootfs/nodes/disk" b 8 0
	mknod -m 0666 "$rootfs/nodes/odd" c 1 99
	mknod -m 0666 "$rootfs/nodes/null" c 1 3
	probe open r /nodes/disk /nodes/odd + open rw /nodes/null
	ok
	says "open r /nodes/disk EPERM" "open r /nodes/odd EPERM" "open rw /nodes/null ok"
}

@test "C38: a rule that allows reading alone" {
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 99, "access": "r"}]'
	probe mknod /tmp/c c 1 99 + open r /tmp/c + open w /tmp/c + open rw /tmp/c
	ok
	says "open r /tmp/c ENXIO" "open w /tmp/c EPERM" "open rw /tmp/c EPERM"
}

@test "C38: a rule with a wildcard minor, and another major stays closed" {
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "access": "rw"}]'
	probe mknod /tmp/c c 1 99 + mknod /tmp/d c 10 253 + open rw /tmp/c /tmp/d
	ok
	says "open rw /tmp/c ENXIO" "open rw /tmp/d EPERM"
}

@test "C38: -1 is a wildcard too" {
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": -1, "access": "rw"}]'
	probe mknod /tmp/c c 1 99 + open rw /tmp/c
	ok
	says "open rw /tmp/c ENXIO"
}

@test "C38: rules act in order, the last one wins" {
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 99, "access": "rwm"},
		{"allow": false, "type": "c", "major": 1, "minor": 99, "access": "w"}]'
	probe mknod /tmp/c c 1 99 + open r /tmp/c + open w /tmp/c
	ok
	says "open r /tmp/c ENXIO" "open w /tmp/c EPERM"
	rm "$rootfs/tmp/c"
	rules '[{"allow": true, "type": "c", "major": 1, "minor": 99, "access": "rwm"}, {"allow": false, "access": "rwm"}]'
	probe mknod /tmp/c c 1 99 + open r /tmp/c
	ok
	says "open r /tmp/c EPERM"
}

@test "C38: block and character devices are apart" {
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 8, "minor": 99, "access": "rwm"}]'
	probe mknod /tmp/b b 8 99 + open r /tmp/b
	ok
	says "open r /tmp/b EPERM"
}

@test "C38: allow all, deny some" {
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	rules '[{"allow": true, "access": "rwm"}, {"allow": false, "type": "c", "major": 1, "minor": 99, "access": "rwm"}]'
	probe mknod /tmp/c c 1 98 + open rw /tmp/c
	ok
	says "open rw /tmp/c ENXIO"
	mknod "$rootfs/tmp/denied" c 1 99
	probe open r /tmp/denied
	ok
	says "open r /tmp/denied EPERM"
}

@test "a configured device may be opened without a rule of its own" {
	skip_on runc "leaves the rule to the caller"
	skip_on crun "leaves the rule to the caller"
	devices '[{"path": "/dev/odd", "type": "c", "major": 1, "minor": 99, "fileMode": 438}]'
	probe open rw /dev/odd
	ok
	says "open rw /dev/odd ENXIO"
}

@test "a configured device with a rule of its own: the rule counts" {
	devices '[{"path": "/dev/odd", "type": "c", "major": 1, "minor": 99, "fileMode": 438}]'
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 99, "access": "r"}]'
	probe open r /dev/odd + open rw /dev/odd
	ok
	says "open r /dev/odd ENXIO" "open rw /dev/odd EPERM"
}

@test "10:200 (tun) is among the defaults" {
	grant CAP_MKNOD CAP_DAC_OVERRIDE
	probe mknod /tmp/tun c 10 200 + open rw /tmp/tun
	ok
	says_not "open rw /tmp/tun EPERM"
}

@test "wrong rules are refused" {
	skip_on runc "1.1 takes them"
	local rule
	while read -r rule; do
		rules "[$rule]"
		probe ids
		fails
		nothing_left
	done <<-'TABLE'
		{"allow": true, "type": "q", "access": "rwm"}
		{"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwx"}
	TABLE
	rules '[{"type": "c", "access": "rwm"}]'
	probe ids
	fails allow
	nothing_left
}
