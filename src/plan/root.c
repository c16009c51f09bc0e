/* The root: which directory or overlay it is, how it becomes "/", what its mounts tell others. */
#include <string.h>
#include "base/arena.h"
#include "plan/mounts.h"

static const struct {
	const char *word;
	uint64_t flag;   /* of "/" in the end */
	bool recursive;
	uint64_t setup;  /* of the copied host tree meanwhile */
} propagations[] = {
	{ "private", ABI_MS_PRIVATE, false, ABI_MS_PRIVATE },       { "rprivate", ABI_MS_PRIVATE, true, ABI_MS_PRIVATE },
	{ "slave", ABI_MS_SLAVE, false, ABI_MS_SLAVE },             { "rslave", ABI_MS_SLAVE, true, ABI_MS_SLAVE },
	{ "shared", ABI_MS_SHARED, false, ABI_MS_SHARED },          { "rshared", ABI_MS_SHARED, true, ABI_MS_SHARED },
	{ "unbindable", ABI_MS_UNBINDABLE, false, ABI_MS_PRIVATE }, { "runbindable", ABI_MS_UNBINDABLE, true, ABI_MS_PRIVATE },
};

static int plan_propagation(struct planning *p, struct error *error)
{
	const struct spec_linux *linux_ = p->spec->linux_;
	struct plan_root *root = &p->plan->root;
	const char *word = linux_->rootfs_propagation;
	const struct place *at = &linux_->rootfs_propagation_at;

	if (!root->bound) {
		if (word && *word)
			return fail_at(error, at, 0, "rootfsPropagation needs a mount namespace in linux.namespaces");
		return 0;
	}
	root->propagation = ABI_MS_PRIVATE;
	root->host_propagation = ABI_MS_SLAVE;
	if (!word || !*word)
		return 0;
	for (size_t i = 0; i < sizeof(propagations) / sizeof(propagations[0]); i++) {
		if (strcmp(word, propagations[i].word) != 0)
			continue;
		if (propagations[i].flag == ABI_MS_PRIVATE && !root->pivot)
			return fail_at(error, at, 0, "rootfsPropagation of [r]private is not safe without pivot_root");
		root->propagation = propagations[i].flag;
		root->propagation_recursive = propagations[i].recursive;
		root->host_propagation = propagations[i].setup;
		return 0;
	}
	return fail_at(error, at, 0,
		       "rootfsPropagation=%s is not supported: it is shared, slave, private or unbindable, or one of them with an "
		       "r in front", word);
}

static const struct json_pair *annotation(const struct planning *p, const char *key)
{
	for (uint32_t i = 0; i < p->spec->annotations.count; i++)
		if (!strcmp(p->spec->annotations.items[i].key, key))
			return &p->spec->annotations.items[i];
	return NULL;
}

/* An annotation with one directory. */
static int one_directory(struct planning *p, const char *key, const char **to, struct error *error)
{
	const struct json_pair *pair = annotation(p, key);

	if (!pair)
		return 0;
	if (!*pair->value)
		return fail_at(error, &pair->at, 0, "%s is empty", key);
	*to = plan_host_path(p, pair->value);
	return 0;
}

static int read_ephemeral(struct planning *p, struct plan_overlay *overlay, struct error *error)
{
	const struct json_pair *pair = annotation(p, "io.caisson.rootfs.ephemeral");

	if (!pair || !strcmp(pair->value, "false"))
		return 0;
	if (strcmp(pair->value, "true") != 0)
		return fail_at(error, &pair->at, 0, "io.caisson.rootfs.ephemeral is true or false");
	overlay->ephemeral = true;
	return 0;
}

static int read_lower(struct planning *p, struct plan_overlay *overlay, struct error *error)
{
	const struct json_pair *pair = annotation(p, "io.caisson.rootfs.lower");
	const struct request *request = p->request;

	for (size_t i = 0; i < request->lower_count; i++)
		try(overlay_add_layer(p, overlay, request->lower[i], NULL, error));
	return pair && !request->lower_count ? overlay_add_layers(p, overlay, pair->value, &pair->at, error) : 0;
}

/* The command line takes the annotations' place: for the layers, and for where changes go. */
static int read_upper(struct planning *p, struct plan_overlay *overlay, struct error *error)
{
	const struct request *request = p->request;

	if (request->upper || request->work || request->ephemeral) {
		overlay->upper = request->upper ? plan_host_path(p, request->upper) : NULL;
		overlay->work = request->work ? plan_host_path(p, request->work) : NULL;
		overlay->ephemeral = request->ephemeral;
		return 0;
	}
	try(one_directory(p, "io.caisson.rootfs.upper", &overlay->upper, error));
	try(one_directory(p, "io.caisson.rootfs.work", &overlay->work, error));
	return read_ephemeral(p, overlay, error);
}

static int plan_overlay_root(struct planning *p, struct error *error)
{
	struct plan_overlay *overlay = arena_new(p->arena, struct plan_overlay);
	struct plan_root *root = &p->plan->root;

	try(read_lower(p, overlay, error));
	try(read_upper(p, overlay, error));
	if (!overlay->lower_count && !overlay->upper && !overlay->work && !overlay->ephemeral)
		return 0;
	if (!root->bound)
		return fail_at(error, &root->at, 0, "an overlay as the root needs a mount namespace in linux.namespaces");
	try(overlay_add_layer(p, overlay, root->path, &root->at, error)); /* the lowest */
	root->overlay = overlay;
	return overlay_check(p, overlay, &root->at, error);
}

int plan_root(struct planning *p, struct error *error)
{
	const struct spec_root *spec = p->spec->root;
	struct plan_root *root = &p->plan->root;

	if (!spec)
		return fail(error, 0, "root must be specified");
	if (!spec->path || !*spec->path)
		return fail_at(error, &spec->at, 0, "root.path must be specified");
	root->at = spec->at;
	root->path = plan_host_path(p, spec->path);
	root->readonly = spec->readonly;
	root->bound = p->plan->namespaces.of[PLAN_NS_MOUNT].mode != NS_INHERIT;
	root->pivot = root->bound && !p->request->no_pivot;
	root->fd = -1;
	/* A container on "/" would be given the host (rule B.2.1); where links lead is looked at when it is opened. */
	if (!strcmp(plan_lexical_path(p, root->path), "/"))
		return fail_at(error, &root->at, 0, "invalid rootfs: the host's root directory cannot be a container's");
	if (root->readonly && !root->bound)
		return fail_at(error, &root->at, 0, "a read-only root needs a mount namespace in linux.namespaces");
	try(plan_propagation(p, error));
	return plan_overlay_root(p, error);
}
