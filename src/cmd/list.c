/* list: all containers below the state root, as a table, as JSON, or their ids. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/container.h"
#include "run/oom.h"

struct list_options { const char *format; bool quiet; };

static const char *const formats[] = { "table", "json", NULL };

static const struct option options[] = {
	{ "format", 'f', OPTION_WORD, offsetof(struct list_options, format), "FORMAT", "table (default) or json", formats,
	  "invalid format option" },
	{ "quiet", 'q', OPTION_FLAG, offsetof(struct list_options, quiet), NULL, "ids alone" },
};

struct entry { struct oci_state state; struct entry *next; };

struct listing {
	const struct invocation *invocation;
	struct state_dir *root;
	bool json;          /* wanted: then more is asked for */
	struct entry *first, **last;
};

static const char *owner_name(struct arena *arena, const struct state_dir *state)
{
	struct stat info;
	if (fstat(state->dir, &info) < 0)
		return "";
	const struct passwd *user = getpwuid(info.st_uid);
	return user ? arena_string(arena, user->pw_name) : arena_printf(arena, "#%u", info.st_uid);
}

static void tell_broken(const char *id, const struct error *error)
{
	char sentence[1024];
	error_sentence(error, sentence, sizeof(sentence));
	log_warning("load container %s: %s", id, sentence);
}

/* Somebody has deleted it since we opened it. */
static bool vanished(const struct state_dir *state)
{
	struct stat held, named;
	return fstat(state->dir, &held) < 0 || fstatat(state->root, state->id, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	       held.st_ino != named.st_ino || held.st_dev != named.st_dev;
}

/* As record_load; 0 is only for one that is being created, and `record` then says so much. */
static int load(const struct state_dir *state, struct arena *arena, struct record *record, struct error *error)
{
	int found = record_load(state, arena, record, error);

	if (found != 0)
		return found;
	*record = (struct record){ .oci_version = OCI_VERSION, .id = state->id, .bundle = "" };
	if (record_status(state, record) == STATUS_CREATING)
		return 0;
	/* Nobody is at work; the creator may have written it and let go since we looked. */
	found = record_load(state, arena, record, error);
	return found != 0 ? found : fail(error, 0, "no state was written; delete --force removes it");
}

/* One that vanishes while we look, or is broken, is no reason to fail (rule B.14.6). */
static int add(const char *id, void *data, struct error *error)
{
	(void)error;
	struct listing *listing = data;
	struct arena *arena = listing->invocation->arena;
	struct error broken = { 0 };
	struct state_dir state = *listing->root;
	struct record record;

	memset(&record, 0, sizeof(record));
	if (state_open(&state, id, 0, &broken) < 0)
		return 0;
	int found = load(&state, arena, &record, &broken);
	bool gone = found <= 0 && vanished(&state);
	if (found < 0 && !gone)
		tell_broken(id, &broken);
	if (found >= 0 && !gone) {
		struct entry *entry = arena_new(arena, struct entry);
		oci_state_fill(&entry->state, &record, container_status(&state, &record));
		entry->state.owner = owner_name(arena, &state);
		entry->state.oom_killed = listing->json && container_oom_kills(&record) > 0;
		*listing->last = entry;
		listing->last = &entry->next;
	}
	close_fd(&state.dir);
	return 0;
}

static void as_json(const struct listing *listing, struct text *out)
{
	text_add(out, "[");
	for (const struct entry *entry = listing->first; entry; entry = entry->next) {
		json_encode(&oci_state_table, &entry->state, JSON_COMPACT, out);
		text_add(out, entry->next ? "," : "");
	}
	text_add(out, "]\n");
}

static void as_ids(const struct listing *listing, struct text *out)
{
	for (const struct entry *entry = listing->first; entry; entry = entry->next)
		text_printf(out, "%s\n", entry->state.id);
}

#define COLUMNS 6

static void cells(const struct entry *entry, struct arena *arena, const char *cell[COLUMNS])
{
	cell[0] = entry->state.id;
	cell[1] = arena_printf(arena, "%d", entry->state.pid);
	cell[2] = entry->state.status;
	cell[3] = entry->state.bundle;
	cell[4] = entry->state.created ? entry->state.created : "";
	cell[5] = entry->state.owner;
}

static void row(const char *const cell[COLUMNS], const size_t width[COLUMNS], struct text *out)
{
	for (int i = 0; i < COLUMNS; i++) {
		size_t before = out->length;
		text_add_visible(out, cell[i]);
		if (i < COLUMNS - 1)
			text_printf(out, "%*s", (int)(width[i] - (out->length - before)), "");
	}
	text_add(out, "\n");
}

static void as_table(const struct listing *listing, struct arena *arena, struct text *out)
{
	static const char *const head[COLUMNS] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };
	size_t width[COLUMNS] = { 12, 12, 12, 12, 12, 12 };
	const char *cell[COLUMNS];

	for (const struct entry *entry = listing->first; entry; entry = entry->next) {
		cells(entry, arena, cell);
		for (int i = 0; i < COLUMNS; i++) {
			struct text visible = text_in(arena);
			text_add_visible(&visible, cell[i]);
			if (visible.length + 3 > width[i])
				width[i] = visible.length + 3;
		}
	}
	row(head, width, out);
	for (const struct entry *entry = listing->first; entry; entry = entry->next) {
		cells(entry, arena, cell);
		row(cell, width, out);
	}
}

static int gather(const struct invocation *invocation, struct listing *listing, struct error *error)
{
	const char *path = state_root_path(invocation);
	struct stat info;

	/* Nobody has made a container yet; a root that was named explicitly has to be there (contract 6.7). */
	if (stat(path, &info) < 0 && errno == ENOENT && !invocation->globals->root)
		return 0;
	try(state_open_root(path, 0, listing->root, error));
	return state_each(listing->root, invocation->arena, add, listing, error);
}

static int list(const struct invocation *invocation, struct error *error)
{
	const struct list_options *o = invocation->options;
	struct state_dir root = { .root = -1, .dir = -1 };
	struct listing listing = { .invocation = invocation, .root = &root };
	struct text out = text_in(invocation->arena);

	listing.json = !o->quiet && o->format && strcmp(o->format, "json") == 0;
	listing.last = &listing.first;
	try(gather(invocation, &listing, error));
	if (o->quiet)
		as_ids(&listing, &out);
	else if (listing.json)
		as_json(&listing, &out);
	else
		as_table(&listing, invocation->arena, &out);
	state_close(&root);
	return print(&out, error);
}

const struct command command_list = {
	.name = "list",
	.arguments = "",
	.summary = "list the containers",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct list_options),
	.run = list,
};
