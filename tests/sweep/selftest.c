/* What the sweep must find, put in its way on purpose: its zeros are worth as much as this. */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "box.h"

#define MOST_LOOSE 100

static struct words words;
static int missed;

static void expect(const char *what, bool found)
{
	missed += !found;
	dprintf(STDOUT_FILENO, "%s - sweep: finds %s\n", found ? "ok" : "not ok", what);
}

static void begin(void)
{
	words.length = 0;
	words.text[0] = '\0';
}

/* A container that nobody deletes. */
static void find_container(void)
{
	begin();
	bool left = prepared(RUNNING, &words) && !nothing_left(&words);
	expect("a process that is left", left && strstr(words.text, " process "));
	expect("a cgroup that is left", left && strstr(words.text, " cgroup "));
	expect("files that are left", left && strstr(words.text, " files:") && strstr(words.text, "state"));
	remains_clear(box.id);
	begin();
	expect("nothing once it is cleared away", nothing_left(&words));
}

static void find_mount(void)
{
	begin();
	bool mounted = mount("none", box.work, "tmpfs", 0, NULL) == 0 || !prepared(NOTHING, &words);
	bool left = !nothing_left(&words);
	expect("a mount that is left", mounted && left && strstr(words.text, "mount table"));
	umount2(box.work, MNT_DETACH);
}

/* exec waits for what it executes. */
static void find_hang(void)
{
	static struct traced run;
	const struct shot shot = { .act = COUNT };
	struct figures figures = { 0 };

	begin();
	bool running = prepared(RUNNING, &words);
	patience = 1;
	call_disturbed("exec %i /bin/probe wait", &shot, &run);
	patience = 10;
	after_kill(&run, 0, &figures, &words);
	expect("a command that hangs", running && run.hung && figures.hangs == 1);
	remains_clear(box.id);
}

/* The number of create's first call of that name, of its last one. */
static int number_of(const char *name, bool last)
{
	static struct traced run;
	int at = 0;

	call_disturbed(commands[0].line, &(struct shot){ .act = COUNT }, &run);
	call("delete --force %i");
	for (int i = 0; i < run.count[HOST]; i++)
		if ((last || !at) && strcmp(call_name(run.calls[HOST][i]), name) == 0)
			at = i + 1;
	return at;
}

/* What is disturbed is disturbed: the directory of the container cannot be made; a create that is killed before the pid is on record. */
static void find_fault(void)
{
	static struct traced run;
	struct shot shot = { .act = FAULT, .side = HOST, .at = number_of("mkdirat", false) };
	struct figures figures = { 0 };

	begin();
	call_disturbed(commands[0].line, &shot, &run);
	expect("a call that was made to fail", run.hit && run.status == 0x100 && strstr(said_by(2), "memory"));
	shot = (struct shot){ .act = KILL, .side = HOST, .at = number_of("renameat2", true) };
	call_disturbed(commands[0].line, &shot, &run);
	expect("a death by signal", run.hit && run.status == 9);
	after_fault(&commands[0], &run, &figures, &words);
	expect("what that leaves before it is deleted", figures.errors == 1 && figures.leftovers == 1);
	remains_clear(box.id);
}

/* Bundles loose-N: the container's, each with one thing looser. */
static void find_looseness(void)
{
	char line[300], what[400], path[400];
	struct stat stat_of;

	for (int i = 0; i < MOST_LOOSE; i++) {
		begin();
		snprintf(path, sizeof(path), "%s/loose/%d.json", box.work, i);
		if (stat(path, &stat_of) < 0)
			break;
		snprintf(line, sizeof(line), "run --detach --bundle %%b --config %s --pid-file %%p %%t %%i", path);
		bool different = call(line) == 0 && !looks_right(OF_INIT, &words);
		words.text[strcspn(words.text, "\n")] = '\0';
		snprintf(what, sizeof(what), "looseness %d:%.300s", i, different ? words.text : said_by(2));
		expect(what, different);
		call("delete --force %i");
		nothing_left(&words);
	}
}

int self_test(void)
{
	find_container();
	find_mount();
	find_hang();
	find_fault();
	if (!box.systemd) /* nothing of it depends on who makes the cgroup */
		find_looseness();
	return missed;
}
