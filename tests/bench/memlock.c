/* For peers, by LD_PRELOAD: lets them run where root has no CAP_SYS_RESOURCE, and so may not lift the limit of locked memory.
 *
 * Since Linux 5.11 BPF programs do not count as locked memory; crun lifts the limit all the same, and gives up if it cannot. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	int result = (int)syscall(SYS_prlimit64, 0, resource, limit, NULL);

	return result < 0 && errno == EPERM && resource == RLIMIT_MEMLOCK ? 0 : result;
}

int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit)
{
	return setrlimit(resource, (const struct rlimit *)limit);
}
