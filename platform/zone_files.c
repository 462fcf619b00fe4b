#include "platform/zone_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TZIF_MAX        ((size_t)64 * 1024)
#define ZONE_FILES_NAME 128
#define DEPTH_MAX       3 /* America/Argentina/Ushuaia */

struct load {
	struct zones *zones;
	uint8_t *bytes;
	size_t n;
};

static void load_folder(struct load *load, int folder, const char *prefix, int depth);

/* Other files live there too (tables, leap seconds): what does not begin like a zone is none. */
static void load_zone(struct load *load, int fd, const char *name)
{
	ssize_t len = read(fd, load->bytes, TZIF_MAX);
	struct zone *zone;

	if (len < 4 || len == (ssize_t)TZIF_MAX || memcmp(load->bytes, "TZif", 4) != 0)
		return;
	zone = zone_parse(name, load->bytes, (size_t)len, NULL);
	if (zone) {
		zones_add_take(load->zones, zone);
		load->n++;
	}
}

/* "right" counts leap seconds, "posix" repeats everything, the others are no names of places. */
static bool skipped(const char *name)
{
	static const char *const names[] = {"right", "posix", "localtime", "posixrules", "Factory"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return name[0] == '.';
}

static void load_entry(
	struct load *load, int folder, const char *prefix, const char *entry, int depth)
{
	char name[ZONE_FILES_NAME];
	struct stat st;
	int fd;

	if (!text_set(name, sizeof(name), "%s%s", prefix, entry))
		return;
	fd = openat(folder, entry, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && depth > 0) {
		char below[ZONE_FILES_NAME];

		if (text_set(below, sizeof(below), "%s/", name))
			load_folder(load, fd, below, depth - 1);
	} else if (S_ISREG(st.st_mode)) {
		load_zone(load, fd, name);
	}
	close(fd);
}

static void load_folder(struct load *load, int folder, const char *prefix, int depth)
{
	int copy = dup(folder);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(dir)))
		if (!skipped(entry->d_name))
			load_entry(load, folder, prefix, entry->d_name, depth);
	closedir(dir);
}

struct zones *zone_files_load(const char *folder, struct fail *fail)
{
	struct load load = {.zones = zones_new(), .bytes = xcalloc(1, TZIF_MAX)};
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		fail_set(fail, "%s cannot be opened (%s); install the package tzdata", folder,
			strerror(errno));
		zones_free(&load.zones);
	} else {
		load_folder(&load, fd, "", DEPTH_MAX);
		close(fd);
		if (load.n == 0) {
			fail_set(fail, "%s holds no time zone; install the package tzdata", folder);
			zones_free(&load.zones);
		}
	}
	free(load.bytes);
	return load.zones;
}
