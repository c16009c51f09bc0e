/* Limits that several chapters of the configuration share (rule B.17 where nothing else is said). */
#pragma once

#include <stdint.h>

/* 4294967295 is (uid_t)-1, "no change" to setresuid(2): a process that asks for it stays root. */
#define ID_MAX 4294967294u

/* What one write to /proc/PID/uid_map may hold (user_namespaces(7)). */
#define ID_MAPPINGS_MOST 340

/* Bits of a device number in the kernel: 12 and 20 (rule B.8). MKDEV() shifts unchecked: a larger number is another device. */
#define DEVICE_MAJOR_MAX 4095
#define DEVICE_MINOR_MAX 1048575

/* Keys of each map in linux.resources (rule B.17). */
#define RESOURCE_KEYS_MOST 1024
