# What the engines' tests share: the calls and assertions of the integration tests, the runtime by the name its engine knows, the images, and
# the check that nothing of a container is left.
#
# RUNTIME is caisson, runc or crun; MANAGER says who makes the cgroups: systemd or cgroupfs. A file defines engine_start (once), engine_clean
# (after each test) and engine_stop, and engine_prepare if there is something to do before each test. All of it changes the machine: it is for a guest that is thrown away.

: "${RUNTIME:?caisson, runc or crun}" "${MANAGER:=systemd}" "${IMAGES:?the tar of make-images}"
export HELPERS=/nonexistent
BATS_TEST_FILENAME=${BATS_TEST_FILENAME:?} ENGINES=${BATS_TEST_FILENAME%/*}
source "$ENGINES/../integration/lib.bash"

box=localhost/box:1
RUNTIME_PATH=$(type -P "$RUNTIME")
RUNTIME_NAME=$RUNTIME

# within SECONDS COMMAND...: what hangs is a failure, not a hanging test.
within() {
	local limit=$1
	shift
	timeout --foreground -k 2 "$limit" "$@"
}

# terminal ACTION... -- COMMAND...: the command on a terminal of its own; see pty.
terminal() { within 90 "$ENGINES/pty" "$@"; }

# "runtime error" is what Podman says, too.
sane() { [[ $err != *Sanitizer* ]] || { complain "a sanitizer has found something"; return 1; }; }

# gone COMMAND: no process has it as its command line.
gone() { ! pgrep -fx -- "$1" >/dev/null; }

# The cgroup a program sees itself in, on the host: cgroup_of PID
cgroup_of() {
	slurp "/proc/$1/cgroup" || return 1
	printf '/sys/fs/cgroup%s' "${REPLY#0::}"
}

# limit_of PID FILE: a limit of the process's cgroup, or of one above it: some runtimes put a container below the directory with the limits.
limit_of() {
	local dir
	dir=$(cgroup_of "$1") || return 1
	while [[ $dir != /sys/fs/cgroup ]]; do
		slurp "$dir/$2"
		[[ -z $REPLY || $REPLY == max || $REPLY == "max 100000" || $REPLY == 100 && $2 == cpu.weight ]] || break
		dir=${dir%/*}
	done
	printf '%s\n' "$REPLY"
}

# What runtimes keep, wherever an engine has them keep it: a directory for each container.
left_states() {
	find /run/{,user/*/}{caisson,runc,crun} /run/containerd/runc /run/docker/runtime-* /run/docker/runtime-runc -mindepth 1 -maxdepth 2 \
		-type d 2>/dev/null | grep -vE '/(moby|default|k8s\.io|\.cache|\.empty-directory)(/seccomp)?$' | sort -u
}
no_states() { [[ -z $(left_states) ]]; }
left_boxes() {
	find /sys/fs/cgroup -type d \( -name '*libpod*' -o -name '*docker-*' -o -path '*/docker/*' -o -path '*/box-*' \
		-o -path '*cri-containerd*' -o -path '*/kubepods/box/*' \) ! -path '*init.scope*' \
		! -name 'machine-libpod_pod*' ! -name 'user-libpod_pod*' ! -name libpod_parent ! -name '*conmon*' ! -path '*/docker.service*' | sort
}
no_boxes() { [[ -z $(left_boxes) ]]; }
no_runtimes() { ! pgrep -x "caisson|runc|crun|caisson-init" >/dev/null; }

left_nothing() {
	wait_for 5 no_states || { complain "containers are left: $(left_states)"; return 1; }
	wait_for 5 no_boxes || { complain "cgroups are left: $(left_boxes)"; return 1; }
	wait_for 5 no_runtimes || { complain "processes are left: $(pgrep -a "caisson|runc|crun")"; return 1; }
}

setup_file() { engine_start >&3 2>&3; }
teardown_file() { engine_stop; }
setup() {
	# Of what fails, the line of the test is what one wants to see.
	# shellcheck disable=SC2016
	! declare -F bats_debug_trap >/dev/null || trap '[[ $BASH_SOURCE == *.bash ]] || bats_debug_trap "$BASH_SOURCE"' DEBUG
	T=$BATS_TEST_TMPDIR
	cd "$T"
	engine_prepare
}
engine_prepare() { :; }
teardown() {
	local failed=0
	cd /
	[[ -n ${BATS_TEST_COMPLETED-} ]] || engine_tell
	engine_clean || failed=1
	left_nothing || failed=1
	return $failed
}
# What helps to understand a failure.
engine_tell() { :; }
