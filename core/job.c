#include <core/errand.h>
#include <core/job.h>
#include <core/staff.h>
#include <warmline/fail.h>

/* A page's fate is asked for after so long, however slow its account's receipts usually are. */
#define PAGE_RECEIPT_MS MINUTE_MS
/* An outcome that is so much slower than its receipt does not come any more. */
#define EARLY_MS (10 * MINUTE_MS)

static json_t *jobs_of(struct turn *t)
{
	return json_object_get(t->doc, "jobs");
}

json_t *job_entry(struct turn *t, int64_t number)
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

bool job_is(const json_t *entry, const char *kind)
{
	return strcmp(json_get_text(entry, "k", ""), kind) == 0;
}

static bool is_routine(const json_t *entry)
{
	return !job_is(entry, JOB_SAFETY) && !job_is(entry, JOB_PAGE) &&
	       !job_is(entry, JOB_STOPPED);
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
			if (job_is(entry, JOB_NOTICE))
				staff_notice_failed(t, entry, "stopped");
		}
		json_object_del(jobs_of(t), key);
	}
	if (json_object_size(jobs_of(t)) == 0)
		json_object_del(t->doc, "jobs");
}

json_t *job_of_provider(
	struct turn *t, const char *provider_id, const char *account, int64_t *number)
{
	const char *key;
	json_t *entry;

	*number = 0;
	json_object_foreach(jobs_of(t), key, entry)
	{
		const char *known = json_get_text(entry, "a", "");

		if (!*provider_id || strcmp(json_get_text(entry, "i", ""), provider_id) != 0 ||
			(*account && *known && strcmp(known, account) != 0))
			continue;
		*number = strtoll(key, NULL, 10);
		return entry;
	}
	return NULL;
}

bool job_any_unnamed(struct turn *t)
{
	const char *key;
	json_t *entry;

	json_object_foreach(
		jobs_of(t), key, entry) if (!*json_get_text(entry, "i", "")) return true;
	return false;
}

void job_sweep(struct turn *t)
{
	json_t *early = json_object_get(t->doc, "early"), *receipt;
	const char *key;
	void *next;

	json_object_foreach_safe(early, next, key, receipt)
	{
		if (t->now - json_get_int(receipt, "at", 0) > EARLY_MS)
			json_object_del(early, key);
	}
	if (early && (json_object_size(early) == 0 || !job_any_unnamed(t)))
		json_object_del(t->doc, "early");
}

void job_accepted(json_t *entry, const json_t *outcome, int64_t at)
{
	int64_t attempt = json_get_int(outcome, "attempt", 1);

	if (attempt <= json_get_int(entry, "n", 0))
		return; /* told twice, or told late of an attempt before the last */
	json_put_text(entry, "a", json_get_text(outcome, "account", ""));
	json_put_text(entry, "i", json_get_text(outcome, "provider_id", ""));
	json_put_int(entry, "n", attempt);
	json_put_int(entry, "t", *json_get_text(entry, "a", "") ? at : 0);
}

void job_named(json_t *entry, const char *account, const char *provider_id)
{
	if (*json_get_text(entry, "i", "") || !*provider_id)
		return;
	json_put_text(entry, "a", account);
	json_put_text(entry, "i", provider_id);
}

/* --- texts of which nothing is heard --------------------------------------------------------- */

static bool is_looked_up(const json_t *entry)
{
	return job_is(entry, JOB_CHECK_IN) || job_is(entry, JOB_REMINDER) ||
	       job_is(entry, JOB_PAGE);
}

/* When its receipt is overdue; 0 = never: it was heard of, asked about, or nothing is due. */
static int64_t overdue_at(const struct turn *t, const json_t *entry)
{
	const struct house *house = t->house;
	const struct account *account;
	int64_t at = json_get_int(entry, "t", 0), wait;

	if (!at || json_get_int(entry, "s", RANK_WAITING) > RANK_ACCEPTED || !is_looked_up(entry))
		return 0;
	account = account_find(house->accounts, house->naccounts, json_get_text(entry, "a", ""));
	wait = account ? account->receipt_ms : 0;
	if (job_is(entry, JOB_PAGE) && wait > PAGE_RECEIPT_MS)
		wait = PAGE_RECEIPT_MS;
	return wait > 0 ? at + wait : 0;
}

int64_t job_next(struct turn *t)
{
	int64_t next = 0;
	const char *key;
	json_t *entry;

	json_object_foreach(jobs_of(t), key, entry)
	{
		int64_t at = overdue_at(t, entry);

		if (at && (!next || at < next))
			next = at;
	}
	return next;
}

static void look_up(struct turn *t, int64_t number, json_t *entry)
{
	const struct house *house = t->house;
	int64_t waited = t->now - json_get_int(entry, "t", t->now);
	struct errand_text text = {.account = json_get_text(entry, "a", ""),
		.provider_id = json_get_text(entry, "i", ""),
		.job = number};

	text.program =
		program_find(house->programs, house->nprograms, json_get_text(entry, "p", ""));
	errand_look_up(t, &text, waited);
	turn_observe(t, text.account, waited);
	json_object_del(entry, "t"); /* never asked twice */
}

void job_due(struct turn *t)
{
	const char *key;
	json_t *entry;

	json_object_foreach(jobs_of(t), key, entry)
	{
		int64_t at = overdue_at(t, entry);

		if (at && at <= t->now)
			look_up(t, strtoll(key, NULL, 10), entry);
	}
}
