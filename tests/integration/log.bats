# Logs, errors, exit codes, and the texts that callers look for (contract sections 4 and 9).
load lib.bash

log_rt() { call rt --log "$T/log" --log-format json "$@"; }

# One record of level error in the log, RFC 3339 in it, and the same text on stderr; text in $msg.
one_error() {
	msg=
	is "$(wc -l <"$T/log")" 1 "lines in the log"
	is "$(jq -rs 'length' "$T/log")" 1 "records in the log"
	is "$(jq -r 'keys | join(" ")' "$T/log")" "level msg time"
	is "$(jq -r .level "$T/log")" error
	[[ $(jq -r .time "$T/log") =~ ^2[0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])$ ]]
	date -d "$(jq -r .time "$T/log")" +%s >/dev/null
	msg=$(jq -r .msg "$T/log")
	[[ -n $msg ]]
	contains "$err" "$msg"
	rm "$T/log"
}

# podman's reading of a message (libpod/oci_util.go): 126, 127, or what it has no code for.
podman_code() {
	if grep -qiE 'permission denied|operation not permitted' <<<"$1"; then
		echo 126
	elif grep -qiE 'executable file not found in|no such file or directory|open executable' <<<"$1"; then
		echo 127
	else
		echo other
	fi
}
# moby's (daemon/errors.go).
moby_code() {
	if grep -qiE 'permission denied|is a directory' <<<"$1"; then
		echo 126
	elif grep -qiE 'not a directory|executable file not found|no such file or directory|system cannot find the file specified' <<<"$1"; then
		echo 127
	else
		echo 128
	fi
}

# ---- one failure, one record ----

@test "every failing command writes one JSON record, and the same text to stderr" {
	local command
	mkdir -m 0700 "$state"
	while read -r command; do
		# shellcheck disable=SC2086
		log_rt $command
		fails
		one_error
	done <<-END
		state $id
		start $id
		kill $id KILL
		delete $id
		pause $id
		resume $id
		ps $id
		update --memory 1g $id
		create --bundle $T/nowhere $id
		run --bundle $T/nowhere $id
		create --bundle $bundle a/b
		kill $id NOSIGNAL
	END
}

@test "exec, events and mounts do so, too" {
	needs caisson "others have fewer commands"
	mkdir -m 0700 "$state"
	local command
	echo '[]' >"$T/mounts.json"
	while read -r command; do
		# shellcheck disable=SC2086
		log_rt $command
		fails "does not exist"
		one_error
	done <<-END
		exec $id true
		events --stats $id
		mounts add $id $T/mounts.json
	END
	log_rt exec "$id"
	exits 255
	one_error
}

@test "a warning is no record in the log: it goes to stderr" {
	needs caisson "others log it, and podman then reads nothing"
	edit '.process.capabilities.bounding += ["CAP_NOSUCH"] | .process.args = ["/nothing"]'
	log_rt create --bundle "$bundle" "$id"
	fails CAP_NOSUCH
	one_error
	lacks "$msg" CAP_NOSUCH
}

@test "the log is appended to" {
	echo '{"level":"info","msg":"before","time":"2026-01-01T00:00:00Z"}' >"$T/log"
	log_rt state "$id"
	fails
	is "$(jq -rs '.[0].msg, length' "$T/log" | xargs)" "before 2"
	is "$(jq -rs 'map(select(.level == "error")) | last | .msg' "$T/log")" "$(jq -rs 'last | .msg' "$T/log")"
}

@test "--debug puts more records into the log, still one of level error, and the last" {
	edit '.process.args = ["/nothing"] | .xyzzy = 1'
	call rt --debug --log "$T/log" --log-format json create --bundle "$bundle" "$id"
	fails
	jq -es 'all(.level and .msg and .time)' "$T/log" >/dev/null
	is "$(jq -rs 'map(select(.level == "error")) | length' "$T/log")" 1
	is "$(jq -rs 'last | .level' "$T/log")" error
}

@test "without --log the record is on stderr, in either format" {
	mkdir -m 0700 "$state"
	call rt state "$id"
	fails
	[[ $err =~ ^time=\"[^\"]+\"\ level=error\ msg=\" ]]
	call rt --log-format json state "$id"
	fails "does not exist"
	is "$(jq -r .level <<<"$err")" error
}

@test "a log that cannot be opened is an error, on stderr" {
	call rt --log "$T/nowhere/log" --log-format json state "$id"
	fails
	[[ ! -e $T/nowhere ]]
	needs caisson "a fifo that nobody reads"
	mkfifo "$T/fifo"
	LIMIT=5 call rt --log "$T/fifo" state "$id"
	fails "$T/fifo"
	ln -s "$T/target" "$T/link"
	call rt --log "$T/link" state "$id"
	fails "$T/link"
	[[ ! -e $T/target ]]
}

@test "commands that succeed print nothing" {
	args wait
	create
	ok
	local command
	for command in "start $id" "pause $id" "resume $id" "update --pids-limit 100 $id" "kill $id KILL"; do
		# shellcheck disable=SC2086
		log_rt $command
		ok
		is "$out$err" "" "what $command printed"
	done
	wait_for 5 is_state stopped
	log_rt delete "$id"
	ok
	is "$out$err" ""
	is "$(cat "$T/log")" ""
}

# ---- the step and the place ----

@test "an error says in which step it happened, and where in config.json what it is about stands" {
	needs caisson "the steps"
	local line
	edit '.mounts += [{"destination": "/x", "type": "nosuchfs", "source": "none"}]'
	line=$(grep -n nosuchfs "$bundle/config.json" | cut -d: -f1)
	log_rt create --bundle "$bundle" "$id"
	fails
	one_error
	contains "$msg" "in step 'mounts'"
	[[ $msg =~ \(mounts\[[0-9]+\]\ at\ config.json:([0-9]+):[0-9]+,\ in\ step\ \'mounts\'\) ]]
	((line - BASH_REMATCH[1] <= 2 && line >= BASH_REMATCH[1])) || { complain "line $line, not ${BASH_REMATCH[1]}"; false; }
	nothing_left
}

@test "each step that fails is named: hooks, root, sysctl, program, working directory, exec" {
	needs caisson "the steps"
	local filter step
	cp "$bundle/config.json" "$T/good.json"
	printf '#!/nowhere/interpreter\n' >"$rootfs/etc/script"
	chmod 755 "$rootfs/etc/script"
	while IFS='|' read -r step filter; do
		jq "$filter" <"$T/good.json" >"$bundle/config.json"
		log_rt run --bundle "$bundle" "$id"
		fails
		one_error
		contains "$msg" "in step '$step'"
		nothing_left
	done <<-'END'
		prestart|.hooks.prestart = [{"path": "/bin/false"}]
		createRuntime|.hooks.createRuntime = [{"path": "/bin/false"}]
		createContainer|.hooks.createContainer = [{"path": "/bin/false"}]
		program|.process.args = ["/nothing"]
		program|.process.args = ["nothing-in-path"]
		cwd|.process.cwd = "/etc/passwd"
		exec|.process.args = ["/etc/script"]
		mounts|.mounts += [{"destination": "/etc/passwd/x", "type": "tmpfs", "source": "tmpfs"}]
	END
}

@test "the line is that of the property, also where it is a line of its own document" {
	needs caisson "the place"
	edit '.process.user.uid = "root"'
	local line
	line=$(grep -n '"uid": "root"' "$bundle/config.json" | cut -d: -f1)
	log_rt create --bundle "$bundle" "$id"
	fails
	one_error
	contains "$msg" "config.json:$line:"
	contains "$msg" "process.user.uid"
	args wait
	edit '.process.user.uid = 0'
	start_probe wait
	printf '{\n "memory": {\n  "limit": "64M"\n }\n}\n' >"$T/resources.json"
	log_rt update -r "$T/resources.json" "$id"
	fails
	one_error
	contains "$msg" "resources.json:3:"
}

# ---- what callers look for ----

@test "a container that is not there: 'does not exist'" {
	mkdir -m 0700 "$state"
	local command
	for command in "state $id" "kill $id KILL" "delete $id" "start $id" "pause $id"; do
		# shellcheck disable=SC2086
		call rt $command
		fails "does not exist"
		lacks "$err" "no such process"
	done
	call rt delete --force "$id"
	ok
}

@test "a dead container: kill says 'container not running' and 'no such process', in these letters" {
	start_probe exit 0
	wait_for 5 is_state stopped
	call rt kill "$id" KILL
	fails "container not running"
	lacks "$err" "does not exist"
	skip_on runc "the older text alone"
	skip_on crun "capital N"
	contains "$err" "no such process"
	call rt kill --all "$id" KILL
	ok
}

@test "a program that is missing is 127 to podman and to moby, one that may not be executed 126" {
	local program expected
	mkdir "$rootfs/bin/directory"
	echo text >"$rootfs/etc/plain"
	while read -r program expected; do
		edit '.process.args = [$p]' --arg p "$program"
		log_rt create --bundle "$bundle" "$id"
		fails
		one_error
		is "$(podman_code "$msg")" "$expected" "podman's code for: $msg"
		is "$(moby_code "$msg")" "$expected" "moby's code for: $msg"
	done <<-END
		/nothing 127
		/bin/nothing/at/all 127
		nothing 127
		/etc/plain 126
		/bin/directory 126
	END
}

@test "what is not the program's fault is neither 126 nor 127 to engines" {
	needs caisson "others have libc's words in all of them"
	local filter
	cp "$bundle/config.json" "$T/good.json"
	while read -r filter; do
		jq "$filter" <"$T/good.json" >"$bundle/config.json"
		log_rt create --bundle "$bundle" "$id"
		fails || { complain "$filter"; return 1; }
		one_error
		is "$(podman_code "$msg")" other "podman's code for: $msg"
		is "$(moby_code "$msg")" 128 "moby's code for: $msg"
	done <<-'END'
		.mounts += [{"destination": "/x", "source": "/nowhere/at/all", "options": ["bind"]}]
		.mounts += [{"destination": "/etc/passwd/x", "type": "tmpfs", "source": "tmpfs"}]
		.mounts += [{"destination": "/etc/passwd", "type": "tmpfs", "source": "tmpfs"}]
		.root.path = "nowhere"
		.root.path = "/etc/passwd"
		.hooks.prestart = [{"path": "/nowhere/hook"}]
		.hooks.prestart = [{"path": "/etc/passwd"}]
		.process.cwd = "/etc/passwd"
		.linux.namespaces |= map(select(.type != "network")) + [{"type": "network", "path": "/nowhere/net"}]
		.linux.devices = [{"path": "/dev/sub/../../etc/passwd/x", "type": "c", "major": 1, "minor": 3}]
	END
	jq . <"$T/good.json" >"$bundle/config.json"
	log_rt create --bundle "$bundle" --pid-file "$T/nowhere/pid" "$id"
	fails
	one_error
	is "$(podman_code "$msg") $(moby_code "$msg")" "other 128" "$msg"
	log_rt create --bundle "$bundle" --pidfd-socket "$T/nowhere/socket" "$id"
	fails
	one_error
	is "$(podman_code "$msg") $(moby_code "$msg")" "other 128" "$msg"
}

@test "checkpoint and restore: told from one that is broken by what --help and a missing value say" {
	needs caisson "runc has both"
	call rt checkpoint --help
	exits 3
	call rt restore --lsm-mount-context
	exits 3
	lacks "$err" "flag needs an argument"
	lacks "$err" "requires an argument"
}

@test "exit codes: 1 for any failure, 3 for an unknown command, 255 for an exec that fails" {
	mkdir -m 0700 "$state"
	call rt state "$id"
	exits 1
	call rt create --bundle "$T/nowhere" "$id"
	exits 1
	call rt --nosuchoption list
	exits 1
	call rt list --nosuchoption
	exits 1
	contains "$out$err" "flag provided but not defined: -"
	log_rt state
	exits 1
	contains "$out" "Incorrect Usage."
	one_error
	contains "$msg" '"state" requires exactly 1 argument(s)'
	call rt nosuchcommand
	skip_on runc "1.1: 3 and a help text"
	exits 3
	edit '.process.args = ["/nothing"]'
	call rt run --bundle "$bundle" "$id"
	exits 1
	start_probe wait || true
	call rt exec "$id" /nothing
	exits 255
}

@test "an option without its value: 'flag needs an argument'" {
	local command
	for command in "create --bundle" "run --pid-file" "--root" "--log"; do
		# shellcheck disable=SC2086
		call rt $command
		fails "flag needs an argument: -"
	done
}

@test "an id that is taken: 'already exists'" {
	args wait
	create
	ok
	log_rt create --bundle "$bundle" "$id"
	fails "container with given ID already exists"
}

@test "start of what cannot be started says so in the words callers know" {
	start_probe wait
	call rt start "$id"
	fails "cannot start an already running container"
	kill_init
	wait_for 5 is_state stopped
	call rt start "$id"
	fails "cannot start a container that has stopped"
	call rt exec "$id" /bin/true
	fails "stopped container"
}
