/* state: what a container is now, as JSON (contract 8.1). */
#include "base/text.h"
#include "cmd/container.h"
#include "run/oom.h"

static int state(const struct invocation *invocation, struct error *error)
{
	struct state_dir dir;
	struct record record;
	struct oci_state shown;
	struct text out = text_in(invocation->arena);

	int found = container_open(invocation, invocation->args[0], 0, &dir, &record, error);
	if (found < 0)
		return -1;
	if (found == 0) /* its creator has not come far, or died there */
		record = (struct record){ .oci_version = OCI_VERSION, .id = invocation->args[0], .bundle = "" };
	oci_state_fill(&shown, &record, container_status(&dir, &record));
	shown.owner = "";
	shown.oom_killed = container_oom_kills(&record) > 0;
	json_encode(&oci_state_table, &shown, JSON_TWO_SPACES, &out);
	text_add(&out, "\n");
	return print(&out, error);
}

const struct command command_state = {
	.name = "state",
	.arguments = "ID",
	.summary = "print the state of a container as JSON",
	.least = 1,
	.most = 1,
	.run = state,
};
