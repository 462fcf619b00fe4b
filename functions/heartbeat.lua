-- wl_heartbeat: a daemon lives.   KEYS {g}:ix:alive:<what>   ARGV who   Reply now
-- Who was silent for a day is forgotten.
local function heartbeat(keys, args)
	local now = clock()
	redis.call('ZADD', keys[1], now, args[1])
	redis.call('ZREMRANGEBYSCORE', keys[1], '-inf', now - 86400000)
	return now
end

redis.register_function{
	function_name = 'wl_heartbeat', callback = heartbeat, flags = {'allow-oom'}}
