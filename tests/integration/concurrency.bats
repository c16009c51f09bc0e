# Several commands at once on one id or many, and what they find of each other (security cases C69 to C82, C97).
load lib.bash

@test "C69: many creates of one id at once: exactly one succeeds" {
	needs_containers
	skip_on runc "1.1: a loser may undo what the winner made"
	args wait
	local i pids=() won=0
	for ((i = 0; i < 40; i++)); do
		"$RUNTIME" --root "$state" create --bundle "$bundle" "$id" >/dev/null 2>"$T/err.$i" </dev/null 3>&- &
		pids+=($!)
	done
	for ((i = 0; i < 40; i++)); do
		if wait "${pids[i]}"; then won=$((won + 1)); else grep -q "exist" "$T/err.$i" || { cat "$T/err.$i"; false; }; fi
	done
	is "$won" 1 "successful creates"
	is "$(state_of)" created
	call rt start "$id"
	ok
	is "$(state_of)" running
}

@test "C71: two starts at once: one succeeds, the program runs once" {
	local round
	skip_on runc "1.1 may let both pass"
	for round in 1 2 3 4 5 6 7 8; do
		edit '.process.args = ["/bin/sh", "-c", "echo ran >>/tmp/ran; sleep 100"]'
		rm -f "$rootfs/tmp/ran"
		create
		ok
		local a=0 b=0
		"$RUNTIME" --root "$state" start "$id" 2>"$T/a" 3>&- </dev/null &
		local one=$!
		"$RUNTIME" --root "$state" start "$id" 2>"$T/b" 3>&- </dev/null &
		local two=$!
		wait $one || a=$?
		wait $two || b=$?
		is "$(( (a == 0) + (b == 0) ))" 1 "successful starts"
		contains "$(cat "$T/a" "$T/b")" "cannot start"
		wait_for 5 test -s "$rootfs/tmp/ran"
		is "$(wc -l <"$rootfs/tmp/ran")" 1
		call rt delete --force "$id"
		ok
	done
}

@test "C82: two delete --force at once both succeed" {
	local round
	skip_on runc "1.1 may report what the other removed"
	for round in 1 2 3 4 5 6; do
		start_probe wait
		local a=0 b=0
		"$RUNTIME" --root "$state" delete --force "$id" 2>"$T/a" 3>&- </dev/null &
		local one=$!
		"$RUNTIME" --root "$state" delete --force "$id" 2>"$T/b" 3>&- </dev/null &
		local two=$!
		wait $one || a=$?
		wait $two || b=$?
		is "$a $b" "0 0" "$(cat "$T/a" "$T/b")"
		nothing_left
	done
}

@test "C70: list and state while containers come and go: always whole records" {
	args exit 0
	local worker i
	mkdir -p -m 0700 "$state"
	(
		for ((i = 0; i < 25; i++)); do
			"$RUNTIME" --root "$state" create --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null
			"$RUNTIME" --root "$state" delete --force "$id" >/dev/null 2>&1 </dev/null
		done
	) 3>&- &
	worker=$!
	local bad=
	while kill -0 $worker 2>/dev/null; do
		call rt list --format json
		[[ $code == 0 ]] && jq -e . <<<"$out" >/dev/null || bad="list: $code $out $err"
		call rt state "$id"
		if [[ $code == 0 ]]; then jq -e .status <<<"$out" >/dev/null || bad="state: $out"; else [[ -n $err ]] || bad="state without words"; fi
	done
	wait $worker || true
	skip_on runc "1.1 may fail in between"
	is "$bad" ""
}

@test "C70: a directory that is claimed and not locked yet is nobody's: list has no word for it, delete does not take it" {
	needs caisson "the way it claims"
	command -v strace >/dev/null || skip "no strace"
	local maker i made=0
	args wait
	mkdir -p -m 0700 "$state"
	strace -qq -o /dev/null -e trace=flock -e inject=flock:delay_enter=$((4 * SLOW))s:when=1 \
		"$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id" >/dev/null 2>"$T/create" </dev/null 3>&- &
	maker=$!
	wait_for 5 eval '[[ $(ls -A "$state") ]]'
	for ((i = 0; i < 2; i++)); do
		call rt list
		ok
		is "$err" "" "what list says"
		call rt delete "$id"
		fails "does not exist"
		call rt state "$id"
		fails "does not exist"
		# Nor is it swept away with what removals have left.
		call rt delete --force other
		ok
	done
	wait $maker || made=$?
	is "$made" 0 "create: $(<"$T/create")"
	is "$(state_of)" created
	call rt delete --force "$id"
	ok
	is "$(ls -A "$state")" ""
}

@test "C70: a claim that was cut short is no container, and the next delete --force sweeps it away" {
	needs caisson "the way it claims"
	command -v strace >/dev/null || skip "no strace"
	args wait
	mkdir -p -m 0700 "$state"
	{ timeout 10 strace -qq -o /dev/null -e trace=flock -e inject=flock:signal=KILL:when=1 \
		"$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null 3>&- || true; } 2>/dev/null
	call rt list
	ok
	is "$err" "" "what list says"
	call rt delete --force other
	ok
	is "$(ls -A "$state")" ""
	create
	ok
}

@test "C70: delete --force ends what comes between it and the lock: a start whose init somebody has stopped" {
	skip_on runc "1.1 has no lock"
	needs caisson "the calls it makes"
	command -v strace >/dev/null || skip "no strace"
	local nth remover starter held c=0
	args wait
	mkdir -p -m 0700 "$state"
	# It looks for the container once to end it, and once more to lock it.
	strace -qq -o "$T/calls" -e trace=openat -e signal=none "$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id"
	nth=$(grep -n "\"$id\"" "$T/calls" | sed -n '2s/:.*//p')
	[[ $nth ]]
	# For half of the time that it waits for the lock.
	timeout $((20 * SLOW)) strace -qq -o "$T/removing" -e trace=openat -e signal=none -e inject=openat:delay_enter=2s:when="$nth" \
		"$RUNTIME" --root "$state" "${owner_option[@]}" delete --force "$id" >/dev/null 2>"$T/delete" </dev/null 3>&- &
	remover=$!
	wait_for 5 eval '(($(grep -c . "$T/removing") >= nth))'
	create
	ok
	held=$(pid_of)
	((held > 1))
	kill -STOP "$held"
	"$RUNTIME" --root "$state" "${owner_option[@]}" start "$id" >/dev/null 2>"$T/start" </dev/null 3>&- &
	starter=$!
	agents+=("$starter")
	wait $remover || c=$?
	is "$c" 0 "delete --force: $(<"$T/delete")"
	wait $starter || true
	nothing_left
}

@test "many containers at once, all different" {
	needs_containers
	args exit 5
	local i pids=() bad=0 c
	for ((i = 0; i < 16; i++)); do
		mkdir "$T/b$i"
		jq --arg p "/$id-$i" --arg r "$rootfs" '.linux.cgroupsPath = $p | .root.path = $r' <"$bundle/config.json" >"$T/b$i/config.json"
	done
	for ((i = 0; i < 16; i++)); do
		"$RUNTIME" --root "$state" run --bundle "$T/b$i" "$id-$i" >"$T/out.$i" 2>"$T/err.$i" </dev/null 3>&- &
		pids+=($!)
	done
	for ((i = 0; i < 16; i++)); do
		c=0
		wait "${pids[i]}" || c=$?
		is "$c" 5 "exit code of $i: $(cat "$T/err.$i")"
	done
	nothing_left
	is "$(ls -A "$state")" ""
}

@test "C75: a program that ends at once, a hundred times: exit code and output are right" {
	args echo brief + exit 9
	local i
	for ((i = 0; i < 100; i++)); do
		call "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
		exits 9
		is "$out" brief
	done
}

@test "C86: run killed in the foreground: the state is consistent, delete --force works" {
	needs_containers
	args trap 15 + wait
	"$RUNTIME" --root "$state" run --bundle "$bundle" "$id" >"$T/box.out" 2>/dev/null </dev/null 3>&- &
	local runner=$!
	wait_for 5 box_says ready
	kill -9 $runner
	wait $runner 2>/dev/null || true
	[[ $(state_of) == @(running|stopped) ]]
	call rt list
	ok
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "C87: SIGTERM to create at many moments: nothing is left, or a created container" {
	args wait
	local i runner delay c
	for ((i = 0; i < 40; i++)); do
		"$RUNTIME" --root "$state" create --bundle "$bundle" "$id" >/dev/null 2>&1 </dev/null 3>&- &
		runner=$!
		delay=$(printf '0.%04d' $((RANDOM % 300)))
		sleep "$delay"
		kill -TERM $runner 2>/dev/null || true
		c=0
		wait $runner || c=$?
		if [[ $c == 0 ]]; then is "$(state_of)" created; fi
		call rt delete --force "$id"
		ok
		[[ ! -e $state/$id ]]
	done
	nothing_left
}

@test "C92: few descriptors: works, or says so, and leaves nothing" {
	local n
	args exit 0
	for n in 5 8 12 16 24 32 64; do
		LIMIT=10 call "$HELPERS/caller" nofile=$n -- timeout 10 "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
		[[ $code != 124 ]] || { complain "hung with $n descriptors"; false; }
		if [[ $code != 0 ]]; then [[ -n $err ]]; fi
		call rt delete --force "$id"
		nothing_left
	done
	is "$n" 64
}

@test "C97: odd callers: cwd gone, umask 0777, niceness, no_new_privs, ignored SIGCHLD, tiny stack" {
	local oddity
	args exit 4
	for oddity in cwd-gone umask=0777 nice=19 nnp ignore=17 stack=65536 block cpu=1; do
		case $(runtime_name):$oddity in runc:cwd-gone | runc:umask=0777 | runc:ignore=17 | runc:stack=65536) continue ;; esac
		call "$HELPERS/caller" $oddity -- timeout 10 "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
		[[ $code == 4 ]] || complain "caller with $oddity"
		exits 4
		nothing_left
	done
}

@test "C93: a state root that is full: create fails clean" {
	skip_on runc "1.1 leaves its directory"
	mkdir "$T/small"
	host_mount -t tmpfs -o size=4k,nr_inodes=3 small "$T/small"
	chmod 0700 "$T/small"
	mounts_before=$(mount_table)
	args wait
	state=$T/small
	create
	fails
	call rt delete --force "$id"
	ok
	is "$(ls -A "$T/small")" ""
	umount "$T/small"
	host_mounts=()
	mounts_before=$(mount_table)
	state=$T/state
}

# ---- an id that is another container's by now ----

# another: deletes the container, makes one of its id, and remembers its process.
another() {
	call rt delete --force "$id"
	ok
	args wait
	call rt run --detach --bundle "$bundle" "$id"
	ok
	new=$(pid_of)
}

# untouched: the new one is there, and goes when it is told to.
untouched() {
	is "$(pid_of)" "$new"
	is "$(state_of)" running
	call rt delete --force "$id"
	ok
	wait_for 3 eval '[[ ! -d /proc/$new ]]' || { complain "the new container's process lives on after delete --force"; return 1; }
	nothing_left
}

@test "C82: a run that comes late to its container's end leaves alone what has its id by then" {
	needs caisson "the foreground run deletes by its own record"
	local late new c=0
	args wait
	rt run --bundle "$bundle" "$id" >/dev/null 2>"$T/late" </dev/null 3>&- &
	late=$!
	wait_for 5 eval '[[ $(state_of) == running ]]'
	# rt is a function: what is stopped is the runtime, below timeout.
	local runtime
	runtime=$(pgrep -f -- "$RUNTIME .*run --bundle $bundle $id" | while read -r p; do [[ $(readlink "/proc/$p/exe") != "$(readlink -f "$RUNTIME")" ]] || echo "$p"; done)
	kill -STOP $runtime
	another
	kill -CONT $runtime
	wait $late || c=$?
	is "$c" 137 "the late run"
	is "$(<"$T/late")" ""
	untouched
}

@test "C82: a start whose poststart hook fails late leaves alone what has its container's id by then" {
	needs caisson "what a failing hook does there"
	local late new c=0
	edit '.hooks.poststart = [{path: "/bin/sh", args: ["sh", "-c", "touch \($t)/hook; while [ ! -e \($t)/go ]; do sleep 0.02; done; exit 1"]}]' --arg t "$T"
	args wait
	create
	ok
	rt start "$id" >/dev/null 2>"$T/late" </dev/null 3>&- &
	late=$!
	wait_for 5 test -e "$T/hook"
	edit 'del(.hooks)'
	another
	touch "$T/go"
	wait $late || c=$?
	((c != 0)) || { complain "the late start: success"; return 1; }
	contains "$(<"$T/late")" poststart
	untouched
}
