#include "scheduler/attempt.h"
#include "core/backoff.h"
#include "scheduler/chance.h"
#include "scheduler/outcome.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define HTTP_MS         10000
#define CONNECT_MS      4000
#define FRESH_MS        250 /* a GO older than this may have been overtaken by a STOP */
#define FINISH_FIRST_MS 100
#define FINISH_MOST_MS  2000
#define REST_MOST_MS    30000 /* of all routine texts, when the provider wants fewer */
#define VALIDITY_MAX_S  36000

const char *lane_name(enum lane lane)
{
	static const char *const names[LANES] = {"crisis", "reply", "scheduled"};

	return names[lane];
}

static int64_t store_now(const struct sender *s)
{
	return clock_monotonic_ms() + s->ahead_ms;
}

static int64_t http_ms(const struct sender *s)
{
	return s->options.http_ms ? s->options.http_ms : HTTP_MS;
}

void attempt_free(struct attempt *a)
{
	http_exchange_cancel(&a->exchange);
	free(a->event);
	free(a->body);
	free(a);
}

/* --- finish ---------------------------------------------------------------------------------- */

static void count(const struct attempt *a)
{
	const char *said = a->verdict.said ? a->verdict.said : "later";
	char labels[80];

	text_set(labels, sizeof(labels), "lane=\"%s\",result=\"%s\"", lane_name(a->lane), said);
	metric_add("warmline_texts_total", labels, 1);
	if (a->verdict.result == JOB_ACCEPTED)
		return;
	log_event(a->verdict.result == JOB_LATER ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "text",
		"job=%s attempt=%d lane=%s result=%s reason=\"%s\" error=%d", a->job, a->number,
		lane_name(a->lane), said, a->verdict.reason, a->verdict.error);
}

static void finish_later(struct attempt *a, enum store_result result)
{
	a->tries++;
	a->again_ms = clock_monotonic_ms() +
		      backoff_ms(a->tries, FINISH_FIRST_MS, FINISH_MOST_MS, chance());
	log_limited(LOG_LEVEL_WARN, "finish-waits", "job=%s result=%s; asking again until recorded",
		a->job, store_result_name(result));
}

static void on_finished(void *arg, enum store_result result)
{
	struct attempt *a = arg;

	switch (result) {
	case STORE_REFUSED:
	case STORE_UNKNOWN:
		/* An accepted text must be recorded: the same ids are asked until somebody knows.
		 */
		finish_later(a, result);
		return;
	case STORE_LOST:
		metric_add("warmline_finishes_lost_total", "", 1);
		log_event(LOG_LEVEL_WARN, "finish-lost",
			"job=%s attempt=%d; its lease was over and another sender has it", a->job,
			a->number);
		break;
	case STORE_BROKEN:
		log_event(LOG_LEVEL_ERROR, "finish-broken", "job=%s attempt=%d", a->job, a->number);
		break;
	default:
		count(a);
		if (a->retry_ms)
			sender_attempt_wake(a, a->retry_ms);
	}
	sender_attempt_over(a);
}

void attempt_finish_again(struct attempt *a)
{
	struct finish finish = {.job = a->job,
		.fence = a->fence,
		.result = a->verdict.result,
		.retry_ms = a->retry_ms,
		.provider_id = a->verdict.provider_id[0] ? a->verdict.provider_id : NULL,
		.event_id = a->event ? a->event_id : NULL,
		.event = {a->event, a->event ? strlen(a->event) : 0}};

	a->again_ms = 0;
	a->sender->options.store->ops->finish(a->sender->options.store, &finish, on_finished, a);
}

static void finish(struct attempt *a, const struct verdict_of_send *verdict)
{
	struct sender *s = a->sender;
	int64_t now_ms = store_now(s);

	a->verdict = *verdict;
	if (verdict->result == JOB_LATER ||
		(verdict->result == JOB_UNKNOWN && a->lane == LANE_CRISIS))
		a->retry_ms = now_ms + verdict->wait_ms;
	if (verdict->rate)
		outage_rest(s->options.outage, clock_monotonic_ms(),
			verdict->wait_ms < REST_MOST_MS ? verdict->wait_ms : REST_MOST_MS);
	outcome_write(a, now_ms);
	if (s->quit)
		a->again_ms = INT64_MAX; /* the store is being freed; its lease will tell */
	else
		attempt_finish_again(a);
}

/* --- send ------------------------------------------------------------------------------------ */

static void on_answer(void *arg, const struct http_answer *http)
{
	struct attempt *a = arg;
	struct sender *s = a->sender;
	struct tried tried = {.lane = a->lane,
		.attempt = a->number,
		.ambiguous = a->ambiguous,
		.now_ms = store_now(s),
		.expires = a->expires,
		.entropy = chance()};
	struct provider_answer answer = {.kind = ANSWER_UNKNOWN};
	struct verdict_of_send verdict;

	a->exchange = NULL;
	if (http->outcome == HTTP_ANSWERED) {
		s->provider->answer(
			s->options.account, http->status, http->body, http->body_len, &answer);
		verdict = verdict_send(&tried, http, &answer);
	} else {
		verdict = verdict_send(&tried, http, NULL);
	}
	if (answer.kind == ANSWER_ACCOUNT)
		log_limited(LOG_LEVEL_ERROR, "account-refused",
			"the provider refuses our account (status %d, error %d): check its id, "
			"token and balance",
			http->status, answer.error);
	finish(a, &verdict);
}

static int64_t validity_s(const struct attempt *a)
{
	int64_t left = a->expires ? (a->expires - store_now(a->sender)) / 1000 : VALIDITY_MAX_S;

	if (left > VALIDITY_MAX_S)
		return VALIDITY_MAX_S;
	return left > 1 ? left : 1;
}

static void send_now(struct attempt *a)
{
	struct sender *s = a->sender;
	char *callback = xasprintf("%s/twilio/status?a=%s&j=%s&n=%d", s->options.public_url,
		a->actor.text, a->job, a->number);
	struct outbound_text text = {.to = a->to,
		.from = a->from,
		.body = a->body,
		.callback_url = callback,
		.validity_s = validity_s(a)};
	struct provider_request request = {0};
	struct http_out_header headers[] = {{NULL, NULL}, {NULL, NULL}};
	struct http_call call = {.headers = headers, .fresh = true, .connect_ms = CONNECT_MS};

	s->provider->build(s->options.account, &text, &request);
	if (request.type)
		headers[0] = (struct http_out_header){"Content-Type", request.type};
	call.method = request.method;
	call.url = request.url;
	call.user = request.user;
	call.password = request.password;
	call.body = request.body;
	call.body_len = request.body ? strlen(request.body) : 0;
	call.total_ms = http_ms(s);
	a->exchange = http_call(s->options.client, &call, on_answer, a);
	provider_request_clear(&request);
	free(callback);
}

/* --- begin ----------------------------------------------------------------------------------- */

/*
 * The process stood still (stopped, swapped out) since begin was asked: what begin found true
 * then need not be true now. Nothing has left, so the job goes back. Lane 0 passes every gate;
 * there only a lease that may be over counts.
 */
static bool stale(const struct attempt *a)
{
	const struct sender *s = a->sender;
	int64_t now_ms = clock_monotonic_ms();

	if (a->lane == LANE_CRISIS)
		return now_ms - a->asked_ms > http_ms(s) / 2;
	return now_ms - s->beat_ms > FRESH_MS || a->asked_ms < s->stood_still_ms;
}

static void begun(struct attempt *a, enum begin_verdict what)
{
	struct verdict_of_send verdict;

	switch (what) {
	case BEGIN_GO:
		if (!stale(a)) {
			send_now(a);
			return;
		}
		metric_add("warmline_begins_stale_total", "", 1);
		verdict = verdict_later("this process stood still", 0);
		break;
	case BEGIN_STOPPED:
		verdict = verdict_end(JOB_REFUSED, "stopped", "the person opted out");
		break;
	case BEGIN_EXPIRED: verdict = verdict_end(JOB_EXPIRED, "expired", "too late"); break;
	case BEGIN_WAIT:
		metric_add("warmline_begins_wait_total", "", 1);
		sender_attempt_over(a);
		return;
	default: /* canceled meanwhile, and gone */
		metric_add("warmline_begins_unwanted_total", "", 1);
		sender_attempt_over(a);
		return;
	}
	finish(a, &verdict);
}

static void on_begun(void *arg, enum store_result result, enum begin_verdict what)
{
	struct attempt *a = arg;
	struct verdict_of_send verdict;

	switch (result) {
	case STORE_OK: begun(a, what); return;
	case STORE_REFUSED:
	case STORE_UNKNOWN:
		/* Surely not sent by us. Without this word the lease would call it "unknown". */
		verdict = verdict_later("the store did not answer", 0);
		finish(a, &verdict);
		return;
	default:
		metric_add("warmline_begins_lost_total", "", 1);
		log_limited(LOG_LEVEL_INFO, "begin-lost", "job=%s result=%s", a->job,
			store_result_name(result));
		sender_attempt_over(a);
	}
}

static bool body_read(struct attempt *a, const struct blob *blob)
{
	json_t *body = json_parse(blob->data, blob->len);
	const char *text = json_get_text(body, "body", "");
	bool ok = body && *text &&
		  text_set(a->to, sizeof(a->to), "%s", json_get_text(body, "to", "")) &&
		  text_set(a->from, sizeof(a->from), "%s", json_get_text(body, "from", "")) &&
		  a->to[0] && a->from[0];

	if (ok)
		a->body = xstrdup(text);
	json_decref(body);
	return ok;
}

static struct attempt *attempt_new(struct sender *s, const struct job *job)
{
	struct attempt *a = xcalloc(1, sizeof(*a));

	a->sender = s;
	a->lane = job->lane;
	a->fence = job->fence;
	a->number = job->attempt;
	a->ambiguous = job->ambiguous;
	a->expires = job->expires;
	text_set(a->job, sizeof(a->job), "%s", job->id);
	text_set(a->actor.text, sizeof(a->actor.text), "%s", job->actor);
	text_set(a->program, sizeof(a->program), "%s", job->program);
	TAILQ_INSERT_TAIL(&s->attempts, a, entry);
	return a;
}

void attempt_start(struct sender *s, const struct job *job)
{
	struct attempt *a = attempt_new(s, job);
	struct verdict_of_send verdict;

	if (job->state == JOB_LAPSED) {
		verdict = verdict_end(JOB_UNKNOWN, "unknown", "its sender ended while sending");
	} else if (!body_read(a, &job->body)) {
		verdict = verdict_end(JOB_REFUSED, "refused", "unreadable");
	} else if (s->stopped) {
		verdict = verdict_later("this process is stopping", 0);
	} else {
		a->asked_ms = clock_monotonic_ms();
		/* The lease outlives the send twice over: a lapsed one is surely not on its way. */
		s->options.store->ops->begin(
			s->options.store, a->job, a->fence, http_ms(s) * 5 / 2, on_begun, a);
		return;
	}
	finish(a, &verdict);
}
