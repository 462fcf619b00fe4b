-- wl_read: one actor as it is. Changes nothing.
--   KEYS  {t}:alarm
--   ARGV  actor ('' = who has the number), blind ('' = none), derived actor, newest log entries
--         at most
--   Reply {now, 1 when the number has any STOP mark, actor or '' when there is none, alarm or 0,
--         document or '', number of mails, mail ..., number of log entries, entry ...}
local function append(reply, list)
	local at = #reply + 1
	reply[at] = #list
	for i, item in ipairs(list) do
		reply[at + i] = item
	end
end

local function read(keys, args)
	local tag, now, actor = tag_of(keys[1]), clock(), args[1]
	local stop = 0
	if actor == '' and args[2] ~= '' then
		stop = redis.call('EXISTS', tag .. ':stop:' .. args[2])
		actor = owner_of(tag, args[2], args[3])
	end
	local box = tag .. ':a:' .. actor
	if actor == '' or redis.call('EXISTS', box, box .. ':mail', box .. ':log') == 0 then
		return {now, stop, ''}
	end
	local n = tonumber(args[4])
	local reply = {now, stop, actor,
		math.floor(tonumber(redis.call('ZSCORE', tag .. ':alarm', actor) or 0)),
		string.sub(redis.call('GET', box) or '', HEAD + 1)}
	append(reply, redis.call('LRANGE', box .. ':mail', 0, -1))
	append(reply, n > 0 and redis.call('LRANGE', box .. ':log', -n, -1) or {})
	return reply
end

redis.register_function{function_name = 'wl_read', callback = read, flags = {'no-writes'}}
