# The life of a container, disturbed (security cases C73 to C87): what tests/integration does not try.
load lib.bash

# milliseconds COMMAND...: how long a call takes, in $took: the best of up to twenty, since others use the machine, too; once it is less
# than 100 ms it is not tried again.
milliseconds() {
	local begin now i until=$((SECONDS + 30 * SLOW))
	took=999999
	for ((i = 0; i < 20 && took >= 100 * SLOW && SECONDS < until; i++)); do
		begin=${EPOCHREALTIME/./}
		call "$@"
		now=$(((${EPOCHREALTIME/./} - begin) / 1000))
		((now >= took)) || took=$now
	done
}

@test "C73: start of what is stopped, running, or killed while it was created: an error in less than 100 ms" {
	start_probe wait
	milliseconds rt start "$id"
	fails "cannot start"
	((took < 100 * SLOW)) || { complain "running: $took ms"; return 1; }
	kill_init
	wait_for 5 is_state stopped
	milliseconds rt start "$id"
	fails "stopped"
	((took < 100 * SLOW)) || { complain "stopped: $took ms"; return 1; }
	call rt delete "$id"
	create
	ok
	kill_init
	wait_for 5 is_state stopped
	milliseconds rt start "$id"
	fails
	((took < 100 * SLOW)) || { complain "killed while created: $took ms"; return 1; }
}

@test "C74: killed for lack of memory between create and start: stopped, deleted, poststop once" {
	local dir pid
	edit '.hooks.poststop = [{"path": "/bin/sh", "args": ["sh", "-c", "echo once >>\($t)/poststop"]}] | .linux.resources.memory = {"limit": 33554432}' --arg t "$T"
	args wait
	create
	ok
	# Others in its cgroup want too much, each of them less than what makes init the one that the kernel would rather do without.
	pid=$(pid_of)
	echo 1000 >"/proc/$pid/oom_score_adj"
	dir=$(cgroup_dir memory)
	(
		echo "$BASHPID" >"$dir/cgroup.procs"
		for _ in 1 2 3 4; do "$HELPERS/probe" allocate 12000000 + sleep 5 & done
		wait
	) >/dev/null 2>&1 </dev/null 3>&- 4>&- &
	agents+=("$!")
	wait_for 5 is_state stopped
	[[ $(runtime_name) != caisson ]] || is "$(rt state "$id" | jq .oomKilled)" true "oomKilled"
	(($(cgroup_value memory memory.events memory.oom_control | awk '$1 == "oom_kill" { print $2 }') >= 1)) || { complain "the kernel has killed nobody"; return 1; }
	LIMIT=5 call rt start "$id"
	fails
	for pid in $(<"$dir/cgroup.procs"); do kill -9 "$pid" 2>/dev/null || true; done
	call rt delete "$id"
	ok
	is "$(<"$T/poststop")" once
	nothing_left
}

@test "C75: programs that end at once, by run and exec, with and without a terminal: code and output, time and again" {
	local times i
	times=$(long 20 5000)
	args echo brief + exit 9
	for ((i = 0; i < times; i++)); do
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		[[ $code == 9 && $out == brief ]] || { complain "run, round $i"; return 1; }
	done
	args wait
	create
	ok
	call rt start "$id"
	for ((i = 0; i < times; i++)); do
		LIMIT=10 call rt exec "$id" /bin/probe echo brief + exit 9
		[[ $code == 9 && $out == brief ]] || { complain "exec, round $i"; return 1; }
		LIMIT=10 call timeout 10 "$HELPERS/terminal" run -s 30x90 -o "$T/screen" -- \
			"$RUNTIME" --root "$state" "${owner_option[@]}" exec --tty "$id" /bin/probe echo brief + exit 9
		[[ $code == 0 && $out == *"exit 9"* && $(tr -d '\r' <"$T/screen") == brief ]] || { complain "exec --tty, round $i: $(<"$T/screen")"; return 1; }
	done
	call rt delete --force "$id"
	edit '.process.terminal = true | .process.args = ["/bin/probe", "echo", "brief", "+", "exit", "9"]'
	for ((i = 0; i < times; i++)); do
		LIMIT=10 call timeout 10 "$HELPERS/terminal" run -s 30x90 -o "$T/screen" -- "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
		[[ $code == 0 && $out == *"exit 9"* && $(tr -d '\r' <"$T/screen") == brief ]] || { complain "run on a terminal, round $i: $(<"$T/screen")"; return 1; }
	done
}

@test "C79: delete --force of 20,000 processes without a limit" {
	[[ -n $LONG ]] || skip "with LONG=1"
	(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) > 6000000)) || skip "needs 6 GB of memory"
	start_probe forks 20000 stay + wait
	LIMIT=300 wait_for 300 box_says "forks 20000 ok"
	local begin=${EPOCHREALTIME/./}
	LIMIT=60 call rt delete --force "$id"
	ok
	echo "# C79: 20,000 processes gone after $(((${EPOCHREALTIME/./} - begin) / 1000)) ms" >&3
	nothing_left
}

# Calls that make a descriptor, as the system has them answer when its own table is full.
made_nth() { # CALL N COMMAND...
	local name=$1 n=$2
	shift 2
	call_create timeout -k 1 "$((10 * SLOW))" strace -qq -o "$T/strace" -e trace="$name" -e signal=none -e inject="$name:error=ENFILE:when=$n" \
		"$RUNTIME" --root "$state" "${owner_option[@]}" "$@"
	[[ $code != 124 && $code != 137 ]] || { complain "hung or died: $* with $name $n"; return 1; }
}
@test "C92: no file is left to the whole system (ENFILE), once, at any call that makes a descriptor: create, start, exec, delete do it, or say so, clean" {
	needs caisson "others leave something"
	command -v strace >/dev/null || skip "no strace"
	local command name n hits refusals
	mkdir -p -m 0700 "$state"
	args wait
	for command in create start exec "delete --force"; do
		hits=0 refusals=0
		for name in openat openat2 socket socketpair pipe2 memfd_create clone3 open_tree fsopen fsmount pidfd_open signalfd4 epoll_create1 dup; do
			for ((n = 1; n <= $(long 2 80); n++)); do
				[[ $command == create ]] || { create; ok; }
				[[ $command != exec ]] || { call rt start "$id"; ok; }
				case $command in
				create) made_nth $name $n create --bundle "$bundle" "$id" ;;
				exec) made_nth $name $n exec "$id" /bin/true ;;
				*) made_nth $name $n $command "$id" ;;
				esac
				if [[ $code != 0 ]]; then
					fails "too many open files"
					refusals=$((refusals + 1))
					[[ $command != create ]] || nothing_left
					[[ $command != exec || $(state_of) == running ]] || { complain "after exec, $name $n: $(state_of)"; return 1; }
				fi
				call rt list
				ok
				call rt delete --force "$id"
				ok
				nothing_left
				grep -q INJECTED "$T/strace" || break
				hits=$((hits + 1))
			done
		done
		echo "# C92: $command: ENFILE at $hits points, refused at $refusals" >&3
		((hits >= 3 && refusals)) || { complain "$command has met ENFILE at $hits points, and told it at $refusals"; return 1; }
	done
}

@test "C93: state roots of a few kilobytes: a container, or refused clean" {
	needs caisson "others leave something"
	local size made=0 refusals=0
	args wait
	# A disk that is full at any point of what create writes.
	for size in nr_inodes=2 nr_inodes=3 nr_inodes=4 nr_inodes=5 nr_inodes=6 nr_inodes=8 size=4k size=8k size=12k size=16k size=32k size=64k; do
		mkdir -p "$T/small"
		host_mount -t tmpfs -o "mode=700,$size" small "$T/small"
		LIMIT=10 call_create timeout -k 1 10 "$RUNTIME" --root "$T/small" "${owner_option[@]}" create --bundle "$bundle" "$id"
		if [[ $code == 0 ]]; then
			made=$((made + 1))
		else
			refusals=$((refusals + 1))
			fails
			is "$(ls -A "$T/small")" "" "left with $size"
		fi
		timeout 10 "$RUNTIME" --root "$T/small" "${owner_option[@]}" delete --force "$id"
		is "$(ls -A "$T/small")" "" "left with $size"
		umount "$T/small"
		host_mounts=()
		nothing_left
	done
	((made && refusals)) || { complain "$made made, $refusals refused"; return 1; }
}

# The directory that the cgroups of CONTROLLER are made in, of whichever hierarchy it has; nothing if it has none.
hierarchy_of() {
	if [[ -d /sys/fs/cgroup/$1 ]]; then
		echo "/sys/fs/cgroup/$1"
	elif unified && grep -qw "$1" /sys/fs/cgroup/cgroup.subtree_control; then
		echo /sys/fs/cgroup
	fi
}

@test "C93: a cgroup that may have none below: refused clean" {
	needs caisson "others leave something"
	owned_by cgroupfs "systemd makes none in a cgroup that is not its own"
	local where=/sys/fs/cgroup/unified dir
	! unified || where=/sys/fs/cgroup
	mkdir "$where/$id-above" 2>/dev/null || skip "no unified hierarchy"
	if [[ ! -e $where/$id-above/cgroup.max.descendants ]]; then
		rmdir "$where/$id-above"
		skip "no cgroup.max.descendants"
	fi
	args wait
	cp "$bundle/config.json" "$T/plain.json"
	edit '.linux.cgroupsPath = $p' --arg p "/$id-above/$id"
	# With room for it there is a container.
	create
	ok
	call rt delete --force "$id"
	ok
	# What is above it stays, in all hierarchies.
	for dir in /sys/fs/cgroup/*/"$id-above"; do [[ ! -d $dir || $dir -ef $where/$id-above ]] || rmdir "$dir"; done
	echo 0 >"$where/$id-above/cgroup.max.descendants"
	create
	fails cgroup
	cp "$T/plain.json" "$bundle/config.json"
	rmdir "$where/$id-above"
	nothing_left
}

@test "C93: a caller who may have few processes: a container, or refused clean" {
	needs caisson "others leave something"
	local most where made=0 refusals=0
	where=$(hierarchy_of pids)
	[[ -n $where ]] || skip "no cgroups that limit the number of processes"
	args wait
	mkdir "$where/$id-caller"
	# What it may not make it says.
	for most in 0 1 2 3 4 5 20; do
		echo "$most" >"$where/$id-caller/pids.max"
		LIMIT=10 call_create timeout -k 1 10 sh -c 'echo 0 >"$1" && shift && exec "$@"' sh "$where/$id-caller/cgroup.procs" \
			"$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id"
		if [[ $code == 0 ]]; then
			made=$((made + 1))
		else
			refusals=$((refusals + 1))
			fails
			[[ ! -e $state/$id ]]
		fi
		call rt delete --force "$id"
		ok
	done
	wait_for 3 rmdir "$where/$id-caller"
	nothing_left
	((made && refusals)) || { complain "$made made, $refusals refused"; return 1; }
}

zombie_counts_as_stopped() { # PID
	grep -q '^State:.*Z' "/proc/$1/status"
	call rt list
	ok
	contains "$out" stopped
	LIMIT=5 call rt kill "$id" KILL
	fails
}

@test "C76: a program that is a zombie because its parent is stopped: stopped, and deleted" {
	local runner pid
	shell 'while [ ! -e /over ]; do sleep 0.05; done; exit 3'
	"$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null 3>&- &
	runner=$!
	agents+=("$runner")
	wait_for 5 is_state running
	pid=$(pid_of)
	kill -STOP $runner
	touch "$rootfs/over"
	wait_for 5 is_state stopped
	# The zombie is still there: nobody has waited for it.
	zombie_counts_as_stopped "$pid"
	LIMIT=10 call rt delete --force "$id"
	ok
	grep -q '^State:.*Z' "/proc/$pid/status"
	kill -CONT $runner
	wait $runner || true
	nothing_left
}

@test "C76: a program that is a zombie because its tracer does not wait for it: stopped, and deleted" {
	local pid tracer
	start_probe wait
	pid=$(pid_of)
	# 0x4206 is PTRACE_SEIZE; the kernel keeps for its tracer whoever ends, though the parent has waited.
	python3 - "$pid" >"$T/tracer" 2>&1 3>&- 4>&- <<-'PYTHON' &
		import ctypes, sys, time
		libc = ctypes.CDLL(None, use_errno=True)
		if libc.ptrace(0x4206, int(sys.argv[1]), 0, 0):
		    sys.exit("cannot trace: %d" % ctypes.get_errno())
		print("traced", flush=True)
		time.sleep(600)
	PYTHON
	tracer=$!
	agents+=("$tracer")
	wait_for 10 grep -q traced "$T/tracer"
	kill -9 "$pid"
	wait_for 5 is_state stopped
	zombie_counts_as_stopped "$pid"
	LIMIT=10 call rt delete "$id"
	ok
	[[ ! -e $state/$id ]]
	grep -q '^State:.*Z' "/proc/$pid/status"
	kill "$tracer"
	wait "$tracer" || true
	nothing_left
}

# The next process here has this number.
next_pid() { echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid; }

@test "C77: the number of a dead init given to another process: that one is never touched, nor taken for the container" {
	local pid other command round
	[[ -w /proc/sys/kernel/ns_last_pid ]] || skip "no ns_last_pid"
	for round in created running; do
		args wait
		create
		ok
		[[ $round == created ]] || { call rt start "$id"; ok; }
		pid=$(pid_of)
		kill -9 "$pid"
		wait_for 5 test ! -d "/proc/$pid"
		other=
		for _ in {1..50}; do
			next_pid "$pid"
			sleep 300 </dev/null >/dev/null 2>&1 3>&- &
			other=$!
			[[ $other != "$pid" ]] || break
			kill $other
		done
		[[ $other == "$pid" ]] || skip "somebody else always has the number"
		agents+=("$other")
		is "$(state_of)" stopped
		for command in "kill $id KILL" "kill --all $id KILL" "start $id" "pause $id" "exec $id /bin/true" "ps $id" "update --pids-limit 9 $id" "delete $id" "delete --force $id"; do
			LIMIT=5 call rt $command
			[[ $code != 124 ]] || { complain "hung: $command"; return 1; }
			kill -0 "$other" || { complain "killed by: $command"; return 1; }
			[[ $(awk '/^State/ { print $2 }' "/proc/$other/status") != [tT] ]] || { complain "stopped by: $command"; return 1; }
		done
		kill $other
		wait $other 2>/dev/null || true
		nothing_left
	done
}

@test "C80: commands killed while a container is frozen leave none that cannot be resumed or deleted" {
	needs caisson "others leave it frozen"
	command -v strace >/dev/null || skip "no strace"
	local command call_name n step hits struck paused=0
	step=$(long 9 1)
	start_probe forks 3 stay + wait
	wait_for 5 box_says "forks 3 ok"
	for command in pause "kill --all $id STOP" "exec $id /bin/true" "update --pids-limit 100"; do
		hits=0
		for call_name in write openat close; do
			for ((n = 1; n < 60; n += step)); do
				[[ $command == *"$id"* ]] && words=($command) || words=($command "$id")
				code=0
				{ timeout -k 1 10 strace -qq -o /dev/null -e trace=$call_name -e signal=none -e inject=$call_name:signal=KILL:when=$n \
					"$RUNTIME" --root "$state" "${owner_option[@]}" "${words[@]}" >/dev/null 2>&1 </dev/null 3>&- || code=$?; } 2>/dev/null
				[[ $code != 124 ]] || { complain "hung: $command, $call_name $n"; return 1; }
				[[ $(state_of) == @(running|paused) ]] || { complain "state after $command, $call_name $n: $(state_of)"; return 1; }
				struck=$code
				[[ $(state_of) == running ]] || { paused=$((paused + 1)); call rt resume "$id"; ok; }
				is "$(state_of)" running
				[[ $struck == 137 ]] || break
				hits=$((hits + 1))
			done
		done
		((hits >= 3)) || { complain "only $hits kills have met: $command"; return 1; }
	done
	((paused)) || { complain "none was killed while it was frozen"; return 1; }
	LIMIT=5 call rt delete --force "$id"
	ok
	nothing_left
}

@test "C81: cgroups below the container's: deep, many, of odd names, populated: all are removed" {
	local dir deep name i
	start_probe forks 20 stay + wait
	wait_for 5 box_says "forks 20 ok"
	for dir in $(left_cgroups); do
		deep=$dir
		for ((i = 0; i < $(long 50 50); i++)); do deep+=/d; done
		mkdir -p "$deep"
		for name in ..x ... $'new\nline' '*' ' ' -rf $'\xff' "$(printf 'n%.0s' {1..200})"; do mkdir "$dir/$name" 2>/dev/null || true; done
	done
	dir=$(cgroup_dir pids)
	(cd "$dir" && seq -f 'w%g' "$(long 100 5000)" | xargs mkdir)
	# Those in them: one in the deepest, one in one of the many.
	mapfile -t pids <"$dir/cgroup.procs"
	deep=$dir
	for ((i = 0; i < 50; i++)); do deep+=/d; done
	echo "${pids[1]}" >"$deep/cgroup.procs"
	echo "${pids[2]}" >"$dir/w7/cgroup.procs"
	echo "${pids[3]}" >"$dir/..x/cgroup.procs"
	LIMIT=$(long 20 60) call rt delete --force "$id"
	ok
	nothing_left
}

@test "C83: exec where a mount covers /, and where /proc is gone, covered or fake: the root is the container's, and it is confined" {
	skip_on runc "1.1 wants a /proc"
	edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77}]}'
	edit '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
	local script worked=0
	for script in \
		'busybox mount -t tmpfs over /' \
		'busybox mount -t tmpfs over /; busybox mount -t tmpfs twice /' \
		'busybox umount -l /proc' \
		'busybox mount -t tmpfs none /proc; mkdir -p /proc/self/attr /proc/self/fd /proc/thread-self/attr; echo fake >/proc/self/status' \
		'busybox mount --bind /etc /proc' \
		'busybox mount --bind /proc/1/sched /proc/self/attr; busybox mount --bind /proc/sys/kernel/hostname /proc/1/status' \
		'busybox umount -l /dev/pts /dev/shm /dev; rm -rf /dev' \
		'busybox umount -l /sys; busybox mount -t tmpfs none /sys'; do
		shell "$script; echo done; exec /bin/probe wait"
		create
		ok
		call rt start "$id"
		wait_for 5 box_says done
		LIMIT=10 call rt exec "$id" /bin/probe caps + confinement + syscall sethostname + cwd + stat "$canary"
		if [[ $code == 0 ]]; then
			worked=$((worked + 1))
			says "nnp 1" "seccomp 2" "cwd /" "stat $canary ENOENT"
			[[ $(value "syscall sethostname") == errno-77 ]]
			is "$(value effective)" 0000000000200002 "capabilities"
		else
			[[ $code != 124 && -n $err ]] || { complain "with: $script"; return 1; }
		fi
		host_unharmed
		call rt delete --force "$id"
		ok
		mkdir -p "$rootfs/dev"
	done
	((worked >= 6)) || { complain "only $worked of 8 have worked"; return 1; }
}

@test "C85: exec of a fifo, a script of itself, a directory, what may not be executed, an empty file, rubbish: a code in time" {
	mkfifo "$rootfs/bin/fifo"
	printf '#!/bin/loop\n' >"$rootfs/bin/loop"
	printf '#!/bin/missing\n' >"$rootfs/bin/orphan"
	printf '#!/bin/second\n' >"$rootfs/bin/first"
	printf '#!/bin/first\n' >"$rootfs/bin/second"
	: >"$rootfs/bin/empty"
	head -c 1000 /dev/urandom >"$rootfs/bin/rubbish"
	printf '\177ELF' >"$rootfs/bin/cut"
	mkdir "$rootfs/bin/directory"
	cp "$BUSYBOX" "$rootfs/bin/plain"
	chmod 0755 "$rootfs"/bin/{loop,orphan,first,second,empty,rubbish,cut,fifo}
	chmod 0644 "$rootfs/bin/plain"
	ln -s nowhere "$rootfs/bin/dangling"
	ln -s circle "$rootfs/bin/circle"
	mknod -m 0777 "$rootfs/bin/null" c 1 3
	local program pattern
	start_probe wait
	while read -r program pattern; do
		LIMIT=5 call rt exec "$id" "$program"
		[[ $code == 255 || $code == 126 || $code == 127 ]] || { complain "code of $program"; return 1; }
		[[ -n $err && $err =~ $pattern ]] || { complain "words for $program"; return 1; }
		is "$(state_of)" running
	done <<-'TABLE'
		/bin/fifo permission.denied
		/bin/loop .
		/bin/first .
		/bin/orphan no.such.file
		/bin/empty exec.format.error
		/bin/rubbish exec.format.error
		/bin/cut exec.format.error
		/bin/directory .
		/bin/plain permission.denied
		/bin/dangling no.such.file
		/bin/circle .
		/bin/null permission.denied
		/proc/self/fd/0 .
	TABLE
	# The same programs as the container's own.
	call rt delete --force "$id"
	for program in fifo loop directory plain dangling circle null; do
		edit '.process.args = [$p]' --arg p "/bin/$program"
		LIMIT=5 call rt run --bundle "$bundle" "$id"
		fails
		nothing_left
	done
}

@test "C85: a target that is exchanged for a fifo, a directory and a link while exec looks at it" {
	local runs=0 race_began
	mkdir "$rootfs/x" "$rootfs/y"
	cp "$HELPERS/probe" "$rootfs/x/program"
	mkfifo "$rootfs/y/program"
	start_probe wait
	race 1 "$rootfs/x" "$rootfs/y"
	while going_on "$(long 5 500)" 1000 "$(long 1 30)"; do
		LIMIT=5 call rt exec "$id" /x/program echo well
		if [[ $code == 0 && $out == well ]]; then
			saw program
		else
			[[ ($code == 255 || $code == 126 || $code == 127) && -n $err ]] || { complain "round $runs"; return 1; }
			saw refused
		fi
		runs=$((runs + 1))
	done
	race_over
}

@test "C87: SIGTERM, SIGINT and SIGHUP to create at random times: nothing is left, or all of it is there" {
	skip_on runc "1.1 leaves its state"
	local i signal runner c times round=0 died=0 refused=0
	times=$(long 12 200)
	args wait
	for ((i = 0; i < times; i++)); do
		for signal in TERM INT HUP; do
			# Of a job in the background of a shell SIGINT is ignored, and stays so: env takes that back.
			env --default-signal=INT "$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id" >/dev/null 2>"$T/err" </dev/null 3>&- &
			runner=$!
			sleep "$(printf '0.%04d' $((RANDOM % 120)))"
			kill -$signal $runner 2>/dev/null || true
			c=0
			wait $runner || c=$?
			if [[ $c == 0 ]]; then
				is "$(state_of)" created
				call rt delete --force "$id"
				ok
			elif ((c > 128)); then
				# A death: only before it has blocked them, and then it has made nothing.
				[[ ! -s $T/err ]] || { complain "died with words: $(<"$T/err")"; return 1; }
				died=$((died + 1))
			else
				is "$(wc -l <"$T/err")" 1 "lines on stderr: $(<"$T/err")"
				refused=$((refused + 1))
			fi
			[[ ! -e $state/$id ]] || { complain "left by $signal, exit code $c: $(ls -la "$state/$id")"; return 1; }
			wait_for 3 no_cgroups || { complain "$signal, exit code $c, has left $(left_cgroups)"; return 1; }
			round=$((round + 1))
		done
	done
	nothing_left
	((died < round && refused)) || { complain "of $round none was refused in words"; return 1; }
	echo "# C87: $round creates, $refused refused, $died dead before anything" >&3
}

@test "C99: after another boot with the same numbers everything is stopped, is deleted, and nobody is killed" {
	needs caisson "the record's form"
	local pid command dir pids=() how
	mkdir -p -m 0700 "$state"
	args wait
	cp -a "$bundle" "$T/second"
	jq --arg c "$(cgroups_path "$id-second")" '.linux.cgroupsPath = $c' <"$bundle/config.json" >"$T/second/config.json"
	create
	ok
	call rt start "$id"
	ok
	call_create rt create --bundle "$T/second" "$id-second"
	ok
	call rt start "$id-second"
	ok
	for how in "$id" "$id-second"; do pids+=("$(rt state "$how" | jq .pid)"); done
	# No cgroup outlives a boot: who has the numbers now is elsewhere.
	for pid in "${pids[@]}"; do
		for dir in /sys/fs/cgroup /sys/fs/cgroup/*; do [[ ! -w $dir/cgroup.procs ]] || echo "$pid" >"$dir/cgroup.procs"; done
	done
	for dir in $(left_cgroups); do rmdir "$dir"; done
	echo 11111111-2222-3333-4444-555555555555 >"$T/boot_id"
	host_mount --bind "$T/boot_id" /proc/sys/kernel/random/boot_id
	is "$(state_of)" stopped
	for command in "kill $id KILL" "start $id" "pause $id" "exec $id /bin/true" "ps $id" "events --stats $id" "delete $id" "delete --force $id-second"; do
		[[ $command != "delete $id" ]] || { call rt list; ok; is "$(grep -c stopped <<<"$out")" 2 "stopped ones: $out"; }
		LIMIT=5 call rt $command
		[[ $code != 124 ]] || { complain "hung: $command"; return 1; }
		[[ $command != delete* ]] || { ok; [[ ! -e $state/${command##* } ]]; }
		sleep 0.05
		for pid in "${pids[@]}"; do
			[[ $(awk '$1 == "State:" { print $2 }' "/proc/$pid/status") == [RSD] ]] || { complain "killed or stopped by: $command"; return 1; }
		done
	done
	umount /proc/sys/kernel/random/boot_id
	host_mounts=()
	kill -9 "${pids[@]}"
}
