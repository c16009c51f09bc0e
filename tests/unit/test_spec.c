/* Small documents and the values that are read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "spec/spec.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct arena arena;
static struct spec spec;
static struct json_note *notes;
static char sentence[1024];

static int read_text(const char *text)
{
	struct error error = { 0 };
	notes = NULL;
	int result = spec_read("config.json", text, strlen(text), &arena, &spec, &notes, &error);
	error_sentence(&error, sentence, sizeof(sentence));
	return result;
}

/* The second line of each document, so that columns are those of the text in the test. */
static int read_members(const char *members)
{
	char *document = arena_printf(&arena, "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\n%s}", members);
	return read_text(document);
}

static void accept_members(const char *members)
{
	if (read_members(members) < 0)
		fail_msg("%s: %s", members, sentence);
}

static void numbers_are_exact(void **state)
{
	(void)state;
	accept_members("\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":4294967294,\"gid\":7,\"umask\":63,"
		       "\"additionalGids\":[5,4294967294]},\"oomScoreAdj\":-1000,"
		       "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"hard\":18446744073709551615,\"soft\":9007199254740993}]},"
		       "\"linux\":{\"resources\":{\"memory\":{\"limit\":9223372036854775807,\"swap\":-1}}}");
	const struct spec_user *user = &spec.process->user;
	const struct spec_rlimit *limit = spec.process->rlimits.items;
	const struct spec_memory *memory = spec.linux_->resources->memory;
	assert_true(user->uid == 4294967294u && user->gid == 7 && *user->umask == 63);
	assert_int_equal(user->additional_gids.count, 2);
	assert_true(user->additional_gids.items[1] == 4294967294u);
	assert_int_equal(*spec.process->oom_score_adj, -1000);
	assert_string_equal(spec.process->oom_score_adj_at.path, "process.oomScoreAdj");
	assert_true(limit->hard == UINT64_MAX && limit->soft == 9007199254740993u);
	assert_true(*memory->limit == INT64_MAX && *memory->swap == -1);
	assert_null(memory->reservation);
	assert_null(memory->swappiness);
}

static void process_is_read(void **state)
{
	(void)state;
	accept_members("\"process\":{\"cwd\":\"/w\",\"args\":[\"sh\",\"-c\"],\"env\":[],\"noNewPrivileges\":true,"
		       "\"capabilities\":{\"ambient\":[\"CAP_KILL\"]},\"apparmorProfile\":\"p\",\"selinuxLabel\":\"l\","
		       "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"flags\":[\"SCHED_FLAG_RECLAIM\"],\"runtime\":1},"
		       "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\",\"priority\":0},"
		       "\"execCPUAffinity\":{\"final\":\"0-3, 7\"}}");
	const struct spec_process *process = spec.process;
	assert_int_equal(process->args.count, 2);
	assert_null(process->args.items[2]);
	assert_true(process->env.given && process->env.count == 0 && !process->env.items[0]);
	assert_string_equal(process->args_at.path, "process.args");
	assert_int_equal(process->args_at.line, 2);
	assert_int_equal(process->args_at.column, 30);
	assert_true(process->no_new_privileges && !process->terminal && !process->console_size);
	assert_string_equal(process->capabilities->ambient.items[0], "CAP_KILL");
	assert_false(process->capabilities->bounding.given);
	assert_int_equal(process->scheduler->policy, 6);
	assert_int_equal(process->scheduler->flags.items[0], 2);
	assert_int_equal(process->io_priority->class, 3);
	assert_null(process->exec_cpu_affinity->initial);
	assert_string_equal(process->exec_cpu_affinity->final, "0-3, 7");
}

/* All of the specification's properties for Linux at once: this reads, and the schema test knows that it is all. */
static void linux_is_read(void **state)
{
	(void)state;
	accept_members("\"linux\":{\"namespaces\":[{\"type\":\"user\"},{\"type\":\"time\",\"path\":\"/proc/1/ns/time\"}],"
		       "\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
		       "\"timeOffsets\":{\"boottime\":{\"secs\":-5,\"nanosecs\":999999999}},\"cgroupsPath\":\"/a\","
		       "\"devices\":[{\"path\":\"/dev/fuse\",\"type\":\"u\",\"major\":10,\"minor\":229,\"fileMode\":8630}],"
		       "\"netDevices\":{\"eth0\":{\"name\":\"c0\"},\"eth1\":{}},\"sysctl\":{\"net.core.somaxconn\":\"256\"},"
		       "\"memoryPolicy\":{\"mode\":\"MPOL_WEIGHTED_INTERLEAVE\",\"flags\":[\"MPOL_F_STATIC_NODES\"]},"
		       "\"rootfsPropagation\":\"rslave\",\"personality\":{\"domain\":\"LINUX32\"}}");
	const struct spec_linux *l = spec.linux_;
	const struct spec_namespace *ns = l->namespaces.items;
	const struct spec_net_device *net = l->net_devices.items;
	const struct spec_device *device = l->devices.items;
	assert_true(ns[0].type == NS_USER && !ns[0].path && ns[1].type == NS_TIME);
	assert_string_equal(ns[1].at.path, "linux.namespaces[1]");
	assert_int_equal(((const struct spec_id_mapping *)l->uid_mappings.items)->host_id, 100000);
	assert_true(*l->time_offsets->boottime->secs == -5 && !l->time_offsets->monotonic);
	assert_true(*device->major == 10 && *device->minor == 229 && *device->file_mode == 020666 && !device->uid);
	assert_string_equal(net[0].key, "eth0");
	assert_string_equal(net[0].name, "c0");
	assert_null(net[1].name);
	assert_string_equal(l->sysctl.items[0].value, "256");
	assert_int_equal(l->memory_policy->mode, 6);
	assert_int_equal(l->memory_policy->flags.items[0], 1 << 15);
	assert_string_equal(l->rootfs_propagation_at.path, "linux.rootfsPropagation");
	assert_int_equal(l->personality->domain, 8);
	assert_false(l->masked_paths.given);
}

static void seccomp_is_read(void **state)
{
	(void)state;
	accept_members("\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_SHEB\"],"
		       "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
		       "\"syscalls\":[{\"names\":[\"a\",\"b\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65535,"
		       "\"args\":[{\"index\":5,\"value\":18446744073709551615,\"op\":\"SCMP_CMP_NE\"}]}]}}");
	const struct spec_seccomp *seccomp = spec.linux_->seccomp;
	const struct spec_syscall *rule = seccomp->syscalls.items;
	const struct spec_seccomp_arg *arg = rule->args.items;
	assert_int_equal(seccomp->default_action, SECCOMP_ERRNO);
	assert_string_equal(seccomp_arch_words[seccomp->architectures.items[0]].word, "SCMP_ARCH_SHEB");
	assert_int_equal(seccomp->flags.items[0], SECCOMP_LOGGED);
	assert_true(rule->action == SECCOMP_TRACE && *rule->errno_ret == 65535 && rule->names.count == 2);
	assert_true(arg->index == 5 && arg->value == UINT64_MAX && arg->value_two == 0 && arg->op == SECCOMP_NE);
}

/* Arrays of words are used as arrays: the value is the index. */
static void words_are_in_order(void **state)
{
	static const struct json_word *const lists[] = { namespace_words, seccomp_action_words, seccomp_arch_words };
	(void)state;
	for (size_t i = 0; i < array_length(lists); i++)
		for (int at = 0; lists[i][at].word; at++)
			assert_int_equal(lists[i][at].value, at);
}

static void hooks_and_mounts_are_read(void **state)
{
	(void)state;
	accept_members("\"hooks\":{\"createRuntime\":[{\"path\":\"/h\",\"args\":[\"h\"],\"env\":[],\"timeout\":1},"
		       "{\"path\":\"/i\"}]},"
		       "\"mounts\":[{\"destination\":\"relative\",\"options\":[\"ro\"]}],\"annotations\":{\"k\":\"\"}");
	const struct spec_hook *hook = spec.hooks->create_runtime.items;
	const struct spec_mount *mount = spec.mounts.items;
	assert_int_equal(spec.hooks->create_runtime.count, 2);
	assert_true(hook[0].env.given && *hook[0].timeout == 1);
	assert_true(!hook[1].env.given && !hook[1].timeout && !hook[1].args.given);
	assert_string_equal(mount->destination, "relative");
	assert_true(!mount->type && !mount->source && mount->options.count == 1);
	assert_string_equal(spec.annotations.items[0].value, "");
}

static void absent_is_absent(void **state)
{
	(void)state;
	accept_members("\"process\":null,\"linux\":{\"resources\":{\"pids\":{},\"cpu\":{\"shares\":null}},\"seccomp\":null}");
	assert_null(spec.process);
	assert_null(spec.hooks);
	assert_null(spec.hostname);
	assert_null(spec.linux_->seccomp);
	assert_null(spec.linux_->resources->pids->limit);
	assert_null(spec.linux_->resources->cpu->shares);
	assert_int_equal(spec.mounts.count, 0);
	/* Ignored without a terminal. */
	accept_members("\"process\":{\"cwd\":\"/\",\"consoleSize\":{\"height\":99999,\"width\":1}}");
}

static void any_version_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_text("{\"ociVersion\":\"9.9.9-rc1+dev\",\"root\":{\"path\":\"r\"}}"), 0);
	assert_int_equal(read_text("{\"ociVersion\":\"latest\",\"root\":{\"path\":\"r\",\"readonly\":true}}"), 0);
	assert_true(spec.root->readonly);
}

static void unknown_properties_are_notes(void **state)
{
	(void)state;
	accept_members("\"windows\":{\"layerFolders\":5},\"process\":{\"cwd\":\"/\",\"NoNewPrivileges\":true}");
	assert_false(spec.process->no_new_privileges);
	assert_non_null(notes);
	assert_string_equal(notes->at.path, "windows");
	assert_false(notes->warning);
	assert_string_equal(notes->next->text, "unknown property; did you mean 'noNewPrivileges'?");
	assert_true(notes->next->warning);
}

/* ---- parts of a configuration ---- */

static void process_document_is_checked(void **state)
{
	const struct json_homes one = { .arena = &arena, .own = &arena };
	static const char bad[] = "{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"A\",\"soft\":1,\"hard\":1},"
				  "{\"type\":\"A\",\"soft\":1,\"hard\":1}]}";
	static const char good[] = "{\"cwd\":\"/\",\"args\":[\"id\"]}";
	struct spec_process process;
	struct error error = { 0 };
	(void)state;
	assert_int_equal(spec_process_read("process.json", bad, strlen(bad), &one, &process, NULL, &error), -1);
	error_sentence(&error, sentence, sizeof(sentence));
	assert_string_equal(sentence, "process.json:1:54: rlimits[1]: duplicated rlimit type 'A'");
	error = (struct error){ 0 };
	assert_int_equal(spec_process_read("process.json", good, strlen(good), &one, &process, NULL, &error), 0);
	assert_string_equal(process.args.items[0], "id");
}

static void resources_document_is_checked(void **state)
{
	static const char bad[] = "{\"rdma\":{\"a\":{}}}";
	static const char good[] = "{\"pids\":{\"limit\":0}}";
	struct spec_resources resources;
	struct error error = { 0 };
	(void)state;
	assert_int_equal(spec_resources_read("-", bad, strlen(bad), &arena, &resources, NULL, &error), -1);
	error = (struct error){ 0 };
	assert_int_equal(spec_resources_read("-", good, strlen(good), &arena, &resources, NULL, &error), 0);
	assert_int_equal(*resources.pids->limit, 0);
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
		TEST(numbers_are_exact), TEST(process_is_read), TEST(linux_is_read), TEST(seccomp_is_read),
		TEST(words_are_in_order), TEST(hooks_and_mounts_are_read), TEST(absent_is_absent), TEST(any_version_is_read),
		TEST(unknown_properties_are_notes), TEST(process_document_is_checked), TEST(resources_document_is_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
