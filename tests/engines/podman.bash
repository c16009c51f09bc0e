# What Podman is asked in the same words by root and by an ordinary user. A file that loads this, after boxes.bash, has `podman`, the words that
# call it, `run`, and `confined`, the AppArmor profile that it gives.

p() { within 90 "${podman[@]}" "$@"; }
e() { p "$@"; }
run() { call p run --network none "$@"; }

box_speaks() {
	code=0
	out=$(printf 'given\n' | p run --network none --rm -i "$box" sh -c 'cat; echo to-out; echo to-err >&2; exit 7' 2>"$T/err") || code=$?
	exits 7
	is "$out" $'given\nto-out'
	is "$(<"$T/err")" to-err
}

box_has_no_program() {
	run --rm "$box" /bin/nothing
	exits 127
	run --rm "$box" /etc/passwd
	exits 126
	run --rm --workdir /etc/passwd/x "$box" true
	differs "$code" 0
}

box_has_a_terminal() {
	call terminal size=33x101 'wait=/ # ' 'type=stty size; tty\n' 'wait=33 101' 'wait=/dev/pts/0' \
		'type=sleep 100\n' sleep=2 'type=\x03' 'wait=# ' \
		size=20x60 sleep=1 'type=stty size\n' 'wait=20 60' 'type=printf end; exit 4\n' -- "${podman[@]}" run --network none --rm -it "$box" sh
	exits 4
	[[ $out == *end*end* ]]
}

box_is_detached() {
	start one "$box" sh -c 'echo to-out; echo to-err >&2; until [ -e /go ]; do sleep 0.1; done; echo last; exit 3'
	is "$(inspect one OCIRuntime)" "$RUNTIME"
	inspect_is one State.Status running
	call p exec one touch /go
	ok
	call p wait one
	is "$out" 3
	call p logs one
	is "$out$err" $'to-out\nlastto-err'
	call p rm one
	ok
}

box_has_guests() {
	start one "$box" sleep 1000
	call p exec -u user:extra -w /tmp -e WORD=said one sh -c 'id -u; id -g; pwd; echo $WORD; echo to-err >&2; exit 9'
	exits 9
	is "$out" $'1000\n2000\n/tmp\nsaid'
	is "$err" to-err
	out=$(echo given | p exec -i one cat)
	is "$out" given
	call p exec one /bin/nothing
	exits 127
	call p exec one /etc/passwd
	exits 126
	call p exec -d one sh -c 'touch /made; sleep 4321'
	ok
	wait_for 5 test -e "$(inside one /made)"
	call p exec one sh -c 'kill -9 $$'
	exits 137
}

box_has_guests_at_terminals() {
	start one --cap-drop all "$box" sleep 1000
	call terminal 'wait=# ' 'type=stty size; tty; grep CapEff /proc/self/status\n' 'wait=24 80' 'wait=/dev/pts/0' 'wait=0000000000000000' \
		'type=exit 6\n' -- "${podman[@]}" exec -it one sh
	exits 6
}

box_has_limits() {
	start one --memory 48m --memory-swap 48m --cpus 0.5 --pids-limit 20 --cpu-shares 512 --ulimit nofile=99:99 --oom-score-adj 500 \
		"$box" sleep 1000
	local pid
	pid=$(pid_of_box one)
	is "$(limit_of "$pid" memory.max)" 50331648
	is "$(limit_of "$pid" cpu.max)" "50000 100000"
	is "$(limit_of "$pid" pids.max)" 20
	is "$(<"/proc/$pid/oom_score_adj")" 500
	contains "$(grep 'open files' "/proc/$pid/limits")" 99
	call p exec one sh -c 'ulimit -n; for i in $(seq 30); do sleep 5 & done; wait'
	contains "$out" 99
	contains "$err" "fork"
	call p stats --no-stream --format '{{.MemUsage}} {{.PIDS}}' one
	ok
	contains "$out" "50.33MB"
	call p update --memory 64m --memory-swap 64m --cpus 0.2 one
	ok
	is "$(limit_of "$pid" memory.max)" 67108864
	is "$(limit_of "$pid" cpu.max)" "20000 100000"
}

box_is_too_big() {
	start one --memory 16m --memory-swap 16m "$box" sh -c 'tail /dev/zero; sleep 1; exit 137'
	call p wait one
	is "$out" 137
	# Before 2.1.7 or so, conmon learned of it when it was too late, whatever the runtime. Later ones stop listening when the limit is met
	# for the first time and nobody has been killed yet: that is so where the processes are in the unit's own cgroup, with runc as with us.
	[[ $(podman version --format '{{.Client.Version}}') == 4.* || $MANAGER == systemd && $RUNTIME != crun ]] ||
		inspect_is one State.OOMKilled true
	run --rm --memory 16m --memory-swap 16m "$box" tail /dev/zero
	exits 137
}

box_is_confined() {
	run --rm --read-only --cap-drop all --cap-add chown --security-opt no-new-privileges --tmpfs /scratch "$box" sh -c \
		'touch /x || echo read-only; touch /scratch/x && echo scratch; cat /proc/self/attr/current
		grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status'
	ok
	contains "$out" $'read-only\nscratch'
	contains "$out" $'CapEff:\t0000000000000001\nCapBnd:\t0000000000000001\nNoNewPrivs:\t1\nSeccomp:\t2'
	contains "$out" "$confined"
	jq -n '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}' >profile
	run --rm --user 1000:2000 --group-add 3000 --security-opt seccomp=profile --security-opt apparmor=unconfined "$box" sh -c \
		'mkdir /tmp/x; id -u; id -G; cat /proc/self/attr/current'
	contains "$err" "not supported"
	contains "$out" $'1000\n2000 3000\nunconfined'
}

box_is_masked() {
	run --rm "$box" sh -c 'wc -c </proc/timer_list; touch /proc/sys/kernel/domainname || echo kept; ls /sys/firmware | wc -l'
	is "$out" $'0\nkept\n0'
	run --rm --security-opt unmask=/proc/timer_list --security-opt mask=/proc/version --security-opt apparmor=unconfined --cap-add all \
		"$box" sh -c 'stat -c %t:%T /proc/timer_list; wc -c </proc/version'
	is "$out" $'0:0\n0'
}

box_has_ids_of_its_own() {
	start one --userns=auto:size=1000 "$box" sleep 1000
	start two --userns=auto:size=1000 "$box" sleep 1000
	local first second
	first=$(awk '{ print $2, $3 }' "/proc/$(pid_of_box one)/uid_map")
	second=$(awk '{ print $2, $3 }' "/proc/$(pid_of_box two)/uid_map")
	differs "$first" "$second" "the mapped ids"
	[[ $first == ?????*' 1000' ]]
	call p exec one sh -c 'id -u; stat -c %u /bin/busybox; touch /new; stat -c %u /new
		cat /proc/self/attr/current; mount -t tmpfs none /tmp || echo denied'
	contains "$out" $'0\n0\n0\n'$confined
	contains "$out" denied
	is "$(stat -c %u "$(inside one /new)")" "${first% *}"
}

box_shares() {
	start one --hostname named "$box" sleep 1000
	call p run --rm --pid container:one --ipc container:one --network container:one --uts container:one "$box" sh -c \
		'ps -o args; readlink /proc/self/ns/net; readlink /proc/self/ns/ipc; hostname'
	ok
	contains "$out" "sleep 1000"
	contains "$out" "$(readlink "/proc/$(pid_of_box one)/ns/net")"
	contains "$out" "$(readlink "/proc/$(pid_of_box one)/ns/ipc")"
	contains "$out" $'\nnamed'
	run --rm --pid host "$box" sh -c 'ps -o args | grep -c systemd'
	ok
}

box_is_in_a_pod() {
	# With cgroups of its own, Podman 4 makes the pod's with a filter that denies all devices: no runtime can make /dev/null below it. So the
	# containers are elsewhere there.
	local apart=()
	[[ $MANAGER == systemd ]] || apart=(--share-parent=false)
	call p pod create --name pod --network none --hostname together "${apart[@]}"
	ok
	call p run -d --pod pod --name one "$box" sleep 1000
	ok
	call p run --rm --pod pod "$box" sh -c 'hostname; readlink /proc/self/ns/net'
	ok
	is "$out" "together"$'\n'"$(readlink "/proc/$(pid_of_box one)/ns/net")"
	[[ $MANAGER != systemd ]] || contains "$(cgroup_of "$(pid_of_box one)")" libpod_pod
	call p pod pause pod
	ok
	inspect_is one State.Status paused
	call p pod unpause pod
	ok
	call p pod stop --time 0 pod
	ok
	call p pod start pod
	ok
	inspect_is one State.Status running
	call p pod rm --force --time 0 pod
	ok
}

box_is_healthy() {
	start one --health-cmd 'test -e /healthy' --health-interval 1s --health-retries 1 "$box" sh -c 'touch /healthy; sleep 1000'
	wait_for 20 inspect_is one State.Health.Status healthy
	rm "$(inside one /healthy)"
	call p healthcheck run one
	exits 1
	inspect_is one State.Health.Status unhealthy
}

box_has_volumes() {
	mkdir given
	echo hello >given/file
	run --rm -v "$PWD/given:/given:ro" --tmpfs /scratch:size=1m,mode=0700 --device /dev/vdd:/dev/disk:r \
		--sysctl net.ipv4.ip_forward=1 --hostname named --shm-size 2m --umask 0077 --env WORD=said "$box" sh -c '
		cat /given/file; touch /given/x || echo read-only
		stat -c %a /scratch; head -c 1 /dev/disk | wc -c; dd if=/dev/zero of=/dev/disk count=1 2>/dev/null || echo kept
		cat /proc/sys/net/ipv4/ip_forward; hostname; stat -f -c %b:%S /dev/shm; umask; echo $WORD'
	ok
	is "$out" $'hello\nread-only\n700\n1\nkept\n1\nnamed\n512:4096\n0077\nsaid'
}

box_has_a_bridge() {
	call p run --rm --network podman --cap-add net_raw "$box" sh -c 'grep -o eth0 /proc/net/dev; grep -c nameserver /etc/resolv.conf
		ping -c 1 -W 5 $(hostname -i) >/dev/null && echo self'
	contains "$out" eth0
	contains "$out" self
}

box_has_hooks() {
	mkdir hooks
	printf '#!/bin/sh\ncat >>%s/$1\n' "$T" >"$T/hook"
	chmod +x "$T/hook"
	local stage
	for stage in prestart createRuntime createContainer poststart poststop; do
		jq -n --arg path "$T/hook" --arg stage "$stage" \
			'{version: "1.0.0", hook: {path: $path, args: ["hook", $stage]}, when: {always: true}, stages: [$stage]}' >"hooks/$stage.json"
	done
	call p --hooks-dir "$T/hooks" create --network none --name one "$box" sh -c 'echo ran'
	ok
	call p --hooks-dir "$T/hooks" init one
	ok
	inspect_is one State.Status initialized
	call p --hooks-dir "$T/hooks" start --attach one
	ok
	is "$out" ran
	call p --hooks-dir "$T/hooks" rm one
	ok
	for stage in prestart createRuntime createContainer poststart poststop; do
		[[ $(jq -r .id <"$T/$stage") =~ ^[0-9a-f]{64}$ ]] || { complain "no state for $stage: $(cat "$T/$stage")"; return 1; }
	done
	is "$(jq -r .status <"$T/poststop")" stopped
}

box_is_given_descriptors() {
	echo content >file
	is "$(p run --network none --rm --preserve-fds 1 "$box" sh -c 'cat <&3' 3<file 4>&-)" content
}

box_is_built() {
	printf 'FROM %s\nRUN echo made >/made && id -u\n' "$box" >Containerfile
	call p build --network none --isolation oci --runtime "$RUNTIME_PATH" --tag localhost/built:1 .
	ok
	run --rm localhost/built:1 cat /made
	is "$out" made
	call p rmi localhost/built:1
}
