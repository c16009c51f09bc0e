# The adversarial suite (tests/adversarial/README.md):
#
#   make check-adversarial              bounded: less than a minute; a part of make check
#   make check-adversarial LONG=1       all rounds; FILTER and RUNTIME as for check-integration

LONG ?=

$(TEST)/adversarial/%: tests/adversarial/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) -static -std=gnu11 -Os -Wall -Wextra -o $@ $<

$(TEST)/adversarial/loader: tests/adversarial/loader.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) -shared -fPIC -nostdlib -ffreestanding -fno-stack-protector -std=gnu11 -Os -Wall -Wextra \
		-Wl,-e,loaded -Wl,-init,loaded -o $@ $<

ADVERSARIAL_HELPERS := $(addprefix $(TEST)/adversarial/,forbid swap keeper seize threads loader)

# One directory has all helpers: those of the integration tests, too.
check-adversarial: $(ADVERSARIAL_HELPERS) $(INTEGRATION_HELPERS) $(if $(filter $(BUILD)/caisson,$(RUNTIME)),$(BUILD)/caisson)
	@cp $(INTEGRATION_HELPERS) $(TEST)/adversarial/
	@RUNTIME='$(RUNTIME)' HELPERS='$(TEST)/adversarial' FILES='$(FILES)' FILTER='$(FILTER)' TESTS=tests/adversarial \
		LONG='$(LONG)' FILE_LIMIT=$(if $(LONG),14400,$${FILE_LIMIT:-300}) tests/integration/run

.PHONY: check-adversarial
