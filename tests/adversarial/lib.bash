# What the adversarial tests share beyond tests/integration/lib.bash: a tree outside of the bundle, looked at before and after each test;
# ways of resolving paths; races, and how long they are run.
#
# LONG=1 is the whole suite (make check-long); without it races are bounded so that all of it takes less than a minute.

# shellcheck source=../integration/lib.bash
source "${BATS_TEST_FILENAME%/*}/../integration/lib.bash"
# shellcheck source=../integration/as_user.bash
source "${BATS_TEST_FILENAME%/*}/../integration/as_user.bash"
HERE=${BATS_TEST_FILENAME%/*}/../integration
: "${LONG:=}"

# long SHORT WHOLE: how often, or for how many seconds.
long() { if [[ -n $LONG ]]; then echo "$2"; else echo "$1"; fi; }

# A build with sanitizers needs more memory than its limits allow.
sanitized() { grep -qm1 __asan_init "$RUNTIME"; }

# ---- what nobody may touch ----

# A host directory with all that an attacker would like to have changed, and the host's own things that others have changed this way.
make_host() {
	canary=$T/canary
	mkdir -p "$canary/dir" "$canary/pts"
	echo secret >"$canary/file"
	chmod 0640 "$canary/file"
	chown 7:8 "$canary/file"
	python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.canary", b"sings")' "$canary/file" 2>/dev/null || true
	echo nobody >"$canary/dir/hosts"
	local name
	for name in null ptmx console core stdin of-the-host; do echo "$name" >"$canary/$name"; done
	ln -s file "$canary/link"
	mkfifo "$canary/fifo"
	host_before=$(host_look)
}
host_look() {
	"$HELPERS/look" "$canary"
	# These are also others' to link to.
	"$HELPERS/look" "$RUNTIME" /etc/passwd "$BUSYBOX" | sed -E 's/ (links|changed)=[^ ]*//g'
	local file
	for file in core_pattern hostname domainname panic; do
		slurp /proc/sys/kernel/$file
		printf '%s %s\n' $file "$REPLY"
	done
	[[ ! -e /sys/kernel/uevent_helper ]] || cat /sys/kernel/uevent_helper
}
host_unharmed() {
	local now
	now=$(host_look)
	[[ $now == "$host_before" ]] || { complain "the host is not as it was: $(diff <(echo "$host_before") <(echo "$now"))"; return 1; }
}

adversarial_setup() {
	lib_setup
	way=()
	as_user=()
	called_runtime=$RUNTIME
	tools=$HELPERS
	racers=()
	racing=
	make_host
}
setup() { adversarial_setup; }

adversarial_teardown() {
	local failed=0 racer
	for racer in "${racers[@]}"; do kill -9 "$racer" 2>/dev/null || true; done
	[[ -z $racing ]] || rt delete --force "$racing" >/dev/null 2>&1 || failed=1
	host_unharmed || failed=1
	lib_teardown || failed=1
	return $failed
}
teardown() { adversarial_teardown; }

# ---- the runtime ----

# `way` stands before the runtime: a caller with bad manners, or one that may not do all. Root calls it, but after as_the_user he does.
rt() {
	timeout --foreground -k 1 "$((${LIMIT:-20} * SLOW))" "${as_user[@]}" "${way[@]}" "$called_runtime" --root "$state" "${owner_option[@]}" "$@"
}

# From here on an ordinary user calls: with his own bundle and state root, and a configuration as he can have it. What is outside of the
# bundle is his, too: it shall not be its owner that saves it. `tools` is where he finds the helpers.
as_the_user() {
	setpriv --reuid $user --regid $user --clear-groups unshare -Ur true 2>/dev/null || skip "an ordinary user makes no user namespaces here"
	local dir
	for dir in "$T" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"; do
		while [[ $dir != / && $dir != /tmp && $dir != /var/tmp ]]; do chmod o+x "$dir"; dir=${dir%/*}; done
	done
	mkdir -p "$T/xdg" "$T/tools"
	called_runtime=$T/tools/runtime tools=$T/tools state=$T/user-state owner_option=()
	cp "$RUNTIME" "$called_runtime"
	cp "$HELPERS/forbid" "$HELPERS/caller" "$HELPERS/terminal" "$tools"
	chmod -R o+rX "$tools"
	user_runtime_dir=$T/xdg
	become_user
	edit 'del(.linux.resources, .linux.cgroupsPath) | .linux.namespaces += [{"type": "user"}] | .linux.namespaces -= [{"type": "network"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": $u, "size": 1}] | .linux.gidMappings = .linux.uidMappings
		| .mounts |= map(if .destination == "/sys" then {destination, "type": "none", "source": "/sys", "options": ["rbind", "nosuid", "noexec", "nodev", "ro"]} else . end)
		| .mounts |= map(if .options then .options -= ["gid=5"] else . end)' --argjson u $user
	chown -R $user:$user "$bundle" "$T/xdg"
	chown $user:$user "$T"
	chown -hR $user:$user "$canary"
	host_before=$(host_look)
}
# What a test, which is root, has made in the root file system and in DIRECTORY... belongs to who calls.
hand_over() {
	((!${#as_user[@]})) || chown -hR $user:$user "$rootfs" "$@"
}

# each_caller COMMAND...: root calls the runtime, then an ordinary user does. The configuration is as setup has made it when it begins, and
# when the command has ended. Without LONG=1 the user has openat2(2).
each_caller() {
	"$@"
	nothing_left
	as_the_user
	echo "# the caller is a user"
	[[ -n $LONG ]] || local one_way=1
	"$@"
}

# each_way COMMAND...: with openat2(2), and where a filter answers it with ENOSYS, with EPERM (rule B.2.7).
each_way() {
	local error
	way=()
	"$@"
	[[ -z ${one_way-} ]] || return 0
	for error in ENOSYS EPERM; do
		way=("$tools/forbid" openat2=$error --)
		echo "# openat2 is $error"
		"$@"
	done
	way=()
}

# The configuration as setup has made it; what a round of each_way has changed is undone.
remember() {
	cp "$bundle/config.json" "$T/remembered.json"
	rm -rf "$T/remembered"
	cp -a "$rootfs" "$T/remembered"
}
restore() {
	cp "$T/remembered.json" "$bundle/config.json"
	rm -rf "${rootfs:?}"
	cp -a "$T/remembered" "$rootfs"
}

# leaking COMMAND...: the runtime's caller has left forty descriptors of the canary's directory open, from 3 up.
leaking() {
	local usual=("${way[@]}")
	way=(bash -c 'for n in {3..42}; do eval "exec $n<\"\$0\""; done; exec "$@"' "$canary" "${usual[@]}")
	"$@"
	way=("${usual[@]}")
}
# Of a program that tells `cwd + list . + stat "$above"`: it is inside of the container.
above=../../../../../../../../../../..
stays_inside() {
	[[ $(value cwd) == /* ]] || { complain "not inside"; return 1; }
	[[ $'\n'$out == *$'\nlist . '* ]] || { complain "it has not looked around"; return 1; }
	says "stat $above$canary/file ENOENT"
	lacks "$out" of-the-host
}
# It was refused for the working directory.
not_entered() {
	fails
	[[ $(runtime_name) != caisson ]] || fails_any "cannot make the working directory" "chdir to cwd"
}

# refused WORD...: an error in words, nothing left, the host as it was.
refused() {
	fails "$@"
	host_unharmed
	nothing_left
}
# Whatever came of it: no hang, no death by a signal, the host as it was; what failed has left nothing.
harmless() {
	host_unharmed
	[[ $code == 0 ]] || { fails; nothing_left; }
}

# bind_mount DESTINATION SOURCE [OPTION...]
bind_mount() {
	local destination=$1 source=$2
	shift 2
	edit '.mounts += [{destination: $d, type: "none", source: $s, options: (["bind"] + $ARGS.positional)}]' --arg d "$destination" --arg s "$source" --args "$@"
}

# grant CAP...: the container has these alone.
grant() { edit '.process.capabilities |= map_values($ARGS.positional)' --args "$@"; }

# The container's command: a shell's.
shell() { edit '.process.args = ["/bin/sh", "-c", $script]' --arg script "$1"; }

no_mount_on_dev() { edit '.mounts |= map(select(.destination | startswith("/dev") | not))'; }

# race PROCESSES A B...: names exchanged in the background until the test ends, or for so long at most.
race() {
	local processes=$1
	shift
	setsid "$HELPERS/swap" "$processes" "$(long 120 7200)" "$@" >"$T/race" 2>&1 </dev/null 3>&- 4>&- &
	racer=$!
	racers+=("$racer")
	begin_race
}
begin_race() {
	wait_for 5 grep -q swapping "$T/race"
	no_sides
}
no_sides() {
	unset sides
	declare -gA sides
}
# race_inside VOLUME PROCESSES A B...: the same, by another container that shares this directory; the names are below it.
race_inside() {
	local volume=$1 processes=$2 names
	shift 2
	names=("${@/#//volume/}")
	racing=$id-racer
	mkdir -p "$T/racer"
	cp -a "$BATS_FILE_TMPDIR/shared/rootfs" "$T/racer/rootfs"
	mkdir "$T/racer/rootfs/volume"
	cp "$HELPERS/swap" "$T/racer/rootfs/bin/swap"
	jq '.process.args = ["/bin/swap"] + $ARGS.positional | .linux.cgroupsPath = $c | .mounts += [{destination: "/volume", source: $v, options: ["bind"]}]' \
		--arg v "$volume" --arg c "$(cgroups_path "$racing")" --args "$processes" "$(long 120 7200)" "${names[@]}" \
		<"$BATS_FILE_TMPDIR/shared/config.json" >"$T/racer/config.json"
	rt run --detach --bundle "$T/racer" --pid-file "$T/racer/pid" "$racing" >"$T/race" 2>&1 </dev/null 3>&- 4>&-
	racer=$(<"$T/racer/pid")
	begin_race
}
# saw SIDE: what the last round has met. A race of which always the same side is seen is none; one of which none is seen proves nothing.
saw() { sides[$1]=$((${sides[$1]-0} + 1)); }
# saw_link ALL THROUGH: of so many mounts, how many are where the link led to: that of some, not of all, was exchanged in the midst of it.
saw_link() {
	case $2 in
	0) saw directory ;;
	"$1") saw link ;;
	*) saw "first one, then the other" ;;
	esac
}
# going_on LEAST MOST SECONDS: whether there are to be more `runs` of what is raced with: MOST, or as many as there is time for, but LEAST,
# however slow the machine is; only twice that time, and a minute, ends it before, and then `enough_rounds` fails.
# RACE_SECONDS in the environment is another limit, for a look: then LEAST is 3.
going_on() {
	local least=$1 seconds=${RACE_SECONDS:-$3}
	[[ -z ${RACE_SECONDS-} ]] || least=3
	[[ -n ${race_began-} ]] || race_began=$SECONDS
	race_least=$least
	((runs < least && SECONDS - race_began < (2 * seconds + 60) * SLOW || runs < $2 && SECONDS - race_began < seconds))
}
# Whether what was seen proves something: rounds enough, and more than one side where there were many.
enough_rounds() {
	((runs >= race_least)) || { complain "$runs rounds after $((SECONDS - race_began)) seconds, not $race_least"; return 1; }
	((${#sides[@]})) || { complain "no round has told what it met"; return 1; }
	((${#sides[@]} > 1 || runs < 200)) || { complain "it was never anything else:$(told_sides)"; return 1; }
}
race_over() {
	kill "$racer"
	wait "$racer" 2>/dev/null || true
	wait_for 5 grep -q '^swapped' "$T/race"
	[[ -z $racing ]] || { rt delete --force "$racing"; racing=; }
	grep -q '^swapped [0-9]*[1-9]' "$T/race" || { complain "there was no race: $(<"$T/race")"; return 1; }
	# tests/long/report adds these up.
	echo "# race: ${BATS_TEST_DESCRIPTION%%:*}: $runs rounds, $(grep '^swapped' "$T/race" | tail -1)$(told_sides)" >&3
	enough_rounds
}
told_sides() {
	local side
	for side in "${!sides[@]}"; do printf '; %s: %s' "$side" "${sides[$side]}"; done
}

# The other end of a console socket, in the background.
receive() { # STEP...
	rm -f "$T/socket" "$T/screen"
	"${as_user[@]}" env LIMIT=$((10 * SLOW)) "$tools/terminal" receive "$T/socket" -o "$T/screen" "$@" >"$T/heard" 2>&1 </dev/null 3>&- 4>&- &
	receiver=$!
	agents+=("$receiver")
	wait_for 5 test -S "$T/socket"
}
