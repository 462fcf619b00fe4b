#include "core/fold.h"

#include <warmline/calendar.h>
#include <warmline/keyword.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FOLDED_SIZE 48 /* longer texts are sentences */

/* Words as folded: lower case, no accents, no apostrophes, single spaces. */
static const struct {
	enum keyword keyword;
	const char *words; /* between bars */
} lists[] = {
	/* FCC 47 CFR 64.1200(a)(10), providers/README section 5; then whole texts that can mean
	 * nothing else. "stop it", "please stop" and the like are said to people, not to us. */
	{KEYWORD_STOP,
		"|stop|stopall|stop all|unsubscribe|cancel|end|quit|revoke|optout|opt out|remove|"
		"remove me|arret|arreter|td|stop texting|stop texting me|stop messaging me|"
		"stop texts|stop messages|please stop texting me|no more texts|unsubscribe me|"
		"alto|parar|pare|para ya|cancelar|baja|darme de baja|dar de baja|salir|detener|"
		"no mas mensajes|no me escriban mas|desuscribir|desinscrire|sair|remover|"
		"cancela|sispann|rete|"},
	{KEYWORD_START,
		"|start|unstop|start again|resume|resubscribe|subscribe|empezar|comenzar|iniciar|"
		"reanudar|alta|comecar|commencer|reprendre|komanse|"},
	{KEYWORD_HELP, "|help|info|ayuda|informacion|aide|ajuda|"},
	{KEYWORD_YES,
		"|yes|y|yeah|yep|yup|sure|yes please|ok yes|si|s|claro|si por favor|si quiero|"
		"oui|sim|wi|"},
	{KEYWORD_NO, "|no|n|nope|nah|no thanks|no thank you|not now|no gracias|non|nao|non mesi|"},
	{KEYWORD_GOOD,
		"|1|one|uno|good|great|fine|well|very good|im good|im fine|im well|im great|"
		"i am good|i am fine|i am well|all good|doing good|doing well|pretty good|"
		"good thanks|good thank you|fine thanks|bien|muy bien|estoy bien|todo bien|bueno|"
		"buena|genial|bien gracias|estoy muy bien|bon|tres bien|ca va bien|bem|tudo "
		"bem|byen|"},
	{KEYWORD_OK,
		"|2|two|dos|ok|okay|okey|k|kk|im ok|im okay|i am ok|i am okay|so so|soso|meh|"
		"not bad|alright|all right|im alright|okay thanks|ok thanks|regular|mas o menos|"
		"asi asi|ahi vamos|estoy regular|estoy ok|comme ci comme ca|mais ou menos|"},
	{KEYWORD_HARD,
		"|3|three|tres|hard|bad|very bad|really bad|not good|not great|not ok|not okay|"
		"not well|not so good|terrible|awful|rough|tough|sad|struggling|its hard|"
		"im struggling|im not ok|im not okay|im not good|im bad|im sad|very hard|"
		"really hard|dificil|muy dificil|mal|muy mal|duro|estoy mal|me siento mal|no bien|"
		"no estoy bien|triste|estoy triste|pas bien|ruim|pa bon|"},
	{KEYWORD_CALL,
		"|4|four|cuatro|call|call me|please call|please call me|call me please|"
		"can you call me|can you call|can someone call me|could you call me|pls call me|"
		"call me pls|phone me|ring me|i want to talk|i need to talk|need to talk|"
		"want to talk|can we talk|llamame|llamenme|llameme|por favor llamame|"
		"llamame por favor|por favor llamenme|llamada|quiero hablar|necesito hablar|"
		"me puedes llamar|me pueden llamar|puedes llamarme|pueden llamarme|appelez moi|"
		"me liga|me ligue|rele m|"},
	{KEYWORD_ACK,
		"|ack|acknowledge|acknowledged|got it|i got it|i have it|ive got it|i got this|"
		"on it|im on it|taking it|i take it|ill take it|i will take it|mine|take|"
		"lo tengo|yo lo tengo|lo tomo|yo lo tomo|me encargo|yo me encargo|recibido|"
		"enterado|"},
};

/* Characters that may stand inside a keyword; the others end up at its edges or as one space. */
static bool kept(int32_t c)
{
	return fold_is_letter(c) || c == ':' || c == '.' || c == '#';
}

static bool trimmed(char c)
{
	return c == ' ' || c == ':' || c == '.';
}

/* Folds `text` into `out`; false when it is too long for a keyword, or nothing is left. */
static bool fold(const char *text, char out[FOLDED_SIZE])
{
	size_t len = strlen(text), n = 0, start = 0;

	for (size_t at = 0; at < len;) {
		struct folded folded;

		fold_next(text, len, &at, &folded);
		for (int i = 0; i < folded.n; i++) {
			int32_t c = folded.c[i];
			size_t wrote;

			if (fold_is_apostrophe(c))
				continue;
			if (!kept(c)) {
				if (n == 0 || out[n - 1] == ' ')
					continue;
				c = ' ';
			}
			wrote = fold_write(c, out + n, FOLDED_SIZE - 1 - n);
			if (wrote == 0)
				return false;
			n += wrote;
		}
	}
	while (n > 0 && trimmed(out[n - 1]))
		n--;
	while (start < n && trimmed(out[start]))
		start++;
	memmove(out, out + start, n - start);
	out[n - start] = '\0';
	return n > start;
}

static bool in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	if (strchr(word, '|'))
		return false;
	for (const char *at = list; (at = strstr(at, word)); at++)
		if (at[-1] == '|' && at[n] == '|')
			return true;
	return false;
}

static enum keyword lookup(const char *word)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (in_list(lists[i].words, word))
			return lists[i].keyword;
	return KEYWORD_NONE;
}

enum keyword keyword_of(const char *text)
{
	char word[FOLDED_SIZE];

	return fold(text, word) ? lookup(word) : KEYWORD_NONE;
}

const char *keyword_language(const char *text)
{
	static const struct {
		const char *language, *words;
	} tongues[] = {
		{"es", "|unirme|unirse|unir|quiero unirme|inscribirme|apuntarme|participar|hola|"
		       "buenas|buenos dias|buenas tardes|ayuda|informacion|empezar|comenzar|si|"
		       "si quiero|si por favor|claro|gracias|no gracias|bien|muy bien|estoy bien|"
		       "regular|mas o menos|mal|muy mal|estoy mal|dificil|llamame|por favor "
		       "llamame|quiero hablar|necesito hablar|"},
		{"en", "|hello|hi|good|fine|good thanks|im good|im fine|hard|very hard|bad|call me|"
		       "please call me|i need to talk|i want to talk|yes please|no thanks|"},
	};
	char word[FOLDED_SIZE];

	if (!fold(text, word))
		return NULL;
	for (size_t i = 0; i < sizeof(tongues) / sizeof(tongues[0]); i++)
		if (in_list(tongues[i].words, word))
			return tongues[i].language;
	return NULL;
}

static const char *after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

int keyword_hour(const char *text)
{
	static const char *const prefixes[] = {
		"hour ", "hora ", "time ", "at ", "hour: ", "hora: ", "time: ", "a las "};
	char word[FOLDED_SIZE];
	int minute;

	if (!fold(text, word))
		return -1;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const char *hour = after(word, prefixes[i]);

		if (hour && calendar_hour_parse(hour, &minute))
			return minute;
	}
	return -1;
}

int keyword_number(const char *text)
{
	static const char *const prefixes[] = {"case ", "caso ", "ack ", "#"};
	char word[FOLDED_SIZE];
	const char *number = word;
	size_t n;

	if (!fold(text, word))
		return -1;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const char *rest = after(number, prefixes[i]);

		number = rest ? rest : number;
	}
	n = strspn(number, "0123456789");
	if (n < 1 || n > 6 || number[n] != '\0')
		return -1;
	return (int)strtol(number, NULL, 10);
}

int keyword_among(const char *text, const char (*words)[24], int n)
{
	char word[FOLDED_SIZE], other[FOLDED_SIZE];

	if (!fold(text, word))
		return 0;
	for (int i = 0; i < n; i++)
		if (fold(words[i], other) && strcmp(word, other) == 0)
			return 1;
	return 0;
}
