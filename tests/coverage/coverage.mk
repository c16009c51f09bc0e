# Coverage by lines and branches: what the tests reach of src, and what none does.
#
#   make coverage                                       all suites on an instrumented build; a table, the longest runs that nothing reaches
#   make coverage COVERAGE="check-unit check-golden"    of these alone
#   make coverage FRESH=                                on top of what the last run counted
#   make coverage GUEST=1                               and of a guest with systemd and cgroup v2: most of an hour of a core more
#   make coverage COVERAGE=check-guest FRESH=           the guest alone, on top of the last run
#
# It has a build of its own, $(BUILD)/coverage: gcc's counters, the distribution's libc, no optimization (tests/coverage/cc).

COVERAGE ?= check-unit check-golden check-seeds check-integration check-adversarial check-sweep-short $(if $(GUEST),check-guest)
GUEST    ?=
FRESH    ?= 1
SEEDS    := $(patsubst tests/fuzz/%.c,$(TEST)/seeds/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

# The fuzz targets with their seeds alone, without clang; what fuzzing has found is among them. `make check` has it, too.
# Some include a source of ours in which a call of the kernel's is theirs: gcc cannot see that it fills what it is given.
$(TEST)/seeds/fuzz_%: tests/fuzz/fuzz_%.c tests/coverage/seeds.c tests/fuzz/fuzz.h $(TEST)/runtime.a
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(COMMON) -Wno-maybe-uninitialized $(CFLAGS) $(HARDEN) $(LDFLAGS) -o $@ $(filter %.c,$^) $(TEST)/runtime.a $(LIBS) -lm

check-seeds: $(SEEDS)
	@tests/fuzz/run --seeds $^

# What needs systemd, or controllers of cgroup v2, in a guest (tests/vm/README.md).
check-guest: vm-ready
	@if sh tests/tools --vm; then BUILD='$(BUILD)' FILES='$(VM_FILES)' FILTER='$(FILTER)' tests/coverage/guest; \
	else echo "ok - guest # SKIP no qemu and no Debian packages to be had here"; fi

coverage:
	@MAKE='$(MAKE)' FRESH='$(FRESH)' tests/coverage/run '$(BUILD)/coverage' $(COVERAGE)

.PHONY: coverage check-seeds check-guest
