/* /sim/…: how tests and the handset page type texts, watch the traffic and arm faults. */
#include <errno.h>
#include <string.h>
#include <warmline/form.h>
#include <warmline/json.h>

#include "simulator/carrier.h"
#include "simulator/delivery.h"
#include "simulator/fault.h"
#include "simulator/traffic.h"

struct asked {                        /* a caller of /sim/text who waits for the gateway's answer */
	struct http_request *request; /* NULL = gone */
	char id[TEXT_ID_SIZE];
};

static void reply(struct http_request *r, int status, json_t *value)
{
	http_request_reply_header(r, "Cache-Control", "no-store");
	carrier_reply(r, status, value);
}

static void refuse(struct http_request *r, int status, const char *sentence)
{
	reply(r, status, json_pack("{s:s}", "error", sentence));
}

/*
 * A page of another site, open in the same browser, must not text in the name of a handset. Scripts
 * and command lines send no Origin; the carrier's own page sends its own.
 */
static bool is_foreign(const struct http_request *r)
{
	const char *origin = http_request_header(r, "Origin");
	const char *host = http_request_header(r, "Host");
	const char *name = origin ? strstr(origin, "://") : NULL;

	return origin && (!name || !host || strcmp(name + 3, host) != 0);
}

static json_t *read_order(struct http_request *r)
{
	size_t len;
	const void *body = http_request_body(r, &len);
	json_t *order;

	if (is_foreign(r)) {
		refuse(r, 403, "Only the carrier's own page and scripts may ask for this.");
		return NULL;
	}
	order = body ? json_parse(body, len) : NULL;
	if (!order)
		refuse(r, 400, "The body is not a JSON object in UTF-8 (each key once).");
	return order;
}

void control_phones(struct http_request *r, void *arg)
{
	const struct site *site = carrier_site(arg);
	json_t *list = json_array();

	for (size_t i = 0; i < site->nhandsets; i++) {
		const struct handset *h = &site->handsets[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s}", "number", h->number.text, "name",
				      h->name, "role", h->role, "writes_to", h->writes_to.text));
	}
	reply(r, 200, list);
}

static void answered(void *arg, int http)
{
	struct asked *asked = arg;

	if (asked->request)
		reply(asked->request, 200,
			json_pack("{s:s, s:i}", "sid", asked->id, "status", http));
	free(asked);
}

static void gone(void *arg)
{
	((struct asked *)arg)->request = NULL;
}

void control_text(struct http_request *r, void *arg)
{
	struct fail fail = {""};
	json_t *order = read_order(r);
	struct typed_text *text = order ? typed_text_read(order, arg, &fail) : NULL;
	struct asked *asked;

	if (!order)
		return;
	json_decref(order);
	if (!text) {
		refuse(r, 400, fail.text);
		return;
	}
	if (!text->waits) {
		reply(r, 202, json_pack("{s:s, s:n}", "sid", text->id, "status"));
		delivery_start(carrier_deliveries(arg), text, NULL, NULL);
		return;
	}
	asked = xcalloc(1, sizeof(*asked));
	asked->request = r;
	memcpy(asked->id, text->id, sizeof(asked->id));
	http_request_on_late(r, gone, asked);
	delivery_start(carrier_deliveries(arg), text, answered, asked);
}

/* A whole number from a query; `otherwise` when it is not there; false when it is something else.
 */
static bool query_number(struct http_request *r, const char *name, int64_t otherwise, int64_t *n)
{
	const struct form *query = http_request_query(r);
	const struct form_field *field = query ? form_get(query, name) : NULL;
	char *end;

	*n = otherwise;
	if (!field)
		return query && form_count(query, name) == 0;
	errno = 0;
	*n = strtoll(field->value, &end, 10);
	return errno == 0 && field->value_len > 0 && end == field->value + field->value_len &&
	       *n >= 0;
}

void control_log(struct http_request *r, void *arg)
{
	int64_t since, newest;
	size_t len;
	char *text;

	if (!query_number(r, "since", 0, &since) || !query_number(r, "newest", 0, &newest)) {
		refuse(r, 400,
			"\"since\" and \"newest\" are whole numbers, as in /sim/log?since=0");
		return;
	}
	http_request_reply_header(r, "Carrier-Run", carrier_run(arg));
	text = traffic_print(carrier_traffic(arg), since, (size_t)newest, &len);
	http_request_reply_header(r, "Cache-Control", "no-store");
	http_request_reply(r, 200, "application/json", text, len);
	free(text);
}

void control_faults(struct http_request *r, void *arg)
{
	reply(r, 200, faults_list(carrier_faults(arg)));
}

void control_arm(struct http_request *r, void *arg)
{
	struct fail fail = {""};
	json_t *order = read_order(r);
	bool armed = order && faults_arm(carrier_faults(arg), order, &fail);

	if (!order)
		return;
	json_decref(order);
	if (armed)
		reply(r, 200, faults_list(carrier_faults(arg)));
	else
		refuse(r, 400, fail.text);
}

void control_disarm(struct http_request *r, void *arg)
{
	if (is_foreign(r)) {
		refuse(r, 403, "Only the carrier's own page and scripts may ask for this.");
		return;
	}
	faults_clear(carrier_faults(arg));
	reply(r, 200, json_array());
}
