#include "platform/spool_scan.h"

#include <errno.h>
#include <fcntl.h>

#define PIECE      ((size_t)1 << 20)
#define SMALL      ((size_t)4096)
#define UNREADABLE 0xff

/* Bytes read, 0 at the end, -1. */
static ssize_t piece_read(
	const struct spool_scan *scan, struct disk *disk, int fd, size_t at, size_t most)
{
	size_t want = scan->file - at < most ? scan->file - at : most;
	ssize_t n;

	do
		n = disk->ops->read(disk, fd, scan->data + at, want, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n;
}

/* What cannot be read in one piece is read in small ones, and those that fail are marked. */
static void read_all(struct spool_scan *scan, struct disk *disk, int fd)
{
	size_t at = 0, most = PIECE;

	while (at < scan->file) {
		size_t left = scan->file - at;
		ssize_t n = piece_read(scan, disk, fd, at, most);

		if (n == 0)
			break; /* shorter than it said: zeros are left */
		if (n > 0) {
			at += (size_t)n;
		} else if (most > SMALL) {
			most = SMALL;
		} else {
			n = (ssize_t)(left < SMALL ? left : SMALL);
			memset(scan->data + at, UNREADABLE, (size_t)n);
			scan->unreadable += (size_t)n;
			at += (size_t)n;
		}
	}
}

bool spool_scan_open(struct spool_scan *scan, struct disk *disk, const char *path, size_t limit)
{
	int fd = disk->ops->open(disk, path, O_RDONLY, 0), error;
	off_t size;

	*scan = (struct spool_scan){0};
	if (fd < 0)
		return false;
	size = disk->ops->size(disk, fd);
	error = errno;
	if (size >= 0) {
		scan->file = limit && (size_t)size > limit ? limit : (size_t)size;
		/* Room for a header and an end of zeros even in a file that was cut off. */
		scan->data = xcalloc(1, scan->file + SPOOL_HEADER_SIZE);
		read_all(scan, disk, fd);
	}
	disk->ops->close(disk, fd);
	errno = error;
	return size >= 0;
}

void spool_scan_start(
	struct spool_scan *scan, const struct keys *keys, const struct spool_header *header)
{
	scan->keys = keys;
	scan->header = *header;
	scan->len = scan->file;
	while (scan->len > SPOOL_HEADER_SIZE && !scan->data[scan->len - 1])
		scan->len--;
	scan->at = SPOOL_HEADER_SIZE;
	scan->plain = xcalloc(1, scan->file + SPOOL_HEADER_SIZE);
}

/* The last record may end in zeros (filling, and a seal is any bytes): `len` leaves those out. */
static size_t room(const struct spool_scan *scan)
{
	return scan->len + 64 - scan->at;
}

bool spool_scan_next(struct spool_scan *scan, struct spool_record *record)
{
	while (scan->at < scan->len) {
		size_t n = spool_record_read(scan->keys, &scan->header, scan->data + scan->at,
			room(scan), scan->plain, record);

		if (n) {
			scan->at += n;
			return true;
		}
		if (!scan->first_damage)
			scan->first_damage = scan->at;
		scan->damaged += scan->len - scan->at < 8 ? scan->len - scan->at : 8;
		scan->at += 8;
	}
	return false;
}

void spool_scan_close(struct spool_scan *scan)
{
	free(scan->data);
	free(scan->plain);
	scan->data = NULL;
	scan->plain = NULL;
}
