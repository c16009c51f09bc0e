/* Credentials by raw system calls: libc's wrappers of setuid and setgroups broadcast to threads we do not have. */
#include "kern/credentials.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/abi.h"

#define CAPABILITY_VERSION_3 0x20080522u
#define CAPABILITY_MOST 63
#define KEEP_CAPS_ALONE (1 << 4) /* linux/securebits.h: SECBIT_KEEP_CAPS */

/* capget(2): the sets come in two halves of 32 bits. */
struct header { uint32_t version; int pid; };
struct half { uint32_t effective, permitted, inheritable; };

static uint64_t join(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

int cred_caps_get(struct cred_caps *caps)
{
	struct header header = { .version = CAPABILITY_VERSION_3 };
	struct half halves[2];

	if (syscall(SYS_capget, &header, halves) < 0)
		return -errno;
	caps->effective = join(halves[0].effective, halves[1].effective);
	caps->permitted = join(halves[0].permitted, halves[1].permitted);
	caps->inheritable = join(halves[0].inheritable, halves[1].inheritable);
	return 0;
}

int cred_caps_set(const struct cred_caps *caps)
{
	struct header header = { .version = CAPABILITY_VERSION_3 };
	const struct half halves[2] = {
		{ (uint32_t)caps->effective, (uint32_t)caps->permitted, (uint32_t)caps->inheritable },
		{ (uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32), (uint32_t)(caps->inheritable >> 32) },
	};

	return syscall(SYS_capset, &header, halves) < 0 ? -errno : 0;
}

int cred_bound(uint64_t keep)
{
	for (unsigned long cap = 0; cap <= CAPABILITY_MOST; cap++) {
		int there = keep >> cap & 1 ? 0 : prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		if (there < 0) /* beyond the last one this kernel knows */
			break;
		if (there && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

uint64_t cred_bounding(void)
{
	uint64_t set = 0;
	for (unsigned long cap = 0; cap <= CAPABILITY_MOST; cap++) {
		int there = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		if (there < 0)
			break;
		set |= (uint64_t)there << cap;
	}
	return set;
}

int cred_ambient_set(uint64_t caps)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (unsigned long cap = 0; cap <= CAPABILITY_MOST; cap++)
		if (caps >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	return 0;
}

uint64_t cred_ambient(const struct cred_caps *caps)
{
	uint64_t set = 0, possible = caps->permitted & caps->inheritable;
	for (unsigned long cap = 0; cap <= CAPABILITY_MOST; cap++)
		if (possible >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) > 0)
			set |= UINT64_C(1) << cap;
	return set;
}

int cred_keep_caps(enum keep_caps keep)
{
	return prctl(PR_SET_KEEPCAPS, (unsigned long)keep, 0, 0, 0) < 0 ? -errno : 0;
}

int cred_keep_caps_alone(void)
{
	if (prctl(PR_SET_SECUREBITS, KEEP_CAPS_ALONE, 0, 0, 0) == 0)
		return 0;
	cred_keep_caps(KEEP_CAPS_ON);
	return prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == KEEP_CAPS_ALONE ? 0 : -EPERM;
}

int cred_set_groups(const gid_t *groups, size_t count)
{
	return syscall(SYS_setgroups, count, groups) < 0 ? -errno : 0;
}

int cred_set_gid(gid_t gid)
{
	return syscall(SYS_setresgid, gid, gid, gid) < 0 ? -errno : 0;
}

int cred_set_uid(uid_t uid)
{
	return syscall(SYS_setresuid, uid, uid, uid) < 0 ? -errno : 0;
}

int cred_verify_ids(uid_t uid, gid_t gid)
{
	uid_t uids[3];
	gid_t gids[3];

	if (syscall(SYS_getresuid, &uids[0], &uids[1], &uids[2]) < 0 || syscall(SYS_getresgid, &gids[0], &gids[1], &gids[2]) < 0)
		return -errno;
	for (int i = 0; i < 3; i++)
		if (uids[i] != uid || gids[i] != gid)
			return -EUCLEAN;
	return 0;
}

/* The same for two lists with the same members in any order (the kernel sorts by its own ids): a sum of scrambled members.
 * It need not withstand anyone: both lists are ours. */
static uint64_t sum_of(const gid_t *groups, size_t count)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t x = (groups[i] + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
		sum += (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	}
	return sum;
}

int cred_verify_groups(const gid_t *groups, size_t count)
{
	gid_t found[256];
	long there = syscall(SYS_getgroups, 0, NULL);

	if (there < 0)
		return -errno;
	if ((size_t)there != count)
		return -EUCLEAN;
	/* getgroups(2) gives all or nothing; longer lists are compared by their length alone, as there is no heap. */
	if (count > sizeof(found) / sizeof(found[0]))
		return 0;
	if (syscall(SYS_getgroups, count, found) < 0)
		return -errno;
	return sum_of(found, count) == sum_of(groups, count) ? 0 : -EUCLEAN;
}

int cred_no_new_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPERM;
}

int cred_keep_all_over_exec(void)
{
	struct cred_caps caps = { 0 };
	int r = cred_caps_get(&caps);
	if (r < 0)
		return r;
	caps.inheritable = caps.permitted;
	r = cred_caps_set(&caps);
	return r < 0 ? r : cred_ambient_set(caps.permitted);
}
