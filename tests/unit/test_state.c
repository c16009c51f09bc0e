/* The state directory: ids, claims, locks, records, removal; as any user, in a directory of its own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/file.h"
#include "state/state.h"
#include <cmocka.h>

static struct arena arena;
static char root[64];

static int set_up(void **unused)
{
	(void)unused;
	strcpy(root, "/tmp/caisson-state-XXXXXX");
	return mkdtemp(root) && arena_open(&arena) == 0 ? 0 : -1;
}

static int tear_down(void **unused)
{
	char command[100];
	(void)unused;
	arena_close(&arena);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command) == 0 ? 0 : -1;
}

static struct state_dir open_root(void)
{
	struct state_dir state;
	struct error error = { 0 };
	assert_int_equal(state_open_root(root, 0, &state, &error), 0);
	return state;
}

static void ids_follow_the_rule(void **unused)
{
	static const char *const good[] = { "a", "A-b_c+d.e", "0", "-x", "+", "a..b" };
	static const char *const bad[] = { "", ".", "..", ".hidden", "a/b", "../x", "a b", "a\nb", "\033[0m", "\xc3\xa4", "%n" "%s" };
	char longest[STATE_ID_MOST + 2];
	(void)unused;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct error error = { 0 };
		assert_int_equal(state_check_id(good[i], &error), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error error = { 0 };
		assert_int_equal(state_check_id(bad[i], &error), -1);
		assert_true(strstr(error.text, "container id cannot be empty") || strstr(error.text, "invalid container ID format"));
	}
	memset(longest, 'a', sizeof(longest));
	longest[STATE_ID_MOST + 1] = '\0';
	struct error error = { 0 };
	assert_int_equal(state_check_id(longest, &error), -1);
	longest[STATE_ID_MOST] = '\0';
	assert_int_equal(state_check_id(longest, &error), 0);
}

static void a_claim_is_exclusive(void **unused)
{
	struct state_dir first = open_root(), second = open_root();
	struct error error = { 0 };
	(void)unused;

	assert_int_equal(state_claim(&first, "c", &error), 0);
	assert_int_equal(state_claim(&second, "c", &error), -1);
	assert_non_null(strstr(error.text, "container with given ID already exists"));
	state_close(&first);
	state_close(&second);
}

static void an_unknown_id_does_not_exist(void **unused)
{
	struct state_dir state = open_root();
	struct error error = { 0 };
	(void)unused;

	assert_int_equal(state_open(&state, "nobody", 0, &error), -1);
	assert_non_null(strstr(error.text, "container does not exist"));
	state_close(&state);
}

static void a_lock_is_waited_for(void **unused)
{
	struct state_dir holder = open_root(), waiter = open_root();
	struct error error = { 0 };
	(void)unused;

	assert_int_equal(state_claim(&holder, "c", &error), 0);
	pid_t child = fork();
	if (child == 0) { /* holds a copy of the lock for a while */
		usleep(100000);
		_exit(0);
	}
	close(holder.dir);
	holder.dir = -1;
	assert_int_equal(state_open(&waiter, "c", STATE_LOCK, &error), 0);
	waitpid(child, NULL, 0);
	state_close(&holder);
	state_close(&waiter);
}

static struct record sample(void)
{
	return (struct record){ .oci_version = "1.3.0",
				.id = "c",
				.pid = 1234,
				.pid_start = UINT64_MAX,
				.boot_id = "b",
				.bundle = "/bundle\n\"x\"",
				.rootfs = "/r",
				.created = "2026-11-22T00:00:00.000000001Z",
				.cgroup_path = "/c",
				.committed = true };
}

static void a_record_comes_back_as_it_was(void **unused)
{
	struct state_dir state = open_root();
	struct record record = sample(), back;
	struct error error = { 0 };
	(void)unused;

	assert_int_equal(state_claim(&state, "c", &error), 0);
	assert_int_equal(record_load(&state, &arena, &back, &error), 0); /* none yet */
	assert_int_equal(record_save(&state, &record, &arena, &error), 0);
	assert_int_equal(record_load(&state, &arena, &back, &error), 1);
	assert_string_equal(back.bundle, record.bundle);
	assert_true(back.pid_start == UINT64_MAX);
	assert_true(back.committed);
	assert_int_equal(back.pid, 1234);
	state_close(&state);
}

static void write_record(const struct state_dir *state, const char *text, size_t length)
{
	assert_int_equal(file_replace(state->dir, STATE_RECORD, text, length, 0600), 0);
}

/* Case C63: whatever the file holds, it is an answer, not a crash. */
static void a_damaged_record_is_refused(void **unused)
{
	static const char good[] = "{\"ociVersion\":\"1.3.0\",\"id\":\"c\",\"pid\":1,\"bundle\":\"/b\"}";
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"{\"ociVersion\":\"1\",\"id\":\"other\",\"bundle\":\"/b\"}",
		"{\"ociVersion\":\"1\",\"id\":\"c\",\"bundle\":\"/b\",\"pid\":-1}",
		"{\"ociVersion\":\"1\",\"id\":\"c\",\"bundle\":\"/b\",\"pid\":4294967296}",
	};
	struct state_dir state = open_root();
	struct record back;
	(void)unused;

	struct error first = { 0 };
	assert_int_equal(state_claim(&state, "c", &first), 0);
	write_record(&state, good, strlen(good));
	assert_int_equal(record_load(&state, &arena, &back, &first), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error error = { 0 };
		write_record(&state, bad[i], strlen(bad[i]));
		assert_int_equal(record_load(&state, &arena, &back, &error), -1);
		assert_true(error.text[0]);
	}
	for (size_t length = 0; length < strlen(good); length++) {
		struct error error = { 0 };
		write_record(&state, good, length);
		assert_int_equal(record_load(&state, &arena, &back, &error), -1);
	}
	state_close(&state);
}

/* Rule B.14.9: a number is not an identity. */
static void another_process_with_the_pid_is_not_ours(void **unused)
{
	char boot[64];
	struct record record = sample();
	(void)unused;

	ssize_t length = file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	assert_true(length > 0);
	boot[length - 1] = '\0';
	record.boot_id = boot;
	record.pid = getpid();
	assert_int_equal(record_pidfd(&record), -ESRCH); /* another start time */
	record.pid = 0;
	assert_int_equal(record_pidfd(&record), -ESRCH);
	record.pid = -1;
	assert_int_equal(record_pidfd(&record), -ESRCH);
}

static void an_unfinished_record_is_creating_only_while_locked(void **unused)
{
	struct state_dir creator = open_root(), reader = open_root();
	struct record record = sample();
	struct error error = { 0 };
	(void)unused;

	record.committed = false;
	assert_int_equal(state_claim(&creator, "c", &error), 0);
	assert_int_equal(state_open(&reader, "c", 0, &error), 0);
	assert_int_equal(record_status(&reader, &record), STATUS_CREATING);
	state_close(&creator);
	assert_int_equal(record_status(&reader, &record), STATUS_STOPPED);
	state_close(&reader);
}

/* Case C82: what was put into the directory from outside does not lead the removal out of it. */
static void removal_stays_inside(void **unused)
{
	struct state_dir state = open_root();
	struct error error = { 0 };
	char canary[200], outside[100];
	(void)unused;

	snprintf(outside, sizeof(outside), "%s/.outside", root);
	snprintf(canary, sizeof(canary), "%s/canary", outside);
	assert_int_equal(mkdir(outside, 0700), 0);
	assert_int_equal(close(open(canary, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	assert_int_equal(state_claim(&state, "c", &error), 0);
	assert_int_equal(symlinkat(outside, state.dir, "link"), 0);
	assert_int_equal(mkdirat(state.dir, "extra", 0700), 0);
	assert_int_equal(state_remove(&state, &error), 0);
	assert_int_equal(faccessat(state.root, "c", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(access(canary, F_OK), 0);
	state_close(&state);
}

/* Deeper than a path may be long. */
static void removal_reaches_any_depth(void **unused)
{
	struct state_dir state = open_root();
	struct error error = { 0 };
	(void)unused;

	assert_int_equal(state_claim(&state, "c", &error), 0);
	int at = dup(state.dir);
	for (int depth = 0; depth < 600; depth++) {
		assert_int_equal(mkdirat(at, "deeper-than-that", 0700), 0);
		assert_int_equal(mkdirat(at, "0", 0700), 0);
		assert_int_equal(close(openat(at, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
		int next = openat(at, "deeper-than-that", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	close(at);
	assert_int_equal(state_remove(&state, &error), 0);
	state_close(&state);
	assert_int_equal(rmdir(root), 0);
	assert_int_equal(mkdir(root, 0700), 0);
}

static void a_root_others_may_write_is_refused(void **unused)
{
	struct state_dir state;
	struct error error = { 0 };
	(void)unused;

	assert_int_equal(chmod(root, 0777), 0);
	assert_int_equal(state_open_root(root, 0, &state, &error), -1);
	assert_non_null(strstr(error.text, "may be written by others"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ids_follow_the_rule),
		TEST(a_claim_is_exclusive),
		TEST(an_unknown_id_does_not_exist),
		TEST(a_lock_is_waited_for),
		TEST(a_record_comes_back_as_it_was),
		TEST(a_damaged_record_is_refused),
		TEST(another_process_with_the_pid_is_not_ours),
		TEST(an_unfinished_record_is_creating_only_while_locked),
		TEST(removal_stays_inside),
		TEST(removal_reaches_any_depth),
		TEST(a_root_others_may_write_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
