/* The sender against a loopback provider on its worst days. */
#include "tests/lib/sender_bench.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <warmline/clock.h>
#include <warmline/metrics.h>

#include <cmocka.h>

/* --- what is sent ---------------------------------------------------------------------------- */

static void an_accepted_text_is_sent_once_and_recorded(void **state)
{
	struct bench *b = *state;
	char *request, callback[200];

	bench_put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	bench_until_outcome(b, "accepted", "", 1);
	request = rude_request(b->server, 0);
	assert_non_null(strstr(request, "/Messages.json HTTP/1.1\r\n"));
	assert_non_null(strstr(request, "Authorization: Basic "));
	snprintf(callback, sizeof(callback), "twilio%%2Fstatus%%3Fa%%3D%s%%26j%%3D%s.1%%26n%%3D1",
		b->actor.text, b->actor.text);
	assert_non_null(strstr(request, callback));
	free(request);
	bench_never_again(b, 1);
}

static void refuse_unknown(struct bench *b, struct rude_step step)
{
	rude_push(b->server, step);
	bench_put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	bench_until_outcome(b, "unknown", NULL, 1);
	bench_never_again(b, 1);
}

static void a_500_is_unknown_and_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
}

static void accepted_and_then_silent_is_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){.kind = RUDE_HANG});
}

static void a_dropped_connection_is_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){.kind = RUDE_DROP});
}

static void half_an_answer_is_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){.kind = RUDE_HALF_HEADER});
}

static void success_without_an_id_is_never_sent_again(void **state)
{
	refuse_unknown(*state, (struct rude_step){RUDE_ANSWER, 200, NULL, "{\"status\":\"ok\"}"});
}

static void a_page_goes_out_again_at_once(void **state)
{
	struct bench *b = *state;
	int64_t start = clock_monotonic_ms();

	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 500, NULL, "oops"});
	bench_put_one(b, LANE_CRISIS, GATE_SAFETY);
	bench_until_outcome(b, "accepted", "", 1);
	assert_in_range(clock_monotonic_ms() - start, 1500, 5000);
	assert_int_equal(bench_outcomes(b, "accepted", NULL).ambiguous, 1);
	assert_int_equal(bench_outcomes(b, "unknown", NULL).n, 1);
	bench_never_again(b, 2);
}

static void a_busy_provider_is_asked_later(void **state)
{
	struct bench *b = *state;

	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 429, "Retry-After: 2\r\n",
				     "{\"code\":20429,\"status\":429}"});
	bench_put_one(b, LANE_REPLY, GATE_ROUTINE);
	bench_until(b, bench_requests_are, 1);
	bench_run_ms(b, 700);
	assert_int_equal(rude_requests(b->server), 1);
	b->skipped_ms += 10000;
	bench_until_outcome(b, "accepted", "", 1);
	assert_int_equal(bench_outcomes(b, "unknown", NULL).n, 0);
	bench_never_again(b, 2);
}

static void a_second_asked_for_costs_a_reply_a_second(void **state)
{
	struct bench *b = *state;
	int64_t start = clock_monotonic_ms();

	for (int i = 0; i < 2; i++)
		rude_push(b->server, (struct rude_step){RUDE_ANSWER, 429, "Retry-After: 1\r\n",
					     "{\"code\":20429,\"status\":429}"});
	bench_put_one(b, LANE_REPLY, GATE_ROUTINE);
	bench_until_outcome(b, "accepted", "", 1);
	assert_in_range(clock_monotonic_ms() - start, 2000, 4500);
	bench_never_again(b, 3);
}

static void opted_out_at_the_provider_is_refused_for_good(void **state)
{
	struct bench *b = *state;

	rude_push(b->server, (struct rude_step){RUDE_ANSWER, 400, NULL,
				     "{\"code\":21610,\"message\":\"unsubscribed\"}"});
	bench_put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	bench_until_outcome(b, "refused", "opted out at the provider", 1);
	bench_never_again(b, 1);
}

#define LATER "lane=\"scheduled\",result=\"later\",account=\"twilio\""

static void an_unreachable_provider_is_tried_until_too_late(void **state)
{
	struct bench *b = *state;
	int64_t later = metric_get("warmline_texts_total", LATER);

	bench_close_port(b->account);
	bench_put(b, &(struct bench_text){LANE_SCHEDULED, GATE_ROUTINE, 60000, NULL}, 1);
	for (int i = 0; i < 40 && !bench_outcomes(b, "expired", NULL).n; i++) {
		bench_run_ms(b, 50);
		b->skipped_ms += 2000;
	}
	bench_until_outcome(b, "expired", NULL, 1);
	assert_true(metric_get("warmline_texts_total", LATER) > later + 1);
	assert_int_equal(rude_requests(b->server), 0);
}

static void an_unreachable_provider_that_comes_back_gets_the_text(void **state)
{
	struct bench *b = *state;
	int port = rude_port(b->server);

	bench_close_port(b->account);
	bench_put_one(b, LANE_CRISIS, GATE_SAFETY);
	bench_run_ms(b, 300);
	snprintf(b->account->api_url, sizeof(b->account->api_url), "http://127.0.0.1:%d", port);
	bench_until_outcome(b, "accepted", "", 1);
	assert_int_equal(bench_outcomes(b, "accepted", NULL).ambiguous, 0);
	bench_never_again(b, 1);
}

static void a_text_past_its_expiry_is_not_sent(void **state)
{
	struct bench *b = *state;

	bench_sender_end(b);
	bench_put(b, &(struct bench_text){LANE_SCHEDULED, GATE_ROUTINE, 1000, NULL}, 1);
	b->skipped_ms += 2000;
	bench_tell_time(b);
	bench_sender_begin(b, 1000);
	bench_until_outcome(b, "expired", "too late", 1);
	assert_int_equal(rude_requests(b->server), 0);
}

/* --- consent --------------------------------------------------------------------------------- */

static void stop_then_begin(struct store *store, const char *job, uint64_t fence, int64_t lease_ms,
	store_begin_cb *cb, void *arg)
{
	if (bench->patched_calls++ == 0)
		bench_post(bench, "the-stop", CONSENT_STOP);
	bench->plain.begin(store, job, fence, lease_ms, cb, arg);
}

static void a_stop_between_claim_and_begin_sends_nothing(void **state)
{
	struct bench *b = *state;

	b->patched.begin = stop_then_begin;
	bench_put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	bench_until_outcome(b, "stopped", "the person opted out", 1);
	assert_int_equal(rude_requests(b->server), 0);
	bench_never_again(b, 0);
}

static void after_stop_only_confirmation_and_safety_pass(void **state)
{
	struct bench *b = *state;
	const struct bench_text texts[] = {{LANE_REPLY, GATE_ROUTINE, HOUR_MS, NULL},
		{LANE_REPLY, GATE_CONSENT, HOUR_MS, NULL},
		{LANE_CRISIS, GATE_SAFETY, HOUR_MS, NULL},
		{LANE_SCHEDULED, GATE_ROUTINE, HOUR_MS, NULL}};

	b->patched.begin = stop_then_begin;
	bench_put(b, texts, 4);
	bench_until_outcome(b, "accepted", "", 2);
	bench_until_outcome(b, "stopped", NULL, 2);
	assert_int_equal(rude_requests(b->server), 2);
}

static void undecided_mail_holds_a_scheduled_text_back(void **state)
{
	struct bench *b = *state;

	bench_sender_end(b);
	bench_put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	bench_post(b, "an-answer", CONSENT_KEEP);
	bench_turn(b);
	bench_sender_begin(b, 1000);
	bench_run_ms(b, 1300);
	assert_int_equal(rude_requests(b->server), 0);
}

/* --- the store on its worst days ------------------------------------------------------------- */

struct untold {
	store_done_cb *done;
	store_begin_cb *begin;
	void *arg;
};

static void tell_unknown(evutil_socket_t fd, short what, void *arg)
{
	struct untold *u = arg;

	(void)fd, (void)what;
	if (u->done)
		u->done(u->arg, STORE_UNKNOWN);
	else
		u->begin(u->arg, STORE_UNKNOWN, BEGIN_UNWANTED);
	free(u);
}

static void answer_unknown(store_done_cb *done, store_begin_cb *begin, void *arg)
{
	struct timeval soon = {.tv_usec = 10000};
	struct untold *u = calloc(1, sizeof(*u));

	*u = (struct untold){done, begin, arg};
	event_base_once(bench->base, -1, EV_TIMEOUT, tell_unknown, u, &soon);
}

static void ignore_done(void *arg, enum store_result result)
{
	(void)arg, (void)result;
}

/* Lost on the way there, then on the way back, then it works. */
static void finish_twice_untold(
	struct store *store, const struct finish *finish, store_done_cb *cb, void *arg)
{
	int call = bench->patched_calls++;

	if (call > 1) {
		bench->plain.finish(store, finish, cb, arg);
		return;
	}
	if (call == 1)
		bench->plain.finish(store, finish, ignore_done, NULL);
	answer_unknown(cb, NULL, arg);
}

static void an_accepted_text_is_recorded_although_the_store_stutters(void **state)
{
	struct bench *b = *state;

	b->patched.finish = finish_twice_untold;
	bench_put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	bench_until_outcome(b, "accepted", "", 1);
	bench_until(b, bench_busy_is, 0);
	assert_int_equal(b->patched_calls, 3);
	bench_never_again(b, 1);
	assert_int_equal(bench_outcomes(b, "accepted", NULL).n, 1);
}

/* Whatever it is asked: as if it were something about this text. */
static void finish_refused(
	struct store *store, const struct finish *finish, store_done_cb *cb, void *arg)
{
	struct finish nobodys = *finish;

	bench->patched_calls++;
	nobodys.job = "no job";
	bench->plain.finish(store, &nobodys, cb, arg);
}

static void a_finish_that_is_always_refused_is_reported_and_ends(void **state)
{
	struct bench *b = *state;
	int64_t before = metric_get("warmline_finishes_unrecorded_total", "");

	b->patched.finish = finish_refused;
	bench_put_one(b, LANE_REPLY, GATE_ROUTINE);
	bench_until(b, bench_requests_are, 1);
	bench_until(b, bench_busy_is, 0);
	assert_int_equal(b->patched_calls, 5);
	assert_int_equal(metric_get("warmline_finishes_unrecorded_total", ""), before + 1);
	assert_int_equal(bench_unrecorded(b), 1); /* its actor hears of it all the same */
	b->patched.finish = b->plain.finish;
	b->skipped_ms += 60000;
	bench_tell_time(b);
	bench_until_outcome(b, "unknown", "its sender ended while sending", 1);
	bench_never_again(b, 1);
}

static void ignore_begin(void *arg, enum store_result result, enum begin_verdict verdict)
{
	(void)arg, (void)result, (void)verdict;
}

static void begin_untold(struct store *store, const char *job, uint64_t fence, int64_t lease_ms,
	store_begin_cb *cb, void *arg)
{
	int call = bench->patched_calls++;

	if (call > 1) {
		bench->plain.begin(store, job, fence, lease_ms, cb, arg);
		return;
	}
	if (call == 1)
		bench->plain.begin(store, job, fence, lease_ms, ignore_begin, NULL);
	answer_unknown(NULL, cb, arg);
}

static void a_begin_nobody_answered_is_handed_back(void **state)
{
	struct bench *b = *state;

	b->patched.begin = begin_untold;
	bench_put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	bench_until_outcome(b, "accepted", "", 1);
	assert_int_equal(bench_outcomes(b, "unknown", NULL).n, 0);
	bench_never_again(b, 1);
}

static void begin_then_stand_still(struct store *store, const char *job, uint64_t fence,
	int64_t lease_ms, store_begin_cb *cb, void *arg)
{
	bench->plain.begin(store, job, fence, lease_ms, cb, arg);
	if (bench->patched_calls++ == 0)
		usleep(400000); /* as a stopped process would */
}

static void a_process_that_stood_still_begins_again(void **state)
{
	struct bench *b = *state;
	int64_t stale = metric_get("warmline_begins_stale_total", "");

	b->patched.begin = begin_then_stand_still;
	bench_put_one(b, LANE_SCHEDULED, GATE_ROUTINE);
	bench_until_outcome(b, "accepted", "", 1);
	assert_int_equal(metric_get("warmline_begins_stale_total", ""), stale + 1);
	assert_int_equal(b->patched_calls, 2);
	bench_never_again(b, 1);
}

/* A sender dies while its text is on the way; another one takes over. */
static void die_while_sending(struct bench *b, enum lane lane, enum gate gate)
{
	rude_push(b->server, (struct rude_step){.kind = RUDE_HANG});
	bench_put_one(b, lane, gate);
	bench_until(b, bench_requests_are, 1);
	bench_sender_end(b);
	b->skipped_ms += 60000;
	bench_tell_time(b);
	bench_sender_begin(b, 1000);
}

static void a_dead_senders_text_is_unknown_and_never_sent_again(void **state)
{
	struct bench *b = *state;

	die_while_sending(b, LANE_REPLY, GATE_ROUTINE);
	bench_until_outcome(b, "unknown", "its sender ended while sending", 1);
	bench_never_again(b, 1);
}

static void a_dead_senders_page_is_sent_again(void **state)
{
	struct bench *b = *state;

	die_while_sending(b, LANE_CRISIS, GATE_SAFETY);
	bench_until_outcome(b, "accepted", "", 1);
	assert_int_equal(bench_outcomes(b, "accepted", NULL).ambiguous, 1);
	bench_never_again(b, 2);
}

static void routine_rests_after_an_outage_and_pages_do_not(void **state)
{
	struct bench *b = *state;
	const struct bench_text texts[] = {{LANE_REPLY, GATE_ROUTINE, HOUR_MS, NULL},
		{LANE_CRISIS, GATE_SAFETY, HOUR_MS, NULL}};
	int64_t start;
	char *request;

	bench_sender_end(b);
	outage_open(&b->outage, 1500);
	bench_sender_begin(b, 1000);
	bench_run_ms(b, 50); /* the first answer of the store */
	start = clock_monotonic_ms();
	bench_put(b, texts, 2);
	bench_until(b, bench_requests_are, 1);
	assert_true(clock_monotonic_ms() - start < 800);
	request = rude_request(b->server, 0);
	assert_non_null(strstr(request, ".2%26n")); /* the page's job */
	free(request);
	bench_until_outcome(b, "accepted", "", 2);
	assert_true(clock_monotonic_ms() - start > 1000);
}

/* --- room and pace --------------------------------------------------------------------------- */

static void hanging_routine_leaves_room_for_a_page(void **state)
{
	struct bench *b = *state;
	struct bench_text texts[20];
	int64_t start;

	bench_sender_end(b);
	b->account->in_flight = 5;
	rude_otherwise(b->server, (struct rude_step){.kind = RUDE_HANG});
	bench_sender_begin(b, 4000);
	for (size_t i = 0; i < 20; i++)
		texts[i] = (struct bench_text){LANE_REPLY, GATE_ROUTINE, HOUR_MS, NULL};
	bench_put(b, texts, 20);
	bench_until(b, bench_requests_are, 4);
	bench_run_ms(b, 700);
	assert_int_equal(rude_requests(b->server), 4); /* a fifth stays free */
	rude_otherwise(b->server, bench_accepts);
	start = clock_monotonic_ms();
	bench_put_one(b, LANE_CRISIS, GATE_SAFETY);
	bench_until_outcome(b, "accepted", "", 1);
	assert_true(clock_monotonic_ms() - start < 800);
}

/* Has the text with this number reached the provider? */
static bool page_is_there(struct bench *b, long number)
{
	char job[16];
	bool there = false;

	snprintf(job, sizeof(job), ".%ld%%26n", number);
	for (size_t i = 0; !there && i < rude_requests(b->server); i++) {
		char *request = rude_request(b->server, i);

		there = strstr(request, job) != NULL;
		free(request);
	}
	return there;
}

static void the_accounts_rate_is_kept_and_pages_pass_it(void **state)
{
	struct bench *b = *state;
	struct bench_text texts[14];
	int64_t start;

	bench_sender_end(b);
	b->account->per_second = 5;
	bench_sender_begin(b, 1000);
	for (size_t i = 0; i < 14; i++)
		texts[i] = (struct bench_text){LANE_REPLY, GATE_ROUTINE, HOUR_MS, NULL};
	start = clock_monotonic_ms();
	bench_put(b, texts, 14);
	bench_until(b, bench_requests_are, 5);
	bench_put_one(b, LANE_CRISIS, GATE_SAFETY);
	bench_until(b, page_is_there, 15);
	assert_true(clock_monotonic_ms() - start < 1000); /* it did not wait for its turn */
	bench_until(b, bench_requests_are, 15);
	assert_in_range(clock_monotonic_ms() - start, 1600, 6000);
	bench_until(b, bench_busy_is, 0);
}

static void a_stopping_sender_finishes_what_is_on_its_way(void **state)
{
	struct bench *b = *state;

	rude_push(b->server, (struct rude_step){.kind = RUDE_HANG});
	bench_put_one(b, LANE_REPLY, GATE_ROUTINE);
	bench_until(b, bench_requests_are, 1);
	sender_stop(b->sender);
	assert_true(sender_busy(b->sender) > 0);
	bench_put_one(b, LANE_REPLY, GATE_ROUTINE);
	bench_until(b, bench_busy_is, 0);
	assert_int_equal(bench_outcomes(b, "unknown", NULL).n, 1);
	assert_int_equal(rude_requests(b->server), 1); /* the second one is somebody else's */
}

#define ring(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		ring(an_accepted_text_is_sent_once_and_recorded),
		ring(a_500_is_unknown_and_never_sent_again),
		ring(accepted_and_then_silent_is_never_sent_again),
		ring(a_dropped_connection_is_never_sent_again),
		ring(half_an_answer_is_never_sent_again),
		ring(success_without_an_id_is_never_sent_again),
		ring(a_page_goes_out_again_at_once),
		ring(a_busy_provider_is_asked_later),
		ring(a_second_asked_for_costs_a_reply_a_second),
		ring(opted_out_at_the_provider_is_refused_for_good),
		ring(an_unreachable_provider_is_tried_until_too_late),
		ring(an_unreachable_provider_that_comes_back_gets_the_text),
		ring(a_text_past_its_expiry_is_not_sent),
		ring(a_stop_between_claim_and_begin_sends_nothing),
		ring(after_stop_only_confirmation_and_safety_pass),
		ring(undecided_mail_holds_a_scheduled_text_back),
		ring(an_accepted_text_is_recorded_although_the_store_stutters),
		ring(a_finish_that_is_always_refused_is_reported_and_ends),
		ring(a_begin_nobody_answered_is_handed_back),
		ring(a_process_that_stood_still_begins_again),
		ring(a_dead_senders_text_is_unknown_and_never_sent_again),
		ring(a_dead_senders_page_is_sent_again),
		ring(routine_rests_after_an_outage_and_pages_do_not),
		ring(hanging_routine_leaves_room_for_a_page),
		ring(the_accounts_rate_is_kept_and_pages_pass_it),
		ring(a_stopping_sender_finishes_what_is_on_its_way),
	};

	signal(SIGPIPE, SIG_IGN);
	metrics_open();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
