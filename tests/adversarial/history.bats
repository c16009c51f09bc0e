# One test for each vulnerability of other runtimes whose class can exist here (README.md has the whole list, with those that other tests hold).
load lib.bash

# ---- runc, and what shares its code ----

@test "CVE-2016-3697: a number is a number, though the image's passwd and group have it as a name" {
	printf '1000:x:0:0:root:/root:/bin/sh\nroot:x:0:0::/:/bin/sh\n' >"$rootfs/etc/passwd"
	printf '1000:x:0:\n2000:x:0:1000\n' >"$rootfs/etc/group"
	edit '.process.user = {"uid": 1000, "gid": 1000, "username": "root"}'
	start_probe ids + wait
	wait_for 5 grep -q '^pgid' "$T/box.out"
	out=$(box_output)
	says "uid 1000 1000 1000 1000" "gid 1000 1000 1000 1000" "groups"
	call rt exec --user 1000:2000 "$id" /bin/probe ids
	ok
	says "uid 1000 1000 1000 1000" "gid 2000 2000 2000 2000" "groups"
	call rt exec --user 1000 "$id" /bin/probe ids
	says "uid 1000 1000 1000 1000"
}

@test "CVE-2016-9962: no directory of the host is open in what exec sends into the container" {
	command -v strace >/dev/null || skip "no strace"
	needs caisson "the way it is done"
	start_probe wait
	# What init inherits, at the moment in which it begins: its executable, the plan, a socket; no directory but what it enters itself.
	call timeout 20 strace -f -y -e trace=openat,openat2,setns,execve,execveat,chroot,chdir,fchdir,pivot_root -o "$T/trace" \
		"$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /bin/probe fds
	ok
	is "$(awk '$1 == "fd" { print $2 }' <<<"$out" | sort -n | xargs)" "0 1 2"
	grep -q '^[0-9]* *setns(' "$T/trace" || { complain "exec has not joined anything: $(<"$T/trace")"; return 1; }
	local inside
	inside=$(sed -n '/setns/,$p' "$T/trace" | grep -E '(openat2?|fchdir)\([0-9]+<' | grep -F "$state" || true)
	is "$inside" "" "uses of the state directory after the first setns"
}

@test "CVE-2016-9962: what exec sends into the container has no directory open when it joins" {
	command -v strace >/dev/null || skip "no strace"
	needs caisson "the way it is done"
	start_probe wait
	# Stopped when it joins the first namespace, and not before: whatever it has inherited it has then.
	timeout -s KILL $((20 * SLOW)) strace -f -e trace=setns -e inject=setns:signal=SIGSTOP:when=1 -o "$T/trace" \
		"$RUNTIME" --root "$state" "${owner_option[@]}" exec "$id" /bin/probe exit 0 3>&- &
	local tracer=$! pid fd
	wait_for 5 grep -q 'stopped by SIGSTOP' "$T/trace"
	pid=$(awk '/stopped by SIGSTOP/ { print $1; exit }' "$T/trace")
	local program descriptors=() directory=
	program=$(readlink "/proc/$pid/exe")
	for fd in "/proc/$pid/fd/"*; do
		descriptors+=("$fd $(readlink "$fd")")
		[[ ! -d $fd ]] || directory=$(readlink "$fd")
	done
	kill -CONT "$pid"
	wait "$tracer"
	is "$program" "/memfd:caisson-init (deleted)"
	is "$directory" "" "a directory among ${descriptors[*]}"
	((${#descriptors[@]} >= 4)) || { complain "its descriptors were not seen: ${descriptors[*]}"; return 1; }
}

@test "CVE-2019-5736: the runtime that execs is seen from inside as a sealed memory file at most, and it stays as it is" {
	cp "$HELPERS/keeper" "$rootfs/bin/keeper"
	grant CAP_SYS_ADMIN CAP_SYS_PTRACE CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH
	edit '.process.args = ["/bin/keeper", "1"]'
	printf '#!/proc/self/exe\n' >"$rootfs/bin/script"
	chmod 755 "$rootfs/bin/script"
	create
	ok
	call rt start "$id"
	ok
	wait_for 5 box_says keeping
	local i
	for i in {1..15}; do
		LIMIT=5 call rt exec "$id" /bin/script
		LIMIT=5 call rt exec "$id" /bin/true
	done
	wait_for 20 is_state stopped
	grep -q '^kept [0-9]' "$T/box.out" || { complain "the keeper has not ended: $(box_output)"; return 1; }
	is "$(grep '^wrote' "$T/box.out")" "" "written to"
	[[ $(runtime_name) != caisson ]] || lacks "$(box_output)" "$RUNTIME"
	host_unharmed
}

@test "CVE-2019-16884, CVE-2023-27561: a volume on /proc, or parts of it, is refused" {
	skip_on crun "takes some of them"
	local destination
	mkdir -p "$T/fake/self/attr" "$rootfs/proc2"
	echo fake >"$T/fake/self/attr/exec"
	cp "$bundle/config.json" "$T/plain.json"
	for destination in /proc /proc/self /proc/self/attr /proc/sys /proc/1 /proc/../proc/sys /./proc/self /proc2/../proc/self/attr; do
		cp "$T/plain.json" "$bundle/config.json"
		bind_mount "$destination" "$T/fake"
		probe ids
		refused /proc
	done
	ln -s proc "$rootfs/link"
	cp "$T/plain.json" "$bundle/config.json"
	bind_mount /link/self "$T/fake"
	probe cat /proc/self/attr/exec + cat /proc/self/attr/current
	[[ $code != 0 ]] || lacks "$out" fake
	harmless
}

@test "CVE-2019-19921, CVE-2025-54867: a shared volume whose proc is exchanged for a link while another container mounts procfs" {
	local runs=0 race_began
	mkdir -p "$rootfs/elsewhere" "$rootfs$canary/dir"
	ln -s "$canary/dir" "$rootfs/swap"
	edit '.process.args = ["/bin/probe", "stat", "/proc/self"] | .linux.maskedPaths = ["/proc/kcore"] | .linux.readonlyPaths = ["/proc/sys"]'
	race_inside "$rootfs" 1 proc swap
	while going_on "$(long 5 1000)" 10000 "$(long 1 1500)"; do
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		[[ $code != 124 ]]
		# Once procfs is mounted the volume's other user may give its mount point another name: then there is none at /proc.
		if [[ $code == 0 ]]; then
			case $(value "stat /proc/self") in
			"link 0777 0:0") saw directory ;;
			ENOENT) saw "renamed meanwhile" ;;
			*) complain "a /proc that is none"; return 1 ;;
			esac
		else
			fails
			if [[ $err == *"must be a real directory"* ]]; then saw link; else saw "${err##*: }"; fi
		fi
		runs=$((runs + 1))
	done
	race_over
	host_unharmed
	is "$(mount_table)" "$mounts_before" "the host's mount table"
}

@test "CVE-2021-30465: a shared volume in which a mount's destination is exchanged for a link to /: nothing of the host is mounted" {
	skip_on runc "1.1 loses the race now and then"
	local runs=0 race_began
	mkdir -p "$T/volume/one" "$rootfs/volume"
	ln -s / "$T/volume/link"
	bind_mount /volume "$T/volume"
	edit '.mounts += [{"destination": "/volume/one/mnt", "type": "tmpfs", "source": "tmpfs"}]'
	bind_mount /volume/one/mnt/data "$T/volume"
	edit '.process.args = ["/bin/probe", "mounts", "+", "list", "/volume/one/mnt/data", "/mnt/data", "+", "stat", $c]' --arg c "$canary/file"
	race_inside "$T/volume" 1 one link
	while going_on "$(long 5 1000)" "$(long 60 10000)" "$(long 2 1500)"; do
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		[[ $code != 124 ]]
		if [[ $code == 0 ]]; then
			says "stat $canary/file ENOENT"
			lacks "$out" lost+found
			saw_link 2 "$(grep -cE '^mount /mnt(/data)? ' <<<"$out")"
		else
			fails
			saw refused
		fi
		runs=$((runs + 1))
	done
	race_over
	host_unharmed
	is "$(mount_table)" "$mounts_before" "the host's mount table"
	[[ ! -e /mnt/data ]]
}

@test "CVE-2021-43784: texts of more than 64 KiB are no part of another setting" {
	# 131071 bytes are the longest that execve takes.
	edit '.process.args = ["/bin/probe", "namespaces", "+", "ids", "+", "confinement", "+", "echo", ("a" * 66000), ("b" * 131000)]
		| .process.env += ["BIG=" + "c" * 100000] | .annotations = {"big": ("d" * 300000)}
		| .linux.maskedPaths = [range(3000) | "/no/such/path/of/some/length/\(.)"] | .process.user = {"uid": 5, "gid": 6, "additionalGids": [range(7; 4007)]}'
	call rt run --bundle "$bundle" "$id"
	ok
	says "uid 5 5 5 5" "gid 6 6 6 6" "nnp 1"
	local name
	for name in pid net ipc uts mnt; do differs "$(value "ns $name")" "$(readlink /proc/self/ns/$name)" "the $name namespace"; done
}

@test "CVE-2022-29162, CVE-2022-27650, CVE-2025-27612: inheritable capabilities are what is listed, also with exec --cap" {
	start_probe caps + wait
	wait_for 5 box_says "keepcaps 0"
	box_says "inheritable 0000000000000000"
	call rt exec --cap CAP_SYS_PTRACE --cap CAP_NET_ADMIN "$id" /bin/probe caps
	ok
	says "inheritable 0000000000000000" "ambient 0000000000000000"
	call rt exec --user 1000 --cap CAP_SYS_PTRACE "$id" /bin/probe caps
	ok
	says "inheritable 0000000000000000" "ambient 0000000000000000" "bounding 0000000020080420"
	printf '{"args": ["/bin/probe", "caps"], "cwd": "/", "user": {"uid": 0, "gid": 0}}' >"$T/process.json"
	call rt exec --process "$T/process.json" "$id"
	ok
	says "inheritable 0000000000000000"
	# What is listed is there, and --cap adds nothing to it: CAP_CHOWN is 0, CAP_SYS_PTRACE 19.
	call rt delete --force "$id"
	edit '.process.capabilities |= (map_values(["CAP_CHOWN"]) | .inheritable = ["CAP_CHOWN"])'
	start_probe wait
	call rt exec --cap CAP_SYS_PTRACE "$id" /bin/probe caps
	ok
	says "inheritable 0000000000000001" "bounding 0000000000080001" "effective 0000000000080001"
}

@test "CVE-2023-25809: a user's container without a cgroup namespace cannot write the host's cgroups" {
	skip_on crun "wants a cgroup v2 host"
	as_the_user
	edit '.mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}]'
	args mounts + mkdir /sys/fs/cgroup/evil + mkdir /sys/fs/cgroup/unified/evil + write /sys/fs/cgroup/cgroup.procs 1
	call rt run --bundle "$bundle" "$id"
	[[ $code != 0 ]] || {
		says_not "mkdir /sys/fs/cgroup/evil ok" "mkdir /sys/fs/cgroup/unified/evil ok" "write /sys/fs/cgroup/cgroup.procs ok"
		local line
		while read -r line; do [[ ,$line, == *,ro,* ]] || { complain "writable: $line"; return 1; }; done \
			< <(awk '$1 == "mount" && $2 ~ "^/sys" { print $4 }' <<<"$out")
	}
	# The same as part of the host's /sys.
	edit '.mounts |= map(select(.type != "cgroup"))'
	call rt run --bundle "$bundle" "$id"
	ok
	while read -r line; do [[ ,$line, == *,ro,* ]] || { complain "writable: $line"; return 1; }; done \
		< <(awk '$1 == "mount" && $2 ~ "^/sys" { print $4 }' <<<"$out")
	says_not "mkdir /sys/fs/cgroup/evil ok" "mkdir /sys/fs/cgroup/unified/evil ok"
}

@test "CVE-2024-21626: a working directory of exec that is the descriptor of another process, or leads through one" {
	grant CAP_SYS_PTRACE CAP_DAC_READ_SEARCH
	start_probe wait
	local cwd
	for cwd in / /proc/self/fd/{3..15} /proc/thread-self/fd/7 /proc/self/task/1/fd/8 /proc/1/fd/3 /dev/fd/7 /proc/self/exe/.. /proc/self/ns; do
		leaking call rt exec --cwd "$cwd" "$id" /bin/probe cwd + list . + stat "$above$canary/file"
		[[ $cwd != / ]] || ok
		if [[ $code == 0 ]]; then stays_inside; else not_entered; fi
	done
	leaking call rt exec "$id" /bin/true
	ok
	for cwd in /proc/self/fd/{3..12}; do
		leaking call rt exec "$id" "$cwd/bin/true"
		fails "$cwd/bin/true"
	done
}

@test "CVE-2024-45310: no directory or file is made out there while a component is exchanged for a link" {
	skip_on runc "1.1 has it"
	local runs=0 race_began
	mkdir -p "$rootfs/a/b" "$rootfs/c" "$rootfs$canary"
	ln -s "$canary" "$rootfs/c/b"
	bind_mount /a/b/made/deep/er "$T/rounds"
	bind_mount /a/b/made-file "$T/one"
	mkdir "$T/rounds"
	: >"$T/one"
	args mounts
	race 1 "$rootfs/a/b" "$rootfs/c/b"
	while going_on "$(long 5 1000)" "$(long 60 10000)" "$(long 2 1500)"; do
		# To be made anew each time. What lies behind the link has neither of the names; whoever makes them there changes its directory.
		rm -rf "$rootfs"/{a/b,c/b}/made "$rootfs"/{a/b,c/b}/made-file "$rootfs$canary"/made{,-file} 2>/dev/null || true
		LIMIT=10 call rt run --bundle "$bundle" "$id"
		if [[ $code == 0 ]]; then
			saw_link 2 "$(grep -cF "mount $canary/made" <<<"$out")"
		else
			fails
			saw refused
		fi
		runs=$((runs + 1))
	done
	race_over
	host_unharmed
}

@test "CVE-2025-31133, CVE-2025-62161: masks do not come from the image's /dev/null, whether it is a link or not there" {
	skip_on runc "1.1 has it"
	local how
	grant CAP_DAC_OVERRIDE
	edit '.linux.maskedPaths = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/etc/passwd"] | .linux.readonlyPaths = ["/proc/sys"]'
	cp "$bundle/config.json" "$T/plain.json"
	for how in link missing fifo directory; do
		cp "$T/plain.json" "$bundle/config.json"
		no_mount_on_dev
		rm -rf "$rootfs/dev"
		mkdir "$rootfs/dev"
		case $how in
		link) ln -s /proc/sys/kernel/core_pattern "$rootfs/dev/null" ;;
		fifo) mkfifo "$rootfs/dev/null" ;;
		directory) mkdir "$rootfs/dev/null" ;;
		esac
		LIMIT=5 probe write /proc/sys/kernel/core_pattern '|/evil' + write /proc/kcore x + read /proc/keys /etc/passwd + list /proc/kcore
		if [[ $code == 0 ]]; then
			says "write /proc/sys/kernel/core_pattern EROFS" "read /proc/keys 0" "read /etc/passwd 0"
		fi
		harmless
	done
	# A device of the configuration's own in its place is no source of masks either.
	cp "$T/plain.json" "$bundle/config.json"
	bind_mount /dev/null /proc/sys/kernel/core_pattern
	probe write /proc/keys '|/evil' + read /proc/keys
	[[ $code != 0 ]] || says "read /proc/keys 0"
	harmless
}

@test "CVE-2025-52565: a terminal of the image's own making is not bound to /dev/console, and masks hold" {
	skip_on runc "1.1 has it"
	no_mount_on_dev
	mkdir -p "$rootfs/dev/pts"
	ln -s /proc/sys/kernel/core_pattern "$rootfs/dev/pts/0"
	ln -s /proc/sysrq-trigger "$rootfs/dev/pts/1"
	edit '.process.terminal = true | .linux.readonlyPaths = ["/proc/sys"] | .linux.maskedPaths = ["/proc/sysrq-trigger"]'
	args wait
	receive close
	LIMIT=10 create --console-socket "$T/socket"
	refused
	# With a devpts over it, and with links where the console is.
	edit '.mounts += [{"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]}]'
	local to
	for to in /proc/sys/kernel/core_pattern pts/0 pts/ptmx ../proc/sysrq-trigger; do
		ln -sfn $to "$rootfs/dev/console"
		receive close
		LIMIT=10 create --console-socket "$T/socket"
		refused
		kill "$receiver" 2>/dev/null || true
	done
}

@test "CVE-2025-52881, CVE-2025-62596: what is written through procfs is not led to another file of it" {
	skip_on runc "1.1 has it"
	local destination
	cp "$bundle/config.json" "$T/plain.json"
	for destination in /proc/self/attr/exec /proc/self/attr/apparmor/exec /proc/thread-self/attr /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax \
		/proc/self/oom_score_adj /proc/self/fd /proc/sys; do
		cp "$T/plain.json" "$bundle/config.json"
		edit '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .process.oomScoreAdj = 7'
		bind_mount $destination /proc/sysrq-trigger
		probe ids
		refused /proc
	done
	# A volume with links that look like procfs, where procfs is mounted on another place.
	cp "$T/plain.json" "$bundle/config.json"
	edit '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .process.oomScoreAdj = 7 | .mounts |= map(select(.destination != "/proc"))'
	mkdir -p "$rootfs/proc/self/attr" "$rootfs/proc/sys/net/ipv4"
	ln -s "$canary/file" "$rootfs/proc/sys/net/ipv4/ip_forward"
	ln -s "$canary/file" "$rootfs/proc/self/oom_score_adj"
	echo fake >"$rootfs/proc/self/attr/exec"
	probe ids
	harmless
	is "$(<"$rootfs/proc/self/attr/exec")" fake
}

@test "CVE-2026-41579, CVE-2026-47766: /dev that is a link to a directory of the host: what is there keeps its names, nothing new is made" {
	skip_on runc "1.1 has it"
	local target
	for target in "$canary" "../../../../../../../../$canary" "$canary/dir"; do
		rm -rf "$rootfs/dev"
		ln -s "$target" "$rootfs/dev"
		no_mount_on_dev
		edit '.linux.devices = [{"path": "/dev/evil", "type": "c", "major": 1, "minor": 3, "fileMode": 438}]'
		probe ids
		harmless
		mkdir -p "$rootfs$canary/dir"
		probe ids
		harmless
		rm -rf "${rootfs:?}/tmp"/*
	done
}

@test "of runc, no number: without a mount namespace of its own a container changes no propagation of the host's" {
	edit '.linux.namespaces -= [{"type": "mount"}] | .mounts = [] | .linux.rootfsPropagation = "private"'
	local before
	before=$(awk '$5 == "/" { print $0 }' /proc/self/mountinfo)
	contains "$before" " shared:"
	args ids
	call rt run --bundle "$bundle" "$id"
	[[ $(runtime_name) != caisson ]] || fails "rootfsPropagation needs a mount namespace in linux.namespaces"
	is "$(awk '$5 == "/" { print $0 }' /proc/self/mountinfo)" "$before"
	# Without the word there is such a container, and it is in the host's namespace while it runs.
	edit 'del(.linux.rootfsPropagation)'
	start_probe wait
	is "$(readlink "/proc/$(pid_of)/ns/mnt")" "$(readlink /proc/self/ns/mnt)" "the mount namespace"
	is "$(awk '$5 == "/" { print $0 }' /proc/self/mountinfo)" "$before"
	call rt delete --force "$id"
	ok
	is "$(awk '$5 == "/" { print $0 }' /proc/self/mountinfo)" "$before"
}

# ---- crun ----

@test "CVE-2019-18837: the last component, too, is looked up inside" {
	needs caisson "the words"
	each_caller each_way last_component
}
last_component() {
	remember
	mkdir -p "$T/data"
	ln -s "$canary/new" "$rootfs/last"
	hand_over
	bind_mount /last "$T/data"
	probe ids
	refused "cannot reach the mount point '/last'" ELOOP
	restore
	ln -s "../../../../../../..$canary/other" "$rootfs/etc/last"
	hand_over
	edit '.mounts += [{"destination": "/etc/last", "type": "tmpfs", "source": "tmpfs"}]'
	probe ids
	refused "cannot reach the mount point '/etc/last'" ELOOP
	[[ ! -e $canary/new && ! -e $canary/other ]]
	restore
}

@test "CVE-2026-30892: exec --user 1 is uid 1, and short forms are that or refused" {
	start_probe wait
	local user
	for user in 1 01 1: :1 1:1 10; do
		call rt exec --user $user "$id" /bin/probe ids
		[[ $code != 0 ]] || [[ $(value uid | cut -d' ' -f1) == $((10#${user%%:*})) && $(value uid) != "0 "* ]] || { complain "with --user $user"; return 1; }
	done
	call rt exec -u 1 "$id" /bin/probe ids
	ok
	says "uid 1 1 1 1"
}

@test "CVE-2026-88264, CVE-2026-88265: standard input from the host's /dev/null leads to no file that the image names" {
	skip_on runc "1.1 has its kin"
	no_mount_on_dev
	local name
	for name in null console stdin; do
		rm -rf "${rootfs:?}/dev"
		mkdir "$rootfs/dev"
		ln -s "/data/$name" "$rootfs/dev/$name"
		edit '.mounts |= map(select(.destination != "/data")) | .process.user = {"uid": 1000, "gid": 1000}'
		bind_mount /data "$canary"
		args fds
		call rt run --bundle "$bundle" "$id"
		harmless
		lacks "$out" canary
	done
}

@test "CVE-2026-115521: a read-only root and read-only binds are so, whatever the container's /proc is" {
	mkdir -p "$T/data" "$rootfs/data" "$rootfs/proc/self/fd"
	local n
	for n in {0..20}; do ln -s "$canary/file" "$rootfs/proc/self/fd/$n"; done
	edit '.root.readonly = true | .mounts |= map(select(.destination != "/proc")) | .linux.readonlyPaths = ["/tmp", "/etc"]'
	grant CAP_DAC_OVERRIDE
	bind_mount /data "$T/data" ro
	probe write /new x + write /data/new x + write /tmp/new x + write /etc/new x
	ok
	says "write /new EROFS" "write /data/new EROFS" "write /tmp/new EROFS" "write /etc/new EROFS"
}

@test "of crun, no number: every line of a long id map is the configuration's, where lines have many lengths" {
	local lines wanted
	lines=$(jq -nc '[range(200) | {containerID: (. * . * 3), hostID: (100000 + . * . * . * 2), size: (1 + . % 2)}]')
	edit '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = $l | .linux.gidMappings = $l
		| (.mounts[].options | arrays) |= map(select(. != "gid=5"))' --argjson l "$lines"
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	chown -R 100000:100000 "$rootfs"
	probe namespaces
	ok
	wanted=$(jq -r '.[] | "\(.containerID) \(.hostID) \(.size)"' <<<"$lines")
	is "$(awk '$1 == "uid_map" { print $2, $3, $4 }' <<<"$out")" "$wanted" "the map of users"
	is "$(awk '$1 == "gid_map" { print $2, $3, $4 }' <<<"$out")" "$wanted" "the map of groups"
}

@test "of crun, no number: what is mounted on the notify socket's directory does not come out" {
	needs caisson "the directory"
	grant CAP_SYS_ADMIN
	edit '.linux.rootfsPropagation = "shared"'
	"$HELPERS/receiver" datagram "$T/manager" >"$T/heard" 2>&1 </dev/null 3>&- 4>&- &
	agents+=("$!")
	wait_for 5 grep -q listening "$T/heard"
	args notify READY=1 + mount tmpfs /run/notify + mounts + echo done + wait
	NOTIFY_SOCKET=$T/manager call_create rt run --detach --bundle "$bundle" "$id"
	ok
	wait_for 5 box_says done
	out=$(box_output)
	says "mounting /run/notify ok"
	is "$(grep -c '^mount /run/notify tmpfs ' <<<"$out")" 1 "mounts that it has made"
	is "$(mount_table)" "$mounts_before" "the host's mount table"
}

# ---- LXC, bubblewrap, others ----

@test "CVE-2015-1331, CVE-2026-1386: a state root or a container's directory that another has prepared is not used" {
	needs caisson "others do not look"
	args ids
	mkdir -m 0777 "$T/wide"
	ln -s "$canary/dir" "$T/link"
	mkdir -m 0700 "$T/foreign"
	chown 1234:1234 "$T/foreign"
	local root
	for root in "$T/wide" "$T/link" "$T/foreign" "$canary/file" "$T/wide/below"; do
		call timeout 10 "$RUNTIME" --root "$root" run --bundle "$bundle" "$id"
		fails
		host_unharmed
		[[ -z $(ls -A "$T/wide" "$T/foreign" | grep -v ':$' | xargs) ]] || { complain "made in $root: $(ls -A "$T/wide" "$T/foreign")"; return 1; }
	done
	# A directory or a link of the container's name, with links in it where its files would be.
	mkdir -m 0700 "$state"
	mkdir "$state/$id"
	ln -s "$canary/file" "$state/$id/state.json"
	ln -s "$canary/new" "$state/$id/config.json"
	create
	fails exist
	call rt delete --force "$id"
	ok
	ln -s "$canary/dir" "$state/$id"
	create
	fails
	call rt delete --force "$id"
	host_unharmed
	rm -f "$state/$id"
	# The name under which the record is written before it is put in place.
	create
	ok
	rm -f "$state/$id"/*.tmp "$state/$id"/.state*
	ln -s "$canary/new" "$state/$id/state.json.tmp"
	ln -s "$canary/new" "$state/$id/.state.json.tmp"
	ln -s "$canary/new" "$state/$id/state.json.new"
	call rt start "$id"
	host_unharmed
	call rt delete --force "$id"
	ok
}

@test "CVE-2015-1334, CVE-2015-1335: exec where the container's /proc shows other files confines all the same" {
	edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sethostname"], "action": "SCMP_ACT_ERRNO"}]} | .process.oomScoreAdj = 300'
	edit '.process.capabilities |= map_values(["CAP_SYS_ADMIN"])'
	shell 'busybox mount -t tmpfs none /proc; mkdir -p /proc/self/attr /proc/self/fd /proc/thread-self; for f in oom_score_adj attr/exec attr/current loginuid; do echo fake >/proc/self/$f; done
		echo done; exec /bin/probe wait'
	create
	ok
	call rt start "$id"
	wait_for 5 box_says done
	call rt exec "$id" /bin/sh -c 'cat /proc/self/oom_score_adj /proc/self/attr/exec; exec /bin/probe caps + confinement + syscall sethostname'
	ok
	says fake "nnp 1" "seccomp 2" "syscall sethostname EPERM" "effective 0000000000200000"
	lacks "$out" 300
}

@test "CVE-2016-8659, CVE-2020-5291, LXC's lxc-user-nic: no program of ours has a set-id bit or file capabilities, nor wants one" {
	needs caisson "ours"
	[[ ! -u $RUNTIME && ! -g $RUNTIME ]]
	refute grep -rnE 'install .*-m *[0-9]?[4-7][0-7]{3}|setcap|chmod .*[ug]\+s' "$HERE/../../Makefile"
}

@test "CVE-2026-87766, and what its mending broke: absolute links inside the root, and parents that only may be searched, for a user" {
	as_the_user
	mkdir -p "$rootfs/run/data" "$rootfs/var" "$T/closed/deep" "$T/data"
	echo data >"$T/data/file"
	ln -s /run "$rootfs/var/run"
	bind_mount /var/run/data "$T/data"
	chown -R $user:$user "$rootfs"
	mv "$rootfs" "$T/closed/deep/root"
	chmod 0711 "$T/closed/deep" "$T/closed"
	edit '.root.path = $p' --arg p "$T/closed/deep/root"
	args cat /run/data/file
	each_way user_sees_data
	mv "$T/closed/deep/root" "$rootfs"
}
user_sees_data() {
	call rt run --bundle "$bundle" "$id"
	ok
	says "cat /run/data/file data"
}

@test "CVE-2026-78408: no descriptor of a cgroup is open in a process that is inside, nor in a waiting init" {
	start_probe fds + wait
	wait_for 5 grep -q '^fd 2' "$T/box.out"
	lacks "$(box_output)" cgroup
	call rt exec "$id" /bin/probe fds
	ok
	lacks "$out" cgroup
	call rt delete --force "$id"
	args wait
	create
	ok
	lacks "$(ls -l "/proc/$(pid_of)/fd" 2>/dev/null)" cgroup
}

@test "CVE-2024-40635, CVE-2026-46680: ids beyond 32 bits are refused, those beyond 31 are kept" {
	local number
	for number in 4294967295 4294967296 4294967297 -1 9223372036854775807; do
		edit '.process.user.uid = "@@"'
		sed -i "s/\"@@\"/$number/" "$bundle/config.json"
		probe ids
		fails
		edit '.process.user = {"uid": 0, "gid": "@@"}'
		sed -i "s/\"@@\"/$number/" "$bundle/config.json"
		probe ids
		fails
		edit '.process.user = {"uid": 0, "gid": 0}'
	done
	nothing_left
}

@test "CVE-2022-0492: release_agent is not the container's to write, not even where cgroups are" {
	edit '.mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["rw"]}] | .linux.namespaces += [{"type": "cgroup"}]'
	grant CAP_DAC_OVERRIDE CAP_CHOWN
	local dir
	dir=$(unified || echo /pids)
	probe write /sys/fs/cgroup$dir/cgroup.procs 0 + write /sys/fs/cgroup$dir/release_agent /evil
	ok
	says "write /sys/fs/cgroup$dir/cgroup.procs ok"
	says_not "write /sys/fs/cgroup$dir/release_agent ok"
	unified || is "$(cat /sys/fs/cgroup/pids/release_agent)" "" "the host's release_agent"
}

@test "of libseccomp, no number: where the caller's registers hold more than the kernel looks at, a masked rule still matches" {
	edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28,
		"args": [{"index": 0, "value": 4294967295, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}]}'
	# 2^32, and more, are 0 for a call that takes an int; 1 is another.
	probe syscall getpriority 4294967296 0 + syscall getpriority 18446744069414584320 0 + syscall getpriority 0 0
	ok
	is "$(sort <<<"$out" | uniq -c | xargs)" "3 syscall getpriority ENOSPC"
	probe syscall getpriority 4294967297 0
	ok
	says "syscall getpriority ok"
}
