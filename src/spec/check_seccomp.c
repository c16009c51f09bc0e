/* What the specification demands of the values of linux.seccomp together. */
#include "spec/check.h"
#include "spec/seccomp.h"

/* The 16 bits of SECCOMP_RET_DATA; and errors above MAX_ERRNO would be cut down to it by the kernel (seccomp(2)). */
#define TRACE_MAX 65535
#define ERRNO_MAX 4095

static int check_errno(const struct place *at, const char *name, int action, const uint32_t *value, struct error *error)
{
	if (!value)
		return 0;
	if (action != SECCOMP_ERRNO && action != SECCOMP_TRACE)
		return fail_at(error, at, 0, "%s is given, but the action takes none: errno value specified for action '%s'", name,
			       seccomp_action_words[action].word);
	uint32_t most = action == SECCOMP_ERRNO ? ERRNO_MAX : TRACE_MAX;
	return *value > most ? fail_at(error, at, 0, "%s is over %u", name, most) : 0;
}

static int check_syscall(const struct spec_syscall *rule, struct error *error)
{
	for (uint32_t i = 0; i < rule->names.count; i++)
		if (!rule->names.items[i][0])
			return fail_at(error, &rule->at, 0, "names[%u] is empty", i);
	return check_errno(&rule->at, "errnoRet", rule->action, rule->errno_ret, error);
}

int spec_check_seccomp(const struct spec_seccomp *seccomp, struct error *error)
{
	if (seccomp->listener_metadata && !seccomp->listener_path)
		return fail_at(error, &seccomp->at, 0, "listenerMetadata is set without listenerPath");
	try(check_errno(&seccomp->at, "defaultErrnoRet", seccomp->default_action, seccomp->default_errno_ret, error));
	JSON_EACH(struct spec_syscall, rule, &seccomp->syscalls)
		try(check_syscall(rule, error));
	return 0;
}
