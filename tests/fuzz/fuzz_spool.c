/*
 * A damaged segment of the journal: whatever happened to its bytes, a scan hands out every record
 * that was not touched, and none that nobody wrote.
 *
 * The input says how long the records are (one byte each, up to a zero), then what is damaged:
 * groups of four bytes: kind, place (two bytes), what with.
 */
#include "platform/spool_scan.h"
#include "tests/lib/ram_disk.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 24
#define PATH    "/j/00000001.wj"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct segment_file {
	struct spool_header header;
	uint8_t *bytes, *before; /* `len` each: damaged, as written */
	size_t len, end;         /* what is left of it after a cut */
	size_t n, at[RECORDS + 1], words[RECORDS];
	unsigned found[RECORDS];
};

static struct keys *keys;

/* Kind, time and words of record i: known again when they are read. */
static void plain_make(size_t i, size_t words, uint8_t *plain)
{
	plain[0] = SPOOL_EVENT;
	spool_put64(plain + 1, 1790000000000 + i);
	for (size_t k = 0; k < words; k++)
		plain[SPOOL_PLAIN_HEAD + k] = (uint8_t)(i * 31 + k);
}

/* Returns how much of the input it used. */
static size_t write_all(struct segment_file *f, const uint8_t *data, size_t size)
{
	uint8_t plain[SPOOL_PLAIN_HEAD + 255];

	f->header = (struct spool_header){.segment = 1, .first = 1, .created_ms = 1790000000000};
	text_set(f->header.installation, sizeof(f->header.installation), "%s",
		keys_installation(keys));
	while (f->n < RECORDS && f->n < size && data[f->n])
		f->words[f->n] = data[f->n], f->n++;
	f->at[0] = SPOOL_HEADER_SIZE;
	for (size_t i = 0; i < f->n; i++)
		f->at[i + 1] = f->at[i] + spool_record_size(SPOOL_PLAIN_HEAD + f->words[i]);
	f->len = f->end = f->at[f->n] + 512; /* room that was never used */
	f->bytes = calloc(1, f->len);
	spool_header_write(keys, &f->header, f->bytes);
	for (size_t i = 0; i < f->n; i++) {
		plain_make(i, f->words[i], plain);
		spool_record_write(keys, &f->header, i + 1, plain, SPOOL_PLAIN_HEAD + f->words[i],
			f->bytes + f->at[i]);
	}
	f->before = xmemdup(f->bytes, f->len);
	return f->n < size ? f->n + 1 : size;
}

static void damage(struct segment_file *f, const uint8_t *how)
{
	size_t space = f->len - SPOOL_HEADER_SIZE;
	size_t at = SPOOL_HEADER_SIZE + (how[1] | (size_t)how[2] << 8) % space;
	size_t n = 1 + (size_t)how[3] < f->len - at ? 1 + (size_t)how[3] : f->len - at;
	size_t from = SPOOL_HEADER_SIZE + (at * 7 + how[3] * 8) % (space - n + 1);

	switch (how[0] % 6) {
	case 0: f->bytes[at] ^= how[3]; break;
	case 1: memset(f->bytes + at, 0, n); break;
	case 2: memset(f->bytes + at, how[3], n); break;
	case 3: memmove(f->bytes + at, f->bytes + from, n); break;
	case 4: f->end = at < f->end ? at : f->end; break;
	default: /* a record once more, at another place */
		if (f->n && at % 8 == 0) {
			size_t i = how[3] % f->n, whole = f->at[i + 1] - f->at[i];

			if (whole <= f->len - at)
				memcpy(f->bytes + at, f->before + f->at[i], whole);
		}
	}
}

static void check_record(struct segment_file *f, const struct spool_record *record)
{
	uint8_t plain[SPOOL_PLAIN_HEAD + 255];
	size_t i = (size_t)record->sequence - 1;

	if (record->sequence < 1 || i >= f->n || record->kind != SPOOL_EVENT ||
		record->len != f->words[i])
		abort();
	plain_make(i, f->words[i], plain);
	if (memcmp(record->data, plain + SPOOL_PLAIN_HEAD, record->len) != 0 ||
		record->written_ms != (int64_t)(1790000000000 + i))
		abort();
	f->found[i]++;
}

static void check_untouched(const struct segment_file *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i + 1] <= f->end && !f->found[i] &&
			memcmp(f->bytes + f->at[i], f->before + f->at[i],
				f->at[i + 1] - f->at[i]) == 0)
			abort();
}

static void scan_all(struct segment_file *f)
{
	struct ram_disk *ram = ram_disk_new();
	struct disk *disk = &ram->disk;
	int fd = disk->ops->open(disk, PATH, O_CREAT | O_WRONLY, 0600);
	struct spool_record record;
	struct spool_scan scan;

	disk->ops->write(disk, fd, f->bytes, f->end, 0);
	disk->ops->close(disk, fd);
	if (!spool_scan_open(&scan, disk, PATH, 0))
		abort();
	spool_scan_start(&scan, keys, &f->header);
	while (spool_scan_next(&scan, &record))
		check_record(f, &record);
	if (scan.damaged > f->len)
		abort();
	spool_scan_close(&scan);
	ram_disk_free(&ram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment_file file = {.n = 0};
	size_t used;

	if (!keys && (sodium_init() < 0 || !(keys = keys_random())))
		abort();
	used = write_all(&file, data, size);
	for (; used + 4 <= size; used += 4)
		damage(&file, data + used);
	scan_all(&file);
	check_untouched(&file);
	free(file.bytes);
	free(file.before);
	return 0;
}
