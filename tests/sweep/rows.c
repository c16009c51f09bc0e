/* Which rows of the scores a configuration has played, by --trace: undisturbed, by each command that plays any. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "box.h"

static const struct { const char *score; enum before before; const char *line; } players[] = {
	{ "create", NOTHING, "create %r --bundle %b --pid-file %p %t %i" },
	{ "create", CREATED, "start %r %i" },
	{ "create", NOTHING, "run %r --bundle %b --config %e --pid-file %p %i" },
	{ "exec", RUNNING, "exec %r --detach --pid-file %p %i /bin/probe wait" },
	{ "exec", RUNNING, "exec %r --detach --tty --console-socket %s --pid-file %p %i /bin/probe wait" },
	{ "exec", RUNNING, "exec %r %T %i /bin/probe ids" },
};

/* Spans like {"name":"claim","cat":"host",...}: what is no row has a name that no row has. */
static void tell_rows(const char *score, const char *text)
{
	static const char name[] = "\"name\":\"", side[] = "\",\"cat\":\"";

	for (const char *at = strstr(text, name); at; at = strstr(at, name)) {
		at += strlen(name);
		const char *end = strchr(at, '"');
		if (end && strncmp(end, side, strlen(side)) == 0)
			dprintf(STDOUT_FILENO, "# row %s %.*s %.*s\n", score, (int)strcspn(end + strlen(side), "\""), end + strlen(side),
				(int)(end - at), at);
	}
}

void rows_played(void)
{
	static char text[256 * 1024];
	char path[300];
	struct words words = { 0 };

	snprintf(path, sizeof(path), "%s/trace", box.work);
	for (size_t i = 0; i < array_length(players); i++) {
		if (!prepared(players[i].before, &words) || call(players[i].line) != 0)
			give_up("the undisturbed '%s':%.200s %.200s", players[i].line, words.text, said_by(2));
		if (slurp(AT_FDCWD, path, text, sizeof(text)) < 1)
			give_up("'%s' left no trace", players[i].line);
		unlink(path);
		tell_rows(players[i].score, text);
		call("delete --force %i");
		if (!nothing_left(&words))
			give_up("the undisturbed '%s':%.400s", players[i].line, words.text);
	}
}
