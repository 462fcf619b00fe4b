/* What warmline does with the carrier: the API, receipts, and the faults that hit them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <warmline/json.h>

#include "tests/lib/carrier_stage.h"

static void accepted_text_is_logged_looked_up_and_receipted_in_order(void **state)
{
	struct result result = stage_send(ALEX, LIMIT_MS);
	char path[128];
	const char *sid = json_get_text(result.json, "sid", "");

	(void)state;
	assert_int_equal(result.status, 201);
	assert_string_equal(json_get_text(result.json, "status", ""), "queued");
	assert_string_equal(json_get_text(result.json, "body", ""), "hello there");
	assert_int_equal(stage_lines("outbound", "queued", ALEX), 1);
	wait_until(stage.nseen == 2);
	assert_true(stage.seen[0].signature_ok && stage.seen[1].signature_ok);
	assert_string_equal(stage.seen[0].path, "/twilio/status?job=7&attempt=1");
	assert_string_equal(stage_field(&stage.seen[0], "MessageStatus"), "sent");
	assert_string_equal(stage_field(&stage.seen[1], "MessageStatus"), "delivered");
	assert_string_equal(stage_field(&stage.seen[1], "MessageSid"), sid);
	snprintf(path, sizeof(path), "/2010-04-01/Accounts/" ACCOUNT "/Messages/%s.json", sid);
	json_decref(result.json);
	stage_start(&result, "GET", path, NULL, TOKEN, LIMIT_MS);
	wait_until(result.done);
	assert_string_equal(json_get_text(result.json, "status", ""), "delivered");
	json_decref(result.json);
	assert_int_equal(stage_lines("receipt", NULL, ALEX), 2);
}

static void look_up_finds_by_number_and_day(void **state)
{
	static const struct {
		const char *query;
		size_t found;
	} cases[] = {
		{"?To=%2B12025550111", 2},
		{"?To=%2B12025550112", 1},
		{"?To=%2B12025550119", 0},
		{"?To=%2B12025550111&DateSent=1999-12-31", 0},
		{"?PageSize=1", 1},
		{"", 3},
	};

	(void)state;
	json_decref(stage_send(ALEX, LIMIT_MS).json);
	json_decref(stage_send("+12025550112", LIMIT_MS).json);
	json_decref(stage_send(ALEX, LIMIT_MS).json);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result;
		char path[160];

		snprintf(path, sizeof(path), "/2010-04-01/Accounts/" ACCOUNT "/Messages.json%s",
			cases[i].query);
		stage_start(&result, "GET", path, NULL, TOKEN, LIMIT_MS);
		wait_until(result.done);
		assert_int_equal(
			json_array_size(json_object_get(result.json, "messages")), cases[i].found);
		json_decref(result.json);
	}
}

static void wrong_calls_get_twilios_errors(void **state)
{
	static const struct {
		const char *password, *body;
		int status, code;
	} cases[] = {
		{"wrong", "To=%2B12025550111&From=%2B12025550100&Body=x", 401, 20003},
		{TOKEN, "From=%2B12025550100&Body=x", 400, 21604},
		{TOKEN, "To=12&From=%2B12025550100&Body=x", 400, 21211},
		{TOKEN, "To=%2B12025550111&Body=x", 400, 21603},
		{TOKEN, "To=%2B12025550111&From=%2B12025550100", 400, 21602},
		{TOKEN, "To=%2B12025550111&To=%2B12025550112&From=%2B12025550100&Body=x", 400,
			21604},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result;

		stage_start(&result, "POST", "/2010-04-01/Accounts/" ACCOUNT "/Messages.json",
			cases[i].body, cases[i].password, LIMIT_MS);
		wait_until(result.done);
		assert_int_equal(result.status, cases[i].status);
		assert_int_equal(json_get_int(result.json, "code", 0), cases[i].code);
		assert_int_equal(json_get_int(result.json, "status", 0), cases[i].status);
		json_decref(result.json);
		assert_int_equal(stage_lines("api-error", NULL, NULL), (int)i + 1);
	}
	assert_int_equal(stage_lines("outbound", NULL, NULL), 0);
}

static void api_faults_do_what_they_say_and_no_more(void **state)
{
	static const struct {
		const char *fault;
		int status; /* 0 = no answer */
		int accepted;
	} cases[] = {
		{"{\"api\":\"500\",\"count\":1}", 500, 0},
		{"{\"api\":\"429\",\"count\":1}", 429, 0},
		{"{\"api\":\"refuse\",\"count\":1}", 0, 0},
		{"{\"api\":\"timeout\",\"count\":1}", 0, 0},
		{"{\"api\":\"hang-after-accept\",\"count\":1}", 0, 1},
		{"{\"api\":\"slow\",\"count\":1}", 201, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool slow = strstr(cases[i].fault, "slow") != NULL;
		int before = stage_lines("outbound", NULL, NULL);
		int64_t since = clock_monotonic_ms();
		struct result result;

		stage_arm(cases[i].fault);
		result = stage_send(ALEX, slow ? LIMIT_MS : 700);
		assert_int_equal(result.status, cases[i].status);
		assert_int_equal(result.outcome == HTTP_ANSWERED, cases[i].status != 0);
		assert_int_equal(stage_lines("outbound", NULL, NULL) - before, cases[i].accepted);
		if (slow)
			assert_true(clock_monotonic_ms() - since >= 2900);
		json_decref(result.json);
		result = stage_send(ALEX, LIMIT_MS);
		assert_int_equal(result.status, 201);
		json_decref(result.json);
	}
}

static void fault_for_a_number_spares_the_others_and_can_be_lifted(void **state)
{
	struct result result;

	(void)state;
	stage_arm("{\"api\":\"500\",\"count\":9,\"to\":\"" ALEX "\"}");
	result = stage_send("+12025550112", LIMIT_MS);
	assert_int_equal(result.status, 201);
	json_decref(result.json);
	result = stage_send(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 500);
	json_decref(result.json);
	result = stage_ask("GET", "/sim/faults", NULL);
	assert_int_equal(json_get_int(json_array_get(result.json, 0), "count", 0), 8);
	json_decref(result.json);
	assert_int_equal(stage_status("DELETE", "/sim/faults", NULL), 200);
	result = stage_send(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 201);
	json_decref(result.json);
}

static void receipt_faults_change_what_is_reported(void **state)
{
	(void)state;
	stage_arm("{\"receipt\":\"drop\",\"to\":\"+12025550121\"}");
	stage_arm("{\"receipt\":\"undelivered\",\"to\":\"+12025550122\"}");
	stage_arm("{\"receipt\":\"duplicate\",\"to\":\"+12025550123\"}");
	for (int i = 1; i <= 4; i++) {
		char to[24];

		snprintf(to, sizeof(to), "+1202555012%d", i);
		json_decref(stage_send(to, LIMIT_MS).json);
	}
	wait_until(stage.nseen == 8);
	assert_int_equal(stage_lines("receipt", NULL, "+12025550121"), 0);
	assert_int_equal(stage_lines("receipt", "undelivered", "+12025550122"), 1);
	assert_int_equal(stage_lines("receipt", "delivered", "+12025550123"), 2);
	assert_int_equal(stage_lines("receipt", "delivered", "+12025550124"), 1);
}

static void opted_out_at_the_carrier_lasts_until_start(void **state)
{
	struct result result;

	(void)state;
	stage_arm("{\"receipt\":\"21610\",\"count\":1}");
	result = stage_send(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 201);
	json_decref(result.json);
	wait_until(stage_lines("receipt", "undelivered", ALEX) == 1);
	wait_until(stage.nseen == 2);
	assert_string_equal(stage_field(&stage.seen[1], "ErrorCode"), "21610");
	result = stage_send(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 400);
	assert_int_equal(json_get_int(result.json, "code", 0), 21610);
	json_decref(result.json);
	assert_int_equal(carrier_stage_text(ALEX, " start "), 200);
	result = stage_send(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 201);
	json_decref(result.json);
}

#define promise(name) cmocka_unit_test_setup_teardown(name, stage_set, stage_strike)

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(accepted_text_is_logged_looked_up_and_receipted_in_order),
		promise(look_up_finds_by_number_and_day),
		promise(wrong_calls_get_twilios_errors),
		promise(api_faults_do_what_they_say_and_no_more),
		promise(fault_for_a_number_spares_the_others_and_can_be_lifted),
		promise(receipt_faults_change_what_is_reported),
		promise(opted_out_at_the_carrier_lasts_until_start),
	};

	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
