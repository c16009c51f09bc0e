/* Shared by plan's files about systemd units alone: names, properties that gather, values of annotations. */
#pragma once

#include "plan/cgroup.h"

/* "prefix-name.scope" and the like (systemd.unit(5)): the characters, the length, something before the suffix, no template. */
bool unit_name_valid(const char *name, const char *suffix);

/* A slice: besides, its dashes are its place in the tree, so that none may be empty. "-.slice" is the root. */
bool unit_slice_valid(const char *name);

/* A text as part of a unit's name: what may not be in one becomes \xNN, as systemd-escape(1) has it. */
const char *unit_escape(struct arena *arena, const char *text);

/* Where systemd puts a slice, and a unit in it: "/a.slice/a-b.slice", "/a.slice/a-b.slice/x.scope"; "" is the root. */
const char *unit_slice_path(struct arena *arena, const char *slice);
const char *unit_path(struct arena *arena, const char *slice, const char *name);

/* Properties that are being gathered. */
struct unit_properties {
	struct arena *arena;
	struct plan_property *items;
	size_t count, room;
};

/* Goes on with what a unit has, and gives it back. */
struct unit_properties unit_properties_of(const struct plan_unit *unit, struct arena *arena);
void unit_properties_give(const struct unit_properties *properties, struct plan_unit *unit);

/* The property of that name, an empty one if it was not there. It stays valid until the next one is added. */
struct plan_property *unit_property(struct unit_properties *properties, const char *name, const char *signature, unsigned since,
				    const struct place *at);

/* One more pair of a list: "a(ss)" or "a(st)". */
void unit_property_pair(struct unit_properties *properties, struct plan_property *property, const char *first, const char *second,
			uint64_t number);

/* A value in GVariant's text form, "uint64 5" or "['a', 'b']": fills signature and value. NULL, or why it is none. */
const char *unit_value_parse(struct arena *arena, const char *text, struct plan_property *to);

/* Takes the property of that name away, if it is there. */
void unit_without(struct plan_unit *unit, const char *name);

/* Appends what the annotations org.systemd.property.* ask for (contract section 13). */
int unit_plan_annotations(const struct planning *p, struct unit_properties *properties, struct error *error);
