# Running out of memory: who says so, when a program dies of it, and when there is too little to set it up.
load lib.bash

OOM="container init was OOM-killed (memory limit too low?)"

limit() { edit '.linux.resources.memory = {"limit": $l}' --argjson l "$1"; }
oom_killed() { rt state "$id" | jq '.oomKilled | tojson' -r; }
listed() { rt list --format json | jq --arg id "$id" -r '.[] | select(.id == $id) | .oomKilled | tojson'; }
kills() { cgroup_value memory memory.events memory.oom_control | awk '$1 == "oom_kill" {print $2}'; }
limit_file() { if unified; then echo "$(cgroup_dir memory)/memory.max"; else echo "$(cgroup_dir memory)/memory.limit_in_bytes"; fi; }
usage_file() { if unified; then echo "$(cgroup_dir memory)/memory.current"; else echo "$(cgroup_dir memory)/memory.usage_in_bytes"; fi; }

# With systemd the directory goes with the last process in it, and what it has counted goes, too.
keeps() {
	needs caisson "a field of ours"
	owned_by cgroupfs "systemd removes the directory of a scope that is empty"
}

@test "state and list say of what a stopped container has died" {
	keeps
	limit 33554432
	args allocate 200000000
	create
	ok
	is "$(oom_killed) $(listed)" "null null"
	call rt start "$id"
	ok
	wait_for 10 is_state stopped
	is "$(oom_killed) $(listed)" "true true"
	# Once more: it is no event, but so.
	is "$(oom_killed)" true
	# The rest is as ever, and the field is the last one.
	is "$(rt state "$id" | jq -r 'keys_unsorted | join(" ")')" "ociVersion id pid status bundle rootfs created owner oomKilled"
}

@test "of another death they say nothing" {
	needs caisson "a field of ours"
	limit 33554432
	start_probe wait
	kill_init
	wait_for 5 is_state stopped
	is "$(oom_killed) $(listed)" "null null"
	call rt delete "$id"
	edit 'del(.linux.resources.memory)'
	start_probe wait
	kill_init
	wait_for 5 is_state stopped
	is "$(oom_killed) $(listed)" "null null"
}

@test "they say so, too, of a container that goes on without the process that was killed" {
	needs caisson "a field of ours"
	limit 33554432
	edit '.process.args = ["/bin/sh", "-c", "probe allocate 200000000; echo survived; sleep 100"]'
	create
	call rt start "$id"
	ok
	wait_for 10 box_says survived
	is "$(state_of)" running
	is "$(oom_killed) $(listed)" "true true"
}

@test "what a cgroup has counted before is not the container's" {
	keeps
	local dir
	dir=$(cgroup_dir memory)
	mkdir "$dir"
	echo 16777216 >"$(limit_file)"
	(echo "$BASHPID" >"$dir/cgroup.procs" && exec "$HELPERS/probe" allocate 200000000) 3>&- || true
	(($(kills) > 0))
	start_probe wait
	is "$(oom_killed)" null
	kill_init
	wait_for 5 is_state stopped
	is "$(oom_killed)" null
	call rt delete "$id"
	limit 33554432
	start_probe allocate 200000000
	wait_for 10 is_state stopped
	is "$(oom_killed)" true
	call rt delete "$id"
	rmdir "$dir" 2>/dev/null || true
}

@test "run in the foreground says so, exits with 137, and leaves the log to errors" {
	needs caisson "runc does not say it"
	limit 33554432
	args allocate 200000000
	call rt --log "$T/log" --log-format json run --bundle "$bundle" "$id"
	exits 137
	is "$(wc -l <<<"$err")" 1
	contains "$err" "container '$id': the kernel has killed 1 process of it for lack of memory"
	[[ ! -s $T/log ]] || { complain "the log has: $(<"$T/log")"; false; }
	nothing_left
}

@test "run says how many, and keeps the exit code of the program" {
	needs caisson "runc does not say it"
	limit 33554432
	edit '.process.args = ["/bin/sh", "-c", "probe allocate 200000000; probe allocate 200000000; exit 3"]'
	call rt run --keep --bundle "$bundle" "$id"
	exits 3
	contains "$err" "the kernel has killed 2 processes of it for lack of memory"
}

@test "run that is not killed for memory says nothing" {
	limit 33554432
	probe exit 3
	exits 3
	is "$err" ""
	edit '.linux.namespaces -= [{"type":"pid"}]'
	probe raise 9
	exits 137
	is "$err" ""
}

@test "create: too little memory to set it up is told" {
	skip_on runc "limits init when it is there, and the kernel does not take the limit"
	local bytes
	for bytes in 1 4096 16384 32768; do
		limit "$bytes"
		args exit 0
		create
		fails "$OOM"
		nothing_left
	done
}

@test "run: too little memory to set it up is told, and is not the program's end" {
	skip_on runc "limits init when it is there, and the kernel does not take the limit"
	limit 4096
	probe exit 0
	exits 1
	contains "$err" "$OOM"
	nothing_left
}

@test "start: too little memory to get to the program is told" {
	skip_on runc "its init has memory to spare, or dies with another text"
	args exit 0
	create
	ok
	# What it has, and not a page more: a legacy hierarchy takes no limit below that.
	local pages
	if unified; then
		cat "$(usage_file)" >"$(limit_file)"
	else
		for pages in {1..200}; do ! echo $((pages * 4096)) >"$(limit_file)" || break; done 2>/dev/null
	fi
	[[ $(state_of) == created ]] || skip "it died of the limit itself"
	call rt start "$id"
	[[ $code != 0 ]] || skip "it came to its program with what it had"
	fails "$OOM"
	wait_for 5 is_state stopped
	[[ $OWNER == systemd ]] || is "$(oom_killed)" true
}

@test "a death by somebody else during setup is not taken for one by memory" {
	needs caisson "a text of ours"
	edit '.hooks.createContainer = [{"path": "/bin/sh", "args": ["sh", "-c", "kill -9 $PPID; sleep 5"]}] | .linux.namespaces -= [{"type":"pid"}]'
	args exit 0
	create
	fails
	lacks "$err" "OOM"
	nothing_left
}
