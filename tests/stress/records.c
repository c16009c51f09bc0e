/* Case C96: whoever reads what is being written sees one document or the other, never a part of one. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "stress.h"

#define IDS 3
#define WRITERS 3
#define RAW_READERS 2

static const char *const ids[IDS] = { "r0", "r1", "r2" };

static struct {
	int64_t until;
	int writers;                     /* at work */
	long wanted, reads, seen, absent;/* raw reads, of those a document, of those there was none */
} *shared_state;

static void writer(int worker)
{
	const char *id = ids[worker % IDS];

	while (now_ms() < shared_state->until || __atomic_load_n(&shared_state->reads, __ATOMIC_RELAXED) < shared_state->wanted) {
		must("create --bundle %b --pid-file %p %i", id, "hooks");
		must("start %i", id, "");
		for (int i = 0; i < 6; i++)
			must("update --pids-limit %n %i", id, "");
		must("pause %i", id, "");
		must("update --pids-limit %n %i", id, "");
		must("resume %i", id, "");
		must("delete --force %i", id, "");
	}
	__atomic_sub_fetch(&shared_state->writers, 1, __ATOMIC_SEQ_CST);
}

/* A file of the runtime's: absent, or whole. The last is no JSON, but a number without a newline. */
static const char *const files[] = { "state.json", "state.json", "resources.json", "resources.unsure", "cgroup.json", "config.json" };

static void read_raw(void)
{
	static char text[256 * 1024];
	const char *id = ids[dice(IDS)];
	const size_t which = dice(array_length(files) + 1);
	char path[500];

	if (which < array_length(files))
		snprintf(path, sizeof(path), "%s", state_path(id, files[which]));
	else
		snprintf(path, sizeof(path), "%s/here/pid/%s", options.work, id);
	ssize_t length = slurp(path, text, sizeof(text));
	__atomic_add_fetch(&shared_state->reads, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(length < 0 ? &shared_state->absent : &shared_state->seen, 1, __ATOMIC_RELAXED);
	if (length < 0)
		return;
	bool whole = which < array_length(files) ? json_whole(text) && text[0] == '{' : strspn(text, "0123456789") == (size_t)length;
	/* The first record has names alone; a container that is made has a process. */
	if (which < 2 && whole)
		whole = json_is(json_member(text, "id"), id) && json_member(text, "bundle") &&
			(!json_member(text, "committed") || json_integer(json_member(text, "pid")) > 1);
	if (!whole || length == 0)
		complain("'%s' has %zd bytes: '%.200s'", path, length, text);
}

static void read_listed(void)
{
	static const char *items[IDS + 1];
	int count = must("list --format json", "", "") && json_whole(outcome.out) ? json_items(outcome.out, items, IDS + 1) : -1;

	if (count < 0 || count > IDS || *outcome.err)
		complain("list said '%s' '%s'", outcome.out, outcome.err);
	for (int i = 0; i < count; i++)
		if (!json_member(items[i], "status") || !json_member(items[i], "pid"))
			complain("list has half a record: '%.300s'", items[i]);
	if (call("state %i", ids[dice(IDS)], "") ? !json_whole(outcome.out) : !strstr(outcome.err, "does not exist"))
		complain("state said '%s' '%s'", outcome.out, outcome.err);
}

static void reader_or_writer(int worker, void *data)
{
	(void)data;
	if (worker < WRITERS) {
		writer(worker);
		return;
	}
	while (__atomic_load_n(&shared_state->writers, __ATOMIC_SEQ_CST) > 0) {
		if (worker < WRITERS + RAW_READERS)
			read_raw();
		else
			read_listed();
	}
}

void records_read(void)
{
	if (!shared_state)
		shared_state = shared(sizeof(*shared_state));
	memset(shared_state, 0, sizeof(*shared_state));
	shared_state->until = now_ms() + times(2000, 20000);
	shared_state->wanted = times(5000, 1000000);
	shared_state->writers = WRITERS;
	for (int i = 0; i < IDS; i++)
		bundle_make(ids[i], "hooks", 0);
	crowd(WRITERS + RAW_READERS + 1, reader_or_writer, NULL);
	note("%ld reads of files while they were written: %ld whole documents, %ld not there, 0 others", shared_state->reads,
	     shared_state->seen, shared_state->absent);
	if (shared_state->seen < shared_state->reads / 10)
		complain("there was hardly anything to be read");
	for (int i = 0; i < IDS; i++)
		must("delete --force %i", ids[i], "");
	nothing_left("after records", PARENTS_MAY_STAY);
}
