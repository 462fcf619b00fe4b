/*
 * Kannel, one's own SMS gateway box. Facts: its user guide and the program of Debian (1.4.5), which
 * tests/system/test_kannel.py runs.
 *
 * Kannel signs nothing. What keeps strangers out is the path token, which stands in Kannel's
 * configuration and in ours and nowhere else, and the account's networks: the address of the box,
 * 127.0.0.1 when it runs beside us. On another machine both ways want https: numbers, words and
 * the password of sendsms stand in URLs. Kannel's side ("..." is the webhook's address with the
 * path token):
 *
 *     group = core             unified-prefix: numbers must be international. store-type and
 *                              dlr-storage: else a restart loses texts and receipts. No
 *                              access-log, log-level 2 or more: others hold words and numbers
 *     group = smsbox           http-request-retry = 100000 and http-queue-delay = 1: without them
 *                              Kannel drops a text that finds us away. log-level as above. No
 *                              immediate-sendsms-reply: it says yes to what it does not know
 *     group = sendsms-user     username: our account, password: our api. max-messages = 10,
 *                              concatenation = true
 *     group = sms-service      keyword = default, catch-all = true, max-messages = 0 and
 *         get-url = ".../sms?id=%I&ts=%T&from=%q&to=%Q&coding=%c&charset=%C&text=%b"
 *       or send-sender = true and post-url = ".../sms?id=%I&ts=%T"
 *
 * Kannel takes 200 and 202 for taken. The body of our answer could become a text to the person, so
 * there is none.
 *
 * Event ids: %I, which a repeated request has again. Where %I is empty or zero, a hash of sender,
 * receiver, time and words. Without a time, too, the time at which it came: one text twice is
 * better than two equal texts once.
 *
 * sendsms gives no id: provider_id is "-", and receipts find the text by the ids in our dlr-url.
 * Their event ids are made of those. There is nothing to look up, and what Kannel logs it keeps.
 *
 * Not documented: what an SMSC means by "err:" and by REJECTD, DELETED and UNDELIV in %A: unknown.
 * 503 in other words than Kannel's, and "Sent." of immediate-sendsms-reply: unknown.
 */
#include "providers/basic_auth.h"
#include "providers/digest.h"
#include "providers/inbound_field.h"
#include "providers/request.h"

#include <string.h>
#include <strings.h>
#include <unicode/ucnv.h>
#include <unicode/ustring.h>
#include <warmline/fail.h>
#include <warmline/sms_text.h>

#define NO_ID "-"

/* --- what both ways of asking have ------------------------------------------------------------ */

/* From our own URL, else from the header that post-url has for it; NULL = none has. */
static bool take(const struct webhook *webhook, const char *name, const char *header, bool needed,
	char *to, size_t size, struct fail *fail)
{
	const char *value = NULL;

	if (!form_count(webhook->query, name) && header)
		value = webhook->header(webhook->headers, header);
	if (!value || !*value)
		return form_take(webhook->query, name, needed, to, size, fail);
	return text_set(to, size, "%s", value) ? true : fail_set(fail, "%s is too long", header);
}

/* %q does this for get-url; the headers of post-url have the number as the SMSC wrote it. */
static void number_international(char *number, size_t size)
{
	size_t n = strlen(number);

	if (strncmp(number, "00", 2) == 0 && number[strspn(number, "0123456789")] == '\0') {
		memmove(number + 1, number + 2, n - 1);
		number[0] = '+';
	}
	number_plus(number, size);
}

static bool take_number(const struct webhook *webhook, const char *name, const char *header,
	char *to, size_t size, struct fail *fail)
{
	if (!take(webhook, name, header, true, to, size, fail))
		return false;
	number_international(to, size);
	return true;
}

/* --- words ------------------------------------------------------------------------------------ */

#define CHARSET_SIZE 32

/* "text/plain; charset=\"UTF-16BE\"" */
static void charset_of_type(const char *type, char charset[CHARSET_SIZE])
{
	const char *at = type ? strcasestr(type, "charset=") : NULL;

	charset[0] = '\0';
	if (!at)
		return;
	at += strlen("charset=");
	at += *at == '"';
	text_set(charset, CHARSET_SIZE, "%.*s", (int)strcspn(at, "\"; "), at);
}

/*
 * What ICU calls it; NULL for UTF-8, which Kannel has inside, and for what the guide calls GSM and
 * binary. Only names from this list: a name could ask ICU for a file.
 */
static const char *converter_name(const char *charset, const char *coding)
{
	static const char *const names[][2] = {{"UTF-16BE", "UTF-16BE"}, {"UCS-2", "UTF-16BE"},
		{"UCS-2BE", "UTF-16BE"}, {"UTF-16", "UTF-16"}, {"UTF-16LE", "UTF-16LE"},
		{"ISO-8859-1", "ISO-8859-1"}, {"LATIN1", "ISO-8859-1"},
		{"WINDOWS-1252", "windows-1252"}, {"CP1252", "windows-1252"}};

	if (!*charset)
		return strcmp(coding, "2") == 0 ? "UTF-16BE" : NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(names[i][0], charset) == 0)
			return names[i][1];
	return NULL;
}

/* As UTF-8, owned by the caller; what is broken becomes U+FFFD. NULL: ICU cannot. */
static char *converted(const char *name, const char *bytes, size_t len, size_t *converted_len)
{
	UErrorCode error = U_ZERO_ERROR;
	UConverter *converter = ucnv_open(name, &error);
	int32_t units = (int32_t)(2 * len + 2), n, written = 0;
	UChar *wide = xcalloc((size_t)units, sizeof(*wide));
	char *utf8 = xcalloc(1, 3 * (size_t)units + 1);

	n = ucnv_toUChars(converter, wide, units, bytes, (int32_t)len, &error);
	u_strToUTF8WithSub(utf8, 3 * units, &written, wide, n, 0xfffd, NULL, &error);
	ucnv_close(converter);
	free(wide);
	if (U_FAILURE(error)) {
		free(utf8);
		return NULL;
	}
	*converted_len = (size_t)written;
	return utf8;
}

static bool words_convert(const char *name, const char *bytes, size_t len,
	struct inbound_text *text, struct fail *fail)
{
	size_t utf8_len;
	char *utf8 = len <= UINT16_MAX ? converted(name, bytes, len, &utf8_len) : NULL;
	bool done;

	if (!utf8)
		return words_take("text", bytes, len, text, fail);
	done = words_take("text", utf8, utf8_len, text, fail);
	free(utf8);
	/* Nobody types U+FFFD. */
	text->repaired = text->repaired || (done && strstr(text->body, "\xef\xbf\xbd"));
	return done;
}

static bool take_words(const struct webhook *webhook, struct inbound_text *text, struct fail *fail)
{
	const struct form_field *field = form_get(webhook->query, "text");
	bool in_body =
		strcasecmp(webhook->method, "POST") == 0 && !form_count(webhook->query, "text");
	const char *bytes = in_body ? webhook->body : field ? field->value : NULL;
	size_t len = in_body ? webhook->body_len : field ? field->value_len : 0;
	char coding[8], charset[CHARSET_SIZE];
	const char *name;

	if (!in_body && !field)
		return form_take_words(webhook->query, "text", text, fail);
	if (!take(webhook, "coding", "X-Kannel-Coding", false, coding, sizeof(coding), fail) ||
		!take(webhook, "charset", NULL, false, charset, sizeof(charset), fail))
		return false;
	if (!*charset)
		charset_of_type(webhook->header(webhook->headers, "Content-Type"), charset);
	name = converter_name(charset, coding);
	return name ? words_convert(name, bytes, len, text, fail)
		    : words_take("text", len ? bytes : "", len, text, fail);
}

/* --- texts ------------------------------------------------------------------------------------ */

static bool is_none(const char *id)
{
	return id[strspn(id, "0-")] == '\0';
}

static void id_of_hash(const struct webhook *webhook, const char *sent, struct inbound_text *text)
{
	char came[24];

	text_set(came, sizeof(came), "%lld", (long long)webhook->now_s);
	hash_id(text->provider_id,
		(const char *[]){text->from, text->to, is_none(sent) ? came : sent, text->body}, 4);
}

static bool take_text(const struct account *account, const struct webhook *webhook,
	struct inbound_text *text, struct fail *fail)
{
	char sent[32];

	if (!take(webhook, "id", NULL, false, text->provider_id, sizeof(text->provider_id), fail) ||
		!take(webhook, "ts", "X-Kannel-Time", false, sent, sizeof(sent), fail) ||
		!take_number(
			webhook, "from", "X-Kannel-From", text->from, sizeof(text->from), fail) ||
		!take_number(webhook, "to", "X-Kannel-To", text->to, sizeof(text->to), fail) ||
		!take_words(webhook, text, fail))
		return false;
	if (!is_id(text->provider_id))
		return fail_set(fail, "id is malformed");
	if (is_none(text->provider_id))
		id_of_hash(webhook, sent, text);
	event_id_set(text->event_id, account->kind, account, text->provider_id, "text");
	return true;
}

/* --- receipts --------------------------------------------------------------------------------- */

/* The bits of dlr-mask; one report has one of them. */
static const struct status_word statuses[] = {
	{"1", "delivered"}, {"2", "undelivered"}, {"4", "queued"}, {"8", "sent"}, {"16", "failed"}};

/* Of a NACK: codes of SMPP 3.4, section 5.1.3. */
static const struct answer_code smpp_codes[] = {
	{0x0a, ANSWER_ACCOUNT},    /* source address */
	{0x0b, ANSWER_BAD_NUMBER}, /* destination address */
	{0x14, ANSWER_BUSY},       /* queue full */
	{0x58, ANSWER_RATE},       /* throttled */
};

/* What follows `name` in "id:... stat:DELIVRD err:000", up to a blank. */
static const char *told(const char *answer, const char *name, size_t *len)
{
	const char *at = strcasestr(answer, name);

	at = at ? at + strlen(name) : "";
	*len = strcspn(at, " ");
	return at;
}

/*
 * %A: the SMSC's own words on a text that went to the handset or not; of one that it did not take,
 * "NACK/0x0000000b/..." when it speaks SMPP (smsc_smpp.c), "NACK/" and anything when it does not.
 */
static enum answer_kind read_answer(const char *answer, int *error)
{
	size_t len;
	const char *at;

	if (strncasecmp(answer, "NACK/0x", 7) == 0) {
		*error = (int)(strtoul(answer + 7, NULL, 16) & INT32_MAX);
		return ANSWER_CODE(smpp_codes, *error, ANSWER_UNKNOWN);
	}
	at = told(answer, "err:", &len);
	if (len > 0 && len < 9 && strspn(at, "0123456789") == len)
		*error = (int)strtoul(at, NULL, 10);
	at = told(answer, "stat:", &len);
	return len == 7 && strncasecmp(at, "EXPIRED", len) == 0 ? ANSWER_NETWORK : ANSWER_UNKNOWN;
}

static bool take_receipt(const struct account *account, const struct webhook *webhook,
	struct inbound_receipt *receipt, struct fail *fail)
{
	const struct form_field *answer = form_get(webhook->query, "t");
	enum answer_kind why;
	char value[8], id[80];
	int error = 0;

	if (!form_take(webhook->query, "d", true, value, sizeof(value), fail))
		return false;
	for (size_t i = 0;; i++) {
		if (i == sizeof(statuses) / sizeof(statuses[0]))
			return fail_set(fail, "d is no state of a text: is it %%d in dlr-url?");
		if (strcmp(statuses[i].told, value) == 0)
			break;
	}
	ours_take(webhook->query, receipt);
	if (!*receipt->job || !is_id(receipt->actor) || !is_id(receipt->job))
		return fail_set(fail, "a and j of our dlr-url are missing or malformed");
	why = read_answer(answer ? answer->value : "", &error);
	receipt_set(receipt, STATUS_WORD(statuses, value), error, why);
	text_set(receipt->provider_id, sizeof(receipt->provider_id), NO_ID);
	text_set(id, sizeof(id), "%s.%d", receipt->job, receipt->attempt);
	event_id_set(receipt->event_id, account->kind, account, id, value);
	return true;
}

static bool take_webhook(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail)
{
	if (webhook->about == ABOUT_RECEIPT)
		return take_receipt(account, webhook, inbound_add_receipt(inbound), fail);
	return take_text(account, webhook, inbound_add_text(inbound), fail);
}

/* --- what goes out ---------------------------------------------------------------------------- */

/* Kannel replaces %d and %A; every other % in it must be two. */
static void put_dlr_url(struct provider_request *request, const char *callback_url)
{
	char *doubled = xcalloc(1, 2 * strlen(callback_url) + 1), *to = doubled, *url;

	for (const char *at = callback_url; *at; at++) {
		*to++ = *at;
		if (*at == '%')
			*to++ = '%';
	}
	url = xasprintf("%s%cd=%%d&t=%%A", doubled, strchr(callback_url, '?') ? '&' : '?');
	request_query(request, "dlr-url", url);
	free(doubled);
	free(url);
}

static void build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request)
{
	struct sms_size size = {.ucs2 = true};
	char minutes[24] = "";

	/* Whole minutes; less than one would be for ever. */
	if (text->validity_s > 0)
		text_set(minutes, sizeof(minutes), "%lld",
			(long long)(text->validity_s < 60 ? 1 : text->validity_s / 60));
	*request = (struct provider_request){
		.method = "GET", .url = xasprintf("%s/cgi-bin/sendsms", account->api_url)};
	request_query(request, "username", account->id);
	request_query(request, "password", account->api_secret);
	request_query(request, "smsc", account->application);
	request_query(request, "from", text->from);
	request_query(request, "to", text->to);
	request_query(request, "coding", sms_measure(text->body, &size) && !size.ucs2 ? "0" : "2");
	request_query(request, "charset", "UTF-8");
	request_query(request, "validity", minutes);
	request_query(request, "dlr-mask", "31");
	put_dlr_url(request, text->callback_url);
	request_query(request, "text", text->body);
}

static bool begins(const struct provider_reply *reply, const char *with)
{
	return reply->len >= strlen(with) && strncasecmp(reply->body, with, strlen(with)) == 0;
}

/* "There was something wrong in the request or Kannel was so configured": 400 in Kannel's words,
 * all of which are of the configuration but one. */
static enum answer_kind kind_of_refusal(const struct provider_reply *reply)
{
	static const char *const said[] = {"rejected", "denied by white", "Invalid c"};

	if (strstr(reply->body, "Charset or body misformed"))
		return ANSWER_CONTENT;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (reply->body[0] != '<' && strstr(reply->body, said[i]))
			return ANSWER_ACCOUNT;
	return ANSWER_UNKNOWN;
}

static void answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer)
{
	(void)account;
	*answer = (struct provider_answer){.kind = ANSWER_UNKNOWN};
	if (reply_is_success(reply)) {
		if (begins(reply, "0: Accepted for delivery") ||
			begins(reply, "3: Queued for later delivery")) {
			answer->kind = ANSWER_ACCEPTED;
			text_set(answer->provider_id, sizeof(answer->provider_id), NO_ID);
		}
	} else if (reply->status == 503 && begins(reply, "Temporal failure")) {
		answer->kind = ANSWER_BUSY;
	} else {
		answer->kind = answer_of_status(reply->status, kind_of_refusal(reply));
	}
}

const struct provider provider_kannel = {
	.kind = "kannel",
	.title = "Kannel",
	.needs = NEED_ID | NEED_API_SECRET | NEED_API_URL | NEED_PATH_TOKEN,
	.id_is = "the username of the sendsms-user group",
	.api_is = "the password of the sendsms-user group",
	.webhook_is = "the password of Basic, where a proxy before us asks for it",
	.application_is = "the smsc-id that texts leave by",
	.takes_get = true,
	.types = "text/plain application/octet-stream",
	.per_second = 10,
	.verify = basic_auth_verify,
	.read = take_webhook,
	.build = build,
	.answer = answer,
};
