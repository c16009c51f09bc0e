/* The version, in lines that callers read (contract 8.7): only the first holds that word. */
#include <seccomp.h>
#include "base/text.h"
#include "cmd/commands.h"
#include "spec/spec.h"

void version_text(struct text *out)
{
	const struct scmp_version *library = seccomp_version();

	text_add(out, "caisson version " CAISSON_VERSION "\ncommit: " CAISSON_COMMIT "\nspec: " OCI_VERSION "\n");
	text_printf(out, "libseccomp: %u.%u.%u\n", library->major, library->minor, library->micro);
}
