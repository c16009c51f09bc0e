# Hooks: six kinds at their points, in order, with the state on stdin; environment, timeouts, what a failure does (config.md#posix-platform-hooks).
load lib.bash

kinds=(prestart createRuntime createContainer startContainer poststart poststop)

setup() {
	lib_setup
	# Notes what it sees under the name of its first argument; exits with the second. Runs on the host and inside alike.
	cat >"$T/hook" <<-HOOK
		#!/bin/sh
		dir=\${3-$T/seen}
		echo "\$1" >>"\$dir/order"
		cat >"\$dir/\$1.state"
		pwd >"\$dir/\$1.cwd"
		for ns in mnt pid uts net; do readlink /proc/self/ns/\$ns; done >"\$dir/\$1.ns"
		env >"\$dir/\$1.env"
		echo "hook \$1 says something" >&2
		exit \${2:-0}
	HOOK
	chmod 0755 "$T/hook"
	mkdir -m 0777 "$T/seen" "$rootfs/seen"
	# 1.1 runs poststart hooks when create ends: what follows must not count on them there.
	poststart=poststart
	if [[ $(runtime_name) == runc ]]; then
		poststart=
		kinds=(prestart createRuntime createContainer startContainer poststop)
	fi
	cp "$T/hook" "$rootfs/bin/hook"
	for applet in pwd env readlink; do ln -s busybox "$rootfs/bin/$applet"; done
}

# hook KIND NAME [EXIT-CODE]: appends one; startContainer resolves inside.
hook() {
	local path=$T/hook arg=()
	if [[ $1 == startContainer ]]; then path=/bin/hook arg=(/seen); fi
	edit '.hooks[$k] += [{"path": $p, "args": (["hook", $n, $c] + $ARGS.positional), "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOOK=\($n)"]}]' \
		--arg k "$1" --arg p "$path" --arg n "$2" --arg c "${3-0}" --args "${arg[@]}"
}

# in_time TIMEOUT BEGAN: a second after its timeout it is all over (C60); and four for what a busy machine takes for a create and its undoing.
in_time() {
	local took=$(((${EPOCHREALTIME/./} - $2) / 1000))
	((took >= $1 * 1000 && took <= ($1 + 5) * 1000 * SLOW)) || { complain "it took $took ms, with a timeout of $1 s"; return 1; }
}

# After a failed start hook the lifecycle goes on with destroying the container (runtime.md, steps 7, 9, 12).
is_stopped_or_gone() { [[ $(state_of) == stopped || ! -e $state/$id ]]; }

# The order, where the inner hook's note is taken from the root file system.
order() { cat "$T/seen/order" 2>/dev/null | xargs; }
seen() { if [[ -e $T/seen/$1 ]]; then cat "$T/seen/$1"; else cat "$rootfs/seen/$1"; fi; }

@test "all six kinds, each at its point" {
	local kind
	for kind in "${kinds[@]}"; do hook "$kind" "$kind"; done
	args write /tmp/program-ran x + wait
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
	create
	ok
	is "$(order)" "prestart createRuntime createContainer"
	[[ ! -e $rootfs/seen/startContainer.state && ! -e $rootfs/tmp/program-ran ]]
	call rt start "$id"
	ok
	[[ -e $rootfs/seen/startContainer.state ]]
	is "$(order)" "prestart createRuntime createContainer${poststart:+ $poststart}"
	wait_for 5 test -e "$rootfs/tmp/program-ran"
	call rt kill "$id" KILL
	wait_for 5 is_state stopped
	is "$(order)" "prestart createRuntime createContainer${poststart:+ $poststart}"
	call rt delete "$id"
	ok
	is "$(order)" "prestart createRuntime createContainer${poststart:+ $poststart} poststop"
}

@test "several hooks of one kind run in the listed order" {
	local kind n
	for kind in createRuntime createContainer poststart poststop; do
		for n in 1 2 3; do hook $kind "$kind$n"; done
	done
	args exit 0
	call rt run --bundle "$bundle" "$id"
	ok
	is "$(order)" "createRuntime1 createRuntime2 createRuntime3 createContainer1 createContainer2 createContainer3 poststart1 poststart2 poststart3 poststop1 poststop2 poststop3"
}

@test "the state on stdin: keys, status, pid" {
	local kind status pid
	edit '.annotations = {"a/key": "a value"}'
	for kind in "${kinds[@]}"; do hook "$kind" "$kind"; done
	args wait
	create
	ok
	pid=$(pid_of)
	call rt start "$id"
	ok
	call rt delete --force "$id"
	ok
	for kind in "${kinds[@]}"; do
		[[ $(runtime_name) != crun ]] || break
		case $kind in
		prestart | createRuntime | createContainer) status=creating ;;
		startContainer) status=created ;;
		poststart) status=running ;;
		poststop) status=stopped ;;
		esac
		seen $kind.state >"$T/one"
		is "$(jq -r .status "$T/one")" $status "status for $kind"
		is "$(jq -r .id "$T/one")" "$id"
		is "$(jq -r .bundle "$T/one")" "$bundle"
		is "$(jq -r '.annotations["a/key"]' "$T/one")" "a value"
		is "$(jq -r '.ociVersion | type' "$T/one")" string
		case $kind in
		prestart | createRuntime | poststart) is "$(jq -r .pid "$T/one")" "$pid" "pid for $kind" ;;
		poststop) is "$(jq -r '.pid // 0' "$T/one")" 0 "pid for $kind" ;;
		esac
		# Consumers have compared this as text: compact, '/' as it is (contract 16.13).
		lacks "$(<"$T/one")" '\/'
		lacks "$(<"$T/one")" $'\n '
	done
}

@test "in the hook's namespaces: the runtime's, or the container's" {
	local kind here
	here=$(readlink /proc/self/ns/mnt /proc/self/ns/pid /proc/self/ns/uts /proc/self/ns/net)
	for kind in "${kinds[@]}"; do hook "$kind" "$kind"; done
	args wait
	create
	ok
	local there
	there=$(readlink "/proc/$(pid_of)/ns/mnt" "/proc/$(pid_of)/ns/pid" "/proc/$(pid_of)/ns/uts" "/proc/$(pid_of)/ns/net")
	call rt start "$id"
	ok
	call rt delete --force "$id"
	ok
	for kind in prestart createRuntime $poststart poststop; do is "$(seen $kind.ns)" "$here" "namespaces of $kind"; done
	is "$(seen startContainer.ns)" "$there" "namespaces of startContainer"
	# /proc is still the host's when createContainer hooks run, where /proc/self is not to be read from another pid namespace.
	[[ -z $(seen createContainer.ns) || $(seen createContainer.ns | head -1) == "$(head -1 <<<"$there")" ]]
}

@test "hooks before pivot see the container's mounts below the rootfs, in the container's mount namespace" {
	edit '.hooks.createContainer = [{"path": "/bin/sh", "args": ["sh", "-c", "cp /proc/mounts \($t)/seen/mounts; ls \($r)/proc >\($t)/seen/proc"]}]' \
		--arg t "$T" --arg r "$rootfs"
	args exit 0
	call rt run --bundle "$bundle" "$id"
	ok
	[[ -e $T/seen/proc ]]
}

@test "the environment is exactly what is configured" {
	hook createRuntime one
	edit '.hooks.createRuntime[0].env = ["ONLY=this"]'
	args exit 0
	LEAKED=yes call rt run --bundle "$bundle" "$id"
	ok
	is "$(seen one.env | grep -v '^\(PWD\|SHLVL\|_\|OLDPWD\)=' | xargs)" "ONLY=this"
}

@test "args: argv[0] is what the configuration says; without args it is the path" {
	cat >"$T/argv" <<-HOOK
		#!/bin/sh
		tr '\0' '|' </proc/\$\$/cmdline >$T/seen/cmdline
	HOOK
	chmod 0755 "$T/argv"
	edit '.hooks.createRuntime = [{"path": $p, "args": ["zero", "one", "two words"]}]' --arg p "$T/argv"
	args exit 0
	call rt run --bundle "$bundle" "$id"
	ok
	contains "$(<"$T/seen/cmdline")" "one|two words|"
	edit 'del(.hooks.createRuntime[0].args)'
	call rt run --bundle "$bundle" "$id"
	ok
}

@test "the working directory of hooks on the host is the bundle" {
	hook createRuntime one
	args exit 0
	cd /
	call rt run --bundle "$bundle" "$id"
	ok
	skip_on runc "1.1 leaves it"
	is "$(seen one.cwd)" "$bundle"
}

@test "a failing hook of the create phase fails create; everything is undone, poststop runs" {
	local kind
	args write /tmp/program-ran x
	for kind in prestart createRuntime createContainer; do
		rm -f "$T/seen"/*
		edit 'del(.hooks)'
		hook $kind first 0
		hook $kind second 3
		hook $kind third 0
		hook poststop stop 0
		create
		fails
		[[ $(runtime_name) == runc ]] || fails "$kind"
		contains "$(order)" "first second"
		lacks "$(order)" third
		[[ ! -e $rootfs/tmp/program-ran ]]
		nothing_left
		skip_on runc "1.1 leaves poststop out"
		is "$(order)" "first second stop"
	done
}

@test "a failing createRuntime hook fails run" {
	hook createRuntime bad 3
	probe ids
	fails
	lacks "$out" "pid 1"
	nothing_left
}

@test "a startContainer hook under a filter that answers clone3 with ENOSYS, as engines' profiles do" {
	# Without no_new_privs the filter is there before the hook is.
	edit '.process.noNewPrivileges = false
		| .hooks.startContainer = [{"path": "/bin/probe", "args": ["probe", "exit", "0"]}]
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
	probe echo well
	ok
	is "$out" well
}

@test "a failing startContainer hook: the program does not run, the container stops" {
	hook startContainer bad 3
	args echo ran
	create
	ok
	call rt start "$id"
	[[ $(runtime_name) == runc ]] || fails startContainer
	wait_for 5 is_stopped_or_gone
	lacks "$(box_output)" ran
}

@test "a failing poststart hook: start fails and the container is stopped" {
	skip_on runc "1.1 warns"
	hook poststart bad 3
	args wait
	create
	ok
	call rt start "$id"
	fails poststart
	wait_for 5 is_stopped_or_gone
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "a failing poststop hook is a warning: delete succeeds, the other hooks run" {
	skip_on runc "1.1 reports the failure"
	hook poststop one 3
	hook poststop two 0
	start_probe exit 0
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	contains "$err" poststop
	is "$(order)" "one two"
	nothing_left
}

@test "poststop runs with delete --force, and once" {
	hook poststop one
	start_probe wait
	call rt delete --force "$id"
	ok
	call rt delete --force "$id"
	ok
	is "$(order)" one
}

@test "C74: init killed in the created phase: poststop runs once on delete" {
	hook poststop one
	args wait
	create
	ok
	kill_init
	wait_for 5 is_state stopped
	call rt delete "$id"
	ok
	is "$(order)" one
}

@test "C60: a hook that runs past its timeout is killed" {
	edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "echo $$ >\($t)/seen/pid; exec sleep 78"], "timeout": 2, "env": ["PATH=/usr/bin:/bin"]}]' \
		--arg t "$T"
	args exit 0
	local begin=${EPOCHREALTIME/./}
	create
	fails
	in_time 2 "$begin"
	[[ -s $T/seen/pid ]]
	[[ ! -e /proc/$(<"$T/seen/pid") ]]
	nothing_left
}

@test "C60: a hook that has joined our own process group is killed too, and nobody else in it" {
	skip_on runc "its own way"
	command -v python3 >/dev/null || skip "there is no python3"
	edit '.hooks.createRuntime = [{path: "/usr/bin/env", args: ["env", "python3", "-c",
		"import os, time; os.setpgid(0, os.getpgid(os.getppid())); open(\"\($t)/seen/pid\", \"w\").write(str(os.getpid())); time.sleep(76)"],
		timeout: 2, env: ["PATH=/usr/bin:/bin"]}]' --arg t "$T"
	args exit 0
	local begin=${EPOCHREALTIME/./}
	# In a session of its own, whose number is one in here.
	call_create setsid -w timeout -s KILL $((60 * SLOW)) "$RUNTIME" --root "$state" "${owner_option[@]}" create --bundle "$bundle" "$id"
	fails
	in_time 2 "$begin"
	[[ -s $T/seen/pid ]]
	[[ ! -e /proc/$(<"$T/seen/pid") ]]
	nothing_left
}

@test "C60: the children of a hook that runs past its timeout are killed too" {
	skip_on runc "1.1 kills the hook alone, and then waits for the others"
	edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "sleep 77 & sleep 78"], "timeout": 1, "env": ["PATH=/usr/bin:/bin"]}]'
	args exit 0
	local begin=${EPOCHREALTIME/./}
	create
	fails
	in_time 1 "$begin"
	wait_for 3 eval '! pgrep -x -f "sleep 7[78]"'
	nothing_left
}

@test "a hook within its timeout is fine" {
	edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "sleep 0.2"], "timeout": 5, "env": ["PATH=/usr/bin:/bin"]}]'
	args exit 0
	call rt run --bundle "$bundle" "$id"
	ok
}

@test "a timeout of 0 or below, a relative path, no path: refused" {
	skip_on runc "1.1 takes them"
	skip_on crun "takes them"
	local filter
	args exit 0
	while read -r filter; do
		edit "$filter"
		create
		fails hooks
		nothing_left
	done <<-'TABLE'
		.hooks = {"createRuntime": [{"path": "/bin/true", "timeout": 0}]}
		.hooks = {"createRuntime": [{"path": "/bin/true", "timeout": -5}]}
		.hooks = {"createRuntime": [{"path": "bin/true"}]}
		.hooks = {"createRuntime": [{"args": ["true"]}]}
		.hooks = {"createRuntime": [{"path": ""}]}
	TABLE
}

@test "C60: a hook that is missing, not executable, or a directory fails create" {
	local path
	echo text >"$T/plain"
	args exit 0
	for path in "$T/no-such-hook" "$T/plain" "$T"; do
		edit '.hooks = {"createRuntime": [{"path": $p}]}' --arg p "$path"
		create
		fails
		nothing_left
	done
}

@test "C60: a hook that dies by a signal fails create" {
	edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "kill -9 $$"]}]'
	args exit 0
	create
	fails
	nothing_left
}

@test "C60: a daemon of a hook that keeps stdout open does not hold create" {
	skip_on runc "1.1 waits for the end of its output"
	edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "sleep 79 & exit 0"], "env": ["PATH=/usr/bin:/bin"]}]'
	args exit 0
	local begin=$SECONDS
	create
	ok
	(( SECONDS - begin <= 15 * SLOW ))
	wait_for 5 pkill -x -f 'sleep 79'
}

@test "C60: a hook that does not read its stdin, or writes a lot, is fine" {
	edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "exec 0<&-; head -c 3000000 /dev/zero | tr \"\\0\" x"], "env": ["PATH=/usr/bin:/bin"]}]'
	args exit 0
	create
	ok
}

@test "C34: hooks inherit nothing but 0, 1, 2" {
	edit '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "ls -l /proc/$$/fd >\($t)/seen/fds"], "env": ["PATH=/usr/bin:/bin"]}]' --arg t "$T"
	args exit 0
	call "$HELPERS/caller" leak=40 -- "$RUNTIME" --root "$state" run --bundle "$bundle" "$id"
	ok
	lacks "$(<"$T/seen/fds")" passwd
	# The script itself may be open as 255 or 10.
	is "$(awk 'NF > 8 {print $9}' "$T/seen/fds" | grep -vxE '0|1|2|10|255' | xargs)" ""
}

@test "state may be asked from within a hook" {
	cat >"$T/ask" <<-HOOK
		#!/bin/sh
		timeout 5 $RUNTIME --root $state state $id >$T/seen/asked 2>$T/seen/asked.err
	HOOK
	chmod 0755 "$T/ask"
	edit '.hooks.poststart = [{"path": $p}]' --arg p "$T/ask"
	start_probe wait
	is "$(jq -r .id "$T/seen/asked")" "$id"
}
