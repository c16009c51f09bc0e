# AppArmor's profiles: what the program runs under, of create and of exec (config.md, apparmorProfile; rule B.4.4). Where the kernel has it:
# tests/vm's guests do. SELinux is on no host that runs these tests: what is written for it is in test_read_back_labels.c.
load lib.bash

# Our own guests have it: there it is a failure.
missing() {
	[[ -n ${HAS_APPARMOR-} ]] || skip "$1"
	complain "$1"
	return 1
}

setup() {
	lib_setup
	if [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) != Y || ! -e /sys/kernel/security/apparmor/.load ]]; then
		missing "no AppArmor"
	fi
	type -P apparmor_parser >/dev/null || missing "no apparmor_parser"
	profile=caisson-test-${id//[^a-z0-9]/-}
	# All is allowed, but for one file.
	cat >"$T/profile" <<-PROFILE
		profile $profile flags=(attach_disconnected) {
		  file, capability, network, mount, umount, pivot_root, ptrace, signal, unix,
		  deny /etc/secret rw,
		}
		profile $profile-other flags=(attach_disconnected) {
		  file, capability, network, mount, umount, pivot_root, ptrace, signal, unix,
		}
	PROFILE
	apparmor_parser --replace "$T/profile" || missing "no profile can be loaded"
	echo kept >"$rootfs/etc/secret"
}

teardown() {
	local failed=0
	lib_teardown || failed=1
	[[ ! -e $T/profile ]] || apparmor_parser --remove "$T/profile"
	return $failed
}

under() { says "cat /proc/self/attr/current $1 (enforce)"; }

@test "apparmorProfile: the program runs under it, and it is enforced; exec does, too" {
	edit '.process.apparmorProfile = $profile' --arg profile "$profile"
	start_probe cat /proc/self/attr/current + open r /etc/secret + wait
	wait_for 5 grep -q '^open' "$T/box.out"
	grep -qF "$profile (enforce)" "$T/box.out" || { complain "it runs under something else: $(box_output)"; return 1; }
	grep -qE '^open r /etc/secret EACCES' "$T/box.out" || { complain "the profile is not enforced: $(box_output)"; return 1; }
	is "$(<"/proc/$(pid_of)/attr/current")" "$profile (enforce)"
	call rt exec "$id" /bin/probe cat /proc/self/attr/current + open r /etc/secret
	under "$profile"
	says "open r /etc/secret EACCES"
}

@test "exec --apparmor: another profile than the container's, for that process alone" {
	edit '.process.apparmorProfile = $profile' --arg profile "$profile"
	start_probe wait
	call rt exec --apparmor "$profile-other" "$id" /bin/probe cat /proc/self/attr/current
	ok
	under "$profile-other"
	is "$(<"/proc/$(pid_of)/attr/current")" "$profile (enforce)"
}

@test "a profile that is not loaded: create and exec say so, nothing runs without it, and nothing is left" {
	edit '.process.apparmorProfile = "caisson-there-is-none"'
	args exit 0
	create
	fails apparmor caisson-there-is-none
	nothing_left
	edit 'del(.process.apparmorProfile)'
	start_probe wait
	call rt exec --apparmor caisson-there-is-none "$id" /bin/probe exit 0
	fails apparmor caisson-there-is-none
}

@test "a profile survives what a user, a filter and no_new_privs do before the program's exec" {
	edit '.process.apparmorProfile = $profile | .process.user = {uid: 1000, gid: 1000} | .process.noNewPrivileges = true
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}' --arg profile "$profile"
	args cat /proc/self/attr/current
	call rt run --bundle "$bundle" "$id"
	ok
	under "$profile"
}

@test "C83: exec where /proc is covered in the container: never without the profile" {
	local covered
	for covered in "mount tmpfs /proc" "bind /etc /proc"; do
		edit '.process.apparmorProfile = $profile | .process.capabilities |= map_values(["CAP_SYS_ADMIN"])' --arg profile "$profile"
		# shellcheck disable=SC2086 # words
		start_probe $covered + wait
		wait_for 5 grep -q '^\(mounting\|binding\) /proc ok' "$T/box.out"
		LIMIT=10 call rt exec --detach --pid-file "$T/pid" "$id" /bin/probe wait
		if [[ $code == 0 ]]; then
			is "$(<"/proc/$(<"$T/pid")/attr/current")" "$profile (enforce)" "the profile of exec, after: $covered"
		else
			[[ $code != 124 && -n $err ]] || { complain "after: $covered"; return 1; }
		fi
		call rt delete --force "$id"
		ok
	done
}
