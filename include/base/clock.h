/* The time that only goes forward, for deadlines. */
#pragma once

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t clock_ms(void);
