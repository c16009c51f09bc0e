/* What the configuration may ask for and this version does not do: refused by name, never ignored. */
#include "plan/build.h"

#define NOT_YET "%s is not supported yet"

int plan_refuse_later(struct planning *p, struct error *error)
{
	const struct spec_linux *linux_ = p->spec->linux_;

	if (linux_->intel_rdt)
		return fail_at(error, &linux_->intel_rdt->at, 0, NOT_YET, "intelRdt");
	return 0;
}
