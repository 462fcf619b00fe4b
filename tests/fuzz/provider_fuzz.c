#include "tests/fuzz/provider_fuzz.h"

#include "providers/inbound_field.h"

#include <string.h>
#include <strings.h>
#include <warmline/fail.h>

#define HEADERS   16
#define API_URL   "https://api.example.org"
#define PUBLIC    "https://sms.example.org"
#define FORM_TYPE "application/x-www-form-urlencoded"

struct message { /* points into one copy of the input */
	char *text;
	const char *method, *target;
	int status;
	struct {
		const char *name, *value;
	} headers[HEADERS];
	size_t nheaders;
	const char *body;
	size_t body_len;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* --- the input ------------------------------------------------------------------------------- */

/* What stands before `until`, or everything that is left; NUL-ended. */
static char *take(char **at, char *end, char until)
{
	char *taken = *at, *found = memchr(*at, until, (size_t)(end - *at));

	*at = found ? found + 1 : end;
	if (found)
		*found = '\0';
	return taken;
}

static void read_first_line(struct message *message, char *line)
{
	char *end = line + strlen(line);

	message->method = take(&line, end, ' ');
	message->target = take(&line, end, ' ');
	message->status = (int)strtol(line, NULL, 10) % 1000;
}

static void read_message(struct message *message, const uint8_t *data, size_t size)
{
	char *at, *end;

	*message = (struct message){.text = xmemdup(data, size)};
	at = message->text;
	end = at + size;
	read_first_line(message, take(&at, end, '\n'));
	while (at < end && *at != '\n' && message->nheaders < HEADERS) {
		char *line = take(&at, end, '\n');
		char *stop = line + strlen(line);

		message->headers[message->nheaders].name = take(&line, stop, ':');
		message->headers[message->nheaders++].value = line;
	}
	take(&at, end, '\n');
	message->body = at;
	message->body_len = (size_t)(end - at);
}

static const char *header(const void *headers, const char *name)
{
	const struct message *message = headers;

	for (size_t i = 0; i < message->nheaders; i++)
		if (strcasecmp(message->headers[i].name, name) == 0)
			return message->headers[i].value + strspn(message->headers[i].value, " ");
	return NULL;
}

/* --- what holds ------------------------------------------------------------------------------ */

static bool is_status(const char *status)
{
	static const char *const all[] = {
		"queued", "sent", "delivered", "undelivered", "failed", "read"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i], status) == 0)
			return true;
	return false;
}

static bool is_utf8(const char *text)
{
	json_t *json = json_string(text);

	json_decref(json);
	return json != NULL;
}

static void check_event_id(const struct provider *provider, const char *id)
{
	size_t len = strlen(provider->kind);

	must(strncmp(id, provider->kind, len) == 0 && id[len] == ':' && is_utf8(id));
}

static void check_receipt(const struct provider *provider, const struct inbound_receipt *receipt)
{
	bool failed = strcmp(receipt->status, "failed") == 0 ||
		      strcmp(receipt->status, "undelivered") == 0;

	must(is_status(receipt->status));
	must(failed == (receipt->why != ANSWER_ACCEPTED));
	must((receipt->actor[0] == '\0') == (receipt->job[0] == '\0'));
	must(receipt->error >= 0 && receipt->attempt >= 0);
	check_event_id(provider, receipt->event_id);
}

static void check_text(const struct provider *provider, const struct inbound_text *text)
{
	must(text->body && is_utf8(text->body));
	must(text->from[0] != '\0');
	must(json_array_size(text->media) <= MEDIA_MOST);
	check_event_id(provider, text->event_id);
}

static void check_read(const struct provider *provider, const struct account *account,
	const struct webhook *webhook)
{
	struct inbound inbound = {.texts = NULL};
	struct fail fail = {.text = ""};

	if (provider->read(account, webhook, &inbound, &fail)) {
		for (size_t i = 0; i < inbound.ntexts; i++)
			check_text(provider, &inbound.texts[i]);
		for (size_t i = 0; i < inbound.nreceipts; i++)
			check_receipt(provider, &inbound.receipts[i]);
	} else {
		must(fail.text[0] != '\0');
	}
	inbound_clear(&inbound);
}

static void check_proof(const struct provider *provider, const struct account *account,
	const struct webhook *webhook)
{
	struct account none = *account;
	struct proof proof;

	memset(&proof, 'x', sizeof(proof));
	if (provider->verify(account, webhook, &proof))
		must(memchr(proof.nonce, '\0', sizeof(proof.nonce)) != NULL);
	none.nsecrets = 0;
	must(!(provider->needs & NEED_WEBHOOK) || !provider->verify(&none, webhook, &proof));
	explicit_bzero(none.secrets, sizeof(none.secrets));
	none.nsecrets = SECRETS_MOST;
	must(!(provider->needs & NEED_WEBHOOK) || !provider->verify(&none, webhook, &proof));
}

static void check_webhook(const struct provider *provider, const struct account *account,
	const struct message *message)
{
	char *url = xasprintf("%s%s", PUBLIC, message->target);
	const char *type = header(message, "Content-Type");
	const char *query = url + strcspn(url, "?");
	struct webhook webhook = {.method = message->method,
		.url = url,
		.header = header,
		.headers = message,
		.body = message->body,
		.body_len = message->body_len,
		.now_s = 1760000000};
	struct form form = {NULL, 0, NULL}, fields = {NULL, 0, NULL};

	webhook.about = strstr(message->target, "status") ? ABOUT_RECEIPT : ABOUT_TEXT;
	if (*query && form_parse(&fields, query + 1, strlen(query + 1)) == FORM_OK)
		webhook.query = &fields;
	if ((!type || strncasecmp(type, FORM_TYPE, strlen(FORM_TYPE)) == 0) &&
		form_parse(&form, message->body, message->body_len) == FORM_OK)
		webhook.form = &form;
	check_proof(provider, account, &webhook);
	check_read(provider, account, &webhook);
	form_free(&form);
	form_free(&fields);
	free(url);
}

/* --- what goes out, and what comes back ------------------------------------------------------- */

static void check_request(struct provider_request *request)
{
	must(strncmp(request->url, API_URL, strlen(API_URL)) == 0);
	must(request->method && (strcmp(request->method, "GET") == 0 || request->body));
	must(!request->body || request->type);
	provider_request_clear(request);
}

static void check_build(const struct provider *provider, const struct account *account,
	const struct message *message)
{
	bool repaired;
	char *words = words_repair(message->body, message->body_len, &repaired);
	struct outbound_text text = {.to = "+12025550111",
		.from = "+12025550100",
		.body = words,
		.actor = "p2a-0123456789abcdef",
		.job = "p2a-0123456789abcdef.7",
		.attempt = 1,
		.callback_url = PUBLIC "/status?a=1&j=2&n=3",
		.validity_s = message->status,
		.keep_no_words = message->status % 2 != 0,
		.now_s = 1760000000,
		.entropy = message->body_len};
	struct provider_request request = {.url = NULL};

	provider->build(account, &text, &request);
	check_request(&request);
	free(words);
}

static void check_errands(const struct provider *provider, const struct account *account,
	const struct provider_reply *reply)
{
	struct provider_request request = {.url = NULL};

	for (int i = 0; provider->errand && i < 4; i++) {
		struct errand errand = {.kind = i & 1 ? ERRAND_REDACT : ERRAND_LOOK_UP,
			.provider_id = "SM0123456789",
			.to = "+12025550111"};
		struct inbound_receipt receipt = {.attempt = 0};
		enum errand_state state;

		if (provider->errand(account, &errand, i / 2, &request))
			check_request(&request);
		state = provider->errand_answer(account, &errand, i / 2, reply, &receipt);
		if (state == ERRAND_DONE && errand.kind == ERRAND_LOOK_UP)
			check_receipt(provider, &receipt);
	}
}

static void check_answer(const struct provider *provider, const struct account *account,
	const struct provider_reply *reply)
{
	struct provider_answer answer;

	memset(&answer, 'x', sizeof(answer));
	provider->answer(account, reply, &answer);
	must(answer.kind <= ANSWER_UNKNOWN && answer.error >= 0);
	must(memchr(answer.provider_id, '\0', sizeof(answer.provider_id)) != NULL);
	if (answer.kind == ANSWER_ACCEPTED)
		must(reply->status >= 200 && reply->status <= 299 && reply->len > 0);
}

int provider_fuzz(const struct provider *provider, const struct account *account,
	const uint8_t *data, size_t size)
{
	struct account full = *account;
	struct message message;
	struct provider_reply reply;

	text_set(full.kind, sizeof(full.kind), "%s", provider->kind);
	text_set(full.api_url, sizeof(full.api_url), "%s", API_URL);
	read_message(&message, data, size);
	reply = (struct provider_reply){message.status, message.body, message.body_len};
	check_webhook(provider, &full, &message);
	check_build(provider, &full, &message);
	check_answer(provider, &full, &reply);
	check_errands(provider, &full, &reply);
	free(message.text);
	return 0;
}
