# What the files about containerd share: the daemon with our settings, its images, and a client for its socket.

# Both runtimes of a kind as CRI knows them, so that the name says who makes the cgroups.
containerd_settings() {
	local name systemd=false
	[[ $MANAGER != systemd ]] || systemd=true
	mkdir -p /etc/containerd
	{
		printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "localhost/pause:1"\n'
		for name in caisson runc crun; do
			printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.%s]\n  runtime_type = "io.containerd.runc.v2"\n' "$name"
			printf '  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.%s.options]\n' "$name"
			printf '    BinaryName = "%s"\n    SystemdCgroup = %s\n' "$(type -P "$name")" "$systemd"
		done
	} >/etc/containerd/config.toml
}

# containerd_start NAMESPACE: the images go there.
containerd_start() {
	containerd_settings
	systemctl restart containerd
	ctr --namespace "$1" images import "$IMAGES" >/dev/null
	mkfifo "$BATS_FILE_TMPDIR/requests" "$BATS_FILE_TMPDIR/responses"
	"$ENGINES/grpc" /run/containerd/containerd.sock "$BATS_FILE_TMPDIR/requests" "$BATS_FILE_TMPDIR/responses" >/dev/null 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/client"
}

containerd_stop() {
	kill "$(<"$BATS_FILE_TMPDIR/client")"
	systemctl stop containerd
}

# ask METHOD JSON: sets answer; fails with what containerd says.
ask() {
	printf '%s %s\n' "$1" "$2" >"$BATS_FILE_TMPDIR/requests"
	read -r -t 90 answer <"$BATS_FILE_TMPDIR/responses"
	[[ $answer != error* ]] || { out=$answer err= code=1; complain "$1 failed"; return 1; }
}

# refused METHOD JSON TEXT: fails, and says so.
refused() {
	! ask "$1" "$2" >/dev/null || { complain "$1 must fail: $answer"; return 1; }
	contains "$answer" "$3"
}

engine_tell() { journalctl -q -u containerd -n 15 -o cat | grep -E 'level=error' | tail -n 2 || true; }
