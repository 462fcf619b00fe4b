/* One request to a provider, and what its answer means. */
#include "scheduler/attempt.h"
#include "scheduler/chance.h"

#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/log.h>
#include <warmline/site.h>

#define HTTP_MS        10000
#define CONNECT_MS     4000
#define PAGE_MS        1200 /* first tries of a page, where there is another account */
#define VALIDITY_MAX_S 36000

int64_t attempt_http_ms(const struct sender *s)
{
	return s->options.http_ms ? s->options.http_ms : HTTP_MS;
}

void attempt_call(
	struct attempt *a, struct provider_request *request, int64_t total_ms, http_answer_cb *cb)
{
	struct http_out_header headers[REQUEST_HEADERS + 2] = {{NULL, NULL}};
	struct http_call call = {.method = request->method,
		.url = request->url,
		.headers = headers,
		.user = request->user,
		.password = request->password,
		.body = request->body,
		.body_len = request->body ? strlen(request->body) : 0,
		.fresh = true,
		.connect_ms = total_ms < CONNECT_MS ? total_ms : CONNECT_MS,
		.total_ms = total_ms};
	size_t n = 0;

	if (request->type)
		headers[n++] = (struct http_out_header){"Content-Type", request->type};
	for (size_t i = 0; i < REQUEST_HEADERS && request->headers[i].name; i++)
		headers[n++] = (struct http_out_header){
			request->headers[i].name, request->headers[i].value};
	a->left = true;
	a->exchange = http_call(a->sender->options.client, &call, cb, a);
	provider_request_clear(request);
}

/* --- the answer ------------------------------------------------------------------------------ */

/* NULL: there was none. */
static const struct provider_answer *answer_read(
	const struct attempt *a, const struct http_answer *http, struct provider_answer *answer)
{
	struct provider_reply reply = {http->status, http->body, http->body_len};

	if (http->outcome != HTTP_ANSWERED)
		return NULL;
	*answer = (struct provider_answer){.kind = ANSWER_UNKNOWN};
	a->channel->provider->answer(a->channel->account, &reply, answer);
	if (answer->kind == ANSWER_ACCOUNT)
		log_limited(LOG_LEVEL_ERROR, "account-refused",
			"account=%s; the provider refuses it (status %d, error %d): check its id, "
			"token and balance",
			a->channel->account->name, http->status, answer->error);
	return answer;
}

/* Where it was in vain, if it comes back. */
static void remember(struct attempt *a, const struct verdict_of_send *verdict, bool refused)
{
	struct trails *trails = &a->sender->trails;

	if (verdict->result == JOB_LATER ||
		(verdict->result == JOB_UNKNOWN && attempt_is_crisis(a)))
		trails_note(trails, a->job, a->account, refused);
	else
		trails_end(trails, a->job);
}

static void on_answer(void *arg, const struct http_answer *http)
{
	struct attempt *a = arg;
	struct sender *s = a->sender;
	struct tried tried = {.lane = a->lane,
		.attempt = a->number,
		.ambiguous = a->ambiguous,
		.now_ms = attempt_store_now(s),
		.expires = a->expires,
		.entropy = chance(),
		.next = a->next,
		.nobody_can = a->nobody_can};
	struct provider_answer space;
	const struct provider_answer *answer = answer_read(a, http, &space);
	struct verdict_of_send verdict = verdict_send(&tried, http, answer);

	a->exchange = NULL;
	channels_heard(&s->channels, a->account, answer, clock_monotonic_ms());
	if (verdict.rest_ms)
		channel_rest(a->channel, clock_monotonic_ms(), verdict.rest_ms);
	remember(a, &verdict, answer && answer->kind == ANSWER_ACCOUNT);
	attempt_finish(a, &verdict);
}

/* --- the request ----------------------------------------------------------------------------- */

static int64_t validity_s(const struct attempt *a)
{
	int64_t left =
		a->expires ? (a->expires - attempt_store_now(a->sender)) / 1000 : VALIDITY_MAX_S;

	if (left > VALIDITY_MAX_S)
		return VALIDITY_MAX_S;
	return left > 1 ? left : 1;
}

static char *callback_of(const struct attempt *a)
{
	const struct account *account = a->channel->account;
	const char *token = account->npath_tokens ? account->path_tokens[0] : NULL;
	char *path = site_webhook_path(account, token, "status");
	char *url = xasprintf("%s%s?a=%s&j=%s&n=%d", a->sender->options.public_url, path,
		a->actor.text, a->job, a->number);

	free(path);
	return url;
}

void attempt_send(struct attempt *a)
{
	char *callback = callback_of(a);
	struct outbound_text text = {.to = a->to,
		.from = a->load.from,
		.body = a->body,
		.actor = a->actor.text,
		.job = a->job,
		.attempt = a->number,
		.callback_url = callback,
		.validity_s = validity_s(a),
		.keep_no_words = a->keep_no_words,
		.now_s = clock_wall_ms() / 1000,
		.entropy = chance()};
	struct provider_request request = {0};
	int64_t most = attempt_http_ms(a->sender);

	a->channel->provider->build(a->channel->account, &text, &request);
	attempt_call(a, &request, a->hurries && most > PAGE_MS ? PAGE_MS : most, on_answer);
	free(callback);
}
