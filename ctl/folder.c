#include "ctl/folder.h"

#include "platform/pidfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool cannot(struct fail *fail, const char *path)
{
	return fail_set(fail,
		"The state folder %s cannot be used: %s. Give this user the right to write "
		"there, or set WARMLINE_STATE to another folder.",
		path, strerror(errno));
}

/* mkdir -p */
static bool make_path(const char *path, struct fail *fail)
{
	char part[PATH_SIZE];

	for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		text_set(part, sizeof(part), "%.*s", slash ? (int)(slash - path) : PATH_SIZE, path);
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return cannot(fail, path);
		if (!slash)
			return true;
	}
}

static bool enough_room(const char *path, struct fail *fail)
{
	struct statvfs disk;
	unsigned long long mib;

	if (statvfs(path, &disk) < 0)
		return cannot(fail, path);
	mib = (unsigned long long)disk.f_bavail * disk.f_frsize >> 20;
	if (mib >= FOLDER_FREE_MIB)
		return true;
	return fail_set(fail,
		"The disk of the state folder %s is full: %llu MiB are free and at least %d are "
		"needed. Free some space, or set WARMLINE_STATE to a folder on another disk.",
		path, mib, FOLDER_FREE_MIB);
}

bool folder_make(const struct site *site, struct fail *fail)
{
	static const char *const inside[] = {"log", "redis", "journal"};
	char path[PATH_SIZE];

	if (!make_path(site->state, fail))
		return false;
	if (!enough_room(site->state, fail))
		return false;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		site_path(site, inside[i], path);
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return cannot(fail, site->state);
		if (access(path, W_OK | X_OK) < 0)
			return cannot(fail, path);
	}
	return access(site->state, W_OK | X_OK) == 0 || cannot(fail, site->state);
}

static bool already_running(const struct site *site, struct fail *fail)
{
	char path[PATH_SIZE];
	pid_t pid;

	site_path(site, "up.pid", path);
	pid = pidfile_read(path);
	if (!pid)
		return fail_set(fail,
			"warmline is already running with the state folder %s. Stop it first, or "
			"set WARMLINE_STATE to another folder.",
			site->state);
	return fail_set(fail,
		"warmline is already running with the state folder %s (process %d). Stop it with "
		"Ctrl-C in its terminal or with: kill %d. Or set WARMLINE_STATE to another folder.",
		site->state, (int)pid, (int)pid);
}

int folder_lock(const struct site *site, struct fail *fail)
{
	char path[PATH_SIZE];
	int fd;

	site_path(site, "up.lock", path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		cannot(fail, site->state);
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	already_running(site, fail);
	close(fd);
	return -1;
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return name[0] != '.' && n >= m && strcmp(name + n - m, suffix) == 0;
}

bool folder_holds(const struct site *site, const char *folder, const char *suffix)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	site_path(site, folder, path);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
		found = ends_in(entry->d_name, suffix);
	if (dir)
		closedir(dir);
	return found;
}

/* Each worker of the gateway has a folder of its own in it. */
bool folder_has_journal(const struct site *site)
{
	char path[PATH_SIZE], below[PATH_SIZE + 16];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	site_path(site, "journal", path);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		text_set(below, sizeof(below), "journal/%.200s", entry->d_name);
		found = entry->d_name[0] != '.' && folder_holds(site, below, ".wj");
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool has_data(const struct site *site)
{
	return folder_holds(site, "redis", ".rdb") ||
	       folder_holds(site, "redis/appendonlydir", "") || folder_has_journal(site);
}

struct keys *folder_keys(const struct site *site, bool *made, struct fail *fail)
{
	char path[PATH_SIZE];

	*made = false;
	site_path(site, "keys", path);
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		if (has_data(site)) {
			fail_set(fail,
				"The keys file %s is missing, but %s holds data that only those "
				"keys can open. Put the file back from your backup. (To begin with "
				"nothing, move the whole state folder away.)",
				path, site->state);
			return NULL;
		}
		*made = keys_create(path, fail);
		if (!*made && access(path, F_OK) < 0) /* else another init was quicker */
			return NULL;
	}
	return keys_load(path, fail);
}

void folder_keys_undo(const struct site *site)
{
	char path[PATH_SIZE];

	site_path(site, "keys", path);
	unlink(path);
}
