# Id-mapped mounts: whose files are seen, with which mappings, recursive or not, on which file systems.
load lib.bash

setup() {
	lib_setup
	skip_on runc "1.1 has no id-mapped mounts"
	skip_on crun "1.8 has another syntax"
}

# maps CONTAINER:HOST:SIZE...: uidMappings and gidMappings, as members of an object.
maps() {
	local map list=
	for map; do
		IFS=: read -r c h s <<<"$map"
		list+="${list:+,}{\"containerID\": $c, \"hostID\": $h, \"size\": $s}"
	done
	printf '"uidMappings": [%s], "gidMappings": [%s]' "$list" "$list"
}

# add_idmapped SOURCE OPTIONS [MAP...]: a bind at /mnt.
add_idmapped() {
	local source=$1 options=$2 own=
	shift 2
	[[ $# == 0 ]] || own=", $(maps "$@")"
	edit ".mounts += [{destination: \"/mnt\", source: \$s, options: $options$own}]" --arg s "$source"
}

userns() {
	edit ".linux.namespaces += [{\"type\": \"user\"}] | .linux += {$(maps 0:100000:65536)}"
	chmod a+rx "$T" "${T%/*}" "${T%/*/*}"
	chown -R 100000:100000 "$rootfs"
}

# files DIRECTORY OWNER...: a file of each, in a directory of the first one's that everybody may write to.
files() {
	local owner directory=$1
	shift
	mkdir -p "$directory"
	chmod 0777 "$directory"
	chown "$1:$1" "$directory"
	for owner; do
		echo "$owner" >"$directory/$owner"
		chown "$owner:$owner" "$directory/$owner"
	done
}
data() { files "$T/data" "$@"; }

@test "several ranges; what is in none of them is nobody's, and nobody's to write" {
	data 1000 1001 2000 3000
	add_idmapped "$T/data" '["bind", "idmap"]' 1000:5:2 2000:70:1
	edit '.process.user = {uid: 70, gid: 70}'
	probe stat /mnt/1000 /mnt/1001 /mnt/2000 /mnt/3000 + write /mnt/new x + stat /mnt/new
	ok
	says "stat /mnt/1000 file 0644 5:5" "stat /mnt/1001 file 0644 6:6" "stat /mnt/2000 file 0644 70:70" \
		"stat /mnt/3000 file 0644 65534:65534" "stat /mnt/new file 0644 70:70"
	is "$(stat -c %u:%g "$T/data/new")" 2000:2000
	edit '.process.user = {uid: 9, gid: 9}'
	probe write /mnt/other x
	ok
	says "write /mnt/other EOVERFLOW"
}

@test "mappings of its own in a container with a user namespace" {
	userns
	data 1000 0
	add_idmapped "$T/data" '["bind", "idmap"]' 1000:100000:1
	probe stat /mnt/1000 /mnt/0 + write /mnt/new x
	ok
	says "stat /mnt/1000 file 0644 0:0" "stat /mnt/0 file 0644 65534:65534" "write /mnt/new ok"
	is "$(stat -c %u:%g "$T/data/new")" 1000:1000
}

@test "without mappings those of the container: the host's ids are seen as they are" {
	userns
	data 0 7 65536
	add_idmapped "$T/data" '["bind", "idmap"]'
	edit '.process.user = {uid: 7, gid: 7}'
	probe stat /mnt/0 /mnt/7 /mnt/65536 + write /mnt/7 changed + write /mnt/0 changed
	ok
	says "stat /mnt/0 file 0644 0:0" "stat /mnt/7 file 0644 7:7" "stat /mnt/65536 file 0644 65534:65534" "write /mnt/7 ok" "write /mnt/0 EACCES"
}

@test "without mappings, and the user namespace is joined: those it has" {
	userns
	unshare --user --fork --kill-child sleep 100 3>&- &
	agents+=($!)
	wait_for 5 pgrep -P $! -x sleep
	local other
	other=$(pgrep -P $! -x sleep)
	echo '0 100000 1000' >"/proc/$other/uid_map"
	echo '0 100000 1000' >"/proc/$other/gid_map"
	data 7 2000
	edit 'del(.linux.uidMappings, .linux.gidMappings) | (.linux.namespaces[] | select(.type == "user")).path = $p' --arg p "/proc/$other/ns/user"
	add_idmapped "$T/data" '["bind", "idmap"]'
	probe stat /mnt/7 /mnt/2000
	ok
	says "stat /mnt/7 file 0644 7:7" "stat /mnt/2000 file 0644 65534:65534"
}

@test "ridmap in a user namespace, read-only too, on tmpfs below" {
	userns
	mkdir -p "$T/data/sub"
	host_mount -t tmpfs inner "$T/data/sub"
	data 5
	files "$T/data/sub" 6
	add_idmapped "$T/data" '["rbind", "ridmap", "rro"]'
	edit '.process.capabilities |= map_values(["CAP_DAC_OVERRIDE"])'
	probe stat /mnt/5 /mnt/sub/6 + write /mnt/5 x + write /mnt/sub/6 x
	ok
	says "stat /mnt/5 file 0644 5:5" "stat /mnt/sub/6 file 0644 6:6" "write /mnt/5 EROFS" "write /mnt/sub/6 EROFS"
	umount "$T/data/sub"
	host_mounts=()
}

@test "a file, and on file systems that can: tmpfs, ext4" {
	mkdir "$T/data"
	host_mount -t tmpfs inner "$T/data"
	data 1000
	add_idmapped "$T/data/1000" '["bind", "idmap"]' 1000:3:1
	probe stat /mnt
	ok
	says "stat /mnt file 0644 3:3"
	umount "$T/data"
	host_mounts=()
	edit 'del(.mounts[-1])'
	rm "$rootfs/mnt"
	truncate -s 4M "$T/image"
	mkfs.ext4 -q "$T/image"
	host_mount -o loop "$T/image" "$T/data"
	data 1000
	add_idmapped "$T/data" '["bind", "idmap"]' 1000:3:1
	probe stat /mnt/1000
	umount "$T/data"
	host_mounts=()
	ok
	says "stat /mnt/1000 file 0644 3:3"
}

@test "a file system that cannot is refused with its place: sysfs, and with ridmap one below" {
	add_idmapped /sys/kernel '["bind", "idmap"]' 0:1:1
	probe ids
	fails "/sys/kernel" "no support for id-mapped mounts" "mounts[5]" "config.json:"
	nothing_left
	edit 'del(.mounts[-1])'
	mkdir -p "$T/data/sub"
	host_mount --bind /sys/kernel "$T/data/sub"
	add_idmapped "$T/data" '["rbind", "ridmap"]' 0:1:1
	probe ids
	fails "$T/data" "no support for id-mapped mounts" "mounts[5]"
	umount "$T/data/sub"
	host_mounts=()
}

@test "wrong mappings of a mount are refused with their place" {
	local maps words
	mkdir "$T/data"
	cp "$bundle/config.json" "$T/good.json"
	while IFS='|' read -r maps words; do
		jq --arg s "$T/data" ".mounts += [{destination: \"/mnt\", source: \$s, options: [\"bind\", \"idmap\"], $maps}]" <"$T/good.json" >"$bundle/config.json"
		probe ids
		fails "config.json:" "$words"
		lacks "$err" "in step"
		nothing_left
	done <<-TABLE
		"uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]|must have both uid and gid mappings specified
		"gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]|must have both uid and gid mappings specified
		$(maps 0:1:0)|mounts[5].uidMappings[0]: the size of an id mapping is 0
		$(maps 0:1:5 4:100:1)|mounts[5].uidMappings[1]: an id mapping overlaps
		$(maps 0:1:5 40:3:1)|mounts[5].uidMappings[1]: an id mapping overlaps
		$(maps 0:4294967290:10)|mounts[5].uidMappings[0]: an id mapping reaches beyond
	TABLE
	jq '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["ridmap"]}]' <"$T/good.json" >"$bundle/config.json"
	probe ids
	fails "id-mapped mounts are only supported for bind-mounts" "mounts[5]"
	jq --arg s "$T/data" '.mounts += [{destination: "/mnt", source: $s, options: ["bind", "idmap"]}]' <"$T/good.json" >"$bundle/config.json"
	probe ids
	fails "mounts[5]" "user namespace"
	nothing_left
}

@test "mounts add: the mappings of a joined user namespace" {
	userns
	unshare --user --fork --kill-child sleep 100 3>&- &
	agents+=($!)
	wait_for 5 pgrep -P $! -x sleep
	local other
	other=$(pgrep -P $! -x sleep)
	echo '0 100000 1000' >"/proc/$other/uid_map"
	echo '0 100000 1000' >"/proc/$other/gid_map"
	data 7
	edit 'del(.linux.uidMappings, .linux.gidMappings) | (.linux.namespaces[] | select(.type == "user")).path = $p' --arg p "/proc/$other/ns/user"
	start_probe wait
	printf '[{"destination": "/mnt", "source": "%s", "options": ["bind", "idmap"]}]' "$T/data" >"$T/more.json"
	call rt mounts add "$id" "$T/more.json"
	ok
	call rt exec "$id" /bin/probe stat /mnt/7
	ok
	says "stat /mnt/7 file 0644 7:7"
}
