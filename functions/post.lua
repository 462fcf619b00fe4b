-- wl_post: an event for an actor, durable and rung in one step.
--   KEYS  {t}:alarm
--   ARGV  event id, actor ('' = who has the number), blind ('' = none), derived actor, program,
--         consent (k keep, s STOP, x START), urgent (1/0), sealed event
--   Reply {1 new | 0 known, actor}
--   Errors WARMLINE post: neither actor nor number
local function post(keys, args)
	local tag, now = tag_of(keys[1]), clock()
	local id, actor, blind, program, consent = args[1], args[2], args[3], args[5], args[6]
	if id == '' or (actor == '' and blind == '') then
		return wrong('post: neither actor nor number')
	end
	if redis.call('ZADD', tag .. ':seen', 'NX', now, id) == 0 then
		return {0, actor ~= '' and actor or owner_of(tag, blind, args[4])}
	end
	if actor == '' then
		actor = owner_of(tag, blind, args[4])
	end
	if args[7] == '1' then
		redis.call('ZADD', tag .. ':ix:urgent', 'NX', now, actor)
	end
	if consent == 's' and blind ~= '' then
		redis.call('HSET', tag .. ':stop:' .. blind, program, now)
	elseif consent == 'x' and blind ~= '' then
		if program == '' then
			redis.call('DEL', tag .. ':stop:' .. blind)
		else
			redis.call('HDEL', tag .. ':stop:' .. blind, program, '')
		end
	end
	ring(tag, put_mail(tag, now, actor, id, args[8]))
	return {1, actor}
end

redis.register_function('wl_post', post)
