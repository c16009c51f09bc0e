#!/usr/bin/env bats
# Podman as an ordinary user: the runtime is root of a user namespace that Podman has made, in cgroups that systemd has given to the user.

load lib
load boxes
load podman

user=someone
user_id=$(id -u $user)
user_home=$(getent passwd $user | cut -d: -f6)
user_run=/run/user/$user_id
manager=/sys/fs/cgroup/user.slice/user-$user_id.slice/user@$user_id.service
session=$manager/app.slice/caller.scope
first_subid=$(sed -n "s/^$user:\([0-9]*\):.*/\1/p" /etc/subuid)

# As a person who has logged in has it. `login`: from where sshd or getty leave one, which is no cgroup of the user's; `as_user`: from a scope of
# the user's manager.
login=(setpriv --reuid "$user_id" --regid "$user_id" --init-groups env -i "HOME=$user_home" "USER=$user" "LOGNAME=$user" "PATH=$PATH"
	"XDG_RUNTIME_DIR=$user_run" "DBUS_SESSION_BUS_ADDRESS=unix:path=$user_run/bus")
as_user=("$BASH" -c "echo \$\$ >$session/cgroup.procs; exec \"\$@\"" as_user "${login[@]}")
podman=("${as_user[@]}" podman) confined=unconfined

engine_start() {
	systemctl start "user@$user_id"
	wait_for 10 test -S "$user_run/bus"
	"${login[@]}" systemd-run --user --scope --quiet -p Delegate=yes --unit "${session##*/}" sleep 1000000 3>&- 4>&- &
	wait_for 10 test -e "$session"
	# pasta takes the addresses of the host's default route.
	if [[ ! -e /sys/class/net/box0 ]]; then
		modprobe dummy && ip link add box0 type dummy && ip address add 192.0.2.2/24 dev box0
		ip link set box0 up && ip route add default via 192.0.2.1
	fi
	local settings=$user_home/.config/containers
	"${login[@]}" mkdir -p "$settings"
	cat >"$settings/containers.conf" <<-CONF
		[containers]
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "$MANAGER"
		events_logger = "file"
		runtime = "$RUNTIME"
		[engine.runtimes]
		$RUNTIME = ["$RUNTIME_PATH"]
	CONF
	printf '[storage]\ndriver = "overlay"\n' >"$settings/storage.conf"
	p image exists "$box" || p load --quiet --input "$IMAGES"
}
engine_stop() {
	p system prune --force --volumes >/dev/null
	"${login[@]}" systemctl --user stop "${session##*/}"
}
engine_prepare() {
	local dir=$T
	while [[ $dir != / && $dir != "$TMPDIR" ]]; do
		chmod o+x "$dir"
		dir=${dir%/*}
	done
	chown "$user_id:$user_id" "$T"
}
engine_clean() {
	within 60 "${podman[@]}" pod rm --all --force --time 0 >/dev/null && within 60 "${podman[@]}" rm --all --force --time 0 >/dev/null
}

# With cgroups of its own Podman names none: what an ordinary user's container gets is the runtime's affair. Caisson makes one beside the
# caller's where that is delegated.
with_cgroups() { [[ $MANAGER == systemd ]] || skip_on crun "makes none then"; }

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

@test "the runtime's state is in the user's directory, and the container in a cgroup of the user's" {
	start one "$box" sleep 1000
	[[ -e $user_run/$RUNTIME/$(inspect one Id) ]]
	[[ $(cgroup_of "$(pid_of_box one)") == "$manager"/* ]]
	is "$(awk '{ print $1, $2, $3 }' "/proc/$(pid_of_box one)/uid_map")" "0 $user_id 1"$'\n'"1 $first_subid 65536"
}

@test "from a login session's own cgroup, which is not the user's" {
	call within 90 "${login[@]}" podman run --network none -d --name one "$box" sleep 1000
	ok
	call within 90 "${login[@]}" podman exec one sh -c 'exit 6'
	exits 6
	call p exec one sh -c 'exit 7'
	exits 7
	call within 90 "${login[@]}" podman stop --time 0 one
	ok
	call within 90 "${login[@]}" podman start one
	ok
	call within 90 "${login[@]}" podman rm --force --time 0 one
	ok
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
	with_cgroups
	box_pauses
}

@test "limits are in force; update changes them; stats tells them" {
	with_cgroups
	box_has_limits
}

@test "a limit of memory is felt: the kernel kills, the code says so, and podman knows why" {
	with_cgroups
	box_is_too_big
}

@test "a limit where nothing is delegated: Podman asks systemd, or it is an error of ours" {
	skip_on crun "has none then"
	call within 90 "${login[@]}" podman run --network none --rm --pids-limit 20 "$box" sh -c 'for i in $(seq 30); do sleep 1 & done; wait'
	differs "$code" 0
	[[ $err == *fork* || $MANAGER == cgroupfs && $err == *"rootless needs no limits"* ]]
}

@test "a limit that the user has no right to is an error" {
	run --rm --ulimit nofile=2000000:2000000 "$box" true
	differs "$code" 0
	left_nothing
}

@test "--read-only, --cap-drop, --cap-add, --security-opt, --user" {
	box_is_confined
}

@test "--privileged: all that the user may, and no more" {
	run --rm --privileged "$box" sh -c 'mount -t tmpfs none /tmp && ls /dev/vda && grep Seccomp: /proc/self/status; cat /dev/vda || echo denied'
	contains "$out" $'/dev/vda\nSeccomp:\t0\ndenied'
}

@test "what is masked, what is read-only, and how to have it otherwise" {
	box_is_masked
}

@test "--userns=auto: ids of its own, each container others" {
	box_has_ids_of_its_own
}

@test "--userns=keep-id: the user is himself inside" {
	mkdir own
	chown "$user_id:$user_id" own
	run --rm --userns keep-id -v "$PWD/own:/own" "$box" sh -c 'id -u; id -g; touch /own/file; stat -c %u /own/file /bin/busybox; touch /x || echo denied'
	ok
	is "$out" "$user_id"$'\n'"$user_id"$'\n'"$user_id"$'\n0\ndenied'
	is "$(stat -c %u own/file)" "$user_id"
	start one --userns keep-id "$box" sleep 1000
	is "$(stat -c %u "/proc/$(pid_of_box one)")" "$user_id"
	call p exec -u 0 one sh -c 'id -u; touch /new; stat -c %u /new'
	is "$out" $'0\n0'
	is "$(stat -c %u "$(inside one /new)")" "$first_subid"
}

@test "--userns=nomap: the user's own id is not inside" {
	mkdir own
	chown "$user_id:$user_id" own
	start one --userns nomap -v "$PWD/own:/own" "$box" sh -c 'id -u; stat -c %u /own; sleep 1000'
	is "$(awk '{ print $1, $2 }' "/proc/$(pid_of_box one)/uid_map")" "0 $first_subid"
	wait_for 10 eval '[[ $(p logs one) == $'"'0\\n65534'"' ]]'
	call p exec one id -u
	is "$out" 0
}

@test "--uidmap and --gidmap: a map of one's own" {
	start one --uidmap 0:1:500 --uidmap 500:0:1 --gidmap 0:1:1000 "$box" sleep 1000
	is "$(awk '{ print $1, $2, $3 }' "/proc/$(pid_of_box one)/uid_map")" "0 $first_subid 500"$'\n'"500 $user_id 1"
	call p exec one sh -c 'id -u; touch /new; stat -c %u:%g /new'
	is "$out" $'0\n0:0'
}

@test "--init: it is process 1, passes signals on, and takes what is left by others" {
	box_has_an_init
}

@test "--pid, --ipc, --network and --uts of another container" {
	box_shares
}

@test "--userns of another container" {
	start one --userns keep-id "$box" sleep 1000
	run --rm --userns container:one "$box" readlink /proc/self/ns/user
	ok
	is "$out" "$(readlink "/proc/$(pid_of_box one)/ns/user")"
}

@test "pods: shared namespaces, a cgroup of their own; pause, stop, start, rm" {
	[[ $MANAGER == systemd ]] || skip "such a user's pod has a cgroup by systemd alone"
	box_is_in_a_pod
}

@test "pods with --userns=keep-id: all are in one user namespace" {
	call p pod create --name pod --network none --userns keep-id
	ok
	call p run -d --pod pod --name one "$box" sleep 1000
	ok
	call p run --rm --pod pod "$box" sh -c 'id -u; readlink /proc/self/ns/user'
	ok
	is "$out" "$user_id"$'\n'"$(readlink "/proc/$(pid_of_box one)/ns/user")"
}

@test "health checks, by hand and by systemd's timer" {
	box_is_healthy
}

@test "cp: into and out of a running container, and one that has ended" {
	box_is_copied
}

@test "volumes, devices, sysctls, host names, shared memory, umask" {
	mkdir given
	echo hello >given/file
	modprobe tun
	run --rm -v "$PWD/given:/given:ro" -v named:/data --tmpfs /scratch:size=1m,mode=0700 --device /dev/net/tun \
		--sysctl net.ipv4.ip_forward=1 --hostname named --shm-size 2m --umask 0077 --env WORD=said "$box" sh -c '
		cat /given/file /data/file; touch /given/x || echo read-only
		stat -c %a /scratch; stat -c %t:%T /dev/net/tun
		cat /proc/sys/net/ipv4/ip_forward; hostname; stat -f -c %b:%S /dev/shm; umask; echo $WORD'
	ok
	is "$out" $'hello\nfrom-the-image\nread-only\n700\na:c8\n1\nnamed\n512:4096\n0077\nsaid'
}

# CVE-2023-25809
@test "--network=host: /sys is read-only, every mount below it, too" {
	skip_on crun "leaves what is mounted below it writable"
	call p run --rm --network host --security-opt unmask=ALL "$box" sh -c '
		mkdir /sys/fs/cgroup/box || echo kept
		grep " /sys[ /]" /proc/self/mountinfo; readlink /proc/self/ns/net'
	ok
	contains "$out" kept
	contains "$out" " /sys/kernel/security ro"
	is "$(grep ' /sys[ /]' <<<"$out" | grep -vE ' /sys[^ ]* ro,')" "" "what is writable"
	contains "$out" "$(readlink /proc/self/ns/net)"
}

# serves NETWORK...: a port of the host's leads to a server in the container, and the container reaches one of the host's.
serves() {
	call p run -d --name one -p 127.0.0.1:8080:80 "$@" "$box" sh -c 'while :; do echo answer | /bin/busybox nc -l -p 80; done'
	ok
	wait_for 20 eval '[[ $(timeout 5 /bin/busybox nc 127.0.0.1 8080 </dev/null) == answer ]]'
	contains "$(</proc/"$(pid_of_box one)"/net/dev)" "$device"
}

@test "slirp4netns: an address of its own, a port of the host's, and the host" {
	device=tap0
	serves --network slirp4netns:allow_host_loopback=true
	(echo from-the-host | timeout 30 /bin/busybox nc -l -p 8081 >/dev/null 3>&- 4>&-) &
	wait_for 10 eval '[[ $(p exec one /bin/busybox nc 10.0.2.2 8081 </dev/null) == from-the-host ]]'
}

@test "pasta: the host's address, and a port of the host's" {
	[[ $(podman version --format '{{.Client.Version}}') != 4.[0-3].* ]] || skip "this Podman does not know it"
	device=box0
	serves --network pasta
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

@test "a root that fuse-overlayfs has mounted" {
	podman+=(--root "$T/storage" --storage-driver overlay --storage-opt overlay.mount_program=/usr/bin/fuse-overlayfs)
	call p load --quiet --input "$IMAGES"
	ok
	start one "$box" sh -c 'touch /new; grep " / / " /proc/self/mountinfo; sleep 1000'
	wait_for 10 eval '[[ $(p logs one) == *fuse-overlayfs* ]]'
	run --rm --read-only --user 1000:2000 "$box" sh -c 'id -u; cat /data/file; touch /x || echo read-only'
	is "$out" $'1000\nfrom-the-image\nread-only'
	call p exec one stat -c %u /new
	is "$out" 0
	call p rm --force --time 0 one
	ok
	call p system reset --force
}
