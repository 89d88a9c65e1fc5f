import { clockLua, rangeLua } from './prelude.js';

/** What a blob script finds: its value's key, the index of its namespace, the list of all that expires. */
const blobLua = String.raw`
local value, names, expiries, namespace, name = KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[3]
local function read()
  local stored = call('GET', value)
  local at = stored and unpack_('>d', stored)
  if at and at > now() then return stored, at end
end
local function note(at)
  if at <= now() then
    call('ZREM', names, name)
    call('ZREM', expiries, namespace .. '/' .. name)
    return
  end
  call('ZADD', names, 0, name)
  if at == math.huge then call('ZREM', expiries, namespace .. '/' .. name)
  else call('ZADD', expiries, at, namespace .. '/' .. name) end
end
`;

/** A blob is one string: until when it lives, as a double, and its bytes. */
export const blobScripts = {
  // namespace, name, until, bytes, where there is none
  blobPut: `${clockLua}${blobLua}
if ARGV[6] == '1' and read() then return 0 end
local at = tonumber(ARGV[4]) or math.huge
keep(value, pack('>d', at) .. ARGV[5], at)
note(at)
return 1`,

  // namespace, name, until
  blobTouch: `${clockLua}${blobLua}
local stored = read()
if not stored then return end
local at = tonumber(ARGV[4]) or math.huge
keep(value, pack('>d', at) .. sub(stored, 9), at)
note(at)`,

  // namespace, name, expected, bytes
  blobReplace: `${clockLua}${blobLua}
local stored, at = read()
if not stored or sub(stored, 9) ~= ARGV[4] then return 0 end
keep(value, pack('>d', at) .. ARGV[5], at)
return 1`,

  // namespace, name
  blobDelete: `${clockLua}${blobLua}
call('DEL', value)
note(now())`,
} as const;

/** Scripts that go through buckets: all of them on one server, one on a cluster. */
export const blobRangeScripts = {
  // prefix, first, last, namespace, after, limit
  blobPage: `${clockLua}${rangeLua}
local namespace, limit, found = ARGV[5], tonumber(ARGV[7]), {}
local start = ARGV[6] == '' and '-' or '(' .. ARGV[6]
for bucket = first, last do
  local base, from = baseOf(bucket), start
  while from do
    local names = call('ZRANGEBYLEX', base .. 'n' .. namespace, from, '+', 'LIMIT', 0, limit + 1)
    from = #names > limit and '(' .. names[#names]
    for _, name in ipairs(names) do
      local stored = call('GET', base .. 'b' .. namespace .. '/' .. name)
      if stored and unpack_('>d', stored) > now() then
        if #found >= 2 * limit then return {1, found} end
        found[#found + 1] = name
        found[#found + 1] = sub(stored, 9)
      end
    end
  end
end
return {0, found}`,

  // prefix, first, last, limit
  blobSweep: `${clockLua}${rangeLua}
local limit, count = tonumber(ARGV[5]), 0
for bucket = first, last do
  local base = baseOf(bucket)
  for _, place in ipairs(call('ZRANGEBYSCORE', base .. 'x', '-inf', now(), 'LIMIT', 0, limit - count)) do
    local slash = string.find(place, '/', 1, true)
    call('DEL', base .. 'b' .. place)
    call('ZREM', base .. 'n' .. sub(place, 1, slash - 1), sub(place, slash + 1))
    call('ZREM', base .. 'x', place)
    count = count + 1
  end
end
return count`,
} as const;
