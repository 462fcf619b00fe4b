#include "scheduler/verdict.h"
#include "core/backoff.h"

#include <warmline/fail.h>

/*
 * A page is tried again soon, whatever the provider would like; somebody waits for a reply; a
 * check-in can wait.
 */
static const struct {
	int64_t first_ms, most_ms;
} waits[LANES] = {{1000, 15000}, {1000, 60000}, {5000, 300000}};

#define REST_MOST_MS 30000
/* A page of which nobody knows the end goes out again at once, then ever more slowly. */
#define AGAIN_FIRST_MS 2000
#define AGAIN_DOUBLES  4

struct verdict_of_send verdict_later(const char *reason, int64_t wait_ms)
{
	return (struct verdict_of_send){.result = JOB_LATER, .reason = reason, .wait_ms = wait_ms};
}

struct verdict_of_send verdict_end(enum job_result result, const char *said, const char *reason)
{
	return (struct verdict_of_send){.result = result, .said = said, .reason = reason};
}

static int64_t backoff_of(const struct tried *tried)
{
	return backoff_ms(tried->attempt, waits[tried->lane].first_ms, waits[tried->lane].most_ms,
		tried->entropy);
}

/*
 * What the provider asks for, and a little more, so that not all come back at once. Another
 * account has not asked for anything.
 */
static int64_t wait_of(const struct tried *tried, int64_t retry_after_ms)
{
	int64_t most = waits[tried->lane].most_ms, wait = backoff_of(tried);

	if (tried->next)
		return tried->lane == LANE_CRISIS ? 0 : wait;
	if (retry_after_ms <= 0)
		return wait;
	if (tried->lane == LANE_CRISIS) {
		retry_after_ms = retry_after_ms < most ? retry_after_ms : most;
		return wait > retry_after_ms ? wait : retry_after_ms;
	}
	return retry_after_ms + (int64_t)(tried->entropy % (uint64_t)(retry_after_ms / 8 + 250));
}

/* The account rests as long as the provider asks; else as long as a text that runs into it. */
static int64_t rest_of(const struct tried *tried, int64_t retry_after_ms)
{
	int64_t rest = retry_after_ms > 0 ? retry_after_ms : backoff_of(tried);

	return rest < REST_MOST_MS ? rest : REST_MOST_MS;
}

/* Not accepted, so it may be repeated, unless that would be too late. */
static struct verdict_of_send later_or_expired(
	const struct tried *tried, const char *reason, int64_t retry_after_ms)
{
	int64_t wait = wait_of(tried, retry_after_ms);

	if (tried->expires && tried->now_ms + wait >= tried->expires)
		return verdict_end(JOB_EXPIRED, "expired", reason);
	return verdict_later(reason, wait);
}

static struct verdict_of_send unknown(const struct tried *tried, const char *reason)
{
	struct verdict_of_send v = verdict_end(JOB_UNKNOWN, "unknown", reason);
	int doubles = tried->ambiguous < AGAIN_DOUBLES ? tried->ambiguous : AGAIN_DOUBLES;

	if (tried->lane == LANE_CRISIS && !tried->next)
		v.wait_ms = (int64_t)AGAIN_FIRST_MS << (doubles > 0 ? doubles : 0);
	return v;
}

static struct verdict_of_send refused(enum answer_kind why, const char *reason)
{
	struct verdict_of_send v = verdict_end(JOB_REFUSED, "refused", reason);

	v.why = why;
	return v;
}

/* For good only when there is nobody left who might carry it. */
static struct verdict_of_send account_refused(const struct tried *tried)
{
	if (tried->nobody_can)
		return refused(ANSWER_ACCOUNT, "account");
	return later_or_expired(tried, "account", 0);
}

static struct verdict_of_send accepted(const struct provider_answer *answer)
{
	struct verdict_of_send v = verdict_end(JOB_ACCEPTED, "accepted", "");

	text_set(v.provider_id, sizeof(v.provider_id), "%s", answer->provider_id);
	return v;
}

static struct verdict_of_send answered(const struct tried *tried, const struct http_answer *http,
	const struct provider_answer *answer)
{
	struct verdict_of_send v;

	switch (answer->kind) {
	case ANSWER_ACCEPTED: return accepted(answer);
	case ANSWER_OPTED_OUT: return refused(answer->kind, "opted out at the provider");
	case ANSWER_BAD_NUMBER: return refused(answer->kind, "bad number");
	case ANSWER_BLOCKED: return refused(answer->kind, "blocked");
	case ANSWER_CONTENT: return refused(answer->kind, "content");
	case ANSWER_ACCOUNT: return account_refused(tried);
	case ANSWER_RATE:
		v = later_or_expired(
			tried, "too many texts for the provider", http->retry_after_ms);
		v.rest_ms = rest_of(tried, http->retry_after_ms);
		return v;
	case ANSWER_BUSY:
	case ANSWER_NETWORK:
		return later_or_expired(tried, "provider did not accept", http->retry_after_ms);
	case ANSWER_UNKNOWN: break;
	}
	return unknown(tried, "provider's answer does not say");
}

struct verdict_of_send verdict_send(const struct tried *tried, const struct http_answer *http,
	const struct provider_answer *answer)
{
	struct verdict_of_send v;

	if (http->outcome == HTTP_NOT_SENT)
		return later_or_expired(tried, "provider not reached", 0);
	if (http->outcome == HTTP_UNKNOWN || !answer)
		return unknown(tried, "no whole answer from the provider");
	v = answered(tried, http, answer);
	v.error = answer->error;
	return v;
}
