#include "scheduler/attempt.h"
#include "scheduler/chance.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/metrics.h>

#define HTTP_MS        10000
#define CONNECT_MS     4000
#define FRESH_MS       250 /* a GO older than this may have been overtaken by a STOP */
#define VALIDITY_MAX_S 36000

const char *lane_name(enum lane lane)
{
	static const char *const names[LANES] = {"crisis", "reply", "scheduled"};

	return names[lane];
}

int64_t attempt_store_now(const struct sender *s)
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
	ledger_close(&a->note, a->recorded);
	free(a->event);
	free(a->body);
	free(a->written);
	free(a);
}

bool attempt_is_crisis(const struct attempt *a)
{
	return a->lane == LANE_CRISIS;
}

/* --- send ------------------------------------------------------------------------------------ */

static void on_answer(void *arg, const struct http_answer *http)
{
	struct attempt *a = arg;
	struct sender *s = a->sender;
	struct tried tried = {.lane = a->lane,
		.attempt = a->number,
		.ambiguous = a->ambiguous,
		.now_ms = attempt_store_now(s),
		.expires = a->expires,
		.entropy = chance()};
	struct provider_answer answer = {.kind = ANSWER_UNKNOWN};
	struct verdict_of_send verdict;

	a->exchange = NULL;
	if (http->outcome == HTTP_ANSWERED) {
		s->provider->answer(s->options.accounts,
			&(struct provider_reply){http->status, http->body, http->body_len},
			&answer);
		verdict = verdict_send(&tried, http, &answer);
	} else {
		verdict = verdict_send(&tried, http, NULL);
	}
	if (answer.kind == ANSWER_ACCOUNT)
		log_limited(LOG_LEVEL_ERROR, "account-refused",
			"the provider refuses our account (status %d, error %d): check its id, "
			"token and balance",
			http->status, answer.error);
	attempt_finish(a, &verdict);
}

static int64_t validity_s(const struct attempt *a)
{
	int64_t left =
		a->expires ? (a->expires - attempt_store_now(a->sender)) / 1000 : VALIDITY_MAX_S;

	if (left > VALIDITY_MAX_S)
		return VALIDITY_MAX_S;
	return left > 1 ? left : 1;
}

static void send_now(struct attempt *a)
{
	struct sender *s = a->sender;
	char *callback = xasprintf("%s/%s/status?a=%s&j=%s&n=%d", s->options.public_url,
		s->options.accounts[0].name, a->actor.text, a->job, a->number);
	struct outbound_text text = {.to = a->to,
		.from = a->from,
		.body = a->body,
		.callback_url = callback,
		.validity_s = validity_s(a)};
	struct provider_request request = {0};
	struct http_out_header headers[] = {{NULL, NULL}, {NULL, NULL}};
	struct http_call call = {.headers = headers, .fresh = true, .connect_ms = CONNECT_MS};

	s->provider->build(s->options.accounts, &text, &request);
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

static void put_back(struct attempt *a)
{
	struct verdict_of_send verdict = verdict_later("this process stood still", 0);

	metric_add("warmline_begins_stale_total", "", 1);
	attempt_finish(a, &verdict);
}

void attempt_launch(struct attempt *a)
{
	if (a->sender->quit)
		return; /* its lease will tell */
	if (stale(a))
		put_back(a);
	else
		send_now(a);
}

/* It left before the store forgot it: the end is told under the number that it has now. */
static void sent_before(struct attempt *a, enum job_result result, const char *said)
{
	struct verdict_of_send verdict = verdict_end(result, said, "it left before");

	metric_add("warmline_begins_sent_before_total", "", 1);
	attempt_journal_begin(a);
	a->journal_by_ms = 0;
	attempt_finish(a, &verdict);
}

static void begun(struct attempt *a, enum begin_verdict what)
{
	struct verdict_of_send verdict;

	switch (what) {
	case BEGIN_GO:
		if (stale(a))
			put_back(a);
		else if (!attempt_journal_begin(a))
			send_now(a);
		return;
	case BEGIN_SENT: sent_before(a, JOB_ACCEPTED, "accepted"); return;
	case BEGIN_UNSURE: sent_before(a, JOB_UNKNOWN, "unknown"); return;
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
	attempt_finish(a, &verdict);
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
		attempt_finish(a, &verdict);
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

	if (ok) {
		a->body = xstrdup(text);
		a->written = xmemdup(blob->data, blob->len);
	}
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
	attempt_finish(a, &verdict);
}
