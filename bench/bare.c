/*
 * bare: the least a durable webhook can be with the same libraries, to measure the gateway
 * against: evhttp, one HMAC-SHA1, one append with fdatasync per loop turn, one FCALL on Redis
 * (always fsynced), 200. No product code, no checks, no sealing, no screen.
 *
 *   bare PORT TOKEN REDIS_SOCKET JOURNAL_FILE
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <fcntl.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

static const char library[] =
	"#!lua name=bare\n"
	"redis.register_function('bare_post', function(keys, args)\n"
	"  if redis.call('ZADD', keys[1], 'NX', args[1], args[2]) == 0 then return 0 end\n"
	"  local lease = redis.call('HGET', keys[2], 'lease')\n"
	"  redis.call('RPUSH', keys[3], args[3])\n"
	"  redis.call('ZADD', keys[4], args[1], keys[2])\n"
	"  redis.call('PUBLISH', 'bare', '1')\n"
	"  return 1\n"
	"end)\n";

struct job {
	struct evhttp_request *request;
	struct job *next;
	int waits; /* for the disk and for Redis */
};

/* Half of each request's wait: appended, not yet synced. */
static struct job *unsynced;
static struct event *sync_event;
static redisAsyncContext *redis;
static int journal;
static const char *token;

static void job_step(struct job *job)
{
	struct evbuffer *body;

	if (--job->waits)
		return;
	body = evbuffer_new();
	evbuffer_add_printf(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>");
	evhttp_add_header(
		evhttp_request_get_output_headers(job->request), "Content-Type", "text/xml");
	evhttp_send_reply(job->request, 200, "OK", body);
	evbuffer_free(body);
	free(job);
}

/* Runs after the turn's requests were read: one sync for all of them. */
static void on_sync(evutil_socket_t fd, short what, void *arg)
{
	struct job *job = unsynced;

	(void)fd, (void)what, (void)arg;
	if (fdatasync(journal) < 0)
		abort();
	for (unsynced = NULL; job;) {
		struct job *next = job->next;

		job_step(job);
		job = next;
	}
}

static void on_posted(redisAsyncContext *c, void *reply, void *arg)
{
	(void)c;
	if (!reply || ((redisReply *)reply)->type == REDIS_REPLY_ERROR)
		abort();
	job_step(arg);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct evkeyval *const *)a)->key, (*(struct evkeyval *const *)b)->key);
}

static int signed_right(struct evhttp_request *request, struct evkeyvalq *form)
{
	char text[8192];
	struct evkeyval *pairs[64], *pair;
	size_t n = 0;
	int used;
	unsigned char mac[20], encoded[32];
	const char *given =
		evhttp_find_header(evhttp_request_get_input_headers(request), "X-Twilio-Signature");

	used = snprintf(text, sizeof(text), "http://%s%s",
		evhttp_find_header(evhttp_request_get_input_headers(request), "Host"),
		evhttp_request_get_uri(request));
	TAILQ_FOREACH(pair, form, next)
	pairs[n++] = pair;
	qsort(pairs, n, sizeof(pairs[0]), by_name);
	for (size_t i = 0; i < n; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "%s%s", pairs[i]->key,
			pairs[i]->value);
	HMAC(EVP_sha1(), token, (int)strlen(token), (unsigned char *)text, (size_t)used, mac, NULL);
	EVP_EncodeBlock(encoded, mac, 20);
	return given && strcmp(given, (char *)encoded) == 0;
}

static void on_text(struct evhttp_request *request, void *arg)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(request);
	size_t len = evbuffer_get_length(in);
	char *body = calloc(1, len + 1);
	struct evkeyvalq form;
	struct job *job = calloc(1, sizeof(*job));

	(void)arg;
	evbuffer_copyout(in, body, len);
	evhttp_parse_query_str(body, &form);
	if (!signed_right(request, &form))
		abort();
	*job = (struct job){.request = request, .next = unsynced, .waits = 2};
	unsynced = job;
	if (write(journal, body, len) != (ssize_t)len)
		abort();
	event_active(sync_event, 0, 0);
	redisAsyncCommand(redis, on_posted, job,
		"FCALL bare_post 4 {p}:seen {p}:a:%s {p}:m:%s {p}:alarm %d %s %b",
		evhttp_find_header(&form, "From"), evhttp_find_header(&form, "From"), 1,
		evhttp_find_header(&form, "MessageSid"), body, len);
	evhttp_clear_headers(&form);
	free(body);
}

int main(int argc, char **argv)
{
	struct event_base *base;
	struct evhttp *http;

	if (argc != 5)
		return 2;
	base = event_base_new();
	event_base_priority_init(base, 3);
	token = argv[2];
	journal = open(argv[4], O_CREAT | O_WRONLY | O_APPEND | O_TRUNC, 0600);
	redis = redisAsyncConnectUnix(argv[3]);
	if (journal < 0 || !redis || redis->err)
		return 1;
	redisLibeventAttach(redis, base);
	redisAsyncCommand(redis, NULL, NULL, "FUNCTION LOAD REPLACE %s", library);
	sync_event = event_new(base, -1, 0, on_sync, NULL);
	event_priority_set(sync_event, 2);
	http = evhttp_new(base);
	evhttp_set_gencb(http, on_text, NULL);
	if (evhttp_bind_socket(http, "127.0.0.1", (uint16_t)strtoul(argv[1], NULL, 10)) < 0)
		return 1;
	return event_base_dispatch(base);
}
