#include "core/finding.h"

#include <string.h>

#define REACH         10 /* words between a mark and what it tells about */
#define SUBJECT_REACH 5
#define LEAD          3 /* words of a hit that may stand before a saying */

enum adjustment {
	ADJUST_LAUGHTER,
	ADJUST_PAST,
	ADJUST_OTHER,
	ADJUST_QUESTION,
	ADJUST_QUOTATION,
	ADJUST_TITLE
};

static const char *const adjustments[SCREEN_ADJUSTERS] = {
	"laughter", "past", "other_person", "question", "quotation", "title"};

void findings_begin(struct findings *f, const struct lexicons *lexicons)
{
	f->lexicons = lexicons;
	f->position = f->clause = f->sentence = 0;
	f->oldest = UINT32_MAX;
	f->unquoted = f->laughter = false;
	f->nhits = f->nfound = 0;
	for (size_t i = 0; i < LEXICON_MARKS; i++)
		memset(f->marks[i], 0, lexicons->nlanguages * sizeof(f->marks[i][0]));
}

static const struct lexicon_entry *entry_of(const struct findings *f, uint32_t entry)
{
	return &f->lexicons->entries[entry];
}

static uint32_t clause_at(const struct findings *f, uint32_t position)
{
	return f->clauses[position % FINDING_WINDOW];
}

static uint32_t sentence_at(const struct findings *f, uint32_t position)
{
	return f->sentences[position % FINDING_WINDOW];
}

static bool same_language(const struct findings *f, const struct hit *a, const struct hit *b)
{
	return entry_of(f, a->entry)->language == entry_of(f, b->entry)->language;
}

/* --- levels ------------------------------------------------------------------------------------
 */

static bool is_about(const struct lexicon_entry *entry, const char *category)
{
	return strcmp(entry->category, category) == 0;
}

static bool is_self(const struct lexicon_entry *entry)
{
	return is_about(entry, "suicide") || is_about(entry, "self_harm");
}

/* What of the context this level of this rule listens to. */
static uint32_t heeded(const struct findings *f, const struct hit *hit)
{
	const struct lexicon_entry *entry = entry_of(f, hit->entry);
	uint32_t adjusted = hit->adjusted;

	if (f->laughter && entry->level == SCREEN_HIGH &&
		(is_self(entry) || is_about(entry, "harm_others")))
		adjusted |= 1u << ADJUST_LAUGHTER;
	if (!is_self(entry) || entry->level > SCREEN_HIGH)
		adjusted &= ~(1u << ADJUST_OTHER);
	if (is_about(entry, "medical") || is_about(entry, "third_party"))
		adjusted &= 1u << ADJUST_TITLE | 1u << ADJUST_QUOTATION;
	if (!is_self(entry) && !is_about(entry, "harm_others"))
		adjusted &= ~(1u << ADJUST_QUESTION);
	if (is_about(entry, "relapse"))
		adjusted = 0;
	return adjusted;
}

static enum screen_level lowered(int level, uint32_t adjusted)
{
	for (uint32_t i = 0; i < SCREEN_ADJUSTERS; i++)
		level -= level > SCREEN_WATCH && (adjusted & 1u << i);
	return (enum screen_level)level;
}

static void found_add(struct findings *f, const struct hit *hit)
{
	uint32_t adjusted = heeded(f, hit);
	struct found found = {hit->entry, hit->at, hit->until, adjusted,
		lowered(entry_of(f, hit->entry)->level, adjusted)};
	size_t i = 0, same = 0;

	while (same < f->nfound && f->found[same].entry != hit->entry)
		same++;
	if (same < f->nfound && f->found[same].level >= found.level)
		return;
	if (same < f->nfound)
		memmove(&f->found[same], &f->found[same + 1], (--f->nfound - same) * sizeof(found));
	while (i < f->nfound && f->found[i].level >= found.level)
		i++;
	if (i == SCREEN_RULES)
		return;
	if (f->nfound < SCREEN_RULES)
		f->nfound++;
	memmove(&f->found[i + 1], &f->found[i], (f->nfound - 1 - i) * sizeof(found));
	f->found[i] = found;
}

/* --- hits: what covers what --------------------------------------------------------------------
 */

/* Words that several languages share are one hit in each: harmless in one, harmless in all. */
static bool counts(const struct findings *f, const struct hit *hit)
{
	if (hit->harmless || entry_of(f, hit->entry)->level <= SCREEN_NONE)
		return false;
	for (size_t i = 0; i < f->nhits; i++)
		if (f->hits[i].harmless && f->hits[i].start == hit->start &&
			f->hits[i].end == hit->end)
			return false;
	return true;
}

/* Takes hits out that nothing can change any more: those that begin before `from`. */
static void settle(struct findings *f, uint32_t from)
{
	size_t kept = 0;

	if (f->oldest >= from)
		return;
	for (size_t i = 0; i < f->nhits; i++)
		if (f->hits[i].start < from && counts(f, &f->hits[i]))
			found_add(f, &f->hits[i]);
	f->oldest = UINT32_MAX;
	for (size_t i = 0; i < f->nhits; i++) {
		if (f->hits[i].start < from)
			continue;
		if (f->hits[i].start < f->oldest)
			f->oldest = f->hits[i].start;
		f->hits[kept++] = f->hits[i];
	}
	f->nhits = kept;
}

/*
 * A finding covers what is shorter inside it. A saying covers its equals too, and a hit that it
 * goes on from: "i want to die" in "i want to die of laughter".
 */
static bool covers(const struct findings *f, const struct hit *a, const struct hit *b)
{
	int level = entry_of(f, a->entry)->level;

	if (level < SCREEN_NONE || a->end < b->end || !same_language(f, a, b))
		return false;
	if (a->start > b->start)
		return level == SCREEN_NONE && a->end > b->end && a->start <= b->end &&
		       a->start - b->start <= LEAD;
	return level == SCREEN_NONE || a->end - a->start > b->end - b->start;
}

static bool denies(const struct findings *f, const struct hit *denial, const struct hit *hit)
{
	return entry_of(f, denial->entry)->level == LEXICON_DENIAL &&
	       denial->end + 1 == hit->start && same_language(f, denial, hit) &&
	       clause_at(f, denial->end) == clause_at(f, hit->start);
}

static bool denied_after(const struct findings *f, const struct hit *hit, const struct hit *denial)
{
	return entry_of(f, denial->entry)->level == LEXICON_DENIAL_AFTER &&
	       hit->end + 1 == denial->start && same_language(f, hit, denial);
}

/* --- context -----------------------------------------------------------------------------------
 */

static bool near(const struct mark *mark, uint32_t sentence, const struct hit *hit)
{
	return mark->end && mark->sentence == sentence && mark->start <= hit->end + REACH &&
	       hit->start <= mark->end + REACH;
}

static void adjust(struct findings *f, struct hit *hit)
{
	uint32_t language = entry_of(f, hit->entry)->language;
	uint32_t sentence = sentence_at(f, hit->start);
	const struct mark *past = &f->marks[-LEXICON_PAST][language];
	const struct mark *title = &f->marks[-LEXICON_TITLE][language];
	const struct mark *other = &f->marks[-LEXICON_OTHER][language];
	const struct mark *self = &f->marks[-LEXICON_SELF][language];
	const struct mark *question = &f->marks[-LEXICON_QUESTION][language];

	if (near(past, sentence, hit) || near(past, sentence_at(f, hit->end), hit))
		hit->adjusted |= 1u << ADJUST_PAST;
	if (near(title, sentence, hit))
		hit->adjusted |= 1u << ADJUST_TITLE;
	if (near(question, sentence, hit) && question->end <= hit->start &&
		question->end + SUBJECT_REACH >= hit->start &&
		(self->sentence != sentence || self->end < question->end))
		hit->adjusted |= 1u << ADJUST_QUESTION;
	if (near(other, sentence, hit) && other->end + SUBJECT_REACH >= hit->start &&
		(self->sentence != sentence || self->end < other->end))
		hit->adjusted |= 1u << ADJUST_OTHER;
	if (f->unquoted && f->quoted[hit->start % FINDING_WINDOW] &&
		f->quoted[hit->end % FINDING_WINDOW])
		hit->adjusted |= 1u << ADJUST_QUOTATION;
}

static void mark_add(struct findings *f, const struct hit *hit)
{
	const struct lexicon_entry *entry = entry_of(f, hit->entry);
	struct mark *mark = &f->marks[-entry->level][entry->language];
	uint32_t bit = entry->level == LEXICON_PAST    ? 1u << ADJUST_PAST
		       : entry->level == LEXICON_TITLE ? 1u << ADJUST_TITLE
						       : 0;

	f->laughter |= entry->level == LEXICON_LAUGHTER;
	*mark = (struct mark){hit->start, hit->end, sentence_at(f, hit->end)};
	for (size_t i = 0; bit && i < f->nhits; i++)
		if (same_language(f, hit, &f->hits[i]) &&
			near(mark, sentence_at(f, f->hits[i].end), &f->hits[i]))
			f->hits[i].adjusted |= bit;
}

/* --- what the screen calls ---------------------------------------------------------------------
 */

void findings_word(struct findings *f, const struct heard *heard)
{
	uint32_t at = ++f->position % FINDING_WINDOW;

	f->clauses[at] = f->clause += heard->clause;
	f->sentences[at] = f->sentence += heard->sentence;
	f->quoted[at] = heard->quoted;
	f->unquoted |= !heard->quoted;
	if (f->position > FINDING_WINDOW)
		settle(f, f->position - FINDING_WINDOW + PHRASE_WORDS);
}

void findings_hit(struct findings *f, struct hit hit)
{
	int level = entry_of(f, hit.entry)->level;

	/* A harmless phrase or a mark does not reach over the end of a sentence. */
	if (level <= SCREEN_NONE && clause_at(f, hit.start) != clause_at(f, hit.end))
		return;
	if (level <= LEXICON_LAUGHTER) {
		mark_add(f, &hit);
		return;
	}
	if (f->nhits == FINDING_HITS)
		settle(f, f->hits[FINDING_HITS / 2].start + 1);
	adjust(f, &hit);
	for (size_t i = 0; i < f->nhits; i++) {
		struct hit *other = &f->hits[i];

		other->harmless |= covers(f, &hit, other) || denied_after(f, other, &hit);
		hit.harmless |= covers(f, other, &hit) || denies(f, other, &hit);
	}
	if (hit.start < f->oldest)
		f->oldest = hit.start;
	f->hits[f->nhits++] = hit;
}

void findings_end(struct findings *f, struct verdict *v)
{
	settle(f, UINT32_MAX);
	for (size_t i = 0; i < f->nfound; i++)
		v->rules[v->nrules++] = entry_of(f, f->found[i].entry)->id;
	if (f->nfound == 0)
		return;
	v->level = f->found[0].level;
	v->category = f->found[0].adjusted & 1u << ADJUST_OTHER
			      ? "third_party"
			      : entry_of(f, f->found[0].entry)->category;
	v->span_at = f->found[0].at;
	v->span_len = f->found[0].until - f->found[0].at;
	for (size_t i = 0; i < SCREEN_ADJUSTERS; i++)
		if (f->found[0].adjusted & 1u << i)
			v->adjusted[v->nadjusted++] = adjustments[i];
}
