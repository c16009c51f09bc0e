/* Id maps as text: lines of three numbers, as we write them to /proc/PID/uid_map and as the kernel pads them (user_namespaces(7)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_RANGES_TEXT_MOST 16384 /* 340 lines as the kernel pads them */

struct id_range { uint64_t inside, outside, size; };

/* The next line of the map, and `*at` behind it; false at its end. */
bool id_ranges_next(const char **at, struct id_range *range);

/* Whether both have the same lines, in whatever order: the kernel sorts long ones. */
bool id_ranges_same(const char *one, const char *other);

/* Where an id of the inside lies outside, or (uint32_t)-1 if it is not mapped. */
uint32_t id_ranges_find(const char *map, uint32_t inside);
