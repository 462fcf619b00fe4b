/* Hands out what is kept, from disk: at start what is open, after a rollback of the store all. */
#include "platform/spool_inside.h"
#include "platform/spool_scan.h"

#include <errno.h>
#include <warmline/log.h>

/* A batch that was written again in the next segment is in both: as many as a batch can have. */
#define TWICE_MAX 1024

struct handed {
	uint64_t sequence;
	int64_t written_ms;
};

struct replay {
	struct spool *spool;
	bool open_only;
	int64_t since_ms;
	spool_record_cb *cb;
	void *arg;
	struct handed recent[TWICE_MAX];
	size_t nhanded;
	uint64_t newest;
};

static bool handed_before(const struct replay *replay, const struct spool_record *record)
{
	size_t n = replay->nhanded < TWICE_MAX ? replay->nhanded : TWICE_MAX;

	if (record->sequence > replay->newest)
		return false;
	for (size_t i = 0; i < n; i++)
		if (replay->recent[i].sequence == record->sequence &&
			replay->recent[i].written_ms == record->written_ms)
			return true;
	return false;
}

static void hand_out(
	struct replay *replay, const struct segment *segment, const struct spool_record *record)
{
	bool open = segment_is_open(segment, record->sequence);

	if (record->kind != SPOOL_EVENT || record->written_ms < replay->since_ms ||
		(replay->open_only && !open) || handed_before(replay, record))
		return;
	replay->recent[replay->nhanded++ % TWICE_MAX] =
		(struct handed){record->sequence, record->written_ms};
	if (record->sequence > replay->newest)
		replay->newest = record->sequence;
	replay->cb(
		replay->arg, record->sequence, record->written_ms, open, record->data, record->len);
}

static bool segment_replay(struct replay *replay, const struct segment *segment)
{
	const struct spool_setup *setup = &replay->spool->setup;
	struct spool_record record;
	struct spool_scan scan;
	char path[SPOOL_PATH];

	spool_path(path, setup->folders[segment->folder].path, segment->header.segment);
	if (!spool_scan_open(&scan, setup->disk, path, segment->end))
		return false;
	spool_scan_start(&scan, setup->keys, &segment->header);
	while (spool_scan_next(&scan, &record))
		hand_out(replay, segment, &record);
	spool_scan_close(&scan);
	return true;
}

static bool wanted(const struct replay *replay, const struct segment *segment)
{
	if (!segment->last || segment->last_ms < replay->since_ms)
		return false;
	return segment->nopen || !replay->open_only;
}

/* One segment that cannot be read does not keep the others back. */
bool spool_replay(struct spool *spool, bool open_only, int64_t since_ms, spool_record_cb *cb,
	void *arg, struct fail *fail)
{
	struct replay *replay = xcalloc(1, sizeof(*replay));
	bool ok = true;

	replay->spool = spool;
	replay->open_only = open_only;
	replay->since_ms = since_ms;
	replay->cb = cb;
	replay->arg = arg;
	for (size_t i = 0; i < spool->segments.n; i++) {
		const struct segment *segment = spool->segments.items[i];

		if (!wanted(replay, segment) || segment_replay(replay, segment))
			continue;
		ok = fail_set(fail,
			"cannot read the journal segment %s/%08llu.wj: %s; repair the disk "
			"and replay again",
			spool->setup.folders[segment->folder].path,
			(unsigned long long)segment->header.segment, strerror(errno));
	}
	free(replay);
	return ok;
}
