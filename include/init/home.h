/* HOME of a user, as the container's passwd file has it. */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include "kern/lookup.h"

/* Always fills `to` (`size` bytes): "/" where /etc/passwd does not tell. */
void home_find(uid_t uid, char *to, size_t size, enum lookup_flags lookup);
