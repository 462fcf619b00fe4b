/*
 * JSON Web Tokens (RFC 7519, compact JWS of RFC 7515): verified with an account's secrets, and made
 * with an application's private key. Only what providers use; "none" and public keys never.
 */
#ifndef PROVIDERS_JWT_H
#define PROVIDERS_JWT_H

#include <jansson.h>
#include <warmline/account.h>

enum jwt_algorithms { JWT_HS256 = 1, JWT_HS384 = 2, JWT_HS512 = 4 };

/*
 * The claims, when the token's algorithm is one of `allowed` (bits) and one of the account's
 * secrets signed it; else NULL. The caller releases them. Times in them are not looked at.
 */
json_t *jwt_verify(const char *token, const struct account *account, unsigned allowed);
/* "Bearer <token>" of an Authorization header → the token, else NULL. */
const char *jwt_of_bearer(const char *header);
/* RS256 with a PEM key; owned by the caller; NULL when the key is none. */
char *jwt_sign(const char *pem, const json_t *claims);
/* A claim that is a text without NUL; "" when it is not there. */
const char *jwt_text(const json_t *claims, const char *name);
/* A claim that is a unix time; 0 when it is not there, or absurd. */
int64_t jwt_seconds(const json_t *claims, const char *name);
/* `exp` and `nbf`, where they are (RFC 7519 4.1.4 and 4.1.5); false when one is no number. */
bool jwt_is_current(const json_t *claims, int64_t now_s, int64_t leeway_s);
/* Is the claim the SHA-256 of these bytes, in lower case hex? False when it is not there. */
bool jwt_hash_fits(const json_t *claims, const char *name, const void *bytes, size_t len);

#endif
