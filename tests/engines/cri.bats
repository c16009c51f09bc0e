#!/usr/bin/env bats
# containerd's CRI plugin, called as a kubelet calls it. Pods are in the host's network, so that nothing has to be installed for it.

load lib
load containerd

# The slice is one that no other test has: what is in it is ours.
engine_start() { containerd_start k8s.io; }
engine_stop() {
	containerd_stop
	! [[ $MANAGER == systemd ]] || systemctl stop 'kubepods*.slice' 2>/dev/null || true
	find /sys/fs/cgroup/kubepods* -depth -type d -exec rmdir {} + 2>/dev/null || true
}
engine_clean() {
	local id
	for id in ${pods-}; do
		ask StopPodSandbox "$(jq -cn --arg id "$id" '{pod_sandbox_id: $id}')" || return 1
		ask RemovePodSandbox "$(jq -cn --arg id "$id" '{pod_sandbox_id: $id}')" || return 1
	done
}

# pod NAME [FILTER]: runs one; FILTER changes its config, which stays in $T/pod.json. Sets pod.
pod() {
	local parent=/kubepods/box
	[[ $MANAGER != systemd ]] || parent=kubepods-box.slice
	mkdir -p "$T/logs"
	jq -cn --arg name "$1" --arg logs "$T/logs" --arg parent "$parent" '{metadata: {name: $name, uid: $name, namespace: "test"},
		log_directory: $logs, labels: {app: "box"}, linux: {cgroup_parent: $parent, security_context: {namespace_options: {network: 2}}}}
		| '"${2-.}" >"$T/pod.json"
	ask RunPodSandbox "$(jq -c --arg handler "$RUNTIME" '{config: ., runtime_handler: $handler}' <"$T/pod.json")"
	pod=$(jq -r .pod_sandbox_id <<<"$answer")
	pods+=" $pod"
}

# container NAME FILTER COMMAND...: creates one in the pod. Sets container.
container() {
	local name=$1 filter=$2
	shift 2
	ask CreateContainer "$(jq -c --arg pod "$pod" --arg name "$name" '{pod_sandbox_id: $pod, sandbox_config: ., config: ({metadata: {name: $name},
		image: {image: "localhost/box:1"}, command: $ARGS.positional, log_path: ($name + ".log"),
		linux: {security_context: {namespace_options: {network: 2, pid: 1}}}} | '"$filter"')}' --args -- "$@" <"$T/pod.json")" || return 1
	container=$(jq -r .container_id <<<"$answer")
}
with_id() { jq -cn --arg id "$container" "{container_id: \$id} ${1+| $1}"; }
start() { ask StartContainer "$(with_id)"; }
# Created is 0, running 1, ended 2.
status() { ask ContainerStatus "$(with_id)" && jq -r ".status.$1" <<<"$answer"; }
status_is() { [[ $(status state) == "$1" ]]; }
# run_one NAME FILTER COMMAND...: until it ends. Sets code, and out, which is what its log has.
run_one() {
	container "$@"
	start
	wait_for 30 status_is 2
	code=$(status exit_code) err=
	logged "$1"
}
logged() { out=$(sed 's/^[^ ]* [^ ]* [FP] //' "$T/logs/$1.log" | tr -d '\r'); }
pid_in_pod() { ctr -n k8s.io tasks ls | awk -v id="$container" '$1 == id { print $2 }'; }

# exec_sync SECONDS COMMAND...: sets code, out, err.
exec_sync() {
	local seconds=$1
	shift
	ask ExecSync "$(jq -cn --arg id "$container" --argjson timeout "$seconds" \
		'{container_id: $id, cmd: $ARGS.positional, timeout: $timeout}' --args -- "$@")" || return 1
	code=$(jq .exit_code <<<"$answer") out=$(jq -r '.stdout // ""' <<<"$answer") err=$(jq -r '.stderr // ""' <<<"$answer")
}

@test "a pod is made, has the runtime that was asked for, and goes" {
	pod one
	ask PodSandboxStatus "{\"pod_sandbox_id\":\"$pod\"}"
	is "$(jq -c '[.status.state, .status.runtime_handler]' <<<"$answer")" "[0,\"$RUNTIME\"]"
	local pid
	pid=$(ctr -n k8s.io tasks ls | awk -v id="$pod" '$1 == id { print $2 }')
	contains "$(cgroup_of "$pid")" /kubepods
	ask StopPodSandbox "{\"pod_sandbox_id\":\"$pod\"}"
	[[ ! -e /proc/$pid ]]
}

@test "containers: created is not running; what it says is in the log; its code is told" {
	pod one
	container box . sh -c 'echo from-box; echo other >&2; exit 6'
	is "$(status state)" 0
	start
	wait_for 20 status_is 2
	is "$(status exit_code)" 6
	logged box
	contains "$out" from-box
	contains "$out" other
	ask RemoveContainer "$(with_id)"
}

@test "ExecSync: output, code, and an end to what takes too long" {
	pod one
	container box . sleep 1000
	start
	exec_sync 10 sh -c 'echo said; echo other >&2; exit 3'
	is "$code $out $err" "3 said other"
	refused ExecSync "$(jq -cn --arg id "$container" '{container_id: $id, cmd: ["/bin/nothing"], timeout: 10}')" "exec"
	refused ExecSync "$(jq -cn --arg id "$container" '{container_id: $id, cmd: ["sleep", "4321"], timeout: 1}')" "timeout"
	wait_for 5 gone "sleep 4321"
	is "$(status state)" 1
}

@test "StopContainer: the signal, then the end; the code is told" {
	pod one
	container polite . sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	start
	wait_for 10 eval 'logged polite; [[ $out == ready ]]'
	ask StopContainer "$(with_id '.timeout = 10')"
	is "$(status exit_code)" 9
	container deaf . sleep 1000
	start
	ask StopContainer "$(with_id '.timeout = 1')"
	is "$(status exit_code)" 137
	refused ExecSync "$(jq -cn --arg id "$container" '{container_id: $id, cmd: ["true"], timeout: 10}')" "exec"
}

@test "limits are in force, and an update of them" {
	pod one
	container box '.linux.resources = {memory_limit_in_bytes: 50331648, cpu_period: 100000, cpu_quota: 50000, cpu_shares: 256,
		oom_score_adj: 900}' sleep 1000
	start
	local pid
	pid=$(pid_in_pod)
	is "$(limit_of "$pid" memory.max)" 50331648
	is "$(limit_of "$pid" cpu.max)" "50000 100000"
	is "$(<"/proc/$pid/oom_score_adj")" 900
	ask UpdateContainerResources "$(with_id '.linux = {memory_limit_in_bytes: 67108864, cpu_quota: 20000, cpu_period: 100000, cpu_shares: 512}')"
	is "$(limit_of "$pid" memory.max)" 67108864
	is "$(limit_of "$pid" cpu.max)" "20000 100000"
	ask ContainerStats "$(with_id)"
	[[ $(jq .stats.memory.working_set_bytes.value <<<"$answer") -gt 0 ]]
}

@test "the kernel's kill for memory is the reason that the kubelet is told" {
	pod one
	run_one box '.linux.resources = {memory_limit_in_bytes: 16777216}' sh -c 'tail /dev/zero; sleep 1; exit 137'
	is "$code" 137
	is "$(status reason)" OOMKilled
}

@test "security: user, groups, capabilities, filter, AppArmor, read-only root, masked files" {
	pod one
	run_one box '.linux.security_context += {run_as_user: {value: 1000}, run_as_group: {value: 1000}, supplemental_groups: [3000],
		no_new_privs: true, readonly_rootfs: true,
		capabilities: {drop_capabilities: ["ALL"]}, seccomp: {profile_type: 0}, masked_paths: ["/proc/version"],
		readonly_paths: ["/proc/sys"]}' sh -c 'id -u; id -G; touch /tmp/x || echo read-only
		grep -E "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; cat /proc/self/attr/current; wc -c </proc/version'
	is "$code" 0
	contains "$out" $'1000\n1000 2000 3000'
	contains "$out" "read-only"
	contains "$out" $'CapBnd:\t0000000000000000'
	contains "$out" $'NoNewPrivs:\t1'
	contains "$out" $'Seccomp:\t2'
	contains "$out" "cri-containerd.apparmor.d (enforce)"
	is "${out##*$'\n'}" 0 "the size of what is masked"
}

@test "privileged: all capabilities, no filter, the devices" {
	pod one '.linux.security_context.privileged = true'
	run_one box '.linux.security_context.privileged = true' sh -c 'mount -t tmpfs none /tmp && echo mounted
		grep Seccomp: /proc/self/status; ls /dev/vda'
	is "$code" 0
	contains "$out" mounted
	contains "$out" $'Seccomp:\t0'
	contains "$out" /dev/vda
}

@test "a pod shares its process ids and memory where that is asked for" {
	pod one '.linux.security_context.namespace_options.pid = 0'
	container box '.linux.security_context.namespace_options.pid = 0' sleep 1000
	start
	run_one other '.linux.security_context.namespace_options.pid = 0' sh -c 'ps -o args; readlink /proc/self/ns/ipc'
	contains "$out" "sleep 1000"
	contains "$out" "sleep 1000000000"
	contains "$out" "$(readlink "/proc/$(pid_in_pod_of box)/ns/ipc")"
}
pid_in_pod_of() { pgrep -f '^sleep 1000$'; }

@test "mounts: with the propagation that was asked for" {
	pod one
	mkdir "$T/volume" "$T/inside"
	echo content >"$T/volume/file"
	mount -t tmpfs none "$T/inside"
	container box ".mounts = [{container_path: \"/volume\", host_path: \"$T/volume\", readonly: true},
		{container_path: \"/inside\", host_path: \"$T/inside\", propagation: 1}]" \
		sh -c 'cat /volume/file; touch /volume/x || echo read-only; until [ -e /inside/later/file ]; do sleep 0.1; done; echo came'
	start
	mkdir "$T/inside/later"
	mount -t tmpfs none "$T/inside/later"
	touch "$T/inside/later/file"
	wait_for 20 status_is 2 || { umount -R "$T/inside"; return 1; }
	umount -R "$T/inside"
	logged box
	contains "$out" content
	contains "$out" read-only
	contains "$out" came
}

@test "a terminal: what the program says is in the log" {
	pod one
	run_one box '.tty = true' sh -c 'tty; echo last'
	is "$code" 0
	is "$out" $'/dev/pts/0\nlast'
}

@test "a program that is not there, and one that may not run: the kubelet is told which" {
	pod one
	container box . /bin/nothing
	refused StartContainer "$(with_id)" "/bin/nothing"
	fails_any_in "$answer" "no such file or directory" "executable file not found"
	container box2 . /etc/passwd
	refused StartContainer "$(with_id)" "permission denied"
}
fails_any_in() {
	local word
	for word in "${@:2}"; do [[ $1 != *"$word"* ]] || return 0; done
	complain "none of the expected texts in: $1"
	return 1
}

@test "containerd is started anew: pods live on and obey" {
	pod one
	container box . sleep 1000
	start
	local pid
	pid=$(pid_in_pod)
	systemctl restart containerd
	wait_for 20 status_is 1
	is "$(pid_in_pod)" "$pid"
	exec_sync 10 echo again
	is "$out" again
	ask StopContainer "$(with_id '.timeout = 0')"
	is "$(status exit_code)" 137
}
