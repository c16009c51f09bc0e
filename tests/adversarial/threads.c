/* threads: eight threads that sleep for ever, the first one among them. */
#include <pthread.h>
#include <unistd.h>

static void *sleep_on(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

int main(void)
{
	for (int i = 0; i < 7; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, sleep_on, NULL))
			return 1;
	}
	sleep_on(NULL);
}
