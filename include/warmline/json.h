/* Small readers over jansson, for documents and events of ours. Returned text is borrowed. */
#ifndef WARMLINE_JSON_H
#define WARMLINE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

const char *json_get_text(const json_t *object, const char *key, const char *otherwise);
int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise);
bool json_get_flag(const json_t *object, const char *key);
/* Sets a text; "" or NULL removes the key, so documents stay small. */
void json_put_text(json_t *object, const char *key, const char *value);
void json_put_int(json_t *object, const char *key, int64_t value); /* 0 removes */
/* Parses `len` bytes; objects only, duplicate keys refused. NULL when it is anything else. */
json_t *json_parse(const void *data, size_t len);
/* Compact text, keys sorted, so that equal documents are equal bytes. Caller frees. */
char *json_print(const json_t *value);

#endif
