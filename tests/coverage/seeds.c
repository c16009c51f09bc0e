/* In libFuzzer's place, for any compiler: a fuzz target tries each file of a corpus once, and nothing else. tests/fuzz/run calls it as it
 * calls the fuzzers, whose options mean nothing here. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int try_file(const char *directory, const char *name)
{
	static uint8_t data[1 << 20];
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, "re");
	if (!file) {
		perror(path);
		return -1;
	}
	size_t size = fread(data, 1, sizeof(data), file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	const char *corpus = argv[argc - 1];
	DIR *files = opendir(corpus);
	unsigned long tried = 0;

	if (!files) {
		perror(corpus);
		return 1;
	}
	for (struct dirent *entry; (entry = readdir(files));) {
		if (entry->d_name[0] == '.')
			continue;
		if (try_file(corpus, entry->d_name) < 0)
			return 1;
		tried++;
	}
	closedir(files);
	printf("stat::number_of_executed_units: %lu\n", tried);
	return tried == 0;
}
