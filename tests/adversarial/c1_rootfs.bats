# Hostile root file systems and programs (security cases C1 to C32): what tests/integration does not try, above all with openat2 forbidden.
load lib.bash

setup() {
	adversarial_setup
	mkdir -p "$T/data/sub"
	echo data >"$T/data/file"
	grant CAP_DAC_OVERRIDE CAP_CHOWN CAP_MKNOD
}

# ---- destinations ----

links_stay_inside() {
	remember
	ln -s "$canary/dir" "$rootfs/data"
	ln -s "$canary/file" "$rootfs/etc/one"
	mkdir -p "$rootfs$canary/dir"
	: >"$rootfs$canary/file"
	hand_over "$T/data"
	bind_mount /data "$T/data"
	bind_mount /etc/one "$T/data/file"
	edit '.mounts += [{"destination": "/data/sub", "type": "tmpfs", "source": "tmpfs"}]'
	probe cat /data/file "$canary/dir/file" /etc/one + write /data/sub/new x + write /data/new x
	ok
	says "cat /data/file data" "cat $canary/dir/file data" "cat /etc/one data" "write /data/sub/new ok"
	rm "$T/data/new"
	host_unharmed
	restore
}
@test "C1: links to absolute host paths as destinations, however paths are resolved" {
	skip_on runc "1.1 does not know a caller without openat2"
	each_caller each_way links_stay_inside
}

upwards_stays_inside() {
	remember
	ln -s ../../../../../../../../.. "$rootfs/up"
	ln -s up/../up/./.. "$rootfs/upper"
	hand_over
	bind_mount "/../../../../../..$canary/dir" "$T/data"
	bind_mount "/upper/..$canary/pts/../other" "$T/data"
	probe cat "$canary/dir/file" "$canary/other/file"
	ok
	says "cat $canary/dir/file data" "cat $canary/other/file data"
	host_unharmed
	[[ -d $rootfs$canary/dir && ! -e $canary/other ]]
	restore
}
@test "C2, C3: destinations and links with many .., however paths are resolved" {
	each_caller each_way upwards_stays_inside
}

circles_are_refused() {
	remember
	local i
	ln -s b "$rootfs/a"
	ln -s a "$rootfs/b"
	# 41 links, one more than the kernel follows; 20 are fine.
	mkdir "$rootfs/end"
	ln -s end "$rootfs/l0"
	for ((i = 1; i <= 41; i++)); do ln -s l$((i - 1)) "$rootfs/l$i"; done
	hand_over
	cp "$bundle/config.json" "$T/plain.json"
	local name
	for name in a/x l41; do
		bind_mount "/$name" "$T/data"
		probe ids
		refused "$name" "symbolic link"
		cp "$T/plain.json" "$bundle/config.json"
	done
	bind_mount /l20 "$T/data"
	probe cat /end/file
	ok
	says "cat /end/file data"
	restore
}
@test "C3: circles of links, and more links than may be, however paths are resolved" {
	each_caller each_way circles_are_refused
}

parents_that_are_none() {
	remember
	local at
	echo x >"$rootfs/etc/plain"
	mkfifo "$rootfs/etc/fifo"
	mknod "$rootfs/etc/device" c 1 3
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$rootfs/etc/socket"
	hand_over
	cp "$bundle/config.json" "$T/plain.json"
	for at in plain fifo device socket; do
		cp "$T/plain.json" "$bundle/config.json"
		bind_mount "/etc/$at/below/deep" "$T/data"
		LIMIT=3 probe ids
		refused ENOTDIR
	done
	restore
}
@test "C5: a destination below a file, a fifo, a device, a socket: ENOTDIR, at once, however paths are resolved" {
	skip_on runc "other words"
	each_caller each_way parents_that_are_none
}

kinds_that_differ() {
	remember
	echo y >"$rootfs/etc/is-file"
	hand_over
	bind_mount /etc/is-file "$T/data"
	probe mounts
	refused /etc/is-file
	restore
	hand_over
	bind_mount /etc "$T/data/file"
	probe mounts
	refused /etc
	restore
}
@test "C6: a directory onto a file and a file onto a directory, however paths are resolved" {
	each_caller each_way kinds_that_differ
}

# ---- /proc, /sys, /dev of the image ----

no_real_directory() { # NAME
	local target name=$1
	remember
	hand_over
	probe ids
	ok
	for target in x "$canary/dir" proc2 /tmp "/$name" . / ../../../../../../.."/$name" /dev/null/x; do
		rm -rf "${rootfs:?}/$name"
		mkdir -p "$rootfs/x" "$rootfs/proc2" "$rootfs$canary/dir"
		ln -s "$target" "$rootfs/$name"
		hand_over
		probe ids
		refused "/$name"
	done
	rm "$rootfs/$name"
	echo file >"$rootfs/$name"
	hand_over
	probe ids
	refused "/$name"
	rm "$rootfs/$name"
	mkfifo "$rootfs/$name"
	hand_over
	LIMIT=3 probe ids
	refused "/$name"
	restore
}
# A user's /sys is mostly a bind, which goes where links lead, inside; with a network of his own it can be sysfs.
no_real_sys() {
	edit '.linux.namespaces |= (. + [{"type": "network"}] | unique)
		| .mounts |= map(if .destination == "/sys" then . + {"type": "sysfs", "source": "sysfs"} | .options -= ["rbind"] else . end)'
	no_real_directory sys
}
@test "C7: /proc that is a link, wherever it leads, a file, a fifo: refused by name, however paths are resolved" {
	skip_on runc "other words"
	each_caller each_way no_real_directory proc
}

@test "C8: /sys that is a link, wherever it leads, a file, a fifo: refused by name, however paths are resolved" {
	skip_on runc "1.1 takes a link"
	each_caller each_way no_real_sys
}

covered_before() {
	remember
	hand_over
	host_mount --bind "$T/fake" "$rootfs/proc"
	mounts_before=$(mount_table)
	probe ids
	refused /proc "must be a real directory of the root"
	umount "$rootfs/proc"
	host_mounts=()
	mounts_before=$mounts_at_setup
	# The configuration's own: a tmpfs first, which is none of what may be there.
	edit '.mounts = [{"destination": "/proc", "type": "tmpfs", "source": "tmpfs"}] + .mounts'
	call rt run --bundle "$bundle" "$id"
	refused /proc "not of type proc"
	restore
}
@test "C7: /proc with something mounted on it before, by the host or by the configuration, is refused by name" {
	skip_on runc "1.1 takes the host's"
	mkdir "$T/fake"
	each_caller each_way covered_before
}

nothing_is_made_outside() {
	remember
	local target
	for target in "$canary" "$canary/dir" ../../../../../../.."$canary"; do
		rm -rf "${rootfs:?}/dev"
		ln -s "$target" "$rootfs/dev"
		hand_over
		no_mount_on_dev
		probe stat /dev/null
		refused "'/dev' of the root must be a real directory" ELOOP
		restore
		rm -rf "${rootfs:?}/dev"
		ln -s "$target" "$rootfs/dev"
		hand_over
		probe stat /dev/null
		refused "cannot reach the mount point '/dev'" ELOOP
		restore
	done
}
@test "C9: /dev that is a link to the outside, with and without mounts on it, however paths are resolved" {
	needs caisson "the words"
	each_caller each_way nothing_is_made_outside
}

console_leads_nowhere() {
	remember
	no_mount_on_dev
	edit '.process.terminal = true | .mounts += [{"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]}]'
	mkdir "$rootfs/dev/pts"
	args wait
	# Without the link there is a terminal.
	hand_over
	receive close
	create --console-socket "$T/socket"
	ok
	call rt delete --force "$id"
	ok
	rm "$rootfs/dev/console"
	local to
	for to in "$canary/console" "$canary/new" "../../../../../../..$canary/new"; do
		ln -sfn "$to" "$rootfs/dev/console"
		hand_over
		receive close
		create --console-socket "$T/socket"
		refused "'/dev/console' must be a file in a real directory" ELOOP
		[[ ! -e $canary/new ]]
		kill "$receiver" 2>/dev/null || true
	done
	restore
}
@test "C10: /dev/console that is a link to a host path, however paths are resolved" {
	needs caisson "the words"
	each_caller each_way console_leads_nowhere
}

null_is_not_followed() {
	remember
	local how ids=1000
	((!${#as_user[@]})) || ids=0 # all that he has
	no_mount_on_dev
	rm -rf "${rootfs:?}/dev"
	mkdir "$rootfs/dev"
	ln -s /data/stdin "$rootfs/dev/null"
	hand_over
	edit '.process.user = {"uid": $i, "gid": $i} | .linux.maskedPaths = ["/etc/passwd"]' --argjson i $ids
	bind_mount /data "$canary"
	args ids
	for how in null pipes; do
		code=0
		echo 0 >"$T/code"
		if [[ $how == null ]]; then
			rt run --bundle "$bundle" "$id" </dev/null >"$T/out" 2>"$T/err" 3>&- || code=$?
		else
			echo in | { rt run --bundle "$bundle" "$id" 2>"$T/err" 3>&- || echo $? >"$T/code"; } | cat >"$T/out"
			code=$(<"$T/code")
		fi
		err=$(<"$T/err") out=$(<"$T/out")
		refused "'/dev/null' is there and is not the device asked for"
		is "$out" ""
	done
	restore
}
@test "C11: /dev/null that is a link to a host file: it keeps owner and content, whatever standard input is, however paths are resolved" {
	needs caisson "the words"
	each_caller each_way null_is_not_followed
}

@test "C13: /dev/pts that is a link, /dev/pts/ptmx that is a fifo: a terminal is refused, and nothing hangs" {
	needs caisson "the words"
	local target
	no_mount_on_dev
	edit '.process.terminal = true'
	args wait
	for target in "$canary/pts" /tmp elsewhere; do
		rm -rf "${rootfs:?}/dev/pts"
		mkdir -p "$rootfs/elsewhere"
		mkfifo "$rootfs/elsewhere/ptmx" 2>/dev/null || true
		ln -s "$target" "$rootfs/dev/pts"
		receive close
		LIMIT=5 create --console-socket "$T/socket"
		refused
		kill "$receiver" 2>/dev/null || true
	done
	rm "$rootfs/dev/pts"
	mkdir "$rootfs/dev/pts"
	mkfifo "$rootfs/dev/pts/ptmx"
	receive close
	LIMIT=5 create --console-socket "$T/socket"
	refused
	# A devpts of the configuration on a destination that is a link.
	rm -rf "${rootfs:?}/dev/pts"
	ln -s "$canary/pts" "$rootfs/dev/pts"
	edit '.mounts += [{"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]}]'
	receive close
	LIMIT=5 create --console-socket "$T/socket"
	host_unharmed
	[[ $code == 0 ]] || refused
}

# ---- masked paths, read-only paths ----

masks_stay_inside() {
	remember
	mkdir -p "$rootfs/opt" "$rootfs/etc" "$rootfs$canary"
	echo inside >"$rootfs/etc/shadow"
	echo inside >"$rootfs$canary/file"
	ln -s "../../../../../..$canary/file" "$rootfs/opt/secret"
	ln -s /etc/shadow "$rootfs/opt/link"
	ln -s "$canary/dir" "$rootfs/opt/dir"
	mkdir "$rootfs$canary/dir"
	hand_over
	edit '.linux.maskedPaths = ["/opt/secret", "/opt/link", "/no/such"] | .linux.readonlyPaths = ["/opt/dir"]'
	start_probe read /etc/shadow "$canary/file" + write "$canary/dir/x" y + echo done + wait
	wait_for 5 box_says done
	out=$(box_output)
	says "read /etc/shadow 0" "read $canary/file 0" "write $canary/dir/x EROFS"
	is "$(<"$canary/file")" secret
	is "$(mount_table)" "$mounts_before" "the host's mount table"
	host_unharmed
	call rt delete --force "$id"
	ok
	restore
}
@test "C15: masked and read-only paths that are links lie inside, however paths are resolved" {
	each_caller each_way masks_stay_inside
}

masked_behind_links() {
	remember
	local link list type
	mkdir -p "$rootfs/opt" "$rootfs/srv/dir" "$rootfs/c"
	echo secret >"$rootfs/c/file"
	echo secret >"$rootfs/c/other"
	type=$(stat -f -c %T "$rootfs" | sed 's,ext2/ext3,ext4,')
	for list in '["/opt/link", "/opt/../c/other"]' '["/opt/link", "/opt/../c/other", "/srv/dir"]' '["/no/such", "/c/other", "/opt/link"]'; do
		edit '.linux.maskedPaths = $l' --argjson l "$list"
		for link in ../c/file ../../../c/file /c/file /srv/../c/file; do
			ln -sfn $link "$rootfs/opt/link"
			hand_over
			probe read /c/file /c/other + list /srv/dir + mounts
			ok
			says "read /c/file 0" "read /c/other 0" "list /srv/dir"
			is "$(mount_at / | cut -d' ' -f1)" "$type" "what is mounted at the root"
		done
	done
	restore
}
@test "C15: a masked file behind a link with .. that reaches the root is masked, whether or not a directory is masked, too" {
	if [[ -n $LONG ]]; then each_caller each_way masked_behind_links; else each_caller masked_behind_links; fi
}

@test "C19: /dev/mem, /dev/kmem, /dev/port and disks of the image do not open" {
	mkdir "$rootfs/nodes"
	local name
	while read -r name; do mknod -m 0666 "$rootfs/nodes/${name%% *}" ${name#* }; done <<-'TABLE'
		mem c 1 1
		kmem c 1 2
		port c 1 4
		kmsg c 1 11
		sda b 8 0
		vda b 254 0
		loop b 7 0
		tun c 10 232
	TABLE
	grant CAP_DAC_OVERRIDE CAP_MKNOD CAP_SYS_RAWIO CAP_SYS_ADMIN
	probe open r /nodes/mem /nodes/kmem /nodes/port /nodes/kmsg /nodes/sda /nodes/vda /nodes/loop /nodes/tun
	ok
	is "$(grep -c ' EPERM$' <<<"$out")" 8 "refused: $out"
}

@test "C20: rnosuid holds for what is mounted below, too" {
	skip_on runc "1.1 does not know it"
	mkdir -p "$T/suid/below"
	host_mount -t tmpfs -o mode=755 suid "$T/suid/below"
	mounts_before=$(mount_table)
	local dir
	for dir in "$T/suid" "$T/suid/below"; do
		cp "$HELPERS/probe" "$dir/tool"
		chmod 4755 "$dir/tool"
	done
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	edit '.process.user = {"uid": 1000, "gid": 1000} | .process.noNewPrivileges = false
		| .mounts += [{"destination": "/suid", "source": $s, "options": ["rbind", "rnosuid"]}]' --arg s "$T/suid"
	local tool
	for tool in /suid/tool /suid/below/tool; do
		probe exec $tool ids
		ok
		says "uid 1000 1000 1000 1000"
	done
	umount "$T/suid/below"
	host_mounts=()
	mounts_before=$mounts_at_setup
}

# ---- the working directory ----

# What the caller leaks is a directory of the host, and reaches the runtime: preserved, it is there.
leak_is_one() { # COMMAND...
	leaking call "$@"
	ok
	[[ $'\n'$out == *$'\nlist /proc/self/fd/3 '*of-the-host* ]] || { complain "nothing is leaked"; return 1; }
}

cwd_stays_inside() {
	local n
	args list /proc/self/fd/3
	leak_is_one rt run --preserve-fds 1 --bundle "$bundle" "$id"
	args cwd + list . + stat "$above$canary/file"
	edit '.process.cwd = "/"'
	leaking call rt run --bundle "$bundle" "$id"
	ok
	stays_inside
	for n in {3..20}; do
		edit '.process.cwd = $c' --arg c "/proc/self/fd/$n"
		leaking call rt run --bundle "$bundle" "$id"
		if [[ $code == 0 ]]; then
			stays_inside
		else
			not_entered
			nothing_left
		fi
		rm -rf "$rootfs/proc/self"
	done
	edit '.process.cwd = "/"'
}
@test "C21: cwd through each of /proc/self/fd/3 to 20 with leaked descriptors, however paths are resolved" {
	each_caller each_way cwd_stays_inside
}

exec_cwd_stays_inside() {
	local dir
	start_probe wait
	leak_is_one rt exec --preserve-fds 1 "$id" /bin/probe list /proc/self/fd/3
	for dir in / /proc/self/fd/{3..20} /proc/1/cwd /proc/self/root/../.. /proc/self/cwd/../../.. /proc/self/fd/3/../../.. /proc/1/root; do
		leaking call rt exec --cwd "$dir" "$id" /bin/probe cwd + list . + stat "$above$canary/file"
		[[ $dir != / ]] || ok
		if [[ $code == 0 ]]; then stays_inside; else not_entered; fi
	done
	call rt delete --force "$id"
	ok
}
@test "C21: exec with such working directories and leaked descriptors, however paths are resolved" {
	each_caller each_way exec_cwd_stays_inside
}

# ---- the runtime's executable ----

@test "C23: scripts for #!/proc/self/fd/N and programs of that name, N from 3 to 50: nothing of the runtime's is executed" {
	local n
	for ((n = 3; n <= 50; n++)); do
		printf '#!/proc/self/fd/%s\n' $n >"$rootfs/bin/script$n"
		chmod 755 "$rootfs/bin/script$n"
	done
	start_probe wait
	for ((n = 3; n <= 50; n++)); do
		LIMIT=5 call "$HELPERS/caller" leak=8 -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /bin/script$n --version
		[[ $code != 0 && $code != 124 ]] || { complain "executed /proc/self/fd/$n by a script"; return 1; }
		LIMIT=5 call "$HELPERS/caller" leak=8 -- "$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /proc/self/fd/$n --version
		[[ $code != 0 && $code != 124 ]] || { complain "executed /proc/self/fd/$n"; return 1; }
		lacks "$out" "$(runtime_name)"
	done
}

@test "C23: who keeps handles of all executables inside and writes to them when they are free changes nothing outside" {
	cp "$HELPERS/keeper" "$rootfs/bin/keeper"
	grant CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_CHROOT
	# The last execs are over five seconds before it ends, if it has the time.
	edit '.process.args = ["/bin/keeper", $s]' --arg s "$(long 1 12)"
	printf '#!/proc/self/exe\n' >"$rootfs/bin/script"
	chmod 755 "$rootfs/bin/script"
	create
	ok
	call rt start "$id"
	ok
	wait_for 5 box_says keeping
	local until=$((SECONDS + $(long 0 5)))
	while ((SECONDS <= until)); do
		LIMIT=5 call rt exec "$id" /bin/script
		LIMIT=5 call rt exec "$id" /proc/self/exe --version
		LIMIT=5 call rt exec "$id" /bin/true
	done
	wait_for 20 is_state stopped
	grep -q '^kept [0-9]' "$T/box.out" || { complain "the keeper has not ended: $(box_output)"; return 1; }
	# Ours is there for a moment each time: in some seconds it is met.
	[[ -z $LONG || $(runtime_name) != caisson ]] || grep -q '^kept /memfd:caisson-init' "$T/box.out" ||
		{ complain "the keeper has met nothing of ours: $(box_output)"; return 1; }
	is "$(grep '^wrote' "$T/box.out")" "" "written to"
	host_unharmed
}

@test "C25: an image's dynamic loader and C library are never executed by the runtime" {
	local name
	for name in lib64/ld-linux-x86-64.so.2 lib/ld-musl-x86_64.so.1 lib/x86_64-linux-gnu/libc.so.6 lib/libc.so usr/lib/libc.so.6; do
		mkdir -p "$rootfs/${name%/*}"
		cp "$HELPERS/loader" "$rootfs/$name"
	done
	cp "$(type -P true)" "$rootfs/bin/dynamic"
	printf '/lib/libc.so\n' >"$rootfs/etc/ld.so.preload"
	printf '#!/proc/self/exe\n' >"$rootfs/bin/script"
	chmod 755 "$rootfs/bin/script"
	edit '.process.env += ["LD_PRELOAD=/lib/libc.so", "LD_LIBRARY_PATH=/lib"]'
	start_probe wait
	local program
	for program in /bin/script /proc/self/exe /proc/1/exe; do
		LIMIT=5 call rt exec "$id" $program
		[[ $code != 124 ]]
	done
	call rt exec "$id" /bin/true
	ok
	[[ ! -e $rootfs/loaded && ! -e /loaded ]]
	# They would be, by whatever wants a loader.
	call rt exec "$id" /bin/dynamic
	exits 77
	[[ -e $rootfs/loaded && ! -e /loaded ]]
}

# ---- names ----

@test "C26: paths of 4095 bytes are the longest; 4096 and 5000, and names of 256, are refused clean" {
	skip_on runc "other limits"
	local length path
	cp "$bundle/config.json" "$T/plain.json"
	path() { # LENGTH: so many bytes of parts of 200
		path=
		while ((${#path} < $1 - 202)); do path+=/$(printf 'n%.0s' {1..200}); done
		path+=/$(printf 'e%.0s' $(seq $(($1 - ${#path} - 1))))
	}
	for length in 4095 4096 5000; do
		cp "$T/plain.json" "$bundle/config.json"
		path $length
		is ${#path} $length
		bind_mount "$path" "$T/data"
		probe ids
		if ((length < 4096)); then ok; else refused "name is too long"; fi
	done
	cp "$T/plain.json" "$bundle/config.json"
	bind_mount "/a/$(printf 'n%.0s' {1..256})/b" "$T/data"
	probe ids
	refused "name is too long"
}

@test "C27: names with newlines, escapes and bytes that are no UTF-8 in the image: logs and documents stay what they are" {
	local name=$'od\nd \e]0;x\a"name\\' line
	mkdir "$rootfs/$name" "$rootfs/"$'bad\xff\xfe'
	ln -s $'bad\xff\xfe/missing\n{"level":"info"}' "$rootfs/to-bad"
	bind_mount "/$name/sub" "$T/data"
	probe cat "/$name/sub/file"
	ok
	contains "$out" " data"
	bind_mount "/to-bad/x" "$T/data"
	args ids
	call rt --log "$T/log" --log-format json run --bundle "$bundle" "$id"
	fails
	is "$(wc -l <"$T/log")" 1 "lines in the log"
	jq -e '.level == "error"' "$T/log"
	lacks "$err" $'\e'
	is "$(wc -l <"$T/err")" 1 "lines on stderr"
	edit 'del(.mounts[-1])'
	# A bundle of such a name: what state and list say is still JSON, and the table one line a container.
	mkdir "$T/$name"
	cp -a "$bundle/." "$T/$name/"
	args wait
	cp "$bundle/config.json" "$T/$name/config.json"
	call_create rt create --bundle "$T/$name" "$id"
	ok
	call rt state "$id"
	is "$(jq -r .bundle <<<"$out")" "$T/$name"
	call rt list --format json
	is "$(jq -r '.[0].bundle' <<<"$out")" "$T/$name"
	call rt list
	is "$(wc -l <<<"$out")" 2 "lines of the table"
	lacks "$out" $'\e'
}

# ---- the root ----

@test "C28: a root that is a link, that is relative with .., below directories that only allow passage; /var/run that leads to /run" {
	mkdir -p "$T/passage/deep"
	chmod 0711 "$T/passage" "$T/passage/deep"
	mv "$rootfs" "$T/passage/deep/root"
	mkdir -p "$T/passage/deep/root/run" "$T/passage/deep/root/var"
	ln -s /run "$T/passage/deep/root/var/run"
	ln -s "$T/passage/deep/root" "$rootfs"
	bind_mount /var/run/data "$T/data"
	local path
	probe ids
	refused "a symlink"
	for path in ../passage/deep/root "$T/passage/./deep/root/" "$T/passage/deep/root"; do
		edit '.root.path = $p' --arg p "$path"
		probe cat /run/data/file
		ok
		says "cat /run/data/file data"
	done
	rm "$rootfs"
	mv "$T/passage/deep/root" "$rootfs"
}

# A FUSE file system that answers everything but the first request with "input/output error".
broken_filesystem() { # WHERE
	[[ -c /dev/fuse ]] || skip "no FUSE"
	python3 - "$1" >"$T/fuse" 2>&1 3>&- <<-'PYTHON' &
		import ctypes, os, struct, sys
		libc = ctypes.CDLL(None, use_errno=True)
		fuse = os.open("/dev/fuse", os.O_RDWR)
		if libc.mount(b"broken", sys.argv[1].encode(), b"fuse", 6, f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()):
		    sys.exit("cannot mount: %d" % ctypes.get_errno())
		print("mounted", flush=True)
		while True:
		    request = os.read(fuse, 1 << 20)
		    length, code, unique = struct.unpack_from("IIQ", request)
		    if code == 26:
		        body = struct.pack("IIIIHHIIHHIIHH", 7, 31, 0x20000, 0, 12, 11, 0x20000, 1, 0, 0, 0, 0, 0, 0) + bytes(16)
		        os.write(fuse, struct.pack("IiQ", 16 + len(body), 0, unique) + body)
		    elif code not in (2, 42):
		        os.write(fuse, struct.pack("IiQ", 16, -5, unique))
	PYTHON
	agents+=("$!")
	wait_for 5 test -s "$T/fuse"
	grep -q mounted "$T/fuse" || skip "FUSE cannot be mounted"
	host_mounts+=("$1")
	mounts_before=$(mount_table)
}

@test "C28: a root, and a mount's source, on a file system that answers with errors: refused in time" {
	mkdir "$T/broken"
	broken_filesystem "$T/broken"
	cp "$bundle/config.json" "$T/plain.json"
	edit '.root.path = $p' --arg p "$T/broken"
	LIMIT=5 probe ids
	refused
	edit '.root.path = $p' --arg p "$T/broken/root"
	LIMIT=5 probe ids
	refused
	cp "$T/plain.json" "$bundle/config.json"
	bind_mount /mnt "$T/broken/source"
	LIMIT=5 probe ids
	refused
	cp "$T/plain.json" "$bundle/config.json"
	bind_mount /mnt "$T/broken"
	bind_mount /mnt/below "$T/data"
	LIMIT=5 probe ids
	refused
	umount "$T/broken"
	host_mounts=()
	mounts_before=$mounts_at_setup
}

@test "C29: the bundle as the root, and a state root in the root: refused" {
	needs caisson "others take it"
	mkdir "$bundle/proc" "$bundle/sys" "$bundle/dev" "$bundle/bin"
	cp "$rootfs/bin/probe" "$bundle/bin/probe"
	local path
	for path in . "$bundle" rootfs/..; do
		edit '.root.path = $p' --arg p "$path"
		probe ids
		refused root
	done
	edit '.root.path = "rootfs"'
	args ids
	for path in "$rootfs" "$rootfs/state" "$rootfs/deep/er"; do
		call timeout 20 "$RUNTIME" --root "$path" run --bundle "$bundle" "$id"
		fails
		host_unharmed
	done
	is "$(left_processes)" ""
}

# ---- races ----

# What a race may do to a create: nothing, or an error that says that it was one.
raced() {
	[[ $code != 124 && $code -lt 126 ]] || { complain "hung or died"; return 1; }
	runs=$((runs + 1))
	[[ $code == 0 ]] || { failures=$((failures + 1)); printf '%s\n' "$err" >>"$T/failures"; call rt delete --force "$id"; }
}

# Fewer than 1 in 200, and with words that say that another try may succeed.
failed_rarely() {
	((failures * 200 <= runs + 199)) || { complain "$failures of $runs failed: $(sort "$T/failures" | uniq -c)"; return 1; }
	[[ ! -s $T/failures ]] || refute grep -vE 'being changed|temporarily unavailable|try again' "$T/failures"
}

race_for_etc() { # LEAST MOST SECONDS
	local runs=0 failures=0 file race_began
	mkdir -p "$rootfs$canary/dir" "$T/files"
	ln -s "$canary/dir" "$rootfs/swap"
	for file in hosts resolv.conf hostname; do
		echo $file >"$T/files/$file"
		bind_mount /etc/$file "$T/files/$file"
	done
	hand_over
	args mounts
	race "$(nproc)" "$rootfs/etc" "$rootfs/swap"
	while going_on "$@"; do
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		[[ $code != 0 ]] || saw_link 3 "$(grep -cF "mount $canary/dir/" <<<"$out")"
		raced
	done
	race_over
	echo "# C30: $runs creates, $failures failed" >&3
	host_unharmed
	is "$(mount_table)" "$mounts_before" "the host's mount table"
	failed_rarely
}
@test "C30: /etc exchanged with a link to the outside on all cores while containers mount files in it" {
	skip_on runc "1.1 loses the race now and then"
	race_for_etc "$(long 10 1000)" "$(long 100 1000)" "$(long 3 900)"
}
@test "C30: the same by an ordinary user" {
	skip_on runc "1.1 loses the race now and then"
	as_the_user
	race_for_etc "$(long 5 200)" "$(long 100 1000)" "$(long 1 300)"
}

@test "C30: the same where openat2 is forbidden" {
	skip_on runc "1.1 loses the race now and then"
	local runs=0 failures=0 least=0 error race_began
	mkdir -p "$rootfs$canary/dir"
	ln -s "$canary/dir" "$rootfs/swap"
	bind_mount /etc/hosts "$T/data/file"
	bind_mount /etc/made/deep "$T/data"
	args mounts
	race "$(nproc)" "$rootfs/etc" "$rootfs/swap"
	for error in ENOSYS EPERM; do
		way=("$HELPERS/forbid" openat2=$error --)
		race_began=
		least=$((least + $(long 5 1000)))
		while going_on $least "$(long 10000 $least)" "$(long 1 900)"; do
			LIMIT=10 call rt run --bundle "$bundle" "$id"
			[[ $code != 0 ]] || saw_link 2 "$(grep -cF "mount $canary/dir/" <<<"$out")"
			raced
		done
	done
	way=()
	race_over
	echo "# C30 without openat2: $runs creates, $failures failed" >&3
	host_unharmed
	is "$(mount_table)" "$mounts_before" "the host's mount table"
	failed_rarely
}

@test "C32: a mount's source exchanged for a link or another kind of file: what was opened is what is mounted, as it was asked for" {
	local runs=0 failures=0 race_began seen
	mkdir -p "$T/user/source" "$T/user/two"
	echo dir >"$T/user/source/which"
	echo file >"$T/user/other"
	echo one >"$T/user/one"
	echo two >"$T/user/two/which"
	ln -s one "$T/user/link"
	ln -s two "$T/user/other-link"
	bind_mount /mnt/source "$T/user/source" ro
	bind_mount /mnt/link "$T/user/link" ro
	grant CAP_DAC_OVERRIDE
	shell 'for m in source link; do
		f=/mnt/$m; [ ! -d $f ] || f=$f/which
		cat $f; (echo x >$f) 2>/dev/null && echo written; done; true'
	race 1 "$T/user/source" "$T/user/other" "$T/user/link" "$T/user/other-link"
	while going_on "$(long 5 1000)" "$(long 60 10000)" "$(long 2 1500)"; do
		rm -rf "$rootfs/mnt"
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		if [[ $code == 0 ]]; then
			seen=${out//$'\n'/ and }
			[[ $seen == @(dir|file)" and "@(one|two) ]] || { complain "none of them"; return 1; }
			saw "$seen"
		fi
		raced
	done
	race_over
	echo "# C32: $runs creates, $failures failed" >&3
	((failures * 20 <= runs)) || { complain "$failures of $runs failed: $(sort "$T/failures" | uniq -c)"; return 1; }
	host_unharmed
}
