/* A real gateway beside a real Redis: what is answered 200 is known, once, and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/station.h"

#include <cmocka.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <warmline/clock.h>

#define PAT   "+12025550111"
#define ALEX  "+12025550112"
#define LIMIT 20000

static struct station station;

static void open_station(int workers, bool with_redis)
{
	station_open(&station, workers, with_redis);
	station_start(&station);
}

static int two_workers(void **state)
{
	(void)state;
	open_station(2, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	station_close(&station);
	return 0;
}

static void assert_mail(const char *who, const char *wanted)
{
	char *mail;

	if (station_mail_becomes(&station, who, wanted, LIMIT))
		return;
	mail = station_mail(&station, who);
	assert_string_equal(mail, wanted);
	free(mail);
}

static const char *token(void)
{
	return station.site->accounts[0].secrets[0];
}

/* --- what is answered ------------------------------------------------------------------------ */

static void a_signed_text_is_kept_and_answered_with_empty_twiml(void **state)
{
	char *form = station_form(&station, PAT, "SM01", "hello");
	struct station_answer answer = station_post(&station, "/twilio/sms", form, token());

	(void)state;
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.text, "Content-Type: text/xml"));
	assert_non_null(strstr(
		answer.text, "\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>"));
	assert_mail(PAT, "SM01");
	free(form);
}

static void a_text_without_the_right_signature_changes_nothing(void **state)
{
	char *form = station_form(&station, PAT, "SM01", "hello");
	struct station_answer answer = station_post(&station, "/twilio/sms", form, NULL);

	(void)state;
	assert_int_equal(answer.status, 403);
	assert_non_null(strstr(answer.text, "Content-Length: 0\r\n"));
	assert_int_equal(station_post(&station, "/twilio/sms", form, "another token").status, 403);
	assert_int_equal(station_post(&station, "/twilio/sms?x=1", form, NULL).status, 403);
	assert_int_equal(station_metric(&station, "warmline_webhooks_total{route=\"text\",provider="
						  "\"twilio\",status=\"403\"}"),
		3);
	assert_mail(PAT, "");
	free(form);
}

static void what_is_no_text_is_refused_and_changes_nothing(void **state)
{
	const char *id = station.site->accounts[0].id;
	const char *to = "%2B12025550100";
	char *bad[] = {
		xasprintf("AccountSid=%s&MessageSid=SM1&To=%s&Body=x", id, to),
		xasprintf("AccountSid=%s&MessageSid=SM1&From=Restricted&To=%s&Body=x", id, to),
		xasprintf("AccountSid=%s&MessageSid=SM1&From=%%2B12025550111&From=%%2B12025550112"
			  "&To=%s&Body=x",
			id, to),
		xasprintf("AccountSid=AC1&MessageSid=SM1&From=%%2B12025550111&To=%s&Body=x", to),
		xasprintf("AccountSid=%s&From=%%2B12025550111&To=%s&Body=x", id, to),
		xasprintf("not a form %%"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			station_post(&station, "/twilio/sms", bad[i], token()).status, 400);
		free(bad[i]);
	}
	assert_int_equal(station_get(&station, "/twilio/sms").status, 405);
	assert_int_equal(station_get(&station, "/elsewhere").status, 404);
	assert_mail(PAT, "");
}

static void a_text_that_comes_twice_is_one_event(void **state)
{
	(void)state;
	assert_int_equal(station_text(&station, PAT, "SM01", "help"), 200);
	assert_int_equal(station_text(&station, PAT, "SM01", "help"), 200);
	assert_int_equal(station_text(&station, PAT, "SM02", "help"), 200);
	assert_mail(PAT, "SM01 SM02");
}

static void stop_is_marked_with_the_text_and_start_clears_it(void **state)
{
	(void)state;
	assert_int_equal(station_text(&station, PAT, "SM00", "hello"), 200);
	assert_mail(PAT, "SM00"); /* both sides know Redis from here on */
	assert_int_equal(station_text(&station, PAT, "SM01", " Stop. "), 200);
	assert_mail(PAT, "SM00 SM01");
	assert_true(station_stopped(&station, PAT));
	assert_int_equal(station_text(&station, PAT, "SM02", "yes"), 200);
	assert_mail(PAT, "SM00 SM01 SM02");
	assert_true(station_stopped(&station, PAT));
	assert_int_equal(station_text(&station, PAT, "SM03", "start"), 200);
	assert_mail(PAT, "SM00 SM01 SM02 SM03");
	assert_false(station_stopped(&station, PAT));
	assert_int_equal(station_text(&station, PAT, "SM04", "I want it all to stop"), 200);
	assert_mail(PAT, "SM00 SM01 SM02 SM03 SM04");
	assert_false(station_stopped(&station, PAT));
}

static void a_receipt_reaches_whose_text_it_is_about(void **state)
{
	const char *actor = "p2a-0123456789abcdef";
	const char *target = "/twilio/status?a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=1";
	char *form = xasprintf("AccountSid=%s&MessageSid=SM77&MessageStatus=delivered",
		station.site->accounts[0].id);

	(void)state;
	assert_int_equal(station_post(&station, target, form, token()).status, 204);
	assert_int_equal(station_post(&station, target, form, token()).status, 204);
	assert_mail(actor, "SM77");
	assert_int_equal(station_post(&station, "/twilio/status", form, token()).status, 204);
	assert_int_equal(
		station_post(&station, "/twilio/status?a=../x&j=1&n=1", form, token()).status, 204);
	assert_int_equal(station_metric(&station, "warmline_receipts_orphaned_total"), 2);
	free(form);
}

static void readiness_names_what_is_missing(void **state)
{
	int64_t until = clock_monotonic_ms() + LIMIT;
	struct station_answer answer = station_get(&station, "/readyz");

	(void)state;
	while (answer.status != 200 && clock_monotonic_ms() < until)
		answer = station_get(&station, "/readyz");
	assert_int_equal(answer.status, 200);
	private_redis_kill(&station.redis);
	while (answer.status == 200 && clock_monotonic_ms() < until)
		answer = station_get(&station, "/readyz");
	assert_int_equal(answer.status, 503);
	assert_non_null(strstr(answer.text, "store: "));
	assert_int_equal(station_get(&station, "/healthz").status, 200);
}

/* --- order and outages ----------------------------------------------------------------------- */

static char *send_many(const char *from, int first, int n)
{
	char *sent = xstrdup("");

	for (int i = first; i < first + n; i++) {
		char sid[16], *longer;
		int64_t began = clock_monotonic_ms();

		snprintf(sid, sizeof(sid), "SM%03d", i);
		assert_int_equal(station_text(&station, from, sid, "the same words"), 200);
		assert_true(clock_monotonic_ms() - began < 3000);
		longer = xasprintf("%s%s%s", sent, *sent ? " " : "", sid);
		free(sent);
		sent = longer;
	}
	return sent;
}

static void a_redis_that_hangs_delays_nobody_and_order_holds_over_workers(void **state)
{
	char *before, *during, *all;

	(void)state;
	before = send_many(PAT, 0, 3);
	private_redis_signal(&station.redis, SIGSTOP);
	during = send_many(PAT, 3, 30);
	private_redis_signal(&station.redis, SIGCONT);
	all = xasprintf("%s %s", before, during);
	assert_mail(PAT, all);
	free(before);
	free(during);
	free(all);
}

static void a_redis_that_is_killed_loses_nothing_and_order_holds(void **state)
{
	char *before, *during, *all;

	(void)state;
	before = send_many(PAT, 0, 20);
	private_redis_kill(&station.redis);
	during = send_many(PAT, 20, 20);
	private_redis_start(&station.redis, NULL);
	all = xasprintf("%s %s", before, during);
	assert_mail(PAT, all);
	free(before);
	free(during);
	free(all);
}

static void a_gateway_without_redis_answers_from_its_journal(void **state)
{
	char *sent;

	(void)state;
	open_station(2, false);
	sent = send_many(PAT, 0, 10);
	private_redis_start(&station.redis, NULL);
	assert_mail(PAT, sent);
	free(sent);
	station_close(&station);
}

static void killed_workers_come_back_and_post_what_they_had(void **state)
{
	char *before, *during, *all;
	int64_t until = clock_monotonic_ms() + LIMIT;

	(void)state;
	private_redis_signal(&station.redis, SIGSTOP);
	before = send_many(PAT, 0, 10);
	station_kill_workers(&station);
	while (station_metric(&station, "warmline_workers_died_total") < 2 &&
		clock_monotonic_ms() < until)
		;
	during = send_many(PAT, 10, 5);
	private_redis_signal(&station.redis, SIGCONT);
	all = xasprintf("%s %s", before, during);
	assert_mail(PAT, all);
	free(before);
	free(during);
	free(all);
}

static void a_killed_gateway_posts_what_it_answered_when_it_comes_back(void **state)
{
	char *sent;

	(void)state;
	private_redis_kill(&station.redis);
	sent = send_many(PAT, 0, 10);
	station_kill(&station);
	private_redis_start(&station.redis, NULL);
	station_start(&station);
	assert_mail(PAT, sent);
	free(sent);
}

static void a_killed_master_takes_its_workers_with_it(void **state)
{
	char *before, *after, *all;

	(void)state;
	before = send_many(PAT, 0, 5);
	station_kill_master(&station);
	station_start(&station); /* waits for the lock that the old workers hold */
	after = send_many(PAT, 5, 5);
	all = xasprintf("%s %s", before, after);
	assert_mail(PAT, all);
	free(before);
	free(after);
	free(all);
}

static void fewer_workers_still_post_what_more_had_answered(void **state)
{
	char *sent;

	(void)state;
	open_station(4, false);
	sent = send_many(PAT, 0, 12);
	station_kill(&station);
	station.site->workers = 1;
	private_redis_start(&station.redis, NULL);
	station_start(&station);
	/* Each journal is in order; between them the tickets are. */
	assert_mail(PAT, sent);
	free(sent);
	station_close(&station);
}

static void a_sender_does_not_wait_for_another(void **state)
{
	char *pat, *alex;

	(void)state;
	private_redis_kill(&station.redis);
	pat = send_many(PAT, 0, 5);
	alex = send_many(ALEX, 5, 5);
	private_redis_start(&station.redis, NULL);
	assert_mail(PAT, pat);
	assert_mail(ALEX, alex);
	free(pat);
	free(alex);
}

/* --- rollback, stop -------------------------------------------------------------------------- */

static void copy_folder(const char *from, const char *to)
{
	char *command = xasprintf("rm -rf '%s' && cp -a '%s' '%s'", to, from, to);

	assert_int_equal(system(command), 0);
	free(command);
}

static void wait_ticks(int64_t more)
{
	int64_t until = clock_monotonic_ms() + LIMIT;
	int64_t from = station_metric(&station, "warmline_ticks_total");

	while (station_metric(&station, "warmline_ticks_total") < from + more &&
		clock_monotonic_ms() < until)
		usleep(20000);
}

static void what_a_rolled_back_redis_forgot_is_posted_again(void **state)
{
	char old[PATH_SIZE];
	char *before, *lost, *all;

	(void)state;
	site_path(station.site, "old", old);
	before = send_many(PAT, 0, 5);
	private_redis_signal(&station.redis, SIGSTOP);
	copy_folder(station.redis.folder, old);
	private_redis_signal(&station.redis, SIGCONT);
	lost = send_many(PAT, 5, 5);
	all = xasprintf("%s %s", before, lost);
	assert_mail(PAT, all);
	wait_ticks(6); /* so that every worker has seen a higher number than the old copy has */
	private_redis_kill(&station.redis);
	copy_folder(old, station.redis.folder);
	private_redis_start(&station.redis, NULL);
	assert_mail(PAT, all);
	assert_true(station_metric(&station, "warmline_rollbacks_total") >= 1);
	free(before);
	free(lost);
	free(all);
}

static void a_stop_is_clean_and_takes_the_pid_file_away(void **state)
{
	char path[PATH_SIZE];
	char text[32] = "";
	FILE *file;

	(void)state;
	site_path(station.site, "gateway.pid", path);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_int_equal(strtol(text, NULL, 10), station.gateway);
	assert_int_equal(station_text(&station, PAT, "SM01", "hello"), 200);
	assert_int_equal(station_stop(&station), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	station_start(&station);
	assert_int_equal(station_text(&station, PAT, "SM02", "hello"), 200);
	assert_mail(PAT, "SM01 SM02");
}

static void the_log_has_no_number_and_no_words(void **state)
{
	char path[PATH_SIZE], *form;
	static char text[65536];
	FILE *file;

	(void)state;
	assert_int_equal(station_text(&station, PAT, "SM01", "I want to die, the heron said"), 200);
	form = station_form(&station, PAT, "SM02", "heron");
	assert_int_equal(station_post(&station, "/twilio/sms", form, NULL).status, 403);
	free(form);
	assert_int_equal(station_stop(&station), 0);
	site_path(station.site, "gateway.log", path);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_non_null(strstr(text, "crisis-text"));
	assert_null(strstr(text, "2025550111"));
	assert_null(strstr(text, "heron"));
}

#define with_two(test) cmocka_unit_test_setup_teardown(test, two_workers, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_two(a_signed_text_is_kept_and_answered_with_empty_twiml),
		with_two(a_text_without_the_right_signature_changes_nothing),
		with_two(what_is_no_text_is_refused_and_changes_nothing),
		with_two(a_text_that_comes_twice_is_one_event),
		with_two(stop_is_marked_with_the_text_and_start_clears_it),
		with_two(a_receipt_reaches_whose_text_it_is_about),
		with_two(readiness_names_what_is_missing),
		with_two(a_redis_that_hangs_delays_nobody_and_order_holds_over_workers),
		with_two(a_redis_that_is_killed_loses_nothing_and_order_holds),
		cmocka_unit_test(a_gateway_without_redis_answers_from_its_journal),
		with_two(killed_workers_come_back_and_post_what_they_had),
		with_two(a_killed_gateway_posts_what_it_answered_when_it_comes_back),
		with_two(a_killed_master_takes_its_workers_with_it),
		cmocka_unit_test(fewer_workers_still_post_what_more_had_answered),
		with_two(a_sender_does_not_wait_for_another),
		with_two(what_a_rolled_back_redis_forgot_is_posted_again),
		with_two(a_stop_is_clean_and_takes_the_pid_file_away),
		with_two(the_log_has_no_number_and_no_words),
	};

	cmocka_set_test_filter(getenv("WARMLINE_TEST"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
