/* Where commands of the runtime are called, what they need before, and what must hold after each point. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "box.h"

#define MOST_WORDS 24

struct box box;
static int streams[3], console = -1, agent = -1;
static struct { bool terminal, device, device_returns, joins_pid, filter_early, poststop; } has; /* the configuration */
static char root[256], pid_file[256], console_path[256], trace_path[256], agent_path[256], bundle[256], ending[300];
static char hooked[300]; /* made by the poststop hook */
bool excused;
static bool owed, ran;           /* ... of a container that was there before the point, and whether it has */
static struct words look, reference[REFERENCES];
static int nothing = -1, terminal = -1; /* what may stand on 0 */

/* ---- running the runtime ---- */

static const struct { const char *word, *text; } places[] = {
	{ "%b", bundle }, { "%p", pid_file }, { "%e", ending }, { "%s", console_path },
};

bool has_terminal(void) { return has.terminal; }
bool has_cgroup(void) { return caller == 0; }

/* The words of a template, parted by blanks (box.h). */
static void command_line(const char *template, char **argv)
{
	static char words[MOST_WORDS][300];
	int count = 0;
	char copy[512], *at;

	snprintf(copy, sizeof(copy), "%s", template);
	argv[count++] = (char *)box.runtime;
	argv[count++] = "--root";
	argv[count++] = root;
	if (box.systemd)
		argv[count++] = "--systemd-cgroup";
	for (char *word = strtok_r(copy, " ", &at); word; word = strtok_r(NULL, " ", &at)) {
		const char *from = word;
		for (size_t i = 0; i < array_length(places); i++)
			if (strcmp(word, places[i].word) == 0)
				from = places[i].text;
		if (strcmp(word, "%i") == 0)
			from = box.id;
		if (strcmp(word, "%t") == 0) {
			if (!has.terminal)
				continue;
			argv[count++] = "--console-socket";
			from = console_path;
		}
		if (strcmp(word, "%T") == 0) {
			if (!has.terminal)
				continue;
			from = "--tty";
		}
		if (strcmp(word, "%r") == 0) {
			argv[count++] = "--trace";
			from = trace_path;
		}
		snprintf(words[count], sizeof(words[count]), "%s", from);
		argv[count] = words[count];
		count++;
	}
	argv[count] = NULL;
}

static void clear_streams(void)
{
	for (int i = 1; i < 3; i++)
		if (ftruncate(streams[i], 0) < 0)
			give_up("cannot empty a stream");
}

const char *said_by(int stream)
{
	static char text[16384];
	ssize_t length = pread(streams[stream], text, sizeof(text) - 1, 0);

	text[length < 0 ? 0 : length] = '\0';
	return text;
}

int call(const char *template)
{
	char *argv[MOST_WORDS + 1];

	command_line(template, argv);
	clear_streams();
	return plain_run(argv, streams);
}

void call_disturbed(const char *template, const struct shot *shot, struct traced *result)
{
	char *argv[MOST_WORDS + 1];

	command_line(template, argv);
	clear_streams();
	if (strstr(template, "%p"))
		unlink(pid_file);
	trace_run(argv, streams, shot, result);
}

/* ---- the terminal's other end, and the seccomp agent's ---- */

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	unlink(path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 64) < 0 || chmod(path, 0666) < 0)
		give_up("cannot listen at '%s': %s", path, strerror(errno));
	return fd;
}

/* What was sent there is closed: from then on the terminal hangs up, and what a filter asks its agent for fails. */
static void drain(int fd)
{
	int connection;

	while (fd >= 0 && (connection = accept(fd, NULL, NULL)) >= 0)
		close(connection);
}

/* ---- the container ---- */

static pid_t pid_in_file(void)
{
	char text[32];

	return slurp(AT_FDCWD, pid_file, text, sizeof(text)) > 0 ? atoi(text) : 0;
}

static void end_point(void)
{
	drain(console);
	drain(agent);
	unlink(pid_file);
}

static bool hook_ran(void)
{
	ran = unlink(hooked) == 0 || ran;
	return ran;
}

/* A hook that cannot be run keeps nobody from deleting; then it is said. */
static bool owes_nothing(bool told, struct words *words)
{
	const bool right = hook_ran() || !owed || told;

	if (!right)
		say(words, " its poststop hook has not run");
	return right;
}

/* Takes the container away as its owner would. False if that failed: `words` says how. */
static bool taken_away(struct words *words)
{
	const bool told = strstr(said_by(2), "hook") != NULL;
	int status = call("delete --force %i");

	if (status != 0)
		say(words, " delete --force: status %x, %.300s", (unsigned)status, said_by(2));
	return owes_nothing(told, words) && status == 0;
}

bool nothing_left(struct words *words)
{
	end_point();
	hook_ran();
	const bool lost = has.device_returns && !around_device_there();
	if (lost)
		say(words, " the network device is not back");
	return !remains_of(box.id, words) && !lost;
}

#define RUN_DETACHED "run --detach --bundle %b --pid-file %p %t %i"

static const char *const preparations[][2] = {
	[NOTHING] = { NULL },
	[CREATED] = { "create --bundle %b --pid-file %p %t %i" },
	[RUNNING] = { RUN_DETACHED },
	[PAUSED] = { RUN_DETACHED, "pause %i" },
	[ENDED] = { RUN_DETACHED, "kill %i KILL" },
};

/* What `state` says now, or soon. */
bool comes_to_be(const char *status, struct words *words)
{
	for (int i = 0; i < TRIES; i++) {
		if (call("state %i") == 0 && strstr(said_by(1), status))
			return true;
		usleep(NAP);
	}
	say(words, " it is not %s: %.200s", status, said_by(1));
	return false;
}

bool prepared(enum before before, struct words *words)
{
	if (has.device)
		around_device();
	unlink(hooked);
	ran = false;
	owed = has.poststop && before != NOTHING;
	for (size_t i = 0; i < array_length(preparations[before]) && preparations[before][i]; i++) {
		int status = call(preparations[before][i]);
		if (status == 0)
			continue;
		say(words, " cannot %s: status %x, %.300s", preparations[before][i], (unsigned)status, said_by(2));
		return false;
	}
	return before != ENDED || comes_to_be("\"stopped\"", words);
}

pid_t waiting_init(const struct command *command)
{
	const pid_t pid = command->before == CREATED ? pid_in_file() : 0;

	return pid > 1 ? pid : 0;
}

bool looks_right(enum reference which, struct words *words)
{
	pid_t pid = pid_in_file();

	if (pid < 2 || !look_at(pid, box.id, &look)) {
		say(words, " success, but there is no process");
		return false;
	}
	if (strcmp(look.text, reference[which].text) == 0)
		return true;
	look_difference(&reference[which], &look, words);
	return false;
}

/* In a pid namespace of others a process has another number each time. */
static void hear(struct words *to)
{
	const char *said = said_by(1);

	to->length = 0;
	to->cut = false;
	for (const char *line = said; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const size_t name = strcspn(line, " \n");
		const bool number = (name == 3 && (!strncmp(line, "pid", 3) || !strncmp(line, "sid", 3))) ||
				    (name == 4 && (!strncmp(line, "pgid", 4) || !strncmp(line, "ppid", 4)));
		if (!has.joins_pid || !number)
			say(to, "%.*s\n", (int)strcspn(line, "\n"), line);
	}
	look_sort_mounts(to, 1);
}

/* Where the filter is loaded before a process is born again inside, a setsid that is refused is taken for the filter's doing, which one may
 * ask for: it stays in the session, and group, that the process before it has made, and that are nobody else's (src/init/namespaces.c). */
static bool in_session_before;

/* What stands in a line of the reference, in place of the 0 that was heard. */
static void forgive(const char *name, const struct words *expected)
{
	char line[16];

	snprintf(line, sizeof(line), "\n%s ", name);
	char *found = strstr(look.text, line);
	const char *wanted = strstr(expected->text, line);
	if (!found || !wanted || strncmp(found + strlen(line), "0\n", 2) != 0)
		return;
	const size_t length = strcspn(wanted + 1, "\n"), heard = strlen(line);
	if (length >= sizeof(look.text) - look.length)
		return;
	memmove(found + 1 + length, found + 1 + heard, strlen(found + 1 + heard) + 1);
	memcpy(found + 1, wanted + 1, length);
}

bool said_right(enum reference which, struct words *words)
{
	hear(&look);
	for (int i = 0; in_session_before && i < 2; i++)
		forgive(i == 0 ? "sid" : "pgid", &reference[which]);
	if (strcmp(look.text, reference[which].text) == 0)
		return true;
	say(words, " success, but it said something else:");
	look_difference(&reference[which], &look, words);
	return false;
}

/* ---- a point ---- */

/* Commands that must answer whatever lies about. */
static bool answered(struct words *words)
{
	bool well = true;

	for (int i = 0; i < 3; i++) {
		static const char *const lines[] = { "list", "list --format json", "state %i" };
		int status = call(lines[i]);
		if (status != 0 && (i < 2 || !WIFEXITED(status) || !*said_by(2))) {
			say(words, " %s: status %x, %.300s", lines[i], (unsigned)status, said_by(2));
			well = false;
		}
	}
	return well;
}

static const char *const on_debris[] = {
	"start %i", "exec %i /bin/probe ids", "kill %i KILL", "kill --all %i TERM", "ps %i", "pause %i", "resume %i",
	"update --pids-limit 77 %i", "events --stats %i", "delete %i", "create --bundle %b --pid-file %p %t %i",
};

static const char *debris_line(int turn)
{
	return on_debris[(size_t)turn % array_length(on_debris)];
}

bool debris_is_made_anew(int turn)
{
	return strncmp(debris_line(turn), "create", strlen("create")) == 0;
}

/* What anybody may call then: it does what it can, or has words for what it cannot. Who may be killed in it is: exec tells its code. */
static void tried_on_debris(int turn, struct figures *figures, struct words *words)
{
	const char *line = debris_line(turn);
	const int status = call(line);

	if (debris_is_made_anew(turn) && status == 0 && !owes_nothing(false, words))
		figures->errors++;
	if (status == 0 || (WIFEXITED(status) && (*said_by(2) || WEXITSTATUS(status) == 128 + SIGKILL)))
		return;
	figures->hangs += status == -1;
	figures->errors += status != -1;
	say(words, " on what was left, %s: %s, status %x, %.300s", line, status == -1 ? "hung" : "no words", (unsigned)status, said_by(2));
}

void after_kill(const struct traced *run, int turn, struct figures *figures, struct words *words)
{
	figures->hangs += run->hung;
	if (run->hung)
		say(words, " hung");
	figures->errors += !answered(words);
	tried_on_debris(turn, figures, words);
	figures->errors += !taken_away(words);
}

/* A failure has words, one line of them at its end; no signal, no hang; what was there before is as it was, and a container that could
 * not be made is not there. */
static void failed(const struct command *command, const struct traced *run, struct figures *figures, struct words *words)
{
	const char *text = said_by(2);

	if (run->hung || !WIFEXITED(run->status)) {
		figures->hangs += run->hung;
		figures->errors += !run->hung;
		say(words, run->hung ? " hung" : " died by signal %d", WTERMSIG(run->status));
	} else if (!*text || strstr(text, "Success") || strstr(text, "No error")) {
		figures->errors++;
		say(words, " failed without words: %x %.300s", (unsigned)run->status, text);
	} else if (command->intact && !command->intact(words)) {
		figures->leftovers++;
		say(words, " (after a failure)");
	}
	/* Before anybody deletes it. An arena that is full is the one end without undoing (base/arena.h): as after a kill. */
	if (command->makes && !strstr(text, "more than its arena holds") && !nothing_left(words)) {
		figures->leftovers++;
		say(words, " (after its own undoing: %.300s)", said_by(2));
	}
}

/* Who is told that another create has the cgroup leaves it to that one's container. There is none here: its cgroup must be empty. */
static void play_the_other(const struct traced *run)
{
	if (run->hit && run->nr == SYS_flock && run->error == EAGAIN && strstr(said_by(2), "another container is being made in it"))
		remains_remove_cgroups(box.id);
}

void after_fault(const struct command *command, const struct traced *run, struct figures *figures, struct words *words)
{
	/* What nobody may see any difference after: an interruption, and names that were in motion (openat2(2)). */
	const bool transparent = run->hit && (run->error == EINTR || (run->error == EAGAIN && run->nr == SYS_openat2));
	const bool silent = !*said_by(2);

	in_session_before = has.filter_early && run->hit && run->nr == SYS_setsid;
	excused = false;
	if (!run->hung && WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0) {
		bool right = command->right(words) && (!transparent || (silent && !excused));
		if (transparent && (!silent || excused))
			say(words, " %s is not transparent: it says so", errno_name(run->error));
		figures->survived += right && run->hit;
		figures->wrong += !right;
	} else {
		play_the_other(run);
		failed(command, run, figures, words);
		if (transparent) {
			figures->errors++;
			say(words, " %s is not transparent: %.300s", errno_name(run->error), said_by(2));
		}
	}
	figures->errors += !taken_away(words);
}

/* The rest is asked for, and nobody sees a difference. */
void after_short(const struct command *command, const struct traced *run, struct figures *figures, struct words *words)
{
	if (run->status != 0) {
		figures->errors++;
		say(words, " failed, as not all came or went at once");
	}
	after_fault(command, run, figures, words);
}

/* Until it has made something the signal may end it; later it undoes what it has made. Or it is done already. */
void after_term(const struct command *command, struct traced *run, struct figures *figures, struct words *words)
{
	/* Relayed to a program that is not its namespace's first, it ends that. */
	const bool relayed = has.joins_pid && WIFEXITED(run->status) && WEXITSTATUS(run->status) == 128 + SIGTERM;
	if (!run->hung && (relayed || (WIFSIGNALED(run->status) && WTERMSIG(run->status) == SIGTERM))) {
		figures->leftovers += !nothing_left(words);
		return;
	}
	after_fault(command, run, figures, words);
}

/* ---- opening ---- */

/* A person's, for foreground commands of configurations with a terminal; its other end is open as long as we are. */
static int open_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		give_up("cannot have a terminal: %s", strerror(errno));
	int peer = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0)
		give_up("cannot open a terminal: %s", strerror(errno));
	return peer;
}

static int open_stream(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", box.work, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		give_up("cannot write '%s': %s", path, strerror(errno));
	return fd;
}

void box_open(const struct box *from)
{
	box = *from;
	snprintf(root, sizeof(root), "%s/state", box.work);
	snprintf(pid_file, sizeof(pid_file), "%s/pid/pid", box.work);
	snprintf(hooked, sizeof(hooked), "%s/pid/hooked", box.work);
	snprintf(console_path, sizeof(console_path), "%s/console", box.work);
	snprintf(trace_path, sizeof(trace_path), "%s/trace", box.work);
	snprintf(agent_path, sizeof(agent_path), "%s/agent", box.work);
	if (!box.systemd)
		remains_but(around_namespaces(box.work));
	nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	terminal = open_terminal();
	streams[1] = open_stream("out");
	streams[2] = open_stream("err");
}

static const struct { const char *line; enum before before; bool says; } undisturbed[REFERENCES] = {
	[OF_INIT] = { RUN_DETACHED, NOTHING, false },
	[OF_EXEC] = { EXEC_DETACHED, RUNNING, false },
	[OF_EXEC_TTY] = { EXEC_TTY, RUNNING, false },
	[OF_EXEC_WORDS] = { EXEC_FOREGROUND, RUNNING, true },
	[OF_EXEC_TTY_WORDS] = { EXEC_TTY_FOREGROUND, RUNNING, true },
	[OF_RUN_WORDS] = { RUN_FOREGROUND, NOTHING, true },
};

static void take_reference(enum reference which, bool again)
{
	struct words words = { 0 };

	if (!prepared(undisturbed[which].before, &words))
		give_up("the undisturbed container:%.400s", words.text);
	int status = call(undisturbed[which].line);
	if (status != 0)
		give_up("the undisturbed '%s': status %x, %.400s", undisturbed[which].line, (unsigned)status, said_by(2));
	if (again && !(undisturbed[which].says ? said_right : looks_right)(which, &words))
		give_up("two that are undisturbed differ:%.400s", words.text);
	if (!undisturbed[which].says && !look_at(pid_in_file(), box.id, &reference[which]))
		give_up("no look at the undisturbed container");
	if (undisturbed[which].says)
		hear(&reference[which]);
	if (!taken_away(&words))
		give_up("the undisturbed container:%.400s", words.text);
	end_point();
}

/* Each is taken twice: what differs by itself would make every later comparison worthless. */
static void take_references(void)
{
	for (int i = 0; i < 2; i++)
		for (int which = 0; which < REFERENCES; which++)
			take_reference((enum reference)which, i > 0);
}

/* An empty file beside config.json says that it needs something. */
static bool is_marked(const char *mark)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", bundle, mark);
	return access(path, F_OK) == 0;
}

/* A bundle's owner calls the commands for it: what they write to is his. */
static void give_to_owner(void)
{
	static const char *const his[] = { "", "/state", "/pid" };
	struct stat of_bundle;
	char path[300];

	if (stat(bundle, &of_bundle) < 0)
		give_up("there is no bundle '%s'", bundle);
	caller = of_bundle.st_uid;
	for (size_t i = 0; i < array_length(his); i++) {
		snprintf(path, sizeof(path), "%s%s", box.work, his[i]);
		if (chown(path, caller, caller) < 0)
			give_up("cannot give away '%s'", path);
	}
}

void box_enter(const char *config)
{
	snprintf(bundle, sizeof(bundle), "%s/%s", box.work, config);
	give_to_owner();
	has.terminal = is_marked("terminal");
	has.device = is_marked("device");
	has.device_returns = is_marked("device-returns");
	has.joins_pid = is_marked("joins-pid");
	has.filter_early = is_marked("filter-early");
	has.poststop = is_marked("poststop");
	if (console >= 0)
		close(console);
	if (agent >= 0)
		close(agent);
	console = listen_at(console_path);
	agent = listen_at(agent_path);
	snprintf(ending, sizeof(ending), "%s/%s.ending.json", box.work, config);
	streams[0] = has.terminal ? terminal : nothing;
	take_references();
	remains_begin(box.work);
}
