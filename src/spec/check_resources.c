/* What the specification demands of the values of linux.resources together. */
#include <string.h>

#include "spec/check.h"
#include "spec/limits.h"
#include "spec/resources.h"

static int check_rule(const struct spec_device_rule *rule, struct error *error)
{
	if (rule->type && (strlen(rule->type) != 1 || !strchr("abc", rule->type[0])))
		return fail_at(error, &rule->at, 0, "the type of a device rule is one of a, b and c, not '%s'", rule->type);
	if (rule->access && rule->access[strspn(rule->access, "rwm")])
		return fail_at(error, &rule->at, 0, "the access of a device rule is made of r, w and m, not '%s'", rule->access);
	return 0;
}

static int check_weights(const struct spec_block_io *io, struct error *error)
{
	JSON_EACH(struct spec_weight_device, device, &io->weight_device)
		if (!device->weight && !device->leaf_weight)
			return fail_at(error, &device->at, 0, "one of weight and leafWeight is required");
	return 0;
}

/* "64KB", "2MB", "1GB": part of a file's name, so nothing else may be in it. */
static bool page_size_valid(const char *size)
{
	size_t digits = strspn(size, "0123456789");
	return digits && size[0] != '0' && size[digits] && strchr("KMG", size[digits]) && !strcmp(size + digits + 1, "B");
}

/* Update looks each of them up among the others, with the container locked (rule B.17). */
static int check_count(const struct spec_resources *resources, uint32_t count, const char *what, struct error *error)
{
	return count <= RESOURCE_KEYS_MOST ? 0
					      : fail_at(error, &resources->at, 0, "more than %d entries in %s", RESOURCE_KEYS_MOST, what);
}

int spec_check_resources(const struct spec_resources *resources, struct error *error)
{
	try(check_count(resources, resources->unified.count, "unified", error));
	try(check_count(resources, resources->rdma.count, "rdma", error));
	JSON_EACH(struct spec_device_rule, rule, &resources->devices)
		try(check_rule(rule, error));
	if (resources->block_io)
		try(check_weights(resources->block_io, error));
	JSON_EACH(struct spec_hugepage_limit, limit, &resources->hugepage_limits)
		if (!page_size_valid(limit->page_size))
			return fail_at(error, &limit->at, 0, "a pageSize is like '64KB', '2MB' or '1GB', not '%s'",
				       limit->page_size);
	JSON_EACH(struct spec_rdma, device, &resources->rdma)
		if (!device->hca_handles && !device->hca_objects)
			return fail_at(error, &device->at, 0, "one of hcaHandles and hcaObjects is required");
	return 0;
}
