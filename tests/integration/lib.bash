# What every *.bats file uses: bundles, calls of the runtime, assertions, and the check that nothing is left on the host.
#
# A test edits the bundle's config.json (`edit`, `probe`), calls the runtime (`call rt ...`; `out`, `err`, `code` are the result)
# and asserts. `teardown` deletes the container by force and fails the test when anything of it is still there.
# Each file runs in a mount and pid namespace of its own (see `run`), so "the host" is that namespace.

: "${RUNTIME:?the runtime under test}" "${HELPERS:?the directory of probe, agent and caller}"
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

# The runtime as this test calls it. A call that hangs is a failure, not a hanging test.
rt() {
	timeout --foreground -k 1 "${LIMIT:-20}" "$RUNTIME" --root "$state" "$@"
}

# call COMMAND...: sets code, out (stdout) and err (stderr).
call() {
	code=0
	"$@" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- || code=$?
	out=$(tr -d '\0' <"$T/out")
	err=$(tr -d '\0' <"$T/err")
	sane
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
	err=$(tr -d '\0' <"$T/err")
	sane
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

# The container's command: probe with these arguments.
args() {
	edit '.process.args = ["/bin/probe"] + $ARGS.positional' --args "$@"
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

state_of() { rt state "$id" 2>/dev/null | jq -r .status; }
pid_of() { rt state "$id" 2>/dev/null | jq -r .pid; }

# Kills the container's init from outside; a pid of 0 would mean our own process group.
kill_init() {
	local pid
	pid=$(pid_of)
	[[ ${pid:-0} -gt 1 ]] || { complain "no init to kill: '$pid'"; return 1; }
	kill -9 "$pid"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local until=$((SECONDS + $1 + 1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		((SECONDS < until)) || { complain "waited in vain for: $*"; return 1; }
		sleep 0.02
	done
}

is_state() { [[ $(state_of) == "$1" ]]; }
box_says() { grep -qFx -- "$1" "$T/box.out"; }

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

# says LINE...: the probe reported exactly these lines.
says() {
	local line
	for line; do
		grep -qFx -- "$line" <<<"$out" || { complain "the probe did not say '$line'"; return 1; }
	done
}

says_not() {
	local line
	for line; do
		! grep -qFx -- "$line" <<<"$out" || { complain "the probe must not say '$line'"; return 1; }
	done
}

# value KEY: what follows the key in the first line that begins with it.
value() {
	sed -n "/^$(sed 's/[][\.*^$/]/\\&/g' <<<"$1") /{s/^$(sed 's/[][\.*^$/]/\\&/g' <<<"$1") //p;q}" <<<"$out"
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

# Where a container's cgroup of a controller is: cgroup_dir memory
cgroup_dir() {
	local path
	if [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]; then
		path=/sys/fs/cgroup/$id
	elif [[ -d /sys/fs/cgroup/$1 ]]; then
		path=/sys/fs/cgroup/$1/$id
	else
		path=/sys/fs/cgroup/unified/$id
	fi
	printf '%s' "$path"
}

unified() { [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]; }

# cgroup_value CONTROLLER V2-FILE V1-FILE
cgroup_value() {
	if unified; then cat "$(cgroup_dir "$1")/$2"; else cat "$(cgroup_dir "$1")/$3"; fi
}

# The host's own mounts, for tests that need one: undone by teardown, last first.
host_mount() {
	mount "$@"
	host_mounts+=("${@: -1}")
}

# One line a mount, without ids and peer group numbers, which change.
mount_table() { awk '{ print $4, $5, $6 }' /proc/self/mountinfo | LC_ALL=C sort; }

# A directory outside the bundle that nothing may touch, and what it looks like.
make_canary() {
	canary=$T/canary
	mkdir -p "$canary/dir"
	echo secret >"$canary/file"
	chmod 0640 "$canary/file"
	canary_before=$(canary_look)
}
canary_look() { find "$canary" -printf '%p %i %m %U %G %s %T@ %C@ %l\n' | LC_ALL=C sort; cat "$canary/file"; }
canary_unharmed() { is "$(canary_look)" "$canary_before" "the canary directory"; }

left_cgroups() { find /sys/fs/cgroup -mindepth 1 -maxdepth 4 -type d -name "*$id*" 2>/dev/null; }
left_processes() {
	local list
	list=$(find /proc -maxdepth 2 -name exe -printf '%p %l\n' 2>/dev/null | grep -E " ($(readlink -f "$RUNTIME")|/memfd:|/bin/probe|/bin/busybox|.*/rootfs/bin/)" || true)
	printf '%s' "$list"
}
no_processes() { [[ -z $(left_processes) ]]; }
no_cgroups() { [[ -z $(left_cgroups) ]]; }

# Nothing of the container on the host: no state, no cgroup, no process, no mount.
nothing_left() {
	local left
	[[ ! -e $state/$id ]] || { complain "left in the state root: $(ls -la "$state" "$state/$id")"; return 1; }
	wait_for 3 no_cgroups || { complain "left cgroups: $(left_cgroups)"; return 1; }
	wait_for 3 no_processes || { complain "left processes: $(left_processes)"; return 1; }
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

# A file that needs more defines its own setup and calls this one first.
lib_setup() {
	T=$BATS_TEST_TMPDIR
	id=it-$$-${BATS_TEST_NUMBER-0}-$RANDOM
	state=$T/state
	bundle=$T/bundle
	rootfs=$bundle/rootfs
	host_mounts=() agents=()
	BUSYBOX=${BUSYBOX:-$(command -v busybox)}
	make_rootfs "$rootfs"
	jq --arg path "/$id" '.linux.cgroupsPath = $path' <"$HERE/base.json" >"$bundle/config.json"
	mounts_before=$(mount_table)
	cd "$bundle"
}

setup() { lib_setup; }

teardown() {
	local i failed=0
	cd /
	for i in "${agents[@]}"; do kill "$i" 2>/dev/null || true; done
	call rt delete --force "$id" || true
	[[ $code == 0 ]] || { complain "delete --force failed"; failed=1; }
	for ((i = ${#host_mounts[@]} - 1; i >= 0; i--)); do umount -l "${host_mounts[i]}" || failed=1; done
	nothing_left || failed=1
	clean_up_hard
	return $failed
}

# After a failed test: whatever is there goes, so that the next test begins clean.
clean_up_hard() {
	local dir where
	for dir in $(left_cgroups | LC_ALL=C sort -r); do
		! [[ -e $dir/cgroup.procs ]] || xargs -r kill -9 <"$dir/cgroup.procs" 2>/dev/null || true
		rmdir "$dir" 2>/dev/null || { sleep 0.1; rmdir "$dir" 2>/dev/null || true; }
	done
	for where in $(awk -v t="$T/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo | tac); do umount -l "$where" || true; done
}
