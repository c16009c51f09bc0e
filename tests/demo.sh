#!/bin/bash
# make demo: builds caisson, layers a container over Debian's busybox, and shows it from inside and what it left behind.
#
# Needs root on a Debian machine; installs what is missing with apt-get. Anything wrong ends it with an exit status of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath -m "${BUILD:-build}")
caisson=$build/caisson
id=caisson-demo-$$
work=

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[[ -t 1 ]] || say() { printf '\n== %s\n' "$*"; }
die() {
	printf '\ndemo: %s\n' "$*" >&2
	exit 1
}
clean_up() {
	local status=$?
	[[ -z $work ]] || { "$caisson" --root "$work/state" delete --force "$id" || status=1; rm -rf "$work"; }
	if ((status)); then printf '\ndemo: FAILED\n' >&2; fi
	exit $status
}
trap clean_up EXIT

[[ $(id -u) == 0 ]] || die "making containers this way needs root: run it with sudo"

say "1. Build"
sh tests/tools --only-build
make --no-print-directory -j"$(nproc)" BUILD="$build" >"${TMPDIR:-/tmp}/$id.log" 2>&1 || { cat "${TMPDIR:-/tmp}/$id.log"; rm -f "${TMPDIR:-/tmp}/$id.log"; die "the build failed"; }
rm -f "${TMPDIR:-/tmp}/$id.log"
"$caisson" --version | sed 's/^/   /'

say "2. A bundle: busybox as the lowest layer, a second layer over it, an empty directory for what changes"
work=$(mktemp -d "${TMPDIR:-/tmp}/$id.XXXXXX")
mkdir -p "$work"/bundle/rootfs/{bin,proc,sys,dev,tmp,root,etc} "$work"/layer/etc "$work"/{upper,work}
cp "$(command -v busybox)" "$work/bundle/rootfs/bin/busybox"
for applet in $("$work/bundle/rootfs/bin/busybox" --list); do
	[[ $applet == busybox ]] || ln -s busybox "$work/bundle/rootfs/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$work/bundle/rootfs/etc/passwd"
echo 'the lowest layer, which nobody changes' >"$work/bundle/rootfs/etc/motd"
echo 'remove me' >"$work/bundle/rootfs/etc/old"
echo 'hello from the layer above' >"$work/layer/etc/motd"
cp config.json.example "$work/bundle/config.json"

cat >"$work/layer/show" <<'SHOW'
#!/bin/sh
title() { echo; echo "-- $1"; }
title "the program is process 1, and sees no other"
ps -o pid,ppid,args
title "its own hostname and its own network"
hostname
ip -br addr 2>/dev/null || ip addr | grep -E '^[0-9]|inet '
title "its mounts: an overlay as the root, nothing of the host"
awk '{ printf "%-24s %-10s %s\n", $2, $3, substr($4, 1, 60) }' /proc/mounts
title "its limits, read from the cgroup"
if [ -e /sys/fs/cgroup/memory.max ]; then
	echo "memory  $(cat /sys/fs/cgroup/memory.max) bytes"
	echo "cpu     $(cat /sys/fs/cgroup/cpu.max) (quota and period, microseconds)"
	echo "pids    $(cat /sys/fs/cgroup/pids.max)"
elif [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
	cpu=/sys/fs/cgroup/cpu; [ -e $cpu/cpu.cfs_quota_us ] || cpu=/sys/fs/cgroup/cpu,cpuacct
	echo "memory  $(cat /sys/fs/cgroup/memory/memory.limit_in_bytes) bytes"
	echo "cpu     $(cat $cpu/cpu.cfs_quota_us) $(cat $cpu/cpu.cfs_period_us) (quota and period, microseconds)"
	echo "pids    $(cat /sys/fs/cgroup/pids/pids.max)"
else
	echo "memory, cpu, pids: no cgroup is mounted in here"
fi
title "its capabilities, no_new_privs and seccomp mode (2 is a filter)"
grep -E '^(CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
title "what it may not do"
mount -t tmpfs none /tmp 2>&1 && echo "MOUNTED"
echo "bytes it can read of /proc/keys, which is masked: $(cat /proc/keys 2>/dev/null | wc -c)"
title "it changes files: copy on write"
cat /etc/motd
echo 'changed by the container' >/etc/motd
echo 'made by the container' >/etc/new
rm /etc/old
ls -l /etc/motd /etc/new
echo "end of the tour"
SHOW
chmod 0755 "$work/layer/show"
# The example is read-only and starts a shell; the tour writes.
sed -i 's/"readonly": true/"readonly": false/; s/"terminal": true/"terminal": false/' "$work/bundle/config.json"
jq --arg path "/$id" '.process.args = ["/bin/sh", "/show"] | .linux.cgroupsPath = $path' "$work/bundle/config.json" >"$work/config" && mv "$work/config" "$work/bundle/config.json"
echo "   caisson run --bundle bundle --lower layer --upper upper --work work $id"

before=$(cat /proc/self/mountinfo)
say "3. The container, from inside"
"$caisson" --root "$work/state" run --bundle "$work/bundle" --lower "$work/layer" --upper "$work/upper" --work "$work/work" "$id" | tee "$work/seen" ||
	die "the container failed"

say "4. What copy-on-write left in the upper directory"
(cd "$work/upper" && find . -mindepth 1 -printf '   %y %m %8s  %p\n')
echo "   (a character device 0:0 stands for a file that was removed)"
echo "   upper/etc/motd:          $(cat "$work/upper/etc/motd")"
echo "   the lowest layer's motd: $(cat "$work/bundle/rootfs/etc/motd")"

# A tour that shows the wrong things is a failure too.
expect() { grep -qE -- "$1" "$work/seen" || die "expected in the container's output: $1"; }
expect '^end of the tour$'
expect '^ +1 +0 .*show'
expect "^$(jq -r .hostname "$work/bundle/config.json")\$"
expect '^/ +overlay '
expect '^memory  536870912 bytes'
expect '^cpu     50000 100000'
expect '^pids    100$'
expect '^NoNewPrivs:[[:space:]]+1$'
expect '^Seccomp:[[:space:]]+2$'
expect '^hello from the layer above$'
expect '^bytes it can read of /proc/keys, which is masked: 0$'
! grep -q '^MOUNTED' "$work/seen" || die "the container could mount"
[[ $(<"$work/upper/etc/motd") == 'changed by the container' ]] || die "the change is not in the upper directory"
[[ $(<"$work/upper/etc/new") == 'made by the container' ]] || die "the new file is not in the upper directory"
[[ -c $work/upper/etc/old ]] || die "the removal is not in the upper directory"
[[ $(<"$work/bundle/rootfs/etc/motd") == 'the lowest layer, which nobody changes' && -e $work/bundle/rootfs/etc/old ]] || die "a lower layer was changed"
[[ $(<"$work/layer/etc/motd") == 'hello from the layer above' ]] || die "a lower layer was changed"
[[ $(cat /proc/self/mountinfo) == "$before" ]] || die "something is left in the host's mount table"
[[ -z $("$caisson" --root "$work/state" list --quiet) ]] || die "a container is left"
[[ -z $(find /sys/fs/cgroup -maxdepth 3 -type d -name "$id" 2>/dev/null) ]] || die "a cgroup is left"

say "5. Cleaned up: no container, no cgroup, no mount is left on the host"
