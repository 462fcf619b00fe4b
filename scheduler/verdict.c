#include "scheduler/verdict.h"
#include "core/backoff.h"

#include <warmline/fail.h>

/* A page is tried again soon, whatever the provider would like; a routine text can wait. */
#define CRISIS_FIRST_MS  1000
#define CRISIS_MOST_MS   15000
#define ROUTINE_FIRST_MS 5000
#define ROUTINE_MOST_MS  300000
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

static int64_t wait_of(const struct tried *tried, int64_t retry_after_ms)
{
	bool crisis = tried->lane == LANE_CRISIS;
	int64_t first = crisis ? CRISIS_FIRST_MS : ROUTINE_FIRST_MS;
	int64_t most = crisis ? CRISIS_MOST_MS : ROUTINE_MOST_MS;
	int64_t wait = backoff_ms(tried->attempt, first, most, tried->entropy);

	if (crisis && retry_after_ms > CRISIS_MOST_MS)
		retry_after_ms = CRISIS_MOST_MS;
	return wait > retry_after_ms ? wait : retry_after_ms;
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

	if (tried->lane == LANE_CRISIS)
		v.wait_ms = (int64_t)AGAIN_FIRST_MS << (doubles > 0 ? doubles : 0);
	return v;
}

static struct verdict_of_send refused(const char *reason)
{
	return verdict_end(JOB_REFUSED, "refused", reason);
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
	case ANSWER_OPTED_OUT: return refused("opted out at the provider");
	case ANSWER_BAD_NUMBER: return refused("bad number");
	case ANSWER_BLOCKED: return refused("blocked");
	case ANSWER_CONTENT: return refused("content");
	case ANSWER_ACCOUNT: return refused("account");
	case ANSWER_RATE:
		v = later_or_expired(
			tried, "too many texts for the provider", http->retry_after_ms);
		v.rate = true;
		return v;
	case ANSWER_BUSY:
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
