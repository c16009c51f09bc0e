#!/usr/bin/env bats
# Podman as root, with conmon between it and the runtime.

load lib
load boxes
load podman

engine_start() {
	mkdir -p /etc/containers
	grep -q '^containers:' /etc/subuid || echo containers:200000:1000000 | tee -a /etc/subuid >>/etc/subgid
	cat >/etc/containers/containers.conf <<-CONF
		[containers]
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "$MANAGER"
		events_logger = "file"
		runtime = "$RUNTIME"
		[engine.runtimes]
		$RUNTIME = ["$RUNTIME_PATH"]
	CONF
	podman image exists "$box" || podman load --quiet --input "$IMAGES"
}
engine_stop() { podman system prune --force --volumes >/dev/null; }
engine_clean() {
	within 60 podman pod rm --all --force --time 0 >/dev/null && within 60 podman rm --all --force --time 0 >/dev/null
}

podman=(podman) confined=containers-default

@test "run: what the program says on both, what it is told, and its exit code" {
	box_speaks
}

@test "run: 127 for a program that is not there, 126 for one that may not run" {
	box_has_no_program
}

@test "run -it: a terminal with the right size, Ctrl-C, a new size, and the last byte" {
	box_has_a_terminal
}

@test "run -d, logs, wait, attach, rm" {
	box_is_detached
}

@test "exec: output, exit code, user, directory, environment, input; 127 and 126" {
	box_has_guests
}

@test "exec -it: a terminal, with the capabilities of the container" {
	box_has_guests_at_terminals
}

@test "stop: the signal, then the end; start and restart; kill" {
	box_stops
}

@test "pause and unpause: nothing goes on meanwhile" {
	box_pauses
}

@test "limits are in force; update changes them; stats tells them" {
	box_has_limits
}

@test "a limit of memory is felt: the kernel kills, the code says so, and podman knows why" {
	box_is_too_big
}

@test "--read-only, --cap-drop, --cap-add, --security-opt, --user" {
	box_is_confined
	run --rm --privileged "$box" sh -c 'mount -t tmpfs none /tmp && ls /dev/vda && grep Seccomp: /proc/self/status'
	ok
	contains "$out" $'/dev/vda\nSeccomp:\t0'
}

@test "what is masked, what is read-only, and how to have it otherwise" {
	box_is_masked
}

@test "--userns=auto: ids of its own, each container others" {
	box_has_ids_of_its_own
}

@test "--init: it is process 1, passes signals on, and takes what is left by others" {
	box_has_an_init
}

@test "--pid, --ipc, --network and --uts of another container" {
	box_shares
}

@test "pods: shared namespaces, a cgroup of their own; pause, stop, start, rm" {
	box_is_in_a_pod
}

@test "health checks, by hand and by systemd's timer" {
	box_is_healthy
}

@test "cp: into and out of a running container, and one that has ended" {
	box_is_copied
}

@test "volumes, devices, sysctls, host names, shared memory, umask" {
	box_has_volumes
}

@test "a bridge of podman's, with an address" {
	box_has_a_bridge
}

@test "init, then start: hooks and state as the runtime's create and start" {
	box_has_hooks
}

@test "descriptors are handed over" {
	box_is_given_descriptors
}

@test "build: a RUN of buildah's" {
	box_is_built
}
