# The stress program: many commands at the same time, on one id and on many (security cases C69 to C71, C75, C77, C79 to C82, C96).
#
#   make check-stress                       the whole form: ten minutes of random commands on one id, five on many, then all else
#   make check-stress SECONDS=60 SEED=42 CHAPTER=one SLOW=3
#   make check-stress-short                 what `make check` runs
#
# Chapters are listed in tests/stress/stress.c. SLOW multiplies every limit of time.

SECONDS ?= 600
SEED    ?=
CHAPTER ?=
SLOW    ?=
STRESS  := $(TEST)/stress/stress

STRESS_SOURCES := $(sort $(wildcard tests/stress/*.c))

$(STRESS): $(STRESS_SOURCES) tests/stress/stress.h
	@mkdir -p $(@D)
	$(call quiet,CC)$(PROBE_CC) -std=gnu11 -O2 $(WARN) -Wno-format-truncation -o $@ $(STRESS_SOURCES)

stress_run = STRESS=$(STRESS) CAISSON=$(BUILD)/caisson tests/stress/run $(1) \
	$(if $(SEED),-s $(SEED)) $(if $(CHAPTER),-c $(CHAPTER)) $(if $(SLOW),-f $(SLOW))

check-stress: $(STRESS) $(BUILD)/caisson
	@$(call stress_run,-w -t $(SECONDS))

check-stress-short: $(STRESS) $(BUILD)/caisson
	@$(call stress_run,-t 4)

.PHONY: check-stress check-stress-short
