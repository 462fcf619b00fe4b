#include "scheduler/hearing.h"

#include <warmline/fail.h>
#include <warmline/json.h>

#define RAW_MAX 65536 /* bytes of an unreadable mail that its log line keeps */

/* Hex, because whatever made the mail unreadable may not be text. */
static json_t *raw_hex(const struct blob *blob)
{
	size_t len = blob->len < RAW_MAX ? blob->len : RAW_MAX;
	const unsigned char *bytes = blob->data;
	char *hex = xcalloc(1, 2 * len + 1);
	json_t *text;

	for (size_t i = 0; i < len; i++)
		text_set(hex + 2 * i, 3, "%02x", bytes[i]);
	text = json_string(hex);
	free(hex);
	return text;
}

static char *unreadable_line(const struct mail *mail)
{
	json_t *line = json_object();
	char *text;

	json_put_int(line, "time", mail->posted_ms);
	json_put_text(line, "kind", "unreadable");
	json_put_text(line, "event", mail->event_id);
	json_put_text(line, "rule", "mail.unreadable");
	json_object_set_new(line, "raw", raw_hex(&mail->event));
	text = json_print(line);
	json_decref(line);
	return text;
}

/*
 * Mail that is no JSON object must not hold up the actor's other mail, and must not vanish: its
 * bytes go into the log, and decide() hears of an event of an unknown kind.
 */
static json_t *mail_read(struct hearing *h, const struct mail *mail)
{
	json_t *data = json_parse(mail->event.data, mail->event.len);

	if (!data) {
		h->unreadable[h->nunreadable++] = unreadable_line(mail);
		data = json_object();
		json_put_text(data, "kind", "unreadable");
	}
	if (!json_get_text(data, "id", NULL))
		json_put_text(data, "id", mail->event_id);
	if (!json_get_int(data, "at", 0))
		json_put_int(data, "at", mail->posted_ms);
	return data;
}

bool hearing_read(struct hearing *h, const struct claimed *claimed)
{
	*h = (struct hearing){0};
	if (claimed->document.len) {
		h->document = json_parse(claimed->document.data, claimed->document.len);
		if (!h->document)
			return false;
	}
	for (size_t i = 0; i < claimed->nmail && i < MAIL_BATCH; i++) {
		h->mail[i] = mail_read(h, &claimed->mail[i]);
		event_read(h->mail[i], &h->events[i]);
		h->nevents++;
	}
	return true;
}

void hearing_decide(struct hearing *h, const struct house *house, const char *actor, int64_t now_ms,
	uint64_t entropy)
{
	h->decision = decide(house, actor, h->document, h->events, h->nevents, now_ms, entropy);
}

void hearing_clear(struct hearing *h)
{
	if (h->decision)
		decision_free(&h->decision);
	for (size_t i = 0; i < h->nevents; i++)
		json_decref(h->mail[i]);
	for (size_t i = 0; i < h->nunreadable; i++)
		free(h->unreadable[i]);
	json_decref(h->document);
	*h = (struct hearing){0};
}
