# Everything, whole, as one command: hours of a core. Each part goes on when another fails; the exit code tells.
#
#   make check-long                                  all parts, then a table of all figures
#   make check-long MINUTES=60                       so many of them for fuzzing
#   make check-long PARTS="sweep fuzz"               these alone; the table has the latest log of each part
#   make check-long PARTS= REPORT=1                  runs nothing: the table, also into docs/reliability.md; what has no log here is
#                                                    as it was (docs/reliability.json)
#
# Each part's TAP, with where and when it was made, is $(BUILD)/long/PART.tap. What a part's own target takes can be given, too:
# SWEEP_STRIDE=97. The parts and their targets are tests/long/run's list.

PARTS          ?= check seccomp adversarial sweep vm unfriendly stress read-back fuzz sanitize analysis coverage
STRESS_SECONDS ?= 600

check-long:
	@sh tests/tools; $(if $(filter fuzz analysis,$(PARTS)),sh tests/tools --analyze;) \
	MAKE='$(MAKE)' MINUTES='$(if $(filter file,$(origin MINUTES)),30,$(MINUTES))' STRESS_SECONDS='$(STRESS_SECONDS)' tests/long/run '$(BUILD)' $(PARTS); \
	code=$$?; tests/long/report $(if $(REPORT),--write docs/reliability.md --keep docs/reliability.json) '$(BUILD)/long' && exit $$code

.PHONY: check-long
