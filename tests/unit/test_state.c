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
#include "kern/process.h"
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

	assert_int_equal(state_open(&state, "nobody", 0, &error), STATE_ABSENT);
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

static void a_lock_that_is_not_given_up_is_an_error_in_the_end(void **unused)
{
	struct state_dir holder = open_root(), waiter = open_root();
	struct error error = { 0 };
	(void)unused;

	assert_int_equal(state_claim(&holder, "c", &error), 0);
	assert_int_equal(state_open(&waiter, "c", STATE_LOCK, &error), STATE_BUSY);
	assert_string_equal(error.text, "container 'c' is busy: another command is changing it");
	assert_true(waiter.dir < 0 && !waiter.locked);
	state_close(&holder);
	assert_int_equal(state_open(&waiter, "c", STATE_LOCK, &error), 0);
	state_close(&waiter);
}

#define MANY 200

static int in_order(const char *id, void *data, struct error *error)
{
	char wanted[8];
	int *next = data;
	(void)error;

	snprintf(wanted, sizeof(wanted), "c%03d", (*next)++);
	assert_string_equal(id, wanted);
	return 0;
}

static void all_of_many_are_listed_in_the_order_of_their_names(void **unused)
{
	struct state_dir state = open_root();
	struct error error = { 0 };
	char name[8];
	int count = 0;
	(void)unused;

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "c%03d", i * 7 % MANY);
		assert_int_equal(mkdirat(state.root, name, 0700), 0);
	}
	assert_int_equal(mkdirat(state.root, ".del", 0700), 0);
	close(openat(state.root, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(state_each(&state, &arena, in_order, &count, &error), 0);
	assert_int_equal(count, MANY);
	state_close(&state);
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
		assert_int_equal(record_load(&state, &arena, &back, &error), STATE_DAMAGED);
		assert_true(error.text[0]);
	}
	for (size_t length = 0; length < strlen(good); length++) {
		struct error error = { 0 };
		write_record(&state, good, length);
		assert_int_equal(record_load(&state, &arena, &back, &error), STATE_DAMAGED);
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

static void own_identity(struct record *record, char boot[64])
{
	char letter;
	ssize_t length = file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, 64);
	int pidfd = pidfd_open(getpid()), procfs = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_true(length > 0);
	boot[length - 1] = '\0';
	record->boot_id = boot;
	record->pid = getpid();
	record->pid_inode = pidfd_inode(pidfd);
	assert_int_equal(process_stat(procfs, getpid(), &record->pid_start, &letter), 0);
	close(pidfd);
	close(procfs);
}

/* By what only this process of this boot has; without one of the two numbers by the other. */
static void a_process_is_known_again(void **unused)
{
	struct record record = sample();
	char boot[64];
	(void)unused;

	own_identity(&record, boot);
	int pidfd = record_pidfd(&record);
	assert_true(pidfd >= 0);
	close(pidfd);
	uint64_t inode = record.pid_inode;
	record.pid_inode = 0; /* as an older version wrote it, or on an older kernel */
	pidfd = record_pidfd(&record);
	assert_true(pidfd >= 0);
	close(pidfd);
	record.pid_start++;
	assert_int_equal(record_pidfd(&record), -ESRCH);
	record.pid_start--;
	if (inode) {
		record.pid_inode = inode + 1;
		assert_int_equal(record_pidfd(&record), -ESRCH);
		/* Both numbers are given in turn, in each boot anew: where nobody knows the boot the inode proves nothing. */
		record.boot_id = NULL;
		pidfd = record_pidfd(&record);
		assert_true(pidfd >= 0);
		close(pidfd);
	}
	record.boot_id = "another";
	assert_int_equal(record_pidfd(&record), -ESRCH);
}

static void who_has_ended_and_was_not_waited_for_is_gone(void **unused)
{
	struct record record = sample();
	char boot[64];
	(void)unused;

	own_identity(&record, boot);
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	int pidfd = pidfd_open(child);
	assert_true(pidfd >= 0);
	record.pid = child;
	record.pid_inode = pidfd_inode(pidfd);
	assert_int_equal(record_pidfd(&record), -ESRCH);
	close(pidfd);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* The socket alone tells until a `start` has reached it; from then on the program that runs has to be init's, too. */
static void a_start_that_was_cut_short_is_seen_through(void **unused)
{
	struct state_dir state = open_root(), named = open_root();
	struct record record = sample();
	struct error error = { 0 };
	struct stat exe;
	char boot[64];
	(void)unused;

	own_identity(&record, boot);
	assert_int_equal(state_claim(&state, "c", &error), 0);
	named.id = "c";
	assert_int_equal(record_status(&named, &record), STATUS_RUNNING);
	assert_int_equal(mknodat(state.dir, STATE_START_SOCKET, S_IFREG | 0777, 0), 0);
	assert_int_equal(fchmodat(state.dir, STATE_START_SOCKET, 0777, 0), 0);
	/* Made by a version whose `start` does not mark it. */
	assert_int_equal(record_status(&state, &record), STATUS_RUNNING);
	record.start_marked = true;
	assert_int_equal(record_status(&state, &record), STATUS_CREATED);
	assert_int_equal(record_status(&named, &record), STATUS_CREATED);
	assert_int_equal(fchmodat(state.dir, STATE_START_SOCKET, STATE_START_BEGUN, 0), 0);
	assert_int_equal(record_status(&state, &record), STATUS_RUNNING);
	assert_int_equal(record_status(&named, &record), STATUS_RUNNING);
	assert_int_equal(stat("/proc/self/exe", &exe), 0);
	record.init_device = exe.st_dev;
	record.init_inode = exe.st_ino;
	assert_int_equal(record_status(&state, &record), STATUS_CREATED);
	assert_int_equal(record_status(&named, &record), STATUS_CREATED);
	state_close(&state);
	state_close(&named);
}

/* Readers need not open the directory; no part of the way is a link. */
static void a_record_is_found_by_name(void **unused)
{
	struct state_dir state = open_root(), named = open_root();
	struct record record = sample(), back;
	struct error error = { 0 };
	(void)unused;

	assert_int_equal(state_claim(&state, "c", &error), 0);
	named.id = "c";
	assert_int_equal(record_load(&named, &arena, &back, &error), 0);
	assert_int_equal(record_save(&state, &record, &arena, &error), 0);
	assert_int_equal(record_load(&named, &arena, &back, &error), 1);
	assert_string_equal(back.bundle, record.bundle);
	assert_int_equal(back.owner, geteuid());
	assert_int_equal(symlinkat("c", named.root, "link"), 0);
	named.id = "link";
	assert_int_equal(state_open_file(&named, STATE_RECORD), -ELOOP);
	assert_int_equal(record_load(&named, &arena, &back, &error), STATE_DAMAGED);
	assert_int_equal(renameat(state.dir, STATE_RECORD, state.dir, "elsewhere"), 0);
	assert_int_equal(symlinkat("elsewhere", state.dir, STATE_RECORD), 0);
	named.id = "c";
	assert_int_equal(state_open_file(&named, STATE_RECORD), -ELOOP);
	assert_int_equal(state_open_file(&state, STATE_RECORD), -ELOOP);
	named.id = "nobody";
	assert_int_equal(record_load(&named, &arena, &back, &error), 0);
	state_close(&state);
	state_close(&named);
}

/* Any damage: an answer that has a sentence, or a record that comes back the same when it is written again. */
static void damage_of_any_kind_is_survived(void **unused)
{
	struct state_dir state = open_root();
	struct record record = sample(), back;
	struct error error = { 0 };
	char whole[1024], damaged[1024];
	uint32_t seed = 7;
	(void)unused;

	assert_int_equal(state_claim(&state, "c", &error), 0);
	assert_int_equal(record_save(&state, &record, &arena, &error), 0);
	ssize_t length = file_read(state.dir, STATE_RECORD, whole, sizeof(whole));
	assert_true(length > 0);
	for (int turn = 0; turn < 3000; turn++) {
		struct error why = { 0 };
		memcpy(damaged, whole, (size_t)length);
		for (int times = 1 + turn % 3; times; times--) {
			seed = seed * 1664525u + 1013904223u;
			uint32_t random = seed >> 24;
			damaged[(seed >> 8) % (uint32_t)length] = (char)(turn % 2 ? random : (uint32_t)"{}[],:\"\\09e. "[random % 13]);
		}
		write_record(&state, damaged, (size_t)length);
		int r = record_load(&state, &arena, &back, &why);
		assert_true(r == 1 ? why.text[0] == '\0' && strcmp(back.id, "c") == 0 && back.bundle[0] == '/'
				   : r == STATE_DAMAGED && why.text[0]);
		arena_reset(&arena);
	}
	state_close(&state);
}

static void an_unfinished_record_is_creating_only_while_locked(void **unused)
{
	struct state_dir creator = open_root(), reader = open_root(), named = open_root();
	struct record record = sample();
	struct error error = { 0 };
	(void)unused;

	record.committed = false;
	assert_int_equal(state_claim(&creator, "c", &error), 0);
	assert_int_equal(state_open(&reader, "c", 0, &error), 0);
	assert_int_equal(record_status(&reader, &record), STATUS_CREATING);
	named.id = "c";
	assert_int_equal(record_status(&named, &record), STATUS_CREATING);
	state_close(&creator);
	assert_int_equal(record_status(&reader, &record), STATUS_STOPPED);
	assert_int_equal(record_status(&named, &record), STATUS_STOPPED);
	state_close(&named);
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
		TEST(a_lock_that_is_not_given_up_is_an_error_in_the_end),
		TEST(all_of_many_are_listed_in_the_order_of_their_names),
		TEST(a_record_comes_back_as_it_was),
		TEST(a_damaged_record_is_refused),
		TEST(another_process_with_the_pid_is_not_ours),
		TEST(a_process_is_known_again),
		TEST(who_has_ended_and_was_not_waited_for_is_gone),
		TEST(a_start_that_was_cut_short_is_seen_through),
		TEST(a_record_is_found_by_name),
		TEST(damage_of_any_kind_is_survived),
		TEST(an_unfinished_record_is_creating_only_while_locked),
		TEST(removal_stays_inside),
		TEST(removal_reaches_any_depth),
		TEST(a_root_others_may_write_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
