/* What the files of a cgroup said before they were written, and putting it back. */
#include <errno.h>
#include <string.h>
#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/rows.h"

/* Files with a line for each key, which may lack the line of a key without any setting: what such a line is then. */
static const struct {
	const char *file, *none;
} keyed[] = {
	{ "io.max", "rbps=max wbps=max riops=max wiops=max" },
	{ "io.weight", "default" },
	{ "io.bfq.weight", "default" },
	{ "io.latency", "target=0" },
	{ "rdma.max", "hca_handle=max hca_object=max" },
	{ "misc.max", "max" },
	{ "blkio.weight_device", "0" },
	{ "blkio.bfq.weight_device", "default" },
	{ "blkio.throttle.read_bps_device", "0" },
	{ "blkio.throttle.write_bps_device", "0" },
	{ "blkio.throttle.read_iops_device", "0" },
	{ "blkio.throttle.write_iops_device", "0" },
	{ "net_prio.ifpriomap", "0" },
};

/* A write to these is an act and leaves no setting behind; the rules in devices.* are put back by whoever knows them. */
static const char *const acts[] = {
	"devices.allow",   "devices.deny", "memory.reclaim", "memory.peak",  "memory.swap.peak",
	"memory.pressure", "cpu.pressure", "io.pressure",    "irq.pressure",
};

static bool is_act(const char *file)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i], file) == 0)
			return true;
	return false;
}

static const char *none_of(const char *file)
{
	for (size_t i = 0; i < sizeof(keyed) / sizeof(keyed[0]); i++)
		if (strcmp(keyed[i].file, file) == 0)
			return keyed[i].none;
	return NULL;
}

/* The line that begins with this word. */
static const char *line_of(const char *text, const char *word, size_t length)
{
	while (*text) {
		if (strncmp(text, word, length) == 0 && text[length] == ' ')
			return text;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

/* "+cpu -io" is undone by the sign that each of them had: `list` names those that were on. */
static const char *signs_before(const char *list, const char *value, struct arena *arena)
{
	struct text back = text_in(arena);

	text_add(&back, "");
	while (*value) {
		size_t length = strcspn(value, " ");
		bool was_on = false;
		for (const char *at = list; length > 1 && (at = strstr(at, arena_copy(arena, value + 1, length - 1))); at += length - 1)
			was_on = was_on || ((at == list || at[-1] == ' ') && strchr(" \n", at[length - 1]));
		if (length > 1)
			text_printf(&back, "%s%c%.*s", back.length ? " " : "", was_on ? '+' : '-', (int)length - 1, value + 1);
		value += length + (value[length] == ' ');
	}
	return back.data;
}

/* What has to be written for the file to say `text` again, once `value` is written to it. */
static const char *way_back(const char *file, const char *text, const char *value, struct arena *arena)
{
	size_t word = strcspn(value, " ");
	const char *none = none_of(file), *key = value, *line;

	if (strcmp(file, "cgroup.subtree_control") == 0)
		return signs_before(text, value, arena);
	if (strcmp(file, "memory.oom_control") == 0 && (line = line_of(text, "oom_kill_disable", 16)))
		return arena_copy(arena, line + 17, strcspn(line + 17, "\n"));
	if (none && !value[word]) { /* a weight without a device: its line is "default 100" */
		key = "default";
		word = 7;
	}
	line = line_of(text, key, word);
	if (line)
		return arena_copy(arena, line, strcspn(line, "\n"));
	if (none && key == value)
		return arena_printf(arena, "%.*s %s", (int)word, value, none);
	size_t length = strlen(text);
	while (length && text[length - 1] == '\n')
		length--;
	return length ? arena_copy(arena, text, length) : "\n"; /* a write of no bytes would never reach the kernel */
}

/* 0 with `*back` NULL if there is nothing to put back. -errno. */
static int read_back(int dir, const char *file, const char *value, struct arena *arena, const char **back)
{
	char text[65536];
	ssize_t length = is_act(file) ? -EINVAL : file_read(dir, file, text, sizeof(text));

	*back = length < 0 ? NULL : way_back(file, text, value, arena);
	return length < 0 && length != -EINVAL ? (int)length : 0; /* EINVAL: it can only be written */
}

static void add(struct saved_rows *saved, const struct undo_row *row)
{
	if (saved->count == saved->room) {
		size_t room = saved->room ? 2 * saved->room : 16;
		saved->items = arena_grow(saved->arena, saved->items, saved->room * sizeof(*row), room * sizeof(*row));
		saved->room = room;
	}
	saved->items[saved->count++] = *row;
}

/* An idle cgroup has no weight, and one that is no longer idle gets the default one: the kernel forgets what it was. */
static void save_weight(const struct undo_row *idle, struct saved_rows *saved)
{
	static const char *const files[] = { "cpu.weight", "cpu.shares" };

	for (size_t i = 0; i < 2 && strcmp(idle->file, "cpu.idle") == 0 && strcmp(idle->value, "0") == 0; i++) {
		struct undo_row row = *idle;
		row.file = files[i];
		if (read_back(row.dir, row.file, "", saved->arena, &row.value) == 0 && row.value)
			add(saved, &row);
	}
}

/* A cpuset that has nothing of its own has what is above it. Once it has something, the kernel does not take an empty list for it any more
 * while there are processes in it: then what it had in fact. */
static const char *effective(int dir, const char *file, const char *value, struct arena *arena)
{
	const char *list = NULL;

	if (strcmp(value, "\n") != 0 || (strcmp(file, "cpuset.cpus") != 0 && strcmp(file, "cpuset.mems") != 0))
		return NULL;
	read_back(dir, arena_printf(arena, "%s.effective", file), "", arena, &list);
	return list;
}

static int save_one(int dir, const struct plan_cgroup_directory *directory, const struct plan_write *write, struct saved_rows *saved)
{
	struct undo_row row = { .dir = dir, .mount = directory->mount, .v2 = directory->v2, .file = write->file, .over = write->value };
	int r = read_back(dir, write->file, write->value, saved->arena, &row.value);

	if (r < 0 || !row.value)
		return r;
	row.otherwise = effective(dir, row.file, row.value, saved->arena);
	save_weight(&row, saved); /* before it in the list: put back after it */
	add(saved, &row);
	return 0;
}

int rows_save(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, int dir, struct saved_rows *saved,
	      struct error *error)
{
	for (size_t i = 0; i < directory->write_count; i++) {
		const struct plan_write *write = &directory->writes[i];
		int r = save_one(dir, directory, write, saved);
		if (r == -ENOENT && (write->may_be_missing || write->or_next))
			continue;
		if (r < 0)
			return rows_failed(plan, write, dir, -r, error);
		i += write->or_next;
	}
	return 0;
}

static bool restore(const struct undo_row *row, struct arena *arena)
{
	const char *now;

	if (read_back(row->dir, row->file, row->over ? row->over : "", arena, &now) == 0 && now && strcmp(now, row->value) == 0)
		return true;
	if (file_write(row->dir, row->file, row->value) == 0)
		return true;
	return row->otherwise && file_write(row->dir, row->file, row->otherwise) == 0;
}

/* Again as long as that helps: a value may contradict one of its neighbour that is still the new one. */
const char *rows_restore(const struct saved_rows *saved)
{
	size_t failed = saved->count + 1, before;
	const char *file;

	do {
		before = failed;
		failed = 0;
		file = NULL;
		for (size_t i = saved->count; i--;)
			if (!restore(&saved->items[i], saved->arena)) {
				failed++;
				file = saved->items[i].file;
			}
	} while (failed && failed < before);
	return file;
}
