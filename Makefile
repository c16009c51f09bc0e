# caisson: an OCI container runtime. `make` builds $(BUILD)/caisson; `make demo` and `make check` are the README's two commands.
#
# Three executables come out of one tree: the runtime; init, a tiny static ELF that is the only thing of ours ever inside a container; and
# caisson-libs, which loads the host's big libraries for the few calls that need them. The runtime carries the other two in itself.

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
# All of it at once is smaller; whole objects beside it, for tests/lint.
INIT_LTO := -flto -ffat-lto-objects

# Small libraries are linked statically where the archive is there: loading them costs more than a start should take.
archive = $(firstword $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a 2>/dev/null)) -l$(2))
LIBS    := $(call archive,seccomp,seccomp) $(call archive,cap,cap) $(firstword $(filter /%,$(shell $(CC) -print-file-name=libyajl_s.a 2>/dev/null)) -lyajl)

# The runtime is static, too, with musl, where musl can make static executables that lie anywhere in memory (rcrt1.o) and all archives are
# there; else it is an ordinary program of the distribution's libc, whose own start takes longer than most commands (docs/performance.md).
# `make MUSL=` is the same.
MUSL    ?= $(if $(shell command -v musl-gcc 2>/dev/null),$(dir $(firstword $(wildcard /usr/lib/$(shell uname -m)-linux-musl/rcrt1.o /usr/lib/musl/lib/rcrt1.o))))
ifneq ($(filter -l%,$(LIBS))$(SANITIZE)$(filter clang%,$(CC)),)
override MUSL :=
endif

WARN     := -Wall -Wextra -Werror=implicit-function-declaration -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wno-missing-field-initializers -Wno-pointer-arith
CPPFLAGS += -Iinclude -D_GNU_SOURCE
CFLAGS   ?= -O2 -g
COMMON    = -std=gnu11 $(WARN) -fno-strict-aliasing -fno-common -MMD -MP
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE
LDHARDEN := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
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

ifneq ($(MUSL),)
MULTIARCH := $(shell $(CC) -dumpmachine)
HOST_CC   := musl-gcc -idirafter /usr/include/$(MULTIARCH:x86_64-pc-%=x86_64-%) -idirafter /usr/include
HOST_LD   := $(CC) -nostdlib -static-pie $(MUSL)rcrt1.o $(MUSL)crti.o
HOST_END  := $(MUSL)libc.a $(shell $(CC) -print-libgcc-file-name) $(MUSL)crtn.o
else
HOST_CC   := $(CC)
HOST_LD   := $(CC) -pie
HOST_END  := -ldl
endif

# DEBUG=1: what was set is read back from the kernel and compared (docs/reliability.md). Said to make, not found in its environment: such a
# build does what a container asks of it to test itself. Its version says so.
ifeq ($(origin DEBUG) $(DEBUG),command line 1)
CPPFLAGS     += -DCAISSON_READ_BACK
VERSION      := $(VERSION)+debug
else
READ_BACK    := $(wildcard src/*/read_back*.c)
endif

LAYERS       := base json spec plan kern cgroup state run cmd
HOST_SOURCES := $(filter-out $(READ_BACK),$(sort $(wildcard $(LAYERS:%=src/%/*.c)))) src/main.c
HOST_OBJECTS := $(HOST_SOURCES:src/%.c=$(BUILD)/host/%.o)
INIT_BASE    := base/again base/clock base/format base/error base/number base/file
INIT_RUN     := score baton hook_result planned_mount scheduler create exec
INIT_SOURCES := $(INIT_BASE:%=src/%.c) $(sort $(wildcard src/kern/*.c)) $(INIT_RUN:%=src/run/%.c) $(filter-out $(READ_BACK),$(sort $(wildcard src/init/*.c)))
INIT_OBJECTS := $(INIT_SOURCES:src/%.c=$(BUILD)/init/%.o)
LIBS_SOURCES := src/base/again.c src/base/clock.c src/base/error.c src/base/file.c src/base/format.c src/base/number.c $(sort $(wildcard src/libs/*.c))
LIBS_OBJECTS := $(LIBS_SOURCES:src/%.c=$(BUILD)/libs/%.o)
IMAGES       := $(BUILD)/host/run/init_image.o $(BUILD)/host/cgroup/libs_image.o

# What is made is said in a line; V=1 shows the command.
quiet = $(if $(V),,@echo '  $(1) $@';)

all: $(BUILD)/caisson

$(BUILD)/caisson: $(HOST_OBJECTS) $(IMAGES)
	$(call quiet,LD)$(HOST_LD) $(CFLAGS) $(HARDEN) $(LDFLAGS) $(LDHARDEN) -o $@ $^ $(LIBS) $(HOST_END)

$(BUILD)/host/%.o: src/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(HOST_CC) $(CPPFLAGS) $(COMMON) $(CFLAGS) $(HARDEN) -c -o $@ $<

# One directory, one kind of objects. `demo` and `check` may install musl before there are any.
KIND := $(if $(READ_BACK),release,debug)$(if $(MUSL),-musl)
ifeq ($(filter clean,$(MAKECMDGOALS)),)
ifneq ($(filter-out $(KIND),$(shell mkdir -p $(BUILD); [ -d $(BUILD)/host ] && cat $(BUILD)/kind 2>/dev/null || echo $(KIND) >$(BUILD)/kind)),)
$(error $(BUILD) has objects of another kind, with or without DEBUG=1 or musl: give another BUILD, or make clean)
endif
endif

# Rebuilt when the commit is another one.
$(BUILD)/commit: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || echo '$(VERSION) $(COMMIT)' >$@
	@echo '$(KIND)' >$(BUILD)/kind # which `make clean all` has just taken away
FORCE:

$(BUILD)/host/cmd/version.o $(BUILD)/host/cmd/features.o: $(BUILD)/commit
$(BUILD)/host/cmd/version.o $(BUILD)/host/cmd/features.o: CPPFLAGS += -DCAISSON_VERSION='"$(VERSION)"' -DCAISSON_COMMIT='"$(COMMIT)"'

$(BUILD)/host/run/init_image.o: $(BUILD)/caisson-init
$(BUILD)/host/cgroup/libs_image.o: $(BUILD)/caisson-libs
$(IMAGES): $(BUILD)/host/%.o: src/%.S
	@mkdir -p $(@D)
	$(call quiet,AS)$(CC) -DIMAGE='"$(filter $(BUILD)/caisson-%,$^)"' -c -o $@ $<

# No heap, no stdio, one page of stack: what is not used is thrown away by section.
$(BUILD)/caisson-init: $(INIT_OBJECTS)
	$(call quiet,LD)$(INIT_CC) -Os $(INIT_LTO) -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,norelro -Wl,-z,noseparate-code -Wl,--build-id=none -o $@ $^
	@strip --strip-all -R .comment -R .note.* $@

$(BUILD)/init/%.o: src/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(INIT_CC) $(CPPFLAGS) $(COMMON) -DCAISSON_INIT -Os $(INIT_LTO) -fno-stack-protector -fomit-frame-pointer -fno-asynchronous-unwind-tables \
		-ffunction-sections -fdata-sections -fno-pie -c -o $@ $<

# An ordinary dynamic program, as the libraries are that it loads.
$(BUILD)/caisson-libs: $(LIBS_OBJECTS)
	$(call quiet,LD)$(CC) -pie $(LDHARDEN) -o $@ $^ -ldl
	@strip --strip-all $@

$(BUILD)/libs/%.o: src/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(COMMON) -Os -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -c -o $@ $<

install: all
	install -D -m 0755 $(BUILD)/caisson $(DESTDIR)$(PREFIX)/sbin/caisson
	install -D -m 0644 man/caisson.8 $(DESTDIR)$(PREFIX)/share/man/man8/caisson.8

clean:
	rm -rf $(BUILD)

-include tests/tests.mk
-include $(HOST_OBJECTS:.o=.d) $(INIT_OBJECTS:.o=.d) $(LIBS_OBJECTS:.o=.d)

.PHONY: FORCE all install check lint demo clean
.DELETE_ON_ERROR:
