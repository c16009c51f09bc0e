# Terminals: process.terminal in create and run, --console-socket, /dev/console, the caller's own terminal in the foreground.
#
# TIMES multiplies how often what may go wrong rarely is tried: TIMES=25 makes 5,000 of 200.
load lib.bash

: "${TIMES:=1}"

setup() {
	lib_setup
	edit '.process.terminal = true'
	ln -s busybox "$rootfs/bin/stty"
	ln -s busybox "$rootfs/bin/tty"
	pts_before=$(open_ptys)
	needs_containers
}

teardown() {
	local failed=0
	lib_teardown || failed=1
	wait_for 5 no_pty_left || { complain "terminals are left: $(left_ptys)"; failed=1; }
	return $failed
}

# Who has an end of a terminal open: one lives as long as somebody has. (kernel.pty.nr counts those of others, too.)
open_ptys() { find /proc/[0-9]*/fd \( -lname '*/ptmx' -o -lname '*/pts/*' -o -lname '/[0-9]' \) -printf '%p %l\n' 2>/dev/null | LC_ALL=C sort || true; }
left_ptys() { LC_ALL=C comm -13 <(printf '%s\n' "$pts_before") <(open_ptys); }
no_pty_left() { [[ -z $(left_ptys) ]]; }

# The container's command: a shell's.
shell() { edit '.process.args = ["/bin/sh", "-c", $script]' --arg script "$1"; }

# on_terminal STEP... -- [OPTION...]: `run` on a terminal of its own, of 30 rows and 90 columns. `out` is what happened, `screen` what was
# written there; terminal_options come before the steps.
terminal_options=(-s 30x90)
on_terminal() {
	local steps=()
	while [[ $1 != -- ]]; do
		steps+=("$1")
		shift
	done
	shift
	call_terminal "${steps[@]}" -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$@" "$id"
}
call_terminal() {
	LIMIT=$((10 * SLOW)) call timeout -k 1 "$((60 * SLOW))" "$HELPERS/terminal" run "${terminal_options[@]}" -o "$T/screen" "$@"
	slurp "$T/screen"
	screen=${REPLY//$'\r'/}
	err+=$'\n--- screen\n'$screen
	sane
}

# The other end of a console socket, in the background; its words in $T/heard.
receive() {
	rm -f "$T/socket"
	LIMIT=$((10 * SLOW)) "$HELPERS/terminal" receive "${socket:-$T/socket}" -o "$T/screen" "$@" >"$T/heard" 2>&1 </dev/null 3>&- 4>&- &
	receiver=$!
	agents+=("$receiver")
	wait_for 5 test -S "${socket:-$T/socket}"
}
received() {
	wait "$receiver" || { complain "the receiver: $(<"$T/heard")"; return 1; }
	slurp "$T/heard"
	out=$REPLY
	slurp "$T/screen"
	screen=${REPLY//$'\r'/}
}
shows() { has_line "$screen" "$1" || { complain "not on the screen: '$1'"; return 1; }; }

# ---- the terminal itself ----

@test "stdin, stdout and stderr are one terminal of the container's own devpts, with the caller's size" {
	shell 'tty; tty <&1; tty <&2; stty size; exit 7'
	on_terminal --
	says "exit 7" "mode same"
	is "$screen" $'/dev/pts/0\n/dev/pts/0\n/dev/pts/0\n30 90'
}

@test "it is the controlling terminal: /dev/tty opens, the shell leads session and foreground group" {
	shell 'echo by-name >/dev/tty; read -r _ _ _ _ group session tty foreground _ </proc/self/stat; echo "$((session == 1)) $((foreground == group)) $((tty != 0))"'
	on_terminal --
	says "exit 0"
	is "$screen" $'by-name\n1 1 1'
}

@test "/dev/console is that terminal, its owner the user; as a user too" {
	local user
	for user in 0 1234; do
		edit '.process.user.uid = $user' --argjson user $user
		shell 'echo by-name >/dev/console; ls -nL /dev/console /dev/pts/0 | while read -r mode _ uid _ major minor _; do echo "$mode $uid $major $minor"; done'
		on_terminal --
		says "exit 0"
		[[ $screen =~ ^by-name$'\n'crw--w----\ $user\ 136,\ 0$'\n'crw--w----\ $user\ 136,\ 0$ ]] || { complain screen; return 1; }
	done
}

@test "/dev/console is a mount without setuid and programs" {
	needs caisson "what has to be beyond the terminal is not said"
	args mounts
	on_terminal --
	out=$screen
	has_option /dev/console nosuid
	has_option /dev/console noexec
}

@test "consoleSize is the size where nobody attends, the caller's own where somebody does" {
	edit '.process.consoleSize = {"height": 11, "width": 222}'
	shell 'stty size; sleep 1000'
	receive expect "11 222" close
	create --console-socket "$T/socket"
	ok
	call rt start "$id"
	ok
	received
	skip_on runc "sets the caller's a moment after the program has begun"
	call rt delete --force "$id"
	shell 'stty size'
	on_terminal --
	is "$screen" "30 90"
}

@test "consoleSize with a side of 0 is none; over 65535 it is refused" {
	skip_on runc "sets the caller's a moment after the program has begun, and takes what is left of a size in 16 bits"
	edit '.process.consoleSize = {"height": 0, "width": 80}'
	shell 'stty size'
	on_terminal --
	is "$screen" "30 90"
	edit '.process.consoleSize = {"height": 65536, "width": 80}'
	on_terminal --
	contains "$screen" consoleSize
	says "exit 1"
}

@test "a terminal in a user namespace" {
	edit '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings | .mounts |= map(select(.type != "sysfs"))'
	chown -R 100000:100000 "$rootfs"
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	shell 'tty; echo by-name >/dev/console; ls -n /dev/console /dev/pts/0 | while read -r _ _ uid _; do echo $uid; done'
	on_terminal --
	says "exit 0"
	is "$screen" $'/dev/pts/0\nby-name\n0\n0'
}

@test "a terminal with a read-only /dev and a read-only root" {
	edit '.root.readonly = true | (.mounts[] | select(.destination == "/dev") | .options) += ["ro"]'
	shell 'echo by-name >/dev/console; tty'
	on_terminal --
	says "exit 0"
	is "$screen" $'by-name\n/dev/pts/0'
}

@test "a terminal in a joined pid namespace: the program leads its session" {
	needs caisson "a peer's process is another one there"
	unshare --fork --pid --kill-child --mount-proc sleep 1000 3>&- 4>&- &
	agents+=("$!")
	local holder=$!
	wait_for 5 test -e "/proc/$holder/ns/pid_for_children"
	edit '(.linux.namespaces[] | select(.type == "pid")).path = $p' --arg p "/proc/$holder/ns/pid_for_children"
	shell 'tty; echo by-name >/dev/tty; set -- $(cat /proc/self/stat); echo "$(($6 == $$)) $(($8 == $5))"; trap "echo got; exit 3" INT; echo ready; while :; do sleep 0.1; done'
	on_terminal expect ready raw send '\003' expect got --
	says "exit 3" "mode same"
	contains "$screen" $'/dev/pts/0\nby-name\n1 1\n'
}

@test "without no_new_privileges, and a filter: a terminal all the same" {
	edit '.process.noNewPrivileges = false | .process.capabilities.bounding += ["CAP_SYS_ADMIN"]
		| .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["setsid", "openat2"], "action": "SCMP_ACT_ERRNO"}]}'
	shell 'tty; echo by-name >/dev/tty'
	on_terminal --
	says "exit 0"
	is "$screen" $'/dev/pts/0\nby-name'
}

@test "a /dev that is the host's: the terminal is one of its devpts, and nothing is made in it" {
	skip_on runc "1.1 wants a /dev/ptmx"
	local before
	mkdir "$T/dev" "$T/dev/pts"
	host_mount -t devpts -o ptmxmode=0666 devpts "$T/dev/pts"
	mknod -m 0666 "$T/dev/tty" c 5 0
	before=$(ls -lR --time-style=+ "$T/dev")
	edit '.mounts |= map(if .destination == "/dev" then .type = "bind" | .source = $p | .options = ["rbind"] else . end
		| select(.destination | startswith("/dev/") | not))' --arg p "$T/dev"
	shell 'tty; echo by-name >/dev/tty; ls -1 /dev'
	on_terminal --
	says "exit 0" "mode same"
	[[ $(runtime_name) != caisson ]] || is "$screen" $'/dev/pts/0\nby-name\npts\ntty'
	[[ $(runtime_name) != caisson ]] || is "$(ls -lR --time-style=+ "$T/dev")" "$before"
	# What is there is bound over, for the container alone.
	mknod -m 0600 "$T/dev/console" c 5 1
	shell 'ls -l /dev/console >&2; echo by-name >/dev/console'
	on_terminal --
	says "exit 0"
	contains "$screen" "136,"
	contains "$screen" by-name
	is "$(stat -c '%t:%T %a' "$T/dev/console")" "5:1 600"
}

# ---- hostile or strange images ----

@test "a link as the image's /dev/console leads nowhere: refused, and nothing is made or bound behind it (C10)" {
	skip_on runc "1.1 follows it within the root"
	make_canary
	edit '.mounts |= map(select(.destination != "/dev" and .destination != "/dev/shm"))'
	mkdir "$rootfs/dev/pts"
	local to
	for to in "$canary/file" "$canary/new" ../proc/sys/kernel/core_pattern ../../../../../.."$canary/new"; do
		ln -sfn "$to" "$rootfs/dev/console"
		on_terminal --
		says "exit 1"
		contains "$screen" "/dev/console"
		nothing_left
	done
	canary_unharmed
	[[ ! -e $canary/new ]]
}

@test "a link as the image's /dev: refused" {
	needs caisson
	edit '.mounts |= map(select(.destination != "/dev" and .destination != "/dev/shm"))'
	mkdir -p "$rootfs/elsewhere/pts"
	rmdir "$rootfs/dev"
	ln -s elsewhere "$rootfs/dev"
	on_terminal --
	says "exit 1"
	contains "$screen" "/dev"
}

@test "what the image has as /dev/console: a file or a device is bound over, and stays as it was; a directory is refused" {
	skip_on runc "1.1 empties the file"
	edit '.mounts |= map(select(.destination != "/dev" and .destination != "/dev/shm"))'
	mkdir "$rootfs/dev/pts"
	echo mine >"$rootfs/dev/console"
	shell 'echo by-name >/dev/console'
	on_terminal --
	says "exit 0"
	is "$screen" by-name
	is "$(cat "$rootfs/dev/console")" mine
	rm "$rootfs/dev/console"
	mkdir "$rootfs/dev/console"
	on_terminal --
	says "exit 1"
}

@test "no devpts, or something else in its place: an error that says so, and no terminal of the host's" {
	local change
	for change in 'map(select(.type != "devpts"))' 'map(if .type == "devpts" then .type = "tmpfs" | .options = [] else . end)'; do
		jq ".mounts |= $change" <"$bundle/config.json" >"$T/changed.json"
		cp "$bundle/config.json" "$T/whole.json"
		cat "$T/changed.json" >"$bundle/config.json"
		on_terminal --
		lacks "$out" "exit 0"
		[[ $(runtime_name) != caisson ]] || contains "$screen" "devpts"
		nothing_left
		cat "$T/whole.json" >"$bundle/config.json"
	done
}

@test "something over the devpts' ptmx is not opened" {
	needs caisson "1.1 opens whatever is there"
	mkfifo "$T/fifo"
	edit '.mounts += [{"destination": "/dev/pts/ptmx", "type": "bind", "source": $f, "options": ["bind"]}]' --arg f "$T/fifo"
	on_terminal --
	says "exit 1"
	contains "$screen" devpts
}

@test "a devpts without room for a terminal says so" {
	needs caisson
	mkdir "$T/pts"
	host_mount -t devpts -o ptmxmode=0666,max=1 devpts "$T/pts"
	exec 7<>"$T/pts/ptmx"
	edit '.mounts |= map(if .type == "devpts" then .type = "bind" | .source = $p | .options = ["bind"] else . end)' --arg p "$T/pts"
	on_terminal -- 7>&-
	says "exit 1"
	contains "$screen" "no terminal left"
	exec 7>&-
	on_terminal --
	says "exit 0"
}

@test "TIOCSTI types into no terminal but the container's own (C46)" {
	args steal
	on_terminal --
	says "exit 0" "mode same"
	[[ $screen == *"read typed"* || $screen == "type EIO" ]] || { complain "its own terminal"; return 1; } # dev.tty.legacy_tiocsti
	# Without a terminal of its own it has the caller's as standard input, and does not get at it.
	skip_on runc "has pipes in between"
	edit '.process.terminal = false'
	on_terminal --
	says "exit 0" "mode same"
	is "$screen" "type EPERM"
}

# ---- the caller's terminal in the foreground ----

@test "what is typed arrives, what is written comes back" {
	shell 'read -r word; echo "<$word>"; read -r word; echo "<$word>"'
	on_terminal raw send 'one\r' expect '<one>' send 'two\r' expect '<two>' --
	says "exit 0" "mode same"
}

@test "the terminal is in raw mode while the program runs, and as it was when it has ended" {
	shell 'echo ready; read -r _'
	on_terminal mode expect ready raw send '\r' --
	says "mode cooked" "exit 0" "mode same"
}

# tells_size ROWS COLUMNS: the container's command tells each new size, and ends at that one.
tells_size() {
	shell 'tell() { size=$(stty size); echo "$size"; [ "$size" != "'"$1 $2"'" ] || exit 0; }
		trap tell WINCH; echo ready; while :; do sleep 0.1; done'
}

@test "SIGWINCH arrives with the new size" {
	tells_size 20 40
	on_terminal expect ready raw size 41x101 expect "41 101" size 20x40 expect "20 40" --
	says "exit 0" "mode same"
}

@test "SIGWINCH sent to the runtime copies the size, where the terminal is not its controlling one" {
	terminal_options+=(-n)
	tells_size 41 101
	on_terminal expect ready raw size 41x101 kill WINCH expect "41 101" --
	says "exit 0" "mode same"
}

@test "Ctrl-C and Ctrl-\\ go to the foreground process inside, not to the runtime" {
	shell 'trap "echo got-int" INT; trap "echo got-quit; exit 4" QUIT; echo ready; while :; do sleep 0.1; done'
	on_terminal expect ready raw send '\003' expect got-int send '\034' expect got-quit --
	says "exit 4" "mode same"
}

@test "job control inside: Ctrl-Z stops a job, fg goes on with it" {
	edit '.process.args = ["/bin/sh", "-i"]'
	on_terminal expect '# ' raw send 'sh -c "echo on-it; exec cat"\r' expect 'on-it\r\n' send 'one\r' expect 'one\r\none' \
		send '\032' expect Stopped send 'echo in-$((40+2))\r' expect in-42 send 'fg; echo back\r' expect 'cat"\r\n' \
		send 'two\r' expect 'two\r\ntwo' send '\004' expect 'back\r\n' send 'exit 5\r' --
	says "exit 5" "mode same"
}

@test "Ctrl-Z for a program that is alone is a byte of no consequence; the runtime is not stopped" {
	shell 'echo ready; read -r word; echo "<$word>"'
	on_terminal expect ready raw send '\032' pause 100 send 'on\r' expect 'on>' --
	says "exit 0" "mode same"
}

@test "end of file typed is the program's end of file" {
	edit '.process.args = ["/bin/cat"]'
	on_terminal raw send 'line\r' expect 'line\r\nline' send '\004' --
	says "exit 0" "mode same"
}

@test "signals that ask to end are passed on, and the terminal is as it was" {
	local signal
	for signal in TERM HUP INT QUIT; do
		[[ $signal != INT || $(runtime_name) != runc ]] || continue # 1.1 keeps it for itself when it has a terminal
		shell 'trap "echo got; exit 9" '$signal'; echo ready; while :; do sleep 0.05; done'
		on_terminal expect ready raw kill $signal expect got --
		says "exit 9" "mode same"
	done
}

@test "a program killed from outside: its code, and the terminal is as it was" {
	shell 'echo ready; sleep 1000'
	on_terminal expect ready raw fg kill CONT pause 1 raw mode -- &
	local background=$!
	wait_for 10 is_state running
	wait_for 10 grep -q '^mode raw' "$T/out"
	kill_init
	wait $background || true
	slurp "$T/out"
	out=$REPLY
	says "exit 137" "mode same"
}

@test "the runtime is killed: the container's terminal hangs up" {
	shell 'trap "echo hung-up >/tmp/hup; exit 0" HUP; echo ready; while :; do sleep 0.1; done'
	on_terminal expect ready raw kill KILL --
	says "exit 137"
	wait_for 5 grep -q hung-up "$rootfs/tmp/hup"
	wait_for 5 is_state stopped
}

@test "a fault of the runtime's own leaves the terminal as it was" {
	needs caisson "a peer's threads do that otherwise"
	! grep -q __asan_init "$RUNTIME" || skip "a sanitizer takes faults for itself"
	shell 'echo ready; sleep 1000'
	on_terminal expect ready raw kill SEGV --
	says "exit 139" "mode same"
	call rt delete --force "$id"
	ok
	on_terminal expect ready raw kill ABRT --
	says "exit 134" "mode same"
}

@test "stopped and brought back: the terminal is raw again, of its present size" {
	skip_on runc "leaves it as the shell had it"
	shell 'trap "" WINCH; echo ready; read -r _; stty size; read -r _'
	on_terminal expect ready raw kill STOP stopped mode size 33x77 fg raw send '\r' expect '33 77' send '\r' --
	says "mode cooked" "exit 0" "mode same"
}

@test "a background job waits for the foreground before it makes anything" {
	skip_on runc "begins, and changes the terminal's mode under the shell"
	terminal_options+=(-b)
	shell 'tty; read -r word; echo "<$word>"'
	on_terminal stopped mode fg expect /dev/pts/0 raw send 'on\r' expect '<on>' --
	says "mode cooked" "exit 0" "mode same"
}

@test "the caller's terminal hangs up: so does the container's" {
	skip_on runc "goes on"
	shell 'trap "" HUP; echo ready; cat; echo end >/tmp/ended; exit 3'
	on_terminal expect ready raw hangup --
	says "exit 3"
	is "$(cat "$rootfs/tmp/ended")" end
}

@test "a program that closes its terminal and opens it again goes on with it" {
	shell 'exec </dev/null >/dev/null 2>&1; sleep 0.3; exec >/dev/tty; echo again'
	on_terminal expect again --
	says "exit 0" "mode same"
}

@test "output that is not a terminal gets what was written: LF, and all of it" {
	terminal_options+=(-1 "$T/file")
	printf 'one\ntwo\n' >"$rootfs/tmp/text"
	edit '.process.args = ["/bin/cat", "/tmp/text"]'
	on_terminal --
	says "exit 0" "mode same"
	cmp "$T/file" "$rootfs/tmp/text"
	is "$screen" ""
	on_terminal --
	is "$(cat "$T/file")" $'one\ntwo\none\ntwo' "what was there before stays"
}

@test "input that is not a terminal: it arrives, and the mode stays, so that Ctrl-C is a signal" {
	skip_on runc "has raw mode for it"
	echo typed >"$T/input"
	terminal_options+=(-0 "$T/input")
	shell 'trap "exit 6" INT; read -r word; echo "<$word>"; while :; do sleep 0.1; done'
	on_terminal expect '<typed>' mode send '\003' --
	says "mode cooked" "exit 6" "mode same"
}

@test "output that nobody takes: the program's terminal hangs up" {
	skip_on runc "1.1 waits for ever"
	shell 'trap "" HUP; while echo more; do :; done; exit 5'
	mkfifo "$T/fifo"
	local reader
	head -n 3 "$T/fifo" >"$T/head" 3>&- &
	reader=$!
	terminal_options+=(-1 "$T/fifo")
	on_terminal --
	says "exit 5" "mode same"
	wait $reader
	is "$(cat "$T/head")" $'more\nmore\nmore'
}

@test "without any terminal: open /dev/tty, and nothing is made" {
	call setsid -w "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	fails "open /dev/tty: no such device or address"
	nothing_left
}

@test "a refused or failing create leaves the terminal as it was" {
	edit '.process.args = ["/bin/missing"]'
	on_terminal mode --
	says "mode cooked" "exit 1" "mode same"
	contains "$screen" "no such file or directory"
	nothing_left
}

# ---- nothing is lost, the code is right ----

@test "the last byte arrives: a megabyte written, then the end, many times" {
	local i
	i=0 LC_ALL=C
	yes 'some line of text, neither short nor long' | head -c 1048570 >"$rootfs/tmp/big"
	echo "END" >>"$rootfs/tmp/big"
	edit '.process.args = ["/bin/cat", "/tmp/big"]'
	for ((i = 0; i < 10 * TIMES; i++)); do
		on_terminal --
		says "exit 0" "mode same"
		[[ $screen == "$(<"$rootfs/tmp/big")" ]] || { out=${#screen} err=; complain "run $i"; return 1; }
	done
}

@test "the last byte arrives though the reader is slow" {
	yes 'some line of text, neither short nor long' | head -c 100000 >"$rootfs/tmp/big"
	echo "END" >>"$rootfs/tmp/big"
	edit '.process.args = ["/bin/cat", "/tmp/big"]'
	on_terminal pause 500 --
	says "exit 0" "mode same"
	[[ $screen == "$(<"$rootfs/tmp/big")" ]]
}

@test "output that cannot be written is told, with the reason; a reader who wants no more is told nothing" {
	needs caisson "its words"
	shell 'echo some words'
	call timeout 20 "$HELPERS/terminal" run -s 30x90 -o "$T/screen" -- sh -c 'exec "$@" >/dev/full' sh \
		"$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	contains "$(<"$T/screen")" "output of the container's terminal is lost: ENOSPC"
	nothing_left
	call timeout 20 "$HELPERS/terminal" run -s 30x90 -o "$T/screen" -- sh -c '"$@" | true' sh \
		"$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	lacks "$(<"$T/screen")" lost
	nothing_left
}

@test "a few bytes, then the end at once: the bytes and the code, 200 times" {
	local i
	for ((i = 0; i < 200 * TIMES; i++)); do
		((i % 50)) || shell "echo word $i; exit $((i / 50 % 200 + 3))"
		on_terminal --
		says "exit $((i / 50 % 200 + 3))" "mode same"
		is "$screen" "word $((i / 50 * 50))"
	done
}

@test "the code is the program's without a terminal, 200 times" {
	local i
	edit '.process.terminal = false'
	for ((i = 0; i < 200 * TIMES; i++)); do
		((i % 50)) || shell "echo word $i; exit $((i / 50 % 200 + 3))"
		call rt run --bundle "$bundle" "$id"
		exits $((i / 50 % 200 + 3))
		is "$out" "word $((i / 50 * 50))"
	done
}

@test "what others still write after the program's end is not waited for" {
	needs caisson "a peer without a pid namespace of its own kills or waits, each otherwise"
	edit '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.type != "proc"))'
	shell '(trap "" HUP; while echo more; do :; done) & sleep 0.3; exit 3'
	on_terminal expect more --
	says "exit 3" "mode same"
}

# ---- console socket ----

@test "the master of the terminal comes by one message, alone, and works" {
	shell 'tty; stty size; read -r word; echo "<$word>"; exit 3'
	receive expect /dev/pts/0 size 12x34 send 'one\r' expect '<one>'
	create --console-socket "$T/socket"
	ok
	wait_for 5 grep -q eof "$T/heard" # it was sent during create
	call rt start "$id"
	ok
	received
	says "fds 1" "eof 1" "end"
	contains "$out" "payload "
	wait_for 5 is_state stopped
}

@test "the runtime and a waiting init keep no end of the master: the receiver's is the only one" {
	receive size 10x10
	create --console-socket "$T/socket"
	ok
	local pid fd
	pid=$(pid_of)
	for fd in /proc/"$pid"/fd/*; do
		[[ $(readlink "$fd") != *ptmx* ]] || { complain "init has the master open: $fd"; return 1; }
	done
	[[ $(readlink "/proc/$pid/fd/0") == /dev/pts/0 || $(readlink "/proc/$pid/fd/0") == /0 ]]
	call rt delete --force "$id"
	ok
	received
	says "end"
}

@test "run --detach with a console socket: the program is on the terminal, run has returned" {
	shell 'tty; read -r word; echo "<$word>"; exit 3'
	receive send 'one\r' expect '<one>'
	call_create rt run --detach --bundle "$bundle" --console-socket "$T/socket" "$id"
	ok
	received
	says "fds 1" "end"
	shows /dev/pts/0
}

@test "a path of 107 bytes, and a longer one" {
	local socket
	socket=$T/$(printf '%0*d' $((107 - ${#T} - 1)) 0)
	is ${#socket} 107
	receive close
	create --console-socket "$socket"
	ok
	received
	call rt delete --force "$id"
	skip_on runc "107 is the most"
	local long=$T/$(printf '%0100d' 1)
	mkdir "$long"
	socket=$T/short
	receive close
	mv "$T/short" "$long/socket"
	create --console-socket "$long/socket"
	ok
	received
	call rt delete --force "$id"
	receive close
	mv "$T/short" "$long/socket"
	cd "$long"
	create --console-socket socket
	ok
	received
}

@test "what is not a console socket: an error with nothing made (C65)" {
	touch "$T/file"
	mkdir "$T/dir"
	mkfifo "$T/fifo"
	"$HELPERS/terminal" receive "$T/dead" -o "$T/screen" 3>&- 4>&- &
	local pid=$! path
	wait_for 5 test -S "$T/dead"
	kill -9 $pid
	for path in "$T/file" "$T/dir" "$T/fifo" "$T/dead" "$T/missing" "$T/missing/socket" "" "$T/$(printf '%0300d' 0)"; do
		create --console-socket "$path"
		fails
		[[ $(runtime_name) != caisson ]] || lacks "$err" "no such file or directory" # not the program: callers match these words
		nothing_left
		call rt run --detach --bundle "$bundle" --console-socket "$path" "$id"
		fails
		nothing_left
	done
}

@test "a listener that is deaf or has another kind of socket is an error in time, with nothing made (C65)" {
	needs caisson "a peer waits for ever"
	cat >"$T/deaf.py" <<-'PYTHON'
		import socket, sys, time
		kind = {"stream": socket.SOCK_STREAM, "datagram": socket.SOCK_DGRAM, "packets": socket.SOCK_SEQPACKET}[sys.argv[2]]
		listener = socket.socket(socket.AF_UNIX, kind)
		listener.bind(sys.argv[1])
		waiting = []
		if kind != socket.SOCK_DGRAM:
		    listener.listen(0)
		if kind == socket.SOCK_STREAM:
		    for _ in range(2):
		        one = socket.socket(socket.AF_UNIX, kind)
		        one.setblocking(False)
		        try:
		            one.connect(sys.argv[1])
		        except BlockingIOError:
		            pass
		        waiting.append(one)
		open(sys.argv[1] + ".ready", "w").close()
		time.sleep(1000)
	PYTHON
	local kind
	for kind in datagram packets stream; do
		python3 "$T/deaf.py" "$T/$kind" $kind 3>&- 4>&- &
		agents+=("$!")
		wait_for 5 test -e "$T/$kind.ready"
		LIMIT=20 create --console-socket "$T/$kind"
		fails
		nothing_left
	done
}

@test "a peer that never reads, or goes away at once: no terminal is left" {
	cat >"$T/peer.py" <<-'PYTHON'
		import socket, sys, time
		listener = socket.socket(socket.AF_UNIX)
		listener.bind(sys.argv[1])
		listener.listen(1)
		open(sys.argv[1] + ".ready", "w").close()
		peer = listener.accept()[0]
		if sys.argv[2] == "leave":
		    peer.close()
		time.sleep(1000)
	PYTHON
	local how
	for how in leave deaf; do
		python3 "$T/peer.py" "$T/$how" $how 3>&- 4>&- &
		agents+=("$!")
		local peer=$!
		wait_for 5 test -e "$T/$how.ready"
		LIMIT=20 create --console-socket "$T/$how"
		call rt delete --force "$id"
		ok
		kill $peer
		wait_for 5 no_pty_left
	done
}

@test "a create that fails after the terminal was made leaves none" {
	receive close
	edit '.process.args = ["/bin/missing"]'
	create --console-socket "$T/socket"
	fails "no such file or directory"
	nothing_left
	kill $receiver 2>/dev/null || true
	wait_for 5 no_pty_left
}

@test "detached with a terminal and no console socket: refused before any process exists" {
	create
	fails_any "cannot allocate tty if runc will detach without setting console socket" "use --console-socket with create when a terminal is used"
	nothing_left
	call rt run --detach --bundle "$bundle" "$id"
	fails_any "cannot allocate tty if runc will detach without setting console socket" "use --console-socket with run --detach when a terminal is used"
	nothing_left
}

@test "a console socket without a terminal, or in the foreground: refused" {
	skip_on crun "ignores it"
	receive close
	call rt run --bundle "$bundle" --console-socket "$T/socket" "$id"
	fails "cannot use console socket if runc will not detach or allocate tty"
	edit '.process.terminal = false'
	create --console-socket "$T/socket"
	fails "cannot use console socket if runc will not detach or allocate tty"
	kill $receiver
}
