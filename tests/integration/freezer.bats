# pause and resume: nothing moves while it is paused, whatever it does; what may be done with it then; and kill --all.
load lib.bash

# The container's counting file, as it is now and after a while.
counters() { md5sum <"$rootfs/tmp/cells"; }

all_move() { # NUMBER: every cell of the file differs from what it was
	local before now i
	wait_for 3 are_cells "$1" || return 1
	mapfile -t before < <(cells)
	wait_for 5 have_moved
}
cells() { od -An -v -w4 -tu4 "$rootfs/tmp/cells"; }
have_moved() {
	mapfile -t now < <(cells)
	for i in "${!before[@]}"; do [[ ${now[i]} != "${before[i]}" ]] || return 1; done
}

are_cells() { [[ $(stat -c %s "$rootfs/tmp/cells") == $((4 * $1)) ]]; }

none_moves() {
	local before
	before=$(counters)
	sleep 0.3
	is "$(counters)" "$before" "the counters"
}

paused() { call rt pause "$id"; ok; is "$out" ""; is "$(state_of)" paused; }
resumed() { call rt resume "$id"; ok; is "$out" ""; is "$(state_of)" running; }

# Where its freezer is, and the words for it.
freezer() { if unified || [[ ! -e $(cgroup_dir freezer)/freezer.state ]]; then echo "$(cgroup_dir pids)/cgroup.freeze"; else echo "$(cgroup_dir freezer)/freezer.state"; fi; }
freeze_by_hand() { if [[ $(freezer) == */cgroup.freeze ]]; then echo 1 >"$(freezer)"; else echo FROZEN >"$(freezer)"; fi; }

# A payload that cannot be stopped beside one that counts.
start_stuck() {
	edit '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
	start_probe count /tmp/cells 1 1 + stuck + wait
	wait_for 3 grep -q '^stuck' "$T/box.out"
	box_says "stuck ok" || skip "$(grep ^stuck "$T/box.out"): no userfaultfd here"
	all_move 1
}

@test "pause stops all processes and threads, resume lets them go on" {
	start_probe count /tmp/cells 20 4 + wait
	all_move 80
	paused
	none_moves
	resumed
	all_move 80
	paused
	none_moves
	resumed
	all_move 80
}

@test "pause of those that fork all the time" {
	start_probe hop /tmp/cells 8 + wait
	all_move 8
	paused
	none_moves
	resumed
	all_move 8
	paused
	none_moves
	LIMIT=10 call rt delete --force "$id"
	ok
	none_moves
	nothing_left
}

@test "a created container: paused it cannot be started, resumed it can" {
	args count /tmp/cells 1 1 + wait
	create
	ok
	paused
	call rt start "$id"
	fails paused
	is "$(state_of)" paused
	call rt resume "$id"
	ok
	is "$(state_of)" created
	call rt start "$id"
	ok
	all_move 1
}

@test "pausing what is paused, and resuming what is not, are errors" {
	start_probe wait
	call rt resume "$id"
	fails "container not paused"
	paused
	call rt pause "$id"
	fails "container not running"
	is "$(state_of)" paused
	resumed
	call rt resume "$id"
	fails "container not paused"
	is "$(state_of)" running
}

@test "a container that has ended, and one that is not there" {
	start_probe wait
	call rt kill "$id" KILL
	ok
	wait_for 3 is_state stopped
	call rt pause "$id"
	fails "container not running"
	call rt resume "$id"
	fails "container not paused"
	is "$(state_of)" stopped
	call rt pause "no-$id"
	fails "does not exist"
	call rt resume "no-$id"
	fails "does not exist"
}

@test "pause and resume take one container" {
	local command
	for command in pause resume; do
		call rt $command
		[[ $code != 0 && $err == *"requires exactly 1 argument"* ]]
		call rt $command one two
		[[ $code != 0 && $err == *"requires exactly 1 argument"* ]]
	done
}

@test "list tells a paused container" {
	start_probe wait
	paused
	call rt list --format json
	ok
	is "$(jq -r --arg id "$id" '.[] | select(.id == $id).status' <<<"$out")" paused
}

@test "two pauses at the same time: one of them does it" {
	skip_on runc "1.1 has no lock"
	start_probe count /tmp/cells 10 2 + wait
	local i one other
	for i in {1..10}; do
		one=0 other=0
		rt pause "$id" 2>"$T/one" </dev/null 3>&- &
		rt pause "$id" 2>"$T/other" </dev/null 3>&- || other=$?
		wait $! || one=$?
		is "$((one + other))" 1 "exit codes $one and $other"
		grep -q "container not running" "$T/one" "$T/other"
		none_moves
		resumed
	done
	all_move 20
}

@test "a paused container is killed by SIGKILL, a fork bomb included" {
	skip_on runc "1.1 cannot always freeze it"
	local pid_namespace
	bombed() { (($(cgroup_value pids pids.current pids.current) > 50)); }
	for pid_namespace in own shared; do
		[[ $pid_namespace == own ]] || edit '.linux.namespaces |= map(select(.type != "pid"))'
		# A shell that cannot fork ends, all of them in the end; but not the one that goes on throwing bombs, nor init, which has no more to
		# fork. Nobody is waited for: who ends is gone at once.
		edit '.process.args = ["/bin/sh", "-c", $s] | .linux.resources.pids = {limit: 100}' --arg s 'exec 2>/dev/null; trap "" CHLD
			bomb() { bomb | bomb & }
			(while :; do command eval "bomb &"; done) & exec probe wait'
		create
		ok
		call rt start "$id"
		ok
		wait_for 5 bombed
		paused
		LIMIT=10 call rt kill "$id" KILL
		ok
		wait_for 5 is_state stopped
		wait_for 3 no_processes
		call rt delete "$id"
		ok
		nothing_left
	done
}

@test "other signals arrive once it is resumed" {
	start_probe trap 15 + wait
	wait_for 3 box_says ready
	paused
	call rt kill "$id" TERM
	ok
	sleep 0.3
	refute box_says "caught 15"
	is "$(state_of)" paused
	resumed_or_gone() { call rt resume "$id"; ok; }
	resumed_or_gone
	wait_for 3 box_says "caught 15"
	wait_for 3 is_state stopped
}

@test "a paused container is not deleted without force" {
	start_probe wait
	paused
	call rt delete "$id"
	fails "not stopped" paused
	is "$(state_of)" paused
	if [[ $(runtime_name) == runc ]]; then
		resumed
	else
		LIMIT=10 call rt delete --force "$id"
		ok
		nothing_left
	fi
}

@test "what the payload froze itself stays frozen when it is resumed, and dies with it" {
	skip_on runc "1.1 cannot kill it"
	local own command before now
	one_stands() {
		mapfile -t before < <(cells)
		sleep 0.2
		mapfile -t now < <(cells)
		(((before[0] == now[0]) + (before[1] == now[1]) == 1))
	}
	for command in kill delete; do
		start_probe count /tmp/cells 2 1 + wait
		all_move 2
		own=$(freezer)
		own=${own%/*}/own
		mkdir "$own"
		local child
		child=$(rt ps --format json "$id" | jq 'max')
		echo "$child" >"$own/cgroup.procs"
		if [[ $(freezer) == */cgroup.freeze ]]; then echo 1 >"$own/cgroup.freeze"; else echo FROZEN >"$own/freezer.state"; fi
		paused
		none_moves
		resumed
		kill -0 "$child"
		wait_for 3 one_stands
		paused
		if [[ $command == kill ]]; then
			LIMIT=10 call rt kill "$id" KILL
			ok
			wait_for 3 is_state stopped
			call rt delete "$id"
		else
			LIMIT=10 call rt delete --force "$id"
		fi
		ok
		nothing_left
	done
}

@test "frozen from above: paused, and resume says why it cannot" {
	needs caisson "the text"
	owned_by cgroupfs "a cgroup above of its own"
	edit '.linux.cgroupsPath = $p' --arg p "/$id/inner"
	start_probe count /tmp/cells 1 1 + wait
	all_move 1
	freeze_by_hand
	wait_for 3 is_state paused
	call rt pause "$id"
	fails "container not running"
	call rt resume "$id"
	fails "above its own is frozen"
	none_moves
	if [[ $(freezer) == */cgroup.freeze ]]; then echo 0 >"$(freezer)"; else echo THAWED >"$(freezer)"; fi
	wait_for 3 is_state running
	all_move 1
}

@test "a pause that takes too long is given up, and the container goes on" {
	skip_on runc "1.1 gives up sooner"
	start_stuck
	LIMIT=15 call rt pause "$id"
	fails "timeout of 10s reached waiting for the cgroup to freeze"
	is "$out" ""
	is "$(state_of)" running
	all_move 1
}

@test "a pause that is interrupted thaws" {
	skip_on runc "1.1 gives up sooner"
	start_stuck
	local signal pauser
	for signal in TERM INT; do
		(trap - INT && exec env --default-signal=INT "$RUNTIME" --root "$state" pause "$id") >"$T/pause.out" 2>"$T/pause.err" </dev/null 3>&- &
		pauser=$!
		wait_for 3 is_state paused
		kill -s $signal $pauser
		code=0
		wait $pauser || code=$?
		is "$code" 1
		is "$(<"$T/pause.out")" ""
		contains "$(<"$T/pause.err")" "interrupted by signal"
		is "$(state_of)" running
		all_move 1
	done
}

@test "a pause that is killed leaves a paused container, for resume, kill and delete" {
	skip_on runc "1.1 gives up sooner"
	local then pauser try
	start_stuck
	for then in resume kill delete; do
		# A legacy freezer that does not get all is thawed for a moment now and then: who is killed just there leaves it so.
		for try in 1 2 3 4 5; do
			"$RUNTIME" --root "$state" pause "$id" >/dev/null 2>&1 </dev/null 3>&- &
			pauser=$!
			wait_for 3 is_state paused
			kill -KILL $pauser
			wait $pauser 2>/dev/null || true
			! unified && ((try < 5)) && ! is_state paused || break
		done
		is "$(state_of)" paused
		case $then in
		resume)
			resumed
			all_move 1
			;;
		kill)
			LIMIT=10 call rt kill "$id" KILL
			ok
			wait_for 3 is_state stopped
			call rt delete "$id"
			ok
			nothing_left
			start_stuck
			;;
		delete)
			LIMIT=10 call rt delete --force "$id"
			ok
			;;
		esac
	done
	nothing_left
}

@test "a pause or a resume that is killed at any call can be followed by either" {
	needs caisson "what is left behind"
	command -v strace >/dev/null || skip "no strace"
	local command n status points=0
	start_probe count /tmp/cells 2 1 + wait
	for command in pause resume; do
		for ((n = 1; n < 1000; n += 3)); do
			[[ $command == pause ]] || { is_state paused || paused; }
			status=0
			{ timeout -k 1 $((20 * SLOW)) strace -qq -o /dev/null -e trace=file,desc -e signal=none -e inject=file,desc:signal=KILL:when=$n \
				"$RUNTIME" --root "$state" $command "$id" >/dev/null 2>&1 </dev/null 3>&- || status=$?; } 2>/dev/null
			[[ $status == 137 ]] || break
			points=$((points + 1))
			if is_state paused; then call rt resume "$id"; ok; else is "$(state_of)" running; fi
			is "$(state_of)" running
		done
		# It has done its work: it makes fewer calls than that. (A sanitizer does not like strace, and may say so.)
		[[ $status != 124 ]]
		if [[ $command == pause ]]; then is_state paused && resumed; else is_state running; fi
	done
	all_move 2
	echo "# $points points" >&3
	((points > 12))
}

@test "delete --force and SIGKILL do not wait for a pause that does" {
	skip_on runc "1.1 gives up sooner"
	local then pauser
	for then in "delete --force" "kill --all"; do
		start_stuck
		"$RUNTIME" --root "$state" pause "$id" >/dev/null 2>"$T/pause.err" </dev/null 3>&- &
		pauser=$!
		wait_for 3 is_state paused
		# shellcheck disable=SC2086 # two words
		LIMIT=5 call rt $then "$id" $([[ $then == delete* ]] || echo KILL)
		ok
		# A legacy freezer may have stopped it before it died.
		wait $pauser || contains "$(<"$T/pause.err")" "container not running"
		[[ $then == delete* ]] || { call rt delete "$id"; ok; }
		nothing_left
	done
}

@test "a cgroup that was there before is not left frozen" {
	needs_containers kill
	skip_on runc "1.1 removes it"
	owned_by cgroupfs "systemd makes and removes its own"
	local dirs how dir
	if unified; then
		dirs=("$(cgroup_dir pids)")
	else
		mapfile -t dirs < <(for dir in /sys/fs/cgroup/*/; do [[ ! -e $dir/cgroup.procs ]] || echo "$dir$id"; done)
	fi
	mkdir "${dirs[@]}"
	for how in "kill $id KILL" "delete --force $id"; do
		start_probe wait
		paused
		# shellcheck disable=SC2086 # words
		LIMIT=10 call rt $how
		ok
		call rt delete --force "$id"
		ok
		[[ -d ${dirs[0]} ]]
		[[ $(cat "${dirs[@]/%//cgroup.freeze}" "${dirs[@]/%//freezer.state}" 2>/dev/null) != *@(1|FROZEN|FREEZING)* ]]
		# A kernel that has been told to kill a cgroup may kill whoever is born into it: others are made.
		rmdir "${dirs[@]}"
		mkdir "${dirs[@]}"
	done
	rmdir "${dirs[@]}"
}

# Each command in a view of the machine of its own, which is gone with it.
in_view() { # SCRIPT COMMAND...
	unshare --mount --propagation private bash -c "$1"' && exec "${@}"' - "${@:2}"
}

@test "an init that is not in its cgroup is not paused" {
	needs caisson "the first process counts"
	local dir roots=(/sys/fs/cgroup)
	unified || roots=(/sys/fs/cgroup/*)
	start_probe count /tmp/cells 1 1 + wait
	for dir in "${roots[@]}"; do
		[[ ! -e $dir/cgroup.procs ]] || pid_of >"$dir/cgroup.procs"
	done
	call rt pause "$id"
	fails "container not running" "left its cgroup"
	is "$(state_of)" running
	all_move 1
}

@test "without cgroups there is nothing to pause by" {
	needs caisson "the text"
	owned_by cgroupfs "systemd would have some"
	local none="while umount --lazy /sys/fs/cgroup 2>/dev/null; do :; done"
	edit 'del(.linux.cgroupsPath, .linux.resources)'
	args wait
	call_create in_view "$none" "$RUNTIME" --root "$state" run --detach --bundle "$bundle" "$id"
	ok
	call rt pause "$id"
	fails "has no cgroup"
	call rt resume "$id"
	fails "container not paused"
	call rt ps "$id"
	fails "has no cgroup"
	is "$(state_of)" running
}

in_turn() { # SCRIPT: a counting container is made, paused, resumed and deleted in such views
	args count /tmp/cells 4 2 + wait
	edit 'del(.linux.resources)'
	call_create in_view "$1" "$RUNTIME" --root "$state" create --bundle "$bundle" "$id"
	ok
	call in_view "$1" "$RUNTIME" --root "$state" start "$id"
	ok
	all_move 8
	call in_view "$1" "$RUNTIME" --root "$state" pause "$id"
	ok
	call in_view "$1" "$RUNTIME" --root "$state" state "$id"
	is "$(jq -r .status <<<"$out")" paused
	none_moves
	call in_view "$1" "$RUNTIME" --root "$state" pause "$id"
	fails "container not running"
	call in_view "$1" "$RUNTIME" --root "$state" resume "$id"
	ok
	all_move 8
	call in_view "$1" "$RUNTIME" --root "$state" pause "$id"
	ok
	call in_view "$1" "$RUNTIME" --root "$state" delete --force "$id"
	ok
	nothing_left
}

@test "a hybrid host without a legacy freezer: the v2 tree's is used" {
	needs caisson "hybrid hosts"
	[[ -d /sys/fs/cgroup/unified && -d /sys/fs/cgroup/freezer ]] || skip "no hybrid host"
	in_turn "umount /sys/fs/cgroup/freezer"
}

@test "a host with the v2 tree alone" {
	needs caisson "this machine"
	! unified || skip "so it is"
	in_turn "mount -t cgroup2 cgroup2 /sys/fs/cgroup"
}

@test "a host with legacy hierarchies alone" {
	needs caisson "this machine"
	[[ -d /sys/fs/cgroup/unified && -d /sys/fs/cgroup/freezer ]] || skip "no hybrid host"
	in_turn "umount /sys/fs/cgroup/unified"
}

# ---- kill --all ----

count_processes() { rt ps --format json "$id" | jq length; }
are_processes() { [[ $(count_processes) == "$1" ]]; }

@test "kill --all sends any signal to all processes, kill to the first one" {
	skip_on runc "--all is a no-op there"
	start_probe traps 10 5 + ignore 10 + wait
	wait_for 3 grep -qFx "ignoring 10" "$T/box.out"
	wait_for 3 is_count ready 5
	call rt kill "$id" USR1
	ok
	sleep 0.2
	is "$(grep -c caught "$T/box.out")" 0
	call rt kill --all "$id" 0
	ok
	call rt kill --all "$id" SIGUSR1
	ok
	is "$out" ""
	wait_for 3 is_count "caught 10" 5
	is "$(state_of)" running
	wait_for 3 are_live 1
}
is_count() { [[ $(grep -cFx "$1" "$T/box.out") == "$2" ]]; }
# Those that have ended and are not reaped still have a number.
are_live() { [[ $(rt ps "$id" -o pid,stat | awk '$2 != "STAT" && $2 !~ /^Z/' | wc -l) == "$1" ]]; }

@test "kill --all reaches a paused container once it is resumed" {
	skip_on runc "--all is a no-op there"
	start_probe traps 10 3 + ignore 10 + wait
	wait_for 3 grep -qFx "ignoring 10" "$T/box.out"
	wait_for 3 is_count ready 3
	paused
	call rt kill --all "$id" USR1
	ok
	sleep 0.2
	is_count "caught 10" 0
	resumed
	wait_for 3 is_count "caught 10" 3
}

@test "kill --all reaches what a container without a pid namespace has left" {
	skip_on runc "--all is a no-op there"
	edit '.linux.namespaces |= map(select(.type != "pid"))'
	start_probe traps 12 4 + wait
	wait_for 3 is_count ready 4
	kill_init
	wait_for 3 is_state stopped
	call rt kill "$id" USR2
	fails "container not running" "no such process"
	wait_for 3 are_processes 4
	call rt kill --all "$id" USR2
	ok
	wait_for 3 is_count "caught 12" 4
	wait_for 3 are_processes 0
	call rt kill --all "$id" TERM
	ok
	call rt kill --all "$id" KILL
	ok
}

@test "kill --all of a created container, and its words" {
	args wait
	create
	ok
	call rt kill --all "$id" 0
	ok
	call rt kill -a "$id" NOSUCH
	fails "unknown signal"
	is "$(state_of)" created
	call rt kill -a "$id" KILL
	ok
	wait_for 3 is_state stopped
	call rt kill --all "no-$id" TERM
	fails "does not exist"
}

@test "delete --force of what can neither be killed as a whole nor frozen: all are verified, but not by a list read for each" {
	needs caisson "how it kills"
	edit '.linux.namespaces -= [{type: "pid"}]'
	start_probe forks 600 stay + wait
	wait_for 5 box_says "forks 600 ok"
	local dir=/sys/fs/cgroup reads
	unified || dir=/sys/fs/cgroup/unified
	dir+=$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")
	[[ -e $dir/cgroup.kill ]] || skip "no cgroup v2 here, or before Linux 5.14"
	is "$(wc -l <"$dir/cgroup.procs")" 601
	call timeout 60 strace -f -P "$dir/cgroup.kill" -P "$dir/cgroup.freeze" -P "$dir/cgroup.procs" -e trace=read,write \
		-e inject=write:error=EOPNOTSUPP -o "$T/strace" "$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
	ok
	grep -q 'write.*EOPNOTSUPP' "$T/strace"
	reads=$(grep -c '^[0-9]* *read' "$T/strace")
	((reads > 0 && reads < 300)) || { complain "$reads reads of a list of 601"; return 1; }
}
