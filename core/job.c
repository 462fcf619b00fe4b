#include <core/check_in.h>
#include <core/consent.h>
#include <core/job.h>
#include <core/person.h>
#include <core/staff.h>
#include <warmline/fail.h>

/* Twilio: "recipient has unsubscribed" (providers/twilio.md). */
#define ERROR_UNSUBSCRIBED 21610

static json_t *jobs_of(struct turn *t)
{
	return json_object_get(t->doc, "jobs");
}

static json_t *job_entry(struct turn *t, int64_t number)
{
	char key[24];

	text_set(key, sizeof(key), "%lld", (long long)number);
	return json_object_get(jobs_of(t), key);
}

static void drop_oldest(struct turn *t)
{
	long long oldest = 0;
	const char *key;
	json_t *entry;

	json_object_foreach(jobs_of(t), key, entry)
	{
		long long n = strtoll(key, NULL, 10);

		if (!oldest || n < oldest)
			oldest = n;
	}
	job_forget(t, oldest);
}

json_t *job_track(struct turn *t, int64_t number, const char *kind, const char *program)
{
	json_t *entry = json_object();
	char key[24];

	if (!jobs_of(t))
		json_object_set_new(t->doc, "jobs", json_object());
	text_set(key, sizeof(key), "%lld", (long long)number);
	json_put_text(entry, "k", kind);
	json_put_text(entry, "p", program);
	json_object_set_new(jobs_of(t), key, entry);
	if (json_object_size(jobs_of(t)) > JOBS_KEPT)
		drop_oldest(t);
	return entry;
}

void job_forget(struct turn *t, int64_t number)
{
	char key[24];

	text_set(key, sizeof(key), "%lld", (long long)number);
	json_object_del(jobs_of(t), key);
	if (json_object_size(jobs_of(t)) == 0)
		json_object_del(t->doc, "jobs");
}

static bool is_kind(const json_t *entry, const char *kind)
{
	return strcmp(json_get_text(entry, "k", ""), kind) == 0;
}

static bool is_routine(const json_t *entry)
{
	return !is_kind(entry, JOB_SAFETY) && !is_kind(entry, JOB_PAGE) &&
	       !is_kind(entry, JOB_STOPPED);
}

void job_cancel_routine(struct turn *t, const char *program, const char *rule)
{
	const char *key;
	json_t *entry;
	void *next;

	json_object_foreach_safe(jobs_of(t), next, key, entry)
	{
		if (!is_routine(entry) || strcmp(json_get_text(entry, "p", ""), program) != 0)
			continue;
		if (json_get_int(entry, "s", RANK_WAITING) == RANK_WAITING) {
			turn_cancel(t, strtoll(key, NULL, 10), rule);
			/* News about somebody else does not die with this line's wish. */
			if (is_kind(entry, JOB_NOTICE))
				staff_notice_failed(t, entry, "stopped");
		}
		json_object_del(jobs_of(t), key);
	}
	if (json_object_size(jobs_of(t)) == 0)
		json_object_del(t->doc, "jobs");
}

/* --- outcomes and receipts ------------------------------------------------------------------- */

/* What came back about one text, whoever said it. */
struct news {
	int64_t number;
	const char *result;
	bool accepted, delivered, unknown, opted_out;
	bool ours; /* it was us who kept it back: expired, no longer wanted, stopped */
};

static const struct program *program_for(struct turn *t, const json_t *entry)
{
	const char *id = json_get_text(entry, "p", json_get_text(t->event->data, "program", ""));

	return program_find(t->house->programs, t->house->nprograms, id);
}

static int64_t happened(const struct turn *t)
{
	return t->event->at > 0 && t->event->at < t->now ? t->event->at : t->now;
}

static void undelivered(struct turn *t)
{
	turn_index(t, "text.undelivered", INDEX_UNDELIVERED);
	turn_count(t, "text.undelivered", "undelivered");
}

/* The routine case: nothing hangs on this text but that humans learn when it cannot arrive. */
static void plain(struct turn *t, const struct news *news)
{
	if (!news->accepted && !news->unknown && !news->ours)
		undelivered(t);
}

static void apply_check_in(struct member *m, const struct news *news)
{
	bool open;

	if (news->accepted)
		open = check_in_accepted(m, news->number, happened(m->t), news->delivered);
	else
		open = check_in_failed(m, news->number, news->result, news->unknown);
	if (!open)
		turn_trace(m->t, "check-in.closed", "about a check-in that is closed already");
	plain(m->t, news);
}

static void apply(struct turn *t, json_t *entry, const struct news *news)
{
	const struct program *program = program_for(t, entry);
	struct member m;

	if (news->opted_out && program) {
		member_open(t, program, &m);
		consent_refused(&m);
		if (is_kind(entry, JOB_PAGE))
			staff_page_result(t, entry, news->result);
		else if (is_kind(entry, JOB_NOTICE))
			staff_notice_failed(t, entry, news->result);
		return;
	}
	if (is_kind(entry, JOB_PAGE)) {
		staff_page_result(t, entry, news->result);
	} else if (is_kind(entry, JOB_NOTICE)) {
		if (!news->accepted && !news->unknown)
			staff_notice_failed(t, entry, news->result);
	} else if (program && (is_kind(entry, JOB_CHECK_IN) || is_kind(entry, JOB_REMINDER))) {
		member_open(t, program, &m);
		apply_check_in(&m, news);
	} else {
		plain(t, news);
		/* A question or an answer of ours that somebody waits for was never sent. */
		if (strcmp(news->result, "expired") == 0)
			undelivered(t);
	}
}

/* Nothing that could still come would change anything. */
static bool is_over(const json_t *entry, const struct news *news)
{
	if (is_kind(entry, JOB_REPLY) || is_kind(entry, JOB_STOPPED) || is_kind(entry, JOB_SAFETY))
		return true;
	return news->accepted ? news->delivered : !news->unknown;
}

static void hear(struct turn *t, const struct news *news, enum job_rank rank)
{
	json_t *entry = job_entry(t, news->number);

	if (!entry) {
		/* Forgotten or never ours: humans still learn that a text did not arrive. */
		turn_trace(t, "text.old", "about a text nothing hangs on any more");
		if (!news->accepted)
			plain(t, news);
		return;
	}
	json_incref(entry);
	json_put_int(entry, "s", (int64_t)rank);
	apply(t, entry, news);
	if (is_over(entry, news))
		job_forget(t, news->number);
	json_decref(entry);
}

void job_outcome(struct turn *t)
{
	const json_t *data = t->event->data;
	const char *result = json_get_text(data, "result", "");
	const char *reason = json_get_text(data, "reason", "");
	json_t *entry = turn_log(t, "outcome", "text.outcome");
	struct news news = {.number = turn_job_number(t, json_get_text(data, "job", "")),
		.result = result,
		.accepted = strcmp(result, "accepted") == 0,
		.unknown = strcmp(result, "unknown") == 0,
		.ours = strcmp(result, "expired") == 0 || strcmp(result, "unwanted") == 0 ||
			strcmp(result, "stopped") == 0};
	json_t *known = job_entry(t, news.number);

	turn_number_taken(t, news.number);
	json_put_text(entry, "job", json_get_text(data, "job", ""));
	json_put_text(entry, "status", result);
	json_put_text(entry, "reason", reason);
	if (strcmp(reason, "unrecorded") == 0) /* the store does not take what became of it */
		turn_index(t, "text.unrecorded", INDEX_UNDELIVERED);
	news.opted_out = strcmp(result, "refused") == 0 &&
			 (strncmp(reason, "opted out", 9) == 0 ||
				 json_get_int(data, "error", 0) == ERROR_UNSUBSCRIBED);
	/* Our own answer may come after the carrier's receipt, which knows more. */
	if (known && json_get_int(known, "s", RANK_WAITING) > RANK_ACCEPTED)
		return;
	if (known && news.unknown && json_get_int(known, "s", RANK_WAITING) == RANK_ACCEPTED)
		return;
	hear(t, &news, news.accepted ? RANK_ACCEPTED : RANK_WAITING);
}

static enum job_rank rank_of(const char *status, struct news *news)
{
	news->delivered = strcmp(status, "delivered") == 0 || strcmp(status, "read") == 0;
	news->accepted =
		news->delivered || strcmp(status, "queued") == 0 || strcmp(status, "sent") == 0;
	if (strcmp(status, "queued") == 0)
		return RANK_ACCEPTED;
	return strcmp(status, "sent") == 0 ? RANK_SENT : RANK_FINAL;
}

static bool known_status(const char *status)
{
	static const char *const all[] = {
		"queued", "sent", "delivered", "undelivered", "failed", "read"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i], status) == 0)
			return true;
	return false;
}

void job_receipt(struct turn *t)
{
	const json_t *data = t->event->data;
	const char *status = json_get_text(data, "status", "");
	int64_t error = json_get_int(data, "error", 0);
	json_t *entry = turn_log(t, "receipt", "text.receipt");
	struct news news = {
		.number = turn_job_number(t, json_get_text(data, "job", "")), .result = status};
	enum job_rank rank = rank_of(status, &news);
	const json_t *known = job_entry(t, news.number);

	turn_number_taken(t, news.number);
	json_put_text(entry, "job", json_get_text(data, "job", ""));
	json_put_text(entry, "status", status);
	json_put_int(entry, "error", error);
	if (!known_status(status) || !news.number)
		return;
	if (known && json_get_int(known, "s", RANK_WAITING) >= (int64_t)rank)
		return; /* a final state never goes back; nothing is heard twice */
	news.opted_out = !news.accepted && error == ERROR_UNSUBSCRIBED;
	/* The carrier has it though the sender has not heard so: it must not go out again. */
	if (known && news.accepted && json_get_int(known, "s", RANK_WAITING) == RANK_WAITING)
		turn_cancel(t, news.number, "text.receipt");
	hear(t, &news, rank);
}
