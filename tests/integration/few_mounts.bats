# A host with many mounts: the container's mount namespace is not made from a copy of them (src/kern/few_mounts.c), and nobody can tell.
# This file sees the host's processes, the kernel's threads among them.
load lib.bash

setup() {
	lib_setup
	needs caisson "how it makes a mount namespace"
	[[ -r /proc/2/comm && $(</proc/2/comm) == kthreadd ]] || skip "this is not the host's pid namespace"
	pgrep -x kdevtmpfs >/dev/null || skip "a kernel without devtmpfs"
}
# Other files' containers are to be seen from here, too: ours are those in its cgroup.
no_processes() { ! grep -qs -- "$id" /proc/[0-9]*/cgroup; }
teardown() {
	[[ ! -e $T/more ]] || umount -l "$T/more"
	lib_teardown
}

many_mounts() {
	local i
	mkdir "$T/more"
	mount -t tmpfs more "$T/more"
	for ((i = 0; i < 300; i++)); do
		mkdir "$T/more/$i"
		mount --bind "$T/more/$i" "$T/more/$i"
	done
}

# What the container sees, without the numbers of mounts and of devices.
view() {
	ok
	sed -E 's/[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s/(shared|master|propagate_from):[0-9]+/\1/g' <<<"$out" | sed "s,$id[^ ]*,ID,g"
}

traced_run() {
	call strace -f -e trace=setns,unshare,clone3 -o "$T/strace" "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
}

listmount_there() { [[ $(printf '6.8\n%s\n' "$(uname -r)" | sort -V | head -n 1) == 6.8 ]] || skip "listmount is of Linux 6.8"; }

@test "the container's mounts are the same, with the kernel's namespace copied and not the host's" {
	listmount_there
	edit '.mounts += [{destination: "/data", type: "bind", source: $d, options: ["rbind", "rslave"]}] | .linux.rootfsPropagation = "rslave"
		| .linux.maskedPaths = ["/proc/interrupts", "/sys/devices"]' --arg d "$T"
	mkdir -p "$rootfs/data"
	args cat /proc/self/mountinfo
	traced_run
	local before
	before=$(view)
	grep -q 'clone3.*CLONE_NEWNS' "$T/strace"
	many_mounts
	call "$RUNTIME" explain "$bundle"
	contains "$out" "mount    new, copied from that of kdevtmpfs"
	edit '(.mounts[] | select(.destination == "/data") | .options) = ["bind", "rslave"]'
	traced_run
	grep -q 'setns([0-9]*, CLONE_NEWNS) *= 0' "$T/strace"
	refute grep 'clone3.*CLONE_NEWNS' "$T/strace"
	diff <(echo "$before" | grep -v ' /data') <(view | grep -v ' /data')
	lacks "$out" devtmpfs
	lacks "$out" "$T/more"
}

@test "a whole life, and what happens on the host reaches a slave" {
	many_mounts
	mkdir -p "$T/shared/sub" "$rootfs/data"
	mount -t tmpfs shared "$T/shared"
	mkdir "$T/shared/sub"
	mount --make-shared "$T/shared"
	edit '.mounts += [{destination: "/data", type: "bind", source: $d, options: ["rbind", "rslave"]}]' --arg d "$T/shared"
	start_probe wait
	mount -t tmpfs late "$T/shared/sub"
	call rt exec "$id" /bin/probe cat /proc/self/mountinfo
	ok
	[[ $out == *" /data/sub "* ]] || { complain "no mount of the host's in $out"; return 1; }
	call rt kill "$id" KILL
	ok
	call rt delete --force "$id"
	ok
	umount "$T/shared/sub" "$T/shared"
}

@test "hooks that are the container's find the host as it is" {
	many_mounts
	echo '#!/bin/sh
test -d /proc/self && ls "$1" >"$2"' >"$T/hook"
	chmod 0755 "$T/hook"
	edit '.hooks.createContainer = [{path: $h, args: ["hook", $d, $f]}]' --arg h "$T/hook" --arg d "$T/more" --arg f "$T/hook.out"
	args exit 0
	traced_run
	ok
	[[ -e $T/hook.out ]]
	grep -q 'clone3.*CLONE_NEWNS' "$T/strace"
}

@test "hooks that enter the container's mount namespace before the pivot find the host's files there, not the image's" {
	local kind
	many_mounts
	echo '#!/bin/sh
pid=$(sed "s/.*\"pid\":\([0-9]*\).*/\1/")
nsenter -t "$pid" -m test -e "$1" && nsenter -t "$pid" -m sh -c "! test -e /bin/probe" && echo host >"$2"' >"$T/hook"
	chmod 0755 "$T/hook"
	args exit 0
	for kind in prestart createRuntime; do
		rm -f "$T/hook.out"
		edit '.hooks = {($k): [{path: $h, args: ["hook", $d, $f], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}]}' \
			--arg k $kind --arg h "$T/hook" --arg d "$T/more" --arg f "$T/hook.out"
		traced_run
		ok
		is "$(cat "$T/hook.out")" host
		grep -q 'clone3.*CLONE_NEWNS' "$T/strace"
	done
}

@test "where the kernel's namespace may not be entered the host's is copied" {
	listmount_there
	many_mounts
	args exit 0
	call strace -f -e trace=setns,unshare -e inject=setns:error=EPERM:when=1 -o "$T/strace" "$RUNTIME" --root "$state" "${owner_option[@]}" run --bundle "$bundle" "$id"
	ok
	grep -q 'setns(.*EPERM' "$T/strace"
	grep -q 'unshare(CLONE_NEWNS.*= 0' "$T/strace"
}
