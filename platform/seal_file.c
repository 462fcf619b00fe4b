/*
 * The key file. It is made under another name, synced and linked into place, so that nobody ever
 * reads half of it and nobody's keys are replaced.
 */
#include "platform/seal_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX 65536
#define TITLE    "warmline-keys 1"

/* --- write ------------------------------------------------------------------------------------ */

static size_t text_of(const struct keys *keys, char *text, size_t size)
{
	char blind[KEY_BYTES * 2 + 1], ring[KEY_BYTES * 2 + 1];
	int n;

	sodium_bin2hex(blind, sizeof(blind), keys->blind, sizeof(keys->blind));
	sodium_bin2hex(ring, sizeof(ring), keys->ring[0].key, KEY_BYTES);
	n = snprintf(text, size, TITLE "\ninstallation %s\nblind %s\nring %u %s\n",
		keys->installation, blind, keys->ring[0].id, ring);
	sodium_memzero(blind, sizeof(blind));
	sodium_memzero(ring, sizeof(ring));
	return (size_t)n;
}

static bool write_new(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok;
	int error;

	if (fd < 0)
		return false;
	ok = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
	error = ok ? 0 : errno ? errno : ENOSPC;
	if (close(fd) && ok)
		return false;
	errno = error;
	return ok;
}

static bool folder_sync(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return ok;
}

static bool place(
	const char *made, const char *path, const char *text, size_t len, struct fail *fail)
{
	errno = 0;
	if (!write_new(made, text, len))
		return fail_set(fail,
			"cannot write the key file %s: %s; check the folder's "
			"permissions and free space",
			made, strerror(errno));
	if (link(made, path))
		return fail_set(fail,
			errno == EEXIST
				? "the key file %s exists already; keys are never replaced (%s)"
				: "cannot make the key file %s: %s",
			path, strerror(errno));
	if (!folder_sync(path))
		return fail_set(fail, "cannot sync the folder of the key file %s: %s", path,
			strerror(errno));
	return true;
}

bool keys_create(const char *path, struct fail *fail)
{
	struct keys *keys = keys_random();
	char text[512], *made = xasprintf("%s.%d.new", path, (int)getpid());
	size_t len = text_of(keys, text, sizeof(text));
	bool ok;

	unlink(made); /* left by a process of the same number that died here */
	ok = place(made, path, text, len, fail);
	unlink(made);
	sodium_memzero(text, sizeof(text));
	keys_free(&keys);
	free(made);
	return ok;
}

/* --- read ------------------------------------------------------------------------------------- */

static bool hex_read(const char *hex, unsigned char *bin, size_t n)
{
	size_t len = 0;
	const char *end = NULL;

	return strlen(hex) == 2 * n && !sodium_hex2bin(bin, n, hex, 2 * n, NULL, &len, &end) &&
	       len == n && *end == '\0';
}

static bool installation_read(struct keys *keys, const char *hex)
{
	unsigned char id[INSTALLATION_BYTES];

	return hex_read(hex, id, sizeof(id)) &&
	       sodium_bin2hex(keys->installation, sizeof(keys->installation), id, sizeof(id));
}

/* "<id> <hex>" */
static bool ring_read(struct keys *keys, const char *words)
{
	struct ring_key *key = &keys->ring[keys->nring];
	char *end;
	unsigned long id = strtoul(words, &end, 10);

	if (keys->nring == RING_MAX || id < 1 || id > 65535 || *words < '0' || *words > '9' ||
		*end != ' ')
		return false;
	for (size_t i = 0; i < keys->nring; i++)
		if (keys->ring[i].id == id)
			return false;
	key->id = (unsigned)id;
	if (!hex_read(end + 1, key->key, KEY_BYTES))
		return false;
	keys->nring++;
	return true;
}

static bool line_read(
	struct keys *keys, const char *line, const char *path, int number, struct fail *fail)
{
	bool known = true, ok = false;

	if (number == 1) {
		if (strcmp(line, TITLE) == 0)
			return true;
		return fail_set(fail,
			"%s: this is no key file of a version known here (line 1 "
			"must be \"" TITLE "\"); give the right file, or install the "
			"warmline that wrote it",
			path);
	}
	if (!*line || *line == '#')
		return true;
	if (strncmp(line, "installation ", 13) == 0)
		ok = installation_read(keys, line + 13);
	else if (strncmp(line, "blind ", 6) == 0)
		ok = hex_read(line + 6, keys->blind, KEY_BYTES);
	else if (strncmp(line, "ring ", 5) == 0)
		ok = ring_read(keys, line + 5);
	else
		known = false;
	if (ok)
		return true;
	return fail_set(fail,
		known ? "%s:%d: the key is short, damaged or repeated; restore the "
			"file from its backup"
		      : "%s:%d: unknown line; restore the file from its backup, or "
			"install the warmline that wrote it",
		path, number);
}

static bool text_read(struct keys *keys, char *text, const char *path, struct fail *fail)
{
	int number = 0;
	char *line = text;

	while (*line) {
		char *end = strchr(line, '\n');

		if (!end)
			return fail_set(fail,
				"%s: the last line is cut off; restore the file from "
				"its backup",
				path);
		*end = '\0';
		if (!line_read(keys, line, path, ++number, fail))
			return false;
		line = end + 1;
	}
	if (!number || !keys->installation[0] || sodium_is_zero(keys->blind, KEY_BYTES) ||
		!keys->nring)
		return fail_set(fail,
			"%s: incomplete, expected installation, blind and ring lines; "
			"restore the file from its backup",
			path);
	return true;
}

static bool file_allowed(int fd, const char *path, struct fail *fail)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail_set(fail, "cannot look at the key file %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail_set(fail, "the key file %s is not a plain file", path);
	if (st.st_uid != geteuid())
		return fail_set(fail,
			"the key file %s belongs to user %u, but warmline runs as user "
			"%u; run: chown %u %s",
			path, (unsigned)st.st_uid, (unsigned)geteuid(), (unsigned)geteuid(), path);
	if ((st.st_mode & 07777) != 0600 && (st.st_mode & 07777) != 0400)
		return fail_set(fail,
			"the key file %s has mode %04o, so others may read or change "
			"it; run: chmod 600 %s",
			path, (unsigned)(st.st_mode & 07777), path);
	if (st.st_size >= FILE_MAX)
		return fail_set(fail, "the key file %s is too long; is it the right file?", path);
	return true;
}

static bool file_read(int fd, char *text, const char *path, struct fail *fail)
{
	size_t len = 0;
	ssize_t n;

	if (!file_allowed(fd, path, fail))
		return false;
	while ((n = read(fd, text + len, FILE_MAX - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return fail_set(fail, "cannot read the key file %s: %s", path, strerror(errno));
	text[len] = '\0';
	if (strlen(text) != len)
		return fail_set(fail, "%s: not a text file; restore it from its backup", path);
	return true;
}

struct keys *keys_load(const char *path, struct fail *fail)
{
	struct keys *keys = keys_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = xcalloc(1, FILE_MAX);
	bool ok;

	if (fd < 0)
		ok = fail_set(fail,
			"cannot open the key file %s: %s; without it nothing that was "
			"stored can be read: restore it from its backup",
			path, strerror(errno));
	else
		ok = file_read(fd, text, path, fail) && text_read(keys, text, path, fail);
	if (fd >= 0)
		close(fd);
	sodium_memzero(text, FILE_MAX);
	free(text);
	if (!ok)
		keys_free(&keys);
	return keys;
}
