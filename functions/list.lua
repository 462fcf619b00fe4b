-- wl_list: an index, lowest score first.   KEYS {t}:ix:<name>   Reply {actor, score, ...}
-- wl_counts: the counters of a day.        KEYS {t}:count:<yyyymmdd>   Reply {counter, value, ...}
local function list(keys)
	return redis.call('ZRANGE', keys[1], 0, -1, 'WITHSCORES')
end

local function counts(keys)
	return redis.call('HGETALL', keys[1])
end

redis.register_function{function_name = 'wl_list', callback = list, flags = {'no-writes'}}
redis.register_function{function_name = 'wl_counts', callback = counts, flags = {'no-writes'}}
