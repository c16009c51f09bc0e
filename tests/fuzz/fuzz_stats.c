/* libFuzzer: any texts as the statistics files of a cgroup become one line of JSON, as `events --stats` prints it. Each text follows a
 * byte that says of which file it is; NULs part them. */
#include "fuzz.h"
#include "base/text.h"
#include "cgroup/stats_files.h"
#include "cmd/events.h"
#include "json/json.h"

static void must_be_json(const struct text *line, struct arena *arena)
{
	struct error error = { 0 };
	struct json_node *root;

	must(line->length && memchr(line->data, '\n', line->length) == line->data + line->length - 1);
	/* No file of the kernel's has a key twice. */
	must(json_parse("stats", line->data, line->length, arena, &root, &error) == 0 ? root->type == JSON_OBJECT
										      : strstr(error.text, "given twice") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const sizes[] = { "2MB", "1GB", "64KB" };
	struct input in = { data, size };
	struct stats stats = { .has = 0 };
	struct arena arena;

	must(arena_open(&arena) == 0);
	while (in.size) {
		unsigned which = take_byte(&in);
		const struct stats_file *file = &stats_files[which % stats_file_count];
		const struct stats_parsing parsing = { &arena, &stats, sizes[which % array_length(sizes)] };
		file->parse(&parsing, take_text(&in, &arena), file);
	}
	stats_finish(&stats);
	must(!(stats.has & STATS_SWAP_ALONE));
	struct text line = text_in(&arena);
	events_stats_line("box", &stats, &line);
	must_be_json(&line, &arena);
	arena_close(&arena);
	return 0;
}
