/* The HTTP client against servers that do what providers do on their worst days. */
#include "tests/lib/rude_server.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <warmline/clock.h>
#include <warmline/http_client.h>

#include <cmocka.h>

#define PATIENT_MS 10000 /* a busy machine is no reason to give up */
#define SHORT_MS   1000  /* where the deadline itself is tried */

struct outcome {
	int calls;
	enum http_outcome outcome;
	int status;
	size_t body_len;
	char body[256], reason[128];
	int64_t retry_after_ms;
};

struct bench {
	struct event_base *base;
	struct http_client *client;
	struct rude_server *server;
	char url[80];
};

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct outcome *o = arg;

	o->calls++;
	o->outcome = answer->outcome;
	o->status = answer->status;
	o->body_len = answer->body_len;
	o->retry_after_ms = answer->retry_after_ms;
	assert_int_equal(answer->body[answer->body_len], '\0');
	snprintf(o->body, sizeof(o->body), "%s", answer->body);
	snprintf(o->reason, sizeof(o->reason), "%s", answer->reason ? answer->reason : "");
}

static void nothing(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

/* Turns the loop until `*calls` is `want`; a loop without an end fails the test. */
static void loop_until(struct bench *b, const int *calls, int want)
{
	struct timeval step = {.tv_usec = 50000};
	struct event *beat = event_new(b->base, -1, EV_PERSIST, nothing, NULL);
	int64_t end = clock_monotonic_ms() + 15000;

	event_add(beat, &step);
	while (*calls < want && clock_monotonic_ms() < end)
		event_base_loop(b->base, EVLOOP_ONCE);
	event_free(beat);
	assert_int_equal(*calls, want);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct fail fail;

	b->base = event_base_new();
	b->client = http_client_new(b->base, &fail);
	assert_non_null(b->client);
	b->server = rude_start();
	snprintf(b->url, sizeof(b->url), "http://127.0.0.1:%d/x", rude_port(b->server));
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	http_client_free(&b->client);
	rude_stop(&b->server);
	event_base_free(b->base);
	free(b);
	return 0;
}

static struct http_call post_to(const char *url, bool fresh)
{
	return (struct http_call){.method = "POST",
		.url = url,
		.body = "To=%2B12025550111",
		.body_len = 17,
		.fresh = fresh,
		.connect_ms = PATIENT_MS,
		.total_ms = PATIENT_MS};
}

static struct outcome call(struct bench *b, const struct http_call *what)
{
	struct outcome o = {0};
	struct http_exchange *x = http_call(b->client, what, on_answer, &o);

	assert_non_null(x);
	assert_int_equal(o.calls, 0); /* never before the call returned */
	loop_until(b, &o.calls, 1);
	assert_int_equal(http_client_busy(b->client), 0);
	return o;
}

static struct outcome post(struct bench *b, struct rude_step step)
{
	struct http_call what = post_to(b->url, true);

	rude_push(b->server, step);
	return call(b, &what);
}

static void unknown_at_the_deadline(struct bench *b, enum rude kind)
{
	int64_t start = clock_monotonic_ms();
	struct http_call what = post_to(b->url, true);

	what.total_ms = SHORT_MS;
	rude_push(b->server, (struct rude_step){.kind = kind});
	assert_int_equal(call(b, &what).outcome, HTTP_UNKNOWN);
	assert_in_range(clock_monotonic_ms() - start, SHORT_MS - 100, 5 * SHORT_MS);
}

static void an_answer_comes_back_whole(void **state)
{
	struct bench *b = *state;
	struct http_out_header headers[] = {{"X-Warm", "line"}, {"X-Empty", ""}, {NULL, NULL}};
	struct http_call what = post_to(b->url, true);
	struct outcome o;
	char *request;

	what.headers = headers;
	what.user = "AC1";
	what.password = "secret";
	rude_push(b->server,
		(struct rude_step){RUDE_ANSWER, 201, "Retry-After: 7\r\n", "{\"sid\":\"SM1\"}"});
	o = call(b, &what);
	assert_int_equal(o.outcome, HTTP_ANSWERED);
	assert_int_equal(o.status, 201);
	assert_string_equal(o.body, "{\"sid\":\"SM1\"}");
	assert_int_equal(o.retry_after_ms, 7000);
	request = rude_request(b->server, 0);
	assert_non_null(strstr(request, "POST /x HTTP/1.1\r\n"));
	assert_non_null(strstr(request, "X-Warm: line\r\n"));
	assert_non_null(strstr(request, "X-Empty:\r\n"));
	assert_non_null(strstr(request, "Authorization: Basic QUMxOnNlY3JldA==\r\n"));
	assert_non_null(strstr(request, "\r\n\r\nTo=%2B12025550111"));
	assert_null(strstr(request, "Expect"));
	free(request);
}

static void an_error_status_is_an_answer(void **state)
{
	struct outcome o = post(*state, (struct rude_step){RUDE_ANSWER, 500, NULL, "no"});

	assert_int_equal(o.outcome, HTTP_ANSWERED);
	assert_int_equal(o.status, 500);
}

static void retry_after_may_be_a_date_or_nonsense(void **state)
{
	struct outcome o =
		post(*state, (struct rude_step){RUDE_ANSWER, 429,
				     "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n", ""});

	assert_int_equal(o.retry_after_ms, 86400 * 1000LL); /* no provider is believed for longer */
	o = post(*state, (struct rude_step){RUDE_ANSWER, 429,
				 "Retry-After: Fri, 01 Jan 1999 00:00:00 GMT\r\n", ""});
	assert_int_equal(o.retry_after_ms, 1);
	o = post(*state, (struct rude_step){RUDE_ANSWER, 429, "Retry-After: soon\r\n", ""});
	assert_int_equal(o.retry_after_ms, 0);
}

static void a_limit_that_ends_is_waited_for(void **state)
{
	struct outcome o =
		post(*state, (struct rude_step){RUDE_ANSWER, 429, "X-RateLimit-Reset: 9\r\n", ""});

	assert_int_equal(o.retry_after_ms, 9000);
	o = post(*state, (struct rude_step){RUDE_ANSWER, 429,
				 "x-ratelimit-reset: 9\r\nRetry-After: 2\r\n", ""});
	assert_int_equal(o.retry_after_ms, 2000);
	/* It comes with every answer, and some write a unix time. */
	o = post(*state, (struct rude_step){RUDE_ANSWER, 200, "x-ratelimit-reset: 9\r\n", ""});
	assert_int_equal(o.retry_after_ms, 0);
	o = post(*state,
		(struct rude_step){RUDE_ANSWER, 429, "x-ratelimit-reset: 1900000000\r\n", ""});
	assert_int_equal(o.retry_after_ms, 0);
}

static void a_refused_connection_is_not_sent(void **state)
{
	struct http_call what;
	struct outcome o;
	char url[80];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", rude_closed_port());
	what = post_to(url, true);
	o = call(*state, &what);
	assert_int_equal(o.outcome, HTTP_NOT_SENT);
	assert_true(o.reason[0]);
}

static void an_unknown_name_is_not_sent(void **state)
{
	struct http_call what = post_to("http://no-such-host.invalid/", true);
	struct outcome o;

	o = call(*state, &what);
	assert_int_equal(o.outcome, HTTP_NOT_SENT);
}

static void a_bad_address_is_not_sent(void **state)
{
	struct http_call what = post_to("gopher://127.0.0.1/", true);
	struct outcome o = call(*state, &what);

	assert_int_equal(o.outcome, HTTP_NOT_SENT);
	what.url = "file:///etc/passwd";
	o = call(*state, &what);
	assert_int_equal(o.outcome, HTTP_NOT_SENT);
	assert_int_equal(o.body_len, 0);
	what.url = "http://[";
	o = call(*state, &what);
	assert_int_equal(o.outcome, HTTP_NOT_SENT);
}

static void a_header_with_a_line_break_is_not_sent(void **state)
{
	struct bench *b = *state;
	struct http_out_header headers[] = {{"X-Warm", "a\r\nX-Evil: b"}, {NULL, NULL}};
	struct http_call what = post_to(b->url, true);
	struct outcome o;

	what.headers = headers;
	o = call(b, &what);
	assert_int_equal(o.outcome, HTTP_NOT_SENT);
	assert_int_equal(rude_requests(b->server), 0);
}

static void a_server_without_tls_is_not_sent(void **state)
{
	struct bench *b = *state;
	struct http_call what;
	struct outcome o;
	char url[80];

	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", rude_port(b->server));
	what = post_to(url, true);
	what.connect_ms = SHORT_MS;
	o = call(b, &what); /* it waits for a request that never comes: the handshake times out */
	assert_int_equal(o.outcome, HTTP_NOT_SENT);
}

static void closing_after_accept_is_unknown(void **state)
{
	struct outcome o = post(*state, (struct rude_step){.kind = RUDE_CLOSE});

	assert_int_equal(o.outcome, HTTP_UNKNOWN);
}

static void no_answer_is_unknown_at_the_deadline(void **state)
{
	unknown_at_the_deadline(*state, RUDE_HANG);
}

static void closing_after_the_request_is_unknown_and_never_repeated(void **state)
{
	struct bench *b = *state;
	struct outcome o = post(b, (struct rude_step){.kind = RUDE_DROP});

	assert_int_equal(o.outcome, HTTP_UNKNOWN);
	assert_int_equal(rude_requests(b->server), 1);
}

/* The trap itself: after one answer the connection is kept; the server reads the next request
 * and closes. On a reused connection libcurl sends the text a second time by itself. */
static void a_fresh_send_reaches_the_server_once(void **state)
{
	struct bench *b = *state;
	struct http_call warm = post_to(b->url, false), what = post_to(b->url, true);
	struct outcome o;

	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 200, NULL, "ok"});
	o = call(b, &warm);
	assert_int_equal(o.outcome, HTTP_ANSWERED);
	rude_push(b->server, (struct rude_step){.kind = RUDE_DROP});
	o = call(b, &what);
	assert_int_equal(o.outcome, HTTP_UNKNOWN);
	assert_int_equal(rude_requests(b->server), 2);
	rude_push(b->server, (struct rude_step){.kind = RUDE_DROP});
	o = call(b, &warm); /* the control: not fresh, and there it comes twice */
	assert_int_equal(o.outcome, HTTP_ANSWERED);
	assert_int_equal(rude_requests(b->server), 4);
}

static void half_an_answer_is_unknown(void **state)
{
	struct outcome o = post(*state, (struct rude_step){.kind = RUDE_HALF_HEADER});

	assert_int_equal(o.outcome, HTTP_UNKNOWN);
	o = post(*state, (struct rude_step){RUDE_HALF_BODY, 200, NULL, "{\"sid\":\"SM"});
	assert_int_equal(o.outcome, HTTP_UNKNOWN);
	o = post(*state, (struct rude_step){.kind = RUDE_GARBAGE});
	assert_int_equal(o.outcome, HTTP_UNKNOWN);
}

static void an_endless_answer_is_cut_off(void **state)
{
	struct outcome o = post(*state, (struct rude_step){.kind = RUDE_FLOOD});

	assert_int_equal(o.outcome, HTTP_UNKNOWN);
	assert_true(o.body_len <= 256 * 1024);
	assert_string_equal(o.reason, "answer too long");
}

static void an_answer_of_exactly_the_cap_passes(void **state)
{
	struct bench *b = *state;
	struct http_call what = post_to(b->url, true);
	struct outcome o;

	what.answer_max = 5;
	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 200, NULL, "12345"});
	o = call(b, &what);
	assert_int_equal(o.outcome, HTTP_ANSWERED);
	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 200, NULL, "123456"});
	o = call(b, &what);
	assert_int_equal(o.outcome, HTTP_UNKNOWN);
}

static void a_dripping_answer_ends_at_the_deadline(void **state)
{
	unknown_at_the_deadline(*state, RUDE_DRIP);
}

static void a_redirect_is_not_followed(void **state)
{
	struct bench *b = *state;
	struct outcome o =
		post(b, (struct rude_step){RUDE_ANSWER, 302, "Location: /elsewhere\r\n", ""});

	assert_int_equal(o.outcome, HTTP_ANSWERED);
	assert_int_equal(o.status, 302);
	assert_int_equal(rude_requests(b->server), 1);
}

static void the_environments_proxy_is_ignored(void **state)
{
	struct outcome o;
	char proxy[64];

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", rude_closed_port());
	setenv("http_proxy", proxy, 1);
	setenv("ALL_PROXY", proxy, 1);
	o = post(*state, (struct rude_step){RUDE_ANSWER, 200, NULL, "ok"});
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(o.outcome, HTTP_ANSWERED);
}

static void a_canceled_call_never_calls_back(void **state)
{
	struct bench *b = *state;
	struct http_call hang = post_to(b->url, true), bad = post_to("http://[", true);
	struct outcome canceled = {0}, other = {0};
	struct http_exchange *x = http_call(b->client, &hang, on_answer, &canceled);
	struct http_exchange *y = http_call(b->client, &bad, on_answer, &canceled);

	http_exchange_cancel(&x);
	http_exchange_cancel(&y);
	assert_null(x);
	assert_int_equal(http_client_busy(b->client), 0);
	http_call(b->client, &hang, on_answer, &other);
	loop_until(b, &other.calls, 1);
	assert_int_equal(canceled.calls, 0);
}

struct chain {
	struct bench *bench;
	int calls;
	struct http_exchange *victim;
};

static void on_last(void *arg, const struct http_answer *answer)
{
	struct chain *c = arg;

	(void)answer;
	c->calls++;
	http_client_free(&c->bench->client);
}

static void on_first(void *arg, const struct http_answer *answer)
{
	struct chain *c = arg;
	struct http_call again = post_to(c->bench->url, true);

	assert_int_equal(answer->outcome, HTTP_ANSWERED);
	c->calls++;
	http_exchange_cancel(&c->victim);
	http_call(c->bench->client, &again, on_last, c);
}

static void on_victim(void *arg, const struct http_answer *answer)
{
	(void)arg, (void)answer;
	fail_msg("a canceled call came back");
}

static void a_callback_may_start_cancel_and_free(void **state)
{
	struct bench *b = *state;
	struct chain c = {.bench = b};
	struct http_call what = post_to(b->url, true);
	struct rude_server *silent = rude_start();
	struct fail fail;
	char url[80];

	rude_otherwise(silent, (struct rude_step){.kind = RUDE_HANG});
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", rude_port(silent));
	http_call(b->client, &what, on_first, &c);
	what.url = url;
	c.victim = http_call(b->client, &what, on_victim, &c);
	loop_until(b, &c.calls, 2);
	b->client = http_client_new(b->base, &fail);
	rude_stop(&silent);
}

static void many_at_once_complete_once_each(void **state)
{
	struct bench *b = *state;
	struct outcome o = {0};
	struct http_call what = post_to(b->url, true);

	what.total_ms = 10000;
	for (int i = 0; i < 100; i++)
		http_call(b->client, &what, on_answer, &o);
	assert_int_equal(http_client_busy(b->client), 100);
	loop_until(b, &o.calls, 100);
	assert_int_equal(rude_requests(b->server), 100);
	assert_int_equal(http_client_busy(b->client), 0);
}

#define ring(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ring(an_answer_comes_back_whole),
		ring(an_error_status_is_an_answer),
		ring(retry_after_may_be_a_date_or_nonsense),
		ring(a_limit_that_ends_is_waited_for),
		ring(a_refused_connection_is_not_sent),
		ring(an_unknown_name_is_not_sent),
		ring(a_bad_address_is_not_sent),
		ring(a_header_with_a_line_break_is_not_sent),
		ring(a_server_without_tls_is_not_sent),
		ring(closing_after_accept_is_unknown),
		ring(no_answer_is_unknown_at_the_deadline),
		ring(closing_after_the_request_is_unknown_and_never_repeated),
		ring(a_fresh_send_reaches_the_server_once),
		ring(half_an_answer_is_unknown),
		ring(an_endless_answer_is_cut_off),
		ring(an_answer_of_exactly_the_cap_passes),
		ring(a_dripping_answer_ends_at_the_deadline),
		ring(a_redirect_is_not_followed),
		ring(the_environments_proxy_is_ignored),
		ring(a_canceled_call_never_calls_back),
		ring(a_callback_may_start_cancel_and_free),
		ring(many_at_once_complete_once_each),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
