# Several commands at once on one id or many, and what they find of each other (security cases C69 to C82, C97).
load lib.bash

@test "C69: many creates of one id at once: exactly one succeeds" {
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
		wait_for 5 test -e "$rootfs/tmp/ran"
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

@test "many containers at once, all different" {
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
