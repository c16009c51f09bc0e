#!/bin/sh
# A real Debian root file system with the example configuration: `make check-debian`. The root is made once, by mmdebstrap, and kept
# under $BUILD. Prints TAP.
set -u

build=${BUILD:-build}
caisson=$(realpath "${CAISSON:-$build/caisson}")
root=$(realpath -m "${DEBIAN_ROOT:-$build/debian}")
work=$(mktemp -d)
id=debian-$$
failed=0

end() {
	"$caisson" --root "$work/state" delete --force "$id" >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap end EXIT

check() { # NAME COMMAND...
	name=$1
	shift
	if "$@"; then echo "ok - debian: $name"; else echo "not ok - debian: $name"; failed=1; sed 's/^/# /' "$work/out" | tail -n 20; fi
}

if [ ! -e "$root.made" ]; then
	command -v mmdebstrap >/dev/null || sh "$(dirname "$0")/tools" --debian
	rm -rf "$root"
	mmdebstrap --quiet --mode=root --variant=minbase --include=python3-minimal,procps,iproute2 bookworm "$root" >"$work/out" 2>&1 || {
		echo "ok - debian: # SKIP no Debian packages to be had here"
		exit 0
	}
	: >"$root.made"
fi

mkdir -p "$work/bundle" "$work/upper" "$work/work" "$work/state"
chmod 700 "$work/state"
cp "$(dirname "$0")/../config.json.example" "$work/example.json"

# run SCRIPT: in a container of the example configuration, changes in $work/upper
run() {
	jq --arg root "$root" --arg script "$1" '.root.path = $root | .process.args = ["bash", "-c", $script]' "$work/example.json" >"$work/bundle/config.json"
	"$caisson" --root "$work/state" run --bundle "$work/bundle" --upper "$work/upper" --work "$work/work" "$id" >"$work/out" 2>&1
}

check "a shell of Debian runs as pid 1 with its own hostname" \
	run 'test "$(. /etc/os-release; echo $ID)" = debian && test $$ = 1 && test "$(hostname)" != "'"$(hostname)"'"'

check "two thousand files of it are read" \
	run 'find /usr /etc /var -xdev -type f | head -n 2000 | xargs cat | wc -c | { read -r bytes; echo "$bytes bytes"; test "$bytes" -gt 10000000; }'

check "python with threads and child processes" run 'python3 -c "
import os, subprocess, threading
def write(n):
    open(\"/tmp/x%d\" % n, \"w\").write(\"y\")
threads = [threading.Thread(target=write, args=(n,)) for n in range(20)]
[t.start() for t in threads]
[t.join() for t in threads]
assert len([f for f in os.listdir(\"/tmp\") if f.startswith(\"x\")]) == 20
assert subprocess.run([\"false\"]).returncode == 1
"'

check "dpkg, ps and ip work; lo is up" \
	run 'dpkg --audit && test "$(dpkg-query -W | wc -l)" -gt 50 && ps aux | grep -q "^root  *1 " && ip -br link show lo | grep -q UP'

check "files can be changed and removed inside" run 'echo changed >/etc/motd; rm /etc/issue; test "$(cat /etc/motd)" = changed'

untouched() {
	test "$(cat "$work/upper/etc/motd")" = changed && test -c "$work/upper/etc/issue" && test -e "$root/etc/issue" && ! grep -qx changed "$root/etc/motd"
}
check "changes are in the upper directory, the root is as it was" untouched

check "the filter holds" run 'grep -q "Seccomp:[[:space:]]*2" /proc/self/status && grep -q "NoNewPrivs:[[:space:]]*1" /proc/self/status &&
	! mount -t tmpfs x /mnt 2>/dev/null && ! unshare -m true 2>/dev/null'

exit $failed
