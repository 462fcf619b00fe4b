-- wl_transit_done: the event has arrived.   KEYS {t}:post   ARGV event id   Reply 1
local function transit_done(keys, args)
	redis.call('HDEL', keys[1] .. ':b', args[1])
	redis.call('ZREM', keys[1], args[1])
	return 1
end

redis.register_function{
	function_name = 'wl_transit_done', callback = transit_done, flags = {'allow-oom'}}
