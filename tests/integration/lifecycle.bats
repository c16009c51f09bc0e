# create, start, run, state, kill, delete, list: states, texts, exit codes, files that callers read (contract 1, 4 to 6, 8, 9).
load lib.bash

# ---- run ----

@test "run gives the program's output and exit code" {
	probe ids + exit 7
	exits 7
	says "uid 0 0 0 0" "pid 1"
	is "$err" "" stderr
}

@test "run of a program that succeeds exits 0 and leaves nothing" {
	probe ids
	ok
	nothing_left
}

@test "run: death by signal N is exit code 128+N" {
	edit '.linux.namespaces -= [{"type":"pid"}]'
	probe raise 9
	exits 137
	probe raise 15
	exits 143
}

@test "run: the program reads the caller's stdin" {
	needs_containers
	edit '.process.args = ["/bin/cat"]'
	code=0
	out=$(echo "from the caller" | rt run --bundle "$bundle" "$id") || code=$?
	ok
	is "$out" "from the caller"
}

@test "run: stdout and stderr stay apart" {
	edit '.process.args = ["/bin/sh", "-c", "echo to-out; echo to-err >&2"]'
	call rt run --bundle "$bundle" "$id"
	ok
	is "$out" to-out
	is "$err" to-err
}

@test "run without --bundle takes the working directory" {
	args ids
	call rt run "$id"
	ok
	says "pid 1"
}

@test "run --detach returns once the program runs" {
	args trap 15 + wait
	call_create rt run --detach --bundle "$bundle" --pid-file "$T/pid" "$id"
	ok
	is "$(state_of)" running
	is "$(pid_of)" "$(<"$T/pid")"
	kill -0 "$(<"$T/pid")"
}

@test "run --keep leaves a stopped container to delete" {
	skip_on runc "1.1 has no --keep for runs that end"
	args exit 3
	call rt run --keep --bundle "$bundle" "$id"
	exits 3
	is "$(state_of)" stopped
	call rt delete "$id"
	ok
	nothing_left
}

@test "run forwards signals to the program" {
	needs_containers
	args trap 15 + wait
	: >"$T/box.out"
	"$RUNTIME" --root "$state" run --bundle "$bundle" "$id" >>"$T/box.out" 2>"$T/err" </dev/null 3>&- &
	local runner=$!
	wait_for 5 box_says ready
	kill -TERM $runner
	code=0
	wait $runner || code=$?
	exits 115
	box_says "caught 15"
}

# ---- create and start ----

@test "create leaves the init process alive before exec, and nothing on stdout" {
	args echo hello
	create --pid-file "$T/pid"
	ok
	is "$err" "" stderr
	is "$(box_output)" ""
	is "$(state_of)" created
	kill -0 "$(<"$T/pid")"
	differs "$(readlink "/proc/$(<"$T/pid")/exe")" /bin/probe
}

@test "start runs the program, prints nothing itself" {
	args echo hello
	create
	call rt start "$id"
	ok
	is "$out$err" ""
	wait_for 5 is_state stopped
	is "$(box_output)" hello
}

@test "the pid file is the decimal pid without a newline" {
	args wait
	create --pid-file "$T/pid"
	ok
	[[ $(<"$T/pid") =~ ^[1-9][0-9]*$ ]]
	is "$(stat -c %s "$T/pid")" "$(printf %s "$(<"$T/pid")" | wc -c)" "size of the pid file"
	is "$(<"$T/pid")" "$(pid_of)"
}

@test "a relative pid file belongs to the caller's directory, not to the bundle" {
	mkdir "$T/elsewhere"
	cd "$T/elsewhere"
	args wait
	create --pid-file here.pid
	ok
	is "$(<here.pid)" "$(pid_of)"
	[[ ! -e $bundle/here.pid ]]
}

@test "the pid file is put in place by rename: an old one is replaced, not written into" {
	args wait
	printf '123456789' >"$T/old"
	ln "$T/old" "$T/pid"
	create --pid-file "$T/pid"
	ok
	is "$(<"$T/pid")" "$(pid_of)"
	is "$(<"$T/old")" 123456789
}

@test "C64: a pid file that is a symlink is not followed" {
	args wait
	echo untouched >"$T/victim"
	ln -s "$T/victim" "$T/pid"
	create --pid-file "$T/pid"
	is "$(<"$T/victim")" untouched
}

@test "C64: when the pid file cannot be written, create is undone" {
	args wait
	create --pid-file "$T/no-such-directory/pid"
	fails
	nothing_left
}

@test "a second create of the same id fails and harms nothing" {
	args wait
	create
	ok
	local pid
	pid=$(pid_of)
	call rt create --bundle "$bundle" "$id"
	fails "already exists"
	is "$(state_of)" created
	is "$(pid_of)" "$pid"
	kill -0 "$pid"
}

@test "start of a running container fails and harms nothing" {
	start_probe wait
	call rt start "$id"
	fails "cannot start an already running container"
	is "$(state_of)" running
}

@test "C73: start of a stopped container fails at once" {
	start_probe exit 0
	wait_for 5 is_state stopped
	local before=${EPOCHREALTIME/./}
	LIMIT=8 call rt start "$id"
	fails "cannot start a container that has stopped"
	(( ${EPOCHREALTIME/./} - before < 4000000 * SLOW ))
}

@test "C73, C74: init killed between create and start: stopped, start fails at once, delete works" {
	args wait
	create
	ok
	kill_init
	wait_for 5 is_state stopped
	LIMIT=5 call rt start "$id"
	fails
	call rt delete "$id"
	ok
	nothing_left
}

@test "after create, changes to config.json have no effect" {
	args echo first
	create
	ok
	edit '.process.args = ["/bin/probe", "echo", "second"] | .hostname = "other"'
	call rt start "$id"
	ok
	wait_for 5 is_state stopped
	is "$(box_output)" first
}

@test "after create, a broken or missing config.json does not matter" {
	args trap 15 + wait
	create
	ok
	rm "$bundle/config.json"
	call rt start "$id"
	ok
	is "$(state_of)" running
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	nothing_left
}

@test "the program is not run by create" {
	edit '.process.args = ["/bin/sh", "-c", "echo ran >/tmp/ran"]'
	create
	ok
	sleep 0.1
	[[ ! -e $rootfs/tmp/ran ]]
	call rt start "$id"
	ok
	wait_for 5 test -e "$rootfs/tmp/ran"
}

# ---- a program that cannot be run is an error of create ----

@test "a missing program fails create: executable file not found / no such file or directory" {
	edit '.process.args = ["nothing-of-that-name"]'
	create
	fails
	fails_any "executable file not found" "no such file or directory"
	nothing_left
}

@test "a missing program by absolute path fails create" {
	edit '.process.args = ["/bin/nothing-of-that-name"]'
	create
	fails_any "executable file not found" "no such file or directory"
	nothing_left
}

@test "a file that may not be executed fails create: permission denied" {
	echo text >"$rootfs/etc/text"
	edit '.process.args = ["/etc/text"]'
	create
	fails "permission denied"
	nothing_left
}

@test "a directory as the program fails create" {
	edit '.process.args = ["/etc"]'
	create
	fails_any "permission denied" "is a directory"
	nothing_left
}

@test "the program is looked up in the container's PATH alone" {
	mkdir "$rootfs/opt"
	cp "$rootfs/bin/probe" "$rootfs/opt/tool"
	edit '.process.args = ["tool", "args"] | .process.env = ["PATH=/nowhere:/opt"]'
	PATH=/opt:$PATH call rt run --bundle "$bundle" "$id"
	ok
	says "arg 0 tool"
	edit '.process.env = ["PATH=/nowhere"]'
	call rt run --bundle "$bundle" "$id"
	fails_any "executable file not found" "no such file or directory"
}

# ---- state ----

@test "state: keys, values and their types" {
	edit '.annotations = {"org.example.key": "a value"}'
	start_probe wait
	call rt state "$id"
	ok
	jq -e . <<<"$out" >/dev/null
	is "$(jq -r .id <<<"$out")" "$id"
	is "$(jq -r .status <<<"$out")" running
	is "$(jq -r '.pid | type' <<<"$out")" number
	is "$(jq -r .bundle <<<"$out")" "$bundle"
	is "$(jq -r .rootfs <<<"$out")" "$rootfs"
	is "$(jq -r '.annotations["org.example.key"]' <<<"$out")" "a value"
	is "$(jq -r '.ociVersion | type' <<<"$out")" string
	[[ $(jq -r .created <<<"$out") =~ ^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]+)?(Z|[+-][0-9:]+)$ ]]
	(( $(date +%s) - $(date -d "$(jq -r .created <<<"$out")" +%s) < 60 ))
}

@test "state: the keys come in the contract's order, indented by two blanks" {
	start_probe wait
	call rt state "$id"
	ok
	is "$(jq -r 'keys_unsorted | join(" ")' <<<"$out")" "ociVersion id pid status bundle rootfs created owner"
	contains "$out" $'{\n  "ociVersion": '
}

@test "state of a stopped container has pid 0" {
	start_probe exit 0
	wait_for 5 is_state stopped
	is "$(pid_of)" 0
}

@test "state: created, running, stopped, gone" {
	args wait
	create
	is "$(state_of)" created
	call rt start "$id"
	is "$(state_of)" running
	call rt kill "$id" KILL
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	call rt state "$id"
	fails "does not exist"
}

@test "every command answers 'does not exist' for an unknown id, and creates nothing" {
	local command
	for command in "state $id" "start $id" "kill $id TERM" "kill $id" "delete $id"; do
		call rt $command
		fails "does not exist"
	done
	[[ ! -e $state/$id ]]
}

@test "delete --force of an unknown id exits 0 and is silent" {
	call rt delete --force "$id"
	ok
	is "$out" ""
	is "$err" ""
}

# ---- kill ----

@test "kill: default SIGTERM, names with and without SIG, numbers" {
	local signal number
	for signal in ":15" "TERM:15" "SIGTERM:15" "15:15" "HUP:1" "SIGUSR1:10" "12:12" "USR2:12"; do
		number=${signal#*:} signal=${signal%:*}
		args trap 15 1 10 12 + wait
		create
		ok
		call rt start "$id"
		wait_for 5 box_says ready
		call rt kill "$id" $signal
		ok
		is "$out$err" ""
		wait_for 5 box_says "caught $number"
		wait_for 5 is_state stopped
		call rt delete "$id"
		ok
	done
}

@test "kill: lower case names and real-time signals" {
	start_probe trap 15 34 + wait
	wait_for 5 box_says ready
	skip_on runc "1.1 knows no RTMIN"
	call rt kill "$id" term
	ok
	wait_for 5 box_says "caught 15"
}

@test "kill: SIGKILL ends a program that ignores SIGTERM" {
	start_probe ignore 15 + wait
	wait_for 5 box_says "ignoring 15"
	call rt kill "$id" TERM
	ok
	sleep 0.1
	is "$(state_of)" running
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
}

@test "kill: an unknown signal is refused and nothing is sent" {
	start_probe wait
	local signal
	for signal in NOSUCH SIGNOSUCH -1 9x 65536; do
		call rt kill "$id" -- "$signal"
		fails
	done
	call rt kill "$id" NOSUCH
	fails "unknown signal" NOSUCH
	is "$(state_of)" running
}

@test "kill of a stopped container: container not running" {
	start_probe exit 0
	wait_for 5 is_state stopped
	call rt kill "$id" TERM
	skip_on runc "1.1 has another text: process already finished"
	fails "container not running" "no such process"
}

@test "kill --all of a stopped container exits 0" {
	start_probe exit 0
	wait_for 5 is_state stopped
	call rt kill --all "$id" KILL
	ok
	call rt kill -a "$id" 9
	ok
}

@test "kill of a created container" {
	args wait
	create
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
}

@test "kill KILL without a private pid namespace ends every process of the container" {
	edit '.linux.namespaces -= [{"type":"pid"}]'
	edit '.process.args = ["/bin/sh", "-c", "/bin/sleep 300 & /bin/sleep 300 & echo up; wait"]'
	create
	ok
	call rt start "$id"
	ok
	wait_for 5 box_says up
	is "$(wc -l <"$(cgroup_dir pids)/cgroup.procs")" 3
	call rt kill --all "$id" KILL
	ok
	wait_for 5 is_state stopped
	wait_for 5 no_processes
	call rt delete "$id"
	ok
}

# ---- delete ----

@test "delete of a running container is refused; --force works" {
	start_probe wait
	call rt delete "$id"
	fails "cannot delete container $id that is not stopped: running"
	is "$(state_of)" running
	call rt delete --force "$id"
	ok
	is "$out" ""
	nothing_left
}

@test "delete of a created container kills and removes it" {
	args wait
	create
	ok
	call rt delete "$id"
	ok
	nothing_left
	is "$(box_output)" ""
}

@test "delete of a stopped container, twice" {
	start_probe exit 0
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	is "$out$err" ""
	nothing_left
	call rt delete "$id"
	fails "does not exist"
}

@test "the id may be used again after delete" {
	probe echo one
	ok
	probe echo two
	ok
	says two
}

@test "delete --force ends the children of the program too" {
	edit '.process.args = ["/bin/sh", "-c", "/bin/sleep 300 & /bin/sleep 300 & echo up; wait"]'
	create
	call rt start "$id"
	wait_for 5 box_says up
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "delete does not touch what is in the bundle" {
	start_probe exit 0
	wait_for 5 is_state stopped
	echo mine >"$bundle/mine"
	call rt delete "$id"
	ok
	is "$(<"$bundle/mine")" mine
	[[ -x $rootfs/bin/probe ]]
}

@test "delete --force removes a state directory without a state" {
	mkdir -p "$state/$id"
	call rt delete --force "$id"
	ok
	[[ ! -e $state/$id ]]
}

@test "C63: a damaged state: list and delete --force exit 0, nothing is killed" {
	skip_on runc "1.1 cannot delete what it cannot read"
	start_probe wait
	local pid file
	pid=$(pid_of)
	for file in "$state/$id"/state.json "$state/$id"/status; do
		[[ ! -f $file ]] || printf '{"pid": 1, "id' >"$file"
	done
	call rt list
	ok
	call rt kill "$id" KILL
	fails
	kill -0 "$pid"
	call rt delete --force "$id"
	ok
	[[ ! -e $state/$id ]]
	# Such a record does not come from a crash, and names nothing any more: what it named may be left.
	kill -9 "$pid" 2>/dev/null || true
	wait_for 5 no_processes
	clean_up_hard
}

@test "C82: delete --force does not follow a symlink inside the state directory" {
	start_probe wait
	make_canary
	ln -s "$canary" "$state/$id/link"
	call rt delete --force "$id"
	ok
	canary_unharmed
	nothing_left
}

# ---- list ----

@test "list: table and its columns" {
	start_probe wait
	call rt list
	ok
	is "$(head -1 <<<"$out" | xargs)" "ID PID STATUS BUNDLE CREATED OWNER"
	is "$(awk -v id="$id" '$1 == id { print $2, $3, $4, $6 }' <<<"$out")" "$(pid_of) running $bundle root"
}

@test "list --quiet and --format json" {
	start_probe wait
	call rt list --quiet
	ok
	is "$out" "$id"
	call rt list -q
	is "$out" "$id"
	call rt list --format json
	ok
	is "$(jq -r '.[0] | .id, .status, .owner, .bundle' <<<"$out" | xargs)" "$id running root $bundle"
	call rt list --format=json
	is "$(jq length <<<"$out")" 1
	call rt list -f json
	is "$(jq -r '.[0].pid' <<<"$out")" "$(pid_of)"
}

@test "list is sorted and names several containers" {
	start_probe wait
	local name
	for name in b c a; do
		mkdir "$T/$name"
		jq --arg p "/$id-$name" --arg r "$rootfs" '.linux.cgroupsPath = $p | .root.path = $r' <"$bundle/config.json" >"$T/$name/config.json"
		call_create rt create --bundle "$T/$name" "$id-$name"
		ok
	done
	call rt list -q
	is "$(xargs <<<"$out")" "$id $id-a $id-b $id-c"
	for name in a b c; do
		call rt delete --force "$id-$name"
		ok
	done
}

@test "list of an empty root is an empty list" {
	mkdir -m 0700 "$state"
	call rt list
	ok
	is "$(wc -l <<<"$out")" 1
	call rt list -q
	is "$out" ""
	call rt list --format json
	ok
	[[ $out == "[]" || $out == null ]]
}

@test "list skips a broken entry with one line on stderr and exits 0" {
	start_probe wait
	mkdir "$state/broken"
	call rt list -q
	ok
	contains "$out" "$id"
	rm -rf "$state/broken"
}

@test "list: a directory without a state is abandoned, or being created while somebody holds it" {
	needs caisson "its state directory"
	mkdir -m 0700 -p "$state/left"
	call rt list -q
	ok
	is "$out" ""
	contains "$err" "load container left: no state was written; delete --force removes it"
	is "$(wc -l <<<"$err")" 1 "lines on stderr"
	exec 9<"$state/left"
	flock -x 9
	call rt list
	ok
	is "$(awk '$1 == "left" { print $2, $3 }' <<<"$out")" "0 creating"
	is "$err" ""
	exec 9<&-
	call rt delete --force left
	ok
	call rt list
	ok
	is "$err" ""
}

# ---- ids ----

@test "C58: bad ids are refused by every command and nothing is created" {
	local bad command
	args wait
	mkdir -m 0700 -p "$state"
	for bad in . .. a/b ../x "a b" $'a\nb' $'a\eb' "a%n%s" "ä" "$(printf 'a%.0s' {1..1024})"; do
		for command in create run state start kill delete; do
			call rt $command "$bad"
			fails
		done
	done
	call rt create --bundle "$bundle" "a/b"
	fails "invalid container ID format"
	is "$(ls -A "$state")" ""
	[[ ! -e $T/x ]]
}

@test "C58: an empty id" {
	args wait
	call rt create --bundle "$bundle" ""
	fails_any "container id cannot be empty" "invalid container ID format"
	call rt state ""
	fails
}

@test "ids with all legal characters work" {
	args exit 0
	call rt run --bundle "$bundle" "$id.A_z+0-9"
	ok
}

# ---- logs and messages ----

@test "an error goes to stderr, and as one JSON object to the log" {
	edit '.process.args = ["/nothing"]'
	call rt --log "$T/log" --log-format json create --bundle "$bundle" "$id"
	fails_any "executable file not found" "no such file or directory"
	is "$(jq -s length "$T/log")" 1 "records in the log"
	is "$(jq -r .level "$T/log")" error
	is "$(jq -r 'keys | join(" ")' "$T/log")" "level msg time"
	date -d "$(jq -r .time "$T/log")" >/dev/null
	[[ $(jq -r .time "$T/log") =~ ^20..-..-..T..:..:..(\.[0-9]+)?(Z|[+-]..:..)$ ]]
	contains "$err" "$(jq -r .msg "$T/log")"
}

@test "a text log" {
	call rt --log "$T/log" --log-format text state "$id"
	fails "does not exist"
	contains "$(<"$T/log")" "level=error"
	contains "$(<"$T/log")" "does not exist"
	is "$(wc -l <"$T/log")" 1
}

@test "success writes nothing into the log" {
	args exit 0
	call rt --log "$T/log" --log-format json run --bundle "$bundle" "$id"
	ok
	is "$(cat "$T/log")" ""
}

@test "an unknown log format is refused" {
	call rt --log-format xml list
	fails "invalid log-format"
}

@test "C68: what comes from a configuration cannot forge a log record" {
	edit '.process.args = ["/no\"}\n{\"level\":\"info\",\"msg\":\"forged\"}\u001b]0;x\u0007%s%n"]'
	call rt --log "$T/log" --log-format json create --bundle "$bundle" "$id"
	fails
	is "$(wc -l <"$T/log")" 1
	is "$(jq -s 'length' "$T/log")" 1
	is "$(jq -r .level "$T/log")" error
	lacks "$(<"$T/log")" $'\e'
	nothing_left
}

# ---- the command line ----

@test "options with a list of words refuse others, before anything is done" {
	needs caisson "others ignore some of them"
	local option
	for option in --log-level=bogus --log-level= --rootless=bogus --cgroup-manager=foo --log-format=xml; do
		call rt "$option" list
		exits 1
		option=${option#--}
		contains "$err" "invalid ${option%%=*}: ${option#*=}"
	done
	for option in --log-level=info --rootless=true --rootless=auto --rootless=0 --cgroup-manager=cgroupfs; do
		mkdir -m 0700 -p "$state"
		call rt "$option" list
		ok
	done
	call rt list --format xml
	fails "invalid format option"
	exits 1
}

@test "help of a command that does not exist is an unknown command" {
	needs caisson "its text"
	call "$RUNTIME" help nosuch
	exits 3
	contains "$err" "unknown command 'nosuch'"
	is "$out" ""
	call "$RUNTIME" help list
	ok
	contains "$out" "caisson list"
	call "$RUNTIME" help help
	ok
}

@test "a --root that is relative is found from the working directory" {
	args wait
	cd "$T"
	# As many runtimes see it: what is made from here is there under its whole name.
	call_create "$RUNTIME" --root "${state##*/}" "${owner_option[@]}" create --bundle "$bundle" "$id"
	ok
	[[ $T/${state##*/} -ef $state && -d $state/$id ]]
	is "$(state_of)" created
	mkdir "$T/elsewhere"
	cd "$T/elsewhere"
	call "$RUNTIME" --root "../${state##*/}" "${owner_option[@]}" start "$id"
	ok
	call "$RUNTIME" --root "${state##*/}" "${owner_option[@]}" state "$id"
	fails "does not exist"
	cd "$T"
	call "$RUNTIME" --root "${state##*/}" "${owner_option[@]}" delete --force "$id"
	ok
	[[ ! -e $state/$id ]]
}

@test "an empty --root is refused" {
	needs caisson "others take it for the working directory"
	call "$RUNTIME" --root "" list
	exits 1
	contains "$err" "--root must not be empty"
	call "$RUNTIME" --root= create --bundle "$bundle" "$id"
	exits 1
	contains "$err" "--root must not be empty"
}

@test "--version: first line 'NAME version V', then commit and spec" {
	call "$RUNTIME" --version
	ok
	[[ $(head -1 <<<"$out") =~ ^[a-z]+\ version\ [^\ ]+ ]]
	is "$(grep -c version <<<"$out")" 1
	contains "$out" $'\ncommit: '
	contains "$out" $'\nspec: '
	call "$RUNTIME" -v
	ok
	contains "$out" version
}

@test "--help everywhere exits 0 and prints on stdout" {
	local command
	call "$RUNTIME" --help
	ok
	for command in create start run state kill delete list spec; do
		contains "$out" "$command"
	done
	for command in create start run state kill delete list spec; do
		call "$RUNTIME" $command --help
		ok
		contains "$out" "$command"
		is "$err" ""
	done
}

@test "options: --x value, --x=value, -x value; wrong ones are refused" {
	args exit 0
	call rt run --bundle="$bundle" "$id"
	ok
	call rt run -b "$bundle" "$id"
	ok
	call rt run -bundle "$bundle" "$id"
	ok
	call rt run --no-such-option "$id"
	fails
	call rt run --bundle
	fails "flag needs an argument"
}

@test "wrong argument counts and unknown commands are refused" {
	call rt create
	fails
	call rt start
	fails
	call rt state
	fails
	call rt delete
	fails
	call rt start a b
	fails
	call rt no-such-command
	[[ $code != 0 ]]
}

@test "options after the id work, except where arguments follow" {
	start_probe wait
	call rt delete "$id" --force
	skip_on crun "stops at the first argument"
	ok
	nothing_left
}

@test "the state root: made 0700, refused when it is /" {
	args wait
	create
	ok
	is "$(stat -c %a "$state")" 700
	skip_on runc "1.1 takes / as its root"
	call "$RUNTIME" --root / list
	[[ $code != 0 ]]
}

@test "spec writes a config.json, and refuses to overwrite one" {
	mkdir "$T/spec"
	cd "$T/spec"
	call "$RUNTIME" spec
	ok
	is "$out" ""
	is "$(jq -r .process.args[0] config.json)" sh
	is "$(jq -r .root.readonly config.json)" true
	is "$(jq -r .process.terminal config.json)" true
	is "$(jq -r '.linux.namespaces | map(.type) | contains(["pid", "network", "ipc", "uts", "mount"])' config.json)" true
	is "$(jq -r '.process.capabilities.bounding | sort | join(" ")' config.json)" "CAP_AUDIT_WRITE CAP_KILL CAP_NET_BIND_SERVICE"
	is "$(jq -r '.linux.resources.devices[0] | .allow, .access' config.json | xargs)" "false rwm"
	contains "$(<config.json)" $'\n\t"'
	call "$RUNTIME" spec
	fails "config.json exists"
	mkdir other
	call "$RUNTIME" spec --bundle other
	ok
	[[ -s other/config.json ]]
}

@test "what spec writes runs, but for the terminal" {
	rm "$bundle/config.json"
	call "$RUNTIME" spec --bundle "$bundle"
	ok
	edit '.process.terminal = false | .process.args = ["/bin/probe", "ids", "+", "confinement", "+", "mounts"] | .linux.cgroupsPath = $p' --arg p "/$id"
	call rt run --bundle "$bundle" "$id"
	ok
	says "nnp 1"
	has_option / ro
	if unified; then has_option /sys/fs/cgroup ro; else has_option /sys/fs/cgroup/memory ro; fi
}

@test "spec --rootless: a user namespace, no network namespace, no resources" {
	mkdir "$T/spec"
	cd "$T/spec"
	call "$RUNTIME" spec --rootless
	ok
	is "$(jq '.linux.namespaces | map(.type) | index("network")' config.json)" null
	differs "$(jq '.linux.namespaces | map(.type) | index("user")' config.json)" null
	is "$(jq '.linux.resources' config.json)" null
	is "$(jq '.linux.uidMappings[0].size' config.json)" 1
}

@test "where /proc does not show this boot's number a container lives, and is known to" {
	skip_on runc "needs more of /proc"
	skip_on crun "needs more of /proc"
	args wait
	call_create unshare -m sh -c "mount -t proc -o subset=pid proc /proc && exec $RUNTIME --root $state run --detach --bundle $bundle $id"
	ok
	is "$(state_of)" running
	call unshare -m sh -c "mount -t proc -o subset=pid proc /proc && exec $RUNTIME --root $state state $id"
	contains "$out" running
	call unshare -m sh -c "mount -t proc -o subset=pid proc /proc && exec $RUNTIME --root $state delete $id"
	fails "that is not stopped"
	call rt delete --force "$id"
	ok
}

@test "explain prints the plan without doing anything, and without root" {
	needs caisson "explain"
	args exit 0
	call "$RUNTIME" explain "$bundle"
	ok
	contains "$out" pivot
	[[ ! -e $state ]]
	chmod -R a+rX "$T"
	chmod a+rx "${T%/*}" "${T%/*/*}"
	call setpriv --reuid 65534 --regid 65534 --clear-groups "$RUNTIME" explain "$bundle"
	ok
	contains "$out" pivot
}

@test "spec --example is the repository's config.json.example, and it runs" {
	needs caisson "spec --example"
	[[ -n ${EXAMPLE-} ]] || EXAMPLE=$HERE/../../config.json.example
	mkdir "$T/spec"
	cd "$T/spec"
	call "$RUNTIME" spec --example
	ok
	cmp config.json "$EXAMPLE"
	cp config.json "$bundle/config.json"
	edit '.process.args = ["/bin/probe", "confinement", "+", "uts", "+", "cgroup"] | .linux.cgroupsPath = $p' --arg p "/$id"
	call rt run --bundle "$bundle" "$id"
	ok
	says "seccomp 2"
}

# touched COMMAND...: what the runtime's own process opens, makes, connects to, executes or clones: one line each, paths in full.
touched() {
	timeout 30 strace -y -qq -s 200 -e trace=%file,connect,bind,execve,clone,clone3,fork,vfork -o "$T/trace" "$@" </dev/null >"$T/o" 2>&1 3>&- || { cat "$T/o"; return 1; }
	sed -nE -e '/^(clone|clone3|fork|vfork)\(/s/\(.*//p' -e 's/^execve\("([^"]*)".*/execve \1/p' -e 's/^(connect|bind)\(.*sun_path="([^"]*)".*/\1 \2/p' \
		-e 's/^[a-z0-9_]+\([0-9]+<([^>]*)>, "\/?([^"]*)".*/\1\/\2/p' -e 's/^[a-z0-9_]+\((AT_FDCWD[^,]*, )?"([^"]*)".*/\2/p' "$T/trace" |
		sed -E 's,/+,/,g; s,/\.?$,,' | LC_ALL=C sort -u | grep -vx '' || true
}

# Every line has to be one that a row of the plan, or finding the host out, names.
@test "create, start and delete of a plain container touch nothing else than what explain names" {
	in_our_way any "what is called instead is seen"
	needs caisson "its own order"
	command -v strace >/dev/null || skip "no strace"
	! grep -q __asan_init "$RUNTIME" || skip "a sanitizer reads about itself"
	! grep -q CAISSON_READ_BACK "$RUNTIME" || skip "a debug build looks at all it has made"
	args exit 0
	local command facts state_dir cgroups proc program unexpected
	# What the host is like, once a command; and the loader. glibc's fstat has an empty name; `make coverage` has files of its own.
	facts='/proc/(kcore|cgroups|self/uid_map|self/ns/net|self|sys/kernel/random/boot_id)|/sys/module/apparmor/parameters/enabled|/sys/fs/selinux|/run/systemd/system|/etc/ld\.so\.(preload|cache)|/(usr/)?lib/.*\.so[.0-9]*|anon_inode:\[pidfd\]|net:\[[0-9]+\]'
	[[ -z ${COUNTERS-} ]] || facts+="|$COUNTERS/[^/]*"
	state_dir="$state(/\\.\\.|/$id(/\\.?(state\\.json|config\\.json|cgroup\\.json|resources\\.[a-z]*|start\\.sock)[-.0-9]*)?|/\\.(del|new)\\..*)?"
	cgroups='/sys/fs/cgroup(/.*)?|/proc/mounts'
	proc='/proc(/[0-9]+(/(stat|cgroup|exe|comm))?)?|/proc/self/fd/[0-9]+|/proc/self/fdinfo/[0-9]+'
	! "$RUNTIME" explain "$bundle" | grep -q '^  mount .*kdevtmpfs' || proc+='|/proc/[0-9]+/(ns|ns/mnt)'
	program="execve $RUNTIME|$T/o"
	# The directories above the state root and the container's root, up to the top: whose they are, and that one is not in the other.
	local above=$state ancestors='(/\.\.)?'
	while [[ $above == */* ]]; do
		ancestors+="|$above(/\\.\\.)?"
		above=${above%/*}
	done
	for command in "create --bundle $bundle" start delete; do
		[[ $command != delete ]] || wait_for 5 is_state stopped
		# shellcheck disable=SC2086
		touched "$RUNTIME" --root "$state" $command "$id" >"$T/touched"
		unexpected=$(grep -vxE "$facts|$state_dir|$cgroups|$proc|$program|/dev/null" "$T/touched" || true)
		case $command in
		create*)
			unexpected=$(grep -vxE "$bundle(/config\\.json|/rootfs)?|/|clone3|bind /proc/self/fd/[0-9]+/start\\.sock|$ancestors" <<<"$unexpected" || true)
			is "$(grep -cx 'clone3' "$T/touched")" 1
			;;
		start) unexpected=$(grep -vxE 'connect /proc/self/fd/[0-9]+/start\.sock' <<<"$unexpected" || true) ;;
		esac
		is "${unexpected//$'\n'/; }" "" "$command also touches"
	done
}
