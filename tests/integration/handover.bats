# What callers hand over and get handed: descriptors of socket activation, word of readiness, pidfds, pid files, exit codes (contract 7).
load lib.bash

# receiver ARG...: whoever listens, in the background; its words in $T/heard.
receiver() {
	"$HELPERS/receiver" "$@" >"$T/heard" 2>&1 </dev/null 3>&- 4>&- &
	agents+=("$!")
	wait_for 5 grep -q listening "$T/heard"
}
heard() { slurp "$T/heard" && has_line "$REPLY" "$1"; }
hears() { wait_for 5 heard "$1" || { cat "$T/heard"; return 1; }; }

# run_in_background OPTION...: run in the foreground of a process of its own, $runtime_pid; its code comes into $T/code.
run_in_background() {
	needs_containers
	: >"$T/box.out"
	rm -f "$T/code"
	{
		local ended=0
		"$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$@" "$id" >>"$T/box.out" 2>"$T/err" </dev/null 3>&- 4>&- &
		echo $! >"$T/runtime"
		wait $! || ended=$?
		echo "$ended" >"$T/code"
	} &
	wait_for 5 test -s "$T/runtime"
	runtime_pid=$(<"$T/runtime")
	rm "$T/runtime"
}
ended_with() {
	wait_for 10 test -s "$T/code" || { kill -9 "$runtime_pid"; return 1; }
	is "$(<"$T/code")" "$1" "exit code"
}

gone() { ! kill -0 "$1" 2>/dev/null; }
not_there() { [[ ! -e $1 ]]; }

# ---- LISTEN_FDS ----

@test "LISTEN_FDS: the descriptors, their number and LISTEN_PID=1 arrive" {
	edit '.process.env += ["LISTEN_FDS=9", "LISTEN_PID=77"]'
	args fds + env + drain 3 + drain 4
	call "$HELPERS/caller" pipe=first pipe=second leak=3 listen=2 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	ok
	says "drain 3 first" "drain 4 second" "env LISTEN_FDS=2" "env LISTEN_PID=1"
	is "$(awk '$1 == "fd" {print $2}' <<<"$out" | sort | xargs)" "0 1 2 3 4"
	skip_on runc "appends and leaves the old ones in"
	is "$(grep -c '^env LISTEN_' <<<"$out")" 2
}

@test "LISTEN_FDS and --preserve-fds: the preserved ones come after them" {
	args fds + env + drain 3 + drain 4
	call "$HELPERS/caller" pipe=first pipe=second leak=3 listen=1 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --preserve-fds 1 --bundle "$bundle" "$id"
	ok
	says "drain 3 first" "drain 4 second" "env LISTEN_FDS=1"
	is "$(awk '$1 == "fd" {print $2}' <<<"$out" | sort | xargs)" "0 1 2 3 4"
}

@test "LISTEN_FDS for another process is not ours" {
	args fds + env
	LISTEN_PID=1 call env LISTEN_FDS=1 "$HELPERS/caller" leak=2 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	ok
	is "$(awk '$1 == "fd" {print $2}' <<<"$out" | sort | xargs)" "0 1 2"
	lacks "$out" LISTEN_
}

@test "LISTEN_FDNAMES goes along with LISTEN_FDS, and only with it" {
	needs caisson "others drop it"
	args env
	LISTEN_FDNAMES=web:api call "$HELPERS/caller" pipe=a pipe=b listen=2 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	ok
	says "env LISTEN_FDNAMES=web:api"
	LISTEN_FDNAMES=web:api call rt run --bundle "$bundle" "$id"
	ok
	lacks "$out" LISTEN_
}

@test "LISTEN_FDS: create and start pass them on as run does" {
	args env + drain 3
	call_create "$HELPERS/caller" pipe=kept listen=1 -- "$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id"
	ok
	call rt start "$id"
	ok
	wait_for 5 is_state stopped
	out=$(box_output)
	says "drain 3 kept" "env LISTEN_FDS=1" "env LISTEN_PID=1"
}

@test "LISTEN_FDS: exec passes them on, too, but no variables: the program is not process 1" {
	skip_on runc "1.1 passes on those of LISTEN_FDS alone"
	start_probe wait
	call "$HELPERS/caller" pipe=first pipe=second leak=3 listen=1 -- "$RUNTIME" --root "$state" \
		exec --preserve-fds 1 "$id" /bin/probe fds + env + drain 3 + drain 4
	ok
	says "drain 3 first" "drain 4 second"
	lacks "$out" LISTEN_
	is "$(awk '$1 == "fd" {print $2}' <<<"$out" | sort | xargs)" "0 1 2 3 4"
	call "$HELPERS/caller" pipe=first listen=2 -- "$RUNTIME" --root "$state" exec "$id" /bin/probe true
	fails "LISTEN_FDS is 2, but descriptor 4 was not open"
}

@test "descriptors that are not open are refused before anything is made, counted after those of LISTEN_FDS" {
	args true
	code=0
	call "$HELPERS/caller" pipe=a pipe=b listen=1 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --preserve-fds 3 --bundle "$bundle" "$id"
	skip_on runc "1.1 hands out its own"
	fails "unable to stat preserved-fd 1 (of 3): "
	[[ ! -e $state ]]
	call "$HELPERS/caller" pipe=a listen=3 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	fails "LISTEN_FDS is 3, but descriptor 4 was not open"
	call rt run --preserve-fds 2147483647 --bundle "$bundle" "$id"
	fails "unable to stat preserved-fd 0 "
	nothing_left
}

# ---- NOTIFY_SOCKET ----

ready_box() { args notify READY=1 + wait; }

@test "NOTIFY_SOCKET: run -d comes back once the program is ready, and tells the manager READY, MAINPID, BARRIER" {
	skip_on runc "1.1 takes a message of one line alone"
	receiver datagram "$T/manager"
	args env + sleep 0.3 + notify "STATUS=starting|X_READY=1" "STATUS=up|READY=1|MAINPID=1" + wait
	NOTIFY_SOCKET=$T/manager call_create rt run -d --bundle "$bundle" "$id"
	ok
	is "$(state_of)" running
	hears "message 0 READY=1"
	hears "message 0 MAINPID=$(pid_of)"
	is "$(grep '^message' "$T/heard")" "message 0 READY=1
message 0 MAINPID=$(pid_of)
message 1 BARRIER=1"
	box_says "env NOTIFY_SOCKET=/run/notify/notify.sock"
}

@test "NOTIFY_SOCKET: run -d has waited for it, and for the barrier" {
	needs caisson "a pipe that the manager keeps"
	receiver datagram "$T/manager" hold
	args sleep 0.7 + notify READY=1 + wait
	local began=${EPOCHREALTIME/./}
	NOTIFY_SOCKET=$T/manager call_create rt run -d --bundle "$bundle" "$id"
	ok
	((${EPOCHREALTIME/./} - began > 1600000)) || { complain "run -d came back before the manager was done"; false; }
	heard released
}

@test "NOTIFY_SOCKET: create and start; the one that waits is start" {
	receiver datagram "$T/manager"
	ready_box
	NOTIFY_SOCKET=$T/manager create
	ok
	is "$(grep -c '^message' "$T/heard")" 0
	NOTIFY_SOCKET=$T/manager call rt start "$id"
	ok
	is "$out" ""
	hears "message 0 READY=1"
	hears "message 0 MAINPID=$(pid_of)"
	skip_on runc "1.1 has no barrier"
	hears "message 1 BARRIER=1"
}

@test "NOTIFY_SOCKET: in the foreground the runtime is the main process, and goes on to attend" {
	skip_on runc "1.1 forwards no signal meanwhile"
	receiver datagram "$T/manager"
	args notify READY=1 + trap 15 + wait
	NOTIFY_SOCKET=$T/manager run_in_background
	hears "message 0 READY=1"
	hears "message 0 MAINPID=$runtime_pid"
	wait_for 5 box_says ready
	kill -TERM "$runtime_pid"
	ended_with 115
	nothing_left
}

@test "NOTIFY_SOCKET: a program that says READY and ends at once is told of" {
	needs caisson "what it said before it ended is read"
	local how
	for how in "" -d; do
		receiver datagram "$T/manager$how"
		args notify READY=1 + exit 3
		NOTIFY_SOCKET=$T/manager$how call_create rt run $how --bundle "$bundle" "$id"
		exits "$([[ $how ]] && echo 0 || echo 3)"
		hears "message 0 READY=1"
		call rt delete --force "$id"
	done
}

@test "NOTIFY_SOCKET: a program that dies without a word ends the wait" {
	skip_on runc "1.1 waits for ever"
	receiver datagram "$T/manager"
	args sleep 0.3
	NOTIFY_SOCKET=$T/manager LIMIT=10 call_create rt run -d --bundle "$bundle" "$id"
	ok
	is "$(grep -c '^message' "$T/heard")" 0
	wait_for 5 is_state stopped
}

@test "NOTIFY_SOCKET: a container killed or deleted from elsewhere ends the wait of start" {
	receiver datagram "$T/manager"
	args wait
	NOTIFY_SOCKET=$T/manager create
	ok
	NOTIFY_SOCKET=$T/manager rt start "$id" >/dev/null 2>&1 3>&- &
	local starting=$!
	wait_for 5 is_state running
	sleep 0.3
	kill -0 "$starting"
	call rt delete --force "$id"
	ok
	wait "$starting"
	nothing_left
}

@test "NOTIFY_SOCKET: a container that talks without end keeps nobody from ending" {
	needs caisson "a wait that a signal ends"
	receiver datagram "$T/manager"
	args chatter + trap 15 + wait
	NOTIFY_SOCKET=$T/manager run_in_background
	wait_for 5 box_says ready
	kill -TERM "$runtime_pid"
	ended_with 115
	is "$(grep -c '^message' "$T/heard")" 0
	args chatter + wait
	NOTIFY_SOCKET=$T/manager run_in_background -d
	wait_for 5 is_state running
	kill -TERM "$runtime_pid"
	ended_with 1
	contains "$(<"$T/err")" "interrupted by signal 15"
	nothing_left
}

@test "NOTIFY_SOCKET: a manager that never lets the barrier go is not waited for in vain by the container" {
	skip_on runc "1.1 has no barrier"
	receiver datagram "$T/manager" hold
	ready_box
	NOTIFY_SOCKET=$T/manager create
	ok
	NOTIFY_SOCKET=$T/manager rt start "$id" >/dev/null 2>&1 3>&- &
	local starting=$!
	hears "message 1 BARRIER=1"
	call rt state "$id"
	ok
	contains "$out" running
	wait "$starting"
}

@test "NOTIFY_SOCKET: works with a user namespace, a read-only root, a user that is not root" {
	skip_on runc "1.1 cannot make the mount point"
	receiver datagram "$T/manager"
	edit '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}]
		| .linux.gidMappings = .linux.uidMappings | .root.readonly = true | .process.user = {"uid":1000,"gid":1000}'
	chmod 755 "$T" "$bundle"
	chown -R 100000:100000 "$rootfs"
	args notify READY=1 + mkdir /run/notify/x + unlink /run/notify/notify.sock + mounts + wait
	NOTIFY_SOCKET=$T/manager call_create rt run -d --bundle "$bundle" "$id"
	ok
	hears "message 0 READY=1"
	wait_for 5 grep -q "^mount /run/notify" "$T/box.out"
	out=$(box_output)
	says "notify ok" "mkdir /run/notify/x EROFS" "unlink /run/notify/notify.sock EROFS"
	has_option /run/notify ro
	has_option /run/notify nosuid
	has_option /run/notify noexec
}

@test "NOTIFY_SOCKET: abstract names, and paths longer than a socket's address" {
	needs caisson "long paths"
	local deep
	receiver datagram "@caisson-test-$id"
	ready_box
	NOTIFY_SOCKET=@caisson-test-$id call_create rt run -d --bundle "$bundle" "$id"
	ok
	hears "message 0 READY=1"
	call rt delete --force "$id"
	ok
	deep=$T/$(printf 'd%.0s' {1..100})/$(printf 'e%.0s' {1..100})
	mkdir -p "$deep/bundle"
	receiver datagram "$deep/manager"
	cp -a "$bundle/." "$deep/bundle/"
	NOTIFY_SOCKET=$deep/manager call_create timeout 20 "$RUNTIME" --root "$deep/state" "${owner_option[@]}" run -d --bundle "$deep/bundle" "$id"
	ok
	hears "message 0 READY=1"
	call "$RUNTIME" --root "$deep/state" delete --force "$id"
	ok
	is "$(ls -A "$deep/state")" ""
}

@test "NOTIFY_SOCKET: one that cannot be used is a warning, and nobody waits" {
	needs caisson "others fail at one place or another"
	local bad
	ready_box
	for bad in relative "$T/nobody" vsock:2:1 @ /; do
		NOTIFY_SOCKET=$bad call_create rt run -d --bundle "$bundle" "$id"
		ok
		contains "$err" warning
		contains "$err" NOTIFY_SOCKET
		call rt delete --force "$id"
		ok
	done
	NOTIFY_SOCKET='' call_create rt run -d --bundle "$bundle" "$id"
	ok
	is "$err" ""
}

@test "NOTIFY_SOCKET: without it the container has neither the variable nor the directory" {
	args env + stat /run/notify
	call rt run --bundle "$bundle" "$id"
	ok
	lacks "$out" NOTIFY_SOCKET
	says "stat /run/notify ENOENT"
}

@test "NOTIFY_SOCKET: a container that is mighty cannot lead us out of its directory" {
	needs caisson "how the socket is made"
	make_canary
	receiver datagram "$T/manager"
	args wait
	NOTIFY_SOCKET=$T/manager create
	ok
	ln -s "$canary/file" "$state/$id/notify/notify.sock"
	NOTIFY_SOCKET=$T/manager "$RUNTIME" --root "$state" "${owner_option[@]}" start "$id" >/dev/null 2>&1 </dev/null 3>&- &
	local starting=$!
	agents+=("$starting")
	wait_for 5 eval '[[ -S $state/$id/notify/notify.sock && ! -L $state/$id/notify/notify.sock ]]'
	kill "$starting"
	wait "$starting" || true
	canary_unharmed
}

@test "NOTIFY_SOCKET: descriptors that nobody can close at once hold up neither the end of the container nor a signal" {
	needs caisson "who closes what a container sends"
	local how pid
	receiver datagram "$T/manager"
	edit '.linux.namespaces -= [{"type":"network"}]'
	for how in "exit 7" "trap 15 + wait"; do
		args sleep 3 + linger + $how
		NOTIFY_SOCKET=$T/manager run_in_background
		wait_for 5 is_state running
		# Until the box has closed its own ends nobody may take the messages, or the box would be the last to close them.
		local stopped=("$runtime_pid" $(pgrep -x -P "$runtime_pid" caisson || true))
		for pid in "${stopped[@]}"; do kill -STOP "$pid"; done
		wait_for 5 box_says lingering
		sleep 0.3
		for pid in "${stopped[@]}"; do kill -CONT "$pid"; done
		is "$(grep -c '^linger ok' "$T/box.out")" 2
		if [[ $how == trap* ]]; then
			sleep 0.3
			kill -TERM "$runtime_pid"
			ended_with 115
		else
			ended_with 7
		fi
		nothing_left
	done
}

@test "NOTIFY_SOCKET: start, too, outlives such descriptors" {
	needs caisson "who closes what a container sends"
	local stopped pid
	receiver datagram "$T/manager"
	edit '.linux.namespaces -= [{"type":"network"}]'
	args sleep 3 + linger + exit 0
	NOTIFY_SOCKET=$T/manager create
	ok
	NOTIFY_SOCKET=$T/manager "$RUNTIME" --root "$state" start "$id" >/dev/null 2>&1 3>&- &
	local starting=$!
	agents+=("$starting")
	wait_for 5 is_state running
	stopped=("$starting" $(pgrep -x -P "$starting" caisson || true))
	for pid in "${stopped[@]}"; do kill -STOP "$pid"; done
	wait_for 5 box_says lingering
	sleep 0.3
	for pid in "${stopped[@]}"; do kill -CONT "$pid"; done
	wait_for 10 gone "$starting"
	wait "$starting"
	call rt delete "$id"
	ok
	nothing_left
}

@test "NOTIFY_SOCKET: an abstract manager whose queue is full is a warning" {
	needs caisson "a limit for sending"
	receiver datagram "@caisson-test-$id" full
	wait_for 5 grep -q full "$T/heard"
	ready_box
	NOTIFY_SOCKET=@caisson-test-$id LIMIT=25 call_create rt run -d --bundle "$bundle" "$id"
	ok
	contains "$err" "cannot tell the service manager"
	is "$(state_of)" running
}

@test "NOTIFY_SOCKET: while the barrier is waited for the container is gone, and a signal ends the wait" {
	needs caisson "the order at the end"
	receiver datagram "$T/manager" keep
	args notify READY=1 + exit 5
	NOTIFY_SOCKET=$T/manager run_in_background
	hears "message 1 BARRIER=1"
	wait_for 5 not_there "$state/$id"
	kill -0 "$runtime_pid"
	kill -TERM "$runtime_pid"
	ended_with 5
	nothing_left
}

@test "NOTIFY_SOCKET: a signal ends the wait of run -d for the barrier, and the program has been started" {
	needs caisson "a wait that a signal ends"
	receiver datagram "$T/manager" keep
	ready_box
	NOTIFY_SOCKET=$T/manager run_in_background -d
	hears "message 1 BARRIER=1"
	sleep 0.3
	kill -TERM "$runtime_pid"
	ended_with 0
	is "$(state_of)" running
}

@test "NOTIFY_SOCKET: who listens for the word has nothing else open, and is gone once it has come" {
	needs caisson "a process of its own"
	receiver datagram "$T/manager"
	edit '.process.args = ["/bin/sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.05; done; exec probe notify READY=1 + trap 15 + wait"]'
	NOTIFY_SOCKET=$T/manager run_in_background
	wait_for 5 is_state running
	local listener
	listener=$(pgrep -x -P "$runtime_pid" caisson)
	is "$(find "/proc/$listener/fd" -mindepth 1 | wc -l)" 3
	touch "$rootfs/tmp/go"
	hears "message 0 READY=1"
	wait_for 5 not_there "/proc/$listener"
	kill -TERM "$runtime_pid"
	ended_with 115
}

# ---- --pidfd-socket ----

@test "--pidfd-socket: create sends init's pidfd, and only that" {
	skip_on runc "1.2 and newer have it"
	skip_on crun "an annotation there"
	receiver stream "$T/receiver"
	args wait
	create --pidfd-socket "$T/receiver"
	ok
	hears closed
	is "$(<"$T/heard")" "listening
message 1 standard
pidfd $(pid_of)
closed"
}

@test "--pidfd-socket: run sends it too, also where init is born twice" {
	skip_on runc "1.2 and newer have it"
	skip_on crun "an annotation there"
	local other
	receiver stream "$T/receiver"
	args ids
	call rt run --pidfd-socket "$T/receiver" --bundle "$bundle" "$id"
	ok
	hears closed
	hears "message 1 standard"
	unshare --fork --pid sleep 60 </dev/null >/dev/null 2>&1 3>&- &
	agents+=("$!")
	wait_for 5 pgrep -P "$!" sleep
	other=$(pgrep -P "$!" sleep)
	agents+=("$other")
	edit '.linux.namespaces |= map(if .type == "pid" then .path = $p else . end)' --arg p "/proc/$other/ns/pid"
	receiver stream "$T/receiver2"
	args wait
	create --pidfd-socket "$T/receiver2"
	ok
	hears closed
	hears "pidfd $(pid_of)"
}

@test "--pidfd-socket: a listener that is late, and a path longer than a socket's address" {
	needs caisson "long paths"
	local deep=$T/$(printf 'd%.0s' {1..120})
	mkdir "$deep"
	receiver stream "$deep/receiver" late
	args wait
	create --pidfd-socket "$deep/receiver"
	ok
	hears "pidfd $(pid_of)"
}

@test "--pidfd-socket: nobody there, no socket, a datagram socket: refused before anything is made" {
	skip_on runc "1.2 and newer have it"
	skip_on crun "an annotation there"
	args wait
	touch "$T/file"
	mkdir "$T/directory"
	receiver datagram "$T/datagram"
	local path
	for path in "$T/missing" "$T/file" "$T/directory" "$T/datagram" ""; do
		create --pidfd-socket="$path"
		[[ -n $path ]] || continue
		fails
		lacks "$err" "no such file or directory"
		nothing_left
	done
}

# ---- --pid-file ----

@test "--pid-file: decimal digits, no newline, there when create returns" {
	args wait
	create --pid-file "$T/pid"
	ok
	is "$(od -An -c "$T/pid" | tr -d ' \n')" "$(pid_of)"
	is "$(stat -c %a "$T/pid")" 644
}

@test "--pid-file: relative to the caller's directory, not to the bundle" {
	args wait
	mkdir "$T/here"
	cd "$T/here"
	create --pid-file pid
	ok
	is "$(<"$T/here/pid")" "$(pid_of)"
	[[ ! -e $bundle/pid ]]
}

@test "--pid-file: an old one is replaced whole" {
	args wait
	printf 'something longer than a pid\n' >"$T/pid"
	create --pid-file "$T/pid"
	ok
	is "$(<"$T/pid")" "$(pid_of)"
}

@test "C64: a pid file that is a link is not followed" {
	make_canary
	args wait
	ln -s "$canary/file" "$T/pid"
	create --pid-file "$T/pid"
	ok
	is "$(<"$T/pid")" "$(pid_of)"
	[[ ! -L $T/pid ]]
	canary_unharmed
}

@test "C64: a pid file in a directory that is missing, that is a directory, or on a full disk: the create is undone" {
	args wait
	mkdir "$T/directory" "$T/full"
	host_mount -t tmpfs -o size=4k,nr_inodes=2 none "$T/full"
	touch "$T/full/taken"
	local path
	for path in "$T/missing/pid" "$T/directory" "$T/full/pid"; do
		create --pid-file "$path"
		fails
		skip_on runc "leaves out the path"
		contains "$err" "'$path'"
		[[ ! -e $state/$id ]]
		is "$(left_processes)" ""
	done
	is "$(ls -A "$T/full" "$T/directory" | xargs)" "$T/directory: $T/full: taken"
}

@test "a refused create leaves no pid file" {
	edit '.process.args = ["/nothing"]'
	create --pid-file "$T/pid"
	fails
	[[ ! -e $T/pid ]]
}

# ---- run: detach, keep, signals, codes, orphans ----

@test "run --detach leaves a running container behind, with its own standard descriptors" {
	args echo hello + wait
	call_create rt run --detach --pid-file "$T/pid" --bundle "$bundle" "$id"
	ok
	is "$(state_of)" running
	is "$(<"$T/pid")" "$(pid_of)"
	wait_for 5 box_says hello
}

@test "run --keep leaves a stopped container, which delete removes" {
	probe exit 7
	exits 7
	nothing_left
	args exit 7
	call rt run --keep --bundle "$bundle" "$id"
	exits 7
	is "$(state_of)" stopped
	is "$(pid_of)" 0
	call rt delete "$id"
	ok
	nothing_left
}

@test "run --keep: what could not be executed is not kept" {
	skip_on runc "keeps it"
	edit '.process.args = ["/nothing"]'
	call rt run --keep --bundle "$bundle" "$id"
	fails
	nothing_left
}

@test "exit codes: the program's, and 128 and the signal that killed it" {
	local number
	for number in 0 1 2 42 126 127 128 255; do
		probe exit "$number"
		exits "$number"
	done
	edit '.linux.namespaces -= [{"type":"pid"}]'
	for number in 1 2 6 9 11 15; do
		probe raise "$number"
		exits $((128 + number))
	done
}

@test "run in the foreground forwards signals: those that ask to end, and those of users" {
	local number
	args trap 1 2 3 10 12 14 15 20 40 64 + wait
	for number in 1 2 3 10 12 14 15 20 40 64; do
		run_in_background
		wait_for 5 box_says ready
		kill "-$number" "$runtime_pid"
		ended_with $((100 + number))
	done
	nothing_left
}

# libc may want it for itself, and the probe cannot catch it; it is no reason to end for the runtime.
@test "run in the foreground survives the first real-time signal" {
	skip_on runc "it dies of it"
	args trap 15 + wait
	run_in_background
	wait_for 5 box_says ready
	kill -34 "$runtime_pid"
	sleep 0.2
	kill -15 "$runtime_pid"
	ended_with 115
	nothing_left
}

@test "run in the foreground does not forward what is its own: SIGCHLD, SIGURG, SIGPIPE" {
	skip_on runc "forwards SIGPIPE"
	args trap 13 15 17 23 + wait
	run_in_background
	wait_for 5 box_says ready
	kill -CHLD "$runtime_pid"
	kill -URG "$runtime_pid"
	kill -PIPE "$runtime_pid"
	sleep 0.3
	is "$(state_of)" running
	kill -TERM "$runtime_pid"
	ended_with 115
}

@test "run adopts and reaps the container's orphans, and returns when init ends" {
	edit '.linux.namespaces -= [{"type":"pid"}]'
	edit '.process.args = ["/bin/sh", "-c", "(sleep 0.4 &) ; (sleep 60 &) ; sleep 3"]'
	run_in_background
	wait_for 5 pgrep -P "$runtime_pid" -x -f "sleep 60"
	sleep 0.7
	is "$(ps -o stat= --ppid "$runtime_pid" | grep -c Z || true)" 0 "zombies"
	ended_with 0
	nothing_left
}

@test "run --no-subreaper leaves orphans to others" {
	edit '.linux.namespaces -= [{"type":"pid"}]'
	edit '.process.args = ["/bin/sh", "-c", "(sleep 60 &) ; sleep 3"]'
	run_in_background --no-subreaper
	wait_for 5 pgrep -x -f "sleep 60"
	sleep 0.2
	is "$(pgrep -P "$runtime_pid" -x -f "sleep 60" | wc -l)" 0
	ended_with 0
	nothing_left
}

@test "create and run -d do not become subreapers of what they start" {
	args wait
	call_create "$HELPERS/caller" ignore=17 -- "$RUNTIME" --root "$state" "${owner_option[@]}" run -d --bundle "$bundle" "$id"
	ok
	is "$(state_of)" running
	differs "$(awk '{print $4}' "/proc/$(pid_of)/stat")" "$$"
}
