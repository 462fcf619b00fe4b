/*
 * load: a load generator for the inbound webhook, because the load must be what a provider sends:
 * every request signed and different. Requests are made before the clock starts.
 *
 *   load PORT PATH TOKEN ACCOUNT TO CONNECTIONS REQUESTS
 *
 * Closed loop over keep-alive connections. Prints one line of JSON:
 * {"requests":N,"ok":N,"seconds":S,"rate":R,"p50_ms":..,"p99_ms":..}
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <warmline/fail.h>
#include <warmline/form.h>
#include <warmline/provider.h>

struct request {
	char *bytes;
	size_t len;
};

struct connection {
	int fd;
	size_t request, sent, got;
	double started;
	char answer[2048];
};

struct load {
	struct sockaddr_in address;
	struct request *requests;
	size_t nrequests, next, done, ok;
	double *latency;
	int epoll;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static char *body_of(size_t n, const char *account, const char *to)
{
	char *escaped = form_escape(to);
	char *body = xasprintf(
		"ToCountry=US&ToState=MI&SmsMessageSid=SM%08zx%024d&NumMedia=0&ToCity="
		"&FromZip=48201&SmsSid=SM%08zx%024d&FromState=MI&SmsStatus=received&FromCity="
		"DETROIT"
		"&Body=1+good+day+number+%zu&FromCountry=US&To=%s&NumSegments=1"
		"&MessageSid=SM%08zx%024d&AccountSid=%s&From=%%2B1202%07zu&ApiVersion=2010-04-01",
		n, 0, n, 0, n, escaped, n, 0, account, 2000000 + n % 5000);

	free(escaped);
	return body;
}

static void request_make(struct request *r, size_t n, char **argv)
{
	char *body = body_of(n, argv[4], argv[5]);
	char *url = xasprintf("http://127.0.0.1:%s%s", argv[1], argv[2]);
	struct form form;
	char signature[29];

	if (form_parse(&form, body, strlen(body)) != FORM_OK)
		fail_abort("own form does not parse");
	twilio_sign(argv[3], url, &form, signature);
	r->bytes = xasprintf("POST %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n"
			     "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
			     "X-Twilio-Signature: %s\r\nContent-Length: %zu\r\n\r\n%s",
		argv[2], argv[1], signature, strlen(body), body);
	r->len = strlen(r->bytes);
	form_free(&form);
	free(url);
	free(body);
}

static void connection_open(struct load *l, struct connection *c)
{
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&l->address, sizeof(l->address)) < 0)
		fail_abort("connect: %s", strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd,
		&(struct epoll_event){.events = EPOLLIN, .data.ptr = c});
}

static void connection_send(struct load *l, struct connection *c)
{
	if (l->next == l->nrequests)
		return;
	c->request = l->next++;
	c->got = 0;
	c->started = now();
	if (send(c->fd, l->requests[c->request].bytes, l->requests[c->request].len, MSG_NOSIGNAL) !=
		(ssize_t)l->requests[c->request].len)
		fail_abort("send: %s", strerror(errno));
}

/* Whole when the header's Content-Length has arrived behind the blank line. */
static bool answer_whole(const struct connection *c)
{
	const char *end = strstr(c->answer, "\r\n\r\n");
	const char *length = strcasestr(c->answer, "content-length:");

	if (!end)
		return false;
	return !length || (size_t)(c->answer + c->got - end) >= 4 + strtoul(length + 15, NULL, 10);
}

static void connection_read(struct load *l, struct connection *c)
{
	ssize_t n = recv(c->fd, c->answer + c->got, sizeof(c->answer) - 1 - c->got, 0);

	if (n <= 0) {
		close(c->fd);
		l->done++;
		connection_open(l, c);
		connection_send(l, c);
		return;
	}
	c->got += (size_t)n;
	c->answer[c->got] = '\0';
	if (!answer_whole(c))
		return;
	l->latency[l->done++] = now() - c->started;
	l->ok += strncmp(c->answer, "HTTP/1.1 200", 12) == 0;
	if (strcasestr(c->answer, "connection: close")) {
		close(c->fd);
		connection_open(l, c);
	}
	connection_send(l, c);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void load_run(struct load *l, struct connection *connections, size_t n)
{
	struct epoll_event events[256];

	for (size_t i = 0; i < n; i++) {
		connection_open(l, &connections[i]);
		connection_send(l, &connections[i]);
	}
	while (l->done < l->nrequests) {
		int ready = epoll_wait(l->epoll, events, 256, 20000);

		if (ready == 0)
			fail_abort("no answer for 20 s, %zu of %zu done", l->done, l->nrequests);
		for (int i = 0; i < ready; i++)
			connection_read(l, events[i].data.ptr);
	}
}

int main(int argc, char **argv)
{
	struct load l = {.epoll = epoll_create1(0)};
	struct connection *connections;
	size_t n;
	double seconds;

	if (argc != 8) {
		fprintf(stderr, "use: load PORT PATH TOKEN ACCOUNT TO CONNECTIONS REQUESTS\n");
		return 2;
	}
	n = strtoul(argv[6], NULL, 10);
	l.nrequests = strtoul(argv[7], NULL, 10);
	l.address = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	l.requests = xcalloc(l.nrequests, sizeof(*l.requests));
	l.latency = xcalloc(l.nrequests, sizeof(*l.latency));
	connections = xcalloc(n, sizeof(*connections));
	for (size_t i = 0; i < l.nrequests; i++)
		request_make(&l.requests[i], i, argv);
	seconds = now();
	load_run(&l, connections, n);
	seconds = now() - seconds;
	qsort(l.latency, l.nrequests, sizeof(double), by_value);
	printf("{\"requests\":%zu,\"ok\":%zu,\"seconds\":%.3f,\"rate\":%.0f,\"p50_ms\":%.2f,"
	       "\"p99_ms\":%.2f}\n",
		l.nrequests, l.ok, seconds, (double)l.nrequests / seconds,
		l.latency[l.nrequests / 2] * 1e3, l.latency[l.nrequests * 99 / 100] * 1e3);
	return l.ok == l.nrequests ? 0 : 1;
}
