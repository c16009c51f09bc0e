# Seccomp: actions, values, argument operators, architectures, flags, the notify agent (config-linux.md#seccomp).
load lib.bash

# profile DEFAULT-ACTION RULE...: each rule a JSON object.
profile() {
	local action=$1
	shift
	edit '.linux.seccomp = {defaultAction: $a, architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], syscalls: $ARGS.positional}
		| if $m == "x86_64" then . else del(.linux.seccomp.architectures) end' --arg a "$action" --arg m "$(uname -m)" --jsonargs "$@"
}

rule() { # ACTION NAME [ERRNO] [ARGS-JSON]
	jq -nc --arg a "$1" --arg n "$2" --argjson e "${3:-null}" --argjson x "${4:-null}" \
		'{names: ($n | split(",")), action: $a} + (if $e then {errnoRet: $e} else {} end) + (if $x then {args: $x} else {} end)'
}

@test "without a profile there is no filter" {
	in_our_way any "the program has the caller's filter"
	probe confinement
	ok
	says "seccomp 0"
}

@test "C37: with a profile the process is in mode 2, with and without no_new_privs" {
	local nnp
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority)"
	for nnp in true false; do
		edit '.process.noNewPrivileges = $n' --argjson n $nnp
		probe confinement + syscall getpriority
		ok
		says "seccomp 2" "nnp $([[ $nnp == true ]] && echo 1 || echo 0)" "syscall getpriority EPERM"
	done
}

@test "as an ordinary user, with and without no_new_privs" {
	local nnp
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority)"
	edit '.process.user = {"uid": 1000, "gid": 1000} | .process.capabilities |= map_values([])'
	for nnp in true false; do
		edit '.process.noNewPrivileges = $n' --argjson n $nnp
		probe confinement + syscall getpriority
		ok
		says "seccomp 2" "syscall getpriority EPERM"
	done
}

@test "the specification's own example: getcwd and chmod are refused" {
	skip_on runc "1.1 needs getcwd after the filter is loaded"
	local nnp
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getcwd,chmod)"
	for nnp in true false; do
		edit '.process.noNewPrivileges = $n' --argjson n $nnp
		probe syscall getcwd + confinement
		ok
		says "syscall getcwd EPERM" "seccomp 2"
	done
}

@test "ERRNO with its value, default EPERM" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getcwd 38)" "$(rule SCMP_ACT_ERRNO mkdirat)" "$(rule SCMP_ACT_ERRNO personality 5)" \
		"$(rule SCMP_ACT_ERRNO socket,ptrace 13)"
	probe syscall getcwd + syscall mkdirat + syscall personality 0xffffffff + syscall socket 1 1 0 + syscall ptrace + syscall getpid
	ok
	says "syscall getcwd ENOSYS" "syscall mkdirat EPERM" "syscall personality EIO" "syscall socket EACCES" "syscall ptrace EACCES" "syscall getpid ok"
}

@test "a default of ERRNO with exceptions, defaultErrnoRet" {
	# What the runtimes themselves and the probe need to live.
	local needed
	needed=$(jq -nc '{names: ["execve","execveat","exit","exit_group","read","write","writev","readv","open","openat","openat2","close","close_range","brk","mmap",
		"munmap","mprotect","mremap","madvise","arch_prctl","set_tid_address","set_robust_list","rseq","rt_sigaction","rt_sigprocmask","rt_sigreturn",
		"sigaltstack","ioctl","fstat","newfstatat","fstatfs","stat","lstat","statx","fcntl","fcntl64","prctl","capget","capset","setuid","setgid","setgroups","setresuid",
		"setresgid","getresuid","getresgid","getgroups","getuid","getgid","geteuid","getegid","chdir","fchdir","getcwd","umask","futex","nanosleep","clock_nanosleep",
		"getpid","getppid","gettid","tgkill","kill","readlink","readlinkat","getdents64","lseek","faccessat","faccessat2","access","poll","ppoll","select","epoll_ctl",
		"epoll_pwait","epoll_create1","eventfd2","pipe2","sendmsg","sendto","recvmsg","recvfrom","sched_yield","sched_getaffinity","sched_setaffinity","clone","clone3","wait4","waitid","uname","prlimit64",
		"getrlimit","setrlimit","getrandom","getsid","setsid","clock_gettime","gettimeofday","dup","dup2","dup3","seccomp","keyctl","fchown","fchmod","unlinkat","setfsuid","setfsgid",
		"restart_syscall","mlock","timer_create","timer_settime","timer_delete","pread64","pwrite64","epoll_wait","socketpair","accept4","connect","socket","bind","listen","shutdown"],
		action: "SCMP_ACT_ALLOW"}')
	profile SCMP_ACT_ERRNO "$needed"
	probe syscall getpriority + syscall mkdirat + syscall getpid
	ok
	says "syscall getpriority EPERM" "syscall mkdirat EPERM" "syscall getpid ok"
	edit '.linux.seccomp.defaultErrnoRet = 28'
	probe syscall getpriority + syscall getpid
	ok
	says "syscall getpriority ENOSPC" "syscall getpid ok"
}

@test "a number above all that the profile names is ENOSYS, not EPERM" {
	skip_on crun "has no such stub"
	profile SCMP_ACT_ERRNO "$(rule SCMP_ACT_ALLOW 'execve,exit,exit_group,read,write,writev,open,openat,close,close_range,brk,mmap,munmap,mprotect,arch_prctl,set_tid_address,rt_sigaction,rt_sigprocmask,rt_sigreturn,sigaltstack,ioctl,fstat,newfstatat,fcntl,prctl,capget,capset,setuid,setgid,setgroups,setresuid,setresgid,getresuid,getresgid,getgroups,getuid,getgid,chdir,fchdir,getcwd,umask,futex,nanosleep,getpid,getppid,gettid,tgkill,readlink,readlinkat,getdents64,lseek,faccessat,faccessat2,epoll_ctl,epoll_pwait,epoll_create1,eventfd2,pipe2,sendmsg,sendto,recvmsg,recvfrom,sched_yield,sched_getaffinity,clone,wait4,uname,prlimit64,getrlimit,getrandom,setsid,clock_gettime,dup,dup2,dup3,statfs,fstatfs,poll,ppoll,unlinkat,statx,stat,lstat,madvise,socket,connect,mincore,keyctl,tkill,execveat,openat2,kill,geteuid,getegid,waitid')"
	probe syscall unknown + syscall getpriority
	ok
	says "syscall unknown ENOSYS" "syscall getpriority EPERM"
}

@test "KILL, KILL_THREAD, KILL_PROCESS, TRAP end the process by SIGSYS" {
	local action
	for action in SCMP_ACT_KILL SCMP_ACT_KILL_THREAD SCMP_ACT_KILL_PROCESS SCMP_ACT_TRAP; do
		profile SCMP_ACT_ALLOW "$(rule $action getpriority)"
		probe fatal getpriority + fatal getpid
		ok
		says "died getpriority 31" "died getpid 0"
	done
}

@test "LOG lets the call through" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_LOG getpriority)"
	probe syscall getpriority + confinement
	ok
	says "syscall getpriority ok" "seccomp 2"
}

@test "TRACE without a tracer is ENOSYS" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_TRACE getpriority 5)"
	probe syscall getpriority
	ok
	says "syscall getpriority ENOSYS"
}

@test "argument operators: EQ NE LT LE GE GT MASKED_EQ" {
	local op value two hit miss
	while read -r op value two hit miss; do
		profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority 1 "[{\"index\": 1, \"value\": $value, \"valueTwo\": $two, \"op\": \"SCMP_CMP_$op\"}]")"
		probe syscall getpriority 0 "$hit" + echo then + syscall getpriority 0 "$miss"
		ok
		is "$(sed '/^then$/,$d' <<<"$out" | head -1)" "syscall getpriority EPERM" "$op $value with $hit"
		lacks "$(sed '1,/^then$/d' <<<"$out")" EPERM
	done <<-'TABLE'
		EQ 7 0 7 8
		NE 7 0 8 7
		LT 7 0 6 7
		LE 7 0 7 8
		GE 7 0 7 6
		GT 7 0 8 7
		MASKED_EQ 240 16 31 47
	TABLE
}

@test "several arguments of one rule must all match" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority 1 '[{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 9, "op": "SCMP_CMP_EQ"}]')"
	probe syscall getpriority 0 9 + echo then + syscall getpriority 0 0
	ok
	is "$(head -1 <<<"$out")" "syscall getpriority EPERM"
	is "$(sed '1,/^then$/d' <<<"$out" | head -1)" "syscall getpriority ok"
}

@test "two conditions on one argument are alternatives" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority 1 '[{"index": 1, "value": 9, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 8, "op": "SCMP_CMP_EQ"}]')"
	probe syscall getpriority 0 9 + echo then + syscall getpriority 0 8 + echo last + syscall getpriority 0 0
	ok
	is "$(grep -c EPERM <<<"$out")" 2
	is "$(sed '1,/^last$/d' <<<"$out" | head -1)" "syscall getpriority ok"
}

@test "64-bit argument values" {
	profile SCMP_ACT_ALLOW '{"names": ["lseek"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28, "args": [{"index": 1, "value": 4294967301, "op": "SCMP_CMP_EQ"}]}'
	probe syscall lseek 99 4294967301 0 + echo then + syscall lseek 99 5 0
	ok
	is "$(head -1 <<<"$out")" "syscall lseek ENOSPC"
	is "$(sed '1,/^then$/d' <<<"$out" | head -1)" "syscall lseek EBADF"
}

@test "unknown names of system calls are passed over" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO no_such_system_call,getpriority)"
	probe syscall getpriority
	ok
	says "syscall getpriority EPERM"
}

@test "a profile of many rules" {
	local rules=() i
	for ((i = 0; i < 60; i++)); do
		rules+=("$(rule SCMP_ACT_ERRNO getpriority 2 "[{\"index\": 1, \"value\": $((1000 + i)), \"op\": \"SCMP_CMP_EQ\"}]")")
	done
	profile SCMP_ACT_ALLOW "${rules[@]}"
	probe syscall getpriority 0 1000 + syscall getpriority 0 1059 + echo then + syscall getpriority 0 0
	ok
	is "$(grep -c ENOENT <<<"$out")" 2
	is "$(sed '1,/^then$/d' <<<"$out" | head -1)" "syscall getpriority ok"
}

@test "flags: LOG, SPEC_ALLOW, TSYNC, empty" {
	local flags
	skip_on runc "1.1 has no flags"
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority)"
	for flags in '["SECCOMP_FILTER_FLAG_LOG"]' '["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]' '["SECCOMP_FILTER_FLAG_TSYNC"]' '[]'; do
		edit '.linux.seccomp.flags = $f' --argjson f "$flags"
		probe confinement + syscall getpriority
		ok
		says "seccomp 2" "syscall getpriority EPERM"
	done
}

@test "foreign architectures in the list do no harm" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority)"
	edit '.linux.seccomp.architectures += ["SCMP_ARCH_AARCH64", "SCMP_ARCH_RISCV64"]'
	probe syscall getpriority
	skip_on runc "its stub wants to know each of them"
	ok
	says "syscall getpriority EPERM"
}

@test "unknown actions, operators, architectures, flags are refused" {
	local filter
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority 1 '[{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]')"
	cp "$bundle/config.json" "$T/good"
	while read -r filter; do
		cp "$T/good" "$bundle/config.json"
		edit "$filter"
		probe ids
		fails
		nothing_left
	done <<-'TABLE'
		.linux.seccomp.defaultAction = "SCMP_ACT_NOSUCH"
		.linux.seccomp.syscalls[0].action = "SCMP_ACT_NOSUCH"
		.linux.seccomp.syscalls[0].args[0].op = "SCMP_CMP_NOSUCH"
		.linux.seccomp.architectures = ["SCMP_ARCH_NOSUCH"]
		.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_NOSUCH"]
		.linux.seccomp.syscalls[0].args[0].index = 6
	TABLE
}

@test "errnoRet on an action without a value, an empty list of names, no defaultAction: refused" {
	skip_on runc "takes them"
	skip_on crun "takes some of them"
	local filter
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority)"
	cp "$bundle/config.json" "$T/good"
	while read -r filter; do
		cp "$T/good" "$bundle/config.json"
		edit "$filter"
		probe ids
		fails seccomp
		nothing_left
	done <<-'TABLE'
		.linux.seccomp.syscalls[0] += {"action": "SCMP_ACT_KILL", "errnoRet": 5}
		.linux.seccomp.defaultErrnoRet = 5
		.linux.seccomp.syscalls[0].names = []
		del(.linux.seccomp.defaultAction)
		.linux.seccomp.listenerMetadata = "without a path"
	TABLE
}

@test "a rule like the default changes nothing" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ALLOW getpriority)" "$(rule SCMP_ACT_ERRNO mkdirat)"
	probe syscall getpriority + syscall mkdirat
	ok
	says "syscall getpriority ok" "syscall mkdirat EPERM"
}

@test "the filter holds after exec and for children" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority)"
	probe spawn /bin/probe syscall getpriority
	ok
	says "syscall getpriority EPERM"
}

@test "the profile of the container's engines: a usual one, and a shell in it" {
	needs caisson "spec --example"
	call "$RUNTIME" spec --bundle "$T" --example
	edit '.linux.seccomp = $p' --argjson p "$(jq .linux.seccomp "$T/config.json")"
	edit '.process.args = ["/bin/sh", "-c", "/bin/probe confinement + syscall unshare 0x10000000 + syscall mount + syscall reboot; ls / | cat; echo $((1+1))"]'
	call rt run --bundle "$bundle" "$id"
	ok
	says "seccomp 2" "syscall mount EPERM" "syscall reboot EPERM" 2
}

# ---- notify ----

agent() { # ERRNO
	rm -f "$T/agent.sock" "$T/agent.state"
	"$HELPERS/agent" "$T/agent.sock" "$T/agent.state" "$1" 3>&- 2>"$T/agent.err" &
	agents+=($!)
	wait_for 5 test -S "$T/agent.sock"
	edit '.linux.seccomp.listenerPath = $p | .linux.seccomp.listenerMetadata = "some opaque data"' --arg p "$T/agent.sock"
}

@test "NOTIFY: the agent gets the state and one descriptor, and answers for the kernel" {
	local nnp
	for nnp in false true; do
		profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_NOTIFY mkdirat,getpriority)"
		agent 122
		edit '.process.noNewPrivileges = $n | .annotations = {"key": "value"}' --argjson n $nnp
		probe syscall getpriority + syscall mkdirat + syscall getpid + confinement
		ok
		says "syscall getpriority EDQUOT" "syscall mkdirat EDQUOT" "syscall getpid ok" "seccomp 2"
		wait_for 5 test -s "$T/agent.state"
		local sent
		sent=$(sed -n 1p "$T/agent.state")
		is "$(jq -r '.fds | join(" ")' <<<"$sent")" seccompFd
		is "$(jq -r .metadata <<<"$sent")" "some opaque data"
		is "$(jq -r .state.id <<<"$sent")" "$id"
		is "$(jq -r .state.bundle <<<"$sent")" "$bundle"
		is "$(jq -r .state.annotations.key <<<"$sent")" value
		[[ $(jq -r .state.status <<<"$sent") == @(creating|created) ]]
		is "$(jq -r '.pid == .state.pid and .pid > 1' <<<"$sent")" true
		is "$(jq -r '.ociVersion | type' <<<"$sent")" string
		grep -qx "fds 1" "$T/agent.state"
		if [[ $(runtime_name) != runc ]]; then wait_for 5 grep -qx "eof 1" "$T/agent.state"; fi
	done
}

@test "NOTIFY with create and start: the pid is init's" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_NOTIFY getpriority)"
	agent 5
	edit '.process.noNewPrivileges = false'
	args syscall getpriority + wait
	create
	ok
	local pid
	pid=$(pid_of)
	call rt start "$id"
	ok
	wait_for 5 box_says "syscall getpriority EIO"
	is "$(jq -r .pid <(sed -n 1p "$T/agent.state"))" "$pid"
}

@test "NOTIFY with a pid namespace that is joined by path" {
	skip_on runc "not tried"
	local nnp holder
	unshare --pid --fork sleep 100 3>&- &
	wait_for 5 pgrep -P $!
	holder=$(pgrep -P $!)
	for nnp in false true; do
		profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_NOTIFY getpriority)"
		agent 5
		edit '.process.noNewPrivileges = $n | (.linux.namespaces[] | select(.type == "pid")).path = $p' --argjson n $nnp --arg p "/proc/$holder/ns/pid"
		probe syscall getpriority
		ok
		says "syscall getpriority EIO"
	done
	kill "$holder"
}

@test "NOTIFY without listenerPath, or with nobody there, is refused" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_NOTIFY getpriority)"
	probe ids
	fails
	nothing_left
	edit '.linux.seccomp.listenerPath = $p' --arg p "$T/nobody.sock"
	probe ids
	fails
	nothing_left
}

@test "NOTIFY as the default action, or for write, is refused" {
	profile SCMP_ACT_NOTIFY
	edit '.linux.seccomp.listenerPath = $p' --arg p "$T/nobody.sock"
	probe ids
	fails
	nothing_left
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_NOTIFY write)"
	edit '.linux.seccomp.listenerPath = $p' --arg p "$T/nobody.sock"
	probe ids
	fails
	nothing_left
}

@test "listenerPath without NOTIFY is ignored" {
	profile SCMP_ACT_ALLOW "$(rule SCMP_ACT_ERRNO getpriority)"
	edit '.linux.seccomp.listenerPath = $p' --arg p "$T/nobody.sock"
	probe syscall getpriority
	ok
	says "syscall getpriority EPERM"
}
