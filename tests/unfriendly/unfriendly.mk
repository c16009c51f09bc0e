# Unfriendly hosts: system calls that a filter forbids, few descriptors, callers in odd states.
#
#   make check-unfriendly               a few containers for each forbidden call, and the callers: a part of make check
#   make check-unfriendly LONG=1        and the whole integration suite for each call and each error, with openat2 the adversarial one, too;
#                                       FORBID="openat2=EPERM" for one alone, FILTER as for check-integration

FORBID ?=

UNFRIENDLY_HELPERS := $(ADVERSARIAL_HELPERS) $(TEST)/unfriendly/bare

$(TEST)/unfriendly/bare: tests/unfriendly/bare.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(PROBE_CC) -std=gnu11 -Os -Wall -Wextra -o $@ $<

check-unfriendly: $(UNFRIENDLY_HELPERS) $(INTEGRATION_HELPERS) $(if $(filter $(BUILD)/caisson,$(RUNTIME)),$(BUILD)/caisson)
	@cp $(ADVERSARIAL_HELPERS) $(INTEGRATION_HELPERS) $(TEST)/unfriendly/
	@failed=0; export RUNTIME='$(RUNTIME)' HELPERS='$(TEST)/unfriendly'; \
	$(if $(FORBID),,FILTER='$(FILTER)' FILES='$(FILES)' TESTS=tests/unfriendly tests/integration/run || failed=1;) \
	$(if $(LONG)$(FORBID),FILTER='$(FILTER)' FILES='$(FILES)' tests/unfriendly/run '$(TEST)/unfriendly' '$(FORBID)' || failed=1;) \
	exit $$failed

.PHONY: check-unfriendly
