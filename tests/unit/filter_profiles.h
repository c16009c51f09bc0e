/* Seccomp profiles as engines have them: written from documentation, and the engines' own. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "planned.h"
#include "spec/template.h"

#include "filter_compare.h"

static const struct plan_seccomp *planned(const char *members)
{
	usual_host();
	if (make_plan(USUAL, arena_printf(&arena, "\"seccomp\":{%s}", members)) < 0)
		fail_msg("%s", sentence);
	return plan->seccomp;
}

#define THREE "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],"
#define RULE(action, names, more) "{\"action\":\"SCMP_ACT_" action "\",\"names\":[" names "]" more "}"
#define ARGS(list) ",\"args\":[" list "]"
#define ARG(index, op, value, two) "{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" #value ",\"valueTwo\":" #two "}"
#define PERSONALITY(value) RULE("ALLOW", "\"personality\"", ARGS(ARG(0, "EQ", value, 0)))
#define PERSONALITIES PERSONALITY(0) "," PERSONALITY(8) "," PERSONALITY(131072) "," PERSONALITY(131080) "," PERSONALITY(4294967295)
#define CLONE_WITHOUT_NAMESPACES RULE("ALLOW", "\"clone\"", ARGS(ARG(0, "MASKED_EQ", 2114060288, 0)))

/* What engines' default profiles are made of, over the usual few hundred names, which are the example's: written from their
 * documentation, and there everywhere. */
static const struct { const char *name, *head, *rules; } engines[] = {
	{ "Docker's", "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1," THREE,
		RULE("ALLOW", "\"process_vm_readv\",\"process_vm_writev\",\"ptrace\"", "") ","
		RULE("ALLOW", "\"socket\"", ARGS(ARG(0, "NE", 40, 0))) "," PERSONALITIES ","
		RULE("ALLOW", "\"arch_prctl\",\"modify_ldt\"", "") "," CLONE_WITHOUT_NAMESPACES ","
		RULE("ERRNO", "\"clone3\"", ",\"errnoRet\":38") },
	{ "Docker's with CAP_SYS_ADMIN", "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1," THREE,
		RULE("ALLOW", "\"socket\"", ARGS(ARG(0, "NE", 40, 0))) "," PERSONALITIES "," CLONE_WITHOUT_NAMESPACES ","
		RULE("ALLOW", "\"bpf\",\"clone\",\"clone3\",\"fanotify_init\",\"mount\",\"setns\",\"umount2\",\"unshare\"", "") },
	{ "containerd's", "\"defaultAction\":\"SCMP_ACT_ERRNO\"," THREE,
		RULE("ALLOW", "\"ptrace\"", "") "," RULE("ALLOW", "\"socket\"", ARGS(ARG(0, "NE", 40, 0))) "," PERSONALITIES ","
		RULE("ALLOW", "\"arch_prctl\",\"modify_ldt\"", "") "," CLONE_WITHOUT_NAMESPACES ","
		RULE("ERRNO", "\"clone3\"", ",\"errnoRet\":38") },
	{ "Podman's", "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38," THREE,
		RULE("ERRNO", "\"bdflush\",\"io_pgetevents\",\"kexec_load\",\"mount\",\"setns\",\"swapon\"", ",\"errnoRet\":1") ","
		RULE("ALLOW", "\"clone\",\"clone3\",\"socketcall\"", "") "," PERSONALITIES ","
		RULE("ERRNO", "\"socket\"", ",\"errnoRet\":22" ARGS(ARG(0, "EQ", 16, 0) "," ARG(2, "EQ", 9, 0))) ","
		RULE("ALLOW", "\"socket\"", ARGS(ARG(2, "NE", 9, 0))) "," RULE("ALLOW", "\"socket\"", ARGS(ARG(0, "NE", 16, 0))) ","
		RULE("ALLOW", "\"socket\"", ARGS(ARG(2, "NE", 9, 0))) },
	{ "a list of what is denied", "\"defaultAction\":\"SCMP_ACT_ALLOW\"," THREE,
		RULE("ERRNO", "\"mount\",\"socket\",\"shmget\"", "") "," RULE("KILL", "\"ptrace\"", "") ","
		RULE("LOG", "\"personality\"", "") },
	{ "one that kills", "\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\"," THREE, PERSONALITIES "," CLONE_WITHOUT_NAMESPACES },
};

static const struct plan_seccomp *example(void)
{
	const struct template_options options = { .kind = TEMPLATE_EXAMPLE, .machine = TEMPLATE_MACHINE };
	struct text text = text_in(&arena);
	struct planning p;
	struct error error = { 0 };

	usual_host();
	template_config(&options, &text);
	assert_int_equal(plan_chapters(text.data, &p, &error), 0);
	return plan->seccomp;
}

static void profiles_written(void (*use)(const char *name, const struct plan_seccomp *profile))
{
	struct text names = text_in(&arena);
	const struct plan_seccomp_rule *usual = &example()->rules[0];

	for (size_t i = 0; i < usual->name_count; i++)
		text_printf(&names, "%s\"%s\"", i ? "," : "", usual->names[i]);
	for (size_t i = 0; i < array_length(engines); i++)
		use(engines[i].name, planned(arena_printf(&arena, "%s\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[%s]},%s]",
			engines[i].head, names.data, engines[i].rules)));
}

/* The engines' own: files of the environment's SECCOMP_PROFILES (tests/seccomp). Returns how many there are. */
static unsigned profiles_own(void (*use)(const char *name, const struct plan_seccomp *profile))
{
	static char content[1 << 20];
	char *files = getenv("SECCOMP_PROFILES"), *file;
	unsigned count = 0;

	files = files ? strdup(files) : NULL;
	for (char *rest = files; rest && (file = strsep(&rest, " "));) {
		if (!*file)
			continue;
		FILE *from = fopen(file, "re");
		if (!from)
			fail_msg("cannot open %s", file);
		size_t length = fread(content, 1, sizeof(content) - 1, from);
		fclose(from);
		content[length] = '\0';
		const char *name = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
		use(name, planned(arena_printf(&arena, "%.*s", (int)(strrchr(content, '}') - content - 1), content + 1)));
		count++;
	}
	free(files);
	return count;
}
