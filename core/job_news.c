/*
 * What came back about a text: the sender's word (outcome) and the carrier's (receipt). They come
 * in any order, twice, late, or about texts long forgotten. A final state stays final.
 */
#include <core/check_in.h>
#include <core/consent.h>
#include <core/errand.h>
#include <core/job.h>
#include <core/person.h>
#include <core/staff.h>
#include <warmline/fail.h>

#define EARLY_MOST 4 /* receipts of other people's texts may come the same way */

struct news {
	int64_t number;
	const char *result, *why; /* `why` of a failure: answer_kind_name(), "" = not said */
	const char *account;
	bool accepted, delivered, unknown;
	bool ours;      /* it was us who kept it back: expired, no longer wanted, stopped */
	bool after_all; /* some account had taken it and could not bring it */
	bool opted_out;
};

static const struct program *program_for(struct turn *t, const json_t *entry)
{
	const char *id = json_get_text(entry, "p", json_get_text(t->event->data, "program", ""));

	return program_find(t->house->programs, t->house->nprograms, id);
}

/* Of a text that is forgotten: the program of somebody who is in one only. */
static const struct program *only_program(struct turn *t)
{
	json_t *slots = json_object_get(t->doc, "p");
	const char *id = json_object_iter_key(json_object_iter(slots));

	if (json_object_size(slots) != 1)
		return NULL;
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

static bool is_expired(const struct news *news)
{
	return strcmp(news->result, "expired") == 0;
}

/* Another try is pointless where person, carrier or handset said no to us or to these words. */
static bool is_for_good(const struct news *news)
{
	static const enum answer_kind kinds[] = {
		ANSWER_OPTED_OUT, ANSWER_BAD_NUMBER, ANSWER_BLOCKED, ANSWER_CONTENT};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(news->why, answer_kind_name(kinds[i])) == 0)
			return true;
	return false;
}

static bool asked_again(const struct member *m, const json_t *entry, const struct news *news)
{
	const char *account = *news->account ? news->account : json_get_text(entry, "a", "");

	return news->after_all && !is_for_good(news) &&
	       check_in_again(m, news->number, news->why, account);
}

static void apply_check_in(struct member *m, const json_t *entry, const struct news *news)
{
	bool second = check_in_is_second(m, news->number);
	bool open;

	if (asked_again(m, entry, news))
		return;
	if (news->accepted)
		open = check_in_accepted(m, news->number, happened(m->t), news->delivered);
	else
		open = check_in_failed(m, news->number, news->result, news->unknown);
	if (!open)
		turn_trace(m->t, "check-in.closed", "about a check-in that is closed already");
	plain(m->t, news);
	/* The first was not delivered and the second could not leave: that is no text at all. */
	if (second && is_expired(news))
		undelivered(m->t);
}

static void apply_opted_out(
	struct turn *t, const struct program *program, const json_t *entry, const struct news *news)
{
	struct member m;

	member_open(t, program, &m);
	consent_refused(&m);
	if (job_is(entry, JOB_PAGE))
		staff_page_result(t, entry, news->result);
	else if (job_is(entry, JOB_NOTICE))
		staff_notice_failed(t, entry, news->result);
}

static void apply(struct turn *t, json_t *entry, const struct news *news)
{
	const struct program *program = program_for(t, entry);
	struct member m;

	if (news->opted_out && program) {
		apply_opted_out(t, program, entry, news);
	} else if (job_is(entry, JOB_PAGE)) {
		staff_page_result(t, entry, news->result);
	} else if (job_is(entry, JOB_NOTICE)) {
		if (!news->accepted && !news->unknown)
			staff_notice_failed(t, entry, news->result);
	} else if (program && (job_is(entry, JOB_CHECK_IN) || job_is(entry, JOB_REMINDER))) {
		member_open(t, program, &m);
		apply_check_in(&m, entry, news);
	} else {
		plain(t, news);
		/* A question or an answer of ours that somebody waits for was never sent. */
		if (is_expired(news))
			undelivered(t);
	}
}

/* Nothing that could still come would change anything. */
static bool is_over(const json_t *entry, const struct news *news)
{
	if (job_is(entry, JOB_REPLY) || job_is(entry, JOB_STOPPED) || job_is(entry, JOB_SAFETY))
		return true;
	return news->accepted ? news->delivered : !news->unknown;
}

/* Forgotten: humans still learn that a text did not arrive, or that its receiver wants none. */
static void hear_old(struct turn *t, const struct news *news)
{
	const struct program *program = news->opted_out ? only_program(t) : NULL;
	struct member m;

	turn_trace(t, "text.old", "about a text nothing hangs on any more");
	if (program) {
		member_open(t, program, &m);
		consent_refused(&m);
	} else if (!news->accepted) {
		plain(t, news);
	}
}

static void hear(struct turn *t, const struct news *news, enum job_rank rank)
{
	json_t *entry = job_entry(t, news->number);

	if (!entry) {
		hear_old(t, news);
		return;
	}
	json_incref(entry);
	json_put_int(entry, "s", (int64_t)rank);
	apply(t, entry, news);
	if (is_over(entry, news))
		job_forget(t, news->number);
	json_decref(entry);
}

static void copy_texts(json_t *entry, const json_t *data, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_put_text(entry, keys[i], json_get_text(data, keys[i], ""));
}

/* --- the sender's word ----------------------------------------------------------------------- */

static void log_outcome(struct turn *t)
{
	static const char *const keys[] = {"job", "reason", "why", "account", "from"};
	const json_t *data = t->event->data;
	json_t *entry = turn_log(t, "outcome", "text.outcome");

	copy_texts(entry, data, keys, sizeof(keys) / sizeof(keys[0]));
	json_put_text(entry, "status", json_get_text(data, "result", ""));
	json_put_int(entry, "error", json_get_int(data, "error", 0));
	if (strcmp(json_get_text(data, "reason", ""), "unrecorded") == 0)
		/* the store does not take what became of it */
		turn_index(t, "text.unrecorded", INDEX_UNDELIVERED);
}

static struct news news_of_outcome(const struct turn *t)
{
	const json_t *data = t->event->data;
	const char *result = json_get_text(data, "result", "");
	struct news news = {.number = turn_job_number(t, json_get_text(data, "job", "")),
		.result = result,
		.why = json_get_text(data, "why", ""),
		.account = json_get_text(data, "account", ""),
		.accepted = strcmp(result, "accepted") == 0,
		.unknown = strcmp(result, "unknown") == 0,
		.ours = strcmp(result, "expired") == 0 || strcmp(result, "unwanted") == 0 ||
			strcmp(result, "stopped") == 0};

	news.opted_out = strcmp(result, "refused") == 0 &&
			 strcmp(news.why, answer_kind_name(ANSWER_OPTED_OUT)) == 0;
	return news;
}

/* --- the carrier's word ---------------------------------------------------------------------- */

static enum job_rank rank_of(const char *status)
{
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

/* Providers that do not give our job back are understood by their own name for the text. */
static int64_t receipt_number(struct turn *t)
{
	const json_t *data = t->event->data;
	const char *job = json_get_text(data, "job", "");
	int64_t number;

	if (*job)
		return turn_job_number(t, job);
	job_of_provider(t, json_get_text(data, "provider_id", ""),
		json_get_text(data, "account", ""), &number);
	return number;
}

static void log_receipt(struct turn *t, int64_t number)
{
	static const char *const keys[] = {"job", "status", "why", "account"};
	const json_t *data = t->event->data;
	json_t *entry = turn_log(t, "receipt", "text.receipt");
	char job[JOB_ID_SIZE];

	copy_texts(entry, data, keys, sizeof(keys) / sizeof(keys[0]));
	json_put_int(entry, "error", json_get_int(data, "error", 0));
	if (!number)
		return;
	turn_job_id(t, number, job);
	json_put_text(entry, "job", job);
}

static struct news news_of_receipt(struct turn *t, int64_t number)
{
	const json_t *data = t->event->data;
	const char *status = json_get_text(data, "status", "");
	struct news news = {.number = number,
		.result = status,
		.why = json_get_text(data, "why", ""),
		.account = json_get_text(data, "account", "")};

	news.delivered = strcmp(status, "delivered") == 0 || strcmp(status, "read") == 0;
	news.accepted = news.delivered || rank_of(status) != RANK_FINAL;
	news.after_all = !news.accepted;
	news.opted_out =
		!news.accepted && strcmp(news.why, answer_kind_name(ANSWER_OPTED_OUT)) == 0;
	return news;
}

/* A final state never goes back, nothing is heard twice, and that an earlier attempt of a page
 * failed is no news about the last. */
static bool is_news(struct turn *t, const json_t *known, const struct news *news)
{
	int64_t attempt = json_get_int(t->event->data, "attempt", 0);

	if (!known)
		return true;
	if (json_get_int(known, "s", RANK_WAITING) >= (int64_t)rank_of(news->result))
		return false;
	return news->accepted || !attempt || attempt >= json_get_int(known, "n", 1);
}

static void take_receipt(struct turn *t, json_t *known, const struct news *news)
{
	int64_t at = json_get_int(known, "t", 0);
	bool waits = json_get_int(known, "s", RANK_WAITING) == RANK_WAITING;

	if (known)
		job_named(known, news->account, json_get_text(t->event->data, "provider_id", ""));
	if (news->delivered && at)
		turn_observe(t, json_get_text(known, "a", ""), happened(t) - at);
	/* The carrier has it though the sender has not heard so: it must not go out again. */
	if (known && news->accepted && waits)
		turn_cancel(t, news->number, "text.receipt");
	hear(t, news, rank_of(news->result));
}

/* A forgotten text may have been of any program that this person is in. */
static const struct program *redacting_program(const struct turn *t)
{
	const json_t *slots = json_object_get(t->doc, "p");

	for (size_t i = 0; i < t->house->nprograms; i++) {
		const struct program *p = &t->house->programs[i];

		if (p->redact && json_object_get(slots, p->id))
			return p;
	}
	return NULL;
}

/* The words of a text that is done with are nobody's business any more. */
static void redact(struct turn *t, const json_t *known, const struct news *news)
{
	const json_t *data = t->event->data;
	struct errand_text text = {.program = known ? program_for(t, known) : redacting_program(t),
		.account = json_get_text(data, "account", json_get_text(known, "a", "")),
		.provider_id = json_get_text(data, "provider_id", json_get_text(known, "i", "")),
		.job = news->number};

	errand_redact(t, &text);
}

static void act(struct turn *t, int64_t number)
{
	struct news news = news_of_receipt(t, number);
	json_t *known = json_incref(job_entry(t, number));

	if (is_news(t, known, &news)) {
		take_receipt(t, known, &news);
		if (rank_of(news.result) == RANK_FINAL)
			redact(t, known, &news);
	}
	json_decref(known);
}

/* --- receipts that come before the outcome --------------------------------------------------- */

static void early_key(const json_t *data, char key[128])
{
	text_set(key, 128, "%s %s", json_get_text(data, "account", ""),
		json_get_text(data, "provider_id", ""));
}

static void early_drop_oldest(json_t *early)
{
	const char *key, *oldest = NULL;
	json_t *receipt;
	int64_t at = 0;

	json_object_foreach(early, key, receipt)
	{
		if (!oldest || json_get_int(receipt, "at", 0) < at) {
			oldest = key;
			at = json_get_int(receipt, "at", 0);
		}
	}
	json_object_del(early, oldest);
}

/* True when it may be about a text whose outcome has not come: it is kept until then. */
static bool early_keep(struct turn *t)
{
	const json_t *data = t->event->data, *kept;
	json_t *early = json_object_get(t->doc, "early");
	char key[128];

	if (*json_get_text(data, "job", "") || !*json_get_text(data, "provider_id", "") ||
		!job_any_unnamed(t))
		return false;
	if (!early) {
		early = json_object();
		json_object_set_new(t->doc, "early", early);
	}
	early_key(data, key);
	kept = json_object_get(early, key);
	if (!kept && json_object_size(early) >= EARLY_MOST)
		early_drop_oldest(early);
	if (rank_of(json_get_text(kept, "status", "queued")) <=
		rank_of(json_get_text(data, "status", "")))
		json_object_set_new(early, key, json_deep_copy(data));
	return true;
}

/* t->event is the outcome of `number`: a receipt for it may have been here before. */
static void early_take(struct turn *t, int64_t number)
{
	const struct event *outcome = t->event;
	json_t *early = json_object_get(t->doc, "early"), *data;
	struct event event;
	char key[128];

	early_key(outcome->data, key);
	data = json_incref(json_object_get(early, key));
	json_object_del(early, key);
	if (!data)
		return;
	event_read(data, &event);
	t->event = &event;
	act(t, number);
	t->event = outcome;
	json_decref(data);
}

/* --------------------------------------------------------------------------------------------- */

void job_outcome(struct turn *t)
{
	struct news news = news_of_outcome(t);
	json_t *known = job_entry(t, news.number);
	int64_t rank = json_get_int(known, "s", RANK_WAITING);

	turn_number_taken(t, news.number);
	log_outcome(t);
	if (known && news.accepted)
		job_accepted(known, t->event->data, happened(t));
	/* Our own answer may come after the carrier's receipt, which knows more. */
	if (rank > RANK_ACCEPTED || (news.unknown && rank == RANK_ACCEPTED))
		return;
	hear(t, &news, news.accepted ? RANK_ACCEPTED : RANK_WAITING);
	if (news.accepted)
		early_take(t, news.number);
}

void job_receipt(struct turn *t)
{
	const char *status = json_get_text(t->event->data, "status", "");
	int64_t number = receipt_number(t);

	turn_number_taken(t, number);
	log_receipt(t, number);
	if (known_status(status) && number)
		act(t, number);
	else if (known_status(status) && early_keep(t))
		turn_trace(t, "text.receipt", "about a text of which our own sender has not told");
	else
		turn_trace(t, "text.receipt", "about no text that is known here: kept only");
}
