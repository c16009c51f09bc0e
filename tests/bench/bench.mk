# Measuring: caisson beside crun, runc and the floor, in turn.
#
#   make bench ROUNDS=50 OPS="run life list"    OPS: groups or operations; without it, all of it: some minutes, idle otherwise
#   make bench REPORT=1                         writes docs/performance.md's tables and docs/performance.svg too
#   make bench-check                            ratios and numbers of system calls against tests/bench/limits and budgets; a minute at most
#   CRUN=/path RUNC=/path                       peers other than those of PATH

ROUNDS   ?= 50
OPS      ?=
CRUN     ?= crun
RUNC     ?= runc
REPORT   ?=
BENCH    := $(BUILD)/bench
# The floor is made of x86-64's system calls; it is compared as musl makes it, without a dynamic linker.
BENCH_CC    ?= $(PROBE_CC) -std=gnu11 -O2 -D_GNU_SOURCE $(WARN)
BENCH_X86   := $(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null))
BENCH_FLOOR := $(if $(and $(BENCH_X86),$(shell command -v musl-gcc 2>/dev/null)),$(BENCH)/floor)
BENCH_TOOLS := $(BENCH)/timer $(BENCH)/within $(BENCH)/memlock.so $(BENCH_FLOOR)

$(BENCH)/timer $(BENCH)/within: $(BENCH)/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(BENCH_CC) -o $@ $<

$(BENCH)/floor: tests/bench/floor.c tests/bench/floor_inside.c tests/bench/floor.h tests/bench/floor_filter.h
	@mkdir -p $(@D)
	$(call quiet,CC)$(BENCH_CC) -o $@ $(filter %.c,$^)

$(BENCH)/memlock.so: tests/bench/memlock.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -shared -fPIC -o $@ $<

bench: $(BUILD)/caisson $(BENCH_TOOLS)
	@CRUN='$(CRUN)' RUNC='$(RUNC)' tests/bench/bench --build '$(BENCH)' --caisson '$(BUILD)/caisson' --rounds '$(ROUNDS)' \
		$(if $(REPORT),--report docs) $(OPS)

bench-check: $(BUILD)/caisson $(BENCH_TOOLS)
	@CRUN='$(CRUN)' RUNC='$(RUNC)' tests/bench/bench --build '$(BENCH)' --caisson '$(BUILD)/caisson' --check

.PHONY: bench bench-check

# Many containers at once (docs/scale.md). 10,000 take some 15 GiB of memory.
COUNTS ?= 0 100 1000

bench-scale: $(BUILD)/caisson $(BENCH_TOOLS)
	@tests/bench/scale.py --build '$(BENCH)' --caisson '$(BUILD)/caisson' $(COUNTS)

.PHONY: bench-scale
