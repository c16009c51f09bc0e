# Debug builds read back from the kernel what they have set (include/init/read_back.h, include/run/read_back.h):
#
#   make check-read-back                its own test, then the whole integration suite on such a build
#   make check-read-back FILES="mounts.bats exec.bats"
#   make check-read-back GUEST=1        and where there are cgroup v2, systemd and AppArmor, in guests (tests/vm)
#   make check-read-back-short          what `make check` runs

READ_BACK_BUILD := $(BUILD)/debug
READ_BACK_SHORT := process.bats resources.bats seccomp.bats
READ_BACK_GUEST := labels.bats cgroup.bats resources.bats update.bats systemd.bats

$(READ_BACK_BUILD)/caisson: FORCE
	@$(MAKE) --no-print-directory DEBUG=1 BUILD=$(READ_BACK_BUILD) $@

# $(call read_back_run,DIRECTORY,FILES)
# Files that trace each call take longer here: a debug build makes several times as many.
read_back_run = FILE_LIMIT=1200 RUNTIME='$(READ_BACK_BUILD)/caisson' RELEASE='$(BUILD)/caisson' HELPERS='$(TEST)/integration' TESTS=$(1) FILES='$(2)' FILTER='$(FILTER)' \
	tests/integration/run

check-read-back: $(READ_BACK_BUILD)/caisson $(INTEGRATION_HELPERS) $(BUILD)/caisson
	@failed=0; $(call read_back_run,tests/read_back,) || failed=1; $(call read_back_run,tests/integration,$(FILES)) || failed=1; \
	$(if $(GUEST),VM_DIR="$${VM_DIR:-$(BUILD)/vm}" $(MAKE) --no-print-directory DEBUG=1 BUILD=$(READ_BACK_BUILD) VM_FILES='$(READ_BACK_GUEST)' check-vm || failed=1;) \
	exit $$failed

check-read-back-short: $(READ_BACK_BUILD)/caisson $(INTEGRATION_HELPERS) $(BUILD)/caisson
	@failed=0; $(call read_back_run,tests/read_back,) || failed=1; $(call read_back_run,tests/integration,$(READ_BACK_SHORT)) || failed=1; exit $$failed

.PHONY: check-read-back check-read-back-short
