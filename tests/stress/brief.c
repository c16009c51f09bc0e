/* Case C75: programs that end at once, many at a time: the code is the program's, all that it said arrives, and nothing is stuck. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include "stress.h"

#define WORKERS 4
#define CODE 9

static const int sizes[] = { 1, 6, 4095, 4096, 5000, 65536, 200000 };

/* What the payload says; a terminal may make a line of it, but there are none in it. */
static bool said_all(int size)
{
	if (outcome.length != (size_t)size)
		return false;
	for (int i = 0; i < size; i++)
		if (outcome.out[i] != (char)('a' + i % 23))
			return false;
	return true;
}

static void once(enum streams streams, const char *template, const char *id, const char *kind, int size)
{
	call_on(streams, template, id, kind);
	judge(template, id);
	if (!exited_with(CODE) || !said_all(size))
		complain("'%s' of %s (%s): %x, %zu bytes of %d, '%.200s'", template, id, kind, (unsigned)outcome.status, outcome.length,
			 size, outcome.out);
}

static void work(int worker, void *data)
{
	const int rounds = *(const int *)data / WORKERS;
	char execute[100], id[16], live[16];

	snprintf(id, sizeof(id), "b%d", worker);
	snprintf(live, sizeof(live), "l%d", worker);
	bundle_make(live, "plain", 0);
	must("run --detach --bundle %b %i", live, "plain");
	for (int round = 0; round < rounds; round++) {
		int size = sizes[dice(array_length(sizes))];
		bundle_make(id, "say", size);
		bundle_make(id, "say-terminal", size);
		once(PIPE, "run --bundle %b %i", id, "say", size);
		once(TERMINAL, "run --bundle %b %i", id, "say-terminal", size);
		snprintf(execute, sizeof(execute), "exec %%i /bin/payload say %d %d", size, CODE);
		once(PIPE, execute, live, "", size);
		snprintf(execute, sizeof(execute), "exec --tty %%i /bin/payload say %d %d", size, CODE);
		once(TERMINAL, execute, live, "", size);
	}
	must("delete --force %i", live, "");
}

void brief_programs(void)
{
	int rounds = times(24, 5000);

	crowd(WORKERS, work, &rounds);
	note("%d programs each by run and exec, with and without a terminal, %d at a time", rounds, WORKERS);
	nothing_left("after brief programs", PARENTS_MAY_STAY);
}
