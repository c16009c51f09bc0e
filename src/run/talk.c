/* What init says between its start and its exec. */
#include "run/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "kern/message.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "run/attend.h"
#include "run/baton.h"
#include "run/hooks.h"
#include "run/host.h"
#include "run/notify.h"
#include "run/oom.h"
#include "run/read_back.h"

int talk_unanswered(struct error *error)
{
	return fail(error, 0, "container init" UNANSWERED);
}

static int wait_for_word(const struct talk *talk, struct error *error)
{
	struct pollfd wait_for[2] = { { .fd = talk->socket, .events = POLLIN }, { .fd = talk->signals, .events = POLLIN } };

	for (;;) {
		int ready = poll(wait_for, 2, talk->taken ? talk->patience_ms : TALK_ANSWER_MS);
		if (ready < 0 && errno != EINTR)
			return fail(error, errno, "cannot wait for init");
		if (wait_for[0].revents)
			return 0;
		if (ready > 0 && wait_for[1].revents)
			return fail(error, 0, "interrupted by signal %d", signals_pending(talk->signals));
		if (ready == 0)
			return talk->status == STATUS_CREATING ? talk_unanswered(error) : fail(error, 0, "the process" UNANSWERED);
	}
}

/* What is executed by its descriptor is called as its file, in 15 bytes (TASK_COMM_LEN); before Linux 6.14 as that descriptor's number. */
static bool is_our_name(const char *comm)
{
	return strcmp(comm, "memfd:caisson-i\n") == 0 ||
	       (*comm != '\n' && strcmp(comm + strspn(comm, "0123456789"), "\n") == 0 &&
		host_kernel_version() < KERNEL_VERSION_OF(6, 14));
}

/* A filter that lets it neither execute nor say so may have killed it. What it is called when it has ended tells whether it is our
 * executable still. The number is its own until somebody reaps it: who does that before we have looked keeps it from being told. */
static bool ended_as_ours(const struct talk *talk)
{
	const int procfs = procfs_kept();
	char path[32], comm[32];
	struct stat executable;

	/* It is the program's before the descriptors are closed, and nobody's from before they are closed by its end. */
	format(path, sizeof(path), "%d/exe", (int)talk->pid);
	if (procfs < 0 || fstatat(procfs, path, &executable, 0) == 0 || errno != ENOENT)
		return false;
	format(path, sizeof(path), "%d/comm", (int)talk->pid);
	return file_read(procfs, path, comm, sizeof(comm)) > 0 && is_our_name(comm) && pidfd_signal(talk->pidfd, 0) == 0;
}

/* The connection is closed on exec: that is the end we wait for. Before init says that it comes to that, it is another end. */
static int talk_ended(struct talk *talk, struct error *error)
{
	if (talk->executing && !ended_as_ours(talk))
		return read_back_watched(error);
	if (container_oom_seen(talk->record, talk->oom) > 0)
		return fail(error, 0, OOM_SENTENCE);
	if (!talk->taken)
		return fail(error, 0, "container init did not take the start");
	return fail(error, 0, "%s has ended before it executed the program",
		    talk->status == STATUS_CREATING ? "container init" : "the process to be executed in the container");
}

static int heard(struct talk *talk, struct baton *baton, ssize_t length, int listener, struct error *error)
{
	if (listener >= 0 && talk->agent >= 0) {
		const char *state = hook_state_json(talk->arena, talk->record, talk->status, talk->record->pid);
		return notify_send(talk->agent, talk->metadata, state, talk->pid, listener, error);
	}
	if (length != sizeof(*baton))
		return fail(error, EPROTO, "init sent something unexpected");
	baton_terminate(baton);
	if (baton->kind == BATON_FAILED) {
		*error = baton->error;
		return -1;
	}
	if (baton->kind != (talk->taken ? BATON_EXECUTING : BATON_TAKEN))
		return fail(error, EPROTO, "init sent something unexpected");
	talk->executing = talk->taken;
	talk->taken = true;
	return talk->executing ? read_back_watch(talk, error) : 0;
}

int talk_until_exec(struct talk *talk, struct error *error)
{
	struct baton baton;

	for (;;) {
		int fd = -1;
		size_t count = 1;
		try(wait_for_word(talk, error));
		ssize_t length = message_receive(talk->socket, &baton, sizeof(baton), &fd, &count);
		_cleanup_fd int listener = length > 0 && count ? fd : -1;
		if (length == 0 || length == -ECONNRESET)
			return talk_ended(talk, error);
		if (length < 0)
			return fail(error, (int)-length, "cannot hear from init");
		try(heard(talk, &baton, length, listener, error));
	}
}
