/* libFuzzer: any bytes as one of our own files in the state directory, of a container "box": read or refused with words, never believed
 * half (rule B.17, case C63); what was read is the same once it was written and read again. The first byte says which file. */
#include "fuzz.h"
#include "base/text.h"
#include "state/network.h"
#include "state/undo.h"

static struct state_dir state_dir(void)
{
	return (struct state_dir){ .root = -1, .dir = own_directory(), .id = "box", .root_path = "/run/caisson" };
}

static const char *content(const char *name, struct arena *arena)
{
	struct state_dir state = state_dir();
	struct error error = { 0 };
	const char *text = NULL;
	size_t length;

	must(state_document(&state, name, arena, &text, &length, &error) == 1);
	must(strlen(text) == length);
	return text;
}

static void try_record(struct arena *arena, bool backup)
{
	const char *name = backup ? STATE_BACKUP : STATE_RECORD, *once;
	struct state_dir state = state_dir();
	struct record *record = arena_new(arena, struct record);
	struct error error = { 0 };
	struct oci_state oci;
	struct text text = text_in(arena);
	int r = backup ? record_load_backup(&state, arena, record, &error) : record_load(&state, arena, record, &error);

	must(r != 0);
	must_tell(r, &error);
	if (r < 0)
		return;
	must(strcmp(record->id, "box") == 0 && record->pid >= 0 && record->bundle[0] == '/');
	for (uint32_t i = 0; i < record->cgroups.count; i++)
		must(((const struct record_cgroup *)record->cgroups.items)[i].mount[0] == '/');
	record_owns_cgroup(record);
	for (enum status status = STATUS_CREATING; status <= STATUS_STOPPED; status++) {
		oci_state_fill(&oci, record, status);
		json_encode(&oci_state_table, &oci, JSON_COMPACT, &text);
	}
	must((backup ? record_save_backup : record_save)(&state, record, arena, &error) == 0);
	once = content(name, arena);
	must((backup ? record_load_backup : record_load)(&state, arena, record, &error) == 1);
	must((backup ? record_save_backup : record_save)(&state, record, arena, &error) == 0);
	must(strcmp(once, content(name, arena)) == 0);
}

static void try_undo(struct arena *arena)
{
	struct state_dir state = state_dir();
	struct undo *undo = arena_new(arena, struct undo);
	struct error error = { 0 };
	int r = undo_load(&state, arena, undo, &error);

	must_tell(r, &error);
	if (r <= 0) {
		must(r == 0 || faccessat(state.dir, STATE_UPDATING, F_OK, 0) == 0); /* a damaged one is kept for people to see */
		return;
	}
	must(undo_save(&state, undo, arena, &error) == 0);
	const char *once = content(STATE_UPDATING, arena);
	must(undo_load(&state, arena, undo, &error) == 1);
	must(undo_save(&state, undo, arena, &error) == 0);
	must(strcmp(once, content(STATE_UPDATING, arena)) == 0);
}

static void try_network(struct arena *arena)
{
	struct state_dir state = state_dir();
	struct network_note *note = arena_new(arena, struct network_note);
	struct error error = { 0 };
	int r = network_load(&state, arena, note, &error);

	must(r != 0);
	must_tell(r, &error);
	if (r < 0)
		return;
	for (uint32_t i = 0; i < note->devices.count; i++)
		must(((const struct network_device *)note->devices.items)[i].index > 0);
	must(network_save(&state, note, arena, &error) == 0);
	const char *once = content(STATE_NETWORK, arena);
	must(network_load(&state, arena, note, &error) == 1);
	must(network_save(&state, note, arena, &error) == 0);
	must(strcmp(once, content(STATE_NETWORK, arena)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const files[] = { STATE_RECORD, STATE_BACKUP, STATE_UPDATING, STATE_NETWORK };
	struct input in = { data, size };
	struct arena arena;
	unsigned which = take_below(&in, array_length(files));

	must(arena_open(&arena) == 0);
	for (size_t i = 0; i < array_length(files); i++)
		unlinkat(own_directory(), files[i], 0);
	put_file(own_directory(), files[which], in.data, in.size);
	if (which < 2)
		try_record(&arena, which == 1);
	else if (which == 2)
		try_undo(&arena);
	else
		try_network(&arena);
	arena_close(&arena);
	return 0;
}
