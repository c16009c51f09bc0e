# The compiler of seccomp profiles against libseccomp and the kernel, whole (tests/unit/test_filter*.c). `make check-unit` runs the short form.
#
#   make check-seccomp LONG=1                          10,000 random profiles, 3,000 of them loaded
#   make check-seccomp SECCOMP_SEED=7 SECCOMP_COUNT=100
#   PROFILES=DIRECTORY                                 where the engines' own profiles are, or come to
#
# Those are never in our tree: they come with Debian packages, of which nothing is installed.

PROFILES ?= $(TEST)/profiles

$(PROFILES)/list: tests/seccomp/profiles
	@if why=$$(sh tests/tools --profiles '$(PROFILES)' 2>&1); then \
		tests/seccomp/profiles '$(PROFILES)/unpacked' '$(PROFILES)' >$@.new && mv $@.new $@; \
	else echo "ok - the engines' own seccomp profiles # SKIP $$why"; fi

# The environment of the unit tests. With sanitizers a case takes ten times as long, and means the same.
FILTER_TESTS = LONG='$(LONG)' $(if $(SANITIZE),SECCOMP_COUNT=$(or $(SECCOMP_COUNT),200)) SECCOMP_PROFILES="$$(cat '$(PROFILES)/list' 2>/dev/null | tr '\n' ' ')"

check-seccomp: $(filter $(TEST)/unit/test_filter%,$(UNIT_PROGRAMS)) $(PROFILES)/list
	@$(FILTER_TESTS) tests/unit/run $(filter $(TEST)/unit/test_filter%,$^)

.PHONY: check-seccomp
