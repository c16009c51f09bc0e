/* caisson-libs: does one call of the runtime's that needs a library of the host, and ends (libs/call.h). */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/error.h"
#include "base/file.h"
#include "base/number.h"
#include "libs/libs.h"

#define NO_CALL 127

/* At its own address, so that its pointers hold; private and read-only. */
static const struct libs_call *map_call(const char *number, const char *size)
{
	uint32_t fd;
	uint64_t length;

	if (number_u32(number, INT32_MAX, &fd) < 0 || number_u64(size, &length) < 0)
		return NULL;
	void *at = mmap((void *)LIBS_ADDRESS, length, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_NORESERVE, (int)fd, 0);
	close((int)fd);
	return at == (void *)LIBS_ADDRESS ? at : NULL;
}

/* What the caller passes on to a container is open in us, too, and no library's business. */
static void close_others(unsigned a, unsigned b)
{
	unsigned low = a < b ? a : b, high = a < b ? b : a;

	if (low > 3)
		syscall(ABI_SYS_close_range, 3u, low - 1, 0u);
	if (low + 1 < high)
		syscall(ABI_SYS_close_range, low + 1, high - 1, 0u);
	syscall(ABI_SYS_close_range, high + 1, ~0u, 0u);
}

/* The death signal is set; but the runtime may have died before it was. */
static bool is_asked(int answer)
{
	struct pollfd reader = { .fd = answer };

	return poll(&reader, 1, 0) == 0;
}

/* Usage: caisson-libs MEMORY SIZE ANSWER, descriptors and a length. */
int main(int argc, char **argv)
{
	static struct libs_answer answer;
	uint32_t to;

	const struct libs_call *call = argc == 4 ? map_call(argv[1], argv[2]) : NULL;
	if (!call || number_u32(argv[3], INT32_MAX, &to) < 0)
		return NO_CALL;
	close_others(to, call->socket < 0 ? to : (unsigned)call->socket);
	if (!is_asked((int)to))
		return NO_CALL;
	if (call->what == LIBS_FIND_V1)
		answer.result = libs_find_v1(call->name, &answer);
	else
		answer.result = libs_unit(call, &answer);
	return write_all((int)to, &answer, sizeof(answer)) < 0;
}
