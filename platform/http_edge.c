/*
 * What evhttp lets through and we do not (reliability.md B1). The checks run on what it parsed;
 * a refusal always closes the connection, so that nothing can hide behind the request.
 */
#include "platform/http_parts.h"

#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <strings.h>
#include <warmline/fail.h>

static const struct edge_refusal nothing = {0, NULL, NULL};

static struct edge_refusal refuse(int status, const char *why)
{
	return (struct edge_refusal){status, why, NULL};
}

/* RFC 9110 5.6.2 */
static bool is_token(const char *name)
{
	size_t n = strspn(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return n > 0 && name[n] == '\0';
}

/* One request, one meaning: a second one of these could be read by somebody else than us. */
enum single { HOST, LENGTH, TRANSFER, TYPE, AUTHORIZATION, SINGLES };
static const char *const single_names[SINGLES] = {
	"Host", "Content-Length", "Transfer-Encoding", "Content-Type", "Authorization"};

struct head {
	const char *value[SINGLES];
};

static bool note_single(struct head *head, const struct evkeyval *header)
{
	for (int i = 0; i < SINGLES; i++) {
		if (strcasecmp(single_names[i], header->key) != 0)
			continue;
		if (head->value[i])
			return false;
		head->value[i] = header->value;
	}
	return true;
}

/*
 * What providers sign with, whatever they call it: "X-Twilio-Signature",
 * "telnyx-timestamp", "X-Plivo-Signature-V3-Nonce".
 */
static bool is_proof(const char *name)
{
	return strcasestr(name, "signature") || strcasestr(name, "-timestamp");
}

/* `header` stands behind another one of its name. */
static bool is_second(const struct evkeyvalq *headers, const struct evkeyval *header)
{
	const struct evkeyval *other;

	TAILQ_FOREACH(other, headers, next)
	{
		if (other == header)
			return false;
		if (strcasecmp(other->key, header->key) == 0)
			return true;
	}
	return false;
}

static bool has_control(const char *value)
{
	for (; *value; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7f)
			return true;
	return false;
}

static struct edge_refusal check_headers(struct evhttp_request *ev, struct head *head)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(ev);
	const struct evkeyval *header;
	size_t bytes = strlen(evhttp_request_get_uri(ev));
	int n = 0;

	TAILQ_FOREACH(header, headers, next)
	{
		bytes += strlen(header->key) + strlen(header->value) + 4;
		if (++n > HEADERS_MAX || bytes > HEADER_BYTES_MAX)
			return refuse(431, "too many or too long header fields");
		if (!is_token(header->key) || has_control(header->value))
			return refuse(400, "a header field is malformed");
		if (!note_single(head, header) ||
			(is_proof(header->key) && is_second(headers, header)))
			return refuse(400, "a header field that must be single is repeated");
	}
	if (!head->value[HOST])
		return refuse(400, "exactly one Host is needed");
	return nothing;
}

static int hex_value(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

static bool decode_path(const char *target, char *path)
{
	for (; *target && *target != '?'; target++) {
		int c = (unsigned char)*target;

		if (c == '%') {
			int high = hex_value(target[1]);
			int low = high < 0 ? -1 : hex_value(target[2]);

			if (low < 0)
				return false;
			c = high * 16 + low;
			target += 2;
		}
		if (c < ' ' || c == 0x7f || (c == '/' && *target != '/'))
			return false; /* a slash is written as one: who reads before us sees the
					 same path */
		*path++ = (char)c;
	}
	*path = '\0';
	return true;
}

static bool route_fits(const struct http_route *route, const char *path)
{
	size_t n = strlen(route->path);

	if (n > 1 && route->path[n - 1] == '/')
		return strncmp(route->path, path, n) == 0;
	return strcmp(route->path, path) == 0;
}

static struct edge_refusal find_route(struct http_request *r)
{
	const char *method = http_request_method(r);
	struct edge_refusal wrong_method = {405, "this address does not take that method", NULL};
	bool get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	for (const struct http_route *route = r->server->routes; route->path; route++) {
		if (!route_fits(route, r->path))
			continue;
		if (strcmp(route->method, get ? "GET" : method) == 0) {
			r->route = route;
			return nothing;
		}
		if (wrong_method.allow)
			wrong_method.allow = "GET, HEAD, POST";
		else
			wrong_method.allow = route->method[0] == 'G' ? "GET, HEAD" : route->method;
	}
	return wrong_method.allow ? wrong_method : refuse(404, "nothing is at this address");
}

/* `wanted` may be several types with blanks between. */
static bool type_fits(const char *type, const char *wanted)
{
	for (size_t n; type && *wanted; wanted += n + (wanted[n] == ' ')) {
		n = strcspn(wanted, " ");
		if (strncasecmp(type, wanted, n) == 0 &&
			(type[n] == '\0' || strchr("; \t", type[n])))
			return true;
	}
	return false;
}

static struct edge_refusal check_body(const struct http_request *r, const struct head *head)
{
	const char *length = head->value[LENGTH];
	size_t digits = length ? strspn(length, "0123456789") : 0;
	size_t len;

	if (head->value[TRANSFER])
		return refuse(411, "send the body with Content-Length, not in chunks");
	if (length && (digits == 0 || digits > 18 || length[digits] != '\0'))
		return refuse(400, "Content-Length is no number");
	if (strcmp(r->route->method, "POST") != 0)
		return length && strtoll(length, NULL, 10) > 0
			       ? refuse(400, "no body is taken here")
			       : nothing;
	if (!length)
		return refuse(411, "Content-Length is needed");
	http_request_body(r, &len);
	if (len > r->route->body_max)
		return refuse(413, "the body is too long");
	if (len > 0 && r->route->type && !type_fits(head->value[TYPE], r->route->type))
		return refuse(415, "the body is of another content type than this address takes");
	return nothing;
}

/* HTTP/1.0 and upgrades are served, but not kept open: nothing of ours speaks them. */
static bool is_plain(struct evhttp_request *ev)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(ev);

	return ev->major == 1 && ev->minor == 1 && !evhttp_find_header(headers, "Upgrade") &&
	       !evhttp_find_header(headers, "Proxy-Connection") &&
	       !evhttp_find_header(headers, "Expect") && !evhttp_find_header(headers, "Trailer");
}

struct edge_refusal http_edge_check(struct http_request *r)
{
	const char *target = http_request_target(r);
	struct head head = {{NULL}};
	struct edge_refusal refusal = check_headers(r->ev, &head);

	if (refusal.status)
		return refusal;
	if (target[0] != '/' || strchr(target, '#') || has_control(target) ||
		!decode_path(target, r->path))
		return refuse(400, "the address is malformed");
	refusal = find_route(r);
	if (!refusal.status)
		refusal = check_body(r, &head);
	r->last = !is_plain(r->ev);
	return refusal;
}
