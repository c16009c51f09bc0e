#!/usr/bin/env bats
# Docker: its daemon calls the runtime through containerd's shim, and buildkit calls the program `runc` itself.

load lib
load boxes

# What the daemon finds as `runc` is the runtime under test, too: buildkit has no setting for it.
engine_start() {
	mkdir -p /etc/docker /run/systemd/system/docker.service.d /run/box-bin
	printf '#!/bin/sh\necho "$@" >>/run/box-bin/calls\nexec %s "$@"\n' "$RUNTIME_PATH" >/run/box-bin/runc
	chmod +x /run/box-bin/runc
	printf '[Service]\nEnvironment=PATH=/run/box-bin:%s\n' "$PATH" >/run/systemd/system/docker.service.d/box.conf
	docker_settings '{}'
	systemctl daemon-reload
	docker_restart
	docker image inspect "$box" >/dev/null 2>&1 || docker load --quiet --input "$IMAGES"
}
engine_stop() {
	systemctl stop docker.service docker.socket containerd
	rm -r /run/systemd/system/docker.service.d /run/box-bin
	systemctl daemon-reload
}
engine_clean() {
	local all
	mapfile -t all < <(docker ps --all --quiet)
	! ((${#all[@]})) || within 60 docker rm --force "${all[@]}" >/dev/null
}
engine_tell() { journalctl -q -u docker -n 15 -o cat | grep -E 'level=error' | tail -n 2 || true; }

# docker_settings JSON: what a test wants on top. `runc` is a name that cannot be given anew, so ours has another.
docker_settings() {
	jq --arg path "$RUNTIME_PATH" --arg owner "$MANAGER" '{bridge: "none", iptables: false, ip6tables: false,
		"exec-opts": ["native.cgroupdriver=" + $owner], runtimes: {box: {path: $path}}, "default-runtime": "box",
		"shutdown-timeout": 1} + .' <<<"$1" >/etc/docker/daemon.json
}
docker_restart() { systemctl reset-failed docker 2>/dev/null || true; systemctl restart docker; }

d() { within 90 docker "$@"; }
e() { d "$@"; }
run() { call d run "$@"; }

@test "run: what the program says on both, what it is told, and its exit code" {
	code=0
	out=$(printf 'given\n' | d run --rm -i "$box" sh -c 'cat; echo to-out; echo to-err >&2; exit 7' 2>"$T/err") || code=$?
	exits 7
	is "$out" $'given\nto-out'
	is "$(<"$T/err")" to-err
}

@test "run: 127 for a program that is not there, 126 for one that may not run" {
	run --rm "$box" /bin/nothing
	exits 127
	run --rm "$box" nothing
	exits 127
	run --rm "$box" /etc/passwd
	exits 126
}

@test "info knows the runtime, and its version" {
	call d info --format '{{.DefaultRuntime}} {{.CgroupDriver}} {{json .Runtimes}}'
	ok
	contains "$out" "box $MANAGER "
	contains "$out" "$RUNTIME_PATH"
}

@test "run -it: a terminal with the right size, Ctrl-C, a new size, and the last byte" {
	call terminal size=33x101 'wait=/ # ' 'type=stty size; tty\n' 'wait=33 101' 'wait=/dev/pts/0' \
		'type=sleep 100\n' sleep=2 'type=\x03' 'wait=# ' \
		size=20x60 sleep=1 'type=stty size\n' 'wait=20 60' 'type=printf end; exit 4\n' -- docker run --rm -it "$box" sh
	exits 4
	[[ $out == *end*end* ]]
}

@test "run -d, logs, wait, top, rm" {
	start one "$box" sh -c 'echo to-out; echo to-err >&2; until [ -e /go ]; do sleep 0.1; done; echo last; exit 3'
	is "$(inspect one HostConfig.Runtime)" box
	inspect_is one State.Status running
	call d top one
	ok
	contains "$out" "until [ -e /go ]"
	touch "$(inside one /go)"
	call d wait one
	is "$out" 3
	call d logs one
	is "$out$err" $'to-out\nlastto-err'
	call d rm one
	ok
}

@test "exec: output, exit code, user, directory, environment, input; 127 and 126" {
	start one "$box" sleep 1000
	call d exec -u user:extra -w /tmp -e WORD=said one sh -c 'id -u; id -g; pwd; echo $WORD; echo to-err >&2; exit 9'
	exits 9
	is "$out" $'1000\n2000\n/tmp\nsaid'
	is "$err" to-err
	out=$(echo given | d exec -i one cat)
	is "$out" given
	call d exec one /bin/nothing
	[[ $code == 127 || $code == 126 && $(d version --format '{{.Client.Version}}') == 20.* ]]
	contains "$out$err" "no such file or directory"
	call d exec one /etc/passwd
	exits 126
	call d exec -d one sh -c 'touch /made; sleep 4321'
	ok
	wait_for 5 test -e "$(inside one /made)"
	call d exec one sh -c 'kill -9 $$'
	exits 137
	call d exec --privileged one grep CapEff /proc/self/status
	lacks "$out" 00000000a80425fb
}

@test "exec -it: a terminal, with the capabilities of the container" {
	start one --cap-drop all "$box" sleep 1000
	call terminal 'wait=# ' 'type=stty size; tty; grep CapEff /proc/self/status\n' 'wait=24 80' 'wait=/dev/pts/' 'wait=0000000000000000' \
		'type=exit 6\n' -- docker exec -it one sh
	exits 6
}

@test "stop: the signal, then the end; start and restart; kill" {
	box_stops
}

@test "pause and unpause: nothing goes on meanwhile" {
	box_pauses
}

@test "limits are in force; update changes them; stats tells them" {
	start one --memory 48m --memory-swap 48m --cpus 0.5 --pids-limit 20 --cpu-shares 512 --ulimit nofile=99:99 --oom-score-adj 500 \
		"$box" sleep 1000
	local pid
	pid=$(pid_of_box one)
	is "$(limit_of "$pid" memory.max)" 50331648
	is "$(limit_of "$pid" cpu.max)" "50000 100000"
	is "$(limit_of "$pid" pids.max)" 20
	is "$(<"/proc/$pid/oom_score_adj")" 500
	call d exec one sh -c 'ulimit -n; for i in $(seq 30); do sleep 5 & done; wait'
	contains "$out" 99
	contains "$err" "fork"
	call d stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' one
	ok
	contains "$out" "48MiB"
	call d update --memory 64m --memory-swap 64m --cpus 0.2 --pids-limit 30 one
	ok
	is "$(limit_of "$pid" memory.max)" 67108864
	is "$(limit_of "$pid" cpu.max)" "20000 100000"
	is "$(limit_of "$pid" pids.max)" 30
}

@test "a limit of memory is felt: the kernel kills, the code says so, and Docker knows why" {
	run --name one --memory 16m --memory-swap 16m "$box" sh -c 'tail /dev/zero; sleep 1; exit 137'
	exits 137
	wait_for 5 inspect_is one State.OOMKilled true
	run --rm --memory 16m --memory-swap 16m "$box" tail /dev/zero
	exits 137
}

@test "--read-only, --cap-drop, --cap-add, --security-opt, --user" {
	run --rm --read-only --cap-drop all --cap-add chown --security-opt no-new-privileges --tmpfs /scratch "$box" sh -c \
		'touch /x || echo read-only; touch /scratch/x && echo scratch; cat /proc/self/attr/current
		grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status'
	ok
	contains "$out" $'read-only\nscratch'
	contains "$out" $'CapEff:\t0000000000000001\nCapBnd:\t0000000000000001\nNoNewPrivs:\t1\nSeccomp:\t2'
	contains "$out" "docker-default"
	jq -n '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}' >profile
	run --rm --user 1000:2000 --group-add 3000 --security-opt seccomp=profile --security-opt apparmor=unconfined "$box" sh -c \
		'mkdir /tmp/x; id -u; id -G; cat /proc/self/attr/current'
	contains "$err" "not supported"
	contains "$out" $'1000\n2000 3000\nunconfined'
	run --rm --privileged "$box" sh -c 'mount -t tmpfs none /tmp && ls /dev/vda && grep Seccomp: /proc/self/status'
	ok
	contains "$out" $'/dev/vda\nSeccomp:\t0'
}

@test "what is masked, what is read-only, and how to have it otherwise" {
	run --rm "$box" sh -c 'wc -c </proc/timer_list; touch /proc/sys/kernel/domainname || echo kept; ls /sys/firmware | wc -l'
	is "$out" $'0\nkept\n0'
	run --rm --security-opt systempaths=unconfined --security-opt apparmor=unconfined --cap-add all "$box" \
		sh -c 'head -n 1 /proc/timer_list | wc -l'
	is "$out" 1
}

@test "--init: it is process 1, passes signals on, and takes what is left by others" {
	box_has_an_init
}

@test "--pid, --ipc and --network of another container: what others call a pod" {
	start one --hostname named --ipc shareable "$box" sleep 1000
	run --rm --pid container:one --ipc container:one --network container:one "$box" sh -c \
		'ps -o args; readlink /proc/self/ns/net; readlink /proc/self/ns/ipc; hostname'
	ok
	contains "$out" "sleep 1000"
	contains "$out" "$(readlink "/proc/$(pid_of_box one)/ns/net")"
	contains "$out" "$(readlink "/proc/$(pid_of_box one)/ns/ipc")"
	contains "$out" $'\nnamed'
	run --rm --pid host "$box" sh -c 'ps -o args | grep -c systemd'
	ok
	run --rm --network host --uts host "$box" hostname
	is "$out" "$(hostname)"
}

@test "kill --all: in a container with the host's process ids nobody is left" {
	start one --pid host "$box" sh -c 'sleep 4242 & sleep 0.3; exit 2'
	call d wait one
	is "$out" 2
	wait_for 5 gone "sleep 4242"
}

@test "health checks" {
	start one --health-cmd 'test -e /healthy' --health-interval 1s --health-retries 1 "$box" sh -c 'touch /healthy; sleep 1000'
	wait_for 20 inspect_is one State.Health.Status healthy
	rm "$(inside one /healthy)"
	wait_for 20 inspect_is one State.Health.Status unhealthy
}

@test "cp: into and out of a running container, and one that has ended" {
	box_is_copied
}

@test "volumes, devices, sysctls, host names, shared memory" {
	mkdir given
	echo hello >given/file
	run --rm -v "$PWD/given:/given:ro" --tmpfs /scratch:size=1m,mode=0700 --device /dev/vdd:/dev/disk:r \
		--sysctl net.ipv4.ip_forward=1 --hostname named --shm-size 2m --env WORD=said "$box" sh -c '
		cat /given/file; touch /given/x || echo read-only
		stat -c %a /scratch; head -c 1 /dev/disk | wc -c; dd if=/dev/zero of=/dev/disk count=1 2>/dev/null || echo kept
		cat /proc/sys/net/ipv4/ip_forward; hostname; stat -f -c %b:%S /dev/shm; echo $WORD'
	ok
	is "$out" $'hello\nread-only\n700\n1\nkept\n1\nnamed\n512:4096\nsaid'
}

@test "create, then start --attach" {
	call d create --name one "$box" sh -c 'echo ran; exit 4'
	ok
	inspect_is one State.Status created
	call d start --attach one
	exits 4
	is "$out" ran
}

@test "build: a RUN of the old builder's, and one of buildkit's" {
	printf 'FROM %s\nRUN echo made >/made && id -u\n' "$box" >Dockerfile
	call within 90 env DOCKER_BUILDKIT=0 docker build --network none --tag localhost/built:1 .
	ok
	run --rm localhost/built:1 cat /made
	is "$out" made
	printf 'FROM %s\nRUN echo anew >/made; echo said-in-build; cat /proc/self/cgroup\nRUN test "$(cat /made)" = anew\n' "$box" >Dockerfile
	call within 90 env DOCKER_BUILDKIT=1 docker build --no-cache --progress plain --network none --tag localhost/built:2 .
	ok
	contains "$err" " said-in-build"
	grep -q ' run --bundle ' /run/box-bin/calls
	printf 'FROM %s\nRUN exit 41\n' "$box" >Dockerfile
	call within 90 env DOCKER_BUILDKIT=1 docker build --no-cache --progress plain --network none .
	fails 41
	d rmi --force localhost/built:1 localhost/built:2 >/dev/null
}

@test "the daemon is started anew: containers live on and obey" {
	docker_settings '{"live-restore": true}'
	docker_restart
	start one "$box" sleep 1000
	local pid
	pid=$(pid_of_box one)
	docker_restart
	is "$(pid_of_box one)" "$pid"
	call d exec one echo again
	is "$out" again
	call d stop --time 0 one
	ok
	is "$(inspect one State.ExitCode)" 137
}

@test "userns-remap: the ids of all containers are others on the host" {
	getent passwd dockremap >/dev/null || useradd --system --no-create-home dockremap
	grep -q '^dockremap:' /etc/subuid || echo dockremap:2000000:65536 | tee -a /etc/subuid >>/etc/subgid
	docker_settings '{"userns-remap": "dockremap"}'
	docker_restart
	d load --quiet --input "$IMAGES" >/dev/null
	start one "$box" sleep 1000
	is "$(awk '{ print $1, $2, $3 }' "/proc/$(pid_of_box one)/uid_map")" "0 2000000 65536"
	call d exec one sh -c 'id -u; stat -c %u /bin/busybox; touch /new; mount -t tmpfs none /tmp || echo denied'
	is "$out" $'0\n0\ndenied'
	is "$(stat -c %u "$(inside one /new)")" 2000000
	run --rm --userns host "$box" cat /proc/self/uid_map
	is "$(awk '{ print $1, $2, $3 }' <<<"$out")" "0 0 4294967295"
}
