/* --regex of kill and delete: the same for every container whose id matches. */
#include <errno.h>
#include <regex.h>
#include <sys/stat.h>
#include "base/log.h"
#include "cmd/container.h"

struct matching {
	const struct invocation *invocation;
	const regex_t *regex;
	int (*each)(const struct invocation *invocation, const char *id, struct error *error);
	size_t count, failed;
};

/* One that cannot be had is no reason to leave out the others; it is told, and counted. */
static int one(const char *id, void *data, struct error *error)
{
	struct matching *matching = data;
	struct error refused = { 0 };
	char sentence[1024];

	(void)error;
	if (regexec(matching->regex, id, 0, NULL, 0) != 0)
		return 0;
	matching->count++;
	if (matching->each(matching->invocation, id, &refused) >= 0)
		return 0;
	matching->failed++;
	error_sentence(&refused, sentence, sizeof(sentence));
	log_warning("container '%s': %s", id, sentence);
	return 0;
}

static int each_of_root(struct matching *matching, struct error *error)
{
	const struct invocation *invocation = matching->invocation;
	const char *path = state_root_path(invocation);
	struct state_dir root = { .root = -1, .dir = -1 };
	struct stat info;

	if (stat(path, &info) < 0 && errno == ENOENT) /* nobody has made a container yet */
		return 0;
	try(state_open_root(path, 0, &root, error));
	int r = state_each(&root, invocation->arena, one, matching, error);
	state_close(&root);
	return r;
}

int container_each_matching(const struct invocation *invocation, const char *pattern,
			    int (*each)(const struct invocation *invocation, const char *id, struct error *error), struct error *error)
{
	regex_t regex;
	char why[128];

	int bad = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (bad) {
		regerror(bad, &regex, why, sizeof(why));
		return fail(error, 0, "invalid regular expression '%s': %s", pattern, why);
	}
	struct matching matching = { .invocation = invocation, .regex = &regex, .each = each };
	int r = each_of_root(&matching, error);
	regfree(&regex);
	if (r == 0 && matching.failed)
		return fail(error, 0, "%zu of the %zu containers that match '%s' refused", matching.failed, matching.count, pattern);
	return r;
}
