#include "tests/tools/vector_trial.h"

#include "tests/lib/vectors.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/fail.h>

#define HANGS_S 20

/* --- which adapter --------------------------------------------------------------------------- */

static const struct {
	const char *scheme, *kind;
} kinds[] = {
	{"twilio-hmac-sha1", "twilio"},
	{"signalwire-cxml", "signalwire"},
	{"signalwire-swml", "signalwire"},
	{"signalwire-swml-sha256", "signalwire"},
	{"telnyx-ed25519", "telnyx"},
	{"vonage-jwt", "vonage"},
	{"vonage-sms-sig", "vonage-sms"},
	{"plivo-v3", "plivo"},
	{"plivo-v2", "plivo"},
	{"sinch-webhook", "sinch"},
	{"sinch-application", "sinch"},
	{"messagebird-jwt", "messagebird"},
	{"messagebird-legacy", "messagebird"},
};

/* NULL = nobody speaks that scheme. */
static const struct provider *provider_of(const char *scheme)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].scheme, scheme) == 0)
			return provider_find(kinds[i].kind);
	return NULL;
}

/* --- one vector ------------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static bool is_pair(const json_t *pair)
{
	return json_array_size(pair) == 2 && json_is_string(json_array_get(pair, 0)) &&
	       json_is_string(json_array_get(pair, 1));
}

static bool is_word_of(
	const json_t *vector, const char *name, const char *words, char *why, size_t size)
{
	const char *word = text_of(vector, name);
	const char *at = *word ? strstr(words, word) : NULL;
	size_t len = strlen(word);

	if (at && (at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
		return true;
	text_set(why, size, "%s is \"%s\", expected one of: %s", name, word, words);
	return false;
}

/* Is it a webhook at all? False with what is missing. */
static bool is_whole(const json_t *vector, char *why, size_t size)
{
	static const char *const texts[] = {"method", "url", "body"};
	const json_t *headers = json_object_get(vector, "headers"), *pair;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!json_is_string(json_object_get(vector, texts[i])))
			return text_set(why, size, "has no %s", texts[i]) && false;
	if (!strstr(text_of(vector, "url"), "://"))
		return text_set(why, size, "has a url that is none") && false;
	if (!json_is_array(headers))
		return text_set(why, size, "has no headers") && false;
	json_array_foreach(headers, i, pair)
	{
		if (!is_pair(pair))
			return text_set(why, size, "has a header that is no [name, value]") &&
			       false;
	}
	if (!*text_of(json_object_get(vector, "key"), "value"))
		return text_set(why, size, "has no key") && false;
	return is_word_of(vector, "expect", "accept reject", why, size) &&
	       is_word_of(vector, "level", "must should optional", why, size);
}

static bool is_no_form(const char *text, size_t len)
{
	struct form form;
	enum form_result result = form_parse(&form, text, len);

	form_free(&form);
	return result != FORM_OK;
}

/* What the edge answers 400 before an adapter sees it: query or body is no form. */
static bool is_refused_before(const json_t *vector)
{
	const json_t *headers = json_object_get(vector, "headers"), *pair;
	const json_t *body = json_object_get(vector, "body");
	const char *query = strchr(text_of(vector, "url"), '?');
	bool form = false;
	size_t i;

	json_array_foreach(headers, i, pair)
	{
		const char *name = json_string_value(json_array_get(pair, 0));
		const char *value = json_string_value(json_array_get(pair, 1));

		form = form ||
		       (strcasecmp(name, "Content-Type") == 0 &&
			       strncasecmp(value, "application/x-www-form-urlencoded", 33) == 0);
	}
	return (query && is_no_form(query + 1, strcspn(query + 1, "#"))) ||
	       (form && is_no_form(json_string_value(body), json_string_length(body)));
}

/* In the child: what becomes of this webhook is the exit code. */
_Noreturn static void check_and_exit(const json_t *vector, const struct provider *provider)
{
	alarm(HANGS_S);
	_exit((int)vector_check(vector, provider));
}

/* False with a sentence. `result` counts only on true. */
static bool check_apart(const json_t *vector, const struct provider *provider,
	enum vector_result *result, char *why, size_t size)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		check_and_exit(vector, provider);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return text_set(why, size, "no process for it") && false;
	if (WIFSIGNALED(status))
		return text_set(why, size, "ended with: %s", strsignal(WTERMSIG(status))) && false;
	if (WEXITSTATUS(status) > VECTOR_FORGED)
		return text_set(why, size, "could not be tried") && false;
	*result = (enum vector_result)WEXITSTATUS(status);
	return true;
}

enum trial signature_try(const json_t *vector, char *why, size_t size)
{
	static const char *const sentences[] = {[VECTOR_SKIPPED] = "optional, not supported",
		[VECTOR_REFUSED] = "is refused, expected accept",
		[VECTOR_FORGED] = "is ACCEPTED, expected reject"};
	const char *scheme = text_of(vector, "scheme");
	const struct provider *provider = provider_of(scheme);
	bool wanted = strcmp(text_of(vector, "expect"), "accept") == 0;
	bool optional = strcmp(text_of(vector, "level"), "optional") == 0;
	enum vector_result result = VECTOR_HOLDS;

	if (!provider) {
		text_set(why, size, "scheme \"%s\" is not known", scheme);
		return TRIAL_FAILED;
	}
	if (!is_whole(vector, why, size))
		return TRIAL_FAILED;
	if (is_refused_before(vector))
		result = !wanted ? VECTOR_HOLDS : optional ? VECTOR_SKIPPED : VECTOR_REFUSED;
	else if (!check_apart(vector, provider, &result, why, size))
		return TRIAL_FAILED;
	if (result == VECTOR_HOLDS)
		return TRIAL_PASSED;
	text_set(why, size, "%s", sentences[result]);
	return result == VECTOR_SKIPPED ? TRIAL_OPTIONAL : TRIAL_FAILED;
}
