/* account STATE: the simulator's account of an installation as JSON, so that `load` can sign. */
#include <warmline/json.h>
#include <warmline/seal.h>
#include <warmline/site.h>

int main(int argc, char **argv)
{
	struct problems problems = {0};
	struct fail fail;
	char path[PATH_SIZE];
	struct site *site;
	struct keys *keys;

	if (argc != 2)
		return 2;
	site = site_load(NULL, argv[1], &problems);
	if (!site) {
		problems_print(&problems);
		return 1;
	}
	site_path(site, "keys", path);
	keys = keys_load(path, &fail);
	if (!keys)
		fail_abort("%s", fail.text);
	site_use_keys(site, keys);
	printf("{\"id\":\"%s\",\"token\":\"%s\",\"number\":\"%s\"}\n", site->accounts[0].id,
		site->accounts[0].secrets[0], site->programs[0].number.text);
	keys_free(&keys);
	site_free(&site);
	return 0;
}
