/* Kills the runtime, or lets it fail, at every system call of its commands, and looks for what is left or has gone wrong.
 *
 *   sweep [-S] [-r] [-s STRIDE] [-n CALL] [-o NAME] [-a kill|fault|term|short] [-c COMMAND] RUNTIME WORK TOKEN CONFIG...
 *
 * For each worker N there is WORK/N/CONFIG/config.json, whose containers' cgroup is /TOKEN-N. Every worker is the first process of a pid
 * namespace, with a mount and a network namespace of its own: whatever a container leaves there is seen, and nothing else is. -S: systemd
 * makes the cgroups, sweep-TOKEN-0.scope; there is one worker, and no pid or network namespace.
 * -r: no points, but which rows each configuration plays.
 * STRIDE: only every so-manieth point. CALL: that one alone. NAME: only calls of this name. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "box.h"

#define WORKERS 2

struct row {
	const char *config;
	const struct command *command;
	enum act act;
	enum side side;
	struct figures figures[WORKERS]; /* shared with the workers */
};

static struct row *rows;
static int row_count, workers = WORKERS;
static struct {
	struct selection select;
	const char *act, *command, *runtime, *work, *token;
	bool systemd, rows;
	char **configs;
} options = { .select.stride = 1 };

static const char *const acts[] = { [KILL] = "kill", [FAULT] = "fault", [TERM] = "term", [SHORT] = "short" };
/* The security case that each is of. */
static const char *const cases[] = { [KILL] = "C89", [FAULT] = "C91", [TERM] = "C87", [SHORT] = "C96" };
static const char *const sides[] = { "host", "init" };

/* Which commands have an init that is ours for a while, or another process: who talks to systemd. */
static bool has_init(const struct command *command)
{
	if (options.systemd && (strcmp(command->name, "delete") == 0 || strcmp(command->name, "update") == 0))
		return true;
	return command->makes || command->before == CREATED || strncmp(command->name, "exec", strlen("exec")) == 0;
}

static void make_rows(void)
{
	size_t most = 0;

	while (options.configs[most])
		most++;
	most *= (size_t)(SHORT + 1) * (size_t)command_count * SIDES;
	rows = mmap(NULL, most * sizeof(*rows), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rows == MAP_FAILED)
		give_up("no memory");
	for (char **config = options.configs; *config; config++)
		for (int act = KILL; act <= SHORT; act++)
			for (int i = 0; i < command_count; i++)
				for (int side = HOST; side < SIDES; side++) {
					if (side == INIT && !has_init(&commands[i]))
						continue;
					/* Others have nothing to undo; init is killed by nobody but its creator. */
					if (act == TERM && (side == INIT || !commands[i].makes))
						continue;
					if (options.act && strcmp(options.act, acts[act]) != 0)
						continue;
					if (options.command && strcmp(options.command, commands[i].name) != 0)
						continue;
					rows[row_count++] = (struct row){
						.config = *config, .command = &commands[i], .act = (enum act)act, .side = (enum side)side
					};
				}
}

/* ---- a worker ---- */

static bool is_swept(const char *config)
{
	for (char **at = options.configs; *at && !options.rows; at++)
		if (strcmp(*at, config) == 0)
			return true;
	return false;
}

static int work(int worker)
{
	static char place[256], id[64];
	const char *config = "";
	int missed = 0;

	snprintf(place, sizeof(place), "%s/%d", options.work, worker);
	snprintf(id, sizeof(id), "%s-%d", options.token, worker);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || (!options.systemd && mount("proc", "/proc", "proc", 0, NULL) < 0))
		give_up("cannot mount: %s", strerror(errno));
	if (options.systemd)
		remains_by_systemd();
	around_user(options.work);
	box_open(&(struct box){ .runtime = options.runtime, .work = place, .id = id, .worker = worker, .workers = workers,
				.systemd = options.systemd });
	for (char **at = options.configs; *at && options.rows; at++) {
		box_enter(*at);
		rows_played();
	}
	if (worker == 0 && !options.select.call && is_swept("full")) {
		box_enter("full");
		missed = self_test();
	}
	for (int i = 0; i < row_count; i++) {
		struct row *row = &rows[i];
		if (strcmp(config, row->config) != 0)
			box_enter(config = row->config);
		points_sweep(config, row->command, row->act, row->side, &options.select, &row->figures[worker]);
	}
	return missed;
}

/* As the first process of its own namespaces, which end with it. */
static pid_t begin_worker(int worker)
{
	pid_t outer = fork();

	if (outer != 0)
		return outer;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNS | (options.systemd ? 0 : CLONE_NEWPID | CLONE_NEWNET)) < 0)
		give_up("cannot have namespaces: %s", strerror(errno));
	pid_t inner = fork();
	if (inner == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		_exit(work(worker));
	}
	int status = -1;
	waitpid(inner, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

/* ---- the table ---- */

static const char *case_of(const struct row *row)
{
	const bool allocations = options.select.name && strcmp(options.select.name, "allocation") == 0;

	return allocations ? "C95" : cases[row->act];
}

static struct figures sum(const struct row *row)
{
	struct figures sum = { .calls = row->figures[0].calls };

	for (int i = 0; i < WORKERS; i++) {
		const struct figures *one = &row->figures[i];
		sum.points += one->points;
		sum.survived += one->survived;
		sum.leftovers += one->leftovers;
		sum.hangs += one->hangs;
		sum.errors += one->errors;
		sum.wrong += one->wrong;
	}
	return sum;
}

static int bad(const struct figures *f) { return f->leftovers + f->hangs + f->errors + f->wrong; }

static int print_table(void)
{
	struct figures total = { 0 };

	printf("# %-6s %-8s %-8s %-5s %6s %7s %9s %10s %6s %7s %6s\n", "", "config", "command", "side", "calls", "points", "succeeded",
	       "leftovers", "hangs", "errors", "wrong");
	for (int i = 0; i <= row_count; i++) {
		struct figures f = i < row_count ? sum(&rows[i]) : total;
		const struct row *row = &rows[i];
		total.points += f.points, total.survived += f.survived, total.leftovers += f.leftovers, total.hangs += f.hangs;
		total.errors += f.errors, total.wrong += f.wrong;
		if (i < row_count)
			printf("# %-6s %-8s %-8s %-5s %6d", acts[row->act], row->config, row->command->name, sides[row->side], f.calls);
		else
			printf("# %-37s", "all");
		printf(" %7d %9d %10d %6d %7d %6d\n", f.points, f.survived, f.leftovers, f.hangs, f.errors, f.wrong);
	}
	return total.points;
}

static int print_results(time_t begin)
{
	const int points = print_table(), seconds = (int)(time(NULL) - begin);
	int failed = 0;

	printf("# %d seconds, %d points a second\n", seconds, points / (seconds ? seconds : 1));
	for (int i = 0; i < row_count; i++) {
		struct figures f = sum(&rows[i]);
		if ((options.select.name || options.select.error) && f.points == 0) /* no such call there */
			continue;
		/* Not every call has an error, and few may be short: of init's there may be none. */
		const int sparse = rows[i].act == FAULT ? 4 : rows[i].act == SHORT ? 30 : 1;
		const int enough = options.select.stride * workers * sparse;
		const bool chosen = options.select.call || options.select.name || options.select.error;
		bool few = chosen || f.calls < enough || (rows[i].act == SHORT && rows[i].side == INIT);
		bool fine = bad(&f) == 0 && (f.points > 0 || few);
		failed += !fine;
		printf("%s - sweep: %s: %s at %s's calls of %s, %s: %d points%s\n", fine ? "ok" : "not ok", case_of(&rows[i]),
		       acts[rows[i].act], sides[rows[i].side], rows[i].command->name, rows[i].config, f.points,
		       fine && f.points == 0 ? " # SKIP there is none" : "");
	}
	return failed;
}

static void parse(int argc, char **argv)
{
	for (int option; (option = getopt(argc, argv, "Srs:n:o:a:c:e:")) != -1;) {
		switch (option) {
		case 'S':
			options.systemd = true;
			workers = 1;
			break;
		case 'r':
			options.rows = true;
			workers = 1;
			break;
		case 's':
			options.select.stride = atoi(optarg);
			break;
		case 'n':
			options.select.call = atoi(optarg);
			break;
		case 'o':
			options.select.name = optarg;
			break;
		case 'e':
			options.select.error = optarg;
			break;
		case 'a':
			options.act = optarg;
			break;
		case 'c':
			options.command = optarg;
			break;
		default:
			give_up("usage: sweep [-S] [-r] [-s STRIDE] [-n CALL] [-o NAME] "
				"[-e ERRNO] [-a ACT] [-c COMMAND] RUNTIME WORK TOKEN CONFIG...");
		}
	}
	if (argc - optind < 4 || options.select.stride < 1)
		give_up("RUNTIME, WORK, TOKEN and CONFIG are needed");
	options.runtime = argv[optind], options.work = argv[optind + 1], options.token = argv[optind + 2];
	options.configs = argv + optind + 3;
}

int main(int argc, char **argv)
{
	pid_t worker[WORKERS];
	struct words words = { 0 };
	int failed = 0, status;
	const time_t begin = time(NULL);

	parse(argc, argv);
	if (!options.rows)
		make_rows();
	for (int i = 0; i < workers; i++)
		worker[i] = begin_worker(i);
	for (int i = 0; i < workers; i++)
		if (waitpid(worker[i], &status, 0) != worker[i] || status != 0) {
			failed++;
			printf("not ok - sweep: worker %d did not come to its end well (%x)\n", i, (unsigned)status);
		}
	failed += options.rows ? 0 : print_results(begin);
	int cgroups = cgroups_called(options.token, &words);
	failed += cgroups > 0;
	printf("%s - sweep: no cgroup is left anywhere%s\n", cgroups ? "not ok" : "ok", words.text);
	return failed > 0;
}
