/* Cgroups frozen, thawed and listed for real: once as this machine has them, once with a v2 tree alone. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "cgroup/freeze.h"
#include "cgroup/processes.h"
#include "cgroup/tree.h"
#include "state/state.h"
#include <cmocka.h>
#undef fail

#define CELLS 256
#define LONG_MS 10000

static struct arena arena;
static struct host_cgroup host;
static struct record_cgroup hierarchies[2]; /* the v2 tree and a legacy freezer, as far as they are there */
static size_t hierarchy_count;
static char base[64], path[96];             /* the one directory below which all of this happens, and the container's in it */
static volatile uint32_t *cells;            /* counted up by those who run */

static void nap(int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l }, NULL);
}

/* ---- views of the same container: each hierarchy alone, and all of them ---- */

static size_t views(void)
{
	return hierarchy_count == 1 ? 1 : hierarchy_count + 1;
}

static struct cgroup_at view(size_t i)
{
	if (i < hierarchy_count)
		return (struct cgroup_at){ path, &hierarchies[i], 1 };
	return (struct cgroup_at){ path, hierarchies, hierarchy_count };
}

static struct cgroup_at all(void)
{
	return (struct cgroup_at){ path, hierarchies, hierarchy_count };
}

static int v2_directory(const char *below)
{
	for (size_t i = 0; i < hierarchy_count; i++)
		if (hierarchies[i].v2)
			return tree_leaf(hierarchies[i].mount, true, arena_printf(&arena, "%s%s", path, below));
	return -1;
}

/* ---- who is in it ---- */

static void make(const char *below)
{
	for (size_t i = 0; i < hierarchy_count; i++)
		assert_true(mkdir(arena_printf(&arena, "%s%s%s", hierarchies[i].mount, path, below), 0755) == 0 || errno == EEXIST);
}

/* A process that runs `run` once it is in the container's cgroup, or below. */
static pid_t enter(const char *below, void (*run)(int cell), int cell)
{
	int go[2];

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		char c;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(go[0], &c, 1) == 1)
			run(cell);
		for (;;)
			pause();
	}
	for (size_t i = 0; i < hierarchy_count; i++) {
		int dir = tree_leaf(hierarchies[i].mount, hierarchies[i].v2, arena_printf(&arena, "%s%s", path, below));
		assert_int_equal(file_write(dir, "cgroup.procs", arena_printf(&arena, "%d", (int)pid)), 0);
		close(dir);
	}
	assert_int_equal(write(go[1], "x", 1), 1);
	close(go[0]);
	close(go[1]);
	return pid;
}

static void count(int cell)
{
	for (;;) {
		cells[cell]++;
		nap(1);
	}
}

static void *count_in_thread(void *cell)
{
	count((int)(intptr_t)cell);
	return NULL;
}

/* Four threads, four cells. */
static void count_fourfold(int cell)
{
	pthread_t thread;

	for (int i = 1; i < 4; i++)
		pthread_create(&thread, NULL, count_in_thread, (void *)(intptr_t)(cell + i));
	count(cell);
}

/* Never the same for long: each has a child and goes. Who began it takes the dead away. */
static void be_fleeting(int cell)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGCHLD, SIG_IGN);
	if (fork() != 0)
		return;
	for (;;) {
		cells[cell]++;
		if (fork() != 0)
			_exit(0);
	}
}

/* In a system call that waits for a page nobody will bring: a freezer has to wait for it, too. */
static void be_stuck(int cell)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC), zero = open("/dev/zero", O_RDONLY);
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register range = { .range = { (uintptr_t)page, 4096 }, .mode = UFFDIO_REGISTER_MODE_MISSING };

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &range) < 0)
		return;
	cells[cell] = 1;
	for (;;)
		cells[cell] += (uint32_t)read(zero, page, 1);
}

/* False: this kernel has no such thing. */
static bool enter_stuck(int cell)
{
	cells[cell] = 0;
	enter("", be_stuck, cell);
	nap(100);
	return cells[cell] == 1;
}

static int signalled_cell;

static void add_one(int signal)
{
	(void)signal;
	cells[signalled_cell]++;
}

/* Ready with 1; each signal adds one. */
static void be_signalled(int cell)
{
	signalled_cell = cell;
	signal(SIGUSR1, add_one);
	cells[cell] = 1;
	for (;;)
		pause();
}

static bool still(size_t from, size_t number)
{
	uint32_t before[CELLS];

	for (size_t i = 0; i < number; i++)
		before[i] = cells[from + i];
	nap(40);
	for (size_t i = 0; i < number; i++)
		if (before[i] != cells[from + i])
			return false;
	return true;
}

/* Each of them. */
static bool moving(size_t from, size_t number)
{
	uint32_t before[CELLS];
	size_t moved = 0;

	for (size_t i = 0; i < number; i++)
		before[i] = cells[from + i];
	for (int tries = 0; tries < 1000 && moved < number; tries++) {
		nap(20);
		for (moved = 0; moved < number && before[moved] != cells[from + moved]; moved++)
			;
	}
	return moved == number;
}

/* Whatever a test leaves: killed, removed. */
static int clean(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < hierarchy_count; i++) {
		const struct cgroup_at at = { base, &hierarchies[i], 1 };
		int dir = tree_leaf(hierarchies[i].mount, hierarchies[i].v2, base);
		if (!hierarchies[i].v2)
			freezer_release_tree(dir);
		close(dir);
		assert_int_equal(cgroup_kill(&at, 5000), 0);
		while (waitpid(-1, NULL, 0) > 0)
			;
		assert_int_equal(cgroup_remove(&at, NULL), 0);
	}
	memset((void *)(uintptr_t)cells, 0, CELLS * sizeof(*cells));
	return 0;
}

static int begin(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < hierarchy_count; i++)
		assert_int_equal(mkdir(arena_printf(&arena, "%s/%s", hierarchies[i].mount, base), 0755), 0);
	make("");
	return 0;
}

/* ---- tests ---- */

static void a_counter_stops_and_goes_on(void **unused)
{
	(void)unused;
	enter("", count, 0);
	for (size_t i = 0; i < views(); i++) {
		const struct cgroup_at at = view(i), whole = all();
		assert_true(moving(0, 1));
		assert_int_equal(cgroup_freeze(&at, LONG_MS, -1), 0);
		assert_int_equal(cgroup_frozen(&at), 1);
		assert_int_equal(cgroup_frozen(&whole), 1);
		assert_true(still(0, 1));
		/* Once more is no error here. */
		assert_int_equal(cgroup_freeze(&at, LONG_MS, -1), 0);
		assert_int_equal(cgroup_thaw(&at), 0);
		assert_int_equal(cgroup_frozen(&at), 0);
		assert_true(moving(0, 1));
		assert_int_equal(cgroup_thaw(&at), 0);
	}
}

static void many_processes_and_threads_stop(void **unused)
{
	(void)unused;
	make("/below");
	for (int i = 0; i < 40; i++)
		enter(i % 2 ? "/below" : "", count_fourfold, i * 4);
	for (size_t i = 0; i < views(); i++) {
		const struct cgroup_at at = view(i);
		assert_true(moving(0, 160));
		assert_int_equal(cgroup_freeze(&at, LONG_MS, -1), 0);
		assert_true(still(0, 160));
		assert_int_equal(cgroup_thaw(&at), 0);
	}
	assert_true(moving(0, 160));
}

static void those_that_fork_all_the_time_stop(void **unused)
{
	(void)unused;
	for (int i = 0; i < 8; i++)
		enter("", be_fleeting, i);
	for (size_t i = 0; i < views(); i++) {
		const struct cgroup_at at = view(i);
		assert_true(moving(0, 8));
		assert_int_equal(cgroup_freeze(&at, LONG_MS, -1), 0);
		assert_true(still(0, 8));
		if (i + 1 < views())
			assert_int_equal(cgroup_thaw(&at), 0);
	}
	/* And so they die. */
	const struct cgroup_at at = all();
	assert_int_equal(cgroup_kill(&at, 5000), 0);
	assert_int_equal(cgroup_frozen(&at), 0);
	assert_true(still(0, 8));
}

static void one_that_cannot_stop_in_time_is_thawed(void **unused)
{
	(void)unused;
	enter("", count, 0);
	if (!enter_stuck(1))
		skip();
	for (size_t i = 0; i < views(); i++) {
		const struct cgroup_at at = view(i);
		int64_t begun = clock_ms();
		assert_int_equal(cgroup_freeze(&at, 400, -1), -ETIMEDOUT);
		assert_in_range(clock_ms() - begun, 400, 2000);
		assert_int_equal(cgroup_frozen(&at), 0);
		assert_true(moving(0, 1));
	}
}

static void an_interruption_thaws(void **unused)
{
	int ends[2];

	(void)unused;
	enter("", count, 0);
	if (!enter_stuck(1))
		skip();
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		nap(200);
		_exit(write(ends[1], "x", 1) != 1);
	}
	for (size_t i = 0; i < views(); i++) {
		const struct cgroup_at at = view(i);
		int64_t begun = clock_ms();
		assert_int_equal(cgroup_freeze(&at, LONG_MS, ends[0]), -EINTR);
		assert_in_range(clock_ms() - begun, 0, 3000);
		assert_int_equal(cgroup_frozen(&at), 0);
		assert_true(moving(0, 1));
	}
	close(ends[0]);
	close(ends[1]);
}

/* Whoever asked for it died while waiting. */
static void one_that_is_half_frozen_counts_as_frozen(void **unused)
{
	(void)unused;
	enter("", count, 0);
	if (!enter_stuck(1))
		skip();
	for (size_t i = 0; i < hierarchy_count; i++) {
		const struct cgroup_at at = view(i), whole = all();
		int dir = tree_leaf(hierarchies[i].mount, hierarchies[i].v2, path);
		assert_int_equal(hierarchies[i].v2 ? file_write(dir, "cgroup.freeze", "1") : file_write(dir, "freezer.state", "FROZEN"), 0);
		nap(50);
		assert_false(hierarchies[i].v2 && tree_event(dir, "frozen 1"));
		assert_int_equal(cgroup_frozen(&at), 1);
		assert_int_equal(cgroup_frozen(&whole), 1);
		assert_int_equal(cgroup_thaw(&whole), 0);
		assert_true(moving(0, 1));
		close(dir);
	}
}

static void what_it_froze_itself_stays_frozen(void **unused)
{
	const struct cgroup_at whole = all();

	(void)unused;
	make("/own");
	enter("", count, 0);
	enter("/own", count, 1);
	for (size_t i = 0; i < hierarchy_count; i++) {
		const struct cgroup_at at = view(i), own = { arena_printf(&arena, "%s/own", path), &hierarchies[i], 1 };
		assert_int_equal(cgroup_freeze(&own, LONG_MS, -1), 0);
		assert_int_equal(cgroup_frozen(&at), 0);
		assert_int_equal(cgroup_freeze(&at, LONG_MS, -1), 0);
		assert_true(still(0, 2));
		assert_int_equal(cgroup_thaw(&at), 0);
		assert_true(moving(0, 1));
		assert_true(still(1, 1));
		assert_int_equal(cgroup_frozen(&own), 1);
	}
	/* That does not save it. */
	assert_int_equal(cgroup_kill(&whole, 5000), 0);
	assert_true(still(0, 2));
}

static void from_above_it_cannot_be_thawed(void **unused)
{
	(void)unused;
	enter("", count, 0);
	for (size_t i = 0; i < views(); i++) {
		const struct cgroup_at at = view(i);
		struct cgroup_at above = view(i);
		above.path = base;
		assert_int_equal(cgroup_freeze(&above, LONG_MS, -1), 0);
		assert_int_equal(cgroup_frozen(&at), 1);
		assert_int_equal(cgroup_thaw(&at), -EBUSY);
		assert_true(still(0, 1));
		assert_int_equal(cgroup_thaw(&above), 0);
		assert_int_equal(cgroup_frozen(&at), 0);
		assert_true(moving(0, 1));
	}
}

static void the_legacy_freezer_goes_first_and_both_are_lifted(void **unused)
{
	const struct cgroup_at whole = all();
	char text[8];

	(void)unused;
	if (hierarchy_count < 2)
		skip();
	int dir = v2_directory("");
	enter("", count, 0);
	assert_int_equal(cgroup_freeze(&whole, LONG_MS, -1), 0);
	assert_true(file_read(dir, "cgroup.freeze", text, sizeof(text)) > 0 && text[0] == '0');
	assert_int_equal(file_write(dir, "cgroup.freeze", "1"), 0);
	assert_int_equal(cgroup_thaw(&whole), 0);
	assert_int_equal(cgroup_frozen(&whole), 0);
	assert_true(moving(0, 1));
	close(dir);
}

static void what_is_not_there_is_told(void **unused)
{
	static const struct record_cgroup pids = { "/sys/fs/cgroup/pids", false }, none = { "/proc", true };
	const char *const paths[] = { "/caisson-nowhere", "/", "", "/a/../b", NULL };

	(void)unused;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const struct cgroup_at at = { paths[i], hierarchies, hierarchy_count };
		assert_int_equal(cgroup_freeze(&at, 100, -1), -ENOENT);
		assert_int_equal(cgroup_thaw(&at), -ENOENT);
		assert_int_equal(cgroup_frozen(&at), 0);
	}
	assert_int_equal(cgroup_freeze(&(struct cgroup_at){ path, &none, 1 }, 100, -1), -ENOENT);
	assert_int_equal(cgroup_thaw(&(struct cgroup_at){ path, NULL, 0 }), -ENOENT);
	/* A hierarchy without a freezer. */
	const char *mine = arena_printf(&arena, "%s/%s", pids.mount, base);
	if (mkdir(mine, 0755) < 0)
		return;
	assert_int_equal(cgroup_freeze(&(struct cgroup_at){ base, &pids, 1 }, 100, -1), -ENOENT);
	assert_int_equal(cgroup_thaw(&(struct cgroup_at){ base, &pids, 1 }), -ENOENT);
	rmdir(mine);
}

static void one_that_was_killed_is_not_frozen_afterwards(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < views(); i++) {
		const struct cgroup_at at = view(i), whole = all();
		enter("", count, 0);
		assert_true(moving(0, 1));
		assert_int_equal(cgroup_freeze(&at, LONG_MS, -1), 0);
		assert_int_equal(cgroup_kill(&whole, 5000), 0);
		assert_int_equal(cgroup_frozen(&at), 0);
		assert_true(still(0, 1));
	}
}

static void processes_are_listed_once_and_in_order(void **unused)
{
	struct pid_list list;
	pid_t pids[6];

	(void)unused;
	make("/one");
	make("/one/two");
	for (int i = 0; i < 6; i++)
		pids[i] = enter(i % 3 == 0 ? "" : i % 3 == 1 ? "/one" : "/one/two", count_fourfold, i * 4);
	assert_true(moving(0, 24));
	for (size_t i = 0; i < views(); i++) {
		const struct cgroup_at at = view(i);
		assert_int_equal(cgroup_processes(&at, &arena, &list), 0);
		assert_int_equal(list.count, 6);
		for (size_t k = 0; k < 6; k++) {
			assert_true(k == 0 || list.items[k - 1] < list.items[k]);
			assert_true(pid_list_has(&list, pids[k]));
		}
		assert_false(pid_list_has(&list, getpid()));
	}
	const struct cgroup_at whole = all();
	assert_int_equal(cgroup_kill(&whole, 5000), 0);
	assert_int_equal(cgroup_processes(&whole, &arena, &list), 0);
	assert_int_equal(list.count, 0);
	assert_false(pid_list_has(&list, 1));
	assert_int_equal(cgroup_processes(&(struct cgroup_at){ "/caisson-nowhere", hierarchies, hierarchy_count }, &arena, &list), 0);
	assert_int_equal(list.count, 0);
}

/* More than are held at a time, and each gets one. */
static void a_signal_reaches_each_once(void **unused)
{
	const struct cgroup_at whole = all();
	pid_t pids[200];

	(void)unused;
	make("/below");
	for (int i = 0; i < 200; i++)
		pids[i] = enter(i % 2 ? "/below" : "", be_signalled, i);
	for (int i = 0; i < 200; i++)
		for (int tries = 0; tries < 500 && cells[i] != 1; tries++)
			nap(10);
	assert_int_equal(cgroup_signal(&whole, SIGUSR1, pids[7], &arena), 0);
	for (int i = 0; i < 200; i++)
		for (int tries = 0; tries < 500 && cells[i] != 2 && i != 7; tries++)
			nap(10);
	nap(50);
	for (int i = 0; i < 200; i++)
		assert_int_equal(cells[i], i == 7 ? 1 : 2);
	assert_int_equal(cgroup_signal(&whole, 0, 0, &arena), 0);
	assert_int_equal(cgroup_signal(&(struct cgroup_at){ "/caisson-nowhere", hierarchies, hierarchy_count }, SIGKILL, 0, &arena), 0);
}

/* A v2 cgroup of threads: the first thread of the process is somewhere else. */
static void threads_stand_for_their_process(void **unused)
{
	struct pid_list list;
	char tids[256];
	pid_t thread = 0;

	(void)unused;
	int dir = v2_directory("");
	if (dir < 0)
		skip();
	const char *below = arena_printf(&arena, "%s/threads", path);
	make("/threads");
	int threads = v2_directory("/threads");
	assert_int_equal(file_write(threads, "cgroup.type", "threaded"), 0);
	pid_t pid = enter("", count_fourfold, 0);
	assert_true(moving(0, 4));
	assert_true(file_read(dir, "cgroup.threads", tids, sizeof(tids)) > 0);
	for (char *at = tids; *at; at = strchr(at, '\n') + 1)
		thread = atoi(at) != pid ? atoi(at) : thread;
	assert_true(thread > 0);
	assert_int_equal(process_of_thread(thread), pid);
	assert_int_equal(process_of_thread(pid), pid);
	assert_int_equal(file_write(threads, "cgroup.threads", arena_printf(&arena, "%d", (int)thread)), 0);
	const struct cgroup_at of_threads = { below, &hierarchies[0], 1 }, whole = { path, &hierarchies[0], 1 };
	const struct cgroup_at *both[] = { &of_threads, &whole };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(cgroup_processes(both[i], &arena, &list), 0);
		assert_int_equal(list.count, 1);
		assert_int_equal(list.items[0], pid);
	}
	assert_int_equal(cgroup_kill(&of_threads, 5000), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(still(0, 4));
	assert_int_equal(process_of_thread(thread), -ESRCH);
	close(threads);
	close(dir);
}

/* Not before it is in bounds. */
static void be_a_bomb(int cell)
{
	while (!cells[cell])
		nap(1);
	for (;;)
		fork();
}

/* It cannot be killed by one write. */
static void a_fork_bomb_in_a_threaded_cgroup_is_killed(void **unused)
{
	(void)unused;
	if (views() == 1 || access("/sys/fs/cgroup/pids", F_OK) < 0)
		skip(); /* nothing to keep it in bounds */
	const char *bounds = arena_printf(&arena, "/sys/fs/cgroup/pids/%s", base);
	assert_int_equal(mkdir(bounds, 0755), 0);
	int limits = open(bounds, O_RDONLY | O_DIRECTORY | O_CLOEXEC), dir = v2_directory("");
	assert_int_equal(file_write(limits, "pids.max", "200"), 0);
	assert_int_equal(file_write(dir, "cgroup.type", "threaded"), 0);
	pid_t pid = enter("", be_a_bomb, 1);
	assert_int_equal(file_write(limits, "cgroup.procs", arena_printf(&arena, "%d", (int)pid)), 0);
	cells[1] = 1;
	nap(300);
	const struct cgroup_at at = { path, &hierarchies[0], 1 };
	assert_int_equal(cgroup_kill(&at, 5000), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(tree_count(limits), 0);
	close(limits);
	close(dir);
	assert_int_equal(rmdir(bounds), 0);
}

/* ---- both layouts ---- */

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, clean)

static void find_hierarchies(void)
{
	hierarchy_count = 0;
	if (host.v2)
		hierarchies[hierarchy_count++] = (struct record_cgroup){ host.v2, true };
	if (host.v1[CG_FREEZER])
		hierarchies[hierarchy_count++] = (struct record_cgroup){ host.v1[CG_FREEZER], false };
}

static int run(const char *layout)
{
	const struct CMUnitTest tests[] = {
		TEST(a_counter_stops_and_goes_on),
		TEST(many_processes_and_threads_stop),
		TEST(those_that_fork_all_the_time_stop),
		TEST(one_that_cannot_stop_in_time_is_thawed),
		TEST(an_interruption_thaws),
		TEST(one_that_is_half_frozen_counts_as_frozen),
		TEST(what_it_froze_itself_stays_frozen),
		TEST(from_above_it_cannot_be_thawed),
		TEST(the_legacy_freezer_goes_first_and_both_are_lifted),
		TEST(what_is_not_there_is_told),
		TEST(one_that_was_killed_is_not_frozen_afterwards),
		TEST(processes_are_listed_once_and_in_order),
		TEST(a_signal_reaches_each_once),
		TEST(threads_stand_for_their_process),
		TEST(a_fork_bomb_in_a_threaded_cgroup_is_killed),
	};

	if (arena_open(&arena) < 0)
		return 1;
	snprintf(base, sizeof(base), "caisson-freeze-%d", (int)getpid());
	snprintf(path, sizeof(path), "/%s/box", base);
	cgroup_probe(&host, &arena);
	find_hierarchies();
	if (geteuid() != 0 || hierarchy_count == 0) {
		printf("1..0 # skip: %s\n", geteuid() ? "needs root" : "no freezer here");
		return 0;
	}
	int failed = _cmocka_run_group_tests(layout, tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
	arena_close(&arena);
	return failed;
}

/* The same machine with a v2 tree and nothing else, in a mount namespace of our own. */
static int run_unified(void)
{
	struct statfs fs;
	int status;

	if (geteuid() != 0 || (statfs("/sys/fs/cgroup", &fs) == 0 && (uint32_t)fs.f_type == ABI_CGROUP2_SUPER_MAGIC))
		return 0;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) < 0)
			_exit(0);
		exit(run("unified"));
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

int main(void)
{
	cells = mmap(NULL, CELLS * sizeof(*cells), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return run("here") + run_unified();
}
