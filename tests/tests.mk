# The tests' part of the Makefile: check (all of it), check-unit, check-golden, check-seeds, check-integration, check-adversarial, check-sweep,
# lint, analyze, fuzz, coverage, check-long, demo.
#
#   make check-integration RUNTIME=runc FILTER=mounts    against any runtime; FILTER picks files, or tests by name
#   make check-golden UPDATE=1                           writes tests/golden/*.plan anew
#   make fuzz MINUTES=10
# All results are TAP, so that .ci/run can count them.

RUNTIME      ?= $(BUILD)/caisson
FILTER       ?=
TEST         := $(BUILD)/tests
PROBE_CC     ?= $(if $(shell command -v musl-gcc 2>/dev/null),musl-gcc,$(CC)) -static

check:
	@sh tests/tools $(MAKE) check-unit check-golden check-seeds check-integration check-adversarial check-unfriendly check-read-back-short check-sweep-short check-stress-short lint -k --no-print-directory

# ---- unit ----
# Every tests/unit/test_X.c is one program, linked with the runtime's objects without main: an archive, so it takes what it needs.

UNIT_SOURCES  := $(sort $(wildcard tests/unit/test_*.c))
UNIT_PROGRAMS := $(UNIT_SOURCES:tests/unit/%.c=$(TEST)/unit/%)

# The distribution's libc is cmocka's, and the sanitizers': the same sources once more.
UNIT_OBJECTS := $(filter-out %/main.o,$(HOST_OBJECTS:$(BUILD)/host/%=$(TEST)/host/%))

$(TEST)/host/%.o: src/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(COMMON) $(CFLAGS) $(HARDEN) -c -o $@ $<

$(TEST)/host/cmd/version.o $(TEST)/host/cmd/features.o: $(BUILD)/commit
$(TEST)/host/cmd/version.o $(TEST)/host/cmd/features.o: CPPFLAGS += -DCAISSON_VERSION='"$(VERSION)"' -DCAISSON_COMMIT='"$(COMMIT)"'
-include $(UNIT_OBJECTS:.o=.d)

$(TEST)/runtime.a: $(UNIT_OBJECTS) $(IMAGES)
	@mkdir -p $(@D)
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^

$(TEST)/unit/%: tests/unit/%.c $(TEST)/runtime.a
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(COMMON) -Wno-missing-prototypes $(CFLAGS) $(HARDEN) $(LDFLAGS) -o $@ $< $(TEST)/runtime.a $(LIBS) -lcmocka

include tests/seccomp/seccomp.mk

check-unit: $(UNIT_PROGRAMS) $(PROFILES)/list
	@$(FILTER_TESTS) tests/unit/run $(UNIT_PROGRAMS)

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

# It looks at trees that no test may change; those of the adversarial suite, too.
$(TEST)/integration/look: tests/adversarial/look.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(PROBE_CC) -std=gnu11 -Os -Wall -Wextra -o $@ $<

INTEGRATION_HELPERS := $(addprefix $(TEST)/integration/,probe caller agent receiver terminal look)

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

vm-ready: $(BUILD)/caisson $(INTEGRATION_HELPERS) $(VM_UNIT) $(TEST)/sweep/sweep

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

# ---- with sanitizers ----
#
# The suites that feed it what nobody should, on a build with AddressSanitizer and UBSan of its own (C47).
check-sanitize:
	@failed=0; ASAN_OPTIONS=detect_leaks=0:exitcode=86 $(MAKE) -k --no-print-directory SANITIZE=1 BUILD='$(BUILD)/sanitize' check-unit check-golden check-seeds || failed=1; \
	ASAN_OPTIONS=detect_leaks=0:exitcode=86 $(MAKE) --no-print-directory SANITIZE=1 BUILD='$(BUILD)/sanitize' LONG='$(LONG)' FILES=c3_input.bats check-adversarial \
		|| failed=1; exit $$failed

# ---- lint ----

LINT_PURE := $(filter $(BUILD)/host/json/% $(BUILD)/host/spec/% $(BUILD)/host/plan/%,$(HOST_OBJECTS))

# The rules of this tree, then static analysis by each tool that is here.
lint: lint-rules analyze

lint-rules: $(BUILD)/caisson
	@failed=0; \
	lint() { name=$$1; shift; if "$$@" >$(TEST)/lint.out 2>&1; then echo "ok - lint: $$name"; else failed=1; echo "not ok - lint: $$name"; fi; \
		sed 's/^/# /' $(TEST)/lint.out; }; \
	mkdir -p $(TEST); \
	lint layers tests/lint/layers; \
	lint format tests/lint/format; \
	lint size tests/lint/size; \
	lint paths tests/lint/paths $(HOST_OBJECTS) $(INIT_OBJECTS) $(LIBS_OBJECTS); \
	$(if $(SANITIZE),,lint purity tests/lint/purity $(LINT_PURE) -- $(filter $(BUILD)/host/base/%,$(HOST_OBJECTS));) \
	lint again tests/lint/again $(HOST_OBJECTS) $(INIT_OBJECTS) $(LIBS_OBJECTS); \
	lint init tests/lint/init $(BUILD)/caisson-init $(INIT_OBJECTS); \
	lint shell tests/lint/shell; \
	lint kinds tests/lint/kinds; \
	lint man tests/lint/man; \
	lint coverage tests/lint/coverage; \
	lint rules tests/lint/rules; \
	exit $$failed

# ---- static analysis ----
#
#   make analyze              by each tool that is here: gcc -fanalyzer, clang-tidy, cppcheck; a part of `make lint`
#   make analyze DEEP=1       clang's analyzer goes as far as it can: some minutes
#
# Of all files it takes a minute or two of a core; but one in which nothing was found is not looked at again until it changes, or what it
# includes. So it is in `make check`, and what has been checked costs a second.

DEEP ?=

analyze:
	@tests/lint/analysis --stamps '$(TEST)/analysis$(if $(DEEP),-deep)' $(if $(DEEP),--deep)

# ---- fuzz ----
#
#   make fuzz MINUTES=10                  of all targets together, as many at a time as there are processors
#   make fuzz FUZZ_SECONDS=60 FUZZERS=fuzz_path      of each, or of one alone
#
# libFuzzer comes with clang; without clang there is nothing to run. The sources once more, with an arena whose blocks are watched.

MINUTES      ?= 1
FUZZ_SECONDS ?=
FUZZERS      ?= $(basename $(notdir $(sort $(wildcard tests/fuzz/fuzz_*.c))))
FUZZ_FLAGS   := -g -O1 -std=gnu11 -fno-sanitize-recover=undefined -MMD -MP
FUZZ_WARN    := -Wall -Wextra -Wno-missing-field-initializers -Wno-unused-function -Wno-pointer-arith $(if $(WERROR),-Werror)
FUZZ_SOURCES := $(filter-out src/main.c src/base/arena.c,$(HOST_SOURCES))
FUZZ_OBJECTS := $(FUZZ_SOURCES:src/%.c=$(TEST)/fuzz/o/%.o) $(TEST)/fuzz/o/fuzz_arena.o

$(TEST)/fuzz/o/%.o: src/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)clang $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

$(TEST)/fuzz/o/fuzz_arena.o: tests/fuzz/arena.c
	@mkdir -p $(@D)
	$(call quiet,CC)clang $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

$(TEST)/fuzz/o/cmd/version.o $(TEST)/fuzz/o/cmd/features.o: $(BUILD)/commit
$(TEST)/fuzz/o/cmd/version.o $(TEST)/fuzz/o/cmd/features.o: CPPFLAGS += -DCAISSON_VERSION='"$(VERSION)"' -DCAISSON_COMMIT='"$(COMMIT)"'

$(TEST)/fuzz/runtime.a: $(FUZZ_OBJECTS) $(IMAGES)
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^

$(TEST)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(TEST)/fuzz/runtime.a
	@mkdir -p $(@D)
	$(call quiet,CC)clang $(CPPFLAGS) $(FUZZ_FLAGS) $(FUZZ_WARN) -fsanitize=fuzzer,address,undefined -o $@ $< $(TEST)/fuzz/runtime.a $(LIBS) -lyajl -lm

-include $(wildcard $(TEST)/fuzz/*.d $(TEST)/fuzz/o/*/*.d $(TEST)/fuzz/o/*.d)

ifeq ($(wildcard $(shell clang -print-resource-dir 2>/dev/null)/lib/linux/libclang_rt.fuzzer-*.a),)
fuzz:
	@echo "ok - fuzz # SKIP no clang with libFuzzer"
else
fuzz: $(FUZZERS:%=$(TEST)/fuzz/%)
	@tests/fuzz/run --minutes '$(MINUTES)' --seconds '$(FUZZ_SECONDS)' $^
endif

# ---- all of it, whole ----

include tests/long/long.mk

# ---- measuring ----

include tests/bench/bench.mk

# ---- the adversarial suite ----

include tests/adversarial/adversarial.mk

# ---- unfriendly hosts ----

include tests/unfriendly/unfriendly.mk

# ---- read back ----

include tests/read_back/read_back.mk

# ---- the sweep ----

include tests/sweep/sweep.mk

# ---- stress ----

include tests/stress/stress.mk

# ---- coverage ----

include tests/coverage/coverage.mk

# ---- demo ----

demo:
	@bash tests/demo.sh

.PHONY: check-sanitize analyze lint-rules check-unit vm-images vm-ready check-vm check-engines check-debian check-golden check-integration fuzz
