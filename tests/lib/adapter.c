#include "tests/lib/adapter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <warmline/fail.h>

struct account adapter_account(const char *kind, const char *first, const char *second)
{
	struct account account = {.nsecrets = 0};

	text_set(account.kind, sizeof(account.kind), "%s", kind);
	text_set(account.id, sizeof(account.id), "acct");
	text_set(account.api_url, sizeof(account.api_url), "https://api.example.org");
	text_set(account.api_secret, sizeof(account.api_secret), "api secret");
	if (first)
		text_set(account.secrets[account.nsecrets++], SECRET_SIZE, "%s", first);
	if (second)
		text_set(account.secrets[account.nsecrets++], SECRET_SIZE, "%s", second);
	return account;
}

bool adapter_read(struct posted *posted, const struct provider *provider,
	const struct account *account, struct inbound *inbound, struct fail *fail)
{
	bool done;

	*fail = (struct fail){.text = ""};
	done = posted_read(posted, provider, account, inbound, fail);
	if (done)
		assert_int_equal(inbound->ntexts + inbound->nreceipts + inbound->ignored, 1);
	else
		assert_string_not_equal(fail->text, "");
	return done;
}

struct provider_answer adapter_answer(const struct provider *provider, int status, const char *body)
{
	struct account account = adapter_account(provider->kind, NULL, NULL);
	struct provider_reply reply = {status, body, strlen(body)};
	struct provider_answer answer;

	memset(&answer, 'x', sizeof(answer));
	provider->answer(&account, &reply, &answer);
	assert_non_null(memchr(answer.provider_id, '\0', sizeof(answer.provider_id)));
	return answer;
}

char *adapter_token(
	const char *alg, enum digest_kind kind, const char *secret, const json_t *claims)
{
	char *head = xasprintf("{\"alg\":\"%s\",\"typ\":\"JWT\"}", alg);
	char *printed = json_dumps(claims, JSON_COMPACT | JSON_ENCODE_ANY);
	char *first = base64url_write(head, strlen(head));
	char *second = base64url_write(printed, strlen(printed));
	char *text = xasprintf("%s.%s", first, second), *third, *token;
	const struct piece piece = {text, strlen(text)};
	struct digest mac = digest_hmac(kind, secret, strlen(secret), &piece, 1);

	third = base64url_write(mac.bytes, mac.len);
	token = xasprintf("%s.%s", text, third);
	free(head);
	free(printed);
	free(first);
	free(second);
	free(text);
	free(third);
	return token;
}

char *adapter_token_mixed(const char *claims_of, const char *signature_of)
{
	return xasprintf("%.*s%s", (int)(strrchr(claims_of, '.') - claims_of), claims_of,
		strrchr(signature_of, '.'));
}

char *adapter_key(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *bio = BIO_new(BIO_s_mem());
	char *at, *pem;
	long len;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &at);
	pem = xmemdup(at, (size_t)len);
	BIO_free(bio);
	EVP_PKEY_free(key);
	return pem;
}

const char *adapter_sha256(const char *text, char hex[2 * DIGEST_MAX + 1])
{
	const struct piece piece = {text, strlen(text)};
	struct digest hash = digest_of(DIGEST_SHA256, &piece, 1);

	digest_hex(&hash, hex);
	return hex;
}
