#include "tests/lib/carrier_stage.h"

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
#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>
#include <warmline/http_server.h>
#include <warmline/json.h>
#include <warmline/provider.h>

struct stage stage;
enum speech stage_twilio = TWILIO, stage_telnyx = TELNYX;

/* --- calling the carrier ------------------------------------------------------------------ */

void stage_on_answer(void *arg, const struct http_answer *answer)
{
	struct result *result = arg;

	result->done = true;
	result->outcome = answer->outcome;
	result->status = answer->status;
	if (answer->outcome == HTTP_ANSWERED)
		result->json = json_loadb(answer->body, answer->body_len, 0, NULL);
}

void stage_turn(void)
{
	struct timeval tick = {0, 5000};

	event_base_loopexit(stage.base, &tick);
	event_base_dispatch(stage.base);
}

static void start(struct result *result, struct http_call call, const char *path)
{
	char *url = xasprintf("%s%s", stage.url, path);

	call.url = url;
	call.body_len = call.body ? strlen(call.body) : 0;
	call.fresh = true;
	*result = (struct result){0};
	http_call(stage.client, &call, stage_on_answer, result);
	free(url);
}

void stage_start(struct result *result, const char *method, const char *path, const char *body)
{
	static const struct http_out_header headers[] = {
		{"Content-Type", "application/json"}, {NULL, NULL}};

	start(result,
		(struct http_call){
			.method = method, .headers = headers, .body = body, .total_ms = LIMIT_MS},
		path);
}

struct result stage_ask(const char *method, const char *path, const char *body)
{
	struct result result;

	stage_start(&result, method, path, body);
	wait_until(result.done);
	assert_int_equal(result.outcome, HTTP_ANSWERED);
	return result;
}

int stage_status(const char *method, const char *path, const char *body)
{
	struct result result = stage_ask(method, path, body);

	json_decref(result.json);
	return result.status;
}

struct result stage_call(enum speech speech, const char *method, const char *path, const char *body,
	const char *key, int64_t total_ms)
{
	char *bearer = xasprintf("Bearer %s", key ? key : KEY);
	const struct http_out_header form[] = {
		{"Content-Type", "application/x-www-form-urlencoded"}, {NULL, NULL}};
	const struct http_out_header json[] = {
		{"Content-Type", "application/json"}, {"Authorization", bearer}, {NULL, NULL}};
	struct http_call call = {
		.method = method, .headers = form, .body = body, .total_ms = total_ms};
	struct result result;

	if (speech == TELNYX) {
		call.headers = json;
	} else {
		call.user = ACCOUNT;
		call.password = key ? key : TOKEN;
	}
	start(&result, call, path);
	free(bearer);
	wait_until(result.done);
	return result;
}

struct result stage_request(struct provider_request *request)
{
	struct http_out_header headers[REQUEST_HEADERS + 2] = {{NULL, NULL}};
	struct http_call call = {.method = request->method,
		.url = request->url,
		.headers = headers,
		.user = request->user,
		.password = request->password,
		.body = request->body,
		.body_len = request->body ? strlen(request->body) : 0,
		.total_ms = LIMIT_MS};
	struct result result = {0};
	size_t n = 0;

	if (request->type)
		headers[n++] = (struct http_out_header){"Content-Type", request->type};
	for (size_t i = 0; i < REQUEST_HEADERS && request->headers[i].name; i++)
		headers[n++] = (struct http_out_header){
			request->headers[i].name, request->headers[i].value};
	http_call(stage.client, &call, stage_on_answer, &result);
	provider_request_clear(request);
	wait_until(result.done);
	return result;
}

static char *body_of_send(enum speech speech, const char *to)
{
	if (speech == TELNYX)
		return xasprintf("{\"to\":\"%s\",\"from\":\"" SECOND "\",\"text\":\"hello there\","
				 "\"webhook_url\":\"%s/telnyx/sms?j=7&n=1\"}",
			to, stage.site.public_url);
	return xasprintf("To=%%2B%s&From=%%2B%s&Body=hello+there&StatusCallback=%s"
			 "%%2Ftwilio%%2Fstatus%%3Fj%%3D7%%26n%%3D1",
		to + 1, PROGRAM + 1, stage.site.public_url);
}

struct result stage_send(enum speech speech, const char *to, int64_t total_ms)
{
	static const char *const paths[] = {
		"/2010-04-01/Accounts/" ACCOUNT "/Messages.json", "/v2/messages"};
	char *body = body_of_send(speech, to);
	struct result result = stage_call(speech, "POST", paths[speech], body, NULL, total_ms);

	free(body);
	return result;
}

int stage_send_status(enum speech speech, const char *to)
{
	struct result result = stage_send(speech, to, LIMIT_MS);

	json_decref(result.json);
	return result.status;
}

struct result stage_look_up(enum speech speech, const char *id)
{
	char path[160];

	snprintf(path, sizeof(path),
		speech == TELNYX ? "/v2/messages/%s"
				 : "/2010-04-01/Accounts/" ACCOUNT "/Messages/%s.json",
		id);
	return stage_call(speech, "GET", path, NULL, NULL, LIMIT_MS);
}

static const json_t *resource(enum speech speech, const json_t *answer)
{
	return speech == TELNYX ? json_object_get(answer, "data") : answer;
}

const char *stage_id(enum speech speech, const json_t *answer)
{
	return json_get_text(resource(speech, answer), speech == TELNYX ? "id" : "sid", "");
}

const char *stage_state(enum speech speech, const json_t *answer)
{
	const json_t *at = resource(speech, answer);

	if (speech == TELNYX)
		at = json_array_get(json_object_get(at, "to"), 0);
	return json_get_text(at, "status", "");
}

int stage_code(enum speech speech, const json_t *answer)
{
	const json_t *errors = json_object_get(answer, "errors");

	if (speech == TELNYX)
		return (int)strtol(json_get_text(json_array_get(errors, 0), "code", "0"), NULL, 10);
	return (int)json_get_int(answer, "code", 0);
}

void stage_arm(const char *fault)
{
	assert_int_equal(stage_status("POST", "/sim/faults", fault), 200);
}

/* How many lines of this kind (and status, if given) the log has for this sid or number. */
int stage_lines(const char *kind, const char *status, const char *to)
{
	struct result log = stage_ask("GET", "/sim/log?since=0", NULL);
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

int stage_text_to(const char *from, const char *to, const char *body)
{
	char *order = xasprintf("{\"from\":\"%s\",\"to\":\"%s\",\"body\":\"%s\"}", from, to, body);
	struct result result = stage_ask("POST", "/sim/text", order);
	int status = (int)json_get_int(result.json, "status", -1);

	assert_int_equal(result.status, 200);
	json_decref(result.json);
	free(order);
	return status;
}

int carrier_stage_text(const char *from, const char *body)
{
	return stage_text_to(from, PROGRAM, body);
}

/* --- the stage itself ---------------------------------------------------------------------- */

static int port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static struct account account(enum speech speech, const char *name)
{
	struct account a = {.simulated = true, .nsecrets = 1, .nnumbers = 1};

	a.numbers = &stage.numbers[speech];
	snprintf(a.name, sizeof(a.name), "%s", name);
	snprintf(a.kind, sizeof(a.kind), "%s", speech == TELNYX ? "telnyx" : "twilio");
	snprintf(a.id, sizeof(a.id), "%s", speech == TELNYX ? "" : ACCOUNT);
	snprintf(a.api_secret, sizeof(a.api_secret), "%s", speech == TELNYX ? KEY : TOKEN);
	snprintf(a.secrets[0], sizeof(a.secrets[0]), "%s", TOKEN);
	return a;
}

/* As site_use_keys() does it: the key pair follows from the API's key. */
static void give_key_pair(struct account *a)
{
	unsigned char seed[crypto_sign_SEEDBYTES], public[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];

	memcpy(seed, a->api_secret, sizeof(seed));
	crypto_sign_seed_keypair(public, secret, seed);
	sodium_bin2base64(a->secrets[0], sizeof(a->secrets[0]), public, sizeof(public),
		sodium_base64_VARIANT_ORIGINAL);
}

static void describe_site(int gateway_port)
{
	memset(&stage.site, 0, sizeof(stage.site));
	snprintf(stage.site.public_url, sizeof(stage.site.public_url), "http://127.0.0.1:%d",
		gateway_port);
	stage.numbers[TWILIO] = (struct phone){PROGRAM};
	stage.numbers[TELNYX] = (struct phone){SECOND};
	stage.accounts[TWILIO] = account(TWILIO, "twilio");
	stage.accounts[TELNYX] = account(TELNYX, "telnyx");
	give_key_pair(&stage.accounts[TELNYX]);
	stage.site.accounts = stage.accounts;
	stage.site.naccounts = SPEECHES;
	stage.handsets[0] = (struct handset){"Alex", "participant", {ALEX}, {PROGRAM}};
	stage.handsets[1] = (struct handset){"Sam", "supporter", {"+12025550112"}, {PROGRAM}};
	stage.site.handsets = stage.handsets;
	stage.site.nhandsets = 2;
}

static void open_gateway(void)
{
	struct fail fail = {""};
	int fd = http_bind("127.0.0.1", 0, &fail);

	assert_true(fd >= 0);
	describe_site(port_of(fd));
	stage.base = event_base_new();
	stage.gateway = http_server_new(stage.base, stage_gateway_routes, NULL, &fail);
	assert_true(http_server_listen(stage.gateway, fd, &fail));
	stage.gateway_status = 200;
	stage.nseen = 0;
}

static int open_carrier(void)
{
	struct fail fail = {""};
	int fd = http_bind("127.0.0.1", 0, &fail);

	snprintf(stage.url, sizeof(stage.url), "http://127.0.0.1:%d", port_of(fd));
	for (size_t i = 0; i < SPEECHES; i++)
		snprintf(stage.accounts[i].api_url, sizeof(stage.accounts[i].api_url), "%s",
			stage.url);
	stage.carrier = carrier_new(stage.base, &stage.site, fd, &fail);
	assert_non_null(stage.carrier);
	stage.client = http_client_new(stage.base, &fail);
	assert_non_null(stage.client);
	return 0;
}

enum speech stage_speech(void **state)
{
	return *(const enum speech *)*state;
}

int stage_set(void **state)
{
	(void)state;
	open_gateway();
	return open_carrier();
}

int stage_set_telnyx(void **state)
{
	(void)state;
	open_gateway();
	stage.site.accounts = &stage.accounts[TELNYX];
	stage.site.naccounts = 1;
	return open_carrier();
}

int stage_set_twins(void **state)
{
	(void)state;
	open_gateway();
	stage.accounts[1] = account(TWILIO, "twin");
	stage.accounts[1].numbers = &stage.numbers[1];
	return open_carrier();
}

int stage_strike(void **state)
{
	(void)state;
	http_client_free(&stage.client);
	carrier_free(&stage.carrier);
	http_server_free(&stage.gateway);
	for (size_t i = 0; i < 64; i++) {
		free(stage.seen[i].body);
		stage.seen[i].body = NULL;
	}
	event_base_free(stage.base);
	return 0;
}
