/*
 * What a start finds (J5). Every segment of both folders is read, oldest first. Records that open
 * are taken, also behind a damaged place; what does not open is counted and copied into
 * NNNNNNNN-<offset>.bad, where it stays until somebody looked at it.
 *
 * Old segments are never written to again, so a torn tail cannot be mistaken for an end later.
 */
#include "platform/spool_inside.h"
#include "platform/spool_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <warmline/clock.h>
#include <warmline/log.h>

struct found {
	uint64_t number;
	int folder;
};

struct finding {
	struct spool *spool;
	struct found *items;
	size_t n;
	int folder;
	uint64_t newest;   /* segment number, also of what was set aside */
	uint64_t sequence; /* newest that was ever given out, as far as can be seen */
	bool known[2];     /* folder id */
	struct fail *fail;
};

/* "00000012.wj", "00000012-4096.bad" */
static void on_name(void *arg, const char *name)
{
	struct finding *finding = arg;
	char *end;
	uint64_t number;

	if (*name < '0' || *name > '9')
		return;
	number = strtoull(name, &end, 10);
	if (number > finding->newest)
		finding->newest = number;
	if (strcmp(end, ".wj") != 0)
		return;
	finding->items = xrealloc(finding->items, (finding->n + 1) * sizeof(*finding->items));
	finding->items[finding->n++] = (struct found){number, finding->folder};
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct found *)a)->number, y = ((const struct found *)b)->number;

	return x < y ? -1 : x > y;
}

/* --- quarantine ------------------------------------------------------------------------------- */

static bool copy_made(
	struct disk *disk, const char *folder, const char *path, const uint8_t *data, size_t len)
{
	int fd = disk->ops->open(disk, path, O_RDWR | O_CREAT, 0600);
	bool ok;

	if (fd < 0)
		return false;
	ok = disk->ops->size(disk, fd) == (off_t)len ||
	     (disk->ops->write(disk, fd, data, len, 0) == (ssize_t)len &&
		     disk->ops->truncate(disk, fd, (off_t)len) == 0 &&
		     disk->ops->sync(disk, fd) == 0 && disk->ops->sync_folder(disk, folder) == 0);
	disk->ops->close(disk, fd);
	return ok;
}

static bool set_aside(
	struct spool *spool, const struct found *found, const struct spool_scan *scan, size_t from)
{
	const char *folder = spool->setup.folders[found->folder].path;
	char path[SPOOL_PATH];
	bool ok = text_set(path, sizeof(path), "%s/%08llu-%zu.bad", folder,
			  (unsigned long long)found->number, from) &&
		  copy_made(spool->setup.disk, folder, path, scan->data + from, scan->len - from);

	spool->quarantined += scan->damaged;
	log_event(LOG_LEVEL_ERROR, "journal.damaged",
		"folder=%s segment=%llu bytes=%zu from=%zu %s%s", folder,
		(unsigned long long)found->number, scan->damaged, from,
		ok ? "set aside as " : "cannot be set aside: the segment is kept",
		ok ? strrchr(path, '/') + 1 : "");
	return ok;
}

/* --- one segment ------------------------------------------------------------------------------ */

static void apply(struct finding *finding, struct segment *segment, const struct spool_record *r)
{
	struct segments *segments = &finding->spool->segments;

	if (r->sequence > finding->sequence)
		finding->sequence = r->sequence;
	if (!segment->header.first)
		segment->header.first = r->sequence; /* its header is gone */
	if (r->written_ms > segment->last_ms)
		segment->last_ms = r->written_ms;
	if (r->kind == SPOOL_EVENT)
		segment_open(segment, r->sequence, r->written_ms);
	else if (r->kind == SPOOL_OPEN && r->len >= 8)
		segments_only(segments, spool_u64(r->data), r->data + 8, r->len / 8 - 1);
	for (size_t i = 0; r->kind == SPOOL_DONE && i < r->len / 8; i++) {
		uint64_t sequence = spool_u64(r->data + 8 * i);

		segments_done(segments, sequence);
		if (sequence > finding->sequence)
			finding->sequence = sequence;
	}
}

static void segment_scan(struct finding *finding, const struct found *found,
	struct spool_scan *scan, const struct spool_header *header)
{
	struct segment *segment = segment_new(header, found->folder);
	struct spool_record record;

	segments_add(&finding->spool->segments, segment);
	if (header->first && header->first - 1 > finding->sequence)
		finding->sequence = header->first - 1;
	spool_scan_start(scan, finding->spool->setup.keys, header);
	while (spool_scan_next(scan, &record))
		apply(finding, segment, &record);
	segment->end = scan->at;
	if (scan->damaged) {
		segment->end = scan->len + 64 < scan->file ? scan->len + 64 : scan->file;
		segment->keep = !set_aside(finding->spool, found, scan, scan->first_damage) ||
				scan->unreadable;
	}
}

/*
 * Both copies of the header are gone. With the folder's id the records still open; without it (no
 * other segment here) nothing can be read, and everything is set aside.
 */
static void headless_scan(struct finding *finding, const struct found *found,
	struct spool_scan *scan, enum spool_header_state state)
{
	struct spool_header header = {.segment = found->number};

	memcpy(header.folder, finding->spool->setup.folders[found->folder].id, SPOOL_FOLDER_ID);
	if (state == SPOOL_HEADER_DAMAGED)
		log_event(LOG_LEVEL_ERROR, "journal.header",
			"folder=%s segment=%llu has no whole header",
			finding->spool->setup.folders[found->folder].path,
			(unsigned long long)found->number);
	segment_scan(finding, found, scan, &header);
}

static bool refuse(struct finding *finding, const char *path, enum spool_header_state state,
	const struct spool_header *header)
{
	const struct keys *keys = finding->spool->setup.keys;

	if (state == SPOOL_HEADER_NEWER)
		return fail_set(finding->fail,
			"the journal segment %s was written by a newer "
			"warmline; start that one",
			path);
	if (strcmp(header->installation, keys_installation(keys)) != 0)
		return fail_set(finding->fail,
			"the journal segment %s is sealed with the keys of "
			"installation %s, but the key file is of %s; give the "
			"right key file, or move the segment away",
			path, header->installation, keys_installation(keys));
	return fail_set(finding->fail,
		"the journal segment %s is sealed with a key that is not in the "
		"key file any more; restore the key file from its backup, or "
		"move the segment away",
		path);
}

static bool folder_same(
	struct finding *finding, int folder, const char *path, const struct spool_header *header)
{
	uint8_t *id = finding->spool->setup.folders[folder].id;

	if (!finding->known[folder])
		memcpy(id, header->folder, SPOOL_FOLDER_ID);
	finding->known[folder] = true;
	if (memcmp(id, header->folder, SPOOL_FOLDER_ID) == 0)
		return true;
	return fail_set(finding->fail,
		"the journal segment %s belongs to another journal folder; move "
		"it back there",
		path);
}

/* --- all of them ------------------------------------------------------------------------------ */

typedef bool segment_step(struct finding *finding, const struct found *found, const char *path,
	struct spool_scan *scan);

/* First pass: whose is it? */
static bool look(struct finding *finding, const struct found *found, const char *path,
	struct spool_scan *scan)
{
	struct spool_header header;
	enum spool_header_state state =
		spool_header_read(finding->spool->setup.keys, scan->data, &header);

	if (state == SPOOL_HEADER_NEWER || state == SPOOL_HEADER_KEY)
		return refuse(finding, path, state, &header);
	if (state != SPOOL_HEADER_GOOD)
		return true;
	if (header.segment != found->number)
		return fail_set(finding->fail,
			"the journal segment %s was renamed: it is number %llu; "
			"give it its name again",
			path, (unsigned long long)header.segment);
	return folder_same(finding, found->folder, path, &header);
}

static bool take(struct finding *finding, const struct found *found, const char *path,
	struct spool_scan *scan)
{
	struct spool_header header;
	enum spool_header_state state =
		spool_header_read(finding->spool->setup.keys, scan->data, &header);

	(void)path;
	if (state == SPOOL_HEADER_GOOD)
		segment_scan(finding, found, scan, &header);
	else
		headless_scan(finding, found, scan, state);
	return true;
}

static bool each(struct finding *finding, segment_step *step, size_t limit)
{
	struct disk *disk = finding->spool->setup.disk;
	bool ok = true;

	for (size_t i = 0; i < finding->n && ok; i++) {
		const struct found *found = &finding->items[i];
		char path[SPOOL_PATH];
		struct spool_scan scan;

		spool_path(path, finding->spool->setup.folders[found->folder].path, found->number);
		if (!spool_scan_open(&scan, disk, path, limit))
			return fail_set(finding->fail,
				"cannot read the journal segment %s: %s; repair "
				"the disk or move the segment away",
				path, strerror(errno));
		ok = step(finding, found, path, &scan);
		spool_scan_close(&scan);
	}
	return ok;
}

static bool list(struct finding *finding)
{
	const struct spool_setup *setup = &finding->spool->setup;

	for (int i = 0; i < setup->nfolders; i++) {
		finding->folder = i;
		if (setup->disk->ops->list(setup->disk, setup->folders[i].path, on_name, finding))
			return fail_set(finding->fail, "cannot list the journal's folder %s: %s",
				setup->folders[i].path, strerror(errno));
	}
	if (finding->n)
		qsort(finding->items, finding->n, sizeof(*finding->items), by_number);
	return true;
}

bool spool_recover(
	struct spool *spool, uint64_t *next_segment, uint64_t *next_sequence, struct fail *fail)
{
	struct finding finding = {.spool = spool, .fail = fail};
	bool ok;

	for (int i = 0; i < spool->setup.nfolders; i++)
		randombytes_buf(spool->setup.folders[i].id, SPOOL_FOLDER_ID);
	ok = list(&finding) && each(&finding, look, SPOOL_HEADER_SIZE) && each(&finding, take, 0);
	free(finding.items);
	*next_segment = finding.newest + 1;
	/* Far from what any earlier run gave out, also from what is not in these folders now. */
	*next_sequence = (uint64_t)clock_wall_ms() * 1000;
	if (*next_sequence <= finding.sequence)
		*next_sequence = finding.sequence + 1;
	return ok;
}

/* --- tidy ------------------------------------------------------------------------------------- */

void spool_segment_drop(struct spool *spool, size_t i)
{
	const struct segment *segment = spool->segments.items[i];
	struct disk *disk = spool->setup.disk;
	char path[SPOOL_PATH];

	spool_path(path, spool->setup.folders[segment->folder].path, segment->header.segment);
	if (disk->ops->unlink(disk, path) && errno != ENOENT) {
		log_event(LOG_LEVEL_WARN, "journal.trim", "cannot remove %s: %s", path,
			strerror(errno));
		return;
	}
	segments_remove(&spool->segments, i);
}

/* Only zeros are cut off; if it does not work, the file is just longer. */
static void cut(const struct spool *spool, const struct segment *segment)
{
	struct disk *disk = spool->setup.disk;
	char path[SPOOL_PATH];
	int fd;

	spool_path(path, spool->setup.folders[segment->folder].path, segment->header.segment);
	fd = disk->ops->open(disk, path, O_RDWR, 0);
	if (fd < 0)
		return;
	if (disk->ops->size(disk, fd) > (off_t)segment->end)
		disk->ops->truncate(disk, fd, (off_t)segment->end);
	disk->ops->close(disk, fd);
}

/* The newest segment is the one that is being written. */
void spool_tidy(struct spool *spool)
{
	for (size_t i = spool->segments.n - 1; i-- > 0;) {
		const struct segment *segment = spool->segments.items[i];

		if (segment->end <= SPOOL_HEADER_SIZE && !segment->keep)
			spool_segment_drop(spool, i);
		else
			cut(spool, segment);
	}
}
