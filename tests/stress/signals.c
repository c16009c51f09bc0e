/* Case C96: commands that signals rain on: stopped and continued, told of windows, children and urgent data, thousands of times a second.
 * Where a wait is interrupted it begins again. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "stress.h"

static long *sent;

/* The stop is for the command alone: whatever it has made may have left its group before it would be continued. */
static void rain(pid_t pid)
{
	static const int drops[] = { SIGWINCH, SIGCHLD, SIGURG, SIGCONT };

	if (dice(4) == 0) {
		kill(pid, SIGSTOP);
		kill(pid, SIGCONT);
		*sent += 2;
		return;
	}
	for (size_t i = 0; i < array_length(drops); i++)
		*sent += kill(-pid, drops[i]) == 0;
}

static void told(const char *what, bool right)
{
	judge(what, "");
	if (!right)
		complain("in the rain, %s: %x, '%.100s' '%s'", what, (unsigned)outcome.status, outcome.out, outcome.err);
}

void signals_rain(void)
{
	const int rounds = times(8, 500);

	if (!sent)
		sent = shared(sizeof(*sent));
	*sent = 0;
	bundle_make("rain", "hooks", 0);
	bundle_make("rain", "say", 3000);
	for (int round = 0; round < rounds; round++) {
		call_meanwhile(rain);
		must("create --bundle %b %i", "rain", "hooks");
		must("start %i", "rain", "");
		must("exec --detach %i /bin/payload wait", "rain", "");
		call_on(PIPE, "exec %i /bin/payload say 3000 9", "rain", "");
		told("exec", exited_with(9) && outcome.length == 3000);
		must("update --pids-limit %n %i", "rain", "");
		must("pause %i", "rain", "");
		must("resume %i", "rain", "");
		must("ps %i", "rain", "");
		must("delete --force %i", "rain", "");
		call_on(PIPE, "run --bundle %b %i", "rain", "say");
		told("run", exited_with(9) && outcome.length == 3000);
		call_meanwhile(NULL);
		nothing_left("after rain", 0);
	}
	note("%d rounds of 10 commands, %ld signals", rounds, *sent);
}
