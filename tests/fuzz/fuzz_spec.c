/* libFuzzer: any bytes as a config.json are read or refused, and what was read can be written. */
#include "base/arena.h"
#include "base/text.h"
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct spec spec;
	struct error error = { 0 };
	if (arena_open(&arena) < 0)
		return 0;
	struct text text = text_in(&arena);
	if (spec_read("config.json", (const char *)data, size, &arena, &spec, NULL, &error) == 0)
		json_encode(&spec_table, &spec, JSON_COMPACT, &text);
	else if (!error.text[0])
		__builtin_trap();
	arena_close(&arena);
	return 0;
}
