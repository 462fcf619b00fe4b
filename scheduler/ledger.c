#include "scheduler/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/metrics.h>
#include <warmline/site.h>
#include <warmline/spool.h>

#define FOLDERS       32 /* schedulers beside each other on one machine */
#define SEGMENT_BYTES ((size_t)4 << 20)
#define BALLAST_BYTES ((size_t)1 << 20)
#define TRY_MS        15000
#define CARE_MS       2000

struct ledger {
	struct event_base *base;
	const struct keys *keys;
	char journal[PATH_SIZE], folder[PATH_SIZE];
	int own;                       /* number of the folder */
	struct spool *spools[FOLDERS]; /* ours; of others only while they are read */
	int64_t try_ms, care_ms;
};

struct note {
	struct ledger *ledger;
	uint64_t sequences[2];
	size_t nsequences, pending; /* appends that have not called back */
	bool closed, known, failed;
	ledger_cb *cb;
	void *arg;
};

/* --- the folder ------------------------------------------------------------------------------ */

static void folder_name(const struct ledger *l, int number, char folder[PATH_SIZE])
{
	text_set(folder, PATH_SIZE, "%s/scheduler-%d", l->journal, number);
}

static bool folder_exists(const char *folder)
{
	struct stat st;

	return stat(folder, &st) == 0;
}

/* The lock is the journal's own; whoever is faster between this look and its opening has it. */
static bool folder_is_used(const char *folder)
{
	char *path = xasprintf("%s/lock", folder);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool used = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	free(path);
	return used;
}

static struct spool *folder_open(struct ledger *l, const char *folder, bool own, struct fail *fail)
{
	struct spool_options options = {.folder = folder,
		.keys = l->keys,
		.segment_bytes = SEGMENT_BYTES,
		.ballast_bytes = own ? BALLAST_BYTES : (size_t)-1};

	return spool_open(l->base, &options, fail);
}

static bool own_open(struct ledger *l, struct fail *fail)
{
	char folder[PATH_SIZE];

	fail_set(fail, "all %d folders %s/scheduler-<n> are in use", FOLDERS, l->journal);
	for (int n = 0; n < FOLDERS; n++) {
		folder_name(l, n, folder);
		if (folder_is_used(folder))
			continue;
		l->spools[n] = folder_open(l, folder, true, fail);
		if (l->spools[n]) {
			l->own = n;
			text_set(l->folder, sizeof(l->folder), "%s", folder);
			return true;
		}
		if (!folder_is_used(folder))
			return false;
	}
	return false;
}

static void try_to_open(struct ledger *l, int64_t now_ms)
{
	struct fail fail;

	l->try_ms = now_ms + TRY_MS;
	if (mkdir(l->journal, 0700) != 0 && errno != EEXIST)
		fail_set(&fail, "cannot make the folder %s: %s", l->journal, strerror(errno));
	else if (own_open(l, &fail))
		return;
	log_limited(LOG_LEVEL_ERROR, "journal-missing",
		"%s; texts go out, but a store that forgets could not be told which", fail.text);
}

static struct spool *own_spool(const struct ledger *l)
{
	return l->own >= 0 ? l->spools[l->own] : NULL;
}

struct ledger *ledger_new(struct event_base *base, const char *journal, const struct keys *keys)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	l->base = base;
	l->keys = keys;
	l->own = -1;
	text_set(l->journal, sizeof(l->journal), "%s", journal);
	try_to_open(l, clock_monotonic_ms());
	return l;
}

void ledger_beat(struct ledger *l, int64_t now_ms)
{
	struct spool_health health = {.free_percent = 0};

	if (!own_spool(l) && now_ms >= l->try_ms)
		try_to_open(l, now_ms);
	if (now_ms < l->care_ms)
		return;
	l->care_ms = now_ms + CARE_MS;
	if (own_spool(l)) {
		spool_trim(own_spool(l), clock_wall_ms());
		spool_health(own_spool(l), &health);
	}
	metric_set("warmline_sender_journal_up", "", health.up);
	metric_set("warmline_sender_journal_records", "", (int64_t)health.records);
}

void ledger_free(struct ledger **ledger)
{
	struct ledger *l = *ledger;

	*ledger = NULL;
	if (!l)
		return;
	for (int n = 0; n < FOLDERS; n++)
		spool_close(&l->spools[n]);
	free(l);
}

const char *ledger_folder(const struct ledger *l)
{
	return l->folder;
}

/* --- records --------------------------------------------------------------------------------- */

static const char *const results[] = {"accepted", "refused", "later", "unknown", "expired"};

static char *record_print(const struct ledger_record *r)
{
	json_t *record = json_object();
	char *text;

	json_put_text(record, "job", r->job);
	json_put_text(record, "program", r->program);
	json_put_text(record, "body", r->body);
	json_put_text(record, "account", r->account);
	json_put_text(record, "from", r->from);
	json_put_int(record, "lane", (int64_t)r->lane);
	json_put_int(record, "fence", (int64_t)r->fence);
	json_put_int(record, "attempt", r->attempt);
	json_put_int(record, "ambiguous", r->ambiguous);
	json_put_int(record, "expires", r->expires);
	if (r->ended) {
		json_put_text(record, "result", results[r->result]);
		json_put_text(record, "provider_id", r->provider_id);
		json_put_text(record, "event_id", r->event_id);
		json_put_text(record, "event", r->event);
	}
	text = json_print(record);
	json_decref(record);
	return text;
}

static bool result_read(const char *name, enum job_result *result)
{
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (strcmp(results[i], name) == 0) {
			*result = (enum job_result)i;
			return true;
		}
	}
	return false;
}

/* Borrows from `json`. False: written by another version, or no record at all. */
static bool record_read(const json_t *json, struct ledger_record *r)
{
	const char *result = json_get_text(json, "result", "");
	int64_t lane = json_get_int(json, "lane", 0);

	*r = (struct ledger_record){.job = json_get_text(json, "job", ""),
		.program = json_get_text(json, "program", ""),
		.body = json_get_text(json, "body", ""),
		.account = json_get_text(json, "account", ""),
		.from = json_get_text(json, "from", ""),
		.fence = (uint64_t)json_get_int(json, "fence", 0),
		.attempt = (int)json_get_int(json, "attempt", 0),
		.ambiguous = (int)json_get_int(json, "ambiguous", 0),
		.expires = json_get_int(json, "expires", 0),
		.ended = *result != '\0',
		.provider_id = json_get_text(json, "provider_id", ""),
		.event_id = json_get_text(json, "event_id", ""),
		.event = json_get_text(json, "event", "")};
	if (!json || !*r->job || lane < 0 || lane >= LANES)
		return false;
	r->lane = (enum lane)lane;
	return !r->ended || result_read(result, &r->result);
}

/* --- writing --------------------------------------------------------------------------------- */

static void note_end_if_over(struct note *n)
{
	struct spool *spool = own_spool(n->ledger);

	if (!n->closed || n->pending)
		return;
	for (size_t i = 0; n->known && spool && i < n->nsequences; i++)
		spool_done(spool, n->sequences[i]);
	free(n);
}

static void on_appended(void *arg, enum spool_result result, uint64_t sequence)
{
	struct note *n = arg;
	ledger_cb *cb = n->cb;

	n->pending--;
	if (result == SPOOL_SYNCED && n->nsequences < 2)
		n->sequences[n->nsequences++] = sequence;
	if (result != SPOOL_SYNCED) {
		n->failed = true;
		metric_add("warmline_sender_journal_failed_total", "", 1);
		log_limited(LOG_LEVEL_ERROR, "journal-record-lost",
			"an attempt is on no disk: free space or replace the disk");
	}
	if (n->closed) {
		note_end_if_over(n);
	} else if (cb && !n->pending) {
		n->cb = NULL;
		cb(n->arg, !n->failed);
	}
}

static void note_append(
	struct note *n, const struct ledger_record *record, ledger_cb *cb, void *arg)
{
	char *text = record_print(record);

	n->cb = cb;
	n->arg = arg;
	n->pending++;
	spool_append(own_spool(n->ledger), text, strlen(text), record->lane == LANE_CRISIS,
		on_appended, n);
	free(text);
}

struct note *ledger_begin(
	struct ledger *l, const struct ledger_record *record, ledger_cb *cb, void *arg)
{
	struct note *n;

	if (!l || !own_spool(l)) {
		if (l)
			metric_add("warmline_sender_journal_failed_total", "", 1);
		return NULL;
	}
	n = xcalloc(1, sizeof(*n));
	n->ledger = l;
	note_append(n, record, cb, arg);
	return n;
}

void ledger_end(struct note *n, const struct ledger_record *record, ledger_cb *cb, void *arg)
{
	note_append(n, record, cb, arg);
}

void ledger_close(struct note **note, bool known)
{
	struct note *n = *note;

	*note = NULL;
	if (!n)
		return;
	n->closed = true;
	n->known = known;
	n->cb = NULL;
	note_end_if_over(n);
}

/* --- reading --------------------------------------------------------------------------------- */

struct reading {
	int folder;
	int64_t since_ms;
	ledger_read_cb *cb;
	void *arg;
};

static void on_record(
	void *arg, uint64_t sequence, int64_t written_ms, bool open, const void *data, size_t len)
{
	struct reading *reading = arg;
	struct ledger_record record;
	json_t *json;

	if (!open && written_ms < reading->since_ms)
		return;
	json = json_parse(data, len);
	if (record_read(json, &record)) {
		reading->cb(reading->arg, &record, (struct ledger_mark){reading->folder, sequence},
			!open);
	} else {
		metric_add("warmline_sender_journal_unreadable_total", "", 1);
		log_event(LOG_LEVEL_ERROR, "journal-record",
			"folder=scheduler-%d sequence=%llu is not of this version of warmline; "
			"kept",
			reading->folder, (unsigned long long)sequence);
	}
	json_decref(json);
}

/* What a process left that is gone. Another one that starts may be faster: then it tells. */
static bool adopt(struct ledger *l, int number)
{
	char folder[PATH_SIZE];
	struct fail fail;

	if (l->spools[number])
		return true;
	folder_name(l, number, folder);
	if (!folder_exists(folder) || folder_is_used(folder))
		return false;
	l->spools[number] = folder_open(l, folder, false, &fail);
	if (!l->spools[number])
		log_event(LOG_LEVEL_ERROR, "journal-left-behind", "%s", fail.text);
	return l->spools[number] != NULL;
}

void ledger_read(struct ledger *l, int64_t since_ms, ledger_read_cb *cb, void *arg)
{
	struct reading reading = {.since_ms = since_ms, .cb = cb, .arg = arg};
	struct fail fail;

	for (int n = 0; n < FOLDERS; n++) {
		reading.folder = n;
		if (adopt(l, n) &&
			!spool_replay(l->spools[n], false, 0, on_record, &reading, &fail))
			log_event(LOG_LEVEL_ERROR, "replay-failed", "%s", fail.text);
	}
}

void ledger_mark_done(struct ledger *l, struct ledger_mark mark)
{
	if (l->spools[mark.folder])
		spool_done(l->spools[mark.folder], mark.sequence);
}

void ledger_read_over(struct ledger *l)
{
	for (int n = 0; n < FOLDERS; n++)
		if (n != l->own)
			spool_close(&l->spools[n]);
}
