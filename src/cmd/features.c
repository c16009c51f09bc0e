/* features: what this binary supports, for engines: nothing but JSON, no rights needed (contract 6.14, 8.6). */
#include "spec/features.h"

#include <seccomp.h>
#include <string.h>
#include <sys/capability.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/container.h"
#include "plan/build.h"
#include "kern/seccomp.h"
#include "plan/mount_options.h"
#include "plan/seccomp.h"
#include "run/hook_result.h"

static struct json_strings words(struct arena *arena, const struct json_word *table)
{
	struct json_strings list = { .given = true };

	while (table[list.count].word)
		list.count++;
	list.items = arena_array(arena, const char *, list.count + 1);
	for (uint32_t i = 0; i < list.count; i++)
		list.items[i] = table[i].word;
	return list;
}

/* Of the architectures the spec names, those the libseccomp we are linked with knows. */
static struct json_strings known_archs(struct arena *arena)
{
	struct json_strings list = { .items = arena_array(arena, const char *, 64), .given = true };

	for (const struct json_word *word = seccomp_arch_words; word->word; word++)
		if (plan_seccomp_arch_known(word->word))
			list.items[list.count++] = word->word;
	return list;
}

/* Of the flags we know, those this kernel takes: the one part of the document that depends on the host (contract 8.6). */
static struct json_strings supported_flags(struct arena *arena)
{
	struct json_strings list = { .items = arena_array(arena, const char *, 8), .given = true };

	for (const struct json_word *word = seccomp_flag_words; word->word; word++)
		if (seccomp_flag_supported(plan_seccomp_flag(word->value)))
			list.items[list.count++] = word->word;
	return list;
}

static struct json_strings hook_names(struct arena *arena)
{
	struct json_strings list = { .items = arena_array(arena, const char *, HOOK_KINDS + 1), .count = HOOK_KINDS, .given = true };
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		list.items[kind] = hook_kind_name(kind);
	return list;
}

static struct json_strings capability_names(struct arena *arena)
{
	struct json_strings list = { .items = arena_array(arena, const char *, CAP_LAST_CAP + 2), .given = true };

	for (cap_value_t cap = 0; cap <= CAP_LAST_CAP; cap++) {
		char *name = cap_to_name(cap);
		if (!name)
			continue;
		char *copy = arena_string(arena, name);
		for (char *c = copy; *c; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		list.items[list.count++] = copy;
		cap_free(name);
	}
	return list;
}

static struct json_strings option_words(struct arena *arena)
{
	struct json_strings list = { .given = true };

	while (plan_mount_option_words[list.count])
		list.count++;
	list.items = arena_array(arena, const char *, list.count + 1);
	memcpy(list.items, plan_mount_option_words, list.count * sizeof(*list.items));
	return list;
}

/* Annotations of the configuration that change what is done with the host's files or devices, or what systemd does with the container. */
static const char *const unsafe[] = { "io.caisson.rootfs.", "io.caisson.netDevices.", "org.systemd.property.", NULL };

static void fill(struct features *f, struct arena *arena)
{
	const struct scmp_version *library = seccomp_version();
	static struct json_pair annotations[] = {
		{ "io.caisson.version", CAISSON_VERSION, { 0 } },
		{ "io.caisson.commit", CAISSON_COMMIT, { 0 } },
		{ "io.github.seccomp.libseccomp.version", NULL, { 0 } },
		{ "org.opencontainers.runc.checkpoint.enabled", "false", { 0 } },
	};

	annotations[2].value = arena_printf(arena, "%u.%u.%u", library->major, library->minor, library->micro);
	*f = (struct features){
		.oci_version_min = "1.0.0",
		.oci_version_max = OCI_VERSION,
		.hooks = hook_names(arena),
		.mount_options = option_words(arena),
		.annotations = { .items = annotations, .count = array_length(annotations), .given = true },
		.unsafe_annotations = { .items = (const char **)unsafe, .count = array_length(unsafe) - 1, .given = true },
		.linux_ = {
			.namespaces = words(arena, namespace_words),
			.capabilities = capability_names(arena),
			.cgroup = { .v1 = true, .v2 = true, .systemd = true, .systemd_user = true, .rdma = true },
			.seccomp = {
				.enabled = true,
				.actions = words(arena, seccomp_action_words),
				.operators = words(arena, seccomp_operator_words),
				.archs = known_archs(arena),
				.known_flags = words(arena, seccomp_flag_words),
				.supported_flags = supported_flags(arena),
			},
			.apparmor = { true },
			.selinux = { true },
			.memory_policy = { words(arena, memory_policy_words), words(arena, memory_policy_flag_words) },
			.mount_extensions = { .idmap = { true } },
			.net_devices = { true },
		},
	};
}

static int features(const struct invocation *invocation, struct error *error)
{
	struct features f;
	struct text out = text_in(invocation->arena);

	fill(&f, invocation->arena);
	json_encode(&features_table, &f, JSON_TWO_SPACES, &out);
	text_add(&out, "\n");
	return print(&out, error);
}

const struct command command_features = {
	.name = "features",
	.arguments = "",
	.summary = "print what this binary supports, as JSON",
	.run = features,
};
