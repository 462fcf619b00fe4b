/*
 * The crisis screen against hostile texts and hostile lexicons: one half of the input is a phrase
 * that becomes a lexicon, the other a text for it. Any phrase is taken or refused with a sentence;
 * any text ends, with a span inside it.
 */
#include "core/phrase.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(const struct verdict *v, size_t len)
{
	if (v->span_at > len || v->span_len > len - v->span_at)
		abort();
	if ((v->level == SCREEN_NONE) != (v->nrules == 0) || v->nadjusted > SCREEN_ADJUSTERS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t half = size / 2;
	char *phrase = malloc(half + 1), *text = malloc(size - half + 1);
	struct lexicons *l = lexicons_new();
	struct fail fail = {""};
	struct verdict v;

	memcpy(phrase, data, half);
	phrase[half] = '\0';
	memcpy(text, data + half, size - half); /* no NUL: its end is watched by the sanitizer */
	phrase_list(l, lexicons_language(l, "en"), "list", "kill|me");
	lexicons_key(l, "suicide");
	if (!lexicons_phrase(
		    l, lexicons_entry(l, "en", "one", SCREEN_HIGH, "suicide"), phrase, &fail) &&
		!*fail.text)
		abort();
	lexicons_phrase(l, lexicons_entry(l, "en", "past", LEXICON_PAST, ""), "years ago", NULL);
	phrases_close(l);
	screen_text(l, text, size - half, &v);
	check_span(&v, size - half);
	lexicons_free(&l);
	free(phrase);
	free(text);
	return 0;
}
