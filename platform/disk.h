/*
 * The file calls of the journal, so that a test can make any of them fail or forget (reliability.md
 * D1). Everything returns what the system call returns: -1 and errno on failure. May be called
 * from two threads at once; `list` and `lock` only at start.
 */
#ifndef PLATFORM_DISK_H
#define PLATFORM_DISK_H

#include <stdint.h>
#include <sys/types.h>

struct disk;
typedef void disk_list_cb(void *arg, const char *name);

struct disk_ops {
	int (*open)(struct disk *, const char *path, int flags, mode_t mode);
	ssize_t (*read)(struct disk *, int fd, void *data, size_t len, off_t at);
	ssize_t (*write)(struct disk *, int fd, const void *data, size_t len, off_t at);
	int (*sync)(struct disk *, int fd); /* fdatasync */
	/* Real blocks for [0, len); EOPNOTSUPP where the file system has no such thing. */
	int (*allocate)(struct disk *, int fd, off_t len);
	int (*truncate)(struct disk *, int fd, off_t len);
	off_t (*size)(struct disk *, int fd);
	int (*close)(struct disk *, int fd);
	int (*unlink)(struct disk *, const char *path);
	int (*sync_folder)(struct disk *, const char *path);
	int (*make_folder)(struct disk *, const char *path); /* 0700; an existing one is made so */
	/* Descriptor of a locked file, EWOULDBLOCK when somebody has it. Closing unlocks. */
	int (*lock)(struct disk *, const char *path);
	int (*list)(struct disk *, const char *folder, disk_list_cb *cb, void *arg);
	int (*free_percent)(struct disk *, const char *folder); /* for us, not for root */
};
struct disk {
	const struct disk_ops *ops;
};

struct disk *disk_real(void);

#endif
