-- wl_transit: events that wait for the forwarder, with a lease.
--   KEYS  {t}:post
--   ARGV  how many at most, lease ms
--   Reply {event id, packed event, ...} in the order in which they were made
local function transit(keys, args)
	local waiting, now = keys[1], clock()
	local ids = redis.call('ZRANGE', waiting, '-inf', now, 'BYSCORE', 'LIMIT', 0, args[1])
	local reply, til = {}, now + tonumber(args[2])
	for i, id in ipairs(ids) do
		local packed = redis.call('HGET', waiting .. ':b', id)
		if packed then
			redis.call('ZADD', waiting, til + i / 1000, id)
			reply[#reply + 1], reply[#reply + 2] = id, packed
		else
			redis.call('ZREM', waiting, id)
		end
	end
	return reply
end

redis.register_function('wl_transit', transit)
