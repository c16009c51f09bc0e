/* What the fuzz targets share: assertions, an input taken piece by piece, a directory of their own, hosts to plan for. */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "plan/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for any input. The sanitizers print where we come from. */
#define must(holds)                                                                                     \
	do {                                                                                            \
		if (!(holds)) {                                                                         \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);      \
			__builtin_trap();                                                               \
		}                                                                                       \
	} while (0)

/* Every refusal says why. */
#define must_tell(result, error) must((result) >= 0 || (error)->text[0])

/* ---- the input, from its front ---- */

struct input { const uint8_t *data; size_t size; };

static inline uint8_t take_byte(struct input *in)
{
	uint8_t byte = in->size ? *in->data : 0;

	if (in->size) {
		in->data++;
		in->size--;
	}
	return byte;
}

static inline unsigned take_below(struct input *in, size_t most) { return (unsigned)(take_byte(in) % most); }

static inline uint64_t take_u64(struct input *in)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | take_byte(in);
	return value;
}

/* Up to a NUL, or to the end; a copy of exactly that size, in the arena. */
static inline char *take_text(struct input *in, struct arena *arena)
{
	const uint8_t *end = in->size ? memchr(in->data, 0, in->size) : NULL;
	size_t length = end ? (size_t)(end - in->data) : in->size;
	char *text = arena_copy(arena, (const char *)in->data, length);

	in->data += length + (end != NULL);
	in->size -= length + (end != NULL);
	return text;
}

/* All the rest, and a NUL: texts of the kernel have none of their own. */
static inline char *take_rest(struct input *in, struct arena *arena)
{
	char *text = arena_copy(arena, (const char *)in->data, in->size);

	in->size = 0;
	return text;
}

/* ---- files ---- */

/* A directory below $TMPDIR, which whoever runs the targets removes. */
static inline int own_directory(void)
{
	static int dir = -1;
	char name[256];
	const char *above = getenv("TMPDIR");

	if (dir >= 0)
		return dir;
	snprintf(name, sizeof(name), "%s/fuzz-XXXXXX", above ? above : "/tmp");
	must(mkdtemp(name));
	dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir >= 0);
	return dir;
}

static inline void put_file(int dir, const char *name, const void *data, size_t size)
{
	_cleanup_fd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0);
	must(write(fd, data, size) == (ssize_t)size);
}

/* ---- hosts ---- */

enum { HOST_UNIFIED, HOST_LEGACY, HOST_HYBRID, HOST_SYSTEMD, HOST_USER, HOST_KINDS };

#define ALL_V2 (1u << CG_CPU | 1u << CG_CPUSET | 1u << CG_MEMORY | 1u << CG_IO | 1u << CG_PIDS | 1u << CG_HUGETLB | 1u << CG_RDMA)

static inline struct host host_of(unsigned kind)
{
	struct host host = { .kernel = KERNEL_VERSION_OF(6, 18), .kcore = true, .last_capability = 40, .capabilities = (1ull << 41) - 1 };
	static const char *const v1[CG_CONTROLLERS] = {
		[CG_CPU] = "/cg/cpu,cpuacct", [CG_CPUACCT] = "/cg/cpu,cpuacct", [CG_CPUSET] = "/cg/cpuset", [CG_MEMORY] = "/cg/memory",
		[CG_IO] = "/cg/blkio", [CG_PIDS] = "/cg/pids", [CG_DEVICES] = "/cg/devices", [CG_HUGETLB] = "/cg/hugetlb",
		[CG_RDMA] = "/cg/rdma", [CG_NET_CLS] = "/cg/net", [CG_NET_PRIO] = "/cg/net",
	};
	static const enum cgroup_layout layouts[HOST_KINDS] = {
		[HOST_UNIFIED] = CGROUP_UNIFIED, [HOST_LEGACY] = CGROUP_LEGACY, [HOST_HYBRID] = CGROUP_HYBRID,
		[HOST_SYSTEMD] = CGROUP_UNIFIED, [HOST_USER] = CGROUP_UNIFIED,
	};

	host.cgroup.layout = layouts[kind];
	if (kind != HOST_LEGACY) {
		host.cgroup.v2 = "/cg";
		host.cgroup.v2_controllers = kind == HOST_HYBRID ? 1u << CG_HUGETLB : ALL_V2;
	}
	if (kind == HOST_LEGACY || kind == HOST_HYBRID) {
		host.cgroup.memory_v1_swap = true;
		memcpy(host.cgroup.v1, v1, sizeof(v1));
	}
	host.systemd = kind == HOST_SYSTEMD;
	if (kind == HOST_USER) {
		host.euid = host.egid = 1000;
		host.unprivileged = true;
		host.cgroup.beside = "/user.slice";
	}
	return host;
}
