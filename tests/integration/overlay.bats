# OverlayFS: as a mount, and as the root by annotations and by options.
load lib.bash

# Layers: the base (root.path) is the lowest; top and middle go over it.
layers() {
	mkdir -p "$T/top/etc" "$T/middle/etc" "$T/upper" "$T/work"
	echo top >"$T/top/etc/both"
	echo middle >"$T/middle/etc/both"
	echo middle >"$T/middle/etc/only"
	echo base >"$rootfs/etc/base"
	echo base >"$rootfs/etc/only"
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
}

run_layered() { call rt run --bundle "$bundle" "$@" "$id"; }

# ---- a mounts entry ----

overlay_mount() {
	mkdir -p "$T/l1" "$T/l2" "$T/up" "$T/wk"
	echo one >"$T/l1/file"
	echo two >"$T/l2/file"
	echo two >"$T/l2/only"
	edit '.mounts += [{"destination": "/mnt", "type": "overlay", "source": "overlay", "options": $ARGS.positional}]
		| .process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])' --args "$@"
}

@test "a mounts entry of type overlay" {
	overlay_mount "lowerdir=$T/l1:$T/l2" "upperdir=$T/up" "workdir=$T/wk"
	probe cat /mnt/file /mnt/only + write /mnt/only new + write /mnt/made x + unlink /mnt/file + mounts
	ok
	says "cat /mnt/file one" "cat /mnt/only two" "write /mnt/only ok" "write /mnt/made ok" "unlink /mnt/file ok"
	is "$(mount_at /mnt | cut -d' ' -f1)" overlay
	is "$(<"$T/up/only")" "new"
	is "$(<"$T/up/made")" x
	is "$(stat -c %F "$T/up/file")" "character special file"
	is "$(<"$T/l1/file") $(<"$T/l2/only")" "one two"
	nothing_left
}

@test "a read-only overlay of lower layers" {
	overlay_mount "lowerdir=$T/l1:$T/l2" ro nosuid
	probe cat /mnt/file + write /mnt/x y + mounts
	ok
	says "cat /mnt/file one" "write /mnt/x EROFS"
	has_option /mnt nosuid
}

@test "an overlay with a missing layer is refused" {
	overlay_mount "lowerdir=$T/l1:$T/no-such-layer"
	probe cat /mnt/file
	fails
	nothing_left
}

# ---- the root, by options ----

@test "--lower, --upper, --work: layers in order, the first on top" {
	needs caisson "an overlay as the root"
	layers
	args cat /etc/both /etc/only /etc/base + mounts
	run_layered --lower "$T/top" --lower "$T/middle" --upper "$T/upper" --work "$T/work"
	ok
	says "cat /etc/both top" "cat /etc/only middle" "cat /etc/base base"
	is "$(mount_at / | cut -d' ' -f1)" overlay
	nothing_left
}

@test "copy-on-write: changes are in the upper directory, layers stay" {
	needs caisson "an overlay as the root"
	layers
	args write /etc/only changed + write /etc/new made + unlink /etc/base + cat /etc/only
	run_layered --lower "$T/top" --lower "$T/middle" --upper "$T/upper" --work "$T/work"
	ok
	says "write /etc/only ok" "write /etc/new ok" "unlink /etc/base ok"
	is "$(<"$T/upper/etc/new")" made
	contains "$(<"$T/upper/etc/only")" changed
	is "$(stat -c '%F %t:%T' "$T/upper/etc/base")" "character special file 0:0"
	is "$(<"$T/middle/etc/only") $(<"$rootfs/etc/only") $(<"$rootfs/etc/base")" "middle base base"
	[[ ! -e $rootfs/etc/new && ! -e $T/top/etc/new ]]
}

@test "what is made for the container itself leaves the lower layers alone" {
	needs caisson "an overlay as the root"
	layers
	edit '.mounts += [{"destination": "/made/for/mount", "type": "tmpfs", "source": "tmpfs"}]'
	args stat /made/for/mount
	local before
	before=$(find "$rootfs" "$T/top" -printf '%p %m %s\n' | sort)
	run_layered --lower "$T/top" --upper "$T/upper" --work "$T/work"
	ok
	is "$(find "$rootfs" "$T/top" -printf '%p %m %s\n' | sort)" "$before"
	[[ -d $T/upper/made/for/mount ]]
}

@test "the upper directory is used again: what the first run wrote, the second sees" {
	needs caisson "an overlay as the root"
	layers
	args write /etc/kept first
	run_layered --lower "$T/top" --upper "$T/upper" --work "$T/work"
	ok
	args cat /etc/kept
	run_layered --lower "$T/top" --upper "$T/upper" --work "$T/work"
	ok
	says "cat /etc/kept first"
}

@test "create and start with layers; the host's mount table never shows them" {
	needs caisson "an overlay as the root"
	layers
	args mounts + wait
	create --lower "$T/top" --upper "$T/upper" --work "$T/work"
	ok
	is "$(mount_table)" "$mounts_before" "the host's mount table"
	lacks "$(cat /proc/self/mountinfo)" overlay
	call rt start "$id"
	ok
	wait_for 5 is_state running
	is "$(mount_table)" "$mounts_before" "the host's mount table"
	call rt delete --force "$id"
	ok
	nothing_left
}

@test "--ephemeral: writable, and gone with the container" {
	needs caisson "an overlay as the root"
	layers
	args write /etc/new x + cat /etc/new /etc/base
	run_layered --lower "$T/top" --ephemeral
	ok
	says "write /etc/new ok" "cat /etc/new x" "cat /etc/base base"
	[[ ! -e $rootfs/etc/new && ! -e $T/top/etc/new ]]
	nothing_left
}

@test "--ephemeral without layers covers root.path" {
	needs caisson "an overlay as the root"
	args write /etc/passwd x
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
	local before
	before=$(<"$rootfs/etc/passwd")
	run_layered --ephemeral
	ok
	says "write /etc/passwd ok"
	is "$(<"$rootfs/etc/passwd")" "$before"
}

@test "lower layers without an upper one are read-only" {
	needs caisson "an overlay as the root"
	layers
	args cat /etc/both /etc/base + write /etc/x y
	run_layered --lower "$T/top"
	ok
	says "cat /etc/both top" "cat /etc/base base" "write /etc/x EROFS"
}

@test "root.readonly holds for an overlay with an upper directory" {
	needs caisson "an overlay as the root"
	layers
	edit '.root.readonly = true'
	args write /etc/x y + mounts
	run_layered --lower "$T/top" --upper "$T/upper" --work "$T/work"
	ok
	says "write /etc/x EROFS"
	has_option / ro
}

@test "relative layers begin at the bundle" {
	needs caisson "an overlay as the root"
	layers
	mv "$T/top" "$T/upper" "$T/work" "$bundle/"
	args cat /etc/both
	cd /
	run_layered --lower top --upper upper --work work
	ok
	says "cat /etc/both top"
}

@test "the same by annotations" {
	needs caisson "an overlay as the root"
	layers
	edit '.annotations = {"io.caisson.rootfs.lower": "\($t)/top:\($t)/middle", "io.caisson.rootfs.upper": "\($t)/upper",
		"io.caisson.rootfs.work": "\($t)/work"}' --arg t "$T"
	args cat /etc/both /etc/only /etc/base + write /etc/new x
	run_layered
	ok
	says "cat /etc/both top" "cat /etc/only middle" "cat /etc/base base"
	is "$(<"$T/upper/etc/new")" x
}

@test "annotations: relative paths, and escapes for ':' and '\\'" {
	needs caisson "an overlay as the root"
	layers
	mkdir -p "$bundle/with:colon/etc" "$bundle/with\\back/etc"
	echo colon >"$bundle/with:colon/etc/colon"
	echo back >"$bundle/with\\back/etc/back"
	edit '.annotations = {"io.caisson.rootfs.lower": "with\\:colon:with\\\\back"}'
	args cat /etc/colon /etc/back /etc/base
	run_layered
	ok
	says "cat /etc/colon colon" "cat /etc/back back" "cat /etc/base base"
}

@test "--lower with a colon, a comma and a backslash in the name" {
	needs caisson "an overlay as the root"
	layers
	mkdir -p "$T/a:b,c\\d/etc"
	echo odd >"$T/a:b,c\\d/etc/odd"
	args cat /etc/odd
	run_layered --lower "$T/a:b,c\\d"
	ok
	says "cat /etc/odd odd"
}

@test "200 layers" {
	needs caisson "an overlay as the root"
	local i options=()
	for ((i = 1; i <= 200; i++)); do
		mkdir -p "$T/a-rather-long-name-for-a-layer-directory/$i/etc"
		echo "$i" >"$T/a-rather-long-name-for-a-layer-directory/$i/etc/layer-$i"
		echo "$i" >"$T/a-rather-long-name-for-a-layer-directory/$i/etc/all"
		options+=(--lower "$T/a-rather-long-name-for-a-layer-directory/$i")
	done
	args cat /etc/all /etc/layer-1 /etc/layer-100 /etc/layer-200 /etc/passwd
	run_layered "${options[@]}" --ephemeral
	ok
	says "cat /etc/all 1" "cat /etc/layer-1 1" "cat /etc/layer-100 100" "cat /etc/layer-200 200"
	nothing_left
}

@test "a layer that is missing or a file, upper without work, work without upper: refused" {
	needs caisson "an overlay as the root"
	layers
	args ids
	run_layered --lower "$T/no-such-layer"
	fails no-such-layer
	run_layered --lower "$rootfs/etc/passwd"
	fails
	run_layered --lower "$T/top" --upper "$T/upper"
	fails
	run_layered --lower "$T/top" --work "$T/work"
	fails
	run_layered --upper "$T/upper" --work "$T/work" --ephemeral
	fails
	nothing_left
}

@test "layers with a user namespace" {
	needs caisson "an overlay as the root"
	layers
	edit '.linux.namespaces += [{"type":"user"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}] | .linux.gidMappings = .linux.uidMappings'
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	chown -R 100000:100000 "$rootfs" "$T/top" "$T/upper" "$T/work"
	args cat /etc/both /etc/base + write /etc/new x
	run_layered --lower "$T/top" --upper "$T/upper" --work "$T/work"
	ok
	says "cat /etc/both top" "cat /etc/base base" "write /etc/new ok"
	is "$(stat -c %u "$T/upper/etc/new")" 100000
}

@test "state names the layers' lowest directory as rootfs" {
	needs caisson "an overlay as the root"
	layers
	args wait
	create --lower "$T/top" --ephemeral
	ok
	is "$(rt state "$id" | jq -r .rootfs)" "$rootfs"
}
