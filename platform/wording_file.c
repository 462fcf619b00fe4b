#include "platform/wording_file.h"

#include "platform/wording_cost.h"

#include <string.h>
#include <strings.h>

/*
 * Words that make a text a doctor's letter or a promise. Supporters are no clinicians (B1), and
 * whoever looks over a shoulder must not learn what the program is about (PR4).
 */
static const char never[] =
	"diagnosis|diagnose|diagnosed|symptom|symptoms|dose|dosage|medication|medicine|medicines|"
	"pill|pills|prescription|therapy|therapist|patient|disorder|disease|illness|depression|"
	"suicide|suicidal|overdose|relapse|addiction|psychiatric|someone is coming|help is coming|"
	"diagnostico|sintoma|sintomas|dosis|medicamento|medicamentos|medicina|pastilla|pastillas|"
	"receta|terapia|terapeuta|paciente|trastorno|enfermedad|depresion|suicidio|suicida|"
	"sobredosis|recaida|adiccion|alguien va en camino|la ayuda va en camino";

void wording_clear(struct wording *w)
{
	for (int i = 0; i < WORDING_COUNT; i++)
		free(w->text[i]);
	memset(w, 0, sizeof(*w));
}

/* --- taking ------------------------------------------------------------------------------------
 */

static void unknown_key(const char *file, const struct tree *item, struct problems *problems)
{
	problems_add(problems, file, item->key_line,
		"unknown text \"%s\", expected a key of include/warmline/wording.h such as "
		"check_in or safety",
		item->key);
}

/* Lines that were folded in the file end with a line feed that no text needs. */
static char *text_of(const char *text)
{
	size_t n = strlen(text);

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	return xmemdup(text, n);
}

void wording_file_take(struct wording_file *into, const char *file, const struct tree *map,
	struct problems *problems)
{
	for (size_t i = 0; map && i < map->n; i++) {
		const struct tree *item = map->items[i];
		enum wording_key key;

		if (!wording_key_find(item->key, &key)) {
			unknown_key(file, item, problems);
			continue;
		}
		if (item->kind != TREE_TEXT) {
			problems_add(problems, file, item->line, "%s is no text, expected one text",
				item->key);
			continue;
		}
		free(into->texts.text[key]);
		into->texts.text[key] = text_of(item->text);
		into->source[key].line = item->line;
		text_set(into->source[key].file, PATH_SIZE, "%s", file);
	}
}

/* --- checking ----------------------------------------------------------------------------------
 */

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80;
}

/* Does `text` contain `word` (n bytes) as whole words, whatever the case? */
static bool says(const char *text, const char *word, size_t n)
{
	for (const char *at = text; strlen(at) >= n; at++)
		if (strncasecmp(at, word, n) == 0 && !letter(at[n]) &&
			(at == text || !letter(at[-1])))
			return true;
	return false;
}

static void check_words(const struct wording_source *source, const char *key, const char *text,
	const char *list, struct problems *problems)
{
	while (*list) {
		size_t n = strcspn(list, "|");

		if (n && says(text, list, n))
			problems_add(problems, source->file, source->line,
				"%s says \"%.*s\", expected no medical words, no name of the "
				"program and no promise",
				key, (int)n, list);
		list += n + (list[n] == '|');
	}
}

static void check_length(const struct wording_file *w, enum wording_key key,
	const struct program *program, struct problems *problems)
{
	const struct wording_source *source = &w->source[key];
	struct wording_cost cost;

	if (!wording_cost_of(program, &w->texts, key, &cost))
		problems_add(problems, source->file, source->line,
			"%s is no UTF-8, expected the file to be saved as UTF-8",
			wording_key_name(key));
	else if (cost.segments > WORDING_SEGMENTS)
		problems_add(problems, source->file, source->line,
			"%s is %zu %s long with the longest names and would go out in %zu parts, "
			"expected at most %d parts (%s%s%s)",
			wording_key_name(key), cost.units, cost.ucs2 ? "units" : "septets",
			cost.segments, WORDING_SEGMENTS,
			cost.ucs2 ? "134 units: \"" : "306 septets", cost.because,
			cost.ucs2 ? "\" costs more room" : "");
}

static void check_text(const struct wording_file *w, enum wording_key key,
	const struct program *program, const char *never_say, struct problems *problems)
{
	const struct wording_source *source = &w->source[key];
	const char *text = w->texts.text[key], *wrong = wording_check(key, text);
	char words[PROGRAM_ID_SIZE];

	if (wrong)
		problems_add(problems, source->file, source->line, "%s", wrong);
	else
		check_length(w, key, program, problems);
	text_set(words, sizeof(words), "%s", program->id);
	check_words(source, wording_key_name(key), text, words, problems);
	for (char *at = words; (at = strchr(at, '-'));)
		*at = ' ';
	check_words(source, wording_key_name(key), text, words, problems);
	check_words(source, wording_key_name(key), text, never, problems);
	check_words(source, wording_key_name(key), text, never_say, problems);
}

void wording_file_check(const struct wording_file *w, const struct program *program,
	const char *language, const char *never_say, struct problems *problems)
{
	for (int i = 0; i < WORDING_COUNT; i++) {
		enum wording_key key = (enum wording_key)i;

		if (w->texts.text[key] && *w->texts.text[key])
			check_text(w, key, program, never_say, problems);
		else
			problems_add(problems, w->source[key].file, w->source[key].line,
				"the text \"%s\" is missing in language %s, expected every text of "
				"include/warmline/wording.h",
				wording_key_name(key), language);
	}
}
