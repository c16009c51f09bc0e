/* News of a cgroup: by poll(2) as far as the kernel tells, else by asking now and then. */
#include "cgroup/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "cgroup/oom.h"
#include "cgroup/tree.h"
#include "state/state.h"

#define ASK_MS 250

/* A legacy hierarchy writes to an eventfd: "its number, that of memory.oom_control". It does so when memory runs out, before it kills,
 * and once more when the directory is removed (the kernel's cgroup-v1/memory.rst, section 9). A kernel may be built without. */
static int open_signals(int dir, int oom)
{
	char line[32];
	_cleanup_fd int signals = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	format(line, sizeof(line), "%d %d", signals, oom);
	return signals >= 0 && file_write(dir, "cgroup.event_control", line) == 0 ? take_fd(&signals) : -1;
}

static void open_oom(const struct cgroup_at *at, struct cgroup_watch *watch)
{
	struct oom_place place;

	oom_tally_open(at, &watch->oom);
	_cleanup_fd int oom = oom_open(at, &place);
	if (oom >= 0 && place.legacy) {
		watch->oom_signals = open_signals(place.dir, oom);
		watch->every_ms = watch->oom_signals < 0 ? ASK_MS : -1;
	}
	close_fd(&place.dir);
}

/* v2, or on hybrid hosts the v2 tree, knows who is in the cgroup and tells. */
static void open_populated(const struct cgroup_at *at, struct cgroup_watch *watch)
{
	for (size_t i = 0; i < at->count && watch->populated < 0; i++) {
		_cleanup_fd int dir = tree_of(&at->hierarchies[i], at->path);
		if (dir < 0)
			continue;
		if (at->hierarchies[i].v2)
			watch->populated = again_openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
		else if (watch->directory < 0)
			watch->directory = take_fd(&dir);
	}
	if (watch->populated >= 0)
		close_fd(&watch->directory);
}

void cgroup_watch_open(const struct cgroup_at *at, struct cgroup_watch *watch)
{
	*watch = (struct cgroup_watch){ .every_ms = -1, .oom = OOM_TALLY_NONE, .oom_signals = -1, .populated = -1, .directory = -1 };
	if (!at->path || !tree_path_valid(at->path))
		return;
	open_oom(at, watch);
	open_populated(at, watch);
	if (watch->populated < 0)
		watch->every_ms = ASK_MS;
	cgroup_watch_empty(watch); /* poll(2) tells what is new since it was read */
}

void cgroup_watch_close(struct cgroup_watch *watch)
{
	oom_tally_close(&watch->oom);
	close_fd(&watch->oom_signals);
	close_fd(&watch->populated);
	close_fd(&watch->directory);
}

size_t cgroup_watch_polls(const struct cgroup_watch *watch, struct pollfd *to)
{
	size_t count = 0;

	if (watch->oom_signals >= 0)
		to[count++] = (struct pollfd){ .fd = watch->oom_signals, .events = POLLIN };
	else if (watch->oom.own >= 0)
		to[count++] = (struct pollfd){ .fd = watch->oom.own, .events = POLLPRI };
	if (watch->populated >= 0)
		to[count++] = (struct pollfd){ .fd = watch->populated, .events = POLLPRI };
	return count;
}

static bool new_signals(struct cgroup_watch *watch, bool gone)
{
	uint64_t signals = 0;

	if (again_read(watch->oom_signals, &signals, sizeof(signals)) != sizeof(signals))
		return false;
	if (gone) /* the last one says that */
		signals--;
	return signals > 0;
}

bool cgroup_watch_oom(struct cgroup_watch *watch)
{
	uint64_t before = watch->oom.kills;

	oom_tally_read(&watch->oom);
	bool gone = watch->oom.own < 0;
	bool any = watch->oom_signals >= 0 ? new_signals(watch, gone) : watch->oom.kills > before;
	if (gone)
		close_fd(&watch->oom_signals);
	return any;
}

bool cgroup_watch_empty(const struct cgroup_watch *watch)
{
	char text[256];

	if (watch->populated < 0)
		return watch->directory < 0 || tree_count(watch->directory) == 0;
	ssize_t length = again_pread(watch->populated, text, sizeof(text) - 1, 0);
	if (length < 0)
		return true;
	text[length] = '\0';
	return strstr(text, "populated 0") != NULL;
}
