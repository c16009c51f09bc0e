/* Credentials of the calling thread: ids, groups, capability sets. -errno everywhere; what was set can be verified. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cred_caps { uint64_t effective, permitted, inheritable; };

int cred_caps_get(struct cred_caps *caps);
int cred_caps_set(const struct cred_caps *caps);

/* Drops from the bounding set all that is not in `keep`; what is absent already costs no right. Needs CAP_SETPCAP otherwise. */
int cred_bound(uint64_t keep);
uint64_t cred_bounding(void);

/* Makes the ambient set exactly this; each must be permitted and inheritable. */
int cred_ambient_set(uint64_t caps);
/* Of a process with these: what is not both permitted and inheritable cannot be (capabilities(7)). */
uint64_t cred_ambient(const struct cred_caps *caps);

/* Whether permitted capabilities survive setresuid from root to another user, and their loss of CAP_SET*ID. */
enum keep_caps { KEEP_CAPS_OFF, KEEP_CAPS_ON };
int cred_keep_caps(enum keep_caps keep);
/* On, as the only one of the securebits (capabilities(7)): exec passes on those of whoever called us. -EPERM: others are locked, or set
 * and CAP_SETPCAP is missing. */
int cred_keep_caps_alone(void);

int cred_set_groups(const gid_t *groups, size_t count);
int cred_set_gid(gid_t gid); /* real, effective, saved; the file system's follows */
int cred_set_uid(uid_t uid);

/* 0, or -EUCLEAN if the kernel says something else: trust nothing (rule B.6.12). Groups may come back in another order. */
int cred_verify_ids(uid_t uid, gid_t gid);
int cred_verify_groups(const gid_t *groups, size_t count);

int cred_no_new_privileges(void);

/* Every permitted capability becomes inheritable and ambient: it survives the next exec whatever the uid. */
int cred_keep_all_over_exec(void);
