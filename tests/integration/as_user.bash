# For tests as an ordinary user: the runtime is called as one, with a configuration of one's own (as `spec --rootless` writes it). Load it
# after lib.bash; `user` is his id.

user=1000

user_setup() {
	lib_setup
	cp "$(type -P "$RUNTIME")" "$T/runtime"
	cp "$HELPERS/terminal" "$T/terminal"
	user_runtime_dir=$T/xdg
	setpriv --reuid $user --regid $user --clear-groups unshare -Ur true 2>/dev/null || skip "an ordinary user makes no user namespaces here"
	# What leads to the test's directory, and the programs, is for everybody to see.
	local dir
	for dir in "$T" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR"; do
		while [[ $dir != / && $dir != /tmp && $dir != /var/tmp ]]; do chmod o+x "$dir"; dir=${dir%/*}; done
	done
	mkdir "$T/xdg"
	edit 'del(.linux.resources, .linux.cgroupsPath) | .linux.namespaces += [{"type": "user"}] | .linux.namespaces -= [{"type": "network"}]
		| .linux.uidMappings = [{"containerID": 0, "hostID": $u, "size": 1}] | .linux.gidMappings = .linux.uidMappings
		| .mounts |= map(if .destination == "/sys" then {destination, "type": "none", "source": "/sys", "options": ["rbind", "nosuid", "noexec", "nodev", "ro"]} else . end)
		| .mounts |= map(if .options then .options -= ["gid=5"] else . end)' --argjson u $user
	chown -R $user:$user "$bundle" "$T/xdg"
	chown $user:$user "$T"
	: >"$T/box.out"
	chmod 0666 "$T/box.out"
}

become_user() { as_user=(setpriv --reuid $user --regid $user --clear-groups env -i "PATH=$PATH" HOME=/tmp "XDG_RUNTIME_DIR=$user_runtime_dir"); }
as_user() { become_user; "${as_user[@]}" "$@"; }
rt() {
	become_user
	timeout --foreground -k 1 "$((${LIMIT:-20} * SLOW))" "${as_user[@]}" "$T/runtime" --root "$state" "${owner_option[@]}" "$@"
}


# kernel_since 6 6
kernel_since() { [[ $(printf '%s\n' "$1.$2" "$(uname -r)" | sort -V | head -n 1) == "$1.$2" ]]; }
