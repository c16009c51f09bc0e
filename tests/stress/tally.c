/* What was called how often, and what came of it. */
#define _GNU_SOURCE
#include <ctype.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include "stress.h"

#define MOST_COMMANDS 32
#define MOST_WORDINGS 128

struct row {
	char name[16];
	int calls, done, refused, slow, died, wordless, longest;
};

struct wording { char text[200]; int count; };

static struct tally {
	int lock, rows, wordings, more;
	struct row row[MOST_COMMANDS];
	struct wording wording[MOST_WORDINGS];
} *tally;

void tally_open(void) { tally = shared(sizeof(*tally)); }

static void lock(void)
{
	while (__atomic_exchange_n(&tally->lock, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void unlock(void) { __atomic_store_n(&tally->lock, 0, __ATOMIC_RELEASE); }

static struct row *row_of(const char *template)
{
	char name[16];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(template, " "), template);
	for (int i = 0; i < tally->rows; i++)
		if (strcmp(tally->row[i].name, name) == 0)
			return &tally->row[i];
	if (tally->rows == MOST_COMMANDS)
		give_up("too many commands");
	memcpy(tally->row[tally->rows].name, name, sizeof(name));
	return &tally->row[tally->rows++];
}

/* The message of a line of the log, ids and numbers left out. */
static void count_wording(const char *command, const char *text, const char *id)
{
	char plain[sizeof(tally->wording[0].text)];
	size_t length = (size_t)snprintf(plain, sizeof(plain), "%.*s: ", (int)strcspn(command, " "), command);
	const char *message = strstr(text, "msg=");

	for (const char *at = message ? message + 4 : text; *at && *at != '\n' && length < sizeof(plain) - 4;) {
		if (strncmp(at, id, strlen(id)) == 0) {
			plain[length++] = 'I', plain[length++] = 'D';
			at += strlen(id);
		} else if (isdigit((unsigned char)*at) || strspn(at, "0123456789abcdef") == 16) {
			plain[length++] = 'N';
			at += strspn(at, strspn(at, "0123456789abcdef") == 16 ? "0123456789abcdef" : "0123456789");
		} else {
			plain[length++] = *at++;
		}
	}
	plain[length] = '\0';
	for (int i = 0; i < tally->wordings; i++)
		if (strcmp(tally->wording[i].text, plain) == 0) {
			tally->wording[i].count++;
			return;
		}
	if (tally->wordings < MOST_WORDINGS) {
		tally->wording[tally->wordings].count = 1;
		memcpy(tally->wording[tally->wordings++].text, plain, sizeof(plain));
	} else {
		tally->more++;
	}
}

/* One line, which says something. A program that was executed has its own code, and need not say a word. */
static bool in_words(const char *template)
{
	const char *end = strchr(outcome.err, '\n');

	if (strncmp(template, "exec ", 5) == 0 && !*outcome.err && !exited_with(255))
		return true;
	return end && end > outcome.err && !end[1] && !strstr(outcome.err, "Success") && !strstr(outcome.err, "No error");
}

/* What a program that said all it had to say ended with is its own code, not ours. */
static bool ran(void) { return !outcome.apart && !outcome.hung && WIFEXITED(outcome.status) && !exited_with(1) && !exited_with(255); }

void judge(const char *template, const char *id)
{
	const bool died = !outcome.hung && WIFSIGNALED(outcome.status), slow = outcome.ms > options.patience;
	const bool refused = !died && !outcome.hung && !succeeded() && !ran(), wordless = refused && outcome.apart && !in_words(template);

	lock();
	struct row *row = row_of(template);
	row->calls++;
	row->done += succeeded() || ran();
	row->refused += refused;
	row->slow += slow || outcome.hung;
	row->died += died;
	row->wordless += wordless;
	if (row->longest < outcome.ms)
		row->longest = outcome.ms;
	if (*outcome.err)
		count_wording(template, outcome.err, id);
	unlock();
	if (died)
		complain("'%s' of %s died by signal %d: %s", template, id, WTERMSIG(outcome.status), outcome.err);
	if (slow || outcome.hung)
		complain("'%s' of %s took %d ms%s: %s", template, id, outcome.ms, outcome.hung ? " and was killed" : "", outcome.err);
	if (wordless)
		complain("'%s' of %s failed (%x) not in one line of words: '%s'", template, id, (unsigned)outcome.status, outcome.err);
}

void tally_print(void)
{
	struct row all = { .name = "all" };

	if (tally->rows)
		note("  %-8s %8s %8s %8s %12s %6s %8s %9s", "command", "calls", "done", "refused", "longest/ms", "> 5 s", "died",
		     "wordless");
	for (int i = 0; i <= tally->rows && tally->rows; i++) {
		const struct row *row = i < tally->rows ? &tally->row[i] : &all;
		note("  %-8s %8d %8d %8d %12d %6d %8d %9d", row->name, row->calls, row->done, row->refused, row->longest, row->slow,
		     row->died, row->wordless);
		all.calls += row->calls, all.done += row->done, all.refused += row->refused, all.slow += row->slow;
		all.died += row->died, all.wordless += row->wordless;
		all.longest = all.longest < row->longest ? row->longest : all.longest;
	}
	for (int i = 0; i < tally->wordings; i++)
		note("  %8d x %s", tally->wording[i].count, tally->wording[i].text);
	if (tally->more)
		note("  %8d in other words", tally->more);
	memset(tally, 0, sizeof(*tally));
}
