#include "gateway/bundle.h"

#include <warmline/fail.h>

struct item {
	struct bundle *bundle;
	struct parcel *parcel; /* NULL once it was answered */
};
struct bundle {
	struct http_request *r; /* NULL: the deadline has answered */
	bundle_answer_cb *cb;
	void *arg;
	size_t n, open;
	bool handed; /* all parcels are with the poster */
	enum parcel_answer answer;
	struct item items[];
};

static void done_if_all(struct bundle *b)
{
	if (b->open > 0 || !b->handed)
		return;
	if (b->r)
		b->cb(b->r, b->arg, b->answer);
	free(b);
}

static void on_answer(void *arg, enum parcel_answer answer)
{
	struct item *item = arg;
	struct bundle *b = item->bundle;

	item->parcel = NULL;
	b->open--;
	if (answer == PARCEL_LOST)
		b->answer = PARCEL_LOST;
	done_if_all(b);
}

/* The deadline of the request was first: nobody waits any more. */
static void on_late(void *arg)
{
	struct bundle *b = arg;

	b->r = NULL;
	for (size_t i = 0; i < b->n; i++) {
		if (!b->items[i].parcel)
			continue;
		poster_forget(b->items[i].parcel);
		b->items[i].parcel = NULL;
		b->open--;
	}
	done_if_all(b);
}

void bundle_submit_take(struct poster *poster, struct http_request *r, struct parcel **parcels,
	size_t n, bundle_answer_cb *cb, void *arg)
{
	struct bundle *b = xcalloc(1, sizeof(*b) + n * sizeof(b->items[0]));

	*b = (struct bundle){
		.r = r, .cb = cb, .arg = arg, .n = n, .open = n, .answer = PARCEL_SAFE};
	http_request_on_late(r, on_late, b);
	for (size_t i = 0; i < n; i++)
		b->items[i] = (struct item){b, parcels[i]};
	for (size_t i = 0; i < n; i++)
		poster_submit_take(poster, parcels[i], on_answer, &b->items[i]);
	b->handed = true;
	done_if_all(b);
}
