/* From a few lines of JSON to the plan's process and filter, for tests of those chapters alone. */
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
static const char *warnings; /* one a line, the newest first */
static struct host host;
static struct request request;

static void usual_host(void)
{
	host = (struct host){ .kernel = KERNEL_VERSION_OF(6, 1), .last_capability = 40, .capabilities = (UINT64_C(1) << 41) - 1 };
	request = (struct request){ .id = "box", .bundle = "/bundle" };
}

static int plan_chapters(const char *document, struct planning *p, struct error *error)
{
	struct spec *spec = arena_new(&arena, struct spec);

	plan = arena_new(&arena, struct plan);
	*p = (struct planning){ .spec = spec, .host = &host, .request = &request, .arena = &arena, .plan = plan };
	try(spec_read("config.json", document, strlen(document), &arena, spec, NULL, error));
	if (spec->linux_)
		try(plan_namespaces(p, error));
	try(plan_process(p, error));
	try(plan_console(p, error));
	return plan_seccomp(p, error);
}

/* `process` are members of the process object beside args and cwd, `linux_` those of the linux object. */
static int make_plan(const char *process, const char *linux_)
{
	struct planning p;
	struct error error = { 0 };
	struct text lines = text_in(&arena);
	const char *document = arena_printf(&arena, "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},"
		"\"process\":{\"user\":{\"uid\":0,\"gid\":0}%s},\"linux\":{%s}}", process, linux_);

	int r = plan_chapters(document, &p, &error);
	sentence[0] = '\0';
	if (r < 0)
		error_sentence(&error, sentence, sizeof(sentence));
	text_add(&lines, "");
	for (const struct plan_warning *w = p.warnings; w; w = w->next)
		text_printf(&lines, "%s\n", w->text);
	warnings = lines.data ? lines.data : "";
	return r;
}

#define USUAL ",\"args\":[\"sh\"],\"cwd\":\"/\""
