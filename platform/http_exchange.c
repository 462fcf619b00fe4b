#include "platform/http_exchange.h"

#include <strings.h>
#include <warmline/clock.h>
#include <warmline/log.h>

#define CONNECT_MS  4000
#define TOTAL_MS    10000
#define ANSWER_MAX  ((size_t)256 * 1024)
#define HEADER_MAX  ((size_t)64 * 1024)
#define RETRY_MAX_S 86400 /* a provider that says "tomorrow" is asked again tomorrow */

#define STATUS_TOO_MANY 429

/* --- what comes back ------------------------------------------------------------------------- */

/* MAXFILESIZE does not limit chunked answers in libcurl 7.88, so we count. */
static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_exchange *x = arg;
	size_t len = size * n;

	if (len > x->body_max - x->body_len) {
		x->too_long = true;
		return 0;
	}
	x->body = xrealloc(x->body, x->body_len + len + 1);
	memcpy(x->body + x->body_len, data, len);
	x->body_len += len;
	x->body[x->body_len] = '\0';
	return len;
}

static bool is_number(const char *value, long long *number)
{
	char *end;

	*number = strtoll(value, &end, 10);
	return end != value && strspn(end, " \t") == strlen(end);
}

/* RFC 9110 section 10.2.3: seconds, or a date. */
static int64_t retry_after(const char *value)
{
	long long seconds;

	if (!is_number(value, &seconds)) {
		time_t date = curl_getdate(value, NULL);

		if (date == (time_t)-1)
			return 0;
		seconds = (long long)date - clock_wall_ms() / 1000;
	}
	if (seconds < 0)
		seconds = 0;
	if (seconds > RETRY_MAX_S)
		seconds = RETRY_MAX_S;
	return seconds ? seconds * 1000 : 1;
}

/* Telnyx (providers/telnyx.md): seconds until the limit is over. Others write a unix time there. */
static int64_t limit_reset(const char *value)
{
	long long seconds;

	if (!is_number(value, &seconds) || seconds > RETRY_MAX_S)
		return 0;
	return retry_after(value);
}

static bool header_is(const char *line, size_t len, const char *name, char *value, size_t size)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return false;
	for (n++; n < len && (line[n] == ' ' || line[n] == '\t'); n++)
		;
	return n < len && text_set(value, size, "%.*s", (int)(len - n), line + n);
}

static void header_line(struct http_exchange *x, const char *line, size_t len)
{
	char value[80];

	if (len > 5 && strncasecmp(line, "HTTP/", 5) == 0) { /* a final answer after a 1xx */
		x->header_ended = false;
		x->retry_after_ms = x->limit_reset_ms = 0;
		return;
	}
	while (len && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (!len)
		x->header_ended = true;
	if (header_is(line, len, "Retry-After", value, sizeof(value)))
		x->retry_after_ms = retry_after(value);
	if (header_is(line, len, "x-ratelimit-reset", value, sizeof(value)))
		x->limit_reset_ms = limit_reset(value);
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_exchange *x = arg;
	size_t len = size * n;

	x->header_len += len;
	if (x->header_len > HEADER_MAX) {
		x->too_long = true;
		return 0;
	}
	header_line(x, data, len);
	return len;
}

/* --- what goes out --------------------------------------------------------------------------- */

static bool header_add(struct http_exchange *x, const char *name, const char *value)
{
	char *line;
	struct curl_slist *longer;

	if (strpbrk(name, "\r\n:") || strpbrk(value, "\r\n"))
		return false;
	/* libcurl takes "Name:" for "leave it out"; "Name;" sends it empty. */
	line = *value ? xasprintf("%s: %s", name, value) : xasprintf("%s;", name);
	longer = curl_slist_append(x->headers, line);
	free(line);
	if (!longer)
		fail_abort("out of memory");
	x->headers = longer;
	return true;
}

static bool set_headers(struct http_exchange *x, const struct http_call *call)
{
	for (const struct http_out_header *h = call->headers; h && h->name; h++)
		if (!header_add(x, h->name, h->value ? h->value : ""))
			return false;
	/* No "Expect: 100-continue": a second of waiting for servers that do not know it. */
	x->headers = curl_slist_append(x->headers, "Expect:");
	return curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK;
}

static bool set_request(CURL *easy, const struct http_call *call)
{
	bool ok = curl_easy_setopt(easy, CURLOPT_URL, call->url) == CURLE_OK;

	if (call->body_len || strcmp(call->method, "POST") == 0) {
		ok &= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
			      (curl_off_t)call->body_len) == CURLE_OK;
		ok &= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
			      call->body_len ? call->body : "") == CURLE_OK;
	}
	if (strcmp(call->method, "GET") != 0 && strcmp(call->method, "POST") != 0)
		ok &= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
	if (strcmp(call->method, "HEAD") == 0)
		ok &= curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
	if (call->user) {
		ok &= curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK;
		ok &= curl_easy_setopt(easy, CURLOPT_USERNAME, call->user) == CURLE_OK;
		ok &= curl_easy_setopt(easy, CURLOPT_PASSWORD,
			      call->password ? call->password : "") == CURLE_OK;
	}
	return ok;
}

/*
 * HTTP/1.1 only: HTTP/2 repeats refused streams by itself. The total time is always set and
 * short, so that a server which drips is cut off without a low-speed limit, and one that thinks
 * for eight seconds may still answer.
 */
static bool set_manners(CURL *easy, const struct http_call *call)
{
	long connect_ms = call->connect_ms ? (long)call->connect_ms : CONNECT_MS;
	long total_ms = call->total_ms ? (long)call->total_ms : TOTAL_MS;
	bool ok = true;

	ok &= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
	ok &= curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
	ok &= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
	ok &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
	ok &= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
	ok &= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == CURLE_OK;
	ok &= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, total_ms) == CURLE_OK;
	/* Without it a timeout during a name look-up waits for the resolver's thread. */
	ok &= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
	if (call->fresh) {
		ok &= curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
		ok &= curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK;
	}
	return ok;
}

static bool set_callbacks(struct http_exchange *x)
{
	bool ok = curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x) == CURLE_OK;

	ok &= curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
	ok &= curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x) == CURLE_OK;
	ok &= curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
	ok &= curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x) == CURLE_OK;
	return ok;
}

struct http_exchange *exchange_new(const struct http_call *call)
{
	struct http_exchange *x = xcalloc(1, sizeof(*x));

	x->body_max = call->answer_max ? call->answer_max : ANSWER_MAX;
	x->fresh = call->fresh;
	x->easy = curl_easy_init();
	if (!x->easy)
		x->refused = "libcurl gave no handle";
	else if (!set_request(x->easy, call) || !set_manners(x->easy, call) || !set_callbacks(x))
		x->refused = "libcurl refused the request's settings";
	else if (!set_headers(x, call))
		x->refused = "a header has a line break in it";
	return x;
}

void exchange_free(struct http_exchange *x)
{
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	free(x->body);
	free(x);
}

/* --- what it means --------------------------------------------------------------------------- */

/* Ended while the connection was still being made? Then nothing of the request has left. */
static bool before_request(struct http_exchange *x)
{
	long request = 0;
	curl_off_t uploaded = 0, pretransfer = 0;

	curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &request);
	curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer);
	if (request || uploaded)
		return false;
	switch (x->code) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_PEER_FAILED_VERIFICATION: return true;
	case CURLE_OPERATION_TIMEDOUT: return pretransfer == 0;
	default: return false;
	}
}

/* A new connection per send exists so that libcurl has none to repeat the request on. */
static void watch_for_repeat(struct http_exchange *x)
{
	long connects = 0;

	curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &connects);
	if (x->fresh && connects > 1)
		log_event(LOG_LEVEL_ERROR, "http-repeated",
			"libcurl opened %ld connections for one request", connects);
}

static void judge_transfer(struct http_exchange *x, struct http_answer *answer)
{
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	watch_for_repeat(x);
	if (x->code == CURLE_OK && status && x->header_ended) {
		answer->outcome = HTTP_ANSWERED;
		answer->status = (int)status;
		answer->retry_after_ms = x->retry_after_ms;
		if (!answer->retry_after_ms && status == STATUS_TOO_MANY)
			answer->retry_after_ms = x->limit_reset_ms;
	} else if (x->code == CURLE_OK) {
		answer->reason =
			"answer ended inside its header"; /* libcurl calls that a success */
	} else if (x->too_long) {
		answer->reason = "answer too long";
	} else {
		answer->outcome = before_request(x) ? HTTP_NOT_SENT : HTTP_UNKNOWN;
		answer->reason = curl_easy_strerror(x->code);
	}
}

void exchange_judge(struct http_exchange *x, struct http_answer *answer)
{
	*answer = (struct http_answer){
		.outcome = HTTP_UNKNOWN, .body = x->body ? x->body : "", .body_len = x->body_len};
	if (x->refused) {
		answer->outcome = HTTP_NOT_SENT;
		answer->reason = x->refused;
		return;
	}
	judge_transfer(x, answer);
}
