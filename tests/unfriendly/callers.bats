# Callers that have little, or are in an odd state: the few descriptors that they may have, no argv, closed stdio, no procfs, odd masks.
# Each command either does all of its work or says in words why not; and nothing is left (cases C92, C97).
load ../integration/lib.bash
HERE=${BATS_TEST_FILENAME%/*}/../integration

setup() {
	lib_setup
	needs caisson "others are asked less"
	way=()
}

rt() { timeout --foreground -k 1 "$((${LIMIT:-20} * SLOW))" "${way[@]}" "$RUNTIME" --root "$state" "${owner_option[@]}" "$@"; }
caller() { way=("$HELPERS/caller" "$@" --); }

# Success, or a refusal in words.
sound() {
	[[ $code == 0 ]] || fails
}

# The probe's fds: 0, 1, 2.
stdio_alone() { is "$(sed -nE 's/^fd ([0-9]+) .*/\1/p' <<<"$out" | tr '\n' ' ')" "0 1 2 " "descriptors"; }

# life WORD...: a container's whole life by callers of this kind.
life() {
	caller "$@"
	args fds + signals + ids + confinement + echo ready + wait
	create
	[[ $code == 0 ]] || complain "create with $*"
	ok
	call rt state "$id"
	ok
	contains "$out" '"created"'
	call rt list --quiet
	ok
	is "$out" "$id" "list with $*"
	call rt start "$id"
	ok
	wait_for 5 box_says ready
	call rt exec "$id" /bin/probe fds + signals + ids + confinement
	[[ $code == 0 ]] || complain "exec with $*"
	ok
	stdio_alone
	says "sigblk 0000000000000000" "sigign 0000000000000000" "umask 0022"
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	nothing_left
	out=$(box_output)
	stdio_alone
	says "sigblk 0000000000000000" "sigign 0000000000000000" "umask 0022"
	args exit 4
	call rt run --bundle "$bundle" "$id"
	exits 4
	nothing_left
}

# ---- descriptors ----

# enough PREPARE COMMAND...: COMMAND with each limit from 8 up, until it succeeds; PREPARE comes before each. What fails has named the limit;
# it leaves nothing that was not there before, as PREPARE sees. Sets `least`.
enough() {
	local prepare=$1
	shift
	for ((least = 8; least < 80; least++)); do
		way=()
		"$prepare"
		caller nofile=$least
		call_create "$@"
		way=()
		[[ $code != 0 ]] || return 0
		fails
		contains "${err##*$'\n'}" "too many open files" # behind warnings
	done
	complain "not with $((least - 1)) descriptors"
	return 1
}
# The limit was one: what needs many descriptors was refused at first.
too_few_at_first() {
	((least > 8)) || { complain "8 descriptors are enough for $1: the limit has not been felt"; return 1; }
	echo "# $1 needs $least"
}
nothing_yet() {
	call rt delete --force "$id"
	ok
	nothing_left
}
a_created() {
	nothing_yet
	create
	ok
}
# The same container must stand what failed.
a_running() {
	[[ $(state_of) != running ]] || return 0
	a_created
	call rt start "$id"
	ok
}
a_stopped() {
	[[ $(state_of) != stopped ]] || return 0
	a_running
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
}

@test "C92: every limit of descriptors from 8 up: create, and run" {
	args exit 0
	enough nothing_yet rt create --bundle "$bundle" "$id"
	too_few_at_first create
	enough nothing_yet rt run --bundle "$bundle" "$id"
	too_few_at_first run
}

@test "C92: every limit of descriptors from 8 up: create with a user namespace, devices, hooks and binds" {
	mkdir "$T/data"
	local dir
	for dir in "$T" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"; do
		while [[ $dir != / && $dir != /tmp ]]; do chmod o+x "$dir"; dir=${dir%/*}; done
	done
	chown -R 100000:100000 "$rootfs"
	edit '.process.args = ["/bin/probe", "exit", "0"] | .linux.namespaces += [{"type": "user"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings
		| .hooks.createRuntime = [{"path": "/bin/true"}] | .linux.devices = [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229}]
		| .mounts += [range(12) | {"destination": "/mnt/\(.)", "source": $s, "options": ["rbind", "ro"]}]' --arg s "$T/data"
	enough nothing_yet rt run --bundle "$bundle" "$id"
	too_few_at_first run
}

@test "C92: every limit of descriptors from 8 up: start" {
	args wait
	enough a_created rt start "$id"
	echo "# start needs $least"
}

@test "C92: every limit of descriptors from 8 up: exec, state, list, kill, and delete" {
	args wait
	enough a_running rt exec "$id" /bin/probe exit 0
	too_few_at_first exec
	enough a_running rt state "$id"
	echo "# state needs $least"
	enough a_running rt list
	echo "# list needs $least"
	enough a_running rt ps "$id"
	enough a_running rt pause "$id"
	way=()
	call rt resume "$id"
	ok
	enough a_running rt update --pids-limit 50 "$id"
	enough a_running rt kill "$id" KILL
	echo "# kill needs $least"
	way=()
	wait_for 5 is_state stopped
	enough a_stopped rt delete "$id"
	echo "# delete needs $least"
	way=()
	a_running
	enough true rt delete --force "$id"
	echo "# delete --force needs $least"
	way=()
	nothing_left
}

# ---- what else a caller may lack ----

@test "C97: no argv at all: help, and no crash" {
	call "$HELPERS/bare" no-argv -- "$RUNTIME"
	sane
	[[ $code == 0 || $code == 1 ]]
	contains "$out$err" caisson
	lacks "$err" Segmentation
}

@test "C97: a closed stdin, stdout, stderr, in all combinations: create, start, run, exec, state, list" {
	local combination fd how
	for combination in 1 2 3 4 5 6 7; do
		how=()
		for fd in 0 1 2; do ((!(combination >> fd & 1))) || how+=("close=$fd"); done
		caller "${how[@]}"
		args wait
		# Where stderr is closed there are no words: codes and what there is.
		create
		ok
		for fd in 0 1 2; do
			((!(combination >> fd & 1))) || is "$(readlink "/proc/$(way=() && pid_of)/fd/$fd")" /dev/null "descriptor $fd with ${how[*]}"
		done
		call rt start "$id"
		ok
		call rt state "$id"
		ok
		((combination & 2)) || contains "$out" '"running"'
		call rt list --quiet
		ok
		((combination & 2)) || is "$out" "$id"
		call rt exec "$id" /bin/sh -c 'for fd in 0 1 2; do : <&$fd || exit 9; done; exit 3'
		exits 3
		call rt exec "$id" /bin/probe fds
		ok
		((combination & 2)) || stdio_alone
		way=()
		call rt delete --force "$id"
		ok
		nothing_left
		caller "${how[@]}"
		args fds + exit 5
		call rt run --bundle "$bundle" "$id"
		exits 5
		((combination & 2)) || stdio_alone
		way=()
		nothing_left
	done
}

@test "C97: an odd umask, in all of a container's life" {
	life umask=0
	life umask=0777
	life umask=0277
}

@test "C97: an odd umask does not open or close what the runtime makes" {
	local mask
	args wait
	for mask in 0 0777; do
		caller umask=$mask
		create --pid-file "$T/pid"
		ok
		is "$(stat -c %a "$state" "$state/$id" | tr '\n' ' ')" "700 700 " "modes of the state directories with umask $mask"
		is "$(find "$state/$id" -perm /077 ! -type l ! -type s)" "" "files for others with umask $mask"
		way=()
		call rt delete --force "$id"
		ok
		rm -r "$state" "$T/pid"
	done
}

@test "C97: all signals ignored, all signals blocked, in all of a container's life" {
	local number all=()
	for ((number = 1; number < 65; number++)); do all+=("ignore=$number"); done
	life "${all[@]}"
	life block
	life "${all[@]}" block
}

@test "C97: no_new_privs already set, in all of a container's life" {
	life nnp
	# It is the kernel's to keep: nobody can take it off again.
	caller nnp
	args confinement
	call rt run --bundle "$bundle" "$id"
	ok
	says "nnp 1"
}

@test "C97: a working directory that is gone, in all of a container's life; a relative bundle is refused" {
	life cwd-gone
	caller cwd-gone
	call rt run --bundle bundle "$id"
	fails
	call rt run "$id"
	fails
	nothing_left
}

@test "C97: all of it at once" {
	life cwd-gone umask=0777 nnp block ignore=17 ignore=13 ignore=15 leak=30 nice=5 stack=65536 close=0
}

@test "C97: nothing mounted at /proc: refused in words, by each command, and nothing is left" {
	local command
	args wait
	create
	ok
	way=("$HELPERS/bare" no-proc --)
	for command in "run --bundle $bundle other" "create --bundle $bundle other" "state $id" list "start $id" "exec $id /bin/probe exit 0" "kill $id KILL" "delete --force $id"; do
		# shellcheck disable=SC2086 # words
		LIMIT=10 call rt $command
		# The record alone says what these answer.
		if [[ $command == state* || $command == list ]]; then sound; else fails_any /proc; fi
		[[ ! -e $state/other ]]
	done
	way=()
}

@test "C97: a /dev without null, and one where it is an ordinary file: never taken for it" {
	local kind
	for kind in no-null file-null; do
		way=("$HELPERS/bare" "$kind" -- "$HELPERS/caller" close=0 close=1 --)
		args exit 0
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		sound
		way=()
		call rt delete --force "$id"
		ok
		nothing_left
	done
	# With nothing closed it is not needed.
	way=("$HELPERS/bare" no-null --)
	args exit 4
	call rt run --bundle "$bundle" "$id"
	exits 4
}
