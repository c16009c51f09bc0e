/* A new cgroup: its directories in every hierarchy, ready before the first process enters. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "cgroup/cgroup.h"
#include "cgroup/device_filter.h"
#include "cgroup/rows.h"
#include "cgroup/tree.h"
#include "plan/plan.h"

_Static_assert(CGROUP_DIRECTORIES_MOST >= 1 + CG_CONTROLLERS, "room for the v2 tree and each legacy hierarchy");

#define MAKE_ATTEMPTS 5
#define MAKER_MS      10

/* Controllers that systemd hands out (systemd.resource-control(5)); what else there is it neither enables nor disables. */
#define SYSTEMDS (1u << CG_CPU | 1u << CG_CPUSET | 1u << CG_IO | 1u << CG_MEMORY | 1u << CG_PIDS)

/* Controllers a threaded v2 cgroup can have (cgroups(7)). */
#define THREADED (1u << CG_CPU | 1u << CG_CPUSET | 1u << CG_PIDS | 1u << CG_PERF_EVENT)

/* One hierarchy, being made. */
struct making {
	const struct plan_cgroup *plan;
	const struct plan_cgroup_directory *directory;
	int root;
	size_t next;     /* as much of the path as ends with the next directory */
	unsigned made;   /* how many directories are ours, in a row ... */
	size_t made_end; /* ... and as much of the path as ends with the last of them */
};

/* The child of that name, made if it is not there. */
static int make_child(struct making *m, int parent, const char *name)
{
	int dir = tree_open(parent, name);

	if (dir != -ENOENT) {
		m->made = dir < 0 ? m->made : 0; /* only an unbroken row at the end is ours */
		return dir;
	}
	if (again_mkdirat(parent, name, 0755) < 0) {
		if (errno != EEXIST)
			return -errno;
		m->made = 0; /* somebody else was faster */
	} else {
		m->made++;
		m->made_end = m->next;
	}
	return tree_open(parent, name);
}

/* With systemd as the owner the directories are there, and the controllers too; but hugetlb and the like nobody else would fetch. */
static int enable(const struct making *m, int dir, struct error *error)
{
	uint32_t needed = rows_needed(m->directory);

	if (m->plan->unit)
		return rows_enable(dir, m->plan->path, 0, needed & ~SYSTEMDS, error);
	return rows_enable(dir, m->plan->path, m->directory->controllers, needed, error);
}

static int step_into(struct making *m, int *at, const char *name, struct error *error)
{
	const struct plan_cgroup_directory *directory = m->directory;

	if (directory->v2)
		try(enable(m, *at, error));
	_cleanup_fd int next = m->plan->unit ? tree_open(*at, name) : make_child(m, *at, name);
	if (next < 0)
		return next;
	if (!directory->v2 && directory->controllers & 1u << CG_CPUSET)
		try(rows_inherit_cpuset(*at, next));
	close_fd(at);
	*at = take_fd(&next);
	return 0;
}

/* From the root of the hierarchy down the path: the leaf's descriptor, or -1 with the error filled, or another -errno without. */
static int walk(struct making *m, struct error *error)
{
	char name[NAME_MAX + 1];
	_cleanup_fd int at = tree_open(m->root, ".");

	m->made = 0;
	if (at < 0)
		return at;
	for (const char *path = m->plan->path; *path;) {
		size_t length = strcspn(path, "/");
		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, path, length);
		name[length] = '\0';
		m->next = (size_t)(path - m->plan->path) + length;
		path += length + (path[length] == '/');
		int r = length ? step_into(m, &at, name, error) : 0;
		if (r < 0)
			return r;
	}
	return take_fd(&at);
}

/* Takes away what `walk` made, however far it came, from the last upwards; a directory that somebody uses by now stays. */
static void unmake(struct making *m)
{
	char path[PATH_MAX];

	if (m->root < 0 || format(path, sizeof(path), "%s", m->plan->path) >= sizeof(path))
		return;
	path[m->made_end] = '\0';
	for (; m->made; m->made--) {
		char *name = strrchr(path, '/');
		if (!name)
			return;
		*name++ = '\0';
		_cleanup_fd int parent = tree_open(m->root, path);
		if (parent < 0 || unlinkat(parent, name, AT_REMOVEDIR) < 0)
			return;
		m->made_end = strlen(path);
	}
}

/* Below a threaded cgroup a new one is of no type at all until it becomes threaded too, and takes no process (cgroups(7)). */
static int settle_type(const struct making *m, int dir, struct error *error)
{
	char type[32];

	if (strchr(m->plan->path + 1, '/') == NULL || file_read(dir, "cgroup.type", type, sizeof(type)) < 0 ||
	    strncmp(type, "domain invalid", 14) != 0)
		return 0;
	if (rows_needed(m->directory) & ~THREADED)
		return fail_at(error, &m->plan->at, 0, "the cgroup '%s' is below a threaded one, which cannot have these limits",
			       m->plan->path);
	int r = file_write(dir, "cgroup.type", "threaded");
	return r < 0 ? fail_at(error, &m->plan->at, -r, "cannot make the cgroup '%s' threaded", m->plan->path) : 0;
}

static bool is_refusal(int r)
{
	return r == -EACCES || r == -EPERM || r == -EROFS;
}

static bool is_first(const struct making *m)
{
	return m->directory == m->plan->directories;
}

/* Another create has it: what there is of it goes with that one's container. */
static int lost(struct making *m, struct error *error)
{
	m->made = 0;
	return fail_at(error, &m->plan->at, 0, "container's cgroup is not empty: another container is being made in it");
}

/* From here until the cgroup is closed it is ours alone: between the look at who is in it and the birth of init another create would
 * find it just as empty. The first hierarchy's lock is enough: every create comes by there first, with nothing done in the others, and who
 * comes later finds init in there. It is a lock on cgroup.kill (Linux 5.14), which nobody but the cgroup's owner can open; the
 * directory itself everybody can, and could keep it locked. systemd's units are told apart by their names. */
static int claim(struct making *m, struct cgroup *cgroup, int dir, struct error *error)
{
	cgroup->lock = again_openat(dir, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	if (cgroup->lock < 0 && errno != ENOENT && !is_refusal(-errno))
		return fail_at(error, &m->plan->at, errno, "cannot open cgroup.kill of the cgroup '%s'", m->plan->path);
	if (again_flock(cgroup->lock < 0 ? dir : cgroup->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return lost(m, error);
	return fail_at(error, &m->plan->at, errno, "cannot lock the cgroup '%s'", m->plan->path);
}

/* Who has made the directory a moment ago may be another create, than which we were faster with the lock: its mark is about to say that
 * one of us has made it, and then it leaves it to us. Without that mark it would stay when the container goes. */
static void await_maker(int dir, const struct stat *info)
{
	for (int i = 0; i < MAKER_MS && time(NULL) - info->st_ctime <= 1 && !tree_marked(dir); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* In a directory that we have made somebody else can only be where he was faster with the lock. `populated`: or -errno. */
static int count_processes(const struct making *m, int dir, int populated)
{
	if (!m->made)
		return tree_count(dir);
	return !is_first(m) ? 0 : m->directory->v2 ? populated : tree_count(dir);
}

/* Sharing with others would mix limits and kills up; and in a frozen cgroup init would never answer (contract section 14.2). */
static int check_unused(const struct making *m, int dir, int ours, struct error *error)
{
	bool populated = false, frozen = false;

	int r = m->directory->v2 ? tree_events(dir, &populated, &frozen) : 0;
	if (!m->directory->v2 && m->directory->controllers & 1u << CG_FREEZER)
		frozen = tree_v1_frozen(dir);
	int count = count_processes(m, dir, r < 0 ? r : populated);
	if (count < 0)
		return fail_at(error, &m->plan->at, -count, "cannot read the processes of the cgroup '%s'", m->plan->path);
	count -= ours;
	if (count > 0)
		return fail_at(error, &m->plan->at, 0, "container's cgroup is not empty: %d process(es) found", count);
	if (frozen)
		return fail_at(error, &m->plan->at, 0, "container's cgroup unexpectedly frozen");
	return 0;
}

/* Whoever runs systemd may have taken a controller away (DisableControllers=). */
static int check_controllers(const struct making *m, int dir, struct error *error)
{
	uint32_t missing = rows_needed(m->directory) & ~rows_controllers(dir);

	for (int i = 0; i < CG_CONTROLLERS; i++)
		if (missing & 1u << i)
			return fail_at(error, &m->plan->at, 0, "systemd does not give the unit '%s' the cgroup controller '%s'",
				       m->plan->unit->name, cgroup_controller_names[i]);
	return 0;
}

/* The last row that says how many processes there may be, if that is one: init cannot be born where its placeholder is the one. */
static const struct plan_write *only_one(const struct plan_cgroup_directory *directory)
{
	for (size_t i = directory->write_count; i > 0; i--) {
		const struct plan_write *write = &directory->writes[i - 1];
		if (strcmp(write->file, "pids.max") == 0)
			return strcmp(write->value, "1") == 0 ? write : NULL;
	}
	return NULL;
}

static int make_room(const struct making *m, int dir, struct error *error)
{
	const struct plan_write *one = m->plan->unit && !m->plan->unit->is_slice ? only_one(m->directory) : NULL;
	int r = one ? file_write(dir, one->file, "2") : 0;

	return r < 0 ? rows_failed(m->plan, one, dir, -r, error) : 0;
}

int cgroup_born(const struct plan_cgroup *plan, const struct cgroup *cgroup, struct error *error)
{
	for (size_t i = 0; i < plan->directory_count && i < cgroup->count; i++) {
		const struct plan_write *one = only_one(&plan->directories[i]);
		int r = one ? file_write(cgroup->fd[i], one->file, one->value) : 0;
		if (r < 0)
			return rows_failed(plan, one, cgroup->fd[i], -r, error);
	}
	return 0;
}

static int fill(const struct making *m, int dir, struct error *error)
{
	const struct plan_cgroup *plan = m->plan;

	try(check_unused(m, dir, plan->ours, error));
	if (plan->unit)
		try(check_controllers(m, dir, error));
	if (m->directory->v2)
		try(settle_type(m, dir, error));
	if (m->directory->v2 && plan->devices_v2)
		try(device_filter_apply(dir, plan, error));
	try(rows_write(plan, m->directory, dir, error));
	try(make_room(m, dir, error));
	if (m->directory->v2 && plan->owner_uid != (uid_t)-1)
		try(rows_delegate(dir, plan->owner_uid, error));
	return 0;
}

static int make_one(struct making *m, struct cgroup *cgroup, struct error *error)
{
	int dir = -1;

	m->root = tree_root(m->directory->mount, m->directory->v2);
	if (m->root < 0)
		return fail(error, -m->root, "cannot open the cgroup hierarchy at '%s'", m->directory->mount);
	/* A failing create beside this one may take a parent away between two of our steps. */
	for (int attempt = 0; attempt < MAKE_ATTEMPTS && (dir = walk(m, error)) == -ENOENT; attempt++)
		unmake(m);
	if (dir < 0)
		return fail_at(error, &m->plan->at, -dir, "%scannot %s the cgroup '%s' below '%s'",
			       m->plan->rootless && is_refusal(dir) ? CGROUP_ROOTLESS ": " : "", m->plan->unit ? "open" : "make",
			       m->plan->path, m->directory->mount);
	struct stat info;
	bool known = fstat(dir, &info) == 0;
	cgroup->inode[cgroup->count] = known ? info.st_ino : 0;
	cgroup->fd[cgroup->count++] = dir;
	if (m->directory->v2) {
		cgroup->v2 = dir;
		cgroup->v2_made = m->made || m->plan->unit;
	}
	cgroup->made = cgroup->made || m->made || m->plan->unit;
	uint64_t *mark = &cgroup->mark[cgroup->count - 1];
	/* Before the lock: whoever has that instead of us takes over that the directory is to be removed. */
	if (m->made && tree_mark_new(dir, mark) == -EEXIST)
		return lost(m, error);
	if (is_first(m) && !m->plan->unit)
		try(claim(m, cgroup, dir, error));
	if (is_first(m) && !m->made && !m->plan->unit && !m->plan->rootless && known)
		await_maker(dir, &info);
	try(fill(m, dir, error));
	/* Nobody is in it, so whoever had it before has ended; if that was a container of ours, it is ours to remove now. */
	if (!m->made)
		*mark = tree_mark(dir, m->plan->unit);
	cgroup->made = cgroup->made || *mark & TREE_MARK_MADE;
	return 0;
}

int cgroup_check_unused(const struct plan_cgroup *plan, struct error *error)
{
	for (size_t i = 0; i < plan->directory_count; i++) {
		const struct making making = { .plan = plan, .directory = &plan->directories[i], .root = -1 };
		_cleanup_fd int dir = tree_leaf(plan->directories[i].mount, plan->directories[i].v2, plan->path);
		if (dir >= 0)
			try(check_unused(&making, dir, 0, error));
	}
	return 0;
}

static int is_pid(pid_t pid, void *data)
{
	return pid == *(pid_t *)data;
}

int cgroup_check_place(const struct plan_cgroup *plan, pid_t pid, struct error *error)
{
	const struct plan_cgroup_directory *directory = &plan->directories[0];
	_cleanup_fd int dir = tree_leaf(directory->mount, directory->v2, plan->path);

	if (dir >= 0 && tree_processes(dir, is_pid, &pid) == 1)
		return 0;
	return fail_at(error, &plan->at, 0, "the cgroup '%s' below '%s' is not the one in which systemd has started the unit", plan->path,
		       directory->mount);
}

int cgroup_make(const struct plan_cgroup *plan, struct cgroup *cgroup, struct error *error)
{
	struct making making[CGROUP_DIRECTORIES_MOST];
	size_t count = 0;
	int r = 0;

	*cgroup = (struct cgroup){ .lock = -1, .v2 = -1 };
	if (!plan->path)
		return 0;
	if (!tree_path_valid(plan->path) || plan->directory_count > CGROUP_DIRECTORIES_MOST)
		return fail_at(error, &plan->at, EINVAL, "'%s' cannot be a container's cgroup", plan->path);
	while (r == 0 && count < plan->directory_count) {
		making[count] = (struct making){ .plan = plan, .directory = &plan->directories[count], .root = -1 };
		r = make_one(&making[count++], cgroup, error);
	}
	/* Until the lock is given back nobody begins with what we take away; the other descriptors may be needed for that. It is on the
	 * first directory itself where that has no cgroup.kill. */
	int lock = r < 0 && cgroup->count ? take_fd(cgroup->lock < 0 ? &cgroup->fd[0] : &cgroup->lock) : -1;
	if (r < 0)
		cgroup_close(cgroup);
	while (count--) {
		if (r < 0)
			unmake(&making[count]);
		close_fd(&making[count].root);
	}
	close_fd(&lock);
	return r < 0 ? -1 : 0;
}

void cgroup_close(struct cgroup *cgroup)
{
	if (cgroup->count)
		close_fd(&cgroup->lock);
	while (cgroup->count)
		close_fd(&cgroup->fd[--cgroup->count]);
	cgroup->v2 = -1;
}

/* Each write waits for a grace period, but writes close behind each other share one. */
int cgroup_join_legacy(const struct plan_cgroup *plan, const struct cgroup *cgroup, pid_t pid, struct error *error)
{
	char text[24];

	number_text(text, pid);
	for (size_t i = 0; i < plan->directory_count && i < cgroup->count; i++) {
		int r = plan->directories[i].v2 ? 0 : file_write(cgroup->fd[i], "cgroup.procs", text);
		if (r < 0)
			return fail_at(error, &plan->at, -r, "cannot put process %s into the cgroup '%s' below '%s'", text,
				       plan->path, plan->directories[i].mount);
	}
	return 0;
}

int cgroup_tree(const struct plan_cgroup *plan, unsigned index, bool whole_hierarchy, struct error *error)
{
	if (index >= plan->directory_count)
		return fail(error, EINVAL, "there is no cgroup hierarchy number %u", index);
	const struct plan_cgroup_directory *directory = &plan->directories[index];
	_cleanup_fd int dir = whole_hierarchy ? tree_root(directory->mount, directory->v2)
				  : tree_leaf(directory->mount, directory->v2, plan->path);
	if (dir < 0)
		return fail(error, -dir, "cannot open the cgroup '%s' below '%s'", whole_hierarchy ? "/" : plan->path,
			    directory->mount);
	long tree = syscall(ABI_SYS_open_tree, dir, "", ABI_OPEN_TREE_CLONE | ABI_OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	return tree < 0 ? fail(error, errno, "cannot clone the cgroup mount at '%s'", directory->mount) : (int)tree;
}
