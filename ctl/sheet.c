#include "ctl/visit.h"

#include <warmline/json.h>

static json_t *blob_json(const struct blob *blob)
{
	json_t *value = blob->len ? json_parse(blob->data, blob->len) : NULL;

	return value ? value : json_object();
}

/* The store calls back for one sheet: what it needs to find its way home. */
struct fetch {
	struct visit *visit;
	struct sheet *sheet;
};

static void on_read(void *arg, enum store_result result, const struct actor_view *view)
{
	struct fetch *errand = arg;
	struct sheet *sheet = errand->sheet;

	sheet->result = result;
	sheet->document = view ? blob_json(&view->document) : json_object();
	sheet->mail = json_array();
	sheet->log = json_array();
	if (view) {
		text_set(sheet->actor, sizeof(sheet->actor), "%s", view->actor);
		sheet->alarm_ms = view->alarm_ms;
		sheet->now_ms = view->now_ms;
		sheet->stopped = view->stopped;
		for (size_t i = 0; i < view->nmail; i++)
			json_array_append_new(sheet->mail, blob_json(&view->mail[i].event));
		for (size_t i = 0; i < view->nlog; i++)
			json_array_append_new(sheet->log, blob_json(&view->log[i]));
	}
	errand->visit->pending--;
	free(errand);
}

void sheet_ask(
	struct visit *visit, const char *actor, const char *blind, size_t log, struct sheet *sheet)
{
	struct fetch *errand = xcalloc(1, sizeof(*errand));

	*sheet = (struct sheet){.result = STORE_UNKNOWN};
	*errand = (struct fetch){visit, sheet};
	visit->pending++;
	visit->store->ops->read(visit->store, actor, blind, log, on_read, errand);
}

void sheet_clear(struct sheet *sheet)
{
	json_decref(sheet->document);
	json_decref(sheet->mail);
	json_decref(sheet->log);
	*sheet = (struct sheet){.result = STORE_NONE};
}

int sheet_find(struct visit *visit, const char *person, size_t log, struct sheet *sheet)
{
	char blind[BLIND_SIZE];
	struct actor_id id;
	struct phone phone;

	*sheet = (struct sheet){.result = STORE_NONE};
	if (actor_parse(person, &id)) {
		sheet_ask(visit, id.text, NULL, log, sheet);
	} else if (phone_parse(person, &phone)) {
		keys_blind(visit->keys, phone.text, blind);
		sheet_ask(visit, NULL, blind, log, sheet);
	} else {
		fprintf(stderr,
			"warmline: \"%s\" is neither an id like p2a-0123456789abcdef nor a number "
			"like +12025550111.\n",
			person);
		return ENDED_USAGE;
	}
	visit_wait(visit);
	return sheet->result == STORE_OK ? ENDED_WELL : visit_failed(visit, sheet->result);
}
