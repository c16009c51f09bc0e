/* spec: writes a config.json to begin with (contract 6.12). */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "cmd/container.h"
#include "spec/template.h"

struct spec_options { const char *bundle; bool rootless, example; };

static const struct option options[] = {
	{ "bundle", 'b', OPTION_STRING, offsetof(struct spec_options, bundle), "DIR",
	  "where to write it (default: the working directory)" },
	{ "rootless", 0, OPTION_FLAG, offsetof(struct spec_options, rootless), NULL, "for a user without privileges" },
	{ "example", 0, OPTION_FLAG, offsetof(struct spec_options, example), NULL, "with limits and a seccomp profile" },
};

static int spec(const struct invocation *invocation, struct error *error)
{
	const struct spec_options *o = invocation->options;
	struct host_cgroup cgroup = { 0 };
	struct text out = text_in(invocation->arena);

	if (o->example && o->rootless)
		return fail(error, 0, "--rootless and --example are two kinds of configuration: only one can be written");
	int probed = cgroup_probe(&cgroup, invocation->arena);
	if (probed < 0)
		return fail(error, -probed, "cannot find out which cgroup hierarchies the host has");
	const struct template_options template = {
		.kind = o->example ? TEMPLATE_EXAMPLE : o->rootless ? TEMPLATE_ROOTLESS : TEMPLATE_PLAIN,
		.machine = TEMPLATE_MACHINE,
		.flags = cgroup.layout == CGROUP_UNIFIED ? TEMPLATE_CGROUP_NAMESPACE : 0,
		.uid = geteuid(),
		.gid = getegid(),
	};
	_cleanup_fd int dir = again_open(o->bundle ? o->bundle : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail(error, errno, "cannot enter the bundle '%s'", o->bundle ? o->bundle : ".");
	template_config(&template, &out);
	_cleanup_fd int fd = again_create_at(dir, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return fail(error, 0, "File config.json exists. Remove it first");
	if (fd < 0)
		return fail(error, errno, "cannot make config.json");
	int r = write_all(fd, out.data, out.length);
	return r < 0 ? fail(error, -r, "cannot write config.json") : 0;
}

const struct command command_spec = {
	.name = "spec",
	.arguments = "",
	.summary = "write a config.json to begin with",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct spec_options),
	.run = spec,
};
