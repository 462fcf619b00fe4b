/*
 * An errand: a provider is asked about a text that it has, or to take its words away. Step after
 * step in one attempt, each idempotent, so that whatever is not known is simply done again: no
 * journal, no unknown end, no STOP.
 *
 *   run → request → on_answer → next request … → finish
 */
#include "core/backoff.h"
#include "scheduler/attempt.h"
#include "scheduler/chance.h"

#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define STEPS_MOST 4
/* A receipt comes within minutes or late; a provider that is not final needs time. */
#define FIRST_MS 15000
#define MOST_MS  600000
#define LAST_MS  1000 /* before its expiry it is tried once more */

static const char *const kinds[] = {[ERRAND_LOOK_UP] = "look-up", [ERRAND_REDACT] = "redact"};

struct errand_job {
	char account[ACCOUNT_NAME_SIZE], provider_id[80], to[32];
	char about[JOB_ID_SIZE]; /* the text's own job */
	struct errand errand;    /* points here */
	int step;
	struct inbound_receipt receipt; /* what a look-up found */
};

/* --- the job --------------------------------------------------------------------------------- */

bool attempt_errand_read(struct attempt *a, const json_t *body)
{
	const char *kind = json_get_text(body, "errand", "");
	struct errand_job *e;
	size_t i = 0;

	while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[i], kind) != 0)
		i++;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return false;
	e = a->errand = xcalloc(1, sizeof(*e));
	text_set(e->account, sizeof(e->account), "%s", json_get_text(body, "account", ""));
	text_set(e->provider_id, sizeof(e->provider_id), "%s", json_get_text(body, "id", ""));
	text_set(e->to, sizeof(e->to), "%s", json_get_text(body, "to", ""));
	text_set(e->about, sizeof(e->about), "%s", json_get_text(body, "job", ""));
	e->errand = (struct errand){(enum errand_kind)i, e->provider_id, e->to};
	return true;
}

void attempt_errand_free(struct attempt *a)
{
	free(a->errand);
	a->errand = NULL;
}

const char *attempt_errand_account(const struct attempt *a)
{
	return a->errand->account;
}

/* --- ends ------------------------------------------------------------------------------------ */

struct verdict_of_send attempt_errand_gave_up(void)
{
	return verdict_end(JOB_EXPIRED, "gave up", "too late");
}

struct verdict_of_send attempt_errand_never(void)
{
	return verdict_end(JOB_REFUSED, "never", "");
}

static struct verdict_of_send again_after(
	const struct attempt *a, const char *reason, int64_t least_ms)
{
	int64_t wait = backoff_ms(a->number, FIRST_MS, MOST_MS, chance());
	int64_t left = a->expires ? a->expires - attempt_store_now(a->sender) : INT64_MAX;

	if (wait < least_ms)
		wait = least_ms;
	if (left < FIRST_MS)
		return attempt_errand_gave_up();
	return verdict_later(reason, wait < left ? wait : left - LAST_MS);
}

struct verdict_of_send attempt_errand_again(const struct attempt *a, const char *reason)
{
	return again_after(a, reason, 0);
}

static bool found_something(const struct attempt *a)
{
	return a->verdict.result == JOB_ACCEPTED && a->errand->errand.kind == ERRAND_LOOK_UP;
}

static void put_receipt(json_t *event, const struct inbound_receipt *receipt)
{
	json_put_text(event, "status", receipt->status);
	if (receipt->why != ANSWER_ACCEPTED)
		json_put_text(event, "why", answer_kind_name(receipt->why));
	json_put_int(event, "error", receipt->error);
}

/* A look-up that found something is the receipt itself, by the id that its webhook would have. */
char *attempt_errand_event(struct attempt *a, int64_t now_ms)
{
	const struct errand_job *e = a->errand;
	json_t *event = json_object();
	char *text;

	text_set(a->event_id, sizeof(a->event_id), "%s:errand", a->job);
	if (found_something(a) && e->receipt.event_id[0])
		text_set(a->event_id, sizeof(a->event_id), "%s", e->receipt.event_id);
	json_put_text(event, "id", a->event_id);
	json_put_int(event, "at", now_ms);
	json_put_text(event, "program", a->program);
	json_put_text(event, "job", e->about);
	json_put_text(event, "account", e->account);
	json_put_text(event, "provider_id", e->provider_id);
	json_put_text(event, "kind", found_something(a) ? "receipt" : "errand");
	if (found_something(a)) {
		put_receipt(event, &e->receipt);
	} else {
		json_put_text(event, "errand", kinds[e->errand.kind]);
		json_put_text(event, "result", a->verdict.said);
	}
	text = json_print(event);
	json_decref(event);
	return text;
}

void attempt_errand_count(const struct attempt *a)
{
	const char *kind = kinds[a->errand->errand.kind];
	const char *said = a->verdict.said ? a->verdict.said : "later";
	char labels[64];

	text_set(labels, sizeof(labels), "errand=\"%s\",result=\"%s\"", kind, said);
	metric_add("warmline_errands_total", labels, 1);
	if (a->verdict.result == JOB_REFUSED || a->verdict.result == JOB_EXPIRED)
		log_event(LOG_LEVEL_INFO, "errand",
			"job=%s account=%s errand=%s result=%s reason=\"%s\"", a->job,
			a->errand->account, kind, said, a->verdict.reason);
}

/* --- steps ----------------------------------------------------------------------------------- */

/* On its way is no news: the receipt that matters comes later. */
static bool is_final(const struct errand_job *e)
{
	return e->errand.kind != ERRAND_LOOK_UP ||
	       (strcmp(e->receipt.status, "queued") != 0 && strcmp(e->receipt.status, "sent") != 0);
}

static enum errand_state state_of(struct attempt *a, const struct http_answer *http)
{
	struct errand_job *e = a->errand;
	struct provider_reply reply = {http->status, http->body, http->body_len};
	enum errand_state state;

	if (http->outcome != HTTP_ANSWERED)
		return ERRAND_LATER;
	e->receipt = (struct inbound_receipt){.attempt = 0};
	state = a->channel->provider->errand_answer(
		a->channel->account, &e->errand, e->step, &reply, &e->receipt);
	if (state == ERRAND_DONE && !is_final(e))
		return ERRAND_LATER;
	if (state == ERRAND_NEXT && e->step + 1 >= STEPS_MOST)
		return ERRAND_LATER;
	return state;
}

static void on_answer(void *arg, const struct http_answer *http)
{
	struct attempt *a = arg;
	struct verdict_of_send verdict;

	a->exchange = NULL;
	switch (state_of(a, http)) {
	case ERRAND_NEXT:
		a->errand->step++;
		attempt_errand_run(a);
		return;
	case ERRAND_DONE: verdict = verdict_end(JOB_ACCEPTED, "done", ""); break;
	case ERRAND_NEVER: verdict = attempt_errand_never(); break;
	case ERRAND_LATER:
	default: verdict = again_after(a, "not yet", http->retry_after_ms); break;
	}
	attempt_finish(a, &verdict);
}

void attempt_errand_run(struct attempt *a)
{
	const struct provider *provider = a->channel->provider;
	struct errand_job *e = a->errand;
	struct provider_request request = {0};
	struct verdict_of_send verdict = attempt_errand_never();

	if (a->sender->quit)
		return; /* its lease brings it back */
	if (provider->errand &&
		provider->errand(a->channel->account, &e->errand, e->step, &request))
		attempt_call(a, &request, attempt_http_ms(a->sender), on_answer);
	else
		attempt_finish(a, &verdict);
}
