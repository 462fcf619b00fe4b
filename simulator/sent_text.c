#include "simulator/sent_text.h"

#include <string.h>
#include <uthash.h>

struct kept {
	struct sent_text text; /* first: a pointer to it is one to the whole */
	UT_hash_handle hh;     /* uthash keeps the order of adding: the first is the oldest */
};
struct sent_texts {
	struct kept *by_id;
};

struct sent_texts *sent_texts_new(void)
{
	return xcalloc(1, sizeof(struct sent_texts));
}

static void forget(struct sent_texts *texts, struct kept *kept)
{
	HASH_DEL(texts->by_id, kept);
	free(kept->text.body);
	free(kept->text.callback);
	free(kept);
}

void sent_texts_free(struct sent_texts **texts)
{
	if (!*texts)
		return;
	while ((*texts)->by_id)
		forget(*texts, (*texts)->by_id);
	free(*texts);
	*texts = NULL;
}

struct sent_text *sent_texts_add(struct sent_texts *texts, const struct sent_text *text)
{
	struct kept *kept = xcalloc(1, sizeof(*kept));

	kept->text = *text;
	HASH_ADD_STR(texts->by_id, text.id, kept);
	if (HASH_COUNT(texts->by_id) > SENT_TEXTS_KEEP)
		forget(texts, texts->by_id);
	return &kept->text;
}

struct sent_text *sent_texts_find(struct sent_texts *texts, const char *id)
{
	struct kept *kept = NULL;

	HASH_FIND_STR(texts->by_id, id, kept);
	return kept ? &kept->text : NULL;
}

const struct sent_text *sent_texts_before(
	const struct sent_texts *texts, const struct sent_text *text)
{
	const struct kept *kept = (const struct kept *)text;

	if (kept)
		kept = kept->hh.prev;
	else if (texts->by_id)
		kept = ELMT_FROM_HH(texts->by_id->hh.tbl, texts->by_id->hh.tbl->tail);
	return kept ? &kept->text : NULL;
}

bool sent_text_is_final(const struct sent_text *text)
{
	return text->fate.state == TEXT_DELIVERED || text->fate.state == TEXT_UNDELIVERED;
}

void sent_text_redact(struct sent_text *text)
{
	explicit_bzero(text->body, strlen(text->body));
	free(text->body);
	text->body = xstrdup("");
}

const char *text_state_name(enum text_state state)
{
	static const char *const names[] = {"queued", "sent", "delivered", "undelivered"};

	return names[state];
}
