/* list: all containers below the state root, as a table, as JSON, or their ids. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/number.h"
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

#define COLUMNS 6

static const char *const head[COLUMNS] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };
#define WIDTH_LEAST 12

struct listing {
	struct state_dir root;
	enum { AS_TABLE, AS_JSON, AS_IDS } form;
	struct arena scratch;   /* what one container takes to look at, given back after it */
	struct text out;        /* what was found so far; of a table its cells, each with a 0 behind it */
	size_t width[COLUMNS];
	uid_t owner;            /* whose name is below; mostly all have one */
	const char *owner_name; /* NULL: of nobody yet */
};

static const char *owner_name(struct listing *listing, uid_t owner)
{
	if (!listing->owner_name || listing->owner != owner) {
		struct arena *arena = listing->out.arena;
		const struct passwd *user = getpwuid(owner);
		listing->owner_name = user ? arena_string(arena, user->pw_name) : arena_printf(arena, "#%u", owner);
		listing->owner = owner;
	}
	return listing->owner_name;
}

static void tell_broken(const char *id, const struct error *error)
{
	char sentence[1024];
	error_sentence(error, sentence, sizeof(sentence));
	log_warning("load container %s: %s", id, sentence);
}

/* Else somebody has deleted it since we read its name, or it never was one: not every file system tells that with the name. */
static bool is_there(const struct state_dir *state, struct stat *info)
{
	return fstatat(state->root, state->id, info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info->st_mode);
}

/* 1, also for one that is being created: `record` then says so much; 0: it has vanished; -1. */
static int load(const struct state_dir *state, struct arena *arena, struct record *record, struct error *error)
{
	struct stat info;
	int found = record_load(state, arena, record, error);

	if (found > 0)
		return 1;
	if (!is_there(state, &info))
		return 0;
	if (found < 0)
		return -1;
	*record = (struct record){ .oci_version = OCI_VERSION, .id = state->id, .bundle = "", .owner = info.st_uid };
	if (record_status(state, record) == STATUS_CREATING)
		return 1;
	/* Nobody is at work; the creator may have written it and let go since we looked, or somebody has deleted it. */
	found = record_load(state, arena, record, error);
	if (found == 0 && is_there(state, &info))
		return fail(error, 0, "no state was written; delete --force removes it");
	return found;
}

static void add_cell(struct listing *listing, int column, const char *text)
{
	size_t before = listing->out.length;

	text_add_visible(&listing->out, text);
	size_t width = listing->out.length - before + 3;
	if (listing->width[column] < width)
		listing->width[column] = width;
	text_add_char(&listing->out, '\0');
}

static void add_row(struct listing *listing, const struct oci_state *state)
{
	char pid[24];

	number_text(pid, state->pid);
	const char *const cells[COLUMNS] = {
		state->id, pid, state->status, state->bundle, state->created ? state->created : "", state->owner,
	};
	for (int i = 0; i < COLUMNS; i++)
		add_cell(listing, i, cells[i]);
}

static void show(struct listing *listing, const struct state_dir *state, const struct record *record)
{
	struct oci_state shown;

	if (listing->form == AS_IDS) {
		text_add(&listing->out, record->id);
		text_add(&listing->out, "\n");
		return;
	}
	oci_state_fill(&shown, record, container_status(state, record));
	shown.owner = owner_name(listing, record->owner);
	if (listing->form == AS_TABLE) {
		add_row(listing, &shown);
		return;
	}
	shown.oom_killed = container_oom_kills(record) > 0;
	text_add(&listing->out, listing->out.length ? "," : "[");
	json_encode(&oci_state_table, &shown, JSON_COMPACT, &listing->out);
}

/* One that vanishes while we look, or is broken, is no reason to fail (rule B.14.6). It is reached by its name: nothing is kept open. */
static int add(const char *id, void *data, struct error *error)
{
	(void)error;
	struct listing *listing = data;
	struct error broken = { 0 };
	const struct state_dir state = { .root = listing->root.root, .dir = -1, .id = id };
	struct record record;

	memset(&record, 0, sizeof(record));
	int found = load(&state, &listing->scratch, &record, &broken);
	if (found < 0)
		tell_broken(id, &broken);
	if (found > 0)
		show(listing, &state, &record);
	arena_reset(&listing->scratch);
	return 0;
}

/* The cells of a row, the next of which begins where it returns. */
static const char *put_row(const char *cells, const size_t width[COLUMNS], struct text *out)
{
	for (int i = 0; i < COLUMNS; i++) {
		size_t length = strlen(cells);
		text_add_bytes(out, cells, length);
		if (i < COLUMNS - 1)
			text_add_blanks(out, width[i] - length);
		cells += length + 1;
	}
	text_add(out, "\n");
	return cells;
}

static void put_table(const struct listing *listing, struct text *out)
{
	const char *cells = listing->out.data, *end = cells + listing->out.length;

	while (cells < end)
		cells = put_row(cells, listing->width, out);
}

static int gather(const struct invocation *invocation, struct listing *listing, struct error *error)
{
	const char *path = state_root_path(invocation);
	struct stat info;

	/* Nobody has made a container yet; a root that was named explicitly has to be there (contract 6.7). */
	if (stat(path, &info) < 0 && errno == ENOENT && !invocation->globals->root)
		return 0;
	int r = arena_open(&listing->scratch);
	if (r < 0)
		return fail(error, -r, "cannot get memory");
	try(state_open_root(path, 0, &listing->root, error));
	return state_each(&listing->root, invocation->arena, add, listing, error);
}

static int list(const struct invocation *invocation, struct error *error)
{
	const struct list_options *o = invocation->options;
	struct text out = text_in(invocation->arena);
	struct listing listing = { .out = text_in(invocation->arena) };

	listing.form = o->quiet ? AS_IDS : o->format && strcmp(o->format, "json") == 0 ? AS_JSON : AS_TABLE;
	for (int i = 0; listing.form == AS_TABLE && i < COLUMNS; i++) {
		listing.width[i] = WIDTH_LEAST;
		add_cell(&listing, i, head[i]);
	}
	try(gather(invocation, &listing, error));
	if (listing.form == AS_JSON)
		text_add(&listing.out, listing.out.length ? "]\n" : "[]\n");
	if (listing.form != AS_TABLE)
		return print(&listing.out, error);
	put_table(&listing, &out);
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
