# A hostile root file system and program: links, odd files, magic links, the runtime's own executable (security cases C1 to C28).
load lib.bash

bind() { # DESTINATION SOURCE [OPTION...]
	local destination=$1 source=$2
	shift 2
	edit '.mounts += [{destination: $d, type: "none", source: $s, options: (["bind"] + $ARGS.positional)}]' --arg d "$destination" --arg s "$source" --args "$@"
}

setup() {
	lib_setup
	make_canary
	mkdir "$T/data"
	echo data >"$T/data/file"
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_MKNOD"])'
}

# Whatever came of it: the canary is as it was, and a failure left nothing behind.
harmless() {
	canary_unharmed
	[[ $code == 0 ]] || { fails; nothing_left; }
}

# ---- destinations ----

@test "C1: a destination that is a link to an absolute host path stays inside" {
	ln -s "$canary/dir" "$rootfs/data"
	bind /data "$T/data"
	probe cat /data/file + write /data/new x
	harmless
	if [[ $code == 0 ]]; then says "cat /data/file data"; fi
	[[ ! -e $canary/dir/new && ! -e $canary/dir/file ]]
}

@test "C1: the same for a tmpfs" {
	ln -s "$canary/dir" "$rootfs/data"
	edit '.mounts += [{"destination": "/data", "type": "tmpfs", "source": "tmpfs"}]'
	probe write /data/x y
	harmless
}

@test "C2: a destination with many .. stays at the root" {
	bind "/../../../../../..$canary/dir" "$T/data"
	probe cat "$canary/dir/file"
	harmless
	if [[ $code == 0 ]]; then says "cat $canary/dir/file data"; fi
}

@test "C3: a middle component that is a link upwards" {
	ln -s "../../../../../../../../..$canary" "$rootfs/up"
	bind /up/dir "$T/data"
	probe cat /up/dir/file
	harmless
	[[ ! -e $canary/dir/file ]]
}

@test "C3: a link that is relative, and one that leads to a link" {
	mkdir -p "$rootfs/real/target"
	ln -s real/target "$rootfs/one"
	ln -s /one "$rootfs/two"
	bind /two "$T/data"
	probe cat /real/target/file
	ok
	says "cat /real/target/file data"
}

@test "C3: links in a circle are refused" {
	ln -s b "$rootfs/a"
	ln -s a "$rootfs/b"
	bind /a/x "$T/data"
	probe ids
	fails
	nothing_left
}

@test "C5: a destination below a file, a fifo, a socket, a device is refused without blocking" {
	local at
	echo x >"$rootfs/etc/plain"
	mkfifo "$rootfs/etc/fifo"
	mknod "$rootfs/etc/device" c 1 3
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$rootfs/etc/socket"
	for at in plain fifo socket device; do
		edit '.mounts = .mounts[0:5]'
		bind "/etc/$at/below" "$T/data"
		LIMIT=5 probe ids
		fails
		nothing_left
	done
}

@test "C5: a file bound onto a fifo does not block" {
	mkfifo "$rootfs/etc/fifo"
	bind /etc/fifo "$T/data/file"
	LIMIT=5 probe cat /etc/fifo
	harmless
	if [[ $code == 0 ]]; then says "cat /etc/fifo data"; fi
}

@test "C26: a long name and a long path" {
	bind "/$(printf 'n%.0s' {1..255})" "$T/data"
	probe ids
	ok
	edit '.mounts = .mounts[0:5]'
	bind "/$(printf 'n%.0s' {1..256})" "$T/data"
	probe ids
	fails
	nothing_left
	edit '.mounts = .mounts[0:5]'
	bind "$(printf '/n%.0s' {1..3000})" "$T/data"
	probe ids
	fails
	nothing_left
}

@test "C27: names with a newline, an escape, quotes" {
	local name=$'od\nd \e[31m"name\\'
	bind "/$name" "$T/data"
	probe cat "/$name/file"
	ok
	contains "$out" " data"
	edit '.mounts[-1].source = "/no/such/source"'
	probe ids
	fails
	lacks "$err" $'\e'
}

# ---- /proc, /sys, /dev of the image ----

@test "C7: /proc as a link is refused, wherever it leads" {
	local target
	for target in x "$canary" proc2 /tmp; do
		rm -rf "$rootfs/proc"
		mkdir -p "$rootfs/x" "$rootfs/proc2"
		ln -s "$target" "$rootfs/proc"
		probe ids
		fails
		canary_unharmed
		nothing_left
	done
	rm "$rootfs/proc"
	echo file >"$rootfs/proc"
	probe ids
	fails
	nothing_left
}

@test "C8: /sys as a link is refused" {
	rmdir "$rootfs/sys"
	mkdir "$rootfs/x"
	ln -s x "$rootfs/sys"
	probe ids
	fails
	nothing_left
}

@test "C9: /dev as a link to the outside, without a mount on it: nothing is made out there" {
	skip_on runc "1.1 makes links out there"
	rmdir "$rootfs/dev"
	ln -s "$canary/dir" "$rootfs/dev"
	edit '.mounts |= map(select(.destination | startswith("/dev") | not))'
	probe stat /dev/null
	harmless
	is "$(ls -A "$canary/dir")" ""
}

@test "C9: /dev as a link, with the usual mounts on it" {
	skip_on runc "1.1 makes links out there"
	rmdir "$rootfs/dev"
	ln -s "$canary/dir" "$rootfs/dev"
	probe stat /dev/null
	harmless
	is "$(ls -A "$canary/dir")" ""
}

@test "C11: /dev/null of the image as a link to a host file: the file keeps owner and content" {
	skip_on runc "1.1 has CVE-2025-31133 and its kin"
	rm -rf "$rootfs/dev"
	mkdir "$rootfs/dev"
	ln -s /data/file "$rootfs/dev/null"
	edit '.mounts |= map(select(.destination | startswith("/dev") | not)) | .process.user = {"uid": 1000, "gid": 1000}
		| .linux.maskedPaths = ["/etc/passwd"]'
	bind /data "$canary"
	probe cat /etc/passwd
	harmless
	lacks "$out" secret
}

@test "a default device whose name is a link in the image is not made through it" {
	skip_on runc "1.1 takes what is there"
	mkdir -p "$rootfs/dev"
	ln -s /data/made "$rootfs/dev/full"
	edit '.mounts |= map(select(.destination | startswith("/dev") | not))'
	bind /data "$canary/dir"
	probe ids
	fails
	canary_unharmed
	nothing_left
}

# ---- masked paths, read-only paths ----

@test "C15: a masked path that is a link masks inside, never the host's file" {
	mkdir -p "$rootfs/opt" "$rootfs/etc"
	echo inside >"$rootfs/etc/shadow"
	ln -s "../../../../../..$canary/file" "$rootfs/opt/secret"
	ln -s /etc/shadow "$rootfs/opt/link"
	edit '.linux.maskedPaths = ["/opt/secret", "/opt/link"]'
	start_probe read /etc/shadow + echo done + wait
	wait_for 5 box_says done
	box_says "read /etc/shadow 0"
	is "$(<"$canary/file")" secret
	is "$(mount_table)" "$mounts_before" "the host's mount table"
	canary_unharmed
}

@test "a read-only path that is a link" {
	mkdir -p "$rootfs/srv"
	ln -s "$canary/dir" "$rootfs/opt"
	ln -s /srv "$rootfs/link"
	edit '.linux.readonlyPaths = ["/opt", "/link"]'
	probe write /srv/x y
	harmless
	if [[ $code == 0 ]]; then says "write /srv/x EROFS"; fi
	canary_unharmed
	touch "$canary/dir/still-writable"
	canary_before=$(canary_look) # our own doing
}

@test "a masked path through a magic link is not followed out" {
	edit '.linux.maskedPaths = ["/proc/self/root/etc/passwd", "/proc/1/cwd"]'
	probe ids
	harmless
	is "$(head -c 4 /etc/passwd)" root
}

# ---- the working directory ----

# leaking COMMAND...: with descriptors 3 to 24 of a directory of the host, in which there is a file "marker".
leaking() (
	for ((fd = 3; fd <= 24; fd++)); do eval "exec $fd<\"\$T/leaked\""; done
	exec timeout --foreground -k 1 "$((20 * SLOW))" "$@"
)

# leaks: makes the directory, and shows that who gets to it finds the marker.
leaks() {
	mkdir "$T/leaked"
	echo marked >"$T/leaked/marker"
	call leaking ls /proc/self/fd/3/ /proc/self/fd/24/
	ok
	is "$(grep -cx marker <<<"$out")" 2 "what is leaked"
}

# at CWD COMMAND...: the command, with CWD as the working directory of config.json.
at() {
	edit '.process.cwd = $c' --arg c "$1"
	"${@:2}"
}

# inside_or_refused CWD OUTPUT: where the program says it was and what it saw, or words about CWD. Of ours no magic link leads anywhere.
inside_or_refused() {
	if [[ $code == 0 && $(runtime_name) != caisson ]]; then
		out=$2
		[[ $(value cwd) == /* ]]
		lacks "$out" marker
	elif [[ $(runtime_name) == caisson ]]; then
		fails_any "cannot make the working directory '$1': " "chdir to cwd ("
		contains "$err" "$1"
		lacks "$2" marker
	else
		fails_any "$1" "working directory"
		lacks "$2" marker
	fi
}

@test "C21: cwd through /proc/self/fd/N never leads out: run with leaked descriptors" {
	local n
	leaks
	args cwd + list .
	at / call leaking "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	says "cwd /"
	for n in {3..20}; do
		at "/proc/self/fd/$n" call leaking "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
		inside_or_refused "/proc/self/fd/$n" "$out"
		rm -rf "$rootfs/proc/self"
	done
	nothing_left
}

@test "C21: the same for create and start" {
	local n
	leaks
	args cwd + list .
	for n in / 3 5 7 8 9; do
		[[ $n == / ]] || n=/proc/self/fd/$n
		at "$n" call_create leaking "$RUNTIME" --root "$state" create --bundle "$bundle" "$id"
		if [[ $n == / ]]; then ok; fi
		if [[ $code == 0 ]]; then
			call rt start "$id"
			ok
			wait_for 5 is_state stopped
		fi
		if [[ $n == / ]]; then box_says "cwd /"; else inside_or_refused "$n" "$(box_output)"; fi
		call rt delete --force "$id"
		ok
	done
	nothing_left
}

@test "C21: the same for exec" {
	local cwd
	leaks
	start_probe wait
	for cwd in / /proc/self/fd/{3..20} /proc/1/cwd /proc/self/root/../..; do
		call leaking "$RUNTIME" --root "$state" exec --cwd "$cwd" "$id" /bin/probe cwd + list .
		if [[ $cwd == / ]]; then
			ok
			says "cwd /"
		else
			inside_or_refused "$cwd" "$out"
		fi
	done
}

@test "C21: cwd that is a link to a magic link" {
	local target
	leaks
	args cwd + list . + cat etc/hostname
	for target in / /proc/self/fd/7 /proc/1/cwd /proc/self/root/../../.. /proc/self/fd/3/../../..; do
		ln -sfn "$target" "$rootfs/where"
		at /where call leaking "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
		if [[ $target == / ]]; then
			ok
			says "cwd /"
		else
			inside_or_refused /where "$out"
		fi
	done
	nothing_left
}

@test "C21, C67: a preserved directory of the host does not become the cwd" {
	leaks
	args cwd + list . + list /proc/self/fd/3
	at / call leaking "$RUNTIME" --root "$state" run --preserve-fds 1 --bundle "$bundle" "$id"
	ok
	says "cwd /" "list /proc/self/fd/3 marker"
	args cwd + list .
	at /proc/self/fd/3 call leaking "$RUNTIME" --root "$state" run --preserve-fds 1 --bundle "$bundle" "$id"
	fails_any "/proc/self/fd/3" "working directory"
	lacks "$out" marker
	nothing_left
}

@test "the bundle's or the state's directory is not reachable from the cwd" {
	edit '.process.cwd = "/.."'
	probe cwd + list .
	ok
	says "cwd /"
}

# ---- the runtime's executable ----

@test "C23: args[0] is /proc/self/exe: the runtime's file stays what it is" {
	local before
	before=$(sha256sum "$RUNTIME"; stat -c '%i %Y %s' "$RUNTIME")
	local words
	while read -r words; do
		edit '.process.args = ($w | split(" "))' --arg w "$words"
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		is "$(sha256sum "$RUNTIME"; stat -c '%i %Y %s' "$RUNTIME")" "$before" "the runtime with $words"
	done <<-'TABLE'
		/proc/self/exe
		/proc/self/exe --version
		/proc/1/exe run x
	TABLE
}

@test "C23: a script with #!/proc/self/exe, and a link to it" {
	local before n
	before=$(sha256sum "$RUNTIME"; stat -c '%i %Y %s' "$RUNTIME")
	printf '#!/proc/self/exe\n' >"$rootfs/bin/script"
	chmod 0755 "$rootfs/bin/script"
	ln -s /proc/self/exe "$rootfs/bin/link"
	for n in script link; do
		edit '.process.args = [$p]' --arg p "/bin/$n"
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		[[ $code != 124 ]]
	done
	for n in 3 4 5 6 7 8 9 12; do
		printf '#!/proc/self/fd/%s\n' "$n" >"$rootfs/bin/script"
		edit '.process.args = ["/bin/script"]'
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		[[ $code != 0 && $code != 124 ]]
	done
	is "$(sha256sum "$RUNTIME"; stat -c '%i %Y %s' "$RUNTIME")" "$before"
}

@test "C23: what is executable in the created phase is sealed: it cannot be opened for writing" {
	needs caisson "init in a sealed memfd"
	args wait
	create
	ok
	local pid exe
	pid=$(pid_of)
	exe=$(readlink "/proc/$pid/exe")
	contains "$exe" memfd
	if (printf x >"/proc/$pid/exe") 2>/dev/null; then complain "written into $exe"; false; fi
	is "$(tr -d '\0' <"/proc/$pid/environ" | wc -c)" 0 "size of init's environment"
}

who() { grep -E '^(Uid|Gid|CapPrm|CapEff):' "/proc/$1/status"; }
@test "C35: init in the created phase is not dumpable: nothing of it is readable from the container" {
	skip_on runc "1.1's init is dumpable again for who has its ids"
	local pid other file weak=(setpriv --reuid 0 --regid 0 --clear-groups --bounding-set -all --inh-caps -all)
	edit '.process.capabilities |= map_values([])'
	args wait
	create
	ok
	pid=$(pid_of)
	# Who shares its pid namespace, and has init's ids and, like it, no capabilities, may read all that is dumpable, as this one shows.
	"${weak[@]}" sleep 300 </dev/null >/dev/null 2>&1 3>&- 4>&- &
	other=$!
	agents+=("$other")
	wait_for 5 grep -qx "CapPrm:	0000000000000000" "/proc/$other/status"
	[[ $(runtime_name) != caisson ]] || is "$(who "$pid")" "$(who "$other")" "init's ids and capabilities"
	for file in maps auxv; do
		call nsenter -t "$pid" -p "${weak[@]}" cat "/proc/$other/$file"
		ok
		[[ -s $T/out ]]
		call nsenter -t "$pid" -p "${weak[@]}" cat "/proc/$pid/$file"
		[[ $code != 0 && ! -s $T/out ]] || { complain "/proc/$pid/$file is readable"; return 1; }
		contains "$err" "ermission denied"
	done
	for file in exe root cwd; do
		call nsenter -t "$pid" -p "${weak[@]}" readlink "/proc/$other/$file"
		ok
		call nsenter -t "$pid" -p "${weak[@]}" readlink "/proc/$pid/$file"
		[[ $code != 0 && ! -s $T/out ]] || { complain "/proc/$pid/$file is readable"; return 1; }
	done
}

@test "C29: a state root inside the rootfs is refused, or at least harmless" {
	skip_on runc "1.1 takes it"
	skip_on crun "takes it"
	args ids
	call timeout 20 "$RUNTIME" --root "$rootfs/state" run --bundle "$bundle" "$id"
	fails
	rm -rf "$rootfs/state"
}

@test "C28: a root below directories that only allow passage" {
	mkdir -p "$T/passage"
	chmod 0711 "$T/passage"
	mv "$rootfs" "$T/passage/root:with,odd\\chars"
	edit '.root.path = $p' --arg p "$T/passage/root:with,odd\\chars"
	probe ids
	ok
	says "pid 1"
	mv "$T/passage/root:with,odd\\chars" "$rootfs"
}

@test "C30: /etc swapped with a link to the outside while containers are made" {
	skip_on runc "1.1 loses the race now and then"
	mkdir "$T/files"
	ln -s "$canary/dir" "$rootfs/swap"
	echo hosts >"$T/files/hosts"
	bind /etc/hosts "$T/files/hosts"
	bind /etc/resolv.conf "$T/files/hosts"
	python3 - "$rootfs" 3>&- <<-'SWAP' &
		import ctypes, sys, os
		libc = ctypes.CDLL(None, use_errno=True)
		a, b = (os.path.join(sys.argv[1], n).encode() for n in ("etc", "swap"))
		while True:
		    libc.renameat2(-100, a, -100, b, 2)
	SWAP
	local racer=$! i
	agents+=($racer)
	args true
	args ids
	for ((i = 0; i < 30; i++)); do
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		[[ $code != 124 ]]
	done
	kill $racer
	wait $racer 2>/dev/null || true
	[[ ! -e $canary/dir/hosts && ! -e $canary/dir/resolv.conf ]]
	is "$(mount_table)" "$mounts_before" "the host's mount table"
}
