/* init's executable, which the runtime carries in itself. */
#include "run/image.h"

#include <stddef.h>
#include <stdint.h>
#include "kern/executable.h"

extern const char init_image[], init_image_end[];

int image_open(int scratch_dir, struct error *error)
{
	int fd = executable_open("caisson-init", init_image, (size_t)((uintptr_t)init_image_end - (uintptr_t)init_image), scratch_dir);

	return fd < 0 ? fail(error, -fd, "cannot make init's executable") : fd;
}
