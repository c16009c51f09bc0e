# caisson: an OCI container runtime. `make` builds $(BUILD)/caisson; `make demo` and `make check` are the README's two commands.
#
# Two executables come out of one tree: init, a tiny static ELF that is the only thing of ours ever inside a container, and the
# runtime, which carries init in itself (src/run/init_image.S).

BUILD   ?= build
DESTDIR ?=
PREFIX  ?= /usr/local
# make has a CC of its own, which counts as default.
ifeq ($(origin CC),default)
CC      := gcc
endif
VERSION := $(shell cat VERSION)
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

# A distribution without musl builds init with its own libc: make INIT_CC='cc -static'
INIT_CC ?= musl-gcc -static

WARN     := -Wall -Wextra -Werror=implicit-function-declaration -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wno-missing-field-initializers -Wno-pointer-arith
CPPFLAGS += -Iinclude -D_GNU_SOURCE
CFLAGS   ?= -O2 -g
COMMON    = -std=gnu11 $(WARN) -fno-strict-aliasing -fno-common -MMD -MP
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE
LDHARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
HARDEN   += -fcf-protection
endif

# SANITIZE=1: address and undefined behaviour sanitizers for the runtime's side; init stays as it is.
ifdef SANITIZE
HARDEN   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -fPIE
else
HARDEN   += -D_FORTIFY_SOURCE=2
endif
ifdef WERROR
WARN     += -Werror
endif

# Small libraries are linked statically where the archive is there: loading them costs more than a start should take.
archive = $(firstword $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a 2>/dev/null)) -l$(2))
LIBS    := $(call archive,seccomp,seccomp) $(call archive,cap,cap) $(firstword $(filter /%,$(shell $(CC) -print-file-name=libyajl_s.a 2>/dev/null)) -lyajl) -ldl

LAYERS       := base json spec plan kern cgroup state run cmd
HOST_SOURCES := $(sort $(wildcard $(LAYERS:%=src/%/*.c))) src/main.c
HOST_OBJECTS := $(HOST_SOURCES:src/%.c=$(BUILD)/host/%.o)
INIT_BASE    := base/clock base/format base/error base/number base/file
INIT_RUN     := score baton hook_result planned_mount create exec
INIT_SOURCES := $(INIT_BASE:%=src/%.c) $(sort $(wildcard src/kern/*.c)) $(INIT_RUN:%=src/run/%.c) $(sort $(wildcard src/init/*.c))
INIT_OBJECTS := $(INIT_SOURCES:src/%.c=$(BUILD)/init/%.o)

# What is made is said in a line; V=1 shows the command.
quiet = $(if $(V),,@echo '  $(1) $@';)

all: $(BUILD)/caisson

$(BUILD)/caisson: $(HOST_OBJECTS) $(BUILD)/host/run/init_image.o
	$(call quiet,LD)$(CC) $(CFLAGS) $(HARDEN) $(LDFLAGS) $(LDHARDEN) -o $@ $^ $(LIBS)

$(BUILD)/host/%.o: src/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(COMMON) $(CFLAGS) $(HARDEN) -c -o $@ $<

# Rebuilt when the commit is another one.
$(BUILD)/commit: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || echo '$(VERSION) $(COMMIT)' >$@
FORCE:

$(BUILD)/host/cmd/version.o $(BUILD)/host/cmd/features.o: $(BUILD)/commit
$(BUILD)/host/cmd/version.o $(BUILD)/host/cmd/features.o: CPPFLAGS += -DCAISSON_VERSION='"$(VERSION)"' -DCAISSON_COMMIT='"$(COMMIT)"'

$(BUILD)/host/run/init_image.o: src/run/init_image.S $(BUILD)/caisson-init
	@mkdir -p $(@D)
	$(call quiet,AS)$(CC) -DINIT_IMAGE='"$(BUILD)/caisson-init"' -c -o $@ $<

# No heap, no stdio, one page of stack: what is not used is thrown away by section.
$(BUILD)/caisson-init: $(INIT_OBJECTS)
	$(call quiet,LD)$(INIT_CC) -Os -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,norelro -Wl,-z,noseparate-code -Wl,--build-id=none -o $@ $^
	@strip --strip-all -R .comment -R .note.* $@

$(BUILD)/init/%.o: src/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(INIT_CC) $(CPPFLAGS) $(COMMON) -DCAISSON_INIT -Os -fno-stack-protector -fomit-frame-pointer -fno-asynchronous-unwind-tables \
		-ffunction-sections -fdata-sections -fno-pie -c -o $@ $<

install: all
	install -D -m 0755 $(BUILD)/caisson $(DESTDIR)$(PREFIX)/sbin/caisson
	install -D -m 0644 man/caisson.8 $(DESTDIR)$(PREFIX)/share/man/man8/caisson.8

clean:
	rm -rf $(BUILD)

-include tests/tests.mk
-include $(HOST_OBJECTS:.o=.d) $(INIT_OBJECTS:.o=.d)

.PHONY: FORCE all install check lint demo clean
.DELETE_ON_ERROR:
