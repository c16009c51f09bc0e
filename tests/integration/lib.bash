# What every *.bats file uses: bundles, calls of the runtime, assertions, and the check that nothing is left on the host.
#
# A test edits the bundle's config.json (`edit`, `probe`), calls the runtime (`call rt ...`; `out`, `err`, `code` are the result)
# and asserts. `teardown` deletes the container by force and fails the test when anything of it is still there.
# Each file runs in a mount and pid namespace of its own (see `run`), so "the host" is that namespace.
#
# OWNER says who makes the cgroup's directory: cgroupfs (the runtime itself; the default) or systemd (then `rt` has --systemd-cgroup, and
# cgroupsPath is SLICE:PREFIX:ID). SLOW multiplies every time limit, for emulated machines.
# What runs for every test here starts few programs: where a machine is emulated, each costs as much as the test itself.

: "${RUNTIME:?the runtime under test}" "${HELPERS:?the directory of probe, agent and caller}" "${OWNER:=cgroupfs}" "${SLOW:=1}"
HERE=${BATS_TEST_FILENAME%/*}
bats_require_minimum_version 1.5.0 2>/dev/null || true

# ---- the runtime ----

# runc, crun, caisson ...: the first word of --version.
runtime_name() {
	[[ -n ${RUNTIME_NAME-} ]] || RUNTIME_NAME=$("$RUNTIME" --version 2>/dev/null | sed -n '1s/ .*//p')
	printf '%s' "$RUNTIME_NAME"
}

# skip_on runc "why": for what a peer does not do, or does otherwise. NO_SKIP=1 shows what it then fails.
skip_on() {
	[[ -n ${NO_SKIP-} || $(runtime_name) != "$1" ]] || skip "$1: $2"
}

# needs caisson "what": for what only we have.
needs() {
	[[ $(runtime_name) == "$1" ]] || skip "only $1: ${2-}"
}

# owned_by cgroupfs "why": for what only one owner of the cgroup's directory does.
owned_by() {
	[[ $OWNER == "$1" ]] || skip "only with cgroups owned by $1: ${2-}"
}

# The runtime as this test calls it. A call that hangs is a failure, not a hanging test.
rt() {
	timeout --foreground -k 1 "$((${LIMIT:-20} * SLOW))" "$RUNTIME" --root "$state" "${owner_option[@]}" "$@"
}

# slurp FILE: its text in REPLY, without zero bytes and without newlines at the end.
slurp() { REPLY=; [[ -r $1 ]] && { REPLY=$(<"$1"); } 2>/dev/null; }

# call COMMAND...: sets code, out (stdout) and err (stderr).
call() {
	code=0
	"$@" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- || code=$?
	slurp "$T/out"
	out=$REPLY
	slurp "$T/err"
	err=$REPLY
	sane
	unless_forbidden
}

# Where a filter forbids system calls (FORBID, see `run`) a refusal that names one is right, and ends the test; teardown shows that it has
# left nothing. What there is another way for the runtime never names.
unless_forbidden() {
	local words="(a filter forbids system calls here: "
	[[ -z ${FORBID-} || -n ${ending-} || $code == 0 || $err != *"$words"* ]] || skip "refused: ${err#*"$words"}"
}
# For a test that prepares something outside of its directory, or whose first container is not made by `call`: it ends here where none
# can be made; or, with "kill", none ended.
needs_containers() { # [kill]
	[[ -n ${FORBID-} ]] || return 0
	local NOTIFY_SOCKET=
	jq 'del(.process.terminal) | .process.args = ["/bin/probe", "exit", "0"]' <"$bundle/config.json" >"$T/plain.json"
	call rt run --bundle "$bundle" --config "$T/plain.json" "$id"
	ok
	[[ ${1-} == kill ]] || return 0
	call_create rt create --bundle "$bundle" --config "$T/plain.json" "$id"
	ok
	call rt kill "$id" KILL
	ok
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
}
# in_our_way openat2 "why": for a test that makes the call itself, or sees the filter (any).
in_our_way() {
	[[ -z ${FORBID-} || ($1 != any && " $FORBID" != *" $1="*) ]] || skip "$1 is forbidden to the test, too: $2"
}

# A sanitizer's finding is never the refusal that a test expects.
sane() {
	[[ $err != *Sanitizer* && $err != *"runtime error: "*:* ]] || { complain "a sanitizer has found something"; return 1; }
}

# A call whose container lives on: its output goes to $T/box.out, not into the files of later calls.
call_create() {
	code=0
	: >"$T/box.out"
	"$@" >>"$T/box.out" 2>"$T/err" </dev/null 3>&- 4>&- || code=$?
	out=
	slurp "$T/err"
	err=$REPLY
	sane
	unless_forbidden
}

create() { call_create rt create --bundle "$bundle" "$@" "$id"; }
box_output() { cat "$T/box.out"; }

# edit FILTER [jq options]: changes config.json.
edit() {
	local filter=$1
	shift
	jq "$filter" "$@" <"$bundle/config.json" >"$T/config.new"
	cat "$T/config.new" >"$bundle/config.json"
}

# The container's command: probe with these arguments. Where jq wrote the file, and for arguments that need no quoting, the text of
# process.args is replaced in place: jq takes longer to start than a container.
args() {
	local LC_ALL=C argument text before list=
	slurp "$bundle/config.json"
	text=$REPLY before=${text%%$'\n    "args": [\n'*}
	for argument in /bin/probe "$@"; do
		if [[ $argument == *[!\ -~]* || $argument == *[\"\\]* || $before == "$text" || $before == *'"args"'* ]]; then
			edit '.process.args = ["/bin/probe"] + $ARGS.positional' --args "$@"
			return
		fi
		list+=${list:+,}$'\n'"      \"$argument\""
	done
	text=${text#*$'\n    "args": [\n'}
	printf '%s\n    "args": [%s\n    ]%s\n' "$before" "$list" "${text#*$'\n    ]'}" >"$bundle/config.json"
}

# Runs the container with the probe in the foreground.
probe() {
	args "$@"
	call rt run --bundle "$bundle" "$id"
}

# Creates, starts, and leaves the container running.
start_probe() {
	args "$@"
	create
	ok
	call rt start "$id"
	ok
}

# state_member KEY: a word or a number of what `state` says; annotations come last in it, or are none.
state_member() {
	local text
	text=$(rt state "$id" 2>/dev/null)
	[[ ! $text =~ \"$1\":[[:space:]]*\"?([a-z0-9]+) ]] || printf '%s\n' "${BASH_REMATCH[1]}"
}
state_of() { state_member status; }
pid_of() { state_member pid; }

# Kills the container's init from outside; a pid of 0 would mean our own process group.
kill_init() {
	local pid
	pid=$(pid_of)
	[[ ${pid:-0} -gt 1 ]] || { complain "no init to kill: '$pid'"; return 1; }
	kill -9 "$pid"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local until=$((SECONDS + $1 * SLOW + 1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		((SECONDS < until)) || { complain "waited in vain for: $*"; return 1; }
		sleep 0.02
	done
}

is_state() { [[ $(state_of) == "$1" ]]; }
box_says() { slurp "$T/box.out" || return 1; has_line "$REPLY" "$1"; }

# What no container is told (probe peek looks for such words in the memory of others), in each place of a configuration that is the host's alone.
with_secrets() {
	edit '.hooks = {createRuntime: [{path: "/bin/true", args: ["true", "peek:hook-argument."], env: ["TOKEN=peek:hook-environment."]}],
			poststop: [{path: "/bin/true", env: ["TOKEN=peek:poststop-environment."]}]}
		| .annotations = {"peek:annotation-key.": "peek:annotation."} | .["x-peek:unknown-property."] = "peek:unknown-value."
		| .linux.resources["x-peek:unknown-property."] = "peek:unknown-value."'
}

# looked_into CONTROL: who looks through the memory of init has found this, which it is to have, and nothing else
looked_into() {
	(($(grep -cx looked <<<"$1") > 0)) || { complain "nothing was looked into"; return 1; }
	is "$(grep '^peek:' <<<"$1" | sort -u)" "peek:$2" "found in the memory of init" || return 1
}

# ---- assertions ----

complain() {
	printf '%s\n' "$1"
	printf -- '--- exit code %s\n--- stdout\n%s\n--- stderr\n%s\n' "${code-}" "${out-}" "${err-}"
}

is() {
	[[ $1 == "$2" ]] || { complain "${3-value}: got '$1', expected '$2'"; return 1; }
}

differs() {
	[[ $1 != "$2" ]] || { complain "${3-value}: must not be '$2'"; return 1; }
}

contains() {
	[[ $1 == *"$2"* ]] || { complain "'$2' is not in: $1"; return 1; }
}

lacks() {
	[[ $1 != *"$2"* ]] || { complain "'$2' must not be in: $1"; return 1; }
}

# refute COMMAND...: it fails. `! COMMAND` is no assertion: where it is not the last of a test, nothing comes of it (tests/lint/shell).
refute() {
	! "$@" || { complain "must not succeed: $*"; return 1; }
}

ok() {
	[[ $code == 0 ]] || { complain "expected success"; return 1; }
}

exits() {
	[[ $code == "$1" ]] || { complain "expected exit code $1"; return 1; }
}

# A refusal: a code that is neither success nor a timeout nor a death, words on stderr, nothing on stdout.
fails() {
	[[ $code != 0 ]] || { complain "expected a failure"; return 1; }
	[[ $code != 124 && $code -lt 128 || $code == 255 ]] || { complain "hung or died"; return 1; }
	[[ -n $err ]] || { complain "a failure without words"; return 1; }
	local word
	for word; do
		contains "$err" "$word" || return 1
	done
}

# One of several texts, where the contract leaves a choice.
fails_any() {
	fails
	local word
	for word; do
		[[ $err != *"$word"* ]] || return 0
	done
	complain "none of the expected texts: $*"
	return 1
}

has_line() { [[ $'\n'$1$'\n' == *$'\n'"$2"$'\n'* ]]; }

# says LINE...: the probe reported exactly these lines.
says() {
	local line
	for line; do
		has_line "$out" "$line" || { complain "the probe did not say '$line'"; return 1; }
	done
}

says_not() {
	local line
	for line; do
		! has_line "$out" "$line" || { complain "the probe must not say '$line'"; return 1; }
	done
}

# value KEY: what follows the key in the first line that begins with it.
value() {
	local text=$'\n'$out$'\n'
	[[ $text == *$'\n'"$1 "* ]] || return 0
	text=${text#*$'\n'"$1 "}
	printf '%s\n' "${text%%$'\n'*}"
}

# mount_at TARGET: the last mount there, as the probe saw it: "TYPE OPTIONS PROPAGATION ROOT SOURCE SUPER".
mount_at() {
	awk -v at="$1" '$1 == "mount" && $2 == at { $1 = $2 = ""; sub(/^ +/, ""); last = $0 } END { print last }' <<<"$out"
}

mount_options() { mount_at "$1" | cut -d' ' -f2; }

# has_option TARGET WORD, has_no_option TARGET WORD
has_option() {
	[[ ,$(mount_options "$1"), == *,"$2",* ]] || { complain "$1 lacks the mount option $2: $(mount_at "$1")"; return 1; }
}

has_no_option() {
	[[ -n $(mount_at "$1") ]] || { complain "no mount at $1"; return 1; }
	[[ ,$(mount_options "$1"), != *,"$2",* ]] || { complain "$1 has the mount option $2: $(mount_at "$1")"; return 1; }
}

# ---- the host ----

unified() { [[ -e /sys/fs/cgroup/cgroup.controllers ]]; }

# Where a container's cgroup of a controller is: cgroup_dir memory
cgroup_dir() {
	local path
	if [[ $OWNER == systemd ]]; then
		path=/sys/fs/cgroup/system.slice/it-$id.scope
	elif unified; then
		path=/sys/fs/cgroup/$id
	elif [[ -d /sys/fs/cgroup/$1 ]]; then
		path=/sys/fs/cgroup/$1/$id
	else
		path=/sys/fs/cgroup/unified/$id
	fi
	printf '%s' "$path"
}

# What cgroupsPath is for a name of the test's own, as the owner wants it.
cgroups_path() {
	if [[ $OWNER == systemd ]]; then printf 'system.slice:it:%s' "$1"; else printf '/%s' "$1"; fi
}

# cgroup_value CONTROLLER V2-FILE V1-FILE
cgroup_value() {
	local file
	if unified; then file=$2; else file=$3; fi
	slurp "$(cgroup_dir "$1")/$file" || { complain "cannot read $(cgroup_dir "$1")/$file"; return 1; }
	printf '%s\n' "$REPLY"
}

# The host's own mounts, for tests that need one: undone by teardown, last first.
host_mount() {
	mount "$@"
	host_mounts+=("${@: -1}")
}

# One line a mount, without ids and peer group numbers, which change.
mount_table() { awk '{ print $4, $5, $6 }' /proc/self/mountinfo | LC_ALL=C sort; }

# What nobody may touch: a tree outside of all bundles, which the first test of a file makes, and the host's settings that others have had
# changed. One look after every test shows inodes, times, modes, owners, links, attributes and contents.
make_watched() {
	mkdir -p "$1/dir/deep" "$1/pts"
	echo secret >"$1/file"
	echo deep >"$1/dir/deep/file"
	echo null >"$1/null"
	chmod 4750 "$1/null"
	chown 7:8 "$1/file"
	ln -s file "$1/link"
	ln "$1/file" "$1/dir/hosts"
	mkfifo "$1/fifo"
}
# Sets REPLY.
look_at_watched() {
	local file watched
	watched=$("$HELPERS/look" "$BATS_FILE_TMPDIR/shared/watched")
	for file in core_pattern hostname domainname; do
		slurp /proc/sys/kernel/$file
		watched+=$'\n'$file=$REPLY
	done
	REPLY=$watched
}
# Told once: later tests are compared with what there is now.
watched_unharmed() {
	local before
	look_at_watched
	before=$(<"$BATS_FILE_TMPDIR/shared/looked")
	[[ $REPLY != "$before" ]] || return 0
	complain "the host is not as it was: $(diff <(printf '%s\n' "$before") <(printf '%s\n' "$REPLY"))"
	printf '%s\n' "$REPLY" >"$BATS_FILE_TMPDIR/shared/looked"
	return 1
}

# The same for a test that leads somebody there on purpose; teardown compares it, too.
make_canary() {
	canary=$T/canary
	mkdir -p "$canary/dir"
	echo secret >"$canary/file"
	chmod 0640 "$canary/file"
	canary_before=$(canary_look)
}
canary_look() { find "$canary" -printf '%p %i %m %U %G %s %T@ %C@ %l\n' | LC_ALL=C sort; cat "$canary/file"; }
canary_unharmed() { is "$(canary_look)" "$canary_before" "the canary directory"; }

# Where a cgroup of this test can be: at the top, in the slice, in the directory of a legacy hierarchy that we are in ourselves. What is
# elsewhere is found when the file ends. systemd's unit is there as long as the file of it is.
left_cgroups() {
	local line controllers found=()
	if unified; then
		found=(/sys/fs/cgroup/*"$id"* /sys/fs/cgroup/system.slice/*"$id"* /run/systemd/transient/*"$id"*)
	else
		found=(/sys/fs/cgroup/*/*"$id"*)
		while IFS=: read -r _ controllers line; do
			[[ $line == / ]] || found+=(/sys/fs/cgroup/"${controllers#name=}$line"/*"$id"*)
		done </proc/self/cgroup
	fi
	for line in "${found[@]}"; do [[ ! -e $line ]] || printf '%s\n' "$line"; done
}
no_cgroups() { [[ -z $(left_cgroups) ]]; }

# The processes that were not there when the test began. Programs are looked at only if there are such.
new_processes() {
	local pid
	new=()
	for pid in /proc/[0-9]*; do
		[[ -n ${processes_before[$pid]-} || $pid == "/proc/$$" || $pid == "/proc/$BASHPID" ]] || new+=("$pid/exe")
	done
}
left_processes() {
	local new
	new_processes
	((${#new[@]})) || return 0
	find "${new[@]}" -maxdepth 0 -printf '%p %l\n' 2>/dev/null | grep -E " ($(readlink -f "$RUNTIME")|/memfd:|/bin/probe|/bin/busybox|.*/rootfs/bin/)" || true
}
no_processes() { [[ -z $(left_processes) ]]; }

# Sets mount_lines: the mount table as it is, with the ids; equal means that nothing at all happened.
raw_mounts() { mapfile -t mount_lines </proc/self/mountinfo; }

# Nothing of the container on the host: no state, no cgroup, no process, no mount.
nothing_left() {
	local left
	[[ ! -e $state/$id ]] || { complain "left in the state root: $(ls -la "$state" "$state/$id")"; return 1; }
	wait_for 3 no_cgroups || { complain "left cgroups: $(left_cgroups)"; return 1; }
	wait_for 3 no_processes || { complain "left processes: $(left_processes)"; return 1; }
	raw_mounts
	[[ ${mount_lines[*]} != "$raw_mounts_before" || $mounts_before != "$mounts_at_setup" ]] || return 0
	left=$(diff <(printf '%s\n' "$mounts_before") <(mount_table)) || { complain "the host's mount table changed: $left"; return 1; }
}

# ---- set up and tear down ----

make_rootfs() {
	mkdir -p "$1"/{bin,proc,sys,dev,etc,tmp}
	cp "$HELPERS/probe" "$1/bin/probe"
	cp "$BUSYBOX" "$1/bin/busybox"
	local applet
	for applet in sh cat true false sleep echo ls; do
		ln -s busybox "$1/bin/$applet"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
}

# What the tests of a file share, made by the first of them: a root file system and a config.json to copy, the mount table.
make_shared() {
	shared=$BATS_FILE_TMPDIR/shared
	raw_mounts
	if [[ ! -e $shared/config.json ]]; then
		make_rootfs "$shared/rootfs"
		make_watched "$shared/watched"
		look_at_watched
		printf '%s\n' "$REPLY" >"$shared/looked"
		jq '.linux.cgroupsPath = "CGROUPS-PATH"' <"$HERE/base.json" >"$shared/config.json"
	fi
	if [[ ! -e $shared/raw || $(<"$shared/raw") != "${mount_lines[*]}" ]]; then
		mount_table >"$shared/mounts"
		printf '%s' "${mount_lines[*]}" >"$shared/raw"
	fi
}

# A file that needs more defines its own setup and calls this one first.
lib_setup() {
	local mount_lines shared pid
	# bats notes a stack trace before every command. Of what fails, the line of the test is what one wants to see; noting those of this
	# file too takes longer than all that the file does.
	# shellcheck disable=SC2064
	! declare -F bats_debug_trap >/dev/null || trap "[[ \$BASH_SOURCE == '$BASH_SOURCE' ]] || bats_debug_trap \"\$BASH_SOURCE\"" DEBUG
	T=$BATS_TEST_TMPDIR
	id=$(test_ids)${BATS_TEST_NUMBER-0}-$RANDOM
	state=$T/state
	bundle=$T/bundle
	rootfs=$bundle/rootfs
	host_mounts=() agents=() owner_option=()
	[[ $OWNER != systemd ]] || owner_option=(--systemd-cgroup)
	BUSYBOX=${BUSYBOX:-$(type -P busybox)}
	make_shared
	mkdir "$bundle"
	cp -a "$shared/rootfs" "$rootfs"
	slurp "$shared/config.json"
	printf '%s\n' "${REPLY/CGROUPS-PATH/$(cgroups_path "$id")}" >"$bundle/config.json"
	raw_mounts_before=${mount_lines[*]}
	mounts_before=$(<"$shared/mounts")
	mounts_at_setup=$mounts_before
	unset processes_before
	declare -gA processes_before
	for pid in /proc/[0-9]*; do processes_before[$pid]=1; done
	cd "$bundle"
}

# What the ids of this file's tests begin with: bats makes a directory of a new name for each run.
test_ids() { printf 'it-%s-' "${BATS_RUN_TMPDIR##*-}"; }

setup() { lib_setup; }

lib_teardown() {
	local i failed=0 ending=1
	cd /
	for i in "${agents[@]}"; do kill "$i" 2>/dev/null || true; done
	call rt delete --force "$id" || true
	# Where a filter forbids all signals by descriptor nobody but us may end it.
	[[ -z ${FORBID-} || $code == 0 || $err != *"(a filter forbids"* ]] || { kill_init && call rt delete --force "$id" || true; }
	[[ $code == 0 ]] || { complain "delete --force failed"; failed=1; }
	for ((i = ${#host_mounts[@]} - 1; i >= 0; i--)); do umount -l "${host_mounts[i]}" || failed=1; done
	watched_unharmed || failed=1
	[[ -z ${canary_before-} ]] || canary_unharmed || failed=1
	nothing_left || failed=1
	((!failed)) || clean_up_hard
	return $failed
}

# Whatever a test of this file left in a cgroup hierarchy, wherever.
teardown_file() {
	local left
	left=$(find /sys/fs/cgroup -mindepth 1 -maxdepth 5 -type d -name "*$(test_ids)*" 2>/dev/null)
	[[ -z $left ]] || { echo "cgroups are left: $left"; return 1; }
}

teardown() { lib_teardown; }

# After a failed test: whatever is there goes, so that the next test begins clean.
clean_up_hard() {
	local dir where
	for dir in $(left_cgroups | LC_ALL=C sort -r); do
		! [[ -e $dir/cgroup.procs ]] || xargs -r kill -9 <"$dir/cgroup.procs" 2>/dev/null || true
		rmdir "$dir" 2>/dev/null || { sleep 0.1; rmdir "$dir" 2>/dev/null || true; }
	done
	for where in $(awk -v t="$T/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo | tac); do umount -l "$where" || true; done
}
