/* Whether the path of the container's cgroup may be one (rule B.13). */
#include "plan/cgroup.h"

#include <limits.h>
#include <string.h>
#include "base/arena.h"
#include "base/text.h"

/* Files of a legacy cgroup that have no controller's name before them. */
static const char *const legacy_files[] = { "tasks", "notify_on_release", "release_agent" };

static bool begins_with_name(const char *component, const char *name)
{
	size_t length = strlen(name);

	return strncmp(component, name, length) == 0 && component[length] == '.';
}

/* The kernel names its files "cgroup.X" and "CONTROLLER.X" and may add more with any release: such a directory would be in the
 * way, or be taken for a file. */
bool cgroup_name_reserved(const char *component)
{
	for (size_t i = 0; i < sizeof(legacy_files) / sizeof(legacy_files[0]); i++)
		if (strcmp(component, legacy_files[i]) == 0)
			return true;
	for (int i = 0; i < CG_CONTROLLERS; i++)
		if (begins_with_name(component, cgroup_controller_names[i]) ||
		    begins_with_name(component, cgroup_controller_v1_names[i]))
			return true;
	return begins_with_name(component, "cgroup");
}

static int check_component(const char *component, const struct place *at, struct error *error)
{
	if (strcmp(component, "..") == 0)
		return fail_at(error, at, 0, "a cgroup path may not have '..' in it");
	if (strlen(component) > NAME_MAX)
		return fail_at(error, at, 0, "a part of the cgroup path is longer than %d bytes", NAME_MAX);
	if (cgroup_name_reserved(component))
		return fail_at(error, at, 0, "the kernel reserves the name '%s' in a cgroup path for its own files", component);
	return 0;
}

static int check_characters(const char *path, const struct place *at, struct error *error)
{
	size_t length = strlen(path);

	if (length >= PATH_MAX)
		return fail_at(error, at, 0, "the cgroup path is longer than %d bytes", PATH_MAX - 1);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f)
			return fail_at(error, at, 0, "the cgroup path has a control character in it");
	return 0;
}

/* Component by component, so that "a//b/./" and "/a/b" are the same cgroup. */
static int normalise(struct planning *p, const char *path, const struct place *at, struct error *error)
{
	struct text clean = text_in(p->arena);

	while (*path) {
		size_t length = strcspn(path, "/");
		const char *component = arena_copy(p->arena, path, length);
		path += length + (path[length] == '/');
		if (length == 0 || strcmp(component, ".") == 0)
			continue;
		try(check_component(component, at, error));
		text_printf(&clean, "/%s", component);
	}
	if (clean.length == 0)
		return fail_at(error, at, 0, "the root of the cgroup tree cannot be a container's cgroup");
	if (clean.length >= PATH_MAX)
		return fail_at(error, at, 0, "the cgroup path is longer than %d bytes", PATH_MAX - 1);
	p->plan->cgroup.path = clean.data;
	p->plan->cgroup.at = *at;
	return 0;
}

/* At the root; an ordinary user's beside his own (contract 14.2). */
static const char *default_path(const struct planning *p)
{
	const char *beside = p->host->cgroup.beside;
	return beside ? arena_printf(p->arena, "%s/%s", beside, p->request->id) : p->request->id;
}

int cgroup_plan_path(struct cgroup_planning *c, struct error *error)
{
	static const struct place nowhere;
	struct planning *p = c->p;
	const struct spec_linux *linux_ = p->spec->linux_;

	if (!linux_ || !linux_->cgroups_path || !linux_->cgroups_path[0])
		return normalise(p, default_path(p), &nowhere, error);
	const struct place *at = &linux_->cgroups_path_at;
	try(check_characters(linux_->cgroups_path, at, error));
	/* "slice:prefix:name" is a path like any other here: Docker's BuildKit writes it so, and does not say --systemd-cgroup. */
	return normalise(p, linux_->cgroups_path, at, error);
}
