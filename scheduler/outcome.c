#include "scheduler/outcome.h"

#include <warmline/fail.h>
#include <warmline/json.h>

void outcome_write(struct attempt *a, int64_t now_ms)
{
	const struct verdict_of_send *v = &a->verdict;
	json_t *event;

	if (!v->said)
		return;
	text_set(a->event_id, sizeof(a->event_id), "%s:%d:%s", a->job, a->number, v->said);
	event = json_object();
	json_put_text(event, "id", a->event_id);
	json_put_text(event, "kind", "outcome");
	json_put_int(event, "at", now_ms);
	json_put_text(event, "program", a->program);
	json_put_text(event, "job", a->job);
	json_put_int(event, "attempt", a->number);
	json_put_text(event, "result", v->said);
	json_put_text(event, "reason", v->reason);
	json_put_int(event, "error", v->error);
	json_put_text(event, "provider_id", v->provider_id);
	json_put_int(event, "ambiguous", a->ambiguous);
	free(a->event);
	a->event = json_print(event);
	json_decref(event);
}
