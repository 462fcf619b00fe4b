#include "platform/spool_file.h"

#include <errno.h>
#include <fcntl.h>

bool spool_path(char path[SPOOL_PATH], const char *folder, uint64_t segment)
{
	return text_set(path, SPOOL_PATH, "%s/%08llu.wj", folder, (unsigned long long)segment);
}

/* File systems without the call write their blocks when they come; everything else is a failure. */
static bool allocate(struct disk *disk, int fd, size_t size)
{
	if (disk->ops->allocate(disk, fd, (off_t)size) == 0)
		return true;
	return errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL;
}

static bool write_whole(struct disk *disk, int fd, const void *data, size_t len, size_t at)
{
	ssize_t n = disk->ops->write(disk, fd, data, len, (off_t)at);

	if (n == (ssize_t)len)
		return true;
	if (n >= 0)
		errno = ENOSPC;
	return false;
}

static bool begin(
	struct spool_file *file, struct disk *disk, const struct keys *keys, const char *folder)
{
	uint8_t page[SPOOL_HEADER_SIZE];

	spool_header_write(keys, &file->header, page);
	return allocate(disk, file->fd, file->size) &&
	       write_whole(disk, file->fd, page, sizeof(page), 0) &&
	       disk->ops->sync(disk, file->fd) == 0 && disk->ops->sync_folder(disk, folder) == 0;
}

bool spool_file_create(struct spool_file *file, struct disk *disk, const struct keys *keys,
	const char *folder, const struct spool_header *header, size_t size)
{
	char path[SPOOL_PATH];
	int error;

	*file = (struct spool_file){
		.header = *header, .fd = -1, .end = SPOOL_HEADER_SIZE, .size = size};
	if (!spool_path(path, folder, header->segment)) {
		errno = ENAMETOOLONG;
		return false;
	}
	file->fd = disk->ops->open(disk, path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (file->fd < 0)
		return false;
	if (begin(file, disk, keys, folder))
		return true;
	error = errno;
	spool_file_leave(file, disk);
	disk->ops->unlink(disk, path); /* if this fails too, recovery finds an empty segment */
	errno = error;
	return false;
}

bool spool_file_write(struct spool_file *file, struct disk *disk, const void *data, size_t len)
{
	if (!write_whole(disk, file->fd, data, len, file->end))
		return false;
	file->end += len;
	return true;
}

void spool_file_finish(struct spool_file *file, struct disk *disk)
{
	if (file->fd < 0)
		return;
	if (file->size > file->end)
		disk->ops->truncate(disk, file->fd, (off_t)file->end); /* else: room is lost */
	spool_file_leave(file, disk);
}

void spool_file_leave(struct spool_file *file, struct disk *disk)
{
	if (file->fd >= 0)
		disk->ops->close(disk, file->fd);
	file->fd = -1;
}

/* --- ballast ---------------------------------------------------------------------------------- */

static bool ballast_path(char path[SPOOL_PATH], const char *folder)
{
	return text_set(path, SPOOL_PATH, "%s/ballast", folder);
}

bool spool_ballast_make(struct disk *disk, const char *folder, size_t bytes)
{
	char path[SPOOL_PATH];
	bool ok;
	int fd;

	if (!ballast_path(path, folder))
		return false;
	fd = disk->ops->open(disk, path, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return false;
	ok = disk->ops->allocate(disk, fd, (off_t)bytes) == 0;
	disk->ops->close(disk, fd);
	if (!ok)
		disk->ops->unlink(disk, path);
	return ok;
}

bool spool_ballast_drop(struct disk *disk, const char *folder)
{
	char path[SPOOL_PATH];

	return ballast_path(path, folder) && disk->ops->unlink(disk, path) == 0;
}
