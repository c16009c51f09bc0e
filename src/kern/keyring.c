/* The session keyring, by keyctl(2). */
#include "kern/keyring.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JOIN_SESSION_KEYRING 1
#define SETPERM 5
#define DESCRIBE 6

#define POSSESSOR_ALL 0x3f000000u
#define OWNER_SEARCH 0x00080000u
#define ANY_SEARCH 0x00080808u /* owner, group, other */

static long keyctl(int operation, unsigned long a, unsigned long b, unsigned long c)
{
	long r = syscall(SYS_keyctl, operation, a, b, c, 0ul);
	return r < 0 ? -errno : r;
}

/* "keyring;uid;gid;permissions in hexadecimal;description" */
static int permissions(long keyring, uint32_t *to)
{
	char text[256];
	int field = 0;
	long length = keyctl(DESCRIBE, (unsigned long)keyring, (unsigned long)text, sizeof(text));
	if (length < 0)
		return (int)length;
	*to = 0;
	for (long i = 0; i < length && i < (long)sizeof(text) && field < 4; i++) {
		char c = text[i];
		if (c == ';')
			field++;
		else if (field == 3)
			*to = *to << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return field == 4 ? 0 : -EINVAL;
}

/* A keyring is found by name only if it lets others search it, and a new one does not: one that does was there before, left behind
 * or laid out for us by another process of the same uid. Its keys are not for us, nor ours for its makers. 0 instead of a number:
 * it is the very one we have from our caller. */
static int was_there(long keyring)
{
	uint32_t rights = ANY_SEARCH;
	int r = keyring ? permissions(keyring, &rights) : 0;
	return r < 0 ? r : (rights & ANY_SEARCH) != 0;
}

int keyring_join_fresh(const char *name)
{
	long keyring = keyctl(JOIN_SESSION_KEYRING, (unsigned long)name, 0, 0);
	if (keyring < 0)
		return (int)keyring;
	int found = was_there(keyring);
	if (found > 0)
		keyring = keyctl(JOIN_SESSION_KEYRING, 0, 0, 0);
	if (found < 0 || keyring < 0)
		return found < 0 ? found : (int)keyring;
	return (int)keyctl(SETPERM, (unsigned long)keyring, POSSESSOR_ALL | OWNER_SEARCH, 0);
}
