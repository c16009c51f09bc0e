/* Mount options: which words mean what (config.md#configLinuxMountOptions), as one table. */
#include <string.h>
#include "base/arena.h"
#include "plan/mount_options.h"
#include "plan/mounts.h"

enum word_kind {
	NOTHING,
	ATTRIBUTE, NO_ATTRIBUTE,     /* value: MOUNT_ATTR_* */
	ATIME, NO_ATIME,             /* value: enum atime */
	R_ATTRIBUTE, R_NO_ATTRIBUTE, /* the same for the whole tree */
	R_ATIME, R_NO_ATIME,
	PROPAGATION, R_PROPAGATION,  /* value: MS_* */
	SUPERBLOCK, NO_SUPERBLOCK,   /* value: enum superblock */
	ACT,                         /* value: enum mount_act */
};

enum atime { NOATIME = 1, RELATIME = 2, STRICTATIME = 4 };
enum superblock { SYNC = 1, DIRSYNC = 2, LAZYTIME = 4, MAND = 8, IVERSION = 16 };

/* Sorted: `features` prints them so, and they are found by halving. */
#define WORDS(W) \
	W("async", NO_SUPERBLOCK, SYNC) \
	W("atime", NO_ATIME, NOATIME) \
	W("bind", ACT, ACT_BIND) \
	W("defaults", NOTHING, 0) \
	W("dev", NO_ATTRIBUTE, ABI_MOUNT_ATTR_NODEV) \
	W("diratime", NO_ATTRIBUTE, ABI_MOUNT_ATTR_NODIRATIME) \
	W("dirsync", SUPERBLOCK, DIRSYNC) \
	W("exec", NO_ATTRIBUTE, ABI_MOUNT_ATTR_NOEXEC) \
	W("idmap", ACT, ACT_IDMAP) \
	W("iversion", SUPERBLOCK, IVERSION) \
	W("lazytime", SUPERBLOCK, LAZYTIME) \
	W("loud", NOTHING, 0) \
	W("mand", SUPERBLOCK, MAND) \
	W("noatime", ATIME, NOATIME) \
	W("nodev", ATTRIBUTE, ABI_MOUNT_ATTR_NODEV) \
	W("nodiratime", ATTRIBUTE, ABI_MOUNT_ATTR_NODIRATIME) \
	W("noexec", ATTRIBUTE, ABI_MOUNT_ATTR_NOEXEC) \
	W("noiversion", NO_SUPERBLOCK, IVERSION) \
	W("nolazytime", NO_SUPERBLOCK, LAZYTIME) \
	W("nomand", NO_SUPERBLOCK, MAND) \
	W("norelatime", NO_ATIME, RELATIME) \
	W("nostrictatime", NO_ATIME, STRICTATIME) \
	W("nosuid", ATTRIBUTE, ABI_MOUNT_ATTR_NOSUID) \
	W("nosymfollow", ATTRIBUTE, ABI_MOUNT_ATTR_NOSYMFOLLOW) \
	W("private", PROPAGATION, ABI_MS_PRIVATE) \
	W("ratime", R_NO_ATIME, NOATIME) \
	W("rbind", ACT, ACT_RBIND) \
	W("rdev", R_NO_ATTRIBUTE, ABI_MOUNT_ATTR_NODEV) \
	W("rdiratime", R_NO_ATTRIBUTE, ABI_MOUNT_ATTR_NODIRATIME) \
	W("relatime", ATIME, RELATIME) \
	W("remount", ACT, ACT_REMOUNT) \
	W("rexec", R_NO_ATTRIBUTE, ABI_MOUNT_ATTR_NOEXEC) \
	W("ridmap", ACT, ACT_RIDMAP) \
	W("rnoatime", R_ATIME, NOATIME) \
	W("rnodev", R_ATTRIBUTE, ABI_MOUNT_ATTR_NODEV) \
	W("rnodiratime", R_ATTRIBUTE, ABI_MOUNT_ATTR_NODIRATIME) \
	W("rnoexec", R_ATTRIBUTE, ABI_MOUNT_ATTR_NOEXEC) \
	W("rnorelatime", R_NO_ATIME, RELATIME) \
	W("rnostrictatime", R_NO_ATIME, STRICTATIME) \
	W("rnosuid", R_ATTRIBUTE, ABI_MOUNT_ATTR_NOSUID) \
	W("rnosymfollow", R_ATTRIBUTE, ABI_MOUNT_ATTR_NOSYMFOLLOW) \
	W("ro", ATTRIBUTE, ABI_MOUNT_ATTR_RDONLY) \
	W("rprivate", R_PROPAGATION, ABI_MS_PRIVATE) \
	W("rrelatime", R_ATIME, RELATIME) \
	W("rro", R_ATTRIBUTE, ABI_MOUNT_ATTR_RDONLY) \
	W("rrw", R_NO_ATTRIBUTE, ABI_MOUNT_ATTR_RDONLY) \
	W("rshared", R_PROPAGATION, ABI_MS_SHARED) \
	W("rslave", R_PROPAGATION, ABI_MS_SLAVE) \
	W("rstrictatime", R_ATIME, STRICTATIME) \
	W("rsuid", R_NO_ATTRIBUTE, ABI_MOUNT_ATTR_NOSUID) \
	W("rsymfollow", R_NO_ATTRIBUTE, ABI_MOUNT_ATTR_NOSYMFOLLOW) \
	W("runbindable", R_PROPAGATION, ABI_MS_UNBINDABLE) \
	W("rw", NO_ATTRIBUTE, ABI_MOUNT_ATTR_RDONLY) \
	W("shared", PROPAGATION, ABI_MS_SHARED) \
	W("silent", NOTHING, 0) \
	W("slave", PROPAGATION, ABI_MS_SLAVE) \
	W("strictatime", ATIME, STRICTATIME) \
	W("suid", NO_ATTRIBUTE, ABI_MOUNT_ATTR_NOSUID) \
	W("symfollow", NO_ATTRIBUTE, ABI_MOUNT_ATTR_NOSYMFOLLOW) \
	W("sync", SUPERBLOCK, SYNC) \
	W("tmpcopyup", ACT, ACT_COPY_UP) \
	W("unbindable", PROPAGATION, ABI_MS_UNBINDABLE)

struct mount_word { enum word_kind kind; uint64_t value; };

#define AS_NAME(word, kind, value) word,
#define AS_ROW(word, kind, value) { kind, value },
const char *const plan_mount_option_words[] = { WORDS(AS_NAME) NULL };
static const struct mount_word words[] = { WORDS(AS_ROW) };

static const struct { unsigned bit; const char *set, *clear; } superblock_words[] = {
	{ SYNC, "sync", "async" }, { DIRSYNC, "dirsync", NULL }, { LAZYTIME, "lazytime", "nolazytime" }, { MAND, "mand", "nomand" },
	{ IVERSION, "iversion", NULL },
};

/* What must not reach a kernel through a list of options (rule B.3.3, case C56). */
static const struct { const char *key; const char *why; } refused[] = {
	{ "context", "labels come from linux.mountLabel" },
	{ "fscontext", "labels come from linux.mountLabel" },
	{ "defcontext", "labels come from linux.mountLabel" },
	{ "rootcontext", "labels come from linux.mountLabel" },
	{ "seclabel", "labels come from linux.mountLabel" },
	{ "source", "the source of a mount is its own property" },
};

/* Kept while reading, decided at the end. */
struct reading {
	struct planning *p;
	const struct spec_mount *spec;
	struct mount_options *to;
	unsigned atime, atime_said, r_atime, r_atime_said;
	unsigned superblock, superblock_off;
	size_t propagation_room, param_room;
};

static const struct mount_word *find_word(const char *word)
{
	size_t low = 0, high = sizeof(words) / sizeof(words[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(word, plan_mount_option_words[middle]);
		if (order == 0)
			return &words[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void attribute(uint64_t *set, uint64_t *clear, uint64_t value, bool on)
{
	*(on ? set : clear) |= value;
	*(on ? clear : set) &= ~value;
}

static void *grown(struct arena *arena, const void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return (void *)items;
	*room = *room ? *room * 2 : 4;
	void *more = arena_alloc(arena, *room * size);
	if (count)
		memcpy(more, items, count * size);
	return more;
}

static void add_propagation(struct reading *r, uint64_t flag, bool recursive)
{
	struct mount_options *to = r->to;
	to->propagation = grown(r->p->arena, to->propagation, to->propagation_count, &r->propagation_room,
				sizeof(*to->propagation));
	to->propagation[to->propagation_count++] = (struct propagation){ flag, recursive };
}

static void add_param(struct reading *r, struct mount_param param)
{
	struct mount_options *to = r->to;

	/* Everything init reads lies in the arena: it has other constants than we. */
	param.key = arena_string(r->p->arena, param.key);
	to->params = grown(r->p->arena, to->params, to->param_count, &r->param_room, sizeof(*to->params));
	to->params[to->param_count++] = param;
}

static void known_word(struct reading *r, const struct mount_word *word)
{
	struct mount_options *to = r->to;
	unsigned bits = (unsigned)word->value;

	switch (word->kind) {
	case NOTHING:
		break;
	case ATTRIBUTE:
	case NO_ATTRIBUTE:
		attribute(&to->set, &to->clear, word->value, word->kind == ATTRIBUTE);
		break;
	case R_ATTRIBUTE:
	case R_NO_ATTRIBUTE:
		attribute(&to->recursive_set, &to->recursive_clear, word->value, word->kind == R_ATTRIBUTE);
		break;
	case ATIME:
	case NO_ATIME:
		r->atime_said = 1;
		r->atime = word->kind == ATIME ? r->atime | bits : r->atime & ~bits;
		break;
	case R_ATIME:
	case R_NO_ATIME:
		r->r_atime_said = 1;
		r->r_atime = word->kind == R_ATIME ? r->r_atime | bits : r->r_atime & ~bits;
		break;
	case PROPAGATION:
	case R_PROPAGATION:
		add_propagation(r, word->value, word->kind == R_PROPAGATION);
		break;
	case SUPERBLOCK:
		r->superblock |= bits;
		r->superblock_off &= ~bits;
		break;
	case NO_SUPERBLOCK:
		r->superblock &= ~bits;
		r->superblock_off |= bits;
		break;
	case ACT:
		to->acts |= bits;
		break;
	}
}

/* mount(2) decides in this order which of the three is in force; relatime is the default. */
static uint64_t atime_attribute(unsigned atime)
{
	if (atime & STRICTATIME)
		return ABI_MOUNT_ATTR_STRICTATIME;
	return atime & NOATIME ? ABI_MOUNT_ATTR_NOATIME : ABI_MOUNT_ATTR_RELATIME;
}

static int refuse(const struct reading *r, const char *piece, const char *key, struct error *error)
{
	const struct place *at = &r->spec->at;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(key, refused[i].key) == 0)
			return fail_at(error, at, 0, "the mount option '%s' is refused: %s", piece, refused[i].why);
	if ((key[0] == 'X' || key[0] == 'x') && key[1] == '-')
		return fail_at(error, at, 0,
			       "the mount option '%s' is refused: it is an order to mount(8), which has no part in this", piece);
	return 0;
}

/* 1: an overlay's directories, taken; 0: something else. */
static int overlay_word(struct reading *r, const char *key, const char *value, struct error *error)
{
	struct plan_overlay *overlay = r->to->overlay;
	const struct place *at = &r->spec->at;

	if (!strcmp(key, "datadir+"))
		return fail_at(error, at, 0, "data-only layers of an overlay are not supported");
	if (!strcmp(key, "lowerdir"))
		return overlay_add_layers(r->p, overlay, value, at, error) < 0 ? -1 : 1;
	if (!strcmp(key, "lowerdir+"))
		return overlay_add_layer(r->p, overlay, value, at, error) < 0 ? -1 : 1;
	const char **to = !strcmp(key, "upperdir") ? &overlay->upper : !strcmp(key, "workdir") ? &overlay->work : NULL;
	if (!to)
		return 0;
	*to = overlay_directory(r->p, value, at, error);
	return *to ? 1 : -1;
}

/* A word of the file system's own: key or key=value, each at most what fsconfig(2) takes. */
static int own_word(struct reading *r, const char *piece, struct error *error)
{
	const char *equals = strchr(piece, '=');
	const char *key = equals ? arena_copy(r->p->arena, piece, (size_t)(equals - piece)) : piece;

	try(refuse(r, piece, key, error));
	if (!*key)
		return fail_at(error, &r->spec->at, 0, "the mount option '%s' has no name", piece);
	if (!r->to->first_own)
		r->to->first_own = piece;
	if (r->to->overlay && equals) {
		int taken = overlay_word(r, key, equals + 1, error);
		if (taken)
			return taken < 0 ? -1 : 0;
	}
	if (strlen(key) > 255 || (equals && strlen(equals + 1) > 255))
		return fail_at(error, &r->spec->at, 0, "the mount option '%.40s...' is longer than the 255 bytes the kernel takes",
			       piece);
	add_param(r, (struct mount_param){ .key = key, .value = equals ? equals + 1 : NULL });
	return 0;
}

static int one_word(struct reading *r, const char *piece, struct error *error)
{
	const struct mount_word *word = find_word(piece);

	if (!*piece)
		return fail_at(error, &r->spec->at, 0, "an empty mount option");
	if (word) {
		known_word(r, word);
		return 0;
	}
	return own_word(r, piece, error);
}

/* Up to the next comma; in an overlay's options a backslash takes a comma's meaning away. */
static size_t piece_length(const char *text, bool escapes)
{
	size_t length = 0;
	while (text[length] && text[length] != ',')
		length += escapes && text[length] == '\\' && text[length + 1] ? 2 : 1;
	return length;
}

static int one_option(struct reading *r, const char *option, struct error *error)
{
	for (;;) {
		size_t length = piece_length(option, r->to->overlay);
		try(one_word(r, arena_copy(r->p->arena, option, length), error));
		if (!option[length])
			return 0;
		option += length + 1;
	}
}

static void finish(struct reading *r)
{
	struct mount_options *to = r->to;

	if (r->atime_said) {
		to->set |= atime_attribute(r->atime);
		to->clear |= ABI_MOUNT_ATTR__ATIME;
	}
	if (r->r_atime_said) {
		to->recursive_set |= atime_attribute(r->r_atime);
		to->recursive_clear |= ABI_MOUNT_ATTR__ATIME;
	}
	to->writable = to->clear & ABI_MOUNT_ATTR_RDONLY;
	for (size_t i = 0; i < sizeof(superblock_words) / sizeof(superblock_words[0]); i++) {
		if (r->superblock & superblock_words[i].bit)
			add_param(r, (struct mount_param){ .key = superblock_words[i].set,
							  .optional = superblock_words[i].bit == IVERSION });
		/* Only a remount has something to take back. */
		if ((to->acts & ACT_REMOUNT) && (r->superblock_off & superblock_words[i].bit) && superblock_words[i].clear)
			add_param(r, (struct mount_param){ .key = superblock_words[i].clear });
	}
}

int mount_options_read(struct planning *p, const struct spec_mount *spec, struct mount_options *to, struct error *error)
{
	struct reading r = { .p = p, .spec = spec, .to = to };

	*to = (struct mount_options){ 0 };
	if (spec->type && !strcmp(spec->type, "overlay"))
		to->overlay = arena_new(p->arena, struct plan_overlay);
	for (uint32_t i = 0; i < spec->options.count; i++)
		try(one_option(&r, spec->options.items[i], error));
	finish(&r);
	return 0;
}
