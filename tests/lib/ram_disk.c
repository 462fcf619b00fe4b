#include "tests/lib/ram_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/fail.h>

/* SplitMix64 (public domain algorithm by Sebastiano Vigna). */
uint64_t ram_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static struct ram_disk *self(struct disk *disk)
{
	return (struct ram_disk *)disk;
}

static struct ram_disk *enter(struct disk *disk)
{
	struct ram_disk *ram = self(disk);

	pthread_mutex_lock(&ram->lock);
	return ram;
}

static int leave(struct ram_disk *ram, int result, int error)
{
	pthread_mutex_unlock(&ram->lock);
	if (result < 0)
		errno = error;
	return result;
}

/* True: this call is one that fails. */
static bool fails(struct ram_disk *ram)
{
	ram->calls++;
	return ram->fail_from && ram->calls >= ram->fail_from && ram->calls <= ram->fail_to;
}

static int error_of(const struct ram_disk *ram)
{
	return ram->fail_errno > 0 ? ram->fail_errno : EIO;
}

void ram_disk_fail(struct ram_disk *ram, int from, int to, int error)
{
	pthread_mutex_lock(&ram->lock);
	ram->fail_from = from;
	ram->fail_to = to;
	ram->fail_errno = error;
	pthread_mutex_unlock(&ram->lock);
}

void ram_disk_fail_next(struct ram_disk *ram, int n, int error)
{
	pthread_mutex_lock(&ram->lock);
	ram->fail_from = ram->fail_to = ram->calls + n;
	ram->fail_errno = error;
	pthread_mutex_unlock(&ram->lock);
}

void ram_disk_capacity(struct ram_disk *ram, size_t bytes)
{
	pthread_mutex_lock(&ram->lock);
	ram->capacity = bytes;
	pthread_mutex_unlock(&ram->lock);
}

bool ram_disk_hit(struct ram_disk *ram)
{
	bool hit;

	pthread_mutex_lock(&ram->lock);
	hit = ram->fail_from && ram->calls >= ram->fail_from;
	pthread_mutex_unlock(&ram->lock);
	return hit;
}

static struct ram_entry *entry(struct ram_disk *ram, enum ram_kind kind, int file)
{
	static struct ram_entry nowhere;
	struct ram_entry *e = &nowhere;

	if (ram->logging) {
		if (ram->nlog == ram->log_room) {
			ram->log_room = ram->log_room ? 2 * ram->log_room : 256;
			ram->log = xrealloc(ram->log, ram->log_room * sizeof(*ram->log));
		}
		e = &ram->log[ram->nlog++];
		memset(e, 0, sizeof(*e));
		e->kind = kind;
		e->file = file;
	}
	return e;
}

void ram_disk_note(struct ram_disk *ram, uint64_t note)
{
	pthread_mutex_lock(&ram->lock);
	entry(ram, RAM_NOTE, -1)->note = note;
	pthread_mutex_unlock(&ram->lock);
}

static int find(const struct ram_disk *ram, const char *path)
{
	for (int i = 0; i < ram->nfiles; i++)
		if (ram->files[i].path && strcmp(ram->files[i].path, path) == 0)
			return i;
	return -1;
}

int ram_disk_find(struct ram_disk *ram, const char *path)
{
	int i;

	pthread_mutex_lock(&ram->lock);
	i = find(ram, path);
	pthread_mutex_unlock(&ram->lock);
	return i;
}

int ram_disk_count(struct ram_disk *ram, const char *end)
{
	int n = 0;

	pthread_mutex_lock(&ram->lock);
	for (int i = 0; i < ram->nfiles; i++) {
		const char *path = ram->files[i].path;

		n += path && strlen(path) > strlen(end) &&
		     strcmp(path + strlen(path) - strlen(end), end) == 0;
	}
	pthread_mutex_unlock(&ram->lock);
	return n;
}

/* False: the disk is full. New bytes are zero. */
static bool resize(struct ram_disk *ram, struct ram_file *file, size_t len)
{
	if (len > file->len && ram->capacity && ram->used + (len - file->len) > ram->capacity)
		return false;
	ram->used = ram->used + len - file->len;
	if (len > file->room) {
		file->data = xrealloc(file->data, len);
		file->room = len;
	}
	if (len > file->len)
		memset(file->data + file->len, 0, len - file->len);
	file->len = len;
	return true;
}

static int file_add(struct ram_disk *ram, const char *path)
{
	int i = ram->nfiles;

	if (i == RAM_FILES)
		fail_abort("ram disk: too many files");
	ram->nfiles++;
	ram->files[i] = (struct ram_file){.path = xstrdup(path)};
	return i;
}

/* --- calls ------------------------------------------------------------------------------------ */

static int ram_open(struct disk *disk, const char *path, int flags, mode_t mode)
{
	struct ram_disk *ram = enter(disk);
	int i = find(ram, path);

	(void)mode;
	if (fails(ram))
		return leave(ram, -1, error_of(ram));
	if (i >= 0)
		return leave(ram, (flags & O_EXCL) ? -1 : i, EEXIST);
	if (!(flags & O_CREAT))
		return leave(ram, -1, ENOENT);
	i = file_add(ram, path);
	if (ram->logging)
		entry(ram, RAM_NAME, i)->folder = xstrdup(path);
	return leave(ram, i, 0);
}

static ssize_t ram_read(struct disk *disk, int fd, void *data, size_t len, off_t at)
{
	struct ram_disk *ram = enter(disk);
	const struct ram_file *file = &ram->files[fd];

	if (fails(ram))
		return leave(ram, -1, error_of(ram));
	if ((size_t)at >= file->len)
		len = 0;
	else if (len > file->len - (size_t)at)
		len = file->len - (size_t)at;
	if (len)
		memcpy(data, file->data + at, len);
	return leave(ram, (int)len, 0);
}

static void log_write(struct ram_disk *ram, int fd, size_t at, size_t len)
{
	const struct ram_file *file = &ram->files[fd];
	size_t from = at / RAM_SECTOR * RAM_SECTOR;
	size_t to = (at + len + RAM_SECTOR - 1) / RAM_SECTOR * RAM_SECTOR;
	struct ram_entry *e = entry(ram, RAM_WRITE, fd);

	if (!ram->logging)
		return;
	e->at = from;
	e->len = to - from;
	e->bytes = xcalloc(1, e->len);
	memcpy(e->bytes, file->data + from, (to < file->len ? to : file->len) - from);
}

static void log_length(struct ram_disk *ram, int fd)
{
	entry(ram, RAM_LENGTH, fd)->len = ram->files[fd].len;
}

static ssize_t ram_write(struct disk *disk, int fd, const void *data, size_t len, off_t at)
{
	struct ram_disk *ram = enter(disk);
	struct ram_file *file = &ram->files[fd];
	size_t end;

	ram->again += file->failed;
	if (fails(ram)) {
		file->failed = true;
		if (ram->fail_errno >= 0)
			return leave(ram, -1, ram->fail_errno);
		len /= 2;
	}
	end = (size_t)at + len;
	if (end > file->len && !resize(ram, file, end))
		return leave(ram, -1, ENOSPC);
	if (len)
		memcpy(file->data + at, data, len);
	log_length(ram, fd);
	log_write(ram, fd, (size_t)at, len);
	return leave(ram, (int)len, 0);
}

static int ram_sync(struct disk *disk, int fd)
{
	struct ram_disk *ram = enter(disk);

	ram->again += ram->files[fd].failed;
	if (fails(ram)) {
		ram->files[fd].failed = true;
		entry(ram, RAM_LOST, fd);
		return leave(ram, -1, error_of(ram));
	}
	if (!ram->forget_sync)
		entry(ram, RAM_SYNC, fd);
	return leave(ram, 0, 0);
}

static int ram_length(struct ram_disk *ram, int fd, size_t len)
{
	if (fails(ram))
		return leave(ram, -1, error_of(ram));
	if (!resize(ram, &ram->files[fd], len))
		return leave(ram, -1, ENOSPC);
	log_length(ram, fd);
	return leave(ram, 0, 0);
}

static int ram_allocate(struct disk *disk, int fd, off_t len)
{
	struct ram_disk *ram = enter(disk);
	size_t now = ram->files[fd].len;

	return ram_length(ram, fd, now > (size_t)len ? now : (size_t)len);
}

static int ram_truncate(struct disk *disk, int fd, off_t len)
{
	return ram_length(enter(disk), fd, (size_t)len);
}

static off_t ram_size(struct disk *disk, int fd)
{
	struct ram_disk *ram = enter(disk);

	if (fails(ram))
		return leave(ram, -1, error_of(ram));
	return leave(ram, (int)ram->files[fd].len, 0);
}

static int ram_close(struct disk *disk, int fd)
{
	(void)disk;
	(void)fd;
	return 0;
}

static int ram_unlink(struct disk *disk, const char *path)
{
	struct ram_disk *ram = enter(disk);
	int i = find(ram, path);

	if (fails(ram))
		return leave(ram, -1, error_of(ram));
	if (i < 0)
		return leave(ram, -1, ENOENT);
	ram->used -= ram->files[i].len;
	free(ram->files[i].path);
	ram->files[i].path = NULL;
	entry(ram, RAM_UNLINK, i);
	return leave(ram, 0, 0);
}

static int ram_sync_folder(struct disk *disk, const char *path)
{
	struct ram_disk *ram = enter(disk);

	if (fails(ram))
		return leave(ram, -1, error_of(ram));
	if (ram->logging)
		entry(ram, RAM_SYNC_FOLDER, -1)->folder = xstrdup(path);
	return leave(ram, 0, 0);
}

static int ram_make_folder(struct disk *disk, const char *path)
{
	struct ram_disk *ram = enter(disk);

	(void)path;
	return fails(ram) ? leave(ram, -1, error_of(ram)) : leave(ram, 0, 0);
}

/* One process: the lock is always free. */
static int ram_lock(struct disk *disk, const char *path)
{
	return ram_open(disk, path, O_RDWR | O_CREAT, 0600);
}

static int ram_list(struct disk *disk, const char *folder, disk_list_cb *cb, void *arg)
{
	struct ram_disk *ram = enter(disk);
	size_t len = strlen(folder);

	if (fails(ram))
		return leave(ram, -1, error_of(ram));
	for (int i = 0; i < ram->nfiles; i++) {
		const char *path = ram->files[i].path;

		if (path && strncmp(path, folder, len) == 0 && path[len] == '/')
			cb(arg, path + len + 1);
	}
	return leave(ram, 0, 0);
}

static int ram_free_percent(struct disk *disk, const char *folder)
{
	struct ram_disk *ram = enter(disk);
	int percent = 100;

	(void)folder;
	if (ram->capacity)
		percent = (int)((ram->capacity - ram->used) * 100 / ram->capacity);
	return leave(ram, percent, 0);
}

struct ram_disk *ram_disk_new(void)
{
	static const struct disk_ops ops = {
		.open = ram_open,
		.read = ram_read,
		.write = ram_write,
		.sync = ram_sync,
		.allocate = ram_allocate,
		.truncate = ram_truncate,
		.size = ram_size,
		.close = ram_close,
		.unlink = ram_unlink,
		.sync_folder = ram_sync_folder,
		.make_folder = ram_make_folder,
		.lock = ram_lock,
		.list = ram_list,
		.free_percent = ram_free_percent,
	};
	struct ram_disk *ram = xcalloc(1, sizeof(*ram));

	ram->disk.ops = &ops;
	pthread_mutex_init(&ram->lock, NULL);
	return ram;
}

void ram_disk_free(struct ram_disk **ram)
{
	struct ram_disk *r = *ram;

	if (!r)
		return;
	for (int i = 0; i < r->nfiles; i++) {
		free(r->files[i].path);
		free(r->files[i].data);
	}
	for (size_t i = 0; i < r->nlog; i++) {
		free(r->log[i].bytes);
		free(r->log[i].folder);
	}
	free(r->log);
	pthread_mutex_destroy(&r->lock);
	free(r);
	*ram = NULL;
}
