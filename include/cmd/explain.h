/* The plan as people read it: the rows of the score, each with what it will do. Golden tests compare this text. */
#pragma once

struct plan;
struct text;

void explain_plan(const struct plan *plan, struct text *out);
