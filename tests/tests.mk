# The tests' part of the Makefile: check (all of it), check-unit, check-golden, check-integration, lint, fuzz, demo.
#
#   make check-integration RUNTIME=runc FILTER=mounts    against any runtime; FILTER picks files, or tests by name
#   make check-golden UPDATE=1                           writes tests/golden/*.plan anew
#   make fuzz FUZZ_SECONDS=60
# All results are TAP, so that .ci/run can count them.

RUNTIME      ?= $(BUILD)/caisson
FILTER       ?=
FUZZ_SECONDS ?= 10
TEST         := $(BUILD)/tests
PROBE_CC     ?= $(if $(shell command -v musl-gcc 2>/dev/null),musl-gcc,$(CC)) -static

check:
	@sh tests/tools $(MAKE) check-unit check-golden check-integration lint -k --no-print-directory

# ---- unit ----
# Every tests/unit/test_X.c is one program, linked with the runtime's objects without main: an archive, so it takes what it needs.

UNIT_SOURCES  := $(sort $(wildcard tests/unit/test_*.c))
UNIT_PROGRAMS := $(UNIT_SOURCES:tests/unit/%.c=$(TEST)/unit/%)

$(TEST)/runtime.a: $(filter-out %/main.o,$(HOST_OBJECTS)) $(BUILD)/host/run/init_image.o
	@mkdir -p $(@D)
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^

$(TEST)/unit/%: tests/unit/%.c $(TEST)/runtime.a
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(COMMON) -Wno-missing-prototypes $(CFLAGS) $(HARDEN) $(LDFLAGS) -o $@ $< $(TEST)/runtime.a $(LIBS) -lcmocka

check-unit: $(UNIT_PROGRAMS)
	@tests/unit/run $(UNIT_PROGRAMS)

# ---- golden ----

$(TEST)/golden: tests/golden/golden.c $(TEST)/runtime.a
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(COMMON) $(CFLAGS) $(HARDEN) $(LDFLAGS) -o $@ $< $(TEST)/runtime.a $(LIBS)

check-golden: $(TEST)/golden $(BUILD)/caisson
	@GOLDEN=$(TEST)/golden CAISSON=$(BUILD)/caisson tests/golden/run

# ---- integration ----

$(TEST)/integration/probe: tests/integration/probe.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(PROBE_CC) -std=gnu11 -Os -Wall -Wextra -o $@ $<

$(TEST)/integration/%: tests/integration/%.c tests/integration/listen.h
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) -std=gnu11 -O1 -Wall -Wextra -o $@ $<

INTEGRATION_HELPERS := $(addprefix $(TEST)/integration/,probe caller agent receiver terminal)

check-integration: $(INTEGRATION_HELPERS) $(if $(filter $(BUILD)/caisson,$(RUNTIME)),$(BUILD)/caisson)
	@RUNTIME='$(RUNTIME)' HELPERS='$(TEST)/integration' FILES='$(FILES)' FILTER='$(FILTER)' tests/integration/run

# ---- guests with systemd and cgroup v2 alone ----
#
#   make check-vm                                   Debian 12, cgroups owned by caisson and by systemd
#   make check-vm RELEASE=trixie OWNER=systemd FILTER=pause
#   make check-vm VM_FILES="oom.bats ps.bats"       without it: all files that depend on the host's cgroups; takes a while
#   make check-vm VM_RUNTIME=runc                   the guest's own runc, as a control

RELEASE    ?= bookworm
OWNER      ?= cgroupfs systemd
VM_RUNTIME ?=
VM_FILES   ?=
VM_UNIT    := $(addprefix $(TEST)/unit/test_,cgroup device_filter freeze update stats)

vm-ready: $(BUILD)/caisson $(INTEGRATION_HELPERS) $(VM_UNIT)

# What the guests boot from, made once. Meanwhile the host has mounts that come and go, which other tests would take for leftovers.
vm-images:
	@! sh tests/tools --vm || for release in $(RELEASE); do tests/vm/image "$$release" '$(BUILD)/vm' || exit 1; done

check-vm: vm-ready
	@if sh tests/tools --vm; then \
		BUILD='$(BUILD)' RELEASE='$(RELEASE)' OWNER='$(OWNER)' FILES='$(VM_FILES)' FILTER='$(FILTER)' RUNTIME='$(VM_RUNTIME)' tests/vm/check; \
	else echo "ok - vm # SKIP no qemu and no Debian packages to be had here"; fi

# ---- the engines, in such guests ----
#
#   make check-engines                              all engines, both owners, caisson and a control: an hour of a core, or more
#   make check-engines ENGINES=podman OWNER=systemd RUNTIMES=caisson FILTER=exec

ENGINES  ?=
RUNTIMES ?=

check-engines: $(BUILD)/caisson
	@if sh tests/tools --vm; then \
		BUILD='$(BUILD)' RELEASE='$(RELEASE)' ENGINES='$(ENGINES)' OWNER='$(OWNER)' RUNTIMES='$(RUNTIMES)' FILTER='$(FILTER)' tests/vm/check-engines; \
	else echo "ok - engines # SKIP no qemu and no Debian packages to be had here"; fi

# ---- a real Debian ----

check-debian: $(BUILD)/caisson
	@BUILD='$(BUILD)' tests/debian.sh

# ---- lint ----

LINT_PURE := $(filter $(BUILD)/host/json/% $(BUILD)/host/spec/% $(BUILD)/host/plan/%,$(HOST_OBJECTS))

lint: $(BUILD)/caisson
	@failed=0; \
	lint() { name=$$1; shift; if "$$@" >$(TEST)/lint.out 2>&1; then echo "ok - lint: $$name"; else failed=1; echo "not ok - lint: $$name"; fi; \
		sed 's/^/# /' $(TEST)/lint.out; }; \
	mkdir -p $(TEST); \
	lint layers tests/lint/layers; \
	lint format tests/lint/format; \
	lint size tests/lint/size; \
	lint paths tests/lint/paths; \
	$(if $(SANITIZE),,lint purity tests/lint/purity $(LINT_PURE) -- $(filter $(BUILD)/host/base/%,$(HOST_OBJECTS));) \
	lint init tests/lint/init $(BUILD)/caisson-init $(INIT_OBJECTS); \
	lint shell tests/lint/shell; \
	lint man tests/lint/man; \
	lint coverage tests/lint/coverage; \
	exit $$failed

# ---- fuzz ----
# libFuzzer comes with clang; without clang there is nothing to run.

FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZED       := $(sort $(wildcard src/base/*.c src/json/*.c src/spec/*.c src/plan/*.c))

$(TEST)/fuzz/%: tests/fuzz/%.c $(FUZZED)
	@mkdir -p $(@D)
	$(call quiet,CC)clang -g -O1 -fsanitize=fuzzer,address,undefined $(CPPFLAGS) -std=gnu11 -o $@ $< $(FUZZED) $(LIBS)

ifeq ($(shell command -v clang 2>/dev/null),)
fuzz:
	@echo "ok - fuzz # SKIP no clang"
else
fuzz: $(FUZZ_SOURCES:tests/fuzz/%.c=$(TEST)/fuzz/%)
	@failed=0; for fuzzer in $^; do \
		mkdir -p $$fuzzer.corpus; \
		if ASAN_OPTIONS=detect_leaks=0 $$fuzzer -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -rss_limit_mb=4096 \
			-artifact_prefix=$$fuzzer. $$fuzzer.corpus tests/golden >$$fuzzer.log 2>&1; then \
			echo "ok - fuzz: $${fuzzer##*/}: $$(tail -1 $$fuzzer.log)"; \
		else failed=1; echo "not ok - fuzz: $${fuzzer##*/}"; tail -30 $$fuzzer.log | sed 's/^/# /'; fi; \
	done; exit $$failed
endif

# ---- measuring ----

include tests/bench/bench.mk

# ---- demo ----

demo:
	@bash tests/demo.sh

.PHONY: check-unit vm-images vm-ready check-vm check-engines check-debian check-golden check-integration fuzz
