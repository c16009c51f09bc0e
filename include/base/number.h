/* Numbers from text, checked: the one parser for option values, ids, kernel files and cpu lists. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Decimal digits only (one leading '-' for the signed form), the whole text. 0, -EINVAL or -ERANGE; `*to` is set on success only. */
int number_u64(const char *text, uint64_t *to);
int number_i64(const char *text, int64_t *to);
int number_u32(const char *text, uint32_t max, uint32_t *to);

/* Digits with one of the kernel's units behind them, k, m, g or t in either case, or none: bytes. What does not fit is UINT64_MAX. */
int number_bytes(const char *text, uint64_t *to);

/* A list such as "0-3,7" into a bit set of `bits` bits (an array of 64-bit words). Blanks around items are allowed, an empty text
 * is an empty set. -EINVAL for anything else, -ERANGE for an index that does not fit. */
int number_list(const char *text, uint64_t *set, size_t bits);

/* The decimal text of a number, for files of the kernel; `to` holds at least 24 bytes. Returns its length. */
size_t number_text(char *to, int64_t value);
size_t number_text_u64(char *to, uint64_t value);
