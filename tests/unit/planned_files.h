/* From a few lines of JSON to the plan's root, mounts, devices, paths and sysctls, for tests of those chapters alone. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/build.h"

static struct arena arena;
static struct plan *plan;
static char sentence[1200]; /* the error, as people read it; empty if there was none */
static unsigned warning_count;
static struct host host;
static struct request request;
static const struct plan_cgroup_directory *directories; /* what plan_cgroup would have decided */
static size_t directory_count;

static void usual_host(void)
{
	host = (struct host){ .kernel = KERNEL_VERSION_OF(6, 1), .kcore = true, .cgroup = { .layout = CGROUP_UNIFIED } };
	request = (struct request){ .id = "box", .bundle = "/bundle" };
	directories = NULL;
	directory_count = 0;
}

static int plan_chapters(const char *document, struct planning *p, struct error *error)
{
	struct spec *spec = arena_new(&arena, struct spec);

	plan = arena_new(&arena, struct plan);
	*p = (struct planning){ .spec = spec, .host = &host, .request = &request, .arena = &arena, .plan = plan };
	try(spec_read("config.json", document, strlen(document), &arena, spec, NULL, error));
	plan->bundle = request.bundle;
	plan->mount_label = spec->linux_->mount_label;
	plan->cgroup.directories = directories;
	plan->cgroup.directory_count = directory_count;
	try(plan_namespaces(p, error));
	try(plan_net_devices(p, error));
	try(plan_root(p, error));
	try(plan_mounts(p, error));
	try(plan_devices(p, error));
	try(plan_paths(p, error));
	return plan_sysctl(p, error);
}

/* `top` are members of the document beside ociVersion and linux, `linux_` those of the linux object. */
static int make_plan(const char *top, const char *linux_)
{
	struct planning p;
	struct error error = { 0 };
	const char *document = arena_printf(&arena, "{\"ociVersion\":\"1.3.0\",%s,\"linux\":{%s}}", top, linux_);

	int r = plan_chapters(document, &p, &error);
	sentence[0] = '\0';
	if (r < 0)
		error_sentence(&error, sentence, sizeof(sentence));
	warning_count = 0;
	for (const struct plan_warning *w = p.warnings; w; w = w->next)
		warning_count++;
	return r;
}

#define ROOT "\"root\":{\"path\":\"rootfs\"}"
#define MOUNT_NS "\"namespaces\":[{\"type\":\"mount\"}]"
#define USER_NS "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],\"uidMappings\":[{\"containerID\":0," \
	"\"hostID\":1000,\"size\":10}]," \
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":2000,\"size\":10}]"

static int open_arena(void **state)
{
	(void)state;
	usual_host();
	return arena_open(&arena);
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(&arena);
	return 0;
}
