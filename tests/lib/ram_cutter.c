/* Pulls the plug on a ram disk: see ram_disk.h. */
#include "tests/lib/ram_disk.h"

#include <stdlib.h>
#include <string.h>
#include <warmline/fail.h>

struct cut_file {
	char *path;
	bool named, named_durably; /* in its folder now; found there for sure */
	bool gone_durably;
	uint8_t *data;   /* durable */
	size_t len;      /* durable length */
	size_t now;      /* length in the cache */
	size_t *pending; /* log entries (RAM_WRITE) since the last sync */
	size_t npending;
};

struct ram_cutter {
	const struct ram_disk *ram;
	struct cut_file files[RAM_FILES];
	size_t at;
};

struct ram_cutter *ram_cutter_new(const struct ram_disk *ram)
{
	struct ram_cutter *cutter = xcalloc(1, sizeof(*cutter));

	cutter->ram = ram;
	return cutter;
}

static bool in_folder(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return path && strncmp(path, folder, len) == 0 && path[len] == '/';
}

static void grow(struct cut_file *file, size_t len)
{
	if (len <= file->len)
		return;
	file->data = xrealloc(file->data, len);
	memset(file->data + file->len, 0, len - file->len);
	file->len = len;
}

static void put(struct cut_file *file, const struct ram_entry *e, size_t sector)
{
	size_t at = e->at + sector * RAM_SECTOR, n = RAM_SECTOR;

	if (at >= file->len)
		return;
	if (n > file->len - at)
		n = file->len - at;
	memcpy(file->data + at, e->bytes + sector * RAM_SECTOR, n);
}

static void synced(struct ram_cutter *cutter, struct cut_file *file)
{
	grow(file, file->now);
	file->len = file->now;
	for (size_t i = 0; i < file->npending; i++) {
		const struct ram_entry *e = &cutter->ram->log[file->pending[i]];

		for (size_t s = 0; s < e->len / RAM_SECTOR; s++)
			put(file, e, s);
	}
	file->npending = 0;
}

static void folder_synced(struct ram_cutter *cutter, const char *folder)
{
	for (int i = 0; i < cutter->ram->nfiles; i++) {
		struct cut_file *file = &cutter->files[i];

		if (!in_folder(file->path, folder))
			continue;
		file->named_durably = file->named;
		file->gone_durably = !file->named;
	}
}

static void step(struct ram_cutter *cutter, size_t n)
{
	const struct ram_entry *e = &cutter->ram->log[n];
	struct cut_file *file = e->file >= 0 ? &cutter->files[e->file] : NULL;

	switch (e->kind) {
	case RAM_NAME:
		file->path = e->folder;
		file->named = true;
		break;
	case RAM_WRITE:
		file->pending =
			xrealloc(file->pending, (file->npending + 1) * sizeof(*file->pending));
		file->pending[file->npending++] = n;
		break;
	case RAM_LENGTH: file->now = e->len; break;
	case RAM_SYNC: synced(cutter, file); break;
	case RAM_LOST: file->npending = 0; break;
	case RAM_UNLINK: file->named = false; break;
	case RAM_SYNC_FOLDER: folder_synced(cutter, e->folder); break;
	case RAM_NOTE: break;
	}
}

static bool undecided(const struct cut_file *file)
{
	if (!file->path || file->gone_durably)
		return false;
	return file->npending || file->now != file->len || file->named != file->named_durably;
}

bool ram_cutter_move(struct ram_cutter *cutter, size_t n)
{
	bool any = false;

	while (cutter->at < n)
		step(cutter, cutter->at++);
	for (int i = 0; i < cutter->ram->nfiles; i++)
		any |= undecided(&cutter->files[i]);
	return any;
}

/* The durable file and, of what came later, each sector with the odds `percent`. */
static void file_image(const struct ram_cutter *cutter, const struct cut_file *file,
	struct ram_file *out, uint64_t *random)
{
	static const unsigned odds[] = {0, 10, 50, 50, 90, 100};
	unsigned percent = odds[ram_random(random) % (sizeof(odds) / sizeof(*odds))];
	struct cut_file copy = {0};

	if (file->len) {
		copy.data = xmemdup(file->data, file->len);
		copy.len = file->len;
	}
	if (file->now > file->len && ram_random(random) % 100 < percent)
		grow(&copy, file->now);
	if (file->now < file->len && ram_random(random) % 100 < percent)
		copy.len = file->now;
	for (size_t i = 0; i < file->npending; i++) {
		const struct ram_entry *e = &cutter->ram->log[file->pending[i]];

		for (size_t s = 0; s < e->len / RAM_SECTOR; s++)
			if (ram_random(random) % 100 < percent)
				put(&copy, e, s);
	}
	out->data = copy.data;
	out->len = out->room = copy.len;
}

struct ram_disk *ram_cutter_image(struct ram_cutter *cutter, uint64_t *random)
{
	struct ram_disk *image = ram_disk_new();

	for (int i = 0; i < cutter->ram->nfiles; i++) {
		const struct cut_file *file = &cutter->files[i];
		struct ram_file *out = &image->files[image->nfiles];

		if (!file->path || file->gone_durably)
			continue;
		if (file->named != file->named_durably ? ram_random(random) % 2 : !file->named)
			continue;
		out->path = xstrdup(file->path);
		file_image(cutter, file, out, random);
		image->nfiles++;
	}
	return image;
}

void ram_cutter_free(struct ram_cutter **cutter)
{
	for (int i = 0; i < RAM_FILES; i++) {
		free((*cutter)->files[i].data);
		free((*cutter)->files[i].pending);
	}
	free(*cutter);
	*cutter = NULL;
}
