/*
 * Signatures of providers, checked against files of test vectors (tests/vectors/<kind>.json): made
 * with throw-away keys and confirmed by each provider's own library.
 *
 * A vector is one webhook with its URL, headers, raw body, key and time, and says whether it must
 * be accepted. What is expected to be rejected must never be accepted. What is expected to be
 * accepted must be, unless its level is "optional": a deprecated scheme, or a behavior of a
 * library that its platform is not known to rely on.
 */
#ifndef TESTS_LIB_VECTORS_H
#define TESTS_LIB_VECTORS_H

#include <jansson.h>
#include <warmline/provider.h>

enum vector_result {
	VECTOR_HOLDS,
	VECTOR_SKIPPED, /* optional, and not accepted */
	VECTOR_REFUSED, /* had to be accepted */
	VECTOR_FORGED,  /* accepted what must be rejected */
};

/* A vector in the shape in which adapters see it. The webhook points into the struct. */
struct vector {
	struct account account;
	struct webhook webhook;
	struct form form, query;
};
/*
 * The account has the vector's key as its only secret; of "key:secret" the key is `application`. It
 * has no id: a vector does not say whose it is.
 * Its scheme is the vector's `algorithm`; else what follows "<kind>-" in the vector's scheme, if
 * the provider has a scheme of that name; else "", the usual one. Borrows from `json`.
 */
void vector_open(struct vector *vector, const json_t *json, const struct provider *provider);
void vector_close(struct vector *vector);

enum vector_result vector_check(const json_t *vector, const struct provider *provider);
/*
 * All vectors of the file whose scheme is one of `only_schemes` (separated by blanks, NULL = all).
 * Fails with the ids of those that do not hold, and when there is nothing to accept or to reject.
 */
void vectors_run(const char *file, const struct provider *provider, const char *only_schemes);
/*
 * Takes every vector of these that is accepted and spoils it: without secrets, with an empty or
 * another secret, without each of its headers, with one character of each header changed. Looks at
 * the headers in `proofs` (separated by blanks, any case, NULL = all but Content-Type), and at no
 * header with several values. Fails with the ids of those that are still accepted. Before, that
 * the right secret is also good in second place, while a new one is being rolled out.
 */
void vectors_spoil(const char *file, const struct provider *provider, const char *only_schemes,
	const char *proofs);

/*
 * The same with what is signed: another host and path, one more parameter in the query, the body
 * with one letter changed (each in its turn) and with something behind it. `covered` tells which of
 * them a scheme covers.
 */
enum vector_covered { COVERED_URL = 1, COVERED_QUERY = 2, COVERED_BODY = 4 };
void vectors_tamper(const char *file, const struct provider *provider, const char *only_schemes,
	unsigned covered);

#endif
