/* Time: what only goes forward, for deadlines, and the date, for people. */
#pragma once

#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t clock_ms(void);

struct timespec clock_now(void);

/* RFC 3339, UTC, with 0 to 9 digits of a second's fraction: "2026-11-22T01:08:37.5Z". From 1970 on. */
#define CLOCK_TEXT 40
void clock_text(struct timespec at, int digits, char to[CLOCK_TEXT]);
