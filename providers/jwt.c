#include "providers/jwt.h"

#include "providers/digest.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>
#include <strings.h>
#include <warmline/fail.h>

#define TOKEN_MAX   8192
#define SECONDS_MAX 253402300800.0 /* year 10000 */

struct token { /* borrowed from the text */
	const char *header, *payload, *signature;
	size_t header_len, payload_len, signature_len;
};

/* header.payload.signature, exactly two dots */
static bool token_split(const char *text, struct token *t)
{
	const char *first = strchr(text, '.'), *second = first ? strchr(first + 1, '.') : NULL;

	if (!second || strchr(second + 1, '.') || strlen(text) > TOKEN_MAX)
		return false;
	*t = (struct token){.header = text,
		.payload = first + 1,
		.signature = second + 1,
		.header_len = (size_t)(first - text),
		.payload_len = (size_t)(second - first - 1),
		.signature_len = strlen(second + 1)};
	return t->header_len && t->payload_len && t->signature_len;
}

static json_t *part_json(const char *text, size_t len)
{
	unsigned char plain[TOKEN_MAX];
	size_t read = 0;
	json_t *json = NULL;

	if (base64url_read(text, len, plain, sizeof(plain), &read))
		json = json_loadb((const char *)plain, read, JSON_REJECT_DUPLICATES, NULL);
	if (json && !json_is_object(json)) {
		json_decref(json);
		json = NULL;
	}
	return json;
}

static bool algorithm_of(const struct token *t, unsigned allowed, enum digest_kind *kind)
{
	static const struct {
		const char *name;
		unsigned bit;
		enum digest_kind kind;
	} known[] = {{"HS256", JWT_HS256, DIGEST_SHA256}, {"HS384", JWT_HS384, DIGEST_SHA384},
		{"HS512", JWT_HS512, DIGEST_SHA512}};
	json_t *header = part_json(t->header, t->header_len);
	const char *name = jwt_text(header, "alg");
	bool found = false;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if ((allowed & known[i].bit) && strcmp(known[i].name, name) == 0) {
			*kind = known[i].kind;
			found = true;
		}
	}
	/* RFC 7515 4.1.11: an extension that must be understood is not. */
	if (json_object_get(header, "crit"))
		found = false;
	json_decref(header);
	return found;
}

static bool signature_fits(
	const struct token *t, const struct account *account, enum digest_kind kind)
{
	const struct piece signed_part = {t->header, t->header_len + 1 + t->payload_len};
	unsigned char given[DIGEST_MAX];
	size_t len = 0;
	unsigned found = 0;

	if (!base64url_read(t->signature, t->signature_len, given, sizeof(given), &len))
		return false;
	for (size_t i = 0; i < account->nsecrets; i++) {
		const char *secret = account->secrets[i];
		struct digest mac;

		if (!*secret)
			continue;
		mac = digest_hmac(kind, secret, strlen(secret), &signed_part, 1);
		found |= mac.len == len && CRYPTO_memcmp(mac.bytes, given, len) == 0;
	}
	return found != 0;
}

json_t *jwt_verify(const char *token, const struct account *account, unsigned allowed)
{
	struct token t;
	enum digest_kind kind = DIGEST_SHA256;

	if (!token || !token_split(token, &t) || !algorithm_of(&t, allowed, &kind) ||
		!signature_fits(&t, account, kind))
		return NULL;
	return part_json(t.payload, t.payload_len);
}

const char *jwt_of_bearer(const char *header)
{
	if (!header || strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	return header + 7;
}

const char *jwt_text(const json_t *claims, const char *name)
{
	const json_t *claim = json_object_get(claims, name);
	const char *text = json_string_value(claim);

	return text && strlen(text) == json_string_length(claim) ? text : "";
}

int64_t jwt_seconds(const json_t *claims, const char *name)
{
	double seconds = json_number_value(json_object_get(claims, name));

	return seconds > 0 && seconds < SECONDS_MAX ? (int64_t)seconds : 0;
}

bool jwt_is_current(const json_t *claims, int64_t now_s, int64_t leeway_s)
{
	const json_t *until = json_object_get(claims, "exp");
	const json_t *from = json_object_get(claims, "nbf");
	double now = (double)now_s, leeway = (double)leeway_s;

	if (until && (!json_is_number(until) || now >= json_number_value(until) + leeway))
		return false;
	return !from || (json_is_number(from) && now >= json_number_value(from) - leeway);
}

bool jwt_hash_fits(const json_t *claims, const char *name, const void *bytes, size_t len)
{
	const json_t *claim = json_object_get(claims, name);
	const struct piece piece = {bytes, len};
	struct digest hash;

	if (!json_is_string(claim))
		return false;
	hash = digest_of(DIGEST_SHA256, &piece, 1);
	return digest_is_hex(&hash, json_string_value(claim), json_string_length(claim));
}

static EVP_PKEY *key_read(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return key;
}

/* base64url of the RS256 signature over `text`; NULL when the key cannot. */
static char *rs256(EVP_PKEY *key, const char *text)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[1024];
	size_t len = sizeof(signature);
	char *written = NULL;

	if (context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestSign(
			context, signature, &len, (const unsigned char *)text, strlen(text)) == 1)
		written = base64url_write(signature, len);
	EVP_MD_CTX_free(context);
	return written;
}

char *jwt_sign(const char *pem, const json_t *claims)
{
	static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
	EVP_PKEY *key = key_read(pem);
	char *printed = json_dumps(claims, JSON_COMPACT), *first, *second, *text, *signature;
	char *token = NULL;

	if (!key || !printed || EVP_PKEY_base_id(key) != EVP_PKEY_RSA) {
		free(printed);
		EVP_PKEY_free(key);
		return NULL;
	}
	first = base64url_write(header, sizeof(header) - 1);
	second = base64url_write(printed, strlen(printed));
	text = xasprintf("%s.%s", first, second);
	signature = rs256(key, text);
	if (signature)
		token = xasprintf("%s.%s", text, signature);
	free(printed);
	free(first);
	free(second);
	free(text);
	free(signature);
	EVP_PKEY_free(key);
	return token;
}
