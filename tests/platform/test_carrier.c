/*
 * The carrier over real sockets: it calls a gateway that is played here, and is called as warmline
 * calls Twilio and as a tester calls /sim.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/event.h>
#include <jansson.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <sys/socket.h>
#include <time.h>
#include <warmline/clock.h>
#include <warmline/http_client.h>
#include <warmline/http_server.h>
#include <warmline/json.h>
#include <warmline/provider.h>

#include "simulator/carrier.h"
#include "simulator/traffic.h"

#define LIMIT_MS 10000
#define ALEX     "+12025550111"
#define PROGRAM  "+12025550100"
#define ACCOUNT  "AC0123456789abcdef0123456789abcdef"
#define TOKEN    "feedfeedfeedfeedfeedfeedfeedfeed"

struct seen { /* webhooks that the gateway got, oldest first */
	char path[256];
	char *body;
	char token[80];
	bool signature_ok;
};

static struct event_base *base;
static struct site site;
static struct handset handsets[2];
static struct carrier *carrier;
static struct http_server *gateway;
static struct http_client *client;
static char carrier_url[64];
static struct seen seen[64];
static size_t nseen;
static int gateway_status;

/* --- the gateway that is played ----------------------------------------------------------- */

static void on_webhook(struct http_request *r, void *arg)
{
	const struct form *form = http_request_form(r);
	const char *given = http_request_header(r, "X-Twilio-Signature");
	const char *token = http_request_header(r, "I-Twilio-Idempotency-Token");
	struct seen *s = &seen[nseen++ % 64];
	char signature[29];
	char *url = xasprintf("%s%s", site.public_url, http_request_target(r));
	size_t len;
	const void *body = http_request_body(r, &len);

	(void)arg;
	assert_non_null(form);
	twilio_sign(TOKEN, url, form, signature);
	s->signature_ok = given && strcmp(given, signature) == 0;
	snprintf(s->path, sizeof(s->path), "%s", http_request_target(r));
	snprintf(s->token, sizeof(s->token), "%s", token ? token : "");
	free(s->body);
	s->body = xmemdup(body, len);
	free(url);
	http_request_reply(r, gateway_status, "text/xml", "<Response/>", 11);
}

static const struct http_route gateway_routes[] = {
	{"POST", "/twilio/", on_webhook, NULL, 65536, NULL},
	{NULL, NULL, NULL, NULL, 0, NULL},
};

/* What the last webhooks said: the value of a field, in a buffer of its own. */
static const char *field(const struct seen *s, const char *name)
{
	static char value[4096];
	struct form form = {0};
	const struct form_field *f;

	assert_int_equal(form_parse(&form, s->body, strlen(s->body)), FORM_OK);
	f = form_get(&form, name);
	snprintf(value, sizeof(value), "%s", f ? f->value : "(missing)");
	form_free(&form);
	return value;
}

/* --- calling the carrier ------------------------------------------------------------------ */

struct result {
	bool done;
	enum http_outcome outcome;
	int status;
	json_t *json;
};

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct result *result = arg;

	result->done = true;
	result->outcome = answer->outcome;
	result->status = answer->status;
	if (answer->outcome == HTTP_ANSWERED)
		result->json = json_loadb(answer->body, answer->body_len, 0, NULL);
}

static void turn(void)
{
	struct timeval tick = {0, 5000};

	event_base_loopexit(base, &tick);
	event_base_dispatch(base);
}

#define wait_until(condition)                                                                      \
	do {                                                                                       \
		int64_t until = clock_monotonic_ms() + LIMIT_MS;                                   \
		while (!(condition)) {                                                             \
			assert_true(clock_monotonic_ms() < until);                                 \
			turn();                                                                    \
		}                                                                                  \
	} while (0)

static void start(struct result *result, const char *method, const char *path, const char *body,
	const char *password, int64_t total_ms)
{
	const char *type = password ? "application/x-www-form-urlencoded" : "application/json";
	const struct http_out_header headers[] = {{"Content-Type", type}, {NULL, NULL}};
	char *url = xasprintf("%s%s", carrier_url, path);
	const struct http_call call = {
		.method = method,
		.url = url,
		.headers = headers,
		.user = password ? ACCOUNT : NULL,
		.password = password,
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.fresh = true,
		.total_ms = total_ms,
	};

	*result = (struct result){0};
	http_call(client, &call, on_answer, result);
	free(url);
}

static struct result ask(const char *method, const char *path, const char *body)
{
	struct result result;

	start(&result, method, path, body, NULL, LIMIT_MS);
	wait_until(result.done);
	assert_int_equal(result.outcome, HTTP_ANSWERED);
	return result;
}

static int status_of(const char *method, const char *path, const char *body)
{
	struct result result = ask(method, path, body);

	json_decref(result.json);
	return result.status;
}

static struct result send_text(const char *to, int64_t total_ms)
{
	struct result result;
	char *body = xasprintf("To=%%2B%s&From=%%2B12025550100&Body=hello+there&StatusCallback=%s"
			       "%%2Ftwilio%%2Fstatus%%3Fjob%%3D7%%26attempt%%3D1",
		to + 1, site.public_url);

	start(&result, "POST", "/2010-04-01/Accounts/" ACCOUNT "/Messages.json", body, TOKEN,
		total_ms);
	free(body);
	wait_until(result.done);
	return result;
}

static void arm(const char *fault)
{
	assert_int_equal(status_of("POST", "/sim/faults", fault), 200);
}

/* How many lines of this kind (and status, if given) the log has for this sid or number. */
static int lines(const char *kind, const char *status, const char *to)
{
	struct result log = ask("GET", "/sim/log?since=0", NULL);
	size_t i;
	json_t *line;
	int n = 0;

	json_array_foreach(log.json, i, line)
	{
		const char *state = json_get_text(line, "status", "");

		n += strcmp(json_get_text(line, "kind", ""), kind) == 0 &&
		     (!status || strcmp(state, status) == 0) &&
		     (!to || strcmp(json_get_text(line, "to", ""), to) == 0 ||
			     strcmp(json_get_text(line, "from", ""), to) == 0);
	}
	json_decref(log.json);
	return n;
}

static int text_in(const char *from, const char *body)
{
	char *order =
		xasprintf("{\"from\":\"%s\",\"to\":\"" PROGRAM "\",\"body\":\"%s\"}", from, body);
	struct result result = ask("POST", "/sim/text", order);
	int status = (int)json_get_int(result.json, "status", -1);

	assert_int_equal(result.status, 200);
	json_decref(result.json);
	free(order);
	return status;
}

/* --- promises ----------------------------------------------------------------------------- */

static void typed_text_reaches_gateway_signed_and_whole(void **state)
{
	struct result result = ask("POST", "/sim/text",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM
		"\",\"body\":\"ma\\u00f1ana + 100% & \\u2665\"}");
	char sid[SID_SIZE];

	(void)state;
	assert_int_equal(json_get_int(result.json, "status", -1), 200);
	snprintf(sid, sizeof(sid), "%s", json_get_text(result.json, "sid", ""));
	assert_true(carrier_is_text_sid(sid));
	assert_int_equal(nseen, 1);
	assert_string_equal(seen[0].path, "/twilio/sms");
	assert_true(seen[0].signature_ok);
	assert_string_equal(field(&seen[0], "MessageSid"), sid);
	assert_string_equal(field(&seen[0], "SmsSid"), sid);
	assert_string_equal(field(&seen[0], "From"), ALEX);
	assert_string_equal(field(&seen[0], "To"), PROGRAM);
	assert_string_equal(field(&seen[0], "Body"), "ma\xc3\xb1"
						     "ana + 100% & \xe2\x99\xa5");
	assert_string_equal(field(&seen[0], "AccountSid"), ACCOUNT);
	assert_string_equal(field(&seen[0], "NumSegments"), "1");
	assert_string_equal(field(&seen[0], "NumMedia"), "0");
	assert_string_equal(field(&seen[0], "OptOutType"), "(missing)");
	json_decref(result.json);
	assert_int_equal(lines("inbound", NULL, ALEX), 1);
}

static void extras_of_a_typed_text_reach_gateway(void **state)
{
	const char *order = "{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"\","
			    "\"sid\":\"SM00000000000000000000000000000042\",\"opt_out\":\"STOP\","
			    "\"media\":[\"https://media.example/a.png\"]}";

	(void)state;
	assert_int_equal(status_of("POST", "/sim/text", order), 200);
	assert_int_equal(nseen, 1);
	assert_true(seen[0].signature_ok);
	assert_string_equal(field(&seen[0], "MessageSid"), "SM00000000000000000000000000000042");
	assert_string_equal(field(&seen[0], "OptOutType"), "STOP");
	assert_string_equal(field(&seen[0], "NumMedia"), "1");
	assert_string_equal(field(&seen[0], "MediaUrl0"), "https://media.example/a.png");
	assert_string_equal(field(&seen[0], "MediaContentType0"), "image/png");
}

static void callers_learn_what_the_gateway_answered(void **state)
{
	(void)state;
	gateway_status = 503;
	assert_int_equal(text_in(ALEX, "one"), 503);
	assert_int_equal(nseen, 1); /* Twilio does not repeat a 5xx unless told to */
	http_server_free(&gateway);
	assert_int_equal(text_in(ALEX, "two"), 0);
	assert_int_equal(lines("inbound", NULL, ALEX), 2);
}

static void wrong_orders_are_refused_and_change_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		"nonsense",
		"[]",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\"}",
		"{\"from\":\"" ALEX "\",\"body\":\"x\"}",
		"{\"from\":\"Alex\",\"to\":\"" PROGRAM "\",\"body\":\"x\"}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":7}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\",\"more\":1}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\",\"sid\":\"SM1\"}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\",\"body\":\"y\"}",
		"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"\\u0000\"}",
	};
	static const char *const faults[] = {"{}", "{\"api\":\"often\"}", "{\"api\":500}",
		"{\"api\":\"500\",\"count\":0}", "{\"api\":\"500\",\"count\":\"3\"}",
		"{\"api\":\"500\",\"receipt\":\"drop\"}", "{\"api\":\"500\",\"to\":\"me\"}",
		"{\"api\":\"500\",\"often\":true}"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(status_of("POST", "/sim/text", wrong[i]), 400);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		assert_int_equal(status_of("POST", "/sim/faults", faults[i]), 400);
	assert_int_equal(status_of("GET", "/sim/log?since=often", NULL), 400);
	assert_int_equal(nseen, 0);
	assert_int_equal(lines("inbound", NULL, NULL), 0);
}

static void bodies_up_to_1600_characters_travel_longer_ones_do_not(void **state)
{
	char body[1601 * 2 + 1] = "";
	char *order;

	(void)state;
	for (size_t i = 0; i < 1600; i++)
		memcpy(body + i * 2, "\xc3\xa9", 2);
	assert_int_equal(text_in(ALEX, body), 200);
	assert_string_equal(field(&seen[0], "Body"), body);
	assert_string_equal(field(&seen[0], "NumSegments"), "11"); /* 1600 septets by 153 */
	memcpy(body + 3200, "x", 2);
	order = xasprintf("{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"%s\"}", body);
	assert_int_equal(status_of("POST", "/sim/text", order), 400);
	free(order);
	assert_int_equal(nseen, 1);
}

static void accepted_text_is_logged_looked_up_and_receipted_in_order(void **state)
{
	struct result result = send_text(ALEX, LIMIT_MS);
	char path[128];
	const char *sid = json_get_text(result.json, "sid", "");

	(void)state;
	assert_int_equal(result.status, 201);
	assert_string_equal(json_get_text(result.json, "status", ""), "queued");
	assert_string_equal(json_get_text(result.json, "body", ""), "hello there");
	assert_int_equal(lines("outbound", "queued", ALEX), 1);
	wait_until(nseen == 2);
	assert_true(seen[0].signature_ok && seen[1].signature_ok);
	assert_string_equal(seen[0].path, "/twilio/status?job=7&attempt=1");
	assert_string_equal(field(&seen[0], "MessageStatus"), "sent");
	assert_string_equal(field(&seen[1], "MessageStatus"), "delivered");
	assert_string_equal(field(&seen[1], "MessageSid"), sid);
	snprintf(path, sizeof(path), "/2010-04-01/Accounts/" ACCOUNT "/Messages/%s.json", sid);
	json_decref(result.json);
	start(&result, "GET", path, NULL, TOKEN, LIMIT_MS);
	wait_until(result.done);
	assert_string_equal(json_get_text(result.json, "status", ""), "delivered");
	json_decref(result.json);
	assert_int_equal(lines("receipt", NULL, ALEX), 2);
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
	json_decref(send_text(ALEX, LIMIT_MS).json);
	json_decref(send_text("+12025550112", LIMIT_MS).json);
	json_decref(send_text(ALEX, LIMIT_MS).json);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result result;
		char path[160];

		snprintf(path, sizeof(path), "/2010-04-01/Accounts/" ACCOUNT "/Messages.json%s",
			cases[i].query);
		start(&result, "GET", path, NULL, TOKEN, LIMIT_MS);
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

		start(&result, "POST", "/2010-04-01/Accounts/" ACCOUNT "/Messages.json",
			cases[i].body, cases[i].password, LIMIT_MS);
		wait_until(result.done);
		assert_int_equal(result.status, cases[i].status);
		assert_int_equal(json_get_int(result.json, "code", 0), cases[i].code);
		assert_int_equal(json_get_int(result.json, "status", 0), cases[i].status);
		json_decref(result.json);
		assert_int_equal(lines("api-error", NULL, NULL), (int)i + 1);
	}
	assert_int_equal(lines("outbound", NULL, NULL), 0);
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
		int before = lines("outbound", NULL, NULL);
		int64_t since = clock_monotonic_ms();
		struct result result;

		arm(cases[i].fault);
		result = send_text(ALEX, slow ? LIMIT_MS : 700);
		assert_int_equal(result.status, cases[i].status);
		assert_int_equal(result.outcome == HTTP_ANSWERED, cases[i].status != 0);
		assert_int_equal(lines("outbound", NULL, NULL) - before, cases[i].accepted);
		if (slow)
			assert_true(clock_monotonic_ms() - since >= 2900);
		json_decref(result.json);
		result = send_text(ALEX, LIMIT_MS);
		assert_int_equal(result.status, 201);
		json_decref(result.json);
	}
}

static void fault_for_a_number_spares_the_others_and_can_be_lifted(void **state)
{
	struct result result;

	(void)state;
	arm("{\"api\":\"500\",\"count\":9,\"to\":\"" ALEX "\"}");
	result = send_text("+12025550112", LIMIT_MS);
	assert_int_equal(result.status, 201);
	json_decref(result.json);
	result = send_text(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 500);
	json_decref(result.json);
	result = ask("GET", "/sim/faults", NULL);
	assert_int_equal(json_get_int(json_array_get(result.json, 0), "count", 0), 8);
	json_decref(result.json);
	assert_int_equal(status_of("DELETE", "/sim/faults", NULL), 200);
	result = send_text(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 201);
	json_decref(result.json);
}

static void receipt_faults_change_what_is_reported(void **state)
{
	(void)state;
	arm("{\"receipt\":\"drop\",\"to\":\"+12025550121\"}");
	arm("{\"receipt\":\"undelivered\",\"to\":\"+12025550122\"}");
	arm("{\"receipt\":\"duplicate\",\"to\":\"+12025550123\"}");
	for (int i = 1; i <= 4; i++) {
		char to[16];

		snprintf(to, sizeof(to), "+1202555012%d", i);
		json_decref(send_text(to, LIMIT_MS).json);
	}
	wait_until(nseen == 8);
	assert_int_equal(lines("receipt", NULL, "+12025550121"), 0);
	assert_int_equal(lines("receipt", "undelivered", "+12025550122"), 1);
	assert_int_equal(lines("receipt", "delivered", "+12025550123"), 2);
	assert_int_equal(lines("receipt", "delivered", "+12025550124"), 1);
}

static void opted_out_at_the_carrier_lasts_until_start(void **state)
{
	struct result result;

	(void)state;
	arm("{\"receipt\":\"21610\",\"count\":1}");
	result = send_text(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 201);
	json_decref(result.json);
	wait_until(lines("receipt", "undelivered", ALEX) == 1);
	wait_until(nseen == 2);
	assert_string_equal(field(&seen[1], "ErrorCode"), "21610");
	result = send_text(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 400);
	assert_int_equal(json_get_int(result.json, "code", 0), 21610);
	json_decref(result.json);
	assert_int_equal(text_in(ALEX, " start "), 200);
	result = send_text(ALEX, LIMIT_MS);
	assert_int_equal(result.status, 201);
	json_decref(result.json);
}

static void duplicate_is_the_same_webhook_twice(void **state)
{
	(void)state;
	arm("{\"webhook\":\"duplicate\",\"count\":1}");
	assert_int_equal(text_in(ALEX, "once"), 200);
	wait_until(nseen == 2 && lines("inbound", NULL, ALEX) == 2);
	assert_string_equal(seen[0].body, seen[1].body);
	assert_string_equal(seen[0].token, seen[1].token);
	assert_int_equal(text_in(ALEX, "again"), 200);
	assert_int_equal(nseen, 3);
}

static void out_of_order_text_is_overtaken_by_the_next(void **state)
{
	(void)state;
	arm("{\"webhook\":\"out-of-order\",\"count\":1}");
	assert_int_equal(status_of("POST", "/sim/text",
				 "{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM
				 "\",\"body\":\"first\",\"wait\":false}"),
		202);
	assert_int_equal(text_in(ALEX, "second"), 200);
	wait_until(nseen == 2);
	assert_string_equal(field(&seen[0], "Body"), "second");
	assert_string_equal(field(&seen[1], "Body"), "first");
}

static void overtaken_by_nobody_still_arrives(void **state)
{
	(void)state;
	arm("{\"webhook\":\"out-of-order\",\"count\":1}");
	assert_int_equal(text_in(ALEX, "alone"), 200);
	assert_int_equal(nseen, 1);
}

static void many_callers_at_once_are_all_served(void **state)
{
	enum { CALLERS = 300 };
	static struct result results[CALLERS];
	size_t done = 0;

	(void)state;
	for (size_t i = 0; i < CALLERS; i++)
		start(&results[i], "POST", "/sim/text",
			"{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\"}", NULL,
			LIMIT_MS);
	while (done < CALLERS) {
		wait_until(results[done].done);
		assert_int_equal(results[done].status, 200);
		assert_int_equal(json_get_int(results[done].json, "status", 0), 200);
		json_decref(results[done].json);
		done++;
	}
	assert_int_equal(lines("inbound", NULL, ALEX), CALLERS);
}

static void log_numbers_grow_and_since_leaves_out_what_is_known(void **state)
{
	struct result log;
	int64_t last = 0;
	size_t i;
	json_t *line;

	(void)state;
	text_in(ALEX, "one");
	text_in(ALEX, "two");
	text_in(ALEX, "three");
	log = ask("GET", "/sim/log?since=1", NULL);
	assert_int_equal(json_array_size(log.json), 2);
	json_array_foreach(log.json, i, line)
	{
		assert_true(json_get_int(line, "n", 0) > last);
		last = json_get_int(line, "n", 0);
		assert_int_equal(json_object_size(line), 8);
		assert_int_equal(strlen(json_get_text(line, "time", "")), 24);
		assert_int_equal(json_get_int(line, "status", 0), 200);
	}
	assert_int_equal(last, 3);
	json_decref(log.json);
	log = ask("GET", "/sim/log?since=3", NULL);
	assert_int_equal(json_array_size(log.json), 0);
	json_decref(log.json);
}

static void full_log_forgets_the_oldest(void **state)
{
	const struct traffic_entry entry = {
		.kind = "inbound", .time_ms = 1, .body = "x", .http = 200};
	struct traffic *t = traffic_new(3);
	size_t len, i;
	char *text;
	json_t *list, *line;

	(void)state;
	for (i = 1; i <= 5; i++)
		assert_int_equal(traffic_add(t, &entry), (int)i);
	text = traffic_print(t, 0, 0, &len);
	list = json_loadb(text, len, 0, NULL);
	assert_int_equal(json_array_size(list), 3);
	json_array_foreach(list, i, line) assert_int_equal(json_get_int(line, "n", 0), (int)i + 3);
	json_decref(list);
	free(text);
	traffic_free(&t);
}

static void pages_of_other_sites_may_not_text(void **state)
{
	const struct http_out_header foreign[] = {
		{"Origin", "https://other.example"}, {NULL, NULL}};
	const char *order = "{\"from\":\"" ALEX "\",\"to\":\"" PROGRAM "\",\"body\":\"x\"}";
	char *url = xasprintf("%s/sim/text", carrier_url);
	const struct http_call call = {.method = "POST",
		.url = url,
		.headers = foreign,
		.body = order,
		.body_len = strlen(order)};
	struct result result = {0};

	(void)state;
	http_call(client, &call, on_answer, &result);
	wait_until(result.done);
	assert_int_equal(result.status, 403);
	assert_int_equal(nseen, 0);
	json_decref(result.json);
	free(url);
}

static void phones_and_page_are_served(void **state)
{
	struct result phones = ask("GET", "/sim/phones", NULL);
	const json_t *first = json_array_get(phones.json, 0);

	(void)state;
	assert_int_equal(json_array_size(phones.json), 2);
	assert_string_equal(json_get_text(first, "number", ""), ALEX);
	assert_string_equal(json_get_text(first, "name", ""), "Alex");
	assert_string_equal(json_get_text(first, "role", ""), "participant");
	assert_string_equal(json_get_text(first, "writes_to", ""), PROGRAM);
	json_decref(phones.json);
	assert_int_equal(status_of("GET", "/", NULL), 200);
	assert_int_equal(status_of("GET", "/page.js", NULL), 200);
	assert_int_equal(status_of("GET", "/style.css", NULL), 200);
	assert_int_equal(status_of("GET", "/sim/secrets", NULL), 404);
}

/* --- frame -------------------------------------------------------------------------------- */

static int port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static void describe_site(int gateway_port)
{
	memset(&site, 0, sizeof(site));
	snprintf(site.public_url, sizeof(site.public_url), "http://127.0.0.1:%d", gateway_port);
	snprintf(site.account.id, sizeof(site.account.id), "%s", ACCOUNT);
	snprintf(site.account.secrets[0], sizeof(site.account.secrets[0]), "%s", TOKEN);
	site.account.nsecrets = 1;
	handsets[0] = (struct handset){"Alex", "participant", {ALEX}, {PROGRAM}};
	handsets[1] = (struct handset){"Sam", "supporter", {"+12025550112"}, {PROGRAM}};
	site.handsets = handsets;
	site.nhandsets = 2;
}

static int set_up(void **state)
{
	struct fail fail = {""};
	int gateway_fd = http_bind("127.0.0.1", 0, &fail), carrier_fd;

	(void)state;
	assert_true(gateway_fd >= 0);
	describe_site(port_of(gateway_fd));
	base = event_base_new();
	gateway = http_server_new(base, gateway_routes, NULL, &fail);
	assert_true(http_server_listen(gateway, gateway_fd, &fail));
	carrier_fd = http_bind("127.0.0.1", 0, &fail);
	snprintf(carrier_url, sizeof(carrier_url), "http://127.0.0.1:%d", port_of(carrier_fd));
	carrier = carrier_new(base, &site, carrier_fd, &fail);
	assert_non_null(carrier);
	client = http_client_new(base, &fail);
	assert_non_null(client);
	gateway_status = 200;
	nseen = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_client_free(&client);
	carrier_free(&carrier);
	http_server_free(&gateway);
	for (size_t i = 0; i < 64; i++) {
		free(seen[i].body);
		seen[i].body = NULL;
	}
	event_base_free(base);
	return 0;
}

#define promise(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(typed_text_reaches_gateway_signed_and_whole),
		promise(extras_of_a_typed_text_reach_gateway),
		promise(callers_learn_what_the_gateway_answered),
		promise(wrong_orders_are_refused_and_change_nothing),
		promise(bodies_up_to_1600_characters_travel_longer_ones_do_not),
		promise(accepted_text_is_logged_looked_up_and_receipted_in_order),
		promise(look_up_finds_by_number_and_day),
		promise(wrong_calls_get_twilios_errors),
		promise(api_faults_do_what_they_say_and_no_more),
		promise(fault_for_a_number_spares_the_others_and_can_be_lifted),
		promise(receipt_faults_change_what_is_reported),
		promise(opted_out_at_the_carrier_lasts_until_start),
		promise(duplicate_is_the_same_webhook_twice),
		promise(out_of_order_text_is_overtaken_by_the_next),
		promise(overtaken_by_nobody_still_arrives),
		promise(many_callers_at_once_are_all_served),
		promise(log_numbers_grow_and_since_leaves_out_what_is_known),
		cmocka_unit_test(full_log_forgets_the_oldest),
		promise(pages_of_other_sites_may_not_text),
		promise(phones_and_page_are_served),
	};

	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
