-- wl_version: which library this is.   no keys   Reply {version, hash of the text}
redis.register_function{
	function_name = 'wl_version',
	callback = function()
		return {VERSION, TEXT}
	end,
	flags = {'no-writes', 'allow-oom', 'allow-stale'},
}
