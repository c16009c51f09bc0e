/* The commands that are swept, and what each has to have done when it says that it has succeeded, or to have left alone when it failed. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "box.h"

static bool succeeds(const char *line, struct words *words)
{
	int status = call(line);

	if (status != 0)
		say(words, " %s: status %x, %.300s", line, (unsigned)status, said_by(2));
	return status == 0;
}

/* ---- after success ---- */

/* What befalls init once its creator has let go of it, nobody is there to hear: it has ended, and start says so. */
static bool started_right(struct words *words)
{
	if (let_go && call("start %i") != 0 && *said_by(2)) {
		excused = true;
		return comes_to_be("\"stopped\"", words);
	}
	return (let_go || succeeds("start %i", words)) && looks_right(OF_INIT, words);
}

static bool runs_right(struct words *words) { return looks_right(OF_INIT, words); }
static bool executes_right(struct words *words) { return looks_right(OF_EXEC, words); }
static bool executes_on_terminal(struct words *words) { return looks_right(OF_EXEC_TTY, words); }
static bool executed_right(struct words *words) { return said_right(OF_EXEC_WORDS, words); }
/* What cannot be relayed any more is told. */
static bool executed_on_terminal(struct words *words)
{
	return strstr(said_by(2), "terminal is lost") || said_right(OF_EXEC_TTY_WORDS, words);
}
static bool is_deleted(struct words *words) { return nothing_left(words); }
static bool is_killed(struct words *words) { return comes_to_be("\"stopped\"", words); }
static bool is_paused(struct words *words) { return comes_to_be("\"paused\"", words); }

/* With its program's end it takes everything away itself. What it cannot relay it tells. */
static bool ran_right(struct words *words)
{
	return (strstr(said_by(2), "terminal is lost") || said_right(OF_RUN_WORDS, words)) && nothing_left(words);
}

static bool is_resumed(struct words *words) { return comes_to_be("\"running\"", words) && looks_right(OF_INIT, words); }

static bool limit_is(const char *const files[2], const char *value, struct words *words)
{
	char path[256], text[64] = "";

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), files[i], cgroup_of(box.id));
		if (slurp(AT_FDCWD, path, text, sizeof(text)) >= 0 && strcmp(text, value) == 0)
			return true;
	}
	say(words, " success, but %s is %s", strrchr(files[0], '/'), text);
	return false;
}

static bool is_updated(struct words *words)
{
	static const char *const pids[] = { "/sys/fs/cgroup/pids/%s/pids.max", "/sys/fs/cgroup/%s/pids.max" };
	static const char *const memory[] = { "/sys/fs/cgroup/memory/%s/memory.limit_in_bytes", "/sys/fs/cgroup/%s/memory.max" };

	return limit_is(pids, "77\n", words) && limit_is(memory, "134217728\n", words);
}

static bool says_running(struct words *words)
{
	if (strstr(said_by(1), "running"))
		return true;
	say(words, " success, but it said %.200s", said_by(1));
	return false;
}

/* list goes on where one of many cannot be read, but not in silence. */
static bool lists_or_warns(struct words *words)
{
	return *said_by(2) || says_running(words);
}

/* ---- after a failure ---- */

/* The old limits, all of them. */
static bool not_updated(struct words *words) { return looks_right(OF_INIT, words); }

/* Never frozen by a pause that says that there is none. */
static bool not_paused(struct words *words) { return comes_to_be("\"running\"", words); }

/* Whatever has become of it, or if it is gone. */
static bool not_frozen(struct words *words)
{
	if (call("state %i") != 0 || !strstr(said_by(1), "\"paused\""))
		return true;
	say(words, " it is paused");
	return false;
}

/* Resumed or not, another one succeeds. */
static bool may_be_resumed(struct words *words)
{
	if (call("state %i") == 0 && strstr(said_by(1), "\"running\""))
		return true;
	return succeeds("resume %i", words) && comes_to_be("\"running\"", words);
}

/* The container, and nobody in it but its own process. */
static bool alone(struct words *words)
{
	for (int i = 0; i < TRIES && processes_of_ours() != 1; i++)
		usleep(NAP);
	if (processes_of_ours() == 1)
		return true;
	say(words, " %d processes are in the container", processes_of_ours());
	return false;
}

const struct command commands[] = {
	{ "create", NOTHING, "create --bundle %b --pid-file %p %t %i", started_right, .makes = true },
	{ "run", NOTHING, "run --detach --bundle %b --pid-file %p %t %i", runs_right, .makes = true },
	{ "run-fg", NOTHING, RUN_FOREGROUND, ran_right, .makes = true },
	{ "start", CREATED, "start %i", runs_right },
	{ "exec", RUNNING, EXEC_DETACHED, executes_right, .intact = alone },
	{ "exec-tty", RUNNING, EXEC_TTY, executes_on_terminal, .intact = alone },
	{ "exec-fg", RUNNING, EXEC_FOREGROUND, executed_right, .intact = alone },
	{ "exec-tty-fg", RUNNING, EXEC_TTY_FOREGROUND, executed_on_terminal, .attended = true, .intact = alone },
	{ "kill", RUNNING, "kill %i KILL", is_killed, .intact = not_frozen },
	{ "kill-all", RUNNING, "kill --all %i KILL", is_killed, .intact = not_frozen },
	{ "pause", RUNNING, "pause %i", is_paused, .intact = not_paused, .cgroup = true },
	{ "resume", PAUSED, "resume %i", is_resumed, .intact = may_be_resumed, .cgroup = true },
	{ "delete", RUNNING, "delete --force %i", is_deleted, .intact = not_frozen },
	{ "delete-ended", ENDED, "delete %i", is_deleted, .intact = not_frozen },
	{ "update", RUNNING, "update --pids-limit 77 --memory 134217728 --cpu-share 300 %i", is_updated,
	  .intact = not_updated, .cgroup = true },
	{ "state", RUNNING, "state %i", says_running },
	{ "list", RUNNING, "list", lists_or_warns },
};
const int command_count = array_length(commands);
