# Cases of our own about where a mount ends up: names that lead to the root itself, to what confines, to the runtime's own state. README.md
# names the rule that each shows.
load lib.bash

setup() {
	adversarial_setup
	needs caisson "what the case is about"
	mkdir "$T/volume"
	echo volume >"$T/volume/shadow"
	echo volume >"$T/volume/file"
	# An image in which harmless names lead to the root.
	ln -s / "$rootfs/rootlink"
	mkdir -p "$rootfs/deep/er"
	ln -s ../.. "$rootfs/deep/er/up"
	echo secret >"$rootfs/etc/shadow"
}

entry() { # DESTINATION KIND
	case $2 in
	bind) jq -n --arg d "$1" --arg s "$T/volume" '{destination: $d, type: "bind", source: $s, options: ["rbind", "rw"]}' ;;
	overlay) jq -n --arg d "$1" --arg s "lowerdir=$T/volume:$T/second" '{destination: $d, type: "overlay", source: "overlay", options: [$s]}' ;;
	copy) jq -n --arg d "$1" '{destination: $d, type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}' ;;
	*) jq -n --arg d "$1" --arg t "$2" '{destination: $d, type: $t, source: $t}' ;;
	esac
}

# add DESTINATION [KIND], remove DESTINATION
add() { entry "$1" "${2:-bind}" | jq -s . >"$T/list.json"; call rt mounts add "$id" "$T/list.json"; }
remove() { jq -n --arg d "$1" '[{destination: $d}]' >"$T/list.json"; call rt mounts remove "$id" "$T/list.json"; }
in_exec() { call rt exec "$id" /bin/probe "$@"; }
table() { cut -d' ' -f1-6 "/proc/$(pid_of)/mountinfo"; }
gone() { call rt delete --force "$id"; ok; }

# ---- the root ----

to_root_at_create() {
	local destination kind
	for destination in /rootlink /deep/er/up rootlink/rootlink/. /etc/../rootlink /deep/er/up/missing/../..; do
		for kind in bind tmpfs copy overlay mqueue cgroup; do
			[[ $destination == /rootlink || $kind == bind || $kind == tmpfs ]] || continue
			restore
			edit '.mounts += [$m]' --argjson m "$(entry "$destination" "$kind")"
			probe write /rootlink/written x
			refused "mounts[5]" "leads to the top of rootfs"
			[[ ! -e $rootfs/written ]]
		done
	done
	for kind in --ephemeral --no-pivot; do
		restore
		args ids
		edit '.mounts += [$m]' --argjson m "$(entry /rootlink tmpfs)"
		call rt run "$kind" --bundle "$bundle" "$id"
		refused "leads to the top of rootfs"
		edit '.linux.maskedPaths = ["/deep/er/up"] | .mounts |= .[:-1]'
		call rt run "$kind" --bundle "$bundle" "$id"
		refused "masking '/deep/er/up' would leave nothing"
	done
}
@test "X49: a mount whose destination leads to the container's root by the image's links is refused like one on /, of whatever kind (B.2.1, B.3)" {
	mkdir "$T/second"
	remember
	each_way to_root_at_create
}

@test "X50: what has the root's looks and is not the root is mounted on: a bind of its own directory (B.3)" {
	mkdir "$rootfs/self"
	bind_mount /self "$rootfs"
	bind_mount /self "$T/volume"
	bind_mount /rootlink/deep "$T/volume"
	probe read /self/file + read /deep/file + read /file
	ok
	says "read /self/file 7" "read /deep/file 7" "read /file ENOENT"
}

to_root_at_add() {
	local destination kind before
	restore
	edit '.linux.maskedPaths = ["/proc/keys"]'
	start_probe wait
	ln -s / "$rootfs/vol" # as the container does: rm -rf /vol; ln -s / /vol
	before=$(table)
	for destination in /vol /rootlink /deep/er/up /vol/. /rootlink/vol /deep/er/up/new/../..; do
		for kind in bind tmpfs; do
			add "$destination" "$kind"
			fails "mounts[0]" "leads to the top of rootfs"
			is "$(table)" "$before" "the container's mounts"
			in_exec read /file + read /etc/shadow + read /proc/keys
			says "read /file ENOENT" "read /etc/shadow 7" "read /proc/keys 0"
		done
	done
	add /rootlink/inside
	ok
	in_exec read /inside/file
	says "read /inside/file 7"
	remove /vol/inside
	ok
	gone
	host_unharmed
	nothing_left
}
@test "X51: a running container makes a link to / of the destination of mounts add: refused, and every exec is in the container as before (B.2.1, B.13)" {
	remember
	each_way to_root_at_add
}

restricted_root() {
	local path
	for path in /rootlink /deep/er/up; do
		restore
		edit '.linux.maskedPaths = [$p] | .linux.readonlyPaths = []' --arg p "$path"
		probe ids
		refused "masking '$path' would leave nothing"
		edit '.linux.maskedPaths = ["/proc/keys", "/etc/shadow"] | .linux.readonlyPaths = ["/proc/sys", $p, "/sys"] | .root.readonly = false' --arg p "$path"
		grant CAP_DAC_OVERRIDE
		start_probe wait
		in_exec write /new x + read /etc/shadow
		says "write /new EROFS"
		says "read /etc/shadow 0"
		gone
		probe write /new x + write /etc/new x + read /etc/shadow
		says "write /new EROFS" "write /etc/new EROFS"
		says "read /etc/shadow 0"
		[[ ! -e $rootfs/new ]]
	done
}
@test "X52: masked paths that lead to the root are refused like /, read-only ones make it read-only, for init and for exec alike (B.7)" {
	remember
	each_way restricted_root
}

around() {
	edit '.linux.maskedPaths = ["/proc/../etc/shadow"] | .linux.readonlyPaths = ["/proc/sys/../../etc/fixed", "/sys/../deep"] | .root.readonly = false'
	grant CAP_DAC_OVERRIDE
	probe read /etc/shadow + write /etc/fixed/x y + write /deep/x y + write /tmp/x y
	says "read /etc/shadow 0" "write /etc/fixed/x EROFS"
	says "write /deep/x EROFS"
	says "write /tmp/x ok"
}
@test "X53: masked and read-only paths that go through /proc or /sys and out again do what they say (B.7)" {
	mkdir "$rootfs/etc/fixed"
	each_way around
}

# ---- the state ----

@test "X54: a state root in a layer, in the upper or in the work directory of the root's overlay is refused like one in the root (C29)" {
	mkdir -p "$T/other/state/deep" "$T/upper" "$T/work" "$T/upper2" "$T/work2" "$T/lower"
	chmod 0700 "$T/other/state"
	local where which
	args ids
	for where in "$T/other/state" "$T/other/state/deep/er"; do
		for which in "--lower $T/other/state" "--lower $T/lower --lower $T/other" "--upper $T/other/state --work $T/work" \
			"--upper $T/upper --work $T/other/state" "--upper $T/other --work $T/work"; do
			# shellcheck disable=SC2086
			call timeout 20 "$RUNTIME" --root "$where" run --bundle "$bundle" $which "$id"
			fails "holds the state directory" "invalid rootfs"
			is "$(find "$T/other" -mindepth 1 | LC_ALL=C sort | tr '\n' ' ')" "$T/other/state $T/other/state/deep " "what is there"
		done
	done
	edit '.annotations["io.caisson.rootfs.lower"] = $d' --arg d "$T/other"
	call timeout 20 "$RUNTIME" --root "$T/other/state" run --bundle "$bundle" "$id"
	fails "holds the state directory"
	edit 'del(.annotations)'
	call timeout 20 "$RUNTIME" --root "$T/other/state" run --bundle "$bundle" --lower "$T/lower" --upper "$T/upper2" --work "$T/work2" "$id"
	ok
	host_unharmed
	is "$(left_processes)" ""
}

# ---- what confines ----

@test "X55: mounts add takes nothing that mounts remove would refuse to take away: masks, read-only paths, /proc, /sys, /dev, by whatever links (B.7, B.3.5)" {
	edit '.linux.maskedPaths = ["/etc", "/secret", "/absent", "/proc/keys"] | .linux.readonlyPaths = ["/proc/sys", "/fixed", "/single"] | .root.readonly = false'
	mkdir "$rootfs/fixed" "$rootfs/fixed/below"
	echo x >"$rootfs/secret"
	echo x >"$rootfs/single"
	ln -s /etc "$rootfs/to-etc"
	ln -s secret "$rootfs/to-secret"
	ln -s /fixed "$rootfs/to-fixed"
	ln -s /absent "$rootfs/to-absent"
	ln -s /proc "$rootfs/to-proc"
	ln -s proc/keys "$rootfs/to-keys"
	ln -s /sys "$rootfs/to-sys"
	ln -s /sys/kernel "$rootfs/to-kernel"
	ln -s /dev "$rootfs/to-dev"
	ln -s dev/bound "$rootfs/to-bound"
	start_probe wait
	local before path kind
	# A device that comes later has its place in /dev, and keeps it.
	jq -n --arg s "$T/volume/file" '[{destination: "/dev/bound", source: $s, options: ["bind"]}]' >"$T/list.json"
	call rt mounts add "$id" "$T/list.json"
	ok
	before=$(table)
	for path in /etc /to-etc /deep/../etc /rootlink/etc /fixed /to-fixed /absent /to-absent /proc /to-proc /proc/uptime /to-proc/uptime /proc/sys \
		/sys /to-sys /to-kernel /sys/kernel /dev /to-dev /dev/pts /to-dev/pts; do
		add "$path"
		fails "$path"
		is "$(table)" "$before" "the container's mounts"
	done
	[[ ! -e $rootfs/absent ]]
	add /rootlink/absent
	fails "'/rootlink/absent' confines the container"
	is "$(table)" "$before" "the container's mounts"
	for path in /secret /to-secret /single /to-keys /proc/keys /proc/uptime /dev/bound /to-bound /to-dev/bound; do
		jq -n --arg d "$path" --arg s "$T/volume/file" '[{destination: $d, source: $s, options: ["bind"]}]' >"$T/list.json"
		call rt mounts add "$id" "$T/list.json"
		fails "$path"
		is "$(table)" "$before" "the container's mounts"
	done
	jq -n '[{destination: "/view", source: "/proc/sys", options: ["bind"]}]' >"$T/list.json"
	call rt mounts add "$id" "$T/list.json"
	fails "mounted by create alone"
	# What is accepted is also taken away.
	for path in /new /deep /fixed/below /rootlink/deep/er; do
		for kind in bind tmpfs; do
			add "$path" "$kind"
			ok
			remove "$path"
			ok
			is "$(table)" "$before" "the container's mounts"
		done
	done
	jq -n --arg s "$T/volume/file" '[{destination: "/bin/true", source: $s, options: ["bind"]}]' >"$T/list.json"
	call rt mounts add "$id" "$T/list.json"
	ok
	gone
}

@test "X56: a mount that has a mask in it is not taken away with it; a file that the container makes where a mask would be holds no mount (B.7)" {
	edit '.linux.maskedPaths = ["/etc/shadow", "/later/secret"] | .linux.readonlyPaths = [] | .root.readonly = false'
	bind_mount /etc "$T/volume"
	start_probe wait
	remove /etc
	fails "'/etc' confines the container"
	in_exec read /etc/shadow
	says "read /etc/shadow 0"
	add /later
	ok
	echo x >"$T/volume/secret"
	in_exec stat /later/secret
	ok
	remove /later
	ok
	gone
}
