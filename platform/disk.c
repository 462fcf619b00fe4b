#include "platform/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <warmline/fail.h>

static int real_open(struct disk *disk, const char *path, int flags, mode_t mode)
{
	(void)disk;
	return open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

static ssize_t real_read(struct disk *disk, int fd, void *data, size_t len, off_t at)
{
	(void)disk;
	return pread(fd, data, len, at);
}

static ssize_t real_write(struct disk *disk, int fd, const void *data, size_t len, off_t at)
{
	(void)disk;
	return pwrite(fd, data, len, at);
}

static int real_sync(struct disk *disk, int fd)
{
	(void)disk;
	return fdatasync(fd);
}

/* Not posix_fallocate(): where there is no support, glibc writes a byte into every block. */
static int real_allocate(struct disk *disk, int fd, off_t len)
{
	(void)disk;
	return fallocate(fd, 0, 0, len);
}

static int real_truncate(struct disk *disk, int fd, off_t len)
{
	(void)disk;
	return ftruncate(fd, len);
}

static off_t real_size(struct disk *disk, int fd)
{
	struct stat st;

	(void)disk;
	return fstat(fd, &st) ? -1 : st.st_size;
}

static int real_close(struct disk *disk, int fd)
{
	(void)disk;
	return close(fd);
}

static int real_unlink(struct disk *disk, const char *path)
{
	(void)disk;
	return unlink(path);
}

static int real_sync_folder(struct disk *disk, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result, error;

	(void)disk;
	if (fd < 0)
		return -1;
	result = fsync(fd);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* Or the whole folder is gone after a power cut. */
static int sync_parent(struct disk *disk, const char *path)
{
	char *copy = xstrdup(path);
	int result = real_sync_folder(disk, dirname(copy)), error = errno;

	free(copy);
	errno = error;
	return result;
}

static int real_make_folder(struct disk *disk, const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return sync_parent(disk, path);
	if (errno != EEXIST || stat(path, &st))
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	return (st.st_mode & 077) ? chmod(path, 0700) : 0;
}

static int real_lock(struct disk *disk, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int error;

	(void)disk;
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int real_list(struct disk *disk, const char *folder, disk_list_cb *cb, void *arg)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int error;

	(void)disk;
	if (!dir)
		return -1;
	for (errno = 0; (entry = readdir(dir)); errno = 0)
		cb(arg, entry->d_name);
	error = errno;
	closedir(dir);
	errno = error;
	return error ? -1 : 0;
}

static int real_free_percent(struct disk *disk, const char *folder)
{
	struct statvfs fs;

	(void)disk;
	if (statvfs(folder, &fs) || !fs.f_blocks)
		return -1;
	return (int)(fs.f_bavail * 100 / fs.f_blocks);
}

struct disk *disk_real(void)
{
	static const struct disk_ops ops = {
		.open = real_open,
		.read = real_read,
		.write = real_write,
		.sync = real_sync,
		.allocate = real_allocate,
		.truncate = real_truncate,
		.size = real_size,
		.close = real_close,
		.unlink = real_unlink,
		.sync_folder = real_sync_folder,
		.make_folder = real_make_folder,
		.lock = real_lock,
		.list = real_list,
		.free_percent = real_free_percent,
	};
	static struct disk real = {&ops};

	return &real;
}
