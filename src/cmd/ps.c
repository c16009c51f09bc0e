/* ps: the processes of a container, as the host's ps tells them, or as JSON (contract 6.8, 8.3). */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/number.h"
#include "base/text.h"
#include "cgroup/processes.h"
#include "cmd/container.h"
#include "kern/process.h"

/* A row of ps takes some 100 bytes: this is a host with 600,000 processes. */
#define OUTPUT_MOST (64u << 20)
#define PS_WAIT_MS 60000

struct ps_options { const char *format; };

static const char *const formats[] = { "table", "json", NULL };

static const struct option options[] = {
	{ "format", 'f', OPTION_WORD, offsetof(struct ps_options, format), "FORMAT", "table (default) or json", formats,
	  "invalid format option" },
};

static void as_json(const struct pid_list *pids, struct text *out)
{
	text_add(out, "[");
	for (size_t i = 0; i < pids->count; i++)
		text_printf(out, "%s%d", i ? "," : "", (int)pids->items[i]);
	text_add(out, "]\n");
}

/* ---- what ps says ---- */

struct word { const char *at; size_t length; };

/* Takes the next word off a line that ends at `end`; without one its length is 0. */
static struct word next_word(const char **line, const char *end)
{
	struct word word;

	while (*line < end && (**line == ' ' || **line == '\t'))
		++*line;
	word.at = *line;
	while (*line < end && **line != ' ' && **line != '\t')
		++*line;
	word.length = (size_t)(*line - word.at);
	return word;
}

/* How many words stand before PID; -1: it is not among them. */
static int pid_column(const char *line, const char *end)
{
	struct word word = next_word(&line, end);

	for (int column = 0; word.length; column++, word = next_word(&line, end))
		if (word.length == 3 && memcmp(word.at, "PID", 3) == 0)
			return column;
	return -1;
}

/* Whether the row is one of theirs. Threads (ps -m) have a dash for a number: `process` is the answer for the process above them. */
static bool is_theirs(const char *line, const char *end, int column, const struct pid_list *pids, bool process)
{
	struct word word = next_word(&line, end);
	char number[16];
	uint32_t pid;

	while (column-- > 0)
		word = next_word(&line, end);
	if (word.length == 1 && *word.at == '-')
		return process;
	if (word.length >= sizeof(number))
		return false;
	memcpy(number, word.at, word.length);
	number[word.length] = '\0';
	return number_u32(number, INT32_MAX, &pid) == 0 && pid_list_has(pids, (pid_t)pid);
}

static int as_table(const struct text *said, const struct pid_list *pids, struct text *out, struct error *error)
{
	const char *at = said->length ? said->data : "", *last = at + said->length;
	bool theirs = false;
	int column = -1;

	for (int row = 0; at < last; row++) {
		const char *end = memchr(at, '\n', (size_t)(last - at));
		end = end ? end : last;
		if (row == 0)
			column = pid_column(at, end);
		if (column < 0)
			break;
		theirs = row == 0 || is_theirs(at, end, column, pids, row > 1 && theirs);
		if (theirs) {
			text_add_bytes(out, at, (size_t)(end - at));
			text_add(out, "\n");
		}
		at = end + 1;
	}
	return column < 0 ? fail(error, 0, "couldn't find PID field in ps output") : 0;
}

/* ---- running it ---- */

static bool has_ps(const char *directory)
{
	_cleanup_fd int dir = again_open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat info;

	return dir >= 0 && fstatat(dir, "ps", &info, 0) == 0 && S_ISREG(info.st_mode) && faccessat(dir, "ps", X_OK, 0) == 0;
}

/* Relative directories of PATH are passed over: the working directory may be anybody's. */
static const char *find_ps(struct arena *arena)
{
	const char *path = getenv("PATH");

	for (path = path ? path : "/usr/sbin:/usr/bin:/sbin:/bin"; *path; path += *path == ':') {
		size_t length = strcspn(path, ":");
		const char *directory = arena_copy(arena, path, length);
		if (*directory == '/' && has_ps(directory))
			return arena_printf(arena, "%s/ps", directory);
		path += length;
	}
	return NULL;
}

static bool take(void *to, const char *data, size_t length)
{
	struct text *said = to;

	if (length > OUTPUT_MOST - said->length)
		return false;
	text_add_bytes(said, data, length);
	return true;
}

static int ended_badly(const struct program_end *end, struct error *error)
{
	const char *separator = end->last_line[0] ? ": " : "";

	if (end->refused)
		return fail(error, 0, "ps was ended: it wrote more than %u MiB", OUTPUT_MOST >> 20);
	if (end->timed_out)
		return fail(error, 0, "ps was ended: it took more than %d s", PS_WAIT_MS / 1000);
	if (end->signal)
		return fail(error, 0, "ps was ended by signal %d%s%s", end->signal, separator, end->last_line);
	return fail(error, 0, "ps failed with exit code %d%s%s", end->code, separator, end->last_line);
}

/* Its arguments are passed on as they came: who wants several words sends several. */
static int run_ps(const struct invocation *invocation, struct text *said, struct error *error)
{
	size_t count = invocation->count - 1;
	char **argv = arena_array(invocation->arena, char *, count + 3);
	struct program_end end;

	argv[0] = "ps";
	argv[1] = "-ef";
	for (size_t i = 0; i < count; i++)
		argv[i + 1] = arena_string(invocation->arena, invocation->args[i + 1]);
	const struct program program = {
		.path = find_ps(invocation->arena),
		.argv = argv,
		.envp = environ,
		.input = "",
		.cwd = -1,
		.timeout_ms = PS_WAIT_MS,
		.interrupt = -1,
		.watched = -1,
		.take = take,
		.to = said,
	};
	if (!program.path)
		return fail(error, 0, "cannot run ps: it is in no directory of PATH");
	int r = program_run(&program, &end);
	if (r < 0)
		return fail(error, -r, "cannot run '%s'", program.path);
	return end.refused || end.timed_out || end.signal || end.code ? ended_badly(&end, error) : 0;
}

/* ---- the command ---- */

/* Not by the status: what a container that has ended left in its cgroup is running, too. */
static int find_processes(const struct invocation *invocation, struct pid_list *pids, struct error *error)
{
	struct state_dir state;
	struct record record;

	*pids = (struct pid_list){ 0 };
	try(container_open(invocation, invocation->args[0], 0, &state, &record, error));
	const struct cgroup_at at = record_cgroup_at(&record);
	bool known = at.path || record_status(&state, &record) == STATUS_STOPPED;
	int r = record_owns_cgroup(&record) ? cgroup_processes(&at, invocation->arena, pids) : 0;
	state_close(&state);
	if (!known)
		return fail(error, 0, "cannot tell the processes of container '%s': it has no cgroup", invocation->args[0]);
	return r < 0 ? fail(error, -r, "cannot read the processes of container '%s'", invocation->args[0]) : 0;
}

static int ps(const struct invocation *invocation, struct error *error)
{
	const struct ps_options *o = invocation->options;
	struct text out = text_in(invocation->arena);
	struct text said = text_in(invocation->arena);
	struct pid_list pids;

	try(find_processes(invocation, &pids, error));
	if (o->format && strcmp(o->format, "json") == 0) {
		as_json(&pids, &out);
	} else {
		try(run_ps(invocation, &said, error));
		try(as_table(&said, &pids, &out, error));
	}
	return print(&out, error);
}

const struct command command_ps = {
	.name = "ps",
	.arguments = "ID [PS-OPTION ...]",
	.summary = "list the processes of a container",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct ps_options),
	.least = 1,
	.most = SIZE_MAX,
	.flags = COMMAND_STOP_AT_FIRST,
	.run = ps,
};
