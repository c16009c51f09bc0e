# The sweep: the runtime killed, or made to fail, at every system call of its commands (security cases C87, C89, C91, C95, C96).
#
#   make check-sweep                                    all points; prints a table
#   make check-sweep SWEEP_STRIDE=7 SWEEP_ACT=kill SWEEP_COMMAND=create SWEEP_CONFIGS=full
#   make check-sweep-short                              which rows are played, and few points: what `make check` runs

SWEEP_STRIDE  ?= 1
SWEEP_ACT     ?=
SWEEP_COMMAND ?=
SWEEP_CONFIGS ?=
SWEEP         := $(TEST)/sweep
SWEEP_SOURCES := $(sort $(filter-out tests/sweep/alloc.c,$(wildcard tests/sweep/*.c)))

# The numbers of this machine's system calls, with their names.
$(SWEEP)/names.h:
	@mkdir -p $(@D)
	@echo '#include <sys/syscall.h>' | $(CC) -E -dM - | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/	[\2] = "\1",/p' | sort >$@

$(SWEEP)/sweep: $(SWEEP_SOURCES) tests/sweep/sweep.h tests/sweep/box.h $(SWEEP)/names.h
	$(call quiet,CC)$(PROBE_CC) -std=gnu11 -O2 -D_GNU_SOURCE -I$(SWEEP) $(WARN) -Wno-format-truncation -o $@ $(SWEEP_SOURCES)

# The same objects, with allocations that ask first.
$(SWEEP)/alloc.o: tests/sweep/alloc.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(HOST_CC) $(CPPFLAGS) -std=gnu11 $(CFLAGS) -fPIE -c -o $@ $<

SWEEP_WRAP := $(foreach call,malloc calloc realloc arena_alloc arena_grow,-Wl,--wrap=$(call))

$(SWEEP)/caisson-alloc: $(BUILD)/caisson $(SWEEP)/alloc.o
	$(call quiet,LD)$(HOST_LD) $(CFLAGS) $(HARDEN) $(LDFLAGS) $(LDHARDEN) $(SWEEP_WRAP) -o $@ $(HOST_OBJECTS) $(IMAGES) $(SWEEP)/alloc.o $(LIBS) $(HOST_END)

ifneq ($(BENCH_X86),)
SWEEP_NEEDS := $(SWEEP)/sweep $(SWEEP)/caisson-alloc $(BUILD)/caisson $(TEST)/integration/probe
# $(call sweep_run,PROGRAM,OPTIONS[,CONFIGS])
sweep_run = SWEEP=$(SWEEP)/sweep PROBE=$(TEST)/integration/probe CAISSON=$(1) tests/sweep/run $(2) \
	$(if $(SWEEP_ACT),-a $(SWEEP_ACT)) $(if $(SWEEP_COMMAND),-c $(SWEEP_COMMAND)) $(or $(SWEEP_CONFIGS),$(3))
sweep_rows = SWEEP=$(SWEEP)/sweep PROBE=$(TEST)/integration/probe CAISSON=$(BUILD)/caisson tests/sweep/run -r

check-sweep: $(SWEEP_NEEDS)
	@failed=0; $(call sweep_rows) || failed=1; $(call sweep_run,$(BUILD)/caisson,-s $(SWEEP_STRIDE)) || failed=1; \
	$(call sweep_run,$(SWEEP)/caisson-alloc,-s $(SWEEP_STRIDE) -a fault -o allocation) || failed=1; exit $$failed

check-sweep-short: $(SWEEP_NEEDS)
	@failed=0; $(call sweep_rows) || failed=1; $(call sweep_run,$(BUILD)/caisson,-s 151,full plain user) || failed=1; \
	$(call sweep_run,$(BUILD)/caisson,-s 101 -a kill -c create,joined late returned ordinary) || failed=1; \
	$(call sweep_run,$(SWEEP)/caisson-alloc,-s 401 -a fault -o allocation -c create,full ordinary) || failed=1; exit $$failed
else
check-sweep check-sweep-short:
	@echo "ok - sweep # SKIP it knows the registers of x86-64 alone"
endif

.PHONY: check-sweep check-sweep-short
