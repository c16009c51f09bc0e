/* Mounts of a container that runs: added and taken away. */
#include "run/mounts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "kern/credentials.h"
#include "kern/mount.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "run/container.h"
#include "run/init_of.h"
#include "run/mounts_inside.h"
#include "run/planned_mount.h"
#include "run/source.h"
#include "run/stage.h"
#include "run/visit.h"

/* For all that the container's file systems have to answer, and more for each mount: others wait for the lock. */
#define PATIENCE_MS 5000
#define PATIENCE_EACH_MS 100

/* ---- the container ---- */

static int hold(struct stage *stage, struct inside *inside, struct error *error)
{
	static const struct { const char *name; uint64_t flag; } owners[] = {
		{ "user", ABI_CLONE_NEWUSER }, { "net", ABI_CLONE_NEWNET }, { "ipc", ABI_CLONE_NEWIPC },
	};
	const size_t count = stage->plan->mounts.count;

	*inside = (struct inside){ .stage = stage, .pidfd = record_pidfd(&stage->record), .root = -1 };
	inside->trees = arena_array(stage->arena, int, count);
	for (size_t i = 0; i < count; i++)
		inside->trees[i] = -1;
	if (inside->pidfd < 0)
		return fail(error, 0, "container not running: its init has ended");
	if (init_shares(stage, "mnt") == 1)
		return fail(error, 0, "the container '%s' has no mount namespace: its mounts are the host's", stage->record.id);
	for (size_t i = 0; i < array_length(owners); i++)
		if (init_shares(stage, owners[i].name) != 1)
			inside->own |= owners[i].flag;
	/* Who joins must not be traced from in there, where it can be seen at all (rule B.5.4). */
	int r = process_undumpable();
	return r < 0 ? fail(error, -r, "cannot forbid the container to trace us") : 0;
}

static void let_go(struct inside *inside)
{
	for (size_t i = 0; i < inside->stage->plan->mounts.count; i++)
		close_fd(&inside->trees[i]);
	close_fd(&inside->pidfd);
}

static void start_clock(struct inside *inside)
{
	inside->deadline = clock_ms() + PATIENCE_MS + PATIENCE_EACH_MS * (int64_t)inside->stage->plan->mounts.count;
}

/* By one that has the trees, where it needs them, and nothing else of ours. */
static int visit(struct inside *inside, int (*run)(void *, int *, struct error *), struct error *error)
{
	const size_t count = inside->stage->plan->mounts.count;
	int *keep = arena_array(inside->stage->arena, int, count + 2), none;

	for (size_t i = 0; i < count; i++)
		keep[i] = inside->trees[i];
	keep[count] = inside->pidfd;
	keep[count + 1] = inside->stage->procfs;
	start_clock(inside);
	return visit_pay(&(struct visit){ run, inside, keep, count + 2, inside->deadline }, &none, error);
}

/* ---- trees ---- */

struct making {
	const struct inside *inside;
	const struct plan_mount *mount;
};

/* Root of the user namespace: what is made belongs to that, and can do no more than the container itself could. */
static int become_container(const struct inside *inside)
{
	const struct plan_namespaces *n = &inside->stage->plan->namespaces;
	int r = namespace_join(inside->pidfd, inside->own | ABI_CLONE_NEWNS);

	if (r < 0 || !(inside->own & ABI_CLONE_NEWUSER))
		return r;
	/* Changed credentials make us as dumpable as fs.suid_dumpable says (proc_sys_fs(5)), and root of that namespace may trace what
	 * is: so after each change it is said once more (rule B.5.4). */
	r = process_undumpable();
	if (r == 0)
		r = cred_set_groups(NULL, 0);
	if (r == 0 || r == -EPERM)
		r = cred_set_gid(n->setup_gid);
	if (r == 0)
		r = process_undumpable();
	if (r == 0)
		r = cred_set_uid(n->setup_uid);
	return r < 0 ? r : process_undumpable();
}

static int make(const struct making *making, char words[MOUNT_WORDS])
{
	const struct plan_mount *m = making->mount;
	int r = become_container(making->inside);

	if (r < 0)
		return r;
	_cleanup_fd int context = mount_context(m->type);
	if (context < 0)
		return context;
	r = m->source ? mount_parameter(context, "source", m->source) : 0;
	if (r == 0)
		r = planned_parameters(context, m);
	if (r == 0)
		r = mount_make(context, m->attr_set);
	if (r < 0)
		mount_words(context, words);
	return r;
}

static int make_filesystem(void *data, int *fd, struct error *error)
{
	const struct making *making = data;
	const struct plan_mount *m = making->mount;
	char words[MOUNT_WORDS] = "";

	*fd = make(making, words);
	return *fd < 0 ? fail_at(error, &m->at, -*fd, "cannot mount '%s' at '%s'%s", m->type, m->target, words) : 0;
}

struct to_clone { const struct plan_mount *mount; int tree; };

static int clone_tree(struct stage *stage, struct error *error)
{
	struct to_clone *clone = stage->errand;

	clone->tree = cargo_tree(stage, clone->mount, error);
	return clone->tree < 0 ? -1 : planned_attributes(clone->mount, clone->tree, error);
}

static int open_tree_for(struct stage *stage, struct inside *inside, const struct plan_mount *m, struct error *error)
{
	struct making making = { .inside = inside, .mount = m };

	if (m->kind == MOUNT_FILESYSTEM) {
		int made;
		start_clock(inside);
		try(visit_pay(&(struct visit){ make_filesystem, &making, &inside->pidfd, 1, inside->deadline }, &made, error));
		return made < 0 ? fail_at(error, &m->at, 0, "cannot mount '%s' at '%s'", m->type, m->target) : made;
	}
	struct to_clone clone = { m, -1 };
	stage->errand = &clone;
	int r = deputy_play(stage, &stage->deputy, clone_tree, -1, error);
	stage->errand = NULL;
	_cleanup_fd int tree = clone.tree;
	return r < 0 ? -1 : take_fd(&tree);
}

/* ---- the commands ---- */

/* All of them, also the one that failed, which may be attached, and what one that was given up may have come to. */
static void take_back(struct inside *inside)
{
	struct error error = { 0 };

	if (visit(inside, inside_take_back, &error) < 0)
		log_warning("some of the mounts may still be there: %s", error.text);
}

static int add_all(struct stage *stage, struct inside *inside, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;

	/* All sources before the first target is touched (rule B.3.1). */
	for (size_t i = 0; i < mounts->count; i++) {
		inside->trees[i] = open_tree_for(stage, inside, &mounts->items[i], error);
		if (inside->trees[i] < 0)
			return -1;
	}
	int r = visit(inside, inside_attach, error);
	if (r < 0)
		take_back(inside);
	return r;
}

int container_mounts_add(struct stage *stage, struct error *error)
{
	struct inside inside;
	int r = hold(stage, &inside, error);

	/* An ordinary user cannot clone a mount of the host's where he is. */
	if (r == 0 && stage->plan->namespaces.ahead)
		r = deputy_for_mounts(&stage->deputy, &stage->plan->mounts.items[0].at, error);
	if (r == 0)
		r = add_all(stage, &inside, error);
	deputy_end(&stage->deputy);
	let_go(&inside);
	return r;
}

int container_mounts_remove(struct stage *stage, struct error *error)
{
	struct inside inside;
	int r = hold(stage, &inside, error);

	if (r == 0)
		r = visit(&inside, inside_remove, error);
	let_go(&inside);
	return r;
}
