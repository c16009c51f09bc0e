/* The terminal: whether there is one, its size, and whether somebody is there to take it (contract 6.1). */
#include "base/text.h"
#include "plan/build.h"
#include "plan/show.h"

/* Before any process exists (contract 16.12). */
static int check_receiver(const struct planning *p, bool terminal, struct error *error)
{
	const struct request *request = p->request;

	if (terminal && request->detached && !request->console_socket)
		return fail_at(error, &p->spec->process->at, 0,
			       "cannot allocate tty if runc will detach without setting console socket (--console-socket)");
	if (request->console_socket && (!terminal || !request->detached))
		return fail(error, 0, "cannot use console socket if runc will not detach or allocate tty: %s",
			    terminal ? "without --detach the terminal is the caller's own" : "process.terminal is false");
	return 0;
}

static void take_terminal(struct plan_process *process, const struct spec_process *spec)
{
	process->terminal = true;
	process->terminal_at = spec->at;
	if (!spec->console_size || !spec->console_size->height || !spec->console_size->width)
		return;
	process->rows = (uint16_t)spec->console_size->height; /* checked: at most 65535 (spec/check.c) */
	process->columns = (uint16_t)spec->console_size->width;
}

int plan_console(struct planning *p, struct error *error)
{
	const struct spec_process *spec = p->spec->process;

	try(check_receiver(p, spec && spec->terminal, error));
	if (!spec || !spec->terminal)
		return 0;
	take_terminal(&p->plan->process, spec);
	/* The first process's; and without a mount namespace nothing can be bound. */
	p->plan->process.console_device = p->plan->kind == PLAN_CREATE && p->plan->root.bound;
	return 0;
}

void show_console(const struct plan *plan, struct text *out)
{
	const struct plan_process *process = &plan->process;

	if (process->rows)
		text_printf(out, "  size     %u rows, %u columns\n", process->rows, process->columns);
	if (process->console_device)
		text_add(out, "  bind     /dev/console\n");
	text_printf(out, "  owner    uid %u\n", process->uid);
}
