/* Many at once: workers that go on, commands that begin at the same moment. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stress.h"

static pid_t begin(int worker, void (*work)(int worker, void *data), void *data)
{
	pid_t pid = fork();

	if (pid < 0)
		give_up("cannot fork: %s", strerror(errno));
	if (pid == 0) {
		dice_begin((unsigned)worker);
		work(worker, data);
		_exit(0);
	}
	return pid;
}

void crowd(int workers, void (*work)(int worker, void *data), void *data)
{
	pid_t pids[workers];
	int status;

	for (int i = 0; i < workers; i++)
		pids[i] = begin(i, work, data);
	for (int i = 0; i < workers; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
			give_up("a worker came to no good end: %x", (unsigned)status);
}

struct salvo {
	const char *const *templates;
	int kinds, gate; /* which is shut for reading until all are there */
	const char *id, *kind;
	struct shot *shots;
};

static void fire(int worker, void *data)
{
	const struct salvo *salvo = data;
	struct shot *shot = &salvo->shots[worker];
	struct pollfd gate = { .fd = salvo->gate, .events = 0 };

	/* The other end's close is heard by all at the same time. */
	while (poll(&gate, 1, -1) < 1)
		;
	call(salvo->templates[worker % salvo->kinds], salvo->id, salvo->kind);
	shot->status = outcome.hung ? -1 : outcome.status;
	snprintf(shot->err, sizeof(shot->err), "%s", outcome.err);
}

int volley(int count, const char *const *templates, const char *id, const char *kind, struct shot *shots)
{
	static struct shot *reported;
	int ends[2], done = 0, status;
	pid_t pids[MOST_SHOTS];
	struct salvo salvo = { .templates = templates, .id = id, .kind = kind };

	if (!reported)
		reported = shared(MOST_SHOTS * sizeof(*reported));
	if (count > MOST_SHOTS || pipe(ends) < 0)
		give_up("no pipe, or too many at once");
	while (templates[salvo.kinds])
		salvo.kinds++;
	salvo.gate = ends[0], salvo.shots = reported;
	memset(reported, 0xff, MOST_SHOTS * sizeof(*reported)); /* nobody has the last salvo's results */
	for (int i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			give_up("cannot fork: %s", strerror(errno));
		if (pids[i] == 0) {
			close(ends[1]);
			dice_begin(dice(1u << 30) + (unsigned)i);
			fire(i, &salvo);
			_exit(0);
		}
	}
	close(ends[0]);
	close(ends[1]);
	for (int i = 0; i < count; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
			give_up("shot %d of '%s' came to no good end: %x", i, templates[i % salvo.kinds], (unsigned)status);
	memcpy(shots, reported, (size_t)count * sizeof(*shots));
	for (int i = 0; i < count; i++)
		done += shots[i].status == 0;
	return done;
}
