/* What this test must find, put in its way on purpose: its zeros are worth as much as this. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "stress.h"

static int missed;

static void expect(const char *what, bool found)
{
	char line[200];
	int length = snprintf(line, sizeof(line), "%s - stress: finds %s\n", found ? "ok" : "not ok", what);

	missed += !found;
	if (write(STDOUT_FILENO, line, (size_t)length) < 0)
		_exit(1);
}

/* ---- a bad runtime ---- */

static int crash(void) { return raise(SIGSEGV); }

static int dawdle(void)
{
	nap(500);
	return 0;
}

static int silent(void) { return 1; }

static int chatty(void)
{
	fputs("one line\nand another\n", stderr);
	return 1;
}

static int successful(void)
{
	fputs("cannot do it: Success\n", stderr);
	return 1;
}

static int half(void)
{
	fputs("[{\"ociVersion\":\"1.2.0\",\"id\":\"a\",\"pid\":1", stdout);
	return 0;
}

static int fine(void) { return 0; }

static const struct { const char *word; int (*play)(void); } plays[] = {
	{ "crash", crash }, { "dawdle", dawdle }, { "silent", silent }, { "chatty", chatty }, { "successful", successful },
	{ "half", half }, { "fine", fine },
};

int fake_runtime(char **words)
{
	for (size_t i = 0; words[0] && i < array_length(plays); i++)
		if (strcmp(words[0], plays[i].word) == 0)
			return plays[i].play();
	return 97;
}

/* Whether it is complained of. */
static bool wrong(const char *template)
{
	int before = complaints();

	call(template, "", "");
	return complaints() > before;
}

static void find_bad_commands(void)
{
	const char *real = options.runtime;

	options.runtime = "/proc/self/exe";
	expect("nothing in a command that does nothing wrong", !wrong("fine") && succeeded());
	expect("a death by a signal", wrong("crash"));
	const int patience = options.patience;
	options.patience = 300;
	expect("a command that takes too long", wrong("dawdle") && succeeded());
	options.patience = 20;
	expect("a command that hangs", wrong("dawdle") && outcome.hung);
	options.patience = patience;
	expect("a failure without words", wrong("silent"));
	expect("a failure in two lines", wrong("chatty"));
	expect("a failure that is called a success", wrong("successful"));
	expect("half a document", !wrong("half") && !json_whole(outcome.out));
	options.runtime = real;
}

/* ---- things that are left ---- */

static bool left(void)
{
	int before = complaints();

	return !nothing_left("", 0) && complaints() > before;
}

static void find_what_is_left(void)
{
	const int slow = options.slow;
	char path[500];

	bundle_make("left", "plain", 0);
	expect("nothing where nothing is", !left());
	options.slow = 0; /* not to wait for what stays */
	expect("a container that nobody deletes", must("run --detach --bundle %b %i", "left", "plain") && left() && cgroup_exists("left"));
	options.slow = slow;
	remains_clear();
	expect("nothing once it is cleared away", !left());
	options.slow = 0;
	pid_t orphan = fork();
	if (orphan == 0) {
		pause();
		_exit(0);
	}
	expect("a process that is left", left());
	kill(orphan, SIGKILL);
	snprintf(path, sizeof(path), "%s", state_path("forgotten", ""));
	mkdir(path, 0700);
	options.slow = slow;
	expect("a state directory that is left", left());
	rmdir(path);
	snprintf(path, sizeof(path), "%s/here/pid", options.work);
	bool mounted = mount("none", path, "tmpfs", 0, NULL) == 0;
	expect("a mount that is left", mounted && left());
	umount2(path, MNT_DETACH);
	expect("nothing in the end", !left());
}

static void find_half_json(void)
{
	static const char *const bad[] = { "", "{", "[{}", "{\"a\":1}x", "{\"a\":}", "[1,]", "{\"a\" 1}", "\"a", "[1 2]", "nul",
					   "{\"a\":1,}" };
	static const char *const good[] = { "{}", "[]", " [ 1 , -2.5e3 , \"a\\\"b\" , { \"c\" : null } ] \n", "\"\\u00e4\"" };
	const char *items[4];
	int told = 0;

	for (size_t i = 0; i < array_length(bad); i++)
		told += json_whole(bad[i]);
	for (size_t i = 0; i < array_length(good); i++)
		told += !json_whole(good[i]);
	expect("out which documents are whole", told == 0);
	expect("the members of a document", json_is(json_member("{\"b\": {\"a\": 1}, \"a\": \"x\"}", "a"), "x") &&
	       !json_member("{\"b\": {\"a\": 1}}", "a") && json_items("[1,[2,3],4]", items, 4) == 3 && json_integer(items[2]) == 4);
}

int self_test(void)
{
	complaints_expected(true);
	find_half_json();
	find_bad_commands();
	find_what_is_left();
	complaints_expected(false);
	return missed;
}
