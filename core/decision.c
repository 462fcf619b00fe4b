#include <warmline/decision.h>
#include <warmline/fail.h>

void decision_free(struct decision **decision)
{
	struct decision *d = *decision;

	if (!d)
		return;
	for (size_t i = 0; i < d->neffects; i++) {
		free(d->effects[i].body);
		json_decref(d->effects[i].data);
	}
	free(d->effects);
	free(d->traces);
	free(d->observed);
	json_decref(d->document);
	free(d);
	*decision = NULL;
}
