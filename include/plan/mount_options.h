/* The mount options this runtime knows itself; all others are left to the file system. */
#pragma once

/* Sorted; ends with NULL: for `features`. */
extern const char *const plan_mount_option_words[];
