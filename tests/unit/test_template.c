/* The configurations `caisson spec` writes: they read, they say what the contract says, the example is config.json.example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "spec/spec.h"
#include "spec/template.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct arena arena;
static struct spec spec;

static const char *template_text(const struct template_options *options)
{
	struct text text = text_in(&arena);
	struct json_note *notes = NULL;
	struct error error = { 0 };
	template_config(options, &text);
	if (spec_read("config.json", text.data, text.length, &arena, &spec, &notes, &error) < 0)
		fail_msg("%s: %s", error.path, error.text);
	assert_null(notes);
	return text.data;
}

static void example_is_the_file(void **state)
{
	static char file[1 << 16];
	FILE *golden = fopen("config.json.example", "r");
	(void)state;
	assert_non_null(golden);
	file[fread(file, 1, sizeof(file) - 1, golden)] = '\0';
	fclose(golden);
	const char *text = template_text(&(struct template_options){ .kind = TEMPLATE_EXAMPLE, .machine = TEMPLATE_X86_64 });
	if (strcmp(text, file))
		fail_msg("config.json.example is not what `caisson spec --example` writes: write it anew");
	assert_int_equal(spec.linux_->namespaces.count, 6);
	assert_true(*spec.linux_->resources->memory->limit == 536870912 && *spec.linux_->resources->pids->limit == 100);
	assert_true(*spec.linux_->resources->cpu->quota == 50000 && *spec.linux_->resources->cpu->period == 100000);
	assert_int_equal(spec.process->capabilities->bounding.count, 14);
}

static bool in_list(const struct json_strings *list, const char *word)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i], word))
			return true;
	return false;
}

static void example_profile_holds_back_what_opens_walls(void **state)
{
	static const char *const dangerous[] = {
		"mount", "umount2", "pivot_root", "move_mount", "fsopen", "open_tree", "mount_setattr", "setns", "unshare",
		"clone", "clone3", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
		"swapon", "swapoff", "bpf", "ptrace", "process_vm_writev", "add_key", "keyctl", "request_key",
		"settimeofday", "clock_settime", "clock_settime64", "adjtimex", "quotactl", "quotactl_fd",
		"open_by_handle_at", "perf_event_open", "userfaultfd", "io_uring_setup", "personality", "socket", "iopl",
		"ioperm", "acct", "syslog", "sethostname", "pidfd_getfd",
	};
	static const char *const ordinary[] = {
		"execve", "read", "openat", "mmap", "futex", "rt_sigreturn", "restart_syscall", "wait4", "exit_group",
		"statx", "rseq", "clock_gettime64", "vfork", "prctl", "capset", "setgroups", "seccomp", "newfstatat",
		"set_robust_list", "getrandom",
	};
	(void)state;
	struct spec_seccomp profile = template_seccomp(TEMPLATE_X86_64);
	const struct spec_syscall *rules = profile.syscalls.items;
	for (size_t i = 0; i < array_length(dangerous); i++)
		if (in_list(&rules[0].names, dangerous[i]))
			fail_msg("%s is allowed", dangerous[i]);
	for (size_t i = 0; i < array_length(ordinary); i++)
		if (!in_list(&rules[0].names, ordinary[i]))
			fail_msg("%s is not allowed", ordinary[i]);
}

static void plain_template_is_the_contract(void **state)
{
	(void)state;
	template_text(&(struct template_options){ .kind = TEMPLATE_PLAIN });
	assert_int_equal(spec.linux_->namespaces.count, 5);
	assert_true(spec.process->terminal && spec.process->no_new_privileges && spec.root->readonly);
	assert_int_equal(spec.process->capabilities->bounding.count, 3);
	assert_false(spec.process->capabilities->ambient.given);
	assert_int_equal(spec.mounts.count, 7);
	assert_int_equal(spec.linux_->masked_paths.count, 10);
	assert_int_equal(spec.linux_->readonly_paths.count, 5);
	assert_null(spec.linux_->seccomp);
	template_text(&(struct template_options){ .kind = TEMPLATE_PLAIN, .flags = TEMPLATE_CGROUP_NAMESPACE });
	assert_int_equal(spec.linux_->namespaces.count, 6);
}

static void rootless_template_needs_no_rights(void **state)
{
	(void)state;
	const char *text = template_text(&(struct template_options){ .kind = TEMPLATE_ROOTLESS, .uid = 1000, .gid = 100 });
	const struct spec_id_mapping *map = spec.linux_->gid_mappings.items;
	assert_true(map->container_id == 0 && map->host_id == 100 && map->size == 1);
	assert_null(spec.linux_->resources);
	assert_null(strstr(text, "gid="));
	assert_null(strstr(text, "\"network\""));
	JSON_EACH(struct spec_mount, mount, &spec.mounts)
		if (!strcmp(mount->destination, "/sys"))
			assert_string_equal(mount->options.items[0], "rbind");
}

/* s390 has clone's flags elsewhere: a filter that looks for them in the wrong place lets all namespaces through. */
static void each_machine_has_a_profile_of_its_own(void **state)
{
	static const struct { enum template_machine machine; const char *native; uint32_t count; unsigned clone_flags; } table[] = {
		{ TEMPLATE_X86_64, "SCMP_ARCH_X86_64", 3, 0 }, { TEMPLATE_AARCH64, "SCMP_ARCH_AARCH64", 2, 0 },
		{ TEMPLATE_S390X, "SCMP_ARCH_S390X", 2, 1 }, { TEMPLATE_OTHER, NULL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < array_length(table); i++) {
		struct spec_seccomp profile = template_seccomp(table[i].machine);
		const struct spec_syscall *rules = profile.syscalls.items;
		assert_int_equal(profile.architectures.count, table[i].count);
		if (table[i].native)
			assert_string_equal(seccomp_arch_words[profile.architectures.items[0]].word, table[i].native);
		assert_string_equal(rules[1].names.items[0], "clone");
		assert_int_equal(((const struct spec_seccomp_arg *)rules[1].args.items)[0].index, table[i].clone_flags);
		const char *text = template_text(&(struct template_options){ .kind = TEMPLATE_EXAMPLE, .machine = table[i].machine });
		assert_true(!table[i].native == !strstr(text, "\"architectures\""));
	}
}

static int open_arena(void **state)
{
	(void)state;
	return arena_open(&arena);
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
		TEST(example_is_the_file), TEST(example_profile_holds_back_what_opens_walls), TEST(plain_template_is_the_contract),
		TEST(rootless_template_needs_no_rights), TEST(each_machine_has_a_profile_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
